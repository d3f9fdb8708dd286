//! `croissant.json`: the release as a Croissant 1.1 description (JSON-LD) that loaders of data sets read.
//!
//! Files and their sums stand in `distribution`; the columns of each split are a record set over the Parquet, JSON Lines or CSV
//! files. What the manifest does not say (`creators`, `url`, `date`) is left out, not invented.
use super::super::columns::{released_name, released_type};
use super::description::Description;
use super::told::{LabelCard, PageCard};
use super::{json, said};
use crate::formats::named;
use crate::formats::writer::{Writer, split_of};
use crate::model::license;
use crate::stage::OutFile;
use crate::stages::release::terms::SourceCard;
use crate::table::DataType;
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// The description of a release.
pub fn croissant(of: &Description) -> Vec<u8> {
    let (p, files) = (of.card, of.files);
    let responsible = responsible(of);
    let rai = (!responsible.is_empty()).then_some("http://mlcommons.org/croissant/RAI/1.0");
    let conforms = std::iter::once("http://mlcommons.org/croissant/1.1").chain(rai);
    let conforms: Vec<&str> = conforms.collect();
    let mut all = said(json!({
        "@context": context(),
        "@type": "sc:Dataset",
        "conformsTo": match conforms.as_slice() { [one] => json!(one), all => json!(all) },
        "name": of.name(),
        "description": of.about(),
        "version": p.version,
        "license": p.license.as_deref().map(terms),
        "inLanguage": p.languages,
        "keywords": p.keywords,
        "url": p.url,
        "sameAs": of.doi_address(),
        "datePublished": p.date,
        "creator": p.creators.iter().map(creator).collect::<Vec<_>>(),
        "publisher": publisher(of),
        "citeAs": of.citation(),
        "isLiveDataset": false,
        "distribution": distribution(of),
        "recordSet": record_sets(p, files),
        "prov:wasDerivedFrom": of.told.sources.iter().map(|s| derived(of, s)).collect::<Vec<_>>(),
        "prov:wasGeneratedBy": activities(p),
    }));
    if let Json::Object(all) = &mut all {
        all.extend(responsible);
    }
    json(&all)
}

/// What is said, and measured, in the vocabulary for responsible AI.
fn responsible(of: &Description) -> Map<String, Json> {
    let p = of.card;
    let per_item = |l: &LabelCard| {
        let [votes, labelled] = ["votes", "labelled"].map(|f| of.number(&format!("label.{}.{f}", l.task)));
        (!p.anonymous).then(|| Some(format!("{}: {} answers for {} samples", l.task, votes?, labelled?)))?
    };
    let guideline = |l: &LabelCard| l.guideline.as_ref().map(|(d, v)| format!("{}: {d}, version {v}", l.task));
    let analysis = |l: &LabelCard| {
        let own: Vec<String> = of.quality(l).iter().map(|(say, value)| format!("{say} {value}")).collect();
        (!own.is_empty()).then(|| format!("{}: {}", l.task, own.join(", ")))
    };
    let every = |f: &dyn Fn(&LabelCard) -> Option<String>| p.labels.iter().filter_map(f).collect::<Vec<_>>();
    let answer = |question: &str| of.answer(question).map(String::from);
    let all = said(json!({
        "rai:dataCollection": answer("acquisition"),
        "rai:dataPreprocessingProtocol": p.changes,
        "rai:dataAnnotationProtocol": every(&guideline),
        "rai:dataAnnotationAnalysis": every(&analysis),
        "rai:annotationsPerItem": every(&per_item).join("; "),
        "rai:annotatorDemographics": answer("annotators"),
        "rai:dataReleaseMaintenancePlan": answer("updates"),
        "rai:personalSensitiveInformation": p.privacy.iter().cloned().chain(answer("sensitive")).collect::<Vec<_>>(),
        "rai:dataSocialImpact": answer("social_impact"),
        "rai:dataBiases": answer("biases"),
        "rai:dataLimitations": answer("limitations"),
        "rai:dataUseCases": answer("tasks"),
    }));
    match all {
        Json::Object(all) => all,
        _ => Map::new(),
    }
}

