//! How good found boxes are: `train.NAME/check` of all pictures by models that had not learned of them, `train.NAME` of those that `[split]`
//! kept from learning (of the split `test` if there is one). Without `[split]` `train.NAME` scores all pictures.
//!
//! Reads `predicted.NAME` or `tested.NAME`, the label and `split`. Facts: `map` (mean average precision over thresholds of .50 to .95), `map50`,
//! `map75`, `map_small`, `map_medium`, `map_large`, `recall` (with 100 boxes a picture), as COCO defines them ([`crate::measure::scores`]);
//! `map_low`, `map_high`, `map50_low`, `map50_high`: 95 % of the values when pictures are drawn anew; the table `by_class`; `samples`, `without`
//! and `without_share` (pictures with a label and no prediction). Boxes flagged `crowd` or `difficult` count neither way. With `compare`
//! `gain.samples`, `gain.map` and `gain.map50` with their ends, pictures being drawn anew for both at once.
//! Finding, where predictions come in files: `prediction.missing`, a picture that has a label and no prediction.
use super::super::declaration::{Trained, checked};
use super::super::given::column_of;
use super::super::learn::tested_column;
use super::super::parts::LEARNED_OF;
use super::super::score::{SCORED, compared_with, decimal, ends, gates_of, tell};
use crate::measure::scores::{Detected, Detections, Given, Pictured};
use crate::model::boxes::Box2;
use crate::model::detections::Detection;
use crate::stage::*;
use serde::{Deserialize, Serialize};

pub const CHECK: Entry = Entry::row::<Score>("train/boxes/score", "train.*", declare_check);
pub const SCORE: Entry = Entry::row::<Score>("train/boxes/score", "train.*", declare_score);

fn declare_check(check: &mut Check) -> Vec<Plan> {
    let Some(trained) = checked(check).filter(|trained| trained.boxes) else { return Vec::new() };
    let word = if check.manifest.table(&["split"]).is_some() { "check" } else { "" };
    vec![plan(check, &trained, word, column_of(&trained.name), false)]
}

fn declare_score(check: &mut Check) -> Vec<Plan> {
    let split = check.column("samples", "split").is_some();
    let Some(trained) = checked(check).filter(|trained| trained.boxes && split) else { return Vec::new() };
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
        test,
        files: if files { trained.key("predictions.files") } else { String::new() },
        other: compared_with(check, trained, word, test),
    };
    let gather =
        Gather { classes: trained.classes.clone(), resamples: trained.resamples(), seed: trained.declared.seed };
    let mut reads = vec![map.label.clone(), map.column.clone()];
    reads.extend(test.then(|| "split".to_string()));
    reads.extend(Some(map.other.clone()).filter(|other| !other.is_empty()));
    let ports = Ports { table: "samples".into(), reads, ..Ports::default() };
    let gates = gates_of(check, trained, word, files);
    Plan { gates, ..Plan::row::<Score>(ports, &map, &gather, &Nothing {}).word(word) }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// The column of found boxes.
    #[serde(default, skip_serializing_if = "is_default")]
    column: String,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    /// Only pictures that nothing learned of.
    #[serde(default, skip_serializing_if = "is_default")]
    test: bool,
    /// The key of the files of predictions, where pictures without one are told.
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
    resamples: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
}

/// A box in numbers: its class, then left, top, width, height.
type Numbers = (usize, [f64; 4]);

/// What counts of a picture.
#[derive(Serialize, Deserialize, Default)]
struct Scored {
    /// Given boxes; whether each counts neither way.
    given: Vec<(Numbers, bool)>,
    /// Found boxes with scores; nothing where there is no prediction.
    found: Option<Vec<(Numbers, f64)>>,
    /// The same of the predictions that these are compared with.
    #[serde(default, skip_serializing_if = "is_default")]
    other: Option<Vec<(Numbers, f64)>>,
}

/// Flags of boxes that no score counts.
const UNCOUNTED: [&str; 2] = ["crowd", "difficult"];

impl Map {
    fn numbers(&self, class: &str, [x1, y1, x2, y2]: [f64; 4]) -> Option<Numbers> {
        Some((self.classes.iter().position(|c| c == class)?, [x1, y1, x2 - x1, y2 - y1]))
    }

    fn given(&self, boxes: &[Box2]) -> Vec<(Numbers, bool)> {
        let one = |b: &Box2| {
            let numbers = self.numbers(&b.class, b.corners())?;
            Some((numbers, b.flags.iter().any(|f| UNCOUNTED.contains(&f.as_str()))))
        };
        boxes.iter().filter(|b| b.has_area()).filter_map(one).collect()
    }

    fn found(&self, boxes: &[Detection]) -> Vec<(Numbers, f64)> {
        boxes.iter().filter_map(|d| Some((self.numbers(&d.class, d.corners())?, d.score))).collect()
    }
}

struct Score;

