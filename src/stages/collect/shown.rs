//! The fields of a source. Where the manifest names none, they are what the format always has, or the columns that the
//! files show at their beginning.
use super::declaration::{Collect, RESERVED, field_type};
use crate::diag::Diagnostic;
use crate::formats::infer::{HEAD, together};
use crate::formats::packing::{decompressor, inner_name};
use crate::formats::reader::{Columns, Offers, Reader, Seen};
use crate::manifest::sections::SchemaSection;
use crate::stage::*;
use crate::table::types;
use std::collections::BTreeMap;
use std::io::Read;

/// By column: what it is taken from, and its type as text.
pub type Fields = BTreeMap<String, (String, String)>;

/// The columns of so many files are looked at; one that only later files have is a finding when they are read.
const FILES: usize = 64;

/// What a source takes from its records.
pub struct Taken {
    pub fields: Fields,
    /// All columns that were seen, where the manifest names no fields; another one is told when it is met.
    pub seen: Vec<String>,
}

/// The fields as they are declared, or else as the format or the files have them.
pub fn taken(check: &mut Check, c: &Collect, reader: &Reader) -> Taken {
    let schema: SchemaSection = check.section(&["schema"]);
    let own = |name: &str, selector: &str| {
        (name.to_string(), (selector.to_string(), types::text(&field_type(&schema, name, selector, reader))))
    };
    if !c.declared.fields.is_empty() {
        let fields = c.declared.fields.iter().map(|(name, selector)| own(name, selector)).collect();
        return Taken { fields, seen: Vec::new() };
    }
    match reader.offers {
        Offers::Nothing => Taken { fields: Fields::new(), seen: Vec::new() },
        Offers::Words(words) => {
            Taken { fields: words.iter().map(|(name, selector)| own(name, selector)).collect(), seen: Vec::new() }
        }
        Offers::Columns(of) => columns(check, c, reader, &schema, of),
    }
}

fn columns(check: &mut Check, c: &Collect, reader: &Reader, schema: &SchemaSection, of: Columns) -> Taken {
    let mut taken = Taken { fields: Fields::new(), seen: Vec::new() };
    let span = check.manifest.span_of(&format!("{}.fields", check.path)).unwrap_or(check.span.clone());
    let found = match shown(check, c, reader, of) {
        Ok(found) => found,
        Err(say) => {
            let message = format!("the columns of {} cannot be seen", check.path);
            let problem = Diagnostic::error("T0311", span, message).label(say);
            check.bad(problem.help("name them: fields = { text = \"text\" }"));
            return taken;
        }
    };
    for (name, ty) in found {
        taken.seen.push(name.clone());
        let is_id = name == c.id;
        if RESERVED.contains(&name.as_str()) || name.contains(['.', '/']) || name.is_empty() {
            if !is_id {
                let message = format!("the column `{name}` of {} is left out", check.path);
                let problem = Diagnostic::warning("T0360", span.clone(), message);
                let help = format!("name the columns, and this one anew: fields = {{ my_column = \"{name}\" }}");
                check.bad(problem.label("the name is tamis's own, or has a dot or a slash").help(help));
            }
            continue;
        }
        let selector = match name.as_str() {
            "path" | "stem" | "content" => format!("column:{name}"),
            _ => name.clone(),
        };
        let declared = schema.0.contains_key(&name).then(|| types::text(&field_type(schema, &name, &selector, reader)));
        taken.fields.insert(name, (selector, declared.unwrap_or(ty)));
    }
    taken
}

/// The columns that the first files show.
fn shown(check: &Check, c: &Collect, reader: &Reader, of: Columns) -> Result<Vec<Seen>, String> {
    let source = c.source(check, &c.files.files, "units", (reader.cut)(&c.options), false);
    let files = (check.files)(&source);
    let mut all = Vec::new();
    let mut wrong = None;
    for path in files.iter().take(FILES) {
        if inner_name(path).ends_with(".tar") || path.ends_with(".tgz") {
            return Err("in an archive they are not looked for".into());
        }
        match of_file(check, c, path, of) {
            Ok(columns) => all.push(columns),
            Err(say) => wrong = wrong.or(Some(format!("{path}: {say}"))), // the file is told when it is read
        }
    }
    let all = together(all);
    match (all.is_empty(), wrong) {
        (false, _) => Ok(all),
        (true, Some(say)) => Err(say),
        (true, None) => Err("no file shows any".into()),
    }
}

fn of_file(check: &Check, c: &Collect, path: &str, of: Columns) -> Result<Vec<Seen>, String> {
    let open = check.world.open(path).map_err(|e| e.to_string())?;
    if inner_name(path) == path {
        let read = |at, len: u64| open.read(len.min(open.stat().size) as usize, at);
        return of(&c.options, open.stat().size, &read);
    }
    let unpacked = |_, len: u64| {
        let mut head = Vec::new();
        decompressor(path, Box::new(open.reader()?)).take(len).read_to_end(&mut head)?;
        Ok(head)
    };
    of(&c.options, HEAD + 1, &unpacked)
}
