//! What stands in the files of a release. How other tools read them is tried in `tests/peers`.
use crate::harness::{png, tamis};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::Path;
use tempfile::TempDir;

fn put(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// A project that is built, with `out/public` verified.
fn built(manifest: &str, files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let head = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\nlanguages = [\"no\"]\n";
    put(dir.path(), "dataset.toml", format!("{head}{manifest}").as_bytes());
    files.iter().for_each(|(path, bytes)| put(dir.path(), path, bytes));
    let (exit, out, err) = tamis(dir.path(), &["build"]);
    assert_eq!(exit, 0, "{out}{err}");
    let (exit, out, err) = tamis(dir.path(), &["verify", dir.path().join("out/public").to_str().unwrap()]);
    assert_eq!(exit, 0, "{out}{err}");
    dir
}

fn text(dir: &TempDir, path: &str) -> String {
    std::fs::read_to_string(dir.path().join("out/public").join(path)).unwrap()
}

fn files(dir: &TempDir, folder: &str) -> BTreeSet<String> {
    let all = std::fs::read_dir(dir.path().join("out/public").join(folder)).unwrap();
    all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

const RECORDS: &str = "[collect.a]\ndirect = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\n\
    fields = { f = \"f\", day = \"day\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n[schema]\nf = { float = {} }\nday = { date = {} }\n";

fn records() -> String {
    (0..20).map(|n| format!("{{\"id\":\"a{n}\",\"f\":{n}.0,\"day\":\"2026-01-31\"}}\n")).collect()
}

#[test]
fn a_card_names_the_files_of_each_split() {
    let manifest = format!(
        "{RECORDS}[split]\nratios = {{ train = 0.5, train-small = 0.5, test = 0 }}\n\
         [release.public]\nformats = [\"parquet\", \"jsonl\"]\ncolumns = [\"id\", \"f\", \"day\"]\n"
    );
    let dir = built(&manifest, &[("raw/a.jsonl", records().as_bytes())]);
    let card = text(&dir, "README.md");
    let split =
        |name: &str, file: &str| format!("  - split: \"{name}\"\n    path:\n    - \"parquet/{file}-00000.parquet\"\n");
    assert!(card.contains(&(split("train", "train") + &split("train_small", "train-small"))), "{card}");
    assert!(!card.contains("- split: \"test\"") && card.contains("| test | 0 |"), "{card}");
    assert!(
        card.contains("  - name: \"f\"\n    dtype: \"float64\"\n  - name: \"day\"\n    dtype: \"date32\"\n"),
        "{card}"
    );
    assert!(card.contains("language:\n- \"no\"\n"), "{card}");
    let page: Json = serde_json::from_str(&text(&dir, "release.json")).unwrap();
    assert!(card.contains(page["content_root"].as_str().unwrap()), "{card}");
    assert_eq!(page["splits"]["test"], json!({ "rows": 0 }));
    // an empty split has its files, and Parquet its columns
    assert_eq!(text(&dir, "jsonl/test-00000.jsonl"), "");
    assert!(std::fs::metadata(dir.path().join("out/public/parquet/test-00000.parquet")).unwrap().len() > 100);
    let lines = text(&dir, "jsonl/train-00000.jsonl");
    assert!(lines.lines().all(|l| l.contains(".0, ") && l.contains("\"2026-01-31\"")), "{lines}");
}

#[test]
fn without_a_split_all_is_for_training() {
    let manifest = format!("{RECORDS}[release.public]\nformats = [\"jsonl\"]\ncolumns = [\"id\"]\n");
    let dir = built(&manifest, &[("raw/a.jsonl", records().as_bytes())]);
    assert_eq!(files(&dir, "jsonl"), ["train-00000.jsonl".to_string()].into());
}

#[test]
fn images_have_short_names_that_no_file_system_takes_for_one() {
    let long = format!("raw/{}/{}.png", "가".repeat(40), "나".repeat(70));
    let manifest = "[collect.a]\ndirect = { images = [\"raw/**/*.png\"], format = \"image_folder\" }\n\
        fields = { class = \"class\" }\nlicense = \"CC0-1.0\"\n\
        [release.public]\nformats = [\"image_folder\", \"parquet\"]\ncolumns = [\"id\", \"image\", \"class\"]\n";
    let paths = ["raw/ok.png", "raw/a/x.png", "raw/b/X.png", "raw/photo of a cat.v1.png", "raw/con.png", long.as_str()];
    let images: Vec<Vec<u8>> = (0..paths.len()).map(|n| png(n as u8)).collect();
    let with: Vec<(&str, &[u8])> = paths.iter().zip(&images).map(|(path, bytes)| (*path, bytes.as_slice())).collect();
    let dir = built(manifest, &with);
    let all = files(&dir, "images/train");
    assert!(all.contains("ok.png") && all.contains("photo_of_a_cat_v1.png"), "{all:?}");
    assert_eq!(all.len(), paths.len() + 1, "{all:?}");
    let folded: BTreeSet<String> = all.iter().map(|n| n.to_lowercase()).collect();
    assert_eq!(folded.len(), all.len());
    assert!(all.iter().all(|n| n.len() < 160 && n != "con.png" && n != "x.png"), "{all:?}");
    // Parquet holds the bytes themselves
    let parquet = std::fs::read(dir.path().join("out/public/parquet/train-00000.parquet")).unwrap();
    assert!(parquet.len() as u64 > images.iter().map(|i| i.len() as u64).sum::<u64>() / 4);
    let card = text(&dir, "README.md");
    assert!(
        card.contains("  - name: \"image\"\n    dtype: \"image\"\n") && card.contains("parquet/train-00000"),
        "{card}"
    );
}

#[test]
fn a_card_points_at_what_has_pictures() {
    let manifest = "[collect.a]\ndirect = { images = [\"raw/*.png\"], format = \"image_folder\" }\n\
        fields = { class = \"class\" }\nid = \"stem\"\nlicense = \"CC0-1.0\"\n\
        [release.public]\nformats = [\"image_folder\", \"jsonl\"]\ncolumns = [\"id\", \"class\"]\n";
    let dir = built(manifest, &[("raw/photo of a train.png", &png(1)), ("raw/photo of test tubes.png", &png(2))]);
    let card = text(&dir, "README.md");
    assert!(card.contains("  - split: \"train\"\n    path:\n    - \"images/train/*\"\n"), "{card}");
    assert!(card.contains("  - name: \"image\"\n    dtype: \"image\"\n  - name: \"id\"\n"), "{card}");
}

#[test]
fn coco_has_its_heads_and_flags() {
    let manifest = "[collect.a]\ndirect = { images = [\"raw/*.png\"], files = [\"raw/*.xml\"], format = \"voc\" }\n\
        license = \"CC0-1.0\"\n[preprocess]\n[label.d]\ntask = \"object_detection\"\nclasses = [\"cat\", \"dog\"]\n\
        from.own = { column = \"objects\" }\n[release.public]\nformats = [\"coco\", \"jsonl\"]\ncolumns = [\"id\", \"label.d\"]\n";
    let object = |flag: &str| {
        format!(
            "<object><name>cat</name>{flag}<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>3</ymax></bndbox></object>"
        )
    };
    let (plain, difficult) = (object(""), object("<difficult>1</difficult>"));
    let xml = format!("<annotation>{plain}{difficult}</annotation>");
    let dir = built(manifest, &[("raw/a.png", &png(1)), ("raw/a.xml", xml.as_bytes())]);
    let coco: Json = serde_json::from_str(&text(&dir, "coco/instances_train.json")).unwrap();
    assert_eq!(coco["info"], json!({ "description": "x 0.1.0, split train", "version": "0.1.0" }));
    assert_eq!(coco["licenses"], json!([{ "id": 1, "name": "CC0-1.0", "url": "" }]));
    let of = |key: &str| coco["annotations"].as_array().unwrap().iter().map(|a| a[key].clone()).collect::<Vec<_>>();
    assert_eq!((of("iscrowd"), of("ignore")), (vec![json!(0), json!(1)], vec![Json::Null, json!(1)]));
}
