//! The label of another task whose shapes or spans a task is about.
use super::kinds::aim::{Aim, Place};
use super::kinds::kind::Kind;
use super::kinds::named;
use crate::diag::{Diagnostic, suggest};
use crate::manifest::read;
use crate::manifest::values::At;
use crate::model::shapes::places;
use crate::model::spans::Span;
use crate::stage::Check;
use crate::table::{Cell, DataType, Value, list};
use serde::Deserialize;

/// As much of a task as says what its answers are.
#[derive(Deserialize)]
struct Declared {
    task: String,
}

/// Notes a target that is missing, is the label of no shapes, or has no meaning.
pub fn check_target(check: &mut Check, kind: &Kind, target: Option<&At<String>>) {
    let Some(target) = target else {
        if kind.on_shapes {
            let problem = Diagnostic::error("T0805", check.span.clone(), format!("{} has no target", check.path));
            let help = "target = \"label.NAME\" names the task whose shapes or spans are judged";
            check.bad(problem.label("needs `target`").help(help));
        }
        return;
    };
    if !kind.on_shapes {
        let span = check.manifest.span_of(&format!("{}.target", check.path)).unwrap_or_else(|| check.span.clone());
        let problem = Diagnostic::error("T0219", span, "`target` has no meaning here");
        check.bad(problem.label("only a task of the kind `attribute` is about the shapes of another one"));
        return;
    }
    // which tasks there are says the manifest: that of the target may be declared later, where it is wrong itself
    let tasks: Vec<(String, Option<&Kind>)> = check
        .manifest
        .instances(&["label"])
        .into_iter()
        .map(|(name, _, table)| {
            (format!("label.{name}"), read::<Declared>(table).ok().and_then(|own| named(&own.task)))
        })
        .collect();
    match tasks.iter().find(|(label, _)| label == target.as_str()) {
        Some((_, Some(of))) if !aimed(&(of.answer)()) => {
            let message = format!("`{}` is no label of shapes or spans", target.get());
            let problem = Diagnostic::error("T0806", target.span(), message);
            let help = "a task of boxes, outlines, masks, points or spans can be the target of another one";
            check.bad(problem.label("nothing in it can be judged by itself").help(help));
        }
        Some(_) => {}
        None => {
            let fit = tasks.iter().filter(|(_, of)| of.is_some_and(|of| aimed(&(of.answer)())));
            let help = suggest(target.as_str(), fit.map(|(label, _)| label.as_str()));
            let problem = Diagnostic::error("T0805", target.span(), format!("no task gives `{}`", target.get()));
            check.bad(problem.label("no such table").help(help));
        }
    }
}

/// The key of a source that only answers about shapes have, and why it has no meaning elsewhere.
pub fn spare_of_shapes(kind: &Kind, attribute: bool, shape: bool) -> Option<(&'static str, &'static str)> {
    let why = "only a task of the kind `attribute` is about the shapes of another one";
    let keys = [("attribute", attribute), ("fields.shape", shape)];
    keys.into_iter().find(|key| key.1 && !kind.on_shapes).map(|key| (key.0, why))
}

/// Whether a label of this type is a list of shapes or of spans.
fn aimed(ty: &DataType) -> bool {
    *ty == list(Span::ty()) || places(ty).is_some()
}

/// The shapes or spans of a label in their order; none where there is no label.
pub fn aims(ty: &DataType, label: &Value) -> Vec<Aim> {
    let spans = || Vec::<Span>::from_value(label);
    let span = |s: Span| Aim { class: s.class, at: Place::Span(s.start, s.end) };
    let shape = |(class, at): (String, Option<[f64; 4]>)| Aim { class, at: at.map_or(Place::Nowhere, Place::Box) };
    match places(ty) {
        Some(read) => read(label).unwrap_or_default().into_iter().map(shape).collect(),
        None => spans().unwrap_or_default().into_iter().map(span).collect(),
    }
}
