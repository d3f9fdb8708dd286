//! Short stories of the command line: what a user does, and what tamis says.
use crate::harness::{Lab, Sample, Way, build, example, tamis, text};
use std::path::{Path, PathBuf};

fn lab(n: usize) -> (tempfile::TempDir, Lab) {
    let dir = tempfile::tempdir().unwrap();
    let lab = Lab::new(n, 0);
    lab.write(dir.path());
    (dir, lab)
}

fn ok(dir: &Path, args: &[&str]) -> String {
    let (exit, out, err) = tamis(dir, args);
    assert_eq!(exit, 0, "{args:?}: {out}{err}");
    out
}

fn packs(dir: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(dir.join(".tamis/packs")).unwrap().map(|e| e.unwrap().path()).collect()
}

#[test]
fn bytes_may_be_absent() {
    let (dir, mut lab) = lab(300);
    let way = Way::default();
    let first = build(dir.path(), &way).roots();
    // all packs gone: what is needed of them is made again
    packs(dir.path()).iter().for_each(|p| std::fs::remove_file(p).unwrap());
    assert_eq!(build(dir.path(), &way).roots(), first);
    lab.set("seed", "11");
    lab.write(dir.path());
    let told = build(dir.path(), &way);
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let other = tempfile::tempdir().unwrap();
    lab.write(other.path());
    assert_eq!(told.roots(), build(other.path(), &way).roots());
    // a flipped bit in each pack is found and mended
    for pack in packs(dir.path()) {
        let mut bytes = std::fs::read(&pack).unwrap();
        let step = (bytes.len() / 40).max(1);
        bytes.iter_mut().step_by(step).for_each(|b| *b ^= 4);
        std::fs::write(&pack, bytes).unwrap();
    }
    lab.set("seed", "7");
    lab.write(dir.path());
    std::fs::remove_dir_all(dir.path().join("out")).unwrap();
    let told = build(dir.path(), &way);
    assert_eq!((told.exit, told.roots()), (0, first.clone()), "{}", told.stderr);
    // and the whole store may be deleted
    std::fs::remove_dir_all(dir.path().join(".tamis")).unwrap();
    assert_eq!(build(dir.path(), &way).roots(), first);
}

#[test]
fn a_release_is_frozen_and_its_version_is_never_used_again() {
    let (dir, mut lab) = lab(200);
    let said = ok(dir.path(), &["release", "public"]);
    assert!(said.contains("releases/public-0.1.0"), "{said}");
    let frozen = dir.path().join("releases/public-0.1.0");
    let said = ok(dir.path(), &["verify", frozen.to_str().unwrap()]);
    assert!(said.starts_with("ok: "), "{said}");
    ok(dir.path(), &["release", "public"]);
    let said = ok(dir.path(), &["status"]);
    assert!(said.contains("next: nothing: all of it is released"), "{said}");
    lab.samples[3].text = text(9999);
    lab.write(dir.path());
    // nobody is told to type what would be refused
    let told = ok(dir.path(), &["build"]);
    assert!(told.contains("to freeze it               raise `version` in [dataset] first: public 0.1.0"), "{told}");
    std::fs::rename(dir.path().join("out/public"), dir.path().join("out/old")).unwrap();
    let said = ok(dir.path(), &["status"]);
    assert!(said.contains("not written yet") && said.contains("next: tamis build"), "{said}");
    assert!(said.contains("there is no [release.old] any more; remove it yourself"), "{said}");
    let (exit, _, err) = tamis(dir.path(), &["release", "public"]);
    assert_eq!(exit, 1);
    assert!(err.contains("raise `version`"), "{err}");
    let lock = std::fs::read_to_string(dir.path().join("dataset.lock")).unwrap();
    assert!(lock.contains("[[release]]\nname = \"public\"\nversion = \"0.1.0\"\n"), "{lock}");
    // a byte changed in the frozen folder is found
    let file = frozen.join("jsonl/train-00000.jsonl");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let (exit, out, err) = tamis(dir.path(), &["verify", frozen.to_str().unwrap()]);
    assert_eq!(exit, 1);
    assert!(format!("{out}{err}").contains("jsonl/train-00000.jsonl"), "{out}{err}");
}

