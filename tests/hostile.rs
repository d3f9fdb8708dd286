//! Projects that somebody else made: nothing in them leads a write or a removal out of the project, nothing waits for a
//! pipe.
use std::collections::BTreeMap;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};

fn project(dir: &Path) {
    std::fs::create_dir_all(dir.join("raw")).unwrap();
    std::fs::write(dir.join("raw/a.jsonl"), "{\"id\": \"1\", \"text\": \"one\"}\n").unwrap();
    let manifest = "[dataset]\nname = \"h\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n[collect.a]\n\
        direct = { files = [\"raw/**\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\n\
        license = \"CC0-1.0\"\n[release.public]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"text\"]\n";
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
}

fn tamis(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tamis")).arg("-C").arg(dir).args(args).output().unwrap()
}

/// Everything below a folder: files with their content, folders with none.
fn content(dir: &Path) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut out = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap()) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            out.insert(path.display().to_string(), None);
            out.extend(content(&path));
        } else {
            out.insert(path.display().to_string(), std::fs::read(&path).ok());
        }
    }
    out
}

fn victim(dir: &Path) -> std::path::PathBuf {
    let victim = dir.join("victim");
    std::fs::create_dir_all(victim.join("packs")).unwrap();
    for name in ["index", "notes.txt", "000000.pack", ".hidden", "packs/000000.pack", "packs/old.pack"] {
        std::fs::write(victim.join(name), "precious").unwrap();
    }
    victim
}

#[test]
fn links_in_the_folders_of_tamis_lead_nowhere() {
    // (what is a link or names a folder, whether the victim's folder or one of its files)
    let cases = [
        (".tamis", ""),
        (".tamis/scan", ""),
        (".tamis/packs", "packs"),
        (".tamis/index", "notes.txt"),
        (".tamis/roots", ""),
        (".tamis/lock", "notes.txt"),
        (".tamis/last.json", "notes.txt"),
        ("out", ""),
        ("out/public", ""),
        ("out/public/jsonl", ""),
        ("releases", ""),
        ("pins", ""),
        ("dataset.lock", "notes.txt"),
        (".tamis/fresh", "notes.txt"),
        (".tamis/outputs", "notes.txt"),
        (".tamis/scan/collect.a", "notes.txt"),
        (".tamis/scan/collect.a.new", "notes.txt"),
        (".tamis/packs/000000.pack", "notes.txt"),
        ("out/public/README.md", "notes.txt"),
        ("out/public/jsonl/train-00000.jsonl", "notes.txt"),
        ("releases/public-0.1.0", ""),
        ("releases/public-0.1.0/release.json", "notes.txt"),
        ("pins/split.tsv", "notes.txt"),
    ];
    for (link, to) in cases {
        let dir = tempfile::tempdir().unwrap();
        let victim = victim(dir.path());
        let own = dir.path().join("project");
        project(&own);
        if let Some(folder) = own.join(link).parent() {
            std::fs::create_dir_all(folder).unwrap();
        }
        symlink(victim.join(to), own.join(link)).unwrap();
        let before = content(&victim);
        for args in [&["build"][..], &["gc"], &["gc", "--raw"], &["release", "public"], &["store", "verify"]] {
            let done = tamis(&own, args);
            assert!(done.status.code().is_some_and(|c| c < 4), "{link} {args:?}: {done:?}");
            assert_eq!(content(&victim), before, "{link} {args:?}");
        }
    }
}

#[test]
fn a_store_that_the_project_names_must_be_one() {
    let dir = tempfile::tempdir().unwrap();
    let victim = victim(dir.path());
    let own = dir.path().join("project");
    project(&own);
    std::fs::create_dir_all(own.join(".tamis")).unwrap();
    std::fs::write(own.join(".tamis/store"), victim.to_str().unwrap()).unwrap();
    let before = content(&victim);
    for args in [&["build"][..], &["gc"], &["store", "verify"]] {
        let done = tamis(&own, args);
        assert_eq!(done.status.code(), Some(3), "{args:?}");
        assert!(String::from_utf8_lossy(&done.stderr).contains("did not make a store"), "{done:?}");
        assert_eq!(content(&victim), before);
    }
}

