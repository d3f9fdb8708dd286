//! Jobs done by workers: processes that speak frames over a pipe. A worker is never believed and may always be missed:
//! each object that it gives is digested again, the job of one that ends is given to another, and what one is too slow
//! with is done here beside it. Work that may not leave is done here.
use super::answer::{self, Refused};
pub use super::board::End;
use super::board::{Board, TICK, held};
use super::frames::{self, Hello, Kind, wrong};
use super::local::Local;
use crate::digest::Digest;
use crate::stage::{Batch, Entry, Executor, Fault, Job, Leaves, Made, Tools};
use crate::table;
use crate::world::worker::{self, Started};
use std::cell::Cell;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// How often a job is given away before it is done here.
const TRIES: usize = 3;

thread_local! {
    /// This thread looks something up for a worker: what it needs for that is done here, or workers would wait for workers.
    static SERVES: Cell<bool> = const { Cell::new(false) };
}

/// A pipe to a worker.
pub struct Link {
    pub from: Box<dyn Read + Send>,
    pub to: Box<dyn Write + Send>,
    /// Ends the worker, however busy it is; who reads from it then sees the end of the pipe.
    pub end: End,
}

/// Starts a worker.
pub type Start = Box<dyn Fn() -> io::Result<Link> + Send + Sync>;

/// What is asked of workers.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// How many there are at a time.
    pub workers: usize,
    /// They may be given what nothing has masked: they run on this machine, or on one that is as private.
    pub raw: bool,
    /// How long nothing may come of any job before the oldest is done here as well.
    pub patience: Duration,
}

/// What went otherwise than it should, without harm to any result.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Met {
    /// Workers that ended before their answer was whole.
    pub ended: usize,
    /// Workers whose objects were not what they told.
    pub lied: usize,
    /// Jobs that were done here because their worker took too long.
    pub slow: usize,
    /// What the last worker that ended or lied did.
    pub last: Option<String>,
}

/// Workers, started when there is work for them.
pub struct Workers {
    local: Local,
    start: Start,
    terms: Terms,
    own: Hello,
    pool: Mutex<Pool>,
    freed: Condvar,
    met: Mutex<Met>,
}

#[derive(Default)]
struct Pool {
    idle: Vec<Worker>,
    /// With those at work.
    all: usize,
}

impl Workers {
    /// Workers for the kernels of a registry; `jobs` threads do what may not leave.
    pub fn new(registry: &[Entry], jobs: usize, terms: Terms, start: Start) -> Workers {
        let terms = Terms { workers: terms.workers.max(1), ..terms };
        let (pool, freed, met) = Default::default();
        Workers { local: Local::new(jobs), start, terms, own: Hello::of(registry), pool, freed, met }
    }

    /// What went otherwise than it should.
    pub fn met(&self) -> Met {
        held(&self.met).clone()
    }

    fn meets(&self, count: impl FnOnce(&mut Met), say: String) {
        let mut met = held(&self.met);
        count(&mut met);
        met.last = Some(say);
    }

    fn may_leave(&self, job: Option<Job>) -> bool {
        job.is_some_and(|job| match job.leaves {
            Leaves::Never => false,
            Leaves::Raw => self.terms.raw,
            Leaves::Freely => true,
        })
    }

    /// A place for a worker, and one that waits if there is any.
    fn take(&self, tools: &dyn Tools) -> Result<Option<Worker>, Fault> {
        let mut pool = held(&self.pool);
        loop {
            tools.go_on()?;
            if let Some(worker) = pool.idle.pop() {
                return Ok(Some(worker));
            }
            if pool.all < self.terms.workers {
                pool.all += 1;
                return Ok(None);
            }
            pool = self.freed.wait_timeout(pool, TICK).unwrap_or_else(|e| e.into_inner()).0;
        }
    }

    /// Gives the place back, with its worker if that is of further use.
    fn give(&self, worker: Option<Worker>) {
        let mut pool = held(&self.pool);
        match worker {
            Some(worker) => pool.idle.push(worker),
            None => pool.all = pool.all.saturating_sub(1),
        }
        self.freed.notify_one();
    }

    /// Has a job done by a worker, by another if the first is lost, and here if no worker survives it.
    fn away(&self, batch: &dyn Batch, i: usize, board: &Board) -> Result<Made, Fault> {
        let job = batch.job(i).ok_or_else(|| Fault::Bug("a job was lost".into()))?;
        for _ in 0..TRIES {
            let place = self.take(batch.tools())?;
            let asked = self.asked(place, &job, batch.tools(), i, board);
            board.stands(i);
            let trouble = match asked {
                Ok((worker, made)) => {
                    self.give(Some(worker));
                    return made;
                }
                Err(trouble) => trouble,
            };
            self.give(None);
            match trouble {
                _ if board.is_done(i) => return Err(Fault::Bug("a job was done twice".into())), // heard by nobody
                Trouble::NoWorker(say) => return Err(Fault::World(say)),
                Trouble::Ended(say) => {
                    batch.tools().go_on()?;
                    self.meets(|met| met.ended += 1, say);
                }
                Trouble::Lied(say) => self.meets(|met| met.lied += 1, say),
            }
        }
        batch.here(i) // as without workers, whatever becomes of it
    }

    fn asked(
        &self,
        place: Option<Worker>,
        job: &Job,
        tools: &dyn Tools,
        i: usize,
        board: &Board,
    ) -> Result<(Worker, Result<Made, Fault>), Trouble> {
        let mut worker = match place {
            Some(worker) => worker,
            None => {
                let link = (self.start)();
                Worker::new(link.map_err(|e| Trouble::NoWorker(format!("no worker can be started: {e}")))?)
            }
        };
        board.runs(i, worker.end.clone());
        worker.greet(&self.own)?;
        let made = worker.ask(job, tools)?;
        Ok((worker, made))
    }
}

