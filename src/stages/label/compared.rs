//! The answers to one sample held against each other: what a coefficient counts, or what two annotators have in common.
use super::metric::Metric;
use crate::measure::agreement::{Match, best, greatest};
use crate::measure::ranks::kendall_w;
use crate::measure::replies::{common, plain, words_of};
use crate::measure::scores::edits;
use crate::measure::shapes::Area;
use crate::model::candidates::Ranking;
use crate::model::shape::Shape;
use crate::stage::is_default;
use crate::table::{Cell, Value};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The answers to one sample, compared.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Compared {
    /// Who answered, in name order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub by: Vec<String>,
    /// The version of the guideline under which each of them answered; empty where nobody says any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub versions: Vec<String>,
    /// Things that were judged.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<Unit>,
    /// What pairs of annotators have in common.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shares: Vec<Share>,
    /// What all annotators have in common of a whole, where that is more than what their pairs have.
    #[serde(default, skip_serializing_if = "is_default")]
    pub together: Option<(u64, u64)>,
    /// A person decided what the label is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub decided: bool,
}

/// Things that all were given the same: the category that each annotator gave, in the order of `by`, and how many they are.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unit(pub Vec<Option<String>>, pub u64);

/// How much of `of` two annotators have in common of a class. They are named by their places in `by`.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Share {
    pub pair: (u32, u32),
    pub class: String,
    pub got: u64,
    pub of: u64,
}

/// What a character or an annotation is called that somebody did not mark.
pub const ABSENT: &str = "absent";

/// The whole of an annotation: shares are counted in parts of it.
pub const WHOLE: u64 = 1_000_000_000;

/// From this share of their union on, two shapes are taken for the same thing.
const SAME: u64 = WHOLE / 2;

impl Compared {
    /// One thing that each was asked about.
    pub fn one(answers: Vec<String>) -> Compared {
        let unit = Unit(answers.into_iter().map(Some).collect(), 1);
        Compared { units: vec![unit], ..Compared::default() }
    }

    /// What every pair has in common. `compare` is given the places of two annotators and tells (class, got, of).
    pub fn shares(answers: usize, compare: &dyn Fn(usize, usize) -> Vec<(String, u64, u64)>) -> Compared {
        let mut shares = Vec::new();
        for (a, b) in pairs(answers) {
            let mut sums: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            for (class, got, of) in compare(a, b) {
                let sum = sums.entry(class).or_default();
                (sum.0, sum.1) = (sum.0 + got, sum.1 + of);
            }
            let pair = (a as u32, b as u32);
            shares.extend(sums.into_iter().map(|(class, (got, of))| Share { pair, class, got, of }));
        }
        Compared { shares, ..Compared::default() }
    }
}

impl Compared {
    /// What those answered who answered under a version of the guideline. What all have in common is not told by what some have, and
    /// is left out where others answered, too.
    pub fn under(&self, version: &str) -> Compared {
        let own: Vec<usize> =
            self.versions.iter().enumerate().filter(|(_, of)| *of == version).map(|(place, _)| place).collect();
        let place = |of: u32| own.iter().position(|p| *p == of as usize).map(|p| p as u32);
        let unit = |Unit(answers, times): &Unit| {
            Unit(own.iter().map(|p| answers.get(*p).cloned().flatten()).collect(), *times)
        };
        let share = |s: &Share| Some(Share { pair: (place(s.pair.0)?, place(s.pair.1)?), ..s.clone() });
        Compared {
            by: own.iter().filter_map(|p| self.by.get(*p).cloned()).collect(),
            versions: vec![version.to_string(); own.len()],
            units: self.units.iter().map(unit).collect(),
            shares: self.shares.iter().filter_map(share).collect(),
            together: self.together.filter(|_| own.len() == self.by.len()),
            decided: self.decided,
        }
    }
}

/// All pairs of so many, the first before the second.
pub fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |a| (a + 1..n).map(move |b| (a, b)))
}

/// An annotation of a text: its class, where it begins and where it ends.
pub type Marked = (String, u32, u32);

