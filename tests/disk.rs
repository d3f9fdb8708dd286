//! Disks broken on purpose. A probe counts every operation that changes a file; at a given one the disk fails, writes
//! half, or loses its power: then what was never synced is gone, or torn. Whatever happened, the next build completes
//! by itself with the roots of a clean one, and the index never names bytes that are not there.
use crate::harness::{Lab, Sample, text};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use tamis::engine::session::Session;
use tamis::engine::state::{Built, Mode as Look};
use tamis::engine::{gate, ledger, store};
use tamis::project::{Failure, Options, Project};
use tamis::report::terminal;
use tamis::stage::Fault;
use tamis::stages::registry;
use tamis::world::{Op, Probe, Verdict, World};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// This operation fails, later ones do not: a bad sector.
    Once,
    /// It and all later ones fail: a full disk.
    Full,
    /// A write breaks off in the middle and nothing works afterwards.
    Short,
    /// Power is lost before it: what was not synced is gone.
    Power,
    /// The same, and of what was not synced a part chosen by the seed has reached the disk.
    Torn,
    /// This opening or reading fails, and no other.
    Read,
}

const MODES: [Mode; 5] = [Mode::Once, Mode::Full, Mode::Short, Mode::Power, Mode::Torn];

/// How one operation that was not synced is undone.
#[derive(Debug)]
enum Undo {
    /// A file that was there before, with its bytes, or was not.
    Name(PathBuf, Option<Vec<u8>>),
    /// Bytes of a file from an offset on, and its length.
    Bytes(PathBuf, u64, Vec<u8>, u64),
    /// `Rename(from, to)`: what `to` had been.
    Moved(PathBuf, PathBuf, Option<Vec<u8>>),
}

#[derive(Default)]
struct State {
    /// Operations that change files, and those that only read them.
    count: u64,
    reads: u64,
    dead: bool,
    undo: Vec<Undo>,
}

/// A disk that breaks at the `at`-th change of a file below `.tamis`, `out` or beside them.
struct Disk {
    at: u64,
    mode: Mode,
    state: Mutex<State>,
}

impl Disk {
    fn new(at: u64, mode: Mode) -> Arc<Disk> {
        Arc::new(Disk { at, mode, state: Mutex::default() })
    }

    fn counts(&self) -> (u64, u64) {
        let state = self.state.lock().unwrap();
        (state.count, state.reads)
    }

    /// The power is gone: undoes what was not synced, the last first.
    fn lose(&self) {
        let mut state = self.state.lock().unwrap();
        let lost: Vec<Undo> = state.undo.drain(..).collect();
        for (n, undo) in lost.into_iter().enumerate().rev() {
            let stays =
                self.mode == Mode::Torn && tamis::digest::draw(self.at, "torn", &n.to_string()).is_multiple_of(2);
            if !stays {
                undo.apply();
            }
        }
    }
}

impl Undo {
    fn apply(self) {
        let back = |path: &Path, bytes: Option<Vec<u8>>| match bytes {
            Some(bytes) => drop(std::fs::write(path, bytes)),
            None => drop(std::fs::remove_file(path)),
        };
        match self {
            Undo::Name(path, bytes) => back(&path, bytes),
            Undo::Bytes(path, offset, bytes, len) => {
                let Ok(mut now) = std::fs::read(&path) else { return };
                now.truncate(len as usize);
                now.resize(len as usize, 0);
                for (at, b) in (offset as usize..).zip(bytes) {
                    if let Some(slot) = now.get_mut(at) {
                        *slot = b;
                    }
                }
                drop(std::fs::write(path, now));
            }
            Undo::Moved(from, to, was) => {
                if std::fs::rename(&to, &from).is_ok() {
                    back(&to, was);
                }
            }
        }
    }

    /// Whether a sync of this file or folder makes it last.
    fn synced_by(&self, path: &Path) -> bool {
        match self {
            Undo::Name(p, _) | Undo::Moved(_, p, _) => p.parent() == Some(path),
            Undo::Bytes(p, ..) => p == path,
        }
    }

