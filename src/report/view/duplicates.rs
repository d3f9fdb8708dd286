//! What is the same: samples that left in favour of others, as clusters around the one that stayed.
use super::seen::Seen;
use crate::digest::cut_hash;
use crate::engine::ledger;
use crate::engine::state::PartRun;
use crate::stage::{Act, Fact, Fault};
use crate::table::{texts, value_at};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Clusters that are shown with what they hold, and members of each.
const SHOWN: usize = 10;
const MEMBERS: usize = 8;
/// Characters of a text that is shown.
const CHARS: usize = 300;

/// What one step found.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Duplicates {
    pub step: String,
    pub line: usize,
    pub facts: BTreeMap<String, Fact>,
    /// Samples that left.
    pub left: u64,
    /// How many clusters have so many members, the one that stayed counted.
    pub sizes: BTreeMap<u64, u64>,
    /// Pairs of sources (of the one that left, of the one that stayed), and how many samples left so.
    pub sources: BTreeMap<String, u64>,
    /// The largest ones.
    pub clusters: Vec<Cluster>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Cluster {
    /// Nothing where ids may not be shown.
    pub kept: Option<String>,
    pub size: u64,
    /// The text of the one that stayed, where it may be shown.
    pub text: Option<String>,
    pub members: Vec<Member>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Member {
    pub id: Option<String>,
    pub source: Option<String>,
    pub text: Option<String>,
    /// What the step said.
    pub say: String,
}

/// A sample that left: (partition of the run, row).
type At = (usize, u32);

pub fn of(seen: &Seen) -> Result<Vec<Duplicates>, Fault> {
    let mut out = Vec::new();
    let of_samples =
        |i: &usize| seen.s.steps.get(*i).is_some_and(|s| s.plan.ports.table == "samples" && s.plan.ports.drops);
    for i in (0..seen.s.steps.len()).filter(of_samples) {
        let (Some(step), Some(run)) = (seen.s.steps.get(i), seen.built.runs.get(i)) else { continue };
        let mut clusters: BTreeMap<String, Vec<(At, String)>> = BTreeMap::new();
        for (k, part) in run.parts.iter().enumerate().filter(|(_, p)| !p.dead.is_empty()) {
            let mut met = BTreeSet::new();
            for e in ledger::events(seen.s, part)? {
                let kept = match e.act {
                    Act::Drop { kept: Some(id) } | Act::Merge(id) => id,
                    _ => continue,
                };
                if met.insert(e.row) {
                    clusters.entry(kept).or_default().push(((k, e.row), e.say));
                }
            }
        }
        if clusters.is_empty() {
            continue;
        }
        let mut own = Duplicates {
            step: step.name.clone(),
            line: seen.line(&step.path),
            facts: run.facts.clone(),
            left: clusters.values().map(|c| c.len() as u64).sum(),
            ..Duplicates::default()
        };
        clusters.values().for_each(|c| *own.sizes.entry(c.len() as u64 + 1).or_default() += 1);
        let stayed = Stayed::find(seen, clusters.keys().map(String::as_str).collect())?;
        for (kept, members) in &clusters {
            for ((k, row), _) in members {
                let of = run.parts.get(*k).map(|p| text(seen, p, "source", *row)).transpose()?.flatten();
                let names = [of, stayed.source(kept)].map(|s| s.unwrap_or("-".into()));
                *own.sources.entry(names.join(" → ")).or_default() += 1;
            }
        }
        let mut order: Vec<&String> = clusters.keys().collect();
        let members = |id: &String| clusters.get(id).map_or(0, Vec::len);
        order.sort_by_key(|id| (std::cmp::Reverse(members(id)), cut_hash(id.as_bytes()), (*id).clone()));
        for kept in order.into_iter().take(SHOWN) {
            let members = clusters.get(kept).map(Vec::as_slice).unwrap_or_default();
            own.clusters.push(cluster(seen, (i, &run.parts), kept, members, &stayed)?);
        }
        out.push(own);
    }
    Ok(out)
}

fn cluster(
    seen: &Seen,
    (step, parts): (usize, &[PartRun]),
    kept: &str,
    of: &[(At, String)],
    stayed: &Stayed,
) -> Result<Cluster, Fault> {
    // what stands here is what the step read: personal data may have been in it that later steps masked
    let unseen = crate::report::show::raw_columns(seen.project, "samples", step);
    let id = |id: &str| (!seen.ids_hidden).then(|| id.to_string());
    let mut out = Cluster {
        kept: id(kept),
        size: of.len() as u64 + 1,
        text: stayed.of.get(kept).and_then(|s| s.1.clone()),
        members: Vec::new(),
    };
    for ((k, row), say) in of.iter().take(MEMBERS) {
        let Some(part) = parts.get(*k) else { continue };
        let own = text(seen, part, "id", *row)?;
        let source = text(seen, part, "source", *row)?;
        let content = shown(seen, source.as_deref()).filter(|name| !unseen.contains(name));
        let content = content.map(|name| text(seen, part, &name, *row)).transpose()?.flatten();
        let say = if seen.ids_hidden { String::new() } else { say.clone() };
        out.members.push(Member { id: own.as_deref().and_then(id), source, text: content.map(cut), say });
    }
    Ok(out)
}

/// The text that tells a sample, where it may be shown.
fn shown(seen: &Seen, source: Option<&str>) -> Option<String> {
    if source.is_some_and(|s| seen.withheld.contains_key(s)) {
        return None;
    }
    let text = |c: &&crate::report::show::Column| c.ty == crate::table::DataType::Utf8 && !c.hidden;
    let named = |c: &&crate::report::show::Column| !matches!(c.name.as_str(), "id" | "source" | "split");
    let first = seen.column("text").into_iter().chain(seen.plain()).filter(named).find(text);
    first.map(|c| c.name.clone())
}

fn cut(text: String) -> String {
    match text.char_indices().nth(CHARS) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text,
    }
}

/// A text of a row as it stands behind the last step: what the step itself read may not have been masked yet.
fn text(seen: &Seen, part: &PartRun, name: &str, row: u32) -> Result<Option<String>, Fault> {
    let Some(now) = seen.samples.parts.iter().find(|p| p.uid == part.uid) else { return Ok(None) };
    let Some(array) = seen.array(now, name)? else { return Ok(None) };
    Ok(value_at(array.as_ref(), row as usize).text().map(str::to_string))
}

/// Source and text of the samples that stayed.
struct Stayed {
    of: BTreeMap<String, (Option<String>, Option<String>)>,
}

impl Stayed {
    fn find(seen: &Seen, wanted: BTreeSet<&str>) -> Result<Stayed, Fault> {
        let mut of = BTreeMap::new();
        let find = |_: usize, part: &crate::engine::state::Partition| {
            let mut own = Vec::new();
            let Some(ids) = seen.array(part, "id")? else { return Ok(own) };
            for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
                let Some(id) = id.filter(|id| wanted.contains(id)) else { continue };
                let at = |name: &str| -> Result<Option<String>, Fault> {
                    let array = seen.array(part, name)?;
                    Ok(array.and_then(|a| value_at(a.as_ref(), row).text().map(str::to_string)))
                };
                let source = at("source")?;
                let content = match shown(seen, source.as_deref()) {
                    Some(name) => at(&name)?.map(cut),
                    None => None,
                };
                own.push((id.to_string(), (source, content)));
            }
            Ok(own)
        };
        seen.each(find, |own| of.extend(own))?;
        Ok(Stayed { of })
    }

    fn source(&self, id: &str) -> Option<String> {
        self.of.get(id).and_then(|s| s.0.clone())
    }
}
