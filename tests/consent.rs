//! Withdrawal: who has withdrawn consent is in no later release, no queue, no list of votes and no label export; `trace`
//! proves it without the data, and `gc --raw` leaves no trace of it in the store.
use crate::harness::tamis;
use std::path::{Path, PathBuf};

const MANIFEST: &str = r#"
[dataset]
name = "notes"
version = "0.1.0"
license = "MIT"

[collect.notes]
direct = { files = ["raw/notes.jsonl"], format = "jsonl" }
fields = { text = "text", who = "who" }
id = "id"
license = "MIT"
consent = { file = "secure/withdrawn.txt", on = "who" }

[label.topic]
task = "classification"
classes = ["a", "b"]
from.crowd = { files = ["raw/votes.csv"] }


[release.public]
formats = ["jsonl"]
columns = ["id", "text", "label.topic"]
require = ["text"]
"#;

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for folder in ["raw", "secure"] {
        std::fs::create_dir(dir.path().join(folder)).unwrap();
    }
    let put = |path: &str, text: String| std::fs::write(dir.path().join(path), text).unwrap();
    put("dataset.toml", MANIFEST.into());
    let who = |n: usize| ["zorkwright", "kim", "lee"][n % 3];
    let note =
        |n: usize| format!("{{\"id\":\"nt{n}-{0}\",\"text\":\"note {n} told by {0}\",\"who\":\"{0}\"}}\n", who(n));
    put("raw/notes.jsonl", (0..30).map(note).collect());
    let vote = |n: usize| format!("nt{n}-{},ann{},{}\n", who(n), n % 2, ["a", "b"][n % 2]);
    put("raw/votes.csv", format!("item,annotator,label\n{}", (0..30).map(vote).collect::<String>()));
    put("secure/withdrawn.txt", "# nobody yet\n\n".into());
    dir
}

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(dir).into_iter().flatten().map(|e| e.unwrap().path()) {
        if entry.is_dir() { out.extend(files_below(&entry)) } else { out.push(entry) }
    }
    out
}

/// The files below a folder that hold some bytes.
fn holding(dir: &Path, what: &str) -> Vec<PathBuf> {
    let has = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap();
        let found = |bytes: &[u8]| bytes.windows(what.len()).any(|w| w == what.as_bytes());
        // objects are packed one by one with zstd: each frame is opened
        found(&bytes) || frames(&bytes).iter().any(|frame| found(frame))
    };
    files_below(dir).into_iter().filter(has).collect()
}

/// What the zstd frames in some bytes hold.
fn frames(bytes: &[u8]) -> Vec<Vec<u8>> {
    const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    let starts = (0..bytes.len().saturating_sub(4)).filter(|at| bytes[*at..].starts_with(&MAGIC));
    let open = |at: usize| {
        use std::io::Read;
        let mut out = Vec::new();
        let mut reader = zstd::stream::read::Decoder::new(&bytes[at..]).ok()?.single_frame();
        reader.read_to_end(&mut out).ok()?;
        Some(out)
    };
    starts.filter_map(open).collect()
}

#[test]
fn who_withdraws_is_gone_from_all_that_is_made_later() {
    let dir = project();
    let dir = dir.path();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    let released = || std::fs::read_to_string(dir.join("out/public/jsonl/train-00000.jsonl")).unwrap();
    assert_eq!((released().lines().count(), released().matches("zorkwright").count()), (30, 20));
    std::fs::write(dir.join("secure/withdrawn.txt"), "# asked on 3 March\nzorkwright\nnobody-of-this-name\n").unwrap();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert_eq!((released().lines().count(), released().matches("zorkwright").count()), (20, 0));
    assert!(holding(&dir.join("out"), "zorkwright").is_empty());
    assert!(!out.contains("zorkwright"), "{out}");
    let card = std::fs::read_to_string(dir.join("out/public/README.md")).unwrap();
    assert!(card.contains("have withdrawn their consent were left out"), "{card}");
    // the list names a value that no sample has, and the votes still name the samples: both are told
    let (_, told, _) = tamis(dir, &["show", "collect/consent", "--findings"]);
    assert!(told.contains("1 of 2 values of the list meet no sample of the source: line 3"), "{told}");
    let (_, sheet, _) = tamis(dir, &["show", "collect/consent", "--dropped", "--format", "jsonl"]);
    assert!(sheet.lines().count() == 10 && sheet.contains("raw/notes.jsonl:1"), "{sheet}");
    assert!(!sheet.contains("zorkwright"), "what they held is not told: {sheet}");
    let (_, status, _) = tamis(dir, &["status"]);
    assert!(status.contains("10 consent.withdrawn"), "{status}");
    let (_, votes, _) = tamis(dir, &["show", "label.topic/from.crowd", "--findings"]);
    assert_eq!(votes.matches("vote.unmatched").count(), 10, "what still names them is told at its place: {votes}");
    let (exit, _, err) = tamis(dir, &["label", "export", "topic", "--tool", "csv"]);
    assert_eq!(exit, 0, "{err}");
    let queue = std::fs::read_to_string(dir.join("tasks/topic.csv")).unwrap();
    assert!(queue.lines().count() == 21 && !queue.contains("zorkwright"), "{queue}");
}

