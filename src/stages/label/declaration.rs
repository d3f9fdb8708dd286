//! The declaration of `[label.TASK]`, and every mistake in it that can be found before a sample is read.
use super::aggregate::{Aggregate, OnTie};
use super::candidates::check_candidates;
use super::elements::Guideline;
use super::fields::Fields;
use super::file_formats::{FormatName, dialect_keys};
use super::given::{check_column, holds_several};
use super::kinds::kind::{Kind, Method, Problem, Respond};
use super::metric::{Agreement, Metric, OnLow};
use super::points::{Points, check_points};
use super::problems::Problems;
use super::rules::declared::{Rules, check_rules};
use super::target::{check_target, spare_of_shapes};
use super::truth::{Gold, check_gold};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::model::candidates::TIE;
use crate::model::spans::{Scheme, Unit};
use crate::model::votes::Vote;
use crate::stage::{Check, Column, Gate, Role};
use crate::table::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// The classes of each task of a manifest, in their declared order.
pub fn declared_classes(manifest: &crate::manifest::Manifest) -> BTreeMap<String, Vec<String>> {
    let classes = |(task, _, table): (String, _, &crate::manifest::Declared)| {
        let own: Declaration = crate::manifest::read(table).ok()?;
        Some((task, own.classes.iter().map(|c| c.get().clone()).collect()))
    };
    manifest.instances(&["label"]).into_iter().filter_map(classes).collect()
}

/// One task: what is asked of an annotator, and where the answers come from.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The kind of task.
    pub task: &'static Kind,
    /// The classes that an answer may name. Their order decides ties of a vote. Only kinds whose answers name classes
    /// have them.
    #[serde(default)]
    #[schemars(inner(length(min = 1)), extend("x-form" = "line"))]
    pub classes: Vec<At<String>>,
    /// What `preference` and `ranking` choose from. Their order decides ties of a vote.
    #[serde(default)]
    #[schemars(inner(length(min = 1)), extend("x-form" = "line"))]
    pub candidates: Vec<At<String>>,
    /// The task whose shapes or spans an `attribute` is about, such as `label.defect`. Such tasks are answered behind all others, so that
    /// their answers meet the finished label.
    #[schemars(length(min = 1))]
    pub target: Option<At<String>>,
    /// The points of each object, for `keypoints`.
    pub keypoints: Option<Points>,
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
    /// What the guideline demands beyond that annotations can be right. Each rule that is broken is a finding, whatever is
    /// chosen.
    #[serde(default)]
    pub rules: Rules,
    /// What happens to samples of whose label something was lost: an annotation was dropped, or an answer or its file could
    /// not be read. `status.TASK` is then `incomplete`. Default `review`.
    #[serde(default)]
    pub on_incomplete: OnIncomplete,
    /// The largest share of answers, and of annotations, that may be lost, else the build fails; 1 allows any. Default 0.5.
    #[schemars(range(min = 0, max = 1))]
    pub max_lost: Option<At<Decimal>>,
    /// Answers that are known to be right, and how often an annotator must be right.
    pub gold: Option<Gold>,
    /// How far the annotators agree, and how far they must. Answers to be compared need several annotators.
    pub agreement: Option<Agreement>,
    /// How several answers become one label.
    pub aggregate: Option<Aggregate>,
}

impl Declaration {
    /// Lists the sources whose answers make the label: all but the gold ones.
    fn annotated(&self) -> impl Iterator<Item = &Answers> {
        let gold = self.gold.as_ref().map(|gold| gold.from.get());
        self.from.iter().filter(move |(name, _)| Some(*name) != gold).map(|(_, answers)| answers)
    }
}

