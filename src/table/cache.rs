//! Decoded columns in memory, at most so many bytes of them.
use super::{Array, ArrayRef};
use crate::digest::Digest;
use std::collections::HashMap;

/// Columns in two generations: what nobody asked for while one filled up goes.
#[derive(Default)]
pub struct Cache {
    young: HashMap<Digest, ArrayRef>,
    old: HashMap<Digest, ArrayRef>,
    /// Of the young.
    bytes: u64,
}

impl Cache {
    pub fn get(&mut self, digest: Digest, most: u64) -> Option<ArrayRef> {
        if let Some(array) = self.young.get(&digest) {
            return Some(array.clone());
        }
        let array = self.old.remove(&digest)?;
        self.put(digest, &array, most);
        Some(array)
    }

    /// Keeps a column; both generations together stay below `most` bytes, but for one column.
    pub fn put(&mut self, digest: Digest, array: &ArrayRef, most: u64) {
        if self.bytes > most / 2 {
            (self.old, self.young, self.bytes) = (std::mem::take(&mut self.young), HashMap::new(), 0);
        }
        if self.young.insert(digest, array.clone()).is_none() {
            self.bytes += array.get_array_memory_size() as u64;
        }
    }
}
