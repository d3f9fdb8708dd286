//! `label.TASK/agreement`: how far the annotators agree, and whether that is enough.
//!
//! ```toml
//! [label.topic.agreement]
//! metric = "krippendorff_alpha"
//! min = 0.8
//! min_by_class = { law = 0.7 }
//! on_low = "fail"
//! ```
//!
//! Reads `votes.TASK` behind the check; of spans by characters the text, too. Writes nothing. An answer of which nothing could
//! be used does not count, nor does a second answer of one annotator.
//!
//! Facts: `value`; `low` and `high`, the interval that holds 95 % of the values when samples are drawn anew; `percent` and
//! `gwet_ac1` beside coefficients of counts; `shared` and `single` (samples with several answers, with one); `annotators`,
//! `pairs`; `class.CLASS`; the tables `by_class`, `by_annotator` and `by_pair`, the lowest first; where answers say under which version of the
//! guideline they were given, the table `by_version`, of the answers under each alone; where files say what answers took, the table `by_pace`, each
//! annotator by speed and agreement with the quadrant and what to do first. All numbers have six
//! decimals; of several classes there is no `gwet_ac1`, and `class.CLASS` is the alpha of who gave the class and who did
//! not; of rankings compared candidate by candidate `class.N` is the alpha of who gave rank N, and rankings compared as wholes have none;
//! what the data cannot say is undefined, with the reason. Findings: `agreement.overlap` (fewer than half of the
//! answered samples have two answers), `annotator.alike` (names that differ in case, spaces or Unicode form alone), `agreement.low` (where nothing else happens). Reviews: `agreement.low`, a sample whose
//! own answers agree less than `min` while all of them do.
//!
//! A sample whose label a person decided (`label.TASK/decided`) does not rest on its answers any more and is left out;
//! `decided` says how many there are, and `value_of_all` what the value were with them.
//!
//! Limits: of more than 1,000 pairs of annotators the lowest are in the table. With `[privacy]` annotators are numbers in it.
use super::compared::Compared;
use super::decided::{DecidedColumn, column_of};
use super::declaration::{Answers, Task, checked};
use super::kinds::kind::Kind;
use super::known::{Met, Order};
use super::measured::{Line, Measured, Measuring, alone};
use super::metric::{Agreement, Family, Metric, Nearness, OnLow, Scale};
use super::pace;
use super::rows::{optional, slot};
use super::sampled::{Sample, encode};
use crate::manifest::Decimal;
use crate::measure::agreement::{Coefficient, Weights};
use crate::measure::names::{USES, composed};
use crate::model::votes::{Vote, VotesColumn};
use crate::stage::*;
use crate::table::Value;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Stage>("label/agreement", "label.*", declare);

/// How often samples are drawn anew, if nothing else is said.
const RESAMPLES: u32 = 1000;

/// So many pairs of annotators stand in the table of them.
const PAIRS_MAX: usize = 1000;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let Some(agreement) = task.declared.agreement.clone() else { return Vec::new() };
    let metric = task.metric(&agreement);
    let on_text = task.kind().on_text && metric == Metric::CharacterAlpha;
    let map = Map { task: task.name.clone(), kind: task.kind(), metric, text: task.text.clone().filter(|_| on_text) };
    let (review, told) = (agreement.on_low == OnLow::Review, agreement.on_low != OnLow::Fail);
    let scale = task.declared.scale.as_ref();
    let usual = if task.kind().scale { Scale::Interval } else { Scale::Nominal };
    let usual = task.kind().candidates.map_or(usual, |own| own.level);
    let squares = if metric == Metric::GwetAc2 { Nearness::Quadratic } else { Nearness::None };
    let gather = Gather {
        task: task.name.clone(),
        // rankings compared as wholes have no classes
        classes: if metric == Metric::KendallW { Vec::new() } else { task.categories() },
        scale: scale.map(|s| (*s.min.get(), *s.max.get())),
        metric,
        level: agreement.level.unwrap_or(usual),
        weights: agreement.weights.unwrap_or(squares),
        on_low: agreement.on_low,
        min: agreement.min.as_ref().map(|m| *m.get()).filter(|_| told),
        min_by_class: agreement.min_by_class.iter().filter(|_| told).map(|(c, m)| (c.clone(), *m.get())).collect(),
        resamples: agreement.resamples.unwrap_or(RESAMPLES),
        seed: agreement.seed,
        open: check.manifest.table(&["privacy"]).is_none(),
        enough: agreement.min.as_ref().map(|m| *m.get()).filter(|_| !timed(&task).is_empty()),
        paces: timed(&task),
    };
    let mut reads = vec![task.votes().0];
    reads.extend(map.text.clone());
    reads.extend(Some(column_of(&task.name)).filter(|name| check.column("samples", name).is_some()));
    let ports =
        Ports { table: "samples".into(), reads, drops: review, facts: gather.paces.clone(), ..Ports::default() };
    let apply = Apply { task: task.name.clone() };
    let gates = gates(check, &task, &agreement);
    vec![Plan { gates, ..Plan::row::<Stage>(ports, &map, &gather, &apply) }.word("agreement")]
}

