//! `collect`: ids are a set over all sources. Equal id and equal content: one stays, the others are merged into it.
//! Equal id and other content: the first stays, the others are dropped with a finding `id.conflict`, and a gate fails.
//!
//! Sources that declare no id keep their equal records: the n-th, in the order of the data, has the id `DIGEST~n` and a
//! finding `id.numbered`. With `id = "position"` the n-th sample of a file has the id `FILE:n`. Finding `id.alike`: an id
//! that differs from an earlier one in white space or normal form alone.
//!
//! Reads `id` and all columns that the sources give. Nothing is declared for it; `id_prefix` of a source is the remedy of
//! a conflict between two.
use super::declaration::{Numbers, numbered};
use crate::digest;
use crate::manifest::Decimal;
use crate::measure::names::{self, look};
use crate::stage::*;
use crate::table::{feed, text_column, texts, utf8};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// An id as it is kept: prefixed, else as it is written, of 1-512 bytes without control characters.
pub fn make_id(prefix: &str, id: &str) -> Result<String, String> {
    let id = format!("{prefix}{id}");
    if id.is_empty() || id.len() > 512 {
        return Err(format!("an id of {} bytes; 1 to 512 are allowed", id.len()));
    }
    if id.chars().any(char::is_control) {
        return Err("the id has a control character".into());
    }
    Ok(id)
}

pub const ENTRY: Entry = Entry::row::<Ids>("collect/ids", "collect", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(columns) = check.columns.get("samples") else { return Vec::new() };
    let mut reads = names(&["id"]);
    reads.extend(columns.keys().filter(|c| *c != "id" && *c != "source").cloned());
    let map = Map { numbered: numbered(check) };
    let mut ports = Ports { table: "samples".into(), reads, drops: true, ..Ports::default() };
    if !map.numbered.is_empty() {
        ports.reads.push("source".into());
        ports.apply_reads = names(&["id"]);
        ports.writes = writes([("id", Column::new(utf8()).harmless())]);
    }
    vec![Plan {
        gates: vec![
            Gate::at_most("collect", "collect.conflicts", Decimal::default(), first_id(check))
                .say("records that differ have the same id")
                .look("tamis show collect --findings"),
        ],
        ..Plan::map::<Ids>(ports, &map)
    }]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The sources whose samples are numbered.
    #[serde(default, skip_serializing_if = "is_default")]
    numbered: BTreeMap<String, Numbers>,
}

/// Where the first source says what its ids are.
fn first_id(check: &Check) -> std::ops::Range<usize> {
    let sources = check.manifest.instances(&["collect"]);
    let own = |name: &String| check.manifest.span_of(&format!("collect.{name}.id"));
    let first = sources.first().map(|(name, span, _)| own(name).unwrap_or(span.clone()));
    first.unwrap_or(check.span.clone())
}

struct Ids;

/// What the map says of a row: its id is its own, or one of those that are numbered; or what its id is, under what it
/// looks like.
const OWN: u8 = b'=';
const EQUAL: u8 = b'~';
const POSITION: u8 = b':';
const ALIKE: u8 = b'?';

/// What is decided of a record: its id is another record's, or one that was made for another record.
const CONFLICT: u8 = b'!';
const MADE: u8 = b'*';

impl RowStage for Ids {
    const USES: &'static [&'static str] = names::USES;
    const MAP: u32 = 3;
    const GATHER: Option<GatherPart<Self>> = Some((3, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((3, Self::apply));
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut columns = Vec::new();
        for name in rows.names().filter(|n| *n != "id" && *n != "source") {
            columns.push(rows.column(name)?);
        }
        let sources = if p.numbered.is_empty() { Vec::new() } else { rows.texts("source")? };
        let ids = rows.column("id")?;
        let context = digest::Context::new("tamis row 1");
        let mut content = Vec::new();
        for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
            let id = id.unwrap_or_default();
            let kind = match sources.get(row).and_then(|s| p.numbered.get(s.as_deref()?)) {
                None => OWN,
                Some(Numbers::Equal) => EQUAL,
                Some(Numbers::Position) => POSITION,
            };
            content.clear();
            content.push(kind);
            for c in &columns {
                feed(c.as_ref(), row, &mut content);
            }
            let digest = context.digest(content.get(1..).unwrap_or_default()).0;
            summary.put(id, row, [&[kind], digest.get(..16).unwrap_or_default()].concat());
            let look = if kind == OWN { look(id) } else { id.into() };
            if look != id {
                summary.put(look.as_bytes(), row, [&[ALIKE], id.as_bytes()].concat());
            }
        }
        Ok(Delta::default())
    }
}

/// The records of one id, and of those that look like it.
#[derive(Default)]
struct Group {
    key: Vec<u8>,
    /// What the first record of the id holds.
    kept: Option<Vec<u8>>,
    /// Numbered records so far.
    numbered: u64,
    /// What stands before the numbers of the ids that were made of this one.
    sign: u8,
    /// The id was made for another record.
    taken: bool,
    /// Other ids that look like this one.
    alike: BTreeSet<Vec<u8>>,
}

