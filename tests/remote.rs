//! Stores elsewhere: a fresh clone builds without running what was pushed, with equal roots. Whatever happens to the remote
//! or to the connection, nothing is wrong and nothing is lost, and nothing raw ever lies there.
use crate::harness::{Lab, Told, binary};
use crate::private;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tamis::digest::Digest;
use tamis::engine::store::{self, Far, Pushed, Store};
use tamis::project::{Options, Project};
use tamis::world::{Op, Probe, Remote, Verdict, World};

const BUILD: [&str; 6] = ["build", "--json", "--jobs", "2", "--partition-target", "16"];

fn command(dir: &Path, remote: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.arg("-C").arg(dir).args(args).env("TAMIS_REMOTE", remote).env("LC_ALL", "C");
    command.env("XDG_CONFIG_HOME", dir.join("no-settings")).output().unwrap()
}

/// Exit code, stdout and stderr together.
fn run(dir: &Path, remote: &Path, args: &[&str]) -> (i32, String) {
    let out = command(dir, remote, args);
    let said = [out.stdout, out.stderr].concat();
    (out.status.code().unwrap_or(-1), String::from_utf8(said).unwrap())
}

fn build(dir: &Path, remote: &Path, more: &[&str]) -> Told {
    let out = command(dir, remote, &[&BUILD, more].concat());
    let text = String::from_utf8(out.stdout).unwrap();
    let events = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    Told { exit: out.status.code().unwrap_or(-1), events, stderr: String::from_utf8_lossy(&out.stderr).into_owned() }
}

/// What a build told of the remote.
fn met(told: &Told) -> serde_json::Value {
    told.events.iter().find(|e| e["event"] == "remote").unwrap_or_else(|| panic!("{told:?}")).clone()
}

fn count(of: &serde_json::Value, key: &str) -> u64 {
    of["met"][key].as_u64().unwrap_or_else(|| panic!("{of}"))
}

fn lab() -> Lab {
    Lab::new(60, 3)
}

/// A checkout of the project in a folder of its own.
fn checkout(lab: &Lab) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    lab.write(dir.path());
    dir
}

/// A remote to which a checkout has pushed what it built, and what that build told.
fn pushed() -> (Lab, tempfile::TempDir, Told) {
    let (lab, remote) = (lab(), tempfile::tempdir().unwrap());
    let told = build(checkout(&lab).path(), remote.path(), &["--remote", "write"]);
    assert_eq!(told.exit, 0, "{}", told.stderr);
    (lab, remote, told)
}

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    private::files(dir, &mut out);
    out.sort();
    out
}

/// The kernels that ran of steps that tell of nothing raw.
pub fn open_kernels(dir: &Path, told: &Told) -> BTreeMap<String, u64> {
    let project = Project::open(Some(dir)).unwrap();
    let raw: Vec<&str> = project.assembled.steps.iter().filter(|s| s.tells_raw()).map(|s| s.name.as_str()).collect();
    told.kernels().into_iter().filter(|(name, _)| !raw.contains(&name.split(' ').next().unwrap())).collect()
}

#[test]
fn a_fresh_clone_runs_nothing_that_was_pushed() {
    let (lab, remote, main) = pushed();
    let sent = met(&main);
    assert!(sent["pushed"]["results"].as_u64() > Some(0) && sent["pushed"]["objects"].as_u64() > Some(0), "{sent}");
    let clone = checkout(&lab);
    let told = build(clone.path(), remote.path(), &["--remote", "read"]);
    assert_eq!((told.exit, told.roots()), (0, main.roots()), "{}", told.stderr);
    let open = open_kernels(clone.path(), &main);
    assert!(open.len() > 4, "{:?}", main.kernels());
    assert_eq!(open_kernels(clone.path(), &told), BTreeMap::new(), "of what was pushed nothing runs");
    let found = met(&told);
    assert!(count(&found, "results") > 0 && count(&found, "objects") > 0 && count(&found, "bytes") > 0, "{found}");
    assert_eq!((count(&found, "damaged"), count(&found, "failed")), (0, 0), "{found}");
    // what was found is here now: nothing is asked any more, and without a remote nothing runs
    let again = build(clone.path(), remote.path(), &[]);
    assert_eq!((again.exit, again.roots(), again.kernels()), (0, main.roots(), BTreeMap::new()));
    // without the remote all of it would have run
    let alone = checkout(&lab);
    let told = build(alone.path(), remote.path(), &[]);
    assert_eq!(open_kernels(alone.path(), &told), open);
}

