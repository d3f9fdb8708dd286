//! Croissant (JSON-LD): what its text demands, the files and sums it names, and whether its fields are columns of the files.
use super::super::cells::{Table, Ty};
use super::super::glob::Glob;
use super::super::kinds::{Kind, usual};
use super::super::read;
use super::super::shape::is_id;
use super::super::told::Told;
use super::claims::Claims;
use super::coverage;
use super::facts::{Facts, day, demand, file, list, stands, sum, text};
use crate::digest::cut_hash;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet, HashMap};

const BY: &str = "Croissant";

/// What a record set may read: a file, or files of a glob.
struct Source {
    files: Vec<String>,
}

pub fn check(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    let own = facts.kinds.contains_key("release.json");
    demand(path, "", &json, &["@context", "@type", "conformsTo", "name", "license"], BY, told);
    // a release of tamis leaves out what its manifest does not say; elsewhere somebody forgot it
    for key in ["description", "url", "creator", "datePublished", "distribution"] {
        if own && !stands(&json, key) {
            told.unchecked(format!("{path}: `{key}` is not said, which Croissant demands"));
        } else {
            demand(path, "", &json, &[key], BY, told);
        }
    }
    let of = |key: &str| list(&json, key).iter().filter_map(|v| v.as_str()).map(String::from).collect::<Vec<_>>();
    if stands(&json, "conformsTo") && !of("conformsTo").iter().any(|v| v.contains("mlcommons.org/croissant/")) {
        told.fault("document.value", path, "", "conformsTo", "names no version of Croissant");
    }
    if stands(&json, "@type") && !of("@type").iter().any(|t| matches!(t.rsplit([':', '/']).next(), Some("Dataset"))) {
        told.fault("document.value", path, "", "@type", "is not sc:Dataset");
    }
    for key in ["datePublished", "dateCreated", "dateModified"] {
        if let Some(date) = text(&json, key).filter(|date| day(date).is_none()) {
            told.fault("document.value", path, "", key, format!("`{date}` is no date"));
        }
    }
    if !own {
        claims.name(path, "name", text(&json, "name"));
    }
    claims.version(path, "version", text(&json, "version"));
    claims.date(path, "datePublished", text(&json, "datePublished"));
    claims.page(path, "url", text(&json, "url"));
    let creators: Vec<&str> =
        list(&json, "creator").into_iter().filter_map(|c| text(c, "name").or(c.as_str())).collect();
    claims.creator(path, "creator", &creators);
    if let [one] = list(&json, "publisher").as_slice() {
        claims.publisher(path, "publisher", text(one, "name").or(one.as_str()));
    }
    claims.languages(path, "inLanguage", &of("inLanguage").iter().map(String::as_str).collect::<Vec<_>>());
    super::sources::derived(path, &json, claims);
    claims.description(path, "description", text(&json, "description"));
    claims.keywords(path, "keywords", &of("keywords").iter().map(String::as_str).collect::<Vec<_>>());
    claims.doi(path, "sameAs", of("sameAs").first().map(String::as_str));
    match list(&json, "license").as_slice() {
        [one] => claims.license(
            path,
            "license",
            one.as_str().or_else(|| text(one, "url")).or_else(|| text(one, "@id")),
            told,
        ),
        [] => {}
        _ => told.unchecked(format!("{path}: several licences are not compared with those of other documents")),
    }
    let sources = distribution(facts, path, &json, told);
    let sets = list(&json, "recordSet");
    let ids = field_ids(path, &sets, told);
    for set in &sets {
        record_set(facts, path, set, &sources, &ids, told);
    }
    described(facts, path, &sets, &sources, told);
}

fn id(json: &Json) -> Option<&str> {
    text(json, "@id").or_else(|| text(json, "name"))
}

fn distribution(facts: &Facts, path: &str, json: &Json, told: &mut Told) -> BTreeMap<String, Source> {
    let mut out = BTreeMap::new();
    let mut covered: BTreeSet<String> = BTreeSet::new();
    let live = json.get("isLiveDataset").and_then(Json::as_bool).unwrap_or(false);
    for (n, item) in list(json, "distribution").into_iter().enumerate() {
        let row = format!("distribution[{n}]");
        let ty = text(item, "@type").and_then(|t| t.rsplit([':', '/']).next()).unwrap_or_default();
        let Some(id) = id(item) else {
            told.fault("document.missing", path, row, "@id", "is missing, and Croissant demands it");
            continue;
        };
        let files = match ty {
            "FileObject" => object(facts, path, &row, item, live, told),
            "FileSet" => {
                demand(path, &row, item, &["includes", "encodingFormat"], BY, told);
                set(facts, path, &row, item, told)
            }
            _ => {
                told.fault("document.value", path, &row, "@type", "is neither cr:FileObject nor cr:FileSet");
                Vec::new()
            }
        };
        covered.extend(files.iter().cloned());
        if out.insert(id.to_string(), Source { files }).is_some() {
            told.fault("document.twice", path, row, "@id", format!("`{id}` is that of another file, too"));
        }
    }
    let tables = |kind: Kind| matches!(kind, Kind::Parquet | Kind::Arrow | Kind::Lines | Kind::Csv);
    coverage::uncovered(facts, (path, "distribution"), &covered, &[], &tables, told);
    out
}

