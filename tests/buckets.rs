//! A remote in a bucket, over a small server of S3 on loopback that this test starts itself: signed requests, ranges, pages of
//! lists, conditional writes or none, connections that break off, answers that are not as they should be.
use crate::harness::{Lab, Told, binary};
use crate::remote::open_kernels;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::ops::Range;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

/// What the server does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// It closes the connection without an answer.
    Closes,
    /// It says that it is busy.
    Busy,
    /// Its answer ends before its length.
    Short,
    /// A bit of a body is another.
    Bent,
    /// It does not accept the credentials, and repeats them.
    Refuses,
}

#[derive(Default)]
struct State {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    count: AtomicU64,
    /// Requests that were writes of objects.
    writes: AtomicU64,
    fault: Mutex<Option<(Range<u64>, Fault)>>,
    /// It knows `If-None-Match`, ignores it, or refuses it.
    conditions: Conditions,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Conditions {
    #[default]
    Known,
    Ignored,
    Refused,
}

struct Server {
    port: u16,
    state: Arc<State>,
}

/// Entries on a page of a list: so few that lists have several.
const PAGE: usize = 2;

impl Server {
    fn start(conditions: Conditions) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let state = Arc::new(State { conditions, ..State::default() });
        let own = state.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), state) = (stream, own.clone()) else { continue };
                std::thread::spawn(move || serve(&state, stream));
            }
        });
        Server { port, state }
    }

    fn command(&self, dir: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(binary());
        command.arg("-C").arg(dir).args(args).env("TAMIS_REMOTE", "s3://bucket/pre/fix").env("LC_ALL", "C");
        command.env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{}", self.port));
        command.env("AWS_ACCESS_KEY_ID", "known").env("AWS_SECRET_ACCESS_KEY", "a secret").env("AWS_REGION", "here");
        command.env_remove("HTTP_PROXY").env_remove("http_proxy").env_remove("ALL_PROXY").output().unwrap()
    }

    fn run(&self, dir: &Path, args: &[&str]) -> (i32, String) {
        let out = self.command(dir, args);
        let said = [out.stdout, out.stderr].concat();
        (out.status.code().unwrap_or(-1), String::from_utf8(said).unwrap())
    }

    fn build(&self, dir: &Path, way: &str) -> Told {
        let args = ["build", "--json", "--jobs", "2", "--partition-target", "16", "--remote", way];
        let out = self.command(dir, &args);
        let text = String::from_utf8(out.stdout).unwrap();
        let events = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let stderr = String::from_utf8_lossy(&out.stderr).into_owned();
        Told { exit: out.status.code().unwrap_or(-1), events, stderr }
    }

    /// From the next request on, so many of them, it does this wrong.
    fn break_at(&self, at: u64, many: u64, fault: Fault) {
        let now = self.state.count.load(Ordering::Relaxed);
        *self.state.fault.lock().unwrap() = Some((now + at..now + at + many, fault));
    }
}

/// The head of a request: its first line and its headers by name in small letters.
fn head(reader: &mut impl BufRead) -> Option<(String, BTreeMap<String, String>)> {
    let mut line = || {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        Some(line.trim_end().to_string())
    };
    let first = line()?;
    let mut headers = BTreeMap::new();
    while let Some((name, value)) = line()?.split_once(':') {
        headers.insert(name.to_ascii_lowercase(), value.trim().to_string());
    }
    Some((first, headers))
}

/// One request, one answer, and the connection ends.
fn serve(state: &State, stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let Some((first, headers)) = head(&mut reader) else { return };
    let len = headers.get("content-length").map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; len];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let at = state.count.fetch_add(1, Ordering::Relaxed);
    let fault = state.fault.lock().unwrap().clone().filter(|f| f.0.contains(&at)).map(|f| f.1);
    let signed = headers.get("authorization").is_some_and(|a| a.starts_with("AWS4-HMAC-SHA256 Credential=known/"));
    let (status, more, mut body) = match fault {
        Some(Fault::Closes) => return,
        Some(Fault::Busy) => ("503 Slow Down", String::new(), b"<Error><Code>SlowDown</Code></Error>".to_vec()),
        _ if !signed || fault == Some(Fault::Refuses) => {
            let say = "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>known</AWSAccessKeyId></Error>";
            ("403 Forbidden", String::new(), say.as_bytes().to_vec())
        }
        _ => answer(state, &first, &headers, body),
    };
    let length = body.len();
    match fault {
        Some(Fault::Short) => body.truncate(length / 2),
        Some(Fault::Bent) if length > 0 => body[length / 3] ^= 4,
        _ => {}
    }
    let is_head = first.starts_with("HEAD");
    let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\n{more}content-length: {length}\r\n\r\n");
    let mut stream = stream;
    let _ = stream.write_all(head.as_bytes()).and_then(|()| if is_head { Ok(()) } else { stream.write_all(&body) });
}

