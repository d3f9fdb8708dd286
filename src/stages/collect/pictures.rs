//! `collect/pictures`: where no `[preprocess]` decodes images, the header of each and the end of its file are looked at, so
//! that a page that says "not found", an empty file, a pointer or half a picture is no picture. Drops: `file.pointer`, and
//! those of a header (`image.empty`, `image.format`, `image.truncated`, `image.corrupt`). Finding: `image.format_name`.
//! Pictures that leave count as rejected records of their source. Limits: damage within the pixels is not seen.
use crate::formats::image::look;
use crate::formats::pointer;
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{Cell, DataType, array_of, list};

pub const ENTRY: Entry = Entry::row::<Pictures>("collect/pictures", "collect", declare);

/// Width and height by the header, where somebody compares them.
pub const SIZE: &str = "header_size";

fn declare(check: &mut Check) -> Vec<Plan> {
    if check.column("samples", "image") != Some(&Image::ty()) || check.manifest.table(&["preprocess"]).is_some() {
        return Vec::new();
    }
    let size = (SIZE, Column::new(list(DataType::UInt32)).inner().harmless());
    let ports = Ports {
        table: "samples".into(),
        reads: names(&["image", "source"]),
        writes: if check.column("samples", "stated_size").is_some() { writes([size]) } else { Vec::new() },
        drops: true,
        ..Ports::default()
    };
    let sized = !ports.writes.is_empty();
    let gates = unread_pictures(check, "collect/pictures");
    vec![Plan { gates, ..Plan::map::<Pictures>(ports, &Map { sized }).word("pictures") }]
}

#[derive(serde::Serialize, serde::Deserialize, Default)]
struct Map {
    /// The size is written.
    #[serde(default, skip_serializing_if = "is_default")]
    sized: bool,
}

struct Pictures;

impl RowStage for Pictures {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut sizes: Vec<Option<Vec<u32>>> = Vec::with_capacity(rows.len());
        let sources = rows.texts("source")?;
        for (row, image) in rows.cells::<Image>("image")?.into_iter().enumerate() {
            let Some(image) = image else {
                sizes.push(None);
                continue;
            };
            let key = format!("collect.{}.format", sources.get(row).cloned().flatten().unwrap_or_default());
            let mut found = Err(Fault::Bug("an image was not read".into()));
            let room = u64::try_from(image.bytes).unwrap_or(0);
            rows.tools().with_room(room, &mut || {
                let seen = |bytes: Vec<u8>| look(&bytes).map_err(|wrong| (pointer::told(&bytes), wrong));
                found = rows.blob(image.blob).map(seen);
            });
            sizes.push(None);
            match found? {
                Err((Some(say), _)) => delta.event(row, Act::DROP, key, pointer::RULE, say),
                Err((None, wrong)) => delta.event(row, Act::DROP, key, wrong.rule, wrong.say),
                Ok(probe) => {
                    if image.format != probe.format {
                        let say = format!("the content is {}, by the file's name it is {}", probe.format, image.format);
                        delta.event(row, Act::Finding, key, "image.format_name", say);
                    }
                    let size = vec![probe.width, probe.height];
                    sizes.last_mut().into_iter().for_each(|place| *place = Some(size.clone()));
                }
            }
        }
        if p.sized {
            delta.write(SIZE, array_of(sizes));
        }
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::stage::testing::{Bytes, rows, texts_of};

    #[test]
    fn what_is_no_picture_goes() {
        let page = b"<html>not found</html>".to_vec();
        let lfs = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n".to_vec();
        let files = [page, lfs, Vec::new(), b"\xff\xd8\xff\xe0".to_vec()];
        let image = |bytes: &Vec<u8>| Image { blob: Digest::of(bytes), format: "jpeg".into(), bytes: 1 };
        let held = Bytes(files.iter().map(|bytes| (Digest::of(bytes), bytes.clone())).collect());
        let columns = [
            ("image", array_of(files.iter().map(|f| Some(image(f))).chain([None]))),
            ("source", texts_of(&[Some("a"); 5])),
        ];
        let delta = Pictures::map(&Map { sized: true }, &rows(&held, &columns), &mut Summary::default()).unwrap();
        let told: Vec<(u32, &str)> = delta.events.iter().map(|e| (e.row, e.rule.as_str())).collect();
        assert_eq!(told, [(0, "image.format"), (1, "file.pointer"), (2, "image.empty"), (3, "image.truncated")]);
        assert_eq!(<Vec<u32>>::ty(), list(DataType::UInt32));
    }
}
