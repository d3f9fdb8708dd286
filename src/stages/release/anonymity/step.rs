//! `release.NAME/anonymity`: which rows of a release are suppressed, and what stands in the columns of its quasi-identifiers.
//!
//! `map` tells of each row of the release its quasi-identifiers, its sensitive values and whom it tells of. `gather` makes tuples
//! of them, searches the best generalisation, and measures what is left: another k, l, t or limit reads no row again. `apply`
//! writes the generalised columns, `RELEASE.COLUMN`, and leaves out the suppressed rows; then `generalised` puts those columns
//! in the place of the collected ones, in the table of the release alone.
//!
//! Facts: `k`, `classes`, `rows`, `largest_class`, `unique`, `suppressed`, `suppressed_share`, `loss`, `discernibility`, `levels` (a
//! table), `unknown.COLUMN` (rows whose value the hierarchy does not have), `risk.prosecutor`, `risk.marketer`, `risk.above`,
//! `risk.journalist`, and of each sensitive column `COLUMN.distinct`, `.entropy` (effective values), `.t`, `.alpha`, `.recursive`
//! (what c must be greater than), `.not_recursive` (classes), `.beta`, `.delta`, `.minority`. The worst class decides each.
//! All are measured on what is released.
use super::declared::{Asked, Method, column_of};
use super::facts;
use super::params::{Gather, Measured};
use super::recode::{Recoded, recoded};
use super::tuples::{self, Key};
use super::ways::{WayOf, Word};
use crate::digest::Digest;
use crate::measure::anonymity::Way;
use crate::stage::*;
use crate::stages::release::declaration::{declared, rows_table};
use crate::table::{ArrayRef, DataType, Value, array_of, utf8, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Anonymise>("release/anonymity", "release.*", declare);
pub const GENERALISED: Entry = Entry::row::<Generalised>("release/generalised", "release.*", declare_generalised);

/// The rule of rows that are left out of a release though they stay samples.
pub const SUPPRESSED: &str = "anonymity.suppressed";

#[derive(Serialize, Deserialize, Default)]
pub struct Map {
    /// The column that says whether a sample is in the release.
    #[serde(default, skip_serializing_if = "is_default")]
    marker: String,
    #[serde(default, skip_serializing_if = "is_default")]
    parts: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    unit: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    quasi: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    sensitive: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
pub struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    marker: String,
    #[serde(default, skip_serializing_if = "is_default")]
    key: String,
    /// Columns that are generalised, and how.
    #[serde(default, skip_serializing_if = "is_default")]
    quasi: Vec<(String, WayOf)>,
    #[serde(default, skip_serializing_if = "is_default")]
    local: bool,
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let r = declared(check);
    let Some(d) = r.as_ref().and_then(|r| r.anonymity.as_ref()) else { return Vec::new() };
    let a = &d.anonymity;
    let (marker, key) = (check.path.clone(), format!("{}.anonymity", check.path));
    let quasi: Vec<(String, WayOf)> = d.quasi.iter().map(|(name, way, _)| (name.clone(), way.clone())).collect();
    let map = Map {
        marker: marker.clone(),
        parts: *a.per_split.get(),
        unit: a.unit.as_ref().map(|u| u.get().clone()),
        quasi: quasi.iter().map(|q| q.0.clone()).collect(),
        sensitive: a.sensitive.keys().cloned().collect(),
    };
    let measured = |(name, asked): (&String, &crate::manifest::values::At<Asked>)| {
        Measured::of(name, asked.get(), d.trees.get(name))
    };
    let gather = Gather {
        quasi: quasi.clone(),
        sensitive: a.sensitive.iter().map(measured).collect(),
        parts: map.parts,
        unit: map.unit.clone(),
        k: *a.k.get(),
        suppressed: a.suppression_max.as_ref().map(|s| *s.get()).unwrap_or_default(),
        objective: a.objective.as_ref().map(|o| *o.get()).unwrap_or_default(),
        method: *a.method.get(),
        threshold: a.risk.threshold.as_ref().map(|t| *t.get()),
        population: d.population.clone(),
        key: key.clone(),
    };
    let written: Vec<(String, WayOf)> = quasi.into_iter().filter(|q| q.1.word != Some(Word::Keep)).collect();
    let mut reads = vec![marker.clone()];
    reads.extend(map.quasi.iter().chain(&map.sensitive).chain(&map.unit).cloned());
    reads.extend(map.parts.then(|| "split".to_string()));
    reads.sort();
    reads.dedup();
    let mut apply_reads = vec![marker.clone()];
    apply_reads.extend(written.iter().map(|w| w.0.clone()));
    let mut writes = vec![(marker.clone(), Column::new(DataType::Boolean).inner())];
    writes.extend(written.iter().map(|w| (column_of(&check.path, &w.0), Column::new(utf8()).inner())));
    let ports = Ports { table: "samples".into(), reads, apply_reads, writes, ..Ports::default() };
    let apply = Apply { marker, key, quasi: written, local: *a.method.get() == Method::Mondrian };
    let gates = facts::gates(check, d);
    vec![Plan {
        gates,
        files: d.files.clone(),
        ..Plan::row::<Anonymise>(ports, &map, &gather, &apply).word("anonymity")
    }]
}

struct Anonymise;

impl RowStage for Anonymise {
    const USES: &'static [&'static str] = &["libm 0.2"];
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// Key: what is known of a row, as JSON. Value: a digest of whom it tells of, where people are counted.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let columns = |of: &[String]| of.iter().map(|c| rows.column(c)).collect::<Result<Vec<ArrayRef>, Fault>>();
        let (quasi, sensitive) = (columns(&p.quasi)?, columns(&p.sensitive)?);
        let unit = p.unit.as_ref().map(|unit| rows.column(unit)).transpose()?;
        let split = if p.parts { Some(rows.column("split")?) } else { None };
        let text = |column: &ArrayRef, row| value_at(column.as_ref(), row).key_text();
        for row in within(rows, &p.marker)? {
            let of = |columns: &[ArrayRef]| columns.iter().map(|c| text(c, row)).collect::<Vec<_>>();
            let key: Key = (split.as_ref().and_then(|s| text(s, row)), of(&quasi), of(&sensitive));
            let key = serde_json::to_vec(&key).map_err(|e| Fault::Bug(e.to_string()))?;
            let person = unit.as_ref().and_then(|unit| text(unit, row)).map(|person| Digest::of(person.as_bytes()).0);
            summary.put(key, row, person.as_ref().map(|p| p.as_slice()).unwrap_or_default());
        }
        Ok(Delta::default())
    }
}

