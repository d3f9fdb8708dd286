//! `[leakage]`: whether a test is fair. What samples of one split have in common with those of another, how far the splits differ,
//! and how well a small model tells them apart.
//!
//! ```toml
//! [leakage]
//! origin = ["path"]
//! annotator = ["ner"]
//! entities = ["ner"]
//! shift = ["label.ner", "length"]
//! adversarial = ["text"]
//! gates = { "entities.ner.share" = { max = 0.5 }, "shift.psi" = { max = 0.1 } }
//! ```
//!
//! The split `train`, else the first by name, is the one that the others are held against. Reads `split` and the columns that are
//! named; writes nothing. Facts of what is shared, of each of `exact`, `near`, `group` and `origin`: `KIND.values` (values that
//! stand in several splits) and `KIND.samples` (samples that have such a value and are not in the first split that has it), of groups
//! and origins `KIND.without` (samples without a value). With `time`: `time.samples` (samples of other splits that are not later
//! than all that is trained on; undefined where one side has no time) and `time.without`. Of each task of `annotator`
//! `annotator.TASK.shared` (who answered in several splits) and `annotator.TASK.all`; of each of `entities` `entities.TASK.share`:
//! of the mentions of the other split that has most of them, the share whose words are mentioned in the first split.
//! Of `shift`: a table `shift`, the greatest stability index `shift.psi` and by column `shift.psi.COLUMN`, and `shift.differing`
//! (how many tests find a difference with a corrected probability below 0.05). `adversarial`: the greatest area under the curve, 0.5
//! where a model cannot tell the splits apart, and by split `adversarial.SPLIT`.
//!
//! Findings: `leak.exact`, `leak.near`, `leak.group`, `leak.origin`, `leak.time`; and, told of no sample, `leak.nothing`: no sample has a
//! value to be compared. Each names the other sample and its split: of several that one whose id is the least, of `time` the latest
//! that is trained on. A gate holds each of the first four at 0 unless
//! `gates` says otherwise.
mod adversarial;
mod declared;
mod records;
mod shared;
mod shifted;

use crate::digest::{Digest, Draws};
use crate::measure::learn::terms;
use crate::measure::names::composed;
use crate::model::moments::of_value;
use crate::model::spans::Span;
use crate::model::votes::Vote;
use crate::stage::*;
use crate::table::{ArrayRef, Cell, Value, value_at};
use declared::declared;
use records::{Gather, Kind, Leak, Map, NOTHING, classes, key, valued};

pub const ENTRY: Entry =
    Entry::row::<Leakage>("leakage", "leakage", declare).schema(|g| g.subschema_for::<declared::Declaration>());

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = declared(check) else { return Vec::new() };
    let mut reads = d.map.reads();
    reads.sort();
    reads.dedup();
    let ports = Ports { table: "samples".into(), reads, living_only: true, ..Ports::default() };
    vec![Plan { gates: d.gates, ..Plan::row::<Leakage>(ports, &d.map, &d.gather, &Nothing {}) }]
}

struct Leakage;

