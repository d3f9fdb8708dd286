//! How good the predictions are: `train.NAME/check` of all samples by models that had not learned of them, `train.NAME` of those that
//! `[split]` kept from learning. Without `[split]` `train.NAME` scores all samples.
//!
//! The scored samples are those of the split `test` if there is one, else of every split but `train`. Of predictions that come in files
//! these are the same predictions.
//!
//! Reads `predicted.NAME` or `tested.NAME`, the label and `split`. Facts, of a task of spans: `precision`, `recall`, `f1` (exact spans,
//! over all texts), `macro_f1` (the mean over classes), `token_accuracy`; of a task of classes: `accuracy`, `macro_f1`, `brier`. Of both
//! `log_loss`, `calibration_error` ([`crate::measure::scores`]), `samples`, `without` and `without_share` (samples with a label and no
//! prediction), the table `by_class`, and of classes the table `confused` with pairs of classes, most first. `NAME_low` and
//! `NAME_high` of `f1`, `accuracy` and `macro_f1`: 95 % of the values when samples are drawn anew. A score that nothing gives is undefined.
//! With `compare` `gain.samples` (predicted by both) and `gain.f1`, `gain.macro_f1` or `gain.accuracy` with their ends: by how much this
//! model is better, samples being drawn anew for both at once.
//! Findings: where predictions come in files `prediction.missing`, a sample that has a label and no prediction of use; of a task of spans
//! `train.untaggable`, spans that no tags of the tokens say, since they begin or end within one or overlap another (fact `untaggable`).
use super::declaration::{Tokens, Trained, checked};
use super::given::column_of;
use super::learn::tested_column;
use super::parts::LEARNED_OF;
use crate::measure::agreement::interval;
use crate::measure::confident::likeliest;
use crate::measure::learn::{Tagging, decode};
use crate::measure::scores::{Confusion, Found, Reliability};
use crate::model::predictions::{Predicted, tags_of};
use crate::model::spans::Span;
use crate::stage::*;
use crate::table::{Cell, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const CHECK: Entry = Entry::row::<Score>("train/score", "train.*", declare_check);
pub const SCORE: Entry = Entry::row::<Score>("train/score", "train.*", declare_score);

/// The split that is scored, if there is one of this name.
pub const SCORED: &str = "test";

fn declare_check(check: &mut Check) -> Vec<Plan> {
    let Some(trained) = checked(check).filter(|trained| !trained.boxes) else { return Vec::new() };
    let word = if check.manifest.table(&["split"]).is_some() { "check" } else { "" };
    vec![plan(check, &trained, word, column_of(&trained.name), false)]
}

fn declare_score(check: &mut Check) -> Vec<Plan> {
    if check.column("samples", "split").is_none() {
        return Vec::new();
    }
    let Some(trained) = checked(check).filter(|trained| !trained.boxes) else { return Vec::new() };
    let learned = trained.declared.model.is_some();
    let column = if learned { tested_column(&trained.name) } else { column_of(&trained.name) };
    vec![plan(check, &trained, "", column, true)]
}

fn plan(check: &Check, trained: &Trained, word: &str, column: String, test: bool) -> Plan {
    let files = trained.declared.predictions.is_some() && !test;
    let map = Map {
        label: trained.label(),
        column,
        classes: trained.classes.clone(),
        spans: trained.spans,
        test,
        files: if files { trained.key("predictions.files") } else { String::new() },
        other: compared_with(check, trained, word, test),
    };
    let gather = Gather {
        classes: trained.classes.clone(),
        spans: trained.spans,
        resamples: trained.resamples(),
        seed: trained.declared.seed,
        path: trained.path.clone(),
        words: trained.declared.model.is_some() && trained.unit(check) == Tokens::Words,
    };
    let mut reads = vec![map.label.clone(), map.column.clone()];
    reads.extend(test.then(|| "split".to_string()));
    reads.extend(Some(map.other.clone()).filter(|other| !other.is_empty()));
    let ports = Ports { table: "samples".into(), reads, ..Ports::default() };
    let gates = gates_of(check, trained, word, files);
    Plan { gates, ..Plan::row::<Score>(ports, &map, &gather, &Nothing {}).word(word) }
}

/// The column of the predictions that those of a step are compared with; empty where there are none. Only the last step compares.
pub fn compared_with(check: &Check, trained: &Trained, word: &str, test: bool) -> String {
    let Some(other) = trained.declared.compare.as_ref().filter(|_| word.is_empty()) else { return String::new() };
    let tested = tested_column(other);
    if test && check.column("samples", &tested).is_some() { tested } else { column_of(other) }
}

/// The gates of a step that scores: those over its scores at the last one, and that over samples that files do not predict.
pub fn gates_of(check: &Check, trained: &Trained, word: &str, files: bool) -> Vec<Gate> {
    let step = if word.is_empty() { trained.path.clone() } else { format!("{}/{word}", trained.path) };
    let mut gates = if word.is_empty() { trained.gates(&step) } else { Vec::new() };
    if files {
        let say = format!("[{}] predicts too few of the samples that have a label", trained.path);
        gates.push(trained.lost_gate(check, format!("{step}.without_share"), &say));
    }
    gates
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// The column of predictions.
    #[serde(default, skip_serializing_if = "is_default")]
    column: String,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: bool,
    /// Only samples that nothing learned of.
    #[serde(default, skip_serializing_if = "is_default")]
    test: bool,
    /// The key of the files of predictions, where samples without one are told.
    #[serde(default, skip_serializing_if = "is_default")]
    files: String,
    /// The predictions that these are compared with.
    #[serde(default, skip_serializing_if = "is_default")]
    other: String,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    resamples: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    path: String,
    /// The model here tags words.
    #[serde(default, skip_serializing_if = "is_default")]
    words: bool,
}

/// Of each class: its spans that are right, predicted, given.
type Counted = Vec<(usize, [u64; 3])>;

/// A score of a table of classes.
type Rate = fn(&Confusion) -> Option<f64>;

/// What is counted of a sample.
#[derive(Serialize, Deserialize, Default)]
struct Scored {
    /// The given and the predicted class.
    #[serde(default, skip_serializing_if = "is_default")]
    class: Option<(usize, usize)>,
    /// Of each class: its spans that are right, predicted, given.
    #[serde(default, skip_serializing_if = "is_default")]
    spans: Counted,
    /// Tokens with the right tag, and all.
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: (u64, u64),
    /// Given spans that no tags of the tokens say.
    #[serde(default, skip_serializing_if = "is_default")]
    untaggable: u64,
    #[serde(default)]
    reliability: Reliability,
    /// There is no prediction.
    #[serde(default, skip_serializing_if = "is_default")]
    without: bool,
    /// The same of the predictions that these are compared with, where there are such.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    other: Option<Box<Scored>>,
}

impl Map {
    fn scored(&self, label: &Value, predicted: Option<&Predicted>) -> Option<Scored> {
        if *label == Value::Null {
            return None;
        }
        let Some(predicted) = predicted else { return Some(Scored { without: true, ..Scored::default() }) };
        let mut out = Scored::default();
        if !self.spans {
            let given = self.classes.iter().position(|c| Some(c.as_str()) == label.text())?;
            out.reliability.add(given, &predicted.probabilities);
            out.class = Some((given, likeliest(&predicted.probabilities)?));
            return Some(out);
        }
        let given: Vec<Span> = Cell::from_value(label)?;
        let tagging = Tagging { classes: self.classes.len() };
        let tags = decode(tagging, &predicted.probabilities);
        let right = tags_of(&predicted.tokens, &given, &self.classes);
        for ((tag, own), row) in tags.iter().zip(&right).zip(predicted.rows(tagging.tags())) {
            out.tokens.0 += u64::from(*tag == usize::from(*own));
            out.tokens.1 += 1;
            out.reliability.add(usize::from(*own), row);
        }
        let place = |s: &Span| Some((s.start, s.end, self.classes.iter().position(|c| *c == s.class)?));
        let given: Vec<_> = given.iter().filter_map(place).collect();
        let of_tokens = |(class, first, last): (usize, usize, usize)| {
            Some((predicted.tokens.get(first)?.start, predicted.tokens.get(last.checked_sub(1)?)?.end, class))
        };
        let spans = |tags: &[usize]| tagging.spans(tags).into_iter().filter_map(of_tokens).collect::<Vec<_>>();
        let found = spans(&tags);
        let said = spans(&right.iter().map(|tag| usize::from(*tag)).collect::<Vec<_>>());
        out.untaggable = given.iter().filter(|span| !said.contains(span)).count() as u64;
        let counts = Found::count(&found, &given).into_iter();
        out.spans = counts.map(|(class, f)| (class, [f.right, f.predicted, f.given])).collect();
        Some(out)
    }
}

struct Score;

impl RowStage for Score {
    const MAP: u32 = 3; // samples without a prediction are told; spans that tags cannot say
    const USES: &'static [&'static str] = &["libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    /// The key is the split of the sample where it counts.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let labels = rows.column(&p.label)?;
        let predicted: Vec<Option<Predicted>> = rows.cells(&p.column)?;
        let splits = if p.test { rows.texts("split")? } else { Vec::new() };
        let others: Vec<Option<Predicted>> = if p.other.is_empty() { Vec::new() } else { rows.cells(&p.other)? };
        let mut delta = Delta::default();
        for (row, predicted) in predicted.iter().enumerate() {
            let split = splits.get(row).cloned().flatten().unwrap_or_default();
            if p.test && split == LEARNED_OF {
                continue;
            }
            let label = value_at(labels.as_ref(), row);
            let Some(mut scored) = p.scored(&label, predicted.as_ref()) else { continue };
            let other = others.get(row).and_then(Option::as_ref).and_then(|other| p.scored(&label, Some(other)));
            scored.other = other.map(Box::new);
            if scored.without && !p.files.is_empty() {
                let say = "it has a label, and the files hold no prediction of use for it";
                delta.event(row, Act::Finding, &p.files, "prediction.missing", say);
            }
            summary.put(split, row, serde_json::to_vec(&scored).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(delta)
    }
}

impl Score {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let tested = hits.iter().any(|hit| hit.key.as_ref() == SCORED.as_bytes());
        let mut all = Vec::new();
        for hit in hits.iter().filter(|hit| !tested || hit.key.as_ref() == SCORED.as_bytes()) {
            all.push(serde_json::from_slice::<Scored>(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        let without = all.iter().filter(|s| s.without).count() as u64;
        let share = if all.is_empty() { 0.0 } else { without as f64 / all.len() as f64 };
        out.fact("without", without);
        out.fact("without_share", decimal(share));
        all.retain(|s| !s.without);
        out.fact("samples", all.len() as u64);
        let mut reliability = Reliability::default();
        all.iter().for_each(|s| reliability.join(&s.reliability));
        let trust = reliability.trust();
        tell(out, "log_loss", trust.map(|t| t.log_loss));
        tell(out, "calibration_error", trust.map(|t| t.calibration_error));
        match p.spans {
            true => p.tell_spans(&all, out),
            false => {
                tell(out, "brier", trust.map(|t| t.brier));
                p.tell_classes(&all, out)
            }
        }
        p.tell_gains(&all, out);
        Ok(())
    }
}

/// Equal items, and how often each is there.
fn kinds<T: Ord>(of: impl Iterator<Item = T>) -> (Vec<T>, Vec<u64>) {
    let mut met: BTreeMap<T, u64> = BTreeMap::new();
    of.for_each(|item| *met.entry(item).or_default() += 1);
    met.into_iter().unzip()
}

impl Gather {
    fn tell_spans(&self, all: &[Scored], out: &mut Verdicts) {
        let (kinds, times) = kinds(all.iter().map(|s| s.spans.clone()));
        let found = |times: &[u64]| {
            let mut classes = vec![Found::default(); self.classes.len()];
            let each = kinds.iter().zip(times).flat_map(|(kind, n)| kind.iter().map(move |one| (n, one)));
            for (n, (class, [right, predicted, given])) in each {
                if let Some(own) = classes.get_mut(*class) {
                    own.add(&Found { right: *right, predicted: *predicted, given: *given }, *n);
                }
            }
            classes
        };
        let classes = found(&times);
        let all_of = |classes: &[Found]| {
            let mut sum = Found::default();
            classes.iter().for_each(|c| sum.add(c, 1));
            sum
        };
        let micro = all_of(&classes);
        tell(out, "precision", micro.precision());
        tell(out, "recall", micro.recall());
        self.ends(out, "f1", &times, micro.f1(), &mut |times| all_of(&found(times)).f1());
        self.ends(out, "macro_f1", &times, Found::macro_f1(classes.iter()), &mut |times| {
            Found::macro_f1(found(times).iter())
        });
        let (right, tokens) = all.iter().fold((0, 0), |sum, s| (sum.0 + s.tokens.0, sum.1 + s.tokens.1));
        tell(out, "token_accuracy", (tokens > 0).then(|| right as f64 / tokens as f64));
        self.tell_table(&classes, out);
        let untaggable: u64 = all.iter().map(|s| s.untaggable).sum();
        out.fact("untaggable", untaggable);
        if untaggable > 0 {
            let help =
                if self.words { "; a model with `tokens = \"characters\"` can say those within words" } else { "" };
            let say = "spans begin or end within a token, or overlap another, so that no tags say them and they count as not found";
            out.remark(format!("{}.task", self.path), "train.untaggable", format!("{untaggable} {say}{help}"));
        }
    }

    fn tell_classes(&self, all: &[Scored], out: &mut Verdicts) {
        let (kinds, times) = kinds(all.iter().filter_map(|s| s.class));
        let confusion = |times: &[u64]| {
            let mut confusion = Confusion::new(self.classes.len());
            kinds.iter().zip(times).for_each(|((given, found), n)| confusion.add(*given, *found, *n));
            confusion
        };
        let whole = confusion(&times);
        self.ends(out, "accuracy", &times, whole.accuracy(), &mut |times| confusion(times).accuracy());
        self.ends(out, "macro_f1", &times, whole.macro_f1(), &mut |times| confusion(times).macro_f1());
        let classes: Vec<Found> = (0..self.classes.len()).map(|k| whole.of(k)).collect();
        self.tell_table(&classes, out);
        let name = |k: usize| self.classes.get(k).cloned().unwrap_or_default();
        let mut pairs: Vec<(u64, usize, usize)> = Vec::new();
        for (given, row) in whole.0.iter().enumerate() {
            let wrong = row.iter().enumerate().filter(|(found, n)| *found != given && **n > 0);
            pairs.extend(wrong.map(|(found, n)| (*n, given, found)));
        }
        pairs.sort_by_key(|(n, given, found)| (u64::MAX - n, *given, *found));
        let rows = pairs.into_iter().map(|(n, given, found)| vec![name(given), name(found), n.to_string()]).collect();
        out.fact(
            "confused",
            Fact::Table { columns: ["given", "predicted", "samples"].map(String::from).to_vec(), rows },
        );
    }

    /// By how much these predictions are better than those that they are compared with, on the samples that both predict.
    fn tell_gains(&self, all: &[Scored], out: &mut Verdicts) {
        let pairs: Vec<(&Scored, &Scored)> = all.iter().filter_map(|s| Some((s, s.other.as_deref()?))).collect();
        if pairs.is_empty() {
            return;
        }
        out.fact("gain.samples", pairs.len() as u64);
        let less = |a: Option<f64>, b: Option<f64>| Some(a? - b?);
        if self.spans {
            let (kinds, times) = kinds(pairs.iter().map(|(a, b)| (a.spans.clone(), b.spans.clone())));
            let found = |of: &dyn Fn(&(Counted, Counted)) -> Counted, times: &[u64]| {
                let mut classes = vec![Found::default(); self.classes.len()];
                for (kind, n) in kinds.iter().zip(times) {
                    for (class, [right, predicted, given]) in of(kind) {
                        if let Some(own) = classes.get_mut(class) {
                            own.add(&Found { right, predicted, given }, *n);
                        }
                    }
                }
                classes
            };
            let both = |times: &[u64]| [found(&|k| k.0.clone(), times), found(&|k| k.1.clone(), times)];
            let f1 = |times: &[u64]| {
                let [own, other] = both(times).map(|classes| {
                    let mut sum = Found::default();
                    classes.iter().for_each(|c| sum.add(c, 1));
                    sum.f1()
                });
                less(own, other)
            };
            let macro_f1 = |times: &[u64]| {
                let [own, other] = both(times).map(|classes| Found::macro_f1(classes.iter()));
                less(own, other)
            };
            self.ends(out, "gain.f1", &times, f1(&times), &mut |times| f1(times));
            self.ends(out, "gain.macro_f1", &times, macro_f1(&times), &mut |times| macro_f1(times));
        } else {
            let (kinds, times) = kinds(pairs.iter().filter_map(|(a, b)| Some((a.class?, b.class?))));
            let both = |times: &[u64]| {
                let mut all = [Confusion::new(self.classes.len()), Confusion::new(self.classes.len())];
                for (((given, own), (_, other)), n) in kinds.iter().zip(times) {
                    let [first, second] = &mut all;
                    first.add(*given, *own, *n);
                    second.add(*given, *other, *n);
                }
                all
            };
            let of = |times: &[u64], score: &dyn Fn(&Confusion) -> Option<f64>| {
                let [own, other] = both(times);
                less(score(&own), score(&other))
            };
            let scores: [(&str, Rate); 2] =
                [("gain.accuracy", Confusion::accuracy), ("gain.macro_f1", Confusion::macro_f1)];
            for (name, score) in scores {
                self.ends(out, name, &times, of(&times, &score), &mut |times| of(times, &score));
            }
        }
    }

    /// Tells a score with the ends of its interval.
    fn ends(
        &self,
        out: &mut Verdicts,
        name: &str,
        times: &[u64],
        value: Option<f64>,
        of: &mut dyn FnMut(&[u64]) -> Option<f64>,
    ) {
        ends(out, name, times, self.resamples, self.seed, value, of);
    }

    fn tell_table(&self, classes: &[Found], out: &mut Verdicts) {
        let columns = ["class", "given", "predicted", "right", "precision", "recall", "f1"].map(String::from).to_vec();
        let score = |of: Option<f64>| of.map_or_else(|| "undefined".to_string(), |x| format!("{x:.4}"));
        let row = |(name, of): (&String, &Found)| {
            let counts = [of.given, of.predicted, of.right].map(|n| n.to_string());
            let scores = [of.precision(), of.recall(), of.f1()].map(score);
            [vec![name.clone()], counts.to_vec(), scores.to_vec()].concat()
        };
        out.fact("by_class", Fact::Table { columns, rows: self.classes.iter().zip(classes).map(row).collect() });
    }
}

/// Tells a score with the ends of its interval.
pub fn ends(
    out: &mut Verdicts,
    name: &str,
    times: &[u64],
    resamples: u32,
    seed: u64,
    value: Option<f64>,
    of: &mut dyn FnMut(&[u64]) -> Option<f64>,
) {
    tell(out, name, value);
    let ends = value.and_then(|_| interval(times, resamples, seed, of));
    tell(out, &format!("{name}_low"), ends.map(|e| e.low));
    tell(out, &format!("{name}_high"), ends.map(|e| e.high));
}

/// Tells a number of six decimals; nothing gives one that is undefined.
pub fn tell(out: &mut Verdicts, name: &str, value: Option<f64>) {
    let undefined = || Fact::Undefined("there is nothing to score".into());
    out.fact(name, value.map_or_else(undefined, decimal));
}

pub fn decimal(value: f64) -> Fact {
    Fact::Decimal(format!("{value:.6}"))
}
