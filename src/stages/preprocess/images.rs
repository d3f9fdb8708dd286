//! `preprocess/images`: images are decoded once, measured, judged and, where it is asked for, turned, cut and resized.
use super::declaration::{Declaration, DrawnOn, Turn};
use crate::diag::Diagnostic;
use crate::formats::frames::several;
use crate::formats::image::{PIXELS_MAX, Probe, decode, room};
use crate::formats::pixels::{self, Change, Changed, Size, changed};
use crate::formats::pointer;
use crate::manifest::sections::{ImageField, SchemaSection};
use crate::model::frames::{Frame, swaps};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, DataType, Value, array_of, value_at};
use serde::{Deserialize, Serialize};

/// Files of at most so many bytes are in hand while they wait for room.
const KEPT: u64 = 1 << 20;

/// How often the pixels of an image that changes may be in hand: as stored, turned, and as numbers with a point.
const CHANGING: u64 = 4;

/// What is written of each image.
pub(super) const MEASURES: [(&str, DataType); 3] =
    [("width", DataType::UInt32), ("height", DataType::UInt32), ("orientation", DataType::UInt8)];

/// The column that says how an image came of the collected one, for the steps that read shapes.
const FRAME: &str = "frame";

/// Keys of pictures do nothing where no sample has one.
fn tell_without_images(check: &mut Check) {
    const KEYS: [&str; 6] = ["image_pixels_max", "orientation", "drawn_on", "crop", "tile", "resize"];
    let Some(table) = check.table.and_then(|table| table.get_ref().as_table()) else { return };
    if check.column("samples", "source").is_none() {
        return; // what is wrong with the sources is told there
    }
    for key in KEYS {
        if let Some(span) = table.get(key).map(|value| value.span()) {
            let problem = Diagnostic::error("T0344", span, format!("`{key}` is of pictures, and no source has any"));
            check.bad(
                problem.label("without effect").help(
                    "pictures are the samples of a source with `images`, or lie in a column that `pictures` names",
                ),
            );
        }
    }
}

pub(super) fn declare(check: &mut Check) -> Vec<Plan> {
    if check.table.is_none() || check.column("samples", "image") != Some(&Image::ty()) {
        tell_without_images(check);
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
    let change = Changes::of(&d);
    let changes = change != Changes::default();
    let stated = changes && check.column("samples", STATED).is_some();
    let mut writes = writes(MEASURES.map(|(name, ty)| {
        let column = Column::new(ty);
        (name, if name == "orientation" { column.inner() } else { column })
    }));
    if changes {
        writes.push(("image".into(), Column::new(Image::ty()).role(Role::Image)));
        writes.push((FRAME.into(), Column::new(Frame::ty()).inner().harmless()));
    }
    let mut reads = names(&["image"]);
    reads.extend(stated.then(|| STATED.to_string()));
    let ports = Ports { table: "samples".into(), reads, writes, drops: true, ..Ports::default() };
    let gates = unread_pictures(check, "preprocess/images");
    let map = Map { pixels_max, side_min, side_max, change };
    vec![Plan { gates, ..Plan::map::<Images>(ports, &map).word("images") }]
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
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) change: Changes,
}

/// How images are changed.
#[derive(Serialize, Deserialize, Default, PartialEq)]
pub(super) struct Changes {
    /// What the bytes of changed images depend on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    /// They are turned as their EXIF orientation says.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) turn: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) drawn_on: Option<DrawnOn>,
    /// Left, top, width and height.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) part: Option<[u32; 4]>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) side_max: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) size: Option<[u32; 2]>,
}

impl Changes {
    fn of(d: &Declaration) -> Changes {
        let changes = Changes {
            turn: d.orientation == Some(Turn::Apply),
            drawn_on: d.drawn_on,
            part: d.crop.map(|p| [p.left, p.top, p.width, p.height]),
            side_max: d.resize.and_then(|r| r.side_max),
            size: d.resize.and_then(|r| Some([r.width?, r.height?])),
            ..Changes::default()
        };
        let changed = changes.turn || changes.part.is_some() || changes.side_max.is_some() || changes.size.is_some();
        if changed { Changes { uses: names(pixels::USES), ..changes } } else { Changes::default() }
    }

    fn change(&self) -> Option<Change> {
        let size = self.size.map(|[width, height]| Size::Exactly(width, height)).or(self.side_max.map(Size::Within));
        (*self != Changes::default()).then_some(Change { turn: self.turn, part: self.part, size })
    }

    /// The frame as shapes need it: one that was drawn on the turned image is not turned again. `None` where nobody says
    /// which image they were drawn on.
    fn settled(&self, frame: Frame, stated: &Value) -> Option<Frame> {
        let shown = Frame { drawn: frame.turned(), turn: 1, ..frame };
        let of = |size: [u32; 2]| *stated == Value::List(size.map(|n| Value::Int(n.into())).to_vec());
        let told = swaps(frame.turn) && frame.drawn != frame.turned();
        match self.drawn_on {
            _ if frame.turn == 1 => Some(frame),
            Some(DrawnOn::Stored) => Some(frame),
            Some(DrawnOn::Shown) => Some(shown),
            None if told && of(frame.drawn) => Some(frame),
            None if told && of(frame.turned()) => Some(shown),
            None => None,
        }
    }
}

/// The size that the annotations of an image state.
const STATED: &str = "stated_size";

pub(super) struct Images;

