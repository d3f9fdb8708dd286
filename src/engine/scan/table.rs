//! What is known of a source's files, in the order in which they are walked: a block for each folder, so that a walk
//! compares folder by folder and holds no more than one. A cache with checksums: what is damaged is read again.
use crate::digest::Digest;
use crate::formats::packing::inner_name;
use crate::world::{Own, Stat, What};
use std::io;

const MAGIC: &[u8; 16] = b"tamis scan 5\n\0\0\0"; // 5: names of zip members in CP949

/// A stretch of a file: consecutive records with one digest.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Stretch {
    pub offset: u64,
    pub len: u64,
    /// The first line, from 1.
    pub line: u64,
    pub records: u32,
    pub digest: Digest,
    /// Why no reader may open it: a record over the limit, a truncated stream.
    pub reject: Option<String>,
    /// Its name below that of the file, of a member of an archive.
    pub name: Option<String>,
    /// What a reader must know of the file besides these bytes: what a footer says of a row group.
    pub context: Option<Context>,
}

/// What the table keeps of a context: how its bytes are found again is said in `contexts`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Context {
    pub digest: Digest,
    /// Length in bytes.
    pub len: u64,
}

impl Context {
    pub fn of(bytes: &[u8]) -> Context {
        Context { digest: Digest::of(bytes), len: bytes.len() as u64 }
    }

    fn bytes(&self) -> [u8; 40] {
        let mut out = [0; 40];
        out[..32].copy_from_slice(&self.digest.0);
        out[32..].copy_from_slice(&self.len.to_le_bytes());
        out
    }

    fn read(bytes: Option<Vec<u8>>) -> Option<Option<Context>> {
        let Some(bytes) = bytes else { return Some(None) };
        let (digest, rest) = bytes.split_first_chunk::<32>()?;
        Some(Some(Context { digest: Digest(*digest), len: u64::from_le_bytes(*rest.first_chunk()?) }))
    }
}

/// What reading a file gave.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct FileState {
    pub stat: Stat,
    /// Of all bytes as they lie there.
    pub digest: Digest,
    pub stretches: Vec<Stretch>,
    /// The header of a CSV file.
    pub context: Option<Context>,
}

impl FileState {
    /// Bytes of the file, as they are once it is unpacked: a small packed file may hold very many.
    pub fn unpacked(&self, path: &str) -> u64 {
        let context = self.context.map_or(0, |c| c.len);
        match inner_name(path) == path {
            true => self.stat.size,
            false => self.stretches.iter().fold(context, |sum, s| sum.saturating_add(s.len)),
        }
    }
}

/// What tells whether a file is as it was.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    stat: Stat,
    /// Never believed: read so soon after a change that another could hide.
    racy: bool,
    /// No file: what stands there cannot be read as data, and this is why, as a hash.
    odd: u64,
}

impl Mark {
    pub fn of(what: &What) -> Mark {
        match what {
            What::File(stat) => Mark { stat: *stat, racy: false, odd: 0 },
            What::Odd(rule, _) => {
                Mark { stat: Stat::default(), racy: false, odd: crate::digest::cut_hash(rule.as_bytes()) | 1 }
            }
        }
    }

    /// Length of the file in bytes.
    pub fn size(&self) -> u64 {
        self.stat.size
    }

    pub fn read(stat: Stat, now: i64) -> Mark {
        Mark { stat, racy: stat.racy(now), odd: 0 }
    }
}

/// Length in bytes of a mark.
const MARK: usize = 49;

/// One folder's files.
#[derive(Default)]
pub struct Block {
    pub folder: String,
    marks: Vec<u8>,
    names: String,
    ends: Vec<u32>,
    /// What reading gave, file after file.
    rest: Vec<u8>,
}

impl Block {
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn name(&self, i: usize) -> &str {
        let start = i.checked_sub(1).and_then(|p| self.ends.get(p)).copied().unwrap_or(0);
        let end = self.ends.get(i).copied().unwrap_or(start);
        self.names.get(start as usize..end as usize).unwrap_or_default()
    }

    /// The mark of a file, unless it may not be believed.
    pub fn mark(&self, i: usize) -> Option<Mark> {
        self.any_mark(i).filter(|m| !m.racy)
    }

    pub fn any_mark(&self, i: usize) -> Option<Mark> {
        let mut r = Reader(self.marks.get(i * MARK..(i + 1) * MARK)?);
        let stat = Stat::of_bytes(&r.array()?);
        Some(Mark { stat, odd: r.u64()?, racy: r.array::<1>()? == [1] })
    }

    /// What reading gave for each file, as bytes to be decoded or copied.
    pub fn states(&self) -> Option<Vec<&[u8]>> {
        let mut r = Reader(&self.rest);
        (0..self.len()).map(|_| r.u32().and_then(|n| r.bytes(n as usize))).collect()
    }

