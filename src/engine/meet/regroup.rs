//! Living rows of each value of a column, in the order of the data, cut anew by the hash of their ids, so that pieces do
//! not know partitions.
use crate::digest::{Digest, cut_hash};
use crate::engine::columns::{column, digest_of};
use crate::engine::session::Session;
use crate::engine::state::{Partition, Table};
use crate::engine::step::Step;
use crate::engine::tasks::{Producer, Take, TakeRows};
use crate::engine::{order, recipe};
use crate::stage::{Fault, Regroup};
use crate::table::cutting::{self, Window};
use crate::table::{self, ArrayRef, Value, value_at};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

#[derive(Serialize, Deserialize)]
struct Layout {
    pieces: Vec<LaidOut>,
}

/// A piece as it is laid out: which rows of which partitions. The rows are read when somebody takes them.
#[derive(Serialize, Deserialize)]
struct LaidOut {
    group: String,
    n: u32,
    /// The partitions that rows come from.
    sources: Vec<u32>,
    /// Over the rows.
    digest: Digest,
    /// (index among `sources`, row) of each, as JSON.
    rows: Box<RawValue>,
}

impl LaidOut {
    fn of(group: String, rows: &[(u32, u32)]) -> Result<LaidOut, Fault> {
        let bug = |e: serde_json::Error| Fault::Bug(e.to_string());
        let mut index: BTreeMap<u32, u32> = rows.iter().map(|r| (r.0, 0)).collect();
        index.values_mut().enumerate().for_each(|(i, v)| *v = i as u32);
        let local: Vec<(u32, u32)> = rows.iter().map(|(p, r)| (index.get(p).copied().unwrap_or(0), *r)).collect();
        let text = serde_json::to_string(&local).map_err(bug)?;
        let digest = Digest::of(text.as_bytes());
        let rows = RawValue::from_string(text).map_err(bug)?;
        Ok(LaidOut { group, n: local.len() as u32, sources: index.into_keys().collect(), digest, rows })
    }
}

/// Groups the living rows where `only` is true by the value of `by`, in the order of the data, and cuts each group into
/// pieces by id hash. A row without a value belongs to no group. `None` if anything is unknown. Calls `then(piece)` for
/// each piece of which a column had to be computed.
pub fn regroup(
    s: &Session,
    step: &Step,
    by: &Regroup,
    from: &Table,
    then: &(dyn Fn(&Partition) + Sync),
) -> Result<Option<Table>, Fault> {
    // a table without ids could not be regrouped or joined again
    let mut columns = step.plan.ports.reads.clone();
    columns.extend((!columns.iter().any(|c| c == "id")).then(|| "id".to_string()));
    let mut inputs = Vec::new();
    for name in ["id"].into_iter().chain(by.only.as_deref()).chain(by.by.as_deref()) {
        match column(s, from, name) {
            Some(digests) => inputs.extend(digests),
            None => return Ok(None),
        }
    }
    for p in &from.parts {
        let Some(living) = &p.living else { return Ok(None) };
        inputs.push(living.digest());
    }
    let Some(born) = order::inputs(from) else { return Ok(None) };
    inputs.extend(born);
    let key = recipe::key(&regroup_head(by), inputs);
    let layout = match s.known::<Layout>(key) {
        Some(l) => l,
        None => {
            let l = lay_out(s, by, from)?;
            s.remember(key, &l, false);
            l
        }
    };
    let types = columns.iter().filter_map(|c| Some((c.clone(), from.types.get(c)?.clone()))).collect();
    let mut out = Table { types, parts: Vec::new() };
    let mut wanted = Vec::new();
    for (i, piece) in layout.pieces.into_iter().enumerate() {
        out.parts.push(Partition {
            uid: format!("{}:{i}", piece.group),
            rows: Some(piece.n),
            living: Some(table::Living::All(piece.n)),
            group: Some(piece.group),
            near: piece.sources.first().copied().unwrap_or(0),
            ..Partition::default()
        });
        let rows = TakeRows::Text(Arc::from(piece.rows));
        for (name, ty) in &out.types {
            let of = |p: &u32| from.parts.get(*p as usize).and_then(|part| digest_of(s, from, part, name));
            let sources: Option<Vec<Digest>> = piece.sources.iter().map(of).collect();
            let take = sources.map(|of| Take { ty: ty.clone(), sources: of.into(), rows: rows.clone() });
            let key = take.as_ref().map(|t| recipe::key("take 2", t.sources.iter().copied().chain([piece.digest])));
            wanted.push(Wanted {
                piece: i,
                column: name.clone(),
                raw: step.apart.contains(name) || name == "id",
                take: key.zip(take.map(Arc::new)),
            });
        }
    }
    gather_columns(s, wanted, &mut out.parts, then)?;
    Ok(Some(out))
}

/// A column of a piece: rows taken of others, and the key of their digest. `None` where a source is not known.
struct Wanted {
    piece: usize,
    column: String,
    /// It holds what nothing has masked.
    raw: bool,
    take: Option<(Digest, Arc<Take>)>,
}

