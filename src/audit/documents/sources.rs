//! What documents say of the sources that a release was made from: `ATTRIBUTION.md`, the card, RO-Crate and Croissant, held against each
//! other. A name that was left out or another licence is what their owners mind most.
use super::super::told::Told;
use super::claims::Claims;
use super::facts::{Facts, list, text};
use serde_json::Value as Json;

/// A source as a document tells of it.
#[derive(Default, Debug, PartialEq)]
struct Source {
    name: String,
    license: Option<String>,
    /// Whom to name.
    credit: Option<String>,
    samples: Option<u64>,
}

impl Source {
    fn claim(&self, path: &str, claims: &mut Claims) {
        let name = &self.name;
        claims.source(path, format!("licence of the source `{name}`"), self.license.as_deref());
        claims.credit(path, name, self.credit.as_deref());
        let samples = self.samples.map(|n| n.to_string());
        claims.source(path, format!("number of samples of the source `{name}`"), samples.as_deref());
    }
}

/// The page that names who must be named.
pub const PAGE: &str = "ATTRIBUTION.md";

/// `- **NAME**: LICENCE (its name). CREDIT (licence: LICENSES/FILE)`, and the line on top that tells of the release itself.
pub fn page(facts: &Facts, claims: &mut Claims, told: &mut Told) {
    let Some(whole) = facts.folder.text(PAGE, told) else { return };
    let lines: Vec<&str> = whole.lines().take_while(|line| !line.starts_with("## ")).collect();
    if let Some((release, license)) = lines.iter().find_map(|line| line.split_once(", released under ")) {
        claims.version(PAGE, "version", release.rsplit(' ').next());
        claims.license(PAGE, "licence", license.split(" (").next().map(|l| l.trim_end_matches('.')), told);
    }
    for (line, source) in lines.iter().filter_map(|line| Some((line, of_line(line)?))) {
        if let Some((_, file)) = line.rsplit_once("(licence: ") {
            let file = file.trim_end_matches(')');
            if !facts.folder.has(file) {
                let say = format!("names {file}, which is not there");
                told.fault("document.path", PAGE, &source.name, "licence", say);
            }
        }
        source.claim(PAGE, claims);
    }
    told.checked(format!("{PAGE} (attribution)"));
}

fn of_line(line: &str) -> Option<Source> {
    let (name, rest) = line.strip_prefix("- **")?.split_once("**: ")?;
    let rest = rest.rsplit_once(" (licence: ").map_or(rest, |(rest, _)| rest);
    let end = rest.find(" (").into_iter().chain(rest.find(". ")).min().unwrap_or(rest.len());
    let (license, behind) = rest.split_at_checked(end)?;
    let credit = match behind.strip_prefix(" (") {
        Some(words) => words.split_once(')').map_or("", |(_, credit)| credit),
        None => behind,
    };
    let license = plain(license);
    Some(Source {
        name: plain(name),
        license: Some(license),
        credit: Some(plain(credit.trim_start_matches(". ")).trim().to_string()),
        samples: None,
    })
}

/// A text of Markdown without the signs that keep it from being more than a text.
fn plain(text: &str) -> String {
    text.replace('\\', "").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The table of sources that a card has.
pub fn card(path: &str, whole: &str, claims: &mut Claims) {
    let mut table = false;
    for line in whole.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        match cells.as_slice() {
            ["source" | "출처", _, "samples" | "샘플 수", ..] => table = true,
            [name, license, samples, ..] if table && line.starts_with('|') => {
                let samples = samples.parse().ok();
                let license = Some(plain(license)).filter(|_| samples.is_some());
                Source { name: plain(name), license, credit: None, samples }.claim(path, claims);
            }
            _ => table &= line.starts_with("|---"),
        }
    }
}

/// `60 samples under MIT`, or `60 samples`.
fn counted(words: Option<&str>) -> (Option<u64>, Option<String>) {
    let Some((n, rest)) = words.and_then(|words| words.split_once(" samples")) else { return (None, None) };
    (n.parse().ok(), rest.strip_prefix(" under ").map(String::from))
}

/// The entities of RO-Crate that it is based on.
pub fn entities<'j>(path: &str, all: impl Iterator<Item = &'j Json>, claims: &mut Claims) {
    for entity in all.filter(|e| text(e, "@id").is_some_and(|id| id.starts_with("#source-"))) {
        let (samples, license) = counted(text(entity, "description"));
        let name = text(entity, "name").unwrap_or_default().to_string();
        let credit = text(entity, "creditText").map(String::from);
        Source { name, license, credit, samples }.claim(path, claims);
    }
}

/// What a description in Croissant was derived from.
pub fn derived(path: &str, json: &Json, claims: &mut Claims) {
    for own in list(json, "prov:wasDerivedFrom") {
        let Some(name) = text(own, "name").map(String::from) else { continue };
        let (samples, _) = counted(text(own, "size"));
        let license = text(own, "license").map(String::from);
        let credit = text(own, "description").map(String::from);
        Source { name, license, credit, samples }.claim(path, claims);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_page_are_read_as_they_are_written() {
        let of =
            |line: &str| of_line(line).map(|s| (s.name, s.license.unwrap_or_default(), s.credit.unwrap_or_default()));
        let want = |a: &str, b: &str, c: &str| Some((a.to_string(), b.to_string(), c.to_string()));
        let line = "- **b\\_d**: CC-BY-4.0 (Creative Commons Attribution 4.0 International). Ann, https://a.org/b\\_c (licence: LICENSES/b-L)";
        assert_eq!(of(line), want("b_d", "CC-BY-4.0", "Ann, https://a.org/b_c"));
        assert_eq!(of("- **a**: LicenseRef-own. Ann"), want("a", "LicenseRef-own", "Ann"));
        assert_eq!(of("- **a**: MIT"), want("a", "MIT", ""));
        assert_eq!(of("- a: MIT"), None);
    }
}
