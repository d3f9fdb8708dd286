//! A large file after an edit, from what it was before: its stretches are compared with their digests where they lie
//! now, and only around what differs are records measured and cut again. What comes out is what reading it all gives;
//! where that is not certain, all is read.
//!
//! A cut depends on the records at most a window away. So a cut that stood before, is the least of its neighbours now,
//! and has only neighbours that did not change, is a cut in any case, and what lies beyond it is as it was.
use super::table::{Context, FileState, Stretch};
use crate::digest::Digest;
use crate::formats::Cut;
use crate::formats::cut::text::{Record, Splitter};
use crate::stage::{Executor, Source};
use crate::table::cutting::{Window, is_least};
use crate::world::Open;
use std::io;
use std::sync::Mutex;

/// Stretches compared at a time.
const BATCH: usize = 32;
/// How many windows of records are measured on either side of what differs.
const MARGIN: usize = 8;
/// More bytes than this are not measured again here: then nearly everything changed.
const MOST: u64 = 256 << 20;

/// Reads what changed of a plain file; `None` where that does not suffice.
pub fn read_again(
    open: &Open,
    exec: &dyn Executor,
    source: &Source,
    before: &FileState,
    window: Window,
) -> io::Result<Option<FileState>> {
    let cuttable = matches!(source.cut, Cut::Text(_)) && before.stretches.iter().all(|s| s.reject.is_none());
    if !cuttable || before.stretches.is_empty() || !same_header(open, before)? {
        return Ok(None);
    }
    let Some(change) = Change::find(open, exec, &before.stretches, before.stat.size, window) else { return Ok(None) };
    let Some(stretches) = change.mend(open, source, &before.stretches, window)? else { return Ok(None) };
    let context = before.context;
    Ok(Some(FileState { stat: open.stat(), digest: Digest::default(), stretches, context }))
}

/// Whether the bytes before the first stretch, the header of a CSV file, are as they were.
fn same_header(open: &Open, before: &FileState) -> io::Result<bool> {
    let header = before.context.unwrap_or(Context::of(&[]));
    let first = before.stretches.first().map_or(0, |s| s.offset);
    if header.len != first || open.stat().size < first {
        return Ok(false);
    }
    Ok(Digest::of(&open.read(header.len as usize, 0)?) == header.digest)
}

/// Which stretches differ, and what is measured again.
struct Change {
    /// The first that differs, and the first behind the last that does.
    differ: (usize, usize),
    /// By how many bytes the file grew.
    shift: i64,
    /// The stretches from which and up to which records are measured.
    region: (usize, usize),
    /// Where those lie now.
    bytes: (u64, u64),
}

impl Change {
    fn find(open: &Open, exec: &dyn Executor, old: &[Stretch], size: u64, window: Window) -> Option<Change> {
        let now = open.stat().size;
        let shift = i64::try_from(now).ok()? - i64::try_from(size).ok()?;
        let n = old.len();
        let first = run_of_same(exec, n, |k| same(open, &old[k], 0));
        let behind = n - run_of_same(exec, n - first, |k| same(open, &old[n - 1 - k], shift));
        let margin = MARGIN * window.0;
        let wide = |records: usize| records >= margin;
        let mut a = first;
        let mut records = 0;
        while a > 0 && !wide(records) {
            a -= 1;
            records += old[a].records as usize;
        }
        let (mut b, mut records) = (behind, 0);
        while b < n && !wide(records) {
            records += old[b].records as usize;
            b += 1;
        }
        let start = old.get(a).map_or(size, |s| s.offset);
        let end = old.get(b).map_or(Some(now), |s| s.offset.checked_add_signed(shift))?;
        let small = end >= start && end - start <= MOST;
        small.then_some(Change { differ: (first, behind), shift, region: (a, b), bytes: (start, end) })
    }

    /// The stretches of the file as it is now.
    fn mend(&self, open: &Open, source: &Source, old: &[Stretch], window: Window) -> io::Result<Option<Vec<Stretch>>> {
        let (start, end) = self.bytes;
        let bytes = open.read((end - start) as usize, start)?;
        let mut records = Vec::new();
        let mut splitter = Splitter::new(source.cut.split(), source.record_max);
        if start > 0 {
            splitter = splitter.within();
        }
        splitter.push(&bytes, &mut records);
        splitter.finish(&mut records);
        if records.iter().any(|r| r.oversize) || records.iter().map(|r| r.len).sum::<u64>() != end - start {
            return Ok(None);
        }
        let region = Region::of(start, &records);
        let Some((from, to)) = self.joints(&region, old, window) else { return Ok(None) };
        Ok(Some(self.join(&region, &bytes, old, window, from, to)))
    }

