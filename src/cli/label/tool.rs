//! What a labelling tool is: what it is given, and how what it gives back is read.
use crate::stages::label::kinds::kind::Kind;
use serde_json::Value as Json;

/// The largest file that is read, in bytes.
pub const FILE_MAX: u64 = 1 << 30;

/// A task as a tool is told of it.
pub struct Job {
    pub kind: &'static Kind,
    pub classes: Vec<String>,
    pub scale: Option<(String, String)>,
    /// The version of the guideline; empty without one.
    pub guideline: String,
}

/// A sample that goes out.
pub struct Item {
    pub id: String,
    /// The text that is looked at.
    pub text: Option<String>,
    /// What a decision is made on.
    pub seen: Option<String>,
    pub agreement: Option<String>,
    /// Who answered what.
    pub votes: Vec<(String, Json)>,
}

/// Something that came back.
#[derive(Debug, PartialEq)]
pub struct Back {
    pub id: String,
    pub seen: Option<String>,
    pub said: Said,
    pub note: Option<String>,
    /// Who the tool says that it was.
    pub by: Option<String>,
}

/// What somebody said of a sample.
#[derive(Debug, PartialEq)]
pub enum Said {
    Label(Json),
    Keep,
    Drop,
}

/// A tool.
pub struct Tool {
    pub name: &'static str,
    pub ending: &'static str,
    /// Whether it can show answers of this kind.
    pub fits: fn(&Kind) -> bool,
    pub write: fn(&Job, &[Item]) -> String,
    /// How the tool is set up, as a second file: its ending and its text.
    pub setup: Option<Setup>,
    /// Reads a file of the tool. What is no answer is a complaint with its place.
    pub read: fn(&Job, &str) -> Result<Read, String>,
}

/// The ending and the text of a file that sets a tool up.
pub type Setup = (&'static str, fn(&Job) -> String);

/// What came back, complaints about what is no answer, and how many samples came back as they went out.
pub type Read = (Vec<Back>, Vec<String>, u64);

/// Whether an answer is one class, or spans of a text.
pub fn is_class(kind: &Kind) -> bool {
    kind.classes && !kind.is_list()
}

pub fn is_spans(kind: &Kind) -> bool {
    kind.on_text && kind.is_list()
}