/// What people wrote lies in no byte of the remote, wherever in the files it stood.
#[test]
fn nothing_raw_leaves() {
    let (project, remote) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    private::project(project.path());
    let (exit, said) = run(project.path(), remote.path(), &["build", "--remote", "write"]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = run(project.path(), remote.path(), &["push", "--anew"]);
    assert!(exit == 0 && said.contains("stay here"), "{said}");
    let (lab, others, _) = pushed();
    let texts: Vec<String> = lab.samples.iter().map(|s| s.text.clone()).collect();
    let masked = "write to"; // what the privacy step let through is in the packs, so that the search would have found the rest
    let mut all: Vec<u8> = Vec::new();
    for path in files(remote.path()) {
        let bytes = std::fs::read(&path).unwrap();
        for person in private::PERSONS {
            assert!(memchr::memmem::find(&bytes, person.as_bytes()).is_none(), "{person} in {}", path.display());
            let digest = Digest::of(person.as_bytes()).hex();
            assert!(memchr::memmem::find(&bytes, digest.as_bytes()).is_none(), "the digest of {person}");
        }
        all.extend(bytes);
    }
    assert!(memchr::memmem::find(&all, masked.as_bytes()).is_some(), "the packs hold no text at all");
    // and no object or result with the raw mark, by name
    let raw = raw_names(project.path());
    assert!(raw.len() > 10);
    let names = |dir: &Path| named(dir).into_iter().collect::<std::collections::BTreeSet<Digest>>();
    assert_eq!(names(remote.path()).intersection(&raw).collect::<Vec<_>>(), Vec::<&Digest>::new());
    // the lab's texts hold nothing personal: they are there, once its privacy step let them through
    let of: Vec<u8> = files(others.path()).iter().flat_map(|p| std::fs::read(p).unwrap()).collect();
    assert!(texts.iter().any(|t| memchr::memmem::find(&of, t.as_bytes()).is_some()));
}

/// Without `[privacy]` every text is one that nothing has masked: a push that may send nothing of them says so.
#[test]
fn without_privacy_texts_stay_here() {
    let (lab, remote) = (Lab::new(20, 0), tempfile::tempdir().unwrap());
    let dir = checkout(&lab);
    let manifest = lab.manifest().replace("[privacy]\nharmless = [\"doc\"]\n", "");
    let start = manifest.find("[privacy.detect]").unwrap();
    let end = start + 1 + manifest[start + 1..].find("\n[").unwrap();
    std::fs::write(dir.path().join("dataset.toml"), format!("{}{}", &manifest[..start], &manifest[end..])).unwrap();
    let (exit, said) = run(dir.path(), remote.path(), &["build", "--remote", "write"]);
    assert_eq!(exit, 0, "{said}");
    let bytes: Vec<u8> = files(remote.path()).iter().flat_map(|p| std::fs::read(p).unwrap()).collect();
    for sample in &lab.samples {
        assert!(memchr::memmem::find(&bytes, sample.text.as_bytes()).is_none(), "{}", sample.text);
    }
    assert!(said.contains("stay here"), "{said}");
}

/// The digests of objects and keys of results that a checkout's store marks as raw.
fn raw_names(dir: &Path) -> std::collections::BTreeSet<Digest> {
    let mut out = std::collections::BTreeSet::new();
    let index = std::fs::read(dir.join(".tamis/index")).unwrap();
    let mut rest = &index[16..];
    while rest.len() >= 24 {
        let len = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
        let mut frames = &rest[24..24 + len];
        while let Some((kind, after)) = frames.split_first() {
            let n = u32::from_le_bytes(after[..4].try_into().unwrap()) as usize;
            let payload = &after[4..4 + n];
            let raw = *kind == b'q' || *kind == b'o' && payload[36] & 1 == 1;
            out.extend(raw.then(|| Digest::from_slice(&payload[..32]).unwrap()));
            frames = &after[4 + n..];
        }
        rest = &rest[24 + len..];
    }
    out
}

/// The digests and keys that the segments of a remote name.
fn named(remote: &Path) -> Vec<Digest> {
    let mut out = Vec::new();
    for path in files(&remote.join("tamis-1/segments")) {
        let bytes = std::fs::read(path).unwrap();
        let name = u32::from_le_bytes(bytes[16..20].try_into().unwrap()) as usize;
        let mut rest = &bytes[20 + name + 40..];
        while !rest.is_empty() {
            let n = u32::from_le_bytes(rest[1..5].try_into().unwrap()) as usize;
            out.push(Digest::from_slice(&rest[5..37]).unwrap());
            rest = &rest[5 + n..];
        }
    }
    out
}

/// A bit of the remote is another, a file is shorter, or gone: each time a clone comes to the same roots, says what it met
/// where it needed it, and pushes what heals the remote.
#[test]
fn damage_is_a_miss_that_is_told() {
    let (lab, remote, main) = pushed();
    let all = files(remote.path());
    assert!(all.len() >= 2, "{all:?}");
    let mut told = [0; 3];
    std::thread::scope(|s| {
        let turns: Vec<_> = (0..24u64)
            .map(|turn| {
                let (lab, all, main) = (&lab, &all, &main);
                let remote = remote.path();
                s.spawn(move || {
                    let own = tempfile::tempdir().unwrap();
                    for path in all {
                        let to = own.path().join(path.strip_prefix(remote).unwrap());
                        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
                        std::fs::copy(path, to).unwrap();
                    }
                    let draw = |what: &str, n: usize| (tamis::digest::draw(turn, what, "remote") % n as u64) as usize;
                    let victim = own.path().join(all[turn as usize % all.len()].strip_prefix(remote).unwrap());
                    let mut bytes = std::fs::read(&victim).unwrap();
                    match turn % 3 {
                        0 => {
                            let at = draw("byte", bytes.len());
                            bytes[at] ^= 1 << draw("bit", 8);
                            std::fs::write(&victim, &bytes).unwrap();
                        }
                        1 => std::fs::write(&victim, &bytes[..draw("length", bytes.len())]).unwrap(),
                        _ => std::fs::remove_file(&victim).unwrap(),
                    }
                    let clone = checkout(lab);
                    let told = build(clone.path(), own.path(), &["--remote", "write"]);
                    assert_eq!((told.exit, told.roots()), (0, main.roots()), "turn {turn}: {}", told.stderr);
                    let damaged = count(&met(&told), "damaged") > 0;
                    // what this build found damaged is sent again: the next clone runs nothing of it
                    let (exit, said) = run(clone.path(), own.path(), &["push", "--anew"]);
                    assert_eq!(exit, 0, "turn {turn}: {said}");
                    let next = checkout(lab);
                    let told = build(next.path(), own.path(), &["--remote", "read"]);
                    assert_eq!((told.exit, told.roots()), (0, main.roots()), "turn {turn}: {}", told.stderr);
                    assert_eq!(open_kernels(next.path(), &told), BTreeMap::new(), "turn {turn}: {}", met(&told));
                    usize::from(damaged)
                })
            })
            .collect();
        for (turn, done) in turns.into_iter().enumerate() {
            told[turn % 3] += done.join().unwrap();
        }
    });
    assert!(told[0] > 0 && told[1] > 0, "no damage was met: {told:?}");
}

/// A segment of which a bit is another has the length that it had: a push that met it writes over it all the same.
#[test]
fn a_push_heals_what_it_met_damaged() {
    let (lab, remote) = (lab(), tempfile::tempdir().unwrap());
    let own = checkout(&lab);
    let main = build(own.path(), remote.path(), &["--remote", "write"]);
    assert_eq!(main.exit, 0, "{}", main.stderr);
    for path in files(remote.path()).iter().filter(|path| path.to_string_lossy().contains("/segments/")) {
        let mut bytes = std::fs::read(path).unwrap();
        let at = bytes.len() / 2;
        bytes[at] ^= 1;
        std::fs::write(path, bytes).unwrap();
    }
    let (exit, said) = run(own.path(), remote.path(), &["push"]);
    assert!(exit == 0 && said.contains("`tamis push` where it was made writes it again"), "{said}");
    let clone = checkout(&lab);
    let told = build(clone.path(), remote.path(), &["--remote", "read"]);
    assert_eq!((told.exit, told.roots(), count(&met(&told), "damaged")), (0, main.roots(), 0), "{}", told.stderr);
    assert_eq!(open_kernels(clone.path(), &told), BTreeMap::new());
}

/// A remote whose connection is lost at a given request, and comes back later or never.
struct Flaky {
    inner: Box<dyn Remote>,
    count: Arc<AtomicU64>,
    lost: std::ops::Range<u64>,
}

impl Flaky {
    fn ask(&self) -> io::Result<()> {
        match self.lost.contains(&self.count.fetch_add(1, Ordering::Relaxed)) {
            true => Err(io::Error::new(io::ErrorKind::ConnectionReset, "the connection is lost")),
            false => Ok(()),
        }
    }
}

impl Remote for Flaky {
    fn name(&self) -> &str {
        "far away"
    }
    fn list(&self, folder: &str) -> io::Result<Vec<(String, u64)>> {
        self.ask().and_then(|()| self.inner.list(folder))
    }
    fn read(&self, path: &str, from: u64, len: u64) -> io::Result<Vec<u8>> {
        self.ask().and_then(|()| self.inner.read(path, from, len))
    }
    fn put(&self, path: &str, bytes: Vec<u8>, over: bool) -> io::Result<bool> {
        self.ask().and_then(|()| self.inner.put(path, bytes, over))
    }
}

fn flaky(remote: &Path, lost: std::ops::Range<u64>) -> (Box<dyn Remote>, Arc<AtomicU64>) {
    let count = Arc::new(AtomicU64::new(0));
    let inner = World::new("/").remote(remote.to_str().unwrap()).unwrap();
    (Box::new(Flaky { inner, count: count.clone(), lost }), count)
}

/// A build of this process with a remote, and what came of that: the roots and what was met.
fn built(world: World, far: Option<Arc<Far>>) -> ((String, String), i32) {
    let project = Project::in_world(world, &tamis::stages::registry()).unwrap();
    let options = Options { jobs: 2, target: 16, far, ..Options::default() };
    crate::harness::built(&project, &options, |session, finished| {
        let done = tamis::cli::done(session, finished).unwrap();
        ((done.content_root, done.files_root), finished.exit())
    })
}

#[test]
fn a_lost_connection_costs_kernels_and_nothing_else() {
    let (lab, remote, main) = pushed();
    let through = |lost: std::ops::Range<u64>| {
        let clone = checkout(&lab);
        let (remote, count) = flaky(remote.path(), lost);
        let far = Arc::new(Far::open(&World::new(clone.path()), vec![remote]));
        let done = built(World::new(clone.path()), Some(far.clone()));
        // the store has all it needs: the same again without the remote
        assert_eq!(built(World::new(clone.path()), None), done);
        (done, far.met(), count.load(Ordering::Relaxed))
    };
    let (whole, met, requests) = through(0..0);
    assert_eq!((whole.clone(), met.failed), ((main.roots(), 0), 0));
    assert!(requests > 3, "{requests}");
    for at in 0..requests {
        for length in [1, u64::MAX / 2] {
            let (done, met, _) = through(at..at + length);
            assert_eq!(done, whole, "lost at {at} for {length}");
            assert!(met.failed > 0 && met.why.iter().any(|w| w.contains("far away")), "{met:?}");
            assert!(met.why.iter().any(|w| w.contains("connection is lost")), "{met:?}");
        }
    }
}

fn push(dir: &Path, far: &Far) -> Result<Pushed, store::Unpushed> {
    let world = World::new(dir);
    let store = Store::read(&world).unwrap();
    let keys = store.keys_used(&world).unwrap();
    store::push(&store, keys, far, "lab", false, &|| false)
}

/// A push that is broken off at any request leaves a remote from which every clone builds right, and the next push sends
/// what is missing and no more.
#[test]
fn a_push_goes_on_where_it_broke_off() {
    let lab = lab();
    let dir = checkout(&lab);
    let told = build(dir.path(), dir.path(), &[]);
    let send = |remote: &Path, lost: std::ops::Range<u64>| {
        let (remote, count) = flaky(remote, lost);
        let far = Far::open(&World::new(dir.path()), vec![remote]);
        let asked = count.load(Ordering::Relaxed);
        (push(dir.path(), &far), asked, count.load(Ordering::Relaxed))
    };
    let whole = tempfile::tempdir().unwrap();
    let (all, opened, requests) = send(whole.path(), 0..0);
    let all = all.unwrap();
    assert!(all.results > 0 && all.objects > 0 && all.raw_results > 0 && all.raw_objects > 0, "{all:?}");
    let (again, ..) = send(whole.path(), 0..0);
    let again = again.unwrap();
    assert_eq!((again.bytes, again.known_results, again.known_objects), (0, all.results, all.objects));
    for at in opened..requests {
        let remote = tempfile::tempdir().unwrap();
        let (broken, ..) = send(remote.path(), at..u64::MAX / 2);
        let broken = broken.expect_err("it was broken off");
        assert!(broken.why.to_string().contains("lost"), "{}", broken.why);
        let clone = checkout(&lab);
        assert_eq!(build(clone.path(), remote.path(), &["--remote", "read"]).roots(), told.roots());
        let (rest, ..) = send(remote.path(), 0..0);
        let rest = rest.unwrap();
        assert_eq!(rest.objects + rest.known_objects, all.objects);
        assert_eq!(rest.known_objects, broken.pushed.objects);
        // what lay there as a pack without its segment is not sent a second time
        assert!(rest.bytes <= all.bytes && files(remote.path()).len() == files(whole.path()).len(), "{rest:?}");
        for path in files(remote.path()) {
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            assert_eq!(Digest::of(&std::fs::read(&path).unwrap()).hex(), name);
        }
    }
}

/// Nothing may be written below a folder from some operation on.
struct Full {
    below: PathBuf,
    left: AtomicU64,
}

impl Probe for Full {
    fn before(&self, op: &Op) -> Verdict {
        let (Op::Create(p) | Op::Write(p, ..) | Op::MakeFolder(p) | Op::Rename(_, p)) = op else { return Verdict::Go };
        if !p.starts_with(&self.below) {
            return Verdict::Go;
        }
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
            return Verdict::Go;
        }
        match op {
            Op::Write(_, _, len) => Verdict::Short(len / 2),
            _ => Verdict::Fail(io::ErrorKind::StorageFull.into()),
        }
    }
}

