//! `tamis new`: from folders of data, and from what comes with tamis.
//!
//! A case is a folder `tests/new/NAME/` with `in/`, the data, and `dataset.toml`, what must be written of it. The test
//! copies the data, calls `tamis new --from`, compares, and builds. `told.txt` holds words that must be told, one a
//! line. After a change that is meant, `TAMIS_WRITE=1 cargo test --test tests new` writes the files anew: read the
//! difference. `TAMIS_CASE=NAME` runs one case. Data of `in/` that other programs wrote was made by
//! `tests/new/make.py`, with the versions in `requirements.txt` beside it; all of it was made up for these tests. `tests/peers/folders.py` makes such
//! folders anew, goes on to a release, and takes any others by name.
use crate::harness::{png, tamis};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

fn cases() -> Vec<PathBuf> {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/new");
    let mut all: Vec<PathBuf> = std::fs::read_dir(top).unwrap().map(|e| e.unwrap().path()).collect();
    all.retain(|p| p.join("in").is_dir());
    all.sort();
    all
}

/// All files below a folder, by path.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut out, mut open) = (BTreeMap::new(), vec![dir.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else {
                out.insert(path.strip_prefix(dir).unwrap().to_path_buf(), std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

fn put(dir: &Path, path: impl AsRef<Path>, bytes: &[u8]) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Every recogniser has a case, and each case gives what it must.
#[test]
fn folders_become_projects() {
    let only = std::env::var("TAMIS_CASE").ok();
    let mut wrong = String::new();
    for case in cases() {
        let name = case.file_name().unwrap().to_str().unwrap().to_string();
        if only.as_ref().is_none_or(|o| *o == name) {
            wrong.push_str(&run(&case, &name).err().map_or(String::new(), |say| format!("\n{name}\n{say}")));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn run(case: &Path, name: &str) -> Result<(), String> {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join(name);
    let data = files(&case.join("in"));
    data.iter().for_each(|(path, bytes)| put(&dir, path, bytes));
    let (exit, out, err) = tamis(above.path(), &["new", "--from", name]);
    if exit != 0 {
        return Err(format!("exit {exit}\n{out}{err}"));
    }
    let got = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
    let want = case.join("dataset.toml");
    if std::env::var_os("TAMIS_WRITE").is_some() {
        std::fs::write(&want, &got).unwrap();
    }
    let mut wrong = String::new();
    if std::fs::read_to_string(want).unwrap_or_default() != got {
        wrong.push_str(&format!("another dataset.toml:\n{got}"));
    }
    let words = std::fs::read_to_string(case.join("told.txt")).unwrap_or_default();
    for word in words.lines().filter(|w| !out.contains(w)) {
        wrong.push_str(&format!("`{word}` was not told:\n{out}"));
    }
    for (path, bytes) in &data {
        if std::fs::read(dir.join(path)).unwrap() != *bytes {
            wrong.push_str(&format!("{} was changed", path.display()));
        }
    }
    let (exit, out, err) = tamis(&dir, &["build"]);
    if exit != 0 {
        wrong.push_str(&format!("build: exit {exit}\n{out}{err}"));
    }
    // all that is read comes along where the project becomes a folder of its own
    let kept = above.path().join("bare");
    data.iter().for_each(|(path, bytes)| put(&kept, path, bytes));
    let (exit, out, err) = tamis(above.path(), &["new", "--from", "bare", "copied"]);
    if exit != 0 {
        wrong.push_str(&format!("copied: exit {exit}\n{out}{err}"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// Words in a row that are English, outside of what stands in backticks.
fn english(line: &str) -> usize {
    let bare: String = line.split('`').step_by(2).collect::<Vec<_>>().join(" 1 ");
    let is_word = |w: &str| w.len() > 1 && w.chars().all(|c| c.is_ascii_lowercase());
    bare.split(' ').fold((0, 0), |(most, run), w| if is_word(w) { (most.max(run + 1), run + 1) } else { (most, 0) }).0
}

/// With `--lang ko` every line that is told is Korean, and every remark in the file.
#[test]
fn new_speaks_korean() {
    const CASES: &[&str] = &[
        "classes_alike",
        "classes_slip",
        "coco",
        "coco_keypoints_and_boxes",
        "conll_one_odd_tag",
        "crowd_alone",
        "csv_cp949_one_bad_line",
        "csv_names_twice",
        "csv_numbers_in_header",
        "csv_open_quote",
        "csv_title_above",
        "csv_units_and_totals",
        "given_words",
        "hub_configs",
        "hub_flow",
        "images_one_stray",
        "kaldi",
        "leftovers",
        "mixture_images",
        "squad_flat",
        "texts_and_labels",
        "tokens_beside_text",
        "tools",
        "voc_one_broken",
        "votes",
        "why_not_read",
        "yolo_pose",
    ];
    let mut wrong = String::new();
    for name in CASES {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path().join(name);
        let case = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/new").join(name);
        files(&case.join("in")).iter().for_each(|(path, bytes)| put(&dir, path, bytes));
        let (exit, out, err) = tamis(above.path(), &["--lang", "ko", "new", "--from", name]);
        assert_eq!(exit, 0, "{name}: {out}{err}");
        let text = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
        let remarks = text.lines().filter_map(|l| l.split_once("# ")).map(|(_, remark)| remark);
        for line in out.lines().chain(remarks) {
            let korean = line.chars().any(|c| matches!(c, '가'..='힣'));
            if !korean || english(line) > 3 {
                wrong.push_str(&format!("{name}: {line}\n"));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// All files that are not read are named on demand, where there is a project already too.
#[test]
fn what_is_not_read_can_be_seen() {
    let above = tempfile::tempdir().unwrap();
    put(above.path(), "x/a.csv", b"id,text\n1,one\n2,two\n3,three\n");
    (0..9).for_each(|n| put(above.path(), format!("x/p{n}.pdf"), b"%PDF-1.4"));
    (0..9).for_each(|n| put(above.path(), format!("none/p{n}.pdf"), b"%PDF-1.4"));
    let (exit, out, _) = tamis(above.path(), &["new", "--from", "x"]);
    assert!(exit == 0 && out.contains("p0.pdf, p1.pdf, p2.pdf and 6 more (`--all` names them)"), "{out}");
    let (exit, out, _) = tamis(above.path(), &["new", "--from", "x", "--all"]);
    assert!(exit == 0 && out.contains("p7.pdf, p8.pdf are not read"), "{out}");
    let (exit, _, err) = tamis(above.path(), &["new", "--from", "none"]);
    assert!(exit == 2 && err.contains("`--all` names them"), "{err}");
    let (exit, _, err) = tamis(above.path(), &["new", "--from", "none", "--all"]);
    assert!(exit == 2 && err.contains("p8.pdf are not read"), "{err}");
}

#[test]
fn every_recogniser_has_a_case() {
    let all: String =
        cases().iter().map(|c| std::fs::read_to_string(c.join("dataset.toml")).unwrap_or_default()).collect();
    let missing: Vec<&str> = tamis::new::kinds::RECOGNISERS
        .iter()
        .map(|r| r.format)
        .filter(|f| !all.contains(&format!("format = \"{f}\"")))
        .collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// Each template in each language is without a problem, builds and is released.
#[test]
fn templates_build_at_once() {
    for template in tamis::new::template::TEMPLATES {
        for lang in tamis::new::template::LANGUAGES {
            let above = tempfile::tempdir().unwrap();
            let (exit, out, err) =
                tamis(above.path(), &["new", "my-data", "--template", template.name, "--lang", lang]);
            assert_eq!(exit, 0, "{} {lang}: {out}{err}", template.name);
            let dir = above.path().join("my-data");
            let (exit, out, err) = tamis(&dir, &["check"]);
            assert!(exit == 0 && out.starts_with("no problem"), "{} {lang}: {out}{err}", template.name);
            let (exit, out, err) = tamis(&dir, &["release", "public"]);
            assert_eq!(exit, 0, "{} {lang}: {out}{err}", template.name);
            let text = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
            assert!(text.starts_with("#:schema docs/dataset.schema.json\n") && text.contains("name = \"my-data\""));
            assert!(dir.join("docs/dataset.schema.json").is_file() && dir.join(".gitignore").is_file());
            assert!(dir.join(".gitattributes").is_file());
        }
    }
}

/// From a folder to a release and an edit; then what a new file adds; and nothing is ever written over.
#[test]
fn a_folder_becomes_a_project_and_grows() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("notes");
    put(&dir, "a.jsonl", b"{\"id\":\"1\",\"text\":\"one\"}\n{\"id\":\"2\",\"text\":\"two\"}\n");
    put(&dir, "LICENSE", b"CC0 1.0 Universal\n");
    let (exit, out, _) = tamis(above.path(), &["new", "--from", "notes", "mine"]);
    assert_eq!(exit, 0, "{out}");
    let mine = above.path().join("mine");
    assert_eq!(tamis(&mine, &["release", "all"]).0, 0);
    assert!(mine.join("raw/a.jsonl").is_file() && !dir.join("dataset.toml").exists());
    let (exit, _, err) = tamis(above.path(), &["new", "--from", "notes", "mine"]);
    assert!(exit == 2 && err.contains("not empty"), "{err}");

    // in the folder itself: a second call says what it would add, and writes nothing
    assert_eq!(tamis(above.path(), &["new", "--from", "notes"]).0, 0);
    let first = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
    let (exit, out, _) = tamis(above.path(), &["new", "--from", "notes"]);
    assert!(exit == 0 && out.contains("is read already"), "{out}");
    put(&dir, "more/b.csv", b"id,score\n7,0.5\n8,0.25\n");
    let (exit, out, _) = tamis(above.path(), &["new", "--from", "notes"]);
    assert!(exit == 0 && out.contains("[collect.b]") && out.contains("more/b.csv"), "{out}");
    assert!(!out.contains("a.jsonl") && !out.contains("[dataset]"), "{out}");
    // what it says fits behind what is there
    put(&dir, "dataset.toml", format!("{first}\n{out}").as_bytes());
    assert_eq!(tamis(&dir, &["build"]).0, 0);
    put(&dir, "dataset.toml", first.as_bytes());
    assert_eq!(std::fs::read_to_string(dir.join("dataset.toml")).unwrap(), first);
}

/// What is unknown is told at its line by a build, and a release needs to know it.
#[test]
fn a_licence_that_no_file_states_is_asked_for() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("x");
    put(&dir, "a.jsonl", b"{\"id\":\"1\",\"text\":\"one\"}\n");
    assert_eq!(tamis(above.path(), &["new", "--from", "x"]).0, 0);
    let text = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
    let line = text.lines().position(|l| l.starts_with("license")).unwrap() + 1;
    let (exit, out, _) = tamis(&dir, &["check", "--short"]);
    assert!(exit == 0 && out.contains(&format!("dataset.toml:{line}:")) && out.contains("T0435"), "{out}");
    assert_eq!(tamis(&dir, &["build"]).0, 0);
    let (exit, _, err) = tamis(&dir, &["release", "all"]);
    assert!(exit == 2 && err.contains("T0435"), "{err}");
    std::fs::write(dir.join("dataset.toml"), text.replace("NOASSERTION", "CC0-1.0")).unwrap();
    assert_eq!(tamis(&dir, &["release", "all"]).0, 0);
}

/// Names and values that would act in TOML, in a glob or on a terminal; links, pointers, and what is no file.
#[test]
fn hostile_folders_are_harmless() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("h\u{1b}]0;x\u{7}");
    put(
        &dir,
        "a \"b\"\n[x]\u{1b}[31m\u{202e}.jsonl",
        b"{\"id\":\"1\",\"te\\u001bxt\":\"one\",\"q\\\"\\n[y]\":1}\n{\"id\":\"2\"}\n",
    );
    put(&dir, "g[1]{*}?.csv", b"id,\"na\nme\",x\n1,a,2\n");
    put(&dir, "big.jsonl", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
    put(above.path(), "outside.jsonl", b"{\"id\":\"outside\",\"text\":\"secret\"}\n");
    std::os::unix::fs::symlink("../outside.jsonl", dir.join("link.jsonl")).unwrap();
    std::os::unix::fs::symlink("..", dir.join("up")).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(dir.join("pipe.jsonl")).status().unwrap().success());
    let (exit, out, err) = tamis(above.path(), &["new", "--from", dir.to_str().unwrap()]);
    assert_eq!(exit, 0, "{out}{err}");
    let text = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
    for told in [&out, &err, &text] {
        assert!(!told.contains(['\u{1b}', '\u{7}', '\u{202e}']) && !told.contains("secret"), "{told:?}");
    }
    assert!(out.contains("git lfs pull") && out.contains("link out of the project"), "{out}");
    let (exit, out, err) = tamis(&dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}{text}");
    assert!(!text.contains("\n[x]") && !text.contains("\n[y]"), "{text}");
}

#[test]
fn what_cannot_be_is_said() {
    let above = tempfile::tempdir().unwrap();
    let said = |args: &[&str]| {
        let (exit, _, err) = tamis(above.path(), args);
        assert_eq!(exit, 2, "{args:?}: {err}");
        err
    };
    assert!(said(&["new", "--from", "nowhere"]).contains("is no folder"));
    std::fs::create_dir(above.path().join("empty")).unwrap();
    assert!(said(&["new", "--from", "empty"]).contains("nothing in"));
    put(above.path(), "only/a.zip", b"PK\x03\x04");
    assert!(said(&["new", "--from", "only"]).contains("a.zip is not read: an archive"));
    assert!(said(&["new", "x", "--template", "classificaton"]).contains("did you mean `classification`?"));
    assert!(said(&["new"]).contains("tamis new NAME"));
    put(above.path(), "taken/out/a.jsonl", b"{\"id\":\"1\"}\n");
    assert!(said(&["new", "--from", "taken"]).contains("tamis itself writes there"));
    put(above.path(), "images/p.png", &png(1));
    assert!(said(&["new", "images"]).contains("not empty"));
}
