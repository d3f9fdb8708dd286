//! Image folders: an image is a sample, and the folder that it lies in is its class. Written as the images with a file
//! `metadata.jsonl` beside them, which names each by `file_name`.
use super::format::Format;
use super::jsonl;
use super::writer::{Lost, Needs, Place, Sheet, Writer, length_alone, one_after_another};
use crate::model::images::Image;

pub const FORMAT: Format = Format {
    images: true,
    writer: Some(Writer {
        version: 0,
        uses: &[],
        files: "images/SPLIT/metadata.jsonl",
        doc: "images under `images/SPLIT/`",
        needs: Needs { columns: true, images: true, label: None, tokens: false, sizes: false },
        encode,
        outline: length_alone,
        join: one_after_another,
        samples: Some(jsonl::samples),
        place: Place::Line,
        table: false,
    }),
    pictures: Some(jsonl::pictures),
    ..Format::new("image_folder", "An image a sample; its folder is its class.")
};

fn encode(sheet: &Sheet, _: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let names = file_names(sheet);
    let columns = sheet.columns.iter().filter(|(name, _)| name != "image").cloned().collect();
    let own = Sheet { rows: sheet.rows, columns, roles: Default::default() };
    let first = |row: usize| match names.get(row) {
        Some(Some(name)) => format!("\"file_name\": {}", serde_json::Value::from(name.as_str())),
        _ => String::new(),
    };
    Ok(jsonl::lines(&own, Some(&first)).into_bytes())
}

/// The file that each image of a release is put into: `ID.ext`, where what is not plain in an id is written `%XX`.
pub fn file_names(sheet: &Sheet) -> Vec<Option<String>> {
    let name = |(id, image): (Option<String>, Option<Image>)| {
        let image = image?;
        let ext = if image.format == "jpeg" { "jpg".to_string() } else { image.format };
        Some(format!("{}.{ext}", plain(&id?)))
    };
    sheet.cells("id").into_iter().zip(sheet.cells("image")).map(name).collect()
}

fn plain(id: &str) -> String {
    let keep = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.') || !b.is_ascii();
    let mut out: Vec<u8> = Vec::new();
    for b in id.bytes() {
        if keep(&b) { out.push(b) } else { out.extend(format!("%{b:02X}").bytes()) }
    }
    let out = String::from_utf8_lossy(&out).into_owned();
    match out.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_names_are_plain() {
        assert_eq!(plain("a/b c"), "a%2Fb%20c");
        assert_eq!(plain("가-1"), "가-1");
        assert_eq!(plain("..x"), "%2E.x");
    }
}