fn object(facts: &Facts, path: &str, row: &str, item: &Json, live: bool, told: &mut Told) -> Vec<String> {
    demand(path, row, item, &["contentUrl", "encodingFormat"], BY, told);
    let within = stands(item, "containedIn");
    if !stands(item, "sha256") && !stands(item, "md5") && !within && !live {
        told.fault("document.missing", path, row, "sha256", "is missing, and Croissant demands it");
    }
    let Some(url) = text(item, "contentUrl") else { return Vec::new() };
    if url.contains("://") || within {
        told.unchecked(format!("{path}: {row}: {url} lies elsewhere"));
        return Vec::new();
    }
    let Some(found) = file(facts, path, row, "contentUrl", url, told) else { return Vec::new() };
    if let Some(own) = id(item) {
        coverage::split_of_name(facts, path, row, "@id", own, found, told);
    }
    if let Some(name) = text(item, "name") {
        coverage::split_of_name(facts, path, row, "name", name, found, told);
    }
    if let Some(hex) = text(item, "sha256") {
        sum(facts, path, row, "sha256", found, hex, told);
    } else if stands(item, "md5") {
        told.unchecked(format!("{path}: {row}: MD5 is not computed"));
    }
    if let Some(said) = item.get("contentSize") {
        super::facts::size(facts, path, row, "contentSize", found, said, told);
    }
    if let Some(format) = text(item, "encodingFormat") {
        encoding(facts, path, row, found, format, told);
    }
    vec![found.to_string()]
}

/// The media type that a document names is that of the file.
pub fn encoding(facts: &Facts, path: &str, row: &str, found: &str, format: &str, told: &mut Told) {
    let fits = |words: &[&str]| words.iter().any(|w| format.to_lowercase().contains(w));
    let right = match facts.kinds.get(found) {
        Some(Kind::Parquet) => fits(&["parquet"]),
        Some(Kind::Csv) => fits(&["csv", "text/plain"]),
        Some(Kind::Tsv) => fits(&["tab-separated", "tsv", "csv"]),
        Some(Kind::Lines) => fits(&["json"]),
        Some(Kind::Array | Kind::Coco) => fits(&["json"]),
        Some(Kind::Tar) => fits(&["tar"]),
        Some(Kind::Arrow) => fits(&["arrow", "octet-stream"]),
        Some(Kind::Picture) => fits(&["image/"]),
        _ => true,
    };
    if !right {
        told.fault("document.value", path, row, "encodingFormat", format!("`{format}` is not what {found} is"));
    }
}

fn set(facts: &Facts, path: &str, row: &str, item: &Json, told: &mut Told) -> Vec<String> {
    let globs = |key: &str| list(item, key).iter().filter_map(|v| v.as_str()).map(Glob::new).collect::<Vec<_>>();
    let (includes, excludes) = (globs("includes"), globs("excludes"));
    let within = list(item, "containedIn");
    if !within.is_empty() {
        told.unchecked(format!("{path}: {row}: files within archives are not looked up"));
        return Vec::new();
    }
    let base = super::super::folder::folder_of(path);
    let below = |p: &str| {
        if base.is_empty() { Some(p.to_string()) } else { p.strip_prefix(&format!("{base}/")).map(String::from) }
    };
    let fits = |p: &&String| {
        below(p).is_some_and(|p| includes.iter().any(|g| g.fits(&p)) && !excludes.iter().any(|g| g.fits(&p)))
    };
    let found: Vec<String> = facts.folder.files.keys().filter(fits).cloned().collect();
    if found.is_empty() && !includes.is_empty() {
        told.fault("document.path", path, row, "includes", "fits no file");
    }
    found
}

/// By what tables are like each other: their folder and their columns.
fn alike<'f>(facts: &'f Facts, file: &'f str) -> Option<(&'f str, Vec<&'f String>)> {
    let columns = facts.tables.get(file)?.columns.iter().map(|(name, _)| name).collect();
    Some((super::super::folder::folder_of(file), columns))
}