/// The rows that are in the release.
fn within(rows: &Rows, marker: &str) -> Result<Vec<usize>, Fault> {
    let marked = rows.column(marker)?;
    Ok((0..rows.len()).filter(|row| value_at(marked.as_ref(), *row) == Value::Bool(true)).collect())
}

impl Anonymise {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let rows = tuples::read(p, hits, context.tools)?;
        let made = recoded(p, &rows, context.tools)?;
        facts::told(p, &rows, &made, context.tools, out)?;
        if made.failed {
            return Ok(()); // a gate fails, and nothing is released
        }
        let (mut before, mut distinct): (Vec<u8>, usize) = (Vec::new(), 0);
        for hit in hits.iter() {
            if distinct == 0 || before != *hit.key {
                distinct += 1;
                before = hit.key.to_vec();
            }
            let leaves = rows.leaves.get(distinct.saturating_sub(1)).map(Vec::as_slice).unwrap_or_default();
            match made.of(leaves) {
                None => out.put(hit.at, []),
                Some(class) if p.method == Method::Mondrian => out.put_json(hit.at, &made.texts(class))?,
                Some(_) => {}
            }
        }
        if let Recoded { levels: Some(levels), .. } = &made {
            out.conclude(serde_json::to_vec(levels).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let marked: BTreeSet<usize> = within(rows, &p.marker)?.into_iter().collect();
        let mut delta = Delta::default();
        let suppressed = |row: usize| slice.rows.get(&(row as u32)).is_some_and(Vec::is_empty);
        let stays: Vec<bool> = (0..rows.len()).map(|row| marked.contains(&row) && !suppressed(row)).collect();
        for row in marked.iter().filter(|row| suppressed(**row)) {
            let say = "suppressed: too few rows of the release look like it, or its class tells too much";
            delta.event(*row, Act::Change, p.key.clone(), SUPPRESSED, say);
        }
        for (n, (name, way)) in p.quasi.iter().enumerate() {
            let column = rows.column(name)?;
            let texts: Vec<Option<String>> = if p.local {
                let said = |row: usize| slice.rows.get(&(row as u32)).filter(|_| stays.get(row) == Some(&true));
                let cell = |row| said(row).map(|said| local(said, n)).transpose().map(Option::flatten);
                (0..rows.len()).map(cell).collect::<Result<_, Fault>>()?
            } else {
                let levels: Vec<(String, usize)> =
                    serde_json::from_slice(&slice.all).map_err(|e| Fault::Bug(e.to_string()))?;
                let level = levels.iter().find(|l| l.0 == *name).map_or(0, |l| l.1);
                // level 0 needs no hierarchy
                let way = if level == 0 { Way::Keep } else { way.way(rows.tools())? };
                let text = |row: usize| {
                    let own = value_at(column.as_ref(), row).key_text();
                    if stays.get(row) == Some(&true) { way.at(own.as_deref(), level) } else { None }
                };
                (0..rows.len()).map(text).collect()
            };
            delta.write(column_of(&p.marker, name), array_of(texts));
        }
        delta.write(p.marker.clone(), Arc::new(arrow_array::BooleanArray::from(stays)));
        Ok(delta)
    }
}

/// What stands in a generalised column of a row.
fn local(said: &[u8], n: usize) -> Result<Option<String>, Fault> {
    let texts: Vec<Option<String>> = serde_json::from_slice(said).map_err(|e| Fault::Bug(e.to_string()))?;
    Ok(texts.into_iter().nth(n).flatten())
}

fn declare_generalised(check: &mut Check) -> Vec<Plan> {
    let r = declared(check);
    let Some(d) = r.as_ref().and_then(|r| r.anonymity.as_ref()) else { return Vec::new() };
    let of: Vec<(String, String)> = d.generalised().map(|c| (column_of(&check.path, c), c.clone())).collect();
    if of.is_empty() {
        return Vec::new();
    }
    let reads = of.iter().map(|c| c.0.clone()).collect();
    let writes = writes(of.iter().map(|c| (c.1.clone(), utf8())));
    let ports = Ports { table: rows_table(check), reads, writes, ..Ports::default() };
    vec![Plan::map::<Generalised>(ports, &Named { of }).word("generalised")]
}

#[derive(Serialize, Deserialize, Default)]
struct Named {
    /// A column of the rows, and what it is called in the release.
    #[serde(default, skip_serializing_if = "is_default")]
    of: Vec<(String, String)>,
}

struct Generalised;

impl RowStage for Generalised {
    const MAP: u32 = 1;
    type Map = Named;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Named, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for (from, to) in &p.of {
            delta.write(to.clone(), rows.column(from)?);
        }
        Ok(delta)
    }
}
