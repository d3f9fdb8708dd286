//! The folder of a store: where it lies, how its index is read and grows, what is cleaned up when it is opened.
use super::index::Index;
use super::place::{is_pack, pack_path};
use crate::world::{Own, World};
use std::io;

/// What is of this checkout alone.
pub const FOLDER: &str = ".tamis";

/// Says in which folder the store lies, where it is shared.
pub(super) const POINTER: &str = ".tamis/store";

/// Why a store cannot be had.
#[derive(Debug)]
pub enum StoreError {
    Locked,
    Io(io::Error),
}

impl From<io::Error> for StoreError {
    fn from(e: io::Error) -> Self {
        StoreError::Io(e)
    }
}

/// Adds the next commit behind those that others may have made meanwhile.
pub(super) fn append(file: &Own, index: &mut Index) -> io::Result<()> {
    index.read(&tail(file, index.len)?);
    let bytes = index.commit();
    file.write_at(&bytes, index.len)?;
    file.sync()?;
    index.committed(&bytes);
    Ok(())
}

pub(super) fn tail(file: &Own, from: u64) -> io::Result<Vec<u8>> {
    file.read(file.len()?.saturating_sub(from) as usize, from)
}

/// Reads the index up to the first commit that is not whole: what follows was never promised.
pub(super) fn load(file: &Own) -> io::Result<Index> {
    let mut index = Index::default();
    index.read(&tail(file, 0)?);
    Ok(index)
}

/// The folder of the store: the checkout's own, or the one that it shares.
pub fn home(project: &World) -> io::Result<World> {
    match project.read(POINTER, 1 << 16) {
        Ok(bytes) => {
            let path = String::from_utf8_lossy(&bytes).trim().to_string();
            if !std::path::Path::new(&path).is_absolute() {
                let say = format!("{POINTER} names no folder; delete it, or `tamis store use DIR`");
                return Err(io::Error::other(say));
            }
            let home = project.at(path);
            match is_marked(&home) {
                true => Ok(home),
                // the pointer may have come with a project that somebody else made
                false => Err(io::Error::other(format!(
                    "{POINTER} names a folder that tamis did not make a store; delete it, or `tamis store use DIR`"
                ))),
            }
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(project.at(project.kept(FOLDER)?)),
        Err(e) => Err(e),
    }
}

/// From now on this checkout shares the store in a folder (absolute); the old one may be deleted.
pub fn share(project: &World, folder: &str) -> io::Result<()> {
    project.make_folder(FOLDER)?;
    mark_cache(project, FOLDER)?;
    let home = project.at(folder);
    home.make_folder("packs")?;
    mark_cache(&home, "")?;
    project.replace(POINTER, folder.as_bytes())
}

/// Whether this checkout shares a store that is there.
pub fn shares(project: &World) -> bool {
    project.is_file(POINTER) && home(project).is_ok()
}

/// Cuts off what builds that died left behind the last commit; nobody else may have the store open. Gives the index.
pub(super) fn clean(home: &World, file: &Own) -> io::Result<Index> {
    let index = load(file)?;
    if file.len()? > index.len {
        file.cut(index.len)?;
    }
    let named: std::collections::HashSet<String> = index.objects.values().map(|p| pack_path(p.pack, p.raw)).collect();
    for name in home.names("packs")? {
        let path = format!("packs/{name}");
        if is_pack(&name) && !named.contains(&path) {
            home.remove(&path)?; // no committed object lies in it
        }
    }
    Ok(index)
}

/// The line that marks a folder as made by tamis.
const MADE: &str = "# made by tamis; may be deleted";

/// Whether a folder carries the mark that a store has.
fn is_marked(home: &World) -> bool {
    let tag = home.read_own("CACHEDIR.TAG", 1 << 16);
    tag.is_ok_and(|bytes| String::from_utf8_lossy(&bytes).lines().any(|line| line == MADE))
}

/// Tells git and backups that a folder can be made again.
pub fn mark_cache(world: &World, folder: &str) -> io::Result<()> {
    let tag = format!("Signature: 8a477f597d28d172789f06886806bc55\n{MADE}\n");
    for (name, text) in [(".gitignore", "*\n"), ("CACHEDIR.TAG", tag.as_str())] {
        let path = if folder.is_empty() { name.to_string() } else { format!("{folder}/{name}") };
        if !world.exists(&path) {
            world.replace(&path, text.as_bytes())?;
        }
    }
    Ok(())
}