#[test]
fn a_full_disk_there_is_told_and_harms_nothing() {
    let lab = lab();
    let dir = checkout(&lab);
    let told = build(dir.path(), dir.path(), &[]);
    let mut broken = 0;
    for left in 0..12 {
        let remote = tempfile::tempdir().unwrap();
        let below = remote.path().to_path_buf();
        let world = World::probed(dir.path(), Arc::new(Full { below, left: AtomicU64::new(left) }));
        let place = world.remote(remote.path().to_str().unwrap()).unwrap();
        let far = Far::open(&world, vec![place]);
        broken += usize::from(push(dir.path(), &far).is_err());
        // of what could not be written whole nothing lies under a name
        for path in files(remote.path()).iter().filter(|p| p.starts_with(remote.path().join("tamis-1"))) {
            let name = path.file_name().unwrap().to_str().unwrap().to_string();
            assert_eq!(Digest::of(&std::fs::read(path).unwrap()).hex(), name, "left {left}");
        }
        let clone = checkout(&lab);
        assert_eq!(build(clone.path(), remote.path(), &["--remote", "read"]).roots(), told.roots());
    }
    assert!(broken > 3, "{broken}");
}

/// Where there is no room here, the build goes on as far as the store lets it, and says why it ends.
#[test]
fn a_full_disk_here_is_told() {
    let (lab, remote, main) = pushed();
    for left in [0, 1, 2, 5] {
        let clone = checkout(&lab);
        let below = clone.path().join(".tamis/remote");
        let world = World::probed(clone.path(), Arc::new(Full { below, left: AtomicU64::new(left) }));
        let place = world.remote(remote.path().to_str().unwrap()).unwrap();
        let far = Arc::new(Far::open(&world, vec![place]));
        // segments that cannot be kept are used from memory
        assert_eq!(built(world, Some(far.clone())), (main.roots(), 0), "left {left}");
        assert!(far.met().results > 0);
    }
}

