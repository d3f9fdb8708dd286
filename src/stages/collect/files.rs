//! The files of a source, and how they are read: `open = { files = [..], format = "..", .. }`. What `format` may be, and
//! which keys may stand beside it, comes from the list of formats.
use super::fetch::Fetch;
use crate::diag::nearest;
use crate::formats::options::Choice;
use crate::formats::reader::{Reader, Selects};
use crate::formats::{FORMATS, Format, Options, named};
use crate::manifest::values::At;
use crate::stage::{Check, Given, dialect, dialect_schema};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value as Json, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Which files, and how they are read.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub files: Vec<At<String>>,
    pub images: Vec<At<String>>,
    /// Where they are fetched from, if they are.
    pub fetch: Fetch,
    format: At<String>,
    /// The keys that formats have of their own.
    options: BTreeMap<String, At<Json>>,
}

/// The formats that a source may have.
pub fn formats() -> impl Iterator<Item = &'static Format> {
    FORMATS.iter().filter(|f| f.reader.is_some() || f.images)
}

/// The keys that they read.
fn keys() -> Vec<(&'static Format, &'static Choice)> {
    formats().flat_map(|f| f.options.iter().map(move |choice| (f, choice))).collect()
}

impl Files {
    pub fn format(&self) -> Option<&'static Format> {
        named(&self.format)
    }

    /// Files of a format that is known.
    pub fn known(files: Vec<At<String>>, format: &str, span: Range<usize>) -> Files {
        Files { files, format: At::new(format.into(), span), ..Files::default() }
    }

    /// What reads records, unless images are the samples.
    pub fn reader<'f>(&self, format: &'f Format) -> Option<&'f Reader> {
        format.reader.as_ref().filter(|_| !format.images || self.images.is_empty())
    }

    /// Whether there are files beside images.
    pub fn beside(&self, format: &Format) -> bool {
        format.sidecar.is_some() && self.reader(format).is_none() && !self.files.is_empty()
    }

    /// What fields may be taken from.
    pub fn selects(&self, format: &Format) -> Selects {
        let of_images =
            Selects::Words { words: &["class"], numbered: &[], keyed: &[], say: "`class`, `path` or `stem`" };
        self.reader(format).map_or(of_images, |r| r.selects)
    }

    /// Where a key of a format stands.
    pub fn span_of(&self, option: &str) -> Option<Range<usize>> {
        self.options.get(option).map(At::span)
    }

    /// The format's own keys as they stand there.
    pub fn given(&self, format: &Format) -> Options {
        let given = self.options.iter().map(|(name, value)| (name.clone(), value.get().clone()));
        Options::of(given, format.options)
    }

    /// The format's own keys; a key that it does not read is told.
    pub fn options(&self, check: &mut Check, format: &Format) -> Options {
        let given: Vec<Given> =
            self.options.iter().map(|(name, value)| (name.clone(), value.get().clone(), value.span())).collect();
        dialect(check, format, &keys(), &given)
    }
}

const GLOBS: &str =
    "Globs below the manifest; `*` does not cross `/`, `**` does. Linked folders are not walked, but told.";
const IMAGES: &str = "Globs of images, for formats of images.";

impl<'de> Deserialize<'de> for Files {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Files, D::Error> {
        deserializer.deserialize_map(FilesVisitor)
    }
}

struct FilesVisitor;

impl<'de> Visitor<'de> for FilesVisitor {
    type Value = Files;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table with `files` and `format`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut table: A) -> Result<Files, A::Error> {
        let mut out = Files::default();
        while let Some(key) = table.next_key::<String>()? {
            match key.as_str() {
                "files" => out.files = table.next_value()?,
                "images" => out.images = table.next_value()?,
                "format" => out.format = table.next_value()?,
                "url" => out.fetch.url = table.next_value()?,
                "urls" => out.fetch.urls = table.next_value()?,
                "hub" => out.fetch.hub = table.next_value()?,
                "revision" => out.fetch.revision = table.next_value()?,
                "doi" => out.fetch.doi = table.next_value()?,
                "endpoint" => out.fetch.endpoint = table.next_value()?,
                "sha256" => out.fetch.sha256 = table.next_value()?,
                "name" => out.fetch.name = table.next_value()?,
                "unpack" => out.fetch.unpack = table.next_value()?,
                "contact" => out.fetch.contact = table.next_value()?,
                "size_max" => out.fetch.size_max = table.next_value()?,
                _ => drop(out.options.insert(key, table.next_value()?)),
            }
        }
        match out.format() {
            Some(_) => Ok(out),
            None => {
                let near = nearest(&out.format, formats().map(|f| f.name)).unwrap_or("jsonl");
                Err(A::Error::custom(format!("`{}` is no format; is `{near}` meant?", out.format.get())))
            }
        }
    }
}

impl JsonSchema for Files {
    fn schema_name() -> Cow<'static, str> {
        "Files".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let globs = |say: &str| json!({ "description": say, "type": "array", "items": { "type": "string" } });
        let mut keys = Map::new();
        keys.insert("files".into(), globs(GLOBS));
        keys.insert("images".into(), globs(IMAGES));
        keys.insert("format".into(), format_schema("How a file becomes records.", formats(), |f| f.doc.into()));
        let fetch = Fetch::json_schema(generator).to_value();
        keys.extend(fetch.get("properties").and_then(Json::as_object).cloned().unwrap_or_default());
        keys.extend(dialect_schema(&self::keys()));
        let table = json!({
            "description": "Which files, and how they are read.",
            "type": "object",
            "properties": keys,
            "required": ["format"],
            "additionalProperties": false,
        });
        Schema::try_from(table).unwrap_or_default()
    }
}

/// The schema of a text that names one of some formats.
pub fn format_schema(
    say: &str,
    formats: impl Iterator<Item = &'static Format>,
    doc: impl Fn(&Format) -> String,
) -> Json {
    let one = |f: &'static Format| json!({ "const": f.name, "type": "string", "description": doc(f) });
    json!({ "description": say, "oneOf": formats.map(one).collect::<Vec<_>>() })
}
