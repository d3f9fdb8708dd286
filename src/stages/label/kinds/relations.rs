//! `relations`: relations between spans of a text, each with a class and the places of both spans. They are given as objects
//! (`class`, `from`, `to`), where an end is a span as `ner` reads it.
//!
//! An end moves with the text as a span does. A relation of which an end is lost, because its text was replaced, is not the one
//! that the source says or never was read, is lost with it (`relation.lost`). Judged: an undeclared class, an end without a
//! character, an end past the text. Limits: two ends; the classes of the spans are what the source calls them, under `map`.
use super::super::compared::{self, Compared, Marked};
use super::super::metric::{Metric, OF_RELATIONS};
use super::super::voted;
use super::kind::*;
use super::spans::{Stored, placed_one, stored_of};
use crate::model::relations::Relation;
use crate::model::spans::Span;
use crate::table::{Cell, DataType, Value};

/// The names under which a relation may have its ends.
const FROMS: &[&str] = &["from", "head", "head_span", "source"];
const TOS: &[&str] = &["to", "child", "child_span", "tail", "target"];

pub const KIND: Kind = Kind {
    name: "relations",
    say: "Relations between spans of the text, each with a class and both spans.",
    form: "a list of objects with `class` (or `label`, `type`), `from` and `to`, each of which is a span as `ner` has it: `class`, \
           `start`, `end`.",
    answer: Vec::<Relation>::ty,
    takes,
    from_cell: |cell, reading| from_list(cell, reading, relations),
    from_text: |text, reading| from_json_list(text, reading, relations),
    problems: &[
        CLASS,
        Problem::new("outside", "An end that passes the end of the text. `fix` cuts off what is outside."),
        Problem::new("empty", "An end that holds no character; nothing can mend it."),
    ],
    rules: &[],
    bounds: &[],
    moves: None,
    joins: None,
    judge,
    classes: true,
    candidates: None,
    points: false,
    scale: false,
    on_text: true,
    on_shapes: false,
    names_ends: true,
    prose: false,
    methods: &[Method::Single, Method::Vote],
    vote: Some(voted::same::<Relation>),
    metrics: OF_RELATIONS,
    compare,
    words,
};

fn takes(ty: &DataType) -> Take {
    list_with(ty, &[CLASSES, FROMS, TOS])
}

/// A relation as its source has it.
struct Link {
    class: String,
    from: Stored,
    to: Stored,
}

fn link_of(v: &Value) -> Option<Link> {
    let end = |names: &[&str]| {
        let spans = names.iter().map(|name| v.field(name)).filter(|end| matches!(end, Value::Struct(_)));
        spans.map(stored_of).next()?
    };
    Some(Link { class: class_of(v)?, from: end(FROMS)?, to: end(TOS)? })
}

/// Relations in the present text, in the order of their spans.
fn relations(items: &[Value], reading: &mut Reading) -> Vec<Relation> {
    let links = reading.shaped(items, link_of, &[CLASSES, FROMS, TOS]);
    let (all, mut out) = (links.len(), Vec::with_capacity(links.len()));
    for Link { class, from, to } in links {
        let before = reading.lost;
        let ends = (placed_one(from, reading), placed_one(to, reading));
        reading.lost = before;
        let (Some(from), Some(to)) = ends else { continue };
        let class = reading.mapped(&class);
        let [from, to] = [from, to].map(|end| Span { class: reading.mapped(&end.class), ..end });
        out.push(Relation { class, from, to });
    }
    let gone = (all - out.len()) as u32;
    if gone > 0 {
        reading.lost += gone - 1; // telling counts one
        reading.lose("relation.lost", format!("{gone} of {all} relations are lost with a span that they connect"));
    }
    out.sort();
    out
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let relations = Vec::<Relation>::from_value(answer)?.into_iter().enumerate();
    let mut good: Vec<Relation> = relations.filter_map(|(i, r)| judged(i + 1, r, judge)).collect();
    good.sort();
    Some(good.into_value())
}

fn judged(n: usize, r: Relation, judge: &mut Judge) -> Option<Relation> {
    judge.item = n;
    let class = judge.class(&r.class, || format!("relation {n}"))?;
    let from = end(n, r.from, judge)?;
    let to = end(n, r.to, judge)?;
    Some(Relation { class, from, to })
}

fn end(n: usize, s: Span, judge: &mut Judge) -> Option<Span> {
    if s.start >= s.end {
        let say = format!("an end of relation {n} ({}..{}) holds no character", s.start, s.end);
        judge.note("empty", "relation.empty", say);
        return None;
    }
    let Some(len) = judge.chars.filter(|len| s.end > *len) else { return Some(s) };
    let say = format!("an end of relation {n} ({}..{}) passes the end of a text of {len} characters", s.start, s.end);
    judge.note("outside", "relation.outside", say);
    (judge.mends("outside") && s.start < len).then_some(Span { end: len, ..s })
}