/// Builds that push to one remote at the same time, and are killed at any moment, leave what every clone builds right from.
#[test]
fn writers_beside_each_other_never_meet() {
    let remote = tempfile::tempdir().unwrap();
    let labs: Vec<Lab> = (0..3).map(|n| Lab::new(40 + n, 0)).collect();
    std::thread::scope(|s| {
        for (n, lab) in labs.iter().enumerate() {
            let remote = remote.path();
            s.spawn(move || {
                for turn in 0..3u64 {
                    let dir = checkout(lab);
                    let mut command = Command::new(binary());
                    command.arg("-C").arg(dir.path()).args(BUILD).args(["--remote", "write"]);
                    command.env("TAMIS_REMOTE", remote).stdout(Stdio::null()).stderr(Stdio::null());
                    let mut child = command.spawn().unwrap();
                    let moment = tamis::digest::draw(turn, "kill", &n.to_string()) % 400;
                    std::thread::sleep(std::time::Duration::from_millis(moment));
                    child.kill().unwrap();
                    child.wait().unwrap();
                    let told = build(dir.path(), remote, &["--remote", "write"]);
                    assert_eq!(told.exit, 0, "{}", told.stderr);
                }
            });
        }
    });
    for lab in &labs {
        let (alone, clone) = (checkout(lab), checkout(lab));
        let told = build(clone.path(), remote.path(), &["--remote", "read"]);
        assert_eq!(told.roots(), build(alone.path(), remote.path(), &[]).roots());
        assert_eq!(open_kernels(clone.path(), &told), BTreeMap::new());
        assert_eq!(count(&met(&told), "damaged"), 0);
    }
}

