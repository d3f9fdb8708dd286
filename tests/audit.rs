//! `tamis verify --audit`: releases with one fault each, whose sums and descriptions were mended behind it, so that nothing but
//! the content tells. Each must be refused at its file, row and field; what has no fault must pass.
use crate::harness::{example, png, tamis};
use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tamis::digest::{Digest, sha256};
use tempfile::TempDir;

pub fn foreign() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/foreign"), dir.path());
    dir
}

pub fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(|e| e.unwrap()) {
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

pub fn audited(dir: &Path) -> (i32, Json) {
    let (exit, out, err) = tamis(Path::new("/"), &["verify", dir.to_str().unwrap(), "--audit", "--json"]);
    let json = serde_json::from_str(&out).unwrap_or_else(|e| panic!("{e}: {out}{err}"));
    (exit, json)
}

pub fn lines(report: &Json) -> Vec<String> {
    let part = |f: &Json, k: &str| f[k].as_str().unwrap_or_default().to_string();
    let fault = |f: &Json| ["file", "row", "field", "rule", "say"].map(|k| part(f, k)).join(" | ");
    report["faults"].as_array().unwrap().iter().map(fault).collect()
}

pub fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(dir: &Path, root: &Path, out: &mut BTreeMap<String, Vec<u8>>) {
        for path in fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            match path.is_dir() {
                true => walk(&path, root, out),
                false => drop(
                    out.insert(path.strip_prefix(root).unwrap().to_str().unwrap().into(), fs::read(&path).unwrap()),
                ),
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(dir, dir, &mut out);
    out
}

/// Writes the sums and sizes that documents and lists tell of changed files anew, as who made the fault would have.
pub fn mend(dir: &Path, before: &BTreeMap<String, Vec<u8>>) {
    let mut known = before.clone();
    for _ in 0..4 {
        let now = files(dir);
        let changed: Vec<(String, Vec<u8>, Vec<u8>)> = now
            .iter()
            .filter_map(|(p, b)| Some((p.clone(), known.get(p)?.clone(), b.clone())).filter(|(_, a, b)| a != b))
            .collect();
        for (document, bytes) in now.iter().filter(|(p, _)| p.ends_with(".json") && !p.contains('/')) {
            let mut json: Json = serde_json::from_slice(bytes).unwrap();
            let own = changed.iter().filter(|(p, ..)| p != document);
            own.for_each(|(path, old, new)| retell(&mut json, path, old, new));
            fs::write(dir.join(document), serde_json::to_vec_pretty(&json).unwrap()).unwrap();
        }
        known = now;
        // what was written in another layout alone is no change
        for (path, bytes) in files(dir) {
            known.entry(path).or_insert(bytes);
        }
    }
    reseal(dir);
}

fn retell(json: &mut Json, path: &str, old: &[u8], new: &[u8]) {
    let sum = sha256(old);
    match json {
        Json::Object(fields) => {
            let names =
                ["contentUrl", "@id", "path"].iter().any(|k| fields.get(*k).and_then(Json::as_str) == Some(path));
            if names {
                fields.entry("contentSize").and_modify(|v| {
                    let unit = if v.as_str().is_some_and(|t| t.ends_with(" B")) { " B" } else { "" };
                    *v = json!(format!("{}{unit}", new.len()));
                });
                fields.entry("bytes").and_modify(|v| *v = json!(new.len()));
            }
            fields.values_mut().for_each(|v| retell(v, path, old, new));
        }
        Json::Array(items) => items.iter_mut().for_each(|v| retell(v, path, old, new)),
        Json::String(text) if text.contains(&sum) => *text = text.replace(&sum, &sha256(new)),
        _ => {}
    }
}

/// The lists of sums, as the files give them: B3SUMS names all files but the lists, and SHA256SUMS that one, too.
fn reseal(dir: &Path) {
    let list = |leaves: &[&str], sum: &dyn Fn(&[u8]) -> String| -> String {
        let all = files(dir).into_iter().filter(|(path, _)| !leaves.contains(&path.as_str()));
        all.map(|(path, bytes)| format!("{}  {path}\n", sum(&bytes))).collect()
    };
    if dir.join("B3SUMS").is_file() {
        let text = list(&["B3SUMS", "SHA256SUMS", "SHA256SUMS.minisig"], &|b| Digest::of(b).hex());
        fs::write(dir.join("B3SUMS"), text).unwrap();
    }
    if dir.join("SHA256SUMS").is_file() {
        fs::write(dir.join("SHA256SUMS"), list(&["SHA256SUMS", "SHA256SUMS.minisig"], &|b| sha256(b))).unwrap();
    }
}

/// A change, and what of the fault must be told: parts of file, row, field and rule.
pub type Mutant = (&'static str, [&'static str; 4], Box<dyn Fn(&Path)>);

pub fn mutant(name: &'static str, want: [&'static str; 4], change: impl Fn(&Path) + 'static) -> Mutant {
    (name, want, Box::new(change))
}

