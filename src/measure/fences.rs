//! What is far out among numbers, by the fences of Tukey (Exploratory Data Analysis, 1977): beyond `k` times the range between the
//! quartiles below the lower or above the upper one. 1.5 is his inner fence, 3 his outer one.

/// The bounds of what is usual.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fences {
    pub low: f64,
    pub high: f64,
}

impl Fences {
    /// The fences of these numbers, which are sorted by it; at least `least` away from the quartiles, since the range between
    /// quartiles is 0 where half of the numbers are the same. `None` without numbers.
    pub fn of(numbers: &mut [f64], k: f64, least: f64) -> Option<Fences> {
        numbers.sort_unstable_by(f64::total_cmp);
        let (lower, upper) = (quantile(numbers, 0.25)?, quantile(numbers, 0.75)?);
        let away = (k * (upper - lower)).max(least);
        Some(Fences { low: lower - away, high: upper + away })
    }

    /// Whether a number lies beyond a fence.
    pub fn passed(&self, x: f64) -> bool {
        x < self.low || x > self.high
    }
}

/// A size on the scale on which sizes are compared: twice as large is as far away as half as large. `None` for what is no size.
pub fn log(size: f64) -> Option<f64> {
    (size.is_finite() && size > 0.0).then(|| libm::log(size))
}

/// The size of a logarithm.
pub fn size(log: f64) -> f64 {
    libm::exp(log)
}

/// A quantile of sorted numbers, linear between its neighbours (type 7 of Hyndman and Fan 1996, the default of numpy and R).
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let at = share.clamp(0.0, 1.0) * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted.get(at.floor() as usize)?, sorted.get(at.ceil() as usize)?);
    Some(below + (above - below) * at.fract())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values of `numpy.quantile` (2.4) of the same numbers.
    #[test]
    fn quantiles_are_those_of_numpy() {
        let numbers = [1.0, 2.0, 2.5, 7.0, 7.5, 9.0, 30.0];
        for (share, expected) in [(0.0, 1.0), (0.25, 2.25), (0.5, 7.0), (0.75, 8.25), (0.9, 17.4), (1.0, 30.0)] {
            let got = quantile(&numbers, share).unwrap();
            assert!((got - expected).abs() < 1e-12, "{share}: {got}");
        }
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[4.0], 0.3), Some(4.0));
    }

    #[test]
    fn fences_lie_beyond_the_quartiles_and_never_on_them() {
        let mut numbers = [7.0, 30.0, 1.0, 2.0, 9.0, 2.5, 7.5];
        let fences = Fences::of(&mut numbers, 1.5, 0.1).unwrap();
        assert_eq!(fences, Fences { low: 2.25 - 9.0, high: 8.25 + 9.0 });
        assert!(fences.passed(30.0) && !fences.passed(17.25) && !fences.passed(1.0));
        let equal = Fences::of(&mut [3.0; 9], 3.0, 0.5).unwrap();
        assert_eq!(equal, Fences { low: 2.5, high: 3.5 });
        assert_eq!(Fences::of(&mut [], 3.0, 0.5), None);
    }
}
