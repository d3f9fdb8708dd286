//! What a release certifies of its splits: how they were made, what fell where, and what was found to leak. Who has the release
//! counts again what is in it.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a manifest calls it among the documents of a release.
pub const NAME: &str = "certificate";

/// The file of a release that holds it.
pub const FILE: &str = "split-certificate.json";

/// Of each split how many.
pub type Counts = BTreeMap<String, u64>;

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Certificate {
    pub dataset: String,
    pub release: String,
    pub version: String,
    pub content_root: String,
    pub split: Made,
    /// A digest of what of each source was read, as `dataset.lock` has it; `-` where answers are hidden.
    pub sources: String,
    pub samples: Counts,
    /// The greatest difference between the share of a split and its ratio.
    pub deviation: String,
    /// By released column and class: of each split how many samples name it, and the greatest difference between the share of the
    /// class that a split has and its ratio. What is hidden is not told.
    pub classes: BTreeMap<String, BTreeMap<String, Class>>,
    /// Facts of `[leakage]`, over all samples of the data set.
    pub leakage: BTreeMap<String, String>,
}

/// How splits were made.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Made {
    pub ratios: BTreeMap<String, String>,
    pub method: String,
    pub seed: u64,
    pub salted: bool,
    pub stratify: Vec<String>,
    pub group: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub given: Option<String>,
    pub lists: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub time: Option<String>,
    pub kept: bool,
    /// The splits of which something is hidden; what is hidden there is in no count.
    pub hidden: BTreeMap<String, Vec<String>>,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Class {
    pub count: Counts,
    pub deviation: String,
}

/// The greatest difference between shares and ratios, to six digits; `-` where there is nothing. Splits that are left out, since
/// something is hidden there, count for nothing: the ratios of the others are then taken together.
pub fn deviation(counts: &Counts, ratios: &BTreeMap<String, String>, left_out: &[String]) -> String {
    let own = |split: &&String| !left_out.contains(split);
    let ratio = |split: &String| ratios.get(split).and_then(|r| r.parse::<f64>().ok()).unwrap_or(0.0);
    let whole: f64 = ratios.keys().filter(own).map(ratio).sum();
    let all: u64 = counts.iter().filter(|(split, _)| own(split)).map(|(_, n)| n).sum();
    if all == 0 || whole <= 0.0 {
        return "-".into();
    }
    let share = |split: &String| counts.get(split).copied().unwrap_or(0) as f64 / all as f64;
    let off = ratios.keys().filter(own).map(|split| (share(split) - ratio(split) / whole).abs());
    format!("{:.6}", off.fold(0.0, f64::max))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_of_shares() {
        let counts = |of: &[(&str, u64)]| of.iter().map(|(s, n)| (s.to_string(), *n)).collect::<Counts>();
        let ratios = [("train", "0.8"), ("test", "0.2")].map(|(s, r)| (s.to_string(), r.to_string())).into();
        assert_eq!(deviation(&counts(&[("train", 8), ("test", 2)]), &ratios, &[]), "0.000000");
        assert_eq!(deviation(&counts(&[("train", 7), ("test", 3)]), &ratios, &[]), "0.100000");
        assert_eq!(deviation(&counts(&[("train", 7)]), &ratios, &["test".into()]), "0.000000");
        assert_eq!(deviation(&counts(&[]), &ratios, &[]), "-");
    }
}
