//! The columns of a release: which they are, what they are called in its files, and what they hold there.
use crate::diag::{Diagnostic, suggest};
use crate::manifest::sections::SchemaSection;
use crate::manifest::sources;
use crate::manifest::values::{AllOr, At};
use crate::model::images::Image;
use crate::model::sounds::Sound;
use crate::model::synthetic;
use crate::stage::*;
use crate::table::{Cell, DataType, record, types, utf8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// The column of the released ids, where they are not the collected ones.
pub const RELEASED_ID: &str = "encoded.id";

/// What samples are called in a release.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Ids {
    /// As their source calls them.
    #[default]
    Source,
    /// By numbers from 1, in the order of the splits and of their rows: a sample more gives those behind it other numbers.
    Sequence,
    /// By a digest of the id with the secret `[privacy] key`: who has the key can find a sample again, and nobody else.
    Keyed,
}

impl Ids {
    /// The column of a release's rows that holds them.
    pub fn column(self) -> &'static str {
        if self == Ids::Source { "id" } else { RELEASED_ID }
    }
}

/// A column's name in released files: a dot means a nested path to readers of Parquet.
pub fn released_name(column: &str) -> String {
    column.replace('.', "_")
}

/// What a column holds: `image`, `audio`, `date`, or the text of its type. A day stands in a column of texts until it is released.
pub fn holds(check: &Check, column: &str) -> String {
    let fields: SchemaSection = check.section(&["schema"]);
    let known = check.columns.get("samples").and_then(|of| of.get(column));
    let ty = known.map_or(utf8(), |c| c.ty.clone());
    if ty == utf8() && fields.0.get(column).is_some_and(|f| f.date.is_some()) {
        return "date".into();
    }
    match () {
        () if ty == Image::ty() => "image".into(),
        () if ty == Sound::ty() => "audio".into(),
        () => types::text(&ty),
    }
}

/// The type of such a column in a format; with `typed`, the format has dates and holds the bytes of images and sounds.
pub fn released_type(holds: &str, typed: bool) -> DataType {
    match (holds, typed) {
        ("image" | "audio", true) => record(&[("bytes", DataType::Binary), ("path", utf8())]),
        ("image", false) => Image::ty(),
        ("audio", false) => Sound::ty(),
        ("date", true) => DataType::Date32,
        ("date", false) => utf8(),
        (other, _) => types::parse(other).map_or(utf8(), |p| p.0),
    }
}

/// The released columns, in the order in which they are written.
/// `made`: those that say how samples were made, where the release holds such samples. `weight`: that of the sample that it
/// is of.
pub fn columns(
    check: &mut Check,
    wanted: Option<&AllOr<At<String>>>,
    made: &[&str],
    weight: Option<&str>,
) -> Vec<String> {
    let Some(of) = check.columns.get("samples") else { return Vec::new() };
    match wanted {
        Some(AllOr::List(list)) => {
            let mut out = Vec::new();
            for (i, c) in list.iter().enumerate() {
                if let Some(first) = list.iter().take(i).find(|f| *f == c) {
                    let message = format!("the column `{}` stands twice", c.get());
                    let problem = Diagnostic::error("T0210", c.span(), message).label("again");
                    check.problems.push(problem.related(first.span(), "first here"));
                } else if of.contains_key(c.get()) || c.as_str() == "id" {
                    out.push(c.get().clone());
                } else {
                    let help = suggest(c, of.iter().filter(|c| !c.1.inner).map(|c| c.0.as_str()));
                    let message = format!("no step gives the column `{}`", c.get());
                    check.problems.push(Diagnostic::error("T0310", c.span(), message).label(help));
                }
            }
            out
        }
        Some(AllOr::All) => {
            let told = |n: &String| !synthetic::COLUMNS.contains(&n.as_str()) || !made.is_empty();
            in_order(check, of.iter().filter(|c| !c.1.inner && told(c.0)))
        }
        None => {
            let fields: SchemaSection = check.section(&["schema"]);
            // without [schema] a release holds what was collected
            let collected = |(n, c): &(&String, &Column)| {
                let made = matches!(c.role, Role::Votes { .. } | Role::Edits { .. } | Role::Tokens);
                fields.0.is_empty() && !c.inner && !made && *n != "source" && !n.contains('.')
            };
            let licensed = sources::terms(check.manifest).iter().any(|source| source.allowed.is_some());
            let usual = |(n, c): &(&String, &Column)| {
                collected(&(n, c))
                    || (licensed && *n == "license")
                    || matches!(c.role, Role::Label { .. })
                    || *n == "split"
                    || *n == "id"
                    || made.contains(&n.as_str())
                    || weight == Some(n.as_str())
                    || fields.0.contains_key(*n)
            };
            in_order(check, of.iter().filter(usual))
        }
    }
}

