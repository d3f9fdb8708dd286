//! DataCite and `CITATION.cff`: how a data set is cited.
use super::super::told::Told;
use super::claims::Claims;
use super::facts::{Facts, day, demand, list, stands, text};
use crate::formats::yaml;
use crate::model::license::of_value;
use serde_json::Value as Json;

/// What `resourceTypeGeneral` may be (DataCite 4.6).
const TYPES: [&str; 32] = [
    "Audiovisual",
    "Award",
    "Book",
    "BookChapter",
    "Collection",
    "ComputationalNotebook",
    "ConferencePaper",
    "ConferenceProceeding",
    "DataPaper",
    "Dataset",
    "Dissertation",
    "Event",
    "Image",
    "Instrument",
    "InteractiveResource",
    "Journal",
    "JournalArticle",
    "Model",
    "OutputManagementPlan",
    "PeerReview",
    "PhysicalObject",
    "Preprint",
    "Project",
    "Report",
    "Service",
    "Software",
    "Sound",
    "Standard",
    "StudyRegistration",
    "Text",
    "Workflow",
    "Other",
];

pub fn datacite(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let Some(json) = facts.folder.json(path, told) else { return };
    let keys = ["schemaVersion", "creators", "titles", "publisher", "publicationYear", "types"];
    demand(path, "", &json, &keys, "DataCite", told);
    if !stands(&json, "doi") && !stands(&json, "identifiers") {
        told.unchecked(format!("{path}: it has no DOI, which DataCite demands where it is registered"));
    }
    if let Some(doi) = text(&json, "doi").filter(|d| !(d.starts_with("10.") && d.contains('/'))) {
        told.fault("document.value", path, "", "doi", format!("`{doi}` is no DOI"));
    }
    doi_parts(path, &json, told);
    if let Some(types) = json.get("types") {
        match text(types, "resourceTypeGeneral") {
            None => told.fault(
                "document.missing",
                path,
                "types",
                "resourceTypeGeneral",
                "is missing, and DataCite demands it",
            ),
            Some(ty) if !TYPES.contains(&ty) && !["DataCite", "Film"].contains(&ty) => {
                let nearest = crate::diag::suggest(ty, TYPES);
                told.fault(
                    "document.value",
                    path,
                    "types",
                    "resourceTypeGeneral",
                    format!("`{ty}` is no type of DataCite; {nearest}"),
                );
            }
            Some(_) => {}
        }
    }
    for (n, title) in list(&json, "titles").into_iter().enumerate() {
        demand(path, &format!("titles[{n}]"), title, &["title"], "DataCite", told);
    }
    for (n, creator) in list(&json, "creators").into_iter().enumerate() {
        demand(path, &format!("creators[{n}]"), creator, &["name"], "DataCite", told);
    }
    let year = json.get("publicationYear").map(|y| y.as_str().map_or_else(|| y.to_string(), String::from));
    if let Some(year) = year.as_ref().filter(|y| y.len() != 4 || y.parse::<u32>().is_err()) {
        told.fault("document.value", path, "", "publicationYear", format!("`{year}` is no year"));
    }
    cited(path, &json, year.as_deref(), claims, told);
}

/// A DOI is its prefix and its suffix.
fn doi_parts(path: &str, json: &Json, told: &mut Told) {
    let Some((prefix, suffix)) = text(json, "doi").and_then(|doi| doi.split_once('/')) else { return };
    for (key, own) in [("prefix", prefix), ("suffix", suffix)] {
        if let Some(said) = text(json, key).filter(|said| !said.eq_ignore_ascii_case(own)) {
            told.fault("document.value", path, "", key, format!("`{said}` is not the {key} of the DOI, `{own}`"));
        }
    }
}

