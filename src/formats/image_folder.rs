//! Image folders: an image is a sample, and the folder that it lies in is its class. Written as the images with a file
//! `metadata.jsonl` beside them, which names each by `file_name`; with `folders`, each lies in the folder of its class.
use super::back::{Values, of_lines};
use super::format::Format;
use super::jsonl;
use super::writer::{Lost, Needs, Place, Sheet, Writer, length_alone, one_after_another};

pub const FORMAT: Format = Format {
    images: true,
    writer: Some(Writer {
        version: 1, // short names, floats with their point
        uses: &[],
        files: "images/SPLIT/metadata.jsonl",
        doc: "images under `images/SPLIT/`, or with `folders` under `images/SPLIT/CLASS/`",
        needs: Needs { columns: true, images: true, folders: true, ..Needs::NONE },
        encode,
        outline: length_alone,
        join: one_after_another,
        samples: Some(jsonl::samples),
        values: Some(Values { pieces: false, read: |input, back, tell| of_lines(input, back, true, tell) }),
        place: Place::Line,
        table: false,
        loses: &[],
        index: None,
    }),
    pictures: Some(jsonl::pictures),
    ..Format::new("image_folder", "An image a sample; its folder is its class.")
};

fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let names = sheet.cells::<String>("file");
    if sheet.roles.contains_key("folder") {
        let classes = sheet.cells::<String>("folder");
        for (row, _) in classes.iter().enumerate().filter(|(_, class)| class.is_none()) {
            let say = "it has no class, so its image lies in the folder of none".into();
            lost.push(Lost { row, rule: "image_folder.class", say });
        }
    }
    let columns = sheet.columns.iter().filter(|(name, _)| name != "image").cloned().collect();
    let own = Sheet { rows: sheet.rows, columns, ..Sheet::default() };
    let first = |row: usize| match names.get(row) {
        Some(Some(name)) => format!("\"file_name\": {}", serde_json::Value::from(name.as_str())),
        _ => String::new(),
    };
    Ok(jsonl::lines(&own, Some(&first)))
}
