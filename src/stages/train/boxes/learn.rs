//! The step that learns to find boxes: `train.NAME/folds` finds those of each picture by a model that learned of other parts,
//! `train.NAME/test` learns of the split `train` and looks at the others.
//!
//! Reads the picture, the label, `group` and, for the test, `split`. Each picture is decoded once and made small (at most 160 pixels a
//! side, [`crate::formats::small::scene`]); the small pictures and their boxes go into one summary, so that nothing is learned again
//! unless one of these changed. Writes `predicted.NAME` or `tested.NAME`: found boxes in pixels of the picture to a hundredth, scores
//! to six decimals. Facts: `learned` (pictures with a label), `unlabelled`, `parts`, `unreadable`. Findings: the rules of decoding, for pictures
//! that cannot be read; `train.few`, `train.untested` and `train.unseen` as of texts; `train.sizes`, objects whose sides differ more than eightfold.
//! Limits: holds about 0.2 MB for each picture.
use super::super::declaration::{Kind, PICTURE, Trained, checked};
use super::super::given::column_of;
use super::super::learn::{splits_of, tested_column};
use super::super::parts::{LEARNED_OF, Own, parts, remarks};
use super::given::column;
use crate::digest::Draws;
use crate::formats::image::{PIXELS_MAX, room};
use crate::formats::small::scene;
use crate::measure::learn::{Detector, Marked, Scene};
use crate::model::boxes::Box2;
use crate::model::detections::Detection;
use crate::model::images::Image;
use crate::model::synthetic::BY;
use crate::stage::*;
use crate::table::{array_of, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

pub const FOLDS: Entry = Entry::row::<Learn>("train/boxes/learn", "train.*", declare_folds);
pub const TEST: Entry = Entry::row::<Learn>("train/boxes/learn", "train.*", declare_test);

fn declare_folds(check: &mut Check) -> Vec<Plan> {
    checked(check).and_then(|trained| plan(check, &trained, None)).into_iter().collect()
}

fn declare_test(check: &mut Check) -> Vec<Plan> {
    let Some(trained) = checked(check).filter(|trained| trained.boxes && trained.declared.model.is_some()) else {
        return Vec::new();
    };
    if !splits_of(check) {
        return Vec::new();
    }
    let children = check.children(&trained.declared.augment);
    plan(check, &trained, Some(children)).into_iter().collect()
}

/// `children`: of a model that is tested, whose children it learns of.
fn plan(check: &Check, trained: &Trained, children: Option<Vec<String>>) -> Option<Plan> {
    let test = children.is_some();
    let model = trained.declared.model.as_ref().filter(|m| trained.boxes && m.kind == Kind::Windows)?;
    let section: Before = check.section(&["preprocess"]);
    let map = Map {
        label: trained.label(),
        group: trained.declared.group.as_ref().map(|g| g.get().clone()).filter(|_| !test),
        split: test,
        made: test && check.column("samples", BY).is_some(),
        children: children.unwrap_or_default(),
        alone: test && trained.declared.alone,
        pixels_max: section.image_pixels_max.filter(|n| *n != PIXELS_MAX),
        path: trained.path.clone(),
    };
    let gather = Gather {
        kind: model.kind,
        classes: trained.classes.clone(),
        folds: if test { 0 } else { trained.folds() },
        seed: trained.declared.seed,
        path: trained.path.clone(),
    };
    let written = if test { tested_column(&trained.name) } else { column_of(&trained.name) };
    let mut reads = vec!["id".to_string(), PICTURE.to_string(), map.label.clone()];
    reads.extend(map.group.iter().cloned());
    reads.extend(test.then(|| "split".to_string()));
    reads.extend(map.made.then(|| BY.to_string()));
    reads.sort();
    reads.dedup();
    let ports =
        Ports { table: "samples".into(), reads, writes: vec![(written.clone(), column(trained))], ..Ports::default() };
    let plan = Plan::row::<Learn>(ports, &map, &gather, &Apply { column: written });
    Some(plan.word(if test { "test" } else { "folds" }))
}

/// The key of `[preprocess]` that counts here, too.
#[derive(Deserialize, Default)]
struct Before {
    image_pixels_max: Option<u64>,
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The column of the label.
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    #[serde(default, skip_serializing_if = "is_default")]
    group: Option<String>,
    /// The split of each sample counts.
    #[serde(default, skip_serializing_if = "is_default")]
    split: bool,
    /// Some samples may have been made.
    #[serde(default, skip_serializing_if = "is_default")]
    made: bool,
    /// Made by whom they are learned of, too.
    #[serde(default, skip_serializing_if = "is_default")]
    children: Vec<String>,
    /// Of what was collected to learn of nothing is learned.
    #[serde(default, skip_serializing_if = "is_default")]
    alone: bool,
    /// `None` is [`PIXELS_MAX`].
    #[serde(default, skip_serializing_if = "is_default")]
    pixels_max: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    path: String,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    kind: Kind,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    /// Into how many parts the samples are cut; 0 where their split says what is learned of.
    #[serde(default, skip_serializing_if = "is_default")]
    folds: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    path: String,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    column: String,
}

/// What is known of a picture besides its pixels.
#[derive(Serialize, Deserialize, Default)]
struct Head {
    id: String,
    #[serde(default, skip_serializing_if = "is_default")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    split: Option<String>,
    /// Class and corners of each box; nothing where there is no label.
    #[serde(default, skip_serializing_if = "is_default")]
    boxes: Option<Vec<(String, [f64; 4])>>,
    /// The sides of the picture and of the small one, and the step from one to the other; nothing where it cannot be read.
    #[serde(default, skip_serializing_if = "is_default")]
    sizes: Option<[u32; 5]>,
}

/// A picture with what is known of it.
struct Sample {
    head: Head,
    scene: Option<Scene>,
}

impl Sample {
    /// The length of the head, the head as JSON, the pixels.
    fn written(&self) -> Result<Vec<u8>, Fault> {
        let head = serde_json::to_vec(&self.head).map_err(|e| Fault::Bug(e.to_string()))?;
        let mut out = (head.len() as u32).to_le_bytes().to_vec();
        out.extend(head);
        out.extend(self.scene.iter().flat_map(|s| &s.pixels));
        Ok(out)
    }

    fn read(bytes: &[u8]) -> Option<Sample> {
        let (n, rest) = bytes.split_first_chunk::<4>()?;
        let (head, pixels) = rest.split_at_checked(u32::from_le_bytes(*n) as usize)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let scene = head.sizes.map(|[width, height, a, b, step]| Scene {
            width,
            height,
            small: [a, b],
            step,
            pixels: pixels.to_vec(),
        });
        Some(Sample { head, scene })
    }

    /// The boxes of known classes that have an area.
    fn marked(&self, classes: &[String]) -> Vec<Marked> {
        let one = |(class, at): &(String, [f64; 4])| {
            Some(Marked { class: classes.iter().position(|c| c == class)?, at: *at })
        };
        self.head.boxes.iter().flatten().filter_map(one).collect()
    }
}

struct Learn;

impl RowStage for Learn {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = &["image 0.25", "libm 0.2"];
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let ids = rows.texts("id")?;
        let images: Vec<Option<Image>> = rows.cells(PICTURE)?;
        let labels: Vec<Option<Vec<Box2>>> = rows.cells(&p.label)?;
        let groups = p.group.as_ref().map(|g| rows.column(g)).transpose()?;
        let splits = if p.split { rows.texts("split")? } else { Vec::new() };
        let by = if p.made { rows.texts(BY)? } else { Vec::new() };
        let mut delta = Delta::default();
        for (row, (id, image)) in ids.into_iter().zip(images).enumerate() {
            let by = by.get(row).and_then(Option::as_ref);
            let collected = p.alone && by.is_none() && splits.get(row).and_then(Option::as_deref) == Some(LEARNED_OF);
            if collected || by.is_some_and(|by| !p.children.contains(by)) {
                continue;
            }
            let Some(image) = image else { continue };
            let scene = match seen(&image, p.pixels_max.unwrap_or(PIXELS_MAX), rows)? {
                Ok(scene) => Some(scene),
                Err((rule, say)) => {
                    delta.event(row, Act::Finding, format!("{}.task", p.path), rule, say);
                    None
                }
            };
            let boxes = labels.get(row).cloned().flatten().map(|boxes| {
                let own = boxes.into_iter().filter(Box2::has_area);
                own.map(|b| (b.class.clone(), b.corners())).collect()
            });
            let head = Head {
                id: id.unwrap_or_default(),
                group: groups.as_ref().and_then(|g| value_at(g.as_ref(), row).key_text()),
                split: splits.get(row).cloned().flatten(),
                boxes,
                sizes: scene.as_ref().map(|s| [s.width, s.height, s.small[0], s.small[1], s.step]),
            };
            summary.put(b"", row, Sample { head, scene }.written()?);
        }
        Ok(delta)
    }
}

