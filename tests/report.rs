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
    let out = done(dir.path(), &["report", "--max-size", "96kB"]);
    let less = html(dir.path());
    assert!(less.len() <= 96_000, "{}", less.len());
    let held = cards(&less);
    assert!(held > 0 && held < 400, "{held}");
    assert!(out.contains(&format!("{held} of 400 chosen samples, 400 live")), "{out}");
    assert_eq!(sections(&less), sections(&whole));
    let (exit, _, err) = tamis(dir.path(), &["report", "--max-size", "1kB"]);
    assert!(exit == 1 && err.contains("larger than --max-size"), "{err}");
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

#[test]
fn nothing_is_written_over_but_another_report() {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::new(20, 0);
    lab.write(dir.path());
    done(dir.path(), &["release", "public"]);
    put(dir.path(), "notes.md", "my notes");
    put(dir.path(), ".git/config", "x");
    let before = |path: &str| std::fs::read(dir.path().join(path)).ok();
    for path in [
        "dataset.toml",
        "./dataset.toml",
        "dataset.lock",
        "raw/texts.jsonl",
        "raw/votes.csv",
        "docs/topic.md",
        "notes.md",
        "releases/public-0.1.0/release.json",
        "releases/x.html",
        "Releases/x.html",
        "out/public/x.html",
        ".git/config",
        ".gitattributes",
        ".tamis/x.html",
        "pins/split.tsv",
        "reviews/a.jsonl",
        "raw",
        "out",
        "x/",
    ] {
        let was = before(path);
        let (exit, out, err) = tamis(dir.path(), &["report", "--out", path]);
        assert!(exit == 2 && err.contains("name another file with --out"), "{path}: {exit} {out}{err}");
        assert_eq!(before(path), was, "{path}");
    }
    for _ in 0..2 {
        done(dir.path(), &["report", "--out", "page.html"]); // also over the report that is there
    }
    let (exit, _, err) = tamis(dir.path(), &["report", "--json", "--out", "page.html"]);
    assert!(exit == 2 && err.contains("cannot be used with"), "{err}");
}

/// A project whose ids are addresses, in which a duplicate, a row that is too short and one that waits hold such, too.
fn addressed(dir: &Path, privacy: &str) {
    let row =
        |id: &str, text: &str, mood: &str| format!("{}\n", serde_json::json!({ "id": id, "text": text, "mood": mood }));
    let mut rows = String::new();
    for n in 0..12 {
        rows.push_str(&row(
            &format!("person{n}@example.com"),
            &format!("a sentence of number {n} from mail{n}@example.net"),
            ["glad", "sad"][n % 2],
        ));
    }
    rows.push_str(&row("twin@example.com", "a sentence of number 3 from mail3@example.net", "glad"));
    rows.push_str(&row("short@example.com", "m@example.net", "sad"));
    put(dir, "a.jsonl", &rows);
    let votes: String =
        (0..12).filter(|n| *n != 5).map(|n| format!("person{n}@example.com,ann,{}\n", ["A", "B"][n % 2])).collect();
    put(dir, "votes.csv", &format!("item,annotator,label\n{votes}twin@example.com,ann,A\nshort@example.com,ann,A\n"));
    let manifest = format!(
        r#"
[dataset]
name = "h"
version = "0.1.0"
license = "CC0-1.0"
[collect.a]
direct = {{ files = ["a.jsonl"], format = "jsonl" }}
fields = {{ text = "text", mood = "mood" }}
id = "id"
license = "CC0-1.0"
[schema]
text = {{ text = {{ chars_min = 20 }} }}
mood = {{ text = {{}} }}
{privacy}
[clean]
exact_duplicates = {{ action = "drop", on = ["text"] }}
[label.k]
task = "classification"
classes = ["A", "B"]
max_lost = 1
from.c = {{ files = ["votes.csv"] }}
[split]
ratios = {{ train = 0.5, test = 0.5 }}
[release.public]
formats = ["jsonl"]
columns = ["id", "text", "mood", "label.k", "split"]
"#
    );
    put(dir, "dataset.toml", &manifest);
}

/// The page with what is packed behind it, and the JSON.
fn everything(dir: &Path, more: &[&str]) -> String {
    all_of(dir, more, 0)
}

/// The same of a build that ends with `exit`.
fn all_of(dir: &Path, more: &[&str], exit: i32) -> String {
    let run = |args: &[&str]| tamis(dir, &[&["report"][..], args, more].concat());
    let (ended, out, err) = run(&[]);
    assert_eq!(ended, exit, "{out}{err}");
    let page = html(dir);
    format!("{page}{}{}", unpacked(&page), run(&["--json"]).1)
}

#[test]
fn with_privacy_no_id_and_no_text_from_before_masking_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    addressed(dir.path(), "[privacy]\n[privacy.detect]\ntypes = [\"email\"]\naction = \"mask\"\n");
    // the gate on ids fails, and the report is there
    let all = all_of(dir.path(), &[], 1);
    assert!(all.contains("a sentence of number 3"), "texts are there");
    for secret in ["@example.com", "@example.net"] {
        let at = all.find(secret).map(|at| all[at.saturating_sub(300)..(at + 40).min(all.len())].to_string());
        assert!(at.is_none(), "{at:?}");
    }
    addressed(dir.path(), "[privacy]\nharmless = [\"id\"]\n[privacy.detect]\ntypes = [\"email\"]\naction = \"mask\"\n");
    let all = everything(dir.path(), &[]);
    assert!(all.contains("person3@example.com") && !all.contains("@example.net"));
}

