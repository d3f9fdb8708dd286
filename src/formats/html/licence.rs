//! Under which licence a page, or a picture on it, says that it may be used: `rel=license`, RDFa (ccREL), JSON-LD, microdata,
//! Dublin Core, Open Graph, the marks of KOGL, and links in footers. A claim holds of what it stands at: of the figure, the
//! item or the resource that is named, else of the page. The nearest claim wins; two that differ at one place are a conflict.
//! Nothing is claimed by a link in running text, in a quotation or in a comment.
use super::marked::{Kind, Thing, is_into, kind};
use super::tree::{Id, ROOT, Tree, spaced};
use crate::measure::urls::Url;
use crate::model::license::{by_link, of_mark};
use std::collections::BTreeSet;

/// Characters of what is kept of a place as evidence.
const SHOWN: usize = 200;
/// Claims of one page, at most: a page with more was made to cost time.
const MOST: usize = 2000;
/// Parts of names of classes that mark where terms of a page stand.
const ZONES: [&str; 8] = ["footer", "copyright", "license", "licence", "kogl", "ccl", "creative-commons", "opencode"];
/// Parts of names of classes of what others wrote below a page.
const OTHERS: [&str; 4] = ["comment", "reply", "disqus", "related"];
/// Names, without their vocabulary, of a property that is a licence.
const PROPERTIES: [&str; 2] = ["license", "licence"];
/// Names of `meta` that hold a licence.
const METAS: [&str; 18] = [
    "dcterms.license",
    "dcterms.rights",
    "dc.license",
    "dc.rights",
    "dc.rights.license",
    "dc.rights.uri",
    "dct:license",
    "dct:rights",
    "dcterms:license",
    "dcterms:rights",
    "license",
    "licence",
    "cc:license",
    "og:license",
    "schema:license",
    "rights",
    "copyright",
    "rights-standard",
];
/// Those of them that hold any words or addresses on rights.
const RIGHTS: &str = "rights";
/// Words of `rel` that name a licence where they stand alone.
const RELS: [&str; 4] = ["dcterms.license", "dcterms.rights", "dc.license", "dc.rights"];
/// Parts of names of classes of what says something of a picture beside it.
const PICTURED: [&str; 7] = ["photo", "image", "img", "picture", "thumb", "caption", "wp-caption"];
/// Bytes around a link in which it is said of what it speaks, and words there that say that it is not the page.
const NEAR: usize = 160;
const OF_DESIGN: [&str; 18] = [
    "template",
    "theme",
    "design:",
    "design by",
    "designed by",
    "icon",
    "font",
    "stylesheet",
    "css",
    "map data",
    "openstreetmap",
    "tiles",
    "logo by",
    "source code",
    "템플릿",
    "아이콘",
    "글꼴",
    "지도",
];

/// A claim of a licence, and what it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// An SPDX expression; `None` where the licence is not known.
    pub license: Option<String>,
    /// The address or the words that name it.
    pub value: String,
    /// In which way: `rel=license`, `JSON-LD`.
    pub how: &'static str,
    /// What stands there, shortened.
    pub shown: String,
}

/// What is claimed at one place.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Claimed {
    #[default]
    Nothing,
    One(Claim),
    /// Licences that differ: none of them is taken.
    Conflict(Vec<Claim>),
}

/// Of what a claim holds.
#[derive(Clone, Debug, PartialEq)]
enum Of {
    Page,
    Address(String),
    Figure(Id),
    /// Of something else.
    Other,
}

/// All claims of a page.
#[derive(Default)]
pub struct Claims {
    all: Vec<(Of, Claim)>,
}

/// Where claims are looked for.
pub struct Look<'t> {
    pub tree: &'t Tree,
    /// What addresses on the page are relative to.
    pub base: &'t Url,
    /// The addresses that the page has itself.
    pub own: &'t [&'t Url],
    pub things: &'t [Thing],
    /// Addresses of `Link: <...>; rel="license"`.
    pub headers: &'t [String],
    /// The article that the page is about, if it has articles.
    pub article: Option<Id>,
}

impl Claims {
    pub fn of(look: &Look) -> Claims {
        let mut claims = Claims::default();
        for address in look.headers {
            claims.put(Of::Page, address, "HTTP Link", address);
        }
        for id in look.tree.walk(ROOT) {
            claims.element(look, id);
        }
        claims.things(look);
        claims
    }

