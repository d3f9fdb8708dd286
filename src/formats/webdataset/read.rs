//! Archives of samples, read: a sample for each stretch of files with one key, as `webdataset` and `datasets` take them. The key is
//! the path up to the first dot of the file's name, and what follows the dot, in small letters, is the name of the part.
//!
//! A field is taken from a part (`txt`, `cls`), from the key of an object that is the part `json` (`caption`, `json.size.width`), or from
//! `__key__`, the name of the sample within its archive. Parts of text are text; `cls` and its like are whole numbers where they are written
//! so. The part of `pictures` becomes the picture of the sample.
//!
//! Dropped: `member.part` (a file without an extension, or about the archive: `__meta__`), `webdataset.twice` (two files of one part), `json` and its kin, `encoding`.
//! Findings: `webdataset.part` (a part that is no text and that nothing takes), `picture.missing`.
use crate::formats::cut::members::{List, Member, ReadAt};
use crate::formats::cut::{Cut, Members};
use crate::formats::encoding::{self, ENCODING, Wrong, recoded};
use crate::formats::infer::{self, HEAD};
use crate::formats::json::{self, Json, select, typed};
use crate::formats::options::{Choice, Options, Takes};
use crate::formats::reader::{Ask, Offers, Reader, Record, Records, Seen, Selects, Unit, as_declared, no_tokens};
use crate::formats::{held, tar};
use crate::model::images::Image;
use crate::table::{Builder, Cell, Value};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Read};

pub const OPTIONS: &[Choice] = &[PICTURES, ENCODING];

pub const PICTURES: Choice = Choice {
    name: "pictures",
    doc: "the part that is the picture of a sample: `jpg`, or several by turns, of which a sample has one: `jpg, png`. Default: none.",
    takes: Takes::Text { default: "" },
};

pub const READER: Reader = Reader {
    version: 0,
    uses: &[],
    cut: |_| Cut::Members(&SAMPLES),
    id: KEY,
    own_id: None,
    selects: Selects::Names,
    text: no_tokens,
    ty: as_declared,
    adds: |options, _| if pictures(options).is_empty() { Vec::new() } else { vec![("image", Image::ty())] },
    read,
    offers: Offers::Columns(columns),
};

static SAMPLES: Members =
    Members { name: "samples", broken: "archive.broken", list: List::Stream(list), archives: true };

/// What the key of a sample is called, as in WebDataset.
const KEY: &str = "__key__";

/// Parts that are pictures by their names.
pub const PARTS_OF_PICTURES: &[&str] =
    &["jpg", "jpeg", "png", "gif", "bmp", "tif", "tiff", "webp", "ppm", "pgm", "pbm"];

/// Parts that WebDataset takes for whole numbers.
const NUMBERS: &[&str] = &["cls", "cls2", "class", "count", "index", "inx", "id"];

/// Parts that are text, whatever they hold.
const TEXTS: &[&str] = &["txt", "text", "transcript", "caption", "csv", "tsv", "xml", "html", "md", "srt", "vtt"];

/// The part whose keys are columns of their own.
const OBJECT: &str = "json";

/// As much of an archive is looked at in order to see its columns, where its first sample does not lie in [`HEAD`].
const FAR: u64 = 64 << 20;

/// So many samples are looked at in order to see their columns.
const LOOKED: usize = 1000;

fn pictures(options: &Options) -> Vec<String> {
    let named = options.text(&PICTURES).split([',', ' ', '|']).filter(|part| !part.is_empty());
    named.map(|part| part.trim_start_matches('.').to_lowercase()).collect()
}

/// Whether a file says something of the archive and not of a sample, as readers of WebDataset have it: `__meta__/about.json`.
fn is_meta(name: &str) -> bool {
    let first = name.split('/').next().unwrap_or(name);
    first.len() >= 4 && first.starts_with("__") && first.ends_with("__")
}

