//! Files that a whole stage gives: made of bytes, objects and chunks, so that none of them needs to be held.
use super::{Fact, is_default};
use crate::digest::Digest;
use crate::table::ArrayRef;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A file that a whole stage gives.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutFile {
    /// Below the release's folder, `/`-separated.
    pub path: String,
    pub content: Content,
    /// Samples in it, where they are rows or lines one after another.
    #[serde(default, skip_serializing_if = "is_default")]
    pub rows: u64,
    /// The engine's to find out, unless they are known.
    pub sums: Option<Sums>,
}

impl OutFile {
    pub fn bytes(path: impl Into<String>, bytes: Vec<u8>) -> OutFile {
        OutFile { path: path.into(), content: Content::Bytes(bytes), rows: 0, sums: None }
    }
}

/// What a file's bytes are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sums {
    pub blake3: Digest,
    /// In hex digits.
    pub sha256: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Content {
    #[serde(skip)]
    Bytes(Vec<u8>),
    /// An object of the store.
    Stored(Digest, u64),
    /// Bytes that stand elsewhere: raw files in place.
    Blob(Digest, u64),
    /// Chunks one after another.
    Joined(Vec<Chunk>),
}

/// A stretch of a file that is put together without being held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Chunk {
    #[serde(skip)]
    Bytes(Vec<u8>),
    /// An object of the store.
    Stored(Digest, u64),
    /// Of the first cell of a binary column: from which byte on, and how many.
    Cell(Digest, u64, u64),
}

impl Content {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Content::Bytes(b) => b.len() as u64,
            Content::Stored(_, n) | Content::Blob(_, n) => *n,
            Content::Joined(chunks) => chunks.iter().map(Chunk::len).sum(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl Chunk {
    /// Length in bytes.
    pub fn len(&self) -> u64 {
        match self {
            Chunk::Bytes(b) => b.len() as u64,
            Chunk::Stored(_, n) | Chunk::Cell(_, _, n) => *n,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// What a whole stage gives: files, a table, facts.
#[derive(Clone, Debug, Default)]
pub struct Output {
    pub files: Vec<OutFile>,
    /// Rows for the table that the ports name with `into`: columns, among them `id`.
    pub table: Option<BTreeMap<String, ArrayRef>>,
    pub facts: BTreeMap<String, Fact>,
    /// What `run` tells `seal` besides the files.
    pub told: String,
    /// Of a release: what it holds, apart from how that is encoded.
    pub content_root: Option<Digest>,
    /// Over all files, from `seal`.
    pub files_root: Option<Digest>,
}
