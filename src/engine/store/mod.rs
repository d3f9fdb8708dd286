//! The store: content-addressed objects in append-only packs, and an index of where they are and of what each recipe
//! gave. Written in one order: packs, sync, index, sync; so the index never names bytes that may be lost. Several
//! checkouts may share one: each writer has packs of its own, and commits take turns.
//! Layout, frames and promises: `spec/store.md`.
mod collect;
mod folder;
mod index;
mod objects;
mod place;
mod remote;
mod roots;
mod verify;

pub use collect::{Collected, Wish, collect};
pub use folder::{FOLDER, StoreError, home, mark_cache, share, shares};
pub use objects::Store;
pub use remote::{Far, Met, Pulled, Pushed, Unpushed, pull, push};
pub use roots::checkout;
pub use verify::{Verified, verify};
