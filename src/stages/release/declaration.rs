//! The declaration of a release, checked, with its formats and columns settled.
use crate::diag::{Diagnostic, suggest};
use crate::formats::writer::{Writer, is_sharded};
use crate::formats::{FORMATS, Format, named};
use crate::manifest::sections::{Dataset, Privacy};
use crate::manifest::values::{AllOr, At, Short, TextOr};
use crate::model::license;
use crate::stage::*;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Files made of the samples that are left.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// In which formats, each in a folder of its own. A format of one label is written as a table that names it where there
    /// are several: `{ format = "conll", label = "ner" }`.
    #[schemars(length(min = 1))]
    pub formats: Vec<At<TextOr<Wanted>>>,
    /// Which columns, or `"all"`. Default: `id`, the fields of `[schema]`, all labels, `split`.
    pub columns: Option<AllOr<At<String>>>,
    /// Only samples of sources under one of these licences; others are left out and counted. Default: all.
    pub licenses: Option<Vec<At<String>>>,
}

/// A format of a release.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// Which format.
    pub format: FormatName,
    /// The task whose label it holds, for a format of one label. Default: the only one of its kind among `columns`.
    #[schemars(length(min = 1))]
    pub label: Option<At<String>>,
}

impl Short for Wanted {
    type Text = FormatName;

    fn from_text(format: FormatName) -> Wanted {
        Wanted { format, label: None }
    }
}

/// The name of a format that a release can write.
#[derive(Deserialize, Clone, Debug)]
#[serde(try_from = "String")]
pub struct FormatName(&'static Format);

impl TryFrom<String> for FormatName {
    type Error = String;

    fn try_from(name: String) -> Result<FormatName, String> {
        let format = named(&name).filter(|f| f.writer.is_some());
        format.map(FormatName).ok_or_else(|| format!("no release is written as `{name}`"))
    }
}

impl JsonSchema for FormatName {
    fn schema_name() -> Cow<'static, str> {
        "FormatName".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |f: &Format| {
            let w = f.writer.as_ref()?;
            let more = if w.doc.is_empty() { String::new() } else { format!(": {}", w.doc) };
            Some(json!({ "const": f.name, "type": "string", "description": format!("`{}`{more}.", example(w)) }))
        };
        let all: Vec<_> = FORMATS.iter().filter_map(one).collect();
        Schema::try_from(json!({ "oneOf": all })).unwrap_or_default()
    }
}

/// The path of a format's first file.
fn example(writer: &Writer) -> String {
    if is_sharded(writer.files) { writer.files.replace("NNNNN", "00000") } else { writer.files.to_string() }
}

/// A declaration with its columns settled.
pub struct Release {
    /// In the order of the list of formats.
    pub formats: Vec<Encoding>,
    /// The released columns.
    pub columns: Vec<String>,
    /// Columns that a format needs though they are not released.
    pub extra: Vec<String>,
    pub licenses: Option<Vec<String>>,
}

/// A format of a release with what it needs.
#[derive(Clone)]
pub struct Encoding {
    pub format: &'static Format,
    pub writer: &'static Writer,
    /// What the format needs besides released columns: what a column is to it, and the column.
    pub roles: BTreeMap<String, String>,
}

impl Encoding {
    pub fn name(&self) -> &'static str {
        self.format.name
    }
}

/// The table of a release's rows.
pub fn rows_table(check: &Check) -> String {
    format!("{}/rows", check.path)
}

impl Release {
    /// Every column that some step of the release reads of its rows.
    pub fn all(&self) -> Vec<String> {
        let mut out = [self.columns.clone(), self.extra.clone(), vec!["id".into()]].concat();
        out.sort();
        out.dedup();
        out
    }

    /// Whether images are put beside the files of a format.
    pub fn images(&self) -> bool {
        self.formats.iter().any(|f| f.writer.needs.images)
    }
}

pub fn declared(check: &mut Check) -> Option<Release> {
    let d: Declaration = check.read()?;
    let columns = columns(check, &d);
    check_licenses(check, &d);
    let mut formats: Vec<Encoding> = Vec::new();
    for (i, f) in d.formats.iter().enumerate() {
        let format = f.format.0;
        if let Some(first) = d.formats.iter().take(i).find(|other| other.format.0.name == format.name) {
            let message = format!("the format {} stands twice", format.name);
            let problem = Diagnostic::error("T0210", f.span(), message).label("again");
            check.bad(problem.related(first.span(), "first here"));
        } else if let Some(writer) = &format.writer {
            let roles = roles(check, f, writer, &columns);
            formats.push(Encoding { format, writer, roles });
        }
    }
    formats.sort_by_key(|f| FORMATS.iter().position(|other| other.name == f.name()));
    check_held(check, &d, &formats, &columns);
    let mut extra = vec!["source".to_string()]; // who must be named
    extra.extend(formats.iter().flat_map(|f| f.roles.values().cloned()));
    let known = check.columns.get("samples");
    extra.retain(|e| known.is_some_and(|k| k.contains_key(e)));
    // what only a format writes is released too
    let mut written = columns.clone();
    written.extend(extra.iter().filter(|e| !columns.contains(e)).cloned());
    check_raw(check, &d, &written);
    let licenses = d.licenses.map(|l| l.iter().map(|l| l.get().clone()).collect());
    Some(Release { formats, columns, extra, licenses })
}

