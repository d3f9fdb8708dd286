//! The documents that may stand in a release: a list of values. A new one is a file here and a line in [`DOCUMENTS`].
use super::description::Description;
use super::told::PageCard;
use super::{certificate, citation, croissant, datacite, datapackage, datasheet, provenance, ro_crate, spdx};
use crate::model::questions::QUESTIONS;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;

/// A document: a file that tells of a release to people, or to a program of a kind.
pub struct Document {
    /// What a manifest calls it.
    pub name: &'static str,
    pub path: &'static str,
    /// For the reference.
    pub doc: &'static str,
    /// It stands in every release that does not name its documents.
    pub usual: bool,
    /// Without these it would not be valid, and is not written.
    pub needs: &'static [Key],
    /// Its other places for what only the manifest can say; each that is empty is a blank.
    pub wants: &'static [Key],
    pub write: fn(&Description) -> Vec<u8>,
}

/// Something that the manifest says of a data set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Key {
    Description,
    Creators,
    Date,
    Url,
    Doi,
    Languages,
    Keywords,
    /// An answer to a question of the datasheet.
    Answer(&'static str),
}

impl Key {
    /// The key of dataset.toml.
    pub fn path(self) -> String {
        let own = match self {
            Key::Description => "description",
            Key::Creators => "creators",
            Key::Date => "date",
            Key::Url => "url",
            Key::Doi => "doi",
            Key::Languages => "languages",
            Key::Keywords => "keywords",
            Key::Answer(name) => return format!("dataset.datasheet.{name}"),
        };
        format!("dataset.{own}")
    }

    pub fn is_said(self, p: &PageCard) -> bool {
        match self {
            Key::Description => p.description.is_some(),
            Key::Creators => !p.creators.is_empty(),
            Key::Date => p.date.is_some(),
            Key::Url => p.url.is_some(),
            Key::Doi => p.doi.is_some(),
            Key::Languages => !p.languages.is_empty(),
            Key::Keywords => !p.keywords.is_empty(),
            Key::Answer(name) => p.answers.contains_key(name),
        }
    }
}

/// All documents, in the order in which they are written: the last ones tell of those before them.
pub const DOCUMENTS: &[Document] = &[
    Document {
        name: "croissant",
        path: "croissant.json",
        doc: "Croissant 1.1 with its vocabulary for responsible AI: files with their sums, columns of each split, where the data came from",
        usual: true,
        needs: &[],
        wants: &[
            Key::Description,
            Key::Creators,
            Key::Url,
            Key::Date,
            Key::Keywords,
            Key::Answer("acquisition"),
            Key::Answer("tasks"),
            Key::Answer("limitations"),
            Key::Answer("biases"),
            Key::Answer("social_impact"),
            Key::Answer("updates"),
        ],
        write: croissant::croissant,
    },
    Document {
        name: "datapackage",
        path: "datapackage.json",
        doc: "Data Package 2: files with their sums, and the fields of CSV tables",
        usual: true,
        needs: &[],
        wants: &[Key::Description, Key::Creators, Key::Url, Key::Date, Key::Keywords],
        write: datapackage::datapackage,
    },
    Document {
        name: "spdx",
        path: "spdx.json",
        doc: "SPDX 3.0.1 with its profile of data sets",
        usual: true,
        needs: &[Key::Creators, Key::Date, Key::Url],
        wants: &[Key::Answer("tasks"), Key::Answer("acquisition"), Key::Answer("errors"), Key::Answer("biases")],
        write: spdx::spdx,
    },
    Document {
        name: "datacite",
        path: "datacite.json",
        doc: "DataCite 4.5, for who registers a DOI",
        usual: true,
        needs: &[Key::Creators, Key::Date],
        wants: &[Key::Doi, Key::Url, Key::Description, Key::Keywords, Key::Languages],
        write: datacite::datacite,
    },
    Document {
        name: "citation",
        path: "CITATION.cff",
        doc: "Citation File Format 1.2: how the data set is cited",
        usual: true,
        needs: &[Key::Creators],
        wants: &[Key::Date, Key::Url, Key::Description],
        write: citation::citation,
    },
    Document {
        name: "datasheet",
        path: "DATASHEET.md",
        doc: "the questions of Datasheets for Datasets, answered by the build and by `[dataset.datasheet]`, with marked blanks",
        usual: true,
        needs: &[],
        wants: &[], // its questions ([`blanks`])
        write: datasheet::datasheet,
    },
    Document {
        name: "provenance",
        path: "provenance.intoto.json",
        doc: "in-toto statement with SLSA provenance: what the release was made from, and the sum of each file",
        usual: false,
        needs: &[],
        wants: &[],
        write: provenance::provenance,
    },
    Document {
        name: "certificate",
        path: crate::model::certificate::FILE,
        doc: "how the splits were made, what of each class fell where, and what `[leakage]` found; `tamis verify --audit` counts it again. With `[leakage]` or `[split] hide` also where no documents are named",
        usual: false,
        needs: &[],
        wants: &[],
        write: certificate::certificate,
    },
    Document {
        name: "ro_crate",
        path: "ro-crate-metadata.json",
        doc: "RO-Crate 1.3: every file, and who made the data set",
        usual: true,
        needs: &[Key::Description, Key::Date],
        wants: &[Key::Creators, Key::Url, Key::Keywords],
        write: ro_crate::ro_crate,
    },
];

