//! What the kernels of a task have in common: what is said of a row, and columns that are read in some declarations only.
use crate::stage::{Act, Delta, Fault, Rows};
use crate::table::{ArrayRef, Value, value_at};

/// Something to be said of one row, by functions that know no tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    pub act: Act,
    /// The key responsible.
    pub key: String,
    pub rule: &'static str,
    pub say: String,
}

impl Note {
    pub fn new(act: Act, key: String, rule: &'static str, say: impl Into<String>) -> Note {
        Note { act, key, rule, say: say.into() }
    }
}

/// Puts what was noted of a row into its delta.
pub fn tell(delta: &mut Delta, row: usize, notes: Vec<Note>) {
    for n in notes {
        delta.event(row, n.act, n.key, n.rule, n.say);
    }
}

/// A column that a step reads in some declarations only.
pub fn optional(rows: &Rows, name: &str) -> Result<Option<ArrayRef>, Fault> {
    if rows.names().any(|n| n == name) { rows.column(name).map(Some) } else { Ok(None) }
}

/// The slot of such a column; null without one.
pub fn slot(column: &Option<ArrayRef>, row: usize) -> Value {
    column.as_ref().map_or(Value::Null, |a| value_at(a.as_ref(), row))
}
