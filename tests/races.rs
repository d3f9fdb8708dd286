//! Files that change while a build reads them, and edits that hide: whatever a build saw, nothing wrong is remembered;
//! the next build gives what a clean one gives for the files as they are then.
use crate::harness::{Lab, Way, build as command};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use tamis::project::{Options, Project};
use tamis::stages::registry;
use tamis::world::{Op, Probe, Verdict, World};

/// What somebody does to a file.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// Other bytes of the same length, in place.
    Edit,
    /// The same, and the times of modification set back, as `rsync -t` and `cp -p` do.
    Disguise,
    /// Another file under the same name.
    Replace,
    Truncate,
    Remove,
}

const DEEDS: [Deed; 5] = [Deed::Edit, Deed::Disguise, Deed::Replace, Deed::Truncate, Deed::Remove];

impl Deed {
    fn to(self, path: &Path) {
        let bytes = std::fs::read(path).unwrap();
        let other = other(&bytes);
        match self {
            Deed::Edit => std::fs::write(path, other).unwrap(),
            Deed::Disguise => {
                let time = std::fs::metadata(path).unwrap().modified().unwrap();
                std::fs::write(path, other).unwrap();
                std::fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
            }
            Deed::Replace => {
                let beside = path.with_extension("new");
                std::fs::write(&beside, other).unwrap();
                std::fs::rename(beside, path).unwrap();
            }
            Deed::Truncate => std::fs::write(path, &bytes[..bytes.len() / 2]).unwrap(),
            Deed::Remove => std::fs::remove_file(path).unwrap(),
        }
    }
}

/// Other data of the same length: one word near the end is another.
fn other(bytes: &[u8]) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let at = out
        .windows(5)
        .rposition(|w| [b"river", b"stone", b"green", b"paper", b"music"].contains(&w.try_into().unwrap()));
    let at = at.expect("a word");
    out[at..at + 5].copy_from_slice(if &bytes[at..at + 5] == b"music" { b"river" } else { b"music" });
    out
}

/// Does a deed to a file just before the n-th operation on it.
struct Hand {
    path: PathBuf,
    deed: Deed,
    at: u64,
    seen: Mutex<u64>,
}

impl Hand {
    fn new(path: PathBuf, deed: Deed, at: u64) -> Arc<Hand> {
        Arc::new(Hand { path, deed, at, seen: Mutex::new(0) })
    }
}

impl Probe for Hand {
    fn before(&self, op: &Op) -> Verdict {
        let mut seen = self.seen.lock().unwrap();
        if matches!(op, Op::Open(p) | Op::Read(p) if *p == self.path) {
            *seen += 1;
            if *seen == self.at {
                self.deed.to(&self.path);
            }
        }
        Verdict::Go
    }
}

/// Exit code, content root and files root.
fn build(world: World) -> (i32, String, String) {
    let options = Options { target: 500, jobs: 1, ..Options::default() };
    let Ok(project) = Project::in_world(world, &registry()) else { return (2, String::new(), String::new()) };
    let done = project.build(&options, &|_| {}, |s, f| {
        let d = tamis::cli::done(s, f).unwrap();
        (d.exit, d.content_root, d.files_root)
    });
    done.unwrap_or_else(|e| (e.exit(), String::new(), String::new()))
}

/// A build on a sound disk. Other tests start processes; one that is being started holds copies of this one's locks
/// for a moment.
fn settled(world: World) -> (i32, String, String) {
    for _ in 0..100 {
        let came = build(world.clone());
        if came.0 != 3 {
            return came;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    build(world)
}

/// What a build without any memory makes of the files as they are.
fn clean(dir: &Path) -> (i32, String, String) {
    let fresh = tempfile::tempdir().unwrap();
    for path in ["dataset.toml", "raw/texts.jsonl", "raw/votes.csv", "docs/topic.md"] {
        let to = fresh.path().join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        if let Ok(bytes) = std::fs::read(dir.join(path)) {
            std::fs::write(to, bytes).unwrap();
        }
    }
    settled(World::new(fresh.path()))
}

/// Each deed at each moment, on top of a build that knows the file or of none.
fn meddle(lab: &Lab, known: bool) {
    for deed in DEEDS {
        for at in 1.. {
            let dir = tempfile::tempdir().unwrap();
            lab.write(dir.path());
            let path = dir.path().join("raw/texts.jsonl");
            if known {
                assert_eq!(settled(World::new(dir.path())).0, 0);
                let bytes = std::fs::read(&path).unwrap();
                let cut = bytes.iter().position(|b| *b == b'\n').unwrap();
                std::fs::write(&path, &bytes[cut + 1..]).unwrap();
            }
            let hand = Hand::new(path, deed, at);
            let told = build(World::probed(dir.path(), hand.clone()));
            if *hand.seen.lock().unwrap() < at {
                break; // no such moment
            }
            let what = format!("{deed:?} at {at}, known {known}, {} samples", lab.samples.len());
            // a source that has lost its records, or the samples of its votes, fails its gates; one whose file is gone before
            // the manifest is checked has a glob that matches nothing
            let fails = match deed {
                Deed::Remove => matches!(told.0, 1 | 2),
                Deed::Truncate => told.0 == 1,
                _ => false,
            };
            assert!(fails || matches!(told.0, 0 | 3), "{what}: exit {}", told.0);
            assert_eq!(settled(World::new(dir.path())), clean(dir.path()), "{what}: the next build");
            assert_eq!(settled(World::new(dir.path())), clean(dir.path()), "{what}: and the one after");
        }
    }
}

#[test]
fn a_small_file_may_change_at_any_moment() {
    let lab = Lab::new(20, 0);
    meddle(&lab, false);
    meddle(&lab, true);
}

#[test]
fn a_large_file_may_change_at_any_moment() {
    let mut lab = Lab::new(1500, 0);
    lab.samples.iter_mut().for_each(|s| s.doc = "d".repeat(30));
    lab.settings.insert("train", "1".into());
    lab.settings.insert("test", "0".into());
    meddle(&lab, false);
}

/// Edits that a look at size and time of modification would miss.
#[test]
fn disguised_and_quick_edits_are_seen() {
    let lab = Lab::new(30, 0);
    let dir = tempfile::tempdir().unwrap();
    lab.write(dir.path());
    let path = dir.path().join("raw/texts.jsonl");
    let mut last = command(dir.path(), &Way::default()).roots();
    for deed in [Deed::Disguise, Deed::Edit, Deed::Disguise, Deed::Edit, Deed::Replace, Deed::Edit] {
        deed.to(&path); // within the same tick of the clock, perhaps
        let now = command(dir.path(), &Way::default()).roots();
        assert_ne!(now, last, "{deed:?} was not seen");
        last = now;
    }
}
