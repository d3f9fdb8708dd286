//! `sqlite`: a database of SQLite, of which a query gives the records: one row of the answer is one, its columns by name.
//!
//! Read where tamis was built with the feature `database`; elsewhere `check` says so. The query may only select: it can write
//! nothing, open no other file and ask no clock. Its rows come in the order that it gives, so `ORDER BY` decides about
//! `id = "position"`.
//!
//! Dropped records: `encoding` (a text that is not UTF-8); with the whole file `sqlite.database` (no database, or a damaged one) and
//! `sqlite.query` (no such table or column, two columns of one name, more steps than it may take). Finding: `sqlite.wal` (what
//! stands in a file `-wal` beside it is not read). Limits: the file is one document and is held in memory, so `record_max` must be as large
//! as it is.
#[cfg(feature = "database")]
mod database;
mod row;

use super::cut::members::ReadAt;
use super::cut::{Cut, Holds};
use super::doubt::Doubt;
use super::encoding::Wrong;
use super::format::Format;
use super::infer;
use super::json::{self, parse, parse_asked};
use super::options::{Choice, Options, Takes};
use super::reader::{Ask, From, Offers, Reader, Records, Seen, Selects, Unit, adds_nothing, as_declared, no_tokens};
use row::Row;

const QUERY: Choice = Choice {
    name: "query",
    doc: "the SQL that gives the records, such as `SELECT id, text FROM notes ORDER BY id`. Default: all of the only table.",
    takes: Takes::Text { default: "" },
};

pub const FORMAT: Format = Format {
    options: &[QUERY],
    doubts,
    reader: Some(Reader {
        version: 0,
        uses: &["rusqlite 0.43", "libsqlite3-sys 0.40"],
        cut: |_| Cut::Document(Holds::Many),
        id: "content",
        own_id: None,
        selects: Selects::Names,
        text: no_tokens,
        ty: as_declared,
        adds: adds_nothing,
        read,
        offers: Offers::Columns(columns),
    }),
    ..Format::new("sqlite", "A database of SQLite, by a query; needs a tamis with the feature `database`.")
};

/// Whether this tamis can read databases.
pub const KNOWN: bool = cfg!(feature = "database");

/// How every database begins.
pub const MAGIC: &[u8] = b"SQLite format 3\0";

/// Records that are looked at to find out columns and types.
const LOOKED: usize = 1000;

/// Hands over at most so many rows of the answer to a query, and gives the names of its columns.
#[cfg(feature = "database")]
fn rows(bytes: &[u8], query: &str, most: usize, tell: &mut dyn FnMut(Row)) -> Result<Vec<String>, Wrong> {
    database::rows(bytes, query, most, tell)
}

#[cfg(not(feature = "database"))]
fn rows(_: &[u8], _: &str, _: usize, _: &mut dyn FnMut(Row)) -> Result<Vec<String>, Wrong> {
    Err(Wrong::new("sqlite.database", UNBUILT))
}

const UNBUILT: &str = "this tamis was built without the feature `database`, which reads it";

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let mut n = 0;
    let mut take = |row: Row| {
        let object = row.object.as_ref().map_err(Wrong::clone);
        match object.and_then(|text| Ok((text, parse_asked(text.as_bytes(), ask)?))) {
            Ok((text, object)) => json::take(ask, out, (unit, n, text.as_bytes()), &object),
            Err(wrong) => out.reject_line(unit, n, &wrong),
        }
        for (column, why) in row.lost {
            let taken = |f: &&super::reader::Field| matches!(&f.from, From::Record(name) if *name == column);
            for field in ask.fields.iter().filter(taken) {
                out.field_finding(unit, n, "field.type", (&field.name, 1), why);
            }
        }
        n += 1;
    };
    if let Err(wrong) = rows(unit.bytes, ask.options.text(&QUERY), usize::MAX, &mut take) {
        return out.reject_line(unit, n, &wrong);
    }
    if is_wal(unit.bytes) {
        let say = "the database is in WAL mode: what stands in a file -wal beside it is not read; `PRAGMA wal_checkpoint` brings it in";
        out.finding(unit, 0, 0, "sqlite.wal", say);
    }
}

/// Whether changes of a database may stand in a file beside it.
fn is_wal(bytes: &[u8]) -> bool {
    bytes.get(18..20).is_some_and(|versions| versions.contains(&2))
}

fn columns(options: &Options, len: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    if !KNOWN {
        return Err(UNBUILT.into());
    }
    let bytes = read(0, len).map_err(|e| e.to_string())?;
    let mut texts = Vec::new();
    let mut note = |row: Row| texts.extend(row.object.ok());
    let names = rows(&bytes, options.text(&QUERY), LOOKED, &mut note).map_err(|wrong| wrong.say)?;
    let seen = infer::objects(texts.iter().filter_map(|text| parse(text.as_bytes(), 64).ok()));
    let nothing = |name: String| (name, "null".to_string());
    Ok(if seen.is_empty() { names.into_iter().map(nothing).collect() } else { seen })
}

/// What a database says against its query, before anything is read.
fn doubts(options: &Options, len: u64, read: &ReadAt) -> Vec<Doubt> {
    let Ok(bytes) = read(0, if KNOWN { len } else { len.min(MAGIC.len() as u64) }) else { return Vec::new() };
    if !bytes.starts_with(MAGIC) {
        return vec![Doubt::fails("", "is no database of SQLite", "say the `format` that the file has")];
    }
    if !KNOWN {
        let help = "this tamis was built without the feature `database`: cargo install --path . --features database";
        return vec![Doubt::fails("", "is a database, which this tamis does not read", help)];
    }
    match rows(&bytes, options.text(&QUERY), 1, &mut |_| {}) {
        Err(wrong) if wrong.rule == "sqlite.query" => {
            vec![Doubt::fails(QUERY.name, "cannot answer the query", wrong.say)]
        }
        _ => Vec::new(), // a file that cannot be read is told when it is read
    }
}