/// The facts that say what answers took, of the sources whose answers do.
fn timed(task: &Task) -> Vec<String> {
    let says = |answers: &Answers| answers.fields.as_ref().is_some_and(|fields| fields.time.is_some());
    let own = task.files().filter(|(_, answers, _)| says(answers));
    own.map(|(name, ..)| format!("{}/read.{name}.spent", task.path)).collect()
}

/// The gates on the agreement of all classes, and of single ones.
fn gates(check: &Check, task: &Task, agreement: &Agreement) -> Vec<Gate> {
    if agreement.on_low != OnLow::Fail {
        return Vec::new();
    }
    let step = format!("{}/agreement", task.path);
    let look = format!(
        "tamis show {} --agreement; tamis label export {} --only low-agreement writes the samples to look at again",
        task.path, task.name
    );
    let gate = |key: &str, fact: String, min: Decimal, of: String| {
        let key = task.key(key);
        let span = check.manifest.span_of(&key).unwrap_or_else(|| check.span.clone());
        let gate = Gate::at_least(key, fact, min, span).beside(format!("{step}.by_class")).look(look.clone());
        gate.say(format!("the annotators of {} agree too little{of}", task.path))
    };
    let all = agreement.min.iter().map(|m| gate("agreement.min", format!("{step}.value"), *m.get(), String::new()));
    let classes = agreement.min_by_class.iter().map(|(class, min)| {
        let key = format!("agreement.min_by_class.{class}");
        gate(&key, format!("{step}.class.{class}"), *min.get(), format!(" on `{class}`"))
    });
    all.chain(classes).collect()
}

/// How the answers to a sample are compared.
#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    kind: &'static Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    metric: Metric,
    /// The text whose characters are counted.
    #[serde(default, skip_serializing_if = "is_default")]
    text: Option<String>,
}

/// What is measured, and what is demanded where no gate does it.
#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    scale: Option<(Decimal, Decimal)>,
    #[serde(default, skip_serializing_if = "is_default")]
    metric: Metric,
    #[serde(default, skip_serializing_if = "is_default")]
    level: Scale,
    #[serde(default, skip_serializing_if = "is_default")]
    weights: Nearness,
    #[serde(default, skip_serializing_if = "is_default")]
    on_low: OnLow,
    #[serde(default, skip_serializing_if = "is_default")]
    min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    min_by_class: BTreeMap<String, Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    resamples: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
    /// Annotators may be named: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
    /// The facts that say what answers took.
    #[serde(default, skip_serializing_if = "is_default")]
    paces: Vec<String>,
    /// The agreement that is asked for, where annotators are held against it.
    #[serde(default, skip_serializing_if = "is_default")]
    enough: Option<Decimal>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 3; // 2: versions of the guideline; 3: samples have another layout
    const USES: &'static [&'static str] = USES;
    const GATHER: Option<GatherPart<Self>> = Some((4, Self::gather)); // 3: by version of the guideline; 4: samples have another layout
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let votes = rows.column(&format!("votes.{}", p.task))?;
        let text = p.text.as_ref().map_or(Ok(None), |name| optional(rows, name))?;
        let decided = DecidedColumn::read(rows, &p.task)?;
        let votes = VotesColumn::of(votes.as_ref());
        for row in 0..rows.len() {
            let Some(votes) = votes.list(row) else { continue };
            let chars = slot(&text, row).text().map(|t| t.chars().count() as u32);
            let compared = compared(p.kind, p.metric, &votes, chars);
            let compared = Compared { decided: decided.of(row).is_some(), ..compared };
            if !compared.by.is_empty() {
                summary.put(b"", row, encode(&compared)?);
            }
        }
        Ok(Delta::default())
    }
}

