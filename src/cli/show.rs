//! `tamis show STEP`: a table as a step left it, and what the step found, without running a kernel.
mod agreement;
mod clusters;
pub mod json;
mod told;
mod what_if;

use super::pager::say;
use super::{Context, Printer};
use crate::diag::suggest;
use crate::engine::ledger::Tally;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::engine::told::Answer;
use crate::project::{Failure, Options, Project};
use crate::report::filter::Filter;
use crate::report::lang;
use crate::report::rows::Looking;
use crate::report::sheet::Sheet;
use crate::report::show::{self, Snapshot};
use crate::report::snapshot::{before, snapshot};
use crate::report::terminal::{bytes, plural};
use crate::stage::{Fact, Fault, Kernels, OutFile};
use crate::stages::release::anonymity::SUPPRESSED;
use std::collections::BTreeMap;
use told::{Kind, Telling};

#[derive(clap::Args)]
pub struct Args {
    /// The step, as `tamis graph` names it, or its table in dataset.toml
    step: String,
    /// Each finding with its place, rule and key
    #[arg(long, group = "told")]
    findings: bool,
    /// What the step dropped or merged
    #[arg(long, group = "told")]
    dropped: bool,
    /// What waits for review outside of the release
    #[arg(long, group = "told")]
    held: bool,
    /// Which samples are duplicates of which, the largest clusters first
    #[arg(long, conflicts_with_all = ["told", "rows", "sample", "filter", "field", "format", "by"])]
    clusters: bool,
    /// What each filter removed and flagged, how much it alone, and where filters agree
    #[arg(long, conflicts_with_all = ["told", "rows", "sample", "filter", "field", "format", "by", "clusters"])]
    filters: bool,
    /// At most so many findings
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: usize,
    /// The first N rows
    #[arg(long, value_name = "N", conflicts_with = "told")]
    rows: Option<usize>,
    /// N rows of the whole table, the same ones each time
    #[arg(long, value_name = "N", conflicts_with_all = ["told", "rows"])]
    sample: Option<usize>,
    /// Only rows like `split:test class:PS,LC chars:>200 -source:a text:"a b" finding:field status:held`
    #[arg(long = "where", value_name = "FILTER", allow_hyphen_values = true, conflicts_with_all = ["told", "by"])]
    filter: Option<String>,
    /// One column as bars: values, classes, numbers, lengths
    #[arg(long, value_name = "NAME", conflicts_with_all = ["told", "rows", "sample", "format", "by"])]
    field: Option<String>,
    /// All of it for other programs: rows, or what was found or dropped with what the sample held
    #[arg(long, value_enum, conflicts_with_all = ["rows", "limit", "by"])]
    format: Option<Format>,
    /// Show values that may hold personal data
    #[arg(long)]
    raw: bool,
    /// One JSON object: columns, numbers, what happened, files, and the findings that are asked for
    #[arg(long, conflicts_with_all = ["clusters", "filters", "rows", "sample", "filter", "field", "format", "by", "agreement", "what_if", "sweep"])]
    json: bool,
    /// Only the labels, counted by class or by split; with --agreement by class, annotator, pair, sample, version of the guideline or quadrant
    #[arg(long, value_enum)]
    by: Option<By>,
    /// How far the annotators of a task agree
    #[arg(long, conflicts_with_all = ["told", "rows", "sample", "filter", "field", "format"])]
    agreement: bool,
    /// How many samples would break a limit of [clean.quality]: `words_min=50`, several times for several
    #[arg(long = "what-if", value_name = "NAME=VALUE", conflicts_with_all = ["told", "rows", "sample", "filter", "field", "format", "by", "agreement"])]
    what_if: Vec<String>,
    /// How many samples a limit of [clean.quality] would take, wherever it stood: `words_min`
    #[arg(long, value_name = "NAME", conflicts_with_all = ["told", "rows", "sample", "filter", "field", "format", "by", "agreement", "what_if"])]
    sweep: Option<String>,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

#[derive(clap::ValueEnum, Clone, Copy, PartialEq)]
enum By {
    Class,
    Split,
    Annotator,
    Pair,
    Sample,
    /// Versions of the guideline
    Version,
    /// Agreement beside what a model makes of each class
    Quadrant,
}

#[derive(clap::ValueEnum, Clone, Copy)]
enum Format {
    Jsonl,
    Csv,
}

impl Args {
    fn kind(&self) -> Option<Kind> {
        let of = [(self.findings, Kind::Findings), (self.dropped, Kind::Dropped), (self.held, Kind::Held)];
        of.into_iter().find(|(asked, _)| *asked).map(|(_, kind)| kind)
    }

