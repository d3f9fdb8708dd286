//! What an object says, and the reader of lines that all formats of this folder share.
use crate::formats::cut::Split;
use crate::formats::cut::members::ReadAt;
use crate::formats::encoding::{self, ENCODING, Wrong, recoded};
use crate::formats::infer::{self, HEAD};
use crate::formats::json::{self, Json, select};
use crate::formats::json_array::listed;
use crate::formats::lines::{each_record, each_unit};
use crate::formats::options::Options;
use crate::formats::reader::{Ask, Field, From, Record, Records, Seen, Unit};
use crate::table::{Builder, DataType, Value, list, types, utf8};
use serde_json::{Value as Tree, json};
use std::borrow::Cow;

/// What an object says; `None` where it was not asked for that, or nobody answered.
#[derive(Debug, Default, PartialEq)]
pub struct Said {
    pub spans: Option<Vec<Tree>>,
    pub classes: Option<Vec<String>>,
    pub relations: Option<Vec<Tree>>,
    pub annotator: Option<String>,
    /// By rule: how many, and words on it.
    pub told: Vec<(&'static str, usize, &'static str)>,
}

impl Said {
    /// Adds spans; what they say besides their class is told.
    pub fn mark(&mut self, all: &[Json]) {
        let more = |v: &&Json| match v {
            Json::Array(parts) => parts.iter().skip(3).any(|part| !says_nothing(part)),
            other => select(other, "kb_id").is_some_and(|link| !says_nothing(link)),
        };
        let more = all.iter().filter(more).count();
        self.tell("annotated.more", more, "spans with links, or with values behind their class, which are not kept");
        self.spans.get_or_insert_default().extend(all.iter().map(span_of));
    }

    /// Says of each span what it covers in the text of its line, counted in characters: the answers may meet another text.
    fn cover(&mut self, text: &str) {
        let at: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
        let place = |n: Option<&Tree>| at.get(n?.as_u64()? as usize).copied();
        let relations = self.relations.iter_mut().flatten().filter_map(Tree::as_object_mut);
        let ends = relations.flat_map(|r| r.iter_mut().filter(|(key, _)| ["from", "to"].contains(&key.as_str())));
        let spans = self.spans.iter_mut().flatten().chain(ends.map(|(_, end)| end));
        for span in spans.filter_map(Tree::as_object_mut) {
            let Some(ends) = place(span.get("start")).zip(place(span.get("end"))) else { continue };
            if let Some(covered) = text.get(ends.0..ends.1).filter(|_| !span.contains_key("text")) {
                span.insert("covers".into(), covered.into());
            }
        }
    }

    pub fn tell(&mut self, rule: &'static str, n: usize, say: &'static str) {
        if n > 0 {
            self.told.push((rule, n, say));
        }
    }
}

/// Whether a value stands where nothing is said.
fn says_nothing(v: &Json) -> bool {
    match v {
        Json::Null => true,
        Json::Text(text) => text.is_empty(),
        _ => false,
    }
}

/// A relation of a type between two spans. What is no span stands there as it is, and the task counts the relation as lost.
pub fn relation(class: Option<&Json>, from: Tree, to: Tree) -> Tree {
    json!({ "type": class.map(Json::tree), "from": from, "to": to })
}

/// How a format says what an object says.
pub type Says = fn(&Json) -> Said;

/// A span of `[start, end, class]`, or of an object with these names; what is neither is an annotation that is lost.
pub fn span_of(v: &Json) -> Tree {
    match v {
        Json::Array(parts) => match parts.as_slice() {
            [start, end, class, ..] => json!({ "start": start.tree(), "end": end.tree(), "class": class.tree() }),
            _ => json!({ "class": null }),
        },
        Json::Object(_) => {
            let first = |keys: &[&str]| keys.iter().find_map(|key| select(v, key)).map_or(Tree::Null, Json::tree);
            let mut out = json!({
                "start": first(&["start_offset", "start", "start_char"]),
                "end": first(&["end_offset", "end", "end_char"]),
                "class": first(&["label", "class", "tag"]),
            });
            if let (Some(Json::Text(text)), Some(object)) = (select(v, "text"), out.as_object_mut()) {
                object.insert("text".into(), text.as_ref().into());
            }
            out
        }
        _ => json!({ "class": null }),
    }
}

/// The items of a list.
pub fn items<'j, 'l>(of: &'j Json<'l>, key: &str) -> Option<&'j [Json<'l>]> {
    match select(of, key) {
        Some(Json::Array(items)) => Some(items),
        _ => None,
    }
}

/// A list of nothing but texts.
pub fn texts(of: &[Json]) -> Option<Vec<String>> {
    of.iter().map(|item| if let Json::Text(text) = item { Some(text.to_string()) } else { None }).collect()
}

/// An object whose answers were read.
struct Line<'j, 'l> {
    of: &'j Json<'l>,
    said: Said,
    stem: &'j str,
    /// Keys that the words stand for.
    taken: &'static [&'static str],
}

