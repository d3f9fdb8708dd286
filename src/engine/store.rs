//! The store: content-addressed objects in append-only packs, and an index of where they are and of what each recipe
//! gave. Written in one order: packs, sync, index, sync; so the index never names bytes that may be lost.
//! Layout, frames and promises: `spec/store.md`.
use crate::digest::Digest;
use crate::table::codec;
use crate::world::World;
use std::collections::HashMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};

const FOLDER: &str = ".tamis";
const MAGIC: &[u8; 16] = b"tamis index 1\n\0\0";
/// Unwritten bytes above this go to the pack file.
const BUFFER: usize = 8 << 20;

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Place {
    pack: u32,
    raw: bool,
    offset: u64,
    len: u32,
}

/// The store of one checkout: open to read, or the one writer.
pub struct Store {
    folder: PathBuf,
    inner: Mutex<Inner>,
    writer: bool,
    _lock: Option<File>,
}

#[derive(Default)]
struct Inner {
    objects: HashMap<Digest, Place>,
    results: HashMap<Digest, Arc<[u8]>>,
    packs: HashMap<(u32, bool), Arc<File>>,
    open: [Option<Pack>; 2],
    /// Frames that the next commit appends to the index.
    frames: Vec<u8>,
    index_len: u64,
    next_pack: u32,
    written: u64,
    broken: bool,
}

/// A pack being written.
struct Pack {
    number: u32,
    file: Arc<File>,
    /// Bytes in the file; what follows is in `buffer`.
    flushed: u64,
    buffer: Vec<u8>,
}

/// Why a store cannot be had.
#[derive(Debug)]
pub enum StoreError {
    Locked,
    Io(io::Error),
}

impl From<io::Error> for StoreError {
    fn from(e: io::Error) -> Self {
        StoreError::Io(e)
    }
}

impl Store {
    /// Opens the store for writing; there is one writer in a checkout.
    pub fn write(world: &World) -> Result<Store, StoreError> {
        let folder = world.make_folder(FOLDER)?;
        mark_cache(world, FOLDER)?;
        let lock = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(StoreError::Locked),
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        let mut inner = load(&folder)?;
        cut_tails(&folder, &mut inner)?;
        Ok(Store { folder, inner: Mutex::new(inner), writer: true, _lock: Some(lock) })
    }

    /// Opens the store for reading, beside a writer perhaps. What is put into it stays in memory.
    pub fn read(world: &World) -> Result<Store, StoreError> {
        let folder = world.root().join(FOLDER);
        let inner = load(&folder)?;
        Ok(Store { folder, inner: Mutex::new(inner), writer: false, _lock: None })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What a recipe gave, if it is known.
    pub fn result(&self, key: Digest) -> Option<Arc<[u8]>> {
        self.lock().results.get(&key).cloned()
    }

    /// Records what a recipe gave; known from now on, kept from the next commit on.
    pub fn put_result(&self, key: Digest, bytes: &[u8]) {
        let mut inner = self.lock();
        if inner.results.get(&key).is_some_and(|b| **b == *bytes) {
            return;
        }
        frame(&mut inner.frames, b'r', &[&key.0, bytes]);
        inner.results.insert(key, bytes.into());
    }

    /// Keeps an object. `raw` ones, made before masking, lie in packs of their own.
    pub fn put(&self, digest: Digest, bytes: &[u8], raw: bool) -> io::Result<()> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        if inner.objects.contains_key(&digest) {
            return Ok(());
        }
        if inner.broken {
            return Err(io::Error::other("an earlier write to the store failed"));
        }
        let len = u32::try_from(bytes.len()).map_err(|_| io::Error::other("an object over 4 GiB"))?;
        if inner.open[usize::from(raw)].is_none() {
            inner.open[usize::from(raw)] = Some(self.new_pack(inner.next_pack, raw)?);
            let opened = inner.open[usize::from(raw)].as_ref().map(|p| (p.number, p.file.clone()));
            if let Some((number, file)) = opened {
                inner.packs.insert((number, raw), file);
                inner.next_pack = number + 1;
            }
        }
        let Some(pack) = inner.open[usize::from(raw)].as_mut() else { return Ok(()) };
        pack.buffer.extend(len.to_le_bytes());
        pack.buffer.extend(digest.0);
        let offset = pack.flushed + pack.buffer.len() as u64;
        pack.buffer.extend(bytes);
        let place = Place { pack: pack.number, raw, offset, len };
        if pack.buffer.len() > BUFFER && self.writer {
            flush(pack)?;
        }
        inner.written += u64::from(len);
        frame(&mut inner.frames, b'o', &[&digest.0, &place_bytes(&place)]);
        inner.objects.insert(digest, place);
        Ok(())
    }

    fn new_pack(&self, from: u32, raw: bool) -> io::Result<Pack> {
        if !self.writer {
            return Ok(Pack { number: from, file: Arc::new(tempfile::tempfile()?), flushed: 0, buffer: Vec::new() });
        }
        std::fs::create_dir_all(self.folder.join("packs"))?;
        let path = pack_path(&self.folder, from, raw);
        let file = OpenOptions::new().create(true).truncate(true).read(true).write(true).open(path)?;
        Ok(Pack { number: from, file: Arc::new(file), flushed: 0, buffer: Vec::new() })
    }

