//! The fields of a source. Where the manifest names none, they are what the format always has, or the columns that the
//! files show at their beginning. Of a field that `[schema]` does not speak of, the files show the type. Of one that answers
//! a task, lists of objects and the like are kept as they are written, so that an annotation of another form than the first
//! ones is no value that fits no type, and becomes null.
use super::declaration::{Collect, field_type};
use super::heads::{self, Unseen};
use crate::diag::Diagnostic;
use crate::formats::held;
use crate::formats::infer::{settled, together};
use crate::formats::reader::{CATEGORY, Columns, DAY, From, Offers, Reader, Seen, UNHELD, WRITTEN};
use crate::manifest::read;
use crate::manifest::sections::{Field, SchemaSection};
use crate::stage::*;
use crate::table::{DataType, types};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// By column: what it is taken from, and its type as text.
pub type Fields = BTreeMap<String, (String, String)>;

/// The formats of cells that hold nothing but text.
const CELLS: [&str; 2] = ["csv", "tsv"];

/// What a source takes from its records.
#[derive(Default)]
pub struct Taken {
    pub fields: Fields,
    /// The fields in the order of the manifest, or else of the files.
    pub order: Vec<String>,
    /// All columns that were seen, where the manifest names no fields; another one is told when it is met.
    pub seen: Vec<String>,
    /// Columns whose values are of several types, so that they are kept as text.
    pub mixed: Vec<String>,
}

impl Taken {
    /// Fields with what each is taken from and its type, in their order.
    fn of(fields: impl Iterator<Item = (String, (String, String))>) -> Taken {
        let mut out = Taken::default();
        for (name, from) in fields {
            out.put(name, from);
        }
        out
    }

    fn put(&mut self, name: String, from: (String, String)) {
        self.order.push(name.clone());
        self.fields.insert(name, from);
    }
}

/// The fields as they are declared, or else as the format or the files have them.
pub fn taken(check: &mut Check, c: &Collect, reader: &Reader) -> Taken {
    let schema: SchemaSection = check.section(&["schema"]);
    let own = |name: &str, selector: &str| {
        (name.to_string(), (selector.to_string(), declared_type(&schema, (name, selector), c, reader)))
    };
    if !c.declared.fields.is_empty() {
        let all = c.declared.fields.in_order();
        let mut taken = Taken::of(all.into_iter().map(|(name, selector)| own(name, selector)));
        let (answers, text) = (answers(check), (reader.text)(&c.options));
        let by_name = |selector: &str| matches!(From::of(selector, reader.selects), From::Record(_));
        let open = |(name, (selector, _)): &(&String, &(String, String))| {
            let fixed = (reader.ty)(&c.options, selector).is_some();
            let told = schema.0.contains_key(*name) || fixed || selector == text;
            (answers.contains(*name) && !fixed) || (!told && by_name(selector))
        };
        let open: Vec<String> =
            taken.fields.iter().filter(open).map(|of| of.0.clone()).filter(|n| !schema.0.contains_key(n)).collect();
        if let (false, Offers::Columns(of)) = (open.is_empty(), reader.offers) {
            let seen = shown(check, c, reader, of).unwrap_or_default();
            for (name, (selector, ty)) in taken.fields.iter_mut().filter(|(name, _)| open.contains(name)) {
                let shown = type_of(&seen, selector);
                if answers.contains(name) {
                    *ty = settled(answering(shown.unwrap_or_else(|| WRITTEN.into())));
                } else if let Some(shown) = shown.filter(|ty| !ty.starts_with(UNHELD)) {
                    taken.mixed.extend((shown == WRITTEN).then(|| selector.clone()));
                    *ty = settled(shown);
                }
            }
        }
        return taken;
    }
    match reader.offers {
        Offers::Nothing => Taken::default(),
        Offers::Words(words) => Taken::of(words.iter().map(|(name, selector)| own(name, selector))),
        Offers::Columns(of) => columns(check, c, reader, &schema, of),
    }
}

