//! Zip archives, unpacked into the stream of a tar archive, so that members, their names and what is refused of them are
//! judged in one place (`tar`). The list at the end of the file counts; what stands between its members is not looked at.
//!
//! An archive is broken if its list and its members do not agree, if two members share bytes (a few kilobytes could hold
//! gigabytes so), if it is one of several volumes, or if a member has another size or sum than the list says. Members that are
//! encrypted, or packed otherwise than by deflate, are told by types of their own: `member.encrypted`, `member.method`.
//!
//! A name is what its Unicode field says (Info-ZIP 0x7075), else its own bytes as UTF-8. Where names are none, as programs of
//! Korean Windows write them, all of the archive's names that are not UTF-8 are read as CP949 if each of them is some and one
//! has Hangul; `assemble` tells it. Any other name is no plain text, which is told of the member.
use super::encoding::{cp949, has_hangul};
use flate2::Crc;
use flate2::bufread::DeflateDecoder;
use std::io::{self, BufReader, Cursor, Read, Seek, SeekFrom, Take};
use tar::{EntryType, Header};

/// Bytes that may be read from any place.
pub trait Raw: Read + Seek + Send {}
impl<T: Read + Seek + Send> Raw for T {}

/// Types of members that are told and not read. Tar keeps capital letters for whoever wants them.
pub const ENCRYPTED: u8 = b'E';
pub const METHOD: u8 = b'M';

/// The longest list, and the most members.
const LIST_MAX: u64 = 256 << 20;
const MEMBERS_MAX: u64 = 1 << 20;

type File = BufReader<Box<dyn Raw>>;

/// A member as the list has it.
#[derive(Debug)]
struct Member {
    /// As it stands there, and as it is read.
    name: Vec<u8>,
    read_as: Vec<u8>,
    at: u64,
    packed: u64,
    size: u64,
    crc: u32,
    deflated: bool,
    kind: EntryType,
    /// Where the next member, or the list, begins.
    limit: u64,
}

/// A tar archive made of a zip archive while it is read.
pub struct Unzipped {
    file: Option<File>,
    members: Option<std::vec::IntoIter<Member>>,
    now: Now,
}

enum Now {
    /// A header, and the member behind it.
    Head(Cursor<Vec<u8>>, Option<Member>),
    Body(Box<Body>),
    /// Zeros up to the next header.
    Fill(Cursor<Vec<u8>>),
    End,
}

/// The content of a member.
struct Body {
    from: From,
    crc: Crc,
    left: u64,
    of: Member,
}

enum From {
    Stored(Take<File>),
    Deflated(DeflateDecoder<Take<File>>),
}

impl Unzipped {
    pub fn new(raw: Box<dyn Raw>) -> Unzipped {
        Unzipped { file: Some(BufReader::new(raw)), members: None, now: Now::Fill(Cursor::default()) }
    }

    /// What comes behind a member's content and its filling.
    fn next(&mut self) -> io::Result<Now> {
        let Some(mut file) = self.file.take() else { return Ok(Now::End) };
        if self.members.is_none() {
            let mut members = list(&mut file)?;
            read_names(&mut members);
            self.members = Some(members.into_iter());
        }
        self.file = Some(file);
        match self.members.as_mut().and_then(Iterator::next) {
            Some(member) => Ok(Now::Head(Cursor::new(headers(&member)), Some(member))),
            None => Ok(Now::Head(Cursor::new(vec![0; 1024]), None)),
        }
    }

    /// The content of a member, where it stands.
    fn body(&mut self, of: Member) -> io::Result<Now> {
        let Some(mut file) = self.file.take() else { return Ok(Now::End) };
        file.seek(SeekFrom::Start(of.at))?;
        let mut head = [0; 30];
        file.read_exact(&mut head)?;
        let name_len = u64::from(short(&head, 26));
        let mut name = Vec::new();
        file.by_ref().take(name_len).read_to_end(&mut name)?;
        if head.get(..4) != Some(b"PK\x03\x04") || name != of.name {
            return Err(broken("a member is not where the list says"));
        }
        let begins = of.at + 30 + name_len + u64::from(short(&head, 28));
        if begins.checked_add(of.packed).is_none_or(|end| end > of.limit) {
            return Err(broken("two members share bytes"));
        }
        file.seek(SeekFrom::Start(begins))?;
        let own = file.take(of.packed);
        let from = if of.deflated { From::Deflated(DeflateDecoder::new(own)) } else { From::Stored(own) };
        Ok(Now::Body(Box::new(Body { from, crc: Crc::new(), left: of.size, of })))
    }

