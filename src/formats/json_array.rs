//! JSON arrays: a file is one list, and each object in it is a record, read as strictly as a line of JSON Lines.
//!
//! Dropped records: `encoding`, `json`, `json.depth`, `json.object`, `json.duplicate_key`, `json.end` (the list does not end, or more stands behind it: the file
//! counts as lost), with the line on which the object
//! begins, and no other object with it; with the whole file `json.array` (something else than a list). Findings: `json.empty`
//! (a list of nothing), `json.comma` (a comma too few or too many).
use super::chat::{self, CHAT};
use super::cut::members::ReadAt;
use super::cut::{Cut, Holds};
use super::encoding::{self, ENCODING, Wrong, line_at, recoded, text};
use super::format::Format;
use super::infer::{self, BEYOND, HEAD};
use super::json::{self, Json, parse, parse_asked};
use super::options::Options;
use super::reader::{Ask, Offers, Reader, Records, Seen, Selects, Unit, strip_bom};
use super::spelling::{DATE, FALSE, NULL, TRUE};
use super::tokens::{self, JOIN, TOKENS};

pub const FORMAT: Format = Format {
    options: &[TOKENS, JOIN, CHAT, ENCODING, DATE, FALSE, NULL, TRUE],
    unfit: json::unfit,
    reader: Some(Reader {
        version: 4, // what blocks a path through objects is told; spellings; numbers that are kept as text have all digits
        uses: &[],
        cut: |_| Cut::Document(Holds::Many),
        id: "content",
        own_id: None,
        selects: Selects::Names,
        text: tokens::text,
        ty: chat::ty,
        adds: |options, selected| tokens::adds(tokens::text(options), selected),
        read,
        offers: Offers::Columns(columns),
    }),
    ..Format::new("json", "One JSON array of objects.")
};

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    each(ask, unit, out, &|out, at, object| json::take(ask, out, at, object));
}

/// What takes an object of a list: it is given the object with its unit, its number and its bytes.
pub type Take<'t> = &'t dyn Fn(&mut Records, (&Unit, usize, &[u8]), &Json);

/// Calls `take` with each object of the list that a file is.
pub fn each(ask: &Ask, unit: &Unit, out: &mut Records, take: Take) {
    match recoded(unit.bytes, ask.options.text(&ENCODING)) {
        Ok(bytes) => read_list(ask, &Unit { bytes: &bytes, ..*unit }, out, take),
        Err(wrong) => out.reject_line(unit, 0, &wrong),
    }
}

fn read_list(ask: &Ask, unit: &Unit, out: &mut Records, take: Take) {
    let list = match items(unit.bytes) {
        Ok(list) => list,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    if list.items.is_empty() {
        out.finding(unit, 0, 0, "json.empty", "the list holds nothing");
    }
    let (mut at, mut line) = (0, 1);
    for (n, item) in list.items.iter().enumerate() {
        let passed = unit.bytes.get(at..item.begins).unwrap_or_default();
        line += line_at(passed, passed.len()) - 1;
        (at, out.line) = (item.begins, line);
        let bytes = unit.bytes.get(item.begins..item.ends).unwrap_or_default();
        let wrong = |say| {
            let lines = line_at(bytes, bytes.len());
            let more = if lines > 1 { format!("; {lines} lines of the file are this item") } else { String::new() };
            let rule = if [ITEM_ENDS, LIST_ENDS, LIST_ENDED].contains(&say) { "json.end" } else { "json" };
            Err(Wrong::new(rule, format!("{say}{more}")))
        };
        match item.wrong.map_or_else(|| parse_asked(bytes, ask), wrong) {
            Ok(object) => take(out, (unit, n, bytes), &object),
            Err(wrong) => out.reject_line(unit, n, &wrong.at(line)),
        }
        if item.comma {
            out.finding(unit, n, line, "json.comma", "a comma is missing in front of this item, or one is too many");
        }
    }
    out.line = 0;
}

/// The keys of the first objects of the list.
fn columns(options: &Options, _: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    first(options, read, |objects| chat::columns(options, infer::objects(objects.into_iter())))
}

/// What the first objects of the list show, as far as they lie in the head of the file.
pub fn first<T>(options: &Options, read: &ReadAt, show: impl FnOnce(Vec<Json>) -> T) -> Result<T, String> {
    let head = read(0, HEAD).map_err(|e| e.to_string())?;
    let head = encoding::head(&head, options.text(&ENCODING));
    let list = items(&head).map_err(|wrong| wrong.say)?;
    let objects = list.items.iter().filter_map(|item| parse(head.get(item.begins..item.ends)?, 64).ok());
    let objects: Vec<Json> = objects.collect();
    if objects.is_empty() && list.items.len() < 2 && head.len() as u64 >= HEAD {
        return Err(BEYOND.into());
    }
    Ok(show(objects))
}

/// The bytes of each item of a list.
pub fn objects(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let list = items(bytes).unwrap_or_default();
    list.items.into_iter().filter_map(|item| bytes.get(item.begins..item.ends))
}

/// An item of a list: the line on which it begins, and its bytes; or why it is none.
pub type Listed<'b> = Result<(u32, &'b [u8]), Wrong>;

