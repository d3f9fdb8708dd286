//! The declaration of a release, checked, with its formats and columns settled.
use super::anonymity::beside::Leaving;
use super::anonymity::declared::{self as anonymous, Anonymity};
use super::called::{self, classes_of};
use super::columns::{Ids, check_names, check_sounds, holds, span_of};
use super::conflicts::{self, Allowed};
use super::documents::list::DocumentName;
use super::documents::wanted::wanted;
use super::made;
use super::readers::{check_readers, check_splits};
use super::relations::{is_label, relations};
use super::terms::{left_out_sources, sorted_sources, sources, taken_sources};
use super::withheld::{Held, Withheld, withheld};
use crate::diag::{Diagnostic, suggest};
use crate::formats::writer::{Writer, is_sharded};
use crate::formats::{FORMATS, Format, named};
use crate::manifest::sections::Privacy;
use crate::manifest::values::{AllOr, At, Short, TextOr};
use crate::model::edits::edits_of;
use crate::model::spans::Scheme;
use crate::model::tokens::Made;
use crate::stage::*;
use crate::table::DataType;
use crate::table::{types, utf8};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::json;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// Files made of the samples that are left.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// In which formats, each in a folder of its own. A format is written as a table where more is to be said: which of
    /// several labels it holds, `{ format = "conll", label = "ner" }`, or that images lie in folders of their classes,
    /// `{ format = "image_folder", folders = "class" }`.
    #[schemars(length(min = 1))]
    pub formats: Vec<At<TextOr<Wanted>>>,
    /// Which columns, in this order, or `"all"`. Default: `id`, the fields of `[schema]` or else all that was collected,
    /// `license` where samples have licences of their own, all labels, `split`, the weights of `[sample.NAME]`, in the order in which they are declared or stand in the files.
    pub columns: Option<AllOr<At<String>>>,
    /// What classes are called in this release: of each task the names that change, `map.defect = { rust = "stain", moss = "stain" }`.
    #[serde(default)]
    pub map: called::Declared,
    /// Only samples that `[sample.NAME]` chose: `sample.NAME`. Default: all.
    pub of: Option<At<String>>,
    /// The children of which `[augment.NAME]` or `[synthesize.NAME]` it holds beside the samples that were collected: `["mentions"]`. The column
    /// `synthetic.by` then says who made a sample. Default: none.
    #[serde(default)]
    pub augment: Vec<At<String>>,
    /// What samples are called in the release. Default `source`.
    #[serde(default)]
    pub ids: Ids,
    /// Only samples under one of these licences, that of their source or their own (`licenses_allowed`); others are left out
    /// and counted. Default: all.
    pub licenses: Option<Vec<At<String>>>,
    /// Only samples that have a value in each of these columns; others are left out. Default: all.
    #[schemars(length(min = 1))]
    pub require: Option<Vec<At<String>>>,
    /// How many samples a format may hold less of than the data set does, before the build fails: spans that overlap in
    /// `conll`, for example. Each is told as a finding. Default 0.
    pub max_losses: Option<At<u64>>,
    /// The fewest samples that the release must hold, else the build fails. Default 1; 0 allows an empty release.
    pub min_samples: Option<At<u64>>,
    /// Which documents stand beside the card (`README.md`), the attribution and the lists of sums. Default: all but
    /// `provenance`, as far as the manifest says what they need; `[]` is none. What they have no words for is counted
    /// (`release.NAME.blanks`).
    pub documents: Option<Vec<At<DocumentName>>>,
    /// How well it must hide the people it tells of, and how its columns may be generalised.
    pub anonymity: Option<At<Anonymity>>,
    /// Whether the frozen release holds the pages of `tamis report` as `report.html`: numbers alone, of what is released, without samples.
    /// `SHA256SUMS` has its sum. Default false.
    #[serde(default)]
    pub report: bool,
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
    /// For `image_folder`: the column of texts, such as `class` or `label.TASK`, whose value names the folder of an image:
    /// `images/SPLIT/CLASS/NAME.ext`, as torchvision reads classes. Without it images lie side by side.
    #[schemars(length(min = 1))]
    pub folders: Option<At<String>>,
    /// For formats of tokens (`conll`, `conll2003`, `conllu`): how tags say where an entity begins and ends. Default `bio`.
    pub scheme: Option<At<Scheme>>,
    /// For the same formats: what a token is in texts whose tokens were not collected. Default `characters`, and then a warning
    /// says so. A span whose edge lies within a token takes all of it, and is told (`conll.edges`).
    pub tokens: Option<At<Made>>,
}

