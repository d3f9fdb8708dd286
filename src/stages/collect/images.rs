//! `collect.NAME` for images: each file is a sample, its bytes by digest; no file is opened. The name of the folder that an
//! image lies in is to be selected as `class`, in one normal form; an image directly in the folder that all globs name has
//! no folder of its own, and so no class.
use super::beside::Keys;
use super::declaration::declared;
use super::ids::make_id;
use super::sheet::{NAMED, Sheet};
use crate::digest::Digest;
use crate::formats::Cut;
use crate::formats::cut::Holds;
use crate::formats::unread;
use crate::measure::names::composed;
use crate::measure::parts::{PLACE, SPLIT, part_of, place_of};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{Cell, array_of, list, utf8};
use crate::world::{inner_path, undotted};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub const ENTRY: Entry = Entry::row::<Images>("collect/images", "collect.*", declare)
    .schema(|g| g.subschema_for::<super::declaration::Declaration>())
    .effects(super::declaration::effects);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    if c.files.reader(c.format).is_some() {
        return Vec::new();
    }
    let source = c.source(check, &c.files.images, "units", Cut::Document(Holds::One), true);
    let mut place =
        Place { source: check.instance.clone(), id: c.id.clone(), prefix: c.prefix.clone(), ..Place::default() };
    place.tops = tops(c.files.images.iter().map(|glob| undotted(inner_path(glob))));
    // no step looks for faces, or into what a camera wrote: with [privacy] a person says that images may go out
    let image = Column::new(Image::ty()).role(Role::Image);
    let mut writes = writes([("source", Column::new(utf8()).harmless()), ("image", image)]);
    let class = [("class".to_string(), "class".to_string())];
    let own = c.declared.fields.in_order().into_iter().map(|(name, from)| (name.clone(), from.get().clone()));
    let fields: Vec<(String, String)> = match c.declared.fields.is_empty() && c.format.sidecar.is_none() {
        true => class.into(), // the name of its folder, and nothing else tells of an image without files beside it
        false => own.collect(),
    };
    for (name, selector) in &fields {
        writes.push((name.clone(), utf8().into()));
        match selector.as_str() {
            "path" => place.path.push(name.clone()),
            "stem" => place.stem.push(name.clone()),
            SPLIT => place.split.push(name.clone()),
            PLACE => place.place.push(name.clone()),
            _ => place.class.push(name.clone()),
        }
    }
    if let Some(part) = c.declared.sheet.as_ref().and_then(Sheet::part) {
        writes.push((NAMED.into(), Column::new(utf8()).inner()));
        if part == "path" { &mut place.path } else { &mut place.stem }.push(NAMED.into());
    }
    if c.files.beside(c.format) {
        place.beside = Some(Keys::of(&c, &check.instance, true));
        writes.push(("beside".into(), Column::new(list(utf8())).inner().harmless()));
        writes.push(("beside_path".into(), Column::new(utf8()).inner().harmless()));
    }
    let word = if c.format.sidecar.is_some() { "images" } else { "" };
    let step = if word.is_empty() { check.path.clone() } else { format!("{}/{word}", check.path) };
    let ports = Ports {
        table: source.table.clone(),
        reads: names(&["blob", "path", "stem", "bytes", "reject"]),
        writes,
        into: Some("samples".into()),
        ..Ports::default()
    };
    let gates = c.gates(check, &step);
    vec![Plan { gates, scan: Some(source), ..Plan::map::<Images>(ports, &place).word(word) }]
}

#[derive(Serialize, Deserialize, Default)]
struct Place {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    #[serde(default, skip_serializing_if = "is_default")]
    prefix: String,
    /// Columns that hold the folder's name.
    #[serde(default, skip_serializing_if = "is_default")]
    class: Vec<String>,
    /// Folders that images lie in without a class.
    #[serde(default, skip_serializing_if = "is_default")]
    tops: Vec<String>,
    /// Columns that hold the file's path.
    #[serde(default, skip_serializing_if = "is_default")]
    path: Vec<String>,
    /// Columns that hold the stem of its name.
    #[serde(default, skip_serializing_if = "is_default")]
    stem: Vec<String>,
    /// Columns that hold the split which the path names.
    #[serde(default, skip_serializing_if = "is_default")]
    split: Vec<String>,
    /// Columns that hold the path without its suffix.
    #[serde(default, skip_serializing_if = "is_default")]
    place: Vec<String>,
    /// How images are found by the documents beside them.
    #[serde(default, skip_serializing_if = "is_default")]
    beside: Option<Keys>,
}

struct Images;

