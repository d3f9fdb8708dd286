//! What is taken of the body of a record as text, in a build that reads no pages.
use super::body::{Payload, is_text};
use crate::formats::cut::warc::Head;
use crate::formats::encoding::{self, Wrong, as_named};
use crate::formats::reader::{Field, From};

pub const USES: &[&str] = &[];
pub const WORDS: &[&str] = &["url", "date", "type", "record", "status", "media_type", "language", "text", "source"];
/// What a text is taken from where nobody says it.
pub const TEXT: &str = "source";
pub const SAY: &str = "`text`, `source`, `url`, `date`, `type`, `record`, `status`, `media_type`, `language`; `warc:NAME` or \
                       `http:NAME` for a field of a head";

/// Whether a field is taken from the body.
pub fn needs(field: &Field) -> bool {
    matches!(&field.from, From::Record(word) if ["text", "source"].contains(&word.as_str()))
}

/// A body that was read.
#[derive(Default)]
pub struct Read {
    source: Option<String>,
    is_page: bool,
    /// Why there is no text.
    none: Option<String>,
}

impl Read {
    pub fn doubt(&self) -> Option<String> {
        None
    }

    pub fn value(&self, word: &str) -> Result<Option<String>, String> {
        if let Some(why) = &self.none {
            return Err(why.clone());
        }
        if self.is_page && word == "text" {
            return Err(
                "the main text of a page takes a build with the feature `crawl`; `source` is the page as it was sent"
                    .into(),
            );
        }
        Ok(self.source.clone())
    }
}

/// Reads a body in the encoding that its head names, or else in the declared one, or in UTF-8. What is neither text nor a page has no text.
pub fn read(_: &Head, payload: &Payload, declared: Option<&str>) -> Result<Read, Wrong> {
    let is_page = ["text/html", "application/xhtml+xml"].contains(&payload.media.as_str());
    if !is_page && !is_text(&payload.media) {
        return Ok(Read { none: Some(format!("`{}` is no text", payload.media.escape_default())), ..Read::default() });
    }
    let charset = payload.said.and_then(|said| said.split(';').find_map(|part| part.trim().strip_prefix("charset=")));
    let recoded = match (charset, declared) {
        (Some(name), _) => as_named(name.trim_matches('"'), &payload.bytes),
        (None, Some(name)) => Some(encoding::recoded(&payload.bytes, name)?.into_owned()),
        (None, None) => None,
    };
    let text = encoding::text(recoded.as_deref().unwrap_or(&payload.bytes))?;
    Ok(Read { source: Some(text.strip_prefix(encoding::BOM).unwrap_or(text).to_string()), is_page, none: None })
}
