//! What was looked at through the door, and how it was. Where every path looks the same again, nothing has changed that
//! could have been read. What cannot be told by one look - a link, a file so young that it may change unseen - and what
//! is too much to remember leaves no looks at all.
use super::{Stat, World, hidden};
use crate::digest::{Digest, Hasher};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

/// Paths that are remembered at most.
const MOST: usize = 4096;

/// How a path was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Look {
    Absent,
    File(Stat),
    /// Over the names and kinds of what lies in it, hidden ones apart; and, where it is old enough to be told by that,
    /// how the folder itself was: every name that comes or goes changes its times.
    Folder(Digest, Option<Stat>),
}

/// Paths relative to the project, or absolute, each with how it was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Looks(Vec<(String, Look)>);

impl Looks {
    pub fn new(of: Vec<(String, Look)>) -> Looks {
        Looks(of)
    }

    /// With more of them.
    pub fn with(mut self, more: impl IntoIterator<Item = (String, Look)>) -> Looks {
        self.0.extend(more);
        self
    }

    /// How folders look that hold nothing but these files, each with how it was: those up to `top`, a path's first so many
    /// names.
    pub fn of_tree<'p>(files: impl Iterator<Item = (&'p str, Stat)> + Clone, top: usize) -> Vec<(String, Look)> {
        let mut folders: BTreeMap<&str, BTreeMap<&str, FileType>> = BTreeMap::new();
        for (path, _) in files.clone() {
            let (mut below, mut kind) = (path, FileType::RegularFile);
            while let Some((folder, name)) = below.rsplit_once('/').filter(|(f, _)| f.split('/').count() >= top) {
                folders.entry(folder).or_default().insert(name, kind);
                (below, kind) = (folder, FileType::Directory);
            }
        }
        let look = |(folder, names): (&str, BTreeMap<&str, FileType>)| {
            let mut all = Names::default();
            names.into_iter().for_each(|(name, kind)| all.push(name.as_bytes(), kind));
            (folder.to_string(), all.look())
        };
        files.map(|(path, stat)| (path.to_string(), Look::File(stat))).chain(folders.into_iter().map(look)).collect()
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Look)> {
        self.0.iter().map(|(path, look)| (path.as_str(), look))
    }

    /// Whether everything looks the same again.
    pub fn hold(&self, world: &World) -> bool {
        let Ok(root) = root(world) else { return false };
        self.0.iter().all(|(path, was)| still(&root, path, was).unwrap_or(false))
    }

    /// The same looks, with the times of folders where these can be believed.
    pub fn dated(self, world: &World) -> Looks {
        let (now, root) = (world.now(), root(world));
        let believed = |path: &str, was: &Look| -> Option<Stat> {
            let root = root.as_ref().ok()?;
            let stat = Stat::of_raw(&at(root, path).ok()??);
            let same = list(root, path).is_ok_and(|look| look == *was);
            (same && !stat.racy(now)).then_some(stat)
        };
        let dated = |(path, was): (String, Look)| match was {
            Look::Folder(names, None) => {
                let stat = believed(&path, &was);
                (path, Look::Folder(names, stat))
            }
            _ => (path, was),
        };
        Looks(self.0.into_iter().map(dated).collect())
    }
}

/// Notes what is looked at.
pub(super) struct Notes {
    since: i64,
    /// `None`: it cannot be told, or was taken.
    seen: Mutex<Option<Vec<(String, Look)>>>,
    /// Whether it is still worth noting: asked of every file of a walk.
    goes_on: AtomicBool,
}

impl Notes {
    pub fn new(since: i64) -> Notes {
        Notes { since, seen: Mutex::new(Some(Vec::new())), goes_on: AtomicBool::new(true) }
    }

    pub fn go_on(&self) -> bool {
        self.goes_on.load(Ordering::Relaxed)
    }

    fn seen(&self) -> MutexGuard<'_, Option<Vec<(String, Look)>>> {
        self.seen.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// From now on nothing is noted.
    pub fn give_up(&self) {
        self.end();
    }

