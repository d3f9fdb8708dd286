//! The record of this checkout's last build: recipes, kept small, so that `why` and the end of a build can tell what
//! changed. A cache: no recipe reads it, and without it everything is only told as new.
use super::recipe;
use super::session::Session;
use super::state::{Built, PartRun};
use super::step::Step;
use crate::digest::Digest;
use crate::stage::Kernel;
use crate::table::Living;
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

const PATH: &str = ".tamis/last.json";
/// The fingerprint of that build's walk.
pub const WALK: &str = ".tamis/last";

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Counts the builds that changed something.
    pub number: u64,
    pub steps: BTreeMap<String, StepRecord>,
    pub releases: BTreeMap<String, ReleaseRecord>,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct StepRecord {
    /// The head of each kernel.
    pub heads: Vec<String>,
    pub parts: Vec<PartRecord>,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartRecord {
    /// Digests of what the step was given, `id` among them.
    pub reads: BTreeMap<String, Digest>,
    /// Digests of what it wrote.
    pub writes: BTreeMap<String, Digest>,
    pub living: Digest,
    /// Which rows were samples ([`Living::bits`]); empty where all were.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub bits: String,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct ReleaseRecord {
    pub content_root: String,
    pub files_root: String,
    pub samples: u64,
}

impl Record {
    pub fn load(world: &World) -> Option<Record> {
        serde_json::from_slice(&world.read_own(PATH, 1 << 30).ok()?).ok()
    }

    /// Whether the record is of a walk that came to the same; quick, since most builds change nothing.
    pub fn is_of(world: &World, walk: Digest) -> bool {
        world.read_own(WALK, 64).is_ok_and(|b| b == walk.hex().as_bytes())
    }

    pub fn save(&self, world: &World, walk: Digest) -> io::Result<()> {
        let bytes = serde_json::to_vec(self)?;
        world.replace_with(PATH, false, |w| w.write_all(&bytes))?;
        world.replace_with(WALK, false, |w| w.write_all(walk.hex().as_bytes()))
    }

    /// What a walk came to, as a record.
    pub fn of(s: &Session, built: &Built) -> Record {
        let mut out = Record::default();
        for (step, run) in s.steps.iter().zip(&built.runs).filter(|(_, r)| !r.skipped) {
            let heads = heads(step);
            let parts = run.parts.iter().map(|p| part_record(step, p)).collect();
            out.steps.insert(step.name.clone(), StepRecord { heads, parts });
            if let (Some(name), Some((content, files))) = (&step.plan.folder, run.roots) {
                let samples = match run.facts.get("samples") {
                    Some(crate::stage::Fact::Int(n)) => *n as u64,
                    _ => 0,
                };
                let record = ReleaseRecord { content_root: content.hex(), files_root: files.hex(), samples };
                out.releases.insert(name.clone(), record);
            }
        }
        out
    }
}

/// The heads of the kernels that a step has.
pub fn heads(step: &Step) -> Vec<String> {
    let has = |p: &Kernel| step.entry.card.version(*p) > 0;
    Kernel::ALL.into_iter().filter(has).map(|p| recipe::head(step, p)).collect()
}

pub fn part_record(step: &Step, p: &PartRun) -> PartRecord {
    let mut reads: BTreeMap<String, Digest> = p.reads.iter().filter_map(|(n, d)| Some((n.clone(), (*d)?))).collect();
    if let Some(Some(id)) = p.before.columns.get("id") {
        reads.insert("id".into(), *id);
    }
    let mut writes = BTreeMap::new();
    let born = step.plan.ports.into.is_some();
    for (_, _, o) in &p.outcomes {
        let of = if born { o.born.as_ref().map(|b| b.columns.as_slice()).unwrap_or_default() } else { &o.columns };
        writes.extend(of.iter().cloned());
    }
    let living = p.before.living.as_ref().map(|l| l.digest()).unwrap_or_default();
    let bits = p.before.living.as_ref().map(Living::bits).unwrap_or_default();
    PartRecord { reads, writes, living, bits }
}
