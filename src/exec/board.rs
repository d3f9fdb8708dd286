//! Which jobs of a batch wait, which are away, and which are done. A job may be done twice, here and away; the first answer
//! counts.
use crate::stage::Tools;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::Duration;

/// How long a wish to stop may go unnoticed.
pub(super) const TICK: Duration = Duration::from_millis(50);

/// Ends a worker, however busy it is.
pub type End = Arc<dyn Fn() + Send + Sync>;

pub(super) struct Board {
    state: Mutex<State>,
    left: Condvar,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<usize>,
    /// Jobs that a worker has, with what ends that worker, in the order in which they were given away.
    away: BTreeMap<u64, (usize, End)>,
    /// Numbers what is given away.
    given: u64,
    done: BTreeSet<usize>,
    /// Threads that still give jobs away.
    threads: usize,
}

/// A thread that gives jobs away, until it is dropped.
pub(super) struct Leaves<'b>(&'b Board);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        held(&self.0.state).threads -= 1;
        self.0.left.notify_all();
    }
}

impl Board {
    pub(super) fn new(jobs: Vec<usize>, threads: usize) -> Board {
        let state = State { waiting: jobs.into(), threads, ..State::default() };
        Board { state: Mutex::new(state), left: Condvar::new() }
    }

    pub(super) fn leaves(&self) -> Leaves<'_> {
        Leaves(self)
    }

    /// The next job that nobody has begun.
    pub(super) fn next(&self) -> Option<usize> {
        held(&self.state).waiting.pop_front()
    }

    /// A worker has the job.
    pub(super) fn runs(&self, job: usize, end: End) {
        let mut state = held(&self.state);
        state.given += 1;
        let given = state.given;
        state.away.insert(given, (job, end));
    }

    /// No worker has it any more.
    pub(super) fn stands(&self, job: usize) {
        held(&self.state).away.retain(|_, (own, _)| *own != job);
    }

    /// Whether this is the first answer to the job.
    pub(super) fn first(&self, job: usize) -> bool {
        held(&self.state).done.insert(job)
    }

    /// Ends the workers that have it.
    pub(super) fn end(&self, job: usize) {
        held(&self.state).away.values().filter(|(own, _)| *own == job).for_each(|(_, end)| end());
    }

    pub(super) fn is_done(&self, job: usize) -> bool {
        held(&self.state).done.contains(&job)
    }

    /// Waits until all is done. Once somebody asks to stop, workers are ended. When nothing was answered for so long, the
    /// oldest job is done by `here`.
    pub(super) fn watch(&self, tools: &dyn Tools, patience: Duration, here: &dyn Fn(usize)) {
        let (mut answered, mut quiet) = (0, Duration::ZERO);
        let mut state = held(&self.state);
        while state.threads > 0 {
            let (again, waited) = self.left.wait_timeout(state, TICK).unwrap_or_else(|e| e.into_inner());
            state = again;
            if !waited.timed_out() {
                continue;
            }
            if tools.go_on().is_err() {
                state.away.values().for_each(|(_, end)| end());
                continue;
            }
            quiet = if state.done.len() == answered { quiet + TICK } else { Duration::ZERO };
            answered = state.done.len();
            let oldest = state.away.values().next().map(|(job, _)| *job);
            if let Some(job) = oldest.filter(|_| quiet >= patience) {
                drop(state);
                here(job);
                state = held(&self.state);
                quiet = Duration::ZERO;
            }
        }
    }
}

pub(super) fn held<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}
