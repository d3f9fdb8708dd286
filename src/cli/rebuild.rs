//! `tamis rebuild-check RELEASE`: builds a frozen release again, from nothing, out of the commit that holds its pin, and says
//! whether it comes to the same bytes; if not, which step first gave something else.
use super::page::Page;
use super::pin::made::{First, Made, first, made};
use super::pin::{self, Pin};
use super::release::pins::key;
use super::revision::{Revision, cut};
use super::{Context, json, say};
use crate::project::{Failure, find};
use crate::report::{shown, terminal};
use crate::world::{Scratch, World};
use schemars::JsonSchema;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(clap::Args)]
pub struct Args {
    /// `NAME@VERSION`, or the folder of a frozen release
    release: String,
    /// The commit to build; else the last one that changed the release's pin
    #[arg(long, value_name = "REV")]
    commit: Option<String>,
    /// How many threads; 0 is one a core
    #[arg(short, long, default_value_t = 0, value_parser = super::jobs(), value_name = "N")]
    jobs: usize,
    /// One JSON object
    #[arg(long)]
    json: bool,
}

/// What `--json` says.
#[derive(Serialize, JsonSchema)]
pub struct Told {
    /// 0 where both roots are those of the release, else 1.
    exit: i32,
    name: String,
    version: String,
    /// The commit that was built, in 40 hex digits.
    commit: String,
    /// 64 hex digits each.
    content_root: Roots,
    files_root: Roots,
    /// Files that git does not keep, which were taken as they lie in the project.
    beside_git: Vec<String>,
    /// How many steps the release is made by.
    steps: u64,
    /// The first step that is not what it was, and why; `null` where there is none, or where the pin does not know the steps.
    first: Option<Step>,
    /// Steps whose kernels have other versions than they had.
    kernels: BTreeMap<String, Roots>,
}

#[derive(Serialize, JsonSchema, Clone)]
struct Roots {
    was: String,
    is: String,
}

#[derive(Serialize, JsonSchema)]
struct Step {
    step: String,
    why: String,
}

pub fn run(c: &Context, args: &Args) -> Result<i32, Failure> {
    let here = World::new(find(c.dir.as_deref())?);
    let (name, version) = named(&here, &args.release)?;
    let path = pin::path(&name, &version);
    let commit = commit_of(&here, args, &path)?;
    let scratch = Scratch::new().map_err(|e| Failure::World(e.to_string()))?;
    let copy = Revision::of(&here, &commit, &scratch.world, false)?;
    let pin = Pin::read(&copy.world, &path).map_err(|_| {
        Failure::Usage(format!("commit {} has no {path}; `tamis release` writes it, and git keeps it", cut(&commit)))
    })?;
    check_folder(&here, &args.release, &pin)?;
    let (roots, now) = build(c, args, &copy, &name)?;
    let told = compare(&pin, &commit, &copy.brought, roots, &now);
    if args.json {
        json(&told);
    } else {
        say(&text(&told, !pin.steps.is_empty()));
    }
    Ok(told.exit)
}

/// The name and version that a word means: `public@1.0.0`, or a folder with a `release.json`.
fn named(here: &World, word: &str) -> Result<(String, String), Failure> {
    if let Some((name, version)) = word.split_once('@').filter(|(name, _)| !name.contains('/')) {
        return Ok((name.to_string(), version.to_string()));
    }
    let page = Page::read(&folder(here, word)).map_err(|f| match f {
        Failure::World(say) => Failure::Usage(format!("`{word}` is neither NAME@VERSION nor a frozen release: {say}")),
        other => other,
    })?;
    Ok((page.release, page.version))
}

fn folder(here: &World, word: &str) -> World {
    let own = here.at(here.root().join(word));
    if own.is_file("release.json") { own } else { World::new(word) }
}

fn commit_of(here: &World, args: &Args, pin: &str) -> Result<String, Failure> {
    let git = |say: String| Failure::World(format!("git: {say}"));
    if let Some(word) = &args.commit {
        return here.commit(word).map_err(Failure::Usage);
    }
    here.last_commit_of(pin).map_err(git)?.ok_or_else(|| {
        let say = if here.is_file(pin) { "is not committed" } else { "is in no commit" };
        Failure::Usage(format!("{pin} {say}, so nothing says what the release was made from; --commit REV names it"))
    })
}

