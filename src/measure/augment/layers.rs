//! Pictures put together: objects of others are pasted in, parts of four stand beside each other, two are mixed. What lies where is
//! drawn here, and boxes follow by the same numbers; pixels are made elsewhere.
use super::pictures::{Layer, Picture};
use super::{ONE, hits};
use crate::digest::{Draws, Stream};
use crate::model::boxes::Box2;
use crate::model::frames::Frame;
use crate::model::shape::{Moved, Shape};
use serde::{Deserialize, Serialize};

/// How pictures are put together.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Mix {
    /// How many objects of other pictures are pasted in.
    #[serde(default, skip_serializing_if = "is_none")]
    pub paste: u32,
    /// The classes of these; all where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub classes: Vec<String>,
    /// The chance that four pictures share one, and that two are mixed, in millionths.
    #[serde(default, skip_serializing_if = "is_no_share")]
    pub mosaic: u64,
    #[serde(default, skip_serializing_if = "is_no_share")]
    pub mixup: u64,
}

fn is_none(n: &u32) -> bool {
    *n == 0
}

fn is_no_share(n: &u64) -> bool {
    *n == 0
}

/// A picture that others may take from.
#[derive(Clone, Debug, Default)]
pub struct Other {
    pub id: String,
    pub blob: String,
    pub size: [u32; 2],
    pub boxes: Vec<(String, [f64; 4])>,
}

/// All of them, on rings by hash: one more changes few draws.
pub struct Others<'o> {
    of: &'o [Other],
    pictures: Vec<(u64, usize)>,
    objects: Vec<(u64, usize, usize)>,
}

impl<'o> Others<'o> {
    pub fn of(seed: u64, of: &'o [Other], mix: &Mix) -> Others<'o> {
        let draws = Draws::new(seed, "augment pictures");
        let mut pictures: Vec<(u64, usize)> = of.iter().enumerate().map(|(at, o)| (draws.of(&o.id), at)).collect();
        pictures.sort_unstable();
        let wanted = |class: &String| mix.classes.is_empty() || mix.classes.contains(class);
        let of_picture = |(at, o): (usize, &Other)| {
            let own = o.boxes.iter().enumerate().filter(|(_, b)| wanted(&b.0));
            own.map(|(n, _)| (draws.of(&format!("{}#{n}", o.id)), at, n)).collect::<Vec<_>>()
        };
        let mut objects: Vec<(u64, usize, usize)> = of.iter().enumerate().flat_map(of_picture).collect();
        objects.sort_unstable();
        Others { of, pictures, objects }
    }

    /// The first one behind a place that is not of this sample.
    fn picture(&self, place: u64, own: &str) -> Option<&'o Other> {
        let at = self.pictures.partition_point(|(hash, _)| *hash < place);
        let behind = self.pictures.iter().cycle().skip(at).take(self.pictures.len());
        behind.filter_map(|(_, at)| self.of.get(*at)).find(|o| o.id != own)
    }

    fn object(&self, place: u64, own: &str) -> Option<(&'o Other, [f64; 4])> {
        let at = self.objects.partition_point(|(hash, ..)| *hash < place);
        let behind = self.objects.iter().cycle().skip(at).take(self.objects.len());
        let object = |(_, at, n): &(u64, usize, usize)| {
            let other = self.of.get(*at)?;
            Some((other, other.boxes.get(*n)?.1))
        };
        behind.filter_map(object).find(|(o, _)| o.id != own)
    }
}