/// The key of a file, and the name of its part.
fn parted(name: &str) -> Option<(&str, &str)> {
    if is_meta(name) {
        return None;
    }
    let file = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = file + name.get(file..)?.find('.')?;
    let (key, part) = (name.get(..dot)?, name.get(dot + 1..)?);
    (dot > file && !part.is_empty()).then_some((key, part))
}

/// Samples as stretches of the archive. Where it breaks off, the last one may lack files, and counts as lost with them.
fn list(input: &mut dyn Read, out: &mut Vec<Member>) -> io::Result<()> {
    let mut files = Vec::new();
    let done = tar::list(input, &mut files);
    let mut samples = stretches(files);
    if done.as_ref().is_err_and(|e| !tar::is_behind(e)) && samples.last().is_some_and(|last| last.reject.is_none()) {
        samples.pop();
    }
    out.append(&mut samples);
    done
}

fn stretches(files: Vec<Member>) -> Vec<Member> {
    let mut samples: Vec<Member> = Vec::new();
    let (mut begins, mut open): (u64, Option<String>) = (0, None);
    for file in files {
        let ends = file.offset.saturating_add(tar::padded(file.len));
        let key = file.name.as_deref().and_then(parted).map(|(key, _)| key.to_string());
        let key = key.filter(|_| file.reject.is_none());
        match (&key, samples.last_mut()) {
            (Some(_), Some(sample)) if key == open => sample.len = ends.saturating_sub(sample.offset),
            (Some(_), _) => {
                let len = ends.saturating_sub(begins);
                samples.push(Member { offset: begins, len, records: 1, ..Member::default() });
            }
            (None, _) => samples.push(Member { name: None, reject: file.reject.or(Some("member.part")), ..file }),
        }
        (begins, open) = (ends, key);
    }
    samples
}

/// A sample taken apart.
struct Sample<'u> {
    /// Its key, and its parts of text and JSON by name.
    said: Json<'u>,
    /// All its parts in the order of their names.
    parts: Vec<(String, &'u [u8])>,
    /// Those that are no text.
    silent: BTreeSet<String>,
}

impl<'u> Sample<'u> {
    fn of(bytes: &'u [u8], encoding: &str, depth_max: usize) -> Result<Sample<'u>, Wrong> {
        let files = tar::stretch(bytes).map_err(|e| Wrong::new("archive.broken", e.to_string()))?;
        let mut out = Sample { said: Json::Null, parts: Vec::new(), silent: BTreeSet::new() };
        let mut said = Vec::new();
        for file in files {
            let name = file.name.unwrap_or_default();
            let Some((key, part)) = parted(&name).filter(|_| file.reject.is_none()) else { continue };
            let from = usize::try_from(file.offset).unwrap_or(usize::MAX);
            let len = usize::try_from(file.len).unwrap_or(usize::MAX);
            let own = bytes.get(from..from.saturating_add(len));
            let own = own.ok_or_else(|| Wrong::new("archive.broken", "a file of the sample breaks off"))?;
            let part = part.to_lowercase();
            if said.is_empty() {
                said.push((KEY.into(), Json::Text(key.to_string().into())));
            }
            if out.parts.iter().any(|(before, _)| *before == part) {
                let nth = out.parts.len() + 1;
                return Err(Wrong::new("webdataset.twice", format!("file {nth} is of a part that it has already")));
            }
            match read_part(&part, own, encoding, depth_max)? {
                Some(value) => said.push((part.clone().into(), value)),
                None => drop(out.silent.insert(part.clone())),
            }
            out.parts.push((part, own));
        }
        out.parts.sort();
        out.said = Json::Object(said);
        Ok(out)
    }

    /// The object in which a selector names something: the sample itself, or its part of JSON.
    fn holder(&self, selector: &str) -> &Json<'u> {
        match select(&self.said, selector) {
            Some(_) => &self.said,
            None => select(&self.said, OBJECT).unwrap_or(&self.said),
        }
    }

