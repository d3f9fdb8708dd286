//! `[label.TASK.agreement]`: which measure of agreement, and how much of it there must be.
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::agreement::{Coefficient, Level, Weights};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far the annotators of a task agree, and how far they must.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    /// The measure. Default: `krippendorff_alpha` of classes, ratings, preferences and rankings, `span_f1` of spans, `relation_f1` of relations,
    /// `masi_alpha` of several classes, `iou` of boxes and polygons, `token_f1` of answers in free words,
    /// `char_similarity` of transcriptions.
    pub metric: Option<Metric>,
    /// The level of measurement of `krippendorff_alpha`. Default: `nominal` of classes, `interval` of ratings. Of preferences
    /// it is nominal, and of rankings, whose ranks are compared candidate by candidate, ordinal.
    pub level: Option<Scale>,
    /// How much two different answers agree by their order: of `cohen_kappa`, `fleiss_kappa`, `gwet_ac2` and
    /// `brennan_prediger`. Default: not at all, and `quadratic` of `gwet_ac2`.
    pub weights: Option<Nearness>,
    /// The least agreement, else see `on_low`. Without it agreement is measured and nothing is demanded.
    #[schemars(range(min = -1, max = 1))]
    pub min: Option<At<Decimal>>,
    /// The least agreement on single classes: `{ QT = 0.7 }`.
    #[serde(default)]
    pub min_by_class: BTreeMap<String, At<Decimal>>,
    /// What happens where there is less. Default `fail`.
    #[serde(default)]
    pub on_low: OnLow,
    /// How often the samples are drawn anew for the interval that holds 95 % of the values; 0: no interval. Default 1000.
    #[schemars(range(min = 0, max = 100000))]
    pub resamples: Option<u32>,
    /// The seed of these draws. Default 0.
    #[serde(default)]
    pub seed: u64,
}

/// Too little agreement.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnLow {
    /// The build fails, and no label is made.
    #[default]
    Fail,
    /// The samples whose own answers agree less than `min` wait for a person's decision.
    Review,
    /// It is told, and nothing else happens.
    Keep,
}

/// A measure of agreement.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Krippendorff's alpha: any number of annotators, gaps, every level of measurement.
    #[default]
    KrippendorffAlpha,
    /// The share of pairs of answers that agree. Chance is not taken off.
    Percent,
    /// Cohen's kappa; of more than two annotators the mean over their pairs (Light 1971).
    CohenKappa,
    /// Scott's pi; of more than two annotators the mean over their pairs.
    ScottPi,
    /// Fleiss' kappa, generalised to gaps (Gwet 2014).
    FleissKappa,
    /// Gwet's AC1, which a class that has nearly all answers does not press down.
    GwetAc1,
    /// Gwet's AC2: AC1 with weights.
    GwetAc2,
    /// Brennan and Prediger's coefficient, also called free-marginal kappa: all classes alike by chance.
    BrennanPrediger,
    /// F1 of spans that are the same and have the same class, over all pairs of annotators.
    SpanF1,
    /// Whatever their classes, spans of the same place count whole and spans that overlap count half (`partial` of SemEval 2013);
    /// matched so that most agrees.
    SpanF1Partial,
    /// F1 of relations of the same class between the same two spans, over all pairs of annotators.
    RelationF1,
    /// Krippendorff's alpha over characters: the class that each is marked with, or none.
    CharacterAlpha,
    /// The mean of intersection over union of matched boxes or polygons, whatever their classes; one without a match counts
    /// as 0.
    Iou,
    /// F1 of boxes or polygons that have the same class and at least half of their union in common.
    IouF1,
    /// Krippendorff's alpha over matched boxes or polygons: the class that each annotator gave, or `absent`.
    MatchAlpha,
    /// Krippendorff's alpha over whole lists of classes, by the distance of MASI (Passonneau 2006): what both have in common over
    /// what either has, times 1 of equal lists, 2/3 where one holds the other, 1/3 where they overlap.
    MasiAlpha,
    /// Krippendorff's alpha over whole lists of classes, by the distance of Jaccard: 1 - what both have in common over what either
    /// has.
    JaccardAlpha,
    /// Kendall's coefficient of concordance W of each sample, corrected for ties; of all samples the mean. Of two annotators it is half
    /// of 1 + Spearman's correlation.
    KendallW,
    /// F1 of the words that two answers have in common, whatever their case and marks, of those two texts of them that have most; the mean over
    /// all pairs of annotators.
    TokenF1,
    /// The share of pairs of answers of which two texts say the same words in the same order, whatever their case and marks.
    ExactMatch,
    /// 1 - edits / length of the longer text, in characters.
    CharSimilarity,
    /// The same in words.
    WordSimilarity,
}

