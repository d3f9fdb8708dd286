//! Releases that hold samples that were made: what they tell of them, and what they may not be.
use super::columns::{columns, span_of};
use crate::diag::Diagnostic;
use crate::manifest::values::{AllOr, At};
use crate::model::synthetic::{BY, PARENTS};
use crate::model::weights;
use crate::stage::Check;

/// The columns of a release, and what `synthetic.by` says of the samples that it holds beside those that were collected. `named` is
/// whether samples keep their ids, `anonymous` whether it hides people.
pub fn settled(
    check: &mut Check,
    augment: &[At<String>],
    (named, anonymous): (bool, bool),
    wanted: Option<&AllOr<At<String>>>,
    of: Option<&At<String>>,
) -> (Vec<String>, Vec<String>) {
    let children = check.children(augment);
    let told: &[&str] = match (augment.is_empty(), named) {
        (true, _) => &[],
        (false, true) => &[BY, PARENTS],
        (false, false) => &[BY],
    };
    let weight = of.map(|of| weights::column(of));
    let columns = columns(check, wanted, told, weight.as_deref());
    check_told(check, augment, (named, anonymous), wanted, &columns);
    (columns, children)
}

/// What the card tells of samples that were made, as facts by what they are called: how many each table made of the whole data set, and
/// by which model.
pub fn told(check: &Check, children: &[String]) -> Option<(String, Vec<(String, String)>)> {
    let told = |by: &String| {
        let table: Vec<&str> = by.splitn(2, '.').chain(["endpoint"]).collect();
        let model = check.manifest.table(&table).and_then(|(_, endpoint)| {
            Some(endpoint.get_ref().as_table()?.get("model")?.get_ref().as_str()?.to_string())
        });
        let what = match model {
            Some(model) => format!("{by}, written by the language model {model}"),
            None => by.clone(),
        };
        (what, format!("{by}.born"))
    };
    (!children.is_empty()).then(|| ("Synthetic samples".to_string(), children.iter().map(told).collect()))
}

/// Who reads a release that holds children can tell them, and learns no collected id that the release hides. A release that hides
/// people holds none: each child of a person would be counted as one more.
fn check_told(
    check: &mut Check,
    augment: &[At<String>],
    (named, anonymous): (bool, bool),
    wanted: Option<&AllOr<At<String>>>,
    columns: &[String],
) {
    let Some(first) = augment.first().map(At::span) else { return };
    let has = |name: &str| columns.iter().any(|c| c == name);
    if !has(BY) && check.column("samples", BY).is_some() {
        let message = format!("{} holds samples that were made, and nothing in it would say so", check.path);
        let problem = Diagnostic::error("T0617", first.clone(), message).label("needs the column `synthetic.by`");
        check.bad(problem.help("add \"synthetic.by\" to `columns`"));
    }
    if has(PARENTS) && !named {
        let span = span_of(check, wanted, PARENTS);
        let problem = Diagnostic::error("T0617", span, "`synthetic.parents` tells the ids that `ids` hides");
        check.bad(problem.label("leave this column out"));
    }
    if anonymous {
        let problem = Diagnostic::error("T0618", first, "children of a person would be counted as more persons");
        check.bad(problem.label("an anonymous release holds what was collected alone"));
    }
}
