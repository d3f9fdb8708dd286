//! `tamis build`
use super::project::{self, Failure, Finished, MEMORY_LEAST, Options, Project};
use super::push::{apart, dataset, tell_trouble};
use super::{Context, event, interrupt, say, warn, warn_as_is, worker};
use crate::engine::fresh::{self, Said};
use crate::engine::ledger::{self, Tally, Times};
use crate::engine::session::{Session, Stop};
use crate::engine::store::{self, Far};
use crate::engine::told::{Answer, Done, Event, StepCount};
use crate::report::progress::Progress;
use crate::report::{diagnostic, lang, remote as words, terminal};
use crate::stage::{Executor, Fault, Kernel};
use crate::stages::registry;
use crate::world::World;
use std::path::PathBuf;
use std::sync::Arc;

#[derive(clap::Args, Clone)]
pub struct Args {
    /// Only these steps and what they need
    steps: Vec<String>,
    /// Tell what would run, and run nothing
    #[arg(long)]
    dry_run: bool,
    /// How many threads; 0 is one a core
    #[arg(short, long, default_value_t = 0, value_parser = super::jobs(), value_name = "N")]
    jobs: usize,
    /// Events as JSON, one a line
    #[arg(long)]
    pub json: bool,
    /// Go on with what does not depend on a step that failed
    #[arg(long)]
    keep_going: bool,
    /// Fail if dataset.lock would change
    #[arg(long)]
    locked: bool,
    /// Work on a share of the samples, `1%`, for a quick look; such a build writes no release
    #[arg(long, value_parser = share, value_name = "SHARE")]
    sample: Option<u64>,
    /// Memory that the build may use, `512 MiB`; else a quarter of the machine's, at most 1 GiB
    #[arg(long, value_parser = memory, default_value = "0 B", hide_default_value = true, value_name = "SIZE")]
    memory: u64,
    /// Read every file and compare it: also what was written through a memory map, which no look at a file tells
    #[arg(long)]
    verify_inputs: bool,
    /// Touch no network; no build does, only `update` and `fetch` do
    #[arg(long)]
    offline: bool,
    /// Take results from the remote that TAMIS_REMOTE or the user's settings name; `write` also sends new ones there afterwards
    #[arg(long, value_enum, value_name = "USE", conflicts_with = "offline")]
    remote: Option<Remote>,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
    /// Give the work of kernels to so many processes; for tests
    #[arg(long, hide = true, value_parser = super::jobs(), value_name = "N")]
    workers: Option<usize>,
}

/// How a build uses the remote.
#[derive(clap::ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remote {
    Read,
    Write,
}

impl Args {
    /// Whether all steps are asked for, and only the end is told.
    fn says_all(&self) -> bool {
        self.steps.is_empty()
            && self.sample.is_none()
            && !self.dry_run
            && !self.json
            && !self.verify_inputs
            && self.remote != Some(Remote::Write)
    }
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let stop = interrupt::listen().map_err(|e| Failure::World(format!("signals: {e}")))?;
    match project::workspace::order(c.dir.as_deref(), c.member.as_deref())? {
        Some(members) => several(c, args, &members, &stop),
        None => once(c, args, stop),
    }
}

/// Builds members of a workspace one after another; one that cannot be built ends it. Steps are those of the last one.
fn several(c: &Context, args: &Args, members: &[(String, PathBuf)], stop: &Stop) -> Result<i32, Failure> {
    if !args.steps.is_empty() && c.member.is_none() {
        return Err(Failure::Usage("steps are those of one member: name it with `-p MEMBER`".into()));
    }
    for (i, (name, folder)) in members.iter().enumerate() {
        let whole = Args { steps: Vec::new(), ..args.clone() };
        let args = if i + 1 == members.len() { args } else { &whole };
        if members.len() > 1 && !c.quiet && !args.json {
            say(&format!("member {name}\n"));
        }
        let exit = match once(&Context { dir: Some(folder.clone()), ..c.clone() }, args, stop.clone()) {
            Ok(exit) => exit,
            Err(failure) => {
                if members.len() > 1 {
                    warn(&format!("the member {name} cannot be built:\n"));
                }
                return Err(failure);
            }
        };
        if exit != 0 {
            return Ok(exit);
        }
    }
    Ok(0)
}

