//! `release.json`: what a folder of released files says of itself.
use crate::formats::writer::Writer;
use crate::formats::{FORMATS, Format};
use crate::project::Failure;
use crate::world::World;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io;

/// What `release.json` says of itself in `format`.
const FORMAT: u64 = 1;

/// `release.json`, as far as it is read.
#[derive(Deserialize, Default)]
pub struct Page {
    pub format: u64,
    #[serde(default)]
    pub dataset: String,
    #[serde(default)]
    pub release: String,
    #[serde(default)]
    pub version: String,
    #[serde(default)]
    pub license: Option<String>,
    pub formats: Vec<String>,
    pub columns: Vec<String>,
    /// What each column holds; releases of the first days do not say it.
    #[serde(default)]
    pub types: Option<BTreeMap<String, String>>,
    /// What samples are called; pieces are cut by the ids that they were collected under.
    #[serde(default)]
    pub ids: Option<String>,
    pub splits: BTreeMap<String, Rows>,
    pub content: Vec<Line>,
    pub content_root: String,
    /// Formats that have no files of a split, since its answers are hidden.
    #[serde(default)]
    pub without: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
pub struct Rows {
    pub rows: u64,
}

#[derive(Deserialize)]
pub struct Line {
    pub split: String,
    pub column: String,
    pub digest: String,
}

impl Page {
    pub fn read(world: &World) -> Result<Page, Failure> {
        let bytes = world.read("release.json", 1 << 30).map_err(|e| failed("release.json", &e))?;
        let page: Page =
            serde_json::from_slice(&bytes).map_err(|e| Failure::Differs(format!("release.json does not read: {e}")))?;
        if page.format != FORMAT {
            let say = format!("release.json is of format {}; this tamis reads {FORMAT}", page.format);
            return Err(Failure::Differs(say));
        }
        Ok(page)
    }

    /// Whether a format has files of a split.
    pub fn has_files(&self, format: &str, split: &str) -> bool {
        !self.without.get(split).is_some_and(|of| of.iter().any(|f| f == format))
    }

    pub fn has_format(&self, name: &str) -> bool {
        self.formats.iter().any(|f| f == name)
    }
}

/// A file of a release that does not read.
pub fn failed(path: &str, e: &io::Error) -> Failure {
    let says = e.to_string();
    Failure::World(if says.contains(path) { says } else { format!("{path}: {says}") })
}

/// The formats that a release may hold.
pub fn written() -> impl Iterator<Item = (&'static Format, &'static Writer)> {
    FORMATS.iter().filter_map(|f| Some((f, f.writer.as_ref()?)))
}