impl Mix {
    /// Puts others into a picture that was drawn; whether any were.
    pub fn drawn(&self, own: &str, picture: &mut Picture, others: &Others, drawn: Stream) -> bool {
        let size = picture.present;
        if hits(drawn.at(0), self.mosaic) {
            mosaic(own, picture, others, drawn);
        } else if hits(drawn.at(1), self.mixup) {
            let layer = others.picture(drawn.at(2), own).map(|other| Layer {
                part: [0, 0, other.size[0], other.size[1]],
                at: [0, 0, size[0], size[1]],
                share: ONE / 2,
                ..layer(other)
            });
            picture.layers.extend(layer);
        }
        for n in 0..u64::from(self.paste) {
            let pasted = others.object(drawn.at(100 + 4 * n), own).and_then(|(other, [x1, y1, x2, y2])| {
                let whole = |of: f64, most: u32| (of.max(0.0) as u32).min(most);
                let (left, top) = (whole(x1.floor(), other.size[0]), whole(y1.floor(), other.size[1]));
                let (right, bottom) = (whole(x2.ceil(), other.size[0]), whole(y2.ceil(), other.size[1]));
                let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
                let room = [size[0].checked_sub(width)?, size[1].checked_sub(height)?];
                if width == 0 || height == 0 {
                    return None;
                }
                let x = drawn.below(101 + 4 * n, u64::from(room[0]) + 1) as u32;
                let y = drawn.below(102 + 4 * n, u64::from(room[1]) + 1) as u32;
                Some(Layer { part: [left, top, width, height], at: [x, y, width, height], share: ONE, ..layer(other) })
            });
            picture.layers.extend(pasted);
        }
        !picture.layers.is_empty()
    }
}

fn layer(other: &Other) -> Layer {
    let (id, blob, size, boxes) = (other.id.clone(), other.blob.clone(), other.size, other.boxes.clone());
    Layer { id, blob, size, boxes, ..Layer::default() }
}

/// One quarter is a part of the picture itself, as large as it is there; the others are parts of three more.
fn mosaic(own: &str, picture: &mut Picture, others: &Others, drawn: Stream) {
    let size = picture.present;
    let middle = |place: u64, side: u32| (side * 3 / 10) + drawn.below(place, u64::from(side * 4 / 10) + 1) as u32;
    let (x, y) = (middle(3, size[0]), middle(4, size[1]));
    let (right, bottom) = (size[0].saturating_sub(x), size[1].saturating_sub(y));
    let quarters = [[0, 0, x, y], [x, 0, right, y], [0, y, x, bottom], [x, y, right, bottom]];
    if quarters.iter().any(|[_, _, w, h]| *w == 0 || *h == 0) {
        return; // too small to be parted
    }
    let mine = drawn.below(5, 4) as usize;
    let (mut layers, mut own_part) = (Vec::new(), [0; 4]);
    for (n, at) in quarters.into_iter().enumerate() {
        let place = 10 + 5 * n as u64;
        let from = |place: u64, room: u32| drawn.below(place, u64::from(room) + 1) as u32;
        if n == mine {
            // of the turned picture, and not enlarged
            let (w, h) = (at[2].min(size[0]), at[3].min(size[1]));
            own_part = [from(place, size[0] - w), from(place + 1, size[1] - h), w, h];
            continue;
        }
        let Some(other) = others.picture(drawn.at(place + 2), own) else { return };
        let (w, h) = (at[2].min(other.size[0]), at[3].min(other.size[1]));
        let part = [from(place, other.size[0] - w), from(place + 1, other.size[1] - h), w, h];
        layers.push(Layer { part, at, share: ONE, ..layer(other) });
    }
    let [x, y, ..] = quarters.get(mine).copied().unwrap_or_default();
    let [.., width, height] = own_part;
    (picture.part, picture.present) = (own_part, [width, height]);
    (picture.canvas, picture.offset, picture.layers) = (size, [x, y], layers);
}

