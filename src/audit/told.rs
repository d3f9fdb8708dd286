//! What an audit tells: faults at their places, what was looked at, and what could not be.
use serde::Serialize;
use std::collections::BTreeMap;

/// Something that is wrong with a release.
#[derive(Serialize, schemars::JsonSchema, Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The file, relative to the folder; of a folder as a whole `.`.
    pub file: String,
    /// Where in the file: `row 3`, `line 7`, `annotations[2]`; empty where it is about the file as a whole.
    pub row: String,
    /// The column, key or part that is wrong; empty where it is about the file as a whole.
    pub field: String,
    /// The stable name of the rule: `split.leak`.
    pub rule: &'static str,
    /// One sentence without a full stop, and without values that may be personal data.
    pub say: String,
}

/// Faults of one rule that are told by name; the others are counted.
pub const NAMED: usize = 100;

/// Everything that an audit tells.
#[derive(Serialize, Default)]
pub struct Told {
    pub faults: Vec<Fault>,
    /// Faults of each rule that are not among `faults`.
    pub more: BTreeMap<&'static str, u64>,
    /// What was looked at, in words.
    pub checked: Vec<String>,
    /// What could not be looked at, and why.
    pub unchecked: Vec<String>,
    #[serde(skip)]
    counts: BTreeMap<&'static str, usize>,
}

impl Told {
    /// A fault at its place; `row` and `field` may be empty.
    pub fn fault(
        &mut self,
        rule: &'static str,
        file: impl Into<String>,
        row: impl Into<String>,
        field: impl Into<String>,
        say: impl Into<String>,
    ) {
        let n = self.counts.entry(rule).or_default();
        *n += 1;
        if *n > NAMED {
            *self.more.entry(rule).or_default() += 1;
            return;
        }
        self.faults.push(Fault { file: file.into(), row: row.into(), field: field.into(), rule, say: say.into() });
    }

    pub fn checked(&mut self, say: impl Into<String>) {
        let say = say.into();
        if !self.checked.contains(&say) {
            self.checked.push(say);
        }
    }

    pub fn unchecked(&mut self, say: impl Into<String>) {
        let say = say.into();
        if self.unchecked.len() < NAMED && !self.unchecked.contains(&say) {
            self.unchecked.push(say);
        }
    }

    /// How many faults there are, with those that are counted alone.
    pub fn count(&self) -> u64 {
        self.faults.len() as u64 + self.more.values().sum::<u64>()
    }

    /// Faults of a rule so far.
    pub fn of(&self, rule: &str) -> usize {
        self.counts.get(rule).copied().unwrap_or(0)
    }

    /// Faults in the order of their places, each once.
    pub fn finish(mut self) -> Told {
        self.faults.sort();
        self.faults.dedup();
        self
    }
}

impl Fault {
    /// `FILE: row 3: field: what is wrong [rule]`.
    pub fn line(&self) -> String {
        let mut out = self.file.clone();
        for part in [&self.row, &self.field].into_iter().filter(|part| !part.is_empty()) {
            out.push_str(": ");
            out.push_str(part);
        }
        format!("{out}: {} [{}]", self.say, self.rule)
    }
}