#[test]
fn a_second_remote_is_read_where_the_first_has_nothing() {
    let (lab, main, told) = pushed();
    let own = tempfile::tempdir().unwrap();
    let clone = checkout(&lab);
    let mut command = Command::new(binary());
    command.arg("-C").arg(clone.path()).args(BUILD).args(["--remote", "write"]);
    command.env("TAMIS_REMOTE", own.path()).env("TAMIS_REMOTE_FALLBACK", main.path());
    let out = command.output().unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let read = Told {
        exit: out.status.code().unwrap(),
        events: text.lines().map(|l| serde_json::from_str(l).unwrap()).collect(),
        stderr: String::new(),
    };
    assert_eq!((read.exit, read.roots()), (0, told.roots()));
    assert_eq!(open_kernels(clone.path(), &read), BTreeMap::new());
    // what the second has is not sent to the first
    let sent = met(&read)["pushed"].clone();
    assert_eq!((sent["results"].as_u64(), sent["objects"].as_u64()), (Some(0), Some(0)), "{sent}");
    assert!(sent["known_results"].as_u64() > Some(0), "{sent}");
}

#[test]
fn what_was_pulled_needs_no_remote() {
    let (lab, remote, main) = pushed();
    let clone = checkout(&lab);
    let (exit, said) = run(clone.path(), remote.path(), &["pull"]);
    assert!(exit == 0 && said.contains("pulled from"), "{said}");
    let told = build(clone.path(), Path::new("/nowhere"), &[]);
    assert_eq!((told.exit, told.roots()), (0, main.roots()), "{}", told.stderr);
    assert_eq!(open_kernels(clone.path(), &told), BTreeMap::new());
    let (exit, said) = run(clone.path(), remote.path(), &["pull"]);
    assert!(exit == 0 && said.contains("0 results and 0 objects"), "{said}");
    // a remote that holds nothing of this data set is no success
    let empty = tempfile::tempdir().unwrap();
    let (exit, said) = run(clone.path(), empty.path(), &["pull"]);
    assert!(exit == 1 && said.contains("holds nothing of the data set `lab`"), "{said}");
}

