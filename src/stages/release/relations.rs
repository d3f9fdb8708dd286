//! Which relations a format writes beside the spans of its label.
use crate::diag::Diagnostic;
use crate::stage::{Check, Columns, Role};
use std::ops::Range;

/// The relations between the spans of a format's label. A format that holds one such label is given no other.
pub fn relations(check: &mut Check, name: &str, span: Range<usize>, columns: &[String]) -> Option<String> {
    let known = check.columns;
    let all: Vec<&String> = columns.iter().filter(|c| is_label(known, c, "relations")).collect();
    if let [first, second, ..] = all.as_slice() {
        let message =
            format!("the format {name} holds the relations of one task, and here are `{first}` and `{second}`");
        let help = format!("name `columns` without one of them, or write {name} in a release of its own");
        check.bad(Diagnostic::error("T0351", span, message).label("it is not said which").help(help));
        return None;
    }
    all.first().map(|label| (*label).clone())
}

/// Whether a column is the label of a task of that kind.
pub fn is_label(known: &Columns, column: &str, kind: &str) -> bool {
    let column = known.get("samples").and_then(|of| of.get(column));
    column.is_some_and(|c| matches!(&c.role, Role::Label { kind: own, .. } if own == kind))
}