/// Of tables with the same columns in one folder each is read by a record set, and by the same columns.
fn described(facts: &Facts, path: &str, sets: &[&Json], sources: &BTreeMap<String, Source>, told: &mut Told) {
    let mut read: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for field in sets.iter().flat_map(|set| list(set, "field")) {
        let Some(source) = field.get("source") else { continue };
        let of = |key: &str| source.get(key).and_then(|f| text(f, "@id").or(f.as_str()));
        let found = of("fileObject").or_else(|| of("fileSet")).and_then(|file| sources.get(file));
        let column = source.get("extract").and_then(|e| text(e, "column"));
        for file in found.into_iter().flat_map(|source| &source.files) {
            read.entry(file).or_default().extend(column.map(String::from));
        }
    }
    let mut most: BTreeMap<_, BTreeSet<String>> = BTreeMap::new();
    for (file, columns) in &read {
        most.entry(alike(facts, file)).or_default().extend(columns.iter().cloned());
    }
    let all: BTreeSet<&String> = sources.values().flat_map(|source| &source.files).collect();
    for (file, table) in facts.tables.iter().filter(|(file, t)| all.contains(file) && t.whole && t.rows > 0) {
        let Some(columns) = most.get(&alike(facts, file)).filter(|_| alike(facts, file).is_some()) else { continue };
        match read.get(file.as_str()) {
            None => {
                let say = format!("no record set reads {file}, and some read files like it");
                told.fault("document.uncovered", path, file, "recordSet", say);
            }
            Some(own) => {
                for column in columns.difference(own).filter(|c| table.columns.iter().any(|(n, _)| n == *c)) {
                    let say = format!("no field reads this column of {file}, and fields read it in files like it");
                    told.fault("document.uncovered", path, file, column, say);
                }
            }
        }
    }
}

/// All `@id` of fields, each once.
fn field_ids(path: &str, sets: &[&Json], told: &mut Told) -> BTreeSet<String> {
    fn walk(path: &str, row: &str, field: &Json, out: &mut BTreeSet<String>, told: &mut Told, depth: usize) {
        if let Some(own) = id(field)
            && !out.insert(own.to_string())
        {
            told.fault("document.twice", path, row, "@id", format!("`{own}` is that of another field, too"));
        }
        for sub in list(field, "subField").into_iter().filter(|_| depth < 16) {
            walk(path, row, sub, out, told, depth + 1);
        }
    }
    let (mut out, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (n, set) in sets.iter().enumerate() {
        let row = format!("recordSet[{n}]");
        if let Some(own) = id(set)
            && !names.insert(own.to_string())
        {
            told.fault("document.twice", path, &row, "@id", format!("`{own}` is that of another record set, too"));
        }
        list(set, "field").into_iter().for_each(|field| walk(path, &row, field, &mut out, told, 0));
    }
    out.extend(names);
    out
}

fn record_set(
    facts: &Facts,
    path: &str,
    set: &Json,
    sources: &BTreeMap<String, Source>,
    ids: &BTreeSet<String>,
    told: &mut Told,
) {
    let name = id(set).unwrap_or("recordSet").to_string();
    if id(set).is_none() {
        told.fault("document.missing", path, "recordSet", "@id", "is missing, and Croissant demands it");
    }
    for key in list(set, "key") {
        let own = text(key, "@id").or(key.as_str()).unwrap_or_default();
        if !ids.contains(own) {
            told.fault("document.reference", path, &name, "key", format!("`{own}` is no field"));
        }
    }
    if !stands(set, "field") {
        told.fault("document.missing", path, &name, "field", "is missing, and Croissant demands it");
    }
    let data = list(set, "data");
    for field in list(set, "field") {
        one_field(facts, path, &name, field, sources, ids, !data.is_empty(), told);
    }
    unique(facts, path, &name, set, sources, told);
    let splits = list(set, "dataType").iter().any(|t| t.as_str().is_some_and(|t| t.ends_with("Split")));
    if splits && !data.is_empty() {
        enumerated(facts, path, &name, &data, told);
    }
}

/// No two rows have the same key. That ids are unique is looked at where rows are read.
fn unique(facts: &Facts, path: &str, name: &str, set: &Json, sources: &BTreeMap<String, Source>, told: &mut Told) {
    let keys: Vec<&str> = list(set, "key").into_iter().filter_map(|key| text(key, "@id").or(key.as_str())).collect();
    let field = |key: &&str| list(set, "field").into_iter().find(|field| id(field) == Some(*key));
    let column = |key: &&str| text(field(key)?.get("source")?.get("extract")?, "column");
    let Some(columns) = keys.iter().map(column).collect::<Option<Vec<&str>>>() else { return };
    if columns.is_empty() || columns.iter().any(|column| is_id(column)) {
        return;
    }
    let source = keys.first().and_then(field).and_then(|field| field.get("source"));
    let file =
        source.and_then(|s| s.get("fileObject").or(s.get("fileSet"))).and_then(|f| text(f, "@id").or(f.as_str()));
    let (mut seen, mut quiet) = (HashMap::new(), Told::default()); // what does not read was told when the table was read
    for file in file.and_then(|file| sources.get(file)).into_iter().flat_map(|source| &source.files) {
        let Some(kind) = facts.kinds.get(file).filter(|_| facts.tables.contains_key(file)) else { continue };
        read::table(facts.folder, file, *kind, &mut quiet, &mut |place, row, _| {
            let own: Vec<String> = columns.iter().map(|c| row.field(c).key_text().unwrap_or_default()).collect();
            let hash = cut_hash(own.join("\u{1}").as_bytes());
            if let Some(first) = seen.get(&hash) {
                let say = format!("is the key of {name} in {path}, and its value stands in {first}, too");
                told.fault("id.twice", file, place, columns.join(", "), say);
            } else if seen.len() < KEYS {
                seen.insert(hash, format!("{file}, {place}"));
            }
        });
    }
}

/// Keys that are compared at most.
const KEYS: usize = 2_000_000;

/// What a split is for, by its address in Croissant.
fn role(address: &str) -> Option<&'static str> {
    match address.rsplit([':', '/']).next() {
        Some("TrainingSplit") => Some("train"),
        Some("ValidationSplit") => Some("validation"),
        Some("TestSplit") => Some("test"),
        _ => None,
    }
}

