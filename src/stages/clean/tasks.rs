//! What rules about labels share: the task that they name.
use crate::diag::{Diagnostic, suggest};
use crate::manifest::values::At;
use crate::stage::*;

/// A task that a rule names.
pub struct Of {
    /// The column of its labels.
    pub label: String,
    pub kind: String,
    pub classes: Vec<String>,
}

/// The task of a name; notes that there is none.
pub fn task_of(check: &mut Check, task: &At<String>) -> Option<Of> {
    let label = format!("label.{}", task.get());
    let found = check.columns_of("samples").find(|c| c.0 == label).map(|c| c.1.role.clone());
    if let Some(Role::Label { kind, classes, .. }) = found {
        return Some(Of { label, kind, classes });
    }
    let tasks: Vec<String> = check.manifest.instances(&["label"]).into_iter().map(|t| t.0).collect();
    let problem = Diagnostic::error("T0580", task.span(), format!("there is no [{label}]"));
    check.bad(problem.label(suggest(task.get(), tasks.iter().map(String::as_str))));
    None
}
