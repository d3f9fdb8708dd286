//! `ATTRIBUTION.md` and `LICENSES/`: who is to be named, and under which terms the data came.
use super::told::PageCard;
use super::{paragraphs, still};
use crate::diag::acts;
use crate::digest::Digest;
use crate::model::addresses::published;
use crate::model::edits::{Edit, edits_of};
use crate::model::license;
use crate::stage::*;
use crate::stages::release::terms::SourceCard;
use std::collections::BTreeMap;

/// The page that names every source of the release, and the samples that have names or licences of their own.
pub fn attribution(
    p: &PageCard,
    sources: &[&SourceCard],
    unnamed: &BTreeMap<String, u64>,
    pieces: &[Piece],
) -> Result<String, Fault> {
    let mut t = format!("# Attribution\n\n{} {}", p.dataset, p.version);
    if let Some(l) = &p.license {
        t.push_str(&format!(", released under {l}{}", in_words(l)));
    }
    t.push_str(".\n\nMade from:\n\n");
    for s in sources {
        t.push_str(&format!("- **{}**: {}{}", s.name, s.license, in_words(&s.license)));
        t.push_str(&named(s));
        if let Some(a) = &s.attribution {
            t.push_str(&format!(". {}", plain(a)));
        }
        if let Some(e) = s.evidence.as_ref().filter(|e| p.evidence.contains_key(*e)) {
            t.push_str(&format!(" (licence: LICENSES/{})", license::kept_as(&s.name, e)));
        }
        t.push('\n');
    }
    t.push_str(&format!("\nThe data was {}; see README.md.\n", enumerated(&p.changes)));
    t.push_str(&decisions(p));
    for (source, n) in unnamed.iter().filter(|(_, n)| **n > 0) {
        let (word, ask) = if *n == 1 { ("sample", "names") } else { ("samples", "name") };
        let say = format!("{n} {word} of {} {ask} nobody, though the licence asks for names", plain(source));
        t.push_str(&format!("\n{say}.\n"));
    }
    for s in sources.iter().filter(|s| !s.reads().is_empty()) {
        samples(p, s, pieces, &mut t)?;
    }
    Ok(t)
}

/// `. TITLE by AUTHOR, ADDRESS` as far as a source says it.
fn named(s: &SourceCard) -> String {
    let title = s.names.title.as_deref().map(plain);
    let author = s.names.author.as_deref().map(|a| format!("by {}", plain(a)));
    let words: Vec<String> = title.into_iter().chain(author).collect();
    let address = s.names.source.as_deref().map(address);
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
            let value = |(column, of): (&(&str, &str), &Vec<Option<String>>)| {
                let own = of.get(row).and_then(Option::as_deref).filter(|own| !own.trim().is_empty());
                own.map_or("-".into(), |own| if column.0 == "source" { address(own) } else { plain(own) })
            };
            let is_changed = |of: &&(&String, Vec<Option<Vec<Edit>>>)| {
                of.1.get(row).and_then(Option::as_ref).is_some_and(|edits| !edits.is_empty())
            };
            let changed: Vec<String> = edits.iter().filter(is_changed).map(|(text, _)| plain(text)).collect();
            let changed = changes.map(|_| if changed.is_empty() { "-".into() } else { changed.join(", ") });
            let own: Vec<String> = columns.iter().zip(&cells).map(value).chain(changed).collect();
            t.push_str(&format!("| {} | {} |\n", plain(id.as_deref().unwrap_or_default()), own.join(" | ")));
        }
    }
    Ok(())
}

/// A text as it stands: nothing in it is Markdown or HTML, and no address in it a link.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in still(text).chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '|' | '~' | '#' => out.extend(['\\', c]),
            _ => out.push(c),
        }
    }
    out
}

/// An address of the web as a link, without a secret in it; any other, such as `javascript:...`, as the text that it is.
fn address(text: &str) -> String {
    let text = published(text);
    let lower = text.to_ascii_lowercase();
    let web = lower.starts_with("http://") || lower.starts_with("https://");
    let whole = !text.chars().any(|c| c.is_whitespace() || acts(c) || "<>|`\\\"".contains(c));
    if web && whole { format!("<{text}>") } else { plain(text) }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_no_markdown_and_only_addresses_of_the_web_are_links() {
        assert_eq!(plain("[x](javascript:1) `a` *b* <i>"), "\\[x\\](javascript:1) \\`a\\` \\*b\\* &lt;i>");
        assert_eq!(address("https://a.example/x_y"), "<https://a.example/x_y>");
        assert_eq!(address("https://a.example/x?id=1&sig=s"), "<https://a.example/x>");
        assert_eq!(address("javascript:alert(1)"), "javascript:alert(1)");
        assert_eq!(address("https://a.example/> [x](y)"), "https://a.example/> \\[x\\](y)");
    }
}
