//! What `[label.TASK]` may say, and all of it that can be wrong before a sample is read.
use super::read::{Format, check_files};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::sections::{SchemaSection, text_of_spans};
use crate::manifest::values::At;
use crate::model::kind::Kind;
use crate::model::votes::Vote;
use crate::stage::{Act, Check, Column, Gate, Role};
use crate::table::{DataType, types, utf8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// One task: what is asked of an annotator, and where the answers come from.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The kind of task.
    pub task: Kind,
    /// The classes that an answer may name. Their order decides ties of a vote. A rating has none.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub classes: Vec<At<String>>,
    /// The least and the greatest rating; both belong to the scale. Ratings need it.
    pub scale: Option<Scale>,
    /// What annotators work by.
    pub guideline: Option<Guideline>,
    /// What it means that nobody answered: `missing` (no label; releases of labelled data leave the sample out) or
    /// `negative` (there is nothing to mark). Default `missing`.
    #[serde(default)]
    pub unlabelled: Unlabelled,
    /// Where answers come from, each source under a name of its own.
    #[serde(default)]
    #[schemars(extend("x-names" = true))]
    pub from: BTreeMap<String, Answers>,
    /// What happens to annotations that cannot be right. Each is a finding, whatever is chosen.
    #[serde(default)]
    pub problems: Problems,
    /// How several answers become one label.
    pub aggregate: Option<Aggregate>,
}

/// The scale of a rating.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The least rating.
    pub min: At<Decimal>,
    /// The greatest rating.
    pub max: At<Decimal>,
}

/// The document that annotators work by. Each class has a section of its own: a heading that is the class, or begins
/// with it.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Guideline {
    /// A Markdown file below the manifest.
    #[schemars(length(min = 1))]
    pub document: At<String>,
    /// Its version, `x.y.z`. A released version keeps its text; other text needs another version.
    #[schemars(extend("x-form" = "version", "pattern" = "^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}$"))]
    pub version: At<String>,
    /// What happens to answers that were given under another major version: `review` or `keep`. Default `keep`.
    pub on_major: Option<OnMajor>,
}

/// Answers under another major version of the guideline.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnMajor {
    /// They count like others.
    #[default]
    Keep,
    /// Their samples wait for a person's decision.
    Review,
}

/// Samples without any answer.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Unlabelled {
    /// Nobody looked: there is no label.
    #[default]
    Missing,
    /// Somebody looked and found nothing: the label is an empty list.
    Negative,
}

/// A source of answers: a column that came with the samples, or files of votes.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-one-of" = [["column", "files"]]))]
pub struct Answers {
    /// A column of the samples: tags or spans, boxes, a class, or a number. Null: this source was not asked.
    #[schemars(length(min = 1))]
    pub column: Option<At<String>>,
    /// Globs of files with one vote a row.
    #[schemars(length(min = 1))]
    pub files: Option<Vec<At<String>>>,
    /// Who answered, for a column. Default: the name of the source.
    #[schemars(length(min = 1))]
    pub annotator: Option<String>,
    /// How the files are read. Default: by the name of the first one.
    pub format: Option<Format>,
    /// The column of the samples that `fields.item` names a value of. Default `id`.
    #[schemars(length(min = 1))]
    pub on: Option<At<String>>,
    /// Where a row of the files says what. Of spans and boxes the label is a JSON list of objects with the task's
    /// fields (`class`, `start`, `end`; `class`, `x1`, `y1`, `x2`, `y2`, `flags`).
    pub fields: Option<Fields>,
    /// Names of the source and what they are called here: `{ person = "PS" }`.
    #[serde(default)]
    pub map: BTreeMap<String, At<String>>,
    /// How tags say where an entity begins. Default `bio`.
    pub scheme: Option<TagScheme>,
    /// Which text spans count in: as it was collected, or as it is now. Default `collected`: they are moved with every
    /// change of the text since.
    pub offsets: Option<Offsets>,
    /// The version of the guideline under which these answers were given. Default: the current one.
    #[schemars(extend("x-form" = "version", "pattern" = "^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}$"))]
    pub guideline: Option<At<String>>,
}

/// Names of columns, or of JSONL keys and paths (`meta.by`).
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Which sample is meant. Default `item`.
    #[schemars(length(min = 1))]
    pub item: Option<String>,
    /// Who answered. Default `annotator`.
    #[schemars(length(min = 1))]
    pub annotator: Option<String>,
    /// The answer. Default `label`.
    #[schemars(length(min = 1))]
    pub label: Option<String>,
}

