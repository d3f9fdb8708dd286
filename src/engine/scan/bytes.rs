//! Bytes of a file: read, passed over, digested, kept.
use super::contexts::Contexts;
use super::table::Stretch;
use crate::digest::{Digest, Hasher};
use crate::engine::store::Store;
use crate::formats::packing::is_checksum;
use crate::formats::tar;
use crate::stage::{Executor, Source};
use crate::world::{Open, World};
use std::io::{self, Read};
use std::sync::Mutex;

/// Bytes that are read at a time.
pub const BLOCK: usize = 1 << 20;

/// What reading a file needs.
pub struct Reading<'a> {
    pub world: &'a World,
    pub store: &'a Store,
    pub exec: &'a dyn Executor,
    pub source: &'a Source,
    pub contexts: &'a Contexts,
    pub target: usize,
}

/// The rule that a file breaks whose bytes are not what they should be; any other error is one of the world.
pub fn fault_of(e: io::Error, broken: &'static str) -> io::Result<&'static str> {
    match e.kind() {
        io::ErrorKind::UnexpectedEof => Ok("file.truncated"),
        _ if is_checksum(&e) => Ok("file.checksum"),
        _ if tar::is_behind(&e) => Ok(tar::BEHIND),
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other => Ok(broken),
        _ => Err(e),
    }
}

pub fn read_all(mut input: impl Read) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    input.read_to_end(&mut out)?;
    Ok(out)
}

/// So many bytes, or an error.
pub fn read_exact(input: &mut dyn Read, n: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    input.take(n).read_to_end(&mut out)?;
    if out.len() as u64 == n { Ok(out) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// Passes over so many bytes.
pub fn skip(input: &mut dyn Read, n: u64) -> io::Result<()> {
    io::copy(&mut input.take(n), &mut io::sink()).map(drop)
}

/// The digest of the next bytes.
pub fn digest_bytes(input: &mut dyn Read, len: u64) -> io::Result<Digest> {
    let mut h = Hasher::plain();
    let mut block = vec![0; BLOCK.min(len as usize)];
    let mut left = len;
    while left > 0 {
        let n = (block.len() as u64).min(left) as usize;
        input.read_exact(&mut block[..n])?;
        h.update(&block[..n]);
        left -= n as u64;
    }
    Ok(h.finish())
}

/// Digests stretches of a plain file, on all threads.
pub fn digest_all(exec: &dyn Executor, open: &Open, stretches: &mut [Stretch]) -> io::Result<()> {
    let slots: Vec<Mutex<io::Result<Digest>>> = stretches.iter().map(|_| Mutex::new(Ok(Digest::default()))).collect();
    exec.each(stretches.len(), &|k| {
        let (mut h, mut at) = (Hasher::plain(), stretches[k].offset);
        let end = at + stretches[k].len;
        let mut done = Ok(());
        while at < end && done.is_ok() {
            done = open.read((end - at).min(BLOCK as u64) as usize, at).map(|bytes| {
                h.update(&bytes);
                at += bytes.len() as u64;
            });
        }
        *slots[k].lock().unwrap_or_else(|e| e.into_inner()) = done.map(|()| h.finish());
    });
    for (stretch, slot) in stretches.iter_mut().zip(slots) {
        stretch.digest = slot.into_inner().unwrap_or_else(|e| e.into_inner())?;
    }
    Ok(())
}

/// Keeps the next bytes as an object.
pub fn keep_bytes(input: &mut dyn Read, len: u64, store: &Store) -> io::Result<Digest> {
    let bytes = read_exact(input, len)?;
    let digest = Digest::of(&bytes);
    store.put(digest, &bytes, true)?;
    Ok(digest)
}