/// Writes a state as a version of its own, with splits that are kept.
fn write_version(dir: &Path, lab: &Lab, version: &str) {
    lab.write(dir);
    let manifest = lab.manifest().replace("version = \"0.1.0\"", &format!("version = \"{version}\""));
    let manifest = manifest.replace("seed = 7", "seed = 7\nkeep = \"last_release\"");
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
}

#[test]
fn every_version_that_was_released_stays_pinned() {
    let (dir, mut lab) = lab(100);
    write_version(dir.path(), &lab, "0.1.0");
    ok(dir.path(), &["release", "public"]);
    lab.samples[3].text = text(9999);
    write_version(dir.path(), &lab, "0.2.0");
    ok(dir.path(), &["release", "public"]);
    let lock = std::fs::read_to_string(dir.path().join("dataset.lock")).unwrap();
    let versions: Vec<&str> = lock.lines().filter_map(|l| l.strip_prefix("version = ")).collect();
    assert_eq!(versions, ["\"0.1.0\"", "\"0.2.0\""]);
    let said = ok(dir.path(), &["status"]);
    assert!(said.contains("releases/public-0.1.0") && said.contains("releases/public-0.2.0"), "{said}");
    assert!(said.contains("next: nothing: all of it is released"), "{said}");
    // an older version stays what it was, also when its folder is gone
    std::fs::remove_dir_all(dir.path().join("releases")).unwrap();
    write_version(dir.path(), &lab, "0.1.0");
    let (exit, _, err) = tamis(dir.path(), &["release", "public"]);
    assert_eq!(exit, 1);
    assert!(err.contains("public 0.1.0 is released with content"), "{err}");
    assert!(!dir.path().join("releases").exists());
    lab.samples[3].text = text(3);
    write_version(dir.path(), &lab, "0.1.0");
    ok(dir.path(), &["release", "public"]);
    assert!(dir.path().join("releases/public-0.1.0").is_dir());
}

#[test]
fn splits_are_kept_by_the_pins_of_the_last_release_alone() {
    let (dir, mut lab) = lab(60);
    let pins = dir.path().join("pins/split.tsv");
    write_version(dir.path(), &lab, "0.1.0");
    ok(dir.path(), &["release", "public"]);
    let old = std::fs::read(&pins).unwrap();
    lab.samples.push(Sample { id: "later".into(), text: text(5000), doc: "later".into() });
    lab.votes.push(("later".into(), "w1".into(), "law".into()));
    write_version(dir.path(), &lab, "0.2.0");
    ok(dir.path(), &["release", "public"]);
    let new = std::fs::read(&pins).unwrap();
    let refused = |words: &str| {
        let (exit, out, err) = tamis(dir.path(), &["check", "--short"]);
        assert_eq!(exit, 2, "{out}{err}");
        assert!(out.contains("T0208") && out.contains(words), "{out}");
    };
    std::fs::write(&pins, old).unwrap();
    refused("pins/split.tsv is not what dataset.lock says");
    std::fs::remove_file(&pins).unwrap();
    refused("pins/split.tsv is missing");
    std::fs::create_dir(&pins).unwrap();
    refused("pins/split.tsv cannot be read");
    std::fs::remove_dir(&pins).unwrap();
    std::fs::write(&pins, new).unwrap();
    ok(dir.path(), &["build"]);
}

/// `id -> split` of a candidate.
fn splits(dir: &Path) -> std::collections::BTreeMap<String, String> {
    let mut out = std::collections::BTreeMap::new();
    for split in ["train", "test"] {
        let path = dir.join(format!("out/public/jsonl/{split}-00000.jsonl"));
        for line in std::fs::read_to_string(path).unwrap_or_default().lines() {
            let v: serde_json::Value = serde_json::from_str(line).unwrap();
            out.insert(v["id"].as_str().unwrap().to_string(), split.to_string());
        }
    }
    out
}

