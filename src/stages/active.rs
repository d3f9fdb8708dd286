//! `[active]`: the samples without a label that are worth labelling next, by what models say of them.
//!
//! ```toml
//! [active]
//! task = "ner"
//! from = ["train.base"]
//! strategy = "margin"
//! size = 100
//! ```
//!
//! Reads `label.TASK` and `predicted.NAME` of each model, all of which must have predicted the same tokens. Scores every sample without a
//! label ([`crate::measure::active`]), of spans each token, and chooses `size` of them: a share at random, so that what is learned of
//! them can be judged, and the others by their score. `tamis label export TASK --only queue` writes them for a labelling tool.
//! Writes `urgency.TASK`, the score to six decimals. Facts: `candidates` (without a label), `chosen`, `at_random`, `without` (no
//! prediction, or models that tag other tokens; they can be chosen at random alone). Findings: `active.chosen`; `active.few`, fewer
//! samples than `size` are without a label. Limits: samples that are nearly the same may be chosen
//! together; `[clean.near_duplicates]` leaves one of them.
use crate::diag::{Diagnostic, suggest};
use crate::digest::Draws;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::active::{
    consensus_entropy, least_confidence, margin, max_divergence, mean_divergence, vote_entropy,
};
use crate::measure::confident::entropy;
use crate::model::predictions::Predicted;
use crate::stage::*;
use crate::table::{DataType, Value, array_of, value_at};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Chooses the samples that are worth labelling next.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The task, `ner` for `[label.ner]`.
    pub task: At<String>,
    /// The models, `train.NAME`; several are a committee.
    #[schemars(length(min = 1))]
    pub from: Vec<At<String>>,
    /// What the score of a sample is.
    #[serde(default)]
    pub strategy: Strategy,
    /// How the scores of the tokens of a sample become one, for `ner`. Default `mean`.
    pub reduce: Option<Reduce>,
    /// How many samples are chosen.
    #[schemars(range(min = 1))]
    pub size: u32,
    /// The share of them that is drawn at random, 0 to 1. Default 0.1.
    #[schemars(range(min = 0, max = 1))]
    pub random: Option<At<Decimal>>,
    /// What is drawn from.
    #[serde(default)]
    pub seed: u64,
}

/// What the score of a sample is; the first three are of one model.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    /// 1 less the distance of the two likeliest classes.
    #[default]
    Margin,
    /// 1 less the probability of the likeliest class.
    LeastConfidence,
    /// The entropy of the probabilities.
    Entropy,
    /// Of a committee: the entropy of the votes of its models.
    VoteEntropy,
    /// Of a committee: the entropy of the mean probabilities.
    ConsensusEntropy,
    /// Of a committee: the mean divergence of its models from their mean.
    MeanDivergence,
    /// Of a committee: the greatest divergence of one of its models from their mean.
    MaxDivergence,
    /// By chance.
    Random,
}

impl Strategy {
    fn of_committee(self) -> bool {
        use Strategy::{ConsensusEntropy, MaxDivergence, MeanDivergence, VoteEntropy};
        matches!(self, VoteEntropy | ConsensusEntropy | MeanDivergence | MaxDivergence)
    }

    /// The score of probabilities, a row for each model.
    fn score(self, rows: &[&[f64]]) -> f64 {
        let one = rows.first().copied().unwrap_or_default();
        match self {
            Strategy::Margin => 1.0 - margin(one),
            Strategy::LeastConfidence => least_confidence(one),
            Strategy::Entropy => entropy(one),
            Strategy::VoteEntropy => vote_entropy(rows),
            Strategy::ConsensusEntropy => consensus_entropy(rows),
            Strategy::MeanDivergence => mean_divergence(rows),
            Strategy::MaxDivergence => max_divergence(rows),
            Strategy::Random => 0.0,
        }
    }
}

/// How the scores of tokens become one.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Reduce {
    /// Their mean: neither short nor long texts are preferred.
    #[default]
    Mean,
    /// The greatest of them.
    Max,
    /// Their sum: long texts are preferred, and cost more to label.
    Sum,
}

pub const ENTRY: Entry = Entry::row::<Stage>("active", "active", declare).schema(|g| g.subschema_for::<Declaration>());

