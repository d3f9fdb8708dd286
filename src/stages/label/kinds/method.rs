//! How one label is made of several answers.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The rule by which one label is made of votes.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// All must agree. Where they do not, the answer of the annotator whose name comes first stands, and the sample
    /// waits for a person's decision.
    #[default]
    Single,
    /// The class with most votes, or the preference; of several the one declared first. Of answers in free words those that say the same words,
    /// whatever their case and marks, and of several the first in the order of letters; the first annotator's words stand.
    Majority,
    /// The rating in the middle; of two the lower one.
    Median,
    /// The class with most votes, where each annotator counts as often as the majority agrees with them.
    WeightedMajority,
    /// The class that is most likely once it is learned what each annotator says for each true class (Dawid and Skene 1979).
    DawidSkene,
    /// The same where an annotator is right equally often for every class.
    OneCoin,
    /// The same where an annotator knows the answer, or says something of their own (MACE, Hovy et al. 2013).
    Mace,
    /// Spans that more than half of the annotators gave, of the same class at the same place; relations of the same class between
    /// the same spans; of `classes` each class that more than half of them gave. This is the default of these kinds where several
    /// annotators answer.
    Vote,
    /// The candidates by the sum of their ranks, the smallest first (Borda); those with the same sum share a rank, and it is told.
    Borda,
    /// The answer with the longest text; of several that of the annotator whose name comes first.
    Longest,
    /// All texts of all answers, in the order of the annotators, each once.
    All,
    /// Boxes of one class around one thing that more than half of the annotators marked, fused to one by weighted box fusion.
    /// This is the default of boxes where several annotators answer.
    BoxFusion,
}

impl Method {
    pub fn name(self) -> &'static str {
        const NAMES: [&str; 12] = [
            "single",
            "majority",
            "median",
            "weighted_majority",
            "dawid_skene",
            "one_coin",
            "mace",
            "vote",
            "borda",
            "longest",
            "all",
            "box_fusion",
        ];
        NAMES[self as usize]
    }

    /// Whether it learns from all answers what each annotator is worth.
    pub fn learns(self) -> bool {
        matches!(self, Method::WeightedMajority | Method::DawidSkene | Method::OneCoin | Method::Mace)
    }

    /// Whether it votes about single annotations.
    pub fn votes(self) -> bool {
        matches!(self, Method::Vote | Method::BoxFusion)
    }
}
