//! Samples made ready for a kind of model, and what models that learned of some of them say of others.
use super::declaration::{Kind, Tokens};
use super::parts::Own;
use crate::digest::Draws;
use crate::measure::learn::{
    Chain, Learned, Learning, Numbers, SPACE, Tagging, Terms, Weighing, of_characters, of_words, regression, terms,
};
use crate::measure::words::words;
use crate::model::predictions::{Predicted, tags_of};
use crate::model::spans::Span;
use crate::model::tokens::Token;
use crate::stage::is_default;
use serde::{Deserialize, Serialize};

/// What is known of a sample.
#[derive(Serialize, Deserialize, Default, Debug, Clone)]
pub struct Sample {
    pub id: String,
    /// Samples of one group stay in one part.
    #[serde(default, skip_serializing_if = "is_default")]
    pub group: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub text: String,
    #[serde(default, skip_serializing_if = "is_default")]
    pub tokens: Option<Vec<(u32, u32)>>,
    /// The label, of a task of classes or of spans; neither where there is none.
    #[serde(default, skip_serializing_if = "is_default")]
    pub class: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub spans: Option<Vec<(u32, u32, String)>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub split: Option<String>,
}

impl Sample {
    pub fn is_labelled(&self) -> bool {
        self.class.is_some() || self.spans.is_some()
    }

    /// What is asked of it where samples are put into parts.
    pub fn own(&self, usable: bool) -> Own<'_> {
        let unit = self.group.as_deref().unwrap_or(&self.id);
        let spans = self.spans.iter().flatten().map(|(_, _, class)| class.as_str());
        let classes = self.class.as_deref().into_iter().chain(spans).collect();
        Own { unit, split: self.split.as_deref(), labelled: self.is_labelled(), usable, classes }
    }

    fn tokens(&self, unit: Tokens) -> Vec<Token> {
        let token = |(start, end): (u32, u32)| Token { start, end };
        match (unit, &self.tokens) {
            (Tokens::Characters, _) => (0..self.text.chars().count() as u32).map(|at| token((at, at + 1))).collect(),
            (Tokens::Words, Some(tokens)) => tokens.iter().copied().map(token).collect(),
            (Tokens::Words, None) => words(&self.text).into_iter().map(|(a, b)| token((a as u32, b as u32))).collect(),
        }
    }
}

/// More tokens than these are neither learned of nor predicted.
const TOKENS_MAX: usize = 20_000;

/// All samples, ready for a kind of model.
pub struct Prepared {
    /// Which samples can be learned of and predicted.
    pub usable: Vec<bool>,
    classes: usize,
    /// By sample: what orders it while a model learns.
    keys: Vec<u64>,
    of: Of,
}

enum Of {
    Chains { tokens: Vec<Vec<Token>>, chains: Vec<Chain>, tags: Vec<Vec<u16>>, features: usize },
    Texts { terms: Vec<Terms>, given: Vec<Option<usize>> },
    Classes { given: Vec<Option<usize>> },
}

impl Prepared {
    pub fn of(kind: Kind, unit: Tokens, classes: &[String], seed: u64, samples: &[Sample]) -> Prepared {
        let draws = Draws::new(seed, "learn");
        let keys = samples.iter().map(|s| draws.of(&s.id)).collect();
        let place = |s: &Sample| classes.iter().position(|c| Some(c) == s.class.as_ref());
        let given = || samples.iter().map(place).collect();
        let mut usable = vec![true; samples.len()];
        let of = match kind {
            Kind::Crf => {
                let tokens: Vec<Vec<Token>> = samples.iter().map(|s| s.tokens(unit)).collect();
                usable = tokens.iter().map(|t| t.len() <= TOKENS_MAX).collect();
                chains(unit, classes, samples, tokens, &usable)
            }
            Kind::Logistic => Of::Texts { terms: samples.iter().map(|s| terms(&s.text)).collect(), given: given() },
            Kind::Majority | Kind::Windows => Of::Classes { given: given() },
        };
        Prepared { usable, classes: classes.len(), keys, of }
    }

