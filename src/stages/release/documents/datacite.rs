//! `datacite.json`: what who registers a DOI is told, in the DataCite Metadata Schema 4.5.
use super::description::Description;
use super::{json, said};
use serde_json::{Value as Json, json};

pub fn datacite(of: &Description) -> Vec<u8> {
    let p = of.card;
    let creator = |c: &super::told::Creator| {
        let kind = if c.organization { "Organizational" } else { "Personal" };
        json!({ "name": c.name, "nameType": kind })
    };
    let rights = p.license.as_ref().map(|license| {
        let known = of.license_address();
        let scheme = known.as_ref().map(|_| "SPDX");
        vec![said(json!({
            "rights": of.license_name().unwrap_or(license),
            "rightsUri": known,
            "rightsIdentifier": scheme.map(|_| license),
            "rightsIdentifierScheme": scheme,
            "schemeUri": scheme.map(|_| "https://spdx.org/licenses/"),
        }))]
    });
    let (prefix, suffix) = p.doi.as_deref().and_then(|doi| doi.split_once('/')).unzip();
    let web = |s: &crate::stages::release::terms::SourceCard| {
        let address = s.web()?;
        Some(json!({ "relatedIdentifier": address, "relatedIdentifierType": "URL", "relationType": "IsDerivedFrom" }))
    };
    let related: Vec<Json> = of.told.sources.iter().filter_map(web).collect();
    let description = of.about().map(|d| vec![json!({ "description": d, "descriptionType": "Abstract" })]);
    json(&said(json!({
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "doi": p.doi,
        "prefix": prefix,
        "suffix": suffix,
        "url": p.url,
        "creators": p.creators.iter().map(creator).collect::<Vec<_>>(),
        "titles": [{ "title": of.name() }],
        "publisher": { "name": of.publisher() },
        "publicationYear": p.date.as_deref().and_then(|date| date.get(..4)),
        "types": { "resourceType": "Dataset", "resourceTypeGeneral": "Dataset" },
        "language": p.languages.first(),
        "subjects": p.keywords.iter().map(|k| json!({ "subject": k })).collect::<Vec<_>>(),
        "version": p.version,
        "rightsList": rights,
        "dates": p.date.as_ref().map(|date| vec![json!({ "date": date, "dateType": "Issued" })]),
        "descriptions": description,
        "relatedIdentifiers": related,
        "sizes": [format!("{} samples", of.samples()), format!("{} bytes", of.bytes())],
        "formats": p.formats,
    })))
}
