//! What a class must be like: large enough (k-anonymity), with sensitive values that differ enough (l-diversity) or stand there
//! about as often as in the whole table (t-closeness).
//!
//! A class holds `n` rows, of which `f` have a sensitive value that `q` of all `N` rows have. Everything is compared as whole
//! numbers; entropy is compared exactly where it is within rounding of its bound.
use super::held::Own;
use std::collections::BTreeMap;

/// A number that is not rounded: `over / under`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    pub over: u128,
    pub under: u128,
}

impl Ratio {
    pub fn new(over: impl Into<u128>, under: impl Into<u128>) -> Ratio {
        Ratio { over: over.into(), under: under.into() }
    }

    pub fn value(self) -> f64 {
        if self.under == 0 { 0.0 } else { self.over as f64 / self.under as f64 }
    }

    /// Whether it is at most the other; by floats where whole numbers would be too long.
    pub fn at_most(self, other: Ratio) -> bool {
        match (self.over.checked_mul(other.under), other.over.checked_mul(self.under)) {
            (Some(a), Some(b)) => a <= b,
            _ => self.value() <= other.value(),
        }
    }

    /// As a decimal text of so many digits, rounded up, so that a limit is never kept by rounding.
    pub fn decimal_up(self, digits: u32) -> String {
        let scale = 10u128.pow(digits);
        match self.over.checked_mul(scale) {
            Some(over) if self.under > 0 => {
                let n = over.div_ceil(self.under);
                format!("{}.{:0width$}", n / scale, n % scale, width = digits as usize)
            }
            _ => format!("{:.*}", digits as usize, self.value()),
        }
    }
}

/// How far one sensitive value is from another.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Distance {
    /// Any two are equally far.
    #[default]
    Equal,
    /// As far as there are values between them.
    Ordered,
    /// As high as the value in the hierarchy that holds both: for each level from 1 the group of each value.
    Tree(Vec<Vec<u32>>),
}

/// What is asked of a sensitive column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diversity {
    /// At least so many different values.
    pub distinct: Option<u64>,
    /// An entropy of at least the logarithm of this.
    pub entropy: Option<Ratio>,
    /// (c, l): the most frequent value less often than c times all from the l-th on.
    pub recursive: Option<(Ratio, usize)>,
    /// A distance of at most this from the whole table.
    pub t: Option<Ratio>,
    pub distance: Distance,
}

/// What is asked of each class.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Model {
    /// At least so many rows, or people.
    pub k: u64,
    /// Of each sensitive column.
    pub sensitive: Vec<Diversity>,
}

/// How often each sensitive value stands in the whole table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reference {
    pub counts: Vec<u64>,
    pub total: u64,
}

impl Model {
    /// Whether a class is large and varied enough, as far as more rows can only help: k and the number of values.
    pub(super) fn monotone_part(&self, own: &Own) -> bool {
        let varied = |(d, values): (&Diversity, &Vec<(u32, u64)>)| d.distinct.is_none_or(|l| values.len() as u64 >= l);
        own.size >= self.k && self.sensitive.iter().zip(&own.values).all(varied)
    }

    /// Whether a class holds all that is asked.
    pub(super) fn holds(&self, own: &Own, reference: &[Reference]) -> bool {
        let all = self.sensitive.iter().zip(&own.values).zip(reference);
        self.monotone_part(own) && all.into_iter().all(|((d, values), reference)| d.holds(values, reference))
    }

    /// Whether it asks anything of the values of sensitive columns.
    pub(super) fn asks_values(&self) -> bool {
        self.sensitive.iter().any(|d| *d != Diversity { distance: d.distance.clone(), ..Diversity::default() })
    }
}

impl Diversity {
    fn holds(&self, values: &[(u32, u64)], reference: &Reference) -> bool {
        self.distinct.is_none_or(|l| values.len() as u64 >= l)
            && self.entropy.is_none_or(|l| entropy_holds(values, l))
            && self.recursive.is_none_or(|(c, l)| recursive_holds(values, c, l))
            && self.t.is_none_or(|t| self.distance.of(values, reference).at_most(t))
    }
}

fn sum(values: &[(u32, u64)]) -> u64 {
    values.iter().map(|v| v.1).sum()
}

fn f_ln_f(n: u64) -> f64 {
    if n < 2 { 0.0 } else { n as f64 * libm::log(n as f64) }
}

