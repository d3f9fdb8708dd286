//! The documents of a release: what they say, that no two of them disagree, and that nothing of the user's breaks out of its
//! place. How the programs that they are made for read them is tried in `tests/peers/documents.py`.
use crate::harness::{png, tamis};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use tamis::digest::sha256;
use tempfile::TempDir;

fn put(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

const ALL: &str = "documents = [\"croissant\", \"datapackage\", \"spdx\", \"datacite\", \"citation\", \"datasheet\", \"provenance\", \"ro_crate\"]\n";

/// What a data set says of itself, in full; the names would break out of most formats.
const SAID: &str = r##"[dataset]
name = "x"
version = "0.1.0"
license = "CC-BY-4.0"
languages = ["en"]
description = "Two # kinds of | text: <b>bold</b>\n---\nname: hostile"
creators = [{ name = "Kim \"K\" & {Co}: # <script>", organization = true, url = "https://example.org/a?b=c" }, { name = "나, 다" }]
url = "https://example.org/data/x#here"
date = "2026-01-31"
doi = "10.1234/x.y"
keywords = ["a: b", "- c", "\"d\""]
contact = "https://example.org/contact"

[dataset.datasheet]
purpose = "To test | cells\n\n# no heading <i>"
limitations = "```\nsmall\n```"
"##;

const REST: &str = r#"
[collect.a]
open = { files = ["raw/a.jsonl"], format = "jsonl" }
fields = { text = "text", kind = "kind", n = "n", day = "day", ok = "ok", tags = "tags" }
id = "id"
license = "CC-BY-4.0"
attribution = { author = "Someone | <a>", title = "T [x](javascript:1)", source = "https://example.org/raw" }

[schema]
n = { int = {} }
ok = { bool = {} }
day = { date = {} }
text = { text = {} }
tags = { list = { of = "text" } }

[label.kind]
task = "classification"
classes = ["long", "short | <x>"]
from.own = { column = "kind", annotator = "someone" }

[split]
ratios = { train = 0.8, test = 0.2 }
seed = 1

[release.public]
formats = ["parquet", "jsonl", "csv"]
columns = ["id", "text", "n", "day", "ok", "tags", "label.kind", "split"]
"#;

fn rows(n: usize) -> String {
    let row = |i: usize| {
        let kind = if i.is_multiple_of(3) { "short | <x>" } else { "long" };
        let text = match i % 5 {
            0 => format!("=SUM(A1:A{i})"),
            1 => format!("two\nlines, \"quoted\" {i}"),
            2 => String::new(),
            _ => format!("plain {i}"),
        };
        let tags: Vec<String> = (0..i % 3).map(|t| format!("t,{t}")).collect();
        let n = if i.is_multiple_of(7) { Json::Null } else { json!(i) };
        json!({ "id": format!("a{i:04}"), "text": text, "kind": kind, "n": n, "day": "2026-01-31", "ok": i.is_multiple_of(2), "tags": tags })
    };
    (0..n).map(|i| format!("{}\n", row(i))).collect()
}

fn project(head: &str, more: &str, n: usize) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "dataset.toml", &format!("{head}{REST}{more}"));
    put(dir.path(), "raw/a.jsonl", &rows(n));
    dir
}

