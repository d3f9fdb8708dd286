//! What the columns of a source mean: which one names the samples, of which types they are, and what they may be called.
use super::days;
use super::found::{Named, Source};
use super::kinds::warc;
use super::sample::Column;
use crate::formats::Format;
use crate::formats::conll::OWN_ID;
use crate::formats::reader::{DAY, Offers, UNHELD, WRITTEN};
use crate::formats::spelling::{DATE, DECIMAL, Spelling, has_days};
use crate::manifest::values::is_line;
use crate::measure::parts::place_of;
use crate::model::messages::Message;
use crate::report::terminal::plural;
use crate::stage::RESERVED;
use crate::stages::collect::ids::make_id;
use crate::table::{Cell, Value, types};
use std::collections::BTreeSet;

/// What a field is declared as in `[schema]`; other lists and objects are not declared there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Type {
    Text,
    Int,
    Float,
    Bool,
    Date,
    Messages,
    Nested,
}

impl Type {
    pub fn word(self) -> Option<&'static str> {
        match self {
            Type::Text => Some("text = {}"),
            Type::Int => Some("int = {}"),
            Type::Float => Some("float = {}"),
            Type::Bool => Some("bool = {}"),
            Type::Date => Some("date = {}"),
            Type::Messages => Some("list = { of = \"message\" }"),
            Type::Nested => None,
        }
    }

    /// Lists and objects, which keep their types where a source takes all columns.
    pub fn is_nested(self) -> bool {
        matches!(self, Type::Messages | Type::Nested)
    }
}

/// A field as it is declared.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub selector: String,
    pub ty: Type,
    /// The column in the sample of the source.
    pub column: usize,
}

/// What a source takes from its records.
#[derive(Debug, Default)]
pub struct Fields {
    pub all: Vec<Field>,
    /// The fields are named one by one; else the source takes all columns, as it must where lists and objects keep their
    /// types.
    pub named: bool,
    /// Columns that are no fields, with the reason.
    pub left_out: Vec<(String, String)>,
}

/// What ids are taken from.
#[derive(Clone, Debug, PartialEq)]
pub enum Id {
    /// A selector; its values among what was seen are in the sample's column.
    Column {
        selector: String,
        column: usize,
    },
    /// The place in the file: nothing tells the records of this format apart.
    Position,
    /// A digest of the record.
    Content,
    Stem,
    /// The path without its suffix.
    Place,
    Path,
}

/// The fields of a source. What names the samples is none of them.
pub fn fields(source: &Source, id: &Id) -> Fields {
    let words = matches!(source.format.reader.as_ref().map(|r| r.offers), Some(Offers::Words(_)));
    let mut out = Fields::default();
    let is_id = |n: usize| matches!(id, Id::Column { column, .. } if *column == n);
    for (n, column) in source.sample.columns.iter().enumerate() {
        if super::kinds::ids(source.format).contains(&column.name.as_str()) {
            continue;
        }
        // a word of the format that no file says anything by
        if words && column.name == "relations" && column.there().next().is_none() {
            continue;
        }
        match left_out(column) {
            Some(_) if is_id(n) || source.pictures() == Some(&column.name) => {}
            Some(why) => out.left_out.push((column.name.clone(), why)),
            None => out.all.push(field(source, n, column, words)),
        }
    }
    let plain = |name: &str| {
        let own = RESERVED.contains(&name) || name.contains(['.', '/']) || !is_line(name);
        !own && !name.is_empty() && name == name.trim()
    };
    let column = |f: &Field| source.sample.columns.get(f.column).map_or("", |c| c.name.as_str());
    let beside = |f: &Field| column(f) == "text" && f.name != "text";
    let called = |f: &Field| (plain(&f.name) && !beside(f)) || is_id(f.column);
    out.named =
        words || source.format.answers || !out.all.iter().all(called) || out.all.iter().all(|f| !f.ty.is_nested());
    let own = |f: &Field| is_id(f.column) && (out.named || f.name == "id");
    // a source of which nothing but the id is known keeps it as a field: without `fields` it would take all columns
    let lone = out.all.iter().all(own) && !words && !source.is_images();
    out.all.retain(|f| lone || !own(f));
    let mut taken: Vec<String> = out.all.iter().map(|f| f.name.clone()).filter(|n| plain(n)).collect();
    for field in out.all.iter_mut().filter(|f| !plain(&f.name)) {
        field.name = renamed(&field.name, &taken);
        taken.push(field.name.clone());
    }
    out
}