/// How tags say where an entity begins and ends.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum TagScheme {
    /// IOB2: `B-` opens every entity, `I-` goes on.
    #[default]
    Bio,
    /// `I-` everywhere; `B-` only behind another entity of the same class.
    Iob1,
    /// `B-`, `I-`, `E-`, and `S-` for a single token.
    Bioes,
}

/// The text that spans count in.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Offsets {
    /// The text as its source gave it.
    #[default]
    Collected,
    /// The text behind all preprocessing.
    Current,
}

/// What happens to each kind of wrong annotation.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Problems {
    /// Tags that their scheme does not allow where they stand. `fix` reads them as conlleval does. Default `fix`.
    pub bio: Option<Respond>,
    /// A class that is not declared. `fix` finds the one that differs in case alone. Default `drop`.
    pub class: Option<Respond>,
    /// A span that passes the end of the text, a box that passes a side of the image (`fix` cuts off what is outside),
    /// a rating outside the scale (the vote goes in any case). Default `drop`.
    pub outside: Option<Respond>,
    /// A box without area, with its corners exchanged, or with a coordinate that is no number; nothing can mend it.
    /// Default `drop`.
    pub degenerate: Option<Respond>,
    /// A span that holds no character; nothing can mend it. Default `drop`.
    pub empty: Option<Respond>,
}

/// What happens to a wrong annotation. One that cannot be mended goes, the sample and its other annotations stay.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Respond {
    /// The annotation goes.
    #[default]
    Drop,
    /// It is mended.
    Fix,
    /// It is mended, and the sample waits for a person's decision.
    Review,
    /// It is mended, and the build fails.
    Fail,
}

impl Respond {
    /// What the ledger calls it.
    pub fn act(self) -> Act {
        match self {
            Respond::Drop | Respond::Fix => Act::Finding,
            Respond::Review => Act::Review,
            Respond::Fail => Act::Fail,
        }
    }
}

impl Problems {
    /// Each key with what it means.
    pub fn all(&self) -> [(&'static str, Respond); 5] {
        [
            ("bio", self.bio.unwrap_or(Respond::Fix)),
            ("class", self.class.unwrap_or_default()),
            ("outside", self.outside.unwrap_or_default()),
            ("degenerate", self.degenerate.unwrap_or_default()),
            ("empty", self.empty.unwrap_or_default()),
        ]
    }

    /// What one key means.
    pub fn of(&self, problem: &str) -> Respond {
        self.all().into_iter().find(|p| p.0 == problem).map_or(Respond::Drop, |p| p.1)
    }
}

/// How several answers become one.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Default: `majority` of classes, `median` of ratings, else `single`.
    pub method: Method,
}

/// The rule by which one label is made of votes.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All must agree. Where they do not, the answer of the annotator whose name comes first stands, and the sample
    /// waits for a person's decision.
    #[default]
    Single,
    /// The class with most votes; of several the one declared first.
    Majority,
    /// The rating in the middle; of two the lower one.
    Median,
}

/// A task as it is declared.
pub struct Task {
    /// The instance, `ner`.
    pub name: String,
    /// The key path, `label.ner`.
    pub path: String,
    pub declared: Declaration,
    /// The text that spans are set on.
    pub text: Option<String>,
}

impl Task {
    /// A key of this table, `label.ner.from.klue`.
    pub fn key(&self, of: &str) -> String {
        format!("{}.{of}", self.path)
    }

    /// The kind of task.
    pub fn kind(&self) -> Kind {
        self.declared.task
    }

    /// The classes in their declared order; none for a rating.
    pub fn classes(&self) -> Vec<String> {
        self.declared.classes.iter().map(|c| c.get().clone()).collect()
    }

    /// The column of votes. Annotators and answers are words of the data.
    pub fn votes(&self) -> (String, Column) {
        let column = Column::new(Vote::list_of(&self.kind().answer())).role(Role::Votes { task: self.name.clone() });
        (format!("votes.{}", self.name), column)
    }

    /// The column of the label. Its classes are those of the manifest, whatever the data said.
    pub fn label(&self) -> Column {
        let (task, classes) = (self.name.clone(), self.classes());
        let role = Role::Label { task, kind: self.kind().name().to_string(), classes };
        Column::new(self.kind().answer()).role(role).harmless()
    }

    /// The declared method, else the one that fits the kind.
    pub fn method(&self) -> Method {
        match (&self.declared.aggregate, self.kind()) {
            (Some(a), _) => a.method,
            (None, Kind::Classification) => Method::Majority,
            (None, Kind::Rating) => Method::Median,
            (None, _) => Method::Single,
        }
    }

