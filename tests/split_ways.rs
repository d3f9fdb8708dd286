//! Splits that something else is told of besides the ratios: what the data gives, lists, what the last release had, and time; each with
//! groups, strata and folds. Groups stay whole, what is told holds, the rest has its shares, and nothing else changes them.
use crate::harness::{Way, build, tamis};
use crate::splits::{components, doc, none, released, samples, stable, whole, write};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const RATIOS: [(&str, f64); 3] = [("train", 0.8), ("valid", 0.1), ("test", 0.1)];
const GROUPS: [&str; 3] = ["", "group = \"doc\"\n", "group = [\"doc\", \"people\"]\n"];

/// What a unit is called: a sample, a document, or all that hangs together.
fn unit_of(g: usize, joined: &BTreeMap<String, usize>, row: &Json) -> String {
    match g {
        0 => row["id"].to_string(),
        1 => row["doc"].to_string(),
        _ => whole(joined, row).concat(),
    }
}

/// Units that the data gives to a split are there and count for no ratio: of the others each split has the whole number below or
/// above its share.
#[test]
fn what_is_given_holds_with_groups_strata_and_folds() {
    let mut samples = samples(60);
    let joined = components(&samples);
    for s in &mut samples {
        s["part"] = match joined[s["id"].as_str().unwrap()] % 7 {
            0 => "test".into(),
            1 => "train".into(),
            _ => Json::Null,
        };
    }
    let mut turn = 0;
    for method in ["ranked", "balanced"] {
        for (g, group) in GROUPS.iter().enumerate() {
            for stratify in ["", "stratify = \"kind\"\n", "stratify = [\"tags\", \"kind\"]\n"] {
                turn += 1;
                let folds = ["", "folds = 3\n"][turn % 2];
                let split = format!("given = \"part\"\nmethod = \"{method}\"\n{group}{stratify}{folds}");
                let of: &dyn Fn(&Json) -> Vec<String> = match g {
                    0 => &none,
                    1 => &doc,
                    _ => &|row| whole(&joined, row),
                };
                let rows = stable(&samples, &split, of);
                let told = rows.values().filter(|r| r["part"] != Json::Null);
                told.for_each(|r| assert_eq!(r["part"], r["split"], "{split}: {r}"));
                let mut units: BTreeMap<String, (String, usize)> = BTreeMap::new();
                for row in rows.values().filter(|r| r["part"] == Json::Null) {
                    let own = units.entry(unit_of(g, &joined, row)).or_default();
                    *own = (row["split"].as_str().unwrap().to_string(), own.1 + 1);
                }
                shares(&split, &units, method == "ranked", stratify.is_empty());
            }
        }
    }
}

/// Of units with their splits and sizes: ranks count units, balanced splits without classes count samples.
fn shares(split: &str, units: &BTreeMap<String, (String, usize)>, ranked: bool, plain: bool) {
    let largest = units.values().map(|unit| unit.1).max().unwrap() as f64;
    let samples: usize = units.values().map(|unit| unit.1).sum();
    for (name, ratio) in RATIOS {
        let own: Vec<usize> = units.values().filter(|unit| unit.0 == name).map(|unit| unit.1).collect();
        if ranked {
            let exact = units.len() as f64 * ratio;
            assert!((own.len() as f64 - exact).abs() < 1.0, "{split}, {name}: {} of {exact}", own.len());
        } else if plain {
            let most = samples as f64 * ratio + 1.0 + largest * (1.0 + 0.8 / 0.1) / 2.0;
            assert!(own.iter().sum::<usize>() as f64 <= most, "{split}, {name}");
        }
    }
}

