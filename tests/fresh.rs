//! A build that found nothing to do is remembered whole. Whatever is touched then, the next build does and says what
//! it would without that memory.
use crate::harness::{Lab, Way, png, tamis};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

const MEMORY: &str = ".tamis/fresh";

fn append(path: &Path, text: &str) {
    let old = fs::read(path).unwrap();
    fs::write(path, [&old, text.as_bytes()].concat()).unwrap();
}

/// Other bytes, of the same length and with the same time of change.
fn bend(path: &Path) {
    let time = fs::metadata(path).unwrap().modified().unwrap();
    let text = fs::read_to_string(path).unwrap().replacen("\"doc\":\"d0\"", "\"doc\":\"d9\"", 1);
    fs::write(path, text).unwrap();
    fs::File::options().write(true).open(path).unwrap().set_modified(time).unwrap();
}

fn any_pack(dir: &Path) -> std::path::PathBuf {
    fs::read_dir(dir.join(".tamis/packs")).unwrap().map(|e| e.unwrap().path()).min().unwrap()
}

/// What may be touched between two builds, and how.
type Deed = fn(&Path);
const DEEDS: &[(&str, Deed)] = &[
    ("nothing", |_| ()),
    ("a remark in the manifest", |d| append(&d.join("dataset.toml"), "# a remark\n")),
    ("a mistake in the manifest", |d| append(&d.join("dataset.toml"), "[clen]\n")),
    ("a value of another type", |d| {
        let text = fs::read_to_string(d.join("dataset.toml")).unwrap();
        let changed = text.replacen("tamis = \"0.1\"", "tamis = 1", 1);
        assert_ne!(changed, text);
        fs::write(d.join("dataset.toml"), changed).unwrap();
    }),
    ("a record more", |d| append(&d.join("raw/texts.jsonl"), "{\"id\":\"x\",\"text\":\"one more\",\"doc\":\"d1\"}\n")),
    ("a record under the same size and time", |d| bend(&d.join("raw/texts.jsonl"))),
    ("a source that is gone", |d| fs::remove_file(d.join("raw/votes.csv")).unwrap()),
    ("a source behind a link", |d| {
        fs::rename(d.join("raw/votes.csv"), d.join("votes.csv")).unwrap();
        std::os::unix::fs::symlink("../votes.csv", d.join("raw/votes.csv")).unwrap();
    }),
    ("a picture more", |d| fs::write(d.join("raw/images/new.png"), png(77)).unwrap()),
    ("a picture less", |d| fs::remove_file(d.join("raw/images/p000.png")).unwrap()),
    ("a file that no glob matches", |d| fs::write(d.join("raw/images/notes.txt"), "x").unwrap()),
    ("a folder of pictures moved", |d| fs::rename(d.join("raw/images"), d.join("raw/pictures")).unwrap()),
    ("the guideline", |d| append(&d.join("docs/topic.md"), "And more.\n")),
    ("a file of the release edited", |d| append(&d.join("out/public/release.json"), " ")),
    ("a file of the release removed", |d| fs::remove_file(d.join("out/public/release.json")).unwrap()),
    ("a file beside those of the release", |d| fs::write(d.join("out/public/jsonl/mine.jsonl"), "{}").unwrap()),
    ("a folder beside those of the release", |d| {
        fs::create_dir(d.join("out/public/mine")).unwrap();
        fs::write(d.join("out/public/mine/x"), "x").unwrap();
    }),
    ("the whole release", |d| fs::remove_dir_all(d.join("out")).unwrap()),
    ("the lock", |d| append(&d.join("dataset.lock"), "# mine\n")),
    ("the lock removed", |d| fs::remove_file(d.join("dataset.lock")).unwrap()),
    ("the index emptied", |d| fs::write(d.join(".tamis/index"), "").unwrap()),
    ("the index removed", |d| fs::remove_file(d.join(".tamis/index")).unwrap()),
    ("a pack removed", |d| fs::remove_file(any_pack(d)).unwrap()),
    ("the record removed", |d| fs::remove_file(d.join(".tamis/last")).unwrap()),
    ("what the store keeps for it removed", |d| fs::remove_dir_all(d.join(".tamis/roots")).unwrap()),
    ("another store", |d| {
        fs::create_dir(d.join("elsewhere")).unwrap();
        fs::write(d.join(".tamis/store"), d.join("elsewhere").to_str().unwrap()).unwrap();
    }),
    ("a file where a folder is missing", |d| fs::write(d.join("pins"), "x").unwrap()),
    ("the memory damaged", |d| append(&d.join(MEMORY), "x")),
];

/// All files of a release, by path.
fn released(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(dir.join("out")).into_iter().filter_map(Result::ok);
    let files = files.filter(|e| e.file_type().is_file()).map(|e| e.into_path());
    files.map(|p| (p.strip_prefix(dir).unwrap().display().to_string(), fs::read(&p).unwrap())).collect()
}