#[test]
fn what_was_released_stays_in_its_split() {
    let (dir, mut lab) = lab(300);
    let kept = |lab: &Lab| lab.manifest().replace("seed = 7", "seed = 7\nkeep = \"last_release\"");
    let write = |lab: &Lab| {
        lab.write(dir.path());
        std::fs::write(dir.path().join("dataset.toml"), kept(lab)).unwrap();
    };
    write(&lab);
    ok(dir.path(), &["release", "public"]);
    let before = splits(dir.path());
    for i in 0..60 {
        lab.samples.push(Sample { id: format!("later{i}"), text: text(5000 + i), doc: format!("later{i}") });
        lab.votes.push((format!("later{i}"), "w1".into(), "law".into()));
    }
    write(&lab);
    ok(dir.path(), &["build"]);
    let after = splits(dir.path());
    assert_eq!(after.len(), before.len() + 60);
    assert!(before.iter().all(|(id, split)| after.get(id) == Some(split)));
    let test = after.values().filter(|s| *s == "test").count();
    assert!(test > before.values().filter(|s| *s == "test").count());
}

#[test]
fn locked_builds_refuse_other_sources() {
    let (dir, mut lab) = lab(50);
    ok(dir.path(), &["build"]);
    ok(dir.path(), &["build", "--locked"]);
    lab.samples[0].text = text(777);
    lab.write(dir.path());
    let (exit, _, err) = tamis(dir.path(), &["build", "--locked"]);
    assert_eq!(exit, 1);
    assert!(err.contains("dataset.lock would change: collect.texts"), "{err}");
}

#[test]
fn why_descends_to_rows() {
    let (dir, mut lab) = lab(300);
    let why = |step: &str| ok(dir.path(), &["why", step, "--partition-target", "16"]);
    assert!(why("split").contains("it was never built here"), "{}", why("split"));
    build(dir.path(), &Way::default());
    assert!(why("split").contains("split is fresh"));
    lab.samples.insert(0, Sample { id: "top".into(), text: text(1), doc: "d".into() });
    lab.samples[120].text = text(4242);
    lab.write(dir.path());
    let said = why("preprocess");
    assert!(said.contains("text changed on 1 sample"), "{said}");
    assert!(said.contains("s00119   raw/texts.jsonl:121"), "{said}");
    assert!(said.contains("1 sample new") && said.contains("top   raw/texts.jsonl:1"), "{said}");
    let said = why("collect");
    assert!(said.contains("1 of 1 partition, then gather, because"), "{said}");
    build(dir.path(), &Way::default());
    lab.set("digit_ratio_max", "0.4");
    lab.write(dir.path());
    let said = why("clean.fields");
    assert!(said.contains("- ") && said.contains("0.5") && said.contains("0.4"), "{said}");
}

#[test]
fn one_step_and_what_it_needs() {
    let (dir, _) = lab(60);
    let out = ok(dir.path(), &["build", "preprocess", "--json"]);
    let planned: Vec<&str> = out.lines().filter(|l| l.contains("\"event\":\"plan\"")).collect();
    assert!(planned.iter().any(|l| l.contains("\"preprocess\"")));
    assert!(!planned.iter().any(|l| l.contains("release")), "{planned:?}");
    let (exit, _, err) = tamis(dir.path(), &["build", "preproces"]);
    assert_eq!(exit, 2);
    assert!(err.contains("did you mean `preprocess`?"), "{err}");
}

#[test]
fn a_goal_that_is_missed_fails_the_build() {
    let (dir, lab) = lab(60);
    let goal = "[plan]\ngoals = { \"release.public.samples\" = 61 }\n";
    std::fs::write(dir.path().join("dataset.toml"), format!("{}{goal}", lab.manifest())).unwrap();
    let (exit, _, err) = tamis(dir.path(), &["build"]);
    assert_eq!(exit, 1, "{err}");
    assert!(err.contains("release.public.samples is 60"), "{err}");
}

#[test]
fn status_tells_the_balance() {
    let (dir, mut lab) = lab(100);
    lab.samples[5].text = lab.samples[6].text.clone();
    lab.samples[7].text = "x".into();
    let twice = lab.samples[8].clone();
    lab.samples.push(twice);
    lab.write(dir.path());
    assert!(ok(dir.path(), &["status"]).contains("never built here"));
    ok(dir.path(), &["build"]);
    let said = ok(dir.path(), &["status"]);
    assert!(said.contains("collected 101 = released 98"), "{said}");
    assert!(said.contains("dropped 2 + merged 1"), "{said}");
}

