//! Mean average precision of boxes, as COCO measures it (Lin et al. 2014): the numbers of `pycocotools.cocoeval` for boxes, to their
//! last digits but for the order of sums.
//!
//! Detections of a class are matched with the given boxes of an image, the surest first, at ten thresholds of intersection over
//! union, .50 to .95. Given boxes that stand for a crowd, or whose area lies outside of a range, count neither way. Precision is
//! read at 101 values of recall. Of equal scores the first in the order of images counts as surer.

/// A box that annotators gave: left, top, width, height in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Given {
    pub class: usize,
    pub at: [f64; 4],
    /// The area of the object, which may be less than that of its box.
    pub area: f64,
    /// It stands for many objects that were not told apart.
    pub crowd: bool,
}

/// A box that a model found, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Detected {
    pub class: usize,
    pub at: [f64; 4],
    pub score: f64,
}

/// An image with both.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pictured {
    pub given: Vec<Given>,
    pub detected: Vec<Detected>,
}

/// Scores, each the mean over all classes that have something to be found; `None` where none has.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Precision {
    /// Mean over the ten thresholds.
    pub map: Option<f64>,
    pub map50: Option<f64>,
    pub map75: Option<f64>,
    /// Of objects of less than 32 x 32, of 32 x 32 to 96 x 96, and of more than 96 x 96 pixels.
    pub by_size: [Option<f64>; 3],
    /// The greatest recall with 1, 10 and 100 detections an image, mean over the thresholds.
    pub recall: [Option<f64>; 3],
    pub recall_by_size: [Option<f64>; 3],
    /// Of each class the mean over the thresholds, and that at .50.
    pub classes: Vec<[Option<f64>; 2]>,
}

const THRESHOLDS: usize = 10;
const RECALLS: usize = 101;
/// Detections of an image and a class that count: at most so many.
const MOST: [usize; 3] = [1, 10, 100];
/// Areas in pixels, both ends inclusive: all, small, medium, large.
const AREAS: [(f64, f64); 4] = [(0.0, 1e10), (0.0, 1024.0), (1024.0, 9216.0), (9216.0, 1e10)];

/// The threshold at a place: what `numpy.linspace(0.5, 0.95, 10)` gives.
fn threshold(at: usize) -> f64 {
    if at + 1 == THRESHOLDS { 0.95 } else { at as f64 * ((0.95 - 0.5) / 9.0) + 0.5 }
}

/// The recall at a place: `numpy.linspace(0, 1, 101)`.
fn recall(at: usize) -> f64 {
    if at + 1 == RECALLS { 1.0 } else { at as f64 * 0.01 }
}

/// Intersection over union; of a crowd over the detection alone.
fn overlap(d: &[f64; 4], g: &Given) -> f64 {
    let [x, y, w, h] = g.at;
    let across = (d[2] + d[0]).min(w + x) - d[0].max(x);
    let down = (d[3] + d[1]).min(h + y) - d[1].max(y);
    if across <= 0.0 || down <= 0.0 {
        return 0.0;
    }
    let common = across * down;
    common / if g.crowd { d[2] * d[3] } else { d[2] * d[3] + w * h - common }
}

/// What became of a detection at each threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    Right,
    Wrong,
    /// It counts neither way.
    Ignored,
}

/// An image judged for a class and a range of areas.
#[derive(Clone, Debug, Default)]
struct Judged {
    /// Detections, the surest first: their score, and what became of each at each threshold.
    found: Vec<(f64, [Fate; THRESHOLDS])>,
    /// How many objects are to be found.
    wanted: u64,
}

