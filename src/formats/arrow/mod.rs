//! Arrow IPC (owner of `arrow_ipc`): files, which end with a list of their record batches, and streams, as `datasets` keeps
//! them. A record batch is a unit: its message, and in front of it what the file says of its columns (the schema, and
//! dictionaries). What a column holds is as of Parquet, once the ways to lay values out are made one (`batches/plain`).
//!
//! Findings: `field.type`, `column.missing`. Dropped: `arrow` (a record batch that cannot be read, row by row).
mod list;
mod read;
mod write;

pub use read::rows;

use super::back::Values;
use super::batches::{self, NOTED};
use super::chat::{self, CHAT};
use super::cut::Cut;
use super::format::Format;
use super::guard::guarded;
use super::held::{self, PICTURES};
use super::reader::{Offers, Reader, Selects};
use super::tokens::{self, JOIN, TOKENS};
use super::writer::{Needs, Place, Writer};

pub const FORMAT: Format = Format {
    options: &[TOKENS, JOIN, CHAT, PICTURES],
    unfit: chat::unfit,
    // a file that cannot be read is told when it is read
    doubts: |_, len, bytes| {
        guarded(|| list::schema(len, bytes).ok().map(|s| batches::doubts(&s))).flatten().unwrap_or_default()
    },
    classes: Some(|len, bytes| {
        let noted = || batches::classes(list::schema(len, bytes).ok()?.metadata().get(NOTED)?);
        guarded(noted).flatten().unwrap_or_default()
    }),
    reader: Some(Reader {
        version: 1,
        uses: &["arrow-ipc 60"],
        cut: |_| Cut::Members(&list::BATCHES),
        id: "",
        own_id: None,
        selects: Selects::Names,
        text: tokens::text,
        ty: chat::ty,
        adds: |options, selected| {
            let tokens = tokens::adds(tokens::text(options), selected);
            tokens.into_iter().chain(held::adds(options)).collect()
        },
        read: read::read,
        offers: Offers::Columns(|options, len, bytes| Ok(chat::columns(options, read::columns(len, bytes)?))),
    }),
    writer: Some(Writer {
        version: 1,
        uses: &["arrow-ipc 60"],
        files: "arrow/SPLIT-NNNNN.arrow",
        doc: "a file of Arrow IPC, also called Feather",
        needs: Needs { columns: true, typed: true, nameless: true, ..Needs::NONE },
        encode: |sheet, _| write::fragment(&sheet.columns),
        outline: write::outline,
        join: write::join,
        samples: Some(read::samples),
        values: Some(Values { pieces: true, read: read::values }),
        place: Place::Row,
        table: true,
        loses: &[],
        index: None,
    }),
    ..Format::new("arrow", "Tables of Arrow IPC: files and streams.")
};