    /// What the page claims of itself.
    pub fn page(&self) -> Claimed {
        merged(self.all.iter().filter(|(of, _)| *of == Of::Page).map(|(_, claim)| claim))
    }

    /// What is claimed of a picture by its address or in its figure, else of the page.
    pub fn picture(&self, tree: &Tree, id: Id, address: &str, reserved: bool) -> Claimed {
        let figure = tree.within(id, "figure");
        let is = |of: &Of| match of {
            Of::Address(own) => own == address,
            Of::Figure(own) => Some(*own) == figure,
            Of::Page | Of::Other => false,
        };
        match merged(self.all.iter().filter(|(of, _)| is(of)).map(|(_, claim)| claim)) {
            Claimed::Nothing if reserved => Claimed::Nothing,
            Claimed::Nothing => self.page(),
            own => own,
        }
    }

    fn put(&mut self, of: Of, value: &str, how: &'static str, shown: &str) {
        let value = spaced(value);
        if value.is_empty() || of == Of::Other || self.all.len() >= MOST {
            return;
        }
        let license = by_link(&value);
        let shown = spaced(shown).chars().take(SHOWN).collect();
        self.all.push((of, Claim { license, value, how, shown }));
    }

    fn element(&mut self, look: &Look, id: Id) {
        let tree = look.tree;
        match tree.name(id) {
            "" => return self.words(look, id),
            "meta" => self.meta(look, id),
            "a" | "link" | "area" => self.link(look, id),
            "img" => self.mark(look, id),
            _ => {}
        }
        let get = |name: &str| tree.attribute(id, name);
        let property = |words: &str| words.split_ascii_whitespace().any(is_license);
        let value = get("href").or(get("resource")).or(get("content")).or(get("src")).map(String::from);
        let value = value.unwrap_or_else(|| tree.few(id, SHOWN));
        let linked = get("rel").is_some_and(property) && !matches!(tree.name(id), "a" | "link" | "area");
        if !linked && matches!(tree.name(id), "link" | "a") && get("rel").is_some_and(is_rights) {
            let of = subject(look, id);
            self.named(look, of, &value, "Dublin Core", &shown(tree, id));
        }
        if linked && (get("resource").is_some() || get("href").is_some()) {
            let of = subject(look, id);
            self.named(look, of, &value, "RDFa", &shown(tree, id));
        }
        if get("property").is_some_and(property) && tree.name(id) != "meta" {
            let of = subject(look, id);
            self.named(look, of, &value, "RDFa", &shown(tree, id));
        }
        if get("itemprop").is_some_and(property) {
            for of in item(look, id) {
                self.named(look, of, &value, "microdata", &shown(tree, id));
            }
        }
    }

    /// A value that is an address, perhaps a relative one, or words.
    fn named(&mut self, look: &Look, of: Of, value: &str, how: &'static str, shown: &str) {
        let is_reference = value.starts_with(['/', '.', '?']);
        let joined = is_reference.then(|| look.base.join(value).ok()).flatten().map(|url| url.to_string());
        self.put(of, joined.as_deref().unwrap_or(value), how, shown);
    }

    fn meta(&mut self, look: &Look, id: Id) {
        let tree = look.tree;
        let name = tree.attribute(id, "name").or(tree.attribute(id, "property")).unwrap_or_default();
        let name = name.trim().to_ascii_lowercase();
        let Some(content) = tree.attribute(id, "content") else { return };
        let words = !content.contains("://");
        let any = name.contains(RIGHTS) || name == "copyright";
        // of words, and of what may hold any address, only what names a licence claims one
        let says = by_link(content).is_some() || !(words || any && content.trim().contains(char::is_whitespace));
        if METAS.contains(&name.as_str()) && says && !(name == "copyright" && by_link(content).is_none()) {
            let how = if name.starts_with("dc") { "Dublin Core" } else { "meta" };
            self.put(Of::Page, content, how, &shown(tree, id));
        }
    }