/// Spans of one text. `chars`: how long it is, where that is known.
pub fn spans(answers: &[Vec<Marked>], metric: Metric, chars: Option<u32>) -> Compared {
    match metric {
        Metric::CharacterAlpha => characters(answers, chars),
        Metric::SpanF1Partial => Compared::shares(answers.len(), &|a, b| partial(at(answers, a), at(answers, b))),
        _ => Compared::shares(answers.len(), &|a, b| exact(at(answers, a), at(answers, b))),
    }
}

fn at<T>(answers: &[Vec<T>], i: usize) -> &[T] {
    answers.get(i).map_or(&[], Vec::as_slice)
}

/// Spans that both have; the same span twice counts twice.
fn exact(a: &[Marked], b: &[Marked]) -> Vec<(String, u64, u64)> {
    let mut left: Vec<&Marked> = b.iter().collect();
    let mut out: Vec<(String, u64, u64)> = b.iter().map(|s| (s.0.clone(), 0, WHOLE)).collect();
    for span in a {
        let met = left.iter().position(|other| *other == span).map(|i| left.swap_remove(i));
        out.push((span.0.clone(), if met.is_some() { 2 * WHOLE } else { 0 }, WHOLE));
    }
    out
}

/// The same span counts whole, an overlap half; whatever the classes.
fn partial(a: &[Marked], b: &[Marked]) -> Vec<(String, u64, u64)> {
    let score = |i: usize, j: usize| match (a.get(i), b.get(j)) {
        (Some(x), Some(y)) if (x.1, x.2) == (y.1, y.2) => WHOLE,
        (Some(x), Some(y)) if x.1 < y.2 && y.1 < x.2 => WHOLE / 2,
        _ => 0,
    };
    let classes = |of: &[Marked]| of.iter().map(|s| s.0.clone()).collect::<Vec<_>>();
    credited(&classes(a), &classes(b), &greatest(a.len(), b.len(), &score))
}

/// Both annotations of a match have its score of their class.
fn credited(a: &[String], b: &[String], matches: &[Match]) -> Vec<(String, u64, u64)> {
    let mut out: Vec<(String, u64, u64)> = a.iter().chain(b).map(|class| (class.clone(), 0, WHOLE)).collect();
    for (i, j, score) in matches {
        for place in [*i, a.len() + j] {
            if let Some(own) = out.get_mut(place) {
                own.1 += score;
            }
        }
    }
    out
}

/// The class of each character, or absent. A character in spans of several classes has all of them.
fn characters(answers: &[Vec<Marked>], chars: Option<u32>) -> Compared {
    let ends = answers.iter().flatten().flat_map(|(_, start, end)| [*start, *end]);
    let cuts: BTreeSet<u32> = ends.chain(chars).chain([0]).collect();
    let cuts: Vec<u32> = cuts.into_iter().collect();
    let mut units: BTreeMap<Vec<Option<String>>, u64> = BTreeMap::new();
    for stretch in cuts.windows(2) {
        let [from, to] = stretch else { continue };
        let class = |of: &Vec<Marked>| {
            let covers = of.iter().filter(|(_, start, end)| start <= from && end >= to).map(|s| s.0.as_str());
            let classes: BTreeSet<&str> = covers.collect();
            Some(if classes.is_empty() { ABSENT.into() } else { classes.into_iter().collect::<Vec<_>>().join("+") })
        };
        *units.entry(answers.iter().map(class).collect()).or_default() += u64::from(to - from);
    }
    Compared { units: units.into_iter().map(|(of, n)| Unit(of, n)).collect(), ..Compared::default() }
}

/// Answers that are lists of shapes on one image.
pub fn of_shapes<S: Shape + Area>(answers: &[&Value], metric: Metric, _: Option<u32>) -> Compared {
    let named = |mut one: S| (std::mem::take(one.class()), one);
    let all = |a: &&Value| Vec::from_value(a).unwrap_or_default().into_iter().map(named).collect();
    shapes(&answers.iter().map(all).collect::<Vec<_>>(), metric)
}

