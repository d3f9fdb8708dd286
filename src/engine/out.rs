//! Release folders: the difference between what lies there and what should is written; nothing is deleted and made
//! again. Freezing copies a folder once and refuses to change it. `.tamis/outputs` remembers the digest that each file had
//! while its size, times and inode stay as they were, so that an unchanged release is not read; losing it costs one
//! reading.
use super::scan::{Reader, put_text};
use super::session::Session;
use crate::digest::{Digest, Hasher};
use crate::stage::{Content, Fault, OutFile};
use crate::world::{Found, Look, Looks, Stat, What, World};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::sync::Mutex;

const PATH: &str = ".tamis/outputs";
/// Names in the path of a release's folder, `out/NAME`: what lies beside such folders is the user's.
const RELEASE: usize = 2;
const MAGIC: &[u8] = b"tamis outputs 1\n";

/// All files that tamis wrote for the user.
#[derive(Default)]
pub struct Outputs {
    known: BTreeMap<String, Known>,
    changed: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Known {
    stat: Stat,
    digest: Digest,
    racy: bool,
    /// Asked for since the table was loaded; what nobody asks for is forgotten.
    seen: bool,
}

impl Outputs {
    /// Those of the last build; none if the table is missing or damaged.
    pub fn load(world: &World) -> Outputs {
        let known = world.read_own(PATH, u64::MAX).ok().and_then(|b| parse(&b)).unwrap_or_default();
        Outputs { known, changed: false }
    }

    /// Whether a file that looks like this has these bytes.
    pub fn holds(&mut self, path: &str, stat: &Stat, digest: Digest) -> bool {
        let Some(known) = self.known.get_mut(path) else { return false };
        known.seen = true;
        !known.racy && known.stat == *stat && known.digest == digest
    }

    /// False only if the file is known to have held other bytes; otherwise its content must be compared.
    pub fn may_hold(&self, path: &str, digest: Digest) -> bool {
        self.known.get(path).is_none_or(|known| known.digest == digest)
    }

    pub fn put(&mut self, path: &str, stat: Stat, digest: Digest, now: i64) {
        let known = Known { stat, digest, racy: stat.racy(now), seen: true };
        self.changed |= self.known.insert(path.to_string(), known).is_none_or(|old| old != known);
    }

    /// Fingerprints of the release folders; `None` while a file is younger than the clock's resolution.
    pub fn looks(&self) -> Option<Vec<(String, Look)>> {
        let old = self.known.values().all(|k| !k.racy);
        old.then(|| Looks::of_tree(self.known.iter().map(|(path, k)| (path.as_str(), k.stat)), RELEASE))
    }

    /// Writes the table if anything in it changed. With `forget`, what nobody asked for is left out.
    pub fn save(&mut self, world: &World, forget: bool) -> io::Result<()> {
        let before = self.known.len();
        self.known.retain(|_, k| k.seen || !forget);
        if !self.changed && self.known.len() == before {
            return Ok(());
        }
        let bytes = self.print();
        world.replace_with(PATH, false, |w| w.write_all(&bytes))
    }

    fn print(&self) -> Vec<u8> {
        let mut out = MAGIC.to_vec();
        for (path, k) in &self.known {
            put_text(&mut out, path);
            out.extend(k.stat.bytes());
            out.extend(k.digest.0);
            out.push(u8::from(k.racy));
        }
        let sum = Digest::of(&out);
        out.extend(sum.0);
        out
    }
}

fn parse(bytes: &[u8]) -> Option<BTreeMap<String, Known>> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(32)?)?;
    if Digest::of(body).0 != *sum {
        return None;
    }
    let mut r = Reader(body.strip_prefix(MAGIC)?);
    let mut out = BTreeMap::new();
    while !r.0.is_empty() {
        let path = r.text()?;
        let (stat, digest) = (Stat::of_bytes(&r.array()?), Digest(r.array()?));
        out.insert(path, Known { stat, digest, racy: r.array::<1>()? == [1], seen: false });
    }
    Some(out)
}

/// Folders below `out/` that hold a release of a name that is declared no more: tamis leaves them to the user.
pub fn undeclared<'n>(world: &World, declared: impl Iterator<Item = &'n str>) -> Vec<String> {
    let declared: BTreeSet<&str> = declared.collect();
    let mut names = world.names("out").unwrap_or_default();
    names.retain(|name| !declared.contains(name.as_str()) && world.is_file(&format!("out/{name}/release.json")));
    names.sort();
    names
}

