//! Units, partitions of units by digests, and a source as the scan found it.
use super::contexts::Contexts;
use super::find;
use super::parts;
use super::table::{self, Context, FileState, Reader, Stretch, Table, put_text};
use crate::digest::{Digest, cut_hash};
use crate::formats::Cut;
use crate::formats::packing::{decompressor, inner_name};
use crate::stage::{Fault, Source};
use crate::table::{ArrayRef, array_of};
use crate::world::{World, inner_path};
use arrow_array::{BinaryArray, Int64Array, UInt32Array};
use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::{Arc, Mutex, OnceLock};

/// Where a unit lies.
#[derive(Clone, Debug)]
pub struct Unit {
    pub path: Arc<str>,
    pub stretch: Stretch,
    pub context: Option<Context>,
    /// Inside a compressed file: its bytes are objects of the store.
    pub packed: bool,
}

impl Unit {
    /// What it is called: the file's path, and behind it the name of a member of an archive.
    pub fn name(&self) -> String {
        match &self.stretch.name {
            Some(name) => format!("{}/{name}", self.path),
            None => self.path.to_string(),
        }
    }

    /// A whole file whose digest is known.
    pub fn whole(path: &str, digest: Digest, len: u64) -> Unit {
        let stretch = Stretch { digest, len, ..Stretch::default() };
        Unit { path: path.into(), stretch, context: None, packed: false }
    }
}

/// The columns of a partition of units, in the order of their digests in a [`Head`].
pub const COLUMNS: [&str; 7] = ["blob", "bytes", "context", "path", "records", "reject", "stem"];

/// A partition of units by digests; its units are read from the table when somebody asks.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    pub(super) span: Span,
    pub units: u32,
    pub records: u64,
    /// Over its units: equal heads have equal columns.
    pub(super) print: [u8; 16],
    pub(super) columns: [Digest; COLUMNS.len()],
}

impl Head {
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Digest)> {
        COLUMNS.into_iter().zip(self.columns)
    }
}

/// Which units: of so many files from one on, or consecutive stretches of one file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    /// Where the block of the first file begins, and its number there.
    pub(super) block: u64,
    pub(super) file: u32,
    pub(super) files: u32,
    /// The first stretch and how many.
    pub(super) stretches: Option<(u32, u32)>,
}

/// A file: where its block begins, and its number there.
type FileAt = (u64, u32);

/// A source after the scan.
pub struct Scanned {
    pub(super) table: Table,
    pub parts: Vec<Head>,
    pub files: u64,
    pub bytes: u64,
    /// Over paths and digests, for `dataset.lock`.
    pub digest: Digest,
    /// Bytes read because a file was not known.
    pub read: u64,
    /// Files without a record: how many, and the first of them.
    pub empty: (u64, Vec<String>),
    /// Files that looked as they did and hold other bytes; known only where all are compared.
    pub unseen: Vec<String>,
    /// The first half of each unit's digest and its partition, sorted; made when somebody asks for a digest alone.
    pub(super) places: OnceLock<Vec<(u64, u32)>>,
    /// The file decoded last: one large file has many partitions.
    pub(super) last: Mutex<Option<(FileAt, Arc<FileState>)>>,
    /// How its files come apart.
    pub(super) cut: Cut,
    pub(super) contexts: Contexts,
}

impl Scanned {
    /// The units of a partition.
    pub fn units(&self, part: usize) -> Result<Vec<Unit>, Fault> {
        let damaged = || Fault::World("what was known of the files is damaged; build again".into());
        let head = self.parts.get(part).ok_or_else(|| Fault::Bug("there is no such partition of files".into()))?;
        self.units_of(&head.span).ok_or_else(damaged)
    }

