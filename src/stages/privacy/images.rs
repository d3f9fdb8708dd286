//! `[privacy.images]`: faces, plates and the like are hidden in the pixels, and everything beside the pixels is removed.
//!
//! ```toml
//! [privacy.images]                         # alone: metadata goes
//! boxes = { of = "label.scene", classes = ["face", "plate"], action = "blur", margin = 0.1 }
//! metadata = "remove"                      # or "keep"
//! unlabelled = "review"                    # or "drop", "keep": samples in which nobody has looked for them
//! ```
//!
//! Stands behind the labels; reads `image` and the label, writes `image`. Changes: `image.hidden` (how many places of which
//! classes), `image.metadata` (what was taken out, by name) and `image.frames` (how many frames or pages there were, of which the
//! first is kept). Waits for a person: `image.unlabelled`, a sample without an answer, or whose label lost an annotation;
//! `image.place`, a shape that lies outside of its picture, that was drawn on a picture of another size, or on one that is shown
//! turned, where `[preprocess]` does not say on which. Drops: `image.metadata` and the rules of decoding, for
//! files that cannot be written anew. Facts: `hidden`, `hidden.CLASS` (places), `bare` (pictures from which something was
//! taken), `location` (those of them that said where they were taken). Limits: what nobody labelled stays; a shape is hidden
//! with its upright box; of an animation whose places are hidden the first frame is kept.
use crate::diag::{Diagnostic, suggest};
use crate::formats::image::{PIXELS_MAX, probe, room};
use crate::formats::veil::{self, Cleaned, Wanted, cleaned};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::model::frames::Frame;
use crate::model::images::{Image, Veil};
use crate::model::shapes::{Around, places};
use crate::stage::*;
use crate::table::{Cell, array_of, value_at};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Takes out of pictures what may name somebody.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What is hidden in the pixels. JPEG stays JPEG, of quality 95; other formats become PNG. Default: nothing.
    pub boxes: Option<Places>,
    /// What happens to everything beside the pixels: EXIF with places and cameras, XMP, IPTC, comments, thumbnails, bytes
    /// behind the end. The orientation and the colour profile stay.
    #[serde(default)]
    pub metadata: Metadata,
    /// What happens to samples that have no answer in the task of `boxes`, so that nobody has looked for what is to be
    /// hidden.
    #[serde(default)]
    pub unlabelled: Unlabelled,
}

/// The places that are hidden.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Places {
    /// The label whose shapes are hidden, `label.scene`; of a shape that is no box, the upright box around it.
    pub of: At<String>,
    /// The classes whose shapes are hidden. Default: all classes of the task.
    #[schemars(length(min = 1))]
    pub classes: Option<Vec<At<String>>>,
    /// How a place is hidden.
    #[serde(default)]
    pub action: Veil,
    /// By how much a place is widened on each side, as a share of its longer side, from 0 to 1. Default 0.
    pub margin: Option<At<Decimal>>,
}

/// What happens to everything beside the pixels.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Metadata {
    /// It is removed, which is verified in what was written.
    #[default]
    Remove,
    /// It stays in pictures in which nothing is hidden; the others lose it, since they are encoded anew.
    Keep,
}

/// What happens to samples in which nobody has looked.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Unlabelled {
    /// They wait for a person's decision, whatever `[review] hold` says.
    #[default]
    Review,
    /// They leave the data set.
    Drop,
    /// They stay as they are, and it is told.
    Keep,
}

pub const ENTRY: Entry =
    Entry::row::<Stage>("privacy/images", "privacy.images", declare).schema(|g| g.subschema_for::<Declaration>());