/// Samples of whose label something was lost.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnIncomplete {
    /// They wait for a person's decision and are not released before it, whatever `[review] hold` says.
    #[default]
    Review,
    /// They leave the data set.
    Drop,
    /// They keep what is left of their label, which is counted as a finding; where nothing is left they have no label.
    Keep,
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
#[schemars(deny_unknown_fields, extend("x-one-of" = [["column", "files"]]), transform = dialect_keys)]
pub struct Answers {
    /// A column of the samples that holds answers (`fields.label` says how). Null: this source was not asked. A column in which
    /// a format gives the answers of several annotators, such as `answers.NAME` of `label_studio`, is a vote of each.
    /// Files of annotations beside images give boxes as `objects`, and where a task names them outlines as `objects.polygons`,
    /// masks as `objects.masks`, rotated boxes as `objects.oriented` and points as `objects.keypoints`.
    #[schemars(length(min = 1))]
    pub column: Option<At<String>>,
    /// Globs of files with one vote a row.
    #[schemars(length(min = 1))]
    pub files: Option<Vec<At<String>>>,
    /// Who answered, for a column or files that do not say so themselves. Default: of a column, and of the files of `gold.from`, the
    /// name of the source; of other files what their rows say.
    #[schemars(length(min = 1))]
    pub annotator: Option<String>,
    /// How the files are read. Default: by the name of the first one.
    pub format: Option<FormatName>,
    /// The keys that the format has of its own.
    #[serde(flatten)]
    #[schemars(skip)]
    pub dialect: BTreeMap<String, serde_json::Value>,
    /// The column of the samples that `fields.item` names a value of. Default `id`.
    #[schemars(length(min = 1))]
    pub on: Option<At<String>>,
    /// Where a row of the files says what.
    pub fields: Option<Fields>,
    /// Names of the source and what they are called here: `{ person = "PS" }`.
    #[serde(default)]
    pub map: BTreeMap<String, At<String>>,
    /// What whole numbers stand for in this source: the n-th name, from 0. So the data sets of some hubs write tags
    /// (`["O", "B-PER", "I-PER"]`) and classes.
    #[serde(default)]
    #[schemars(inner(length(min = 1)), extend("x-form" = "line"))]
    pub class_names: Vec<String>,
    /// The attribute of shapes whose value is the class, for `attribute`: `severity`, where a column such as `objects` of CVAT or COCO has it
    /// beside each shape. A shape without it says nothing.
    #[schemars(length(min = 1))]
    pub attribute: Option<String>,
    /// What stands between the classes of one text, such as `,` or `;`, of `classes`. Spaces around a class do not count. Default:
    /// a text that is no JSON list is one class.
    #[schemars(length(min = 1))]
    pub separator: Option<String>,
    /// How tags say where an entity begins. Default `bio`.
    pub scheme: Option<Scheme>,
    /// Which text spans count in, or which picture shapes were drawn on: as it was collected, or as it is now. Default
    /// `collected`: they are moved with every change since.
    pub offsets: Option<Offsets>,
    /// What `start` and `end` of spans count in. Default `characters`. Where a span says what it covers (`text` or
    /// `surface`), that is compared with the text; a span that covers something else is lost, and told.
    pub unit: Option<Unit>,
    /// The version of the guideline under which these answers were given. Default: the current one.
    #[schemars(extend("x-form" = "version", "pattern" = "^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}$"))]
    pub guideline: Option<At<String>>,
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

/// A declared task, with what else its steps need to know.
pub struct Task {
    /// The name of the instance, `ner`.
    pub name: String,
    /// The key path, `label.ner`.
    pub path: String,
    pub declared: Declaration,
    /// The text that spans are set on.
    pub text: Option<String>,
    /// Some source is a column with the answers of several annotators.
    pub several: bool,
}

impl Task {
    /// Returns the full path of a key of this table, `label.ner.from.klue`.
    pub fn key(&self, of: &str) -> String {
        format!("{}.{of}", self.path)
    }

    /// The label whose shapes or spans answers are about, where the samples have it.
    pub fn aimed_at(&self, check: &Check) -> Option<String> {
        let target = self.declared.target.as_ref().filter(|_| self.kind().on_shapes)?;
        check.column("samples", target.get()).map(|_| target.get().clone())
    }

    /// The kind of task.
    pub fn kind(&self) -> &'static Kind {
        self.declared.task
    }

    /// Returns the classes in their declared order; a kind without classes has none.
    pub fn classes(&self) -> Vec<String> {
        self.declared.classes.iter().map(|c| c.get().clone()).collect()
    }

    /// Returns the names that answers may give: classes, or candidates.
    pub fn names(&self) -> Vec<String> {
        self.declared.classes.iter().chain(&self.declared.candidates).map(|c| c.get().clone()).collect()
    }

