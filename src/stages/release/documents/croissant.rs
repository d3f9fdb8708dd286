//! `croissant.json`: the release as a Croissant 1.1 description (JSON-LD) that loaders of data sets read.
//!
//! Files and their sums stand in `distribution`; the columns of each split are a record set over the Parquet or JSON Lines
//! files. What the manifest does not say (`creators`, `url`, `date`) is left out, not invented.
use super::super::columns::{released_name, released_type};
use super::told::PageCard;
use crate::formats::named;
use crate::formats::writer::{Writer, split_of};
use crate::model::license;
use crate::stage::OutFile;
use crate::table::DataType;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The description of a release whose other files are these; their sums are known.
pub fn croissant(p: &PageCard, files: &[OutFile]) -> Vec<u8> {
    let mut all = Map::new();
    let mut put = |key: &str, value: Json| {
        let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty) || value == "";
        if !empty {
            all.insert(key.to_string(), value);
        }
    };
    put("@context", context());
    put("@type", json!("sc:Dataset"));
    put("conformsTo", json!("http://mlcommons.org/croissant/1.1"));
    put("name", json!(format!("{}-{}", p.dataset, p.release)));
    put("description", json!(p.description));
    put("version", json!(p.version));
    put("license", json!(p.license.as_deref().map(terms)));
    put("inLanguage", json!(p.languages));
    put("keywords", json!(p.keywords));
    put("url", json!(p.url));
    put("datePublished", json!(p.date));
    put("creator", json!(p.creators.iter().map(creator).collect::<Vec<_>>()));
    put("citeAs", json!(cite(p)));
    put("isLiveDataset", json!(false));
    put("distribution", json!(distribution(p, files)));
    put("recordSet", json!(record_sets(p, files)));
    let mut out = serde_json::to_vec_pretty(&Json::Object(all)).unwrap_or_default();
    out.push(b'\n');
    out
}

/// A licence by its address where it has one; else its expression, which may be of several.
fn terms(expression: &str) -> String {
    license::address(expression).unwrap_or_else(|| expression.to_string())
}

fn creator(of: &super::told::Creator) -> Json {
    let mut creator = json!({ "@type": "sc:Person", "name": of.name });
    if of.organization {
        creator["@type"] = "sc:Organization".into();
    }
    if let Some(url) = &of.url {
        creator["url"] = url.as_str().into();
    }
    creator
}

/// An entry of BibTeX, where somebody is named and a date is said.
fn cite(p: &PageCard) -> Option<String> {
    let year = p.date.as_ref()?.get(..4)?;
    let plain = |text: &str| {
        let bare = text.replace(['{', '}', '\\'], " ");
        ["&", "%", "$", "#", "_"].iter().fold(bare, |text, sign| text.replace(sign, &format!("\\{sign}")))
    };
    // in braces a name is not parted at its `and`
    let name = |c: &super::told::Creator| match c.organization {
        true => format!("{{{}}}", plain(&c.name)),
        false => plain(&c.name),
    };
    let names: Vec<String> = p.creators.iter().map(name).collect();
    let key = p.dataset.replace('-', "_");
    (!names.is_empty()).then(|| {
        let (author, title) = (names.join(" and "), plain(&p.dataset));
        format!("@misc{{{key}, author={{{author}}}, title={{{title}}}, version={{{}}}, year={{{year}}}}}", p.version)
    })
}

/// Each file of a format, and the folders of images.
fn distribution(p: &PageCard, files: &[OutFile]) -> Vec<Json> {
    let mut out = Vec::new();
    for file in files.iter().filter(|file| is_data(p, &file.path)) {
        let name = file.path.rsplit('/').next().unwrap_or(&file.path);
        out.push(json!({
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": name,
            "contentUrl": file.path,
            "contentSize": format!("{} B", file.content.len()),
            "encodingFormat": encoding(name),
            "sha256": file.sums.as_ref().map(|sums| sums.sha256.clone()).unwrap_or_default(),
        }));
    }
    if let Some(table) = table(p) {
        for split in splits(table, files) {
            let glob = table.files.replace("NNNNN", &"[0-9]".repeat(5)).replace("SPLIT", &split);
            out.push(json!({
                "@type": "cr:FileSet", "@id": set_of(&split), "name": set_of(&split),
                "encodingFormat": encoding(table.files), "includes": glob,
            }));
        }
    }
    out
}

/// Whether a path is a file of one of the formats; images are described by the files that name them.
fn is_data(p: &PageCard, path: &str) -> bool {
    path.split_once('/').is_some_and(|(folder, _)| p.formats.iter().any(|format| format == folder))
}

/// The format whose files are read as a table: Parquet where it is there.
fn table(p: &PageCard) -> Option<&'static Writer> {
    ["parquet", "jsonl"]
        .iter()
        .filter(|name| p.formats.iter().any(|f| f == *name))
        .find_map(|n| named(n)?.writer.as_ref())
}

/// The splits that have files, in order.
fn splits(table: &Writer, files: &[OutFile]) -> Vec<String> {
    let mut all: Vec<String> =
        files.iter().filter_map(|file| split_of(table.files, &file.path)).map(str::to_string).collect();
    all.dedup();
    all
}

fn set_of(split: &str) -> String {
    format!("files-{split}")
}