/// Computes the columns of pieces that are not known yet; they are not stored, since they are cheap to make again. Pieces
/// from the same source are computed in a row, so that the source is read once. Calls `then(piece)` while the piece's
/// columns are in memory.
fn gather_columns(
    s: &Session,
    wanted: Vec<Wanted>,
    parts: &mut [Partition],
    then: &(dyn Fn(&Partition) + Sync),
) -> Result<(), Fault> {
    let mut missing: BTreeMap<(u32, usize), Vec<Wanted>> = BTreeMap::new();
    for w in wanted {
        let Some(part) = parts.get_mut(w.piece) else { continue };
        let known = w.take.as_ref().and_then(|(key, take)| Some((s.known::<Digest>(*key)?, take.clone())));
        if let Some((digest, take)) = &known {
            s.know(*digest, || Producer::Take(take.clone()));
        }
        part.columns.insert(w.column.clone(), known.as_ref().map(|k| k.0));
        if known.is_none() && w.take.is_some() {
            missing.entry((part.near, w.piece)).or_default().push(w);
        }
    }
    let missing: Vec<((u32, usize), Vec<Wanted>)> = missing.into_iter().collect();
    let slots: Vec<Mutex<Option<Result<Partition, Fault>>>> = missing.iter().map(|_| Mutex::new(None)).collect();
    s.exec.each(missing.len(), &|m| {
        let ((_, piece), wanted) = &missing[m];
        let done = s.go_on().and_then(|()| taken(s, parts[*piece].clone(), wanted));
        if let Ok(part) = &done {
            then(part);
        }
        *slots[m].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
    });
    for (((_, piece), _), slot) in missing.iter().zip(slots) {
        let done = slot.into_inner().unwrap_or_else(|e| e.into_inner());
        parts[*piece] = done.ok_or_else(|| Fault::Bug("a piece was lost".into()))??;
    }
    Ok(())
}

/// A piece with columns that were not known.
fn taken(s: &Session, mut part: Partition, wanted: &[Wanted]) -> Result<Partition, Fault> {
    for w in wanted {
        let Some((key, take)) = &w.take else { continue };
        let digest = s.keep_column(&s.take(take)?);
        s.remember(*key, &digest, w.raw);
        s.know(digest, || Producer::Take(take.clone()));
        part.columns.insert(w.column.clone(), Some(digest));
    }
    Ok(part)
}

/// The head of a layout's recipe: what it depends on besides ids, groups and living rows.
fn regroup_head(by: &Regroup) -> String {
    let all = if by.only.is_some() { "" } else { " all" };
    format!("regroup 3 {} {}{all}", by.window, by.by.is_some())
}

/// Of each row of a partition its group and the hash that it is cut by; `None` for a row that belongs to no group.
type Grouped = Vec<Option<(String, u64)>>;

fn lay_out(s: &Session, by: &Regroup, from: &Table) -> Result<Layout, Fault> {
    let mut lists: BTreeMap<String, Vec<(u64, u32, u32)>> = BTreeMap::new();
    let mut add = |p: usize, row: u32, of: Option<(String, u64)>| {
        if let Some((group, hash)) = of {
            lists.entry(group).or_default().push((hash, p as u32, row));
        }
    };
    match order::rows(s, from)? {
        None => {
            for (p, part) in from.parts.iter().enumerate() {
                let rows = grouped(s, by, from, part)?.into_iter().enumerate();
                rows.for_each(|(row, of)| add(p, row as u32, of));
            }
        }
        Some(order) => {
            let parts: Result<Vec<Grouped>, Fault> = from.parts.iter().map(|p| grouped(s, by, from, p)).collect();
            let mut parts = parts?;
            for (p, row) in order {
                let own = parts.get_mut(p as usize).and_then(|rows| rows.get_mut(row as usize));
                add(p as usize, row, own.and_then(Option::take));
            }
        }
    }
    let mut pieces = Vec::new();
    for (group, list) in lists {
        let hashes: Vec<u64> = list.iter().map(|l| l.0).collect();
        let mut start = 0;
        for end in cutting::cut(&hashes, &[], Window(by.window)) {
            let rows: Vec<(u32, u32)> = list[start..end].iter().map(|l| (l.1, l.2)).collect();
            pieces.push(LaidOut::of(group.clone(), &rows)?);
            start = end;
        }
    }
    Ok(Layout { pieces })
}

/// The living rows of a partition that belong to a group.
fn grouped(s: &Session, by: &Regroup, from: &Table, part: &Partition) -> Result<Grouped, Fault> {
    let get = |name: &str| -> Result<ArrayRef, Fault> {
        let unknown = || Fault::Bug(format!("`{name}` is not known"));
        s.array(digest_of(s, from, part, name).ok_or_else(unknown)?)
    };
    let ids = get("id")?;
    let only = by.only.as_ref().map(|only| get(only)).transpose()?;
    let groups = by.by.as_ref().map(|by| get(by)).transpose()?;
    let mut out = Grouped::with_capacity(ids.len());
    for (row, id) in table::texts(ids.as_ref()).into_iter().enumerate() {
        let alive = part.living.as_ref().is_some_and(|l| l.is(row as u32));
        let group = match &groups {
            Some(g) => value_at(g.as_ref(), row).text().map(str::to_string),
            None => Some("all".to_string()),
        };
        let within = only.as_ref().is_none_or(|only| value_at(only.as_ref(), row) == Value::Bool(true));
        out.push(match (alive && within, group) {
            (true, Some(group)) => Some((group, cut_hash(id.unwrap_or_default().as_bytes()))),
            _ => None,
        });
    }
    Ok(out)
}
