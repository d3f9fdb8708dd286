//! Pages that are found by following links: `walk` goes from page to page, `visit` asks for one address with manners, `ahead` asks
//! several servers beside each other, `gate` bounds how many at a time, `paths` says which addresses are wanted, `log` remembers each answer so that a stopped
//! crawl goes on, `judge` says what is kept, `pack` writes what came as files, `account` says what it came to, and
//! `warc` writes what was pinned as an archive. A crawl that goes on repeats its walk over
//! what the log holds: it comes to what it would have come to without the stop.
#[cfg(feature = "crawl")]
mod account;
#[cfg(feature = "crawl")]
mod ahead;
#[cfg(feature = "crawl")]
mod gate;
#[cfg(feature = "crawl")]
mod judge;
#[cfg(feature = "crawl")]
mod log;
#[cfg(feature = "crawl")]
mod pack;
#[cfg(feature = "crawl")]
mod paths;
#[cfg(feature = "crawl")]
mod pictures;
#[cfg(feature = "crawl")]
mod visit;
#[cfg(feature = "crawl")]
mod walk;
#[cfg(feature = "crawl")]
mod warc;

use super::super::lock::FetchedLock;
use super::get::{Miss, Way};
use super::objects::Objects;
use super::outcome::Archived;
use crate::stage::{Crawl, Effect};
use std::io::{self, Write};

/// Crawls, and gives the line of dataset.lock, with what somebody should know of it. `was` is what was pinned; `jobs`
/// servers are asked at a time.
#[cfg(feature = "crawl")]
pub fn crawl(
    way: &Way,
    of: (&Effect, &Crawl),
    was: Option<&FetchedLock>,
    jobs: usize,
) -> Result<(FetchedLock, Vec<String>), Miss> {
    walk::walk(way, of, was, jobs)
}

/// Writes what a line of dataset.lock pins of a crawl as WARC; `None` where it is not in the store.
#[cfg(feature = "crawl")]
pub fn archive(objects: &Objects, line: &FetchedLock, to: &mut dyn Write) -> io::Result<Option<Archived>> {
    warc::write(objects, line, to)
}

/// A tamis without the feature says so.
#[cfg(not(feature = "crawl"))]
pub fn archive(_: &Objects, _: &FetchedLock, _: &mut dyn Write) -> io::Result<Option<Archived>> {
    Err(io::Error::other("this tamis was built without the feature `crawl`"))
}

/// A tamis without the feature says so where the source is declared, before anything is asked.
#[cfg(not(feature = "crawl"))]
pub fn crawl(
    _: &Way,
    (effect, _): (&Effect, &Crawl),
    _: Option<&FetchedLock>,
    _: usize,
) -> Result<(FetchedLock, Vec<String>), Miss> {
    Err(Miss::Failed(format!("{}: this tamis was built without the feature `crawl`", effect.name)))
}
