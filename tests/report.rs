//! `tamis report`: one file, the same bytes each time, within its budget, with all of the user's text escaped, and without
//! anything that may not be shown.
use crate::harness::{CLASSES, Lab, example, tamis};
use serde_json::Value as Json;
use std::io::Read;
use std::path::Path;

const HOSTILE: [&str; 6] = [
    "</script><script>alert(1)</script>",
    "]]>--><!--",
    "\" onload=\"x\" '&amp;",
    "\u{202e}abc\u{2066}",
    "<b>b</b>",
    "👩‍👩‍👧",
];

fn put(dir: &Path, path: &str, text: &str) {
    std::fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
    std::fs::write(dir.join(path), text).unwrap();
}

fn done(dir: &Path, args: &[&str]) -> String {
    let (exit, out, err) = tamis(dir, args);
    assert_eq!(exit, 0, "{args:?} {out}{err}");
    out
}

fn html(dir: &Path) -> String {
    std::fs::read_to_string(dir.join("out/report.html")).unwrap()
}

/// What is packed behind the page.
pub fn unpacked(html: &str) -> String {
    let mut out = String::new();
    for block in html.split("<script type=\"application/gzip\" class=\"block\">").skip(1) {
        let packed = from_base64(block.split('<').next().unwrap());
        flate2::read::GzDecoder::new(packed.as_slice()).read_to_string(&mut out).unwrap();
    }
    out
}

fn from_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = Vec::new();
    for four in text.as_bytes().chunks(4) {
        let digit = |c: &u8| DIGITS.iter().position(|d| d == c).map_or(0, |n| n as u32);
        let n = four.iter().fold(0, |n, c| n << 6 | digit(c));
        let len = 3 - four.iter().filter(|c| **c == b'=').count();
        out.extend(&n.to_be_bytes()[1..=len]);
    }
    out
}

fn sections(html: &str) -> Vec<&str> {
    html.split("<section id=\"").skip(1).map(|s| s.split('"').next().unwrap()).collect()
}

fn cards(html: &str) -> usize {
    html.matches("<article class=\"card\"").count() + unpacked(html).matches("<article class=\"card\"").count()
}

#[test]
fn the_same_bytes_for_any_threads_partitions_and_runs() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = Lab::new(150, 3);
    lab.samples[7].text = lab.samples[6].text.clone();
    lab.samples[9].text = "x".into();
    lab.write(dir.path());
    let mut all = Vec::new();
    for (jobs, target) in [("1", "16"), ("2", "16"), ("4", "4096"), ("1", "2")] {
        done(dir.path(), &["report", "--jobs", jobs, "--partition-target", target]);
        all.push(html(dir.path()));
    }
    done(dir.path(), &["report", "--no-build", "--partition-target", "2"]);
    all.push(html(dir.path()));
    assert!(all.iter().all(|h| *h == all[0]), "{:?}", all.iter().map(String::len).collect::<Vec<_>>());
    let other = tempfile::tempdir().unwrap();
    lab.write(other.path());
    done(other.path(), &["report"]);
    assert_eq!(html(other.path()), all[0], "another folder, a cold store");
    assert!(!all[0].contains(dir.path().to_str().unwrap()));
}