    /// The version under which a source's answers were given; empty without a guideline.
    pub fn version_of(&self, answers: &Answers) -> String {
        let current = self.declared.guideline.as_ref().map(|g| &g.version);
        answers.guideline.as_ref().or(current).map_or(String::new(), |v| v.get().clone())
    }

    /// Sources that are columns, in name order.
    pub fn columns(&self) -> impl Iterator<Item = (&String, &Answers, &At<String>)> {
        self.declared.from.iter().filter_map(|(n, a)| Some((n, a, a.column.as_ref()?)))
    }

    /// Sources that are files, in name order.
    pub fn files(&self) -> impl Iterator<Item = (&String, &Answers, &[At<String>])> {
        self.declared.from.iter().filter_map(|(n, a)| Some((n, a, a.files.as_deref()?)))
    }

    /// A gate for each of these problems that shall fail the build, on the step that finds it.
    pub fn gates(&self, check: &Check, word: &str, of: &[&str]) -> Vec<Gate> {
        let step = format!("{}/{word}", self.path);
        let fails = of.iter().filter(|p| self.declared.problems.of(p) == Respond::Fail);
        let gate = |problem: &&str| Gate {
            key: self.key(&format!("problems.{problem}")),
            fact: format!("{step}.fails"),
            min: None,
            max: Some(Decimal::default()),
            span: place(check, &format!("problems.{problem}")),
            look: format!("tamis show {step} --findings"),
        };
        fails.map(gate).collect()
    }
}

/// Reads and checks the table; every entry of the path does, and equal diagnostics are told once.
///
/// What is wrong is noted and nothing is built then; the task is given all the same, so that its columns are there and
/// nobody after it misses them. `None` only if the table cannot be read.
pub fn checked(check: &mut Check) -> Option<Task> {
    let declared: Declaration = check.read()?;
    let text = text_field(check);
    check_classes(check, &declared);
    check_scale(check, &declared);
    check_method(check, &declared);
    if declared.task == Kind::Ner && text.is_none() {
        let problem = Diagnostic::error("T0316", check.span.clone(), "there is no text to mark spans in");
        check.bad(problem.label("the samples have no text field").help("name the text in [schema]"));
    }
    if declared.from.is_empty() {
        let problem = Diagnostic::error("T0211", check.span.clone(), format!("{} has no answers", check.path));
        check.bad(problem.label("needs `from`").help("for example from.source = { column = \"label\" }"));
    }
    for (name, answers) in &declared.from {
        check_source(check, &declared, name, answers);
    }
    Some(Task { name: check.instance.clone(), path: check.path.clone(), declared, text })
}

/// The bytes of a key of this table, or of the nearest one above it.
fn place(check: &Check, key: &str) -> Range<usize> {
    check.manifest.span_of(&format!("{}.{key}", check.path)).unwrap_or_else(|| check.span.clone())
}

fn text_field(check: &Check) -> Option<String> {
    let is_text = |name: &str| check.column("samples", name) == Some(&utf8());
    let fields: SchemaSection = check.section(&["schema"]);
    text_of_spans(check.manifest, &fields, is_text)
}

fn check_classes(check: &mut Check, d: &Declaration) {
    let rating = d.task == Kind::Rating;
    match d.classes.first() {
        Some(class) if rating => {
            let problem = Diagnostic::error("T0215", class.span(), "a rating has no classes");
            check.bad(problem.label("not for this kind of task").help("`scale` says what is allowed"));
        }
        None if !rating => {
            let problem = Diagnostic::error("T0212", check.span.clone(), format!("{} has no classes", check.path));
            check.bad(problem.label("needs `classes`"));
        }
        _ => {}
    }
    for (i, class) in d.classes.iter().enumerate() {
        if let Some(first) = d.classes.iter().take(i).find(|c| *c == class) {
            let problem = Diagnostic::error("T0210", class.span(), format!("the class `{}` stands twice", class.get()));
            check.bad(problem.label("again").related(first.span(), "first here"));
        }
    }
}

fn check_scale(check: &mut Check, d: &Declaration) {
    match (&d.scale, d.task) {
        (None, Kind::Rating) => {
            let problem = Diagnostic::error("T0213", check.span.clone(), format!("{} has no scale", check.path));
            check.bad(problem.label("needs `scale`").help("for example scale = { min = 0, max = 5 }"));
        }
        (Some(scale), Kind::Rating) if scale.min >= scale.max => {
            let problem = Diagnostic::error("T0214", scale.max.span(), "the scale is empty");
            check.bad(problem.label("not above `min`").related(scale.min.span(), "the least rating"));
        }
        (Some(_), kind) if kind != Kind::Rating => {
            let problem = Diagnostic::error("T0215", place(check, "scale"), "only a rating has a scale");
            check.bad(problem.label("not for this kind of task"));
        }
        _ => {}
    }
}