/// A link within the project is as bad: what tamis removes there is what somebody collected.
#[test]
fn links_to_raw_data_lead_nowhere() {
    for link in [".tamis/packs", ".tamis/scan", "out/public", "out/public/jsonl", "releases", "pins"] {
        let dir = tempfile::tempdir().unwrap();
        project(dir.path());
        std::fs::write(dir.path().join("raw/000000.pack"), "{\"id\": \"2\", \"text\": \"two\"}\n").unwrap();
        std::fs::create_dir_all(dir.path().join(link).parent().unwrap()).unwrap();
        symlink(dir.path().join("raw"), dir.path().join(link)).unwrap();
        let before = content(&dir.path().join("raw"));
        for args in [&["build"][..], &["gc"], &["release", "public"]] {
            let done = tamis(dir.path(), args);
            assert!(done.status.code().is_some_and(|c| c < 4), "{link} {args:?}: {done:?}");
            assert_eq!(content(&dir.path().join("raw")), before, "{link} {args:?}");
        }
    }
}

#[test]
fn a_pipe_is_not_waited_for() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    for name in ["raw/pipe", "pipe"] {
        assert!(Command::new("mkfifo").arg(dir.path().join(name)).status().unwrap().success());
    }
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    std::fs::write(dir.path().join("dataset.toml"), manifest + "[plan]\ndocument = \"pipe\"\n").unwrap();
    let done =
        Command::new("timeout").args(["20", env!("CARGO_BIN_EXE_tamis"), "-C"]).arg(dir.path()).arg("build").output();
    assert_eq!(done.unwrap().status.code(), Some(2), "the plan is no file");
}

/// The command with an end.
fn limited(dir: &Path, args: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new("timeout");
    command.args(["60", env!("CARGO_BIN_EXE_tamis"), "-C"]).arg(dir).args(args).env("CLICOLOR_FORCE", "1");
    let done = command.output().unwrap();
    let text = [done.stdout, done.stderr].concat();
    (done.status.code(), String::from_utf8_lossy(&text).into_owned())
}

fn add(dir: &Path, text: &str, at: &str) {
    let path = dir.join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, manifest.replacen(at, &format!("{text}{at}"), 1)).unwrap();
}

#[test]
fn no_pipe_is_opened_whatever_names_it() {
    // (the pipe, what names it, the verbs, the exit code of the first)
    let evidence = "evidence = \"pipe\"\n";
    let guideline = "[label.k]\ntask = \"classification\"\nclasses = [\"A\"]\nfrom.a = { column = \"text\" }\n\
        guideline = { document = \"pipe\", version = \"1.0.0\" }\n";
    let review = "[review]\nfile = \"pipe\"\n";
    for (pipe, text, exit) in [
        ("pipe", evidence, 2),
        ("pipe", guideline, 2),
        ("pipe", review, 2),
        ("dataset.lock", "", 3),
        (".tamis/fresh", "", 0),
        (".tamis/index", "", 3),
        (".tamis/lock", "", 3),
        (".tamis/store", "", 3),
        (".tamis/scan/collect.a", "", 0),
        ("out/public/README.md", "", 0),
        ("pins/split.tsv", "", 0),
    ] {
        let dir = tempfile::tempdir().unwrap();
        project(dir.path());
        add(dir.path(), text, "[release.public]");
        let place = dir.path().join(pipe);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(&place).status().unwrap().success());
        let (code, said) = limited(dir.path(), &["build"]);
        assert_eq!(code, Some(exit), "{pipe} {text}: {said}");
        for verb in [&["check"][..], &["status"], &["gc"], &["store", "verify"], &["release", "public"]] {
            let (code, said) = limited(dir.path(), verb);
            assert!(code.is_some_and(|c| c < 4), "{pipe} {verb:?}: {said}");
        }
    }
}

#[test]
fn verify_opens_files_alone() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    assert!(tamis(dir.path(), &["build"]).status.success());
    let out = dir.path().join("out/public");
    for name in ["release.json", "B3SUMS", "SHA256SUMS", "README.md", "jsonl/train-00000.jsonl", "more"] {
        let copy = dir.path().join("copy");
        assert!(Command::new("cp").arg("-r").arg(&out).arg(&copy).status().unwrap().success());
        let _ = std::fs::remove_file(copy.join(name));
        assert!(Command::new("mkfifo").arg(copy.join(name)).status().unwrap().success());
        let (code, said) = limited(dir.path(), &["verify", copy.to_str().unwrap()]);
        assert!(code == Some(1) || code == Some(3), "{name}: {said}");
        std::fs::remove_dir_all(&copy).unwrap();
    }
}

