//! The kinds of task: a list of values. A new kind is a file here and a line in [`KINDS`].
pub(super) mod aim;
pub mod answer;
mod attribute;
mod boxes;
mod candidates;
mod class;
mod classes;
mod keypoints;
pub mod kind;
mod masks;
mod method;
mod naming;
mod oriented;
mod polygons;
mod preference;
mod problem;
mod ranking;
mod rating;
mod relations;
mod shapes;
mod spans;
mod transcription;

pub(super) use self::classes::unparted;
use self::kind::Kind;
pub(super) use self::spans::same_words;
use crate::diag::suggest;
use crate::table::{DataType, Value};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// All kinds, in the order of the reference.
pub static KINDS: &[Kind] = &[
    spans::KIND,
    relations::KIND,
    boxes::KIND,
    oriented::KIND,
    polygons::KIND,
    masks::KIND,
    keypoints::KIND,
    class::KIND,
    classes::KIND,
    attribute::KIND,
    preference::KIND,
    ranking::KIND,
    rating::KIND,
    transcription::KIND,
    answer::KIND,
];

/// The kind of a name.
pub fn named(name: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|k| k.name == name)
}

/// The kind whose answers are of this type.
pub fn answering(ty: &DataType) -> Option<&'static Kind> {
    KINDS.iter().find(|k| (k.answer)() == *ty)
}

/// An answer in words, for people; `None` if no kind has answers of this type.
pub fn words(ty: &DataType, answer: &Value) -> Option<String> {
    Some((answering(ty)?.words)(answer))
}

/// A kind is written as its name.
impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name)
    }
}

impl<'de> Deserialize<'de> for &'static Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || format!("no kind of task is `{name}`; {}", suggest(&name, KINDS.iter().map(|k| k.name)));
        named(&name).ok_or_else(|| de::Error::custom(unknown()))
    }
}

/// Keys leave the first kind out.
impl Default for &'static Kind {
    fn default() -> Self {
        &spans::KIND
    }
}

impl PartialEq for Kind {
    fn eq(&self, other: &Kind) -> bool {
        self.name == other.name
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl JsonSchema for Kind {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Kind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |k: &Kind| serde_json::json!({ "type": "string", "const": k.name, "description": k.say });
        json_schema!({ "description": "The kinds of task and what an answer to each looks like.", "oneOf": KINDS.iter().map(one).collect::<Vec<_>>() })
    }
}

#[cfg(test)]
mod tests {
    use super::kind::Take;
    use super::*;
    use crate::table::types;
    use std::collections::BTreeSet;

    #[test]
    fn each_kind_has_a_name_and_a_type_of_its_own() {
        let names: BTreeSet<&str> = KINDS.iter().map(|k| k.name).collect();
        let answers: BTreeSet<String> = KINDS.iter().map(|k| types::text(&(k.answer)())).collect();
        assert_eq!((names.len(), answers.len()), (KINDS.len(), KINDS.len()));
        for kind in KINDS {
            assert_eq!(answering(&(kind.answer)()), Some(kind));
            assert_eq!(serde_json::to_string(kind).unwrap(), format!("\"{}\"", kind.name));
            assert_eq!(serde_json::from_str::<&'static Kind>(&format!("\"{}\"", kind.name)).unwrap(), kind);
            assert!(!kind.methods.is_empty() && kind.say.ends_with('.') && kind.form.ends_with('.'), "{kind:?}");
        }
        assert!(serde_json::from_str::<&'static Kind>("\"nre\"").unwrap_err().to_string().contains("`ner`"));
    }

    /// The reference tells a default once for all kinds.
    #[test]
    fn a_problem_has_one_default_whatever_the_kind() {
        for (kind, problem) in KINDS.iter().flat_map(|k| k.problems.iter().map(move |p| (k, p))) {
            let same = KINDS.iter().filter_map(|k| k.problem(problem.name));
            let of = |p: &kind::Problem| (p.default, p.reading);
            assert!(same.map(of).all(|other| other == of(problem)), "{kind:?} {}", problem.name);
            assert_eq!(kind.problems.iter().filter(|p| p.name == problem.name).count(), 1);
            assert!(problem.say.ends_with('.'));
        }
    }

    #[test]
    fn a_released_label_is_a_column_that_gives_answers() {
        for kind in KINDS {
            assert_eq!((kind.takes)(&(kind.answer)()), Take::Yes, "{kind:?}");
        }
    }
}
