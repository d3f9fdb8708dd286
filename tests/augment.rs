//! Samples that are made to learn of: whose they are, what their labels say, and that they are the same however they are built.
use crate::harness::{Way, build, tamis};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const NAMES: [(&str, &str); 8] = [
    ("김철수", "PS"),
    ("이영희", "PS"),
    ("박민", "PS"),
    ("제갈공명", "PS"),
    ("서울", "LC"),
    ("부산", "LC"),
    ("제주", "LC"),
    ("강릉", "LC"),
];

/// Numbers that look random.
fn drawn(n: u64) -> u64 {
    let x = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^ (x >> 27)
}

/// A sentence with a person and a place; every fifth is to be tested, and has names of its own.
fn sample(n: u64, word: &str) -> String {
    let test = n % 5 == 4;
    let (who, at) = match test {
        true => ("남궁옥분".to_string(), "독도".to_string()),
        false => (NAMES[(drawn(n) % 4) as usize].0.into(), NAMES[4 + (drawn(n + 999) % 4) as usize].0.into()),
    };
    let vowel = |word: &str| (u32::from(word.chars().last().unwrap()) - 0xAC00).is_multiple_of(28);
    let particle = if vowel(&who) { "는" } else { "은" };
    let text = format!("{who}{particle} {word} {n}번 {at}에서 봤다");
    let chars = |of: &str| of.chars().count();
    let start = chars(&text[..text.find(&at).unwrap()]);
    let spans = format!(
        "[{{\"start\":0,\"end\":{},\"class\":\"PS\"}},{{\"start\":{start},\"end\":{},\"class\":\"LC\"}}]",
        chars(&who),
        start + chars(&at)
    );
    let part = if test { "\"test\"" } else { "null" };
    format!("{{\"id\":\"s{n:03}\",\"text\":\"{text}\",\"spans\":{spans},\"part\":{part}}}\n")
}

const MANIFEST: &str = r#"tamis = "0.1"
[dataset]
name = "augment"
version = "0.1.0"
license = "MIT"
languages = ["ko"]
[collect.a]
direct = { files = ["raw/a.jsonl"], format = "jsonl" }
fields = { text = "text", spans = "spans", part = "part" }
id = "id"
license = "MIT"
[schema]
text = { text = {} }
[label.ner]
task = "ner"
classes = ["PS", "LC"]
from.a = { column = "spans" }
[split]
ratios = { train = 1.0, test = 0.0 }
given = "part"
[augment.names]
copies = 2
by_class = { PS = 3 }
text = { replace_mentions = { share = 0.8 } }
[augment.noise]
text = { typos = 0.05, join_words = 0.1, split_words = 0.05, delete_words = 0.1, swap_particles = 0.5 }
[train.base]
task = "ner"
model = { kind = "majority" }
augment = ["names", "noise"]
[release.all]
formats = ["jsonl"]
augment = ["names", "noise"]
[release.collected]
formats = ["jsonl"]
"#;

fn project(n: u64) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("raw")).unwrap();
    write(dir.path(), n, "어제");
    // no model: it would only take time
    let (before, rest) = MANIFEST.split_once("[train.base]").unwrap();
    let (_, behind) = rest.split_once("[release.all]").unwrap();
    std::fs::write(dir.path().join("dataset.toml"), format!("{before}[release.all]{behind}")).unwrap();
    dir
}

fn write(dir: &Path, n: u64, word: &str) {
    let lines: String = (0..n).map(|n| sample(n, if n == 7 { word } else { "어제" })).collect();
    std::fs::write(dir.join("raw/a.jsonl"), lines).unwrap();
}

fn released(dir: &Path, name: &str) -> Vec<Json> {
    let mut out = Vec::new();
    let mut files: Vec<_> =
        std::fs::read_dir(dir.join("out").join(name).join("jsonl")).unwrap().map(|e| e.unwrap().path()).collect();
    files.sort();
    for file in files.iter().filter(|f| f.extension().is_some_and(|e| e == "jsonl")) {
        let text = std::fs::read_to_string(file).unwrap();
        out.extend(text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()));
    }
    out
}