    /// The end of a content: it must be what the list says.
    fn filled(&mut self, mut body: Body) -> io::Result<Now> {
        body.ends()?;
        self.file = Some(match body.from {
            From::Stored(own) => own.into_inner(),
            From::Deflated(decoder) => decoder.into_inner().into_inner(),
        });
        let fill = body.of.size.next_multiple_of(512) - body.of.size;
        Ok(Now::Fill(Cursor::new(vec![0; fill as usize])))
    }
}

impl Body {
    /// The content must end here, and be what the list says.
    fn ends(&mut self) -> io::Result<()> {
        let more = self.from.read(&mut [0])?;
        let good = more == 0 && self.left == 0 && self.crc.sum() == self.of.crc;
        if good { Ok(()) } else { Err(broken("a member is not what the list says")) }
    }
}

impl Read for From {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        match self {
            From::Stored(own) => own.read(to),
            From::Deflated(own) => own.read(to),
        }
    }
}

impl Read for Unzipped {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = match &mut self.now {
                Now::Head(head, _) => head.read(to)?,
                Now::Fill(zeros) => zeros.read(to)?,
                Now::End => return Ok(0),
                Now::Body(body) => {
                    let most = usize::try_from(body.left).map_or(to.len(), |left| left.min(to.len()));
                    let own = to.get_mut(..most).unwrap_or_default();
                    let n = body.from.read(own)?;
                    body.crc.update(own.get(..n).unwrap_or_default());
                    body.left -= n as u64;
                    if body.left == 0 && n > 0 {
                        body.ends()?; // before anybody is given the last of its bytes
                    }
                    n
                }
            };
            if n > 0 || to.is_empty() {
                return Ok(n);
            }
            self.now = match std::mem::replace(&mut self.now, Now::End) {
                Now::Head(_, Some(member)) if member.kind == EntryType::Regular => self.body(member)?,
                Now::Head(_, Some(_)) | Now::Fill(_) => self.next()?,
                Now::Body(body) => self.filled(*body)?,
                Now::Head(_, None) | Now::End => Now::End,
            };
        }
    }
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

fn short(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u16::from_le_bytes(*b))
}

fn long(bytes: &[u8], at: usize) -> u32 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u32::from_le_bytes(*b))
}

fn wide(bytes: &[u8], at: usize) -> u64 {
    bytes.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |b| u64::from_le_bytes(*b))
}

/// The headers of a member: its name in one that may be of any length, then one of a usual form.
fn headers(member: &Member) -> Vec<u8> {
    // a name that would break the header is none, and is told as such
    let name: &[u8] = if member.read_as.iter().any(u8::is_ascii_control) { b"\x01" } else { &member.read_as };
    let said = [b" path=", name, b"\n"].concat();
    let digits = |n: usize| n.to_string().len();
    let mut length = said.len() + digits(said.len());
    length = said.len() + digits(length);
    let said = [length.to_string().as_bytes(), &said].concat();
    let header = |kind: EntryType, size: u64| {
        let mut header = Header::new_ustar();
        header.set_entry_type(kind);
        header.set_size(size);
        header.set_cksum();
        header.as_bytes().to_vec()
    };
    let mut out = header(EntryType::XHeader, said.len() as u64);
    out.extend(&said);
    out.resize(out.len().next_multiple_of(512), 0);
    let size = if member.kind == EntryType::Regular { member.size } else { 0 };
    out.extend(header(member.kind, size));
    out
}

/// The members that the list at the end of the file names, in its order.
fn list(file: &mut File) -> io::Result<Vec<Member>> {
    let (at, size, count) = place(file)?;
    if size > LIST_MAX || count > MEMBERS_MAX {
        return Err(broken("the list is too long"));
    }
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.by_ref().take(size).read_to_end(&mut bytes)?;
    let (mut rest, mut out) = (bytes.as_slice(), Vec::new());
    while !rest.is_empty() {
        let (member, behind) = entry(rest).ok_or_else(|| broken("the list is damaged"))?;
        out.extend((member.name.last() != Some(&b'/')).then_some(member));
        rest = behind;
    }
    let mut order: Vec<usize> = (0..out.len()).collect();
    order.sort_by_key(|i| out.get(*i).map(|m| m.at));
    let mut limit = at;
    for i in order.into_iter().rev() {
        let Some(member) = out.get_mut(i) else { continue };
        let least = (30 + member.name.len() as u64).checked_add(member.packed).and_then(|n| n.checked_add(member.at));
        if least.is_none_or(|end| end > limit) {
            return Err(broken("two members share bytes"));
        }
        (member.limit, limit) = (limit, member.at);
    }
    Ok(out)
}

