//! Several people at one project: problems for code review, merges by git itself, the hooks and the actions of the repository.
use crate::harness::{binary, tamis};
use serde_json::Value as Json;
use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = "tamis = \"0.1\"\n\n[dataset]\nname = \"team\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\n\
    [collect.a]\ndirect = { files = [\"raw/a*.jsonl\"], format = \"jsonl\" }\nid = \"id\"\nfields = { text = \"text\" }\nlicense = \"CC0-1.0\"\n\n\
    [collect.b]\ndirect = { files = [\"raw/b*.jsonl\"], format = \"jsonl\" }\nid = \"id\"\nfields = { text = \"text\" }\nlicense = \"CC0-1.0\"\n\n\
    [schema]\ntext = { text = {} }\n\n[clean.fields.text]\nchars_min = 4\naction = \"review\"\n\n[review]\nhold = true\nfiles = [\"reviews/*.jsonl\"]\n\n\
    [split]\nratios = { train = 0.5, test = 0.5 }\n\n[release.public]\nformats = [\"jsonl\"]\n";

fn put(dir: &Path, path: &str, text: &str) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn record(id: &str, text: &str) -> String {
    format!("{{\"id\":\"{id}\",\"text\":\"{text}\"}}\n")
}

fn decided(id: &str, verdict: &str, by: &str) -> String {
    format!("{{\"id\":\"{id}\",\"step\":\"clean.fields\",\"decision\":\"{verdict}\",\"by\":\"{by}\"}}\n")
}

// ---- problems for review ---------------------------------------------------------------------------------------------

#[test]
fn problems_are_told_as_annotations_and_as_sarif() {
    let top = tempfile::tempdir().unwrap();
    let dir = top.path().join("data set");
    put(&dir, "dataset.toml", &MANIFEST.replace("chars_min", "char_min"));
    put(&dir, "raw/a.jsonl", &record("a1", "some words"));
    put(&dir, "raw/b.jsonl", &record("b1", "more words"));
    let run = |format: &str| {
        let args = ["-C", "data set", "check", "--output-format", format];
        let out =
            Command::new(binary()).args(args).current_dir(top.path()).env_remove("GITHUB_WORKSPACE").output().unwrap();
        assert_eq!((out.status.code(), out.stderr.is_empty()), (Some(2), true), "{out:?}");
        String::from_utf8(out.stdout).unwrap()
    };
    let told = run("github");
    assert!(
        told.starts_with("::error file=data set/dataset.toml,line=24,endLine=24,col=1,endColumn=9,title=tamis T0103::"),
        "{told}"
    );
    assert_eq!(told.lines().count(), 1);
    let log: Json = serde_json::from_str(&run("sarif")).unwrap();
    let result = &log["runs"][0]["results"][0];
    assert_eq!(
        (&log["version"], &result["ruleId"], &result["level"]),
        (&"2.1.0".into(), &"T0103".into(), &"error".into())
    );
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "data%20set/dataset.toml");
    assert_eq!(
        place["region"],
        serde_json::json!({ "startLine": 24, "startColumn": 1, "endLine": 24, "endColumn": 9 })
    );
    assert!(log["runs"][0]["tool"]["driver"]["rules"][0]["help"]["markdown"].as_str().unwrap().contains("unicod"));
    let json: Json = serde_json::from_str(&run("json")).unwrap();
    assert_eq!((&json["exit"], &json["steps"], &json["problems"][0]["column"]), (&2.into(), &Json::Null, &1.into()));
}

// ---- git -------------------------------------------------------------------------------------------------------------

/// A project in a repository of its own, in which git calls this tamis for what the attributes say.
struct Repository(tempfile::TempDir);

impl Repository {
    fn new() -> Repository {
        let own = Repository(tempfile::tempdir().unwrap());
        own.git(&["init", "-q", "-b", "main"]);
        let driver = format!("'{}' merge-driver %O %A %B %P", binary().display());
        own.git(&["config", "merge.tamis.driver", &driver]);
        put(own.dir(), "dataset.toml", MANIFEST);
        put(own.dir(), ".gitignore", "/.tamis\n/out\n");
        put(own.dir(), ".gitattributes", "dataset.lock merge=tamis\nreviews/*.jsonl merge=tamis\n");
        put(own.dir(), "raw/a.jsonl", &(record("a1", "some words") + &record("a2", "ab") + &record("a3", "cd")));
        put(own.dir(), "raw/b.jsonl", &record("b1", "more words"));
        put(own.dir(), "reviews/kim.jsonl", &decided("a2", "keep", "kim"));
        own.commit();
        own
    }

