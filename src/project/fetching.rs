//! What `tamis update` and `tamis fetch` begin with: a manifest read as far as what it fetches, and how that is to be done.
use super::{Failure, find, manifest_of};
use crate::assemble;
use crate::diag::Diagnostic;
use crate::engine::effect::{self, Archived, Objects, Outcome};
use crate::engine::lock::Lock;
use crate::engine::session::Stop;
use crate::manifest::Manifest;
use crate::stage::Effect;
use crate::stages::registry;
use crate::world::World;
use std::path::Path;

/// How files are fetched.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is fetched for these alone, by NAME or key path; empty means all.
    pub names: Vec<String>,
    pub jobs: usize,
    /// Hosts that may lie in private networks.
    pub private: Vec<String>,
    pub retries: u32,
    /// Milliseconds that stand for a second of waiting.
    pub second: u64,
    /// Tell what would be asked, and ask nothing.
    pub dry_run: bool,
    pub stop: Stop,
}

/// Who is told while files come.
#[derive(Clone, Copy)]
pub struct Hear<'t> {
    /// What became of each request.
    pub tell: &'t (dyn Fn(&Outcome) + Sync),
    /// How many more bytes came.
    pub moved: &'t (dyn Fn(u64) + Sync),
    /// What is waited for.
    pub says: &'t (dyn Fn(&str) + Sync),
}

/// A manifest read as far as what it fetches.
pub struct Fetching {
    pub world: World,
    pub manifest: Manifest,
    pub effects: Vec<Effect>,
    pub(super) lock: Lock,
}

impl Fetching {
    pub fn open(dir: Option<&Path>) -> Result<Fetching, Failure> {
        let world = World::new(find(dir)?);
        let manifest = manifest_of(&world)?;
        let registry = registry();
        let wrong = assemble::misfits(&manifest, &registry);
        let (effects, problems) = assemble::effects(&manifest, &world, &registry);
        // of a table that does not fit the schema it is known what is wrong
        let told = super::errors(&wrong) > 0;
        let problems = problems.into_iter().filter(|d| !told || d.code != "T0109");
        let all: Vec<Diagnostic> = wrong.iter().cloned().chain(problems).collect();
        if super::errors(&all) > 0 {
            return Err(Failure::Declaration(manifest, all));
        }
        let lock = Lock::load(&world).map_err(Failure::World)?;
        Ok(Fetching { world, manifest, effects, lock })
    }

    /// Writes what dataset.lock pins of a crawl to a file that is not there yet, as WARC.
    pub fn archive(&self, name: &str, file: &Path) -> Result<Archived, Failure> {
        let named = |e: &&Effect| e.folder == name || e.name == name;
        let crawls = |e: &Effect| e.crawl.as_ref().map(|crawl| (e.name.clone(), crawl.key.clone()));
        let Some((effect, key)) = self.effects.iter().find(named).and_then(crawls) else {
            let all: Vec<&str> = self.effects.iter().filter(|e| e.crawl.is_some()).map(|e| e.folder.as_str()).collect();
            let all = if all.is_empty() { "none does".to_string() } else { format!("these do: {}", all.join(", ")) };
            return Err(Failure::Usage(format!("[collect.{name}] does not crawl; {all}")));
        };
        let lacking = || {
            let say = format!("what [collect.{name}] crawled is not in the store; `tamis update {name}` crawls");
            Failure::Usage(say)
        };
        let line = self.lock.fetched.get(&effect).and_then(|lines| lines.get(&key)).ok_or_else(lacking)?;
        let (Some(folder), Some(own)) = (file.parent(), file.file_name().and_then(|own| own.to_str())) else {
            return Err(Failure::Usage(format!("{} names no file", file.display())));
        };
        let to = self.world.at(folder);
        if to.exists(own) {
            return Err(Failure::Usage(format!("{} is there: it would be lost", file.display())));
        }
        let failed = |e: std::io::Error| Failure::World(format!("{}: {e}", file.display()));
        let objects = Objects::of(&self.world).map_err(failed)?;
        let mut archived = None;
        let written = to.replace_with(own, true, |w| {
            archived = effect::archive(&objects, line, w)?;
            if archived.is_none() { Err(std::io::Error::other("not in the store")) } else { Ok(()) }
        });
        match (written, archived) {
            (Ok(()), Some(archived)) => Ok(archived),
            (Err(e), Some(_)) => Err(failed(e)),
            (Err(e), None) if e.to_string().contains("was built without") => Err(failed(e)),
            _ => Err(lacking()),
        }
    }
}
