//! Pages that are found by following links: `walk` goes from page to page, `visit` asks for one address with manners, `log`
//! remembers each answer so that a stopped crawl goes on, `judge` says what is kept, and `pack` writes what came as files. A
//! crawl that goes on repeats its walk over what the log holds: it comes to what it would have come to without the stop.
#[cfg(feature = "crawl")]
mod judge;
#[cfg(feature = "crawl")]
mod log;
#[cfg(feature = "crawl")]
mod pack;
#[cfg(feature = "crawl")]
mod pictures;
#[cfg(feature = "crawl")]
mod visit;
#[cfg(feature = "crawl")]
mod walk;

use super::super::lock::FetchedLock;
use super::get::{Miss, Way};
use crate::stage::{Crawl, Effect};

/// Crawls, and gives the line of dataset.lock, with what somebody should know of it. `was` is what was pinned.
#[cfg(feature = "crawl")]
pub fn crawl(
    way: &Way,
    effect: &Effect,
    crawl: &Crawl,
    was: Option<&FetchedLock>,
) -> Result<(FetchedLock, Vec<String>), Miss> {
    walk::walk(way, effect, crawl, was)
}

/// A tamis without the feature says so where the source is declared, before anything is asked.
#[cfg(not(feature = "crawl"))]
pub fn crawl(_: &Way, effect: &Effect, _: &Crawl, _: Option<&FetchedLock>) -> Result<(FetchedLock, Vec<String>), Miss> {
    Err(Miss::Failed(format!("{}: this tamis was built without the feature `crawl`", effect.name)))
}