/// The level of measurement.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// Answers are the same, or different.
    #[default]
    Nominal,
    /// Answers have an order; of classes the one in which they are declared.
    Ordinal,
    /// Differences of answers mean something.
    Interval,
    /// Ratios of answers mean something.
    Ratio,
}

/// How much two different answers agree.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Nearness {
    /// Not at all.
    #[default]
    None,
    /// By their distance.
    Linear,
    /// By the square of their distance.
    Quadratic,
}

/// How a measure is computed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Family {
    /// Of counts of answers.
    Counts(Coefficient),
    /// The mean over pairs of annotators; with chance by the answers of each, or of both together.
    Pairs(Weights, Chance),
    /// What pairs have in common over all that they have.
    Shares,
}

/// Whose answers say what chance alone would give.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Chance {
    Each,
    Both,
}

/// Measures of classes: answers that are the same or not.
pub const OF_CLASSES: &[Metric] = &[
    Metric::KrippendorffAlpha,
    Metric::Percent,
    Metric::CohenKappa,
    Metric::ScottPi,
    Metric::FleissKappa,
    Metric::GwetAc1,
    Metric::GwetAc2,
    Metric::BrennanPrediger,
];

/// Measures of spans.
pub const OF_SPANS: &[Metric] = &[Metric::SpanF1, Metric::SpanF1Partial, Metric::CharacterAlpha];

/// Measures of relations.
pub const OF_RELATIONS: &[Metric] = &[Metric::RelationF1];

/// Measures of boxes and polygons.
pub const OF_SHAPES: &[Metric] = &[Metric::Iou, Metric::IouF1, Metric::MatchAlpha];

/// Measures of lists of classes.
pub const OF_SETS: &[Metric] = &[Metric::MasiAlpha, Metric::JaccardAlpha];

/// Measures of preferences.
pub const OF_PREFERENCES: &[Metric] = &[
    Metric::KrippendorffAlpha,
    Metric::Percent,
    Metric::CohenKappa,
    Metric::ScottPi,
    Metric::FleissKappa,
    Metric::GwetAc1,
    Metric::BrennanPrediger,
];

/// Measures of rankings.
pub const OF_RANKINGS: &[Metric] = &[Metric::KrippendorffAlpha, Metric::KendallW];

/// Measures of answers in free words.
pub const OF_ANSWERS: &[Metric] = &[Metric::TokenF1, Metric::ExactMatch];

/// Measures of texts.
pub const OF_TEXTS: &[Metric] = &[Metric::CharSimilarity, Metric::WordSimilarity];

