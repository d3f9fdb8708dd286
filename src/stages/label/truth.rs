//! `[label.TASK.gold]`: which answers are known to be right, and how often an annotator must be right.
use super::kinds::kind::Kind;
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::stage::Check;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Answers that are known to be right, by which annotators are measured.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Gold {
    /// The source below `from` that holds them. They make no label.
    #[schemars(length(min = 1))]
    pub from: At<String>,
    /// The least accuracy of an annotator: the mean over the gold samples that they answered. Without it accuracy is measured and
    /// nothing is demanded.
    #[schemars(range(min = 0, max = 1))]
    pub min_accuracy: Option<At<Decimal>>,
    /// The fewest gold samples by which an annotator is judged; who answered fewer stays, which is told. Default 5.
    #[schemars(range(min = 1))]
    pub min_items: Option<At<u32>>,
    /// Of ratings: how far from the gold answer an answer may lie and still be right. Default 0.
    #[schemars(range(min = 0))]
    pub tolerance: Option<At<Decimal>>,
    /// What happens to annotators below `min_accuracy`. Default `drop`.
    pub on_low: Option<OnLow>,
}

/// Annotators who are right too seldom.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OnLowAccuracy")]
pub enum OnLow {
    /// None of their answers counts.
    #[default]
    Drop,
    /// The build fails; also where nobody answered enough gold samples to be judged.
    Fail,
    /// It is told, and their answers count.
    Keep,
}

/// Notes what of `gold` cannot be meant.
pub fn check_gold(check: &mut Check, kind: &Kind, gold: Option<&Gold>, sources: &[&str]) {
    let Some(gold) = gold else { return };
    if !sources.contains(&gold.from.as_str()) {
        let message = format!("`{}` is no source of {}", gold.from.get(), check.path);
        let help = suggest(gold.from.get(), sources.iter().copied());
        check.bad(Diagnostic::error("T0238", gold.from.span(), message).label("not declared").help(help));
    } else if sources.len() == 1 {
        let problem = Diagnostic::error("T0238", gold.from.span(), "there is nobody to be measured by these answers");
        let help = "declare the answers of the annotators as another source of `from`";
        check.bad(problem.label("the only source of the task").help(help));
    }
    if let Some(tolerance) = gold.tolerance.as_ref().filter(|_| !kind.scale) {
        let problem = Diagnostic::error("T0219", tolerance.span(), "`tolerance` has no meaning here");
        check.bad(problem.label(format!("answers of the kind `{}` lie on no scale", kind.name)));
    }
    let keys = [("min_items", gold.min_items.is_some()), ("on_low", gold.on_low.is_some())];
    for (key, _) in keys.iter().filter(|k| k.1 && gold.min_accuracy.is_none()) {
        let own = check.manifest.span_of(&format!("{}.gold.{key}", check.path));
        let span = own.unwrap_or_else(|| check.span.clone());
        let problem = Diagnostic::error("T0219", span, format!("`{key}` has no meaning here"));
        check.bad(problem.label("without `min_accuracy` nobody is right too seldom"));
    }
}
