//! `ranking`: the declared candidates from the best to the worst; some may be as good.
//!
//! Given as names between which `>` and `=` stand (or the declared `separator`), as a list of names, in which a list is of those that are
//! as good, or as an object of candidates with their ranks, 1 the best. Judged: a candidate that is not declared (`candidate`), that
//! stands twice (`twice`), or that has no rank (`missing`): each takes its vote with it, where it is not mended.
use super::super::compared::{self, Compared};
use super::super::metric::{OF_RANKINGS, Scale};
use super::candidates::Candidates;
use super::kind::*;
use super::naming::{CANDIDATE, declared, names, note_others, parts};
use crate::model::candidates::Ranking;
use crate::table::{Cell, DataType, Value};
use std::collections::BTreeSet;

pub const KIND: Kind = Kind {
    name: "ranking",
    say: "The candidates from the best to the worst; some may be as good.",
    form: "names between which `>` stands, and `=` where they are as good, or `separator`; a list of names or of lists of them, the best \
           first; or an object of candidates with their ranks, 1 the best.",
    answer: Ranking::ty,
    takes,
    from_cell,
    from_text,
    problems: &[
        CANDIDATE,
        Problem::new(
            "twice",
            "A candidate that stands in a ranking twice; its vote goes. `fix` lets the better place stand.",
        ),
        Problem::new(
            "missing",
            "A declared candidate that a ranking does not name; its vote goes. `fix` puts all such behind the others, as good as each other.",
        ),
    ],
    rules: &[],
    bounds: &[],
    moves: None,
    joins: None,
    judge,
    classes: false,
    candidates: Some(&Candidates {
        categories: |candidates| (1..=candidates.len()).map(|rank| rank.to_string()).collect(),
        level: Scale::Ordinal,
        separated: true,
        word: words,
    }),
    points: false,
    scale: false,
    on_text: false,
    on_shapes: false,
    names_ends: false,
    prose: false,
    methods: &[Method::Borda, Method::Single],
    vote: None,
    metrics: OF_RANKINGS,
    compare: |answers, metric, _| {
        let rankings: Vec<Ranking> = answers.iter().filter_map(|a| Ranking::from_value(a)).collect();
        if rankings.len() == answers.len() { compared::rankings(&rankings, metric) } else { Compared::default() }
    },
    words,
};

fn words(answer: &Value) -> String {
    Ranking::from_value(answer).map_or(String::new(), |r| r.words())
}

fn takes(ty: &DataType) -> Take {
    let name = |ty: &DataType| matches!(ty, DataType::Utf8 | DataType::Int64);
    let number = |ty: &DataType| matches!(ty, DataType::Int64 | DataType::Float64);
    let takes = match ty {
        DataType::Utf8 => true,
        DataType::List(item) => match item.data_type() {
            DataType::List(one) => name(one.data_type()),
            other => name(other),
        },
        DataType::Struct(own) if own.find("order").is_some() => own.find("ranks").is_some(),
        DataType::Struct(own) => own.iter().all(|f| number(f.data_type())),
        _ => false,
    };
    if takes { Take::Yes } else { Take::No }
}

fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    if text.trim_start().starts_with(['{', '['])
        && let Some(value) = json(text)
    {
        return from_cell(&value, reading);
    }
    let separator = reading.separator.unwrap_or(">");
    let groups: Option<Vec<Vec<String>>> = text.split(separator).map(|group| parts(group, reading)).collect();
    ranked(groups?, reading)
}

fn from_cell(cell: &Value, reading: &mut Reading) -> Option<Value> {
    let groups: Option<Vec<Vec<String>>> = match cell {
        Value::List(groups) => groups.iter().map(|group| names(group, reading).filter(|g| !g.is_empty())).collect(),
        Value::Struct(_) if *cell.field("order") != Value::Null => {
            note_others(cell, ["order", "ranks"], reading);
            return Ranking::from_value(&plain(cell, reading)?).and_then(|r| {
                let groups = r.groups().into_iter().map(|g| g.into_iter().map(str::to_string).collect()).collect();
                ranked(groups, reading)
            });
        }
        Value::Struct(ranks) => by_ranks(ranks, reading),
        other => names(other, reading).map(|one| vec![one]),
    };
    ranked(groups?, reading)
}

/// An object with `order` and `ranks`, whose numbers may be of any type of whole numbers, with the names that the task knows.
fn plain(cell: &Value, reading: &Reading) -> Option<Value> {
    let order = names(cell.field("order"), reading)?;
    let Value::List(ranks) = cell.field("ranks") else { return None };
    let whole =
        |v: &Value| number(v).or_else(|| u32::from_value(v).map(f64::from)).filter(|x| x.fract() == 0.0 && *x >= 1.0);
    let ranks: Vec<u32> = ranks.iter().map(|v| whole(v).map(|x| x as u32)).collect::<Option<_>>()?;
    let sorted = ranks.windows(2).all(|pair| pair.first() <= pair.last());
    (sorted && order.len() == ranks.len()).then(|| Ranking { order, ranks }.into_value())
}