    /// The columns that it shows: its parts, and instead of an object in JSON its keys.
    fn shown(self) -> Json<'u> {
        let Json::Object(parts) = self.said else { return Json::Object(Vec::new()) };
        let (mut own, mut inner) = (Vec::new(), Vec::new());
        for (name, value) in parts {
            match (name.as_ref(), value) {
                (KEY, _) => {}
                (OBJECT, Json::Object(keys)) => inner = keys,
                (_, value) => own.push((name, value)),
            }
        }
        inner.retain(|(key, _)| !own.iter().any(|(name, _)| name == key));
        own.extend(inner);
        Json::Object(own)
    }
}

/// What a part says; nothing where it is no text.
fn read_part<'u>(part: &str, bytes: &'u [u8], encoding: &str, depth_max: usize) -> Result<Option<Json<'u>>, Wrong> {
    let ends = part.rsplit('.').next().unwrap_or(part);
    if PARTS_OF_PICTURES.contains(&ends) {
        return Ok(None);
    }
    let must_be = TEXTS.contains(&ends) || NUMBERS.contains(&ends);
    let own = recoded(bytes, encoding);
    if matches!(ends, "json" | "jsn") {
        return Ok(Some(match own? {
            Cow::Borrowed(own) => value(own, depth_max)?,
            Cow::Owned(own) => owned(value(&own, depth_max)?),
        }));
    }
    let text = own.and_then(|own| match own {
        Cow::Borrowed(own) => encoding::text(own).map(Cow::Borrowed),
        Cow::Owned(own) => encoding::text(&own).map(|text| Cow::Owned(text.to_string())),
    });
    match text {
        Ok(text) if NUMBERS.contains(&ends) => Ok(Some(number(&text).unwrap_or(Json::Text(text)))),
        Ok(text) if must_be || !text.contains('\0') => Ok(Some(Json::Text(text))),
        Err(wrong) if must_be => Err(wrong),
        _ => Ok(None),
    }
}

/// A value of JSON that may be another one than an object.
fn value(bytes: &[u8], depth_max: usize) -> Result<Json<'_>, Wrong> {
    if bytes.trim_ascii_start().first() != Some(&b'[') {
        return json::parse(bytes, depth_max);
    }
    let whole = [b"{\"json\":", bytes, b"}"].concat();
    match owned(json::parse(&whole, depth_max.saturating_add(1))?) {
        Json::Object(entries) => Ok(entries.into_iter().next().map_or(Json::Null, |(_, value)| value)),
        other => Ok(other),
    }
}

/// The same value without a loan.
fn owned(value: Json) -> Json<'static> {
    match value {
        Json::Null => Json::Null,
        Json::Bool(b) => Json::Bool(b),
        Json::Int(n) => Json::Int(n),
        Json::Large(n) => Json::Large(n),
        Json::Huge(n) => Json::Huge(n.into_owned().into()),
        Json::Float(f) => Json::Float(f),
        Json::Written(f, n) => Json::Written(f, n.into_owned().into()),
        Json::Text(t) => Json::Text(t.into_owned().into()),
        Json::Array(items) => Json::Array(items.into_iter().map(owned).collect()),
        Json::Object(entries) => {
            Json::Object(entries.into_iter().map(|(key, value)| (key.into_owned().into(), owned(value))).collect())
        }
    }
}

/// A whole number, if it is written as numbers of JSON are.
fn number(text: &str) -> Option<Json<'static>> {
    let n: i64 = text.trim().parse().ok()?;
    (n.to_string() == text.trim()).then_some(Json::Int(n))
}