/// The columns that a format needs, by what they are to it; what is missing is told.
fn roles(check: &mut Check, f: &At<TextOr<Wanted>>, writer: &Writer, columns: &[String]) -> BTreeMap<String, String> {
    let mut out = BTreeMap::from([("id".to_string(), "id".to_string())]);
    let needs = writer.needs;
    match needs.label {
        Some(kind) => out.extend(label(check, f, kind, columns).map(|l| ("label".into(), l))),
        None => {
            if let Some(label) = &f.label {
                let message = format!("the format {} holds no single label", f.format.0.name);
                check.bad(Diagnostic::error("T0219", label.span(), message).label("remove `label`"));
            }
        }
    }
    let has = |name: &str| name == "id" || check.column("samples", name).is_some();
    if needs.tokens
        && let Some(text) = check.text_of_spans()
    {
        let edits = format!("edits.{text}");
        let all = [("text", text), ("edits", edits), ("tokens", "tokens".to_string())];
        out.extend(all.into_iter().filter(|r| has(&r.1)).map(|(role, column)| (role.to_string(), column)));
    }
    let same = |name: &str| (name.to_string(), name.to_string());
    if needs.images && !has("image") {
        missing(check, f, "images");
    } else if needs.sizes && !has("width") {
        missing(check, f, "the size of images, which [preprocess] finds out");
    } else {
        out.extend(needs.images.then(|| same("image")));
        out.extend(["width", "height"].into_iter().filter(|_| needs.sizes).map(same));
    }
    out
}

/// The label that a format of one label holds: the one that is named, or the only one of its kind.
fn label(check: &mut Check, f: &At<TextOr<Wanted>>, kind: &str, columns: &[String]) -> Option<String> {
    let known = check.columns;
    let of = known.get("samples")?;
    let all: Vec<&String> = of.keys().filter(|n| columns.contains(n) && is_label(known, n, kind)).collect();
    let article = if kind.starts_with(['a', 'e', 'i', 'o', 'n']) { "an" } else { "a" };
    let name = f.format.0.name;
    if let Some(task) = &f.label {
        let column = format!("label.{}", task.get());
        if all.contains(&&column) {
            return Some(column);
        }
        let tasks = all.iter().filter_map(|c| c.strip_prefix("label."));
        let message = format!("`{}` is no task with {article} `{kind}` label among the columns", task.get());
        let problem = Diagnostic::error("T0351", task.span(), message).label(suggest(task, tasks));
        check.bad(problem);
        return None;
    }
    match all.as_slice() {
        [] => {
            missing(check, f, &format!("{article} `{kind}` label among its columns"));
            None
        }
        [one] => Some((*one).clone()),
        [first, ..] => {
            let names: Vec<String> = all.iter().map(|c| format!("`{c}`")).collect();
            let task = first.trim_start_matches("label.");
            let message = format!("the format {name} holds one label, and here are {}", names.join(", "));
            let problem = Diagnostic::error("T0351", f.span(), message).label("it is not said which");
            check.bad(problem.help(format!("{{ format = \"{name}\", label = \"{task}\" }}")));
            None
        }
    }
}

/// Whether a column is the label of a task of that kind.
fn is_label(known: &Columns, column: &str, kind: &str) -> bool {
    let column = known.get("samples").and_then(|of| of.get(column));
    column.is_some_and(|c| matches!(&c.role, Role::Label { kind: own, .. } if own == kind))
}

