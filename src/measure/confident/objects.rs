//! Boxes that are probably wrong, by what a model finds that had not learned of their picture: ObjectLab (Tkachenko, Thyagarajan,
//! Mueller 2023), with the constants and rules of cleanlab 2.9.
//!
//! Each given box has a quality for its place (*badly located*) and one for its class (*swapped*), each found box one for whether
//! something was *overlooked* there: 0 hardly to be trusted, 1 no doubt. A picture's quality joins those of its boxes.

/// A box with its class: left, top, right, bottom in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placed {
    pub class: usize,
    pub at: [f64; 4],
}

/// A picture: what is marked on it, and what a model found with which score.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Boxed {
    pub given: Vec<Placed>,
    pub found: Vec<(Placed, f64)>,
}

/// How sure a model must be to be believed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Trust {
    /// From this score on something was overlooked where nothing is marked; above it a class may be another.
    pub sure: f64,
    /// Above this score a found box says where a marked one should be.
    pub likely: f64,
    /// A found box speaks for the mark alone that it shares most with, of its class. cleanlab lets it speak for every mark that it
    /// touches; where objects are crowded, that of a neighbour then makes doubtful what the model has not found.
    pub nearest: bool,
}

impl Default for Trust {
    fn default() -> Trust {
        Trust { sure: 0.95, likely: 0.5, nearest: false }
    }
}

/// The qualities of a picture's boxes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Qualities {
    /// Of each found box; nothing where the model is not sure, or where something is marked.
    pub overlooked: Vec<Option<f64>>,
    /// Of each given box.
    pub badly_located: Vec<f64>,
    pub swapped: Vec<f64>,
}

/// What the intersection over union counts of a likeness; the rest is how near the middles are.
const SHARE: f64 = 0.9;
/// How fast nearness falls with the distance of the middles in pixels.
const FALL: f64 = 0.1;
/// The least area of a union.
const AREA_MIN: f64 = 1e-6;
/// Two marks of different classes that share so much are of one object.
const SAME: f64 = 0.95;
/// How much a picture's worst box counts for it.
const TEMPERATURE: f64 = 0.1;

fn shared(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let (x1, y1, x2, y2) = (a[0].max(b[0]), a[1].max(b[1]), a[2].min(b[2]), a[3].min(b[3]));
    if x2 < x1 || y2 < y1 {
        return 0.0;
    }
    let area = |at: &[f64; 4]| (at[2] - at[0]) * (at[3] - at[1]);
    let common = (x2 - x1) * (y2 - y1);
    common / (area(a) + area(b) - common).max(AREA_MIN)
}

/// How alike two boxes are, from 0 to 1.
pub fn likeness(a: &[f64; 4], b: &[f64; 4]) -> f64 {
    let middle = |at: &[f64; 4]| ((at[0] + at[2]) / 2.0, (at[1] + at[3]) / 2.0);
    let ((ax, ay), (bx, by)) = (middle(a), middle(b));
    let apart = ((ax - bx) * (ax - bx) + (ay - by) * (ay - by)).sqrt();
    // cleanlab stores 1 less this, so that what is far apart has a likeness of 0
    let near = 1.0 - (1.0 - libm::exp(-apart * FALL));
    SHARE * shared(a, b) + (1.0 - SHARE) * near
}

fn greatest(of: impl Iterator<Item = f64>) -> Option<f64> {
    of.fold(None, |best, x| Some(best.map_or(x, |b: f64| b.max(x))))
}

/// The least likeness above 0 of a marked and a found box of one picture; 1 where there are none.
pub fn least_likeness<'a>(pictures: impl Iterator<Item = &'a Boxed>) -> f64 {
    let each = pictures
        .flat_map(|p| p.given.iter().flat_map(move |g| p.found.iter().map(move |(f, _)| likeness(&g.at, &f.at))));
    each.filter(|x| *x != 0.0).fold(1.0, f64::min)
}

impl Boxed {
    /// The qualities, given the least likeness of the whole data.
    pub fn qualities(&self, trust: Trust, least: f64) -> Qualities {
        Qualities {
            overlooked: self.found.iter().map(|(f, score)| self.overlooked(f, *score, trust, least)).collect(),
            badly_located: self.given.iter().map(|g| self.badly_located(g, trust)).collect(),
            swapped: self.given.iter().enumerate().map(|(n, g)| self.swapped(n, g, trust, least)).collect(),
        }
    }

    fn overlooked(&self, f: &Placed, score: f64, trust: Trust, least: f64) -> Option<f64> {
        if score < trust.sure || self.given.iter().any(|g| shared(&g.at, &f.at) > 0.0) {
            return None;
        }
        let own = self.given.iter().filter(|g| g.class == f.class);
        Some(greatest(own.map(|g| likeness(&g.at, &f.at))).unwrap_or(least * (1.0 - score)))
    }

