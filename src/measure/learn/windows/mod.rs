//! A small detector of objects: at each place of a grid a window of colours and gradients is judged by logistic regression, and
//! where it shows an object, linear regression tells its box.
//!
//! Channels (Dollár et al. 2009: colours, size of the gradient, its direction in six parts) are means over cells of 4 x 4 pixels of a
//! small picture; a window is 13 x 13 cells. What the model takes for an object and is none is learned of once more (hard negatives).
//! It is there to compare data with data where objects are of similar size, as cells, parts or fruits are; an object much larger
//! than a window or smaller than a cell is not seen. Sums run in a fixed order, so the same pictures give the same bits.
mod channels;
mod linear;

pub use channels::Scene;

use self::channels::{CHANNELS, Channels, Grid, REACH};
use self::linear::Weights;
use super::shuffled;
use crate::digest::mix;
use crate::measure::shapes::Area;

/// An object in a picture: its class, and left, top, right, bottom in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Marked {
    pub class: usize,
    pub at: [f64; 4],
}

/// An object that is found, and how sure it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    pub class: usize,
    pub at: [f64; 4],
    pub score: f64,
}

/// What was learned.
pub struct Detector {
    classes: usize,
    grid: Grid,
    /// The background first, then the classes.
    kinds: Weights,
    /// By class: the place of the middle, and the logarithms of width and height, in cells.
    boxes: Vec<Option<Weights>>,
}

/// Rounds over all places, of each of both passes.
const ROUNDS: [u64; 2] = [16, 8];
/// The first step, for a vector of the mean length.
const STEP: f32 = 0.4;
/// The weight of the squared norm of what tells kinds apart.
const DECAY: f32 = 1e-3;
/// Places of the background that are learned of, for each picture: drawn, and the surest mistakes.
const DRAWN: usize = 60;
const HARD: usize = 30;
/// A place is of an object if it is no farther from its middle than this part of its sides, or a cell.
const INNER: f64 = 0.1;
/// It is of the background if it is farther than this part.
const OUTER: f64 = 0.5;
/// Found objects with less are not told.
const SCORE_MIN: f64 = 0.01;
/// A mistake is learned of from this score on.
const HARD_MIN: f64 = 0.1;
/// Of two found objects of one class that share more than this part of both, the surer stays.
const SHARED_MAX: f64 = 0.5;
/// Found objects of a picture.
const MOST: usize = 100;
/// A found object hits a marked one if they share this part of both.
const HIT: f64 = 0.3;

/// A place that is learned of.
struct Place {
    scene: usize,
    cell: usize,
    /// 0 is the background.
    kind: usize,
    key: u64,
}

/// What a box is, seen from a cell: where its middle is, and the logarithms of its sides, in cells.
type Told = [f32; 4];

