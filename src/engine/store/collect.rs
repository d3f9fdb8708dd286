//! Garbage: what no checkout's last build needs. Each checkout leaves a list of the keys it used; what their results
//! speak of lives, the rest goes. New packs and a new index are made to last before anything old is removed.
use super::folder::{self, FOLDER, StoreError, home};
use super::index::{Index, Set};
use super::objects::Store;
use super::place::{CHAIN, INDEX, LOCK, Place, is_pack, pack_path, sound, steps_of};
use super::roots::{MAGIC, checkout, roots_of, roots_of_checkout, roots_path};
use crate::digest::Digest;
use crate::world::{How, Own, World};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

/// A pack is written anew when more than one in so many of its bytes is garbage; with `--raw` whenever any is, so that nothing
/// is left of what was taken out.
const WORTH: u64 = 8;
/// New packs are about this long.
const PACK: u64 = 1 << 30;

/// How garbage is collected.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// Tell what would go, and remove nothing.
    pub dry_run: bool,
    /// Remove also what was made before masking, although the last build used it; it is made again when needed.
    pub raw: bool,
}

/// What stayed and what went.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
pub struct Collected {
    pub objects_kept: u64,
    pub objects_removed: u64,
    pub results_kept: u64,
    pub results_removed: u64,
    /// Objects that others are made from and that are not as they were written; they went, and so did the others.
    pub damaged: u64,
    /// Bytes of packs and index, before and after.
    pub before: u64,
    pub after: u64,
    /// Checkouts whose last build is kept.
    pub checkouts: Vec<String>,
    /// Checkouts that are gone, or share this store no longer.
    pub gone: Vec<String>,
    /// Where the folder was before it was copied or moved, if it has not completed a build since: those builds are kept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copied: Vec<String>,
}

impl Store {
    /// Whether this checkout has said what it needs.
    pub fn has_roots(&self, project: &World) -> bool {
        self.home.exists(&roots_of_checkout(project))
    }

    /// Says what this checkout needs: every key that was asked for. For a build of everything.
    pub fn keep_roots(&self, project: &World) -> io::Result<()> {
        let mut keys: Vec<Digest> = self.lock().used.iter().copied().collect();
        keys.sort();
        let name = checkout(project);
        let mut bytes = MAGIC.to_vec();
        bytes.extend(name.as_bytes());
        bytes.push(b'\n');
        bytes.extend(keys.iter().flat_map(|k| k.0));
        let path = roots_path(&name);
        if self.home.read(&path, u64::MAX).is_ok_and(|old| old == bytes) {
            return Ok(());
        }
        self.home.replace(&path, &bytes)
    }
}

/// Collects; `waits` is called if others have the store open, and then this waits for them.
pub fn collect(project: &World, wish: Wish, waits: impl FnOnce()) -> Result<Collected, StoreError> {
    let home = home(project)?;
    if !home.exists(INDEX) {
        return Ok(Collected::default());
    }
    let lock = home.own(LOCK, How::Edit)?;
    if !lock.try_lock()? {
        waits();
        lock.lock()?;
    }
    let index = folder::clean(&home, &home.own(INDEX, How::Edit)?)?;
    let mut out = Collected { before: size(&home)?, ..Collected::default() };
    let mut stale = read_roots(&home, &mut out)?;
    if out.checkouts.is_empty() && lies_within(&home, project) {
        // nobody else can have the store, so what it holds was made where this folder was before
        (out.copied, stale) = (std::mem::take(&mut out.gone), BTreeSet::new());
    }
    let (keys, objects, damaged) = living(&home, &index, wish, &stale)?;
    out.damaged = damaged;
    out.objects_kept = objects.len() as u64;
    out.objects_removed = index.objects.len() as u64 - out.objects_kept;
    out.results_kept = keys.len() as u64;
    out.results_removed = index.keys().count() as u64 - out.results_kept;
    let plan = Moves::of(&home, &objects, if wish.raw { u64::MAX } else { WORTH });
    let sweeps = out.objects_removed + out.results_removed > 0 || !plan.rewrite.is_empty();
    if wish.dry_run {
        out.after =
            if sweeps { plan.bytes() + renewed(&index, &keys, &plan).commit().len() as u64 } else { out.before };
        return Ok(out);
    }
    for path in &stale {
        home.remove(path)?;
    }
    if sweeps {
        sweep(&home, &index, &keys, plan)?;
    }
    out.after = size(&home)?;
    Ok(out)
}

