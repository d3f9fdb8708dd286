//! What is fetched from outside, against servers on this machine that answer well and badly: pins, builds without the
//! network, stops and kills, archives, redirects, private addresses, limits. The log of each server says what was asked.
use crate::harness::{Told, binary};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tamis::world::World;

/// What a server answers at a path.
#[derive(Clone, Default)]
pub struct Page {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The connection breaks off after so many bytes of the body.
    breaks_after: Option<usize>,
    /// Milliseconds between pieces of 1 kB.
    pub slow: u64,
    /// A `Content-Length` that is not true.
    says: Option<usize>,
    /// What is answered once this was, in order.
    then: Vec<Page>,
}

impl Page {
    pub fn of(body: impl Into<Vec<u8>>) -> Page {
        Page { status: 200, body: body.into(), ..Page::default() }
    }

    pub fn status(status: u16) -> Page {
        Page { status, ..Page::default() }
    }

    pub fn with(mut self, name: &str, value: &str) -> Page {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn to(status: u16, place: &str) -> Page {
        Page::status(status).with("Location", place)
    }

    fn then(mut self, next: Page) -> Page {
        self.then.push(next);
        self
    }
}

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub path: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Default)]
struct State {
    pages: BTreeMap<String, Page>,
    asked: Vec<Asked>,
    connections: usize,
    closed: bool,
}

/// A server of pages on this machine.
pub struct Server {
    pub port: u16,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub fn new() -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(Mutex::new(State::default()));
        let own = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let mut s = own.lock().unwrap();
                if s.closed {
                    return;
                }
                s.connections += 1;
                drop(s);
                let own = own.clone();
                std::thread::spawn(move || drop(answer(stream, &own)));
            }
        });
        Server { port, state }
    }

    pub fn put(&self, path: &str, page: Page) {
        self.state.lock().unwrap().pages.insert(path.into(), page);
    }

    pub fn gone(&self, path: &str) {
        self.state.lock().unwrap().pages.remove(path);
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.state.lock().unwrap().asked.clone()
    }

    pub fn paths(&self) -> Vec<String> {
        self.asked().into_iter().map(|a| a.path).collect()
    }

    pub fn connections(&self) -> usize {
        self.state.lock().unwrap().connections
    }

    pub fn forget(&self) {
        let mut s = self.state.lock().unwrap();
        s.asked.clear();
        s.connections = 0;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.state.lock().unwrap().closed = true;
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> std::io::Result<()> {
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
    let path = text.split(' ').nth(1).unwrap_or_default().to_string();
    let header = |line: &str| line.split_once(": ").map(|(n, v)| (n.to_ascii_lowercase(), v.to_string()));
    let headers: BTreeMap<String, String> = text.lines().skip(1).filter_map(header).collect();
    let page = {
        let mut s = state.lock().unwrap();
        s.asked.push(Asked { path: path.clone(), headers: headers.clone() });
        let page = s.pages.get(&path).cloned().unwrap_or_else(|| Page::status(404));
        if let Some(next) = page.then.first().cloned() {
            let rest = page.then[1..].to_vec();
            s.pages.insert(path, Page { then: [next.then.clone(), rest].concat(), ..next });
        }
        page
    };
    reply(&mut stream, page, &headers)
}

/// Conditional requests and parts are answered as RFC 9110 has them.
fn reply(stream: &mut TcpStream, mut page: Page, asked: &BTreeMap<String, String>) -> std::io::Result<()> {
    let own = |name: &str| page.headers.iter().find(|h| h.0.eq_ignore_ascii_case(name)).map(|h| h.1.clone());
    let (etag, modified) = (own("etag"), own("last-modified"));
    let same = match asked.get("if-none-match") {
        Some(tag) => Some(tag) == etag.as_ref(),
        None => modified.is_some() && asked.get("if-modified-since") == modified.as_ref(),
    };
    if page.status == 200 && same {
        page = Page { body: Vec::new(), status: 304, ..page };
    }
    let from = asked.get("range").and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    let valid = asked.get("if-range").is_some_and(|v| Some(v) == etag.as_ref() || Some(v) == modified.as_ref());
    if let Some(from) = from.filter(|from| page.status == 200 && valid && *from < page.body.len()) {
        let all = page.body.len();
        page.headers.push(("Content-Range".into(), format!("bytes {from}-{}/{all}", all - 1)));
        page.body.drain(..from);
        page.status = 206;
    }
    let mut head = format!("HTTP/1.1 {} X\r\nConnection: close\r\n", page.status);
    page.headers.iter().for_each(|(name, value)| head.push_str(&format!("{name}: {value}\r\n")));
    if page.status != 304 {
        head.push_str(&format!("Content-Length: {}\r\n", page.says.unwrap_or(page.body.len())));
    }
    stream.write_all(format!("{head}\r\n").as_bytes())?;
    let end = page.breaks_after.unwrap_or(page.body.len()).min(page.body.len());
    for piece in page.body[..end].chunks(if page.slow > 0 { 1024 } else { 1 << 20 }) {
        std::thread::sleep(Duration::from_millis(page.slow));
        stream.write_all(piece)?;
    }
    stream.flush()
}

// ---- projects that fetch ---------------------------------------------------------------------------------------------

/// A project with one source that is fetched.
struct Lab {
    dir: tempfile::TempDir,
    server: Server,
}

fn rows(n: usize) -> String {
    (0..n).map(|i| format!("{{\"id\": \"s{i}\", \"text\": \"river stone {i}\"}}\n")).collect()
}

/// The manifest of a project whose source has these keys.
fn manifest(open: &str) -> String {
    let id = if open.contains("image_folder") { "" } else { "fields = { text = \"text\" }\nid = \"id\"\n" };
    format!(
        "tamis = \"0.1\"\n[dataset]\nname = \"web\"\nversion = \"0.1.0\"\nlicense = \"CC0-1.0\"\ncontact = \"data@example.org\"\n\n\
         [collect.web]\nopen = {{ {open} }}\n{id}license = \"CC0-1.0\"\n\n[schema]\ntext = {{ text = {{}} }}\n\n[release.public]\nformats = [\"jsonl\"]\n"
    )
}

impl Lab {
    fn new() -> Lab {
        let lab = Lab { dir: tempfile::tempdir().unwrap(), server: Server::new() };
        lab.server.put(
            "/a.jsonl",
            Page::of(rows(3)).with("ETag", "\"one\"").with("Content-Type", "application/jsonl; charset=utf-8"),
        );
        lab.open(&format!("url = \"{}\", format = \"jsonl\"", lab.server.url("/a.jsonl")));
        lab
    }

    fn path(&self) -> &Path {
        self.dir.path()
    }

    fn open(&self, open: &str) {
        std::fs::write(self.path().join("dataset.toml"), manifest(open)).unwrap();
    }

    /// One archive, at `/NAME`.
    fn archive(&self, name: &str, bytes: Vec<u8>, files: &str) {
        self.server.put(&format!("/{name}"), Page::of(bytes));
        self.open(&format!(
            "url = \"{}\", files = [{files}], format = \"jsonl\"",
            self.server.url(&format!("/{name}"))
        ));
    }

    /// A verb that may ask this server; the environment allows it.
    fn tamis(&self, args: &[&str]) -> (i32, String, String) {
        run(self.path(), args, &[("TAMIS_ALLOW_PRIVATE", &self.server.host())])
    }

    fn update(&self) -> (i32, String, String) {
        self.tamis(&["update", "--second", "1"])
    }

    fn build(&self) -> Told {
        crate::harness::build(self.path(), &crate::harness::Way::default())
    }

    fn lock(&self) -> String {
        std::fs::read_to_string(self.path().join("dataset.lock")).unwrap_or_default()
    }

    fn released(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.path().join("out/public/train.jsonl"))
            .or_else(|_| std::fs::read_to_string(self.path().join("out/public/data/train.jsonl")));
        let text = text.unwrap_or_else(|_| files_of(&self.path().join("out/public")));
        text.lines().filter(|l| l.contains("\"text\"")).map(String::from).collect()
    }
}

