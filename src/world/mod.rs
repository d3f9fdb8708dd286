//! The only door to the outside: files below the project, the environment, the clock. Nothing else in the crate calls
//! the operating system, so what a build may touch can be read here. No path leaves the project.
mod looks;
mod process;
mod stat;

pub use looks::{Look, Looks};
pub use process::Program;
pub use stat::{RACY, Stat};

use crate::digest::cut_hash;
use rustix::fs::{FileType, OFlags};
use std::ffi::{CStr, CString};
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

/// A folder and all below it: a project, or a store.
#[derive(Clone)]
pub struct World {
    root: PathBuf,
    probe: Option<Arc<dyn Probe>>,
    /// What is looked at, where somebody wants to know.
    notes: Option<Arc<looks::Notes>>,
    /// Where it is remembered what the user trusts; `None` is the usual folder.
    trust: Option<PathBuf>,
}

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

fn ask(probe: &Option<Arc<dyn Probe>>, op: Op) -> io::Result<()> {
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
    file: File,
    path: PathBuf,
    probe: Option<Arc<dyn Probe>>,
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
        match self.probe.as_ref().map_or(Verdict::Go, |p| p.before(&op)) {
            Verdict::Go => self.file.write_all_at(bytes, offset),
            Verdict::Fail(e) => Err(e),
            Verdict::Short(n) => {
                self.file.write_all_at(bytes.get(..n).unwrap_or(bytes), offset)?;
                Err(io::ErrorKind::WriteZero.into())
            }
        }
    }

    pub fn cut(&self, len: u64) -> io::Result<()> {
        ask(&self.probe, Op::Cut(&self.path, len))?;
        self.file.set_len(len)
    }

    pub fn sync(&self) -> io::Result<()> {
        ask(&self.probe, Op::Sync(&self.path))?;
        self.file.sync_data()
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
struct Tail<'o> {
    own: &'o Own,
    at: u64,
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

/// A path that a glob may match.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// Relative to the project, `/`-separated.
    pub path: String,
    pub what: What,
}

#[derive(Clone, Debug, PartialEq)]
pub enum What {
    File(Stat),
    /// Cannot be read as data: a link out of the project or in a circle, a name that is not UTF-8, a device.
    Odd(&'static str, String),
}

/// The files of one folder that a visitor wanted, by name.
#[derive(Default)]
pub struct Listing {
    names: String,
    files: Vec<(std::ops::Range<usize>, What)>,
}

impl Listing {
    fn push(&mut self, name: &str, what: What) {
        let start = self.names.len();
        self.names.push_str(name);
        self.files.push((start..self.names.len(), what));
    }

    fn sort(&mut self) {
        let names = &self.names;
        let name = |r: &std::ops::Range<usize>| names.get(r.clone()).unwrap_or_default();
        self.files.sort_by(|a, b| name(&a.0).cmp(name(&b.0)));
    }

    pub fn len(&self) -> usize {
        self.files.len()
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &What)> {
        self.files.iter().map(|(r, what)| (self.names.get(r.clone()).unwrap_or_default(), what))
    }
}

/// Who walks folders: says what is worth a look, and is given it folder by folder.
pub trait Visitor {
    /// Whether a folder is walked.
    fn enters(&mut self, folder: &str) -> bool;
    /// Whether a file is wanted.
    fn wants(&mut self, folder: &str, name: &str) -> bool;
    /// The only names that can be wanted in a folder or below it, if they are known: then nobody needs to list it.
    fn only(&mut self, _: &str) -> Option<Vec<String>> {
        None
    }
    /// The wanted files of a folder; `Break` ends the walk.
    fn folder(&mut self, folder: &str, files: &Listing) -> io::Result<ControlFlow<()>>;
}

/// Folders in folders, at most.
const DEPTH_MAX: usize = 200;

/// A file being read: the descriptor stays the same from the first byte to the check at the end.
pub struct Open {
    own: Own,
    before: Stat,
}

impl Open {
    pub fn stat(&self) -> Stat {
        self.before
    }

    /// True if nothing changed since it was opened.
    pub fn unchanged(&self) -> io::Result<bool> {
        Ok(Stat::of(&self.own.file.metadata()?) == self.before)
    }

    /// So many bytes from an offset on.
    pub fn read(&self, len: usize, offset: u64) -> io::Result<Vec<u8>> {
        self.own.read(len, offset)
    }