/// The splits that are enumerated are those of the files.
fn enumerated(facts: &Facts, path: &str, name: &str, data: &[&Json], told: &mut Told) {
    let own = |row: &&&Json| {
        row.as_object()
            .and_then(|o| o.iter().find(|(k, _)| k.ends_with("/name")).or(o.iter().next()))
            .and_then(|(_, v)| v.as_str())
            .map(String::from)
    };
    let said: BTreeSet<String> = data.iter().filter_map(|r| own(&r)).map(|s| facts.splits.called(&s)).collect();
    for row in data {
        let role = row.as_object().into_iter().flatten().filter_map(|(_, v)| v.as_str()).find_map(role);
        if let (Some(split), Some(role)) = (own(&row), role)
            && usual(&split).is_some_and(|meant| meant != role)
        {
            let say = format!("says that the split `{split}` is for `{role}`");
            told.fault("document.splits", path, name, "data", say);
        }
    }
    let there: BTreeSet<String> =
        facts.tables.keys().filter_map(|t| facts.splits.of(t)).filter(|s| usual(s).is_some()).collect();
    for split in there.difference(&said) {
        told.fault(
            "document.splits",
            path,
            name,
            "data",
            format!("does not have the split `{split}`, of which there are files"),
        );
    }
    for split in said.difference(&there).filter(|_| !there.is_empty()) {
        told.fault(
            "document.splits",
            path,
            name,
            "data",
            format!("has the split `{split}`, of which there are no files"),
        );
    }
}

#[allow(clippy::too_many_arguments)]
fn one_field(
    facts: &Facts,
    path: &str,
    set: &str,
    field: &Json,
    sources: &BTreeMap<String, Source>,
    ids: &BTreeSet<String>,
    data: bool,
    told: &mut Told,
) {
    let name = id(field).unwrap_or("field").to_string();
    let subs = list(field, "subField");
    if !stands(field, "dataType") && subs.is_empty() {
        told.fault("document.missing", path, &name, "dataType", "is missing, and Croissant demands it");
    }
    for reference in list(field, "references") {
        let own = reference.get("field").or(Some(reference)).and_then(|f| text(f, "@id")).unwrap_or_default();
        if !ids.contains(own) {
            told.fault("document.reference", path, &name, "references", format!("`{own}` is no field"));
        }
    }
    let Some(source) = field.get("source") else {
        if !data && !stands(field, "value") && subs.is_empty() {
            told.fault("document.missing", path, &name, "source", "is missing, and Croissant demands it");
        }
        for sub in subs {
            one_field(facts, path, set, sub, sources, ids, data, told);
        }
        return;
    };
    let of = |key: &str| source.get(key).and_then(|f| text(f, "@id").or(f.as_str()));
    let Some(file) = of("fileObject").or_else(|| of("fileSet")) else {
        let known = of("recordSet").or_else(|| of("field")).is_some_and(|own| ids.contains(own));
        if !known {
            told.fault("document.reference", path, &name, "source", "names no file of the distribution");
        }
        return;
    };
    let Some(found) = sources.get(file) else {
        return told.fault(
            "document.reference",
            path,
            &name,
            "source",
            format!("`{file}` is no file of the distribution of {set}"),
        );
    };
    extracted(facts, path, &name, field, (source, found), told);
    for sub in subs {
        one_field(facts, path, set, sub, sources, ids, data, told);
    }
}