/// All JSON Lines below a folder.
pub fn files_of(folder: &Path) -> String {
    let mut out = String::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            out.push_str(&files_of(&path));
        } else if path.extension().is_some_and(|e| e == "jsonl") {
            out.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    out
}

pub fn run(dir: &Path, args: &[&str], env: &[(&str, &str)]) -> (i32, String, String) {
    let mut command = Command::new(binary());
    command.arg("-C").arg(dir).args(args).env("LC_ALL", "C").envs(env.iter().copied());
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        command.env_remove(name);
    }
    let out = command.output().unwrap();
    let text = |b: Vec<u8>| String::from_utf8_lossy(&b).into_owned();
    (out.status.code().unwrap_or(-1), text(out.stdout), text(out.stderr))
}

#[test]
fn a_file_is_fetched_pinned_and_built_without_the_network() {
    let lab = Lab::new();
    let (exit, _, err) = lab.tamis(&["build"]);
    assert_eq!(exit, 2, "{err}");
    assert!(err.contains("T0670") && err.contains("tamis update web"), "{err}");
    assert_eq!(lab.server.connections(), 0, "a build asks nobody");

    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    assert!(out.contains("1 file: 1 new"), "{out}");
    let asked = lab.server.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].headers["user-agent"].contains("(+data@example.org)"), "{asked:?}");
    assert_eq!(asked[0].headers["accept-encoding"], "identity");
    let lock = lab.lock();
    let line = lock.lines().find(|l| l.contains("/a.jsonl")).unwrap();
    let digest = tamis::digest::Digest::of(rows(3).as_bytes()).hex();
    for part in
        [&format!("digest = \"{digest}\""), "bytes = 114", "type = \"application/jsonl\"", "etag = \"\\\"one\\\"\""]
    {
        assert!(line.contains(part), "{part} in {line}");
    }

    lab.server.forget();
    let told = lab.build();
    assert_eq!(told.exit, 0, "{}", told.stderr);
    assert_eq!(lab.released().len(), 3);
    assert_eq!(lab.lock(), lock, "a build changes no line of what was fetched");
    for args in
        [&["build", "--offline", "--locked"][..], &["build"], &["status"], &["trace", "s1"], &["show", "collect.web"]]
    {
        let (exit, out, err) = lab.tamis(args);
        assert_eq!(exit, 0, "{args:?}: {out}{err}");
    }
    let (_, out, _) = lab.tamis(&["trace", "s1"]);
    assert!(out.contains("fetched:web/a.jsonl:2"), "{out}");
    assert_eq!(lab.server.connections(), 0, "only update and fetch ask");
}

#[test]
fn nothing_new_is_asked_for_by_its_tag_and_changes_nothing() {
    let lab = Lab::new();
    lab.update();
    let lock = lab.lock();
    lab.server.forget();
    let (exit, out, _) = lab.update();
    assert_eq!((exit, out.contains("1 as they were")), (0, true), "{out}");
    assert_eq!(lab.server.asked()[0].headers["if-none-match"], "\"one\"");
    assert_eq!(lab.lock(), lock);
    // a server without tags: the content is compared
    lab.server.put("/a.jsonl", Page::of(rows(3)));
    let (_, out, _) = lab.update();
    assert!(out.contains("1 as they were"), "{out}");
    assert_eq!(lab.lock(), lock);
}

#[test]
fn what_changed_is_told_and_pinned_by_update_alone() {
    let lab = Lab::new();
    lab.update();
    let first = lab.build();
    lab.server.put("/a.jsonl", Page::of(rows(5)).with("ETag", "\"two\""));
    let again = lab.build();
    assert_eq!(first.roots(), again.roots());
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0);
    assert!(
        out.contains("1 changed") && out.contains("dataset.lock: changed") && err.contains("114 B -> 190 B"),
        "{out}{err}"
    );
    let changed = lab.build();
    assert_ne!(first.roots(), changed.roots());
    assert_eq!(lab.released().len(), 5);
}

#[test]
fn what_vanished_stays_pinned_and_builds() {
    let lab = Lab::new();
    lab.update();
    let lock = lab.lock();
    lab.server.gone("/a.jsonl");
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 3, "{out}{err}");
    assert!(err.contains("not found (404)") && err.contains("builds go on with it"), "{err}");
    assert_eq!(lab.server.paths().len(), 2, "what is not found is not asked for again");
    assert_eq!(lab.lock(), lock);
    assert_eq!(lab.build().exit, 0);
    // garbage is collected: what was fetched stays
    assert_eq!(lab.tamis(&["gc"]).0, 0);
    std::fs::remove_dir_all(lab.path().join(".tamis/packs")).unwrap();
    std::fs::remove_file(lab.path().join(".tamis/index")).unwrap();
    std::fs::remove_dir_all(lab.path().join("out")).unwrap();
    assert_eq!(lab.build().exit, 0);
    assert_eq!(lab.released().len(), 3);
}

