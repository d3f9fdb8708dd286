//! SPDX 3: the package of a data set, its files with their sums, and its licences.
use super::super::told::Told;
use super::claims::Claims;
use super::facts::{Facts, day, demand, list, stands, sum, text};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const BY: &str = "SPDX 3";

/// What `dataset_datasetType` may be.
const TYPES: [&str; 15] = [
    "audio",
    "categorical",
    "graph",
    "image",
    "noAssertion",
    "numeric",
    "other",
    "sensor",
    "structured",
    "syntactic",
    "text",
    "timeseries",
    "timestamp",
    "video",
    "multimodal",
];

pub fn check(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    if json.get("spdxVersion").is_some() {
        return told.unchecked(format!("{path}: SPDX 2 is not read; SPDX 3 is"));
    }
    demand(path, "", &json, &["@context", "@graph"], BY, told);
    let graph = list(&json, "@graph");
    let id = |e: &Json| text(e, "spdxId").or_else(|| text(e, "@id")).map(String::from);
    let mut ids: BTreeSet<String> = BTreeSet::new();
    for (n, element) in graph.iter().enumerate() {
        match id(element) {
            None => told.fault(
                "document.missing",
                path,
                format!("@graph[{n}]"),
                "spdxId",
                "is missing, and SPDX 3 demands it",
            ),
            Some(own) => {
                if !ids.insert(own.clone()) {
                    told.fault("document.twice", path, own, "spdxId", "stands twice");
                }
            }
        }
        demand(path, &format!("@graph[{n}]"), element, &["type"], BY, told);
    }
    let ty = |e: &Json| text(e, "type").unwrap_or_default().to_string();
    let licenses: BTreeMap<String, &str> =
        graph.iter().filter_map(|e| Some((id(e)?, text(e, "simplelicensing_licenseExpression")?))).collect();
    for element in &graph {
        let own = id(element).unwrap_or_default();
        let name = own.rsplit('/').next().unwrap_or(&own).to_string();
        for key in ["from", "to", "element", "rootElement", "createdBy", "originatedBy", "creationInfo"] {
            for other in list(element, key).into_iter().filter_map(Json::as_str).filter(|o| !ids.contains(*o)) {
                told.fault("document.reference", path, &name, key, format!("`{other}` is no element"));
            }
        }
        match ty(element).as_str() {
            "software_File" => of_file(facts, path, &name, element, told),
            "dataset_DatasetPackage" => package(path, &name, &own, element, &graph, &licenses, claims, told),
            "SpdxDocument" => demand(path, &name, element, &["rootElement"], BY, told),
            "Relationship" => demand(path, &name, element, &["from", "to", "relationshipType"], BY, told),
            "CreationInfo" => demand(path, &name, element, &["created", "createdBy", "specVersion"], BY, told),
            _ => {}
        }
    }
    if !graph.iter().any(|e| ty(e) == "dataset_DatasetPackage") {
        told.unchecked(format!("{path}: it holds no package of a data set"));
    }
}

#[allow(clippy::too_many_arguments)]
fn package(
    path: &str,
    name: &str,
    own: &str,
    element: &Json,
    graph: &[&Json],
    licenses: &BTreeMap<String, &str>,
    claims: &mut Claims,
    told: &mut Told,
) {
    let keys = [
        "name",
        "dataset_datasetType",
        "software_primaryPurpose",
        "software_downloadLocation",
        "originatedBy",
        "releaseTime",
        "builtTime",
    ];
    demand(path, name, element, &keys, BY, told);
    for kind in list(element, "dataset_datasetType").into_iter().filter_map(Json::as_str).filter(|t| !TYPES.contains(t))
    {
        let nearest = crate::diag::suggest(kind, TYPES);
        told.fault(
            "document.value",
            path,
            name,
            "dataset_datasetType",
            format!("`{kind}` is no type of SPDX 3; {nearest}"),
        );
    }
    for key in ["releaseTime", "builtTime"] {
        if let Some(time) = text(element, key).filter(|t| day(t).is_none()) {
            told.fault("document.value", path, name, key, format!("`{time}` is no time"));
        }
    }
    claims.name(path, "name", text(element, "name"));
    claims.version(path, "software_packageVersion", text(element, "software_packageVersion"));
    claims.date(path, "releaseTime", text(element, "releaseTime"));
    claims.page(path, "software_downloadLocation", text(element, "software_downloadLocation"));
    for relation in ["hasDeclaredLicense", "hasConcludedLicense"] {
        let link = graph.iter().find(|e| text(e, "relationshipType") == Some(relation) && text(e, "from") == Some(own));
        let Some(link) = link else {
            told.fault(
                "document.missing",
                path,
                name,
                relation,
                "the package has no such relationship, and SPDX 3 demands it of data sets",
            );
            continue;
        };
        for to in list(link, "to").into_iter().filter_map(Json::as_str) {
            claims.license(
                path,
                relation,
                licenses.get(to).copied().or_else(|| to.contains("spdx.org").then_some(to)),
                told,
            );
        }
    }
}

fn of_file(facts: &Facts, path: &str, name: &str, element: &Json, told: &mut Told) {
    demand(path, name, element, &["name"], BY, told);
    let Some(named) = text(element, "name") else { return };
    if text(element, "software_fileKind") == Some("directory") {
        let inside = format!("{}/", named.trim_end_matches('/'));
        if !facts.folder.files.keys().any(|file| file.starts_with(&inside)) {
            told.fault("document.path", path, name, "name", format!("names the folder {named}, which is not there"));
        }
        return;
    }
    let Some(found) = super::facts::file(facts, path, name, "name", named, told) else { return };
    if !stands(element, "verifiedUsing") {
        told.unchecked(format!("{path}: {named} has no sum"));
    }
    for hash in list(element, "verifiedUsing") {
        match (text(hash, "algorithm"), text(hash, "hashValue")) {
            (Some("sha256"), Some(hex)) => sum(facts, path, named, "verifiedUsing", found, hex, told),
            (Some(_), Some(_)) => {
                told.unchecked(format!("{path}: {named}: a sum of another kind than SHA-256 is not computed"))
            }
            _ => told.fault("document.missing", path, named, "verifiedUsing", "has no algorithm or no value"),
        }
    }
}