/// The spans of a row, as (text, class), read anew from its characters.
fn marked(row: &Json) -> Vec<(String, String)> {
    let chars: Vec<char> = row["text"].as_str().unwrap().chars().collect();
    let spans = row["label_ner"].as_array().unwrap();
    let at = |s: &Json, key: &str| s[key].as_u64().unwrap() as usize;
    let one = |s: &Json| {
        let text: String = chars[at(s, "start")..at(s, "end")].iter().collect();
        (text, s["class"].as_str().unwrap().to_string())
    };
    spans.iter().map(one).collect()
}

#[test]
fn threads_partitions_and_earlier_builds_change_no_byte() {
    let told = |jobs, target| {
        let dir = project(60);
        let told = build(dir.path(), &Way { jobs, target, ..Way::default() });
        assert_eq!(told.exit, 0, "{}", told.stderr);
        told.roots()
    };
    let one = told(1, 16);
    assert_eq!(one, told(2, 16));
    assert_eq!(one, told(8, 4096));
    let dir = project(60);
    let way = Way { target: 16, ..Way::default() };
    write(dir.path(), 60, "그제");
    let before = build(dir.path(), &way);
    write(dir.path(), 60, "어제");
    let again = build(dir.path(), &way);
    assert_eq!((before.exit, again.exit), (0, 0), "{}", again.stderr);
    assert_ne!(before.roots(), one);
    assert_eq!(again.roots(), one);
    assert!(again.kernel("augment.names", "map").0 <= 2, "one sentence: {:?}", again.kernel("augment.names", "map"));
    assert_eq!(build(dir.path(), &way).kernels().values().sum::<u64>(), 0);
}

/// Whatever the engine of edits says, the characters under a span must be a mention of its class, and those outside the parent's.
#[test]
fn labels_of_children_are_right_by_themselves() {
    let dir = project(60);
    let told = build(dir.path(), &Way::default());
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let rows = released(dir.path(), "all");
    let by_id: BTreeMap<&str, &Json> = rows.iter().map(|r| (r["id"].as_str().unwrap(), r)).collect();
    let known: BTreeSet<(String, String)> = NAMES.iter().map(|(n, c)| (n.to_string(), c.to_string())).collect();
    let outside = |row: &Json| {
        let mut text = row["text"].as_str().unwrap().to_string();
        for (mention, _) in marked(row) {
            text = text.replacen(&mention, "_", 1);
        }
        text.replace("_는", "_은")
    };
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for row in &rows {
        let Some(by) = row["synthetic_by"].as_str() else { continue };
        *times.entry(by).or_default() += 1;
        let id = row["id"].as_str().unwrap();
        let parent = by_id[id.split('#').next().unwrap()];
        assert_eq!(row["split"], "train", "{id}");
        assert_eq!(row["synthetic_parents"][0], parent["id"], "{id}");
        assert!(parent["synthetic_by"].is_null() && parent["split"] == "train", "{id}");
        let classes = |r: &Json| marked(r).into_iter().map(|m| m.1).collect::<Vec<_>>();
        assert_eq!(classes(row), classes(parent), "{row}");
        if by == "augment.names" {
            assert!(marked(row).iter().all(|m| known.contains(m)), "{row}");
            assert_eq!(outside(row), outside(parent), "{row}");
            let particle = row["text"].as_str().unwrap().chars().nth(marked(row)[0].0.chars().count()).unwrap();
            let last = marked(row)[0].0.chars().last().unwrap();
            let vowel = (u32::from(last) - 0xAC00).is_multiple_of(28);
            assert_eq!(particle, if vowel { '는' } else { '은' }, "{row}");
        }
    }
    assert!(times["augment.names"] > 100 && times["augment.noise"] > 40, "{times:?}");
    let texts: Vec<&str> = rows.iter().map(|r| r["text"].as_str().unwrap()).collect();
    assert_eq!(texts.iter().collect::<BTreeSet<_>>().len(), texts.len(), "no text stands twice");
    let collected = released(dir.path(), "collected");
    assert_eq!(
        (collected.len(), collected.iter().filter(|r| r["id"].as_str().unwrap().contains('#')).count()),
        (60, 0)
    );
    assert!(collected[0].get("synthetic_by").is_none(), "{}", collected[0]);
}

