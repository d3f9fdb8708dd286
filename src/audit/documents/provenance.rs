//! in-toto: a statement about files, and what it says of how they were made.
use super::super::told::Told;
use super::facts::{Facts, demand, file, list, sum, text};

const BY: &str = "in-toto";

pub fn check(facts: &Facts, path: &str, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    if json.get("payloadType").is_some() {
        return told.unchecked(format!("{path}: the envelope of a signed statement is not opened"));
    }
    demand(path, "", &json, &["_type", "subject", "predicateType"], BY, told);
    if let Some(ty) = text(&json, "_type").filter(|t| !t.starts_with("https://in-toto.io/Statement/")) {
        told.fault("document.value", path, "", "_type", format!("`{ty}` is no statement of in-toto"));
    }
    for (n, subject) in list(&json, "subject").into_iter().enumerate() {
        let row = format!("subject[{n}]");
        demand(path, &row, subject, &["digest"], BY, told);
        let Some(found) = text(subject, "name").and_then(|name| file(facts, path, &row, "name", name, told)) else {
            continue;
        };
        match subject.get("digest").and_then(|d| text(d, "sha256")) {
            Some(hex) => sum(facts, path, &row, "digest.sha256", found, hex, told),
            None => told.unchecked(format!("{path}: {row} has no SHA-256")),
        }
    }
    if text(&json, "predicateType").is_some_and(|t| t.starts_with("https://slsa.dev/provenance/v1")) {
        let of = json.get("predicate").cloned().unwrap_or_default();
        demand(path, "predicate", &of, &["buildDefinition", "runDetails"], "SLSA", told);
        let definition = of.get("buildDefinition").cloned().unwrap_or_default();
        demand(path, "predicate.buildDefinition", &definition, &["buildType", "externalParameters"], "SLSA", told);
        let builder = of.get("runDetails").and_then(|r| r.get("builder")).cloned().unwrap_or_default();
        demand(path, "predicate.runDetails.builder", &builder, &["id"], "SLSA", told);
    }
}
