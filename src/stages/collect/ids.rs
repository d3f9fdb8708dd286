//! `collect`: ids are a set over all sources. Equal id and equal content: one stays, the others are merged into it.
//! Equal id and other content: the first stays, the others are dropped with a finding `id.conflict`, and a gate fails.
//!
//! Reads `id` and all columns that the sources give. Nothing is declared for it; `id_prefix` of a source is the remedy.
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::stage::*;
use crate::table::{feed, texts};

pub const ENTRY: Entry = Entry::row::<Ids>("collect/ids", "collect", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(columns) = check.columns.get("samples") else { return Vec::new() };
    let mut reads = names(&["id"]);
    reads.extend(columns.keys().filter(|c| *c != "id" && *c != "source").cloned());
    vec![Plan {
        gates: vec![
            Gate::at_most("collect", "collect.conflicts", Decimal::default(), first_id(check))
                .look("tamis show collect --findings"),
        ],
        ..Plan::map::<Ids>(Ports { table: "samples".into(), reads, drops: true, ..Ports::default() }, &Nothing {})
    }]
}

/// Where the first source says what its ids are.
fn first_id(check: &Check) -> std::ops::Range<usize> {
    let sources = check.manifest.instances(&["collect"]);
    let own = |name: &String| check.manifest.span_of(&format!("collect.{name}.id"));
    let first = sources.first().map(|(name, span, _)| own(name).unwrap_or(span.clone()));
    first.unwrap_or(check.span.clone())
}

struct Ids;

impl RowStage for Ids {
    const MAP: u32 = 2;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut columns = Vec::new();
        for name in rows.names().filter(|n| *n != "id") {
            columns.push(rows.column(name)?);
        }
        let ids = rows.column("id")?;
        let mut content = Vec::new();
        for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
            content.clear();
            for c in &columns {
                feed(c.as_ref(), row, &mut content);
            }
            summary.put(id.unwrap_or_default(), row, &Digest::derive("tamis row 1", &content).0[..16]);
        }
        Ok(Delta::default())
    }
}

impl Ids {
    /// One id in memory at a time.
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut kept: Option<Hit> = None;
        let (mut merged, mut conflicts) = (0u64, 0u64);
        for hit in hits.iter() {
            match &kept {
                Some(k) if k.key == hit.key && k.value == hit.value => {
                    merged += 1;
                    out.put(hit.at, [b"=".as_slice(), &hit.key].concat());
                }
                Some(k) if k.key == hit.key => {
                    conflicts += 1;
                    out.put(hit.at, b"!");
                }
                _ => kept = Some(hit),
            }
        }
        out.fact("merged", merged);
        out.fact("conflicts", conflicts);
        Ok(())
    }

    fn apply(_: &Nothing, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for (row, say) in &slice.rows {
            let row = *row as usize;
            match say.strip_prefix(b"=") {
                Some(id) => {
                    let id = String::from_utf8_lossy(id).into_owned();
                    delta.event(
                        row,
                        Act::Merge(id),
                        "collect",
                        "id.repeated",
                        "the same id and the same content as an earlier record",
                    );
                }
                None => {
                    delta.event(
                        row,
                        Act::Fail,
                        "collect",
                        "id.conflict",
                        "the same id as an earlier record, but other content",
                    );
                    delta.event(
                        row,
                        Act::DROP,
                        "collect",
                        "id.conflict",
                        "the earlier record stays; give one source an `id_prefix`",
                    );
                }
            }
        }
        Ok(delta)
    }
}