#[test]
fn decisions_that_meet_nothing_are_told() {
    let dir = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(dir.path().join(path), text).unwrap();
    write(
        "dataset.toml",
        "tamis = \"0.1\"\n[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n\
         [collect.a]\ndirect = { files = [\"a.jsonl\"], format = \"jsonl\" }\n\
         fields = { text = \"text\" }\nid = \"id\"\nlicense = \"MIT\"\n\
         [clean.fields.text]\nchars_min = 5\naction = \"review\"\n\
         [review]\nfile = \"reviews.jsonl\"\nhold = true\n\
         [release.all]\nformats = [\"jsonl\"]\n",
    );
    let texts = [("a", "long enough"), ("b", "no"), ("c", "nor")];
    let lines = texts.map(|(id, text)| format!("{}\n", serde_json::json!({ "id": id, "text": text })));
    write("a.jsonl", &lines.concat());
    let keep = |id: &str| serde_json::json!({ "id": id, "step": "clean.fields", "decision": "keep", "by": "me" });
    let lines = ["b", "a", "typo"].map(|id| format!("{}\n", keep(id)));
    write("reviews.jsonl", &lines.concat());
    let said = ok(dir.path(), &["build"]);
    assert!(said.contains("2 decisions met nothing"), "{said}");
    let said = ok(dir.path(), &["status"]);
    assert!(said.contains("2 decisions met no waiting sample of clean.fields a, typo"), "{said}");
    assert!(said.contains("1 sample to review at clean.fields"), "{said}");
    let said = ok(dir.path(), &["trace", "b"]);
    assert!(said.contains("me decided `keep`"), "{said}");
    let said = ok(dir.path(), &["status", "--json"]);
    assert!(said.contains("\"unmet\":{\"clean.fields\":[\"a\",\"typo\"]}"), "{said}");
    write("reviews.jsonl", &format!("{}\n", keep("b")));
    assert!(!ok(dir.path(), &["build"]).contains("met nothing"));
    assert!(ok(dir.path(), &["status", "--json"]).contains("\"unmet\":{}"));
}

#[test]
fn a_missing_blob_folder_and_a_missing_manifest() {
    let dir = tempfile::tempdir().unwrap();
    let (exit, _, err) = tamis(dir.path(), &["build"]);
    assert_eq!(exit, 2);
    assert!(err.contains("there is no dataset.toml"), "{err}");
}

/// Rows of a file that is read whole are cut anew; what the source gave is shown all the same.
#[test]
fn a_long_source_is_shown() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = "[dataset]\nname = \"long\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\nlicense = \"MIT\"\n\
                    id = \"id\"\ndirect = { files = [\"a.json\"], format = \"json\" }\n";
    let items: Vec<String> = (0..500).map(|n| format!("{{\"id\": \"{n}\", \"text\": \"text {n}\"}}")).collect();
    std::fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
    std::fs::write(dir.path().join("a.json"), format!("[{}]", items.join(","))).unwrap();
    let small = ["--partition-target", "16"];
    ok(dir.path(), &[&["build"], &small[..]].concat());
    let said = ok(dir.path(), &[&["show", "collect.a"], &small[..]].concat());
    assert!(said.contains("500 rows") && said.contains("500 distinct"), "{said}");
    let said = ok(dir.path(), &[&["show", "collect.a", "--rows", "2"], &small[..]].concat());
    assert!(said.contains("text 0") && said.contains("text 1"), "{said}");
}

