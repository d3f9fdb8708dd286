//! `provenance.intoto.json`: an in-toto statement about every file of the release that is made before it, with SLSA provenance 1:
//! the manifest, the guidelines and evidence that it names, and each source as it was scanned. It knows no time, no machine and
//! no version of the program, so that who builds the same gets the same statement.
use super::description::Description;
use super::told::scanned;
use super::{json, said};
use crate::stage::Fact;
use serde_json::{Value as Json, json};

pub fn provenance(of: &Description) -> Vec<u8> {
    let p = of.card;
    let subject = |f: &crate::stage::OutFile| {
        let sums = f.sums.as_ref()?;
        Some(json!({ "name": f.path, "digest": { "sha256": sums.sha256, "blake3": sums.blake3.hex() } }))
    };
    let subjects: Vec<Json> = of.files.iter().filter_map(subject).collect();
    let material = |(path, hex): (&String, &String)| json!({ "name": path, "digest": { "blake3": hex } });
    let evidence = p.evidence.iter().filter(|(path, _)| !p.materials.contains_key(*path)).map(material);
    let sources = of.told.sources.iter().filter_map(|s| {
        let Some(Fact::Table { rows, .. }) = of.fact(&scanned(&s.name)) else { return None };
        let [files, bytes, digest] = rows.first()?.as_slice() else { return None };
        let web = s.web();
        Some(said(json!({
            "name": format!("collect.{}", s.name), "uri": web, "digest": { "blake3": digest },
            "annotations": { "files": files, "bytes": bytes, "license": s.license },
        })))
    });
    let materials: Vec<Json> = p.materials.iter().map(material).chain(evidence).chain(sources).collect();
    json(&json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "urn:tamis:build:1",
                "externalParameters": {
                    "manifest": "dataset.toml", "release": p.release, "version": p.version,
                    "contentRoot": of.told.content_root,
                },
                "internalParameters": {},
                "resolvedDependencies": materials,
            },
            "runDetails": { "builder": { "id": "urn:tamis" }, "metadata": {} },
        },
    }))
}
