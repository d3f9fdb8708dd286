//! What verbs say with `--json`, held against the schemas that `tamis schema --of VERB` gives: every field that is written stands
//! in the schema, and nothing else is on stdout.
use crate::checked;
use crate::harness::{example, tamis};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// The schema of a verb, in which an object has no other fields than those that are named.
pub fn schema(verb: &str) -> Json {
    let (exit, out, err) = tamis(Path::new("."), &["schema", "--of", verb]);
    assert_eq!(exit, 0, "{verb}: {err}");
    let mut schema: Json = serde_json::from_str(&out).unwrap();
    let mut parts = BTreeSet::new();
    mixed(&schema, &mut parts);
    close(&mut schema, &parts);
    schema
}

/// The definitions that are part of another object, which has fields of its own: that one is closed, and not they.
fn mixed(schema: &Json, out: &mut BTreeSet<String>) {
    if let Some(object) = schema.as_object() {
        let part = object.get("$ref").and_then(Json::as_str).filter(|_| object.contains_key("properties"));
        out.extend(part.and_then(|name| name.rsplit('/').next()).map(String::from));
        object.values().for_each(|inner| mixed(inner, out));
    } else if let Some(list) = schema.as_array() {
        list.iter().for_each(|inner| mixed(inner, out));
    }
}

fn close(schema: &mut Json, parts: &BTreeSet<String>) {
    if let Some(object) = schema.as_object_mut() {
        let composed = ["$ref", "allOf", "oneOf", "anyOf"].iter().any(|key| object.contains_key(*key));
        if object.contains_key("properties") && !object.contains_key("additionalProperties") {
            let key = if composed { "unevaluatedProperties" } else { "additionalProperties" };
            object.insert(key.into(), Json::Bool(false));
        }
        for (name, inner) in object.iter_mut() {
            close(inner, parts);
            if parts.contains(name) {
                inner.as_object_mut().map(|own| own.remove("additionalProperties"));
            }
        }
    } else if let Some(list) = schema.as_array_mut() {
        list.iter_mut().for_each(|inner| close(inner, parts));
    }
}

/// Runs verbs, and holds each line of their output against their schemas.
#[derive(Default)]
struct Spoken {
    schemas: BTreeMap<String, Json>,
    wrong: Vec<String>,
}

impl Spoken {
    /// A verb with its words behind it; gives what it said.
    fn run(&mut self, dir: &Path, verb: &str, args: &[&str], exit: i32) -> Vec<Json> {
        let all: Vec<&str> = args.iter().copied().chain(["--json"]).collect();
        let (got, out, err) = tamis(dir, &all);
        if got != exit {
            self.wrong.push(format!("{all:?}: exit {got} instead of {exit}: {err}"));
        }
        let schema = self.schemas.entry(verb.into()).or_insert_with(|| schema(verb));
        let validator = jsonschema::validator_for(schema).unwrap();
        let said: Vec<Json> = out
            .lines()
            .filter_map(|line| match serde_json::from_str(line) {
                Ok(value) => Some(value),
                Err(e) => {
                    self.wrong.push(format!("{all:?}: no JSON: {e}: {line}"));
                    None
                }
            })
            .collect();
        if said.is_empty() || (said.len() > 1 && !["build", "fetch", "update"].contains(&verb)) {
            self.wrong.push(format!("{all:?}: {} lines: {err}", said.len()));
        }
        for value in &said {
            let told = validator.iter_errors(value).map(|e| format!("{all:?}: {}: {e}", e.instance_path()));
            self.wrong.extend(told.map(|say| say.chars().take(300).collect()));
        }
        said
    }

    fn holds(self) {
        assert!(self.wrong.is_empty(), "{}", self.wrong.join("\n"));
    }
}

