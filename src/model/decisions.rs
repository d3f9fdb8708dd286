//! What people decided of single samples: lines of a file that is kept beside the manifest.
use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A line of a file of decisions. Its fields are written in this order.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Decided {
    /// The sample.
    pub id: String,
    /// The table whose step asked, `label.topic`.
    pub step: String,
    pub decision: Verdict,
    /// The label of a decision `label`, as the kind of task writes answers; an empty list says that there is nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Json>,
    /// Who decided.
    pub by: String,
    /// What the decision was made on, as [`seen`] gives it; older lines have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
    /// Whose decisions this one settles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub over: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was decided.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The sample stays as it is.
    Keep,
    /// It leaves the data set.
    Drop,
    /// It has this label, whatever the annotators said.
    Label,
}

impl Decided {
    /// The line of the file, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// What somebody saw who decided of a sample: 16 hex digits of its content and of the answers to it. Equal answers in another
/// order, or under another version of the guideline, are the same.
pub fn seen(content: &str, answers: impl IntoIterator<Item = (String, Json)>) -> String {
    let mut answers: Vec<(String, String)> = answers.into_iter().map(|(by, a)| (by, a.to_string())).collect();
    answers.sort();
    let bytes = serde_json::to_vec(&(content, answers)).unwrap_or_default();
    Digest::derive("tamis seen 1", &bytes).hex().chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_and_older_lines_read_too() {
        let old = r#"{"id":"a","step":"label.t","decision":"keep","by":"kim"}"#;
        let line: Decided = serde_json::from_str(old).unwrap();
        assert_eq!(line.line(), old);
        let new = r#"{"id":"a","step":"label.t","decision":"label","value":["x"],"by":"kim","seen":"0a","over":["lee"],"note":"n"}"#;
        assert_eq!(serde_json::from_str::<Decided>(new).unwrap().line(), new);
        assert!(serde_json::from_str::<Decided>(r#"{"id":"a","step":"s","decision":"maybe","by":"kim"}"#).is_err());
    }

    #[test]
    fn what_was_seen_does_not_depend_on_the_order_of_answers() {
        let of = |text: &str, answers: &[(&str, &str)]| {
            seen(text, answers.iter().map(|(by, a)| (by.to_string(), Json::from(*a))))
        };
        let one = of("text", &[("kim", "x"), ("lee", "y")]);
        assert_eq!(one, of("text", &[("lee", "y"), ("kim", "x")]));
        assert_eq!(one.len(), 16);
        assert_ne!(one, of("text", &[("kim", "y"), ("lee", "x")]));
        assert_ne!(one, of("other", &[("kim", "x"), ("lee", "y")]));
    }
}