#[test]
fn fetch_brings_what_the_lock_names_and_refuses_another_content() {
    let lab = Lab::new();
    lab.update();
    let lock = lab.lock();
    std::fs::remove_dir_all(lab.path().join(".tamis")).unwrap();
    let (exit, _, err) = lab.tamis(&["build"]);
    assert!(exit == 2 && err.contains("T0670") && err.contains("tamis fetch web"), "{err}");
    let (exit, out, err) = lab.tamis(&["fetch"]);
    assert_eq!((exit, out.contains("1 brought")), (0, true), "{out}{err}");
    assert_eq!(lab.lock(), lock);
    assert_eq!(lab.build().exit, 0);
    lab.server.forget();
    assert!(lab.tamis(&["fetch"]).1.contains("1 as they were"));
    assert_eq!(lab.server.connections(), 0, "what is there is not asked for");

    std::fs::remove_dir_all(lab.path().join(".tamis")).unwrap();
    lab.server.put("/a.jsonl", Page::of(rows(4)));
    let (exit, _, err) = lab.tamis(&["fetch"]);
    assert!(exit == 3 && err.contains("no longer those that dataset.lock names"), "{exit} {err}");
    assert_eq!(lab.lock(), lock);
    assert_eq!(lab.tamis(&["build"]).0, 2, "another content is not built");
}

/// The line of the lock with another length of the file than it has.
fn belied(lab: &Lab) -> String {
    let lock = lab.lock();
    let at = lock.find("bytes = ").unwrap() + "bytes = ".len();
    let wrong = format!("{}9{}", &lock[..at], &lock[at..]);
    std::fs::write(lab.path().join("dataset.lock"), wrong).unwrap();
    lock
}

/// The lock without the times at which its files were fetched.
fn undated(lock: &str) -> String {
    let mut parts = lock.split("fetched = \"");
    let mut out = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let (time, rest) = part.split_once('"').expect("a time in quotes");
        assert_eq!(time.len(), "2026-01-02T03:04:05Z".len(), "{lock}");
        out.push_str(rest);
    }
    out
}

#[test]
fn a_wrong_length_in_the_lock_is_refused_by_fetch_and_corrected_by_update() {
    let lab = Lab::new();
    let packed = gzip(&tar(&[("x.jsonl", tar::EntryType::Regular, rows(3).as_bytes())]));
    for archive in [false, true] {
        if archive {
            lab.archive("d.tar.gz", packed.clone(), "\"d.tar.gz/*.jsonl\"");
            lab.server.put("/d.tar.gz", Page::of(packed.clone()).with("ETag", "\"two\""));
        }
        assert_eq!(lab.update().0, 0);
        let lock = belied(&lab);
        let (exit, _, err) = lab.tamis(&["build"]);
        assert!(exit == 2 && err.contains("T0670") && err.contains("tamis fetch web"), "{err}");
        for _ in 0..2 {
            let (exit, out, err) = lab.tamis(&["fetch"]);
            assert!(exit == 3 && err.contains("`tamis update web` corrects the line"), "{exit} {out}{err}");
        }
        let (exit, out, err) = lab.update();
        assert!(exit == 0 && err.contains("its line is corrected"), "{out}{err}");
        // it was fetched again for this, perhaps a second later
        assert_eq!(undated(&lab.lock()), undated(&lock));
        assert_eq!(lab.build().exit, 0);
        assert!(lab.tamis(&["fetch"]).1.contains("1 as they were"));
    }
}

/// Names of a zip archive that are no UTF-8 are told as it is unpacked, and as long as its files are collected.
#[test]
fn names_of_a_fetched_archive_in_cp949_are_told() {
    let lab = Lab::new();
    let packed = crate::made::zipped("f %B0%ED%BE%E7%C0%CC.jsonl={\"id\":\"a\",\"text\":\"a cat\"}\n");
    lab.archive("d.zip", packed, "\"d.zip/*.jsonl\"");
    let (exit, out, err) = lab.update();
    assert!(exit == 0 && err.contains("1 of its names read as CP949, such as `고양이.jsonl`"), "{exit} {out}{err}");
    let say = "1 names of files in collect.web are read as CP949, such as `d.zip/고양이.jsonl`";
    let (exit, short, _) = lab.tamis(&["check", "--short"]);
    assert!(exit == 0 && short.contains("T0813") && short.contains(say), "{exit} {short}");
}

#[test]
fn offline_and_dry_run_open_no_connection() {
    let lab = Lab::new();
    let (exit, _, err) = lab.tamis(&["update", "--offline"]);
    assert!(exit == 2 && err.contains("--offline"), "{err}");
    assert_eq!(lab.tamis(&["fetch", "--offline"]).0, 2);
    let (exit, out, err) = lab.tamis(&["update", "--dry-run"]);
    assert!(exit == 0 && err.contains("wanted") && out.contains("1 would be asked for"), "{out}{err}");
    assert!(lab.lock().is_empty());
    assert_eq!(lab.server.connections(), 0);
    let (exit, _, err) = lab.tamis(&["update", "wob"]);
    assert!(exit == 2 && err.contains("did you mean `web`"), "{err}");
}

