//! `audio`: sounds, a file a sample. WAV and FLAC are known by their content; the header is read and nothing is decoded.
//!
//! | selector | gives |
//! |---|---|
//! | `duration` | seconds; null where the header does not say |
//! | `rate` | samples a second of one channel |
//! | `channels`, `bits` | how many, and the bits of a sample |
//! | `coding`, `container` | `pcm`, `float`, `alaw`, `ulaw`, `flac` or a number; `wav` or `flac` |
//!
//! The column `audio` holds the sound itself. Dropped: `sound.empty`, `sound.format` (another container, or no sound),
//! `sound.truncated`, `sound.corrupt`. Findings: `sound.length` (the header does not say how long the sound is),
//! `sound.rest` (it ends within a sample). Limits: damage within the samples is not seen, and a file's name is not compared
//! with its content.
mod flac;
mod header;
mod wav;

use super::cut::{Cut, Holds};
use super::encoding::Wrong;
use super::format::Format;
use super::options::Options;
use super::pointer;
use super::reader::{Ask, Offers, Reader, Record, Records, Selects, Unit, no_tokens};
use crate::digest::Digest;
use crate::formats::spelling::Spelling;
use crate::model::sounds::Sound;
use crate::table::{Builder, Cell, DataType, Value, utf8};
use header::Header;

/// The column of the sounds themselves.
pub const AUDIO: &str = "audio";

const WORDS: &[&str] = &["duration", "rate", "channels", "bits", "coding", "container"];

pub const FORMAT: Format = Format {
    sounds: true,
    reader: Some(Reader {
        version: 0,
        uses: &[],
        cut: |_| Cut::Document(Holds::One),
        id: "path",
        own_id: None,
        selects: Selects::Words {
            words: WORDS,
            numbered: &[],
            keyed: &[],
            say: "`duration`, `rate`, `channels`, `bits`, `coding`, `container`, `path` or `stem`",
        },
        text: no_tokens,
        ty,
        adds: |_, _| vec![(AUDIO, Sound::ty())],
        read,
        offers: Offers::Words(&[("duration", "duration"), ("rate", "rate"), ("channels", "channels")]),
    }),
    ..Format::new(
        "audio",
        "A sound a sample: WAV and FLAC. The column `audio` holds it, and its header gives the fields.",
    )
};

fn ty(_: &Options, selector: &str) -> Option<DataType> {
    match selector {
        "duration" => Some(DataType::Float64),
        "rate" | "channels" | "bits" => Some(DataType::Int64),
        "coding" | "container" => Some(utf8()),
        _ => None,
    }
}

/// Whether bytes are a sound, by the name of their file or by how they begin, and what is wrong with it as far as its header
/// is read; `None` where they are none.
pub fn heard(name: &str, bytes: &[u8]) -> Option<Result<(), Wrong>> {
    let end = name.rsplit_once('.').map_or(String::new(), |(_, end)| end.to_ascii_lowercase());
    let wave = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE".as_slice());
    match end.as_str() {
        "wav" | "flac" => Some(header(bytes).map(drop)),
        "mp3" | "ogg" | "oga" | "opus" | "m4a" | "aac" => Some(Ok(())),
        _ if wave || bytes.starts_with(b"fLaC") => Some(header(bytes).map(drop)),
        _ => None,
    }
}

/// Reads the header. Rules: `sound.empty`, `sound.format` (none that is read), `sound.truncated`, `sound.corrupt`.
fn header(bytes: &[u8]) -> Result<Header, Wrong> {
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

fn read(_: &Ask, unit: &Unit, out: &mut Records) {
    let found = match pointer::told(unit.bytes) {
        Some(say) => Err(Wrong::new(pointer::RULE, say)),
        None => header(unit.bytes),
    };
    let found = match found {
        Ok(found) => found,
        Err(wrong) => return out.reject(unit, 0, &wrong),
    };
    if !out.take(unit, 0, unit.bytes, &found) {
        return;
    }
    let bytes = i64::try_from(unit.bytes.len()).unwrap_or(i64::MAX);
    let sound = Sound { blob: Digest::of(unit.bytes), container: found.container.into(), bytes };
    out.more(AUDIO, sound.into_value());
    for (rule, say) in &found.told {
        out.finding(unit, 0, 0, rule, say.as_str());
    }
}

impl Record for Header {
    fn text(&self, _: &str) -> Option<String> {
        None // nothing in a sound says what its id is
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        let whole = |n: Option<u32>| n.map_or(Value::Null, |n| Value::Int(n.into()));
        to.value(match selector {
            "duration" => self.duration().map_or(Value::Null, Value::Float),
            "rate" => whole(Some(self.rate)),
            "channels" => whole(Some(self.channels)),
            "bits" => whole(self.bits),
            "coding" => Spelling::default().value(&self.coding, ty)?,
            "container" => Spelling::default().value(self.container, ty)?,
            _ => Value::Null,
        });
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        WORDS.contains(&selector)
    }
}
