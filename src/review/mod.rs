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

/// The text cut where spans begin and end, with the class of each piece that a span covers: of several spans that of the shortest.
pub fn cut(text: &str, answer: &Json) -> Vec<(String, Option<String>)> {
    let spans: Vec<(usize, usize, &str)> = answer
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default()
        .iter()
        .filter_map(|s| Some((s["start"].as_u64()? as usize, s["end"].as_u64()? as usize, s["class"].as_str()?)))
        .collect();
    let class = |at: usize| {
        let own = spans.iter().filter(|(start, end, _)| (*start..*end).contains(&at));
        own.min_by_key(|(start, end, _)| end - start).map(|(start, end, class)| ((*start, *end), class.to_string()))
    };
    let mut out: Vec<(String, Option<String>)> = Vec::new();
    let mut before = None;
    for (at, c) in text.chars().enumerate() {
        let own = class(at);
        match out.last_mut().filter(|_| at > 0 && own == before) {
            Some((piece, _)) => piece.push(c),
            None => out.push((c.to_string(), own.clone().map(|(_, class)| class))),
        }
        before = own;
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_text_is_cut_where_spans_begin_and_end() {
        let spans = json!([{ "class": "A", "start": 0, "end": 2 }, { "class": "A", "start": 2, "end": 3 },
                           { "class": "B", "start": 4, "end": 9 }, { "class": "C", "start": 5, "end": 6 }]);
        let pieces = cut("가나다 abc", &spans);
        let told: Vec<(&str, Option<&str>)> =
            pieces.iter().map(|(text, class)| (text.as_str(), class.as_deref())).collect();
        let (a, b, c) = (Some("A"), Some("B"), Some("C"));
        assert_eq!(told, [("가나", a), ("다", a), (" ", None), ("a", b), ("b", c), ("c", b)]);
        assert_eq!(cut("so", &json!([])), [("so".to_string(), None)]);
        assert_eq!(cut("", &spans), []);
    }
}