#[test]
fn failures_that_may_pass_are_tried_again_and_others_never() {
    let lab = Lab::new();
    let good = || Page::of(rows(3)).with("ETag", "\"one\"");
    lab.server.put("/a.jsonl", Page::status(503).with("Retry-After", "2").then(Page::status(500)).then(good()));
    let start = Instant::now();
    let (exit, out, err) = lab.tamis(&["update", "--second", "100"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert_eq!(lab.server.paths().len(), 3);
    assert!(start.elapsed() >= Duration::from_millis(400), "it waits as it is asked to, then twice as long as before");
    for status in [400, 401, 403, 410, 451] {
        lab.server.put("/a.jsonl", Page::status(status));
        lab.server.forget();
        assert_eq!(lab.update().0, 3);
        assert_eq!(lab.server.paths().len(), 1, "{status}");
    }
    lab.server.put("/a.jsonl", Page::status(429).with("Retry-After", "4000"));
    lab.server.forget();
    let (_, _, err) = lab.update();
    assert!(err.contains("asks to wait 4000 seconds") && lab.server.paths().len() == 1, "{err}");
    lab.server.put("/a.jsonl", Page::status(502));
    lab.server.forget();
    let (_, _, err) = lab.update();
    assert!(err.contains("tried 5 times") && lab.server.paths().len() == 5, "{err}");
}

#[test]
fn what_breaks_off_goes_on_where_it_stopped() {
    let lab = Lab::new();
    let body = rows(20_000);
    let page = || Page::of(body.clone()).with("ETag", "\"big\"");
    lab.server.put("/a.jsonl", Page { breaks_after: Some(300_000), ..page() }.then(page()));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let asked = lab.server.asked();
    assert_eq!(asked.len(), 2);
    let from: usize = asked[1].headers["range"].trim_start_matches("bytes=").trim_end_matches('-').parse().unwrap();
    assert!(from > 0 && from <= 300_000 && asked[1].headers["if-range"] == "\"big\"", "{asked:?}");
    assert!(lab.lock().contains(&tamis::digest::Digest::of(body.as_bytes()).hex()));
    // another content meanwhile: it begins anew
    std::fs::remove_dir_all(lab.path().join(".tamis")).unwrap();
    lab.server.put(
        "/a.jsonl",
        Page { breaks_after: Some(300_000), ..page() }.then(Page::of(rows(9)).with("ETag", "\"new\"")),
    );
    assert_eq!(lab.update().0, 0);
    assert!(lab.lock().contains(&tamis::digest::Digest::of(rows(9).as_bytes()).hex()));
    // without a tag nothing tells that the rest is of the same file
    std::fs::remove_dir_all(lab.path().join(".tamis")).unwrap();
    lab.server.forget();
    lab.server.put("/a.jsonl", Page { breaks_after: Some(1000), ..Page::of(rows(99)) }.then(Page::of(rows(99))));
    assert_eq!(lab.update().0, 0);
    assert!(!lab.server.asked()[1].headers.contains_key("range"));
}

#[test]
fn a_killed_update_goes_on_and_a_stopped_one_too() {
    for signal in ["KILL", "INT"] {
        let lab = Lab::new();
        let urls: Vec<String> = (0..6).map(|i| format!("\"{}\"", lab.server.url(&format!("/{i}.jsonl")))).collect();
        for i in 0..6 {
            let body = format!("{{\"id\": \"f{i}\", \"text\": \"stone {i}\"}}\n");
            lab.server.put(&format!("/{i}.jsonl"), Page { slow: if i == 5 { 4_000 } else { 0 }, ..Page::of(body) });
        }
        lab.open(&format!("urls = [{}], format = \"jsonl\"", urls.join(", ")));
        let mut command = Command::new(binary());
        command.arg("-C").arg(lab.path()).args(["update", "--jobs", "1"]).env("TAMIS_ALLOW_PRIVATE", lab.server.host());
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let end = Instant::now() + Duration::from_secs(60);
        while lab.server.paths().len() < 3 || !lab.server.paths().contains(&"/5.jsonl".into()) {
            assert!(Instant::now() < end, "{:?}", lab.server.paths());
            std::thread::sleep(Duration::from_millis(20));
        }
        let id = child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{signal}"), &id]).status().unwrap().success());
        let status = child.wait().unwrap();
        assert!(!status.success());
        if signal == "INT" {
            let signal = std::os::unix::process::ExitStatusExt::signal(&status);
            assert!(signal == Some(2) || status.code() == Some(130), "{status:?}");
        }
        assert!(lab.lock().is_empty(), "the lock is written at the end");
        let before = lab.server.paths();
        lab.server.forget();
        lab.server.put("/5.jsonl", Page::of("{\"id\": \"f5\", \"text\": \"stone 5\"}\n"));
        let (exit, out, err) = lab.update();
        assert_eq!(exit, 0, "{out}{err}");
        let done = before.iter().filter(|p| *p != "/5.jsonl").count();
        assert!(done > 0 && lab.server.paths().len() <= 6 - done + 1, "{before:?} then {:?}", lab.server.paths());
        assert_eq!(
            lab.lock().matches("/web").count() + lab.lock().matches(".jsonl\" = {").count(),
            6,
            "{}",
            lab.lock()
        );
        assert_eq!(lab.build().exit, 0);
        assert_eq!(lab.released().len(), 6);
    }
}

#[test]
fn redirects_are_followed_within_bounds() {
    let lab = Lab::new();
    lab.server.put("/old", Page::to(302, "/older"));
    lab.server.put("/older", Page::to(308, "a.jsonl"));
    lab.open(&format!("url = \"{}\", name = \"a.jsonl\", format = \"jsonl\"", lab.server.url("/old")));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    assert!(lab.lock().contains(&format!("from = \"{}\"", lab.server.url("/a.jsonl"))), "{}", lab.lock());
    lab.server.put("/older", Page::to(301, "/old"));
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("in a circle"), "{err}");
    for i in 0..20 {
        lab.server.put(&format!("/{i}"), Page::to(301, &format!("/{}", i + 1)));
    }
    lab.server.put("/older", Page::to(301, "/0"));
    assert!(lab.update().2.contains("more than 10 times"));
    for (to, say) in [
        ("file:///etc/passwd", "only `http` and `https`"),
        ("ftp://example.org/x", "only `http` and `https`"),
        ("http://u:p@example.org/", "a name or a password"),
        ("http://169.254.169.254/latest/meta-data/", "private network"),
        ("http://[::1]/", "private network"),
        ("http://0x7f000001/", "private network"),
        ("http://localhost/", "private network"),
    ] {
        lab.server.put("/older", Page::to(302, to));
        let (exit, _, err) = lab.update();
        assert!(exit == 3 && err.contains(say), "{to}: {err}");
    }
    // another server on this machine is another host, although the first is allowed
    let other = Server::new();
    other.put("/secret", Page::of("{}"));
    lab.server.put("/older", Page::to(302, &other.url("/secret")));
    assert!(lab.update().2.contains("private network"));
    assert_eq!(other.connections(), 0);
}

#[test]
fn private_addresses_are_refused_unless_the_user_says_otherwise() {
    let lab = Lab::new();
    let refused = run(lab.path(), &["update", "--second", "1"], &[]);
    assert!(
        refused.0 == 3 && refused.2.contains("private network") && refused.2.contains("--allow-private"),
        "{}",
        refused.2
    );
    lab.open(&format!("url = \"http://localhost:{}/a.jsonl\", format = \"jsonl\"", lab.server.port));
    let by_name = run(lab.path(), &["update", "--second", "1"], &[]);
    assert!(by_name.0 == 3 && by_name.2.contains("private network"), "{}", by_name.2);
    assert_eq!(lab.server.connections(), 0, "nothing is connected to");
    let host = format!("localhost:{}", lab.server.port);
    assert_eq!(run(lab.path(), &["update", "--allow-private", &host], &[]).0, 0);
    // a manifest cannot allow it
    lab.open(&format!("url = \"{}\", allow_private = true, format = \"jsonl\"", lab.server.url("/a.jsonl")));
    assert!(run(lab.path(), &["update"], &[]).2.contains("allow_private"));
}

#[test]
fn a_proxy_is_used_and_opens_no_private_address() {
    let lab = Lab::new();
    let through = |args: &[&str]| {
        let proxy = lab.server.url("");
        let mut command = Command::new(binary());
        command.arg("-C").arg(lab.path()).args(args).env("LC_ALL", "C");
        for name in ["https_proxy", "all_proxy", "HTTPS_PROXY", "ALL_PROXY", "HTTP_PROXY", "NO_PROXY", "no_proxy"] {
            command.env_remove(name);
        }
        let out = command.env("http_proxy", proxy).env_remove("TAMIS_ALLOW_PRIVATE").output().unwrap();
        (out.status.code().unwrap_or(-1), String::from_utf8_lossy(&out.stderr).into_owned())
    };
    let other = Server::new();
    let own = format!("http://127.0.0.1:{}/a.jsonl", other.port);
    let spellings = ["2852039166", "0xa9fea9fe", "0251.0376.0251.0376", "169.254.43518", "2130706433", "127.0.0.1."];
    let mapped = ["[::ffff:169.254.169.254]", "[::ffff:7f00:1]", "localhost", "localhost."];
    let addresses = spellings.iter().chain(&mapped).map(|host| format!("http://{host}/a.jsonl"));
    for url in addresses.chain([own, lab.server.url("/a.jsonl")]) {
        lab.open(&format!("url = \"{url}\", format = \"jsonl\""));
        let (exit, err) = through(&["update", "--second", "1"]);
        let why = err.contains("private network") || err.contains("the proxy itself");
        assert!(exit == 3 && why, "{url}: {exit} {err}");
    }
    assert_eq!((lab.server.connections(), other.connections()), (0, 0), "the proxy is not asked for them");
    // the proxy itself lies on this machine, and is connected to
    lab.open("url = \"http://data.example/a.jsonl\", format = \"jsonl\"");
    through(&["update", "--second", "1"]);
    assert!(lab.server.connections() > 0, "a public host is asked for through the proxy");
    assert!(lab.server.asked().iter().all(|asked| asked.path.contains("data.example")), "{:?}", lab.server.asked());
}

#[test]
fn sizes_are_bounded() {
    let lab = Lab::new();
    let open = |more: &str| lab.open(&format!("url = \"{}\", format = \"jsonl\", {more}", lab.server.url("/a.jsonl")));
    open("size_max = \"1 kB\"");
    lab.server.put("/a.jsonl", Page::of(rows(1000)));
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("more than 1000 bytes"), "{err}");
    // a packed answer that nobody asked for, and that holds far more
    let bomb = gzip(&vec![b'x'; 3 << 20]);
    lab.server.put("/a.jsonl", Page::of(bomb).with("Content-Encoding", "gzip"));
    open("size_max = \"1 MB\"");
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("unpacks to more"), "{err}");
    lab.server.put("/a.jsonl", Page::of(gzip(rows(3).as_bytes())).with("Content-Encoding", "gzip"));
    assert_eq!(lab.update().0, 0, "one that fits is unpacked");
    assert!(lab.lock().contains(&tamis::digest::Digest::of(rows(3).as_bytes()).hex()));
    lab.server.put("/a.jsonl", Page::of("x").with("Content-Encoding", "br"));
    assert!(lab.update().2.contains("packed as `br`"));
    assert!(parts(&lab).is_empty(), "{:?}", parts(&lab));
}

