//! What an update that was stopped had done: a line for each file that came. The next update goes on from there; one that
//! comes to its end writes dataset.lock and removes it.
use super::super::lock::FetchedLock;
use super::super::store::FOLDER;
use crate::model::moments;
use crate::world::{How, Own, World};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io;

const PATH: &str = "update";
/// Seconds after which a line counts no more: what was fetched the day before is asked for anew.
const VALID: i64 = 24 * 3600;

#[derive(Serialize, Deserialize)]
struct Line {
    name: String,
    url: String,
    line: FetchedLock,
}

/// The journal of an update.
pub struct Journal {
    own: Own,
    at: u64,
    /// By name and address: what came before the stop.
    pub done: BTreeMap<(String, String), FetchedLock>,
}

fn path() -> String {
    format!("{FOLDER}/{PATH}")
}

impl Journal {
    /// Opens the journal; what a stopped update left counts for a day.
    pub fn open(project: &World) -> io::Result<Journal> {
        let own = project.own(&path(), How::Edit)?;
        let bytes = own.read(own.len()? as usize, 0)?;
        let now = project.now() / 1_000_000_000;
        let fresh = |line: &FetchedLock| {
            moments::micros(&line.fetched).is_some_and(|at| (0..VALID).contains(&(now - at / 1_000_000)))
        };
        // a line that a kill broke off does not read, and counts for nothing
        let lines = bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        let done = lines.filter(|l| fresh(&l.line)).map(|l| ((l.name, l.url), l.line)).collect();
        Ok(Journal { at: bytes.len() as u64, own, done })
    }

    pub fn put(&mut self, name: &str, url: &str, line: &FetchedLock) -> io::Result<()> {
        let line = Line { name: name.into(), url: url.into(), line: line.clone() };
        let mut bytes = serde_json::to_vec(&line).map_err(io::Error::other)?;
        bytes.insert(0, b'\n'); // behind a line that broke off
        bytes.push(b'\n');
        self.own.write_at(&bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(())
    }

    /// The update came to its end.
    pub fn remove(project: &World) -> io::Result<()> {
        if project.exists(&path()) { project.remove(&path()) } else { Ok(()) }
    }
}
