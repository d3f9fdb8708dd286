//! Columns of a table that hold pictures: known by their names and by what lies in them, as `datasets` writes them.
use super::kinds::recogniser::Key;
use super::names::words;
use super::sample::Sample;
use crate::formats::Format;
use crate::formats::held::PICTURES;
use crate::formats::reader::UNHELD;

/// Columns of pictures are called so; sounds lie in columns of the same form.
const NAMES: &[&str] = &["image", "images", "img", "picture", "photo", "jpg", "jpeg", "png"];

/// The first column of pictures, one in each row, if a format reads such a one, and no key names it yet.
pub fn column(format: &Format, keys: &[Key], sample: &Sample) -> Option<Key> {
    let is_read = format.options.iter().any(|own| own.name == PICTURES.name);
    if !is_read || keys.iter().any(|key| key.name == PICTURES.name) {
        return None;
    }
    let column = sample.columns.iter().find(|column| {
        let one = |held: &str| held.contains("bytes") && !held.starts_with("a list");
        let holds_bytes = column.ty.strip_prefix(UNHELD).is_some_and(one);
        holds_bytes && words(&column.name).any(|word| NAMES.contains(&word.as_str()))
    })?;
    Some(Key::new(PICTURES.name, column.name.as_str(), "it holds bytes, and is called as pictures are"))
}
