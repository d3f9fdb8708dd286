//! `preprocess/images`: images are decoded once, measured and judged.
use super::declaration::Declaration;
use crate::diag::Diagnostic;
use crate::formats::image::{Probe, decode, room};
use crate::formats::pointer;
use crate::manifest::sections::{ImageField, SchemaSection};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, DataType, Value};
use serde::{Deserialize, Serialize};

/// Most pixels of an image, unless the manifest says otherwise.
const PIXELS_MAX: u64 = 100_000_000;

/// Files of at most so many bytes are in hand while they wait for room.
const KEPT: u64 = 1 << 20;

/// What is written of each image.
pub(super) const MEASURES: [(&str, DataType); 3] =
    [("width", DataType::UInt32), ("height", DataType::UInt32), ("orientation", DataType::UInt8)];

pub(super) fn declare(check: &mut Check) -> Vec<Plan> {
    if check.table.is_none() || check.column("samples", "image") != Some(&Image::ty()) {
        return Vec::new();
    }
    let before = check.problems.len();
    for (name, _) in MEASURES {
        if check.column("samples", name).is_some() {
            let message = format!("the sources give a column `{name}`, which is measured here");
            let problem = Diagnostic::error("T0324", check.span.clone(), message);
            check.bad(problem.label(format!("writes `{name}`")).help("give the field another name"));
        }
    }
    if check.problems.len() > before {
        return Vec::new();
    }
    // what is wrong in the table is told once, by the step for texts
    let d: Declaration = check.section(&["preprocess"]);
    let mut schema: SchemaSection = check.section(&["schema"]);
    let ImageField { side_min, side_max } = schema.0.remove("image").and_then(|f| f.image).unwrap_or_default();
    let pixels_max = d.image_pixels_max.filter(|n| *n != PIXELS_MAX);
    vec![
        Plan::map::<Images>(
            Ports {
                table: "samples".into(),
                reads: names(&["image"]),
                writes: writes(MEASURES.map(|(name, ty)| {
                    let column = Column::new(ty);
                    (name, if name == "orientation" { column.inner() } else { column })
                })),
                drops: true,
                ..Ports::default()
            },
            &Map { pixels_max, side_min, side_max },
        )
        .word("images"),
    ]
}

/// What the decoding of images depends on.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Map {
    /// `None` is [`PIXELS_MAX`].
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) pixels_max: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) side_min: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) side_max: Option<u32>,
}

pub(super) struct Images;

impl RowStage for Images {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut found: Vec<Option<Probe>> = Vec::with_capacity(rows.len());
        for (row, image) in rows.cells::<Image>("image")?.into_iter().enumerate() {
            let Some(image) = image else {
                found.push(None);
                continue;
            };
            match decoded(rows, &image, p.pixels_max.unwrap_or(PIXELS_MAX))? {
                Ok(probe) => {
                    judge(p, row, &image, &probe, &mut delta);
                    found.push(Some(probe));
                }
                Err((rule, say)) => {
                    delta.event(row, Act::DROP, "preprocess.images", rule, say);
                    found.push(None);
                }
            }
        }
        let each: [fn(&Probe) -> i64; 3] = [|p| p.width.into(), |p| p.height.into(), |p| p.orientation.into()];
        for ((name, ty), of) in MEASURES.into_iter().zip(each) {
            delta.write(name, numbers(&ty, &found, of)?);
        }
        Ok(delta)
    }
}

/// What an image is, or the rule that it breaks and the words. It is decoded when there is room for its pixels.
fn decoded(rows: &Rows, image: &Image, pixels_max: u64) -> Result<Result<Probe, (&'static str, String)>, Fault> {
    let (tools, file) = (rows.tools(), u64::try_from(image.bytes).unwrap_or(0));
    let mut read = Err(Fault::Bug("an image was not read".into()));
    tools.with_room(file, &mut || {
        // a large file is read again when there is room for both it and its pixels
        let kept = |bytes: Vec<u8>| (room(&bytes, pixels_max), Some(bytes).filter(|_| file <= KEPT));
        read = rows.blob(image.blob).map(kept);
    });
    let (need, mut kept) = read?;
    let mut done = Err(Fault::Bug("an image was not decoded".into()));
    tools.with_room(file.saturating_add(need), &mut || {
        let bytes = kept.take().map_or_else(|| rows.blob(image.blob), Ok);
        done = bytes.map(|bytes| {
            decode(&bytes, pixels_max).map_err(|wrong| match pointer::told(&bytes) {
                Some(say) => (pointer::RULE, say.to_string()),
                None => (wrong.rule, wrong.say),
            })
        });
    });
    done
}

fn numbers(ty: &DataType, found: &[Option<Probe>], of: fn(&Probe) -> i64) -> Result<ArrayRef, Fault> {
    let slots: Vec<Value> = found.iter().map(|p| p.as_ref().map_or(Value::Null, |p| Value::Int(of(p)))).collect();
    column(ty, &slots).map_err(Fault::Bug)
}

/// What there is to say of an image that decodes.
pub(super) fn judge(p: &Map, row: usize, image: &Image, probe: &Probe, delta: &mut Delta) {
    let (shorter, longer) = (probe.width.min(probe.height), probe.width.max(probe.height));
    if let Some(min) = p.side_min.filter(|min| shorter < *min) {
        let say = format!("the shorter side has {shorter} pixels, at least {min} are wanted");
        delta.event(row, Act::DROP, "schema.image.image.side_min", "image.small", say);
    }
    if let Some(max) = p.side_max.filter(|max| longer > *max) {
        let say = format!("the longer side has {longer} pixels, at most {max} are allowed");
        delta.event(row, Act::DROP, "schema.image.image.side_max", "image.large", say);
    }
    if probe.orientation != 1 {
        let say = format!("EXIF orientation {}; pixels are as stored", probe.orientation);
        delta.event(row, Act::Finding, "preprocess.images", "image.orientation", say);
    }
    if image.format != probe.format {
        let say = format!("the content is {}, by the file's name it is {}", probe.format, image.format);
        delta.event(row, Act::Finding, "preprocess.images", "image.format_name", say);
    }
}
