//! SPDX 3: the package of a data set, its files with their sums, and its licences.
use super::super::told::Told;
use super::claims::Claims;
use super::coverage;
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
            "Relationship" => relation(path, &name, element, told),
            "CreationInfo" => demand(path, &name, element, &["created", "createdBy", "specVersion"], BY, told),
            _ => {}
        }
    }
    files(facts, path, &graph, told);
    if !graph.iter().any(|e| ty(e) == "dataset_DatasetPackage") {
        told.unchecked(format!("{path}: it holds no package of a data set"));
    }
}

/// What some keys of a package may say.
const WORDS: [(&str, &[&str]); 5] = [
    ("dataset_hasSensitivePersonalInformation", &["yes", "no", "noAssertion"]),
    ("dataset_confidentialityLevel", &["red", "amber", "green", "clear"]),
    ("dataset_datasetAvailability", &["clickthrough", "directDownload", "query", "registration", "scrapingScript"]),
    ("software_primaryPurpose", PURPOSES),
    ("completeness", &["complete", "incomplete", "noAssertion"]),
];

const PURPOSES: &[&str] = &[
    "application",
    "archive",
    "bom",
    "configuration",
    "container",
    "data",
    "device",
    "deviceDriver",
    "diskImage",
    "documentation",
    "evidence",
    "executable",
    "file",
    "filesystemImage",
    "firmware",
    "framework",
    "install",
    "library",
    "manifest",
    "model",
    "module",
    "operatingSystem",
    "other",
    "patch",
    "platform",
    "requirement",
    "source",
    "specification",
    "test",
];

/// Relationships of SPDX that those of a data set may be.
const RELATIONS: [&str; 16] = [
    "hasDeclaredLicense",
    "hasConcludedLicense",
    "contains",
    "describes",
    "dependsOn",
    "generates",
    "hasDataFile",
    "hasDistributionArtifact",
    "hasDocumentation",
    "hasEvidence",
    "hasMetadata",
    "hasProvidedDependency",
    "hasVariant",
    "ancestorOf",
    "copiedTo",
    "descendantOf",
];
const MORE_RELATIONS: [&str; 12] = [
    "amendedBy",
    "delegatedTo",
    "expandsTo",
    "hasExample",
    "hasHost",
    "hasInput",
    "hasOutput",
    "other",
    "packagedBy",
    "publishedBy",
    "testedOn",
    "trainedOn",
];

/// Words that SPDX lists are of its lists.
fn words(path: &str, name: &str, element: &Json, told: &mut Told) {
    for (key, known) in WORDS {
        if let Some(word) = text(element, key).filter(|word| !known.contains(word)) {
            let nearest = crate::diag::suggest(word, known.iter().copied());
            told.fault("document.value", path, name, key, format!("`{word}` is no word of SPDX 3 for it; {nearest}"));
        }
    }
}

/// A relationship is one of SPDX.
fn relation(path: &str, name: &str, element: &Json, told: &mut Told) {
    demand(path, name, element, &["from", "to", "relationshipType"], BY, told);
    words(path, name, element, told);
    let known = |word: &&str| RELATIONS.contains(word) || MORE_RELATIONS.contains(word);
    if let Some(word) = text(element, "relationshipType").filter(|word| !known(word)) {
        let nearest = crate::diag::suggest(word, RELATIONS.into_iter().chain(MORE_RELATIONS));
        let say = format!("`{word}` is no relationship of a data set in SPDX 3; {nearest}");
        told.fault("document.value", path, name, "relationshipType", say);
    }
}

/// The files that are described hang together with the package, their like are described, and they are as large as it says.
fn files(facts: &Facts, path: &str, graph: &[&Json], told: &mut Told) {
    let own = |e: &&&Json| text(e, "type") == Some("software_File");
    let told_of: BTreeSet<&str> = graph
        .iter()
        .filter(|e| matches!(text(e, "relationshipType"), Some("contains" | "hasDataFile" | "hasDistributionArtifact")))
        .flat_map(|e| list(e, "to").into_iter().filter_map(Json::as_str))
        .collect();
    let (mut covered, mut folders) = (BTreeSet::new(), Vec::new());
    for element in graph.iter().filter(own) {
        let (id, name) = (text(element, "spdxId").unwrap_or_default(), text(element, "name").unwrap_or_default());
        if !told_of.is_empty() && !told_of.contains(id) {
            let say = "is a file that the package does not contain, and it contains others";
            told.fault("document.reference", path, name, "contains", say);
        }
        match text(element, "software_fileKind") {
            Some("directory") => folders.push(format!("{}/", name.trim_end_matches('/'))),
            _ => drop(covered.insert(name.trim_start_matches("./").to_string())),
        }
    }
    if covered.is_empty() && folders.is_empty() {
        return;
    }
    coverage::uncovered(facts, (path, "software_File"), &covered, &folders, &|_| true, told);
    let within = |file: &&String| covered.contains(*file) || folders.iter().any(|f| file.starts_with(f.as_str()));
    let there: u64 = facts.folder.files.keys().filter(within).filter_map(|f| Some(facts.folder.get(f)?.size)).sum();
    for element in graph.iter().filter(|e| text(e, "type") == Some("dataset_DatasetPackage")) {
        if let Some(said) = element.get("dataset_datasetSize").and_then(Json::as_u64).filter(|n| *n != there) {
            let say = format!("says {said} bytes, and the files that it describes have {there}");
            told.fault("document.size", path, "package", "dataset_datasetSize", say);
        }
    }
}

/// Times are times, and nothing is released before it is built.
fn times(path: &str, name: &str, element: &Json, told: &mut Told) {
    for key in ["releaseTime", "builtTime"] {
        if let Some(time) = text(element, key).filter(|t| day(t).is_none()) {
            told.fault("document.value", path, name, key, format!("`{time}` is no time"));
        }
    }
    let times = [text(element, "builtTime"), text(element, "releaseTime")];
    if let [Some(built), Some(released)] = times
        && times.iter().flatten().all(|t| day(t).is_some())
        && built > released
    {
        told.fault("document.value", path, name, "builtTime", "is later than the time of release");
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
    words(path, name, element, told);
    times(path, name, element, told);
    let named = |id: &str| graph.iter().find(|e| text(e, "spdxId") == Some(id)).and_then(|e| text(e, "name"));
    for who in list(element, "originatedBy").into_iter().filter_map(Json::as_str) {
        claims.agent(path, "originatedBy", named(who));
    }
    claims.name(path, "name", text(element, "name"));
    claims.description(path, "description", text(element, "description"));
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
