//! Keys of a format that a source declares and that no field of it would need: they would do nothing.
use super::files::Files;
use super::named::Named;
use crate::diag::Diagnostic;
use crate::formats::spelling::{DATE, DECIMAL, FALSE, THOUSANDS, TRUE, has_days};
use crate::formats::tokens::TOKENS;
use crate::formats::{Format, Options};
use crate::manifest::sections::{Field, SchemaSection};
use crate::stage::*;

/// Which fields a spelling is for, what is said where there is none, and an example of one.
type Needs = (&'static str, fn(&Field) -> bool, &'static str, &'static str);

const SPELLINGS: [Needs; 5] = [
    (DATE.name, |f| f.date.is_some(), "no field of this source is a day", "day = { date = {} }"),
    (TRUE.name, |f| f.bool.is_some(), "no field of this source is true or false", "good = { bool = {} }"),
    (FALSE.name, |f| f.bool.is_some(), "no field of this source is true or false", "good = { bool = {} }"),
    (DECIMAL.name, is_number, "no field of this source is a number", "price = { float = {} }"),
    (THOUSANDS.name, is_number, "no field of this source is a number", "price = { int = {} }"),
];

fn is_number(field: &Field) -> bool {
    field.int.is_some() || field.float.is_some()
}

/// Tokens that no field is taken from would be named for nothing.
pub fn check_tokens(check: &mut Check, fields: &Named, files: &Files, format: &Format, options: &Options) {
    let Some(span) = files.span_of(TOKENS.name).filter(|_| !fields.is_empty()) else { return };
    let text = files.reader(format).map_or("", |r| (r.text)(options));
    if !text.is_empty() && !fields.values().any(|selector| selector.as_str() == text) {
        let problem = Diagnostic::error("T0344", span, "no field is taken from these tokens");
        check.bad(
            problem.label("without effect").help(format!("fields = {{ text = \"{text}\" }} is the text that they are")),
        );
    }
}

/// A way of writing days, truth values or numbers must be that of some field.
pub fn check_spellings(check: &mut Check, fields: &Named, files: &Files, format: &Format, options: &Options) {
    if (format.unfit)(options).is_some() {
        return; // what is wrong with the keys is told already
    }
    let schema: SchemaSection = check.section(&["schema"]);
    let mine = |name: &String| fields.is_empty() || fields.contains_key(name);
    for (key, fits, words, example) in SPELLINGS {
        let Some(span) = files.span_of(key).filter(|_| key != DATE.name || has_days(options)) else { continue };
        if !schema.0.iter().any(|(name, field)| mine(name) && fits(field)) {
            let problem = Diagnostic::error("T0344", span, words);
            check.bad(problem.label("without effect").help(format!("say so in [schema], for example {example}")));
        }
    }
}