    fn of(op: &Op) -> Option<Undo> {
        let bytes = |p: &Path| std::fs::read(p).ok();
        Some(match op {
            Op::Create(p) | Op::Remove(p) if !p.is_dir() => Undo::Name(p.to_path_buf(), bytes(p)),
            Op::Write(p, offset, len) => {
                let now = bytes(p).unwrap_or_default();
                let old = now.iter().skip(*offset as usize).take(*len).copied().collect();
                Undo::Bytes(p.to_path_buf(), *offset, old, now.len() as u64)
            }
            Op::Cut(p, len) => {
                let now = bytes(p).unwrap_or_default();
                Undo::Bytes(
                    p.to_path_buf(),
                    *len,
                    now.get(*len as usize..).unwrap_or_default().to_vec(),
                    now.len() as u64,
                )
            }
            Op::Rename(from, to) => Undo::Moved(from.to_path_buf(), to.to_path_buf(), bytes(to)),
            _ => return None,
        })
    }
}

impl Probe for Disk {
    fn before(&self, op: &Op) -> Verdict {
        let broken = || Verdict::Fail(std::io::Error::other("the disk is broken"));
        let mut state = self.state.lock().unwrap();
        if matches!(op, Op::Open(_) | Op::Read(_)) {
            state.reads += 1;
            let fails = state.dead || (self.mode == Mode::Read && state.reads == self.at);
            return if fails { broken() } else { Verdict::Go };
        }
        if state.dead {
            return broken();
        }
        state.count += 1;
        if state.count == self.at && self.mode != Mode::Read {
            state.dead = self.mode != Mode::Once;
            return match (self.mode, op) {
                (Mode::Short, Op::Write(_, _, len)) => Verdict::Short(len / 2),
                _ => broken(),
            };
        }
        if matches!(self.mode, Mode::Power | Mode::Torn) {
            match op {
                Op::Sync(path) => state.undo.retain(|u| !u.synced_by(path)),
                _ => state.undo.extend(Undo::of(op)),
            }
        }
        Verdict::Go
    }
}

/// A small project with every kind of step: rows, joins, regroup, images, masks, a compressed source.
fn lab() -> Lab {
    let mut lab = Lab::new(12, 2);
    let same = Sample { id: "twin".into(), ..lab.samples[3].clone() };
    lab.samples.push(same);
    lab.samples[5].text.push_str(" a@example.org");
    lab
}

/// Exit code, content root and files root.
type Came = (i32, String, String);

fn build(world: World) -> Came {
    let options = Options { target: 8, jobs: 1, ..Options::default() };
    let Ok(project) = Project::in_world(world, &registry()) else { return (2, String::new(), String::new()) };
    let done = project.build(&options, &|_| {}, |s, f| {
        let d = tamis::cli::done(s, f)?;
        Ok((d.exit, d.content_root, d.files_root))
    });
    done.and_then(|told: Result<Came, Failure>| told).unwrap_or_else(|e| (e.exit(), String::new(), String::new()))
}

/// Exit code and everything that a person reads of a build.
fn told(world: World) -> (i32, String) {
    let options = Options { target: 8, jobs: 1, ..Options::default() };
    let Ok(project) = Project::in_world(world, &registry()) else { return (2, String::new()) };
    let done = project.build(&options, &|_| {}, |s, f| {
        let words = terminal::build(&project, s, f, false).unwrap_or_else(|fault| format!("{fault:?}"));
        (f.exit(), words + &terminal::failures(&project, s, f))
    });
    done.unwrap_or_else(|e| (e.exit(), e.words().unwrap_or_default()))
}

/// A build on a sound disk. Other tests start processes; one that is being started holds copies of this one's locks
/// for a moment.
fn settled(world: World) -> Came {
    for _ in 0..100 {
        let came = build(world.clone());
        if came.0 != 3 {
            return came;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    build(world)
}

fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let walk = walkdir(dir);
    walk.into_iter().map(|p| (p.strip_prefix(dir).unwrap().to_path_buf(), std::fs::read(&p).unwrap())).collect()
}

fn walkdir(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { out.extend(walkdir(&path)) } else { out.push(path) }
    }
    out
}

