//! `label.TASK/weighed`: what each annotator is worth, and the class that is most likely the true one.
//!
//! ```toml
//! [label.topic]
//! aggregate = { method = "dawid_skene", on_tie = "review", decimals = 2 }
//! ```
//!
//! There is such a step where the method learns from all answers: `weighted_majority`, `dawid_skene`, `one_coin`, `mace`. Its gather
//! learns, its apply reads `votes.TASK` and writes `weighed.TASK` (the class, and whether another is as likely) and
//! `confidence.TASK`, how likely that class is, to the declared decimals. `label.TASK` takes the class from there.
//!
//! Facts: `rounds`, `converged` (1 or 0) and the table `by_annotator` with the answers and the quality of each, the lowest first:
//! the share of answers that agree with what is taken for true, with `mace` how likely they know. Findings: `weighed.overlap` (fewer than
//! half of the answered samples have two answers), `weighed.rounds` (it ended before the probabilities stood still). A new answer may change what
//! every annotator is worth, so it runs every apply again. Limits: with `[privacy]` annotators are numbers.
use super::declaration::checked;
use super::kinds::kind::Method;
use super::names;
use crate::manifest::Decimal;
use crate::measure::crowd::{Ballots, Model, dawid_skene, mace, one_coin, weights};
use crate::model::votes::VotesColumn;
use crate::stage::*;
use crate::table::value::column;
use crate::table::{DataType, Value, record, utf8};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};

pub const ENTRY: Entry = Entry::row::<Stage>("label/weighed", "label.*", declare);

/// Confidence has so many decimals, if nothing else is said.
const DECIMALS: u8 = 2;

/// Rounds after which learning ends, converged or not.
const ROUNDS: u32 = 100;

/// So many numbers are held at most while something is learned: two gibibytes.
const NUMBERS_MAX: u64 = 1 << 28;

/// Probabilities that differ by less are the same.
const SAME: f64 = 1e-9;

/// The column of the class that was found.
pub fn column_of(task: &str) -> String {
    format!("weighed.{task}")
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    if !task.method().learns() {
        return Vec::new();
    }
    let votes = task.votes().0;
    let decimals = task.declared.aggregate.as_ref().and_then(|a| a.decimals).unwrap_or(DECIMALS);
    let found = record(&[("class", utf8()), ("tied", DataType::Boolean)]);
    let ports = Ports {
        table: "samples".into(),
        reads: vec![votes.clone()],
        apply_reads: vec![votes],
        writes: writes([
            (column_of(&task.name), Column::new(found).inner().harmless()),
            (format!("confidence.{}", task.name), Column::new(DataType::Float64).harmless()),
        ]),
        ..Ports::default()
    };
    let open = check.manifest.table(&["privacy"]).is_none();
    let map = Map { task: task.name.clone() };
    let smoothing = task.declared.aggregate.as_ref().and_then(|a| a.smoothing.as_ref()).map(|s| *s.get());
    let gather = Gather { task: task.name.clone(), classes: task.classes(), method: task.method(), smoothing, open };
    let apply = Apply { task: task.name.clone(), classes: task.classes(), decimals };
    vec![Plan::row::<Stage>(ports, &map, &gather, &apply).word("weighed")]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    method: Method,
    #[serde(default, skip_serializing_if = "is_default")]
    smoothing: Option<Decimal>,
    /// Annotators may be named: there is no `[privacy]`.
    #[serde(default, skip_serializing_if = "is_default")]
    open: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    decimals: u8,
}

/// What was learned, as an apply is given it.
#[derive(Serialize, Deserialize)]
struct Learned {
    /// In name order.
    annotators: Vec<String>,
    by: By,
}

#[derive(Serialize, Deserialize)]
enum By {
    Weights(Vec<f64>),
    Model(Model),
}