    /// The columns of units of this source, by name.
    pub fn columns(&self, world: &World, units: &[Unit]) -> Result<[(&'static str, ArrayRef); COLUMNS.len()], Fault> {
        Ok(columns(units, &self.contexts_of(world, units)?))
    }

    /// The contexts of units. A file whose contexts are not in memory is listed once for all of its units.
    fn contexts_of(&self, world: &World, units: &[Unit]) -> Result<Vec<Option<Arc<[u8]>>>, Fault> {
        let mut out = Vec::with_capacity(units.len());
        for of_file in units.chunk_by(|a, b| a.path == b.path) {
            let mut read: HashMap<Digest, Arc<[u8]>> = HashMap::new();
            for unit in of_file {
                let Some(context) = unit.context else {
                    out.push(None);
                    continue;
                };
                let held = read.get(&context.digest).cloned().or_else(|| self.contexts.get(context.digest));
                let held = match held {
                    Some(bytes) => bytes,
                    None => {
                        let wanted: HashSet<Digest> = of_file.iter().filter_map(|u| Some(u.context?.digest)).collect();
                        read = self.read_contexts(world, unit, context, &wanted)?;
                        let changed = || changed(&unit.path);
                        read.get(&context.digest).cloned().ok_or_else(changed)?
                    }
                };
                out.push(Some(held));
            }
        }
        Ok(out)
    }

    /// Reads the wanted contexts of a unit's file.
    fn read_contexts(
        &self,
        world: &World,
        unit: &Unit,
        context: Context,
        wanted: &HashSet<Digest>,
    ) -> Result<HashMap<Digest, Arc<[u8]>>, Fault> {
        let failed = |e: io::Error| match e.kind() {
            io::ErrorKind::UnexpectedEof => changed(&unit.path),
            _ => Fault::World(format!("{}: {e}", unit.path)),
        };
        let open = world.open(&unit.path).map_err(failed)?;
        let mut out = HashMap::new();
        let mut take = |bytes: &[u8]| {
            let digest = Digest::of(bytes);
            if wanted.contains(&digest) {
                self.contexts.put(bytes);
                out.insert(digest, Arc::from(bytes));
            }
        };
        match parts::members_of(&self.cut, &unit.path).filter(|_| unit.stretch.context.is_some()) {
            Some(members) => {
                let (listed, _) = parts::listed(&open, &unit.path, members).map_err(failed)?;
                listed.iter().filter_map(|m| m.context.as_deref()).for_each(&mut take);
            }
            None => {
                let mut input = decompressor(&unit.path, Box::new(open.reader().map_err(failed)?));
                take(&super::bytes::read_exact(&mut input, context.len).map_err(failed)?);
            }
        }
        Ok(out)
    }

    pub(super) fn units_of(&self, span: &Span) -> Option<Vec<Unit>> {
        let mut out = Vec::new();
        let (mut at, mut file, mut left) = (span.block, span.file as usize, span.files);
        while left > 0 {
            let (block, next) = self.table.block(at)?;
            let states = block.states()?;
            while left > 0 && file < block.len() {
                let path = find::join(&block.folder, block.name(file));
                match span.stretches {
                    Some((first, n)) => {
                        let state = self
                            .decoded((at, file as u32), || table::decode(&block.any_mark(file)?, states.get(file)?))?;
                        let (first, path) = (first as usize, Arc::from(path));
                        let own = state.stretches.get(first..first.checked_add(n as usize)?)?;
                        out.extend(own.iter().map(|s| unit(&path, &state, s)));
                    }
                    None => {
                        let state = table::decode(&block.any_mark(file)?, states.get(file)?)?;
                        let path: Arc<str> = path.into();
                        out.extend(state.stretches.iter().map(|s| unit(&path, &state, s)));
                    }
                }
                (left, file) = (left - 1, file + 1);
            }
            (at, file) = (next, 0);
        }
        Some(out)
    }

    fn decoded(&self, key: FileAt, decode: impl FnOnce() -> Option<FileState>) -> Option<Arc<FileState>> {
        let mut last = self.last.lock().unwrap_or_else(|e| e.into_inner());
        if let Some((_, state)) = last.as_ref().filter(|l| l.0 == key) {
            return Some(state.clone());
        }
        let state = Arc::new(decode()?);
        *last = Some((key, state.clone()));
        Some(state)
    }

    /// The unit with these bytes.
    pub fn find(&self, digest: Digest) -> Option<Unit> {
        let half = |d: Digest| u64::from_le_bytes(d.0.first_chunk().copied().unwrap_or_default());
        let places = self.places.get_or_init(|| {
            let of = |k: usize| {
                self.units(k).unwrap_or_default().into_iter().map(move |u| (half(u.stretch.digest), k as u32))
            };
            let mut all: Vec<(u64, u32)> = (0..self.parts.len()).flat_map(of).collect();
            all.sort_unstable();
            all
        });
        let from = places.partition_point(|p| p.0 < half(digest));
        let candidates = places.get(from..)?.iter().take_while(|p| p.0 == half(digest));
        candidates.flat_map(|p| self.units(p.1 as usize).unwrap_or_default()).find(|u| u.stretch.digest == digest)
    }

    /// What the scan came to, as bytes for the table.
    pub(super) fn tail(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(self.files.to_le_bytes());
        out.extend(self.bytes.to_le_bytes());
        out.extend(self.digest.0);
        out.extend(self.empty.0.to_le_bytes());
        out.extend((self.empty.1.len() as u32).to_le_bytes());
        self.empty.1.iter().for_each(|path| put_text(&mut out, path));
        out.extend((self.parts.len() as u32).to_le_bytes());
        for h in &self.parts {
            out.extend(h.span.block.to_le_bytes());
            out.extend(h.span.file.to_le_bytes());
            out.extend(h.span.files.to_le_bytes());
            let (first, count) = h.span.stretches.unwrap_or((0, 0));
            out.extend(first.to_le_bytes());
            out.extend(count.to_le_bytes());
            out.extend(h.units.to_le_bytes());
            out.extend(h.records.to_le_bytes());
            out.extend(h.print);
            h.columns.iter().for_each(|d| out.extend(d.0));
        }
        out
    }

    pub(super) fn of(table: Table, cut: &Cut) -> Option<Scanned> {
        let mut r = Reader(&table.tail);
        let (files, bytes, digest) = (r.u64()?, r.u64()?, Digest(r.array()?));
        let mut empty = (r.u64()?, Vec::new());
        for _ in 0..r.u32()? {
            empty.1.push(r.text()?);
        }
        let mut parts = Vec::new();
        for _ in 0..r.u32()? {
            let (block, file, files) = (r.u64()?, r.u32()?, r.u32()?);
            let stretches = Some((r.u32()?, r.u32()?)).filter(|s| s.1 > 0);
            let (units, records, print) = (r.u32()?, r.u64()?, r.array()?);
            let mut columns = [Digest::default(); COLUMNS.len()];
            for c in &mut columns {
                *c = Digest(r.array()?);
            }
            parts.push(Head { span: Span { block, file, files, stretches }, units, records, print, columns });
        }
        let (places, last, contexts, cut) = (OnceLock::new(), Mutex::default(), Contexts::default(), cut.clone());
        let (read, unseen) = Default::default();
        Some(Scanned { table, parts, files, bytes, digest, read, empty, unseen, places, last, cut, contexts })
    }
}

fn changed(path: &str) -> Fault {
    Fault::World(format!("{path} changed while the build was running; build again"))
}

fn unit(path: &Arc<str>, state: &FileState, stretch: &Stretch) -> Unit {
    let packed = inner_name(path) != &**path;
    let context = stretch.context.or(state.context);
    Unit { path: path.clone(), stretch: stretch.clone(), context, packed }
}

/// The bytes of a unit, verified against the digest that the plan was made with.
pub fn open_unit(world: &World, unit: &Unit) -> Result<Vec<u8>, Fault> {
    let changed = || changed(&unit.path);
    let gone = |e: io::Error| match e.kind() {
        io::ErrorKind::UnexpectedEof => changed(),
        _ => Fault::World(format!("{}: {e}", unit.path)),
    };
    let open = world.open(&unit.path).map_err(gone)?;
    let (offset, len) = (unit.stretch.offset, unit.stretch.len);
    let bytes = if unit.packed {
        let mut input = decompressor(&unit.path, Box::new(open.reader().map_err(gone)?));
        super::bytes::skip(&mut input, offset).map_err(gone)?;
        super::bytes::read_exact(&mut input, len).map_err(gone)?
    } else if offset.saturating_add(len) > open.stat().size {
        return Err(changed());
    } else {
        open.read(len as usize, offset).map_err(gone)?
    };
    if Digest::of(&bytes) == unit.stretch.digest { Ok(bytes) } else { Err(changed()) }
}

/// The columns of a partition of units with their contexts, by name.
pub(super) fn columns(units: &[Unit], contexts: &[Option<Arc<[u8]>>]) -> [(&'static str, ArrayRef); COLUMNS.len()] {
    let stem = |p: &str| {
        let name = p.rsplit('/').next().unwrap_or(p);
        let name = inner_name(name);
        name.rsplit_once('.').map_or(name, |(s, _)| s).to_string()
    };
    let context = BinaryArray::from_iter(contexts.iter().map(|c| c.as_deref()));
    let records = UInt32Array::from_iter_values(units.iter().map(|u| u.stretch.records));
    let bytes = Int64Array::from_iter_values(units.iter().map(|u| u.stretch.len as i64));
    let arrays: [ArrayRef; COLUMNS.len()] = [
        array_of(units.iter().map(|u| Some(u.stretch.digest))),
        Arc::new(bytes),
        Arc::new(context),
        array_of(units.iter().map(|u| Some(inner_path(&u.name()).to_string()))),
        Arc::new(records),
        array_of(units.iter().map(|u| u.stretch.reject.clone())),
        array_of(units.iter().map(|u| Some(stem(&u.name())))),
    ];
    let mut arrays = arrays.into_iter();
    COLUMNS.map(|name| (name, arrays.next().unwrap_or_else(|| array_of(std::iter::empty::<Option<String>>()))))
}

/// The way of splitting, as a number: another way means reading again.
pub fn way(source: &Source, target: usize) -> u64 {
    let found = (&source.globs, &source.exclude, source.images);
    cut_hash(format!("3 {:?} {} {target} {found:?}", source.cut, source.record_max).as_bytes())
}
