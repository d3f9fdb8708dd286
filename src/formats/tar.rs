//! Archives (owner of `tar`): a file `a.tar` is read as the files in it, each a unit of its own named `a.tar/member`. That
//! holds for every format whose files are documents; `.tar.gz`, `.tar.zst` and `.zip` too.
//!
//! A member's name is never taken for a path: one that leads upwards, is absolute, or is no plain text is told and not
//! read, as are links, devices and sparse files. Rules: `member.name`, `member.link`, `member.kind`; of `.zip` also
//! `member.encrypted`, `member.method`. Folders, dot files,
//! `.DS_Store` and `Thumbs.db` are passed over, as they are in the project's own folders. What an archive says about its
//! members (PAX headers, long names) is held whole while it is read; more than `SAID_MAX` bytes of it break the archive.
use super::cut::Members;
use super::cut::members::{List, Member};
use super::packing::{inner_name, is_zip};
use super::zip::{ENCRYPTED, METHOD};
use std::io::{self, Read};
use tar::{Archive, Entry, EntryType, Header};

pub static ARCHIVE: Members =
    Members { name: "archive", broken: "archive.broken", list: List::Stream(list), archives: true };

/// Whether a file is an archive, by its name.
pub fn is_archive(path: &str) -> bool {
    is_zip(path)
        || inner_name(path)
            .rsplit_once('.')
            .is_some_and(|(stem, end)| !stem.is_empty() && end.eq_ignore_ascii_case("tar"))
}

/// Whether a file that was fetched becomes the files in it. Of the project's own files `.tgz` is not read as an archive.
pub fn unpacks(path: &str) -> bool {
    is_archive(path) || is_tgz(path)
}

/// Whether a name ends with `.tgz`, which stands for `.tar.gz`.
pub fn is_tgz(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && end.eq_ignore_ascii_case("tgz"))
}

/// The longest header about a member; names and times take a few hundred bytes.
const SAID_MAX: u64 = 1 << 20;

pub fn list(input: &mut dyn Read, out: &mut Vec<Member>) -> io::Result<()> {
    listed(input, out)?.ended()
}

/// The files of a stretch of an archive, which begins with one and has no end of its own.
pub fn stretch(bytes: &[u8]) -> io::Result<Vec<Member>> {
    let mut out = Vec::new();
    listed(&mut { bytes }, &mut out)?;
    Ok(out)
}

fn listed<'i>(input: &'i mut dyn Read, out: &mut Vec<Member>) -> io::Result<Bounded<&'i mut dyn Read>> {
    let mut archive = Archive::new(Bounded::new(input));
    for entry in archive.entries()? {
        out.extend(member(&entry?));
    }
    Ok(archive.into_inner())
}

/// Where the next header may stand behind so many bytes of a file.
pub fn padded(len: u64) -> u64 {
    len.div_ceil(BLOCK as u64).saturating_mul(BLOCK as u64)
}

/// What an archive says of a file in it besides its bytes.
pub struct About {
    pub member: Member,
    /// Seconds since 1970.
    pub time: u64,
    pub owner: [u64; 2],
    pub mode: u32,
}

/// Hands over what an archive says of each of its files, to its end.
pub fn about(input: &mut dyn Read, tell: &mut dyn FnMut(About)) -> io::Result<()> {
    let mut archive = Archive::new(Bounded::new(input));
    for entry in archive.entries()? {
        of_entry(&entry?).into_iter().for_each(&mut *tell);
    }
    archive.into_inner().ended()
}

/// Hands over each file of an archive with its bytes, to the archive's end.
pub fn each(input: &mut dyn Read, tell: &mut dyn FnMut(About, &mut dyn Read) -> io::Result<()>) -> io::Result<()> {
    let mut archive = Archive::new(Bounded::new(input));
    for entry in archive.entries()? {
        let mut entry = entry?;
        if let Some(own) = of_entry(&entry) {
            tell(own, &mut entry)?;
        }
    }
    archive.into_inner().ended()
}

fn of_entry<R: Read>(entry: &Entry<R>) -> Option<About> {
    let member = member(entry)?;
    let header = entry.header();
    let owner = [header.uid().unwrap_or(u64::MAX), header.gid().unwrap_or(u64::MAX)];
    let (time, mode) = (header.mtime().unwrap_or(u64::MAX), header.mode().unwrap_or(u32::MAX));
    Some(About { member, time, owner, mode })
}

/// The rule of an archive behind whose end something stands: of two that were put together only the first is read.
pub const BEHIND: &str = "archive.behind";

/// Whether an error is that of something behind the end of an archive.
pub fn is_behind(e: &io::Error) -> bool {
    e.get_ref().is_some_and(|inner| inner.to_string() == BEHIND)
}

