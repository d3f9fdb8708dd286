//! A whole step: all pieces at once, files and perhaps a table.
use super::turn::{Turn, digest_of_fact};
use crate::digest::Digest;
use crate::engine::recipe;
use crate::engine::state::{Mode, Partition, StepRun, Table, Tables};
use crate::engine::tasks::{GivenRows, Producer, RunTask, Whole};
use crate::engine::told::Event;
use crate::stage::{Chunk, Content, Fact, Fault, Kernel, OutFile, Output};
use crate::table::{DataType, Living};
use std::collections::BTreeMap;
use std::sync::Arc;

impl Turn<'_, '_> {
    pub(super) fn whole(&self, tables: &mut Tables, run: &mut StepRun) -> Result<(), Fault> {
        let ports = &self.step.plan.ports;
        if let Some(into) = ports.into.as_ref().filter(|into| tables.contains_key(*into)) {
            return Err(Fault::Bug(format!("{}: gives rows of `{into}`, which is there already", self.step.name)));
        }
        let done = self.whole_over(tables, run)?;
        if let Some(into) = &ports.into {
            let mut table = Table::default();
            table.types.insert("id".into(), DataType::Utf8);
            self.declare(&mut table);
            table.parts = match done {
                Some(rows) => rows.iter().enumerate().map(|(k, rows)| given(into, k, rows)).collect(),
                None => vec![Partition::unknown(self.step.name.clone())],
            };
            tables.insert(into.clone(), table);
        }
        Ok(())
    }

    /// The partitions of the table that the stage gave; `None` if they are not known.
    fn whole_over(&self, tables: &Tables, run: &mut StepRun) -> Result<Option<Vec<GivenRows>>, Fault> {
        let ports = &self.step.plan.ports;
        let empty = Table::default();
        let table = tables.get(&ports.table).unwrap_or(&empty);
        let mut pieces = Vec::new();
        for part in &table.parts {
            let born = part.origin.as_ref().is_some_and(|o| o.same_table);
            if born || matches!(part.living, Some(Living::Some(_))) {
                let step = &self.step.name;
                return Err(Fault::Bug(format!("{step}: reads a table with dead or born rows; regroup it first")));
            }
            let reads: Option<Vec<(String, Digest)>> =
                self.reads(table, part, &ports.reads).into_iter().map(|(n, d)| Some((n, d?))).collect();
            let (Some(reads), Some(rows)) = (reads, part.rows) else {
                run.may = true;
                return Ok(None);
            };
            pieces.push((part.group.clone().unwrap_or_default(), rows, reads));
        }
        let Some(facts) = self.facts.clone() else {
            run.may = true;
            return Ok(None);
        };
        let task = Arc::new(RunTask { step: self.i, pieces, facts });
        let names = task.pieces.iter().flat_map(|p| {
            [Digest::of(format!("{} {}", p.0, p.1).as_bytes())].into_iter().chain(p.2.iter().map(|r| r.1))
        });
        let names = names.chain(task.facts.iter().map(digest_of_fact));
        let key = recipe::key(&recipe::head(self.step, Kernel::Run), names);
        let kept = match self.s.known::<Kept>(key) {
            Some(kept) => kept,
            None => {
                run.runs += 1;
                if self.mode != Mode::Build {
                    return Ok(None);
                }
                (self.sink)(Event::Running { step: self.step.name.clone(), tasks: 1 });
                let kept = Kept::of(self.s.execute_run(&task)?);
                self.s.remember(key, &kept, self.step.tells_raw());
                kept
            }
        };
        let files = kept.files.iter().flat_map(|f| stored(&f.content));
        for digest in files.chain(kept.table.iter().flat_map(|rows| rows.columns.iter().map(|c| c.1))) {
            self.s.know(digest, || Producer::Run(task.clone()));
        }
        run.roots = kept.content_root.zip(kept.files_root);
        run.files = kept.files;
        run.facts.extend(kept.facts);
        Ok(Some(kept.table))
    }
}

/// A partition of rows that a whole stage gave.
fn given(into: &str, k: usize, rows: &GivenRows) -> Partition {
    Partition {
        uid: format!("{into}:{k}"),
        rows: Some(rows.rows),
        columns: rows.columns.iter().map(|(name, digest)| (name.clone(), Some(*digest))).collect(),
        living: Some(Living::All(rows.rows)),
        ..Partition::default()
    }
}

/// The objects that a whole stage's file is made of, and that it alone makes.
fn stored(content: &Content) -> Vec<Digest> {
    match content {
        Content::Stored(d, _) => vec![*d],
        Content::Joined(chunks) => {
            chunks.iter().filter_map(|c| if let Chunk::Stored(d, _) = c { Some(*d) } else { None }).collect()
        }
        Content::Bytes(_) | Content::Blob(..) => Vec::new(),
    }
}

/// A whole stage's output in the index.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    files: Vec<OutFile>,
    facts: BTreeMap<String, Fact>,
    content_root: Option<Digest>,
    files_root: Option<Digest>,
    /// The object with the keys of its files' sums, found as those of an outcome's samples are.
    #[serde(default, rename = "samples")]
    sums: Option<Digest>,
    /// Partitions of the table that it gave.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    table: Vec<GivenRows>,
}

impl Kept {
    fn of(whole: Whole) -> Kept {
        let Output { files, facts, content_root, files_root, .. } = whole.output;
        Kept { files, facts, content_root, files_root, sums: Some(whole.sums), table: whole.table }
    }
}