fn judged(picture: &Pictured, class: usize, (least, most): (f64, f64)) -> Judged {
    let outside = |area: f64| area < least || area > most;
    let mut given: Vec<(bool, &Given)> =
        picture.given.iter().filter(|g| g.class == class).map(|g| (g.crowd || outside(g.area), g)).collect();
    given.sort_by_key(|g| g.0); // stable: those that count first
    let mut found: Vec<&Detected> = picture.detected.iter().filter(|d| d.class == class).collect();
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(MOST[2]);
    let overlaps: Vec<Vec<f64>> =
        found.iter().map(|d| given.iter().map(|(_, g)| overlap(&d.at, g)).collect()).collect();
    let mut fates = vec![[Fate::Wrong; THRESHOLDS]; found.len()];
    for t in 0..THRESHOLDS {
        let mut taken = vec![false; given.len()];
        for ((d, own), fate) in found.iter().zip(&overlaps).zip(&mut fates) {
            let mut best = threshold(t).min(1.0 - 1e-10);
            let mut matched: Option<(usize, bool)> = None;
            for (at, ((ignored, g), iou)) in given.iter().zip(own).enumerate() {
                if taken.get(at) == Some(&true) && !g.crowd {
                    continue;
                }
                if matched.is_some_and(|m| !m.1) && *ignored {
                    break;
                }
                if *iou >= best {
                    best = *iou;
                    matched = Some((at, *ignored));
                }
            }
            let now = match matched {
                Some((_, true)) => Fate::Ignored,
                Some((_, false)) => Fate::Right,
                None if outside(d.at[2] * d.at[3]) => Fate::Ignored,
                None => Fate::Wrong,
            };
            if let Some(slot) = matched.and_then(|m| taken.get_mut(m.0)) {
                *slot = true;
            }
            if let Some(slot) = fate.get_mut(t) {
                *slot = now;
            }
        }
    }
    let wanted = given.iter().filter(|g| !g.0).count() as u64;
    Judged { found: found.iter().map(|d| d.score).zip(fates).collect(), wanted }
}

/// Average precision and greatest recall at each threshold.
type Averages = [(f64, f64); THRESHOLDS];

/// Over images, each as often as `times` says; `None` where nothing is to be found.
fn averages(images: &[Judged], times: &[u64], most: usize) -> Option<Averages> {
    let each = || images.iter().zip(times).flat_map(|(image, n)| std::iter::repeat_n(image, *n as usize));
    let wanted: u64 = each().map(|image| image.wanted).sum();
    if wanted == 0 {
        return None;
    }
    let mut all: Vec<&(f64, [Fate; THRESHOLDS])> = each().flat_map(|image| image.found.iter().take(most)).collect();
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut out = [(0.0, 0.0); THRESHOLDS];
    for (t, slot) in out.iter_mut().enumerate() {
        let (mut right, mut wrong) = (0u64, 0u64);
        let mut curve: Vec<(f64, f64)> = Vec::with_capacity(all.len());
        for (_, fates) in &all {
            match fates.get(t) {
                Some(Fate::Right) => right += 1,
                Some(Fate::Wrong) => wrong += 1,
                _ => {}
            }
            let (tp, fp) = (right as f64, wrong as f64);
            curve.push((tp / wanted as f64, tp / (fp + tp + f64::EPSILON)));
        }
        let mut best = 0.0f64;
        for point in curve.iter_mut().rev() {
            best = best.max(point.1);
            point.1 = best;
        }
        let precision = |at: usize| {
            let from = curve.partition_point(|point| point.0 < recall(at));
            curve.get(from).map_or(0.0, |point| point.1)
        };
        let sum: f64 = (0..RECALLS).map(precision).sum();
        *slot = (sum / RECALLS as f64, right as f64 / wanted as f64);
    }
    Some(out)
}

fn mean(of: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = of.fold((0.0, 0u64), |(sum, n), x| (sum + x, n + 1));
    (n > 0).then(|| sum / n as f64)
}

/// Images judged, so that scores of resamples need no matching.
pub struct Detections {
    /// By class, by range of areas, by image.
    judged: Vec<Vec<Vec<Judged>>>,
    images: usize,
}

impl Detections {
    /// Of so many classes; images in their order, which decides between equal scores.
    pub fn of(images: &[Pictured], classes: usize) -> Detections {
        let area = |class: usize, range: (f64, f64)| images.iter().map(|i| judged(i, class, range)).collect();
        let judged = (0..classes).map(|class| AREAS.iter().map(|range| area(class, *range)).collect()).collect();
        Detections { judged, images: images.len() }
    }

    fn averages(&self, area: usize, times: &[u64], most: usize) -> Vec<Option<Averages>> {
        self.judged.iter().map(|of| averages(of.get(area)?, times, most)).collect()
    }

    /// The mean average precision where images are there so often.
    pub fn map(&self, times: &[u64]) -> Option<f64> {
        let all = self.averages(0, times, MOST[2]);
        mean(all.iter().flatten().flat_map(|of| of.iter().map(|a| a.0)))
    }

