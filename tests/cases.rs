//! Wrong manifests and wrong inputs, as data.
//!
//! Cases lie in folders of the key path, `cases/clean/stated_size/`; what is of no key lies in `cases/manifest/`.
//!
//! `NAME.toml` is a manifest with what must be told of it in its last lines, in the order of the file:
//! `#! LINE:COLUMN CODE words of the message | words of the help`. Nothing else may be told. It is checked beside the
//! files of [`standard`], once as it stands and once with CR LF.
//!
//! `NAME/case.toml` is a [`Case`]: a manifest, the files beside it, and what a build makes of them. It is
//! built twice; the second build must run no kernel, the samples must balance, and the release must verify.
//! To add a case, add a file. `TAMIS_CASE=collect/NAME` runs one of them.
use crate::harness::{binary, png, tamis};
use crate::made::{gzip, made, top};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Cases that are not met yet: they say what must be, and must leave this list once it is so.
const OPEN: &[&str] = &[];

/// Codes that do not stop a build.
const WARNINGS: &[&str] = &[
    "T0345", "T0301", "T0326", "T0327", "T0353", "T0360", "T0362", "T0371", "T0372", "T0373", "T0374", "T0375",
    "T0423", "T0435", "T0437", "T0445", "T0447", "T0449", "T0566", "T0587", "T0619", "T0634", "T0681", "T0723",
    "T0729", "T0776", "T0782", "T0787", "T0810", "T0813", "T0814",
];

/// Codes that no manifest can reach. `T0324`: `T0308` refuses the field that would be in its way. `T0501`: a gate that
/// does not hold is told by a build. `T0379`: of a file that only a tamis with the feature `tokenizer` reads.
/// `T0681`: of what a crawl left out. `T0725`: of a gibibyte of texts.
pub const UNREACHABLE: &[&str] = &["T0324", "T0379", "T0501", "T0660", "T0681", "T0725", "T0901"];

/// The file of an input case; a folder with one is a case.
const CASE: &str = "case.toml";

/// The two kinds of case, side by side in folders of the key path: `NAME.toml` is a wrong manifest, `NAME/case.toml` a
/// wrong input.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Kind {
    Manifests,
    Inputs,
}
/// What stands in a folder of cases, as (name, path), in name order.
fn listed(of: Kind) -> Vec<(String, PathBuf)> {
    let top = top();
    let (mut all, mut open) = (Vec::new(), vec![top.clone()]);
    while let Some(folder) = open.pop() {
        let has_case = folder.join(CASE).is_file();
        if has_case && of == Kind::Inputs {
            all.push(folder.clone());
        }
        for path in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).filter(|_| !has_case) {
            match path.is_dir() {
                true => open.push(path),
                false if of == Kind::Manifests && path.extension().is_some_and(|e| e == "toml") => all.push(path),
                false => {}
            }
        }
    }
    all.sort();
    let name = |p: &PathBuf| p.strip_prefix(&top).unwrap().with_extension("").to_str().unwrap().to_string();
    all.into_iter().map(|p| (name(&p), p)).collect()
}

/// Runs every case of a folder and fails with all that is wrong in any of them.
fn each(of: Kind, least: usize, run: fn(&Path) -> Result<(), String>) {
    let only = std::env::var("TAMIS_CASE").ok();
    let cases = listed(of);
    assert!(cases.len() >= least, "{of:?}: {} cases", cases.len());
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
    let work = || {
        while let Some((name, path)) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
            if only.as_ref().is_some_and(|o| o != name) {
                continue;
            }
            let say = match (run(path), OPEN.contains(&name.as_str())) {
                (Err(say), false) => say,
                (Ok(()), true) => "this case is met: take it from the list of open ones\n".to_string(),
                _ => continue,
            };
            wrong.lock().unwrap().insert(name.clone(), say);
        }
    };
    std::thread::scope(|s| {
        s.spawn(work);
        s.spawn(work);
    });
    let wrong = wrong.into_inner().unwrap();
    let told: String = wrong.iter().map(|(name, say)| format!("\n{name}\n{say}")).collect();
    assert!(wrong.is_empty(), "{told}");
}

