//! Masks on images, each with a class: which pixels belong to an object, as lengths of runs.
//!
//! Runs go down the columns of the image, one column after another, as COCO has them; the first run is of pixels that do not
//! belong to the object, and may be empty.
use super::cells::record_of;
use super::frames::Frame;
use super::points::Point;
use super::polygons::Polygon;
use super::shape::{Moved, Shape};
use crate::table::{Cell, DataType, Value, list, record, utf8};

/// Most pixels of an image that a mask may lie on.
pub const PIXELS_MAX: u64 = 1 << 28;
/// Most points that the outline of a polygon may have between its corners, at a fifth of a pixel.
const POINTS_MAX: u64 = 1 << 22;

/// The pixels of one object.
#[derive(Clone, Debug, PartialEq)]
pub struct Mask {
    pub class: String,
    /// Of the image, in pixels.
    pub width: u32,
    pub height: u32,
    /// Lengths of runs, of pixels outside and inside in turn; they add up to all pixels.
    pub runs: Vec<u32>,
    /// `difficult`, `truncated`, `occluded`, `crowd` where the source says so.
    pub flags: Vec<String>,
}

/// Why runs are no mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoMask {
    /// The image has no pixel, or more than [`PIXELS_MAX`].
    Size,
    /// The runs do not add up to the pixels of the image.
    Sum,
    /// A character that no run is written with, or a run that does not end.
    Text,
}

/// The number of pixels of an image, if it may have a mask.
fn pixels(width: u32, height: u32) -> Option<u64> {
    let pixels = u64::from(width) * u64::from(height);
    (1..=PIXELS_MAX).contains(&pixels).then_some(pixels)
}

/// Runs that are a mask on an image: they add up, and none but the first is empty.
pub fn checked(runs: &[u32], [width, height]: [u32; 2]) -> Result<Vec<u32>, NoMask> {
    let pixels = pixels(width, height).ok_or(NoMask::Size)?;
    let sum = runs.iter().try_fold(0u64, |sum, run| sum.checked_add((*run).into()));
    if sum != Some(pixels) {
        return Err(NoMask::Sum);
    }
    let mut out = Joined::default();
    runs.iter().enumerate().for_each(|(i, run)| out.add(*run, i % 2 == 1));
    Ok(out.runs)
}

/// Runs as they come, those of one kind joined.
#[derive(Default)]
struct Joined {
    runs: Vec<u32>,
}

impl Joined {
    fn add(&mut self, run: u32, inside: bool) {
        if run == 0 && (inside || !self.runs.is_empty()) {
            return;
        }
        if self.runs.is_empty() && inside {
            self.runs.push(0);
        }
        let last_inside = self.runs.len().is_multiple_of(2);
        match self.runs.last_mut().filter(|_| last_inside == inside) {
            Some(last) => *last += run,
            None => self.runs.push(run),
        }
    }
}

/// Two masks on one image pixel by pixel.
fn merged(a: &[u32], b: &[u32], keep: fn(bool, bool) -> bool) -> Vec<u32> {
    let mut out = Joined::default();
    let (mut at, mut left) = ([0usize; 2], [0u32; 2]);
    loop {
        for ((runs, at), left) in [a, b].into_iter().zip(&mut at).zip(&mut left) {
            while *left == 0 && *at < runs.len() {
                *left = runs.get(*at).copied().unwrap_or(0);
                *at += 1;
            }
        }
        let step = left[0].min(left[1]);
        if step == 0 {
            return out.runs;
        }
        out.add(step, keep(at[0] % 2 == 0, at[1] % 2 == 0));
        left.iter_mut().for_each(|left| *left -= step);
    }
}