/// Reads the names that are not UTF-8 as CP949, if all of them are that and one has Hangul. Gives how many these are, and the
/// first of them.
fn read_names(members: &mut [Member]) -> Option<(usize, String)> {
    let unread = |m: &&mut Member| std::str::from_utf8(&m.read_as).is_err();
    let mut unread: Vec<&mut Member> = members.iter_mut().filter(unread).collect();
    let names: Vec<String> =
        unread.iter().map(|m| cp949(&m.name).map(|text| text.into_owned())).collect::<Option<_>>()?;
    let first = names.iter().find(|name| has_hangul(name))?.clone();
    unread.iter_mut().zip(&names).for_each(|(member, name)| member.read_as = name.as_bytes().to_vec());
    Some((names.len(), first))
}

/// How many names of an archive are read as CP949, and one of them with Hangul.
pub fn names_in_cp949(raw: Box<dyn Raw>) -> io::Result<Option<(usize, String)>> {
    Ok(read_names(&mut list(&mut BufReader::new(raw))?))
}

/// Where the list stands, how long it is, and how many members it names.
fn place(file: &mut File) -> io::Result<(u64, u64, u64)> {
    const END: u64 = 22;
    let len = file.seek(SeekFrom::End(0))?;
    let from = len.saturating_sub(END + 0xffff + 20);
    file.seek(SeekFrom::Start(from))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let is_end = |at: &usize| {
        let own = tail.get(*at..).unwrap_or_default();
        own.starts_with(b"PK\x05\x06") && own.len() as u64 == END + u64::from(short(own, 20))
    };
    let end = memchr::memmem::rfind_iter(&tail, b"PK\x05\x06").find(is_end);
    let end = end.ok_or_else(|| broken("no list stands at its end"))?;
    let own = tail.get(end..).unwrap_or_default();
    if short(own, 4) != short(own, 6) || (short(own, 4) != 0 && short(own, 4) != u16::MAX) {
        return Err(broken("it is one of several volumes"));
    }
    let (mut count, mut size, mut at) = (u64::from(short(own, 10)), u64::from(long(own, 12)), u64::from(long(own, 16)));
    let mut behind = from + end as u64;
    let locator = end.checked_sub(20).and_then(|at| tail.get(at..end)).filter(|l| l.starts_with(b"PK\x06\x07"));
    if let Some(locator) = locator {
        behind = wide(locator, 8);
        file.seek(SeekFrom::Start(behind))?;
        let mut large = [0; 56];
        file.read_exact(&mut large)?;
        if !large.starts_with(b"PK\x06\x06") {
            return Err(broken("the list is damaged"));
        }
        (count, size, at) = (wide(&large, 32), wide(&large, 40), wide(&large, 48));
    }
    match at.checked_add(size) {
        Some(end) if end == behind => Ok((at, size, count)),
        _ => Err(broken("the list is not where it should be")),
    }
}

