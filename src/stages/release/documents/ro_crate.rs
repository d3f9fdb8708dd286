//! `ro-crate-metadata.json`: the release as an RO-Crate 1.3. It is written last, so that every other file stands in it; a folder
//! with a file for each sample stands as a folder, which RO-Crate allows. Its own sum, and the lists of sums, stand in none.
use super::description::{Description, in_address, media_type};
use super::{json, said};
use serde_json::{Value as Json, json};

/// The lists of sums, which are made behind it.
const SUMS: [&str; 2] = ["B3SUMS", "SHA256SUMS"];

pub fn ro_crate(of: &Description) -> Vec<u8> {
    let p = of.card;
    let id = |id: &str| json!({ "@id": id });
    let license = of.license_address().unwrap_or_else(|| "#license".into());
    let creators: Vec<(String, Json)> = p.creators.iter().enumerate().map(creator).collect();
    let publisher = of.publisher().map(|name| {
        let known = creators.iter().zip(&p.creators).find(|(_, c)| c.name == name);
        known.map_or_else(|| "#publisher".to_string(), |((id, _), _)| id.clone())
    });
    let mut parts: Vec<(String, Json)> = Vec::new();
    for file in of.listed() {
        let path = in_address(&file.path);
        let own = said(json!({
            "@id": path, "@type": "File", "name": file.path, "encodingFormat": media_type(&file.path),
            "contentSize": file.content.len().to_string(), "sha256": file.sums.as_ref().map(|s| s.sha256.clone()),
        }));
        parts.push((path, own));
    }
    for name in SUMS {
        let own = json!({ "@id": name, "@type": "File", "name": name, "encodingFormat": "text/plain" });
        parts.push((name.into(), own));
    }
    for folder in of.folders() {
        let path = format!("{}/", in_address(&folder.path));
        let say = format!("{} files, {} bytes; their sums stand in SHA256SUMS", folder.files, folder.bytes);
        parts.push((path.clone(), json!({ "@id": path, "@type": "Dataset", "name": folder.path, "description": say })));
    }
    let sources: Vec<(String, Json)> = of.told.sources.iter().map(|s| source(of, s)).collect();
    let of_ids = |all: &[(String, Json)]| all.iter().map(|(own, _)| id(own)).collect::<Vec<_>>();
    let root = said(json!({
        "@id": "./",
        "@type": "Dataset",
        "name": format!("{} {}", of.name(), p.version),
        "description": of.about(),
        "datePublished": p.date,
        "license": id(&license),
        "version": p.version,
        "identifier": of.doi_address().or_else(|| p.url.clone()),
        "url": p.url,
        "keywords": p.keywords,
        "inLanguage": p.languages,
        "author": of_ids(&creators),
        "publisher": publisher.as_deref().map(id),
        "isBasedOn": of_ids(&sources),
        "hasPart": of_ids(&parts),
    }));
    let name = of.license_name().or(p.license.as_deref()).unwrap_or("NOASSERTION");
    let say = format!("The licence of the release: {}", p.license.as_deref().unwrap_or("NOASSERTION"));
    let mut graph = vec![
        json!({
            "@id": "ro-crate-metadata.json", "@type": "CreativeWork", "about": id("./"),
            "conformsTo": id("https://w3id.org/ro/crate/1.3"),
        }),
        root,
        json!({ "@id": license, "@type": "CreativeWork", "name": name, "description": say }),
    ];
    graph.extend(creators.into_iter().map(|(_, own)| own));
    if publisher.as_deref() == Some("#publisher") {
        graph.push(json!({ "@id": "#publisher", "@type": "Organization", "name": of.publisher() }));
    }
    graph.extend(sources.into_iter().chain(parts).map(|(_, own)| own));
    json(&json!({ "@context": "https://w3id.org/ro/crate/1.3/context", "@graph": graph }))
}

fn creator((n, c): (usize, &super::told::Creator)) -> (String, Json) {
    let id = c.url.clone().unwrap_or_else(|| format!("#creator-{}", n + 1));
    let kind = if c.organization { "Organization" } else { "Person" };
    let own = said(json!({ "@id": id, "@type": kind, "name": c.name, "url": c.url }));
    (id, own)
}

fn source(of: &Description, s: &crate::stages::release::terms::SourceCard) -> (String, Json) {
    let web = s.web();
    let id = format!("#source-{}", s.name);
    let samples = of.told.all.sources.get(&s.name).copied().unwrap_or(0);
    let own = said(json!({
        "@id": id, "@type": "CreativeWork", "name": s.name, "url": web, "creditText": s.attribution,
        "description": format!("{samples} samples under {}", s.license),
    }));
    (id, own)
}