/// Names the checkouts; gives the root files of those that are gone.
fn read_roots(home: &World, out: &mut Collected) -> io::Result<BTreeSet<String>> {
    let mut stale = BTreeSet::new();
    for name in home.names("roots")? {
        let path = format!("roots/{name}");
        let Some((checkout, _)) = roots_of(&home.read(&path, u64::MAX)?) else {
            if !name.starts_with('.') {
                return Err(io::Error::other(format!(
                    "{path} is damaged, so what its checkout needs is not known; delete it, or build there again"
                )));
            }
            continue;
        };
        let there = home.at(&checkout);
        let shares = there.exists(FOLDER) && folder::home(&there).is_ok_and(|h| same(&h, home));
        if shares {
            out.checkouts.push(checkout);
        } else {
            out.gone.push(checkout);
            stale.insert(path);
        }
    }
    out.checkouts.sort();
    out.gone.sort();
    Ok(stale)
}

/// Whether the store is that of this folder alone.
fn lies_within(home: &World, project: &World) -> bool {
    let canonical = |world: &World| world.root().canonicalize().ok();
    canonical(home).zip(canonical(project)).is_some_and(|(home, project)| home.starts_with(project))
}

fn same(a: &World, b: &World) -> bool {
    a.root().canonicalize().ok() == b.root().canonicalize().ok()
}

/// The keys that are needed, the objects that their results speak of, and how many that others differ from are damaged.
fn living(
    home: &World,
    index: &Index,
    wish: Wish,
    stale: &BTreeSet<String>,
) -> io::Result<(Set, BTreeMap<Digest, Place>, u64)> {
    let mut todo = Vec::new();
    for path in home.names("roots")?.iter().map(|n| format!("roots/{n}")).filter(|p| !stale.contains(p)) {
        todo.extend(roots_of(&home.read(&path, u64::MAX)?).map(|r| r.1).unwrap_or_default());
    }
    let (mut keys, mut objects, mut bases) = (Set::default(), BTreeMap::new(), BTreeMap::new());
    while let Some(key) = todo.pop() {
        let Some(bytes) = index.result(key).filter(|_| keys.insert(key)) else { continue };
        todo.extend(samples_of(home, index, wish, bytes));
        for digest in digests_in(bytes) {
            todo.push(digest); // a result may speak of another's key
            keep(home, index, wish, digest, &mut objects, &mut bases);
        }
    }
    let damaged: Vec<Digest> = bases.into_iter().filter(|(_, sound)| !sound).map(|(base, _)| base).collect();
    objects.retain(|digest, _| !damaged.contains(digest));
    Ok((keys, objects, damaged.len() as u64))
}

/// An object stays, with all that it is kept by a difference from: if one of these is not there, or is damaged, it cannot
/// be read, and is made again by whoever needs it. `bases` remembers which were read, and whether they are sound.
fn keep(
    home: &World,
    index: &Index,
    wish: Wish,
    digest: Digest,
    objects: &mut BTreeMap<Digest, Place>,
    bases: &mut BTreeMap<Digest, bool>,
) {
    let mut chain: Vec<(Digest, Place)> = Vec::new();
    let mut next = digest;
    loop {
        let Some(place) = index.objects.get(&next).filter(|p| !(wish.raw && p.raw)) else { return };
        let apart = chain.first().is_some_and(|first| first.1.raw != place.raw);
        if apart || chain.len() > CHAIN {
            return;
        }
        chain.push((next, *place));
        if !place.differs {
            let is_sound = || read(home, place).is_ok_and(|bytes| sound(next, &bytes));
            if chain.len() > 1 && !*bases.entry(next).or_insert_with(is_sound) {
                return;
            }
            break;
        }
        if objects.contains_key(&next) {
            break;
        }
        let base = read(home, place).ok().and_then(|bytes| Some(steps_of(&bytes)?.0));
        let Some(base) = base else { return };
        next = base;
    }
    objects.extend(chain);
}

