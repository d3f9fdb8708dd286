//! Formats that are cut into records as they stream by, and the encodings in which they cannot be.
use super::cut::text::lengths;
use super::cut::{Cut, Holds, Split};
use super::encoding::{self, ENCODING};
use super::options::Options;
use super::reader::{Ask, Records, Unit};

/// The records of a unit of text with their numbers, cut as the scan cut them.
pub fn each_record<'u>(ask: &Ask, split: &Split, bytes: &'u [u8]) -> impl Iterator<Item = (usize, &'u [u8])> {
    let mut rest = bytes;
    let lengths = lengths(&split.further(), bytes, ask.record_max);
    lengths.into_iter().enumerate().map(move |(n, len)| {
        let (own, after) = rest.split_at_checked(len as usize).unwrap_or((rest, &[]));
        rest = after;
        (n, own)
    })
}

/// How a format of lines is cut: where a line end is more than one byte, the file is decoded first, as a whole.
pub fn cut_text(options: &Options, split: Split) -> Cut {
    match encoding::is_wide(options.text(&ENCODING)) {
        true => Cut::Document(Holds::Many),
        false => Cut::Text(split),
    }
}

/// Calls `read` with a unit and the encoding of its records. A unit in an encoding whose line ends are more than one byte is
/// a whole file: `read` is given it in UTF-8.
pub fn each_unit(ask: &Ask, unit: &Unit, out: &mut Records, read: impl FnOnce(&Unit, &str, &mut Records)) {
    let encoding = ask.options.text(&ENCODING);
    if !encoding::is_wide(encoding) {
        return read(unit, encoding, out);
    }
    match encoding::recoded(unit.bytes, encoding) {
        Ok(bytes) => {
            out.document(true);
            read(&Unit { bytes: &bytes, ..*unit }, "utf-8", out);
            out.document(false);
        }
        Err(wrong) => out.reject_line(unit, 0, &wrong),
    }
}
