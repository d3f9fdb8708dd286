//! The declaration of `[train.NAME]`, and every mistake in it that can be found before a sample is read.
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::{At, Threshold};
use crate::model::images::Image;
use crate::model::tokens::Token;
use crate::stage::*;
use crate::table::{Cell, DataType, list, types, utf8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// A model of a task: what it predicts of each sample, and how good it is. It is learned here, or its predictions come in files.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-one-of" = [["model", "predictions"]]))]
pub struct Declaration {
    /// The task, `ner` for `[label.ner]`. Its kind is `ner`, `classification` or `object_detection`.
    pub task: At<String>,
    /// A model that is learned here: small, the same to every bit on every machine, and there to compare data with data.
    pub model: Option<Model>,
    /// The predictions of a model of one's own. Each must come of a model that was not trained on that sample.
    pub predictions: Option<Predictions>,
    /// Into how many parts the samples are cut: each part is predicted by a model that learned of the others. Default 5.
    #[schemars(range(min = 2, max = 100))]
    pub folds: Option<u32>,
    /// A column whose equal values stay in one part, such as the document that a sentence is of. Default: each sample by itself.
    #[schemars(length(min = 1))]
    pub group: Option<At<String>>,
    /// The texts that a `logistic` model reads, as if they were one; no label and nothing that a label is made of. Default: all text
    /// fields of `[schema]`, or `text`.
    #[schemars(length(min = 1))]
    pub on: Option<Vec<At<String>>>,
    /// What parts and the order of learning are drawn from.
    #[serde(default)]
    pub seed: u64,
    /// The children of which `[augment.NAME]` or `[synthesize.NAME]` the final model learns, too: `["mentions"]`. Default: of none; it learns of what was
    /// collected.
    #[serde(default)]
    pub augment: Vec<At<String>>,
    /// Whether the final model learns of these children alone, and not of what was collected for the split `train`: a score says then how good
    /// they are by themselves, tested on what was collected. Default false.
    #[serde(default)]
    pub alone: bool,
    /// Another `[train.NAME]` of the same task, whose predictions of the same samples this one is compared with: `gain.f1` (or
    /// `gain.accuracy`, `gain.macro_f1`, `gain.map`, `gain.map50`) is by how much this one is better, with its interval when samples are drawn anew for both at
    /// once (paired bootstrap). An interval above 0 is more than chance.
    pub compare: Option<At<String>>,
    /// What scores must reach, else the build fails: a number means at least, `{ max = 0.1 }` at most. For `ner` `precision`, `recall`,
    /// `f1`, `macro_f1`, `token_accuracy`; for `classification` `accuracy`, `macro_f1`; for `object_detection` `map`, `map50`, `map75`,
    /// `recall`; all of these are from 0 to 1. Errors, of which less is better and which need `{ max = ... }`: of `ner` and
    /// `classification` `log_loss` and `calibration_error`; of `classification` `brier`.
    #[serde(default)]
    pub gates: BTreeMap<String, At<Threshold>>,
    /// How many resamples give the interval of a score. Default 1000, for `object_detection` 200.
    #[schemars(range(min = 20, max = 100_000))]
    pub resamples: Option<u32>,
    /// The largest share of predictions that may belong to no sample, repeat another or be of no use, and of labelled samples that may be
    /// without one, else the build fails. Only for `predictions`. Default 0.05.
    #[schemars(range(min = 0, max = 1))]
    pub max_lost: Option<At<Decimal>>,
}

/// A model that is learned here.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Model {
    pub kind: Kind,
    /// What a `crf` tags. Default `characters` where all `[dataset] languages` are Korean, Japanese, Chinese or Thai, else `words`.
    pub tokens: Option<Tokens>,
}

/// The models that are learned here.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// For `ner`: a linear chain over tags of tokens, which sees words, their parts and shapes, and their neighbours.
    #[default]
    Crf,
    /// For `classification` of texts: logistic regression over words, pairs of words and runs of one to four characters.
    Logistic,
    /// For `classification`: how frequent each class is, whatever the sample. No model should be worse.
    Majority,
    /// For `object_detection`: logistic regression over windows of colours and gradients of the picture at 160 pixels, and linear
    /// regression of the boxes. It is for objects of similar size, such as cells, parts or fruits: sides that differ more than eightfold
    /// are not its matter.
    Windows,
}

