//! `CITATION.cff`: how the data set is cited, in the Citation File Format 1.2.
use super::description::Description;
use super::yaml::Yaml;

pub fn citation(of: &Description) -> Vec<u8> {
    let p = of.card;
    let text = |t: &str| Yaml::from(t);
    let author = |c: &super::told::Creator| {
        let mut own = vec![("name", text(&c.name))]; // a name of one part: nobody's family name is guessed
        own.extend(c.url.as_ref().map(|url| ("website", text(url))));
        Yaml::Map(own)
    };
    let message = of.words().say("Please cite this data set as it is said here.").into_owned();
    let mut all = vec![
        ("cff-version", text("1.2.0")),
        ("message", message.into()),
        ("type", text("dataset")),
        ("title", text(&p.dataset)),
        ("version", text(&p.version)),
        ("authors", Yaml::List(p.creators.iter().map(author).collect())),
    ];
    all.extend(p.date.as_ref().map(|date| ("date-released", text(date))));
    // the format knows single licences alone
    all.extend(p.license.as_ref().filter(|_| of.license_name().is_some()).map(|license| ("license", text(license))));
    all.extend(p.doi.as_ref().map(|doi| ("doi", text(doi))));
    all.extend(p.url.as_ref().map(|url| ("url", text(url))));
    all.extend(of.about().map(|d| ("abstract", text(&d))));
    if !p.keywords.is_empty() {
        all.push(("keywords", Yaml::List(p.keywords.iter().map(|k| text(k)).collect())));
    }
    Yaml::Map(all).document().into_bytes()
}