/// Shapes on one image, each with its class.
fn shapes<S: Area>(answers: &[Vec<(String, S)>], metric: Metric) -> Compared {
    let score = |a: usize, b: usize| {
        move |i: usize, j: usize| match (at(answers, a).get(i), at(answers, b).get(j)) {
            (Some((_, x)), Some((_, y))) => (x.iou(y) * WHOLE as f64).round() as u64,
            _ => 0,
        }
    };
    let len = |a: usize| at(answers, a).len();
    let same = |a: usize, b: usize| {
        let score = score(a, b);
        best(len(a), len(b), &|i, j| Some(score(i, j)).filter(|s| *s >= SAME).unwrap_or(0))
    };
    let class = |a: usize, i: usize| at(answers, a).get(i).map_or("", |s| s.0.as_str());
    let classes = |a: usize| at(answers, a).iter().map(|s| s.0.clone()).collect::<Vec<_>>();
    match metric {
        Metric::MatchAlpha => {
            let all =
                pairs(answers.len()).flat_map(|(a, b)| same(a, b).into_iter().map(move |m| (m.2, (a, m.0), (b, m.1))));
            let sizes: Vec<usize> = (0..answers.len()).map(len).collect();
            let things = things(&sizes, all.collect());
            let unit = |thing: Vec<Option<usize>>| {
                let name = |(a, i): (usize, Option<usize>)| Some(i.map_or(ABSENT, |i| class(a, i)).to_string());
                Unit(thing.into_iter().enumerate().map(name).collect(), 1)
            };
            Compared { units: things.into_iter().map(unit).collect(), ..Compared::default() }
        }
        Metric::IouF1 => Compared::shares(answers.len(), &|a, b| {
            let alike = same(a, b).into_iter().filter(|m| class(a, m.0) == class(b, m.1));
            credited(&classes(a), &classes(b), &alike.map(|m| (m.0, m.1, WHOLE)).collect::<Vec<_>>())
        }),
        _ => Compared::shares(answers.len(), &|a, b| {
            credited(&classes(a), &classes(b), &greatest(len(a), len(b), &score(a, b)))
        }),
    }
}

/// An annotation: whose it is, and which of theirs.
type Own = (usize, usize);

/// Joins matched annotations to things, the nearest first; a thing has at most one annotation of each annotator. Each thing
/// as the annotation of each annotator.
fn things(sizes: &[usize], mut matches: Vec<(u64, Own, Own)>) -> Vec<Vec<Option<usize>>> {
    matches.sort_by(|x, y| y.0.cmp(&x.0).then((x.1, x.2).cmp(&(y.1, y.2))));
    let all = sizes.iter().enumerate().flat_map(|(a, n)| (0..*n).map(move |i| (a, i)));
    let mut things: Vec<BTreeMap<usize, usize>> = all.map(|own| BTreeMap::from([own])).collect();
    for (_, x, y) in matches {
        let of = |own: Own| things.iter().position(|t| t.get(&own.0) == Some(&own.1));
        let (Some(first), Some(second)) = (of(x), of(y)) else { continue };
        let apart = |a: &BTreeMap<usize, usize>, b: &BTreeMap<usize, usize>| a.keys().all(|k| !b.contains_key(k));
        let fits = matches!((things.get(first), things.get(second)), (Some(a), Some(b)) if apart(a, b));
        if first != second && fits {
            let (keep, gone) = (first.min(second), first.max(second));
            let moved = things.remove(gone);
            if let Some(thing) = things.get_mut(keep) {
                thing.extend(moved);
            }
        }
    }
    things.into_iter().map(|t| (0..sizes.len()).map(|a| t.get(&a).copied()).collect()).collect()
}

/// Answers in free words: how many pairs say the same, or how many words they have in common, of the two texts that have most. That there
/// is no answer is what only another one says who says so.
pub fn replies(answers: &[Vec<String>], metric: Metric) -> Compared {
    let words: Vec<Vec<Vec<String>>> = answers.iter().map(|all| all.iter().map(|t| words_of(t)).collect()).collect();
    let text = |i: usize, j: usize| at(answers, i).get(j).map(|t| plain(std::slice::from_ref(t)));
    let exact = |a: usize, b: usize| {
        let met = (0..at(answers, a).len()).any(|i| (0..at(answers, b).len()).any(|j| text(a, i) == text(b, j)));
        u64::from(met) * WHOLE
    };
    let best = |a: usize, b: usize| {
        let f1 = |x: &Vec<String>, y: &Vec<String>| {
            let (got, of) = common(x, y);
            (got * WHOLE + of / 2).checked_div(of).unwrap_or(0)
        };
        at(&words, a).iter().flat_map(|x| at(&words, b).iter().map(move |y| f1(x, y))).max().unwrap_or(0)
    };
    Compared::shares(answers.len(), &|a, b| {
        let got = match (at(answers, a).is_empty(), at(answers, b).is_empty()) {
            (true, true) => WHOLE,
            (false, false) if metric == Metric::ExactMatch => exact(a, b),
            (false, false) => best(a, b),
            _ => 0,
        };
        vec![(String::new(), got, WHOLE)]
    })
}

