//! Fetched bytes in the store: a file for each, named by its digest. They cannot always be had again, so that `tamis gc`
//! leaves them alone unless it is asked to remove what no lock names.
use super::super::store::{checkout, home};
use crate::digest::{BothSums, Digest};
use crate::world::{How, Own, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

const FOLDER: &str = "fetched";
/// Files that are on their way.
const PARTS: &str = "fetched/parts";
/// Bytes that are read at a time.
const BLOCK: usize = 1 << 20;
/// Bytes of a list of members.
const LIST_MAX: u64 = 1 << 30;

/// The fetched bytes of a store.
pub struct Objects {
    home: World,
    /// Whose parts these are: several checkouts may share a store, and each goes on with its own.
    checkout: String,
}

/// A file on its way: it may be gone on with after a stop.
pub struct Part {
    path: String,
    pub own: Own,
    /// How many of its bytes are there.
    pub len: u64,
}

/// A member of an archive.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Member {
    /// The path in the archive.
    pub path: String,
    pub digest: String,
    pub bytes: u64,
}

/// What an archive became.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Members {
    pub files: Vec<Member>,
    /// Members that are not read: the rule that each breaks, and how many there are.
    pub refused: Vec<(String, u64)>,
    /// How many names are read as CP949, and one of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub renamed: Option<(u64, String)>,
    /// How many bytes the archive had; `None` where it was unpacked before this was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
}

/// What `tamis gc --fetched` found.
#[derive(Serialize, schemars::JsonSchema, Clone, Debug, Default, PartialEq, Eq)]
pub struct Used {
    /// Files that a lock names.
    pub kept: u64,
    /// Files that none names.
    pub removed: u64,
    /// Bytes of those.
    pub bytes: u64,
}

impl Objects {
    pub fn of(project: &World) -> io::Result<Objects> {
        Ok(Objects { home: home(project)?, checkout: checkout(project) })
    }

    fn path(digest: Digest) -> String {
        let hex = digest.hex();
        format!("{FOLDER}/{}/{hex}", hex.get(..2).unwrap_or_default())
    }

    /// Whether so many bytes with this digest are there. They were compared when they came; `sound` compares them again.
    pub fn has(&self, digest: Digest, bytes: u64) -> bool {
        self.home.stat(&Objects::path(digest)).is_some_and(|stat| stat.size == bytes)
    }

    /// Where the bytes with a digest lie.
    pub fn place(&self, digest: Digest) -> PathBuf {
        self.home.root().join(Objects::path(digest))
    }

    /// Whether the bytes with a digest are what it says.
    pub fn sound(&self, digest: Digest) -> io::Result<bool> {
        let own = self.home.own(&Objects::path(digest), How::Read)?;
        Ok(sums(&own)?.0 == digest)
    }

    pub fn open(&self, digest: Digest) -> io::Result<crate::world::Open> {
        self.home.open(&Objects::path(digest))
    }

    /// The file on its way for a key. No two threads may ask for one key at a time.
    pub fn part(&self, key: &str) -> io::Result<Part> {
        self.home.make_folder(PARTS)?;
        let key = format!("{}\n{key}", self.checkout);
        let path = format!("{PARTS}/{}", Digest::of(key.as_bytes()).hex());
        let own = self.home.own(&path, How::Edit)?;
        let len = own.len()?;
        Ok(Part { path, own, len })
    }

    /// What the server knows the content of a part by, so that it may be gone on with.
    pub fn validator(&self, part: &Part) -> Option<String> {
        let bytes = self.home.read_own(&format!("{}.by", part.path), 1 << 12).ok()?;
        String::from_utf8(bytes).ok().filter(|text| !text.is_empty())
    }

    /// Reads what came of a part, from its beginning.
    pub fn read_part(&self, part: &Part) -> io::Result<impl io::Read + io::Seek + Send + use<>> {
        self.home.open(&part.path)?.reader()
    }

    /// Begins a part anew, with content that the server knows by a validator.
    pub fn begin(&self, part: &mut Part, validator: Option<&str>) -> io::Result<()> {
        part.own.cut(0)?;
        part.len = 0;
        self.home.replace_with(&format!("{}.by", part.path), false, |w| {
            w.write_all(validator.unwrap_or_default().as_bytes())
        })
    }

    /// A part becomes an object: it is made to last first.
    pub fn keep(&self, part: Part, digest: Digest) -> io::Result<()> {
        let to = Objects::path(digest);
        let folder = to.rsplit_once('/').map_or(FOLDER, |(folder, _)| folder);
        part.own.sync()?;
        self.home.make_folder(folder)?;
        self.home.rename(&part.path, &to)?;
        self.home.sync_folder(folder)?;
        self.forget_validator(&part.path)
    }

