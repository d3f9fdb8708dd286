//! Stages of every kind in one project, on more data than a file that is one unit: born rows, Sample grain, conclusions,
//! bytes made by a kernel, a table given by a whole stage and joined, rows regrouped twice. Whatever the size of
//! partitions, the grain, the history of builds and the state of the store: the release is the same.
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tamis::digest::Digest;
use tamis::engine::{ledger, session::Session};
use tamis::project::{Finished, Options, Project};
use tamis::stage::*;
use tamis::table::{Array, DataType, array_of, blob, utf8};

const fn grain(by_sample: bool) -> Grain {
    if by_sample { Grain::Sample } else { Grain::Partition }
}

fn number(id: &str) -> usize {
    id.trim_start_matches('s').split('#').next().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// Bears a child of every second text, and two of every tenth; of the others it says something or drops them.
struct Children<const SAMPLE: bool>;

impl<const SAMPLE: bool> RowStage for Children<SAMPLE> {
    const GRAIN: Grain = grain(SAMPLE);
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut d = Delta::default();
        let (ids, texts) = (rows.texts("id")?, rows.texts("text")?);
        let (mut born, mut words) = (Vec::new(), Vec::new());
        for (row, (id, text)) in ids.iter().zip(&texts).enumerate() {
            let (id, text) = (id.clone().unwrap_or_default(), text.clone().unwrap_or_default());
            let copies = match number(&id) {
                n if n % 10 == 0 => 2,
                n if n % 2 == 0 => 1,
                n if n % 11 == 0 => {
                    d.event(row, Act::DROP, "children", "children.unlucky", "an unlucky number");
                    0
                }
                _ => 0,
            };
            if number(&id).is_multiple_of(7) {
                d.event(row, Act::Finding, "children", "children.seven", "divisible by seven");
            }
            summary.put(copies.to_string(), row, "");
            for copy in 0..copies {
                d.born.parents.push((row as u32, 0));
                born.push(Some(format!("{id}#{copy}")));
                words.push(Some(format!("{text} child")));
            }
        }
        if !born.is_empty() {
            d.born.columns.insert("id".into(), array_of(born));
            d.born.columns.insert("text".into(), array_of(words));
        }
        Ok(d)
    }
}

impl<const SAMPLE: bool> Children<SAMPLE> {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        out.fact("bearing", hits.iter().filter(|h| h.key.as_ref() != b"0").count() as u64);
        Ok(())
    }
}

/// Drops a text whose first word and length came before: the first in the order of the data stays.
struct Firsts<const SAMPLE: bool>;

impl<const SAMPLE: bool> RowStage for Firsts<SAMPLE> {
    const GRAIN: Grain = grain(SAMPLE);
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (row, text) in rows.texts("text")?.into_iter().enumerate() {
            let text = text.unwrap_or_default();
            summary.put(text.split(' ').take(2).collect::<Vec<_>>().join(" "), row, text.len().to_string());
        }
        Ok(Delta::default())
    }
}

impl<const SAMPLE: bool> Firsts<SAMPLE> {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut before: Option<Hit> = None;
        for hit in hits.iter() {
            if before.as_ref().is_some_and(|b| b.key == hit.key) && hit.value.len() % 2 == 0 {
                out.put(hit.at, "again");
            }
            before = Some(hit);
        }
        Ok(())
    }

    fn apply(_: &Nothing, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut d = Delta::default();
        for row in slice.rows.keys() {
            d.event(*row as usize, Act::DROP, "firsts", "firsts.again", "its first words came before");
        }
        Ok(d)
    }
}

/// Concludes the mean length of all texts and writes of each whether it is longer.
struct Longer<const SAMPLE: bool>;

impl<const SAMPLE: bool> RowStage for Longer<SAMPLE> {
    const GRAIN: Grain = grain(SAMPLE);
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (row, text) in rows.texts("text")?.into_iter().enumerate() {
            summary.put("", row, (text.unwrap_or_default().len() as u64).to_be_bytes());
        }
        Ok(Delta::default())
    }
}

impl<const SAMPLE: bool> Longer<SAMPLE> {
    fn gather(_: &Nothing, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut sum, mut n) = (0u64, 0u64);
        for hit in hits.iter() {
            sum += hit.value.as_ref().try_into().map_or(0, u64::from_be_bytes);
            n += 1;
        }
        let Fact::Int(bearing) = context.fact("children.bearing")? else { return Err(Fault::Bug("no fact".into())) };
        out.conclude((sum / n.max(1)).to_string());
        out.fact("mean", sum / n.max(1));
        out.fact("bearing", *bearing as u64);
        let row = vec![n.to_string(), sum.to_string()];
        out.fact("lengths", Fact::Table { columns: names(&["texts", "bytes"]), rows: vec![row] });
        Ok(())
    }

    fn apply(_: &Nothing, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mean: usize =
            String::from_utf8_lossy(&slice.all).parse().map_err(|_| Fault::Bug("no conclusion".into()))?;
        let longer = rows.texts("text")?.into_iter().map(|t| t.map(|t| (t.len() > mean).to_string()));
        let mut d = Delta::default();
        d.write("longer", array_of(longer.collect::<Vec<_>>()));
        Ok(d)
    }
}

