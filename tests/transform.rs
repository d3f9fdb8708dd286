//! Steps of one's own, as stories: a script in Python that writes columns, drops and bears samples; what runs again after
//! which edit; what happens to a script that crashes, hangs or lies; and that nothing runs before somebody trusts it.
use crate::harness::{Told, binary};
use serde_json::Value as Json;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A project with one step, and the place where trust is remembered.
struct Lab {
    dir: tempfile::TempDir,
    state: tempfile::TempDir,
}

const HELPER: &str = include_str!("../templates/steps/tamis_step.py");
const TAG: &str = "from words import known\nfrom tamis_step import bear, drop, run\n\n\ndef tag(row):\n    \
    words = row[\"text\"].split()\n    if \"bad\" in words:\n        return drop(\"bad\")\n    \
    own = {\"tags\": [w for w in words if w in known], \"n\": len(words)}\n    \
    if \"twin\" in words:\n        return bear(own, {\"1\": {\"n\": 0}, \"2\": {}})\n    return own\n\n\nrun(tag)\n";
const WORDS: &str = "known = {\"river\", \"stone\"}\n";
const STEP: &str = "[transform.tag]\nrun = [\"python3\", \"steps/tag.py\"]\nfiles = [\"steps/words.py\", \"steps/tamis_step.py\"]\n\
    reads = [\"text\"]\nwrites = { tags = { list = { of = \"text\" } }, n = \"int\" }\ndrops = [\"bad\"]\nbears = true\n";

/// Whether there is a Python; a test that needs one says that it was left out.
fn python() -> bool {
    let there = Command::new("python3").arg("--version").output().is_ok_and(|o| o.status.success());
    if !there {
        eprintln!("left out: there is no python3");
    }
    there
}

fn text(i: usize) -> String {
    let more = match i {
        7 => "bad ",
        11 => "twin ",
        _ => "",
    };
    format!("river {more}word{i} {}", "x".repeat(20))
}