    fn dir(&self) -> &Path {
        self.0.path()
    }

    fn run(&self, args: &[&str]) -> Output {
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "commit.gpgsign=false"];
        Command::new("git").arg("-C").arg(self.dir()).args(who).args(args).env("LC_ALL", "C").output().unwrap()
    }

    fn git(&self, args: &[&str]) -> String {
        let out = self.run(args);
        assert!(out.status.success(), "{args:?}: {out:?}");
        String::from_utf8(out.stdout).unwrap()
    }

    /// Builds and commits all that is there.
    fn commit(&self) {
        let (exit, _, err) = tamis(self.dir(), &["build", "--quiet"]);
        assert_eq!(exit, 0, "{err}");
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", "x"]);
    }

    /// What two people do on branches of their own, and how git merges it: whether it could, and what was said.
    fn both(&self, ours: impl Fn(&Path), theirs: impl Fn(&Path)) -> (bool, String) {
        self.git(&["checkout", "-q", "-b", "other"]);
        theirs(self.dir());
        self.commit();
        self.git(&["checkout", "-q", "main"]);
        ours(self.dir());
        self.commit();
        let out = self.run(&["merge", "-q", "--no-edit", "other"]);
        (out.status.success(), String::from_utf8(out.stderr).unwrap() + &String::from_utf8(out.stdout).unwrap())
    }

    fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.dir().join(path)).unwrap()
    }
}

