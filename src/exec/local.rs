//! Tasks on the threads of this machine. The pool is made when there is more than one task: a build with nothing to
//! do starts no thread.
use crate::stage::Executor;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A rayon pool of `jobs` threads, made on first need.
pub struct Local {
    jobs: usize,
    pool: OnceLock<Option<rayon::ThreadPool>>,
}

impl Local {
    /// `jobs` threads; 0 means one for each core.
    pub fn new(jobs: usize) -> Local {
        Local { jobs, pool: OnceLock::new() }
    }

    fn pool(&self) -> Option<&rayon::ThreadPool> {
        self.pool.get_or_init(|| rayon::ThreadPoolBuilder::new().num_threads(self.jobs).build().ok()).as_ref()
    }
}

impl Executor for Local {
    /// Threads take one task after another in their order: neighbours share what they read.
    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        if n < 2 || self.jobs == 1 {
            return (0..n).for_each(work);
        }
        let Some(pool) = self.pool() else {
            return (0..n).for_each(work); // no thread could be started: slower, and the same result
        };
        let next = AtomicUsize::new(0);
        let take = || {
            let i = next.fetch_add(1, Ordering::Relaxed);
            (i < n).then_some(i)
        };
        pool.scope(|s| {
            for _ in 0..pool.current_num_threads().min(n) {
                s.spawn(|_| std::iter::from_fn(take).for_each(work));
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn every_task_runs_once() {
        for jobs in [1, 2, 8] {
            let sum = AtomicUsize::new(0);
            Local::new(jobs).each(100, &|i| {
                sum.fetch_add(i, Ordering::Relaxed);
            });
            assert_eq!(sum.into_inner(), 4950);
        }
    }
}