/// The document of a name.
pub fn named(name: &str) -> Option<&'static Document> {
    DOCUMENTS.iter().find(|d| d.name == name)
}

/// A place of a document that nothing fills.
#[derive(Clone, Debug, PartialEq)]
pub struct Blank {
    pub document: &'static str,
    /// The key of dataset.toml that would fill it.
    pub key: String,
    /// Without it the document is not written.
    pub needed: bool,
}

/// The documents that a release has: those that are wanted and can be written.
pub fn written(p: &PageCard) -> impl Iterator<Item = &'static Document> {
    DOCUMENTS.iter().filter(|d| p.documents.iter().any(|n| n == d.name) && d.needs.iter().all(|key| key.is_said(p)))
}

/// What the wanted documents have no words for, in the order of the documents.
pub fn blanks(of: &Description) -> Vec<Blank> {
    let p = of.card;
    let mut out = Vec::new();
    for d in DOCUMENTS.iter().filter(|d| p.documents.iter().any(|n| n == d.name)) {
        let missing = |keys: &'static [Key]| keys.iter().filter(|key| !key.is_said(p));
        let needed = missing(d.needs).map(|key| (key.path(), true));
        let whole = d.needs.iter().all(|key| key.is_said(p));
        let wanted = missing(d.wants).filter(|_| whole).map(|key| (key.path(), false));
        let asked = QUESTIONS.iter().filter(|q| d.name == "datasheet" && datasheet::answered(of, q).is_none());
        let asked = asked.map(|q| (Key::Answer(q.name).path(), false));
        let blank = |(key, needed)| Blank { document: d.name, key, needed };
        out.extend(needed.chain(wanted).chain(asked).map(blank));
    }
    out
}

/// The name of a document that a release can have.
#[derive(Deserialize, Clone, Copy)]
#[serde(try_from = "String")]
pub struct DocumentName(pub &'static Document);

impl std::fmt::Debug for DocumentName {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

impl TryFrom<String> for DocumentName {
    type Error = String;

    fn try_from(name: String) -> Result<DocumentName, String> {
        named(&name).map(DocumentName).ok_or_else(|| format!("no release has a document `{name}`"))
    }
}

impl JsonSchema for DocumentName {
    fn schema_name() -> Cow<'static, str> {
        "DocumentName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |d: &Document| {
            let asked = if d.usual { "" } else { " Only where it is named." };
            json!({ "const": d.name, "type": "string", "description": format!("`{}`: {}.{asked}", d.path, d.doc) })
        };
        Schema::try_from(json!({ "oneOf": DOCUMENTS.iter().map(one).collect::<Vec<_>>() })).unwrap_or_default()
    }
}
