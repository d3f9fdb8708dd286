//! Facts: named numbers and small tables of a step, and the bounds that a manifest sets on them.
use crate::manifest::Decimal;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// What a step found out of all of its rows: an integer, decimal text (never a float), a small table, or undefined with
/// a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    Int(i64),
    Decimal(String),
    Undefined(String),
    /// Column names and rows of cells, for a confusion matrix or agreement by pairs. No gate can stand on a table.
    Table {
        columns: Vec<String>,
        rows: Vec<Vec<String>>,
    },
}

impl From<u64> for Fact {
    fn from(n: u64) -> Fact {
        Fact::Int(n as i64)
    }
}

impl std::fmt::Display for Fact {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Fact::Int(i) => write!(f, "{i}"),
            Fact::Decimal(d) => f.write_str(d),
            Fact::Undefined(why) => write!(f, "undefined ({why})"),
            Fact::Table { columns, rows } => write!(f, "a table of {} columns, {} rows", columns.len(), rows.len()),
        }
    }
}

/// A bound on a fact, and where the manifest says so.
#[derive(Clone, Debug)]
pub struct Gate {
    pub key: String,
    pub fact: String,
    pub min: Option<Decimal>,
    pub max: Option<Decimal>,
    pub span: Range<usize>,
    /// What is wrong if it does not hold, as a sentence without a full stop; else the numbers are told.
    pub say: Option<String>,
    /// A fact whose first rows are told where the gate does not hold, such as the classes that agree least.
    pub beside: Option<String>,
    /// What to type to see more.
    pub look: String,
    /// The columns of whose values the fact tells: a release that hides one of them does not tell it.
    pub columns: Vec<String>,
}

impl Gate {
    /// The gate of a key: at most `max` of a fact, else the build fails at the key's place.
    pub fn at_most(key: impl Into<String>, fact: impl Into<String>, max: Decimal, span: Range<usize>) -> Gate {
        let (key, fact, look) = (key.into(), fact.into(), String::new());
        Gate { key, fact, min: None, max: Some(max), span, say: None, beside: None, look, columns: Vec::new() }
    }

    /// The same for at least `min`.
    pub fn at_least(key: impl Into<String>, fact: impl Into<String>, min: Decimal, span: Range<usize>) -> Gate {
        Gate { min: Some(min), max: None, ..Gate::at_most(key, fact, min, span) }
    }

    /// What is wrong if it does not hold.
    pub fn say(self, say: impl Into<String>) -> Gate {
        Gate { say: Some(say.into()), ..self }
    }

    /// A table of facts whose first rows are told where it does not hold.
    pub fn beside(self, fact: impl Into<String>) -> Gate {
        Gate { beside: Some(fact.into()), ..self }
    }

    /// What to type to see more.
    pub fn look(self, look: impl Into<String>) -> Gate {
        Gate { look: look.into(), ..self }
    }

    /// The columns of whose values the fact tells.
    pub fn tells(self, columns: Vec<String>) -> Gate {
        Gate { columns, ..self }
    }
}
