//! Columns that files lack which say at their beginning, or in their schema, what they have: told while the manifest is
//! checked, so that nothing is read for hours first. A file beyond the first ones is told when it is read (`met`).
use super::declaration::Collect;
use super::met;
use super::shown::{Fields, by_file};
use crate::diag::Diagnostic;
use crate::formats::chat::Form;
use crate::formats::reader::{From, Offers, Reader, Seen};
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::{DataType, types};
use std::collections::BTreeSet;
use std::ops::Range;

/// The formats whose files say which columns all of their records have.
const HEADED: [&str; 4] = ["arrow", "csv", "parquet", "tsv"];

/// Tells each field and the id that the first files cannot give.
pub fn tell(check: &mut Check, c: &Collect, reader: &Reader, fields: &Fields) {
    let Offers::Columns(of) = reader.offers else { return };
    if !HEADED.contains(&c.format.name) || Form::of(&c.options).is_some() || (c.format.unfit)(&c.options).is_some() {
        return;
    }
    let columns = by_file(check, c, reader, of);
    // what cannot be read at all is told by others
    let Ok(seen) = columns.as_ref() else { return };
    let named = |(_, of): &&(String, Vec<Seen>)| of.iter().any(|c| !c.0.is_empty());
    let seen: Vec<&(String, Vec<Seen>)> = seen.iter().filter(named).collect();
    let wanted = wanted(c, reader, fields);
    // a header whose names hold what parts values is of another dialect, which is told where that is declared
    let parted = |names: &[Seen]| names.iter().any(|(name, _)| name.contains([',', ';', '\t', '|']));
    let other = |names: &[Seen]| parted(names) && !wanted.iter().any(|(_, selector, _)| has(names, selector));
    let seen: Vec<&(String, Vec<Seen>)> = seen.into_iter().filter(|(_, names)| !other(names)).collect();
    for (name, selector, span) in wanted {
        let lacking: Vec<_> = seen.iter().filter(|(_, of)| !has(of, &selector)).collect();
        let Some((first, columns)) = lacking.first() else { continue };
        let more = lacking.len() - 1;
        let more = if more > 0 { format!(" (and {more} more of the first {})", seen.len()) } else { String::new() };
        let private = check.manifest.table(&["privacy"]).is_some();
        let columns: BTreeSet<String> = columns.iter().map(|c| c.0.clone()).collect();
        let message = format!("{first}{more} has no column `{selector}`");
        let problem = Diagnostic::error("T0728", span, message).label(met::seen(private, &selector, &columns));
        check.bad(match name {
            Some(name) => {
                problem.help(format!("where files may lack it, say optional = [\"{name}\"]: then it is null there"))
            }
            None => problem.help("`exclude` leaves a file out"),
        });
    }
}

/// What must be there: the field, unless it is the id, its column and where that stands.
fn wanted(c: &Collect, reader: &Reader, fields: &Fields) -> Vec<(Option<String>, String, Range<usize>)> {
    let record = |from: From| if let From::Record(column) = from { Some(column) } else { None };
    let declared = &c.declared;
    let id = declared.id.as_ref().and_then(|id| Some((None, record(From::of_id(id, reader.selects))?, id.span())));
    let needed = |name: &&String| !declared.optional.iter().any(|o| o.as_str() == name.as_str());
    let named = declared.fields.iter().filter(|(name, _)| needed(name) && fields.contains_key(*name));
    let named = named.filter_map(|(name, from): (&String, &At<String>)| {
        Some((Some(name.clone()), record(From::of(from, reader.selects))?, from.span()))
    });
    id.into_iter().chain(named).collect()
}

/// Whether columns hold what a selector names: one of them, or a path through objects, in lists or not.
fn has(seen: &[Seen], selector: &str) -> bool {
    let inside = |dot: usize| {
        let (column, path) = (selector.get(..dot).unwrap_or_default(), selector.get(dot + 1..).unwrap_or_default());
        seen.iter().any(|(name, ty)| name == column && types::parse(ty).is_none_or(|ty| reaches(&ty.0, path)))
    };
    seen.iter().any(|(name, _)| name == selector) || selector.match_indices('.').any(|(dot, _)| inside(dot))
}

fn reaches(ty: &DataType, path: &str) -> bool {
    match ty {
        DataType::List(of) => reaches(of.data_type(), path),
        DataType::Struct(fields) => {
            let fields: Vec<Seen> = fields.iter().map(|f| (f.name().clone(), types::text(f.data_type()))).collect();
            has(&fields, path)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::has;

    #[test]
    fn paths_lead_through_objects_and_lists_and_what_is_not_known_is_not_missed() {
        let seen = |of: &[(&str, &str)]| of.iter().map(|(n, t)| (n.to_string(), t.to_string())).collect::<Vec<_>>();
        let seen = seen(&[("a", "utf8"), ("m", "struct<1:s utf8>"), ("l", "list<struct<1:s utf8>>"), ("w", "written")]);
        assert!(["a", "m", "m.s", "l.s", "w.any"].iter().all(|selector| has(&seen, selector)));
        assert!(["b", "a.b", "m.t", "l.t"].iter().all(|selector| !has(&seen, selector)));
    }
}
