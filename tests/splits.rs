//! Splits of made samples: groups stay whole, shares hold, and the same samples give the same splits however the table is
//! cut, with any number of threads and in any order of the data.
use crate::harness::{Way, build};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tamis::digest::draw;

/// Samples with a class, spans of several classes, a number, a document and people; documents have 1 to 12 samples.
pub fn samples(documents: u64) -> Vec<Json> {
    let of = |what: &str, at: &str, n: u64| draw(7, what, at) % n;
    let mut out = Vec::new();
    for document in 0..documents {
        for sample in 0..1 + of("size", &document.to_string(), 12) {
            let id = format!("{document}-{sample}");
            let kinds = [0, 0, 0, 0, 0, 1, 1, 1, 2, 3];
            let mostly = kinds[of("home", &document.to_string(), 10) as usize];
            let kind = if of("own", &id, 10) < 7 { mostly } else { kinds[of("kind", &id, 10) as usize] };
            let tags: Vec<String> =
                (0..of("tags", &id, 4)).map(|n| format!("t{}", of("tag", &format!("{id}{n}"), 5))).collect();
            let people: Vec<String> =
                (0..of("people", &id, 3)).map(|n| format!("p{}", of("who", &format!("{id}{n}"), 900))).collect();
            out.push(json!({
                "id": id, "kind": format!("k{kind}"), "tags": tags, "score": of("score", &id, 1000) as f64 / 8.0,
                "doc": format!("d{document}"), "people": people,
            }));
        }
    }
    out
}

pub fn write(dir: &Path, samples: &[Json], split: &str) {
    let manifest = format!(
        "tamis = \"0.1\"\n[dataset]\nname = \"split\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\n\
         direct = {{ files = [\"a.jsonl\"], format = \"jsonl\" }}\nid = \"id\"\nlicense = \"MIT\"\n\
         [split]\nratios = {{ train = 0.8, valid = 0.1, test = 0.1 }}\n{split}\n[release.all]\nformats = [\"jsonl\"]\ncolumns = \"all\"\n"
    );
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
    let lines: String = samples.iter().map(|s| format!("{s}\n")).collect();
    std::fs::write(dir.join("a.jsonl"), lines).unwrap();
}

/// By id, what was released of each sample.
pub fn released(dir: &Path, jobs: u32, target: u32) -> BTreeMap<String, Json> {
    let told = build(dir, &Way { jobs, target, ..Way::default() });
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let mut out = BTreeMap::new();
    for split in ["train", "valid", "test"] {
        let file = std::fs::read_to_string(dir.join(format!("out/all/jsonl/{split}-00000.jsonl"))).unwrap();
        for line in file.lines() {
            let row: Json = serde_json::from_str(line).unwrap();
            assert_eq!(row["split"], split);
            out.insert(row["id"].as_str().unwrap().to_string(), row);
        }
    }
    out
}

/// The splits that `[split]` gives, which must be the same in every way to build; and no group in two of them.
pub fn stable(samples: &[Json], split: &str, groups: &dyn Fn(&Json) -> Vec<String>) -> BTreeMap<String, Json> {
    let assigned = |rows: &BTreeMap<String, Json>| -> BTreeMap<String, (Json, Json)> {
        rows.iter().map(|(id, row)| (id.clone(), (row["split"].clone(), row["fold"].clone()))).collect()
    };
    let mut first: Option<BTreeMap<String, Json>> = None;
    for (jobs, target, turned) in [(1, 4096, false), (8, 16, false), (2, 200, true)] {
        let dir = tempfile::tempdir().unwrap();
        let mut own = samples.to_vec();
        if turned {
            own.sort_by_key(|s| draw(3, "order", s["id"].as_str().unwrap()));
        }
        write(dir.path(), &own, split);
        let rows = released(dir.path(), jobs, target);
        assert_eq!(rows.len(), samples.len());
        match &first {
            None => first = Some(rows),
            Some(first) => assert_eq!(assigned(first), assigned(&rows), "{split}: {jobs} jobs, target {target}"),
        }
    }
    let rows = first.unwrap();
    let mut of_group: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for row in rows.values() {
        for group in groups(row) {
            of_group.entry(group).or_default().insert(format!("{} {}", row["split"], row["fold"]));
        }
    }
    assert!(of_group.values().all(|places| places.len() == 1), "{split}: a group lies in several splits");
    rows
}