/// Whether a text holds what a terminal would obey.
fn acts(text: &str) -> bool {
    let bidi = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.contains(|c: char| (c.is_control() && c != '\n' && c != '\t') || bidi(c))
}

#[test]
fn nothing_from_files_reaches_the_terminal_unescaped() {
    const BAD: &str = "x\u{1b}]0;title\u{7}\u{9b}31m\u{202e}y";
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let lines = format!(
        "{}\n{}\n{{\"id\": \"b\", \"text\": 5}}\nnot json\n",
        serde_json::json!({ "id": "a", "text": BAD }),
        serde_json::json!({ "id": "c\u{202e}", "text": "t" })
    );
    std::fs::write(dir.path().join(format!("raw/{BAD}\n.jsonl")), lines).unwrap();
    std::fs::write(dir.path().join("votes.csv"), format!("item,annotator,label\na,w{BAD},B{BAD}\n\u{202e},w,A\n"))
        .unwrap();
    let label = "[label.k]\ntask = \"classification\"\nclasses = [\"A\"]\nfrom.c = { files = [\"votes.csv\"] }\n";
    add(dir.path(), label, "[release.public]");
    let manifest = dir.path().join("dataset.toml");
    std::fs::write(
        &manifest,
        std::fs::read_to_string(&manifest).unwrap().replace("id = \"id\"\n", "id = \"id\"\nmax_rejects = 9\n"),
    )
    .unwrap();
    for args in [
        &["build", "--keep-going"][..],
        &["trace", "a"],
        &["trace", "c\u{202e}"],
        &["trace", "none\u{202e}"],
        &["trace", "a", "--json"],
        &["show", "collect.a", "--findings"],
        &["show", "collect.a", "--rows", "9"],
        &["show", "label.k", "--findings"],
        &["show", "label.k", "--rows", "9"],
        &["show", "label.k"],
        &["status"],
        &["status", "--json"],
        &["build", "--json"],
        &["verify", dir.path().join("out/public").to_str().unwrap()],
    ] {
        let (code, said) = limited(dir.path(), args);
        assert!(code.is_some_and(|c| c < 4), "{args:?}: {said}");
        assert!(!acts(&said), "{args:?}: {said:?}");
    }
    // why, after an edit of the rows
    let path = dir.path().join(format!("raw/{BAD}\n.jsonl"));
    let edited =
        std::fs::read_to_string(&path).unwrap().replace("not json", "{\"id\": \"d\\u202e\", \"text\": \"\\u202e\"}");
    std::fs::write(&path, edited).unwrap();
    for args in [&["why", "label.k"][..], &["why", "release.public"], &["status"]] {
        let (_, said) = limited(dir.path(), args);
        assert!(!acts(&said), "{args:?}: {said:?}");
    }
    // a release of strangers
    let out = dir.path().join("out/public");
    std::fs::write(out.join(BAD), "").unwrap();
    std::fs::write(out.join("B3SUMS"), format!("{BAD}  {BAD}\n{BAD}\n")).unwrap();
    let page = std::fs::read_to_string(out.join("release.json")).unwrap();
    let bad = serde_json::to_string(BAD).unwrap();
    std::fs::write(out.join("release.json"), page.replace("\"all\"", &bad).replace("\"jsonl\"", &bad)).unwrap();
    let (code, said) = limited(dir.path(), &["verify", out.to_str().unwrap()]);
    assert!(code == Some(1) && !acts(&said), "{said:?}");
    // names and values of the manifest itself, and bytes that no TOML may hold
    for text in [
        "\"k\\u001b\\u202e\\u009b\" = 1\n",
        "exclude = [\"\u{202e}\u{9b}\"]\nlicens = \"\\u001b\"\n",
        "x = \"\u{1b}\"\n",
    ] {
        let other = tempfile::tempdir().unwrap();
        project(other.path());
        add(other.path(), text, "license = \"CC0-1.0\"\n[release");
        for args in [&["check"][..], &["check", "--short"], &["build", "--json"]] {
            let (code, said) = limited(other.path(), args);
            assert!(code == Some(2) && !acts(&said), "{text:?} {args:?}: {said:?}");
        }
    }
}

