//! More releases with one fault each: what only a comparison of two formats, or of two documents, can tell.
use crate::audit::{Row, audited, copy, edit, foreign, line, lines, mutant, refused, release, rows, sub};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const TRAIN: &str = "annotations/instances_train.json";
const META: &str = "data/detection/train/metadata.jsonl";
const CSV: &str = "boxes.csv";

/// Every line of a file, changed as JSON.
fn each_line(file: &'static str, change: impl Fn(usize, &mut Json) + 'static) -> impl Fn(&Path) {
    move |dir| {
        let text = fs::read_to_string(dir.join(file)).unwrap();
        let changed = text.lines().enumerate().map(|(n, line)| {
            let mut json: Json = serde_json::from_str(line).unwrap();
            change(n, &mut json);
            format!("{json}\n")
        });
        fs::write(dir.join(file), changed.collect::<String>()).unwrap();
    }
}

/// Each entity of a graph, changed.
fn entities(file: &'static str, change: impl Fn(&mut Json) + 'static) -> impl Fn(&Path) {
    edit(file, move |o| o["@graph"].as_array_mut().unwrap().iter_mut().for_each(&change))
}

/// The members of an archive written anew, without one or with another text.
fn archive(change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>> + 'static) -> impl Fn(&Path) {
    move |dir| {
        let path = dir.join("shards/train-000000.tar");
        let bytes = fs::read(&path).unwrap();
        let (mut out, mut at) = (Vec::new(), 0);
        while bytes[at] != 0 {
            let octal = |from: usize, to: usize| {
                let text = String::from_utf8_lossy(&bytes[at + from..at + to]).replace('\0', " ");
                usize::from_str_radix(text.trim(), 8).unwrap()
            };
            let (name, len) = (String::from_utf8_lossy(&bytes[at..at + 100]).replace('\0', ""), octal(124, 136));
            let body = bytes[at + 512..at + 512 + len].to_vec();
            if let Some(body) = change(&name, body) {
                let mut head = bytes[at..at + 512].to_vec();
                head[124..136].copy_from_slice(format!("{:011o}\0", body.len()).as_bytes());
                head[148..156].copy_from_slice(b"        ");
                let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
                head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
                out.extend(head);
                out.extend(&body);
                out.resize(out.len().next_multiple_of(512), 0);
            }
            at += 512 + len.next_multiple_of(512);
        }
        out.resize(out.len() + 1024, 0);
        fs::write(&path, out).unwrap();
    }
}

#[test]
fn one_of_several_formats_that_says_otherwise_is_refused() {
    let shifted = |by: f64| edit(TRAIN, move |o| o["annotations"][0]["bbox"][0] = json!(2.0 + by));
    refused(
        &foreign,
        vec![
            mutant("box-moved-by-a-pixel", ["", "", "boxes", "formats.boxes"], shifted(1.0)),
            mutant("box-moved-by-a-tenth", ["", "", "boxes", "formats.boxes"], shifted(0.1)),
            mutant(
                "last-digit",
                [CSV, "line 2", "boxes", "formats.boxes"],
                sub(CSV, ",train,person,2.0,", ",train,person,2.1,"),
            ),
            mutant(
                "classes-swapped",
                ["", "", "boxes", "formats.boxes"],
                edit(TRAIN, |o| {
                    let one = o["annotations"][0]["category_id"].clone();
                    o["annotations"][0]["category_id"] = o["annotations"][1]["category_id"].clone();
                    o["annotations"][1]["category_id"] = one;
                }),
            ),
            mutant(
                "area-of-another-box",
                [TRAIN, "annotations[0]", "area", "label.area"],
                edit(TRAIN, |o| o["annotations"][0]["area"] = json!(21.0)),
            ),
            mutant(
                "number-of-another-picture",
                ["", "", "image_id", "formats.value"],
                each_line(META, |n, o| o["image_id"] = if n == 0 { json!(7) } else { o["image_id"].clone() }),
            ),
            mutant(
                "class-in-an-archive",
                ["shards/train", "000000", "boxes", "formats.boxes"],
                archive(|name, body| {
                    let text = String::from_utf8_lossy(&body).replace("\"category\": [0]", "\"category\": [1]");
                    Some(if name == "000000.json" { text.into_bytes() } else { body })
                }),
            ),
            mutant(
                "part-of-an-archive",
                ["shards/train", "000000", "json", "archive.part"],
                archive(|name, body| (name != "000000.json").then_some(body)),
            ),
            mutant(
                "version-of-annotations",
                [TRAIN, "", "info.version", "documents.disagree"],
                edit(TRAIN, |o| o["info"]["version"] = json!("0.9.0")),
            ),
            mutant(
                "licence-of-annotations",
                [TRAIN, "", "licenses", "documents.disagree"],
                edit(TRAIN, |o| o["licenses"][0]["name"] = json!("CC0-1.0")),
            ),
        ],
    );
}

