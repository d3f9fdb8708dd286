//! Archives become the files in them, each an object of its own. Nothing is written by a member's name: names are judged
//! where archives are read (`formats::tar`), and what may not be a file is counted and left out.
use super::objects::{Member, Members, Objects, Part};
use crate::digest::{Digest, Hasher};
use crate::formats::cut::members::List;
use crate::formats::packing::decompressor;
use crate::formats::{tar, zip};
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read};

/// An archive of less than so many bytes may hold so many; a larger one may hold `RATIO` times its own.
const SMALL: u64 = 1 << 30;
const RATIO: u64 = 200;
/// Bytes that are copied at a time.
const BLOCK: usize = 1 << 18;

/// Why an archive is not unpacked.
pub enum Fault {
    Bad(String),
    Io(io::Error),
    Stopped,
}

impl From<io::Error> for Fault {
    fn from(e: io::Error) -> Fault {
        Fault::Io(e)
    }
}

/// Unpacks the archive with a digest, unless it was, and removes it: its files stay. `size_max` bounds all of them.
pub fn unpack(
    objects: &Objects,
    name: &str,
    archive: Digest,
    size_max: u64,
    stops: &dyn Fn() -> bool,
) -> Result<Members, Fault> {
    if let Some(mut members) = objects.members(archive) {
        // another source may have unpacked the same archive meanwhile, and removed it
        let packed = objects.open(archive).ok().map(|open| open.stat().size);
        if packed.is_some() && members.bytes != packed {
            members.bytes = packed;
            objects.put_members(archive, &members)?;
        }
        objects.remove(archive)?;
        return Ok(members);
    }
    let open = objects.open(archive)?;
    let packed = open.stat().size;
    let bound = size_max.min(SMALL.max(packed.saturating_mul(RATIO)));
    let name = if tar::is_tgz(name) { "it.tar.gz" } else { name };
    let stream = || -> io::Result<_> { Ok(decompressor(name, Box::new(BufReader::new(open.reader()?)))) };
    let List::Stream(list) = tar::ARCHIVE.list else { return Err(Fault::Bad("it cannot be listed".into())) };
    let mut found = Vec::new();
    list(&mut Bounded { inner: stream()?, left: bound }, &mut found).map_err(|e| broken(&e, bound, packed))?;
    // another archive than a zip has none
    let renamed = zip::names_in_cp949(Box::new(open.reader()?)).ok().flatten().map(|(n, first)| (n as u64, first));
    let mut out = Members { bytes: Some(packed), renamed, ..Members::default() };
    let mut refused: BTreeMap<&str, u64> = BTreeMap::new();
    let mut paths: BTreeMap<String, ()> = BTreeMap::new();
    let mut input = Bounded { inner: stream()?, left: bound };
    let mut at = 0;
    for member in found {
        let path = member.name.filter(|_| member.reject.is_none());
        let Some(path) = path else {
            *refused.entry(member.reject.unwrap_or("member.name")).or_default() += 1;
            continue;
        };
        if paths.insert(path.clone(), ()).is_some() {
            *refused.entry("member.twice").or_default() += 1;
            continue;
        }
        let between = member.offset.saturating_sub(at);
        io::copy(&mut (&mut input).take(between), &mut io::sink()).map_err(|e| broken(&e, bound, packed))?;
        let part = objects.part(&format!("member of {}", archive.hex()))?;
        let digest = copy(objects, part, &mut input, member.len, stops).map_err(|fault| match fault {
            Fault::Io(e) => broken(&e, bound, packed),
            fault => fault,
        })?;
        at = member.offset + member.len;
        out.files.push(Member { path, digest: digest.hex(), bytes: member.len });
    }
    out.refused = refused.into_iter().map(|(rule, n)| (rule.to_string(), n)).collect();
    out.files.sort_by(|a, b| a.path.cmp(&b.path));
    objects.put_members(archive, &out)?;
    objects.remove(archive)?;
    Ok(out)
}

/// The next bytes become an object.
fn copy(
    objects: &Objects,
    mut part: Part,
    input: &mut dyn Read,
    len: u64,
    stops: &dyn Fn() -> bool,
) -> Result<Digest, Fault> {
    objects.begin(&mut part, None)?;
    let (mut h, mut block) = (Hasher::plain(), vec![0; BLOCK]);
    while part.len < len {
        if stops() {
            return Err(Fault::Stopped);
        }
        let most = (len - part.len).min(BLOCK as u64) as usize;
        let n = input.read(block.get_mut(..most).unwrap_or_default())?;
        if n == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let bytes = block.get(..n).unwrap_or_default();
        part.own.write_at(bytes, part.len)?;
        h.update(bytes);
        part.len += n as u64;
    }
    let digest = h.finish();
    if objects.has(digest, len) {
        objects.drop_part(part)?
    } else {
        objects.keep(part, digest)?
    }
    Ok(digest)
}

fn broken(e: &io::Error, bound: u64, packed: u64) -> Fault {
    Fault::Bad(match e.kind() {
        io::ErrorKind::FileTooLarge => {
            format!("an archive of {packed} bytes holds more than {bound}; `size_max` bounds what it may hold")
        }
        io::ErrorKind::UnexpectedEof => "the archive breaks off".into(),
        _ if tar::is_behind(e) => "something stands behind the end of the archive".into(),
        _ => format!("the archive is damaged: {e}"),
    })
}

/// Bytes up to a bound; one more is an error.
struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(to)?;
        match self.left.checked_sub(n as u64) {
            Some(left) => self.left = left,
            None => return Err(io::ErrorKind::FileTooLarge.into()),
        }
        Ok(n)
    }
}