pub fn none(_: &Json) -> Vec<String> {
    Vec::new()
}

pub fn doc(row: &Json) -> Vec<String> {
    vec![row["doc"].to_string()]
}

/// The greatest difference of the share of a split and its ratio, of the rows that hold something, counted as often as they do.
fn deviation(rows: &BTreeMap<String, Json>, counted: &dyn Fn(&Json) -> usize) -> f64 {
    let of = |split: &str| -> usize { rows.values().filter(|r| r["split"] == split).map(counted).sum() };
    let total: usize = rows.values().map(counted).sum();
    let off = |(split, ratio): &(&str, f64)| (of(split) as f64 / total as f64 - ratio).abs();
    [("train", 0.8), ("valid", 0.1), ("test", 0.1)].iter().map(off).fold(0.0, f64::max)
}

#[test]
fn balanced_splits_hold_shares_of_samples_and_of_every_class() {
    let samples = samples(400);
    let rows =
        stable(&samples, "method = \"balanced\"\ngroup = \"doc\"\nstratify = \"kind\"\ndeviation_max = 0.002", &doc);
    assert!(deviation(&rows, &|_| 1) <= 0.002);
    for kind in ["k0", "k1", "k2", "k3"] {
        let off = deviation(&rows, &|r| usize::from(r["kind"] == kind));
        assert!(off <= 0.02, "{kind}: {off}");
    }
    // ranks count documents, and these are of any size
    let ranked = stable(&samples, "group = \"doc\"\nstratify = \"kind\"", &doc);
    assert!(deviation(&ranked, &|_| 1) > 0.002);
}

#[test]
fn labels_of_several_classes_are_spread_by_class() {
    let samples = samples(400);
    let rows = stable(&samples, "method = \"balanced\"\nstratify = [\"tags\", \"kind\"]\ngroup = \"doc\"", &doc);
    let tags = |row: &Json, tag: &str| row["tags"].as_array().unwrap().iter().filter(|t| *t == tag).count().min(1);
    for tag in ["t0", "t1", "t2", "t3", "t4"] {
        let off = deviation(&rows, &|r| tags(r, tag));
        assert!(off <= 0.02, "{tag}: {off}");
    }
    let empty = deviation(&rows, &|r| usize::from(r["tags"] == json!([])));
    assert!(empty <= 0.02, "{empty}");
}

#[test]
fn numbers_are_spread_by_their_quantiles() {
    let samples = samples(200);
    for method in ["ranked", "balanced"] {
        let split = format!("method = \"{method}\"\nstratify = [\"score\"]\nquantiles = {{ score = 5 }}");
        let rows = stable(&samples, &split, &none);
        let mut scores: Vec<f64> = samples.iter().map(|s| s["score"].as_f64().unwrap()).collect();
        scores.sort_by(f64::total_cmp);
        for part in 0..5 {
            let of = |score: f64| scores.iter().filter(|s| **s < score).count() * 5 / scores.len();
            let off = deviation(&rows, &|r| usize::from(of(r["score"].as_f64().unwrap()) == part));
            assert!(off <= 1.0 / 200.0, "{method}, part {part}: {off}");
        }
    }
}