/// The pixels that a ring covers, exactly as pycocotools has it (maskApi.c, rleFrPoly): points along the outline at a fifth
/// of a pixel say where each column goes in and out. `None` for an image without a mask, or a ring that is far too large.
pub fn ring_runs(ring: &[Point], [width, height]: [u32; 2]) -> Option<Vec<u32>> {
    let pixels = pixels(width, height)?;
    let fifth = |c: f64| (5.0 * c + 0.5).trunc() as i64;
    let corners: Vec<[i64; 2]> = ring.iter().map(|p| [fifth(p.x), fifth(p.y)]).collect();
    let edges = || corners.iter().zip(corners.iter().cycle().skip(1));
    let long = edges().try_fold(0u64, |sum, ([xs, ys], [xe, ye])| {
        sum.checked_add(xs.abs_diff(*xe).max(ys.abs_diff(*ye)))?.checked_add(1)
    });
    long.filter(|long| *long <= POINTS_MAX)?;
    let mut points: Vec<[i64; 2]> = Vec::new();
    edges().for_each(|(from, to)| along(*from, *to, &mut points));
    let (w, h) = (f64::from(width), f64::from(height));
    let mut at: Vec<u64> = Vec::new();
    for ([u0, v0], [u, v]) in points.iter().zip(points.iter().skip(1)).map(|(a, b)| (*a, *b)) {
        if u == u0 {
            continue;
        }
        let x = ((if u < u0 { u } else { u - 1 }) as f64 + 0.5) / 5.0 - 0.5;
        if x.floor() != x || x < 0.0 || x > w - 1.0 {
            continue;
        }
        let y = ((v.min(v0) as f64 + 0.5) / 5.0 - 0.5).clamp(0.0, h).ceil();
        at.push(x as u64 * u64::from(height) + y as u64);
    }
    at.push(pixels);
    at.sort_unstable();
    let mut out = Joined::default();
    let (mut before, mut inside) = (0, false);
    for place in at {
        out.add((place - before) as u32, inside);
        (before, inside) = (place, !inside);
    }
    Some(out.runs)
}

/// Points from one corner to the next, a fifth of a pixel apart.
fn along([xs, ys]: [i64; 2], [xe, ye]: [i64; 2], out: &mut Vec<[i64; 2]>) {
    let (dx, dy) = ((xe - xs).abs(), (ye - ys).abs());
    let flat = dx >= dy;
    let flip = if flat { xs > xe } else { ys > ye };
    let ([xs, ys], [xe, ye]) = if flip { ([xe, ye], [xs, ys]) } else { ([xs, ys], [xe, ye]) };
    let (n, slope) = if flat { (dx, (ye - ys) as f64 / dx as f64) } else { (dy, (xe - xs) as f64 / dy as f64) };
    for d in 0..=n {
        let t = if flip { n - d } else { d };
        let other = |from: i64| (from as f64 + slope * t as f64 + 0.5).trunc() as i64;
        out.push(if flat { [t + xs, other(ys)] } else { [other(xs), t + ys] });
    }
}

/// The runs as the text that COCO packs them into; each character holds five bits, the lowest first, and each run behind the
/// third is the difference from the one two before it.
pub fn packed(runs: &[u32]) -> String {
    let mut out = String::new();
    for (i, run) in runs.iter().enumerate() {
        let before = i.checked_sub(2).filter(|_| i > 2).and_then(|j| runs.get(j)).copied().unwrap_or(0);
        let mut rest = i64::from(*run) - i64::from(before);
        loop {
            let bits = (rest & 31) as u8;
            rest >>= 5;
            let more = rest != if bits & 16 == 0 { 0 } else { -1 };
            out.push(char::from(48 + bits + if more { 32 } else { 0 }));
            if !more {
                break;
            }
        }
    }
    out
}

/// The runs of such a text.
pub fn unpacked(text: &str) -> Result<Vec<u32>, NoMask> {
    let mut runs: Vec<u32> = Vec::new();
    let (mut rest, mut shift) = (0i64, 0);
    for byte in text.bytes() {
        let bits = byte.checked_sub(48).filter(|bits| *bits < 64).ok_or(NoMask::Text)?;
        if shift > 35 {
            return Err(NoMask::Text);
        }
        rest |= i64::from(bits & 31) << shift;
        shift += 5;
        if bits & 32 == 0 {
            if bits & 16 != 0 {
                rest |= -1 << shift;
            }
            let i = runs.len();
            let before = i.checked_sub(2).filter(|_| i > 2).and_then(|j| runs.get(j)).copied().unwrap_or(0);
            runs.push(u32::try_from(rest + i64::from(before)).map_err(|_| NoMask::Sum)?);
            (rest, shift) = (0, 0);
        }
    }
    if shift == 0 { Ok(runs) } else { Err(NoMask::Text) }
}

impl Mask {
    /// The pixels that a polygon covers: each part without its holes, all parts together.
    pub fn of(polygon: &Polygon, size: [u32; 2]) -> Option<Mask> {
        let [width, height] = size;
        let mut all = vec![u32::try_from(pixels(width, height)?).ok()?];
        for part in &polygon.parts {
            let mut own: Option<Vec<u32>> = None;
            for ring in part {
                let runs = ring_runs(ring, size)?;
                own = Some(own.map_or(runs.clone(), |own| merged(&own, &runs, |inside, hole| inside && !hole)));
            }
            all = own.map_or(all.clone(), |own| merged(&all, &own, |a, b| a || b));
        }
        Some(Mask { class: polygon.class.clone(), width, height, runs: all, flags: polygon.flags.clone() })
    }