/// A list of the splits, and the columns of each.
fn record_sets(p: &PageCard, files: &[OutFile]) -> Vec<Json> {
    let Some(table) = table(p) else { return Vec::new() };
    let splits = splits(table, files);
    let kind = |split: &str| match split {
        "train" | "training" => Some("cr:TrainingSplit"),
        "valid" | "val" | "validation" | "dev" => Some("cr:ValidationSplit"),
        "test" | "testing" | "eval" | "evaluation" => Some("cr:TestSplit"),
        _ => None,
    };
    let named = splits.iter().map(|split| {
        let mut row = json!({ "splits/name": split });
        row["splits/url"] = kind(split).map_or(Json::Null, Json::from);
        row
    });
    let text = |name: &str, ty: Json| json!({ "@type": "cr:Field", "@id": format!("splits/{name}"), "name": name, "dataType": ty });
    let list = json!({
        "@type": "cr:RecordSet", "@id": "splits", "name": "splits", "dataType": "cr:Split",
        "key": { "@id": "splits/name" },
        "field": [text("name", json!("sc:Text")), text("url", json!("sc:URL"))],
        "data": named.collect::<Vec<_>>(),
    });
    let sets = splits.iter().map(|split| {
        let types = p.columns.iter().map(|c| (c, p.holds.get(c).map_or("utf8", String::as_str)));
        let fields = types.map(|(c, holds)| {
            let ty = released_type(holds, table.needs.typed);
            field(&Place { id: split.clone(), split, path: Vec::new() }, &released_name(c), holds, &ty, table)
        });
        json!({
            "@type": "cr:RecordSet", "@id": split, "name": split,
            "key": { "@id": format!("{split}/id") },
            "field": fields.collect::<Vec<_>>(),
        })
    });
    std::iter::once(list).chain(sets).collect()
}

/// Where a field stands: under which id, of which split, and below which column.
struct Place<'p> {
    id: String,
    split: &'p str,
    path: Vec<String>,
}

/// A column as a field. Objects have fields of their own; of lists the type of their items is said.
fn field(at: &Place, name: &str, holds: &str, ty: &DataType, table: &Writer) -> Json {
    let id = format!("{}/{name}", at.id);
    let path = [at.path.clone(), vec![name.to_string()]].concat();
    let mut out = json!({ "@type": "cr:Field", "@id": id, "name": name });
    let (item, is_list) = match ty {
        DataType::List(item) => (item.data_type(), true),
        other => (other, false),
    };
    if is_list {
        out["isArray"] = true.into();
        out["arrayShape"] = "-1".into();
    }
    if holds == "image" && table.needs.typed {
        out["dataType"] = "sc:ImageObject".into();
        out["source"] = source(at.split, &path);
        out["source"]["transform"] = json!({ "jsonPath": "bytes" });
        return out;
    }
    match item {
        DataType::Struct(fields) if holds != "image" => {
            let inner = Place { id, split: at.split, path };
            let subs = fields.iter().map(|f| field(&inner, f.name(), "", f.data_type(), table));
            out["subField"] = subs.collect();
            out["dataType"] = Json::Null;
        }
        other => {
            out["dataType"] = type_of(other).into();
            out["source"] = source(at.split, &path);
        }
    }
    if let Json::Object(of) = &mut out {
        of.retain(|_, value| !value.is_null());
    }
    out
}

/// The column that a field is read from; what lies within it by its JSON path.
fn source(split: &str, path: &[String]) -> Json {
    let mut out = json!({ "fileSet": { "@id": set_of(split) }, "extract": { "column": path.first() } });
    if path.len() > 1 {
        out["transform"] = json!({ "jsonPath": path.get(1..).unwrap_or_default().join(".") });
    }
    out
}

fn type_of(ty: &DataType) -> &'static str {
    match ty {
        DataType::Boolean => "sc:Boolean",
        DataType::Float32 | DataType::Float64 => "sc:Float",
        DataType::Date32 => "sc:Date",
        ty if ty.is_integer() => "sc:Integer",
        _ => "sc:Text",
    }
}

fn encoding(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "parquet" => "application/x-parquet",
        "jsonl" => "application/jsonlines",
        "json" => "application/json",
        "arrow" => "application/vnd.apache.arrow.file",
        "xml" => "application/xml",
        "yaml" => "application/yaml",
        "tar" => "application/x-tar",
        _ => "text/plain",
    }
}

/// The context of Croissant 1.1, whole: readers warn where a key is missing.
fn context() -> Json {
    let mut out: BTreeMap<&str, Json> = BTreeMap::new();
    for (key, own) in [("@language", "en"), ("@vocab", "https://schema.org/"), ("sc", "https://schema.org/")] {
        out.insert(key, own.into());
    }
    out.insert("cr", "http://mlcommons.org/croissant/".into());
    out.insert("rai", "http://mlcommons.org/croissant/RAI/".into());
    out.insert("dct", "http://purl.org/dc/terms/".into());
    out.insert("prov", "http://www.w3.org/ns/prov#".into());
    out.insert("conformsTo", "dct:conformsTo".into());
    const OWN: [&str; 26] = [
        "arrayShape",
        "citeAs",
        "column",
        "containedIn",
        "equivalentProperty",
        "extract",
        "field",
        "fileProperty",
        "fileObject",
        "fileSet",
        "format",
        "includes",
        "isArray",
        "isLiveDataset",
        "jsonPath",
        "key",
        "md5",
        "parentField",
        "path",
        "recordSet",
        "references",
        "regex",
        "repeated",
        "replace",
        "samplingRate",
        "separator",
    ];
    OWN.iter().chain(&["source", "subField", "transform"]).for_each(|key| {
        out.insert(key, format!("cr:{key}").into());
    });
    for key in ["data", "examples"] {
        out.insert(key, json!({ "@id": format!("cr:{key}"), "@type": "@json" }));
    }
    out.insert("dataType", json!({ "@id": "cr:dataType", "@type": "@vocab" }));
    for key in ["name", "description"] {
        out.insert(key, json!({ "@container": "@language" }));
    }
    json!(out)
}
