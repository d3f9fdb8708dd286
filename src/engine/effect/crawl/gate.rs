//! How many requests are under way at a time, whoever waits for how many servers.
use std::sync::{Condvar, Mutex};

/// How many requests may be under way at a time.
pub struct Gate {
    free: Mutex<usize>,
    back: Condvar,
}

/// A request under way.
pub struct Passed<'g>(&'g Gate);

impl Gate {
    pub fn new(jobs: usize) -> Gate {
        Gate { free: Mutex::new(jobs.max(1)), back: Condvar::new() }
    }

    /// Waits until one more may be under way.
    pub fn pass(&self) -> Passed<'_> {
        let mut free = self.back.wait_while(hold(&self.free), |free| *free == 0).unwrap_or_else(|e| e.into_inner());
        *free -= 1;
        Passed(self)
    }
}

impl Drop for Passed<'_> {
    fn drop(&mut self) {
        *hold(&self.0.free) += 1;
        self.0.back.notify_one();
    }
}

fn hold<T>(of: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    of.lock().unwrap_or_else(|e| e.into_inner())
}
