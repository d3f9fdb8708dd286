//! The only door to the outside: files below the project, the environment, the clock. Nothing else in the crate calls
//! the operating system, so what a build may touch can be read here. No path leaves the project.
mod endpoint;
mod fetched;
mod folders;
mod git;
mod looks;
pub mod net;
mod own;
pub mod pages;
mod process;
mod program;
mod remote;
mod scratch;
mod stat;
mod trust;
pub mod worker;

pub use endpoint::Endpoint;
/// The folder of what belongs to a release and is not released: the answers of a benchmark.
pub const ASIDE: &str = "hidden-answers";

pub use fetched::{FETCHED, Fetched, Lacking, fetched_for, inner_path, is_fetched, is_released};
pub use folders::{Found, Listing, Visitor, What};
pub use looks::{Look, Looks};
pub use own::{How, Op, Own, Probe, Verdict};
pub use process::{Broken, Process, Question, browse, page, terminal_lines};
pub use program::{Limits, Program};
pub use remote::{Remote, VARIABLES};
pub use scratch::Scratch;
pub use stat::{RACY, Stat};

use crate::digest::cut_hash;
use folders::absent;
use own::{Tail, ask};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
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
    /// The checkout that this is a copy of: what the user trusts there is trusted here.
    copy_of: Option<PathBuf>,
    /// Whether programs that the user trusts may be asked for their version while a declaration is read.
    asks: bool,
    /// Files that were fetched from outside.
    fetched: Arc<Fetched>,
    /// What the folder is called in messages; empty for a project, whose paths stand for themselves.
    name: String,
}

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
    pub fn reader(&self) -> io::Result<impl Read + io::Seek + Send + use<>> {
        ask(&self.own.probe, Op::Read(&self.own.path))?;
        let mut f = self.own.file.try_clone()?;
        io::Seek::seek(&mut f, io::SeekFrom::Start(0))?;
        Ok(f)
    }
}

impl World {
    pub fn new(root: impl Into<PathBuf>) -> World {
        let (probe, notes, trust, copy_of, fetched) = Default::default();
        World { root: root.into(), probe, notes, trust, copy_of, asks: false, fetched, name: String::new() }
    }

