//! What was fetched from outside, as files of the project: paths `fetched:NAME/...`, at which the objects of the store lie
//! that dataset.lock names. No file of the project has such a path, and nothing is written through one.
use super::folders::{Listing, Visitor, What, absent};
use super::looks::Look;
use super::stat::Stat;
use super::{World, hidden};
use crate::digest::Digest;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How paths of fetched files begin; behind it stands what they were fetched for, and the path that they have there.
pub const FETCHED: &str = "fetched:";

/// The fetched files of a project, and what is declared and not there.
#[derive(Clone, Debug, Default)]
pub struct Fetched {
    folders: BTreeMap<String, Folder>,
    /// By the name of what they are fetched for: why its files are not there, and what brings them.
    lacking: BTreeMap<String, Lacking>,
    /// By the same name: what was left out when it was fetched.
    left: BTreeMap<String, Vec<String>>,
    /// By the same name: how many names of archives are read as CP949, and one of them.
    renamed: BTreeMap<String, Vec<(u64, String)>>,
}

/// Why fetched files are not there.
#[derive(Clone, Debug, PartialEq)]
pub struct Lacking {
    pub say: String,
    pub help: String,
}

#[derive(Clone, Debug, Default)]
struct Folder {
    /// By name: where the bytes lie.
    files: BTreeMap<String, PathBuf>,
    folders: BTreeSet<String>,
}

impl Fetched {
    /// Puts a file at `fetched:NAME/PATH`; its bytes lie at a place of the store.
    pub fn put(&mut self, name: &str, path: &str, place: PathBuf) {
        let mut folder = format!("{FETCHED}{name}");
        let mut rest = path;
        while let Some((step, below)) = rest.split_once('/') {
            self.folders.entry(folder.clone()).or_default().folders.insert(step.to_string());
            folder.push('/');
            folder.push_str(step);
            rest = below;
        }
        self.folders.entry(folder).or_default().files.insert(rest.to_string(), place);
    }

    /// Says that the files of something are not there.
    pub fn lacks(&mut self, name: &str, lacking: Lacking) {
        self.lacking.insert(name.to_string(), lacking);
    }

    /// Says what was left out when the files of something were fetched.
    pub fn leaves(&mut self, name: &str, left: &[String]) {
        self.left.insert(name.to_string(), left.to_vec());
    }

    /// What was left out when the files of something were fetched: each rule, and how often.
    pub fn left(&self, name: &str) -> &[String] {
        self.left.get(name).map_or(&[], Vec::as_slice)
    }

    /// Says that names of files of an archive are read as CP949: how many, and one of them.
    pub fn renames(&mut self, name: &str, told: (u64, String)) {
        self.renamed.entry(name.to_string()).or_default().push(told);
    }

    /// How many names of each archive are read as CP949, and one of them.
    pub fn renamed(&self, name: &str) -> &[(u64, String)] {
        self.renamed.get(name).map_or(&[], Vec::as_slice)
    }

    /// Why the files of something are not there; `None` where they are.
    pub fn lacking(&self, name: &str) -> Option<&Lacking> {
        self.lacking.get(name)
    }

    pub fn is_empty(&self) -> bool {
        self.folders.is_empty() && self.lacking.is_empty()
    }

    /// The paths of all files of something, in order.
    pub fn paths(&self, name: &str) -> Vec<String> {
        let top = format!("{FETCHED}{name}");
        let below = |folder: &str| folder.strip_prefix(&top).is_some_and(|r| r.is_empty() || r.starts_with('/'));
        let folders = self.folders.iter().filter(|(folder, _)| below(folder));
        folders.flat_map(|(folder, of)| of.files.keys().map(move |file| format!("{folder}/{file}"))).collect()
    }

    fn file(&self, path: &str) -> Option<&Path> {
        let (folder, name) = path.rsplit_once('/')?;
        self.folders.get(folder)?.files.get(name).map(PathBuf::as_path)
    }
}

/// Whether a path is that of something fetched.
pub fn is_fetched(path: &str) -> bool {
    path.starts_with(FETCHED)
}

/// What a fetched file, or a glob of such files, is fetched for.
pub fn fetched_for(path: &str) -> Option<&str> {
    path.strip_prefix(FETCHED)?.split_once('/').map(|(name, _)| name)
}

/// What a fetched file is called within what it was fetched for; any other path as it is.
pub fn inner_path(path: &str) -> &str {
    path.strip_prefix(FETCHED).and_then(|rest| rest.split_once('/')).map_or(path, |(_, inner)| inner)
}

/// How paths of the files of a release begin, of a member of the workspace or of the project itself.
const RELEASED: &str = "fetched:@";

/// Whether a path is that of a file of a release.
pub fn is_released(path: &str) -> bool {
    path.starts_with(RELEASED)
}

