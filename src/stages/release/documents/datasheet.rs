//! `DATASHEET.md`: the questions of Datasheets for Datasets. Facts of the build answer what they can, `[dataset.datasheet]` the
//! rest; a question that neither answers stands as a marked blank.
use super::description::{Description, in_words};
use super::markdown::{cell, code};
use super::{paragraphs, still};
use crate::model::questions::{QUESTIONS, Question};
use crate::stages::release::columns::Ids;

pub fn datasheet(of: &Description) -> Vec<u8> {
    let (p, w) = (of.card, of.words());
    let mut t = format!("# {}: {} {}\n", w.say("Datasheet"), still(&p.dataset), p.version);
    let blank = QUESTIONS.iter().filter(|q| answered(of, q).is_none()).count();
    let say = format!("{blank} of {} questions are not answered.", QUESTIONS.len());
    t.push_str(&format!("\n{}\n", w.say(&say)));
    let mut section = "";
    for q in QUESTIONS {
        if q.section != section {
            section = q.section;
            t.push_str(&format!("\n## {}\n", w.say(section)));
        }
        t.push_str(&format!("\n**{}**\n\n", if w.korean() { q.ko } else { q.en }));
        match answered(of, q) {
            Some(all) => all.iter().for_each(|own| t.push_str(&format!("{own}\n\n"))),
            None => {
                let say = format!("Not answered: `[dataset.datasheet] {} = \"...\"`", q.name);
                t.push_str(&format!("> _{}_\n\n", w.say(&say)));
            }
        }
        t.truncate(t.trim_end().len());
        t.push('\n');
    }
    t.into_bytes()
}

/// What is said to a question, a paragraph each: what the build knows, then what the manifest says. `None` is a blank.
pub fn answered(of: &Description, q: &Question) -> Option<Vec<String>> {
    let own = of.answer(q.name).map(paragraphs);
    let all: Vec<String> = known(of, q.name).into_iter().chain(own).collect();
    (!all.is_empty()).then_some(all)
}

/// What the build knows of a question.
fn known(of: &Description, name: &str) -> Vec<String> {
    let (p, w) = (of.card, of.words());
    let say = |text: String| vec![w.say(&text).into_owned()];
    match name {
        "makers" if !p.creators.is_empty() => {
            vec![p.creators.iter().map(|c| paragraphs(&c.name)).collect::<Vec<_>>().join(", ")]
        }
        "counts" => counts(of),
        "fields" => vec![
            of.columns()
                .iter()
                .map(|(c, holds)| format!("- {}: {}", code(c), cell(&in_words(holds))))
                .collect::<Vec<_>>()
                .join("\n"),
        ],
        "labels" if !p.labels.is_empty() => p.labels.iter().map(|l| label(of, l)).collect(),
        "labels" => say("No label is released.".into()),
        "relationships" if p.columns.iter().any(|c| c == "split") => {
            say("Each sample says in which split it is.".into())
        }
        "splits" => {
            let all: Vec<String> = of.told.counts.iter().map(|(s, n)| format!("{} {n}", code(s))).collect();
            say(format!("Yes, these, with so many samples: {}.", all.join(", ")))
        }
        "external" => say("It is self-contained: every file lies in the release, and its sum in SHA256SUMS.".into()),
        "identifiable" => identifiable(of),
        "subpopulations" => representation(of),
        "acquisition" | "direct" => Vec::new(),
        "preprocessing" if !p.changes.is_empty() => {
            let all: Vec<String> = p.changes.iter().map(|c| w.say(c).into_owned()).collect();
            say(format!("In this order: {}.", all.join(", ")))
        }
        "software" => say("tamis builds the release from dataset.toml.".into()),
        "revocation" if p.privacy.iter().any(|s| s.contains("withdrawn")) => {
            say("Yes: samples of people on a list of withdrawals are left out of every later release.".into())
        }
        "tasks" => say(format!("Tasks of the labels: {}.", of.tasks().join(", "))),
        "channel" => p
            .url
            .iter()
            .map(|url| format!("<{}>", still(url)))
            .chain(of.doi_address().map(|d| format!("<{d}>")))
            .collect(),
        "when" => p.date.iter().cloned().collect(),
        "terms" => p.license.iter().map(|l| code(l)).collect(),
        "restrictions" => restrictions(of),
        "maintainer" => of.publisher().map(paragraphs).into_iter().collect(),
        "contact" => p.contact.as_deref().map(paragraphs).into_iter().collect(),
        "updates" => say("A corrected data set is a new version; a version that was released stays as it is.".into()),
        _ => Vec::new(),
    }
}

fn counts(of: &Description) -> Vec<String> {
    let w = of.words();
    let say = format!("{} samples, {} bytes of data.", of.samples(), of.bytes());
    vec![w.say(&say).into_owned()]
}

fn label(of: &Description, l: &super::told::LabelCard) -> String {
    let w = of.words();
    let column = format!("label.{}", l.task);
    let all = of.told.all.label(&column);
    let classes: Vec<String> =
        l.classes.iter().map(|c| format!("{} {}", code(c), all.classes.get(c).copied().unwrap_or(0))).collect();
    let kind = format!("{}: {}", code(&column), l.kind);
    let guideline =
        l.guideline.as_ref().map(|(d, v)| w.say(&format!("Guideline: {}, version {v}.", cell(d))).into_owned());
    let classes =
        (!classes.is_empty()).then(|| w.say(&format!("Classes and how often: {}.", classes.join(", "))).into_owned());
    let quality: Vec<String> = of.quality(l).iter().map(|(say, value)| format!("{}: {value}.", w.say(say))).collect();
    let more: Vec<String> = guideline.into_iter().chain(classes).chain(quality).collect();
    std::iter::once(format!("{kind}.")).chain(more).collect::<Vec<_>>().join(" ")
}

fn identifiable(of: &Description) -> Vec<String> {
    let (p, w) = (of.card, of.words());
    let all = p.privacy.iter().map(|s| w.say(&paragraphs(s)).into_owned());
    let ids = (p.ids == Ids::Source).then(|| w.say("Samples are called as in their sources.").into_owned());
    let anonymous = p.anonymous.then(|| {
        w.say("Columns were generalised until nobody is found by them; README.md has the measures.").into_owned()
    });
    let all: Vec<String> = all.chain(anonymous).collect();
    if all.is_empty() { Vec::new() } else { all.into_iter().chain(ids).collect() }
}

/// Which attributes of people are measured; the numbers stand in the card.
fn representation(of: &Description) -> Vec<String> {
    let is = |fact: &&(String, String)| fact.1.starts_with("ethics.representation.");
    let all = of.card.measured.iter().flat_map(|(_, facts)| facts).filter(is);
    let names: Vec<String> = all.filter_map(|f| f.1.strip_prefix("ethics.representation.").map(code)).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let say = format!("Yes, by {}; README.md says how many samples each has.", names.join(", "));
    vec![of.words().say(&say).into_owned()]
}

fn restrictions(of: &Description) -> Vec<String> {
    let w = of.words();
    let own = |s: &crate::stages::release::terms::SourceCard| format!("- {}: {}", code(&s.name), code(&s.license));
    let all: Vec<String> = of.told.sources.iter().map(own).collect();
    if all.is_empty() {
        return Vec::new();
    }
    vec![
        w.say("The sources came under these licences; ATTRIBUTION.md names whom they ask to name:").into_owned(),
        all.join("\n"),
    ]
}