    /// Returns what is counted of answers, in its order: classes, or what answers say of candidates.
    pub fn categories(&self) -> Vec<String> {
        self.kind().candidates.map_or(self.names(), |own| (own.categories)(&self.names()))
    }

    /// Returns the column of votes. Annotators and answers are words of the data.
    pub fn votes(&self) -> (String, Column) {
        let ty = Vote::list_of(&(self.kind().answer)());
        (format!("votes.{}", self.name), Column::new(ty).role(Role::Votes { task: self.name.clone() }))
    }

    /// Returns the column of the label. Its classes are those of the manifest, whatever the data said; free words are words of
    /// the data.
    pub fn label(&self) -> Column {
        let (task, classes) = (self.name.clone(), self.classes());
        let role = Role::Label { task, kind: self.kind().name.to_string(), classes };
        let column = Column::new((self.kind().answer)()).role(role);
        if self.kind().prose { column } else { column.harmless() }
    }

    /// Returns the declared method, or else the default of the kind.
    pub fn method(&self) -> Method {
        let declared = self.declared.aggregate.as_ref().and_then(|a| a.method);
        let several = self.several || self.annotated().any(|a| a.files.is_some()) || self.annotated().count() > 1;
        let votes = self.kind().methods.iter().find(|m| several && m.votes());
        declared.or(votes.copied()).or(self.kind().methods.first().copied()).unwrap_or_default()
    }

    /// What happens to ties.
    pub fn on_tie(&self) -> OnTie {
        let own = if self.method().votes() { OnTie::Review } else { OnTie::First };
        self.declared.aggregate.as_ref().and_then(|a| a.on_tie).unwrap_or(own)
    }

    /// Returns the declared measure of agreement, or else the default of the kind.
    pub fn metric(&self, agreement: &Agreement) -> Metric {
        agreement.metric.or(self.kind().metrics.first().copied()).unwrap_or_default()
    }

    /// Returns the declared response to a problem, or else the default of the kind.
    pub fn respond(&self, problem: &Problem) -> Respond {
        self.declared.problems.0.get(problem.name).copied().unwrap_or(problem.default)
    }

    /// Returns the problems of the kind with their responses: those found while answers are read, or those the check
    /// finds.
    pub fn problems(&self, reading: bool) -> impl Iterator<Item = (&'static Problem, Respond)> {
        let own = self.kind().problems.iter().filter(move |p| p.reading == reading);
        own.map(|p| (p, self.respond(p)))
    }

    /// Returns the version of the guideline under which a source gave its answers; it is empty without a guideline.
    pub fn version_of(&self, answers: &Answers) -> String {
        let current = self.declared.guideline.as_ref().map(|g| &g.version);
        answers.guideline.as_ref().or(current).map_or(String::new(), |v| v.get().clone())
    }

    /// Lists the sources that are columns, in name order.
    pub fn columns(&self) -> impl Iterator<Item = (&String, &Answers, &At<String>)> {
        self.declared.from.iter().filter_map(|(n, a)| Some((n, a, a.column.as_ref()?)))
    }

    /// Lists the sources that are files, in name order.
    pub fn files(&self) -> impl Iterator<Item = (&String, &Answers, &[At<String>])> {
        self.declared.from.iter().filter_map(|(n, a)| Some((n, a, a.files.as_deref()?)))
    }

    /// Lists the sources whose answers make the label: all but the gold ones.
    pub fn annotated(&self) -> impl Iterator<Item = &Answers> {
        self.declared.annotated()
    }

    /// Makes a gate for each problem that shall fail the build, on the step that finds it.
    pub fn gates(&self, check: &Check, word: &str, reading: bool) -> Vec<Gate> {
        let step = format!("{}/{word}", self.path);
        let gate = |(problem, _): (&Problem, Respond)| {
            let own = format!("problems.{}", problem.name);
            Gate::at_most(self.key(&own), format!("{step}.fails"), Decimal::default(), place(check, &own))
                .look(format!("tamis show {step} --findings"))
        };
        self.problems(reading).filter(|p| p.1 == Respond::Fail).map(gate).collect()
    }

