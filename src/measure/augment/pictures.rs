//! What is drawn for a picture: one of its positions, a part that is enlarged to its size, other colours, a blur and a patch.
use super::ONE;
use crate::digest::Stream;
use crate::model::colours::Colours;
use crate::model::frames::{Frame, swaps};
use serde::{Deserialize, Serialize};

/// What may be done to pictures.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Ways {
    /// EXIF orientations, 1 to 8, of which one is drawn: mirrors and quarter turns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub turns: Vec<u32>,
    /// The least share of its sides that a part has, in millionths; 0: the whole is kept.
    #[serde(default)]
    pub zoom: u64,
    /// By which shares of the scale values change at most, in millionths.
    #[serde(default)]
    pub brightness: u64,
    #[serde(default)]
    pub contrast: u64,
    #[serde(default)]
    pub noise: u64,
    /// The greatest radius of a blur, in pixels.
    #[serde(default, skip_serializing_if = "is_default")]
    pub blur: u32,
    /// The greatest share of its sides that a patch has, in millionths.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cutout: u64,
}

fn is_default<T: Default + PartialEq>(t: &T) -> bool {
    *t == T::default()
}

/// A part of another picture, and where it lies in this one.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Layer {
    pub id: String,
    /// The digest of its bytes.
    pub blob: String,
    /// Width and height of the other picture.
    pub size: [u32; 2],
    /// Left, top, width and height: in the other picture, and in this one.
    pub part: [u32; 4],
    pub at: [u32; 4],
    /// How much of what lies below it hides, in millionths.
    pub share: u64,
    /// The boxes of the other picture, as (class, left, top, right, bottom).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub boxes: Vec<(String, [f64; 4])>,
}

/// What was drawn for a picture; with its bytes it is made again.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Picture {
    pub turn: u32,
    /// Left, top, width and height of the part, in pixels of the turned picture.
    pub part: [u32; 4],
    /// Width and height that the part is enlarged to.
    pub present: [u32; 2],
    pub colours: Colours,
    /// The radius of the blur, in pixels.
    #[serde(default, skip_serializing_if = "is_default")]
    pub blur: u32,
    /// Left, top, width and height of the patch that is grey.
    #[serde(default, skip_serializing_if = "is_default")]
    pub cutout: Option<[u32; 4]>,
    /// Width and height of the whole, and where the part lies in it, where the part is not the whole.
    #[serde(default, skip_serializing_if = "is_default")]
    pub canvas: [u32; 2],
    #[serde(default, skip_serializing_if = "is_default")]
    pub offset: [u32; 2],
    /// What lies over it, from below.
    #[serde(default, skip_serializing_if = "is_default")]
    pub layers: Vec<Layer>,
}

impl Picture {
    /// Width and height of the whole.
    pub fn size(&self) -> [u32; 2] {
        if self.canvas == [0, 0] { self.present } else { self.canvas }
    }

    /// The same without what is known from elsewhere: what others hold.
    pub fn told(&self) -> Picture {
        let layers = self.layers.iter().map(|l| Layer { boxes: Vec::new(), ..l.clone() }).collect();
        Picture { layers, ..self.clone() }
    }

    /// How points of a picture of this size move.
    pub fn frame(&self, drawn: [u32; 2]) -> Frame {
        Frame { drawn, turn: self.turn, part: self.part, present: self.present }
    }
}

/// The positions that mirrors and quarter turns give.
pub fn turns(horizontal: bool, vertical: bool, quarters: bool) -> Vec<u32> {
    match (horizontal, vertical, quarters) {
        (false, false, false) => Vec::new(),
        (true, false, false) => vec![1, 2],
        (false, true, false) => vec![1, 4],
        (true, true, false) => vec![1, 2, 3, 4],
        (false, false, true) => vec![1, 3, 6, 8],
        (_, _, true) => (1..=8).collect(),
    }
}

/// A number from `-most` to `most`.
fn around(drawn: Stream, place: u64, most: u64) -> i64 {
    drawn.below(place, 2 * most + 1) as i64 - most as i64
}

