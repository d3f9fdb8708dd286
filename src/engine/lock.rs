//! `dataset.lock`: pins what came from outside and what was released, one table each. Committed to git; a build writes
//! it only where a source changed, `release` adds its line.
use crate::manifest;
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

const PATH: &str = "dataset.lock";

#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
#[serde(default)]
pub struct Lock {
    pub source: BTreeMap<String, SourceLock>,
    pub release: BTreeMap<String, ReleaseLock>,
}

/// A source as it was scanned.
#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
pub struct SourceLock {
    pub files: u64,
    pub bytes: u64,
    pub digest: String,
}

/// A release that was frozen.
#[derive(Deserialize, Serialize, Clone, Debug, Default, PartialEq)]
pub struct ReleaseLock {
    pub version: String,
    pub content_root: String,
    pub files_root: String,
    /// Digest of `pins/split.tsv` as this release wrote it.
    pub assignments: String,
}

impl Lock {
    /// The lock of a project; an error is a file that does not read.
    pub fn load(world: &World) -> Result<Lock, String> {
        let text = match world.read(PATH, 64 << 20) {
            Ok(bytes) => String::from_utf8(bytes).map_err(|_| format!("{PATH} is not UTF-8"))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Lock::default()),
            Err(e) => return Err(format!("{PATH}: {e}")),
        };
        let tree =
            manifest::parse(PATH, text.into()).map_err(|_| format!("{PATH} is no TOML; take it from git again"))?;
        manifest::read_root(&tree).map_err(|d| format!("{PATH}: {}", d.message))
    }

    pub fn text(&self) -> String {
        let mut t = String::from("# Written by tamis; commit it.\n");
        for (name, s) in &self.source {
            t.push_str(&format!(
                "\n[source.\"{name}\"]\nfiles = {}\nbytes = {}\ndigest = \"{}\"\n",
                s.files, s.bytes, s.digest
            ));
        }
        for (name, r) in &self.release {
            t.push_str(&format!(
                "\n[release.\"{name}\"]\nversion = \"{}\"\ncontent_root = \"{}\"\nfiles_root = \"{}\"\nassignments = \"{}\"\n",
                r.version, r.content_root, r.files_root, r.assignments
            ));
        }
        t
    }

    pub fn save(&self, world: &World) -> io::Result<()> {
        world.replace(PATH, self.text().as_bytes())
    }
}