/// Writes a file below `dir`, with the folders above it.
fn put(dir: &Path, path: impl AsRef<Path>, bytes: &[u8]) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// Notes a difference.
fn differ<T: PartialEq + std::fmt::Debug>(wrong: &mut String, what: &str, want: T, got: T) {
    if want != got {
        writeln!(wrong, "  {what}\n    want {want:?}\n    got  {got:?}").unwrap();
    }
}

// ---- manifests -------------------------------------------------------------------------------------------------------

#[test]
fn manifests() {
    each(Kind::Manifests, 60, manifest);
}

/// Every code that the source knows is told of some manifest here.
#[test]
fn every_code_has_a_case() {
    let mut cases = BTreeSet::new();
    for (_, path) in listed(Kind::Manifests) {
        cases.extend(expected(&std::fs::read_to_string(path).unwrap()).into_iter().map(|w| w.code));
    }
    let mut known = BTreeSet::new();
    codes(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut known);
    assert!(known.len() > 40, "{known:?}");
    let missing: Vec<&String> =
        known.iter().filter(|c| !cases.contains(*c) && !UNREACHABLE.contains(&c.as_str())).collect();
    assert!(missing.is_empty(), "no case tells {missing:?}");
}

/// Texts of the form `"T0123"` in the source, tests left out.
pub fn codes(dir: &Path, out: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            codes(&path, out);
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        // what is for tests alone may stand anywhere; the tests themselves stand at the end
        let own = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let code = |t: &&str| t.len() == 5 && t.starts_with("T0") && t.bytes().skip(1).all(|b| b.is_ascii_digit());
        out.extend(own.split('"').filter(code).map(String::from));
    }
}

/// One line of what is expected.
#[derive(Debug)]
struct Expected {
    /// `LINE:COLUMN`
    place: String,
    code: String,
    words: String,
    help: String,
}

fn expected(text: &str) -> Vec<Expected> {
    let read = |line: &str| {
        let (words, help) = line.split_once(" | ").unwrap_or((line, ""));
        let mut parts = words.trim().splitn(3, ' ').map(String::from);
        let (place, code) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        Expected { place, code, words: parts.next().unwrap_or_default(), help: help.to_string() }
    };
    text.lines().filter_map(|l| l.strip_prefix("#! ")).map(read).collect()
}

fn manifest(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).unwrap();
    let want = expected(&text);
    let mut wrong = String::new();
    if want.is_empty() {
        wrong.push_str("  nothing is expected\n");
    }
    let dir = tempfile::tempdir().unwrap();
    standard(dir.path());
    for text in [text.replace('\n', "\r\n"), text] {
        put(dir.path(), "dataset.toml", text.as_bytes());
        checked(dir.path(), &want, &mut wrong);
    }
    helped(dir.path(), &want, &mut wrong);
    korean(dir.path(), &mut wrong);
    if wrong.is_empty() { Ok(()) } else { Err(wrong) }
}

/// `tamis check --short` tells what is expected, at its place, and nothing else.
fn checked(dir: &Path, want: &[Expected], wrong: &mut String) {
    let (exit, out, err) = tamis(dir, &["check", "--short"]);
    let told: Vec<&str> = out.lines().filter_map(|l| l.strip_prefix("dataset.toml:")).collect();
    let short = |l: &&str| l.splitn(4, ':').take(3).collect::<Vec<_>>().join(":");
    let want_short: Vec<String> = want.iter().map(|w| format!("{}: {}", w.place, w.code)).collect();
    differ(wrong, "diagnostics", want_short.clone(), told.iter().map(short).collect());
    for (w, told) in want.iter().zip(&told).filter(|(w, told)| !told.contains(&w.words)) {
        writeln!(wrong, "  {} {}: `{}` does not occur in\n    {told}", w.place, w.code, w.words).unwrap();
    }
    let stops = want.iter().any(|w| !WARNINGS.contains(&w.code.as_str()));
    differ(wrong, "exit", if stops { 2 } else { 0 }, exit);
    differ(wrong, "stderr", "", err.as_str());
}