/// The column that a field is taken from is there, and holds what the field says.
fn extracted(facts: &Facts, path: &str, name: &str, field: &Json, (source, found): (&Json, &Source), told: &mut Told) {
    let subs = list(field, "subField");
    let extract = source.get("extract").cloned().unwrap_or_default();
    let Some(column) = text(&extract, "column") else { return };
    let mut column = column.to_string();
    if let Some(inner) = source.get("transform").and_then(|t| text(t, "jsonPath")) {
        column = format!("{column}.{inner}");
    }
    for (file, table) in found.files.iter().filter_map(|f| Some((f, facts.tables.get(f)?))).filter(|(_, t)| t.rows > 0)
    {
        let Some(ty) = within(table, &column) else {
            told.fault(
                "document.column",
                path,
                name,
                "source.extract.column",
                format!("`{column}` is no column of {file}"),
            );
            continue;
        };
        let types: Vec<&str> = list(field, "dataType").into_iter().filter_map(Json::as_str).collect();
        if let Some(say) = unlike(&types, ty, table.written) {
            told.fault("document.type", path, name, "dataType", format!("{say} in `{column}` of {file}"));
        }
        let listed = field.get("isArray").or_else(|| field.get("repeated")).and_then(Json::as_bool);
        if listed == Some(true) && !matches!(ty, Ty::List(_) | Ty::Null) {
            told.fault("document.type", path, name, "isArray", format!("`{column}` of {file} holds {}", ty.words()));
        } else if listed.is_none()
            && matches!(ty, Ty::List(_))
            && subs.is_empty()
            && !types.iter().any(|t| t.contains("BoundingBox"))
        {
            told.fault(
                "document.type",
                path,
                name,
                "isArray",
                format!("`{column}` of {file} holds {}, and the field is no array", ty.words()),
            );
        }
    }
}

/// A column, or a part of it: `objects.bbox`; JSON Path is read as far as it names parts.
fn within<'t>(table: &'t Table, column: &str) -> Option<&'t Ty> {
    if let Some(ty) = table.column(column) {
        return Some(ty);
    }
    let plain = column.replace("$.", "").replace("$", "").replace("[*]", "");
    let mut parts = plain.split('.').filter(|p| !p.is_empty());
    let mut ty = table.column(parts.next()?)?;
    for part in parts {
        let fields = match ty.item() {
            Ty::Struct(fields) => fields,
            // where all is null, nothing tells what it would be
            Ty::Null => return Some(ty),
            _ => return None,
        };
        ty = fields.iter().find(|(n, _)| n == part).map(|(_, ty)| ty)?;
    }
    Some(ty)
}

/// Why values are not of the types of a field.
fn unlike(types: &[&str], ty: &Ty, written: bool) -> Option<String> {
    let mut known = false;
    for own in types {
        let fits = match own.rsplit([':', '/']).next().unwrap_or_default() {
            "Text" | "URL" => written || matches!(ty.item(), Ty::Text | Ty::Null),
            "Integer" | "Int64" | "Int32" | "Int16" | "Int8" | "UInt8" | "UInt16" | "UInt32" | "UInt64" => {
                matches!(ty.item(), Ty::Int | Ty::Null)
            }
            "Float" | "Float64" | "Float32" | "Float16" | "Number" => {
                matches!(ty.item(), Ty::Float | Ty::Int | Ty::Null)
            }
            "Boolean" => matches!(ty.item(), Ty::Bool | Ty::Null) || (written && matches!(ty.item(), Ty::Int)),
            "Date" | "DateTime" => matches!(ty.item(), Ty::Text | Ty::Int | Ty::Null),
            "ImageObject" => matches!(ty.item(), Ty::Bytes | Ty::Text | Ty::Struct(_) | Ty::Null),
            _ => continue,
        };
        known = true;
        if fits {
            return None;
        }
    }
    known.then(|| format!("is {}, and there are {}", types.join(", "), ty.words()))
}