fn columns(check: &mut Check, c: &Collect, reader: &Reader, schema: &SchemaSection, of: Columns) -> Taken {
    let mut taken = Taken::default();
    let answers = answers(check);
    let path = c.path(check);
    let span = check.manifest.span_of(&format!("{path}.fields")).unwrap_or(c.span(check));
    let found = match shown(check, c, reader, of) {
        Ok(found) => found,
        Err(unseen) => {
            let message = format!("the columns of {path} cannot be seen");
            let problem = Diagnostic::error("T0311", span, message).label(unseen.say);
            check.bad(problem.help(unseen.help));
            return taken;
        }
    };
    let text = (reader.text)(&c.options);
    let has_text = found.iter().any(|(name, _)| name == "text");
    for (name, ty) in found {
        taken.seen.push(name.clone());
        if !name.is_empty() && name == held::column(&c.options) {
            continue; // it is the picture of the sample
        }
        if name == text && !text.is_empty() && !has_text {
            taken.put("text".into(), (name, "utf8".into()));
            continue;
        }
        let is_id = name == c.id;
        if RESERVED.contains(&name.as_str()) || name.contains(['.', '/']) || name.is_empty() {
            if !is_id {
                let message = match name.is_empty() {
                    true => format!("a column of {path} without a name is left out"),
                    false => format!("the column `{name}` of {path} is left out"),
                };
                let problem = Diagnostic::warning("T0360", span.clone(), message);
                let help = match name.as_str() {
                    "" => "name it in the files, if it holds anything".to_string(),
                    "id" => format!("if it holds the ids of the samples: id = \"id\" in [{}]", check.path),
                    _ => format!("name the columns, and this one anew: fields = {{ my_column = \"{name}\" }}"),
                };
                let label = match name.is_empty() {
                    true => {
                        "so programs write the numbers of rows in front of a table, or a mark at the end of each line"
                    }
                    false => "the name is tamis's own, or has a dot or a slash",
                };
                check.bad(problem.label(label).help(help));
            }
            continue;
        }
        if let Some(held) = ty.strip_prefix(UNHELD).filter(|_| !is_id && !schema.0.contains_key(&name)) {
            let message = format!("the column `{name}` of {path} is left out: it is {held}");
            let problem =
                Diagnostic::warning("T0360", span.clone(), message).label("no column of samples holds such values");
            check.bad(problem.help("spec/manifest.md lists the types that are kept"));
            continue;
        }
        if ty == WRITTEN && !schema.0.contains_key(&name) {
            taken.mixed.push(name.clone());
        }
        let selector = match name.as_str() {
            "path" | "stem" | "content" => format!("column:{name}"),
            _ => name.clone(),
        };
        let declared = schema.0.contains_key(&name).then(|| declared_type(schema, (&name, &selector), c, reader));
        let ty = settled(if answers.contains(&name) { answering(ty) } else { ty });
        taken.put(name, (selector, declared.unwrap_or(ty)));
    }
    taken
}

/// The type of a field by the manifest.
fn declared_type(schema: &SchemaSection, (name, selector): (&str, &str), c: &Collect, reader: &Reader) -> String {
    let (options, of) = (&c.options, schema.0.get(name));
    let open = (reader.ty)(options, selector).is_none();
    // where a file holds nothing but text an empty cell is none of the words, unless it is declared as one
    let words = |f: &Field| f.category.as_ref().is_some_and(|of| !of.values.iter().any(|word| word.trim().is_empty()));
    match of {
        Some(field) if open && field.date.is_some() => DAY.into(),
        Some(field) if open && CELLS.contains(&c.format.name) && words(field) => CATEGORY.into(),
        _ => types::text(&field_type(schema, name, selector, (reader, options))),
    }
}

/// As much of a task as says which columns answer it.
#[derive(Deserialize, Default)]
struct Task {
    #[serde(default)]
    from: BTreeMap<String, Answers>,
}

#[derive(Deserialize)]
struct Answers {
    column: Option<String>,
}

/// The columns that answer tasks.
fn answers(check: &Check) -> BTreeSet<String> {
    let tasks = check.manifest.instances(&["label"]).into_iter();
    let tasks = tasks.filter_map(|(_, _, table)| read::<Task>(table).ok());
    tasks.flat_map(|task| task.from.into_values()).filter_map(|of| of.column).collect()
}

/// The type in which a column that answers a task is kept: numbers, texts and lists of them as they are.
fn answering(ty: String) -> String {
    let of = ty.strip_prefix("list<").unwrap_or(&ty);
    let nested = ["list<", "struct<"].iter().any(|nested| of.starts_with(nested));
    if nested || of.starts_with("null") { WRITTEN.into() } else { ty }
}

/// The type that the files show of what a selector names: a column, or a path through objects.
fn type_of(seen: &[Seen], selector: &str) -> Option<String> {
    let selector = selector.strip_prefix("column:").unwrap_or(selector);
    if let Some((_, ty)) = seen.iter().find(|(name, _)| name == selector) {
        return Some(ty.clone());
    }
    selector.match_indices('.').find_map(|(dot, _)| {
        let (column, path) = (selector.get(..dot)?, selector.get(dot + 1..)?);
        let (_, ty) = seen.iter().find(|(name, _)| name == column)?;
        let DataType::Struct(fields) = types::parse(ty)?.0 else { return None };
        let fields: Vec<Seen> = fields.iter().map(|f| (f.name().clone(), types::text(f.data_type()))).collect();
        type_of(&fields, path)
    })
}

/// By file: the columns that it shows.
type Shown = Vec<(String, Vec<Seen>)>;

/// The columns that the first files of a source show, however many ask for them.
pub fn by_file(check: &Check, c: &Collect, reader: &Reader, of: Columns) -> Rc<Result<Shown, Unseen>> {
    check.found_once(&format!("{}: columns", c.path(check)), || {
        let source = c.source(check, &c.files.files, "units", (reader.cut)(&c.options), false);
        heads::each_named(check, &source, &|len, read| of(&c.options, len, read))
    })
}

/// The columns that the first files show.
fn shown(check: &Check, c: &Collect, reader: &Reader, of: Columns) -> Result<Vec<Seen>, Unseen> {
    let files = by_file(check, c, reader, of).as_ref().clone()?;
    if files.is_empty() {
        return Err(Unseen::absent());
    }
    let mut all = together(files.into_iter().map(|(_, columns)| columns));
    // a day is text, unless [schema] says that it is a date
    all.iter_mut().filter(|(_, ty)| ty == DAY).for_each(|(_, ty)| *ty = types::text(&DataType::Utf8));
    if all.is_empty() { Err(Unseen::nothing("no file shows any")) } else { Ok(all) }
}