/// The bytes of an archive, which end with an error before a header about a member that is too long. A packed archive of
/// a few kilobytes could hold gigabytes of one.
struct Bounded<R> {
    inner: R,
    /// Bytes up to the next header.
    left: u64,
    /// What was read of the header.
    header: Vec<u8>,
    /// The body of a PAX header, which may say that the next member is longer than its own header says.
    said: Option<Vec<u8>>,
    /// Headers can no longer be told from content.
    lost: bool,
    /// There is nothing more to read.
    over: bool,
}

const BLOCK: usize = 512;

impl<R: Read> Bounded<R> {
    fn new(inner: R) -> Bounded<R> {
        Bounded { inner, left: 0, header: Vec::with_capacity(BLOCK), said: None, lost: false, over: false }
    }

    /// Members end before a block of zeros. Without one the archive breaks off, and members may be missing; behind it
    /// there are zeros alone, and they are read, so that the sum of a packed archive is compared.
    fn ended(mut self) -> io::Result<()> {
        if self.over {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let mut block = vec![0; 64 << 10];
        loop {
            let n = match self.inner.read(&mut block) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                read => read?,
            };
            match block.get(..n).unwrap_or_default() {
                [] => return Ok(()),
                zeros if zeros.iter().all(|b| *b == 0) => {}
                _ => return Err(io::Error::new(io::ErrorKind::InvalidData, BEHIND)),
            }
        }
    }

    fn pass(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() && !self.lost {
            if self.left > 0 {
                let n = usize::try_from(self.left).map_or(bytes.len(), |left| left.min(bytes.len()));
                let (own, rest) = bytes.split_at(n);
                self.said.iter_mut().for_each(|said| said.extend(own));
                (bytes, self.left) = (rest, self.left - n as u64);
                continue;
            }
            let (own, rest) = bytes.split_at(bytes.len().min(BLOCK - self.header.len()));
            self.header.extend(own);
            bytes = rest;
            if self.header.len() == BLOCK {
                self.judge()?;
                self.header.clear();
            }
        }
        Ok(())
    }

    fn judge(&mut self) -> io::Result<()> {
        let header = Header::from_byte_slice(&self.header);
        let resized = self.said.take().is_some_and(|said| memchr::memmem::find(&said, b" size=").is_some());
        let extended = header.as_gnu().is_some_and(|gnu| gnu.is_extended());
        let Ok(size) = header.entry_size() else {
            self.lost = true; // the library tells what is wrong
            return Ok(());
        };
        self.lost = resized || (extended && header.entry_type() == EntryType::GNUSparse);
        let says = matches!(
            header.entry_type(),
            EntryType::XHeader | EntryType::XGlobalHeader | EntryType::GNULongName | EntryType::GNULongLink
        );
        if says && size > SAID_MAX {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a header about a member is too long"));
        }
        self.said = (header.entry_type() == EntryType::XHeader).then(Vec::new);
        self.left = padded(size);
        Ok(())
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(to)?;
        self.over |= n == 0 && !to.is_empty();
        self.pass(to.get(..n).unwrap_or_default())?;
        Ok(n)
    }
}

/// A member as it may be read, or with the reason why not; `None` for what is passed over.
fn member<R: Read>(entry: &Entry<R>) -> Option<Member> {
    let kind = entry.header().entry_type();
    if matches!(kind, EntryType::Directory | EntryType::XGlobalHeader) {
        return None;
    }
    let name = plain_name(&entry.path_bytes());
    if name.as_deref().is_ok_and(hidden) {
        return None;
    }
    let reject = match kind {
        EntryType::Regular | EntryType::Continuous => name.as_ref().err().copied(),
        EntryType::Link | EntryType::Symlink => Some("member.link"),
        kind if kind == EntryType::new(ENCRYPTED) => Some("member.encrypted"),
        kind if kind == EntryType::new(METHOD) => Some("member.method"),
        _ => Some("member.kind"),
    };
    let (offset, len) = (entry.raw_file_position(), entry.size());
    let len = if reject == Some("member.kind") { 0 } else { len };
    Some(Member { name: name.ok(), offset, len, records: 1, reject, context: None })
}

/// A name whose every step leads down, else the rule that it breaks.
fn plain_name(bytes: &[u8]) -> Result<String, &'static str> {
    let name = std::str::from_utf8(bytes).map_err(|_| "member.name")?;
    let name = name.strip_prefix("./").unwrap_or(name);
    let step =
        |s: &str| !s.is_empty() && s != "." && s != ".." && !s.contains(['\\', '\0']) && !s.contains(char::is_control);
    let plain = name.split('/').all(step) && name.get(1..2).is_none_or(|c| c != ":");
    if plain { Ok(name.to_string()) } else { Err("member.name") }
}