/// The first member of a list, and what follows it.
fn entry(bytes: &[u8]) -> Option<(Member, &[u8])> {
    let head = bytes.get(..46).filter(|head| head.starts_with(b"PK\x01\x02"))?;
    let [name, extra, comment] = [28, 30, 32].map(|at| usize::from(short(head, at)));
    let (own, rest) = bytes.get(46..)?.split_at_checked(name + extra + comment)?;
    let (name, more) = own.split_at_checked(name)?;
    let (mut packed, mut size, mut at) =
        (u64::from(long(head, 20)), u64::from(long(head, 24)), u64::from(long(head, 42)));
    if let Some(large) = field(more.get(..extra)?, 1) {
        let mut numbers = large.chunks_exact(8).map(|n| wide(n, 0));
        for own in [&mut size, &mut packed, &mut at] {
            if *own == u64::from(u32::MAX) {
                *own = numbers.next()?;
            }
        }
    }
    let (flags, method) = (short(head, 8), short(head, 10));
    let kind = match (long(head, 38) >> 16) & 0o170_000 {
        0o120_000 => EntryType::Symlink,
        0 | 0o100_000 if flags & 0x2041 != 0 || method == 99 => EntryType::new(ENCRYPTED),
        0 | 0o100_000 if method != 0 && method != 8 => EntryType::new(METHOD),
        0 | 0o100_000 => EntryType::Regular,
        _ => EntryType::Fifo,
    };
    let (crc, deflated) = (long(head, 16), method == 8);
    let told = field(more.get(..extra)?, UNICODE_PATH).and_then(|field| told_name(name, field));
    let (name, read_as) = (name.to_vec(), told.unwrap_or(name).to_vec());
    Some((Member { name, read_as, at, packed, size, crc, deflated, kind, limit: 0 }, rest))
}

/// The extra field that says the name of a member in UTF-8 (Info-ZIP).
const UNICODE_PATH: u16 = 0x7075;

/// What that field says, if it speaks of this name: its version is 1, and the sum of the name's bytes stands in it.
fn told_name<'f>(name: &[u8], field: &'f [u8]) -> Option<&'f [u8]> {
    let mut sum = Crc::new();
    sum.update(name);
    let speaks = field.first() == Some(&1) && long(field, 1) == sum.sum();
    field.get(5..).filter(|said| speaks && std::str::from_utf8(said).is_ok())
}