    fn link(&mut self, look: &Look, id: Id) {
        let tree = look.tree;
        let Some(href) = tree.attribute(id, "href") else { return };
        let address = look.base.join(href).map_or_else(|_| href.to_string(), |url| url.to_string());
        // which mark of KOGL is meant may stand in the fragment, which no address of ours has
        let address = if by_link(&address).is_none() && by_link(href).is_some() { href.to_string() } else { address };
        let known = by_link(&address).is_some();
        let names = |rel: &str| rel.split_ascii_whitespace().any(|word| is_license(&word.to_ascii_lowercase()));
        if tree.attribute(id, "rel").is_some_and(names) {
            return self.put(subject(look, id), &address, "rel=license", &shown(tree, id));
        }
        if tree.says(id, "rel", "copyright") && known {
            return self.put(subject(look, id), &address, "rel=copyright", &shown(tree, id));
        }
        if tree.name(id) == "a" && known && in_zone(tree, id) && !is_of_design(tree, id) {
            self.put(subject(look, id), &address, "footer link", &shown(tree, id));
        }
    }

    /// A mark of KOGL is a picture; its words or the name of its file say which.
    fn mark(&mut self, look: &Look, id: Id) {
        let tree = look.tree;
        let words = tree.attribute(id, "alt").unwrap_or_default();
        let file = tree.attribute(id, "src").unwrap_or_default();
        if let Some(address) = of_button(file).filter(|_| in_zone(tree, id) && !is_of_design(tree, id)) {
            return self.put(subject(look, id), &address, "CC button", &shown(tree, id));
        }
        if let Some(license) = of_mark(words).or_else(|| of_mark_file(file)) {
            let of = subject(look, id);
            if of != Of::Other && self.all.len() < MOST {
                let value = if words.is_empty() { file } else { words };
                let shown = shown(tree, id).chars().take(SHOWN).collect();
                let claim = Claim { license: Some(license), value: spaced(value), how: "KOGL mark", shown };
                self.all.push((of, claim));
            }
        }
    }

    /// Words where terms of a page stand, which name a mark of KOGL.
    fn words(&mut self, look: &Look, id: Id) {
        let tree = look.tree;
        let Some(words) = tree.text_of(id).filter(|words| words.contains("공공누리") || words.contains("KOGL"))
        else {
            return;
        };
        if let Some(license) = of_mark(words).filter(|_| in_zone(tree, id)) {
            let of = subject(look, id);
            if of != Of::Other && self.all.len() < MOST {
                let shown: String = spaced(words).chars().take(SHOWN).collect();
                let claim = Claim { license: Some(license), value: shown.clone(), how: "KOGL words", shown };
                self.all.push((of, claim));
            }
        }
    }

    fn things(&mut self, look: &Look) {
        for thing in look.things {
            let keys = [
                "license",
                "schema:license",
                "http://schema.org/license",
                "https://schema.org/license",
                "cc:license",
                "dct:license",
            ];
            let licenses: Vec<String> = keys.iter().flat_map(|key| thing.texts(key)).collect();
            for license in &licenses {
                let of = match thing.kind {
                    Kind::Work if thing.is_about(look.own) => vec![Of::Page],
                    Kind::Picture => {
                        let keys = ["contentUrl", "url", "@id"];
                        let addresses = keys.iter().filter_map(|key| look.base.join(&thing.text(key)?).ok());
                        addresses.map(|url| Of::Address(url.to_string())).collect()
                    }
                    Kind::Work | Kind::Other => Vec::new(),
                };
                for of in of {
                    self.named(look, of, license, "JSON-LD", &format!("\"license\": \"{license}\""));
                }
            }
        }
    }
}

/// One claim out of some, if they agree.
fn merged<'c>(claims: impl Iterator<Item = &'c Claim>) -> Claimed {
    let claims: Vec<&Claim> = claims.collect();
    let names: BTreeSet<&str> = claims.iter().map(|c| c.license.as_deref().unwrap_or(&c.value)).collect();
    match claims.first() {
        None => Claimed::Nothing,
        Some(first) if names.len() == 1 => Claimed::One((*first).clone()),
        Some(_) => Claimed::Conflict(claims.into_iter().cloned().collect()),
    }
}

