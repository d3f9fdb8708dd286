//! `[clean.label_errors]`: labels that are probably wrong, by what a model says of samples that it had not learned of.
//!
//! ```toml
//! [clean]
//! label_errors = { task = "ner", from = "train.base", method = "prune_by_noise_rate", action = "review", worst = 200 }
//! ```
//!
//! It stands behind the labels. Reads `label.TASK`, `predicted.NAME` and what people decided; chooses suspects by confident learning
//! ([`crate::measure::confident`]). Of spans each token has a label, its tag; a sentence is suspected if one of its tokens is, and
//! its quality is that of its worst token. Writes `label_quality.TASK` (0 hardly to be trusted, to 1; null without a label or a
//! prediction) and `label_error.TASK`. Suspects are findings, wait for review or leave (`label.suspect`), the worst first where `worst` cuts;
//! a label that a person decided is not asked about again, and what was decided for `label.TASK` answers a suspect, too.
//!
//! Facts: `label_noise` with `label_noise_low` and `label_noise_high` (the estimated share of wrong labels, of spans of wrong tags, and the
//! interval of 95 % when samples are drawn anew), `agreeing` (the share of labels, of spans of tags of entities, that the model gives,
//! too), `suspects`, `asked` (those that are told), `decided`, `compared`, `without` (a label and no
//! prediction); tables: `pairs` (given class, likely class, how many labels, their share of those that are confident; most first),
//! `thresholds` (of each class the mean probability of it where it is given), of spans `faults` (suspected tags by what is wrong:
//! an entity `missing`, `spurious`, of another `class`, or another `boundary`). Finding: `label.confused`, a class that is probably another one
//! in a fifth of its labels: a matter of the guideline rather than of single slips;
//! `label.weak_model`, the model gives less than half of the labels as they are, or no more than the most frequent class has. Limits: all probabilities are held at once.
pub mod boxes;
mod declaration;
mod weak;

use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::confident::{Counted, Filter, Labelled, Quality, counted, noise, sentence};
use crate::model::predictions::{Predicted, tags_of};
use crate::model::spans::Span;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Cell, DataType, Value, array_of, value_at};
use declaration::{Action, Declaration, Method, Score, checked};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use weak::{AGREEING_MIN, Counts};

pub const ENTRY: Entry = Entry::row::<Stage>("clean/label_errors", "clean.label_errors", declare)
    .schema(|g| g.subschema_for::<Declaration>());

const RESAMPLES: u32 = 1000;
/// Pairs of classes that the table has.
const PAIRS_MAX: usize = 50;
/// A pair is told if it is at least so many labels, and a fifth of the confident ones of the class.
const CONFUSED_MIN: u64 = 10;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some((d, of)) = checked(check).filter(|(_, of)| !of.boxes) else { return Vec::new() };
    let answered = answered_of(check, &d, &of.label);
    let named = d.asks_the_worst();
    let map = Map {
        label: of.label,
        predicted: of.predicted,
        decided: of.decided,
        classes: of.classes,
        spans: of.spans,
        named,
    };
    vec![plan(&d, map, answered)]
}

/// Ids of samples that people have decided on. Only where they are asked about some of the suspects does it matter who was asked before.
fn answered_of(check: &Check, d: &Declaration, label: &str) -> Vec<String> {
    let own = check.decided.iter().map(|told| &told.decided);
    let own = own.filter(|told| d.asks_the_worst() && (told.step == "clean.label_errors" || told.step == label));
    let mut answered: Vec<String> = own.map(|told| told.id.clone()).collect();
    answered.sort();
    answered.dedup();
    answered
}

fn plan(d: &Declaration, map: Map, answered: Vec<String>) -> Plan {
    let task = d.task.get();
    let mut reads = vec![map.label.clone(), map.predicted.clone()];
    reads.extend(map.decided.clone());
    reads.extend(map.named.then(|| "id".to_string()));
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: d.written(),
        drops: d.action != Action::Flag,
        ..Ports::default()
    };
    let gather = Gather {
        classes: map.classes.clone(),
        spans: map.spans,
        method: d.method,
        score: d.score,
        adjust: d.adjust,
        worst: d.worst,
        resamples: d.resamples.unwrap_or(RESAMPLES),
        seed: d.seed,
        answered,
    };
    let apply = Apply { task: task.clone(), action: d.action };
    let gate = |max: &At<Decimal>| {
        Gate::at_most("clean.label_errors.max_noise", "clean.label_errors.label_noise", *max.get(), max.span())
            .say(format!("more labels of [label.{task}] are probably wrong than may be"))
            .look("tamis show clean.label_errors --findings")
    };
    let gates = d.max_noise.iter().map(gate).collect();
    let answered_by = Some(map.label.clone());
    Plan { gates, answered_by, ..Plan::row::<Stage>(ports, &map, &gather, &apply) }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    #[serde(default, skip_serializing_if = "is_default")]
    predicted: String,
    /// The column of what people decided.
    #[serde(default, skip_serializing_if = "is_default")]
    decided: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: bool,
    /// Samples are told apart by their ids.
    #[serde(default, skip_serializing_if = "is_default")]
    named: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    method: Method,
    #[serde(default, skip_serializing_if = "is_default")]
    score: Score,
    #[serde(default, skip_serializing_if = "is_default")]
    adjust: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    worst: Option<u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    resamples: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
    /// Ids of samples that people have decided on.
    #[serde(default, skip_serializing_if = "is_default")]
    answered: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
}

