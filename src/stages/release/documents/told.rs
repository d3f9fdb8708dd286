//! What the documents of a release tell of it: the parameters of the last page.
use super::words::Words;
use crate::formats::named;
use crate::formats::writer::Writer;
pub use crate::manifest::sections::Creator;
use crate::manifest::sections::Dataset;
use crate::model::certificate::{Made, NAME as CERTIFICATE};
use crate::model::keypoints::Skeleton;
use crate::stage::is_default;
use crate::stages::release::columns::Ids;
use crate::stages::release::conflicts::Allowed;
use crate::stages::release::terms::SourceCard;
use crate::stages::release::withheld::{Withheld, canary};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The facts with the values of a source, and of its sheet, that do not fit the type of their field.
pub fn null(source: &str) -> [String; 2] {
    ["", "/sheet.rows"].map(|step| format!("collect.{source}{step}.values_null"))
}

/// The fact with what of a source was scanned.
pub fn scanned(source: &str) -> String {
    format!("collect.{source}.scanned")
}

#[derive(Serialize, Deserialize, Default)]
pub struct PageCard {
    #[serde(default, skip_serializing_if = "is_default")]
    pub dataset: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub version: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub license: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub languages: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub description: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub creators: Vec<Creator>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub date: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub keywords: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub contact: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub citation: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub doi: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub publisher: Option<String>,
    /// Answers to questions of the datasheet, by their names.
    #[serde(default, skip_serializing_if = "is_default")]
    pub answers: BTreeMap<String, String>,
    /// The documents that are wanted besides card and attribution.
    #[serde(default, skip_serializing_if = "is_default")]
    pub documents: Vec<String>,
    /// Digests of what the release is declared to be and of its guidelines, for the provenance: what it is, and 64 hex digits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub materials: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub release: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub formats: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub columns: Vec<String>,
    /// The declared splits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub splits: Vec<String>,
    /// What each column holds ([`crate::stages::release::columns::holds`]).
    #[serde(default, skip_serializing_if = "is_default")]
    pub holds: BTreeMap<String, String>,
    /// What samples are called.
    #[serde(default, skip_serializing_if = "is_default")]
    pub ids: Ids,
    /// The column whose values name the folders of images, if they lie in folders.
    #[serde(default, skip_serializing_if = "is_default")]
    pub folders: Option<String>,
    /// The declared classes of the boxes, in their order.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
    /// Those of a format that holds another label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes_of: BTreeMap<String, Vec<String>>,
    /// The points of the objects of a format's label.
    #[serde(default, skip_serializing_if = "is_default")]
    pub skeletons: BTreeMap<String, Skeleton>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub sources: Vec<SourceCard>,
    /// The released texts whose changes are told of each sample, where samples have names of their own.
    #[serde(default, skip_serializing_if = "is_default")]
    pub edited: Vec<String>,
    /// What people decided about conflicts between licences.
    #[serde(default, skip_serializing_if = "is_default")]
    pub allowed: Vec<Allowed>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub labels: Vec<LabelCard>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub gates: Vec<GateCard>,
    /// What was done about personal data, a sentence each.
    #[serde(default, skip_serializing_if = "is_default")]
    pub privacy: Vec<String>,
    /// What was measured, by the heading that it stands under: what it is called, and the fact.
    #[serde(default, skip_serializing_if = "is_default")]
    pub measured: Vec<(String, Vec<(String, String)>)>,
    /// What was measured of all samples and is not told, since the release is anonymous.
    #[serde(default, skip_serializing_if = "is_default")]
    pub untold: Vec<String>,
    /// No count of all samples stands beside that of the released ones.
    #[serde(default, skip_serializing_if = "is_default")]
    pub anonymous: bool,
    /// What was done to the data, a word each: terms that ask for names ask for changes, too.
    #[serde(default, skip_serializing_if = "is_default")]
    pub changes: Vec<String>,
    /// path -> digest
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: BTreeMap<String, String>,
    /// How the splits were made, where they are certified, and the facts of what leaks.
    #[serde(default, skip_serializing_if = "is_default")]
    pub certified: Made,
    #[serde(default, skip_serializing_if = "is_default")]
    pub leaks: Vec<String>,
    /// What is hidden.
    #[serde(default, skip_serializing_if = "is_default")]
    pub withheld: Withheld,
    /// The fact with how many of its samples wait for a decision.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waiting: String,
    /// The fact with how many samples have a text in CSV that pandas takes for a missing value.
    #[serde(default, skip_serializing_if = "is_default")]
    pub missing: String,
}

