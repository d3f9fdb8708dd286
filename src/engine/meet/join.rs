//! Right rows of a join, brought to the left partitions that hold their keys. Keys are compared as they are; a right key
//! that nothing on the left has meets the one on the left, if there is only one, that differs in its Unicode normal form
//! alone.
use crate::digest::Digest;
use crate::engine::columns::column;
use crate::engine::recipe;
use crate::engine::session::Session;
use crate::engine::state::{Exchange, Table};
use crate::engine::step::Step;
use crate::engine::tasks::{Producer, Take, TakeRows};
use crate::measure::names::composed;
use crate::stage::{Fault, Right, keys_at};
use crate::table::{self, DataType};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

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
    let key = recipe::key(&format!("exchange 2 {} {} {}", r.on, r.key, columns.join(" ")), inputs);
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
    let (mut met, also) = spelled_otherwise(s, on, &by_key)?;
    let mut out = Exchange::default();
    for digest in on {
        let left = s.array(*digest)?;
        let wanted: BTreeSet<String> = (0..left.len()).flat_map(|i| keys_at(&left, i)).collect();
        let mut rows = Vec::new();
        for key in wanted {
            let others = also.get(&key).into_iter().flatten();
            for own in std::iter::once(&key).chain(others) {
                if let Some(hits) = by_key.get(own) {
                    rows.extend(hits.iter().map(|(_, p, r)| (*p, *r)));
                    met.insert(own.clone());
                }
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

/// By left key: the right keys that no left key is equal to and that differ from this one alone in their normal form.
type Spelled = BTreeMap<String, Vec<String>>;

/// The right keys that some left key is equal to, and the others that meet a left key all the same.
fn spelled_otherwise(
    s: &Session,
    on: &[Digest],
    by_key: &HashMap<String, Vec<(String, u32, u32)>>,
) -> Result<(HashSet<String>, Spelled), Fault> {
    let mut met: HashSet<String> = HashSet::new();
    for digest in on {
        let left = s.array(*digest)?;
        met.extend((0..left.len()).flat_map(|i| keys_at(&left, i)).filter(|key| by_key.contains_key(key)));
    }
    let mut lost: BTreeMap<String, (Vec<String>, BTreeSet<String>)> = BTreeMap::new();
    for key in by_key.keys().filter(|key| !met.contains(*key)) {
        lost.entry(composed(key).into_owned()).or_default().0.push(key.clone());
    }
    if lost.is_empty() {
        return Ok((met, Spelled::new()));
    }
    for digest in on {
        let left = s.array(*digest)?;
        for key in (0..left.len()).flat_map(|i| keys_at(&left, i)) {
            if let Some((_, meant)) = lost.get_mut(&*composed(&key)) {
                meant.insert(key);
            }
        }
    }
    let one = |(rights, mut meant): (Vec<String>, BTreeSet<String>)| {
        let left = meant.pop_first().filter(|_| meant.is_empty());
        let sorted: BTreeSet<String> = rights.into_iter().collect();
        Some((left?, sorted.into_iter().collect()))
    };
    Ok((met, lost.into_values().filter_map(one).collect()))
}
