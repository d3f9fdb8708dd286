//! What `tamis release` leaves besides the folder: the pin that later versions are compared with, a signature, an archive.
use crate::harness::tamis;
use serde_json::Value as Json;
use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const HEAD: &str = "[collect.a]\ndirect = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\", kind = \"kind\" }\n\
    id = \"id\"\nlicense = \"CC0-1.0\"\n\n[split]\nratios = { train = 0.8, test = 0.2 }\n\n[release.public]\n\
    formats = [\"jsonl\", \"parquet\"]\ncolumns = [\"id\", \"text\", \"kind\", \"split\"]\n";

fn declare(dir: &Path, version: &str, more: &str) {
    let dataset =
        format!("[dataset]\nname = \"x\"\nversion = \"{version}\"\nlicense = \"CC0-1.0\"\ndate = \"2026-01-31\"\n\n");
    fs::write(dir.join("dataset.toml"), format!("{dataset}{HEAD}{more}")).unwrap();
}

fn collect(dir: &Path, rows: &[(usize, &str)]) {
    let line = |(n, text): &(usize, &str)| {
        format!("{{\"id\":\"a{n}\",\"text\":\"{text} {n}\",\"kind\":\"{}\"}}\n", if n % 3 == 0 { "x" } else { "y" })
    };
    fs::create_dir_all(dir.join("raw")).unwrap();
    fs::write(dir.join("raw/a.jsonl"), rows.iter().map(line).collect::<String>()).unwrap();
}

fn project(n: usize) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    declare(dir.path(), "1.0.0", "");
    collect(dir.path(), &(0..n).map(|i| (i, "text")).collect::<Vec<_>>());
    dir
}

fn ok(dir: &Path, args: &[&str]) -> String {
    let (exit, out, err) = tamis(dir, args);
    assert_eq!(exit, 0, "{args:?}: {out}{err}");
    out + &err
}

#[test]
fn versions_say_how_much_changed() {
    let dir = project(40);
    let d = dir.path();
    ok(d, &["release", "public"]);
    let pin = fs::read_to_string(d.join("pins/public-1.0.0.json")).unwrap();
    let json: Json = serde_json::from_str(&pin).unwrap();
    assert_eq!(json["samples"].as_object().unwrap().len(), 40);
    assert_eq!(json["values"]["kind"], serde_json::json!({ "x": 14, "y": 26 }));
    // more samples: minor
    let more: Vec<(usize, &str)> = (0..45).map(|i| (i, "text")).collect();
    collect(d, &more);
    declare(d, "1.0.1", "");
    let (exit, out, err) = tamis(d, &["release", "public"]);
    assert_eq!(exit, 2, "{out}{err}");
    assert!(err.contains("T0660") && err.contains("5 samples added") && err.contains("1.1.0"), "{err}");
    assert!(!d.join("releases/public-1.0.1").exists() && !d.join("pins/public-1.0.1.json").exists());
    declare(d, "1.1.0", "");
    let told = ok(d, &["release", "public"]);
    assert!(told.contains("since 1.0.0: minor change: 5 samples added"), "{told}");
    // an edited sample: major
    let mut edited = more.clone();
    edited[3].1 = "other";
    collect(d, &edited);
    declare(d, "1.2.0", "");
    let (exit, _, err) = tamis(d, &["release", "public"]);
    assert!(exit == 2 && err.contains("1 sample edited") && err.contains("2.0.0"), "{err}");
    declare(d, "2.0.0", "");
    assert!(ok(d, &["release", "public"]).contains("major change: 1 sample edited"));
    // other files of the same samples: patch
    let toml = fs::read_to_string(d.join("dataset.toml")).unwrap();
    let packed = toml.replace("formats = [\"jsonl\", \"parquet\"]", "formats = [\"jsonl\"]").replace("2.0.0", "2.0.1");
    fs::write(d.join("dataset.toml"), packed).unwrap();
    assert!(ok(d, &["release", "public"]).contains("patch change: the same samples in other files"));
    // another column: major
    declare(d, "2.1.0", "");
    let toml = fs::read_to_string(d.join("dataset.toml")).unwrap().replace("\"kind\", \"split\"]", "\"split\"]");
    fs::write(d.join("dataset.toml"), toml).unwrap();
    let (exit, _, err) = tamis(d, &["release", "public"]);
    assert!(exit == 2 && err.contains("`kind` is gone") && err.contains("3.0.0"), "{err}");
}

#[test]
fn a_fresh_clone_tells_the_same_difference() {
    let dir = project(60);
    let d = dir.path();
    ok(d, &["release", "public"]);
    let mut rows: Vec<(usize, &str)> = (2..70).map(|i| (i, "text")).collect();
    rows[5].1 = "edited";
    collect(d, &rows);
    declare(d, "2.0.0", "");
    ok(d, &["build"]);
    let difference = || {
        let (exit, out, err) = tamis(d, &["diff", "public@1.0.0", "--json"]);
        assert_eq!(exit, 1, "{out}{err}");
        serde_json::from_str::<Json>(&out).unwrap()
    };
    let with_files = difference();
    fs::remove_dir_all(d.join("releases")).unwrap();
    let by_pin = difference();
    for key in ["same", "samples", "splits", "added", "removed", "moved", "values"] {
        assert_eq!(with_files[key], by_pin[key], "{key}");
    }
    assert_eq!(by_pin["samples"]["changed"], 1);
    assert!(by_pin["notes"].to_string().contains("pins/public-1.0.0.json"), "{}", by_pin["notes"]);
}

