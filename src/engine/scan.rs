//! The scan: files become units (stretches of consecutive records, or whole small files), units become partitions, and
//! an index beside them remembers where each unit lies. Nothing of it enters a recipe but digests, so a line inserted
//! on top of a large file changes one partition.
use super::files::{FileState, Files, Stretch};
use super::store::Store;
use crate::digest::{Digest, Hasher, cut_hash};
use crate::formats::{self, lines};
use crate::stage::{Executor, Fault, Source};
use crate::table::cutting::{self, Window};
use crate::table::{ArrayRef, array_of};
use crate::world::{Found, Open, What, World};
use arrow_array::{BinaryArray, Int64Array, UInt32Array};
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::sync::{Arc, Mutex};

/// Files up to this size are units of their own and are gathered into partitions by the hash of their paths.
const SMALL: u64 = 64 << 10;
const BLOCK: usize = 1 << 20;

/// Where a unit lies.
#[derive(Clone, Debug)]
pub struct Unit {
    pub path: Arc<str>,
    pub stretch: Stretch,
    pub context: Option<Arc<[u8]>>,
    /// Inside a compressed file: its bytes are objects of the store.
    pub packed: bool,
}

/// A source after the scan.
#[derive(Default)]
pub struct Scanned {
    pub parts: Vec<Vec<Unit>>,
    pub files: usize,
    pub bytes: u64,
    /// Over paths and digests, for `dataset.lock`.
    pub digest: Digest,
    /// Bytes read because a file was not known.
    pub read: u64,
}

/// The files that a source's globs match, each once, in path order; and the globs that match nothing.
pub fn find(world: &World, source: &Source) -> Result<(Vec<Found>, Vec<String>), String> {
    let mut all: BTreeMap<String, Found> = BTreeMap::new();
    let mut empty = Vec::new();
    let exclude = globs(&source.exclude).unwrap_or_default();
    for glob in &source.globs {
        let Ok(set) = globs(std::slice::from_ref(glob)) else { continue }; // told where it is declared
        if world.place(glob).is_none() {
            continue;
        }
        let folder = base(glob);
        let found = world.list(&folder).map_err(|e| format!("{folder}: {e}"))?;
        let before = all.len();
        let mut hit = false;
        for f in found.into_iter().filter(|f| set.is_match(&f.path) && !exclude.is_match(&f.path)) {
            hit = true;
            all.insert(f.path.clone(), f);
        }
        if !hit && all.len() == before {
            empty.push(glob.clone());
        }
    }
    let mut found: Vec<Found> = all.into_values().collect();
    found.sort_by(|a, b| a.path.as_bytes().cmp(b.path.as_bytes()));
    Ok((found, empty))
}

/// A set of globs in which `*` does not cross `/`.
pub fn globs(of: &[String]) -> Result<globset::GlobSet, String> {
    let mut set = globset::GlobSetBuilder::new();
    for g in of {
        let glob = globset::GlobBuilder::new(g).literal_separator(true).build();
        set.add(glob.map_err(|e| e.kind().to_string())?);
    }
    set.build().map_err(|e| e.to_string())
}

/// The folder above the first wild card.
fn base(glob: &str) -> String {
    let plain = glob.find(['*', '?', '[', '{']).map_or(glob, |i| &glob[..i]);
    plain.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string())
}

/// Reads what is not known and cuts the source into partitions of units.
pub fn scan(
    world: &World,
    store: &Store,
    exec: &dyn Executor,
    files: &mut Files,
    source: &Source,
    found: &[Found],
    target: usize,
) -> Result<Scanned, Fault> {
    let way = way(source, target);
    let results: Vec<Mutex<Option<Result<FileState, String>>>> = found.iter().map(|_| Mutex::new(None)).collect();
    let unknown: Vec<usize> = (0..found.len())
        .filter(|i| matches!(&found[*i].what, What::File(stat) if files.get(&found[*i].path, way, stat).is_none()))
        .collect();
    exec.each(unknown.len(), &|k| {
        let i = unknown[k];
        let done = read_file(world, store, source, &found[i].path, way, target);
        *results[i].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
    });
    let mut out = Scanned::default();
    let mut states = Vec::with_capacity(found.len());
    let now = world.now();
    for (f, slot) in found.iter().zip(results) {
        let state = match (slot.into_inner().unwrap_or_else(|e| e.into_inner()), &f.what) {
            (Some(Ok(s)), _) => {
                out.read += s.stat.size;
                files.put(&f.path, s.clone(), now);
                s
            }
            (Some(Err(e)), _) => return Err(Fault::World(format!("{}: {e}", f.path))),
            (None, What::File(stat)) => {
                let s = files.get(&f.path, way, stat).cloned().unwrap_or_default();
                files.keep(&f.path, way);
                s
            }
            (None, What::Odd(rule, _)) => odd(rule),
        };
        out.bytes += state.stat.size;
        states.push(state);
    }
    out.files = found.len();
    out.digest = digest(found, &states);
    out.parts = partitions(source, found, states, target);
    Ok(out)
}