impl Short for Wanted {
    type Text = FormatName;

    fn from_text(format: FormatName) -> Wanted {
        Wanted { format, label: None, folders: None, scheme: None, tokens: None }
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
    pub ids: Ids,
    /// The columns of the released labels, and of each the column that says how it came about.
    pub labels: Vec<(String, String)>,
    /// Columns that a format or the card needs though they are not released.
    pub extra: Vec<String>,
    /// Sources whose samples are left out for their licence.
    pub left_out: Vec<String>,
    /// Sources of whose samples some are left out, each for its own licence; and the licences that are taken.
    pub sorted: Vec<String>,
    pub licenses: Vec<String>,
    /// What people decided about conflicts between licences.
    pub allowed: Vec<Allowed>,
    /// Columns in which a sample must have a value.
    pub required: Vec<String>,
    /// The column that says which samples were chosen.
    pub chosen: Option<String>,
    /// Made by whom samples are in it, too.
    pub children: Vec<String>,
    pub max_losses: Option<At<u64>>,
    pub min_samples: Option<At<u64>>,
    pub anonymity: Option<anonymous::Declared>,
    /// The names of the documents that are wanted.
    pub documents: Vec<String>,
    /// What it hides.
    pub withheld: Withheld,
    /// Of each label what its classes are called.
    pub map: BTreeMap<String, BTreeMap<String, String>>,
}

/// A format of a release with what it needs.
#[derive(Clone)]
pub struct Encoding {
    pub format: &'static Format,
    pub writer: &'static Writer,
    /// What the format needs besides released columns: what a column is to it, and the column.
    pub roles: BTreeMap<String, String>,
    pub scheme: Scheme,
    /// What a token is where none were collected, if the manifest says it.
    pub made: Option<Made>,
    /// Where the manifest asks for it.
    pub span: Range<usize>,
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

    /// What a released column holds ([`holds`]): text, where it is generalised.
    pub fn holds(&self, check: &Check, column: &str) -> String {
        let general = self.anonymity.as_ref().is_some_and(|a| a.generalised().any(|c| c == column));
        if general { types::text(&utf8()) } else { holds(check, column) }
    }

    /// The columns that the rows of the release are given of the samples: those of [`Self::all`], or what they are generalised to.
    pub fn given(&self, release: &str, columns: &[String]) -> Vec<String> {
        let own =
            |c: &String| self.anonymity.as_ref().and_then(|a| a.replaced(release, c)).unwrap_or_else(|| c.clone());
        columns.iter().map(own).collect()
    }

    /// Whether images are put beside the files of a format.
    pub fn images(&self) -> bool {
        self.formats.iter().any(|f| f.writer.needs.images)
    }

    /// The column that says in which folder an image lies, if they lie in folders.
    pub fn folders(&self) -> Option<&str> {
        self.formats.iter().find_map(|f| f.roles.get("folder")).map(String::as_str)
    }

    /// Whether a format holds the bytes of images in its own files.
    pub fn holds_images(&self) -> bool {
        self.columns.iter().any(|c| c == "image")
            && self.formats.iter().any(|f| f.writer.needs.typed || f.writer.needs.bytes)
    }