impl Kind {
    fn name(self) -> &'static str {
        ["crf", "logistic", "majority", "windows"][self as usize]
    }

    /// The kind of task that it is for.
    fn task(self) -> &'static str {
        match self {
            Kind::Crf => NER,
            Kind::Windows => BOXES,
            Kind::Logistic | Kind::Majority => CLASS,
        }
    }
}

/// What a chain tags.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Tokens {
    /// The tokens that came with the samples, or else the words of Unicode (UAX 29); a mark is one, too.
    #[default]
    Words,
    /// Each character, blanks too: for texts whose entities end within words.
    Characters,
}

/// Files of predictions: one sample a record, or, for `object_detection`, one box a record.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Predictions {
    /// Globs of files: JSON Lines, Parquet, CSV and others whose records name what they hold.
    #[schemars(length(min = 1))]
    pub files: Vec<At<String>>,
    /// How the files are read, such as `jsonl`. Default: by the name of the first one.
    #[schemars(length(min = 1))]
    pub format: Option<At<String>>,
    /// Where a record says what.
    #[serde(default)]
    pub fields: Fields,
    /// What a list of probabilities stands for, in its order. Default: the classes of the task as they are declared; for `ner` `O`, then
    /// `B-` and `I-` of each class.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub classes: Vec<At<String>>,
    /// The classes of names and numbers that the files have in their place, for `object_detection`: `{ 1 = "RBC", 2 = "WBC" }`.
    #[serde(default)]
    pub class_names: BTreeMap<String, At<String>>,
}

/// Names of columns, or of JSONL keys and paths.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    /// Which sample is meant: its id. Default `id`.
    #[schemars(length(min = 1))]
    pub item: Option<String>,
    /// The probabilities: a list of numbers, or an object of names and numbers, in which a class that is not named has 0; for `ner` a
    /// list of these, one for each token.
    /// Default `probabilities`.
    #[schemars(length(min = 1))]
    pub probabilities: Option<At<String>>,
    /// A column for each class in place of `probabilities`: `{ spam = "p_spam", ham = "p_ham" }`.
    #[serde(default)]
    pub by_class: BTreeMap<String, String>,
    /// Where each token lies, for `ner`: a list of `[start, end]` in characters, end exclusive. Default: the tokens that came with the
    /// sample if there are as many, else its characters if there are as many.
    #[schemars(length(min = 1))]
    pub tokens: Option<At<String>>,
    /// The found boxes, for `object_detection`: a list of objects with `class`, `score` and `bbox` (left, top, width, height in pixels) or
    /// `x1`, `y1`, `x2`, `y2`. A picture in which nothing is found has an empty list. Default `boxes`.
    #[schemars(length(min = 1))]
    pub boxes: Option<At<String>>,
    /// Where a record that is one box says its left, top, width and height, in place of `boxes`: `bbox` in results of COCO.
    #[schemars(length(min = 1))]
    pub bbox: Option<At<String>>,
    /// With `bbox`: where such a record says the class. Default `category_id`.
    #[schemars(length(min = 1))]
    pub class: Option<At<String>>,
    /// With `bbox`: where such a record says how sure the model is. Default `score`.
    #[schemars(length(min = 1))]
    pub score: Option<At<String>>,
}

pub const NER: &str = "ner";
pub const CLASS: &str = "classification";
pub const BOXES: &str = "object_detection";
const FOLDS: u32 = 5;
const RESAMPLES: u32 = 1000;
/// Each resample of found boxes is a pass over all of them.
const RESAMPLES_BOXES: u32 = 200;
/// Languages that are written without blanks between words, or whose particles stand at the ends of words.
const WITHIN_WORDS: [&str; 4] = ["ko", "ja", "zh", "th"];

/// The column of the pictures that boxes lie on.
pub const PICTURE: &str = "image";

/// A declared model, with what else its steps need to know.
pub struct Trained {
    pub name: String,
    pub path: String,
    pub declared: Declaration,
    /// Whether the task is one of spans.
    pub spans: bool,
    /// Whether it is one of boxes.
    pub boxes: bool,
    pub classes: Vec<String>,
    /// The texts that the model reads; of a task of spans the one that they lie on.
    pub texts: Vec<String>,
}