/// Of what a statement holds by the place where it stands.
fn subject(look: &Look, id: Id) -> Of {
    let tree = look.tree;
    for at in std::iter::once(id).chain(tree.around(id)) {
        if let Some(about) = tree.attribute(at, "about") {
            return match look.base.join(about) {
                Ok(url) if look.own.contains(&&url) => Of::Page,
                Ok(url) => Of::Address(url.to_string()),
                Err(_) => Of::Other,
            };
        }
        if at != id && tree.attribute(at, "itemscope").is_some() {
            match kind(tree.attribute(at, "itemtype").unwrap_or_default()) {
                Kind::Work if is_another(look, at) => return Of::Other,
                Kind::Work => {}
                Kind::Picture => return pictures(look, at).into_iter().next().unwrap_or(Of::Other),
                Kind::Other if tree.attribute(at, "itemtype").is_some_and(|t| t.ends_with("Comment")) => {
                    return Of::Other;
                }
                Kind::Other => {}
            }
        }
        match tree.name(at) {
            "figure" => return Of::Figure(at),
            "blockquote" | "q" | "template" | "noscript" => return Of::Other,
            "article" if look.article != Some(at) => return Of::Other,
            _ if at != id && has_part(tree, at, &OTHERS) && tree.name(at) != "body" => return Of::Other,
            _ => {}
        }
        if has_part(tree, at, &PICTURED)
            && let Some(of) = pictured(look, at)
        {
            return of;
        }
    }
    Of::Page
}

/// Whether an item of microdata is another work than the page: it has an address of its own, or belongs to an item in a way in
/// which no page does.
fn is_another(look: &Look, scope: Id) -> bool {
    let tree = look.tree;
    let own = |address: &str| look.base.join(address).is_ok_and(|url| look.own.contains(&&url));
    let belongs = tree.attribute(scope, "itemprop").is_some_and(|of| !of.split_ascii_whitespace().any(is_into));
    if belongs || tree.attribute(scope, "itemid").is_some_and(|id| id.contains("://") && !own(id)) {
        return true;
    }
    let of_scope = |id: &Id| {
        let named = ["url", "mainEntityOfPage"].iter().any(|p| tree.says(*id, "itemprop", p));
        named && tree.around(*id).find(|at| tree.attribute(*at, "itemscope").is_some()) == Some(scope)
    };
    let mut addresses = tree.walk(scope).filter(of_scope);
    addresses
        .any(|id| ["href", "content", "itemid"].iter().find_map(|key| tree.attribute(id, key)).is_some_and(|a| !own(a)))
}

/// Of which picture the words beside it speak; `None` where they stand around more than one, or around the page.
fn pictured(look: &Look, at: Id) -> Option<Of> {
    let tree = look.tree;
    if matches!(tree.name(at), "body" | "html" | "main" | "article") || tree.walk(at).any(|id| tree.name(id) == "h1") {
        return None;
    }
    let (buttons, mut all): (Vec<Id>, Vec<Id>) =
        tree.walk(at).filter(|id| tree.name(*id) == "img").take(MOST).partition(|id| is_button(tree, *id));
    all.truncate(2);
    let (first, second) = (all.first().copied(), all.get(1));
    let address = first.and_then(|id| look.base.join(tree.attribute(id, "src")?).ok());
    match (first, second) {
        // a box around nothing but the button of a licence is that of the page
        (None, _) => buttons.is_empty().then_some(Of::Other),
        (Some(_), None) => Some(address.map_or(Of::Other, |url| Of::Address(url.to_string()))),
        (Some(_), Some(_)) => None,
    }
}

/// Whether a picture shows a licence.
fn is_button(tree: &Tree, id: Id) -> bool {
    let file = tree.attribute(id, "src").unwrap_or_default();
    of_button(file).is_some() || of_mark_file(file).is_some()
}

/// Whether what stands around a link says that it speaks of the looks of the page, or of a map on it.
fn is_of_design(tree: &Tree, id: Id) -> bool {
    let Some(parent) = tree.parent(id) else { return false };
    let words = tree.few(parent, NEAR).to_lowercase();
    OF_DESIGN.iter().any(|word| words.contains(word))
}

/// Whether a word of RDFa, microdata or `rel` names a licence, in any vocabulary.
fn is_license(word: &str) -> bool {
    let (vocabulary, name) = word.rsplit_once([':', '#', '/']).unwrap_or(("", word));
    PROPERTIES.contains(&name) && !vocabulary.ends_with("og:image")
}

fn is_rights(rel: &str) -> bool {
    rel.split_ascii_whitespace().any(|word| RELS.contains(&word.to_ascii_lowercase().as_str()))
}

