//! What selectors meet in the records that a reader takes.
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What the selector of a field met in the records of a partition.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Met {
    /// Records that were taken.
    pub records: u64,
    /// Some record has what the selector names.
    pub has: bool,
    /// Records that do not have it, in formats whose records need not have the same keys (`Record::SPARSE`).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub absent: u64,
    /// Stretches of records whose header or schema lacks the column.
    pub lacks: u64,
    /// Values that became null because they do not fit the type, and values that are there.
    pub wrong: u64,
    pub good: u64,
    /// Why the first of them do not.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Names that the selector could have named, where it named nothing: at most [`SEEN`] of them.
    pub seen: BTreeSet<String>,
}

/// How many names are kept to be shown to a person.
pub const SEEN: usize = 24;

impl Met {
    pub fn see(&mut self, names: impl IntoIterator<Item = String>) {
        let room = SEEN.saturating_sub(self.seen.len());
        self.seen.extend(names.into_iter().take(room).map(|name| name.chars().take(60).collect()));
    }

    /// Values that became null.
    pub fn lose(&mut self, values: usize, why: &str) {
        self.wrong += values as u64;
        if self.why.is_empty() {
            self.why = why.to_string();
        }
    }

    /// The same of more records.
    pub fn add(&mut self, more: Met) {
        self.records += more.records;
        self.has |= more.has;
        self.absent += more.absent;
        self.lacks += more.lacks;
        self.wrong += more.wrong;
        self.good += more.good;
        if self.why.is_empty() {
            self.why = more.why;
        }
        self.see(more.seen);
    }
}

fn is_zero(n: &u64) -> bool {
    *n == 0
}
