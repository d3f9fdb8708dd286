//! `tamis license`: which licences the data is under, and what each use may do with it; no kernel runs.
use super::{Context, json, say};
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::manifest::sources::{self, Terms};
use crate::model::license;
use crate::project::{Failure, Options, Project};
use crate::report::license::{Composition, Decision, Evidence, Source, amounts, verdicts};
use crate::report::terminal;
use crate::stage::Fault;
use crate::table;
use std::collections::BTreeMap;

#[derive(clap::Args)]
pub struct Args {
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Records to a partition on average; for tests
    #[arg(long, hide = true, default_value_t = 4096, value_name = "N")]
    partition_target: usize,
}

/// Samples by source and licence.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let options = Options { target: args.partition_target.max(2), ..Options::default() };
    let composed = project.plan(&options, |s, built| composition(&project, s, built))??;
    if args.json {
        json(&composed);
    } else {
        say(&composed.text());
    }
    Ok(0)
}

fn composition(project: &Project, s: &Session, built: &Built) -> Result<Composition, Failure> {
    let dataset = terminal::dataset(project);
    let terms = sources::terms(&project.manifest);
    let counts = if built.fresh() { Some(counted(s, built, &terms)?) } else { None };
    let sources: Vec<Source> = terms.iter().map(|t| source(project, s, built, t, counts.as_ref())).collect();
    let all = || terms.iter().map(|t| t.license.as_str());
    Ok(Composition {
        name: dataset.name.get().clone(),
        version: dataset.version.get().clone(),
        license: dataset.license.map(|l| l.get().clone()),
        counted: counts.is_some(),
        licenses: amounts(&sources),
        sources,
        uses: verdicts(&terms),
        decisions: dataset
            .allow
            .into_iter()
            .map(|a| Decision { rule: a.rule.get().clone(), source: a.source.get().clone(), reason: a.reason })
            .collect(),
        outlets: license::outlets(all(), false),
        adapted_outlets: license::outlets(all(), true),
    })
}

fn source(project: &Project, s: &Session, built: &Built, t: &Terms, counts: Option<&Counts>) -> Source {
    let path = format!("collect.{}", t.name);
    let own = s.steps.iter().zip(&built.runs).filter(|(step, _)| step.path == path);
    let scanned = || own.clone().filter_map(|(_, run)| run.scanned.as_ref());
    let recognised = |file: &String| {
        let bytes = project.world.read(file, license::EVIDENCE_MAX).ok()?;
        license::by_text(&String::from_utf8_lossy(&bytes))
    };
    Source {
        name: t.name.clone(),
        license: t.license.clone(),
        named: t.names_somebody(),
        evidence: t.evidence.as_ref().map(|file| Evidence { file: file.clone(), recognised: recognised(file) }),
        files: scanned().map(|x| x.files).sum(),
        bytes: scanned().map(|x| x.bytes).sum(),
        samples: counts.and_then(|all| all.get(&t.name)).cloned().unwrap_or_default(),
    }
}

/// The living samples of each source, by the licence of each.
fn counted(s: &Session, built: &Built, terms: &[Terms]) -> Result<Counts, Fault> {
    let mut out = Counts::new();
    let parts = built.tables.get("samples").map(|t| t.parts.as_slice()).unwrap_or_default();
    for part in parts {
        let Some(sources) = part.columns.get("source").copied().flatten() else { continue };
        let sources = s.array(sources)?;
        let own = part.columns.get("license").copied().flatten().map(|digest| s.array(digest)).transpose()?;
        let own = own.as_ref().filter(|a| *a.data_type() == table::DataType::Utf8).map(|a| table::texts(a.as_ref()));
        for (row, source) in table::texts(sources.as_ref()).into_iter().enumerate() {
            let lives = part.living.as_ref().is_none_or(|l| l.is(row as u32));
            let Some(of) = source.filter(|_| lives).and_then(|name| terms.iter().find(|t| t.name == name)) else {
                continue;
            };
            let sorted = own.as_ref().filter(|_| of.allowed.is_some()).and_then(|own| own.get(row).copied().flatten());
            let license = sorted.unwrap_or(&of.license).to_string();
            *out.entry(of.name.clone()).or_default().entry(license).or_default() += 1;
        }
    }
    Ok(out)
}