/// The boxes of a picture that was put together: its own, as they stand in its frame, and those of its layers. What a layer or a patch
/// hides so much of that less than `least` millionths is left, and what a part leaves less of, goes; gives how many do.
pub fn boxes(own: Vec<Box2>, picture: &Picture, least: u64) -> (Vec<Box2>, u64) {
    let [dx, dy] = picture.offset.map(f64::from);
    // each box with the rectangles that lie over it
    let mut all: Vec<(Box2, Vec<[f64; 4]>)> = own.into_iter().map(|b| (shifted(b, dx, dy), Vec::new())).collect();
    let mut out = 0;
    for layer in &picture.layers {
        let [x, y, width, height] = layer.at.map(f64::from);
        if layer.share >= ONE {
            all.iter_mut().for_each(|(_, over)| over.push([x, y, x + width, y + height]));
        }
        let frame = Frame { drawn: layer.size, turn: 1, part: layer.part, present: [layer.at[2], layer.at[3]] };
        let scale = (width * height) / (f64::from(layer.part[2]) * f64::from(layer.part[3]));
        for (class, [x1, y1, x2, y2]) in &layer.boxes {
            let own = Box2 { class: class.clone(), x1: *x1, y1: *y1, x2: *x2, y2: *y2, flags: Vec::new() };
            let whole = area(&[*x1, *y1, *x2, *y2]) * scale;
            match own.moved(&frame) {
                Moved::Whole(b) => all.push((shifted(b, x, y), Vec::new())),
                Moved::Cut(b) if area(&[b.x1, b.y1, b.x2, b.y2]) * 1e6 >= whole * least as f64 => {
                    all.push((shifted(b, x, y), Vec::new()))
                }
                // of what was not to be seen there nothing is lost
                _ => {}
            }
        }
    }
    let patch = picture.cutout.map(|[x, y, w, h]| [x, y, x + w, y + h].map(f64::from));
    let mut kept = Vec::with_capacity(all.len());
    for (b, mut over) in all {
        over.extend(patch);
        let of = [b.x1, b.y1, b.x2, b.y2];
        let seen = area(&of) - hidden(&of, &over);
        if seen * 1e6 >= area(&of) * least as f64 { kept.push(b) } else { out += 1 }
    }
    (kept, out)
}

fn shifted(b: Box2, dx: f64, dy: f64) -> Box2 {
    Box2 { x1: b.x1 + dx, y1: b.y1 + dy, x2: b.x2 + dx, y2: b.y2 + dy, ..b }
}

fn area([x1, y1, x2, y2]: &[f64; 4]) -> f64 {
    (x2 - x1).max(0.0) * (y2 - y1).max(0.0)
}