impl Trained {
    pub fn key(&self, of: &str) -> String {
        format!("{}.{of}", self.path)
    }

    pub fn label(&self) -> String {
        format!("label.{}", self.declared.task.get())
    }

    pub fn folds(&self) -> u32 {
        self.declared.folds.unwrap_or(FOLDS)
    }

    pub fn resamples(&self) -> u32 {
        self.declared.resamples.unwrap_or(if self.boxes { RESAMPLES_BOXES } else { RESAMPLES })
    }

    /// What a list of probabilities stands for.
    pub fn tags(&self) -> Vec<String> {
        match self.spans {
            false => self.classes.clone(),
            true => std::iter::once("O".to_string())
                .chain(self.classes.iter().flat_map(|c| [format!("B-{c}"), format!("I-{c}")]))
                .collect(),
        }
    }

    /// The tokens that came with the samples, if a step gives them.
    pub fn tokens(&self, check: &Check) -> Option<String> {
        let there = check.column("samples", "tokens") == Some(&list(Token::ty()));
        (self.spans && there).then(|| "tokens".to_string())
    }

    /// What a model tags.
    pub fn unit(&self, check: &Check) -> Tokens {
        let declared = self.declared.model.as_ref().and_then(|m| m.tokens);
        declared.unwrap_or_else(|| {
            let dataset: crate::manifest::sections::Dataset = match check.manifest.table(&["dataset"]) {
                Some((_, table)) => crate::manifest::read(table).unwrap_or_default(),
                None => return Tokens::Words,
            };
            let within = |l: &String| WITHIN_WORDS.contains(&l.split('-').next().unwrap_or_default());
            let all = !dataset.languages.is_empty() && dataset.languages.iter().all(within);
            if all { Tokens::Characters } else { Tokens::Words }
        })
    }

    /// The gates over the scores of a step.
    pub fn gates(&self, step: &str) -> Vec<Gate> {
        let gate = |(fact, at): (&String, &At<Threshold>)| Gate {
            key: self.key(&format!("gates.{fact}")),
            fact: format!("{step}.{fact}"),
            min: at.min,
            max: at.max,
            span: at.span(),
            say: None,
            beside: None,
            look: format!("tamis show {step}"),
            columns: Vec::new(),
        };
        self.declared.gates.iter().map(gate).collect()
    }

    /// The gate over what is lost of predictions that come in files.
    pub fn lost_gate(&self, check: &Check, fact: String, say: &str) -> Gate {
        let usual = Decimal::parse("0.05").unwrap_or_default();
        let (max, span) = match &self.declared.max_lost {
            Some(max) => (*max.get(), max.span()),
            None => (usual, check.span.clone()),
        };
        let step = fact.rsplit_once('.').map_or(fact.as_str(), |f| f.0).to_string();
        let look = format!("tamis show {step} --findings; `max_lost` allows more");
        Gate::at_most(self.key("max_lost"), fact, max, span).say(say).look(look)
    }
}

/// The scores that a gate may stand on.
fn scores(kind: &str, compared: bool) -> Vec<&'static str> {
    let gains: &[&str] = match (compared, kind) {
        (false, _) => &[],
        (true, NER) => &["gain.f1", "gain.f1_low", "gain.macro_f1", "gain.macro_f1_low"],
        (true, BOXES) => &["gain.map", "gain.map_low", "gain.map50", "gain.map50_low"],
        (true, _) => &["gain.accuracy", "gain.accuracy_low", "gain.macro_f1", "gain.macro_f1_low"],
    };
    let own: &[&str] = match kind {
        NER => &["precision", "recall", "f1", "macro_f1", "token_accuracy", "log_loss", "calibration_error"],
        BOXES => &["map", "map50", "map75", "recall"],
        _ => &["accuracy", "macro_f1", "log_loss", "brier", "calibration_error"],
    };
    [own, gains].concat()
}

/// The scores of which less is better.
const ERRORS: [&str; 3] = ["log_loss", "brier", "calibration_error"];

/// Returns where a key of this table stands in the manifest, or the table.
pub fn place(check: &Check, key: &str) -> Range<usize> {
    check.manifest.span_of(&format!("{}.{key}", check.path)).unwrap_or_else(|| check.span.clone())
}