/// Brings a folder to hold exactly these files; returns how many were written and removed. With `lasting`, each is made
/// to outlive a power cut.
pub fn write(s: &Session, files: &mut Outputs, folder: &str, list: &[OutFile], lasting: bool) -> Result<usize, Fault> {
    let there = s.world.list(folder).map_err(world)?;
    let wanted: BTreeSet<String> = list.iter().map(|f| format!("{folder}/{}", f.path)).collect();
    let mut changed = 0;
    for old in there.iter().filter(|f| !wanted.contains(&f.path)) {
        s.world.remove(&old.path).map_err(world)?;
        prune_up(s, folder, &old.path);
        changed += 1;
    }
    let mut unsure = Vec::new();
    for file in list {
        let path = format!("{folder}/{}", file.path);
        let unknown = || Fault::Bug(format!("{}: its sums are not known", file.path));
        let digest = file.sums.as_ref().ok_or_else(unknown)?.blake3;
        let found = there.binary_search_by(|f| f.path.as_bytes().cmp(path.as_bytes())).ok().and_then(|i| there.get(i));
        if !lies_there(files, found, digest) {
            let compare = found.is_some() && files.may_hold(&path, digest);
            unsure.push((path, compare, file, digest));
        }
    }
    let slots: Vec<Mutex<Option<Result<bool, Fault>>>> = unsure.iter().map(|_| Mutex::new(None)).collect();
    s.exec.each(unsure.len(), &|i| {
        let (path, compare, file, digest) = &unsure[i];
        let done = s.go_on().and_then(|()| match *compare && digest_at(s, path).ok() == Some(*digest) {
            true => Ok(false),
            false => put(s, path, &file.content, *digest, lasting).map(|()| true),
        });
        *slots[i].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
    });
    for ((path, _, _, digest), slot) in unsure.iter().zip(slots) {
        let done = slot.into_inner().unwrap_or_else(|e| e.into_inner());
        changed += usize::from(done.unwrap_or(Ok(false))?);
        if let Some(stat) = s.world.stat(path) {
            files.put(path, stat, *digest, s.world.now());
        }
    }
    Ok(changed)
}

/// Writes one file, chunk by chunk; bytes that are not those that were promised are never left there.
fn put(s: &Session, path: &str, content: &Content, digest: Digest, lasting: bool) -> Result<(), Fault> {
    let mut fault = None;
    let written = s.world.replace_with(path, lasting, |w| {
        let mut h = Hasher::plain();
        let done = s.content(content, &mut |bytes| {
            h.update(bytes);
            w.write_all(bytes).map_err(world)
        });
        if let Err(f) = done {
            fault = Some(f);
            return Err(io::ErrorKind::Other.into());
        }
        match h.finish() == digest {
            true => Ok(()),
            false => Err(io::Error::other(format!("{path}: the bytes are not those that were made"))),
        }
    });
    written.map_err(|e| fault.unwrap_or_else(|| world(e)))
}

fn digest_at(s: &Session, path: &str) -> io::Result<Digest> {
    let mut input = s.world.open(path)?.reader()?;
    let mut h = Hasher::plain();
    let mut block = vec![0; 1 << 16];
    loop {
        match input.read(&mut block)? {
            0 => return Ok(h.finish()),
            n => h.update(block.get(..n).unwrap_or_default()),
        };
    }
}

fn lies_there(files: &mut Outputs, found: Option<&Found>, digest: Digest) -> bool {
    let Some(Found { path, what: What::File(stat) }) = found else { return false };
    files.holds(path, stat, digest)
}

/// Removes folders that became empty, up to the release's own.
fn prune_up(s: &Session, folder: &str, path: &str) {
    let mut at = path;
    while let Some((up, _)) = at.rsplit_once('/') {
        if up.len() <= folder.len() {
            return;
        }
        s.world.prune(up);
        at = up;
    }
}

fn world(e: io::Error) -> Fault {
    Fault::World(e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::RACY;

    #[test]
    fn print_and_parse() {
        let stat = Stat { size: 12, mtime: -5, ctime: 7, inode: 8, device: 9 };
        let mut o = Outputs::default();
        o.put("out/가.csv", stat, Digest::of(b"y"), 8 + RACY);
        o.put("out/fresh", stat, Digest::of(b"z"), 8);
        let bytes = o.print();
        let mut back = Outputs { known: parse(&bytes).unwrap(), changed: false };
        assert!(back.holds("out/가.csv", &stat, Digest::of(b"y")));
        assert!(!back.holds("out/가.csv", &Stat { ctime: 8, ..stat }, Digest::of(b"y")));
        assert!(!back.holds("out/가.csv", &stat, Digest::of(b"x")));
        assert!(!back.holds("out/fresh", &stat, Digest::of(b"z")), "it may have changed within the clock's tick");
        for cut in 0..bytes.len() {
            assert_eq!(parse(&bytes[..cut]), None);
        }
    }
}
