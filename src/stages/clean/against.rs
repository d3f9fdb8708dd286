//! `clean.near_duplicates/against`: samples that overlap test sets and benchmarks.
//!
//! ```toml
//! [clean]
//! near_duplicates = { threshold = 0.8, against = ["benchmark"], passage = 50 }
//! ```
//!
//! Stands there where `against` names releases: of members of the workspace, frozen versions, or folders of the project. Each sample
//! is compared with all texts there, exactly ([`crate::measure::overlap`]): it is the same but for spaces and case
//! (`overlap.same`), its n-grams reach the threshold (`overlap.near`), or it has a passage of so many characters in common with one
//! (`overlap.passage`). The `action` of the table is taken with it. It stands before the near duplicates, so that no sample goes
//! in favour of one that leaves. Facts: `compared` (samples with a text), `overlaps`, and of each kind and each release how many.
//! Limits: the texts of the releases are held in memory, and are read from `jsonl`.
use super::near_duplicates::{Action, Declaration, N, Unit, default_unit, fraction, meant};
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::manifest::workspace::mounted;
use crate::measure::ngrams::{self, Grams};
use crate::measure::overlap::{Known, Overlap, Want};
use crate::stage::*;
use crate::table::texts;
use crate::world::FETCHED;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

pub const ENTRY: Entry = Entry::row::<Against>("clean/against", "clean.near_duplicates", declare);

/// Characters of a passage where the manifest does not say.
const PASSAGE: u32 = 50;
/// Bytes of the texts of all releases that are compared with.
const BYTES_MAX: u64 = 1 << 30;
/// Bytes of the list of sums, and of release.json.
const LIST_MAX: u64 = 256 << 20;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    if meant(check, &d).is_some() {
        return Vec::new(); // its keys are told there
    }
    if d.against.is_empty() {
        check_idle(check, &d);
        return Vec::new();
    }
    let on = check.plain_texts(d.on.as_deref());
    let fields: Vec<String> = match &d.against_on {
        Some(own) => own.iter().map(|field| field.get().clone()).collect(),
        None => on.iter().map(|field| field.replace('.', "_")).collect(),
    };
    let (mut sets, mut files) = (Vec::new(), Vec::new());
    for named in &d.against {
        let Some(own) = files_of(check, named) else { continue };
        let there = columns(check, named);
        for (i, field) in
            fields.iter().enumerate().filter(|(_, field)| there.as_ref().is_some_and(|t| !t.contains(field)))
        {
            let span = d.against_on.as_ref().and_then(|of| of.get(i)).map_or(named.span(), At::span);
            let message = format!("the release `{}` has no column `{field}`", named.get());
            let all = there.as_deref().unwrap_or_default().join(", ");
            let problem = Diagnostic::error("T0724", span, message).label(format!("it has {all}"));
            check.bad(problem.help("against_on = [\"COLUMN\"] names the columns that are compared"));
        }
        sets.push(Set { name: named.get().clone(), files: own.iter().map(|f| f.1).collect() });
        files.extend(own);
    }
    let bytes: u64 = files.iter().map(|f| f.2).sum();
    if bytes > BYTES_MAX {
        let span = d.against.first().map_or(check.span.clone(), At::span);
        let problem = Diagnostic::error("T0725", span, "there is too much to compare with");
        check.bad(problem.label(format!("{bytes} bytes; at most {BYTES_MAX} are held")));
    }
    let map = Map {
        on: on.clone(),
        fields,
        unit: d.unit.unwrap_or_else(|| default_unit(check)),
        n: d.n.unwrap_or(N),
        threshold: d.threshold.to_string(),
        passage: d.passage.as_ref().map_or(PASSAGE, |p| *p.get()),
        sets,
    };
    let drops = d.action != Action::Report;
    let ports = Ports { table: "samples".into(), reads: on, drops, ..Ports::default() };
    let names = Names { sets: map.sets.iter().map(|s| s.name.clone()).collect() };
    let plan = Plan::row::<Against>(ports, &map, &names, &Apply { action: d.action }).word("against");
    vec![Plan { files, ..plan }]
}