/// Reads and checks the table. Every entry of the path calls this; equal diagnostics are told once.
pub fn checked(check: &mut Check) -> Option<Trained> {
    let declared: Declaration = check.read()?;
    let name = format!("label.{}", declared.task.get());
    let known = check.columns_of("samples").find(|(own, _)| *own == name).map(|(_, c)| c.role.clone());
    let Some(Role::Label { kind, classes, .. }) = known else {
        let tasks = check.manifest.instances(&["label"]).into_iter().map(|t| t.0).collect::<Vec<_>>();
        let problem = Diagnostic::error("T0580", declared.task.span(), format!("there is no [{name}]"));
        check.bad(problem.label(suggest(declared.task.get(), tasks.iter().map(String::as_str))));
        return None;
    };
    if ![NER, CLASS, BOXES].contains(&kind.as_str()) {
        let problem = Diagnostic::error("T0581", declared.task.span(), "no model here predicts this kind of task");
        check.bad(
            problem
                .label(format!("a task of the kind `{kind}`"))
                .help(format!("`{NER}`, `{CLASS}` and `{BOXES}` have models")),
        );
        return None;
    }
    let (spans, boxes) = (kind == NER, kind == BOXES);
    check_model(check, &declared, &kind);
    check_predictions(check, &declared, &kind, &classes);
    check_gates(check, &declared, &kind);
    check_group(check, &declared);
    check_on(check, &declared);
    check_compare(check, &declared);
    let texts = match spans {
        true => check.text_of_spans().into_iter().collect(),
        _ if boxes && declared.model.is_some() && check.column("samples", PICTURE) != Some(&Image::ty()) => {
            let problem = Diagnostic::error("T0321", check.span.clone(), "there is no picture to learn of");
            check.bad(problem.label(format!("no step gives the picture `{PICTURE}`")));
            Vec::new()
        }
        false if declared.model.as_ref().is_some_and(|m| m.kind == Kind::Logistic) => {
            let texts = check.plain_texts(declared.on.as_deref());
            if texts.is_empty() && check.problems.is_empty() {
                let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to learn of");
                check.bad(problem.label("needs `on`, or a text field in [schema]"));
            }
            texts
        }
        false => Vec::new(),
    };
    Some(Trained { name: check.instance.clone(), path: check.path.clone(), declared, spans, boxes, classes, texts })
}

/// Notes gates on scores that the model does not have, and bounds that no score of that name can miss or meet.
fn check_gates(check: &mut Check, d: &Declaration, kind: &str) {
    let known = scores(kind, d.compare.is_some());
    for (fact, at) in &d.gates {
        let problem = |message: String| Diagnostic::error("T0583", at.span(), message);
        if !known.contains(&fact.as_str()) {
            let problem = problem(format!("a model of `{kind}` has no score `{fact}`"));
            check.bad(problem.label(suggest(fact, known.iter().copied())));
        } else if ERRORS.contains(&fact.as_str()) {
            if let (Some(min), None) = (at.min, at.max) {
                let problem = problem(format!("`{fact}` is an error: this gate fails where the model is good"));
                check.bad(problem.label("less is better").help(format!("write `{fact} = {{ max = {min} }}`")));
            }
        } else if at.min.or(at.max).is_some_and(|bound| bound > Decimal::from(1u64)) {
            let problem = problem(format!("`{fact}` is a share, from 0 to 1"));
            check.bad(problem.label("above 1").help("90 % is written 0.9"));
        }
    }
}

/// Notes a column that cannot group, and groups that stay together in the parts and that `[split]` takes apart.
fn check_group(check: &mut Check, d: &Declaration) {
    let Some(group) = &d.group else { return };
    let Some(column) = check.known(group) else { return };
    if ![utf8(), DataType::Int64].contains(&column.ty) {
        let problem = Diagnostic::error("T0315", group.span(), format!("`{}` cannot group samples", group.get()));
        let label = format!("this column is {}, neither text nor a whole number", types::text(&column.ty));
        check.bad(problem.label(label));
        return;
    }
    let Some(split) = check.manifest.table(&["split"]).map(|_| check.section::<Splits>(&["split"])) else { return };
    if !split.groups().contains(&group.get().as_str()) {
        let message = format!("[split] may part samples of one `{}`, and the test score leaks", group.get());
        let problem = Diagnostic::warning("T0587", group.span(), message).label("[split] does not keep these together");
        check.bad(problem.help(format!("add `group = \"{}\"` to [split]", group.get())));
    }
}