#[test]
fn a_difference_tells_that_consent_was_withdrawn() {
    let dir = project();
    let dir = dir.path();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    std::fs::rename(dir.join("out/public"), dir.join("old")).unwrap();
    std::fs::write(dir.join("secure/withdrawn.txt"), "zorkwright\n").unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    let (_, told, err) = tamis(dir, &["diff", "old", "out/public"]);
    assert!(told.contains("withdrawn") && told.contains("collect.notes.consent"), "{told}{err}");
    assert!(!told.contains("not collected"), "{told}");
}

/// A list that meets no sample names another column, or writes its values otherwise.
#[test]
fn a_list_that_meets_nothing_fails() {
    let dir = project();
    let dir = dir.path();
    std::fs::write(dir.join("secure/withdrawn.txt"), "# who asked\nzorkwright # in March\nother\n").unwrap();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 1, "{out}{err}");
    assert!(err.contains("meets too few samples of collect.notes") || out.contains("meets too few"), "{out}{err}");
    let (_, told, _) = tamis(dir, &["show", "collect/consent", "--findings"]);
    assert!(told.contains("2 of 2 values") && told.contains("lines 2-3") && !told.contains("zorkwright"), "{told}");
    let allowed = MANIFEST.replace("on = \"who\" }", "on = \"who\", min_met = 0 }");
    std::fs::write(dir.join("dataset.toml"), allowed).unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
}

/// Whole numbers stand as `2.0` in a column that lacks a value; the list may write either.
#[test]
fn numbers_are_met_in_both_spellings() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    let manifest = "[dataset]\nname = \"p\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n\
        [collect.a]\ndirect = { files = [\"a.csv\"], format = \"csv\" }\nfields = { text = \"text\", who = \"who\" }\n\
        optional = [\"who\"]\nid = \"id\"\nlicense = \"MIT\"\nconsent = { file = \"list.txt\", on = \"who\" }\n\
        [schema]\nwho = { float = {} }\n\
        [release.public]\nformats = [\"jsonl\"]\ncolumns = [\"id\"]\n";
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
    std::fs::write(dir.join("a.csv"), "id,text,who\na,one,2.0\nb,two,\nc,three,3.0\nd,four,4.5\ne,five,6.0\n").unwrap();
    std::fs::write(dir.join("list.txt"), "2\n3.0\n4.5\n").unwrap();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    let released = std::fs::read_to_string(dir.join("out/public/jsonl/train-00000.jsonl")).unwrap();
    assert_eq!(released, "{\"id\": \"b\"}\n{\"id\": \"e\"}\n");
}

