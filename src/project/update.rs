//! `tamis update` and `tamis fetch`: the only walks that open the network. They need the tables that fetch something, and no
//! other: what the rest of the manifest says may need files that are still to be fetched. Where a language model is asked (`asking`),
//! the files come first.
pub use super::fetching::{Fetching, Hear, Options};
use super::{Failure, MANIFEST, asking};
use crate::engine::effect::{self, Objects, Outcome, Used, Way, What};
use crate::engine::lock::{FetchedLock, Lock};
use crate::engine::store::Store;
use crate::stage::{Effect, Fault};
use crate::world::World;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// What it came to.
pub struct Updated {
    pub outcomes: Vec<Outcome>,
    pub lock_changed: bool,
    /// The exit code of whoever wished to stop, or 0.
    pub stopped: i32,
}

impl Updated {
    /// 3 if something did not come.
    pub fn exit(&self) -> i32 {
        let lacks = |what: &What| matches!(what, What::Failed { .. } | What::Answered { missing: 1.., .. });
        i32::from(self.outcomes.iter().any(|o| lacks(&o.what))) * 3
    }
}

impl Fetching {
    /// The effects that are asked for.
    fn wanted(&self, names: &[String]) -> Result<Vec<Effect>, Failure> {
        if self.effects.is_empty() && (self.lock.fetched.is_empty() || !names.is_empty()) {
            return Err(Failure::Usage(format!(
                "{MANIFEST} fetches nothing: no source has `url`, `urls`, `hub`, `doi` or `crawl`, and no model is asked"
            )));
        }
        for name in names {
            if !self.effects.iter().any(|e| is(e, name)) {
                let help = crate::diag::suggest(name, self.effects.iter().map(|e| e.folder.as_str()));
                return Err(Failure::Usage(format!("nothing is fetched for `{name}`; {help}")));
            }
        }
        let all = self.effects.iter().filter(|e| names.is_empty() || names.iter().any(|n| is(e, n)));
        Ok(all.cloned().collect())
    }

    /// Asks whether anything is new, fetches it, and pins it in dataset.lock; then asks language models what has no answer.
    pub fn update(&self, options: &Options, hear: Hear) -> Result<Updated, Failure> {
        let effects = self.wanted(&options.names)?;
        let mut done = match options.dry_run {
            true => self.dry(&effects, hear.tell),
            false => self.files(options, hear, effects.clone())?,
        };
        for effect in effects.iter().filter(|e| e.asks.is_some()) {
            if options.stop.asked() == 0 {
                let outcome = asking::ask(self, effect, options, hear)?;
                (hear.tell)(&outcome);
                done.outcomes.push(outcome);
            }
        }
        done.stopped = options.stop.asked() as i32;
        Ok(done)
    }

    /// Fetches what is new.
    fn files(&self, options: &Options, hear: Hear, mut effects: Vec<Effect>) -> Result<Updated, Failure> {
        if options.names.is_empty() {
            // lines of tables that are gone are forgotten
            let gone = self.lock.fetched.keys().filter(|name| !self.effects.iter().any(|e| e.name == **name));
            effects.extend(gone.map(|name| nothing(name)));
        }
        let store = Store::write(&self.world)?; // one writer of dataset.lock at a time
        if !store.has_roots(&self.world) {
            // others that share the store learn of this checkout, whose lock names what was fetched
            store.keep_roots(&self.world).map_err(|e| Failure::World(format!("the store: {e}")))?;
        }
        let was = Lock::load(&self.world).map_err(Failure::World)?; // as it is now that nobody else writes it
        let outcomes = Mutex::new(Vec::new());
        let told = |o: &Outcome| note(o, &outcomes, hear.tell);
        let lock = self.with(options, hear, &|way| effect::update(way, &was, &effects, options.jobs, &told))?;
        let stopped = options.stop.asked() as i32;
        let mut done = Updated { outcomes: all(outcomes), lock_changed: false, stopped };
        if stopped > 0 {
            return Ok(done); // the journal holds what came
        }
        if lock != was {
            lock.save(&self.world).map_err(|e| Failure::World(e.to_string()))?;
            done.lock_changed = true;
        }
        if done.exit() == 0 {
            // else the next update goes on with what came
            effect::finished(&self.world).map_err(|e| Failure::World(format!("the store: {e}")))?;
        }
        Ok(done)
    }

