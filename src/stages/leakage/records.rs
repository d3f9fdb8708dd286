//! What the kernels of `[leakage]` are told, and how entries of a summary are read and written.
use crate::model::votes::stratum_of;
use crate::stage::is_default;
use crate::table::Value;
use serde::{Deserialize, Serialize};

/// The columns that are looked at.
#[derive(Serialize, Deserialize, Default, Clone, Debug)]
pub struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    pub exact: Vec<String>,
    /// The column that names the near duplicates of a sample.
    #[serde(default, skip_serializing_if = "is_default")]
    pub near: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub group: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub origin: Vec<String>,
    /// Columns of votes.
    #[serde(default, skip_serializing_if = "is_default")]
    pub votes: Vec<String>,
    /// Labels of spans, and the text that they lie on.
    #[serde(default, skip_serializing_if = "is_default")]
    pub spans: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub time: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub shift: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub adversarial: Vec<String>,
}

impl Map {
    pub fn reads(&self) -> Vec<String> {
        let lists = [&self.exact, &self.group, &self.origin, &self.votes, &self.spans, &self.shift, &self.adversarial];
        let ones = [&self.near, &self.text, &self.time];
        let all = lists.into_iter().flatten().chain(ones.into_iter().flatten()).cloned();
        all.chain(["id".to_string(), "split".to_string()]).collect()
    }
}

#[derive(Serialize, Deserialize, Default, Clone, Debug)]
pub struct Gather {
    /// The split that the others are held against.
    #[serde(default, skip_serializing_if = "is_default")]
    pub first: String,
    /// All splits, by name.
    #[serde(default, skip_serializing_if = "is_default")]
    pub splits: Vec<String>,
    /// What is measured.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kinds: Vec<Kind>,
    /// Columns of votes and labels of spans, with what their tasks are called.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tasks: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub shift: Vec<String>,
}

/// What an entry is about.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Exact,
    Near,
    Group,
    Origin,
    Time,
    Annotator,
    Entity,
    Number,
    Class,
    Seen,
}

/// The kinds of which no value may stand in two splits.
pub const SHARED: [Kind; 4] = [Kind::Exact, Kind::Near, Kind::Group, Kind::Origin];

impl Kind {
    const ALL: [Kind; 10] = [
        Kind::Exact,
        Kind::Near,
        Kind::Group,
        Kind::Origin,
        Kind::Time,
        Kind::Annotator,
        Kind::Entity,
        Kind::Number,
        Kind::Class,
        Kind::Seen,
    ];

    pub fn name(self) -> &'static str {
        let names =
            ["exact", "near", "group", "origin", "time", "annotator", "entities", "shift", "shift", "adversarial"];
        names[self as usize]
    }

    pub fn rule(self) -> String {
        format!("leak.{}", self.name())
    }

    /// What is wrong, of no sample in particular.
    pub fn say(self) -> &'static str {
        match self {
            Kind::Exact => "a sample of another split is the same",
            Kind::Near => "a sample of another split is nearly the same, or a part of the same picture",
            Kind::Group => "a sample of another split is of the same group",
            Kind::Origin => "a sample of another split is of the same origin",
            Kind::Time => "it is not later than all that is trained on",
            _ => "it is like a sample of another split",
        }
    }
}

/// What a sample has in common with one of another split.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Leak {
    pub kind: Kind,
    /// The column of the value; empty where all of them together are compared.
    #[serde(default, skip_serializing_if = "is_default")]
    pub column: String,
    /// The other sample, and its split.
    pub id: String,
    pub split: String,
}

impl Leak {
    pub fn say(&self) -> String {
        let (column, other) = (&self.column, format!("`{}` of `{}`", self.id, self.split));
        match self.kind {
            Kind::Exact => format!("the same as {other}"),
            Kind::Near => format!("a near duplicate of {other}, or of one between them, or a part of the same picture"),
            Kind::Group => format!("of the same group by `{column}` as {other}"),
            Kind::Origin => format!("of the same origin by `{column}` as {other}"),
            Kind::Time => format!("not later than {other}, which is trained on"),
            _ => format!("like {other}"),
        }
    }
}

/// What a sample holds that has no value of a kind.
pub const NOTHING: &[u8] = &[];

/// The key of an entry: what it is about, of which column, and what it holds.
pub fn key(kind: Kind, column: &str, rest: &[u8]) -> Vec<u8> {
    [&[kind as u8], column.as_bytes(), &[0], rest].concat()
}

/// A key read back.
pub fn of_key(key: &[u8]) -> Option<(Kind, &str, &[u8])> {
    let (kind, rest) = key.split_first()?;
    let end = rest.iter().position(|b| *b == 0)?;
    let column = std::str::from_utf8(rest.get(..end)?).ok()?;
    Some((*Kind::ALL.get(usize::from(*kind))?, column, rest.get(end + 1..)?))
}

/// The value of an entry: a split, and what else is known.
pub fn valued(split: &str, rest: &[u8]) -> Vec<u8> {
    [split.as_bytes(), &[0], rest].concat()
}

/// A value read back.
pub fn of_value(value: &[u8]) -> Option<(&str, &[u8])> {
    let end = value.iter().position(|b| *b == 0)?;
    Some((std::str::from_utf8(value.get(..end)?).ok()?, value.get(end + 1..)?))
}

/// The classes that a value names, once each: of a list its items, of a record the whole of it. That there are none is a class,
/// and so is that nothing is known.
pub fn classes(value: &Value) -> Vec<String> {
    let mut out = match value {
        Value::Null => return vec!["null".to_string()],
        Value::Bool(truth) => return vec![format!("={truth}")],
        Value::Text(text) => return vec![format!("={text}")],
        other => stratum_of(other),
    };
    out.sort();
    out.dedup();
    if out.is_empty() { vec![String::new()] } else { out.into_iter().map(|class| format!("={class}")).collect() }
}

/// A number between facts: so many digits are told.
pub fn decimal(value: f64) -> String {
    format!("{value:.6}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_back() {
        for kind in Kind::ALL {
            assert_eq!(of_key(&key(kind, "label.ner", &[0, 7])), Some((kind, "label.ner", &[0u8, 7][..])));
        }
        assert_eq!(of_value(&valued("test", &[0, 1])), Some(("test", &[0u8, 1][..])));
        assert_eq!((of_key(&[99, 0]), of_value(b"x")), (None, None));
    }
}
