//! in-toto: a statement about files, and what it says of how they were made.
use super::super::told::Told;
use super::coverage;
use super::facts::{Facts, demand, file, list, sum, text};
use serde_json::Value as Json;
use std::collections::BTreeSet;

const BY: &str = "in-toto";

/// The versions of a statement that there are.
const STATEMENTS: [&str; 2] = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

pub fn check(facts: &Facts, path: &str, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    if json.get("payloadType").is_some() {
        return told.unchecked(format!("{path}: the envelope of a signed statement is not opened"));
    }
    demand(path, "", &json, &["_type", "subject", "predicateType"], BY, told);
    if let Some(ty) = text(&json, "_type").filter(|t| !STATEMENTS.contains(t)) {
        told.fault("document.value", path, "", "_type", format!("`{ty}` is no statement of in-toto"));
    }
    let mut covered = BTreeSet::new();
    for (n, subject) in list(&json, "subject").into_iter().enumerate() {
        let row = format!("subject[{n}]");
        demand(path, &row, subject, &["digest"], BY, told);
        let Some(found) = text(subject, "name").and_then(|name| file(facts, path, &row, "name", name, told)) else {
            continue;
        };
        covered.insert(found.to_string());
        match subject.get("digest").and_then(|d| text(d, "sha256")) {
            Some(hex) => sum(facts, path, &row, "digest.sha256", found, hex, told),
            None => told.unchecked(format!("{path}: {row} has no SHA-256")),
        }
    }
    coverage::uncovered(facts, (path, "subject"), &covered, &[], &|_| true, told);
    if text(&json, "predicateType").is_some_and(|t| t.starts_with("https://slsa.dev/provenance/v1")) {
        let of = json.get("predicate").cloned().unwrap_or_default();
        demand(path, "predicate", &of, &["buildDefinition", "runDetails"], "SLSA", told);
        let definition = of.get("buildDefinition").cloned().unwrap_or_default();
        demand(path, "predicate.buildDefinition", &definition, &["buildType", "externalParameters"], "SLSA", told);
        outside(facts, path, &definition, told);
        let builder = of.get("runDetails").and_then(|r| r.get("builder")).cloned().unwrap_or_default();
        demand(path, "predicate.runDetails.builder", &builder, &["id"], "SLSA", told);
    }
}

/// What a statement by tamis says of the release is what `release.json` says.
fn outside(facts: &Facts, path: &str, definition: &Json, told: &mut Told) {
    let own = definition.get("externalParameters").cloned().unwrap_or_default();
    if !text(definition, "buildType").is_some_and(|ty| ty.starts_with("urn:tamis:"))
        || !facts.folder.has("release.json")
    {
        return;
    }
    let release = facts.folder.json("release.json", &mut Told::default()).unwrap_or_default();
    for (key, other) in [("contentRoot", "content_root"), ("version", "version"), ("release", "release")] {
        if text(&own, key) != text(&release, other) {
            let field = format!("externalParameters.{key}");
            told.fault("documents.disagree", path, "buildDefinition", field, "is not what release.json says");
        }
    }
}
