//! `[clean.near_duplicates]` behind the labels: near duplicates that stay and have different classes.
//!
//! Where near duplicates are not dropped, the inner column `clean.near_duplicates` names the cluster of each. This step reads it with
//! the labels of all tasks of one or of several classes a sample: of the members of a cluster with different classes each is a finding
//! (`label.conflict`) that names one of the others. Facts: `conflicts` (clusters with several classes in a task), `members` (the samples in
//! them that have a label).
use super::CLUSTER;
use crate::stage::*;
use crate::table::{Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Stage>("clean/near_duplicates/labels", "clean.near_duplicates", declare);

/// Kinds whose answers are about the whole sample and can be the same or not.
const KINDS: [&str; 2] = ["classification", "classes"];

fn declare(check: &mut Check) -> Vec<Plan> {
    let is_class =
        |c: &(&str, &Column)| matches!(&c.1.role, Role::Label { kind, .. } if KINDS.contains(&kind.as_str()));
    let labels: Vec<String> = check.columns_of("samples").filter(is_class).map(|c| c.0.to_string()).collect();
    if labels.is_empty() || check.column("samples", CLUSTER).is_none() {
        return Vec::new();
    }
    let reads = [vec!["id".to_string(), CLUSTER.to_string()], labels.clone()].concat();
    let ports = Ports { table: "samples".into(), reads, ..Ports::default() };
    vec![Plan::row::<Stage>(ports, &Map { labels }, &Nothing {}, &Nothing {}).word("labels")]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    labels: Vec<String>,
}

/// A member of a cluster: its id and its class in a task.
#[derive(Serialize, Deserialize)]
struct Member {
    id: String,
    class: String,
}

/// What is said of a member: its task, its class, and another member with its class.
#[derive(Serialize, Deserialize)]
struct Conflict {
    task: String,
    class: String,
    other: Member,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    /// The members of a cluster that have a label in a task are under one key.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (ids, clusters) = (rows.texts("id")?, rows.texts(CLUSTER)?);
        for label in &p.labels {
            let classes = rows.column(label)?;
            for (row, (id, cluster)) in ids.iter().zip(&clusters).enumerate() {
                let class = match value_at(classes.as_ref(), row) {
                    Value::Text(class) => class,
                    Value::List(classes) => classes.iter().filter_map(Value::key_text).collect::<Vec<_>>().join("`, `"),
                    _ => continue,
                };
                let (Some(id), Some(cluster)) = (id, cluster) else { continue };
                let member = Member { id: id.clone(), class };
                let value = serde_json::to_vec(&member).map_err(|e| Fault::Bug(e.to_string()))?;
                summary.put(format!("{label}\0{cluster}"), row, value);
            }
        }
        Ok(Delta::default())
    }
}

impl Stage {
    /// Only the cluster at hand is in memory, and the members of those with several classes.
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut conflicts, mut members) = (0u64, 0u64);
        let mut told: BTreeMap<Spot, Vec<Conflict>> = BTreeMap::new();
        let (mut key, mut cluster) = (Vec::new(), Vec::new());
        let mut settle = |key: &[u8], cluster: &[(Spot, Member)]| {
            let task = String::from_utf8_lossy(key.split(|b| *b == 0).next().unwrap_or_default()).into_owned();
            for (at, Member { class, .. }) in cluster {
                let Some((_, other)) = cluster.iter().find(|(_, m)| m.class != *class) else { return };
                members += 1;
                let other = Member { id: other.id.clone(), class: other.class.clone() };
                told.entry(*at).or_default().push(Conflict { task: task.clone(), class: class.clone(), other });
            }
            conflicts += u64::from(!cluster.is_empty());
        };
        for hit in hits.iter() {
            if hit.key[..] != key[..] {
                settle(&key, &std::mem::take(&mut cluster));
                key = hit.key.to_vec();
            }
            let member = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            cluster.push((hit.at, member));
        }
        settle(&key, &cluster);
        out.fact("conflicts", conflicts);
        out.fact("members", members);
        told.iter().try_for_each(|(at, conflicts)| out.put_json(*at, conflicts))
    }

    fn apply(_: &Nothing, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Vec<Conflict>>() {
            let (row, conflicts) = decided?;
            for Conflict { task, class, other } in conflicts {
                let say =
                    format!("{task} is `{class}`, and `{}` of {}, which is nearly the same", other.class, other.id);
                delta.event(row, Act::Finding, "clean.near_duplicates", "label.conflict", say);
            }
        }
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing::{Bytes, gathered, rows, texts_of};

    #[test]
    fn members_of_a_cluster_with_another_class_are_told() {
        let (tools, mut summary) = (Bytes::default(), Summary::default());
        let columns = [
            ("id", texts_of(&[Some("a"), Some("b"), Some("c"), Some("d"), Some("e"), Some("f")])),
            (CLUSTER, texts_of(&[Some("a"), Some("a"), Some("a"), None, Some("e"), Some("e")])),
            ("label.x", texts_of(&[Some("long"), Some("short"), None, Some("short"), Some("long"), Some("long")])),
        ];
        Stage::map(&Map { labels: vec!["label.x".into()] }, &rows(&tools, &columns), &mut summary).unwrap();
        let out = gathered::<Stage>(&Nothing {}, &summary);
        let fact = |name: &str| out.facts.get(name).unwrap().to_string();
        assert_eq!(["conflicts", "members"].map(fact), ["1", "2"]);
        let delta = Stage::apply(&Nothing {}, &rows(&tools, &[]), &out.slice(0)).unwrap();
        let said: Vec<(u32, &str)> = delta.events.iter().map(|e| (e.row, e.say.as_str())).collect();
        let expected = [
            (0, "label.x is `long`, and `short` of b, which is nearly the same"),
            (1, "label.x is `short`, and `long` of a, which is nearly the same"),
        ];
        assert_eq!(said, expected);
    }
}
