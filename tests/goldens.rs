//! What each step of each example gives, as a digest beside its kernels' versions. A digest that changes while the
//! versions stay is a red test: raise the version of the kernel that changed, and say why in the commit.
//! `UPDATE=1 cargo test goldens` writes the file anew.
use crate::harness::example;
use std::collections::BTreeMap;
use tamis::digest::Hasher;
use tamis::engine::record::heads;
use tamis::engine::state::StepRun;
use tamis::project::{Options, Project};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/goldens.txt");

/// `EXAMPLE STEP` -> (versions, digest).
fn measure(name: &str) -> BTreeMap<String, (String, String)> {
    let dir = example(name);
    let project = Project::open(Some(dir.path())).ok().unwrap();
    crate::harness::built(&project, &Options::default(), |s, f| {
        assert_eq!(f.exit(), 0);
        let of = s.steps.iter().zip(&f.built.runs);
        of.map(|(step, run)| {
            let versions: Vec<String> = heads(step).iter().filter_map(|h| h.lines().nth(2).map(String::from)).collect();
            (format!("{name} {}", step.name), (versions.join(" ").replace("version ", ""), digest(run)))
        })
        .collect()
    })
}

/// Columns written and born, facts, and files of a step.
fn digest(run: &StepRun) -> String {
    let mut h = Hasher::plain();
    for outcome in run.parts.iter().flat_map(|p| &p.outcomes) {
        let born = outcome.2.born.iter().flat_map(|b| &b.columns);
        for (name, d) in outcome.2.columns.iter().chain(born) {
            h.update(name.as_bytes()).update(&d.0);
        }
        h.update(format!("{:?}", outcome.2.acts).as_bytes());
    }
    h.update(format!("{:?} {:?}", run.facts, run.roots).as_bytes());
    h.finish().hex()[..16].to_string()
}

#[test]
fn goldens() {
    let now: BTreeMap<String, (String, String)> =
        ["chat", "classification", "detection", "ner", "similarity", "transcription"]
            .into_iter()
            .flat_map(measure)
            .collect();
    let text: String = now.iter().map(|(step, (versions, digest))| format!("{step}\t{versions}\t{digest}\n")).collect();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap();
    let mut told = String::new();
    for line in kept.lines() {
        let parts: Vec<&str> = line.split('\t').collect();
        if let ([step, versions, digest], Some(own)) = (parts.as_slice(), parts.first().and_then(|s| now.get(*s)))
            && own.1 != *digest
        {
            let hint = if own.0 == *versions {
                "raise the version of the kernel that changed first"
            } else {
                "UPDATE=1 after a look"
            };
            told.push_str(&format!("{step}: {digest} -> {} ({hint})\n", own.1));
        }
    }
    assert!(told.is_empty(), "{told}");
    assert_eq!(kept, text, "a step came or went: UPDATE=1");
}
