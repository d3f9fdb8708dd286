//! The rows of a table that a filter lets through, and what is made of them: some of them as text, a sample, a sheet for
//! other programs, or one column as bars.
use super::filter::{About, Filter, Row};
use super::histogram::Histogram;
use super::sheet::Sheet;
use super::show::{Column, Snapshot, row_text};
use super::snapshot::since;
use super::terminal::plural;
use crate::digest::cut_hash;
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::{Bin, Built, Partition};
use crate::stage::{Act, Fault};
use crate::table::{Array, ArrayRef, DataType, Value, text_at, value_at};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// A table as a step left it, and which of its rows are looked at.
pub struct Looking<'l, 'a> {
    pub s: &'l Session<'a>,
    pub built: &'l Built,
    pub snapshot: &'l Snapshot,
    pub filter: Filter,
    /// The step: what later ones said of a row is not asked.
    pub step: usize,
    /// Rows that left are looked at, too; else only where the filter asks for a status.
    pub left: bool,
}

/// Rows that are shown where nobody says how many.
const ROWS: usize = 10;

impl Looking<'_, '_> {
    /// The first rows, or of a sample those whose ids have the least hashes: the same ones each time.
    pub fn text(&self, rows: Option<usize>, sample: Option<usize>) -> Result<String, Fault> {
        let (mut out, mut n, mut told) = (String::new(), 0u64, 0);
        let chosen = sample.map(|most| self.sample(most)).transpose()?;
        let most = if chosen.is_some() { usize::MAX } else { rows.unwrap_or(ROWS) };
        let known = self.each(&self.all(), &mut |at, row| {
            n += 1;
            let taken = chosen.as_ref().is_none_or(|of| of.contains(&at));
            if taken && told < most {
                out.push_str(&format!("row {}\n", n - 1));
                out.push_str(&row_text(self.snapshot, |name| row.value(name)));
                told += 1;
            }
            Ok(())
        })?;
        if !known {
            return Ok("  not built yet\n".into());
        }
        out.push_str(&format!("  {}, {} shown\n", plural(n, "row"), told));
        Ok(out)
    }

    /// All rows, or a sample, for other programs.
    pub fn sheet(&self, sheet: Sheet, sample: Option<usize>, print: &dyn Fn(&str)) -> Result<bool, Fault> {
        let columns: Vec<&Column> = self.snapshot.columns.iter().filter(|c| !c.hidden).collect();
        let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
        let chosen = sample.map(|most| self.sample(most)).transpose()?;
        print(&sheet.head(&names));
        self.each(&self.all(), &mut |at, row| {
            if chosen.as_ref().is_none_or(|of| of.contains(&at)) {
                let values: Vec<Json> = names.iter().map(|name| row.value(name).json()).collect();
                print(&sheet.row(&names, values));
            }
            Ok(())
        })
    }

    /// One column as bars.
    pub fn field(&self, column: &Column) -> Result<String, Fault> {
        let mut histogram = Histogram::of(&column.ty);
        let known = self.each(&[column.name.as_str()].into(), &mut |_, row| {
            histogram.add(&row.value(&column.name));
            Ok(())
        })?;
        Ok(if known { histogram.text() } else { "  not built yet\n".into() })
    }

    /// The rows with the least hashes of their ids.
    fn sample(&self, most: usize) -> Result<BTreeSet<At>, Fault> {
        let mut least: BTreeSet<(u64, At)> = BTreeSet::new();
        self.each(&["id"].into(), &mut |at, row| {
            let id = row.value("id").key_text().unwrap_or_else(|| format!("{}:{}", at.0, at.1));
            least.insert((cut_hash(id.as_bytes()), at));
            if least.len() > most {
                least.pop_last();
            }
            Ok(())
        })?;
        Ok(least.into_iter().map(|(_, at)| at).collect())
    }

    fn all(&self) -> BTreeSet<&str> {
        self.snapshot.columns.iter().map(|c| c.name.as_str()).collect()
    }