const NER: &str = "ner";

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let label = format!("label.{}", d.task.get());
    let role = |check: &Check, name: &str| check.columns_of("samples").find(|c| c.0 == name).map(|c| c.1.role.clone());
    let Some(Role::Label { kind, .. }) = role(check, &label) else {
        let tasks: Vec<String> = check.manifest.instances(&["label"]).into_iter().map(|t| t.0).collect();
        let problem = Diagnostic::error("T0580", d.task.span(), format!("there is no [{label}]"));
        check.bad(problem.label(suggest(d.task.get(), tasks.iter().map(String::as_str))));
        return Vec::new();
    };
    let mut predicted = Vec::new();
    for from in &d.from {
        let name = from.strip_prefix("train.").map(|name| format!("predicted.{name}"));
        match name.as_ref().and_then(|name| role(check, name)) {
            Some(Role::Predictions { task }) if task == *d.task.get() => predicted.extend(name),
            Some(Role::Predictions { task }) => {
                let problem =
                    Diagnostic::error("T0584", from.span(), format!("[{}] predicts another task", from.get()));
                check.bad(problem.label(format!("it predicts [label.{task}]")));
            }
            _ => {
                let models: Vec<String> =
                    check.manifest.instances(&["train"]).into_iter().map(|t| format!("train.{}", t.0)).collect();
                let message = format!("there are no predictions of [{}]", from.get());
                let problem = Diagnostic::error("T0584", from.span(), message);
                check.bad(problem.label(suggest(from.get(), models.iter().map(String::as_str))));
            }
        }
    }
    for (n, from) in d.from.iter().enumerate() {
        if d.from.iter().take(n).any(|other| other.get() == from.get()) {
            let problem = Diagnostic::error("T0588", from.span(), format!("[{}] is named twice", from.get()));
            check.bad(problem.label("each model has one vote"));
        }
    }
    check_strategy(check, &d, kind == NER);
    predicted.sort();
    predicted.dedup();
    let ports = Ports {
        table: "samples".into(),
        reads: [names(&["id"]), vec![label.clone()], predicted.clone()].concat(),
        writes: writes([(format!("urgency.{}", d.task.get()), Column::new(DataType::Float64).inner().harmless())]),
        ..Ports::default()
    };
    let map = Map { label, predicted, strategy: d.strategy, reduce: d.reduce.unwrap_or_default() };
    let tenth = Decimal::parse("0.1").unwrap_or_default();
    let random = match d.strategy {
        Strategy::Random => Decimal::from(1u64),
        _ => d.random.as_ref().map_or(tenth, |r| *r.get()),
    };
    let gather = Gather { size: d.size, random, seed: d.seed };
    let apply = Apply { task: d.task.get().clone() };
    vec![Plan::row::<Stage>(ports, &map, &gather, &apply)]
}

