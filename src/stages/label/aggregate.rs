//! `[label.TASK] aggregate`: how several answers become one label.
use super::kinds::kind::Method;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How several answers become one.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Default: `majority` of classes and preferences, `borda` of rankings, `all` of answers in free words, `median` of ratings; where several annotators answer `vote` of spans, relations and lists
    /// of classes and `box_fusion` of boxes; else `single`.
    pub method: Option<Method>,
    /// Of several classes that have most votes, or are as likely: `first` (the one declared first) or `review`. Of two ratings in
    /// the middle: `first` (the lower one) or `review`. Of spans, relations,
    /// boxes and classes of a list that half of the annotators gave: `first` (those of the annotator whose name comes first) or
    /// `review`. Default `first` where one class is asked for, and `review` where annotations are voted about.
    pub on_tie: Option<OnTie>,
    /// Decimals of `confidence.TASK`. Default 2.
    #[schemars(range(min = 1, max = 6))]
    pub decimals: Option<u8>,
    /// What `dawid_skene` adds to each count of what an annotator says: more than 0 believes those with few answers less.
    /// Default 0.
    #[schemars(range(min = 0, max = 100))]
    pub smoothing: Option<At<Decimal>>,
}

/// What happens to a tie.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnTie {
    /// The first stands, and it is told.
    #[default]
    First,
    /// The first stands until a person has decided, and the sample waits.
    Review,
}
