//! How a quasi-identifier is generalised, as the manifest says it, and the files of hierarchies.
use crate::digest::Digest;
use crate::formats::csv_fields::values;
use crate::formats::cut::quoted::Dialect;
use crate::manifest::values::{At, Short};
use crate::measure::anonymity::{Calendar, Tree, Way};
use crate::stage::{Fault, Tools, is_default};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The longest file of a hierarchy or of a population, in bytes.
pub const FILE_MAX: u64 = 1 << 26;

/// How the values of a quasi-identifier are generalised: one of these.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    /// A file of comma-separated values without a header: in each row a value, and behind it what it is generalised to, level by
    /// level. Values are parted by a tab, `;` or `,`: the first of these that stands in the first line. A level with
    /// several values at the end gets `*` above it.
    #[schemars(length(min = 1))]
    pub hierarchy: Option<At<String>>,
    /// Numbers in intervals of these widths, each a multiple of the one before: `[5, 10, 20]` makes `37` to `[35, 40)`, `[30, 40)`,
    /// `[20, 40)`, then `*`.
    #[schemars(length(min = 1))]
    pub intervals: Option<At<Vec<i64>>>,
    /// Where an interval begins. Default 0.
    pub from: Option<At<i64>>,
    /// How many first characters stay, fewer at each level: `[3, 1]` makes `13053` to `130**`, `1****`, then `*`.
    #[schemars(length(min = 1))]
    pub prefixes: Option<At<Vec<u32>>>,
    /// Days (`2026-01-31`) as ever longer parts of the calendar, then `*`.
    #[schemars(length(min = 1))]
    pub dates: Option<At<Vec<Part>>>,
    /// Set by the short forms.
    #[serde(skip)]
    pub word: Option<Word>,
}

/// A way that needs no more than a word.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// Values stay as they are.
    Keep,
    /// Values stay as they are, or all become `*`.
    Suppress,
    /// Numbers stand as ranges that are cut where that serves, such as `23-31`; with `method = "mondrian"` alone.
    Range,
}

/// A part of the calendar.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// `2026-01`.
    Month,
    /// `2026-Q1`.
    Quarter,
    /// `2026`.
    Year,
    /// `2020s`.
    Decade,
}

impl Short for Ways {
    type Text = Word;

    fn from_text(word: Word) -> Ways {
        Ways { word: Some(word), ..Ways::default() }
    }
}

/// A way as kernels are told of it.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct WayOf {
    #[serde(default, skip_serializing_if = "is_default")]
    pub word: Option<Word>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub intervals: Vec<i64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub from: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub prefixes: Vec<usize>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub dates: Vec<Part>,
    /// The digest of the file of a hierarchy.
    #[serde(default, skip_serializing_if = "is_default")]
    pub file: String,
}

impl WayOf {
    pub fn way(&self, tools: &dyn Tools) -> Result<Way, Fault> {
        let calendar = |part: &Part| match part {
            Part::Month => Calendar::Month,
            Part::Quarter => Calendar::Quarter,
            Part::Year => Calendar::Year,
            Part::Decade => Calendar::Decade,
        };
        Ok(match self.word {
            Some(Word::Keep) => Way::Keep,
            Some(Word::Suppress) => Way::Suppress,
            Some(Word::Range) => Way::Range,
            None if !self.intervals.is_empty() => Way::Intervals { widths: self.intervals.clone(), from: self.from },
            None if !self.prefixes.is_empty() => Way::Prefixes(self.prefixes.clone()),
            None if !self.dates.is_empty() => Way::Dates(self.dates.iter().map(calendar).collect()),
            None => Way::Tree(tree(&self.file, tools)?),
        })
    }

    /// What it is called in the card of a release.
    pub fn name(&self) -> String {
        let list = |of: Vec<String>| of.join(", ");
        match self.word {
            Some(Word::Keep) => "as collected".into(),
            Some(Word::Suppress) => "as collected or `*`".into(),
            Some(Word::Range) => "ranges".into(),
            None if !self.intervals.is_empty() => {
                format!("intervals of {}", list(self.intervals.iter().map(i64::to_string).collect()))
            }
            None if !self.prefixes.is_empty() => {
                format!("the first {} characters", list(self.prefixes.iter().map(usize::to_string).collect()))
            }
            None if !self.dates.is_empty() => {
                format!(
                    "parts of a date: {}",
                    list(self.dates.iter().map(|d| format!("{d:?}").to_lowercase()).collect())
                )
            }
            None => "a hierarchy".into(),
        }
    }
}

/// The hierarchy in a file.
pub fn tree(digest: &str, tools: &dyn Tools) -> Result<Tree, Fault> {
    let digest = Digest::parse(digest).ok_or_else(|| Fault::Bug("a hierarchy has no digest".into()))?;
    let rows = rows_of(&tools.blob(digest)?).map_err(|wrong| Fault::Bug(wrong.1))?;
    Tree::of(&rows).map_err(|wrong| Fault::Bug(wrong.say))
}

/// The rows of a file of comma-separated values, or the line that is none and why.
pub fn rows_of(bytes: &[u8]) -> Result<Vec<Vec<String>>, (usize, String)> {
    let wrong = |e: std::str::Utf8Error| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        (before.iter().filter(|b| **b == b'\n').count() + 1, "this is no UTF-8".to_string())
    };
    let text = std::str::from_utf8(bytes).map_err(wrong)?;
    let first = text.lines().next().unwrap_or_default();
    let delimiter = [b'\t', b';', b','].into_iter().find(|d| first.as_bytes().contains(d)).unwrap_or(b',');
    let dialect = Dialect::quoted(delimiter);
    let rows = text.lines().enumerate().filter(|(_, line)| !line.trim_matches(['\r', '\u{FEFF}']).is_empty());
    rows.map(|(n, line)| values(line, &dialect).map_err(|wrong| (n + 1, wrong.say))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_parted_by_what_the_first_line_has() {
        let rows = |text: &str| rows_of(text.as_bytes()).unwrap();
        assert_eq!(rows("a;b,c\r\nd;e\n"), [["a", "b,c"], ["d", "e"]]);
        assert_eq!(rows("\u{FEFF}17,\"[15, 20[\",*\n"), [["17", "[15, 20[", "*"]]);
        assert_eq!(rows("a\tb;c\n\nd\te\n"), [["a", "b;c"], ["d", "e"]]);
        assert_eq!(rows_of(b"a,b\n\"c,d\n").unwrap_err().0, 2);
        assert_eq!(rows_of(b"a,b\n\xff,d\n").unwrap_err().0, 2);
    }
}