/// Rankings of the same candidates: the rank of each candidate, or how far all of them, and each two, are in concord.
pub fn rankings(answers: &[Ranking], metric: Metric) -> Compared {
    let named: BTreeSet<&String> = answers.iter().flat_map(|r| &r.order).collect();
    if metric == Metric::KrippendorffAlpha {
        let rank = |name: &String, r: &Ranking| {
            let place = r.order.iter().position(|c| c == name)?;
            r.ranks.get(place).map(u32::to_string)
        };
        let unit = |name: &&String| Unit(answers.iter().map(|r| rank(name, r)).collect(), 1);
        return Compared { units: named.iter().map(unit).collect(), ..Compared::default() };
    }
    let row = |r: &Ranking| named.iter().map(|name| r.doubled(name)).collect::<Option<Vec<u64>>>();
    let Some(rows) = answers.iter().map(row).collect::<Option<Vec<_>>>() else { return Compared::default() };
    let concord = |rows: &[Vec<u64>]| kendall_w(rows).map(|w| ((w * WHOLE as f64).round() as u64, WHOLE));
    let pair = |a: usize, b: usize| {
        let both: Vec<Vec<u64>> = [a, b].iter().filter_map(|i| rows.get(*i).cloned()).collect();
        concord(&both).map(|(got, of)| (String::new(), got, of)).into_iter().collect()
    };
    Compared { together: concord(&rows), ..Compared::shares(rows.len(), &pair) }
}