    /// Removes a part that nobody goes on with.
    pub fn drop_part(&self, part: Part) -> io::Result<()> {
        self.home.remove(&part.path)?;
        self.forget_validator(&part.path)
    }

    fn forget_validator(&self, path: &str) -> io::Result<()> {
        let by = format!("{path}.by");
        if self.home.exists(&by) { self.home.remove(&by) } else { Ok(()) }
    }

    /// Removes the bytes with a digest, if they are there.
    pub fn remove(&self, digest: Digest) -> io::Result<()> {
        let path = Objects::path(digest);
        if self.home.exists(&path) { self.home.remove(&path) } else { Ok(()) }
    }

    /// What the archive with a digest became; `None` if it was not unpacked, or one of its files is not there.
    pub fn members(&self, archive: Digest) -> Option<Members> {
        let bytes = self.home.read_own(&members_path(archive), LIST_MAX).ok()?;
        let (sum, list) = bytes.split_first_chunk::<32>()?;
        if Digest::of(list).0 != *sum {
            return None;
        }
        let members: Members = serde_json::from_slice(list).ok()?;
        let there = |m: &Member| Digest::parse(&m.digest).is_some_and(|d| self.has(d, m.bytes));
        members.files.iter().all(there).then_some(members)
    }

    /// Remembers what an archive became.
    pub fn put_members(&self, archive: Digest, members: &Members) -> io::Result<()> {
        let list = serde_json::to_vec(members).map_err(io::Error::other)?;
        let bytes = [&Digest::of(&list).0[..], &list].concat();
        self.home.replace(&members_path(archive), &bytes)
    }

    /// Gives a copy of the project all that was fetched, as other names of the same bytes.
    pub fn lend(&self, copy: &World) -> io::Result<()> {
        let to = home(copy)?;
        for (path, _) in if self.home.exists(FOLDER) { self.all()? } else { Vec::new() } {
            self.home.bring(&path, &to)?;
        }
        Ok(())
    }

    /// Every digest that has bytes or a list of members.
    fn all(&self) -> io::Result<Vec<(String, Digest)>> {
        let mut out = Vec::new();
        for folder in self.home.names(FOLDER)?.into_iter().filter(|name| name.len() == 2) {
            for name in self.home.names(&format!("{FOLDER}/{folder}"))? {
                let digest = Digest::parse(name.strip_suffix(".members").unwrap_or(&name));
                out.extend(digest.map(|digest| (format!("{FOLDER}/{folder}/{name}"), digest)));
            }
        }
        out.sort();
        Ok(out)
    }

    /// Compares all bytes with their digests; gives how many are sound, and the names of those that are not.
    pub fn verify(&self) -> io::Result<(u64, Vec<String>)> {
        let (mut sound, mut damaged) = (0, Vec::new());
        for (path, digest) in self.all()? {
            let good = if path.ends_with(".members") { self.members(digest).is_some() } else { self.sound(digest)? };
            sound += u64::from(good);
            damaged.extend((!good).then_some(path));
        }
        Ok((sound, damaged))
    }

    /// Removes what no digest of `living` names, and no archive among them became; parts that nobody goes on with, too.
    pub fn sweep(&self, living: &BTreeSet<Digest>, dry_run: bool) -> io::Result<Used> {
        let mut keep = living.clone();
        for archive in living {
            let members = self.members(*archive).unwrap_or_default();
            keep.extend(members.files.iter().filter_map(|m| Digest::parse(&m.digest)));
        }
        let mut out = Used::default();
        let parts = self.home.names(PARTS)?.into_iter().map(|name| (format!("{PARTS}/{name}"), None));
        for (path, digest) in self.all()?.into_iter().map(|(path, d)| (path, Some(d))).chain(parts) {
            if digest.is_some_and(|d| keep.contains(&d)) {
                out.kept += 1;
                continue;
            }
            out.removed += 1;
            out.bytes += self.home.stat(&path).map_or(0, |stat| stat.size);
            if !dry_run {
                self.home.remove(&path)?;
            }
        }
        Ok(out)
    }
}

fn members_path(archive: Digest) -> String {
    format!("{}.members", Objects::path(archive))
}

/// BLAKE3 and SHA-256 of a file.
pub fn sums(own: &Own) -> io::Result<(Digest, String)> {
    let (len, mut at, mut both) = (own.len()?, 0, BothSums::new());
    while at < len {
        let bytes = own.read((len - at).min(BLOCK as u64) as usize, at)?;
        both.update(&bytes);
        at += bytes.len() as u64;
    }
    Ok(both.finish())
}
