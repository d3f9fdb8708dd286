//! Tables with a column for each annotator, as `annotator1` and `annotator2`: all of them hold answers of one task.
use super::columns::{Field, Type};
use super::labels::{Answers, CLASSES, Label, Read};
use super::names::words;
use crate::manifest::values::is_line;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What an annotator is called in the name of a column, without a number.
const PEOPLE: &[&str] = &[
    "annotator",
    "worker",
    "rater",
    "coder",
    "labeler",
    "labeller",
    "judge",
    "작업자",
    "평가자",
    "라벨러",
    "주석자",
    "레이블러",
];

/// The name of a column without the number of the annotator: what is the same in those of all.
fn kind(name: &str) -> Option<String> {
    let bare = |w: String| w.trim_end_matches(|c: char| c.is_ascii_digit()).to_string();
    let all: Vec<String> = words(name).collect();
    let kind: Vec<String> = all.iter().cloned().map(bare).filter(|w| !w.is_empty()).collect();
    let numbered = name.chars().any(|c| c.is_ascii_digit());
    (numbered && kind.iter().any(|w| PEOPLE.contains(&w.as_str()))).then(|| kind.join(" "))
}

/// The task of such columns: few values, which all of them share.
pub fn label(of: &[Read]) -> Option<Label> {
    let [read] = of else { return None };
    let mut kinds: BTreeMap<String, Vec<&Field>> = BTreeMap::new();
    for field in read.fields.all.iter().filter(|f| matches!(f.ty, Type::Text | Type::Int | Type::Bool)) {
        kind(&field.name).into_iter().for_each(|kind| kinds.entry(kind).or_default().push(field));
    }
    let fields = kinds.into_values().find(|fields| fields.len() > 1)?;
    let values = |field: &&Field| {
        let column = read.source.sample.columns.get(field.column);
        let texts = column.into_iter().flat_map(|c| c.there()).filter_map(Value::key_text);
        texts.filter(|t| !t.trim().is_empty()).collect::<Vec<String>>()
    };
    let all: Vec<String> = fields.iter().flat_map(values).collect();
    let classes: BTreeSet<String> = all.iter().cloned().collect();
    let few = (2..=CLASSES).contains(&classes.len()) && classes.len() * 2 <= all.len().max(4);
    let mut times: BTreeMap<&String, usize> = BTreeMap::new();
    all.iter().for_each(|v| *times.entry(v).or_default() += 1);
    let alike = fields.iter().all(|field| values(field).iter().any(|v| times.get(v).is_some_and(|n| *n > 1)));
    let mut columns = fields.iter().map(|field| field.name.clone());
    let first = columns.next().filter(|_| few && alike && classes.iter().all(|c| is_line(c)))?;
    Some(Label {
        name: "answer".into(),
        task: "classification",
        classes: classes.into_iter().collect(),
        from: Answers::Column(first),
        more: columns.collect(),
        why: "a column for each annotator holds the answers".into(),
        whole: read.source.sample.whole,
        ..Label::default()
    })
}

#[cfg(test)]
mod tests {
    use super::kind;

    #[test]
    fn columns_of_annotators_are_called_alike() {
        assert_eq!(kind("annotator1"), kind("annotator_12"));
        assert_eq!(kind("label_annotator_1"), kind("label annotator 2"));
        assert_eq!(kind("작업자1"), kind("작업자2"));
        for other in ["annotator", "label1", "text2", "worker_id"] {
            assert_eq!(kind(other), None, "{other}");
        }
        assert_ne!(kind("annotator1_label"), kind("annotator1_comment"));
    }
}
