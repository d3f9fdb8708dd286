//! One answer out of several votes: majority for classes, lower median for ordered values.
//!
//! Both are deterministic: ties follow the order that was declared, never the order in which votes arrived.

/// The class with most votes; of several, the one declared first. Classes that are not declared come after those that
/// are, in byte order. `None` without votes.
pub fn majority(votes: &[&str], declared: &[String]) -> Option<String> {
    let mut sorted = votes.to_vec();
    sorted.sort_unstable();
    let rank = |class: &str| declared.iter().position(|d| d == class).unwrap_or(declared.len());
    sorted
        .chunk_by(|a, b| a == b)
        .filter_map(|votes| Some((votes.len(), *votes.first()?)))
        .min_by_key(|(count, class)| (usize::MAX - count, rank(class), *class))
        .map(|(_, class)| class.to_string())
}

/// Whether the class with most votes would be the same whatever `lost` more votes had been.
pub fn majority_holds(votes: &[&str], declared: &[String], lost: usize) -> bool {
    if lost == 0 {
        return true;
    }
    let winner = majority(votes, declared);
    let rival = |class: &str| {
        let more = votes.iter().copied().chain(std::iter::repeat_n(class, lost)).collect::<Vec<_>>();
        majority(&more, declared) != winner
    };
    let mut given = votes.to_vec();
    given.sort_unstable();
    given.dedup();
    // of the classes that nobody gave the one declared first wins before the others
    let other = declared.iter().map(String::as_str).find(|class| given.binary_search(class).is_err());
    winner.is_some() && !given.iter().copied().chain(other).any(rival)
}

/// Whether the lower median would be the same whatever `lost` more values had been.
pub fn median_holds(values: &[f64], lost: usize) -> bool {
    let with = |value: f64| {
        let mut more = values.iter().copied().chain(std::iter::repeat_n(value, lost)).collect::<Vec<_>>();
        lower_median(&mut more)
    };
    lost == 0 || with(f64::NEG_INFINITY) == with(f64::INFINITY)
}

/// The middle value, of two the lower one: always a value that somebody gave. `None` if empty or if a value is NaN.
/// The order of `values` changes.
pub fn lower_median(values: &mut [f64]) -> Option<f64> {
    Some(middle(values)?.0)
}

/// The two values in the middle, the lower one first; of an odd number of values both are the same.
pub fn middle(values: &mut [f64]) -> Option<(f64, f64)> {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let (_, low, above) = values.select_nth_unstable_by((values.len() - 1) / 2, f64::total_cmp);
    let low = *low;
    let next = above.iter().copied().min_by(f64::total_cmp);
    Some((low, next.filter(|_| values.len().is_multiple_of(2)).unwrap_or(low)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn most_votes_win_and_ties_follow_the_declared_order() {
        let declared = ["b", "a"].map(String::from);
        let winner = |votes: &[&str]| majority(votes, &declared);
        assert_eq!(winner(&["a", "b", "a"]).as_deref(), Some("a"));
        assert_eq!(winner(&["a", "b"]).as_deref(), Some("b"));
        assert_eq!(winner(&["b", "a"]).as_deref(), Some("b"));
        assert_eq!(winner(&["x", "a"]).as_deref(), Some("a"));
        assert_eq!(winner(&["y", "x"]).as_deref(), Some("x"));
        assert_eq!(winner(&[]), None);
    }

    #[test]
    fn votes_that_were_lost_may_have_decided() {
        let declared = ["neg", "neutral", "pos"].map(String::from);
        let holds = |votes: &[&str], lost| majority_holds(votes, &declared, lost);
        assert!(holds(&["neg"], 0) && holds(&[], 0));
        assert!(!holds(&["neg"], 2), "both may have been `pos`");
        assert!(holds(&["neg"], 1), "of two with a vote each, the one declared first stands");
        assert!(!holds(&["pos"], 1), "`neg` is declared before `pos`");
        assert!(holds(&["pos", "pos", "pos", "neg"], 1) && !holds(&["pos", "pos", "pos", "neg"], 2));
        assert!(!holds(&[], 1));
        assert!(median_holds(&[2.0, 2.0, 2.0], 1) && median_holds(&[1.0, 5.0], 0));
        assert!(!median_holds(&[1.0, 5.0], 1) && !median_holds(&[], 1));
    }

    #[test]
    fn whether_it_holds_is_what_every_class_would_do() {
        let declared = ["c", "a", "b"].map(String::from);
        let classes = ["a", "b", "c", "x"];
        for n in 0..4usize.pow(4) {
            let votes: Vec<&str> = (0..4).map(|place| classes[n / 4usize.pow(place) % 4]).take(n % 5).collect();
            for lost in 1..4 {
                let same = |class: &&str| {
                    let more: Vec<&str> = votes.iter().copied().chain(std::iter::repeat_n(*class, lost)).collect();
                    majority(&more, &declared) == majority(&votes, &declared)
                };
                // of classes that are not declared nobody can have given one that none of the others gave
                let could = classes.iter().filter(|class| **class != "x" || votes.contains(class));
                let want = !votes.is_empty() && could.clone().all(same);
                assert_eq!(majority_holds(&votes, &declared, lost), want, "{votes:?} {lost}");
            }
        }
    }

    #[test]
    fn the_lower_of_two_middles() {
        assert_eq!(lower_median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.0));
        assert_eq!(lower_median(&mut [5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(lower_median(&mut [7.0]), Some(7.0));
        assert_eq!(lower_median(&mut []), None);
        assert_eq!(middle(&mut [4.0, 1.0, 3.0, 2.0]), Some((2.0, 3.0)));
        assert_eq!((middle(&mut [5.0, 1.0, 3.0]), middle(&mut [5.0, 5.0])), (Some((3.0, 3.0)), Some((5.0, 5.0))));
        assert_eq!(lower_median(&mut [1.0, f64::NAN]), None);
    }
}