/// `--json` tells the same, with the help.
fn helped(dir: &Path, want: &[Expected], wrong: &mut String) {
    let (_, out, _) = tamis(dir, &["build", "--dry-run", "--json"]);
    let events: Vec<Json> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let told: Vec<&Json> = events.iter().filter(|e| e["event"] == "diagnostic").collect();
    differ(wrong, "events", want.len(), told.len());
    for (w, told) in want.iter().zip(told) {
        differ(
            wrong,
            "event",
            format!("{} {}", w.place, w.code),
            format!("{}:{} {}", told["line"], told["column"], told["code"].as_str().unwrap_or_default()),
        );
        let help = told["help"].as_str().unwrap_or_default();
        if !help.contains(&w.help) {
            writeln!(wrong, "  {} {}: `{}` does not occur in the help `{help}`", w.place, w.code, w.help).unwrap();
        }
    }
}

/// Codes that repeat what a parser says, which is told in English alone.
const ENGLISH: &[&str] = &["T0001", "T0307", "T0541", "T0602"];

/// What everyday codes say is there in Korean, too: the message and what stands under the token.
fn korean(dir: &Path, wrong: &mut String) {
    let (_, english, _) = tamis(dir, &["check", "--short"]);
    let (_, korean, _) = tamis(dir, &["--lang", "ko", "check", "--short"]);
    let said = |line: &str| line.splitn(5, ':').skip(3).map(|s| s.trim().to_string()).collect::<Vec<_>>();
    differ(wrong, "lines in Korean", english.lines().count(), korean.lines().count());
    for (english, korean) in english.lines().map(said).zip(korean.lines().map(said)) {
        let [code, words] = english.as_slice() else { continue };
        let korean: Vec<&str> = korean.iter().skip(1).flat_map(|k| k.split(": ")).collect();
        let names = |w: &str| w.split(", ").all(|name| !name.contains(' '));
        let left = words.split(": ").filter(|w| korean.contains(w) && !names(w)).collect::<Vec<_>>();
        if !ENGLISH.contains(&code.as_str()) && !left.is_empty() {
            writeln!(wrong, "  {code}: not in Korean: {left:?}").unwrap();
        }
    }
}