#[test]
fn two_people_change_two_sources_and_decide_of_two_samples() {
    let own = Repository::new();
    let (merged, said) = own.both(
        |dir| {
            put(dir, "raw/a2.jsonl", &record("a4", "words of ours"));
            put(dir, "reviews/kim.jsonl", &(decided("a2", "keep", "kim") + &decided("a3", "drop", "kim")));
        },
        |dir| {
            put(dir, "raw/b2.jsonl", &record("b2", "words of theirs"));
            put(dir, "reviews/kim.jsonl", &(decided("a2", "keep", "kim") + &decided("a4", "keep", "kim")));
        },
    );
    assert!(merged, "{said}");
    let lines: Vec<String> = own.read("reviews/kim.jsonl").lines().map(String::from).collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    let (exit, out, err) = tamis(own.dir(), &["build", "--locked"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert_eq!(own.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_source_that_both_changed_is_measured_by_the_next_build() {
    let own = Repository::new();
    let (merged, said) = own.both(
        |dir| put(dir, "raw/a2.jsonl", &record("a4", "words of ours")),
        |dir| put(dir, "raw/a3.jsonl", &record("a5", "words of theirs")),
    );
    assert!(merged, "{said}");
    assert!(said.contains("dataset.lock: the source collect.a") && said.contains("changed on both branches"), "{said}");
    assert_eq!(tamis(own.dir(), &["build", "--locked"]).0, 1, "the lock is not that of the data yet");
    assert_eq!(tamis(own.dir(), &["build"]).0, 0);
    assert_eq!(tamis(own.dir(), &["build", "--locked"]).0, 0);
}

#[test]
fn a_conflict_of_decisions_names_the_sample() {
    let own = Repository::new();
    let (merged, said) = own.both(
        |dir| put(dir, "reviews/lee.jsonl", &decided("a3", "keep", "lee")),
        |dir| put(dir, "reviews/lee.jsonl", &decided("a3", "drop", "lee")),
    );
    assert!(
        !merged
            && said.contains("reviews/lee.jsonl: sample a3 at clean.fields: lee decided keep, and lee decided drop"),
        "{said}"
    );
    let text = own.read("reviews/lee.jsonl");
    assert!(text.starts_with("<<<<<<< ours\n") && text.ends_with(">>>>>>> theirs\n"), "{text}");
}

#[test]
fn versions_that_two_people_froze_are_both_kept() {
    let own = Repository::new();
    let freeze = |version: &'static str| {
        move |dir: &Path| {
            put(dir, "dataset.toml", &MANIFEST.replace("version = \"0.1.0\"", &format!("version = \"{version}\"")));
            let (exit, out, err) = tamis(dir, &["release", "public"]);
            assert_eq!(exit, 0, "{out}{err}");
            put(dir, "dataset.toml", MANIFEST);
        }
    };
    let (merged, said) = own.both(freeze("0.2.0"), freeze("0.3.0"));
    assert!(merged, "{said}");
    let lock = own.read("dataset.lock");
    assert!(lock.contains("version = \"0.2.0\"") && lock.contains("version = \"0.3.0\""), "{lock}");
    assert_eq!(tamis(own.dir(), &["build", "--locked"]).0, 0);
}

#[test]
fn what_is_no_lock_and_no_decisions_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    for name in ["o", "a", "b"] {
        put(dir.path(), name, "x\n");
    }
    let run = |path: &str| {
        let out = Command::new(binary())
            .args(["merge-driver", "o", "a", "b", path])
            .current_dir(dir.path())
            .output()
            .unwrap();
        (out.status.code(), String::from_utf8(out.stderr).unwrap())
    };
    let (exit, said) = run("README.md");
    assert!(exit == Some(2) && said.contains("neither dataset.lock"), "{said}");
    let (exit, said) = run("reviews/a.jsonl");
    assert!(exit == Some(3) && said.contains("line 1 of the base is no decision"), "{said}");
    assert_eq!(std::fs::read_to_string(dir.path().join("a")).unwrap(), "x\n", "what does not read is left as it is");
}

// ---- what the repository offers --------------------------------------------------------------------------------------

fn file(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The versions of the packages are those of Cargo.toml.
#[test]
fn packages_have_the_version_of_the_crate() {
    let version = env!("CARGO_PKG_VERSION");
    assert!(file("python/tamis/__init__.py").contains(&format!("__version__ = \"{version}\"")));
    let manifest: toml::Table = toml::from_str(&file("python/pyproject.toml")).unwrap();
    assert_eq!(manifest["project"]["dynamic"].as_array().unwrap()[0].as_str(), Some("version"));
}

/// The commands that hooks, the action and the pages name are there.
#[test]
fn hooks_and_actions_call_what_there_is() {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "dataset.toml", MANIFEST);
    put(dir.path(), "raw/a.jsonl", &record("a1", "some words"));
    put(dir.path(), "raw/b.jsonl", &record("b1", "more words"));
    let hooks = file(".pre-commit-hooks.yaml");
    let entries: Vec<&str> = hooks.lines().filter_map(|l| l.trim().strip_prefix("entry: ")).collect();
    assert_eq!(entries.len(), 3, "{hooks}");
    for entry in entries {
        let words: Vec<&str> = entry.split(' ').skip(1).collect();
        let (exit, out, err) = tamis(dir.path(), &words);
        assert!(exit < 2, "{entry}: {out}{err}");
    }
    let action = file("action.yml");
    for words in ["build --locked", "check --output-format github", "diff --markdown", "verify"] {
        assert!(action.contains(words), "action.yml does not call `{words}`");
    }
}

/// The release pages and the archives of `packaging/archive.sh` have the names that `cargo binstall` puts together.
#[test]
fn archives_are_called_as_binstall_looks_for_them() {
    let manifest: toml::Table = toml::from_str(&file("Cargo.toml")).unwrap();
    let binstall = &manifest["package"]["metadata"]["binstall"];
    let text = |key: &str| binstall[key].as_str().unwrap().replace("{ ", "{").replace(" }", "}");
    let top = tempfile::tempdir().unwrap();
    let script = top.path().join("packaging/archive.sh");
    put(top.path(), "packaging/archive.sh", &file("packaging/archive.sh"));
    ["Cargo.toml", "LICENSE-APACHE", "LICENSE-MIT", "README.md"]
        .iter()
        .for_each(|path| put(top.path(), path, &file(path)));
    let made = |binary: &Path| {
        let out = Command::new("bash").arg(&script).arg("some-target").arg(binary).output().unwrap();
        assert!(out.status.success(), "{out:?}");
        let filled = |key: &str| {
            let pairs = [("name", "tamis"), ("version", env!("CARGO_PKG_VERSION")), ("target", "some-target")];
            let own = pairs.iter().fold(text(key), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
            own.replace("{bin}", "tamis").replace("{binary-ext}", "")
        };
        let archive = filled("pkg-url").rsplit('/').next().unwrap().to_string();
        let path = top.path().join("target/packages").join(archive);
        let listed = Command::new("tar").arg("-tzf").arg(&path).output().unwrap();
        assert!(String::from_utf8_lossy(&listed.stdout).lines().any(|l| l == filled("bin-dir")), "{listed:?}");
        std::fs::read(&path).unwrap()
    };
    put(top.path(), "tamis-binary", "the bytes of a binary");
    let binary = top.path().join("tamis-binary");
    assert_eq!(made(&binary), made(&binary), "the same bytes each time");
}

/// The three files are YAML of the form that their readers want. A machine without PyYAML leaves it out, and says so.
#[test]
fn hooks_and_actions_are_yaml_of_their_form() {
    let script = "import sys, yaml\nhooks, action, gitlab = [yaml.safe_load(open(p)) for p in sys.argv[1:]]\n\
        assert all({'id', 'name', 'entry', 'language', 'files'} <= set(h) for h in hooks), hooks\n\
        assert action['runs']['using'] == 'composite', action\n\
        assert all('uses' in s or {'run', 'shell'} <= set(s) for s in action['runs']['steps']), action\n\
        job = gitlab['tamis']\nassert all(isinstance(line, str) for line in job['script']), job\n\
        assert job['cache']['key']['files'] == ['dataset.lock'] and job['artifacts']['when'] == 'always', job\n";
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let has = Command::new("python3").args(["-c", "import yaml"]).output().is_ok_and(|out| out.status.success());
    if !has {
        eprintln!("left out: there is no python3 with PyYAML");
        return;
    }
    let files = [".pre-commit-hooks.yaml", "action.yml", "docs/ci/gitlab-ci.yml"].map(|path| root.join(path));
    let out = Command::new("python3").args(["-c", script]).args(files).output().unwrap();
    assert!(out.status.success(), "{out:?}");
}

/// The lines of `script` of the snippet for GitLab, in order; a block is one of them.
fn gitlab() -> Vec<String> {
    let text = file("docs/ci/gitlab-ci.yml");
    let own = text.split_once("\n  script:\n").unwrap().1;
    let mut out: Vec<String> = Vec::new();
    for line in own.lines().take_while(|line| line.starts_with("    ")) {
        match (line.strip_prefix("    - "), line.strip_prefix("      ")) {
            (Some("|"), _) => out.push(String::new()),
            (Some(command), _) => out.push(command.to_string()),
            (None, Some(more)) => out.last_mut().unwrap().push_str(&format!("{more}\n")),
            (None, None) => panic!("{line}"),
        }
    }
    out
}

/// Runs a script beside a server that takes one comment, which it gives.
fn commented(bash: &mut Command) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let api = format!("http://127.0.0.1:{}/api", listener.local_addr().unwrap().port());
    let taken = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let (mut all, mut more) = (String::new(), [0; 65536]);
        // the head names the length of what follows
        while all.split_once("\r\n\r\n").is_none_or(|(head, body)| body.len() < length(head)) {
            let n = stream.read(&mut more).unwrap();
            assert!(n > 0, "the request ends early: {all}");
            all.push_str(std::str::from_utf8(&more[..n]).unwrap());
        }
        stream.write_all(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}").unwrap();
        all
    });
    bash.env("TAMIS_COMMENT_TOKEN", "a token").env("CI_API_V4_URL", &api).env("NO_PROXY", "127.0.0.1");
    let out = bash.env("CI_PROJECT_ID", "7").env("CI_MERGE_REQUEST_IID", "3").output().unwrap();
    assert!(out.status.success(), "{out:?}");
    taken.join().unwrap()
}

