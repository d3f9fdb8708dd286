//! How two columns hang together, and how evenly one is filled: counts in, numbers out.
//!
//! Cramer's V with Bergsma's correction (2013) and the interval of Smithson (2003); normalised pointwise mutual information (Bouma
//! 2009); the demographic parity difference, which is the greatest difference in the share of a class between two groups, with
//! the interval of Newcombe (1998); shares with the interval of Wilson (1927). All intervals are of 95 %.

/// The quantile of the normal distribution for intervals of 95 %.
const Z: f64 = 1.959963984540054;

/// A number with the interval it is in.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Within {
    pub value: f64,
    pub low: f64,
    pub high: f64,
}

/// The share `k / n`. Nothing is known of nothing.
pub fn share(k: u64, n: u64) -> Within {
    if n == 0 {
        return Within { value: 0.0, low: 0.0, high: 1.0 };
    }
    let (p, n) = (k as f64 / n as f64, n as f64);
    let (middle, scale) = (p + Z * Z / (2.0 * n), 1.0 + Z * Z / n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let (low, high) = ((middle - half) / scale, (middle + half) / scale);
    Within { value: p, low: if k == 0 { 0.0 } else { low }, high: if p >= 1.0 { 1.0 } else { high } }
}

/// How often each class stands in each group: a row for each group.
pub struct Counts<'c> {
    pub rows: &'c [Vec<u64>],
}

impl Counts<'_> {
    fn groups(&self) -> Vec<u64> {
        self.rows.iter().map(|row| row.iter().sum()).collect()
    }

    fn classes(&self) -> Vec<u64> {
        let n = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let of = |class: usize| self.rows.iter().filter_map(|row| row.get(class)).sum();
        (0..n).map(of).collect()
    }

    fn cell(&self, group: usize, class: usize) -> u64 {
        self.rows.get(group).and_then(|row| row.get(class)).copied().unwrap_or(0)
    }

    /// Pearson's statistic, its degrees of freedom, all that was counted, and how many groups and classes there are. What is
    /// empty counts as not there.
    fn chi_squared(&self) -> (f64, f64, f64, f64, f64) {
        let (groups, classes) = (self.groups(), self.classes());
        let n: u64 = groups.iter().sum();
        let mut sum = 0.0;
        for (i, group) in groups.iter().enumerate().filter(|g| *g.1 > 0) {
            for (j, class) in classes.iter().enumerate().filter(|c| *c.1 > 0) {
                let expected = *group as f64 * *class as f64 / n as f64;
                let apart = self.cell(i, j) as f64 - expected;
                sum += apart * apart / expected;
            }
        }
        let there = |of: &[u64]| of.iter().filter(|n| **n > 0).count() as f64;
        let (r, c) = (there(&groups), there(&classes));
        (sum, (r - 1.0) * (c - 1.0), n as f64, r, c)
    }

    /// Cramer's V with its interval, and without the bias of small tables. `None` where there are no two groups and classes.
    pub fn cramers_v(&self) -> Option<(Within, f64)> {
        let (statistic, freedom, n, r, c) = self.chi_squared();
        if r < 2.0 || c < 2.0 {
            return None;
        }
        let k = r.min(c) - 1.0;
        let value = (statistic / n / k).sqrt().min(1.0);
        let bound = |p: f64| match noncentrality(statistic, freedom, p) {
            Some(ncp) => ((ncp + freedom) / (n * k)).sqrt().min(1.0),
            None => 0.0,
        };
        let phi = (statistic / n - freedom / (n - 1.0)).max(0.0);
        let (r, c) = (r - (r - 1.0) * (r - 1.0) / (n - 1.0), c - (c - 1.0) * (c - 1.0) / (n - 1.0));
        let least = r.min(c) - 1.0;
        let corrected = if least > 0.0 { (phi / least).sqrt().min(1.0) } else { 0.0 };
        Some((Within { value, low: bound(0.975), high: bound(0.025) }, corrected))
    }

    /// The greatest difference in the share of a class between two groups, and the least quotient of two such shares (1 where
    /// a class is in no group). Of several that are equal the first.
    pub fn parity(&self) -> Option<(Within, f64)> {
        let groups = self.groups();
        let there: Vec<usize> = (0..groups.len()).filter(|g| groups.get(*g).is_some_and(|n| *n > 0)).collect();
        if there.len() < 2 {
            return None;
        }
        let (mut widest, mut impact) = (Within::default(), 1.0f64);
        for class in 0..self.classes().len() {
            let of = |g: &usize| share(self.cell(*g, class), groups.get(*g).copied().unwrap_or(0));
            let all: Vec<Within> = there.iter().map(of).collect();
            let (mut most, mut least) = (all.first().copied()?, all.first().copied()?);
            for own in &all {
                most = if own.value > most.value { *own } else { most };
                least = if own.value < least.value { *own } else { least };
            }
            let value = most.value - least.value;
            if value > widest.value {
                let half = |a: f64, b: f64| (a * a + b * b).sqrt();
                let low = value - half(most.value - most.low, least.high - least.value);
                let high = value + half(most.high - most.value, least.value - least.low);
                widest = Within { value, low, high };
            }
            if most.value > 0.0 {
                impact = impact.min(least.value / most.value);
            }
        }
        Some((widest, impact))
    }

    /// How much more often a class stands in a group than by chance: -1 never, 0 by chance, 1 always together. The interval is
    /// that of the class's share in the group.
    pub fn npmi(&self, group: usize, class: usize) -> Option<Within> {
        let (groups, classes) = (self.groups(), self.classes());
        let n: u64 = groups.iter().sum();
        let (own, all) = (*groups.get(group)?, *classes.get(class)?);
        if own == 0 || all == 0 {
            return None;
        }
        let (x, y) = (own as f64 / n as f64, all as f64 / n as f64);
        let of = |p: f64| match p * x {
            joint if joint <= 0.0 => -1.0,
            joint if joint >= 1.0 => 1.0,
            joint => (libm::log(p / y) / -libm::log(joint)).clamp(-1.0, 1.0),
        };
        let p = share(self.cell(group, class), own);
        Some(Within { value: of(p.value), low: of(p.low), high: of(p.high) })
    }
}

