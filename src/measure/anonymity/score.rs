//! How much a generalisation loses, so that two can be compared without rounding.
use super::classes::{Classes, NONE};
use super::table::Table;
use std::cmp::Ordering;

/// What the best generalisation has least of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Objective {
    /// Values of the hierarchy behind each cell (the loss of ARX, geometric mean).
    #[default]
    Loss,
    /// The discernibility metric: the squares of the rows of each class, and all rows for each suppressed row.
    Discernibility,
    /// Rows a class.
    AverageClass,
}

/// A loss that can be compared exactly.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The loss of ARX, 0 to 1.
    pub loss: f64,
    exact: Exact,
}

#[derive(Clone, Debug, PartialEq)]
enum Exact {
    /// Factors of a product; those of two scores of one table have the same denominators.
    Product(Vec<u128>),
    Whole(u128),
    /// Rows and classes.
    Average(u64, u64),
}

/// What is lost where cells of each attribute stand for so many values of its hierarchy, added up over the rows: with `N` rows
/// and `D` values the loss of an attribute is `(sum - N) / (N (D - 1))`, and the whole is the geometric mean of all, each
/// plus one, minus one.
pub fn loss(table: &Table, sums: &[u64]) -> f64 {
    let total = table.total as f64;
    let (mut product, mut n) = (1.0, 0u32);
    for (attribute, sum) in table.attributes.iter().zip(sums).filter(|(a, _)| !a.parts) {
        n += 1;
        if attribute.domain > 1 && total > 0.0 {
            product *= 1.0 + (*sum as f64 - total) / (total * f64::from(attribute.domain - 1));
        }
    }
    if n == 0 { 0.0 } else { libm::pow(product, 1.0 / f64::from(n)) - 1.0 }
}

impl Score {
    /// Of classes whose cells stand for so many values.
    pub fn of(objective: Objective, table: &Table, sums: &[u64], classes: &Classes) -> Score {
        let exact = match objective {
            Objective::Loss => {
                let total = u128::from(table.total);
                let own = table.attributes.iter().zip(sums).filter(|(a, _)| !a.parts && a.domain > 1);
                // (sum - N) / (N (D - 1)) + 1 without the denominator
                Exact::Product(own.map(|(a, s)| u128::from(*s) + total * u128::from(a.domain - 2)).collect())
            }
            Objective::Discernibility => {
                let kept: u128 = classes.all.iter().map(|c| u128::from(c.rows).pow(2)).sum();
                Exact::Whole(kept + u128::from(table.total - classes.rows()) * u128::from(table.total))
            }
            Objective::AverageClass => Exact::Average(classes.rows(), classes.all.len() as u64),
        };
        Score { loss: loss(table, sums), exact }
    }

    pub fn compared(&self, other: &Score) -> Ordering {
        match (&self.exact, &other.exact) {
            (Exact::Product(a), Exact::Product(b)) => {
                let apart = (self.loss - other.loss).abs() > 1e-9;
                if apart { self.loss.total_cmp(&other.loss) } else { product(a).cmp(&product(b)) }
            }
            (Exact::Whole(a), Exact::Whole(b)) => a.cmp(b),
            // no class at all is the worst
            (Exact::Average(_, 0), Exact::Average(_, n)) => 0.cmp(n).reverse(),
            (Exact::Average(..), Exact::Average(_, 0)) => Ordering::Less,
            (Exact::Average(r, c), Exact::Average(s, d)) => {
                (u128::from(*r) * u128::from(*d)).cmp(&(u128::from(*s) * u128::from(*c)))
            }
            _ => Ordering::Equal,
        }
    }
}

/// A product as limbs, the greatest first, all of one length for factors of one number.
fn product(of: &[u128]) -> Vec<u32> {
    let mut limbs = vec![0u32; of.len() * 4 + 1];
    if let Some(first) = limbs.first_mut() {
        *first = 1;
    }
    for factor in of {
        let parts: Vec<u64> = (0..4).map(|n| (factor >> (32 * n)) as u64 & 0xFFFF_FFFF).collect();
        let mut next = vec![0u32; limbs.len()];
        for (n, limb) in limbs.iter().enumerate().filter(|l| *l.1 > 0) {
            let mut carry = 0u64;
            for (slot, at) in (n..next.len()).enumerate() {
                let part = parts.get(slot).copied().unwrap_or(0);
                let Some(own) = next.get_mut(at) else { break };
                let sum = u64::from(*own) + u64::from(*limb) * part + carry;
                *own = sum as u32;
                carry = sum >> 32;
                if slot >= parts.len() && carry == 0 {
                    break;
                }
            }
        }
        limbs = next;
    }
    limbs.reverse();
    limbs
}

/// How many values of the hierarchy the cells of each attribute stand for, suppressed rows counted as all of them.
pub fn sums(table: &Table, levels: &[usize], of: &[u32]) -> Vec<u64> {
    let each = table.attributes.iter().enumerate().map(|(n, attribute)| {
        let level = levels.get(n).copied().unwrap_or(0);
        let held = |tuple: usize| match of.get(tuple) {
            Some(class) if *class != NONE => attribute.holds(level, table.leaf(tuple, n)),
            _ => attribute.domain,
        };
        (0..table.len()).map(|t| u64::from(table.rows(t)) * u64::from(held(t))).sum()
    });
    each.collect()
}

/// The same, from what it is without suppression, where only some tuples are suppressed.
pub fn sums_from(table: &Table, margins: &[u64], levels: &[usize], of: &[u32]) -> Vec<u64> {
    let mut sums = margins.to_vec();
    for tuple in of.iter().enumerate().filter(|(_, class)| **class == NONE).map(|(tuple, _)| tuple) {
        for (n, (attribute, sum)) in table.attributes.iter().zip(&mut sums).enumerate() {
            let held = attribute.holds(levels.get(n).copied().unwrap_or(0), table.leaf(tuple, n));
            *sum += u64::from(table.rows(tuple)) * u64::from(attribute.domain.saturating_sub(held));
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_are_compared_without_rounding() {
        let big = u128::from(u64::MAX);
        assert_eq!(product(&[3, 5, 7]).last(), Some(&105));
        assert_eq!(product(&[big, 3]), product(&[3, big]));
        assert!(product(&[big, big - 1, big]) > product(&[big, big, big - 2]));
        assert!(product(&[big - 1, big + 1]) < product(&[big, big]));
        let shown = |of: &[u128]| of.iter().product::<u128>();
        for n in 1..200u128 {
            let (a, b) = ([n * 7919, n + 13, 4], [n * 104_729, n, 3]);
            assert_eq!(product(&a).cmp(&product(&b)), shown(&a).cmp(&shown(&b)));
        }
    }
}
