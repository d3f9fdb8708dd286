//! The only door to the outside: files below the project, the environment, the clock. Nothing else in the crate calls
//! the operating system, so what a build may touch can be read here. No path leaves the project.
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

/// A project's folder.
#[derive(Clone, Debug)]
pub struct World {
    root: PathBuf,
}

/// What the file system says of a file without opening it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Stat {
    pub size: u64,
    pub mtime: i128,
    pub ctime: i128,
    pub inode: u64,
    pub device: u64,
}

impl Stat {
    fn of(m: &fs::Metadata) -> Stat {
        let ns = |s: i64, n: i64| i128::from(s) * 1_000_000_000 + i128::from(n);
        Stat {
            size: m.size(),
            mtime: ns(m.mtime(), m.mtime_nsec()),
            ctime: ns(m.ctime(), m.ctime_nsec()),
            inode: m.ino(),
            device: m.dev(),
        }
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

/// A file being read: the descriptor stays the same from the first byte to the check at the end.
pub struct Open {
    file: File,
    before: Stat,
}

impl Open {
    pub fn stat(&self) -> Stat {
        self.before
    }

    /// True if nothing changed since it was opened.
    pub fn unchanged(&self) -> io::Result<bool> {
        Ok(Stat::of(&self.file.metadata()?) == self.before)
    }

    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<()> {
        self.file.read_exact_at(buf, offset)
    }

    /// A reader from the start.
    pub fn reader(&self) -> io::Result<impl Read + Send + use<>> {
        let mut f = self.file.try_clone()?;
        io::Seek::seek(&mut f, io::SeekFrom::Start(0))?;
        Ok(f)
    }
}

impl World {
    pub fn new(root: impl Into<PathBuf>) -> World {
        World { root: root.into() }
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
        if place.is_symlink() && !self.holds(&place) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path} links out of the project")));
        }
        let file = File::open(place)?;
        let meta = file.metadata()?;
        if !meta.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, format!("{path} is no file")));
        }
        Ok(Open { before: Stat::of(&meta), file })
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

    fn found(&self, entry: &walkdir::DirEntry) -> io::Result<Found> {
        let relative = entry.path().strip_prefix(&self.root).unwrap_or(entry.path());
        let Some(path) = relative.to_str() else {
            let path = relative.to_string_lossy().into_owned();
            return Ok(Found { path, what: What::Odd("path.encoding", "its name is not UTF-8".into()) });
        };
        let path = path.to_string();
        let kind = entry.file_type();
        let what = if kind.is_symlink() {
            match fs::metadata(entry.path()) {
                Err(e) => What::Odd("path.link", format!("a link that leads nowhere: {}", plain(&e))),
                Ok(_) if !self.holds(entry.path()) => What::Odd("path.link", "a link out of the project".into()),
                Ok(m) if m.is_file() => What::File(Stat::of(&m)),
                Ok(_) => What::Odd("path.link", "a link to a folder, which is not followed".into()),
            }
        } else if kind.is_file() {
            What::File(Stat::of(&entry.metadata().map_err(io::Error::other)?))
        } else {
            What::Odd("path.kind", "neither a file nor a folder".into())
        };
        Ok(Found { path, what })
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
        fs::create_dir_all(folder)?;
        let mut temp = tempfile::Builder::new().prefix(".tamis-").permissions(mode()).tempfile_in(folder)?;
        {
            let mut buffered = io::BufWriter::with_capacity(1 << 20, temp.as_file_mut());
            write(&mut buffered)?;
            buffered.flush()?;
        }
        if sync {
            temp.as_file().sync_data()?;
        }
        temp.persist(&place).map_err(|e| e.error)?;
        if sync {
            File::open(folder)?.sync_all()?;
        }
        Ok(())
    }

    pub fn remove(&self, path: &str) -> io::Result<()> {
        fs::remove_file(self.checked(path)?)
    }

    /// Removes the folder if it is empty.
    pub fn prune(&self, path: &str) {
        if let Some(place) = self.place(path) {
            let _ = fs::remove_dir(place); // not empty: it stays
        }
    }

    pub fn make_folder(&self, path: &str) -> io::Result<PathBuf> {
        let place = self.checked(path)?;
        fs::create_dir_all(&place)?;
        Ok(place)
    }

    pub fn exists(&self, path: &str) -> bool {
        self.place(path).is_some_and(|p| p.exists())
    }

    /// Nanoseconds since 1970, for telling whether a file may still change within the clock's tick.
    pub fn now(&self) -> i128 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |d| d.as_nanos() as i128)
    }
}

/// What the user's umask leaves of 0666.
fn mode() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o666)
}

fn hidden(name: &[u8]) -> bool {
    name.starts_with(b".") || name == b"Thumbs.db"
}

fn plain(e: &io::Error) -> String {
    match e.raw_os_error() {
        Some(40) => "it leads in a circle".into(),
        _ => e.kind().to_string(),
    }
}
