//! Licences against the published charts and the licences' own texts (`fixtures/licences/`, made by the script beside them),
//! combining as a property, and the verb, the card and the ledger of a data set with several licences.
use crate::harness::tamis;
use std::collections::BTreeSet;
use tamis::model::license::{Rule, broken, outlets};

fn rows(text: &'static str) -> Vec<Vec<&'static str>> {
    text.lines().skip(1).map(|line| line.splitn(5, ',').collect()).collect()
}

const RELICENSE: &str = include_str!("fixtures/licences/relicense.csv");
const COMBINE: &str = include_str!("fixtures/licences/combine.csv");

#[test]
fn every_pair_is_as_the_charts_and_texts_have_it() {
    let mut wrong = Vec::new();
    let all = rows(RELICENSE);
    assert!(all.len() >= 25 * 25, "{}", all.len());
    for row in &all {
        let [source, release, as_it_is, changed, place] = row.as_slice() else { panic!("{row:?}") };
        assert!(!place.is_empty());
        for (adapted, want) in [(false, as_it_is), (true, changed)] {
            let got = broken(source, release, adapted, &[]).map_or("yes", |(_, rule)| rule.name());
            if got != *want {
                wrong.push(format!("{source} under {release}, changed {adapted}: want {want}, got {got}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), all.len(), wrong.join("\n"));
}

#[test]
fn what_may_be_remixed_is_as_the_chart_has_it() {
    for row in rows(COMBINE) {
        let [one, other, want, ..] = row.as_slice() else { panic!("{row:?}") };
        let got = if outlets([*one, *other], true).is_empty() { "no" } else { "yes" };
        assert_eq!(got, *want, "{one} with {other}");
    }
}

fn licences() -> Vec<&'static str> {
    let all: BTreeSet<&str> = rows(RELICENSE).iter().map(|row| row[0]).collect();
    all.into_iter().collect()
}

/// More sources never open another way, and neither their order nor how they are grouped counts.
#[test]
fn combining_is_commutative_associative_and_monotone() {
    let all = licences();
    let among = |sources: &[&'static str], adapted| -> BTreeSet<String> {
        outlets(sources.iter().copied(), adapted).into_iter().filter(|l| all.contains(&l.as_str())).collect()
    };
    // every licence of the charts stands for itself, so that sets of outlets can be compared
    let known: BTreeSet<String> = outlets(["CC0-1.0"], false).into_iter().collect();
    for adapted in [false, true] {
        for (i, a) in all.iter().enumerate() {
            let one: BTreeSet<String> = among(&[*a], adapted);
            assert_eq!(among(&[*a, *a], adapted), one, "{a} twice");
            for b in all.iter().skip(i) {
                let two = among(&[*a, *b], adapted);
                assert_eq!(two, among(&[*b, *a], adapted), "{a} {b}");
                let c = all[(i * 7 + 3) % all.len()];
                let three = among(&[*a, *b, c], adapted);
                assert_eq!(three, among(&[c, *b, *a], adapted), "{a} {b} {c}");
                let usual =
                    |set: &BTreeSet<String>| -> BTreeSet<String> { set.intersection(&known).cloned().collect() };
                assert!(usual(&three).is_subset(&usual(&two)), "{a} {b} and {c} allow more than {a} {b}");
                assert!(usual(&two).is_subset(&usual(&one)), "{a} and {b} allow more than {a}");
            }
        }
    }
}

/// What people decide about opens one rule and no other, and another edit closes none.
#[test]
fn a_decision_is_about_one_rule() {
    for source in licences() {
        for release in licences() {
            if let Some((_, rule)) = broken(source, release, true, &[]) {
                let next = broken(source, release, true, &[rule]).map(|b| b.1);
                assert!(next.is_none_or(|other| other > rule), "{source} {release}: {rule:?} then {next:?}");
                assert_eq!(broken(source, release, true, &Rule::ALL), None);
            } else {
                assert_eq!(broken(source, release, false, &[]), None, "{source} {release} as it is");
            }
        }
    }
}

const MANIFEST: &str = r#"
[dataset]
name = "pages"
version = "0.1.0"
license = "CC-BY-4.0"
allow = [{ rule = "license.share-alike", source = "wiki", reason = "letter of 2 March, docs/letter.txt" }]

[collect.pages]
open = { files = ["raw/pages.jsonl"], format = "jsonl" }
fields = { text = "text", license = "meta.license", who = "meta.by", title = "title" }
optional = ["license", "who", "title"]
id = "id"
licenses_allowed = ["CC0-1.0", "CC-BY-4.0"]
attribution = { columns = { title = "title", author = "who" } }

[collect.wiki]
open = { files = ["raw/wiki.jsonl"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "CC-BY-SA-4.0"
attribution = { title = "The wiki", author = "its authors", source = "https://wiki.example" }

[preprocess]
whitespace = "collapse"
fields = ["text"]

[release.public]
formats = ["jsonl"]
columns = ["id", "text", "license"]

[release.free]
formats = ["jsonl"]
columns = ["id", "text"]
licenses = ["CC0-1.0"]
"#;

const PAGES: &str = r#"{"id":"p1","text":"one","title":"First | page","meta":{"license":"cc-by-4.0","by":"Kim <k>"}}
{"id":"p2","text":"two  words","title":"Second","meta":{"license":"https://creativecommons.org/publicdomain/zero/1.0/"}}
{"id":"p3","text":"three","meta":{"license":"CC BY-NC 4.0","by":"Lee"}}
{"id":"p4","text":"four","meta":{"license":"all rights reserved"}}
{"id":"p5","text":"five","meta":{}}
"#;

fn pages() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("raw")).unwrap();
    let put = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).unwrap();
    put("dataset.toml", MANIFEST);
    put("raw/pages.jsonl", PAGES);
    put("raw/wiki.jsonl", "{\"id\":\"w1\",\"text\":\"wiki one\"}\n{\"id\":\"w2\",\"text\":\"wiki two\"}\n");
    dir
}

#[test]
fn samples_have_licences_of_their_own() {
    let dir = pages();
    let (exit, out, err) = tamis(dir.path(), &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    let read = |path: &str| std::fs::read_to_string(dir.path().join(path)).unwrap();
    let released = read("out/public/jsonl/train-00000.jsonl");
    for (id, license) in [("p1", "CC-BY-4.0"), ("p2", "CC0-1.0"), ("w1", "CC-BY-SA-4.0")] {
        let line = released.lines().find(|l| l.contains(&format!("\"{id}\""))).unwrap_or_else(|| panic!("{released}"));
        assert!(line.contains(&format!("\"license\": \"{license}\"")), "{line}");
    }
    assert_eq!(released.lines().count(), 4, "{released}");
    let free = read("out/free/jsonl/train-00000.jsonl");
    assert!(free.contains("\"p2\"") && free.lines().count() == 1, "{free}");
    // licences of samples that are not in the release are not told of it
    let page = format!("{}{}", read("out/free/ATTRIBUTION.md"), read("out/free/README.md"));
    assert!(page.contains("**pages**: CC0-1.0 (") && page.contains("| pages | CC0-1.0 | 1 |"), "{page}");
    let names = read("out/public/ATTRIBUTION.md");
    for words in [
        "**wiki**: CC-BY-SA-4.0",
        "The wiki by its authors, <https://wiki.example>",
        "license.share-alike of wiki: letter of 2 March",
        "**pages**: CC-BY-4.0 AND CC0-1.0",
        "| p1 | First \\| page | Kim &lt;k> | CC-BY-4.0 | - |",
        "| p2 | Second | - | CC0-1.0 | text |",
    ] {
        assert!(names.contains(words), "{words}\n{names}");
    }
    assert!(read("out/public/README.md").contains("letter of 2 March"));
    let (_, dropped, _) = tamis(dir.path(), &["show", "collect/licences", "--dropped", "--format", "jsonl"]);
    for (id, rule) in [("p3", "license.not_allowed"), ("p4", "license.unknown"), ("p5", "license.missing")] {
        let line = dropped.lines().find(|l| l.contains(&format!("\"{id}\""))).unwrap_or_else(|| panic!("{dropped}"));
        assert!(line.contains(rule), "{line}");
    }
    let (_, status, _) = tamis(dir.path(), &["status"]);
    assert!(status.contains("1 license.missing") && status.contains("release/allowed"), "{status}");
    let (_, allowed, _) = tamis(dir.path(), &["show", "release/allowed", "--findings"]);
    assert!(allowed.contains("allowed for 2 samples of wiki: letter of 2 March"), "{allowed}");
    let (exit, _, err) = tamis(dir.path(), &["verify", dir.path().join("out/public").to_str().unwrap()]);
    assert_eq!(exit, 0, "{err}");
}

#[test]
fn decisions_and_names_are_counted_by_the_licence_of_each_sample() {
    let dir = pages();
    let by_sa = MANIFEST
        .replace("license = \"CC-BY-4.0\"", "license = \"CC0-1.0\"")
        .replace(
            "rule = \"license.share-alike\", source = \"wiki\"",
            "rule = \"license.attribution\", source = \"pages\"",
        )
        .replace("license = \"CC-BY-SA-4.0\"", "license = \"CC0-1.0\"");
    std::fs::write(dir.path().join("dataset.toml"), by_sa).unwrap();
    let more =
        r#"{"id":"p6","text":"six","title":"[x](javascript:alert(1)) *a* `b`","meta":{"license":"(CC-BY-4.0)"}}"#;
    std::fs::write(dir.path().join("raw/pages.jsonl"), format!("{PAGES}{more}\n")).unwrap();
    let (exit, out, err) = tamis(dir.path(), &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    let (_, allowed, _) = tamis(dir.path(), &["show", "release/allowed", "--findings"]);
    assert!(allowed.contains("allowed for 2 samples of pages"), "p1 and p6, and not p2: {allowed}");
    let names = std::fs::read_to_string(dir.path().join("out/public/ATTRIBUTION.md")).unwrap();
    for words in [
        "1 sample of pages names nobody, though the licence asks for names.",
        "| p6 | \\[x\\](javascript:alert(1)) \\*a\\* \\`b\\` | - | CC-BY-4.0 |",
    ] {
        assert!(names.contains(words), "{words}\n{names}");
    }
    let (_, told, _) = tamis(dir.path(), &["show", "release.public/counts", "--findings"]);
    assert!(told.matches("attribution.nobody").count() == 1 && told.contains("p6"), "{told}");
}

#[test]
fn the_composition_is_told_with_what_each_use_may_do() {
    let dir = pages();
    let (_, before, _) = tamis(dir.path(), &["license"]);
    assert!(before.contains("samples are not counted: tamis build"), "{before}");
    assert_eq!(tamis(dir.path(), &["build"]).0, 0);
    let (exit, text, err) = tamis(dir.path(), &["license"]);
    assert_eq!(exit, 0, "{err}");
    for words in ["CC-BY-SA-4.0", "2 samples", "research", "commercial", "decided: license.share-alike of collect.wiki"]
    {
        assert!(text.contains(words), "{words}\n{text}");
    }
    let (_, json, _) = tamis(dir.path(), &["license", "--json"]);
    let of: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(
        of["licenses"],
        serde_json::json!({
            "CC-BY-4.0": { "samples": 1, "bytes": null },
            "CC-BY-SA-4.0": { "samples": 2, "bytes": 60 },
            "CC0-1.0": { "samples": 1, "bytes": null },
        })
    );
    assert_eq!(of["sources"][0]["samples"], serde_json::json!({ "CC-BY-4.0": 1, "CC0-1.0": 1 }));
    assert_eq!(of["uses"][1]["answer"], "yes");
    assert_eq!(of["outlets"][0], "CC-BY-SA-4.0");
}

/// Each conflict of the cases points at the line of the source and at the line that breaks it.
#[test]
fn conflicts_are_told_at_both_lines() {
    let cases = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/license");
    let mut told = 0;
    for entry in std::fs::read_dir(cases).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let conflicts = ["T0412", "T0413", "T0431", "T0432", "T0433", "T0440", "T0441", "T0442", "T0443"];
        let wanted: Vec<&str> = text.lines().filter_map(|l| l.strip_prefix("#! ")).collect();
        if !wanted.iter().any(|w| conflicts.iter().any(|code| w.contains(code))) {
            continue;
        }
        let dir = tempfile::tempdir().unwrap();
        crate::cases::standard(dir.path());
        std::fs::write(dir.path().join("dataset.toml"), &text).unwrap();
        let (exit, out, err) = tamis(dir.path(), &["check"]);
        let said = format!("{out}{err}");
        assert_eq!(exit, 2, "{said}");
        let shown = |line: usize| said.lines().any(|l| l.trim_start().starts_with(&format!("{line} ")));
        for want in wanted.iter().filter(|w| conflicts.iter().any(|code| w.contains(code))) {
            let line: usize = want.split(':').next().unwrap().parse().unwrap();
            assert!(shown(line), "line {line}\n{said}");
            match want.contains("T0431") {
                true => assert!(said.contains("changes `text`"), "{said}"),
                false => assert!(shown(5) && said.contains("the licence of the release"), "{said}"),
            }
            told += 1;
        }
    }
    assert!(told >= 20, "{told} conflicts");
}