    /// A reader from the start.
    pub fn reader(&self) -> io::Result<impl Read + Send + use<>> {
        ask(&self.own.probe, Op::Read(&self.own.path))?;
        let mut f = self.own.file.try_clone()?;
        io::Seek::seek(&mut f, io::SeekFrom::Start(0))?;
        Ok(f)
    }
}

impl World {
    pub fn new(root: impl Into<PathBuf>) -> World {
        World { root: root.into(), probe: None, notes: None, trust: None }
    }

    /// The same, noting what it is asked for: see [`World::looks`].
    pub fn noting(self) -> World {
        let notes = Some(Arc::new(looks::Notes::new(self.now())));
        World { notes, ..self }
    }

    /// Ends the noting: every file that was opened or listed, and every folder that was walked, as they were. `None`
    /// where that cannot be told.
    pub fn looks(&self) -> Option<Looks> {
        self.notes.as_ref()?.take()
    }

    /// The same, under a probe.
    pub fn probed(root: impl Into<PathBuf>, probe: Arc<dyn Probe>) -> World {
        World { root: root.into(), probe: Some(probe), notes: None, trust: None }
    }

    /// Another folder, seen by the same probe.
    pub fn at(&self, root: impl Into<PathBuf>) -> World {
        World { root: root.into(), probe: self.probe.clone(), notes: None, trust: self.trust.clone() }
    }

    fn notes(&self) -> Option<&looks::Notes> {
        self.notes.as_deref().filter(|n| n.go_on())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The place of a path relative to the project; `None` if it would leave it.
    pub fn place(&self, path: &str) -> Option<PathBuf> {
        let inside = Path::new(path).components().all(|c| matches!(c, Component::Normal(_) | Component::CurDir));
        inside.then(|| self.root.join(path))
    }

    fn checked(&self, path: &str) -> io::Result<PathBuf> {
        self.place(path)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, format!("{path} leaves the project")))
    }

