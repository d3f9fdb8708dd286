//! Answers that hold candidates against each other: which of them is preferred, and in which order they stand.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, list, record, utf8};

/// What an answer is called that prefers no candidate.
pub const TIE: &str = "tie";

/// What stands between candidates that are as good.
pub const AND: &str = " = ";

/// What stands between a candidate and a worse one.
pub const OVER: &str = " > ";

/// The candidates that are preferred to all others.
#[derive(Clone, Debug, PartialEq)]
pub struct Preference {
    /// Several are as good. Empty: no candidate is better than another.
    pub chosen: Vec<String>,
}

impl Preference {
    /// The answer as one word.
    pub fn word(&self) -> String {
        if self.chosen.is_empty() { TIE.into() } else { self.chosen.join(AND) }
    }
}

impl Cell for Preference {
    fn ty() -> DataType {
        record(&[("chosen", list(utf8()))])
    }
    fn into_value(self) -> Value {
        record_of([("chosen", self.chosen.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        Some(Preference { chosen: Vec::from_value(v.field("chosen"))? })
    }
}

/// Candidates from the best to the worst.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranking {
    pub order: Vec<String>,
    /// The rank of each, from 1; those that are as good have the same, and the next one's counts all before it (1, 2, 2, 4).
    pub ranks: Vec<u32>,
}

impl Ranking {
    /// The ranking of groups of candidates that are as good, the best first.
    pub fn of(groups: Vec<Vec<String>>) -> Ranking {
        let (mut order, mut ranks) = (Vec::new(), Vec::new());
        for group in groups {
            let rank = order.len() as u32 + 1;
            ranks.extend(group.iter().map(|_| rank));
            order.extend(group);
        }
        Ranking { order, ranks }
    }

    /// Groups of candidates that are as good, the best first.
    pub fn groups(&self) -> Vec<Vec<&str>> {
        let mut out: Vec<(u32, Vec<&str>)> = Vec::new();
        for (candidate, rank) in self.order.iter().zip(&self.ranks) {
            match out.last_mut() {
                Some((last, group)) if last == rank => group.push(candidate),
                _ => out.push((*rank, vec![candidate])),
            }
        }
        out.into_iter().map(|(_, group)| group).collect()
    }

    /// Twice the rank of a candidate, where those that are as good share the mean of their places.
    pub fn doubled(&self, candidate: &str) -> Option<u64> {
        let own = self.order.iter().position(|c| c == candidate)?;
        let rank = self.ranks.get(own)?;
        let same = self.ranks.iter().filter(|r| *r == rank).count() as u64;
        Some(2 * u64::from(*rank) + same - 1)
    }

    /// The ranking in words.
    pub fn words(&self) -> String {
        self.groups().iter().map(|group| group.join(AND)).collect::<Vec<_>>().join(OVER)
    }
}

impl Cell for Ranking {
    fn ty() -> DataType {
        record(&[("order", list(utf8())), ("ranks", list(DataType::UInt32))])
    }
    fn into_value(self) -> Value {
        record_of([("order", self.order.into_value()), ("ranks", self.ranks.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let (order, ranks) = (Vec::from_value(v.field("order"))?, Vec::from_value(v.field("ranks"))?);
        (order.len() == ranks.len()).then_some(Ranking { order, ranks })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_are_as_good_share_a_rank() {
        let names = |of: &[&str]| of.iter().map(|c| c.to_string()).collect::<Vec<_>>();
        let ranking = Ranking::of(vec![names(&["b"]), names(&["a", "c"]), names(&["d"])]);
        assert_eq!((ranking.ranks.as_slice(), ranking.words().as_str()), ([1, 2, 2, 4].as_slice(), "b > a = c > d"));
        assert_eq!(["b", "a", "c", "d", "e"].map(|c| ranking.doubled(c)), [Some(2), Some(5), Some(5), Some(8), None]);
        assert_eq!(Ranking::from_value(&ranking.clone().into_value()), Some(ranking));
    }

    #[test]
    fn who_prefers_none_says_that_they_are_as_good() {
        let word = |of: &[&str]| Preference { chosen: of.iter().map(|c| c.to_string()).collect() }.word();
        assert_eq!((word(&["a"]), word(&["a", "b"]), word(&[])), ("a".into(), "a = b".into(), "tie".into()));
    }
}
