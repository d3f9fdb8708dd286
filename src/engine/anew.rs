//! Rows of a document, or of a row group, cut anew by their ids: a file that is read whole gives one long partition, and
//! without this an edit in it would run every later step on all of its rows. The rows keep their order; where pieces end
//! depends on the hashes of ids, and where rows are long on their bytes, so an edit changes at most three pieces.
use super::recipe;
use super::session::Session;
use super::state::{Origin, Partition};
use super::step::Step;
use super::tasks::{Producer, Take, TakeRows};
use crate::digest::{Digest, cut_hash};
use crate::stage::Fault;
use crate::table::cutting::{self, Window};
use crate::table::weight::weight;
use crate::table::{self, DataType, Living};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Where pieces end and what they are made of, as kept in the index.
type Pieces = Vec<(u32, Vec<Digest>)>;

/// The pieces of a partition that a reader bore; the partition itself where its source is cut by the scan, or is short.
pub fn cut_anew(
    s: &Session,
    step: &Step,
    types: &BTreeMap<String, DataType>,
    part: Partition,
) -> Result<Vec<Partition>, Fault> {
    let anew = step.plan.scan.as_ref().is_some_and(|source| source.cut.cut_anew());
    let rows = part.rows.unwrap_or(0);
    let window = Window::lines(s.target);
    if !anew || rows as usize <= window.0 {
        return Ok(vec![part]);
    }
    let known: Option<Vec<(String, Digest)>> = part.columns.iter().map(|(n, d)| Some((n.clone(), (*d)?))).collect();
    let Some(columns) = known else { return Ok(vec![part]) };
    let key = recipe::key(&format!("anew 2 {}", window.0), columns.iter().map(|c| c.1));
    let pieces = match s.known::<Pieces>(key) {
        Some(pieces) => pieces,
        None => {
            let pieces = pieces(s, types, &columns, window)?;
            s.remember(key, &pieces, step.raw);
            pieces
        }
    };
    let mut out = Vec::with_capacity(pieces.len());
    let mut first = 0;
    for (n, (rows, digests)) in pieces.into_iter().enumerate() {
        let mut own = BTreeMap::new();
        for ((name, source), digest) in columns.iter().zip(digests) {
            let ty = types.get(name).cloned().unwrap_or(DataType::Utf8);
            s.know(digest, || Producer::Take(Arc::new(take(ty, *source, first, rows))));
            own.insert(name.clone(), Some(digest));
        }
        let origin = part.origin.as_ref().map(|o| Origin { first, alive: rows, ..o.clone() });
        let (uid, living) = (format!("{}.{n}", part.uid), Some(Living::All(rows)));
        out.push(Partition { uid, rows: Some(rows), columns: own, living, origin, ..part.clone() });
        first += rows;
    }
    Ok(out)
}

fn pieces(
    s: &Session,
    types: &BTreeMap<String, DataType>,
    columns: &[(String, Digest)],
    window: Window,
) -> Result<Pieces, Fault> {
    let unknown = || Fault::Bug("rows without ids are to be cut".into());
    let ids = columns.iter().find(|c| c.0 == "id").map(|c| c.1).ok_or_else(unknown)?;
    let ids = s.array(ids)?;
    let hash = |id: Option<&str>| cut_hash(id.unwrap_or_default().as_bytes());
    let hashes: Vec<u64> = table::texts(ids.as_ref()).into_iter().map(hash).collect();
    let mut out = Vec::new();
    let mut first = 0;
    let mut bytes = vec![0; hashes.len()];
    for (_, column) in columns {
        let column = s.array(*column)?;
        bytes.iter_mut().enumerate().for_each(|(row, sum)| *sum += weight(&column, row, row + 1));
    }
    for end in cutting::cut(&hashes, &bytes, window) {
        let rows = end as u32 - first;
        let mut digests = Vec::with_capacity(columns.len());
        for (name, source) in columns {
            let ty = types.get(name).cloned().unwrap_or(DataType::Utf8);
            digests.push(s.keep_column(&s.take(&take(ty, *source, first, rows))?));
        }
        out.push((rows, digests));
        first = end as u32;
    }
    Ok(out)
}

/// Consecutive rows of a column.
fn take(ty: DataType, source: Digest, first: u32, rows: u32) -> Take {
    let rows: Vec<(u32, u32)> = (first..first + rows).map(|row| (0, row)).collect();
    Take { ty, sources: [source].into(), rows: TakeRows::Held(rows.into()) }
}