/// Keys that speak of `against` say nothing without it.
fn check_idle(check: &mut Check, d: &Declaration) {
    let on = d.against_on.as_ref().and_then(|on| on.first()).map(|on| ("against_on", on.span()));
    for (key, span) in on.into_iter().chain(d.passage.as_ref().map(|p| ("passage", p.span()))) {
        let problem = Diagnostic::error("T0726", span, format!("`{key}` says nothing without `against`"));
        check.bad(
            problem.label("without effect").help("against = [\"MEMBER\"] names what the samples are compared with"),
        );
    }
}

/// The files of a release with their digests and sizes; `None` with the problem noted.
fn files_of(check: &mut Check, named: &At<String>) -> Option<Vec<(String, Digest, u64)>> {
    let (paths, format) = check.released(named)?;
    let top = format!("{FETCHED}{}/", mounted(named));
    if format != "jsonl" || paths.iter().any(|path| !path.ends_with(".jsonl")) {
        let message = format!("the release `{}` has no JSON Lines", named.get());
        let problem =
            Diagnostic::error("T0722", named.span(), message).label("what is compared with is read from `jsonl`");
        check.bad(problem.help("formats = [\"jsonl\"] in its [release.NAME]"));
        return None;
    }
    let list = check.world.read(&format!("{top}B3SUMS"), LIST_MAX).unwrap_or_default();
    let list = String::from_utf8_lossy(&list).into_owned();
    let sums: BTreeMap<&str, Digest> =
        list.lines().filter_map(|l| l.split_once("  ")).filter_map(|(d, p)| Some((p, Digest::parse(d)?))).collect();
    let of = |path: String| {
        let digest = *sums.get(path.strip_prefix(&top)?)?;
        let size = check.world.stat(&path)?.size;
        Some((path, digest, size))
    };
    Some(paths.into_iter().filter_map(of).collect())
}

/// The columns of a release, as its release.json says.
fn columns(check: &Check, named: &At<String>) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    struct About {
        columns: Vec<String>,
    }
    let path = format!("{FETCHED}{}/release.json", mounted(named));
    let bytes = check.world.read(&path, LIST_MAX).ok()?;
    serde_json::from_slice::<About>(&bytes).ok().map(|about| about.columns)
}

/// A release that is compared with.
#[derive(Serialize, Deserialize, Default, Clone, PartialEq)]
struct Set {
    name: String,
    files: Vec<Digest>,
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    fields: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    unit: Unit,
    #[serde(default, skip_serializing_if = "is_default")]
    n: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    threshold: String,
    #[serde(default, skip_serializing_if = "is_default")]
    passage: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    sets: Vec<Set>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
}

/// The releases by their numbers.
#[derive(Serialize, Deserialize, Default)]
struct Names {
    #[serde(default, skip_serializing_if = "is_default")]
    sets: Vec<String>,
}

/// All that samples are compared with.
struct Benchmarks {
    /// The release and the id of each document.
    of: Vec<(usize, String)>,
    known: Known,
}

/// What was compared with last, under the parameters that it was made for: it is the same for each partition.
static LAST: Mutex<Option<(String, Arc<Benchmarks>)>> = Mutex::new(None);

impl Benchmarks {
    fn of(p: &Map, rows: &Rows) -> Result<Arc<Benchmarks>, Fault> {
        let key = text(p);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner); // the first makes it, others wait
        if let Some((_, made)) = last.as_ref().filter(|(of, _)| *of == key) {
            return Ok(made.clone());
        }
        let made = Arc::new(Benchmarks::read(p, rows)?);
        *last = Some((key, made.clone()));
        Ok(made)
    }

    fn read(p: &Map, rows: &Rows) -> Result<Benchmarks, Fault> {
        let threshold = Decimal::parse(&p.threshold).ok().as_ref().and_then(fraction);
        let threshold = threshold.ok_or_else(|| Fault::Bug("the threshold is none".into()))?;
        let grams = match p.unit {
            Unit::Words => Grams::Words(p.n as usize),
            Unit::Characters => Grams::Characters(p.n as usize),
        };
        let (mut of, mut documents) = (Vec::new(), Vec::new());
        for (number, set) in p.sets.iter().enumerate() {
            for digest in &set.files {
                let bytes = rows.blob(*digest)?;
                for line in bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
                    let (id, texts) = document(line, &p.fields)
                        .ok_or_else(|| Fault::World(format!("a line of the release {} is no record", set.name)))?;
                    of.push((number, id));
                    documents.push(texts);
                }
            }
        }
        let want = Want { grams, threshold, passage: p.passage as usize };
        Ok(Benchmarks { of, known: Known::of(want, &documents) })
    }
}