/// A released label.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct LabelCard {
    pub task: String,
    pub kind: String,
    pub classes: Vec<String>,
    /// The document and its version.
    #[serde(default, skip_serializing_if = "is_default")]
    pub guideline: Option<(String, String)>,
    /// What is measured of its answers over the whole data set: what it is called, and the fact.
    #[serde(default, skip_serializing_if = "is_default")]
    pub quality: Vec<(String, String)>,
}

impl LabelCard {
    /// The fact with how often a class stands in the data set.
    pub fn count_of(&self, class: &str) -> String {
        format!("label.{}.count.{class}", self.task)
    }
}

/// A gate that the build passed.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct GateCard {
    pub key: String,
    pub fact: String,
    pub want: String,
}

/// As much of a card as the manifest says of its data set.
pub fn said_of(dataset: &Dataset) -> PageCard {
    let d = dataset.clone();
    PageCard {
        dataset: d.name.get().clone(),
        version: d.version.get().clone(),
        license: d.license.map(|l| l.get().clone()),
        languages: d.languages,
        description: d.description,
        creators: d.creators,
        url: d.url,
        date: d.date,
        keywords: d.keywords,
        contact: d.contact,
        citation: d.citation,
        doi: d.doi,
        publisher: d.publisher,
        answers: d.datasheet.0,
        ..PageCard::default()
    }
}

impl PageCard {
    /// The facts of other steps that the pages tell of.
    pub fn facts(&self) -> Vec<String> {
        let labels = self.labels.iter().filter(|l| self.tells_of_all(l));
        let own = |l: &LabelCard| l.quality.iter().map(|q| q.1.clone()).collect::<Vec<_>>();
        let counts = labels.flat_map(|l| l.classes.iter().map(|c| l.count_of(c)).chain(own(l)));
        let measured = self.measured.iter().flat_map(|(_, of)| of.iter().map(|(_, fact)| fact.clone()));
        let from = |s: &SourceCard| scanned(&s.name);
        let asked = |name: &str| self.documents.iter().any(|d| d == name);
        let digests = asked("provenance") || (asked(CERTIFICATE) && self.withheld.is_empty());
        let scanned = self.sources.iter().filter(|_| digests).map(from);
        let gates = self.gates.iter().map(|g| g.fact.clone());
        let named = [&self.waiting, &self.missing].into_iter().filter(|name| !name.is_empty());
        let leaks = self.leaks.iter().chain(named).cloned();
        let null = self.sources.iter().flat_map(|s| null(&s.name));
        let mut all: Vec<String> =
            gates.chain(leaks).chain(counts).chain(measured).chain(scanned).chain(null).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whether it tells what was counted of a label in the whole data set: not of an anonymous release, nor of a label that is
    /// hidden somewhere, since the difference to what is released would be what is hidden.
    pub fn tells_of_all(&self, label: &LabelCard) -> bool {
        !self.anonymous && !self.withheld.hides(&format!("label.{}", label.task))
    }

    /// The text that tells who has read the release, where it is a benchmark.
    pub fn canary(&self) -> String {
        canary(&self.dataset, &self.release)
    }

    /// What the descriptions of a benchmark say besides.
    pub fn plea(&self) -> Option<String> {
        let plea = "The data of this benchmark should never appear in training corpora";
        (!self.withheld.is_empty()).then(|| format!("{plea}: {}", self.canary()))
    }

    /// The language of its pages for people.
    pub fn words(&self) -> Words {
        Words::of(&self.languages)
    }

    /// The classes that a format numbers.
    pub fn classes_of(&self, format: &str) -> &[String] {
        self.classes_of.get(format).unwrap_or(&self.classes)
    }

    /// The writers of its formats.
    pub fn writers(&self) -> impl Iterator<Item = &'static Writer> {
        self.formats.iter().filter_map(|f| named(f)?.writer.as_ref())
    }

    /// The folders in which images are put beside the files of formats, with `SPLIT` for the split.
    pub fn pictures(&self) -> BTreeSet<&'static str> {
        self.writers().filter(|w| w.needs.images).map(|w| w.needs.pictures.unwrap_or("images/SPLIT")).collect()
    }
}