    /// The last joint before what differs and the first behind it: which stretch begins there, and which record.
    fn joints(&self, region: &Region, old: &[Stretch], window: Window) -> Option<((usize, usize), (usize, usize))> {
        let (w, n) = (window.0, old.len());
        let least = |i: usize| is_least(&region.hashes, i, w);
        let place = |s: usize, shift| region.record_at(old.get(s).map(|s| s.offset)?.checked_add_signed(shift)?);
        // the last stretch counts as changed if only something behind it did: its last record may go on there
        let changed_from = place(self.differ.0.min(n - 1), 0)?;
        let (a, b) = self.region;
        let front = |s: usize| {
            if s == 0 {
                return Some((0, 0)); // the start of the file
            }
            let i = place(s, 0)?;
            let inside = (i >= w || a == 0) && i + w <= changed_from;
            (inside && least(i)).then_some((s, i))
        };
        let changed_to = match self.differ.1 {
            behind if behind < n => place(behind, self.shift)?,
            _ => region.hashes.len(),
        };
        let back = |s: usize| {
            if s == n {
                return Some((n, region.hashes.len())); // its end
            }
            let i = place(s, self.shift)?;
            let inside = i >= changed_to + w && (i + w <= region.hashes.len() || b == n);
            (inside && least(i)).then_some((s, i))
        };
        let from = (a..=self.differ.0.min(n - 1)).rev().find_map(front)?;
        let to = (self.differ.1..=b).find_map(back)?;
        (from.1 <= to.1).then_some((from, to))
    }

    fn join(
        &self,
        region: &Region,
        bytes: &[u8],
        old: &[Stretch],
        window: Window,
        (first, from): (usize, usize),
        (behind, to): (usize, usize),
    ) -> Vec<Stretch> {
        let mut out = old.get(..first).unwrap_or_default().to_vec();
        let mut line = match (old.get(first), out.last()) {
            (Some(s), _) => s.line,
            (None, _) => 1,
        };
        let mut at = from;
        for end in crate::table::cutting::cut(&region.hashes, &region.lens, window) {
            if end <= from || end > to {
                continue;
            }
            let (offset, len) = (region.offsets[at], region.offsets[end] - region.offsets[at]);
            let begin = (offset - region.start) as usize;
            let digest = Digest::of(bytes.get(begin..begin + len as usize).unwrap_or_default());
            out.push(Stretch { offset, len, line, records: (end - at) as u32, digest, ..Stretch::default() });
            line += region.lines.get(at..end).unwrap_or_default().iter().map(|l| u64::from(*l)).sum::<u64>();
            at = end;
        }
        let rest = old.get(behind..).unwrap_or_default();
        let lines = rest.first().map_or(0, |s| line as i64 - s.line as i64);
        out.extend(rest.iter().map(|s| Stretch {
            offset: s.offset.saturating_add_signed(self.shift),
            line: s.line.saturating_add_signed(lines),
            ..s.clone()
        }));
        out
    }
}

/// Records that were measured again.
struct Region {
    start: u64,
    hashes: Vec<u64>,
    lens: Vec<u64>,
    lines: Vec<u32>,
    /// Where each begins, and where the last ends.
    offsets: Vec<u64>,
}

impl Region {
    fn of(start: u64, records: &[Record]) -> Region {
        let mut offsets = vec![start];
        let mut at = start;
        for r in records {
            at += r.len;
            offsets.push(at);
        }
        let hashes = records.iter().map(|r| r.hash).collect();
        let (lens, lines) = records.iter().map(|r| (r.len, r.lines)).unzip();
        Region { start, hashes, lens, lines, offsets }
    }

    /// The record that begins at a place.
    fn record_at(&self, offset: u64) -> Option<usize> {
        self.offsets.binary_search(&offset).ok()
    }
}

/// Whether a stretch lies, unchanged, as many bytes further down.
fn same(open: &Open, s: &Stretch, shift: i64) -> bool {
    let Some(at) = s.offset.checked_add_signed(shift) else { return false };
    let inside = at.checked_add(s.len).is_some_and(|end| end <= open.stat().size);
    inside && open.read(s.len as usize, at).is_ok_and(|bytes| Digest::of(&bytes) == s.digest)
}

