//! What `[split]` says, as others read it: leniently, since what is wrong in the table is told by the stage that it belongs to.
use super::values::At;
use super::{Decimal, Declared, Manifest, read};
use std::collections::BTreeMap;

/// How splits are made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Splits {
    pub ratios: BTreeMap<String, Decimal>,
    /// Ratios count samples.
    pub balanced: bool,
    pub seed: u64,
    pub salted: bool,
    pub stratify: Vec<String>,
    pub group: Vec<String>,
    pub given: Option<String>,
    /// Lists name the splits of samples.
    pub lists: bool,
    /// The column by which splits follow each other.
    pub time: Option<String>,
    /// What a release assigned stays so.
    pub kept: bool,
}

impl Splits {
    /// `None` without the table, or without ratios that read.
    pub fn of(manifest: &Manifest) -> Option<Splits> {
        let (_, table) = manifest.table(&["split"])?;
        let get = |key: &str| table.get_ref().as_table()?.get(key);
        let text = |key: &str| get(key)?.get_ref().as_str().map(String::from);
        let ratios: BTreeMap<String, At<Decimal>> = read(get("ratios")?).ok()?;
        Some(Splits {
            ratios: ratios.into_iter().map(|(split, ratio)| (split, *ratio.get())).collect(),
            balanced: text("method").as_deref() == Some("balanced"),
            seed: get("seed").and_then(|seed| read::<u64>(seed).ok()).unwrap_or(0),
            salted: get("salt").is_some(),
            stratify: get("stratify").map(names).unwrap_or_default(),
            group: get("group").map(names).unwrap_or_default(),
            given: text("given"),
            lists: get("lists").is_some(),
            time: get("time")
                .and_then(|time| Some(time.get_ref().as_table()?.get("field")?.get_ref().as_str()?.into())),
            kept: text("keep").as_deref() == Some("last_release"),
        })
    }
}

/// The name of a column, or several.
fn names(value: &Declared) -> Vec<String> {
    let one = value.get_ref().as_str().map(String::from);
    let several = value.get_ref().as_array().into_iter().flatten();
    one.into_iter().chain(several.filter_map(|v| v.get_ref().as_str().map(String::from))).collect()
}
