//! `release.NAME/ids`: what samples are called in a release, where that is not what they were called as they were
//! collected: numbers in the order of the splits and of their rows (`ids = "sequence"`), or digests that nobody can make
//! without the secret key of `[privacy]` (`ids = "keyed"`).
//!
//! The collected ids stay in the table: votes, reviews, `trace` and the pins of the splits know samples by them, and
//! pieces are cut by them.
use super::columns::{Ids, RELEASED_ID};
use super::declaration::{declared, rows_table};
use crate::digest::{Digest, keyed};
use crate::stage::*;
use crate::table::{array_of, utf8};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry = Entry::row::<Name>("release/ids", "release.*", declare);

/// What the key of released ids is derived by.
const CONTEXT: &str = "tamis released ids 1";

/// Hex digits of a keyed id.
const DIGITS: usize = 32;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check).filter(|r| r.ids != Ids::Source) else { return Vec::new() };
    let secret = match r.ids {
        Ids::Keyed => {
            let key = format!("{}.ids", check.path);
            let asked = check.manifest.span_of(&key).unwrap_or(check.span.clone());
            check.secret(asked, CONTEXT)
        }
        _ => None,
    };
    if r.ids == Ids::Keyed && secret.is_none() {
        return Vec::new(); // told where the key is declared
    }
    let fingerprint = secret.as_ref().map(Secret::fingerprint);
    let shape = Shape { fingerprint, secret: None };
    let writes = vec![(RELEASED_ID.to_string(), Column::new(utf8()).inner())];
    let (table, reads) = (rows_table(check), names(&["id"]));
    let ports = Ports { table, reads: reads.clone(), apply_reads: reads, writes, ..Ports::default() };
    vec![Plan { secret, ..Plan::map::<Name>(ports, &shape).word("ids") }]
}

#[derive(Serialize, Deserialize, Default)]
struct Shape {
    /// Another key is another fingerprint, and all ids are made anew. Ids are numbers without one.
    #[serde(default, skip_serializing_if = "is_default")]
    fingerprint: Option<String>,
    /// The key itself, which no recipe holds: the engine adds it when it calls the kernel.
    #[serde(default, skip_serializing)]
    secret: Option<String>,
}

struct Name;

impl RowStage for Name {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Shape;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Shape, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        if p.fingerprint.is_none() {
            summary.put(b"", 0, (rows.len() as u64).to_be_bytes());
            return Ok(delta);
        }
        let secret = p.secret.as_deref().and_then(Digest::parse);
        let secret = secret.ok_or_else(|| Fault::Bug("the key of released ids is not there".into()))?;
        let name = |id: Option<String>| {
            let digest = keyed(&secret, id.unwrap_or_default().as_bytes()).hex();
            Some(digest.get(..DIGITS).unwrap_or_default().to_string())
        };
        delta.write(RELEASED_ID, array_of(rows.texts("id")?.into_iter().map(name)));
        Ok(delta)
    }
}

impl Name {
    /// How many samples stand before those of each piece.
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut before: u64 = 0;
        for hit in hits.iter() {
            let n = hit.value.as_ref().try_into().map(u64::from_be_bytes);
            out.put(hit.at, before.to_be_bytes());
            before += n.map_err(|_| Fault::Bug("a count of rows does not read".into()))?;
        }
        Ok(())
    }

    fn apply(_: &Nothing, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let before = slice.rows.get(&0).and_then(|b| b.as_slice().try_into().ok()).map(u64::from_be_bytes);
        let before = before.ok_or_else(|| Fault::Bug("a piece has no first number".into()))?;
        let mut delta = Delta::default();
        delta.write(RELEASED_ID, array_of((0..rows.len() as u64).map(|row| Some((before + row + 1).to_string()))));
        Ok(delta)
    }
}