#[test]
fn faults_of_single_texts_are_refused() {
    let parquet = "data/ner/train";
    let train = |change: fn(&mut Vec<Row>)| rows("train", change);
    refused(
        &foreign,
        vec![
            mutant("no-id", [parquet, "row 1", "id", "id.missing"], train(|all| all[0].0 = String::new())),
            mutant(
                "syllables-taken-apart",
                [parquet, "row 1", "tokens", "text.normal_form"],
                train(|all| {
                    all[0].1[0] = "\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}\u{1103}\u{1169}\u{11bc}".into();
                    let more = ["가람", "나루", "다솜", "라온", "마루", "바다", "사랑", "아라", "자람", "차림"];
                    let own = |(n, text): (usize, &str)| (format!("t{n}"), vec![text.into()], vec![0], "ko".into());
                    all.extend(more.into_iter().enumerate().map(own));
                }),
            ),
        ],
    );
}

#[test]
fn documents_that_say_otherwise_than_others_are_refused() {
    let card = |from: &'static str, to: &'static str| sub("README.md", from, to);
    let croissant = |change: fn(&mut Json)| edit("croissant.json", change);
    let datacite = |key: &'static str, value: Json| edit("datacite.json", move |o| o[key] = value.clone());
    refused(
        &foreign,
        vec![
            mutant("card-language", ["README.md", "", "language", "documents.disagree"], card("- ko\n", "")),
            mutant(
                "card-version",
                ["README.md", "", "version in the text", "documents.disagree"],
                card("Version 1.0.0", "Version 0.9.0"),
            ),
            mutant("card-empty", ["README.md", "", "", "document.empty"], |dir: &Path| {
                fs::write(dir.join("README.md"), "").unwrap();
            }),
            mutant("licence-empty", ["LICENSE", "", "", "document.empty"], |dir: &Path| {
                fs::write(dir.join("LICENSE"), "").unwrap();
            }),
            mutant(
                "croissant-language",
                ["croissant.json", "", "inLanguage", "documents.disagree"],
                croissant(|o| o["inLanguage"] = json!(["fr"])),
            ),
            mutant(
                "croissant-publisher",
                ["croissant.json", "", "publisher", "documents.disagree"],
                croissant(|o| o["publisher"]["name"] = json!("Another Press")),
            ),
            mutant(
                "croissant-role-of-a-split",
                ["croissant.json", "splits", "data", "document.splits"],
                croissant(|o| o["recordSet"][0]["data"][0]["splits/url"] = json!("cr:TestSplit")),
            ),
            mutant(
                "croissant-name-of-a-file",
                ["croissant.json", "distribution[0]", "@id", "document.splits"],
                croissant(|o| {
                    let one = o["distribution"][0].clone();
                    for key in ["contentUrl", "sha256", "contentSize"] {
                        o["distribution"][0][key] = o["distribution"][2][key].clone();
                        o["distribution"][2][key] = one[key].clone();
                    }
                }),
            ),
            mutant(
                "croissant-column-of-one-split",
                ["croissant.json", "data/ner/train", "lang", "document.uncovered"],
                croissant(|o| drop(o["recordSet"][1]["field"].as_array_mut().unwrap().pop())),
            ),
            mutant(
                "croissant-key-that-is-none",
                ["data/ner/train", "row", "lang", "id.twice"],
                croissant(|o| o["recordSet"][1]["key"] = json!({ "@id": "ner_train/lang" })),
            ),
            mutant("croissant-key-twice", ["croissant.json", "line", "", "document.json"], |dir: &Path| {
                let path = dir.join("croissant.json");
                let text = fs::read_to_string(&path).unwrap();
                let at = text.find('{').unwrap() + 1;
                let own = format!("{}\n  \"version\": \"2.0.0\",{}", &text[..at], &text[at..]);
                // in a folder, where nobody mends its sums and writes it anew
                fs::create_dir_all(dir.join("again")).unwrap();
                fs::write(dir.join("again/croissant.json"), own).unwrap();
            }),
            mutant(
                "datacite-no-schema",
                ["datacite.json", "", "schemaVersion", "document.missing"],
                datacite("schemaVersion", Json::Null),
            ),
            mutant(
                "datacite-prefix",
                ["datacite.json", "", "prefix", "document.value"],
                datacite("prefix", json!("10.9999")),
            ),
            mutant(
                "datacite-language",
                ["datacite.json", "", "language", "documents.disagree"],
                datacite("language", json!("fr")),
            ),
            mutant(
                "datacite-publisher",
                ["datacite.json", "", "publisher", "documents.disagree"],
                datacite("publisher", json!({ "name": "Another Press" })),
            ),
            mutant(
                "cff-version",
                ["CITATION.cff", "", "cff-version", "document.value"],
                sub("CITATION.cff", "cff-version: 1.2.0", "cff-version: 9"),
            ),
            mutant(
                "package-type",
                ["datapackage.json", "resources[0]", "schema.fields[0].type", "document.value"],
                edit("datapackage.json", |o| o["resources"][0]["schema"]["fields"][0]["type"] = json!("int")),
            ),
            mutant(
                "package-key",
                ["datapackage.json", "resources[0]", "schema.primaryKey", "document.reference"],
                edit("datapackage.json", |o| o["resources"][0]["schema"]["primaryKey"] = json!(["number"])),
            ),
            mutant(
                "package-names",
                ["datapackage.json", "resources[1]", "name", "document.splits"],
                edit("datapackage.json", |o| {
                    let one = o["resources"][1]["name"].clone();
                    o["resources"][1]["name"] = o["resources"][3]["name"].clone();
                    o["resources"][3]["name"] = one;
                }),
            ),
        ],
    );
}

