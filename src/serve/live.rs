//! What pages are told while they are open, as server-sent events, and the builds that decisions ask for.
use super::http::{self, Answer};
use super::{Server, held, words};
use crate::engine::session::Stop;
use crate::engine::told::Event;
use crate::project::{Failure, Options, Project};
use serde::Serialize;
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Where events are read.
pub const PATH: &str = "/events";
/// Messages that wait for one page; what comes beyond them is dropped, and the page asks for the state anew.
const WAITING: usize = 1000;
/// A page is told something at least so often, so that a connection that ended is noticed.
const BEAT: Duration = Duration::from_secs(15);
/// How often the progress of a step is told.
const STEP: Duration = Duration::from_millis(100);
/// Decisions that follow each other so quickly are built together.
const REST: Duration = Duration::from_millis(400);

/// What a build that a page stops is told, as the shell says it of one that was interrupted.
const STOPPED: usize = 130;

/// Pages that listen, and the build that runs.
#[derive(Default)]
pub struct Live {
    pages: Mutex<Vec<Page>>,
    count: AtomicU64,
    build: Mutex<Build>,
    ended: Condvar,
}

/// A page that listens.
struct Page {
    to: SyncSender<String>,
    /// Something was dropped.
    missed: Arc<AtomicUsize>,
}

/// Whether a build runs, and whether another one is wanted behind it.
#[derive(Default)]
struct Build {
    runs: bool,
    again: bool,
    /// Ends the one that runs, after the tasks in hand.
    stop: Stop,
}

impl Live {
    /// Sends something to all pages.
    pub fn tell(&self, event: &str, data: &impl Serialize) {
        let id = self.count.fetch_add(1, Ordering::Relaxed);
        let text = message(event, Some(id), data);
        held(&self.pages).retain(|page| match page.to.try_send(text.clone()) {
            Ok(()) => true,
            Err(TrySendError::Full(_)) => {
                page.missed.fetch_add(1, Ordering::Relaxed);
                true
            }
            Err(TrySendError::Disconnected(_)) => false,
        });
    }

    /// One page: its state first, then what happens, until it goes away. The page listens before the state is read: what ends
    /// meanwhile is told behind the state, not lost.
    pub fn stream(&self, stream: &TcpStream, state: impl FnOnce() -> serde_json::Value) {
        let (to, from) = sync_channel(WAITING);
        let missed = Arc::new(AtomicUsize::new(0));
        held(&self.pages).push(Page { to, missed: missed.clone() });
        let answer = Answer { status: 200, kind: "text/event-stream", fields: Vec::new(), body: Vec::new() };
        // an error is the page that went away
        if http::begin(stream, &answer).is_ok() {
            let _ = follow(stream, &from, &missed, &message("state", None, &state()));
        }
    }

    /// Whether a build runs.
    pub fn builds(&self) -> bool {
        held(&self.build).runs
    }

    /// Ends the build that runs, after the tasks in hand, and takes back the wish for another one; whether one ran.
    pub fn halt(&self) -> bool {
        let mut build = held(&self.build);
        build.again = false;
        build.stop.0.store(STOPPED, Ordering::Relaxed);
        build.runs
    }

    /// Waits until no build runs.
    pub fn wait(&self) {
        let mut build = held(&self.build);
        while build.runs {
            build = self.ended.wait(build).unwrap_or_else(|e| e.into_inner());
        }
    }
}

fn follow(mut stream: &TcpStream, from: &Receiver<String>, missed: &AtomicUsize, first: &str) -> std::io::Result<()> {
    stream.write_all(first.as_bytes())?;
    loop {
        let text = match from.recv_timeout(BEAT) {
            Ok(text) => text,
            Err(RecvTimeoutError::Timeout) => ": still there\n\n".into(),
            Err(RecvTimeoutError::Disconnected) => return Ok(()),
        };
        stream.write_all(text.as_bytes())?;
        if missed.swap(0, Ordering::Relaxed) > 0 {
            stream.write_all(message("missed", None, &()).as_bytes())?;
        }
        stream.flush()?;
    }
}

/// JSON has no line ends of its own, so that a message is three lines.
fn message(event: &str, id: Option<u64>, data: &impl Serialize) -> String {
    let id = id.map_or(String::new(), |n| format!("id: {n}\n"));
    format!("event: {event}\n{id}data: {}\n\n", serde_json::to_string(data).unwrap_or_default())
}

impl Server {
    /// Builds beside the requests, soon; a wish while a build runs is one for another behind it.
    pub fn build_soon(self: &Arc<Server>) {
        {
            let mut build = held(&self.live.build);
            if build.runs {
                build.again = true;
                return;
            }
            (build.runs, build.stop) = (true, Stop::default());
        }
        let server = self.clone();
        thread::spawn(move || {
            loop {
                thread::sleep(REST);
                server.build();
                let mut build = held(&server.live.build);
                if !build.again || server.setup.stop.asked() > 0 {
                    *build = Build::default();
                    break;
                }
                (build.again, build.stop) = (false, Stop::default());
            }
            server.live.ended.notify_all();
        });
    }

    fn build(&self) {
        self.live.tell("building", &());
        let stop = held(&self.live.build).stop.clone();
        let options = Options { stop, ..self.setup.options() };
        let last = Mutex::new(Instant::now());
        let tasks = AtomicUsize::new(0);
        let sink = |event: Event| match &event {
            Event::Task { step } => {
                let n = tasks.fetch_add(1, Ordering::Relaxed) + 1;
                let mut last = held(&last);
                if last.elapsed() >= STEP {
                    *last = Instant::now();
                    self.live.tell("task", &serde_json::json!({ "step": step, "tasks": n }));
                }
            }
            Event::Running { .. } | Event::Plan { .. } | Event::Gate { .. } | Event::Release { .. } => {
                self.live.tell(name(&event), &event);
            }
            _ => {}
        };
        let built = Project::open(Some(&self.setup.root)).and_then(|project| {
            project.build(&options, &sink, |_, finished| {
                let failed = finished.judged.iter().filter(|j| !j.pass).count();
                let fault = finished.built.runs.iter().find_map(|r| r.fault.clone()).map(Failure::from);
                let fault = fault.or_else(|| finished.failures.first().map(again));
                (finished.exit(), failed, fault.map(|f| words(&f)))
            })
        });
        self.renew();
        let told = match built {
            Ok((exit, failing, fault)) => serde_json::json!({ "exit": exit, "failing": failing, "message": fault }),
            Err(failure) => serde_json::json!({ "exit": failure.exit(), "message": words(&failure) }),
        };
        self.live.tell("done", &told);
    }
}

/// A failure once more: it is told here, and belongs to the build.
fn again(of: &Failure) -> Failure {
    Failure::World(of.words().unwrap_or_default())
}

fn name(event: &Event) -> &'static str {
    match event {
        Event::Running { .. } => "running",
        Event::Plan { .. } => "plan",
        Event::Gate { .. } => "gate",
        _ => "release",
    }
}
