//! Pictures that lie in the columns of a table, as `datasets` keeps them: objects of `bytes` and `path`, or the bytes alone.
//! A sample's picture is what its row holds. Finding: `picture.missing` (a row without one).
use super::options::{Choice, Options, Takes};
use super::reader::{Added, Records, Unit};
use crate::model::images::Image;
use crate::table::{Array, ArrayRef, Cell, Value};
use arrow_array::cast::AsArray;
use arrow_schema::DataType;

pub const PICTURES: Choice = Choice {
    name: "pictures",
    doc: "the column that holds a picture in each row, as `datasets` keeps them: an object of `bytes` and `path`, or the bytes alone. It \
          becomes the picture of the sample, as of files of `image_folder`. Default: none.",
    takes: Takes::Text { default: "" },
};

/// The column of pictures; empty where none is declared.
pub fn column(options: &Options) -> &str {
    options.text(&PICTURES)
}

/// The column of samples that they become.
pub fn adds(options: &Options) -> Added {
    if column(options).is_empty() { Vec::new() } else { vec![("image", Image::ty())] }
}

/// Takes the pictures of the rows of a batch that became samples; `first` is the number of its first row.
pub fn take(array: Option<&ArrayRef>, stay: &[u32], (unit, first): (&Unit, usize), out: &mut Records) {
    for row in stay {
        let at = *row as usize;
        put(array.map_or(Err("there is no such column"), |array| bytes(array, at)), (unit, first + at), out);
    }
}

/// The picture of the sample taken last, or why it has none.
pub fn put(bytes: Result<&[u8], &str>, (unit, record): (&Unit, usize), out: &mut Records) {
    match bytes {
        Ok(bytes) => {
            let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
            let image = Image { blob: out.hold(bytes), format: format_of(bytes).into(), bytes: len };
            out.more("image", image.into_value());
        }
        Err(say) => {
            out.more("image", Value::Null);
            out.finding(unit, record, 0, "picture.missing", say);
        }
    }
}

/// The bytes of a picture, or why there are none.
fn bytes(array: &ArrayRef, row: usize) -> Result<&[u8], &'static str> {
    if array.is_null(row) {
        return Err("its row holds no picture");
    }
    if matches!(array.data_type(), DataType::List(_) | DataType::LargeList(_)) {
        return Err("its row holds a list, and nothing says which of it is the picture of the sample");
    }
    let own = match array.as_struct_opt() {
        Some(object) => object.column_by_name("bytes").ok_or("the object in its row has no `bytes`")?,
        None => array,
    };
    if own.is_null(row) {
        return Err("its row holds no bytes of a picture, only the name of a file");
    }
    let small = own.as_binary_opt::<i32>().map(|of| of.value(row));
    small.or_else(|| own.as_binary_opt::<i64>().map(|of| of.value(row))).ok_or("what its row holds is no bytes")
}

/// What a picture is by its first bytes.
fn format_of(bytes: &[u8]) -> &'static str {
    const STARTS: &[(&[u8], &str)] = &[
        (b"\xff\xd8\xff", "jpeg"),
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"GIF8", "gif"),
        (b"BM", "bmp"),
        (b"II*\0", "tiff"),
        (b"MM\0*", "tiff"),
    ];
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    let known = STARTS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name);
    known.or(webp.then_some("webp")).unwrap_or("unknown")
}
