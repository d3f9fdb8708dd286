//! `show` with rows, filters and sheets; `fmt`, `completions`, `man`, `--color`.
use crate::harness::{Lab, binary, tamis};
use serde_json::Value as Json;
use std::path::Path;

/// A built project of 60 texts, of which two are the same, one is too short, and one is a formula.
fn lab() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut lab = Lab::new(60, 0);
    lab.samples[5].text = lab.samples[4].text.clone();
    lab.samples[9].text = "=HYPERLINK(\"x\")\u{1b}[31m, a".into();
    lab.write(dir.path());
    done(dir.path(), &["build"]);
    dir
}

fn done(dir: &Path, args: &[&str]) -> String {
    let (exit, out, err) = tamis(dir, args);
    assert_eq!(exit, 0, "{args:?} {out}{err}");
    out
}

fn lines(dir: &Path, args: &[&str]) -> Vec<Json> {
    done(dir, args).lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

#[test]
fn what_was_dropped_is_a_file() {
    let dir = lab();
    let dropped = lines(dir.path(), &["show", "clean.exact_duplicates", "--dropped", "--format", "jsonl"]);
    assert_eq!(dropped.len(), 1, "{dropped:?}");
    assert_eq!((&dropped[0]["id"], &dropped[0]["act"]), (&Json::from("s00005"), &Json::from("dropped")));
    assert_eq!(dropped[0]["key"], "clean.exact_duplicates");
    assert!(dropped[0]["columns.text"].is_string());
    let found = lines(dir.path(), &["show", "clean.exact_duplicates", "--findings", "--format", "jsonl"]);
    assert_eq!(found, dropped);
    assert!(lines(dir.path(), &["show", "clean.exact_duplicates", "--held", "--format", "jsonl"]).is_empty());
    // with [privacy], what no step has masked yet is not shown
    let raw = lines(dir.path(), &["show", "collect", "--format", "jsonl"]);
    assert!(raw.iter().all(|r| r.get("text").is_none()), "{raw:?}");
    let raw = lines(dir.path(), &["show", "collect", "--format", "jsonl", "--raw"]);
    assert!(raw.len() == 60 && raw.iter().all(|r| r["text"].is_string()));
}

#[test]
fn a_sheet_is_read_back_and_runs_nothing() {
    let dir = lab();
    let text = done(dir.path(), &["show", "split", "--format", "csv"]);
    assert!(!text.contains('\u{1b}'));
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let at = reader.headers().unwrap().iter().position(|h| h == "text").unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 59);
    assert!(rows.iter().any(|r| r[at].starts_with("'=HYPERLINK")));
    assert!(rows.iter().all(|r| r.iter().all(|c| !c.starts_with(['=', '+', '-', '@']))));
}

#[test]
fn rows_are_filtered_and_sampled() {
    let dir = lab();
    let ids = |args: &[&str]| -> Vec<String> {
        let all = lines(dir.path(), &[&["show", "split", "--format", "jsonl"], args].concat());
        all.iter().map(|r| r["id"].as_str().unwrap().to_string()).collect()
    };
    let (test, train) = (ids(&["--where", "split:test"]), ids(&["--where", "-split:test"]));
    assert!(!test.is_empty() && test.len() + train.len() == 59);
    assert_eq!(ids(&["--where", "text:HYPERLINK"]), ["s00009"]);
    assert_eq!(ids(&["--where", "id:s00001,s00002 split:train,test"]), ["s00001", "s00002"]);
    assert_eq!(ids(&["--where", "status:dropped"]), ["s00005"]);
    assert_eq!(ids(&["--where", "status:dropped,living"]).len(), 60);
    assert_eq!(ids(&["--where", "finding:duplicate status:dropped"]), ["s00005"]);
    let sample = ids(&["--sample", "7"]);
    assert_eq!((sample.len(), &sample), (7, &ids(&["--sample", "7"])));
    let within = ids(&["--sample", "3"]);
    assert!(within.iter().all(|id| sample.contains(id)), "a smaller sample is part of a larger one");
    let text = done(dir.path(), &["show", "split", "--where", "split:test", "--rows", "2"]);
    assert!(text.contains(&format!("  {} rows, 2 shown", test.len())), "{text}");
    let (exit, _, err) = tamis(dir.path(), &["show", "split", "--where", "spilt:test"]);
    assert!(exit == 2 && err.contains("did you mean `split`?"), "{err}");
    let (exit, _, err) = tamis(dir.path(), &["show", "collect", "--where", "text:river"]);
    assert!(exit == 0 && err.is_empty(), "text looks at what may be shown alone: {err}");
    let bars = done(dir.path(), &["show", "split", "--field", "split"]);
    assert!(bars.contains("train") && bars.contains("####"), "{bars}");
}