/// A pair of ends that several have is one place, so that relations are compared as spans are.
fn compare(answers: &[&Value], _: Metric, chars: Option<u32>) -> Compared {
    let answers: Vec<Vec<Relation>> = answers.iter().map(|a| Vec::from_value(a).unwrap_or_default()).collect();
    let mut pairs: Vec<(&Span, &Span)> = answers.iter().flatten().map(|r| (&r.from, &r.to)).collect();
    pairs.sort();
    pairs.dedup();
    let place = |r: &Relation| pairs.binary_search(&(&r.from, &r.to)).unwrap_or_default() as u32;
    let marked = |of: &Vec<Relation>| of.iter().map(|r| (r.class.clone(), place(r), 0)).collect::<Vec<Marked>>();
    compared::spans(&answers.iter().map(marked).collect::<Vec<_>>(), Metric::SpanF1, chars)
}

/// `works_for PS 3..6 -> OG 10..12`
fn words(answer: &Value) -> String {
    let end = |s: &Span| format!("{} {}..{}", s.class, s.start, s.end);
    let one = |r: &Relation| format!("{} {} -> {}", r.class, end(&r.from), end(&r.to));
    let all = Vec::<Relation>::from_value(answer).unwrap_or_default();
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;
    use crate::model::edits::Edit;

    const JSON: &str = r#"[{"class": "of", "from": {"class": "person", "start": 0, "end": 3}, "to": {"label": "O", "start": 7, "end": 9}},
        {"type": "of", "head_span": {"label": "P", "start": 0, "end": 3}, "child_span": {"label": "O", "start": 20, "end": 21}},
        {"class": "of", "from": 3, "to": 4}]"#;

    fn relation(class: &str, from: (u32, u32), to: (u32, u32)) -> Relation {
        let span = |class: &str, (start, end)| Span { class: class.into(), start, end };
        Relation { class: class.into(), from: span("P", from), to: span("O", to) }
    }

    #[test]
    fn both_ends_move_with_the_text_and_classes_are_mapped() {
        let map = [("person".to_string(), "P".to_string())].into();
        let mut reading = Reading { edits: vec![Edit { start: 4, end: 6, len: 1 }], ..asking(&map) };
        let answer = KIND.read_text(JSON, &mut reading).unwrap();
        let want = vec![relation("of", (0, 3), (6, 8)), relation("of", (0, 3), (19, 20))];
        assert_eq!((Vec::from_value(&answer), reading.lost), (Some(want), 1), "an end that is a number is none");
        assert_eq!(words(&answer), "of P 0..3 -> O 6..8, of P 0..3 -> O 19..20");
    }

    /// What privacy or a program replaced takes the relations of the spans there with it.
    #[test]
    fn a_relation_goes_with_a_span_that_it_connects() {
        let map = Default::default();
        let edits = vec![Edit { start: 1, end: 4, len: 2 }];
        let mut reading = Reading { edits, ..asking(&map) };
        let json = r#"[{"class": "of", "from": {"class": "P", "start": 0, "end": 3}, "to": {"class": "O", "start": 0, "end": 2}},
            {"class": "of", "from": {"class": "P", "start": 7, "end": 9}, "to": {"class": "O", "start": 10, "end": 12}}]"#;
        let answer = KIND.read_text(json, &mut reading).unwrap();
        assert_eq!(Vec::from_value(&answer), Some(vec![relation("of", (6, 8), (9, 11))]));
        assert_eq!((reading.lost, reading.notes.last().map(|n| n.rule)), (1, Some("relation.lost")));
    }

    #[test]
    fn ends_are_judged_as_spans_are() {
        let all = vec![
            relation("of", (0, 3), (7, 12)),
            relation("by", (0, 3), (7, 9)),
            relation("of", (3, 3), (7, 9)),
            relation("of", (0, 3), (7, 9)),
        ];
        let (classes, problems) = (["of".to_string()], Default::default());
        let mut judge = Judge { chars: Some(10), ..Judge::unbound("t", &classes, &problems) };
        let left = (KIND.judge)(&all.into_value(), &mut judge);
        assert_eq!(left, Some(vec![relation("of", (0, 3), (7, 9))].into_value()));
        assert_eq!(rules_of(&judge.notes), ["relation.outside", "class.undeclared", "relation.empty"]);
        let problems = [("outside".to_string(), Respond::Fix)].into();
        let mut judge = Judge { chars: Some(10), ..Judge::unbound("t", &classes, &problems) };
        let cut = (KIND.judge)(&vec![relation("of", (0, 3), (7, 12))].into_value(), &mut judge);
        assert_eq!(cut, Some(vec![relation("of", (0, 3), (7, 10))].into_value()));
    }

    #[test]
    fn annotators_agree_on_relations_of_the_same_spans() {
        let a = vec![relation("of", (0, 3), (7, 9)), relation("by", (0, 3), (7, 9))].into_value();
        let b = vec![relation("of", (0, 3), (7, 9)), relation("by", (0, 3), (7, 8))].into_value();
        let shares = compare(&[&a, &b], Metric::RelationF1, None).shares;
        let of: Vec<(&str, u64, u64)> = shares.iter().map(|s| (s.class.as_str(), s.got, s.of)).collect();
        assert_eq!(of, [("by", 0, 2 * compared::WHOLE), ("of", 2 * compared::WHOLE, 2 * compared::WHOLE)]);
    }
}