/// One build, which a wish may stop.
pub fn once(c: &Context, args: &Args, stop: Stop) -> Result<i32, Failure> {
    let root = project::find(c.dir.as_deref())?;
    if !args.dry_run {
        project::workspace::settle(&root)?;
    }
    let world = World::new(root).noting().asking();
    let target = args.partition_target.max(2);
    if let Some(said) = args.says_all().then(|| fresh::again(&world, target, lang::chosen().name())).flatten() {
        tell_fresh(c, &said);
        return Ok(0);
    }
    let project = Project::in_world(world, &registry())?;
    let workers = args.workers.map(|n| worker::own(n, args.jobs)).transpose()?.map(Arc::new);
    let options = Options {
        jobs: args.jobs,
        exec: workers.clone().map(|w| w as Arc<dyn Executor + Send + Sync>),
        target,
        steps: args.steps.clone(),
        keep_going: args.keep_going,
        locked: args.locked,
        sample: args.sample,
        memory: args.memory,
        verify_inputs: args.verify_inputs,
        stop,
        far: args.remote.map(|_| project::remote::open(&project.world)).transpose()?.map(Arc::new),
    };
    tell_start(&project, args, c);
    if args.dry_run {
        let exit = dry_run(&project, &options, args)?;
        options.far.iter().for_each(|far| tell_trouble(far));
        return Ok(exit);
    }
    let progress = Progress::new(c.quiet || args.json);
    let sink = |e: Event| {
        progress.hear(&e);
        if args.json && !matches!(e, Event::Running { .. } | Event::Task { .. }) {
            event(&e);
        }
    };
    project.build(&options, &sink, |session, finished| {
        progress.finish();
        workers.iter().for_each(|w| warn(&worker::told(&w.met())));
        let exit = finished.exit();
        if let Some(far) = &options.far {
            settle_remote(&project, session, &options, args, far, c);
        }
        if args.json {
            for (step, say) in terminal::faults(session, finished) {
                event(&Event::Failure { step: step.map(String::from), message: say.to_string() });
            }
            tell_unseen(session, finished);
            tell_kernels(session, finished)?;
            event(&Event::Done(Box::new(done(session, finished)?)));
        } else {
            let told = terminal::build(&project, session, finished, c.quiet);
            say(told.as_deref().unwrap_or_default());
            warn_as_is(&terminal::failures(&project, session, finished));
            told?;
        }
        keep_fresh(&project, session, finished)?;
        Ok(exit)
    })?
}

/// Sends what the build used, if that is asked for, and tells what came of the remote. Nothing of it makes a build fail: what
/// was not found was made here.
fn settle_remote(project: &Project, session: &Session, options: &Options, args: &Args, far: &Far, c: &Context) {
    let mut sent = (None, None);
    if args.remote == Some(Remote::Write) {
        let keys = session.store.keys_used(&project.world).unwrap_or_default();
        let stops = || options.stop.asked() > 0;
        let (pushed, failure) = apart(store::push(session.store, keys, far, &dataset(project), false, &stops), far);
        sent = (Some(pushed), failure);
    }
    let (pushed, failure) = sent;
    if args.json {
        let (name, met) = (far.name().to_string(), far.met());
        return event(&Event::Remote { name, met, pushed, failure });
    }
    match c.quiet {
        true => tell_trouble(far),
        false => warn(&words::met(far.name(), &far.met())),
    }
    if let Some(pushed) = pushed.filter(|_| !c.quiet) {
        let none = failure.is_none() && words::is_all_raw(&pushed);
        warn(&words::pushed(far.name(), &pushed));
        if none {
            warn(&format!("  {}\n", words::ALL_RAW));
        }
    }
    if let Some(say) = failure {
        warn(&format!("not all was pushed: {say}\n"));
    }
}

/// A build that did nothing is remembered, so that the next that has nothing to do says so at once.
fn keep_fresh(project: &Project, session: &Session, finished: &Finished) -> Result<(), Fault> {
    let Some(looks) = finished.looks.as_ref().filter(|_| finished.idle()) else { return Ok(()) };
    let result = terminal::build(project, session, finished, false)?;
    let said = Said { language: lang::chosen().name().into(), result, warnings: warnings_of(project) };
    fresh::keep(session, project.manifest.shape(), looks.clone(), &finished.files, &said);
    Ok(())
}

fn tell_fresh(c: &Context, said: &Said) {
    if !c.quiet {
        warn_as_is(&said.warnings);
        say(&said.result);
    }
}

fn warnings_of(project: &Project) -> String {
    project.assembled.warnings.iter().map(|w| diagnostic::short(&project.manifest, w)).collect()
}

/// `512 MiB` as bytes.
fn memory(text: &str) -> Result<u64, String> {
    let bytes = crate::manifest::values::Size::parse(text)?.0;
    if (1..MEMORY_LEAST).contains(&bytes) {
        return Err(format!("a build needs at least {} MiB", MEMORY_LEAST >> 20));
    }
    Ok(bytes)
}