/// Why a worker gave no answer.
enum Trouble {
    /// None can be started, or it must not be given work.
    NoWorker(String),
    /// It ended before its answer was whole, or what it said is no answer.
    Ended(String),
    /// What it gave is not what it told.
    Lied(String),
}

impl From<io::Error> for Trouble {
    fn from(e: io::Error) -> Trouble {
        Trouble::Ended(format!("ended before its answer was whole: {e}"))
    }
}

impl From<Refused> for Trouble {
    fn from(refused: Refused) -> Trouble {
        match refused {
            Refused::Broken(e) => e.into(),
            Refused::Lied(say) => Trouble::Lied(say),
        }
    }
}

impl Executor for Workers {
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        let serves = SERVES.get();
        self.local.each(n, &|i| within(serves, || work(i)));
    }

    fn run(&self, batch: &dyn Batch) {
        let away = |i: &usize| !SERVES.get() && self.may_leave(batch.job(*i));
        let (away, here): (Vec<usize>, Vec<usize>) = (0..batch.jobs()).partition(away);
        self.each(here.len(), &|k| {
            if let Some(i) = here.get(k) {
                batch.done(*i, batch.here(*i));
            }
        });
        if away.is_empty() {
            return;
        }
        let threads = self.terms.workers.min(away.len());
        let board = Board::new(away, threads);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    let _left = board.leaves(); // also where a kernel panics
                    while let Some(i) = board.next() {
                        let made = self.away(batch, i, &board);
                        if board.first(i) {
                            batch.done(i, made);
                        }
                    }
                });
            }
            board.watch(batch.tools(), self.terms.patience, &|i| {
                let made = batch.here(i);
                if board.first(i) {
                    held(&self.met).slow += 1;
                    board.end(i); // or what follows would wait for its place
                    batch.done(i, made);
                }
            });
        });
    }
}

impl Link {
    /// A link to a command of this machine that is started as a worker.
    pub fn process(command: &Path, words: &[&str]) -> io::Result<Link> {
        let Started { input, output, ends } = worker::start(command, words)?;
        Ok(Link { from: Box::new(output), to: Box::new(input), end: Arc::new(move || ends.end()) })
    }
}

/// Does work that may be for a worker, and leaves the mark of this thread as it was.
fn within<T>(serves: bool, work: impl FnOnce() -> T) -> T {
    let before = SERVES.replace(serves);
    let done = work();
    SERVES.set(before);
    done
}

/// A worker at the other end of a pipe; it ends with its link.
struct Worker {
    from: BufReader<Box<dyn Read + Send>>,
    to: BufWriter<Box<dyn Write + Send>>,
    end: End,
    greeted: bool,
}

impl Drop for Worker {
    fn drop(&mut self) {
        (self.end)();
    }
}

impl Worker {
    fn new(link: Link) -> Worker {
        Worker { from: BufReader::new(link.from), to: BufWriter::new(link.to), end: link.end, greeted: false }
    }

    /// Hears who the worker is before anything is said to it.
    fn greet(&mut self, own: &Hello) -> Result<(), Trouble> {
        if self.greeted {
            return Ok(());
        }
        let hello: Hello = match frames::read(&mut self.from)? {
            Some((Kind::Hello, bytes)) => frames::text(&bytes)?,
            Some(_) => return Err(wrong("a worker did not say who it is".into()).into()),
            None => return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into()),
        };
        self.greeted = true;
        own.refuses(&hello).map_or(Ok(()), |say| Err(Trouble::NoWorker(say)))
    }

    /// Gives it a job and what it asks for meanwhile.
    fn ask(&mut self, job: &Job, tools: &dyn Tools) -> Result<Result<Made, Fault>, Trouble> {
        frames::write_text(&mut self.to, Kind::Job, job)?;
        self.to.flush()?;
        loop {
            let Some((kind, bytes)) = frames::read(&mut self.from)? else {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
            };
            let found = match kind {
                Kind::Column => {
                    let digest = frames::digest(&bytes)?;
                    within(true, || column(job, digest, tools))
                }
                Kind::Blob => {
                    let digest = frames::digest(&bytes)?;
                    within(true, || blob(job, digest, tools))
                }
                Kind::Made => return Ok(Ok(answer::receive(&mut self.from, &bytes)?)),
                Kind::Fault => return Ok(Err(frames::fault(&bytes)?)),
                Kind::Hello | Kind::Job | Kind::Object => {
                    return Err(wrong("a worker said what only a build says".into()).into());
                }
            };
            match found {
                Ok(bytes) => frames::write(&mut self.to, Kind::Object, &bytes)?,
                Err(fault) => frames::write_fault(&mut self.to, &fault)?,
            }
            self.to.flush()?;
        }
    }
}

/// A column for a worker, if its job names it.
fn column(job: &Job, digest: Digest, tools: &dyn Tools) -> Result<Vec<u8>, Fault> {
    match job.names_column(digest) {
        true => Ok(table::encode(tools.column(digest)?.as_ref())),
        false => Err(not_named("column", digest)),
    }
}

/// Bytes for a worker, if its job names them.
fn blob(job: &Job, digest: Digest, tools: &dyn Tools) -> Result<Vec<u8>, Fault> {
    match job.names_bytes(digest, tools)? {
        true => tools.blob(digest),
        false => Err(not_named("blob", digest)),
    }
}

fn not_named(what: &str, digest: Digest) -> Fault {
    Fault::Bug(format!("asked for the {what} {}, which its job does not name", digest.short()))
}

#[cfg(test)]
#[path = "workers_tests.rs"]
mod tests;
