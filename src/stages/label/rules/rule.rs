//! What a rule is: a value that says what it demands, which keys of the manifest it reads, and which annotations break it.
use crate::manifest::Decimal;
use crate::stage::Act;
use crate::table::{Cell, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A rule.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Its key below `rules`, and the name of its fact. Keys of tasks hold it, so it never changes.
    pub name: &'static str,
    /// What the ledger calls an annotation that breaks it.
    pub finding: &'static str,
    /// What it demands, in sentences of the reference.
    pub say: &'static str,
    /// What `fix` does, for rules that can mend an annotation.
    pub fix: Option<&'static str>,
    /// The keys that it reads beside `action` and `classes`.
    pub keys: &'static [&'static str],
    /// At least one of these must be there.
    pub needs: &'static [&'static str],
    /// Columns of numbers that it reads of each sample.
    pub columns: &'static [&'static str],
    /// The annotations that break it, in their order; `None` where this sample does not say what must be known.
    pub broken: fn(&Asked) -> Option<Vec<Broken>>,
}

/// What happens to an annotation that breaks a rule.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The annotation goes.
    Drop,
    /// It is mended, by the rules that can.
    Fix,
    /// It stays, and the sample waits for a person's decision.
    #[default]
    Review,
    /// It stays, and the build fails.
    Fail,
}

impl Action {
    /// What the ledger calls it.
    pub fn act(self) -> Act {
        match self {
            Action::Drop | Action::Fix => Act::Finding,
            Action::Review => Act::Review,
            Action::Fail => Act::Fail,
        }
    }
}

/// A declared rule, as the parameters of a kernel hold it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Demand {
    pub name: String,
    pub action: Action,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Decimal>,
    /// The classes whose annotations it is about; all where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pairs: Vec<[String; 2]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<Named>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<[Named; 2]>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allowed: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub except: Vec<String>,
}

/// A point of an object, by its place from 0 and as the manifest calls it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Named {
    pub at: u32,
    pub name: String,
}

impl Demand {
    /// Whether it is about annotations of this class.
    pub fn is_about(&self, class: &str) -> bool {
        self.classes.is_empty() || self.classes.iter().any(|c| c == class)
    }

    /// Which of the two classes must give way where annotations of both meet: 0 for the first given, 1 for the second.
    pub fn gives_way(&self, a: &str, b: &str) -> Option<usize> {
        self.pairs.iter().find_map(|[stays, goes]| match () {
            () if stays == a && goes == b => Some(1),
            () if stays == b && goes == a => Some(0),
            () => None,
        })
    }

    /// On which side of the limits a number lies that is not between them. A limit itself is allowed.
    pub fn passed(&self, x: f64) -> Option<Side> {
        let below = self.min.is_some_and(|min| x < min.to_f64());
        let above = self.max.is_some_and(|max| x > max.to_f64());
        if below { Some(Side::Below) } else { above.then_some(Side::Above) }
    }
}

/// The limit that a number passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Below,
    Above,
}

impl Side {
    /// `below 4`
    pub fn say(self, demand: &Demand) -> String {
        let (word, limit) = match self {
            Side::Below => ("below", demand.min),
            Side::Above => ("above", demand.max),
        };
        format!("{word} {}", limit.map_or(String::new(), |l| l.to_string()))
    }
}

/// What a rule is asked about: one answer, and what stands beside it in its row.
pub struct Asked<'a> {
    pub demand: &'a Demand,
    pub answer: &'a Value,
    /// The text that answers count in.
    pub text: Option<&'a str>,
    /// The row's numbers in the columns that the rule reads.
    pub numbers: &'a [Option<f64>],
    /// How many shapes or spans the label has that answers are about.
    pub shapes: Option<usize>,
}

impl Asked<'_> {
    /// The text of an answer that is one.
    pub fn said(&self) -> Option<String> {
        self.answer.field("text").text().map(str::to_string)
    }

    /// The annotations of an answer that is a list of them.
    pub fn all<T>(&self) -> Vec<T>
    where
        Vec<T>: Cell,
    {
        Vec::from_value(self.answer).unwrap_or_default()
    }
}

/// An annotation that breaks a rule.
#[derive(Debug, PartialEq)]
pub struct Broken {
    /// Its place in the answer, from 0; 0 of an answer that is no list.
    pub item: usize,
    /// In words that hold positions and numbers, and no text of the data.
    pub say: String,
    /// The mended annotation, where the rule can mend it.
    pub fixed: Option<Value>,
    /// Once it is dropped, something in the sample has no label that should have one.
    pub lost: bool,
    /// The answer as a whole breaks the rule, and none of its annotations.
    pub whole: bool,
}

impl Broken {
    pub fn new(item: usize, say: String) -> Broken {
        Broken { item, say, fixed: None, lost: false, whole: false }
    }

    /// The one of an answer that breaks a rule as a whole: without it nothing is left.
    pub fn whole(say: String) -> Vec<Broken> {
        vec![Broken { lost: true, ..Broken::new(0, say) }]
    }
}
