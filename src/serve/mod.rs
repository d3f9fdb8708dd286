//! `tamis serve`: the pages of a report live, every sample behind a filter, and the questions that wait for a person, over
//! loopback (decision 0130).
//!
//! A connection has a thread and carries one request. Who may ask is said in `guard`, what there is in `route`. What is shown
//! comes from a build that is held open (`snapshot`); a newer build takes its place for new requests. Limits: one person, one
//! machine; other machines reach it through `ssh -L` alone.
mod asked;
mod changes;
mod entry;
mod guard;
mod http;
mod live;
mod pages;
mod questions;
mod route;
mod samples;
mod snapshot;

use self::guard::Guard;
use self::http::Answer;
use self::live::Live;
use self::snapshot::Snapshot;
use crate::model::decisions::Decided;
use crate::project::{Failure, Options};
use crate::report::difference::Difference;
use crate::report::lang::Lang;
use crate::review::file::Key;
use crate::world::World;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

/// Connections at a time.
const CONNECTIONS: usize = 64;

/// How the server was started.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    pub root: PathBuf,
    /// Who decides; nobody can where it is missing.
    pub by: Option<String>,
    /// Decisions are built as they are made.
    pub watch: bool,
    /// What may hold personal data is shown.
    pub raw: bool,
    /// The language that pages begin with; else that of the data set.
    pub lang: Option<Lang>,
    pub jobs: usize,
    pub target: usize,
    pub stop: crate::engine::session::Stop,
    /// Compares two releases of the project.
    pub differs: Option<Differs>,
}

/// How two releases of the project in a folder differ, the older one first.
pub type Differs = fn(&Path, [&str; 2]) -> Result<Difference, Failure>;

impl Setup {
    pub fn options(&self) -> Options {
        Options { jobs: self.jobs, target: self.target, stop: self.stop.clone(), ..Options::default() }
    }
}

/// A server that listens.
pub struct Server {
    setup: Setup,
    world: World,
    guard: Guard,
    live: Live,
    current: Mutex<Arc<Snapshot>>,
    /// What this session decided, the last one at the end: what stood there before, and what stands there now.
    done: Mutex<Vec<(Key, Option<Decided>, Decided)>>,
    open: AtomicUsize,
    /// Something of the build that is shown could not be read.
    doubted: AtomicBool,
}

impl Server {
    /// Binds a port of loopback (0: a free one) and opens the last build. Answers once [`Server::listen`] runs.
    pub fn bind(setup: Setup, port: u16) -> Result<(Arc<Server>, TcpListener), Failure> {
        let world = World::new(&setup.root);
        let failed = |e: io::Error| Failure::World(format!("port {port}: {e}"));
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port))).map_err(failed)?;
        let port = listener.local_addr().map_err(failed)?.port();
        let word = crate::world::random().map_err(|e| Failure::World(format!("no random numbers: {e}")))?;
        let token: String = word.iter().map(|b| format!("{b:02x}")).collect();
        let current = Mutex::new(Snapshot::open(&setup, &token)?);
        let (live, done, open, doubted) = Default::default();
        let guard = Guard { port, token };
        Ok((Arc::new(Server { setup, world, guard, live, current, done, open, doubted }), listener))
    }

    /// The address to open; the word behind `#` is never sent by a browser.
    pub fn address(&self) -> String {
        format!("http://127.0.0.1:{}/#token={}", self.guard.port, self.guard.token)
    }

    /// Answers until the program ends.
    pub fn listen(self: Arc<Server>, listener: TcpListener) {
        for stream in listener.incoming() {
            // an error is of one connection: whoever made it has gone
            let Ok(stream) = stream else { continue };
            if self.open.fetch_add(1, Ordering::Relaxed) >= CONNECTIONS {
                let full = Answer::error(503, "too many connections at once");
                let _ = http::write(&stream, &full, false);
                self.open.fetch_sub(1, Ordering::Relaxed);
                continue;
            }
            let server = self.clone();
            thread::spawn(move || {
                server.serve(&stream);
                server.open.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }

    /// One connection. A write that fails is told to nobody: whoever waited for it has gone.
    fn serve(self: &Arc<Server>, stream: &TcpStream) {
        let request = match http::read(stream) {
            Ok(request) => request,
            Err(Some(refusal)) => {
                let _ = http::write(stream, &refusal, false);
                return http::finish(stream);
            }
            Err(None) => return,
        };
        if let Some(refusal) = self.guard.refuses(&request) {
            let _ = http::write(stream, &refusal, request.method == "HEAD");
            return http::finish(stream);
        }
        if request.path == live::PATH && request.method == "GET" {
            return self.live.stream(stream, || self.state());
        }
        let answer = route::answer(self, &request);
        let _ = http::write(stream, &answer, request.method == "HEAD");
        http::finish(stream);
    }

    fn snapshot(&self) -> Arc<Snapshot> {
        held(&self.current).clone()
    }

    /// What happens beside requests, a few times a second: a newer build takes the place of the one that is shown.
    pub fn tick(&self) {
        let old = self.doubted.swap(false, Ordering::Relaxed) || self.snapshot().is_old(&self.setup);
        if old && !self.live.builds() {
            self.renew();
        }
    }

    /// Opens the build that is shown anew, soon: what it was read from may have moved.
    fn doubt(&self) {
        self.doubted.store(true, Ordering::Relaxed);
    }

    /// Opens the last build again. Where it cannot be read the older one stays, and pages are told.
    fn renew(&self) {
        match Snapshot::open(&self.setup, &self.guard.token) {
            Ok(snapshot) => {
                let number = snapshot.number;
                *held(&self.current) = snapshot;
                self.live.tell("built", &serde_json::json!({ "build": number }));
            }
            Err(failure) => self.live.tell("failed", &serde_json::json!({ "message": words(&failure) })),
        }
    }

    /// Waits for a build that runs, so that its end is told and kept.
    pub fn close(&self) {
        self.live.halt();
        self.live.wait();
    }
}

/// Why something failed, in words; problems of a declaration are told by `tamis check`.
fn words(failure: &Failure) -> String {
    match failure {
        Failure::Declaration(manifest, problems) => {
            problems.first().map_or_else(String::new, |d| crate::report::diagnostic::short(manifest, d))
        }
        other => other.words().unwrap_or_default(),
    }
}

/// Locks, whatever a thread that panicked left behind.
fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}
