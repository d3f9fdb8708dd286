//! The file of what one person decided, `reviews/NAME.jsonl`: a line a decision, sorted by step and id, for git.
//!
//! It is read, changed and replaced whole under a lock of the checkout, so that two programs never write over each other, and by
//! a synced temporary file, so that a kill leaves what was there or what was to be there.
use super::task::Task;
use super::{Back, Said};
use crate::digest::Digest;
use crate::manifest::sections::Review;
use crate::model::decisions::{Decided, Verdict};
use crate::project::{Failure, Project};
use crate::world::{How, World};
use std::collections::BTreeMap;

/// The largest file that is read, in bytes.
pub const FILE_MAX: u64 = 1 << 30;

/// What is locked while a file of decisions is changed.
const FOLDER: &str = ".tamis";
const LOCK: &str = ".tamis/reviews.lock";

/// Which sample of which step a decision is about.
pub type Key = (String, String);

/// The decisions of one person.
#[derive(Debug, Default)]
pub struct Held {
    pub path: String,
    /// By step and id.
    pub lines: BTreeMap<Key, Decided>,
    /// 16 hex digits of the bytes; those of no bytes where there is no file.
    pub digest: String,
}

impl Held {
    /// The line at which a decision stands, from 1.
    pub fn line(&self, key: &Key) -> usize {
        self.lines.range(..=key).count()
    }

    fn text(&self) -> String {
        self.lines.values().map(|d| d.line() + "\n").collect()
    }
}

/// Whether a name of a person can be that of a file.
pub fn named(by: &str) -> Result<(), Failure> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match !by.is_empty() && by.len() <= NAME_MAX && by.chars().all(plain) {
        true => Ok(()),
        false => Err(Failure::Usage(format!("`{by}` names no file: lower-case letters, digits and hyphens do"))),
    }
}

/// Characters of a name.
const NAME_MAX: usize = 100;

/// Where the decisions of a person lie.
pub fn path(by: &str) -> String {
    format!("reviews/{by}.jsonl")
}

/// The decisions of a person as they are on disk.
pub fn read(world: &World, by: &str) -> Result<Held, Failure> {
    let path = path(by);
    let text = match world.read(&path, FILE_MAX) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| Failure::World(format!("{path} is not UTF-8")))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(e) => return Err(Failure::World(format!("{path}: {e}"))),
    };
    let mut lines = BTreeMap::new();
    for (n, line) in text.lines().enumerate().filter(|l| !l.1.trim().is_empty()) {
        let d: Decided = serde_json::from_str(line).map_err(|e| Failure::World(format!("{path}:{}: {e}", n + 1)))?;
        lines.insert((d.step.clone(), d.id.clone()), d);
    }
    Ok(Held { path, lines, digest: sum(&text) })
}

fn sum(text: &str) -> String {
    Digest::of(text.as_bytes()).hex().chars().take(16).collect()
}

/// Does something while nobody else changes what people decided or answered.
pub fn locked<R>(world: &World, work: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    let failed = |e: std::io::Error| Failure::World(e.to_string());
    world.make_folder(FOLDER).map_err(failed)?;
    let lock = world.own(LOCK, How::Edit).map_err(failed)?;
    lock.lock().map_err(failed)?; // until it is closed
    work()
}

/// Reads the file, lets it be changed, and writes it where it changed; nobody else writes meanwhile.
pub fn edit<R>(
    world: &World,
    by: &str,
    change: impl FnOnce(&mut Held) -> Result<R, Failure>,
) -> Result<(R, Held), Failure> {
    locked(world, || {
        let mut held = read(world, by)?;
        let before = held.lines.clone();
        let made = change(&mut held)?;
        if held.lines != before {
            let text = held.text();
            world.replace(&held.path, text.as_bytes()).map_err(|e| Failure::World(format!("{}: {e}", held.path)))?;
            held.digest = sum(&text);
        }
        Ok((made, held))
    })
}

/// What somebody said of a sample, as the line that is written.
pub fn decided(back: &Back, step: &str, by: &str, over: Vec<String>) -> Decided {
    let (decision, value) = match &back.said {
        Said::Label(value) => (Verdict::Label, Some(value.clone())),
        Said::Keep => (Verdict::Keep, None),
        Said::Drop => (Verdict::Drop, None),
    };
    let (id, step, by) = (back.id.clone(), step.to_string(), by.to_string());
    Decided { id, step, decision, value, by, seen: back.seen.clone(), over, note: back.note.clone() }
}