#[test]
fn every_failure_is_an_event_and_names_its_place() {
    // (a folder, or a file where the path ends in none, that is in the way; what is told)
    for (way, folder) in [
        ("dataset.lock", true),
        (".tamis/index", true),
        (".tamis/packs", false),
        (".tamis/scan", false),
        (".tamis", false),
        ("out", false),
        ("out/public", false),
        ("out/public/README.md", true),
    ] {
        let dir = tempfile::tempdir().unwrap();
        project(dir.path());
        let place = dir.path().join(way);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        if folder { std::fs::create_dir(&place) } else { std::fs::write(&place, "x") }.unwrap();
        for args in [&["build", "--json"][..], &["build"]] {
            let done = tamis(dir.path(), args);
            let (out, err) = (String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
            assert_eq!(done.status.code(), Some(3), "{way}: {out}{err}");
            let name = way.rsplit('/').next().unwrap();
            let told = if args.len() == 2 {
                out.lines().filter(|l| l.contains("\"event\":\"failure\"")).collect::<String>()
            } else {
                err.into_owned()
            };
            assert!(told.contains(name), "{way}: {out} / {told}");
            assert!(!out.contains("was written") || way.starts_with("out"), "{way}: {out}");
        }
    }
}

#[test]
fn problems_far_to_the_right_and_in_great_numbers_are_told() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let path = dir.path().join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, format!("{manifest}x = \"{}\" z\n", "y".repeat(70_000))).unwrap();
    let (code, said) = limited(dir.path(), &["check"]);
    assert!(code == Some(2) && said.contains("T0001") && said.contains(":70008:") && said.len() < 5000, "{said}");
    let wide = format!("{manifest}columnz = [{}]\n", "\"가\", ".repeat(30_000));
    std::fs::write(&path, wide).unwrap();
    let (code, said) = limited(dir.path(), &["check"]);
    assert!(code == Some(2) && said.contains("T0103"), "{said}");
    let many: String = (0..2_000).map(|n| format!("k{n} = {n}\n")).collect();
    std::fs::write(&path, manifest + &many).unwrap();
    let (code, said) = limited(dir.path(), &["check"]);
    assert!(code == Some(2) && said.contains("2000 problems"), "{}", &said[said.len() - 200..]);
}

#[test]
fn absurd_numbers_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    for args in [
        &["build", "-j", "100000000"][..],
        &["build", "-j", "-1"],
        &["build", "-j", "99999999999999999999999"],
        &["build", "--memory", "1"],
        &["build", "--memory", "1 B"],
        &["build", "--memory", "99999999999 TiB"],
        &["build", "--memory", "-5 MiB"],
        &["build", "--sample", "0%"],
        &["build", "--sample", "nan"],
        &["build", "--sample", "101%"],
        &["build", "--sample", "1e-30%"],
        &["show", "collect.a", "--rows", "-1"],
        &["show", "collect.a", "--limit", "1e9"],
        &["release", "public", "-j", "100000000"],
    ] {
        let (code, said) = limited(dir.path(), args);
        assert_eq!(code, Some(2), "{args:?}: {said}");
    }
    for args in [
        &["show", "collect.a", "--rows", "18446744073709551615"][..],
        &["show", "collect.a", "--limit", "18446744073709551615"],
    ] {
        let (code, said) = limited(dir.path(), args);
        assert!(code.is_some_and(|c| c < 4), "{args:?}: {said}");
    }
}

#[test]
fn folders_too_deep_are_one_drop_each() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let mut deep = dir.path().join("raw");
    (0..220).for_each(|_| deep.push("d"));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::write(deep.join("x.jsonl"), "{\"id\": \"2\", \"text\": \"two\"}\n").unwrap();
    for args in [&["build"][..], &["show", "collect.a", "--findings"]] {
        let (code, said) = limited(dir.path(), args);
        assert!(code == Some(0) && said.contains("path.depth"), "{said}");
    }
    let (code, said) = limited(dir.path(), &["build"]);
    assert!(code == Some(0) && said.starts_with("fresh"), "{said}");
}