impl Detector {
    /// Learns of pictures with all their objects; the keys order them. `None` where `go_on` says so.
    pub fn of(
        classes: usize,
        scenes: &[(&Scene, &[Marked], u64)],
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Detector> {
        let mut sorted: Vec<&(&Scene, &[Marked], u64)> = scenes.iter().collect();
        sorted.sort_by_key(|s| s.2);
        let channels: Vec<Channels> = sorted.iter().map(|s| Channels::of(s.0)).collect();
        let grid = Grid::of(&channels);
        let channels: Vec<Channels> = channels.into_iter().map(|c| grid.normal(c)).collect();
        let marked: Vec<Vec<Marked>> = sorted.iter().map(|s| s.1.iter().map(|m| in_cells(m, s.0)).collect()).collect();
        let mut places = Vec::new();
        for (scene, ((own, marked), of)) in channels.iter().zip(&marked).zip(&sorted).enumerate() {
            places.extend(drawn(scene, own, marked, of.2));
        }
        let mut detector =
            Detector { classes, grid, kinds: Weights::new(classes + 1), boxes: Vec::with_capacity(classes) };
        detector.learn(&channels, &places, ROUNDS[0], go_on)?;
        for class in 0..classes {
            let (of, told): (Vec<_>, Vec<Told>) = boxes_of(&channels, &marked, &places, class).into_iter().unzip();
            detector.boxes.push(linear::ridge(&channels, &of, &told, go_on)?);
        }
        for (scene, ((own, marked), of)) in channels.iter().zip(&marked).zip(&sorted).enumerate() {
            if !go_on() {
                return None;
            }
            places.extend(detector.mistakes(scene, own, marked, of.2));
        }
        detector.learn(&channels, &places, ROUNDS[1], go_on)?;
        Some(detector)
    }

    /// Moves the weights of the kinds towards what the places show.
    fn learn(
        &mut self,
        channels: &[Channels],
        places: &[Place],
        rounds: u64,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<()> {
        let keys: Vec<u64> = places.iter().map(|p| p.key).collect();
        let steps = (rounds * places.len() as u64).max(1) as f32;
        let size = (channels::WINDOW * CHANNELS) as f32;
        let mut done = 0u64;
        for round in 0..rounds {
            if !go_on() {
                return None;
            }
            for at in shuffled(&keys, round) {
                let place = &places[at as usize];
                let step = STEP / size * (1.0 - done as f32 / steps);
                done += 1;
                self.kinds.step(&channels[place.scene], place.cell, place.kind, step);
            }
            self.kinds.shrink(1.0 - DECAY);
        }
        Some(())
    }

    /// What is found in a picture, the surest first.
    pub fn detect(&self, scene: &Scene) -> Vec<Seen> {
        let channels = self.grid.normal(Channels::of(scene));
        let found = self.found(&channels).into_iter().map(|(_, seen)| seen);
        found.map(|seen| Seen { at: in_pixels(seen.at, scene), ..seen }).collect()
    }

    /// With the cell that each was found at, in cells.
    fn found(&self, channels: &Channels) -> Vec<(usize, Seen)> {
        let sure: Vec<Vec<f64>> = (0..channels.cells()).map(|cell| self.kinds.shares(channels, cell)).collect();
        let mut all = Vec::new();
        for class in 0..self.classes {
            let Some(Some(boxes)) = self.boxes.get(class) else { continue };
            let score = |cell: usize| sure.get(cell).and_then(|s| s.get(class + 1)).copied().unwrap_or(0.0);
            let peak = |cell: &usize| {
                let own = score(*cell);
                own >= SCORE_MIN
                    && channels.around(*cell).all(
                        |(other, before)| {
                            if before { score(other) < own } else { score(other) <= own }
                        },
                    )
            };
            let mut found: Vec<(usize, Seen)> = (0..channels.cells())
                .filter(peak)
                .filter_map(|cell| Some((cell, Seen { class, at: read(boxes, channels, cell)?, score: score(cell) })))
                .collect();
            found.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.cmp(&b.0)));
            all.extend(apart(found));
        }
        all.sort_by(|a, b| b.1.score.total_cmp(&a.1.score).then(a.0.cmp(&b.0)).then(a.1.class.cmp(&b.1.class)));
        all.truncate(MOST);
        all
    }

    /// The surest finds that hit no object, as places of the background.
    fn mistakes(&self, scene: usize, channels: &Channels, marked: &[Marked], key: u64) -> Vec<Place> {
        let found = self.found(channels);
        let wrong = found.into_iter().filter(|(cell, seen)| {
            let (x, y) = channels.middle(*cell);
            seen.score >= HARD_MIN && marked.iter().all(|m| m.at.iou(&seen.at) < HIT && !within(&m.at, x, y, OUTER))
        });
        wrong
            .take(HARD)
            .map(|(cell, _)| Place { scene, cell, kind: 0, key: mix(key ^ mix(cell as u64 ^ 1 << 40)) })
            .collect()
    }
}

/// In cells of the picture's grid.
fn in_cells(of: &Marked, scene: &Scene) -> Marked {
    Marked { at: of.at.map(|x| x / scene.pixels_a_cell()), ..*of }
}