    /// The same world, which notes what it is asked for: see [`World::looks`].
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
        World { probe: Some(probe), ..World::new(root) }
    }

    /// Another folder, seen by the same probe. Messages name it as it is seen from this one.
    pub fn at(&self, root: impl Into<PathBuf>) -> World {
        let root = root.into();
        let name = root.strip_prefix(&self.root).unwrap_or(&root).to_string_lossy().into_owned();
        World { probe: self.probe.clone(), trust: self.trust.clone(), name, ..World::new(root) }
    }

    /// What a path is called in messages.
    fn called(&self, path: &str) -> String {
        if self.name.is_empty() { path.to_string() } else { format!("{}/{path}", self.name) }
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

    /// The place of a path that tamis writes, removes or keeps its own data in. A link on the way there is refused: a
    /// project that somebody else made may contain one, and what it leads to is not what tamis made.
    pub fn kept(&self, path: &str) -> io::Result<PathBuf> {
        let place = self.checked(path)?;
        let mut at = self.root.clone();
        for component in Path::new(path).components() {
            at.push(component);
            match fs::symlink_metadata(&at) {
                Ok(m) if m.is_symlink() => {
                    let out = if self.holds(&at) { "" } else { " out of the project" };
                    let say = format!("{path} lies behind a link{out}; tamis writes through none: remove the link");
                    return Err(io::Error::new(io::ErrorKind::InvalidInput, say));
                }
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => break,
                Err(e) => return Err(named(&self.called(path), e)),
            }
        }
        Ok(place)
    }

    /// The bytes of a file below the project, at most `max`; links out of it are refused.
    pub fn read(&self, path: &str, max: u64) -> io::Result<Vec<u8>> {
        let open = self.open(path)?;
        if !is_fetched(path) && !self.holds(&self.checked(path)?) {
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
        if let Some(place) = self.fetched_place(path) {
            return self.open_at(path, place?); // what the store holds is told by its digest, not by a look
        }
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
        let file = open_file(path, &place, OpenOptions::new().read(true))?;
        let meta = file.metadata()?;
        Ok(Open {
            before: Stat::of(&meta),
            own: Own { file, path: place, name: self.called(path), probe: self.probe.clone() },
        })
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
        // what is only read may lie behind a link: nothing is lost by it
        let place = if how == How::Read { self.checked(path)? } else { self.kept(path)? };
        let mut options = match how {
            How::Read => OpenOptions::new().read(true).clone(),
            How::Create => OpenOptions::new().read(true).write(true).create_new(true).clone(),
            How::Edit => OpenOptions::new().read(true).write(true).create(true).truncate(false).clone(),
        };
        let makes = how == How::Create || (how == How::Edit && !place.exists());
        ask(&self.probe, if makes { Op::Create(&place) } else { Op::Open(&place) })
            .map_err(|e| named(&self.called(path), e))?;
        let file = open_file(path, &place, &mut options).map_err(|e| named(&self.called(path), e))?;
        Ok(Own { file, path: place, name: self.called(path), probe: self.probe.clone() })
    }

    /// Makes the names in a folder last.
    pub fn sync_folder(&self, path: &str) -> io::Result<()> {
        let place = self.kept(path)?;
        let synced = ask(&self.probe, Op::Sync(&place)).and_then(|()| File::open(place)?.sync_all());
        synced.map_err(|e| named(&self.called(path), e))
    }

    pub fn stat(&self, path: &str) -> Option<Stat> {
        let place = self.fetched_place(path).map_or_else(|| self.place(path), Result::ok);
        fs::metadata(place?).ok().map(|m| Stat::of(&m))
    }

    fn holds(&self, place: &Path) -> bool {
        match (place.canonicalize(), self.root.canonicalize()) {
            (Ok(p), Ok(r)) => p.starts_with(r),
            _ => false,
        }
    }

    /// Replaces a file whole: temporary name in the same folder, sync, rename, sync of the folder.
    pub fn replace(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.replace_with(path, true, |f| f.write_all(bytes))
    }

    /// Replaces a file that its owner alone may read, and says where it lies.
    pub fn private(&self, path: &str, bytes: &[u8]) -> io::Result<PathBuf> {
        let place = self.kept(path)?;
        place.parent().map_or(Ok(()), |folder| self.make(folder))?;
        match fs::remove_file(&place) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {} // it was made anew each time
        }
        ask(&self.probe, Op::Create(&place))?;
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&place)?;
        file.write_all(bytes)?;
        place.canonicalize()
    }

    /// The same with a writer; `sync` is left out for caches that carry a checksum.
    pub fn replace_with(
        &self,
        path: &str,
        sync: bool,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        self.replace_in(path, sync, write).map_err(|e| named(&self.called(path), e))
    }

    fn replace_in(
        &self,
        path: &str,
        sync: bool,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> io::Result<()> {
        let folder = Path::new(path).parent().and_then(Path::to_str).unwrap_or_default();
        let folder = &self.kept(folder)?;
        let place = self.checked(path)?;
        self.make(folder)?;
        if place.is_dir() {
            return Err(io::Error::new(io::ErrorKind::IsADirectory, "a folder lies where a file is to be written"));
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
        // who replaces a file says which
        let own = Own { file, path: place.to_path_buf(), name: String::new(), probe: self.probe.clone() };
        let mut buffered = io::BufWriter::with_capacity(1 << 20, Tail { own: &own, at: 0 });
        write(&mut buffered)?;
        buffered.flush()?;
        if sync {
            own.sync()?;
        }
        Ok(())
    }

    pub fn remove(&self, path: &str) -> io::Result<()> {
        let folder = Path::new(path).parent().and_then(Path::to_str).unwrap_or_default();
        self.kept(folder)?; // a link itself may be removed
        let place = self.checked(path)?;
        ask(&self.probe, Op::Remove(&place))
            .and_then(|()| fs::remove_file(place))
            .map_err(|e| named(&self.called(path), e))
    }

    pub fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let (old, new) = (self.kept(from)?, self.kept(to)?);
        ask(&self.probe, Op::Rename(&old, &new))
            .and_then(|()| fs::rename(old, new))
            .map_err(|e| named(&self.called(to), e))
    }

    /// The names in a folder, hidden ones too, in no order; none if it is missing.
    pub fn names(&self, folder: &str) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(self.kept(folder)?) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(named(&self.called(folder), e)),
        };
        entries.map(|e| Ok(e?.file_name().to_string_lossy().into_owned())).collect()
    }

    /// Removes the folder if it is empty.
    pub fn prune(&self, path: &str) {
        if let Ok(place) = self.kept(path) {
            let _ = ask(&self.probe, Op::Remove(&place)).and_then(|()| fs::remove_dir(place)); // not empty: it stays
        }
    }

    pub fn make_folder(&self, path: &str) -> io::Result<PathBuf> {
        let place = self.kept(path)?;
        self.make(&place).map_err(|e| named(&self.called(path), e))?;
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
        if let Some(place) = self.fetched_place(path) {
            return place.is_ok_and(|place| place.is_file());
        }
        let Some(place) = self.place(path) else { return false };
        let own = fs::symlink_metadata(&place);
        let look = match &own {
            Ok(m) => m.is_file().then(|| Look::File(Stat::of(m))),
            Err(e) => absent(e),
        };
        self.noted(|| path.to_string(), look);
        own.is_ok_and(|m| m.is_file() || (m.is_symlink() && place.is_file()))
    }

    /// Whether what lies at a path is there, and lies outside of the project: behind a link.
    pub fn leads_out(&self, path: &str) -> bool {
        !is_fetched(path) && self.place(path).is_some_and(|p| p.exists() && !self.holds(&p))
    }

    pub fn exists(&self, path: &str) -> bool {
        let place = self.fetched_place(path).map_or_else(|| self.place(path), Result::ok);
        place.is_some_and(|p| p.exists())
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

    /// A variable of the environment. What depends on one is not known by looking at files.
    pub fn variable(&self, name: &str) -> Option<Vec<u8>> {
        self.noted(|| format!("${name}"), None);
        std::env::var_os(name).map(std::os::unix::ffi::OsStringExt::into_vec)
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

/// 16 bytes that nobody can guess. No result depends on them: they are for words that one program tells another.
pub fn random() -> io::Result<[u8; 16]> {
    let mut out = [0; 16];
    File::open("/dev/urandom")?.read_exact(&mut out)?;
    Ok(out)
}

/// Opens a file and nothing else: a pipe would be waited for, and a device may do something when it is opened.
fn open_file(path: &str, place: &Path, options: &mut OpenOptions) -> io::Result<File> {
    let no_file = || io::Error::new(io::ErrorKind::InvalidInput, format!("{path} is no file"));
    if fs::metadata(place).is_ok_and(|m| !m.is_file()) {
        return Err(no_file());
    }
    // what it is may change between the look and the opening
    let file = options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits() as i32).open(place)?;
    if file.metadata()?.is_file() { Ok(file) } else { Err(no_file()) }
}

/// An error with the path that it is about, unless it names it already.
fn named(path: &str, e: io::Error) -> io::Error {
    let says = e.to_string();
    if says.contains(path) { e } else { io::Error::new(e.kind(), format!("{path}: {says}")) }
}

/// How the names of files begin that are not yet what they will be. A killed build may leave one; the next writes over
/// it, since the rest of the name is a hash of the name that it will have.
const TEMPORARY: &str = ".tamis-";

/// A path or a glob without `.` and empty parts: files have one spelling.
pub fn undotted(path: &str) -> String {
    let plain = |part: &&str| !part.is_empty() && *part != ".";
    match path.starts_with('/') {
        true => path.to_string(),
        false => path.split('/').filter(plain).collect::<Vec<_>>().join("/"),
    }
}

fn hidden(name: &[u8]) -> bool {
    name.starts_with(b".") || name == b"Thumbs.db"
}