#[test]
fn each_example_has_its_pages_within_the_budget() {
    let every = ["overview", "flow", "pipeline", "fields", "licences", "splits", "samples", "findings"];
    let with = |more: &[&'static str]| -> Vec<&'static str> {
        let order = [
            "overview",
            "flow",
            "pipeline",
            "fields",
            "labels",
            "agreement",
            "duplicates",
            "quality",
            "privacy",
            "licences",
            "splits",
            "samples",
            "findings",
        ];
        order.into_iter().filter(|p| every.contains(p) || more.contains(p)).collect()
    };
    for (name, pages) in [
        ("ner", with(&["labels", "duplicates", "quality", "privacy"])),
        ("detection", with(&["labels", "duplicates", "quality"])),
        // its annotators agree too little, so that no label is made: the report shows that
        ("ner-crowd", with(&["agreement"]).into_iter().filter(|p| *p != "splits").collect()),
    ] {
        let dir = example(name);
        let (exit, out, err) = tamis(dir.path(), &["report"]);
        assert!(exit <= 1, "{name} {out}{err}");
        let html = html(dir.path());
        let got: Vec<&str> = sections(&html).into_iter().filter(|s| pages.contains(s) || every.contains(s)).collect();
        assert_eq!(got, pages, "{name}");
        assert!(html.len() <= 500_000, "{name}: {} bytes", html.len());
        assert!(cards(&html) >= 24, "{name}");
        for line in ["<script src", "<link", "http-equiv=\"refresh\"", "style=\"", "url("] {
            assert!(!html.contains(line), "{name}: {line}");
        }
    }
}

/// Every place into which a user can write holds something that HTML would obey.
fn hostile(dir: &Path) {
    let mut rows = String::new();
    let mut votes = String::from("item,annotator,label\n");
    for (n, h) in HOSTILE.iter().enumerate().chain(HOSTILE.iter().enumerate()) {
        let id = format!("{h}{n}{}", rows.len());
        rows.push_str(&format!("{}\n", serde_json::json!({ "id": id, "text": format!("{h} a text of its own {n} {h}"), "kind": h, "long": "ab".repeat(50_000) })));
        for annotator in HOSTILE.iter().take(2) {
            let cell = |t: &str| format!("\"{}\"", t.replace('"', "\"\""));
            votes.push_str(&format!("{},{},{}\n", cell(&id), cell(annotator), cell("<i>A")));
        }
    }
    put(dir, "raw/<img src=x>.jsonl", &rows);
    put(dir, "votes.csv", &votes);
    let manifest = r#"
[dataset]
name = "h"
version = "0.1.0"
license = "CC0-1.0"
description = "</script><script>alert(2)</script>"
[collect.a]
direct = { files = ["raw/*.jsonl"], format = "jsonl" }
id = "id"
license = "CC0-1.0"
attribution = "<script>alert(3)</script>"
[schema]
text = { text = { chars_min = 1 } }
kind = { text = {} }
long = { text = { chars_max = 1000 } }
[label.k]
task = "classification"
classes = ["<i>A", "<script>B"]
from.c = { files = ["votes.csv"] }
agreement = { metric = "percent" }
[clean]
exact_duplicates = { action = "drop", on = ["kind"] }
[split]
ratios = { train = 0.5, test = 0.5 }
stratify = "label.k"
group = "kind"
[release.public]
formats = ["jsonl"]
columns = ["id", "text", "kind", "label.k", "split"]
"#;
    put(dir, "dataset.toml", manifest);
}

#[test]
fn hostile_names_and_texts_stay_text_in_every_page() {
    let dir = tempfile::tempdir().unwrap();
    hostile(dir.path());
    for lang in ["en", "ko"] {
        let (exit, out, err) = tamis(dir.path(), &["--lang", lang, "report"]);
        assert!(exit <= 1, "{out}{err}");
        let html = html(dir.path());
        let all = format!("{html}{}", unpacked(&html));
        let blocks = html.matches("class=\"block\"").count();
        assert_eq!(html.matches("<script").count(), blocks + 2, "only the page's own scripts");
        assert_eq!(html.matches("</script>").count(), blocks + 2);
        assert!(!unpacked(&html).contains("<script"));
        for h in ["<img src=x", "<b>b</b>", "<i>A", " onload=\"x\"", "\u{202e}", "\u{2066}"] {
            assert!(!all.contains(h), "{h:?}");
        }
        assert!(all.contains("\\u{202e}") && all.contains("&lt;b&gt;b&lt;/b&gt;"));
        assert!(all.len() < 400_000, "long texts are cut: {}", all.len());
    }
}

#[test]
fn numbers_stay_and_samples_go_where_the_size_is_small() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::new(400, 0);
    lab.write(dir.path());
    done(dir.path(), &["report"]);
    let whole = html(dir.path());
    assert_eq!(cards(&whole), 400);
    let out = done(dir.path(), &["report", "--max-size", "90kB"]);
    let less = html(dir.path());
    assert!(less.len() <= 90_000, "{}", less.len());
    let held = cards(&less);
    assert!(held > 0 && held < 400, "{held}");
    assert!(out.contains(&format!("{held} of 400 samples")), "{out}");
    assert_eq!(sections(&less), sections(&whole));
    let (exit, _, err) = tamis(dir.path(), &["report", "--max-size", "1kB"]);
    assert!(exit == 0 && err.contains("larger than --max-size"), "{err}");
    assert_eq!(cards(&html(dir.path())), 0);
    done(dir.path(), &["report", "--samples", "10"]);
    assert_eq!(cards(&html(dir.path())), 10);
    let first: Json = serde_json::from_str(&done(dir.path(), &["report", "--json", "--samples", "10"])).unwrap();
    assert_eq!(first["samples"]["cards"].as_array().unwrap().len(), 10);
    let classes: Vec<&str> = first["samples"]["cards"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["labels"][0]["classes"][0].as_str().unwrap())
        .collect();
    assert!(CLASSES.iter().all(|c| classes.contains(c)), "{classes:?}");
}

