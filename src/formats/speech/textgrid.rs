//! `textgrid`: TextGrids of Praat, in the long form and the short one, in UTF-8 or UTF-16. A file is what is said in one sound.
//!
//! | selector | gives |
//! |---|---|
//! | `transcript` | the first tier of intervals, as a transcription with segments |
//! | `tier:NAME` | the tier of this name; of several of one name the first |
//! | `text` | what the first tier of intervals says, without times |
//! | `end` | where the file ends, in seconds |
//! | `folder` | the name of the folder that the file lies in |
//!
//! An interval without text is silence, and no segment. The text of a transcription is that of its segments, a space
//! between them. Dropped: `encoding`, `textgrid`. Findings: `textgrid.gap` (intervals that do not follow one another),
//! `textgrid.points` (a tier of points: it has no segments, and its answer is lost), `textgrid.tiers` (tiers that no field
//! takes), `textgrid.tier` (a field asks for a tier that is not there), `textgrid.names` (several tiers of one name).
use super::{folder, grid, write};
use crate::formats::cut::{Cut, Holds};
use crate::formats::encoding::Wrong;
use crate::formats::format::Format;
use crate::formats::options::Options;
use crate::formats::pointer;
use crate::formats::reader::{
    Ask, From, Offers, Reader, Record, Records, Selects, Unit, WRITTEN, adds_nothing, no_tokens,
};
use crate::formats::writer::{Needs, Place, Writer, one_after_another, scattered};
use crate::model::transcripts::{Segment, Transcript};
use crate::table::{Builder, Cell, DataType, Value};
use grid::{Grid, Tier};
use serde_json::json;

const WORDS: &[&str] = &["transcript", "text", "end", "folder"];

pub const FORMAT: Format = Format {
    beside: Some(["stem", "folder", "transcript"]),
    reader: Some(Reader {
        version: 0,
        uses: &[],
        cut: |_| Cut::Document(Holds::One),
        id: "path",
        own_id: None,
        selects: Selects::Words {
            words: WORDS,
            numbered: &[],
            keyed: &["tier"],
            say: "`transcript`, `tier:NAME`, `text`, `end`, `folder`, `path` or `stem`",
        },
        text: no_tokens,
        ty,
        adds: adds_nothing,
        read,
        offers: Offers::Words(&[("transcript", "transcript"), ("duration", "end")]),
    }),
    writer: Some(Writer {
        version: 1,
        uses: &[],
        files: "textgrid/SPLIT/NAME.TextGrid",
        doc: "the long form in UTF-8, a tier of intervals for each sample, as long as the column `duration` says where there is one; \
              `NAME` as of `brat`. Needs a `transcription` label",
        needs: Needs { label: &["transcription"], durations: true, ..Needs::NONE },
        encode: write::encode,
        outline: scattered,
        join: one_after_another,
        samples: Some(write::samples),
        values: None,
        place: Place::File,
        table: false,
        loses: &["transcription"],
        index: None,
    }),
    ..Format::new("textgrid", "A TextGrid of Praat: what is said in one sound, in tiers of timed intervals.")
};

fn ty(_: &Options, selector: &str) -> Option<DataType> {
    match selector {
        "transcript" => Some(Transcript::ty()),
        "end" => Some(DataType::Float64),
        other => other.strip_prefix("tier:").map(|_| Transcript::ty()),
    }
}

/// A file as a record.
struct Sheet<'u> {
    grid: Grid,
    unit: &'u Unit<'u>,
}

impl Sheet<'_> {
    /// The tier that a selector names.
    fn tier(&self, selector: &str) -> Option<&Tier> {
        match selector.strip_prefix("tier:") {
            Some(name) => self.grid.tiers.iter().find(|tier| tier.name == name),
            None => self.grid.tiers.iter().find(|tier| !tier.points),
        }
    }

    fn transcript(&self, selector: &str) -> Option<Transcript> {
        let tier = self.tier(selector).filter(|tier| !tier.points)?;
        let says = |(start, end, text): &(f64, f64, String)| {
            let text = text.trim();
            (!text.is_empty()).then(|| Segment { start: *start, end: *end, text: text.into() })
        };
        let segments: Vec<Segment> = tier.marks.iter().filter_map(says).collect();
        let text = segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
        Some(Transcript { text, segments: Some(segments) })
    }
}

