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
    /// The values that are mapped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub map: Vec<String>,
    /// Lists name the splits of samples.
    #[serde(default, skip_serializing_if = "is_default")]
    pub listed: bool,
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
    /// How often folds are drawn; 0 for once.
    #[serde(default, skip_serializing_if = "is_default")]
    pub repeats: u32,
    /// Equal records without ids of their own are one unit.
    #[serde(default, skip_serializing_if = "is_default")]
    pub equal: bool,
    /// Whether it is told how far shares of samples are from the ratios.
    #[serde(default, skip_serializing_if = "is_default")]
    pub measured: bool,
    /// Splits follow each other in time.
    #[serde(default, skip_serializing_if = "is_default")]
    pub time: Option<Order>,
}

impl Gather {
    /// Whether more is known of a row than its unit and its classes.
    pub fn tells_rows(&self) -> bool {
        self.given.is_some() || self.listed || self.time.is_some() || self.keeps
    }
}

/// What is known of a row.
#[derive(Serialize, Deserialize, Default)]
pub struct Known {
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    /// The split that the data names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub given: Option<String>,
    /// What the data says, where that is mapped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub mapped: Option<String>,
    /// The split of the last release.
    #[serde(default, skip_serializing_if = "is_default")]
    pub kept: Option<String>,
    /// Its folds in the last release: out of how many, and of each drawing which.
    #[serde(default, skip_serializing_if = "is_default")]
    pub folds: Vec<u32>,
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
    /// Its folds in further drawings.
    #[serde(default, skip_serializing_if = "is_default")]
    pub more: Vec<u32>,
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
            (true, Some(fold)) => {
                let more: String = self.more.iter().map(|fold| format!(" {fold}")).collect();
                format!("{} {fold}{more}", self.split).into_bytes()
            }
            (false, _) => serde_json::to_vec(self).unwrap_or_default(),
        }
    }

    /// The split of a row of which nothing else was decided.
    pub fn plain(bytes: &[u8]) -> Option<&str> {
        let text = std::str::from_utf8(bytes).ok()?;
        (!text.starts_with('{') && !text.contains(' ')).then_some(text)
    }

    pub fn of(bytes: &[u8]) -> Result<Verdict, Fault> {
        match bytes.first() {
            Some(b'{') => serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string())),
            _ => {
                let text = String::from_utf8_lossy(bytes);
                let (split, folds) = text.split_once(' ').unwrap_or((text.as_ref(), ""));
                let folds: Result<Vec<u32>, _> = folds.split_whitespace().map(str::parse).collect();
                let mut folds = folds.map_err(|_| Fault::Bug(format!("`{text}` is no fold")))?.into_iter();
                let (fold, more) = (folds.next(), folds.collect());
                Ok(Verdict { split: split.to_string(), fold, more, ..Verdict::default() })
            }
        }
    }
}