/// Notes what the strategy cannot be used with.
fn check_strategy(check: &mut Check, d: &Declaration, spans: bool) {
    let at = |check: &Check, key: &str| check.manifest.span_of(&format!("active.{key}")).unwrap_or(check.span.clone());
    let several = d.from.len() > 1;
    let (message, label) = match (d.strategy.of_committee(), several) {
        (true, false) => ("one model is no committee", "needs several models in `from`"),
        (false, true) if d.strategy != Strategy::Random => ("this strategy asks one model", "`from` names several"),
        _ => ("", ""),
    };
    if !message.is_empty() {
        check.bad(Diagnostic::error("T0588", at(check, "strategy"), message).label(label));
    }
    let spare = [
        ("reduce", d.reduce.is_some() && !spans, "a class is one of the whole sample"),
        ("reduce", d.reduce.is_some() && spans && d.strategy == Strategy::Random, "nothing is scored"),
        ("random", d.random.is_some() && d.strategy == Strategy::Random, "all are drawn at random"),
    ];
    for (key, _, why) in spare.iter().filter(|s| s.1) {
        check.bad(Diagnostic::error("T0219", at(check, key), format!("`{key}` has no meaning here")).label(*why));
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// The columns of predictions.
    #[serde(default, skip_serializing_if = "is_default")]
    predicted: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    strategy: Strategy,
    #[serde(default, skip_serializing_if = "is_default")]
    reduce: Reduce,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    size: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    random: Decimal,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
}

/// A sample without a label: its id, and its score where there are predictions.
type Candidate = (String, Option<f64>);

/// What is decided of a sample: its score, and why it is chosen.
#[derive(Serialize, Deserialize, Default)]
struct Verdict {
    #[serde(default, skip_serializing_if = "is_default")]
    score: Option<f64>,
    #[serde(default, skip_serializing_if = "is_default")]
    why: String,
}

struct Stage;

impl Map {
    /// The score of a sample of which each model says something.
    fn score(&self, of: &[&Predicted]) -> Option<f64> {
        let first = of.first()?;
        let same = |p: &&&Predicted| p.tokens == first.tokens && p.probabilities.len() == first.probabilities.len();
        if !of.iter().all(|p| same(&p)) {
            return None;
        }
        if first.tokens.is_empty() {
            let rows: Vec<&[f64]> = of.iter().map(|p| p.probabilities.as_slice()).collect();
            return (!first.probabilities.is_empty()).then(|| self.strategy.score(&rows));
        }
        let (n, tags) = (first.tokens.len(), first.probabilities.len() / first.tokens.len());
        let row = |p: &&Predicted, t: usize| p.probabilities.get(t * tags..(t + 1) * tags).unwrap_or_default().to_vec();
        let token = |t: usize| {
            let rows: Vec<Vec<f64>> = of.iter().map(|p| row(p, t)).collect();
            self.strategy.score(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>())
        };
        let scores = (0..n).map(token);
        Some(match self.reduce {
            Reduce::Mean => scores.sum::<f64>() / n as f64,
            Reduce::Max => scores.fold(0.0, f64::max),
            Reduce::Sum => scores.sum(),
        })
    }
}

impl RowStage for Stage {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = &["libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather)); // fewer candidates than are asked for are told
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (ids, labels) = (rows.texts("id")?, rows.column(&p.label)?);
        let columns =
            p.predicted.iter().map(|name| rows.cells(name)).collect::<Result<Vec<Vec<Option<Predicted>>>, _>>()?;
        for (row, id) in ids.into_iter().enumerate() {
            if value_at(labels.as_ref(), row) != Value::Null {
                continue;
            }
            let own: Option<Vec<&Predicted>> = columns.iter().map(|c| c.get(row)?.as_ref()).collect();
            let score = own.and_then(|own| p.score(&own)).map(|score| (score * 1e6).round_ties_even() / 1e6);
            let candidate: Candidate = (id.unwrap_or_default(), score);
            summary.put(b"", row, serde_json::to_vec(&candidate).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(Delta::default())
    }
}

impl Stage {
    /// Those at random come first, and none of them is chosen twice.
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut all: Vec<(Spot, Candidate)> = Vec::new();
        for hit in hits.iter() {
            all.push((hit.at, serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?));
        }
        let size = (p.size as usize).min(all.len());
        let scored = all.iter().filter(|(_, c)| c.1.is_some()).count();
        let drawn = (p.random.to_f64() * f64::from(p.size)).round_ties_even() as usize;
        let drawn = drawn.max(size.saturating_sub(scored)).min(size);
        let draws = Draws::new(p.seed, "active");
        let mut chance: Vec<usize> = (0..all.len()).collect();
        chance.sort_by_key(|i| all.get(*i).map(|(_, c)| (draws.of(&c.0), c.0.clone())));
        let mut why: BTreeMap<usize, String> = BTreeMap::new();
        chance.iter().take(drawn).for_each(|i| {
            why.insert(*i, "drawn at random".into());
        });
        let mut best: Vec<(usize, f64)> = all.iter().enumerate().filter_map(|(i, (_, c))| Some((i, c.1?))).collect();
        let id = |i: usize| all.get(i).map(|(_, c)| &c.0);
        best.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| id(a.0).cmp(&id(b.0))));
        for (rank, (i, score)) in best.iter().enumerate() {
            if why.len() < size && !why.contains_key(i) {
                why.insert(*i, format!("score {score:.6}, {} of {}", rank + 1, best.len()));
            }
        }
        if all.len() < p.size as usize {
            let say = format!("`size` asks for {} samples, and {} are without a label", p.size, all.len());
            out.remark("active.size", "active.few", say);
        }
        out.fact("candidates", all.len() as u64);
        out.fact("chosen", why.len() as u64);
        out.fact("at_random", drawn as u64);
        out.fact("without", (all.len() - scored) as u64);
        for (i, (at, (_, score))) in all.iter().enumerate() {
            out.put_json(*at, &Verdict { score: *score, why: why.remove(&i).unwrap_or_default() })?;
        }
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let (mut delta, mut scores) = (Delta::default(), vec![None; rows.len()]);
        for decided in slice.each::<Verdict>() {
            let (row, verdict) = decided?;
            scores.iter_mut().skip(row).take(1).for_each(|slot| *slot = verdict.score);
            if !verdict.why.is_empty() {
                delta.event(row, Act::Finding, "active.size", "active.chosen", verdict.why);
            }
        }
        if scores.iter().any(Option::is_some) {
            delta.write(format!("urgency.{}", p.task), array_of(scores));
        }
        Ok(delta)
    }
}
