//! The index of a store: where each object lies and what each recipe gave, as a log of commits. A commit counts whole
//! or not at all: its bytes carry a sum, and reading ends at the first that is not as it was written.
use super::place::Place;
use crate::digest::Digest;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

pub const MAGIC: &[u8; 16] = b"tamis index 1\n\0\0";
/// The frame of a result that tells of nothing raw, and of one that does.
const PLAIN: u8 = b'p';
const RAW: u8 = b'q';
/// The frame of a result that was written before results said whether they are raw: it counts as raw.
const UNKNOWN: u8 = b'r';
/// Length u64 and sum, in front of each commit's frames.
pub const HEAD: usize = 24;

/// Digests are evenly spread: eight of their bytes are a hash.
#[derive(Default)]
pub struct ByDigest(u64);

impl Hasher for ByDigest {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(head) = bytes.first_chunk::<8>() {
            self.0 = u64::from_le_bytes(*head);
        }
    }
    fn write_usize(&mut self, _: usize) {}
    fn finish(&self) -> u64 {
        self.0
    }
}

pub type Map<T> = HashMap<Digest, T, BuildHasherDefault<ByDigest>>;
pub type Set = std::collections::HashSet<Digest, BuildHasherDefault<ByDigest>>;

/// What is known, in memory.
#[derive(Default)]
pub struct Index {
    pub objects: Map<Place>,
    /// Where each result lies in the log, its length, and whether it is raw.
    results: Map<(usize, u32, bool)>,
    /// The frames of all commits read so far; results point into it.
    log: Vec<u8>,
    /// Bytes of the file that are in `log`, with its heads.
    pub len: u64,
    /// Results that no commit holds yet.
    fresh: Map<(Vec<u8>, bool)>,
    /// Frames for the next commit.
    pending: Vec<u8>,
}

impl Index {
    /// Reads more of the file, from `len` on: what was committed since the last look.
    pub fn read(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        if self.len == 0 {
            let Some(after) = rest.strip_prefix(MAGIC.as_slice()) else { return };
            rest = after;
            self.len = MAGIC.len() as u64;
        }
        while let Some((body, after)) = commit_of(rest) {
            self.learn(body);
            self.len += (HEAD + body.len()) as u64;
            rest = after;
        }
    }

    fn learn(&mut self, body: &[u8]) {
        let base = self.log.len();
        self.log.extend(body);
        let mut rest = body;
        while let Some((kind, payload, after)) = frame_of(rest) {
            let at = base + (body.len() - after.len()) - payload.len();
            if let Some((digest, tail)) = payload.split_first_chunk::<32>() {
                match kind {
                    PLAIN | RAW | UNKNOWN => {
                        let raw = kind != PLAIN;
                        self.results.insert(Digest(*digest), (at + 32, tail.len() as u32, raw));
                    }
                    b'o' => drop(Place::read(tail).map(|p| self.objects.insert(Digest(*digest), p))),
                    _ => {} // a later version's frame
                }
            }
            rest = after;
        }
    }

    pub fn result(&self, key: Digest) -> Option<&[u8]> {
        if let Some((bytes, _)) = self.fresh.get(&key) {
            return Some(bytes);
        }
        let (at, len, _) = *self.results.get(&key)?;
        self.log.get(at..at + len as usize)
    }

    /// Whether a result tells of what nothing has masked, so that it may not leave this machine.
    pub fn is_raw(&self, key: Digest) -> bool {
        let fresh = self.fresh.get(&key).map(|r| r.1);
        fresh.or_else(|| self.results.get(&key).map(|r| r.2)).unwrap_or(true)
    }

    /// The keys of all results.
    pub fn keys(&self) -> impl Iterator<Item = Digest> {
        self.results.keys().chain(self.fresh.keys()).copied()
    }

    /// Known from now on, kept from the next commit on.
    pub fn put_result(&mut self, key: Digest, bytes: &[u8], raw: bool) {
        frame(&mut self.pending, if raw { RAW } else { PLAIN }, &[&key.0, bytes]);
        self.fresh.insert(key, (bytes.to_vec(), raw));
    }

    pub fn put_object(&mut self, digest: Digest, place: Place) {
        frame(&mut self.pending, b'o', &[&digest.0, &place.bytes()]);
        self.objects.insert(digest, place);
    }

