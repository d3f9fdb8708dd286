//! `tamis report`: what people look at, as one HTML file.
use super::project::{Failure, Options, Project};
use super::{Context, browser, json, say, warn, warn_as_is};
use crate::engine::lock::Lock;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::engine::told::Answer;
use crate::manifest::values::Size;
use crate::report::html;
use crate::report::lang::{self, Lang};
use crate::report::progress::Progress;
use crate::report::terminal::{self, bytes, number};
use crate::report::view::Views;
use crate::report::view::changes;
use crate::report::view::seen::Seen;
use crate::world::undotted;

#[derive(clap::Args)]
pub struct Args {
    /// The file to write, below the project's folder
    #[arg(long, default_value = "out/report.html", value_name = "FILE", conflicts_with = "json")]
    out: String,
    /// Tell what differs from an earlier release: NAME@VERSION, or a folder that no build writes
    #[arg(long, value_name = "RELEASE")]
    against: Option<String>,
    /// At most so many samples, besides those that steps spoke of
    #[arg(long, default_value_t = 1000, value_name = "N")]
    samples: usize,
    /// The largest file: samples are taken back by rank, never numbers
    #[arg(long, default_value = "1MB", value_parser = size, value_name = "SIZE")]
    max_size: u64,
    /// Build nothing; what is not fresh is named, and nothing is written
    #[arg(long)]
    no_build: bool,
    /// Open the file in a browser
    #[arg(long, conflicts_with = "json")]
    open: bool,
    /// One JSON object with what the pages are made of; no file is written
    #[arg(long)]
    json: bool,
    /// How many threads; 0 is one a core
    #[arg(short, long, default_value_t = 0, value_parser = super::jobs(), value_name = "N")]
    jobs: usize,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// What tamis keeps below the project's folder, and where people keep what they decided.
const KEPT: [&str; 6] = [".git", ".tamis", "dataset.lock", "releases", "pins", "reviews"];

/// A report is written over another report alone, and never where the project keeps or reads something.
fn may_write(project: &Project, path: &str) -> Result<(), Failure> {
    let refused = |why: &str| Err(Failure::Usage(format!("{path} {why}; name another file with --out")));
    let Some(place) = project.world.place(path) else {
        return Err(Failure::Usage(format!("{path} leaves the project")));
    };
    let plain = undotted(path);
    // some file systems make no difference between small letters and capitals
    let small = plain.to_lowercase();
    let below = |folder: &str| small == folder || small.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
    let built = project.assembled.steps.iter().filter_map(|s| s.plan.folder.as_ref());
    let kept = KEPT.iter().any(|name| below(name)) || small.starts_with(".git");
    if kept || built.into_iter().any(|name| below(&format!("out/{}", name.to_lowercase()))) {
        return refused("lies where tamis or git keeps data");
    }
    if project.reads(&plain) || small == crate::project::MANIFEST {
        return refused("is a file that a build reads");
    }
    if plain.is_empty() || path.ends_with('/') || place.is_dir() {
        return refused("is a folder");
    }
    if !project.world.exists(&plain) {
        return Ok(());
    }
    let head = project.world.open(&plain).and_then(|file| file.read(HEAD, 0)).unwrap_or_default();
    if !String::from_utf8_lossy(&head).contains(html::MARK) {
        return refused("is there and is no report of tamis: it would be lost");
    }
    Ok(())
}

/// Bytes of a file in which a report says that it is one.
const HEAD: usize = 1024;

fn size(text: &str) -> Result<u64, String> {
    Size::parse(text).map(|size| size.0)
}

/// More samples than this make a page that no browser shows.
const SAMPLES_MAX: usize = 100_000;

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    if !args.json {
        may_write(&project, &args.out)?;
    }
    if let Some(against) = &args.against {
        super::diff::is_earlier(c, &project, against)?;
    }
    let options = Options { jobs: args.jobs, target: args.partition_target.max(2), ..Options::default() };
    let exit = if args.no_build { 0 } else { build(c, &project, &options)? };
    // where only a gate does not hold, the report is what shows why
    if exit > 1 {
        return Ok(exit);
    }
    let lock = Lock::load(&project.world).map_err(Failure::World)?;
    project
        .plan(&options, |s, built| {
            let waits = s.steps.iter().zip(&built.runs).filter(|(_, r)| r.answer() != Answer::Fresh);
            let waits: Vec<&str> = waits.map(|(step, _)| step.name.as_str()).collect();
            if args.no_build && !waits.is_empty() {
                return Err(Failure::Differs(format!("not fresh: {}; tamis build", waits.join(", "))));
            }
            write(c, args, &project, (s, built), &lock)
        })?
        .map(|fits| if fits { exit } else { 1 })
}

/// The exit code of the build; what does not hold is told.
pub fn build(c: &Context, project: &Project, options: &Options) -> Result<i32, Failure> {
    let progress = Progress::new(c.quiet);
    project.build(options, &|e| progress.hear(&e), |s, f| {
        progress.finish();
        if f.exit() != 0 {
            warn_as_is(&terminal::failures(project, s, f));
        }
        f.exit()
    })
}

/// Whether the file is as small as was asked for.
fn write(
    c: &Context,
    args: &Args,
    project: &Project,
    (s, built): (&Session, &Built),
    lock: &Lock,
) -> Result<bool, Failure> {
    let seen = Seen::new(project, s, built);
    let mut views = Views::of(&seen, lock, args.samples.min(SAMPLES_MAX))?;
    if let Some(against) = &args.against {
        let mut changes = super::diff::against(c, against)?;
        changes::shown(&seen, &mut changes, true);
        views.changes = Some(changes);
    }
    if args.json {
        json(&views);
        return Ok(true);
    }
    let made = html::report(&views, language(c, &views), usize::try_from(args.max_size).unwrap_or(usize::MAX));
    let fits = made.html.len() as u64 <= args.max_size;
    if !fits {
        let say =
            format!("{} is larger than --max-size: its numbers alone take {}", args.out, bytes(made.html.len() as u64));
        warn(&format!("tamis: {}\n", lang::text(&say)));
    }
    let failed = |e: std::io::Error| Failure::World(format!("{}: {e}", args.out));
    project.world.replace(&args.out, made.html.as_bytes()).map_err(failed)?;
    let [held, chosen] = [made.shown, made.chosen].map(|n| number(n as u64));
    let shown = format!("{held} of {chosen} chosen samples, {} live", number(views.samples.total));
    say(&format!("{}   {}   {shown}\n", args.out, bytes(made.html.len() as u64)));
    if args.open
        && let Some(place) = project.world.place(&args.out)
    {
        browser::file(&place)?;
    }
    Ok(fits)
}

/// `--lang`, else the first language of the data set.
fn language(c: &Context, views: &Views) -> Lang {
    let first = || views.overview.languages.first().cloned();
    c.lang.clone().or_else(first).map_or(Lang::En, |name| Lang::of_locale(&name))
}
