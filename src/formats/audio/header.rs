//! What the header of a sound tells.
use super::{flac, wav};
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

/// Reads the header. Rules: `sound.empty`, `sound.format` (none that is read), `sound.truncated`, `sound.corrupt`.
pub fn header(bytes: &[u8]) -> Result<Header, Wrong> {
    match bytes {
        [] => Err(Wrong::new("sound.empty", "the file is empty")),
        [b'R', b'I', b'F', b'F', ..] | [b'R', b'F', b'6', b'4', ..] => wav::header(bytes),
        [b'f', b'L', b'a', b'C', rest @ ..] => flac::header(rest),
        [b'I', b'D', b'3', ..] | [0xff, 0xe0..=0xff, ..] => Err(other("MP3")),
        [b'O', b'g', b'g', b'S', ..] => Err(other("Ogg")),
        [_, _, _, _, b'f', b't', b'y', b'p', ..] => Err(other("MP4")),
        _ => Err(Wrong::new("sound.format", "neither WAV nor FLAC")),
    }
}

fn other(name: &str) -> Wrong {
    Wrong::new("sound.format", format!("the file is {name}, which is not read: WAV and FLAC are"))
}

/// What is said of a file that ends too early.
pub fn ends() -> Wrong {
    Wrong::new("sound.truncated", "the file ends before the sound does")
}

pub fn corrupt(say: impl Into<String>) -> Wrong {
    Wrong::new("sound.corrupt", say)
}