/// What the gather is given of a sample.
struct Seen {
    /// A person decided the label.
    decided: bool,
    /// The given tag of each token, or the given class.
    given: Vec<u16>,
    /// Its id, where samples are told apart by it.
    id: String,
    /// Nothing where the sample has a label and no prediction.
    predicted: Option<Predicted>,
}

impl Seen {
    fn written(&self) -> Vec<u8> {
        let mut out = vec![u8::from(self.decided)];
        let Some(predicted) = &self.predicted else { return out };
        out.extend((self.id.len() as u32).to_le_bytes());
        out.extend(self.id.as_bytes());
        out.extend((self.given.len() as u32).to_le_bytes());
        self.given.iter().for_each(|tag| out.extend(tag.to_le_bytes()));
        out.extend(predicted.packed());
        out
    }

    fn read(bytes: &[u8]) -> Option<Seen> {
        let (decided, rest) = bytes.split_first()?;
        let decided = *decided != 0;
        let Some((n, rest)) = rest.split_first_chunk::<4>() else {
            return Some(Seen { decided, given: Vec::new(), id: String::new(), predicted: None });
        };
        let (id, rest) = rest.split_at_checked(u32::from_le_bytes(*n) as usize)?;
        let id = String::from_utf8(id.to_vec()).ok()?;
        let (n, rest) = rest.split_first_chunk::<4>()?;
        let (given, rest) = rest.split_at_checked((u32::from_le_bytes(*n) as usize).checked_mul(2)?)?;
        let given = given.as_chunks::<2>().0.iter().map(|b| u16::from_le_bytes(*b)).collect();
        Some(Seen { decided, given, id, predicted: Some(Predicted::unpacked(rest)?) })
    }
}

