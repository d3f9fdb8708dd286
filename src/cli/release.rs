//! `tamis release NAME`: builds, demands that all gates hold, and freezes the candidate.
mod outside;
pub mod pins;
mod reported;

use super::project::{Failure, Finished, Options, Project, keep_from_git};
use super::verify::signed::SIGNATURE;
use super::{Context, json, pin, say, warn_as_is};
use crate::digest::Digest;
use crate::engine::lock::{Lock, ReleaseLock};
use crate::engine::out;
use crate::engine::session::Session;
use crate::report::freeze::{self, Freeze};
use crate::report::progress::Progress;
use crate::report::terminal;
use crate::stages::label::guideline;
use crate::stages::release::unknown_terms;
use crate::stages::split::declaration::{Declaration, fold_column};
use crate::stages::split::{PINS, pins_text};
use crate::table::{self, ArrayRef, value_at};
use crate::world::ASIDE;
use schemars::JsonSchema;
use serde::Serialize;

#[derive(clap::Args)]
pub struct Args {
    /// Which `[release.NAME]`
    name: String,
    /// How many threads; 0 is one a core
    #[arg(short, long, default_value_t = 0, value_parser = super::jobs(), value_name = "N")]
    jobs: usize,
    /// One JSON object
    #[arg(long)]
    json: bool,
    /// Sign the release with a secret key of minisign; its password is $TAMIS_KEY_PASSWORD, or is asked for
    #[arg(long, value_name = "KEY")]
    sign: Option<std::path::PathBuf>,
    /// Write releases/NAME-VERSION.tar.zst, too
    #[arg(long)]
    archive: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// 0, or why nothing was frozen (`spec/architecture.md`).
    exit: i32,
    name: String,
    version: String,
    /// What was frozen; `null` where nothing was.
    frozen: Option<Frozen>,
    /// Why nothing was frozen: gates and failures, a line each.
    why: Vec<String>,
}

#[derive(Serialize, JsonSchema)]
struct Frozen {
    folder: String,
    /// 64 hex digits.
    content_root: String,
    files_root: String,
    /// How it differs from the version before, a line each.
    changes: Vec<String>,
    /// The signature that was written, if it was asked for.
    signature: Option<String>,
    /// The archive that was written, if it was asked for.
    archive: Option<String>,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let project = Project::open(c.dir.as_deref())?;
    let known = |n: &str| project.assembled.steps.iter().any(|s| s.plan.folder.as_deref() == Some(n));
    if !known(&args.name) {
        let names: Vec<&str> = project.assembled.steps.iter().filter_map(|s| s.plan.folder.as_deref()).collect();
        return Err(Failure::Usage(format!(
            "there is no [release.{}]; {}",
            args.name,
            crate::diag::suggest(&args.name, names)
        )));
    }
    let unknown = unknown_terms(&project.manifest, &args.name);
    if !unknown.is_empty() {
        return Err(Failure::Declaration(project.manifest, unknown));
    }
    let version = terminal::dataset(&project).version.get().clone();
    let key = args.sign.as_deref().map(|path| outside::key(&project.world, path)).transpose()?;
    let options = Options { jobs: args.jobs, ..Options::default() };
    let report = reported::made(&project, &options, &args.name, c.quiet || args.json)?;
    let progress = Progress::new(c.quiet || args.json);
    let (exit, told, text) = project.build(&options, &|e| progress.hear(&e), |s, f| {
        progress.finish();
        if f.exit() != 0 {
            let failures = terminal::failures(&project, s, f);
            let why = failures.lines().map(str::trim).filter(|l| !l.is_empty()).map(String::from).collect();
            if !args.json {
                warn_as_is(&failures);
            }
            return Ok((f.exit(), (None, why), format!("not released: {}\n", gates(f))));
        }
        freeze(&project, s, f, (args.name.as_str(), version.as_str()), report.as_ref())
            .map(|(frozen, text)| (0, (Some(frozen), Vec::new()), text))
    })??;
    let (mut frozen, why) = told;
    if !args.json {
        say(&text);
    }
    if let Some(frozen) = &mut frozen {
        let tell = |text: String| {
            if !args.json {
                say(&text)
            }
        };
        if let Some(key) = &key {
            tell(outside::sign(&project.world, &frozen.folder, key)?);
            frozen.signature = Some(format!("{}/{SIGNATURE}", frozen.folder));
        }
        if args.archive {
            tell(outside::archive(&project, &frozen.folder)?);
            frozen.archive = Some(format!("{}.tar.zst", frozen.folder));
        }
    }
    if args.json {
        json(&Told { exit, name: args.name.clone(), version, frozen, why });
    }
    Ok(exit)
}

