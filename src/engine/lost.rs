//! Files of a source that are broken or gave nothing, and records that were dropped, by rule. A file that is read wrongly as a whole is a
//! mistake of the manifest, however small a share of its source it is.
use super::ledger;
use super::scan::Unit;
use super::session::Session;
use super::state::{Built, StepRun, parents_of};
use super::step::Step;
use crate::formats::Cut;
use crate::formats::cut::Holds;
use crate::formats::{pointer, swallowed};
use crate::stage::{Act, Event, Fact, Fault};
use crate::table::texts;
use std::collections::{BTreeMap, BTreeSet};

/// From so many rejected records on a share of a file, or of a source, is worth judging.
pub const MANY: u64 = 10;

/// So many files are told by name.
const NAMED: usize = 4;

/// What a file gave.
#[derive(Default)]
struct Gave {
    records: u64,
    rejected: BTreeMap<String, u64>,
    /// Why the file is broken as a whole, so that nobody knows what it lacks.
    broken: Option<String>,
}

impl Gave {
    fn lost(&self) -> u64 {
        self.rejected.values().sum()
    }

    /// There is nothing, more than half was rejected, or more than a tenth of many records.
    fn is_lost(&self) -> bool {
        let lost = self.lost();
        self.records == 0 || lost * 2 > self.records || (lost >= MANY && lost * 10 > self.records)
    }
}

/// Rules of records that say that their file is broken: a list, a quote or a record without its end, a row group that does not
/// read.
const PARTS: [&str; 4] = ["json.end", "csv.endless", "parquet", "warc.truncated"];

/// Whether a rule is that of a file or an archive as a whole. All of what stands before a trailing part was read.
fn breaks_file(rule: &str) -> bool {
    let whole = rule.starts_with("file.") || rule.starts_with("archive.") || PARTS.contains(&rule);
    whole && rule != "file.trailing"
}

/// Files that are broken, without a record, of which more than half was rejected, or more than a tenth and at least ten
/// records: how many, and words that name them.
pub fn files(s: &Session, step: &Step, run: &StepRun) -> Result<(u64, String), Fault> {
    let (Some(source), Some(scanned)) = (step.plan.scan.as_ref(), run.scanned.as_ref()) else {
        return Ok((0, String::new()));
    };
    // where a file is a record, records are judged together
    let many = !source.images && source.cut != Cut::Document(Holds::One);
    let (mut n, mut told) = if many { (scanned.empty.0, scanned.empty.1.clone()) } else { (0, Vec::new()) };
    told.iter_mut().for_each(|path| path.push_str(" holds no record"));
    let lost = |gave: &Gave| gave.broken.is_some() || (many && gave.is_lost());
    for (path, gave) in of_files(s, step, run, many)?.into_iter().filter(|(_, gave)| lost(gave)) {
        n += 1;
        if let Some(say) = gave.broken {
            told.push(format!("{path}: {say}"));
            continue;
        }
        let rules: Vec<&str> = gave.rejected.keys().map(String::as_str).collect();
        let (lost, all) = (gave.lost(), gave.records);
        told.push(match all {
            0 => format!("{path} holds no record"),
            _ => format!("{lost} of the {all} records of {path} are rejected ({})", rules.join(", ")),
        });
    }
    let more = n.saturating_sub(NAMED as u64);
    told.truncate(NAMED);
    told.extend((more > 0).then(|| format!("and {more} more files")));
    Ok((n, told.join("; ")))
}

/// What each file gave of which records were rejected; where only its reader knows how many records a file holds, each.
fn of_files(s: &Session, step: &Step, run: &StepRun, many: bool) -> Result<BTreeMap<String, Gave>, Fault> {
    let mut all: BTreeMap<String, Gave> = BTreeMap::new();
    let counted = step.plan.scan.as_ref().is_some_and(|source| source.cut.counted_by_reader());
    let (Some(scanned), true) = (run.scanned.as_ref(), counted || run.parts.iter().any(|p| p.counts().drops > 0))
    else {
        return Ok(all);
    };
    for (k, part) in run.parts.iter().enumerate().filter(|(_, part)| many || part.counts().drops > 0) {
        let units = scanned.units(k)?;
        // a link, a name or a depth that is not followed is one drop, and no file that was read
        let read = |unit: &&Unit| unit.stretch.reject.as_ref().is_none_or(|rule| !rule.starts_with("path."));
        let name = |row: u32| units.get(row as usize).filter(read).map(Unit::name);
        for unit in units.iter().filter(read) {
            all.entry(unit.name()).or_default().records += u64::from(unit.stretch.records);
        }
        for (_, _, outcome) in &part.outcomes {
            let born = outcome.born.as_ref().filter(|_| counted);
            let parents = born.map(|b| s.bytes(b.parents)).transpose()?.map(|b| parents_of(&b)).unwrap_or_default();
            for path in parents.iter().filter_map(|(row, _)| name(*row)) {
                all.entry(path).or_default().records += 1;
            }
        }
        for e in ledger::events(s, part)?.into_iter().filter(|e| matches!(e.act, Act::Drop { .. })) {
            let Some(path) = name(e.row) else { continue };
            let gave = all.entry(path).or_default();
            let counts = swallowed::records(&e.rule, &e.say);
            gave.records = (gave.records + counts).saturating_sub(u64::from(!counted));
            if counts == 0 {
                continue;
            }
            if breaks_file(&e.rule) {
                gave.broken.get_or_insert(e.say);
            }
            *gave.rejected.entry(e.rule).or_default() += counts;
        }
    }
    Ok(all)
}

