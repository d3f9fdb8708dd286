//! Text: a file is a sample, and `text` is all of it; or each of its lines is one, or each of its paragraphs. Lines without
//! anything but white space part paragraphs, and are no samples. Dropped: `encoding`.
use super::cut::{Cut, Holds, Split};
use super::encoding::{BOM, ENCODING, decoded};
use super::format::Format;
use super::lines::{cut_text, each_record, each_unit};
use super::reader::{Ask, Offers, Reader, Record, Records, Selects, Unit, adds_nothing, as_declared, no_tokens};
use crate::formats::spelling::Spelling;
use crate::table::Builder;

const READER: Reader = Reader {
    version: 0,
    uses: &[],
    cut: |_| Cut::Document(Holds::One),
    id: "path",
    own_id: None,
    selects: Selects::Words { words: &["text"], numbered: &[], keyed: &[], say: "`text`, `path` or `stem`" },
    text: no_tokens,
    ty: as_declared,
    adds: adds_nothing,
    read,
    offers: Offers::Words(&[("text", "text")]),
};

pub const FORMAT: Format =
    Format { options: &[ENCODING], reader: Some(READER), ..Format::new("text", "A file a sample.") };

pub const LINES: Format = Format {
    options: &[ENCODING],
    reader: Some(Reader {
        cut: |options| cut_text(options, Split::Lines),
        id: "content",
        read: |ask, unit, out| parts(ask, unit, out, &Split::Lines),
        ..READER
    }),
    ..Format::new("lines", "A line of text a sample.")
};

/// How paragraphs are parted.
const BLANK_LINES: Split = Split::Blocks { comment: None };

pub const PARAGRAPHS: Format = Format {
    options: &[ENCODING],
    reader: Some(Reader {
        cut: |options| cut_text(options, BLANK_LINES),
        id: "content",
        read: |ask, unit, out| parts(ask, unit, out, &BLANK_LINES),
        ..READER
    }),
    ..Format::new("paragraphs", "A paragraph of text a sample: blank lines stand between them.")
};

/// Each record of a unit is a text: without its line end, and without blank lines around it.
fn parts(ask: &Ask, unit: &Unit, out: &mut Records, split: &Split) {
    each_unit(ask, unit, out, |unit, encoding, out| {
        for (n, own) in each_record(ask, split, unit.bytes) {
            out.next(own);
            match decoded(own, encoding) {
                Ok(text) => {
                    let text = text.strip_prefix(BOM).unwrap_or(&text).replace("\r\n", "\n");
                    out.take(unit, n, own, &Whole(inner(&text)));
                }
                Err(wrong) => out.reject(unit, n, &wrong),
            }
        }
    });
}

/// A text from its first line that holds something to the end of its last one.
fn inner(text: &str) -> &str {
    let blank = |line: &str| line.trim().is_empty();
    let begin: usize = text.split_inclusive('\n').take_while(|line| blank(line)).map(str::len).sum();
    let rest = text.get(begin..).unwrap_or_default();
    let end: usize = rest.split_inclusive('\n').rev().take_while(|line| blank(line)).map(str::len).sum();
    let own = rest.get(..rest.len() - end).unwrap_or_default();
    own.strip_suffix('\n').unwrap_or(own)
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    match decoded(unit.bytes, ask.options.text(&ENCODING)) {
        Ok(text) => drop(out.take(unit, 0, unit.bytes, &Whole(text.strip_prefix(BOM).unwrap_or(&text)))),
        Err(wrong) => out.reject(unit, 0, &wrong),
    }
}

struct Whole<'t>(&'t str);

impl Record for Whole<'_> {
    fn text(&self, _: &str) -> Option<String> {
        None // nothing in a file says what its id is
    }

    fn put(&self, _: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        to.value(Spelling::default().value(self.0, ty)?);
        Ok(())
    }

    fn has(&self, _: &str) -> bool {
        true
    }
}