/// What DataCite says that other documents say, too.
fn cited(path: &str, json: &Json, year: Option<&str>, claims: &mut Claims, told: &mut Told) {
    claims.title(path, "titles", list(json, "titles").first().and_then(|t| text(t, "title")));
    claims.version(path, "version", text(json, "version"));
    claims.page(path, "url", text(json, "url"));
    let creators: Vec<&str> = list(json, "creators").into_iter().filter_map(|c| text(c, "name")).collect();
    claims.creator(path, "creators", &creators);
    let publisher = json.get("publisher");
    claims.publisher(path, "publisher", publisher.and_then(|p| text(p, "name").or(p.as_str())));
    let about = list(json, "descriptions").first().and_then(|d| text(d, "description"));
    claims.description(path, "descriptions", about);
    let subjects: Vec<&str> = list(json, "subjects").into_iter().filter_map(|s| text(s, "subject")).collect();
    claims.keywords(path, "subjects", &subjects);
    claims.first_language(path, "language", text(json, "language"));
    claims.doi(path, "doi", text(json, "doi"));
    for rights in list(json, "rightsList").into_iter().take(1) {
        claims.license(
            path,
            "rightsList",
            text(rights, "rightsIdentifier").or_else(|| text(rights, "rightsUri")),
            told,
        );
        if stands(rights, "rightsIdentifier") {
            claims.license(path, "rightsList.rightsUri", text(rights, "rightsUri"), told);
        }
    }
    for (n, date) in list(json, "dates").into_iter().enumerate() {
        let said = text(date, "date").unwrap_or_default();
        let range = said.split('/').all(|part| part.len() == 4 || part.len() == 7 || day(part).is_some());
        if !range {
            told.fault("document.value", path, format!("dates[{n}]"), "date", format!("`{said}` is no date"));
        } else if text(date, "dateType") == Some("Issued") && day(said).is_some() {
            claims.date(path, "dates", Some(said));
            if year.is_some_and(|y| !said.starts_with(y)) {
                told.fault(
                    "documents.disagree",
                    path,
                    "",
                    "publicationYear",
                    format!("is not the year of the date of issue, {said}"),
                );
            }
        }
    }
}

pub fn cff(facts: &Facts, path: &str, claims: &mut Claims, told: &mut Told) {
    let Some(whole) = facts.folder.text(path, told) else { return };
    let json = match yaml::parse(&whole) {
        Ok(json) => json,
        Err((line, say)) => return told.fault("document.yaml", path, format!("line {line}"), "", say),
    };
    demand(path, "", &json, &["cff-version", "message", "title", "authors"], "the Citation File Format", told);
    if let Some(version) = text(&json, "cff-version").filter(|v| !["1.0.3", "1.1.0", "1.2.0"].contains(v)) {
        told.fault("document.value", path, "", "cff-version", format!("`{version}` is no version of the format"));
    }
    if let Some(ty) = text(&json, "type").filter(|t| !["dataset", "software"].contains(t)) {
        told.fault("document.value", path, "", "type", format!("`{ty}` is neither `dataset` nor `software`"));
    }
    let name = |author: &Json| {
        let parts = [text(author, "given-names"), text(author, "name-particle"), text(author, "family-names")];
        let person: Vec<&str> = parts.into_iter().flatten().collect();
        text(author, "name").map(String::from).or_else(|| (!person.is_empty()).then(|| person.join(" ")))
    };
    let authors: Vec<Option<String>> = list(&json, "authors").into_iter().map(name).collect();
    if let Some(n) = authors.iter().position(Option::is_none) {
        told.fault(
            "document.missing",
            path,
            format!("authors[{n}]"),
            "name",
            "has no name, and the Citation File Format demands one",
        );
    }
    let names: Vec<String> = authors.into_iter().flatten().collect();
    claims.creator(path, "authors", &names.iter().map(String::as_str).collect::<Vec<_>>());
    claims.title(path, "title", text(&json, "title"));
    claims.version(path, "version", text(&json, "version"));
    claims.page(path, "url", text(&json, "url"));
    claims.doi(path, "doi", text(&json, "doi"));
    claims.description(path, "abstract", text(&json, "abstract"));
    let keywords: Vec<&str> = list(&json, "keywords").into_iter().filter_map(Json::as_str).collect();
    claims.keywords(path, "keywords", &keywords);
    if let Some(date) = text(&json, "date-released") {
        match day(date).filter(|d| d.len() == date.len()) {
            Some(_) => claims.date(path, "date-released", Some(date)),
            None => told.fault("document.value", path, "", "date-released", format!("`{date}` is no date")),
        }
    }
    for license in list(&json, "license").into_iter().filter_map(Json::as_str) {
        if of_value(license).is_none() {
            told.fault("document.value", path, "", "license", format!("`{license}` is no licence that is known"));
        }
        if list(&json, "license").len() == 1 {
            claims.license(path, "license", Some(license), told);
        }
    }
}
