//! Files of votes: tables of who answered what of which sample, beside the samples that they speak of.
use super::columns::{Id, id, ids};
use super::found::{Found, Source};
use super::kinds::recogniser::Key;
use super::labels::{Answers, CLASSES, Label};
use super::names::{slug, unlike, words};
use super::odd::Times;
use super::sample::{Column, Sample};
use crate::manifest::values::is_line;
use crate::model::candidates::TIE;
use crate::stages::label::file_formats::{formats, keys};
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What the columns are called, in small letters and with one blank for what is neither letter nor digit; the first is preferred.
const ITEMS: &[&str] = &[
    "item",
    "item id",
    "task",
    "task id",
    "sample",
    "sample id",
    "example id",
    "unit id",
    "text id",
    "hitid",
    "hit id",
    "sentence id",
    "question",
    "question id",
    "prompt id",
    "image",
    "image id",
    "doc id",
    "document id",
    "문항",
    "문항번호",
    "문항 번호",
    "문항id",
    "항목",
    "과제",
    "과제번호",
    "문장번호",
    "id",
];
const ANNOTATORS: &[&str] = &[
    "annotator",
    "annotator id",
    "worker",
    "worker id",
    "workerid",
    "rater",
    "rater id",
    "coder",
    "labeler",
    "labeler id",
    "labeller",
    "judge",
    "crowdworker",
    "annotator email",
    "worker email",
    "작업자",
    "작업자id",
    "작업자 id",
    "작업자번호",
    "평가자",
    "라벨러",
    "주석자",
    "레이블러",
];
/// Columns that may as well be those of people who use something.
const USERS: &[&str] = &["user", "user id", "participant", "participant id"];
const ANSWERS: &[&str] = &[
    "label",
    "answer",
    "winner",
    "preference",
    "response",
    "rating",
    "score",
    "vote",
    "value",
    "category",
    "class",
    "judgement",
    "judgment",
    "annotation",
    "result",
    "choice",
    "응답",
    "답변",
    "답",
    "라벨",
    "레이블",
    "판정",
    "평가",
];
/// What crowd platforms put in front of the names of their columns: of what was shown, of what was answered, and of the assignment.
const ANSWERED: &[&str] = &["answer.", "output:", "답변."];
const ASSIGNED: &[&str] = &["assignment:", "_"];

/// The name of a column as it is looked for.
fn plain(name: &str) -> String {
    words(name).collect::<Vec<_>>().join(" ")
}

/// The columns of item, annotator and answer, if a source has all three.
fn vote_columns(source: &Source) -> Option<[&Column; 3]> {
    let own = |key: &Key| keys().iter().any(|(_, choice)| choice.name == key.name);
    let readable = formats().any(|(f, _)| f.name == source.format.name) && source.keys.iter().all(own);
    let without = |name: &str, starts: &[&str]| {
        let name = name.trim().to_lowercase();
        plain(starts.iter().find_map(|start| name.strip_prefix(start)).unwrap_or(&name))
    };
    let find = |names: &[&str], starts: &[&str]| {
        let at = |c: &Column| names.iter().position(|n| *n == without(&c.name, starts));
        source.sample.columns.iter().filter_map(|c| Some((at(c)?, c))).min_by_key(|(n, _)| *n).map(|(_, c)| c)
    };
    if !readable {
        return None;
    }
    let answered = || {
        let of = |c: &&Column| ANSWERED.iter().any(|start| c.name.trim().to_lowercase().starts_with(start));
        let mut all = source.sample.columns.iter().filter(of);
        all.next().filter(|_| all.next().is_none())
    };
    let item = find(ITEMS, ASSIGNED)?;
    let annotator = find(ANNOTATORS, ASSIGNED).or_else(|| find(USERS, ASSIGNED))?;
    let label = answered().or_else(|| find(ANSWERS, &[]))?;
    let items: BTreeSet<String> = item.there().filter_map(Value::key_text).collect();
    (items.len() < item.values.len()).then_some([item, annotator, label])
}

/// Takes the files of votes out of what was found, where other samples have the ids that they name.
pub fn votes(found: &mut Found) -> Vec<Label> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(source) = found.sources.get(at) {
        let own = vote_columns(source).map(|columns| (samples(source, columns), columns));
        let told = own.and_then(|(samples, columns)| {
            let meets = samples.is_some() || meets_others(source, columns[0], &found.sources);
            let label = vote_label(source, columns, &found.sources).filter(|_| meets)?;
            Some((label, samples.filter(|_| !meets_others(source, columns[0], &found.sources))))
        });
        let Some((label, samples)) = told else {
            at += 1;
            continue;
        };
        let taken: Vec<String> = out.iter().map(|l: &Label| l.name.clone()).collect();
        out.push(Label { name: unlike(&label.name, &taken), ..label });
        match samples {
            Some(samples) => {
                found.sources.splice(at..=at, [samples]);
                at += 1;
            }
            None => drop(found.sources.remove(at)),
        }
    }
    out
}