#[test]
fn graphs_that_leave_something_out_are_refused() {
    const CRATE: &str = "ro-crate-metadata.json";
    let package = |key: &'static str, value: Json| {
        entities("spdx.json", move |e| {
            if e["type"] == "dataset_DatasetPackage" {
                e[key] = value.clone();
            }
        })
    };
    let contains = |change: fn(&mut Json)| {
        entities("spdx.json", move |e| {
            if e["relationshipType"] == "contains" {
                change(e);
            }
        })
    };
    refused(
        &foreign,
        vec![
            mutant(
                "crate-part",
                [CRATE, "shards", "hasPart", "document.reference"],
                entities(CRATE, |e| {
                    if e["@id"] == "./" {
                        let parts = e["hasPart"].as_array_mut().unwrap();
                        parts.retain(|part| part["@id"] != "shards/train-000000.tar");
                    }
                }),
            ),
            mutant(
                "crate-file",
                [CRATE, "boxes.csv", "hasPart", "document.uncovered"],
                edit(CRATE, |o| {
                    let graph = o["@graph"].as_array_mut().unwrap();
                    graph.retain(|e| e["@id"] != "boxes.csv");
                    for root in graph.iter_mut().filter(|e| e["@id"] == "./") {
                        root["hasPart"].as_array_mut().unwrap().retain(|part| part["@id"] != "boxes.csv");
                    }
                }),
            ),
            mutant(
                "crate-name-of-the-licence",
                [CRATE, "", "name of the licence", "documents.disagree"],
                entities(CRATE, |e| {
                    if e["@id"] == "https://creativecommons.org/licenses/by/4.0/" {
                        e["name"] = json!("CC0-1.0");
                    }
                }),
            ),
            mutant(
                "provenance-subject",
                ["provenance", "shards/validation", "subject", "document.uncovered"],
                edit("provenance.intoto.json", |o| {
                    o["subject"].as_array_mut().unwrap().retain(|s| s["name"] != "shards/validation-000000.tar");
                }),
            ),
            mutant(
                "provenance-version",
                ["provenance", "", "_type", "document.value"],
                edit("provenance.intoto.json", |o| o["_type"] = json!("https://in-toto.io/Statement/v9")),
            ),
            mutant(
                "spdx-size",
                ["spdx.json", "package", "dataset_datasetSize", "document.size"],
                package("dataset_datasetSize", json!(7)),
            ),
            mutant(
                "spdx-availability",
                ["spdx.json", "pkg", "dataset_datasetAvailability", "document.value"],
                package("dataset_datasetAvailability", json!("byMail")),
            ),
            mutant(
                "spdx-sensitive",
                ["spdx.json", "pkg", "dataset_hasSensitivePersonalInformation", "document.value"],
                package("dataset_hasSensitivePersonalInformation", json!("maybe")),
            ),
            mutant(
                "spdx-purpose",
                ["spdx.json", "pkg", "software_primaryPurpose", "document.value"],
                package("software_primaryPurpose", json!("fun")),
            ),
            mutant(
                "spdx-times",
                ["spdx.json", "pkg", "builtTime", "document.value"],
                package("builtTime", json!("2029-01-01T00:00:00Z")),
            ),
            mutant(
                "spdx-contains",
                ["spdx.json", "data/ner", "contains", "document.reference"],
                contains(|e| drop(e["to"].as_array_mut().unwrap().pop())),
            ),
            mutant(
                "spdx-relationship",
                ["spdx.json", "", "relationshipType", "document.value"],
                contains(|e| e["relationshipType"] = json!("holds")),
            ),
            mutant(
                "spdx-maker",
                ["spdx.json", "", "originatedBy", "documents.disagree"],
                entities("spdx.json", |e| {
                    if e["type"] == "Organization" {
                        e["name"] = json!("Another Lab");
                    }
                }),
            ),
        ],
    );
}

