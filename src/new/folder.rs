//! A folder of data as it is found: which files there are, and how each begins. Nothing is written, no link is followed
//! out of the folder, and no file is read further than [`HEAD`], but for the list of parts at the end of a Parquet file.
use super::leftovers;
use crate::engine::scan::find::is_written;
use crate::formats::cut::members::ReadAt;
use crate::formats::infer::HEAD;
use crate::formats::packing::{decompressor, inner_name};
use crate::formats::pointer;
use crate::project::MANIFEST;
use crate::world::{Open, What, World};
use std::collections::BTreeSet;
use std::io::{self, Read};

/// A file of the folder.
#[derive(Clone, Debug)]
pub struct File {
    /// Relative to the folder, `/`-separated.
    pub path: String,
    pub size: u64,
}

impl File {
    /// The folder that it lies in; empty for the top.
    pub fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Its name without folders and without the suffix of a packing.
    pub fn name(&self) -> &str {
        inner_name(self.path.rsplit('/').next().unwrap_or_default())
    }

    /// What stands behind the last dot of the name, in small letters.
    pub fn extension(&self) -> String {
        self.name().rsplit_once('.').map_or(String::new(), |(_, end)| end.to_lowercase())
    }
}

/// A folder of data.
pub struct Folder {
    pub world: World,
    /// In the order of their paths.
    pub files: Vec<File>,
    /// Paths that are not read as data, each with the reason.
    pub odd: Vec<(String, String)>,
}

impl Folder {
    /// All that lies in the folder of a world; hidden files and what other
    /// programs leave are told, and passed over. Where the folder is, or is to be, a project,
    /// what tamis itself writes is no data, and told unless there is a project already.
    pub fn of(world: &World, project: bool) -> io::Result<Folder> {
        let mut folder = Folder { world: world.clone(), files: Vec::new(), odd: Vec::new() };
        let built = world.is_file(MANIFEST);
        for found in world.list("")? {
            if project && is_written(&found.path) && !built {
                let say = "in a project tamis itself writes there: give it another name, or make a project of its own";
                folder.odd.push((found.path, say.into()));
                continue;
            }
            if project && is_written(&found.path) || found.path == MANIFEST {
                continue;
            }
            if let Some(why) = leftovers::why(&found.path) {
                folder.odd.push((found.path, why.into()));
                continue;
            }
            match found.what {
                What::File(stat) => folder.files.push(File { path: found.path, size: stat.size }),
                What::Odd(_, why) => folder.odd.push((found.path, why)),
            }
        }
        if !built {
            folder.tell_hidden()?;
        }
        Ok(folder)
    }

    /// Tells of hidden files and folders, which are in no list.
    fn tell_hidden(&mut self) -> io::Result<()> {
        let mut folders = BTreeSet::from(["".to_string()]);
        for file in &self.files {
            let parts = file.path.match_indices('/').filter_map(|(at, _)| file.path.get(..at));
            folders.extend(parts.map(String::from));
        }
        for folder in folders {
            for name in self.world.names(&folder)? {
                if let Some(why) = leftovers::hidden(&name) {
                    let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                    self.odd.push((path, why.into()));
                }
            }
        }
        Ok(())
    }

    /// How a file begins, or why it is no data.
    pub fn beginning<'f>(&self, file: &'f File) -> Result<Beginning<'f>, String> {
        let plain = |e: io::Error| format!("it cannot be read: {}", e.kind());
        let open = self.world.open(&file.path).map_err(plain)?;
        let packed = inner_name(&file.path) != file.path;
        let mut bytes = Vec::new();
        let reader = decompressor(&file.path, Box::new(open.reader().map_err(plain)?));
        let read = reader.take(HEAD + 1).read_to_end(&mut bytes);
        if bytes.is_empty() {
            read.map_err(plain)?; // what could be read of a damaged file shows what it is
        }
        if let Some(say) = pointer::told(&bytes) {
            return Err(say.into());
        }
        let whole = bytes.len() as u64 <= HEAD;
        bytes.truncate(HEAD as usize);
        Ok(Beginning { file, bytes, whole, packed, open })
    }
}

/// A file with its first bytes, unpacked.
pub struct Beginning<'f> {
    pub file: &'f File,
    /// At most [`HEAD`] bytes.
    pub bytes: Vec<u8>,
    /// They are all that the file holds.
    pub whole: bool,
    pub packed: bool,
    open: Open,
}

impl Beginning<'_> {
    /// Length of the unpacked file as far as it is known.
    pub fn length(&self) -> u64 {
        match (self.packed, self.whole) {
            (false, _) => self.open.stat().size,
            (true, true) => self.bytes.len() as u64,
            (true, false) => HEAD + 1,
        }
    }

    /// Calls with what reads bytes of the unpacked file: of a packed one no others than those of its beginning.
    pub fn with_read<T>(&self, then: impl FnOnce(&ReadAt) -> T) -> T {
        then(&|at, len| {
            let wanted = (at, at.saturating_add(len).min(self.length()));
            let here = usize::try_from(wanted.0).ok().zip(usize::try_from(wanted.1).ok());
            if let Some(bytes) = here.and_then(|(from, to)| self.bytes.get(from..to)) {
                return Ok(bytes.to_vec());
            }
            if self.packed {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            self.open.read(wanted.1.saturating_sub(wanted.0) as usize, at)
        })
    }
}
