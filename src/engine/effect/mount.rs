//! How a build sees what was fetched: as files, where the store holds what dataset.lock names; else with the verb that
//! brings them.
use super::super::lock::{FetchedLock, Lock};
use super::objects::{Members, Objects};
use crate::digest::Digest;
use crate::stage::{Crawl, Effect, Request};
use crate::world::{Fetched, Lacking};

/// The fetched files of some effects, as a lock pins them.
pub fn mount(objects: &Objects, lock: &Lock, effects: &[Effect]) -> Fetched {
    let mut out = Fetched::default();
    for effect in effects {
        if let Err(lacking) = put(objects, lock, effect, &mut out) {
            out.lacks(&effect.folder, lacking);
        }
    }
    out
}

fn put(objects: &Objects, lock: &Lock, effect: &Effect, out: &mut Fetched) -> Result<(), Lacking> {
    let pinned = lock.fetched.get(&effect.name);
    let update = format!("`tamis update {}` fetches it, and pins it in dataset.lock", effect.folder);
    let mut lines = Vec::new();
    for request in &effect.requests {
        let Some(line) = pinned.and_then(|lines| lines.get(&request.url)) else {
            let say = match pinned {
                Some(_) => format!("{} was not fetched yet", request.url),
                None => "its files were not fetched yet".into(),
            };
            return Err(Lacking { say, help: update });
        };
        if !fits(line, request) {
            let say = format!("{} is asked for in another way than it was fetched", request.url);
            return Err(Lacking { say, help: update });
        }
        lines.push(line);
    }
    for listing in &effect.listings {
        let own = pinned.and_then(|lines| lines.get(&listing.key)).filter(|line| line.globs == listing.wanted());
        let (Some(pinned), Some(_)) = (pinned, own) else {
            let say = format!("{} was not fetched yet as it is asked for", listing.key);
            return Err(Lacking { say, help: update });
        };
        lines.extend(pinned.values().filter(|line| line.of.as_deref() == Some(&listing.key)));
    }
    if let Some(crawl) = &effect.crawl {
        let Some(line) = pinned.and_then(|lines| lines.get(&crawl.key)).filter(|line| is_of(line, crawl)) else {
            let say = match pinned {
                Some(_) => "what is crawled now is not what was crawled".to_string(),
                None => "its pages were not crawled yet".into(),
            };
            let help = format!("`tamis update {}` crawls, and pins in dataset.lock what was found", effect.folder);
            return Err(Lacking { say, help });
        };
        out.leaves(&effect.folder, &line.left);
        lines.push(line);
    }
    for line in lines {
        if !put_line(objects, &effect.folder, line, out) {
            let say = format!("the bytes of {} are not in the store", line.path);
            let help = match effect.crawl {
                Some(_) => format!(
                    "`tamis update {}` crawls anew and pins what it finds: pages cannot be had again as they were",
                    effect.folder
                ),
                None => format!("`tamis fetch {}` brings what dataset.lock names", effect.folder),
            };
            return Err(Lacking { say, help });
        }
    }
    Ok(())
}

/// Whether a line of the lock is what a request asks for.
pub fn fits(line: &FetchedLock, request: &Request) -> bool {
    line.path == request.path
        && line.unpack == request.unpack
        && (request.sha256.is_none() || request.sha256 == line.sha256)
}

/// Whether a line of the lock is what a crawl asks for.
pub fn is_of(line: &FetchedLock, crawl: &Crawl) -> bool {
    line.unpack && line.globs == crawl.wanted()
}

/// Whether the bytes that a line names are there.
pub fn is_there(objects: &Objects, line: &FetchedLock) -> bool {
    let Some(digest) = line.digest() else { return false };
    if line.unpack { members(objects, line, digest).is_some() } else { objects.has(digest, line.bytes.unwrap_or(0)) }
}

/// What the archive of a line became; `None` also where it had another length than the line says, as a line of another file
/// has that is not there.
fn members(objects: &Objects, line: &FetchedLock, archive: Digest) -> Option<Members> {
    objects.members(archive).filter(|members| members.bytes.is_none() || members.bytes == line.bytes)
}

fn put_line(objects: &Objects, folder: &str, line: &FetchedLock, out: &mut Fetched) -> bool {
    let Some(digest) = line.digest() else { return false };
    if !line.unpack {
        out.put(folder, &line.path, objects.place(digest));
        return objects.has(digest, line.bytes.unwrap_or(0));
    }
    let Some(members) = members(objects, line, digest) else { return false };
    if let Some((n, first)) = &members.renamed {
        out.renames(folder, (*n, format!("{}/{first}", line.path)));
    }
    for member in &members.files {
        let Some(digest) = Digest::parse(&member.digest) else { return false };
        out.put(folder, &format!("{}/{}", line.path, member.path), objects.place(digest));
    }
    true
}
