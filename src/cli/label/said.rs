//! What `tamis label export` and `tamis label import` say with `--json`.
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What an export wrote.
#[derive(Serialize, JsonSchema, Default)]
pub struct Exported {
    /// The task and the tool by name.
    pub task: String,
    pub tool: String,
    /// The packages: one, or one for each annotator.
    pub packages: Vec<Package>,
    /// Samples that were asked for, and samples that there are.
    pub samples: u64,
    pub of: u64,
    /// How the work is shared; `null` where nobody is named.
    pub shared: Option<Sharing>,
    /// The folder of pictures, with `-NAME` where each annotator has one, and what is to be done with it.
    pub pictures: Option<Beside>,
    /// The file that sets the tool up.
    pub setup: Option<String>,
    /// What the tool cannot hold of the answers that went out.
    pub losses: Vec<String>,
}

/// A file for a tool.
#[derive(Serialize, JsonSchema)]
pub struct Package {
    pub path: String,
    pub samples: u64,
    /// Whose it is; `null` where nobody is named.
    pub annotator: Option<String>,
}

/// How packages overlap.
#[derive(Serialize, JsonSchema)]
pub struct Sharing {
    /// Samples that several answer.
    pub several: u64,
    /// The least number of samples that two annotators have in common.
    pub pair_least: u64,
    /// Samples of gold, which stand in every package.
    pub gold: u64,
}

/// Something that lies beside a package.
#[derive(Serialize, JsonSchema)]
pub struct Beside {
    pub path: String,
    pub how: String,
}

/// What an import took.
#[derive(Serialize, JsonSchema, Default)]
pub struct Imported {
    pub task: String,
    /// Who answered, or the name of the batch.
    pub by: String,
    /// The file of the project that was written; `null` where no answer was taken.
    pub path: Option<String>,
    /// Answers or decisions that were taken.
    pub taken: u64,
    /// Of these, those that took the place of another.
    pub replaced: u64,
    /// Samples that came back as they went out: nobody decided about them.
    pub untouched: u64,
    /// Samples that were passed over, and samples without an answer.
    pub skipped: u64,
    pub open: u64,
    /// What was not taken, with its place.
    pub wrong: Vec<String>,
    /// What the tool says besides.
    pub told: Vec<String>,
    /// Workers of a platform by pseudonym.
    pub workers: BTreeMap<String, Worked>,
    /// Why answers were rejected on the platform, and how many.
    pub rejected: BTreeMap<String, u64>,
}

/// What a worker of a platform did.
#[derive(Serialize, JsonSchema)]
pub struct Worked {
    pub answers: u64,
    /// The lower median of the seconds of an answer; `null` where the platform does not say.
    pub seconds: Option<u64>,
    /// Screened for being too fast: the answers were not taken.
    pub screened: bool,
}

/// What was written of decisions or answers of one person.
#[derive(Default)]
pub struct Written {
    pub path: String,
    pub taken: u64,
    pub replaced: u64,
    /// The same for people, as a line.
    pub line: String,
}