/// What is decided of a sample.
#[derive(Serialize, Deserialize)]
struct Verdict {
    quality: f64,
    /// Why it is suspected.
    #[serde(default, skip_serializing_if = "is_default")]
    why: String,
    /// It is acted on.
    #[serde(default, skip_serializing_if = "is_default")]
    asked: bool,
    /// A person has answered: it is acted on, whatever its quality.
    #[serde(default, skip_serializing_if = "is_default")]
    answered: bool,
    /// The kind of fault and the words of each suspected box, the worst first.
    #[serde(default, skip_serializing_if = "is_default")]
    boxes: Vec<(String, String)>,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 2; // the id stands in the summary
    const USES: &'static [&'static str] = &["libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((3, Self::gather)); // a model that is no better than one class is told; what people decided does not count for `worst`
    const APPLY: Option<ApplyPart<Self>> = Some((1, RowApply::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let labels = rows.column(&p.label)?;
        let predicted: Vec<Option<Predicted>> = rows.cells(&p.predicted)?;
        let decided = p.decided.as_ref().map(|name| rows.column(name)).transpose()?;
        let ids = if p.named { rows.texts("id")? } else { Vec::new() };
        for (row, predicted) in predicted.into_iter().enumerate() {
            let label = value_at(labels.as_ref(), row);
            if label == Value::Null {
                continue;
            }
            let given = match (p.spans, &predicted) {
                (_, None) => Vec::new(),
                (true, Some(of)) => {
                    let spans: Vec<Span> = Cell::from_value(&label).unwrap_or_default();
                    tags_of(&of.tokens, &spans, &p.classes)
                }
                (false, _) => {
                    let class = p.classes.iter().position(|c| Some(c.as_str()) == label.text());
                    class.map(|k| k as u16).into_iter().collect()
                }
            };
            let decided = decided.as_ref().is_some_and(|d| value_at(d.as_ref(), row) != Value::Null);
            let id = ids.get(row).cloned().flatten().unwrap_or_default();
            summary.put(b"", row, Seen { decided, given, id, predicted }.written());
        }
        Ok(Delta::default())
    }
}

/// A sample that is compared.
struct Judged {
    at: Spot,
    /// A person decided the label.
    decided: bool,
    /// A person was asked about it and has answered.
    answered: bool,
    /// Where its labels stand among all.
    range: std::ops::Range<usize>,
}

/// All labels that are compared: of each sample where its own stand among them.
struct Compared {
    labelled: Labelled,
    samples: Vec<Judged>,
    without: u64,
}

impl Gather {
    /// The number of classes, or of tags.
    fn tags(&self) -> usize {
        if self.spans { 1 + 2 * self.classes.len() } else { self.classes.len() }
    }

    fn read(&self, hits: &Hits) -> Result<Compared, Fault> {
        let tags = self.tags();
        let mut out = Compared { labelled: Labelled::new(tags), samples: Vec::new(), without: 0 };
        for hit in hits.iter() {
            let seen = Seen::read(&hit.value).ok_or_else(|| Fault::Bug("a prediction does not read back".into()))?;
            let Some(predicted) = seen.predicted else {
                out.without += 1;
                continue;
            };
            let from = out.labelled.len();
            for (given, row) in seen.given.iter().zip(predicted.rows(tags)) {
                out.labelled.add(usize::from(*given), row);
            }
            let answered = self.answered.binary_search(&seen.id).is_ok();
            out.samples.push(Judged { at: hit.at, decided: seen.decided, answered, range: from..out.labelled.len() });
        }
        Ok(out)
    }

    fn filter(&self) -> Filter {
        match self.method {
            Method::PruneByNoiseRate => Filter::PruneByNoiseRate,
            Method::PruneByClass => Filter::PruneByClass,
            Method::Both => Filter::Both,
            Method::ConfidentLearning => Filter::ConfidentLearning,
            Method::PredictedNeqGiven => Filter::PredictedNeqGiven,
            Method::LowNormalizedMargin => Filter::LowNormalizedMargin,
            Method::LowSelfConfidence => Filter::LowSelfConfidence,
        }
    }

    /// The quality of each label.
    fn qualities(&self, labelled: &Labelled, thresholds: &[f64]) -> Vec<f64> {
        let of = |quality: Quality| quality.of(labelled, Some(thresholds).filter(|_| self.adjust));
        match self.score {
            Score::SelfConfidence => of(Quality::SelfConfidence),
            Score::NormalizedMargin => of(Quality::NormalizedMargin),
            Score::ConfidenceWeightedEntropy => of(Quality::ConfidenceWeightedEntropy),
            Score::MissingEntity => labelled
                .rows()
                .map(|(given, row)| match given {
                    0 => 1.0 - row.iter().skip(1).copied().fold(0.0, f64::max),
                    _ => 1.0,
                })
                .collect(),
        }
    }

    /// The class of a tag, or what stands where there is none.
    fn name(&self, tag: usize) -> &str {
        let class = if self.spans { tag.checked_sub(1).map(|t| t / 2) } else { Some(tag) };
        class.map_or("O", |k| self.classes.get(k).map_or("", String::as_str))
    }

    /// What is wrong with a tag that is probably another.
    fn fault(&self, given: usize, likely: usize) -> &'static str {
        match (given, likely) {
            (0, _) => "missing",
            (_, 0) => "spurious",
            _ if self.name(given) != self.name(likely) => "class",
            _ => "boundary",
        }
    }

    fn why(&self, given: usize, likely: usize) -> String {
        let (given_name, likely_name) = (self.name(given), self.name(likely));
        match (self.spans, self.fault(given, likely)) {
            (false, _) if given == likely => format!("the label `{given_name}` is doubtful"),
            (false, _) => format!("the label is `{given_name}`, where `{likely_name}` is likelier"),
            (true, _) if given == likely => format!("what is marked `{given_name}` is doubtful"),
            (true, "missing") => format!("nothing is marked where `{likely_name}` is likelier"),
            (true, "spurious") => format!("`{given_name}` is marked where nothing is likelier"),
            (true, "class") => format!("`{given_name}` is marked where `{likely_name}` is likelier"),
            _ => format!("`{given_name}` probably begins or ends elsewhere"),
        }
    }

    /// Tells how many labels are wrong, and which classes are mistaken for which.
    fn tell(&self, compared: &Compared, thresholds: &[f64], confident: &[Option<usize>], out: &mut Verdicts) {
        let given = compared.labelled.labels();
        let of = |range: &std::ops::Range<usize>| {
            counted(range.clone().filter_map(|i| Some((*given.get(i)?, *confident.get(i)?))))
        };
        let items: Vec<Counted> = compared.samples.iter().map(|sample| of(&sample.range)).collect();
        let found = noise(self.tags(), &items, self.resamples, self.seed);
        let undefined = || Fact::Undefined("no sample has a label and a prediction".into());
        let told = |x: Option<f64>| x.map_or_else(undefined, |x| Fact::Decimal(format!("{x:.6}")));
        out.fact("label_noise", told(found.map(|n| n.share)));
        out.fact("label_noise_low", told(found.map(|n| n.low)));
        out.fact("label_noise_high", told(found.map(|n| n.high)));
        let mut pairs: BTreeMap<(usize, usize), u64> = BTreeMap::new();
        let mut sure: BTreeMap<&str, u64> = BTreeMap::new();
        for (given, found) in given.iter().zip(confident).filter_map(|(given, found)| Some((*given, (*found)?))) {
            *sure.entry(self.name(given)).or_default() += 1;
            if self.name(given) != self.name(found) {
                let class = |tag: usize| if self.spans { tag.div_ceil(2) } else { tag };
                *pairs.entry((class(given), class(found))).or_default() += 1;
            }
        }
        let name = |class: usize| if self.spans { self.name(2 * class) } else { self.name(class) };
        let mut pairs: Vec<(u64, usize, usize)> =
            pairs.into_iter().map(|((given, found), n)| (n, given, found)).collect();
        pairs.sort_by_key(|(n, given, found)| (u64::MAX - n, *given, *found));
        let share = |n: u64, given: usize| n as f64 / sure.get(name(given)).copied().unwrap_or(1).max(1) as f64;
        // what is marked and what is not are no two classes of a guideline
        let marked = |class: usize| !self.spans || class > 0;
        let confused = |(n, given, found): &&(u64, usize, usize)| {
            marked(*given) && marked(*found) && *n >= CONFUSED_MIN && share(*n, *given) >= 0.2
        };
        for (n, given, found) in pairs.iter().filter(confused) {
            let what = if self.spans { "tags" } else { "labels" };
            let say = format!(
                "`{}` is probably `{}` in {n} {what}, {:.0} % of those that are confident; does the guideline tell them apart?",
                name(*given),
                name(*found),
                share(*n, *given) * 100.0
            );
            out.remark("clean.label_errors", "label.confused", say);
        }
        let row = |(n, given, found): (u64, usize, usize)| {
            vec![name(given).to_string(), name(found).to_string(), n.to_string(), format!("{:.4}", share(n, given))]
        };
        let columns = ["given", "likely", "labels", "share"].map(String::from).to_vec();
        out.fact("pairs", Fact::Table { columns, rows: pairs.into_iter().take(PAIRS_MAX).map(row).collect() });
        let row = |(tag, t): (usize, &f64)| {
            vec![self.tag(tag), if *t > 1.0 { "never given".into() } else { format!("{t:.4}") }]
        };
        let columns = ["class", "threshold"].map(String::from).to_vec();
        out.fact("thresholds", Fact::Table { columns, rows: thresholds.iter().enumerate().map(row).collect() });
    }

    /// Tells how much of what is marked the model marks in the same way: what a weak model doubts is mostly what it has not learned.
    fn tell_agreeing(&self, labelled: &Labelled, out: &mut Verdicts) {
        let mut counts = Counts::new();
        for (at, given) in labelled.labels().iter().enumerate().filter(|(_, given)| !self.spans || **given > 0) {
            let likely = labelled.likeliest(at);
            likely.into_iter().for_each(|likely| *counts.entry((*given, likely)).or_default() += 1);
        }
        out.fact("agreeing", Fact::Decimal(format!("{:.6}", weak::agreeing(&counts))));
        if let Some(say) = weak::say(&counts, self.spans, &|tag| self.name(tag).to_string()) {
            out.remark("clean.label_errors.from", "label.weak_model", say);
        }
    }

    /// A tag as it is written.
    fn tag(&self, tag: usize) -> String {
        let before = if !self.spans || tag == 0 {
            ""
        } else if tag.is_multiple_of(2) {
            "I-"
        } else {
            "B-"
        };
        format!("{before}{}", self.name(tag))
    }
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let compared = p.read(hits)?;
        context.tools.go_on()?;
        let labelled = &compared.labelled;
        let thresholds = labelled.thresholds();
        p.tell(&compared, &thresholds, &labelled.confident(&thresholds), out);
        let chosen: BTreeSet<usize> = p.filter().choose(labelled, &labelled.joint()).into_iter().collect();
        let qualities = p.qualities(labelled, &thresholds);
        let (mut verdicts, mut faults) =
            (Vec::new(), BTreeMap::from(["boundary", "class", "missing", "spurious"].map(|f| (f, 0u64))));
        let (mut suspects, mut decided) = (0u64, 0u64);
        for Judged { at, decided: by_person, answered, range } in &compared.samples {
            let own: Vec<(usize, f64)> = range.clone().filter_map(|i| Some((i, *qualities.get(i)?))).collect();
            let quality = sentence(&own.iter().map(|o| o.1).collect::<Vec<_>>());
            let doubtful: Vec<&(usize, f64)> = own.iter().filter(|(i, _)| chosen.contains(i)).collect();
            let pair = |i: usize| Some((*labelled.labels().get(i)?, labelled.likeliest(i)?));
            for (given, likely) in doubtful.iter().filter_map(|(i, _)| pair(*i)).filter(|_| p.spans) {
                *faults.entry(p.fault(given, likely)).or_default() += 1;
            }
            let worst = doubtful.iter().min_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
            let why = worst.and_then(|(i, _)| pair(*i)).map(|(given, likely)| p.why(given, likely));
            decided += u64::from(*by_person);
            suspects += u64::from(why.is_some());
            let asked = why.is_some() && !by_person;
            let (answered, boxes) = (*answered, Vec::new());
            verdicts.push((*at, Verdict { quality, why: why.unwrap_or_default(), asked, answered, boxes }));
        }
        p.tell_agreeing(labelled, out);
        let asked = rank(&mut verdicts, p.worst);
        out.fact("suspects", suspects);
        out.fact("asked", asked.len() as u64);
        out.fact("decided", decided);
        out.fact("compared", compared.samples.len() as u64);
        out.fact("without", compared.without);
        if p.spans {
            let rows = faults.into_iter().map(|(fault, n)| vec![fault.to_string(), n.to_string()]).collect();
            out.fact("faults", Fact::Table { columns: ["fault", "tags"].map(String::from).to_vec(), rows });
        }
        verdicts.into_iter().try_for_each(|(at, verdict)| out.put_json(at, &verdict))
    }
}