fn read(home: &World, p: &Place) -> io::Result<Vec<u8>> {
    home.own(&pack_path(p.pack, p.raw), How::Read)?.read(p.len as usize, p.offset)
}

/// What of a partition's result garbage collection needs to know: the object with the keys of its single samples.
#[derive(serde::Deserialize)]
struct Speaks {
    samples: Option<Digest>,
}

/// The keys of single samples that a partition's result speaks for.
pub(super) fn samples_of(home: &World, index: &Index, wish: Wish, result: &[u8]) -> Vec<Digest> {
    let place = serde_json::from_slice::<Speaks>(result).ok().and_then(|o| index.objects.get(&o.samples?));
    let place = place.filter(|p| !(wish.raw && p.raw)); // it goes now, and with it what it alone speaks for
    let bytes = place.and_then(|p| read(home, p).ok()).unwrap_or_default(); // absent: each is made again when needed
    bytes.as_chunks::<32>().0.iter().map(|k| Digest(*k)).collect()
}

/// Everything in a result that looks like a digest: results are JSON, digests are texts of 64 hex digits.
pub(super) fn digests_in(json: &[u8]) -> impl Iterator<Item = Digest> {
    let quoted = json.split(|b| *b == b'"').filter(|t| t.len() == 64);
    quoted.filter_map(|t| Digest::parse(std::str::from_utf8(t).ok()?))
}

/// Which packs stay as they are, and which objects move to new ones.
struct Moves {
    stay: BTreeMap<Digest, Place>,
    rewrite: BTreeMap<Digest, Place>,
    kept: BTreeSet<String>,
    kept_bytes: u64,
}

/// Bytes of a frame around an object.
const FRAME: u64 = 36;

impl Moves {
    fn of(home: &World, objects: &BTreeMap<Digest, Place>, worth: u64) -> Moves {
        let mut used: BTreeMap<String, u64> = BTreeMap::new();
        for p in objects.values() {
            *used.entry(pack_path(p.pack, p.raw)).or_default() += u64::from(p.len) + FRAME;
        }
        let size = |path: &String| home.stat(path).map_or(0, |s| s.size);
        used.retain(|path, live| (size(path).saturating_sub(*live)).saturating_mul(worth) <= size(path));
        let stays = |p: &Place| used.contains_key(&pack_path(p.pack, p.raw));
        let (stay, rewrite) = objects.iter().map(|(d, p)| (*d, *p)).partition(|(_, p)| stays(p));
        Moves { stay, rewrite, kept_bytes: used.keys().map(size).sum(), kept: used.into_keys().collect() }
    }

    fn bytes(&self) -> u64 {
        self.kept_bytes + self.rewrite.values().map(|p| u64::from(p.len) + FRAME).sum::<u64>()
    }
}

/// An index of the results that stay, in the order of their keys.
fn results(index: &Index, keys: &Set) -> Index {
    let mut new = Index::default();
    let mut keys: Vec<&Digest> = keys.iter().collect();
    keys.sort();
    for key in keys {
        new.put_result(*key, index.result(*key).unwrap_or_default(), index.is_raw(*key));
    }
    new
}

/// An index as long as the one that a sweep would write; objects that move are named where they lie now.
fn renewed(index: &Index, keys: &Set, plan: &Moves) -> Index {
    let mut new = results(index, keys);
    plan.stay.iter().chain(&plan.rewrite).for_each(|(d, p)| new.put_object(*d, *p));
    new
}

fn sweep(home: &World, index: &Index, keys: &Set, plan: Moves) -> io::Result<()> {
    let mut new = results(index, keys);
    plan.stay.iter().for_each(|(d, p)| new.put_object(*d, *p));
    let mut next = index.objects.values().map(|p| p.pack + 1).max().unwrap_or(0);
    for raw in [false, true] {
        move_objects(home, plan.rewrite.iter().filter(|o| o.1.raw == raw), raw, &mut next, &mut new)?;
    }
    home.sync_folder("packs")?;
    home.replace(INDEX, &new.commit())?;
    let named: BTreeSet<String> = new.objects.values().map(|p| pack_path(p.pack, p.raw)).collect();
    for name in home.names("packs")? {
        let path = format!("packs/{name}");
        if is_pack(&name) && !named.contains(&path) && !plan.kept.contains(&path) {
            home.remove(&path)?;
        }
    }
    Ok(())
}

