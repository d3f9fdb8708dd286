//! `tamis new`: a project out of a folder of data, or out of a few records that come with tamis.
use super::{Context, aside, json, say, say_as_is, warn, warn_as_is};
use crate::assemble;
use crate::diag::{Severity, suggest};
use crate::manifest;
use crate::new::draft::{self, Draft, There, Wanted};
use crate::new::folder::Folder;
use crate::new::names::slug;
use crate::new::template::{self, LANGUAGES};
use crate::project::{Failure, MANIFEST, Project};
use crate::report::terminal::plural;
use crate::report::{diagnostic, lang, shown};
use crate::stages::registry;
use crate::world::{How, World};
use schemars::JsonSchema;
use serde::Serialize;
use std::path::{Path, PathBuf};

#[derive(clap::Args)]
pub struct Args {
    /// The project's folder, which is made; with --from and without a name the folder of data becomes the project
    name: Option<String>,
    /// Look at a folder of data and write a dataset.toml that builds
    #[arg(long, value_name = "DIR")]
    from: Option<PathBuf>,
    /// Name every file that is not read, and not the first ones of each reason alone
    #[arg(long, requires = "from")]
    all: bool,
    /// Begin with a few records of this kind: ner, classification, similarity, detection, tabular, chat, transcription
    #[arg(long, value_name = "KIND", conflicts_with = "from")]
    template: Option<String>,
    /// Print the file that helps a script of this language to be a step of a project: python
    #[arg(long, value_name = "LANGUAGE", conflicts_with_all = ["from", "template", "name"], num_args = 0..=1,
        default_missing_value = "python", value_parser = clap::builder::PossibleValuesParser::new(template::STEPS.iter().map(|s| s.0)))]
    step: Option<String>,
    /// One JSON object
    #[arg(long, conflicts_with = "step")]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema, Default)]
pub struct Told {
    /// The folder of the project.
    project: String,
    /// The manifest that was written; `null` where there is one, which stays as it is.
    manifest: Option<String>,
    /// The template that the records come from.
    template: Option<String>,
    /// What could be added to the manifest that is there, as its text; empty where every file is read already.
    #[serde(skip_serializing_if = "Option::is_none")]
    addition: Option<String>,
    /// What was seen of each source, in words.
    found: Vec<String>,
    /// What could not be known.
    open: Vec<Open>,
}

#[derive(Serialize, JsonSchema)]
struct Open {
    /// The line of the manifest, from 1; `null` for what is of no line.
    line: Option<usize>,
    say: String,
}

impl Told {
    fn of(project: &Path, draft: &Draft) -> Told {
        let open = |(line, say): &(usize, String)| Open { line: (*line > 0).then_some(*line), say: say.clone() };
        Told {
            project: project.display().to_string(),
            manifest: Some(MANIFEST.into()),
            found: draft.told.clone(),
            open: draft.open.iter().map(open).collect(),
            ..Told::default()
        }
    }
}

/// Where raw data lies in a project of its own.
const RAW: &str = "raw/";

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    if let Some(language) = &args.step {
        let helper = template::STEPS.iter().find(|s| s.0 == language).map_or("", |s| s.1);
        say_as_is(helper);
        return Ok(0);
    }
    aside(args.json);
    let base = c.dir.clone().unwrap_or_default();
    let told = match (&args.from, &args.name) {
        (Some(from), name) => from_folder(c, &base.join(from), name.as_deref().map(|n| base.join(n)), args.all)?,
        (None, Some(name)) => from_template(c, args, &base.join(name))?,
        (None, None) => {
            return Err(Failure::Usage(
                "`tamis new NAME` makes a project, `tamis new --from DIR` one of a folder of data".into(),
            ));
        }
    };
    if args.json {
        json(&told);
    }
    Ok(0)
}

fn from_folder(c: &Context, from: &Path, to: Option<PathBuf>, all: bool) -> Result<Told, Failure> {
    if !from.is_dir() {
        return Err(Failure::Usage(format!("{} is no folder", from.display())));
    }
    let world = World::new(from);
    let folder = Folder::of(&world, to.is_none()).map_err(|e| Failure::World(e.to_string()))?;
    if to.is_none() && world.is_file(MANIFEST) {
        return more(c, from, &folder, all);
    }
    let named = to.as_deref().unwrap_or(from);
    let name = name_of(named);
    let below = if to.is_some() { RAW } else { "" };
    let draft =
        draft::of(&folder, &Wanted { name, below, all, more: None }).map_err(|unread| nothing(from, &unread))?;
    let project = match &to {
        None => world.clone(),
        Some(to) => copied(&folder, &draft, to)?,
    };
    checked(&project, &draft.text)?;
    written(&project, MANIFEST, &draft.text)?;
    if !c.quiet {
        say(&told(&draft, named));
    }
    Ok(Told::of(named, &draft))
}

/// The kind of a project for which none is named.
const USUAL: &str = "classification";
/// The schema of the manifest, for editors.
const SCHEMA: &str = "docs/dataset.schema.json";

