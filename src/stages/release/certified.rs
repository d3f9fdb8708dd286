//! What the certificate of a release says of how its splits were made, and which facts of `[leakage]` it tells.
use super::columns::released_name;
use super::declaration::Release;
use super::withheld::measures;
use crate::manifest::splits::Splits;
use crate::model::certificate::{Made, NAME as CERTIFICATE};
use crate::stage::{Check, Gate};

fn wanted(r: &Release) -> bool {
    r.documents.iter().any(|d| d == CERTIFICATE)
}

/// How the splits were made, as `[split]` declares it; nothing where it is not certified.
pub fn made(check: &Check, r: &Release) -> Made {
    let Some(d) = Splits::of(check.manifest).filter(|_| wanted(r)) else { return Made::default() };
    let names = |of: &[String]| of.iter().map(|name| released_name(name)).collect();
    Made {
        ratios: d.ratios.iter().map(|(split, ratio)| (split.clone(), ratio.to_string())).collect(),
        method: if d.balanced { "balanced" } else { "ranked" }.into(),
        seed: d.seed,
        salted: d.salted,
        stratify: names(&d.stratify),
        group: names(&d.group),
        given: d.given,
        lists: d.lists,
        time: d.time,
        kept: d.kept,
        hidden: r.withheld.told(&r.columns),
    }
}

/// The facts that gates of `[leakage]` stand on, but for those that tell of hidden columns.
pub fn leaks(check: &Check, r: &Release) -> Vec<String> {
    // those of an anonymous release are of samples that it does not hold, too
    let told = wanted(r) && r.anonymity.is_none();
    let told = |gate: &&Gate| told && gate.fact.starts_with("leakage.") && !measures(check, gate);
    let own = check.gates.iter().filter(told);
    let mut out: Vec<String> = own.map(|gate| gate.fact.clone()).collect();
    out.sort();
    out.dedup();
    out
}