/// The files beside every manifest.
pub fn standard(dir: &Path) {
    const TEXTS: &[(&str, &str)] = &[
        (
            "raw/a.jsonl",
            "{\"id\":\"a1\",\"text\":\"a river of stone\",\"kind\":\"long\",\"n\":1,\"score\":0.5,\"day\":\"2026-01-01\"}\n\
             {\"id\":\"a2\",\"text\":\"green paper\",\"kind\":\"short\",\"n\":2,\"score\":1.5,\"day\":\"2026-01-02\"}\n",
        ),
        (
            "calls/a.jsonl",
            "{\"id\":\"c1\",\"text\":\"a call\",\"calls\":{\"010-1234-5678\":\"two\"},\"010-1111-2222\":1,\"plain\":{\"010-9876-5432\":1}}\n",
        ),
        ("raw/b.csv", "id,text,kind\nb1,a window,long\nb2,some music,short\n"),
        ("raw/c.tsv", "# c1\nAnna\tB-PS\nsings\tO\n\n# c2\nin\tO\nSeoul\tB-LC\n\n"),
        ("raw/more/e.csv", "id,text,split\ne1,some words,train\n"),
        ("raw/votes.csv", "item,annotator,label\na1,w1,long\na2,w1,short\n"),
        ("raw/note.txt", "a note\n"),
        ("lists/blank.txt", "\n \n"),
        ("lists/around.txt", "a1\n a2\nb1 \n"),
        ("prompts/like.txt", "Write {count} like these, of {class}:\n{examples}\n"),
        ("prompts/again.txt", "Say in other words: {text}\n"),
        ("prompts/odd.txt", "Write like {exmaples}\n"),
        ("pins/synthesize/odd.jsonl", "no answer\n"),
        (
            "releases/small-1.0.0/B3SUMS",
            "0000000000000000000000000000000000000000000000000000000000000000  release.json\n0000000000000000000000000000000000000000000000000000000000000000  jsonl/train-00000.jsonl\n",
        ),
        ("releases/small-1.0.0/release.json", "{\"columns\":[\"id\",\"text\"],\"license\":\"CC0-1.0\"}\n"),
        ("releases/small-1.0.0/jsonl/train-00000.jsonl", "{\"id\":\"s1\",\"text\":\"green paper\"}\n"),
        ("releases/none-1.0.0/B3SUMS", ""),
        ("held/a.jsonl", "{\"id\":\"h1\",\"text\":\"a stone\"}\n"),
        ("held/b.jsonl.dvc", "outs:\n- md5: 0\n  path: b.jsonl\n"),
        ("held/c.csv.dvc", "outs:\n- md5: 0\n  path: c.csv\n"),
        ("held/pictures.dvc", "outs:\n- md5: 0.dir\n  path: pictures\n"),
        (
            "pointers/a.jsonl",
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n",
        ),
        ("shards/train-00000-of-00002.jsonl", "{\"id\":\"p1\",\"text\":\"a stone\"}\n"),
        ("odd/a.jsonl", "{\"id\":\"o1\",\"text\":\"a stone\"}\n"),
        ("odd/B.JSONL", "{\"id\":\"o2\",\"text\":\"a tree\"}\n"),
        ("odd/lang=ko/c.jsonl", "{\"id\":\"o3\",\"text\":\"a leaf\"}\n"),
        ("odd/pictures/train/metadata.jsonl", "{\"file_name\":\"p1.png\",\"label\":\"cat\"}\n"),
        ("raw/xml/p1.xml", "<annotation><filename>p1.png</filename></annotation>\n"),
        ("raw/xml/p2.xml", "<annotation><filename>p2.png</filename></annotation>\n"),
        (
            "docs/guide.md",
            "# Guide\n\n## 1. Purpose\n\nTo tell long from short.\n\n## long\n\nMany.\n\n## short\n\nFew.\n\n## PS\n\nPersons.\n\n## LC\n\nPlaces.\n\n## cell\n\nCells.\n",
        ),
        (
            "reviews/labels.jsonl",
            "{\"id\":\"a1\",\"step\":\"label.topic\",\"decision\":\"label\",\"value\":\"logn\",\"by\":\"me\"}\n\
             {\"id\":\"a2\",\"step\":\"label.topic\",\"decision\":\"label\",\"by\":\"me\"}\n\
             {\"id\":\"a2\",\"step\":\"label.topic\",\"decision\":\"keep\",\"value\":\"long\",\"by\":\"me\"}\n\
             {\"id\":\"a1\",\"step\":\"label.grade\",\"decision\":\"label\",\"value\":7,\"by\":\"me\"}\n",
        ),
        (
            "reviews/privacy/kim.jsonl",
            "{\"id\":\"a1\",\"verdict\":\"right\",\"by\":\"kim\",\"seen\":\"0000000000000000\"}\n",
        ),
        (
            "reviews/grade.jsonl",
            "{\"id\":\"a1\",\"step\":\"label.grade\",\"decision\":\"label\",\"value\":7,\"by\":\"me\"}\n",
        ),
        (
            "reviews/both.jsonl",
            "{\"id\":\"a1\",\"step\":\"clean.fields\",\"decision\":\"keep\",\"by\":\"me\"}\n\
             {\"id\":\"a1\",\"step\":\"clean.fields\",\"decision\":\"drop\",\"by\":\"you\"}\n",
        ),
        (
            "dataset.lock",
            "[[release]]\nname = \"public\"\nversion = \"0.1.0\"\ncontent_root = \"\"\nfiles_root = \"\"\n\
             assignments = \"00\"\n",
        ),
        ("docs/cc-by.txt", "Attribution 4.0 International\n\n=======\n\nCreative Commons Corporation\n"),
        ("docs/withdrawn.txt", "# asked to be forgotten\nnobody\n"),
        ("docs/plan.md", "# Plan\n\n## Purpose\n\nTests.\n\n## Sources\n\nMade up.\n"),
        ("docs/empty.md", "# Plan\n\n## Purpose\n\nTests.\n\n## Sources\n\n## Quality\n"),
        (
            "reviews/bad.jsonl",
            "{\"id\":\"a1\",\"step\":\"claen.fields\",\"decision\":\"keep\",\"by\":\"me\"}\n\n\
             {\"id\":\"a2\",\"step\":\"clean.fields\",\"decision\":\"maybe\",\"by\":\"me\"}\nnot json\n\
             {\"id\":\"a2\",\"step\":\"clean.fields\",\"decision\":\"drop\"}\n",
        ),
    ];
    TEXTS.iter().for_each(|(path, text)| put(dir, path, text.as_bytes()));
    // 고양이 in CP949
    made(dir, "zips/a.zip", "gen:zip\nf %B0%ED%BE%E7%C0%CC/1.txt=a cat\nf 2.txt=none");
    put(dir, "docs/b-guide.md", b"A licence.\n");
    std::fs::File::create(dir.join("docs/large.txt")).unwrap().set_len((16 << 20) + 1).unwrap();
    (1..3).for_each(|n| put(dir, format!("raw/images/p{n}.png"), &png(n)));
    [("train", 1), ("test", 2)].iter().for_each(|(of, n)| put(dir, format!("odd/pictures/{of}/p{n}.png"), &png(*n)));
    put(dir, "pins/guideline.tsv", format!("frozen\t1.0.0\t{}\n", "0".repeat(64)).as_bytes());
}

