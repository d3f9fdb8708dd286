//! What the last release assigned: `pins/split.tsv`, believed where `dataset.lock` says that it wrote it.
use super::declaration::{Kept, declared};
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest;
use crate::stage::*;
use crate::table::{array_of, utf8};
use crate::world::World;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The assignments that the last release wrote: `id TAB split` lines behind a header.
pub const PINS: &str = "pins/split.tsv";

pub fn declare_kept(check: &mut Check) -> Vec<Plan> {
    // groups are kept through their members, whose ids are what a release knows
    if declared(check).is_none_or(|d| d.keep != Kept::LastRelease) {
        return Vec::new();
    }
    let by_id = match pins(check.world) {
        Ok(pins) => pins,
        Err(say) => {
            let span = check.manifest.span_of("split.keep").unwrap_or(check.span.clone());
            check.bad(Diagnostic::error("T0208", span, say).label("what is to be kept is not known").help(REMEDY));
            return Vec::new();
        }
    };
    let column = |f: fn((String, String)) -> String| array_of(by_id.clone().into_iter().map(|p| Some(f(p))));
    vec![Plan {
        literal: Some(Literal {
            table: "split/pins".into(),
            columns: [("id".to_string(), column(|p| p.0)), ("split".to_string(), column(|p| p.1))].into(),
            lines: Vec::new(),
        }),
        ..Plan::join::<Pinned>(
            Ports {
                table: "samples".into(),
                reads: names(&["id"]),
                writes: writes([("kept.split", Column::new(utf8()).inner().harmless())]),
                right: Some(Right {
                    table: "split/pins".into(),
                    key: "id".into(),
                    on: "id".into(),
                    reads: names(&["split"]),
                    unmatched: None,
                }),
                ..Ports::default()
            },
            &Nothing {},
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

/// Ids with their splits, as the last release assigned them; none if nothing was released.
fn pins(world: &World) -> Result<BTreeMap<String, String>, String> {
    match (last_release(world)?, there(world, PINS)?) {
        (None, None) => Ok(BTreeMap::new()),
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

fn assigned(pins: Vec<u8>) -> Result<BTreeMap<String, String>, String> {
    let text = String::from_utf8(pins).map_err(|_| format!("{PINS} is not UTF-8"))?;
    let pair = |l: &str| l.split_once('\t').map(|(id, split)| (id.to_string(), split.to_string()));
    let lines = text.lines().enumerate().skip(1);
    lines.map(|(n, l)| pair(l).ok_or_else(|| format!("{PINS}:{}: this is no id and split", n + 1))).collect()
}

pub struct Pinned;

impl JoinStage for Pinned {
    const JOIN: u32 = 1;
    type Join = Nothing;

    fn join(_: &Nothing, _: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let splits = right.texts("split")?;
        let kept = matches.iter().map(|m| m.first().and_then(|i| splits.get(*i).cloned().flatten()));
        let mut delta = Delta::default();
        delta.write("kept.split", array_of(kept));
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
        super::pins(&world).map(|p| p.len())
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
        let broken = "id\tsplit\na\n";
        let say = kept(Some(&locked(&[broken])), Some(broken)).unwrap_err();
        assert_eq!(say, "pins/split.tsv:2: this is no id and split");
    }
}