#[test]
fn the_lock_does_not_know_partitions() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    let lines: String =
        (0..3000).map(|n| format!("{{\"id\": \"i{n}\", \"text\": \"{}\"}}\n", "t".repeat(40))).collect();
    std::fs::write(dir.path().join("raw/b.jsonl"), lines).unwrap();
    let mut locks = std::collections::BTreeSet::new();
    for target in ["4096", "2", "100", "100000"] {
        let (code, said) = limited(dir.path(), &["build", "--partition-target", target]);
        assert_eq!(code, Some(0), "{said}");
        locks.insert(std::fs::read_to_string(dir.path().join("dataset.lock")).unwrap());
    }
    assert_eq!(locks.len(), 1, "{locks:?}");
    let (code, said) = limited(dir.path(), &["build", "--locked", "--partition-target", "7"]);
    assert_eq!(code, Some(0), "{said}");
}

#[test]
fn a_pack_that_is_gone_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(dir.path().join("raw")).unwrap();
    (1..3).for_each(|n| std::fs::write(dir.path().join(format!("raw/{n}.png")), crate::harness::png(n)).unwrap());
    let manifest = "[dataset]\nname = \"h\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n[collect.i]\n\
        direct = { images = [\"raw/*.png\"], format = \"image_folder\" }\nid = \"stem\"\nlicense = \"CC0-1.0\"\n\
        [preprocess]\n[split]\nratios = { test = 0.5, train = 0.5 }\n\
        [release.pics]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"width\"]\n";
    std::fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
    assert_eq!(limited(dir.path(), &["build"]).0, Some(0));
    let out = content(&dir.path().join("out"));
    for harm in ["gone", "empty", "flipped"] {
        for entry in std::fs::read_dir(dir.path().join(".tamis/packs")).unwrap() {
            let path = entry.unwrap().path();
            match harm {
                "gone" => std::fs::remove_file(&path).unwrap(),
                "empty" => std::fs::write(&path, "").unwrap(),
                _ => {
                    let bytes: Vec<u8> = std::fs::read(&path).unwrap().iter().map(|b| !b).collect();
                    std::fs::write(&path, bytes).unwrap();
                }
            }
        }
        std::fs::remove_dir_all(dir.path().join("out")).unwrap();
        for args in [&["build"][..], &["show", "preprocess"], &["trace", "1"], &["release", "pics"]] {
            let (code, said) = limited(dir.path(), args);
            assert_eq!(code, Some(0), "{harm} {args:?}: {said}");
        }
        assert_eq!(content(&dir.path().join("out")), out, "{harm}");
        std::fs::remove_dir_all(dir.path().join("releases")).unwrap();
        std::fs::remove_file(dir.path().join("dataset.lock")).unwrap();
    }
}

#[test]
fn what_was_built_is_remembered_after_an_edit() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    assert!(limited(dir.path(), &["status"]).1.contains("never built here"));
    assert_eq!(limited(dir.path(), &["build"]).0, Some(0));
    std::fs::write(dir.path().join("raw/a.jsonl"), "{\"id\": \"9\", \"text\": \"other\"}\n").unwrap();
    let said = limited(dir.path(), &["status"]).1;
    assert!(said.contains("build 1") && said.contains("would run") && !said.contains("never"), "{said}");
}

#[test]
fn inputs_are_compared_where_that_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    assert_eq!(limited(dir.path(), &["build"]).0, Some(0));
    assert_eq!(limited(dir.path(), &["build"]).0, Some(0));
    let (code, said) = limited(dir.path(), &["build", "--verify-inputs", "--json"]);
    assert!(code == Some(0) && said.contains("\"bytes_in\":27") && !said.contains("\"kernel\""), "{said}");
    let (code, said) = limited(dir.path(), &["build", "--verify-inputs"]);
    assert!(code == Some(0) && said.contains("fresh"), "{said}");
}

#[test]
fn a_watch_looks_at_what_is_read() {
    let dir = tempfile::tempdir().unwrap();
    project(dir.path());
    add(dir.path(), "evidence = \"LICENCE\"\n", "[release.public]");
    std::fs::create_dir_all(dir.path().join("raw/more")).unwrap();
    std::fs::create_dir_all(dir.path().join("notes")).unwrap();
    for name in ["LICENCE", "notes.txt", "raw/.swap", "notes/x"] {
        std::fs::write(dir.path().join(name), "x").unwrap();
    }
    let project = tamis::project::Project::open(Some(dir.path())).unwrap();
    for path in ["dataset.toml", "LICENCE", "raw/a.jsonl", "raw/more", "raw/more/gone.jsonl"] {
        assert!(project.reads(path), "{path}");
    }
    for path in
        ["notes.txt", "notes", "notes/x", "raw/.swap", "out/public/x", ".tamis/index", "dataset.lock", "dataset.toml~"]
    {
        assert!(!project.reads(path), "{path}");
    }
}

