//! Samples that a language model writes, against a server on this machine that answers well and badly: what is asked and what is not,
//! what becomes of the answers, and that a build asks nobody.
use crate::harness::{Way, binary, build};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What a server answers: a status, headers and a body.
type Reply = (u16, Vec<(&'static str, String)>, String);
/// Says what is answered to the n-th question, by its body.
type Model = dyn Fn(u64, &Json) -> Reply + Send + Sync;

#[derive(Default)]
struct State {
    /// The body of each question, and who asked.
    asked: Vec<(Json, BTreeMap<String, String>)>,
    closed: bool,
}

/// A language model behind an interface like OpenAI's.
struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
    model: Arc<Mutex<Arc<Model>>>,
}

impl Server {
    fn new(model: Arc<Model>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let (state, model) = (Arc::new(Mutex::new(State::default())), Arc::new(Mutex::new(model)));
        let own = (state.clone(), model.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if own.0.lock().unwrap().closed {
                    return;
                }
                let own = own.clone();
                std::thread::spawn(move || drop(answer(stream, &own.0, &own.1)));
            }
        });
        Server { port, state, model }
    }

    fn answers(&self, model: Arc<Model>) {
        *self.model.lock().unwrap() = model;
    }

    fn asked(&self) -> Vec<Json> {
        self.state.lock().unwrap().asked.iter().map(|a| a.0.clone()).collect()
    }

    fn headers(&self) -> BTreeMap<String, String> {
        self.state.lock().unwrap().asked.first().map(|a| a.1.clone()).unwrap_or_default()
    }

    fn forget(&self) {
        self.state.lock().unwrap().asked.clear();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.lock().unwrap().closed = true;
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>, model: &Mutex<Arc<Model>>) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8_lossy(&head).into_owned();
    let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_string()));
    let headers: BTreeMap<String, String> = text.lines().skip(1).filter_map(header).collect();
    let mut body = vec![0; headers.get("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)];
    stream.read_exact(&mut body)?;
    let body: Json = serde_json::from_slice(&body).unwrap_or(Json::Null);
    let n = {
        let mut s = state.lock().unwrap();
        s.asked.push((body.clone(), headers));
        s.asked.len() as u64 - 1
    };
    let model = model.lock().unwrap().clone();
    let (status, headers, body) = match text.starts_with("POST /v1/chat/completions ") {
        true => model(n, &body),
        false => (404, Vec::new(), String::new()),
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    stream.write_all(format!("{head}\r\n{body}").as_bytes())?;
    stream.flush()
}

/// An answer as such servers give it.
fn completion(content: &str) -> Reply {
    said(content, "stop")
}

fn said(content: &str, end: &str) -> Reply {
    let body = json!({
        "model": "small-2026",
        "choices": [{ "index": 0, "message": { "role": "assistant", "content": content }, "finish_reason": end }],
        "usage": { "prompt_tokens": 100, "completion_tokens": 20 },
    });
    (200, Vec::new(), body.to_string())
}

fn samples(of: &[(&str, &str)]) -> String {
    let one = |(text, label): &(&str, &str)| json!({ "text": text, "label": label });
    json!({ "samples": of.iter().map(one).collect::<Vec<_>>() }).to_string()
}

fn prompt_of(body: &Json) -> String {
    body["messages"][1]["content"].as_str().unwrap_or_default().to_string()
}

/// The class that a question asks for.
fn class_of(body: &Json) -> String {
    let prompt = prompt_of(body);
    prompt.lines().find_map(|l| l.strip_prefix("CLASS ")).unwrap_or_default().to_string()
}

/// Words that no other question gets.
fn own_words(body: &Json) -> String {
    let seed = body["seed"].as_u64().unwrap_or_default();
    (0..8).map(|i| format!("w{}", (seed >> i) % 9973 * 7 + i)).collect::<Vec<_>>().join(" ")
}

/// A model that does what it is asked for.
fn good() -> Arc<Model> {
    Arc::new(|_, body| completion(&samples(&[(&own_words(body), &class_of(body))])))
}

struct Lab {
    dir: tempfile::TempDir,
    server: Server,
}

const PROMPT: &str = "Write {count} like these.\nCLASS {class}\n{examples}\n";

impl Lab {
    fn new(keys: &str) -> Lab {
        let lab = Lab { dir: tempfile::tempdir().unwrap(), server: Server::new(good()) };
        for folder in ["raw", "prompts"] {
            std::fs::create_dir(lab.path().join(folder)).unwrap();
        }
        let row = |n: u64| {
            let (class, part) =
                (if n.is_multiple_of(3) { "sport" } else { "art" }, if n % 5 == 4 { "test" } else { "train" });
            let call = if part == "train" { format!("call 010-1234-{:04} ", 1000 + n) } else { String::new() };
            let text = format!("sample {n} of {class} {call}in {part} about thing{}", n * 37);
            format!(
                "{{\"id\":\"s{n:02}\",\"text\":\"{text}\",\"kind\":\"{class}\",\"part\":\"{part}\",\"note\":\"n{n}\"}}\n"
            )
        };
        lab.put("raw/a.jsonl", &(0..30).map(row).collect::<String>());
        lab.put("prompts/p.txt", PROMPT);
        lab.declare(keys);
        lab
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn put(&self, path: &str, text: &str) {
        std::fs::write(self.path().join(path), text).unwrap();
    }

    fn declare(&self, keys: &str) {
        let text = format!(
            r#"tamis = "0.1"
[dataset]
name = "case"
version = "0.1.0"
license = "MIT"
contact = "data@example.org"
[collect.a]
direct = {{ files = ["raw/a.jsonl"], format = "jsonl" }}
fields = {{ text = "text", kind = "kind", part = "part", note = "note" }}
id = "id"
license = "MIT"
[schema]
text = {{ text = {{}} }}
note = {{ text = {{}} }}
[privacy]
harmless = ["id", "kind", "note", "part"]
[privacy.detect]
types = ["phone"]
action = "mask"
[label.topic]
task = "classification"
classes = ["sport", "art"]
from.a = {{ column = "kind" }}
[split]
ratios = {{ train = 0.8, test = 0.2 }}
given = "part"
[synthesize.more]
prompt = "prompts/p.txt"
{keys}
[synthesize.more.endpoint]
url_env = "TEST_LLM_URL"
key_env = "TEST_LLM_KEY"
model = "small"
price = {{ input = 0.15, output = 0.6 }}
[release.all]
formats = ["jsonl"]
augment = ["more"]
columns = ["id", "text", "note", "label.topic", "split", "synthetic.by", "synthetic.parents", "synthetic.how"]
"#
        );
        self.put("dataset.toml", &text);
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.arg("-C").arg(self.path()).args(args).env("LC_ALL", "C");
        for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
            command.env_remove(name);
        }
        command.env("TEST_LLM_URL", format!("http://127.0.0.1:{}/v1", self.server.port));
        command
            .env("TEST_LLM_KEY", "secret-of-the-user")
            .env("TAMIS_ALLOW_PRIVATE", format!("127.0.0.1:{}", self.server.port));
        command.env("XDG_STATE_HOME", self.path().parent().unwrap().join(format!("state-{}", self.server.port)));
        command
    }

    fn tamis(&self, args: &[&str]) -> (i32, String) {
        let out = self.command(args).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
        (out.status.code().unwrap_or(-1), text)
    }

    fn trusted(self) -> Lab {
        let (exit, told) = self.tamis(&["trust", "--yes"]);
        assert_eq!(exit, 0, "{told}");
        assert!(told.contains("TEST_LLM_KEY") && !told.contains("secret-of-the-user"), "{told}");
        self
    }

    fn update(&self) -> (i32, String) {
        self.tamis(&["update", "--second", "1"])
    }

    fn pinned(&self) -> String {
        std::fs::read_to_string(self.path().join("pins/synthesize/more.jsonl")).unwrap_or_default()
    }

    /// A fact of the step that judges the answers.
    fn fact(&self, name: &str) -> String {
        self.fact_of("draw", name)
    }

    fn fact_of(&self, step: &str, name: &str) -> String {
        build(self.path(), &Way::default());
        let (_, page) = self.tamis(&["show", &format!("synthesize.more/{step}"), "--partition-target", "16"]);
        let line = page.lines().find(|l| l.split_whitespace().next() == Some(name));
        line.unwrap_or_else(|| panic!("{name}: {page}")).split_whitespace().last().unwrap().to_string()
    }

    fn released(&self) -> Vec<Json> {
        let (mut out, mut open) = (Vec::new(), vec![self.path().join("out/all")]);
        while let Some(folder) = open.pop() {
            for path in std::fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path()) {
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|e| e == "jsonl") {
                    let text = std::fs::read_to_string(path).unwrap();
                    out.extend(text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()));
                }
            }
        }
        out
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.path().parent().unwrap().join(format!("state-{}", self.server.port)));
    }
}