/// The bytes of each item of a list with the line on which it begins, or why it is none. A list that is none is an error.
pub fn listed(bytes: &[u8]) -> Result<Vec<Listed<'_>>, Wrong> {
    let one = |item: &Item| {
        let line = line_at(bytes, item.begins);
        match item.wrong {
            Some(say) => Err(Wrong::new("json", say).at(line)),
            None => Ok((line, bytes.get(item.begins..item.ends).unwrap_or_default())),
        }
    };
    Ok(items(bytes)?.items.iter().map(one).collect())
}

/// A list of the first items of a file of which only the head is known: those that lie in it whole.
pub fn head(bytes: &[u8]) -> Option<Vec<u8>> {
    let list = items(bytes).ok()?;
    let whole = list.items.iter().filter(|item| item.wrong.is_none());
    let texts: Vec<&[u8]> = whole.filter_map(|item| bytes.get(item.begins..item.ends)).collect();
    Some([b"[", texts.join(&b",\n"[..]).as_slice(), b"]"].concat())
}

/// An item of the list, by its place in the file.
#[derive(Debug, Default, PartialEq)]
struct Item {
    begins: usize,
    ends: usize,
    /// Why it is none that could be read.
    wrong: Option<&'static str>,
    /// The comma in front of it is missing, or there are several.
    comma: bool,
}

/// The items of a list. Where each ends is told by brackets outside of strings, so that one that is broken takes no other
/// with it: a line end ends a string, since JSON has none in a string, and an object that begins where a key must stand
/// is the next item.
#[derive(Default)]
struct Items {
    items: Vec<Item>,
    /// Where the item under way begins.
    begins: Option<usize>,
    /// Its open brackets.
    open: Vec<u8>,
    /// The place of the comma, if nothing stood behind it so far.
    comma: Option<usize>,
    /// The next item follows another without a comma, or behind several.
    odd: bool,
}

/// What is said of a list without an end, or with more behind it. Nobody knows what it lacks, or what the last item took with it.
const ITEM_ENDS: &str = "it does not end: the file breaks off, or a bracket or a quote is missing";
const LIST_ENDED: &str = "something stands behind the end of the list, and is not read";
const LIST_ENDS: &str = "the list does not end: the file breaks off, or a bracket is missing";

/// What stands where a list should begin.
fn not_a_list(bytes: &[u8], first: usize) -> &'static str {
    match bytes.get(first) {
        Some(b'{') => {
            "not a list of objects but one object: `jsonl` reads an object a line, and what stands around a list is taken off"
        }
        _ => "not a list of objects",
    }
}

/// Rules: `json.array` (something else than a list), and of what stands behind its end `json`.
fn items(bytes: &[u8]) -> Result<Items, Wrong> {
    let first = bytes.len() - strip_bom(bytes).trim_ascii_start().len();
    if bytes.get(first) != Some(&b'[') {
        let say = text(bytes).err().unwrap_or_else(|| Wrong::new("json.array", not_a_list(bytes, first)));
        return Err(say.at(line_at(bytes, first)));
    }
    let (mut list, mut quoted, mut escaped, mut ended) = (Items::default(), false, false, None);
    for (at, byte) in bytes.iter().copied().enumerate().skip(first + 1) {
        match (quoted, byte) {
            (true, b'\n') => (quoted, escaped) = (false, false),
            (true, _) if escaped => escaped = false,
            (true, b'\\') => escaped = true,
            (_, b'"') => {
                quoted = !quoted;
                list.content(at);
            }
            (false, b']') if list.closes(bytes, at) => {
                ended = Some(at);
                break;
            }
            (false, byte) if !byte.is_ascii_whitespace() => list.sign(at, byte),
            _ => {}
        }
    }
    let end = ended.unwrap_or(bytes.len());
    let whole = list.open.is_empty() && !quoted;
    list.end(end, (!whole && ended.is_none()).then_some(ITEM_ENDS));
    if let (Some(_), Some(last)) = (list.comma, list.items.last_mut()) {
        last.comma = true;
    }
    let behind = bytes.get(end + 1..).unwrap_or_default();
    if ended.is_none() && whole {
        list.wrong(end, LIST_ENDS);
    } else if !behind.trim_ascii_start().is_empty() {
        list.wrong(bytes.len() - behind.trim_ascii_start().len(), LIST_ENDED);
    }
    Ok(list)
}