/// The sets of samples that hang together, found by spreading the least number until nothing changes.
pub fn components(samples: &[Json]) -> BTreeMap<String, usize> {
    let names = |s: &Json| -> Vec<String> {
        let people = s["people"].as_array().unwrap().iter().map(|p| format!("person {p}"));
        people.chain([format!("doc {}", s["doc"])]).collect()
    };
    let mut of: Vec<usize> = (0..samples.len()).collect();
    loop {
        let mut least: BTreeMap<String, usize> = BTreeMap::new();
        for (n, s) in samples.iter().enumerate() {
            for name in names(s) {
                let known = least.entry(name).or_insert(of[n]);
                *known = (*known).min(of[n]);
            }
        }
        let next: Vec<usize> = samples.iter().map(|s| names(s).iter().map(|n| least[n]).min().unwrap()).collect();
        if next == of {
            return samples.iter().zip(of).map(|(s, n)| (s["id"].as_str().unwrap().to_string(), n)).collect();
        }
        of = next;
    }
}

#[test]
fn groups_of_several_columns_are_joined() {
    let samples = samples(120);
    let of = components(&samples);
    let sets: BTreeSet<usize> = of.values().copied().collect();
    assert!(sets.len() > 10 && sets.len() < 110, "{}", sets.len());
    for method in ["ranked", "balanced"] {
        let split = format!("method = \"{method}\"\ngroup = [\"doc\", \"people\"]\nstratify = \"kind\"\nfolds = 3");
        let set = |row: &Json| vec![of[row["id"].as_str().unwrap()].to_string()];
        stable(&samples, &split, &set);
    }
}

#[test]
fn folds_part_every_split() {
    let samples = samples(400);
    for (method, most) in [("ranked", 0.03), ("balanced", 0.006)] {
        let split = format!("method = \"{method}\"\ngroup = \"doc\"\nstratify = \"kind\"\nfolds = 5");
        let rows = stable(&samples, &split, &doc);
        let of = |fold: usize, train: bool| {
            rows.values().filter(|r| r["fold"] == fold && (!train || r["split"] == "train")).count() as f64
        };
        let (all, train) = (rows.len() as f64, (1..=5).map(|f| of(f, true)).sum::<f64>());
        for fold in 1..=5 {
            let off = (of(fold, true) / train - 0.2).abs();
            assert!(off <= most, "{method}, fold {fold} of train: {off}");
        }
        assert_eq!((1..=5).map(|f| of(f, false)).sum::<f64>(), all, "every sample is in a fold from 1 to 5");
    }
}

/// Folds, a gate and a way to measure leave each sample in the split where it was.
#[test]
fn what_only_looks_moves_nothing() {
    let samples = samples(100);
    let splits = |split: &str| -> Vec<Json> {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &samples, split);
        released(dir.path(), 2, 500).values().map(|r| r["split"].clone()).collect()
    };
    let plain = splits("group = \"doc\"\nstratify = \"kind\"");
    assert_eq!(plain, splits("group = \"doc\"\nstratify = \"kind\"\nfolds = 4\ndeviation_max = 0.5"));
    assert_ne!(plain, splits("group = \"doc\"\nstratify = \"kind\"\nseed = 1"));
    assert_ne!(
        splits("method = \"balanced\"\ngroup = \"doc\""),
        splits("method = \"balanced\"\ngroup = \"doc\"\nseed = 1")
    );
}

/// Units come in the order of their latest sample, and a split ends where a run of one time ends.
#[test]
fn splits_in_time_follow_each_other() {
    let samples = samples(300);
    let score = |row: &Json| row["score"].as_f64().unwrap();
    let bounds = |rows: &BTreeMap<String, Json>, of: &dyn Fn(&Json) -> f64| {
        let own = |split: &str| rows.values().filter(|r| r["split"] == split).map(of).collect::<Vec<_>>();
        let [train, valid, test] = ["train", "valid", "test"].map(own);
        let most = |of: &[f64]| of.iter().copied().fold(f64::MIN, f64::max);
        let least = |of: &[f64]| of.iter().copied().fold(f64::MAX, f64::min);
        assert!(most(&train) < least(&valid) && most(&valid) < least(&test), "a later split begins earlier");
    };
    let rows = stable(&samples, "time = { field = \"score\" }", &none);
    bounds(&rows, &score);
    assert!(deviation(&rows, &|_| 1) < 0.01);
    let mut latest: BTreeMap<String, f64> = BTreeMap::new();
    for s in &samples {
        let last = latest.entry(s["doc"].to_string()).or_insert(f64::MIN);
        *last = last.max(score(s));
    }
    let rows = stable(&samples, "time = { field = \"score\" }\ngroup = \"doc\"", &doc);
    bounds(&rows, &|row| latest[&row["doc"].to_string()]);
}

