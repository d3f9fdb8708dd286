//! What can be wrong with an annotation, and what happens then.
use crate::stage::Act;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that can be wrong with an annotation: a key of `problems`.
pub struct Problem {
    pub name: &'static str,
    /// What is wrong and what `fix` does, in sentences of the reference.
    pub say: &'static str,
    pub default: Respond,
    /// It is found while answers are read, not while they are checked.
    pub reading: bool,
}

impl Problem {
    /// A problem that the check finds; what is not declared otherwise is dropped.
    pub const fn new(name: &'static str, say: &'static str) -> Problem {
        Problem { name, say, default: Respond::Drop, reading: false }
    }
}

/// The problem that every kind with classes has.
pub const CLASS: Problem =
    Problem::new("class", "A class that is not declared. `fix` finds the one that differs in case alone.");

/// What happens to a wrong annotation. One that cannot be mended goes, the sample and its other annotations stay.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Respond {
    /// The annotation goes.
    #[default]
    Drop,
    /// It is mended.
    Fix,
    /// It is mended, and the sample waits for a person's decision.
    Review,
    /// It is mended, and the build fails.
    Fail,
}

impl Respond {
    /// What the ledger calls it.
    pub fn act(self) -> Act {
        match self {
            Respond::Drop | Respond::Fix => Act::Finding,
            Respond::Review => Act::Review,
            Respond::Fail => Act::Fail,
        }
    }
}
