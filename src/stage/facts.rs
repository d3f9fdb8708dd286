//! Facts: named numbers and small tables of a step, and the bounds that a manifest sets on them.
use serde::{Deserialize, Serialize};

/// What a step found out of all of its rows: an integer, decimal text (never a float), a small table, or undefined with
/// a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    pub min: Option<crate::manifest::Decimal>,
    pub max: Option<crate::manifest::Decimal>,
    pub span: std::ops::Range<usize>,
    /// What to type to see more.
    pub look: String,
}
