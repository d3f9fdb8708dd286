//! The manifest: the text of `dataset.toml` as a tree in which every key and value knows its bytes.
//!
//! Reading goes in three passes, so that a person sees every mistake at once and each at its token:
//! [`parse`] finds all that is not TOML, [`walk::walk`] all that does not fit the schema, and [`read`] turns a
//! checked table into a declaration. Nothing here knows what a stage does; schemas come as an argument.
mod decimal;
pub mod forms;
pub mod hidden;
mod kinds;
pub mod layout;
pub mod mended;
pub mod sections;
pub mod sources;
pub mod splits;
pub mod user;
pub mod values;
pub mod walk;
pub mod workspace;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, ValueDeserializer};

pub use self::decimal::{Decimal, Threshold};
use crate::diag::Diagnostic;
use crate::digest::Digest;

/// A value of the manifest, mostly a table, with its place.
pub type Declared = Spanned<DeValue<'static>>;

/// A manifest that is TOML; whether it fits the schema is for [`walk::walk`] to say.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The path as the user knows it, for messages.
    pub file: String,
    pub text: Arc<str>,
    /// The tree. Spans are byte ranges of `text`; keys and texts include their quotes.
    pub doc: Spanned<DeTable<'static>>,
    /// Where lines of `text` end; found out when a line is first asked for.
    ends: OnceLock<Vec<usize>>,
}

/// The tree of `text`, or everything in it that is not TOML 1.1 (`T0001`), in the order of the text.
///
/// After a mistake of syntax later keys may stand under the wrong table, so nothing else is worth reporting then.
pub fn parse(file: &str, text: Arc<str>) -> Result<Manifest, Vec<Diagnostic>> {
    let (doc, errors) = DeTable::parse_recoverable(&text);
    if errors.is_empty() {
        let doc = Spanned::new(doc.span(), table_owned(doc.into_inner()));
        return Ok(Manifest { file: file.to_string(), text, doc, ends: OnceLock::new() });
    }
    Err(mistakes(&text, &errors))
}

/// All that is not TOML in a text of which the parser said `errors`.
///
/// They are collected from copies in which each byte that matters keeps its place. A line ends in LF alone, since the
/// parser takes the CR behind an open quote for a second mistake. It looks at no value behind a key that has none, so
/// lines with such a key are blank in the second copy; the first tells them all.
fn mistakes(text: &str, errors: &[toml::de::Error]) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut copy = text.replace("\r\n", "\n ");
    for _ in 0..2 {
        let (_, errors) = DeTable::parse_recoverable(&copy);
        found.extend(errors.iter().map(|e| syntax(e, text)));
        copy = without_lone_keys(&copy, &errors);
    }
    if found.is_empty() {
        found.extend(errors.iter().map(|e| syntax(e, text)));
    }
    found.sort_by(|a, b| (a.span.start, a.span.end, &a.message).cmp(&(b.span.start, b.span.end, &b.message)));
    found.dedup();
    without_echoes(text, found)
}

/// Leaves out what the parser says of a line only because it lost its way at an earlier mistake of the same line.
fn without_echoes(text: &str, mut found: Vec<Diagnostic>) -> Vec<Diagnostic> {
    const ECHOES: [&str; 5] =
        ["extra assignment", "missing assignment", "extra comma", "missing comma", "invalid literal string"];
    let mut line = None;
    found.retain(|d| {
        let start = text.get(..d.span.start).and_then(|before| before.rfind('\n'));
        let first = line != Some(start);
        line = Some(start);
        first || !ECHOES.iter().any(|echo| d.message.starts_with(echo))
    });
    found
}

/// The text with spaces for each line in which a key has no value.
fn without_lone_keys(text: &str, errors: &[toml::de::Error]) -> String {
    let lone = |e: &&toml::de::Error| {
        ["key with no value", "missing value for key"].iter().any(|says| e.message().starts_with(says))
    };
    let mut places: Vec<usize> = errors.iter().filter(lone).filter_map(|e| Some(e.span()?.start)).collect();
    places.sort_unstable();
    let (mut out, mut start) = (String::with_capacity(text.len()), 0);
    for line in text.split_inclusive('\n') {
        let body = line.strip_suffix('\n').unwrap_or(line);
        let next = places.partition_point(|place| *place < start);
        if places.get(next).is_some_and(|place| *place <= start + body.len()) {
            out.push_str(&" ".repeat(body.len()));
            out.push_str(line.get(body.len()..).unwrap_or_default());
        } else {
            out.push_str(line);
        }
        start += line.len();
    }
    out
}

