//! `spdx.json`: the release as a package of data in SPDX 3.0.1 (JSON-LD), by its profile of data sets. Files of formats stand one
//! by one with their sums; a folder with a file for each sample stands as a folder.
use super::description::{Description, in_address};
use super::{json, said};
use serde_json::{Value as Json, json};

pub fn spdx(of: &Description) -> Vec<u8> {
    let p = of.card;
    let base = base(of);
    let (package, agent, license) = (format!("{base}package"), format!("{base}creator"), format!("{base}license"));
    let mut graph = vec![json!({
        "type": "CreationInfo", "@id": "_:creation", "specVersion": "3.0.1", "created": of.moment(), "createdBy": [agent],
    })];
    let mut elements = Vec::new();
    if let Some(first) = p.creators.first() {
        let kind = if first.organization { "Organization" } else { "Person" };
        elements.push(element(kind, &agent, json!({ "name": first.name })));
    }
    let expression = p.license.as_deref().unwrap_or("NOASSERTION");
    let term = json!({ "simplelicensing_licenseExpression": expression });
    elements.push(element("simplelicensing_LicenseExpression", &license, term));
    let mut files = Vec::new();
    for file in of.data() {
        let id = format!("{base}file/{}", in_address(&file.path));
        let sum =
            file.sums.as_ref().map(|sums| json!([{ "type": "Hash", "algorithm": "sha256", "hashValue": sums.sha256 }]));
        let own = json!({ "name": file.path, "software_primaryPurpose": "data", "verifiedUsing": sum });
        elements.push(element("software_File", &id, own));
        files.push(id);
    }
    for folder in of.folders() {
        let id = format!("{base}folder/{}", in_address(&folder.path));
        let say = format!("{} files, {} bytes; their sums stand in SHA256SUMS", folder.files, folder.bytes);
        let own = json!({
            "name": folder.path, "description": say, "software_primaryPurpose": "data", "software_fileKind": "directory",
        });
        elements.push(element("software_File", &id, own));
        files.push(id);
    }
    elements.push(element("dataset_DatasetPackage", &package, data_set(of, &agent)));
    let ties =
        [("hasDeclaredLicense", vec![license.clone()]), ("hasConcludedLicense", vec![license]), ("contains", files)];
    for (n, (kind, to)) in ties.into_iter().enumerate().filter(|(_, tie)| !tie.1.is_empty()) {
        let own = json!({ "from": package, "relationshipType": kind, "to": to, "completeness": "complete" });
        elements.push(element("Relationship", &format!("{base}relation/{}", n + 1), own));
    }
    let all: Vec<Json> = elements.iter().filter_map(|e| e.get("spdxId").cloned()).collect();
    let document = json!({
        "name": of.name(), "profileConformance": ["core", "software", "simpleLicensing", "dataset"],
        "rootElement": [package], "element": all,
    });
    graph.push(element("SpdxDocument", &format!("{base}document"), document));
    graph.extend(elements);
    json(&json!({ "@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": graph }))
}

/// What the names of the elements begin with: the page of the data set, its release and its content, so that no two releases
/// share a name.
fn base(of: &Description) -> String {
    let url = of.card.url.as_deref().unwrap_or("https://spdx.org/spdxdocs/");
    let root = of.told.content_root.get(..16).unwrap_or_default();
    format!("{}#{}-{}-{root}/", url.split('#').next().unwrap_or_default(), of.name(), of.card.version)
}

fn element(kind: &str, id: &str, own: Json) -> Json {
    let mut out = said(own);
    out["type"] = kind.into();
    out["spdxId"] = id.into();
    out["creationInfo"] = "_:creation".into();
    out
}

fn data_set(of: &Description, agent: &str) -> Json {
    let p = of.card;
    let answer = |question: &str| of.answer(question);
    json!({
        "name": of.name(),
        "description": of.about(),
        "software_packageVersion": p.version,
        "software_downloadLocation": p.url,
        "software_primaryPurpose": "data",
        "software_copyrightText": of.publisher(),
        "builtTime": of.moment(),
        "releaseTime": of.moment(),
        "originatedBy": [agent],
        "dataset_datasetType": types(of),
        "dataset_datasetSize": of.bytes(),
        "dataset_intendedUse": answer("tasks").or_else(|| answer("purpose")),
        "dataset_dataCollectionProcess": answer("acquisition"),
        "dataset_dataPreprocessing": p.changes,
        "dataset_knownBias": answer("biases").map(|b| [b]),
        "dataset_anonymizationMethodUsed": p.privacy,
        "dataset_datasetNoise": answer("errors"),
        "dataset_datasetUpdateMechanism": answer("updates"),
        "dataset_hasSensitivePersonalInformation": "noAssertion",
    })
}

/// Which sorts of data the columns hold.
fn types(of: &Description) -> Vec<&'static str> {
    let own = |c: &str| c != "id" && c != "split" && !c.starts_with("label.");
    let holds: Vec<&str> = of.card.holds.iter().filter(|(c, _)| own(c)).map(|(_, h)| h.as_str()).collect();
    let number = |h: &&str| ["i8", "i16", "i32", "i64", "u8", "u16", "u32", "u64", "f32", "f64"].contains(h);
    let mut out = Vec::new();
    out.extend(holds.contains(&"audio").then_some("audio"));
    out.extend(holds.contains(&"image").then_some("image"));
    out.extend(holds.iter().any(number).then_some("numeric"));
    out.extend(holds.iter().any(|h| h.starts_with("struct<") || h.starts_with("list<")).then_some("structured"));
    out.extend(holds.contains(&"utf8").then_some("text"));
    out.extend(holds.contains(&"date").then_some("timestamp"));
    if out.is_empty() { vec!["noAssertion"] } else { out }
}
