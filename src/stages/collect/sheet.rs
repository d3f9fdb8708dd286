//! What `[collect.NAME.sheet]` may say, and what a row of such a table names.
use super::files::Files;
use super::named::Named;
use crate::formats::sidecar::stem_of;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::names::composed;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The column of a source's samples that rows name where `on` is no column.
pub const NAMED: &str = "sheet_named";

/// A table that says more of the samples.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// The files of the table and their format, with the same keys as `open`; a format of records (jsonl, csv, parquet and others).
    pub table: Files,
    /// What of a row names its sample: a selector. Default `file_name`.
    #[schemars(length(min = 1))]
    pub key: Option<At<String>>,
    /// What it names: `path` (of the sample's file, from the folder in which the table lies), `stem` (the file's name without
    /// folders and extension), or a column of the samples that holds text. Default `path`.
    #[schemars(length(min = 1))]
    pub on: Option<At<String>>,
    /// The columns that rows give: `column = "selector"`. Without it, or with `"all"`: all that the files show, but for `key`.
    #[serde(default)]
    pub fields: Named,
    /// The share of rows that may name no sample before the build fails, 0 to 1. Default 0.5.
    #[schemars(range(min = 0, max = 1))]
    pub max_lost: Option<At<Decimal>>,
}

/// What rows name.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Names {
    #[default]
    Path,
    Stem,
    Column,
}

impl Sheet {
    pub fn names(&self) -> Names {
        match self.on.as_ref().map(|on| on.as_str()) {
            None | Some("path") => Names::Path,
            Some("stem") => Names::Stem,
            Some(_) => Names::Column,
        }
    }

    /// The selector of what rows name, where the samples' own files say it.
    pub fn part(&self) -> Option<&'static str> {
        match self.names() {
            Names::Path => Some("path"),
            Names::Stem => Some("stem"),
            Names::Column => None,
        }
    }
}

impl Names {
    /// What a row of a table at a path names.
    pub fn of(self, table: &str, name: &str) -> String {
        match self {
            Names::Path => {
                let name = name.replace('\\', "/");
                let name = name.strip_prefix("./").unwrap_or(&name);
                composed(&table.rsplit_once('/').map_or(name.to_string(), |(folder, _)| format!("{folder}/{name}")))
                    .into_owned()
            }
            Names::Stem => composed(stem_of(name)).into_owned(),
            Names::Column => name.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_its_sample_from_the_folder_of_its_table() {
        assert_eq!(Names::Path.of("raw/train/metadata.jsonl", "a/b.jpg"), "raw/train/a/b.jpg");
        assert_eq!(Names::Path.of("metadata.csv", "./b.jpg"), "b.jpg");
        assert_eq!(Names::Path.of("raw/m.csv", "a\\b.jpg"), "raw/a/b.jpg");
        assert_eq!(Names::Stem.of("raw/m.csv", "a/b.c.jpg"), "b.c");
        assert_eq!(Names::Column.of("raw/m.csv", "a/b"), "a/b");
    }
}