fn syntax(error: &toml::de::Error, text: &str) -> Diagnostic {
    let span = error.span().unwrap_or(text.len()..text.len());
    let says = |words: &str| error.message().starts_with(words);
    if !span.is_empty() && (says("invalid float") || says("invalid boolean")) {
        let span = word_around(text, &span).unwrap_or(span);
        let message = format!("`{}` is not a value", text.get(span.clone()).unwrap_or_default());
        return Diagnostic::error("T0001", span, message).label("not TOML").help("text stands in quotes");
    }
    let diagnostic = Diagnostic::error("T0001", span, error.message()).label("not TOML");
    if says("invalid unquoted key") { diagnostic.help("any other key stands in quotes") } else { diagnostic }
}

/// The parser points at the end of `0.1.0` alone; this is all of it.
fn word_around(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let inside = |c: char| !c.is_whitespace() && !"=,[]{}#\"'".contains(c);
    let (before, after) = (text.get(..span.start)?, text.get(span.end..)?);
    let start = before.trim_end_matches(inside).len();
    Some(start..text.len() - after.trim_start_matches(inside).len())
}

/// The declaration that stands at `value`; `T0109` where only the type itself can tell that a value is wrong.
///
/// To be called on what [`walk::walk`] found in order: serde stops at the first mistake and says less about it.
#[allow(clippy::result_large_err, reason = "made once per mistake, and kept in a list like every other diagnostic")]
pub fn read<T: DeserializeOwned>(value: &Spanned<DeValue<'_>>) -> Result<T, Diagnostic> {
    T::deserialize(ValueDeserializer::from(value.clone())).map_err(|e| {
        let span = e.span().unwrap_or_else(|| value.span());
        Diagnostic::error("T0109", span, e.message()).label("cannot be used")
    })
}

/// The whole of a file that tamis wrote itself, such as `dataset.lock`.
#[allow(clippy::result_large_err, reason = "as `read`")]
pub fn read_root<T: DeserializeOwned>(manifest: &Manifest) -> Result<T, Diagnostic> {
    let span = manifest.doc.span();
    read(&Spanned::new(span, DeValue::Table(manifest.doc.get_ref().clone())))
}

impl Manifest {
    /// What stands at `path`, with the bytes of its `[header]` where it has one, else of its key.
    pub fn table(&self, path: &[&str]) -> Option<(Range<usize>, &Declared)> {
        let (last, above) = path.split_last()?;
        let (key, value) = self.table_at(above)?.get_key_value(*last)?;
        Some((self.place(key, value), value))
    }

    /// The entries of the table at `prefix` in name order: name, bytes of its `[header]` or key, value.
    pub fn instances(&self, prefix: &[&str]) -> Vec<(String, Range<usize>, &Declared)> {
        let Some(table) = self.table_at(prefix) else { return Vec::new() };
        let mut found: Vec<_> = table.iter().map(|(k, v)| (k.get_ref().to_string(), self.place(k, v), v)).collect();
        found.sort_by(|a, b| a.0.cmp(&b.0));
        found
    }

    /// The bytes of the value at a dotted path (`clean.exact_duplicates.keep`, `collect.klue.open.files.0`).
    ///
    /// Where the path does not exist, those of its nearest ancestor that does (a default has no token of its own).
    /// A key that contains dots is found by its plain text: `plan.goals.release.public.samples`.
    pub fn span_of(&self, key_path: &str) -> Option<Range<usize>> {
        let words: Vec<&str> = key_path.split('.').collect();
        let (first, taken) = entry(self.doc.get_ref(), &words)?;
        let mut found = first;
        let mut rest = words.get(taken..)?;
        while let Some((next, taken)) = below(found.get_ref(), rest) {
            found = next;
            rest = rest.get(taken..)?;
        }
        Some(found.span())
    }