fn gates(f: &Finished) -> String {
    let open = f.judged.iter().filter(|j| !j.pass).count();
    if open == 0 {
        "the build failed".into()
    } else {
        terminal::plural(open as u64, "gate") + if open == 1 { " does not hold" } else { " do not hold" }
    }
}

/// Freezes a candidate; what was frozen, and that in words.
fn freeze(
    project: &Project,
    s: &Session,
    f: &Finished,
    (name, version): (&str, &str),
    report: Option<&reported::Reported>,
) -> Result<(Frozen, String), Failure> {
    let found = s.steps.iter().zip(&f.built.runs).find(|(step, _)| step.plan.folder.as_deref() == Some(name));
    let Some((_, run)) = found else { return Err(Failure::Usage(format!("there is no [release.{name}]"))) };
    let Some((content, files)) = run.roots else { return Err(Failure::Bug("a release without roots".into())) };
    let folder = format!("releases/{name}-{version}");
    let mut lock = Lock::load(&project.world).map_err(Failure::World)?;
    if let Freeze::Refused(say) = freeze::freeze(&project.manifest, &lock, name, version, (content, files)) {
        return Err(Failure::Differs(say));
    }
    if let Some(root) = frozen_root(project, &folder).filter(|r| *r != content.hex()) {
        let was = root.get(..8).unwrap_or_default();
        return Err(Failure::Differs(format!(
            "{folder} holds content {was}, and this is {}; raise `version`",
            content.short()
        )));
    }
    let world = |e: std::io::Error| Failure::World(e.to_string());
    let mut ready = pins::candidate(project, name, version)?;
    let made = pin::made::made(s, &f.built, name, &pins::key(&project.manifest, &project.world));
    (ready.pin.kernels, ready.pin.steps) = (made.kernels, made.steps);
    let mut states = crate::engine::out::Outputs::default();
    let answers = hidden(project, s, f, name, version)?;
    let list = reported::with_report(s, report, (content, files), &run.files)?;
    let kept = outside::kept(&project.world, &folder, &list);
    out::write(s, &mut states, &folder, &list, true)?;
    outside::put_back(&project.world, &folder, kept)?;
    pin_guidelines(project)?;
    let pins = assignments(project, s, f)?;
    project.world.replace(PINS, pins.as_bytes()).map_err(world)?;
    lock.freeze(ReleaseLock {
        name: name.into(),
        version: version.into(),
        content_root: content.hex(),
        files_root: files.hex(),
        assignments: Digest::of(pins.as_bytes()).hex(),
    });
    pins::write(&project.world, name, version, &ready.pin)?;
    lock.save(&project.world).map_err(world)?;
    let text = format!(
        "released {name} {version}   {folder}   content {}  files {}\n{}  commit dataset.lock and pins/   check it: tamis verify {folder}\n{}{answers}",
        content.short(),
        files.short(),
        ready.told,
        named_otherwise(project, name)
    );
    let changes = ready.told.lines().map(|line| line.trim().to_string()).collect();
    let (content_root, files_root) = (content.hex(), files.hex());
    Ok((Frozen { folder, content_root, files_root, changes, signature: None, archive: None }, text))
}

/// What is told where a release under `[privacy]` calls samples otherwise than their sources, and the file for git does not.
fn named_otherwise(project: &Project, name: &str) -> String {
    let table = project.manifest.table(&["release", name]).and_then(|(_, table)| table.get_ref().as_table());
    let ids = table.and_then(|table| table.get("ids")?.get_ref().as_str()).unwrap_or("source");
    if ids == "source" || project.manifest.table(&["privacy"]).is_none() {
        return String::new();
    }
    format!("  {PINS} has the ids of the sources, not those of the release: whoever reads the repository sees them\n")
}