/// The ids of which others were made, each beginning with those before it. Those that were made of an id follow it in the
/// order of ids, before any that does not begin with it, so no others need be remembered.
#[derive(Default)]
struct Made(Vec<Group>);

impl Made {
    /// Remembers what was made of a group, and says whether the next id was made of one of those before.
    fn next(&mut self, before: Group, key: &[u8]) -> bool {
        if before.numbered > 0 {
            self.0.push(before);
        }
        while self.0.last().is_some_and(|of| !key.starts_with(&of.key)) {
            self.0.pop();
        }
        self.0.iter().any(|of| of.made(key))
    }
}

impl Group {
    /// Whether an id is one of those that were made of this one.
    fn made(&self, id: &[u8]) -> bool {
        let number = id.get(self.key.len()..).and_then(|rest| rest.strip_prefix(&[self.sign]));
        let number = number.and_then(|n| std::str::from_utf8(n).ok()).filter(|n| !n.starts_with(['0', '+']));
        let first = if self.sign == EQUAL { 2 } else { 1 };
        number.and_then(|n| n.parse().ok()).is_some_and(|n: u64| (first..=self.numbered).contains(&n))
    }
}

impl Ids {
    /// One id in memory at a time, and those that it begins with.
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut of, mut made) = (Group::default(), Made::default());
        let (mut merged, mut conflicts, mut numbered, mut alike) = (0u64, 0u64, 0u64, 0u64);
        for hit in hits.iter() {
            if of.key != *hit.key {
                let taken = made.next(std::mem::take(&mut of), &hit.key);
                of = Group { key: hit.key.to_vec(), taken, ..Group::default() };
            }
            let Some((kind, value)) = hit.value.split_first() else { continue };
            match (*kind, &of.kept) {
                (ALIKE, _) if of.alike.insert(value.to_vec()) => {
                    // the first of several is the one that the others look like
                    if of.kept.is_some() || of.alike.len() > 1 {
                        alike += 1;
                        out.put(hit.at, [ALIKE]);
                    }
                }
                (ALIKE, _) => {}
                (OWN, _) if of.taken => {
                    conflicts += 1;
                    out.put(hit.at, [MADE]);
                }
                (EQUAL | POSITION, kept) => {
                    of.sign = *kind;
                    of.numbered += 1 + u64::from(*kind == EQUAL && of.numbered == 0 && kept.is_some());
                    if *kind == POSITION || of.numbered > 1 {
                        numbered += u64::from(*kind == EQUAL);
                        let sign = char::from(*kind);
                        let id = format!("{}{sign}{}", String::from_utf8_lossy(&hit.key), of.numbered);
                        out.put(hit.at, [&[*kind], id.as_bytes()].concat());
                    }
                    if *kind == EQUAL {
                        of.kept.get_or_insert_with(|| value.to_vec());
                    }
                }
                (_, None) => {
                    of.kept = Some(value.to_vec());
                    if !of.alike.is_empty() {
                        alike += 1;
                        out.put(hit.at, [ALIKE]);
                    }
                }
                (_, Some(kept)) if *kept == value => {
                    merged += 1;
                    out.put(hit.at, [&[OWN], &*hit.key].concat());
                }
                _ => {
                    conflicts += 1;
                    out.put(hit.at, [CONFLICT]);
                }
            }
        }
        out.fact("merged", merged);
        out.fact("conflicts", conflicts);
        out.fact("numbered", numbered);
        out.fact("alike", alike);
        Ok(())
    }

    fn apply(_: &Nothing, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut given: BTreeMap<usize, String> = BTreeMap::new();
        for (row, say) in &slice.rows {
            let row = *row as usize;
            let mut tell = |act, rule, say| delta.event(row, act, "collect", rule, say);
            let Some((kind, id)) = say.split_first() else { continue };
            let id = String::from_utf8_lossy(id).into_owned();
            match *kind {
                OWN => {
                    let say = "the same id and the same content as an earlier record";
                    tell(Act::Merge(id), "id.repeated", say);
                }
                ALIKE => {
                    let say = "its id and that of an earlier record differ in white space or normal form alone";
                    tell(Act::Finding, "id.alike", say);
                }
                EQUAL => {
                    let say = "equal to an earlier record, and told from it by a number: no `id` is declared";
                    tell(Act::Finding, "id.numbered", say);
                    given.insert(row, id);
                }
                POSITION => drop(given.insert(row, id)),
                MADE => {
                    tell(Act::Fail, "id.conflict", "its id is one that was made for another record by numbering");
                    let say = "the numbered record keeps it; an `id_prefix` of one source tells them apart";
                    tell(Act::DROP, "id.conflict", say);
                }
                _ => {
                    tell(Act::Fail, "id.conflict", "the same id as an earlier record, but other content");
                    let say = "the earlier record stays; an `id_prefix` tells records of two sources apart; those of one \
                               source a field in which they differ, or `id = \"position\"`";
                    tell(Act::DROP, "id.conflict", say);
                }
            }
        }
        if !given.is_empty() {
            let ids = rows.texts("id")?;
            let ids = ids.iter().enumerate().map(|(row, id)| given.get(&row).or(id.as_ref()).map(String::as_str));
            delta.write("id", text_column(ids));
        }
        Ok(delta)
    }
}
