//! `tamis serve` over loopback: who may ask, what is answered, and that what a person decides is on disk before it is answered.
use crate::harness::{binary, example, tamis};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A server that ends with the test.
struct Serving {
    child: Child,
    port: u16,
    token: String,
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status, head and body.
struct Got {
    status: u16,
    head: String,
    body: String,
}

impl Got {
    fn json(&self) -> Json {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.body))
    }
}

fn serve(dir: &Path, args: &[&str]) -> Serving {
    let mut child = Command::new(binary())
        .arg("-C")
        .arg(dir)
        .arg("serve")
        .args(args)
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let (at, token) = line.trim().split_once("/#token=").unwrap_or_else(|| panic!("no address: {line}"));
    let port = at.rsplit_once(':').unwrap().1.parse().unwrap();
    Serving { child, port, token: token.to_string() }
}

impl Serving {
    /// Sends bytes and reads what is answered until the connection ends.
    fn raw(&self, bytes: &[u8]) -> Got {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let _ = stream.write_all(bytes); // a refusal may come before all of it is sent
        let mut out = Vec::new();
        let _ = stream.read_to_end(&mut out);
        let text = String::from_utf8_lossy(&out).into_owned();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text.as_str(), ""));
        let status = head.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
        Got { status, head: head.to_string(), body: body.to_string() }
    }

    fn ask(&self, method: &str, path: &str, fields: &[(&str, &str)], body: &str) -> Got {
        let mut text = format!("{method} {path} HTTP/1.1\r\n");
        let has = |name: &str| fields.iter().any(|f| f.0.eq_ignore_ascii_case(name));
        if !has("host") {
            write!(text, "Host: 127.0.0.1:{}\r\n", self.port).unwrap();
        }
        if !has("authorization") {
            write!(text, "Authorization: Bearer {}\r\n", self.token).unwrap();
        }
        if method == "POST" && !has("content-type") {
            text.push_str("Content-Type: application/json\r\n");
        }
        for (name, value) in fields.iter().filter(|f| f.0 != "-") {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        write!(text, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.raw(text.as_bytes())
    }

    fn get(&self, path: &str) -> Got {
        self.ask("GET", path, &[], "")
    }

    fn queue(&self) -> Json {
        let got = self.get("/queue");
        assert_eq!(got.status, 200, "{}", got.body);
        got.json()
    }

    fn decide(&self, digest: &str, sent: &Json) -> Got {
        self.ask("POST", "/decisions", &[("If-Match", &format!("\"{digest}\""))], &sent.to_string())
    }

    /// What a question shows: the fragment, and what a decision is made on.
    fn question(&self, key: &str) -> (String, Option<String>) {
        let got = self.get(&format!("/question?key={key}"));
        assert_eq!(got.status, 200, "{}", got.body);
        let seen = got.body.split("data-seen=\"").nth(1).map(|s| s.split('"').next().unwrap().to_string());
        (got.body, seen)
    }
}

const MANIFEST: &str = r#"tamis = "0.1"
[dataset]
name = "served"
version = "0.1.0"
license = "MIT"
languages = ["en"]
[collect.a]
direct = { files = ["raw/a.jsonl"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "MIT"
[schema]
text = { text = {} }
[label.topic]
task = "classification"
classes = ["food", "law", "sport"]
from.crowd = { files = ["raw/votes.csv"] }
aggregate = { method = "majority", on_tie = "review" }
[clean.fields.text]
chars_min = 15
action = "review"
[review]
files = ["reviews/*.jsonl"]
[split]
ratios = { train = 0.8, test = 0.2 }
[release.all]
formats = ["jsonl"]
columns = ["id", "text", "label.topic", "split"]
"#;

/// Of each `tie` samples, two annotators name different classes; of each fifty, one is nothing but signs.
fn project(samples: usize, tie: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let (mut texts, mut votes) = (String::new(), "item,annotator,label\n".to_string());
    for n in 0..samples {
        let text = if n % 50 == 7 {
            format!("★★★★★★★★ {n}")
        } else {
            format!("the judge had bread number {n}")
        };
        writeln!(texts, "{}", json!({ "id": format!("s{n:04}"), "text": text })).unwrap();
        let other = if n % tie == 0 { "law" } else { "food" };
        writeln!(votes, "s{n:04},kim,food\ns{n:04},lee,{other}").unwrap();
    }
    put(dir.path(), "raw/a.jsonl", &texts);
    put(dir.path(), "raw/votes.csv", &votes);
    put(dir.path(), "dataset.toml", MANIFEST);
    dir
}

fn put(dir: &Path, path: &str, text: &str) {
    std::fs::create_dir_all(dir.join(path).parent().unwrap()).unwrap();
    std::fs::write(dir.join(path), text).unwrap();
}

/// Whether something comes to be so in a minute.
fn until(holds: impl Fn() -> bool) -> bool {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        if Instant::now() > end {
            return false;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    true
}

fn lines(dir: &Path) -> Vec<Json> {
    let text = std::fs::read_to_string(dir.join("reviews/eve.jsonl")).unwrap_or_default();
    text.lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

const VIEWS: [&str; 12] = [
    "overview",
    "flow",
    "pipeline",
    "fields",
    "labels",
    "agreement",
    "duplicates",
    "quality",
    "privacy",
    "licences",
    "splits",
    "findings",
];

/// A request and what is answered: method, path, fields, body, status.
type Asked<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str, u16);

#[test]
fn who_may_not_ask_is_told_nothing() {
    let dir = project(60, 5);
    let server = serve(dir.path(), &["--by", "eve"]);
    let slow = {
        let mut stream = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: ").unwrap();
        std::thread::spawn(move || {
            let mut out = String::new();
            stream.read_to_string(&mut out).unwrap();
            out
        })
    };
    let own = format!("127.0.0.1:{}", server.port);
    let origin = format!("http://{own}");
    let elsewhere = format!("http://127.0.0.1:{}", server.port ^ 1);
    let local = format!("localhost:{}", server.port);
    let (none, short) = ("Bearer ", &server.token[..31]);
    let other: String = server.token.chars().rev().collect();
    let long = "x".repeat(9000);
    let body = "x".repeat((1 << 20) + 1);
    let table: &[Asked] = &[
        ("GET", "/state", &[], "", 200),
        ("GET", "/state", &[("Host", &local)], "", 200),
        ("GET", "/state", &[("Origin", &origin), ("Sec-Fetch-Site", "same-origin")], "", 200),
        ("HEAD", "/state", &[], "", 200),
        ("GET", "/", &[("Authorization", none)], "", 200),
        ("GET", "/state", &[("Host", "tamis.example")], "", 421),
        ("GET", "/state", &[("Host", "127.0.0.1")], "", 421),
        ("GET", "/", &[("Host", "attacker.example:80")], "", 421),
        ("GET", "/state", &[("Origin", "https://attacker.example")], "", 403),
        ("GET", "/state", &[("Origin", &elsewhere)], "", 403),
        ("GET", "/state", &[("Origin", "null")], "", 403),
        ("GET", "/state", &[("Sec-Fetch-Site", "cross-site")], "", 403),
        ("GET", "/", &[("Sec-Fetch-Site", "same-site")], "", 403),
        ("GET", "/state", &[("Authorization", none)], "", 401),
        ("GET", "/state", &[("Authorization", short)], "", 401),
        ("GET", "/state", &[("Authorization", &other)], "", 401),
        ("GET", "/state", &[("Authorization", "Basic eDp4"), ("Cookie", &server.token)], "", 401),
        ("GET", &format!("/state?token={}", server.token), &[("Authorization", none)], "", 401),
        ("POST", "/", &[("Authorization", none)], "{}", 401),
        ("PUT", "/state", &[], "", 405),
        ("OPTIONS", "/state", &[("Origin", &origin)], "", 405),
        ("POST", "/state", &[], "{}", 405),
        ("GET", "/decisions", &[], "", 405),
        ("GET", "/elsewhere", &[], "", 404),
        ("GET", "/view/../../etc/passwd", &[], "", 404),
        ("GET", "/view/%2e%2e", &[], "", 404),
        ("GET", &format!("/blob/{}", "0".repeat(64)), &[], "", 404),
        ("GET", "/blob/raw", &[], "", 404),
        ("POST", "/undo", &[("Content-Type", "text/plain")], "{}", 415),
        ("POST", "/undo", &[("Content-Type", "application/x-www-form-urlencoded")], "a=b", 415),
        ("GET", "/state", &[("X", &long)], "", 431),
        ("POST", "/undo", &[], &body, 413),
        ("POST", "/undo", &[("Transfer-Encoding", "chunked")], "", 411),
        ("POST", "/build", &[], "{}", 403),
        ("POST", "/build", &[], "{\"dry\":1}", 422),
        ("POST", "/build", &[], "{\"dry_run\":true}", 200),
        ("POST", "/stop", &[], "{}", 403),
    ];
    for (method, path, fields, body, want) in table {
        let got = server.ask(method, path, fields, body);
        assert_eq!(got.status, *want, "{method} {path} {fields:?}: {} {}", got.head, got.body);
        assert!(got.status == 200 || !got.body.contains("served") && !got.body.contains("judge"), "{}", got.body);
        for line in [
            "no-store",
            "nosniff",
            "Cross-Origin-Resource-Policy: same-origin",
            "frame-ancestors 'none'",
            "no-referrer",
        ] {
            assert!(got.head.contains(line), "{line}: {}", got.head);
        }
        assert!(!got.head.contains("Access-Control") && !got.head.contains("Set-Cookie"), "{}", got.head);
    }
    let shell = server.ask("GET", "/", &[("Authorization", none)], "").body;
    assert!(
        !shell.contains("judge") && !shell.contains("served") && !shell.contains(&server.token),
        "no data in the shell"
    );
    let address = format!("[::]:{}", server.port);
    assert!(TcpStream::connect(address).is_err(), "nothing listens but on 127.0.0.1");
    let told = slow.join().unwrap();
    assert!(told.starts_with("HTTP/1.1 408 "), "{told}");
}

#[test]
fn every_page_is_there_and_the_filter_is_that_of_show() {
    let dir = example("ner");
    let server = serve(dir.path(), &["--partition-target", "256"]);
    for view in VIEWS {
        let got = server.get(&format!("/view/{view}"));
        assert_eq!(got.status, 200, "{view}: {}", got.body);
        assert!(got.body.contains("<h2") && got.head.contains("Tamis-Build: 1"), "{view}");
        let json = server.ask("GET", &format!("/view/{view}"), &[("Accept", "application/json")], "");
        assert_eq!(json.status, 200, "{view}");
        json.json();
    }
    let count = |q: &str| -> (usize, u64) {
        let (mut shown, mut after, mut count) = (Vec::new(), None::<String>, 0);
        loop {
            let more = after.as_ref().map_or(String::new(), |a| format!("&after={a}"));
            let got =
                server.get(&format!("/samples?n=100&q={}{more}", q.replace(' ', "%20").replace('"', "%22"))).json();
            if after.is_none() {
                assert_eq!(got["all"], true, "{got}");
                count = got["count"].as_u64().unwrap();
            }
            let html = got["html"].as_str().unwrap();
            shown.extend(html.split("#/sample?at=").skip(1).map(|s| s.split('&').next().unwrap().to_string()));
            match got["next"].as_str() {
                Some(next) => after = Some(next.to_string()),
                None => break,
            }
        }
        let all = shown.len();
        shown.sort();
        shown.dedup();
        assert_eq!(all, shown.len(), "no sample twice: {q}");
        (all, count)
    };
    for q in ["split:test class:TI", "text:\"2019\" -split:train", "chars:>300", "status:dropped,held", "finding:field"]
    {
        let (exit, out, err) =
            tamis(dir.path(), &["show", "split", "--partition-target", "256", "--where", q, "--rows", "0"]);
        assert_eq!(exit, 0, "{err}");
        let told: String = out.lines().last().unwrap().chars().filter(char::is_ascii_digit).collect();
        let want: u64 = told.trim_end_matches('0').parse().unwrap_or(0);
        let (shown, count) = count(q);
        assert_eq!(shown as u64, count, "{q}");
        assert!(out.contains(&format!("{count} row")) || want == 0 && count == 0, "{q}: {count}, {out}");
    }
    let wrong = server.get("/samples?q=spilt:test");
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("did you mean `split`?"), "{}", wrong.body);
    let story = server.get("/sample?at=0.0");
    assert!(
        story.status == 200 && story.body.contains("collect.klue") && story.body.contains("release.public"),
        "{}",
        story.body
    );
    assert_eq!(server.get("/sample?at=0.0&build=77").status, 410);
    assert_eq!(server.get("/sample?at=9999.0").status, 404);
    assert_eq!(server.get("/sample?at=x").status, 400);
    // neither a build nor a collection of garbage waits for an open page
    for verb in [["gc", "--quiet"], ["build", "--quiet"]] {
        assert_eq!(tamis(dir.path(), &verb).0, 0, "{verb:?}");
        assert!([200, 410].contains(&server.get("/samples").status), "{verb:?}");
    }
    let anew = until(|| server.get("/samples").status == 200);
    assert!(anew, "what was taken was made again, and is read anew");
    assert_eq!(server.queue()["items"].as_array().unwrap().len(), server.queue()["waiting"].as_u64().unwrap() as usize);
}

#[test]
fn a_decision_is_the_line_that_review_writes() {
    let dir = project(60, 5);
    let server = serve(dir.path(), &["--by", "eve", "--partition-target", "16"]);
    let queue = server.queue();
    assert_eq!(queue["waiting"], 14, "{queue}"); // 12 ties and two short texts
    let item = queue["items"].as_array().unwrap().iter().find(|i| i["step"] == "label.topic").unwrap();
    let (html, seen) = server.question(item["key"].as_str().unwrap());
    assert!(html.contains("data-press=\"1\"") && html.contains("data-value=\"&quot;food&quot;\""), "{html}");
    assert!(html.contains("sport"), "classes that nobody named can be taken, too");
    let sent = json!({ "key": item["key"], "decision": "label", "value": "law", "seen": seen, "note": " no doubt " });
    let digest = queue["digest"].as_str().unwrap();
    for (wrong, want) in [
        (json!({ "key": item["key"], "decision": "label", "value": "lwa", "seen": seen }), "did you mean `law`?"),
        (json!({ "key": item["key"], "decision": "label", "seen": seen }), "needs its `value`"),
        (json!({ "key": item["key"], "decision": "keep", "value": "law", "seen": seen }), "only a label has a `value`"),
        (json!({ "key": item["key"], "decision": "maybe", "seen": seen }), "no decision"),
        (json!({ "key": "x", "decision": "keep" }), "asked no more"),
        (json!({ "key": item["key"], "decision": "keep", "seen": "0a" }), "not what it was"),
    ] {
        let got = server.decide(digest, &wrong);
        assert!(got.status >= 400 && got.body.contains(want), "{wrong}: {} {}", got.status, got.body);
    }
    assert!(lines(dir.path()).is_empty(), "nothing was written");
    let got = server.decide(digest, &sent);
    assert_eq!(got.status, 200, "{}", got.body);
    assert_eq!((&got.json()["line"], &got.json()["path"]), (&json!(1), &json!("reviews/eve.jsonl")));
    let text = std::fs::read_to_string(dir.path().join("reviews/eve.jsonl")).unwrap();
    let id = lines(dir.path())[0]["id"].as_str().unwrap().to_string();
    // the same by the terminal
    std::fs::remove_file(dir.path().join("reviews/eve.jsonl")).unwrap();
    let mut child = Command::new(binary())
        .args(["-C", dir.path().to_str().unwrap(), "review", "topic", "--by", "eve", "--partition-target", "16"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"# no doubt\n= law\nq\n").unwrap();
    child.wait().unwrap();
    let terminal = std::fs::read_to_string(dir.path().join("reviews/eve.jsonl")).unwrap();
    let own: Json = serde_json::from_str(&terminal).unwrap();
    assert_eq!(own["id"].as_str(), Some(id.as_str()), "both ask about the same sample first");
    assert_eq!(text, terminal);
}

#[test]
fn what_somebody_else_wrote_is_noticed_and_kept() {
    let dir = project(60, 5);
    let server = serve(dir.path(), &["--by", "eve"]);
    let queue = server.queue();
    let keys: Vec<String> =
        queue["items"].as_array().unwrap().iter().map(|i| i["key"].as_str().unwrap().to_string()).collect();
    let send = |key: &str, digest: &str, decision: &str| {
        let (_, seen) = server.question(key);
        let mut sent = json!({ "key": key, "decision": decision });
        if let Some(seen) = seen {
            sent["seen"] = seen.into();
        }
        server.decide(digest, &sent)
    };
    let first = send(&keys[0], queue["digest"].as_str().unwrap(), "keep");
    assert_eq!(first.status, 200, "{}", first.body);
    let stale = queue["digest"].as_str().unwrap();
    assert_eq!(send(&keys[1], stale, "keep").status, 409, "the page does not know the first line");
    let mine = lines(dir.path())[0].clone();
    let other = r#"{"id":"s0059","step":"label.topic","decision":"keep","by":"eve","note":"by hand"}"#;
    put(dir.path(), "reviews/eve.jsonl", &format!("{other}\n{mine}\n"));
    let known = first.json()["digest"].as_str().unwrap().to_string();
    assert_eq!(send(&keys[1], &known, "drop").status, 409);
    assert_eq!(server.ask("POST", "/undo", &[("If-Match", &known)], "{}").status, 409);
    assert_eq!(server.ask("POST", "/undo", &[], "{}").status, 422, "without the state that is known");
    let now = server.queue();
    let done = send(&keys[1], now["digest"].as_str().unwrap(), "drop");
    assert_eq!(done.status, 200, "{}", done.body);
    let all = lines(dir.path());
    assert_eq!(all.len(), 3, "{all:?}");
    assert!(all.iter().any(|l| l["note"] == "by hand"));
    // two decisions of this session are taken back, and no more
    let digest = |got: &Got| got.json()["digest"].as_str().unwrap().to_string();
    let undone = server.ask("POST", "/undo", &[("If-Match", &digest(&done))], "{}");
    assert_eq!((undone.status, undone.json()["key"].as_str()), (200, Some(keys[1].as_str())), "{}", undone.body);
    let undone = server.ask("POST", "/undo", &[("If-Match", &digest(&undone))], "{}");
    assert_eq!((undone.status, undone.json()["done"].as_u64()), (200, Some(0)), "{}", undone.body);
    assert_eq!(server.ask("POST", "/undo", &[("If-Match", &digest(&undone))], "{}").status, 422);
    let all = lines(dir.path());
    assert_eq!((all.len(), &all[0]["note"]), (1, &json!("by hand")), "{all:?}");
    let broken = "{\"id\":\n";
    put(dir.path(), "reviews/eve.jsonl", broken);
    assert!(server.get("/queue").body.contains("reviews/eve.jsonl:1"));
    assert_eq!(std::fs::read_to_string(dir.path().join("reviews/eve.jsonl")).unwrap(), broken);
}

#[test]
fn a_server_that_is_killed_has_lost_nothing_that_it_answered() {
    let dir = project(300, 3);
    let mut answered = 0;
    for round in 0..3 {
        let server = serve(dir.path(), &["--by", "eve"]);
        let queue = server.queue();
        assert_eq!(queue["lines"].as_u64().unwrap() as usize, answered, "{round}");
        let mut digest = queue["digest"].as_str().unwrap().to_string();
        for item in queue["items"].as_array().unwrap().iter().take(12) {
            let key = item["key"].as_str().unwrap();
            let mut sent = json!({ "key": key, "decision": "keep" });
            if let (_, Some(seen)) = server.question(key) {
                sent["seen"] = seen.into();
            }
            let got = server.decide(&digest, &sent);
            assert_eq!(got.status, 200, "{}", got.body);
            digest = got.json()["digest"].as_str().unwrap().to_string();
            answered += 1;
        }
        drop(server); // SIGKILL
        assert_eq!(lines(dir.path()).len(), answered);
    }
    let ids: std::collections::BTreeSet<String> =
        lines(dir.path()).iter().map(|l| format!("{} {}", l["step"], l["id"])).collect();
    assert_eq!(ids.len(), answered, "each was asked once");
}

#[test]
fn a_decision_is_built_and_the_next_answers_know_it() {
    let dir = project(400, 4);
    let server = serve(dir.path(), &["--by", "eve", "--watch", "--partition-target", "16"]);
    let before = server.queue();
    let item = before["items"].as_array().unwrap().iter().find(|i| i["step"] == "label.topic").unwrap();
    let key = item["key"].as_str().unwrap();
    let (_, seen) = server.question(key);
    let sent = json!({ "key": key, "decision": "label", "value": "sport", "seen": seen });
    let mut events = TcpStream::connect(("127.0.0.1", server.port)).unwrap();
    events.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let head = format!(
        "GET /events HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: Bearer {}\r\n\r\n",
        server.port, server.token
    );
    events.write_all(head.as_bytes()).unwrap();
    assert_eq!(server.decide(before["digest"].as_str().unwrap(), &sent).status, 200);
    let (mut told, until) = (String::new(), Instant::now() + Duration::from_secs(60));
    let mut block = [0; 1024];
    while !told.contains("event: done") && Instant::now() < until {
        let n = events.read(&mut block).unwrap();
        told.push_str(&String::from_utf8_lossy(&block[..n]));
    }
    for word in ["event: state\ndata: ", "event: building\n", "event: built\n", "event: done\n", "\"exit\":0"] {
        assert!(told.contains(word), "{word}: {told}");
    }
    let after = server.queue();
    assert_eq!(after["build"].as_u64().unwrap(), before["build"].as_u64().unwrap() + 1);
    assert_eq!(after["waiting"].as_u64().unwrap(), before["waiting"].as_u64().unwrap() - 1);
    let id = lines(dir.path())[0]["id"].as_str().unwrap().to_string();
    let shown = server.get(&format!("/samples?q=id:{id}")).json();
    assert!(shown["html"].as_str().unwrap().contains("sport"), "{shown}");
    assert_eq!(server.get(&format!("/question?key={key}")).status, 410, "it is asked no more");
    // another program builds
    put(
        dir.path(),
        "raw/votes.csv",
        &std::fs::read_to_string(dir.path().join("raw/votes.csv")).unwrap().replace("s0001,lee,food", "s0001,lee,law"),
    );
    assert_eq!(tamis(dir.path(), &["build", "--partition-target", "16"]).0, 0);
    let until = Instant::now() + Duration::from_secs(20);
    while server.queue()["build"] == after["build"] && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(server.queue()["waiting"], before["waiting"], "one less, one more");
}

#[test]
fn nothing_hostile_runs_and_nothing_personal_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let hostile = "</script><script>alert(1)</script>\u{202e}]]>--><b onload=\"x\">'&";
    let secret = "900101-1234568";
    let mut texts = String::new();
    for n in 0..30 {
        let text = format!("{hostile} {n} my number is {secret}");
        writeln!(
            texts,
            "{}",
            json!({ "id": format!("{hostile}{n}"), "text": text, "kind": hostile, "who": format!("Kim {secret}") })
        )
        .unwrap();
    }
    put(dir.path(), "raw/a.jsonl", &texts);
    let manifest = r#"tamis = "0.1"
[dataset]
name = "x"
version = "0.1.0"
description = "<script>alert(1)</script>"
license = "MIT"
[collect.a]
direct = { files = ["raw/a.jsonl"], format = "jsonl" }
fields = { text = "text", kind = "kind", who = "who" }
id = "id"
license = "MIT"
[schema]
text = { text = {} }
kind = { text = {} }
who = { text = {} }
[privacy]
harmless = ["id", "kind"]
[privacy.detect]
types = ["kr_rrn"]
fields = ["text"]
action = "mask"
[clean.fields.text]
chars_max = 20
action = "review"
[release.all]
formats = ["jsonl"]
columns = ["id", "text", "kind"]
"#;
    put(dir.path(), "dataset.toml", manifest);
    let server = serve(dir.path(), &["--by", "eve"]);
    let queue = server.queue();
    let mut all: Vec<(String, String)> =
        VIEWS.iter().map(|v| format!("/view/{v}")).map(|p| (p.clone(), server.get(&p).body)).collect();
    let key = queue["items"][0]["key"].as_str().unwrap_or_default();
    for path in
        ["/state", "/queue", "/samples", "/samples?q=text:number", "/sample?at=0.0", &format!("/question?key={key}")]
    {
        let got = server.get(path);
        assert_eq!(got.status, 200, "{path}: {}", got.body);
        all.push((path.to_string(), got.body));
    }
    for (path, body) in &all {
        assert!(
            !body.contains("<script") && !body.contains("</script") && !body.contains("<b onload"),
            "{path}: {body}"
        );
        assert!(!body.contains('\u{202e}'), "{path}");
        assert!(!body.contains(secret), "{path}: {body}");
    }
    assert!(all.iter().any(|(_, body)| body.contains("alert(1)")), "it is shown as text");
    assert_eq!(server.get("/samples?q=who:Kim").status, 422, "what is hidden is not searched");
}

#[test]
fn what_differs_between_two_releases_is_a_page() {
    let dir = project(40, 1000);
    let nothing = serve(dir.path(), &[]);
    let got = nothing.get("/changes");
    assert!(got.status == 200 && got.body.contains("tamis release NAME"), "{}", got.body);
    assert_eq!(tamis(dir.path(), &["release", "all"]).0, 0);
    assert!(nothing.get("/changes").body.contains("all@0.1.0"), "what is frozen meanwhile is known");
    drop(nothing);
    let texts = std::fs::read_to_string(dir.path().join("raw/a.jsonl")).unwrap();
    put(dir.path(), "raw/a.jsonl", &texts.replace("bread number 3\"", "<b>bread</b> of another sort\""));
    let server = serve(dir.path(), &[]);
    let got = server.get("/changes");
    assert_eq!(got.status, 200, "{}", got.body);
    assert!(
        got.body.contains("&lt;b&gt;bread&lt;/b&gt; of another sort") && !got.body.contains("<b>bread"),
        "{}",
        got.body
    );
    for side in [
        "<select id=\"a\"",
        "<select id=\"b\"",
        "<option value=\"all@0.1.0\" selected>",
        "<option value=\"all\" selected>",
    ] {
        assert!(got.body.contains(side), "{side}: {}", got.body);
    }
    let json = server.ask("GET", "/changes?a=all%400.1.0&b=all", &[("Accept", "application/json")], "").json();
    assert_eq!((&json["samples"]["changed"], &json["samples"]["added"]), (&json!(1), &json!(0)), "{json}");
    let (_, out, _) = tamis(dir.path(), &["diff", "all@0.1.0", "all", "--json"]);
    let told: Json = serde_json::from_str(&out).unwrap();
    assert_eq!((&told["samples"], &told["columns"]), (&json["samples"], &json["columns"]), "as tamis diff tells it");
    // no word of an address becomes a path, or a revision of git
    for side in ["HEAD", "..%2F..%2Fetc", "out%2Fall", "all@9", "%2Ftmp"] {
        let got = server.get(&format!("/changes?a={side}"));
        assert!(got.status == 422 && got.body.contains("no release"), "{side}: {} {}", got.status, got.body);
    }
    assert_eq!(server.get("/changes?a=all&b=all").status, 422);
}

#[test]
fn a_build_is_asked_about_stopped_and_made() {
    let dir = project(120, 1000);
    let server = serve(dir.path(), &["--watch", "--partition-target", "16"]);
    let post = |path: &str, body: &str| server.ask("POST", path, &[], body).json();
    let planned = || post("/build", "{\"dry_run\":true}");
    assert_eq!(planned(), json!({ "tasks": 0, "steps": [] }));
    assert_eq!(post("/stop", "{}"), json!({ "stopping": false }));
    let texts = std::fs::read_to_string(dir.path().join("raw/a.jsonl")).unwrap();
    put(dir.path(), "raw/a.jsonl", &texts.replace("bread", "cake"));
    let told = planned();
    assert!(told["tasks"].as_u64().unwrap() > 0 && told["steps"][0]["step"] == "collect.a", "{told}");
    assert_eq!(post("/build", "{}"), json!({ "building": true }));
    assert_eq!(post("/stop", "{}"), json!({ "stopping": true }));
    // a wish after the stop is one for another build
    assert_eq!(post("/build", ""), json!({ "building": true }));
    assert!(until(|| planned()["tasks"] == 0), "{}", planned());
    assert!(until(|| server.get("/samples?q=text:cake").json()["count"].as_u64().is_some_and(|n| n > 100)));
}

#[test]
fn the_guideline_of_the_classes_in_question_stands_below_the_answers() {
    let dir = project(40, 10);
    let guideline = "[label.topic]\nguideline = { document = \"docs/topic.md\", version = \"1.0.0\" }\n";
    put(dir.path(), "dataset.toml", &MANIFEST.replace("[label.topic]\n", guideline));
    put(
        dir.path(),
        "docs/topic.md",
        "# Topics\n## food\nwhat is <b>eaten</b>\n## law\nwhat courts do\n## sport\ngames\n",
    );
    let server = serve(dir.path(), &["--by", "eve"]);
    let queue = server.queue();
    let item = queue["items"].as_array().unwrap().iter().find(|i| i["step"] == "label.topic").unwrap();
    let (body, _) = server.question(item["key"].as_str().unwrap());
    assert!(body.contains("what is &lt;b&gt;eaten&lt;/b&gt;") && body.contains("what courts do"), "{body}");
    assert!(!body.contains("games"), "nobody answered so: {body}");
}