#[test]
fn a_model_is_asked_once_by_update_and_never_by_a_build() {
    let lab = Lab::new("count = 12\nexamples = 2");
    let (exit, told) = lab.tamis(&["build"]);
    assert_eq!(exit, 1, "{told}");
    assert!(told.contains("T0776") && told.contains("tamis update more"), "{told}");
    let (exit, told) = lab.update();
    assert_eq!(exit, 3, "{told}");
    assert!(told.contains("not trusted"), "{told}");
    assert_eq!(lab.server.asked().len(), 0, "nobody may ask it yet");

    let lab = lab.trusted();
    let (exit, told) = lab.tamis(&["update", "--dry-run"]);
    assert_eq!(exit, 0, "{told}");
    assert!(told.contains("12 questions, of which 0 have an answer") && told.contains("USD at most"), "{told}");
    assert_eq!(lab.server.asked().len(), 0);
    let (exit, told) = lab.update();
    assert_eq!(exit, 0, "{told}");
    assert!(told.contains("12 questions: 0 had an answer, 12 came, 0 are missing"), "{told}");
    assert!(told.contains("1200 tokens, 240 back, 0.0003 USD"), "{told}");
    let asked = lab.server.asked();
    assert_eq!(asked.len(), 12);
    assert_eq!(lab.server.headers()["authorization"], "Bearer secret-of-the-user");
    assert!(lab.server.headers()["user-agent"].contains("data@example.org"));
    for body in &asked {
        let prompt = prompt_of(body);
        assert!(!prompt.contains("010-1234") && !prompt.contains("in test"), "masked, and of train alone: {prompt}");
        assert_eq!(prompt.matches("\"label\":").count(), 2, "{prompt}");
        assert_eq!(
            prompt.matches(&format!("\"label\":\"{}\"", class_of(body))).count(),
            2,
            "examples of the class: {prompt}"
        );
    }
    let pinned = lab.pinned();
    assert!(!pinned.contains("secret-of-the-user") && pinned.lines().count() == 12);

    lab.server.forget();
    let (exit, told) = lab.update();
    assert_eq!((exit, lab.server.asked().len(), lab.pinned()), (0, 0, pinned), "{told}");
    let (exit, told) = lab.tamis(&["build", "--offline"]);
    assert_eq!(exit, 0, "{told}");
    let rows = lab.released();
    let (born, others): (Vec<_>, Vec<_>) = rows.iter().partition(|r| !r["synthetic_by"].is_null());
    assert_eq!((born.len(), others.len()), (12, 30));
    let card = std::fs::read_to_string(lab.path().join("out/all/README.md")).unwrap();
    assert!(card.contains("synthesize.more, written by the language model small"), "{card}");
    for row in born {
        assert_eq!(
            (&row["synthetic_by"], &row["split"], &row["note"]),
            (&json!("synthesize.more"), &json!("train"), &Json::Null)
        );
        let parents = row["synthetic_parents"].as_array().unwrap();
        assert!(parents.len() == 2 && row["id"].as_str().unwrap().starts_with(parents[0].as_str().unwrap()));
        let how: Json = serde_json::from_str(row["synthetic_how"].as_str().unwrap()).unwrap();
        assert_eq!((&how["model"], &how["answered_by"]), (&json!("small"), &json!("small-2026")));
        assert_eq!(how["prompt"], json!(tamis::digest::Digest::of(PROMPT.trim().as_bytes()).hex()));
    }
    assert_eq!(lab.server.asked().len(), 0);
    let told = build(lab.path(), &Way::default());
    let again = build(lab.path(), &Way { jobs: 8, ..Way::default() });
    assert_eq!((told.exit, again.exit, told.roots()), (0, 0, again.roots()));
}