/// What is chosen is the same in any order of the data; classes are as even as there are samples; one sample more moves
/// at most a few.
#[test]
fn samples_are_chosen_by_rank() {
    let samples = samples(300);
    let chosen = |samples: &[Json], jobs: u32, target: u32, sample: &str| -> BTreeMap<String, Json> {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), samples, &format!("[sample.s]\n{sample}"));
        let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
        std::fs::write(dir.path().join("dataset.toml"), format!("{manifest}of = \"sample.s\"\n")).unwrap();
        released(dir.path(), jobs, target)
    };
    let even = "size = 400\nbalance = \"kind\"\nweight = \"kind\"";
    let rows = chosen(&samples, 1, 4096, even);
    let mut turned = samples.clone();
    turned.sort_by_key(|s| draw(3, "order", s["id"].as_str().unwrap()));
    assert_eq!(rows, chosen(&turned, 8, 100, even));
    let of = |rows: &BTreeMap<String, Json>, kind: &str| rows.values().filter(|r| r["kind"] == kind).count();
    let there = |kind: &str| samples.iter().filter(|s| s["kind"] == kind).count();
    assert_eq!(rows.len(), 400);
    for kind in ["k0", "k1", "k2", "k3"] {
        assert!(of(&rows, kind) >= there(kind).min(100), "{kind}");
    }
    // each class has the same weight in sum, so it is drawn as often
    let sum =
        |kind: &str| rows.values().filter(|r| r["kind"] == kind).map(|r| r["weight_s"].as_f64().unwrap()).sum::<f64>();
    assert!(["k1", "k2", "k3"].iter().all(|kind| (sum(kind) - sum("k0")).abs() < 1e-9));
    let fewer = chosen(&samples[..samples.len() - 1], 1, 4096, even);
    assert!(fewer.keys().filter(|id| !rows.contains_key(*id)).count() <= 1);
    let smaller = chosen(&samples, 1, 4096, "size = 100\nbalance = \"kind\"");
    assert!(smaller.keys().all(|id| rows.contains_key(id)), "a greater size keeps what a smaller one had");
    let capped = chosen(&samples, 1, 4096, "cap = { by = \"doc\", max = 2 }");
    let mut of_doc: BTreeMap<String, usize> = BTreeMap::new();
    capped.values().for_each(|row| *of_doc.entry(row["doc"].to_string()).or_default() += 1);
    assert!(of_doc.len() == 300 && of_doc.values().all(|n| *n <= 2));
}