/// A path that cannot be read as data is a unit that no reader may open.
fn odd(rule: &str) -> FileState {
    let reject = Some(rule.to_string());
    FileState { stretches: vec![Stretch { records: 1, line: 1, reject, ..Stretch::default() }], ..FileState::default() }
}

/// The way of splitting, as a number: another way means reading again.
fn way(source: &Source, target: usize) -> u64 {
    cut_hash(format!("{:?} {} {target}", source.split, source.record_max).as_bytes())
}

fn digest(found: &[Found], states: &[FileState]) -> Digest {
    let mut h = Hasher::derive("tamis scan 1");
    for (f, s) in found.iter().zip(states) {
        h.update(f.path.as_bytes()).update(b"\n").update(&s.digest.0);
    }
    h.finish()
}

fn partitions(source: &Source, found: &[Found], states: Vec<FileState>, target: usize) -> Vec<Vec<Unit>> {
    let window = if source.images { Window::images(target) } else { Window::files(target) };
    let mut parts = Vec::new();
    let mut small: Vec<Vec<Unit>> = Vec::new();
    for (f, state) in found.iter().zip(states) {
        let path: Arc<str> = f.path.as_str().into();
        let context: Option<Arc<[u8]>> = state.context.map(Into::into);
        let packed = formats::inner_name(&f.path) != f.path;
        let unit = |stretch| Unit { path: path.clone(), stretch, context: context.clone(), packed };
        let units: Vec<Unit> = state.stretches.into_iter().map(unit).collect();
        if units.is_empty() {
            continue;
        }
        if source.split == lines::Split::Whole || state.stat.size <= SMALL {
            small.push(units);
        } else {
            gather_small(&mut small, window, &mut parts);
            parts.extend(units.into_iter().map(|u| vec![u]));
        }
    }
    gather_small(&mut small, window, &mut parts);
    parts
}

/// Runs of small files, cut by the hash of their paths.
fn gather_small(files: &mut Vec<Vec<Unit>>, window: Window, parts: &mut Vec<Vec<Unit>>) {
    let files = std::mem::take(files);
    let hashes: Vec<u64> = files.iter().map(|f| f.first().map_or(0, |u| cut_hash(u.path.as_bytes()))).collect();
    let bytes: Vec<u64> = files.iter().map(|f| f.iter().map(|u| u.stretch.len).sum()).collect();
    let mut files = files.into_iter();
    let mut start = 0;
    for end in cutting::cut(&hashes, &bytes, window) {
        parts.push(files.by_ref().take(end - start).flatten().collect());
        start = end;
    }
}

/// Reads a file until it stays as it is from the first byte to the last.
fn read_file(
    w: &World,
    store: &Store,
    source: &Source,
    path: &str,
    way: u64,
    target: usize,
) -> Result<FileState, String> {
    for _ in 0..3 {
        let open = match w.open(path) {
            Ok(open) => open,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err("it vanished while the build read it".into()),
            Err(e) => return Err(e.to_string()),
        };
        let state = read_open(&open, store, source, path, way, target).map_err(|e| e.to_string())?;
        if open.unchanged().map_err(|e| e.to_string())? {
            return Ok(state);
        }
    }
    Err("it changed each time the build read it; build again when it is at rest".into())
}

