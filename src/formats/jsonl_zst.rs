//! JSON Lines packed with Zstandard, as released: each piece is a frame of its own, so that an edit packs one piece anew. Sources
//! packed so are read as `jsonl`, whose files may end in `.zst`.
use super::back::{Values, of_lines};
use super::format::Format;
use super::jsonl;
use super::packing::{unzstd, zstd};
use super::writer::{Needs, Place, Writer, length_alone, one_after_another};

pub const FORMAT: Format = Format {
    writer: Some(Writer {
        version: 1,
        uses: &["zstd 0.14"],
        files: "jsonl_zst/SPLIT-NNNNN.jsonl.zst",
        doc: "`jsonl` packed with Zstandard",
        needs: Needs { columns: true, nameless: true, ..Needs::NONE },
        encode: |sheet, _| zstd(&jsonl::lines(sheet, None)),
        outline: length_alone,
        join: one_after_another,
        samples: Some(|input, tell| jsonl::samples(&mut unzstd(input)?, tell)),
        values: Some(Values {
            pieces: false,
            read: |input, back, tell| of_lines(&mut unzstd(input)?, back, false, tell),
        }),
        place: Place::Nowhere,
        table: false,
        loses: &[],
        index: None,
    }),
    ..Format::new("jsonl_zst", "JSON Lines, packed with Zstandard. A source of such files is `jsonl`.")
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::writer::Sheet;
    use crate::table::array_of;

    #[test]
    fn frames_one_behind_another_are_one_file() {
        let writer = FORMAT.writer.as_ref().unwrap();
        let piece = |ids: &[&str]| {
            let texts = array_of(ids.iter().map(|id| Some(id.to_string())).collect::<Vec<_>>());
            let sheet = Sheet { rows: ids.len(), columns: vec![("id".into(), texts)], ..Sheet::default() };
            (writer.encode)(&sheet, &mut Vec::new()).unwrap()
        };
        let (read, whole) = (writer.samples.unwrap(), [piece(&["a", "b"]), piece(&[]), piece(&["c"])].concat());
        let mut ids = Vec::new();
        read(&mut whole.as_slice(), &mut |id| ids.push(id.map(String::from))).unwrap();
        assert_eq!(ids, ["a", "b", "c"].map(|id| Some(id.to_string())));
        assert!(read(&mut &whole[..whole.len() - 3], &mut |_| {}).is_err(), "a file that breaks off");
        assert!(read(&mut "no frame".as_bytes(), &mut |_| {}).is_err());
    }
}