type Answer = (&'static str, String, Vec<u8>);

fn answer(state: &State, first: &str, headers: &BTreeMap<String, String>, body: Vec<u8>) -> Answer {
    let mut words = first.split(' ');
    let (method, target) = (words.next().unwrap(), words.next().unwrap());
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let key = path.strip_prefix("/bucket").unwrap().trim_start_matches('/').to_string();
    let mut objects = state.objects.lock().unwrap();
    let known = |len: usize| format!("etag: \"{len}\"\r\nlast-modified: Fri, 27 Nov 2026 00:00:00 GMT\r\n");
    let missing = || ("404 Not Found", String::new(), b"<Error><Code>NoSuchKey</Code></Error>".to_vec());
    match method {
        "PUT" => {
            let condition = headers.get("if-none-match").is_some();
            match state.conditions {
                Conditions::Refused if condition => return ("501 Not Implemented", String::new(), Vec::new()),
                Conditions::Known if condition && objects.contains_key(&key) => {
                    return ("412 Precondition Failed", String::new(), Vec::new());
                }
                _ => {}
            }
            state.writes.fetch_add(1, Ordering::Relaxed);
            let known = known(body.len());
            objects.insert(key, body);
            ("200 OK", known, Vec::new())
        }
        "GET" if query.contains("list-type=2") => ("200 OK", String::new(), list(&objects, query).into_bytes()),
        "GET" | "HEAD" => {
            let Some(bytes) = objects.get(&key) else { return missing() };
            let Some(range) = headers.get("range") else { return ("200 OK", known(bytes.len()), bytes.clone()) };
            let (from, to) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            if from >= bytes.len() {
                return ("416 Range Not Satisfiable", String::new(), Vec::new());
            }
            let to = to.min(bytes.len() - 1);
            let more = format!("{}content-range: bytes {from}-{to}/{}\r\n", known(bytes.len()), bytes.len());
            ("206 Partial Content", more, bytes[from..=to].to_vec())
        }
        other => panic!("{other}"),
    }
}

fn list(objects: &BTreeMap<String, Vec<u8>>, query: &str) -> String {
    let of = |name: &str| {
        let own = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        own.map(|value| value.replace("%2F", "/"))
    };
    let (prefix, after) = (of("prefix").unwrap_or_default(), of("continuation-token").unwrap_or_default());
    let mut all = objects.iter().filter(|(key, _)| key.starts_with(&prefix) && **key > after);
    let page: Vec<_> = all.by_ref().take(PAGE).collect();
    let entry = |(key, bytes): &(&String, &Vec<u8>)| {
        format!(
            "<Contents><Key>{key}</Key><LastModified>2026-11-27T00:00:00.000Z</LastModified><ETag>e</ETag><Size>{}</Size></Contents>",
            bytes.len()
        )
    };
    let entries: String = page.iter().map(entry).collect();
    let next = match (all.next(), page.last()) {
        (Some(_), Some((last, _))) => format!("<NextContinuationToken>{last}</NextContinuationToken>"),
        _ => String::new(),
    };
    format!(
        "<ListBucketResult><Name>bucket</Name><IsTruncated>{}</IsTruncated>{entries}{next}</ListBucketResult>",
        !next.is_empty()
    )
}

fn checkout(lab: &Lab) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    lab.write(dir.path());
    dir
}

fn met(told: &Told) -> serde_json::Value {
    told.events.iter().find(|e| e["event"] == "remote").unwrap_or_else(|| panic!("{told:?}"))["met"].clone()
}

fn lab() -> Lab {
    Lab::new(40, 0)
}

#[test]
fn a_clone_builds_from_a_bucket_whatever_the_server_knows_of_conditions() {
    let lab = lab();
    for conditions in [Conditions::Known, Conditions::Ignored, Conditions::Refused] {
        let server = Server::start(conditions);
        let main = checkout(&lab);
        let told = server.build(main.path(), "write");
        assert_eq!(told.exit, 0, "{}", told.stderr);
        let writes = server.state.writes.load(Ordering::Relaxed);
        assert!(writes >= 3, "{conditions:?}: {writes} writes, {told:?}");
        let keys: Vec<String> = server.state.objects.lock().unwrap().keys().cloned().collect();
        assert!(keys.iter().all(|k| k.starts_with("pre/fix/tamis-1/")), "{keys:?}");
        let clone = checkout(&lab);
        let read = server.build(clone.path(), "read");
        assert_eq!((read.exit, read.roots()), (0, told.roots()), "{}", read.stderr);
        assert!(met(&read)["results"].as_u64() > Some(0) && met(&read)["objects"].as_u64() > Some(0), "{}", met(&read));
        assert!(read.kernels().len() < told.kernels().len());
        assert_eq!(open_kernels(clone.path(), &read), BTreeMap::new());
        // a second writer that has made the same sends nothing; one whose view is older writes what is there
        let other = checkout(&lab);
        let (exit, said) = server.run(other.path(), &["build", "--partition-target", "16"]);
        assert_eq!(exit, 0, "{said}");
        let (exit, said) = server.run(other.path(), &["push"]);
        assert!(exit == 0 && said.contains("0 results and 0 objects (0 B)"), "{said}");
        assert_eq!(server.state.writes.load(Ordering::Relaxed), writes);
        let (exit, said) = server.run(other.path(), &["push", "--anew"]);
        assert!(exit == 0, "{said}");
        assert!(server.state.writes.load(Ordering::Relaxed) > writes);
        let (exit, said) = server.run(checkout(&lab).path(), &["pull"]);
        assert!(exit == 0 && !said.contains("not come"), "{said}");
    }
}