/// Whether other samples have the ids that answers name.
fn meets_others(source: &Source, item: &Column, all: &[Source]) -> bool {
    let items: BTreeSet<String> = item.there().filter_map(Value::key_text).collect();
    let met = |s: &Source| ids(s, &id(s)).intersection(&items).count();
    let others = all.iter().filter(|s| s.name != source.name && vote_columns(s).is_none());
    others.map(met).max().is_some_and(|met| met * 2 >= items.len())
}

/// The samples that a table of answers names itself, where a column of texts is the same in all rows of an item: a row for each
/// item, of the columns that are so. Rows with one id and the same fields are one sample.
fn samples(source: &Source, [item, annotator, label]: [&Column; 3]) -> Option<Source> {
    let mut first: BTreeMap<String, usize> = BTreeMap::new();
    let keys: Vec<Option<String>> = item.values.iter().map(Value::key_text).collect();
    for (row, key) in keys.iter().enumerate() {
        first.entry(key.clone()?).or_insert(row);
    }
    let is_same = |column: &&Column| {
        let of = |(row, key): (usize, &Option<String>)| {
            let at = first.get(key.as_deref().unwrap_or_default())?;
            Some(column.values.get(row)? == column.values.get(*at)?)
        };
        keys.iter().enumerate().all(|pair| of(pair) == Some(true))
    };
    let is_own = |column: &&Column| ![&item.name, &annotator.name, &label.name].contains(&&column.name);
    let same: Vec<&Column> = source.sample.columns.iter().filter(is_own).filter(is_same).collect();
    let is_text = |column: &&&Column| {
        let distinct: BTreeSet<&str> = column.there().filter_map(Value::text).collect();
        distinct.len() * 2 > first.len() && distinct.iter().any(|text| text.contains(' '))
    };
    if same.iter().find(is_text).is_none() && !alone(source, [item, annotator, label]) {
        return None;
    }
    let rows: BTreeSet<usize> = first.values().copied().collect();
    let once = |column: &Column| {
        let values = rows.iter().filter_map(|row| column.values.get(*row).cloned()).collect();
        Column { values, ..column.clone() }
    };
    // with nothing else said of an item, its id is all that there is of a sample
    let columns: Vec<Column> = std::iter::once(item).chain(same).map(once).collect();
    let sample = Sample { columns, rows: rows.len(), places: Vec::new(), ..source.sample.clone() };
    Some(Source { sample, item: Some(item.name.clone()), ..source.clone() })
}

/// Whether a table is one of answers though it shows nothing of what was asked: annotators who are called so answered several items each,
/// and most items were answered by several, once by each.
fn alone(source: &Source, [item, annotator, _]: [&Column; 3]) -> bool {
    let called = !USERS.contains(&plain(&annotator.name).as_str());
    let rows = || item.values.iter().map(Value::key_text).zip(annotator.values.iter().map(Value::key_text));
    let pairs: BTreeSet<(String, String)> = rows().filter_map(|(item, by)| Some((item?, by?))).collect();
    let items: BTreeSet<&String> = pairs.iter().map(|(item, _)| item).collect();
    let people: BTreeSet<&String> = pairs.iter().map(|(_, by)| by).collect();
    let whole = pairs.len() * 10 >= source.sample.rows * 9;
    called && whole && people.len() > 1 && pairs.len() * 2 >= items.len() * 3 && people.len() * 2 <= pairs.len()
}

/// What is asked of annotators who are called by addresses of mail: facts and findings name them.
fn addresses(source: &Source, annotator: &Column) -> Option<String> {
    let is_mail = |text: &str| {
        let (own, host) = text.trim().split_once('@').unwrap_or_default();
        !own.is_empty() && host.contains('.') && !host.contains(['@', ' ']) && !own.contains(' ')
    };
    let row = annotator.values.iter().position(|value| value.text().is_some_and(is_mail))?;
    let place = source.sample.place(row).unwrap_or_default();
    Some(format!(
        "whether the annotators may be named: they are called by addresses of mail ({place}), which are personal data; with a \
         table `[privacy]` they are numbers in all that is shown, and other names in the files keep the addresses out of the project"
    ))
}

