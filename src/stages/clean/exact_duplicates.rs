//! `[clean.exact_duplicates]`: samples whose content is the same, byte for byte after preprocessing.
//!
//! ```toml
//! [clean]
//! exact_duplicates = "drop"                # or { action = "drop", keep = "longest", on = ["text"] }
//! ```
//!
//! Reads the columns of `on` (default: all texts, images and lists of `[schema]`). Drops all but one of each group of
//! equal samples; a null is a value of its own, but samples with nothing but nulls are no
//! duplicates unless `nulls = "equal"` says so. Limits: `keep = "longest"` measures the bytes of all texts together.
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::sections::SchemaSection;
use crate::manifest::values::{At, Short, TextOr};
use crate::stage::*;
use crate::table::{feed, texts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

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
    vec![Plan::row::<Stage>(
        Ports {
            table: "samples".into(),
            reads: names(&[vec!["id".into()], on].concat()),
            drops: true,
            ..Ports::default()
        },
        &Map { nulls: d.nulls },
        &Gather { keep: d.keep },
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
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    keep: Keep,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 2;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((2, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut columns = Vec::new();
        for name in rows.names().filter(|n| *n != "id") {
            columns.push(rows.column(name)?);
        }
        let ids = rows.column("id")?;
        let mut content = Vec::new();
        for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
            if p.nulls == Nulls::Differ && columns.iter().all(|c| c.is_null(row)) {
                continue;
            }
            content.clear();
            let bytes: u64 = columns.iter().map(|c| feed(c.as_ref(), row, &mut content)).sum();
            let key = Digest::derive("tamis content 1", &content).0;
            summary.put(key, row, [&bytes.to_be_bytes(), id.unwrap_or_default().as_bytes()].concat());
        }
        Ok(Delta::default())
    }
}

impl Stage {
    /// Only the group at hand is in memory.
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut group: Vec<Hit> = Vec::new();
        let mut dropped = 0u64;
        for hit in hits.iter() {
            if group.first().is_some_and(|g| g.key != hit.key) {
                dropped += settle(p.keep, &mut group, out);
            }
            group.push(hit);
        }
        dropped += settle(p.keep, &mut group, out);
        out.fact("duplicates", dropped);
        Ok(())
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for (row, kept) in &slice.rows {
            let kept = String::from_utf8_lossy(kept).into_owned();
            let say = format!("the same content as {kept}");
            let act = match p.action {
                Action::Drop => Act::Drop { kept: Some(kept) },
                Action::Review => Act::Review,
            };
            delta.event(*row as usize, act, "clean.exact_duplicates", "duplicate.exact", say);
        }
        Ok(delta)
    }
}

/// Drops all of a group but one, in its favour.
fn settle(keep: Keep, group: &mut Vec<Hit>, out: &mut Verdicts) -> u64 {
    let length = |h: &Hit| h.value.get(..8).map(<[u8]>::to_vec);
    let last = group.len().saturating_sub(1);
    let kept = match keep {
        Keep::First => 0,
        Keep::Last => last,
        Keep::Longest => (0..group.len()).rev().max_by_key(|i| group.get(*i).map(length)).unwrap_or(0),
    };
    let id = group.get(kept).and_then(|h| h.value.get(8..)).unwrap_or_default().to_vec();
    for (_, hit) in group.iter().enumerate().filter(|(i, _)| *i != kept) {
        out.put(hit.at, &id);
    }
    let dropped = last as u64;
    group.clear();
    dropped
}
