//! Memory that kernels have in hand, bounded over all threads.
use std::sync::{Condvar, Mutex};

/// Memory that kernels asked for.
#[derive(Default)]
pub struct Rooms {
    taken: Mutex<u64>,
    freed: Condvar,
}

impl Rooms {
    /// Waits until `bytes` are free of `most`, or nobody has any.
    pub fn run(&self, bytes: u64, most: u64, work: &mut dyn FnMut()) {
        let full = |taken: &mut u64| *taken > 0 && taken.saturating_add(bytes) > most;
        let taken = self.taken.lock().unwrap_or_else(|e| e.into_inner());
        *self.freed.wait_while(taken, full).unwrap_or_else(|e| e.into_inner()) += bytes;
        let _given_back = Taken(self, bytes);
        work();
    }
}

/// Gives room back, also where the work panics.
struct Taken<'r>(&'r Rooms, u64);

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        *self.0.taken.lock().unwrap_or_else(|e| e.into_inner()) -= self.1;
        self.0.freed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exec::local::Local;
    use crate::stage::Executor;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn no_more_is_in_hand_than_there_is_room_for() {
        let (rooms, now, most) = (Rooms::default(), AtomicU64::new(0), AtomicU64::new(0));
        Local::new(4).each(200, &|i| {
            let bytes = [10, 40, 60, 500][i % 4];
            rooms.run(bytes, 100, &mut || {
                let sum = now.fetch_add(bytes, Ordering::Relaxed) + bytes;
                assert!(sum <= 100 || sum == 500, "{sum}");
                most.fetch_max(sum, Ordering::Relaxed);
                std::thread::yield_now();
                now.fetch_sub(bytes, Ordering::Relaxed);
            });
        });
        assert_eq!((now.into_inner(), most.into_inner()), (0, 500));
    }
}
