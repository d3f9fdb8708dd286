//! Follows the files of a source: one walk beside the table of the last scan. While folder after folder is as it was,
//! nothing is kept; from the first difference on, a new table is written, and only unknown files are read.
use super::bytes::{Reading, digest_bytes};
use super::contexts::Contexts;
use super::find::{Patterns, join};
use super::read::{SMALL, read_file};
use super::table::{self, Block, Bytes, FIRST, FileState, Mark, Stretch, Table, Writer};
use super::units::{COLUMNS, Head, Scanned, Span, way};
use crate::digest::{Digest, Hasher, cut_hash};
use crate::engine::store::{FOLDER, Store};
use crate::formats::Cut;
use crate::formats::cut::Holds;
use crate::stage::{Executor, Fault, Source};
use crate::table::column_digest;
use crate::table::cutting::{self, Window};
use crate::world::{How, Listing, Visitor, What, World};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::io;
use std::ops::ControlFlow;
use std::sync::Mutex;

/// So many files without a record are known by name.
const NAMED: usize = 8;

/// Unknown files are read together when there are so many.
const BATCH: usize = 512;

/// How a source is scanned.
#[derive(Clone, Copy)]
pub struct Way {
    /// Records to a partition on average.
    pub target: usize,
    /// Read every file, and compare it with what is known of it.
    pub compare: bool,
}

/// Reads what is not known and cuts the source into partitions of units.
pub fn scan(
    world: &World,
    store: &Store,
    exec: &dyn Executor,
    source: &Source,
    Way { target, compare }: Way,
) -> Result<Scanned, Fault> {
    let failed = |e: io::Error| Fault::World(format!("{}: {e}", source.name));
    let path = table_path(source);
    let open =
        |path: &str| world.own(path, How::Read).ok().and_then(|f| Table::open(Bytes::File(f), way(source, target)));
    let patterns = Patterns::of(world, source);
    let mut bases = patterns.bases();
    bases.sort_by(|a, b| order(a, b));
    let old = open(&path);
    let contexts = Contexts::default();
    let reading = Reading { world, store, exec, source, contexts: &contexts, target };
    let mut follower = Follower {
        reading,
        patterns,
        old,
        at: FIRST,
        new: None,
        block: None,
        waiting: Vec::new(),
        unknown: 0,
        read: 0,
        compare,
        unseen: Vec::new(),
        fault: None,
    };
    for base in bases {
        let walked = world.walk(&base, &mut follower);
        if let Some(fault) = follower.fault.take() {
            return Err(fault);
        }
        walked.map_err(failed)?;
    }
    let read = follower.finish().map_err(|e| follower.fault.take().unwrap_or_else(|| failed(e)))?;
    let unseen = std::mem::take(&mut follower.unseen);
    let Some(new) = follower.new.take() else {
        let same = follower.old.take().and_then(|table| Scanned::of(table, &source.cut));
        return same.ok_or_else(|| Fault::Bug("a scan came to nothing".into()));
    };
    let known = follower.old.take().and_then(|table| Scanned::of(table, &source.cut));
    let known = known.map(|s| s.parts).unwrap_or_default();
    let table = new.blocks_done().map_err(failed)?;
    let mut scanned = partitions(world, exec, source, target, (table, contexts), &known)?;
    (scanned.read, scanned.unseen) = (read, unseen);
    let tail = scanned.tail();
    scanned.table.finish(tail).map_err(failed)?;
    if store.writer() {
        world.rename(&beside(&path), &path).map_err(failed)?;
    }
    Ok(scanned)
}

/// Where the table of a source's files lies. A source of images with files beside them is scanned twice, into two tables.
fn table_path(source: &Source) -> String {
    format!("{FOLDER}/scan/{}", source.table.replace('/', "+"))
}

fn beside(path: &str) -> String {
    format!("{path}.new")
}

/// Removes the tables of sources that are no longer declared.
pub fn forget<'s>(world: &World, sources: impl Iterator<Item = &'s Source>) -> io::Result<()> {
    let known: Vec<String> = sources.map(table_path).collect();
    for name in world.names(&format!("{FOLDER}/scan"))? {
        let path = format!("{FOLDER}/scan/{name}");
        if !known.contains(&path) {
            world.remove(&path)?;
        }
    }
    Ok(())
}

/// The order of the walk: component by component, so that a folder's files stand before its folders.
fn order(a: &str, b: &str) -> Ordering {
    let parts = |t: &str| -> Vec<String> { t.split('/').filter(|p| !p.is_empty()).map(String::from).collect() };
    parts(a).cmp(&parts(b))
}

