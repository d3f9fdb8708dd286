//! What a recogniser is, and what all of them share.
use crate::formats::encoding::{self, ENCODING};
use crate::formats::options::Takes;
use crate::formats::{Format, Options};
use crate::new::folder::{Beginning, File};
use serde_json::Value as Json;

/// What knows the files of one format.
pub struct Recogniser {
    /// The name of the format.
    pub format: &'static str,
    /// The keys that a source of such a file needs beside `format`; `None` for a file of another format.
    pub sees: fn(&Beginning) -> Option<Vec<Key>>,
    /// Selectors besides the columns that an id may be taken from.
    pub ids: &'static [&'static str],
}

/// A key beside `format`, with the reason for its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    pub name: &'static str,
    pub value: Json,
    pub why: String,
}

impl Key {
    pub fn new(name: &'static str, value: impl Into<Json>, why: impl Into<String>) -> Key {
        Key { name, value: value.into(), why: why.into() }
    }
}

/// The keys as the format's reader takes them.
pub fn options(format: &Format, keys: &[Key]) -> Options {
    Options::of(keys.iter().map(|k| (k.name.to_string(), k.value.clone())), format.options)
}

/// Whether a file is called like documentation of the data, or of its tools, instead of data.
pub fn is_document(file: &File) -> bool {
    const NAMES: &[&str] =
        &["readme", "license", "licence", "copying", "changelog", "citation", "requirements", "notice", "authors"];
    const ENDS: &[&str] = &["md", "rst", "py", "ipynb", "sh", "r", "toml", "yaml", "yml", "cff", "bib", "lock"];
    let name = file.name().to_lowercase();
    NAMES.iter().any(|n| name.starts_with(n)) || ENDS.contains(&file.extension().as_str())
}

/// The encoding of a file that is not UTF-8; `None` for one that no reader of text reads.
pub fn encoding(b: &Beginning) -> Option<Option<Key>> {
    let bytes = encoding::lines(&b.bytes, b.whole);
    if bytes.contains(&0) {
        return None;
    }
    if encoding::text(bytes).is_ok() {
        return Some(None);
    }
    let Takes::Word { of } = ENCODING.takes else { return None };
    if encoding::is_mostly_utf8(bytes) {
        return Some(None); // a build tells the lines that are none
    }
    let (name, sure) = encoding::guessed(bytes, of)?;
    Some(Some(Key::new(ENCODING.name, name, format!("it is not UTF-8; {sure}"))))
}
