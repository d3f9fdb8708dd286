//! `[preprocess]`: texts are brought to one form, images are decoded once.
//!
//! ```toml
//! [preprocess]
//! unicode = "NFC"
//! whitespace = "collapse"
//! control = "remove"
//! ```
//!
//! Two steps. `preprocess` reads the text columns of `fields` (default: all text fields of `[schema]`) with the edit
//! lists they have so far, writes the changed texts and the list of edits relative to the collected text (null: none),
//! so that labels set on the collected text still mean the same words. Changes: `text.unicode`, `text.whitespace`,
//! `text.control`; finding: `text.empty`, nothing is left of a text.
//!
//! `preprocess/images` reads `image` and writes `width`, `height` (pixels as stored) and `orientation` (EXIF, 1 to 8).
//! Drops what does not decode whole (`image.truncated`, `image.corrupt`, `image.format`, `image.empty`,
//! `image.pixels`) and what is outside of the sides that `[schema]` gives (`image.small`, `image.large`). Findings:
//! `image.orientation`, `image.format_name`. Limits: pixels are never changed; of an animation the first frame counts.
use crate::diag::{Diagnostic, suggest};
use crate::formats::image::{Probe, decode};
use crate::manifest::sections::{ImageField, SchemaSection};
use crate::manifest::values::At;
use crate::measure::normalise::{Changes, Control, Form, Whitespace, normalise};
use crate::model::annotation::Image;
use crate::model::edits::{Edit, edits_of, since_collected};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, DataType, Value, array_of, text_column, texts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Brings texts to one form and decodes images. An empty table decodes images alone.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The Unicode normal form of texts (UAX #15). Default: as collected.
    pub unicode: Option<Unicode>,
    /// What happens to white space in texts. Default: `keep`.
    pub whitespace: Option<Spaces>,
    /// What happens to control characters in texts. Default: `keep`.
    pub control: Option<Controls>,
    /// The text columns that are changed. Default: all text fields of `[schema]`.
    #[schemars(length(min = 1))]
    pub fields: Option<Vec<At<String>>>,
    /// Most pixels of an image (width times height); a larger one is dropped before it is decoded.
    /// Default: 100,000,000.
    #[schemars(range(min = 1))]
    pub image_pixels_max: Option<u64>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
pub enum Unicode {
    /// Canonical composition: the same characters, written in one way.
    #[serde(rename = "NFC")]
    Nfc,
    /// Compatibility composition: full-width letters, ligatures and the like become plain ones too.
    #[serde(rename = "NFKC")]
    Nfkc,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Spaces {
    /// Nothing.
    #[default]
    Keep,
    /// Each run becomes one space, line breaks too; at both ends of the text it goes.
    Collapse,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Controls {
    /// Nothing.
    #[default]
    Keep,
    /// They go, except those that are white space; so does the byte order mark.
    Remove,
}

pub const ENTRIES: &[Entry] = &[
    Entry::row::<Images>("preprocess/images", "preprocess", declare_images)
        .schema(|g| g.subschema_for::<Declaration>()),
    Entry::row::<Texts>("preprocess", "preprocess", declare_texts),
];

// ---- images ----------------------------------------------------------------------------------------------------------

/// Most pixels of an image, unless the manifest says otherwise.
const PIXELS_MAX: u64 = 100_000_000;

/// What is written of each image.
const MEASURES: [(&str, DataType); 3] =
    [("width", DataType::UInt32), ("height", DataType::UInt32), ("orientation", DataType::UInt8)];

fn declare_images(check: &mut Check) -> Vec<Plan> {
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
            &Decoding { pixels_max, side_min, side_max },
        )
        .word("images"),
    ]
}

#[derive(Serialize, Deserialize, Default)]
struct Decoding {
    /// `None` is [`PIXELS_MAX`].
    #[serde(default, skip_serializing_if = "is_default")]
    pixels_max: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    side_min: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    side_max: Option<u32>,
}

struct Images;

impl RowStage for Images {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 1;
    type Map = Decoding;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Decoding, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut found: Vec<Option<Probe>> = Vec::with_capacity(rows.len());
        for (row, image) in rows.cells::<Image>("image")?.into_iter().enumerate() {
            let Some(image) = image else {
                found.push(None);
                continue;
            };
            match decode(&rows.blob(image.blob)?, p.pixels_max.unwrap_or(PIXELS_MAX)) {
                Ok(probe) => {
                    judge(p, row, &image, &probe, &mut delta);
                    found.push(Some(probe));
                }
                Err(wrong) => {
                    delta.event(row, Act::DROP, "preprocess.images", wrong.rule, wrong.say);
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

fn numbers(ty: &DataType, found: &[Option<Probe>], of: fn(&Probe) -> i64) -> Result<ArrayRef, Fault> {
    let slots: Vec<Value> = found.iter().map(|p| p.as_ref().map_or(Value::Null, |p| Value::Int(of(p)))).collect();
    column(ty, &slots).map_err(Fault::Bug)
}

/// What there is to say of an image that decodes.
fn judge(p: &Decoding, row: usize, image: &Image, probe: &Probe, delta: &mut Delta) {
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

// ---- texts -----------------------------------------------------------------------------------------------------------

fn declare_texts(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let Some(fields) = text_fields(check, d.fields.as_deref()) else { return Vec::new() };
    let (whitespace, control) = (d.whitespace.unwrap_or_default(), d.control.unwrap_or_default());
    let p = Normal { unicode: d.unicode, whitespace, control, fields };
    if !p.changes() {
        return Vec::new();
    }
    if p.fields.is_empty() {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to normalise");
        check.bad(problem.label("needs `fields`, or a text field in [schema]"));
        return Vec::new();
    }
    let edits: Vec<String> = p.fields.iter().map(|f| edits_of(f)).collect();
    let known = edits.iter().filter(|e| check.column("samples", e).is_some());
    let reads = p.fields.iter().chain(known).cloned().collect();
    let writes = check.changed_texts(&p.fields);
    vec![Plan::map::<Texts>(Ports { table: "samples".into(), reads, writes, ..Ports::default() }, &p)]
}

/// The columns named, or the text fields of `[schema]` that are there; `None` after a problem.
fn text_fields(check: &mut Check, named: Option<&[At<String>]>) -> Option<Vec<String>> {
    let Some(named) = named else {
        let schema: SchemaSection = check.section(&["schema"]);
        let fields = schema.0.into_iter().filter(|(_, f)| f.text.is_some()).map(|(n, _)| n);
        return Some(fields.filter(|n| check.column("samples", n) == Some(&DataType::Utf8)).collect());
    };
    let before = check.problems.len();
    named.iter().for_each(|name| must_be_text(check, name));
    let mut fields: Vec<String> = named.iter().map(|n| n.get().clone()).collect();
    fields.sort();
    fields.dedup();
    (check.problems.len() == before).then_some(fields)
}

fn must_be_text(check: &mut Check, name: &At<String>) {
    match check.column("samples", name) {
        Some(DataType::Utf8) if !["id", "source"].contains(&name.as_str()) => {}
        Some(_) => {
            let message = format!("`{}` is no text that may be changed", name.get());
            check.bad(Diagnostic::error("T0322", name.span(), message).label("not a text of the samples"));
        }
        None => {
            let help = suggest(name, check.names("samples"));
            let message = format!("no source gives the column `{}`", name.get());
            check.bad(Diagnostic::error("T0310", name.span(), message).label(help));
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Normal {
    #[serde(default, skip_serializing_if = "is_default")]
    unicode: Option<Unicode>,
    #[serde(default, skip_serializing_if = "is_default")]
    whitespace: Spaces,
    #[serde(default, skip_serializing_if = "is_default")]
    control: Controls,
    #[serde(default, skip_serializing_if = "is_default")]
    fields: Vec<String>,
}

/// A text in its normal form, and how it came to it.
struct Done {
    text: String,
    edits: Vec<Edit>,
    changes: Changes,
}

impl Normal {
    fn changes(&self) -> bool {
        self.unicode.is_some() || self.whitespace != Spaces::Keep || self.control != Controls::Keep
    }

    /// `None` if the text is normal already.
    fn of(&self, text: &str) -> Option<Done> {
        let form = self.unicode.map(|u| match u {
            Unicode::Nfc => Form::Nfc,
            Unicode::Nfkc => Form::Nfkc,
        });
        let whitespace = match self.whitespace {
            Spaces::Keep => Whitespace::Keep,
            Spaces::Collapse => Whitespace::Collapse,
        };
        let control = match self.control {
            Controls::Keep => Control::Keep,
            Controls::Remove => Control::Remove,
        };
        let (text, edits, changes) = normalise(text, form, whitespace, control)?;
        Some(Done { text, edits, changes })
    }
}

struct Texts;

impl RowStage for Texts {
    const USES: &'static [&'static str] = &["unicode 18.0"];
    const MAP: u32 = 1;
    type Map = Normal;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Normal, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for field in &p.fields {
            let collected = rows.column(field)?;
            let before = texts(collected.as_ref());
            let done: Vec<Option<Done>> = before.iter().map(|t| p.of((*t)?)).collect();
            if done.iter().all(Option::is_none) {
                continue;
            }
            for (row, done) in done.iter().enumerate() {
                if let Some(done) = done {
                    tell(field, row, done, &mut delta);
                }
            }
            let so_far = rows.cells_if_any::<Vec<Edit>>(&edits_of(field))?;
            let edits = so_far.into_iter().zip(&done);
            let edits = edits.map(|(old, new)| since_collected(old, new.as_ref().map(|d| d.edits.as_slice())));
            delta.write(edits_of(field), array_of(edits));
            let after = before.iter().zip(&done).map(|(old, new)| new.as_ref().map(|d| d.text.as_str()).or(*old));
            delta.write(field, text_column(after));
        }
        Ok(delta)
    }
}

fn tell(field: &str, row: usize, done: &Done, delta: &mut Delta) {
    let Changes { unicode, whitespace, control } = done.changes;
    let kinds = [
        ("control", control, "control characters removed from"),
        ("unicode", unicode, "characters brought to the normal form in"),
        ("whitespace", whitespace, "white space collapsed in"),
    ];
    for (kind, runs, what) in kinds.into_iter().filter(|k| k.1 > 0) {
        let unit = if runs == 1 { "run" } else { "runs" };
        let say = format!("{runs} {unit} of {what} {field}");
        delta.event(row, Act::Change, format!("preprocess.{kind}"), format!("text.{kind}"), say);
    }
    if done.text.is_empty() {
        let key = if whitespace > 0 { "preprocess.whitespace" } else { "preprocess.control" };
        delta.event(row, Act::Finding, key, "text.empty", format!("nothing is left of {field}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::stage::testing::{self, Bytes, rows, texts_of};
    use crate::table::cells;

    fn mapped<S: RowStage>(p: &S::Map, columns: &[(&str, ArrayRef)], blobs: &Bytes) -> Delta {
        S::map(p, &rows(blobs, columns), &mut Summary::default()).unwrap()
    }

    fn told(delta: &Delta) -> Vec<(u32, &str, &str)> {
        delta.events.iter().map(|e| (e.row, e.rule.as_str(), e.say.as_str())).collect()
    }

    fn normal() -> Normal {
        let fields = names(&["text"]);
        Normal { unicode: Some(Unicode::Nfc), whitespace: Spaces::Collapse, control: Controls::Remove, fields }
    }

    #[test]
    fn texts_change_and_edits_tell_how() {
        let text = texts_of(&[
            Some("나는  학교에 "),
            None,
            Some("그대로"),
            Some("\u{1112}\u{1161}\u{11ab}글"),
            Some(" \u{0}"),
        ]);
        let delta = mapped::<Texts>(&normal(), &[("text", text)], &Bytes::default());
        let after = texts_of(&[Some("나는 학교에"), None, Some("그대로"), Some("한글"), Some("")]);
        assert_eq!(texts(delta.columns["text"].as_ref()), texts(after.as_ref()));
        let edits: Vec<Option<Vec<Edit>>> = cells(delta.columns["edits.text"].as_ref());
        assert_eq!(edits[3], Some(vec![Edit { start: 0, end: 3, len: 1 }]));
        assert_eq!((&edits[1], &edits[2]), (&None, &None));
        let want = [
            (0, "text.whitespace", "2 runs of white space collapsed in text"),
            (3, "text.unicode", "1 run of characters brought to the normal form in text"),
            (4, "text.control", "1 run of control characters removed from text"),
            (4, "text.whitespace", "1 run of white space collapsed in text"),
            (4, "text.empty", "nothing is left of text"),
        ];
        assert_eq!(told(&delta), want);
        assert_eq!(delta.events[0].key, "preprocess.whitespace");
    }

    #[test]
    fn edits_are_composed_with_those_before() {
        let text = texts_of(&[Some("가  나"), Some("다")]);
        let old = vec![Edit { start: 0, end: 2, len: 1 }];
        let edits = array_of([Some(old.clone()), Some(old.clone())]);
        let delta = mapped::<Texts>(&normal(), &[("text", text), ("edits.text", edits)], &Bytes::default());
        let edits: Vec<Option<Vec<Edit>>> = cells(delta.columns["edits.text"].as_ref());
        assert_eq!(edits[1], Some(old.clone()));
        let both = edits[0].clone().unwrap();
        assert_eq!(both.first(), old.first());
        assert!(both.len() > 1);
    }

    #[test]
    fn columns_without_a_change_are_not_written() {
        let delta = mapped::<Texts>(&normal(), &[("text", texts_of(&[Some("가"), None]))], &Bytes::default());
        assert!(delta.columns.is_empty() && delta.events.is_empty());
    }

    #[test]
    fn the_unicode_version_is_the_one_stated() {
        let (major, minor, _) = unicode_normalization::UNICODE_VERSION;
        assert_eq!(Texts::USES, [format!("unicode {major}.{minor}")]);
    }

    /// A black picture: BMP, 24 bits a pixel, uncompressed.
    fn bmp(width: u32, height: u32) -> Vec<u8> {
        let size = (width * 3).next_multiple_of(4) * height;
        let mut out = b"BM".to_vec();
        for n in [54 + size, 0, 54, 40, width, height] {
            out.extend(n.to_le_bytes());
        }
        out.extend([1, 0, 24, 0]);
        for n in [0, size, 0, 0, 0, 0] {
            out.extend(n.to_le_bytes());
        }
        out.resize(out.len() + size as usize, 0);
        out
    }

    #[test]
    fn images_are_measured_judged_or_dropped() {
        let files = [("bmp", bmp(5, 3)), ("png", bmp(2, 8)), ("jpeg", b"no image".to_vec())];
        let images = files.iter().map(|(format, bytes)| {
            Some(Image { blob: Digest::of(bytes), format: format.to_string(), bytes: bytes.len() as i64 })
        });
        let column = array_of(images.chain([None]));
        let held = Bytes(files.iter().map(|(_, bytes)| (Digest::of(bytes), bytes.clone())).collect());
        let p = Decoding { pixels_max: None, side_min: Some(3), side_max: Some(7) };
        let delta = mapped::<Images>(&p, &[("image", column)], &held);
        let of = |name: &str| cells::<u32>(delta.columns[name].as_ref());
        assert_eq!(of("width"), [Some(5), Some(2), None, None]);
        assert_eq!(of("height"), [Some(3), Some(8), None, None]);
        assert_eq!(of("orientation"), [Some(1), Some(1), None, None]);
        assert!(MEASURES.iter().all(|(name, ty)| delta.columns[*name].data_type() == ty));
        let rules: Vec<(u32, &str)> = delta.events.iter().map(|e| (e.row, e.rule.as_str())).collect();
        assert_eq!(rules, [(1, "image.small"), (1, "image.large"), (1, "image.format_name"), (2, "image.format")]);
        let few = Decoding { pixels_max: Some(14), ..Decoding::default() };
        let image = Image { blob: Digest::of(&files[0].1), format: "bmp".into(), bytes: 0 };
        let delta = mapped::<Images>(&few, &[("image", array_of([Some(image)]))], &held);
        assert_eq!((delta.columns.len(), delta.events[0].rule.as_str()), (3, "image.pixels"));
    }

    #[test]
    fn turned_images_are_told() {
        let image = Image { blob: Digest::default(), format: "jpeg".into(), bytes: 0 };
        let probe = Probe { format: "jpeg", width: 4, height: 4, orientation: 6 };
        let mut delta = Delta::default();
        judge(&Decoding::default(), 0, &image, &probe, &mut delta);
        assert_eq!(told(&delta), [(0, "image.orientation", "EXIF orientation 6; pixels are as stored")]);
    }

    /// The plans of both steps, and the problems: code and token.
    fn declared(manifest: &str, columns: &[(&str, DataType)]) -> (Vec<Plan>, Vec<String>) {
        let samples: Vec<(&str, Column)> = columns.iter().map(|(n, t)| (*n, t.clone().into())).collect();
        let (plans, told) = testing::declared(ENTRIES, "preprocess", manifest, &samples);
        (plans, told.into_iter().map(|(code, token)| format!("{code} {token}")).collect())
    }

    #[test]
    fn only_what_there_is_to_do_is_planned() {
        let columns = [("text", DataType::Utf8), ("image", Image::ty()), ("edits.text", <Vec<Edit>>::ty())];
        let schema = "[schema]\ntext = { text = {} }\nimage = { image = { side_min = 9 } }\n";
        let steps = |tables: &str, columns: &[(&str, DataType)]| {
            let (plans, told) = declared(&format!("{schema}{tables}"), columns);
            assert_eq!(told, Vec::<String>::new());
            plans
        };
        assert!(steps("", &columns).is_empty());
        assert!(steps("[preprocess]\nwhitespace = \"keep\"\n", &columns[..1]).is_empty());
        let images = steps("[preprocess]\nimage_pixels_max = 100000000\n", &columns);
        assert_eq!((images.len(), images[0].params(Kernel::Map)), (1, r#"{"side_min":9}"#));
        let texts = steps("[preprocess]\nunicode = \"NFC\"\n", &[columns[0].clone(), columns[2].clone()]);
        assert_eq!((texts.len(), texts[0].params(Kernel::Map)), (1, r#"{"fields":["text"],"unicode":"NFC"}"#));
        assert_eq!(texts[0].ports.reads, ["text", "edits.text"]);
        assert_eq!((text(&Normal::default()), text(&Decoding::default())), ("{}".to_string(), "{}".to_string()));
    }

    #[test]
    fn problems_stand_at_their_tokens() {
        let columns =
            [("id", DataType::Utf8), ("n", DataType::Int64), ("image", Image::ty()), ("width", DataType::Int64)];
        let (_, told) = declared("[preprocess]\nunicode = \"NFC\"\nfields = [\"id\", \"n\", \"txt\"]\n", &columns);
        assert_eq!(told, ["T0324 [preprocess]", "T0322 \"id\"", "T0322 \"n\"", "T0310 \"txt\""]);
        assert_eq!(declared("[preprocess]\ncontrol = \"remove\"\n", &columns[..2]).1, ["T0321 [preprocess]"]);
    }
}
