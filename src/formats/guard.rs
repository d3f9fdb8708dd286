//! Work of outside decoders, which may panic on bytes that were damaged or made to harm. Such a panic is caught, and no
//! trace of it reaches a person: what is wrong is the file, and the caller says so.
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static WITHIN: Cell<bool> = const { Cell::new(false) };
}

/// Does the work; `None` if it panics.
pub fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    let before = WITHIN.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    WITHIN.set(before);
    done.ok()
}

/// Tells of panics as before, but of none within guarded work.
pub fn hush() {
    let tell = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !WITHIN.get() {
            tell(panic);
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_none_and_is_told_again_behind_it() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded(|| if WITHIN.get() { panic!("damaged") } else { 1 }), None);
        assert!(!WITHIN.get());
    }
}