/// Texts that say the same: 1 - edits / length of the longer one, in characters or in words.
pub fn texts(answers: &[String], metric: Metric) -> Compared {
    let parts = |text: &String| -> Vec<String> {
        match metric {
            Metric::WordSimilarity => text.split_whitespace().map(str::to_string).collect(),
            _ => text.chars().map(String::from).collect(),
        }
    };
    let parts: Vec<Vec<String>> = answers.iter().map(parts).collect();
    Compared::shares(answers.len(), &|a, b| {
        let (a, b) = (at(&parts, a), at(&parts, b));
        let longer = a.len().max(b.len()) as u64;
        vec![(String::new(), longer - edits(a, b), longer)]
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::boxes::Box2;

    fn ratio(of: &Compared) -> f64 {
        let sum = |f: fn(&Share) -> u64| of.shares.iter().map(f).sum::<u64>() as f64;
        sum(|s| s.got) / sum(|s| s.of)
    }

    fn marked(of: &[(&str, u32, u32)]) -> Vec<Marked> {
        of.iter().map(|(class, start, end)| (class.to_string(), *start, *end)).collect()
    }

    /// The example of nervaluate's four measures: ends are exclusive here.
    #[test]
    fn answers_under_one_version_of_the_guideline_alone() {
        let names = |of: &[&str]| of.iter().map(|n| n.to_string()).collect::<Vec<_>>();
        let share = |pair, got| Share { pair, class: "A".into(), got, of: WHOLE };
        let all = Compared {
            by: names(&["kim", "lee", "park"]),
            versions: names(&["1.0", "2.0", "1.0"]),
            shares: vec![share((0, 1), 1), share((0, 2), 2), share((1, 2), 3)],
            together: Some((1, 2)),
            ..Compared::one(names(&["x", "y", "z"]))
        };
        let old = all.under("1.0");
        let unit = |of: &[&str]| Unit(of.iter().map(|c| Some(c.to_string())).collect(), 1);
        assert_eq!(
            (old.by, old.units, old.shares),
            (names(&["kim", "park"]), vec![unit(&["x", "z"])], vec![share((0, 1), 2)])
        );
        assert_eq!((old.together, all.under("2.0").by, all.under("3").by), (None, names(&["lee"]), names(&[])));
        let one = Compared { versions: names(&["1.0"; 3]), ..all };
        assert_eq!(one.under("1.0"), one);
    }

    #[test]
    fn spans_by_exact_and_partial_f1() {
        let one = marked(&[("PER", 0, 2), ("LOC", 3, 4), ("ORG", 5, 7), ("MISC", 8, 10)]);
        let other = marked(&[("PER", 0, 1), ("LOC", 3, 4), ("LOC", 5, 7), ("PER", 11, 12)]);
        let answers = [one, other];
        assert_eq!(ratio(&spans(&answers, Metric::SpanF1, None)), 0.25);
        assert_eq!(ratio(&spans(&answers, Metric::SpanF1Partial, None)), 0.625);
        let nothing = [vec![], vec![]];
        assert!(spans(&nothing, Metric::SpanF1, None).shares.is_empty(), "nothing here, nothing there");
    }

    #[test]
    fn characters_have_the_class_of_their_span() {
        let answers = [marked(&[("A", 0, 3)]), marked(&[("A", 1, 3), ("B", 2, 3)])];
        let found = spans(&answers, Metric::CharacterAlpha, Some(10)).units;
        let unit = |a: &str, b: &str, n| Unit(vec![Some(a.into()), Some(b.into())], n);
        assert_eq!(found, [unit("A", "A", 1), unit("A", "A+B", 1), unit("A", ABSENT, 1), unit(ABSENT, ABSENT, 7)]);
    }

    fn shape(class: &str, at: [f64; 4]) -> (String, Box2) {
        let [x1, y1, x2, y2] = at;
        (class.into(), Box2 { class: class.into(), x1, y1, x2, y2, flags: Vec::new() })
    }

    #[test]
    fn boxes_are_matched_before_they_are_compared() {
        let answers = [
            vec![shape("car", [0.0, 0.0, 10.0, 10.0]), shape("bus", [50.0, 0.0, 60.0, 10.0])],
            vec![shape("bus", [50.0, 0.0, 60.0, 10.0]), shape("van", [0.0, 0.0, 10.0, 5.0])],
            vec![],
        ];
        // two pairs with somebody who marked nothing: 4 boxes without a match
        assert_eq!(ratio(&shapes(&answers[..2], Metric::Iou)), 0.75);
        assert_eq!(ratio(&shapes(&answers, Metric::Iou)), 0.375);
        assert_eq!(ratio(&shapes(&answers[..2], Metric::IouF1)), 0.5, "one is called something else");
        let found = shapes(&answers, Metric::MatchAlpha).units;
        let unit = |of: [&str; 3]| Unit(of.iter().map(|c| Some(c.to_string())).collect(), 1);
        assert_eq!(found, [unit(["car", "van", ABSENT]), unit(["bus", "bus", ABSENT])]);
    }

    #[test]
    fn replies_by_their_best_texts() {
        let answers = [vec!["the cat sat", "a dog"], vec!["The cat.", "a bird"], vec![], vec![]]
            .map(|texts| texts.into_iter().map(String::from).collect::<Vec<_>>());
        assert!((ratio(&replies(&answers[..2], Metric::TokenF1)) - 0.8).abs() < 1e-9, "2 * 2 / (3 + 2)");
        assert_eq!(ratio(&replies(&answers[..2], Metric::ExactMatch)), 0.0);
        assert_eq!(
            (ratio(&replies(&answers[2..], Metric::TokenF1)), ratio(&replies(&answers[1..3], Metric::TokenF1))),
            (1.0, 0.0)
        );
        let same = [vec!["A dog!".to_string()], vec!["it".to_string(), "a  DOG".to_string()]];
        assert_eq!(ratio(&replies(&same, Metric::ExactMatch)), 1.0);
    }

    #[test]
    fn texts_by_edits() {
        let answers = ["나는 학교에 간다", "나는 학교 에 간다"].map(String::from);
        assert_eq!(ratio(&texts(&answers, Metric::CharSimilarity)), 0.9);
        assert_eq!(ratio(&texts(&answers, Metric::WordSimilarity)), 0.5);
        assert_eq!(edits(&[], &["a".to_string()]), 1);
        let words = |t: &str| t.split(' ').map(str::to_string).collect::<Vec<_>>();
        assert_eq!(edits(&words("the cat sat on the mat"), &words("the cat sit on mat")), 2);
    }
}
