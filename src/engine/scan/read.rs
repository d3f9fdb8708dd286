//! One file: read until it stays as it is, split into records, cut into stretches with a digest each.
use super::again::read_again;
use super::bytes::{BLOCK, Reading, digest_all, digest_bytes, fault_of, keep_bytes, read_all, read_exact, skip};
use super::parts;
use super::table::{FileState, Stretch};
use crate::digest::{Digest, Hasher};
use crate::formats::cut::{Split, text as lines};
use crate::formats::packing::{decompressor, inner_name, is_trailing, unread};
use crate::formats::zip::Raw;
use crate::formats::{pointer, swallowed};
use crate::stage::Source;
use crate::table::cutting::{Stream, Window};
use crate::world::Open;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};

/// Files up to this size are units of their own and are gathered into partitions by the hash of their paths. Of a packed
/// file its unpacked bytes count.
pub const SMALL: u64 = 64 << 10;
/// The rule of a file in a packing that is not read.
const PACKING: &str = "file.packing";
/// Records to a partition where nobody says otherwise.
const USUAL: usize = 4096;
/// A large file of lines is measured in parts of about this many bytes.
const PART: u64 = 16 << 20;

/// Reads a file until it stays as it is from the first byte to the last; of one that was known `before`, what changed.
pub fn read_file(r: &Reading, path: &str, before: Option<&FileState>) -> Result<FileState, String> {
    let w = r.world;
    for _ in 0..3 {
        let open = match w.open(path) {
            Ok(open) => open,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err("it vanished while the build read it".into()),
            Err(e) => return Err(e.to_string()),
        };
        let mut state = read_open(r, &open, path, before).map_err(|e| e.to_string())?;
        if r.target != USUAL && state.stat.size > SMALL {
            // what a file is called in `dataset.lock` does not depend on how it is cut here
            let usual = Reading { target: USUAL, ..*r };
            state.digest = read_open(&usual, &open, path, None).map_err(|e| e.to_string())?.digest;
        }
        if open.unchanged().map_err(|e| e.to_string())? {
            return Ok(state);
        }
    }
    Err("it changed each time the build read it; build again when it is at rest".into())
}

fn read_open(r: &Reading, open: &Open, path: &str, before: Option<&FileState>) -> io::Result<FileState> {
    let (store, source) = (r.store, r.source);
    let packed = inner_name(path) != path;
    if let Some(state) = not_read(r, open, path, packed)? {
        return Ok(FileState { digest: digest_of(&state), ..state });
    }
    if let Some(members) = parts::members_of(&source.cut, path) {
        let state = parts::read_parts(r, open, path, members)?;
        return Ok(FileState { digest: digest_of(&state), ..state });
    }
    let window = |size: u64| match size <= SMALL || *source.cut.split() == Split::Whole {
        true => Window(usize::MAX / 32),
        false => Window::lines(r.target),
    };
    let cuttable = !packed && open.stat().size > SMALL && *source.cut.split() != Split::Whole;
    if let Some(before) = before.filter(|b| cuttable && b.stat.size > SMALL)
        && let Some(state) = read_again(open, r.exec, source, before, window(open.stat().size))?
    {
        return Ok(FileState { digest: digest_of(&state), ..state });
    }
    // a small file is read once; a large one is measured and then digested piece by piece
    let held: Option<Arc<[u8]>> = match open.stat().size <= SMALL {
        true => Some(read_all(open.reader()?)?.into()),
        false => None,
    };
    let raw = || -> io::Result<Box<dyn Raw>> {
        Ok(match &held {
            Some(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            None => Box::new(open.reader()?),
        })
    };
    let mut state = FileState { stat: open.stat(), ..FileState::default() };
    // of a packed file nobody knows how many records it has, so it is cut while it is measured
    let size = Some(open.stat().size).filter(|_| !packed);
    let mut pieces = Pieces::new(&window, size);
    let plain = !packed && held.is_none() && *source.cut.split() == Split::Lines;
    let failed = match plain {
        true => measure_lines(r, open, PART).map(|mut records| pieces.append(&mut records)).map(|()| None)?,
        false => measure(decompressor(path, raw()?), source, held.is_some(), &mut |records| pieces.append(records))?,
    };
    let (header, pieces) = pieces.finish();
    let mut input = decompressor(path, raw()?);
    let mut at = Cursor { offset: 0, line: 1 };
    if let Some(header) = header {
        state.context = Some(r.contexts.put(&read_exact(&mut input, header.len.min(BLOCK as u64))?));
        skip(&mut input, header.len.saturating_sub(BLOCK as u64))?;
        at.pass(header.len, header.lines.into());
    }
    for stretch in pieces {
        let (first, len) = (at, stretch.len);
        at.pass(stretch.len, stretch.lines);
        let reject = stretch.oversize.then(|| too_large(source, stretch.lines).to_string());
        let digest = match (packed, &held) {
            (true, _) if reject.is_none() => keep_bytes(&mut input, len, store)?,
            (false, None) => Digest::default(), // all together, below
            _ => digest_bytes(&mut input, len)?,
        };
        let Cursor { offset, line } = first;
        let records = if source.cut.counted_by_reader() { 0 } else { stretch.records };
        state.stretches.push(Stretch { offset, len, line, records, digest, reject, ..Stretch::default() });
    }
    if !packed && held.is_none() {
        digest_all(r.exec, open, &mut state.stretches)?;
    }
    if let Some(reject) = failed.map(Some) {
        state.stretches.push(Stretch { offset: at.offset, line: at.line, records: 1, reject, ..Stretch::default() });
    }
    state.digest = digest_of(&state);
    Ok(state)
}

/// The rule of a record over the limit. One of many lines is that of a quote that nobody closed: what else it took with
/// it nobody knows.
fn too_large(source: &Source, lines: u64) -> &'static str {
    let quotes = matches!(source.cut.split(), Split::Csv(_));
    if quotes && lines > swallowed::LINES { "csv.endless" } else { "record.too_large" }
}

