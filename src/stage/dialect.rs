//! The keys of a format that stand beside its name in the manifest: in sources, and in files of votes.
use super::Check;
use crate::diag::Diagnostic;
use crate::formats::options::{Choice, Takes};
use crate::formats::{Format, Options};
use serde_json::{Value as Json, json};
use std::ops::Range;

/// A key as it stands there: its name, its value, and where that is.
pub type Given = (String, Json, Range<usize>);

/// The options that keys say, for a format whose keys are among `known`. A key that the format does not read, a value that
/// cannot be, and keys that do not fit each other are noted.
pub fn dialect(
    check: &mut Check,
    format: &Format,
    known: &[(&'static Format, &'static Choice)],
    given: &[Given],
) -> Options {
    let own = |name: &str| known.iter().find(|(f, c)| f.name == format.name && c.name == name).map(|k| k.1);
    for (name, value, span) in given {
        let Some(choice) = own(name) else {
            let readers = known.iter().filter(|(_, c)| c.name == name).map(|(f, _)| format!("`{}`", f.name));
            let message = format!("the format {} reads no `{name}`", format.name);
            let problem = Diagnostic::error("T0306", span.clone(), message).label(format!("remove `{name}`"));
            check.bad(problem.help(format!("read by {}", readers.collect::<Vec<_>>().join(", "))));
            continue;
        };
        if let Some(say) = choice.wrong(value) {
            let message = format!("`{name}` cannot be this");
            check.bad(Diagnostic::error("T0343", span.clone(), message).label(say));
        }
    }
    let options = Options::of(given.iter().map(|(name, value, _)| (name.clone(), value.clone())), format.options);
    if let Some((name, say)) = (format.unfit)(&options) {
        let span = given.iter().find(|g| g.0 == name).map_or(check.span.clone(), |g| g.2.clone());
        let message = format!("`{name}` does not fit the other keys of {}", check.path);
        check.bad(Diagnostic::error("T0344", span, message).label(say));
    }
    options
}

/// The schema of each key, with what the formats that read it say of it.
pub fn dialect_schema(known: &[(&'static Format, &'static Choice)]) -> Vec<(String, Json)> {
    let mut out: Vec<(String, Json)> = Vec::new();
    for (_, choice) in known {
        if !out.iter().any(|(name, _)| name == choice.name) {
            let of: Vec<_> = known.iter().filter(|(_, c)| c.name == choice.name).copied().collect();
            out.push((choice.name.to_string(), key_schema(choice, &of)));
        }
    }
    out
}

fn key_schema(choice: &Choice, of: &[(&'static Format, &'static Choice)]) -> Json {
    let mut docs: Vec<(&str, Vec<String>)> = Vec::new();
    for (format, own) in of {
        let name = format!("`{}`", format.name);
        match docs.iter_mut().find(|(doc, _)| *doc == own.doc) {
            Some((_, names)) => names.push(name),
            None => docs.push((own.doc, vec![name])),
        }
    }
    let say: Vec<String> = docs.iter().map(|(doc, names)| format!("For {}: {doc}", names.join(", "))).collect();
    let mut schema = match choice.takes {
        Takes::Text { .. } | Takes::Mark { .. } => json!({ "type": "string" }),
        Takes::Word { of } => json!({ "type": "string", "enum": of }),
        Takes::Whole { min, max, .. } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Takes::Texts => json!({ "type": "array", "items": { "type": "string" } }),
    };
    schema["description"] = say.join(" ").into();
    schema
}