#[test]
fn an_earlier_release_without_privacy_is_compared_without_its_values() {
    let dir = tempfile::tempdir().unwrap();
    addressed(dir.path(), "");
    done(dir.path(), &["release", "public"]);
    let private = "[privacy]\nharmless = [\"id\"]\n[privacy.detect]\ntypes = [\"email\"]\naction = \"mask\"\n";
    addressed(dir.path(), private);
    let mut rows = std::fs::read_to_string(dir.path().join("a.jsonl")).unwrap();
    rows = rows.replacen("\"mood\":\"glad\"", "\"mood\":\"merry\"", 1);
    put(dir.path(), "a.jsonl", &rows);
    let votes = std::fs::read_to_string(dir.path().join("votes.csv")).unwrap();
    put(dir.path(), "votes.csv", &votes.replacen("ann,A", "ann,B", 1));
    let all = everything(dir.path(), &["--against", "public@0.1.0"]);
    assert!(!all.contains("@example.net"));
    let at = all.find("earlier values of").map(|at| all[at..(at + 90).min(all.len())].to_string());
    assert!(at.as_ref().is_some_and(|at| at.contains("text") && at.contains("are not shown: [privacy]")), "{at:?}");
    let views: Json =
        serde_json::from_str(&done(dir.path(), &["report", "--json", "--against", "public@0.1.0"])).unwrap();
    let changes = &views["changes"];
    assert_eq!(changes["columns"]["changed"]["text"], 11, "{changes}");
    let told: Vec<&str> =
        changes["examples"].as_array().unwrap().iter().map(|e| e["column"].as_str().unwrap()).collect();
    assert!(!told.is_empty() && told.iter().all(|c| *c == "label_k"), "{told:?}");
    for name in ["public", "out/public", "./out/public/"] {
        let (exit, out, err) = tamis(dir.path(), &["report", "--against", name]);
        assert!(exit == 2 && err.contains("compared with itself"), "{name} {out}{err}");
    }
}

#[test]
fn what_left_before_a_step_has_nothing_of_it() {
    let dir = tempfile::tempdir().unwrap();
    addressed(dir.path(), "");
    let views: Json = serde_json::from_str(&done(dir.path(), &["report", "--json"])).unwrap();
    let cards = views["samples"]["cards"].as_array().unwrap();
    let of = |id: &str| cards.iter().find(|c| c["id"] == id).unwrap();
    let twin = of("twin@example.com");
    assert_eq!(
        (&twin["status"], &twin["split"], &twin["labels"]),
        (&"dropped".into(), &"".into(), &serde_json::json!([]))
    );
    assert_ne!(of("person0@example.com")["split"], "");
    let rows = |filter: &str| {
        let out = done(dir.path(), &["show", "split", "--where", filter, "--format", "jsonl"]);
        out.lines().count()
    };
    for split in ["train", "test"] {
        let shown =
            |gone: bool| cards.iter().filter(|c| c["split"] == split && (c["status"] != "living") == gone).count();
        assert_eq!(rows(&format!("split:{split}")), shown(false));
        assert_eq!(rows(&format!("split:{split} status:dropped,merged,held")), shown(true));
    }
    // a single rule has a chip, and asks for those that left, since none of its samples lives
    done(dir.path(), &["report"]);
    let page = html(dir.path());
    assert!(page.contains("data-q=\"finding:") && page.contains("status:dropped,merged,held\""));
}

#[test]
fn models_doubted_labels_and_what_to_label_next_have_pages() {
    let dir = crate::models::project("review");
    done(dir.path(), &["report"]);
    let html = html(dir.path());
    let own: Vec<&str> = sections(&html).into_iter().filter(|s| ["models", "issues", "wanted"].contains(s)).collect();
    assert_eq!(own, ["models", "issues", "wanted"]);
    let page = |id: &str| {
        let from = html.split(&format!("<section id=\"{id}\"")).nth(1).unwrap();
        from.split("</section>").next().unwrap().to_string()
    };
    let (models, issues, wanted) = (page("models"), page("issues"), page("wanted"));
    for step in ["train.topic/check", "train.names/check", "train.topic", "train.names"] {
        assert!(models.contains(&format!("<code>{step}</code>")), "{step}: {models}");
    }
    for word in ["accuracy", "macro_f1", "calibration_error", "f1", "food", "PS", "95 % interval"] {
        assert!(models.contains(word), "{word}: {models}");
    }
    let facts: Json = serde_json::from_str(&done(dir.path(), &["report", "--json"])).unwrap();
    let topic = facts["models"].as_array().unwrap().iter().find(|m| m["step"] == "train.topic/check").unwrap();
    let accuracy = topic["scores"].as_array().unwrap().iter().find(|s| s["name"] == "accuracy").unwrap();
    assert!(
        models.contains(accuracy["value"]["decimal"].as_str().unwrap()),
        "{accuracy}: the page says what the step measured"
    );
    let (suspects, worst) = (facts["issues"]["suspects"].as_u64().unwrap(), &facts["issues"]["worst"]);
    assert!(suspects > 3 && issues.contains("label.suspect"), "{suspects}: {issues}");
    let quality: Vec<f64> = worst.as_array().unwrap().iter().map(|w| w["quality"].as_f64().unwrap()).collect();
    assert!(quality.is_sorted() && quality.len() as u64 == suspects.min(12), "{quality:?}");
    assert_eq!(facts["wanted"]["chosen"], 5);
    assert_eq!(wanted.matches("<article class=\"card\"").count(), 5, "{wanted}");
}

