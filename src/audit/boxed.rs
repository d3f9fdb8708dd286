//! Boxes: how they stand in a row, and how those of a sample in two formats are held against each other.
use super::cells::{fields, first, four, items, number};
use super::sample::Object;
use crate::digest::cut_hash;
use crate::table::Value;

/// An object as it is compared.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Boxed {
    class: u64,
    at: [f64; 4],
    /// How far its format may have moved it.
    rounding: f64,
}

/// Places are equal that differ less: 32 bits hold a side of a large picture no better.
const SAME: f64 = 0.02;
/// Decimals that are told apart: whole pixels, tenths, hundredths, and more.
const DECIMALS: usize = 3;

pub fn boxed(all: &[Object]) -> Box<[Boxed]> {
    let one = |o: &Object| Boxed {
        class: o.class.as_ref().map_or(0, |c| cut_hash(c.as_bytes()) | 1),
        at: o.at,
        rounding: o.rounding,
    };
    all.iter().map(one).collect()
}

/// With how many decimals a family of files writes places.
pub struct Written {
    /// Boxes by the decimals that each needs.
    boxes: [usize; DECIMALS + 1],
}

impl Written {
    pub fn of<'b>(all: impl Iterator<Item = &'b Boxed>) -> Written {
        let mut boxes = [0; DECIMALS + 1];
        for own in all {
            boxes.get_mut(decimals(own)).iter_mut().for_each(|n| **n += 1);
        }
        Written { boxes }
    }

    /// The decimals that most boxes do with; a few that need more were changed, or are what others round.
    fn most(&self) -> usize {
        let all: usize = self.boxes.iter().sum();
        let mut seen = 0;
        let enough = |n: &usize| {
            seen += n;
            seen * 2 > all
        };
        self.boxes.iter().position(enough).unwrap_or(0)
    }

    /// How far the same place may lie apart in two families, of which one may round what the other writes out.
    pub fn apart(&self, other: &Written) -> f64 {
        let (a, b) = (self.most(), other.most());
        let step = [1.0, 0.1, 0.01].get(a.min(b)).copied().unwrap_or(0.0);
        if a == b { SAME } else { (step * 1.01_f64).max(SAME) }
    }
}

fn decimals(own: &Boxed) -> usize {
    let whole = |times: f64| own.at.iter().all(|n| ((n * times) - (n * times).round()).abs() < 0.02);
    [1.0, 10.0, 100.0].iter().position(|times| whole(*times)).unwrap_or(DECIMALS)
}

/// How the objects of a sample differ.
pub fn unlike(a: &[Boxed], b: &[Boxed], apart: f64) -> Option<String> {
    if a.len() != b.len() {
        return Some(format!("has {} objects, and there are {} in", b.len(), a.len()));
    }
    let near = |x: &Boxed, y: &Boxed| {
        let class = x.class == 0 || y.class == 0 || x.class == y.class;
        let apart = apart.max(x.rounding).max(y.rounding);
        class && x.at.iter().zip(y.at).all(|(p, q)| (p - q).abs() <= apart)
    };
    let mut left: Vec<&Boxed> = a.iter().collect();
    for (n, own) in b.iter().enumerate() {
        match left.iter().position(|other| near(own, other)) {
            Some(at) => drop(left.swap_remove(at)),
            None => return Some(format!("object {n} is of another class or elsewhere than in")),
        }
    }
    None
}

/// A box as columns of numbers: left, top, width, height.
pub fn scalar_box(row: &Value) -> Option<[f64; 4]> {
    let all = |names: [&str; 4]| {
        let mut out = [0.0; 4];
        for (slot, name) in out.iter_mut().zip(names) {
            *slot = number(row.field(name))?;
        }
        Some(out)
    };
    let corners = |[x1, y1, x2, y2]: [f64; 4]| [x1, y1, x2 - x1, y2 - y1];
    all(["x", "y", "width", "height"])
        .or_else(|| all(["x", "y", "w", "h"]))
        .or_else(|| all(["left", "top", "width", "height"]))
        .or_else(|| all(["xmin", "ymin", "xmax", "ymax"]).map(corners))
        .or_else(|| all(["x1", "y1", "x2", "y2"]).map(corners))
        .or_else(|| all(["x_min", "y_min", "x_max", "y_max"]).map(corners))
}

/// A box of an object in a list, the part that it stands in, and whether it only encloses another shape.
pub fn one_box(value: &Value) -> Option<(&'static str, [f64; 4], bool)> {
    if let Some(at) = scalar_box(value) {
        return Some(("x1, y1, x2, y2", at, false));
    }
    if let Some((name, own)) = first(value, &["bbox", "box"]) {
        return four(own).map(|at| (name, at, false));
    }
    // polygons, rotated boxes and keypoints: the box around their points
    let points = |v: &Value| -> Vec<(f64, f64)> {
        let mut out = Vec::new();
        collect(v, &mut out, 0);
        out
    };
    let (name, own) = first(value, &["parts", "corners", "points"])?;
    let all = points(own);
    let (mut low, mut high) = (all.first().copied()?, all.first().copied()?);
    for (x, y) in &all {
        low = (low.0.min(*x), low.1.min(*y));
        high = (high.0.max(*x), high.1.max(*y));
    }
    (high.0 > low.0 && high.1 > low.1).then_some((name, [low.0, low.1, high.0 - low.0, high.1 - low.1], true))
}

/// All points `{ x, y }` of a value.
fn collect(value: &Value, out: &mut Vec<(f64, f64)>, depth: usize) {
    if let (Some(x), Some(y)) = (number(value.field("x")), number(value.field("y"))) {
        return out.push((x, y));
    }
    if depth < 8 {
        items(value).unwrap_or_default().iter().for_each(|v| collect(v, out, depth + 1));
        fields(value).iter().for_each(|(_, v)| collect(v, out, depth + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(places: &[[f64; 4]], rounding: f64) -> Vec<Boxed> {
        places.iter().map(|at| Boxed { class: 1, at: *at, rounding }).collect()
    }

    #[test]
    fn what_a_format_rounds_is_the_same_and_what_was_moved_is_not() {
        let (whole, exact) = ([[1.0, 2.0, 5.0, 4.0]; 3], [[1.25, 2.5, 4.75, 4.125]; 3]);
        let apart = |a: &[Boxed], b: &[Boxed]| Written::of(a.iter()).apart(&Written::of(b.iter()));
        let differ = |a: &[[f64; 4]], b: &[[f64; 4]], rounding: f64| {
            let (a, b) = (of(a, rounding), of(b, 0.0));
            unlike(&a, &b, apart(&a, &b)).is_some()
        };
        assert!(!differ(&whole, &whole, 0.0) && !differ(&exact, &exact, 0.0) && !differ(&whole, &exact, 0.0));
        let moved = |of: [[f64; 4]; 3], by: f64| of.map(|[x, y, w, h]| [x + if y > 0.0 { by } else { 0.0 }, y, w, h]);
        let one = |of: [[f64; 4]; 3], by: f64| {
            let [first, rest @ ..] = of;
            let [moved, ..] = moved([first; 3], by);
            [[moved].as_slice(), &rest].concat()
        };
        for by in [0.1, 1.0, 3.0] {
            assert!(differ(&one(whole, by), &whole, 0.0), "{by}");
            assert!(differ(&one(exact, by), &exact, 0.0), "{by}");
        }
        assert!(differ(&one(whole, 2.0), &exact, 0.0) && !differ(&one(whole, 1.0), &whole, 1.01));
    }
}
