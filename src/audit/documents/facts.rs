//! What documents are compared with, and what all of them have in common: keys that are demanded, paths, sums and sizes.
use super::super::cells::Table;
use super::super::folder::Folder;
use super::super::kinds::{Kind, Splits};
use super::super::ledger::Counts;
use super::super::told::Told;
use serde_json::Value as Json;
use std::collections::BTreeMap;

/// What documents are compared with.
pub struct Facts<'f, 'w> {
    pub folder: &'f Folder<'w>,
    pub kinds: &'f BTreeMap<String, Kind>,
    /// What was read of each table.
    pub tables: &'f BTreeMap<String, Table>,
    pub splits: &'f Splits,
    /// How often classes stand, by family of files and label.
    pub classes: &'f BTreeMap<(String, String), Counts>,
}

/// A text of an object; empty ones are none.
pub fn text<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key).and_then(Json::as_str).filter(|t| !t.trim().is_empty())
}

/// A value as a list: one is a list of itself, none an empty one.
pub fn list<'j>(json: &'j Json, key: &str) -> Vec<&'j Json> {
    match json.get(key) {
        None | Some(Json::Null) => Vec::new(),
        Some(Json::Array(items)) => items.iter().collect(),
        Some(other) => vec![other],
    }
}

/// Whether something stands at a key.
pub fn stands(json: &Json, key: &str) -> bool {
    match json.get(key) {
        None | Some(Json::Null) => false,
        Some(Json::String(t)) => !t.trim().is_empty(),
        Some(Json::Array(items)) => !items.is_empty(),
        Some(Json::Object(fields)) => !fields.is_empty(),
        _ => true,
    }
}

/// Demands that keys stand in an object.
pub fn demand(path: &str, row: &str, json: &Json, keys: &[&str], by: &str, told: &mut Told) {
    for key in keys.iter().filter(|key| !stands(json, key)) {
        told.fault("document.missing", path, row, *key, format!("is missing, and {by} demands it"));
    }
}

/// A sum of a file that a document tells.
pub fn sum(facts: &Facts, path: &str, row: &str, field: &str, file: &str, hex: &str, told: &mut Told) {
    let Some(entry) = facts.folder.get(file) else { return };
    if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
        told.fault("document.sum", path, row, field, "is no SHA-256 of 64 hex digits");
    } else if !entry.sha256.eq_ignore_ascii_case(hex) {
        told.fault("document.sum", path, row, field, format!("is not the SHA-256 of {file}"));
    }
}

/// The length of a file that a document tells: `4096`, or `4096 B`.
pub fn size(facts: &Facts, path: &str, row: &str, field: &str, file: &str, said: &Json, told: &mut Told) {
    let Some(entry) = facts.folder.get(file) else { return };
    let words = said.as_str().map_or_else(|| said.to_string(), String::from);
    let bare = words.trim().trim_end_matches("bytes").trim_end_matches(['B', ' ']).trim();
    match bare.parse::<u64>() {
        Ok(n) if n == entry.size => {}
        Ok(n) => {
            told.fault("document.size", path, row, field, format!("says {n} bytes, and {file} has {}", entry.size))
        }
        Err(_) => told.unchecked(format!("{path}: {row}: the size `{words}` is not read")),
    }
}

/// A path that a document names, below its own folder; what leaves the folder is a fault.
pub fn file<'f>(facts: &'f Facts, path: &str, row: &str, field: &str, named: &str, told: &mut Told) -> Option<&'f str> {
    let plain = decoded(named.trim_start_matches("./"));
    if plain.starts_with('/') || plain.split('/').any(|part| part == "..") {
        told.fault("document.path", path, row, field, format!("{named} leads out of the folder"));
        return None;
    }
    let base = super::super::folder::folder_of(path);
    let own = if base.is_empty() { plain.clone() } else { format!("{base}/{plain}") };
    let found = facts.folder.files.get_key_value(&own).map(|(p, _)| p.as_str());
    if found.is_none() && !plain.contains("://") {
        told.fault("document.path", path, row, field, format!("names {named}, which is not there"));
    }
    found
}

/// A path out of an address: `%20` is a space.
pub fn decoded(path: &str) -> String {
    let (mut out, mut rest) = (Vec::new(), path.as_bytes());
    while let Some((b, behind)) = rest.split_first() {
        let hex = behind.first_chunk::<2>().filter(|_| *b == b'%').and_then(|d| std::str::from_utf8(d).ok());
        match hex.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = behind.get(2..).unwrap_or_default();
            }
            None => {
                out.push(*b);
                rest = behind;
            }
        }
    }
    String::from_utf8(out).unwrap_or_else(|_| path.to_string())
}

/// Whether a text is a day, `2026-01-31`, or begins with one.
pub fn day(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let rest = text.get(10..)?;
    (crate::model::days::number(day).is_some() && (rest.is_empty() || rest.starts_with(['T', ' ']))).then_some(day)
}
