//! The samples of two releases, met as both are read: what has met its partner is forgotten at once, so what is held is
//! what differs, and of releases in another order a digest for each value that has not met its partner yet.
use super::cells::{Key, cell, feed, key};
use super::folder::{Folder, Go, Rows};
use crate::project::Failure;
use crate::report::difference::{Difference, Differing, Moved, Pair};
use crate::table::{ArrayRef, DataType, texts, value_at};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How the rows of a side are read.
pub struct Reading<'f> {
    pub folder: &'f Folder,
    /// The columns that both have, by their places here.
    pub common: Vec<usize>,
    /// Samples are known by their ids, else by what they hold.
    pub by_id: bool,
    /// All splits of both sides: a split is its place here.
    pub splits: &'f [String],
}

/// A row as it is compared.
struct Row {
    key: Key,
    id: Option<Box<str>>,
    split: u16,
    cells: Box<[u64]>,
}

/// How often each value stands in a column; `None` once there are too many.
pub type Counted = BTreeMap<String, Option<BTreeMap<String, u64>>>;

/// Columns of more different values are not counted value by value.
const VALUES_MAX: usize = 50;

/// Samples of each changed column that are told with their values.
const EXAMPLES: usize = 3;

/// Rows that are handed over at a time; and how many such batches may wait.
const BATCHES: usize = 4;

/// What a thread that reads a side came to.
type Read = Result<Counted, Failure>;

/// Reads both sides at once and puts what differs into `out`. `most` samples are named. Returns the ids that only one side
/// has: of the old one, of the new one.
pub fn join(
    sides: [Reading; 2],
    names: &[String],
    most: usize,
    out: &mut Difference,
) -> Result<[BTreeSet<String>; 2], Failure> {
    let [old, new] = &sides;
    let mut meet =
        Meet { splits: old.splits, names, by_id: old.by_id, most, pending: Default::default(), first: BTreeMap::new() };
    let read = std::thread::scope(|scope| {
        let (to_old, from_old) = sync_channel(BATCHES);
        let (to_new, from_new) = sync_channel(BATCHES);
        let threads = [scope.spawn(move || old.read(&to_old)), scope.spawn(move || new.read(&to_new))];
        meet.all([from_old, from_new], out);
        threads.map(|t| t.join().unwrap_or_else(|_| Err(Failure::Bug("reading a release broke off".into()))))
    });
    let [old_values, new_values] = read;
    let rest = meet.finish(out);
    values(&old_values?, &new_values?, out);
    Ok(rest)
}

impl Reading<'_> {
    fn read(&self, to: &SyncSender<Vec<Row>>) -> Read {
        let mut counted: Counted = BTreeMap::new();
        let id = self.folder.column("id");
        let mut buffer = Vec::new();
        self.folder.each(&mut |split, rows| {
            let split = self.splits.iter().position(|s| s == split).and_then(|n| u16::try_from(n).ok());
            let split = split.ok_or("has more splits than can be compared")?;
            let batch = match rows {
                Rows::Id(id) => {
                    vec![Row { key: key(id.as_bytes()), id: Some(id.into()), split, cells: Box::default() }]
                }
                Rows::Values(arrays) => {
                    self.folder.columns.iter().zip(arrays).for_each(|(c, array)| count(&c.name, array, &mut counted));
                    let ids = id.and_then(|n| arrays.get(n)).map(|array| texts(array.as_ref()));
                    let n = arrays.first().map_or(0, |a| a.len());
                    let row = |row| self.row(arrays, row, ids.as_deref(), split, &mut buffer);
                    (0..n).map(row).collect()
                }
            };
            // nobody listens any more when the other side failed
            Ok(if to.send(batch).is_ok() { Go::On } else { Go::Stop })
        })?;
        Ok(counted)
    }

    fn row(
        &self,
        arrays: &[ArrayRef],
        row: usize,
        ids: Option<&[Option<&str>]>,
        split: u16,
        buffer: &mut Vec<u8>,
    ) -> Row {
        let id = ids.and_then(|ids| ids.get(row).copied().flatten());
        let own = || self.common.iter().filter_map(|n| arrays.get(*n));
        if self.by_id {
            let cells = own().map(|array| cell(array.as_ref(), row, buffer)).collect();
            return Row { key: key(id.unwrap_or_default().as_bytes()), id: id.map(Box::from), split, cells };
        }
        buffer.clear();
        own().for_each(|array| feed(array.as_ref(), row, buffer));
        Row { key: key(buffer), id: id.map(Box::from), split, cells: Box::default() }
    }
}