fn read_open(
    open: &Open,
    store: &Store,
    source: &Source,
    path: &str,
    way: u64,
    target: usize,
) -> io::Result<FileState> {
    let packed = formats::inner_name(path) != path;
    // a small file is read once; a large one is measured and then digested piece by piece
    let held: Option<Arc<[u8]>> = match open.stat().size <= SMALL {
        true => Some(read_all(open.reader()?)?.into()),
        false => None,
    };
    let raw = || -> io::Result<Box<dyn Read + Send>> {
        Ok(match &held {
            Some(bytes) => Box::new(io::Cursor::new(bytes.clone())),
            None => Box::new(open.reader()?),
        })
    };
    let whole = Arc::new(Mutex::new(Hasher::plain()));
    let first = Box::new(Hashed { inner: raw()?, hasher: whole.clone() });
    let mut state = FileState { stat: open.stat(), way, ..FileState::default() };
    let (records, failed) = measure(formats::decompressor(path, first), source, held.is_some())?;
    state.digest = whole.lock().unwrap_or_else(|e| e.into_inner()).finish();
    let small = open.stat().size <= SMALL || source.split == lines::Split::Whole;
    let window = if small { Window(usize::MAX / 32) } else { Window::lines(target) };
    let mut input = formats::decompressor(path, raw()?);
    let mut at = Cursor { offset: 0, line: 1 };
    let mut rest = records.as_slice();
    if let [header, tail @ ..] = rest
        && header.header
    {
        state.context = Some(read_exact(&mut input, header.len.min(BLOCK as u64))?);
        skip(&mut input, header.len.saturating_sub(BLOCK as u64))?;
        at.pass(header);
        rest = tail;
    }
    for stretch in stretches(rest, window) {
        let first = at;
        stretch.iter().for_each(|r| at.pass(r));
        let len = at.offset - first.offset;
        let reject = stretch.iter().any(|r| r.oversize).then(|| "record.too_large".to_string());
        let digest = match packed && reject.is_none() {
            true => keep_bytes(&mut input, len, store)?,
            false => digest_bytes(&mut input, len)?,
        };
        let (offset, line) = (first.offset, first.line);
        state.stretches.push(Stretch { offset, len, line, records: stretch.len() as u32, digest, reject });
    }
    if let Some(rule) = failed {
        let reject = Some(rule);
        state.stretches.push(Stretch { offset: at.offset, line: at.line, records: 1, reject, ..Stretch::default() });
    }
    Ok(state)
}

fn read_all(mut input: impl Read) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    input.read_to_end(&mut out)?;
    Ok(out)
}

/// Digests what passes.
struct Hashed<R> {
    inner: R,
    hasher: Arc<Mutex<Hasher>>,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buf)?;
        self.hasher.lock().unwrap_or_else(|e| e.into_inner()).update(buf.get(..n).unwrap_or_default());
        Ok(n)
    }
}

#[derive(Clone, Copy)]
struct Cursor {
    offset: u64,
    line: u64,
}

impl Cursor {
    fn pass(&mut self, r: &lines::Record) {
        self.offset += r.len;
        self.line += u64::from(r.lines);
    }
}

/// Records of a stream, held as lengths and hashes alone; a stream that breaks off gives what came before, and why.
fn measure(
    mut input: Box<dyn Read + Send>,
    source: &Source,
    small: bool,
) -> io::Result<(Vec<lines::Record>, Option<String>)> {
    let mut splitter = lines::Splitter::new(&source.split, source.record_max);
    let mut records = Vec::new();
    let mut block = vec![0; if small { SMALL as usize } else { BLOCK }];
    loop {
        match input.read(&mut block) {
            Ok(0) => break,
            Ok(n) => splitter.push(&block[..n], &mut records),
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if matches!(e.kind(), io::ErrorKind::UnexpectedEof) => {
                return Ok((records, Some("file.truncated".into())));
            }
            Err(e)
                if matches!(
                    e.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other
                ) =>
            {
                return Ok((records, Some("file.compression".into())));
            }
            Err(e) => return Err(e),
        }
    }
    splitter.finish(&mut records);
    Ok((records, None))
}

/// Pieces by local minima; a record over the limit is a piece of its own.
fn stretches(records: &[lines::Record], window: Window) -> Vec<&[lines::Record]> {
    let mut out = Vec::new();
    for run in records.chunk_by(|a, b| !a.oversize && !b.oversize) {
        let hashes: Vec<u64> = run.iter().map(|r| r.hash).collect();
        let bytes: Vec<u64> = run.iter().map(|r| r.len).collect();
        let mut start = 0;
        for end in cutting::cut(&hashes, &bytes, window) {
            out.push(&run[start..end]);
            start = end;
        }
    }
    out
}

