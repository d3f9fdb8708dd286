//! `datapackage.json`: the files as a Data Package 2. A CSV file is a table with its fields; any other file is told with its
//! length and its sum alone, since readers of packages know no columns that hold lists or pictures.
use super::description::{Description, in_address, media_type};
use super::{json, said};
use crate::formats::writer::split_of;
use crate::stage::OutFile;
use crate::stages::release::columns::released_name;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;

pub fn datapackage(of: &Description) -> Vec<u8> {
    let p = of.card;
    let contributor = |c: &super::told::Creator| said(json!({ "title": c.name, "path": c.url, "roles": ["creator"] }));
    let license = p.license.as_ref().map(|license| {
        let title = of.license_name();
        vec![said(json!({ "name": license, "path": of.license_address(), "title": title }))]
    });
    let source = |s: &crate::stages::release::terms::SourceCard| {
        let web = s.web();
        said(json!({ "title": of.source_title(s), "path": web }))
    };
    let mut taken = BTreeSet::new();
    let resources: Vec<Json> = of.data().map(|file| resource(of, file, &mut taken)).collect();
    json(&said(json!({
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": of.name(),
        "id": of.doi_address().or_else(|| p.url.clone()),
        "title": format!("{} {}", p.dataset, p.version),
        "description": of.about(),
        "homepage": p.url,
        "version": p.version,
        "created": of.moment(),
        "keywords": p.keywords,
        "contributors": p.creators.iter().map(contributor).collect::<Vec<_>>(),
        "licenses": license,
        "sources": of.told.sources.iter().map(source).collect::<Vec<_>>(),
        "resources": resources,
    })))
}

/// A file. Names of resources are of small letters, digits, `.`, `_` and `-`, and no two are the same.
fn resource(of: &Description, file: &OutFile, taken: &mut BTreeSet<String>) -> Json {
    let plain = |c: char| if c.is_ascii_alphanumeric() || "._-".contains(c) { c.to_ascii_lowercase() } else { '-' };
    let stem = file.path.rsplit_once('.').map_or(file.path.as_str(), |(stem, _)| stem);
    let stem: String = stem.chars().map(plain).collect();
    let mut name = stem.clone();
    for n in 2.. {
        if taken.insert(name.clone()) {
            break;
        }
        name = format!("{stem}-{n}");
    }
    let format = of.format_of(&file.path);
    let table = format == Some("csv");
    said(json!({
        "name": name,
        "path": in_address(&file.path),
        "type": if table { "table" } else { "file" },
        "format": file.path.rsplit('.').next(),
        "mediatype": media_type(&file.path),
        "encoding": table.then_some("utf-8"),
        "bytes": file.content.len(),
        "hash": file.sums.as_ref().map(|sums| format!("sha256:{}", sums.sha256)),
        "schema": table.then(|| schema(of, file)),
    }))
}

/// The fields of a table. A split that a column of this name tells is the file's own.
fn schema(of: &Description, file: &OutFile) -> Json {
    let field = |(name, holds): (String, &str)| {
        let split = of.card.writers().find_map(|w| split_of(w.files, &file.path)).filter(|_| name == "split");
        let classes = of.card.labels.iter().find(|l| released_name(&format!("label.{}", l.task)) == name);
        let classes = classes.filter(|l| l.kind == "classification" && holds == "utf8").map(|l| l.classes.clone());
        let constraints = match (split, classes, name.as_str()) {
            (Some(split), ..) => json!({ "enum": [split] }),
            (_, Some(classes), _) if !classes.is_empty() => json!({ "enum": classes }),
            (_, _, "id") => json!({ "required": true, "unique": true }),
            _ => Json::Null,
        };
        said(json!({ "name": name, "type": type_of(holds), "constraints": constraints }))
    };
    let fields: Vec<Json> = of.columns().into_iter().map(field).collect();
    let key = of.card.columns.iter().any(|c| c == "id").then_some(["id"]);
    said(json!({ "fields": fields, "primaryKey": key }))
}

/// The type of a field; what is nested stands in CSV as JSON.
fn type_of(holds: &str) -> &'static str {
    match holds {
        "date" => "date",
        "bool" => "boolean",
        "f64" | "f32" => "number",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "integer",
        "image" | "audio" => "object",
        other if other.starts_with("list<") => "array",
        other if other.starts_with("struct<") => "object",
        _ => "string",
    }
}
