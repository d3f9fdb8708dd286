//! `[schema]`: the columns of a sample, and the limits that each value keeps.
//!
//! ```toml
//! [schema]
//! text = { text = { chars_min = 2, chars_max = 2000 }, required = true }
//! age = { int = { min = 0, max = 120 } }
//! day = { date = {} }
//! kind = { category = { values = ["news", "talk"] } }
//! ```
//!
//! Reads the fields that have a limit, as they were collected: `[preprocess]` comes later. Drops a sample for each
//! field that is missing where it is required (`field.missing`) or outside of its limits (`field.short`, `field.long`,
//! `field.range`, `field.category`; `field.date` where no reader has judged the day, as of a folder's name). A null is
//! outside of no limit. Without `[privacy]` a value that is none of its category or outside of its range is told. Map: the sides of an image are
//! known only where it is decoded, so `[preprocess]` judges them.
use crate::diag::{Diagnostic, suggest};
use crate::manifest::sections::{CategoryField, Field, ImageField, SchemaSection, TextField};
use crate::model::days::is_day;
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{ArrayRef, Cell, DataType, Value, texts, types, value_at};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt::Display;

pub const ENTRY: Entry =
    Entry::row::<Stage>("schema", "schema", declare).schema(|g| g.subschema_for::<SchemaSection>());

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(SchemaSection(declared)) = check.read::<SchemaSection>() else { return Vec::new() };
    let before = check.problems.len();
    for (name, field) in &declared {
        given(check, name, field);
        contradictions(check, name, field);
        judged_elsewhere(check, name, field);
    }
    let fields: BTreeMap<String, Field> = declared.into_iter().filter_map(|(n, f)| Some((n, looked_at(f)?))).collect();
    if fields.is_empty() || check.problems.len() > before {
        return Vec::new();
    }
    let reads = fields.keys().cloned().collect();
    vec![Plan::map::<Stage>(
        Ports { table: "samples".into(), reads, drops: true, ..Ports::default() },
        &Map { fields: SchemaSection(fields), private: check.manifest.table(&["privacy"]).is_some() },
    )]
}

/// A source must give the column, with the type declared.
fn given(check: &mut Check, name: &str, field: &Field) {
    let span = check.manifest.table(&["schema", name]).map_or(check.span.clone(), |(span, _)| span);
    match check.column("samples", name) {
        None => {
            let help = suggest(name, check.names("samples"));
            let problem = Diagnostic::error("T0310", span, format!("no step gives the column `{name}`"));
            check.bad(problem.label("declared here alone").help(help));
        }
        Some(ty) if !fits(field, ty) => {
            let label = format!("the sources give {}", types::text(ty));
            check.bad(Diagnostic::error("T0322", span, format!("`{name}` is of another type")).label(label));
        }
        Some(_) => {}
    }
}

fn fits(field: &Field, ty: &DataType) -> bool {
    match ty {
        DataType::Utf8 => field.text.is_some() || field.category.is_some() || field.date.is_some(),
        DataType::Int64 => field.int.is_some(),
        DataType::Float64 => field.float.is_some(),
        DataType::Boolean => field.bool.is_some(),
        DataType::List(_) => field.list.as_ref().is_some_and(|l| *ty == list_type(l)),
        other => field.image.is_some() && *other == Image::ty(),
    }
}

