//! `split-certificate.json`: what a release certifies of its splits.
use super::description::Description;
use super::json;
use super::told::scanned;
use crate::digest::Hasher;
use crate::model::certificate::{Certificate, Class, Counts, deviation};
use crate::stage::Fact;
use crate::stages::release::columns::released_name;
use std::collections::BTreeMap;

pub fn certificate(of: &Description) -> Vec<u8> {
    let p = of.card;
    let mut classes: BTreeMap<String, BTreeMap<String, Class>> = BTreeMap::new();
    for label in &p.labels {
        let column = format!("label.{}", label.task);
        let left_out = p.withheld.splits_without(&column);
        let own = classes.entry(released_name(&column)).or_default();
        let known = of.told.counted.iter().filter(|(split, _)| !left_out.contains(split));
        for (split, counts) in known {
            for (class, n) in counts.label(&column).samples {
                own.entry(class).or_default().count.insert(split.clone(), n);
            }
        }
        for class in own.values_mut() {
            class.deviation = deviation(&class.count, &p.certified.ratios, &left_out);
        }
    }
    classes.retain(|_, of| !of.is_empty());
    let samples: Counts = of.told.counts.clone();
    let leaks = p.leaks.iter().map(|name| {
        let fact = of.fact(name).map_or_else(|| "-".to_string(), Fact::to_string);
        (name.trim_start_matches("leakage.").to_string(), fact)
    });
    let made = Certificate {
        dataset: p.dataset.clone(),
        release: p.release.clone(),
        version: p.version.clone(),
        content_root: of.told.content_root.clone(),
        sources: sources(of),
        deviation: deviation(&samples, &p.certified.ratios, &[]),
        split: p.certified.clone(),
        samples,
        classes,
        leakage: leaks.collect(),
    };
    serde_json::to_value(&made).map(|value| json(&value)).unwrap_or_default()
}

/// A digest of what was read of all sources. Of a benchmark it would tell who guesses the answers that the guess is right.
fn sources(of: &Description) -> String {
    if !of.card.withheld.is_empty() {
        return "-".into();
    }
    let mut all = Hasher::derive("tamis certified sources 1");
    for source in &of.card.sources {
        let read = match of.fact(&scanned(&source.name)) {
            Some(Fact::Table { rows, .. }) => rows.iter().map(|row| row.join(" ")).collect::<Vec<String>>().join("\n"),
            _ => String::new(),
        };
        all.update(format!("{}\0{read}\0", source.name).as_bytes());
    }
    all.finish().hex()
}