/// The small picture, or the rule that the picture breaks and the words. It is decoded when there is room for it.
fn seen(image: &Image, pixels_max: u64, rows: &Rows) -> Result<Result<Scene, (&'static str, String)>, Fault> {
    /// How often the pixels may be in hand: as stored, and in 8 bits on white.
    const TIMES: u64 = 2;
    let file = u64::try_from(image.bytes).unwrap_or(0);
    let bytes = rows.blob(image.blob)?;
    let need = room(&bytes, pixels_max).saturating_mul(TIMES).saturating_add(file);
    let mut found = Err(Fault::Bug("an image was not read".into()));
    rows.tools().with_room(need, &mut || {
        found = Ok(scene(&bytes, pixels_max).map_err(|wrong| (wrong.rule, wrong.say.to_string())));
    });
    found
}

/// Sides of objects that differ more than this are told.
const SIDES_MAX: f64 = 8.0;

impl Learn {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut samples, mut spots) = (Vec::new(), Vec::new());
        for hit in hits.iter() {
            samples.push(Sample::read(&hit.value).ok_or_else(|| Fault::Bug("a picture does not read back".into()))?);
            spots.push(hit.at);
        }
        context.tools.go_on()?;
        let own: Vec<Own> = samples.iter().map(own).collect();
        let parts = parts(p.folds, p.seed, &own);
        let labelled = own.iter().filter(|s| s.labelled).count() as u64;
        out.fact("learned", parts.first().filter(|_| p.folds == 0).map_or(labelled, |part| part.learns.len() as u64));
        out.fact("unlabelled", own.len() as u64 - labelled);
        out.fact("parts", parts.len() as u64);
        out.fact("unreadable", own.iter().filter(|s| !s.usable).count() as u64);
        let draws = Draws::new(p.seed, "learn");
        let found: Mutex<BTreeMap<usize, Vec<Detection>>> = Mutex::new(BTreeMap::new());
        context.tools.each(parts.len(), &|n| {
            let Some(part) = parts.get(n).filter(|part| !part.learns.is_empty()) else { return };
            let marked: Vec<Vec<Marked>> = part.learns.iter().map(|i| samples[*i].marked(&p.classes)).collect();
            let learns = part.learns.iter().zip(&marked);
            let scenes: Vec<(&Scene, &[Marked], u64)> = learns
                .filter_map(|(i, m)| Some((samples[*i].scene.as_ref()?, m.as_slice(), draws.of(&samples[*i].head.id))))
                .collect();
            let go_on = &mut || context.tools.go_on().is_ok();
            let Some(detector) = Detector::of(p.classes.len(), &scenes, go_on) else { return };
            for i in part.predicts.iter().take_while(|_| context.tools.go_on().is_ok()) {
                let Some(scene) = &samples[*i].scene else { continue };
                let own = detector.detect(scene).into_iter().filter_map(|s| p.told(&s)).collect();
                found.lock().unwrap_or_else(PoisonError::into_inner).insert(*i, own);
            }
        });
        context.tools.go_on()?;
        let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        remarks(&p.path, &parts, &own, found.is_empty(), out);
        p.sizes(&samples, out);
        for (place, boxes) in found {
            if let Some(spot) = spots.get(place) {
                out.put(*spot, serde_json::to_vec(&boxes).map_err(|e| Fault::Bug(e.to_string()))?);
            }
        }
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut cells: Vec<Option<Vec<Detection>>> = vec![None; rows.len()];
        for (row, bytes) in slice.rows.iter() {
            let boxes: Option<Vec<Detection>> =
                Some(serde_json::from_slice(bytes).map_err(|e| Fault::Bug(e.to_string()))?);
            cells.get_mut(*row as usize).into_iter().for_each(|cell| cell.clone_from(&boxes));
        }
        if cells.iter().any(Option::is_some) {
            delta.write(p.column.clone(), array_of(cells));
        }
        Ok(delta)
    }
}