/// All verbs on a project, before and after it is built.
fn speak(s: &mut Spoken, dir: &Path, step: &str, release: &str) {
    s.run(dir, "check", &["check"], 0);
    s.run(dir, "graph", &["graph"], 0);
    s.run(dir, "status", &["status"], 0);
    s.run(dir, "why", &["why", step], 0);
    s.run(dir, "build", &["build", "--dry-run"], 0);
    s.run(dir, "build", &["build"], 0);
    s.run(dir, "build", &["build", "--verify-inputs"], 0);
    s.run(dir, "status", &["status"], 0);
    s.run(dir, "why", &["why", step], 0);
    s.run(dir, "license", &["license"], 0);
    let task = step.strip_prefix("label.").and_then(|step| step.split('/').next());
    if let Some(task) = task {
        s.run(dir, "label-plan", &["label", "plan", task, "--annotators", "2", "--seconds", "30", "--items", "100"], 0);
    }
    s.run(dir, "report", &["report"], 0);
    s.run(dir, "plan", &["plan"], 0);
    s.run(dir, "release", &["release", release], 0);
    let audited = tamis(dir, &["verify", "out/public", "--audit"]).0;
    s.run(dir, "verify", &["verify", "out/public", "--audit"], audited);
    s.run(dir, "diff", &["diff"], 0);
    s.run(dir, "gc", &["gc", "--dry-run"], 0);
    s.run(dir, "store-verify", &["store", "verify"], 0);
    s.run(dir, "fmt", &["fmt", "--check"], fmt(dir));
}

/// Whether the layout of the example is the one layout.
fn fmt(dir: &Path) -> i32 {
    tamis(dir, &["fmt", "--check"]).0
}

#[test]
fn every_verb_says_what_its_schema_says() {
    let mut s = Spoken::default();
    for (name, step) in [("ner", "label.ner"), ("detection", "label.cells"), ("chat", "split"), ("hospital", "ethics")]
    {
        let dir = example(name);
        let dir = dir.path();
        std::fs::remove_dir_all(dir.join(".tamis")).ok();
        speak(&mut s, dir, step, "public");
    }
    s.holds();
}

#[test]
fn samples_guidelines_and_codes_are_told() {
    let mut s = Spoken::default();
    let dir = example("ner");
    let dir = dir.path();
    s.run(dir, "build", &["build"], 0);
    let page = std::fs::read_to_string(dir.join("out/public/jsonl/test-00000.jsonl")).unwrap();
    let first: Json = serde_json::from_str(page.lines().next().unwrap()).unwrap();
    s.run(dir, "trace", &["trace", first["id"].as_str().unwrap()], 0);
    std::fs::write(dir.join("docs/new.md"), "# Other\n\n## PS\n\nOther words.\n").unwrap();
    let said = s.run(dir, "guideline-diff", &["guideline", "diff", "docs/ner.md", "docs/new.md"], 0);
    assert_eq!(said[0]["classes"].as_array().unwrap().len(), 6);
    let all = s.run(dir, "explain", &["explain"], 0);
    let one = s.run(dir, "explain", &["explain", "T0103"], 0);
    assert!(all[0]["codes"].as_array().unwrap().contains(&one[0]["codes"][0]));
    let manifest = std::fs::read_to_string(dir.join("dataset.toml")).unwrap();
    std::fs::write(dir.join("dataset.toml"), manifest.replace("unicode = ", "unicod = ")).unwrap();
    let wrong = s.run(dir, "check", &["check"], 2);
    assert_eq!(wrong[0]["problems"][0]["code"], "T0103", "{wrong:?}");
    s.run(dir, "build", &["build"], 2);
    std::fs::write(
        dir.join("dataset.toml"),
        manifest.replace("ratios = { train = 0.8, ", "ratios   = { train = 0.7, "),
    )
    .unwrap();
    s.run(dir, "fmt", &["fmt"], 0);
    std::fs::write(dir.join("dataset.toml"), manifest.replace("seed = 42", "seed = 43")).unwrap();
    let why = s.run(dir, "why", &["why", "split"], 0);
    assert!(!why[0]["steps"][0]["heads"].as_array().unwrap().is_empty(), "{why:?}");
    s.run(dir, "build", &["build"], 0);
    s.run(dir, "gc", &["gc"], 0);
    s.holds();
}