/// What a manifest names and what lies outside of the project behind a link is refused where it is named.
#[test]
fn a_link_out_of_the_project_is_refused() {
    let (dir, outside) = (project(), tempfile::tempdir().unwrap());
    let dir = dir.path();
    std::fs::write(outside.path().join("licence.txt"), "my own terms\n").unwrap();
    std::os::unix::fs::symlink(outside.path().join("licence.txt"), dir.join("link.txt")).unwrap();
    std::os::unix::fs::symlink(outside.path(), dir.join("folder")).unwrap();
    for path in ["link.txt", "folder/licence.txt"] {
        let with = MANIFEST.replace("consent =", &format!("evidence = \"{path}\"\nconsent ="));
        std::fs::write(dir.join("dataset.toml"), with).unwrap();
        let (exit, out, err) = tamis(dir, &["check"]);
        assert!(exit == 2 && format!("{out}{err}").contains("T0304"), "{path}: {exit} {out}{err}");
    }
    let with = MANIFEST.replace("secure/withdrawn.txt", "link.txt");
    std::fs::write(dir.join("dataset.toml"), with).unwrap();
    let (exit, out, err) = tamis(dir, &["check"]);
    assert!(exit == 2 && format!("{out}{err}").contains("T0304"), "{out}{err}");
    // one within the project is followed
    std::fs::write(dir.join("own.txt"), "my own terms\n").unwrap();
    std::fs::remove_file(dir.join("link.txt")).unwrap();
    std::os::unix::fs::symlink("own.txt", dir.join("link.txt")).unwrap();
    let with = MANIFEST.replace("consent =", "evidence = \"link.txt\"\nconsent =");
    std::fs::write(dir.join("dataset.toml"), with).unwrap();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert!(dir.join("out/public/LICENSES/notes-link.txt").is_file());
}

#[test]
fn a_trace_proves_it_without_the_data() {
    let dir = project();
    let dir = dir.path();
    std::fs::write(dir.join("secure/withdrawn.txt"), "zorkwright\n").unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    let (exit, story, err) = tamis(dir, &["trace", "nt3-zorkwright"]);
    assert_eq!(exit, 0, "{err}");
    assert!(story.contains("withdrawn consent") && story.contains("collect.notes.consent"), "{story}");
    assert!(story.contains("raw/notes.jsonl:4") && !story.contains("told by"), "{story}");
    let (exit, story, _) = tamis(dir, &["trace", "nt4-kim"]);
    assert!(exit == 0 && story.contains("released: public"), "{story}");
}

#[test]
fn nothing_is_left_in_the_store() {
    let dir = project();
    let dir = dir.path();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    std::fs::write(dir.join("secure/withdrawn.txt"), "zorkwright\n").unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    assert!(!holding(&dir.join(".tamis"), "zorkwright").is_empty(), "the test sees what the store holds");
    let (exit, _, err) = tamis(dir, &["gc", "--raw"]);
    assert_eq!(exit, 0, "{err}");
    let (_, again, _) = tamis(dir, &["gc", "--raw"]);
    assert!(again.starts_with("0 objects and 0 results removed"), "one run takes out everything: {again}");
    assert_eq!(holding(&dir.join(".tamis"), "zorkwright"), Vec::<PathBuf>::new());
    let lines = std::fs::read_to_string(dir.join("raw/notes.jsonl")).unwrap();
    assert_eq!(lines.matches("told by zorkwright").count(), 10, "the user's own files stay");
    assert_eq!(tamis(dir, &["build"]).0, 0);
    // without the record in the file, nothing names the person any more; that the list meets nothing is then allowed
    let allowed = MANIFEST.replace("on = \"who\" }", "on = \"who\", min_met = 0 }");
    std::fs::write(dir.join("dataset.toml"), allowed).unwrap();
    let without: String = lines.lines().filter(|l| !l.contains("zorkwright")).map(|l| format!("{l}\n")).collect();
    std::fs::write(dir.join("raw/notes.jsonl"), without).unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    assert_eq!(tamis(dir, &["gc", "--raw"]).0, 0);
    assert!(holding(&dir.join(".tamis"), "zorkwright").is_empty());
}

#[test]
fn pictures_go_with_their_names() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    for folder in ["raw", "secure"] {
        std::fs::create_dir(dir.join(folder)).unwrap();
    }
    for (n, name) in ["portrait-zorkwright", "b", "c"].iter().enumerate() {
        std::fs::write(dir.join(format!("raw/{name}.png")), crate::harness::png(8 + n as u8)).unwrap();
    }
    let manifest = "[dataset]\nname = \"p\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n\
        [collect.a]\ndirect = { images = [\"raw/*.png\"], format = \"image_folder\" }\nid = \"stem\"\nlicense = \"MIT\"\n\
        consent = { file = \"secure/list.txt\", on = \"id\" }\n\
        [preprocess]\n[release.public]\nformats = [\"image_folder\", \"parquet\"]\ncolumns = [\"id\", \"image\"]\n";
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
    std::fs::write(dir.join("secure/list.txt"), "").unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    assert!(files_below(&dir.join("out")).iter().any(|p| p.ends_with("portrait-zorkwright.png")));
    std::fs::write(dir.join("secure/list.txt"), "portrait-zorkwright\n").unwrap();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert!(!files_below(&dir.join("out")).iter().any(|p| p.to_string_lossy().contains("zorkwright")));
    assert!(holding(&dir.join("out"), "zorkwright").is_empty());
    std::fs::remove_file(dir.join("raw/portrait-zorkwright.png")).unwrap();
    let allowed = manifest.replace("on = \"id\" }", "on = \"id\", min_met = 0 }");
    std::fs::write(dir.join("dataset.toml"), allowed).unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    assert_eq!(tamis(dir, &["gc", "--raw"]).0, 0);
    assert_eq!(holding(&dir.join(".tamis"), "zorkwright"), Vec::<PathBuf>::new());
}