/// How long the body of a request is.
fn length(head: &str) -> usize {
    let own = head.lines().filter_map(|line| line.split_once(':'));
    own.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map(|(_, n)| n.trim().parse::<usize>().unwrap())
        .sum()
}

/// The snippet as a runner of GitLab calls it, before a version is frozen and with another one.
#[test]
fn the_script_for_gitlab_runs() {
    if Command::new("python3").arg("--version").output().is_err() {
        eprintln!("left out: there is no python3");
        return;
    }
    let (top, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(binary(), bin.path().join("tamis")).unwrap();
    let dir = top.path();
    put(dir, "dataset.toml", MANIFEST);
    put(dir, "raw/a.jsonl", &(record("a1", "some words") + &record("a2", "other words")));
    put(dir, "raw/b.jsonl", &record("b1", "more words"));
    assert_eq!(tamis(dir, &["build", "--quiet"]).0, 0);
    let search = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let run = || {
        let script = format!("set -eo pipefail\n{}", gitlab().join("\n"));
        let mut bash = Command::new("bash");
        bash.args(["--noprofile", "--norc", "-c", &script]).current_dir(dir).env("PATH", &search).env("PROJECT", ".");
        let comment = commented(&mut bash);
        assert!(
            comment.contains("POST /api/projects/7/merge_requests/3/notes") && comment.contains("body="),
            "{comment}"
        );
        assert!(comment.to_lowercase().contains("private-token: a token"), "{comment}");
        assert!(dir.join("out/report.html").is_file(), "the report is an artefact");
        std::fs::read_to_string(dir.join("tamis-diff.md")).unwrap()
    };
    assert!(gitlab().len() >= 6, "{:?}", gitlab());
    assert_eq!(run(), "Nothing is frozen yet.\n");
    assert_eq!(tamis(dir, &["release", "public"]).0, 0);
    put(dir, "dataset.toml", &MANIFEST.replace("0.1.0", "0.2.0"));
    put(dir, "raw/b2.jsonl", &record("b2", "words of another day"));
    assert_eq!(tamis(dir, &["build", "--quiet"]).0, 0);
    let told = run();
    assert!(told.lines().count() <= 10 && told.contains("0.2.0"), "{told}");
}

/// (name, script) of each step of the action that runs a script.
fn scripts(action: &str) -> Vec<(String, String)> {
    let step = |text: &str| {
        let (name, rest) = text.split_once('\n')?;
        let run = rest.split_once("      run: ")?.1;
        let script = match run.strip_prefix("|\n") {
            Some(block) => block.lines().map_while(|l| l.strip_prefix("        ")).map(|l| format!("{l}\n")).collect(),
            None => run.lines().next()?.to_string(),
        };
        Some((name.to_string(), script))
    };
    action.split("    - name: ").skip(1).filter_map(step).collect()
}

/// The scripts of the action as a runner calls them (`bash -eo pipefail`), before a version is frozen, with another one, and where
/// its folder is not in the checkout.
#[test]
fn the_scripts_of_the_action_run() {
    let (top, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    std::os::unix::fs::symlink(binary(), bin.path().join("tamis")).unwrap();
    let dir = top.path().join("data");
    put(&dir, "dataset.toml", MANIFEST);
    put(&dir, "raw/a.jsonl", &(record("a1", "some words") + &record("a2", "other words")));
    put(&dir, "raw/b.jsonl", &record("b1", "more words"));
    assert_eq!(tamis(&dir, &["build", "--quiet"]).0, 0);
    let search = format!("{}:{}", bin.path().display(), std::env::var("PATH").unwrap());
    let run = || {
        let temp = tempfile::tempdir().unwrap();
        let [output, summary] = ["output", "summary"].map(|name| temp.path().join(name));
        for (name, script) in scripts(&file("action.yml")).iter().filter(|(name, _)| name != "Comment") {
            let mut bash = Command::new("bash");
            bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]).current_dir(top.path());
            bash.env("PATH", &search).env("PROJECT", "data").env("INSTALL", "true").env("RUNNER_TEMP", temp.path());
            bash.env("GITHUB_WORKSPACE", top.path()).env("GITHUB_OUTPUT", &output).env("GITHUB_STEP_SUMMARY", &summary);
            let out = bash.output().unwrap();
            assert!(out.status.success(), "{name}: {out:?}");
        }
        [output, summary].map(|path| std::fs::read_to_string(path).unwrap())
    };
    assert_eq!(scripts(&file("action.yml")).len(), 6);
    let [output, summary] = run();
    assert!(output == "changed=false\n" && summary.starts_with("Nothing is frozen yet"), "{output}{summary}");
    assert_eq!(tamis(&dir, &["release", "public"]).0, 0);
    put(&dir, "dataset.toml", &MANIFEST.replace("0.1.0", "0.2.0"));
    put(&dir, "raw/b2.jsonl", &record("b2", "words of another day"));
    assert_eq!(tamis(&dir, &["build", "--quiet"]).0, 0);
    let [output, summary] = run();
    assert!(output == "changed=true\n" && summary.lines().count() <= 10, "{output}{summary}");
    std::fs::remove_dir_all(dir.join("releases")).unwrap();
    let [output, summary] = run();
    assert!(output == "changed=true\n" && summary.contains("compared with pins/"), "the pin is enough: {summary}");
    std::fs::remove_dir_all(dir.join("pins")).unwrap();
    let [output, summary] = run();
    assert!(output == "changed=unknown\n" && summary.starts_with("Not compared"), "{output}{summary}");
}
