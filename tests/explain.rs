//! The pages of `tamis explain`: every code has one, every wrong example is told its code, and every right one nothing
//! that stops a build.
use crate::cases::{UNREACHABLE, codes, standard};
use crate::harness::tamis;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;
use tamis::report::explain::{Page, pages};

/// Told by a build: `check` measures nothing.
const BUILT: &[&str] = &["T0501"];

#[test]
fn every_code_has_a_page() {
    let mut known = BTreeSet::new();
    codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut known);
    let told: Vec<&str> = pages().map(|p| p.code).collect();
    let missing: Vec<&String> = known.iter().filter(|c| !told.contains(&c.as_str())).collect();
    assert!(missing.is_empty(), "src/report/explain/ has no page for {missing:?}");
    let mut source = String::new();
    whole(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut source);
    let strange: Vec<&&str> = told.iter().filter(|c| !source.contains(&format!("\"{c}\""))).collect();
    assert!(strange.is_empty(), "src/report/explain/ has pages for what nothing tells: {strange:?}");
    assert!(told.windows(2).all(|w| w[0] < w[1]), "pages stand in the order of their codes, each once: {told:?}");
}

/// All of the source, as one text.
fn whole(dir: &Path, out: &mut String) {
    for path in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() {
            whole(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn examples_are_wrong_and_right() {
    let mut wrong = String::new();
    for page in pages() {
        if page.code == "T0376" && cfg!(feature = "tokenizer") {
            continue; // this tamis can
        }
        if page.code == "T0680" && cfg!(feature = "crawl") {
            continue; // likewise
        }
        let examples = ["wrong", "right"].map(|kind| page.example(kind));
        match examples {
            [Some(bad), Some(good)] => {
                let (_, told) = checked(&page, bad);
                if !told.contains(page.code) {
                    writeln!(wrong, "{}: the wrong example is told\n{told}", page.code).unwrap();
                }
                let (exit, told) = checked(&page, good);
                if exit != 0 || told.contains(page.code) {
                    writeln!(wrong, "{}: the right example is told\n{told}", page.code).unwrap();
                }
            }
            _ if UNREACHABLE.contains(&page.code) && !BUILT.contains(&page.code) => {}
            _ => writeln!(wrong, "{}: it has no wrong and no right example", page.code).unwrap(),
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What is told of an example. It is part of a manifest: what it leaves out is added behind it.
fn checked(page: &Page, example: &str) -> (i32, String) {
    let dir = tempfile::tempdir().unwrap();
    standard(dir.path());
    let mut text = example.to_string();
    if !example.contains("[dataset]") {
        text.push_str("\n[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n");
    }
    if !example.contains("[collect.") {
        text.push_str(
            "\n[collect.a]\ndirect = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\n\
             fields = { text = \"text\", kind = \"kind\", n = \"n\", score = \"score\" }\nid = \"id\"\nlicense = \"MIT\"\n",
        );
    }
    std::fs::write(dir.path().join("dataset.toml"), text).unwrap();
    let verb: &[&str] = if BUILT.contains(&page.code) { &["build"] } else { &["check", "--short"] };
    let (exit, out, err) = tamis(dir.path(), verb);
    (exit, out + &err)
}

#[test]
fn a_page_is_shown_without_a_project() {
    let away = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let out =
            std::process::Command::new(crate::harness::binary()).args(args).current_dir(away.path()).output().unwrap();
        (out.status.code(), String::from_utf8(out.stdout).unwrap() + &String::from_utf8(out.stderr).unwrap())
    };
    let (exit, text) = run(&["explain", "t0103"]);
    assert!(exit == Some(0) && text.contains("T0103: An unknown key") && text.contains("    unicod = "), "{text}");
    let (exit, text) = run(&["explain", "T9999"]);
    assert!(exit == Some(2) && text.contains("there is no code `T9999`"), "{text}");
    assert!(run(&["explain"]).1.lines().count() > 80);
}

/// Every finding that a case expects can be explained, in both languages, and a name with a slip proposes the right one.
#[test]
fn findings_are_explained() {
    let known = tamis::report::explain::findings();
    let mut all = std::collections::BTreeSet::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Some(case) = std::fs::read_to_string(&path).ok().and_then(|text| text.parse::<toml::Table>().ok())
            else {
                continue;
            };
            let findings = case.get("findings").and_then(|f| f.as_array()).into_iter().flatten();
            all.extend(findings.filter_map(|f| f.as_str()?.split(' ').nth(1).map(String::from)));
        }
    }
    assert!(all.len() > 200, "{}", all.len());
    let missing: Vec<&String> = all.iter().filter(|rule| !known.contains(rule.as_str())).collect();
    assert!(missing.is_empty(), "not in src/report/explain/findings.txt: {missing:?}");
    let untold: Vec<&&str> = known.iter().filter(|rule| tamis::report::explain::finding(rule).is_empty()).collect();
    assert!(untold.is_empty(), "nothing is said of {untold:?}");
    let away = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| crate::harness::tamis(away.path(), args);
    assert!(run(&["explain", "duplicate.exact"]).1.contains("equal to those of an earlier sample"));
    assert!(run(&["explain", "csv"]).1.contains("`delimiter`"));
    let (exit, _, err) = run(&["explain", "duplicat.exact"]);
    assert!(exit == 2 && err.contains("did you mean `duplicate.exact`?"), "{err}");
    let (exit, out, _) = run(&["explain", "csv.ragged", "--json"]);
    assert!(exit == 0 && out.contains("\"rule\":\"csv.ragged\""), "{out}");
}