/// Entropy as a share of the greatest possible, 0 to 1: 1 where all are equally frequent.
pub fn evenness(counts: &[u64]) -> f64 {
    let n: u64 = counts.iter().sum();
    let there: Vec<f64> = counts.iter().filter(|c| **c > 0).map(|c| *c as f64 / n as f64).collect();
    if counts.len() < 2 || n == 0 {
        return 1.0;
    }
    let entropy: f64 = there.iter().map(|p| -p * libm::log(*p)).sum();
    entropy / libm::log(counts.len() as f64)
}

/// The total variation distance of two distributions: half the sum of the differences, 0 to 1.
pub fn total_variation(of: &[(f64, f64)]) -> f64 {
    of.iter().map(|(p, q)| (p - q).abs()).sum::<f64>() / 2.0
}

/// The noncentrality at which a value as great as `x` or less has the probability `p`; `None` where even without any it is
/// less probable.
fn noncentrality(x: f64, freedom: f64, p: f64) -> Option<f64> {
    let (mut low, mut high) = (0.0, x * 4.0 + 100.0);
    if noncentral(x, freedom, 0.0) <= p {
        return None;
    }
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if noncentral(x, freedom, middle) > p {
            low = middle
        } else {
            high = middle
        }
        if high - low <= 1e-12 * high {
            break;
        }
    }
    Some((low + high) / 2.0)
}

/// The distribution function of the noncentral chi-squared distribution: central ones, weighted by a Poisson distribution from its
/// middle on to both sides.
fn noncentral(x: f64, freedom: f64, ncp: f64) -> f64 {
    let (half, mean) = (x / 2.0, ncp / 2.0);
    let start = mean.floor();
    let weight = |j: f64| if mean > 0.0 { libm::exp(-mean + j * libm::log(mean) - libm::lgamma(j + 1.0)) } else { 1.0 };
    let step = |a: f64| libm::exp(a * libm::log(half) - half - libm::lgamma(a + 1.0));
    let (first, a) = (weight(start), freedom / 2.0 + start);
    let (p, mut sum) = (lower_gamma(a, half), 0.0);
    let (mut w, mut own, mut j) = (first, p, start);
    while w > 1e-17 {
        sum += w * own;
        own -= step(freedom / 2.0 + j);
        j += 1.0;
        w *= mean / j;
    }
    (w, own, j) = (first, p, start);
    while j > 0.0 && w > 1e-17 {
        w *= j / mean;
        j -= 1.0;
        own += step(freedom / 2.0 + j);
        sum += w * own;
    }
    sum.clamp(0.0, 1.0)
}

