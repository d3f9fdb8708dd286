//! How far the values of a release lie from those of an earlier one: the population stability index (Siddiqi 2006), and Pearson's
//! chi-squared statistic over the degrees of freedom (Cramér's V) of the table of counts.
use super::Pin;
use std::collections::BTreeSet;

/// The index from which a shift is usually called notable: "some change" from 0.1, "large" from 0.25.
pub const NOTABLE: f64 = 0.1;

/// What shifted.
#[derive(Debug, PartialEq)]
pub struct Drift {
    /// A column, or its length: `text (length)`.
    pub of: String,
    /// The population stability index.
    pub psi: f64,
    /// Pearson's chi-squared over both releases, with its degrees of freedom.
    pub chi2: f64,
    pub degrees: usize,
    /// The value whose share changed most, with both shares.
    pub most: (String, f64, f64),
}

/// Each column whose values are counted in both, the largest shift first.
pub fn drift(old: &Pin, new: &Pin) -> Vec<Drift> {
    let mut out = Vec::new();
    for (column, was) in &old.values {
        let Some(is) = new.values.get(column) else { continue };
        let keys: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        let pairs = keys.into_iter().map(|k| (k.clone(), count(was.get(k)), count(is.get(k)))).collect::<Vec<_>>();
        out.extend(one(column.clone(), &pairs));
    }
    for (column, was) in &old.lengths {
        let Some(is) = new.lengths.get(column) else { continue };
        let bin = |n: usize| {
            if n < 2 { n.to_string() } else { format!("{}-{}", 1u64 << (n - 1).min(62), (1u64 << n.min(63)) - 1) }
        };
        let pairs: Vec<(String, f64, f64)> =
            (0..was.len().max(is.len())).map(|n| (bin(n), count(was.get(n)), count(is.get(n)))).collect();
        out.extend(one(format!("{column} (characters)"), &pairs));
    }
    out.sort_by(|a, b| b.psi.total_cmp(&a.psi).then_with(|| a.of.cmp(&b.of)));
    out
}

fn count(n: Option<&u64>) -> f64 {
    n.map_or(0.0, |n| *n as f64)
}

/// The shift of one column by the counts of its values.
pub fn one(of: String, pairs: &[(String, f64, f64)]) -> Option<Drift> {
    let (a, b) = pairs.iter().fold((0.0, 0.0), |(a, b), (_, x, y)| (a + x, b + y));
    if a <= 0.0 || b <= 0.0 || pairs.len() < 2 {
        return None;
    }
    let (mut psi, mut chi2, mut most) = (0.0, 0.0, (String::new(), 0.0_f64, 0.0));
    for (value, x, y) in pairs {
        // half a sample stands where there is none: the index would be endless
        let share = |n: f64, all: f64| n.max(0.5) / all;
        let (p, q) = (share(*x, a), share(*y, b));
        psi += (q - p) * libm::log(q / p);
        let (row, all) = (x + y, a + b);
        for (seen, column) in [(x, a), (y, b)] {
            let expected = row * column / all;
            if expected > 0.0 {
                chi2 += (seen - expected) * (seen - expected) / expected;
            }
        }
        let (p, q) = (x / a, y / b);
        if (q - p).abs() > (most.2 - most.1).abs() {
            most = (value.clone(), p, q);
        }
    }
    Some(Drift { of, psi, chi2, degrees: pairs.len() - 1, most })
}

impl Drift {
    pub fn line(&self) -> String {
        let (value, was, is) = &self.most;
        format!(
            "{}: PSI {:.3}, chi-squared {:.1} ({}); `{value}` {:.1} % -> {:.1} %",
            self.of,
            self.psi,
            self.chi2,
            self.degrees,
            was * 100.0,
            is * 100.0
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn against_numbers_by_hand() {
        // scipy.stats.chi2_contingency([[50, 50], [80, 20]], correction=False) gives 19.78021978; the index is
        // 0.3 ln 1.6 + 0.3 ln 2.5 = 0.4158883
        let pairs = [("a".to_string(), 50.0, 80.0), ("b".to_string(), 50.0, 20.0)];
        let own = one("x".into(), &pairs).unwrap();
        assert!((own.chi2 - 19.780_219_78).abs() < 1e-6 && own.degrees == 1, "{own:?}");
        assert!((own.psi - 0.415_888_308).abs() < 1e-6, "{own:?}");
        assert_eq!(own.most, ("a".into(), 0.5, 0.8));
        assert_eq!(one("x".into(), &pairs[..1]), None);
    }
}
