//! Whether a model is too weak for what it doubts to mean anything.
use std::collections::{BTreeMap, BTreeSet};

/// A model that agrees with less of what is marked is told to be weak.
pub const AGREEING_MIN: f64 = 0.5;
/// By which factor another order of the classes must agree better to be told.
const BETTER: f64 = 1.5;

/// How often each class is given and each is likeliest.
pub type Counts = BTreeMap<(usize, usize), u64>;

fn share(n: u64, counts: &Counts) -> f64 {
    n as f64 / counts.values().sum::<u64>().max(1) as f64
}

/// The share of what is marked that the model marks in the same way.
pub fn agreeing(counts: &Counts) -> f64 {
    share(counts.iter().filter(|((given, likely), _)| given == likely).map(|(_, n)| *n).sum(), counts)
}

/// Why a model is weak, if it is; `spans` where tags are counted.
pub fn say(counts: &Counts, spans: bool, name: &dyn Fn(usize) -> String) -> Option<String> {
    if counts.is_empty() {
        return None;
    }
    let agreeing = agreeing(counts);
    let what = if spans { "tags of entities" } else { "labels" };
    let gives = format!("the model gives {:.0} % of the {what} as they are", agreeing * 100.0);
    if agreeing < AGREEING_MIN {
        let order = other_order(counts).filter(|other| *other >= agreeing * BETTER).map(|other| {
            format!(
                "; with its classes in another order it would be {:.0} %: do the numbers stand as `predictions.classes` says?",
                other * 100.0
            )
        });
        let weak = "it is weak, and most of what it doubts is probably right";
        return Some(format!("{gives}: {weak}{}", order.unwrap_or_default()));
    }
    let mut given: BTreeMap<usize, u64> = BTreeMap::new();
    counts.iter().for_each(|((class, _), n)| *given.entry(*class).or_default() += n);
    let (class, most) = given.iter().max_by_key(|(class, n)| (**n, usize::MAX - **class))?;
    let floor = share(*most, counts);
    let no_better = !spans && given.len() > 1 && agreeing <= floor;
    let always = format!("{:.0} % are `{}`", floor * 100.0, name(*class));
    no_better.then(|| {
        format!("{gives}, and {always}: to say that always is as good, and what such a model doubts means nothing")
    })
}

/// How much would agree if each class that the model names were the one that is given most where it names it; `None` where that is no
/// other order of the same classes.
fn other_order(counts: &Counts) -> Option<f64> {
    let mut best: BTreeMap<usize, (u64, usize)> = BTreeMap::new();
    for ((given, likely), n) in counts {
        let own = best.entry(*likely).or_default();
        if *n > own.0 {
            *own = (*n, *given);
        }
    }
    let named: BTreeSet<usize> = best.values().map(|(_, given)| *given).collect();
    let moved = best.iter().any(|(likely, (_, given))| likely != given);
    (moved && best.len() > 1 && named.len() == best.len()).then(|| share(best.values().map(|(n, _)| n).sum(), counts))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(counts: &[((usize, usize), u64)]) -> Option<String> {
        say(&counts.iter().copied().collect(), false, &|class| ["a", "b", "c"][class].to_string())
    }

    #[test]
    fn a_model_is_weak_below_half_and_where_one_class_says_as_much() {
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[((0, 0), 8), ((1, 1), 8), ((1, 0), 2)]), None);
        let weak = told(&[((0, 0), 3), ((0, 1), 3), ((1, 0), 3), ((1, 1), 2)]).unwrap();
        assert!(weak.contains("45 % of the labels") && !weak.contains("order"), "{weak}");
        let majority = told(&[((0, 0), 6), ((1, 0), 4)]).unwrap();
        assert!(majority.contains("60 % are `a`"), "{majority}");
        assert_eq!(told(&[((0, 0), 6)]), None, "one class alone has nothing to be mistaken for");
    }

    #[test]
    fn another_order_of_the_classes_is_told() {
        let shifted = [((0, 1), 8), ((1, 2), 7), ((2, 0), 9), ((0, 0), 1)];
        let say = told(&shifted).unwrap();
        assert!(say.contains("in another order it would be 96 %"), "{say}");
        // all that it names is one class: no order of classes
        assert!(!told(&[((0, 1), 8), ((1, 1), 2), ((2, 1), 1)]).unwrap().contains("order"));
    }
}