/// A column as a field. The one that holds texts as their tokens is the field `text`, and one that is called so is
/// [`super::tags::TEXT_BESIDE`].
fn field(source: &Source, n: usize, column: &Column, words: bool) -> Field {
    let text = source.format.options.iter().any(|c| c.name == DECIMAL.name); // its values are written, and have no types
    let ty = if text { scalar(column, source) } else { of_type(&column.ty) };
    let selector = match column.name.as_str() {
        "path" | "stem" | "content" if !words => format!("column:{}", column.name),
        name => {
            let whole = column.there().count() == column.values.len();
            let word = word(source.format, name).unwrap_or(name);
            if whole { word } else { warc::taken(source.format.name, word) }.to_string()
        }
    };
    let tokens = super::tags::tokens(&source.keys);
    if tokens != Some(column.name.as_str()) {
        // what a task shows is called as the task calls it
        let shown = column.name.strip_prefix("data.").filter(|_| source.format.answers);
        let name = match tokens.is_some() && column.name == "text" {
            true => super::tags::TEXT_BESIDE,
            false => shown.unwrap_or(&column.name),
        };
        return Field { name: name.to_string(), selector, ty, column: n };
    }
    // labels of spans are places in it, so no other column may be called so
    Field { name: "text".into(), selector, ty: Type::Text, column: n }
}

/// What a format takes a field from that it always has.
fn word(format: &Format, name: &str) -> Option<&'static str> {
    let Some(Offers::Words(words)) = format.reader.as_ref().map(|r| r.offers) else { return None };
    words.iter().find(|(own, _)| *own == name).map(|(_, from)| *from)
}

/// Whether a format has a tag for each token.
pub fn is_tagged(format: &Format) -> bool {
    word(format, "tags").is_some()
}

/// Why a column is no field, if it cannot be one.
fn left_out(column: &Column) -> Option<String> {
    match column.ty.strip_prefix(UNHELD) {
        _ if column.name.is_empty() => Some("it has no name".into()),
        Some(held) if held.contains("bytes") => {
            let say = "which no column of samples holds: if they are pictures or sounds, write them out as files, each of \
                       which is a sample then";
            Some(format!("it is {held}, {say}"))
        }
        Some(held) => Some(format!("it is {held}, which no column of samples holds")),
        None => None,
    }
}

/// What a column of a table beside images is called as a field; `None` where the name is tamis's own: it finds that out itself.
/// A column of splits is kept under another one.
pub fn field_name(column: &str) -> Option<String> {
    if column == "split" {
        return Some(renamed(column, &[]));
    }
    (!RESERVED.contains(&column)).then(|| renamed(column, &[]))
}

/// A name that a field may have, for a column that is called otherwise.
fn renamed(name: &str, taken: &[String]) -> String {
    let line: String =
        name.trim().chars().map(|c| if c.is_control() || ".".contains(c) || c == '/' { '_' } else { c }).collect();
    let line = if is_line(&line) { line } else { String::new() };
    let plain = match line.as_str() {
        "" => "column".to_string(),
        own if RESERVED.contains(&own) => format!("{own}_given"),
        own => own.to_string(),
    };
    super::names::unlike(&plain, taken)
}

/// The type of a column of texts, whole numbers or truth values, as far as classes may stand in it.
pub fn plain_type(column: &Column) -> Option<Type> {
    let ty = of_type(&column.ty);
    matches!(ty, Type::Text | Type::Int | Type::Bool).then_some(ty)
}

fn of_type(ty: &str) -> Type {
    match ty {
        "i64" | "u64" => Type::Int,
        "f64" => Type::Float,
        "bool" => Type::Bool,
        DAY => Type::Date,
        ty if *ty == *types::text(&<Vec<Message>>::ty()) => Type::Messages,
        ty if ty.starts_with("list<") || ty.starts_with("struct<") || ty == WRITTEN => Type::Nested,
        _ => Type::Text,
    }
}

/// The type of a column whose values are written out: what all of them can be read as, and nothing that only looks so,
/// such as a code with leading zeros.
fn scalar(column: &Column, source: &Source) -> Type {
    let spelling = Spelling::of(&super::kinds::recogniser::options(source.format, &source.keys));
    let there: Vec<&str> = column
        .there()
        .filter_map(Value::text)
        .map(str::trim)
        .filter(|t| !t.is_empty() && !spelling.is_null(t))
        .collect();
    if there.is_empty() {
        return Type::Text;
    }
    let all = |ty: &str| there.iter().all(|t| spelling.value(t, ty).is_ok_and(|v| v != Value::Null));
    let code = |t: &&str| {
        let digits = t.trim_start_matches(['-', '+']);
        let second = digits.as_bytes().get(1);
        digits.starts_with('0') && second.is_some_and(u8::is_ascii_digit) || t.starts_with('+')
    };
    let whole = |t: &&str| t.trim_start_matches('-').bytes().all(|b| b.is_ascii_digit());
    if all("bool") {
        return Type::Bool;
    }
    if all(DAY) {
        return Type::Date;
    }
    if there.iter().any(code) {
        return Type::Text;
    }
    match (there.iter().all(whole) && all("i64"), all("f64")) {
        (true, _) => Type::Int,
        (false, true) if there.iter().all(|t| t.bytes().any(|b| b.is_ascii_digit())) => Type::Float,
        _ => Type::Text,
    }
}

/// Whether a column of texts holds days of which no value shows whether the day or the month stands first.
pub fn either_way(source: &Source, field: &Field) -> bool {
    let told = has_days(&super::kinds::recogniser::options(source.format, &source.keys));
    let text = source.format.options.iter().any(|c| c.name == DATE.name);
    let column = source.sample.columns.get(field.column).filter(|_| text && !told && field.ty == Type::Text);
    column.is_some_and(|c| days::patterns(c).len() > 1)
}