pub fn edit(file: &'static str, change: impl Fn(&mut Json) + 'static) -> impl Fn(&Path) {
    move |dir| {
        let mut json: Json = serde_json::from_slice(&fs::read(dir.join(file)).unwrap()).unwrap();
        change(&mut json);
        fs::write(dir.join(file), serde_json::to_vec_pretty(&json).unwrap()).unwrap();
    }
}

pub fn sub(file: &'static str, from: &'static str, to: &'static str) -> impl Fn(&Path) {
    move |dir| {
        let text = fs::read_to_string(dir.join(file)).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(dir.join(file), text.replacen(from, to, 1)).unwrap();
    }
}

// ---- sentences in Parquet --------------------------------------------------------------------------------------------

pub type Row = (String, Vec<String>, Vec<i64>, String);

fn ner(split: &str) -> PathBuf {
    PathBuf::from(format!("data/ner/{split}-00000-of-00001.parquet"))
}

fn read_rows(path: &Path) -> Vec<Row> {
    let file = fs::File::open(path).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut out = Vec::new();
    for batch in reader.map(|b| b.unwrap()) {
        let text = |n: usize, row: usize| batch.column(n).as_string::<i32>().value(row).to_string();
        for row in 0..batch.num_rows() {
            let tokens = batch.column(1).as_list::<i32>().value(row);
            let tags = batch.column(2).as_list::<i32>().value(row);
            let tokens = tokens.as_string::<i32>().iter().map(|t| t.unwrap().to_string()).collect();
            out.push((text(0, row), tokens, tags.as_primitive::<Int64Type>().values().to_vec(), text(3, row)));
        }
    }
    out
}