/// A file that is not read at all, as one record.
fn not_read(r: &Reading, open: &Open, path: &str, packed: bool) -> io::Result<Option<FileState>> {
    match in_unread_packing(r, open, packed)? {
        Some(state) => Ok(Some(state)),
        None => pointer_in_place(r, open, packed || parts::members_of(&r.source.cut, path).is_some()),
    }
}

/// A file in a packing that is not read, as one record that no reader is given.
fn in_unread_packing(r: &Reading, open: &Open, packed: bool) -> io::Result<Option<FileState>> {
    let len = open.stat().size;
    if packed || unread(&open.read(len.min(16) as usize, 0)?).is_none() {
        return Ok(None);
    }
    refused_whole(r, open, PACKING).map(Some)
}

/// A pointer where a packed file or a file of parts is wanted, which would be told as damage. In files of text, and in
/// documents, the reader meets it.
fn pointer_in_place(r: &Reading, open: &Open, wanted: bool) -> io::Result<Option<FileState>> {
    let len = open.stat().size.min(pointer::LOOKED);
    if !wanted || pointer::told(&open.read(len as usize, 0)?).is_none() {
        return Ok(None);
    }
    refused_whole(r, open, pointer::RULE).map(Some)
}

/// A file as one record that no reader is given.
fn refused_whole(r: &Reading, open: &Open, rule: &str) -> io::Result<FileState> {
    let (len, reject) = (open.stat().size, Some(rule.to_string()));
    let mut whole = [Stretch { len, line: 1, records: 1, reject, ..Stretch::default() }];
    digest_all(r.exec, open, &mut whole)?;
    Ok(FileState { stat: open.stat(), stretches: whole.into(), ..FileState::default() })
}

/// What a file is, for `dataset.lock`: the digest of its bytes where they are one stretch, else of its stretches, so
/// that a large file is hashed once.
fn digest_of(state: &FileState) -> Digest {
    if let ([one], None) = (state.stretches.as_slice(), &state.context)
        && one.len == state.stat.size
    {
        return one.digest;
    }
    let mut h = Hasher::derive("tamis file 1");
    h.update(&state.stat.size.to_le_bytes());
    h.update(&state.context.map_or_else(|| Digest::of(&[]), |c| c.digest).0);
    for s in &state.stretches {
        h.update(&s.len.to_le_bytes()).update(&s.digest.0);
    }
    h.finish()
}

#[derive(Clone, Copy)]
struct Cursor {
    offset: u64,
    line: u64,
}