/// The article that a page is about: the only one that stands in no other, or that with the heading.
pub fn article(tree: &Tree) -> Option<Id> {
    let outer = |id: &Id| !tree.around(*id).any(|up| tree.name(up) == "article");
    let mut all = tree.all("article").filter(outer);
    let (first, second) = (all.next(), all.next());
    if second.is_none() {
        return first;
    }
    let heading = tree.all("h1").next()?;
    tree.around(heading).filter(|id| tree.name(*id) == "article").last()
}

/// Of what a property of microdata holds: of the item in which it stands.
fn item(look: &Look, id: Id) -> Vec<Of> {
    let tree = look.tree;
    let Some(scope) = tree.around(id).find(|id| tree.attribute(*id, "itemscope").is_some()) else {
        return vec![subject(look, id)];
    };
    match kind(tree.attribute(scope, "itemtype").unwrap_or_default()) {
        Kind::Picture => pictures(look, scope),
        Kind::Work if is_another(look, scope) => Vec::new(),
        Kind::Work => vec![subject(look, id)],
        Kind::Other => Vec::new(),
    }
}

/// The pictures of an item.
fn pictures(look: &Look, scope: Id) -> Vec<Of> {
    let tree = look.tree;
    let address = |id: Id| {
        let named = ["contentUrl", "url"].iter().any(|p| tree.says(id, "itemprop", p));
        let value = tree.attribute(id, "src").filter(|_| tree.name(id) == "img");
        let value = value.or_else(|| tree.attribute(id, "href").or(tree.attribute(id, "content")).filter(|_| named))?;
        Some(Of::Address(look.base.join(value).ok()?.to_string()))
    };
    tree.walk(scope).filter_map(address).collect()
}

/// Whether a link stands where a page states its terms: a footer, or a part that is called so.
fn in_zone(tree: &Tree, id: Id) -> bool {
    tree.around(id).any(|at| {
        let named = has_part(tree, at, &ZONES) && !matches!(tree.name(at), "body" | "html" | "main" | "article");
        tree.name(at) == "footer" || named
    })
}

/// Whether the class or the id of an element has one of these parts.
fn has_part(tree: &Tree, id: Id, parts: &[&str]) -> bool {
    ["class", "id"].iter().filter_map(|name| tree.attribute(id, name)).any(|value| {
        let value = value.to_ascii_lowercase();
        parts.iter().any(|part| {
            value
                .split_ascii_whitespace()
                .any(|word| word.split(['_', '-']).any(|w| w.starts_with(part)) || word == *part)
        })
    })
}

/// The licence whose button a picture is, as Creative Commons hands them out: `licensebuttons.net/l/by/4.0/88x31.png`.
fn of_button(file: &str) -> Option<String> {
    let lower = file.to_ascii_lowercase();
    let path =
        ["licensebuttons.net/l/", "i.creativecommons.org/l/"].iter().find_map(|at| Some(lower.split_once(at)?.1))?;
    let mut parts = path.split('/');
    let address = format!("https://creativecommons.org/licenses/{}/{}/", parts.next()?, parts.next()?);
    by_link(&address).map(|_| address)
}

/// The names under which the marks of KOGL are handed out: `img_opentype01.png`, `opentype04.jpg`.
fn of_mark_file(file: &str) -> Option<String> {
    let name = file.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let (_, rest) = name.split_once("opentype0")?;
    let number = rest.chars().next().filter(|c| ('0'..='4').contains(c))?;
    Some(format!("LicenseRef-KOGL-{number}"))
}

/// What stands at a place: the element as it is written, and its words.
fn shown(tree: &Tree, id: Id) -> String {
    const TOLD: [&str; 9] = ["rel", "property", "itemprop", "name", "href", "resource", "content", "about", "src"];
    let one = |name: &&str| Some(format!(" {name}=\"{}\"", tree.attribute(id, name)?));
    let attributes: String = TOLD.iter().filter_map(one).collect();
    let words = tree.attribute(id, "alt").map_or_else(|| tree.few(id, SHOWN), String::from);
    format!("<{}{attributes}> {words}", tree.name(id))
}

#[cfg(test)]
mod tests {
    use super::super::page::{Facts, Page};
    use super::*;
    use serde::Deserialize;

    fn read(html: &str) -> Page {
        Page::read(html, &Url::parse("https://example.org/a/page").unwrap(), &Facts::default())
    }

