//! Large pages of memory. The allocator asks for them, and each is 2 MiB as soon as one byte of it is touched: a build
//! that works is faster with them, a verb that only looks needs half the memory without them.

/// Lets the process have large pages from here on, or not. Where the system knows no such wish, nothing changes.
pub fn large(wanted: bool) {
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(!wanted);
    #[cfg(not(target_os = "linux"))]
    let _ = wanted;
}