    /// The number of a name.
    pub fn find(&self, name: &str) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = (low + high) / 2;
            match self.name(middle).cmp(name) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// The bytes of a table: a file, or memory where nothing may be written.
pub enum Bytes {
    File(Own),
    Memory(Vec<u8>),
}

impl Bytes {
    fn read(&self, at: u64, len: usize) -> Option<Vec<u8>> {
        match self {
            Bytes::File(own) => {
                if at.checked_add(len as u64)? > own.len().ok()? {
                    return None; // a damaged length must not ask for memory that no file has
                }
                own.read(len, at).ok()
            }
            Bytes::Memory(bytes) => bytes.get(at as usize..)?.get(..len).map(<[u8]>::to_vec),
        }
    }

    fn len(&self) -> u64 {
        match self {
            Bytes::File(own) => own.len().unwrap_or(0),
            Bytes::Memory(bytes) => bytes.len() as u64,
        }
    }

    fn append(&mut self, bytes: &[u8], at: u64) -> io::Result<()> {
        match self {
            Bytes::File(own) => own.write_at(bytes, at),
            Bytes::Memory(all) => {
                all.extend(bytes);
                Ok(())
            }
        }
    }
}

/// A finished table.
pub struct Table {
    bytes: Bytes,
    /// Where the blocks end.
    pub end: u64,
    /// What the scan came to, as its owner wrote it.
    pub tail: Vec<u8>,
}

/// Bytes in front of the blocks: magic and way of splitting.
pub const FIRST: u64 = 24;
/// Bytes at the very end: where the tail begins, and its sum.
const LAST: usize = 24;
/// Bytes in front of a block: lengths of both halves, and the sum of all.
const HEAD: usize = 16;

impl Table {
    /// A table that was written with this way of splitting; `None` if it is another or damaged.
    pub fn open(bytes: Bytes, way: u64) -> Option<Table> {
        let first = bytes.read(0, FIRST as usize)?;
        if first != first_of(way) {
            return None;
        }
        let last_at = bytes.len().checked_sub(LAST as u64)?;
        let last = bytes.read(last_at, LAST)?;
        let mut r = Reader(&last);
        let end = r.u64()?;
        let tail = bytes.read(end, usize::try_from(last_at.checked_sub(end)?).ok()?)?;
        (sum16(&tail) == r.array::<16>()?).then_some(Table { bytes, end, tail })
    }

    /// The block at a place, and where the next one begins; `None` behind the last, and where it is damaged.
    pub fn block(&self, at: u64) -> Option<(Block, u64)> {
        if at >= self.end {
            return None;
        }
        let head = self.bytes.read(at, HEAD)?;
        let mut r = Reader(&head);
        let (marks_len, rest_len) = (r.u32()?, r.u32()?);
        let bytes = self.bytes.read(at + HEAD as u64, (marks_len as usize).checked_add(rest_len as usize)?)?;
        if sum8(&bytes) != r.array::<8>()? {
            return None;
        }
        let (marks, rest) = bytes.split_at_checked(marks_len as usize)?;
        let mut r = Reader(marks);
        let folder = r.text()?;
        let n = r.u32()? as usize;
        let marks = r.bytes(n.checked_mul(MARK)?)?.to_vec();
        let mut ends = Vec::with_capacity(n);
        for _ in 0..n {
            ends.push(r.u32()?);
        }
        let names = String::from_utf8(r.0.to_vec()).ok()?;
        let block = Block { folder, marks, names, ends, rest: rest.to_vec() };
        Some((block, at + (HEAD + bytes.len()) as u64))
    }

    /// Copies all blocks before a place, which have been read and are sound.
    pub fn copy(&self, to: u64, into: &mut Writer) -> io::Result<()> {
        let mut at = FIRST;
        while at < to {
            let n = (to - at).min(BUFFER as u64);
            let bytes = self.bytes.read(at, n as usize).ok_or(io::ErrorKind::UnexpectedEof)?;
            into.buffer.extend(bytes);
            into.flush(BUFFER)?;
            at += n;
        }
        Ok(())
    }
}

fn first_of(way: u64) -> Vec<u8> {
    [&MAGIC[..], &way.to_le_bytes()].concat()
}

/// A table being written.
pub struct Writer {
    bytes: Bytes,
    at: u64,
    buffer: Vec<u8>,
}

/// Unwritten bytes above this go to the file.
const BUFFER: usize = 1 << 20;

impl Writer {
    pub fn new(bytes: Bytes, way: u64) -> Writer {
        Writer { bytes, at: 0, buffer: first_of(way) }
    }

