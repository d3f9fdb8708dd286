//! What the command says in Korean. Every verb is driven over examples, and no sentence of it may be left in English: names, paths,
//! commands and what the user wrote stay as they are.
use crate::harness::{example, tamis};
use std::path::Path;

/// Single words that are said of something, and are no names.
const WORDS: &[&str] = &[
    "added",
    "born",
    "candidate",
    "changed",
    "collected",
    "dropped",
    "excluded",
    "finding",
    "findings",
    "fresh",
    "frozen",
    "gates",
    "held",
    "merged",
    "moved",
    "next",
    "nothing",
    "released",
    "removed",
    "same",
    "unknown",
    "unused",
    "yes",
];

/// What of a line is left in English: two plain words in a row outside of quotes and commands, or one of the words above as a cell
/// of its own.
fn english(line: &str) -> Option<String> {
    line.split("  ").find_map(|cell| {
        let cell = without_quotes(cell.trim());
        // commands are to be typed as they are
        let cell =
            ["tamis ", "git "].iter().fold(cell.as_str(), |cell, name| cell.split(name).next().unwrap_or_default());
        if WORDS.contains(&cell.trim().trim_end_matches(':')) {
            return Some(cell.trim().to_string());
        }
        let words: Vec<&str> = cell.split_whitespace().collect();
        // names of a list are no sentence
        let goes_on = |word: &str| !word.ends_with([',', ':']);
        let pair = words.windows(2).find(|pair| pair.iter().all(|word| is_plain(word)) && goes_on(pair[0]));
        pair.map(|pair| pair.join(" "))
    })
}

/// Whether a word is one of a sentence, and neither a name with a dot, a path nor an abbreviation.
fn is_plain(word: &str) -> bool {
    let word = word.trim_matches(['(', ')', ',', ';', ':', '.', '?']);
    word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase())
}

/// The text without what stands between quotes or brackets, which is the user's or a piece of TOML.
fn without_quotes(text: &str) -> String {
    let (mut out, mut close) = (String::new(), None);
    for c in text.chars() {
        match (close, c) {
            (Some(end), c) if end == c => close = None,
            (Some(_), _) => {}
            (None, '`' | '"' | '\'') => close = Some(c),
            (None, '[') => close = Some(']'),
            (None, '<') => close = Some('>'),
            (None, '{') => close = Some('}'),
            (None, c) => out.push(c),
        }
    }
    out
}

/// Runs a verb in Korean; what it says, and lines of it that are English.
fn said(dir: &Path, args: &[&str], left: &mut Vec<String>) -> String {
    let (_, out, err) = tamis(dir, &[&["--lang", "ko"], args].concat());
    for line in out.lines().chain(err.lines()) {
        // lines of the manifest with their numbers, and what a file holds
        let shown = line
            .trim_start()
            .starts_with(|c: char| c.is_ascii_digit() || matches!(c, '|' | '-' | '+' | '╭' | '│' | '╰'));
        // whom a source names is said in its own words
        let shown = shown || line.contains("https://");
        if let Some(words) = english(line).filter(|_| !shown) {
            left.push(format!("tamis {}: {words:?} in {line:?}", args.join(" ")));
        }
    }
    out + &err
}

fn nothing_left(left: Vec<String>) {
    assert!(left.is_empty(), "not in src/report/lang/ko.txt:\n{}", left.join("\n"));
}

#[test]
fn a_day_with_a_project_is_in_korean() {
    let dir = example("ner");
    let at = dir.path();
    let mut left = Vec::new();
    let mut say = |args: &[&str]| said(at, args, &mut left);
    for args in [
        &["check"][..],
        &["status"],
        &["plan"],
        &["why", "split"],
        &["build"],
        &["build"],
        &["status"],
        &["plan"],
        &["license"],
        &["verify", "out/public"],
        &["verify", "out/public", "--sums"],
        &["gc"],
        &["store", "verify"],
        &["fmt"],
        &["fmt", "--check"],
        &["show", "clean"],
        &["show", "clean", "--findings"],
        &["show", "split"],
        &["show", "label.ner"],
        &["show", "label.ner", "--by", "class"],
        &["show", "release.public"],
        &["show", "collect.news", "--findings"],
        &["why", "split"],
        &["why", "release.public"],
        &["release", "public"],
        &["release", "public"],
        &["status"],
        &["diff", "public@0.1.0", "public"],
        &["review"],
        &["trust"],
        &["explain", "duplicate.exact"],
        &["explain", "json"],
    ] {
        say(args);
    }
    let lines = std::fs::read_to_string(at.join("out/public/jsonl/train-00000.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let id = first["id"].as_str().unwrap().to_string();
    say(&["trace", &id]);
    say(&["trace", "no-such-sample"]);
    let manifest = std::fs::read_to_string(at.join("dataset.toml")).unwrap();
    std::fs::write(at.join("dataset.toml"), manifest.replace("seed = ", "seed = 1")).unwrap();
    for args in [&["status"][..], &["why", "split"], &["plan"], &["build"], &["diff", "public@0.1.0", "public"]] {
        say(args);
    }
    std::fs::write(at.join("out/public/README.md"), "").unwrap();
    say(&["verify", "out/public"]);
    nothing_left(left);
}

#[test]
fn a_mistaken_command_line_is_told_in_korean() {
    let dir = example("ner");
    let mut left = Vec::new();
    for args in [
        &["biuld"][..],
        &["build", "--jbos", "2"],
        &["build", "--jobs"],
        &["build", "--jobs", "many"],
        &["build", "--jobs", "100000"],
        &["build", "more"],
        &["trace"],
        &["show", "label.ner", "--by", "colour"],
        &["show", "label.ner", "--rows", "2", "--limit", "x"],
        &["verify", "--audit", "--sums", "out/public"],
        &["store"],
        &["--color", "blue", "status"],
        &["show", "no.such.step"],
        &["explain", "T0999"],
        &["explain", "duplicat.exact"],
        &["diff", "public@9.9.9", "public"],
        &["verify", "nowhere"],
        &["release", "nothing"],
        &["-C", "nowhere", "status"],
        &["--help"],
        &["build", "--help"],
    ] {
        let told = said(dir.path(), args, &mut left);
        assert!(told.chars().any(|c| matches!(c, '가'..='힣')), "{args:?}: {told}");
    }
    nothing_left(left);
}

#[test]
fn every_code_has_a_title_in_korean() {
    let dir = tempfile::tempdir().unwrap();
    let (exit, out, err) = tamis(dir.path(), &["--lang", "ko", "explain"]);
    assert_eq!(exit, 0, "{err}");
    let titles: Vec<&str> = out.lines().take_while(|line| !line.is_empty()).collect();
    assert!(titles.len() > 200, "{}", titles.len());
    let english: Vec<&&str> = titles.iter().filter(|t| !t.chars().any(|c| matches!(c, '가'..='힣'))).collect();
    assert!(english.is_empty(), "not in src/report/explain/ko.txt: {english:#?}");
    let (exit, out, err) = tamis(dir.path(), &["--lang", "ko", "explain", "T0103"]);
    assert!(exit == 0 && out.starts_with("T0103: 모르는 키\n"), "{out}{err}");
}
