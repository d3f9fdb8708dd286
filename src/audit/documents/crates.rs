//! RO-Crate: the root with what it demands, and an entity for each file.
use super::super::told::Told;
use super::claims::Claims;
use super::coverage;
use super::facts::{Facts, day, decoded, demand, file, list, sum, text};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const BY: &str = "RO-Crate";

pub fn check(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    demand(path, "", &json, &["@context", "@graph"], BY, told);
    let graph = list(&json, "@graph");
    let mut entities: BTreeMap<&str, &Json> = BTreeMap::new();
    for (n, entity) in graph.iter().enumerate() {
        let Some(id) = text(entity, "@id") else {
            told.fault("document.missing", path, format!("@graph[{n}]"), "@id", "is missing, and RO-Crate demands it");
            continue;
        };
        if entities.insert(id, entity).is_some() {
            told.fault("document.twice", path, id, "@id", "stands twice");
        }
        demand(path, id, entity, &["@type"], BY, told);
    }
    let Some(about) = entities.iter().find(|(id, _)| id.ends_with("ro-crate-metadata.json")).map(|(_, e)| e) else {
        return told.fault(
            "document.missing",
            path,
            "",
            "ro-crate-metadata.json",
            "no entity describes this file, and RO-Crate demands it",
        );
    };
    let root = about.get("about").and_then(|a| text(a, "@id")).unwrap_or("./");
    if !list(about, "conformsTo")
        .iter()
        .any(|c| text(c, "@id").or(c.as_str()).is_some_and(|c| c.contains("w3id.org/ro/crate")))
    {
        told.fault("document.value", path, "ro-crate-metadata.json", "conformsTo", "names no version of RO-Crate");
    }
    let Some(root) = entities.get(root) else {
        return told.fault(
            "document.reference",
            path,
            "ro-crate-metadata.json",
            "about",
            format!("`{root}` is no entity"),
        );
    };
    demand(path, "./", root, &["name", "description", "datePublished", "license"], BY, told);
    if let Some(date) = text(root, "datePublished").filter(|d| day(d).is_none() && d.len() != 4) {
        told.fault("document.value", path, "./", "datePublished", format!("`{date}` is no date"));
    }
    cited(path, root, &entities, claims, told);
    super::sources::entities(path, entities.values().copied(), claims);
    references(path, &entities, told);
    for part in list(root, "hasPart") {
        let Some(id) = text(part, "@id").filter(|id| !id.contains("://")) else { continue };
        if !id.ends_with('/') {
            file(facts, path, "./", "hasPart", id, told);
        }
    }
    described(facts, path, &entities, told);
    parts(facts, path, root, &entities, told);
}

/// Every file that is described is a part of the whole, and files that are like others are described as these are.
fn parts(facts: &Facts, path: &str, root: &Json, entities: &BTreeMap<&str, &Json>, told: &mut Told) {
    let ids = |of: &Json| -> Vec<String> {
        list(of, "hasPart").into_iter().filter_map(|part| text(part, "@id").map(String::from)).collect()
    };
    let (mut seen, mut next) = (BTreeSet::new(), ids(root));
    while let Some(id) = next.pop() {
        if seen.insert(id.clone()) {
            next.extend(entities.get(id.as_str()).copied().into_iter().flat_map(ids));
        }
    }
    let plain = |id: &str| decoded(id.trim_start_matches("./"));
    let mut covered: BTreeSet<String> = seen.iter().map(|id| plain(id)).collect();
    for (id, entity) in entities.iter().filter(|(id, _)| !id.contains("://")) {
        if list(entity, "@type").iter().any(|t| t.as_str() == Some("File")) && **id != *root_file(path) {
            if !seen.is_empty() && !seen.contains(*id) {
                told.fault("document.reference", path, *id, "hasPart", "is a file, and no part of the whole");
            }
            covered.insert(plain(id));
        }
    }
    let folders: Vec<String> = covered.iter().filter(|id| id.ends_with('/') && id.len() > 1).cloned().collect();
    if super::super::folder::folder_of(path).is_empty() {
        coverage::uncovered(facts, (path, "hasPart"), &covered, &folders, &|_| true, told);
    }
}