impl Record for Sample<'_> {
    const SPARSE: bool = true;

    fn text(&self, selector: &str) -> Option<String> {
        self.holder(selector).text(selector)
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        if self.silent.contains(selector) {
            return Err("the part is no text".into());
        }
        to.value(select(self.holder(selector), selector).map_or(Ok(Value::Null), |value| typed(value, ty))?);
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        self.silent.contains(selector) || self.holder(selector).has(selector)
    }

    /// Times and owners of the files say nothing of the sample.
    fn content<'b>(&self, _: &'b [u8]) -> Cow<'b, [u8]> {
        let mut out = Vec::new();
        for (name, bytes) in &self.parts {
            out.extend(name.as_bytes());
            out.push(0);
            out.extend((bytes.len() as u64).to_le_bytes());
            out.extend(*bytes);
        }
        out.into()
    }

    fn names(&self) -> Vec<String> {
        let inner = select(&self.said, OBJECT).map_or(Vec::new(), Record::names);
        let own = self.said.names().into_iter().filter(|name| name != KEY && (name != OBJECT || inner.is_empty()));
        own.chain(inner.iter().cloned()).collect()
    }
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let sample = match Sample::of(unit.bytes, ask.options.text(&ENCODING), ask.depth_max) {
        Ok(sample) => sample,
        Err(wrong) => return out.reject(unit, 0, &wrong),
    };
    if !out.take(unit, 0, unit.bytes, &sample) {
        return;
    }
    let wanted = pictures(&ask.options);
    let mut found = sample.parts.iter().filter(|(name, _)| wanted.contains(name));
    if !wanted.is_empty() {
        let picture = found.next().map(|(_, bytes)| *bytes).filter(|bytes| !bytes.is_empty());
        held::put(picture.ok_or("it has no file that is its picture"), (unit, 0), out);
    }
    let taken = |name: &str| wanted.iter().any(|own| own == name) || ask.selects(name);
    let left = sample.silent.iter().filter(|name| !taken(name)).chain(found.map(|(name, _)| name));
    for name in left {
        let short = name.len() <= 12 && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.');
        let part = if short { format!("its part `{name}`") } else { "a part".to_string() };
        let say = match PARTS_OF_PICTURES.contains(&name.rsplit('.').next().unwrap_or(name)) {
            true => format!("{part} is a picture, and not the one of `pictures`"),
            false => format!("{part} is no text, and is not read"),
        };
        out.finding(unit, 0, 0, "webdataset.part", say);
    }
}

/// The columns of the first samples.
fn columns(options: &Options, len: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    for most in [HEAD, FAR] {
        let head = read(0, most).map_err(|e| e.to_string())?;
        let samples = first(&head);
        if samples.is_empty() && most == HEAD && len > HEAD {
            continue;
        }
        let mut wrong = None;
        let mut shown = Vec::new();
        for sample in samples {
            let bytes = sample_bytes(&head, &sample);
            match Sample::of(bytes, options.text(&ENCODING), 64) {
                Ok(sample) => shown.push(sample.shown()),
                Err(own) => wrong = wrong.or(Some(own.say)),
            }
        }
        return match (shown.is_empty(), wrong) {
            (true, Some(say)) => Err(format!("no sample at its beginning is read: {say}")),
            (true, None) => Err("no file at its beginning belongs to a sample".into()),
            (false, _) => Ok(infer::objects(shown.into_iter())),
        };
    }
    Err("its first sample is longer than what is looked at: name the fields".into())
}

/// The whole samples that an archive begins with.
fn first(head: &[u8]) -> Vec<Member> {
    let mut samples = Vec::new();
    let _breaks_off = list(&mut { head }, &mut samples); // only the beginning is looked at
    samples.retain(|sample| sample.reject.is_none());
    samples.truncate(LOOKED);
    samples
}

fn sample_bytes<'h>(head: &'h [u8], sample: &Member) -> &'h [u8] {
    let from = usize::try_from(sample.offset).unwrap_or(usize::MAX);
    let len = usize::try_from(sample.len).unwrap_or(usize::MAX);
    head.get(from..from.saturating_add(len)).unwrap_or_default()
}

