//! What sources say of their terms: licence, names, evidence, consent. Read leniently, for stages and verbs that look at all
//! sources at once; what is wrong in a table is told by the stage that the table belongs to.
use super::values::{At, Short};
use super::{Declared, Manifest, read};
use crate::model::addresses::{published, without_query};
use crate::model::license;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Whom to name, for ATTRIBUTION.md.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Attribution {
    /// The words that are to stand there; a text in place of the table is short for it.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub text: Option<String>,
    /// What the source is called.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub title: Option<String>,
    /// Who made it.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub author: Option<String>,
    /// Where it is found.
    #[schemars(extend("x-form" = "address"))]
    pub source: Option<String>,
    /// Where samples have names of their own: the columns that hold them.
    pub columns: Option<Named>,
}

impl Attribution {
    /// What is said of the source as a whole, in one line.
    pub fn words(&self) -> Option<String> {
        let author = self.author.as_ref().map(|author| format!("by {author}"));
        let all = [self.title.clone(), author, self.source.clone(), self.text.clone()];
        let all: Vec<String> = all.into_iter().flatten().collect();
        (!all.is_empty()).then(|| all.join(" "))
    }
}

/// A text of one line.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(transparent)]
#[schemars(inline, extend("x-form" = "line"))]
pub struct Line(String);

impl Short for Attribution {
    type Text = Line;

    fn from_text(Line(text): Line) -> Attribution {
        Attribution { text: Some(text), ..Attribution::default() }
    }
}

/// The columns with what is to be named of each sample.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Named {
    /// The column of titles.
    #[schemars(length(min = 1))]
    pub title: Option<At<String>>,
    /// The column of authors.
    #[schemars(length(min = 1))]
    pub author: Option<At<String>>,
    /// The column of addresses.
    #[schemars(length(min = 1))]
    pub source: Option<At<String>>,
}

impl Named {
    /// The columns with what they are to ATTRIBUTION.md.
    pub fn all(&self) -> impl Iterator<Item = (&'static str, &At<String>)> {
        let of = [("title", &self.title), ("author", &self.author), ("source", &self.source)];
        of.into_iter().filter_map(|(name, column)| Some((name, column.as_ref()?)))
    }
}

/// Who has withdrawn their consent.
#[derive(Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// The list: a text file with one value a line; empty lines, and those that begin with `#`, say nothing. A `#` behind a
    /// value is part of the value.
    #[schemars(length(min = 1))]
    pub file: At<String>,
    /// The column whose values the list names: `id`, or a field that says whose sample it is.
    #[schemars(length(min = 1))]
    pub on: At<String>,
    /// The fewest values of the list that must meet a sample of the source, else the build fails. Default 1, of a list
    /// without values 0; with 0 a list may meet nothing, where the records of all who are on it are already gone.
    pub min_met: Option<At<u64>>,
}

/// A conflict between licences about which people decided.
#[derive(Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Allow {
    /// The rule that would be broken, such as `license.share-alike`.
    #[schemars(length(min = 1))]
    pub rule: At<String>,
    /// The source that it is about, the NAME of `[collect.NAME]`.
    #[schemars(length(min = 1))]
    pub source: At<String>,
    /// Why it is allowed, and where that can be read. It is told in the card of each release.
    #[schemars(length(min = 1), extend("x-form" = "line"))]
    pub reason: String,
}

/// What a source says of its terms.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    pub name: String,
    /// The data is the project's own (`direct`): what it may be released under is the project's to say, as far as the texts
    /// of licences leave it open.
    pub own: bool,
    /// The licence that holds: as claimed, or all those together that samples may be under. Empty where none is stated.
    pub license: String,
    /// Where it is stated.
    pub span: Range<usize>,
    /// The licences that samples may be under, each for itself, where the manifest names them.
    pub allowed: Option<Vec<String>>,
    pub attribution: Attribution,
    pub evidence: Option<String>,
    pub consent: Option<Consent>,
}

/// The terms of all sources, in name order.
pub fn terms(manifest: &Manifest) -> Vec<Terms> {
    manifest.instances(&["collect"]).into_iter().map(|(name, span, table)| of(name, span, table)).collect()
}

fn of(name: String, header: Range<usize>, table: &Declared) -> Terms {
    let get = |key: &str| table.get_ref().as_table().and_then(|t| t.get(key));
    let text = |key: &str| get(key).and_then(|v| v.get_ref().as_str()).map(str::to_string);
    let list = get("licenses_allowed").and_then(|v| v.get_ref().as_array());
    let allowed: Option<Vec<String>> =
        list.map(|all| all.iter().filter_map(|v| Some(v.get_ref().as_str()?.to_string())).collect());
    let attribution = match text("attribution") {
        Some(text) => Attribution::from_text(Line(text)),
        None => get("attribution").and_then(|v| read(v).ok()).unwrap_or_default(),
    };
    // what is published holds no secret of an address
    let declared = attribution.source.as_deref().map(|source| published(source).to_string());
    let attribution = Attribution {
        source: declared.or_else(|| get("open").and_then(address)).or_else(|| get("crawl").and_then(first)),
        ..attribution
    };
    let stated = get("license").or(get("licenses_allowed")).map_or(header, |v| v.span());
    let license = text("license").or_else(|| allowed.as_deref().map(license::all_of)).unwrap_or_default();
    Terms {
        license: match &allowed {
            Some(all) if !all.is_empty() => license::all_of(all),
            _ => license,
        },
        span: stated,
        own: get("direct").is_some(),
        allowed,
        attribution,
        evidence: text("evidence"),
        consent: get("consent").and_then(|v| read(v).ok()),
        name,
    }
}

/// Where a crawl begins.
fn first(crawl: &Declared) -> Option<String> {
    let start = crawl.get_ref().as_table()?.get("start")?.get_ref().as_array()?;
    start.first()?.get_ref().as_str().map(|url| without_query(url).to_string())
}

/// Where the files of a source are found that are fetched: what is to be named where nothing else is said.
fn address(open: &Declared) -> Option<String> {
    let text = |key: &str| open.get_ref().as_table()?.get(key)?.get_ref().as_str().map(str::to_string);
    let hub =
        || Some(format!("{}/datasets/{}", text("endpoint").unwrap_or("https://huggingface.co".into()), text("hub")?));
    let doi = || Some(format!("https://doi.org/{}", text("doi")?.trim_start_matches("https://doi.org/")));
    text("url").map(|url| without_query(&url).to_string()).or_else(hub).or_else(doi)
}

impl Terms {
    /// The licence that holds in a release that takes only some licences; `None` where it takes nothing of the source.
    pub fn within(&self, taken: Option<&[&str]>) -> Option<String> {
        let Some(taken) = taken else { return Some(self.license.clone()) };
        let is_taken = |license: &str| {
            let terms = license::terms(license);
            taken.iter().any(|t| terms.iter().any(|own| own == t) || *t == license)
        };
        match &self.allowed {
            Some(all) => {
                let some: Vec<String> = all.iter().filter(|l| is_taken(l)).cloned().collect();
                (!some.is_empty()).then(|| license::all_of(&some))
            }
            None => is_taken(&self.license).then(|| self.license.clone()),
        }
    }

    /// Whether somebody is named.
    pub fn names_somebody(&self) -> bool {
        let a = &self.attribution;
        a.text.is_some() || a.author.is_some() || a.columns.as_ref().is_some_and(|c| c.author.is_some())
    }
}

/// Names of a source as a release tells of them; empty fields are left out of its parameters.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Names {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

impl Names {
    pub fn is_empty(&self) -> bool {
        *self == Names::default()
    }
}
