//! What the last release assigned: `pins/split.tsv`, believed where `dataset.lock` says that it wrote it.
use super::declaration::{Kept, declared, fold_column};
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest;
use crate::stage::*;
use crate::table::{array_of, utf8};
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The assignments that the last release wrote: a line `id TAB split` a sample behind a header, and with folds a field more for each
/// drawing of them, whose header says out of how many (`fold/5`).
pub const PINS: &str = "pins/split.tsv";

/// The columns that say what the last release had.
pub const SPLIT: &str = "kept.split";
pub const FOLDS: &str = "kept.folds";

/// What a release writes: of each sample its id, its split and its folds, if each split is parted into some.
pub fn text(mut rows: Vec<(String, String, Vec<String>)>, folds: Option<u32>) -> String {
    rows.sort();
    let drawings = rows.iter().map(|row| row.2.len()).max().unwrap_or(0) as u32;
    let mut out = "id\tsplit".to_string();
    for (n, of) in folds.iter().flat_map(|of| (0..drawings).map(move |n| (n, of))) {
        out += &format!("\t{}/{of}", fold_column(n));
    }
    out.push('\n');
    for (id, split, folds) in rows {
        out += &[&[id, split], folds.as_slice()].concat().join("\t");
        out.push('\n');
    }
    out
}

/// What [`FOLDS`] tells of a sample: out of how many folds, and which of each drawing.
pub fn folds_of(told: &str) -> Vec<u32> {
    told.split(' ').filter_map(|number| number.parse().ok()).collect()
}

pub fn declare_kept(check: &mut Check) -> Vec<Plan> {
    // groups are kept through their members, whose ids are what a release knows
    let Some(d) = declared(check).filter(|d| d.keep == Kept::LastRelease) else { return Vec::new() };
    let of = match pins(check.world) {
        Ok(pins) => pins,
        Err(say) => {
            let span = check.manifest.span_of("split.keep").unwrap_or(check.span.clone());
            check.bad(Diagnostic::error("T0208", span, say).label("what is to be kept is not known").help(REMEDY));
            return Vec::new();
        }
    };
    let folds = d.folds.is_some() && of.folds;
    let mut columns = vec![
        ("id", array_of(of.by_id.keys().cloned().map(Some))),
        ("split", array_of(of.by_id.values().map(|own| Some(own.0.clone())))),
    ];
    let mut writes = vec![(SPLIT.to_string(), Column::new(utf8()).inner().harmless())];
    if folds {
        columns.push(("folds", array_of(of.by_id.values().map(|own| Some(own.1.clone())))));
        writes.push((FOLDS.to_string(), Column::new(utf8()).inner().harmless()));
    }
    let reads = columns.iter().skip(1).map(|column| column.0.to_string()).collect();
    vec![Plan {
        literal: Some(Literal {
            table: "split/pins".into(),
            columns: columns.into_iter().map(|(name, array)| (name.to_string(), array)).collect(),
            lines: Vec::new(),
        }),
        ..Plan::join::<Pinned>(
            Ports {
                table: "samples".into(),
                reads: names(&["id"]),
                writes,
                right: Some(Right {
                    table: "split/pins".into(),
                    key: "id".into(),
                    on: "id".into(),
                    reads,
                    unmatched: None,
                }),
                ..Ports::default()
            },
            &Of { folds },
        )
        .word("kept")
    }]
}

/// The file that records which release wrote the pins.
const LOCK: &str = "dataset.lock";

/// What to do about pins that are not those of the last release.
const REMEDY: &str = "take pins/split.tsv and dataset.lock from git, as `tamis release` wrote them; if nothing was \
                      released, delete pins/split.tsv; to draw all splits anew, take `keep` out and release again";

/// dataset.lock, as far as pins go: a table for each version that was frozen, the last one last.
#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    release: Vec<Frozen>,
}

#[derive(Deserialize)]
struct Frozen {
    /// The digest of the pins that it wrote.
    assignments: String,
}

/// What the last release assigned.
#[derive(Default, Debug)]
struct Assigned {
    /// Of each id its split, and its folds as [`folds_of`] reads them.
    by_id: BTreeMap<String, (String, String)>,
    /// Whether there are folds.
    folds: bool,
}

/// What the last release assigned; nothing if nothing was released.
fn pins(world: &World) -> Result<Assigned, String> {
    match (last_release(world)?, there(world, PINS)?) {
        (None, None) => Ok(Assigned::default()),
        (None, Some(_)) => Err(format!("{PINS} is there, and {LOCK} names no release")),
        (Some(_), None) => Err(format!("{PINS} is missing")),
        (Some(digest), Some(pins)) if digest == Digest::of(&pins).hex() => assigned(pins),
        _ => Err(format!("{PINS} is not what {LOCK} says that the last release wrote")),
    }
}

/// The digest of the pins that the last release wrote.
fn last_release(world: &World) -> Result<Option<String>, String> {
    let Some(bytes) = there(world, LOCK)? else { return Ok(None) };
    let wrong = || format!("{LOCK} does not read");
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let tree = manifest::parse(LOCK, text.into()).map_err(|_| wrong())?;
    let mut locked: Locked = manifest::read_root(&tree).map_err(|_| wrong())?;
    Ok(locked.release.pop().map(|r| r.assignments))
}