/// A release of tamis: several formats with all columns, and a page that names who must be named.
fn similar() -> impl Fn() -> TempDir {
    let of = release("similarity", "public");
    move || {
        let dir = tempfile::tempdir().unwrap();
        copy(of.path(), dir.path());
        dir
    }
}

#[test]
fn pages_and_values_of_a_release_that_were_changed_are_refused() {
    const LINES: &str = "jsonl/train-00000.jsonl";
    const PAGE: &str = "ATTRIBUTION.md";
    let base = similar();
    let first: Json = {
        let dir = base();
        let text = fs::read_to_string(dir.path().join(LINES)).unwrap();
        serde_json::from_str(text.lines().next().unwrap()).unwrap()
    };
    let score = first.as_object().unwrap().iter().find(|(name, value)| name.starts_with("label_") && value.is_number());
    let label = score.map(|(name, _)| name.clone());
    let mut mutants = vec![
        mutant(
            "credit",
            [PAGE, "", "attribution of the source `klue`", "documents.disagree"],
            sub(PAGE, "KLUE benchmark", "Somebody else"),
        ),
        mutant(
            "licence-of-a-source",
            [PAGE, "", "licence of the source `made`", "documents.disagree"],
            sub(PAGE, "**made**: CC0-1.0", "**made**: MIT"),
        ),
        mutant(
            "evidence",
            [PAGE, "klue", "licence", "document.path"],
            sub(PAGE, "LICENSES/klue-LICENSE.md", "LICENSES/klue-NOTHING.md"),
        ),
        mutant("version-of-the-page", [PAGE, "", "version", "documents.disagree"], sub(PAGE, " 0.1.0, ", " 0.2.0, ")),
        mutant(
            "title-of-the-card",
            ["README.md", "", "version in the text", "documents.disagree"],
            sub("README.md", " 0.1.0\n", " 0.2.0\n"),
        ),
        mutant("split-of-the-card", ["README.md", "table of splits", "test", "document.count"], |dir: &Path| {
            let path = dir.join("README.md");
            let text = fs::read_to_string(&path).unwrap();
            let line = text.lines().find(|line| line.starts_with("| test | ")).unwrap().to_string();
            fs::write(&path, text.replacen(&line, "| test | 1 |", 1)).unwrap();
        }),
        mutant("head-of-the-card", ["README.md", "", "", "document.missing"], |dir: &Path| {
            fs::write(dir.join("README.md"), "# ko-similarity 0.1.0\n").unwrap();
        }),
        mutant(
            "text-of-one-format",
            ["", "", "", "formats."],
            line(LINES, |o| {
                for (_, value) in o.as_object_mut().unwrap().iter_mut().filter(|(name, _)| name.contains("sentence")) {
                    *value = json!(format!("{} 또", value.as_str().unwrap()));
                }
            }),
        ),
    ];
    if let Some(label) = label {
        let field: &'static str = Box::leak(label.clone().into_boxed_str());
        mutants.push(mutant("last-digit-of-a-score", ["", "", field, "formats.value"], {
            line(LINES, move |o| o[&label] = json!(o[&label].as_f64().unwrap() + 0.001))
        }));
    }
    refused(&base, mutants);
}

/// What a document may leave out, and what formats write in their own ways, is no fault.
#[test]
fn what_documents_may_leave_out_is_no_fault() {
    let dir = foreign();
    for file in ["spdx.json", "datacite.json"] {
        fs::remove_file(dir.path().join(file)).unwrap();
    }
    let (_, report) = audited(dir.path());
    let told = lines(&report);
    let about =
        |line: &&String| !line.contains("sums.") && !line.contains("spdx.json") && !line.contains("datacite.json");
    assert_eq!(told.iter().filter(about).collect::<Vec<_>>(), Vec::<&String>::new());
}