/// Notes each label that no format of the release holds: it would be gone from every file.
fn check_held(check: &mut Check, d: &Declaration, formats: &[Encoding], columns: &[String]) {
    let unsettled = |f: &Encoding| f.writer.needs.label.is_some() && !f.roles.contains_key("label");
    if formats.is_empty() || formats.iter().any(|f| f.writer.needs.columns) {
        return; // it holds every column
    }
    let ambiguous = check.problems.iter().any(|p| p.code == "T0351");
    if ambiguous && formats.iter().any(unsettled) {
        return; // told where the format stands
    }
    let held: Vec<&String> = formats.iter().filter_map(|f| f.roles.get("label")).collect();
    let known = check.columns.get("samples");
    let role = |c: &String| known.and_then(|of| of.get(c)).map(|c| &c.role);
    let is_label = |c: &&String| matches!(role(c), Some(Role::Label { .. }));
    for label in columns.iter().filter(is_label).filter(|c| !held.contains(c)) {
        let named = match &d.columns {
            Some(AllOr::List(list)) => list.iter().find(|c| c.get() == label).map(At::span),
            _ => None,
        };
        let span = named.or(d.formats.first().map(At::span)).unwrap_or(check.span.clone());
        let message = format!("no format of {} can hold `{label}`", check.path);
        let problem = Diagnostic::error("T0350", span, message).label("it would be in no file");
        check.problems.push(problem.help("add `jsonl` or `parquet`, or name `columns` without it"));
    }
}

fn missing(check: &mut Check, f: &At<TextOr<Wanted>>, what: &str) {
    let message = format!("the format {} needs {what}", f.format.0.name);
    check.bad(Diagnostic::error("T0350", f.span(), message).label("cannot be written"));
}

fn columns(check: &mut Check, d: &Declaration) -> Vec<String> {
    let Some(of) = check.columns.get("samples") else { return Vec::new() };
    match &d.columns {
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
        Some(AllOr::All) => of.iter().filter(|c| !c.1.inner).map(|c| c.0.clone()).collect(),
        None => {
            let fields: crate::manifest::sections::SchemaSection = check.section(&["schema"]);
            // without [schema] a release holds what was collected
            let collected = |(n, c): &(&String, &Column)| {
                let made = matches!(c.role, Role::Votes { .. } | Role::Edits { .. } | Role::Tokens);
                fields.0.is_empty() && !c.inner && !made && *n != "source" && !n.contains('.')
            };
            let usual = |(n, c): &(&String, &Column)| {
                collected(&(n, c))
                    || matches!(c.role, Role::Label { .. })
                    || *n == "split"
                    || *n == "id"
                    || fields.0.contains_key(*n)
            };
            of.iter().filter(usual).map(|c| c.0.clone()).collect()
        }
    }
}

fn check_licenses(check: &mut Check, d: &Declaration) {
    for expression in d.licenses.iter().flatten() {
        if let Err(say) = license::check(expression) {
            check.bad(Diagnostic::error("T0401", expression.span(), "this is no licence expression").label(say));
        }
    }
}

/// With `[privacy]`, nothing is released that no privacy step has seen.
fn check_raw(check: &mut Check, d: &Declaration, columns: &[String]) {
    let privacy: Privacy = check.section(&["privacy"]);
    if check.manifest.table(&["privacy", "detect"]).is_none() {
        let unknown = privacy.unknown_harmless(check.manifest, &check.names("samples"));
        check.problems.extend(unknown); // else told by [privacy.detect]
    }
    let harmless: Vec<&str> = privacy.harmless.iter().map(|h| h.as_str()).collect();
    let unseen = columns.iter().filter(|c| check.is_raw("samples", c) && !harmless.contains(&c.as_str()));
    for column in unseen.cloned().collect::<Vec<String>>() {
        let named = match &d.columns {
            Some(AllOr::List(list)) => list.iter().find(|c| *c.get() == column).map(At::span),
            _ => None,
        };
        let span = named.unwrap_or(check.span.clone());
        let problem = Diagnostic::error(
            "T0421",
            span,
            format!("`{column}` may hold personal data that no privacy step has seen"),
        );
        let help = format!("let [privacy.detect] cover it, or say [privacy] harmless = [\"{column}\"]");
        check.problems.push(problem.label("released as collected").help(help));
    }
}

/// A source as far as a release tells of it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct SourceCard {
    pub name: String,
    pub license: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub attribution: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub evidence: Option<String>,
}

/// Licence, attribution and evidence of every source, read leniently from `[collect.*]`.
pub fn sources(check: &Check) -> Vec<SourceCard> {
    let get = |table: &Declared, key: &str| -> Option<String> {
        let value = table.get_ref().as_table()?.get(key)?;
        Some(value.get_ref().as_str()?.to_string())
    };
    let card = |(name, _, table): (String, _, &Declared)| SourceCard {
        license: get(table, "license").unwrap_or_default(),
        attribution: get(table, "attribution"),
        evidence: get(table, "evidence"),
        name,
    };
    check.manifest.instances(&["collect"]).into_iter().map(card).collect()
}

/// A column's name in released files: a dot means a nested path to readers of Parquet.
pub fn released_name(column: &str) -> String {
    column.replace('.', "_")
}

/// What a page says of the data set.
pub fn dataset(check: &Check) -> Dataset {
    check.section(&["dataset"])
}
