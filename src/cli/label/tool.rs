//! What a labelling tool is: what it is given, and how what it gives back is read.
pub use crate::review::file::FILE_MAX;
use crate::review::task::Task;
pub use crate::review::{Back, Item, Picture, Said, is_boxes, is_class, is_outlines, is_spans};
use crate::stages::label::kinds::kind::Kind;
use serde_json::Value as Json;
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
    /// What the points of an object are called, and which of them lines join, by their numbers from 1.
    pub points: Vec<String>,
    pub lines: Vec<[u32; 2]>,
    /// The task whose shapes or spans are judged.
    pub target: Option<Target>,
}

/// The task whose shapes or spans another one is about.
pub struct Target {
    pub kind: &'static Kind,
    pub classes: Vec<String>,
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
            points: declared.keypoints.iter().flat_map(|k| &k.names).map(|name| name.get().clone()).collect(),
            lines: declared.keypoints.iter().flat_map(|k| &k.skeleton).map(|line| *line.get()).collect(),
            target: task
                .target
                .as_ref()
                .map(|(_, of)| Target { kind: of.task, classes: of.classes.iter().map(|c| c.get().clone()).collect() }),
        }
    }

    /// The kind of what is looked at: the shapes or spans that answers are about, or the answers themselves.
    pub fn drawn(&self) -> &'static Kind {
        self.target.as_ref().map_or(self.kind, |target| target.kind)
    }
}

/// A tool.
pub struct Tool {
    pub name: &'static str,
    pub ending: &'static str,
    /// Whether it can show answers of this kind.
    pub fits: fn(&Job) -> bool,
    pub write: fn(&Job, &[Item]) -> String,
    /// The pictures that are written beside the file.
    pub pictures: Option<Pictures>,
    /// How the tool is set up, as a second file: its ending and its text.
    pub setup: Option<Setup>,
    /// Reads a file of the tool. What is no answer is a complaint with its place.
    pub read: fn(&Job, &str) -> Result<Read, String>,
    /// Looks samples up by what the tool calls them; `None` where it keeps their ids. What is not found is a complaint.
    pub find: Option<Find>,
    /// What the tool cannot hold of the answers that go out.
    pub losses: fn(&Job, &[Item]) -> Vec<String>,
    /// How the answers of many workers are read, for platforms that have them.
    pub crowd: Option<Crowd>,
}

impl Tool {
    /// A table of texts, of which nothing is special.
    pub const PLAIN: Tool = Tool {
        name: "",
        ending: "",
        fits: |_| true,
        write: |_, _| String::new(),
        pictures: None,
        setup: None,
        read: |_, _| Ok(Read::default()),
        find: None,
        losses: |_, _| Vec::new(),
        crowd: None,
    };

    /// The pictures of answers of a task.
    pub fn pictures_of(&self, job: &Job) -> Option<&Pictures> {
        self.pictures.as_ref().filter(|p| (p.of)(job.drawn()))
    }

    /// Whether a file is called as a picture of a package is.
    pub fn is_picture(&self, name: &str) -> bool {
        self.pictures.as_ref().is_some_and(|p| (p.is)(name))
    }
}

/// How a tool is given pictures.
pub struct Pictures {
    /// Whether they are written for shapes of this kind, which lie on them.
    pub of: fn(&Kind) -> bool,
    /// The name of the picture of a sample, without its ending.
    pub named: fn(usize, &Job, &Item) -> String,
    /// Whether a file is called so.
    pub is: fn(&str) -> bool,
    /// Each package has a folder of its own with its pictures alone, rather than all packages one folder.
    pub own: bool,
    /// What is done with them.
    pub how: &'static str,
}

/// The answer that most gave; of several the one that came first.
pub fn most(votes: &[(String, Json)]) -> Option<&Json> {
    let times = |answer: &Json| votes.iter().filter(|(_, other)| other == answer).count();
    votes.iter().rev().map(|(_, answer)| answer).max_by_key(|answer| times(answer))
}

/// Looks samples up by what a tool calls them.
pub type Find = fn(&BTreeSet<String>, Vec<Back>, &mut Vec<String>) -> Vec<Back>;

/// Reads results in which many workers answered.
pub type Crowd = fn(&Job, &str) -> Result<Batch, String>;

/// The ending and the text of a file that sets a tool up.
pub type Setup = (&'static str, fn(&Job, &[Item]) -> String);

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
    /// What is told besides, and is no complaint.
    pub told: Vec<String>,
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
