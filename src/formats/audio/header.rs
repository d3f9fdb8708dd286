//! What the header of a sound tells.
use crate::formats::encoding::Wrong;

/// A sound by its header; what the header does not say is `None`.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// `wav` or `flac`.
    pub container: &'static str,
    /// How samples are written: `pcm`, `float`, `alaw`, `ulaw`, `flac`, or the number of another coding.
    pub coding: String,
    /// Samples a second of one channel.
    pub rate: u32,
    pub channels: u32,
    /// Bits of a sample.
    pub bits: Option<u32>,
    /// Samples of one channel.
    pub frames: Option<u64>,
    /// What is to be told of a file that is read all the same: a rule, and words.
    pub told: Vec<(&'static str, String)>,
}

impl Header {
    /// How long the sound is, in seconds.
    pub fn duration(&self) -> Option<f64> {
        self.frames.map(|frames| frames as f64 / f64::from(self.rate))
    }
}

/// What is said of a file that ends too early.
pub fn ends() -> Wrong {
    Wrong::new("sound.truncated", "the file ends before the sound does")
}

pub fn corrupt(say: impl Into<String>) -> Wrong {
    Wrong::new("sound.corrupt", say)
}
