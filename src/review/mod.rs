//! What people decide about samples: which ones wait and why, what is shown of them, and the file that a decision is written
//! to. The terminal (`tamis review`), packages for labelling tools (`tamis label`) and the page (`tamis serve`) all go through here.
pub mod ask;
pub mod file;
pub mod privacy;
pub mod queue;
pub mod task;

use crate::model::images::Image;
use crate::model::replies::Reply;
use crate::stages::label::decided::{self, answer_text};
use crate::stages::label::kinds::kind::Kind;
use crate::table::Cell;
use serde_json::Value as Json;

/// A sample as a person is shown it.
#[derive(Clone)]
pub struct Item {
    pub id: String,
    /// The text that is looked at.
    pub text: Option<String>,
    /// The picture that is looked at.
    pub picture: Option<Picture>,
    /// The shapes or spans that answers are about, where they are those of another task.
    pub shapes: Vec<Json>,
    /// What a decision is made on.
    pub seen: Option<String>,
    pub agreement: Option<String>,
    /// Who answered what.
    pub votes: Vec<(String, Json)>,
}

/// A picture as a tool is given it.
#[derive(Clone, Debug)]
pub struct Picture {
    pub image: Image,
    /// Width and height in pixels.
    pub size: [u32; 2],
    /// Where the tool finds it, from the folder of the project; empty until it is written.
    pub path: String,
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

/// Whether an answer is one class, or spans of a text.
pub fn is_class(kind: &Kind) -> bool {
    kind.classes && !kind.is_list()
}

pub fn is_spans(kind: &Kind) -> bool {
    kind.name == "ner"
}

/// Whether an answer is upright boxes on a picture.
pub fn is_boxes(kind: &Kind) -> bool {
    kind.name == "object_detection"
}

/// Whether an answer is outlines on a picture.
pub fn is_outlines(kind: &Kind) -> bool {
    kind.name == "instance_segmentation"
}

/// An answer in words; of kinds whose answers are written as people write them, as it is written.
pub fn said(kind: &Kind, answer: &Json) -> String {
    let text = answer_text(answer);
    let told = kind.candidates.is_some() || (kind.answer)() == Reply::ty();
    let words = || decided::answer(kind, &text).ok().map(|value| (kind.words)(&value));
    told.then(words).flatten().unwrap_or(text)
}

/// The different answers, those first that most gave.
pub fn choices(item: &Item) -> Vec<(&Json, Vec<&str>)> {
    let mut out: Vec<(&Json, Vec<&str>)> = Vec::new();
    for (by, answer) in &item.votes {
        match out.iter_mut().find(|(other, _)| *other == answer) {
            Some((_, all)) => all.push(by),
            None => out.push((answer, vec![by])),
        }
    }
    out.sort_by_key(|(_, by)| std::cmp::Reverse(by.len()));
    out
}

/// The text with each span as `<text:CLASS>`, as guidelines write them.
pub fn marked(item: &Item, answer: &Json) -> String {
    let spans = answer.as_array().map(Vec::as_slice).unwrap_or_default();
    if spans.is_empty() {
        return "nothing".into();
    }
    let chars: Vec<char> = item.text.as_deref().unwrap_or_default().chars().collect();
    let one = |s: &Json| {
        let at = |name: &str| s[name].as_u64().unwrap_or_default() as usize;
        let text: String = chars.get(at("start")..at("end")).unwrap_or_default().iter().collect();
        format!("<{text}:{}> {}-{}", s["class"].as_str().unwrap_or_default(), at("start"), at("end"))
    };
    spans.iter().map(one).collect::<Vec<_>>().join("  ")
}