/// With a salt the splits are another drawing: nobody without it can tell them, and it stands nowhere.
#[test]
fn a_salt_that_nobody_knows_decides_the_splits() {
    const FIRST: &str = "correct horse battery staple";
    let samples = samples(120);
    let dir = tempfile::tempdir().unwrap();
    let run = |split: &str, salt: Option<&str>| {
        write(dir.path(), &samples, split);
        let mut command = std::process::Command::new(crate::harness::binary());
        command.arg("-C").arg(dir.path()).arg("build").env_remove("TAMIS_TEST_SALT");
        let out = command.envs(salt.map(|salt| ("TAMIS_TEST_SALT", salt))).output().unwrap();
        (out.status.code(), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let splits = |split: &str, salt: Option<&str>| {
        let (exit, err) = run(split, salt);
        assert_eq!(exit, Some(0), "{err}");
        let mut out: BTreeMap<String, (String, String)> = BTreeMap::new();
        for name in ["train", "valid", "test"] {
            let file = std::fs::read_to_string(dir.path().join(format!("out/all/jsonl/{name}-00000.jsonl"))).unwrap();
            for row in file.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()) {
                let text = |key: &str| row[key].as_str().unwrap().to_string();
                out.insert(text("id"), (name.to_string(), text("doc")));
            }
        }
        out
    };
    let salted = "group = \"doc\"\nsalt = { env = \"TAMIS_TEST_SALT\" }";
    let plain = splits("group = \"doc\"", None);
    let (one, other) = (splits(salted, Some(FIRST)), splits(salted, Some("another secret of the team")));
    let differ = |a: &BTreeMap<_, (String, String)>, b: &BTreeMap<_, (String, String)>| {
        a.iter().filter(|(id, of)| b[*id].0 != of.0).count()
    };
    assert!(differ(&plain, &one) > 50 && differ(&one, &other) > 50);
    assert_eq!(splits(salted, Some(FIRST)), one);
    for splits in [&one, &other] {
        let of: BTreeSet<(&str, &str)> = splits.values().map(|(split, doc)| (doc.as_str(), split.as_str())).collect();
        assert_eq!(of.len(), of.iter().map(|(doc, _)| doc).collect::<BTreeSet<_>>().len(), "groups stay whole");
    }
    // the secret is in no file that tamis wrote, as it is or as it was derived
    let derived = tamis::digest::Digest::derive("tamis split salt 1", FIRST.as_bytes());
    let mut open = vec![dir.path().to_path_buf()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|e| e.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for secret in [FIRST.as_bytes(), derived.hex().as_bytes(), &derived.0] {
            assert!(!bytes.windows(secret.len()).any(|w| w == secret), "{}", path.display());
        }
    }
    let (exit, err) = run(salted, None);
    assert!(
        exit == Some(2) && err.contains("T0425") && err.contains("the environment has no `TAMIS_TEST_SALT`"),
        "{err}"
    );
    let (exit, err) = run(salted, Some("short"));
    assert!(exit == Some(2) && err.contains("T0425") && err.contains("at least 16"), "{err}");
    let (exit, err) = run("salt = \"privacy\"", None);
    assert!(exit == Some(2) && err.contains("T0424"), "{err}");
}

/// Groups of several columns hang together: the components of samples.
pub fn whole(of: &BTreeMap<String, usize>, row: &Json) -> Vec<String> {
    vec![of[row["id"].as_str().unwrap()].to_string()]
}

/// Every way to rank, to group, to spread and to fold, together: groups stay whole (folds too), shares are within their bounds, and the
/// splits are the same with any threads, partitions and order of rows (all of that is asserted by `stable`).
#[test]
fn all_ways_hold_together() {
    let samples = samples(60);
    let joined = components(&samples);
    let groups = ["", "group = \"doc\"\n", "group = [\"doc\", \"people\"]\n"];
    let strata = [
        "",
        "stratify = \"kind\"\n",
        "stratify = [\"kind\", \"tags\"]\n",
        "stratify = [\"score\", \"kind\"]\nquantiles = { score = 4 }\n",
    ];
    let more = ["", "folds = 3\nrepeats = 2\n", "seed = 9\n"];
    let mut turn = 0;
    for method in ["ranked", "balanced"] {
        for (g, group) in groups.iter().enumerate() {
            for (s, stratify) in strata.iter().enumerate() {
                turn += 1;
                let split = format!("method = \"{method}\"\n{group}{stratify}{}", more[turn % more.len()]);
                let of: &dyn Fn(&Json) -> Vec<String> = match g {
                    0 => &none,
                    1 => &doc,
                    _ => &|row| whole(&joined, row),
                };
                let rows = stable(&samples, &split, of);
                bounds(&rows, method, (g, s), of);
            }
        }
    }
}

/// Ranks count units, and all strata are rounded together: of each split there is the whole number below or above the exact one.
/// Balanced splits of samples without classes get at most `largest * (1 + greatest ratio / least) / 2` samples too many.
fn bounds(rows: &BTreeMap<String, Json>, method: &str, (g, s): (usize, usize), of: &dyn Fn(&Json) -> Vec<String>) {
    let ratios = [("train", 0.8), ("valid", 0.1), ("test", 0.1)];
    let unit = |row: &Json| if g == 0 { row["id"].to_string() } else { of(row).concat() };
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    rows.values().for_each(|row| *sizes.entry(unit(row)).or_default() += 1);
    for (split, ratio) in ratios {
        let own = rows.values().filter(|r| r["split"] == split);
        if method == "ranked" {
            let units: BTreeSet<String> = own.map(unit).collect();
            let exact = sizes.len() as f64 * ratio;
            assert!((units.len() as f64 - exact).abs() < 1.0, "{split}: {} of {exact}", units.len());
        } else if s == 0 {
            let largest = *sizes.values().max().unwrap() as f64;
            let most = rows.len() as f64 * ratio + 1.0 + largest * (1.0 + 0.8 / 0.1) / 2.0;
            assert!(own.count() as f64 <= most, "{split}");
        }
    }
}

/// Further drawings of folds are other ones, and each parts every split.
#[test]
fn folds_are_drawn_again() {
    let samples = samples(100);
    let rows = stable(&samples, "group = \"doc\"\nfolds = 4\nrepeats = 3", &doc);
    let drawings = ["fold", "fold_2", "fold_3"];
    for (n, drawing) in drawings.iter().enumerate() {
        let mut of: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
        rows.values()
            .for_each(|r| _ = of.entry(r["doc"].to_string()).or_default().insert(r[*drawing].as_i64().unwrap()));
        assert!(of.values().all(|folds| folds.len() == 1), "{drawing}: a group lies in two folds");
        assert_eq!(of.values().flatten().collect::<BTreeSet<_>>(), [1, 2, 3, 4].iter().collect());
        for other in &drawings[n + 1..] {
            assert!(
                rows.values().filter(|r| r[*drawing] != r[*other]).count() > rows.len() / 3,
                "{drawing} is {other}"
            );
        }
    }
}

/// Lists give samples to splits, their groups follow, and the rest holds the ratios.
#[test]
fn lists_are_heeded() {
    let samples = samples(100);
    let dir = tempfile::tempdir().unwrap();
    let run = |split: &str, list: &str| {
        write(dir.path(), &samples, split);
        std::fs::write(dir.path().join("test.txt"), list).unwrap();
        released(dir.path(), 2, 50)
    };
    let ids: Vec<&str> = samples.iter().take(30).map(|s| s["id"].as_str().unwrap()).collect();
    let rows = run("lists = { test = [\"test.txt\"] }", &format!("{}\r\n\n", ids.join("\n")));
    assert!(ids.iter().all(|id| rows[*id]["split"] == "test"));
    let free = rows.len() - 30;
    let rest = rows.iter().filter(|(id, r)| !ids.contains(&id.as_str()) && r["split"] == "test").count();
    assert!((rest as f64 - free as f64 * 0.1).abs() < 1.0, "{rest} of {free}");
    let rows = run("lists = { test = [\"test.txt\"] }\ngroup = \"doc\"", ids[0]);
    let own = samples[0]["doc"].clone();
    assert!(rows.values().filter(|r| r["doc"] == own).all(|r| r["split"] == "test"), "the group follows");
}

/// Another seed, ratio, group or stratum runs the split and what reads it, and nothing before it.
#[test]
fn another_split_runs_no_step_before_it() {
    let samples = samples(100);
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &samples, "seed = 1");
    assert_eq!(build(dir.path(), &Way::default()).exit, 0);
    let ratios = "ratios = { train = 0.8, valid = 0.1, test = 0.1 }";
    let mut before = "seed = 1".to_string();
    for split in ["seed = 2", "seed = 2\ngroup = \"doc\"", "seed = 2\ngroup = \"doc\"\nstratify = \"kind\"", "ratios"] {
        let text = match split {
            "ratios" => {
                let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
                manifest.replace(ratios, "ratios = { train = 0.6, valid = 0.2, test = 0.2 }")
            }
            own => {
                let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
                manifest.replace(&format!("\n{before}\n"), &format!("\n{own}\n"))
            }
        };
        before = split.to_string();
        std::fs::write(dir.path().join("dataset.toml"), text).unwrap();
        let told = build(dir.path(), &Way::default());
        assert_eq!(told.exit, 0, "{}", told.stderr);
        let ran: BTreeSet<&str> =
            told.events.iter().filter(|e| e["event"] == "kernel").map(|e| e["step"].as_str().unwrap()).collect();
        assert!(ran.contains("split"), "{split}: {ran:?}");
        assert!(ran.iter().all(|step| *step == "split" || step.starts_with("release.all")), "{split}: {ran:?}");
    }
}

