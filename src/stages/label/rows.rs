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
    /// Which vote it is about: in a join the right row, else its place among the votes of the row.
    pub vote: Option<usize>,
    /// Which annotation of the vote, from 1; 0 if it is about none of them, or of several.
    pub item: usize,
}

impl Note {
    pub fn new(act: Act, key: String, rule: &'static str, say: impl Into<String>) -> Note {
        Note { act, key, rule, say: say.into(), vote: None, item: 0 }
    }
}

/// Adds to notes about a vote who gave it and, in words, what it is or the annotation that each is about.
pub fn attribute(notes: &mut [Note], annotator: &str, answer: impl Fn(&Note) -> Option<String>) {
    for note in notes {
        let answer = answer(note).map_or(String::new(), |a| format!(", who answered `{}`", short(&a)));
        note.say = format!("{}; by `{}`{answer}", note.say, short(annotator));
    }
}

/// The beginning of a name or an answer.
pub fn short(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((at, _)) => format!("{}...", text.get(..at).unwrap_or_default()),
        None => text.to_string(),
    }
}

/// Adds the notes about a row to the delta, as events.
pub fn tell(delta: &mut Delta, row: usize, notes: Vec<Note>) {
    for n in notes {
        delta.event(row, n.act, n.key, n.rule, n.say);
        if let Some(vote) = n.vote {
            delta.about(vote);
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