#[test]
fn the_examples_tell_one_samples_story() {
    let ner = example("ner");
    ok(ner.path(), &["build"]);
    let said = ok(ner.path(), &["trace", "made-email-1"]);
    for words in ["raw/made/flaws.tsv:", "1 email masked", "privacy.detect", "split", "public"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    assert!(!said.contains('@'), "{said}");
    let before = ok(ner.path(), &["trace", "klue-ner-v1_dev_00002-wikitree"]);
    let line = |said: &str| -> u64 {
        let at = said.find("klue-ner-v1.1_dev.tsv:").unwrap() + "klue-ner-v1.1_dev.tsv:".len();
        said[at..].chars().take_while(char::is_ascii_digit).collect::<String>().parse().unwrap()
    };
    // an insertion above it moves the line that is told
    let file = ner.path().join("raw/klue/klue-ner-v1.1_dev.tsv");
    let old = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, format!("## inserted-1\tnew\n새\tO\n롭\tO\n\n{old}")).unwrap();
    ok(ner.path(), &["build"]);
    let after = ok(ner.path(), &["trace", "klue-ner-v1_dev_00002-wikitree"]);
    assert_eq!(line(&after), line(&before) + 4, "{before}{after}");

    let detection = example("detection");
    let said = ok(detection.path(), &["build"]);
    // of images met by XML each source counts its own
    let count = |table: &str| {
        let line = said.lines().find(|l| l.starts_with(&format!("  {table} "))).unwrap_or_default();
        line.split_whitespace().nth(1).unwrap_or_default().to_string()
    };
    assert_eq!(["collect.bccd", "collect.made", "collect"].map(count), ["60", "19", "79"]);
    let said = ok(detection.path(), &["trace", "BloodImage_00338"]);
    for words in ["raw/JPEGImages/BloodImage_00338.jpg", "label.cells.problems.degenerate", "MIT", "split"] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let said = ok(detection.path(), &["trace", "made-truncated-1"]);
    assert!(said.contains("not released") && said.contains("the file ends before the image does"), "{said}");

    let similarity = example("similarity");
    ok(similarity.path(), &["build"]);
    let said = ok(similarity.path(), &["show", "split", "--by", "split"]);
    let mut lines = said.lines().map(|l| l.split_whitespace().collect::<Vec<_>>());
    let test = lines.find(|l| l.first() == Some(&"test")).unwrap();
    // unlabelled, then how many there are of each of six ratings
    let counts: u64 = test[2..3].iter().chain(&test[7..]).map(|n| n.parse::<u64>().unwrap()).sum();
    assert_eq!((test.len(), test[1].parse::<u64>().unwrap()), (13, counts), "{said}");
    let said = ok(similarity.path(), &["trace", "klue-sts-v1_dev_00000"]);
    for words in ["raw/klue/pairs.jsonl:1", "CC-BY-SA-4.0", "split"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

/// Equal records without a declared id stay, and are numbered alike wherever partitions end and whatever was built before.
#[test]
fn equal_records_are_numbered_in_the_order_of_the_data() {
    const MANIFEST: &str = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\n\
        direct = { files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nlicense = \"MIT\"\n\
        [release.all]\nformats = [\"jsonl\"]\n";
    let lines =
        |from: u64| -> String { (from..from + 300).map(|n| format!("{{\"text\":\"t{}\"}}\n", n % 40)).collect() };
    let released = |dir: &std::path::Path, target: &str| {
        let (exit, out, err) = tamis(dir, &["build", "--partition-target", target]);
        assert_eq!(exit, 0, "{out}{err}");
        let mut names: Vec<_> =
            std::fs::read_dir(dir.join("out/all/jsonl")).unwrap().map(|e| e.unwrap().path()).collect();
        names.sort();
        let text: String = names.iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
        let mut ids: Vec<String> = text.lines().map(str::to_string).collect();
        assert_eq!(ids.len(), 300 + 300 + usize::from(dir.join("raw/0.jsonl").exists()));
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), text.lines().count(), "two records of one id");
        text
    };
    let project = |first: bool| {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("raw")).unwrap();
        std::fs::write(dir.path().join("dataset.toml"), MANIFEST).unwrap();
        std::fs::write(dir.path().join("raw/a.jsonl"), lines(0)).unwrap();
        std::fs::write(dir.path().join("raw/b.jsonl"), lines(7)).unwrap();
        if first {
            std::fs::write(dir.path().join("raw/0.jsonl"), "{\"text\":\"t3\"}").unwrap();
        }
        dir
    };
    let targets = ["16", "500", "4096"];
    let all: Vec<String> = targets.iter().map(|t| released(project(false).path(), t)).collect();
    assert!(all.iter().all(|one| *one == all[0]));
    for target in targets {
        let dir = project(false);
        released(dir.path(), target);
        std::fs::write(dir.path().join("raw/0.jsonl"), "{\"text\":\"t3\"}").unwrap();
        assert_eq!(released(dir.path(), target), released(project(true).path(), "4096"));
    }
}
