//! What became of a request.
use serde::Serialize;

/// What became of one request of `tamis update` or `tamis fetch`.
#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Outcome {
    /// What it was fetched for, `collect.NAME`.
    pub name: String,
    pub url: String,
    #[serde(flatten)]
    pub what: What,
    /// What somebody should know about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, schemars::JsonSchema)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum What {
    /// It was not pinned before.
    New { bytes: u64 },
    /// It is what it was: the server said so, or its bytes are the same.
    Same,
    /// Its bytes are others than those that were pinned.
    Changed { before: u64, bytes: u64 },
    /// What the lock names was brought, or was there.
    Brought { bytes: u64 },
    /// It did not come; `kept` says that the bytes which were pinned are there and stay so.
    Failed { say: String, kept: bool },
    /// The manifest no longer asks for it.
    Forgotten,
    /// It would be asked for.
    Wanted { pinned: bool },
    /// Questions to a language model that would be asked: how many there are, how many have their answer, about how many tokens the
    /// others are and how many may come back at most, and what that costs at most, where the manifest names a price.
    Asks {
        questions: u64,
        answered: u64,
        tokens_in: u64,
        tokens_out_max: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost_max: Option<String>,
    },
    /// Questions to a language model that were asked: how many there are, how many had their answer, how many have it now and how
    /// many do not, the tokens that the server counted, and what they cost.
    Answered {
        questions: u64,
        before: u64,
        new: u64,
        missing: u64,
        tokens_in: u64,
        tokens_out: u64,
        #[serde(skip_serializing_if = "Option::is_none")]
        cost: Option<String>,
    },
}

/// What was written of a crawl.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, schemars::JsonSchema)]
pub struct Archived {
    /// Records of pages, of pictures and of robots.txt.
    pub pages: u64,
    pub images: u64,
    pub robots: u64,
    /// Addresses of which no bytes are pinned, since they were left out or did not come.
    pub without: u64,
}