/// The id of a record, and its texts in some columns.
fn document(line: &[u8], fields: &[String]) -> Option<(String, Vec<String>)> {
    let record: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(line).ok()?;
    let id = record.get("id").and_then(|id| id.as_str()).unwrap_or_default().to_string();
    let own = fields.iter().filter_map(|field| Some(record.get(field)?.as_str()?.to_string()));
    Some((id, own.collect()))
}

struct Against;

impl RowStage for Against {
    const USES: &'static [&'static str] = ngrams::USES;
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Names;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let benchmarks = Benchmarks::of(p, rows)?;
        let columns = p.on.iter().map(|name| rows.column(name)).collect::<Result<Vec<_>, Fault>>()?;
        let columns: Vec<_> = columns.iter().map(|column| texts(column.as_ref())).collect();
        let document =
            |row: usize| -> Vec<&str> { columns.iter().filter_map(|c| c.get(row).copied().flatten()).collect() };
        let found: Vec<Mutex<Option<(usize, Overlap)>>> = (0..rows.len()).map(|_| Mutex::new(None)).collect();
        rows.tools().each(rows.len(), &|row| {
            let overlap = benchmarks.known.overlap(&document(row));
            if let Some(slot) = found.get(row) {
                *slot.lock().unwrap_or_else(PoisonError::into_inner) = overlap;
            }
        });
        for (row, found) in found.into_iter().enumerate() {
            if document(row).iter().any(|text| !text.trim().is_empty()) {
                summary.put("", row, []);
            }
            let Some((number, overlap)) = found.into_inner().unwrap_or_else(PoisonError::into_inner) else { continue };
            let Some((set, id)) = benchmarks.of.get(number) else { continue };
            let name = p.sets.get(*set).map(|s| s.name.as_str()).unwrap_or_default();
            let (kind, say) = words(overlap, id, name);
            summary.put(format!("{kind}\t{set}"), row, say);
        }
        Ok(Delta::default())
    }
}

/// What was found of a sample.
#[derive(Serialize, Deserialize, Default)]
struct Found {
    kind: String,
    say: String,
}

/// The kind of an overlap, and what is told of it.
fn words(overlap: Overlap, id: &str, name: &str) -> (&'static str, String) {
    match overlap {
        Overlap::Same => ("same", format!("the same as {id} of {name}")),
        Overlap::Near(near) => {
            let n = near.thousandths();
            ("near", format!("nearly the same as {id} of {name}: similarity {}.{:03}", n / 1000, n % 1000))
        }
        Overlap::Passage(n) => ("passage", format!("has {n} characters in a row in common with {id} of {name}")),
    }
}

impl Against {
    fn gather(p: &Names, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut kinds: BTreeMap<String, u64> = ["same", "near", "passage"].map(|kind| (kind.to_string(), 0)).into();
        let mut sets = vec![0u64; p.sets.len()];
        let mut compared = 0u64;
        for hit in hits.iter() {
            let key = String::from_utf8_lossy(&hit.key);
            let Some((kind, set)) = key.split_once('\t') else {
                compared += 1;
                continue;
            };
            let say = String::from_utf8_lossy(&hit.value).into_owned();
            out.put_json(hit.at, &Found { kind: kind.to_string(), say })?;
            *kinds.entry(kind.to_string()).or_default() += 1;
            set.parse().ok().and_then(|set: usize| sets.get_mut(set)).into_iter().for_each(|n| *n += 1);
        }
        out.fact("compared", compared);
        out.fact("overlaps", kinds.values().sum::<u64>());
        kinds.into_iter().for_each(|(kind, n)| out.fact(kind, n));
        p.sets.iter().zip(sets).for_each(|(name, n)| out.fact(format!("with.{name}"), n));
        Ok(())
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for found in slice.each::<Found>() {
            let (row, Found { kind, say }) = found?;
            let act = match p.action {
                Action::Drop => Act::DROP,
                Action::Review => Act::Review,
                Action::Report => Act::Finding,
            };
            delta.event(row, act, "clean.near_duplicates.against", format!("overlap.{kind}"), say);
        }
        Ok(delta)
    }
}
