//! `[clean.exact_duplicates]`: samples whose content is the same, byte for byte after preprocessing.
//!
//! ```toml
//! [clean]
//! exact_duplicates = "drop"                # or { action = "drop", keep = "longest", on = ["text"] }
//! ```
//!
//! Reads the columns of `on` (default: all texts, images and lists of `[schema]`). Drops all but one of each group of
//! equal samples; a null is a value of its own, but samples with nothing but nulls are no
//! duplicates unless `nulls = "equal"` says so. Where those that go were collected with another class than the one that stays, it is a
//! finding on this one (`label.conflict`, `collected.rs`). Facts: `duplicates`, `conflicts`. Limits: `keep = "longest"` measures the bytes of all texts together.
use super::collected::{self, Collected, Conflict};
use crate::diag::Diagnostic;
use crate::digest;
use crate::manifest::sections::SchemaSection;
use crate::manifest::values::{At, Short, TextOr};
use crate::stage::*;
use crate::table::{feed, texts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Drops or reports samples whose content was seen before.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What happens to all but one of equal samples.
    pub action: Action,
    /// Which one stays.
    #[serde(default)]
    pub keep: Keep,
    /// The columns that are compared. Default: all fields of `[schema]` that are texts, images or lists.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub on: Option<Vec<At<String>>>,
    /// Whether samples are the same that have a value in none of the compared columns: `differ` or `equal`. Default `differ`.
    #[serde(default)]
    pub nulls: Nulls,
}

/// Samples without a value in any of the compared columns.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Nulls {
    /// Nothing is known of them, so nobody can say that they are the same.
    #[default]
    Differ,
    /// They are the same.
    Equal,
}

impl Short for Declaration {
    type Text = Action;
    fn from_text(action: Action) -> Self {
        Declaration { action, keep: Keep::First, on: None, nulls: Nulls::Differ }
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They leave the data set; the ledger names the sample that stayed.
    #[default]
    Drop,
    /// They wait for a person's decision.
    Review,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The first in table order.
    #[default]
    First,
    /// The last in table order.
    Last,
    /// The longest; the first of equals.
    Longest,
}

pub const ENTRY: Entry = Entry::row::<Stage>("clean/exact_duplicates", "clean.exact_duplicates", declare)
    .schema(|g| g.subschema_for::<TextOr<Declaration>>());

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(TextOr(d)) = check.read::<TextOr<Declaration>>() else { return Vec::new() };
    let mut on = Vec::new();
    match &d.on {
        Some(names) => names.iter().for_each(|n| on.extend(check.known(n).map(|_| n.get().clone()))),
        None => on = defaults(check),
    }
    if on.is_empty() && check.problems.is_empty() {
        let span = check.span.clone();
        check.bad(
            Diagnostic::error("T0320", span, "there is no column to compare")
                .label("needs `on`, or a text or image field in [schema]"),
        );
    }
    let collected = collected::columns(check);
    let own: BTreeSet<String> = collected.iter().map(|c| c.column.clone()).filter(|c| !on.contains(c)).collect();
    let tasks = collected::tasks(&collected);
    let beside: Vec<String> = own.iter().cloned().collect();
    vec![Plan::row::<Stage>(
        Ports {
            table: "samples".into(),
            reads: names(&[vec!["id".into()], on, own.into_iter().collect()].concat()),
            drops: true,
            ..Ports::default()
        },
        &Map { nulls: d.nulls, collected, beside },
        &Gather { keep: d.keep, tasks },
        &Apply { action: d.action },
    )]
}

fn defaults(check: &Check) -> Vec<String> {
    let fields: SchemaSection = check.section(&["schema"]);
    let content =
        fields.0.into_iter().filter(|(_, f)| f.text.is_some() || f.image.is_some() || f.list.is_some()).map(|(n, _)| n);
    content.filter(|n| check.column("samples", n).is_some()).collect()
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    nulls: Nulls,
    /// The columns whose classes are compared.
    #[serde(default, skip_serializing_if = "is_default")]
    collected: Vec<Collected>,
    /// Those of them that are no content.
    #[serde(default, skip_serializing_if = "is_default")]
    beside: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    keep: Keep,
    /// The tasks whose classes are compared.
    #[serde(default, skip_serializing_if = "is_default")]
    tasks: Vec<String>,
}