/// The regularised lower incomplete gamma function: a series below its middle, a continued fraction above it.
fn lower_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x < a + 1.0 { series(a, x) } else { (1.0 - fraction(a, x)).max(0.0) }
}

/// The regularised upper incomplete gamma function, as exact where it is small.
pub fn upper_gamma(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    if x < a + 1.0 { (1.0 - series(a, x)).max(0.0) } else { fraction(a, x).clamp(0.0, 1.0) }
}

fn front(a: f64, x: f64) -> f64 {
    libm::exp(a * libm::log(x) - x - libm::lgamma(a))
}

fn series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0 / a, 1.0 / a, a);
    while term > sum * 1e-17 {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    (front(a, x) * sum).min(1.0)
}

/// The upper part as a continued fraction (Lentz).
fn fraction(a: f64, x: f64) -> f64 {
    let (tiny, mut b) = (1e-300, x + 1.0 - a);
    let (mut c, mut d) = (1.0 / tiny, 1.0 / b);
    let mut h = d;
    for n in 1..1_000_000 {
        let n = f64::from(n);
        let an = -n * (n - a);
        b += 2.0;
        d = 1.0 / {
            let t = an * d + b;
            if t.abs() < tiny { tiny } else { t }
        };
        c = {
            let t = b + an / c;
            if t.abs() < tiny { tiny } else { t }
        };
        h *= c * d;
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    front(a, x) * h
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;

    fn near(got: f64, want: &Json, tolerance: f64, what: &str) {
        let want = want.as_f64().unwrap();
        assert!((got - want).abs() <= tolerance, "{what}: {got} is not {want}");
    }

    /// The values of scipy (tests/fixtures/association/make.py).
    #[test]
    fn associations_are_those_of_scipy() {
        let known: Json = serde_json::from_str(include_str!("../../tests/fixtures/association/values.json")).unwrap();
        for (name, of) in known["tables"].as_object().unwrap() {
            let rows: Vec<Vec<u64>> = serde_json::from_value(of["table"].clone()).unwrap();
            let counts = Counts { rows: &rows };
            near(counts.chi_squared().0, &of["chi2"], 1e-8, name);
            let (v, corrected) = counts.cramers_v().unwrap();
            near(v.value, &of["v"], 1e-9, name);
            near(v.low, &of["v_interval"][0], 1e-7, name);
            near(v.high, &of["v_interval"][1], 1e-7, name);
            near(corrected, &of["v_corrected"], 1e-9, name);
            let (parity, impact) = counts.parity().unwrap();
            near(parity.value, &of["parity"], 1e-9, name);
            near(parity.low, &of["parity_interval"][0], 1e-9, name);
            near(parity.high, &of["parity_interval"][1], 1e-9, name);
            near(impact, &of["impact"], 1e-9, name);
            let classes = rows[0].len();
            for (n, want) in of["npmi"].as_array().unwrap().iter().enumerate() {
                let own = counts.npmi(n / classes, n % classes).unwrap();
                near(own.value, want, 1e-9, name);
                assert!(own.low <= own.value + 1e-12 && own.value <= own.high + 1e-12, "{name}: {own:?}");
            }
            for (n, want) in of["wilson"].as_array().unwrap().iter().enumerate() {
                let (row, class) = (&rows[n / classes], n % classes);
                let own = share(row[class], row.iter().sum());
                near(own.low, &want[0], 1e-9, name);
                near(own.high, &want[1], 1e-9, name);
            }
        }
    }

    #[test]
    fn nothing_is_said_of_one_group() {
        let one = [vec![3, 4]];
        assert_eq!((Counts { rows: &one }.cramers_v(), Counts { rows: &one }.parity()), (None, None));
        let empty = [vec![3, 4], vec![0, 0]];
        assert_eq!((Counts { rows: &empty }.cramers_v(), Counts { rows: &empty }.parity()), (None, None));
        assert_eq!(Counts { rows: &empty }.npmi(1, 0), None);
        assert_eq!((share(0, 0).low, share(0, 0).high), (0.0, 1.0));
        assert_eq!((share(5, 5).high, share(0, 5).low), (1.0, 0.0));
        assert_eq!((evenness(&[5, 5]), evenness(&[7]), evenness(&[0, 9])), (1.0, 1.0, 0.0));
        assert_eq!(total_variation(&[(0.5, 0.25), (0.5, 0.75)]), 0.25);
    }
}
