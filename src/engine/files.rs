//! File state: what is known of a file's content while its size, times and inode stay as they were. A cache of this
//! checkout with a checksum; it never enters a recipe, and losing it costs one reading.
use crate::digest::Digest;
use crate::world::{Stat, World};
use std::collections::BTreeMap;
use std::io;

const PATH: &str = ".tamis/files";
const MAGIC: &[u8] = b"tamis files 1\n";
/// A file whose times are this close to the moment of recording may change again within the clock's tick.
const RACY: i128 = 2_000_000_000;

/// A stretch of a file: consecutive records with one digest.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Stretch {
    pub offset: u64,
    pub len: u64,
    /// The first line, from 1.
    pub line: u64,
    pub records: u32,
    pub digest: Digest,
    /// Why no reader may open it: a record over the limit, a truncated stream.
    pub reject: Option<String>,
}

/// What reading a file under one way of splitting gave.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FileState {
    pub stat: Stat,
    /// How it was split; another way means reading again.
    pub way: u64,
    pub racy: bool,
    /// Of all bytes as they lie there.
    pub digest: Digest,
    pub stretches: Vec<Stretch>,
    /// The header of a CSV file.
    pub context: Option<Vec<u8>>,
}

/// All file states, by way and path.
#[derive(Default)]
pub struct Files {
    known: BTreeMap<u64, BTreeMap<String, Known>>,
    changed: bool,
    /// What this process has read itself is believed although its times are fresh; readers verify digests anyway.
    own: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Known {
    state: FileState,
    /// Asked for since the table was loaded; what nobody asks for is forgotten.
    seen: bool,
}

impl Files {
    /// The states of the last build; none if the file is missing or damaged.
    pub fn load(world: &World) -> Files {
        let known = world.read(PATH, u64::MAX).ok().and_then(|b| parse(&b)).unwrap_or_default();
        Files { known, ..Files::default() }
    }

    /// From here on believes what was read since loading.
    pub fn believe(&mut self) {
        self.own = true;
    }

    /// What is known of a file that looks like this.
    pub fn get(&self, path: &str, way: u64, stat: &Stat) -> Option<&FileState> {
        let known = self.known.get(&way)?.get(path)?;
        let fresh = !known.state.racy || (self.own && known.seen);
        Some(&known.state).filter(|s| s.stat == *stat && fresh)
    }

    pub fn put(&mut self, path: &str, mut state: FileState, now: i128) {
        state.racy = state.stat.mtime.max(state.stat.ctime) + RACY > now;
        let of = self.known.entry(state.way).or_default();
        let known = Known { state, seen: true };
        match of.get_mut(path) {
            Some(old) => {
                self.changed |= old.state != known.state;
                *old = known;
            }
            None => {
                self.changed = true;
                of.insert(path.to_string(), known);
            }
        }
    }

    /// Keeps a state that still holds.
    pub fn keep(&mut self, path: &str, way: u64) {
        if let Some(known) = self.known.get_mut(&way).and_then(|of| of.get_mut(path)) {
            known.seen = true;
        }
    }

    /// Writes the table if anything in it changed. With `forget`, what nobody asked for is left out.
    pub fn save(&self, world: &World, forget: bool) -> io::Result<()> {
        let all = || self.known.values().flat_map(BTreeMap::iter);
        if !self.changed && (!forget || all().all(|(_, k)| k.seen)) {
            return Ok(());
        }
        let kept = all().filter(|(_, k)| k.seen || !forget);
        let seen: Vec<(&String, &FileState)> = kept.map(|(p, k)| (p, &k.state)).collect();
        let bytes = print(&seen);
        world.replace_with(PATH, false, |w| w.write_all(&bytes))
    }
}

fn print(files: &[(&String, &FileState)]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend((files.len() as u64).to_le_bytes());
    for (path, s) in files {
        put_bytes(&mut out, path.as_bytes());
        out.extend(s.way.to_le_bytes());
        out.extend(s.stat.size.to_le_bytes());
        out.extend(s.stat.mtime.to_le_bytes());
        out.extend(s.stat.ctime.to_le_bytes());
        out.extend(s.stat.inode.to_le_bytes());
        out.extend(s.stat.device.to_le_bytes());
        out.push(u8::from(s.racy));
        out.extend(s.digest.0);
        put_option(&mut out, s.context.as_deref());
        out.extend((s.stretches.len() as u64).to_le_bytes());
        for c in &s.stretches {
            out.extend(c.offset.to_le_bytes());
            out.extend(c.len.to_le_bytes());
            out.extend(c.line.to_le_bytes());
            out.extend(c.records.to_le_bytes());
            out.extend(c.digest.0);
            put_option(&mut out, c.reject.as_deref().map(str::as_bytes));
        }
    }
    let sum = Digest::of(&out);
    out.extend(sum.0);
    out
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u64).to_le_bytes());
    out.extend(bytes);
}

fn put_option(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.push(u8::from(bytes.is_some()));
    put_bytes(out, bytes.unwrap_or_default());
}

fn parse(bytes: &[u8]) -> Option<BTreeMap<u64, BTreeMap<String, Known>>> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    if Digest::of(body).0 != *sum {
        return None;
    }
    let mut r = Reader(body.strip_prefix(MAGIC)?);
    let mut out: BTreeMap<u64, BTreeMap<String, Known>> = BTreeMap::new();
    for _ in 0..r.u64()? {
        let path = r.text()?;
        let way = r.u64()?;
        let stat = Stat { size: r.u64()?, mtime: r.i128()?, ctime: r.i128()?, inode: r.u64()?, device: r.u64()? };
        let racy = r.array::<1>()? == [1];
        let digest = Digest(r.array()?);
        let context = r.option()?;
        let mut stretches = Vec::new();
        for _ in 0..r.u64()? {
            stretches.push(Stretch {
                offset: r.u64()?,
                len: r.u64()?,
                line: r.u64()?,
                records: u32::from_le_bytes(r.array()?),
                digest: Digest(r.array()?),
                reject: r.option()?.and_then(|b| String::from_utf8(b).ok()),
            });
        }
        let state = FileState { stat, way, racy, digest, stretches, context };
        out.entry(way).or_default().insert(path, Known { state, seen: false });
    }
    Some(out)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes(&mut self, n: usize) -> Option<&[u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }
    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }
    fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.array()?))
    }
    fn i128(&mut self) -> Option<i128> {
        Some(i128::from_le_bytes(self.array()?))
    }
    fn text(&mut self) -> Option<String> {
        let n = self.u64()?;
        String::from_utf8(self.bytes(n as usize)?.to_vec()).ok()
    }
    fn option(&mut self) -> Option<Option<Vec<u8>>> {
        let is = self.array::<1>()? == [1];
        let n = self.u64()?;
        let b = self.bytes(n as usize)?.to_vec();
        Some(is.then_some(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn print_and_parse() {
        let c = Stretch {
            offset: 3,
            len: 9,
            line: 2,
            records: 4,
            digest: Digest::of(b"x"),
            reject: Some("file.truncated".into()),
        };
        let stat = Stat { size: 12, mtime: -5, ctime: 7, inode: 8, device: 9 };
        let context = Some(b"a,b".to_vec());
        let state = FileState { stat, way: 77, racy: true, digest: Digest::of(b"y"), stretches: vec![c], context };
        let path = "raw/가.csv".to_string();
        let bytes = print(&[(&path, &state)]);
        let back = parse(&bytes).unwrap();
        assert_eq!(back[&77][&path], Known { state, seen: false });
        for cut in 0..bytes.len() {
            assert_eq!(parse(&bytes[..cut]), None);
        }
    }
}
