//! `[clean.label_errors]` of boxes: what is overlooked, badly located or of another class, by ObjectLab
//! ([`crate::measure::confident::Boxed`]); but a found box speaks for the place of the mark alone that it shares most with, since in
//! crowded pictures that of a neighbour would make doubtful what the model has not found.
//!
//! Reads `label.TASK`, `predicted.NAME` and what people decided. A box is suspected where its quality is at most `quality_max`; each is a
//! finding (`label.overlooked`, `label.badly_located`, `label.swapped`), and its picture waits for review, is flagged or leaves as other
//! suspects do (`label.suspect`), the worst first where `worst` cuts. Writes `label_quality.TASK` and `label_error.TASK` as of other kinds.
//! Boxes flagged `crowd` or `difficult` are not judged, and nothing that lies on them is overlooked.
//!
//! Facts: `suspects`, `asked`, `decided`, `compared`, `without` as of other kinds; `boxes` (judged ones), `agreeing` (the share of them that the model
//! finds: same class, half shared, a score above `likely`), tables `faults` (boxes by kind of fault) and `pairs` (given class, likely class,
//! boxes; most first). Finding: `label.weak_model`, the model finds less than half of the boxes.
use super::declaration::{Action, Declaration, checked};
use super::{AGREEING_MIN, Apply, PAIRS_MAX, RowApply, Verdict, answered_of, rank};
use crate::measure::confident::{Boxed, Placed, Trust, least_likeness};
use crate::measure::shapes::Area;
use crate::model::boxes::Box2;
use crate::model::detections::Detection;
use crate::stage::*;
use crate::table::{Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Stage>("clean/label_errors/boxes", "clean.label_errors", declare);

/// The quality from which on a box is no suspect.
const QUALITY_MAX: f64 = 0.5;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some((d, of)) = checked(check).filter(|(_, of)| of.boxes) else { return Vec::new() };
    let answered = answered_of(check, &d, &of.label);
    let named = d.asks_the_worst();
    let map = Map { label: of.label, predicted: of.predicted, decided: of.decided, classes: of.classes, named };
    vec![plan(&d, map, answered)]
}

fn plan(d: &Declaration, map: Map, answered: Vec<String>) -> Plan {
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
    let number =
        |of: &Option<crate::manifest::values::At<crate::manifest::Decimal>>| of.as_ref().map(|x| x.get().to_f64());
    let usual = Trust::default();
    let gather = Gather {
        classes: map.classes.clone(),
        quality_max: number(&d.quality_max).unwrap_or(QUALITY_MAX),
        sure: number(&d.sure).unwrap_or(usual.sure),
        likely: number(&d.likely).unwrap_or(usual.likely),
        worst: d.worst,
        answered,
    };
    let apply = Apply { task: d.task.get().clone(), action: d.action };
    let answered_by = Some(map.label.clone());
    Plan { answered_by, ..Plan::row::<Stage>(ports, &map, &gather, &apply) }
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
    /// Samples are told apart by their ids.
    #[serde(default, skip_serializing_if = "is_default")]
    named: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    quality_max: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    sure: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    likely: f64,
    #[serde(default, skip_serializing_if = "is_default")]
    worst: Option<u32>,
    /// Ids of samples that people have decided on.
    #[serde(default, skip_serializing_if = "is_default")]
    answered: Vec<String>,
}

/// A box in numbers: its class, then left, top, right, bottom.
type Numbers = (usize, [f64; 4]);

/// What the gather is given of a picture.
#[derive(Serialize, Deserialize, Default)]
struct Seen {
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    /// A person decided the label.
    #[serde(default, skip_serializing_if = "is_default")]
    decided: bool,
    given: Vec<Numbers>,
    /// Marks that are not judged.
    #[serde(default, skip_serializing_if = "is_default")]
    aside: Vec<[f64; 4]>,
    /// Nothing where there is no prediction.
    found: Option<Vec<(Numbers, f64)>>,
}

