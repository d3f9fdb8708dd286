//! Workspaces: members read each other's releases, and keep apart from them.
use crate::harness::tamis;
use std::collections::BTreeMap;
use std::path::Path;
use tamis::digest::draw;

fn ok(dir: &Path, args: &[&str]) -> String {
    let (exit, out, err) = tamis(dir, args);
    assert_eq!(exit, 0, "{args:?}: {out}{err}");
    out
}

/// A text of so many words, each other than those of other seeds.
fn words(seed: u64, n: u64) -> Vec<String> {
    (0..n).map(|at| format!("w{}", draw(seed, "word", &at.to_string()) % 50_000)).collect()
}

fn put(dir: &Path, path: &str, text: &str) {
    let place = dir.join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, text).unwrap();
}

fn rows(of: &[(String, String)]) -> String {
    of.iter().map(|(id, text)| format!("{}\n", serde_json::json!({ "id": id, "text": text }))).collect()
}

fn manifest(source: &str, clean: &str) -> String {
    format!(
        "tamis = \"0.1\"\n[dataset]\nname = \"set\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\n[collect.a]\n{source}\nid = \"id\"\n\
         license = \"MIT\"\n[schema]\ntext = {{ text = {{}} }}\n{clean}\n[release.all]\nformats = [\"jsonl\"]\n"
    )
}

const RAW: &str = "direct = { files = [\"raw.jsonl\"], format = \"jsonl\" }";

/// `bench`, `base`, and `set`, which reads `base` and keeps apart from `bench`.
fn workspace(dir: &Path, bench: &[(String, String)], base: &[(String, String)]) {
    put(dir, "workspace.toml", "[members]\nbench = \"bench\"\nbase = \"base\"\nset = \"sets/set\"\n");
    put(dir, "bench/raw.jsonl", &rows(bench));
    put(dir, "bench/dataset.toml", &manifest(RAW, ""));
    put(dir, "base/raw.jsonl", &rows(base));
    put(dir, "base/dataset.toml", &manifest(RAW, ""));
    let clean = "[clean]\nnear_duplicates = { threshold = 0.8, against = [\"bench\"] }";
    put(dir, "sets/set/dataset.toml", &manifest("dataset = \"base\"\nfields = { text = \"text\" }", clean));
}

fn clean_texts(from: u64, n: u64) -> Vec<(String, String)> {
    (from..from + n).map(|seed| (format!("d{seed}"), words(seed, 60).join(" "))).collect()
}

fn kernels(dir: &Path) -> BTreeMap<String, u64> {
    let out = ok(dir, &["build", "-p", "set", "--json", "--partition-target", "16"]);
    let lines = out.lines().map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap());
    let ran = lines.filter(|l| l["event"] == "kernel" && l["part"] == "map");
    ran.map(|l| (l["step"].as_str().unwrap().to_string(), l["rows"].as_u64().unwrap())).collect()
}

fn released(dir: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(dir.join("sets/set/out/all/jsonl/train-00000.jsonl")).unwrap();
    text.lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["id"].as_str().unwrap().to_string())
        .collect()
}

#[test]
fn planted_overlaps_are_found_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let bench = clean_texts(10_000, 60);
    let mut base = clean_texts(0, 300);
    let clean: Vec<String> = base.iter().map(|(id, _)| id.clone()).collect();
    for (n, (_, text)) in bench.iter().enumerate() {
        let own = words(20_000 + n as u64, 60);
        let passage: String = text.chars().filter(|c| *c != ' ').skip(40).take(50).collect();
        let short: String = text.chars().filter(|c| *c != ' ').skip(40).take(30).collect();
        let near = text.replacen(text.split(' ').next_back().unwrap(), "other", 1);
        base.push((format!("exact{n}"), text.to_uppercase()));
        base.push((format!("near{n}"), near));
        base.push((format!("passage{n}"), format!("{} {passage} {}", own[..30].join(" "), own[30..].join(" "))));
        base.push((format!("spaced{n}"), text.replace(' ', "").replace('w', " w ")));
        base.push((format!("kept{n}"), format!("{} {short} {}", own[..30].join(" "), own[30..].join(" "))));
    }
    workspace(dir.path(), &bench, &base);
    ok(dir.path(), &["build"]);
    let mut want: Vec<String> = clean;
    want.extend((0..bench.len()).map(|n| format!("kept{n}")));
    let mut got = released(dir.path());
    want.sort();
    got.sort();
    assert_eq!(got, want);
    let told = ok(dir.path(), &["show", "-p", "set", "clean.near_duplicates/against"]);
    let told: Vec<String> = told.lines().map(|l| l.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for fact in ["compared 600", "same 120", "near 60", "passage 60", "with.bench 240"] {
        assert!(told.iter().any(|line| line == fact), "{fact}: {told:?}");
    }
}

