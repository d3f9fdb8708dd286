//! What a release hides: which columns of which splits, and which formats then have no file of one.
use super::columns::{released_name, span_of};
use crate::diag::Diagnostic;
use crate::digest::Hasher;
use crate::manifest::hidden::{Hidden, answering};
use crate::manifest::values::{AllOr, At};
use crate::stage::{Check, Gate, is_default};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// A format of the release, as far as it may have to do without answers.
pub struct Held {
    pub format: &'static str,
    /// It cannot.
    pub answers: bool,
    /// Pictures lie beside its files.
    pub pictures: bool,
    /// The label that it holds, if it holds one.
    pub label: Option<String>,
    pub span: Range<usize>,
}

/// What a release hides.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Withheld {
    /// The hidden columns of each split, released ones and those that tell of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub columns: BTreeMap<String, Vec<String>>,
    /// The formats that have no file of a split.
    #[serde(default, skip_serializing_if = "is_default")]
    pub without: BTreeMap<String, Vec<String>>,
    /// The formats of one label whose file of a split has no answers.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unanswered: BTreeMap<String, Vec<String>>,
}

impl Withheld {
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Whether a column is hidden in any split.
    pub fn hides(&self, column: &str) -> bool {
        self.columns.values().flatten().any(|c| c == column)
    }

    /// Whether a format has no file of a split.
    pub fn lacks(&self, format: &str, split: &str) -> bool {
        self.without.get(split).is_some_and(|of| of.iter().any(|f| f == format))
    }

    /// Whether the file of a split has no answers in a format.
    pub fn is_unanswered(&self, format: &str, split: &str) -> bool {
        self.unanswered.get(split).is_some_and(|of| of.iter().any(|f| f == format))
    }

    /// The splits in which a column is hidden.
    pub fn splits_without(&self, column: &str) -> Vec<String> {
        let own = self.columns.iter().filter(|(_, of)| of.iter().any(|c| c == column));
        own.map(|(split, _)| split.clone()).collect()
    }

    /// The released columns that are hidden, by split, as the files call them.
    pub fn told(&self, columns: &[String]) -> BTreeMap<String, Vec<String>> {
        let own = |of: &Vec<String>| of.iter().filter(|c| columns.contains(c)).map(|c| released_name(c)).collect();
        self.columns.iter().map(|(split, of)| (split.clone(), own(of))).collect()
    }
}

/// Whether a gate stands on what a column holds that is hidden somewhere: counts of the classes of a label, or how far the splits
/// differ in it. Who knows what such a fact is knows more than the release tells.
pub fn measures(check: &Check, gate: &Gate) -> bool {
    let counted = gate.fact.strip_prefix("label.").and_then(|rest| rest.split_once(".count."));
    let counted = counted.map(|(task, _)| format!("label.{task}"));
    let columns: Vec<String> = gate.columns.iter().cloned().chain(counted).collect();
    !Hidden::of(check.manifest).columns(check.manifest, &columns).is_empty()
}

/// What a release hides, of columns that it writes and those that it needs besides.
pub fn withheld(
    check: &mut Check,
    wanted: Option<&AllOr<At<String>>>,
    (columns, extra): (&[String], &[String]),
    formats: &[Held],
) -> Withheld {
    let hidden = Hidden::of(check.manifest);
    if hidden.is_empty() {
        return Withheld::default();
    }
    let mut all: Vec<String> = Vec::new();
    columns.iter().chain(extra).for_each(|c| {
        if !all.contains(c) {
            all.push(c.clone());
        }
    });
    let of = hidden.columns(check.manifest, &all);
    let (mut without, mut unanswered): (BTreeMap<_, _>, BTreeMap<_, _>) = Default::default();
    for (split, own) in &of {
        let hidden = |f: &&Held| f.label.as_ref().is_some_and(|label| own.contains(label));
        let (lacking, silent): (Vec<&Held>, Vec<&Held>) = formats.iter().filter(hidden).partition(|f| f.answers);
        let names = |of: &[&Held]| of.iter().map(|f| f.format.to_string()).collect::<Vec<String>>();
        // pictures lie beside their files, and are there without them
        if lacking.len() == formats.len() && !lacking.is_empty() && !formats.iter().any(|f| f.pictures) {
            let message = format!("no format of {} can hold a sample of `{split}` without its answer", check.path);
            let span = formats.first().map_or(check.span.clone(), |f| f.span.clone());
            let problem = Diagnostic::error("T0789", span, message).label("`[split] hide` hides what they are made of");
            check.bad(problem.help("add `jsonl` or `parquet`"));
        }
        without.insert(split.clone(), names(&lacking));
        unanswered.insert(split.clone(), names(&silent));
    }
    without.retain(|_, names: &mut Vec<String>| !names.is_empty());
    unanswered.retain(|_, names: &mut Vec<String>| !names.is_empty());
    // a format or the card may write what is no released column, such as the folder of a picture
    check_sources(check, wanted, &all, &of);
    Withheld { columns: of, without, unanswered }
}

/// Answers stand in the columns that they were collected in, too.
fn check_sources(
    check: &mut Check,
    wanted: Option<&AllOr<At<String>>>,
    columns: &[String],
    of: &BTreeMap<String, Vec<String>>,
) {
    let told = answering(check.manifest);
    for (split, own) in of {
        for column in columns.iter().filter(|c| !own.contains(c)) {
            let drawn = column == "objects" || column.starts_with("objects.");
            let answers = |(from, label): &&(String, String)| from == column && own.contains(label);
            let label = told.iter().find(answers).map(|(_, label)| label.clone());
            let Some(label) = label.or_else(|| drawn.then(|| "what is drawn".to_string())) else { continue };
            let message = format!("`{column}` tells `{label}`, which is hidden in `{split}`");
            let span = span_of(check, wanted, column);
            let problem = Diagnostic::error("T0790", span, message).label("the answers were collected in this column");
            check.bad(
                problem.help(format!("hide it too: `hide = {{ {split} = [\"{column}\", ...] }}`; or leave it out")),
            );
        }
    }
}

/// A text that stands nowhere but in a release of a benchmark: who finds it in the words of a model knows that the model has read
/// the release. It stays the same from version to version.
pub fn canary(dataset: &str, release: &str) -> String {
    let mut of = Hasher::derive("tamis canary 1");
    of.update(format!("{dataset}\0{release}").as_bytes());
    format!("canary {}", of.finish().hex().get(..32).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_is_of_one_release() {
        assert_eq!(canary("a", "b"), canary("a", "b"));
        assert_ne!(canary("a", "bc"), canary("ab", "c"));
        assert_eq!(canary("a", "b").len(), "canary ".len() + 32);
    }
}