    pub fn has(&self, digest: Digest) -> bool {
        self.lock().objects.contains_key(&digest)
    }

    /// The bytes of an object, verified; `None` if it is absent or damaged, and then it is made again.
    pub fn get(&self, digest: Digest) -> Option<Vec<u8>> {
        let bytes = self.find(digest).filter(|b| Digest::of(b) == digest || codec::bytes_digest(b) == digest);
        if bytes.is_none() {
            self.lock().objects.remove(&digest); // so that it can be put again
        }
        bytes
    }

    /// The bytes where the index says they lie, not verified.
    fn find(&self, digest: Digest) -> Option<Vec<u8>> {
        let (place, file) = {
            let mut inner = self.lock();
            let place = *inner.objects.get(&digest)?;
            if let Some(pack) = inner.open[usize::from(place.raw)].as_ref().filter(|p| p.number == place.pack)
                && place.offset >= pack.flushed
            {
                let at = (place.offset - pack.flushed) as usize;
                return pack.buffer.get(at..at + place.len as usize).map(<[u8]>::to_vec);
            }
            let file = match inner.packs.get(&(place.pack, place.raw)) {
                Some(f) => f.clone(),
                None => {
                    let f = Arc::new(File::open(pack_path(&self.folder, place.pack, place.raw)).ok()?);
                    inner.packs.insert((place.pack, place.raw), f.clone());
                    f
                }
            };
            (place, file)
        };
        let mut bytes = vec![0; place.len as usize];
        file.read_exact_at(&mut bytes, place.offset).ok()?;
        Some(bytes)
    }

    /// Makes everything put so far last: packs, sync, index, sync. Does nothing when nothing was put.
    pub fn commit(&self) -> io::Result<()> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        if inner.frames.is_empty() || !self.writer {
            return Ok(());
        }
        if inner.broken {
            return Err(io::Error::other("an earlier write to the store failed"));
        }
        let done = commit(&self.folder, inner);
        inner.broken = done.is_err();
        done
    }

    /// Bytes of objects put since the store was opened.
    pub fn written(&self) -> u64 {
        self.lock().written
    }
}

fn commit(folder: &std::path::Path, inner: &mut Inner) -> io::Result<()> {
    for pack in inner.open.iter_mut().flatten() {
        flush(pack)?;
        pack.file.sync_data()?;
    }
    let fresh = inner.index_len == 0;
    let mut index = OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("index"))?;
    index.seek(SeekFrom::Start(inner.index_len))?;
    if fresh {
        index.write_all(MAGIC)?;
        inner.index_len = MAGIC.len() as u64;
    }
    index.write_all(&inner.frames)?;
    index.sync_data()?;
    if fresh {
        File::open(folder)?.sync_all()?;
        if let Ok(packs) = File::open(folder.join("packs")) {
            packs.sync_all()?;
        }
    }
    inner.index_len += inner.frames.len() as u64;
    inner.frames.clear();
    Ok(())
}

fn flush(pack: &mut Pack) -> io::Result<()> {
    pack.file.write_all_at(&pack.buffer, pack.flushed)?;
    pack.flushed += pack.buffer.len() as u64;
    pack.buffer.clear();
    Ok(())
}

fn pack_path(folder: &std::path::Path, number: u32, raw: bool) -> PathBuf {
    folder.join("packs").join(format!("{number:06}{}.pack", if raw { ".raw" } else { "" }))
}

/// `len u32, kind, payload, 8 bytes of BLAKE3(kind, payload)`.
fn frame(out: &mut Vec<u8>, kind: u8, payload: &[&[u8]]) {
    let len: usize = payload.iter().map(|p| p.len()).sum();
    out.extend((len as u32).to_le_bytes());
    let start = out.len();
    out.push(kind);
    payload.iter().for_each(|p| out.extend(*p));
    let sum = Digest::of(&out[start..]).0;
    out.extend(&sum[..8]);
}

fn place_bytes(p: &Place) -> [u8; 17] {
    let mut b = [0; 17];
    b[..4].copy_from_slice(&p.pack.to_le_bytes());
    b[4] = u8::from(p.raw);
    b[5..13].copy_from_slice(&p.offset.to_le_bytes());
    b[13..].copy_from_slice(&p.len.to_le_bytes());
    b
}

fn place_of(b: &[u8]) -> Option<Place> {
    let b: &[u8; 17] = b.try_into().ok()?;
    let u32_at = |i: usize| u32::from_le_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
    let offset = u64::from_le_bytes(b[5..13].try_into().ok()?);
    Some(Place { pack: u32_at(0), raw: b[4] == 1, offset, len: u32_at(13) })
}

