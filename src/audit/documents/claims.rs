//! What several documents say of the same thing, compared.
use super::super::told::Told;
use crate::model::license::{of_value, spelled};
use std::collections::BTreeMap;

/// One thing that a document says.
struct Claim {
    file: String,
    field: String,
    /// As it is compared.
    value: String,
    /// As it is written.
    said: String,
}

/// What all documents say, by the thing.
#[derive(Default)]
pub struct Claims {
    /// Of a release of tamis, whose documents are written from one description.
    pub own: bool,
    descriptions: Vec<Claim>,
    keywords: Vec<Claim>,
    names: Vec<Claim>,
    titles: Vec<Claim>,
    versions: Vec<Claim>,
    licenses: Vec<Claim>,
    dates: Vec<Claim>,
    pages: Vec<Claim>,
    creators: Vec<Claim>,
    publishers: Vec<Claim>,
    languages: Vec<Claim>,
    dois: Vec<Claim>,
    /// One language of several: the first of them.
    first_languages: Vec<Claim>,
    /// Somebody who is a creator or the publisher.
    agents: Vec<Claim>,
    /// What is said of sources, by the thing.
    sources: BTreeMap<String, Vec<Claim>>,
    /// Sources that a document does not call by their names.
    origins: Vec<Claim>,
    /// Whom sources want to be named, by the source.
    credits: BTreeMap<String, Vec<Claim>>,
}

