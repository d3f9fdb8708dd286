//! Effects performed: requests that a declaration gives become objects of the store, each pinned by a line of
//! dataset.lock. `objects` says where their bytes lie, `unpack` how archives become files, `journal` what an update that
//! was stopped had done, `listing` which files a server names,
//! `ask` how language models are asked, `get` how one file is brought, `crawl` how pages are followed, `perform` how all of
//! them are, and `mount` how a build sees them.
mod ask;
mod crawl;
mod get;
mod journal;
mod listing;
mod mount;
mod objects;
mod outcome;
mod perform;
mod sniff;
mod unpack;

pub use ask::{Spent, ask, finished as asked, tokens};
pub use crawl::archive;
pub use get::Way;
pub use mount::mount;
pub use objects::{Objects, Used};
pub use outcome::{Archived, Outcome, What};
pub use perform::{fetch, update};

/// An update came to its end: what it noted on the way is in dataset.lock.
pub fn finished(project: &crate::world::World) -> std::io::Result<()> {
    journal::Journal::remove(project)
}
