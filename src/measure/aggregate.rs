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

/// The middle value, of two the lower one: always a value that somebody gave. `None` if empty or if a value is NaN.
/// The order of `values` changes.
pub fn lower_median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() || values.iter().any(|v| v.is_nan()) {
        return None;
    }
    let middle = (values.len() - 1) / 2;
    Some(*values.select_nth_unstable_by(middle, f64::total_cmp).1)
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
    fn the_lower_of_two_middles() {
        assert_eq!(lower_median(&mut [4.0, 1.0, 3.0, 2.0]), Some(2.0));
        assert_eq!(lower_median(&mut [5.0, 1.0, 3.0]), Some(3.0));
        assert_eq!(lower_median(&mut [7.0]), Some(7.0));
        assert_eq!(lower_median(&mut []), None);
        assert_eq!(lower_median(&mut [1.0, f64::NAN]), None);
    }
}