    /// The gates on what the task's answers lose: the fact `share` of a step may not pass `max_lost`.
    pub fn lost_gate(&self, check: &Check, step: &str, share: &str, say: &str) -> Gate {
        let half = Decimal::parse("0.5").unwrap_or_default();
        let (max, span) = match &self.declared.max_lost {
            Some(max) => (*max.get(), max.span()),
            None => (half, check.span.clone()),
        };
        Gate::at_most(self.key("max_lost"), format!("{step}.{share}"), max, span)
            .say(say)
            .look(format!("tamis show {step} --findings; `max_lost` allows more"))
    }

    /// The gate on what must not be lost where a sample without a vote is one in which nothing is there: the fact must be 0.
    pub fn negative_gate(&self, check: &Check, fact: String, say: &str, look: String) -> Option<Gate> {
        let key = self.key("unlabelled");
        let span = check.manifest.span_of(&key).unwrap_or(check.span.clone());
        let gate = || Gate::at_most(key, fact, Decimal::default(), span).say(say).look(look);
        (self.declared.unlabelled == Unlabelled::Negative).then(gate)
    }

    /// Whether the manifest says that every answer may be lost.
    pub fn may_lose_all(&self) -> bool {
        self.declared.max_lost.as_ref().is_some_and(|max| *max.get() >= Decimal::from(1u64))
    }

    /// Tells whether one of the problems makes samples wait for a person's decision.
    pub fn reviews(&self, reading: bool) -> bool {
        self.problems(reading).any(|p| p.1 == Respond::Review)
    }
}

