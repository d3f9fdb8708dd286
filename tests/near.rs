//! Near duplicates of made documents: what stays is what comparing all pairs says, however the table is cut, with any number
//! of threads, in any order of the data, cold or after an edit.
use crate::harness::{Way, build};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tamis::digest::draw;

/// A document: its id and its words.
type Document = (String, Vec<String>);

/// Documents in families: most of a family's words are the same, changed, cut or added to here and there; all share a
/// passage as pages of one site do.
fn documents(n: u64) -> Vec<Document> {
    let word = |seed: u64, at: u64| format!("w{}", draw(seed, "word", &at.to_string()) % 900);
    let mut out = Vec::new();
    for family in 0..n {
        let len = 20 + draw(family, "length", "") % 60;
        let base: Vec<String> = (0..len).map(|at| word(family, at)).collect();
        let passage = (0..10).map(|at| format!("site{at}"));
        for member in 0..1 + draw(family, "members", "") % 5 {
            let seed = family * 100 + member;
            let mut words: Vec<String> = base.iter().cloned().chain(passage.clone()).collect();
            for change in 0..draw(seed, "changes", "") % 6 {
                let at = draw(seed, "place", &change.to_string()) as usize % words.len();
                words[at] = word(seed, 1000 + change);
            }
            words.truncate(words.len() - (draw(seed, "cut", "") % 8) as usize);
            out.push((format!("d{family}-{member}"), words));
        }
    }
    out
}

fn write(dir: &Path, documents: &[Document], threshold: &str, keep: &str) {
    let manifest = format!(
        "tamis = \"0.1\"\n[dataset]\nname = \"near\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\n\
         direct = {{ files = [\"a.jsonl\"], format = \"jsonl\" }}\nid = \"id\"\nlicense = \"MIT\"\n[schema]\ntext = {{ text = {{}} }}\n\
         [clean]\nnear_duplicates = {{ threshold = {threshold}, keep = \"{keep}\" }}\n[release.all]\nformats = [\"jsonl\"]\n"
    );
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
    let line = |(id, words): &Document| format!("{}\n", serde_json::json!({ "id": id, "text": words.join(" ") }));
    std::fs::write(dir.join("a.jsonl"), documents.iter().map(line).collect::<String>()).unwrap();
}

/// The ids that a build released, and its content root.
fn released(dir: &Path, jobs: u32, target: u32) -> (BTreeSet<String>, String) {
    let told = build(dir, &Way { jobs, target, ..Way::default() });
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let file = std::fs::read_to_string(dir.join("out/all/jsonl/train-00000.jsonl")).unwrap();
    let id = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_string();
    let root = std::fs::read_to_string(dir.join("out/all/release.json")).unwrap();
    let root: serde_json::Value = serde_json::from_str(&root).unwrap();
    (file.lines().map(id).collect(), root["content_root"].to_string())
}

/// What stays when each document is compared with all that stay before it, the longest first.
fn by_all_pairs(documents: &[Document], hundredths: usize) -> BTreeSet<String> {
    let grams = |words: &Vec<String>| -> BTreeSet<String> { words.windows(5).map(|w| w.join(" ")).collect() };
    let mut sets: Vec<(BTreeSet<String>, &String)> = documents.iter().map(|(id, words)| (grams(words), id)).collect();
    sets.sort_by(|a, b| (b.0.len(), a.1).cmp(&(a.0.len(), b.1)));
    let mut kept: Vec<&(BTreeSet<String>, &String)> = Vec::new();
    for set in &sets {
        let near = |other: &&(BTreeSet<String>, &String)| {
            let shared = set.0.intersection(&other.0).count();
            shared * 100 >= (set.0.len() + other.0.len() - shared) * hundredths
        };
        if !kept.iter().any(near) {
            kept.push(set);
        }
    }
    kept.iter().map(|(_, id)| (*id).clone()).collect()
}

#[test]
fn what_stays_is_what_all_pairs_say_whatever_the_order_and_the_cuts() {
    let documents = documents(120);
    let mut counts = BTreeMap::new();
    for hundredths in [30, 70, 80, 100] {
        let want = by_all_pairs(&documents, hundredths);
        counts.insert(hundredths, documents.len() - want.len());
        let threshold = format!("{}.{:02}", hundredths / 100, hundredths % 100);
        let mut roots = BTreeSet::new();
        for (jobs, target) in [(1, 16), (8, 500), (2, 4096)] {
            let dir = tempfile::tempdir().unwrap();
            write(dir.path(), &documents, &threshold, "longest");
            let (ids, root) = released(dir.path(), jobs, target);
            assert_eq!(ids, want, "threshold {threshold}, target {target}");
            roots.insert(root);
        }
        let dir = tempfile::tempdir().unwrap();
        let mut turned = documents.clone();
        turned.sort_by_key(|(id, _)| draw(7, "order", id));
        write(dir.path(), &turned[10..], &threshold, "longest");
        released(dir.path(), 2, 16);
        write(dir.path(), &turned, &threshold, "longest");
        let (ids, _) = released(dir.path(), 2, 16);
        assert_eq!(ids, want, "threshold {threshold}, in another order and after an edit");
        assert_eq!(roots.len(), 1, "threshold {threshold}: {roots:?}");
    }
    let gone: Vec<usize> = counts.values().copied().collect();
    assert!(gone.windows(2).all(|w| w[0] >= w[1]) && gone[1] > 40, "{counts:?}");
}

#[test]
fn which_one_stays_is_declared() {
    let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
    let documents = [
        ("b".to_string(), words("one two three four five six seven eight nine")),
        ("a".to_string(), words("one two three four five six seven eight nine ten")),
        ("c".to_string(), words("one two three four five six seven eight nine")),
    ];
    for (keep, id) in [("first", "b"), ("last", "c"), ("longest", "a")] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &documents, "0.8", keep);
        assert_eq!(released(dir.path(), 1, 16).0, BTreeSet::from([id.to_string()]), "{keep}");
    }
}
