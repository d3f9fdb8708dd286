//! What stands in the files of a release. How other tools read them is tried in `tests/peers`.
use crate::harness::{png, tamis};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::path::Path;
use tamis::digest::{Digest, sha256};
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

/// The id of each line of a split, in order.
fn ids(dir: &TempDir, path: &str) -> Vec<String> {
    let id = |line: &str| serde_json::from_str::<Json>(line).unwrap()["id"].as_str().unwrap().to_string();
    text(dir, path).lines().map(id).collect()
}

#[test]
fn columns_stand_as_they_are_declared_or_in_the_files() {
    let source =
        "[collect.a]\ndirect = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n";
    let release = "[release.public]\nformats = [\"jsonl\"]\n";
    let line = b"{\"z\": \"1\", \"id\": \"s\", \"b\": \"2\", \"a\": \"3\"}\n";
    let head = |fields: &str, schema: &str| {
        let dir = built(&format!("{source}{fields}{schema}{release}"), &[("raw/a.jsonl", line)]);
        text(&dir, "jsonl/train-00000.jsonl")
    };
    assert!(head("", "").starts_with("{\"id\": \"s\", \"z\": \"1\", \"b\": \"2\", \"a\": \"3\""), "{}", head("", ""));
    let named = head("fields = { b = \"b\", z = \"z\" }\n", "");
    assert!(named.starts_with("{\"id\": \"s\", \"b\": \"2\", \"z\": \"1\"}"), "{named}");
    let schema = "[schema]\nz = { text = {} }\na = { text = {} }\n";
    let declared = head("fields = { a = \"a\", z = \"z\" }\n", schema);
    assert!(declared.starts_with("{\"id\": \"s\", \"z\": \"1\", \"a\": \"3\"}"), "{declared}");
}

#[test]
fn ids_are_those_of_the_source_numbers_or_keyed() {
    let release = |ids: &str| {
        format!(
            "{RECORDS}[split]\nratios = {{ train = 0.5, test = 0.5 }}\n[privacy]\nkey = {{ file = \"secret.key\" }}\n\
             harmless = [\"id\"]\n[release.public]\nformats = [\"jsonl\", \"parquet\"]\ncolumns = [\"id\", \"f\"]\nids = \"{ids}\"\n"
        )
    };
    let (lines, key) = (records(), "correct horse battery staple");
    let with = |ids: &str, key: &str| {
        built(&release(ids), &[("raw/a.jsonl", lines.as_bytes()), ("secret.key", key.as_bytes())])
    };
    let all = |dir: &TempDir| [ids(dir, "jsonl/test-00000.jsonl"), ids(dir, "jsonl/train-00000.jsonl")].concat();
    let numbers = with("sequence", key);
    assert_eq!(all(&numbers), (1..21).map(|n| n.to_string()).collect::<Vec<_>>());
    let keyed = with("keyed", key);
    let names = all(&keyed);
    assert!(names.iter().all(|id| id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit())), "{names:?}");
    assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), 20);
    assert_eq!(all(&with("keyed", &format!("{key}\n"))), names, "the end of the key's line is not part of it");
    let other: BTreeSet<String> = all(&with("keyed", "another key of many letters")).into_iter().collect();
    assert!(names.iter().all(|id| !other.contains(id)));
    // the sample is found by the id that it was collected under, and nothing of the key is kept
    let (exit, told, _) = tamis(keyed.path(), &["trace", "a3"]);
    assert!(exit == 0 && told.contains("jsonl/"), "{told}");
    let (exit, out, _) = tamis(keyed.path(), &["build"]);
    assert!(exit == 0 && out.starts_with("fresh"), "{out}");
    let said = tamis(keyed.path(), &["verify", keyed.path().join("out/public").to_str().unwrap()]).1;
    assert!(said.contains("values of parquet compared, not of jsonl"), "{said}");
    // without the key nothing is built
    std::fs::remove_file(keyed.path().join("secret.key")).unwrap();
    let (exit, _, err) = tamis(keyed.path(), &["build"]);
    assert!(exit == 2 && err.contains("T0425"), "{err}");
}

/// No step needs the key here, but the pin does: without it a version would be frozen of whose samples nothing is known.
#[test]
fn a_pin_is_not_made_without_the_key_that_is_declared() {
    let manifest = format!(
        "{RECORDS}[privacy]\nkey = {{ file = \"secret.key\" }}\nharmless = [\"id\", \"day\"]\n[release.public]\nformats = [\"jsonl\"]\n"
    );
    let dir = built(&manifest, &[("raw/a.jsonl", records().as_bytes())]);
    for (key, say) in [(None, "is not there"), (Some("short"), "so short that it can be guessed")] {
        key.iter().for_each(|key| put(dir.path(), "secret.key", key.as_bytes()));
        let (exit, _, err) = tamis(dir.path(), &["release", "public"]);
        assert!(exit == 2 && err.contains(say), "{err}");
        assert!(!dir.path().join("pins").exists() && !dir.path().join("releases").exists());
    }
    put(dir.path(), "secret.key", b"correct horse battery staple");
    assert_eq!(tamis(dir.path(), &["release", "public"]).0, 0);
    let pin = std::fs::read_to_string(dir.path().join("pins/public-0.1.0.json")).unwrap();
    assert!(pin.contains("\"digests\": \"keyed\""), "{pin}");
}