/// In pixels, within the picture.
fn in_pixels(at: [f64; 4], scene: &Scene) -> [f64; 4] {
    let [x1, y1, x2, y2] = at.map(|x| x * scene.pixels_a_cell());
    let (width, height) = (f64::from(scene.width), f64::from(scene.height));
    [x1.clamp(0.0, width), y1.clamp(0.0, height), x2.clamp(0.0, width), y2.clamp(0.0, height)]
}

/// Whether a place is no farther from the middle of a box than a part of its sides.
fn within(at: &[f64; 4], x: f64, y: f64, part: f64) -> bool {
    let [x1, y1, x2, y2] = *at;
    (x - (x1 + x2) / 2.0).abs() <= part * (x2 - x1) && (y - (y1 + y2) / 2.0).abs() <= part * (y2 - y1)
}

/// The object that a place is of: the one whose middle is nearest.
fn object_at(marked: &[Marked], x: f64, y: f64) -> Option<&Marked> {
    let far = |m: &Marked| {
        let [x1, y1, x2, y2] = m.at;
        let (dx, dy) = ((x - (x1 + x2) / 2.0).abs(), (y - (y1 + y2) / 2.0).abs());
        let near = dx <= (INNER * (x2 - x1)).max(0.5) && dy <= (INNER * (y2 - y1)).max(0.5);
        near.then_some(dx * dx + dy * dy)
    };
    let mut best: Option<(f64, &Marked)> = None;
    for (d, m) in marked.iter().filter_map(|m| Some((far(m)?, m))) {
        if best.is_none_or(|(least, _)| d < least) {
            best = Some((d, m));
        }
    }
    best.map(|b| b.1)
}

/// The places of a picture that are learned of: all that are of an object, and some of the background.
fn drawn(scene: usize, channels: &Channels, marked: &[Marked], key: u64) -> Vec<Place> {
    let place = |cell: usize, kind| Place { scene, cell, kind, key: mix(key ^ mix(cell as u64)) };
    let (mut objects, mut others) = (Vec::new(), Vec::new());
    for cell in 0..channels.cells() {
        let (x, y) = channels.middle(cell);
        match object_at(marked, x, y) {
            Some(m) => objects.push(place(cell, m.class + 1)),
            None if marked.iter().any(|m| within(&m.at, x, y, OUTER)) => {}
            None => others.push(place(cell, 0)),
        }
    }
    others.sort_by_key(|p| (p.key, p.cell));
    others.truncate(DRAWN);
    objects.append(&mut others);
    objects
}

/// The places of a class, and the box that each is to tell.
fn boxes_of(
    channels: &[Channels],
    marked: &[Vec<Marked>],
    places: &[Place],
    class: usize,
) -> Vec<((usize, usize), Told)> {
    let of = |place: &Place| {
        let (x, y) = channels.get(place.scene)?.middle(place.cell);
        let [x1, y1, x2, y2] = object_at(marked.get(place.scene)?, x, y)?.at;
        let side = |a: f64, b: f64| libm::log((b - a).max(1e-3));
        let told = [(x1 + x2) / 2.0 - x, (y1 + y2) / 2.0 - y, side(x1, x2), side(y1, y2)];
        Some(((place.scene, place.cell), told.map(|x| x as f32)))
    };
    places.iter().filter(|p| p.kind == class + 1).filter_map(of).collect()
}

/// The box that is told at a cell; none whose sides are no numbers.
fn read(boxes: &Weights, channels: &Channels, cell: usize) -> Option<[f64; 4]> {
    let (x, y) = channels.middle(cell);
    let mut told = [0.0f64; 4];
    told.iter_mut().zip(boxes.sums(channels, cell)).for_each(|(to, from)| *to = f64::from(from));
    let reach = REACH as f64;
    let side = |log: f64| libm::exp(log.clamp(-2.0, libm::log(4.0 * reach)));
    let (x, y) = (x + told[0].clamp(-reach, reach), y + told[1].clamp(-reach, reach));
    let (w, h) = (side(told[2]), side(told[3]));
    let at = [x - w / 2.0, y - h / 2.0, x + w / 2.0, y + h / 2.0];
    at.iter().all(|x| x.is_finite()).then_some(at)
}