/// Letters and digits in lower case: `Tamis mini` is `tamis-mini`.
fn slug(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

fn claim(to: &mut Vec<Claim>, file: &str, field: &str, said: Option<&str>, value: impl Fn(&str) -> String) {
    if let Some(said) = said {
        to.push(Claim { file: file.into(), field: field.into(), value: value(said), said: said.into() });
    }
}

impl Claims {
    /// Of documents that tamis wrote, or of others.
    pub fn of(own: bool) -> Claims {
        Claims { own, ..Claims::default() }
    }

    /// The name of the data set as an identifier.
    pub fn name(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.names, file, field, said, slug);
    }

    /// The name of the data set for people.
    pub fn title(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.titles, file, field, said, slug);
    }

    pub fn version(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.versions, file, field, said, |v| v.trim().trim_start_matches('v').to_string());
    }

    /// The day of publication.
    pub fn date(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.dates, file, field, said, |v| v.get(..10).unwrap_or(v).to_string());
    }

    pub fn page(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.pages, file, field, said, |v| v.trim_end_matches('/').to_lowercase());
    }

    pub fn creator(&mut self, file: &str, field: &str, said: &[&str]) {
        let mut all: Vec<String> = said.iter().map(|name| slug(name)).filter(|n| !n.is_empty()).collect();
        all.sort();
        if !all.is_empty() {
            let value = all.join("|");
            self.creators.push(Claim { file: file.into(), field: field.into(), value, said: said.join(", ") });
        }
    }

    pub fn publisher(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.publishers, file, field, said, slug);
    }

    /// Who made the data set or published it, where a document does not say which.
    pub fn agent(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.agents, file, field, said, slug);
    }

    pub fn doi(&mut self, file: &str, field: &str, said: Option<&str>) {
        let bare = |text: &str| text.rsplit_once("doi.org/").map_or(text, |(_, doi)| doi).trim().to_lowercase();
        claim(&mut self.dois, file, field, said.filter(|text| bare(text).starts_with("10.")), bare);
    }

    /// All languages of the data set, by their codes; other words are not compared.
    pub fn languages(&mut self, file: &str, field: &str, said: &[&str]) {
        let codes: Option<Vec<String>> = said.iter().map(|text| language(text)).collect();
        let Some(mut codes) = codes.filter(|codes| !codes.is_empty()) else { return };
        codes.sort();
        codes.dedup();
        let claim = Claim { file: file.into(), field: field.into(), value: codes.join(","), said: said.join(", ") };
        self.languages.push(claim);
    }

    /// Something about a source.
    pub fn source(&mut self, file: &str, thing: String, said: Option<&str>) {
        if let Some(said) = said {
            let value = known(said).unwrap_or_else(|| said.trim().to_string());
            let claim = Claim { file: file.into(), field: thing.clone(), value, said: said.into() };
            self.sources.entry(thing).or_default().push(claim);
        }
    }

    /// Whom a source wants to be named.
    pub fn credit(&mut self, file: &str, source: &str, said: Option<&str>) {
        let claims = self.credits.entry(source.to_string()).or_default();
        claim(claims, file, &format!("attribution of the source `{source}`"), said, slug);
    }

    /// What the data set is, in words; others word it anew in each document.
    pub fn description(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.descriptions, file, field, said.filter(|_| self.own), slug);
    }

    pub fn keywords(&mut self, file: &str, field: &str, said: &[&str]) {
        let mut all: Vec<String> = said.iter().map(|word| slug(word)).collect();
        all.sort();
        if self.own && !all.is_empty() {
            let claim = Claim { file: file.into(), field: field.into(), value: all.join("|"), said: said.join(", ") };
            self.keywords.push(claim);
        }
    }

    /// A source by whom to name, or by its name.
    pub fn origin(&mut self, file: &str, field: &str, said: Option<&str>) {
        claim(&mut self.origins, file, field, said.filter(|_| self.own), slug);
    }

    /// One of the languages of the data set.
    pub fn first_language(&mut self, file: &str, field: &str, said: Option<&str>) {
        if let Some(code) = said.and_then(language) {
            claim(&mut self.first_languages, file, field, said, |_| code.clone());
        }
    }

    /// A licence by its identifier, its address or its name.
    pub fn license(&mut self, file: &str, field: &str, said: Option<&str>, told: &mut Told) {
        let Some(said) = said else { return };
        match known(said) {
            Some(value) => {
                self.licenses.push(Claim { file: file.into(), field: field.into(), value, said: said.into() })
            }
            None if ["other", "unknown"].contains(&said.to_lowercase().as_str()) => {}
            None => {
                told.unchecked(format!("{file}: the licence `{said}` is none that is known, so it is not compared"))
            }
        }
    }

    pub fn compare(mut self, told: &mut Told) {
        alike(&mut self.names);
        alike(&mut self.titles);
        let parts = |claims: &[Claim], sign: char| -> Vec<String> {
            claims.iter().flat_map(|c| c.value.split(sign).map(String::from).collect::<Vec<_>>()).collect()
        };
        let people = [parts(&self.creators, '|'), parts(&self.publishers, '|')].concat();
        none_of("the creator or publisher", &self.agents, &people, told);
        self.originated(told);
        none_of("a language", &self.first_languages, &parts(&self.languages, ','), told);
        let all = [
            ("name", self.names),
            ("title", self.titles),
            ("version", self.versions),
            ("licence", self.licenses),
            ("date of publication", self.dates),
            ("page", self.pages),
            ("creators", self.creators),
            ("publisher", self.publishers),
            ("languages", self.languages),
            ("DOI", self.dois),
            ("description", self.descriptions),
            ("keywords", self.keywords),
        ];
        let mut all: Vec<(String, Vec<Claim>)> = all.into_iter().map(|(thing, own)| (thing.to_string(), own)).collect();
        all.extend(self.sources);
        for (source, mut claims) in self.credits {
            within(&mut claims);
            all.push((format!("attribution of the source `{source}`"), claims));
        }
        for (thing, claims) in all {
            if claims.len() > 1 {
                told.checked(format!("the {thing} in {} documents", claims.len()));
            }
            for odd in odd(&claims) {
                let others: Vec<&Claim> = claims.iter().filter(|c| c.value != odd.value).collect();
                let Some(first) = others.first() else { continue };
                let rest = if others.len() > 1 { format!(" and {} more", others.len() - 1) } else { String::new() };
                let say = format!("says the {thing} is `{}`, and {}{rest} say `{}`", odd.said, first.file, first.said);
                told.fault("documents.disagree", &odd.file, "", &odd.field, say);
            }
        }
    }
}