#[test]
fn images_lie_in_folders_of_their_classes() {
    let manifest = "[collect.a]\ndirect = { images = [\"raw/**/*.png\"], format = \"image_folder\" }\n\
        fields = { class = \"class\" }\nlicense = \"CC0-1.0\"\n[release.public]\n\
        formats = [{ format = \"image_folder\", folders = \"class\" }]\ncolumns = [\"id\", \"class\"]\n";
    let paths = ["raw/dog/a.png", "raw/Cat/b.png", "raw/cat/c.png", "raw/a b/d.png"];
    let images: Vec<Vec<u8>> = (0..paths.len()).map(|n| png(n as u8)).collect();
    let with: Vec<(&str, &[u8])> = paths.iter().zip(&images).map(|(path, bytes)| (*path, bytes.as_slice())).collect();
    let dir = built(manifest, &with);
    let folders = files(&dir, "images/train");
    assert!(folders.contains("dog") && folders.contains("a_b") && folders.contains("metadata.jsonl"), "{folders:?}");
    let cats: Vec<&String> = folders.iter().filter(|f| f.to_lowercase().starts_with("cat-")).collect();
    assert_eq!((cats.len(), folders.len()), (2, 5), "{folders:?}");
    assert_eq!(files(&dir, "images/train/dog"), ["a.png".to_string()].into());
    let lines = text(&dir, "images/train/metadata.jsonl");
    assert!(lines.contains("\"file_name\": \"dog/a.png\", \"id\": \"raw/dog/a.png\""), "{lines}");
    let card = text(&dir, "README.md");
    assert!(card.contains("- \"images/train/**\"\n") && card.contains("the folder of its `class`"), "{card}");
}

/// Makes the lists of sums anew, as somebody would who wants to deceive.
fn summed(out: &Path) {
    fn walk(dir: &Path, out: &Path, all: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
            match entry.is_dir() {
                true => walk(&entry, out, all),
                false => drop(all.insert(entry.strip_prefix(out).unwrap().to_str().unwrap().to_string())),
            }
        }
    }
    let mut all = BTreeSet::new();
    walk(out, out, &mut all);
    let (mut b3, mut sha) = (String::new(), String::new());
    for path in all.iter().filter(|p| !p.ends_with("SUMS")) {
        let bytes = std::fs::read(out.join(path)).unwrap();
        b3.push_str(&format!("{}  {path}\n", Digest::of(&bytes).hex()));
        sha.push_str(&format!("{}  {path}\n", sha256(&bytes)));
    }
    let own = sha256(b3.as_bytes());
    let mut lines: Vec<String> = sha.lines().map(String::from).chain([format!("{own}  B3SUMS")]).collect();
    lines.sort_by(|a, b| a[66..].cmp(&b[66..]));
    std::fs::write(out.join("B3SUMS"), b3).unwrap();
    std::fs::write(out.join("SHA256SUMS"), lines.join("\n") + "\n").unwrap();
}

#[test]
fn verify_compares_values_with_the_content_root() {
    let manifest =
        format!("{RECORDS}[release.public]\nformats = [\"parquet\", \"jsonl\"]\ncolumns = [\"id\", \"f\", \"day\"]\n");
    let made = || built(&manifest, &[("raw/a.jsonl", records().as_bytes())]);
    let verify = |dir: &TempDir| {
        let (exit, out, err) = tamis(dir.path(), &["verify", dir.path().join("out/public").to_str().unwrap()]);
        (exit, out + &err)
    };
    let sound = made();
    assert!(verify(&sound).1.contains("values of parquet, jsonl compared"), "{}", verify(&sound).1);
    let changed = |path: &str, change: &dyn Fn(Vec<u8>) -> Vec<u8>| {
        let dir = made();
        let out = dir.path().join("out/public");
        std::fs::write(out.join(path), change(std::fs::read(out.join(path)).unwrap())).unwrap();
        summed(&out);
        verify(&dir)
    };
    let lines = "jsonl/train-00000.jsonl";
    let edited = |from: &'static str, to: &'static str| {
        changed(lines, &|bytes| String::from_utf8(bytes).unwrap().replacen(from, to, 1).into_bytes())
    };
    for (from, to, word) in [
        ("7.0", "7.5", "jsonl: `f` of `train` holds other values"),
        ("2026-01-31", "2026-01-30", "jsonl: `day` of `train` holds other values"),
        ("7.0", "\"7.0\"", "has another type in `f`"),
        ("\"day\"", "\"tag\"", "has no `day`"),
    ] {
        let (exit, said) = edited(from, to);
        assert!(exit == 1 && said.contains(word), "{word}: {said}");
    }
    // Parquet of other values
    let other = built(&manifest, &[("raw/a.jsonl", records().replace("7.0", "8.0").as_bytes())]);
    let file = std::fs::read(other.path().join("out/public/parquet/train-00000.parquet")).unwrap();
    let (exit, said) = changed("parquet/train-00000.parquet", &|_| file.clone());
    assert!(exit == 1 && said.contains("parquet: `f` of `train` holds other values"), "{said}");
    // whatever byte is damaged, nobody reads a trace of a library
    let whole = std::fs::read(sound.path().join("out/public/parquet/train-00000.parquet")).unwrap();
    for at in (4..whole.len()).step_by(whole.len() / 24) {
        let (exit, said) = changed("parquet/train-00000.parquet", &|mut bytes| {
            bytes[at] ^= 0x55;
            bytes
        });
        assert!(!said.contains("panicked") && !said.contains("RUST_BACKTRACE"), "{at}: {said}");
        assert!(exit == 1 || said.starts_with("ok: "), "{at}: exit {exit}: {said}");
    }
}
