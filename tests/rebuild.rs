//! `tamis rebuild-check`: a frozen release is built again out of its commit, and where it comes to something else the step is named.
use crate::harness::binary;
use serde_json::Value as Json;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

const MANIFEST: &str = "[dataset]\nname = \"x\"\nversion = \"1.0.0\"\nlicense = \"CC0-1.0\"\n\n[collect.a]\n\
    direct = { files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n\n\
    [preprocess]\nunicode = \"NFC\"\nfields = [\"text\"]\n\n[split]\nratios = { train = 0.8, test = 0.2 }\n\n";
const RELEASE: &str = "[release.public]\nformats = [\"jsonl\", \"parquet\"]\n";
/// A step that never gives the same twice.
const CLOCK: &str = "import time\nfrom tamis_step import run\n\nrun(lambda row: {\"at\": time.time_ns()})\n";
const HELPER: &str = include_str!("../templates/steps/tamis_step.py");
const STEP: &str = "[transform.clock]\nrun = [\"python3\", \"steps/clock.py\"]\nfiles = [\"steps/tamis_step.py\"]\n\
    reads = [\"text\"]\nwrites = { at = \"int\" }\n\n";

/// A repository with a project in a folder of it.
struct Lab {
    dir: TempDir,
    state: TempDir,
}

impl Lab {
    fn new(more: &str) -> Lab {
        let lab = Lab { dir: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() };
        lab.put("dataset.toml", &format!("{MANIFEST}{more}{RELEASE}"));
        lab.put(".gitignore", "/.tamis/\n/out/\n/releases/\n");
        lab.rows("a", 40);
        lab.git(&["init", "-q", "-b", "main"]);
        lab
    }

    fn project(&self) -> PathBuf {
        self.dir.path().join("data/x")
    }

    fn put(&self, path: &str, text: &str) {
        let place = self.project().join(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(place, text).unwrap();
    }

    fn rows(&self, file: &str, n: usize) {
        let line =
            |i: usize| format!("{}\n", serde_json::json!({ "id": format!("{file}{i}"), "text": format!("text {i}") }));
        self.put(&format!("raw/{file}.jsonl"), &(0..n).map(line).collect::<String>());
    }

    fn git(&self, args: &[&str]) -> String {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.dir.path()).args(["-c", "user.name=x", "-c", "user.email=x@example.org"]).args(args);
        let out = command.env("GIT_CONFIG_GLOBAL", "/dev/null").output().unwrap();
        assert!(out.status.success(), "{args:?}: {out:?}");
        String::from_utf8(out.stdout).unwrap()
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "x"]);
    }

    fn run(&self, args: &[&str]) -> (i32, String) {
        let mut command = Command::new(binary());
        command.arg("-C").arg(self.project()).args(args).env("LC_ALL", "C").env("XDG_STATE_HOME", self.state.path());
        // what is left behind would be seen here
        let out = command.env("TMPDIR", self.state.path()).stdin(Stdio::null()).output().unwrap();
        let said = [out.stdout, out.stderr].concat();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&said).into_owned())
    }

    fn released(&self) {
        self.commit();
        let (exit, said) = self.run(&["release", "public"]);
        assert_eq!(exit, 0, "{said}");
        self.commit();
    }

    fn check(&self, more: &[&str], exit: i32) -> String {
        let (code, said) = self.run(&[&["rebuild-check", "public@1.0.0"], more].concat());
        assert_eq!(code, exit, "{said}");
        let left: Vec<String> = fs::read_dir(self.state.path())
            .unwrap()
            .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| name.starts_with("tamis-"))
            .collect();
        assert!(left.is_empty(), "{left:?}");
        said
    }

    fn json(&self, exit: i32) -> Json {
        serde_json::from_str(&self.check(&["--json"], exit)).unwrap()
    }

    /// Changes the pin and commits it.
    fn pin(&self, change: impl FnOnce(&mut Json)) {
        let path = Path::new("pins/public-1.0.0.json");
        let mut pin: Json = serde_json::from_slice(&fs::read(self.project().join(path)).unwrap()).unwrap();
        change(&mut pin);
        self.put("pins/public-1.0.0.json", &serde_json::to_string_pretty(&pin).unwrap());
        self.commit();
    }
}