    /// What a model that learned of some samples says of others; `None` where `go_on` says that nobody waits for it.
    pub fn predicted(
        &self,
        learns: &[usize],
        predicts: &[usize],
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Vec<Predicted>> {
        match &self.of {
            Of::Chains { tokens, chains, tags, features } => {
                let tagging = Tagging { classes: self.classes };
                let texts: Vec<(&Chain, &[u16], u64)> =
                    learns.iter().map(|i| (&chains[*i], tags[*i].as_slice(), self.keys[*i])).collect();
                let learned = Learned::of(tagging, *features, &texts, Learning::of(texts.len()), go_on)?;
                let one = |i: &usize| Predicted {
                    tokens: tokens[*i].clone(),
                    probabilities: rounded(learned.marginals(&chains[*i])),
                };
                Some(predicts.iter().map(one).collect())
            }
            Of::Texts { terms, given } => {
                let weighing = Weighing::of(&learns.iter().map(|i| &terms[*i]).collect::<Vec<_>>());
                let vectors: Vec<_> = learns.iter().map(|i| weighing.weigh(&terms[*i])).collect();
                let own = learns.iter().zip(&vectors);
                let samples: Vec<_> = own.filter_map(|(i, v)| Some((v, given[*i]?, self.keys[*i]))).collect();
                let learned = regression(self.classes, SPACE, &samples, go_on)?;
                let one = |i: &usize| learned.probabilities(&weighing.weigh(&terms[*i]));
                Some(predicts.iter().map(|i| whole(one(i))).collect())
            }
            Of::Classes { given } => {
                let mut counts = vec![0u64; self.classes];
                learns.iter().filter_map(|i| given[*i]).for_each(|k| counts[k] += 1);
                let all = counts.iter().sum::<u64>().max(1) as f64;
                let shares: Vec<f64> = counts.iter().map(|n| *n as f64 / all).collect();
                Some(predicts.iter().map(|_| whole(shares.clone())).collect())
            }
        }
    }
}

/// Chains of features, and the tags of those samples that have a label.
fn chains(unit: Tokens, classes: &[String], samples: &[Sample], tokens: Vec<Vec<Token>>, usable: &[bool]) -> Of {
    let features = |(sample, tokens): (&Sample, &Vec<Token>)| -> Vec<Vec<u64>> {
        let chars: Vec<char> = sample.text.chars().collect();
        match unit {
            Tokens::Characters => of_characters(&chars),
            Tokens::Words => {
                let word = |t: &Token| chars.get(t.start as usize..t.end as usize).unwrap_or_default().iter().collect();
                let words: Vec<String> = tokens.iter().map(word).collect();
                of_words(&words.iter().map(String::as_str).collect::<Vec<_>>())
            }
        }
    };
    let all: Vec<Vec<Vec<u64>>> = samples
        .iter()
        .zip(&tokens)
        .zip(usable)
        .map(|(of, usable)| if *usable { features(of) } else { Vec::new() })
        .collect();
    let mut hashes: Vec<u64> = all.iter().flatten().flatten().copied().collect();
    let numbers = Numbers::of(&mut hashes);
    let chain = |of: &Vec<Vec<u64>>| {
        let mut chain = Chain::default();
        of.iter().for_each(|token| chain.push(token.iter().filter_map(|hash| numbers.get(*hash))));
        chain
    };
    let tags = |(sample, tokens): (&Sample, &Vec<Token>)| {
        let span = |(start, end, class): &(u32, u32, String)| Span { start: *start, end: *end, class: class.clone() };
        let spans: Vec<Span> = sample.spans.iter().flatten().map(span).collect();
        tags_of(tokens, &spans, classes)
    };
    let tags = samples.iter().zip(&tokens).map(tags).collect();
    Of::Chains { chains: all.iter().map(chain).collect(), tokens, tags, features: numbers.len() }
}

fn whole(probabilities: Vec<f64>) -> Predicted {
    Predicted { tokens: Vec::new(), probabilities: rounded(probabilities) }
}

/// To six decimals.
fn rounded(of: Vec<f64>) -> Vec<f64> {
    of.into_iter().map(|p| (p * 1e6).round_ties_even() / 1e6).collect()
}