/// Copies objects into new packs in the order in which they lie, so that what was made together stays together; one
/// that is damaged is left behind.
fn move_objects<'o>(
    home: &World,
    objects: impl Iterator<Item = (&'o Digest, &'o Place)>,
    raw: bool,
    next: &mut u32,
    new: &mut Index,
) -> io::Result<()> {
    let mut objects: Vec<(&Digest, &Place)> = objects.collect();
    objects.sort_by_key(|o| (o.1.pack, o.1.offset));
    let mut target: Option<(u32, Own, u64)> = None;
    let mut source: Option<(u32, Own)> = None;
    for (digest, place) in objects {
        if source.as_ref().is_none_or(|s| s.0 != place.pack) {
            source = home.own(&pack_path(place.pack, raw), How::Read).ok().map(|f| (place.pack, f));
        }
        let Some((_, from)) = &source else { continue };
        let Ok(bytes) = from.read(place.len as usize, place.offset) else { continue };
        let whole = if place.differs { steps_of(&bytes).is_some() } else { sound(*digest, &bytes) };
        if !whole {
            continue;
        }
        if target.as_ref().is_some_and(|t| t.2 > PACK)
            && let Some((_, full, _)) = target.take()
        {
            full.sync()?;
        }
        let (number, to, at) = match &mut target {
            Some(t) => t,
            None => {
                let number = *next;
                *next += 1;
                target.insert((number, home.own(&pack_path(number, raw), How::Create)?, 0))
            }
        };
        let frame = [&place.len.to_le_bytes()[..], &digest.0, &bytes].concat();
        to.write_at(&frame, *at)?;
        new.put_object(*digest, Place { pack: *number, offset: *at + FRAME, ..*place });
        *at += frame.len() as u64;
    }
    target.map_or(Ok(()), |t| t.1.sync())
}

