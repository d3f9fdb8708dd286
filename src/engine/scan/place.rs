//! Where a record stands, in words for a person; worked out when somebody asks.
use super::units::{Unit, open_unit};
use crate::formats::cut::{Holds, text};
use crate::formats::{Cut, tar};
use crate::stage::Source;
use crate::world::World;

/// The place of a unit's record: `PATH:LINE` where it has a line, else the path, with the record's number where there are
/// several. `line` is that of the record, or of the document, which is meant; 0 where that is not known.
pub fn place(world: &World, unit: &Unit, record: u32, line: u32, source: &Source) -> String {
    let name = unit.name();
    let number = unit.stretch.line + u64::from(record);
    let rejected = unit.stretch.reject.is_some();
    match &source.cut {
        _ if rejected && unit.stretch.name.is_none() && tar::is_archive(&unit.path) => {
            format!("{name} member {number}")
        }
        Cut::Text(split) => format!("{name}:{}", line_of(world, unit, record, line, split, source.record_max)),
        Cut::Document(_) | Cut::Members(_) if line > 0 => format!("{name}:{line}"),
        Cut::Document(Holds::Many) if !rejected => format!("{name} record {}", record + 1),
        Cut::Members(_) if !rejected => format!("{name} row {number}"),
        Cut::Document(_) | Cut::Members(_) => name,
    }
}

/// The places of several records of a unit, which is opened once.
pub fn places(world: &World, unit: &Unit, records: &[u32], source: &Source) -> Vec<String> {
    let Cut::Text(split) = &source.cut else {
        return records.iter().map(|record| place(world, unit, *record, 0, source)).collect();
    };
    let name = unit.name();
    let lines = lines_of(world, unit, records, split, source.record_max);
    lines.into_iter().map(|line| format!("{name}:{line}")).collect()
}

/// The lines at which records of a unit stand.
fn lines_of(world: &World, unit: &Unit, of: &[u32], split: &text::Split, record_max: u64) -> Vec<u64> {
    let first = unit.stretch.line;
    let bytes = open_unit(world, unit).ok().filter(|_| unit.stretch.reject.is_none());
    let Some(bytes) = bytes else { return vec![first; of.len()] };
    let (mut above, mut at) = (0, 0);
    let mut begins = vec![(0, 0)];
    for record in text::split(&split.further(), &bytes, record_max) {
        above += u64::from(record.lines);
        at += record.len as usize;
        begins.push((above, at));
    }
    let line = |record: &u32| {
        let (above, at) = begins.get(*record as usize).or(begins.last()).copied().unwrap_or_default();
        first + above + blank(bytes.get(at..).unwrap_or_default())
    };
    of.iter().map(line).collect()
}

/// Blank lines in front of a record, which belong to it.
fn blank(own: &[u8]) -> u64 {
    own.split(|b| *b == b'\n').take_while(|l| l.is_empty() || *l == b"\r").count().min(1_000) as u64
}

/// The line of a file at which a unit's record stands, counted anew from the bytes; with `line`, that line of it.
fn line_of(world: &World, unit: &Unit, record: u32, line: u32, split: &text::Split, record_max: u64) -> u64 {
    let first = unit.stretch.line;
    if unit.stretch.reject.is_some() {
        return first;
    }
    let Ok(bytes) = open_unit(world, unit) else { return first };
    let records = text::split(&split.further(), &bytes, record_max);
    let before = records.iter().take(record as usize);
    let (above, at) = before.fold((0, 0), |(l, b), r| (l + u64::from(r.lines), b + r.len as usize));
    if line > 0 {
        return first + above + u64::from(line) - 1;
    }
    first + above + blank(bytes.get(at..).unwrap_or_default())
}