#[test]
fn fmt_lays_out_and_changes_nothing() {
    let dir = lab();
    let path = dir.path().join("dataset.toml");
    let (exit, _, err) = tamis(dir.path(), &["fmt", "--check"]);
    assert!(exit == 1 && err.contains("tamis fmt"), "{err}");
    done(dir.path(), &["fmt"]);
    let text = std::fs::read_to_string(&path).unwrap();
    done(dir.path(), &["fmt", "--check"]);
    assert!(text.find("[clean]").unwrap() < text.find("[label.topic]").unwrap(), "{text}");
    assert!(done(dir.path(), &["build"]).starts_with("fresh"));
    std::fs::write(&path, "[dataset\n").unwrap();
    let (exit, _, err) = tamis(dir.path(), &["fmt"]);
    assert!(exit == 2 && err.contains("T0001"), "{err}");
}

/// Every manifest of the tests and examples says the same when it is laid out, and is laid out once for all.
#[test]
fn every_manifest_keeps_what_it_says() {
    let mut open = vec![
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases"),
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples"),
    ];
    let (mut n, order) =
        (0, ["dataset", "plan", "collect", "schema", "preprocess", "clean", "label", "split", "release"]);
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == "toml") {
                let text = std::fs::read_to_string(&path).unwrap();
                for text in
                    [text.clone(), text.replace('\n', "\r\n"), text.replace("\n[", "\n\n  [").replace(" = ", "=")]
                {
                    let Ok(before) = toml::from_str::<toml::Table>(&text) else { continue };
                    let Ok(once) = tamis::manifest::layout::formatted(&text, &order) else {
                        panic!("{} is not laid out", path.display())
                    };
                    let after: toml::Table = toml::from_str(&once).unwrap();
                    assert_eq!(format!("{before:?}"), format!("{after:?}"), "{}", path.display());
                    assert_eq!(tamis::manifest::layout::formatted(&once, &order).as_deref(), Ok(once.as_str()));
                    let comments = |t: &str| t.matches('#').count();
                    assert_eq!(comments(&text), comments(&once), "{}", path.display());
                    n += 1;
                }
            }
        }
    }
    assert!(n > 200, "{n}");
}

#[test]
fn completions_and_pages_know_every_verb() {
    let dir = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let text = done(dir.path(), &["completions", shell]);
        assert!(["build", "diff", "explain", "fmt"].iter().all(|verb| text.contains(verb)), "{shell}");
    }
    assert!(done(dir.path(), &["man"]).starts_with(".ie"), "{}", done(dir.path(), &["man"]));
    assert!(done(dir.path(), &["man", "diff"]).contains("markdown"));
    std::fs::write(dir.path().join("dataset.toml"), "[dataset]\nname = \"X\"\n").unwrap();
    let told = |when: &str| tamis(dir.path(), &["--color", when, "check"]).2;
    assert!(told("always").contains('\u{1b}') && !told("never").contains('\u{1b}') && !told("auto").contains('\u{1b}'));
    assert!(told("never").contains("tamis explain T0"), "{}", told("never"));
}

/// A terminal of so many lines, by `script` of util-linux; what a person sees on it.
fn on_a_terminal(lines: u32, pager: &str, args: &str) -> String {
    let command = format!("stty rows {lines}; TAMIS_PAGER='{pager}' '{}' {args}", binary().display());
    let out = std::process::Command::new("script").args(["-qec", &command, "/dev/null"]).output();
    String::from_utf8(out.expect("`script`, of util-linux, makes a terminal").stdout).unwrap()
}

#[test]
fn long_results_go_through_the_pager_of_a_terminal() {
    let whole = tamis(Path::new("."), &["explain", "T0103"]).1;
    assert!(whole.lines().count() > 5, "{whole}");
    assert_eq!(on_a_terminal(5, "tail -n 1", "explain T0103").trim(), whole.lines().last().unwrap().trim());
    for (lines, pager) in [(500, "tail -n 1"), (5, "cat"), (5, ""), (0, "tail -n 1")] {
        let seen = on_a_terminal(lines, pager, "explain T0103");
        assert_eq!(seen.replace("\r\n", "\n"), whole, "{lines} {pager}");
    }
    // one that is not there is told, and everything is shown
    let seen = on_a_terminal(5, "no-such-pager", "explain T0103").replace("\r\n", "\n");
    let told = "tamis: TAMIS_PAGER names `no-such-pager`, and there is no such program\n";
    assert_eq!(seen.strip_prefix(told), Some(whole.as_str()), "{seen}");
    // what another program reads is whole
    let piped = on_a_terminal(5, "tail -n 1", "explain T0103 | head -n 3");
    assert_eq!(piped.lines().count(), 3);
}