    /// How many pixels belong to the object.
    pub fn area(&self) -> u64 {
        self.runs.iter().skip(1).step_by(2).map(|run| u64::from(*run)).sum()
    }

    /// Whether the runs are a mask on an image of this size, and name a pixel.
    pub fn is_sound(&self) -> bool {
        checked(&self.runs, [self.width, self.height]).is_ok() && self.area() > 0
    }

    /// The first and the last pixel of each run that belongs to the object.
    pub fn inside(&self) -> impl Iterator<Item = (u64, u64)> {
        let mut at = 0u64;
        let run = move |(i, run): (usize, &u32)| {
            let first = at;
            at += u64::from(*run);
            (i % 2 == 1 && *run > 0).then(|| (first, at - 1))
        };
        self.runs.iter().enumerate().filter_map(run)
    }

    /// Which pixels belong to the object, down the columns; nothing for runs that are no mask.
    fn bits(&self) -> Vec<bool> {
        let Ok(runs) = checked(&self.runs, [self.width, self.height]) else { return Vec::new() };
        runs.iter().enumerate().flat_map(|(i, run)| std::iter::repeat_n(i % 2 == 1, *run as usize)).collect()
    }

    /// The mask with columns for rows.
    pub fn transposed(self) -> Mask {
        let bits = self.bits();
        let mut out = Joined::default();
        for row in 0..self.height {
            let own = bits.iter().skip(row as usize).step_by(self.height.max(1) as usize);
            own.for_each(|bit| out.add(1, *bit));
        }
        Mask { width: self.height, height: self.width, runs: out.runs, ..self }
    }

    /// The mask of a part of an image on the whole of it; `None` where the part reaches out of it.
    pub fn within(&self, [left, top]: [u32; 2], [width, height]: [u32; 2]) -> Option<Mask> {
        pixels(width, height)?;
        let right = left.checked_add(self.width).filter(|right| *right <= width)?;
        let bottom = top.checked_add(self.height).filter(|bottom| *bottom <= height)?;
        let bits = self.bits();
        let mut out = Joined::default();
        let whole = |columns: u32| u32::try_from(u64::from(columns) * u64::from(height)).ok();
        out.add(whole(left)?, false);
        for column in bits.chunks(self.height.max(1) as usize) {
            out.add(top, false);
            column.iter().for_each(|bit| out.add(1, *bit));
            out.add(height - bottom, false);
        }
        out.add(whole(width - right)?, false);
        Some(Mask { width, height, runs: out.runs, class: self.class.clone(), flags: self.flags.clone() })
    }

    /// Its least part of the image that holds all of its pixels, and where that begins.
    pub fn part(&self) -> Option<([u32; 2], Mask)> {
        let [x1, y1, x2, y2] = self.bounds()?.map(|c| c as u32);
        let bits = self.bits();
        let mut out = Joined::default();
        for column in bits.chunks(self.height.max(1) as usize).take(x2 as usize).skip(x1 as usize) {
            column.iter().take(y2 as usize).skip(y1 as usize).for_each(|bit| out.add(1, *bit));
        }
        let (class, flags) = (self.class.clone(), self.flags.clone());
        Some(([x1, y1], Mask { class, width: x2 - x1, height: y2 - y1, runs: out.runs, flags }))
    }

    /// The least box around it, as left, top, right, bottom.
    pub fn bounds(&self) -> Option<[f64; 4]> {
        let height = u64::from(self.height.max(1));
        let bounds = self.inside().fold(None, |bounds: Option<[u64; 4]>, (first, last)| {
            let (x1, x2) = (first / height, last / height);
            let (y1, y2) = if x1 == x2 { (first % height, last % height) } else { (0, height - 1) };
            let [a, b, c, d] = bounds.unwrap_or([x1, y1, x2, y2]);
            Some([a.min(x1), b.min(y1), c.max(x2), d.max(y2)])
        })?;
        let [x1, y1, x2, y2] = bounds;
        Some([x1, y1, x2 + 1, y2 + 1].map(|c| c as f64))
    }
}

