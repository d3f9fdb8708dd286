//! What holds of texts that are collected holds of those that a model writes: the limits of `[schema]`, and the form of `[preprocess]`.
//! What `[privacy.detect]` looks for is taken out by its own step, `synthesize.NAME/private`.
use crate::manifest::forms::Forms;
use crate::manifest::sections::{SchemaSection, TextField};
use crate::model::edits::{Moved, move_span};
use crate::model::spans::Span;
use crate::stage::Check;
use serde::{Deserialize, Serialize};

/// Why a sample is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Out {
    Invalid,
    Outside,
    OtherClass,
    MentionsLost,
    Leak,
    Copied,
    Repeated,
}

/// What is asked of texts, as a recipe holds it.
#[derive(Serialize, Deserialize, Default)]
pub struct Alike {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limits: Option<TextField>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<Forms>,
}

impl Alike {
    /// What the manifest asks of a column.
    pub fn of(check: &Check, column: &str) -> Alike {
        let mut schema: SchemaSection = check.section(&["schema"]);
        let limits = schema.0.remove(column).and_then(|field| field.text).filter(|l| *l != TextField::default());
        let form = check.manifest.table(&["preprocess"]).map(|_| check.section::<Forms>(&["preprocess"]));
        Alike { limits, form: form.filter(|form| form.is_of(column)) }
    }

    /// The text and its spans in the form that all texts have, or why it is none of them.
    pub fn judged(&self, text: String, spans: Vec<Span>) -> Result<(String, Vec<Span>), Out> {
        if self.limits.as_ref().is_some_and(|limits| !limits.allows(&text)) {
            return Err(Out::Outside);
        }
        let Some((text, edits)) = self.form.as_ref().and_then(|form| form.formed(&text)) else {
            return Ok((text, spans));
        };
        let moved = |s: Span| match move_span(&edits, s.start, s.end) {
            Moved::At(start, end) => Ok(Span { start, end, class: s.class }),
            Moved::Lost => Err(Out::Invalid),
        };
        let spans = spans.into_iter().map(moved).collect::<Result<_, _>>()?;
        if text.trim().is_empty() { Err(Out::Invalid) } else { Ok((text, spans)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_judged_as_collected_ones_are() {
        let limits = Some(TextField { chars_max: Some(40), ..TextField::default() });
        let form = serde_json::from_str(r#"{"whitespace":"collapse","control":"remove"}"#).unwrap();
        let alike = Alike { limits, form: Some(form) };
        let span = |start, end| vec![Span { start, end, class: "x".into() }];
        let of = |text: &str, spans| alike.judged(text.to_string(), spans);
        assert_eq!(of("a\u{0}  b went", span(4, 5)), Ok(("a b went".into(), span(2, 3))));
        assert_eq!(of("a  b", span(2, 4)), Err(Out::Invalid), "a border within what is changed");
        assert_eq!(of("\u{1}", Vec::new()), Err(Out::Invalid), "nothing is left");
        assert_eq!(of(&"a".repeat(41), Vec::new()), Err(Out::Outside));
        assert_eq!(Alike::default().judged("a  b".into(), Vec::new()), Ok(("a  b".into(), Vec::new())));
    }
}