/// One sample more moves at most a few; with `keep` none, however much the data grows.
#[test]
fn growth_moves_few_and_with_keep_none() {
    let all = samples(220);
    let splits = |rows: &BTreeMap<String, Json>| -> BTreeMap<String, String> {
        rows.iter().map(|(id, row)| (id.clone(), row["split"].to_string())).collect()
    };
    let moved =
        |a: &BTreeMap<String, String>, b: &BTreeMap<String, String>| a.iter().filter(|(id, s)| b[*id] != **s).count();
    for split in ["stratify = \"kind\"", "group = \"doc\"\nstratify = \"kind\""] {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), &all[..500], split);
        let few = splits(&released(dir.path(), 2, 100));
        write(dir.path(), &all[..501], split);
        let more = splits(&released(dir.path(), 2, 100));
        let strata = 15; // sets of classes that a group may have
        let most = if split.contains("group") { 2 * strata * 12 } else { 2 * 4 };
        assert!(moved(&few, &more) <= most, "{split}: {}", moved(&few, &more));
    }
    let keep = "method = \"balanced\"\ngroup = \"doc\"\nstratify = \"kind\"\nkeep = \"last_release\"";
    let dir = tempfile::tempdir().unwrap();
    let mut before: Option<BTreeMap<String, String>> = None;
    // a document is whole in each round: a group that grows is no new one
    let docs: Vec<&str> = all.iter().map(|s| s["doc"].as_str().unwrap()).collect();
    for (round, part) in [4, 5, 7, 10].iter().enumerate() {
        let cut = docs.len() * part / 10;
        let cut = (cut..docs.len()).find(|n| docs[*n] != docs[*n - 1]).unwrap_or(docs.len());
        write(dir.path(), &all[..cut], keep);
        let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
        let manifest = manifest.replace("version = \"0.1.0\"", &format!("version = \"0.{}.0\"", round + 1));
        std::fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
        let (exit, out, err) = crate::harness::tamis(dir.path(), &["release", "all"]);
        assert_eq!(exit, 0, "{out}{err}");
        let now = splits(&released(dir.path(), 2, 100));
        assert_eq!(before.as_ref().map_or(0, |before| moved(before, &now)), 0, "round {round}");
        before = Some(now);
    }
}