/// Makes bytes of a text, and names them in a cell.
struct Makes<const SAMPLE: bool>;

impl<const SAMPLE: bool> RowStage for Makes<SAMPLE> {
    const GRAIN: Grain = grain(SAMPLE);
    const MAP: u32 = 1;
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut d = Delta::default();
        let texts = rows.texts("text")?;
        let made: Vec<Option<Digest>> =
            texts.into_iter().map(|t| t.map(|t| d.blob(t.chars().rev().collect::<String>().into_bytes()))).collect();
        d.write("made", array_of(made));
        Ok(d)
    }
}

/// Opens the bytes that another kernel made.
struct Opens;

impl RowStage for Opens {
    const MAP: u32 = 1;
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut opened = Vec::new();
        for digest in rows.cells::<Digest>("made")? {
            opened.push(digest.map(|d| rows.blob(d)).transpose()?.map(|b| String::from_utf8_lossy(&b).into_owned()));
        }
        let mut d = Delta::default();
        let first = |t: &Option<String>| t.as_ref().and_then(|t| t.chars().next()).map(|c| c.to_string());
        d.write("letter", array_of(opened.iter().map(first).collect::<Vec<_>>()));
        d.write("opened", array_of(opened));
        Ok(d)
    }
}

/// Counts the letters of all texts: a row each, in a table of its own.
struct Counts;

impl WholeStage for Counts {
    const RUN: u32 = 1;
    type Run = Nothing;

    fn run(_: &Nothing, pieces: &[Piece], context: &Context) -> Result<Output, Fault> {
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        for piece in pieces {
            for letter in piece.rows.texts("letter")?.into_iter().flatten() {
                *counts.entry(letter).or_default() += 1;
            }
        }
        context.tools.go_on()?;
        let ids = array_of(counts.keys().map(|l| Some(l.clone())).collect::<Vec<_>>());
        let n = array_of(counts.values().map(|n| Some(n.to_string())).collect::<Vec<_>>());
        let table = Some([("id".to_string(), ids), ("n".to_string(), n)].into());
        Ok(Output { table, ..Output::default() })
    }
}

/// Brings the counts back to the texts.
struct Meets;

impl JoinStage for Meets {
    const JOIN: u32 = 1;
    type Join = Nothing;

    fn join(_: &Nothing, _: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let n = right.texts("n")?;
        let mut d = Delta::default();
        d.write("frequency", array_of(matches.iter().map(|m| n[*m.first()?].clone()).collect::<Vec<_>>()));
        Ok(d)
    }
}

fn ports(table: &str, reads: &[&str], written: &[(&str, DataType)]) -> Ports {
    let writes = writes(written.iter().map(|(n, t)| (*n, t.clone())));
    Ports { table: table.into(), reads: names(reads), writes, ..Ports::default() }
}

fn regroup(from: &str) -> Regroup {
    Regroup { table: from.into(), by: None, only: None, window: 64, weighed: Vec::new() }
}