impl Items {
    /// A sign outside of strings.
    fn sign(&mut self, at: usize, byte: u8) {
        match byte {
            b',' if self.open.is_empty() => {
                self.odd |= self.begins.is_none();
                self.end(at, None);
                self.comma = Some(at);
                return;
            }
            b',' => {
                self.comma = Some(at);
                return;
            }
            b'{' | b'[' => {
                let no_key = self.open.last() == Some(&b'{') && self.comma.is_some();
                let behind = self.open.is_empty() && self.begins.is_some();
                if no_key || behind {
                    self.end(self.comma.filter(|_| no_key).unwrap_or(at), None);
                    self.odd |= behind;
                }
                self.content(at);
                self.open.push(byte);
            }
            b'}' | b']' => {
                let opens = if byte == b'}' { b'{' } else { b'[' };
                if let Some(depth) = self.open.iter().rposition(|b| *b == opens) {
                    self.open.truncate(depth);
                }
            }
            _ => {}
        }
        self.content(at);
    }

    /// Something of an item.
    fn content(&mut self, at: usize) {
        self.begins.get_or_insert(at);
        self.comma = None;
    }

    /// Whether a closing bracket is that of the list: no other is open, or none of its kind and nothing follows.
    fn closes(&self, bytes: &[u8], at: usize) -> bool {
        let last = || bytes.get(at + 1..).is_some_and(|rest| rest.trim_ascii().is_empty());
        self.open.is_empty() || (!self.open.contains(&b'[') && last())
    }

    /// The end of the item under way, if there is one.
    fn end(&mut self, at: usize, wrong: Option<&'static str>) {
        if let Some(begins) = self.begins.take() {
            self.items.push(Item { begins, ends: at, wrong, comma: std::mem::take(&mut self.odd) });
        }
        self.open.clear();
    }

    fn wrong(&mut self, at: usize, say: &'static str) {
        self.items.push(Item { begins: at, ends: at, wrong: Some(say), comma: false });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The items of a list as texts, those that are wrong with what is said of them.
    fn texts(of: &str) -> Vec<String> {
        let list = items(of.as_bytes()).unwrap();
        let text = |i: &Item| {
            let own = of.get(i.begins..i.ends).unwrap().trim().to_string();
            let comma = if i.comma { "?" } else { "" };
            i.wrong.map_or(format!("{own}{comma}"), |_| format!("!{own}"))
        };
        list.items.iter().map(text).collect()
    }

    #[test]
    fn a_broken_item_takes_no_other_with_it() {
        let last = r#"{"b": "]},{"}"#;
        for broken in [r#"{"a": }"#, r#"{"a": 1"#, "{\"a\": \"x\n}", r#"{"a": 1]}"#, "x", r#"{"a": {"c": 2}"#] {
            let found = texts(&format!("[{{}}, {broken},\n {last} ]"));
            assert_eq!(
                (found.first().map(String::as_str), found.last().map(String::as_str)),
                (Some("{}"), Some(last)),
                "{broken}"
            );
            assert_eq!(found.len(), 3, "{found:?}");
        }
    }

    #[test]
    fn ends_and_commas() {
        assert_eq!(texts("\u{feff} [ ]\n"), Vec::<String>::new());
        assert_eq!(texts("[1 , 2,]"), ["1", "2?"]);
        assert_eq!(texts("[{} {}]"), ["{}", "{}?"]);
        assert_eq!(texts("[{},, {}]"), ["{}", "{}?"]);
        assert_eq!(texts("[{}"), ["{}", "!"]);
        assert_eq!(texts("[{}, {\"a\""), ["{}", "!{\"a\""]);
        assert_eq!(texts("[{\"a\": 1]"), ["{\"a\": 1"]);
        assert_eq!(texts("[{}] x"), ["{}", "!"]);
        assert_eq!(items(b" {}").err().map(|w| w.rule), Some("json.array"));
    }
}