/// Bytes of packs and index.
fn size(home: &World) -> io::Result<u64> {
    let packs = home.names("packs")?.into_iter().map(|n| format!("packs/{n}"));
    Ok(packs.chain([INDEX.to_string()]).filter_map(|p| home.stat(&p)).map(|s| s.size).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(world: &World, values: &[u8]) {
        let s = Store::write(world).unwrap();
        for v in values {
            let bytes = vec![*v; 1000];
            s.put(Digest::of(&bytes), &bytes, v.is_multiple_of(2)).unwrap();
            let result = serde_json::to_vec(&[Digest::of(&bytes)]).unwrap();
            s.put_result(Digest::of(&[*v]), &result, false);
        }
        s.commit().unwrap();
        s.keep_roots(world).unwrap();
    }

    fn known(world: &World, v: u8) -> bool {
        let s = Store::read(world).unwrap();
        s.result(Digest::of(&[v])).is_some() && s.get(Digest::of(&[v; 1000])).is_some()
    }

    #[test]
    fn what_the_last_build_used_stays() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        build(&world, &[1, 2, 3, 4, 5, 6, 7]);
        build(&world, &[3, 4, 8]);
        let dry = collect(&world, Wish { dry_run: true, raw: false }, || {}).unwrap();
        assert!(known(&world, 1));
        let done = collect(&world, Wish::default(), || {}).unwrap();
        assert_eq!((dry.objects_removed, done.objects_removed, done.objects_kept), (5, 5, 3));
        assert!(done.after < done.before);
        assert_eq!(dry.after, done.after, "what a dry run says is what is left");
        assert_eq!((1..=8).filter(|v| known(&world, *v)).collect::<Vec<_>>(), [3, 4, 8]);
        let again = collect(&world, Wish::default(), || {}).unwrap();
        assert_eq!((again.objects_removed, again.before), (0, done.after));
        let raw = collect(&world, Wish { dry_run: false, raw: true }, || {}).unwrap();
        assert_eq!(raw.objects_removed, 2);
        assert_eq!((1..=8).filter(|v| known(&world, *v)).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn what_another_differs_from_stays_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        let of = |v: u8| Digest::of(&[v; 1000]);
        build(&world, &[2, 3, 5, 6, 7, 8, 9]);
        {
            let s = Store::write(&world).unwrap();
            // 21 is 1000 bytes put behind none of 2, 23 the same behind none of 21
            for (own, base) in [(21, 2), (23, 21)] {
                let steps = [&[0, 0, 0xe8, 0x07][..], &[own; 1000]].concat();
                assert!(s.put_difference(of(own), of(base), &steps, true).unwrap());
            }
            s.put_result(Digest::of(&[23]), format!("[\"{}\"]", of(23).hex()).as_bytes(), true);
            s.commit().unwrap();
            s.keep_roots(&world).unwrap();
        }
        let done = collect(&world, Wish::default(), || {}).unwrap();
        assert_eq!((done.objects_kept, done.objects_removed), (3, 6), "one result, and all that it takes");
        let s = Store::read(&world).unwrap();
        assert!([2, 21, 23].iter().all(|v| s.get(of(*v)).is_some_and(|b| b == [*v; 1000])));
        drop(s);
        let raw = collect(&world, Wish { dry_run: false, raw: true }, || {}).unwrap();
        assert_eq!((raw.objects_kept, raw.objects_removed), (0, 3));
    }

    #[test]
    fn what_differs_from_damaged_bytes_goes() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        let of = |v: u8| Digest::of(&[v; 1000]);
        build(&world, &[3, 5]);
        {
            let s = Store::write(&world).unwrap();
            let steps = [&[0, 0, 0xe8, 0x07][..], &[21; 1000]].concat();
            assert!(s.put_difference(of(21), of(3), &steps, false).unwrap());
            s.put_result(Digest::of(&[21]), format!("[\"{}\"]", of(21).hex()).as_bytes(), false);
            s.commit().unwrap();
            assert!([3, 5].iter().all(|v| s.result(Digest::of(&[*v])).is_some()));
            s.keep_roots(&world).unwrap();
        }
        let path = dir.path().join(".tamis/packs/000000.pack");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[500] ^= 1; // within the first object, 3
        std::fs::write(&path, bytes).unwrap();
        assert_eq!(super::super::verify(&world).unwrap().damaged, 2, "the object, and what is made from it");
        let done = collect(&world, Wish::default(), || {}).unwrap();
        assert_eq!((done.damaged, done.objects_kept), (1, 1));
        let s = Store::read(&world).unwrap();
        assert!(!s.has(of(3)) && !s.has(of(21)) && s.get(of(5)).is_some());
        assert_eq!(super::super::verify(&world).unwrap().damaged, 0);
    }

    #[test]
    fn checkouts_share_a_store_until_they_are_gone() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let folder = dir.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            World::new(folder)
        };
        let (a, b) = (at("a"), at("b"));
        for world in [&a, &b] {
            folder::share(world, dir.path().join("store").to_str().unwrap()).unwrap();
        }
        build(&a, &[1, 2]);
        build(&b, &[2, 3]);
        assert!(known(&a, 3) && known(&b, 1));
        assert_eq!(collect(&a, Wish::default(), || {}).unwrap().objects_removed, 0);
        std::fs::remove_dir_all(b.root()).unwrap();
        let done = collect(&a, Wish::default(), || {}).unwrap();
        assert_eq!((done.gone.len(), done.objects_removed), (1, 1));
        assert!(known(&a, 1) && known(&a, 2) && !known(&a, 3));
    }

    #[test]
    fn two_write_at_once() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| {
            let folder = dir.path().join(name);
            std::fs::create_dir_all(&folder).unwrap();
            let world = World::new(folder);
            folder::share(&world, dir.path().join("store").to_str().unwrap()).unwrap();
            world
        };
        let (a, b) = (at("a"), at("b"));
        let (first, second) = (Store::write(&a).unwrap(), Store::write(&b).unwrap());
        for (n, s) in [&first, &second, &first, &second].into_iter().enumerate() {
            let bytes = vec![n as u8; 10];
            s.put(Digest::of(&bytes), &bytes, false).unwrap();
            s.put_result(Digest::of(&[n as u8]), b"[]", false);
            s.commit().unwrap();
        }
        drop((first, second));
        let s = Store::read(&a).unwrap();
        assert!((0..4u8).all(|n| s.get(Digest::of(&[n; 10])).is_some() && s.result(Digest::of(&[n])).is_some()));
    }
}