impl RowStage for Score {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = &["libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    /// The key is the split of the sample where it counts.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let labels: Vec<Option<Vec<Box2>>> = rows.cells(&p.label)?;
        let predicted: Vec<Option<Vec<Detection>>> = rows.cells(&p.column)?;
        let splits = if p.test { rows.texts("split")? } else { Vec::new() };
        let others: Vec<Option<Vec<Detection>>> = if p.other.is_empty() { Vec::new() } else { rows.cells(&p.other)? };
        let mut delta = Delta::default();
        for (row, (label, predicted)) in labels.into_iter().zip(predicted).enumerate() {
            let split = splits.get(row).cloned().flatten().unwrap_or_default();
            let Some(label) = label.filter(|_| !p.test || split != LEARNED_OF) else { continue };
            let scored = Scored {
                given: p.given(&label),
                found: predicted.as_deref().map(|boxes| p.found(boxes)),
                other: others.get(row).and_then(Option::as_deref).map(|boxes| p.found(boxes)),
            };
            if scored.found.is_none() && !p.files.is_empty() {
                let say = "it has a label, and the files hold no prediction of use for it";
                delta.event(row, Act::Finding, &p.files, "prediction.missing", say);
            }
            summary.put(split, row, serde_json::to_vec(&scored).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(delta)
    }
}

fn pictured(boxes: &[(Numbers, bool)], found: &[(Numbers, f64)]) -> Pictured {
    let given =
        |((class, at), crowd): &(Numbers, bool)| Given { class: *class, at: *at, area: at[2] * at[3], crowd: *crowd };
    let detected = |((class, at), score): &(Numbers, f64)| Detected { class: *class, at: *at, score: *score };
    Pictured { given: boxes.iter().map(given).collect(), detected: found.iter().map(detected).collect() }
}

impl Score {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let tested = hits.iter().any(|hit| hit.key.as_ref() == SCORED.as_bytes());
        let mut all = Vec::new();
        for hit in hits.iter().filter(|hit| !tested || hit.key.as_ref() == SCORED.as_bytes()) {
            all.push(serde_json::from_slice::<Scored>(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        let without = all.iter().filter(|s| s.found.is_none()).count() as u64;
        out.fact("without", without);
        out.fact("without_share", decimal(if all.is_empty() { 0.0 } else { without as f64 / all.len() as f64 }));
        all.retain(|s| s.found.is_some());
        out.fact("samples", all.len() as u64);
        context.tools.go_on()?;
        let of = |s: &Scored| pictured(&s.given, s.found.as_deref().unwrap_or_default());
        let images: Vec<Pictured> = all.iter().map(of).collect();
        p.tell(&images, out);
        context.tools.go_on()?;
        let pairs = all.iter().zip(images).filter_map(|(s, own)| Some((own, pictured(&s.given, s.other.as_deref()?))));
        let (own, other): (Vec<_>, Vec<_>) = pairs.unzip();
        p.tell_gains(&own, &other, out);
        Ok(())
    }
}

impl Gather {
    fn tell(&self, images: &[Pictured], out: &mut Verdicts) {
        let detections = Detections::of(images, self.classes.len());
        let scores = detections.scores();
        let times = vec![1u64; images.len()];
        ends(out, "map", &times, self.resamples, self.seed, scores.map, &mut |times| detections.map(times));
        ends(out, "map50", &times, self.resamples, self.seed, scores.map50, &mut |times| detections.map50(times));
        tell(out, "map75", scores.map75);
        let [small, medium, large] = scores.by_size;
        [("map_small", small), ("map_medium", medium), ("map_large", large)]
            .into_iter()
            .for_each(|(name, score)| tell(out, name, score));
        tell(out, "recall", scores.recall[2]);
        let columns = ["class", "given", "predicted", "map", "map50"].map(String::from).to_vec();
        let score = |of: Option<f64>| of.map_or_else(|| "undefined".to_string(), |x| format!("{x:.4}"));
        let row = |(k, (name, [map, map50])): (usize, (&String, &[Option<f64>; 2]))| {
            let given = images.iter().flat_map(|i| &i.given).filter(|g| g.class == k && !g.crowd).count();
            let found = images.iter().flat_map(|i| &i.detected).filter(|d| d.class == k).count();
            vec![name.clone(), given.to_string(), found.to_string(), score(*map), score(*map50)]
        };
        let rows = self.classes.iter().zip(&scores.classes).enumerate().map(row).collect();
        out.fact("by_class", Fact::Table { columns, rows });
    }

    /// By how much these predictions are better than those that they are compared with, on the pictures that both predict.
    fn tell_gains(&self, own: &[Pictured], other: &[Pictured], out: &mut Verdicts) {
        if own.is_empty() {
            return;
        }
        out.fact("gain.samples", own.len() as u64);
        let times = vec![1u64; own.len()];
        let [own, other] = [own, other].map(|of| Detections::of(of, self.classes.len()));
        let map = &mut |times: &[u64]| Some(own.map(times)? - other.map(times)?);
        let value = map(&times);
        ends(out, "gain.map", &times, self.resamples, self.seed, value, map);
        let map50 = &mut |times: &[u64]| Some(own.map50(times)? - other.map50(times)?);
        let value = map50(&times);
        ends(out, "gain.map50", &times, self.resamples, self.seed, value, map50);
    }
}