    /// The digest of what it declares: keys and values, without their places, comments and blanks.
    pub fn shape(&self) -> Digest {
        let mut bytes = Vec::with_capacity(self.text.len());
        shape_of_table(self.doc.get_ref(), &mut bytes);
        Digest::of(&bytes)
    }

    /// Whether any text of it is this one.
    pub fn says(&self, text: &str) -> bool {
        fn says(value: &DeValue<'_>, text: &str) -> bool {
            match value {
                DeValue::String(own) => own == text || own.strip_prefix("./") == Some(text),
                DeValue::Array(items) => items.iter().any(|v| says(v.get_ref(), text)),
                DeValue::Table(table) => table.values().any(|v| says(v.get_ref(), text)),
                _ => false,
            }
        }
        self.doc.get_ref().values().any(|v| says(v.get_ref(), text))
    }

    /// The same file with another text, of which no tree could be made.
    pub fn with_text(self, text: Arc<str>) -> Manifest {
        Manifest { text, ends: OnceLock::new(), ..self }
    }

    /// The line of a byte, from 1.
    pub fn line(&self, offset: usize) -> usize {
        let ends = self.ends.get_or_init(|| memchr::memchr_iter(b'\n', self.text.as_bytes()).collect());
        ends.partition_point(|end| *end < offset) + 1
    }

    /// The column of a byte in characters, from 1.
    pub fn column(&self, offset: usize) -> usize {
        let before = self.before(offset);
        before.rsplit('\n').next().unwrap_or(before).chars().count() + 1
    }

    fn before(&self, offset: usize) -> &str {
        let end = self.text.floor_char_boundary(offset);
        self.text.get(..end).unwrap_or(&self.text)
    }

    fn table_at(&self, path: &[&str]) -> Option<&DeTable<'static>> {
        path.iter().try_fold(self.doc.get_ref(), |table, key| table.get(*key)?.get_ref().as_table())
    }

    /// A table written under a header has the header's bytes, everything else its key's.
    fn place(&self, key: &Spanned<Cow<'static, str>>, value: &Declared) -> Range<usize> {
        let opening = self.text.get(value.span()).unwrap_or_default();
        if value.get_ref().is_table() && opening.starts_with('[') { value.span() } else { key.span() }
    }
}

/// Writes the entries of a table so that no two different tables have the same bytes.
fn shape_of_table(table: &DeTable<'_>, out: &mut Vec<u8>) {
    out.extend((table.len() as u64).to_le_bytes());
    for (key, value) in table {
        shape_of_text(b'k', key.get_ref(), out);
        shape_of_value(value.get_ref(), out);
    }
}

fn shape_of_value(value: &DeValue<'_>, out: &mut Vec<u8>) {
    match value {
        DeValue::String(text) => shape_of_text(b's', text, out),
        DeValue::Integer(number) => shape_of_text(b'i', &number.to_string(), out),
        DeValue::Float(number) => shape_of_text(b'f', &number.to_string(), out),
        DeValue::Boolean(flag) => out.extend([b'b', u8::from(*flag)]),
        DeValue::Datetime(date) => shape_of_text(b'd', &date.to_string(), out),
        DeValue::Array(items) => {
            out.push(b'a');
            out.extend((items.len() as u64).to_le_bytes());
            items.iter().for_each(|item| shape_of_value(item.get_ref(), out));
        }
        DeValue::Table(table) => {
            out.push(b't');
            shape_of_table(table, out);
        }
    }
}

fn shape_of_text(kind: u8, text: &str, out: &mut Vec<u8>) {
    out.push(kind);
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

type Found<'a> = (&'a Declared, usize);

/// The entry that the first words name, joined by dots as far as needed, and how many words that took.
fn entry<'a>(table: &'a DeTable<'static>, words: &[&str]) -> Option<Found<'a>> {
    (1..=words.len()).find_map(|n| Some((table.get(words.get(..n)?.join(".").as_str())?, n)))
}

fn below<'a>(value: &'a DeValue<'static>, words: &[&str]) -> Option<Found<'a>> {
    match value {
        DeValue::Table(table) => entry(table, words),
        DeValue::Array(list) => Some((list.get(words.first()?.parse::<usize>().ok()?)?, 1)),
        _ => None,
    }
}

