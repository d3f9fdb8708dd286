//! `[clean.stated_size]`: pictures whose annotations were made for another size than the file has, so that every box
//! may be off.
//!
//! ```toml
//! [clean]
//! stated_size = "review"                   # or "drop", "report"
//! ```
//!
//! Reads `stated_size` (what the annotation file states), `width` and `height` (pixels as stored; without `[preprocess]`
//! those of the header; where it changes pictures, `frame` has them). Finding: `image.stated_size`. Where nothing is declared, the step `clean/stated_size` reports all
//! the same. Limits: where the file states no size, nothing is said; `0 x 0`, which some tools write for
//! "unknown", counts as no size.
use crate::diag::Diagnostic;
use crate::model::frames::Frame;
use crate::stage::*;
use crate::table::{Value, value_at};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What happens to pictures whose stated size is not their size.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Declaration {
    /// They are told.
    #[default]
    Report,
    /// They wait for a person's decision.
    Review,
    /// They leave the data set.
    Drop,
}

pub const ENTRY: Entry =
    Entry::row::<Stage>("clean/stated_size", "clean.stated_size", declare).schema(|g| g.subschema_for::<Declaration>());

/// A size that nobody asked about is compared as well, and told.
pub const UNDECLARED: Entry = Entry::row::<Stage>("clean/stated_size_undeclared", "clean", declare_undeclared);

const READS: [&str; 3] = ["height", "stated_size", "width"];
/// Where `[preprocess]` changes pictures: the one that shapes were drawn on.
const FRAMED: [&str; 2] = ["frame", "stated_size"];
/// Without `[preprocess]`.
const HEADER: [&str; 2] = ["header_size", "stated_size"];

fn declare_undeclared(check: &mut Check) -> Vec<Plan> {
    if check.manifest.table(&["clean", "stated_size"]).is_some() {
        return Vec::new();
    }
    let known = |names: &[&str]| names.iter().all(|name| check.column("samples", name).is_some());
    let (reads, header, framed) = match (known(&FRAMED), known(&READS), known(&HEADER)) {
        (true, ..) => (names(&FRAMED), false, true),
        (_, true, _) => (names(&READS), false, false),
        (.., true) => (names(&HEADER), true, false),
        _ => return Vec::new(),
    };
    let map = Map { header, framed, undeclared: true, ..Map::default() };
    let ports = Ports { table: "samples".into(), reads, ..Ports::default() };
    vec![Plan::map::<Stage>(ports, &map).word("stated_size")]
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(action) = check.read::<Declaration>() else { return Vec::new() };
    let header = check.column("samples", "header_size").is_some() && check.column("samples", "width").is_none();
    let framed = check.column("samples", "frame").is_some();
    let reads = if framed {
        names(&FRAMED)
    } else if header {
        names(&HEADER)
    } else {
        names(&READS)
    };
    if let Some(missing) = reads.iter().find(|c| check.column("samples", c).is_none()) {
        let problem = Diagnostic::error("T0325", check.span.clone(), "there is no stated size to compare");
        let label = format!("no step gives `{missing}`");
        check.bad(problem.label(label).help("needs a source of format voc, and [preprocess]"));
        return Vec::new();
    }
    vec![Plan::map::<Stage>(
        Ports { table: "samples".into(), reads, drops: true, ..Ports::default() },
        &Map { action, header: header && !framed, framed, undeclared: false },
    )]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    action: Declaration,
    /// The size of the image is that of its header.
    #[serde(default, skip_serializing_if = "is_default")]
    header: bool,
    /// The size of the image is that of the one that shapes were drawn on.
    #[serde(default, skip_serializing_if = "is_default")]
    framed: bool,
    /// The manifest has no `[clean.stated_size]`.
    #[serde(default, skip_serializing_if = "is_default")]
    undeclared: bool,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let stated = rows.column("stated_size")?;
        for (row, size) in p.sizes(rows)?.into_iter().enumerate() {
            let Some((width, height)) = size else { continue };
            let Some(other) = other_size(&value_at(stated.as_ref(), row), width, height) else { continue };
            let act = match p.action {
                Declaration::Report => Act::Finding,
                Declaration::Review => Act::Review,
                Declaration::Drop => Act::DROP,
            };
            let say = format!("annotated at {} x {}, the file has {width} x {height}", other.0, other.1);
            let key = if p.undeclared { "collect" } else { "clean.stated_size" };
            delta.event(row, act, key, "image.stated_size", say);
        }
        Ok(delta)
    }
}

impl Map {
    /// Width and height of each image, as far as they are known.
    fn sizes(&self, rows: &Rows) -> Result<Vec<Option<(u32, u32)>>, Fault> {
        if self.framed {
            let drawn = |frame: Option<Frame>| frame.map(|frame| frame.drawn.into());
            return Ok(rows.cells::<Frame>("frame")?.into_iter().map(drawn).collect());
        }
        if self.header {
            let of = |size: Option<Vec<u32>>| size.and_then(|s| Some((*s.first()?, *s.get(1)?)));
            return Ok(rows.cells::<Vec<u32>>("header_size")?.into_iter().map(of).collect());
        }
        let (widths, heights) = (rows.cells::<u32>("width")?, rows.cells::<u32>("height")?);
        Ok(widths.into_iter().zip(heights).map(|(w, h)| w.zip(h)).collect())
    }
}

/// The stated size, if it is one and another than the file's.
fn other_size(stated: &Value, width: u32, height: u32) -> Option<(i64, i64)> {
    let Value::List(list) = stated else { return None };
    let [Value::Int(w), Value::Int(h)] = list.as_slice() else { return None };
    let differs = (*w, *h) != (i64::from(width), i64::from(height)) && (*w, *h) != (0, 0);
    differs.then_some((*w, *h))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_another_size_is_told() {
        let stated = |w, h| Value::List(vec![Value::Int(w), Value::Int(h)]);
        assert_eq!(other_size(&stated(640, 480), 640, 480), None);
        assert_eq!(other_size(&stated(480, 640), 640, 480), Some((480, 640)));
        assert_eq!(other_size(&stated(0, 0), 640, 480), None);
        assert_eq!(other_size(&Value::Null, 640, 480), None);
    }
}
