//! `[sample.NAME]`: some of the samples, chosen by a declared rule.
//!
//! ```toml
//! [sample.small]
//! of = ["train"]
//! size = 500
//! balance = "label.ner"
//! [release.small]
//! of = "sample.small"
//! formats = ["jsonl"]
//! ```
//!
//! Each sample has a number drawn for (seed, id); within a stratum those with the least numbers are chosen, so that one more
//! sample moves at most a few, and a greater `size` keeps what a smaller one had wherever its stratum has room. Strata are the
//! classes of `balance` (a sample is one of its rarest class, of equally rare ones the first by name), the values of `stratify`
//! or of `mix`, or all samples. How many each gets is settled over the whole ([`crate::measure::quotas`]).
//!
//! Reads `id`, and the columns that are named; writes the inner column `sample.NAME` (whether a sample is chosen) and with
//! `weight` the column `weight.NAME`. Facts: `samples` (chosen), `of` (out of so many), `capped` (left out by `cap`),
//! `without` (left out since they have no value to balance or to mix by), `unreleased` (they have no value in a column that a release
//! of the sample demands, such as a label, and so are neither chosen nor counted in `of`), and with `balance` or `weight` `imbalance.before` and `imbalance.after`: how often the most
//! frequent class stands for each time that the rarest does. Findings about the whole: `sample.short`, values of `mix` that have
//! fewer samples than their share; `sample.unmet`, weights whose value no sample has.
mod choose;
mod declaration;

use crate::measure::names::composed;
use crate::model::votes::{each_class, stratum_of};
use crate::model::weights;
use crate::stage::*;
use crate::table::{Array, ArrayRef, DataType, Value, texts, value_at};
use choose::{Known, Way};
use declaration::{Declaration, Short, declared, millionths};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

pub const ENTRY: Entry =
    Entry::row::<Sample>("sample", "sample.*", declare).schema(|g| g.subschema_for::<Declaration>());

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = declared(check) else { return Vec::new() };
    let weights = d.weight.is_some().then(|| weights::column(&check.path));
    let by = d.balance.as_ref().or(d.stratify.as_ref()).or(d.mix.as_ref().map(|mix| &mix.get().by));
    let map = Map {
        splits: d.of.iter().flatten().map(|split| split.get().clone()).collect(),
        by: by.map(|column| column.get().clone()).unwrap_or_default(),
        each: d.balance.is_some(),
        cap: d.cap.as_ref().map(|cap| cap.get().by.get().clone()).unwrap_or_default(),
        weight: d.weight.as_ref().map(|column| column.get().clone()).unwrap_or_default(),
        drawn: d.weighted.as_ref().map(|column| column.get().clone()).unwrap_or_default(),
        marker: check.path.clone(),
        weights: weights.clone().unwrap_or_default(),
        demanded: declaration::demanded(check),
    };
    let mut reads = names(&["id"]);
    reads.extend(map.demanded.iter().cloned());
    reads.extend((!map.splits.is_empty()).then(|| "split".to_string()));
    reads.extend([&map.by, &map.cap, &map.weight, &map.drawn].into_iter().filter(|column| !column.is_empty()).cloned());
    reads.sort();
    reads.dedup();
    let mut writes = vec![(map.marker.clone(), Column::new(DataType::Boolean).inner())];
    writes.extend(weights.iter().map(|name| (name.clone(), Column::new(DataType::Float64).harmless())));
    let ports = Ports { table: "samples".into(), reads, writes, ..Ports::default() };
    let gates =
        d.size.as_ref().filter(|_| d.short.as_ref().is_none_or(|short| *short.get() == Short::Fail)).map(|size| {
            Gate::at_least(
                format!("{}.size", check.path),
                format!("{}.samples", check.path),
                (*size.get()).into(),
                size.span(),
            )
            .say(format!(
                "there are fewer samples than {} is to have; `short = \"keep\"` takes what is there",
                check.path
            ))
            .look(format!("tamis show {}", check.path))
        });
    let apply = Apply { marker: map.marker.clone(), weights: map.weights.clone() };
    vec![Plan { gates: gates.into_iter().collect(), ..Plan::row::<Sample>(ports, &map, &gathered(check, &d), &apply) }]
}