/// Map that no value is within.
fn contradictions(check: &mut Check, name: &str, field: &Field) {
    let text = field.text.as_ref().is_some_and(|l| above(l.chars_min, l.chars_max));
    let int = field.int.as_ref().is_some_and(|l| above(l.min, l.max));
    let float = field.float.as_ref().is_some_and(|l| above(l.min, l.max));
    let image = field.image.as_ref().is_some_and(|l| above(l.side_min, l.side_max));
    let pairs = [
        (text, "text.chars_min", "text.chars_max"),
        (int, "int.min", "int.max"),
        (float, "float.min", "float.max"),
        (image, "image.side_min", "image.side_max"),
    ];
    for (_, low, high) in pairs.into_iter().filter(|(wrong, _, _)| *wrong) {
        let (low, high) = (place(check, name, low), place(check, name, high));
        let problem = Diagnostic::error("T0205", low, format!("no value is within the limits of `{name}`"));
        check.bad(problem.label("above the upper limit").related(high, "the upper limit"));
    }
    let limits = field.float.iter().flat_map(|l| [("float.min", l.min), ("float.max", l.max)]);
    for (word, _) in limits.filter(|(_, limit)| limit.is_some_and(|x| !x.is_finite())) {
        let span = place(check, name, word);
        check.bad(Diagnostic::error("T0206", span, "a limit must be a finite number").label("not finite"));
    }
}

fn above<T: PartialOrd>(min: Option<T>, max: Option<T>) -> bool {
    matches!((min, max), (Some(min), Some(max)) if min > max)
}

fn place(check: &Check, name: &str, word: &str) -> std::ops::Range<usize> {
    check.manifest.span_of(&format!("schema.{name}.{word}")).unwrap_or_else(|| check.span.clone())
}

/// Map of an image that nobody would look at.
fn judged_elsewhere(check: &mut Check, name: &str, field: &Field) {
    let limited = field.image.as_ref().is_some_and(|l| !is_default(l));
    if limited && check.manifest.table(&["preprocess"]).is_none() {
        let problem = Diagnostic::error("T0323", place(check, name, "image"), "nothing measures the sides of images");
        check.bad(problem.label("limits without effect").help("add a table `[preprocess]`: it decodes the images"));
    }
}

/// The field as far as this step looks at it; `None` if it has no limit.
fn looked_at(field: Field) -> Option<Field> {
    let field = Field { image: field.image.map(|_| ImageField::default()), ..field };
    let limited = field.text.as_ref().is_some_and(|l| !is_default(l))
        || field.int.as_ref().is_some_and(|l| !is_default(l))
        || field.float.as_ref().is_some_and(|l| !is_default(l))
        || field.category.is_some()
        || field.date.is_some();
    (limited || field.required).then_some(field)
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    fields: SchemaSection,
    /// With `[privacy]` no value is told.
    #[serde(default, skip_serializing_if = "is_default")]
    private: bool,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 2; // tells the value
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for (name, field) in &p.fields.0 {
            let column = rows.column(name)?;
            for (row, found) in all_broken(field, &column) {
                let key = format!("schema.{name}.{}", found.word);
                let value = value_at(column.as_ref(), row).key_text().filter(|_| found.shows && !p.private);
                let value = value.map_or(String::new(), |v| format!("`{}` ", v.chars().take(60).collect::<String>()));
                delta.event(row, Act::DROP, key, found.rule, format!("{name} {value}{}", found.say));
            }
        }
        Ok(delta)
    }
}

/// A limit that a value breaks: its key below the field's, the rule, and words that follow the field's name.
#[derive(Debug, PartialEq)]
struct Broken {
    word: &'static str,
    rule: &'static str,
    say: String,
    /// Whether the value itself is told: it is short.
    shows: bool,
}

fn broken(word: &'static str, rule: &'static str, say: impl Into<String>) -> Option<Broken> {
    let shows = matches!(rule, "field.category" | "field.range" | "field.date");
    Some(Broken { word, rule, say: say.into(), shows })
}

/// The rows that break a limit of the field.
fn all_broken(field: &Field, column: &ArrayRef) -> Vec<(usize, Broken)> {
    if *column.data_type() == DataType::Utf8 {
        let each = texts(column.as_ref()).into_iter().enumerate();
        return each.filter_map(|(row, text)| Some((row, of_text(field, text)?))).collect();
    }
    let of = |row| Some((row, of_value(field, &value_at(column.as_ref(), row))?));
    (0..column.len()).filter_map(of).collect()
}