#[test]
fn a_remembered_build_hides_no_change() {
    let mut lab = Lab::new(40, 2);
    lab.comment = 0;
    let home = tempfile::tempdir().unwrap();
    // two of each: one forgets
    let places: Vec<_> =
        (0..DEEDS.len()).map(|i| (home.path().join(format!("a{i}")), home.path().join(format!("b{i}")))).collect();
    let all = || places.iter().flat_map(|(a, b)| [a, b]);
    for dir in all() {
        lab.write(dir);
        let (exit, _, said) = tamis(dir, &["build"]);
        assert_eq!(exit, 0, "{said}");
    }
    std::thread::sleep(Duration::from_millis(2_100)); // younger files may change unseen
    for dir in all() {
        assert_eq!(tamis(dir, &["build"]).0, 0);
        assert!(dir.join(MEMORY).is_file(), "a build that did nothing is remembered");
    }
    for ((deed, act), (a, b)) in DEEDS.iter().zip(&places) {
        fs::remove_file(b.join(MEMORY)).unwrap();
        act(a);
        if b.join(MEMORY).parent().is_some_and(Path::is_dir) && *deed != "the memory damaged" {
            act(b);
        }
        let (told, want) = (tamis(a, &["build"]), tamis(b, &["build"]));
        let plain = |t: &(i32, String, String), d: &Path| (t.0, t.1.clone(), t.2.replace(d.to_str().unwrap(), ""));
        assert_eq!(plain(&told, a), plain(&want, b), "{deed}");
        assert_eq!(released(a), released(b), "{deed}");
    }
}

#[test]
fn what_is_remembered_needs_no_plan() {
    let dir = tempfile::tempdir().unwrap();
    Lab::new(40, 2).write(dir.path());
    assert_eq!(tamis(dir.path(), &["build"]).0, 0);
    assert!(!dir.path().join(MEMORY).exists(), "it ran something");
    std::thread::sleep(Duration::from_millis(2_100));
    let first = tamis(dir.path(), &["build"]);
    // another build holds the checkout: who has to plan is refused, who need not may answer
    let lock = fs::File::open(dir.path().join(".tamis/lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(tamis(dir.path(), &["build"]), first);
    assert_eq!(tamis(dir.path(), &["-q", "build"]), (0, String::new(), String::new()));
    for other in [&["build", "--json"][..], &["build", "split"], &["build", "--partition-target", "16"]] {
        assert_eq!(tamis(dir.path(), other).0, 3, "{other:?}");
    }
}

/// A build of named steps judges no goals and writes no record, so it speaks for no other.
#[test]
fn named_steps_are_not_remembered() {
    let dir = tempfile::tempdir().unwrap();
    Lab::new(40, 2).write(dir.path());
    assert_eq!(tamis(dir.path(), &["build"]).0, 0);
    std::thread::sleep(Duration::from_millis(2_100));
    for _ in 0..2 {
        let (exit, said, _) = tamis(dir.path(), &["build", "release.public"]);
        assert!(exit == 0 && said.starts_with("fresh"), "{said}");
        assert!(!dir.path().join(MEMORY).exists());
    }
}

/// What the store needs is kept for a checkout by its path: one that was moved has to say so, before `gc`.
#[test]
fn a_checkout_that_was_moved_plans_again() {
    let home = tempfile::tempdir().unwrap();
    let (old, new) = (home.path().join("old"), home.path().join("new"));
    Lab::new(40, 2).write(&old);
    assert_eq!(tamis(&old, &["build"]).0, 0);
    std::thread::sleep(Duration::from_millis(2_100));
    assert_eq!(tamis(&old, &["build"]).0, 0);
    assert!(old.join(MEMORY).is_file());
    fs::rename(&old, &new).unwrap();
    assert_eq!(tamis(&new, &["build"]).0, 0);
    assert_eq!(tamis(&new, &["gc"]).0, 0);
    let told = crate::harness::build(&new, &Way { target: 4096, ..Way::default() });
    assert!(told.kernels().is_empty(), "{:?}", told.kernels());
}

/// A folder that was copied has the store of the one it was copied from, and no build of its own yet: `gc` keeps that one.
#[test]
fn gc_in_a_copy_keeps_what_came_with_it() {
    let home = tempfile::tempdir().unwrap();
    let (old, new) = (home.path().join("old"), home.path().join("new"));
    Lab::new(40, 2).write(&old);
    assert_eq!(tamis(&old, &["build"]).0, 0);
    fs::rename(&old, &new).unwrap();
    let (exit, said, _) = tamis(&new, &["gc"]);
    assert!(exit == 0 && said.starts_with("0 objects and 0 results removed"), "{said}");
    assert!(said.contains("of which this folder is a copy"), "{said}");
    let told = crate::harness::build(&new, &Way { target: 4096, ..Way::default() });
    assert!(told.kernels().is_empty(), "{:?}", told.kernels());
    // a build of its own takes the place of the other one
    let (exit, said, _) = tamis(&new, &["gc"]);
    assert!(exit == 0 && said.contains("forgotten: ") && !said.contains("is a copy"), "{said}");
}