    /// A folder's files: name, mark, and what reading gave.
    pub fn block<'e>(
        &mut self,
        folder: &str,
        files: impl ExactSizeIterator<Item = (&'e str, Mark, &'e [u8])> + Clone,
    ) -> io::Result<()> {
        let mut head = Vec::new();
        put_text(&mut head, folder);
        head.extend((files.len() as u32).to_le_bytes());
        for (_, m, _) in files.clone() {
            head.extend(m.stat.bytes());
            head.extend(m.odd.to_le_bytes());
            head.push(u8::from(m.racy));
        }
        let mut end = 0u32;
        for (name, ..) in files.clone() {
            end += name.len() as u32;
            head.extend(end.to_le_bytes());
        }
        files.clone().for_each(|(name, ..)| head.extend(name.as_bytes()));
        let mut rest = Vec::new();
        for (_, _, state) in files {
            rest.extend((state.len() as u32).to_le_bytes());
            rest.extend(state);
        }
        let lens = [(head.len() as u32).to_le_bytes(), (rest.len() as u32).to_le_bytes()].concat();
        head.extend(rest);
        self.buffer.extend(lens);
        self.buffer.extend(sum8(&head));
        self.buffer.extend(head);
        self.flush(BUFFER)
    }

    fn flush(&mut self, above: usize) -> io::Result<()> {
        if self.buffer.len() > above {
            self.bytes.append(&self.buffer, self.at)?;
            self.at += self.buffer.len() as u64;
            self.buffer.clear();
        }
        Ok(())
    }

    /// All blocks are there; what the scan came to is not yet known.
    pub fn blocks_done(mut self) -> io::Result<Table> {
        self.flush(0)?;
        Ok(Table { end: self.at, bytes: self.bytes, tail: Vec::new() })
    }
}

impl Table {
    /// Ends the table with what the scan came to.
    pub fn finish(&mut self, tail: Vec<u8>) -> io::Result<()> {
        let last = [&tail[..], &self.end.to_le_bytes(), &sum16(&tail)].concat();
        self.bytes.append(&last, self.end)?;
        self.tail = tail;
        Ok(())
    }
}

/// What reading gave as bytes: small whole files, the most frequent, in the fewest.
pub fn encode(s: &FileState) -> Vec<u8> {
    let mut out = Vec::new();
    if let [one] = s.stretches.as_slice()
        && s.context.is_none()
        && *one == plain(s.stat.size, s.digest, one.records)
    {
        out.push(0);
        out.extend(s.digest.0);
        out.extend(one.records.to_le_bytes());
        return out;
    }
    let parts = s.stretches.iter().any(|c| c.name.is_some() || c.context.is_some());
    out.push(if parts { 2 } else { 1 });
    out.extend(s.digest.0);
    put_option(&mut out, s.context.map(|c| c.bytes()).as_ref().map(|b| b.as_slice()));
    out.extend((s.stretches.len() as u32).to_le_bytes());
    for c in &s.stretches {
        out.extend(c.offset.to_le_bytes());
        out.extend(c.len.to_le_bytes());
        out.extend(c.line.to_le_bytes());
        out.extend(c.records.to_le_bytes());
        out.extend(c.digest.0);
        put_option(&mut out, c.reject.as_deref().map(str::as_bytes));
        if parts {
            put_option(&mut out, c.name.as_deref().map(str::as_bytes));
            put_option(&mut out, c.context.map(|c| c.bytes()).as_ref().map(|b| b.as_slice()));
        }
    }
    out
}

fn plain(len: u64, digest: Digest, records: u32) -> Stretch {
    Stretch { len, line: 1, records, digest, ..Stretch::default() }
}

pub fn decode(mark: &Mark, bytes: &[u8]) -> Option<FileState> {
    let mut r = Reader(bytes);
    let stat = mark.stat;
    let [kind] = r.array::<1>()?;
    if kind == 0 {
        let (digest, records) = (Digest(r.array()?), r.u32()?);
        return Some(FileState { stat, digest, stretches: vec![plain(stat.size, digest, records)], context: None });
    }
    let digest = Digest(r.array()?);
    let context = Context::read(r.option()?)?;
    let mut stretches = Vec::new();
    for _ in 0..r.u32()? {
        let text = |bytes: Option<Vec<u8>>| bytes.and_then(|b| String::from_utf8(b).ok());
        let plain = Stretch {
            offset: r.u64()?,
            len: r.u64()?,
            line: r.u64()?,
            records: r.u32()?,
            digest: Digest(r.array()?),
            reject: text(r.option()?),
            ..Stretch::default()
        };
        stretches.push(match kind {
            2 => Stretch { name: text(r.option()?), context: Context::read(r.option()?)?, ..plain },
            _ => plain,
        });
    }
    Some(FileState { stat, digest, stretches, context })
}

fn sum8(bytes: &[u8]) -> [u8; 8] {
    sum16(bytes).first_chunk().copied().unwrap_or_default()
}

fn sum16(bytes: &[u8]) -> [u8; 16] {
    Digest::of(bytes).0.first_chunk().copied().unwrap_or_default()
}