#[test]
fn what_it_did_is_shown() {
    let dir = project(40);
    assert_eq!(build(dir.path(), &Way::default()).exit, 0);
    let (exit, page, _) = tamis(dir.path(), &["show", "augment.names"]);
    assert_eq!(exit, 0, "{page}");
    for word in ["born", "balance", "imbalance.before", "synthetic_share", "share_after"] {
        assert!(page.contains(word), "{word}\n{page}");
    }
    let (_, page, _) = tamis(dir.path(), &["show", "augment.names/draw"]);
    assert!(page.contains("wanted") && page.contains("repeated"), "{page}");
    let (exit, page, err) = tamis(dir.path(), &["trace", "s000#names.1"]);
    assert!(exit == 0 && page.contains("s000"), "{page}{err}");
}

/// The example beside an empty table of a first baseline, and its steps.
fn example(name: &str, folders: &[&str], baseline: &str) -> (tempfile::TempDir, Vec<std::path::PathBuf>) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name);
    let mut steps: Vec<_> = std::fs::read_dir(from.join("steps")).unwrap().map(|e| e.unwrap().path()).collect();
    steps.sort();
    let dir = tempfile::tempdir().unwrap();
    for folder in folders {
        std::fs::create_dir_all(dir.path().join(folder)).unwrap();
        for file in std::fs::read_dir(from.join(folder)).unwrap().map(|e| e.unwrap().path()).filter(|f| f.is_file()) {
            std::fs::copy(&file, dir.path().join(folder).join(file.file_name().unwrap())).unwrap();
        }
    }
    std::fs::create_dir(dir.path().join("before")).unwrap();
    std::fs::write(dir.path().join("before").join(baseline), "").unwrap();
    (dir, steps)
}

/// Checks every step, builds the first one, and gives its rows.
fn first_step(dir: &Path, steps: &[std::path::PathBuf]) -> Vec<Json> {
    for step in steps {
        std::fs::copy(step, dir.join("dataset.toml")).unwrap();
        let (exit, out, err) = tamis(dir, &["check"]);
        assert_eq!(exit, 0, "{}\n{out}{err}", step.display());
    }
    std::fs::copy(&steps[0], dir.join("dataset.toml")).unwrap();
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    released(dir, "work")
}

/// Every step of the examples is a manifest without a problem, and their data are what their plans say.
#[test]
fn every_step_of_the_projects_reads() {
    let folders = ["docs", "raw", "raw/klue", "raw/expert", "raw/made", "raw/votes"];
    let (dir, steps) = example("project-ner", &folders, "train.jsonl");
    assert_eq!(steps.len(), 7);
    let rows = first_step(dir.path(), &steps);
    assert_eq!(rows.len(), 800 + 500 + 500 + 3 - 1, "copies, a short text and two of marks, one of KLUE, are gone");
    assert!(rows.iter().all(|r| !r["text"].as_str().unwrap().contains("010-0000")), "telephone numbers are masked");

    let folders = ["docs", "raw", "raw/bccd", "raw/expert", "raw/votes"];
    let (dir, steps) = example("project-detection", &folders, "test.jsonl");
    assert_eq!(steps.len(), 6);
    let rows = first_step(dir.path(), &steps);
    let test = rows.iter().filter(|r| r["split"] == "test").count();
    assert_eq!((rows.len(), test), (110 + 50, 50), "copies are gone, and none of them is one of the test set");
}
