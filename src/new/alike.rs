//! Classes that are written almost alike: in another case, with spaces around them, or one that is hardly ever there with a letter that is
//! another. Perhaps they are one, and only people know.
use super::labels::{Answers, Label};
use super::odd::Times;
use super::page::{key, text};
use crate::report::lang;
use std::collections::BTreeMap;

/// A class with how often it is there and where first, as far as that was seen.
fn shown(l: &Label, class: &str) -> String {
    match l.times.get(class) {
        Some(Times { n, first: Some(first) }) => {
            lang::text(&format!("`{class}` ({n} in all, the first in {first})")).into_owned()
        }
        _ => format!("`{class}`"),
    }
}

fn often(l: &Label, class: &str) -> usize {
    l.times.get(class).map_or(0, |times| times.n)
}

/// What is asked of a task's classes, with what would join those that are written alike.
pub fn asks(l: &Label) -> Vec<String> {
    let mut out: Vec<String> = l
        .map
        .iter()
        .filter(|(from, to)| from != to && from.trim() == to)
        .map(|(from, to)| {
            format!(
                "whether {} and {} are one class of label.{}: `map` joins them",
                shown(l, from),
                shown(l, to),
                l.name
            )
        })
        .collect();
    let mut alike: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for class in &l.classes {
        alike.entry(class.trim().to_lowercase()).or_default().push(class);
    }
    let mut groups: Vec<Vec<&String>> = alike.into_values().filter(|classes| classes.len() > 1).collect();
    let told: Vec<&String> = groups.iter().flatten().copied().collect();
    groups.extend(slips(l).into_iter().filter(|pair| !pair.iter().any(|class| told.contains(class))));
    let table = if matches!(l.from, Answers::Votes { .. }) { "from.votes" } else { "from.given" };
    for mut classes in groups {
        // to the one that is there most often, without spaces around it, and in small letters where it is there
        classes.sort_by_key(|class| (class.trim() == class.as_str(), often(l, class), *class));
        let Some((to, others)) = classes.split_last() else { continue };
        let map: Vec<String> = others.iter().map(|from| format!("{} = {}", key(from), text(to))).collect();
        let named: Vec<String> = others.iter().map(|c| shown(l, c)).collect();
        out.push(format!(
            "whether {} and {} are one class of label.{}: `map = {{ {} }}` in its `{table}` joins them, and `classes` has \
             `{to}` alone then",
            named.join(", "),
            shown(l, to),
            l.name,
            map.join(", ")
        ));
    }
    out
}

/// Classes that are there so seldom beside one of almost the same letters that they may be a slip: at most one in fifty of it.
fn slips(l: &Label) -> Vec<Vec<&String>> {
    const SELDOM: usize = 50;
    const LETTERS: usize = 4;
    let numbers = |class: &str| class.chars().any(|c| c.is_ascii_digit());
    let mut out = Vec::new();
    for rare in
        l.classes.iter().filter(|c| (1..=3).contains(&often(l, c)) && c.chars().count() >= LETTERS && !numbers(c))
    {
        let near = |other: &&String| {
            often(l, other) >= often(l, rare) * SELDOM && !numbers(other) && is_one_letter_off(rare, other)
        };
        if let Some(twin) = l.classes.iter().filter(near).max_by_key(|other| often(l, other)) {
            out.push(vec![rare, twin]);
        }
    }
    out
}

/// Whether one letter that is put in, left out or changed, or two that change places, make one text of the other.
fn is_one_letter_off(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let front = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(front..).unwrap_or_default(), b.get(front..).unwrap_or_default());
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (a, b) = (a.get(..a.len() - back).unwrap_or_default(), b.get(..b.len() - back).unwrap_or_default());
    match (a, b) {
        ([_], []) | ([], [_]) | ([_], [_]) => true,
        ([w, x], [y, z]) => w == z && x == y,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_that_are_written_alike_are_asked_for() {
        let of = |classes: &[&str]| {
            let classes = classes.iter().map(|c| c.to_string()).collect();
            asks(&Label { name: "kind".into(), classes, ..Label::default() })
        };
        assert_eq!(of(&["cat", "dog"]), Vec::<String>::new());
        let said = of(&["Cat", "cat", "cat ", "dog"]);
        assert!(said.len() == 1 && said[0].contains("`map = { \"cat \" = \"cat\", Cat = \"cat\" }`"), "{said:?}");
    }
    #[test]
    fn a_class_that_is_hardly_ever_there_is_told_with_its_place() {
        let of = |classes: &[(&str, usize)]| {
            let times = |n| Times { n, first: Some("a.csv:7".into()) };
            let times = classes.iter().map(|(class, n)| (class.to_string(), times(*n))).collect();
            let classes = classes.iter().map(|(class, _)| class.to_string()).collect();
            asks(&Label { name: "kind".into(), classes, times, ..Label::default() })
        };
        let said = of(&[("Person", 400), ("person", 1)]);
        assert!(said.len() == 1 && said[0].contains("`person` (1 in all, the first in a.csv:7)"), "{said:?}");
        assert!(said[0].contains("`map = { person = \"Person\" }`"), "{said:?}");
        for slip in ["positve", "postiive", "possitive", "positivo"] {
            let said = of(&[("positive", 100), (slip, 1), ("negative", 90)]);
            assert!(said.len() == 1 && said[0].contains(slip), "{slip} {said:?}");
        }
        for other in [
            &[("label1", 100usize), ("label2", 1)] as &[_],
            &[("boat", 100), ("goat", 30)],
            &[("cat", 100), ("car", 1)],
        ] {
            assert_eq!(of(other), Vec::<String>::new(), "{other:?}");
        }
    }
}
