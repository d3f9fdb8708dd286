//! A store that is open: objects put and got, results recorded, commits. Written in one order: packs, sync, index, sync; so
//! the index never names bytes that may be lost.
use super::folder::{FOLDER, StoreError, append, clean, home, load, mark_cache};
use super::index::{Index, Set};
use super::place::{CHAIN, IN_MEMORY, INDEX, LOCK, Place, pack_path, sound, steps_of, sum_of};
use super::remote::far::Far;
use super::roots::{roots_of, roots_of_checkout};
use crate::digest::{Digest, Hasher};
use crate::table::difference;
use crate::world::{How, Look, Own, World};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock};

/// Unwritten bytes above this go to the pack file.
const BUFFER: usize = 8 << 20;

/// So many bytes of a pack are synced while others work, so that a commit does not wait for all of them.
const EARLY: u64 = 64 << 20;

/// A store: open to read, or for one of its writers.
pub struct Store {
    pub(super) home: World,
    inner: Mutex<Inner>,
    writer: bool,
    written: AtomicU64,
    damaged: AtomicU64,
    /// Stores elsewhere, which are asked for what is not here.
    far: OnceLock<Arc<Far>>,
    /// Objects that were promised from there and did not come.
    unkept: AtomicU64,
    /// Told whenever bytes on their way are in their file.
    landed: Condvar,
    /// Of the checkout, then of the store; released when they are closed, also by a kill.
    locks: Vec<Own>,
}

#[derive(Default)]
pub(super) struct Inner {
    pub(super) index: Index,
    packs: std::collections::HashMap<(u32, bool), Option<Arc<Own>>>,
    open: [Option<Pack>; 2],
    file: Option<Own>,
    next_pack: u32,
    /// Keys that this process asked for or gave: the roots of what this checkout needs.
    pub(super) used: Set,
    /// Objects that this process wrote, or found to be as they were written: hashed once.
    sound: Set,
    broken: bool,
}

/// A pack being written. A reader's has no file and stays in memory.
struct Pack {
    number: u32,
    file: Option<Arc<Own>>,
    /// Bytes that are in the file or on their way; what follows is in `buffer`.
    flushed: u64,
    buffer: Vec<u8>,
    /// Bytes on their way, and where they go: others go on while one of them writes.
    flying: Vec<(u64, Arc<Vec<u8>>)>,
    /// The pack's directory entry has not been synced yet.
    fresh: bool,
}

impl Store {
    /// How the files look that a later build would ask: where one of them is gone, or the index has grown, its answers may
    /// be others.
    pub fn looks(&self, project: &World) -> Option<Vec<(String, Look)>> {
        let own = project.root().join(FOLDER);
        let home = if self.home.root() == own { FOLDER } else { self.home.root().to_str()? };
        let paths = [INDEX.to_string(), "packs".to_string(), roots_of_checkout(project)];
        paths.into_iter().map(|p| format!("{home}/{p}")).map(|p| project.look(&p).map(|look| (p, look))).collect()
    }

    /// Opens the store for writing; there is one writer in a checkout.
    pub fn write(project: &World) -> Result<Store, StoreError> {
        project.make_folder(FOLDER)?;
        let checkout = project.own(&format!("{FOLDER}/lock"), How::Edit)?;
        if !checkout.try_lock()? {
            return Err(StoreError::Locked);
        }
        mark_cache(project, FOLDER)?;
        let home = home(project)?;
        home.make_folder("packs")?;
        let lock = home.own(LOCK, How::Edit)?;
        let mut cleaned = None;
        if lock.try_lock()? {
            let index = clean(&home, &home.own(INDEX, How::Edit)?)?;
            cleaned = home.stat(INDEX).map(|stat| (stat, index));
            lock.unlock()?;
        }
        lock.lock_shared()?; // waits while garbage is collected
        let file = home.own(INDEX, How::Edit)?;
        let now = home.stat(INDEX);
        let index = match cleaned.filter(|(stat, _)| Some(*stat) == now) {
            Some((_, index)) => index,
            None => load(&file)?,
        };
        let mut inner = Inner { index, file: Some(file), ..Inner::default() };
        inner.next_pack = inner.index.objects.values().map(|p| p.pack + 1).max().unwrap_or(0);
        Ok(Store::of(home, inner, true, vec![checkout, lock]))
    }

