//! `release/allowed`: what people decided about conflicts between licences stands in the ledger, with how many samples each
//! decision is about. Stands there where `[dataset] allow` names one that some release rests on.
use super::conflicts::{Allowed, concerned};
use super::declaration::Declaration;
use super::terms::{LICENSE, dataset};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::{read, sources};
use crate::model::license::{self, Rule};
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Decisions>("release/allowed", "release", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let allow = dataset(check).allow;
    if allow.is_empty() {
        return Vec::new();
    }
    let (mut met, mut about): (Vec<Allowed>, BTreeMap<String, BTreeSet<String>>) = Default::default();
    for (_, _, table) in check.manifest.instances(&["release"]) {
        let Ok(d) = read::<Declaration>(table) else { return Vec::new() }; // told where it stands
        let columns = super::columns::columns(check, d.columns.as_ref(), &[], None);
        for (allowed, licenses) in concerned(check, d.licenses.as_deref(), &columns) {
            about.entry(decision(&allowed)).or_default().extend(licenses);
            met.push(allowed);
        }
    }
    let named: Vec<String> = check.manifest.instances(&["collect"]).into_iter().map(|(name, ..)| name).collect();
    for one in &allow {
        if Rule::named(&one.rule).is_none() {
            let known = Rule::ALL.map(Rule::name);
            let message = format!("`{}` is no rule about licences", one.rule.get());
            check.bad(Diagnostic::error("T0444", one.rule.span(), message).label(suggest(&one.rule, known)));
        } else if !named.contains(one.source.get()) {
            let message = format!("there is no source `{}`", one.source.get());
            let known = suggest(&one.source, named.iter().map(String::as_str));
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
    let terms = sources::terms(check.manifest);
    let about = met.iter().map(|a| {
        let some = about.remove(&decision(a)).unwrap_or_default();
        let own = terms.iter().find(|t| t.name == a.source).and_then(|t| t.allowed.clone());
        let keeps = own.map(|all| all.into_iter().filter(|l| !some.contains(l)).collect());
        (decision(a), About { source: a.source.clone(), keeps })
    });
    let map = Concerned { about: about.collect() };
    let mut reads = names(&["source"]);
    reads.extend(map.about.values().any(|a| a.keeps.is_some()).then(|| LICENSE.to_string()));
    let ports = Ports { table: "samples".into(), reads, ..Ports::default() };
    vec![Plan::row::<Decisions>(ports, &map, &Met { decisions: met }, &Nothing {}).word("allowed")]
}

/// What a decision is called: its source and its rule.
fn decision(a: &Allowed) -> String {
    format!("{}\t{}", a.source, a.rule)
}

#[derive(Serialize, Deserialize, Default)]
struct Concerned {
    /// By decision.
    #[serde(default, skip_serializing_if = "is_default")]
    about: BTreeMap<String, About>,
}

/// The samples that a decision is about.
#[derive(Serialize, Deserialize, Default, PartialEq)]
struct About {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    /// Where samples have licences of their own, those that break nothing: samples under them are not meant.
    #[serde(default, skip_serializing_if = "is_default")]
    keeps: Option<Vec<String>>,
}

#[derive(Serialize, Deserialize, Default)]
struct Met {
    #[serde(default, skip_serializing_if = "is_default")]
    decisions: Vec<Allowed>,
}

struct Decisions;

impl RowStage for Decisions {
    const MAP: u32 = 2; // 2: samples by their own licences
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    type Map = Concerned;
    type Gather = Met;
    type Apply = Nothing;

    fn map(p: &Concerned, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let sources = rows.texts("source")?;
        let by_sample = p.about.values().any(|a| a.keeps.is_some());
        let licenses = if by_sample { rows.texts(LICENSE)? } else { Vec::new() };
        for (row, source) in sources.iter().enumerate() {
            let own = licenses.get(row).and_then(Option::as_deref);
            let keeps = |a: &About| a.keeps.as_ref().is_some_and(|k| own.is_some_and(|own| license::is_among(own, k)));
            for (decision, about) in &p.about {
                if source.as_ref() == Some(&about.source) && !keeps(about) {
                    summary.put(decision, row, "");
                }
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
            let n = samples.get(&decision(one)).copied().unwrap_or(0);
            let word = if n == 1 { "sample" } else { "samples" };
            let say = format!("allowed for {n} {word} of {}: {}", one.source, one.reason);
            out.remark("dataset.allow", &one.rule, say);
        }
        out.fact("allowed", p.decisions.len() as u64);
        Ok(())
    }
}