/// The file that describes the others.
fn root_file(path: &str) -> &str {
    super::super::folder::name_of(path)
}

/// What the root says that other documents say, too.
fn cited(path: &str, root: &Json, entities: &BTreeMap<&str, &Json>, claims: &mut Claims, told: &mut Told) {
    claims.name(path, "./ name", text(root, "name"));
    claims.version(path, "./ version", text(root, "version"));
    claims.date(path, "./ datePublished", text(root, "datePublished"));
    // a DOI names the data set wherever its page is
    let page = text(root, "identifier").filter(|i| i.contains("://") && !i.contains("doi.org/"));
    claims.page(path, "./ identifier", page);
    let license = list(root, "license").first().and_then(|l| text(l, "@id").or(l.as_str()).map(String::from));
    claims.license(path, "./ license", license.as_deref(), told);
    let names = |key: &str| -> Vec<String> {
        let of = |v: &&Json| {
            text(v, "@id").and_then(|id| text(entities.get(id)?, "name")).or_else(|| text(v, "name")).map(String::from)
        };
        list(root, key).iter().filter_map(of).collect()
    };
    let people = [names("author"), names("creator")].concat();
    claims.creator(path, "./ author", &people.iter().map(String::as_str).collect::<Vec<_>>());
    if let [one] = names("publisher").as_slice() {
        claims.publisher(path, "./ publisher", Some(one));
    }
    let languages: Vec<&str> = list(root, "inLanguage").into_iter().filter_map(Json::as_str).collect();
    claims.languages(path, "./ inLanguage", &languages);
    claims.description(path, "./ description", text(root, "description"));
    let keywords: Vec<&str> = list(root, "keywords").into_iter().filter_map(Json::as_str).collect();
    claims.keywords(path, "./ keywords", &keywords);
    let based: Vec<&str> = list(root, "isBasedOn").into_iter().filter_map(|own| text(own, "@id")).collect();
    for id in entities.keys().filter(|id| id.starts_with("#source-") && !based.contains(*id)) {
        told.fault("document.reference", path, *id, "isBasedOn", "is a source, and the whole is not based on it");
    }
    claims.doi(path, "./ identifier", text(root, "identifier"));
    let named = license.as_ref().and_then(|id| text(entities.get(id.as_str())?, "name"));
    if named.is_some_and(|name| crate::model::license::of_value(name).is_some()) {
        claims.license(path, "name of the licence", named, told);
    }
}

/// What is said of files is so.
fn described(facts: &Facts, path: &str, entities: &BTreeMap<&str, &Json>, told: &mut Told) {
    for (id, entity) in entities {
        let is_file =
            list(entity, "@type").iter().any(|t| t.as_str() == Some("File") || t.as_str() == Some("MediaObject"));
        if !is_file || id.contains("://") {
            continue;
        }
        let Some(found) = file(facts, path, id, "@id", id, told) else { continue };
        if let Some(hex) = text(entity, "sha256") {
            sum(facts, path, id, "sha256", found, hex, told);
        }
        if let Some(said) = entity.get("contentSize") {
            super::facts::size(facts, path, id, "contentSize", found, said, told);
        }
        if let Some(media) = text(entity, "encodingFormat") {
            super::croissant::encoding(facts, path, id, found, media, told);
        }
    }
}

/// Whatever an entity names by `@id` is an entity, an address or a kind.
fn references(path: &str, entities: &BTreeMap<&str, &Json>, told: &mut Told) {
    for (id, entity) in entities {
        for (key, _) in
            entity.as_object().into_iter().flatten().filter(|(k, _)| !k.starts_with('@') && *k != "conformsTo")
        {
            for value in list(entity, key) {
                let Some(other) = text(value, "@id").filter(|o| !o.contains("://") && !o.starts_with('#')) else {
                    continue;
                };
                if !entities.contains_key(other) {
                    told.fault("document.reference", path, *id, key, format!("`{other}` is no entity"));
                }
            }
        }
    }
}