/// Rules of pictures whose file is none, or is damaged, and not of what the manifest wants of them.
const PICTURES: [&str; 6] =
    [pointer::RULE, "image.corrupt", "image.empty", "image.format", "image.pixels", "image.truncated"];

/// How many pictures of a source a step dropped for their file, and which rules they broke with the words about the first of each.
pub fn unread(
    s: &Session,
    built: &Built,
    (step, run): (&Step, &StepRun),
    source: &str,
) -> Result<(u64, String), Fault> {
    let (mut rows, mut rules) = (BTreeSet::new(), BTreeMap::<String, (u64, String)>::new());
    for (k, part) in run.parts.iter().enumerate().filter(|(_, p)| p.counts().drops > 0) {
        let table = built.tables.get(&step.plan.ports.table);
        let own = table.and_then(|table| table.parts.iter().find(|p| p.uid == part.uid));
        let sources =
            own.and_then(|own| own.columns.get("source").copied().flatten()).map(|d| s.array(d)).transpose()?;
        let sources = sources.as_ref().map(|sources| texts(sources.as_ref()));
        // of a row that nobody knows the source of, it may be this one
        let of = |row: u32| match &sources {
            Some(all) => all.get(row as usize).copied().flatten().is_none_or(|own| own == source),
            None => true,
        };
        let drops = ledger::events(s, part)?.into_iter().filter(|e| matches!(e.act, Act::Drop { .. }));
        for e in drops.filter(|e| PICTURES.contains(&e.rule.as_str()) && of(e.row)) {
            if rows.insert((k, e.row)) {
                rules.entry(e.rule).or_insert((0, e.say)).0 += 1;
            }
        }
    }
    let words = rules.into_iter().map(|(rule, (n, say))| format!("{rule} {n} ({say})"));
    Ok((rows.len() as u64, words.collect::<Vec<_>>().join(", ")))
}

/// The fact of a source, or undefined with the files by name.
pub fn by_name(s: &Session, step: &Step, run: &StepRun) -> Result<Fact, Fault> {
    let (n, told) = files(s, step, run)?;
    Ok(if n == 0 { Fact::Int(0) } else { Fact::Undefined(told) })
}

/// What dropped records count for besides themselves where losses are judged: how many lines of files they took with them,
/// without the first of each, and how many of them are rows that hold nothing, which count for no loss.
pub fn weighed(s: &Session, run: &StepRun) -> Result<(u64, u64), Fault> {
    let (mut more, mut empty) = (0, 0);
    for part in run.parts.iter().filter(|p| p.counts().drops > 0) {
        let events = ledger::events(s, part)?.into_iter().filter(|e| matches!(e.act, Act::Drop { .. }));
        for e in events {
            match swallowed::records(&e.rule, &e.say) {
                0 => empty += 1,
                n => more += n - 1,
            }
        }
    }
    Ok((more, empty))
}

/// How many records or samples a step dropped: each once, for however many reasons.
pub fn gone(s: &Session, step: &Step, run: &StepRun) -> Result<u64, Fault> {
    // of a reader's events `record` is a record, of others a vote
    let record = |e: &Event| if step.plan.scan.is_some() { e.record } else { 0 };
    let mut out = 0;
    for part in run.parts.iter().filter(|p| p.counts().drops > 0) {
        let events = ledger::events(s, part)?;
        let drops = events.iter().filter(|e| matches!(e.act, Act::Drop { .. }));
        out += drops.map(|e| (e.row, record(e))).collect::<BTreeSet<_>>().len() as u64;
    }
    Ok(out)
}

/// Records or samples that a step dropped, by rule: one that has several reasons counts for each of them.
pub fn dropped(s: &Session, run: &StepRun) -> Result<BTreeMap<String, u64>, Fault> {
    let mut out = BTreeMap::new();
    for part in run.parts.iter().filter(|p| p.counts().drops > 0) {
        for e in ledger::events(s, part)?.into_iter().filter(|e| matches!(e.act, Act::Drop { .. })) {
            *out.entry(e.rule).or_insert(0) += 1;
        }
    }
    Ok(out)
}