impl Shape for Mask {
    const COLUMN: &'static str = "objects.masks";
    const LOST: &'static str = "objects.masks_lost";

    fn class(&mut self) -> &mut String {
        &mut self.class
    }

    /// Each new pixel is what lies under its middle.
    fn moved(self, frame: &Frame) -> Moved<Mask> {
        let [width, height] = frame.present;
        if [self.width, self.height] != frame.drawn || !self.is_sound() || pixels(width, height).is_none() {
            return Moved::Whole(self); // what is no mask of its image is told where annotations are checked
        }
        let column = u64::from(self.height);
        let mut bits = vec![false; (u64::from(self.width) * column) as usize];
        let mut outside = false;
        for (first, last) in self.inside() {
            bits.iter_mut().take(last as usize + 1).skip(first as usize).for_each(|bit| *bit = true);
            let middle = |at: u64| frame.point(Point { x: (at / column) as f64 + 0.5, y: (at % column) as f64 + 0.5 });
            let beyond = |p: Point| p.x < 0.0 || p.y < 0.0 || p.x > width.into() || p.y > height.into();
            outside |= frame.cuts() && (first..=last).any(|at| beyond(middle(at)));
        }
        let mut out = Joined::default();
        for x in 0..width {
            for y in 0..height {
                let from = frame.back(Point { x: f64::from(x) + 0.5, y: f64::from(y) + 0.5 });
                let (from_x, from_y) = (from.x.floor().max(0.0) as u64, from.y.floor().max(0.0) as u64);
                let within = from_x < u64::from(self.width) && from_y < column;
                out.add(1, within && bits.get((from_x * column + from_y) as usize).copied().unwrap_or(false));
            }
        }
        let moved = Mask { width, height, runs: out.runs, ..self };
        match (moved.area(), outside) {
            (0, _) => Moved::Gone,
            (_, true) => Moved::Cut(moved),
            (_, false) => Moved::Whole(moved),
        }
    }

    fn around(&self) -> Option<[f64; 4]> {
        self.bounds()
    }
}

impl Cell for Mask {
    fn ty() -> DataType {
        let n = DataType::UInt32;
        record(&[
            ("class", utf8()),
            ("width", n.clone()),
            ("height", n.clone()),
            ("runs", list(n)),
            ("flags", list(utf8())),
        ])
    }

    fn into_value(self) -> Value {
        record_of([
            ("class", self.class.into_value()),
            ("width", self.width.into_value()),
            ("height", self.height.into_value()),
            ("runs", self.runs.into_value()),
            ("flags", self.flags.into_value()),
        ])
    }