fn write_rows(path: &Path, rows: &[Row]) {
    let (mut tokens, mut tags) = (ListBuilder::new(StringBuilder::new()), ListBuilder::new(Int64Builder::new()));
    for row in rows {
        row.1.iter().for_each(|t| tokens.values().append_value(t));
        tokens.append(true);
        row.2.iter().for_each(|t| tags.values().append_value(*t));
        tags.append(true);
    }
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("id", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| &r.0)))),
        ("tokens", Arc::new(tokens.finish())),
        ("ner_tags", Arc::new(tags.finish())),
        ("lang", Arc::new(StringArray::from_iter_values(rows.iter().map(|r| &r.3)))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer =
        parquet::arrow::ArrowWriter::try_new(fs::File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

pub fn rows(split: &'static str, change: impl Fn(&mut Vec<Row>) + 'static) -> impl Fn(&Path) {
    move |dir| {
        let path = dir.join(ner(split));
        let mut rows = read_rows(&path);
        change(&mut rows);
        write_rows(&path, &rows);
        // the card counts what was put there
        let card = dir.join("README.md");
        let text = fs::read_to_string(&card).unwrap();
        let line = |n: usize| format!("  - name: {split}\n    num_examples: {n}\n");
        let first = read_rows(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/foreign").join(ner(split))).len();
        fs::write(card, text.replacen(&line(first), &line(rows.len()), 1)).unwrap();
    }
}

pub fn refused(base: &dyn Fn() -> TempDir, mutants: Vec<Mutant>) {
    let mut wrong = Vec::new();
    for (name, want, change) in mutants {
        let dir = base();
        let before = files(dir.path());
        change(dir.path());
        mend(dir.path(), &before);
        let (exit, report) = audited(dir.path());
        let told = lines(&report);
        let fits = |line: &&String| {
            let parts: Vec<&str> = line.split(" | ").collect();
            want.iter().zip(&parts).all(|(w, p)| p.contains(w))
        };
        if exit != 1 || !told.iter().any(|l| fits(&l)) {
            wrong.push(format!("{name}: exit {exit}, want {want:?}, told {told:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_release_of_other_tools_without_a_fault_passes() {
    let dir = foreign();
    let (exit, report) = audited(dir.path());
    assert_eq!((exit, lines(&report)), (0, Vec::<String>::new()));
    assert_eq!((report["files"].as_u64(), report["samples"].as_u64()), (Some(31), Some(11)), "{report}");
    let rows: u64 = report["rows"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(rows, 31, "five pictures in five formats, and six sentences");
}

#[test]
fn faults_of_sentences_are_refused() {
    let parquet = "data/ner/train";
    let leak = |dir: &Path| {
        let row = read_rows(&dir.join(ner("train")))[0].clone();
        rows("test", move |all| all.push(("s9001".into(), row.1.clone(), row.2.clone(), row.3.clone())))(dir);
    };
    let near = |dir: &Path| {
        let row = read_rows(&dir.join(ner("train")))[1].clone();
        let tokens: Vec<String> =
            row.1.iter().enumerate().map(|(n, t)| if n == 0 { t.to_uppercase() } else { t.clone() }).collect();
        rows("test", move |all| all.push(("s9002".into(), tokens.clone(), row.2.clone(), row.3.clone())))(dir);
    };
    let word = |text: &'static str| rows("train", move |all| all[0].1[3] = text.into());
    let tags = |own: &'static [i64]| rows("train", move |all| all[0].2 = own.to_vec());
    refused(
        &foreign,
        vec![
            mutant(
                "tags-vs-tokens",
                [parquet, "row 1", "ner_tags", "label.lengths"],
                rows("train", |all| drop(all[0].1.pop())),
            ),
            mutant("tag-out-of-range", [parquet, "row 1", "ner_tags[2]", "label.class_number"], tags(&[1, 0, 9, 0, 0])),
            mutant("tag-sequence", [parquet, "row 1", "ner_tags[1]", "label.tag_sequence"], tags(&[0, 2, 0, 0, 0])),
            mutant(
                "id-repeated",
                [parquet, "row 2", "id", "id.twice"],
                rows("train", |all| all[1].0 = all[0].0.clone()),
            ),
            mutant(
                "id-in-two-splits",
                ["data/ner/", "row", "id", "split.id"],
                rows("test", |all| all[0].0 = "s0000".into()),
            ),
            mutant("row-in-two-splits", ["data/ner/", "row", "", "split.leak"], leak),
            mutant("near-row-in-two-splits", ["data/ner/", "row", "", "split.leak"], near),
            mutant(
                "class-only-in-test",
                ["data/ner/", "row", "entities", "split.class"],
                rows("train", |all| {
                    all.iter_mut().for_each(|r| r.2.iter_mut().for_each(|t| *t = if *t > 2 { 0 } else { *t }));
                }),
            ),
            mutant("email", [parquet, "row 1", "tokens", "privacy"], word("hong@example.com")),
            mutant("resident-number", [parquet, "row 1", "tokens", "privacy"], word("900101-1234568")),
            mutant("card-number", [parquet, "row 1", "tokens", "privacy"], word("4111 1111 1111 1111")),
            mutant("token-empty", [parquet, "row 1", "tokens[3]", "label.token_empty"], word("")),
        ],
    );
}

#[test]
fn faults_of_pictures_are_refused() {
    const TRAIN: &str = "annotations/instances_train.json";
    let boxed = |own: [f64; 4]| edit(TRAIN, move |o| o["annotations"][0]["bbox"] = json!(own));
    let leak = |dir: &Path| {
        let test = dir.join("data/detection/test");
        fs::copy(dir.join("data/detection/train/img-0001.png"), test.join("img-0099.png")).unwrap();
        let line = "{\"file_name\": \"img-0099.png\", \"image_id\": 99, \"width\": 16, \"height\": 12, \"objects\": {\"id\": [99], \"bbox\": [[1, 1, 4, 4]], \"category\": [0], \"area\": [16.0]}}\n";
        let list = test.join("metadata.jsonl");
        fs::write(&list, fs::read_to_string(&list).unwrap() + line).unwrap();
    };
    let retar = |dir: &Path| {
        let path = dir.join("shards/train-000000.tar");
        let mut bytes = fs::read(&path).unwrap();
        bytes[136..147].copy_from_slice(b"14524752052");
        bytes[148..156].copy_from_slice(b"        ");
        let sum: u32 = bytes[..512].iter().map(|b| u32::from(*b)).sum();
        bytes[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        fs::write(path, bytes).unwrap();
    };
    let cut = |dir: &Path| {
        let path = dir.join("shards/train-000000.tar");
        fs::write(&path, &fs::read(&path).unwrap()[..700]).unwrap();
    };
    let nfd = |dir: &Path| {
        let folder = dir.join("data/detection/train");
        let name = "\u{1100}\u{1169}\u{110b}\u{1163}\u{11bc}\u{110b}\u{1175}-0003.png";
        fs::rename(folder.join("고양이-0003.png"), folder.join(name)).unwrap();
    };
    let lose = |dir: &Path| fs::remove_file(dir.join("data/detection/train/img-0002.png")).unwrap();
    let break_picture =
        |dir: &Path| fs::write(dir.join("data/detection/train/img-0002.png"), b"<html>404</html>").unwrap();
    refused(
        &foreign,
        vec![
            mutant(
                "coco-vs-images",
                ["instances_train", "", "", "formats.missing"],
                edit(TRAIN, |o| drop(o["images"].as_array_mut().unwrap().pop())),
            ),
            mutant(
                "box-outside",
                ["instances_train", "annotations[0]", "bbox", "label.box_outside"],
                boxed([14.0, 2.0, 5.0, 4.0]),
            ),
            mutant(
                "box-empty",
                ["instances_train", "annotations[0]", "bbox", "label.box_empty"],
                boxed([2.0, 2.0, 0.0, 4.0]),
            ),
            mutant("box-elsewhere", ["", "", "boxes", "formats.boxes"], boxed([6.0, 6.0, 5.0, 4.0])),
            mutant(
                "orphan-annotation",
                ["instances_train", "annotations[0]", "image_id", "coco"],
                edit(TRAIN, |o| o["annotations"][0]["image_id"] = json!(999)),
            ),
            mutant(
                "unknown-category",
                ["instances_train", "annotations[0]", "category_id", "label.class_unknown"],
                edit(TRAIN, |o| o["annotations"][0]["category_id"] = json!(77)),
            ),
            mutant(
                "image-size",
                ["instances_train", "images[0]", "width", "picture.size"],
                edit(TRAIN, |o| o["images"][0]["width"] = json!(99)),
            ),
            mutant(
                "image-id-twice",
                ["instances_train", "images[1]", "id", "coco"],
                edit(TRAIN, |o| o["images"][1]["id"] = o["images"][0]["id"].clone()),
            ),
            mutant(
                "crowd-of-seven",
                ["instances_train", "annotations[0]", "iscrowd", "coco"],
                edit(TRAIN, |o| o["annotations"][0]["iscrowd"] = json!(7)),
            ),
            mutant(
                "no-box-beside-others",
                ["instances_train", "annotations[0]", "bbox", "label.box_missing"],
                edit(TRAIN, |o| drop(o["annotations"][0].as_object_mut().unwrap().remove("bbox"))),
            ),
            mutant(
                "mask-of-another-image",
                ["instances_train", "annotations[0]", "segmentation.size", "label.mask"],
                edit(TRAIN, |o| o["annotations"][0]["segmentation"] = json!({ "size": [1, 2], "counts": [2] })),
            ),
            mutant(
                "mask-that-does-not-add-up",
                ["instances_train", "annotations[0]", "segmentation.counts", "label.mask"],
                edit(TRAIN, |o| {
                    let image =
                        o["images"].as_array().unwrap().iter().find(|i| i["id"] == o["annotations"][0]["image_id"]);
                    let size = json!([image.unwrap()["height"], image.unwrap()["width"]]);
                    o["annotations"][0]["segmentation"] = json!({ "size": size, "counts": [1, 2] });
                }),
            ),
            mutant(
                "class-name-unknown",
                ["boxes.csv", "line 3", "class", "label.class_unknown"],
                sub("boxes.csv", ",bicycle,", ",bike,"),
            ),
            mutant(
                "csv-split",
                ["boxes.csv", "line 2", "split", "table.value"],
                sub("boxes.csv", ",train,person,", ",training,person,"),
            ),
            mutant("image-in-two-splits", ["data/detection/test", "line 2", "picture", "split.picture"], leak),
            mutant(
                "image-lost",
                ["data/detection/train/metadata.jsonl", "line 2", "file_name", "picture.missing"],
                lose,
            ),
            mutant("image-broken", ["img-0002.png", "", "", "picture.broken"], break_picture),
            mutant("tar-not-reproducible", ["train-000000.tar", "", "", "archive.unrepeatable"], retar),
            mutant("shard-cut", ["train-000000.tar", "", "", "archive.broken"], cut),
            mutant("file-name-nfd", ["-0003.png", "", "name", "names.composed"], nfd),
            mutant(
                "metadata-size",
                ["metadata.jsonl", "line 1", "width", "picture.size"],
                sub("data/detection/train/metadata.jsonl", "\"width\": 16", "\"width\": 17"),
            ),
            mutant(
                "metadata-class",
                ["metadata.jsonl", "line 1", "objects.category", "label.class_number"],
                sub("data/detection/train/metadata.jsonl", "\"category\": [0]", "\"category\": [7]"),
            ),
        ],
    );
}

#[test]
fn faults_of_documents_are_refused() {
    let entities =
        |o: &mut Json, change: &dyn Fn(&mut Json)| o["@graph"].as_array_mut().unwrap().iter_mut().for_each(change);
    let crated = move |change: fn(&mut Json)| edit("ro-crate-metadata.json", move |o| entities(o, &change));
    let spdx = move |change: fn(&mut Json)| edit("spdx.json", move |o| entities(o, &change));
    let zero = || json!("0".repeat(64));
    let croissant = |key: &'static str| edit("croissant.json", move |o| drop(o.as_object_mut().unwrap().remove(key)));
    refused(
        &foreign,
        vec![
            mutant(
                "croissant-hash",
                ["croissant.json", "distribution[0]", "sha256", "document.sum"],
                edit("croissant.json", move |o| o["distribution"][0]["sha256"] = zero()),
            ),
            mutant(
                "croissant-no-hash",
                ["croissant.json", "distribution[0]", "sha256", "document.missing"],
                edit("croissant.json", |o| drop(o["distribution"][0].as_object_mut().unwrap().remove("sha256"))),
            ),
            mutant("croissant-no-license", ["croissant.json", "", "license", "document.missing"], croissant("license")),
            mutant("croissant-no-creator", ["croissant.json", "", "creator", "document.missing"], croissant("creator")),
            mutant(
                "croissant-column",
                ["croissant.json", "ner_train/tokens", "column", "document.column"],
                edit("croissant.json", |o| {
                    o["recordSet"][1]["field"][1]["source"]["extract"]["column"] = json!("words")
                }),
            ),
            mutant(
                "croissant-type",
                ["croissant.json", "ner_train/lang", "dataType", "document.type"],
                edit("croissant.json", |o| o["recordSet"][1]["field"][3]["dataType"] = json!("sc:Integer")),
            ),
            mutant(
                "croissant-source",
                ["croissant.json", "ner_train/lang", "source", "document.reference"],
                edit("croissant.json", |o| {
                    o["recordSet"][1]["field"][3]["source"]["fileObject"]["@id"] = json!("nowhere")
                }),
            ),
            mutant(
                "croissant-splits",
                ["croissant.json", "splits", "data", "document.splits"],
                edit("croissant.json", |o| drop(o["recordSet"][0]["data"].as_array_mut().unwrap().pop())),
            ),
            mutant(
                "card-no-license",
                ["README.md", "", "license", "document.missing"],
                sub("README.md", "license: cc-by-4.0\n", ""),
            ),
            mutant(
                "card-count",
                ["README.md", "dataset_info.ner", "num_examples", "document.count"],
                sub("README.md", "num_examples: 3", "num_examples: 4"),
            ),
            mutant(
                "card-path",
                ["README.md", "configs[0]", "data_files.test", "document.path"],
                sub("README.md", "data/ner/test-*", "data/ner/holdout-*"),
            ),
            mutant(
                "card-feature",
                ["README.md", "dataset_info.ner", "lang", "document.column"],
                sub("README.md", "- name: lang\n", "- name: language\n"),
            ),
            mutant(
                "card-size",
                ["README.md", "", "size_categories", "document.count"],
                sub("README.md", "n<1K", "1M<n<10M"),
            ),
            mutant(
                "datapackage-no-name",
                ["datapackage.json", "resources[0]", "name", "document.missing"],
                edit("datapackage.json", |o| drop(o["resources"][0].as_object_mut().unwrap().remove("name"))),
            ),
            mutant(
                "datapackage-hash",
                ["datapackage.json", "resources[1]", "hash", "document.sum"],
                edit("datapackage.json", |o| o["resources"][1]["hash"] = json!(format!("sha256:{}", "0".repeat(64)))),
            ),
            mutant(
                "crate-no-date",
                ["ro-crate", "./", "datePublished", "document.missing"],
                crated(|e| {
                    if e["@id"] == "./" {
                        drop(e.as_object_mut().unwrap().remove("datePublished"));
                    }
                }),
            ),
            mutant(
                "crate-hash",
                ["ro-crate", "boxes.csv", "sha256", "document.sum"],
                crated(|e| {
                    if e["@id"] == "boxes.csv" {
                        e["sha256"] = json!("0".repeat(64));
                    }
                }),
            ),
            mutant(
                "datacite-type",
                ["datacite.json", "types", "resourceTypeGeneral", "document.value"],
                edit("datacite.json", |o| o["types"]["resourceTypeGeneral"] = json!("Datasets")),
            ),
            mutant(
                "cff-no-title",
                ["CITATION.cff", "", "title", "document.missing"],
                sub("CITATION.cff", "title: tamis mini\n", ""),
            ),
            mutant(
                "spdx-no-type",
                ["spdx.json", "pkg", "dataset_datasetType", "document.missing"],
                spdx(|e| drop(e.as_object_mut().unwrap().remove("dataset_datasetType"))),
            ),
            mutant(
                "spdx-no-licence",
                ["spdx.json", "pkg", "hasConcludedLicense", "document.missing"],
                spdx(|e| {
                    if e["relationshipType"] == "hasConcludedLicense" {
                        e["relationshipType"] = json!("other");
                    }
                }),
            ),
            mutant(
                "provenance-no-type",
                ["provenance", "", "predicateType", "document.missing"],
                edit("provenance.intoto.json", |o| drop(o.as_object_mut().unwrap().remove("predicateType"))),
            ),
            mutant(
                "provenance-file",
                ["provenance", "subject[0]", "digest.sha256", "document.sum"],
                edit("provenance.intoto.json", |o| o["subject"][0]["digest"]["sha256"] = json!("0".repeat(64))),
            ),
            mutant(
                "licences",
                ["croissant.json", "", "license", "documents.disagree"],
                edit("croissant.json", |o| o["license"] = json!("https://creativecommons.org/publicdomain/zero/1.0/")),
            ),
            mutant(
                "versions",
                ["datapackage.json", "", "version", "documents.disagree"],
                edit("datapackage.json", |o| o["version"] = json!("2.0.0")),
            ),
            mutant(
                "dates",
                ["CITATION.cff", "", "date-released", "documents.disagree"],
                sub("CITATION.cff", "2023-11-14", "2022-11-14"),
            ),
            mutant(
                "creators",
                ["datacite.json", "", "creators", "documents.disagree"],
                edit("datacite.json", |o| o["creators"][0]["name"] = json!("Another Lab")),
            ),
        ],
    );
}

#[test]
fn sums_that_do_not_fit_are_refused() {
    for (change, rule) in [
        (
            Box::new(|dir: &Path| fs::write(dir.join("data/extra.bin"), b"x").unwrap()) as Box<dyn Fn(&Path)>,
            "sums.unlisted",
        ),
        (Box::new(|dir: &Path| fs::remove_file(dir.join("boxes.csv")).unwrap()), "sums.missing"),
        (Box::new(|dir: &Path| fs::write(dir.join("LICENSE"), b"CC-BY-4.0\n").unwrap()), "sums.different"),
    ] {
        let dir = foreign();
        change(dir.path());
        let (exit, report) = audited(dir.path());
        assert!(exit == 1 && lines(&report).iter().any(|l| l.contains(rule)), "{rule}: {:#?}", lines(&report));
    }
}

// ---- releases of tamis -----------------------------------------------------------------------------------------------

pub fn release(name: &str, of: &str) -> TempDir {
    let dir = example(name);
    let (exit, out, err) = tamis(dir.path(), &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    let own = tempfile::tempdir().unwrap();
    copy(&dir.path().join("out").join(of), own.path());
    own
}

#[test]
fn releases_of_the_examples_pass() {
    let of = [
        ("detection", "public"),
        ("detection", "yolo"),
        ("classification", "public"),
        ("chat", "public"),
        ("chat", "preference"),
        ("similarity", "public"),
        ("hospital", "public"),
        ("transcription", "public"),
    ];
    let mut wrong = Vec::new();
    for (name, release_of) in of {
        let dir = release(name, release_of);
        let (exit, report) = audited(dir.path());
        if exit != 0 {
            wrong.push(format!("{name} {release_of}: {:#?} {}", lines(&report), report["differences"]));
        }
        // a sample is counted once, in however many formats it is
        if ["chat", "similarity", "hospital"].contains(&name) {
            let page: Json = serde_json::from_slice(&fs::read(dir.path().join("release.json")).unwrap()).unwrap();
            let splits = page["splits"].as_object().unwrap().values();
            let released: u64 = splits.map(|split| split["rows"].as_u64().unwrap()).sum();
            assert!(released > 0 && report["samples"] == released, "{name} {}: {released}", report["samples"]);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Pictures with a task that each kind of shape answers, released in every format that can hold it.
const SHAPES: &str = r#"
tamis = "0.1"
[dataset]
name = "shapes"
version = "1.0.0"
license = "CC0-1.0"
description = "Shapes of every kind."
url = "https://example.org/shapes"
date = "2026-01-31"
creators = [{ name = "Ann" }]
[collect.c]
direct = { images = ["raw/*.png"], files = ["raw/a.json"], format = "coco" }
id = "stem"
license = "CC0-1.0"
[preprocess]
[label.o]
task = "TASK"
classes = ["cat", "dog"]
from.c = { column = "COLUMN" }
EXTRA
[split]
ratios = { train = 0.5, test = 0.5 }
[release.all]
formats = ["image_folder", "parquet", "jsonl", "csv", "arrow", "webdataset", FORMATS]
columns = ["id", "image", "width", "height", "label.o", "split"]
max_losses = 8
[release.loose]
formats = ["image_folder"]
columns = ["id", "image", "label.o", "split"]
[release.lines]
formats = ["jsonl", "coco"]
columns = ["id", "image", "label.o", "split"]
[release.nameless]
formats = ["csv", "jsonl"]
columns = ["image", "label.o", "split"]
"#;

/// Annotations of each picture: a box with its outline (or a mask of its own runs) and three points.
fn shapes(pictures: usize, masks: bool) -> Json {
    let annotation = |n: usize, k: usize| {
        let (x, y) = (k * 3, k * 2);
        let outline = json!([[x, y, x + 3, y, x + 3, y + 3, x, y + 3]]);
        let runs = json!({ "size": [8, 8], "counts": [x * 8 + y, 3, 64 - x * 8 - y - 3] });
        json!({
            "id": n * 2 + k + 1, "image_id": n + 1, "category_id": 1 + k, "iscrowd": 0, "area": 9,
            "bbox": if masks { json!([x, y, 1, 3]) } else { json!([x, y, 3, 3]) },
            "segmentation": if masks { runs } else { outline },
            "keypoints": [x, y, 2, x + 2, y + 2, 1, 0, 0, 0], "num_keypoints": 2,
        })
    };
    let category = |(n, name): (usize, &&str)| json!({ "id": n + 1, "name": name, "keypoints": ["a", "b", "c"] });
    let image = |n: usize| json!({ "id": n + 1, "file_name": format!("p{n}.png"), "width": 8, "height": 8 });
    let categories: Vec<Json> = ["cat", "dog"].iter().enumerate().map(category).collect();
    json!({
        "images": (0..pictures).map(image).collect::<Vec<_>>(),
        "annotations": (0..pictures).flat_map(|n| [annotation(n, 0), annotation(n, 1)]).collect::<Vec<_>>(),
        "categories": categories,
    })
}

/// A project of pictures with such a task, built.
fn shaped([task, column, extra, formats]: [&str; 4]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(dir.path().join("raw")).unwrap();
    (0..8).for_each(|n| fs::write(dir.path().join(format!("raw/p{n}.png")), png(4 + n as u8 * 30)).unwrap());
    fs::write(dir.path().join("raw/a.json"), shapes(8, task == "masks").to_string()).unwrap();
    let parts = [("TASK", task), ("COLUMN", column), ("EXTRA", extra), ("FORMATS", formats)];
    let manifest = parts.iter().fold(SHAPES.to_string(), |m, (key, value)| m.replace(key, value));
    fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
    let (exit, out, err) = tamis(dir.path(), &["build"]);
    assert_eq!(exit, 0, "{task}: {out}{err}");
    dir
}

#[test]
fn releases_of_every_kind_of_shape_pass() {
    let kinds = [
        ["object_detection", "objects", "", "'coco', 'yolo', 'voc', 'labelme', 'cvat', 'aihub'"],
        ["instance_segmentation", "objects.polygons", "", "'coco', 'yolo', 'labelme', 'cvat', 'aihub'"],
        ["masks", "objects.masks", "", "'coco', 'cvat', 'aihub'"],
        ["keypoints", "objects.keypoints", "keypoints = { names = ['a', 'b', 'c'] }", "'coco', 'yolo', 'aihub'"],
    ];
    let mut wrong = Vec::new();
    for kind in kinds {
        let dir = shaped(kind);
        for name in ["all", "loose", "lines", "nameless"] {
            let (exit, report) = audited(&dir.path().join("out").join(name));
            if exit != 0 {
                wrong.push(format!("{kind:?} {name}: {:#?} {}", lines(&report), report["differences"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands as JSON in cells of CSV, and what is said of pictures that a row names by their digest.
#[test]
fn faults_of_shapes_in_tables_are_refused() {
    let of = shaped(["object_detection", "objects", "", "'coco'"]);
    let base = move || {
        let dir = tempfile::tempdir().unwrap();
        copy(&of.path().join("out/all"), dir.path());
        dir
    };
    const CSV: &str = "csv/train-00000.csv";
    const LINES: &str = "jsonl/train-00000.jsonl";
    refused(
        &base,
        vec![
            mutant("csv-box", [CSV, "line 2", "boxes", "formats.boxes"], sub(CSV, "\"\"x1\"\":0.0", "\"\"x1\"\":2.0")),
            mutant(
                "csv-class",
                [CSV, "line 2", "label_o[0]", "label.class_unknown"],
                sub(CSV, "\"\"class\"\":\"\"cat\"\"", "\"\"class\"\":\"\"kat\"\""),
            ),
            mutant(
                "lines-width",
                [LINES, "line 1", "width, height", "picture.size"],
                sub(LINES, "\"width\": 8", "\"width\": 9"),
            ),
        ],
    );
}

/// The sentences of the example lie in several splits in nearly the same words, and nothing in its manifest asks otherwise:
/// the audit says so, and nothing else.
#[test]
fn near_duplicates_of_an_example_are_found() {
    let (exit, report) = audited(release("ner", "public").path());
    let told = lines(&report);
    assert!(exit == 1 && !told.is_empty() && told.iter().all(|l| l.contains("split.near")), "{told:#?}");
}

/// The first line of a file, changed as JSON.
pub fn line(file: &'static str, change: impl Fn(&mut Json) + 'static) -> impl Fn(&Path) {
    move |dir| {
        let text = fs::read_to_string(dir.join(file)).unwrap();
        let (first, rest) = text.split_once('\n').unwrap();
        let mut json: Json = serde_json::from_str(first).unwrap();
        change(&mut json);
        fs::write(dir.join(file), format!("{json}\n{rest}")).unwrap();
    }
}

#[test]
fn faults_in_releases_of_tamis_are_refused() {
    let ner = release("ner", "public");
    let base = move || {
        let dir = tempfile::tempdir().unwrap();
        copy(ner.path(), dir.path());
        dir
    };
    const LINES: &str = "jsonl/train-00000.jsonl";
    refused(
        &base,
        vec![
            mutant(
                "span-outside",
                [LINES, "line 1", "label_ner", "label.span_outside"],
                line(LINES, |o| o["label_ner"] = json!([{"class": "PS", "start": 5000, "end": 5003}])),
            ),
            mutant(
                "span-empty",
                [LINES, "line 1", "label_ner", "label.span_empty"],
                line(LINES, |o| o["label_ner"] = json!([{"class": "PS", "start": 3, "end": 3}])),
            ),
            mutant(
                "span-class",
                [LINES, "line 1", "label_ner", "label.class_unknown"],
                line(LINES, |o| o["label_ner"] = json!([{"class": "NOBODY", "start": 0, "end": 1}])),
            ),
            mutant(
                "span-elsewhere",
                ["", "", "entities", "formats.entities"],
                line(LINES, |o| o["label_ner"] = json!([{"class": "PS", "start": 0, "end": 1}])),
            ),
            mutant(
                "text-changed",
                ["", "", "text", "formats.text"],
                line(LINES, |o| {
                    o["text"] = json!(format!("{} x", o["text"].as_str().unwrap()));
                }),
            ),
            mutant(
                "email",
                [LINES, "line 1", "text", "privacy"],
                line(LINES, |o| {
                    o["text"] = json!(format!("{} hong@corp.co.kr", o["text"].as_str().unwrap()));
                }),
            ),
            mutant("conll-tag", ["conll/train.conll", "line", "tags[0]", "label.tag_sequence"], |dir: &Path| {
                let path = dir.join("conll/train.conll");
                let text = fs::read_to_string(&path).unwrap();
                let at = text.find('\t').unwrap();
                let end = text[at..].find('\n').unwrap() + at;
                fs::write(&path, format!("{}\tI-PS{}", &text[..at], &text[end..])).unwrap();
            }),
            mutant("row-gone", ["", "", "", "formats.missing"], |dir: &Path| {
                let path = dir.join(LINES);
                let text = fs::read_to_string(&path).unwrap();
                fs::write(&path, text.split_once('\n').unwrap().1).unwrap();
            }),
            mutant(
                "version",
                ["", "", "version", "documents.disagree"],
                edit("release.json", |o| o["version"] = json!("9.9.9")),
            ),
            mutant(
                "licence",
                ["", "", "license", "documents.disagree"],
                edit("release.json", |o| o["license"] = json!("MIT")),
            ),
        ],
    );
}

#[test]
fn hostile_folders_end() {
    let dir = foreign();
    let deep = "[".repeat(200_000);
    fs::write(dir.path().join("croissant.json"), &deep).unwrap();
    fs::write(dir.path().join("README.md"), format!("---\na: {deep}\n---\n")).unwrap();
    fs::write(dir.path().join("more.jsonl"), deep.as_bytes()).unwrap();
    fs::write(dir.path().join("x.parquet"), b"PAR1\xff\xff\xff\x7fPAR1").unwrap();
    fs::write(dir.path().join("annotations/instances_more.json"), b"{\"images\": 3}").unwrap();
    fs::write(dir.path().join("SHA256SUMS"), "../../etc/passwd\n".repeat(1000)).unwrap();
    let (exit, report) = audited(dir.path());
    let told = lines(&report).join("\n");
    assert_eq!(exit, 1);
    for file in ["croissant.json", "README.md", "more.jsonl", "x.parquet", "instances_more.json", "SHA256SUMS"] {
        assert!(told.contains(file), "{file}: {told}");
    }
    let empty = tempfile::tempdir().unwrap();
    let (exit, _, err) = tamis(Path::new("/"), &["verify", empty.path().to_str().unwrap(), "--audit"]);
    assert!(exit == 1 && err.contains("nothing was audited"), "{err}");
}