/// How much of a rectangle lies under any of some others.
pub fn hidden(of: &[f64; 4], over: &[[f64; 4]]) -> f64 {
    let cut = |o: &[f64; 4]| [o[0].max(of[0]), o[1].max(of[1]), o[2].min(of[2]), o[3].min(of[3])];
    let over: Vec<[f64; 4]> = over.iter().map(cut).filter(|o| area(o) > 0.0).collect();
    let mut xs: Vec<f64> = over.iter().flat_map(|o| [o[0], o[2]]).collect();
    xs.sort_by(f64::total_cmp);
    let mut sum = 0.0;
    for strip in xs.windows(2) {
        let [left, right] = *strip else { continue };
        let mut rows: Vec<(f64, f64)> =
            over.iter().filter(|o| o[0] <= left && o[2] >= right).map(|o| (o[1], o[3])).collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (mut height, mut end) = (0.0, f64::NEG_INFINITY);
        for (top, bottom) in rows {
            height += (bottom - top.max(end)).max(0.0);
            end = end.max(bottom);
        }
        sum += height * (right - left);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::augment::Ways;

    fn others() -> Vec<Other> {
        (0..9)
            .map(|n| Other {
                id: format!("o{n}"),
                blob: format!("{n}"),
                size: [40, 30],
                boxes: vec![("c".into(), [4.0, 5.0, 12.0, 11.0]), ("d".into(), [20.0, 10.0, 39.0, 29.0])],
            })
            .collect()
    }

    #[test]
    fn what_lies_under_several_counts_once() {
        let of = [0.0, 0.0, 10.0, 10.0];
        assert_eq!(hidden(&of, &[]), 0.0);
        assert_eq!(hidden(&of, &[[-5.0, -5.0, 5.0, 5.0], [0.0, 0.0, 5.0, 5.0]]), 25.0);
        assert_eq!(hidden(&of, &[[0.0, 0.0, 6.0, 10.0], [4.0, 0.0, 10.0, 5.0]]), 80.0);
        // counted cell by cell, on whole numbers
        let draws = Draws::new(1, "test");
        for n in 0..200 {
            let at = |k: u64| draws.stream(&n.to_string()).below(k, 12) as f64 - 1.0;
            let over: Vec<[f64; 4]> =
                (0..4).map(|i| [at(4 * i), at(4 * i + 1), at(4 * i + 2), at(4 * i + 3)]).collect();
            let under = |x: f64, y: f64| over.iter().any(|o| o[0] <= x && x < o[2] && o[1] <= y && y < o[3]);
            let cells = (0..10).flat_map(|x| (0..10).map(move |y| (f64::from(x), f64::from(y))));
            assert_eq!(hidden(&of, &over), cells.filter(|(x, y)| under(*x, *y)).count() as f64, "{over:?}");
        }
    }

    #[test]
    fn parts_lie_within_and_nothing_is_taken_from_oneself() {
        let all = others();
        let draws = Draws::new(2, "test");
        let (mut mosaics, mut mixed) = (0, 0);
        for n in 0..300 {
            let mix = Mix { paste: 2, classes: vec!["c".into()], mosaic: 300_000, mixup: 500_000 };
            let others = Others::of(3, &all, &mix);
            let mut picture = Ways::still([32, 24]);
            let own = format!("o{}", n % 9);
            assert!(mix.drawn(&own, &mut picture, &others, draws.stream(&n.to_string())));
            mosaics += u64::from(picture.canvas != [0, 0]);
            mixed += u64::from(picture.layers.iter().any(|l| l.share < ONE));
            for layer in &picture.layers {
                assert_ne!(layer.id, own);
                assert!(
                    layer.part[0] + layer.part[2] <= layer.size[0] && layer.part[1] + layer.part[3] <= layer.size[1]
                );
                assert!(layer.at[0] + layer.at[2] <= 32 && layer.at[1] + layer.at[3] <= 24, "{layer:?}");
            }
            let (boxes, _) = boxes(Vec::new(), &picture, 250_000);
            assert!(boxes.iter().all(|b| b.has_area() && !b.passes((32.0, 24.0))), "{boxes:?}");
        }
        assert!((60..120).contains(&mosaics) && (70..140).contains(&mixed), "{mosaics} {mixed}");
    }

    #[test]
    fn boxes_follow_their_pixels_and_hidden_ones_go() {
        let own = |x1, x2| Box2 { class: "own".into(), x1, y1: 0.0, x2, y2: 10.0, flags: Vec::new() };
        let layer = Layer {
            size: [40, 30],
            part: [4, 5, 8, 6],
            at: [10, 0, 16, 12],
            share: ONE,
            boxes: others()[0].boxes.clone(),
            ..Layer::default()
        };
        let picture = Picture { layers: vec![layer.clone()], ..Ways::still([40, 30]) };
        let (all, out) = boxes(vec![own(0.0, 10.0), own(8.0, 28.0), own(12.0, 20.0)], &picture, 250_000);
        let at = |b: &Box2| (b.class.clone(), [b.x1, b.y1, b.x2, b.y2]);
        // the second is hidden by four fifths, the third wholly; the object fills its layer, twice as large
        assert_eq!(
            all.iter().map(at).collect::<Vec<_>>(),
            [("own".to_string(), [0.0, 0.0, 10.0, 10.0]), ("c".to_string(), [10.0, 0.0, 26.0, 12.0]),]
        );
        assert_eq!(out, 2);
        let through = Picture { layers: vec![Layer { share: ONE / 2, ..layer }], ..picture.clone() };
        assert_eq!(boxes(vec![own(12.0, 20.0)], &through, 250_000).0.len(), 2, "it can still be seen");
        let patched = Picture { cutout: Some([0, 0, 8, 20]), ..Ways::still([40, 30]) };
        let (all, out) = boxes(vec![own(0.0, 10.0), own(0.0, 20.0)], &patched, 250_000);
        assert_eq!((all.len(), out), (1, 1));
    }
}