impl Ways {
    /// What is drawn for a picture of this size; `None` where it would stay as it is. Where nothing else is done, the position is
    /// another one.
    pub fn drawn(&self, size: [u32; 2], drawn: Stream) -> Option<Picture> {
        let colours = self.brightness > 0 || self.contrast > 0 || self.noise > 0;
        let others = self.zoom > 0 || colours || self.blur > 0 || self.cutout > 0;
        let turns: Vec<u32> = self.turns.iter().copied().filter(|t| others || *t != 1).collect();
        let turn = turns.get(drawn.below(0, turns.len().max(1) as u64) as usize).copied().unwrap_or(1);
        let [width, height] = if swaps(turn) { [size[1], size[0]] } else { size };
        let part = match self.zoom {
            0 => [0, 0, width, height],
            least => {
                let share = least + drawn.below(1, ONE.saturating_sub(least).max(1));
                let side = |of: u32| ((u64::from(of) * share + ONE / 2) / ONE).clamp(1, u64::from(of.max(1))) as u32;
                let (w, h) = (side(width), side(height));
                let from = |place: u64, room: u32| drawn.below(place, u64::from(room) + 1) as u32;
                [from(2, width.saturating_sub(w)), from(3, height.saturating_sub(h)), w, h]
            }
        };
        let of = |share: u64, scale: u64| share * scale / ONE;
        let colours = Colours {
            contrast: around(drawn, 4, of(self.contrast, 65_536)) as i32,
            brightness: around(drawn, 5, of(self.brightness, 255)) as i32,
            noise: of(self.noise, 255) as u32,
            seed: if self.noise > 0 { drawn.at(6) } else { 0 },
        };
        let cutout = (self.cutout > 0).then(|| {
            let side = |place: u64, of: u32| {
                let most = (u64::from(of) * self.cutout / ONE).clamp(1, u64::from(of.max(1)));
                1 + drawn.below(place, most) as u32
            };
            let (w, h) = (side(8, width), side(9, height));
            let from = |place: u64, room: u32| drawn.below(place, u64::from(room) + 1) as u32;
            [from(10, width.saturating_sub(w)), from(11, height.saturating_sub(h)), w, h]
        });
        let blur = drawn.below(7, u64::from(self.blur) + 1) as u32;
        let made = Picture { turn, part, present: [width, height], colours, blur, cutout, ..Picture::default() };
        let still = made.frame(size).is_still() && colours.are_still() && blur == 0 && cutout.is_none();
        (!still).then_some(made)
    }

    /// A picture of this size as it is.
    pub fn still([width, height]: [u32; 2]) -> Picture {
        Picture { turn: 1, part: [0, 0, width, height], present: [width, height], ..Picture::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Draws;

    #[test]
    fn parts_lie_in_the_picture_and_positions_are_those_allowed() {
        let ways = Ways { turns: turns(true, false, true), zoom: 500_000, brightness: 100_000, ..Ways::default() };
        let draws = Draws::new(1, "test");
        let mut met = std::collections::BTreeSet::new();
        for n in 0..500 {
            let Some(p) = ways.drawn([40, 30], draws.stream(&n.to_string())) else { continue };
            let [w, h] = p.present;
            assert_eq!([w, h], if swaps(p.turn) { [30, 40] } else { [40, 30] });
            assert!(p.part[0] + p.part[2] <= w && p.part[1] + p.part[3] <= h, "{p:?}");
            assert!(2 * p.part[2] >= w && 2 * p.part[3] >= h && p.colours.brightness.abs() <= 25, "{p:?}");
            met.insert(p.turn);
        }
        assert_eq!(met.len(), 8);
        let mirror = Ways { turns: turns(true, false, false), ..Ways::default() };
        assert!((0..50).all(|n| mirror.drawn([4, 3], draws.stream(&n.to_string())).unwrap().turn == 2));
        assert_eq!(Ways::default().drawn([4, 3], draws.stream("a")), None);
    }
}
