//! Spans of text, each with a class.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, record, utf8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An entity: Unicode scalar offsets, end exclusive.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
    pub class: String,
}

/// How tags say where an entity begins and ends.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Scheme {
    /// IOB2: `B-` opens every entity, `I-` goes on.
    #[default]
    Bio,
    /// `I-` everywhere; `B-` only behind another entity of the same class.
    Iob1,
    /// `B-`, `I-`, `E-`, and `S-` for a single token.
    Bioes,
    /// `B-`, `I-`, `L-`, and `U-` for a single token.
    Bilou,
}

impl Scheme {
    /// Whether the last token of an entity says that it is.
    pub fn ends(self) -> bool {
        matches!(self, Scheme::Bioes | Scheme::Bilou)
    }
}

/// What the ends of a span count in.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Unicode scalar values, as Python and this tool count.
    #[default]
    Characters,
    /// UTF-16 units, as JavaScript and Java count: a character beyond U+FFFF, such as an emoji, is two.
    Utf16,
    /// Bytes of UTF-8, as Go and Rust count.
    Bytes,
}

impl Unit {
    pub const ALL: [Unit; 3] = [Unit::Characters, Unit::Utf16, Unit::Bytes];

    /// The value of the key.
    pub fn name(self) -> &'static str {
        ["characters", "utf16", "bytes"][self as usize]
    }

    fn of(self, c: char) -> u32 {
        match self {
            Unit::Characters => 1,
            Unit::Utf16 => c.len_utf16() as u32,
            Unit::Bytes => c.len_utf8() as u32,
        }
    }
}

/// A text whose places are known in a unit.
pub struct Ruler {
    /// Where each character begins, and where the last one ends.
    borders: Vec<u32>,
}

impl Ruler {
    pub fn of(text: &str, unit: Unit) -> Ruler {
        let mut borders = vec![0];
        let mut at = 0;
        borders.extend(text.chars().map(|c| {
            at += unit.of(c);
            at
        }));
        Ruler { borders }
    }

    /// How many characters stand before a place; `None` within a character and behind the end.
    pub fn characters(&self, at: u32) -> Option<u32> {
        self.borders.binary_search(&at).ok().map(|n| n as u32)
    }
}

impl Cell for Span {
    fn ty() -> DataType {
        record(&[("class", utf8()), ("start", DataType::UInt32), ("end", DataType::UInt32)])
    }
    fn into_value(self) -> Value {
        record_of([
            ("class", self.class.into_value()),
            ("start", self.start.into_value()),
            ("end", self.end.into_value()),
        ])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let at = |n| u32::from_value(v.field(n));
        Some(Span { class: v.field("class").text()?.into(), start: at("start")?, end: at("end")? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_each_unit() {
        let text = "I \u{1f60a} Kim 김";
        for (unit, start, end, all) in [(Unit::Characters, 4, 7, 9), (Unit::Utf16, 5, 8, 10), (Unit::Bytes, 7, 10, 14)]
        {
            let ruler = Ruler::of(text, unit);
            assert_eq!((ruler.characters(start), ruler.characters(end)), (Some(4), Some(7)), "{unit:?}");
            assert_eq!((ruler.characters(all), ruler.characters(all + 1)), (Some(9), None));
        }
        assert_eq!(Ruler::of(text, Unit::Utf16).characters(3), None, "within a character");
    }
}