/// `1%` as a bound on 64-bit hashes.
fn share(text: &str) -> Result<u64, String> {
    let percent = text.strip_suffix('%').unwrap_or(text).parse();
    let percent: f64 = percent.map_err(|_| "a share is written 1%".to_string())?;
    match (percent / 100.0 * u64::MAX as f64) as u64 {
        bound if bound > 0 && percent <= 100.0 => Ok(bound),
        _ => Err("a share lies above 0% and up to 100%".into()),
    }
}

fn tell_start(project: &Project, args: &Args, c: &Context) {
    let warnings = &project.assembled.warnings;
    if args.json {
        let d: crate::manifest::sections::Dataset = terminal::dataset(project);
        let (name, version) = (d.name.get().clone(), d.version.get().clone());
        event(&Event::Start { name, version, steps: project.assembled.steps.len() });
        for w in warnings {
            let m = &project.manifest;
            event(&crate::engine::told::diagnostic(w, &m.file, &m.text, |at| (m.line(at), m.column(at))));
        }
    } else if !c.quiet {
        warn_as_is(&warnings_of(project));
    }
}

fn dry_run(project: &Project, options: &Options, args: &Args) -> Result<i32, Failure> {
    project.plan(options, |session, built| {
        let mut text = String::new();
        for (step, run) in session.steps.iter().zip(&built.runs).filter(|(_, r)| !r.skipped) {
            let answer = run.answer();
            if args.json {
                event(&Event::Plan { step: step.name.clone(), answer, partitions: run.runs });
                continue;
            }
            text.push_str(&match answer {
                Answer::Fresh => format!("  {:<28} fresh\n", step.name),
                Answer::Runs => format!(
                    "  {:<28} runs on {} partition{}\n",
                    step.name,
                    run.runs,
                    if run.runs == 1 { "" } else { "s" }
                ),
                Answer::May => format!("  {:<28} may run, after what it reads\n", step.name),
            });
        }
        if args.json {
            event(&Event::Done(Box::default()));
        } else {
            say(&text);
        }
        0
    })
}

fn tell_unseen(s: &Session, f: &Finished) {
    for (step, run) in s.steps.iter().zip(&f.built.runs) {
        for path in run.scanned.iter().flat_map(|scan| &scan.unseen) {
            event(&Event::Unseen { step: step.name.clone(), path: path.clone() });
        }
    }
}

fn tell_kernels(s: &Session, f: &Finished) -> Result<(), Fault> {
    for ((step, meter), run) in s.steps.iter().zip(&s.meters).zip(&f.built.runs) {
        for part in Kernel::ALL {
            let (calls, rows) = meter.read(part);
            if calls > 0 {
                event(&Event::Kernel { step: step.name.clone(), part, calls, rows });
            }
        }
        if ledger::findings(s, step, run)? == 0 {
            continue; // the counts are at hand, the events must be read
        }
        let told = Tally::of(s, step, run)?.reasons;
        let found = told.into_iter().filter(|((act, ..), _)| matches!(*act, "finding" | "review" | "fail"));
        for ((_, rule, key), Times { samples, times }) in found {
            event(&Event::Finding { step: step.name.clone(), rule, key, count: times, samples });
        }
    }
    Ok(())
}

/// The last event, from the counters behind the only door to a kernel.
pub fn done(s: &Session, f: &Finished) -> Result<Done, Fault> {
    let mut d = Done { exit: f.exit(), bytes_in: f.bytes_in, bytes_written: f.bytes_written, ..Done::default() };
    for part in Kernel::ALL {
        d.kernels.insert(part.name(), 0);
        d.rows.insert(part.name(), 0);
    }
    let (mut contents, mut files) = (Vec::new(), Vec::new());
    for ((step, meter), run) in s.steps.iter().zip(&s.meters).zip(&f.built.runs) {
        let mut of = StepCount { findings: ledger::findings(s, step, run)?, ..StepCount::default() };
        for part in Kernel::ALL {
            let (calls, rows) = meter.read(part);
            *d.kernels.entry(part.name()).or_default() += calls;
            *d.rows.entry(part.name()).or_default() += rows;
            of.kernels += calls;
            of.rows += rows;
        }
        d.steps.insert(step.name.clone(), of);
        if let (Some(name), Some((content, root))) = (&step.plan.folder, run.roots) {
            contents.push((name.clone(), content));
            files.push((name.clone(), root));
        }
    }
    d.content_root = terminal::root(&contents);
    d.files_root = terminal::root(&files);
    Ok(d)
}