/// What the n-th question is answered with, the others well.
fn sometimes(bad: impl Fn(u64, &Json) -> Option<Reply> + Send + Sync + 'static) -> Arc<Model> {
    let good = good();
    Arc::new(move |n, body| bad(n, body).unwrap_or_else(|| good(n, body)))
}

#[test]
fn failures_that_pass_are_tried_again_and_others_are_told_and_asked_later() {
    let lab = Lab::new("count = 40\nexamples = 1").trusted();
    // each question fails once, in one of five ways
    let met = Mutex::new(std::collections::BTreeSet::new());
    lab.server.answers(sometimes(move |n, body| {
        if !met.lock().unwrap().insert(body["seed"].as_u64()) {
            return None;
        }
        Some(match n % 5 {
            0 => (429, vec![("Retry-After", "1".into())], String::new()),
            1 => (503, Vec::new(), "busy".into()),
            2 => said("{\"samples\":[{\"text\":\"half", "length"),
            3 => completion("Sure! Here are your samples."),
            _ => (200, Vec::new(), "<html>".into()),
        })
    }));
    let (exit, told) = lab.update();
    assert_eq!(exit, 0, "{told}");
    assert!(told.contains("40 questions: 0 had an answer, 40 came, 0 are missing"), "{told}");
    assert_eq!(lab.server.asked().len(), 80);

    // what fails each time is told by its reason; what came stays
    std::fs::remove_file(lab.path().join("pins/synthesize/more.jsonl")).unwrap();
    lab.server.forget();
    lab.server.answers(sometimes(|_, body| match class_of(body).as_str() {
        "art" => Some(said("{", "length")),
        _ => None,
    }));
    let (exit, told) = lab.tamis(&["update", "--second", "1", "--retries", "1"]);
    assert_eq!(exit, 3, "{told}");
    assert!(told.contains("0 had an answer, 20 came, 20 are missing"), "{told}");
    assert!(
        told.contains("20 without an answer: the answer is cut short: `max_tokens` allows no more; tried 2 times"),
        "{told}"
    );
    assert_eq!(["answered", "unanswered", "kept"].map(|f| lab.fact(f)), ["20", "20", "20"]);
    lab.server.answers(good());
    lab.server.forget();
    let (exit, told) = lab.update();
    assert_eq!((exit, lab.server.asked().len()), (0, 20), "{told}");

    // an endpoint that refuses all is not asked to the end
    std::fs::remove_file(lab.path().join("pins/synthesize/more.jsonl")).unwrap();
    lab.server.forget();
    lab.server.answers(Arc::new(|_, _| (401, Vec::new(), String::new())));
    let (exit, told) = lab.tamis(&["update", "--second", "1", "--jobs", "1"]);
    assert_eq!((exit, lab.server.asked().len()), (3, 8), "{told}");
    assert!(told.contains("32 without an answer: not asked, since none of the first 8 was answered"), "{told}");
    assert!(!told.contains("secret-of-the-user"), "{told}");
}