    fn licence(claimed: &Claimed) -> Option<String> {
        match claimed {
            Claimed::Nothing => None,
            Claimed::One(claim) => Some(claim.license.clone().unwrap_or_else(|| "unknown".into())),
            Claimed::Conflict(_) => Some("CONFLICT".into()),
        }
    }

    #[derive(Deserialize)]
    struct Case {
        name: String,
        html: String,
        expected: Option<String>,
    }

    /// Names in the cases that SPDX spells in another way.
    fn spelled(name: String) -> String {
        match name.as_str() {
            "PDM-1.0" => "CC-PDM-1.0".into(),
            "CC-BY-ND-NC-1.0" => "CC-BY-NC-ND-1.0".into(),
            "CC-BY-NC-ND-2.0-KR" => "LicenseRef-CC-BY-NC-ND-2.0-KR".into(),
            name => name.replace("KOGL-Type-", "LicenseRef-KOGL-"),
        }
    }

    #[test]
    fn idioms_of_pages() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../../tests/data/page_licences.json")).unwrap();
        assert_eq!(cases.len(), 23);
        let wrong = cases.into_iter().filter_map(|case| {
            let (found, want) = (licence(&read(&case.html).claimed), case.expected.map(spelled));
            (found != want).then(|| format!("{}: {found:?} and not {want:?}", case.name))
        });
        assert_eq!(wrong.collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn the_nearest_claim_is_that_of_a_picture() {
        let cc = "https://creativecommons.org/licenses";
        let page = read(&format!(
            "<link rel=license href={cc}/by-sa/4.0/><h1>x</h1><img src=a.jpg>\
             <figure><img src=b.jpg><figcaption>B <a rel=license href={cc}/by/2.0/>CC</a></figcaption></figure>\
             <figure><img src=c.jpg><figcaption>© Agency, all rights reserved</figcaption></figure>\
             <div itemscope itemtype=https://schema.org/ImageObject><img src=d.jpg><link itemprop=license href={cc}/by-nc/3.0/></div>\
             <figure><img src=e.jpg><a rel=license href={cc}/by/2.0/></a><a rel=license href={cc}/by/3.0/></a></figure>\
             <script type=application/ld+json>{{\"@type\": \"ImageObject\", \"contentUrl\": \"/a/f.jpg\", \"license\": \"{cc}/by/4.0/\"}}</script>\
             <img src=f.jpg>"
        ));
        let found: Vec<Option<String>> = page.pictures.iter().map(|p| licence(&p.claimed)).collect();
        let want = ["CC-BY-SA-4.0", "CC-BY-2.0", "", "CC-BY-NC-3.0", "CONFLICT", "CC-BY-4.0"];
        let want: Vec<Option<String>> = want.iter().map(|w| (!w.is_empty()).then(|| w.to_string())).collect();
        assert_eq!(found, want);
        assert_eq!(licence(&page.claimed), Some("CC-BY-SA-4.0".into()));
    }

    #[test]
    fn what_others_say_claims_nothing() {
        let cc = "https://creativecommons.org/licenses/by/4.0/";
        for html in [
            format!("<h1>x</h1><div class=comments><a rel=license href={cc}>x</a></div>"),
            format!("<blockquote><a rel=license href={cc}>x</a></blockquote>"),
            format!("<article>a<a rel=license href={cc}>x</a></article><article>b</article>"),
            format!(
                "<script type=application/ld+json>{{\"@type\": \"Article\", \"url\": \"https://other.org/\", \"license\": \"{cc}\"}}</script>"
            ),
            format!(
                "<script type=application/ld+json>{{\"@type\": \"SoftwareSourceCode\", \"license\": \"{cc}\"}}</script>"
            ),
            format!("<div itemscope itemtype=https://schema.org/VideoObject><link itemprop=license href={cc}></div>"),
            format!("<p about=https://other.org/><a rel=license href={cc}>x</a></p>"),
            "<meta name=dc.rights content='All rights reserved'>".to_string(),
            format!("<template><a rel=license href={cc}>x</a></template><!-- <a rel=license href={cc}> -->"),
        ] {
            assert_eq!(licence(&read(&html).claimed), None, "{html}");
        }
        let unknown = read("<a rel=license href=/terms>terms</a>");
        assert_eq!(licence(&unknown.claimed), Some("unknown".into()));
    }
}
