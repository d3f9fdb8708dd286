//! Right rows of a join, brought to the left partitions that hold their keys.
use crate::digest::Digest;
use crate::engine::columns::column;
use crate::engine::recipe;
use crate::engine::session::Session;
use crate::engine::state::Table;
use crate::engine::step::Step;
use crate::engine::tasks::{Producer, Take, TakeRows};
use crate::stage::{Fault, Right, Rows};
use crate::table::{self, ArrayRef, DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::sync::Arc;

/// Which right rows go to which left partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Exchange {
    /// For each left partition: how many right rows, and the digests of their columns.
    pub buckets: Vec<(u32, Vec<Digest>)>,
    /// Right rows that match nothing: (partition, row).
    pub unmatched: Vec<(u32, u32)>,
    /// The right rows themselves: (partition, row), for each left partition.
    rows: Vec<Vec<(u32, u32)>>,
}

/// The columns of a right row that travel: its key, and what the kernel reads.
pub fn right_columns(right: &Right) -> Vec<String> {
    let mut names = right.reads.clone();
    names.extend((!right.reads.contains(&right.key)).then(|| right.key.clone()));
    names
}

/// Brings the living right rows to the left partitions; `None` if either side is unknown.
pub fn exchange(s: &Session, step: &Step, left: &Table, right: &Table) -> Result<Option<Exchange>, Fault> {
    let Some(r) = &step.plan.ports.right else { return Err(Fault::Bug("joins nothing".into())) };
    let columns = right_columns(r);
    let Some(on) = column(s, left, &r.on) else { return Ok(None) };
    let mut inputs = on.clone();
    let mut sources = Vec::new();
    for name in columns.iter().chain([&"id".to_string()]) {
        let Some(digests) = column(s, right, name) else { return Ok(None) };
        inputs.extend(&digests);
        sources.push(digests);
    }
    for p in &right.parts {
        let Some(living) = &p.living else { return Ok(None) };
        inputs.push(living.digest());
    }
    let key = recipe::key(&format!("exchange 1 {} {} {}", r.on, r.key, columns.join(" ")), inputs);
    let types: Vec<DataType> = columns.iter().map(|c| right.types.get(c).cloned().unwrap_or(DataType::Utf8)).collect();
    let found = match s.known::<Exchange>(key) {
        Some(e) => e,
        None => {
            let e = meet(s, r, &columns, &types, &on, &sources, right)?;
            s.remember(key, &e, step.raw);
            e
        }
    };
    for (rows, (_, digests)) in found.rows.iter().zip(&found.buckets) {
        let shared: Arc<[(u32, u32)]> = rows.as_slice().into();
        for ((digest, ty), sources) in digests.iter().zip(&types).zip(&sources) {
            let rows = || TakeRows::Held(shared.clone());
            let take = || Arc::new(Take { ty: ty.clone(), sources: sources.as_slice().into(), rows: rows() });
            s.know(*digest, || Producer::Take(take()));
        }
    }
    Ok(Some(found))
}

fn meet(
    s: &Session,
    r: &Right,
    columns: &[String],
    types: &[DataType],
    on: &[Digest],
    sources: &[Vec<Digest>],
    right: &Table,
) -> Result<Exchange, Fault> {
    let at = columns.iter().position(|c| *c == r.key).unwrap_or(0);
    let mut by_key: HashMap<String, Vec<(String, u32, u32)>> = HashMap::new();
    for (p, part) in right.parts.iter().enumerate() {
        let keys = s.array(sources[at][p])?;
        let ids = s.array(sources[columns.len()][p])?;
        let (keys, ids) = (table::texts(keys.as_ref()), table::texts(ids.as_ref()));
        for (row, key) in keys.iter().enumerate() {
            let alive = part.living.as_ref().is_some_and(|l| l.is(row as u32));
            if let (true, Some(key)) = (alive, key) {
                let id = ids.get(row).copied().flatten().unwrap_or_default().to_string();
                by_key.entry(key.to_string()).or_default().push((id, p as u32, row as u32));
            }
        }
    }
    by_key.values_mut().for_each(|v| v.sort());
    let mut met: std::collections::HashSet<String> = Default::default();
    let mut out = Exchange::default();
    for digest in on {
        let left = s.array(*digest)?;
        let wanted: std::collections::BTreeSet<String> = (0..left.len()).flat_map(|i| keys_at(&left, i)).collect();
        let mut rows = Vec::new();
        for key in wanted {
            if let Some(hits) = by_key.get(&key) {
                rows.extend(hits.iter().map(|(_, p, r)| (*p, *r)));
                met.insert(key);
            }
        }
        let mut digests = Vec::new();
        for (sources, ty) in sources.iter().zip(types) {
            let take = Take {
                ty: ty.clone(),
                sources: sources.as_slice().into(),
                rows: TakeRows::Held(rows.as_slice().into()),
            };
            digests.push(s.keep_column(&s.take(&take)?));
        }
        out.buckets.push((rows.len() as u32, digests));
        out.rows.push(rows);
    }
    let lost = by_key.iter().filter(|(k, _)| !met.contains(*k)).flat_map(|(_, v)| v.iter().map(|(_, p, r)| (*p, *r)));
    out.unmatched = lost.collect();
    out.unmatched.sort();
    Ok(out)
}

/// The join keys of a left row: its text, or each text of its list.
fn keys_at(array: &ArrayRef, row: usize) -> Vec<String> {
    match value_at(array.as_ref(), row) {
        Value::Text(t) => vec![t],
        Value::List(l) => l.iter().filter_map(|v| v.text().map(Into::into)).collect(),
        _ => Vec::new(),
    }
}

/// For each left row the rows of the bucket that belong to it.
pub fn matches(step: &Step, left: &Rows, bucket: &Rows) -> Result<Vec<Vec<usize>>, Fault> {
    let Some(r) = &step.plan.ports.right else { return Err(Fault::Bug("joins nothing".into())) };
    let mut by_key: HashMap<String, Vec<usize>> = HashMap::new();
    for (i, key) in bucket.texts(&r.key)?.into_iter().enumerate() {
        by_key.entry(key.unwrap_or_default()).or_default().push(i);
    }
    let on = left.column(&r.on)?;
    let row = |i| keys_at(&on, i).iter().flat_map(|k| by_key.get(k).cloned().unwrap_or_default()).collect();
    Ok((0..left.len()).map(row).collect())
}
