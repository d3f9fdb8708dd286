//! What the kernels of `split` are told, and what they tell each other of a row, as bytes.
use super::time::Order;
use crate::stage::{Fault, is_default};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How units are shared out.
#[derive(Serialize, Deserialize, Default)]
pub struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    pub seed: u64,
    /// On a common scale.
    #[serde(default, skip_serializing_if = "is_default")]
    pub weights: BTreeMap<String, u64>,
    /// The split that every sample is in unless a verdict says otherwise.
    #[serde(default, skip_serializing_if = "is_default")]
    pub usual: String,
    /// The column that names the split of a sample.
    #[serde(default, skip_serializing_if = "is_default")]
    pub given: Option<String>,
    /// What the last release assigned is known.
    #[serde(default, skip_serializing_if = "is_default")]
    pub keeps: bool,
    /// The column whose values are spread evenly.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stratify: Option<String>,
    /// With `[privacy]` no value of the data is told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub private: bool,
    /// Ratios count samples, and each class is spread by itself.
    #[serde(default, skip_serializing_if = "is_default")]
    pub balanced: bool,
    /// Into how many parts the numbers of a column are cut.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quantiles: BTreeMap<String, u32>,
    /// Samples may be in several groups, which are joined then.
    #[serde(default, skip_serializing_if = "is_default")]
    pub joined: bool,
    /// Into how many folds each split is parted; 0 for none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub folds: u32,
    /// Whether it is told how far shares of samples are from the ratios.
    #[serde(default, skip_serializing_if = "is_default")]
    pub measured: bool,
    /// Splits follow each other in time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub time: Option<Order>,
}

/// What is known of a row.
#[derive(Serialize, Deserialize, Default)]
pub struct Known {
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    /// The split that the data names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub given: Option<String>,
    /// The split of the last release.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kept: Option<String>,
    /// Numbers by column, as [`sortable`] writes them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub numbers: Vec<(String, u64)>,
    /// When it is, where splits follow each other in time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub time: Option<i64>,
}

impl Known {
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }

    pub fn of(bytes: &[u8]) -> Result<Known, Fault> {
        serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string()))
    }
}

/// What was decided of a row: its split, its fold if there are folds, and findings as (key, rule, words).
#[derive(Serialize, Deserialize, Default)]
pub struct Verdict {
    pub split: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub fold: Option<u32>,
    pub told: Vec<(String, String, String)>,
    /// Why the sample leaves the data set, as (key, rule, words).
    #[serde(default, skip_serializing_if = "is_default")]
    pub gone: Option<(String, String, String)>,
}

impl Verdict {
    /// A row of which there is nothing to tell has the name of its split alone, or with a blank and its fold.
    pub fn bytes(&self) -> Vec<u8> {
        match (self.told.is_empty() && self.gone.is_none(), self.fold) {
            (true, None) => self.split.clone().into_bytes(),
            (true, Some(fold)) => format!("{} {fold}", self.split).into_bytes(),
            (false, _) => serde_json::to_vec(self).unwrap_or_default(),
        }
    }

    pub fn of(bytes: &[u8]) -> Result<Verdict, Fault> {
        match bytes.first() {
            Some(b'{') => serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string())),
            _ => {
                let text = String::from_utf8_lossy(bytes);
                let (split, fold) = text.split_once(' ').map_or((text.as_ref(), None), |(s, f)| (s, Some(f)));
                let fold = fold.map(str::parse).transpose().map_err(|_| Fault::Bug(format!("`{text}` is no fold")))?;
                Ok(Verdict { split: split.to_string(), fold, ..Verdict::default() })
            }
        }
    }
}

/// A number so that greater ones are greater bits; `None` for what is no number.
pub fn sortable(number: f64) -> Option<u64> {
    // both zeros are one number
    let bits = (number + 0.0).to_bits();
    (!number.is_nan()).then_some(if bits >> 63 == 0 { bits | 1 << 63 } else { !bits })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_by_their_bits() {
        let numbers = [f64::NEG_INFINITY, -2.5, -1e-300, 0.0, 1e-300, 3.0, 3.5, f64::INFINITY];
        let bits: Vec<_> = numbers.iter().map(|n| sortable(*n).unwrap()).collect();
        assert!(bits.is_sorted_by(|a, b| a < b), "{bits:?}");
        assert_eq!(sortable(-0.0), sortable(0.0));
        assert_eq!(sortable(f64::NAN), None);
    }
}