/// Where the files of a project lie while one disk after another breaks.
struct Bench {
    dir: tempfile::TempDir,
    before: BTreeMap<PathBuf, Vec<u8>>,
    want: Came,
    want_files: BTreeMap<PathBuf, Vec<u8>>,
    writes: u64,
    reads: u64,
}

impl Bench {
    /// `edited` is built on top of a build of `first`, or from nothing.
    fn new(first: Option<&Lab>, edited: &Lab) -> Bench {
        let clean = tempfile::tempdir().unwrap();
        edited.write(clean.path());
        let want = settled(World::new(clean.path()));
        assert_eq!(want.0, 0);
        let dir = tempfile::tempdir().unwrap();
        if let Some(first) = first {
            first.write(dir.path());
            assert_eq!(settled(World::new(dir.path())).0, 0);
        }
        edited.write(dir.path());
        let before = files(dir.path());
        let counter = Disk::new(0, Mode::Once);
        assert_eq!(build(World::probed(dir.path(), counter.clone())), want);
        let (writes, reads) = counter.counts();
        Bench { want_files: files(&clean.path().join("out")), dir, before, want, writes, reads }
    }

    /// Breaks the disk at one operation, and builds again on a sound one.
    fn try_at(&self, at: u64, mode: Mode) {
        let dir = self.dir.path();
        for path in walkdir(dir) {
            std::fs::remove_file(path).unwrap();
        }
        for (path, bytes) in &self.before {
            let path = dir.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let disk = Disk::new(at, mode);
        let broken = build(World::probed(dir, disk.clone()));
        let what = format!("{mode:?} at {at} of {} writes, {} reads", self.writes, self.reads);
        // a guideline that cannot be read is told where it is declared
        let may = if mode == Mode::Read { [0, 3, 2] } else { [0, 3, 3] };
        assert!(may.contains(&broken.0), "{what}: exit {}", broken.0);
        if matches!(mode, Mode::Power | Mode::Torn) {
            disk.lose();
        }
        let verified = store::verify(&World::new(dir)).unwrap();
        assert_eq!(verified.damaged, 0, "{what}: the index names bytes that are not there");
        assert_eq!(settled(World::new(dir)), self.want, "{what}: the next build");
        let out = files(&dir.join("out"));
        assert!(out == self.want_files, "{what}: what lies in out/");
        let verified = store::verify(&World::new(dir)).unwrap();
        assert_eq!((verified.damaged, verified.torn), (0, 0), "{what}: afterwards");
    }

    fn exhaust(&self) {
        for mode in MODES {
            (1..=self.writes).for_each(|at| self.try_at(at, mode));
        }
        (1..=self.reads).for_each(|at| self.try_at(at, Mode::Read));
    }
}

#[test]
fn a_cold_build_survives_a_break_at_every_operation() {
    Bench::new(None, &lab()).exhaust();
}

#[test]
fn an_incremental_build_survives_a_break_at_every_operation() {
    let (first, mut edited) = (lab(), lab());
    edited.samples[2].text = text(999);
    edited.samples.remove(7);
    edited.images.insert("p009".into(), 9);
    edited.set("train", "0.5");
    edited.set("test", "0.5");
    Bench::new(Some(&first), &edited).exhaust();
}

/// A disk without space left, whichever operation meets it first.
struct Full {
    at: u64,
    count: Mutex<u64>,
    /// Files and folders at which something failed.
    met: Mutex<Vec<PathBuf>>,
}

impl Probe for Full {
    fn before(&self, op: &Op) -> Verdict {
        let place = match op {
            Op::Create(p) | Op::Write(p, ..) | Op::MakeFolder(p) => p,
            _ => return Verdict::Go, // what is there can be read, moved and removed
        };
        let mut count = self.count.lock().unwrap();
        *count += 1;
        if *count < self.at {
            return Verdict::Go;
        }
        self.met.lock().unwrap().push(place.to_path_buf());
        Verdict::Fail(std::io::ErrorKind::StorageFull.into())
    }
}

/// Where no space is left, a person reads which file could not be written, and not that anything was.
#[test]
fn a_full_disk_names_the_file_and_claims_nothing() {
    let project = lab();
    let disk = |at| Arc::new(Full { at, count: Mutex::default(), met: Mutex::default() });
    let fresh = tempfile::tempdir().unwrap();
    project.write(fresh.path());
    let counter = disk(u64::MAX);
    assert_eq!(told(World::probed(fresh.path(), counter.clone())).0, 0);
    let all = *counter.count.lock().unwrap();
    assert!(all > 20, "{all}");
    let mut failed = 0;
    for at in (1..=all).step_by(3).chain([all]) {
        let dir = tempfile::tempdir().unwrap();
        project.write(dir.path());
        let full = disk(at);
        let (exit, words) = told(World::probed(dir.path(), full.clone()));
        assert!([0, 3].contains(&exit), "{at} of {all}: exit {exit}: {words}");
        if exit == 0 {
            continue; // what could not be kept was a mere help for the next build
        }
        failed += 1;
        let met = full.met.lock().unwrap();
        let named = |place: &PathBuf| {
            let own = place.strip_prefix(dir.path()).unwrap_or(place);
            // what is written anew lies under another name until it is whole
            let within = own.parent().and_then(Path::to_str).unwrap_or_default();
            own.to_str().is_some_and(|own| words.contains(own)) || words.contains(&format!("{within}/"))
        };
        assert!(words.contains("no storage space") || words.contains("no space left"), "{at}: {words}");
        assert!(met.iter().any(named), "{at}: {met:?}: {words}");
        assert!(!words.contains("was written") && !words.contains("built "), "{at}: {words}");
    }
    assert!(failed > 10, "{failed} of {all}");
}

/// Of a build with many partitions, operations are drawn.
#[test]
fn a_larger_build_survives_breaks_at_random_operations() {
    let first = Lab::new(700, 12);
    let mut edited = first.clone();
    edited.samples.iter_mut().step_by(9).for_each(|s| s.text.push_str(" and more"));
    edited.set("seed", "11");
    for (bench, seed) in [(Bench::new(None, &first), 1), (Bench::new(Some(&first), &edited), 2)] {
        let draw = |n: u64, of: u64| 1 + tamis::digest::draw(seed, "break", &n.to_string()) % of;
        for (k, mode) in MODES.into_iter().enumerate() {
            (0..5).for_each(|n| bench.try_at(draw(n * 10 + k as u64, bench.writes), mode));
        }
        (0..5).for_each(|n| bench.try_at(draw(1000 + n, bench.reads), Mode::Read));
    }
}

/// A disk that is sound until it is switched off for reading.
#[derive(Default)]
struct Unreadable(AtomicBool);

impl Probe for Unreadable {
    fn before(&self, op: &Op) -> Verdict {
        match op {
            Op::Open(_) | Op::Read(_) if self.0.load(Ordering::Relaxed) => {
                Verdict::Fail(std::io::Error::other("the disk is broken"))
            }
            _ => Verdict::Go,
        }
    }
}

/// What the events of a step would say cannot be counted when they do not read: that is a fault, never a zero. A gate
/// that asks for them is a fault too, for zero would pass it.
#[test]
fn findings_that_cannot_be_read_are_not_none() {
    let mut lab = lab();
    // a finding at every text, behind the step that drops the twin: where a row is dead, the events must be read
    lab.votes.extend(lab.samples.iter().map(|s| (s.id.clone(), "w9".into(), "no class".into())).collect::<Vec<_>>());
    let dir = tempfile::tempdir().unwrap();
    lab.write(dir.path());
    assert_eq!(settled(World::new(dir.path())).0, 0);
    let disk = Arc::new(Unreadable::default());
    let project = Project::in_world(World::probed(dir.path(), disk.clone()), &registry()).unwrap();
    let options = Options { target: 8, jobs: 1, ..Options::default() };
    let counts = |s: &Session, built: &Built| -> Vec<Result<u64, Fault>> {
        s.steps.iter().zip(&built.runs).map(|(step, run)| ledger::findings(s, step, run)).collect()
    };
    let sound = project.look(&options, Look::Plan, counts).unwrap();
    let broken = |s: &Session, built: &Built| {
        disk.0.store(true, Ordering::Relaxed);
        let judged = |name: &String| gate::fact(s, built, &format!("{name}.findings")).is_err();
        let gates: Vec<bool> = s.steps.iter().map(|step| judged(&step.name)).collect();
        (counts(s, built), gates)
    };
    let (counted, gates) = project.look(&options, Look::Plan, broken).unwrap();
    let mut failed = 0;
    for ((sound, counted), gate) in sound.iter().zip(&counted).zip(&gates) {
        match counted {
            Ok(n) => assert_eq!(Ok(*n), sound.as_ref().map(|n| *n).map_err(drop), "a count changed silently"),
            Err(_) => failed += 1,
        }
        assert_eq!(counted.is_err(), *gate);
    }
    assert!(failed > 0, "no count of this project needs its events; give it one that does");
}

/// A store of format 1, written now, is byte for byte what was written when the format was promised; and that is read.
/// `UPDATE=1` writes it anew: only with a new format number, or a new kind of entry, beside the old one.
#[test]
fn a_store_of_format_1_is_read() {
    read_again("store-1", false, false);
}

/// The same, with an object that is kept by its difference from another.
#[test]
fn a_store_of_format_1_with_differences_is_read() {
    read_again("store-1-differences", true, false);
}

/// The same, with results that say whether they are raw: how stores are written today.
#[test]
fn a_store_of_format_1_with_raw_results_is_read_and_written() {
    read_again("store-1-raw-results", true, true);
}

/// Reads a store that is kept as a fixture. One of `today` is what is written today, byte for byte.
fn read_again(fixture: &str, differs: bool, today: bool) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(fixture);
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(dir.path());
    let digest = tamis::digest::Digest::of;
    {
        let s = store::Store::write(&world).unwrap();
        s.put(digest(b"an object"), b"an object", false).unwrap();
        s.put(digest(b"a raw object"), b"a raw object", true).unwrap();
        if differs {
            // three bytes are copied, none is passed over, seven are put behind; the rest of the other is left
            let steps = [&[3, 0, 7][..], b"example"].concat();
            assert!(s.put_difference(digest(b"an example"), digest(b"an object"), &steps, false).unwrap());
        }
        s.put_result(digest(b"a key"), format!("[\"{}\"]", digest(b"an object")).as_bytes(), false);
        s.commit().unwrap();
        s.put_result(digest(b"another key"), b"[]", false);
        s.commit().unwrap();
    }
    let parts = ["index", "packs/000000.pack", "packs/000001.raw.pack"];
    if today && std::env::var_os("UPDATE").is_some() {
        std::fs::create_dir_all(fixture.join("packs")).unwrap();
        for part in parts {
            std::fs::copy(dir.path().join(".tamis").join(part), fixture.join(part)).unwrap();
        }
    }
    let old = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(old.path().join(".tamis/packs")).unwrap();
    for part in parts {
        let bytes = std::fs::read(fixture.join(part)).unwrap();
        let written = std::fs::read(dir.path().join(".tamis").join(part)).unwrap();
        assert!(!today || bytes == written, "{part} is written otherwise");
        std::fs::write(old.path().join(".tamis").join(part), bytes).unwrap();
    }
    let s = store::Store::read(&World::new(old.path())).unwrap();
    assert_eq!(s.get(digest(b"an object")).as_deref(), Some(&b"an object"[..]));
    assert_eq!(s.get(digest(b"a raw object")).as_deref(), Some(&b"a raw object"[..]));
    assert_eq!(s.result(digest(b"another key")).as_deref(), Some(&b"[]"[..]));
    assert_eq!(s.get(digest(b"an example")), differs.then(|| b"an example".to_vec()));
    let verified = store::verify(&World::new(old.path())).unwrap();
    assert_eq!(
        (verified.objects, verified.results, verified.damaged, verified.torn),
        (2 + u64::from(differs), 2, 0, 0)
    );
}
