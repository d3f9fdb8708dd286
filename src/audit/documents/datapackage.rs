//! Data Package (Frictionless): resources with their sums, and the rows of tables against their schemas.
use super::super::cells::Ty;
use super::super::kinds::Kind;
use super::super::read;
use super::super::told::Told;
use super::claims::Claims;
use super::coverage;
use super::facts::{Facts, day, demand, file, list, sum, text};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const BY: &str = "the Data Package standard";

pub fn check(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    claims.name(path, "name", text(&json, "name"));
    claims.title(path, "title", text(&json, "title"));
    claims.version(path, "version", text(&json, "version"));
    claims.page(path, "homepage", text(&json, "homepage"));
    if let Some(created) = text(&json, "created") {
        match day(created) {
            Some(_) => claims.date(path, "created", Some(created)),
            None => told.fault("document.value", path, "", "created", format!("`{created}` is no date")),
        }
    }
    claims.description(path, "description", text(&json, "description"));
    let keywords: Vec<&str> = list(&json, "keywords").into_iter().filter_map(Json::as_str).collect();
    claims.keywords(path, "keywords", &keywords);
    for source in list(&json, "sources") {
        claims.origin(path, "sources", text(source, "title"));
    }
    let creators: Vec<&str> = list(&json, "contributors")
        .into_iter()
        .filter(|c| list(c, "roles").iter().any(|r| r.as_str() == Some("creator")) || text(c, "role") == Some("author"))
        .filter_map(|c| text(c, "title").or_else(|| text(c, "name")))
        .collect();
    claims.creator(path, "contributors", &creators);
    for (n, license) in list(&json, "licenses").into_iter().enumerate() {
        let said = text(license, "name").or_else(|| text(license, "path"));
        if said.is_none() {
            told.fault(
                "document.missing",
                path,
                format!("licenses[{n}]"),
                "name",
                format!("has neither `name` nor `path`, and {BY} demands one"),
            );
        }
        claims.license(path, "licenses", said, told);
        if let (Some(_), Some(address)) = (text(license, "name"), text(license, "path")) {
            claims.license(path, "licenses.path", Some(address), told);
        }
    }
    let resources = list(&json, "resources");
    if resources.is_empty() {
        told.fault("document.missing", path, "", "resources", format!("is missing, and {BY} demands it"));
    }
    let packed = |kind| !matches!(kind, Kind::Picture | Kind::Yolo | Kind::Voc | Kind::LabelMe);
    let paths = resources.iter().flat_map(|resource| list(resource, "path")).filter_map(Json::as_str);
    let covered: BTreeSet<String> = paths.map(|path| path.trim_start_matches("./").to_string()).collect();
    if super::super::folder::folder_of(path).is_empty() && claims.own {
        coverage::uncovered(facts, (path, "resources"), &covered, &[], &packed, told);
    }
    let mut names = BTreeSet::new();
    for (n, resource) in resources.into_iter().enumerate() {
        let row = format!("resources[{n}]");
        demand(path, &row, resource, &["name"], BY, told);
        if let Some(name) = text(resource, "name")
            && !names.insert(name.to_string())
        {
            told.fault("document.twice", path, &row, "name", format!("`{name}` is that of another resource, too"));
        }
        one(facts, path, &row, resource, told);
    }
}

fn one(facts: &Facts, path: &str, row: &str, resource: &Json, told: &mut Told) {
    let paths: Vec<&str> = list(resource, "path").into_iter().filter_map(Json::as_str).collect();
    if paths.is_empty() && resource.get("data").is_none() {
        told.fault(
            "document.missing",
            path,
            row,
            "path",
            format!("has neither `path` nor `data`, and {BY} demands one"),
        );
    }
    for own in &paths {
        let Some(found) = file(facts, path, row, "path", own, told) else { continue };
        if let Some(name) = text(resource, "name") {
            coverage::split_of_name(facts, path, row, "name", name, found, told);
        }
        if paths.len() == 1 {
            if let Some(said) = resource.get("bytes") {
                super::facts::size(facts, path, row, "bytes", found, said, told);
            }
            if let Some(hash) = text(resource, "hash") {
                match hash.split_once(':') {
                    Some(("sha256", hex)) => sum(facts, path, row, "hash", found, hex, told),
                    _ => told.unchecked(format!("{path}: {row}: a hash of another kind than SHA-256 is not computed")),
                }
            }
        }
        format(facts, path, row, found, resource, told);
        if let Some(schema) = resource.get("schema").filter(|s| s.is_object()) {
            rows(facts, (path, row), found, schema, told);
        }
    }
}

fn format(facts: &Facts, path: &str, row: &str, found: &str, resource: &Json, told: &mut Told) {
    if let Some(format) = text(resource, "format") {
        let ending = super::super::folder::extension(found).unwrap_or_default();
        let known = ["csv", "tsv", "json", "jsonl", "parquet", "png", "jpg", "tar", "xml"].contains(&format);
        if known && ending != format && !(format == "json" && ending == "jsonl") {
            told.fault("document.value", path, row, "format", format!("`{format}` is not what {found} is"));
        }
    }
    if let Some(media) = text(resource, "mediatype").or_else(|| text(resource, "mediaType")) {
        super::croissant::encoding(facts, path, row, found, media, told);
    }
}