/// Reads the index up to the first frame that is not whole: what follows was never committed.
fn load(folder: &std::path::Path) -> io::Result<Inner> {
    let mut inner = Inner::default();
    let mut bytes = Vec::new();
    match File::open(folder.join("index")) {
        Ok(mut f) => f.read_to_end(&mut bytes)?,
        Err(e) if e.kind() == io::ErrorKind::NotFound => 0,
        Err(e) => return Err(e),
    };
    if let Some(mut rest) = bytes.strip_prefix(MAGIC.as_slice()) {
        while let Some((kind, payload, after)) = next_frame(rest) {
            let (head, tail) = payload.split_at(payload.len().min(32));
            if let Some(digest) = Digest::from_slice(head) {
                match kind {
                    b'r' => drop(inner.results.insert(digest, tail.into())),
                    b'o' => drop(place_of(tail).map(|p| inner.objects.insert(digest, p))),
                    _ => {} // a later version's frame
                }
            }
            rest = after;
        }
        inner.index_len = (bytes.len() - rest.len()) as u64;
    }
    inner.next_pack = inner.objects.values().map(|p| p.pack + 1).max().unwrap_or(0);
    Ok(inner)
}

fn next_frame(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (len, rest) = bytes.split_at_checked(4)?;
    let len = u32::from_le_bytes(len.try_into().ok()?) as usize;
    let (body, rest) = rest.split_at_checked(len.checked_add(1)?)?;
    let (sum, rest) = rest.split_at_checked(8)?;
    (Digest::of(body).0[..8] == *sum).then(|| (body[0], &body[1..], rest))
}

/// Cuts off what a build that died left behind the last commit.
fn cut_tails(folder: &std::path::Path, inner: &mut Inner) -> io::Result<()> {
    let index = folder.join("index");
    if index.exists() && std::fs::metadata(&index)?.len() > inner.index_len {
        OpenOptions::new().write(true).open(&index)?.set_len(inner.index_len)?;
    }
    let Ok(packs) = std::fs::read_dir(folder.join("packs")) else { return Ok(()) };
    for entry in packs {
        let path = entry?.path();
        let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let number: Option<u32> = name.split('.').next().and_then(|n| n.parse().ok());
        if number.is_some_and(|n| n >= inner.next_pack) {
            std::fs::remove_file(&path)?; // no committed object lies in it
        }
    }
    Ok(())
}

/// Tells git and backups that a folder can be made again.
pub fn mark_cache(world: &World, folder: &str) -> io::Result<()> {
    for (name, text) in [
        (".gitignore", "*\n"),
        ("CACHEDIR.TAG", "Signature: 8a477f597d28d172789f06886806bc55\n# made by tamis; may be deleted\n"),
    ] {
        let path = format!("{folder}/{name}");
        if !world.exists(&path) {
            world.replace(&path, text.as_bytes())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn world() -> (tempfile::TempDir, World) {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        (dir, world)
    }

    #[test]
    fn kept_after_a_commit_and_not_before() {
        let (_dir, world) = world();
        let (a, b) = (Digest::of(b"first"), Digest::of(b"second"));
        {
            let s = Store::write(&world).unwrap();
            s.put(a, b"first", false).unwrap();
            s.put_result(b, b"outcome");
            assert_eq!(s.get(a).as_deref(), Some(&b"first"[..]));
            s.commit().unwrap();
            s.put(b, b"second", true).unwrap();
        }
        let s = Store::write(&world).unwrap();
        assert_eq!(s.get(a).as_deref(), Some(&b"first"[..]));
        assert_eq!(s.result(b).as_deref(), Some(&b"outcome"[..]));
        assert_eq!(s.get(b), None);
    }

    #[test]
    fn one_writer_and_readers_beside_it() {
        let (_dir, world) = world();
        let s = Store::write(&world).unwrap();
        assert!(matches!(Store::write(&world), Err(StoreError::Locked)));
        s.put(Digest::of(b"x"), b"x", false).unwrap();
        s.commit().unwrap();
        assert!(Store::read(&world).unwrap().has(Digest::of(b"x")));
    }

    #[test]
    fn a_torn_index_loses_the_tail_alone() {
        let (dir, world) = world();
        let s = Store::write(&world).unwrap();
        for i in 0..10u8 {
            s.put_result(Digest::of(&[i]), &[i]);
            s.commit().unwrap();
        }
        drop(s);
        let path = dir.path().join(".tamis/index");
        let whole = std::fs::read(&path).unwrap();
        for cut in 0..whole.len() {
            std::fs::write(&path, &whole[..cut]).unwrap();
            let s = Store::write(&world).unwrap();
            let known = (0..10u8).take_while(|i| s.result(Digest::of(&[*i])).is_some()).count();
            assert!(known <= 10 && (known == 10) == (cut == whole.len()));
            s.put_result(Digest::of(b"new"), b"new");
            s.commit().unwrap();
            drop(s);
            assert!(Store::read(&world).unwrap().result(Digest::of(b"new")).is_some());
        }
    }

    #[test]
    fn a_flipped_bit_makes_the_object_absent() {
        let (dir, world) = world();
        let s = Store::write(&world).unwrap();
        s.put(Digest::of(b"object"), b"object", false).unwrap();
        s.commit().unwrap();
        drop(s);
        let path = dir.path().join(".tamis/packs/000000.pack");
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(Store::read(&world).unwrap().get(Digest::of(b"object")), None);
    }
}