/// What is decided of a sample: which one stays instead of it, or which classes those had that go in its favour.
#[derive(Serialize, Deserialize, Default)]
struct Decided {
    #[serde(default, skip_serializing_if = "is_default")]
    kept: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    conflicts: Vec<Conflict>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 3; // the classes of samples that go
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((3, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut columns = Vec::new();
        let classes = collected::of_rows(&p.collected, rows)?;
        for name in rows.names().filter(|n| *n != "id" && !p.beside.iter().any(|own| own == n)) {
            columns.push(rows.column(name)?);
        }
        let ids = rows.column("id")?;
        let context = digest::Context::new("tamis content 1");
        let mut content = Vec::new();
        for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
            if p.nulls == Nulls::Differ && columns.iter().all(|c| c.is_null(row)) {
                continue;
            }
            content.clear();
            let bytes: u64 = columns.iter().map(|c| feed(c.as_ref(), row, &mut content)).sum();
            let key = context.digest(&content).0;
            let (id, classes) = (id.unwrap_or_default(), classes.get(row).map_or("", String::as_str));
            let length = (id.len() as u32).to_le_bytes();
            summary.put(key, row, [&bytes.to_be_bytes(), &length[..], id.as_bytes(), classes.as_bytes()].concat());
        }
        Ok(Delta::default())
    }
}

impl Stage {
    /// Only the group at hand is in memory.
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut group: Vec<Hit> = Vec::new();
        let (mut dropped, mut conflicts) = (0u64, 0u64);
        for hit in hits.iter() {
            if group.first().is_some_and(|g| g.key != hit.key) {
                let (gone, told) = settle(p, &mut group, out)?;
                (dropped, conflicts) = (dropped + gone, conflicts + u64::from(told));
            }
            group.push(hit);
        }
        let (gone, told) = settle(p, &mut group, out)?;
        out.fact("duplicates", dropped + gone);
        if !p.tasks.is_empty() {
            out.fact("conflicts", conflicts + u64::from(told));
        }
        Ok(())
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Decided>() {
            let (row, Decided { kept, conflicts }) = decided?;
            for conflict in conflicts {
                let say = conflict.say("the same and went in its favour");
                delta.event(row, Act::Finding, "clean.exact_duplicates", "label.conflict", say);
            }
            let Some(kept) = kept else { continue };
            let say = format!("the same content as {kept}");
            let act = match p.action {
                Action::Drop => Act::Drop { kept: Some(kept) },
                Action::Review => Act::Review,
            };
            delta.event(row, act, "clean.exact_duplicates", "duplicate.exact", say);
        }
        Ok(delta)
    }
}

/// The id and the classes of a sample.
fn said<'h>(hit: &'h Hit) -> Option<(&'h str, &'h str)> {
    let (length, rest) = hit.value.get(8..)?.split_first_chunk::<4>()?;
    let (id, classes) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    Some((std::str::from_utf8(id).ok()?, std::str::from_utf8(classes).ok()?))
}

/// Drops all of a group but one, in its favour. Gives how many, and whether they had another class.
fn settle(p: &Gather, group: &mut Vec<Hit>, out: &mut Verdicts) -> Result<(u64, bool), Fault> {
    let length = |h: &Hit| h.value.get(..8).map(<[u8]>::to_vec);
    let last = group.len().saturating_sub(1);
    let kept = match p.keep {
        Keep::First => 0,
        Keep::Last => last,
        Keep::Longest => (0..group.len()).rev().max_by_key(|i| group.get(*i).map(length)).unwrap_or(0),
    };
    let Some(stays) = group.get(kept) else { return Ok((0, false)) };
    let wrong = || Fault::Bug("a sample does not read back".into());
    let (id, classes) = said(stays).ok_or_else(wrong)?;
    let gone = || group.iter().enumerate().filter(|(i, _)| *i != kept).map(|(_, hit)| hit);
    for hit in gone() {
        out.put_json(hit.at, &Decided { kept: Some(id.to_string()), ..Decided::default() })?;
    }
    let conflicts = collected::conflicts(&p.tasks, classes, gone().filter_map(said));
    let told = !conflicts.is_empty();
    if told {
        out.put_json(stays.at, &Decided { conflicts, ..Decided::default() })?;
    }
    group.clear();
    Ok((last as u64, told))
}