/// The answers of a row that can be used, one of each annotator, compared.
pub fn compared(kind: &Kind, metric: Metric, votes: &[Vote], chars: Option<u32>) -> Compared {
    let mut given: Vec<&Vote> = votes.iter().filter(|v| v.answer != Value::Null).collect();
    given.sort_by(|a, b| (&a.annotator, &a.origin).cmp(&(&b.annotator, &b.origin)));
    given.dedup_by(|later, first| later.annotator == first.annotator);
    let answers: Vec<&Value> = given.iter().map(|v| &v.answer).collect();
    let compared = (kind.compare)(&answers, metric, chars);
    let told = given.iter().any(|v| !v.guideline.is_empty());
    let versions = given.iter().filter(|_| told).map(|v| v.guideline.clone()).collect();
    Compared { by: given.into_iter().map(|v| v.annotator.clone()).collect(), versions, ..compared }
}

impl Gather {
    fn family(&self) -> Family {
        self.metric.family(self.level, self.weights)
    }

    fn order(&self) -> Order {
        let scale = self.scale.map(|(min, max)| (min.to_f64(), max.to_f64()));
        Order { classes: self.classes.clone(), scale }
    }

    /// Reads every sample for the names in it.
    fn looked(&self, hits: &Hits) -> Result<Looked, Fault> {
        let mut out = Looked::default();
        each(hits, |_, sample| {
            out.met.see(&sample);
            out.decided += u64::from(sample.decided());
            for version in sample.versions() {
                if !out.versions.contains(version) {
                    out.versions.insert(version.to_string());
                }
            }
        })?;
        Ok(out)
    }