struct Follower<'a> {
    reading: Reading<'a>,
    patterns: Patterns,
    old: Option<Table>,
    /// Where the next block of the old table begins.
    at: u64,
    /// The new table, from the first difference on.
    new: Option<Writer>,
    /// The block of the old table that comes next, if it has been read.
    block: Option<(Block, u64)>,
    /// Folders that wait for their unknown files.
    waiting: Vec<Folder>,
    unknown: usize,
    read: u64,
    /// Every file is read, also where it looks as it did.
    compare: bool,
    unseen: Vec<String>,
    fault: Option<Fault>,
}

struct Folder {
    path: String,
    files: Vec<File>,
}

struct File {
    name: String,
    mark: Mark,
    /// What reading gave; `None` is not known yet.
    state: Option<Vec<u8>>,
    /// What a large file was before it changed.
    before: Option<FileState>,
    /// The digest of a file that looks as it did, where it is to be compared.
    known: Option<Digest>,
}

impl Visitor for Follower<'_> {
    fn enters(&mut self, folder: &str) -> bool {
        self.patterns.reach(folder)
    }

    fn only(&mut self, folder: &str) -> Option<Vec<String>> {
        self.patterns.only(folder)
    }

    fn wants(&mut self, folder: &str, name: &str) -> bool {
        self.patterns.matches(folder, name).next().is_some()
    }

    fn folder(&mut self, folder: &str, files: &Listing) -> io::Result<ControlFlow<()>> {
        if files.is_empty() {
            return Ok(ControlFlow::Continue(()));
        }
        if self.new.is_none() && self.compare {
            self.differs()?;
        }
        if self.new.is_none() {
            let block = self.old.as_ref().and_then(|t| t.block(self.at));
            if let Some((_, next)) = block.filter(|(b, _)| same(b, folder, files)) {
                self.at = next;
                return Ok(ControlFlow::Continue(()));
            }
            self.differs()?;
        }
        let old = self.block_of(folder);
        let states = old.as_ref().and_then(Block::states);
        let mut out = Folder { path: folder.to_string(), files: Vec::with_capacity(files.len()) };
        for (name, what) in files.iter() {
            let mark = Mark::of(what);
            let known = || {
                let i = old.as_ref()?.find(name).filter(|i| old.as_ref().and_then(|b| b.mark(*i)) == Some(mark))?;
                states.as_ref()?.get(i).map(|s| s.to_vec())
            };
            let mut compared = None;
            let state = match what {
                What::File(_) if self.compare => {
                    compared = known().and_then(|state| Some(table::decode(&mark, &state)?.digest));
                    None
                }
                What::File(_) => known(),
                What::Odd(rule, _) => Some(table::encode(&odd(rule))),
            };
            self.unknown += usize::from(state.is_none());
            let was = || {
                let block = old.as_ref()?;
                let i = block.find(name)?;
                let large = block.any_mark(i).filter(|m| m.size() > SMALL)?;
                table::decode(&large, states.as_ref()?.get(i)?)
            };
            let before = if state.is_none() { was() } else { None };
            out.files.push(File { name: name.to_string(), mark, state, before, known: compared });
        }
        self.waiting.push(out);
        if self.unknown >= BATCH || self.waiting.len() >= BATCH {
            self.settle()?;
        }
        Ok(ControlFlow::Continue(()))
    }
}

/// A fetched file is believed once its bytes have the digest that dataset.lock names.
fn as_it_came(world: &World, path: &str) -> Result<(), String> {
    let Some(digest) = world.fetched_digest(path) else { return Ok(()) };
    let read = || -> io::Result<Digest> {
        let open = world.open(path)?;
        let mut reader = open.reader()?;
        digest_bytes(&mut reader, open.stat().size)
    };
    match read().map_err(|e| e.to_string())? == digest {
        true => Ok(()),
        false => Err("its bytes are not those that were fetched; `tamis store verify` names the file to remove".into()),
    }
}

/// A path that cannot be read as data is a unit that no reader may open.
fn odd(rule: &str) -> FileState {
    let reject = Some(rule.to_string());
    FileState { stretches: vec![Stretch { records: 1, line: 1, reject, ..Stretch::default() }], ..FileState::default() }
}

fn same(block: &Block, folder: &str, files: &Listing) -> bool {
    block.folder == folder
        && block.len() == files.len()
        && files
            .iter()
            .enumerate()
            .all(|(i, (name, what))| block.name(i) == name && block.mark(i) == Some(Mark::of(what)))
}