/// Flags of boxes that are not judged.
const ASIDE: [&str; 2] = ["crowd", "difficult"];

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = &["libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, RowApply::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let labels: Vec<Option<Vec<Box2>>> = rows.cells(&p.label)?;
        let predicted: Vec<Option<Vec<Detection>>> = rows.cells(&p.predicted)?;
        let decided = p.decided.as_ref().map(|name| rows.column(name)).transpose()?;
        let ids = if p.named { rows.texts("id")? } else { Vec::new() };
        let place = |class: &str| p.classes.iter().position(|c| c == class);
        for (row, (label, predicted)) in labels.into_iter().zip(predicted).enumerate() {
            let Some(label) = label else { continue };
            let (aside, judged): (Vec<Box2>, Vec<Box2>) = label
                .into_iter()
                .filter(Box2::has_area)
                .partition(|b| b.flags.iter().any(|f| ASIDE.contains(&f.as_str())));
            let numbers = |b: &Box2| Some((place(&b.class)?, b.corners()));
            let found = predicted.map(|found| {
                found.iter().filter_map(|d| Some(((place(&d.class)?, d.corners()), d.score))).collect::<Vec<_>>()
            });
            let seen = Seen {
                id: ids.get(row).cloned().flatten().unwrap_or_default(),
                decided: decided.as_ref().is_some_and(|d| value_at(d.as_ref(), row) != Value::Null),
                given: judged.iter().filter_map(numbers).collect(),
                aside: aside.iter().map(|b| b.corners()).collect(),
                found,
            };
            summary.put(b"", row, serde_json::to_vec(&seen).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(Delta::default())
    }
}

/// A suspected box.
struct Suspect {
    quality: f64,
    fault: &'static str,
    say: String,
    /// Given and likely class of a box that is swapped.
    pair: Option<(usize, usize)>,
}

const OVERLOOKED: &str = "overlooked";
const BADLY_LOCATED: &str = "badly_located";
const SWAPPED: &str = "swapped";

/// A box for a person: corners in whole pixels.
fn told(at: &[f64; 4]) -> String {
    let [x1, y1, x2, y2] = at.map(|x| x.round() as i64);
    format!("[{x1}, {y1}, {x2}, {y2}]")
}

impl Seen {
    fn boxed(&self) -> Boxed {
        let placed = |(class, at): &Numbers| Placed { class: *class, at: *at };
        // what lies on a mark that is not judged is neither overlooked nor a doubt about another mark
        let free = |at: &[f64; 4]| self.aside.iter().all(|other| at.common(other) <= 0.0);
        let found = self.found.iter().flatten().filter(|((_, at), _)| free(at));
        Boxed {
            given: self.given.iter().map(placed).collect(),
            found: found.map(|(box_, score)| (placed(box_), *score)).collect(),
        }
    }
}

impl Gather {
    fn trust(&self) -> Trust {
        Trust { sure: self.sure, likely: self.likely, nearest: true }
    }

    fn name(&self, class: usize) -> &str {
        self.classes.get(class).map_or("", String::as_str)
    }

    /// The suspected boxes of a picture, the worst first, and the quality of the picture.
    fn suspects(&self, picture: &Boxed, least: f64) -> (Vec<Suspect>, f64) {
        let q = picture.qualities(self.trust(), least);
        let mut out = Vec::new();
        let doubtful = |quality: f64| quality <= self.quality_max;
        for ((found, score), quality) in picture.found.iter().zip(&q.overlooked) {
            let Some(quality) = quality.filter(|q| doubtful(*q)) else { continue };
            let say = format!(
                "nothing is marked at {}, where the model finds `{}` (score {score:.2})",
                told(&found.at),
                self.name(found.class)
            );
            out.push(Suspect { quality, fault: OVERLOOKED, say, pair: None });
        }
        for ((given, place), class) in picture.given.iter().zip(&q.badly_located).zip(&q.swapped) {
            let (at, name) = (told(&given.at), self.name(given.class));
            if doubtful(*place) {
                let say = format!("`{name}` at {at} probably lies elsewhere{}", self.nearest(picture, given));
                out.push(Suspect { quality: *place, fault: BADLY_LOCATED, say, pair: None });
            }
            if doubtful(*class) {
                let likely = self.likelier(picture, given);
                let say = match likely {
                    Some(likely) => format!("`{name}` at {at} is probably `{}`", self.name(likely)),
                    None => format!("`{name}` at {at} is marked with another class, too"),
                };
                out.push(Suspect { quality: *class, fault: SWAPPED, say, pair: likely.map(|k| (given.class, k)) });
            }
        }
        out.sort_by(|a, b| a.quality.total_cmp(&b.quality));
        (out, q.of_picture())
    }

    /// Where the model sees what a mark is of.
    fn nearest(&self, picture: &Boxed, given: &Placed) -> String {
        let own = picture.found.iter().filter(|(f, score)| f.class == given.class && *score > self.likely);
        let best = own.max_by(|a, b| a.0.at.iou(&given.at).total_cmp(&b.0.at.iou(&given.at)));
        best.map_or_else(String::new, |(f, _)| format!(", at {}", told(&f.at)))
    }

    /// The class of the sure find that a mark of another class lies on.
    fn likelier(&self, picture: &Boxed, given: &Placed) -> Option<usize> {
        let sure = picture.found.iter().filter(|(f, score)| f.class != given.class && *score > self.sure);
        let best = sure.max_by(|a, b| a.0.at.iou(&given.at).total_cmp(&b.0.at.iou(&given.at)));
        best.filter(|(f, _)| f.at.iou(&given.at) > 0.0).map(|(f, _)| f.class)
    }

    /// Marks that the model finds, too.
    fn agreeing(&self, picture: &Boxed) -> u64 {
        let finds = |g: &&Placed| {
            picture.found.iter().any(|(f, score)| f.class == g.class && *score > self.likely && f.at.iou(&g.at) >= 0.5)
        };
        picture.given.iter().filter(finds).count() as u64
    }
}

/// What is counted over all pictures.
#[derive(Default)]
struct Counts {
    boxes: u64,
    agreeing: u64,
    suspects: u64,
    decided: u64,
    compared: u64,
    without: u64,
    faults: BTreeMap<&'static str, u64>,
    pairs: BTreeMap<(usize, usize), u64>,
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut seen = Vec::new();
        for hit in hits.iter() {
            let one: Seen = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            seen.push((hit.at, one.boxed(), one));
        }
        context.tools.go_on()?;
        let least = least_likeness(seen.iter().filter(|(_, _, s)| s.found.is_some()).map(|(_, boxed, _)| boxed));
        let faults = [OVERLOOKED, BADLY_LOCATED, SWAPPED].map(|fault| (fault, 0)).into();
        let mut counts = Counts { faults, ..Counts::default() };
        let mut verdicts = Vec::new();
        for (at, boxed, one) in &seen {
            if one.found.is_none() {
                counts.without += 1;
                continue;
            }
            let (suspects, quality) = p.suspects(boxed, least);
            counts.add(p, boxed, one, &suspects);
            let why = suspects.first().map(|worst| match suspects.len() {
                1 => worst.say.clone(),
                n => format!("{n} boxes are doubtful, first: {}", worst.say),
            });
            let asked = why.is_some() && !one.decided;
            let answered = p.answered.binary_search(&one.id).is_ok();
            let boxes = suspects.into_iter().map(|s| (s.fault.to_string(), s.say)).collect();
            verdicts.push((*at, Verdict { quality, why: why.unwrap_or_default(), asked, answered, boxes }));
        }
        let asked = rank(&mut verdicts, p.worst);
        counts.tell(p, asked.len() as u64, out);
        verdicts.into_iter().try_for_each(|(at, verdict)| out.put_json(at, &verdict))
    }
}