/// The number of equally frequent values that would have the same entropy: e to the entropy.
pub fn effective_values(values: &[(u32, u64)]) -> f64 {
    let n = sum(values);
    if n == 0 || values.len() < 2 {
        return values.len() as f64;
    }
    libm::exp((f_ln_f(n) - values.iter().map(|v| f_ln_f(v.1)).sum::<f64>()) / n as f64)
}

/// Whether the entropy is at least ln(l): n ln n - sum(f ln f) >= n ln l.
fn entropy_holds(values: &[(u32, u64)], l: Ratio) -> bool {
    let n = sum(values);
    let own = f_ln_f(n) - values.iter().map(|v| f_ln_f(v.1)).sum::<f64>();
    let asked = n as f64 * libm::log(l.value());
    let near = (own - asked).abs() <= 1e-9 * f_ln_f(n).max(1.0);
    own >= asked || near && entropy_is(values, n, l)
}

/// Whether n^n * under^n is over^n times the product of f^f: they have the same prime factors.
fn entropy_is(values: &[(u32, u64)], n: u64, l: Ratio) -> bool {
    let (Ok(over), Ok(under)) = (u64::try_from(l.over), u64::try_from(l.under)) else { return false };
    let mut powers: BTreeMap<u64, i128> = BTreeMap::new();
    let mut add = |of: u64, times: i128| {
        for (prime, power) in factors(of) {
            *powers.entry(prime).or_default() += i128::from(power) * times;
        }
    };
    add(n, n.into());
    add(under, n.into());
    add(over, -i128::from(n));
    values.iter().for_each(|v| add(v.1, -i128::from(v.1)));
    powers.values().all(|p| *p == 0)
}

fn factors(mut n: u64) -> Vec<(u64, u32)> {
    let (mut out, mut prime) = (Vec::new(), 2);
    while n > 1 && prime * prime <= n {
        let mut power = 0;
        while n.is_multiple_of(prime) {
            n /= prime;
            power += 1;
        }
        if power > 0 {
            out.push((prime, power));
        }
        prime += 1;
    }
    if n > 1 {
        out.push((n, 1));
    }
    out
}

/// How often the most frequent value stands there, and how often all from the l-th on.
pub fn head_and_tail(values: &[(u32, u64)], l: usize) -> (u64, u64) {
    let mut counts: Vec<u64> = values.iter().map(|v| v.1).collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    (counts.first().copied().unwrap_or(0), counts.iter().skip(l.saturating_sub(1)).sum())
}

fn recursive_holds(values: &[(u32, u64)], c: Ratio, l: usize) -> bool {
    let (head, tail) = head_and_tail(values, l);
    values.len() >= l && u128::from(head) * c.under < c.over * u128::from(tail)
}

impl Distance {
    /// The earth mover's distance of a class from the whole table, 0 to 1.
    pub fn of(&self, values: &[(u32, u64)], reference: &Reference) -> Ratio {
        let (n, total) = (i128::from(sum(values)), i128::from(reference.total));
        if n == 0 || total == 0 {
            return Ratio::new(0u8, 1u8);
        }
        let count = |value: u32| i128::from(reference.counts.get(value as usize).copied().unwrap_or(0));
        let all = (n * total) as u128;
        match self {
            Distance::Equal => {
                let (mut apart, mut met) = (0, 0);
                for (value, f) in values {
                    apart += (i128::from(*f) * total - count(*value) * n).abs();
                    met += count(*value);
                }
                Ratio::new((apart + n * (total - met)) as u128, 2 * all)
            }
            Distance::Ordered => {
                let (mut moved, mut carried) = (0i128, 0i128);
                for extra in extras(values, reference, n, total).into_iter().rev().skip(1).rev() {
                    carried += extra;
                    moved += carried.abs();
                }
                let steps = reference.counts.len().saturating_sub(1).max(1) as u128;
                Ratio::new(moved as u128, steps * all)
            }
            Distance::Tree(levels) => {
                let mut below = extras(values, reference, n, total);
                let mut moved = 0u128;
                let mut groups: Vec<u32> = (0..below.len() as u32).collect();
                for (height, level) in levels.iter().enumerate() {
                    let (cost, above) = met_within(&below, &groups, level);
                    moved += (height as u128 + 1) * cost;
                    below = above;
                    groups = level.clone();
                }
                Ratio::new(moved, levels.len().max(1) as u128 * all)
            }
        }
    }
}

/// How much more often than in the whole table each value stands in a class, times `n * total`.
fn extras(values: &[(u32, u64)], reference: &Reference, n: i128, total: i128) -> Vec<i128> {
    let mut out: Vec<i128> = reference.counts.iter().map(|q| -i128::from(*q) * n).collect();
    for (value, f) in values {
        if let Some(extra) = out.get_mut(*value as usize) {
            *extra += i128::from(*f) * total;
        }
    }
    out
}

