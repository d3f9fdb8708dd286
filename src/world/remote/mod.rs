//! Places elsewhere where a store's results are kept for others: a folder, or with
//! the feature `remote` a bucket. Which one is said by the user, in the environment or in a file of the user's own, and never by the project.
mod folder;
#[cfg(feature = "remote")]
mod s3;
#[cfg(feature = "remote")]
mod wire;

use super::World;
use std::io;
use std::path::PathBuf;

/// A place elsewhere: files with names, each written whole and never changed afterwards.
pub trait Remote: Send + Sync {
    /// What it is called in messages; no secret stands in it.
    fn name(&self) -> &str;

    /// The names in a folder and how long the files are; none if it is missing.
    fn list(&self, folder: &str) -> io::Result<Vec<(String, u64)>>;

    /// So many bytes of a file from an offset on. A file that ends before is `UnexpectedEof`, one that is missing `NotFound`;
    /// any other error means that the place cannot be asked.
    fn read(&self, path: &str, from: u64, len: u64) -> io::Result<Vec<u8>>;

    /// Writes a file; others see it whole or not at all. False if it was there with this length, unless it is to be written
    /// over.
    fn put(&self, path: &str, bytes: Vec<u8>, over: bool) -> io::Result<bool>;

    /// Removes what writers that were killed left behind long ago.
    fn sweep(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The variables that name the place, and a second one that is only read.
pub const VARIABLES: [&str; 2] = ["TAMIS_REMOTE", "TAMIS_REMOTE_FALLBACK"];

/// What the user's file is called below the folder of configurations.
const SETTINGS: &str = "tamis/config.toml";
const SETTINGS_MAX: u64 = 1 << 20;

impl World {
    /// What the environment says of places elsewhere. No result depends on it, so that it is not noted.
    pub fn remote_variables(&self) -> [Option<String>; 2] {
        VARIABLES.map(|name| std::env::var(name).ok().filter(|place| !place.is_empty()))
    }

    /// The user's own file of settings with its path, if there is one. One that lies within the project is refused: it could
    /// have come with it.
    pub fn settings(&self) -> io::Result<Option<(String, Vec<u8>)>> {
        let of = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
        let Some(folder) = of("XDG_CONFIG_HOME").or_else(|| of("HOME").map(|home| home.join(".config"))) else {
            return Ok(None);
        };
        let path = folder.join(SETTINGS);
        let said = path.display().to_string();
        if path.canonicalize().is_ok_and(|p| self.root.canonicalize().is_ok_and(|root| p.starts_with(root))) {
            return Err(io::Error::other(format!(
                "{said} lies within the project, which cannot say where its store is"
            )));
        }
        match World::new(folder).read_own(SETTINGS, SETTINGS_MAX) {
            Ok(bytes) => Ok(Some((said, bytes))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io::Error::new(e.kind(), format!("{said}: {e}"))),
        }
    }

    /// Opens a place elsewhere: an absolute path, `file:///...` or `s3://BUCKET/PREFIX`. The error says what is wrong with it.
    pub fn remote(&self, place: &str) -> Result<Box<dyn Remote>, String> {
        let path = place.strip_prefix("file://").unwrap_or(place);
        if path.starts_with('/') {
            let here = folder::Folder::open(self, path).map_err(|e| format!("the remote {place}: {e}"))?;
            return Ok(Box::new(here));
        }
        if place.starts_with("s3://") {
            #[cfg(feature = "remote")]
            return s3::Bucket::open(place).map(|bucket| Box::new(bucket) as Box<dyn Remote>);
            #[cfg(not(feature = "remote"))]
            return Err(
                "this tamis was built without the feature `remote`, which s3:// needs; a folder needs nothing".into()
            );
        }
        // what stands before an address may hold a password: it is not said again
        let scheme = place.split_once("://").map_or("a relative path", |(scheme, _)| scheme);
        Err(format!("a remote is an absolute path, file:///PATH or s3://BUCKET/PREFIX, and not {scheme}"))
    }
}