    fn from_value(v: &Value) -> Option<Self> {
        let class = v.field("class").text()?.into();
        let side = |name: &str| u32::from_value(v.field(name));
        let (runs, flags) = (Vec::from_value(v.field("runs"))?, Vec::from_value(v.field("flags"))?);
        Some(Mask { class, width: side("width")?, height: side("height")?, runs, flags })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(of: &[f64]) -> Vec<Point> {
        of.chunks(2).map(|p| Point { x: p[0], y: p[1] }).collect()
    }

    fn mask(size: [u32; 2], runs: &[u32]) -> Mask {
        Mask { class: "c".into(), width: size[0], height: size[1], runs: runs.to_vec(), flags: Vec::new() }
    }

    /// Texts that pycocotools 2.0.11 makes of these runs.
    #[test]
    fn runs_are_packed_as_coco_packs_them() {
        let known: [(&[u32], &str); 4] = [
            (&[4, 1, 2, 2, 3], "41211"),
            (&[0, 15], "0?"),
            (&[16], "`0"),
            (&[5, 100, 40, 3, 200, 2, 50], "5T3X1oLP5OZK"),
        ];
        for (runs, text) in known {
            assert_eq!((packed(runs).as_str(), unpacked(text).as_deref()), (text, Ok(runs)));
        }
        assert_eq!(unpacked("4 1"), Err(NoMask::Text));
        assert_eq!(unpacked("o"), Err(NoMask::Text), "a run that does not end");
        assert_eq!(unpacked(&"o".repeat(99)), Err(NoMask::Text));
        assert_eq!(unpacked("O"), Err(NoMask::Sum), "below nothing");
    }

    /// Pixels that pycocotools 2.0.11 gives for these polygons.
    #[test]
    fn polygons_cover_the_pixels_that_pycocotools_says() {
        let area = |of: &[f64], size| mask(size, &ring_runs(&ring(of), size).unwrap()).area();
        assert_eq!(area(&[1.0, 1.0, 4.0, 1.0, 4.0, 3.0, 1.0, 3.0], [6, 6]), 6);
        assert_eq!(area(&[0.0, 0.0, 5.0, 0.0, 0.0, 5.0], [6, 6]), 10);
        assert_eq!(area(&[0.0, 0.0, 5.0, 0.0, 5.0, 5.0, 0.0, 5.0], [5, 5]), 25);
        assert_eq!(ring_runs(&ring(&[0.0, 0.0, 1e12, 0.0, 0.0, 5.0]), [6, 6]), None);
        assert_eq!(ring_runs(&ring(&[0.0, 0.0, f64::NAN, 0.0, 0.0, 5.0]), [0, 6]), None);
        let square = |at: f64, to: f64| ring(&[at, at, to, at, to, to, at, to]);
        let parts = vec![vec![square(0.0, 6.0), square(2.0, 4.0)], vec![square(5.0, 8.0)]];
        let polygon = Polygon { class: "c".into(), parts, flags: Vec::new() };
        let mask = Mask::of(&polygon, [9, 9]).unwrap();
        assert_eq!((mask.area(), mask.bounds()), (36 - 4 + 9 - 1, Some([0.0, 0.0, 8.0, 8.0])));
    }

    #[test]
    fn masks_are_checked() {
        assert_eq!(checked(&[4, 1, 2, 2, 3], [3, 4]).as_deref(), Ok(&[4, 1, 2, 2, 3][..]));
        assert_eq!(checked(&[4, 1, 0, 2, 5], [3, 4]).as_deref(), Ok(&[4, 3, 5][..]), "empty runs are joined");
        assert_eq!(checked(&[0, 12, 0], [3, 4]).as_deref(), Ok(&[0, 12][..]));
        assert_eq!(checked(&[4, 1], [3, 4]), Err(NoMask::Sum));
        assert_eq!(checked(&[u32::MAX, u32::MAX], [3, 4]), Err(NoMask::Sum));
        assert_eq!((checked(&[], [0, 4]), checked(&[], [1 << 20, 1 << 20])), (Err(NoMask::Size), Err(NoMask::Size)));
    }

    #[test]
    fn a_part_of_an_image_and_back() {
        let whole = mask([5, 4], &[6, 2, 2, 1, 9]);
        let (at, part) = whole.part().unwrap();
        // the pixels (1, 2), (1, 3) and (2, 2)
        assert_eq!((at, &part), ([1, 2], &mask([2, 2], &[0, 3, 1])));
        assert_eq!(part.within(at, [5, 4]), Some(whole));
        assert_eq!(part.within([4, 0], [5, 4]), None);
        let long = mask([3, 2], &[1, 2, 3]);
        assert_eq!(long.clone().transposed(), mask([2, 3], &[1, 1, 1, 1, 2]));
        assert_eq!(long.clone().transposed().transposed(), long);
    }

    #[test]
    fn a_mask_moves_with_its_picture() {
        // a picture of 3 x 2 in which the pixels (0, 1) and (1, 0) are set
        let small = mask([3, 2], &[1, 2, 3]);
        assert_eq!((small.area(), small.bounds()), (2, Some([0.0, 0.0, 2.0, 2.0])));
        let turned = Frame { turn: 6, part: [0, 0, 2, 3], present: [2, 3], ..Frame::still([3, 2]) };
        // 90 degrees clockwise: (0, 1) goes to (0, 0), and (1, 0) to (1, 1)
        assert_eq!(small.clone().moved(&turned), Moved::Whole(mask([2, 3], &[0, 1, 3, 1, 1])));
        let part = Frame { part: [1, 0, 2, 2], present: [2, 2], ..Frame::still([3, 2]) };
        assert_eq!(small.clone().moved(&part), Moved::Cut(mask([2, 2], &[0, 1, 3])));
        let away = Frame { part: [2, 0, 1, 2], present: [1, 2], ..Frame::still([3, 2]) };
        assert_eq!(small.clone().moved(&away), Moved::Gone);
        let large = Frame { present: [6, 4], ..Frame::still([3, 2]) };
        let Moved::Whole(large) = small.clone().moved(&large) else { panic!("it is whole") };
        assert_eq!((large.area(), large.bounds()), (8, Some([0.0, 0.0, 4.0, 4.0])));
        assert_eq!(Mask::from_value(&small.clone().into_value()), Some(small));
    }
}