/// Who said what of a sample, each annotator once: of several answers the first.
fn said<'v>(votes: &VotesColumn<'v>, row: usize) -> Vec<(&'v str, &'v str)> {
    let mut out: Vec<(&str, &str)> = votes.texts(row).collect();
    out.sort_by_key(|(by, _)| *by);
    out.dedup_by_key(|(by, _)| *by);
    out
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 2; // names have another layout
    const USES: &'static [&'static str] = &["libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((3, Self::gather)); // 2: what is learned has another layout; 3: names have
    const APPLY: Option<ApplyPart<Self>> = Some((2, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let votes = rows.column(&format!("votes.{}", p.task))?;
        let votes = VotesColumn::of(votes.as_ref());
        let mut bytes = Vec::new();
        for row in 0..rows.len() {
            bytes.clear();
            for (by, class) in said(&votes, row) {
                names::put(&mut bytes, by);
                names::put(&mut bytes, class);
            }
            if !bytes.is_empty() {
                summary.put(b"", row, &bytes);
            }
        }
        Ok(Delta::default())
    }
}

/// Numbers of annotators and classes.
struct Numbers<'n> {
    annotators: HashMap<&'n str, u32>,
    classes: HashMap<&'n str, u32>,
}

impl<'n> Numbers<'n> {
    fn new(annotators: &'n [String], classes: &'n [String]) -> Numbers<'n> {
        let places = |of: &'n [String]| of.iter().enumerate().map(|(n, name)| (name.as_str(), n as u32)).collect();
        Numbers { annotators: places(annotators), classes: places(classes) }
    }

    fn of(&self, said: &[(&str, &str)]) -> Vec<(u32, u32)> {
        let number = |(by, class): &(&str, &str)| Some((*self.annotators.get(by)?, *self.classes.get(class)?));
        said.iter().filter_map(number).collect()
    }
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let wrong = || Fault::Bug("the names of a sample do not read back".into());
        let mut met: HashSet<String> = HashSet::new();
        for hit in hits.iter() {
            for (by, _) in names::pairs(&hit.value).ok_or_else(wrong)? {
                if !met.contains(by) {
                    met.insert(by.to_string());
                }
            }
        }
        let mut annotators: Vec<String> = met.into_iter().collect();
        annotators.sort_unstable();
        p.bounded(annotators.len() as u64, hits.iter().count() as u64)?;
        let numbers = Numbers::new(&annotators, &p.classes);
        let mut ballots = Ballots::new(annotators.len(), p.classes.len());
        let mut answers: BTreeMap<u32, u64> = BTreeMap::new();
        let (mut all, mut shared) = (0u64, 0u64);
        for hit in hits.iter() {
            let own = numbers.of(&names::pairs(&hit.value).ok_or_else(wrong)?);
            own.iter().for_each(|(by, _)| *answers.entry(*by).or_default() += 1);
            (all, shared) = (all + u64::from(!own.is_empty()), shared + u64::from(own.len() > 1));
            ballots.add(own);
        }
        let by = match p.method {
            Method::DawidSkene => By::Model(dawid_skene(&ballots, ROUNDS, p.smoothing.map_or(0.0, |s| s.to_f64()))),
            Method::OneCoin => By::Model(one_coin(&ballots, ROUNDS, false)),
            Method::Mace => By::Model(mace(&ballots, ROUNDS)),
            _ => By::Weights(weights(&ballots)),
        };
        if let By::Model(model) = &by {
            out.fact("rounds", u64::from(model.rounds));
            out.fact("converged", u64::from(model.converged));
            if !model.converged {
                let say = format!("the probabilities still changed after {} rounds", model.rounds);
                out.remark(p.key(), "weighed.rounds", say);
            }
        }
        if shared * 2 < all {
            let say = format!(
                "{shared} of {all} answered samples have two answers: what the annotators are worth is learned of these alone"
            );
            out.remark(p.key(), "weighed.overlap", say);
        }
        out.fact("by_annotator", p.table(&annotators, &answers, by.skills()));
        let learned = serde_json::to_vec(&Learned { annotators, by }).map_err(|e| Fault::Bug(e.to_string()))?;
        out.conclude(learned);
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let wrong = |e| Fault::Bug(format!("what was learned does not read back: {e}"));
        let learned: Learned = serde_json::from_slice(&slice.all).map_err(wrong)?;
        let votes = rows.column(&format!("votes.{}", p.task))?;
        let votes = VotesColumn::of(votes.as_ref());
        let numbers = Numbers::new(&learned.annotators, &p.classes);
        let (mut found, mut sure) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
        for row in 0..rows.len() {
            let answers = numbers.of(&said(&votes, row));
            let (class, tied, likely) = learned.by.class(&answers, p.classes.len());
            let class = class.and_then(|k| p.classes.get(k)).filter(|_| !answers.is_empty());
            found.push(class.map_or(Value::Null, |class| {
                Value::Struct(vec![("class".into(), Value::Text(class.clone())), ("tied".into(), Value::Bool(tied))])
            }));
            sure.push(class.map_or(Value::Null, |_| Value::Float(rounded(likely, p.decimals))));
        }
        if found.iter().any(|f| *f != Value::Null) {
            let ty = record(&[("class", utf8()), ("tied", DataType::Boolean)]);
            delta.write(column_of(&p.task), column(&ty, &found).map_err(Fault::Bug)?);
            delta.write(format!("confidence.{}", p.task), column(&DataType::Float64, &sure).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

impl By {
    /// What each annotator is worth, 0 to 1.
    fn skills(&self) -> &[f64] {
        match self {
            By::Weights(weights) => weights,
            By::Model(model) => &model.skills,
        }
    }

    /// The class that is most likely, the one declared first of several, whether there are several, and how likely it is.
    fn class(&self, answers: &[(u32, u32)], classes: usize) -> (Option<usize>, bool, f64) {
        let likely = match self {
            By::Model(model) => model.posterior(answers),
            By::Weights(weights) => {
                let mut sums = vec![0.0; classes];
                for (by, class) in answers {
                    if let (Some(sum), Some(weight)) = (sums.get_mut(*class as usize), weights.get(*by as usize)) {
                        *sum += weight;
                    }
                }
                let all: f64 = sums.iter().sum();
                sums.iter().map(|sum| if all > 0.0 { sum / all } else { 1.0 / classes as f64 }).collect()
            }
        };
        let most = likely.iter().copied().fold(0.0, f64::max);
        let near = |p: &&f64| **p + SAME >= most;
        (likely.iter().position(|p| near(&p)), likely.iter().filter(near).count() > 1, most)
    }
}

/// To so many decimals.
fn rounded(x: f64, decimals: u8) -> f64 {
    format!("{x:.0$}", usize::from(decimals)).parse().unwrap_or(x)
}

impl Gather {
    /// The key of the manifest that is responsible.
    fn key(&self) -> String {
        format!("label.{}.aggregate", self.task)
    }

    /// Whether what is learned of so many annotators and items can be held: it grows with the classes, and of the models with their square.
    fn bounded(&self, annotators: u64, items: u64) -> Result<(), Fault> {
        let classes = self.classes.len() as u64;
        let each = if self.method == Method::WeightedMajority { 0 } else { classes.saturating_mul(classes) };
        let numbers = annotators.saturating_mul(each).saturating_add(items.saturating_mul(classes));
        if numbers <= NUMBERS_MAX {
            return Ok(());
        }
        Err(Fault::World(format!(
            "`{}` of {annotators} annotators, {items} samples and {classes} classes would hold {numbers} numbers at once, more than \
             {NUMBERS_MAX}: `majority` holds none of them",
            self.method.name()
        )))
    }

    /// The annotators with their answers and what they are worth, the least first.
    fn table(&self, annotators: &[String], answers: &BTreeMap<u32, u64>, skills: &[f64]) -> Fact {
        let mut lines: Vec<(String, String, u64)> = Vec::new();
        for (n, (name, skill)) in annotators.iter().zip(skills).enumerate() {
            let name = if self.open { name.clone() } else { format!("annotator {}", n + 1) };
            lines.push((format!("{skill:.6}"), name, answers.get(&(n as u32)).copied().unwrap_or(0)));
        }
        lines.sort();
        let columns = ["annotator", "answers", "quality"].map(String::from).to_vec();
        Fact::Table {
            columns,
            rows: lines.into_iter().map(|(skill, name, n)| vec![name, n.to_string(), skill]).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, rows, vote, votes};
    use super::*;
    use crate::stage::testing::gathered;
    use crate::table::{Cell, value_at};

    #[test]
    fn what_cannot_be_held_is_refused_before_it_is_tried() {
        let of = |method, classes: usize| Gather { classes: vec![String::new(); classes], method, ..Gather::default() };
        assert!(of(Method::DawidSkene, 5).bounded(500, 2_000_000).is_ok());
        let Err(Fault::World(say)) = of(Method::OneCoin, 10_000).bounded(3, 10) else { panic!() };
        assert!(say.contains("`one_coin` of 3 annotators") && say.contains("300100000 numbers"), "{say}");
        assert!(of(Method::WeightedMajority, 10_000).bounded(3, 10).is_ok());
        assert!(of(Method::WeightedMajority, 10_000).bounded(3, 1_000_000).is_err());
        assert!(of(Method::Mace, usize::from(u16::MAX)).bounded(u64::MAX, u64::MAX).is_err());
    }

    #[test]
    fn a_reliable_annotator_outvotes_two_who_are_not() {
        let kind = named("classification").unwrap();
        let answers = |of: [&str; 3]| {
            let one = |(by, class): (&str, &str)| vote(by, "crowd", Value::Text(class.into()));
            Some(["good", "odd", "wild"].into_iter().zip(of).map(one).collect::<Vec<_>>())
        };
        // `good` is always right, `odd` and `wild` are wrong of a third each
        let mut all = vec![answers(["x", "y", "y"])];
        for n in 0..24 {
            let (truth, other) = if n % 2 == 0 { ("x", "y") } else { ("y", "x") };
            all.push(answers([[truth, truth, truth], [truth, truth, other], [truth, other, truth]][n % 6 / 2]));
        }
        all.extend([None, Some(Vec::new())]);
        let bytes = Bytes::default();
        let column = votes(kind, all);
        let table = rows(&bytes, vec![("votes.t", column)]);
        let mut summary = Summary::default();
        Stage::map(&Map { task: "t".into() }, &table, &mut summary).unwrap();
        for method in [Method::DawidSkene, Method::OneCoin, Method::Mace, Method::WeightedMajority] {
            let classes = ["x", "y"].map(String::from).to_vec();
            let out = gathered::<Stage>(
                &Gather { classes: classes.clone(), method, open: true, ..Gather::default() },
                &summary,
            );
            let Fact::Table { rows: best, .. } = &out.facts["by_annotator"] else { panic!() };
            assert_eq!(best.last().unwrap()[0], "good", "{method:?}");
            let apply = Apply { task: "t".into(), classes, decimals: 2 };
            let delta = Stage::apply(&apply, &table, &out.slice(0)).unwrap();
            let found = value_at(delta.columns["weighed.t"].as_ref(), 0).field("class").clone();
            // a weight of 24/25 is less than two of 17/25
            let want = if method == Method::WeightedMajority { "y" } else { "x" };
            assert_eq!(found, Value::Text(want.into()), "{method:?}");
            let sure: Vec<Option<f64>> =
                (0..27).map(|i| f64::from_value(&value_at(delta.columns["confidence.t"].as_ref(), i))).collect();
            assert_eq!(&sure[25..], [None, None], "nobody was asked, nobody answered");
            assert!(sure[..25].iter().flatten().all(|p| (0.5..=1.0).contains(p) && rounded(*p, 2) == *p));
        }
        assert_eq!((rounded(0.666_666, 2), rounded(1.0, 2)), (0.67, 1.0));
        assert_eq!(text(&Map::default()), "{}");
    }
}