#[test]
fn with_a_key_the_list_is_known_by_keyed_digests() {
    let dir = project();
    let dir = dir.path();
    let privacy = "\n[privacy]\nkey = { file = \"secure/key\" }\nharmless = [\"id\", \"text\", \"who\"]\n";
    std::fs::write(dir.join("dataset.toml"), format!("{MANIFEST}{privacy}")).unwrap();
    std::fs::write(dir.join("secure/withdrawn.txt"), "zorkwright\n").unwrap();
    std::fs::write(dir.join("secure/key"), "0123456789abcdef0123456789abcdef").unwrap();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert!(holding(&dir.join("out"), "zorkwright").is_empty());
    assert!(holding(&dir.join(".tamis"), "0123456789abcdef0123456789abcdef").is_empty(), "the key is stored nowhere");
    let hidden = |dir: &Path| {
        let (_, json, _) = tamis(dir, &["trace", "nt0-zorkwright", "--json"]);
        assert!(json.contains("collect/consent"), "{json}");
        let (_, rows, _) = tamis(dir, &["show", "collect/consent", "--where", "status:dropped", "--format", "jsonl"]);
        rows
    };
    let first = hidden(dir);
    assert!(first.contains("withdrawn:") && !first.contains("zorkwright"), "{first}");
    std::fs::write(dir.join("secure/key"), "another key of more than sixteen bytes").unwrap();
    assert_eq!(tamis(dir, &["build"]).0, 0);
    assert_ne!(hidden(dir), first, "another key gives other digests");
}

/// A build after the withdrawal is the build of a project that never had the samples, apart from what it tells.
#[test]
fn what_is_released_is_as_if_they_had_never_been_there() {
    let (one, other) = (project(), project());
    std::fs::write(one.path().join("secure/withdrawn.txt"), "zorkwright\n").unwrap();
    let lines = std::fs::read_to_string(other.path().join("raw/notes.jsonl")).unwrap();
    let without: String = lines.lines().filter(|l| !l.contains("zorkwright")).map(|l| format!("{l}\n")).collect();
    std::fs::write(other.path().join("raw/notes.jsonl"), without).unwrap();
    for dir in [one.path(), other.path()] {
        assert_eq!(tamis(dir, &["build"]).0, 0);
    }
    let released = |dir: &Path| std::fs::read_to_string(dir.join("out/public/jsonl/train-00000.jsonl")).unwrap();
    assert_eq!(released(one.path()), released(other.path()));
}

/// Neither the number of threads, nor the size of partitions, nor what was built before changes what is released.
#[test]
fn any_way_there_gives_the_same_release() {
    let released = |dir: &Path| std::fs::read_to_string(dir.join("out/public/B3SUMS")).unwrap();
    let withdraw = |dir: &Path| std::fs::write(dir.join("secure/withdrawn.txt"), "zorkwright\n").unwrap();
    let clean = project();
    withdraw(clean.path());
    assert_eq!(tamis(clean.path(), &["build", "--jobs", "1"]).0, 0);
    for (jobs, target) in [("2", "4"), ("8", "2"), ("4", "4096")] {
        let edited = project();
        let build = ["build", "--jobs", jobs, "--partition-target", target];
        assert_eq!(tamis(edited.path(), &build).0, 0);
        withdraw(edited.path());
        assert_eq!(tamis(edited.path(), &build).0, 0);
        assert_eq!(released(edited.path()), released(clean.path()), "{jobs} threads, partitions of {target}");
    }
}