/// The stages between collecting and splitting, at either grain.
fn entries<const SAMPLE: bool>() -> Vec<Entry> {
    fn rows<S>(ports: Ports) -> Vec<Plan>
    where
        S: RowStage<Gather = Nothing, Apply = Nothing, Map = Nothing>,
    {
        vec![Plan::map::<S>(ports, &Nothing {})]
    }
    vec![
        Entry::row::<Children<SAMPLE>>("test/children", "children", |_| {
            let ports = Ports { drops: true, bears: true, ..ports("samples", &["id", "text"], &[("text", utf8())]) };
            rows::<Children<SAMPLE>>(ports)
        }),
        Entry::row::<Firsts<SAMPLE>>("test/firsts", "firsts", |_| {
            rows::<Firsts<SAMPLE>>(Ports { drops: true, ..ports("samples", &["text"], &[]) })
        }),
        Entry::row::<Longer<SAMPLE>>("test/longer", "longer", |_| {
            let (apply_reads, facts) = (names(&["text"]), names(&["children.bearing"]));
            rows::<Longer<SAMPLE>>(Ports { apply_reads, facts, ..ports("samples", &["text"], &[("longer", utf8())]) })
        }),
        Entry::row::<Makes<SAMPLE>>("test/makes", "makes", |_| {
            rows::<Makes<SAMPLE>>(ports("samples", &["text"], &[("made", blob())]))
        }),
        Entry::row::<Opens>("test/opens", "opens", |_| {
            rows::<Opens>(ports("samples", &["made"], &[("opened", utf8()), ("letter", utf8())]))
        }),
        Entry::regroup("test/first", "first", |_| {
            vec![Plan::regroup(ports("first", &["letter", "text"], &[]), regroup("samples"))]
        }),
        Entry::regroup("test/second", "second", |_| {
            vec![Plan::regroup(ports("second", &["letter"], &[]), regroup("first"))]
        }),
        Entry::whole::<Counts>("test/counts", "counts", |_| {
            let into = Some("letters".to_string());
            let ports = Ports { into, ..ports("second", &["letter"], &[("n", utf8())]) };
            vec![Plan::whole::<Counts>(ports, &Nothing {})]
        }),
        Entry::join::<Meets>("test/meets", "meets", |_| {
            let (table, key, on) = ("letters".to_string(), "id".to_string(), "letter".to_string());
            let right = Some(Right { table, key, on, reads: names(&["n"]), unmatched: None });
            let ports = Ports { right, ..ports("samples", &[], &[("frequency", utf8())]) };
            vec![Plan::join::<Meets>(ports, &Nothing {})]
        }),
    ]
}

fn registry(by_sample: bool) -> Vec<Entry> {
    let mut registry = tamis::stages::registry();
    let at = registry.iter().position(|e| e.path == "split").unwrap();
    let own = if by_sample { entries::<true>() } else { entries::<false>() };
    registry.splice(at..at, own);
    registry
}

const MANIFEST: &str = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\n\
    direct = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\n\
    license = \"CC0-1.0\"\n[split]\nratios = { train = 0.9, test = 0.1 }\n[release.all]\nformats = [\"jsonl\"]\n\
    columns = [\"id\", \"text\", \"longer\", \"opened\", \"frequency\", \"split\"]\n";

fn text(i: usize, edited: bool) -> String {
    let filler = "some words that fill a line ".repeat(1 + i % 7);
    format!("{} {} {filler}{i}{}", ["red", "blue", "green"][i % 3], i % 400, if edited { " edited" } else { "" })
}

/// Writes `n` texts, of which one is edited.
fn write(dir: &Path, n: usize, edited: Option<usize>) -> u64 {
    std::fs::create_dir_all(dir.join("raw")).unwrap();
    std::fs::write(dir.join("dataset.toml"), MANIFEST).unwrap();
    let line = |i: usize| format!("{{\"id\": \"s{i}\", \"text\": \"{}\"}}\n", text(i, edited == Some(i)));
    let lines: String = (0..n).map(line).collect();
    std::fs::write(dir.join("raw/a.jsonl"), &lines).unwrap();
    lines.len() as u64
}

/// What a build came to.
#[derive(Debug, PartialEq)]
struct Came {
    root: Digest,
    facts: String,
    balance: ledger::Balance,
}

fn build<R>(dir: &Path, by_sample: bool, target: usize, then: impl FnMut(&Session, &Finished) -> R) -> R {
    let project = Project::with(dir.to_path_buf(), &registry(by_sample)).ok().unwrap();
    let options = Options { target, ..Options::default() };
    crate::harness::built(&project, &options, then)
}

fn came(s: &Session, f: &Finished) -> Came {
    let fault = f.built.runs.iter().find_map(|r| r.fault.clone());
    assert_eq!(fault, None);
    let skipped: Vec<&str> =
        s.steps.iter().zip(&f.built.runs).filter(|(_, r)| r.skipped || r.may).map(|(s, _)| s.name.as_str()).collect();
    assert!(skipped.is_empty(), "{skipped:?} {:?}", f.judged);
    let last = f.built.runs.last().unwrap();
    let Some(Fact::Int(samples)) = last.facts.get("samples") else { panic!("no samples") };
    let balance = ledger::balance(s.steps, &f.built, "samples", *samples as u64);
    assert!(balance.holds() && balance.born > 0 && balance.dropped > 0, "{balance:?}");
    assert_eq!(ledger::partitions_hold(&f.built, "samples"), Ok(()));
    let facts = f.built.runs.iter().map(|r| format!("{:?}\n", r.facts)).collect();
    Came { root: last.roots.unwrap().0, facts, balance }
}

