//! A project opened: its manifest, its steps, its store; and the walk that every verb makes.
mod asking;
mod fetching;
pub mod remote;
pub mod update;
pub mod workspace;

use crate::assemble::{self, Assembled};
use crate::diag::{Diagnostic, Severity};
use crate::engine::Step;
use crate::engine::effect::{self, Objects};
use crate::engine::fresh;
use crate::engine::gate::{self, Judged};
use crate::engine::graph::Graph;
use crate::engine::lock::{Lock, PATH as LOCK, SourceLock};
use crate::engine::out;
use crate::engine::out::Outputs;
use crate::engine::record::Record;
use crate::engine::run::Maker;
use crate::engine::scan;
use crate::engine::session::{Session, Stop};
use crate::engine::state::{Built, Mode, StepRun};
use crate::engine::store::{Far, Store, StoreError};
use crate::engine::told::{Answer, Event, Sink};
use crate::engine::walk::{self, Next};
use crate::exec::local::Local;
use crate::manifest::{self, Manifest};
use crate::stage::{Entry, Executor, Fault};
use crate::stages::registry;
use crate::world::{ASIDE, Fetched, Looks, World, is_fetched, is_released, pages};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file that makes a folder a project.
pub const MANIFEST: &str = "dataset.toml";

/// Why a verb ended early; the numbers are the exit codes.
#[derive(Debug)]
pub enum Failure {
    /// 2: the declaration is wrong.
    Declaration(Manifest, Vec<Diagnostic>),
    /// 2: the command line is wrong, or there is no project.
    Usage(String),
    /// 1: a difference was found, or `--locked` would change.
    Differs(String),
    /// 3: files, disk, lock.
    World(String),
    /// 4: our bug.
    Bug(String),
    /// 130 or 143: the user, or the machine, asked to stop.
    Stopped(i32),
}

impl Failure {
    pub fn exit(&self) -> i32 {
        match self {
            Failure::Differs(_) => 1,
            Failure::Declaration(..) | Failure::Usage(_) => 2,
            Failure::World(_) => 3,
            Failure::Bug(_) => 4,
            Failure::Stopped(exit) => *exit,
        }
    }
}

impl Failure {
    /// The reason in words; problems of a declaration are told one by one.
    pub fn words(&self) -> Option<String> {
        match self {
            Failure::Declaration(..) => None,
            Failure::Stopped(_) => Some("stopped; what was done is kept".into()),
            Failure::Usage(say) | Failure::Differs(say) | Failure::World(say) | Failure::Bug(say) => Some(say.clone()),
        }
    }
}

