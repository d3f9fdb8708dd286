//! Parquet (owner of `parquet`). A row group is a unit: its bytes, and what the footer says of it alone, so that a file in
//! which one row group changed is read again only there. Columns go to Arrow as they are.
//!
//! Findings: `field.type` (values of a column are not of the field's type and became null; once for each reason),
//! `column.missing`. Dropped: `parquet` (a row group that cannot be read, row by row).
mod columns;
mod list;
mod read;
pub mod rows;
mod write;

use super::back::Values;
use super::chat::{self, CHAT};
use super::cut::Cut;
use super::format::Format;
use super::held::{self, PICTURES};
use super::reader::{Offers, Reader, Selects};
use super::tokens::{self, JOIN, TOKENS};
use super::writer::{Needs, Place, Writer};

pub const FORMAT: Format = Format {
    options: &[TOKENS, JOIN, CHAT, PICTURES],
    unfit: chat::unfit,
    doubts: |_, len, bytes| columns::doubts(len, bytes),
    classes: Some(columns::classes),
    reader: Some(Reader {
        version: 2, // losses are told at each row; names that repeat; types: `batches/hold`; tokens
        uses: &["parquet 60"],
        cut: |_| Cut::Members(&list::ROW_GROUPS),
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
        offers: Offers::Columns(|options, len, bytes| Ok(chat::columns(options, columns::columns(len, bytes)?))),
    }),
    writer: Some(Writer {
        version: 2, // dates, images; 2: the index of pages
        uses: &["parquet 60", "zstd 0.14"],
        files: "parquet/SPLIT-NNNNN.parquet",
        doc: "",
        needs: Needs { columns: true, typed: true, nameless: true, ..Needs::NONE },
        encode: |sheet, _| write::fragment(&sheet.columns),
        outline: write::footer,
        join: write::join,
        samples: Some(write::samples),
        values: Some(Values { pieces: true, read: write::values }),
        place: Place::Row,
        table: true,
        loses: &[],
        index: None,
    }),
    ..Format::new("parquet", "Tables of Apache Parquet.")
};
