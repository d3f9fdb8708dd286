//! Parts that a file lists by itself: row groups, the files of an archive.
use std::fmt;
use std::io::{self, Read};

/// A way of listing the parts of a file.
pub struct Members {
    /// What the parts are; another name means reading the files again.
    pub name: &'static str,
    /// The rule of a file whose list does not read.
    pub broken: &'static str,
    pub list: List,
    /// The files are archives. Those of other formats are taken apart before they are read.
    pub archives: bool,
}

/// How the list is read. The parts go to the vector in order; those before a fault are kept.
pub enum List {
    /// From the front to the end, also out of a compressed file.
    Stream(fn(&mut dyn Read, &mut Vec<Member>) -> io::Result<()>),
    /// From any place of a plain file of so many bytes.
    Anywhere(fn(u64, &ReadAt, &mut Vec<Member>) -> io::Result<()>),
}

/// Reads so many bytes at a place of a file.
pub type ReadAt<'a> = dyn Fn(u64, u64) -> io::Result<Vec<u8>> + 'a;

/// A part of a file.
#[derive(Default, Debug, PartialEq)]
pub struct Member {
    /// Its own name below that of the file. It was checked: it leads nowhere else.
    pub name: Option<String>,
    pub offset: u64,
    pub len: u64,
    pub records: u32,
    /// What a reader must know of the file besides these bytes.
    pub context: Option<Vec<u8>>,
    /// Why no reader may be given it.
    pub reject: Option<&'static str>,
}

impl fmt::Debug for Members {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Members {
    fn eq(&self, other: &Members) -> bool {
        self.name == other.name
    }
}
