//! What a program is asked: a line that says how many rows come, then each row as a line of JSON.
//!
//! ```json
//! {"$tamis": 1, "$rows": 2}
//! {"id": "a", "caption": "a cat"}
//! {"id": "b", "caption": null}
//! ```
use super::params::Map;
use crate::stage::*;
use crate::table::ArrayRef;
use crate::table::slots::{Slots, Style, plain};

/// The version of the lines.
const LINES: u32 = 1;

/// How the line begins that ends an answer.
pub const END: &[u8] = b"{\"$rows\"";

/// Whether a line ends an answer.
pub fn ends(line: &[u8]) -> bool {
    line.starts_with(END)
}

/// The living rows as lines.
pub fn question(p: &Map, rows: &Rows, living: &[(usize, &str)]) -> Result<Vec<u8>, Fault> {
    let mut columns: Vec<(String, ArrayRef)> = Vec::new();
    for name in &p.reads {
        columns.push((quoted(name), rows.column(name)?));
    }
    let slots: Vec<(&str, Slots)> =
        columns.iter().map(|(key, array)| (key.as_str(), Slots::of(array.as_ref(), Style::Released))).collect();
    let mut out = format!("{{\"$tamis\": {LINES}, \"$rows\": {}}}\n", living.len()).into_bytes();
    for (row, id) in living {
        out.extend_from_slice(b"{\"id\": ");
        plain(id, &mut out);
        for (key, slots) in &slots {
            out.extend_from_slice(b", ");
            out.extend_from_slice(key.as_bytes());
            out.extend_from_slice(b": ");
            slots.put(*row, &mut out);
        }
        out.extend_from_slice(b"}\n");
    }
    Ok(out)
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