/// An extra field of an entry.
fn field(mut extra: &[u8], wanted: u16) -> Option<&[u8]> {
    while extra.len() >= 4 {
        let (id, len) = (short(extra, 0), usize::from(short(extra, 2)));
        let own = extra.get(4..4 + len)?;
        if id == wanted {
            return Some(own);
        }
        extra = extra.get(4 + len..)?;
    }
    None
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use std::io::Write;

    /// A member to be: its name, content, method, flags and mode.
    pub type Made<'m> = (&'m [u8], &'m [u8], u16, u16, u32);

    /// An archive of members.
    pub fn archive(of: &[Made]) -> Vec<u8> {
        let (mut out, mut list) = (Vec::new(), Vec::new());
        for (name, content, method, flags, mode) in of {
            let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
            packer.write_all(content).unwrap();
            let packed = if *method == 8 { packer.finish().unwrap() } else { content.to_vec() };
            let mut crc = Crc::new();
            crc.update(content);
            let at = out.len() as u32;
            let mut same = Vec::new();
            for n in [20, *flags, *method, 0, 0x21] {
                same.extend(n.to_le_bytes());
            }
            for n in [crc.sum(), packed.len() as u32, content.len() as u32] {
                same.extend(n.to_le_bytes());
            }
            same.extend((name.len() as u16).to_le_bytes());
            same.extend([0, 0]);
            out.extend(b"PK\x03\x04");
            out.extend(&same);
            out.extend(*name);
            out.extend(&packed);
            list.extend(b"PK\x01\x02\x14\x03");
            list.extend(&same);
            list.extend([0; 6]);
            list.extend((mode << 16).to_le_bytes());
            list.extend(at.to_le_bytes());
            list.extend(*name);
        }
        let (at, size, n) = (out.len() as u32, list.len() as u32, of.len() as u16);
        out.extend(&list);
        out.extend(b"PK\x05\x06\0\0\0\0");
        out.extend(n.to_le_bytes());
        out.extend(n.to_le_bytes());
        out.extend(size.to_le_bytes());
        out.extend(at.to_le_bytes());
        out.extend([0, 0]);
        out
    }

    /// Name and content of each member of the archive that comes out, or why it breaks.
    fn unzipped(bytes: Vec<u8>) -> io::Result<Vec<(String, EntryType, Vec<u8>)>> {
        let mut out = Vec::new();
        for entry in tar::Archive::new(Unzipped::new(Box::new(Cursor::new(bytes)))).entries()? {
            let mut entry = entry?;
            let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
            let kind = entry.header().entry_type();
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            out.push((name, kind, content));
        }
        Ok(out)
    }

    #[test]
    fn members_come_out_as_they_went_in() {
        let long = "가".repeat(200);
        let large = vec![7; 100_000];
        let bytes = archive(&[
            (b"a/", b"", 0, 0, 0o040_755),
            (b"a/one.txt", b"one", 0, 0, 0o100_644),
            (long.as_bytes(), &large, 8, 0x800, 0),
            (b"empty", b"", 8, 0, 0),
        ]);
        let regular = EntryType::Regular;
        let want = [("a/one.txt", b"one".to_vec()), (long.as_str(), large), ("empty", Vec::new())];
        assert_eq!(unzipped(bytes).unwrap(), want.map(|(name, content)| (name.to_string(), regular, content)));
        assert_eq!(unzipped(archive(&[])).unwrap(), []);
    }

    #[test]
    fn names_of_korean_windows_are_read_and_those_of_no_known_encoding_stay() {
        let (cat, dog): (&[u8], &[u8]) = (b"\xb0\xed\xbe\xe7\xc0\xcc", b"\xb0\xb3"); // 고양이, 개
        let of = |names: &[&[u8]]| {
            let made: Vec<Made> = names.iter().map(|name| (*name, b"".as_slice(), 0, 0, 0)).collect();
            let bytes = archive(&made);
            let told = names_in_cp949(Box::new(Cursor::new(bytes.clone()))).unwrap();
            (unzipped(bytes).unwrap().into_iter().map(|of| of.0).collect::<Vec<_>>(), told)
        };
        let (names, told) = of(&[cat, b"a", "나무".as_bytes(), dog]);
        assert_eq!(
            (names, told),
            (["고양이", "a", "나무", "개"].map(String::from).to_vec(), Some((2, "고양이".into())))
        );
        let (names, told) = of(&[cat, b"\xff"]);
        assert!(names.iter().all(|name| name.contains('\u{fffd}')) && told.is_none(), "{names:?}");
        let (names, told) = of(&[b"caf\xe9.txt"]);
        assert!(names[0].contains('\u{fffd}') && told.is_none(), "no Hangul: {names:?}");
        let mut field = vec![1];
        let mut sum = Crc::new();
        sum.update(b"g?");
        field.extend(sum.sum().to_le_bytes());
        field.extend("개".as_bytes());
        assert_eq!(told_name(b"g?", &field), Some("개".as_bytes()));
        assert_eq!(told_name(b"g!", &field), None);
    }

    #[test]
    fn what_is_not_read_is_told_by_its_type() {
        let of = |made: Made| unzipped(archive(&[made])).unwrap().remove(0).1;
        assert_eq!(of((b"a", b"b", 0, 0, 0o120_777)), EntryType::Symlink);
        assert_eq!(of((b"a", b"b", 0, 0, 0o010_644)), EntryType::Fifo);
        assert_eq!(of((b"a", b"b", 0, 1, 0)), EntryType::new(ENCRYPTED));
        assert_eq!(of((b"a", b"b", 99, 0, 0)), EntryType::new(ENCRYPTED));
        assert_eq!(of((b"a", b"b", 12, 0, 0)), EntryType::new(METHOD));
        assert_eq!(unzipped(archive(&[(b"a\nb\0", b"", 0, 0, 0)])).unwrap()[0].0, "\u{1}");
    }

    #[test]
    fn archives_that_do_not_agree_with_themselves_are_broken() {
        let good = archive(&[(b"a", b"one two", 0, 0, 0), (b"b", b"two two", 0, 0, 0)]);
        assert!(unzipped(good.clone()).is_ok());
        let bent = |at: usize, byte: u8| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            unzipped(bytes).is_err()
        };
        let end = good.len() - 22;
        let list = u32::from_le_bytes(good[end + 16..end + 20].try_into().unwrap()) as usize;
        assert!(bent(31, b'X')); // the content
        assert!(bent(30, b'X')); // the name in front of it
        assert!(bent(28, 9)); // where the content begins
        assert!(bent(list + 16, 0)); // the sum
        assert!(bent(list + 24, 99)); // the size
        assert!(bent(list + 20, 99)); // the packed size: it reaches into the next
        assert!(bent(list + 47 + 42, 0)); // two members at one place
        assert!(bent(end + 16, 0)); // where the list is
        assert!(bent(end + 4, 1)); // a volume
        for cut in 0..good.len() {
            assert!(unzipped(good[..cut].to_vec()).is_err(), "{cut}");
        }
        assert!(unzipped([good.as_slice(), b"x"].concat()).is_err());
    }
}
