//! Labels on the shapes of another task go to labelling tools with these shapes, and come back by their numbers.
use crate::harness::{Way, build, tamis};
use serde_json::{Value as Json, json};
use std::path::Path;

const MANIFEST: &str = r#"tamis = "0.1"
[dataset]
name = "sure"
version = "0.1.0"
license = "MIT"
[collect.c]
direct = { files = ["raw/*.jsonl"], format = "jsonl" }
id = "id"
license = "MIT"
[schema]
text = { text = {} }
[review]
files = ["reviews/*.jsonl"]
[label.people]
task = "ner"
classes = ["P"]
from.c = { column = "spans" }
[label.sure]
task = "attribute"
target = "label.people"
classes = ["sure", "unsure"]
on_incomplete = "keep"
from.team = { files = ["labels/sure/*.csv"] }
[split]
ratios = { train = 1 }
[release.all]
formats = ["jsonl"]
columns = ["id", "label.people", "label.sure"]
"#;

const ROWS: &str = r#"{"id":"a","text":"Kim met Lee","spans":[{"class":"P","start":0,"end":3},{"class":"P","start":8,"end":11}]}
{"id":"b","text":"nobody","spans":[]}
"#;

fn put(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn released(dir: &Path) -> Vec<Json> {
    let files = std::fs::read_dir(dir.join("out/all/jsonl")).unwrap().map(|e| e.unwrap().path());
    let texts = files.filter(|f| f.extension().is_some_and(|e| e == "jsonl"));
    let lines = texts.map(|f| std::fs::read_to_string(f).unwrap());
    lines.flat_map(|text| text.lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<Json>>()).collect()
}

fn run(dir: &Path, args: &[&str]) -> (i32, String) {
    let (exit, out, err) = tamis(dir, &[args, &["--partition-target", "4096"]].concat());
    (exit, out + &err)
}

#[test]
fn spans_are_judged_in_label_studio_and_a_decision_is_held_against_them() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path();
    put(dir, "dataset.toml", MANIFEST);
    put(dir, "raw/a.jsonl", ROWS);
    put(dir, "labels/sure/ann.csv", "item,annotator,label\na,ann,\"[{\"\"shape\"\":0,\"\"class\"\":\"\"sure\"\"}]\"\n");
    let way = Way { target: 4096, ..Way::default() };
    let told = build(dir, &way);
    assert_eq!(told.exit, 0, "{}", told.stderr);

    let (exit, said) = run(dir, &["label", "export", "sure", "--tool", "csv"]);
    assert!(exit == 0 && said.contains("`shapes` says what has which number"), "{said}");
    let sheet = std::fs::read_to_string(dir.join("tasks/sure.csv")).unwrap();
    assert!(sheet.starts_with("id,text,shapes,") && sheet.contains("\"0: P 0 3\n1: P 8 11\""), "{sheet}");
    let (exit, said) = run(dir, &["label", "export", "sure", "--tool", "doccano"]);
    assert!(exit == 2 && said.contains("`attribute` about those of the kind `ner`"), "{exit} {said}");

    let (exit, said) = run(dir, &["label", "export", "sure", "--tool", "label-studio"]);
    assert_eq!(exit, 0, "{said}");
    let config = std::fs::read_to_string(dir.join("tasks/sure.xml")).unwrap();
    assert!(config.contains("<Labels name=\"shape\"") && config.contains("perRegion"), "{config}");
    let mut tasks: Json = serde_json::from_slice(&std::fs::read(dir.join("tasks/sure.json")).unwrap()).unwrap();
    let mut result = tasks[0]["predictions"][0]["result"].as_array().unwrap().clone();
    assert_eq!(result.len(), 3, "two spans and what ann said of one: {result:?}");
    let mut choice = result.iter().find(|r| r["id"] == "s1").unwrap().clone();
    choice["type"] = "choices".into();
    choice["value"]["choices"] = json!(["unsure"]);
    result.push(choice);
    tasks[0]["annotations"] = json!([{ "completed_by": 7, "result": result }]);
    put(dir, "back.json", &tasks.to_string());
    let import = ["label", "import", "sure", "back.json", "--tool", "label-studio", "--by"];
    let (exit, said) = run(dir, &[&import[..], &["lee", "--as", "answers"]].concat());
    let votes = std::fs::read_to_string(dir.join("labels/sure/lee.csv")).unwrap();
    assert!(exit == 0 && votes.contains(r#"""of"":""P"""#), "{exit} {said}{votes}");
    let (exit, said) = run(dir, &[&import[..], &["kim"]].concat());
    assert_eq!(exit, 0, "{said}");
    assert_eq!(build(dir, &way).exit, 0);
    let of = |rows: &[Json]| rows.iter().find(|r| r["id"] == "a").map(|r| r["label_sure"].clone());
    let want = json!([{ "shape": 0, "class": "sure" }, { "shape": 1, "class": "unsure" }]);
    assert_eq!(of(&released(dir)), Some(want));

    // the first span goes: what was decided about numbers of another label does not count
    put(dir, "raw/a.jsonl", &ROWS.replace(r#"{"class":"P","start":0,"end":3},"#, ""));
    let told = build(dir, &way);
    let (_, findings, _) = tamis(dir, &["show", "label.sure/decided", "--findings"]);
    assert!(findings.contains("review.stale"), "{} {findings}", told.stderr);
    // and a decision that says nothing of what was seen cannot be about a span that is not there
    put(
        dir,
        "reviews/kim.jsonl",
        "{\"id\":\"a\",\"step\":\"label.sure\",\"decision\":\"label\",\"value\":[{\"shape\":1,\"class\":\"sure\"}],\"by\":\"kim\"}\n",
    );
    build(dir, &way);
    let (_, findings, _) = tamis(dir, &["show", "label.sure/decided", "--findings"]);
    assert!(findings.contains("there is no shape 1 among the 1 of label.people"), "{findings}");
}
