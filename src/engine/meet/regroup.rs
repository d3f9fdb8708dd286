//! Living rows of each value of a column, in the order of the data, cut anew by the hash of their ids, so that pieces do
//! not know partitions.
use super::pieces::{LaidOut, Pieces};
use crate::digest::cut_hash;
use crate::engine::columns::{column, digest_of};
use crate::engine::session::Session;
use crate::engine::state::{Partition, Table};
use crate::engine::step::Step;
use crate::engine::{order, recipe};
use crate::stage::{Fault, ONE_GROUP, Regroup};
use crate::table::cutting::{self, Window};
use crate::table::{self, ArrayRef, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize)]
struct Layout {
    pieces: Vec<LaidOut>,
}

/// Groups the living rows where `only` is true by the value of `by`, in the order of the data, and cuts each group into
/// pieces by id hash, pieces of long rows also by bytes. A row without a value belongs to no group. `None` if
/// anything is unknown. Calls `then(piece)` for each piece of which a column had to be computed.
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
    let pieces = Pieces { s, step, from, types: &types, window: Window(by.window), weighed: &by.weighed };
    let parts = pieces.partitions(layout.pieces, then)?;
    Ok(Some(Table { types, parts }))
}

/// The head of a layout's recipe: what it depends on besides ids, groups and living rows.
fn regroup_head(by: &Regroup) -> String {
    let all = if by.only.is_some() { "" } else { " all" };
    format!("regroup 4 {} {}{all}", by.window, by.by.is_some())
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
            None => Some(ONE_GROUP.to_string()),
        };
        let within = only.as_ref().is_none_or(|only| value_at(only.as_ref(), row) == Value::Bool(true));
        out.push(match (alive && within, group) {
            (true, Some(group)) => Some((group, cut_hash(id.unwrap_or_default().as_bytes()))),
            _ => None,
        });
    }
    Ok(out)
}