/// A source that samples of the release came from.
fn derived(of: &Description, s: &SourceCard) -> Json {
    let web = s.web();
    said(json!({
        "@type": "sc:Dataset",
        "name": s.name,
        "url": web,
        "license": terms(&s.license),
        "description": s.attribution,
        "creator": s.names.author.as_ref().map(|a| json!({ "@type": "sc:Person", "name": a })),
        "size": of.told.all.sources.get(&s.name).map(|n| format!("{n} samples")),
    }))
}

/// What was done to the data, one after another.
fn activities(p: &PageCard) -> Vec<Json> {
    p.changes.iter().map(|done| json!({ "@type": "prov:Activity", "prov:label": done })).collect()
}

/// Who publishes it; as a creator where it is one of them.
fn publisher(of: &Description) -> Option<Json> {
    let name = of.publisher()?;
    let known = of.card.creators.iter().find(|c| c.name == name);
    Some(known.map_or_else(|| json!({ "@type": "sc:Organization", "name": name }), creator))
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

/// Each file of a format, the files of each split's table together, and the folders with a file for each sample.
fn distribution(of: &Description) -> Vec<Json> {
    let (p, files) = (of.card, of.files);
    let mut out = Vec::new();
    for file in of.data() {
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
    for folder in of.folders() {
        let images = folder.path.starts_with("images/");
        let say = format!("{} files, {} B; their sums stand in SHA256SUMS", folder.files, folder.bytes);
        out.push(json!({
            "@type": "cr:FileSet", "@id": folder.path, "name": folder.path.replace('/', "-"), "description": say,
            "encodingFormat": if images { "image/*" } else { "text/plain" }, "includes": format!("{}/**", folder.path),
        }));
    }
    out
}

/// The format whose files are read as a table: Parquet where it is there.
fn table(p: &PageCard) -> Option<&'static Writer> {
    ["parquet", "jsonl", "csv"]
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
            let ty = match released_type(holds, table.needs.typed) {
                nested if table.needs.flat && nested.is_nested() => DataType::Utf8,
                ty => ty,
            };
            field(&Place { id: split.clone(), split, path: Vec::new() }, &released_name(c), holds, &ty, table)
        });
        let mut set = json!({
            "@type": "cr:RecordSet", "@id": split, "name": split,
            "field": fields.collect::<Vec<_>>(),
        });
        if p.columns.iter().any(|c| c == "id") {
            set["key"] = json!({ "@id": format!("{split}/id") });
        }
        set
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
    let bytes = ["image", "audio"].contains(&holds);
    if bytes && table.needs.typed {
        out["dataType"] = if holds == "image" { "sc:ImageObject" } else { "sc:AudioObject" }.into();
        out["source"] = source(at.split, &path);
        out["source"]["transform"] = json!({ "jsonPath": "bytes" });
        return out;
    }
    match item {
        DataType::Struct(fields) => {
            let inner = Place { id, split: at.split, path };
            // no reader follows a path through lists within an object that hold more than single values
            let (left, held): (Vec<_>, Vec<_>) =
                fields.iter().partition(|f| matches!(f.data_type(), DataType::List(i) if i.data_type().is_nested()));
            let subs = held.iter().map(|f| field(&inner, f.name(), "", f.data_type(), table));
            out["subField"] = subs.collect();
            out["dataType"] = Json::Null;
            if !left.is_empty() {
                let names: Vec<String> = left.iter().map(|f| format!("`{}`", f.name())).collect();
                let say = "lists of objects, stand in the files beside these fields; Croissant has no path to them";
                out["description"] = format!("{}, {say}.", names.join(", ")).into();
            }
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
        "csv" => "text/csv",
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
