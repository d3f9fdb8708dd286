//! What a page says of itself in JSON (JSON-LD with the words of schema.org): works and pictures, their licences, days and
//! authors. What describes something that only belongs together with the page, its site or a comment on it, says nothing of it.
use super::tree::Tree;
use crate::measure::urls::Url;
use serde_json::{Map, Value as Json};

/// Bytes of all JSON of a page that are read.
const SIZE_MAX: usize = 4 << 20;
/// Objects that are looked at.
const OBJECTS: usize = 10_000;

/// Kinds of things that are the page, or its text.
const WORKS: [&str; 38] = [
    "CreativeWork",
    "WebPage",
    "CollectionPage",
    "FAQPage",
    "QAPage",
    "ProfilePage",
    "MediaGallery",
    "ImageGallery",
    "VideoGallery",
    "Article",
    "NewsArticle",
    "AnalysisNewsArticle",
    "AskPublicNewsArticle",
    "BackgroundNewsArticle",
    "OpinionNewsArticle",
    "ReportageNewsArticle",
    "ReviewNewsArticle",
    "SatiricalArticle",
    "AdvertiserContentArticle",
    "BlogPosting",
    "LiveBlogPosting",
    "ScholarlyArticle",
    "MedicalScholarlyArticle",
    "TechArticle",
    "APIReference",
    "Report",
    "SocialMediaPosting",
    "DiscussionForumPosting",
    "MedicalWebPage",
    "ItemPage",
    "AboutPage",
    "Book",
    "Chapter",
    "Thesis",
    "LearningResource",
    "HowTo",
    "Guide",
    "Recipe",
];
/// Kinds of things that are pictures.
const PICTURES: [&str; 3] = ["ImageObject", "Photograph", "Painting"];
/// Keys behind which things stand that are the page or on it.
const INTO: [&str; 6] = ["@graph", "mainEntity", "image", "associatedMedia", "primaryImageOfPage", "photo"];

/// Whether what stands behind a key may be the page or on it.
pub fn is_into(key: &str) -> bool {
    INTO.contains(&key)
}

/// What a kind of thing is to a page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Work,
    Picture,
    Other,
}

/// What the last part of a type says: `https://schema.org/Article`, `schema:Article`, `Article`.
pub fn kind(ty: &str) -> Kind {
    let name = ty.rsplit(['/', '#', ':']).next().unwrap_or_default();
    match name {
        name if PICTURES.contains(&name) => Kind::Picture,
        name if WORKS.contains(&name) => Kind::Work,
        _ => Kind::Other,
    }
}

/// A thing that is described.
pub struct Thing {
    pub kind: Kind,
    object: Map<String, Json>,
}

impl Thing {
    /// What a key says in one text: of an object its address or name.
    pub fn text(&self, key: &str) -> Option<String> {
        self.texts(key).into_iter().next()
    }

    /// All that a key says.
    pub fn texts(&self, key: &str) -> Vec<String> {
        let one = |value: &Json| match value {
            Json::String(text) => Some(text.clone()),
            Json::Object(of) => {
                ["@id", "url", "contentUrl", "name"].iter().find_map(|key| Some(of.get(*key)?.as_str()?.to_string()))
            }
            _ => None,
        };
        match self.object.get(key) {
            Some(Json::Array(all)) => all.iter().filter_map(one).collect(),
            Some(value) => one(value).into_iter().collect(),
            None => Vec::new(),
        }
    }

    /// The name of somebody: of an object its name.
    pub fn named(&self, key: &str) -> Option<String> {
        let value = self.object.get(key)?;
        let one = value.as_array().map_or(Some(value), |all| all.first())?;
        one.get("name").unwrap_or(one).as_str().map(String::from)
    }

    /// Whether a work is this page: no other address than its own is said of it.
    pub fn is_about(&self, pages: &[&Url]) -> bool {
        let Some(first) = pages.first() else { return false };
        let mut said = ["@id", "url", "mainEntityOfPage"].iter().filter_map(|key| self.text(key));
        let own = |address: String| match first.join(&address) {
            Ok(url) => pages.contains(&&url),
            Err(_) => true, // a name that is no address of the web says nothing
        };
        said.all(own)
    }
}

/// The things that a page describes, in the order in which they stand, and whether some of its JSON does not read.
pub fn things(tree: &Tree) -> (Vec<Thing>, bool) {
    let (mut out, mut broken, mut bytes) = (Vec::new(), false, 0);
    let is =
        |id: &usize| tree.attribute(*id, "type").is_some_and(|t| t.trim().eq_ignore_ascii_case("application/ld+json"));
    for script in tree.all("script").filter(is) {
        let text: String = tree.walk(script).filter_map(|id| tree.text_of(id)).collect();
        bytes += text.len();
        let read = (bytes <= SIZE_MAX).then(|| serde_json::from_str::<Json>(bare(&text)).ok()).flatten();
        match read {
            Some(json) => unfold(json, &mut out),
            None => broken = true,
        }
    }
    (out, broken)
}

/// JSON without the comments around it by which pages hide it from old readers.
fn bare(text: &str) -> &str {
    let mut text = text.trim();
    for (begin, end) in [("//<![CDATA[", "//]]>"), ("<![CDATA[", "]]>"), ("<!--", "-->"), ("/*<![CDATA[*/", "/*]]>*/")]
    {
        if let Some(inner) = text.strip_prefix(begin) {
            text = inner.trim().strip_suffix(end).unwrap_or(inner).trim();
        }
    }
    text
}

fn unfold(json: Json, out: &mut Vec<Thing>) {
    let mut left = vec![json];
    while let Some(one) = left.pop() {
        match one {
            Json::Array(all) => left.extend(all.into_iter().rev()),
            Json::Object(object) if out.len() < OBJECTS => {
                let more = INTO.iter().rev().filter_map(|key| object.get(*key));
                left.extend(more.filter(|v| v.is_object() || v.is_array()).cloned());
                let types = match object.get("@type") {
                    Some(Json::Array(all)) => all.iter().filter_map(Json::as_str).map(kind).collect(),
                    Some(Json::String(one)) => vec![kind(one)],
                    _ => Vec::new(),
                };
                let kind = [Kind::Picture, Kind::Work].into_iter().find(|k| types.contains(k)).unwrap_or(Kind::Other);
                out.push(Thing { kind, object });
            }
            _ => {}
        }
    }
}