/// Whatever a server does at whichever request: the roots are the same, and what went wrong is told.
#[test]
fn a_server_that_fails_costs_kernels_and_nothing_else() {
    let lab = lab();
    let server = Server::start(Conditions::Known);
    let told = server.build(checkout(&lab).path(), "write");
    let before = server.state.count.load(Ordering::Relaxed);
    assert_eq!(server.build(checkout(&lab).path(), "read").roots(), told.roots());
    let requests = server.state.count.load(Ordering::Relaxed) - before;
    for fault in [Fault::Closes, Fault::Busy, Fault::Short, Fault::Bent, Fault::Refuses] {
        for at in 0..requests {
            // once is tried again; for ever, the build goes on alone
            for many in [1, 10_000] {
                if many > 1 && at > 1 {
                    continue;
                }
                let clone = checkout(&lab);
                server.break_at(at, many, fault);
                let read = server.build(clone.path(), "read");
                server.break_at(0, 0, fault);
                assert_eq!((read.exit, read.roots()), (0, told.roots()), "{fault:?} at {at} x {many}: {}", read.stderr);
                let met = met(&read);
                let troubled = met["failed"].as_u64().unwrap() + met["damaged"].as_u64().unwrap() > 0;
                assert!(troubled || many == 1, "{fault:?} at {at} x {many}: {met}");
                assert!(!met.to_string().contains("AWSAccessKeyId"), "{met}");
            }
        }
    }
}

#[test]
fn a_push_to_a_server_that_fails_says_so_and_goes_on_later() {
    let lab = lab();
    let server = Server::start(Conditions::Known);
    let main = checkout(&lab);
    let (exit, said) = server.run(main.path(), &["build", "--partition-target", "16"]);
    assert_eq!(exit, 0, "{said}");
    // a connection that breaks off once is tried again, also where something is written
    let (server, refusing) = (Server::start(Conditions::Known), server);
    for at in 0..4 {
        server.break_at(at, 1, Fault::Closes);
        let (exit, said) = server.run(main.path(), &["push", "--anew"]);
        assert_eq!(exit, 0, "a connection that closes at {at}: {said}");
    }
    let server = refusing;
    server.break_at(2, 10_000, Fault::Refuses);
    let (exit, said) = server.run(main.path(), &["push"]);
    assert!(exit == 3 && said.contains("do not allow it") && said.contains("goes on"), "{said}");
    assert!(!said.contains("a secret") && !said.contains("known"), "{said}");
    server.break_at(0, 0, Fault::Refuses);
    let (exit, said) = server.run(main.path(), &["push"]);
    assert_eq!(exit, 0, "{said}");
    let (exit, said) = server.run(main.path(), &["push"]);
    assert!(exit == 0 && said.contains("0 results and 0 objects"), "{said}");
}

#[test]
fn a_bucket_is_named_without_secrets_and_asked_behind_a_lock() {
    let dir = checkout(&Lab::new(5, 0));
    let ask = |place: &str, endpoint: &str| {
        let mut command = Command::new(binary());
        command.arg("-C").arg(dir.path()).args(["build", "--remote", "read"]).env("TAMIS_REMOTE", place);
        command.env("AWS_ENDPOINT_URL", endpoint).env("AWS_ACCESS_KEY_ID", "known").env("LC_ALL", "C");
        let out = command.env("AWS_SECRET_ACCESS_KEY", "a secret").output().unwrap();
        (out.status.code().unwrap(), String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned())
    };
    let (exit, said) = ask("s3://key:secret@bucket/x", "http://127.0.0.1:1");
    assert!(exit == 3 && said.contains("s3://BUCKET/PREFIX") && !said.contains("key:secret"), "{said}");
    for endpoint in ["not a url", "127.0.0.1:9", "http://"] {
        let (exit, said) = ask("s3://bucket/x", endpoint);
        assert!(exit == 3 && said.contains("AWS_ENDPOINT_URL is no address of a server"), "{endpoint}: {said}");
    }
    // 192.0.2.1 is kept for documents; nothing is sent there
    let (exit, said) = ask("s3://bucket/x", "http://192.0.2.1:9");
    assert!(exit == 0 && said.contains("not encrypted"), "{said}");
}