/// Candidates with their ranks; null is no rank.
fn by_ranks(ranks: &[(String, Value)], reading: &Reading) -> Option<Vec<Vec<String>>> {
    let given = ranks.iter().filter(|(_, rank)| *rank != Value::Null);
    let mut all: Vec<(f64, String)> =
        given.map(|(name, rank)| Some((number(rank)?, reading.mapped(name)))).collect::<Option<_>>()?;
    all.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
    Some(all.chunk_by(|a, b| a.0 == b.0).map(|same| same.iter().map(|s| s.1.clone()).collect()).collect())
}

/// The answer; none where nothing is ranked.
fn ranked(mut groups: Vec<Vec<String>>, reading: &mut Reading) -> Option<Value> {
    if groups.iter().all(Vec::is_empty) {
        reading.lose("vote.shape", "the ranking names no candidate");
        return None;
    }
    groups.iter_mut().for_each(|group| group.sort());
    Some(Ranking::of(groups).into_value())
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let ranking = Ranking::from_value(answer)?;
    let (mut groups, mut met): (Vec<Vec<String>>, BTreeSet<String>) = Default::default();
    for group in ranking.groups() {
        let mut own = Vec::new();
        for name in group {
            let candidate = declared(name, judge)?;
            if met.insert(candidate.clone()) {
                own.push(candidate);
                continue;
            }
            judge.note("twice", "candidate.twice", "a candidate stands in the ranking twice");
            if !judge.mends("twice") {
                return None;
            }
        }
        groups.push(own);
    }
    let missing: Vec<String> = judge.classes.iter().filter(|c| !met.contains(*c)).cloned().collect();
    if !missing.is_empty() {
        let say = format!("{} of {} candidates have no rank", missing.len(), judge.classes.len());
        judge.note("missing", "candidate.missing", say);
        if !judge.mends("missing") {
            return None;
        }
    }
    groups.push(missing);
    let place = |name: &String| judge.classes.iter().position(|c| c == name);
    groups.iter_mut().for_each(|group| group.sort_by_key(place));
    Some(Ranking::of(groups).into_value())
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    fn ranking(of: &[&[&str]]) -> Value {
        Ranking::of(of.iter().map(|g| g.iter().map(|c| c.to_string()).collect()).collect()).into_value()
    }

    #[test]
    fn a_ranking_is_read_in_every_form() {
        let map = [("x".to_string(), "a".to_string())].into();
        let mut reading = asking(&map);
        let mut read = |text: &str| KIND.read_text(text, &mut reading);
        let want = Some(ranking(&[&["b"], &["a", "c"]]));
        for text in [
            "b > x=c",
            r#"["b", ["c", "x"]]"#,
            r#"{"x": 2, "b": 1, "c": 2}"#,
            r#"{"b": 1, "c": 2.5, "x": 2.5, "d": null}"#,
        ] {
            assert_eq!(read(text), want, "{text}");
        }
        assert_eq!(read(r#"{"order": ["b", "x", "c"], "ranks": [1, 2, 2]}"#), want);
        assert_eq!(KIND.read_cell(&ranking(&[&["b"], &["a", "c"]]), &mut reading), want, "as it is released");
        let mut reading = Reading { separator: Some(","), ..asking(&map) };
        assert_eq!(KIND.read_text("b, x = c", &mut reading), want);
        assert!(reading.notes.is_empty());
    }

    #[test]
    fn what_ranks_nothing_is_no_answer() {
        let map = Default::default();
        let mut reading = asking(&map);
        let wrong =
            ["[]", "{}", "a >", r#"["a", []]"#, r#"{"a": "first"}"#, r#"{"order": ["a", "b"], "ranks": [2, 1]}"#];
        for (n, text) in wrong.iter().enumerate() {
            assert_eq!((KIND.read_text(text, &mut reading), reading.lost), (None, n as u32 + 1), "{text}");
        }
        assert!(rules_of(&reading.notes).iter().all(|rule| *rule == "vote.shape"));
    }

    #[test]
    fn a_ranking_names_each_candidate_once() {
        let classes = ["a", "b", "c"].map(String::from);
        let judged = |problems: &[(&str, Respond)], of: &[&[&str]]| {
            let problems = problems.iter().map(|(name, r)| (name.to_string(), *r)).collect();
            let mut judge = Judge::unbound("t", &classes, &problems);
            let left = (KIND.judge)(&ranking(of), &mut judge);
            (left, rules_of(&judge.notes))
        };
        assert_eq!(judged(&[], &[&["c"], &["b", "a"]]), (Some(ranking(&[&["c"], &["a", "b"]])), vec![]));
        assert_eq!(judged(&[], &[&["c"], &["d"], &["a"]]), (None, vec!["candidate.undeclared"]));
        assert_eq!(judged(&[], &[&["c"], &["a"], &["c"]]), (None, vec!["candidate.twice"]));
        assert_eq!(judged(&[], &[&["c"]]), (None, vec!["candidate.missing"]));
        let fix = [("twice", Respond::Fix), ("missing", Respond::Fix)];
        let mended = judged(&fix, &[&["c"], &["c"]]);
        assert_eq!(mended, (Some(ranking(&[&["c"], &["a", "b"]])), vec!["candidate.twice", "candidate.missing"]));
    }
}