/// What the type of a field may be.
const TYPES: [&str; 16] = [
    "any",
    "array",
    "boolean",
    "date",
    "datetime",
    "duration",
    "geojson",
    "geopoint",
    "integer",
    "list",
    "number",
    "object",
    "string",
    "time",
    "year",
    "yearmonth",
];

/// A field of a schema.
struct Field<'s> {
    name: &'s str,
    ty: &'s str,
    constraints: Json,
    seen: BTreeSet<String>,
}

fn rows(facts: &Facts, (path, row): (&str, &str), found: &str, schema: &Json, told: &mut Told) {
    let Some(table) = facts.tables.get(found) else { return };
    let Some(kind) = facts.kinds.get(found).filter(|k| matches!(k, Kind::Csv | Kind::Tsv)) else { return };
    let all = list(schema, "fields");
    let mut fields: Vec<Field> = Vec::new();
    for (n, field) in all.iter().enumerate() {
        match text(field, "name") {
            Some(name) => fields.push(Field {
                name,
                ty: text(field, "type").unwrap_or("any"),
                constraints: field.get("constraints").cloned().unwrap_or_default(),
                seen: BTreeSet::new(),
            }),
            None => told.fault(
                "document.missing",
                path,
                row,
                format!("schema.fields[{n}].name"),
                format!("is missing, and {BY} demands it"),
            ),
        }
    }
    let own: Vec<&str> = table.columns.iter().map(|(n, _)| n.as_str()).collect();
    let said: Vec<&str> = fields.iter().map(|f| f.name).collect();
    if own != said {
        let n = said.iter().zip(&own).take_while(|(a, b)| a == b).count();
        let field = format!("schema.fields[{n}]");
        let (a, b) = (said.get(n).unwrap_or(&"nothing"), own.get(n).unwrap_or(&"nothing"));
        told.fault("document.column", path, row, field, format!("is `{a}`, and column {} of {found} is `{b}`", n + 1));
        return;
    }
    for (n, field) in fields.iter().enumerate().filter(|(_, f)| !TYPES.contains(&f.ty)) {
        let at = format!("schema.fields[{n}].type");
        told.fault("document.value", path, row, at, format!("`{}` is no type of a field by {BY}", field.ty));
    }
    let key: Vec<&str> = list(schema, "primaryKey").into_iter().filter_map(Json::as_str).collect();
    for own in key.iter().filter(|own| !said.contains(*own)) {
        told.fault("document.reference", path, row, "schema.primaryKey", format!("`{own}` is no field"));
    }
    let mut keys: BTreeMap<Vec<String>, String> = BTreeMap::new();
    let mut quiet = Told::default(); // what does not read was told when the table was read
    read::table(facts.folder, found, *kind, &mut quiet, &mut |place, values, _| {
        for field in &mut fields {
            let text = values.field(field.name).text().unwrap_or_default().to_string();
            value(found, place, field, &text, told);
        }
        let own: Vec<String> = key.iter().map(|k| values.field(k).text().unwrap_or_default().to_string()).collect();
        if own.is_empty() {
            return;
        }
        if let Some(first) = keys.get(&own) {
            let say = format!("the primary key of {path} stands in {first}, too");
            told.fault("id.twice", found, place, key.join(", "), say);
        } else if keys.len() < 4_000_000 {
            keys.insert(own, place.to_string());
        }
    });
}

fn value(file: &str, place: &str, field: &mut Field, text: &str, told: &mut Told) {
    let name = field.name;
    let mut fault = |say: String| told.fault("table.value", file, place, name, say);
    let c = &field.constraints;
    if text.is_empty() {
        if c.get("required").and_then(Json::as_bool) == Some(true) {
            fault("is empty, and the schema demands a value".into());
        }
        return;
    }
    let ty = Ty::of_text(text);
    let fits = match field.ty {
        "integer" => ty == Ty::Int,
        "number" => matches!(ty, Ty::Int | Ty::Float),
        "boolean" => matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE" | "1" | "0"),
        "date" => day(text).is_some() && text.len() == 10,
        "year" => text.len() == 4 && ty == Ty::Int,
        _ => true,
    };
    if !fits {
        fault(format!("is no {}, as the schema says", field.ty));
    }
    let words = |v: &Json| v.as_str().map_or_else(|| v.to_string(), String::from);
    if let Some(all) = c.get("enum").and_then(Json::as_array)
        && !all.iter().any(|v| words(v) == text)
    {
        fault(format!("`{text}` is none of the values that the schema lists"));
    }
    let number = text.parse::<f64>().ok();
    let bound = |key: &str| c.get(key).and_then(|v| v.as_f64().or_else(|| v.as_str()?.parse().ok()));
    if let (Some(n), Some(least)) = (number, bound("minimum"))
        && n < least
    {
        fault(format!("is less than the minimum of the schema, {least}"));
    }
    if let (Some(n), Some(most)) = (number, bound("maximum"))
        && n > most
    {
        fault(format!("is more than the maximum of the schema, {most}"));
    }
    let length = text.chars().count() as u64;
    if c.get("minLength").and_then(Json::as_u64).is_some_and(|least| length < least) {
        fault("is shorter than the schema allows".into());
    }
    if c.get("maxLength").and_then(Json::as_u64).is_some_and(|most| length > most) {
        fault("is longer than the schema allows".into());
    }
    if c.get("unique").and_then(Json::as_bool) == Some(true) && !field.seen.insert(text.to_string()) {
        fault("stands in an earlier row, too, and the schema says that it is unique".into());
    }
}
