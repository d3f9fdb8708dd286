//! `release.NAME/encode.FORMAT`: the rows of a piece as a fragment of one format, without running numbers; and
//! `release.NAME/encode.images`: the images that a piece brings. A step a format, so that another format, or a mended one,
//! encodes nothing but itself. A fragment stands in the first row of its piece; the other rows are null.
//!
//! Findings: what a format cannot hold (`conll.spans`).
use super::declaration::{Encoding, declared, released_name, rows_table};
use crate::formats::image_folder::file_names;
use crate::formats::named;
use crate::formats::writer::{Sheet, Writer};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{ArrayRef, DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Encode>("release/encode", "release.*", declare);

pub const IMAGES: Entry = Entry::row::<Images>("release/images", "release.*", declare_images);

/// The column of a format's fragments.
pub fn column_of(format: &str) -> String {
    format!("encoded.{format}")
}

/// The column with each fragment's length (u64, little-endian) and what its format needs to join fragments unread.
pub fn outline_of(format: &str) -> String {
    format!("outline.{format}")
}

/// The column of the images that pieces bring.
pub const IMAGE_LIST: &str = "encoded.images";

/// Length of a piece's fragment in bytes, and what else its outline tells.
pub fn outline(rows: &Rows, format: &str) -> Result<(u64, Vec<u8>), Fault> {
    let cell = fragment(rows, &outline_of(format))?;
    let (len, rest) = cell.split_first_chunk::<8>().ok_or_else(|| Fault::Bug("an outline is missing".into()))?;
    Ok((u64::from_le_bytes(*len), rest.to_vec()))
}

/// The fragment of a format in a piece.
pub fn fragment(rows: &Rows, column: &str) -> Result<Vec<u8>, Fault> {
    match value_at(rows.column(column)?.as_ref(), 0) {
        Value::Bytes(b) => Ok(b),
        _ => Ok(Vec::new()),
    }
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    r.formats.iter().map(|f| plan(check, f, &r.columns)).collect()
}

fn plan(check: &Check, f: &Encoding, columns: &[String]) -> Plan {
    let shape = Shape::of(f, columns);
    let mut reads: Vec<String> = shape.columns.iter().chain(shape.roles.values()).cloned().collect();
    reads.sort();
    reads.dedup();
    let writes = writes([column_of(f.name()), outline_of(f.name())].map(|c| (c, DataType::Binary)));
    let ports = Ports { table: rows_table(check), reads, writes, ..Ports::default() };
    Plan::map::<Encode>(ports, &shape).word(format!("encode.{}", f.name()))
}

fn declare_images(check: &mut Check) -> Vec<Plan> {
    // most releases have no images, and then the table need not be read once more
    if check.column("samples", "image").is_none() || !declared(check).is_some_and(|r| r.images()) {
        return Vec::new();
    }
    let writes = writes([(IMAGE_LIST, DataType::Binary)]);
    let ports = Ports { table: rows_table(check), reads: names(&["id", "image"]), writes, ..Ports::default() };
    vec![Plan::map::<Images>(ports, &Nothing {}).word("encode.images")]
}

#[derive(Serialize, Deserialize, Default, Debug)]
struct Shape {
    #[serde(default, skip_serializing_if = "is_default")]
    format: String,
    /// The version of the format's writer: another one encodes this format anew, and no other.
    #[serde(default, skip_serializing_if = "is_default")]
    writer: u32,
    /// What the format's bytes depend on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    /// The released columns, if the format holds them.
    #[serde(default, skip_serializing_if = "is_default")]
    columns: Vec<String>,
    /// What else it needs: what a column is to the format, and the column.
    #[serde(default, skip_serializing_if = "is_default")]
    roles: BTreeMap<String, String>,
}

impl Shape {
    fn of(f: &Encoding, columns: &[String]) -> Shape {
        Shape {
            format: f.name().into(),
            writer: f.writer.version,
            uses: names(f.writer.uses),
            columns: if f.writer.needs.columns { columns.to_vec() } else { Vec::new() },
            roles: f.roles.clone(),
        }
    }

    fn writer(&self) -> Result<&'static Writer, Fault> {
        let bug = || Fault::Bug(format!("nothing writes `{}`", self.format));
        named(&self.format).and_then(|f| f.writer.as_ref()).ok_or_else(bug)
    }
}

struct Encode;

impl RowStage for Encode {
    const MAP: u32 = 3;
    type Map = Shape;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Shape, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let writer = p.writer()?;
        let mut sheet = Sheet { rows: rows.len(), ..Sheet::default() };
        for name in &p.columns {
            sheet.columns.push((released_name(name), rows.column(name)?));
        }
        for (role, name) in &p.roles {
            sheet.roles.insert(role.clone(), rows.column(name)?);
        }
        let mut lost = Vec::new();
        let bytes = (writer.encode)(&sheet, &mut lost).map_err(Fault::Bug)?;
        let outline = [&(bytes.len() as u64).to_le_bytes(), (writer.outline)(&bytes)].concat();
        let mut delta = Delta::default();
        for l in lost {
            delta.event(l.row, Act::Finding, "release", l.rule, l.say);
        }
        delta.write(outline_of(&p.format), first(rows.len(), outline));
        delta.write(column_of(&p.format), first(rows.len(), bytes));
        Ok(delta)
    }
}

fn first(n: usize, bytes: Vec<u8>) -> ArrayRef {
    let slots = std::iter::once(Some(bytes)).chain(std::iter::repeat(None)).take(n);
    Arc::new(slots.collect::<arrow_array::BinaryArray>())
}

struct Images;

impl RowStage for Images {
    const MAP: u32 = 1;
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    /// Which images a piece brings: `name TAB blob TAB bytes` a line. None of them is read: the engine finds out the sums
    /// of each file once and remembers them.
    fn map(_: &Nothing, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let roles = ["id", "image"].into_iter().map(|n| Ok((n.to_string(), rows.column(n)?)));
        let sheet = Sheet { rows: rows.len(), columns: Vec::new(), roles: roles.collect::<Result<_, Fault>>()? };
        let mut out = String::new();
        for (name, image) in file_names(&sheet).into_iter().zip(sheet.cells::<Image>("image")) {
            if let (Some(name), Some(image)) = (name, image) {
                out.push_str(&format!("{name}\t{}\t{}\n", image.blob, image.bytes));
            }
        }
        let mut delta = Delta::default();
        delta.write(IMAGE_LIST, first(rows.len(), out.into_bytes()));
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::FORMATS;

    /// A raised version of one writer changes the parameters of its own steps alone.
    #[test]
    fn versions_are_of_one_format() {
        let of = |raised: &str| -> Vec<String> {
            let written = FORMATS.iter().filter_map(|f| Some((f, f.writer.as_ref()?)));
            let shape = |(format, writer)| {
                let mut shape = Shape::of(&Encoding { format, writer, roles: BTreeMap::new() }, &["id".to_string()]);
                shape.writer += u32::from(format.name == raised);
                text(&shape)
            };
            written.map(shape).collect()
        };
        let (before, after) = (of(""), of("conll"));
        let changed: Vec<&String> = before.iter().zip(&after).filter(|(b, a)| b != a).map(|(_, a)| a).collect();
        assert!(matches!(changed.as_slice(), [one] if one.contains("conll")), "{changed:?}");
    }
}
