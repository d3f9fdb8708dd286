//! Spans that were found: exact matches of place and class, counted over all texts (the entity scores of CoNLL-2003, as seqeval
//! gives them for well-formed tags).
use std::collections::{BTreeMap, BTreeSet};

/// How many spans of a class were predicted, given, and both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    pub right: u64,
    pub predicted: u64,
    pub given: u64,
}

/// A span: first and last place, exclusive, and its class.
pub type Span = (u32, u32, usize);

impl Found {
    /// Counts the spans of one text, class by class.
    pub fn count(predicted: &[Span], given: &[Span]) -> BTreeMap<usize, Found> {
        let (predicted, given): (BTreeSet<&Span>, BTreeSet<&Span>) =
            (predicted.iter().collect(), given.iter().collect());
        let mut out: BTreeMap<usize, Found> = BTreeMap::new();
        for span in &predicted {
            let own = out.entry(span.2).or_default();
            own.predicted += 1;
            own.right += u64::from(given.contains(span));
        }
        given.iter().for_each(|span| out.entry(span.2).or_default().given += 1);
        out
    }

    /// The same of more, each so many times.
    pub fn add(&mut self, more: &Found, times: u64) {
        self.right += more.right * times;
        self.predicted += more.predicted * times;
        self.given += more.given * times;
    }

    /// The share of what was predicted that is right; `None` where nothing was.
    pub fn precision(&self) -> Option<f64> {
        (self.predicted > 0).then(|| self.right as f64 / self.predicted as f64)
    }

    /// The share of what was given that was found; `None` where nothing was.
    pub fn recall(&self) -> Option<f64> {
        (self.given > 0).then(|| self.right as f64 / self.given as f64)
    }

    /// The harmonic mean of both; `None` where nothing was predicted and nothing given.
    pub fn f1(&self) -> Option<f64> {
        let both = self.predicted + self.given;
        (both > 0).then(|| 2.0 * self.right as f64 / both as f64)
    }
}