#[test]
fn archives_are_the_same_each_time_and_read_directly() {
    let dir = project(20);
    let d = dir.path();
    ok(d, &["release", "public", "--archive"]);
    let path = d.join("releases/public-1.0.0.tar.zst");
    let first = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    ok(d, &["release", "public", "--archive"]);
    assert_eq!(first, fs::read(&path).unwrap());
    let told = ok(d, &["verify", "releases/public-1.0.0.tar.zst"]);
    assert!(told.starts_with("ok: "), "{told}");
    let (exit, out, _) = tamis(d, &["verify", "releases/public-1.0.0.tar.zst", "--audit", "--json"]);
    assert_eq!(exit, 0, "{out}");
    let mut cut = first.clone();
    cut.truncate(first.len() / 2);
    fs::write(&path, cut).unwrap();
    let (exit, _, err) = tamis(d, &["verify", "releases/public-1.0.0.tar.zst"]);
    assert!(exit == 1 && err.contains("does not unpack"), "{err}");
    let other = Command::new(crate::harness::binary())
        .args(["-C", d.to_str().unwrap(), "release", "public", "--archive"])
        .env("SOURCE_DATE_EPOCH", "7")
        .output()
        .unwrap();
    assert!(other.status.success());
    assert_ne!(first, fs::read(&path).unwrap());
}

#[test]
fn signatures_change_no_root_and_are_those_of_minisign() {
    let dir = project(20);
    let d = dir.path();
    let (secret, public) = tamis::sign::generate("").unwrap();
    let (_, stranger) = tamis::sign::generate("").unwrap();
    for (name, text) in [("key", &secret), ("key.pub", &public), ("other.pub", &stranger)] {
        fs::write(d.join(name), text).unwrap();
    }
    let key = d.join("key");
    ok(d, &["release", "public"]);
    let lock = fs::read_to_string(d.join("dataset.lock")).unwrap();
    let told = ok(d, &["release", "public", "--sign", key.to_str().unwrap()]);
    assert!(told.contains("signed by the key"), "{told}");
    assert_eq!(lock, fs::read_to_string(d.join("dataset.lock")).unwrap());
    let folder = "releases/public-1.0.0";
    let own = |name: &str| d.join(name).to_str().unwrap().to_string();
    assert!(ok(d, &["verify", folder]).contains("not checked"));
    assert!(ok(d, &["verify", folder, "--key", &own("key.pub")]).contains("signed by the key"));
    let (exit, out, _) = tamis(d, &["verify", folder, "--key", &own("other.pub")]);
    assert!(exit == 1 && out.contains("does not sign this release"), "{out}");
    let (exit, out, _) = tamis(d, &["verify", "out/public", "--key", &own("key.pub")]);
    assert!(exit == 1 && out.contains("not signed"), "{out}");
    // freezing the same again keeps it
    ok(d, &["release", "public"]);
    assert!(d.join(folder).join("SHA256SUMS.minisig").is_file());
    // and another list is not what was signed
    let list = d.join(folder).join("SHA256SUMS");
    fs::write(&list, fs::read_to_string(&list).unwrap().replace('0', "1")).unwrap();
    let (exit, out, _) = tamis(d, &["verify", folder, "--key", &own("key.pub")]);
    assert!(exit == 1 && out.contains("does not sign this release"), "{out}");
}

/// The tool itself, where it is installed.
#[test]
fn minisign_reads_what_is_signed() {
    if Command::new("minisign").arg("-v").output().is_err() {
        eprintln!("skipped: minisign is not installed");
        return;
    }
    let dir = project(5);
    let d = dir.path();
    let run = |args: &[&str]| Command::new("minisign").args(args).current_dir(d).output().unwrap();
    assert!(run(&["-G", "-W", "-f", "-p", "k.pub", "-s", "k.sec"]).status.success());
    ok(d, &["release", "public", "--sign", d.join("k.sec").to_str().unwrap()]);
    let list = "releases/public-1.0.0/SHA256SUMS";
    let read = run(&["-V", "-p", "k.pub", "-m", list]);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    // and the other way
    assert!(run(&["-S", "-s", "k.sec", "-m", list, "-t", "by hand"]).status.success());
    assert!(
        ok(d, &["verify", "releases/public-1.0.0", "--key", d.join("k.pub").to_str().unwrap()]).contains("signed by")
    );
}

/// A release without a format that holds ids has a pin all the same.
#[test]
fn releases_without_ids_have_pins() {
    let dir = crate::harness::example("detection");
    ok(dir.path(), &["release", "yolo"]);
    let pins = fs::read_dir(dir.path().join("pins")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    assert!(pins.into_iter().any(|p| p.starts_with("yolo-") && p.ends_with(".json")));
}