#[test]
fn a_release_is_the_same_again_whatever_happened_since() {
    let lab = Lab::new("");
    lab.released();
    let said = lab.check(&[], 0);
    assert!(said.contains("the same: public 1.0.0 from commit") && !said.contains("beside git"), "{said}");
    let of_folder = lab.run(&["rebuild-check", "releases/public-1.0.0"]);
    assert_eq!(of_folder.0, 0, "{}", of_folder.1);
    // later work, committed or not, is no part of it
    lab.rows("b", 7);
    lab.commit();
    lab.put("dataset.toml", "[broken");
    let told = lab.json(0);
    assert_eq!(
        (told["exit"].as_i64(), told["first"].is_null(), told["steps"].as_u64() > Some(5)),
        (Some(0), true, true)
    );
    assert_eq!(lab.git(&["status", "--short"]).trim(), "M data/x/dataset.toml", "nothing else is touched");
    // a folder that was changed is not what is looked for
    let page = lab.project().join("releases/public-1.0.0/B3SUMS");
    fs::write(&page, "").unwrap();
    let (exit, said) = lab.run(&["rebuild-check", "releases/public-1.0.0"]);
    assert!(exit == 1 && said.contains("is not what its pin says"), "{said}");
}

#[test]
fn a_revision_is_built_and_compared() {
    let lab = Lab::new("");
    assert_eq!(lab.run(&["build"]).0, 0);
    lab.commit();
    lab.rows("b", 7);
    let (exit, said) = lab.run(&["build"]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = lab.run(&["diff", "HEAD", "--stat"]);
    assert!(exit == 1 && said.contains("public at ") && said.contains("added            7"), "{said}");
    lab.commit();
    let (exit, said) = lab.run(&["diff", "HEAD~1", "HEAD", "--json", "--quiet"]);
    let told: Json = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
    assert_eq!((exit, &told["samples"]["added"], &told["samples"]["same"]), (1, &7.into(), &40.into()), "{said}");
    let (exit, said) = lab.run(&["diff", "HEAD:public", "public"]);
    assert_eq!(exit, 0, "{said}");
    // a second release makes the name of a commit alone say too little, unless the other side is one of them
    lab.put("dataset.toml", &format!("{MANIFEST}{RELEASE}[release.more]\nformats = [\"jsonl\"]\n"));
    assert_eq!(lab.run(&["build"]).0, 0);
    lab.commit();
    let (exit, said) = lab.run(&["diff", "HEAD~1", "HEAD:more"]);
    assert!(exit == 2 && said.contains("has no [release.more]"), "{said}");
    let (exit, said) = lab.run(&["diff", "HEAD"]);
    assert!(exit == 2 && said.contains("name one: HEAD:more, HEAD:public"), "{said}");
    let (exit, said) = lab.run(&["diff", "HEAD", "more"]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = lab.run(&["diff", "HEAD~7"]);
    assert!(exit == 2 && said.contains("a revision that git knows"), "{said}");
    // a lock that does not name the sources of its commit is refused
    lab.put("dataset.lock", "");
    lab.commit();
    let (exit, said) = lab.run(&["diff", "HEAD", "more"]);
    assert!(exit == 3 && said.contains("are not those that its dataset.lock names"), "{said}");
    lab.git(&["rm", "-q", "--cached", "data/x/dataset.lock"]);
    lab.git(&["commit", "-q", "-m", "x"]);
    let (exit, said) = lab.run(&["diff", "HEAD", "more"]);
    assert!(exit == 2 && said.contains("has no dataset.lock"), "{said}");
    let left = fs::read_dir(lab.state.path())
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().starts_with("tamis-"));
    assert_eq!(left.count(), 0, "nothing is left behind");
}

#[test]
fn files_beside_git_are_taken_as_they_lie_and_named() {
    let lab = Lab::new("");
    lab.put(".gitignore", "/.tamis/\n/out/\n/releases/\n/raw/\n");
    lab.released();
    let said = lab.check(&[], 0);
    assert!(said.contains("1 file beside git as they lie here: raw/a.jsonl"), "{said}");
    lab.rows("a", 41);
    let said = lab.check(&[], 1);
    assert!(said.contains("dataset.lock would change") && said.contains("beside git are others now"), "{said}");
    fs::remove_dir_all(lab.project().join("raw")).unwrap();
    let said = lab.check(&[], 2);
    assert!(said.contains("is not built") && said.contains("T0"), "{said}");
}

#[test]
fn the_first_step_that_differs_is_named() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success()) {
        return eprintln!("left out: there is no python3");
    }
    let lab = Lab::new(STEP);
    lab.put("steps/clock.py", CLOCK);
    lab.put("steps/tamis_step.py", HELPER);
    let (exit, said) = lab.run(&["trust", "--yes"]);
    assert_eq!(exit, 0, "{said}");
    lab.released();
    let told = lab.json(1);
    assert_eq!(
        told["first"],
        serde_json::json!({ "step": "transform.clock", "why": "it gave something else from the same" })
    );
    assert_ne!(told["content_root"]["was"], told["content_root"]["is"]);
    assert!(lab.check(&[], 1).contains("first at transform.clock: it gave something else from the same"));
}

