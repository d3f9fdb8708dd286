//! Lists that operations read: mentions, words for words, and sentences with places. They are small, part of the declaration, and
//! stand in the recipe by their content.
use crate::diag::{Diagnostic, suggest};
use crate::manifest::values::At;
use crate::measure::augment::Template;
use crate::stage::Check;
use std::collections::BTreeMap;

/// The longest file, in bytes.
const FILE_MAX: u64 = 1 << 20;

/// Mentions by class.
#[derive(Default)]
pub struct Found {
    pub mentions: BTreeMap<String, Vec<String>>,
}

/// The lines of a file that say something, with their numbers; what cannot be read is noted.
fn lines(check: &mut Check, file: &At<String>) -> Option<Vec<(usize, String)>> {
    let before = check.problems.len();
    check.file(file, "the list");
    if check.problems.len() > before {
        return None;
    }
    let text = match check.world.read(file, FILE_MAX).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return wrong(check, file, "this is no UTF-8".into()),
        Err(e) => return wrong(check, file, e.to_string()),
    };
    let own = text.trim_start_matches('\u{FEFF}').lines().enumerate();
    let own = own.map(|(n, line)| (n + 1, line.trim().to_string()));
    let own: Vec<_> = own.filter(|(_, line)| !line.is_empty() && !line.starts_with('#')).collect();
    if own.is_empty() { wrong(check, file, "no line says anything".into()) } else { Some(own) }
}

fn wrong<T>(check: &mut Check, file: &At<String>, say: String) -> Option<T> {
    check.bad(Diagnostic::error("T0614", file.span(), "this list cannot be used").label(say));
    None
}

/// A mention a line.
pub fn list(check: &mut Check, file: &At<String>) -> Option<Vec<String>> {
    let mut words: Vec<String> = lines(check, file)?.into_iter().map(|l| l.1).collect();
    words.sort();
    words.dedup();
    Some(words)
}

/// Words and others for them, parted by tabs.
pub fn synonyms(check: &mut Check, file: &At<String>) -> Option<BTreeMap<String, Vec<String>>> {
    let mut out: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (n, line) in lines(check, file)? {
        let mut words = line.split('\t').map(str::trim).filter(|w| !w.is_empty()).map(String::from);
        let (Some(word), others) = (words.next(), words.collect::<Vec<_>>()) else { continue };
        if others.is_empty() {
            return wrong(check, file, format!("line {n} has one word, and no other for it behind a tab"));
        }
        out.entry(word).or_default().extend(others);
    }
    Some(out)
}

/// Sentences with places for mentions of the classes of the task.
pub fn templates(check: &mut Check, file: &At<String>, classes: &[String]) -> Option<Vec<Template>> {
    let mut out = Vec::new();
    for (n, line) in lines(check, file)? {
        let Some(template) = Template::parse(&line) else {
            let say = format!("line {n} has no place for a mention, or a brace that nothing closes");
            return wrong(check, file, say);
        };
        if let Some(class) = template.classes().find(|c| !classes.iter().any(|known| known == c)) {
            let help = suggest(class, classes.iter().map(String::as_str));
            let problem = Diagnostic::error("T0614", file.span(), "this list cannot be used");
            check.bad(problem.label(format!("line {n} has a place for `{class}`, which is no class")).help(help));
            return None;
        }
        out.push(template);
    }
    Some(out)
}