impl Follower<'_> {
    /// From here on a new table is written: what was the same so far is copied.
    fn differs(&mut self) -> io::Result<()> {
        let r = &self.reading;
        let bytes = if r.store.writer() {
            let path = beside(&table_path(r.source));
            r.world.make_folder(&format!("{FOLDER}/scan"))?;
            if r.world.exists(&path) {
                r.world.remove(&path)?; // of a build that was killed
            }
            Bytes::File(r.world.own(&path, How::Create)?)
        } else {
            Bytes::Memory(Vec::new())
        };
        let mut new = Writer::new(bytes, way(r.source, r.target));
        if let Some(old) = &self.old {
            old.copy(self.at, &mut new)?;
        }
        self.new = Some(new);
        Ok(())
    }

    /// The old table's block of a folder; those before it are of folders that are gone.
    fn block_of(&mut self, folder: &str) -> Option<Block> {
        loop {
            if self.block.is_none() {
                self.block = self.old.as_ref()?.block(self.at);
            }
            let (block, next) = self.block.take()?;
            match order(&block.folder, folder) {
                Ordering::Less => self.at = next,
                Ordering::Equal => {
                    self.at = next;
                    return Some(block);
                }
                Ordering::Greater => {
                    self.block = Some((block, next));
                    return None;
                }
            }
        }
    }

    /// Reads the unknown files of the folders that wait, and writes them all.
    fn settle(&mut self) -> io::Result<()> {
        let unknown: Vec<(String, Option<&FileState>)> = self
            .waiting
            .iter()
            .flat_map(|f| {
                f.files.iter().filter(|x| x.state.is_none()).map(|x| (join(&f.path, &x.name), x.before.as_ref()))
            })
            .collect();
        let slots: Vec<Mutex<Option<Result<FileState, String>>>> = unknown.iter().map(|_| Mutex::new(None)).collect();
        let r = &self.reading;
        r.exec.each(unknown.len(), &|i| {
            let sound = as_it_came(r.world, &unknown[i].0);
            let done = sound.and_then(|()| read_file(r, &unknown[i].0, unknown[i].1));
            *slots[i].lock().unwrap_or_else(|e| e.into_inner()) = Some(done);
        });
        let now = r.world.now();
        let unknown: Vec<String> = unknown.into_iter().map(|u| u.0).collect();
        let mut done = unknown.iter().zip(slots);
        for folder in std::mem::take(&mut self.waiting) {
            let mut files = folder.files;
            for file in files.iter_mut().filter(|f| f.state.is_none()) {
                let Some((path, slot)) = done.next() else { break };
                match slot.into_inner().unwrap_or_else(|e| e.into_inner()) {
                    Some(Ok(state)) => {
                        self.read += state.stat.size;
                        self.unseen.extend(file.known.filter(|known| *known != state.digest).map(|_| path.clone()));
                        file.mark = Mark::read(state.stat, now);
                        file.state = Some(table::encode(&state));
                    }
                    Some(Err(say)) => return Err(self.fails(format!("{path}: {say}"))),
                    None => return Err(self.fails(format!("{path} was not read"))),
                }
            }
            let entries = files.iter().map(|f| (f.name.as_str(), f.mark, f.state.as_deref().unwrap_or_default()));
            if let Some(new) = &mut self.new {
                new.block(&folder.path, entries)?;
            }
        }
        self.unknown = 0;
        Ok(())
    }

    fn fails(&mut self, say: String) -> io::Error {
        self.fault = Some(Fault::World(say.clone()));
        io::Error::other(say)
    }

    /// The end of the walk: bytes that were read.
    fn finish(&mut self) -> io::Result<u64> {
        let over = self.old.as_ref().is_none_or(|t| self.at < t.end || t.tail.is_empty());
        if self.new.is_none() && over {
            self.differs()?; // the last folders are gone, or there never was a file
        }
        self.settle()?;
        Ok(self.read)
    }
}

/// Small files are gathered by the hash of their paths, large ones are cut where their stretches end.
fn partitions(
    world: &World,
    exec: &dyn Executor,
    source: &Source,
    target: usize,
    (table, contexts): (Table, Contexts),
    known: &[Head],
) -> Result<Scanned, Fault> {
    let (parts, places, last, cut) = (Vec::new(), Default::default(), Default::default(), source.cut.clone());
    let (files, bytes, digest, read, empty, unseen) = Default::default();
    let mut out = Scanned { table, parts, files, bytes, digest, read, empty, unseen, places, last, cut, contexts };
    let spans = spans(source, target, &mut out).ok_or_else(damaged)?;
    let known: HashMap<[u8; 16], &Head> = known.iter().map(|h| (h.print, h)).collect();
    let slots: Vec<Mutex<Option<Result<Head, Fault>>>> = spans.iter().map(|_| Mutex::new(None)).collect();
    exec.each(spans.len(), &|k| {
        *slots[k].lock().unwrap_or_else(|e| e.into_inner()) = Some(head(world, &out, spans[k], &known));
    });
    for slot in slots {
        out.parts.push(slot.into_inner().unwrap_or_else(|e| e.into_inner()).ok_or_else(damaged)??);
    }
    Ok(out)
}

