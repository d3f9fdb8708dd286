//! Columns that hold the answers of annotators, as exports of labelling tools have them: which kind of task each answers is
//! told by what was answered, or by the format.
use super::columns::Field;
use super::found::Source;
use super::kinds::annotated;
use super::labels::{Answers, CLASSES, Label, Read};
use super::names::slug;
use crate::manifest::values::is_line;
use crate::model::votes::Said;
use crate::table::{Cell, Value, list, types};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What stands in front of what people answered, and in front of how they related it; what models did is no task by itself.
const PEOPLE: &str = "answers.";
const RELATIONS: &str = "relations.";

/// Whether a field holds the answers of several annotators.
pub fn is_answered(source: &Source, field: &Field) -> bool {
    let ty = types::text(&list(Said::ty()));
    source.sample.columns.get(field.column).is_some_and(|column| column.ty == ty)
}

/// What was answered in one column of all sources.
#[derive(Default)]
struct Seen {
    /// The name of the control.
    control: String,
    /// The answers are relations between spans of that control.
    related: bool,
    answers: Vec<String>,
    /// All answers were seen.
    whole: bool,
}

/// A task for each such column whose answers are spans, classes, numbers or texts.
pub fn labels(of: &[Read]) -> Vec<Label> {
    let mut columns: BTreeMap<&str, Seen> = BTreeMap::new();
    for read in of {
        for field in read.fields.all.iter().filter(|f| is_answered(read.source, f)) {
            let related = field.selector.strip_prefix(RELATIONS);
            let Some(control) = field.selector.strip_prefix(PEOPLE).or(related) else { continue };
            let Some(column) = read.source.sample.columns.get(field.column) else { continue };
            let seen = columns.entry(&field.name).or_insert_with(|| Seen { whole: true, ..Seen::default() });
            seen.control = control.to_string();
            seen.related = related.is_some();
            seen.whole &= read.source.sample.whole;
            let said = column.there().filter_map(Vec::<Said>::from_value).flatten();
            seen.answers.extend(said.filter_map(|said| said.answer));
        }
    }
    columns.into_iter().filter_map(|(column, seen)| label(column, &seen)).chain(marked(of)).collect()
}

fn label(column: &str, seen: &Seen) -> Option<Label> {
    let of = |task: &'static str, classes: BTreeSet<String>, why: &str| Label {
        name: slug(&seen.control),
        task,
        classes: classes.into_iter().collect(),
        from: Answers::Column(column.to_string()),
        why: why.to_string(),
        whole: seen.whole,
        ..Label::default()
    };
    let few = |classes: &BTreeSet<String>| !classes.is_empty() && classes.len() <= CLASSES;
    if seen.related {
        let classes: BTreeSet<String> = seen.answers.iter().flat_map(|answer| related(answer)).collect();
        let why = "annotators related spans of the text to each other";
        return few(&classes).then(|| Label { name: "relations".into(), ..of("relations", classes, why) });
    }
    if let Some(classes) = seen.answers.iter().map(|a| spans(a)).collect::<Option<Vec<_>>>() {
        let classes: BTreeSet<String> = classes.into_iter().flatten().collect();
        return few(&classes).then(|| of("ner", classes, "annotators marked spans of the text"));
    }
    let numbers: Option<Vec<f64>> = seen.answers.iter().map(|a| a.parse().ok()).collect();
    if let Some(numbers) = numbers.filter(|n| n.iter().all(|x| x.is_finite())) {
        let least = numbers.iter().copied().fold(f64::INFINITY, f64::min).floor() as i64;
        let most = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil() as i64;
        let rating = of("rating", BTreeSet::new(), "annotators gave numbers");
        return (least < most).then_some(Label { scale: Some((least, most)), ..rating });
    }
    if !seen.answers.is_empty() && seen.answers.iter().all(|a| SIDES.contains(&a.as_str())) {
        let sides = SIDES.map(String::from).into();
        return Some(Label { whole: true, ..of("preference", sides, "annotators chose one of two sides") });
    }
    let listed = |a: &String| serde_json::from_str::<Vec<String>>(a).ok();
    if let Some(candidates) = seen.answers.iter().map(listed).collect::<Option<Vec<_>>>().and_then(|all| ordered(&all))
    {
        let fit = few(&candidates) && candidates.iter().all(|c| is_line(c));
        return fit.then(|| of("ranking", candidates, "annotators put the same names in order"));
    }
    if seen.answers.iter().any(|a| listed(a).is_some()) {
        let each = |a: &String| listed(a).unwrap_or_else(|| vec![a.clone()]);
        let classes: BTreeSet<String> = seen.answers.iter().flat_map(each).collect();
        let fit = few(&classes) && classes.iter().all(|c| is_line(c));
        return fit.then(|| of("classes", classes, "annotators chose several of few values"));
    }
    let classes: BTreeSet<String> = seen.answers.iter().cloned().collect();
    let chosen = classes.len() * 2 <= seen.answers.len().max(4) && classes.iter().all(|c| is_line(c));
    if few(&classes) && chosen {
        return Some(of("classification", classes, "annotators chose among few values"));
    }
    let written = !classes.is_empty() && seen.answers.iter().all(|a| is_written(a));
    written.then(|| Label { whole: true, ..of("answer", BTreeSet::new(), "annotators wrote texts") })
}