    /// Reads every sample again for what it says: of each what `of` leaves of it.
    fn measured(
        &self,
        met: &Met,
        hits: &Hits,
        of: impl for<'b> Fn(Sample<'b>) -> Option<Sample<'b>>,
    ) -> Result<Measured, Fault> {
        let names = match self.family().of_sets() {
            Some(level) => met.clone().sets(&self.classes, level),
            None => met.clone().names(&self.classes, self.order().scale),
        };
        let mut measured = Measuring::new(names, self.family());
        each(hits, |_, sample| of(sample).iter().for_each(|sample| measured.add(sample)))?;
        Ok(measured.done())
    }

    /// Tells of each version of the guideline how far those agree who answered under it.
    fn tell_versions(&self, looked: &Looked, hits: &Hits, out: &mut Verdicts) -> Result<(), Fault> {
        let mut lines = Vec::new();
        for version in &looked.versions {
            let own = self.measured(&looked.met, hits, |sample| undecided(sample).map(|s| s.under(version)))?;
            let name = if version.is_empty() { "not said" } else { version };
            lines.push(Line { names: vec![name.to_string()], n: own.shared, value: own.value() });
        }
        if !lines.is_empty() {
            let rows = lines.iter().map(|line| (line.names.clone(), line));
            out.fact("by_version", table(&["guideline", "samples", "agreement"], rows));
        }
        Ok(())
    }

    /// Tells facts about the agreement as a whole.
    fn tell(&self, measured: &Measured, out: &mut Verdicts) {
        let value = measured.value();
        out.fact("value", fact(value));
        if self.resamples > 0 {
            // one sample drawn anew is always itself
            let several = value.ok().filter(|_| measured.shared > 1);
            let interval = several.and_then(|_| measured.interval(self.resamples, self.seed));
            let end = |of: Option<f64>| of.map_or_else(|| Fact::Undefined(NO_INTERVAL.into()), decimal);
            out.fact("low", end(interval.map(|i| i.low)));
            out.fact("high", end(interval.map(|i| i.high)));
            out.fact("resamples_undefined", interval.map_or(u64::from(self.resamples), |i| i.undefined));
        }
        if !matches!(self.family(), Family::Shares) {
            out.fact("percent", fact(measured.by(Coefficient::Percent)));
            // which sets are the categories, nobody declares
            if self.family().of_sets().is_none() {
                out.fact("gwet_ac1", fact(measured.by(Coefficient::Gwet(Weights::Identity))));
            }
        }
        out.fact("shared", measured.shared);
        out.fact("single", measured.single);
        out.fact("annotators", measured.annotators().len() as u64);
        out.fact("pairs", measured.pairs() as u64);
    }

    /// Tells the tables: classes, annotators and their pairs.
    fn tell_tables(&self, measured: &Measured, out: &mut Verdicts) {
        let classes = measured.by_class();
        let named: Vec<&Line> = classes.iter().filter(|l| l.names.iter().all(|n| !n.is_empty())).collect();
        for line in &named {
            out.fact(format!("class.{}", line.names.join("")), fact(line.value));
        }
        out.fact(
            "by_class",
            table(&["class", "answers", "agreement"], named.into_iter().map(|l| (l.names.clone(), l))),
        );
        let rank = measured.ranks();
        let shown = |line: &Line| -> Vec<String> {
            let number = |name: &String| format!("annotator {}", rank(name));
            if self.open { line.names.clone() } else { line.names.iter().map(number).collect() }
        };
        let annotators = measured.by_annotator();
        let rows = annotators.iter().map(|l| (shown(l), l));
        out.fact("by_annotator", table(&["annotator", "pairs of answers", "agreement"], rows));
        let pairs = measured.by_pair(PAIRS_MAX);
        let rows = pairs.iter().map(|l| (shown(l), l));
        out.fact("by_pair", table(&["annotator", "and", "samples", "agreement"], rows));
    }

    /// Tells of each annotator how quick they are and how far they agree.
    fn tell_pace(&self, measured: &Measured, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let spent = self.paces.iter().map(|name| context.fact(name)).collect::<Result<Vec<_>, Fault>>()?;
        let enough = self.enough.as_ref().map_or(pace::ENOUGH, Decimal::to_f64);
        if spent.is_empty() {
            return Ok(());
        }
        // each source numbers its annotators by itself then, so that the two measures cannot be put together
        let unnamed = || Fact::Undefined("with [privacy] annotators have no names".into());
        let table = || pace::table(&spent, &measured.by_annotator(), enough);
        out.fact("by_pace", if self.open { table() } else { unnamed() });
        Ok(())
    }

    /// What is to be told if there is less agreement than is asked for.
    fn lacking(&self, of: &str, value: super::measured::Value, min: Option<Decimal>) -> Vec<String> {
        let enough = |min: Decimal| value.is_ok_and(|v| Decimal::parse(&decimal_text(v)).is_ok_and(|v| v >= min));
        let say = |min| format!("the annotators agree to {}{of}, where {min} is asked for", fact(value));
        min.filter(|min| !enough(*min)).map(say).into_iter().collect()
    }

    /// Tells of annotators whose names differ in case, spaces and Unicode form alone: they count as several people.
    fn tell_alike(&self, measured: &Measured, out: &mut Verdicts) {
        let mut met: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for name in measured.annotators() {
            let plain: String = name.chars().filter(|c| !c.is_whitespace()).collect();
            met.entry(composed(&plain.to_lowercase()).into_owned()).or_default().push(name.clone());
        }
        let alike: Vec<Vec<String>> = met.into_values().filter(|names| names.len() > 1).collect();
        let people: usize = alike.iter().map(Vec::len).sum();
        let shown = |names: &Vec<String>| names.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ");
        let names = match alike.first().filter(|_| self.open) {
            Some(first) => format!(", such as {}", shown(first)),
            None => String::new(),
        };
        if people > 0 {
            let say = format!(
                "the names of {people} annotators differ in case, spaces or Unicode form alone{names}: each counts as a person of their own"
            );
            out.remark(format!("label.{}.from", self.task), "annotator.alike", say);
        }
    }

    /// What is to be told of the samples as a whole, and which of them agree too little.
    fn judge(&self, measured: &Measured, hits: &Hits, out: &mut Verdicts) -> Result<(), Fault> {
        let key = format!("label.{}.agreement", self.task);
        let answered = measured.shared + measured.single;
        if measured.shared * 2 < answered {
            let say = format!(
                "{} of {answered} answered samples have two answers; the agreement is theirs alone",
                measured.shared
            );
            out.remark(key.clone(), "agreement.overlap", say);
        }
        self.tell_alike(measured, out);
        let mut lacks = self.lacking("", measured.value(), self.min);
        for line in measured.by_class().iter().filter(|_| !self.min_by_class.is_empty()) {
            let class = line.names.join("");
            lacks.extend(self.lacking(&format!(" on `{class}`"), line.value, self.min_by_class.get(&class).copied()));
        }
        if self.on_low == OnLow::Keep {
            lacks.drain(..).for_each(|say| out.remark(format!("{key}.min"), "agreement.low", say));
        }
        let Some(min) = self.min.filter(|_| !lacks.is_empty()) else { return Ok(()) };
        let (mut low, order) = (Vec::new(), self.order());
        each(hits, |at, sample| {
            if sample.decided() {
                return;
            }
            let own = alone(&sample.whole(), &order, self.family()).map(decimal_text);
            low.extend(own.filter(|own| Decimal::parse(own).is_ok_and(|v| v < min)).map(|own| (at, own)));
        })?;
        for (at, own) in low {
            out.put_json(at, &Low { own, min: min.to_string() })?;
        }
        Ok(())
    }
}

