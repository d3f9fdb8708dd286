//! What a reader must know of a file besides a unit's bytes: the header of a CSV file, what a footer says of a row group.
//! It holds words of the data, so the table of files keeps its digest alone, and the bytes are read from the file when a
//! reader asks.
use super::table::Context;
use crate::digest::Digest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// Contexts that were read, at most this many bytes of them.
const MOST: usize = 32 << 20;

/// The contexts and their bytes together.
type Held = (HashMap<Digest, Arc<[u8]>>, usize);

/// Contexts in memory, by digest.
#[derive(Default)]
pub struct Contexts(Mutex<Held>);

impl Contexts {
    /// Keeps a context in memory, while there is room, and gives what the table keeps of it.
    pub fn put(&self, bytes: &[u8]) -> Context {
        let context = Context::of(bytes);
        let mut held = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if held.1 + bytes.len() > MOST {
            *held = Default::default(); // read again when it is asked for
        }
        if held.0.insert(context.digest, bytes.into()).is_none() {
            held.1 += bytes.len();
        }
        context
    }

    pub fn get(&self, digest: Digest) -> Option<Arc<[u8]>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner()).0.get(&digest).cloned()
    }
}
