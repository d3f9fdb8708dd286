//! How far the values of two sets of samples differ, such as those of a test split from those that are trained on.
//!
//! Kolmogorov-Smirnov and chi-squared ask whether both may have been drawn alike; of many such tests some fail by chance, so their
//! probabilities are corrected by Holm's procedure, which holds whatever hangs together with what. The population stability index
//! says how great a difference is: below 0.1 small, above 0.25 large.
use super::association::upper_gamma;

/// The outcome of a test: its statistic, and how probable one as great is where nothing differs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    pub statistic: f64,
    pub p: f64,
}

/// Both sets must be sorted. The greatest distance of the two distribution functions; its probability is that of the limiting
/// distribution, which is too great for small sets. `None` where a set is empty.
pub fn kolmogorov_smirnov(a: &[f64], b: &[f64]) -> Option<Test> {
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let (mut i, mut j, mut most) = (0usize, 0usize, 0u128);
    let (n, m) = (a.len() as u128, b.len() as u128);
    while let (Some(x), Some(y)) = (a.get(i), b.get(j)) {
        let least = x.min(*y);
        i += a.get(i..).unwrap_or_default().iter().take_while(|v| **v == least).count();
        j += b.get(j..).unwrap_or_default().iter().take_while(|v| **v == least).count();
        // distances times n and m are whole numbers
        most = most.max((i as u128 * m).abs_diff(j as u128 * n));
    }
    let statistic = most as f64 / (n * m) as f64;
    let size = (n * m) as f64 / (n + m) as f64;
    Some(Test { statistic, p: kolmogorov(size.sqrt() * statistic) })
}

/// The probability that the limiting Kolmogorov distribution exceeds a value.
fn kolmogorov(x: f64) -> f64 {
    const PI: f64 = std::f64::consts::PI;
    if x <= 0.0 {
        return 1.0;
    }
    if x < 1.0 {
        // the other form of the same series, which is the shorter one here
        let term = |k: u32| libm::exp(-f64::from((2 * k - 1) * (2 * k - 1)) * PI * PI / (8.0 * x * x));
        let sum: f64 = (1..=8).map(term).sum();
        return (1.0 - (2.0 * PI).sqrt() / x * sum).clamp(0.0, 1.0);
    }
    let term = |k: u32| {
        let own = libm::exp(-2.0 * f64::from(k * k) * x * x);
        if k.is_multiple_of(2) { -own } else { own }
    };
    (2.0 * (1..=40).map(term).sum::<f64>()).clamp(0.0, 1.0)
}

/// How often each value stands in the first set and in the second. `None` where fewer than two values stand anywhere, or a set is
/// empty.
pub fn chi_squared(counts: &[(u64, u64)]) -> Option<Test> {
    let there: Vec<(u64, u64)> = counts.iter().copied().filter(|(a, b)| a + b > 0).collect();
    let (n, m) = there.iter().fold((0u64, 0u64), |(n, m), (a, b)| (n + a, m + b));
    if there.len() < 2 || n == 0 || m == 0 {
        return None;
    }
    let all = (n + m) as f64;
    let off = |own: u64, set: u64, both: u64| {
        let wanted = set as f64 * both as f64 / all;
        (own as f64 - wanted) * (own as f64 - wanted) / wanted
    };
    let statistic: f64 = there.iter().map(|(a, b)| off(*a, n, a + b) + off(*b, m, a + b)).sum();
    Some(Test { statistic, p: upper_gamma((there.len() - 1) as f64 / 2.0, statistic / 2.0) })
}

/// A share of nothing would make the index infinite: it counts as this.
const LEAST: f64 = 1e-4;

/// The population stability index. `None` where a set is empty.
pub fn stability(counts: &[(u64, u64)]) -> Option<f64> {
    let (n, m) = counts.iter().fold((0u64, 0u64), |(n, m), (a, b)| (n + a, m + b));
    if n == 0 || m == 0 {
        return None;
    }
    let of = |(a, b): &(u64, u64)| {
        let (p, q) = ((*a as f64 / n as f64).max(LEAST), (*b as f64 / m as f64).max(LEAST));
        (q - p) * libm::log(q / p)
    };
    Some(counts.iter().filter(|(a, b)| a + b > 0).map(of).sum())
}

/// Parts of which the first set, sorted, has as many values each, with the counts of both sets; equal values are in one part.
pub fn parts(first: &[f64], second: &[f64], parts: usize) -> Vec<(u64, u64)> {
    let mut out = vec![(0, 0); parts];
    let part = |value: f64| {
        let below = first.partition_point(|v| *v < value);
        (below * parts / first.len().max(1)).min(parts.saturating_sub(1))
    };
    first.iter().for_each(|v| out.get_mut(part(*v)).iter_mut().for_each(|of| of.0 += 1));
    second.iter().for_each(|v| out.get_mut(part(*v)).iter_mut().for_each(|of| of.1 += 1));
    out
}

