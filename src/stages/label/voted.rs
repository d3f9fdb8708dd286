//! Annotations that most annotators gave: spans, relations and classes that are the same, and boxes that are of one thing.
use crate::measure::fusion::fuse;
use crate::model::attributes::Attribute;
use crate::model::boxes::Box2;
use crate::table::{Cell, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What a vote over annotations gave.
#[derive(Debug, PartialEq)]
pub struct Voted {
    pub label: Value,
    /// Annotations that exactly half of the annotators gave. Those of the first annotator are in the label.
    pub ties: usize,
    /// Annotations that fewer than half of them gave.
    pub outvoted: usize,
    /// How often each annotation was given.
    times: Vec<usize>,
    answers: usize,
}

impl Voted {
    /// Whether the same annotations would stay whatever so many more answers had been.
    pub fn holds(&self, lost: usize) -> bool {
        let all = self.answers + lost;
        // one that nobody has given yet may have been in all of the others
        let certain = |n: &usize| 2 * n > all || 2 * (n + lost) < all;
        self.times.iter().chain([&0]).all(certain)
    }
}

/// Annotations that are the same, such as spans of one class at one place, and that more than half of the answers have.
pub fn same<T: Ord + Clone>(answers: &[&Value]) -> Voted
where
    Vec<T>: Cell,
{
    let answers: Vec<BTreeSet<T>> =
        answers.iter().map(|a| Vec::from_value(a).unwrap_or_default().into_iter().collect()).collect();
    let mut times: BTreeMap<&T, usize> = BTreeMap::new();
    answers.iter().flatten().for_each(|one| *times.entry(one).or_default() += 1);
    let first = |one: &T| answers.first().is_some_and(|own| own.contains(one));
    let counted: Vec<(usize, bool, T)> = times.into_iter().map(|(s, n)| (n, first(s), s.clone())).collect();
    voted(counted, answers.len(), |all| all.into_value())
}

/// Boxes of one class around one thing that more than half of the annotators marked, fused.
pub fn boxes(answers: &[&Value]) -> Voted {
    let each = |(who, answer): (usize, &&Value)| {
        let boxes: Vec<Box2> = Vec::from_value(answer).unwrap_or_default();
        boxes.into_iter().map(move |b| (who, b, 1.0)).collect::<Vec<_>>()
    };
    let all: Vec<(usize, Box2, f64)> = answers.iter().enumerate().flat_map(each).collect();
    let counted = fuse(&all, answers.len()).into_iter().map(|fused| {
        let by: BTreeSet<usize> = fused.by.into_iter().collect();
        (by.len(), by.contains(&0), fused.of)
    });
    voted(counted.collect(), answers.len(), |all| all.into_value())
}

/// The class that most annotators gave to each shape that one of them judged; of several that of the first annotator who gave one of
/// these.
pub fn attributes(answers: &[&Value]) -> Voted {
    let said = |a: &&Value| Vec::<Attribute>::from_value(a).unwrap_or_default();
    let mut of: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    answers.iter().flat_map(said).for_each(|one| of.entry(one.shape).or_default().push(one.class));
    let (mut label, mut times, mut ties, mut outvoted) = (Vec::new(), Vec::new(), 0, 0);
    for (shape, given) in of {
        let count = |class: &String| given.iter().filter(|other| *other == class).count();
        let most = given.iter().map(count).max().unwrap_or_default();
        let Some(class) = given.iter().find(|class| count(class) == most) else { continue };
        ties += usize::from(given.iter().any(|other| other != class && count(other) == most));
        let less: BTreeSet<&String> = given.iter().filter(|other| count(other) < most).collect();
        outvoted += less.len();
        times.push(most);
        label.push(Attribute { shape, class: class.clone() });
    }
    Voted { label: label.into_value(), ties, outvoted, times, answers: answers.len() }
}

/// Keeps what more than half gave, and of what half gave that of the first annotator.
fn voted<T>(counted: Vec<(usize, bool, T)>, answers: usize, label: impl Fn(Vec<T>) -> Value) -> Voted {
    let ties = counted.iter().filter(|(n, _, _)| 2 * n == answers).count();
    let outvoted = counted.iter().filter(|(n, _, _)| 2 * n < answers).count();
    let stays = |(n, first, _): &(usize, bool, T)| 2 * n > answers || (2 * n == answers && *first);
    let times = counted.iter().map(|c| c.0).collect();
    Voted { times, answers, ties, outvoted, label: label(counted.into_iter().filter(stays).map(|c| c.2).collect()) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{pixels, spans as marked};
    use super::*;
    use crate::model::spans::Span;

    fn spans(answers: &[&Value]) -> Voted {
        same::<Span>(answers)
    }

    fn told(of: Voted) -> (Value, usize, usize) {
        (of.label, of.ties, of.outvoted)
    }

    #[test]
    fn answers_that_were_lost_may_have_decided() {
        let (some, more) = (marked(&[("A", 0, 3)]), marked(&[("A", 0, 3), ("B", 5, 7)]));
        assert!(!spans(&[&some]).holds(1), "of two, one is half");
        assert!(spans(&[&some, &some, &some]).holds(1) && spans(&[&some, &some, &some]).holds(0));
        assert!(!spans(&[&some, &some, &some]).holds(3), "three may have marked something else");
        assert!(!spans(&[&some, &some, &more]).holds(1), "B would be given by two of four");
    }

    #[test]
    fn what_most_have_marked_stays() {
        let answers = [
            marked(&[("A", 0, 3), ("B", 5, 7)]),
            marked(&[("A", 0, 3)]),
            marked(&[("A", 0, 3), ("B", 5, 7), ("C", 8, 9)]),
        ];
        let of = |n: usize| spans(&answers.iter().take(n).collect::<Vec<_>>());
        assert_eq!(told(of(3)), (marked(&[("A", 0, 3), ("B", 5, 7)]), 0, 1));
        assert_eq!(told(of(2)), (marked(&[("A", 0, 3), ("B", 5, 7)]), 1, 0));
        let turned = [&answers[1], &answers[0]];
        assert_eq!(told(spans(&turned)), (marked(&[("A", 0, 3)]), 1, 0));
        assert_eq!(of(1).label, answers[0]);
        let (nothing, some) = (marked(&[]), marked(&[("A", 0, 3)]));
        assert_eq!(spans(&[&nothing, &some, &nothing]).label, nothing);
    }

    #[test]
    fn boxes_around_one_thing_become_one() {
        let answer = |of: Vec<Box2>| of.into_value();
        let answers = [
            answer(vec![
                pixels("car", [0.0, 0.0, 10.0, 10.0], &["occluded"]),
                pixels("car", [50.0, 0.0, 60.0, 10.0], &[]),
            ]),
            answer(vec![pixels("car", [1.0, 0.0, 11.0, 10.0], &[])]),
            answer(vec![pixels("car", [2.0, 0.0, 12.0, 10.0], &[])]),
        ];
        let got = boxes(&answers.iter().collect::<Vec<_>>());
        let want = answer(vec![pixels("car", [1.0, 0.0, 11.0, 10.0], &["occluded"])]);
        assert_eq!(told(got), (want, 0, 1));
    }
}