const VOTES: &str = r#"
[dataset]
name = "topics"
version = "0.1.0"
license = "CC0-1.0"
[collect.texts]
direct = { files = ["raw/texts.jsonl"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "CC0-1.0"
[schema]
text = { text = {} }
[label.topic]
task = "classification"
classes = ["law", "life"]
from.people = { files = ["labels/topic/*.csv"] }
aggregate = { method = "majority" }
[review]
hold = true
files = ["reviews/*.jsonl"]
[release.all]
formats = ["jsonl"]
columns = ["id", "text", "label.topic"]
"#;

/// Three texts, of which the second has a vote each way.
fn votes(dir: &Path) {
    let put = |path: &str, text: &str| {
        let place = dir.join(path);
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::write(place, text).unwrap();
    };
    put("dataset.toml", VOTES);
    let texts = ["a court", "a river", "a rule"];
    let line = |(n, text): (usize, &&str)| format!("{{\"id\":\"s{n}\",\"text\":\"{text}\"}}\n");
    put("raw/texts.jsonl", &texts.iter().enumerate().map(line).collect::<String>());
    put("labels/topic/kim.csv", "item,annotator,label\ns0,kim,law\ns1,kim,life\n");
    put("labels/topic/lee.csv", "item,annotator,label\ns0,lee,law\ns1,lee,law\n");
}

/// What goes out to people and comes back.
#[test]
fn exchange_with_people_is_told() {
    let mut s = Spoken::default();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    votes(dir);
    s.run(dir, "build", &["build"], 0);
    let waits = s.run(dir, "review", &["review", "topic", "--by", "kim", "--only", "ties"], 0);
    assert_eq!(waits[0]["samples"][0]["id"], "s1", "{waits:?}");
    assert_eq!(waits[0]["samples"][0]["answers"].as_array().unwrap().len(), 2, "{waits:?}");
    let export = ["label", "export", "topic", "--tool", "csv", "--out", "ask.csv"];
    let out = s.run(dir, "label-export", &export, 0);
    assert_eq!((&out[0]["samples"], &out[0]["packages"][0]["path"]), (&3.into(), &"ask.csv".into()), "{out:?}");
    let shared = s.run(dir, "label-export", &[&export[..], &["--annotators", "2", "--overlap", "2"]].concat(), 0);
    assert_eq!(
        (&shared[0]["packages"][1]["annotator"], &shared[0]["shared"]["several"]),
        (&"a2".into(), &3.into()),
        "{shared:?}"
    );
    std::fs::write(dir.join("back.csv"), "id,label\ns2,law\ns1,none of them\n").unwrap();
    let import = ["label", "import", "topic", "back.csv", "--tool", "csv", "--by", "oh", "--as", "answers"];
    let taken = s.run(dir, "label-import", &import, 1);
    assert_eq!((&taken[0]["taken"], &taken[0]["path"]), (&1.into(), &"labels/topic/oh.csv".into()), "{taken:?}");
    assert_eq!(taken[0]["wrong"].as_array().unwrap().len(), 1, "{taken:?}");
    std::fs::write(dir.join("back.csv"), "id,label\ns9,law\n").unwrap();
    assert_eq!(s.run(dir, "label-import", &import, 1)[0]["path"], Json::Null);
    s.holds();
}

#[test]
fn checks_of_detectors_are_told_without_texts() {
    let mut s = Spoken::default();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    checked::project(dir);
    s.run(dir, "build", &["build"], 0);
    let drawn = s.run(dir, "privacy-sample", &["privacy", "sample", "--raw"], 0);
    assert_eq!(
        (&drawn[0]["kinds"]["phone"]["of"], &drawn[0]["path"]),
        (&3.into(), &checked::SHEET.into()),
        "{drawn:?}"
    );
    let sheet = std::fs::read_to_string(dir.join(checked::SHEET)).unwrap();
    std::fs::write(dir.join(checked::SHEET), sheet.replace(",,,seen-", ",right,,seen-")).unwrap();
    let import = ["privacy", "import", checked::SHEET, "--by", "kim"];
    let taken = s.run(dir, "privacy-import", &import, 0);
    assert_eq!(taken[0]["path"], "reviews/privacy/kim.jsonl", "{taken:?}");
    assert!(!format!("{drawn:?}{taken:?}").contains("kim1@"), "an address is told");
    s.holds();
}

#[test]
fn projects_steps_and_stores_are_told() {
    let mut s = Spoken::default();
    let top = tempfile::tempdir().unwrap();
    let top = top.path();
    let made = s.run(top, "new", &["new", "x", "--template", "ner"], 0);
    assert_eq!((&made[0]["template"], &made[0]["manifest"]), (&"ner".into(), &"dataset.toml".into()), "{made:?}");
    std::fs::create_dir(top.join("given")).unwrap();
    std::fs::write(top.join("given/train.jsonl"), "{\"id\":\"a\",\"text\":\"one stone\"}\n").unwrap();
    let seen = s.run(top, "new", &["new", "--from", "given", "y"], 0);
    assert!(!seen[0]["found"].as_array().unwrap().is_empty() && !seen[0]["open"].as_array().unwrap().is_empty());
    std::fs::write(top.join("y/more.jsonl"), "{\"id\":\"b\",\"text\":\"two stones\"}\n").unwrap();
    let more = s.run(top, "new", &["new", "--from", "y"], 0);
    assert!(more[0]["addition"].as_str().unwrap().contains("more.jsonl") && more[0]["manifest"].is_null(), "{more:?}");
    s.run(&top.join("y"), "store-use", &["store", "use", top.join("shared").to_str().unwrap()], 0);
    assert_eq!(s.run(&top.join("y"), "trust", &["trust"], 0)[0]["trusted"], true);
    let steps = example("steps");
    let asked = s.run(steps.path(), "trust", &["trust"], 1);
    assert_eq!((&asked[0]["trusted"], &asked[0]["steps"][0]["before"]), (&false.into(), &false.into()), "{asked:?}");
    s.holds();
}

#[test]
fn a_step_is_told_with_what_it_found() {
    let mut s = Spoken::default();
    for name in ["ner", "detection", "hospital"] {
        let dir = example(name);
        let dir = dir.path();
        s.run(dir, "build", &["build"], 0);
        let graph = s.run(dir, "graph", &["graph"], 0);
        let steps = graph[0]["steps"].as_array().unwrap();
        for step in steps.iter().map(|step| step["name"].as_str().unwrap()) {
            let whole = s.run(dir, "show", &["show", step], 0);
            assert!(whole[0]["found"].is_null() && whole[0]["fresh"] == true, "{name}: {step}: {whole:?}");
            for kind in ["--findings", "--dropped", "--held"] {
                let told = s.run(dir, "show", &["show", step, kind, "--limit", "1"], 0);
                let [list, all] = [&told[0]["found"], &told[0]["found_in_all"]];
                assert_eq!(list.as_array().unwrap().len() as u64, all.as_u64().unwrap().min(1), "{told:?}");
            }
        }
    }
    s.holds();
}

#[cfg(feature = "serve")]
#[test]
fn pages_say_where_they_are() {
    use std::io::BufRead;
    let dir = example("ner");
    let mut command = std::process::Command::new(crate::harness::binary());
    command.arg("-C").arg(dir.path()).args(["serve", "--json", "--no-build"]).stdout(std::process::Stdio::piped());
    let mut server = command.spawn().unwrap();
    let mut line = String::new();
    std::io::BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    let said: Json = serde_json::from_str(&line).unwrap();
    assert!(jsonschema::is_valid(&schema("serve"), &said), "{said}");
    assert!(said["address"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{said}");
}

/// `spec/json.md` names each verb that speaks JSON.
#[test]
fn the_page_names_every_schema() {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("spec/json.md")).unwrap();
    let (_, _, err) = tamis(Path::new("."), &["schema", "--of", "nothing-of-the-kind"]);
    let known = err.split("known here: ").nth(1).unwrap_or_else(|| panic!("{err}"));
    let missing: Vec<&str> = known.trim().split(", ").filter(|verb| !page.contains(&format!("| `{verb}` |"))).collect();
    assert!(missing.is_empty(), "spec/json.md does not name {missing:?}");
}