/// The identifiers in the project below, none of which a privacy step has seen.
const IDENTIFIERS: [&str; 4] = ["lee@example.com", "park@example.com", "kim@example.com", "010-9999-8888"];

/// A project with `[privacy]` whose votes, and a CSV file without a header, hold identifiers.
fn private(dir: &Path) {
    project(dir);
    std::fs::create_dir_all(dir.join("headless")).unwrap();
    std::fs::write(dir.join("headless/x.csv"), "kim@example.com,first text\nb,second text\n").unwrap();
    let votes = "item,annotator,label\n1,lee@example.com,A\n1,w2,park@example.com\n010-9999-8888,w,A\n";
    std::fs::write(dir.join("votes.csv"), votes).unwrap();
    let manifest = "[dataset]\nname = \"h\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\n\
        [collect.a]\ndirect = { files = [\"headless/*.csv\"], format = \"csv\" }\nfields = { text = \"first text\" }\n\
        id = \"first text\"\nlicense = \"CC0-1.0\"\n\
        [collect.b]\ndirect = { files = [\"raw/*.jsonl\"], format = \"jsonl\" }\nfields = { text = \"text\" }\nid = \"id\"\n\
        license = \"CC0-1.0\"\n[schema]\ntext = { text = {} }\n[privacy]\n[privacy.detect]\ntypes = [\"email\", \"phone\"]\n\
        [label.k]\ntask = \"classification\"\nclasses = [\"A\"]\nfrom.c = { files = [\"votes.csv\"] }\n\
        [release.public]\nformats = [\"jsonl\", \"parquet\"]\ncolumns = [\"id\", \"text\", \"label.k\"]\n";
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
}

fn names_one(bytes: &[u8]) -> bool {
    IDENTIFIERS.iter().any(|id| bytes.windows(id.len()).any(|w| w == id.as_bytes()))
}

#[test]
fn identifiers_lie_in_raw_packs_alone_and_are_shown_on_request() {
    let dir = tempfile::tempdir().unwrap();
    private(dir.path());
    let done = tamis(dir.path(), &["build"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    for round in ["built", "gc --raw"] {
        for (path, bytes) in content(dir.path()) {
            let own = path.strip_prefix(dir.path().to_str().unwrap()).unwrap();
            let made = own.starts_with("/.tamis") || own.starts_with("/out") || own == "/dataset.lock";
            let apart = own.ends_with(".raw.pack") && round == "built";
            assert!(!made || apart || !names_one(&bytes.unwrap_or_default()), "{round}: {own}");
        }
        assert!(tamis(dir.path(), &["gc", "--raw"]).status.success());
    }
    // what went is made again, the header of the CSV file too
    assert_eq!(tamis(dir.path(), &["build"]).status.code(), Some(0));
    for args in [
        &["show", "label.k", "--findings"][..],
        &["show", "label.k", "--rows", "9"],
        &["show", "label.k/read.c", "--rows", "9"],
        &["trace", "1"],
        &["status"],
        &["build", "--json"],
    ] {
        let told = tamis(dir.path(), args);
        assert!(!names_one(&told.stdout) && !names_one(&told.stderr), "{args:?}: {told:?}");
    }
    let told = tamis(dir.path(), &["trace", "1", "--raw"]);
    assert!(names_one(&told.stdout), "{told:?}");
}

#[test]
fn nothing_that_holds_words_of_files_is_released_unseen() {
    let dir = tempfile::tempdir().unwrap();
    private(dir.path());
    let manifest = std::fs::read_to_string(dir.path().join("dataset.toml")).unwrap();
    let all = manifest.replace("[\"id\", \"text\", \"label.k\"]", "\"all\"");
    std::fs::write(dir.path().join("dataset.toml"), all).unwrap();
    let done = tamis(dir.path(), &["check", "--short"]);
    let told = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.code() == Some(2) && told.contains("T0421") && told.contains("votes.k"), "{told}");
}