    /// Whether the files of images have names.
    pub fn names_images(&self) -> bool {
        self.images() || self.holds_images()
    }
}

/// The table, read and checked once for all entries of its path.
pub fn declared(check: &mut Check) -> Option<Rc<Release>> {
    check.once(checked)
}

fn checked(check: &mut Check) -> Option<Release> {
    let d: Declaration = check.read()?;
    let kind = (d.ids == Ids::Source, d.anonymity.is_some());
    let (columns, children) = made::settled(check, &d.augment, kind, d.columns.as_ref(), d.of.as_ref());
    let formats = encodings(check, &d, &columns);
    check_held(check, &d, &formats, &columns);
    check_sounds(check, d.columns.as_ref(), &columns, formats.iter().any(|f| f.writer.needs.typed));
    let reads_paths = formats
        .iter()
        .find(|f| f.writer.needs.columns && f.writer.needs.images && f.writer.needs.pictures.is_none())
        .map(Encoding::name);
    check_names(check, d.columns.as_ref(), &columns, reads_paths);
    check_splits(check);
    check_readers(check, guessed(&formats, reads_paths), &columns);
    conflicts::check_terms(check, d.licenses.as_deref(), &columns);
    let allowed = conflicts::allowed(check, d.licenses.as_deref(), &columns);
    let mut extra = vec!["source".to_string()]; // who must be named
    extra.extend(named_samples(check, &columns));
    extra.extend(formats.iter().flat_map(|f| f.roles.values().cloned()));
    let known = check.columns.get("samples");
    extra.retain(|e| known.is_some_and(|k| k.contains_key(e)));
    let labels = labels(check, &columns);
    // what only a format writes is released too
    let mut written = columns.clone();
    written.extend(extra.iter().filter(|e| !columns.contains(e)).cloned());
    check_raw(check, &d, &written);
    extra.extend(labels.iter().map(|(_, status)| status.clone())); // counted for the card
    let withheld = withheld(check, d.columns.as_ref(), (&columns, &extra), &held(&formats));
    // the split says what is hidden
    extra.extend((!withheld.is_empty() && !columns.iter().any(|c| c == "split")).then(|| "split".to_string()));
    let left_out = left_out_sources(check, d.licenses.as_deref());
    let sorted = sorted_sources(check, d.licenses.as_deref());
    let licenses = d.licenses.iter().flatten().filter(|_| !sorted.is_empty()).map(|l| l.get().clone()).collect();
    let required = d.require.iter().flatten().filter(|n| check.known(n).is_some()).map(|n| n.get().clone()).collect();
    let anonymity = match &d.anonymity {
        Some(of) => {
            let only = formats.iter().flat_map(|f| f.roles.values());
            let nameless = formats.iter().all(|f| f.writer.needs.nameless);
            let taken = taken_sources(check, d.licenses.as_deref());
            let leaves = Leaving::of(check, &columns, only, taken, (d.ids == Ids::Source, nameless));
            Some(anonymous::declared(check, of, &leaves)?)
        }
        None => None,
    };
    let chosen = d.of.as_ref().and_then(|of| chosen(check, of));
    let documents = wanted(check, d.documents.as_deref());
    Some(Release {
        map: called::checked(check, &d.map, &columns),
        withheld,
        documents,
        anonymity,
        chosen,
        children,
        formats,
        columns,
        ids: d.ids,
        labels,
        extra,
        left_out,
        sorted,
        licenses,
        allowed,
        required,
        max_losses: d.max_losses,
        min_samples: d.min_samples,
    })
}

/// The formats, as far as they may have to do without answers.
fn held(formats: &[Encoding]) -> Vec<Held> {
    let one = |f: &Encoding| Held {
        format: f.name(),
        answers: f.writer.needs.answers,
        pictures: f.writer.needs.images,
        label: f.roles.get("label").cloned(),
        span: f.span.clone(),
    };
    formats.iter().map(one).collect()
}

/// The format of which loaders guess the types, where no table tells them.
fn guessed<'f>(formats: &'f [Encoding], reads_paths: Option<&str>) -> Option<(&'f str, Range<usize>)> {
    let typed = formats.iter().any(|f| f.writer.needs.typed);
    let found = formats.iter().find(|f| Some(f.name()) == reads_paths).filter(|_| !typed);
    found.map(|f| (f.name(), f.span.clone()))
}

/// The formats with what they need, in the order of the list of formats.
fn encodings(check: &mut Check, d: &Declaration, columns: &[String]) -> Vec<Encoding> {
    let mut formats: Vec<Encoding> = Vec::new();
    for (i, f) in d.formats.iter().enumerate() {
        let format = f.format.0;
        if let Some(first) = d.formats.iter().take(i).find(|other| other.format.0.name == format.name) {
            let message = format!("the format {} stands twice", format.name);
            let problem = Diagnostic::error("T0210", f.span(), message).label("again");
            check.bad(problem.related(first.span(), "first here"));
        } else if let Some(writer) = &format.writer {
            let roles = roles(check, f, writer, columns);
            let scheme = scheme(check, f, writer);
            let made = made(check, f, writer, &roles);
            formats.push(Encoding { format, writer, roles, scheme, made, span: f.span() });
        }
    }
    formats.sort_by_key(|f| FORMATS.iter().position(|other| other.name == f.name()));
    formats
}

/// The column of a `[sample.NAME]`.
fn chosen(check: &mut Check, of: &At<String>) -> Option<String> {
    let samples = check.manifest.instances(&["sample"]);
    let names: Vec<String> = samples.into_iter().map(|found| format!("sample.{}", found.0)).collect();
    if names.contains(of.get()) {
        return check.column("samples", of.get()).map(|_| of.get().clone());
    }
    let message = format!("there is no [{}]", of.get());
    let problem = Diagnostic::error("T0633", of.span(), message);
    check.bad(problem.label(suggest(of, names.iter().map(String::as_str))));
    None
}