// ---- inputs ----------------------------------------------------------------------------------------------------------

/// A wrong input and what a build makes of it. Lists are sets unless they say otherwise.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    manifest: String,
    /// Path (`%XX` for a byte) to content: text, or `gen:WORD ...` for what `made.rs` makes.
    files: BTreeMap<String, String>,
    exit: i32,
    /// `STEP RULE COUNT` of findings, reviews and failures.
    #[serde(default)]
    findings: Vec<String>,
    /// `TABLE RULE COUNT` of what was dropped.
    #[serde(default)]
    dropped: Vec<String>,
    /// `TABLE RULE COUNT` of what was merged.
    #[serde(default)]
    merged: Vec<String>,
    /// `PATH:LINE RULE` of what was dropped.
    r#where: Option<Vec<String>>,
    /// Ids in `out/all`, in their order, split by split.
    released: Vec<String>,
    /// Words that a person reads, of the build or of what `show` says of findings.
    #[serde(default)]
    words: Vec<String>,
    /// Words that stand nowhere in what is printed or released.
    #[serde(default)]
    absent: Vec<String>,
    /// Words that stand in `out/all/jsonl`.
    #[serde(default)]
    holds: Vec<String>,
    /// Path below `out/all` to the text of that file, or with `...` around it to words that stand in it.
    #[serde(default)]
    written: BTreeMap<String, String>,
    /// Records to a partition, else the default.
    target: Option<u32>,
}

#[test]
fn inputs() {
    each(Kind::Inputs, 50, input);
}

