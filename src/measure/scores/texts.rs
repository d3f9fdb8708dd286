//! How far texts are from what they should be: edits, and the error rates that count them by words and by characters.

/// Edits among so many words, or characters, of the texts as they should be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErrorRate {
    pub edits: u64,
    pub of: u64,
}

impl ErrorRate {
    /// Of words between white space (WER), over all pairs of (as it should be, as it is).
    pub fn of_words<'t>(pairs: impl IntoIterator<Item = (&'t str, &'t str)>) -> ErrorRate {
        let words = |text: &'t str| text.split_whitespace().collect::<Vec<_>>();
        ErrorRate::of(pairs.into_iter().map(|(want, got)| (words(want), words(got))))
    }

    /// Of characters, Unicode scalar values with white space (CER).
    pub fn of_characters<'t>(pairs: impl IntoIterator<Item = (&'t str, &'t str)>) -> ErrorRate {
        let chars = |text: &str| text.chars().collect::<Vec<char>>();
        ErrorRate::of(pairs.into_iter().map(|(want, got)| (chars(want), chars(got))))
    }

    fn of<T: PartialEq>(pairs: impl Iterator<Item = (Vec<T>, Vec<T>)>) -> ErrorRate {
        pairs.fold(ErrorRate::default(), |sum, (want, got)| ErrorRate {
            edits: sum.edits + edits(&want, &got),
            of: sum.of + want.len() as u64,
        })
    }

    /// Edits for each word or character; above 1 where there is more to take out than there should be. `None` of nothing.
    pub fn rate(&self) -> Option<f64> {
        (self.of > 0).then(|| self.edits as f64 / self.of as f64)
    }
}

/// The least number of parts that are replaced, put in or taken out to make one of the other (Levenshtein 1966).
pub fn edits<T: PartialEq>(a: &[T], b: &[T]) -> u64 {
    let mut row: Vec<u64> = (0..=b.len() as u64).collect();
    for (i, x) in a.iter().enumerate() {
        let (mut corner, mut left) = (i as u64, i as u64 + 1);
        for (cell, y) in row.iter_mut().skip(1).zip(b) {
            let above = *cell;
            *cell = (corner + u64::from(x != y)).min(above + 1).min(left + 1);
            (corner, left) = (above, *cell);
        }
        if let Some(first) = row.first_mut() {
            *first = i as u64 + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_the_fewest() {
        let of = |a: &str, b: &str| edits(&a.chars().collect::<Vec<_>>(), &b.chars().collect::<Vec<_>>());
        for (a, b, n) in
            [("kitten", "sitting", 3), ("saturday", "sunday", 3), ("", "abc", 3), ("abc", "abc", 0), ("ab", "ba", 2)]
        {
            assert_eq!((of(a, b), of(b, a)), (n, n), "{a} {b}");
        }
    }

    /// Counted by hand: edits over all pairs, by the parts of what should be there.
    #[test]
    fn rates_count_over_all_pairs() {
        let pairs = [("hello world", "hello duck"), ("i like python", "i like like pythons today"), ("a b c d", "")];
        let words = ErrorRate::of_words(pairs);
        assert_eq!(words, ErrorRate { edits: 1 + 3 + 4, of: 2 + 3 + 4 });
        let characters = ErrorRate::of_characters([("오늘은 춥다", "오늘 춥다"), ("abcd", "abed")]);
        assert_eq!(characters, ErrorRate { edits: 2, of: 10 });
        assert_eq!(characters.rate(), Some(0.2));
        assert_eq!(ErrorRate::of_words([("a", "a b c")]).rate(), Some(2.0));
        assert_eq!(ErrorRate::of_words([("", "a")]).rate(), None);
    }
}