/// Adds the values of some rows to those of their column. Of a list of annotations the classes count.
fn count(column: &str, array: &ArrayRef, counted: &mut Counted) {
    if column == "id" || column == "split" {
        return;
    }
    if !counted.contains_key(column) {
        counted.insert(column.to_string(), Some(BTreeMap::new()));
    }
    let Some(of) = counted.get_mut(column) else { return };
    let Some(own) = of else { return };
    let mut add = |value: &str| {
        if let Some(n) = own.get_mut(value) {
            *n += 1;
        } else if own.len() <= VALUES_MAX {
            own.insert(value.to_string(), 1);
        }
    };
    match array.data_type() {
        DataType::Utf8 => texts(array.as_ref()).into_iter().flatten().for_each(add),
        DataType::List(_) | DataType::Boolean => {
            for row in 0..array.len() {
                crate::model::votes::each_class(&value_at(array.as_ref(), row), &mut add);
            }
        }
        _ => {}
    }
    if own.len() > VALUES_MAX {
        *of = None;
    }
}

/// What stands more or less often, in columns of few different values.
fn values(old: &Counted, new: &Counted, out: &mut Difference) {
    for (column, was) in old {
        let (Some(was), Some(Some(is))) = (was, new.get(column)) else { continue };
        let few = |of: &BTreeMap<String, u64>| of.len() as u64 * 2 <= of.values().sum::<u64>();
        if !few(was) || !few(is) {
            continue; // where most values stand once, their counts say what the samples say
        }
        let all: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
        let pair = |v: &String| Pair { old: was.get(v).copied().unwrap_or(0), new: is.get(v).copied().unwrap_or(0) };
        let differ = all.into_iter().map(|v| (v.clone(), pair(v))).filter(|(_, p)| p.old != p.new);
        let differ: BTreeMap<String, Pair<u64>> = differ.collect();
        if !differ.is_empty() {
            out.values.insert(column.clone(), differ);
        }
    }
}

/// Where rows meet.
struct Meet<'m> {
    splits: &'m [String],
    /// The names of the columns that are compared.
    names: &'m [String],
    by_id: bool,
    most: usize,
    /// Rows of the old and of the new side that have not met their partner.
    pending: [HashMap<Key, Vec<Row>>; 2],
    /// The first of the samples that differ, by id.
    first: BTreeMap<(String, usize), Differing>,
}