fn table_owned(table: DeTable<'_>) -> DeTable<'static> {
    let key = |k: Spanned<Cow<'_, str>>| Spanned::new(k.span(), Cow::Owned(k.into_inner().into_owned()));
    table.into_iter().map(|(k, v)| (key(k), value_owned(v))).collect()
}

fn value_owned(value: Spanned<DeValue<'_>>) -> Declared {
    let span = value.span();
    let owned = match value.into_inner() {
        DeValue::String(text) => DeValue::String(Cow::Owned(text.into_owned())),
        DeValue::Integer(number) => number_owned(number.to_string()),
        DeValue::Float(number) => number_owned(number.to_string()),
        DeValue::Boolean(flag) => DeValue::Boolean(flag),
        DeValue::Datetime(date) => DeValue::Datetime(date),
        DeValue::Array(list) => DeValue::Array(list.into_iter().map(value_owned).collect::<DeArray<'_>>()),
        DeValue::Table(table) => DeValue::Table(table_owned(table)),
    };
    Spanned::new(span, owned)
}

/// `toml` makes a number only from text that outlives it, so the text of each different number is kept.
fn number_owned(text: String) -> DeValue<'static> {
    let text = kept(text);
    DeValue::parse(text).map_or(DeValue::String(Cow::Borrowed(text)), Spanned::into_inner)
}

/// `text` for the rest of the process, once however often it is asked for: bounded by the different numbers written.
fn kept(text: String) -> &'static str {
    static KEPT: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut all = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = all.get(text.as_str()) {
        return known;
    }
    let new: &'static str = Box::leak(text.into_boxed_str());
    all.insert(new);
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::values::At;

    const TEXT: &str = r#"
[label.topic]
task = "rating"
[label.ner]
task = "ner" # 이름
from.klue = { column = "ner" }
[plan]
goals = { "release.public.samples" = 4_000, "단어" = 0x10 }
list = [1, [2.50, +inf], { a = 2026-01-01 }]
"#;

    fn manifest() -> Manifest {
        parse("dataset.toml", TEXT.into()).unwrap()
    }

    fn at(m: &Manifest, span: Range<usize>) -> &str {
        &m.text[span]
    }

    #[test]
    fn all_syntax_errors_come_at_once_in_order() {
        let text = "a = 1\na = 2\nb = nope\n[c]\nd = \"x\ne = 1\n";
        let found = parse("x", text.into()).unwrap_err();
        assert!(found.len() >= 3, "{found:#?}");
        assert!(found.is_sorted_by_key(|d| d.span.start));
        assert!(found.iter().all(|d| d.code == "T0001" && d.span.end <= text.len()));
        assert_eq!(&text[found[0].span.clone()], "a");
        assert_eq!(found[1].message, "`nope` is not a value");
    }

    /// Token, or what stands before it, and message of each mistake.
    fn mistakes_of(text: &str) -> Vec<(String, String)> {
        let found = parse("x", text.into()).unwrap_err();
        let token = |s: Range<usize>| if s.is_empty() { text[..s.end].lines().last() } else { Some(&text[s]) };
        found.into_iter().map(|d| (token(d.span).unwrap_or_default().to_string(), d.message)).collect()
    }

    #[test]
    fn keys_without_a_value_hide_nothing() {
        for end in ["\n", "\r\n"] {
            let text = "[a]\nb\n이름 # c\nd = nope\n[a]\ne = 1.2.3\nf".replace('\n', end);
            let tokens: Vec<String> = mistakes_of(&text).into_iter().map(|(token, _)| token).collect();
            assert_eq!(tokens, ["b", "이름 ", "nope", "a", "1.2.3", "f"], "{end:?}");
        }
    }

    #[test]
    fn words_are_told_whole_and_keys_are_no_values() {
        let found = mistakes_of("이름 = 1\na = [0.1.0,-inf2]\nb = { c = 1.0.0-rc1 }\nd = 2026-13-01\n");
        let said: Vec<&str> = found.iter().map(|(_, message)| message.as_str()).collect();
        assert!(said[0].starts_with("invalid unquoted key"), "{said:?}");
        let words = ["`0.1.0` is not a value", "`-inf2` is not a value", "`1.0.0-rc1` is not a value"];
        assert_eq!(said[1..4], words);
        assert!(said[4].starts_with("invalid date"), "{said:?}");
    }

    #[test]
    fn an_open_quote_is_one_mistake_whatever_ends_the_line() {
        let text = "a = 'x\nb = \"0.1.0\n";
        let unix = mistakes_of(text);
        assert_eq!(unix.len(), 2, "{unix:?}");
        assert_eq!(mistakes_of(&text.replace('\n', "\r\n")), unix);
        assert_eq!(mistakes_of("a = 1\r\r\n").len(), 1);
    }

    #[test]
    fn the_shape_is_of_what_is_declared() {
        let shape = |text: &str| parse("x", text.into()).unwrap().shape();
        let one = shape("a = 1\n[b]\nc = [\"x\", 2.5, true]\n");
        assert_eq!(one, shape("# why\nb.c = ['x', 2.5,  true,]\na = 1 # one"));
        let others =
            ["a = 2", "a = 1.0", "a = '1'", "a = [1]", "a = { a = 1 }", "b = 1", "a = 1\nb = 1", "a = true", ""];
        let mut seen: Vec<Digest> = others.iter().map(|text| shape(text)).chain([one, shape("a = 1")]).collect();
        seen.sort_unstable_by_key(|d| d.0);
        seen.dedup();
        assert_eq!(seen.len(), others.len() + 2);
        assert_ne!(shape("a = ['bc']"), shape("a = ['b', 'c']"));
    }

    #[test]
    fn tables_and_instances_have_their_header_or_key() {
        let m = manifest();
        let (span, value) = m.table(&["label", "ner"]).unwrap();
        assert_eq!(at(&m, span), "[label.ner]");
        assert!(value.get_ref().is_table());
        assert_eq!(at(&m, m.table(&["plan", "goals"]).unwrap().0), "goals");
        assert!(m.table(&["label", "none"]).is_none());
        assert!(m.table(&[]).is_none());
        let names: Vec<_> = m.instances(&["label"]).into_iter().map(|(n, s, _)| (n, at(&m, s))).collect();
        assert_eq!(names, [("ner".to_string(), "[label.ner]"), ("topic".to_string(), "[label.topic]")]);
        assert!(m.instances(&["none"]).is_empty());
    }

    #[test]
    fn spans_of_paths_fall_back_to_the_ancestor() {
        let m = manifest();
        let of = |path: &str| m.span_of(path).map(|s| at(&m, s));
        assert_eq!(of("label.ner.task"), Some("\"ner\""));
        assert_eq!(of("label.ner.from.klue.column"), Some("\"ner\""));
        assert_eq!(of("label.ner.agreement.min"), Some("[label.ner]"));
        assert_eq!(of("plan.goals.release.public.samples"), Some("4_000"));
        assert_eq!(of("plan.list.1.0"), Some("2.50"));
        assert_eq!(of("split.ratios"), None);
    }

    #[test]
    fn lines_and_columns_count_characters() {
        let m = manifest();
        let offset = TEXT.find("0x10").unwrap();
        assert_eq!((m.line(offset), m.column(offset)), (8, 52));
        assert_eq!((m.line(0), m.column(0)), (1, 1));
        assert_eq!(m.line(usize::MAX), 10);
        let inside = TEXT.find('이').unwrap() + 1;
        assert_eq!((m.line(inside), m.column(inside)), (5, 16));
    }

    #[test]
    fn values_are_read_with_their_spans() {
        let m = manifest();
        let (_, goals) = m.table(&["plan", "goals"]).unwrap();
        let read_back: std::collections::BTreeMap<String, At<u32>> = read(goals).unwrap();
        assert_eq!(*read_back["단어"], 16);
        assert_eq!(at(&m, read_back["release.public.samples"].span()), "4_000");
        let (_, list) = m.table(&["plan", "list"]).unwrap();
        let wrong = read::<Vec<u32>>(list).unwrap_err();
        assert_eq!((wrong.code, at(&m, wrong.span)), ("T0109", "[2.50, +inf]"));
    }
}
