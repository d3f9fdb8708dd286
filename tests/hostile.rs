//! Projects that somebody else made: nothing in them leads a write or a removal out of the project, nothing waits for a
//! pipe.
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

fn project(dir: &Path) {
    std::fs::create_dir_all(dir.join("raw")).unwrap();
    std::fs::write(dir.join("raw/a.jsonl"), "{\"id\": \"1\", \"text\": \"one\"}\n").unwrap();
    let manifest = "[dataset]\nname = \"h\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n[collect.a]\n\
        direct = { files = [\"raw/**\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\n\
        license = \"CC0-1.0\"\n[release.public]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"text\"]\n";
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
}

fn tamis(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis")).arg("-C").arg(dir).args(args).output().unwrap()
}

/// Everything below a folder: files with their content, folders with none.
fn content(dir: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap()) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            out.insert(path.display().to_string(), None);
            out.extend(content(&path));
        } else {
            out.insert(path.display().to_string(), std::fs::read(&path).ok());
        }
    }
    out
}

fn victim(dir: &Path) -> std::path::PathBuf {
    let victim = dir.join("victim");
    std::fs::create_dir_all(victim.join("packs")).unwrap();
    for name in ["index", "notes.txt", "000000.pack", ".hidden", "packs/000000.pack", "packs/old.pack"] {
        std::fs::write(victim.join(name), "precious").unwrap();
    }
    victim
}

#[test]
fn links_in_the_folders_of_tamis_lead_nowhere() {
    // (what is a link or names a folder, whether the victim's folder or one of its files)
    let cases = [
        (".tamis", ""),
        (".tamis/scan", ""),
        (".tamis/packs", "packs"),
        (".tamis/index", "notes.txt"),
        (".tamis/roots", ""),
        (".tamis/lock", "notes.txt"),
        (".tamis/last.json", "notes.txt"),
        ("out", ""),
        ("out/public", ""),
        ("out/public/jsonl", ""),
        ("releases", ""),
        ("pins", ""),
        ("dataset.lock", "notes.txt"),
    ];
    for (link, to) in cases {
        let dir = tempfile::tempdir().unwrap();
        let victim = victim(dir.path());
        let own = dir.path().join("project");
        project(&own);
        if let Some(folder) = own.join(link).parent() {
            std::fs::create_dir_all(folder).unwrap();
        }
        symlink(victim.join(to), own.join(link)).unwrap();
        let before = content(&victim);
        for args in [&["build"][..], &["gc"], &["gc", "--raw"], &["release", "public"], &["store", "verify"]] {
            let done = tamis(&own, args);
            assert!(done.status.code().is_some_and(|c| c < 4), "{link} {args:?}: {done:?}");
            assert_eq!(content(&victim), before, "{link} {args:?}");
        }
    }
}

#[test]
fn a_store_that_the_project_names_must_be_one() {
    let dir = tempfile::tempdir().unwrap();
    let victim = victim(dir.path());
    let own = dir.path().join("project");
    project(&own);
    std::fs::create_dir_all(own.join(".tamis")).unwrap();
    std::fs::write(own.join(".tamis/store"), victim.to_str().unwrap()).unwrap();
    let before = content(&victim);
    for args in [&["build"][..], &["gc"], &["store", "verify"]] {
        let done = tamis(&own, args);
        assert_eq!(done.status.code(), Some(3), "{args:?}");
        assert!(String::from_utf8_lossy(&done.stderr).contains("did not make a store"), "{done:?}");
        assert_eq!(content(&victim), before);
    }
}

#[test]
fn a_pipe_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    for name in ["raw/pipe", "pipe"] {
        assert!(Command::new("mkfifo").arg(dir.path().join(name)).status().unwrap().success());
    }
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    std::fs::write(dir.path().join("dataset.toml"), manifest + "[plan]\ndocument = \"pipe\"\n").unwrap();
    let done =
        Command::new("timeout").args(["20", env!("CARGO_BIN_EXE_tamis"), "-C"]).arg(dir.path()).arg("build").output();
    assert_eq!(done.unwrap().status.code(), Some(2), "the plan is no file");
}