impl Counts {
    fn add(&mut self, p: &Gather, boxed: &Boxed, seen: &Seen, suspects: &[Suspect]) {
        self.compared += 1;
        self.boxes += boxed.given.len() as u64;
        self.agreeing += p.agreeing(boxed);
        self.decided += u64::from(seen.decided);
        self.suspects += u64::from(!suspects.is_empty());
        for suspect in suspects {
            *self.faults.entry(suspect.fault).or_default() += 1;
            suspect.pair.iter().for_each(|pair| *self.pairs.entry(*pair).or_default() += 1);
        }
    }

    fn tell(self, p: &Gather, asked: u64, out: &mut Verdicts) {
        let share = self.agreeing as f64 / self.boxes.max(1) as f64;
        let undefined = || Fact::Undefined("no box has a prediction of its picture".into());
        out.fact("agreeing", if self.boxes > 0 { Fact::Decimal(format!("{share:.6}")) } else { undefined() });
        if self.boxes > 0 && share < AGREEING_MIN {
            let say = format!(
                "the model finds {:.0} % of the boxes: it is weak, and most of what it doubts is probably right",
                share * 100.0
            );
            out.remark("clean.label_errors.from", "label.weak_model", say);
        }
        let counts = [
            ("suspects", self.suspects),
            ("asked", asked),
            ("decided", self.decided),
            ("compared", self.compared),
            ("without", self.without),
            ("boxes", self.boxes),
        ];
        counts.into_iter().for_each(|(name, n)| out.fact(name, n));
        let rows = self.faults.into_iter().map(|(fault, n)| vec![fault.to_string(), n.to_string()]).collect();
        out.fact("faults", Fact::Table { columns: ["fault", "boxes"].map(String::from).to_vec(), rows });
        let mut pairs: Vec<_> = self.pairs.into_iter().collect();
        pairs.sort_by_key(|((given, likely), n)| (u64::MAX - n, *given, *likely));
        let row = |((given, likely), n): ((usize, usize), u64)| {
            vec![p.name(given).to_string(), p.name(likely).to_string(), n.to_string()]
        };
        let columns = ["given", "likely", "boxes"].map(String::from).to_vec();
        out.fact("pairs", Fact::Table { columns, rows: pairs.into_iter().take(PAIRS_MAX).map(row).collect() });
    }
}