/// What is asked of `[split]`.
#[derive(Deserialize, Default)]
struct Splits {
    #[serde(default)]
    group: Option<serde_json::Value>,
}

impl Splits {
    /// The columns that keep samples together.
    fn groups(&self) -> Vec<&str> {
        match &self.group {
            Some(serde_json::Value::Array(all)) => all.iter().filter_map(|one| one.as_str()).collect(),
            one => one.iter().filter_map(|one| one.as_str()).collect(),
        }
    }
}

/// What is asked of `[label.TASK]`.
#[derive(Deserialize, Default)]
struct Task {
    #[serde(default)]
    from: BTreeMap<String, Answers>,
}

/// Where the answers of a source stand.
#[derive(Deserialize, Default)]
struct Answers {
    #[serde(default)]
    column: Option<String>,
}

/// Notes texts that tell the model the answer: labels, what people or models said, and the columns that the label is made of.
fn check_on(check: &mut Check, d: &Declaration) {
    let task: Task = check.section(&["label", d.task.get()]);
    let sources: Vec<String> = task.from.into_values().filter_map(|answers| answers.column).collect();
    for name in d.on.iter().flatten() {
        let column = check.columns_of("samples").find(|(own, _)| *own == name.get()).map(|(_, column)| column.clone());
        let Some(column) = column else { continue };
        let label = match &column.role {
            Role::Label { .. } => "this is a label",
            _ if sources.contains(name.get()) => "the label is made of this column",
            _ if column.inner && name.get().contains('.') => "a step made this column of labels or for itself",
            _ => continue,
        };
        let message = format!("`{}` tells the model what it is to predict", name.get());
        check.bad(Diagnostic::error("T0589", name.span(), message).label(label));
    }
}

fn check_model(check: &mut Check, d: &Declaration, kind: &str) {
    let Some(model) = &d.model else {
        let learns = [("folds", d.folds.is_some()), ("group", d.group.is_some()), ("alone", d.alone)];
        let keys = [learns.as_slice(), &[("on", d.on.is_some())]].concat();
        return spare(check, &keys, "the predictions come in files; nothing is learned here");
    };
    spare(check, &[("max_lost", d.max_lost.is_some())], "nothing is read from files");
    spare(check, &[("alone", d.alone && d.augment.is_empty())], "it needs `augment`, else nothing is learned of");
    if model.kind.task() != kind {
        let problem = Diagnostic::error("T0582", place(check, "model.kind"), "this model is for another kind of task");
        let own = [Kind::Crf, Kind::Logistic, Kind::Majority, Kind::Windows].into_iter().filter(|k| k.task() == kind);
        let own: Vec<String> = own.map(|k| format!("`{}`", k.name())).collect();
        check.bad(
            problem.label(format!("for `{}`", model.kind.task())).help(format!("for `{kind}`: {}", own.join(", "))),
        );
    }
    spare(check, &[("model.tokens", model.tokens.is_some() && model.kind != Kind::Crf)], "only a `crf` tags tokens");
    spare(
        check,
        &[("on", d.on.is_some() && model.kind != Kind::Logistic)],
        "only a `logistic` model reads several texts",
    );
}