/// The identifiers in the project below, none of which a privacy step has seen.
const IDENTIFIERS: [&str; 4] = ["lee@example.com", "park@example.com", "kim@example.com", "010-9999-8888"];

/// A project with `[privacy]` whose votes, and a CSV file without a header, hold identifiers.
fn private(dir: &Path) {
    project(dir);
    std::fs::create_dir_all(dir.join("headless")).unwrap();
    std::fs::write(dir.join("headless/x.csv"), "kim@example.com,first text\nb,second text\n").unwrap();
    let votes = "item,annotator,label\n1,lee@example.com,A\n1,w2,park@example.com\n010-9999-8888,w,A\n";
    std::fs::write(dir.join("votes.csv"), votes).unwrap();
    let manifest = "[dataset]\nname = \"h\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
        [collect.a]\ndirect = { files = [\"headless/*.csv\"], format = \"csv\" }\nfields = { text = \"first text\" }\n\
        id = \"first text\"\nlicense = \"CC0-1.0\"\n\
        [collect.b]\ndirect = { files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\n\
        license = \"CC0-1.0\"\n[schema]\ntext = { text = {} }\n[privacy]\n[privacy.detect]\ntypes = [\"email\", \"phone\"]\n\
        [label.k]\ntask = \"classification\"\nclasses = [\"A\"]\nfrom.c = { files = [\"votes.csv\"] }\n\
        [release.public]\nformats = [\"jsonl\", \"parquet\"]\ncolumns = [\"id\", \"text\", \"label.k\"]\n";
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
}

fn names_one(bytes: &[u8]) -> bool {
    IDENTIFIERS.iter().any(|id| bytes.windows(id.len()).any(|w| w == id.as_bytes()))
}

#[test]
fn identifiers_lie_in_raw_packs_alone_and_are_shown_on_request() {
    let dir = tempfile::tempdir().unwrap();
    private(dir.path());
    let done = tamis(dir.path(), &["build"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    for round in ["built", "gc --raw"] {
        for (path, bytes) in content(dir.path()) {
            let own = path.strip_prefix(dir.path().to_str().unwrap()).unwrap();
            let made = own.starts_with("/.tamis") || own.starts_with("/out") || own == "/dataset.lock";
            let apart = own.ends_with(".raw.pack") && round == "built";
            assert!(!made || apart || !names_one(&bytes.unwrap_or_default()), "{round}: {own}");
        }
        assert!(tamis(dir.path(), &["gc", "--raw"]).status.success());
    }
    // what went is made again, the header of the CSV file too
    assert_eq!(tamis(dir.path(), &["build"]).status.code(), Some(0));
    for args in [
        &["show", "label.k", "--findings"][..],
        &["show", "label.k", "--rows", "9"],
        &["show", "label.k/read.c", "--rows", "9"],
        &["trace", "1"],
        &["status"],
        &["build", "--json"],
    ] {
        let told = tamis(dir.path(), args);
        assert!(!names_one(&told.stdout) && !names_one(&told.stderr), "{args:?}: {told:?}");
    }
    let told = tamis(dir.path(), &["trace", "1", "--raw"]);
    assert!(names_one(&told.stdout), "{told:?}");
}

#[test]
fn nothing_that_holds_words_of_files_is_released_unseen() {
    let dir = tempfile::tempdir().unwrap();
    private(dir.path());
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let all = manifest.replace("[\"id\", \"text\", \"label.k\"]", "\"all\"");
    std::fs::write(dir.path().join("dataset.toml"), all).unwrap();
    let done = tamis(dir.path(), &["check", "--short"]);
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.code() == Some(2) && told.contains("T0421") && told.contains("votes.k"), "{told}");
}
