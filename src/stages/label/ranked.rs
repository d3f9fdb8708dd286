//! The ranking that several rankings of the same candidates make together.
use crate::measure::ranks::{groups, order_holds, sums};
use crate::model::candidates::Ranking;
use crate::table::{Cell, Value};

/// Rankings of one sample, added up.
pub struct Borda {
    candidates: Vec<String>,
    sums: Vec<u64>,
}

impl Borda {
    /// `None` unless all rank the same candidates. Those come in the order of `declared`.
    pub fn of(answers: &[&Value], declared: &[String]) -> Option<Borda> {
        let rankings: Vec<Ranking> = answers.iter().map(|a| Ranking::from_value(a)).collect::<Option<_>>()?;
        let row = |r: &Ranking| declared.iter().map(|name| r.doubled(name)).collect::<Option<Vec<u64>>>();
        let rows = rankings.iter().map(row).collect::<Option<Vec<_>>>()?;
        (!rows.is_empty()).then(|| Borda { candidates: declared.to_vec(), sums: sums(&rows) })
    }

    /// The candidates by their sums; those of the same sum are as good.
    pub fn label(&self) -> Value {
        let name = |i: usize| self.candidates.get(i).cloned();
        Ranking::of(groups(&self.sums).into_iter().map(|g| g.into_iter().filter_map(name).collect()).collect())
            .into_value()
    }

    /// How many candidates have the same sum as another one.
    pub fn ties(&self) -> usize {
        groups(&self.sums).iter().map(Vec::len).filter(|n| *n > 1).sum()
    }

    /// Whether the ranking would be the same whatever so many more rankings had been.
    pub fn holds(&self, lost: usize) -> bool {
        order_holds(&self.sums, lost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_sum_of_ranks_is_first() {
        let declared = ["a", "b", "c"].map(String::from);
        let ranking = |of: &[&[&str]]| {
            Ranking::of(of.iter().map(|g| g.iter().map(|c| c.to_string()).collect()).collect()).into_value()
        };
        let answers =
            [ranking(&[&["c"], &["a"], &["b"]]), ranking(&[&["c"], &["b"], &["a"]]), ranking(&[&["b"], &["a", "c"]])];
        let of = |n: usize| Borda::of(&answers.iter().take(n).collect::<Vec<_>>(), &declared).unwrap();
        assert_eq!((of(2).label(), of(2).ties()), (ranking(&[&["c"], &["a", "b"]]), 2));
        // doubled sums: a 4+6+5, b 6+4+2, c 2+2+5
        assert_eq!((of(3).label(), of(3).ties(), of(3).holds(1)), (ranking(&[&["c"], &["b"], &["a"]]), 0, false));
        assert!(Borda::of(&[&ranking(&[&["c"]])], &declared).is_none());
    }
}
