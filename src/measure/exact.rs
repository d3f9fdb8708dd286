//! The exact interval of a share that few were asked about (Clopper and Pearson, 1934): what it covers, it covers with at least the
//! probability that is said, however few there are and however rare it is. Of none among `n` the upper bound of one side is
//! `1 - alpha^(1/n)`, which is a little below `3 / n` for 95 % (the rule of three; Hanley and Lippman-Hand, 1983).

/// Steps of bisection: an interval of 1 is then as narrow as two neighbouring numbers.
const STEPS: usize = 64;

/// Terms that are smaller than this share of their sum end it.
const NOTHING: f64 = 1e-18;

/// The greatest share of which `k` or fewer among `n` have a probability of `alpha`: the upper bound of one side. Of nothing it is 1.
pub fn above(k: u64, n: u64, alpha: f64) -> f64 {
    if k >= n {
        return 1.0;
    }
    if k == 0 {
        return -libm::expm1(libm::log(alpha) / n as f64);
    }
    let (mut low, mut high) = (k as f64 / n as f64, 1.0);
    for _ in 0..STEPS {
        let middle = low + (high - low) / 2.0;
        if at_most(k, n, middle) > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The least share of which `k` or more among `n` have a probability of `alpha`: the lower bound of one side. Of nothing it is 0.
pub fn below(k: u64, n: u64, alpha: f64) -> f64 {
    1.0 - above(n.saturating_sub(k), n, alpha)
}

/// The interval of both sides; `alpha` is what lies outside of it at most.
pub fn interval(k: u64, n: u64, alpha: f64) -> (f64, f64) {
    (below(k, n, alpha / 2.0), above(k, n, alpha / 2.0))
}

/// The probability of `k` or fewer among `n`, where each has the probability `p`, which is not below `k / n`: the terms grow
/// smaller from `k` down.
fn at_most(k: u64, n: u64, p: f64) -> f64 {
    let (n, mut j) = (n as f64, k as f64);
    let ways = libm::lgamma(n + 1.0) - libm::lgamma(j + 1.0) - libm::lgamma(n - j + 1.0);
    let first = libm::exp(ways + j * libm::log(p) + (n - j) * libm::log1p(-p));
    let (mut term, mut sum) = (1.0, 1.0);
    while j > 0.0 && term > NOTHING * sum {
        term *= j * (1.0 - p) / ((n - j + 1.0) * p);
        sum += term;
        j -= 1.0;
    }
    first * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of scipy, which searches to some 1e-12; `tests/data/exact/make.py` says how they were made.
    #[test]
    fn bounds_are_those_of_scipy() {
        let lines = include_str!("../../tests/data/exact/intervals.tsv").lines().filter(|l| !l.starts_with(['#', 'k']));
        let mut seen = 0;
        for line in lines {
            let cells: Vec<f64> = line.split('\t').map(|cell| cell.parse().unwrap()).collect();
            let (k, n) = (cells[0] as u64, cells[1] as u64);
            let (low, high) = interval(k, n, 0.05);
            for (got, want) in [low, high, above(k, n, 0.05)].into_iter().zip(&cells[2..]) {
                assert!((got - want).abs() < 1e-11 + 1e-9 * want, "{k} of {n}: {got} and not {want}");
            }
            seen += 1;
        }
        assert!(seen > 25, "{seen}");
    }

    #[test]
    fn none_of_many_is_the_rule_of_three() {
        for n in [30u64, 100, 300, 100_000] {
            let (bound, three) = (above(0, n, 0.05), 3.0 / n as f64);
            assert!(bound < three && bound > 0.94 * three, "{n}: {bound} and {three}");
        }
        assert_eq!((above(0, 0, 0.05), below(0, 0, 0.05)), (1.0, 0.0), "nothing is known of nothing");
    }
}
