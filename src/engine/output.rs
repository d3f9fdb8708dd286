//! Release folders: the difference between what lies there and what should is written; nothing is deleted and made
//! again. Freezing copies a folder once and refuses to change it.
use super::outputs::Outputs;
use super::session::Session;
use crate::digest::Digest;
use crate::stage::{Blobs, Content, Fault, OutFile};
use crate::world::{Found, What};
use std::collections::BTreeSet;
use std::io;

/// Brings a folder to hold exactly these files; returns how many were written and removed. With `lasting`, each is made
/// to outlive a power cut.
pub fn write(s: &Session, files: &mut Outputs, folder: &str, list: &[OutFile], lasting: bool) -> Result<usize, Fault> {
    let there = s.world.list(folder).map_err(world)?;
    let wanted: BTreeSet<String> = list.iter().map(|f| format!("{folder}/{}", f.path)).collect();
    let mut changed = 0;
    for old in there.iter().filter(|f| !wanted.contains(&f.path)) {
        s.world.remove(&old.path).map_err(world)?;
        prune_up(s, folder, &old.path);
        changed += 1;
    }
    for file in list {
        s.go_on()?;
        let path = format!("{folder}/{}", file.path);
        let Some(digest) = digest_of(&file.content) else { continue };
        let found = there.binary_search_by(|f| f.path.as_bytes().cmp(path.as_bytes())).ok().and_then(|i| there.get(i));
        if lies_there(files, found, digest) {
            continue;
        }
        let bytes = match &file.content {
            Content::Bytes(b) => b.clone(),
            Content::Stored(d, _) => s.bytes(*d)?,
            Content::Blob(d, _) => s.open(*d)?,
        };
        let same = found.is_some() && s.world.read(&path, u64::MAX).is_ok_and(|b| b == bytes);
        if !same {
            s.world.replace_with(&path, lasting, |w| w.write_all(&bytes)).map_err(world)?;
            changed += 1;
        }
        if let Some(stat) = s.world.stat(&path) {
            files.put(&path, stat, digest, s.world.now());
        }
    }
    Ok(changed)
}

fn digest_of(content: &Content) -> Option<Digest> {
    match content {
        Content::Bytes(_) => None,
        Content::Stored(d, _) | Content::Blob(d, _) => Some(*d),
    }
}

fn lies_there(files: &mut Outputs, found: Option<&Found>, digest: Digest) -> bool {
    let Some(Found { path, what: What::File(stat) }) = found else { return false };
    files.holds(path, stat, digest)
}

/// Removes folders that became empty, up to the release's own.
fn prune_up(s: &Session, folder: &str, path: &str) {
    let mut at = path;
    while let Some((up, _)) = at.rsplit_once('/') {
        if up.len() <= folder.len() {
            return;
        }
        s.world.prune(up);
        at = up;
    }
}

fn world(e: io::Error) -> Fault {
    Fault::World(e.to_string())
}