#[test]
fn a_change_of_a_member_rebuilds_what_reads_it_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let (bench, mut base) = (clean_texts(10_000, 5), clean_texts(0, 400));
    workspace(dir.path(), &bench, &base);
    let first = kernels(dir.path());
    assert!(first["clean.near_duplicates/against"] == 400, "{first:?}");
    assert!(kernels(dir.path()).is_empty());
    base[200].1.push_str(" changed");
    put(dir.path(), "base/raw.jsonl", &rows(&base));
    let again = kernels(dir.path());
    assert!(again["clean.near_duplicates/against"] < 100 && again["clean.near_duplicates"] < 100, "{again:?}");
    // another benchmark is another question to each sample; what does not read it stays
    let mut other = bench.clone();
    other[0].1 = base[7].1.clone();
    put(dir.path(), "bench/raw.jsonl", &rows(&other));
    let again = kernels(dir.path());
    assert_eq!(again["clean.near_duplicates/against"], 400, "{again:?}");
    assert!(!again.contains_key("clean.near_duplicates"), "{again:?}");
    assert!(!released(dir.path()).contains(&"d7".to_string()));
    // the same as a workspace that was never built before, without a store of its own for each
    let cold = tempfile::tempdir().unwrap();
    workspace(cold.path(), &other, &base);
    ok(cold.path(), &["build"]);
    let bytes = |dir: &Path| std::fs::read(dir.join("sets/set/out/all/B3SUMS")).unwrap();
    assert_eq!(bytes(dir.path()), bytes(cold.path()));
    assert!(dir.path().join(".tamis/index").is_file() && !dir.path().join("base/.tamis/index").exists());
    // a frozen release is read as it was
    ok(dir.path(), &["release", "-p", "bench", "all"]);
    let path = dir.path().join("sets/set/dataset.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("[\"bench\"]", "[\"bench:all@1.0.0\"]")).unwrap();
    ok(dir.path(), &["build", "-p", "set"]);
    assert!(!released(dir.path()).contains(&"d7".to_string()));
}

#[test]
fn what_is_wrong_with_a_workspace_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let texts = clean_texts(0, 20);
    workspace(dir.path(), &texts[..2], &texts);
    let (exit, _, err) = tamis(dir.path(), &["build", "-p", "bas"]);
    assert!(exit == 2 && err.contains("did you mean `base`"), "{err}");
    let (exit, out, err) = tamis(dir.path(), &["check", "-p", "set"]);
    assert!(exit == 2 && (out + &err).contains("`tamis build -p base` makes it"), "{err}");
    // bytes that are not those of the sums are not compared with
    ok(dir.path(), &["build", "-p", "bench"]);
    put(dir.path(), "bench/out/all/jsonl/train-00000.jsonl", "{\"id\":\"x\",\"text\":\"y\"}\n");
    ok(dir.path(), &["build", "-p", "base"]);
    let (exit, _, err) = tamis(&dir.path().join("sets/set"), &["build"]);
    assert!(exit == 3, "{exit} {err}");
    ok(dir.path(), &["build", "-p", "set"]); // which builds the benchmark first
    // members that read each other
    put(dir.path(), "base/dataset.toml", &manifest("dataset = \"set\"\nfields = { text = \"text\" }", ""));
    let (exit, _, err) = tamis(dir.path(), &["build", "-p", "set"]);
    assert!(exit == 2 && err.contains("in a circle: set -> base -> set"), "{err}");
    // a member behind a link out of the workspace
    let other = tempfile::tempdir().unwrap();
    put(other.path(), "dataset.toml", &manifest(RAW, ""));
    std::os::unix::fs::symlink(other.path(), dir.path().join("away")).unwrap();
    put(dir.path(), "workspace.toml", "[members]\naway = \"away\"\n");
    let (exit, _, err) = tamis(dir.path(), &["build", "-p", "away"]);
    assert!(exit == 2 && err.contains("behind a link"), "{err}");
}
