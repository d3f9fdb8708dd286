//! Image folders: an image is a sample, and the folder that it lies in is its class. Written as the images with a file
//! `metadata.jsonl` beside them, which names each by `file_name`.
use super::format::Format;
use super::jsonl;
use super::writer::{Lost, Needs, Place, Sheet, Writer, length_alone, one_after_another};

pub const FORMAT: Format = Format {
    images: true,
    writer: Some(Writer {
        version: 1, // short names, floats with their point
        uses: &[],
        files: "images/SPLIT/metadata.jsonl",
        doc: "images under `images/SPLIT/`",
        needs: Needs { columns: true, images: true, label: None, tokens: false, sizes: false, typed: false },
        encode,
        outline: length_alone,
        join: one_after_another,
        samples: Some(jsonl::samples),
        place: Place::Line,
        table: false,
        loses: false,
    }),
    pictures: Some(jsonl::pictures),
    ..Format::new("image_folder", "An image a sample; its folder is its class.")
};

fn encode(sheet: &Sheet, _: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let names = sheet.cells::<String>("file");
    let columns = sheet.columns.iter().filter(|(name, _)| name != "image").cloned().collect();
    let own = Sheet { rows: sheet.rows, columns, roles: Default::default() };
    let first = |row: usize| match names.get(row) {
        Some(Some(name)) => format!("\"file_name\": {}", serde_json::Value::from(name.as_str())),
        _ => String::new(),
    };
    Ok(jsonl::lines(&own, Some(&first)).into_bytes())
}
