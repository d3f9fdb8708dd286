//! How a release was made, step by step, so that a build of the same sources that comes to something else can say where it
//! first did: what each step is, what it was given and what it gave, as digests.
use super::{Key, Pin, short};
use crate::engine::Step;
use crate::engine::graph::Graph;
use crate::engine::record::{PartRecord, heads, part_record};
use crate::engine::session::Session;
use crate::engine::state::{Built, StepRun};
use std::collections::BTreeMap;

/// The steps that a release is made by.
#[derive(Default, Clone, Debug, PartialEq)]
pub struct Made {
    /// Names of the steps, each behind those that it reads.
    pub order: Vec<String>,
    /// The versions of each step's kernels.
    pub kernels: BTreeMap<String, String>,
    /// Digests of what each step is, what it was given and what it gave.
    pub steps: BTreeMap<String, String>,
}

/// The steps of a build that `[release.NAME]` needs.
pub fn made(s: &Session, built: &Built, name: &str, key: &Key) -> Made {
    let own = s.steps.iter().enumerate().filter(|(_, step)| step.plan.folder.as_deref() == Some(name));
    let needed = Graph::new(s.steps).needed(own.map(|(i, _)| i));
    let mut out = Made::default();
    for (_, (step, run)) in s.steps.iter().zip(&built.runs).enumerate().filter(|(i, _)| needed.contains(i)) {
        out.order.push(step.name.clone());
        out.kernels.insert(step.name.clone(), kernels(step));
        if !matches!(key, Key::None) {
            out.steps.insert(step.name.clone(), digests(step, run, key));
        }
    }
    out
}

/// `map 4, gather 2; unicode 17`: the versions of a step's kernels, and of what they use.
fn kernels(step: &Step) -> String {
    let (mut parts, mut uses) = (Vec::new(), Vec::new());
    for head in heads(step) {
        let said = |word: &str| head.lines().filter_map(|l| l.strip_prefix(word)).map(String::from).collect::<Vec<_>>();
        parts.push(format!("{} {}", said("part ").concat(), said("version ").concat()));
        uses.extend(said("uses ").into_iter().filter(|token| !uses.contains(token)).collect::<Vec<_>>());
    }
    let uses = if uses.is_empty() { String::new() } else { format!("; {}", uses.join(", ")) };
    format!("{}{uses}", parts.join(", "))
}

/// `IS GIVEN GAVE`, 12 hex digits each.
fn digests(step: &Step, run: &StepRun, key: &Key) -> String {
    let parts: Vec<PartRecord> = run.parts.iter().map(|part| part_record(step, part)).collect();
    let given: Vec<_> = parts.iter().map(|part| (&part.reads, part.living)).collect();
    let written: Vec<_> = parts.iter().map(|part| &part.writes).collect();
    let outcomes = run.parts.iter().flat_map(|part| &part.outcomes);
    let told: Vec<_> = outcomes.map(|(_, _, outcome)| (&outcome.acts, outcome.events, outcome.summary)).collect();
    let files: Vec<_> = run.files.iter().map(|file| (&file.path, &file.sums)).collect();
    let of = |value: serde_json::Result<Vec<u8>>| format!("{:012x}", short(key, &value.unwrap_or_default()) >> 16);
    let (is, given) = (of(serde_json::to_vec(&heads(step))), of(serde_json::to_vec(&given)));
    format!("{is} {given} {}", of(serde_json::to_vec(&(written, told, files, &run.facts))))
}

/// Where a build first came to something else than the release that it should be.
#[derive(Debug, PartialEq)]
pub struct First {
    pub step: String,
    /// Why, in words.
    pub why: String,
}

/// The first step of a build that differs from what a pin says of it; `None` where none does, or the pin says nothing.
pub fn first(pin: &Pin, now: &Made) -> Option<First> {
    if pin.steps.is_empty() {
        return None;
    }
    let of = |step: &String, why: String| Some(First { step: step.clone(), why });
    for step in &now.order {
        let (Some(was), Some(is)) = (pin.steps.get(step), now.steps.get(step)) else {
            return of(step, "it did not stand among the steps of the release".into());
        };
        let differs: Vec<bool> = was.split(' ').zip(is.split(' ')).map(|(was, is)| was != is).collect();
        match differs.as_slice() {
            [true, ..] if pin.kernels.get(step) != now.kernels.get(step) => {
                let say = |of: &BTreeMap<String, String>| of.get(step).cloned().unwrap_or_default();
                let versions = format!("its kernels were {}, and are {}", say(&pin.kernels), say(&now.kernels));
                return of(step, format!("{versions}: this tamis is another one"));
            }
            [true, ..] => return of(step, "it is declared in another way".into()),
            [_, true, ..] => return of(step, "it was given something else".into()),
            [_, _, true] => return of(step, "it gave something else from the same".into()),
            _ => {}
        }
    }
    let gone = pin.steps.keys().find(|step| !now.steps.contains_key(*step))?;
    of(gone, "the build has no such step".into())
}