/// Freezes the hidden answers beside a release that hides them.
fn hidden(project: &Project, s: &Session, f: &Finished, name: &str, version: &str) -> Result<String, Failure> {
    let found = s.steps.iter().zip(&f.built.runs).find(|(step, _)| step.plan.aside.as_deref() == Some(name));
    let Some((_, run)) = found.filter(|(_, run)| !run.files.is_empty()) else { return Ok(String::new()) };
    keep_from_git(&project.world)?;
    let mut states = crate::engine::out::Outputs::default();
    let folder = format!("{ASIDE}/{name}-{version}");
    let sums = run.files.iter().find(|file| file.path == "B3SUMS").and_then(|file| file.sums.as_ref());
    if let (Ok(there), Some(sums)) = (project.world.read(&format!("{folder}/B3SUMS"), 1 << 20), sums)
        && Digest::of(&there) != sums.blake3
    {
        return Err(Failure::Differs(format!(
            "{folder} holds other answers, and {name} {version} is frozen with them; raise `version`"
        )));
    }
    out::write(s, &mut states, &folder, &run.files, true)?;
    Ok(format!("  the hidden answers are in {folder}, which git ignores: keep them, and give them to nobody\n"))
}

/// Remembers which text each version of a guideline had; earlier lines stay.
fn pin_guidelines(project: &Project) -> Result<(), Failure> {
    let old = project.world.read(guideline::PINS, 16 << 20).unwrap_or_default();
    let mut lines: Vec<String> = String::from_utf8_lossy(&old).lines().map(String::from).collect();
    for (task, version, digest) in guideline::guideline_pins(&project.manifest, &project.world) {
        let line = guideline::pin_line(&task, &version, &digest);
        let line = line.trim_end().to_string();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return Ok(());
    }
    lines.sort();
    let text: String = lines.iter().map(|l| format!("{l}\n")).collect();
    project.world.replace(guideline::PINS, text.as_bytes()).map_err(|e| Failure::World(e.to_string()))
}

/// The content root of a folder that was frozen before.
fn frozen_root(project: &Project, folder: &str) -> Option<String> {
    let bytes = project.world.read(&format!("{folder}/release.json"), 1 << 30).ok()?;
    let v: serde_json::Value = serde_json::from_slice(&bytes).ok()?;
    Some(v.get("content_root")?.as_str()?.to_string())
}

/// The split and the folds of every living sample, as [`PINS`] has them.
fn assignments(project: &Project, s: &Session, f: &Finished) -> Result<String, Failure> {
    let table = project.manifest.table(&["split"]);
    let declared = table.and_then(|(_, table)| crate::manifest::read::<Declaration>(table).ok());
    let drawings = declared.as_ref().map_or(0, Declaration::drawings);
    let mut rows = Vec::new();
    for part in f.built.tables.get("samples").map(|t| t.parts.as_slice()).unwrap_or_default() {
        let column = |name: &str| part.columns.get(name).copied().flatten();
        let (Some(ids), Some(splits)) = (column("id"), column("split")) else { continue };
        let (ids, splits) = (s.array(ids)?, s.array(splits)?);
        let folds = (0..drawings).filter_map(|n| column(&fold_column(n))).map(|digest| s.array(digest));
        let folds = folds.collect::<Result<Vec<_>, _>>()?;
        let fold = |of: &ArrayRef, row: usize| value_at(of.as_ref(), row).key_text().unwrap_or_else(|| "0".into());
        let folds = |row: usize| folds.iter().map(|of| fold(of, row)).collect();
        for (row, (id, split)) in table::texts(ids.as_ref()).iter().zip(table::texts(splits.as_ref())).enumerate() {
            if let (true, Some(id), Some(split)) = (part.living.as_ref().is_some_and(|l| l.is(row as u32)), id, split) {
                rows.push((id.to_string(), split.to_string(), folds(row)));
            }
        }
    }
    Ok(pins_text(rows, declared.and_then(|d| d.folds.map(|folds| *folds.get()))))
}