/// What the samples of a source are known by.
pub fn id(source: &Source) -> Id {
    if source.is_images() {
        let stem = |p: &String| crate::formats::sidecar::stem_of(p).to_string();
        let stems: BTreeSet<String> = source.images.iter().map(stem).collect();
        let unique = stems.len() == source.images.len();
        let place = source.format.sidecar.is_none() || !unique;
        return if place { Id::Path } else { Id::Stem };
    }
    let Some(reader) = &source.format.reader else { return Id::Path };
    match source.named {
        Some(Named::Stem) => return Id::Stem,
        Some(Named::Place) => return Id::Place,
        None => {}
    }
    if reader.id == "path" {
        return Id::Path;
    }
    let item = source.sample.columns.iter().position(|c| source.item.as_ref() == Some(&c.name));
    let mut best: Option<(usize, usize)> = item.map(|n| (0, n));
    for (n, column) in source.sample.columns.iter().enumerate() {
        let Some(rank) = id_rank(source, column).filter(|_| is_unique(column, source.sample.rows)) else { continue };
        if best.is_none_or(|(least, _)| rank < least) {
            best = Some((rank, n));
        }
    }
    let own = source.sample.columns.iter().position(|c| c.name == OWN_ID && is_usual(c));
    if let (None, Some(column)) = (best, own) {
        return Id::Column { selector: OWN_ID.into(), column }; // a build takes it so, and tells of records without one
    }
    match best.and_then(|(_, n)| Some((n, source.sample.columns.get(n)?))) {
        Some((column, c)) => {
            let own = ["path", "stem", "content", "position"].contains(&c.name.as_str());
            let selector = if own { format!("column:{}", c.name) } else { c.name.clone() };
            Id::Column { selector, column }
        }
        None if reader.id.is_empty() => Id::Position,
        None => Id::Content,
    }
}

/// How much the name of a column is that of an id; the less the better.
fn id_rank(source: &Source, column: &Column) -> Option<usize> {
    if super::kinds::ids(source.format).contains(&column.name.as_str()) {
        return Some(0);
    }
    const NAMES: &[&str] = &["id", "_id", "guid", "uuid", "uid", "key", "item", "item_id", "sample_id", "idx", "index"];
    let name = column.name.trim().to_lowercase();
    if let Some(rank) = NAMES.iter().position(|n| *n == name) {
        return Some(rank + 1);
    }
    let ends = ["_id", "-id", " id", "_key", "_idx"].iter().any(|end| name.ends_with(end))
        || column.name.ends_with("Id")
        || column.name.ends_with("ID");
    ends.then_some(NAMES.len() + 1)
}

/// Why the column that is most called like an id is none, of those that tell most records apart.
pub fn no_id(source: &Source) -> Option<String> {
    let usual = source.sample.columns.iter().filter(|c| is_usual(c));
    let ranked = usual.filter_map(|c| Some((id_rank(source, c)?, c)));
    let (_, column) = ranked.min_by_key(|(rank, _)| *rank)?;
    let name = &column.name;
    let lacking = source.sample.rows.saturating_sub(column.there().filter_map(Value::key_text).count());
    let mut seen = BTreeSet::new();
    let twice = column.there().filter_map(Value::key_text).filter(|t| !seen.insert(t.clone())).count();
    Some(match (twice, lacking) {
        (0, 0) => format!("`{name}` is called like an id, and some values cannot be one"),
        (0, lacking) => format!("`{name}` is called like an id, and lacks in {}", plural(lacking as u64, "record")),
        (twice, _) => {
            format!("`{name}` is called like an id, and repeats {}", plural(twice as u64, "value"))
        }
    })
}

/// Whether most records have a value of their own.
fn is_usual(column: &Column) -> bool {
    let own: BTreeSet<String> = column.there().filter_map(Value::key_text).filter(|t| !t.is_empty()).collect();
    own.len() * 2 > column.values.len()
}

/// Whether each record has a value of its own that can be an id.
fn is_unique(column: &Column, rows: usize) -> bool {
    let mut seen = BTreeSet::new();
    let mut texts = column.values.iter().map(Value::key_text);
    let unique = texts.all(|t| t.is_some_and(|t| make_id("", &t).is_ok() && seen.insert(t)));
    rows > 0 && column.values.len() == rows && unique
}

/// The ids of the samples that were seen, as text.
pub fn ids(source: &Source, id: &Id) -> BTreeSet<String> {
    let stem = |p: &String| crate::formats::sidecar::stem_of(p).to_string();
    match id {
        Id::Column { column, .. } => {
            let values = source.sample.columns.get(*column).map(|c| c.values.as_slice()).unwrap_or_default();
            values.iter().filter_map(Value::key_text).collect()
        }
        Id::Path => source.paths().cloned().collect(),
        Id::Stem => source.paths().map(stem).collect(),
        Id::Place => source.paths().map(|p| place_of(p).to_string()).collect(),
        Id::Position | Id::Content => BTreeSet::new(),
    }
}