impl From<Fault> for Failure {
    fn from(f: Fault) -> Failure {
        match f {
            Fault::World(say) => Failure::World(say),
            Fault::Bug(say) => Failure::Bug(say),
            Fault::Stopped(exit) => Failure::Stopped(exit),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(e: StoreError) -> Failure {
        match e {
            StoreError::Locked => {
                Failure::World("another tamis builds in this checkout; wait for it, or stop it".into())
            }
            StoreError::Io(e) => Failure::World(format!("the store: {e}")),
        }
    }
}

/// A manifest that may be built.
pub struct Project {
    pub world: World,
    pub manifest: Manifest,
    pub assembled: Assembled,
}

/// A build uses this share of the machine's memory (1 / SHARE), within limits.
const SHARE: u64 = 4;
pub const MEMORY_LEAST: u64 = 64 << 20;
const MEMORY_MOST: u64 = 1 << 30;

/// How a walk goes.
#[derive(Clone, Debug)]
pub struct Options {
    pub jobs: usize,
    /// Records to a partition on average.
    pub target: usize,
    /// Steps to build with all that they need; empty means all.
    pub steps: Vec<String>,
    pub keep_going: bool,
    pub locked: bool,
    /// The share of samples to work on, of 2^64; none means all. Such a build writes no candidate, lock or record.
    pub sample: Option<u64>,
    /// Bytes of memory that the build may use; 0 is a share of the machine's.
    pub memory: u64,
    /// Read every file of every source, and compare it with what is known of it.
    pub verify_inputs: bool,
    /// Where a wish to stop is made.
    pub stop: Stop,
    /// Who has the work of kernels done, if not threads of this process.
    pub exec: Option<Arc<dyn Executor + Send + Sync>>,
    /// Stores elsewhere, which are asked for what is not here.
    pub far: Option<Arc<Far>>,
}

impl Default for Options {
    fn default() -> Options {
        let (steps, stop, exec, far) = Default::default();
        let (keep_going, locked, verify_inputs) = Default::default();
        Options {
            jobs: 0,
            target: 4096,
            steps,
            keep_going,
            locked,
            sample: None,
            memory: 0,
            verify_inputs,
            stop,
            exec,
            far,
        }
    }
}

/// Git ignores the folder of hidden answers, whatever the project's own `.gitignore` says.
pub fn keep_from_git(world: &World) -> Result<(), Failure> {
    let path = format!("{ASIDE}/.gitignore");
    if world.exists(&path) {
        return Ok(());
    }
    world.replace(&path, b"*\n").map_err(|e| Failure::World(e.to_string()))
}

/// The folder of the project: `dir`, or the nearest one above with a dataset.toml.
pub fn find(dir: Option<&Path>) -> Result<PathBuf, Failure> {
    if let Some(dir) = dir {
        let there = dir.join(MANIFEST).is_file();
        return if there {
            Ok(dir.to_path_buf())
        } else {
            Err(Failure::Usage(format!("there is no {MANIFEST} in {}", dir.display())))
        };
    }
    let here = std::env::current_dir().map_err(|e| Failure::World(e.to_string()))?;
    let found = here.ancestors().find(|d| d.join(MANIFEST).is_file()).map(Path::to_path_buf);
    found.ok_or_else(|| Failure::Usage(format!("there is no {MANIFEST} here or above; see `tamis --help`")))
}

impl Project {
    pub fn open(dir: Option<&Path>) -> Result<Project, Failure> {
        Project::with(find(dir)?, &registry())
    }

    /// Opens with another registry; for tests of the contract.
    pub fn with(root: PathBuf, registry: &[Entry]) -> Result<Project, Failure> {
        Project::in_world(World::new(root), registry)
    }

    /// Opens what lies in a world, under a probe perhaps.
    pub fn in_world(world: World, registry: &[Entry]) -> Result<Project, Failure> {
        let manifest = manifest_of(&world)?;
        let world = with_fetched(world, &manifest, registry)?;
        let fits = fresh::fits(&world, manifest.shape());
        match assemble::assemble(&manifest, &world, registry, fits) {
            Ok(assembled) => Ok(Project { world, manifest, assembled }),
            Err(problems) => Err(Failure::Declaration(manifest, problems)),
        }
    }

    /// Whether a build reads what lies at a path: the manifest, what a text of it names, or what a source may match. A
    /// path at which nothing lies any more may have been a folder of a source's files.
    pub fn reads(&self, path: &str) -> bool {
        let sources = self.assembled.steps.iter().filter_map(|s| s.plan.scan.as_ref());
        let file = self.world.is_file(path);
        path == MANIFEST
            || path == LOCK && !self.world.fetched().is_empty()
            || path.starts_with("pins/")
            || self.manifest.says(path)
            || sources.into_iter().any(|s| scan::find::may_hold(&self.world, s, path, file))
    }

    /// Plans without running a kernel, beside a writer perhaps, and hands the result on.
    pub fn plan<R>(&self, options: &Options, then: impl FnOnce(&Session, &Built) -> R) -> Result<R, Failure> {
        self.look(options, Mode::Plan, then)
    }

    /// The same in a mode of its own; nothing is kept.
    pub fn look<R>(
        &self,
        options: &Options,
        mode: Mode,
        then: impl FnOnce(&Session, &Built) -> R,
    ) -> Result<R, Failure> {
        let store = Store::read(&self.world)?;
        options.far.iter().for_each(|far| store.reach(far.clone()));
        let exec = Local::new(options.jobs);
        let a = &self.assembled;
        let session = Session::new(&self.world, &store, &exec, &Maker, &a.steps, &a.review, options.target);
        let wanted = self.wanted(&options.steps)?;
        let built = walk::walk(&session, mode, &wanted, &|_| {}, &mut |_, _| Next::Go);
        if let Some(fault) = built.runs.iter().find_map(|r| r.fault.clone()) {
            return Err(fault.into());
        }
        Ok(then(&session, &built))
    }

    /// The steps asked for, with all that they need.
    pub fn wanted(&self, names: &[String]) -> Result<BTreeSet<usize>, Failure> {
        let steps = &self.assembled.steps;
        if names.is_empty() {
            return Ok((0..steps.len()).collect());
        }
        let mut of = Vec::new();
        for name in names {
            let fits = |s: &&Step| s.name == *name || s.path == *name || s.path.starts_with(&format!("{name}."));
            let found: Vec<usize> = steps.iter().enumerate().filter(|(_, s)| fits(s)).map(|(i, _)| i).collect();
            if found.is_empty() {
                let help = crate::diag::suggest(name, steps.iter().map(|s| s.name.as_str()));
                return Err(Failure::Usage(format!("there is no step `{name}`; {help}")));
            }
            of.extend(found);
        }
        Ok(Graph::new(steps).needed(of))
    }

    /// Plans, then runs what the plan did not find; writes candidates, lock and record.
    pub fn build<R>(
        &self,
        options: &Options,
        sink: Sink,
        then: impl FnOnce(&Session, &Finished) -> R,
    ) -> Result<R, Failure> {
        let wanted = self.wanted(&options.steps)?;
        let lock = Lock::load(&self.world).map_err(Failure::World)?;
        let store = Store::write(&self.world)?;
        options.far.iter().for_each(|far| store.reach(far.clone()));
        let local = Local::new(options.jobs);
        let exec: &dyn Executor = match &options.exec {
            Some(exec) => exec.as_ref(),
            None => &local,
        };
        let a = &self.assembled;
        let mut session = Session::new(&self.world, &store, exec, &Maker, &a.steps, &a.review, options.target);
        session.sample = options.sample.map(|bound| ("samples", bound));
        session.stop = options.stop.clone();
        session.compare = options.verify_inputs;
        session.memory = match options.memory {
            0 => (self.world.memory() / SHARE).clamp(MEMORY_LEAST, MEMORY_MOST),
            bytes => bytes,
        };
        let mut finished = self.walk(&session, options, &wanted, &lock, sink)?;
        finished.looks = self.world.looks();
        finished.all = options.steps.is_empty() && options.sample.is_none();
        let settled = self.settle(&session, options, &mut finished, &lock, sink);
        let kept = store.commit().map_err(|e| Failure::World(format!("the store: {e}")));
        finished.failures = [settled.err(), kept.err()].into_iter().flatten().collect();
        finished.lock = lock;
        (finished.bytes_written, finished.mended) = (store.written(), store.damaged());
        Ok(then(&session, &finished))
    }

    fn walk(
        &self,
        session: &Session,
        options: &Options,
        wanted: &BTreeSet<usize>,
        lock: &Lock,
        sink: Sink,
    ) -> Result<Finished, Failure> {
        let planned = walk::walk(session, Mode::Plan, wanted, &|_| {}, &mut |_, _| Next::Go);
        if options.locked {
            same_lock(lock, &self.next_lock(session, options, &planned, lock))?;
        }
        let bytes_in = planned.runs.iter().filter_map(|r| r.scanned.as_ref()).map(|s| s.read).sum();
        let answers: Vec<Answer> = planned.runs.iter().map(StepRun::answer).collect();
        for (step, run) in session.steps.iter().zip(&planned.runs).filter(|(_, r)| !r.skipped) {
            sink(Event::Plan { step: step.name.clone(), answer: run.answer(), partitions: run.runs });
        }
        let mut judged = Vec::new();
        let built = if planned.fresh() {
            let all = session.steps.iter().enumerate().filter(|(i, _)| wanted.contains(i));
            judged = all
                .flat_map(|(_, s)| &s.plan.gates)
                .map(|g| gate::judge(session, &planned, g))
                .collect::<Result<_, _>>()?;
            planned
        } else {
            self.run(session, options, wanted, sink, &mut judged)?
        };
        let fresh = answers.iter().all(|a| *a == Answer::Fresh);
        Ok(Finished {
            built,
            answers,
            judged,
            files: Outputs::load(&self.world),
            fresh,
            changed_files: 0,
            before: None,
            bytes_written: 0,
            bytes_in,
            mended: 0,
            failures: Vec::new(),
            written: BTreeSet::new(),
            lock_changed: false,
            lock: Lock::default(),
            looks: None,
            all: false,
        })
    }

    /// Runs what the plan did not find, and judges the gates of each step behind it.
    fn run(
        &self,
        session: &Session,
        options: &Options,
        wanted: &BTreeSet<usize>,
        sink: Sink,
        judged: &mut Vec<Judged>,
    ) -> Result<Built, Fault> {
        let mut unjudged = None;
        let mut judge = |i: usize, built: &Built| {
            if session.store.written() > 0 && session.store.commit().is_err() {
                return Next::Stop; // told when the walk ends: the store refuses everything from here on
            }
            // of a step that broke off its fault is told, and nothing is known that a gate could judge
            let whole = built.runs[i].fault.is_none();
            let gates = session.steps[i].plan.gates.iter().filter(|_| whole);
            let gates = gates.map(|g| gate::judge(session, built, g));
            let gates: Vec<Judged> = match gates.collect() {
                Ok(gates) => gates,
                Err(fault) => {
                    unjudged = Some(fault);
                    return Next::Stop;
                }
            };
            let good = whole && gates.iter().all(|g| g.pass);
            judged.extend(gates);
            let stops = session.stop.asked() > 0;
            match good || options.keep_going {
                true => Next::Go,
                false if stops => Next::Stop,
                false => Next::Without,
            }
        };
        pages::large(true);
        let built = walk::walk(session, Mode::Build, wanted, sink, &mut judge);
        unjudged.map_or(Ok(built), Err)
    }

    /// Gates on goals, release folders, lock, record.
    fn settle(&self, s: &Session, options: &Options, f: &mut Finished, lock: &Lock, sink: Sink) -> Result<(), Failure> {
        let all = f.all;
        if all && f.complete() {
            for goal in &self.assembled.goals {
                f.judged.push(gate::judge(s, &f.built, goal)?);
            }
        }
        for j in &f.judged {
            let line = self.manifest.line(j.gate.span.start);
            sink(Event::Gate { key: j.gate.key.clone(), want: j.want(), got: j.got.to_string(), pass: j.pass, line });
        }
        for (step, run) in s.steps.iter().zip(&f.built.runs) {
            let (Some(name), Some((content, root))) = (&step.plan.folder, run.roots) else { continue };
            if run.skipped || run.fault.is_some() || options.sample.is_some() {
                continue;
            }
            crate::engine::store::mark_cache(&self.world, "out").map_err(|e| Failure::World(e.to_string()))?;
            s.go_on()?;
            f.changed_files += out::write(s, &mut f.files, &format!("out/{name}"), &run.files, false)?;
            f.written.insert(name.clone());
            let rows = match run.facts.get("samples") {
                Some(crate::stage::Fact::Int(n)) => *n as u64,
                _ => 0,
            };
            let (content_root, files_root) = (content.hex(), root.hex());
            sink(Event::Release { name: name.clone(), path: format!("out/{name}"), rows, content_root, files_root });
        }
        self.settle_aside(s, options, f)?;
        if options.sample.is_none() {
            self.settle_lock(s, options, f, lock)?;
            self.settle_record(s, f, all && f.complete()).map_err(|e| Failure::World(format!("the store: {e}")))?;
        }
        let whole = all && f.complete();
        let forget = || match whole {
            true => scan::forget(&self.world, s.steps.iter().filter_map(|step| step.plan.scan.as_ref())),
            false => Ok(()),
        };
        f.files.save(&self.world, whole).and_then(|()| forget()).map_err(|e| Failure::World(format!("the store: {e}")))
    }

    /// What is not for others, in a folder that git ignores.
    fn settle_aside(&self, s: &Session, options: &Options, f: &mut Finished) -> Result<(), Failure> {
        for (step, run) in s.steps.iter().zip(&f.built.runs) {
            let Some(name) = step.plan.aside.as_ref().filter(|_| !run.files.is_empty()) else { continue };
            if run.skipped || run.fault.is_some() || options.sample.is_some() {
                continue;
            }
            keep_from_git(&self.world)?;
            f.changed_files += out::write(s, &mut f.files, &format!("{ASIDE}/{name}"), &run.files, false)?;
        }
        Ok(())
    }

    fn settle_lock(&self, s: &Session, options: &Options, f: &mut Finished, was: &Lock) -> Result<(), Failure> {
        let lock = self.next_lock(s, options, &f.built, was);
        if lock == *was {
            return Ok(());
        }
        lock.save(&self.world).map_err(|e| Failure::World(e.to_string()))?;
        f.lock_changed = true;
        Ok(())
    }

    /// The lock with the sources as they were scanned; a source that is no longer declared has no line.
    fn next_lock(&self, s: &Session, options: &Options, built: &Built, was: &Lock) -> Lock {
        let mut lock = was.clone();
        if options.steps.is_empty() && built.runs.iter().all(|r| r.fault.is_none()) {
            lock.source.retain(|name, _| s.steps.iter().any(|step| step.name == *name && lies_here(step)));
        }
        for (step, run) in s.steps.iter().zip(&built.runs) {
            if let Some(scan) = run.scanned.as_ref().filter(|_| lies_here(step)) {
                let source = SourceLock { files: scan.files, bytes: scan.bytes, digest: scan.digest.hex() };
                lock.source.insert(step.name.clone(), source);
            }
        }
        lock
    }

    /// Writes the build record and the gc roots, unless this walk used the same keys as the last one.
    fn settle_record(&self, s: &Session, f: &mut Finished, whole: bool) -> std::io::Result<()> {
        let walk = s.store.fingerprint();
        let same = Record::is_of(&self.world, walk);
        if !same || !f.fresh {
            f.before = Record::load(&self.world);
        }
        if !whole || (same && s.store.has_roots(&self.world)) {
            return Ok(());
        }
        s.store.keep_roots(&self.world)?;
        let mut record = Record::of(s, &f.built);
        record.number = f.before.as_ref().map_or(0, |b| b.number) + 1;
        record.save(&self.world, walk)
    }
}

/// `--locked`: a build that would change the lock does not begin.
fn same_lock(was: &Lock, lock: &Lock) -> Result<(), Failure> {
    let differs = |n: &&String| was.source.get(*n) != lock.source.get(*n);
    let names: BTreeSet<&String> = was.source.keys().chain(lock.source.keys()).filter(differs).collect();
    if names.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = names.into_iter().map(String::as_str).collect();
    Err(Failure::Differs(format!("--locked: dataset.lock would change: {}", names.join(", "))))
}

/// What a build came to.
pub struct Finished {
    pub built: Built,
    /// What the plan had said of each step.
    pub answers: Vec<Answer>,
    pub judged: Vec<Judged>,
    pub files: Outputs,
    /// Nothing had to run.
    pub fresh: bool,
    pub changed_files: usize,
    /// The record of the build before this one.
    pub before: Option<Record>,
    pub bytes_written: u64,
    /// Bytes of files that were not known.
    pub bytes_in: u64,
    /// Objects of the store that were damaged or gone, and were made again where they were needed.
    pub mended: u64,
    /// What failed after the walk: a folder that cannot be written, a wish to stop.
    pub failures: Vec<Failure>,
    /// Releases that lie in `out/` as they were made.
    pub written: BTreeSet<String>,
    pub lock_changed: bool,
    /// The lock as the build found it: what is frozen.
    pub lock: Lock,
    /// What was looked at until all steps were known, where the world notes it.
    pub looks: Option<Looks>,
    /// No steps were named, and no share of the samples.
    pub all: bool,
}

impl Finished {
    /// Nothing was left out by a failure.
    pub fn complete(&self) -> bool {
        self.built.runs.iter().all(|r| r.fault.is_none()) && self.judged.iter().all(|j| j.pass)
            || self.built.runs.iter().all(|r| !r.skipped && r.fault.is_none())
    }

    /// All steps were asked for, nothing ran and nothing was written.
    pub fn idle(&self) -> bool {
        let written = self.bytes_written > 0 || self.changed_files > 0 || self.lock_changed || self.mended > 0;
        self.all && self.fresh && !written && self.before.is_none() && self.exit() == 0
    }

    /// The exit code: the greatest among faults and a stop request, else 1 if a gate failed, else 0.
    pub fn exit(&self) -> i32 {
        let faults = || self.built.runs.iter().filter_map(|r| r.fault.clone()).map(|f| Failure::from(f).exit());
        let failure = self.failures.iter().map(Failure::exit);
        faults().chain(failure).max().unwrap_or_else(|| i32::from(self.judged.iter().any(|j| !j.pass)))
    }
}

/// Whether a step's files lie in the project: those that were fetched have lines of their own in dataset.lock.
fn lies_here(step: &Step) -> bool {
    step.plan.scan.as_ref().is_some_and(|source| source.globs.iter().all(|glob| is_released(glob) || !is_fetched(glob)))
}

/// The manifest of a project, read as TOML.
fn manifest_of(world: &World) -> Result<Manifest, Failure> {
    let bytes = world.read(MANIFEST, 64 << 20).map_err(|e| Failure::World(format!("{MANIFEST}: {e}")))?;
    let text = String::from_utf8(bytes).map_err(not_text)?;
    match manifest::parse(MANIFEST, text.as_str().into()) {
        Ok(manifest) => Ok(manifest),
        Err(problems) => {
            let empty = manifest::parse(MANIFEST, "".into()).map_err(|_| Failure::Bug("an empty manifest".into()))?;
            Err(Failure::Declaration(empty.with_text(text.into()), problems))
        }
    }
}

/// The world with the files that were fetched, where the manifest fetches any.
fn with_fetched(world: World, manifest: &Manifest, registry: &[Entry]) -> Result<World, Failure> {
    let (effects, _) = assemble::effects(manifest, &world, registry); // what is wrong is told with all other problems
    let named = manifest::workspace::named(manifest);
    if effects.is_empty() && named.is_empty() {
        return Ok(world);
    }
    let mut fetched = Fetched::default();
    if !effects.is_empty() {
        let lock = Lock::load(&world).map_err(Failure::World)?;
        let objects = Objects::of(&world).map_err(|e| Failure::World(format!("the store: {e}")))?;
        fetched = effect::mount(&objects, &lock, &effects);
    }
    workspace::mount(&world, &named, &mut fetched)?;
    Ok(world.with_fetched(fetched))
}

fn not_text(e: std::string::FromUtf8Error) -> Failure {
    let at = e.utf8_error().valid_up_to();
    let line = e.as_bytes().iter().take(at).filter(|b| **b == b'\n').count() + 1;
    Failure::Usage(format!("{MANIFEST}:{line}: the file is not UTF-8; save it as UTF-8"))
}

/// Only errors stop a verb.
pub fn errors(problems: &[Diagnostic]) -> usize {
    problems.iter().filter(|p| p.severity == Severity::Error).count()
}