    /// Brings what dataset.lock names, and changes no line of it.
    pub fn fetch(&self, options: &Options, hear: Hear) -> Result<Updated, Failure> {
        let effects = self.wanted(&options.names)?;
        let _store = Store::write(&self.world)?;
        let outcomes = Mutex::new(Vec::new());
        let told = |o: &Outcome| note(o, &outcomes, hear.tell);
        self.with(options, hear, &|way| effect::fetch(way, &self.lock, &effects, options.jobs, &told))?;
        Ok(Updated { outcomes: all(outcomes), lock_changed: false, stopped: options.stop.asked() as i32 })
    }

    fn dry(&self, effects: &[Effect], tell: &(dyn Fn(&Outcome) + Sync)) -> Updated {
        let outcomes = Mutex::new(Vec::new());
        let keys = |e: &Effect| -> Vec<String> {
            let urls = e.requests.iter().map(|r| r.url.clone());
            let listed = e.listings.iter().map(|l| l.key.clone());
            urls.chain(listed).chain(e.crawl.iter().map(|c| c.key.clone())).collect()
        };
        for (effect, url) in effects.iter().flat_map(|e| keys(e).into_iter().map(move |url| (e, url))) {
            let pinned = self.lock.fetched.get(&effect.name).is_some_and(|lines| lines.contains_key(&url));
            let (name, remarks) = (effect.name.clone(), Vec::new());
            note(&Outcome { name, url, what: What::Wanted { pinned }, remarks }, &outcomes, tell);
        }
        Updated { outcomes: all(outcomes), lock_changed: false, stopped: 0 }
    }

    /// Opens the network.
    pub(super) fn with<T>(
        &self,
        o: &Options,
        hear: Hear,
        then: &dyn Fn(&Way) -> Result<T, Fault>,
    ) -> Result<T, Failure> {
        let net = self.world.net(&o.private);
        let objects = Objects::of(&self.world).map_err(|e| Failure::World(format!("the store: {e}")))?;
        let stop = o.stop.clone();
        let stops = move || stop.asked() > 0;
        let (world, moved, says, retries, second) = (&self.world, hear.moved, hear.says, o.retries, o.second);
        let unpacking = Mutex::new(());
        let way = Way { world, objects: &objects, net: &net, stops: &stops, moved, says, unpacking, retries, second };
        Ok(then(&way)?)
    }
}

/// Removes what was fetched and no lock names, of this checkout or of others that share the store.
pub fn sweep(world: &World, checkouts: &[String], dry_run: bool) -> Result<Used, Failure> {
    let mut living = BTreeSet::new();
    for lock in std::iter::once(world.clone()).chain(checkouts.iter().map(|path| world.at(path))) {
        // a lock that does not read names nothing, and everything could go: then nothing does
        let lock = Lock::load(&lock).map_err(|say| Failure::World(format!("{}: {say}", lock.root().display())))?;
        living.extend(lock.fetched.values().flat_map(|lines| lines.values()).filter_map(FetchedLock::digest));
    }
    let failed = |e: std::io::Error| Failure::World(format!("the store: {e}"));
    let _store = Store::write(world)?; // no update is under way here
    Objects::of(world).and_then(|objects| objects.sweep(&living, dry_run)).map_err(failed)
}

/// Whether an effect is the one that a name means.
fn is(effect: &Effect, name: &str) -> bool {
    effect.folder == name || effect.name == name
}

/// What is no longer declared asks for nothing.
fn nothing(name: &str) -> Effect {
    let (folder, contact, requests, listings) = Default::default();
    Effect { name: name.into(), folder, contact, size_max: 0, requests, listings, asks: None, crawl: None, span: 0..0 }
}

fn note(outcome: &Outcome, all: &Mutex<Vec<Outcome>>, tell: &(dyn Fn(&Outcome) + Sync)) {
    tell(outcome);
    all.lock().unwrap_or_else(|e| e.into_inner()).push(outcome.clone());
}

/// In one order, whichever came first.
fn all(outcomes: Mutex<Vec<Outcome>>) -> Vec<Outcome> {
    let mut all = outcomes.into_inner().unwrap_or_else(|e| e.into_inner());
    all.sort_by(|a, b| (&a.name, &a.url).cmp(&(&b.name, &b.url)));
    all
}