/// The columns with names, licences and changes of single samples, where a source has such.
fn named_samples(check: &Check, columns: &[String]) -> Vec<String> {
    let own: Vec<String> = sources(check).iter().flat_map(|s| s.reads()).collect();
    let edits = columns.iter().map(|c| edits_of(c)).filter(|_| !own.is_empty()).collect::<Vec<_>>();
    own.into_iter().chain(edits).collect()
}

/// The labels among the columns, each with the column that says how it came about.
fn labels(check: &Check, columns: &[String]) -> Vec<(String, String)> {
    let of = |column: &String| {
        let known = check.columns.get("samples")?.get(column)?;
        let Role::Label { task, .. } = &known.role else { return None };
        Some((column.clone(), format!("status.{task}")))
    };
    columns.iter().filter_map(of).collect()
}

/// The columns that a format needs, by what they are to it; what is missing is told.
fn roles(check: &mut Check, f: &At<TextOr<Wanted>>, writer: &Writer, columns: &[String]) -> BTreeMap<String, String> {
    let mut out = BTreeMap::from([("id".to_string(), "id".to_string())]);
    let needs = writer.needs;
    match needs.label {
        [_, ..] => out.extend(label(check, f, needs.label, columns).map(|l| ("label".into(), l))),
        [] => {
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
    out.extend(check.text_of_spans().filter(|_| needs.text).map(|text| ("text".to_string(), text)));
    if needs.relations && out.get("label").and_then(|label| kind_of(check, label)) == Some("ner") {
        out.extend(relations(check, f.format.0.name, f.span(), columns).map(|label| ("relations".to_string(), label)));
    }
    out.extend(folders(check, f, writer).map(|column| ("folder".into(), column)));
    let has = |name: &str| name == "id" || check.column("samples", name).is_some();
    out.extend((needs.durations && has("duration")).then(|| ("duration".to_string(), "duration".to_string())));
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

/// How tags say where an entity begins and ends.
fn scheme(check: &mut Check, f: &At<TextOr<Wanted>>, writer: &Writer) -> Scheme {
    if let Some(scheme) = f.scheme.as_ref().filter(|_| !writer.needs.tokens) {
        let message = format!("the format {} writes no tags", f.format.0.name);
        check.bad(Diagnostic::error("T0219", scheme.span(), message).label("remove `scheme`"));
    }
    f.scheme.as_ref().map(|scheme| *scheme.get()).unwrap_or_default()
}

/// What a token is where none were collected. Where nothing is said, and no source gives tokens, that is told.
fn made(check: &mut Check, f: &At<TextOr<Wanted>>, writer: &Writer, roles: &BTreeMap<String, String>) -> Option<Made> {
    let (name, plain) = (f.format.0.name, writer.needs.tokens && !roles.contains_key("tokens"));
    match &f.tokens {
        Some(tokens) if !writer.needs.tokens => {
            let message = format!("the format {name} writes no tokens");
            check.bad(Diagnostic::error("T0219", tokens.span(), message).label("remove `tokens`"));
        }
        None if plain && ["label", "text"].iter().all(|r| roles.contains_key(*r)) => {
            let message = format!("no tokens were collected, so each line of {name} is one character");
            let problem = Diagnostic::warning("T0345", f.span(), message).label("it is not said what a token is");
            let help = format!("{{ format = \"{name}\", tokens = \"words\" }}, or \"characters\"");
            check.bad(problem.help(help));
        }
        _ => {}
    }
    check_classes(check, f, writer, roles);
    f.tokens.as_ref().map(|tokens| *tokens.get())
}

/// No class has a character that parts values in the files of a format.
fn check_classes(check: &mut Check, f: &At<TextOr<Wanted>>, writer: &Writer, roles: &BTreeMap<String, String>) {
    let classes = ["label", "relations"].iter().filter_map(|role| Some(classes_of(check, roles.get(*role)?)));
    let parts = |c: char| writer.needs.no_class_with.contains(&c);
    let Some(class) = classes.flatten().find(|class| class.contains(parts)) else { return };
    let shown: Vec<String> = writer.needs.no_class_with.iter().map(|c| format!("`{c}`")).collect();
    let message = format!("the class `{class}` cannot stand in a tag of {}", f.format.0.name);
    let problem = Diagnostic::error("T0346", f.span(), message);
    let label = format!("its files part values by {}", shown.join(" and "));
    check.bad(problem.label(label).help("call the class otherwise; `map` says what it is called in the source"));
}

/// The column that says in which folder an image lies.
fn folders(check: &mut Check, f: &At<TextOr<Wanted>>, writer: &Writer) -> Option<String> {
    let column = f.folders.as_ref()?;
    if !writer.needs.folders {
        let message = format!("the format {} has no folders for classes", f.format.0.name);
        check.bad(Diagnostic::error("T0219", column.span(), message).label("remove `folders`"));
        return None;
    }
    let ty = check.known(column)?.ty;
    if ty != utf8() {
        let message = format!("`{}` names no folders", column.get());
        let label = format!("it is {}, and folders are named by a text such as a class", types::text(&ty));
        check.bad(Diagnostic::error("T0352", column.span(), message).label(label));
        return None;
    }
    Some(column.get().clone())
}

/// The label that a format of one label holds: the one that is named, or the only one of the first kind of which there is
/// one.
fn label(check: &mut Check, f: &At<TextOr<Wanted>>, kinds: &[&str], columns: &[String]) -> Option<String> {
    let known = check.columns;
    let of = known.get("samples")?;
    let of_kind = |kind: &str| -> Vec<&String> {
        of.keys().filter(|n| columns.contains(n) && is_label(known, n, kind)).collect()
    };
    let every: Vec<&String> = kinds.iter().flat_map(|kind| of_kind(kind)).collect();
    let first = kinds.iter().map(|kind| of_kind(kind)).find(|of| !of.is_empty()).unwrap_or_default();
    let all = if f.label.is_some() { every } else { first };
    let article = if kinds.iter().any(|kind| kind.starts_with(['a', 'e', 'i', 'o', 'n'])) { "an" } else { "a" };
    let kind = match kinds {
        [before @ .., last] if !before.is_empty() => format!("{}` or `{last}", before.join("`, `")),
        _ => kinds.concat(),
    };
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

/// The kind of a label.
pub fn kind_of<'c>(check: &'c Check, label: &str) -> Option<&'c str> {
    match &check.columns.get("samples")?.get(label)?.role {
        Role::Label { kind, .. } => Some(kind),
        _ => None,
    }
}

/// Notes each label that no format of the release holds: it would be gone from every file.
fn check_held(check: &mut Check, d: &Declaration, formats: &[Encoding], columns: &[String]) {
    let unsettled = |f: &Encoding| !f.writer.needs.label.is_empty() && !f.roles.contains_key("label");
    if formats.is_empty() || formats.iter().any(|f| f.writer.needs.columns) {
        return; // it holds every column
    }
    let ambiguous = check.problems.iter().any(|p| p.code == "T0351");
    if ambiguous && formats.iter().any(unsettled) {
        return; // told where the format stands
    }
    let held: Vec<&String> =
        formats.iter().flat_map(|f| ["label", "relations"].map(|role| f.roles.get(role))).flatten().collect();
    let known = check.columns.get("samples");
    let role = |c: &String| known.and_then(|of| of.get(c)).map(|c| &c.role);
    let is_label = |c: &&String| matches!(role(c), Some(Role::Label { .. }));
    for label in columns.iter().filter(is_label).filter(|c| !held.contains(c)) {
        let named = span_of(check, d.columns.as_ref(), label);
        let span = d.formats.first().map(At::span).filter(|_| named == check.span).unwrap_or(named);
        let message = format!("no format of {} can hold `{label}`", check.path);
        let problem = Diagnostic::error("T0350", span, message).label("it would be in no file");
        check.problems.push(problem.help("add `jsonl` or `parquet`, or name `columns` without it"));
    }
}

fn missing(check: &mut Check, f: &At<TextOr<Wanted>>, what: &str) {
    let message = format!("the format {} needs {what}", f.format.0.name);
    check.bad(Diagnostic::error("T0350", f.span(), message).label("cannot be written"));
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
        let span = span_of(check, d.columns.as_ref(), &column);
        let message = format!("`{column}` may hold personal data that no privacy step has seen");
        let problem = Diagnostic::error("T0421", span, message);
        let way = match check.column("samples", &column) {
            Some(DataType::Utf8) => "let [privacy.detect] cover it",
            _ if column.starts_with("votes.") => "it names those who answered; leave it out of `columns`",
            _ => "leave it out of `columns`",
        };
        let help = format!("{way}, or say [privacy] harmless = [\"{column}\"]");
        check.problems.push(problem.label("released as collected").help(help));
    }
}
