//! Files of tamis' own, read and written by place, and the probe that sees every operation on a file before it is made.
use super::named;
use std::fs::{File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Sees every operation on a file before it is made, and may make it fail: how tests break disks on purpose, and change
/// files between two looks of a build.
pub trait Probe: Send + Sync {
    fn before(&self, op: &Op) -> Verdict;
}

/// An operation on a file. Those that only read stand first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op<'a> {
    Open(&'a Path),
    Read(&'a Path),
    /// Makes a file, or empties it.
    Create(&'a Path),
    /// Offset and length in bytes.
    Write(&'a Path, u64, usize),
    /// To a length in bytes.
    Cut(&'a Path, u64),
    /// A file's bytes, or a folder's names.
    Sync(&'a Path),
    Rename(&'a Path, &'a Path),
    Remove(&'a Path),
    MakeFolder(&'a Path),
}

/// What a probe lets happen.
#[derive(Debug)]
pub enum Verdict {
    Go,
    Fail(io::Error),
    /// A write that breaks off after so many bytes.
    Short(usize),
}

pub(super) fn ask(probe: &Option<Arc<dyn Probe>>, op: Op) -> io::Result<()> {
    match probe.as_ref().map_or(Verdict::Go, |p| p.before(&op)) {
        Verdict::Go => Ok(()),
        Verdict::Fail(e) => Err(e),
        Verdict::Short(_) => Err(io::ErrorKind::WriteZero.into()),
    }
}

/// How a file of tamis' own is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Read,
    /// It must not be there yet.
    Create,
    /// Read and written; made if it is missing.
    Edit,
}

/// A file of tamis' own, read and written by place.
pub struct Own {
    pub(super) file: File,
    pub(super) path: PathBuf,
    /// What it is called when writing it fails.
    pub(super) name: String,
    pub(super) probe: Option<Arc<dyn Probe>>,
}

impl Own {
    pub fn len(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    pub fn is_empty(&self) -> io::Result<bool> {
        Ok(self.len()? == 0)
    }

    /// So many bytes from an offset on.
    pub fn read(&self, len: usize, offset: u64) -> io::Result<Vec<u8>> {
        ask(&self.probe, Op::Read(&self.path))?;
        let mut out = Vec::with_capacity(len);
        while out.len() < len {
            let at = offset + out.len() as u64;
            match rustix::io::pread(&self.file, rustix::buffer::spare_capacity(&mut out), at) {
                Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
        }
        out.truncate(len);
        Ok(out)
    }

    pub fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let op = Op::Write(&self.path, offset, bytes.len());
        let written = match self.probe.as_ref().map_or(Verdict::Go, |p| p.before(&op)) {
            Verdict::Go => self.file.write_all_at(bytes, offset),
            Verdict::Fail(e) => Err(e),
            Verdict::Short(n) => {
                let short = self.file.write_all_at(bytes.get(..n).unwrap_or(bytes), offset);
                short.and_then(|()| Err(io::ErrorKind::WriteZero.into()))
            }
        };
        written.map_err(|e| named(&self.name, e))
    }

    pub fn cut(&self, len: u64) -> io::Result<()> {
        ask(&self.probe, Op::Cut(&self.path, len))
            .and_then(|()| self.file.set_len(len))
            .map_err(|e| named(&self.name, e))
    }

    pub fn sync(&self) -> io::Result<()> {
        ask(&self.probe, Op::Sync(&self.path)).and_then(|()| self.file.sync_data()).map_err(|e| named(&self.name, e))
    }

    /// Waits until nobody else has the file locked; released when it is closed, also by a kill.
    pub fn lock(&self) -> io::Result<()> {
        self.file.lock()
    }

    pub fn lock_shared(&self) -> io::Result<()> {
        self.file.lock_shared()
    }

    /// False if another has it locked.
    pub fn try_lock(&self) -> io::Result<bool> {
        taken(self.file.try_lock())
    }

    pub fn try_lock_shared(&self) -> io::Result<bool> {
        taken(self.file.try_lock_shared())
    }

    pub fn unlock(&self) -> io::Result<()> {
        self.file.unlock()
    }
}

fn taken(tried: Result<(), TryLockError>) -> io::Result<bool> {
    match tried {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(e)) => Err(e),
    }
}

/// Writes one after another into a file of tamis' own.
pub(super) struct Tail<'o> {
    pub(super) own: &'o Own,
    pub(super) at: u64,
}

impl Write for Tail<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.own.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