/// Reads and checks the table. Every entry of the path calls this; equal diagnostics are told once.
///
/// A task with mistakes is returned, too, so that later steps find its columns and tell no mistakes that only follow
/// from these. `None` means that the table cannot be read at all.
pub fn checked(check: &mut Check) -> Option<Task> {
    let declared: Declaration = check.read()?;
    let text = check.text_of_spans();
    check_classes(check, &declared);
    check_scale(check, &declared);
    check_candidates(check, declared.task, &declared.candidates);
    check_points(check, declared.task, declared.keypoints.as_ref());
    check_target(check, declared.task, declared.target.as_ref());
    check_method(check, &declared);
    check_problems(check, &declared);
    check_rules(check, declared.task, &declared.classes, declared.keypoints.as_ref(), &declared.rules);
    check_agreement(check, &declared);
    check_gold(
        check,
        declared.task,
        declared.gold.as_ref(),
        &declared.from.keys().map(String::as_str).collect::<Vec<_>>(),
    );
    if declared.task.on_text && text.is_none() {
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
    let several = holds_several(check, declared.annotated().filter_map(|a| a.column.as_ref()));
    Some(Task { name: check.instance.clone(), path: check.path.clone(), declared, text, several })
}

/// Returns where a key of this table stands in the manifest, or the nearest key above it.
pub fn place(check: &Check, key: &str) -> Range<usize> {
    check.manifest.span_of(&format!("{}.{key}", check.path)).unwrap_or_else(|| check.span.clone())
}

fn check_classes(check: &mut Check, d: &Declaration) {
    match d.classes.first() {
        Some(class) if !d.task.classes => {
            let message = format!("a task of the kind `{}` has no classes", d.task.name);
            let problem = Diagnostic::error("T0215", class.span(), message).label("not for this kind of task");
            check.bad(if d.task.scale { problem.help("`scale` says what is allowed") } else { problem });
        }
        None if d.task.classes => {
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
    match &d.scale {
        None if d.task.scale => {
            let problem = Diagnostic::error("T0213", check.span.clone(), format!("{} has no scale", check.path));
            check.bad(problem.label("needs `scale`").help("for example scale = { min = 0, max = 5 }"));
        }
        Some(scale) if d.task.scale && scale.min >= scale.max => {
            let problem = Diagnostic::error("T0214", scale.max.span(), "the scale is empty");
            check.bad(problem.label("not above `min`").related(scale.min.span(), "the least rating"));
        }
        Some(_) if !d.task.scale => {
            let problem = Diagnostic::error("T0215", place(check, "scale"), "only a rating has a scale");
            check.bad(problem.label("not for this kind of task"));
        }
        _ => {}
    }
}

fn check_method(check: &mut Check, d: &Declaration) {
    if d.unlabelled == Unlabelled::Negative && !d.task.is_list() {
        let problem = Diagnostic::error("T0215", place(check, "unlabelled"), "only a list of annotations can be empty");
        check.bad(problem.label("not for this kind of task").help("leave it at `missing`"));
    }
    let Some(aggregate) = &d.aggregate else { return };
    let method = aggregate.method.or(d.task.methods.first().copied()).unwrap_or_default();
    let of = |m: Method| format!("`{}` has none", m.name());
    let smooth = aggregate.smoothing.is_some() && method != Method::DawidSkene;
    let spare = [("decimals", aggregate.decimals.is_some() && !method.learns()), ("smoothing", smooth)];
    for (key, _) in spare.iter().filter(|s| s.1) {
        let span = place(check, &format!("aggregate.{key}"));
        check.bad(Diagnostic::error("T0219", span, format!("`{key}` has no meaning here")).label(of(method)));
    }
    if !d.task.methods.contains(&method) {
        let problem = Diagnostic::error("T0216", place(check, "aggregate.method"), "this method does not fit the task");
        let own = d.task.methods.iter().map(|m| format!("`{}`", m.name()));
        let help = format!("for `{}`: {}", d.task.name, own.collect::<Vec<_>>().join(", "));
        check.bad(problem.label("not for this kind of task").help(help));
    }
}

/// Notes what of `agreement` cannot be meant.
fn check_agreement(check: &mut Check, d: &Declaration) {
    let Some(a) = &d.agreement else { return };
    let metric = a.metric.or(d.task.metrics.first().copied()).unwrap_or_default();
    if !d.task.metrics.contains(&metric) {
        let problem =
            Diagnostic::error("T0230", place(check, "agreement.metric"), "this measure does not fit the task");
        let own: Vec<String> = d.task.metrics.iter().map(|m| format!("`{}`", m.name())).collect();
        check.bad(problem.label("not for this kind of task").help(format!(
            "for `{}`: {}",
            d.task.name,
            own.join(", ")
        )));
    }
    let one = d.annotated().count() == 1 && d.annotated().all(|answers| answers.column.is_some());
    if one && !holds_several(check, d.annotated().filter_map(|a| a.column.as_ref())) {
        let problem = Diagnostic::error("T0231", place(check, "agreement"), "one annotator agrees with nobody");
        let help = "several columns, or files of votes by several annotators, are several answers to one sample";
        check.bad(problem.label("the task has one source, and it is one annotator").help(help));
    }
    let review = a.on_low == OnLow::Review && a.min.is_none();
    // preferences have no order, and ranks have one
    let fixed = d.task.candidates.is_some();
    let spare = [
        ("level", a.level.is_some() && fixed, format!("the level of `{}` is known", d.task.name)),
        ("weights", a.weights.is_some() && fixed, format!("answers of `{}` are the same, or different", d.task.name)),
        (
            "level",
            a.level.is_some() && !fixed && metric != Metric::KrippendorffAlpha,
            format!("`{}` has no level", metric.name()),
        ),
        ("weights", a.weights.is_some() && !fixed && !metric.weighs(), format!("`{}` has no weights", metric.name())),
        ("min_by_class", !a.min_by_class.is_empty() && !d.task.classes, "answers of this kind name no classes".into()),
        ("on_low", review, "without `min` no sample agrees too little".into()),
    ];
    for (key, _, why) in spare.iter().filter(|s| s.1) {
        let span = place(check, &format!("agreement.{key}"));
        check.bad(Diagnostic::error("T0219", span, format!("`{key}` has no meaning here")).label(why.clone()));
    }
    let known = |class: &&String| d.task.classes && !d.classes.iter().any(|c| c.get() == *class);
    for class in a.min_by_class.keys().filter(known) {
        let help = suggest(class, d.classes.iter().map(|c| c.as_str()));
        let span = place(check, &format!("agreement.min_by_class.{class}"));
        let message = format!("`{class}` is not a class of {}", check.path);
        check.bad(Diagnostic::error("T0217", span, message).label("not declared").help(help));
    }
}

/// Notes declared problems that this kind of task cannot have.
fn check_problems(check: &mut Check, d: &Declaration) {
    for name in d.problems.0.keys().filter(|name| d.task.problem(name).is_none()) {
        let message = format!("`{name}` has no meaning here");
        let own: Vec<String> = d.task.problems.iter().map(|p| format!("`{}`", p.name)).collect();
        let label = format!("a task of the kind `{}` has {}", d.task.name, own.join(", "));
        check.bad(Diagnostic::error("T0219", place(check, &format!("problems.{name}")), message).label(label));
    }
}

fn check_source(check: &mut Check, d: &Declaration, name: &str, a: &Answers) {
    if let Some(column) = &a.column {
        let keys = [("fields", a.fields.is_some()), ("on", a.on.is_some()), ("format", a.format.is_some())];
        spare(check, name, &keys, "this source is a column");
        let dialect: Vec<(&str, bool)> = a.dialect.keys().map(|key| (key.as_str(), true)).collect();
        spare(check, name, &dialect, "this source is a column");
        check_column(check, d.task, &a.class_names, column);
        let told = a.annotator.is_some() && holds_several(check, [column]);
        spare(check, name, &[("annotator", told)], "the column holds the answers of several, and says who they are");
        let lists = matches!(check.column("samples", column), Some(DataType::List(_)));
        let lists = lists && d.task.is_set() && !holds_several(check, [column]);
        let why = "the column holds lists, in which classes stand apart";
        spare(check, name, &[("separator", lists && a.separator.is_some())], why);
    }
    if a.files.is_some() {
        let said = [("scheme", a.scheme.is_some()), ("attribute", a.attribute.is_some() && d.task.on_shapes)];
        spare(check, name, &said, "this source is files, whose rows say so themselves");
        let named = a.annotator.is_some() && a.fields.as_ref().is_some_and(|f| f.annotator.is_some());
        spare(check, name, &[("annotator", named)], "`fields.annotator` says who answered");
    }
    if !d.task.on_text {
        let scheme = a.scheme.is_some() && a.files.is_none();
        let keys = [("unit", a.unit.is_some() && !d.task.on_shapes), ("scheme", scheme)];
        spare(check, name, &keys, "only spans of text have this");
        let offsets = a.offsets.is_some() && d.task.moves.is_none() && !d.task.on_shapes;
        spare(check, name, &[("offsets", offsets)], "only spans of text and shapes on pictures have this");
    }
    spare_of_shapes(d.task, a.attribute.is_some(), a.fields.as_ref().is_some_and(|f| f.shape.is_some()))
        .into_iter()
        .for_each(|(key, why)| spare(check, name, &[(key, true)], why));
    if !d.task.is_set() && !d.task.candidates.is_some_and(|own| own.separated) {
        spare(check, name, &[("separator", a.separator.is_some())], "only answers of several names are separated");
    }
    let candidates = d.task.candidates.is_some();
    if !d.task.classes && !d.task.scale && !candidates {
        spare(check, name, &[("map", !a.map.is_empty())], "answers of this kind name nothing");
    }
    if !d.task.classes && !candidates {
        spare(check, name, &[("class_names", !a.class_names.is_empty())], "answers of this kind name no classes");
    }
    let (of, what) = if candidates { (&d.candidates, "candidate") } else { (&d.classes, "class") };
    let known = (d.task.classes || candidates) && !of.is_empty() && !d.task.names_ends;
    let other = |c: &&At<String>| known && !of.contains(c) && !(candidates && c.as_str() == TIE);
    for class in a.map.values().filter(other) {
        let help = suggest(class, of.iter().map(|c| c.as_str()));
        let message = format!("`{}` is not a {what} of {}", class.get(), check.path);
        check.bad(Diagnostic::error("T0217", class.span(), message).label("not declared").help(help));
    }
}

/// Notes keys that have no meaning for this source.
fn spare(check: &mut Check, source: &str, keys: &[(&str, bool)], why: &str) {
    for (key, _) in keys.iter().filter(|k| k.1) {
        let span = place(check, &format!("from.{source}.{key}"));
        check.bad(Diagnostic::error("T0219", span, format!("`{key}` has no meaning here")).label(why));
    }
}