/// The keys of `[preprocess]` that count here, too.
#[derive(Deserialize, Default)]
struct Before {
    image_pixels_max: Option<u64>,
    drawn_on: Option<String>,
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    if check.column("samples", "image") != Some(&Image::ty()) {
        let problem = Diagnostic::error("T0546", check.span.clone(), "there are no pictures in the samples");
        check.bad(problem.label("no source gives a column `image`"));
        return Vec::new();
    }
    let hide = d.boxes.as_ref().and_then(|places| hide(check, places));
    if d.boxes.is_none() && d.metadata == Metadata::Keep {
        let problem = Diagnostic::error("T0546", check.span.clone(), "nothing happens to the pictures");
        check.bad(problem.label("metadata is kept, and no boxes are hidden"));
    }
    if d.boxes.is_none() && d.unlabelled != Unlabelled::Review {
        let span = check.manifest.span_of("privacy.images.unlabelled").unwrap_or(check.span.clone());
        let problem = Diagnostic::error("T0546", span, "no label says what is hidden");
        check.bad(problem.label("a setting without effect").help("unlabelled goes with boxes"));
    }
    let before: Before = check.section(&["preprocess"]);
    let known = |name: &str| check.column("samples", name).is_some();
    let sizes = hide.is_some() && known(STATED);
    let framed = sizes && known(FRAME);
    let status = hide.as_ref().map(|hide| format!("status.{}", hide.task())).filter(|name| known(name));
    let map = Map {
        uses: names(veil::USES),
        hide,
        metadata: d.metadata,
        unlabelled: d.unlabelled,
        pixels_max: before.image_pixels_max.filter(|n| *n != PIXELS_MAX),
        stored: before.drawn_on.as_deref() == Some("stored"),
    };
    let mut reads = names(&["image"]);
    reads.extend(map.hide.as_ref().map(|hide| hide.of.clone()));
    reads.extend(status);
    reads.extend(sizes.then(|| STATED.to_string()));
    reads.extend(framed.then(|| FRAME.to_string()));
    let writes = writes([("image", Column::new(Image::ty()).role(Role::Image))]);
    let ports = Ports { table: "samples".into(), reads, writes, drops: true, ..Ports::default() };
    // also after a mistake: nothing is built then, and no release tells these pictures as unseen
    vec![Plan { masks: names(&["image"]), ..Plan::map::<Stage>(ports, &map) }]
}

/// What is hidden; `None` with the problems noted.
fn hide(check: &mut Check, d: &Places) -> Option<Hide> {
    let column = check.known(&d.of)?;
    let label = format!("label.{}", d.of.get().strip_prefix("label.").unwrap_or_default());
    let (Role::Label { classes: known, .. }, true) =
        (&column.role, *d.of.get() == label && places(&column.ty).is_some())
    else {
        let problem = Diagnostic::error("T0546", d.of.span(), format!("`{}` has no places in pictures", d.of.get()));
        check.bad(problem.label("not a label of boxes or other shapes"));
        return None;
    };
    for class in d.classes.iter().flatten().filter(|class| !known.contains(class.get())) {
        let message = format!("`{}` is no class of `{}`", class.get(), d.of.get());
        let help = suggest(class, known.iter().map(String::as_str));
        check.bad(Diagnostic::error("T0546", class.span(), message).label("not a class of this task").help(help));
    }
    let margin = d.margin.as_ref().map_or(0.0, |margin| margin.to_f64());
    if let Some(at) = d.margin.as_ref().filter(|_| !(0.0..=1.0).contains(&margin)) {
        let problem = Diagnostic::error("T0546", at.span(), "a margin is a share of the longer side of a place");
        check.bad(problem.label("from 0 to 1"));
    }
    let classes = d.classes.iter().flatten().map(|class| class.get().clone()).collect();
    Some(Hide { of: d.of.get().clone(), classes, action: d.action, margin: d.margin.as_ref().map(|m| *m.get()) })
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// What the bytes of changed pictures depend on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    hide: Option<Hide>,
    #[serde(default, skip_serializing_if = "is_default")]
    metadata: Metadata,
    #[serde(default, skip_serializing_if = "is_default")]
    unlabelled: Unlabelled,
    /// `None` is [`PIXELS_MAX`].
    #[serde(default, skip_serializing_if = "is_default")]
    pixels_max: Option<u64>,
    /// Shapes were drawn on the pixels as they are stored, also where a picture is shown turned.
    #[serde(default, skip_serializing_if = "is_default")]
    stored: bool,
}

/// The size that annotations state, and how a picture came of the one that they were made on.
const STATED: &str = "stated_size";
const FRAME: &str = "frame";

/// What is hidden.
#[derive(Serialize, Deserialize, Default, PartialEq)]
struct Hide {
    #[serde(default, skip_serializing_if = "is_default")]
    of: String,
    /// None stands for all.
    #[serde(default, skip_serializing_if = "is_default")]
    classes: BTreeSet<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    action: Veil,
    /// A share of the longer side of a place.
    #[serde(default, skip_serializing_if = "is_default")]
    margin: Option<Decimal>,
}

impl Hide {
    fn task(&self) -> &str {
        self.of.strip_prefix("label.").unwrap_or(&self.of)
    }

