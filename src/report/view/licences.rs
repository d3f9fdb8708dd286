//! May it be used? Sources with their licences, samples and bytes, and whether the release keeps what they demand.
use super::seen::{Seen, collected};
use crate::engine::state::Partition;
use crate::model::license::{self, Rule};
use crate::report::terminal;
use crate::stage::Fault;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Source {
    pub source: String,
    pub line: usize,
    pub license: Option<String>,
    pub evidence: Option<String>,
    pub attribution: Option<String>,
    /// Samples that live.
    pub samples: u64,
    /// Files and bytes that were collected.
    pub files: u64,
    pub bytes: u64,
    /// The rule about licences that a release in changed form would break, such as `license.share-alike`; what people
    /// decided about (`[dataset] allow`) is not among these.
    pub breaks: Option<&'static str>,
    /// Why samples of it are not shown.
    pub withheld: Option<&'static str>,
}

pub fn of(seen: &Seen) -> Result<Vec<Source>, Fault> {
    let mut samples: BTreeMap<String, u64> = BTreeMap::new();
    let count = |_: usize, part: &Partition| {
        let mut own: BTreeMap<String, u64> = BTreeMap::new();
        for name in seen.living_texts(part, "source", "")? {
            match own.get_mut(&name) {
                Some(n) => *n += 1,
                None => _ = own.insert(name, 1),
            }
        }
        Ok(own)
    };
    seen.each(count, |own| own.into_iter().for_each(|(name, n)| *samples.entry(name).or_default() += n))?;
    let dataset = terminal::dataset(seen.project);
    let released = dataset.license.map(|l| l.get().clone());
    let mut out = Vec::new();
    for (name, span, _) in seen.project.manifest.instances(&["collect"]) {
        let mut own = Source {
            line: seen.project.manifest.line(span.start),
            license: collected(seen.project, &name, "license"),
            evidence: collected(seen.project, &name, "evidence"),
            attribution: collected(seen.project, &name, "attribution"),
            samples: samples.get(&name).copied().unwrap_or(0),
            withheld: seen.withheld.get(&name).copied(),
            ..Source::default()
        };
        let allowed = dataset.allow.iter().filter(|one| *one.source.get() == name);
        let allowed: Vec<Rule> = allowed.filter_map(|one| Rule::named(&one.rule)).collect();
        own.breaks = own.license.as_deref().zip(released.as_deref()).and_then(|(own, of)| breaks(own, of, &allowed));
        let step = format!("collect.{name}");
        for (s, run) in seen.s.steps.iter().zip(&seen.built.runs).filter(|(s, _)| s.path == step) {
            let _ = s;
            if let Some(scan) = &run.scanned {
                own.files += scan.files;
                own.bytes += scan.bytes;
            }
        }
        own.source = name;
        out.push(own);
    }
    Ok(out)
}

fn breaks(own: &str, of: &str, allowed: &[Rule]) -> Option<&'static str> {
    license::broken(own, of, true, allowed).map(|(_, rule)| rule.name())
}