/// Where partitions lie; counts files and bytes, and digests what the source is.
fn spans(source: &Source, target: usize, out: &mut Scanned) -> Option<Vec<Span>> {
    let window = if source.images { Window::images(target) } else { Window::files(target) };
    let mut spans = Vec::new();
    let mut small = Small::default();
    let mut h = Hasher::derive("tamis scan 1");
    let mut at = FIRST;
    while at < out.table.end {
        let (block, next) = out.table.block(at)?;
        for (i, bytes) in block.states()?.into_iter().enumerate() {
            let state = table::decode(&block.any_mark(i)?, bytes)?;
            let path = join(&block.folder, block.name(i));
            h.update(path.as_bytes()).update(b"\n").update(&state.digest.0);
            out.files += 1;
            out.bytes += state.stat.size;
            if !source.cut.counted_by_reader() && state.stretches.iter().all(|s| s.records == 0) {
                out.empty.0 += 1;
                out.empty.1.extend(Some(path.clone()).filter(|_| out.empty.1.len() < NAMED));
            }
            let span = Span { block: at, file: i as u32, files: 1, stretches: None };
            let archive = state.stretches.iter().any(|s| s.name.is_some());
            if (source.cut == Cut::Document(Holds::One) && !archive) || state.unpacked(&path) <= SMALL {
                let len = state.stretches.iter().map(|s| s.len).sum();
                small.put(span, cut_hash(path.as_bytes()), len, state.stretches.is_empty());
            } else {
                small.cut(window, &mut spans);
                within(&state, span, window, &mut spans);
            }
        }
        at = next;
    }
    small.cut(window, &mut spans);
    out.digest = h.finish();
    Some(spans)
}

/// The partitions of a large file: a stretch each, or runs of an archive's members, cut by the hash of their names.
fn within(state: &FileState, span: Span, window: Window, out: &mut Vec<Span>) {
    let of = &state.stretches;
    let ends: Vec<usize> = if of.iter().any(|s| s.name.is_some()) {
        let hashes: Vec<u64> = of.iter().map(|s| cut_hash(s.name.as_deref().unwrap_or_default().as_bytes())).collect();
        let bytes: Vec<u64> = of.iter().map(|s| s.len).collect();
        cutting::cut(&hashes, &bytes, window)
    } else {
        (1..=of.len()).collect()
    };
    let mut start = 0;
    for end in ends {
        out.push(Span { stretches: Some((start as u32, (end - start) as u32)), ..span });
        start = end;
    }
}

/// A run of small files.
#[derive(Default)]
struct Small {
    spans: Vec<Span>,
    hashes: Vec<u64>,
    bytes: Vec<u64>,
}

impl Small {
    /// An empty file is no unit: it belongs to the file before it, so that it moves no cut.
    fn put(&mut self, span: Span, hash: u64, bytes: u64, empty: bool) {
        match self.spans.last_mut() {
            Some(last) if empty => last.files += 1,
            None if empty => {}
            _ => {
                self.spans.push(span);
                self.hashes.push(hash);
                self.bytes.push(bytes);
            }
        }
    }

    fn cut(&mut self, window: Window, out: &mut Vec<Span>) {
        let mut start = 0;
        for end in cutting::cut(&self.hashes, &self.bytes, window) {
            let of = self.spans.get(start..end).unwrap_or_default();
            out.extend(of.first().map(|first| Span { files: of.iter().map(|s| s.files).sum(), ..*first }));
            start = end;
        }
        *self = Small::default();
    }
}

fn damaged() -> Fault {
    Fault::World("what was just learnt of the files is damaged; build again".into())
}

fn head(world: &World, scanned: &Scanned, span: Span, known: &HashMap<[u8; 16], &Head>) -> Result<Head, Fault> {
    let units = scanned.units_of(&span).ok_or_else(damaged)?;
    let mut h = Hasher::derive("tamis units 1");
    for u in &units {
        let s = &u.stretch;
        let context = u.context.map_or(Digest::default(), |c| c.digest);
        h.update(u.path.as_bytes()).update(b"\n").update(&s.digest.0).update(&context.0);
        h.update(&s.len.to_le_bytes()).update(&s.records.to_le_bytes());
        h.update(s.name.as_deref().unwrap_or_default().as_bytes()).update(b"\n");
        h.update(s.reject.as_deref().unwrap_or_default().as_bytes()).update(b"\n");
    }
    let print = h.finish().0.first_chunk().copied().unwrap_or_default();
    let records = units.iter().map(|u| u64::from(u.stretch.records)).sum();
    let columns = match known.get(&print) {
        Some(h) => h.columns,
        None => {
            let mut digests = [Digest::default(); COLUMNS.len()];
            for (slot, (_, array)) in digests.iter_mut().zip(scanned.columns(world, &units)?) {
                *slot = column_digest(array.as_ref());
            }
            digests
        }
    };
    Ok(Head { span, units: units.len() as u32, records, print, columns })
}
