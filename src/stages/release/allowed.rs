//! `release/allowed`: what people decided about conflicts between licences stands in the ledger, with how many samples each
//! decision is about. Stands there where `[dataset] allow` names one that some release rests on.
use super::conflicts::{Allowed, allowed};
use super::declaration::Declaration;
use super::terms::dataset;
use crate::diag::{Diagnostic, suggest};
use crate::manifest::read;
use crate::model::license::Rule;
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Decisions>("release/allowed", "release", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let allow = dataset(check).allow;
    if allow.is_empty() {
        return Vec::new();
    }
    let mut met: Vec<Allowed> = Vec::new();
    for (_, _, table) in check.manifest.instances(&["release"]) {
        let Ok(d) = read::<Declaration>(table) else { return Vec::new() }; // told where it stands
        let columns = super::columns::columns(check, d.columns.as_ref());
        met.extend(allowed(check, d.licenses.as_deref(), &columns));
    }
    let sources: Vec<String> = check.manifest.instances(&["collect"]).into_iter().map(|(name, ..)| name).collect();
    for one in &allow {
        if Rule::named(&one.rule).is_none() {
            let known = Rule::ALL.map(Rule::name);
            let message = format!("`{}` is no rule about licences", one.rule.get());
            check.bad(Diagnostic::error("T0444", one.rule.span(), message).label(suggest(&one.rule, known)));
        } else if !sources.contains(one.source.get()) {
            let message = format!("there is no source `{}`", one.source.get());
            let known = suggest(&one.source, sources.iter().map(String::as_str));
            check.bad(Diagnostic::error("T0444", one.source.span(), message).label(known));
        } else if !met.iter().any(|m| m.rule == *one.rule.get() && m.source == *one.source.get()) {
            let message = format!("no release breaks `{}` of {}", one.rule.get(), one.source.get());
            let problem =
                Diagnostic::warning("T0445", one.rule.span(), message).label("this decision meets no conflict");
            check.bad(problem.help("take it out, so that a conflict that comes later is told"));
        }
    }
    met.sort_by(|a, b| (&a.source, &a.rule).cmp(&(&b.source, &b.rule)));
    met.dedup();
    if met.is_empty() {
        return Vec::new();
    }
    let ports = Ports { table: "samples".into(), reads: names(&["source"]), ..Ports::default() };
    let map = Sources { names: met.iter().map(|a| a.source.clone()).collect() };
    vec![Plan::row::<Decisions>(ports, &map, &Met { decisions: met }, &Nothing {}).word("allowed")]
}

#[derive(Serialize, Deserialize, Default)]
struct Sources {
    #[serde(default, skip_serializing_if = "is_default")]
    names: std::collections::BTreeSet<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Met {
    #[serde(default, skip_serializing_if = "is_default")]
    decisions: Vec<Allowed>,
}

struct Decisions;

impl RowStage for Decisions {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Sources;
    type Gather = Met;
    type Apply = Nothing;

    fn map(p: &Sources, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (row, source) in rows.texts("source")?.into_iter().enumerate() {
            if let Some(source) = source.filter(|s| p.names.contains(s)) {
                summary.put(source, row, "");
            }
        }
        Ok(Delta::default())
    }
}

impl Decisions {
    fn gather(p: &Met, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut samples: BTreeMap<String, u64> = BTreeMap::new();
        for hit in hits.iter() {
            *samples.entry(String::from_utf8_lossy(&hit.key).into_owned()).or_default() += 1;
        }
        for one in &p.decisions {
            let n = samples.get(&one.source).copied().unwrap_or(0);
            let word = if n == 1 { "sample" } else { "samples" };
            let say = format!("allowed for {n} {word} of {}: {}", one.source, one.reason);
            out.remark("dataset.allow", &one.rule, say);
        }
        out.fact("allowed", p.decisions.len() as u64);
        Ok(())
    }
}