/// What samples hold, before anything of them is counted.
#[derive(Default)]
struct Looked {
    met: Met,
    /// Samples whose label a person decided.
    decided: u64,
    /// Versions of the guideline under which answers were given; an empty one where others say theirs.
    versions: BTreeSet<String>,
}

/// Every sample, whoever decided about it.
fn every(sample: Sample) -> Option<Sample> {
    Some(sample)
}

/// A sample about which nobody decided.
fn undecided(sample: Sample) -> Option<Sample> {
    (!sample.decided()).then_some(sample)
}

/// What was decided of a sample: how far its own answers agree, and how far they must.
#[derive(Serialize, Deserialize)]
struct Low {
    own: String,
    min: String,
}

/// Reads every sample.
fn each(hits: &Hits, mut tell: impl FnMut(Spot, Sample)) -> Result<(), Fault> {
    for hit in hits.iter() {
        tell(hit.at, Sample::read(&hit.value)?);
    }
    Ok(())
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let looked = p.looked(hits)?;
        let measured = p.measured(&looked.met, hits, undecided)?;
        if looked.decided > 0 {
            out.fact("value_of_all", fact(p.measured(&looked.met, hits, every)?.value()));
        }
        out.fact("decided", looked.decided);
        p.tell(&measured, out);
        p.tell_tables(&measured, out);
        p.tell_versions(&looked, hits, out)?;
        p.tell_pace(&measured, context, out)?;
        p.judge(&measured, hits, out)
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Low>() {
            let (row, Low { own, min }) = decided?;
            let key = format!("label.{}.agreement.on_low", p.task);
            let say = format!("the answers agree to {own}, less than {min}");
            delta.event(row, Act::Review, key, "agreement.low", say);
        }
        Ok(delta)
    }
}

/// The step's own way to look at one sample, for who shows or exports it.
pub struct Looking {
    map: Map,
    gather: Gather,
}

impl Looking {
    /// How the step of a plan looks at samples.
    pub fn of(plan: &Plan) -> Result<Looking, Fault> {
        let wrong = |e: serde_json::Error| Fault::Bug(e.to_string());
        let map = serde_json::from_str(plan.params(Kernel::Map)).map_err(wrong)?;
        Ok(Looking { map, gather: serde_json::from_str(plan.params(Kernel::Gather)).map_err(wrong)? })
    }

    pub fn metric(&self) -> Metric {
        self.map.metric
    }

    /// The column whose characters are counted.
    pub fn text(&self) -> Option<&str> {
        self.map.text.as_deref()
    }

    /// How far the answers to a sample agree, 0 to 1, as a decimal; `None` if there are fewer than two.
    pub fn alone(&self, votes: &[Vote], chars: Option<u32>) -> Option<String> {
        let sample = compared(self.map.kind, self.map.metric, votes, chars);
        alone(&sample, &self.gather.order(), self.gather.family()).map(decimal_text)
    }
}

const NO_INTERVAL: &str =
    "no resample has a value, one sample alone has several answers, or there are too many pairs to draw from";

fn fact(value: super::measured::Value) -> Fact {
    value.map_or_else(|why| Fact::Undefined(why.say().into()), decimal)
}

fn decimal(value: f64) -> Fact {
    Fact::Decimal(decimal_text(value))
}

/// Six decimals; zero has no sign.
fn decimal_text(value: f64) -> String {
    let text = format!("{value:.6}");
    if text == "-0.000000" { "0.000000".into() } else { text }
}

/// A table of lines, whose names are given beside them.
fn table<'l>(columns: &[&str], lines: impl Iterator<Item = (Vec<String>, &'l Line)>) -> Fact {
    let row =
        |(names, line): (Vec<String>, &Line)| [names, vec![line.n.to_string(), fact(line.value).to_string()]].concat();
    Fact::Table { columns: columns.iter().map(|c| c.to_string()).collect(), rows: lines.map(row).collect() }
}