fn there(world: &World, path: &str) -> Result<Option<Vec<u8>>, String> {
    match world.read(path, 1 << 30) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{path} cannot be read: {e}")),
    }
}

fn assigned(pins: Vec<u8>) -> Result<Assigned, String> {
    let text = String::from_utf8(pins).map_err(|_| format!("{PINS} is not UTF-8"))?;
    let mut lines = text.lines().enumerate();
    let header = lines.next().map_or("", |(_, header)| header);
    // `fold/5`, `fold_2/5` and so on: all drawings are of as many folds
    let folds: Vec<&str> = header.split('\t').skip(2).filter_map(|field| Some(field.split_once('/')?.1)).collect();
    let mut out = Assigned { folds: !folds.is_empty(), ..Assigned::default() };
    for (n, line) in lines {
        let mut fields = line.split('\t');
        let (Some(id), Some(split)) = (fields.next(), fields.next()) else {
            return Err(format!("{PINS}:{}: this is no id and split", n + 1));
        };
        let own: Vec<&str> = folds.first().copied().into_iter().chain(fields).collect();
        if own.len() != folds.len() + usize::from(out.folds) || own.iter().any(|fold| fold.parse::<u32>().is_err()) {
            return Err(format!("{PINS}:{}: the folds are not those of the first line", n + 1));
        }
        out.by_id.insert(id.to_string(), (split.to_string(), own.join(" ")));
    }
    Ok(out)
}

/// What is known of the last release.
#[derive(Serialize, Deserialize, Default)]
pub struct Of {
    /// Its folds, too.
    #[serde(default, skip_serializing_if = "is_default")]
    folds: bool,
}

pub struct Pinned;

impl JoinStage for Pinned {
    const JOIN: u32 = 1;
    type Join = Of;

    fn join(p: &Of, _: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for (column, from) in [(SPLIT, "split"), (FOLDS, "folds")].into_iter().take(1 + usize::from(p.folds)) {
            let all = right.texts(from)?;
            let kept = matches.iter().map(|m| m.first().and_then(|i| all.get(*i).cloned().flatten()));
            delta.write(column, array_of(kept));
        }
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many samples are kept, or why that is not known.
    fn kept(lock: Option<&str>, pins: Option<&str>) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        lock.iter().for_each(|text| world.replace(LOCK, text.as_bytes()).unwrap());
        pins.iter().for_each(|text| world.replace(PINS, text.as_bytes()).unwrap());
        super::pins(&world).map(|p| p.by_id.len())
    }

    fn locked(pins: &[&str]) -> String {
        let line = |text: &&str| format!("[[release]]\nassignments = \"{}\"\n", Digest::of(text.as_bytes()).hex());
        pins.iter().map(line).collect()
    }

    #[test]
    fn pins_are_those_of_the_last_release() {
        let (old, new) = ("id\tsplit\na\ttest\n", "id\tsplit\na\ttest\nb\ttrain\n");
        let both = locked(&[old, new]);
        let lock = Some(both.as_str());
        assert_eq!(kept(None, None), Ok(0));
        assert_eq!(kept(Some("[source.a]\nfiles = 1\n"), None), Ok(0));
        assert_eq!(kept(lock, Some(new)), Ok(2));
        let wrong = [
            (lock, Some(old), "is not what dataset.lock says"),
            (lock, Some("id\tsplit\n"), "is not what dataset.lock says"),
            (lock, None, "is missing"),
            (None, Some(new), "names no release"),
            (Some("[release.public]\nassignments = \"\"\n"), Some(new), "does not read"),
            (Some("[[release]\n"), Some(new), "does not read"),
        ];
        for (lock, pins, words) in wrong {
            let say = kept(lock, pins).unwrap_err();
            assert!(say.contains(words), "{words}: {say}");
        }
        let folds = "id\tsplit\tfold/3\tfold_2/3\na\ttest\t1\t3\n";
        let own = assigned(folds.into()).unwrap().by_id["a"].1.clone();
        assert_eq!((own.as_str(), folds_of(&own)), ("3 1 3", vec![3, 1, 3]));
        let rows = vec![("a".to_string(), "test".to_string(), vec!["1".to_string(), "3".to_string()])];
        assert_eq!((text(rows, Some(3)), text(Vec::new(), Some(3))), (folds.to_string(), "id\tsplit\n".to_string()));
        for short in ["id\tsplit\tfold/3\na\ttest\n", "id\tsplit\tfold/3\na\ttest\tx\n", "id\tsplit\na\ttest\t1\n"] {
            let say = assigned(short.into()).unwrap_err();
            assert_eq!(say, "pins/split.tsv:2: the folds are not those of the first line", "{short}");
        }
        let broken = "id\tsplit\na\n";
        let say = kept(Some(&locked(&[broken])), Some(broken)).unwrap_err();
        assert_eq!(say, "pins/split.tsv:2: this is no id and split");
    }
}