#[test]
fn who_names_no_remote_or_a_wrong_one_is_told() {
    let dir = checkout(&Lab::new(5, 0));
    let place = |place: &str, args: &[&str]| run(dir.path(), Path::new(place), args);
    let (exit, said) = place("", &["build", "--remote", "read"]);
    assert!(exit == 2 && said.contains("TAMIS_REMOTE"), "{said}");
    let (exit, said) = place("/nowhere/at/all", &["build", "--remote", "read"]);
    assert!(exit == 3 && said.contains("make it, or mount it"), "{said}");
    let (exit, said) = place("https://user:secret@host/x", &["build", "--remote", "read"]);
    assert!(exit == 3 && said.contains("https") && !said.contains("secret"), "{said}");
    let (exit, said) = place("/tmp", &["push"]);
    assert!(exit == 2 && said.contains("`tamis build` first"), "{said}");
    let (exit, said) = place("/tmp", &["build", "--remote", "read", "--offline"]);
    assert!(exit == 2 && said.contains("--offline"), "{said}");
    // the user's own file, which may not lie in the project
    let (settings, remote) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let with = |folder: &Path, text: String| {
        std::fs::create_dir_all(folder.join("tamis")).unwrap();
        std::fs::write(folder.join("tamis/config.toml"), text).unwrap();
        let mut command = Command::new(binary());
        command.arg("-C").arg(dir.path()).args(["build", "--remote", "write"]).env_remove("TAMIS_REMOTE");
        let out = command.env("XDG_CONFIG_HOME", folder).env("LC_ALL", "C").output().unwrap();
        (out.status.code().unwrap(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    };
    let text = format!("[remote]\nplace = {:?}\n", remote.path());
    let (exit, said) = with(settings.path(), text.clone());
    assert!(exit == 0 && said.contains("pushed to"), "{said}");
    let (exit, said) = with(settings.path(), "[remote]\nplaec = \"/x\"\n".into());
    assert!(exit == 2 && said.contains("config.toml:2: "), "{said}");
    let (exit, said) = with(&dir.path().join("config"), text);
    assert!(exit == 3 && said.contains("lies within the project"), "{said}");
}

#[test]
fn what_remotes_say_in_json_is_what_the_schemas_say() {
    let (lab, remote) = (lab(), tempfile::tempdir().unwrap());
    let dir = checkout(&lab);
    let verbs: [(&str, &[&str]); 4] = [
        ("build", &["build", "--json", "--remote", "write"]),
        ("build", &["build", "--json", "--remote", "read", "--dry-run"]),
        ("push", &["push", "--json"]),
        ("pull", &["pull", "--json"]),
    ];
    for (verb, args) in verbs {
        let out = command(dir.path(), remote.path(), args);
        let schema = crate::json::schema(verb);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let text = String::from_utf8(out.stdout).unwrap();
        assert!(out.status.success() && !text.is_empty(), "{args:?} {}", String::from_utf8_lossy(&out.stderr));
        for line in text.lines() {
            let value = serde_json::from_str(line).unwrap();
            let wrong: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
            assert!(wrong.is_empty(), "{args:?} {line}: {wrong:?}");
        }
    }
}

/// In Korean a push says the same.
#[test]
fn what_remotes_say_has_korean_words() {
    let (lab, remote) = (Lab::new(20, 0), tempfile::tempdir().unwrap());
    let dir = checkout(&lab);
    let (exit, said) = run(dir.path(), remote.path(), &["--lang", "ko", "build", "--remote", "write"]);
    assert!(exit == 0 && said.contains("원격") && said.contains("보냄") && !said.contains("pushed to"), "{said}");
    assert!(said.contains("보내지 않습니다"), "{said}");
}
