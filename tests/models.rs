//! Models, the wrong labels that they find, and the samples to label next: from files to decisions.
use crate::harness::{Way, build, tamis};
use std::fmt::Write;
use std::path::Path;

fn run(dir: &Path, args: &[&str]) -> (i32, String) {
    let (exit, out, err) = tamis(dir, args);
    (exit, out + &err)
}

/// Numbers that look random.
fn drawn(n: u64) -> u64 {
    let x = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^ (x >> 27)
}

const WORDS: [(&str, [&str; 4]); 3] = [
    ("food", ["bread", "soup", "salt", "cook"]),
    ("law", ["court", "judge", "law", "trial"]),
    ("sport", ["ball", "goal", "team", "match"]),
];

/// A sample: two words of its class among others, a name in front. Of the first 120 every tenth has another class than it
/// should; the last 20 have none.
fn sample(n: u64, note: &str) -> String {
    let of = drawn(n) % 3;
    let (class, words) = WORDS[of as usize];
    let other = WORDS[((of + 1) % 3) as usize].0;
    let name = ["Kim", "Lee", "Park"][(drawn(n + 1000) % 3) as usize];
    let word = |k: u64| words[(drawn(n * 7 + k) % 4) as usize];
    let text = format!("{name} saw the {} and a {} of {}", word(1), word(2), word(3));
    let (kind, spans) = match n {
        120.. => ("null".to_string(), "null".to_string()),
        n if n % 10 == 3 => (format!("\"{other}\""), "[]".into()),
        _ => (format!("\"{class}\""), format!("[{{\"start\":0,\"end\":{},\"class\":\"PS\"}}]", name.len())),
    };
    format!("{{\"id\":\"s{n:03}\",\"text\":\"{text}\",\"kind\":{kind},\"spans\":{spans},\"note\":\"{note}\"}}\n")
}

const MANIFEST: &str = r#"tamis = "0.1"
[dataset]
name = "models"
version = "0.1.0"
license = "MIT"
[collect.a]
direct = { files = ["raw/a.jsonl"], format = "jsonl" }
fields = { text = "text", kind = "kind", spans = "spans", note = "note" }
id = "id"
license = "MIT"
[schema]
text = { text = {} }
[label.topic]
task = "classification"
classes = ["food", "law", "sport"]
from.a = { column = "kind" }
[label.ner]
task = "ner"
classes = ["PS"]
from.a = { column = "spans" }
[train.topic]
task = "topic"
model = { kind = "logistic" }
on = ["text"]
resamples = 50
[train.names]
task = "ner"
model = { kind = "crf" }
folds = 3
resamples = 50
gates = { f1 = 0.5 }
[clean.label_errors]
task = "topic"
from = "train.topic"
action = "ACTION"
resamples = 50
[active]
task = "topic"
from = ["train.topic"]
size = 5
[review]
files = ["reviews/*.jsonl"]
[split]
ratios = { train = 0.7, test = 0.3 }
[release.all]
formats = ["jsonl"]
columns = ["id", "text", "label.topic", "predicted.topic", "predicted.names", "label_error.topic"]
"#;

/// 140 sentences of three classes, of which every tenth of the first 120 has a wrong one; what is done about these is `action`.
pub fn project(action: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("raw")).unwrap();
    write(dir.path(), "");
    std::fs::write(dir.path().join("dataset.toml"), MANIFEST.replace("ACTION", action)).unwrap();
    dir
}

fn write(dir: &Path, note: &str) {
    let lines = (0..140).fold(String::new(), |mut all, n| {
        all.write_str(&sample(n, if n == 7 { note } else { "" })).unwrap();
        all
    });
    std::fs::write(dir.join("raw/a.jsonl"), lines).unwrap();
}

#[test]
fn threads_and_partitions_change_no_bit_of_a_prediction() {
    let told = |jobs, target| {
        let dir = project("flag");
        let told = build(dir.path(), &Way { jobs, target, ..Way::default() });
        assert_eq!(told.exit, 0, "{}", told.stderr);
        let cut = target.to_string();
        let show = |step: &str| run(dir.path(), &["show", step, "--partition-target", &cut]).1;
        let facts = ["train.topic", "train.topic/check", "train.names/check", "clean.label_errors"].map(show);
        (told.roots(), facts)
    };
    let one = told(1, 16);
    assert!(one.1[3].contains("label_noise"), "{}", one.1[3]);
    assert_eq!(one, told(2, 16));
    assert_eq!(one, told(8, 4096));
}

#[test]
fn nothing_is_learned_again_for_what_a_model_does_not_read() {
    let dir = project("flag");
    let way = Way::default();
    assert_eq!(build(dir.path(), &way).exit, 0);
    write(dir.path(), "a note");
    let told = build(dir.path(), &way);
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let learned: Vec<(u64, u64)> = ["train.topic/folds", "train.names/folds", "train.topic/test", "train.names/test"]
        .map(|step| told.kernel(step, "gather"))
        .into();
    assert_eq!(learned, [(0, 0); 4]);
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let more = manifest.replace("action = \"flag\"", "action = \"flag\"\nmethod = \"confident_learning\"");
    std::fs::write(
        dir.path().join("dataset.toml"),
        more.replace("gates = { f1 = 0.5 }", "gates = { f1 = { max = 0 } }"),
    )
    .unwrap();
    let told = build(dir.path(), &way);
    assert_eq!((told.exit, told.kernel("train.names/folds", "gather").0), (1, 0), "a gate learns nothing again");
}