/// What becomes of suspects, of whatever kind of task.
struct RowApply;

impl RowApply {
    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let (mut quality, mut wrong) = (vec![None; rows.len()], vec![None; rows.len()]);
        for decided in slice.each::<Verdict>() {
            let (row, verdict) = decided?;
            if let (Some(quality), Some(wrong)) = (quality.get_mut(row), wrong.get_mut(row)) {
                *quality = Some((verdict.quality * 1e6).round_ties_even() / 1e6);
                *wrong = Some(!verdict.why.is_empty());
            }
            if verdict.asked {
                let act = match p.action {
                    Action::Review => Act::Review,
                    Action::Flag => Act::Finding,
                    Action::Drop => Act::DROP,
                };
                delta.event(row, act, "clean.label_errors", "label.suspect", verdict.why);
                for (fault, say) in verdict.boxes {
                    delta.event(row, Act::Finding, "clean.label_errors", format!("label.{fault}"), say);
                }
            }
        }
        if quality.iter().any(Option::is_some) {
            delta.write(format!("label_quality.{}", p.task), array_of(quality));
            let flags: Vec<Value> = wrong.into_iter().map(|w| w.map_or(Value::Null, Value::Bool)).collect();
            let flags = column(&DataType::Boolean, &flags).map_err(Fault::Bug)?;
            delta.write(format!("label_error.{}", p.task), flags);
        }
        Ok(delta)
    }
}

/// Says of each suspect which it is by quality, and asks about the worst alone, besides those that people have answered: their places.
fn rank(verdicts: &mut [(Spot, Verdict)], worst: Option<u32>) -> Vec<usize> {
    let mut asked: Vec<usize> = verdicts.iter().enumerate().filter(|(_, (_, v))| v.asked).map(|(i, _)| i).collect();
    let quality = |i: usize| verdicts.get(i).map_or(1.0, |v| v.1.quality);
    asked.sort_by(|a, b| quality(*a).total_cmp(&quality(*b)).then(a.cmp(b)));
    let all = asked.len();
    let mut left = worst.map_or(all, |n| n as usize);
    for (place, i) in asked.iter().enumerate() {
        let Some((_, v)) = verdicts.get_mut(*i) else { continue };
        v.asked = v.answered || left > 0;
        if !v.answered {
            left = left.saturating_sub(1);
        }
        if v.asked {
            v.why = format!("{}: quality {:.4}, {} of {all} by urgency", v.why, v.quality, place + 1);
        }
    }
    asked.retain(|i| verdicts.get(*i).is_some_and(|v| v.1.asked));
    asked
}