/// Files that are on their way.
fn parts(lab: &Lab) -> Vec<String> {
    World::new(lab.path().join(".tamis")).names("fetched/parts").unwrap()
}

#[test]
fn a_page_in_place_of_data_is_no_data() {
    let lab = Lab::new();
    lab.server.put("/a.jsonl", Page::of("<!DOCTYPE html><html><title>Please log in</title></html>"));
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("a web page came instead"), "{err}");
    lab.server.put("/a.jsonl", Page { says: Some(900), ..Page::of(rows(3)) });
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("broke off"), "{err}");
    assert!(lab.lock().is_empty());
}

#[test]
fn declared_sums_are_compared() {
    let lab = Lab::new();
    let open = |sum: &str| {
        lab.open(&format!("url = \"{}\", sha256 = \"{sum}\", format = \"jsonl\"", lab.server.url("/a.jsonl")));
    };
    let right = tamis::digest::sha256(rows(3).as_bytes());
    open(&"0".repeat(64));
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains(&right) && err.contains("not taken"), "{err}");
    assert!(lab.lock().is_empty());
    open(&right);
    assert_eq!(lab.update().0, 0);
    assert!(lab.lock().contains(&format!("sha256 = \"{right}\"")));
    open(&"1".repeat(64));
    let (exit, _, err) = lab.tamis(&["build"]);
    assert!(exit == 2 && err.contains("in another way than it was fetched"), "{err}");
}

/// A redirect to a signed address is followed; the secret of a moment is no part of the lock.
#[test]
fn the_lock_names_no_secret_of_a_redirect() {
    let lab = Lab::new();
    lab.server.put("/b.jsonl?X-Amz-Signature=hush", Page::of(rows(3)));
    lab.server.put("/a.jsonl", Page::to(302, "/b.jsonl?X-Amz-Signature=hush"));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    assert!(lab.lock().contains("from = \"") && !lab.lock().contains("hush"), "{}", lab.lock());
}