fn build(dir: &Path) -> String {
    let (exit, out, err) = tamis(dir, &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    let (exit, verified, err) = tamis(dir, &["verify", dir.join("out/public").to_str().unwrap()]);
    assert_eq!(exit, 0, "{verified}{err}");
    out
}

fn text(dir: &Path, path: &str) -> String {
    std::fs::read_to_string(dir.join("out/public").join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

fn object(dir: &Path, path: &str) -> Json {
    serde_json::from_str(&text(dir, path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Every file of a folder, by its path in it.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut out, mut open) = (BTreeMap::new(), vec![dir.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
            match path.is_dir() {
                true => open.push(path),
                false => {
                    let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_string();
                    out.insert(name, std::fs::read(path).unwrap());
                }
            }
        }
    }
    out
}

#[test]
fn all_documents_say_the_same() {
    let dir = project(SAID, ALL, 60);
    build(dir.path());
    let dir = dir.path();
    let release = object(dir, "release.json");
    let croissant = object(dir, "croissant.json");
    let package = object(dir, "datapackage.json");
    let datacite = object(dir, "datacite.json");
    let graph = |name: &str, key: &str| -> BTreeMap<String, Json> {
        let all = object(dir, name)["@graph"].as_array().unwrap().clone();
        all.into_iter().filter_map(|e| Some((e.get(key)?.as_str()?.to_string(), e))).collect()
    };
    let (crated, spdx) = (graph("ro-crate-metadata.json", "@id"), graph("spdx.json", "spdxId"));
    let root = &crated["./"];
    let pack = spdx.values().find(|e| e["type"] == "dataset_DatasetPackage").unwrap();
    let cff = text(dir, "CITATION.cff");

    for (what, all) in [
        (
            "version",
            vec![
                &release["version"],
                &croissant["version"],
                &package["version"],
                &datacite["version"],
                &root["version"],
                &pack["software_packageVersion"],
            ],
        ),
        (
            "name",
            vec![
                &release["name"],
                &croissant["name"],
                &package["name"],
                &datacite["titles"][0]["title"],
                &pack["name"],
            ],
        ),
        (
            "description",
            vec![
                &croissant["description"],
                &package["description"],
                &datacite["descriptions"][0]["description"],
                &root["description"],
                &pack["description"],
            ],
        ),
        ("date", vec![&croissant["datePublished"], &datacite["dates"][0]["date"], &root["datePublished"]]),
    ] {
        assert!(all.iter().all(|v| **v == *all[0] && v.is_string()), "{what}: {all:?}");
    }
    let license = "https://spdx.org/licenses/CC-BY-4.0";
    for (who, of) in [
        ("croissant", &croissant["license"]),
        ("datapackage", &package["licenses"][0]["path"]),
        ("datacite", &datacite["rightsList"][0]["rightsUri"]),
        ("ro-crate", &root["license"]["@id"]),
    ] {
        assert_eq!(of, license, "{who}");
    }
    let term = spdx.values().find(|e| e["type"] == "simplelicensing_LicenseExpression").unwrap();
    assert_eq!(term["simplelicensing_licenseExpression"], "CC-BY-4.0");
    assert!(cff.contains("license: \"CC-BY-4.0\"\n") && cff.contains("date-released: \"2026-01-31\"\n"), "{cff}");

    let names = |of: &Json, key: &str| of.as_array().unwrap().iter().map(|c| c[key].clone()).collect::<Vec<_>>();
    let creators = names(&croissant["creator"], "name");
    assert_eq!(creators, [json!("Kim \"K\" & {Co}: # <script>"), json!("나, 다")]);
    assert_eq!(names(&package["contributors"], "title"), creators);
    assert_eq!(names(&datacite["creators"], "name"), creators);
    let authors: Vec<Json> =
        root["author"].as_array().unwrap().iter().map(|a| crated[a["@id"].as_str().unwrap()]["name"].clone()).collect();
    assert_eq!(authors, creators);

    // the same samples everywhere
    let of = |split: &str| release["splits"][split]["rows"].as_u64().unwrap();
    assert_eq!(of("train") + of("test"), 60);
    assert_eq!(datacite["sizes"][0], "60 samples");
    let card = text(dir, "README.md");
    assert!(card.contains(&format!("| train | {} |", of("train"))) && card.contains("\"n<1K\""), "{card}");
    assert!(text(dir, "DATASHEET.md").contains("60 samples, "));
    let bytes: u64 = pack["dataset_datasetSize"].as_u64().unwrap();
    assert_eq!(datacite["sizes"][1], format!("{bytes} bytes"));

    // and the same sums
    let there = files(&dir.join("out/public"));
    let mut told: Vec<(&str, String, String)> = Vec::new();
    for f in croissant["distribution"].as_array().unwrap().iter().filter(|f| f["@type"] == "cr:FileObject") {
        told.push(("croissant", f["contentUrl"].as_str().unwrap().into(), f["sha256"].as_str().unwrap().into()));
    }
    for r in package["resources"].as_array().unwrap() {
        let hash = r["hash"].as_str().unwrap().strip_prefix("sha256:").unwrap();
        told.push(("datapackage", r["path"].as_str().unwrap().into(), hash.into()));
        assert_eq!(r["bytes"].as_u64().unwrap(), there[r["path"].as_str().unwrap()].len() as u64);
    }
    for e in spdx.values().filter(|e| e["type"] == "software_File") {
        let hash = e["verifiedUsing"][0]["hashValue"].as_str().unwrap();
        told.push(("spdx", e["name"].as_str().unwrap().into(), hash.into()));
    }
    for e in crated.values().filter(|e| e.get("sha256").is_some()) {
        told.push(("ro-crate", e["name"].as_str().unwrap().into(), e["sha256"].as_str().unwrap().into()));
    }
    for s in object(dir, "provenance.intoto.json")["subject"].as_array().unwrap() {
        let hash = s["digest"]["sha256"].as_str().unwrap();
        told.push(("provenance", s["name"].as_str().unwrap().into(), hash.into()));
    }
    let mut by: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (who, path, hash) in &told {
        assert_eq!(*hash, sha256(&there[path]), "{who}: {path}");
        by.entry(who).or_default().insert(path);
    }
    let data: BTreeSet<&str> = there
        .keys()
        .map(String::as_str)
        .filter(|p| ["parquet/", "jsonl/", "csv/"].iter().any(|f| p.starts_with(f)))
        .collect();
    assert_eq!(data.len(), 6);
    for who in ["croissant", "datapackage", "spdx"] {
        assert_eq!(by[who], data, "{who}");
    }
    let crated: BTreeSet<&str> =
        by["ro-crate"].iter().copied().chain(["ro-crate-metadata.json", "B3SUMS", "SHA256SUMS"]).collect();
    assert_eq!(crated, there.keys().map(String::as_str).collect());
}

/// A page without its code, in which nothing is a tag.
fn prose(page: &str) -> String {
    let mut fenced = false;
    let lines = page.lines().filter(|line| {
        let fence = line.starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    });
    let plain = |line: &str| line.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    lines.map(plain).collect::<Vec<_>>().join("\n")
}

#[test]
fn names_of_the_users_stay_in_their_places() {
    let dir = project(SAID, ALL, 30);
    build(dir.path());
    let card = text(dir.path(), "README.md");
    let header = card.strip_prefix("---\n").and_then(|rest| rest.split_once("\n---\n")).unwrap().0;
    assert!(header.contains("pretty_name: \"x\"") && !header.contains("hostile"), "{header}");
    let body = card.split_once("\n---\n").unwrap().1;
    for page in [body, &text(dir.path(), "DATASHEET.md"), &text(dir.path(), "ATTRIBUTION.md")].map(prose) {
        for tag in ["<b>", "<script>", "<i>", "<x>", "<a>", "[x](javascript"] {
            assert!(!page.contains(tag), "{tag} in\n{page}");
        }
    }
    // in the card's tables a class with a bar is one cell
    assert!(body.contains("| short \\| &lt;x> |"), "{body}");
    let cff = text(dir.path(), "CITATION.cff");
    assert!(cff.contains("- name: \"Kim \\\"K\\\" & {Co}: # <script>\"\n") && cff.contains("- \"- c\"\n"), "{cff}");
    // the names that SPDX makes of the page are addresses with one fragment
    let spdx = object(dir.path(), "spdx.json");
    for e in spdx["@graph"].as_array().unwrap().iter().filter_map(|e| e["spdxId"].as_str()) {
        assert!(e.starts_with("https://example.org/data/x#x-public-0.1.0-") && e.matches('#').count() == 1, "{e}");
    }
}

#[test]
fn a_release_is_the_same_however_it_is_built() {
    let (one, two) = (project(SAID, ALL, 400), project(SAID, ALL, 400));
    build(one.path());
    let (exit, _, err) = tamis(two.path(), &["build", "--jobs", "1", "--partition-target", "16"]);
    assert_eq!(exit, 0, "{err}");
    let (a, b) = (files(&one.path().join("out/public")), files(&two.path().join("out/public")));
    assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>());
    for (path, bytes) in &a {
        assert!(*bytes == b[path], "{path}");
    }
    // an edit, and back: the same bytes again
    put(one.path(), "raw/a.jsonl", &rows(401));
    build(one.path());
    put(one.path(), "raw/a.jsonl", &rows(400));
    build(one.path());
    assert!(files(&one.path().join("out/public")) == a);
}

#[test]
fn what_nobody_says_is_a_counted_blank() {
    let bare = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"CC-BY-4.0\"\n";
    let dir = project(bare, "", 30);
    build(dir.path());
    let there: BTreeSet<String> =
        files(&dir.path().join("out/public")).into_keys().filter(|p| !p.contains('/')).collect();
    let want = [
        "ATTRIBUTION.md",
        "B3SUMS",
        "DATASHEET.md",
        "README.md",
        "SHA256SUMS",
        "croissant.json",
        "datapackage.json",
        "release.json",
    ];
    assert_eq!(there, want.map(String::from).into());
    let card = text(dir.path(), "README.md");
    assert!(
        card.contains("Left out, since the manifest does not say what they need: spdx, datacite, citation, ro_crate."),
        "{card}"
    );
    // the fact, the card and the marks of the datasheet tell one number each of the same blanks
    let (exit, told, err) = tamis(dir.path(), &["show", "release.public"]);
    assert_eq!(exit, 0, "{told}{err}");
    let sheet = text(dir.path(), "DATASHEET.md");
    let marked = sheet.lines().filter(|l| l.starts_with("> _Not answered")).count();
    assert!(sheet.contains(&format!("\n{marked} of ")), "{sheet}");
    let places: u64 = card
        .lines()
        .find_map(|l| {
            l.strip_suffix(" places of the documents are blank: nothing says what belongs there.")?.parse().ok()
        })
        .unwrap_or_else(|| panic!("{card}"));
    assert!(places > marked as u64 && told.contains(&places.to_string()), "{places} {marked} {told}");
    // no date and no creator is invented
    for (name, keys) in [
        ("croissant.json", ["creator", "datePublished", "publisher", "citeAs"]),
        ("datapackage.json", ["contributors", "created", "homepage", "id"]),
    ] {
        let of = object(dir.path(), name);
        let invented: Vec<&str> = keys.into_iter().filter(|key| of.get(key).is_some()).collect();
        assert!(invented.is_empty(), "{name}: {invented:?}");
    }
}

#[test]
fn documents_can_be_left_out() {
    let dir = project(SAID, "documents = []\n", 10);
    build(dir.path());
    let there: BTreeSet<String> =
        files(&dir.path().join("out/public")).into_keys().filter(|p| !p.contains('/')).collect();
    assert_eq!(there, ["ATTRIBUTION.md", "B3SUMS", "README.md", "SHA256SUMS", "release.json"].map(String::from).into());
    let before = object(dir.path(), "release.json")["content_root"].clone();
    // documents are packaging: the content stays
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    put(dir.path(), "dataset.toml", &manifest.replace("documents = []\n", ALL));
    build(dir.path());
    assert_eq!(object(dir.path(), "release.json")["content_root"], before);
}

#[test]
fn pages_are_in_the_language_of_the_samples() {
    let dir = project(&SAID.replace("[\"en\"]", "[\"ko\", \"en\"]"), "", 10);
    build(dir.path());
    let card = text(dir.path(), "README.md");
    let body = card.split_once("\n---\n").unwrap().1;
    assert!(
        body.contains("## 출처\n") && body.contains("| 분할 | 샘플 수 |") && body.contains("공개일: 2026-01-31."),
        "{body}"
    );
    let hangul = |line: &str| line.chars().any(|c| ('가'..='힣').contains(&c));
    let english: Vec<&str> = body.lines().filter(|l| l.starts_with("## ") && !hangul(l)).collect();
    assert!(english.is_empty(), "{english:?}");
    let sheet = text(dir.path(), "DATASHEET.md");
    assert!(sheet.lines().filter(|l| l.starts_with("**") || l.starts_with("## ")).all(hangul), "{sheet}");
}

#[test]
fn csv_is_read_back_and_tells_formulas() {
    let dir = project(SAID, "", 60);
    let said = build(dir.path());
    assert!(said.contains("release.public/encode.csv"), "{said}");
    let (exit, out, _) = tamis(dir.path(), &["show", "release.public/encode.csv", "--findings"]);
    assert_eq!(exit, 0);
    assert!(out.contains("csv.formula"), "{out}");
    let csv = text(dir.path(), "csv/train-00000.csv");
    assert!(csv.starts_with("id,text,n,day,ok,tags,label_kind,split\n"), "{csv}");
    assert!(csv.contains("=SUM(A1:A"), "values stay as they are");
    // a changed value is found by `verify`, with sums that were mended
    let folder = dir.path().join("out/public");
    let changed = csv.replacen("plain", "plane", 1);
    assert_ne!(csv, changed);
    std::fs::write(folder.join("csv/train-00000.csv"), &changed).unwrap();
    let (exit, out, err) = tamis(dir.path(), &["verify", folder.to_str().unwrap()]);
    assert_eq!(exit, 1, "{out}{err}");
}

#[test]
fn a_second_release_shares_the_files_that_did_not_change() {
    // small pieces, so that there are several files of a split
    let dir = project(SAID, "", 400);
    build(dir.path());
    let before = files(&dir.path().join("out/public"));
    let text = rows(400).replacen("plain 3\"", "plain three\"", 1);
    put(dir.path(), "raw/a.jsonl", &text);
    build(dir.path());
    let after = files(&dir.path().join("out/public"));
    let data = |p: &&String| p.contains('/');
    let changed: Vec<&String> = before.keys().filter(data).filter(|p| before[*p] != after[*p]).collect();
    assert!(
        !changed.is_empty()
            && changed.iter().all(|p| changed[0].split('-').next().unwrap().rsplit('/').next()
                == p.split('-').next().unwrap().rsplit('/').next()),
        "{changed:?}"
    );
    assert!(changed.len() <= 3, "one file of each format: {changed:?}");
}

#[test]
fn pictures_in_the_layout_of_korean_public_data() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
        [collect.a]\ndirect = { images = [\"raw/*/*.png\"], format = \"image_folder\" }\nfields = { class = \"class\" }\n\
        license = \"CC0-1.0\"\n[preprocess]\n[label.kind]\ntask = \"classification\"\nclasses = [\"cat\", \"dog\"]\n\
        from.own = { column = \"class\" }\n[split]\nratios = { train = 0.5, test = 0.5 }\nseed = 1\n\
        [release.public]\nformats = [\"aihub\", \"jsonl_zst\"]\ncolumns = [\"id\", \"image\", \"label.kind\", \"split\"]\n";
    put(dir.path(), "dataset.toml", manifest);
    for n in 0..12u8 {
        let path = dir.path().join(format!("raw/{}/p{n}.png", if n % 2 == 0 { "cat" } else { "dog" }));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, png(n)).unwrap();
    }
    build(dir.path());
    let folder = dir.path().join("out/public");
    let mut seen = 0;
    for split in ["train", "test"] {
        let labels = files(&folder.join("aihub").join(split).join("라벨링데이터"));
        let pictures = files(&folder.join("aihub").join(split).join("원천데이터"));
        let stem = |p: &String| p.rsplit_once('.').unwrap().0.to_string();
        assert_eq!(labels.keys().map(stem).collect::<Vec<_>>(), pictures.keys().map(stem).collect::<Vec<_>>());
        for (path, bytes) in &labels {
            let of: Json = serde_json::from_slice(bytes).unwrap();
            assert!(pictures.contains_key(of["image"]["file_name"].as_str().unwrap()), "{path}: {of}");
            assert!(["cat", "dog"].contains(&of["annotations"][0]["class"].as_str().unwrap()), "{of}");
            assert_eq!(of["attributes"]["split"], split);
            seen += 1;
        }
    }
    assert_eq!(seen, 12);
    assert!(!folder.join("images").exists(), "pictures lie once");
    // the pictures are told of as a folder, and their sums stand in the lists
    let croissant = object(dir.path(), "croissant.json");
    let sets = croissant["distribution"].as_array().unwrap().iter().filter(|d| d["@id"] == "aihub/train").count();
    assert_eq!(sets, 1, "{croissant}");
    assert!(text(dir.path(), "SHA256SUMS").contains("aihub/train/원천데이터/p"));
}

#[test]
fn the_plan_stands_beside_what_was_built() {
    let plan = "\n[plan]\nclasses.kind = { long = 10, \"short | <x>\" = 1000 }\nsources.a = 60\nanswers.kind = 50\n\
        goals = { \"release.public.samples\" = 60 }\n";
    let dir = project(SAID, plan, 60);
    let rows = |dir: &Path| -> Vec<(String, Option<bool>)> {
        let (exit, out, err) = tamis(dir, &["plan", "--json"]);
        assert_eq!(exit, 0, "{err}");
        let plan: Json = serde_json::from_str(&out).unwrap();
        let row = |r: &Json| (r["key"].as_str().unwrap().to_string(), r["met"].as_bool());
        plan["rows"].as_array().unwrap().iter().map(row).collect()
    };
    assert!(rows(dir.path()).iter().all(|r| r.1.is_none()), "nothing is known before a build");
    assert_eq!(tamis(dir.path(), &["plan", "--check"]).0, 1);
    build(dir.path());
    let all: BTreeMap<String, Option<bool>> = rows(dir.path()).into_iter().collect();
    for (key, met) in [
        ("plan.goals.release.public.samples", true),
        ("plan.sources.a", true),
        ("plan.classes.kind.long", true),
        ("plan.classes.kind.short | <x>", false),
        ("plan.answers.kind", false),
        ("split.ratios.train", true),
    ] {
        assert_eq!(all[key], Some(met), "{key}: {all:?}");
    }
    let (_, out, _) = tamis(dir.path(), &["plan"]);
    assert!(out.contains("NOT met") && out.contains("no construction plan"), "{out}");
    let (_, korean, _) = tamis(dir.path(), &["--lang", "ko", "plan"]);
    assert!(korean.contains("미달") && korean.contains("클래스별"), "{korean}");
}

#[test]
fn the_template_of_a_plan_is_filled_in_field_by_field() {
    let dir = project(SAID, "", 10);
    let (exit, out, err) = tamis(dir.path(), &["--lang", "ko", "plan", "--template"]);
    assert_eq!(exit, 0, "{out}{err}");
    let path: PathBuf = dir.path().join("docs/plan.md");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.starts_with("# 데이터 구축 계획서: x\n") && text.contains("- collect.a: CC-BY-4.0\n"), "{text}");
    let (exit, _, err) = tamis(dir.path(), &["plan", "--template"]);
    assert!(exit == 2 && err.contains("there already"), "{err}");
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    put(dir.path(), "dataset.toml", &format!("{manifest}\n[plan]\ndocument = \"docs/plan.md\"\n"));
    let plan = || -> Json { serde_json::from_str(&tamis(dir.path(), &["plan", "--json"]).1).unwrap() };
    let before = plan();
    assert!(before["blanks"].as_u64().unwrap() >= 10, "{before}");
    std::fs::write(&path, text.replacen("TODO:", "시험용입니다.", 1)).unwrap();
    assert_eq!(plan()["blanks"].as_u64().unwrap(), before["blanks"].as_u64().unwrap() - 1);
}