/// What `case.toml` says in the folder of a case.
fn read(path: &Path) -> Case {
    let text = std::fs::read_to_string(path.join(CASE)).unwrap();
    toml::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// All input cases: each with its name, its manifest and the paths of its files.
pub fn all_inputs() -> Vec<(String, String, Vec<String>)> {
    let of = |(name, path): (String, PathBuf)| {
        let case = read(&path);
        (name, case.manifest, case.files.into_keys().collect())
    };
    listed(Kind::Inputs).into_iter().map(of).collect()
}

/// Writes the manifest and the files of the input case of a name to `dir`.
pub fn lay(name: &str, dir: &Path) {
    lay_out(&read(&top().join(name)), dir);
}

fn lay_out(case: &Case, dir: &Path) {
    put(dir, "dataset.toml", case.manifest.as_bytes());
    case.files.iter().for_each(|(path, text)| made(dir, path, text));
}

fn input(path: &Path) -> Result<(), String> {
    let case = read(path);
    let above = tempfile::tempdir().unwrap();
    let dir = above.path().join("project");
    put(above.path(), "outside.jsonl", b"{\"id\":\"outside\",\"text\":\"not of this project\"}\n");
    lay_out(&case, &dir);
    let mut wrong = String::new();
    let mut printed = first_build(&dir, &case, &mut wrong);
    second_build(&dir, &case, &mut wrong);
    printed.push_str(&placed(&dir, &case, &mut wrong));
    for word in case.words.iter().filter(|w| !printed.contains(w.as_str())) {
        writeln!(wrong, "  `{word}` was not told").unwrap();
    }
    printed.push_str(&released(&dir, &case, &mut wrong));
    for word in case.absent.iter().filter(|w| printed.contains(w.as_str())) {
        writeln!(wrong, "  `{word}` was told").unwrap();
    }
    if wrong.is_empty() { Ok(()) } else { Err(format!("{wrong}{printed}")) }
}

fn sorted<S: AsRef<str>>(of: &[S]) -> Vec<String> {
    let mut all: Vec<String> = of.iter().map(|s| s.as_ref().to_string()).collect();
    all.sort();
    all
}

/// The verb `build`, with the size of partitions that the case asks for.
fn build(dir: &Path, case: &Case, more: &[&str]) -> (i32, String, String) {
    let target = case.target.unwrap_or(4096).to_string();
    tamis(dir, &[&["build", "--partition-target", &target], more].concat())
}

/// What a person reads of the first build.
fn first_build(dir: &Path, case: &Case, wrong: &mut String) -> String {
    let (exit, out, err) = build(dir, case, &[]);
    differ(wrong, "exit", case.exit, exit);
    differ(wrong, "dropped", sorted(&case.dropped), tally(&out, "dropped"));
    differ(wrong, "merged", sorted(&case.merged), tally(&out, "merged"));
    format!("{out}{err}")
}

/// `TABLE RULE COUNT` of what the lines of a build say was dropped or merged: `3 dropped (json 2, encoding 1)`.
fn tally(out: &str, kind: &str) -> Vec<String> {
    let mut tables: Vec<(String, String)> = Vec::new();
    for line in out.lines() {
        if let Some(line) = line.strip_prefix("  ").filter(|l| !l.starts_with(' ')) {
            let name = line.split(' ').next().unwrap_or_default();
            tables.push((name.to_string(), line.to_string()));
        } else if let Some((_, text)) = tables.last_mut().filter(|_| line.starts_with("                    ")) {
            text.push_str(&format!(" {}", line.trim()));
        }
    }
    let mut found = Vec::new();
    for (table, text) in tables {
        let Some((before, after)) = text.split_once(&format!(" {kind} (")) else { continue };
        let total = before.rsplit(' ').next().unwrap_or_default().replace(',', "");
        for rule in after.split(')').next().unwrap_or_default().split(", ") {
            let (rule, n) = rule.split_once(' ').unwrap_or((rule, &total));
            found.push(format!("{table} {rule} {}", n.replace(',', "")));
        }
    }
    sorted(&found)
}

/// The second build finds the same and runs nothing.
fn second_build(dir: &Path, case: &Case, wrong: &mut String) {
    let (exit, out, err) = build(dir, case, &["--json"]);
    differ(wrong, "exit of the second build", case.exit, exit);
    let events: Vec<Json> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let named = |e: &str| events.iter().filter(move |x| x["event"] == e).collect::<Vec<_>>();
    differ(wrong, "kernels of the second build", Vec::<&Json>::new(), named("kernel"));
    differ(wrong, "last events", 1, named("done").len());
    let mut findings: BTreeMap<String, u64> = BTreeMap::new();
    for e in named("finding") {
        let name = |k: &str| e[k].as_str().unwrap_or_default().to_string();
        *findings.entry(format!("{} {}", name("step"), name("rule"))).or_default() += e["count"].as_u64().unwrap_or(0);
    }
    let findings: Vec<String> = findings.into_iter().map(|(of, n)| format!("{of} {n}")).collect();
    differ(wrong, "findings", sorted(&case.findings), sorted(&findings));
    if err.contains("panicked") {
        writeln!(wrong, "  it panicked").unwrap();
    }
}

/// Where `tamis show TABLE --findings` says that dropped records stand; gives what it printed.
fn placed(dir: &Path, case: &Case, wrong: &mut String) -> String {
    let tables: BTreeSet<&str> = case.dropped.iter().filter_map(|d| d.split(' ').next()).collect();
    let (mut printed, mut found) = (String::new(), Vec::new());
    for table in tables {
        let (_, out, _) = tamis(dir, &["show", table, "--findings"]);
        for (place, rule) in out.lines().filter_map(|l| l.split_once(" dropped ")) {
            let (place, rule) = (place.trim_end().rsplit(' ').next(), rule.split(' ').next());
            found.push(format!("{} {}", place.unwrap_or_default(), rule.unwrap_or_default()));
        }
        printed.push_str(&out);
    }
    if let Some(want) = &case.r#where {
        differ(wrong, "where", sorted(want), sorted(&found));
    }
    printed
}