/// The names of the parts of the first sample of an archive of which only the beginning is known.
pub fn sample_parts(head: &[u8]) -> Vec<String> {
    let mut files = Vec::new();
    let _breaks_off = tar::list(&mut { head }, &mut files); // only the beginning is looked at
    let names: Vec<(&str, &str)> = files.iter().filter_map(|file| parted(file.name.as_deref()?)).collect();
    let key = names.first().map_or("", |(key, _)| key);
    names.iter().take_while(|(own, _)| *own == key).map(|(_, part)| part.to_lowercase()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn archive(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = ::tar::Builder::new(Vec::new());
        for (name, bytes) in files {
            let mut header = ::tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            out.append_data(&mut header, name, *bytes).unwrap();
        }
        out.into_inner().unwrap()
    }

    #[test]
    fn a_file_about_the_archive_is_no_sample() {
        assert_eq!(parted("__meta__/x.json"), None);
        assert_eq!(parted("__info__"), None);
        assert_eq!(parted("a/__b__.txt"), Some(("a/__b__", "txt")));
        assert_eq!(parted("__b.txt"), Some(("__b", "txt")));
        assert_eq!(parted("___.txt"), Some(("___", "txt")));
    }

    /// The key and the caption of each sample.
    fn told(bytes: &[u8]) -> (Vec<String>, bool) {
        let mut samples = Vec::new();
        let done = list(&mut { bytes }, &mut samples);
        let of = |sample: &Member| {
            let read = Sample::of(sample_bytes(bytes, sample), "utf-8", 8).map_err(|wrong| wrong.rule).unwrap();
            format!("{} {}", read.text(KEY).unwrap(), read.text("caption").unwrap_or_default())
        };
        (samples.iter().filter(|s| s.reject.is_none()).map(of).collect(), done.is_ok())
    }

    #[test]
    fn names_come_apart_at_the_first_dot() {
        assert_eq!(parted("a.b/c.left.jpg"), Some(("a.b/c", "left.jpg")));
        assert_eq!((parted("a/.jpg"), parted("a.b/c"), parted("c.")), (None, None, None));
    }

    #[test]
    fn files_of_one_key_are_a_sample() {
        let long = format!("{}/k.json", "x".repeat(140));
        let bytes = archive(&[
            ("a.jpg", &[7; 700]),
            ("a.json", br#"{"caption": "one", "caption.x": 1}"#),
            (&long, br#"{"caption": "long"}"#),
            ("b.txt", b""),
        ]);
        let want = vec!["a one".to_string(), format!("{} long", long.strip_suffix(".json").unwrap()), "b ".into()];
        assert_eq!(told(&bytes), (want, true));
        let (cut, whole) = told(&bytes[..512 + 1024 + 512 + 100]);
        assert_eq!((cut.len(), whole), (0, false), "a sample that may lack files counts as lost");
        assert_eq!(sample_parts(&bytes[..3000]), ["jpg", "json"]);
    }

    #[test]
    fn values_are_what_they_are_in_webdataset() {
        let bytes = archive(&[
            ("k.cls", b"12\n"),
            ("k.id", b"007"),
            ("k.json", b"[1, {\"a\": null}]"),
            ("k.npy", b"\x93NUMPY\xff"),
            ("k.txt", "두 줄\n".as_bytes()),
        ]);
        let sample = Sample::of(&bytes, "utf-8", 8).unwrap();
        let said = |name: &str| select(sample.holder(name), name).map(Json::text_of);
        assert_eq!(said("cls").as_deref(), Some("12"));
        assert_eq!(said("id").as_deref(), Some("\"007\""));
        assert_eq!(said("json").as_deref(), Some("[1,{\"a\":null}]"));
        assert_eq!(said("txt").as_deref(), Some("\"두 줄\\n\""));
        assert_eq!((said("npy"), sample.has("npy"), sample.names().len()), (None, true, 4));
        let other = archive(&[("z.cls", b"12\n")]);
        let of = |bytes| Sample::of(bytes, "utf-8", 8).unwrap().content(b"").into_owned();
        assert_eq!(of(&archive(&[("k.cls", b"12\n")])), of(&other), "the key is no content");
        assert_eq!(Sample::of(&archive(&[("k.txt", b"\xb0\xa1")]), "utf-8", 8).err().unwrap().rule, "encoding");
        assert_eq!(
            Sample::of(&archive(&[("k.txt", b"\xb0\xa1")]), "cp949", 8).unwrap().text("txt").as_deref(),
            Some("가")
        );
    }
}