    fn end(&self) -> Option<Vec<(String, Look)>> {
        self.goes_on.store(false, Ordering::Relaxed);
        self.seen().take()
    }

    pub fn note(&self, path: impl FnOnce() -> String, look: Look) {
        let told = match look {
            Look::File(stat) => !stat.racy(self.since),
            Look::Absent | Look::Folder(..) => true,
        };
        match self.seen().as_mut() {
            None => {}
            Some(of) if told && of.len() < MOST => return of.push((path(), look)),
            Some(_) => {}
        }
        self.give_up();
    }

    /// Ends the noting; nothing where a path looked one way first and another way then.
    pub fn take(&self) -> Option<Looks> {
        let mut seen = self.end()?;
        seen.sort_by(|a, b| a.0.cmp(&b.0));
        seen.dedup();
        seen.is_sorted_by(|a, b| a.0 < b.0).then_some(Looks(seen))
    }
}

/// The names in a folder with their kinds, for a digest that does not know their order.
#[derive(Default)]
pub(super) struct Names(Vec<Vec<u8>>);

impl Names {
    pub fn push(&mut self, name: &[u8], kind: FileType) {
        let kind = match kind {
            FileType::RegularFile => b'f',
            FileType::Directory => b'd',
            FileType::Symlink => b'l',
            _ => b'?',
        };
        self.0.push([name, &[0, kind]].concat());
    }

    pub fn look(mut self) -> Look {
        self.0.sort_unstable();
        let mut h = Hasher::derive("tamis names 1");
        for name in &self.0 {
            h.update(name);
        }
        Look::Folder(h.finish(), None)
    }
}

fn root(world: &World) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(world.root(), OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?)
}

/// What stands at a path, if anything does.
fn at(root: &OwnedFd, path: &str) -> io::Result<Option<rustix::fs::Stat>> {
    let path = if path.is_empty() { "." } else { path };
    match rustix::fs::statat(root, path, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

fn list(root: &OwnedFd, path: &str) -> io::Result<Look> {
    let path = if path.is_empty() { "." } else { path };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let mut names = Names::default();
    for entry in rustix::fs::Dir::new(rustix::fs::openat(root, path, flags, Mode::empty())?)? {
        let entry = entry?;
        let name = entry.file_name().to_bytes();
        if !hidden(name) {
            names.push(name, entry.file_type());
        }
    }
    Ok(names.look())
}

/// How a path looks now; `None` for what cannot be told by a look.
fn look(root: &OwnedFd, path: &str) -> io::Result<Option<Look>> {
    let Some(stat) = at(root, path)? else { return Ok(Some(Look::Absent)) };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Ok(Some(Look::File(Stat::of_raw(&stat)))),
        FileType::Directory => list(root, path).map(Some),
        _ => Ok(None),
    }
}

/// Whether a path looks as it did.
fn still(root: &OwnedFd, path: &str, was: &Look) -> io::Result<bool> {
    let now = at(root, path)?;
    let kind = now.as_ref().map(|n| FileType::from_raw_mode(n.st_mode));
    let stat = now.as_ref().map(Stat::of_raw);
    match was {
        Look::Absent => Ok(now.is_none()),
        Look::File(was) => Ok(kind == Some(FileType::RegularFile) && stat == Some(*was)),
        Look::Folder(..) if kind != Some(FileType::Directory) => Ok(false),
        Look::Folder(_, Some(was)) if stat == Some(*was) => Ok(true),
        Look::Folder(names, _) => Ok(list(root, path)? == Look::Folder(*names, None)),
    }
}

impl World {
    /// How a path looks now, as something to remember; `None` for what may change unseen.
    pub fn look(&self, path: &str) -> Option<Look> {
        let now = self.now();
        let seen = look(&root(self).ok()?, path).ok()??;
        let racy = matches!(seen, Look::File(stat) if stat.racy(now));
        (!racy).then_some(seen)
    }
}
