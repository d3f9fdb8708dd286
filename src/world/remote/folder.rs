//! A remote in a folder, perhaps of another machine: files are written beside, synced and renamed.
use super::Remote;
use crate::world::{How, World, random};
use std::io;

/// What is on its way.
const PARTS: &str = "parts";
/// Nanoseconds after which nobody writes a part any more.
const OLD: i64 = 24 * 3600 * 1_000_000_000;

pub(super) struct Folder {
    home: World,
    name: String,
}

impl Folder {
    /// The folder must be there: where a share is not mounted, nothing is written in its place.
    pub(super) fn open(project: &World, path: &str) -> io::Result<Folder> {
        let home = project.at(path);
        match home.root().is_dir() {
            true => Ok(Folder { home, name: path.to_string() }),
            false => Err(io::Error::new(io::ErrorKind::NotFound, "there is no such folder: make it, or mount it")),
        }
    }

    fn write(&self, part: &str, path: &str, bytes: &[u8]) -> io::Result<()> {
        self.home.make_folder(PARTS)?;
        let file = self.home.own(part, How::Create)?;
        file.write_at(bytes, 0)?;
        file.sync()?;
        drop(file);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.home.make_folder(folder)?;
        self.home.rename(part, path)?;
        self.home.sync_folder(folder)
    }
}

impl Remote for Folder {
    fn name(&self) -> &str {
        &self.name
    }

    fn list(&self, folder: &str) -> io::Result<Vec<(String, u64)>> {
        if !self.home.root().is_dir() {
            return Err(io::Error::other("the folder is gone"));
        }
        let sized = |name: String| self.home.stat(&format!("{folder}/{name}")).map(|s| (name, s.size));
        Ok(self.home.names(folder)?.into_iter().filter_map(sized).collect())
    }

    fn read(&self, path: &str, from: u64, len: u64) -> io::Result<Vec<u8>> {
        if !self.home.root().is_dir() {
            return Err(io::Error::other("the folder is gone"));
        }
        let file = self.home.own(path, How::Read)?;
        if from.checked_add(len).is_none_or(|end| file.len().is_ok_and(|whole| end > whole)) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        file.read(usize::try_from(len).map_err(io::Error::other)?, from)
    }

    fn put(&self, path: &str, bytes: Vec<u8>, over: bool) -> io::Result<bool> {
        if !over && self.home.stat(path).is_some_and(|s| s.size == bytes.len() as u64) {
            return Ok(false);
        }
        if !self.home.root().is_dir() {
            return Err(io::Error::other("the folder is gone")); // and is not made again
        }
        // each writer has a name of its own, so that none writes into what another renames
        let own: String = random()?.iter().map(|b| format!("{b:02x}")).collect();
        let part = format!("{PARTS}/{own}");
        let written = self.write(&part, path, &bytes);
        if written.is_err() {
            let _ = self.home.remove(&part); // what cannot be written cannot always be removed either; `sweep` does later
        }
        written.map(|()| true)
    }

    fn sweep(&self) -> io::Result<()> {
        let now = self.home.now();
        for name in self.home.names(PARTS)? {
            let path = format!("{PARTS}/{name}");
            if self.home.stat(&path).is_some_and(|s| now.saturating_sub(s.mtime) > OLD) {
                self.home.remove(&path)?;
            }
        }
        Ok(())
    }
}
