//! What several documents say of the same thing, compared.
use super::super::told::Told;
use crate::model::license::{of_value, spelled};

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
    names: Vec<Claim>,
    titles: Vec<Claim>,
    versions: Vec<Claim>,
    licenses: Vec<Claim>,
    dates: Vec<Claim>,
    pages: Vec<Claim>,
    creators: Vec<Claim>,
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
        let all = [
            ("name", self.names),
            ("title", self.titles),
            ("version", self.versions),
            ("licence", self.licenses),
            ("date of publication", self.dates),
            ("page", self.pages),
            ("creators", self.creators),
        ];
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