/// A table that does not read asks for something: an update tells what is wrong, and forgets nothing that is pinned.
#[test]
fn a_wrong_key_makes_update_forget_nothing() {
    let lab = Lab::new();
    lab.update();
    let (lock, url) = (lab.lock(), lab.server.url("/a.jsonl"));
    lab.open(&format!("url = \"{url}\", format = \"jsonl\", size_max = \"much\""));
    let (exit, out, err) = lab.update();
    assert!(exit == 2 && err.contains("T0109") && err.contains("`much` is not a size"), "{out}{err}");
    assert_eq!(err.matches("T0109\n\n").count(), 1, "{err}");
    assert_eq!(lab.lock(), lock);
    lab.open(&format!("url = \"{url}\", format = \"jsonl\", sise_max = \"1 MB\""));
    let (exit, out, err) = lab.update();
    assert!(exit == 2 && err.contains("T0103") && !err.contains("T0109"), "{out}{err}");
    assert_eq!(lab.lock(), lock);
}

/// Of an archive that gives no file it is told what was refused, and of an empty file that it is empty.
#[test]
fn what_gives_nothing_is_told() {
    let lab = Lab::new();
    lab.server.put("/a.jsonl", Page::of(""));
    let (_, out, err) = lab.update();
    assert!(err.contains("it is empty"), "{out}{err}");
    lab.archive("x.tar", tar(&[("../a.jsonl", tar::EntryType::Regular, b"{}\n")]), "\"x.tar/*.jsonl\"");
    let (exit, out, err) = lab.update();
    assert!(exit == 3 && err.contains("no file that may be read; left out: 1 member."), "{out}{err}");
}

#[test]
fn a_secret_of_an_address_is_warned_of_and_stands_in_no_document() {
    let lab = Lab::new();
    let at = "/a.jsonl?part=1&token=hush-0123#hush-frag";
    lab.server.put("/a.jsonl?part=1&token=hush-0123", Page::of(rows(3)));
    lab.open(&format!("url = \"{}\", format = \"jsonl\"", lab.server.url(at)));
    let path = lab.path().join("dataset.toml");
    let documents = "documents = [\"croissant\", \"datapackage\", \"datacite\", \"ro_crate\", \"provenance\"]\n";
    let said = "[dataset]\ncreators = [{ name = \"A\" }]\ndate = \"2026-01-01\"\ndescription = \"Rows.\"\n";
    let text = std::fs::read_to_string(&path).unwrap().replace("[dataset]\n", said) + documents;
    std::fs::write(&path, text).unwrap();
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    let (exit, out, err) = lab.tamis(&["build"]);
    let all = out + &err;
    assert!(exit == 0 && all.contains("T0677") && all.contains("`token`"), "{exit} {all}");
    let (mut files, mut named) = (0, 0);
    let mut folders = vec![lab.path().join("out/public")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
                continue;
            }
            let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
            assert!(!text.contains("hush") && !text.contains("part=1"), "{:?}: {text}", entry.path());
            files += 1;
            named += usize::from(text.contains(&lab.server.url("/a.jsonl")));
        }
    }
    assert!(files > 5 && named > 3, "{named} of {files} files name where the source lies");
}

#[test]
fn opt_outs_and_licences_of_headers_are_kept_and_told() {
    let lab = Lab::new();
    let page = Page::of(rows(3)).with("X-Robots-Tag", "noai").with("Link", "</by>; rel=\"license\"");
    lab.server.put("/a.jsonl", page);
    let (exit, _, err) = lab.update();
    assert!(exit == 0 && err.contains("`noai`"), "{err}");
    let license = format!("license = \"{}\"", lab.server.url("/by"));
    assert!(lab.lock().contains("robots = \"noai\"") && lab.lock().contains(&license), "{}", lab.lock());
}

// ---- archives --------------------------------------------------------------------------------------------------------

fn gzip(bytes: &[u8]) -> Vec<u8> {
    tamis::formats::packing::gzip(bytes)
}

/// A tar archive of members: name, kind, content.
fn tar(of: &[(&str, tar::EntryType, &[u8])]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    for (name, kind, content) in of {
        let mut header = tar::Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_cksum();
        out.append(&header, *content).unwrap();
    }
    out.into_inner().unwrap()
}

#[test]
fn archives_become_the_files_in_them() {
    use tar::EntryType::{Directory, Regular};
    let lab = Lab::new();
    let (a, b) = (rows(2), "{\"id\": \"x\", \"text\": \"paper\"}\n");
    let of: [(&str, tar::EntryType, &[u8]); 4] = [
        ("data/", Directory, b""),
        ("data/a.jsonl", Regular, a.as_bytes()),
        ("data/more/b.jsonl", Regular, b.as_bytes()),
        ("README.md", Regular, b"# About\n"),
    ];
    for (name, bytes) in [
        ("all.tar", tar(&of)),
        ("all.tar.gz", gzip(&tar(&of))),
        ("all.tgz", gzip(&tar(&of))),
        ("all.tar.zst", zstd::encode_all(&tar(&of)[..], 3).unwrap()),
    ] {
        lab.archive(name, bytes, "\"**/*.jsonl\"");
        let (exit, out, err) = lab.update();
        assert_eq!(exit, 0, "{name}: {out}{err}");
        let told = lab.build();
        assert_eq!(told.exit, 0, "{name}: {}", told.stderr);
        assert_eq!(lab.released().len(), 3, "{name}");
        let (_, out, _) = lab.tamis(&["trace", "x"]);
        assert!(out.contains(&format!("fetched:web/{name}/data/more/b.jsonl:1")), "{out}");
    }
    lab.server.forget();
    assert!(lab.update().1.contains("1 as they were"), "an archive that is what it was");
}

