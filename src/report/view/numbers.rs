//! Counts of numbers and lengths, and histograms with edges that people can read.
use serde::Serialize;
use std::collections::BTreeMap;

/// Bars of a histogram at most, the one for what lies beyond them counted.
const BARS: u64 = 16;
/// The share of values, in percent, that the bars before the last one cover at least where a few lie far out.
const COVERED: u64 = 99;

/// How often each whole number was met.
#[derive(Default, Debug, Clone)]
pub struct Sizes(pub BTreeMap<i64, u64>);

/// The spread of numbers, and bars.
#[derive(Serialize, schemars::JsonSchema, Debug, Clone, PartialEq)]
pub struct Spread {
    pub min: f64,
    /// The lower one of the two in the middle.
    pub median: f64,
    pub max: f64,
    pub bars: Vec<Bar>,
}

/// Values from `from` up to, but not at, `to`; of the last bar `to` is the greatest value, which belongs to it.
#[derive(Serialize, schemars::JsonSchema, Debug, Clone, PartialEq)]
pub struct Bar {
    pub from: f64,
    pub to: f64,
    pub n: u64,
    /// The last bar holds all that is greater, however wide that is.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub over: bool,
}

impl Sizes {
    pub fn add(&mut self, n: i64) {
        self.add_times(n, 1);
    }

    pub fn add_times(&mut self, n: i64, times: u64) {
        *self.0.entry(n).or_default() += times;
    }

    pub fn merge(&mut self, other: Sizes) {
        other.0.into_iter().for_each(|(n, times)| *self.0.entry(n).or_default() += times);
    }

    pub fn spread(&self) -> Option<Spread> {
        let numbers: Vec<(f64, u64)> = self.0.iter().map(|(n, times)| (*n as f64, *times)).collect();
        spread(&numbers, true)
    }
}

/// Of numbers with a point.
pub fn of_floats(mut of: Vec<f64>) -> Option<Spread> {
    of.retain(|f| f.is_finite());
    of.sort_by(f64::total_cmp);
    let mut numbers: Vec<(f64, u64)> = Vec::new();
    for f in of {
        match numbers.last_mut() {
            Some((last, times)) if *last == f => *times += 1,
            _ => numbers.push((f, 1)),
        }
    }
    spread(&numbers, false)
}

/// Numbers in order, each with how often it was met.
fn spread(of: &[(f64, u64)], whole: bool) -> Option<Spread> {
    let (min, max) = (of.first()?.0, of.last()?.0);
    let all: u64 = of.iter().map(|(_, n)| n).sum();
    let median = at(of, (all - 1) / 2)?;
    let inner = at(of, (all * COVERED).div_ceil(100).saturating_sub(1))?;
    let (width, from) = edges(min, inner, whole);
    let mut bars: Vec<Bar> = Vec::new();
    let last = BARS - 1;
    for (value, n) in of {
        let place = ((value - from) / width).floor();
        let place = if place.is_finite() && place >= 0.0 { (place as u64).min(last) } else { last };
        while (bars.len() as u64) <= place {
            let k = bars.len() as u64;
            let left = from + width * k as f64;
            let over = k == last && max >= left + width;
            bars.push(Bar { from: left, to: if over { max } else { left + width }, n: 0, over });
        }
        if let Some(bar) = bars.get_mut(place as usize) {
            bar.n += n;
        }
    }
    Some(Spread { min, median, max, bars })
}

fn at(of: &[(f64, u64)], rank: u64) -> Option<f64> {
    let mut passed = 0;
    of.iter()
        .find(|(_, n)| {
            passed += n;
            passed > rank
        })
        .map(|(value, _)| *value)
}

/// The width of bars, 1, 2 or 5 times a power of ten, and where the first one begins.
fn edges(min: f64, inner: f64, whole: bool) -> (f64, f64) {
    let room = (inner - min).max(0.0);
    let mut unit = if whole { 1.0 } else { 1e-9 };
    let fits = |width: f64| (min / width).floor() * width + width * (BARS - 1) as f64 > inner || !width.is_finite();
    if room == 0.0 && !whole {
        unit = if min == 0.0 { 1.0 } else { min.abs() };
        return (unit, min);
    }
    loop {
        for step in [1.0, 2.0, 5.0] {
            if fits(unit * step) {
                return (unit * step, (min / (unit * step)).floor() * unit * step);
            }
        }
        unit *= 10.0;
    }
}

/// A share of `n` among `of` in hundredths of a percent, rounded; 0 of nothing.
pub fn share(n: u64, of: u64) -> u64 {
    if of == 0 { 0 } else { ((u128::from(n) * 10_000 + u128::from(of) / 2) / u128::from(of)) as u64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_round_and_what_lies_far_out_has_one_bar() {
        let mut sizes = Sizes::default();
        (3..63).for_each(|n| sizes.add(n));
        let s = sizes.spread().unwrap();
        assert_eq!((s.min, s.median, s.max), (3.0, 32.0, 62.0));
        assert_eq!((s.bars[0].from, s.bars[0].to, s.bars[0].n), (0.0, 5.0, 2));
        assert_eq!(s.bars.iter().map(|b| b.n).sum::<u64>(), 60);
        assert!(s.bars.len() <= BARS as usize && s.bars.iter().all(|b| !b.over));
        (0..1000).for_each(|_| sizes.add(10));
        sizes.add(i64::MAX);
        let s = sizes.spread().unwrap();
        assert!(s.bars.len() == 16 && s.bars[15].over && s.bars[15].n == 1, "{s:?}");
        assert_eq!(s.bars.iter().map(|b| b.n).sum::<u64>(), 1061);
    }

    #[test]
    fn few_or_equal_or_extreme_numbers_are_no_trouble() {
        let one = |f: f64| of_floats(vec![f, f]).unwrap();
        assert_eq!(one(0.5).bars.len(), 1);
        assert_eq!(one(0.0).bars[0].n, 2);
        assert_eq!(of_floats(vec![f64::NAN]), None);
        for (a, b) in [(f64::MIN, f64::MAX), (-1e300, 1e-300), (i64::MIN as f64, i64::MAX as f64)] {
            let s = of_floats(vec![a, b]).unwrap();
            assert!(s.bars.len() <= 16 && s.bars.iter().map(|b| b.n).sum::<u64>() == 2, "{s:?}");
        }
        let mut sizes = Sizes::default();
        [i64::MIN, 0, i64::MAX].into_iter().for_each(|n| sizes.add(n));
        assert_eq!(sizes.spread().unwrap().bars.iter().map(|b| b.n).sum::<u64>(), 3);
        assert_eq!((share(1, 3), share(0, 0)), (3333, 0));
    }
}
