//! Programs of the user's that run: a process is started when a kernel first asks it, and waits for further questions.
//! Each thread asks one at a time, so of each program there are never more processes than threads. They end with the
//! session.
use crate::digest::Digest;
use crate::world::Process;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard};

/// The processes that wait for a question, by the digest of their program.
#[derive(Default)]
pub struct Programs {
    idle: Mutex<BTreeMap<Digest, Vec<Process>>>,
    /// Programs whose version was compared with the recipe's.
    same: Mutex<BTreeSet<Digest>>,
}

impl Programs {
    /// One that waits, if any does.
    pub fn take(&self, program: Digest) -> Option<Process> {
        own(&self.idle).get_mut(&program)?.pop()
    }

    /// Lets it wait for another question.
    pub fn put(&self, program: Digest, process: Process) {
        own(&self.idle).entry(program).or_default().push(process);
    }

    /// Compares a program's version with the recipe's, once; others wait for it.
    pub fn once<E>(&self, program: Digest, compare: impl FnOnce() -> Result<(), E>) -> Result<(), E> {
        let mut same = own(&self.same);
        if !same.contains(&program) {
            compare()?;
            same.insert(program);
        }
        Ok(())
    }
}

/// Locks, whatever a thread that panicked left behind.
fn own<T>(m: &Mutex<T>) -> MutexGuard<'_, T> {
    m.lock().unwrap_or_else(|e| e.into_inner())
}