/// How many of the first are the same; a few more than those are looked at.
fn run_of_same(exec: &dyn Executor, n: usize, same: impl Fn(usize) -> bool + Sync) -> usize {
    let mut done = 0;
    while done < n {
        let batch = BATCH.min(n - done);
        let differs = Mutex::new(batch);
        exec.each(batch, &|k| {
            if !same(done + k) {
                let mut first = differs.lock().unwrap_or_else(|e| e.into_inner());
                *first = k.min(*first);
            }
        });
        let first = differs.into_inner().unwrap_or_else(|e| e.into_inner());
        done += first;
        if first < batch {
            break;
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::super::bytes::Reading;
    use super::super::read::read_file;
    use super::*;
    use crate::digest::draw;
    use crate::engine::store::Store;
    use crate::exec::local::Local;
    use crate::formats::cut::Split;
    use crate::formats::cut::quoted::Dialect;
    use crate::world::World;

    fn source(split: Split) -> Source {
        let cut = Cut::Text(split);
        let (globs, exclude) = (vec!["data".into()], Vec::new());
        let (name, table, spans) = ("x".into(), "x".into(), Vec::new());
        Source { name, table, globs, spans, exclude, cut, record_max: 1 << 20, images: false, span: 0..0 }
    }

    fn record(split: &Split, n: u64) -> String {
        match split {
            Split::Csv(_) if n.is_multiple_of(7) => format!("{n},\"two\nlines of {n}\"\n"),
            Split::Csv(_) => format!("{n},\"text of {n}, plain\"\n"),
            Split::Blocks { .. } => format!("# {n}\nw{n}\tO\nx\tB\n\n"),
            Split::Warc => {
                let (ty, body) = (if n.is_multiple_of(5) { "request" } else { "response" }, format!("page\n{n}"));
                format!("WARC/1.0\nWARC-Type: {ty}\nContent-Length: {}\n\n{body}\n\n", body.len())
            }
            _ if n.is_multiple_of(11) => format!("\n{{\"id\": {n}, \"text\": \"words and words\"}}\n"),
            _ => format!("{{\"id\": {n}, \"text\": \"words of {n}\"}}\n"),
        }
    }

    /// One edit of the bytes that somebody might make.
    fn edit(bytes: &mut Vec<u8>, split: &Split, d: &mut dyn FnMut(usize) -> usize) {
        let at = d(bytes.len());
        let line = |from: usize, bytes: &[u8]| {
            bytes[from..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| from + n + 1)
        };
        let start = line(at, bytes);
        match d(9) {
            0 => bytes[at] = b'Q',
            1 => drop(bytes.splice(start..start, record(split, 1_000_000 + at as u64).into_bytes())),
            2 => drop(bytes.splice(0..0, record(split, 2_000_000 + at as u64).into_bytes())),
            3 => bytes.extend(record(split, 3_000_000 + at as u64).into_bytes()),
            4 => drop(bytes.drain(start..line(start.min(bytes.len()), bytes).max(start))),
            5 => drop(bytes.drain(at..(at + 40).min(bytes.len()))),
            6 => drop(bytes.splice(at..at, *b"\"")),
            7 => bytes.truncate(at.max(70_000)),
            _ => {
                let piece = bytes[start..(start + 9000).min(bytes.len())].to_vec();
                drop(bytes.splice(start..start, piece)); // what stands there already
            }
        }
    }

    /// What is read again after an edit is what reading it all gives, in each format that is cut.
    #[test]
    fn an_edit_read_again_is_the_file_read_whole() {
        let blocks = Split::Blocks { comment: Some("#".into()) };
        let titled = Split::Csv(Dialect { skip: 3, ..Dialect::quoted(b',') });
        let splits = [Split::Lines, Split::Csv(Dialect::quoted(b',')), blocks, Split::Warc, titled];
        let (mut used, mut runs) = (0, 0);
        for seed in 0..320u64 {
            let source = source(splits[seed as usize % splits.len()].clone());
            let dir = tempfile::tempdir().unwrap();
            let world = World::new(dir.path());
            let (store, exec) = (Store::read(&world).unwrap(), Local::new(1));
            let reading = Reading {
                world: &world,
                store: &store,
                exec: &exec,
                source: &source,
                contexts: &Default::default(),
                target: 16,
            };
            let path = dir.path().join("data");
            let mut bytes: Vec<u8> = (0..4000).flat_map(|n| record(source.cut.split(), n).into_bytes()).collect();
            std::fs::write(&path, &bytes).unwrap();
            let mut n = 0;
            let mut dice = |below: usize| {
                n += 1;
                (draw(seed, "edit", &n.to_string()) % below.max(1) as u64) as usize
            };
            for _ in 0..4 {
                let before = read_file(&reading, "data", None).unwrap();
                for _ in 0..=dice(2) {
                    edit(&mut bytes, source.cut.split(), &mut dice);
                }
                std::fs::write(&path, &bytes).unwrap();
                let whole = read_file(&reading, "data", None).unwrap();
                let again = read_file(&reading, "data", Some(&before)).unwrap();
                assert_eq!(again.digest, whole.digest, "seed {seed}");
                assert_eq!(again.stretches, whole.stretches, "seed {seed}");
                let open = world.open("data").unwrap();
                let alone = read_again(&open, &exec, &source, &before, Window::lines(16)).unwrap();
                used += usize::from(alone.is_some());
                runs += 1;
            }
        }
        assert!(used * 10 > runs * 7, "{used} of {runs} were not read whole");
    }
}
