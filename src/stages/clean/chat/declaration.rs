//! The declaration of `[clean.chat]`.
use crate::manifest::Decimal;
use crate::manifest::values::{At, Short};
use crate::measure::turns::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Looks at conversations: the order of their turns, turns that say nothing, their lengths, and pairs of equal answers.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// What happens to a sample with a problem.
    pub action: Action,
    /// What happens otherwise, by problem: `{ equal = "drop", order = "keep" }`.
    #[serde(default)]
    pub actions: Actions,
    /// The columns of messages that are looked at. `chosen` and `rejected` together are a pair, to which `prompt` belongs.
    /// Default: all columns of messages.
    #[schemars(length(min = 1))]
    pub on: Option<Vec<At<String>>>,
    /// Fewest turns of a conversation; those of the prompt count.
    pub turns_min: Option<At<u64>>,
    /// Most turns.
    pub turns_max: Option<At<u64>>,
    /// Fewest characters (Unicode scalar values) of all turns together.
    pub chars_min: Option<At<u64>>,
    /// Most characters.
    pub chars_max: Option<At<u64>>,
    /// Most tokens of all turns together; needs `tokenizer`.
    pub tokens_max: Option<At<u64>>,
    /// Least characters of the assistant's turns for each character of the user's.
    pub answer_ratio_min: Option<At<Decimal>>,
    /// Most of them.
    pub answer_ratio_max: Option<At<Decimal>>,
    /// Words by which an answer is known to refuse, such as `I cannot help with`: a turn of the assistant must hold none of them,
    /// in any case of letters.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub refusals: Vec<String>,
    /// The file of a tokenizer, `tokenizer.json` of Hugging Face, below the manifest. The tokens of each column are counted
    /// in a column `tokens.COLUMN`. It needs a tamis that was built with the feature `tokenizer`.
    #[schemars(length(min = 1))]
    pub tokenizer: Option<At<String>>,
}

impl Short for Declaration {
    type Text = Action;

    fn from_text(action: Action) -> Self {
        Declaration { action, ..Declaration::default() }
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It leaves the data set.
    #[default]
    Drop,
    /// It waits for a person's decision.
    Review,
    /// It stays; the problem is a finding.
    Keep,
}

/// What happens to samples with single problems.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(deny_unknown_fields)]
pub struct Actions {
    /// A role other than `system`, `developer`, `user`, `assistant` and `tool`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<Action>,
    /// The system does not come first, a role follows itself, or an answer follows no question.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Action>,
    /// The last turn is not the assistant's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<Action>,
    /// A turn says nothing, or there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<Action>,
    /// Chosen and rejected are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub equal: Option<Action>,
    /// Too few or too many turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turns: Option<Action>,
    /// Too few or too many characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chars: Option<Action>,
    /// Too many tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens: Option<Action>,
    /// Answers too short or too long for what is asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer_ratio: Option<Action>,
    /// An answer that refuses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<Action>,
}

impl Actions {
    pub fn of(&self, name: Name) -> Option<Action> {
        match name {
            Name::Role => self.role,
            Name::Order => self.order,
            Name::End => self.end,
            Name::Empty => self.empty,
            Name::Equal => self.equal,
            Name::Turns => self.turns,
            Name::Chars => self.chars,
            Name::Tokens => self.tokens,
            Name::AnswerRatio => self.answer_ratio,
            Name::Refusal => self.refusal,
        }
    }
}

/// What can be wrong with a sample.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    Role,
    Order,
    End,
    Empty,
    Equal,
    Turns,
    Chars,
    Tokens,
    AnswerRatio,
    Refusal,
}

pub const NAMES: [(Name, &str); 10] = [
    (Name::Role, "role"),
    (Name::Order, "order"),
    (Name::End, "end"),
    (Name::Empty, "empty"),
    (Name::Equal, "equal"),
    (Name::Turns, "turns"),
    (Name::Chars, "chars"),
    (Name::Tokens, "tokens"),
    (Name::AnswerRatio, "answer_ratio"),
    (Name::Refusal, "refusal"),
];

impl Name {
    pub fn word(self) -> &'static str {
        NAMES.iter().find(|(name, _)| *name == self).map_or("", |(_, word)| word)
    }

    pub fn of(problem: Problem) -> Name {
        match problem {
            Problem::Role => Name::Role,
            Problem::Order => Name::Order,
            Problem::End => Name::End,
            Problem::Empty => Name::Empty,
        }
    }
}