fn read_exact(input: &mut dyn Read, n: u64) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    input.take(n).read_to_end(&mut out)?;
    if out.len() as u64 == n { Ok(out) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn skip(input: &mut dyn Read, n: u64) -> io::Result<()> {
    io::copy(&mut input.take(n), &mut io::sink()).map(drop)
}

fn digest_bytes(input: &mut dyn Read, len: u64) -> io::Result<Digest> {
    let mut h = Hasher::plain();
    let mut block = vec![0; BLOCK.min(len as usize)];
    let mut left = len;
    while left > 0 {
        let n = (block.len() as u64).min(left) as usize;
        input.read_exact(&mut block[..n])?;
        h.update(&block[..n]);
        left -= n as u64;
    }
    Ok(h.finish())
}

fn keep_bytes(input: &mut dyn Read, len: u64, store: &Store) -> io::Result<Digest> {
    let bytes = read_exact(input, len)?;
    let digest = Digest::of(&bytes);
    store.put(digest, &bytes, true)?;
    Ok(digest)
}

/// The bytes of a unit, verified against the digest that the plan was made with.
pub fn open_unit(world: &World, unit: &Unit) -> Result<Vec<u8>, Fault> {
    let gone = |e: io::Error| Fault::World(format!("{}: {e}", unit.path));
    let open = world.open(&unit.path).map_err(gone)?;
    let bytes = if unit.packed {
        let mut input = formats::decompressor(&unit.path, Box::new(open.reader().map_err(gone)?));
        skip(&mut input, unit.stretch.offset).map_err(gone)?;
        read_exact(&mut input, unit.stretch.len).map_err(gone)?
    } else {
        let mut bytes = vec![0; unit.stretch.len as usize];
        open.read_at(&mut bytes, unit.stretch.offset).map_err(gone)?;
        bytes
    };
    if Digest::of(&bytes) == unit.stretch.digest {
        return Ok(bytes);
    }
    Err(Fault::World(format!("{} changed while the build was running; build again", unit.path)))
}

/// The columns of a partition of units.
pub fn columns(units: &[Unit]) -> BTreeMap<String, ArrayRef> {
    let stem = |p: &str| {
        let name = p.rsplit('/').next().unwrap_or(p);
        let name = formats::inner_name(name);
        name.rsplit_once('.').map_or(name, |(s, _)| s).to_string()
    };
    let context = BinaryArray::from_iter(units.iter().map(|u| u.context.as_deref()));
    let records = UInt32Array::from_iter_values(units.iter().map(|u| u.stretch.records));
    let bytes = Int64Array::from_iter_values(units.iter().map(|u| u.stretch.len as i64));
    [
        ("blob", array_of(units.iter().map(|u| Some(u.stretch.digest)))),
        ("context", Arc::new(context) as ArrayRef),
        ("path", array_of(units.iter().map(|u| Some(u.path.to_string())))),
        ("stem", array_of(units.iter().map(|u| Some(stem(&u.path))))),
        ("bytes", Arc::new(bytes)),
        ("records", Arc::new(records)),
        ("reject", array_of(units.iter().map(|u| u.stretch.reject.clone()))),
    ]
    .map(|(n, a)| (n.to_string(), a))
    .into()
}

/// The line of a file at which a unit's record stands, counted anew from the bytes; with `line`, that line of it.
pub fn line_of(world: &World, unit: &Unit, record: u32, line: u32, source: &Source) -> u64 {
    let first = unit.stretch.line;
    if unit.stretch.reject.is_some() {
        return first;
    }
    let Ok(bytes) = open_unit(world, unit) else { return first };
    let records = lines::split(&source.split, &bytes, source.record_max);
    let before = records.iter().take(record as usize);
    let (above, at) = before.fold((0, 0), |(l, b), r| (l + u64::from(r.lines), b + r.len as usize));
    if line > 0 {
        return first + above + u64::from(line) - 1;
    }
    // blank lines in front of a record belong to it
    let own = bytes.get(at..).unwrap_or_default();
    let blank = own.split(|b| *b == b'\n').take_while(|l| l.is_empty() || *l == b"\r").count().min(1_000);
    first + above + blank as u64
}