    /// The bytes of a file below the project, at most `max`; links out of it are refused.
    pub fn read(&self, path: &str, max: u64) -> io::Result<Vec<u8>> {
        let open = self.open(path)?;
        if !self.holds(&self.checked(path)?) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path} lies outside of the project")));
        }
        if open.stat().size > max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{path} has more than {max} bytes")));
        }
        let mut out = Vec::with_capacity(open.stat().size as usize);
        open.reader()?.take(max).read_to_end(&mut out)?;
        Ok(out)
    }

    pub fn open(&self, path: &str) -> io::Result<Open> {
        let place = self.checked(path)?;
        let link = place.is_symlink();
        if link && !self.holds(&place) {
            self.noted(|| path.to_string(), None);
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path} links out of the project")));
        }
        let opened = self.open_at(path, place);
        let look = match &opened {
            _ if link => None,
            Ok(open) => Some(Look::File(open.before)),
            Err(e) => absent(e),
        };
        self.noted(|| path.to_string(), look);
        opened
    }

    fn open_at(&self, path: &str, place: PathBuf) -> io::Result<Open> {
        ask(&self.probe, Op::Open(&place))?;
        let file = File::open(&place)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path} is no file")));
        }
        Ok(Open { before: Stat::of(&meta), own: Own { file, path: place, probe: self.probe.clone() } })
    }

    /// The bytes of a file of tamis' own, at most `max`.
    pub fn read_own(&self, path: &str, max: u64) -> io::Result<Vec<u8>> {
        let own = self.own(path, How::Read)?;
        let len = own.len()?;
        if len > max {
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("{path} has more than {max} bytes")));
        }
        own.read(len as usize, 0)
    }

    /// Opens a file of tamis' own.
    pub fn own(&self, path: &str, how: How) -> io::Result<Own> {
        let place = self.checked(path)?;
        let options = match how {
            How::Read => OpenOptions::new().read(true).clone(),
            How::Create => OpenOptions::new().read(true).write(true).create_new(true).clone(),
            How::Edit => OpenOptions::new().read(true).write(true).create(true).truncate(false).clone(),
        };
        let makes = how == How::Create || (how == How::Edit && !place.exists());
        ask(&self.probe, if makes { Op::Create(&place) } else { Op::Open(&place) })?;
        Ok(Own { file: options.open(&place)?, path: place, probe: self.probe.clone() })
    }

    /// Makes the names in a folder last.
    pub fn sync_folder(&self, path: &str) -> io::Result<()> {
        let place = self.checked(path)?;
        ask(&self.probe, Op::Sync(&place))?;
        File::open(place)?.sync_all()
    }

    pub fn stat(&self, path: &str) -> Option<Stat> {
        fs::metadata(self.place(path)?).ok().map(|m| Stat::of(&m))
    }

    fn holds(&self, place: &Path) -> bool {
        match (place.canonicalize(), self.root.canonicalize()) {
            (Ok(p), Ok(r)) => p.starts_with(r),
            _ => false,
        }
    }

    /// All files below a folder, in the order of their paths' bytes. Folders behind links are not walked; hidden files
    /// are not listed.
    pub fn list(&self, folder: &str) -> io::Result<Vec<Found>> {
        let start = if folder.is_empty() { self.root.clone() } else { self.checked(folder)? };
        if !start.exists() || !self.holds(&start) {
            return Ok(Vec::new()); // a folder behind a link out of the project has no files of the project
        }
        let walk = walkdir::WalkDir::new(&start).follow_links(false).into_iter();
        let mut out = Vec::new();
        for entry in walk.filter_entry(|e| e.depth() == 0 || !hidden(e.file_name().as_encoded_bytes())) {
            let entry = entry.map_err(io::Error::other)?;
            if !entry.file_type().is_dir() {
                out.push(self.found(&entry)?);
            }
        }
        out.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
        Ok(out)
    }

    /// Walks a folder, as quickly as the system allows: each folder's files first, by name, then its folders, by name.
    /// Hidden ones are passed over, folders behind links are not walked.
    pub fn walk(&self, folder: &str, visitor: &mut dyn Visitor) -> io::Result<()> {
        let start = if folder.is_empty() { self.root.clone() } else { self.checked(folder)? };
        if !start.is_dir() || !self.holds(&start) {
            self.noted(|| folder.to_string(), fs::symlink_metadata(&start).err().as_ref().and_then(absent));
            return Ok(()); // a folder behind a link out of the project has no files of the project
        }
        if self.notes().is_some() && start.is_symlink() {
            self.noted(|| folder.to_string(), None); // a look at a link does not tell what is in the folder behind it
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let opened = rustix::fs::open(&start, flags, rustix::fs::Mode::empty())?;
        self.walk_in(opened, &mut folder.to_string(), 0, visitor).map(drop)
    }

    fn walk_in(
        &self,
        opened: OwnedFd,
        folder: &mut String,
        depth: usize,
        visitor: &mut dyn Visitor,
    ) -> io::Result<ControlFlow<()>> {
        let mut listing = Listing::default();
        let mut folders: Vec<CString> = Vec::new();
        if let Some(names) = visitor.only(folder) {
            self.list_only(&opened, folder, &names, visitor, &mut listing)?;
            listing.sort();
            return visitor.folder(folder, &listing);
        }
        let mut all = self.notes().map(|_| looks::Names::default());
        for entry in rustix::fs::Dir::read_from(&opened)? {
            let entry = entry?;
            let name = entry.file_name();
            if hidden(name.to_bytes()) {
                continue;
            }
            if let Some(all) = &mut all {
                all.push(name.to_bytes(), entry.file_type());
            }
            match entry.file_type() {
                FileType::Directory => folders.push(name.to_owned()),
                FileType::Unknown if self.is_folder(folder, name) => folders.push(name.to_owned()),
                kind => self.list_one(&opened, folder, name, kind, visitor, &mut listing)?,
            }
        }
        if let Some(all) = all {
            self.noted(|| folder.clone(), Some(all.look()));
        }
        listing.sort();
        if visitor.folder(folder, &listing)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        folders.sort();
        for name in folders {
            let text = name.to_string_lossy(); // if that is another name, each file below is told as odd
            let len = folder.len();
            if !folder.is_empty() {
                folder.push('/');
            }
            folder.push_str(&text);
            if visitor.enters(folder) {
                if depth > DEPTH_MAX {
                    return Err(io::Error::other(format!("{folder}: folders lie too deep")));
                }
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
                let below = rustix::fs::openat(&opened, &name, flags, rustix::fs::Mode::empty())?;
                if self.walk_in(below, folder, depth + 1, visitor)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            folder.truncate(len);
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Files whose names are known, each looked up by itself.
    fn list_only(
        &self,
        opened: &OwnedFd,
        folder: &str,
        names: &[String],
        visitor: &mut dyn Visitor,
        listing: &mut Listing,
    ) -> io::Result<()> {
        for name in names.iter().filter(|n| !hidden(n.as_bytes())) {
            let name = CString::new(name.as_str())?;
            let kind = match rustix::fs::statat(opened, &name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => FileType::from_raw_mode(stat.st_mode),
                Err(rustix::io::Errno::NOENT) => {
                    self.noted(|| in_folder(folder, &name), Some(Look::Absent));
                    continue;
                }
                Err(e) => return Err(e.into()),
            };
            match kind {
                FileType::Directory => self.noted(|| in_folder(folder, &name), None),
                kind => self.list_one(opened, folder, &name, kind, visitor, listing)?,
            }
        }
        Ok(())
    }

    /// Notes how a path looks, where somebody wants to know; with `None` it cannot be told by a look.
    fn noted(&self, path: impl FnOnce() -> String, look: Option<Look>) {
        match (self.notes(), look) {
            (Some(notes), Some(look)) => notes.note(path, look),
            (Some(notes), None) => notes.give_up(),
            (None, _) => {}
        }
    }

    fn is_folder(&self, folder: &str, name: &CStr) -> bool {
        let place = self.root.join(folder).join(std::ffi::OsStr::from_bytes(name.to_bytes()));
        fs::symlink_metadata(place).is_ok_and(|m| m.is_dir())
    }

    #[inline(always)] // called for each file: as a call of its own it costs a seventh of a no-op
    fn list_one(
        &self,
        opened: &OwnedFd,
        folder: &str,
        name: &CStr,
        kind: FileType,
        visitor: &mut dyn Visitor,
        listing: &mut Listing,
    ) -> io::Result<()> {
        let (Ok(text), false) = (name.to_str(), folder.contains(char::REPLACEMENT_CHARACTER)) else {
            let text = name.to_string_lossy();
            if visitor.wants(folder, &text) {
                self.noted(|| in_folder(folder, name), None);
                listing.push(&text, What::Odd("path.encoding", "its name is not UTF-8".into()));
            }
            return Ok(());
        };
        if !visitor.wants(folder, text) {
            return Ok(());
        }
        let what = match kind {
            FileType::RegularFile => {
                let found = rustix::fs::statat(opened, name, rustix::fs::AtFlags::SYMLINK_NOFOLLOW);
                match found {
                    Ok(stat) => {
                        let stat = Stat::of_raw(&stat);
                        self.noted(|| in_folder(folder, name), Some(Look::File(stat)));
                        What::File(stat)
                    }
                    Err(rustix::io::Errno::NOENT) => {
                        self.noted(|| in_folder(folder, name), Some(Look::Absent));
                        return Ok(()); // removed meanwhile
                    }
                    Err(e) => return Err(e.into()),
                }
            }
            _ => {
                self.noted(|| in_folder(folder, name), None);
                self.what(&self.root.join(folder).join(text))?
            }
        };
        listing.push(text, what);
        Ok(())
    }

    /// What stands at a place that may be a link, a device, or a file.
    fn what(&self, place: &Path) -> io::Result<What> {
        let own = fs::symlink_metadata(place)?;
        if own.is_file() {
            return Ok(What::File(Stat::of(&own)));
        }
        if !own.is_symlink() {
            return Ok(What::Odd("path.kind", "neither a file nor a folder".into()));
        }
        Ok(match fs::metadata(place) {
            Err(e) => What::Odd("path.link", format!("a link that leads nowhere: {}", plain(&e))),
            Ok(_) if !self.holds(place) => What::Odd("path.link", "a link out of the project".into()),
            Ok(m) if m.is_file() => What::File(Stat::of(&m)),
            Ok(_) => What::Odd("path.link", "a link to a folder, which is not followed".into()),
        })
    }

    fn found(&self, entry: &walkdir::DirEntry) -> io::Result<Found> {
        let relative = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
        let Some(path) = relative.to_str() else {
            let path = relative.to_string_lossy().into_owned();
            return Ok(Found { path, what: What::Odd("path.encoding", "its name is not UTF-8".into()) });
        };
        let path = path.to_string();
        Ok(Found { path, what: self.what(entry.path())? })
    }

    /// Replaces a file whole: temporary name in the same folder, sync, rename, sync of the folder.
    pub fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.replace_with(path, true, |f| f.write_all(bytes))
    }

    /// The same with a writer; `sync` is left out for caches that carry a checksum.
    pub fn replace_with(
        &self,
        path: &str,
        sync: bool,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let place = self.checked(path)?;
        let folder = place.parent().unwrap_or(&self.root);
        self.make(folder)?;
        if !self.holds(folder) {
            let say = format!("{path} lies behind a link out of the project");
            return Err(io::Error::new(io::ErrorKind::InvalidInput, say));
        }
        let name = place.file_name().unwrap_or_default().as_encoded_bytes();
        let temp = folder.join(format!("{TEMPORARY}{:016x}", cut_hash(name)));
        let written = self.write_new(&temp, sync, write).and_then(|()| {
            ask(&self.probe, Op::Rename(&temp, &place))?;
            fs::rename(&temp, &place)
        });
        if let Err(e) = written {
            let _ = fs::remove_file(&temp); // what cannot be written cannot always be removed either
            return Err(e);
        }
        if sync {
            ask(&self.probe, Op::Sync(folder))?;
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    fn write_new(
        &self,
        place: &Path,
        sync: bool,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        match fs::remove_file(place) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {} // a build that was killed may have left one
        }
        ask(&self.probe, Op::Create(place))?;
        let file = OpenOptions::new().write(true).create_new(true).open(place)?;
        let own = Own { file, path: place.to_path_buf(), probe: self.probe.clone() };
        let mut buffered = io::BufWriter::with_capacity(1 << 20, Tail { own: &own, at: 0 });
        write(&mut buffered)?;
        buffered.flush()?;
        if sync {
            own.sync()?;
        }
        Ok(())
    }

    pub fn remove(&self, path: &str) -> io::Result<()> {
        let place = self.checked(path)?;
        ask(&self.probe, Op::Remove(&place))?;
        fs::remove_file(place)
    }

    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (from, to) = (self.checked(from)?, self.checked(to)?);
        ask(&self.probe, Op::Rename(&from, &to))?;
        fs::rename(from, to)
    }

    /// The names in a folder, hidden ones too, in no order; none if it is missing.
    pub fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.checked(folder)?) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(e),
        };
        entries.map(|e| Ok(e?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Removes the folder if it is empty.
    pub fn prune(&self, path: &str) {
        if let Some(place) = self.place(path) {
            let _ = ask(&self.probe, Op::Remove(&place)).and_then(|()| fs::remove_dir(place)); // not empty: it stays
        }
    }

    pub fn make_folder(&self, path: &str) -> io::Result<PathBuf> {
        let place = self.checked(path)?;
        self.make(&place)?;
        Ok(place)
    }

    fn make(&self, place: &Path) -> io::Result<()> {
        if place.is_dir() {
            return Ok(());
        }
        ask(&self.probe, Op::MakeFolder(place))?;
        fs::create_dir_all(place)
    }

    /// Whether a path of the project is a file, or leads to one.
    pub fn is_file(&self, path: &str) -> bool {
        let Some(place) = self.place(path) else { return false };
        let own = fs::symlink_metadata(&place);
        let look = match &own {
            Ok(m) => m.is_file().then(|| Look::File(Stat::of(m))),
            Err(e) => absent(e),
        };
        self.noted(|| path.to_string(), look);
        own.is_ok_and(|m| m.is_file() || (m.is_symlink() && place.is_file()))
    }

    pub fn exists(&self, path: &str) -> bool {
        self.place(path).is_some_and(|p| p.exists())
    }

    /// Bytes of memory that this process may have: the machine's, or what its control group is allowed.
    pub fn memory(&self) -> u64 {
        let number = |path: &str| fs::read_to_string(path).ok().and_then(|t| t.trim().parse::<u64>().ok());
        let machine = fs::read_to_string("/proc/meminfo").ok().and_then(|t| {
            let total = t.lines().find_map(|l| l.strip_prefix("MemTotal:"))?;
            Some(total.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok()? << 10)
        });
        let limits = ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"].map(number);
        limits.into_iter().flatten().chain(machine).min().unwrap_or(4 << 30)
    }

    /// The file of this very program.
    pub fn own_program(&self) -> Option<Stat> {
        fs::metadata(std::env::current_exe().ok()?).ok().map(|m| Stat::of(&m))
    }

    /// Nanoseconds since 1970, for telling whether a file may still change within the clock's tick.
    pub fn now(&self) -> i64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |d| i64::try_from(d.as_nanos()).unwrap_or(i64::MAX))
    }
}

/// How the names of files begin that are not yet what they will be. A killed build may leave one; the next writes over
/// it, since the rest of the name is a hash of the name that it will have.
const TEMPORARY: &str = ".tamis-";

fn hidden(name: &[u8]) -> bool {
    name.starts_with(b".") || name == b"Thumbs.db"
}

/// How a path looks at which nothing was found; another error does not tell.
fn absent(e: &io::Error) -> Option<Look> {
    (e.kind() == io::ErrorKind::NotFound).then_some(Look::Absent)
}

fn in_folder(folder: &str, name: &CStr) -> String {
    match folder {
        "" => name.to_string_lossy().into_owned(),
        folder => format!("{folder}/{}", name.to_string_lossy()),
    }
}

fn plain(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(40) => "it leads in a circle".into(),
        _ => e.kind().to_string(),
    }
}