fn own(s: &Sample) -> Own<'_> {
    let head = &s.head;
    Own {
        unit: head.group.as_deref().unwrap_or(&head.id),
        split: head.split.as_deref(),
        labelled: head.boxes.is_some(),
        usable: s.scene.is_some(),
        classes: head.boxes.iter().flatten().map(|(class, _)| class.as_str()).collect(),
    }
}

impl Gather {
    fn told(&self, seen: &crate::measure::learn::Seen) -> Option<Detection> {
        let [x1, y1, x2, y2] = seen.at.map(|x| (x * 100.0).round_ties_even() / 100.0);
        let score = (seen.score * 1e6).round_ties_even() / 1e6;
        let class = self.classes.get(seen.class)?.clone();
        (x1 < x2 && y1 < y2).then_some(Detection { class, x1, y1, x2, y2, score })
    }

    fn sizes(&self, samples: &[Sample], out: &mut Verdicts) {
        let key = format!("{}.task", self.path);
        let sides = samples.iter().flat_map(|s| s.head.boxes.iter().flatten());
        let mut sides: Vec<f64> = sides.map(|(_, at)| ((at[2] - at[0]) * (at[3] - at[1])).sqrt()).collect();
        sides.sort_by(f64::total_cmp);
        // one box in twenty on each side may be of any size
        let at = |part: f64| sides.get((sides.len() as f64 * part) as usize).copied();
        if let (Some(small), Some(large)) = (at(0.05), at(0.95))
            && large > small * SIDES_MAX
        {
            let say = format!(
                "sides of objects differ more than {SIDES_MAX}-fold (from {small:.0} to {large:.0} pixels, without the outer twentieths): `windows` is \
                 not a model for these; bring `predictions` of another"
            );
            out.remark(key, "train.sizes", say);
        }
    }
}