impl Lab {
    fn new(n: usize) -> Lab {
        let lab = Lab { dir: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() };
        lab.rows(&(0..n).map(text).collect::<Vec<_>>());
        lab.put("steps/tag.py", TAG);
        lab.put("steps/words.py", WORDS);
        lab.put("steps/tamis_step.py", HELPER);
        lab.manifest(STEP);
        lab
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn put(&self, path: &str, text: &str) {
        let place = self.path().join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    }

    fn rows(&self, texts: &[String]) {
        let line =
            |(i, t): (usize, &String)| format!("{}\n", serde_json::json!({ "id": format!("s{i:05}"), "text": t }));
        self.put("raw/a.jsonl", &texts.iter().enumerate().map(line).collect::<String>());
    }

    fn manifest(&self, step: &str) {
        let head = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\n\
            direct = { files = [\"raw/a.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\nlicense = \"CC0-1.0\"\n";
        self.put("dataset.toml", &format!("{head}{step}[release.all]\nformats = [\"jsonl\"]\n"));
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(binary());
        command.arg("-C").arg(self.path()).args(args).env("XDG_STATE_HOME", self.state.path());
        let out = command.stdin(Stdio::null()).output().unwrap();
        let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
        (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
    }

    fn build(&self, more: &[&str]) -> Told {
        let (exit, stdout, stderr) =
            self.run(&[&["build", "--json", "--jobs", "2", "--partition-target", "16"], more].concat());
        let events = stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        Told { exit, events, stderr }
    }

    fn trusted(self) -> Lab {
        let (exit, _, stderr) = self.run(&["trust", "--yes"]);
        assert_eq!(exit, 0, "{stderr}");
        self
    }

    fn good(&self) -> Told {
        let told = self.build(&[]);
        assert_eq!(told.exit, 0, "{:?} {}", told.events, told.stderr);
        told.assert_plan_true();
        told
    }

    /// Why a build failed.
    fn failure(&self) -> String {
        let told = self.build(&[]);
        assert_eq!(told.exit, 3, "{:?}", told.events);
        let failure = told.events.iter().find(|e| e["event"] == "failure").unwrap();
        assert_eq!(failure["step"], "transform.tag");
        failure["message"].as_str().unwrap().to_string()
    }

    /// The released rows.
    fn released(&self) -> Vec<Json> {
        let mut files: Vec<PathBuf> =
            std::fs::read_dir(self.path().join("out/all/jsonl")).unwrap().map(|e| e.unwrap().path()).collect();
        files.sort();
        let text: String = files.iter().map(|f| std::fs::read_to_string(f).unwrap()).collect();
        let mut rows: Vec<Json> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        rows.sort_by_key(|r| r["id"].as_str().unwrap().to_string());
        rows
    }
}

#[test]
fn a_step_writes_columns_drops_and_bears() {
    if !python() {
        return;
    }
    let lab = Lab::new(200).trusted();
    let told = lab.good();
    assert_eq!(told.kernel("transform.tag", "map").1, 200);
    let rows = lab.released();
    assert_eq!(rows.len(), 201, "one is dropped, two are born");
    let of = |id: &str| rows.iter().find(|r| r["id"] == id).cloned();
    assert_eq!(of("s00007"), None);
    let twin = of("s00011").unwrap();
    assert_eq!((&twin["tags"], &twin["n"]), (&serde_json::json!(["river"]), &serde_json::json!(4)));
    let (first, second) = (of("s00011#tag.1").unwrap(), of("s00011#tag.2").unwrap());
    assert_eq!((&first["n"], &second["n"], &first["tags"]), (&serde_json::json!(0), &twin["n"], &twin["tags"]));
    assert_eq!(first["text"], twin["text"]);
    let (_, shown, _) = lab.run(&["trace", "s00007"]);
    assert!(shown.contains("dropped: bad") && shown.contains("transform.tag.drops"), "{shown}");
    // nothing has changed: nothing is asked, not even whether it is trusted
    std::fs::remove_dir_all(lab.state.path().join("tamis/trusted")).unwrap();
    let again = lab.good();
    assert_eq!((again.done()["kernels"]["map"].as_u64(), again.plan()["transform.tag"].as_str()), (Some(0), "fresh"));
    assert_eq!(lab.run(&["build"]).0, 0);
}

#[test]
fn an_edit_of_one_row_asks_about_its_partition_or_about_it_alone() {
    if !python() {
        return;
    }
    for sample in [false, true] {
        let lab = Lab::new(3000);
        if sample {
            lab.manifest(&format!("{STEP}grain = \"sample\"\n"));
        }
        let lab = lab.trusted();
        let (calls, rows) = lab.good().kernel("transform.tag", "map");
        assert_eq!((calls == 3000, rows), (sample, 3000));
        assert!(calls > 20, "several partitions: {calls}");
        let mut texts: Vec<String> = (0..3000).map(text).collect();
        texts[1500] = "stone river 1500".into();
        lab.rows(&texts);
        let (calls, rows) = lab.good().kernel("transform.tag", "map");
        assert_eq!(calls, 1, "sample: {sample}");
        assert_eq!(rows == 1, sample);
        assert_eq!(lab.released()[1499 + 2]["tags"], serde_json::json!(["stone", "river"]));
    }
}

#[test]
fn any_way_of_building_gives_the_same() {
    if !python() {
        return;
    }
    let lab = Lab::new(1000).trusted();
    let first = lab.good().roots();
    let mut texts: Vec<String> = (0..1000).map(text).collect();
    texts[500] = "twin bad".into();
    texts.remove(3);
    lab.rows(&texts);
    let second = lab.good().roots();
    assert_ne!(first, second);
    for more in [&["--jobs", "1"][..], &["--partition-target", "500"], &["--partition-target", "4096", "--jobs", "4"]] {
        std::fs::remove_dir_all(lab.path().join(".tamis")).unwrap();
        let args = [&["build", "--json"], more].concat();
        let (exit, stdout, stderr) = lab.run(&args);
        assert_eq!(exit, 0, "{stderr}");
        let events = stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        assert_eq!(Told { exit, events, stderr }.roots(), second, "{more:?}");
    }
    lab.manifest(&format!("{STEP}grain = \"sample\"\n"));
    assert_eq!(lab.good().roots().0, second.0);
}

#[test]
fn what_a_file_says_runs_again_and_its_comments_do_not() {
    if !python() {
        return;
    }
    let lab = Lab::new(100).trusted();
    let all = lab.good().kernel("transform.tag", "map");
    lab.put("steps/tag.py", &format!("# a remark\n\n{TAG}# another\n"));
    assert_eq!(lab.good().plan()["transform.tag"], "fresh", "and nobody is asked for trust");
    lab.put("steps/words.py", "known = {\"stone\"}  # no river\n");
    let (_, why, _) = lab.run(&["why", "transform.tag", "--partition-target", "16"]);
    assert!(why.contains("files.steps/words.py = "), "{why}");
    assert!(lab.failure().contains("is not trusted in this checkout"), "trust is in bytes");
    assert_eq!(lab.run(&["trust", "--yes"]).0, 0);
    assert_eq!(lab.good().kernel("transform.tag", "map"), all);
    assert_eq!(lab.released()[0]["tags"], serde_json::json!([]));
}

#[test]
fn nothing_runs_before_it_is_trusted() {
    let lab = Lab::new(20);
    let mark = lab.state.path().join("ran");
    lab.put("steps/tag.sh", &format!("#!/bin/sh\ntouch {}\n", mark.display()));
    lab.manifest(
        "[transform.tag]\nrun = [\"./steps/tag.sh\"]\nreads = [\"text\"]\nwrites = { n = \"int\" }\n\
         [transform.odd]\nrun = [\"python3\", \"-c\", \"1\"]\nversion = \"1\"\nwrites = { m = \"int\" }\n",
    );
    for args in [&["check"][..], &["build", "--dry-run"], &["status"], &["graph"], &["why", "transform.tag"]] {
        let (exit, _, stderr) = lab.run(args);
        assert!(exit == 0 && !mark.exists(), "{args:?}: {exit} {stderr}");
    }
    let told = lab.build(&[]);
    assert!(told.exit == 3 && !mark.exists(), "{:?}", told.events);
    let failure = told.events.iter().find(|e| e["event"] == "failure").unwrap();
    assert!(failure["message"].as_str().unwrap().contains("`tamis trust` shows it"), "{failure}");
    let (exit, shown, stderr) = lab.run(&["trust"]);
    assert_eq!((exit, mark.exists()), (2, false), "nobody can be asked: {stderr}");
    assert!(shown.contains("\"./steps/tag.sh\"") && shown.contains("blake3") && shown.contains("which is"), "{shown}");
}

/// A script that runs in place of the usual one, trusted.
fn failing(script: &str, more: &str) -> String {
    let lab = Lab::new(100);
    lab.put("steps/tag.py", script);
    lab.manifest(&format!("{STEP}{more}"));
    let lab = lab.trusted();
    let failure = lab.failure();
    let good = lab.build(&["collect"]);
    assert_eq!(good.exit, 0, "what was built before the step is kept");
    failure
}

const EXCHANGE: &str = "import json, sys\nfor line in sys.stdin:\n    n = json.loads(line)[\"$rows\"]\n    \
    rows = [json.loads(sys.stdin.readline()) for _ in range(n)]\n    out = [json.dumps({\"id\": r[\"id\"], \"tags\": [], \"n\": 1}) for r in rows]\n";

#[test]
fn what_a_script_does_wrong_is_told() {
    if !python() {
        return;
    }
    let end = "    print(\"\\n\".join(out), '{\"$rows\": %d}' % len(rows), sep=\"\\n\", flush=True)\n";
    let cases: [(&str, String, &str, &[&str]); 11] = [
        ("killed", "import os\nos.kill(os.getpid(), 9)\n".into(), "", &["signal: 9", "s000"]),
        (
            "crash",
            TAG.replace("words = row", "1 / 0; words = row"),
            "",
            &["ZeroDivisionError", "this happened at the sample 's000"],
        ),
        ("hang", "import time\ntime.sleep(60)\n".into(), "time_max = \"1 s\"\n", &["took longer than 1 s"]),
        ("lost row", format!("{EXCHANGE}    out.pop()\n{end}"), "", &["was asked about", "rows and answered"]),
        (
            "row too many",
            format!("{EXCHANGE}    out.append(out[0])\n{end}"),
            "",
            &["was asked about", "rows and answered"],
        ),
        ("wrong count", format!("{EXCHANGE}{}", end.replace("len(rows)", "7")), "", &["says that they are 7"]),
        ("other order", format!("{EXCHANGE}    out.reverse()\n{end}"), "", &["its `id` is another"]),
        (
            "wrong type",
            TAG.replace("\"n\": len(words)", "\"n\": \"many\""),
            "",
            &["`n` is text where a whole number is expected"],
        ),
        (
            "undeclared import",
            TAG.replace("from words", "from more"),
            "",
            &["No module named 'more'", "`run` and `files`"],
        ),
        ("undeclared reason", TAG.replace("drop(\"bad\")", "drop(\"worse\")"), "", &["none of `drops`", "s00007"]),
        (
            "memory",
            TAG.replace("words = row", "x = bytearray(1 << 33); words = row"),
            "memory_max = \"512 MiB\"\n",
            &["MemoryError", "`memory_max`"],
        ),
    ];
    for (name, script, more, wants) in cases {
        let told = failing(&script, more);
        assert!(wants.iter().all(|w| told.contains(w)), "{name}: {told}");
    }
    let more = format!("{EXCHANGE}{}", end.replace("%d}'", "%d}\\nmore'"));
    let told = failing(&more, "");
    assert!(told.contains("behind the end of its answer") || told.contains("wrong answer"), "{told}");
}

#[test]
fn a_text_that_changes_is_told_and_takes_its_labels_along() {
    if !python() {
        return;
    }
    let lab = Lab::new(30);
    lab.put("steps/tag.py", "from tamis_step import run\nrun(lambda row: {\"text\": row[\"text\"].replace(\"river\", \"a wide stream\")})\n");
    let step = "[transform.tag]\nrun = [\"python3\", \"steps/tag.py\"]\nfiles = [\"steps/tamis_step.py\"]\nreads = [\"text\"]\nwrites = { text = \"text\" }\n";
    let label = "[label.ner]\ntask = \"ner\"\nclasses = [\"W\"]\nfrom.a = { files = [\"raw/spans.jsonl\"], format = \"jsonl\", on = \"id\", fields = { item = \"id\", label = \"spans\" } }\n";
    let span = |i: usize| {
        let text = text(i);
        let start = text.find("word").unwrap();
        serde_json::json!({ "id": format!("s{i:05}"), "annotator": "p", "spans": [{ "start": start, "end": start + format!("word{i}").len(), "label": "W" }] })
    };
    lab.put("raw/spans.jsonl", &(0..30).map(|i| format!("{}\n", span(i))).collect::<String>());
    lab.manifest(&format!("{step}{label}"));
    let lab = lab.trusted();
    lab.good();
    let row = &lab.released()[5];
    let (text, spans) = (row["text"].as_str().unwrap(), row["label_ner"].as_array().cloned().unwrap_or_default());
    let at = |k: &str| spans[0][k].as_u64().unwrap() as usize;
    assert_eq!(&text[at("start")..at("end")], "word5", "{row}");
    assert!(text.starts_with("a wide stream"));
    let (_, shown, _) = lab.run(&["trace", "s00005"]);
    assert!(shown.contains("text changed") && shown.contains("transform.tag.writes.text"), "{shown}");
}

#[test]
fn a_wish_to_stop_ends_a_script_that_hangs() {
    if !python() {
        return;
    }
    let lab = Lab::new(20);
    let mark = lab.state.path().join("began");
    lab.put(
        "steps/tag.py",
        &format!("import os, time\nopen({mark:?}, 'w').write(str(os.getpid()))\ntime.sleep(600)\n"),
    );
    let lab = lab.trusted();
    let mut build = Command::new(binary())
        .arg("-C")
        .arg(lab.path())
        .arg("build")
        .env("XDG_STATE_HOME", lab.state.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let start = Instant::now();
    let script = loop {
        match std::fs::read_to_string(&mark) {
            Ok(pid) if !pid.is_empty() => break pid,
            _ if start.elapsed() > Duration::from_secs(60) => panic!("the script never began"),
            _ => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    let asked = Instant::now();
    assert!(Command::new("kill").args(["-INT", &build.id().to_string()]).status().unwrap().success());
    let status = build.wait().unwrap();
    assert!(asked.elapsed() < Duration::from_secs(10) && !status.success(), "{status}");
    assert!(!Path::new("/proc").join(script.trim()).exists(), "the script outlived the build");
}

#[test]
fn what_is_made_of_unmasked_texts_is_held_back() {
    if !python() {
        return;
    }
    let lab = Lab::new(20);
    let private = "[privacy]\n[privacy.detect]\ntypes = [\"email\"]\nfields = [\"text\"]\n";
    lab.manifest(&format!("{private}{}after = \"preprocess\"\n", STEP.replace(", n = \"int\"", "")));
    let (exit, _, stderr) = lab.run(&["check"]);
    assert!(exit == 2 && stderr.contains("T0421"), "{exit} {stderr}");
    lab.manifest(&format!("{private}{STEP}"));
    assert_eq!(lab.run(&["check"]).0, 0, "behind the masking it is given masked texts");
    lab.manifest(&format!(
        "{private}{}after = \"preprocess\"\n",
        STEP.replace(", n = \"int\"", "")
            .replace("{ list = { of = \"text\" } }", "{ category = { values = [\"a\"] } }")
    ));
    assert_eq!(lab.run(&["check"]).0, 0, "a class out of a declared list tells of nobody");
}

#[test]
fn the_environment_is_an_input_and_what_is_not_declared_is_taken_away() {
    if !python() {
        return;
    }
    let lab = Lab::new(20);
    lab.put(
        "steps/tag.py",
        "import os\nfrom tamis_step import run\nrun(lambda row: {\"tags\": [os.environ.get(k, \"-\") for k in (\"OWN\", \"HOME\", \"TZ\")], \"n\": None})\n",
    );
    lab.manifest(&format!("{STEP}env = [\"OWN\"]\n"));
    let lab = lab.trusted();
    let build = |value: &str| {
        let mut command = Command::new(binary());
        command.arg("-C").arg(lab.path()).args(["build", "--json"]).env("XDG_STATE_HOME", lab.state.path());
        let out = command.env("OWN", value).output().unwrap();
        let events = String::from_utf8(out.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let told = Told { exit: out.status.code().unwrap(), events, stderr: String::new() };
        (told.exit, told.kernel("transform.tag", "map").1)
    };
    assert_eq!(build("one"), (0, 20));
    assert_eq!(lab.released()[0]["tags"], serde_json::json!(["one", "-", "UTC"]));
    assert_eq!((build("one"), build("two")), ((0, 0), (0, 20)));
}

#[test]
fn the_helper_is_printed_and_answers_plain_lines() {
    let lab = Lab::new(1);
    assert_eq!(lab.run(&["new", "--step"]), (0, HELPER.to_string(), String::new()));
    if !python() {
        return;
    }
    for (script, want) in [
        (
            "import tamis_step\ntamis_step.run(lambda r: {\"n\": len(r[\"t\"])})\n",
            "{\"id\":\"a\",\"n\":2}\n{\"id\":\"b\",\"n\":0}\n",
        ),
        (
            "import tamis_step\ntamis_step.run(partition=lambda rows: [{\"n\": len(rows)} for _ in rows])\nprint('said')\n",
            "{\"id\":\"a\",\"n\":2}\n{\"id\":\"b\",\"n\":2}\n",
        ),
    ] {
        lab.put("steps/own.py", script);
        lab.put("rows.jsonl", "{\"id\":\"a\",\"t\":\"가나\"}\n{\"id\":\"b\",\"t\":\"\"}\n");
        let rows = std::fs::File::open(lab.path().join("rows.jsonl")).unwrap();
        let out = Command::new("python3").arg(lab.path().join("steps/own.py")).stdin(rows).output().unwrap();
        assert_eq!(String::from_utf8(out.stdout).unwrap(), want);
    }
}

/// The example that comes with tamis, by itself.
#[test]
fn the_example_builds_once_it_is_trusted() {
    if !python() {
        return;
    }
    let lab = Lab { dir: crate::harness::example("steps"), state: tempfile::tempdir().unwrap() };
    assert_eq!(std::fs::read_to_string(lab.path().join("steps/tamis_step.py")).unwrap(), HELPER);
    let (exit, _, stderr) = lab.run(&["build"]);
    assert!(exit == 3 && stderr.contains("`tamis trust` shows it"), "{stderr}");
    let lab = lab.trusted();
    let told = lab.good();
    assert_eq!(told.done()["exit"], 0);
    let rows = std::fs::read_to_string(lab.path().join("out/public/jsonl/train-00000.jsonl")).unwrap();
    assert!(rows.contains("\"topics\"") && rows.contains("#sentences.2"), "{rows}");
}

#[test]
fn what_was_dropped_before_is_never_shown() {
    if !python() {
        return;
    }
    let lab = Lab::new(3000);
    let schema =
        |least: u32| format!("[schema]\ntext = {{ text = {{ chars_min = {least} }}, required = true }}\n{STEP}");
    let mut lines: Vec<String> =
        (0..3000).map(|i| serde_json::json!({ "id": format!("s{i:05}"), "text": text(i) }).to_string()).collect();
    lines[100] = "{\"id\":\"s00100\",\"text\":null}".into();
    lines[2000] = "{\"id\":\"s02000\",\"text\":\"river stone\"}".into();
    lab.put("raw/a.jsonl", &(lines.join("\n") + "\n"));
    lab.manifest(&schema(2));
    let lab = lab.trusted();
    assert_eq!(lab.good().kernel("transform.tag", "map").1, 2999, "the script would fail at a null");
    assert_eq!(lab.released().len(), 2999 - 1 + 2);
    lab.manifest(&schema(12));
    let (calls, rows) = lab.good().kernel("transform.tag", "map");
    assert!(calls == 1 && rows < 2999, "only the partition that lost one is asked about: {calls} {rows}");
    assert_eq!(lab.released().len(), 2998 - 1 + 2);
}
