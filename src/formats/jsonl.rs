//! JSON Lines: one JSON object a line, read strictly and written with its keys in the order of the release.
//!
//! Dropped records: `encoding`, `json`, `json.depth`, `json.object`, `json.duplicate_key`.
use super::back::{Values, each_line, of_lines};
use super::chat::{self, CHAT};
use super::cut::Split;
use super::cut::members::ReadAt;
use super::doubt::{Doubt, LOOKED};
use super::encoding::{self, ENCODING, recoded};
use super::format::Format;
use super::infer::{self, HEAD};
use super::json;
use super::lines::{cut_text, each_record, each_unit};
use super::options::Options;
use super::reader::{Ask, Offers, Reader, Records, Seen, Selects, Unit};
use super::spelling::{DATE, FALSE, NULL, TRUE};
use super::tokens::{self, JOIN, TOKENS};
use super::writer::{Needs, Place, Sheet, Writer, length_alone, one_after_another};
use crate::table::slots::{Slots, Style};
use serde::Deserialize;
use std::borrow::Cow;
use std::io::BufRead;

pub const FORMAT: Format = Format {
    options: &[TOKENS, JOIN, CHAT, ENCODING, DATE, FALSE, NULL, TRUE],
    unfit: json::unfit,
    several,
    reader: Some(Reader {
        version: 5, // what blocks a path through objects is told; spellings; numbers that are kept as text have all digits
        uses: &[],
        cut: |options| cut_text(options, Split::Lines),
        id: "content",
        own_id: None,
        selects: Selects::Names,
        text: tokens::text,
        ty: chat::ty,
        adds: |options, selected| tokens::adds(tokens::text(options), selected),
        read,
        offers: Offers::Columns(columns),
    }),
    writer: Some(Writer {
        version: 1, // floats keep their point
        uses: &[],
        files: "jsonl/SPLIT-NNNNN.jsonl",
        doc: "",
        needs: Needs { columns: true, nameless: true, ..Needs::NONE },
        encode: |sheet, _| Ok(lines(sheet, None)),
        outline: length_alone,
        join: one_after_another,
        samples: Some(samples),
        values: Some(Values { pieces: false, read: |input, back, tell| of_lines(input, back, false, tell) }),
        place: Place::Line,
        table: true,
        loses: &[],
        index: None,
    }),
    ..Format::new("jsonl", "One JSON object a line.")
};

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    each_unit(ask, unit, out, |unit, encoding, out| {
        for (n, own) in each_record(ask, &Split::Lines, unit.bytes) {
            out.next(own);
            let own = match recoded(own, encoding) {
                Ok(own) => own,
                Err(wrong) => {
                    out.reject(unit, n, &wrong);
                    continue;
                }
            };
            match json::parse_asked(&own, ask) {
                Ok(object) => json::take(ask, out, (unit, n, &own), &object),
                Err(wrong) => out.reject(unit, n, &wrong),
            }
        }
    });
}

/// The keys of the first objects. The last line may be cut off, and lines that are no objects are told when they are read.
fn columns(options: &Options, len: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    let head = read(0, HEAD).map_err(|e| e.to_string())?;
    let breaks_off = (head.len() as u64) < len && head.len() as u64 >= HEAD; // of a packed file the length is not known
    let head = encoding::head(&head, options.text(&ENCODING));
    let whole = if breaks_off { memchr::memrchr(b'\n', &head).unwrap_or(0) } else { head.len() };
    if breaks_off && head.get(..whole).unwrap_or_default().trim_ascii().is_empty() {
        return Err(infer::BEYOND.into());
    }
    let lines = head.get(..whole).unwrap_or_default().split(|b| *b == b'\n');
    let mut lines = lines.filter(|line| !line.trim_ascii().is_empty()).map(|line| json::parse(line, 64)).peekable();
    if let (Some(Err(wrong)), false) = (lines.peek().cloned(), lines.clone().any(|line| line.is_ok())) {
        return Err(format!("no line at its beginning is a record: {}", wrong.say));
    }
    Ok(chat::columns(options, infer::objects(lines.filter_map(Result::ok))))
}

/// What the first objects tell of columns of several types.
fn several(options: &Options, len: u64, read: &ReadAt) -> Vec<Doubt> {
    let Ok(head) = read(0, LOOKED.min(len.max(1))) else { return Vec::new() };
    let whole = if (head.len() as u64) < len { memchr::memrchr(b'\n', &head).unwrap_or(0) } else { head.len() };
    let lines = head.get(..whole).unwrap_or_default().split(|b| *b == b'\n');
    chat::doubts(options, infer::doubts(lines.filter_map(|line| json::parse(line, 64).ok())))
}

/// An object for each row; in front of a row's own keys stand those of `first`.
pub fn lines(sheet: &Sheet, first: Option<&dyn Fn(usize) -> String>) -> Vec<u8> {
    let key = |name: &str| format!("{}: ", serde_json::Value::from(name)).into_bytes();
    let columns: Vec<_> =
        sheet.columns.iter().map(|(name, array)| (key(name), Slots::of(array.as_ref(), Style::Released))).collect();
    let mut out = Vec::new();
    for row in 0..sheet.rows {
        let before = first.map_or(String::new(), |of| of(row));
        out.push(b'{');
        out.extend_from_slice(before.as_bytes());
        for (n, (key, slots)) in columns.iter().enumerate() {
            out.extend_from_slice(if n > 0 || !before.is_empty() { b", " } else { b"" });
            out.extend_from_slice(key);
            slots.put(row, &mut out);
        }
        out.extend_from_slice(b"}\n");
    }
    out
}

/// As much of a released object as its id needs.
#[derive(Deserialize)]
struct Named<'l> {
    #[serde(borrow, default)]
    id: Option<Cow<'l, str>>,
}

/// The id of each line. An empty line is none that a release writes.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    each_line(input, &mut |line| {
        tell(object::<Named>(line)?.id.as_deref());
        Ok(())
    })
}

/// As much of a line of an image folder as its picture needs.
#[derive(Deserialize)]
struct Pictured<'l> {
    #[serde(borrow, default)]
    file_name: Option<Cow<'l, str>>,
}

/// The picture of each line that names one.
pub fn pictures(input: &mut dyn BufRead, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
    each_line(input, &mut |line| {
        if !line.is_empty()
            && let Some(name) = object::<Pictured>(line)?.file_name
        {
            tell(&name);
        }
        Ok(())
    })
}

fn object<'l, T: Deserialize<'l>>(line: &'l [u8]) -> Result<T, String> {
    match line.first() {
        Some(b'{') => serde_json::from_slice(line).map_err(|e| format!("does not read: {e}")),
        _ => Err("is no JSON object".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_in_lines() {
        let mut seen = Vec::new();
        assert!(
            samples(&mut &b"{\"id\": \"x\"}\ngarbage\n"[..], &mut |_| ()).is_err_and(|say| say.starts_with("line 2 "))
        );
        assert!(samples(&mut &b"{\"id\": \"x\"}\n\n"[..], &mut |_| ()).is_err());
        let text = "{\"id\": \"x\", \"text\": \"\"}\n{}\n{\"id\": \"a\\u0062\"}\n";
        samples(&mut text.as_bytes(), &mut |id| seen.push(id.map(str::to_string))).unwrap();
        assert_eq!(seen, [Some("x".into()), None, Some("ab".into())]);
    }
}