/// What is moved between the parts of each group of a level, and what each group has too much then. `groups` says for each
/// value in which part it is; `below` is what each part has too much.
fn met_within(below: &[i128], groups: &[u32], level: &[u32]) -> (u128, Vec<i128>) {
    let size = level.iter().max().map_or(0, |g| *g as usize + 1);
    let (mut more, mut less) = (vec![0i128; size], vec![0i128; size]);
    let mut seen = vec![false; below.len()];
    for (part, group) in groups.iter().zip(level) {
        let Some(seen) = seen.get_mut(*part as usize) else { continue };
        if std::mem::replace(seen, true) {
            continue;
        }
        let extra = below.get(*part as usize).copied().unwrap_or(0);
        let side = if extra > 0 { &mut more } else { &mut less };
        if let Some(own) = side.get_mut(*group as usize) {
            *own += extra;
        }
    }
    let cost = more.iter().zip(&less).map(|(m, l)| (*m).min(-*l) as u128).sum();
    (cost, more.iter().zip(&less).map(|(m, l)| m + l).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(counts: &[u64]) -> Reference {
        Reference { counts: counts.to_vec(), total: counts.iter().sum() }
    }

    /// Table 3 of Li, Li and Venkatasubramanian (2007): salaries of 3k to 11k, each once. The class 3k, 4k, 5k is 0.375 away
    /// from the table, the class 6k, 8k, 11k is 0.167.
    #[test]
    fn salaries_in_their_order() {
        let all = reference(&[1; 9]);
        let low = Distance::Ordered.of(&[(0, 1), (1, 1), (2, 1)], &all);
        let spread = Distance::Ordered.of(&[(3, 1), (5, 1), (8, 1)], &all);
        assert_eq!((low.decimal_up(6), spread.decimal_up(3)), ("0.375000".into(), "0.167".into()));
    }

    /// The same paper's diseases: gastric ulcer, gastritis, stomach cancer, flu, bronchitis, pneumonia; two systems of three
    /// values, or of stomach and colon within one. A class within one system moves half of its mass to the other.
    #[test]
    fn diseases_in_their_tree() {
        let all = reference(&[1; 6]);
        let tree = Distance::Tree(vec![vec![0, 0, 0, 1, 1, 1], vec![0; 6]]);
        let own = tree.of(&[(0, 1), (1, 1), (2, 1)], &all);
        assert_eq!(own.value(), 0.5);
        assert_eq!(Distance::Equal.of(&[(0, 1), (1, 1), (2, 1)], &all).value(), 0.5);
        assert_eq!(tree.of(&[(0, 2), (3, 2)], &all).value(), 2.0 / 3.0 * 0.5);
        assert_eq!(tree.of(&(0..6).map(|v| (v, 1)).collect::<Vec<_>>(), &all).value(), 0.0);
    }

    #[test]
    fn entropy_is_exact_at_its_bound() {
        let three = Ratio::new(3u8, 1u8);
        assert!(entropy_holds(&[(0, 2), (1, 2), (2, 2)], three));
        assert!(entropy_holds(&[(0, 1_000_003), (1, 1_000_003), (2, 1_000_003)], three));
        assert!(!entropy_holds(&[(0, 1_000_003), (1, 1_000_003), (2, 1_000_002)], three));
        assert!(entropy_holds(&[(0, 1), (1, 1)], Ratio::new(2u8, 1u8)));
        assert!(entropy_holds(&[(0, 5)], Ratio::new(1u8, 1u8)));
        assert!(!entropy_holds(&[(0, 5), (1, 1)], Ratio::new(2u8, 1u8)));
        // 1/2, 1/4, 1/4: an entropy of 1.5 bits, which no ratio is
        assert_eq!(effective_values(&[(0, 2), (1, 1), (2, 1)]), libm::exp(1.5 * libm::log(2.0)));
    }

    #[test]
    fn the_most_frequent_value_against_the_tail() {
        let values = [(0, 5), (1, 3), (2, 2)];
        assert_eq!(head_and_tail(&values, 2), (5, 5));
        assert_eq!(head_and_tail(&values, 3), (5, 2));
        assert!(!recursive_holds(&values, Ratio::new(1u8, 1u8), 2));
        assert!(recursive_holds(&values, Ratio::new(11u8, 10u8), 2));
        assert!(!recursive_holds(&values, Ratio::new(100u8, 1u8), 4));
    }
}
