//! Text: a file is a sample, and `text` is all of it. Dropped: `encoding`.
use super::cut::{Cut, Holds};
use super::encoding::{BOM, ENCODING, decoded};
use super::format::Format;
use super::reader::{Ask, Offers, Reader, Record, Records, Selects, Unit, adds_nothing, as_declared, no_tokens};
use crate::formats::spelling::Spelling;
use crate::table::Builder;

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    reader: Some(Reader {
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
    }),
    ..Format::new("text", "A file a sample.")
};

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