    pub fn pending(&self) -> bool {
        !self.pending.is_empty()
    }

    /// The next commit as bytes of the file.
    pub fn commit(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(HEAD + MAGIC.len() + self.pending.len());
        if self.len == 0 {
            out.extend(MAGIC);
        }
        out.extend((self.pending.len() as u64).to_le_bytes());
        out.extend(sum(&self.pending));
        out.extend(&self.pending);
        out
    }

    /// It is in the file now.
    pub fn committed(&mut self, bytes: &[u8]) {
        self.pending.clear();
        self.fresh.clear();
        self.read(bytes);
    }
}

fn sum(body: &[u8]) -> [u8; 16] {
    let mut out = [0; 16];
    out.copy_from_slice(&Digest::of(body).0[..16]);
    out
}

fn commit_of(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = bytes.split_first_chunk::<8>()?;
    let (expected, rest) = rest.split_first_chunk::<16>()?;
    let (body, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
    (sum(body) == *expected).then_some((body, rest))
}

/// `kind, length u32, payload`.
pub(super) fn frame(out: &mut Vec<u8>, kind: u8, payload: &[&[u8]]) {
    let len: usize = payload.iter().map(|p| p.len()).sum();
    out.push(kind);
    out.extend((len as u32).to_le_bytes());
    payload.iter().for_each(|p| out.extend(*p));
}

pub(super) fn frame_of(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let ([kind], rest) = bytes.split_first_chunk::<1>()?;
    let (len, rest) = rest.split_first_chunk::<4>()?;
    let (payload, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    Some((*kind, payload, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(n: u32) -> Place {
        Place {
            pack: n,
            raw: n.is_multiple_of(2),
            differs: n.is_multiple_of(3),
            offset: u64::from(n) << 33,
            len: n + 1,
        }
    }

    #[test]
    fn commits_are_read_whole_or_not() {
        let mut index = Index::default();
        let mut file = Vec::new();
        for n in 0..5u8 {
            index.put_result(Digest::of(&[n]), &[n; 3], n.is_multiple_of(2));
            index.put_object(Digest::of(&[n, n]), place(u32::from(n)));
            let bytes = index.commit();
            index.committed(&bytes);
            file.extend(bytes);
        }
        assert_eq!(index.len, file.len() as u64);
        for cut in 0..=file.len() {
            let mut back = Index::default();
            back.read(&file[..cut]);
            let known = |n: u8| {
                let key = Digest::of(&[n]);
                back.result(key).is_some_and(|b| *b == [n; 3] && back.is_raw(key) == n.is_multiple_of(2))
            };
            let placed = |n: u8| back.objects.get(&Digest::of(&[n, n])) == Some(&place(u32::from(n)));
            let whole = (0..5).take_while(|n| known(*n)).count();
            assert!((0..5).all(|n| known(n) == (usize::from(n) < whole) && placed(n) == known(n)));
            assert_eq!(whole == 5, cut == file.len());
        }
    }

    #[test]
    fn what_another_committed_is_learnt() {
        let (mut a, mut b) = (Index::default(), Index::default());
        a.put_result(Digest::of(b"a"), b"1", true);
        let first = a.commit();
        a.committed(&first);
        b.put_result(Digest::of(b"b"), b"2", false);
        b.read(&first);
        assert_eq!(b.result(Digest::of(b"a")), Some(&b"1"[..]));
        assert_eq!(b.result(Digest::of(b"b")), Some(&b"2"[..]));
        let second = b.commit();
        a.read(&second);
        assert_eq!(a.result(Digest::of(b"b")), Some(&b"2"[..]));
    }

    #[test]
    fn an_old_result_counts_as_raw() {
        let mut body = Vec::new();
        frame(&mut body, UNKNOWN, &[&Digest::of(b"old").0, b"outcome"]);
        let mut file = MAGIC.to_vec();
        file.extend((body.len() as u64).to_le_bytes());
        file.extend(sum(&body));
        file.extend(body);
        let mut index = Index::default();
        index.read(&file);
        assert_eq!(index.result(Digest::of(b"old")), Some(&b"outcome"[..]));
        assert!(index.is_raw(Digest::of(b"old")));
    }
}