#[test]
fn hostile_archives_write_nothing_and_are_told() {
    use tar::EntryType::{Char, Link, Regular, Symlink};
    let lab = Lab::new();
    let good = rows(1);
    let members: [(&str, tar::EntryType, &[u8]); 7] = [
        ("../../escape.jsonl", Regular, b"x"),
        ("/tmp/escape.jsonl", Regular, b"x"),
        ("link.jsonl", Symlink, b""),
        ("hard.jsonl", Link, b""),
        ("device", Char, b""),
        ("a.jsonl", Regular, good.as_bytes()),
        ("a.jsonl", Regular, b"twice"),
    ];
    lab.archive("bad.tar.gz", gzip(&tar(&members)), "\"**/*.jsonl\"");
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    for rule in [
        "2 of its members left out (member.name)",
        "2 of its members left out (member.link)",
        "member.kind",
        "member.twice",
    ] {
        assert!(err.contains(rule), "{rule}: {err}");
    }
    assert_eq!(lab.build().exit, 0);
    assert_eq!(lab.released().len(), 1);
    assert!(!lab.path().parent().unwrap().join("escape.jsonl").exists());
    for (name, bytes, say) in [
        ("cut.tar.gz", gzip(&tar(&members))[..200].to_vec(), "breaks off"),
        ("only.tar", tar(&members[..5]), "no file that may be read"),
        ("none.tar.gz", b"\x1f\x8bnothing at all".to_vec(), "damaged"),
        ("page.zip", b"<html>log in</html>".to_vec(), "a web page came instead"),
    ] {
        lab.archive(name, bytes, "\"**/*.jsonl\"");
        let (exit, out, err) = lab.update();
        assert!(exit == 3 && err.contains(say), "{name}: {out}{err}");
        assert!(!lab.lock().contains(name));
    }
    // a few kilobytes that hold far more than they may
    let zeros = vec![0; 8 << 20];
    let bomb = zstd::encode_all(&tar(&[("big.jsonl", Regular, &zeros)])[..], 19).unwrap();
    lab.archive("bomb.tar.zst", bomb, "\"**/*.jsonl\"");
    let open = std::fs::read_to_string(lab.path().join("dataset.toml")).unwrap();
    std::fs::write(lab.path().join("dataset.toml"), open.replace("format = ", "size_max = \"4 MB\", format = "))
        .unwrap();
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("holds more than 4000000"), "{err}");
}

#[test]
fn several_files_of_several_hosts_and_images() {
    let lab = Lab::new();
    let other = Server::new();
    for (server, path, shade) in [(&lab.server, "/one.png", 1), (&other, "/two.png", 2)] {
        server.put(path, Page::of(crate::harness::png(shade)).with("Content-Type", "image/png"));
    }
    let (one, two) = (lab.server.url("/one.png"), other.url("/two.png"));
    lab.open(&format!("urls = [\"{one}\", {{ url = \"{two}\", name = \"deux.png\" }}], format = \"image_folder\""));
    let text = std::fs::read_to_string(lab.path().join("dataset.toml")).unwrap();
    let text = text.replace("text = { text = {} }", "image = { image = {} }");
    std::fs::write(lab.path().join("dataset.toml"), text).unwrap();
    let hosts = format!("{},{}", lab.server.host(), other.host());
    let (exit, out, err) = run(lab.path(), &["update"], &[("TAMIS_ALLOW_PRIVATE", &hosts)]);
    assert_eq!(exit, 0, "{out}{err}");
    let told = lab.build();
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let (exit, out, err) = lab.tamis(&["trace", "deux.png"]);
    assert_eq!(exit, 0, "{out}{err}");
    // a source that is gone from the manifest is forgotten
    std::fs::write(
        lab.path().join("dataset.toml"),
        manifest(&format!("url = \"{}\", format = \"jsonl\"", lab.server.url("/a.jsonl"))),
    )
    .unwrap();
    let (exit, out, err) = lab.update();
    assert!(exit == 0 && out.contains("2 forgotten") && !lab.lock().contains("one.png"), "{out}{err}");
}

#[test]
fn what_comes_is_told_as_json() {
    let lab = Lab::new();
    let (exit, out, _) = lab.tamis(&["update", "--json"]);
    let events: Vec<Json> = out.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((exit, events.len()), (0, 1));
    assert_eq!((events[0]["what"].as_str(), events[0]["bytes"].as_u64()), (Some("new"), Some(114)));
    assert_eq!(events[0]["name"], "collect.web");
}

// ---- lists of files that servers give --------------------------------------------------------------------------------

#[test]
fn a_data_set_on_a_hub_is_fetched_by_revision() {
    let lab = Lab::new();
    let (a, b) = (rows(3), "{\"id\": \"t\", \"text\": \"paper\"}\n");
    let list = |sha: &str| {
        let sum = tamis::digest::sha256(a.as_bytes());
        let files = serde_json::json!({ "sha": sha, "siblings": [
            { "rfilename": ".gitattributes" }, { "rfilename": "README.md" }, { "rfilename": "../../evil.jsonl" },
            { "rfilename": "data/train-0.jsonl", "lfs": { "sha256": sum } }, { "rfilename": "data/test-0.jsonl" },
        ]});
        lab.server.put("/api/datasets/o/n/revision/v1.0?blobs=true", Page::of(files.to_string()));
        for (name, body) in [("train-0", a.clone()), ("test-0", b.to_string())] {
            lab.server.put(&format!("/datasets/o/n/resolve/{sha}/data/{name}.jsonl"), Page::of(body));
        }
    };
    list("abc1");
    let open = |more: &str| {
        let endpoint = lab.server.url("");
        lab.open(&format!("hub = \"o/n\", revision = \"v1.0\", endpoint = \"{endpoint}\", {more}, format = \"jsonl\""));
    };
    open("files = [\"data/*.jsonl\"]");
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    assert!(err.contains("names cannot be those of files here: 1"), "one that leads upwards: {err}");
    assert_eq!(lab.server.paths().len(), 3, "the list, and what is wanted of it");
    assert!(
        lab.lock().contains("\"hub:o/n@v1.0\" = {") && lab.lock().contains("revision = \"abc1\""),
        "{}",
        lab.lock()
    );
    assert_eq!(lab.build().exit, 0);
    assert_eq!(lab.released().len(), 4);
    let lock = lab.lock();
    lab.server.forget();
    assert_eq!(lab.update().0, 0);
    assert_eq!(
        (lab.server.paths().len(), lab.lock()),
        (1, lock.clone()),
        "a revision that is there is not asked for again"
    );

    open("files = [\"data/train-*.jsonl\"]");
    let (exit, _, err) = lab.tamis(&["build"]);
    assert!(exit == 2 && err.contains("T0670"), "other files are wanted: {err}");
    assert_eq!(lab.update().0, 0);
    assert_eq!(lab.build().exit, 0);
    assert_eq!(lab.released().len(), 3);

    // the tag was moved
    list("abc2");
    lab.server.forget();
    let (exit, out, err) = lab.update();
    assert!(
        exit == 0 && out.contains("1 new") && out.contains("1 forgotten") && out.contains("dataset.lock: changed"),
        "{out}{err}"
    );
    // half of a revision is not pinned
    let lock = lab.lock();
    list("abc3");
    lab.server.gone("/datasets/o/n/resolve/abc3/data/train-0.jsonl");
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("abc3") && lab.lock() == lock, "{err}");
    // the hub is away: what was pinned stays
    lab.server.gone("/api/datasets/o/n/revision/v1.0?blobs=true");
    let (exit, _, err) = lab.update();
    assert!(exit == 3 && err.contains("builds go on with it"), "{err}");
    assert_eq!((lab.lock(), lab.build().exit), (lock.clone(), 0));
    std::fs::remove_dir_all(lab.path().join(".tamis")).unwrap();
    assert_eq!(lab.tamis(&["fetch"]).0, 0, "the lock names the files, without the list");
    assert_eq!((lab.lock(), lab.build().exit), (lock, 0));
}