    /// The same at the threshold of .50 alone.
    pub fn map50(&self, times: &[u64]) -> Option<f64> {
        let all = self.averages(0, times, MOST[2]);
        mean(all.iter().flatten().filter_map(|of| of.first()).map(|a| a.0))
    }

    /// All scores.
    pub fn scores(&self) -> Precision {
        let once = vec![1u64; self.images];
        let sizes = [0, 1, 2, 3].map(|area| self.averages(area, &once, MOST[2]));
        let precision = |of: &[Option<Averages>], at: Option<usize>| {
            let own = of.iter().flatten().flat_map(|all| all.iter().enumerate());
            mean(own.filter(|(t, _)| at.is_none_or(|at| at == *t)).map(|(_, a)| a.0))
        };
        let recall = |of: &[Option<Averages>]| mean(of.iter().flatten().flat_map(|all| all.iter().map(|a| a.1)));
        let [all, small, medium, large] = &sizes;
        let class = |own: &Option<Averages>| {
            let own = std::slice::from_ref(own);
            [precision(own, None), precision(own, Some(0))]
        };
        Precision {
            map: precision(all, None),
            map50: precision(all, Some(0)),
            map75: precision(all, Some(5)),
            by_size: [small, medium, large].map(|of| precision(of, None)),
            recall: MOST.map(|most| recall(&self.averages(0, &once, most))),
            recall_by_size: [small, medium, large].map(|of| recall(of)),
            classes: all.iter().map(class).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// Values of pycocotools; `tests/data/coco-map/make.py` says how they were made.
    #[derive(Deserialize)]
    struct Reference {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        seed: u64,
        classes: usize,
        images: Vec<Image>,
        stats: Vec<f64>,
        by_class: Vec<f64>,
    }

    #[derive(Deserialize)]
    struct Image {
        /// class, x, y, w, h, area, crowd
        gt: Vec<[f64; 7]>,
        /// class, x, y, w, h, score
        dt: Vec<[f64; 6]>,
    }

    fn pictured(image: &Image) -> Pictured {
        let given =
            |g: &[f64; 7]| Given { class: g[0] as usize, at: [g[1], g[2], g[3], g[4]], area: g[5], crowd: g[6] > 0.0 };
        let detected = |d: &[f64; 6]| Detected { class: d[0] as usize, at: [d[1], d[2], d[3], d[4]], score: d[5] };
        Pictured { given: image.gt.iter().map(given).collect(), detected: image.dt.iter().map(detected).collect() }
    }

    #[test]
    fn scores_are_those_of_pycocotools() {
        let text = include_str!("../../../tests/data/coco-map/cases.json");
        let reference: Reference = serde_json::from_str(text).unwrap();
        assert!(reference.cases.len() >= 1000, "{}", reference.cases.len());
        for case in reference.cases {
            let images: Vec<Pictured> = case.images.iter().map(pictured).collect();
            let own = Detections::of(&images, case.classes).scores();
            let all = [own.map, own.map50, own.map75].into_iter().chain(own.by_size).chain(own.recall);
            let got: Vec<f64> = all.chain(own.recall_by_size).map(|x| x.unwrap_or(-1.0)).collect();
            for (at, (got, want)) in got.iter().zip(&case.stats).enumerate() {
                assert!((got - want).abs() < 1e-9, "seed {} stat {at}: {got} is not {want}", case.seed);
            }
            for (got, want) in own.classes.iter().map(|c| c[0].unwrap_or(-1.0)).zip(&case.by_class) {
                assert!((got - want).abs() < 1e-9, "seed {}: {got} is not {want}", case.seed);
            }
        }
    }

    #[test]
    fn drawing_an_image_twice_is_having_it_twice() {
        let one = |x: f64, score| Pictured {
            given: vec![Given { class: 0, at: [0.0, 0.0, 10.0, 10.0], area: 100.0, crowd: false }],
            detected: vec![Detected { class: 0, at: [x, 0.0, 10.0, 10.0], score }],
        };
        let images = [one(0.0, 0.9), one(3.0, 0.8)];
        let twice = [images[0].clone(), images[1].clone(), images[1].clone()];
        let drawn = Detections::of(&images, 1).map(&[1, 2]);
        assert_eq!(drawn, Detections::of(&twice, 1).map(&[1, 1, 1]));
        assert!(Detections::of(&images, 1).map(&[1, 0]).is_some_and(|map| (map - 1.0).abs() < 1e-9));
    }
}