impl RowStage for Leakage {
    const USES: &'static [&'static str] = &["libm 0.2", "unicode-normalization 0.1"];
    const MAP: u32 = 3; // 3: ids beside what is shared
    const GATHER: Option<GatherPart<Self>> = Some((3, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((2, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let columns = |of: &[String]| -> Result<Vec<(String, ArrayRef)>, Fault> {
            of.iter().map(|c| Ok((c.clone(), rows.column(c)?))).collect()
        };
        let near: Vec<String> = p.near.iter().cloned().collect();
        let seen = Columns {
            exact: columns(&p.exact)?,
            shared: vec![
                (Kind::Near, columns(&near)?),
                (Kind::Group, columns(&p.group)?),
                (Kind::Origin, columns(&p.origin)?),
            ],
            votes: columns(&p.votes)?,
            spans: columns(&p.spans)?,
            text: p.text.as_ref().map(|c| rows.column(c)).transpose()?,
            time: p.time.as_ref().map(|c| rows.column(c)).transpose()?,
            shift: columns(&p.shift)?,
            adversarial: columns(&p.adversarial)?,
        };
        let (splits, ids) = (rows.texts("split")?, rows.texts("id")?);
        let draws = Draws::new(0, "leakage");
        for (row, (split, id)) in splits.into_iter().zip(ids).enumerate() {
            if let Some(split) = split.filter(|_| rows.counts(row)) {
                seen.put(row, &split, &id.unwrap_or_default(), &draws, summary);
            }
        }
        Ok(Delta::default())
    }
}

/// The columns that are looked at, by what they are looked at for.
struct Columns {
    exact: Vec<(String, ArrayRef)>,
    shared: Vec<(Kind, Vec<(String, ArrayRef)>)>,
    votes: Vec<(String, ArrayRef)>,
    spans: Vec<(String, ArrayRef)>,
    text: Option<ArrayRef>,
    time: Option<ArrayRef>,
    shift: Vec<(String, ArrayRef)>,
    adversarial: Vec<(String, ArrayRef)>,
}

impl Columns {
    /// What a row shares with others, and what it is like.
    fn put(&self, row: usize, split: &str, id: &str, draws: &Draws, summary: &mut Summary) {
        let named = valued(split, id.as_bytes());
        let at = |array: &ArrayRef| value_at(array.as_ref(), row);
        let own: Vec<Value> = self.exact.iter().map(|(_, array)| at(array)).collect();
        if own.iter().any(|value| !is_blank(value)) {
            let texts: Vec<String> = own.iter().map(plain).collect();
            summary.put(key(Kind::Exact, "", digest(&texts.join("\0")).as_slice()), row, &named);
        } else if !own.is_empty() {
            summary.put(key(Kind::Exact, "", NOTHING), row, valued(split, &[]));
        }
        for (kind, columns) in &self.shared {
            let mut none = *kind != Kind::Near && !columns.is_empty();
            for (name, array) in columns {
                for value in items(at(array)) {
                    let text = digest(&plain(&value));
                    summary.put(key(*kind, name, text.as_slice()), row, &named);
                    none = false;
                }
            }
            if none {
                summary.put(key(*kind, "", NOTHING), row, valued(split, &[]));
            }
        }
        for (name, array) in &self.votes {
            for vote in Vote::list(&at(array)).unwrap_or_default() {
                let who = digest(&vote.annotator);
                summary.put(key(Kind::Annotator, name, who.as_slice()), row, valued(split, &[]));
            }
        }
        if let Some(array) = &self.time {
            let moment = of_value(&at(array)).map(|moment| [&moment.to_le_bytes(), id.as_bytes()].concat());
            summary.put(key(Kind::Time, "", &[]), row, valued(split, moment.as_deref().unwrap_or(NOTHING)));
        }
        self.entities(row, split, summary);
        for (name, array) in &self.shift {
            match at(array) {
                Value::Int(n) => {
                    summary.put(key(Kind::Number, name, &[]), row, valued(split, &(n as f64).to_le_bytes()))
                }
                Value::Float(n) if n.is_finite() => {
                    summary.put(key(Kind::Number, name, &[]), row, valued(split, &n.to_le_bytes()))
                }
                value => classes(&value)
                    .iter()
                    .for_each(|class| summary.put(key(Kind::Class, name, &digest(class)), row, valued(split, &[]))),
            }
        }
        if !self.adversarial.is_empty() {
            let cells: Vec<(&String, Value)> = self.adversarial.iter().map(|(name, array)| (name, at(array))).collect();
            let seen = adversarial::features(&cells, &|text| terms(text));
            let rank = draws.of(id).to_be_bytes();
            summary.put(key(Kind::Seen, "", &rank), row, valued(split, &seen));
        }
    }

    /// The words of each entity.
    fn entities(&self, row: usize, split: &str, summary: &mut Summary) {
        let Some(text) = &self.text else { return };
        let Value::Text(text) = value_at(text.as_ref(), row) else { return };
        let chars: Vec<char> = text.chars().collect();
        for (name, array) in &self.spans {
            let Value::List(spans) = value_at(array.as_ref(), row) else { continue };
            for span in spans.iter().filter_map(Span::from_value) {
                let own = chars.get(span.start as usize..span.end as usize).unwrap_or_default();
                let surface: String = own.iter().flat_map(|c| c.to_lowercase()).collect();
                let of = digest(&format!("{}\0{}", span.class, composed(surface.trim())));
                summary.put(key(Kind::Entity, name, of.as_slice()), row, valued(split, &[]));
            }
        }
    }
}

/// Sixteen bytes that stand for a text: no text of the data is in a summary.
fn digest(text: &str) -> [u8; 16] {
    let of = Digest::of(text.as_bytes()).0;
    of.first_chunk().copied().unwrap_or_default()
}

fn is_blank(value: &Value) -> bool {
    matches!(value, Value::Null) || matches!(value, Value::Text(text) if text.trim().is_empty())
}

/// A value as it is compared: texts composed, with white space as one blank.
fn plain(value: &Value) -> String {
    match value {
        Value::Text(text) => composed(&text.split_whitespace().collect::<Vec<_>>().join(" ")).into_owned(),
        Value::Struct(_) if matches!(value.field("blob"), Value::Blob(_)) => match value.field("blob") {
            Value::Blob(blob) => blob.hex(),
            _ => String::new(),
        },
        other => other.key_text().unwrap_or_default(),
    }
}

/// The values that a cell shares: of a list each item.
fn items(value: Value) -> Vec<Value> {
    match value {
        Value::List(items) => items,
        blank if is_blank(&blank) => Vec::new(),
        one => vec![one],
    }
}

impl Leakage {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        shared::tell(p, hits, context, out)?;
        shifted::tell(p, hits, context, out)?;
        adversarial::tell(p, hits, context, out)
    }

    fn apply(_: &Nothing, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for told in slice.each::<Vec<Leak>>() {
            let (row, leaks) = told?;
            for leak in leaks {
                let (key, rule) = (format!("leakage.{}", leak.kind.name()), leak.kind.rule());
                delta.event(row, Act::Finding, key, rule, leak.say());
            }
        }
        Ok(delta)
    }
}