    fn sheet(&self) -> Option<Sheet> {
        self.format.map(|f| if matches!(f, Format::Csv) { Sheet::Csv } else { Sheet::Jsonl })
    }
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    if !args.agreement && matches!(args.by, Some(By::Annotator | By::Pair | By::Sample | By::Version | By::Quadrant)) {
        return Err(Failure::Usage(
            "labels are counted by class or by split; --agreement is told by the others".into(),
        ));
    }
    let step = if args.agreement { agreement::step(&project, &args.step)? } else { args.step.clone() };
    let chosen = Chosen::find(&project, &step)?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    if args.json {
        let shown = project.plan(&options, |s, built| {
            let snapshot = snapshot(&project, built, chosen.main, args.raw);
            json::shown(&project, s, built, (&chosen, &snapshot), args)
        })??;
        super::json(&shown);
        return Ok(0);
    }
    let text = project.plan(&options, |s, built| page(&project, s, built, &chosen, args))??;
    say(&text);
    Ok(0)
}

/// The step whose table is shown, and all whose findings are.
struct Chosen {
    main: usize,
    all: Vec<usize>,
}

impl Chosen {
    /// A step by its name, or all of a table's steps by its key path.
    fn find(project: &Project, name: &str) -> Result<Chosen, Failure> {
        let steps = &project.assembled.steps;
        let all: Vec<usize> = steps.iter().enumerate().filter(|(_, s)| s.path == name).map(|(i, _)| i).collect();
        let exact = steps.iter().position(|s| s.name == name);
        match (exact, all.last()) {
            (Some(main), None) => Ok(Chosen { main, all: vec![main] }),
            (exact, Some(last)) => Ok(Chosen { main: exact.unwrap_or(*last), all }),
            (None, None) => {
                let help = suggest(name, steps.iter().map(|s| s.name.as_str()));
                Err(Failure::Usage(format!("there is no step `{name}`; {help}")))
            }
        }
    }
}

fn page(project: &Project, s: &Session, built: &Built, chosen: &Chosen, args: &Args) -> Result<String, Failure> {
    let (step, run) = (&s.steps[chosen.main], &built.runs[chosen.main]);
    let snapshot = snapshot(project, built, chosen.main, args.raw);
    let words = |text: String| lang::lines(&text).into_owned();
    let mut out = words(show::head(&step.name, &snapshot));
    if run.answer() != Answer::Fresh {
        let old = "not built as dataset.toml and the files stand now: tamis build";
        if args.format.is_some() {
            super::warn(&format!("tamis: {} is {old}\n", step.name));
        }
        out.push_str(&words(format!("  {old}\n")));
    }
    if args.agreement {
        return agreement::page(project, s, built, chosen.main, args).map(|text| out + &words(text));
    }
    if args.clusters || args.filters {
        return together(s, built, &snapshot, chosen, args).map(|text| out + &words(text));
    }
    if !args.what_if.is_empty() || args.sweep.is_some() {
        return what_if::page(s, built, chosen.main, args).map(|text| out + &words(text));
    }
    if let Some(kind) = args.kind() {
        let raw = args.raw || project.manifest.table(&["privacy"]).is_none();
        let telling = Telling { s, built, of: &chosen.all, kind, raw };
        if let Some(sheet) = args.sheet() {
            let printer = Printer::default();
            let columns = before(project, &chosen.all, &snapshot.columns, args.raw);
            telling.sheet(sheet, &columns, &|text| printer.print(text))?;
            return Ok(String::new());
        }
        let (list, total) = telling.list(args.limit)?;
        return Ok(out + &words(show::findings(&project.manifest, &list, total)));
    }
    if args.rows.is_some()
        || args.sample.is_some()
        || args.filter.is_some()
        || args.format.is_some()
        || args.field.is_some()
    {
        return rows(s, built, &snapshot, chosen.main, args)
            .map(|text| if args.format.is_some() { text } else { out + &text });
    }
    let facts: BTreeMap<String, Fact> = chosen.all.iter().flat_map(|i| built.runs[*i].facts.clone()).collect();
    // of a task its own label alone: the classes of another may be called the same, and its facts say nothing of them
    let mut labels = snapshot.labels(s)?;
    let is_task = labels.iter().any(|(name, _)| *name == step.path);
    labels.retain(|(name, _)| !is_task || *name == step.path);
    if labels.is_empty() && args.by.is_some() {
        out.push_str(&words("  no labels up to this step\n".into()));
    }
    let labels = labels.iter().map(|(name, l)| match args.by {
        Some(By::Split) => l.by_split(name),
        _ => l.by_class(name, &facts),
    });
    // classes are called as the user calls them
    let headed = |line: &str| line.contains("annotations") || line.trim_start().starts_with("unlabelled");
    let said = |line: &str| if headed(line) { lang::lines(line).into_owned() } else { line.to_string() };
    let labels: String = labels.collect::<String>().split_inclusive('\n').map(said).collect();
    if args.by.is_some() {
        return Ok(out + &labels);
    }
    match step.entry.kernels {
        Kernels::Whole { .. } => out.push_str(&words(files(&run.files))),
        _ => out.push_str(&snapshot.schema(s)?),
    }
    out.push_str(&labels);
    out.push_str(&show::facts(&facts));
    out.push_str(&words(happened(project, s, built, chosen)?));
    Ok(out)
}

/// Samples that are duplicates of each other, or what each filter alone and together with others found.
fn together(s: &Session, built: &Built, snapshot: &Snapshot, chosen: &Chosen, args: &Args) -> Result<String, Failure> {
    let hidden = snapshot.columns.iter().any(|c| c.name == "id" && c.hidden);
    match args.clusters {
        true if hidden => Err(Failure::Usage("`id` may hold personal data: --raw shows it".into())),
        true => Ok(clusters::page(s, built, &chosen.all, args.limit)?),
        false => Ok(clusters::filters(&Telling { s, built, of: &chosen.all, kind: Kind::Findings, raw: !hidden })?),
    }
}

/// The rows themselves, or one of their columns.
fn rows(s: &Session, built: &Built, snapshot: &Snapshot, step: usize, args: &Args) -> Result<String, Failure> {
    let filter =
        Filter::parse(args.filter.as_deref().unwrap_or_default(), &snapshot.columns).map_err(Failure::Usage)?;
    let looking = Looking { s, built, snapshot, filter, step, left: false };
    if let Some(name) = &args.field {
        let column = snapshot.columns.iter().find(|c| c.name == *name);
        let Some(column) = column else {
            let help = suggest(name, snapshot.columns.iter().map(|c| c.name.as_str()));
            return Err(Failure::Usage(format!("there is no column `{name}`; {help}")));
        };
        if column.hidden {
            return Err(Failure::Usage(format!("`{name}` may hold personal data: --raw shows it")));
        }
        return Ok(looking.field(column)?);
    }
    let Some(sheet) = args.sheet() else { return Ok(looking.text(args.rows, args.sample)?) };
    let printer = Printer::default();
    match looking.sheet(sheet, args.sample, &|text| printer.print(text))? {
        true => Ok(String::new()),
        false => Err(Failure::Usage("the rows are not known before a build: tamis build".into())),
    }
}

fn files(of: &[OutFile]) -> String {
    let listed = of.iter().take(40).map(|f| format!("  {:<40} {}\n", f.path, bytes(f.content.len())));
    let more = of.len().saturating_sub(40);
    let more = if more > 0 { format!("  and {}\n", plural(more as u64, "more file")) } else { String::new() };
    listed.collect::<String>() + &more
}

/// What happened, grouped; and the command that lists it.
fn happened(project: &Project, s: &Session, built: &Built, chosen: &Chosen) -> Result<String, Fault> {
    let mut all = Tally::default();
    for i in &chosen.all {
        all.add(s, &s.steps[*i], &built.runs[*i])?;
    }
    let mut out = show::tally(&project.manifest, &all.reasons);
    if all.reasons.keys().any(|(act, rule, ..)| *act != "changed" || rule == SUPPRESSED) {
        out.push_str(&format!("  each with its place: tamis show {} --findings\n", s.steps[chosen.main].name));
    }
    Ok(out)
}