    /// The places that are hidden, by class. An error is why that cannot be said.
    fn places(&self, around: Around) -> Result<Vec<(String, [f64; 4])>, &'static str> {
        let margin = self.margin.map_or(0.0, |margin| margin.to_f64());
        let wide = |[x1, y1, x2, y2]: [f64; 4]| {
            let more = margin * (x2 - x1).max(y2 - y1);
            [x1 - more, y1 - more, x2 + more, y2 + more]
        };
        let wanted = around.into_iter().filter(|(class, _)| self.classes.is_empty() || self.classes.contains(class));
        let place = |(class, bounds): (String, Option<[f64; 4]>)| {
            bounds.map(|bounds| (class, wide(bounds))).ok_or("a shape that is to be hidden covers nothing")
        };
        wanted.map(place).collect()
    }
}

struct Stage;

/// What happens to one picture.
struct Planned<'a> {
    image: &'a Image,
    places: Vec<(String, [f64; 4])>,
}

impl RowStage for Stage {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let images = rows.cells::<Image>("image")?;
        let looked = p.looked(rows)?;
        let mut written = Vec::with_capacity(rows.len());
        for (row, (image, looked)) in images.into_iter().zip(looked).enumerate() {
            let Some(image) = image else {
                written.push(None);
                continue;
            };
            let places = match looked {
                Looked::At(places) => places,
                Looked::Not(why) => {
                    p.unlabelled(row, why, &mut delta);
                    Vec::new()
                }
                Looked::Unclear(why) => {
                    delta.event(row, Act::Hold, "privacy.images.boxes", "image.place", why);
                    Vec::new()
                }
            };
            let planned = Planned { image: &image, places };
            let made = planned.made(p, rows)?;
            planned.tell(row, made.as_ref(), &mut delta, summary);
            written.push(Some(match made {
                Ok(Cleaned { bytes: Some((bytes, format)), .. }) => {
                    let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                    Image { blob: delta.blob(bytes), format: format.into(), bytes: len }
                }
                _ => image,
            }));
        }
        delta.write("image", array_of(written));
        Ok(delta)
    }
}