fn check_predictions(check: &mut Check, d: &Declaration, kind: &str, classes: &[String]) {
    let Some(p) = &d.predictions else { return };
    p.files.iter().for_each(|glob| check.glob(glob));
    let fields = &p.fields;
    let several = !fields.by_class.is_empty();
    let (spans, boxes) = (kind == NER, kind == BOXES);
    let of_boxes = "only boxes on pictures have this";
    let of_others = "a found box has one class and one score";
    let keys = [
        ("predictions.fields.probabilities", several && fields.probabilities.is_some(), "`by_class` names the columns"),
        ("predictions.classes", several && !p.classes.is_empty(), "`by_class` names the classes"),
        ("predictions.fields.by_class", several && spans, "of a token there are many probabilities"),
        ("predictions.fields.tokens", fields.tokens.is_some() && !spans, "only spans lie on tokens"),
        ("predictions.fields.probabilities", boxes && fields.probabilities.is_some(), of_others),
        ("predictions.fields.by_class", boxes && several, of_others),
        ("predictions.classes", boxes && !p.classes.is_empty(), "`class_names` says what numbers stand for"),
        ("predictions.class_names", !boxes && !p.class_names.is_empty(), of_boxes),
        ("predictions.fields.boxes", !boxes && fields.boxes.is_some(), of_boxes),
        ("predictions.fields.boxes", boxes && fields.boxes.is_some() && fields.bbox.is_some(), "a record is one box"),
        ("predictions.fields.bbox", !boxes && fields.bbox.is_some(), of_boxes),
        (
            "predictions.fields.class",
            fields.class.is_some() && fields.bbox.is_none(),
            "only a record with `bbox` has this",
        ),
        (
            "predictions.fields.score",
            fields.score.is_some() && fields.bbox.is_none(),
            "only a record with `bbox` has this",
        ),
    ];
    keys.iter().for_each(|(key, wrong, why)| spare(check, &[(key, *wrong)], why));
    for (n, class) in p.classes.iter().enumerate() {
        if p.classes.iter().take(n).any(|other| other.get() == class.get()) {
            let problem = Diagnostic::error("T0585", class.span(), format!("`{}` is named twice", class.get()));
            check.bad(problem.label("a list has one number for each class"));
        }
    }
    for class in p.class_names.values().filter(|class| boxes && !classes.contains(class.get())) {
        let problem = Diagnostic::error("T0585", class.span(), format!("`{}` is no class of the task", class.get()));
        check.bad(problem.label(suggest(class.get(), classes.iter().map(String::as_str))));
    }
    if several && kind == CLASS {
        check_by_class(check, &fields.by_class, classes);
    }
}

/// Notes classes without a column, columns of no class, and one column for two classes.
fn check_by_class(check: &mut Check, by_class: &BTreeMap<String, String>, classes: &[String]) {
    let span = place(check, "predictions.fields.by_class");
    let mut wrong = |message: String, label: String| {
        check.bad(Diagnostic::error("T0585", span.clone(), message).label(label));
    };
    let lacks: Vec<String> = classes.iter().filter(|c| !by_class.contains_key(*c)).map(|c| format!("`{c}`")).collect();
    if !lacks.is_empty() {
        wrong("not every class has a column".into(), format!("without a column: {}", lacks.join(", ")));
    }
    for class in by_class.keys().filter(|class| !classes.contains(class)) {
        wrong(format!("`{class}` is no class of the task"), suggest(class, classes.iter().map(String::as_str)));
    }
    let mut met: BTreeMap<&String, &String> = BTreeMap::new();
    for (class, column) in by_class {
        if let Some(other) = met.insert(column, class) {
            wrong(format!("`{column}` is the column of two classes"), format!("of `{other}` and of `{class}`"));
        }
    }
}

/// Notes a model to compare with that there is not, or that predicts another task.
fn check_compare(check: &mut Check, d: &Declaration) {
    let Some(other) = &d.compare else { return };
    let task = |table: &crate::manifest::Declared| {
        Some(table.get_ref().as_table()?.get("task")?.get_ref().as_str()?.to_string())
    };
    let all = check.manifest.instances(&["train"]);
    let same = |name: &String, table| *name != check.instance && task(table).as_ref() == Some(d.task.get());
    let known: Vec<String> =
        all.into_iter().filter(|(name, _, table)| same(name, *table)).map(|found| found.0).collect();
    if !known.contains(other.get()) {
        let message = format!("no other [train.{}] predicts `{}`", other.get(), d.task.get());
        let problem = Diagnostic::error("T0615", other.span(), message);
        check.bad(problem.label(suggest(other, known.iter().map(String::as_str))));
    }
}

/// Notes keys that have no meaning here.
fn spare(check: &mut Check, keys: &[(&str, bool)], why: &str) {
    for (key, _) in keys.iter().filter(|k| k.1) {
        let name = key.rsplit('.').next().unwrap_or_default();
        let problem = Diagnostic::error("T0219", place(check, key), format!("`{name}` has no meaning here"));
        check.bad(problem.label(why));
    }
}