fn of_text(field: &Field, text: Option<&str>) -> Option<Broken> {
    let Some(text) = text else { return missing(field) };
    match field {
        Field { text: Some(limits), .. } => length(limits, text),
        Field { category: Some(limits), .. } => category(limits, text),
        Field { date: Some(_), .. } if !is_day(text) => broken("date", "field.date", "is not a day such as 2026-01-31"),
        _ => None,
    }
}

fn of_value(field: &Field, value: &Value) -> Option<Broken> {
    match (value, field) {
        (Value::Null, _) => missing(field),
        (Value::Int(i), Field { int: Some(l), .. }) => range(["int.min", "int.max"], *i, l.min, l.max),
        (Value::Float(x), Field { float: Some(l), .. }) => range(["float.min", "float.max"], *x, l.min, l.max),
        _ => None,
    }
}

fn missing(field: &Field) -> Option<Broken> {
    if field.required { broken("required", "field.missing", "is missing") } else { None }
}

fn length(limits: &TextField, text: &str) -> Option<Broken> {
    let chars = text.chars().count() as u64;
    let unit = if chars == 1 { "character" } else { "characters" };
    if let Some(min) = limits.chars_min.filter(|min| chars < u64::from(*min)) {
        return broken("text.chars_min", "field.short", format!("has {chars} {unit}, at least {min} are wanted"));
    }
    let max = limits.chars_max.filter(|max| chars > u64::from(*max))?;
    broken("text.chars_max", "field.long", format!("has {chars} {unit}, at most {max} are allowed"))
}

fn category(limits: &CategoryField, text: &str) -> Option<Broken> {
    if limits.values.iter().any(|v| v == text) {
        return None;
    }
    broken("category.values", "field.category", format!("is none of its {} values", limits.values.len()))
}

