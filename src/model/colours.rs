//! Changes of the colours of a picture, in whole numbers, so that the same pixels come of them everywhere.
use serde::{Deserialize, Serialize};

/// First contrast, around the middle of the scale, then brightness, then noise; each value stays from 0 to 255.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq)]
pub struct Colours {
    /// What the distance from the middle is multiplied with, less 1, in parts of 65,536.
    pub contrast: i32,
    /// What is added to each value.
    pub brightness: i32,
    /// Up to so much is added to, or taken from, each value, drawn from `seed` and its place.
    pub noise: u32,
    #[serde(default)]
    pub seed: u64,
}

impl Colours {
    /// Whether every value stays what it is.
    pub fn are_still(&self) -> bool {
        self.contrast == 0 && self.brightness == 0 && self.noise == 0
    }

    /// A value at a place among all values of the picture.
    pub fn of(&self, value: u8, noise: impl Fn(u64) -> i64) -> u8 {
        let middle = i64::from(value) - 128;
        let value = middle * (65_536 + i64::from(self.contrast)) / 65_536 + 128 + i64::from(self.brightness);
        let value = value + if self.noise > 0 { noise(u64::from(self.noise)) } else { 0 };
        value.clamp(0, 255) as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_on_the_scale() {
        let none = |_| 0;
        let of = |contrast, brightness| Colours { contrast, brightness, ..Colours::default() };
        assert_eq!([0u8, 128, 255].map(|v| of(0, 0).of(v, none)), [0, 128, 255]);
        assert_eq!([0u8, 128, 255].map(|v| of(0, 30).of(v, none)), [30, 158, 255]);
        assert_eq!([0u8, 100, 255].map(|v| of(32_768, 0).of(v, none)), [0, 86, 255]);
        assert_eq!([0u8, 100, 255].map(|v| of(-32_768, 0).of(v, none)), [64, 114, 191]);
        assert_eq!(Colours { noise: 5, ..Colours::default() }.of(10, |n| -(n as i64) * 4), 0);
        assert!(of(0, 0).are_still() && !of(0, 1).are_still());
    }
}