/// Reads everything that the store should hold or that can be made again: columns, events, files.
fn read_all(s: &Session, f: &Finished) {
    for table in f.built.tables.values() {
        for (name, digest) in table.parts.iter().flat_map(|p| &p.columns) {
            let array = s.array(digest.unwrap()).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert_eq!(tamis::table::column_digest(array.as_ref()), digest.unwrap(), "{name}");
            if array.data_type() == &blob() {
                let opened = tamis::table::cells::<Digest>(array.as_ref());
                opened.into_iter().flatten().for_each(|d| assert_eq!(Digest::of(&s.blob(d).unwrap()), d));
            }
        }
    }
    for (step, run) in s.steps.iter().zip(&f.built.runs) {
        ledger::Tally::of(s, step, run).unwrap_or_else(|e| panic!("{}: {e:?}", step.name));
    }
}

#[test]
fn the_same_at_any_target_at_either_grain_cold_or_after_an_edit() {
    let dir = tempfile::tempdir().unwrap();
    let forget = || std::fs::remove_dir_all(dir.path().join(".tamis")).unwrap();
    let mut parts = BTreeSet::new();
    let mut all: Vec<(Came, Came)> = Vec::new();
    for (by_sample, target) in [(false, 16), (false, 500), (false, 4096), (true, 16), (true, 4096)] {
        assert!(write(dir.path(), 3000, None) > 300_000);
        let before = build(dir.path(), by_sample, target, |s, f| {
            assert!(!f.fresh);
            if !by_sample {
                parts.insert(f.built.tables["samples"].parts.len());
            }
            came(s, f)
        });
        build(dir.path(), by_sample, target, |s, f| {
            let calls: u64 = s.meters.iter().flat_map(|m| Kernel::ALL.map(|k| m.read(k).0)).sum();
            assert!(f.fresh && calls == 0, "{target}: {calls} kernels ran");
        });
        write(dir.path(), 3000, Some(1234));
        let after = build(dir.path(), by_sample, target, came);
        assert_ne!(before.root, after.root);
        forget();
        assert_eq!(build(dir.path(), by_sample, target, came), after, "cold is as after an edit");
        forget();
        all.push((before, after));
    }
    assert_eq!(parts.len(), 3, "the targets cut other partitions: {parts:?}");
    for other in &all {
        assert_eq!(*other, all[0]);
    }
}

#[test]
fn what_is_gone_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    for by_sample in [false, true] {
        write(dir.path(), 200, None);
        let first = build(dir.path(), by_sample, 64, came);
        for entry in std::fs::read_dir(dir.path().join(".tamis/packs")).unwrap() {
            std::fs::remove_file(entry.unwrap().path()).unwrap();
        }
        std::fs::remove_dir_all(dir.path().join("out")).unwrap();
        let again = build(dir.path(), by_sample, 64, |s, f| {
            read_all(s, f);
            came(s, f)
        });
        assert_eq!(first, again);
        std::fs::remove_dir_all(dir.path().join(".tamis")).unwrap();
    }
}

#[test]
fn each_object_may_be_damaged() {
    let dir = tempfile::tempdir().unwrap();
    // among five samples the first alone has an event: the same bytes tell of the sample and of its partition
    for (by_sample, samples) in [(false, 23), (true, 23), (true, 5)] {
        write(dir.path(), samples, None);
        let first = build(dir.path(), by_sample, 64, came);
        let store = dir.path().join(".tamis");
        let packs: Vec<_> = std::fs::read_dir(store.join("packs")).unwrap().map(|e| e.unwrap().path()).collect();
        let index = std::fs::read(store.join("index")).unwrap();
        let mut damaged = 0;
        for pack in &packs {
            let whole = std::fs::read(pack).unwrap();
            let mut at = 0;
            // frames of length u32, digest, bytes
            while at < whole.len() {
                let len = u32::from_le_bytes(whole[at..at + 4].try_into().unwrap()) as usize;
                let end = at + 36 + len;
                if len > 0 {
                    let mut bent = whole.clone();
                    bent[end - 1] ^= 1;
                    std::fs::write(pack, bent).unwrap();
                    let again = build(dir.path(), by_sample, 64, |s, f| {
                        read_all(s, f);
                        came(s, f)
                    });
                    assert_eq!(first, again);
                    damaged += 1;
                    // the store as it was, without what was made again
                    std::fs::write(pack, &whole).unwrap();
                    std::fs::write(store.join("index"), &index).unwrap();
                    for other in std::fs::read_dir(store.join("packs")).unwrap().map(|e| e.unwrap().path()) {
                        if !packs.contains(&other) {
                            std::fs::remove_file(other).unwrap();
                        }
                    }
                }
                at = end;
            }
        }
        assert!(damaged > 30, "{damaged}");
        std::fs::remove_dir_all(store).unwrap();
    }
}