fn vote_label(source: &Source, [item, annotator, label]: [&Column; 3], all: &[Source]) -> Option<Label> {
    let all_values: Vec<String> = label.values.iter().map(|v| v.key_text().unwrap_or_default()).collect();
    let (values, empty): (Vec<String>, Vec<String>) = all_values.into_iter().partition(|v| !v.trim().is_empty());
    let numbers: Vec<f64> = values.iter().filter_map(|v| v.trim().parse().ok()).collect();
    let fraction = |v: &String| v.trim().parse::<f64>().is_ok_and(|n| n.fract() != 0.0);
    let same = |c: &&Column| c.name == label.name;
    let means = all
        .iter()
        .flat_map(|s| &s.sample.columns)
        .filter(same)
        .any(|c| c.there().filter_map(Value::key_text).any(|v| fraction(&v)));
    let rated = means || ["rating", "score"].contains(&label.name.to_lowercase().as_str());
    let distinct: BTreeSet<String> = values.iter().cloned().collect();
    let whole = source.sample.whole;
    let mut times: BTreeMap<String, Times> = BTreeMap::new();
    for (row, class) in label.values.iter().enumerate().filter_map(|(row, v)| Some((row, v.key_text()?))) {
        times.entry(class).or_default().add(|| source.sample.place(row));
    }
    let of = || Label {
        from: Answers::Votes {
            files: source.files.clone(),
            format: source.format.name,
            keys: source.keys.clone(),
            empty: empty.len(),
            item: item.name.clone(),
            annotator: annotator.name.clone(),
            label: label.name.clone(),
        },
        name: Some(slug(&label.name))
            .filter(|name| !name.is_empty() && !source.name.is_empty())
            .unwrap_or("label".into()),
        whole,
        odd: addresses(source, annotator).into_iter().collect(),
        times: times.clone(),
        ..Label::default()
    };
    if rated && numbers.len() == values.len() {
        let edge = |of: fn(f64, f64) -> f64, start: f64| numbers.iter().copied().fold(start, of);
        let scale = (edge(f64::min, f64::INFINITY).floor() as i64, edge(f64::max, f64::NEG_INFINITY).ceil() as i64);
        let why = "several annotators gave numbers, of which there are means or which are called ratings".to_string();
        return Some(Label { task: "rating", scale: Some(scale), why, ..of() });
    }
    let good = distinct.len() > 1 && distinct.len() <= CLASSES && distinct.iter().all(|c| is_line(c));
    let mut classes: Vec<String> = distinct.into_iter().collect();
    if numbers.len() == values.len() {
        classes.sort_by(|a, b| a.parse::<f64>().unwrap_or(0.0).total_cmp(&b.parse().unwrap_or(0.0)));
    }
    if let Some((candidates, map)) = preferred(&classes, all).filter(|_| good) {
        let why = "answers name columns of the samples, or say that these are as good".to_string();
        return Some(Label { task: "preference", classes: candidates, map, why, ..of() });
    }
    let why = "each row is the answer of one annotator".to_string();
    good.then(|| Label { task: "classification", classes, why, ..of() })
}

/// Names of a source and what they are called.
type Names = Vec<(String, String)>;

/// What is said where no candidate is better.
const TIES: [&str; 6] = ["tie", "both", "draw", "neither", "equal", "same"];

/// The candidates of answers that name columns of texts of the samples, and which answers say `tie` in other words.
fn preferred(answers: &[String], all: &[Source]) -> Option<(Vec<String>, Names)> {
    let says_tie = |answer: &&String| {
        let lower = answer.to_lowercase();
        TIES.contains(&lower.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default())
    };
    let (ties, candidates): (Vec<&String>, Vec<&String>) = answers.iter().partition(says_tie);
    let names = |s: &Source, name: &String| s.sample.columns.iter().any(|c| c.name == *name && c.ty == "utf8");
    let named = all.iter().any(|s| candidates.iter().all(|name| names(s, name)));
    let map = ties.into_iter().filter(|tie| tie.as_str() != TIE).map(|tie| (tie.clone(), TIE.to_string())).collect();
    (named && candidates.len() > 1).then(|| (candidates.into_iter().cloned().collect(), map))
}

/// Ids of sources that meet answers by their ids must stay as they are.
pub fn meets(label: &Label, id: &Id) -> bool {
    matches!(label.from, Answers::Votes { .. } | Answers::Beside { .. })
        && matches!(id, Id::Column { .. } | Id::Stem | Id::Place | Id::Path)
}