#[test]
fn sources_that_may_not_be_shown_are_counted_alone() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "a.jsonl", "{\"id\":\"a1\",\"text\":\"free to see\"}\n");
    put(dir.path(), "b.jsonl", "{\"id\":\"b1\",\"text\":\"secret words\"}\n");
    let source = |name: &str, licence: &str| {
        format!(
            "[collect.{name}]\ndirect = {{ files = [\"{name}.jsonl\"], format = \"jsonl\" }}\nid = \"id\"\nlicense = \"{licence}\"\n"
        )
    };
    let head = "[dataset]\nname = \"h\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n";
    let manifest =
        format!("{head}{}{}[schema]\ntext = {{ text = {{}} }}\n", source("a", "CC0-1.0"), source("b", "CC-BY-ND-4.0"));
    put(dir.path(), "dataset.toml", &manifest);
    done(dir.path(), &["report"]);
    let html = html(dir.path());
    let all = format!("{html}{}", unpacked(&html));
    assert!(all.contains("free to see") && !all.contains("secret words"));
    assert!(html.contains("Samples of b are not shown: its licence forbids changed forms."));
    let views: Json = serde_json::from_str(&done(dir.path(), &["report", "--json"])).unwrap();
    assert_eq!((views["samples"]["total"].as_u64(), views["samples"]["chosen"].as_u64()), (Some(2), Some(1)));
}

#[test]
fn a_gate_that_does_not_hold_is_shown_and_an_unbuilt_project_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::new(30, 0);
    lab.write(dir.path());
    let (exit, _, err) = tamis(dir.path(), &["report", "--no-build"]);
    assert!(exit == 1 && err.contains("not fresh: ") && err.contains("tamis build"), "{err}");
    assert!(!dir.path().join("out/report.html").exists());
    let text = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    put(dir.path(), "dataset.toml", &format!("{text}\n[plan]\ngoals = {{ \"release.public.samples\" = 4000 }}\n"));
    let (exit, _, _) = tamis(dir.path(), &["report"]);
    assert_eq!(exit, 1);
    let html = html(dir.path());
    assert!(html.contains("✗") && html.contains("does not hold") && html.contains("4000"), "{}", &html[..3000]);
    let (exit, _, err) = tamis(dir.path(), &["report", "--out", "../x.html"]);
    assert!(exit == 2 && err.contains("leaves the project"), "{err}");
}

#[test]
fn pictures_that_no_step_covered_are_not_shown_under_privacy() {
    let dir = tempfile::tempdir().unwrap();
    Lab::new(10, 4).write(dir.path());
    done(dir.path(), &["report"]);
    let own = html(dir.path());
    assert!(!format!("{own}{}", unpacked(&own)).contains("data:image/jpeg"), "a picture under [privacy]");
    let text = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    put(dir.path(), "dataset.toml", &text.replace("harmless = [\"doc\"]", "harmless = [\"doc\", \"image\"]"));
    done(dir.path(), &["report"]);
    let own = html(dir.path());
    assert!(format!("{own}{}", unpacked(&own)).contains("data:image/jpeg"));
}

#[test]
fn what_changed_since_a_release_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = Lab::new(40, 0);
    lab.write(dir.path());
    done(dir.path(), &["release", "public"]);
    lab.samples.remove(3);
    lab.samples[5].text = "quite another text".into();
    lab.write(dir.path());
    done(dir.path(), &["report", "--against", "public@0.1.0"]);
    let own = html(dir.path());
    assert!(sections(&own).contains(&"changes") && own.contains("quite another text"), "{:?}", sections(&own));
}
