//! JSON arrays: a file is one list, and each object in it is a record, read as strictly as a line of JSON Lines.
//!
//! Dropped records: `json.depth`, `json.object`, `json.duplicate_key`, with the line on which the object begins; with the
//! whole file `encoding`, `json`, `json.array` (something else than a list). Finding: `json.empty` (a list of nothing).
use super::cut::members::ReadAt;
use super::cut::{Cut, Holds};
use super::encoding::{BOM, Wrong, line_at, text};
use super::format::Format;
use super::infer::{self, HEAD};
use super::json::{deeper_than, not_json, parse};
use super::options::Options;
use super::reader::{Ask, Offers, Reader, Records, Seen, Selects, Unit, adds_nothing, as_declared};
use serde_json::value::RawValue;

pub const FORMAT: Format = Format {
    reader: Some(Reader {
        version: 0,
        uses: &[],
        cut: |_| Cut::Document(Holds::Many),
        id: "content",
        selects: Selects::Names,
        text: None,
        ty: as_declared,
        adds: adds_nothing,
        read,
        offers: Offers::Columns(columns),
    }),
    ..Format::new("json", "One JSON array of objects.")
};

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let (all, objects) = match objects(unit.bytes, ask.depth_max) {
        Ok(read) => read,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    if objects.is_empty() {
        out.finding(unit, 0, 0, "json.empty", "the list holds nothing");
    }
    let (mut at, mut line) = (0, 1);
    for (n, raw) in objects.into_iter().enumerate() {
        let begins = (raw.get().as_ptr() as usize).saturating_sub(all.as_ptr() as usize);
        let passed = all.as_bytes().get(at..begins).unwrap_or_default();
        line += line_at(passed, passed.len()) - 1;
        (at, out.line) = (begins, line);
        match parse(raw.get().as_bytes(), ask.depth_max) {
            Ok(object) => drop(out.take(unit, n, raw.get().as_bytes(), &object)),
            Err(wrong) => out.reject_line(unit, n, &wrong.at(line)),
        }
    }
    out.line = 0;
}

/// The keys of the first objects of the list, as far as they lie in the head of the file.
fn columns(_: &Options, _: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    let head = read(0, HEAD).map_err(|e| e.to_string())?;
    let text = String::from_utf8_lossy(&head);
    let text = text.strip_prefix(BOM).unwrap_or(&text).trim_start();
    let mut rest = text.strip_prefix('[').ok_or("it is not a list of objects")?;
    let mut objects = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c == ',' || c.is_ascii_whitespace());
        let mut values = serde_json::Deserializer::from_str(rest).into_iter::<&RawValue>();
        let Some(Ok(raw)) = values.next() else { break };
        objects.extend(parse(raw.get().as_bytes(), 64).ok());
        rest = rest.get(values.byte_offset()..).unwrap_or_default();
    }
    Ok(infer::objects(objects.into_iter()))
}

/// The text of a file, and each item of its list where it lies there.
fn objects(bytes: &[u8], depth_max: usize) -> Result<(&str, Vec<&RawValue>), Wrong> {
    let text = text(bytes)?;
    let text = text.strip_prefix(BOM).unwrap_or(text);
    if deeper_than(text.as_bytes(), depth_max.saturating_add(1)) {
        return Err(Wrong::new("json.depth", format!("nested deeper than {depth_max} levels")));
    }
    match serde_json::from_str(text) {
        Ok(objects) => Ok((text, objects)),
        Err(e) if e.is_data() => Err(Wrong::new("json.array", "not a list of objects")),
        Err(e) => Err(not_json(e)),
    }
}