impl Cursor {
    fn pass(&mut self, len: u64, lines: u64) {
        self.offset += len;
        self.line += lines;
    }
}

/// Hands over the records of a stream, as lengths and hashes alone, block by block; `take` leaves none behind. A stream that
/// breaks off gives those that came whole before, and why.
fn measure(
    mut input: Box<dyn Read + Send>,
    source: &Source,
    small: bool,
    take: &mut dyn FnMut(&mut Vec<lines::Record>),
) -> io::Result<Option<String>> {
    let mut splitter = lines::Splitter::new(source.cut.split(), source.record_max);
    let mut records = Vec::new();
    let mut block = vec![0; if small { SMALL as usize } else { BLOCK }];
    loop {
        match input.read(&mut block) {
            Ok(0) => break,
            Ok(n) => splitter.push(&block[..n], &mut records),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => {
                let trailing = is_trailing(&e);
                let rule = fault_of(e, if trailing { "file.trailing" } else { "file.compression" })?;
                if trailing {
                    splitter.finish(&mut records)
                } else {
                    splitter.break_off(&mut records)
                }
                take(&mut records);
                return Ok(Some(rule.into()));
            }
        }
        take(&mut records);
    }
    splitter.finish(&mut records);
    take(&mut records);
    Ok(None)
}

/// All records of a stream.
fn measured(input: Box<dyn Read + Send>, source: &Source) -> io::Result<Vec<lines::Record>> {
    let mut out = Vec::new();
    measure(input, source, false, &mut |records| out.append(records))?;
    Ok(out)
}

/// Lines of a plain file are measured on all threads: it is parted behind lines, and a part gives the records that it
/// has within the whole.
fn measure_lines(r: &Reading, open: &Open, part: u64) -> io::Result<Vec<lines::Record>> {
    let size = open.stat().size;
    let mut borders = vec![0];
    let mut next = part;
    while next < size {
        let border = behind_line(open, next)?;
        next = border.unwrap_or(next) + part; // within a long line there is none near
        borders.extend(border.filter(|b| *b < size));
    }
    borders.push(size);
    let slots: Vec<Mutex<io::Result<Vec<lines::Record>>>> =
        borders.iter().skip(1).map(|_| Mutex::new(Ok(Vec::new()))).collect();
    r.exec.each(slots.len(), &|k| {
        let (mut at, end) = (borders[k], borders[k + 1]);
        let mut splitter = lines::Splitter::new(r.source.cut.split(), r.source.record_max);
        if k > 0 {
            splitter = splitter.within();
        }
        let mut records = Vec::new();
        let mut done = Ok(());
        while at < end && done.is_ok() {
            done = open.read((end - at).min(BLOCK as u64) as usize, at).map(|bytes| {
                splitter.push(&bytes, &mut records);
                at += bytes.len() as u64;
            });
        }
        splitter.finish(&mut records);
        *slots[k].lock().unwrap_or_else(|e| e.into_inner()) = done.map(|()| records);
    });
    let mut out = Vec::new();
    for slot in slots {
        out.extend(slot.into_inner().unwrap_or_else(|e| e.into_inner())?);
    }
    if out.iter().map(|r| r.len).sum::<u64>() != size {
        return measured(Box::new(open.reader()?), r.source); // nothing but blank lines at the end
    }
    Ok(out)
}

/// The first place behind a line with content, from a place on: blank lines belong to the record behind them. `None` if
/// there is none near.
fn behind_line(open: &Open, from: u64) -> io::Result<Option<u64>> {
    let len = (open.stat().size - from).min(BLOCK as u64) as usize;
    let bytes = open.read(len, from)?;
    let content = |at: usize| {
        let line = bytes.get(..at).map(|l| l.strip_suffix(b"\r").unwrap_or(l));
        line.and_then(<[u8]>::last).is_some_and(|b| *b != b'\n')
    };
    let found = memchr::memchr_iter(b'\n', &bytes).find(|at| content(*at));
    Ok(found.map(|at| from + at as u64 + 1))
}

/// Consecutive records of a file.
struct Piece {
    len: u64,
    lines: u64,
    records: u32,
    /// One record, which is longer than allowed.
    oversize: bool,
}

