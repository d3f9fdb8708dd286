//! Agreement beside a second measure, class by class: people agree or not, and a model gives what people gave or not.
//!
//! The second measure is that of `[clean.label_errors]` about the task: how likely, in the mean, its model finds a class where people gave
//! it. Each class is in one of four quadrants, which say what to do first; one without both numbers is in none, and why is told.
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::stage::Fact;
use std::collections::BTreeMap;

/// Agreement from which on little is in doubt, where the manifest asks for none (Krippendorff 2004: tentative conclusions).
const AGREEMENT: f64 = 0.667;

/// A model finds a class more likely than all others together.
const LIKELY: f64 = 0.5;

/// How likely a model finds each class of a task where people gave it; nothing where no step says so.
pub fn scores(s: &Session, built: &Built, task: &str) -> BTreeMap<String, String> {
    let path = format!("label.{task}");
    let own =
        s.steps.iter().zip(&built.runs).filter(|(step, _)| step.plan.answered_by.as_deref() == Some(path.as_str()));
    let rows = own.filter_map(|(_, run)| match run.facts.get("thresholds") {
        Some(Fact::Table { rows, .. }) => Some(rows),
        _ => None,
    });
    let score = |row: &Vec<String>| {
        let class = row.first()?;
        // of spans the first sign of each is the mark of its class
        let class = class.strip_prefix("B-").unwrap_or(class);
        Some((class.to_string(), row.get(1)?.clone()))
    };
    rows.flatten().filter_map(score).collect()
}

/// A class with both measures, its quadrant and what to do: lines of a table under [`HEAD`].
pub fn lines(classes: &[Vec<String>], scores: &BTreeMap<String, String>, asked: Option<f64>) -> Vec<Vec<String>> {
    let line = |row: &Vec<String>| {
        let (class, agreement) = (row.first()?, row.last()?);
        let score = scores.get(class).cloned().unwrap_or_else(|| "no model judged it".into());
        let (agree, likely) = (agreement.parse::<f64>().ok(), score.parse::<f64>().ok());
        let (quadrant, advice) = match agree.zip(likely) {
            Some((agree, likely)) => quadrant(agree >= asked.unwrap_or(AGREEMENT), likely >= LIKELY),
            None => ("in none", "one of the two is not known"),
        };
        Some([class.as_str(), agreement, &score, quadrant, advice].map(String::from).to_vec())
    };
    classes.iter().filter_map(line).collect()
}

pub const HEAD: [&str; 5] = ["class", "agreement", "model", "quadrant", "first"];

fn quadrant(agree: bool, likely: bool) -> (&'static str, &'static str) {
    match (agree, likely) {
        (true, true) => ("high, high", "release it"),
        (true, false) => {
            ("high, low", "look at the task, the features and the data: people agree, the model does not see why")
        }
        (false, true) => ("low, high", "narrow the guideline: it is too loose, or the model follows the majority"),
        (false, false) => ("low, low", "write the guideline anew and label again"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_is_in_one_quadrant_or_it_is_said_why_not() {
        let row = |class: &str, agreement: &str| [class, "9", agreement].map(String::from).to_vec();
        let classes = [
            row("a", "0.667"),
            row("b", "0.9"),
            row("c", "0.6669"),
            row("d", "0.1"),
            row("e", "0.9"),
            row("f", "undefined: no variation"),
        ];
        let scores = [("a", "0.5"), ("b", "0.4999"), ("c", "0.9"), ("d", "0.1"), ("f", "0.9"), ("g", "0.9")];
        let scores = scores.map(|(class, score)| (class.to_string(), score.to_string())).into();
        let told =
            |asked| -> Vec<String> { lines(&classes, &scores, asked).into_iter().map(|l| l[3].clone()).collect() };
        assert_eq!(told(None), ["high, high", "high, low", "low, high", "low, low", "in none", "in none"]);
        assert_eq!(told(Some(0.95)), ["low, high", "low, low", "low, high", "low, low", "in none", "in none"]);
        assert_eq!(lines(&classes, &scores, None)[4][2], "no model judged it");
    }
}
