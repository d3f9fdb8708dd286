//! A file that lists its parts: each becomes a stretch of its own.
use super::bytes::{Reading, digest_all, fault_of, keep_bytes, skip};
use super::find::excluded;
use super::table::{FileState, Stretch};
use crate::formats::cut::Members;
use crate::formats::cut::members::{List, Member};
use crate::formats::packing::{decompressor, inner_name};
use crate::formats::{Cut, tar};
use crate::stage::Source;
use crate::world::Open;
use std::io::{self, BufReader};

/// How a file's parts are listed, if it is read as such: any file of a format of parts, and an archive by its name.
pub fn members_of(cut: &Cut, path: &str) -> Option<&'static Members> {
    match cut {
        Cut::Members(members) if members.archives => Some(members),
        _ if tar::is_archive(path) => Some(&tar::ARCHIVE),
        Cut::Members(members) => Some(members),
        Cut::Text(_) | Cut::Document(_) => None,
    }
}

/// The parts of a file with their digests. A file whose list breaks off gives those before, and why.
pub fn read_parts(r: &Reading, open: &Open, path: &str, members: &Members) -> io::Result<FileState> {
    let packed = inner_name(path) != path;
    let mut state = FileState { stat: open.stat(), ..FileState::default() };
    let (listed, fault) = match refused(r.source, members, packed) {
        Some(rule) => (Vec::new(), Some(rule)),
        None => listed(open, path, members)?,
    };
    let (exclude, mut line) = (excluded(r.source), 1);
    for m in listed {
        let name = m.name.as_ref().map(|name| format!("{path}/{name}"));
        if name.is_some_and(|n| exclude.is_match(&n)) {
            continue;
        }
        let records = if r.source.cut.counted_by_reader() && m.reject.is_none() { 0 } else { m.records };
        let too_large = (m.name.is_some() || members.archives) && m.len > r.source.record_max;
        let reject = m.reject.or(too_large.then_some("record.too_large")).map(String::from);
        let Member { name, offset, len, context, .. } = m;
        let context = context.map(|bytes| r.contexts.put(&bytes));
        state.stretches.push(Stretch { offset, len, line, records, reject, name, context, ..Stretch::default() });
        line += u64::from(m.records);
    }
    let fault = match (packed, fault) {
        (false, fault) => {
            let whole = |s: &Stretch| s.offset.checked_add(s.len).is_some_and(|end| end <= state.stat.size);
            let torn = state.stretches.iter().position(|s| !whole(s));
            state.stretches.truncate(torn.unwrap_or(usize::MAX));
            digest_all(r.exec, open, &mut state.stretches)?;
            fault.or(torn.map(|_| "file.truncated"))
        }
        (true, fault) => keep_parts(r, open, path, &mut state.stretches)?.or(fault),
    };
    if let Some(rule) = fault {
        state.stretches.push(Stretch { line, records: 1, reject: Some(rule.into()), ..Stretch::default() });
    }
    Ok(state)
}

/// Why a file is not read in parts at all.
fn refused(source: &Source, members: &Members, packed: bool) -> Option<&'static str> {
    match (&members.list, &source.cut) {
        (List::Anywhere(_), _) if packed => Some("file.packed"),
        _ if *members != tar::ARCHIVE => None,
        (_, Cut::Text(_) | Cut::Members(_)) => Some("archive.format"),
        _ => None,
    }
}

/// The parts that a file lists, and the rule that it breaks behind them.
pub fn listed(open: &Open, path: &str, members: &Members) -> io::Result<(Vec<Member>, Option<&'static str>)> {
    let mut out = Vec::new();
    let done = match members.list {
        List::Stream(list) => list(&mut decompressor(path, Box::new(BufReader::new(open.reader()?))), &mut out),
        List::Anywhere(list) => {
            let size = open.stat().size;
            let read = |at: u64, len: u64| match at.checked_add(len).filter(|end| *end <= size) {
                Some(_) => open.read(len as usize, at),
                None => Err(io::ErrorKind::UnexpectedEof.into()),
            };
            list(size, &read, &mut out)
        }
    };
    let fault = done.err().map(|e| fault_of(e, members.broken)).transpose()?;
    Ok((out, fault))
}

/// Keeps the bytes of a compressed archive's members in the store; gives the rule that the file breaks, if it ends early.
fn keep_parts(r: &Reading, open: &Open, path: &str, stretches: &mut Vec<Stretch>) -> io::Result<Option<&'static str>> {
    let mut input = decompressor(path, Box::new(BufReader::new(open.reader()?)));
    let mut at = 0;
    for k in 0..stretches.len() {
        let s = &mut stretches[k];
        if s.reject.is_some() {
            continue;
        }
        let kept = skip(&mut input, s.offset.saturating_sub(at)).and_then(|()| keep_bytes(&mut input, s.len, r.store));
        at = s.offset + s.len;
        match kept {
            Ok(digest) => s.digest = digest,
            Err(e) => {
                stretches.truncate(k);
                return fault_of(e, "file.compression").map(Some);
            }
        }
    }
    Ok(None)
}