/// Writes decisions of one step to the file of a person; those about other samples stay. Gives the path, and how many said
/// something else before.
pub fn decide(project: &Project, step: &str, by: &str, all: &[Back]) -> Result<(String, u64), Failure> {
    let change = |held: &mut Held| {
        let mut replaced = 0;
        for one in all {
            let line = decided(one, step, by, Vec::new());
            let said = (line.decision, line.value.clone());
            let before = held.lines.insert((step.to_string(), one.id.clone()), line);
            replaced += u64::from(before.is_some_and(|before| (before.decision, before.value) != said));
        }
        Ok(replaced)
    };
    let (replaced, held) = edit(&project.world, by, change)?;
    Ok((held.path, replaced))
}

/// The samples of a task about which a person has decided, and what was seen then.
pub fn decided_by(project: &Project, task: &Task, by: &str) -> Result<BTreeMap<String, Option<String>>, Failure> {
    let step = format!("label.{}", task.name);
    let all = read(&project.world, by)?.lines;
    Ok(all.into_iter().filter(|((own, _), _)| *own == step).map(|((_, id), d)| (id, d.seen)).collect())
}

/// Whether a build reads a file of decisions.
pub fn is_read(project: &Project, path: &str) -> bool {
    let review = project.manifest.table(&["review"]).map(|(_, table)| crate::manifest::read::<Review>(table));
    let reads = |r: Review| !r.files.is_empty() || r.file.is_some_and(|f| *f.get() == path);
    review.and_then(Result::ok).is_some_and(reads)
}

/// What other people decided, by step and id, in the order of their names. A file that cannot be read is left to the build, which
/// tells of it at its place.
pub fn others(world: &World, by: &str) -> Result<BTreeMap<Key, Vec<Decided>>, Failure> {
    let mut names = world.names("reviews").map_err(|e| Failure::World(e.to_string()))?;
    names.sort();
    let mut out: BTreeMap<Key, Vec<Decided>> = BTreeMap::new();
    let people = names.iter().filter_map(|name| name.strip_suffix(".jsonl"));
    for other in people.filter(|name| *name != by && named(name).is_ok()) {
        for (key, d) in read(world, other).map(|held| held.lines).unwrap_or_default() {
            out.entry(key).or_default().push(d);
        }
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn one(id: &str) -> Decided {
        let back = Back { id: id.into(), seen: None, said: Said::Label(json!(["x"])), note: None, by: None };
        decided(&back, "label.t", "kim", Vec::new())
    }

    #[test]
    fn lines_are_sorted_and_say_where_they_stand() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        let put = |id: &str| {
            let key = ("label.t".to_string(), id.to_string());
            let insert = |held: &mut Held| Ok(held.lines.insert(key.clone(), one(id)));
            let (_, held) = edit(&world, "kim", insert).unwrap();
            (held.line(&key), held.digest)
        };
        let before = read(&world, "kim").unwrap().digest;
        let (b, first) = put("b");
        let (a, second) = put("a");
        assert_eq!((b, a), (1, 1));
        assert!(before != first && first != second);
        assert_eq!(put("a").1, second, "the same line is the same file");
        let text = std::fs::read_to_string(dir.path().join("reviews/kim.jsonl")).unwrap();
        assert_eq!(text, format!("{}\n{}\n", one("a").line(), one("b").line()));
        assert_eq!(read(&world, "kim").unwrap().digest, second);
    }

    #[test]
    fn what_is_refused_leaves_the_file_as_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        let refused = edit(&world, "kim", |held| {
            held.lines.insert(("label.t".into(), "a".into()), one("a"));
            Err::<(), _>(Failure::Differs("it moved".into()))
        });
        assert!(matches!(refused, Err(Failure::Differs(_))));
        assert!(!world.exists("reviews/kim.jsonl"));
    }

    #[test]
    fn a_broken_file_is_told_and_not_written_over() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        world.replace("reviews/kim.jsonl", b"{\"id\":\n").unwrap();
        let told = edit(&world, "kim", |_| Ok(())).unwrap_err();
        assert!(told.words().unwrap().contains("reviews/kim.jsonl:1"), "{told:?}");
        assert_eq!(world.read("reviews/kim.jsonl", 100).unwrap(), b"{\"id\":\n");
    }
}