pub fn put_text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u32).to_le_bytes());
    out.extend(text.as_bytes());
}

fn put_option(out: &mut Vec<u8>, bytes: Option<&[u8]>) {
    out.push(u8::from(bytes.is_some()));
    out.extend((bytes.unwrap_or_default().len() as u32).to_le_bytes());
    out.extend(bytes.unwrap_or_default());
}

/// Numbers and texts one after another; `None` past the end.
pub struct Reader<'a>(pub &'a [u8]);

impl<'a> Reader<'a> {
    pub fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    pub fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.bytes(N)?.try_into().ok()
    }

    pub fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.array()?))
    }

    pub fn u64(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.array()?))
    }

    pub fn text(&mut self) -> Option<String> {
        let n = self.u32()? as usize;
        String::from_utf8(self.bytes(n)?.to_vec()).ok()
    }

    fn option(&mut self) -> Option<Option<Vec<u8>>> {
        let is = self.array::<1>()? == [1];
        let n = self.u32()? as usize;
        let bytes = self.bytes(n)?.to_vec();
        Some(is.then_some(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::RACY;

    fn state(n: u64) -> FileState {
        let stat = Stat { size: n, mtime: -5, ctime: n as i64, inode: 8, device: 9 };
        let digest = Digest::of(&n.to_le_bytes());
        if n.is_multiple_of(2) {
            return FileState { stat, digest, stretches: vec![plain(n, digest, 3)], context: None };
        }
        let reject = Some("file.truncated".to_string());
        let (name, context) =
            if n == 5 { (Some("가/b".to_string()), Some(Context::of(&[1, 2]))) } else { (None, None) };
        let other = Stretch { offset: 3, len: 9, line: 2, records: 4, digest, reject, name, context };
        FileState { stat, digest, stretches: vec![plain(3, digest, 1), other], context: Some(Context::of(b"a,b")) }
    }

    fn table() -> Table {
        let mut w = Writer::new(Bytes::Memory(Vec::new()), 7);
        for (folder, from) in [("raw", 0u64), ("raw/가", 3)] {
            let files: Vec<(String, Mark, Vec<u8>)> = (from..from + 3)
                .map(|n| (format!("{n}.json"), Mark::read(state(n).stat, i64::MAX), encode(&state(n))))
                .collect();
            w.block(folder, files.iter().map(|(n, m, b)| (n.as_str(), *m, b.as_slice()))).unwrap();
        }
        let mut t = w.blocks_done().unwrap();
        t.finish(b"the tail".to_vec()).unwrap();
        t
    }

    fn bytes(t: Table) -> Vec<u8> {
        let Bytes::Memory(b) = t.bytes else { unreachable!() };
        b
    }

    fn states(t: &Table) -> Option<Vec<(String, FileState)>> {
        let (mut at, mut out) = (FIRST, Vec::new());
        while at < t.end {
            let (block, next) = t.block(at)?;
            for (i, rest) in block.states()?.into_iter().enumerate() {
                assert_eq!(block.find(block.name(i)), Some(i));
                out.push((format!("{}/{}", block.folder, block.name(i)), decode(&block.mark(i)?, rest)?));
            }
            at = next;
        }
        Some(out)
    }

    #[test]
    fn written_and_read() {
        let t = Table::open(Bytes::Memory(bytes(table())), 7).unwrap();
        assert_eq!(t.tail, b"the tail");
        let want: Vec<(String, FileState)> =
            (0..6).map(|n| (format!("{}/{n}.json", if n < 3 { "raw" } else { "raw/가" }), state(n))).collect();
        assert_eq!(states(&t).unwrap(), want);
    }

    #[test]
    fn damage_is_seen() {
        let whole = bytes(table());
        assert!(Table::open(Bytes::Memory(whole.clone()), 8).is_none());
        let want = states(&Table::open(Bytes::Memory(whole.clone()), 7).unwrap());
        for at in 0..whole.len() {
            let mut bent = whole.clone();
            bent[at] ^= 4;
            let read = Table::open(Bytes::Memory(bent), 7).and_then(|t| states(&t));
            assert!(read.is_none() || read == want, "byte {at}");
            let cut = Table::open(Bytes::Memory(whole[..at].to_vec()), 7);
            assert!(cut.is_none(), "cut at {at}");
        }
    }

    #[test]
    fn a_fresh_file_is_not_believed() {
        let stat = Stat { mtime: 10 * RACY, ..Stat::default() };
        assert!(Mark::read(stat, 10 * RACY + 5).racy);
        assert!(!Mark::read(stat, 12 * RACY).racy);
        let odd = |rule| Mark::of(&What::Odd(rule, String::new()));
        assert!(odd("path.link") == odd("path.link") && odd("path.link") != odd("path.kind"));
    }
}