fn from_template(c: &Context, args: &Args, to: &Path) -> Result<Told, Failure> {
    let wanted = args.template.as_deref().unwrap_or(USUAL);
    let Some(template) = template::named(wanted) else {
        let all = template::TEMPLATES.iter().map(|t| t.name);
        let help = suggest(wanted, all);
        return Err(Failure::Usage(format!("there is no template `{wanted}`: {help}")));
    };
    let failed = |e: std::io::Error| Failure::World(e.to_string());
    let language = c.lang.as_deref().or(LANGUAGES.first().copied()).unwrap_or_default();
    let project = World::new(to);
    empty(&project, to)?;
    let schema =
        serde_json::to_string_pretty(&assemble::schema(&registry())).map_err(|e| Failure::Bug(e.to_string()))?;
    let schema = (SCHEMA.to_string(), format!("{schema}\n").into_bytes());
    for (path, bytes) in template.files(language, &name_of(to)).into_iter().chain([schema]) {
        project.replace_with(&path, false, |out| out.write_all(&bytes)).map_err(failed)?;
    }
    let text = project.read(MANIFEST, 1 << 20).map_err(failed)?;
    checked(&project, &String::from_utf8_lossy(&text))?;
    if !c.quiet {
        let place = to.display();
        let (is, next) = (format!("{place} is a project: {}", template.say), format!("next: tamis -C {place} build"));
        say(&format!("{}\n{}\n", lang::text(&is), lang::text(&next)));
    }
    Ok(Told { template: Some(template.name.into()), ..Told::of(to, &Draft::default()) })
}

/// Why a folder makes no project.
fn nothing(from: &Path, unread: &[String]) -> Failure {
    let first = format!("nothing in {} is data that tamis knows", from.display());
    let mut said = vec![lang::text(&first).into_owned()];
    said.extend(unread.iter().cloned());
    Failure::Usage(said.join("; "))
}

/// The name of a data set in a folder.
fn name_of(folder: &Path) -> String {
    let own = folder.canonicalize().unwrap_or(folder.to_path_buf());
    let name = slug(&own.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default());
    if name.is_empty() { "dataset".to_string() } else { name }
}

/// Writes a file that must not be there yet.
fn written(world: &World, path: &str, text: &str) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::World(e.to_string());
    let file = world.own(path, How::Create).map_err(failed)?;
    file.write_at(text.as_bytes(), 0).and_then(|()| file.sync()).map_err(failed)
}

/// Copies what the manifest names into a project of its own.
fn copied(folder: &Folder, draft: &Draft, to: &Path) -> Result<World, Failure> {
    let failed = |e: std::io::Error| Failure::World(e.to_string());
    let project = folder.world.at(to);
    empty(&project, to)?;
    for path in &draft.files {
        let open = folder.world.open(path).map_err(failed)?;
        let mut reader = open.reader().map_err(failed)?;
        let copy = |out: &mut dyn std::io::Write| std::io::copy(&mut reader, out).map(drop);
        project.replace_with(&format!("{RAW}{path}"), false, copy).map_err(failed)?;
    }
    written(&project, ".gitignore", template::GITIGNORE)?;
    written(&project, ".gitattributes", template::GITATTRIBUTES)?;
    Ok(project)
}

/// A new project begins in a folder that is missing or empty.
fn empty(project: &World, to: &Path) -> Result<(), Failure> {
    let failed = |e: std::io::Error| Failure::World(e.to_string());
    if to.exists() && (!to.is_dir() || !project.names("").map_err(failed)?.is_empty()) {
        return Err(Failure::Usage(format!("{} is there already, and not empty", to.display())));
    }
    project.make_folder("").map_err(failed).map(drop)
}

/// What was written must be without a mistake: else it is a bug, and every mistake is shown.
fn checked(project: &World, text: &str) -> Result<(), Failure> {
    let problems = match manifest::parse(MANIFEST, text.into()) {
        Err(problems) => problems,
        Ok(manifest) => match assemble::assemble(&manifest, project, &registry(), false) {
            Ok(_) => return Ok(()),
            Err(mut problems) => {
                problems.retain(|p| p.severity == Severity::Error);
                warn_as_is(&diagnostic::render(&manifest, &problems, false));
                problems
            }
        },
    };
    Err(Failure::Bug(format!("the {MANIFEST} that was written has {}", plural(problems.len() as u64, "mistake"))))
}

/// In a project: what could be added for files that no source reads. Nothing is written.
fn more(c: &Context, from: &Path, folder: &Folder, all: bool) -> Result<Told, Failure> {
    let project = Project::open(Some(from))?;
    let files = folder.files.iter().map(|f| f.path.clone()).filter(|p| project.reads(p)).collect();
    let named = |table: &str| project.manifest.instances(&[table]).into_iter().map(|(name, _, _)| name);
    let names = named("collect").chain(named("label")).collect();
    let more = Some(There { files, names });
    let there = |draft: &Draft| Told { manifest: None, addition: Some(draft.text.clone()), ..Told::of(from, draft) };
    Ok(match draft::of(folder, &Wanted { more, all, ..Wanted::default() }) {
        Err(unread) => {
            say(&format!("{}\n", lang::text("every file that tamis knows is read already")));
            unread.iter().for_each(|what| say(&format!("  {}\n", shown::line(what))));
            there(&Draft::default())
        }
        Ok(draft) => {
            if !c.quiet {
                let place = from.display();
                let there = format!("{place} has a {MANIFEST}, which stays as it is; this could be added to it:");
                warn(&format!("{}\n", lang::text(&there)));
            }
            say_as_is(&draft.text);
            there(&draft)
        }
    })
}

fn told(draft: &Draft, project: &Path) -> String {
    let line = |path: &Path| shown::line(&path.display().to_string()).into_owned();
    let mut out = String::new();
    for one in &draft.told {
        out.push_str(&format!("  {one}\n"));
    }
    let written = format!("{} was written; what could not be known:", line(&project.join(MANIFEST)));
    out.push_str(&format!("{}\n", lang::text(&written)));
    for (at, what) in &draft.open {
        let place = if *at == 0 { String::new() } else { format!("{MANIFEST}:{at}: ") };
        out.push_str(&format!("  {place}{}\n", shown::line(what)));
    }
    out.push_str(&format!("{}\n", lang::text(&format!("next: tamis -C {} build", line(project)))));
    out
}
