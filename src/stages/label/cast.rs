//! One annotator has one vote about a sample, in however many sources they stand.
//!
//! Equal answers count once (`vote.repeated`), of different ones the first counts (`vote.contradiction`): that of the source which is
//! read first, columns before files and each by name. An answer under a later version of the guideline takes the place of one
//! under an earlier version (`vote.replaced`): whoever answered again knew more. Answers to different parts of a sample are joined. The
//! answers of the gold source measure, and are no votes: they stand beside those that the same annotator gave elsewhere.
use super::kinds::kind::{Kind, Reading};
use crate::model::votes::Vote;
use crate::table::Value;
use std::cmp::Ordering;

/// Adds a vote to those of a sample, unless its annotator has answered before. An answer that can be read counts before one that
/// cannot.
pub fn cast(kind: &Kind, gold: Option<&str>, own: &mut Vec<Vote>, vote: Vote, reading: &mut Reading) {
    let is_gold = |v: &Vote| gold == Some(v.origin.as_str());
    let same = |v: &&mut Vote| v.annotator == vote.annotator && is_gold(v) == is_gold(&vote);
    let joined = |first: &Vote| kind.joins.and_then(|joins| joins(&first.answer, &vote.answer));
    match own.iter_mut().find(same) {
        None => own.push(vote),
        // each row is a part of the answer, and so is what it lost
        Some(first)
            if kind.on_shapes
                && first.origin == vote.origin
                && (first.answer == Value::Null || vote.answer == Value::Null) =>
        {
            let lost = first.lost + vote.lost;
            let answer = if first.answer == Value::Null { vote.answer } else { first.answer.clone() };
            *first = Vote { answer, lost, ..first.clone() };
        }
        Some(first) if first.answer == Value::Null => *first = vote,
        Some(_) if vote.answer == Value::Null => {}
        Some(first) if later(&vote.guideline, &first.guideline) != Ordering::Equal => {
            let (new, old) = if later(&vote.guideline, &first.guideline).is_gt() {
                (vote.guideline.clone(), std::mem::replace(first, vote).guideline)
            } else {
                (first.guideline.clone(), vote.guideline)
            };
            let say =
                format!("one annotator answered under {old} and again under {new} of the guideline, which counts");
            reading.note("vote.replaced", say);
        }
        Some(first) if first.answer == vote.answer => {
            let say = "one annotator gave the same answer again";
            reading.note("vote.repeated", format!("{say}{}", elsewhere(first, &vote, "it counts once")));
        }
        Some(first) if let Some(whole) = joined(first) => {
            *first = Vote { answer: whole, lost: first.lost + vote.lost, ..first.clone() };
        }
        Some(first) => {
            let answers = if reading.open && !kind.prose { differing(kind, first, &vote) } else { String::new() };
            let say = match first.origin == vote.origin {
                true => format!("one annotator gave two different answers{answers}; the first one counts"),
                false => format!(
                    "one annotator gave two different answers{answers}, in from.{} and from.{}; the first one counts",
                    first.origin, vote.origin
                ),
            };
            reading.note("vote.contradiction", say);
        }
    }
}

/// Two answers in words, cut where they are long: ` (PS 3..6 and LC 3..6)`.
fn differing(kind: &Kind, first: &Vote, other: &Vote) -> String {
    let words = |vote: &Vote| {
        let words = match &vote.answer {
            Value::List(all) if all.is_empty() => "nothing".to_string(),
            answer => (kind.words)(answer),
        };
        match words.char_indices().nth(WORDS) {
            Some((end, _)) => format!("{}...", words.get(..end).unwrap_or_default()),
            None => words,
        }
    };
    format!(" ({} and {})", words(first), words(other))
}

/// So many characters of an answer are told.
const WORDS: usize = 80;

/// Where the first answer stands, if in another source.
fn elsewhere(first: &Vote, vote: &Vote, then: &str) -> String {
    match first.origin == vote.origin {
        true => String::new(),
        false => format!(", in from.{} and from.{}; {then}", first.origin, vote.origin),
    }
}

/// Which of two versions is the later one, part by part. Versions that are no numbers, and none, say nothing.
fn later(a: &str, b: &str) -> Ordering {
    let parts = |version: &str| version.split('.').map(|part| part.parse::<u64>().ok()).collect::<Option<Vec<u64>>>();
    parts(a).zip(parts(b)).map_or(Ordering::Equal, |(a, b)| a.cmp(&b))
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{asking, pixels, rules_of, spans, vote};
    use super::*;
    use crate::table::Cell;
    use std::collections::BTreeMap;

    fn cast_all(kind: &str, all: Vec<Vote>) -> (Vec<Vote>, Vec<&'static str>) {
        let (nothing, mut own) = (BTreeMap::new(), Vec::new());
        let mut reading = asking(&nothing);
        for vote in all {
            cast(named(kind).unwrap(), Some("gold"), &mut own, vote, &mut reading);
        }
        let rules = rules_of(&reading.notes);
        (own, rules)
    }

    /// An answer of a kind, and another one.
    fn answers() -> Vec<(&'static str, Value, Value)> {
        let texts = |all: &[&str]| Value::List(all.iter().map(|t| Value::Text(t.to_string())).collect());
        let boxed = |x: f64| vec![pixels("c", [x, 0.0, x + 10.0, 10.0], &[])].into_value();
        vec![
            ("classification", Value::Text("x".into()), Value::Text("y".into())),
            ("classes", texts(&["x"]), texts(&["x", "y"])),
            ("rating", Value::Float(1.0), Value::Float(2.0)),
            ("ner", spans(&[("A", 0, 2)]), spans(&[("A", 0, 3)])),
            ("relations", texts(&["r"]), Value::List(Vec::new())),
            ("object_detection", boxed(0.0), boxed(1.0)),
        ]
    }

    #[test]
    fn of_one_annotator_in_two_sources_one_answer_counts() {
        for (kind, one, two) in answers() {
            let all = vec![vote("lee", "b", one.clone()), vote("lee", "c", one.clone()), vote("lee", "d", two)];
            let (own, rules) = cast_all(kind, all);
            assert_eq!(own, [vote("lee", "b", one)], "{kind}");
            assert_eq!(rules, ["vote.repeated", "vote.contradiction"], "{kind}");
        }
    }

    #[test]
    fn a_later_version_takes_the_place_whichever_is_read_first() {
        let of = |class: &str, origin: &str, version: &str| Vote {
            guideline: version.into(),
            ..vote("lee", origin, Value::Text(class.into()))
        };
        let (old, new) = (of("x", "b", "1.9.0"), of("y", "c", "1.10.0"));
        for all in [vec![old.clone(), new.clone()], vec![new.clone(), old]] {
            assert_eq!(cast_all("classification", all), (vec![new.clone()], vec!["vote.replaced"]));
        }
    }

    #[test]
    fn gold_answers_are_no_votes() {
        let class = |origin: &str, class: &str| vote("lee", origin, Value::Text(class.into()));
        let all = vec![class("b", "x"), class("gold", "y")];
        assert_eq!(cast_all("classification", all.clone()), (all, vec![]));
    }
}