impl Meet<'_> {
    /// Takes batches of both sides in turn, until both have ended.
    fn all(&mut self, from: [Receiver<Vec<Row>>; 2], out: &mut Difference) {
        let mut open = [true, true];
        while open.contains(&true) {
            for (side, from) in from.iter().enumerate() {
                if let Some(true) = open.get(side) {
                    match from.recv() {
                        Ok(batch) => batch.into_iter().for_each(|row| self.add(side, row, out)),
                        Err(_) => open.iter_mut().skip(side).take(1).for_each(|o| *o = false),
                    }
                }
            }
        }
    }

    /// A row whose partner waits in the same split is compared with it, else it waits itself.
    fn add(&mut self, side: usize, row: Row, out: &mut Difference) {
        let [old, new] = &mut self.pending;
        let (own, other) = if side == 0 { (old, new) } else { (new, old) };
        let mut met = None;
        if let Some(waiting) = other.get_mut(&row.key) {
            met = waiting.iter().position(|w| w.split == row.split).map(|at| waiting.swap_remove(at));
            if waiting.is_empty() {
                other.remove(&row.key);
            }
        }
        match met {
            Some(partner) if side == 0 => self.compare(&row, &partner, out),
            Some(partner) => self.compare(&partner, &row, out),
            None => own.entry(row.key).or_default().push(row),
        }
    }

    fn compare(&mut self, old: &Row, new: &Row, out: &mut Difference) {
        let columns = old.cells.iter().zip(&new.cells).zip(self.names);
        let columns: Vec<&String> = columns.filter(|((a, b), _)| a != b).map(|(_, name)| name).collect();
        let moved = old.split != new.split;
        for column in &columns {
            *out.columns.changed.entry(column.to_string()).or_default() += 1;
            let first = out.first_changed.entry(column.to_string()).or_default();
            first.extend(new.id.as_deref().map(str::to_string));
            if first.len() > EXAMPLES {
                first.pop_last();
            }
        }
        out.samples.changed += u64::from(!columns.is_empty());
        out.samples.moved += u64::from(moved);
        if columns.is_empty() && !moved {
            out.samples.same += 1;
            return;
        }
        let columns = columns.into_iter().cloned().collect();
        self.note(Some(old), Some(new), columns, out);
    }

    /// Keeps the first samples that differ, by id.
    fn note(&mut self, old: Option<&Row>, new: Option<&Row>, columns: Vec<String>, out: &mut Difference) {
        let Some(id) = new.or(old).and_then(|row| row.id.clone()) else {
            out.left_out += 1; // a release without ids has no names for its samples
            return;
        };
        let split = |row: Option<&Row>| row.and_then(|r| self.splits.get(usize::from(r.split))).cloned();
        let (old_split, new_split) = (split(old), split(new));
        // by content one id may be two samples
        let place = (id.to_string(), usize::from(old.is_none()));
        self.first.insert(place, Differing { id: id.into(), old_split, new_split, columns });
        if self.first.len() > self.most {
            self.first.pop_last();
            out.left_out += 1;
        }
    }

    /// What waits to the end is in another split of the other side, or not there.
    fn finish(mut self, out: &mut Difference) -> [BTreeSet<String>; 2] {
        let [old, mut new] = std::mem::take(&mut self.pending);
        let mut rest = [BTreeSet::new(), BTreeSet::new()];
        let mut moved: BTreeMap<(u16, u16), u64> = BTreeMap::new();
        let by_split = |mut rows: Vec<Row>| {
            rows.sort_by(|a, b| (a.split, &a.id).cmp(&(b.split, &b.id)));
            rows.into_iter()
        };
        let mut gone = Vec::new();
        for (key, rows) in old {
            let mut others = by_split(new.remove(&key).unwrap_or_default());
            for row in by_split(rows) {
                match others.next() {
                    Some(other) => {
                        *moved.entry((row.split, other.split)).or_default() += 1;
                        self.compare(&row, &other, out);
                    }
                    None => gone.push(row),
                }
            }
            new.extend((others.len() > 0).then(|| (key, others.collect())));
        }
        for (side, rows) in [gone, new.into_values().flatten().collect()].into_iter().enumerate() {
            for row in rows {
                let split = self.splits.get(usize::from(row.split)).cloned().unwrap_or_default();
                let (counts, n) = match side {
                    0 => (&mut out.removed, &mut out.samples.removed),
                    _ => (&mut out.added, &mut out.samples.added),
                };
                *n += 1;
                *counts.entry(split).or_default() += 1;
                if let (true, Some(id)) = (self.by_id, &row.id) {
                    rest.iter_mut().skip(side).take(1).for_each(|ids| ids.extend([id.to_string()]));
                }
                let (old, new) = if side == 0 { (Some(&row), None) } else { (None, Some(&row)) };
                self.note(old, new, Vec::new(), out);
            }
        }
        let name = |n: u16| self.splits.get(usize::from(n)).cloned().unwrap_or_default();
        out.moved = moved.into_iter().map(|((a, b), samples)| Moved { from: name(a), to: name(b), samples }).collect();
        out.differing = self.first.into_values().collect();
        rest
    }
}
