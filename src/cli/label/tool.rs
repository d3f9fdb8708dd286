//! What a labelling tool is: what it is given, and how what it gives back is read.
pub use crate::review::file::FILE_MAX;
use crate::review::task::Task;
pub use crate::review::{Back, Item, Picture, Said, is_boxes, is_class, is_spans};
use crate::stages::label::kinds::kind::Kind;
use std::collections::{BTreeMap, BTreeSet};

/// A task as a tool is told of it.
pub struct Job {
    pub kind: &'static Kind,
    /// The declared classes, or candidates.
    pub classes: Vec<String>,
    pub scale: Option<(String, String)>,
    /// The version of the guideline; empty without one.
    pub guideline: String,
    /// What stands between the classes of one text, where the sources of the task agree on it.
    pub separator: Option<String>,
}

impl Job {
    /// A task as tools are told of it.
    pub fn of(task: &Task) -> Job {
        let declared = &task.declared;
        Job {
            kind: declared.task,
            classes: declared.classes.iter().chain(&declared.candidates).map(|c| c.get().clone()).collect(),
            scale: declared.scale.as_ref().map(|s| (s.min.get().to_string(), s.max.get().to_string())),
            guideline: declared.guideline.as_ref().map_or(String::new(), |g| g.version.get().clone()),
            separator: match declared.from.values().filter_map(|a| a.separator.clone()).collect::<BTreeSet<_>>() {
                signs if signs.len() == 1 => signs.into_iter().next(),
                _ => None,
            },
        }
    }
}

/// A tool.
pub struct Tool {
    pub name: &'static str,
    pub ending: &'static str,
    /// Whether it can show answers of this kind.
    pub fits: fn(&Kind) -> bool,
    pub write: fn(&Job, &[Item]) -> String,
    /// Whether pictures are written beside the file, for answers that lie on them.
    pub pictures: fn(&Kind) -> bool,
    /// How the tool is set up, as a second file: its ending and its text.
    pub setup: Option<Setup>,
    /// Reads a file of the tool. What is no answer is a complaint with its place.
    pub read: fn(&Job, &str) -> Result<Read, String>,
    /// How the answers of many workers are read, for platforms that have them.
    pub crowd: Option<Crowd>,
}

/// Reads results in which many workers answered.
pub type Crowd = fn(&Job, &str) -> Result<Batch, String>;

/// The ending and the text of a file that sets a tool up.
pub type Setup = (&'static str, fn(&Job) -> String);

/// What a file of a tool says.
#[derive(Default)]
pub struct Read {
    pub back: Vec<Back>,
    /// Complaints about what is no answer.
    pub wrong: Vec<String>,
    /// Samples that came back as they went out.
    pub untouched: u64,
    /// Samples that somebody passed over.
    pub skipped: u64,
    /// Samples that nobody has answered.
    pub open: u64,
}

/// What came back of a batch.
#[derive(Default)]
pub struct Batch {
    pub assignments: Vec<Assignment>,
    /// Complaints about what is no answer.
    pub wrong: Vec<String>,
    /// Why answers were rejected on the platform, and how many.
    pub rejected: BTreeMap<String, u64>,
}

/// One answer of one worker.
pub struct Assignment {
    /// As the platform names them.
    pub worker: String,
    pub seconds: Option<u64>,
    pub back: Back,
}