    /// Opens the store for reading, beside writers perhaps. What is put into it stays in memory.
    pub fn read(project: &World) -> Result<Store, StoreError> {
        let home = home(project)?;
        let mut locks = Vec::new();
        if home.exists(LOCK) {
            let lock = home.own(LOCK, How::Read)?;
            lock.try_lock_shared()?; // while garbage is collected, what is gone is absent
            locks.push(lock);
        }
        let index = match home.own(INDEX, How::Read) {
            Ok(file) => load(&file)?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Index::default(),
            Err(e) => return Err(e.into()),
        };
        Ok(Store::of(home, Inner { index, ..Inner::default() }, false, locks))
    }

    /// Lets garbage be collected while the store stays open for reading; what is gone then is absent.
    pub fn let_go(&self) {
        for lock in self.locks.iter().filter(|_| !self.writer) {
            let _ = lock.unlock(); // it was not locked
        }
    }

    fn of(home: World, inner: Inner, writer: bool, locks: Vec<Own>) -> Store {
        let (written, damaged, unkept, landed, far) = Default::default();
        Store { home, inner: Mutex::new(inner), writer, written, damaged, far, unkept, landed, locks }
    }

    /// From now on what is not here is looked for in stores elsewhere. What was found there is kept here.
    pub fn reach(&self, far: Arc<Far>) {
        let _ = self.far.set(far); // a store has one place to ask, from its start on
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What a recipe gave, if it is known.
    pub fn result(&self, key: Digest) -> Option<Vec<u8>> {
        let mut inner = self.lock();
        let here = inner.index.result(key).map(<[u8]>::to_vec);
        if here.is_some() {
            inner.used.insert(key);
            return here;
        }
        drop(inner);
        let found = self.result_far(key)?;
        self.lock().used.insert(key);
        Some(found)
    }

    /// The same from elsewhere; it is here from now on.
    fn result_far(&self, key: Digest) -> Option<Vec<u8>> {
        let found = self.far.get()?.result(key)?;
        self.put_part(key, &found, false); // nothing raw ever left
        Some(found)
    }

    /// Like `result`, but not a gc root: the partition's result that lists this key keeps it alive.
    pub fn peek(&self, key: Digest) -> Option<Vec<u8>> {
        let here = self.lock().index.result(key).map(<[u8]>::to_vec);
        here.or_else(|| self.result_far(key))
    }

    /// The same of this store alone, and nothing that is raw.
    pub(super) fn peek_open(&self, key: Digest) -> Option<Vec<u8>> {
        let inner = self.lock();
        inner.index.result(key).filter(|_| !inner.index.is_raw(key)).map(<[u8]>::to_vec)
    }

    /// The keys that this process used, or that the last whole build of the checkout did; `None` if there was none.
    pub fn keys_used(&self, project: &World) -> Option<Vec<Digest>> {
        let used: Vec<Digest> = self.lock().used.iter().copied().collect();
        if !used.is_empty() {
            return Some(used);
        }
        Some(roots_of(&self.home.read(&roots_of_checkout(project), u64::MAX).ok()?)?.1)
    }

    /// Records such a result.
    pub fn put_part(&self, key: Digest, bytes: &[u8], raw: bool) {
        let mut inner = self.lock();
        if inner.index.result(key) != Some(bytes) {
            inner.index.put_result(key, bytes, raw);
        }
    }

    /// Over all keys that were asked for or given: equal after two builds that came to the same.
    pub fn fingerprint(&self) -> Digest {
        let mut keys: Vec<Digest> = self.lock().used.iter().copied().collect();
        keys.sort();
        let mut h = Hasher::derive("tamis walk 1");
        for k in keys {
            h.update(&k.0);
        }
        h.finish()
    }

    /// Records what a recipe gave; known from now on, kept from the next commit on. `raw`: it tells of what nothing has
    /// masked.
    pub fn put_result(&self, key: Digest, bytes: &[u8], raw: bool) {
        self.lock().used.insert(key);
        self.put_part(key, bytes, raw);
    }

    /// Keeps an object. `raw` ones, made before masking, lie in packs of their own.
    pub fn put(&self, digest: Digest, bytes: &[u8], raw: bool) -> io::Result<()> {
        self.add(digest, &[bytes], raw, false)
    }

    /// Keeps an object by its difference from another, which must be kept as long. False if that other is not there, or
    /// lies apart from it: what was made before masking may go, and nothing else with it.
    pub fn put_difference(&self, digest: Digest, base: Digest, steps: &[u8], raw: bool) -> io::Result<bool> {
        let stands = self.lock().index.objects.get(&base).is_some_and(|p| p.raw == raw);
        if stands {
            self.add(digest, &[&base.0, &sum_of(&base, steps), steps], raw, true)?;
        }
        Ok(stands)
    }

    fn add(&self, digest: Digest, parts: &[&[u8]], raw: bool, differs: bool) -> io::Result<()> {
        let mut guard = self.lock();
        let inner = &mut *guard;
        if inner.index.objects.contains_key(&digest) {
            return Ok(());
        }
        if inner.broken {
            return Err(io::Error::other("an earlier write to the store failed"));
        }
        let len = parts.iter().map(|p| p.len()).sum::<usize>();
        let len = u32::try_from(len).map_err(|_| io::Error::other("an object over 4 GiB"))?;
        if inner.open[usize::from(raw)].is_none() {
            let pack = self.new_pack(inner.next_pack, raw)?;
            inner.packs.insert((pack.number, raw), pack.file.clone());
            inner.next_pack = pack.number.saturating_add(1);
            inner.open[usize::from(raw)] = Some(pack);
        }
        let Some(pack) = inner.open[usize::from(raw)].as_mut() else { return Ok(()) };
        pack.buffer.extend(len.to_le_bytes());
        pack.buffer.extend(digest.0);
        let offset = pack.flushed + pack.buffer.len() as u64;
        parts.iter().for_each(|p| pack.buffer.extend(*p));
        let place = Place { pack: pack.number, raw, differs, offset, len };
        let full = (pack.buffer.len() > BUFFER).then(|| pack.take_off()).flatten();
        self.written.fetch_add(u64::from(len), Ordering::Relaxed);
        inner.index.put_object(digest, place);
        if !differs {
            inner.sound.insert(digest); // what a difference makes of the other's bytes is yet to be seen
        }
        let Some((file, at, bytes)) = full else { return Ok(()) };
        drop(guard);
        let due = at / EARLY < (at + bytes.len() as u64) / EARLY;
        let done = file.write_at(&bytes, at).and_then(|()| if due { file.sync() } else { Ok(()) });
        let mut inner = self.lock();
        inner.broken |= done.is_err();
        if let Some(pack) = inner.open[usize::from(raw)].as_mut() {
            pack.flying.retain(|f| f.0 != at);
        }
        self.landed.notify_all();
        done
    }

    /// A pack that no other writer has.
    fn new_pack(&self, from: u32, raw: bool) -> io::Result<Pack> {
        let pack =
            |number, file| Pack { number, file, flushed: 0, buffer: Vec::new(), flying: Vec::new(), fresh: true };
        if !self.writer {
            return Ok(pack(IN_MEMORY, None));
        }
        for number in from.. {
            match self.home.own(&pack_path(number, raw), How::Create) {
                Ok(file) => return Ok(pack(number, Some(Arc::new(file)))),
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
        Err(io::Error::other("there are too many packs"))
    }

    /// How many recipes have a known outcome.
    pub fn results(&self) -> usize {
        self.lock().index.keys().count()
    }

    pub fn has(&self, digest: Digest) -> bool {
        self.lock().index.objects.contains_key(&digest)
    }

    /// Whether an object is here, or is promised from elsewhere.
    pub fn promises(&self, digest: Digest) -> bool {
        self.has(digest) || self.far.get().is_some_and(|far| far.has(digest))
    }

    /// The bytes of an object, verified; `None` if it is absent or damaged, and then it is made again.
    pub fn get(&self, digest: Digest) -> Option<Vec<u8>> {
        self.get_here(digest).or_else(|| self.get_far(digest))
    }

    /// The same from elsewhere; with it come neighbours that are not here either.
    fn get_far(&self, digest: Digest) -> Option<Vec<u8>> {
        let far = self.far.get()?;
        let promised = far.has(digest);
        let mut out = None;
        for (d, bytes) in far.get(digest, &|d| !self.has(d)) {
            let kept = self.put(d, &bytes, false);
            if d == digest {
                out = Some(bytes); // what cannot be kept is of use now; the next commit tells why it was not
            }
            if kept.is_err() {
                break;
            }
        }
        if promised && out.is_none() {
            self.unkept.fetch_add(1, Ordering::Relaxed);
        }
        out
    }

    fn get_here(&self, digest: Digest) -> Option<Vec<u8>> {
        let mut failed = match self.get_one(digest) {
            Ok(bytes) => return Some(bytes),
            Err(base) => base,
        };
        // if what it differs from is damaged, that is put again too
        while let Some(base) = failed {
            self.lock().sound.remove(&base);
            failed = self.get_one(base).err().flatten();
        }
        None
    }

    /// The same; an error names what the object differs from, if it does. What fails is no longer in the index.
    fn get_one(&self, digest: Digest) -> Result<Vec<u8>, Option<Digest>> {
        let (place, known) = {
            let inner = self.lock();
            (*inner.index.objects.get(&digest).ok_or(None)?, inner.sound.contains(&digest))
        };
        let bytes = self.whole(digest, place).filter(|b| known || sound(digest, b));
        let mut inner = self.lock();
        if let Some(bytes) = bytes {
            inner.sound.insert(digest);
            return Ok(bytes);
        }
        self.damaged.fetch_add(1, Ordering::Relaxed);
        inner.sound.remove(&digest);
        if inner.index.objects.get(&digest) == Some(&place) {
            inner.index.objects.remove(&digest); // so that it can be put again
        }
        drop(inner);
        let base = || Some(steps_of(&self.bytes(place)?)?.0);
        Err(if place.differs { base() } else { None })
    }

    /// The bytes of the object at a place, not verified: they lie there, or are made from another's.
    fn whole(&self, digest: Digest, mut place: Place) -> Option<Vec<u8>> {
        let (mut on_the_way, mut seen) = (Vec::new(), vec![digest]);
        while place.differs {
            let lies = self.bytes(place)?;
            let base = steps_of(&lies)?.0;
            if seen.contains(&base) || seen.len() > CHAIN {
                return None;
            }
            place = *self.lock().index.objects.get(&base)?;
            seen.push(base);
            on_the_way.push(lies);
        }
        let mut bytes = self.bytes(place)?;
        while let Some(lies) = on_the_way.pop() {
            bytes = difference::apply(&bytes, steps_of(&lies)?.1)?;
        }
        Some(bytes)
    }

    /// Some bytes of an object that this process has verified.
    pub fn stretch(&self, digest: Digest, at: u64, len: usize) -> Option<Vec<u8>> {
        let place = *self.lock().index.objects.get(&digest)?;
        if at.checked_add(len as u64)? > u64::from(place.len) || place.differs {
            return None;
        }
        self.bytes(Place { offset: place.offset + at, len: len as u32, ..place })
    }

    /// The bytes at a place, not verified.
    fn bytes(&self, place: Place) -> Option<Vec<u8>> {
        let file = {
            let mut inner = self.lock();
            let open = inner.open[usize::from(place.raw)].as_ref().filter(|p| p.number == place.pack);
            if let Some((from, held)) = open.and_then(|p| p.holds(place.offset)) {
                let at = (place.offset - from) as usize;
                return held.get(at..at + place.len as usize).map(<[u8]>::to_vec);
            }
            let open = || self.home.own(&pack_path(place.pack, place.raw), How::Read).ok().map(Arc::new);
            inner.packs.entry((place.pack, place.raw)).or_insert_with(open).clone()?
        };
        if place.offset + u64::from(place.len) > file.len().ok()? {
            return None; // a damaged index must not ask for memory that no file has
        }
        file.read(place.len as usize, place.offset).ok()
    }

    /// Makes everything put so far last: packs, sync, index, sync. Does nothing when nothing was put.
    pub fn commit(&self) -> io::Result<()> {
        let flies = |inner: &mut Inner| inner.open.iter().flatten().any(|p| !p.flying.is_empty());
        let mut guard = self.landed.wait_while(self.lock(), flies).unwrap_or_else(|e| e.into_inner());
        let inner = &mut *guard;
        if !inner.index.pending() || !self.writer {
            return Ok(());
        }
        if inner.broken {
            return Err(io::Error::other("an earlier write to the store failed"));
        }
        let done = self.commit_to(inner);
        inner.broken = done.is_err();
        done
    }

    fn commit_to(&self, inner: &mut Inner) -> io::Result<()> {
        let mut fresh = inner.index.len == 0;
        for pack in inner.open.iter_mut().flatten() {
            pack.flush()?;
            pack.file.as_ref().map_or(Ok(()), |f| f.sync())?;
            fresh |= std::mem::take(&mut pack.fresh);
        }
        if fresh {
            self.home.sync_folder("packs")?;
            self.home.sync_folder("")?;
        }
        let Some(file) = &inner.file else { return Ok(()) };
        file.lock()?;
        let done = append(file, &mut inner.index);
        file.unlock()?;
        done
    }

    /// Whether what is put may be kept.
    pub fn writer(&self) -> bool {
        self.writer
    }

    /// Bytes of objects put since the store was opened.
    pub fn written(&self) -> u64 {
        self.written.load(Ordering::Relaxed)
    }

    /// Objects that were not as they were written, or not there, since the store was opened.
    pub fn damaged(&self) -> u64 {
        self.damaged.load(Ordering::Relaxed)
    }

    /// Whether anything that the indexes name could not be had: then none of it is believed unread.
    pub fn doubts(&self) -> bool {
        self.damaged() + self.unkept.load(Ordering::Relaxed) > 0
    }

    /// Size in bytes of the packs that hold raw objects, and of the others.
    pub fn size(&self) -> io::Result<(u64, u64)> {
        let mut out = (0, 0);
        for name in self.home.names("packs")? {
            let size = self.home.stat(&format!("packs/{name}")).map_or(0, |s| s.size);
            *if name.ends_with(".raw.pack") { &mut out.0 } else { &mut out.1 } += size;
        }
        Ok(out)
    }
}

impl Pack {
    /// Hands over what is in the buffer to be written, and goes on with an empty one.
    fn take_off(&mut self) -> Option<(Arc<Own>, u64, Arc<Vec<u8>>)> {
        let file = self.file.clone()?;
        let bytes = Arc::new(std::mem::replace(&mut self.buffer, Vec::with_capacity(BUFFER + BUFFER / 2)));
        let at = self.flushed;
        self.flushed += bytes.len() as u64;
        self.flying.push((at, bytes.clone()));
        Some((file, at, bytes))
    }

    /// The bytes in memory among which a place is, and where they begin.
    fn holds(&self, offset: u64) -> Option<(u64, &[u8])> {
        if offset >= self.flushed {
            return Some((self.flushed, &self.buffer));
        }
        let of = self.flying.iter().find(|(at, bytes)| (*at..at + bytes.len() as u64).contains(&offset));
        of.map(|(at, bytes)| (*at, bytes.as_slice()))
    }

    fn flush(&mut self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        file.write_at(&self.buffer, self.flushed)?;
        self.flushed += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }
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
            s.put_result(b, b"outcome", false);
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
    fn what_a_reader_puts_hides_nothing() {
        let (_dir, world) = world();
        let s = Store::write(&world).unwrap();
        s.put(Digest::of(b"kept"), b"kept", false).unwrap();
        s.commit().unwrap();
        drop(s);
        let s = Store::read(&world).unwrap();
        s.put(Digest::of(b"in memory"), b"in memory", false).unwrap();
        assert_eq!(s.get(Digest::of(b"kept")).as_deref(), Some(&b"kept"[..]));
        assert_eq!(s.get(Digest::of(b"in memory")).as_deref(), Some(&b"in memory"[..]));
    }

    /// Keeps `text` by its difference from `base`: all of it is put behind nothing.
    fn put_difference(s: &Store, text: &[u8], base: &[u8], raw: bool) -> bool {
        let steps = [&[0, 0, text.len() as u8][..], text].concat();
        s.put_difference(Digest::of(text), Digest::of(base), &steps, raw).unwrap()
    }

    #[test]
    fn a_difference_is_read_as_what_it_stands_for() {
        let (_dir, world) = world();
        let s = Store::write(&world).unwrap();
        let get = |s: &Store, of: &[u8]| s.get(Digest::of(of)).is_some_and(|b| b == of);
        assert!(!put_difference(&s, b"two", b"one", false), "there is nothing to differ from");
        s.put(Digest::of(b"one"), b"one", false).unwrap();
        assert!(!put_difference(&s, b"two", b"one", true), "what is raw lies apart");
        assert!(put_difference(&s, b"two", b"one", false) && put_difference(&s, b"three", b"two", false));
        assert!(get(&s, b"two") && get(&s, b"three"));
        s.commit().unwrap();
        drop(s);
        let s = Store::read(&world).unwrap();
        assert!(get(&s, b"three") && get(&s, b"two") && get(&s, b"one"));
        assert_eq!(s.stretch(Digest::of(b"two"), 0, 1), None, "its bytes do not lie there");
    }

    #[test]
    fn a_damaged_object_takes_what_differs_from_it_along() {
        let (dir, world) = world();
        let s = Store::write(&world).unwrap();
        s.put(Digest::of(b"one"), b"one", false).unwrap();
        assert!(put_difference(&s, b"two", b"one", false) && put_difference(&s, b"three", b"two", false));
        s.commit().unwrap();
        drop(s);
        let path = dir.path().join(".tamis/packs/000000.pack");
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 1;
            std::fs::write(&path, bent).unwrap();
            let s = Store::write(&world).unwrap();
            let all = [&b"three"[..], b"two", b"one"];
            for of in all {
                assert!(s.get(Digest::of(of)).is_none_or(|b| b == of), "byte {at}");
            }
            // what is gone can be put again: first what others are made from
            for of in all.into_iter().rev() {
                s.put(Digest::of(of), of, false).unwrap();
                assert_eq!(s.get(Digest::of(of)).as_deref(), Some(of), "byte {at}");
            }
        }
    }

    #[test]
    fn a_difference_from_damaged_bytes_is_not_believed() {
        let (dir, world) = world();
        let s = Store::write(&world).unwrap();
        s.put(Digest::of(b"one two"), b"one two", false).unwrap();
        s.commit().unwrap();
        drop(s);
        let path = dir.path().join(".tamis/packs/000000.pack");
        let mut bytes = std::fs::read(&path).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        std::fs::write(&path, bytes).unwrap();
        let s = Store::write(&world).unwrap();
        // seven bytes are copied, one is put behind
        let (own, base) = (Digest::of(b"one two!"), Digest::of(b"one two"));
        assert!(s.put_difference(own, base, &[7, 0, 1, b'!'], false).unwrap(), "nobody has read the other yet");
        assert_eq!(s.get(own), None);
        assert!(!s.has(own) && !s.has(base), "both can be put again");
    }

    #[test]
    fn differences_in_a_circle_end() {
        let (_dir, world) = world();
        let s = Store::write(&world).unwrap();
        s.put(Digest::of(b"one"), b"one", false).unwrap();
        assert!(put_difference(&s, b"two", b"one", false));
        s.lock().index.objects.remove(&Digest::of(b"one"));
        assert!(put_difference(&s, b"one", b"two", false));
        assert_eq!(s.get(Digest::of(b"one")), None);
        assert!(!s.has(Digest::of(b"one")) && !s.has(Digest::of(b"two")), "both can be put again");
    }

    #[test]
    fn a_torn_index_loses_the_tail_alone() {
        let (dir, world) = world();
        let s = Store::write(&world).unwrap();
        for i in 0..10u8 {
            s.put_result(Digest::of(&[i]), &[i], false);
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
            s.put_result(Digest::of(b"new"), b"new", false);
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