impl Line<'_, '_> {
    /// Whether the object has a key of its own that is called like one of the words.
    fn is_own(&self, selector: &str) -> bool {
        !self.taken.contains(&selector) && select(self.of, selector).is_some()
    }

    /// What a word gives.
    fn own(&self, selector: &str) -> Option<Value> {
        if self.is_own(selector) {
            return None;
        }
        let trees = |all: &Option<Vec<Tree>>| {
            all.as_ref().map_or(Value::Null, |all| Value::Text(Tree::from(all.clone()).to_string()))
        };
        Some(match selector {
            "spans" => trees(&self.said.spans),
            "relations" => trees(&self.said.relations),
            "class" => match self.said.classes.as_deref() {
                Some([one]) => Value::Text(one.clone()),
                _ => Value::Null,
            },
            "annotator" => Value::Text(self.said.annotator.clone().unwrap_or_else(|| self.stem.to_string())),
            _ => return None,
        })
    }
}

impl Record for Line<'_, '_> {
    fn text(&self, selector: &str) -> Option<String> {
        match self.own(selector) {
            Some(Value::Text(text)) => Some(text).filter(|text| !text.is_empty()),
            Some(_) => None,
            None => Record::text(self.of, selector),
        }
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        match self.own(selector) {
            Some(value) => to.value(value),
            None if selector == "classes" && !self.is_own(selector) => {
                let all = self.said.classes.clone();
                let values = all.map(|all| all.into_iter().map(Value::Text).collect::<Vec<_>>());
                to.value(match values {
                    None => Value::Null,
                    Some(all) if ty.starts_with("list<") => Value::List(all),
                    Some(_) => Value::Text(json!(self.said.classes).to_string()),
                });
            }
            None => return self.of.put(selector, ty, to),
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        match selector {
            _ if self.is_own(selector) => self.of.has(selector),
            "spans" => self.said.spans.is_some(),
            "relations" => self.said.relations.is_some(),
            "class" | "classes" => self.said.classes.is_some(),
            "annotator" => true,
            _ => self.of.has(selector),
        }
    }

    fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        self.of.content(bytes)
    }

    /// The names of the columns that it gives.
    fn names(&self) -> Vec<String> {
        let words = [
            ("spans", self.said.spans.is_some()),
            ("classes", self.said.classes.is_some()),
            ("relations", self.said.relations.is_some()),
            ("annotator", self.said.annotator.is_some()),
        ];
        let words = words.into_iter().filter(|(_, there)| *there).map(|(word, _)| word.to_string());
        let own: Vec<String> = self.of.names().into_iter().filter(|n| !self.taken.contains(&n.as_str())).collect();
        words.filter(|word| !own.contains(word)).chain(own.clone()).collect()
    }
}

/// Types of the words.
pub fn ty(_: &Options, selector: &str) -> Option<DataType> {
    match selector {
        "spans" | "relations" | "class" | "annotator" => Some(utf8()),
        "classes" => Some(list(utf8())),
        _ => None,
    }
}

/// How a format says things, and how its objects are written.
#[derive(Clone, Copy)]
pub struct Way {
    pub says: Says,
    /// Keys that the words stand for.
    pub taken: &'static [&'static str],
    /// The bytes of a record as those of an object, for a format that has other records, too.
    pub object: fn(&[u8]) -> Cow<'_, [u8]>,
}

/// Reads a unit of lines.
pub fn read(ask: &Ask, unit: &Unit, out: &mut Records, says: Says, taken: &'static [&'static str]) {
    lines(ask, unit, out, Way { says, taken, object: |own| own.into() });
}

/// Reads a unit of lines that may be written in another way than as objects.
pub fn lines(ask: &Ask, unit: &Unit, out: &mut Records, way: Way) {
    each_unit(ask, unit, out, |unit, encoding, out| {
        for (n, own) in each_record(ask, &Split::Lines, unit.bytes) {
            out.next(own);
            let read = recoded(own, encoding).and_then(|own| one(ask, (unit, n, &own), out, way));
            if let Err(wrong) = read {
                out.reject(unit, n, &wrong);
            }
        }
    });
}