/// Of finds in order, those that share little with the ones before them.
fn apart(found: Vec<(usize, Seen)>) -> Vec<(usize, Seen)> {
    let mut kept: Vec<(usize, Seen)> = Vec::new();
    for one in found {
        if kept.len() < MOST && kept.iter().all(|other| other.1.at.iou(&one.1.at) <= SHARED_MAX) {
            kept.push(one);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A picture with a grey ground and discs of two colours.
    fn scene(seed: u64, objects: &[Marked]) -> Scene {
        let (w, h) = (96u32, 80u32);
        let mut pixels = Vec::new();
        for y in 0..h {
            for x in 0..w {
                let mut pixel = [150 + (mix(seed ^ u64::from(y * w + x)) % 20) as u8; 3];
                for m in objects {
                    let [x1, y1, x2, y2] = m.at;
                    let dx = (f64::from(x) + 0.5 - (x1 + x2) / 2.0) / ((x2 - x1) / 2.0);
                    let dy = (f64::from(y) + 0.5 - (y1 + y2) / 2.0) / ((y2 - y1) / 2.0);
                    if dx * dx + dy * dy <= 1.0 {
                        pixel = if m.class == 0 { [220, 60, 60] } else { [60, 60, 220] };
                    }
                }
                pixels.extend(pixel);
            }
        }
        Scene { width: w, height: h, small: [w, h], step: 1, pixels }
    }

    fn objects(seed: u64) -> Vec<Marked> {
        let places = [(20.0, 22.0), (68.0, 24.0), (40.0, 58.0)];
        let place = |(n, (x, y)): (usize, (f64, f64))| {
            let draw = |k: u64| (mix(seed.wrapping_mul(31) ^ (n as u64 * 7 + k)) % 9) as f64 - 4.0;
            let class = (mix(seed ^ n as u64) % 2) as usize;
            let half = if class == 0 { 12.0 } else { 8.0 };
            let (x, y) = (x + draw(1), y + draw(2));
            Marked { class, at: [x - half, y - half, x + half, y + half] }
        };
        places.into_iter().enumerate().map(place).collect()
    }

    #[test]
    fn objects_of_new_pictures_are_found_where_they_are() {
        let all: Vec<(Vec<Marked>, Scene)> = (0..14u64).map(|s| (objects(s), scene(s, &objects(s)))).collect();
        let learned: Vec<(&Scene, &[Marked], u64)> =
            all.iter().take(10).enumerate().map(|(n, (m, s))| (s, m.as_slice(), mix(n as u64))).collect();
        let detector = Detector::of(2, &learned, &mut || true).unwrap();
        let mut turned = learned.clone();
        turned.reverse();
        let again = Detector::of(2, &turned, &mut || true).unwrap();
        for (marked, scene) in all.iter().skip(10) {
            let seen = detector.detect(scene);
            assert_eq!(seen, again.detect(scene), "the order of pictures does not matter");
            for m in marked {
                let hit = seen.iter().find(|s| s.at.iou(&m.at) > 0.6).unwrap_or_else(|| panic!("{m:?} in {seen:?}"));
                assert_eq!((hit.class, hit.score > 0.5), (m.class, true), "{hit:?}");
            }
            let sure = seen.iter().filter(|s| s.score > 0.5).count();
            assert_eq!(sure, marked.len(), "{seen:?}");
        }
        assert!(Detector::of(2, &learned, &mut || false).is_none());
    }

    #[test]
    fn nothing_to_learn_of_finds_nothing() {
        let empty = Detector::of(2, &[], &mut || true).unwrap();
        assert!(empty.detect(&scene(1, &objects(1))).is_empty());
        let tiny = Scene { width: 1, height: 1, small: [1, 1], step: 1, pixels: vec![0; 3] };
        assert!(empty.detect(&tiny).is_empty());
        let one = scene(1, &[]);
        assert!(Detector::of(1, &[(&one, &[], 3)], &mut || true).unwrap().detect(&one).is_empty());
    }
}