#[test]
fn a_killed_update_loses_no_answer_of_five_hundred() {
    let lab = Lab::new("count = 500\nexamples = 1\nseed = 3").trusted();
    lab.server.answers(sometimes(|n, _| {
        if n > 150 {
            std::thread::sleep(Duration::from_millis(20)); // it would go on for seconds
        }
        None
    }));
    let mut update =
        lab.command(&["update", "--second", "1"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    while lab.server.asked().len() < 200 {
        std::thread::sleep(Duration::from_millis(5));
    }
    update.kill().unwrap();
    update.wait().unwrap();
    let before = lab.server.asked().len();
    assert!((200..500).contains(&before) && lab.pinned().is_empty(), "{before}");
    lab.server.answers(good());
    let (exit, told) = lab.update();
    assert_eq!(exit, 0, "{told}");
    // at most what was under way when it was killed is asked twice
    assert!(lab.server.asked().len() <= 500 + 8, "{} and {before} before", lab.server.asked().len());
    assert_eq!(lab.pinned().lines().count(), 500);
    lab.server.forget();
    assert_eq!((lab.update().0, lab.server.asked().len()), (0, 0));
    assert_eq!(["answered", "kept"].map(|f| lab.fact(f)), ["500", "500"]);
}

#[test]
fn a_model_that_copies_is_caught_and_nothing_of_a_test_set_is_born() {
    let lab = Lab::new("count = 20\nexamples = 3\nper_request = 2").trusted();
    // it gives back an example, and a text of the test set
    lab.server.answers(Arc::new(|_, body| {
        let prompt = prompt_of(body);
        let example: Json =
            prompt.lines().find(|l| l.starts_with('{')).and_then(|l| serde_json::from_str(l).ok()).unwrap();
        let copy = example["text"].as_str().unwrap().to_uppercase();
        let leak = "Sample 4 of art  in TEST about thing148";
        completion(&samples(&[(&copy, &class_of(body)), (leak, &class_of(body))]))
    }));
    assert_eq!(lab.update().0, 0);
    let told = build(lab.path(), &Way::default());
    assert_eq!(told.exit, 1, "{}", told.stderr);
    let facts = ["copied", "leaks", "kept", "copied_share"].map(|f| lab.fact(f));
    assert_eq!(facts, ["10", "10", "0", "0.5000"]);
    let gates: Vec<&Json> = told.events.iter().filter(|e| e["event"] == "gate" && e["pass"] == json!(false)).collect();
    let keys: Vec<&str> = gates.iter().map(|g| g["key"].as_str().unwrap()).collect();
    assert!(keys.contains(&"synthesize.more.copies_max") && keys.contains(&"synthesize.more"), "{keys:?}");
}

#[test]
fn what_holds_of_collected_texts_holds_of_written_ones() {
    let lab = Lab::new("count = 12\nexamples = 1\nper_request = 2");
    let manifest = std::fs::read_to_string(lab.path().join("dataset.toml")).unwrap();
    let limits = "text = { text = { chars_max = 200 } }\nnote = { text = {} }\n[preprocess]\nwhitespace = \"collapse\"\ncontrol = \"remove\"";
    lab.put("dataset.toml", &manifest.replace("text = { text = {} }\nnote = { text = {} }", limits));
    let lab = lab.trusted();
    let words = |body: &Json| own_words(body);
    lab.server.answers(Arc::new(move |n, body| {
        let (own, class) = (words(body), class_of(body));
        completion(&match n {
            0 => samples(&[(&format!("{own} call 010-1234-5678"), &class)]),
            1 => samples(&[(&own.repeat(20), &class), (&format!("one {own}"), &class)]),
            2 => format!(
                "```json\n{}\n```",
                samples(&[(&format!("{own}\u{1}  two"), &class), (&format!("three {own}"), &class)])
            ),
            _ => samples(&[(&own, &class), (&format!("four {own}"), &class)]),
        })
    }));
    let (exit, told) = lab.tamis(&["update", "--second", "1", "--jobs", "1"]);
    assert_eq!(exit, 0, "{told}");
    let facts = ["outside", "short", "kept", "unread"].map(|f| lab.fact(f));
    assert_eq!(facts, ["1", "1", "10", "0"]);
    assert_eq!(lab.fact_of("private", "left_out"), "1");
    let rows = lab.released();
    let born: Vec<&str> =
        rows.iter().filter(|r| !r["synthetic_by"].is_null()).map(|r| r["text"].as_str().unwrap()).collect();
    assert!(
        born.iter().all(|text| !text.contains("010-1234") && !text.contains('\u{1}') && !text.contains("  ")),
        "{born:?}"
    );
    assert!(born.len() == 9 && born.iter().any(|text| text.ends_with(" two")), "{born:?}");

    // what somebody writes into the committed file is judged, too, and an answer that does not read is told
    let pinned = lab.pinned();
    let edited = |line: &str| {
        let mut line: Json = serde_json::from_str(line).unwrap();
        line["content"] = "a remark".into();
        line.to_string()
    };
    let first = pinned.lines().next().unwrap();
    lab.put("pins/synthesize/more.jsonl", &pinned.replacen(first, &edited(first), 1));
    let told = build(lab.path(), &Way::default());
    assert_eq!((told.exit, lab.fact("unread")), (0, "1".to_string()), "{}", told.stderr);
}

#[test]
fn tokens_of_answers_of_no_use_are_told_and_those_that_nobody_counts() {
    let lab = Lab::new("count = 4\nexamples = 1").trusted();
    lab.server.answers(sometimes(|n, _| (n == 0).then(|| completion("Sure!"))));
    let (exit, told) = lab.tamis(&["update", "--second", "1", "--jobs", "1"]);
    assert_eq!(exit, 0, "{told}");
    assert!(
        told.contains("500 tokens, 100 back") && told.contains("100 tokens, 20 back went on answers of no use"),
        "{told}"
    );
    std::fs::remove_file(lab.path().join("pins/synthesize/more.jsonl")).unwrap();
    lab.server.answers(Arc::new(|n, body| {
        let (status, headers, body) = good()(n, body);
        (status, headers, body.replace("\"usage\"", "\"used\""))
    }));
    let (exit, told) = lab.update();
    assert_eq!(exit, 0, "{told}");
    assert!(told.contains("4 answers came without a count of their tokens") && !told.contains("USD"), "{told}");
}

#[test]
fn one_more_sample_asks_few_questions_anew() {
    let lab = Lab::new("count = 200\nexamples = 1").trusted();
    assert_eq!(lab.update().0, 0);
    lab.server.forget();
    let raw = std::fs::read_to_string(lab.path().join("raw/a.jsonl")).unwrap();
    let one = |n: u64| {
        json!({"id": format!("late{n}"), "text": format!("one that came later {n}"), "kind": "art", "part": "train", "note": "n"})
            .to_string()
            + "\n"
    };
    let more: String = (0..4).map(one).collect();
    lab.put("raw/a.jsonl", &(more.clone() + &raw));
    let unanswered = lab.fact("unanswered").parse::<usize>().unwrap();
    assert!((1..100).contains(&unanswered), "{unanswered}");
    let (exit, told) = lab.tamis(&["build"]);
    assert_eq!(exit, 0, "the others are there: {told}");
    assert_eq!(lab.update().0, 0);
    assert_eq!(lab.server.asked().len(), unanswered);
    assert!(lab.server.asked().iter().all(|body| prompt_of(body).contains("one that came later")));
    assert_eq!(lab.pinned().lines().count(), 200, "answers that nobody asks for are left out");
    // of test nothing is shown, so a new sample there asks nothing
    lab.server.forget();
    let more = more.replace("late", "held").replace("train", "test");
    let raw = std::fs::read_to_string(lab.path().join("raw/a.jsonl")).unwrap();
    lab.put("raw/a.jsonl", &(raw + &more));
    assert_eq!((lab.update().0, lab.server.asked().len()), (0, 0));
}

/// Sentences with a person and a place, marked; and what a model makes of them.
#[test]
fn mentions_are_read_from_tags_and_paraphrases_keep_theirs() {
    let lab = Lab::new("count = 8\nper_request = 2");
    let row = |n: u64| {
        let part = if n % 4 == 3 { "test" } else { "train" };
        let text = format!("Anna{n} sang songs number {} in Seoul", n * n * 31);
        let end = text.len();
        let first = format!("Anna{n}").len();
        let spans = json!([{"start": 0, "end": first, "class": "PS"}, {"start": end - 5, "end": end, "class": "LC"}]);
        json!({"id": format!("s{n}"), "text": text, "spans": spans, "part": part}).to_string() + "\n"
    };
    lab.put("raw/a.jsonl", &(0..16).map(row).collect::<String>());
    lab.put("prompts/again.txt", "Say it in other words.\n{text}");
    let manifest = std::fs::read_to_string(lab.path().join("dataset.toml")).unwrap();
    let manifest = manifest
        .replace("kind = \"kind\", part = \"part\", note = \"note\"", "spans = \"spans\", part = \"part\"")
        .replace("note = { text = {} }\n", "")
        .replace("[\"id\", \"kind\", \"note\", \"part\"]", "[\"id\", \"part\"]")
        .replace(
            "[label.topic]\ntask = \"classification\"\nclasses = [\"sport\", \"art\"]",
            "[label.ner]\ntask = \"ner\"\nclasses = [\"PS\", \"LC\"]",
        )
        .replace("column = \"kind\"", "column = \"spans\"")
        .replace("prompt = \"prompts/p.txt\"", "role = \"paraphrase\"\nprompt = \"prompts/again.txt\"")
        .replace("\"note\", \"label.topic\"", "\"label.ner\"");
    lab.put("dataset.toml", &manifest);
    let lab = lab.trusted();
    lab.server.answers(Arc::new(|n, body| {
        let prompt = prompt_of(body);
        let text = prompt.lines().last().unwrap();
        assert!(text.contains("<PS>Anna") && text.contains("<LC>Seoul</LC>"), "{text}");
        let who = text.split_once("</PS>").unwrap().0;
        let good = format!("Down in <LC>Seoul</LC>, a voice {} was that of {who}</PS>", n * 7919);
        let lost = format!("Somewhere {who}</PS> raised a voice of the kind {}", n * 7919);
        completion(&json!({ "samples": [{ "text": good }, { "text": lost }] }).to_string())
    }));
    let (exit, told) = lab.update();
    assert_eq!(exit, 0, "{told}");
    let told = build(lab.path(), &Way::default());
    assert_eq!(told.exit, 0, "{}", told.stderr);
    assert_eq!(["questions", "kept", "mentions_lost"].map(|f| lab.fact(f)), ["4", "4", "4"]);
    let rows = lab.released();
    let born: Vec<&Json> = rows.iter().filter(|r| !r["synthetic_by"].is_null()).collect();
    assert_eq!(born.len(), 4);
    for row in born {
        let text = row["text"].as_str().unwrap();
        let spans = row["label_ner"].as_array().unwrap();
        let of = |s: &Json| {
            (
                s["class"].as_str().unwrap().to_string(),
                text[s["start"].as_u64().unwrap() as usize..s["end"].as_u64().unwrap() as usize].to_string(),
            )
        };
        let parent = row["synthetic_parents"][0].as_str().unwrap().trim_start_matches('s').to_string();
        let want = vec![("LC".to_string(), "Seoul".to_string()), ("PS".to_string(), format!("Anna{parent}"))];
        assert_eq!(spans.iter().map(of).collect::<Vec<_>>(), want, "{text}");
    }
}