/// The id, fields as `[schema]` declares them, other columns as their sources name them or have them in their files, labels
/// as they are declared, and the split.
fn in_order<'c>(check: &Check, columns: impl Iterator<Item = (&'c String, &'c Column)>) -> Vec<String> {
    let fields: SchemaSection = check.section(&["schema"]);
    let place = |path: &str| check.manifest.span_of(path).map_or(usize::MAX, |span| span.start);
    let rank = |(name, column): &(&String, &Column)| match (name.as_str(), &column.role) {
        ("id", _) => (0, 0),
        ("split", _) => (4, 0),
        (_, Role::Label { task, .. }) => (3, place(&format!("label.{task}"))),
        (name, _) if fields.0.contains_key(name) => (1, place(&format!("schema.{name}"))),
        _ => (2, column.place),
    };
    let mut all: Vec<_> = columns.collect();
    all.sort_by_key(|c| (rank(c), c.0.clone()));
    all.into_iter().map(|c| c.0.clone()).collect()
}

/// Where a released column is named, else where the release stands.
pub fn span_of(check: &Check, wanted: Option<&AllOr<At<String>>>, column: &str) -> Range<usize> {
    let named = match wanted {
        Some(AllOr::List(list)) => list.iter().find(|c| c.get() == column).map(At::span),
        _ => None,
    };
    named.unwrap_or(check.span.clone())
}

/// Refuses a column of sounds of which no file would hold more than their digests.
pub fn check_sounds(check: &mut Check, wanted: Option<&AllOr<At<String>>>, columns: &[String], typed: bool) {
    let is_sound = |c: &&String| check.column("samples", c) == Some(&Sound::ty());
    let sounds: Vec<&String> = columns.iter().filter(is_sound).filter(|_| !typed).collect();
    for column in sounds {
        let message = format!("no format of {} holds the sounds of `{column}`", check.path);
        let problem = Diagnostic::error("T0350", span_of(check, wanted, column), message);
        check.bad(problem.label("they would be in no file").help("add `parquet`, or name `columns` without it"));
    }
}

/// Refuses columns that would have one name in the files, and those that a format would take for paths of files.
pub fn check_names(
    check: &mut Check,
    wanted: Option<&AllOr<At<String>>>,
    columns: &[String],
    reads_paths: Option<&str>,
) {
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for column in columns {
        let name = released_name(column);
        let span = span_of(check, wanted, column);
        if let Some(first) = seen.get(&name) {
            let message = format!("`{first}` and `{column}` would both be called `{name}` in the released files");
            let other = span_of(check, wanted, first);
            let problem = Diagnostic::error("T0430", span, message).label("one name for two columns");
            let help = "a dot becomes `_`: give one of them another name in `fields`, or leave it out of `columns`";
            check.bad(problem.related(other, "the other one").help(help));
            continue;
        }
        if let Some(format) = reads_paths.filter(|_| is_path(&name)) {
            let message =
                format!("readers of the format {format} take a column called `{name}` for the path of a file");
            let problem = Diagnostic::error("T0430", span, message).label("this name is taken");
            check.bad(problem.help("give the column another name in `fields`"));
        }
        seen.insert(name, column);
    }
}

/// `file_name`, `x_file_name` and their plurals.
fn is_path(name: &str) -> bool {
    let before = name.strip_suffix("file_name").or_else(|| name.strip_suffix("file_names"));
    before.is_some_and(|b| b.is_empty() || b.ends_with('_'))
}