fn gathered(check: &Check, d: &Declaration) -> choose::Gather {
    let way = match (&d.balance, &d.stratify, d.mix.as_ref().map(|mix| mix.get())) {
        (Some(_), ..) => Way::Equal,
        (_, Some(_), _) => Way::Proportional,
        (.., Some(mix)) => match mix.alpha.as_ref().and_then(|alpha| millionths(alpha.get())) {
            Some(alpha) => Way::Power(alpha),
            None => Way::Declared(
                mix.weights.iter().map(|(n, w)| (composed(n).into_owned(), millionths(w.get()).unwrap_or(0))).collect(),
            ),
        },
        _ => Way::Whole,
    };
    choose::Gather {
        seed: d.seed,
        path: check.path.clone(),
        private: check.manifest.table(&["privacy"]).is_some(),
        size: d.size.as_ref().map(|size| *size.get()),
        share: d.share.as_ref().and_then(|share| millionths(share.get())),
        way,
        cap: d.cap.as_ref().map_or(0, |cap| cap.get().max),
        weighted: d.weight.is_some(),
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The splits of which samples are chosen; all if none is named.
    #[serde(default, skip_serializing_if = "is_default")]
    splits: Vec<String>,
    /// The column whose values are strata.
    #[serde(default, skip_serializing_if = "is_default")]
    by: String,
    /// Each class of that column is a stratum, not each set of them.
    #[serde(default, skip_serializing_if = "is_default")]
    each: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    cap: String,
    /// The column by whose classes samples are weighed.
    #[serde(default, skip_serializing_if = "is_default")]
    weight: String,
    /// The column by whose numbers samples are drawn.
    #[serde(default, skip_serializing_if = "is_default")]
    drawn: String,
    /// The columns that are written.
    #[serde(default, skip_serializing_if = "is_default")]
    marker: String,
    #[serde(default, skip_serializing_if = "is_default")]
    weights: String,
    /// Columns in which a sample must have a value to be in the releases of what is chosen.
    #[serde(default, skip_serializing_if = "is_default")]
    demanded: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    marker: String,
    #[serde(default, skip_serializing_if = "is_default")]
    weights: String,
}

struct Sample;

impl RowStage for Sample {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = crate::measure::names::USES;
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather)); // 2: samples that no release would hold
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = choose::Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let column = |name: &String| (!name.is_empty()).then(|| rows.column(name)).transpose();
        let (by, cap, weight) = (column(&p.by)?, column(&p.cap)?, column(&p.weight)?);
        let drawn = column(&p.drawn)?;
        let splits = if p.splits.is_empty() { None } else { Some(rows.texts("split")?) };
        let ids = rows.column("id")?;
        let demanded = p.demanded.iter().map(|name| rows.column(name)).collect::<Result<Vec<_>, _>>()?;
        let value = |c: &Option<ArrayRef>, row: usize| c.as_ref().map(|c| value_at(c.as_ref(), row));
        for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
            let split = splits.as_ref().and_then(|of| of.get(row)).cloned().flatten();
            if splits.is_some() && split.is_none_or(|split| !p.splits.contains(&split)) {
                continue;
            }
            if demanded.iter().any(|column| column.is_null(row)) {
                summary.put(id.unwrap_or_default(), row, Known { unreleased: true, ..Known::default() }.bytes());
                continue;
            }
            let known = Known {
                unreleased: false,
                strata: value(&by, row).and_then(|value| strata(p.each, &value)),
                group: value(&cap, row).and_then(|value| value.key_text()).map(|group| composed(&group).into_owned()),
                drawn: value(&drawn, row).map(|value| number(&value)),
                classes: value(&weight, row).map(|value| stratum_of(&value)).unwrap_or_default(),
            };
            summary.put(id.unwrap_or_default(), row, known.bytes());
        }
        let mut delta = Delta::default();
        delta.write(p.marker.clone(), Arc::new(arrow_array::BooleanArray::from(vec![false; rows.len()])));
        if !p.weights.is_empty() {
            delta.write(p.weights.clone(), weights_of(vec![None; rows.len()]));
        }
        Ok(delta)
    }
}

/// The strata that a value names: each of its classes, with what is empty as one of its own, or the whole of it; `None` where
/// nothing is known.
fn strata(each: bool, value: &Value) -> Option<Vec<String>> {
    if *value == Value::Null {
        return None;
    }
    let mut classes = Vec::new();
    if each {
        each_class(value, &mut |class| classes.push(class.to_string()));
        classes.sort();
        classes.dedup();
    }
    let classes = if classes.is_empty() { stratum_of(value) } else { classes };
    let mut names: Vec<String> = classes.iter().map(|class| composed(class).into_owned()).collect();
    if !each {
        names = vec![names.join("\0")];
    }
    Some(if names.is_empty() { vec![String::new()] } else { names })
}

/// A number that samples are drawn by; 0 where there is none.
fn number(value: &Value) -> f64 {
    match value {
        Value::Int(n) => *n as f64,
        Value::Float(n) if n.is_finite() => *n,
        _ => 0.0,
    }
}

fn weights_of(weights: Vec<Option<f64>>) -> ArrayRef {
    Arc::new(arrow_array::Float64Array::from(weights))
}

impl Sample {
    fn gather(p: &choose::Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        choose::choose(p, hits, context, out)
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let (mut chosen, mut weights) = (vec![false; rows.len()], vec![None; rows.len()]);
        for (row, said) in &slice.rows {
            let row = *row as usize;
            chosen.get_mut(row).iter_mut().for_each(|slot| **slot = true);
            let weight = said.first_chunk::<8>().map(|bytes| f64::from_le_bytes(*bytes));
            weights.get_mut(row).iter_mut().for_each(|slot| **slot = weight);
        }
        let mut delta = Delta::default();
        delta.write(p.marker.clone(), Arc::new(arrow_array::BooleanArray::from(chosen)));
        if !p.weights.is_empty() {
            delta.write(p.weights.clone(), weights_of(weights));
        }
        Ok(delta)
    }
}