fn hidden(name: &str) -> bool {
    name.split('/').any(|step| step.starts_with('.') || step == "Thumbs.db")
}

#[cfg(test)]
mod tests {
    use super::*;
    use tar::Builder;

    /// An archive of members: name as it stands there, kind, content.
    pub fn archive(of: &[(&[u8], EntryType, &[u8])]) -> Vec<u8> {
        let mut out = Builder::new(Vec::new());
        for (name, kind, content) in of {
            let mut header = Header::new_ustar();
            header.as_mut_bytes()[..name.len()].copy_from_slice(name);
            header.set_entry_type(*kind);
            header.set_size(content.len() as u64);
            header.set_cksum();
            out.append(&header, *content).unwrap();
        }
        out.into_inner().unwrap()
    }

    fn told(bytes: &[u8]) -> (Vec<Member>, io::Result<()>) {
        let mut out = Vec::new();
        let done = list(&mut &bytes[..], &mut out);
        (out, done)
    }

    #[test]
    fn members_are_places_in_the_file() {
        use EntryType::{Directory, Regular};
        let bytes = archive(&[
            (b"a/", Directory, b""),
            (b"./a/x.txt", Regular, b"one"),
            (b"a/.hidden", Regular, b"no"),
            (b"b.txt", Regular, b""),
        ]);
        let (members, done) = told(&bytes);
        done.unwrap();
        let names: Vec<&str> = members.iter().map(|m| m.name.as_deref().unwrap()).collect();
        assert_eq!(names, ["a/x.txt", "b.txt"]);
        let first = &members[0];
        assert_eq!(&bytes[first.offset as usize..][..first.len as usize], b"one");
        assert_eq!((members[1].len, members[1].records), (0, 1));
    }

    #[test]
    fn hostile_members_are_told_and_never_paths() {
        use EntryType::{Block, Char, Fifo, Link, Regular, Symlink};
        let names: [&[u8]; 8] =
            [b"../x", b"/etc/passwd", b"a/../../x", b"a//b", b"c:/x", b"a\\..\\x", b"\xff\xfe", b"a\nb"];
        for name in names {
            let (members, _) = told(&archive(&[(name, Regular, b"text")]));
            assert_eq!((members[0].name.as_deref(), members[0].reject), (None, Some("member.name")), "{name:?}");
        }
        for (kind, rule) in [
            (Link, "member.link"),
            (Symlink, "member.link"),
            (Char, "member.kind"),
            (Block, "member.kind"),
            (Fifo, "member.kind"),
        ] {
            let (members, _) = told(&archive(&[(b"a", kind, b"")]));
            assert_eq!(members[0].reject, Some(rule), "{kind:?}");
        }
    }

    #[test]
    fn long_headers_break_the_archive_before_they_are_held() {
        use EntryType::{GNULongLink, GNULongName, Regular, XGlobalHeader, XHeader};
        for kind in [XHeader, XGlobalHeader, GNULongName, GNULongLink] {
            let long = vec![b'x'; SAID_MAX as usize + 1];
            let (members, done) =
                told(&archive(&[(b"a", Regular, &[7; 600]), (b"h", kind, &long), (b"b", Regular, b"")]));
            assert_eq!((members.len(), done.unwrap_err().kind()), (1, io::ErrorKind::InvalidData), "{kind:?}");
        }
        let (members, done) = told(&archive(&[(b"x", XHeader, b"13 path=long\n"), (b"a", Regular, &[7; 600])]));
        done.unwrap();
        assert_eq!(members[0].name.as_deref(), Some("long"));
    }

    #[test]
    fn a_cut_archive_gives_what_came_before() {
        let bytes = archive(&[(b"a", EntryType::Regular, &[7; 600]), (b"b", EntryType::Regular, &[8; 600])]);
        let (members, done) = told(&bytes[..512 + 1024 + 512 + 100]);
        assert_eq!(members.len(), 2);
        assert!(done.is_err());
        let (members, done) = told(&bytes[..512 + 1024]);
        assert_eq!((members.len(), done.unwrap_err().kind()), (1, io::ErrorKind::UnexpectedEof), "between two members");
        let (members, done) = told(&bytes[..bytes.len() - 512]);
        assert_eq!(members.len(), 2);
        done.unwrap(); // one block of zeros says that no member follows
    }

    #[test]
    fn what_stands_behind_the_end_is_told() {
        let one = archive(&[(b"a", EntryType::Regular, b"x")]);
        let (members, done) = told(&[one.clone(), vec![0; 9_000]].concat());
        assert_eq!(members.len(), 1);
        done.unwrap();
        let (members, done) = told(&[one.clone(), one].concat());
        assert_eq!(members.len(), 1);
        assert!(is_behind(&done.unwrap_err()));
    }
}
