//! Release folders: the difference between what lies there and what should is written; nothing is deleted and made
//! again. Freezing copies a folder once and refuses to change it.
use super::outputs::Outputs;
use super::session::Session;
use crate::digest::{Digest, Hasher};
use crate::stage::{Content, Fault, OutFile};
use crate::world::{Found, What};
use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::Mutex;

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
    let mut unsure = Vec::new();
    for file in list {
        let path = format!("{folder}/{}", file.path);
        let unknown = || Fault::Bug(format!("{}: its sums are not known", file.path));
        let digest = file.sums.as_ref().ok_or_else(unknown)?.blake3;
        let found = there.binary_search_by(|f| f.path.as_bytes().cmp(path.as_bytes())).ok().and_then(|i| there.get(i));
        if !lies_there(files, found, digest) {
            let compare = found.is_some() && files.may_hold(&path, digest);
            unsure.push((path, compare, file, digest));
        }
    }
    let slots: Vec<Mutex<Option<Result<bool, Fault>>>> = unsure.iter().map(|_| Mutex::new(None)).collect();
    s.exec.each(unsure.len(), &|i| {
        let (path, compare, file, digest) = &unsure[i];
        let done = s.go_on().and_then(|()| match *compare && digest_at(s, path).ok() == Some(*digest) {
            true => Ok(false),
            false => put(s, path, &file.content, *digest, lasting).map(|()| true),
        });
        *slots[i].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
    });
    for ((path, _, _, digest), slot) in unsure.iter().zip(slots) {
        let done = slot.into_inner().unwrap_or_else(|e| e.into_inner());
        changed += usize::from(done.unwrap_or(Ok(false))?);
        if let Some(stat) = s.world.stat(path) {
            files.put(path, stat, *digest, s.world.now());
        }
    }
    Ok(changed)
}

/// Writes one file, chunk by chunk; bytes that are not those that were promised are never left there.
fn put(s: &Session, path: &str, content: &Content, digest: Digest, lasting: bool) -> Result<(), Fault> {
    let mut fault = None;
    let written = s.world.replace_with(path, lasting, |w| {
        let mut h = Hasher::plain();
        let done = s.content(content, &mut |bytes| {
            h.update(bytes);
            w.write_all(bytes).map_err(world)
        });
        if let Err(f) = done {
            fault = Some(f);
            return Err(io::ErrorKind::Other.into());
        }
        match h.finish() == digest {
            true => Ok(()),
            false => Err(io::Error::other(format!("{path}: the bytes are not those that were made"))),
        }
    });
    written.map_err(|e| fault.unwrap_or_else(|| world(e)))
}

fn digest_at(s: &Session, path: &str) -> io::Result<Digest> {
    let mut input = s.world.open(path)?.reader()?;
    let mut h = Hasher::plain();
    let mut block = vec![0; 1 << 16];
    loop {
        match input.read(&mut block)? {
            0 => return Ok(h.finish()),
            n => h.update(block.get(..n).unwrap_or_default()),
        };
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