/// A transcription as files of votes have it.
pub fn written(of: &Transcript) -> String {
    let segment = |s: &Segment| json!({ "start": s.start, "end": s.end, "text": s.text });
    let segments = of.segments.as_ref().map(|all| all.iter().map(segment).collect::<Vec<_>>());
    json!({ "text": of.text, "segments": segments }).to_string()
}

impl Record for Sheet<'_> {
    fn text(&self, _: &str) -> Option<String> {
        None
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        to.value(match selector {
            "end" => Value::Float(self.grid.end),
            "folder" => Value::Text(folder(self.unit.path).into()),
            "text" => self.transcript("").map_or(Value::Null, |t| Value::Text(t.text)),
            _ => match self.transcript(selector) {
                Some(t) if [WRITTEN, "utf8"].contains(&ty) => Value::Text(written(&t)),
                Some(t) => t.into_value(),
                None => Value::Null,
            },
        });
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        match selector {
            "transcript" | "text" => self.tier("").is_some(),
            _ => !selector.starts_with("tier:") || self.tier(selector).is_some(),
        }
    }

    fn names(&self) -> Vec<String> {
        let tiers = self.grid.tiers.iter().map(|tier| format!("tier:{}", tier.name));
        WORDS.iter().map(|w| w.to_string()).chain(tiers).collect()
    }
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let grid = match pointer::told(unit.bytes) {
        Some(say) => Err(Wrong::new(pointer::RULE, say)),
        None => grid::text(unit.bytes).and_then(|text| grid::parse(&text)),
    };
    let sheet = match grid {
        Ok(grid) => Sheet { grid, unit },
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    if !out.take(unit, 0, unit.bytes, &sheet) {
        return;
    }
    for (rule, say) in told(ask, &sheet) {
        out.finding(unit, 0, 0, rule, say);
    }
}

/// What is told of a file that is read.
fn told(ask: &Ask, sheet: &Sheet) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    let tiers = &sheet.grid.tiers;
    let selected: Vec<&str> =
        ask.fields.iter().filter_map(|f| if let From::Record(s) = &f.from { Some(s.as_str()) } else { None }).collect();
    let taken: Vec<&Tier> = selected
        .iter()
        .filter(|s| s.starts_with("tier:") || ["transcript", "text"].contains(s))
        .filter_map(|s| sheet.tier(s))
        .collect();
    let is_taken = |tier: &Tier| taken.iter().any(|own| std::ptr::eq(*own, tier));
    let gaps: usize = taken.iter().map(|tier| tier.gaps).sum();
    if gaps > 0 {
        out.push(("textgrid.gap", format!("intervals do not begin where the one before them ends: {gaps}")));
    }
    if taken.iter().any(|tier| tier.points) {
        out.push(("textgrid.points", "a tier of points has no segments, and gives no transcription".into()));
    }
    let missing = selected.iter().filter(|s| s.starts_with("tier:") && sheet.tier(s).is_none()).count();
    if missing > 0 {
        let say =
            format!("the file has no tier of the name that a field asks for; it has {} of other names", tiers.len());
        out.push(("textgrid.tier", say));
    }
    let other = tiers.iter().filter(|tier| !is_taken(tier)).count();
    if other > 0 {
        out.push(("textgrid.tiers", format!("tiers that no field takes: {other}; `tier:NAME` takes one")));
    }
    let twice = tiers.iter().enumerate().filter(|(n, tier)| tiers.iter().take(*n).any(|t| t.name == tier.name)).count();
    if twice > 0 {
        out.push(("textgrid.names", format!("tiers of a name that one before them has: {twice}; the first is taken")));
    }
    out
}
