//! `ATTRIBUTION.md` and `LICENSES/`: who is to be named, and under which terms the data came.
use super::told::PageCard;
use super::{paragraphs, still};
use crate::digest::Digest;
use crate::model::edits::{Edit, edits_of};
use crate::model::license;
use crate::stage::*;
use crate::stages::release::terms::SourceCard;

/// The page that names every source of the release, and the samples that have names or licences of their own.
pub fn attribution(p: &PageCard, sources: &[&SourceCard], pieces: &[Piece]) -> Result<String, Fault> {
    let mut t = format!("# Attribution\n\n{} {}", p.dataset, p.version);
    if let Some(l) = &p.license {
        t.push_str(&format!(", released under {l}{}", in_words(l)));
    }
    t.push_str(".\n\nMade from:\n\n");
    for s in sources {
        t.push_str(&format!("- **{}**: {}{}", s.name, s.license, in_words(&s.license)));
        t.push_str(&named(s));
        if let Some(a) = &s.attribution {
            t.push_str(&format!(". {}", paragraphs(a)));
        }
        if let Some(e) = s.evidence.as_ref().filter(|e| p.evidence.contains_key(*e)) {
            t.push_str(&format!(" (licence: LICENSES/{})", license::kept_as(&s.name, e)));
        }
        t.push('\n');
    }
    t.push_str(&format!("\nThe data was {}; see README.md.\n", enumerated(&p.changes)));
    t.push_str(&decisions(p));
    for s in sources.iter().filter(|s| !s.reads().is_empty()) {
        samples(p, s, pieces, &mut t)?;
    }
    Ok(t)
}

/// `. TITLE by AUTHOR, ADDRESS` as far as a source says it.
fn named(s: &SourceCard) -> String {
    let title = s.names.title.as_deref().map(paragraphs);
    let author = s.names.author.as_deref().map(|a| format!("by {}", paragraphs(a)));
    let words: Vec<String> = title.into_iter().chain(author).collect();
    let address = s.names.source.as_deref().map(|a| format!("<{}>", paragraphs(a)));
    let all: Vec<String> = (!words.is_empty()).then(|| words.join(" ")).into_iter().chain(address).collect();
    if all.is_empty() { String::new() } else { format!(". {}", all.join(", ")) }
}

/// What people decided about the terms of sources.
pub fn decisions(p: &PageCard) -> String {
    if p.allowed.is_empty() {
        return String::new();
    }
    let mut t = "\nWho made the data set decided about these terms, and why:\n\n".to_string();
    for a in &p.allowed {
        t.push_str(&format!("- {} of {}: {}\n", still(&a.rule), still(&a.source), paragraphs(&a.reason)));
    }
    t
}

/// The samples of a source with the names and the licence of each, in the order of the release.
fn samples(p: &PageCard, s: &SourceCard, pieces: &[Piece], t: &mut String) -> Result<(), Fault> {
    let mut columns: Vec<(&str, &str)> = ["title", "author", "source"]
        .into_iter()
        .filter_map(|name| Some((name, s.columns.get(name)?.as_str())))
        .collect();
    columns.extend(s.licensed.then_some(("licence", "license")));
    let changes = (!p.edited.is_empty()).then_some("changes");
    let head: Vec<&str> = columns.iter().map(|c| c.0).chain(changes).collect();
    let rule = "---|".repeat(head.len() + 1);
    t.push_str(&format!("\n## Samples of {}\n\n| sample | {} |\n|{rule}\n", still(&s.name), head.join(" | ")));
    for piece in pieces {
        let (sources, ids) = (piece.rows.texts("source")?, piece.rows.texts(p.ids.column())?);
        let cells = columns.iter().map(|c| piece.rows.texts(c.1)).collect::<Result<Vec<_>, Fault>>()?;
        let edits = p.edited.iter().map(|text| Ok((text, piece.rows.cells::<Vec<Edit>>(&edits_of(text))?)));
        let edits = edits.collect::<Result<Vec<_>, Fault>>()?;
        for (row, id) in ids.iter().enumerate() {
            if sources.get(row).cloned().flatten().as_ref() != Some(&s.name) {
                continue;
            }
            let value = |of: &Vec<Option<String>>| of.get(row).cloned().flatten().unwrap_or_else(|| "-".into());
            let is_changed = |of: &&(&String, Vec<Option<Vec<Edit>>>)| {
                of.1.get(row).and_then(Option::as_ref).is_some_and(|edits| !edits.is_empty())
            };
            let changed: Vec<&str> = edits.iter().filter(is_changed).map(|(text, _)| text.as_str()).collect();
            let changed = changes.map(|_| if changed.is_empty() { "-".into() } else { changed.join(", ") });
            let own: Vec<String> = cells.iter().map(value).chain(changed).map(|value| cell(&value)).collect();
            t.push_str(&format!("| {} | {} |\n", cell(id.as_deref().unwrap_or_default()), own.join(" | ")));
        }
    }
    Ok(())
}

/// A text as it may stand in a cell of a table.
fn cell(text: &str) -> String {
    still(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

/// `a`, `a and b`, `a, b and c`.
fn enumerated(words: &[String]) -> String {
    match words {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        _ => words.concat(),
    }
}

fn in_words(expression: &str) -> String {
    license::full_name(expression).map_or(String::new(), |n| format!(" ({n})"))
}

/// The evidence of the licences, as the sources bring it.
pub fn licenses(
    p: &PageCard,
    sources: &[&SourceCard],
    pieces: &[Piece],
    files: &mut Vec<OutFile>,
) -> Result<(), Fault> {
    let Some(first) = pieces.first() else { return Ok(()) };
    for s in sources {
        let Some(evidence) = &s.evidence else { continue };
        let Some(digest) = p.evidence.get(evidence).and_then(|d| Digest::parse(d)) else { continue };
        files.push(OutFile::bytes(
            format!("LICENSES/{}", license::kept_as(&s.name, evidence)),
            first.rows.blob(digest)?,
        ));
    }
    Ok(())
}