#[test]
fn a_record_is_fetched_by_its_doi() {
    let lab = Lab::new();
    let files = serde_json::json!({ "id": 77, "revision": 2, "files": [
        { "key": "all.tar.gz", "links": { "self": lab.server.url("/files/all") } },
        { "key": "notes.txt", "links": { "self": lab.server.url("/files/notes") } },
    ]});
    let body = rows(2);
    lab.server.put("/api/records/77", Page::of(files.to_string()));
    lab.server.put("/files/all", Page::of(gzip(&tar(&[("x/a.jsonl", tar::EntryType::Regular, body.as_bytes())]))));
    let endpoint = lab.server.url("");
    lab.open(&format!(
        "doi = \"10.5281/zenodo.77\", endpoint = \"{endpoint}\", files = [\"**/*.jsonl\"], format = \"jsonl\""
    ));
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    assert_eq!(lab.server.paths(), ["/api/records/77", "/files/all"]);
    assert_eq!(lab.build().exit, 0);
    assert_eq!(lab.released().len(), 2);
}

#[test]
fn garbage_of_what_was_fetched_goes_only_when_it_is_asked_for() {
    let lab = Lab::new();
    lab.update();
    lab.server.put("/a.jsonl", Page::of(rows(7)));
    lab.update();
    let (exit, out, err) = lab.tamis(&["gc", "--fetched", "--dry-run"]);
    assert!(exit == 0 && out.contains("1 fetched file would go"), "{out}{err}");
    let (_, out, _) = lab.tamis(&["gc", "--fetched"]);
    assert!(out.contains("1 fetched file removed") && out.contains("1 kept"), "{out}");
    assert_eq!(lab.build().exit, 0);
    let (exit, out, _) = lab.tamis(&["store", "verify"]);
    assert!(exit == 0 && out.contains("1 fetched file read"), "{out}");
    let folder = lab.path().join(".tamis/fetched");
    for entry in std::fs::read_dir(&folder).unwrap().flatten().filter(|e| e.file_name() != "parts") {
        for file in std::fs::read_dir(entry.path()).unwrap().flatten() {
            let mut bytes = std::fs::read(file.path()).unwrap();
            bytes[3] ^= 1;
            std::fs::write(file.path(), bytes).unwrap();
        }
    }
    let (exit, out, _) = lab.tamis(&["store", "verify"]);
    assert!(exit == 1 && out.contains("is not as it came"), "{out}");
    let told = lab.build();
    assert!(told.exit == 3 && format!("{:?}", told.events).contains("not those that were fetched"), "{told:?}");
}

#[test]
fn given_splits_are_taken_from_the_names_of_files() {
    let lab = Lab::new();
    let (train, test) = (rows(9), "{\"id\": \"t\", \"text\": \"paper\"}\n");
    lab.server.put("/x/train-0.jsonl", Page::of(train));
    lab.server.put("/x/test-0.jsonl", Page::of(test));
    let (a, b) = (lab.server.url("/x/train-0.jsonl"), lab.server.url("/x/test-0.jsonl"));
    lab.open(&format!("urls = [\"{a}\", \"{b}\"], format = \"jsonl\""));
    let text = std::fs::read_to_string(lab.path().join("dataset.toml")).unwrap();
    let fields = "\n[split]\ngiven = \"part\"\nratios = { train = 0.9, test = 0.1 }\n\n[schema]";
    std::fs::write(
        lab.path().join("dataset.toml"),
        text.replace("\n[schema]", fields).replace("text = \"text\" }", "text = \"text\", part = \"path:split\" }"),
    )
    .unwrap();
    assert_eq!(lab.update().0, 0);
    let told = lab.build();
    assert_eq!(told.exit, 0, "{} {:?}", told.stderr, told.events.last());
    let (_, out, _) = lab.tamis(&["trace", "t"]);
    assert!(out.contains("test"), "{out}");
}

#[test]
fn a_killed_download_goes_on_within_the_file() {
    let lab = Lab::new();
    let body = rows(12_000);
    let page = || Page::of(body.clone()).with("ETag", "\"big\"");
    lab.server.put("/a.jsonl", Page { slow: 20, ..page() });
    let mut command = Command::new(binary());
    command.arg("-C").arg(lab.path()).args(["update"]).env("TAMIS_ALLOW_PRIVATE", lab.server.host());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let held = || {
        let world = World::new(lab.path().join(".tamis"));
        let names = world.names("fetched/parts").unwrap_or_default();
        let part = names.into_iter().find(|name| !name.ends_with(".by"));
        part.and_then(|name| world.stat(&format!("fetched/parts/{name}"))).map_or(0, |stat| stat.size)
    };
    let end = Instant::now() + Duration::from_secs(60);
    while held() < 20_000 {
        assert!(Instant::now() < end, "nothing came");
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap(); // SIGKILL
    child.wait().unwrap();
    let came = held();
    assert!(came < body.len() as u64);
    lab.server.forget();
    lab.server.put("/a.jsonl", page());
    let (exit, out, err) = lab.update();
    assert_eq!(exit, 0, "{out}{err}");
    assert_eq!(lab.server.asked()[0].headers["range"], format!("bytes={came}-"));
    assert!(lab.lock().contains(&tamis::digest::Digest::of(body.as_bytes()).hex()));
}