fn check_method(check: &mut Check, d: &Declaration) {
    let lists = matches!(d.task, Kind::Ner | Kind::ObjectDetection);
    if d.unlabelled == Unlabelled::Negative && !lists {
        let problem = Diagnostic::error("T0215", place(check, "unlabelled"), "a class or a number cannot be empty");
        check.bad(problem.label("not for this kind of task").help("leave it at `missing`"));
    }
    let Some(Aggregate { method }) = d.aggregate else { return };
    let fits = match method {
        Method::Single => true,
        Method::Majority => d.task == Kind::Classification,
        Method::Median => d.task == Kind::Rating,
    };
    if !fits {
        let problem = Diagnostic::error("T0216", place(check, "aggregate.method"), "this method does not fit the task");
        check.bad(problem.label("not for this kind of task").help("`majority` is for classes, `median` for ratings"));
    }
}

fn check_source(check: &mut Check, d: &Declaration, name: &str, a: &Answers) {
    if let Some(column) = &a.column {
        let keys = [("fields", a.fields.is_some()), ("on", a.on.is_some()), ("format", a.format.is_some())];
        spare(check, name, &keys, "this source is a column");
        check_column(check, d.task, column);
    }
    if let Some(files) = &a.files {
        let keys = [("annotator", a.annotator.is_some()), ("scheme", a.scheme.is_some())];
        spare(check, name, &keys, "this source is files, whose rows say so themselves");
        check_files(check, a, files);
    }
    if d.task != Kind::Ner {
        let keys = [("offsets", a.offsets.is_some()), ("scheme", a.scheme.is_some() && a.files.is_none())];
        spare(check, name, &keys, "only spans of text have this");
    }
    for class in a.map.values().filter(|c| !d.classes.is_empty() && !d.classes.contains(c)) {
        let help = suggest(class, d.classes.iter().map(|c| c.as_str()));
        let message = format!("`{}` is not a class of {}", class.get(), check.path);
        check.bad(Diagnostic::error("T0217", class.span(), message).label("not declared").help(help));
    }
}

/// Keys that say nothing where they stand.
fn spare(check: &mut Check, source: &str, keys: &[(&str, bool)], why: &str) {
    for (key, _) in keys.iter().filter(|k| k.1) {
        let span = place(check, &format!("from.{source}.{key}"));
        check.bad(Diagnostic::error("T0219", span, format!("`{key}` has no meaning here")).label(why));
    }
}

fn check_column(check: &mut Check, kind: Kind, column: &At<String>) {
    let Some(ty) = check.column("samples", column).cloned() else { return unknown(check, column) };
    if !fits(kind, &ty) {
        let message = format!("`{}` cannot answer this kind of task", column.get());
        let label = format!("this column is {}", types::text(&ty));
        check.bad(Diagnostic::error("T0315", column.span(), message).label(label));
    } else if is_tags(&ty) && check.column("samples", "tokens").is_none() {
        let problem = Diagnostic::error("T0317", column.span(), "tags without tokens say nothing about the text");
        check.bad(problem.label("no source gives `tokens`").help("read the text as fields = { text = \"tokens\" }"));
    }
}

/// Notes that no step before gives a column.
pub fn unknown(check: &mut Check, column: &At<String>) {
    let help = suggest(column, check.names("samples"));
    let message = format!("no step gives the column `{}`", column.get());
    check.bad(Diagnostic::error("T0310", column.span(), message).label(help));
}

/// Whether a column of this type holds answers of a kind.
fn fits(kind: Kind, ty: &DataType) -> bool {
    match (kind, ty) {
        (Kind::Ner, DataType::List(item)) => matches!(item.data_type(), DataType::Utf8 | DataType::Struct(_)),
        (Kind::ObjectDetection, DataType::List(item)) => matches!(item.data_type(), DataType::Struct(_)),
        (Kind::Classification, ty) => matches!(ty, DataType::Utf8 | DataType::Int64 | DataType::Boolean),
        (Kind::Rating, ty) => matches!(ty, DataType::Utf8 | DataType::Int64 | DataType::Float64),
        _ => false,
    }
}

/// Whether a column holds one tag for each token.
pub fn is_tags(ty: &DataType) -> bool {
    matches!(ty, DataType::List(item) if item.data_type() == &DataType::Utf8)
}