#[test]
fn other_kernels_and_pins_without_steps_are_told() {
    let lab = Lab::new("");
    lab.released();
    lab.pin(|pin| {
        pin["content_root"] = "0".repeat(64).into();
        pin["kernels"]["split"] = "map 1, gather 1, apply 1".into();
        let own = pin["steps"]["split"].as_str().unwrap().to_string();
        pin["steps"]["split"] = format!("{}{}", "0".repeat(12), &own[12..]).into();
    });
    let said = lab.check(&[], 1);
    assert!(said.contains("first at split: its kernels were map 1, gather 1, apply 1, and are map"), "{said}");
    assert!(said.contains("other versions: split: map 1") && said.contains("files: was"), "{said}");
    lab.pin(|pin| {
        pin.as_object_mut().unwrap().remove("steps");
    });
    assert!(lab.check(&[], 1).contains("its pin does not know the steps"));
}

#[test]
fn what_cannot_be_built_again_is_said() {
    let lab = Lab::new("");
    lab.commit();
    let (exit, said) = lab.run(&["release", "public"]);
    assert_eq!(exit, 0, "{said}");
    assert!(lab.check(&[], 2).contains("pins/public-1.0.0.json is not committed"));
    // a commit may be named: then the pin is taken as it lies there, and said to be beside git
    let said = lab.check(&["--commit", "HEAD"], 0);
    assert!(said.contains("3 files beside git as they lie here: dataset.lock, pins/public-1.0.0.json"), "{said}");
    assert!(lab.check(&["--commit", "nowhere"], 2).contains("git knows no commit `nowhere`"));
    let (exit, said) = lab.run(&["rebuild-check", "public@2.0.0"]);
    assert!(exit == 2 && said.contains("is in no commit"), "{said}");
    let (exit, said) = lab.run(&["rebuild-check", "nothing"]);
    assert!(exit == 2 && said.contains("is neither NAME@VERSION nor a frozen release"), "{said}");
    fs::rename(lab.dir.path().join(".git"), lab.dir.path().join("git")).unwrap();
    let (exit, said) = lab.run(&["rebuild-check", "public@1.0.0"]);
    assert!(exit == 3 && said.contains("git: ") && said.contains("not a git repository"), "{said}");
}
