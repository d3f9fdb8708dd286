//! The declaration of `[clean.label_errors]`, and every mistake in it that can be found before a sample is read.
use super::super::tasks::{Of, task_of};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Finds labels that are probably wrong, by the predictions of a model that had not learned of them.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The task, `ner` for `[label.ner]`.
    pub task: At<String>,
    /// The model, `train.NAME`.
    pub from: At<String>,
    /// How suspects are chosen.
    #[serde(default)]
    pub method: Method,
    /// What the quality of a label is. It orders suspects, and decides which of them `worst` takes.
    #[serde(default)]
    pub score: Score,
    /// Classes that the model underrates as a whole are raised before qualities are found. Default false.
    #[serde(default)]
    pub adjust: bool,
    /// What happens to a suspect.
    #[serde(default)]
    pub action: Action,
    /// Only so many of the worst suspects are acted on; the others are marked in the column alone, and counted.
    #[schemars(range(min = 1))]
    pub worst: Option<u32>,
    /// The largest share of labels that may be estimated to be wrong, else the build fails.
    #[schemars(range(min = 0, max = 1))]
    pub max_noise: Option<At<Decimal>>,
    /// For `object_detection`: boxes whose quality is at most this are suspects. Default 0.5.
    #[schemars(range(min = 0, max = 1))]
    pub quality_max: Option<At<Decimal>>,
    /// For `object_detection`: from this score on a find says that something was overlooked, and above it that a class is another.
    /// Default 0.95; a model that is rarely so sure needs less.
    #[schemars(range(min = 0, max = 1))]
    pub sure: Option<At<Decimal>>,
    /// For `object_detection`: above this score a find says where a box of its class should be. Default 0.5.
    #[schemars(range(min = 0, max = 1))]
    pub likely: Option<At<Decimal>>,
    /// How many resamples give the interval of the estimate. Default 1000.
    #[schemars(range(min = 20, max = 100_000))]
    pub resamples: Option<u32>,
    /// What resamples are drawn from.
    #[serde(default)]
    pub seed: u64,
}

/// How suspects are chosen. A sample whose given class is the likeliest is no suspect, except by the last two.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// For each pair of classes as many as were probably mistaken: those that are most the other class.
    #[default]
    PruneByNoiseRate,
    /// Of each class as many as are probably wrong: those that it is least likely for.
    PruneByClass,
    /// Those that both of these choose.
    Both,
    /// Those for which another class is confident: it reaches the mean probability that it has where it is given.
    ConfidentLearning,
    /// Those for which another class is the likeliest.
    PredictedNeqGiven,
    /// As many as `confident_learning` chooses, of the lowest margin.
    LowNormalizedMargin,
    /// As many as `confident_learning` chooses, of the lowest probability of the given class.
    LowSelfConfidence,
}

/// What the quality of a label is.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Score {
    /// The probability of the given class.
    #[default]
    SelfConfidence,
    /// By how much it is above that of the likeliest other class.
    NormalizedMargin,
    /// Lower where the probabilities are spread over many classes and the given one has little of them.
    ConfidenceWeightedEntropy,
    /// For spans: 1 less the greatest probability of an entity where none is marked. Finds what annotators leave out throughout.
    MissingEntity,
}

/// What happens to suspects.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They wait for a person's decision.
    #[default]
    Review,
    /// They stay; each is a finding, and the columns `label_quality.TASK` and `label_error.TASK` can be released.
    Flag,
    /// They leave the data set. A model mostly loses more by samples that are gone than by labels that are wrong.
    Drop,
}

const NER: &str = "ner";
const BOXES: &str = "object_detection";

impl Declaration {
    /// People are asked about the worst suspects alone.
    pub fn asks_the_worst(&self) -> bool {
        self.worst.is_some() && self.action == Action::Review
    }

    /// The columns that are written: the quality of the label, and whether it is suspected.
    pub fn written(&self) -> Vec<(String, Column)> {
        let task = self.task.get();
        let written = |ty| {
            let column = Column::new(ty).harmless();
            if self.action == Action::Flag { column } else { column.inner() }
        };
        writes([
            (format!("label_quality.{task}"), written(DataType::Float64)),
            (format!("label_error.{task}"), written(DataType::Boolean)),
        ])
    }
}

/// What is judged: columns, and the classes of the task.
pub struct Judged {
    pub label: String,
    pub predicted: String,
    /// The column of what people decided, if there is one.
    pub decided: Option<String>,
    pub classes: Vec<String>,
    /// The task is one of spans.
    pub spans: bool,
    /// The task is one of boxes.
    pub boxes: bool,
}

/// Reads and checks the table.
pub fn checked(check: &mut Check) -> Option<(Declaration, Judged)> {
    let d = check.read::<Declaration>()?;
    let role_of =
        |check: &Check, name: &str| check.columns_of("samples").find(|c| c.0 == name).map(|c| c.1.role.clone());
    let Of { label, kind, classes } = task_of(check, &d.task)?;
    let predicted = d.from.strip_prefix("train.").map(|name| format!("predicted.{name}"));
    let role = predicted.as_ref().and_then(|name| role_of(check, name));
    let (Some(predicted), Some(Role::Predictions { task })) = (predicted, role) else {
        let models: Vec<String> =
            check.manifest.instances(&["train"]).into_iter().map(|t| format!("train.{}", t.0)).collect();
        let problem =
            Diagnostic::error("T0584", d.from.span(), format!("there are no predictions of [{}]", d.from.get()));
        check.bad(problem.label(suggest(d.from.get(), models.iter().map(String::as_str))));
        return None;
    };
    if task != *d.task.get() {
        let problem = Diagnostic::error("T0584", d.from.span(), format!("[{}] predicts another task", d.from.get()));
        check.bad(problem.label(format!("it predicts [label.{task}]")));
    }
    let (spans, boxes) = (kind == NER, kind == BOXES);
    let qualities = "boxes have qualities of their own, one for each kind of fault";
    let only = "only boxes on pictures have this";
    let spare = [
        ("method", boxes && d.method != Method::default(), qualities),
        ("score", boxes && d.score != Score::default(), qualities),
        ("adjust", boxes && d.adjust, qualities),
        ("max_noise", boxes && d.max_noise.is_some(), "how many boxes are wrong is not estimated"),
        ("resamples", boxes && d.resamples.is_some(), "how many boxes are wrong is not estimated"),
        ("quality_max", !boxes && d.quality_max.is_some(), only),
        ("sure", !boxes && d.sure.is_some(), only),
        ("likely", !boxes && d.likely.is_some(), only),
        ("score", d.score == Score::MissingEntity && !spans, "only spans can be missing"),
        (
            "adjust",
            d.adjust && d.score == Score::ConfidenceWeightedEntropy,
            "an entropy is of probabilities as they are",
        ),
        ("adjust", d.adjust && d.score == Score::MissingEntity, "what is missing has no given class"),
    ];
    for (key, _, why) in spare.iter().filter(|s| s.1) {
        let span = check.manifest.span_of(&format!("clean.label_errors.{key}")).unwrap_or(check.span.clone());
        check.bad(Diagnostic::error("T0219", span, format!("`{key}` has no meaning here")).label(*why));
    }
    let decided = Some(format!("decided.{}", d.task.get())).filter(|name| check.column("samples", name).is_some());
    Some((d, Judged { label, predicted, decided, classes, spans, boxes }))
}
