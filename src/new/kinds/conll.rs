//! CoNLL: lines of equally many values, parted by tabulators or spaces, with blank lines between the sentences and a
//! column in which tags of entities stand. Of CoNLL-U the tokens stand in the second column.
use super::recogniser::{Key, Recogniser, is_document};
use crate::formats::encoding;
use crate::new::folder::Beginning;
use crate::new::tags::mostly;
use std::collections::BTreeMap;

pub const RECOGNISER: Recogniser =
    Recogniser { format: "conll", sees, ids: &["comment:sent_id", "comment:id", "comment:1"] };

/// Lines that are looked at.
const LINES: usize = 5000;
/// What a file of this format may be called.
const ENDS: &[&str] =
    &["conll", "conllu", "conllup", "conll2003", "iob", "iob2", "bio", "bioes", "tsv", "txt", "tok", "ner", "tags", ""];
/// What the files of the shared tasks are called: `eng.train`.
const PARTS: &[&str] = &["train", "dev", "test", "testa", "testb"];

fn sees(b: &Beginning) -> Option<Vec<Key>> {
    let end = b.file.extension();
    if ![ENDS, PARTS].concat().contains(&end.as_str()) || is_document(b.file) {
        return None;
    }
    let text = encoding::text(encoding::lines(&b.bytes, b.whole)).ok()?;
    let lines: Vec<&str> = text.lines().take(LINES).collect();
    let blank = lines.iter().filter(|l| l.trim().is_empty()).count();
    let comment = comment(&lines);
    let is_token = |l: &&&str| !l.trim().is_empty() && !l.starts_with(comment.as_str()) && !l.starts_with("-DOCSTART-");
    let rows: Vec<Vec<&str>> = lines.iter().filter(is_token).map(|l| cells(l)).collect();
    let columns = usual(&rows)?;
    let fit = rows.iter().filter(|r| r.len() == columns).count();
    if columns < 2 || blank == 0 || fit * 20 < rows.len() * 19 {
        return None;
    }
    let fitting: Vec<&Vec<&str>> = rows.iter().filter(|r| r.len() == columns).collect();
    let tag = tags(&fitting, columns)?;
    let token = if numbered(&fitting) { 2 } else { 1 };
    (tag != token).then(|| keys(columns, token, tag, &comment, &fitting))
}

fn keys(columns: usize, token: usize, tag: usize, comment: &str, rows: &[&Vec<&str>]) -> Vec<Key> {
    let mut keys = Vec::new();
    if comment != "#" {
        keys.push(Key::new("comment", comment, "lines that begin so stand in front of sentences"));
    }
    if columns != 2 {
        keys.push(Key::new("columns", columns, ""));
    }
    if token != 1 {
        keys.push(Key::new("token", token, "the first column numbers the tokens"));
    }
    if tag != columns {
        keys.push(Key::new("tag", tag, "the column that holds tags of entities"));
    }
    if rows.iter().filter(|r| r.get(token - 1).is_some_and(|t| t.trim().is_empty())).count() > 1 {
        keys.push(Key::new("join", "", "spaces are tokens of their own"));
    }
    keys
}

/// What a comment begins with: `##` where lines do that and others have `#` for a token.
fn comment(lines: &[&str]) -> String {
    let of = |start: &str| lines.iter().filter(|l| l.starts_with(start)).count();
    if of("##") > 0 && of("##") < lines.len() && lines.iter().any(|l| l.starts_with("## ") || l.starts_with("##\t")) {
        "##".to_string()
    } else {
        "#".to_string()
    }
}

fn cells(line: &str) -> Vec<&str> {
    if line.contains('\t') { line.split('\t').collect() } else { line.split(' ').filter(|c| !c.is_empty()).collect() }
}

/// The number of values that most lines have.
fn usual(rows: &[Vec<&str>]) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    rows.iter().for_each(|r| *counts.entry(r.len()).or_default() += 1);
    counts.into_iter().max_by_key(|(_, n)| *n).map(|(columns, _)| columns)
}

/// Whether a value is a tag: `O`, or a letter that says where in an entity it stands, a hyphen, and a class.
fn is_tag(value: &str) -> bool {
    value == "O"
        || value
            .split_once(['-', '_'])
            .is_some_and(|(at, class)| matches!(at, "B" | "I" | "E" | "S" | "L" | "U") && !class.is_empty())
}

/// The column, from 1, in which the values are tags, but for a few, and some are of an entity; of several the last.
fn tags(rows: &[&Vec<&str>], columns: usize) -> Option<usize> {
    let own = |n: usize| rows.iter().filter_map(move |r| r.get(n).copied());
    (0..columns).rev().find(|n| mostly(own(*n), is_tag)).map(|n| n + 1)
}

/// Whether the first column numbers the tokens of a sentence.
fn numbered(rows: &[&Vec<&str>]) -> bool {
    let numbers = rows.iter().filter(|r| r.first().is_some_and(|v| v.parse::<usize>().is_ok())).count();
    let ones = rows.iter().filter(|r| r.first().is_some_and(|v| *v == "1")).count();
    numbers * 10 >= rows.len() * 9 && ones > 0
}
