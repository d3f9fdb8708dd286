//! Effects: what a step needs from outside. The requests are plain values that a declaration alone gives; `tamis update`
//! performs them, and nothing else does. What came back is kept by its digest, has a line in dataset.lock, and is read as
//! files of a folder (`world::FETCHED`).
use std::ops::Range;

/// What is fetched for one table of the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Effect {
    /// The key path of the table, `collect.NAME`: what dataset.lock calls it.
    pub name: String,
    /// The folder of fetched files in which its files lie.
    pub folder: String,
    /// Whom the owner of a server may ask.
    pub contact: String,
    /// The most bytes of one answer, and of what is unpacked from it.
    pub size_max: u64,
    /// In the order of the manifest; no two have one address or one path.
    pub requests: Vec<Request>,
    /// Where it is declared.
    pub span: Range<usize>,
}

/// One file to be fetched.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The address, in canonical form.
    pub url: String,
    /// What the file is called in the folder: one step, safe on every system.
    pub path: String,
    /// It is an archive, whose members become files below `path`.
    pub unpack: bool,
    /// What the SHA-256 of its bytes must be, in 64 small hex digits.
    pub sha256: Option<String>,
}