impl Claims {
    /// What tells of sources without their names tells of each that the others name, and of no other.
    fn originated(&self, told: &mut Told) {
        let said = |source: &String| self.credits.get(source).into_iter().flatten().map(|c| c.value.clone());
        let known: Vec<(String, Vec<String>)> =
            self.credits.keys().map(|source| (source.clone(), said(source).chain([slug(source)]).collect())).collect();
        let Some(first) = self.origins.first().filter(|_| !known.is_empty()) else { return };
        // of a source with a title this stands alone, and the page of attributions adds author and address
        let is = |own: &Claim, words: &[String]| words.iter().any(|word| word.contains(&own.value));
        for odd in self.origins.iter().filter(|own| !known.iter().any(|(_, words)| is(own, words))) {
            let say = format!("says a source is `{}`, and no other document says so", odd.said);
            told.fault("documents.disagree", &odd.file, "", &odd.field, say);
        }
        for (source, _) in known.iter().filter(|(_, words)| !self.origins.iter().any(|own| is(own, words))) {
            let say = format!("does not tell of the source `{source}`, of which other documents tell");
            told.fault("document.uncovered", &first.file, "", &first.field, say);
        }
    }
}

/// An attribution that adds a title and an address to what others say is the same.
fn within(claims: &mut [Claim]) {
    let values: Vec<String> = claims.iter().map(|c| c.value.clone()).filter(|v| !v.is_empty()).collect();
    let Some(short) = values.iter().min_by_key(|v| v.len()) else { return };
    claims.iter_mut().filter(|c| c.value.ends_with(short.as_str())).for_each(|c| c.value.clone_from(short));
}

/// What a document says that is none of what the others say.
fn none_of(thing: &str, claims: &[Claim], others: &[String], told: &mut Told) {
    for odd in claims.iter().filter(|c| !others.is_empty() && !others.contains(&c.value)) {
        let say = format!("says {thing} is `{}`, and no other document says so", odd.said);
        told.fault("documents.disagree", &odd.file, "", &odd.field, say);
    }
}

/// The code of a language without what stands behind it: `ko-KR` is `ko`.
fn language(said: &str) -> Option<String> {
    let code = said.split(['-', '_']).next().unwrap_or_default().trim().to_lowercase();
    ((2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_lowercase())).then_some(code)
}

/// A name that only adds to another one is the same: `cells-public` and `cells 1.0.0` to `cells`.
fn alike(claims: &mut [Claim]) {
    let Some(short) = claims.iter().min_by_key(|c| c.said.len()) else { return };
    let (said, value) = (short.said.to_lowercase(), short.value.clone());
    for claim in claims.iter_mut().filter(|_| !value.is_empty()) {
        let own = claim.said.to_lowercase();
        if own.strip_prefix(&said).is_some_and(|more| more.starts_with(|c: char| !c.is_alphanumeric())) {
            claim.value.clone_from(&value);
        }
    }
}

/// The claims that are not what most say; all of them where no value stands most often.
fn odd(claims: &[Claim]) -> Vec<&Claim> {
    let count = |c: &&Claim| claims.iter().filter(|o| o.value == c.value).count();
    let most = claims.iter().map(|c| count(&c)).max().unwrap_or(0);
    let mut leading = claims.iter().filter(|c| count(c) == most);
    let first = leading.next().map(|c| &c.value);
    let alone = leading.all(|c| Some(&c.value) == first);
    claims.iter().filter(|c| !alone || Some(&c.value) != first).collect()
}

/// The identifier of a licence; of addresses of SPDX, too.
fn known(said: &str) -> Option<String> {
    let bare = said.trim();
    let spdx = bare.split_once("spdx.org/licenses/").map(|(_, id)| id.trim_end_matches(".html").trim_end_matches('/'));
    spdx.and_then(spelled).map(String::from).or_else(|| of_value(bare))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_disagrees_is_told_once() {
        let mut told = Told::default();
        let mut claims = Claims::default();
        claims.license("a", "license", Some("cc-by-4.0"), &mut told);
        claims.license("b", "license", Some("https://creativecommons.org/licenses/by/4.0/"), &mut told);
        claims.license("c", "license", Some("https://creativecommons.org/publicdomain/zero/1.0/"), &mut told);
        claims.name("a", "name", Some("tamis mini"));
        claims.name("b", "name", Some("tamis-mini"));
        claims.title("a", "title", Some("Tamis"));
        claims.title("b", "title", Some("tamis-mini 1.0.0"));
        claims.compare(&mut told);
        assert_eq!(told.faults.iter().map(|f| f.file.as_str()).collect::<Vec<_>>(), ["c"]);
    }
}
