//! What lies in `out/`: the digest that each file had while its size, times and inode stay as they were, so that an
//! unchanged release is not read. A cache of this checkout with a checksum; losing it costs one reading.
use super::scan::{Reader, put_text};
use crate::digest::Digest;
use crate::world::{Look, Looks, Stat, World};
use std::collections::BTreeMap;
use std::io;

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

    /// Whether a file may have these bytes although it does not look as it did: it had them, or was never seen.
    pub fn may_hold(&self, path: &str, digest: Digest) -> bool {
        self.known.get(path).is_none_or(|known| known.digest == digest)
    }

    pub fn put(&mut self, path: &str, stat: Stat, digest: Digest, now: i64) {
        let known = Known { stat, digest, racy: stat.racy(now), seen: true };
        self.changed |= self.known.insert(path.to_string(), known).is_none_or(|old| old != known);
    }

    /// How the folders of releases look that hold these files and no others; `None` while one is so young that it may
    /// change unseen.
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
