//! `tamis show STEP --json`: columns, numbers, what happened, files, and the findings that are asked for.
use super::{Args, Chosen, told::Telling};
use crate::engine::ledger::Tally;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::engine::told::Answer;
use crate::manifest::Manifest;
use crate::project::{Failure, Project};
use crate::report::show::{self, Found, Snapshot};
use crate::stage::{Fact, OutFile};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Shown {
    step: String,
    /// The table that the step works on, and its rows behind the step; `null` where they are not known before a build.
    table: String,
    rows: Option<u64>,
    /// Whether what stands here is of the manifest and the files as they are now.
    fresh: bool,
    columns: Vec<Column>,
    /// By name.
    facts: BTreeMap<String, Measure>,
    /// What happened, by what was done, rule and key.
    happened: Vec<Happened>,
    /// Files of a release.
    files: Vec<File>,
    /// With --findings, --dropped or --held: at most `--limit` of them, and how many there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Vec<Finding>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    found_in_all: Option<u64>,
}

#[derive(Serialize, JsonSchema)]
struct Column {
    name: String,
    #[serde(rename = "type")]
    ty: String,
    /// The steps that wrote it.
    writers: Vec<String>,
    /// It may hold personal data, and its values are not shown.
    hidden: bool,
}

/// A number that a step measured.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Measure {
    /// A count.
    Int(i64),
    /// A decimal, as a text.
    Decimal(String),
    /// Why there is no number.
    Undefined(String),
    /// Names of columns, and rows of cells.
    Table { columns: Vec<String>, rows: Vec<Vec<String>> },
}

#[derive(Serialize, JsonSchema)]
struct Happened {
    /// `changed`, `dropped`, `merged`, `review`, `finding`, ...
    act: &'static str,
    rule: String,
    /// The key of the manifest with its line.
    key: String,
    line: Option<usize>,
    /// Samples that it happened to; 0 where they are not counted, and how often it happened.
    samples: u64,
    times: u64,
}

#[derive(Serialize, JsonSchema)]
struct File {
    path: String,
    bytes: u64,
}

#[derive(Serialize, JsonSchema)]
struct Finding {
    place: String,
    kind: &'static str,
    rule: String,
    say: String,
    key: String,
    line: Option<usize>,
}

impl From<&Fact> for Measure {
    fn from(fact: &Fact) -> Measure {
        match fact {
            Fact::Int(n) => Measure::Int(*n),
            Fact::Decimal(text) => Measure::Decimal(text.clone()),
            Fact::Undefined(why) => Measure::Undefined(why.clone()),
            Fact::Table { columns, rows } => Measure::Table { columns: columns.clone(), rows: rows.clone() },
        }
    }
}

impl Finding {
    fn of(m: &Manifest, found: Found) -> Finding {
        let Found { place, kind, rule, say, key } = found;
        Finding { line: show::line_of(m, &key), place, kind, rule, say, key }
    }
}

/// The object of a step, without running a kernel.
pub(super) fn shown(
    project: &Project,
    s: &Session,
    built: &Built,
    (chosen, snapshot): (&Chosen, &Snapshot),
    args: &Args,
) -> Result<Shown, Failure> {
    let (step, run) = (&s.steps[chosen.main], &built.runs[chosen.main]);
    let column = |c: &show::Column| Column {
        name: c.name.clone(),
        ty: c.type_told(),
        writers: c.writers.clone(),
        hidden: c.hidden,
    };
    let facts = chosen.all.iter().flat_map(|i| built.runs[*i].facts.iter());
    let file = |f: &OutFile| File { path: f.path.clone(), bytes: f.content.len() };
    let found = match args.kind() {
        Some(kind) => {
            let raw = args.raw || project.manifest.table(&["privacy"]).is_none();
            let (list, all) = Telling { s, built, of: &chosen.all, kind, raw }.list(args.limit)?;
            Some((list.into_iter().map(|f| Finding::of(&project.manifest, f)).collect(), all))
        }
        None => None,
    };
    let (found, found_in_all) = found.unzip();
    Ok(Shown {
        step: step.name.clone(),
        table: snapshot.table.clone(),
        rows: snapshot.rows(),
        fresh: run.answer() == Answer::Fresh,
        columns: snapshot.columns.iter().map(column).collect(),
        facts: facts.map(|(name, fact)| (name.clone(), fact.into())).collect(),
        happened: happened(project, s, built, chosen)?,
        files: run.files.iter().map(file).collect(),
        found,
        found_in_all,
    })
}

fn happened(project: &Project, s: &Session, built: &Built, chosen: &Chosen) -> Result<Vec<Happened>, Failure> {
    let mut all = Tally::default();
    for i in &chosen.all {
        all.add(s, &s.steps[*i], &built.runs[*i])?;
    }
    let told = all.reasons.into_iter().map(|((act, rule, key), n)| Happened {
        line: show::line_of(&project.manifest, &key),
        act,
        rule,
        key,
        samples: n.samples,
        times: n.times,
    });
    Ok(told.collect())
}