    fn badly_located(&self, g: &Placed, trust: Trust) -> f64 {
        let others = || self.given.iter().filter(|other| other.class == g.class);
        let speaks = |f: &Placed, own: f64| !trust.nearest || others().all(|other| shared(&other.at, &f.at) <= own);
        let near = |(f, score): &&(Placed, f64)| {
            let own = shared(&g.at, &f.at);
            f.class == g.class && *score > trust.likely && own > 0.0 && speaks(f, own)
        };
        greatest(self.found.iter().filter(near).map(|(f, _)| likeness(&g.at, &f.at))).unwrap_or(1.0)
    }

    fn swapped(&self, n: usize, g: &Placed, trust: Trust, least: f64) -> f64 {
        let mut others = self.given.iter().enumerate().filter(|(m, other)| *m != n && other.class != g.class);
        if others.any(|(_, other)| shared(&g.at, &other.at) >= SAME) {
            return least;
        }
        let sure = self.found.iter().filter(|(f, score)| f.class != g.class && *score > trust.sure);
        greatest(sure.map(|(f, _)| likeness(&g.at, &f.at))).map_or(1.0, |most| least.max(1.0 - most))
    }
}

impl Qualities {
    /// The quality of the picture: the geometric mean over the three kinds of fault of how bad the worst boxes are.
    pub fn of_picture(&self) -> f64 {
        let overlooked: Vec<f64> = self.overlooked.iter().flatten().copied().collect();
        let kinds = [&overlooked, &self.badly_located, &self.swapped].map(|of| soft_least(of));
        libm::exp(kinds.iter().map(|x| libm::log(1e-100 + x)).sum::<f64>() / 3.0)
    }
}

/// Nearly the least of numbers: their mean, in which small ones weigh most; 1 of none.
fn soft_least(of: &[f64]) -> f64 {
    if of.is_empty() {
        return 1.0;
    }
    let most = of.iter().map(|x| (1.0 - x) / TEMPERATURE).fold(f64::MIN, f64::max);
    let weights: Vec<f64> = of.iter().map(|x| libm::exp((1.0 - x) / TEMPERATURE - most)).collect();
    let all: f64 = weights.iter().sum();
    of.iter().zip(&weights).map(|(x, w)| x * w / all).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    /// Values of cleanlab; `tests/data/objectlab/make.py` says how they were made.
    #[derive(Deserialize)]
    struct Case {
        /// class, x1, y1, x2, y2
        given: Vec<Vec<[f64; 5]>>,
        /// class, x1, y1, x2, y2, score
        found: Vec<Vec<[f64; 6]>>,
        overlooked: Vec<Vec<Option<f64>>>,
        badly_located: Vec<Vec<f64>>,
        swapped: Vec<Vec<f64>>,
        picture: Vec<f64>,
    }

    fn near(got: f64, want: f64) -> bool {
        (got - want).abs() < 1e-9
    }

    #[test]
    fn a_find_of_a_neighbour_makes_no_mark_doubtful() {
        let at = |x: f64| Placed { class: 0, at: [x, 0.0, x + 20.0, 20.0] };
        let crowd = Boxed { given: vec![at(0.0), at(16.0)], found: vec![(at(17.0), 0.9)] };
        let place = |nearest| crowd.qualities(Trust { nearest, ..Trust::default() }, 0.1).badly_located;
        assert!(place(false)[0] < 0.2 && place(false)[1] > 0.8);
        assert!(place(true)[0] == 1.0 && place(true)[1] > 0.8);
    }

    #[test]
    fn qualities_are_those_of_cleanlab() {
        let text = include_str!("../../../tests/data/objectlab/cases.json");
        let cases: Vec<Case> = serde_json::from_str(text).unwrap();
        assert!(cases.len() >= 40);
        for (n, case) in cases.iter().enumerate() {
            let placed = |b: &[f64]| Placed { class: b[0] as usize, at: [b[1], b[2], b[3], b[4]] };
            let pictures: Vec<Boxed> = std::iter::zip(&case.given, &case.found)
                .map(|(given, found)| Boxed {
                    given: given.iter().map(|b| placed(b)).collect(),
                    found: found.iter().map(|b| (placed(b), b[5])).collect(),
                })
                .collect();
            let least = least_likeness(pictures.iter());
            for (at, picture) in pictures.iter().enumerate() {
                let q = picture.qualities(Trust::default(), least);
                let overlooked = std::iter::zip(&q.overlooked, &case.overlooked[at]);
                assert_eq!(q.overlooked.len(), case.overlooked[at].len());
                overlooked.for_each(|(got, want)| match (got, want) {
                    (Some(got), Some(want)) => assert!(near(*got, *want), "{n} {at}: {got} {want}"),
                    (got, want) => assert_eq!(got, want, "{n} {at}"),
                });
                for (got, want) in [(&q.badly_located, &case.badly_located[at]), (&q.swapped, &case.swapped[at])] {
                    assert_eq!(got.len(), want.len());
                    assert!(std::iter::zip(got, want).all(|(a, b)| near(*a, *b)), "{n} {at}: {got:?} {want:?}");
                }
                assert!(near(q.of_picture(), case.picture[at]), "{n} {at}: {} {}", q.of_picture(), case.picture[at]);
            }
        }
    }
}