/// With `keep` old samples stay in their folds, of every drawing, through ten growths; and another number of folds draws all anew.
#[test]
fn growth_moves_no_fold_with_keep() {
    let all = samples(120);
    let docs: Vec<&str> = all.iter().map(|s| s["doc"].as_str().unwrap()).collect();
    let places = |row: &Json| ["split", "fold", "fold_2"].map(|column| row[column].to_string());
    for (method, group) in [("ranked", ""), ("ranked", "group = \"doc\"\n"), ("balanced", "group = \"doc\"\n")] {
        let dir = tempfile::tempdir().unwrap();
        let keep = |folds: u32| {
            format!(
                "method = \"{method}\"\n{group}stratify = \"kind\"\nfolds = {folds}\nrepeats = 2\nkeep = \"last_release\""
            )
        };
        let release = |rows: &[Json], round: usize, folds: u32| {
            write(dir.path(), rows, &keep(folds));
            let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
            let manifest = manifest.replace("version = \"0.1.0\"", &format!("version = \"0.{round}.0\""));
            std::fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
            let (exit, out, err) = crate::harness::tamis(dir.path(), &["release", "all"]);
            assert_eq!(exit, 0, "{out}{err}");
            released(dir.path(), 2, 100)
        };
        let mut before: BTreeMap<String, Json> = BTreeMap::new();
        for round in 1..=11 {
            let cut = docs.len() * (round + 9) / 20;
            let cut = (cut..docs.len()).find(|n| docs[*n] != docs[*n - 1]).unwrap_or(docs.len());
            let now = release(&all[..cut], round, 5);
            assert!(now.len() > before.len(), "round {round}");
            for (id, row) in &before {
                assert_eq!(places(&now[id]), places(row), "{method} {group}, round {round}: {id}");
            }
            for fold in ["fold", "fold_2"] {
                let train: Vec<&Json> = now.values().filter(|r| r["split"] == "train").collect();
                for n in 1..=5 {
                    let own = train.iter().filter(|r| r[fold] == n).count();
                    assert!(
                        own * 5 > train.len() / 2 && own * 5 < train.len() * 2,
                        "{fold} {n}: {own} of {}",
                        train.len()
                    );
                }
            }
            before = now;
        }
        let pins = std::fs::read_to_string(dir.path().join("pins/split.tsv")).unwrap();
        assert!(pins.starts_with("id\tsplit\tfold/5\tfold_2/5\n"), "{}", &pins[..60]);
        let other = release(&all, 12, 3);
        assert!(other.values().all(|r| (1..=3).contains(&r["fold"].as_i64().unwrap())));
        assert_eq!(other.values().filter(|r| r["split"] != before[r["id"].as_str().unwrap()]["split"]).count(), 0);
        for (folds, told) in [(3, false), (4, true)] {
            write(dir.path(), &all, &keep(folds));
            let (exit, out, err) = crate::harness::tamis(dir.path(), &["build"]);
            assert_eq!(exit, 0, "{out}{err}");
            let (_, shown, _) = crate::harness::tamis(dir.path(), &["show", "split", "--findings"]);
            let say = "the last release had 3 folds, and now there are 4: all are drawn anew";
            assert_eq!(shown.contains(say), told, "{folds}: {shown}");
        }
    }
}

/// Samples are drawn in proportion to a column of numbers; those without weight never.
#[test]
fn samples_are_drawn_by_weight() {
    let mut samples = samples(300);
    for (n, s) in samples.iter_mut().enumerate() {
        s["use"] = json!([0.0, 1.0, 4.0][n % 3]);
    }
    let dir = tempfile::tempdir().unwrap();
    write(dir.path(), &samples, "[sample.s]\nsize = 300\nweighted = \"use\"");
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    std::fs::write(dir.path().join("dataset.toml"), format!("{manifest}of = \"sample.s\"\n")).unwrap();
    let rows = released(dir.path(), 2, 100);
    let of = |weight: f64| rows.values().filter(|r| r["use"].as_f64() == Some(weight)).count() as f64;
    assert_eq!((rows.len(), of(0.0)), (300, 0.0));
    // without replacement the heavy ones run short, so they are fewer than four to one
    assert!(of(4.0) > 1.6 * of(1.0) && of(4.0) < 4.0 * of(1.0), "{} {}", of(4.0), of(1.0));
}