/// Whether an answer is a text that somebody wrote, or several, as a format gives them.
fn is_written(answer: &str) -> bool {
    let texts = |texts: &Json| texts.as_array().is_some_and(|all| all.iter().all(Json::is_string));
    match serde_json::from_str::<Json>(answer) {
        Ok(Json::Object(keys)) => keys.len() == 1 && keys.get("text").is_some_and(texts),
        Ok(Json::Array(_)) => false,
        _ => answer.chars().any(char::is_alphabetic),
    }
}

/// What a pair of Label Studio says.
const SIDES: [&str; 2] = ["left", "right"];

/// The names that lists put in order: all hold the same ones, each once, and not all in one order.
fn ordered(lists: &[Vec<String>]) -> Option<BTreeSet<String>> {
    let names = |list: &Vec<String>| list.iter().cloned().collect::<BTreeSet<_>>();
    let first = lists.first()?;
    let all = names(first);
    let same = lists.iter().all(|list| list.len() == all.len() && names(list) == all);
    let differ = lists.iter().any(|list| list != first);
    (same && differ && all.len() > 1).then_some(all)
}

/// What is said of lines of a tool for texts where several are of one text: each is a sample of its own.
pub fn repeated(source: &Source) -> Option<String> {
    let of_tool = annotated::FORMATS.contains(&source.format.name);
    let texts = source.sample.columns.iter().find(|c| c.name == "text").filter(|_| of_tool)?;
    let mut seen = BTreeSet::new();
    let again = texts.there().filter_map(Value::text).filter(|text| !seen.insert(*text)).count();
    let say = format!(
        "whether {again} of the first lines of collect.{} are answers of others to a text before: each is a sample of its own \
         here; as `files` and `format` below `from` of a task they would be answers to the samples of another file",
        source.name
    );
    (again > 0).then_some(say)
}

/// What a tool for texts marked, as its format gives it: spans, and relations between them.
fn marked(of: &[Read]) -> Vec<Label> {
    let spans = "spans of the text, as the labelling tool wrote them";
    let relations = "relations between spans, as the labelling tool wrote them";
    let all = [("spans", "entities", "ner", spans), ("relations", "relations", "relations", relations)];
    all.into_iter().filter_map(|(selector, name, task, why)| one_marked(of, selector, name, task, why)).collect()
}

fn one_marked(of: &[Read], selector: &str, name: &str, task: &'static str, why: &str) -> Option<Label> {
    let (mut classes, mut whole, mut column) = (BTreeSet::new(), true, None);
    for read in of.iter().filter(|r| annotated::FORMATS.contains(&r.source.format.name)) {
        let Some(field) = read.fields.all.iter().find(|f| f.selector == selector) else { continue };
        let values = read.source.sample.columns.get(field.column);
        let answers = values.into_iter().flat_map(|c| c.there()).filter_map(Value::text);
        classes.extend(answers.flat_map(|answer| if task == "ner" { classes_of(answer) } else { related(answer) }));
        whole &= read.source.sample.whole;
        column.get_or_insert(field.name.clone());
    }
    let good = !classes.is_empty() && classes.len() <= CLASSES;
    column.filter(|_| good).map(|column| Label {
        name: name.into(),
        task,
        classes: classes.into_iter().collect(),
        from: Answers::Column(column),
        why: why.into(),
        whole,
        ..Label::default()
    })
}

/// The classes of those parts of an answer that are relations with a class.
fn related(answer: &str) -> Vec<String> {
    let items: Vec<Json> = serde_json::from_str(answer).unwrap_or_default();
    let class = |item: &Json| {
        let ends = item.get("from").and(item.get("to"));
        ends.and(item.get("class").or(item.get("type"))?.as_str()).map(String::from)
    };
    items.iter().filter_map(class).filter(|class| is_line(class) && !class.is_empty()).collect()
}

/// The classes of those parts of an answer that are spans with a class.
fn classes_of(answer: &str) -> Vec<String> {
    let items: Vec<Json> = serde_json::from_str(answer).unwrap_or_default();
    let class = |item: &Json| item.get("start").and(item.get("class")?.as_str()).map(String::from);
    items.iter().filter_map(class).filter(|class| is_line(class) && !class.is_empty()).collect()
}

/// The classes of an answer that is a list of spans.
fn spans(answer: &str) -> Option<Vec<String>> {
    let Ok(Json::Array(items)) = serde_json::from_str(answer) else { return None };
    let class = |item: &Json| {
        let class = item.get("class")?.as_str().unwrap_or_default();
        item.get("start").map(|_| class.to_string())
    };
    let classes: Vec<String> = items.iter().map(class).collect::<Option<_>>()?;
    Some(classes.into_iter().filter(|class| is_line(class) && !class.is_empty()).collect())
}