impl World {
    /// Notes how a file outside of the project's own paths looks; it was looked at.
    pub fn saw(&self, place: &Path) {
        let look = match fs::symlink_metadata(place) {
            Ok(m) if m.is_file() => Some(Look::File(Stat::of(&m))),
            Ok(_) => None,
            Err(e) => absent(&e),
        };
        self.noted(|| place.to_string_lossy().into_owned(), look);
    }

    /// The same world with fetched files.
    pub fn with_fetched(self, fetched: Fetched) -> World {
        World { fetched: Arc::new(fetched), ..self }
    }

    pub fn fetched(&self) -> &Fetched {
        &self.fetched
    }

    /// Where the bytes of a fetched file lie; `None` for a path of the project.
    pub(super) fn fetched_place(&self, path: &str) -> Option<io::Result<PathBuf>> {
        let absent = || io::Error::new(io::ErrorKind::NotFound, format!("{path} was not fetched"));
        is_fetched(path).then(|| self.fetched.file(path).map(Path::to_path_buf).ok_or_else(absent))
    }

    /// What the bytes of a fetched file must have as their digest; `None` for a path of the project.
    pub fn fetched_digest(&self, path: &str) -> Option<Digest> {
        let name = self.fetched.file(path).filter(|_| is_fetched(path))?.file_name()?;
        Digest::parse(name.to_str()?)
    }

    /// Walks a folder of fetched files as [`World::walk`] does.
    pub(super) fn walk_fetched(&self, folder: &str, visitor: &mut dyn Visitor) -> io::Result<ControlFlow<()>> {
        let Some(here) = self.fetched.folders.get(folder) else { return Ok(ControlFlow::Continue(())) };
        let mut listing = Listing::default();
        let only = visitor.only(folder);
        for (name, place) in here.files.iter().filter(|(name, _)| !hidden(name.as_bytes())) {
            if only.as_ref().is_some_and(|only| !only.contains(name)) || !visitor.wants(folder, name) {
                continue;
            }
            let what = match fs::symlink_metadata(place) {
                Ok(m) if m.is_file() => What::File(Stat::of(&m)),
                Ok(_) => What::Odd("path.kind", "neither a file nor a folder".into()),
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue, // told when it is declared
                Err(e) => return Err(e),
            };
            listing.push(name, what);
        }
        if visitor.folder(folder, &listing)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
        for name in here.folders.iter().filter(|name| only.is_none() && !hidden(name.as_bytes())) {
            let below = format!("{folder}/{name}");
            if visitor.enters(&below) && self.walk_fetched(&below, visitor)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct All(Vec<String>);

    impl Visitor for All {
        fn enters(&mut self, _: &str) -> bool {
            true
        }

        fn wants(&mut self, _: &str, _: &str) -> bool {
            true
        }

        fn folder(&mut self, folder: &str, files: &Listing) -> io::Result<ControlFlow<()>> {
            self.0.extend(files.iter().map(|(name, _)| format!("{folder}/{name}")));
            Ok(ControlFlow::Continue(()))
        }
    }

    #[test]
    fn fetched_files_are_walked_and_read_like_files() {
        let dir = tempfile::tempdir().unwrap();
        let (project, store) = (dir.path().join("project"), dir.path().join("store"));
        for folder in [&project, &store] {
            fs::create_dir_all(folder).unwrap();
        }
        fs::write(store.join("one"), b"first").unwrap();
        let mut fetched = Fetched::default();
        for (path, at) in
            [("b/x.txt", "one"), ("a.txt", "one"), ("b/c/y.txt", "one"), ("b/.hidden", "one"), ("z", "no")]
        {
            fetched.put("web", path, store.join(at));
        }
        let world = World::new(&project).with_fetched(fetched);
        let mut all = All(Vec::new());
        world.walk("fetched:web", &mut all).unwrap();
        assert_eq!(all.0, ["fetched:web/a.txt", "fetched:web/b/x.txt", "fetched:web/b/c/y.txt"]);
        assert_eq!(world.open("fetched:web/b/x.txt").unwrap().read(5, 0).unwrap(), b"first");
        assert_eq!(world.open("fetched:web/none").err().unwrap().kind(), io::ErrorKind::NotFound);
        assert_eq!((inner_path("fetched:web/b/x.txt"), inner_path("raw/x.txt")), ("b/x.txt", "raw/x.txt"));
        // a project cannot bring files of such paths along
        fs::create_dir_all(project.join("fetched:web")).unwrap();
        fs::write(project.join("fetched:web/none"), b"own").unwrap();
        assert!(world.open("fetched:web/none").is_err());
        assert!(!world.exists("fetched:web/none") && !world.is_file("fetched:web/none"));
    }
}