/// Probabilities of several tests, corrected by Holm's procedure.
pub fn holm(probabilities: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    let of = |at: &usize| probabilities.get(*at).copied().unwrap_or(1.0);
    order.sort_by(|a, b| of(a).total_cmp(&of(b)).then(a.cmp(b)));
    let (mut out, mut before) = (vec![1.0; probabilities.len()], 0.0f64);
    for (done, at) in order.iter().enumerate() {
        before = before.max(of(at) * (probabilities.len() - done) as f64).min(1.0);
        out.get_mut(*at).iter_mut().for_each(|p| **p = before);
    }
    out
}

/// The share of pairs, one of each set, of which that of the second set has the higher score; equal ones count half. `None` where a
/// set is empty.
pub fn area_under_curve(scores: &mut [(f64, bool)]) -> Option<f64> {
    scores.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut twice) = (0u128, 0u128);
    for run in scores.chunk_by(|a, b| a.0 == b.0) {
        let second = run.iter().filter(|s| s.1).count() as u128;
        let first = run.len() as u128 - second;
        twice += second * (2 * below + first);
        below += first;
    }
    let second = scores.iter().filter(|s| s.1).count() as u128;
    let pairs = 2 * second * (scores.len() as u128 - second);
    (pairs > 0).then(|| twice as f64 / pairs as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value as Json;

    fn numbers(of: &Json) -> Vec<f64> {
        let mut all: Vec<f64> = of.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect();
        all.sort_by(f64::total_cmp);
        all
    }

    fn near(got: f64, want: &Json, what: &str) {
        let want = want.as_f64().unwrap();
        assert!((got - want).abs() <= 1e-9 + 1e-7 * want.abs(), "{what}: {got} is not {want}");
    }

    /// The values of scipy, scikit-learn and statsmodels (tests/fixtures/shift/make.py).
    #[test]
    fn values_are_those_of_other_programs() {
        let known: Json = serde_json::from_str(include_str!("../../tests/fixtures/shift/values.json")).unwrap();
        for (n, of) in known["numbers"].as_array().unwrap().iter().enumerate() {
            let (a, b) = (numbers(&of["a"]), numbers(&of["b"]));
            let test = kolmogorov_smirnov(&a, &b).unwrap();
            near(test.statistic, &of["ks"], &format!("ks {n}"));
            near(test.p, &of["p"], &format!("p of ks {n}"));
            near(stability(&parts(&a, &b, 10)).unwrap(), &of["psi"], &format!("psi {n}"));
        }
        for (n, of) in known["counts"].as_array().unwrap().iter().enumerate() {
            let (a, b) = (of["a"].as_array().unwrap(), of["b"].as_array().unwrap());
            let pair = |(a, b): (&Json, &Json)| (a.as_u64().unwrap(), b.as_u64().unwrap());
            let counts: Vec<(u64, u64)> = a.iter().zip(b).map(pair).collect();
            let test = chi_squared(&counts).unwrap();
            near(test.statistic, &of["chi2"], &format!("chi2 {n}"));
            near(test.p, &of["p"], &format!("p of chi2 {n}"));
            near(stability(&counts).unwrap(), &of["psi"], &format!("psi of counts {n}"));
        }
        for of in known["holm"].as_array().unwrap() {
            let plain = |of: &Json| of.as_array().unwrap().iter().map(|v| v.as_f64().unwrap()).collect::<Vec<f64>>();
            let (got, want) = (holm(&plain(&of["p"])), of["corrected"].as_array().unwrap());
            got.iter().zip(want).for_each(|(got, want)| near(*got, want, "holm"));
        }
        for of in known["auc"].as_array().unwrap() {
            let rows = of["rows"].as_array().unwrap();
            let mut rows: Vec<(f64, bool)> =
                rows.iter().map(|row| (row[0].as_f64().unwrap(), row[1].as_bool().unwrap())).collect();
            near(area_under_curve(&mut rows).unwrap(), &of["auc"], "auc");
        }
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        assert_eq!(kolmogorov_smirnov(&[], &[1.0]), None);
        assert_eq!(chi_squared(&[(1, 2)]), None);
        assert_eq!(chi_squared(&[(1, 0), (2, 0)]), None);
        assert_eq!(stability(&[(0, 3)]), None);
        assert_eq!(area_under_curve(&mut [(1.0, true)]), None);
        assert_eq!(kolmogorov_smirnov(&[1.0, 1.0], &[1.0]).map(|t| (t.statistic, t.p)), Some((0.0, 1.0)));
    }
}