impl Piece {
    fn of(records: &[lines::Record]) -> Piece {
        Piece {
            len: records.iter().map(|r| r.len).sum(),
            lines: records.iter().map(|r| u64::from(r.lines)).sum(),
            records: records.len() as u32,
            oversize: records.iter().any(|r| r.oversize),
        }
    }
}

/// Pieces of the records of a file, by local minima; a record over the limit is a piece of its own. Records are cut as they
/// come, and forgotten: however many lines a small packed file holds, a window of them is in memory.
struct Pieces<'w> {
    window: &'w dyn Fn(u64) -> Window,
    /// The size of the file, where it is known; else records are held until there are more bytes than a small file has.
    size: Option<u64>,
    waiting: Vec<lines::Record>,
    bytes: u64,
    header: Option<lines::Record>,
    stream: Option<Stream<lines::Record>>,
    out: Vec<Piece>,
}

impl Pieces<'_> {
    fn new(window: &dyn Fn(u64) -> Window, size: Option<u64>) -> Pieces<'_> {
        let (waiting, header, stream, out) = Default::default();
        Pieces { window, size, waiting, bytes: 0, header, stream, out }
    }

    fn push(&mut self, record: lines::Record) {
        self.bytes += record.len;
        if record.header && self.header.is_none() {
            self.header = Some(record);
            return;
        }
        if self.size.is_none() && self.bytes <= SMALL {
            self.waiting.push(record);
            return;
        }
        self.go_on();
        self.cut(record);
    }

    fn append(&mut self, records: &mut Vec<lines::Record>) {
        records.drain(..).for_each(|record| self.push(record));
    }

    /// Cuts the records that waited, by what is known of the size now.
    fn go_on(&mut self) {
        self.size.get_or_insert(self.bytes);
        std::mem::take(&mut self.waiting).into_iter().for_each(|record| self.cut(record));
    }

    fn cut(&mut self, record: lines::Record) {
        if record.oversize {
            self.end();
            self.out.push(Piece::of(&[record]));
            return;
        }
        let window = (self.window)(self.size.unwrap_or(self.bytes));
        let out = &mut self.out;
        let stream = self.stream.get_or_insert_with(|| Stream::new(window));
        stream.push(record.hash, record.len, record, &mut |piece| out.push(Piece::of(&piece)));
    }

    /// Ends the run of records at hand.
    fn end(&mut self) {
        if let Some(stream) = self.stream.take() {
            stream.finish(&mut |piece| self.out.push(Piece::of(&piece)));
        }
    }

    /// The header, and the pieces behind it.
    fn finish(mut self) -> (Option<lines::Record>, Vec<Piece>) {
        self.go_on();
        self.end();
        (self.header, self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::draw;
    use crate::engine::store::Store;
    use crate::exec::local::Local;
    use crate::world::World;

    #[test]
    fn lines_measured_in_parts_are_those_of_the_whole() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        let (store, exec) = (Store::read(&world).unwrap(), Local::new(2));
        let source = Source {
            name: "x".into(),
            table: "x".into(),
            globs: Vec::new(),
            spans: Vec::new(),
            exclude: Vec::new(),
            cut: crate::formats::Cut::Text(Split::Lines),
            record_max: 300,
            images: false,
            span: 0..0,
        };
        let r = Reading {
            world: &world,
            store: &store,
            exec: &exec,
            source: &source,
            contexts: &Default::default(),
            target: 16,
        };
        for seed in 0..200u64 {
            let draw = |n: u64| draw(seed, "lines", &n.to_string());
            let line = |n: u64| match draw(n) % 9 {
                0 => "\n".repeat(1 + draw(n + 1) as usize % 40),
                1 => "\r\n\r\n".into(),
                2 => format!("\u{feff}{}\n", "y".repeat(draw(n + 2) as usize % 400)),
                _ => format!("{}\r\n", "x".repeat(draw(n + 3) as usize % 60)),
            };
            let bytes: String = (0..150).map(|n| line(n * 7)).collect();
            std::fs::write(dir.path().join("data"), &bytes).unwrap();
            let open = world.open("data").unwrap();
            let whole = measured(Box::new(open.reader().unwrap()), &source).unwrap();
            for part in [1, 7, 64, 1000] {
                assert_eq!(measure_lines(&r, &open, part).unwrap(), whole, "seed {seed}, parts of {part}");
            }
        }
    }
}