/// The release holds what it must, balances and verifies; gives its bytes.
fn released(dir: &Path, case: &Case, wrong: &mut String) -> String {
    let mut text = String::new();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(dir.join("out/all/jsonl")).into_iter().flatten().map(|e| e.unwrap().path()).collect();
    files.sort();
    files.iter().for_each(|path| text.push_str(&std::fs::read_to_string(path).unwrap()));
    for word in case.holds.iter().filter(|w| !text.contains(w.as_str())) {
        writeln!(wrong, "  `{word}` is not in the release").unwrap();
    }
    for (path, want) in &case.written {
        let own = std::fs::read_to_string(dir.join("out/all").join(path)).unwrap_or_else(|e| e.to_string());
        let good = match want.trim_end().strip_prefix("...").and_then(|w| w.strip_suffix("...")) {
            Some(words) => own.contains(words),
            None => own == *want,
        };
        if !good {
            writeln!(wrong, "  {path} holds\n{own}").unwrap();
        }
    }
    let id = |l: &str| serde_json::from_str::<Json>(l).unwrap()["id"].as_str().unwrap_or_default().to_string();
    differ(wrong, "released", case.released.clone(), text.lines().map(id).collect());
    if case.exit != 0 {
        return text;
    }
    let (exit, out, err) = tamis(dir, &["verify", dir.join("out/all").to_str().unwrap()]);
    differ(wrong, "verify", 0, exit);
    if exit != 0 {
        writeln!(wrong, "{out}{err}").unwrap();
    }
    if case.target.is_some() {
        return text; // `status` looks for partitions of the default size
    }
    let (exit, out, err) = tamis(dir, &["status", "--json"]);
    let Ok(status) = serde_json::from_str::<Json>(&out) else {
        differ(wrong, "status", 0, exit);
        writeln!(wrong, "{out}{err}").unwrap();
        return text;
    };
    let balance = &status["balance"]["all"];
    let sum = |of: &[&str]| of.iter().map(|k| balance[k].as_u64().unwrap_or(u64::from(u32::MAX))).sum::<u64>();
    differ(wrong, "balance", sum(&["collected", "born"]), sum(&["released", "excluded", "dropped", "merged", "held"]));
    text
}

// ---- memory ----------------------------------------------------------------------------------------------------------

const MIB: u64 = 1 << 20;

/// A line of 100 MB, plain or packed, costs no more than two records of the declared length and 64 MiB.
#[cfg(target_os = "linux")]
#[test]
fn a_line_of_100_mb_is_never_held() {
    let empty = peak("raw/a.jsonl", b"");
    let line = [b"{\"id\":\"a\",\"text\":\"".as_slice(), &vec![b'x'; 100_000_000], b"\"}\n{\"id\":\"b\"}\n"].concat();
    for (path, bytes) in [("raw/a.jsonl", line.clone()), ("raw/a.jsonl.gz", gzip(&line))] {
        let used = peak(path, &bytes);
        assert!(used < empty + 2 * MIB + 64 * MIB, "{path}: {} MiB, {} MiB without it", used / MIB, empty / MIB);
    }
}

/// The most memory, in bytes, that a build of one file had.
#[cfg(target_os = "linux")]
fn peak(path: &str, bytes: &[u8]) -> u64 {
    let dir = tempfile::tempdir().unwrap();
    let manifest = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n[collect.a]\nfields = { text = \"text\" }\nid = \"id\"\n\
                    direct = { files = [\"raw/*\"], format = \"jsonl\" }\nlicense = \"MIT\"\noptional = [\"text\"]\nmin_records = 0\nmax_lost_files = 9\nrecord_max = \"1 MiB\"\n";
    put(dir.path(), "dataset.toml", manifest.as_bytes());
    put(dir.path(), path, bytes);
    let mut child = std::process::Command::new(binary())
        .arg("-C")
        .arg(dir.path())
        .args(["build", "--quiet", "--jobs", "2"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let (mut most, mut exit) = (0, None::<std::process::ExitStatus>);
    while exit.is_none() {
        exit = child.try_wait().unwrap();
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        most = most.max(kib.unwrap_or(0) * 1024);
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let exit = child.wait();
    assert!(exit.unwrap().success() && most > 0);
    most
}
