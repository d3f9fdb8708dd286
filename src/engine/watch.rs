//! Waits for files of a project to change (owner of `notify`). What changed is found out by the scan; this only says
//! that something did, once for a burst of edits.
use notify::{Config, ErrorKind, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// A burst of edits ends with so much rest,
const REST: Duration = Duration::from_millis(200);
/// or after so many changes at the latest.
const BURST: usize = 100_000;
/// How often a wish to stop is looked for.
const LOOK: Duration = Duration::from_millis(100);

/// A project under watch, from the moment it is made.
pub struct Watch {
    root: PathBuf,
    events: Receiver<notify::Result<Event>>,
    _watcher: RecommendedWatcher,
}

impl Watch {
    pub fn new(root: &Path) -> Result<Watch, String> {
        let root = root.canonicalize().map_err(|e| e.to_string())?;
        let (tell, events) = channel();
        let mut watcher = RecommendedWatcher::new(tell, Config::default()).map_err(|e| in_words(&e))?;
        watcher.watch(&root, RecursiveMode::Recursive).map_err(|e| in_words(&e))?;
        Ok(Watch { root, events, _watcher: watcher })
    }

    /// Waits until a file changed that is read, and edits rest; `false` if `stop` says so, or nothing can be watched any
    /// more. `reads` is asked with the path below the project.
    pub fn changed(&self, reads: impl Fn(&str) -> bool, stop: impl Fn() -> bool) -> bool {
        loop {
            if stop() {
                return false;
            }
            match self.events.recv_timeout(LOOK) {
                Ok(event) if self.counts(&event, &reads) => break,
                Ok(_) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        (0..BURST).take_while(|_| self.events.recv_timeout(REST).is_ok()).count();
        !stop()
    }

    /// Whether an event is of the user's files; where events were lost, everything may have changed.
    fn counts(&self, event: &notify::Result<Event>, reads: &impl Fn(&str) -> bool) -> bool {
        let Ok(event) = event else { return true };
        if event.need_rescan() {
            return true;
        }
        let writes =
            matches!(event.kind, EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Any);
        let read = |path: &PathBuf| path.strip_prefix(&self.root).ok().and_then(Path::to_str).is_some_and(reads);
        writes && event.paths.iter().any(read)
    }
}

fn in_words(e: &notify::Error) -> String {
    match e.kind {
        ErrorKind::MaxFilesWatch => {
            "the system watches no more folders; raise fs.inotify.max_user_watches, or build by hand".into()
        }
        _ => format!("the project cannot be watched: {e}"),
    }
}
