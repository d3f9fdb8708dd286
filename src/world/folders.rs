//! Folders walked: which files lie below the project, told folder by folder.
use super::looks::{self, Look};
use super::stat::Stat;
use super::{World, hidden, is_fetched};
use rustix::fs::{FileType, OFlags};
use std::ffi::{CStr, CString};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

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
    pub(super) fn push(&mut self, name: &str, what: What) {
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
/// Bytes of a path that the system opens, with the byte that ends it.
const PATH_MAX: usize = 4096;

impl World {
    /// All files below a folder, in the order of their paths' bytes. Folders behind links are not walked; hidden files
    /// are not listed.
    pub fn list(&self, folder: &str) -> io::Result<Vec<Found>> {
        let start = if folder.is_empty() { self.root.clone() } else { self.checked(folder)? };
        if !start.exists() || !self.holds(&start) {
            return Ok(Vec::new()); // a folder behind a link out of the project has no files of the project
        }
        if !start.is_dir() {
            return Err(io::Error::new(io::ErrorKind::NotADirectory, format!("{folder} is no folder")));
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
    /// Hidden ones are passed over; folders behind links are not walked, but told.
    pub fn walk(&self, folder: &str, visitor: &mut dyn Visitor) -> io::Result<()> {
        if is_fetched(folder) {
            return self.walk_fetched(folder, visitor).map(drop);
        }
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
                FileType::Unknown if !self.is_folder(folder, name) => {
                    self.list_one(&opened, folder, name, FileType::Unknown, visitor, &mut listing)?;
                }
                FileType::Directory | FileType::Unknown if depth < DEPTH_MAX && self.has_room(folder, name) => {
                    folders.push(name.to_owned());
                }
                FileType::Directory | FileType::Unknown => {
                    let text = name.to_string_lossy();
                    if visitor.enters(&in_folder(folder, name)) {
                        self.noted(|| in_folder(folder, name), None);
                        listing.push(&text, What::Odd("path.depth", "folders lie too deep in each other".into()));
                    }
                }
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
    pub(super) fn noted(&self, path: impl FnOnce() -> String, look: Option<Look>) {
        match (self.notes(), look) {
            (Some(notes), Some(look)) => notes.note(path, look),
            (Some(notes), None) => notes.give_up(),
            (None, _) => {}
        }
    }

    /// Whether the path of what lies in a folder is short enough to be opened.
    fn has_room(&self, folder: &str, name: &CStr) -> bool {
        self.root.as_os_str().len() + folder.len() + name.count_bytes() + 3 <= PATH_MAX
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
            if kind == FileType::Symlink {
                self.passed(folder, name, visitor, listing);
            }
            return Ok(());
        }
        let what = match kind {
            _ if !self.has_room(folder, name) => {
                self.noted(|| in_folder(folder, name), None);
                What::Odd("path.depth", "its path is too long".into())
            }
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

    /// A link that is not wanted by itself: one to a folder in which files may be wanted is told.
    fn passed(&self, folder: &str, name: &CStr, visitor: &mut dyn Visitor, listing: &mut Listing) {
        let path = in_folder(folder, name);
        if visitor.enters(&path) && self.root.join(&path).is_dir() {
            self.noted(|| path, None);
            listing.push(
                &name.to_string_lossy(),
                What::Odd("path.link", "a link to a folder, which is not walked".into()),
            );
        }
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
}

/// How a path looks at which nothing was found; another error does not tell.
pub(super) fn absent(e: &io::Error) -> Option<Look> {
    (e.kind() == io::ErrorKind::NotFound).then_some(Look::Absent)
}

fn in_folder(folder: &str, name: &CStr) -> String {
    match folder {
        "" => name.to_string_lossy().into_owned(),
        folder => format!("{folder}/{}", name.to_string_lossy()),
    }
}

pub(super) fn plain(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(40) => "it leads in a circle".into(),
        _ => e.kind().to_string(),
    }
}
