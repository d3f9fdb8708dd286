//! Texts that stand in several splits under different ids. Ids alone say nothing of what samples hold, so that a release whose
//! splits are disjoint by id may tell a model in training what it is asked in the test.
use crate::digest::cut_hash;
use crate::formats::back::Released;
use crate::table::{ArrayRef, DataType, texts};
use std::collections::BTreeSet;

/// Columns of texts that name samples or say where they are from.
const NAMES: [&str; 4] = ["id", "license", "source", "split"];

/// After so many values a column in which most of them stand again holds no texts of its own, such as a class.
const LOOKED: usize = 4096;

/// The texts of a release, by column.
pub(super) struct Across {
    columns: Vec<Texts>,
    splits: u32,
}

struct Texts {
    name: String,
    /// Where the column stands among the released ones.
    place: usize,
    /// A hash of each text, and the number of its split.
    seen: Vec<(u64, u32)>,
    /// Its values are no texts of their own.
    shared: bool,
}

impl Across {
    pub(super) fn new(columns: &[Released]) -> Across {
        let text = |(_, c): &(usize, &Released)| c.ty() == DataType::Utf8 && c.holds != "date";
        let own = columns.iter().enumerate().filter(text).filter(|(_, c)| !NAMES.contains(&c.name.as_str()));
        let of =
            |(place, c): (usize, &Released)| Texts { name: c.name.clone(), place, seen: Vec::new(), shared: false };
        Across { columns: own.map(of).collect(), splits: 0 }
    }

    /// The rows that follow are of another split.
    pub(super) fn next_split(&mut self) {
        self.splits += 1;
    }

    pub(super) fn add(&mut self, arrays: &[ArrayRef]) {
        for column in self.columns.iter_mut().filter(|column| !column.shared) {
            let Some(array) = arrays.get(column.place) else { continue };
            let before = column.seen.len();
            let own = texts(array.as_ref()).into_iter().flatten().filter(|text| !text.trim().is_empty());
            column.seen.extend(own.map(|text| (cut_hash(text.as_bytes()), self.splits)));
            if before < LOOKED && column.seen.len() >= LOOKED && !column.is_own(2) {
                (column.shared, column.seen) = (true, Vec::new());
            }
        }
    }

    /// What was compared, and what was found.
    pub(super) fn told(mut self) -> Option<String> {
        self.columns.retain(|column| !column.seen.is_empty() && column.is_own(10));
        let names: Vec<String> = self.columns.iter().map(|column| format!("`{}`", column.name)).collect();
        let found = self.columns.iter().map(|column| (column, column.shared_by_splits())).filter(|(_, n)| *n > 0);
        let found: Vec<String> = found
            .map(|(column, n)| match n {
                1 => format!("1 text of `{}` stands in several splits under different ids", column.name),
                n => format!("{n} texts of `{}` stand in several splits under different ids", column.name),
            })
            .collect();
        match (names.as_slice(), found.as_slice()) {
            ([], _) => None,
            (_, []) => Some(format!("no text of {} stands in two splits", names.join(" or "))),
            (_, found) => Some(format!("{} (--audit names them)", found.join(" and "))),
        }
    }
}

impl Texts {
    /// Whether all but one of `share` values differ from each other.
    fn is_own(&self, share: usize) -> bool {
        let different: BTreeSet<u64> = self.seen.iter().map(|of| of.0).collect();
        different.len() * share >= self.seen.len() * (share - 1)
    }

    fn shared_by_splits(&self) -> usize {
        let mut all = self.seen.clone();
        all.sort_unstable();
        all.dedup();
        all.chunk_by(|a, b| a.0 == b.0).filter(|own| own.len() > 1).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::value::column;
    use crate::table::{Value, utf8};

    fn told(splits: &[&[(&str, &str)]]) -> Option<String> {
        let released = ["id", "text", "kind"].map(|name| Released { name: name.into(), holds: "utf8".into() });
        let mut across = Across::new(&released);
        for rows in splits {
            across.next_split();
            let array = |pick: fn(&(&str, &str)) -> String| {
                let values: Vec<Value> = rows.iter().map(|row| Value::Text(pick(row))).collect();
                column(&utf8(), &values).unwrap()
            };
            across.add(&[
                array(|row| format!("{}{}", row.0, row.1)),
                array(|row| row.0.into()),
                array(|row| row.1.into()),
            ]);
        }
        across.told()
    }

    #[test]
    fn equal_texts_of_two_splits_are_told_and_classes_are_not() {
        let train: Vec<(String, &str)> = (0..40).map(|n| (format!("text {n}"), "x")).collect();
        let train: Vec<(&str, &str)> = train.iter().map(|(text, kind)| (text.as_str(), *kind)).collect();
        let fine = told(&[train.as_slice(), &[("another", "x")]]);
        assert_eq!(fine.as_deref(), Some("no text of `text` stands in two splits"));
        let one = told(&[train.as_slice(), &[("another", "x"), ("text 3", "x")]]);
        assert!(one.is_some_and(|say| say.starts_with("1 text of `text` stands in several splits")));
        let within = told(&[[train.as_slice(), &[("text 3", "x")]].concat().as_slice(), &[("another", "x")]]);
        assert_eq!(within.as_deref(), Some("no text of `text` stands in two splits"), "twice in one split");
        assert_eq!(told(&[&[("", "x")], &[("", "x")]]), None, "nothing is no text");
    }
}