/// With `keep` whatever moves is told, one by one, also where growth joins groups of several columns; and nothing moves where it joins
/// none.
#[test]
fn what_moves_in_spite_of_keep_is_told() {
    let all = samples(90);
    let docs: Vec<&str> = all.iter().map(|s| s["doc"].as_str().unwrap()).collect();
    let mut joins = 0;
    for method in ["ranked", "balanced"] {
        for group in GROUPS {
            let dir = tempfile::tempdir().unwrap();
            let keep = format!(
                "method = \"{method}\"\n{group}stratify = [\"tags\", \"kind\"]\nfolds = 2\nkeep = \"last_release\"\n"
            );
            let mut before: BTreeMap<String, Json> = BTreeMap::new();
            for round in 1..=4 {
                let cut = docs.len() * (round + 4) / 8;
                let cut = (cut..docs.len()).find(|n| docs[*n] != docs[*n - 1]).unwrap_or(docs.len());
                write(dir.path(), &all[..cut], &keep);
                let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
                let manifest = manifest.replace("version = \"0.1.0\"", &format!("version = \"0.{round}.0\""));
                std::fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
                let now = released(dir.path(), 2, 100);
                let (_, shown, _) = tamis(dir.path(), &["show", "split", "--partition-target", "100"]);
                let fact = |name: &str| -> usize {
                    let line =
                        shown.lines().find_map(|l| l.trim().strip_prefix(name)).unwrap_or_else(|| panic!("{shown}"));
                    line.trim().parse().unwrap()
                };
                let differ = |column: &str| before.iter().filter(|(id, was)| now[*id][column] != was[column]).count();
                assert_eq!(differ("split"), fact("moved "), "{keep}, round {round}");
                assert_eq!(differ("fold"), fact("folds.moved "), "{keep}, round {round}");
                if group != GROUPS[2] {
                    assert_eq!((differ("split"), differ("fold")), (0, 0), "{keep}, round {round}");
                }
                joins += differ("split");
                let (exit, out, err) = tamis(dir.path(), &["release", "all"]);
                assert_eq!(exit, 0, "{out}{err}");
                before = now;
            }
        }
    }
    assert!(joins > 0, "no growth joined groups of two splits, so nothing was tried");
}

/// Another seed, ratio, group or stratum runs the split and what reads of splits, and nothing before it; another bound on leaks writes documents alone.
#[test]
fn another_split_runs_what_reads_splits_alone() {
    let samples = samples(60);
    let dir = tempfile::tempdir().unwrap();
    let more = "[leakage]\nshift = [\"kind\"]\n[sample.s]\nof = [\"train\"]\nsize = 50\n[sample.t]\nsize = 20\n[release.part]\nof = \"sample.s\"\nformats = [\"jsonl\"]\ncolumns = [\"id\"]\n";
    let ran = |split: &str, bound: &str| -> BTreeSet<String> {
        write(dir.path(), &samples, &format!("{split}\n{more}[leakage.gates]\n\"shift.psi\" = {{ max = {bound} }}"));
        let told = build(dir.path(), &Way::default());
        assert_eq!(told.exit, 0, "{}", told.stderr);
        let kernels = told.events.iter().filter(|e| e["event"] == "kernel");
        kernels.map(|e| e["step"].as_str().unwrap().split('/').next().unwrap().to_string()).collect()
    };
    assert!(ran("seed = 1", "9").contains("collect"));
    let of = |names: &[&str]| names.iter().map(|n| n.to_string()).collect::<BTreeSet<String>>();
    for split in ["seed = 2", "seed = 2\ngroup = \"doc\"", "seed = 2\ngroup = \"doc\"\nstratify = \"kind\""] {
        let own = ran(split, "9");
        assert!(own.is_superset(&of(&["leakage", "sample.s", "split"])), "{split}: {own:?}");
        let read = of(&["leakage", "release.all", "release.part", "sample.s", "split"]);
        assert!(own.is_subset(&read), "{split}: {own:?} (samples of no split are chosen as before)");
        // the documents of a release tell its gates
        assert!(
            ran(split, "8").is_subset(&of(&["release.all", "release.part"])),
            "{split}: a bound on leaks runs a step"
        );
    }
}