/// A folder of a release must be what its pin says: else it is not what a build should come to.
fn check_folder(here: &World, word: &str, pin: &Pin) -> Result<(), Failure> {
    if word.contains('@') {
        return Ok(());
    }
    let folder = folder(here, word);
    let page = Page::read(&folder)?;
    let list = folder.read("B3SUMS", 1 << 30).map_err(|e| super::page::failed("B3SUMS", &e))?;
    let own = (page.content_root, crate::digest::Digest::of(&list).hex());
    if own != (pin.content_root.clone(), pin.files_root.clone()) {
        let say = "is not what its pin says it was frozen as; `tamis verify` tells what was changed in it";
        return Err(Failure::Differs(format!("{word} {say}")));
    }
    Ok(())
}

/// Builds the release as it is in the commit: its roots, and how each step went.
fn build(c: &Context, args: &Args, of: &Revision, name: &str) -> Result<([String; 2], Made), Failure> {
    let project = of.project()?;
    of.build(c, &project, args.jobs, args.json, name, |s, f| {
        let own = s.steps.iter().zip(&f.built.runs).find(|(step, _)| step.plan.folder.as_deref() == Some(name));
        let roots = own.and_then(|(_, run)| run.roots);
        let (content, files) = roots.ok_or_else(|| Failure::Bug("a release without roots".into()))?;
        let now = made(s, &f.built, name, &key(&project.manifest, &project.world));
        Ok(([content.hex(), files.hex()], now))
    })
}

fn compare(pin: &Pin, commit: &str, brought: &[String], [content, files]: [String; 2], now: &Made) -> Told {
    let same = (&content, &files) == (&pin.content_root, &pin.files_root);
    let pair = |was: &str, is: &str| Roots { was: was.to_string(), is: is.to_string() };
    let others = now.kernels.iter().filter_map(|(step, is)| {
        let was = pin.kernels.get(step)?;
        (was != is).then(|| (step.clone(), pair(was, is)))
    });
    Told {
        exit: i32::from(!same),
        name: pin.release.clone(),
        version: pin.version.clone(),
        commit: commit.to_string(),
        content_root: pair(&pin.content_root, &content),
        files_root: pair(&pin.files_root, &files),
        beside_git: brought.to_vec(),
        steps: now.order.len() as u64,
        first: first(pin, now).filter(|_| !same).map(|First { step, why }| Step { step, why }),
        kernels: others.collect(),
    }
}

/// For people. `known` is whether the pin knows the steps.
fn text(t: &Told, known: bool) -> String {
    let mut out = match t.exit {
        0 => format!(
            "the same: {} {} from commit {}: content {}  files {}, {}\n",
            t.name,
            t.version,
            cut(&t.commit),
            cut(&t.content_root.is),
            cut(&t.files_root.is),
            terminal::plural(t.steps, "step"),
        ),
        _ => format!("differs: {} {} from commit {}\n", t.name, t.version, cut(&t.commit)),
    };
    if t.exit != 0 {
        for (what, roots) in [("content", &t.content_root), ("files", &t.files_root)] {
            let same = if roots.was == roots.is { "   the same" } else { "" };
            out.push_str(&format!("  {what}: was {}, is {}{same}\n", cut(&roots.was), cut(&roots.is)));
        }
        match &t.first {
            Some(first) => out.push_str(&format!("  first at {}: {}\n", first.step, first.why)),
            None if known => out.push_str("  no step differs: only what stands beside the data does\n"),
            None => out.push_str("  its pin does not know the steps, so it cannot be said where it begins to differ\n"),
        }
        for (step, versions) in &t.kernels {
            out.push_str(&format!("  other versions: {step}: {}, now {}\n", versions.was, versions.is));
        }
    }
    if !t.beside_git.is_empty() {
        let some: Vec<&str> = t.beside_git.iter().take(3).map(String::as_str).collect();
        let more = if t.beside_git.len() > 3 { ", ..." } else { "" };
        let files = terminal::plural(t.beside_git.len() as u64, "file");
        out.push_str(&format!("  {files} beside git as they lie here: {}{more}\n", shown::line(&some.join(", "))));
    }
    out
}
