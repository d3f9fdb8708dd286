//! How near the points of an object are to those that it has: object keypoint similarity, as COCO measures it.
use crate::model::keypoints::{Keypoint, Keypoints};

/// What COCO adds to an area, so that none is 0: the spacing of numbers at 1.
const LEAST: f64 = f64::EPSILON;

/// The similarity of found points to given ones, 0 to 1. `sigmas` says of each point how far people's marks of it lie apart, as a share of
/// the object's scale; `area` is that of the given object. Where no given point is labelled, what lies outside of its box, made twice as
/// large to each side, counts as far. `None` where the numbers of points differ, or there are none.
pub fn oks(given: &Keypoints, found: &[Keypoint], sigmas: &[f64], area: f64) -> Option<f64> {
    if given.points.len() != found.len() || found.len() != sigmas.len() || found.is_empty() {
        return None;
    }
    let labelled = given.labelled();
    let [left, top, right, bottom] = given.reach;
    let (width, height) = (right - left, bottom - top);
    let outside = |at: f64, from: f64, side: f64| (from - side - at).max(0.0) + (at - (from + 2.0 * side)).max(0.0);
    let mut sum = 0.0;
    for ((own, found), sigma) in given.points.iter().zip(found).zip(sigmas) {
        let (dx, dy) = match labelled {
            0 => (outside(found.x, left, width), outside(found.y, top, height)),
            _ if own.seen == 0 => continue,
            _ => (found.x - own.x, found.y - own.y),
        };
        let spread = 2.0 * sigma * (2.0 * sigma);
        sum += libm::exp(-((dx * dx + dy * dy) / spread / (area + LEAST) / 2.0));
    }
    let counted = if labelled > 0 { labelled } else { found.len() };
    Some(sum / counted as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIGMAS: [f64; 3] = [0.026, 0.025, 0.035];

    fn of(seen: [u32; 3], found: [(f64, f64); 3]) -> f64 {
        let at = [(10.0, 20.0), (30.0, 22.0), (25.0, 60.0)];
        let point = |((x, y), seen): ((f64, f64), u32)| Keypoint { x, y, seen };
        let points = at.into_iter().zip(seen).map(point).collect();
        let given = Keypoints { class: "p".into(), reach: [5.0, 10.0, 45.0, 70.0], points, flags: Vec::new() };
        let found: Vec<Keypoint> = found.into_iter().map(|at| point((at, 2))).collect();
        oks(&given, &found, &SIGMAS, 1200.0).unwrap()
    }

    /// Values of `COCOeval.computeOks` of pycocotools 2.0.11 for the same points, sigmas, box and area.
    #[test]
    fn similarities_are_those_of_pycocotools() {
        let near = [(11.0, 20.0), (30.0, 25.0), (20.0, 58.0)];
        let far = [(11.0, 20.0), (300.0, 25.0), (20.0, 58.0)];
        let want = [
            (of([2, 2, 2], [(10.0, 20.0), (30.0, 22.0), (25.0, 60.0)]), 1.0),
            (of([2, 1, 2], near), 0.38841591510712065),
            (of([2, 0, 2], far), 0.471058792586466),
            (of([0, 0, 0], [(11.0, 20.0), (90.0, 25.0), (20.0, 132.0)]), 0.5757257811497819),
        ];
        for (got, want) in want {
            assert!((got - want).abs() < 1e-12, "{got} and not {want}");
        }
    }

    #[test]
    fn other_points_have_no_similarity() {
        let given = Keypoints { class: "p".into(), reach: [0.0; 4], points: Vec::new(), flags: Vec::new() };
        assert_eq!(oks(&given, &[], &[], 1.0), None);
        assert_eq!(oks(&given, &[Keypoint::NONE], &[0.1], 1.0), None);
    }
}
