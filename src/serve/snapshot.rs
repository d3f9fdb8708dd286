//! The data set as a build left it, held open for questions: a thread of its own walks the project once, without running anything, and
//! answers until nobody needs it any more. So no answer mixes two builds, and a page costs what it shows.
use super::entry::Entry;
use super::{Setup, held};
use crate::digest::Digest;
use crate::engine::lock::Lock;
use crate::engine::record::{Record, WALK};
use crate::model::decisions::Decided;
use crate::project::{Failure, Project};
use crate::report::view::seen::Seen;
use crate::review::file::{self, Key};
use crate::stage::Fault;
use crate::world::{Stat, World};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;

/// What questions are asked of.
pub struct Ground<'a, 's> {
    pub project: &'a Project,
    pub seen: Seen<'a, 's>,
    pub lock: Lock,
    /// Pictures that were named on pages: no others are given.
    pub named: Mutex<BTreeSet<Digest>>,
    /// Pages of the report that were rendered, by name, and whether in Korean.
    pub pages: Mutex<BTreeMap<(String, bool), String>>,
    /// What the person at the page had decided when the build was opened.
    pub mine: BTreeMap<Key, Decided>,
    /// Makes the words of questions.
    pub(super) token: String,
    /// All questions, once somebody has asked.
    pub(super) found: OnceLock<Result<Vec<Entry>, Fault>>,
}

impl Ground<'_, '_> {
    /// Lets pictures be asked for.
    pub fn name(&self, pictures: impl IntoIterator<Item = Digest>) {
        held(&self.named).extend(pictures);
    }
}

type Question = Box<dyn for<'a, 's> FnOnce(&Ground<'a, 's>) + Send>;

/// A build that is looked at.
pub struct Snapshot {
    /// Counts the builds of this checkout that changed something.
    pub number: u64,
    /// How the record of the build looked: where it looks otherwise, there is a newer one.
    record: Option<Stat>,
    questions: Mutex<Sender<Question>>,
}

impl Snapshot {
    /// Walks the project; an error where it cannot be read.
    pub fn open(setup: &Setup, token: &str) -> Result<Arc<Snapshot>, Failure> {
        let (questions, asked) = channel::<Question>();
        let (tell, told) = channel();
        let (setup, token) = (setup.clone(), token.to_string());
        // before the walk: what is written meanwhile is seen as newer
        let world = World::new(&setup.root);
        let (record, number) = (world.stat(WALK), Record::load(&world).map_or(0, |r| r.number));
        thread::spawn(move || {
            let ready = tell.clone();
            if let Err(failure) = hold(&setup, token, asked, || ready.send(Ok(())).is_ok()) {
                let _ = tell.send(Err(failure)); // nobody waits any more
            }
        });
        told.recv().unwrap_or_else(|_| Err(Failure::Bug("the project could not be walked".into())))?;
        Ok(Arc::new(Snapshot { number, record, questions: Mutex::new(questions) }))
    }

    /// Whether another build has been since.
    pub fn is_old(&self, setup: &Setup) -> bool {
        World::new(&setup.root).stat(WALK) != self.record
    }

    /// Asks; `None` where the question came to no end.
    pub fn ask<R: Send + 'static>(
        &self,
        question: impl for<'a, 's> FnOnce(&Ground<'a, 's>) -> R + Send + 'static,
    ) -> Option<R> {
        let (tell, told) = channel();
        let asked: Question = Box::new(move |ground| {
            // a bug of one page ends no other
            if let Ok(answer) = catch_unwind(AssertUnwindSafe(|| question(ground))) {
                let _ = tell.send(answer); // whoever asked may have gone
            }
        });
        held(&self.questions).send(asked).ok()?;
        told.recv().ok()
    }
}

/// Walks, and answers until no question can come any more.
fn hold(setup: &Setup, token: String, asked: Receiver<Question>, ready: impl FnOnce() -> bool) -> Result<(), Failure> {
    let project = Project::open(Some(&setup.root))?;
    // a file that cannot be read is told where it is asked for
    let mine = setup.by.as_ref().and_then(|by| file::read(&project.world, by).ok()).unwrap_or_default().lines;
    let lock = Lock::load(&project.world).map_err(Failure::World)?;
    project.plan(&setup.options(), |s, built| {
        s.store.let_go();
        let mut seen = Seen::new(&project, s, built);
        seen.show_sources();
        if setup.raw {
            seen.show_raw();
        }
        let (named, pages, found) = Default::default();
        let ground = Ground { project: &project, seen, lock, named, pages, mine, token, found };
        if !ready() {
            return;
        }
        thread::scope(|scope| {
            while let Ok(question) = asked.recv() {
                let ground = &ground;
                scope.spawn(move || question(ground));
            }
        });
    })
}