/// Reads a unit that is one list.
pub fn listing(ask: &Ask, unit: &Unit, out: &mut Records, way: Way) {
    let bytes = match recoded(unit.bytes, ask.options.text(&ENCODING)) {
        Ok(bytes) => bytes,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    let unit = &Unit { bytes: &bytes, ..*unit };
    let all = match listed(&bytes) {
        Ok(all) => all,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    if all.is_empty() {
        out.finding(unit, 0, 0, "json.empty", "the list holds nothing");
    }
    for (n, item) in all.into_iter().enumerate() {
        let read = item.and_then(|(line, own)| {
            out.line = line;
            one(ask, (unit, n, own), out, way).map_err(|wrong| wrong.at(line))
        });
        if let Err(wrong) = read {
            out.reject_line(unit, n, &wrong);
        }
    }
    out.line = 0;
}

/// Reads one object.
fn one(ask: &Ask, (unit, n, own): (&Unit, usize, &[u8]), out: &mut Records, way: Way) -> Result<(), Wrong> {
    let own = (way.object)(own);
    let object = json::parse(&own, ask.depth_max)?;
    let (mut said, at) = ((way.says)(&object), out.line);
    // answers alone, which are held against the text of another file
    if let Some(Json::Text(text)) = select(&object, "text").filter(|_| !ask.selects("text")) {
        said.cover(text);
    }
    let line = Line { of: &object, said, stem: unit.stem, taken: way.taken };
    if out.take(unit, n, &own, &line) {
        for (rule, say) in told(ask, &line) {
            out.finding(unit, n, at, rule, say);
        }
    }
    Ok(())
}

/// What is told of an object, where some fields take these things.
fn told(ask: &Ask, line: &Line) -> Vec<(&'static str, String)> {
    let relations = line.said.relations.as_ref().filter(|_| !ask.selects("relations")).map_or(0, Vec::len);
    let several = line.said.classes.as_ref().filter(|_| ask.selects("class")).map_or(0, Vec::len);
    let textless = select(line.of, "text").is_none_or(|text| matches!(text, Json::Null));
    let group = |f: &Field| matches!(&f.from, From::Record(selector) if selector.starts_with("spans."));
    let grouped = ask.fields.iter().any(group);
    let more = [
        ("annotated.text", usize::from(textless && ask.selects("text")), "lines without a `text`, which is null here"),
        ("annotated.relations", relations, "relations that no field takes"),
        (
            "annotated.several",
            if several > 1 { several } else { 0 },
            "classes where one is asked for, which are lost; `classes` takes them",
        ),
    ];
    let all = line.said.told.iter().copied().chain(more).filter(|(_, n, _)| *n > 0);
    let all = all.filter(|(rule, _, _)| !(grouped && *rule == "spacy.groups"));
    all.map(|(rule, n, say)| (rule, format!("{say}: {n}"))).collect()
}

/// The columns of the first lines: the words that they say something by, and their own keys.
pub fn columns(options: &Options, len: u64, read: &ReadAt, says: Says, taken: &[&str]) -> Result<Vec<Seen>, String> {
    let lines = |head: &[u8], breaks_off: bool| whole_lines(head, breaks_off).map(<[u8]>::to_vec).collect();
    columns_of(options, len, read, (says, taken), &lines)
}

/// The lines of a head that are there as a whole and hold something.
pub fn whole_lines(head: &[u8], breaks_off: bool) -> impl Iterator<Item = &[u8]> {
    let whole = if breaks_off { memchr::memrchr(b'\n', head).unwrap_or(0) } else { head.len() };
    head.get(..whole).unwrap_or_default().split(|b| *b == b'\n').filter(|line| !line.trim_ascii().is_empty())
}

/// Finds the bytes of the objects in the head of a file; it is told whether the file goes on.
pub type Parts<'p> = &'p dyn Fn(&[u8], bool) -> Vec<Vec<u8>>;

/// The columns of the first objects.
pub fn columns_of(
    options: &Options,
    len: u64,
    read: &ReadAt,
    (says, taken): (Says, &[&str]),
    parts: Parts,
) -> Result<Vec<Seen>, String> {
    let head = read(0, HEAD).map_err(|e| e.to_string())?;
    let breaks_off = (head.len() as u64) < len;
    let head = encoding::head(&head, options.text(&ENCODING));
    let parts = parts(&head, breaks_off);
    let objects: Vec<Json> = parts.iter().filter_map(|part| json::parse(part, 64).ok()).collect();
    if objects.is_empty() {
        return Err("nothing at its beginning is an object".into());
    }
    let said: Vec<Said> = objects.iter().map(says).collect();
    let some = |of: fn(&Said) -> bool| said.iter().any(of);
    // an empty list says nothing of which of the two was asked, where other lines do
    let marked = some(|s| s.spans.as_ref().is_some_and(|all| !all.is_empty()));
    let sorted = some(|s| s.classes.as_ref().is_some_and(|all| !all.is_empty()));
    let words = [
        ("spans", some(|s| s.spans.is_some()) && (marked || !sorted), utf8()),
        ("classes", some(|s| s.classes.is_some()) && (sorted || !marked), list(utf8())),
        ("relations", some(|s| s.relations.is_some()), utf8()),
        ("annotator", some(|s| s.annotator.is_some()), utf8()),
    ];
    let words = words.into_iter().filter(|(_, there, _)| *there);
    let words: Vec<Seen> = words.map(|(name, _, ty)| (name.to_string(), types::text(&ty))).collect();
    let own = infer::objects(objects.into_iter());
    let own: Vec<Seen> = own.into_iter().filter(|(name, _)| !taken.contains(&name.as_str())).collect();
    let words = words.into_iter().filter(|(word, _)| !own.iter().any(|(name, _)| name == word));
    Ok(own.iter().cloned().chain(words).collect())
}
