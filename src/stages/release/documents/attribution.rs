//! `ATTRIBUTION.md` and `LICENSES/`: who is to be named, and under which terms the data came.
use super::paragraphs;
use super::told::PageCard;
use crate::digest::Digest;
use crate::model::license;
use crate::stage::*;
use crate::stages::release::terms::SourceCard;

/// The page that names every source of the release.
pub fn attribution(p: &PageCard, sources: &[&SourceCard]) -> String {
    let mut t = format!("# Attribution\n\n{} {}", p.dataset, p.version);
    if let Some(l) = &p.license {
        t.push_str(&format!(", released under {l}{}", in_words(l)));
    }
    t.push_str(".\n\nMade from:\n\n");
    for s in sources {
        t.push_str(&format!("- **{}**: {}{}", s.name, s.license, in_words(&s.license)));
        if let Some(a) = &s.attribution {
            t.push_str(&format!(". {}", paragraphs(a)));
        }
        if let Some(e) = s.evidence.as_ref().filter(|e| p.evidence.contains_key(*e)) {
            t.push_str(&format!(" (licence: LICENSES/{})", license::kept_as(&s.name, e)));
        }
        t.push('\n');
    }
    t.push_str(&format!("\nThe data was {}; see README.md.\n", enumerated(&p.changes)));
    t
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