impl RowStage for Images {
    const MAP: u32 = 3;
    type Map = Place;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Place, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let (blobs, paths, stems) = (rows.cells::<Digest>("blob")?, rows.texts("path")?, rows.texts("stem")?);
        let sizes = rows.column("bytes")?;
        let rejects = rows.texts("reject")?;
        let (mut ids, mut images, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        for (row, blob) in blobs.into_iter().enumerate() {
            let get = |v: &[Option<String>]| v.get(row).cloned().flatten().unwrap_or_default();
            let (path, stem, reject) = (get(&paths), get(&stems), get(&rejects));
            if !reject.is_empty() {
                let say = unread::words(&reject);
                let of = if reject == "record.too_large" { "record_max" } else { "format" };
                delta.at(row, 0, Act::DROP, format!("collect.{}.{of}", p.source), reject, say);
                continue;
            }
            let id = match p.id.as_str() {
                "path" => path.clone(),
                PLACE => place_of(&path).to_string(),
                "content" => blob.unwrap_or_default().hex()[..32].to_string(),
                _ => stem.clone(),
            };
            match make_id(&p.prefix, &id) {
                Err(say) => delta.at(row, 0, Act::DROP, format!("collect.{}.id", p.source), "id.invalid", say),
                Ok(id) => {
                    let bytes = match crate::table::value_at(sizes.as_ref(), row) {
                        crate::table::Value::Int(n) => n,
                        _ => 0,
                    };
                    delta.born.parents.push((row as u32, 0));
                    ids.push(Some(id));
                    images.push(Some(Image { blob: blob.unwrap_or_default(), format: format_of(&path).into(), bytes }));
                    kept.push((path, stem));
                }
            }
        }
        if ids.is_empty() {
            return Ok(delta);
        }
        let sources = vec![Some(p.source.clone()); ids.len()];
        let columns = &mut delta.born.columns;
        columns.insert("id".into(), array_of(ids));
        columns.insert("image".into(), array_of(images));
        columns.insert("source".into(), array_of(sources));
        if let Some(keys) = &p.beside {
            let of = |(path, stem): &(String, String)| Some(keys.of_image(path, stem));
            columns.insert("beside".into(), array_of(kept.iter().map(of)));
            columns.insert("beside_path".into(), array_of(kept.iter().map(|(path, _)| Some(path.clone()))));
        }
        for name in &p.class {
            columns.insert(name.clone(), array_of(kept.iter().map(|(path, _)| class(path, &p.tops))));
        }
        let mut write = |names: &[String], of: fn(&(String, String)) -> Option<String>| {
            for name in names {
                columns.insert(name.clone(), array_of(kept.iter().map(of)));
            }
        };
        write(&p.path, |(path, _)| Some(path.clone()));
        write(&p.stem, |(_, stem)| Some(stem.clone()));
        write(&p.place, |(path, _)| Some(place_of(path).to_string()));
        write(&p.split, |(path, _)| part_of(path).map(String::from));
        Ok(delta)
    }
}

/// The folders above the classes: of each glob the one above its wild cards; of globs that all name one folder that one.
fn tops(globs: impl Iterator<Item = String>) -> Vec<String> {
    let (mut tops, mut fixed) = (BTreeSet::new(), BTreeSet::new());
    for glob in globs {
        let folder = glob.rsplit_once('/').map_or("", |(folder, _)| folder);
        match folder.find(['*', '?', '[', '{']) {
            Some(wild) => {
                let plain = folder.get(..wild).unwrap_or_default();
                tops.insert(composed(plain.rsplit_once('/').map_or("", |(top, _)| top)).into_owned());
            }
            None => drop(fixed.insert(composed(folder).into_owned())),
        }
    }
    // globs that name several folders name the classes
    tops.extend(Some(fixed).filter(|f| f.len() == 1).into_iter().flatten());
    tops.into_iter().collect()
}

/// The name of the folder that a file lies in, unless it lies in a folder above the classes.
fn class(path: &str, tops: &[String]) -> Option<String> {
    let folder = composed(path.rsplit_once('/')?.0);
    let own = folder.rsplit('/').next().unwrap_or(&folder);
    (!tops.iter().any(|top| *top == folder)).then(|| own.to_string())
}

/// The format that a file's name claims.
fn format_of(path: &str) -> &'static str {
    let end = path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    match end.as_str() {
        "jpg" | "jpeg" | "jpe" => "jpeg",
        "png" => "png",
        "gif" => "gif",
        "bmp" => "bmp",
        "tif" | "tiff" => "tiff",
        "webp" => "webp",
        _ => "unknown",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_above_the_classes_has_none() {
        let of = |globs: &[&str], path: &str| class(path, &tops(globs.iter().map(|g| g.to_string())));
        assert_eq!(of(&["raw/**/*.png"], "raw/cat/1.png").as_deref(), Some("cat"));
        assert_eq!(of(&["raw/**/*.png"], "raw/1.png"), None);
        assert_eq!(of(&["raw/*.png"], "raw/1.png"), None);
        assert_eq!(of(&["*.png"], "1.png"), None);
        assert_eq!(of(&["raw/cat/*.png", "raw/dog/*.png"], "raw/dog/1.png").as_deref(), Some("dog"));
        assert_eq!(of(&["raw/*/*.png"], "raw/\u{1100}\u{1169}/1.png").as_deref(), Some("고"));
    }
}