/// Whether somebody has looked for what is hidden.
enum Looked {
    /// What was found, by class.
    At(Vec<(String, [f64; 4])>),
    Not(&'static str),
    Unclear(&'static str),
}

impl Map {
    /// What is hidden in each picture.
    fn looked(&self, rows: &Rows) -> Result<Vec<Looked>, Fault> {
        let Some(hide) = &self.hide else {
            return Ok((0..rows.len()).map(|_| Looked::At(Vec::new())).collect());
        };
        let column = rows.column(&hide.of)?;
        let read = places(column.data_type()).ok_or_else(|| Fault::Bug("a label without places".into()))?;
        let status = rows.cells_if_any::<String>(&format!("status.{}", hide.task()))?;
        let off = self.drawn_elsewhere(rows)?;
        let lost = |row: usize| status.get(row).is_some_and(|s| s.as_deref() == Some("incomplete"));
        let of = |row: usize| match read(&value_at(column.as_ref(), row)) {
            None => Looked::Not("it has no label, so that nobody has looked for what is to be hidden"),
            Some(_) if lost(row) => Looked::Not("its label lost an annotation, which may be of what is to be hidden"),
            Some(around) => match hide.places(around) {
                Ok(places) if !places.is_empty() && off.contains(&row) => {
                    Looked::Unclear("its shapes were drawn on a picture of another size")
                }
                places => places.map_or_else(Looked::Unclear, Looked::At),
            },
        };
        Ok((0..rows.len()).map(of).collect())
    }

    /// The samples whose annotations state another size than the picture had that they were made on.
    fn drawn_elsewhere(&self, rows: &Rows) -> Result<BTreeSet<usize>, Fault> {
        let stated = rows.cells_if_any::<Vec<u32>>(STATED)?;
        let frames = rows.cells_if_any::<Frame>(FRAME)?;
        let images = rows.cells::<Image>("image")?;
        let mut off = BTreeSet::new();
        for (row, stated) in stated.into_iter().enumerate() {
            let Some(&[width, height]) = stated.as_deref().filter(|size| *size != [0, 0]) else { continue };
            let drawn = match (frames.get(row).cloned().flatten(), images.get(row).cloned().flatten()) {
                (Some(frame), _) => Some(frame.drawn),
                (None, Some(image)) => probe(&rows.blob(image.blob)?).ok().map(|probe| [probe.width, probe.height]),
                (None, None) => None,
            };
            off.extend(drawn.filter(|drawn| *drawn != [width, height]).map(|_| row));
        }
        Ok(off)
    }

    fn unlabelled(&self, row: usize, why: &str, delta: &mut Delta) {
        let act = match self.unlabelled {
            Unlabelled::Review => Act::Hold,
            Unlabelled::Drop => Act::DROP,
            Unlabelled::Keep => Act::Finding,
        };
        delta.event(row, act, "privacy.images.unlabelled", "image.unlabelled", why);
    }
}

impl Planned<'_> {
    /// The picture without what goes, or the rule that it breaks and the words. It is decoded when there is room for it.
    fn made(&self, p: &Map, rows: &Rows) -> Result<Result<Cleaned, (&'static str, String)>, Fault> {
        /// How often the pixels may be in hand: as stored, and as they are written.
        const TIMES: u64 = 3;
        let places: Vec<[f64; 4]> = self.places.iter().map(|place| place.1).collect();
        let action = p.hide.as_ref().map(|hide| hide.action).unwrap_or_default();
        let (bare, looked, stored) = (p.metadata == Metadata::Remove, p.hide.is_some(), p.stored);
        let wanted = Wanted { places: &places, action, bare, looked, stored };
        let pixels_max = p.pixels_max.unwrap_or(PIXELS_MAX);
        let file = u64::try_from(self.image.bytes).unwrap_or(0);
        let mut need = Err(Fault::Bug("an image was not read".into()));
        rows.tools().with_room(file, &mut || need = rows.blob(self.image.blob).map(|bytes| room(&bytes, pixels_max)));
        let need = need?.saturating_mul(TIMES).saturating_add(file.saturating_mul(2));
        let mut made = Err(Fault::Bug("an image was not written".into()));
        rows.tools().with_room(need, &mut || {
            made = rows
                .blob(self.image.blob)
                .map(|bytes| cleaned(&bytes, pixels_max, &wanted).map_err(|wrong| (wrong.rule, wrong.say.to_string())));
        });
        made
    }

    /// What became of it, for the ledger and the facts.
    fn tell(
        &self,
        row: usize,
        made: Result<&Cleaned, &(&'static str, String)>,
        delta: &mut Delta,
        summary: &mut Summary,
    ) {
        let made = match made {
            Ok(made) => made,
            Err((rule, say)) => {
                let (act, key) = match *rule {
                    "image.place" => (Act::Hold, "privacy.images.boxes"),
                    "image.metadata" => (Act::DROP, "privacy.images.metadata"),
                    _ => (Act::DROP, "privacy.images"),
                };
                delta.event(row, act, key, *rule, say.clone());
                return;
            }
        };
        let mut add = |name: String, n: u64| summary.put(name, row, n.to_be_bytes());
        if made.hidden > 0 {
            let mut classes: BTreeMap<&str, u64> = BTreeMap::new();
            self.places.iter().for_each(|(class, _)| *classes.entry(class).or_default() += 1);
            let words: Vec<String> = classes.iter().map(|(class, n)| format!("{n} of class {class}")).collect();
            let say = format!("{} hidden", words.join(", "));
            delta.event(row, Act::Change, "privacy.images.boxes", "image.hidden", say);
            add("hidden".into(), made.hidden as u64);
            classes.into_iter().for_each(|(class, n)| add(format!("hidden.{class}"), n));
        }
        if made.frames > 1 {
            let say = format!("the first of {} frames or pages is kept", made.frames);
            delta.event(row, Act::Change, "privacy.images", "image.frames", say);
        }
        if !made.removed.is_empty() {
            let say = format!("taken out: {}", made.removed.iter().copied().collect::<Vec<_>>().join(", "));
            delta.event(row, Act::Change, "privacy.images.metadata", "image.metadata", say);
            add("bare".into(), 1);
            if made.removed.contains("gps") {
                add("location".into(), 1);
            }
        }
    }
}

impl Stage {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut sums: BTreeMap<String, u64> = ["bare", "hidden", "location"].map(|name| (name.to_string(), 0)).into();
        for hit in hits.iter() {
            let n = <[u8; 8]>::try_from(hit.value.as_ref()).map_or(0, u64::from_be_bytes);
            *sums.entry(String::from_utf8_lossy(&hit.key).into_owned()).or_default() += n;
        }
        sums.into_iter().for_each(|(name, n)| out.fact(name, n));
        Ok(())
    }
}
