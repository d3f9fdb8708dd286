//! Shapes as they are drawn over a picture.
use crate::measure::shapes::Placed;
use crate::model::boxes::Box2;
use crate::model::keypoints::Keypoints;
use crate::model::masks::Mask;
use crate::model::points::Point;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::table::{Cell, DataType, Value, list};
use serde::Serialize;

/// Points of a line that are drawn; of longer ones every second, third, and so on.
const POINTS: usize = 200;

#[derive(Serialize, schemars::JsonSchema, Debug, Clone, PartialEq)]
pub struct Drawn {
    pub class: String,
    /// Left, top, right and bottom in pixels.
    pub at: [f64; 4],
    /// Closed lines through points, for what is no upright box; masks and points of a body are drawn as the box around them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rings: Vec<Vec<[f64; 2]>>,
}

/// The shapes of a label; nothing where its kind has none. What lies nowhere is not drawn.
pub fn shapes(ty: &DataType, value: &Value) -> Option<Vec<Drawn>> {
    let items = if let Value::List(items) = value { items.as_slice() } else { &[] };
    if *ty == list(Box2::ty()) {
        Some(all(items, |_: &Box2| Vec::new()))
    } else if *ty == list(Polygon::ty()) {
        Some(all(items, |p: &Polygon| p.parts.iter().flatten().map(|ring| line(ring)).collect()))
    } else if *ty == list(Quad::ty()) {
        Some(all(items, |q: &Quad| vec![line(&q.corners)]))
    } else if *ty == list(Mask::ty()) {
        Some(all(items, |_: &Mask| Vec::new()))
    } else if *ty == list(Keypoints::ty()) {
        Some(all(items, |_: &Keypoints| Vec::new()))
    } else {
        None
    }
}

fn all<S: Cell + Placed>(items: &[Value], rings: impl Fn(&S) -> Vec<Vec<[f64; 2]>>) -> Vec<Drawn> {
    let one = |s: S| {
        let at = s.around()?;
        let rings = rings(&s);
        let finite = at.iter().chain(rings.iter().flatten().flatten()).all(|c| c.is_finite());
        finite.then(|| Drawn { class: s.class().to_string(), at, rings })
    };
    items.iter().filter_map(S::from_value).filter_map(one).collect()
}

fn line(ring: &[Point]) -> Vec<[f64; 2]> {
    ring.iter().step_by(ring.len().div_ceil(POINTS).max(1)).map(|p| [p.x, p.y]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::Cell;

    #[test]
    fn a_polygon_is_drawn_by_its_rings_and_what_lies_nowhere_is_not() {
        let ring = |n: usize| (0..n).map(|i| Point { x: i as f64, y: (i * i) as f64 }).collect::<Vec<_>>();
        let of = |parts| Polygon { class: "a".into(), parts, flags: Vec::new() };
        let far = vec![vec![vec![Point { x: f64::NAN, y: 0.0 }]]];
        let value = vec![of(vec![vec![ring(3)], vec![ring(1000)]]), of(far)].into_value();
        let drawn = shapes(&list(Polygon::ty()), &value).unwrap();
        let lengths: Vec<usize> = drawn.iter().flat_map(|d| &d.rings).map(Vec::len).collect();
        assert_eq!((drawn.len(), lengths), (1, vec![3, 200]));
        assert_eq!(shapes(&DataType::Utf8, &Value::Null), None);
    }
}