/// The sum of a file in a list, if it is named there.
fn listed(folder: &Path, list: &str, path: &str) -> Option<String> {
    let text = std::fs::read_to_string(folder.join(list)).unwrap();
    text.lines().find_map(|line| line.strip_suffix(path)?.strip_suffix("  ").map(String::from))
}

#[test]
fn a_release_holds_its_report_where_it_asks_for_one() {
    let dir = tempfile::tempdir().unwrap();
    addressed(dir.path(), "");
    let text = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let asked = text.replace("columns = [\"id\", \"text\", \"mood\",", "report = true\ncolumns = [\"id\", \"text\",");
    put(dir.path(), "dataset.toml", &asked);
    done(dir.path(), &["release", "public"]);
    let folder = dir.path().join("releases/public-0.1.0");
    let page = std::fs::read_to_string(folder.join("report.html")).unwrap();
    let own = sections(&page);
    assert!(own.contains(&"overview") && own.contains(&"labels") && !own.contains(&"samples"), "{own:?}");
    let told: Json = serde_json::from_str(&std::fs::read_to_string(folder.join("release.json")).unwrap()).unwrap();
    assert!(page.contains(told["content_root"].as_str().unwrap()), "the pages tell the root");
    // no sample, no id, nothing of a column that is not released
    for secret in ["@example", "a sentence of", "glad", "<article"] {
        let at = page.find(secret).map(|at| page[at.saturating_sub(200)..at + 20].to_string());
        assert!(at.is_none(), "{secret}: {at:?}");
    }
    let sum = tamis::digest::sha256(page.as_bytes());
    assert_eq!(listed(&folder, "SHA256SUMS", "report.html").as_deref(), Some(sum.as_str()));
    assert_eq!(listed(&folder, "B3SUMS", "report.html"), None, "the root that the pages tell does not count them");
    for more in [&["--sums"][..], &[]] {
        done(dir.path(), &[&["verify", "releases/public-0.1.0"][..], more].concat());
    }
    let (_, out, err) = tamis(dir.path(), &["verify", "releases/public-0.1.0", "--audit"]);
    assert!(out.contains("looked at: sums of B3SUMS") && !out.contains("report.html"), "{out}{err}");
    done(dir.path(), &["release", "public"]);
    assert_eq!(std::fs::read_to_string(folder.join("report.html")).unwrap(), page, "frozen again, it is the same");
    put(dir.path(), "releases/public-0.1.0/report.html", &page.replace("overview", "overvieu"));
    let (exit, out, err) = tamis(dir.path(), &["verify", "releases/public-0.1.0"]);
    assert!(exit == 1 && out.contains("different: report.html (SHA256SUMS)"), "{exit} {out}{err}");
    std::fs::remove_file(folder.join("report.html")).unwrap();
    let (exit, out, err) = tamis(dir.path(), &["verify", "releases/public-0.1.0"]);
    assert!(exit == 1 && out.contains("report.html"), "{exit} {out}{err}");
}

#[test]
fn labels_that_differ_for_the_same_text_have_a_page() {
    let dir = tempfile::tempdir().unwrap();
    addressed(dir.path(), "");
    let text = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let inconsistent = "[clean]\nlabel_inconsistent = { task = \"k\", action = \"report\", on = [\"mood\"] }\n";
    put(dir.path(), "dataset.toml", &text.replace("[clean]\n", inconsistent));
    let votes = std::fs::read_to_string(dir.path().join("votes.csv")).unwrap();
    put(dir.path(), "votes.csv", &votes.replacen("person0@example.com,ann,A", "person0@example.com,ann,B", 1));
    done(dir.path(), &["report"]);
    let html = html(dir.path());
    let issues = html.split("<section id=\"issues\"").nth(1).unwrap().split("</section>").next().unwrap();
    for word in ["clean.label_inconsistent", "label.inconsistent", "1 of ", "most frequent class"] {
        assert!(issues.contains(word), "{word}: {issues}");
    }
    assert_eq!(issues.matches("<article class=\"card\"").count(), 1, "{issues}");
    let views: Json = serde_json::from_str(&done(dir.path(), &["report", "--json"])).unwrap();
    assert_eq!(views["doubts"][0]["pairs"], serde_json::json!([["B", "A", 1]]), "{}", views["doubts"]);
}
