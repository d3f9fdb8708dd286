//! `release.NAME/select`: which samples belong to a release; and `release.NAME/rows`: those, regrouped by split.
//! Finding: `sample.left_out`, a sample that `of` chose and that the release leaves out.
use super::declaration::{declared, rows_table};
use crate::model::license;
use crate::model::synthetic::BY;
use crate::stage::*;
use crate::table::cutting::Window;
use crate::table::{DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Select>("release/select", "release.*", declare_select)
    .schema(|g| g.subschema_for::<super::declaration::Declaration>());

pub const ROWS: Entry = Entry::regroup("release/rows", "release.*", declare_rows);

fn declare_select(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let labels: Vec<String> = r.columns.iter().filter(|c| c.starts_with("label.")).cloned().collect();
    let left_out = r.left_out.clone();
    let image = (r.names_images() && check.column("samples", "image").is_some()).then(|| "image".to_string());
    let mut needed: Vec<String> = labels.into_iter().chain(image).chain(r.required.clone()).collect();
    let mut seen = BTreeSet::new();
    needed.retain(|column| seen.insert(column.clone()));
    let mut reads = needed.clone();
    reads.extend(r.chosen.clone());
    reads.extend((!left_out.is_empty() || !r.sorted.is_empty()).then(|| "source".to_string()));
    let made = check.column("samples", BY).is_some();
    reads.extend((made && !needed.iter().any(|n| n == BY)).then(|| BY.to_string()));
    let own = (!r.sorted.is_empty()).then(|| "license".to_string());
    reads.extend(own.filter(|own| !needed.contains(own) && check.column("samples", own).is_some()));
    let marker = check.path.clone();
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: vec![(marker.clone(), Column::new(DataType::Boolean).inner())],
        ..Ports::default()
    };
    let chosen = r.chosen.clone().unwrap_or_default();
    let (children, sorted, licenses) = (r.children.clone(), r.sorted.clone(), r.licenses.clone());
    let choice = Choice { marker, labels: needed, left_out, chosen, sorted, licenses, made, children };
    vec![Plan::map::<Select>(ports, &choice).word("select")]
}

fn declare_rows(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let by_split = Regroup {
        table: "samples".into(),
        by: check.column("samples", "split").is_some().then(|| "split".into()),
        only: Some(check.path.clone()),
        // by the columns alone: other formats of the same columns are the same content
        window: Window::released(r.columns.iter().any(|c| c == "image")).0,
        weighed: r.given(&check.path, &r.columns),
    };
    let ports = Ports { table: rows_table(check), reads: r.given(&check.path, &r.all()), ..Ports::default() };
    let (least, span) = match &r.min_samples {
        Some(least) => (*least.get(), least.span()),
        None => (1, check.span.clone()),
    };
    let path = &check.path;
    let gate = Gate::at_least(format!("{path}.min_samples"), format!("{path}/rows.samples"), least.into(), span)
        .say(format!("{path} would hold too few samples"))
        .look(format!("tamis show {path}"));
    vec![Plan { gates: vec![gate], ..Plan::regroup(ports, by_split).word("rows") }]
}

#[derive(Serialize, Deserialize, Default)]
struct Choice {
    #[serde(default, skip_serializing_if = "is_default")]
    marker: String,
    /// Columns that a sample must have to belong to the release: its labels, its image where images are released,
    /// and those that the release demands.
    #[serde(default, skip_serializing_if = "is_default")]
    labels: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    left_out: Vec<String>,
    /// The column that says whether a sample was chosen.
    #[serde(default, skip_serializing_if = "is_default")]
    chosen: String,
    /// Sources whose samples are taken by their own licences.
    #[serde(default, skip_serializing_if = "is_default")]
    sorted: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    licenses: Vec<String>,
    /// Some samples may have been made, and are left out but for those that these made.
    #[serde(default, skip_serializing_if = "is_default")]
    made: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    children: Vec<String>,
}

struct Select;

impl RowStage for Select {
    const MAP: u32 = 2; // 2: what was chosen and is left out is told
    type Map = Choice;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Choice, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut within = vec![true; rows.len()];
        for label in &p.labels {
            let labels = rows.column(label)?;
            for (row, own) in within.iter_mut().enumerate() {
                *own &= !arrow_array::Array::is_null(&labels, row);
            }
        }
        if !p.left_out.is_empty() {
            for (own, source) in within.iter_mut().zip(rows.texts("source")?) {
                *own &= !source.is_some_and(|s| p.left_out.contains(&s));
            }
        }
        if p.made {
            for (own, by) in within.iter_mut().zip(rows.texts(BY)?) {
                *own &= by.is_none_or(|by| p.children.contains(&by));
            }
        }
        if !p.sorted.is_empty() {
            let (sources, own) = (rows.texts("source")?, rows.texts("license")?);
            for (within, (source, license)) in within.iter_mut().zip(sources.into_iter().zip(own)) {
                let sorted = source.is_some_and(|s| p.sorted.contains(&s));
                *within &= !sorted || license.is_some_and(|l| license::is_among(&l, &p.licenses));
            }
        }
        let mut delta = Delta::default();
        if !p.chosen.is_empty() {
            let chosen = rows.column(&p.chosen)?;
            for (row, own) in within.iter_mut().enumerate() {
                let is_chosen = value_at(chosen.as_ref(), row) == Value::Bool(true);
                if is_chosen && !*own {
                    let say = format!(
                        "{} chose it, and the release leaves it out: by its licence, or for want of a value",
                        p.chosen
                    );
                    delta.event(row, Act::Finding, format!("{}.of", p.marker), "sample.left_out", say);
                }
                *own &= is_chosen;
            }
        }
        delta.write(p.marker.clone(), Arc::new(arrow_array::BooleanArray::from(within)));
        Ok(delta)
    }
}