#[test]
fn suspects_wait_and_are_not_asked_about_again() {
    let dir = project("review");
    let dir = dir.path();
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    let (_, page) = run(dir, &["show", "clean.label_errors", "--findings"]);
    let suspects: Vec<&str> =
        page.lines().filter(|l| l.contains("label.suspect")).map(|l| l.split_whitespace().next().unwrap()).collect();
    let planted = suspects.iter().filter(|id| id.ends_with('3')).count();
    assert!(planted >= 10 && suspects.len() < 20, "12 are planted\n{page}");
    let (exit, said) = run(dir, &["label", "export", "topic", "--tool", "csv", "--only", "queue", "--out", "q.csv"]);
    assert_eq!(exit, 0, "{said}");
    let queue = std::fs::read_to_string(dir.join("q.csv")).unwrap();
    assert!(suspects.iter().all(|id| queue.contains(id)), "{queue}");
    assert!(queue.lines().filter(|l| l.starts_with("s12") || l.starts_with("s13")).count() == 5, "{queue}");
    let id = suspects[0];
    let n: u64 = id[1..].parse().unwrap();
    let class = WORDS[(drawn(n) % 3) as usize].0;
    std::fs::create_dir(dir.join("reviews")).unwrap();
    let line = format!(
        "{{\"id\":\"{id}\",\"step\":\"label.topic\",\"decision\":\"label\",\"value\":\"{class}\",\"by\":\"kim\"}}\n"
    );
    let kept = suspects[1];
    let keep = format!("{{\"id\":\"{kept}\",\"step\":\"label.topic\",\"decision\":\"keep\",\"by\":\"kim\"}}\n");
    std::fs::write(dir.join("reviews/kim.jsonl"), line + &keep).unwrap();
    let (exit, said) = run(dir, &["build"]);
    assert_eq!(exit, 0, "{said}");
    let (_, page) = run(dir, &["show", "clean.label_errors", "--findings"]);
    assert!(!page.contains(id), "{page}");
    run(dir, &["label", "export", "topic", "--tool", "csv", "--only", "queue", "--out", "q.csv"]);
    let queue = std::fs::read_to_string(dir.join("q.csv")).unwrap();
    assert!(!queue.contains(id) && !queue.contains(kept), "{queue}");
    let (_, page) = run(dir, &["show", "clean.label_errors"]);
    let fact = |name: &str| {
        page.lines().find(|l| l.trim_start().starts_with(name)).unwrap().split_whitespace().last().unwrap()
    };
    assert_eq!(fact("decided "), "1", "{page}");
    assert!(page.contains("given") && page.contains("likely"), "the table of pairs is shown: {page}");
}

/// `worst` counts those that wait: who is asked next is not kept back by what is decided.
#[test]
fn those_that_were_decided_do_not_use_up_the_worst() {
    let dir = project("review\"\nworst = 2 # \"");
    let dir = dir.path();
    let (exit, said) = run(dir, &["build"]);
    assert!(exit == 0 && said.contains("2 to review (label.suspect)"), "{said}");
    let asked = || {
        let (_, page) = run(dir, &["show", "clean.label_errors", "--findings"]);
        let own = page.lines().filter(|l| l.contains("label.suspect"));
        own.map(|l| l.split_whitespace().next().unwrap().to_string()).collect::<Vec<String>>()
    };
    let first = asked();
    assert_eq!(first.len(), 2);
    let keep = |id: &String| {
        format!("{{\"id\":\"{id}\",\"step\":\"clean.label_errors\",\"decision\":\"keep\",\"by\":\"kim\"}}\n")
    };
    std::fs::create_dir(dir.join("reviews")).unwrap();
    std::fs::write(dir.join("reviews/kim.jsonl"), first.iter().map(keep).collect::<String>()).unwrap();
    let (exit, said) = run(dir, &["build"]);
    assert!(exit == 0 && said.contains("4 to review (label.suspect)"), "{said}");
    let (_, status) = run(dir, &["status"]);
    assert!(status.contains("2 samples to review at clean.label_errors"), "{status}");
    let next = asked();
    assert!(next.len() == 4 && first.iter().all(|id| next.contains(id)), "{first:?} {next:?}");
}

/// A label that changes, a sample more and a sample less: the same as if all had been built at once.
#[test]
fn what_is_learned_again_is_what_a_clean_build_learns() {
    let change = |dir: &Path| {
        let text = std::fs::read_to_string(dir.join("raw/a.jsonl")).unwrap();
        let mut lines: Vec<String> = text.lines().map(str::to_string).collect();
        lines[20] = lines[20].replacen("\"kind\":\"", "\"kind\":\"law\",\"was\":\"", 1);
        lines.remove(40);
        lines.push(sample(500, "").trim_end().replace("null", "[]").replacen("\"kind\":[]", "\"kind\":\"food\"", 1));
        std::fs::write(dir.join("raw/a.jsonl"), lines.join("\n") + "\n").unwrap();
    };
    let way = Way::default();
    let (grown, clean) = (project("flag"), project("flag"));
    let before = build(grown.path(), &way);
    change(grown.path());
    let after = build(grown.path(), &way);
    assert_eq!(after.exit, 0, "{}", after.stderr);
    assert!(after.kernel("train.topic/folds", "gather").0 == 1 && after.roots() != before.roots());
    change(clean.path());
    assert_eq!(after.roots(), build(clean.path(), &way).roots());
}
