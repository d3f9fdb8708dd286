//! `tamis diff`: two releases of a project that was edited in between, and two folders without a project.
use crate::harness::{copy, example, tamis};
use serde_json::{Value as Json, json};
use std::path::Path;
use tempfile::TempDir;

const MANIFEST: &str = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
    [collect.a]\ndirect = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n\
    [schema]\ntext = { text = {} }\nn = { int = {} }\nkind = { text = {} }\n\
    [clean]\nexact_duplicates = { action = \"drop\", on = [\"text\"] }\n\
    [split]\nratios = { train = 0.8, test = 0.2 }\nseed = 3\n\
    [release.public]\nformats = FORMATS\ncolumns = [\"id\", \"text\", \"n\", \"kind\", \"split\"]\n";

fn put(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A project of 40 records, released as 0.1.0; then edited and built: two texts are another, one becomes a duplicate, one
/// record is gone, two are new.
fn edited(formats: &str, more: &str) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let line = |n: usize, text: &str| {
        let kind = ["a", "b", "c"][n % 3];
        format!("{}\n", json!({ "id": format!("s{n:02}"), "text": text, "n": n, "kind": kind }))
    };
    let manifest = MANIFEST.replace("FORMATS", formats) + more;
    put(dir.path(), "dataset.toml", &manifest);
    let before: String = (0..40).map(|n| line(n, &format!("text {n}"))).collect();
    put(dir.path(), "raw/a.jsonl", &before);
    done(dir.path(), &["release", "public"]);
    let text = |n: usize| match n {
        3 | 4 => format!("another text {n}"),
        5 => "text 2".to_string(),
        n => format!("text {n}"),
    };
    let after: String = (0..42).filter(|n| *n != 7).map(|n| line(n, &text(n))).collect();
    put(dir.path(), "raw/a.jsonl", &after);
    put(dir.path(), "dataset.toml", &manifest.replace("0.1.0", "0.2.0"));
    done(dir.path(), &["build"]);
    dir
}

fn done(dir: &Path, args: &[&str]) -> String {
    let (exit, out, err) = tamis(dir, args);
    assert_eq!(exit, 0, "{args:?} {out}{err}");
    out
}

fn differs(dir: &Path, args: &[&str]) -> String {
    let (exit, out, err) = tamis(dir, &[&["diff"], args].concat());
    assert_eq!(exit, 1, "{args:?} {out}{err}");
    out
}

fn told(dir: &Path, args: &[&str]) -> Json {
    serde_json::from_str(&differs(dir, &[args, &["--json"]].concat())).unwrap()
}

#[test]
fn an_edit_is_told_by_sample_column_and_reason() {
    let dir = edited("[\"parquet\", \"jsonl\"]", "");
    let d = told(dir.path(), &["public@0.1.0", "public"]);
    assert_eq!(d["compared_by"], "id");
    let of = |what: &str| d["samples"][what].as_u64().unwrap();
    assert_eq!((of("added"), of("removed"), of("changed")), (2, 2, 2), "{d}");
    assert_eq!(of("same") + of("changed") + of("moved"), 38, "{d}");
    assert_eq!(d["columns"]["changed"], json!({ "text": 2 }));
    let reasons: Vec<(&str, &str, u64)> = d["reasons"].as_array().unwrap().iter().map(reason).collect();
    assert_eq!(reasons, [("dropped", "clean.exact_duplicates", 1), ("not collected", "", 1)], "{d}");
    let example = &d["examples"][0];
    assert_eq!(
        (&example["id"], &example["old"], &example["new"]),
        (&json!("s03"), &json!("text 3"), &json!("another text 3"))
    );
    assert_eq!(d["values"]["kind"]["a"], Json::Null, "as often as before: {d}");
    assert_eq!(d["gates"]["collect.a.min_records"]["new"]["measured"], "41", "{d}");
    assert_eq!(d["sources"], json!({}), "as many samples as before");
    let text = differs(dir.path(), &[]);
    assert!(text.contains("collect.a.min_records 40 -> 41 (at least 1)"), "{text}");
    assert!(text.contains("releases/public-0.1.0 -> out/public   x public 0.1.0 -> 0.2.0"), "{text}");
    assert!(text.contains("s03: text 3 -> another text 3") && text.contains("dataset.toml:"), "{text}");
    assert!(!differs(dir.path(), &["public@0.1.0", "public", "--stat"]).contains("s03"));
    let markdown = differs(dir.path(), &["public@0.1.0", "--markdown"]);
    assert!(markdown.lines().count() <= 10 && markdown.contains("| 40 | 2 | 2 | "), "{markdown}");
    // the other way round the present build says why samples are only in the older one
    let back = told(dir.path(), &["public", "public@0.1.0"]);
    assert_eq!(back["reasons"][0]["change"], "added");
    // and a release is as it is
    let same = done(dir.path(), &["diff", "public", "public"]);
    assert!(same.contains("the same: 40 samples"), "{same}");
}

fn reason(r: &Json) -> (&str, &str, u64) {
    (r["how"].as_str().unwrap(), r["key"].as_str().unwrap(), r["samples"].as_u64().unwrap())
}

/// Without a newer one the last build is meant: one that is named alone would be the same as itself.
#[test]
fn a_build_is_not_compared_with_itself() {
    let dir = edited("[\"parquet\"]", "");
    let (exit, out, err) = crate::harness::tamis(dir.path(), &["diff", "public"]);
    assert!(exit == 2 && err.contains("compared with itself") && err.contains("public@VERSION"), "{exit} {out}{err}");
}

#[test]
fn folders_need_no_project_and_formats_tell_the_same() {
    let of = |formats: &str| {
        let dir = edited(formats, "");
        let away = tempfile::tempdir().unwrap();
        for (from, to) in [("releases/public-0.1.0", "old"), ("out/public", "new")] {
            std::fs::rename(dir.path().join(from), away.path().join(to)).unwrap();
        }
        let path = |name: &str| away.path().join(name).display().to_string();
        let out = std::process::Command::new(crate::harness::binary())
            .args(["diff", &path("old"), &path("new"), "--json"])
            .current_dir(away.path())
            .output()
            .unwrap();
        assert_eq!(out.status.code(), Some(1), "{}", String::from_utf8_lossy(&out.stderr));
        (away, serde_json::from_slice::<Json>(&out.stdout).unwrap())
    };
    let (parquet, a) = of("[\"parquet\"]");
    let (lines, b) = of("[\"jsonl\"]");
    for part in ["samples", "splits", "added", "removed", "moved", "columns", "values", "examples", "differing"] {
        assert_eq!(a[part], b[part], "{part}");
    }
    assert!(a["reasons"].as_array().unwrap().is_empty());
    // the same release in another format: values are the same, files are not
    let path = |dir: &TempDir| dir.path().join("old").display().to_string();
    let text = differs(lines.path(), &[&path(&parquet), &path(&lines)]);
    assert!(text.contains("formats parquet -> jsonl") && text.contains("changed          0"), "{text}");
}

#[test]
fn ids_that_are_numbers_are_no_ids() {
    let dir = edited("[\"parquet\"]", "ids = \"sequence\"\n");
    let d = told(dir.path(), &[]);
    assert_eq!(d["compared_by"], "content");
    let of = |what: &str| d["samples"][what].as_u64().unwrap();
    assert_eq!((of("added"), of("removed"), of("changed")), (4, 4, 0), "{d}");
    assert!(d["notes"][0].as_str().unwrap().starts_with("compared by content"), "{d}");
}

#[test]
fn of_conll_alone_the_ids_are_compared() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n\
        [collect.c]\ndirect = { files = [\"raw/c.tsv\"], format = \"conll\" }\n\
        fields = { text = \"tokens\", tags = \"tags\" }\nid = \"comment:1\"\nlicense = \"MIT\"\n\
        [schema]\ntext = { text = {} }\n\
        [label.ner]\ntask = \"ner\"\nclasses = [\"PS\", \"LC\"]\nfrom.c = { column = \"tags\" }\n\
        [release.public]\nformats = [\"conll\"]\ncolumns = [\"id\", \"text\", \"label.ner\"]\n";
    put(dir.path(), "dataset.toml", manifest);
    put(dir.path(), "raw/c.tsv", "# c1\nAnna\tB-PS\n\n# c2\nin\tO\nSeoul\tB-LC\n\n");
    done(dir.path(), &["release", "public"]);
    put(dir.path(), "raw/c.tsv", "# c1\nBob\tB-PS\n\n# c2\nin\tO\nSeoul\tB-LC\n\n");
    done(dir.path(), &["build"]);
    let text = differs(dir.path(), &[]);
    assert!(text.contains("out/public is read in conll alone") && text.contains("in both          2"), "{text}");
    assert!(text.contains("the same samples; their values differ, or their order"), "{text}");
    put(dir.path(), "raw/c.tsv", "# c3\nBob\tB-PS\n\n# c2\nin\tO\nSeoul\tB-LC\n\n");
    done(dir.path(), &["build"]);
    let d = told(dir.path(), &[]);
    assert_eq!((&d["samples"]["added"], &d["samples"]["removed"]), (&json!(1), &json!(1)), "{d}");
    assert_eq!(d["values_compared"], false);
}

#[test]
fn examples_after_an_edit_fit_a_screen() {
    for (name, from, to) in [
        ("ner", "symbol_ratio_max = 0.5", "symbol_ratio_max = 0.2"),
        ("similarity", "train = 0.8, test = 0.2", "train = 0.7, test = 0.3"),
        ("detection", "seed = 7", "seed = 8"),
    ] {
        let dir = example(name);
        done(dir.path(), &["release", "public"]);
        let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
        assert!(manifest.contains(from), "{name}");
        let version = manifest.lines().find(|l| l.starts_with("version = ")).unwrap();
        let edited = manifest.replacen(from, to, 1).replacen(version, "version = \"9.0.0\"", 1);
        put(dir.path(), "dataset.toml", &edited);
        let (_, out, err) = tamis(dir.path(), &["build"]);
        let text = differs(dir.path(), &[]);
        let lines = text.lines().count();
        assert!((6..=40).contains(&lines), "{name}: {text}{out}{err}");
        let markdown = differs(dir.path(), &["--markdown"]);
        assert!(markdown.lines().count() <= 10, "{name}: {markdown}");
    }
}

#[test]
fn what_is_no_release_is_told() {
    let dir = edited("[\"jsonl\"]", "");
    let wrong = |args: &[&str]| {
        let (exit, _, err) = tamis(dir.path(), &[&["diff"], args].concat());
        (exit, err)
    };
    let (exit, err) = wrong(&["public@7", "public"]);
    assert!(exit == 2 && err.contains("`public@7` is no release"), "{err}");
    // a file that lost its last line
    let path = dir.path().join("out/public/jsonl/train-00000.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let cut = text.trim_end().rfind('\n').unwrap();
    std::fs::write(&path, &text[..=cut]).unwrap();
    let (exit, err) = wrong(&["public@0.1.0", "public"]);
    assert!(exit == 3 && err.contains("release.json says"), "{err}");
}

/// A file that is not what the release's own list says is compared all the same, and told before all else.
#[test]
fn what_is_damaged_is_told() {
    let dir = edited("[\"jsonl\"]", "");
    let path = dir.path().join("out/public/jsonl/train-00000.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(!differs(dir.path(), &["public@0.1.0", "public"]).contains("damaged"));
    std::fs::write(&path, text.replacen("text 1\"", "text one\"", 1)).unwrap();
    let say = "damaged: out/public/jsonl/train-00000.jsonl is not what B3SUMS says";
    let out = differs(dir.path(), &["public@0.1.0", "public"]);
    assert!(out.contains(say), "{out}");
    let json = told(dir.path(), &["public@0.1.0", "public"]);
    assert!(json["notes"][0].as_str().unwrap().starts_with(say), "{}", json["notes"]);
    // and a release is not the same as itself then
    ["one", "two"].iter().for_each(|to| copy(&dir.path().join("out/public"), &dir.path().join(to)));
    assert!(differs(dir.path(), &["one", "two"]).contains("is not what B3SUMS says"));
}

/// Who has edited the manifest and not built compares what was before the edit, and is told so.
#[test]
fn a_build_before_an_edit_is_told() {
    let dir = edited("[\"jsonl\"]", "");
    let note =
        "out/public was built before dataset.toml or the files changed: what they say now is not compared; tamis build";
    assert!(!differs(dir.path(), &["public@0.1.0"]).contains(note));
    let path = dir.path().join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    put(dir.path(), "dataset.toml", &manifest.replace("[\"id\", \"text\",", "[\"id\","));
    let told = differs(dir.path(), &["public@0.1.0"]);
    assert!(told.contains(note), "{told}");
    // where nothing differs it is told as well
    let (exit, told, err) = tamis(dir.path(), &["diff", "public@0.1.0", "releases/public-0.1.0"]);
    assert!(exit == 0 && !told.contains(note), "{told}{err}");
    put(dir.path(), "dataset.toml", "nothing = [");
    let told = differs(dir.path(), &["public@0.1.0", "out/public"]);
    assert!(told.contains("is not known: dataset.toml has problems"), "{told}");
}
