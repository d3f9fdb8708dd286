//! Helpers that several kernels of a task use: notes about a row, and columns that only some declarations read.
use crate::stage::{Act, Delta, Fault, Rows};
use crate::table::{ArrayRef, Value, value_at};

/// A finding about one row, made by functions that do not know which row it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub act: Act,
    /// The key of the manifest that is responsible.
    pub key: String,
    pub rule: &'static str,
    pub say: String,
    /// The right row of a join that it is about.
    pub right: Option<usize>,
}

impl Note {
    pub fn new(act: Act, key: String, rule: &'static str, say: impl Into<String>) -> Note {
        Note { act, key, rule, say: say.into(), right: None }
    }
}

/// Adds to notes whose answer they are about, and what it is if words of the data may be shown.
pub fn attribute(notes: &mut [Note], open: bool, annotator: &str, answer: Option<&str>) {
    if !open {
        return;
    }
    let short = |text: &str| match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_string(),
    };
    let answer = answer.map_or(String::new(), |a| format!(", who answered `{}`", short(a)));
    for note in notes {
        note.say = format!("{}; by `{}`{answer}", note.say, short(annotator));
    }
}

/// Adds the notes about a row to the delta, as events.
pub fn tell(delta: &mut Delta, row: usize, notes: Vec<Note>) {
    for n in notes {
        delta.event(row, n.act, n.key, n.rule, n.say);
        if let Some(right) = n.right {
            delta.about(right);
        }
    }
}

/// Returns a column that only some declarations read, or `None` where this one does not.
pub fn optional(rows: &Rows, name: &str) -> Result<Option<ArrayRef>, Fault> {
    if rows.names().any(|n| n == name) { rows.column(name).map(Some) } else { Ok(None) }
}

/// Returns the value of an optional column in a row; it is null where there is no column.
pub fn slot(column: &Option<ArrayRef>, row: usize) -> Value {
    column.as_ref().map_or(Value::Null, |a| value_at(a.as_ref(), row))
}