impl RowStage for Images {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 3; // 3: files with several pictures are told
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut found: Vec<Option<Probe>> = Vec::with_capacity(rows.len());
        let stated = if rows.names().any(|n| n == STATED) { Some(rows.column(STATED)?) } else { None };
        let (mut images, mut frames) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for (row, image) in rows.cells::<Image>("image")?.into_iter().enumerate() {
            let Some(image) = image else {
                found.push(None);
                images.push(None);
                frames.push(None);
                continue;
            };
            match decoded(rows, &image, p)? {
                Ok((Changed { probe, frame, bytes }, several)) => {
                    judge(p, row, &image, &probe, &mut delta);
                    if several {
                        let say = "it holds several pictures (frames or pages): the first is looked at, and where pixels are \
                                   changed it alone is kept";
                        delta.event(row, Act::Finding, "preprocess.images", "image.frames", say);
                    }
                    if probe.located && bytes.is_none() {
                        let say = "its EXIF says where it was taken; [privacy.images] takes that out";
                        delta.event(row, Act::Finding, "preprocess.images", "image.location", say);
                    }
                    let stated = stated.as_ref().map_or(Value::Null, |column| value_at(column.as_ref(), row));
                    frames.push(p.change.settled(frame, &stated));
                    tell(row, &frame, &mut delta);
                    found.push(Some(p.change.now(probe, &frame)));
                    images.push(Some(renewed(image, bytes, &mut delta)));
                }
                Err((rule, say)) => {
                    let key = if rule == "image.crop" { "preprocess.crop" } else { "preprocess.images" };
                    delta.event(row, Act::DROP, key, rule, say);
                    found.push(None);
                    images.push(Some(image));
                    frames.push(None);
                }
            }
        }
        let each: [fn(&Probe) -> i64; 3] = [|p| p.width.into(), |p| p.height.into(), |p| p.orientation.into()];
        for ((name, ty), of) in MEASURES.into_iter().zip(each) {
            delta.write(name, numbers(&ty, &found, of)?);
        }
        if p.change != Changes::default() {
            delta.write("image", array_of(images));
            delta.write(FRAME, array_of(frames));
        }
        Ok(delta)
    }
}

impl Changes {
    /// What the image is now.
    fn now(&self, probe: Probe, frame: &Frame) -> Probe {
        let [width, height] = frame.present;
        let orientation = if self.turn { 1 } else { probe.orientation };
        Probe { width, height, orientation, ..probe }
    }
}

/// What was done to an image.
fn tell(row: usize, frame: &Frame, delta: &mut Delta) {
    let [width, height] = frame.turned();
    let [_, _, part_width, part_height] = frame.part;
    let [to_width, to_height] = frame.present;
    let mut change = |done: bool, key: &str, rule: &str, say: String| {
        if done {
            delta.event(row, Act::Change, format!("preprocess.{key}"), rule, say);
        }
    };
    change(frame.turn != 1, "orientation", "image.turned", format!("EXIF orientation {}", frame.turn));
    let say = format!("{part_width} x {part_height} of {width} x {height} pixels are kept");
    change(frame.cuts(), "crop", "image.cut", say);
    let resized = frame.present != [part_width, part_height];
    let say = format!("{to_width} x {to_height} pixels instead of {part_width} x {part_height}");
    change(resized, "resize", "image.resized", say);
}

/// An image with its new bytes, if it has any.
fn renewed(image: Image, bytes: Option<(Vec<u8>, &'static str)>, delta: &mut Delta) -> Image {
    let Some((bytes, format)) = bytes else { return image };
    let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
    Image { blob: delta.blob(bytes), format: format.into(), bytes: len }
}

/// An image as it is and becomes, with whether there are further pictures in its file; or the rule that it breaks and the words.
type Looked = Result<(Changed, bool), (&'static str, String)>;

/// What an image is and becomes, or the rule that it breaks and the words. It is decoded when there is room for its pixels.
fn decoded(rows: &Rows, image: &Image, p: &Map) -> Result<Looked, Fault> {
    let (pixels_max, change) = (p.pixels_max.unwrap_or(PIXELS_MAX), p.change.change());
    let look = |bytes: &[u8]| match &change {
        Some(change) => changed(bytes, pixels_max, change),
        None => decode(bytes, pixels_max).map(|probe| {
            let frame = Frame::still([probe.width, probe.height]);
            Changed { probe, frame, bytes: None }
        }),
    };
    let (tools, file) = (rows.tools(), u64::try_from(image.bytes).unwrap_or(0));
    let mut read = Err(Fault::Bug("an image was not read".into()));
    tools.with_room(file, &mut || {
        // a large file is read again when there is room for both it and its pixels
        let kept = |bytes: Vec<u8>| (room(&bytes, pixels_max), Some(bytes).filter(|_| file <= KEPT));
        read = rows.blob(image.blob).map(kept);
    });
    let (need, mut kept) = read?;
    let need = need.saturating_mul(if change.is_some() { CHANGING } else { 1 });
    let mut done = Err(Fault::Bug("an image was not decoded".into()));
    tools.with_room(file.saturating_add(need), &mut || {
        let bytes = kept.take().map_or_else(|| rows.blob(image.blob), Ok);
        done = bytes.map(|bytes| {
            look(&bytes).map(|changed| (changed, several(&bytes))).map_err(|wrong| match pointer::told(&bytes) {
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
    if probe.orientation != 1 && !p.change.turn {
        let say = format!("EXIF orientation {}; pixels are as stored", probe.orientation);
        delta.event(row, Act::Finding, "preprocess.images", "image.orientation", say);
    }
    if image.format != probe.format {
        let say = format!("the content is {}, by the file's name it is {}", probe.format, image.format);
        delta.event(row, Act::Finding, "preprocess.images", "image.format_name", say);
    }
}
