//! A folder as one file: an archive of tar, packed by Zstandard. The same files give the same bytes: they stand in the order of
//! their paths, with one time, owner and mode. `tests/archive.rs` packs twice.
use super::cut::members::Member;
use super::packing;
use super::tar::{self as members, About};
use super::zip::Raw;
use std::io::{self, Read, Write};
use tar::{Builder, EntryType, Header};

/// How hard is packed. Another level gives other bytes.
const LEVEL: i32 = 12;
/// Unpacked bytes for each packed one, and bytes besides, at most: a small file that becomes a huge one is made to harm.
const GROWTH: u64 = 400;
const ROOM: u64 = 1 << 30;
/// Files of an archive, at most.
const FILES: u64 = 4_000_000;

/// Writes an archive.
pub struct Packer<W: Write> {
    out: Builder<packing::Zstd<W>>,
    time: u64,
}

impl<W: Write> Packer<W> {
    /// `time` is that of every file, in seconds since 1970.
    pub fn new(to: W, time: u64) -> io::Result<Packer<W>> {
        Ok(Packer { out: Builder::new(packing::zstd_writer(to, LEVEL)?), time })
    }

    /// Adds a file of exactly so many bytes.
    pub fn add(&mut self, name: &str, len: u64, bytes: impl Read) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(len);
        header.set_mode(0o644);
        header.set_mtime(self.time);
        header.set_uid(0);
        header.set_gid(0);
        let mut counted = bytes.take(len);
        self.out.append_data(&mut header, name, &mut counted)?;
        match counted.limit() {
            0 => Ok(()),
            _ => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("{name} became shorter while it was packed")))
            }
        }
    }

    pub fn finish(self) -> io::Result<W> {
        self.out.into_inner()?.finish()
    }
}

/// Whether a file is an archive of a release, by its name.
pub fn is_archive(path: &str) -> bool {
    [".tar.zst", ".tar.gz", ".tgz", ".tar"].iter().any(|end| path.to_ascii_lowercase().ends_with(end))
}

/// Hands over every file of an archive of `len` bytes by its path below the folder that all of them lie in. A name that leads
/// elsewhere, a link or a device is an error, as are more bytes than a release would unpack to.
pub fn unpack(
    name: &str,
    len: u64,
    input: Box<dyn Raw>,
    put: &mut dyn FnMut(&str, &mut dyn Read) -> io::Result<()>,
) -> io::Result<()> {
    let bad = |say: String| io::Error::new(io::ErrorKind::InvalidData, say);
    let most = len.saturating_mul(GROWTH).saturating_add(ROOM);
    let mut unpacked = packing::decompressor(name, input).take(most);
    let (mut folder, mut files): (Option<String>, u64) = (None, 0);
    members::each(&mut unpacked, &mut |about: About, content| {
        files += 1;
        let Member { name, reject, .. } = about.member;
        let Some(name) = name.filter(|_| reject.is_none()) else {
            return Err(bad(format!("file {files} of the archive is no plain file below it")));
        };
        let (own, path) =
            name.split_once('/').ok_or_else(|| bad(format!("{name} lies in no folder of the archive")))?;
        if *folder.get_or_insert_with(|| own.to_string()) != *own {
            return Err(bad(format!("{name} lies in another folder than the files before it")));
        }
        if files > FILES {
            return Err(bad(format!("the archive holds more than {FILES} files")));
        }
        put(path, content)
    })?;
    match unpacked.limit() {
        0 => Err(bad(format!("it unpacks to more than {most} bytes"))),
        _ if files == 0 => Err(bad("the archive holds no file".into())),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(time: u64, files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut out = Packer::new(Vec::new(), time).unwrap();
        files.iter().for_each(|(name, bytes)| out.add(name, bytes.len() as u64, *bytes).unwrap());
        out.finish().unwrap()
    }

    fn unpacked(bytes: &[u8]) -> io::Result<Vec<(String, Vec<u8>)>> {
        let mut out = Vec::new();
        unpack("x.tar.zst", bytes.len() as u64, Box::new(io::Cursor::new(bytes.to_vec())), &mut |path, content| {
            let mut own = Vec::new();
            content.read_to_end(&mut own)?;
            out.push((path.to_string(), own));
            Ok(())
        })?;
        Ok(out)
    }

    #[test]
    fn what_is_packed_is_unpacked_and_the_same_each_time() {
        let long = format!("r/{}", "가".repeat(80));
        let files: [(&str, &[u8]); 3] = [("r/a", b"1"), ("r/b/c", b""), (&long, b"xyz")];
        let bytes = packed(7, &files);
        assert_eq!(bytes, packed(7, &files));
        assert_ne!(bytes, packed(8, &files));
        let want: Vec<(String, Vec<u8>)> =
            files.iter().map(|(n, b)| (n.strip_prefix("r/").unwrap().to_string(), b.to_vec())).collect();
        assert_eq!(unpacked(&bytes).unwrap(), want);
        assert!(unpacked(&bytes[..bytes.len() / 2]).is_err());
        assert!(unpacked(&packed(0, &[("a", b"1")])).is_err(), "no folder");
        assert!(unpacked(&packed(0, &[("r/a", b"1"), ("s/b", b"2")])).is_err(), "two folders");
        assert!(unpacked(b"").is_err());
        assert!(Packer::new(Vec::new(), 0).unwrap().add("r/a", 3, b"1".as_slice()).is_err());
    }
}