/// Both limits belong to the range; what cannot be compared (NaN) is within none.
fn range<T: PartialOrd + Copy + Display>(
    words: [&'static str; 2],
    value: T,
    min: Option<T>,
    max: Option<T>,
) -> Option<Broken> {
    let [low, high] = words;
    if let Some(min) = min.filter(|min| value.partial_cmp(min).is_none_or(Ordering::is_lt)) {
        return broken(low, "field.range", format!("is not {min} or more"));
    }
    let max = max.filter(|max| value.partial_cmp(max).is_none_or(Ordering::is_gt))?;
    broken(high, "field.range", format!("is not {max} or less"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing::{self, texts_of};
    use crate::table::array_of;

    /// The plans of a manifest whose samples have these columns, and its problems: code and token.
    fn declared(manifest: &str, columns: &[(&str, DataType)]) -> (Vec<Plan>, Vec<String>) {
        let samples: Vec<(&str, Column)> = columns.iter().map(|(n, t)| (*n, t.clone().into())).collect();
        let (plans, told) = testing::declared(&[ENTRY], "schema", manifest, &samples);
        (plans, told.into_iter().map(|(code, token)| format!("{code} {token}")).collect())
    }

    fn events(manifest: &str, columns: &[(&str, ArrayRef)]) -> Vec<(u32, String, String)> {
        let types: Vec<(&str, DataType)> = columns.iter().map(|(n, a)| (*n, a.data_type().clone())).collect();
        let (plans, told) = declared(manifest, &types);
        assert_eq!(told, Vec::<String>::new());
        let bytes = testing::Bytes::default();
        let p: Map = plans[0].read(Kernel::Map);
        let delta = Stage::map(&p, &testing::rows(&bytes, columns), &mut Summary::default()).unwrap();
        assert!(delta.columns.is_empty() && delta.events.iter().all(|e| e.act == Act::DROP));
        delta.events.into_iter().map(|e| (e.row, e.key, e.rule)).collect()
    }

    #[test]
    fn texts_categories_and_days_are_limited() {
        let manifest = "[schema]\ntext = { text = { chars_min = 2, chars_max = 3 }, required = true }\n\
            kind = { category = { values = [\"a\", \"b\"] } }\nday = { date = {} }\n";
        let columns = [
            ("text", texts_of(&[Some("가나다"), Some("가"), None, Some("가나다라")])),
            ("kind", texts_of(&[Some("a"), None, Some("c"), Some("b")])),
            ("day", texts_of(&[Some("2024-02-29"), None, None, Some("2023-02-29")])),
        ];
        let found = events(manifest, &columns);
        let found: Vec<(u32, &str, &str)> = found.iter().map(|(r, k, rule)| (*r, k.as_str(), rule.as_str())).collect();
        let want = [
            (3, "schema.day.date", "field.date"),
            (2, "schema.kind.category.values", "field.category"),
            (1, "schema.text.text.chars_min", "field.short"),
            (2, "schema.text.required", "field.missing"),
            (3, "schema.text.text.chars_max", "field.long"),
        ];
        assert_eq!(found, want);
    }

    #[test]
    fn both_limits_of_a_number_belong_to_its_range() {
        let manifest = "[schema]\nx = { float = { min = -0.5, max = 1.0 } }\n";
        let x = array_of([Some(-0.5), Some(1.0), Some(1.5), Some(-1.0), Some(f64::NAN), None]);
        let found = events(manifest, &[("x", x)]);
        let found: Vec<(u32, &str)> = found.iter().map(|(row, key, _)| (*row, key.as_str())).collect();
        let (low, high) = ("schema.x.float.min", "schema.x.float.max");
        assert_eq!(found, [(2, high), (3, low), (4, low)]);
        assert_eq!(range(["int.min", "int.max"], 7, None, Some(7)), None);
        assert_eq!(range(["int.min", "int.max"], 8, None, Some(7)).map(|b| b.word), Some("int.max"));
    }

    #[test]
    fn only_days_of_the_calendar_are_days() {
        assert!(["2026-01-31", "2000-02-29", "0001-01-01", "9999-12-31"].iter().all(|d| is_day(d)));
        let wrong = ["1900-02-29", "2026-04-31", "2026-13-01", "2026-1-31", "0000-01-01", "2026/01/31", "2026-01-3일"];
        assert!(wrong.iter().all(|d| !is_day(d)));
    }

    #[test]
    fn fields_without_limits_are_not_read() {
        let columns = [("a", DataType::Utf8), ("image", Image::ty()), ("n", DataType::Int64)];
        let manifest = "[schema]\na = { text = {} }\nimage = { image = { side_min = 9 }, required = true }\n\
            n = { int = {} }\n[preprocess]\n";
        let (plans, told) = declared(manifest, &columns);
        assert_eq!(told, Vec::<String>::new());
        assert_eq!(plans[0].ports.reads, ["image"]);
        assert_eq!(plans[0].params(Kernel::Map), r#"{"fields":{"image":{"image":{},"required":true}}}"#);
        assert!(declared("[schema]\na = { text = {} }\n", &columns).0.is_empty());
        assert_eq!(text(&Map::default()), "{}");
    }

    #[test]
    fn problems_stand_at_their_tokens() {
        let columns =
            [("text", DataType::Utf8), ("n", DataType::Utf8), ("x", DataType::Float64), ("image", Image::ty())];
        let manifest = "[schema]\ntxet = { text = {} }\ntext = { text = { chars_min = 3, chars_max = 2 } }\n\
            n = { int = {} }\nx = { float = { max = inf } }\nimage = { image = { side_min = 1 } }\n";
        let (plans, told) = declared(manifest, &columns);
        assert!(plans.is_empty());
        assert_eq!(told, ["T0310 txet", "T0205 3", "T0322 n", "T0206 inf", "T0323 { side_min = 1 }"]);
    }
}