    /// Hands over the rows that the filter lets through, with these columns; `false` where they are not known.
    fn each(
        &self,
        columns: &BTreeSet<&str>,
        tell: &mut dyn FnMut(At, &One) -> Result<(), Fault>,
    ) -> Result<bool, Fault> {
        let since = since(self.s.steps, &self.snapshot.table);
        for n in 0..self.snapshot.parts.len() {
            let known = self.part((n, 0), columns, &since, &mut |at, row| tell(at, row).map(|()| true))?;
            if !known {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The same of one partition from a row on, until `tell` says `false`. `since`: the step that first wrote each column.
    pub fn part(
        &self,
        (n, from): At,
        columns: &BTreeSet<&str>,
        since: &BTreeMap<String, usize>,
        tell: &mut dyn FnMut(At, &One) -> Result<bool, Fault>,
    ) -> Result<bool, Fault> {
        let Some(part) = self.snapshot.parts.get(n) else { return Ok(false) };
        let Some(living) = &part.living else { return Ok(false) };
        let asked = self.snapshot.columns.iter().filter(|c| self.asks(c)).map(|c| c.name.as_str());
        let needed: BTreeSet<&str> = columns.iter().copied().chain(asked).collect();
        let mut arrays: BTreeMap<&str, ArrayRef> = BTreeMap::new();
        for name in &needed {
            match part.columns.get(*name) {
                Some(Some(digest)) => drop(arrays.insert(name, self.s.array(*digest)?)),
                Some(None) => return Ok(false),
                None => {}
            }
        }
        let said = self.said(n, part)?;
        let all = self.left || self.filter.asks_status();
        for row in (from..living.rows()).filter(|r| all || living.is(*r)) {
            let lives = living.is(row);
            let one = One { columns: &self.snapshot.columns, arrays: &arrays, row, said: &said, since, lives };
            if self.filter.holds(&one) && !tell((n, row), &one)? {
                break;
            }
        }
        Ok(true)
    }

    /// Whether the filter looks at a column.
    fn asks(&self, c: &Column) -> bool {
        self.filter.0.iter().any(|term| match &term.about {
            About::Text | About::Chars => c.ty == DataType::Utf8,
            About::Class => c.name.starts_with("label."),
            About::Column(name) => c.name == *name,
            About::Finding | About::Step | About::Status => false,
        })
    }

    /// What steps up to this one said of the rows of a partition, where the filter asks.
    fn said(&self, n: usize, part: &Partition) -> Result<Said, Fault> {
        let mut out = Said::default();
        let asked = |about: &About| matches!(about, About::Finding | About::Step | About::Status);
        if !self.filter.0.iter().any(|term| asked(&term.about)) {
            return Ok(out);
        }
        for (i, (step, run)) in self.s.steps.iter().zip(&self.built.runs).enumerate().take(self.step + 1) {
            // most steps have the partitions of a table in the same places
            let same = run.parts.get(n).filter(|own| own.uid == part.uid);
            let Some(own) = same.or_else(|| run.part(&part.uid)) else { continue };
            out.dead.extend(own.dead.iter().map(|(row, bin)| (*row, (*bin, i))));
            // changes are most of what steps say, and no term asks for them: a kernel that told of nothing else is not read
            let speaks = own.outcomes.iter().any(|o| o.2.counts.findings > 0 || o.2.counts.drops > 0);
            if !speaks || !self.filter.asks_what_said(&step.name) {
                continue;
            }
            for e in ledger::events(self.s, own)?.into_iter().filter(|e| e.act != Act::Change) {
                out.events.entry(e.row).or_default().push((e.rule, step.name.clone()));
            }
        }
        Ok(out)
    }
}

/// A row by its partition and its place there.
pub type At = (usize, u32);

#[derive(Default)]
struct Said {
    /// How a row left, and at which step.
    dead: BTreeMap<u32, (Bin, usize)>,
    /// Rule and step.
    events: BTreeMap<u32, Vec<(String, String)>>,
}

/// A row that is looked at.
pub struct One<'o> {
    columns: &'o [Column],
    arrays: &'o BTreeMap<&'o str, ArrayRef>,
    row: u32,
    said: &'o Said,
    since: &'o BTreeMap<String, usize>,
    lives: bool,
}

impl One<'_> {
    /// Whether the row had left when the column was first written.
    fn left_before(&self, column: &str) -> bool {
        let left = self.said.dead.get(&self.row).map(|d| d.1);
        left.zip(self.since.get(column)).is_some_and(|(left, since)| *since > left)
    }
}

impl Row for One<'_> {
    /// Nothing of columns that were first written when the row had left already.
    fn value(&self, column: &str) -> Value {
        if self.left_before(column) {
            return Value::Null;
        }
        self.arrays.get(column).map_or(Value::Null, |array| {
            let array: &dyn Array = array.as_ref();
            value_at(array, self.row as usize)
        })
    }

    fn tests(&self, column: &str, test: &dyn Fn(&str) -> bool) -> bool {
        let text = self.arrays.get(column).and_then(|array| text_at(array.as_ref(), self.row as usize));
        !self.left_before(column) && text.is_some_and(test)
    }

    fn columns(&self) -> &[Column] {
        self.columns
    }

    fn status(&self) -> &'static str {
        match self.said.dead.get(&self.row) {
            Some((bin, _)) => ledger::bin_name(*bin),
            None if self.lives => "living",
            None => "dropped",
        }
    }

    fn said(&self) -> &[(String, String)] {
        self.said.events.get(&self.row).map_or(&[], Vec::as_slice)
    }
}