impl Metric {
    /// The value of the key.
    pub fn name(self) -> &'static str {
        match self {
            Metric::KrippendorffAlpha => "krippendorff_alpha",
            Metric::Percent => "percent",
            Metric::CohenKappa => "cohen_kappa",
            Metric::ScottPi => "scott_pi",
            Metric::FleissKappa => "fleiss_kappa",
            Metric::GwetAc1 => "gwet_ac1",
            Metric::GwetAc2 => "gwet_ac2",
            Metric::BrennanPrediger => "brennan_prediger",
            Metric::SpanF1 => "span_f1",
            Metric::SpanF1Partial => "span_f1_partial",
            Metric::RelationF1 => "relation_f1",
            Metric::CharacterAlpha => "character_alpha",
            Metric::Iou => "iou",
            Metric::IouF1 => "iou_f1",
            Metric::MatchAlpha => "match_alpha",
            Metric::MasiAlpha => "masi_alpha",
            Metric::JaccardAlpha => "jaccard_alpha",
            Metric::KendallW => "kendall_w",
            Metric::TokenF1 => "token_f1",
            Metric::ExactMatch => "exact_match",
            Metric::CharSimilarity => "char_similarity",
            Metric::WordSimilarity => "word_similarity",
        }
    }

    /// Whether `weights` has a meaning for it.
    pub fn weighs(self) -> bool {
        matches!(self, Metric::CohenKappa | Metric::FleissKappa | Metric::GwetAc2 | Metric::BrennanPrediger)
    }

    pub fn family(self, level: Scale, weights: Nearness) -> Family {
        let weights = match weights {
            Nearness::None => Weights::Identity,
            Nearness::Linear => Weights::Linear,
            Nearness::Quadratic => Weights::Quadratic,
        };
        let level = match level {
            Scale::Nominal => Level::Nominal,
            Scale::Ordinal => Level::Ordinal,
            Scale::Interval => Level::Interval,
            Scale::Ratio => Level::Ratio,
        };
        match self {
            Metric::KrippendorffAlpha => Family::Counts(Coefficient::Alpha(level)),
            Metric::CharacterAlpha | Metric::MatchAlpha => Family::Counts(Coefficient::Alpha(Level::Nominal)),
            Metric::MasiAlpha => Family::Counts(Coefficient::Alpha(Level::Masi)),
            Metric::JaccardAlpha => Family::Counts(Coefficient::Alpha(Level::Jaccard)),
            Metric::Percent => Family::Counts(Coefficient::Percent),
            Metric::FleissKappa => Family::Counts(Coefficient::Fleiss(weights)),
            Metric::GwetAc1 => Family::Counts(Coefficient::Gwet(Weights::Identity)),
            Metric::GwetAc2 => Family::Counts(Coefficient::Gwet(weights)),
            Metric::BrennanPrediger => Family::Counts(Coefficient::BrennanPrediger(weights)),
            Metric::CohenKappa => Family::Pairs(weights, Chance::Each),
            Metric::ScottPi => Family::Pairs(Weights::Identity, Chance::Both),
            Metric::SpanF1 | Metric::SpanF1Partial | Metric::Iou | Metric::IouF1 => Family::Shares,
            Metric::CharSimilarity | Metric::WordSimilarity | Metric::RelationF1 | Metric::KendallW => Family::Shares,
            Metric::TokenF1 | Metric::ExactMatch => Family::Shares,
        }
    }
}

impl Family {
    /// The same measure of one class against all others, where nothing is left to weigh.
    pub fn of_class(self) -> Family {
        match self {
            Family::Counts(Coefficient::Alpha(_)) => Family::Counts(Coefficient::Alpha(Level::Nominal)),
            Family::Counts(Coefficient::Fleiss(_)) => Family::Counts(Coefficient::Fleiss(Weights::Identity)),
            Family::Counts(Coefficient::Gwet(_)) => Family::Counts(Coefficient::Gwet(Weights::Identity)),
            Family::Counts(Coefficient::BrennanPrediger(_)) => {
                Family::Counts(Coefficient::BrennanPrediger(Weights::Identity))
            }
            Family::Pairs(_, chance) => Family::Pairs(Weights::Identity, chance),
            other => other,
        }
    }

    /// The distance by which answers are compared as sets of classes.
    pub fn of_sets(self) -> Option<Level> {
        match self {
            Family::Counts(Coefficient::Alpha(level @ (Level::Masi | Level::Jaccard))) => Some(level),
            _ => None,
        }
    }

    /// How near two different answers of one sample are, where only that sample is looked at.
    pub fn nearness(self) -> Weights {
        match self {
            Family::Counts(Coefficient::Alpha(Level::Ordinal)) => Weights::Linear,
            Family::Counts(Coefficient::Alpha(Level::Interval | Level::Ratio)) => Weights::Quadratic,
            Family::Counts(Coefficient::Fleiss(w) | Coefficient::Gwet(w) | Coefficient::BrennanPrediger(w)) => w,
            Family::Pairs(w, _) => w,
            _ => Weights::Identity,
        }
    }
}
