//! `release.NAME/encode.FORMAT`: the rows of a piece as a fragment of one format, without running numbers. A step a
//! format, so that another format, or a mended one, encodes nothing but itself. A fragment stands in the first row of its
//! piece; the other rows are null.
//!
//! Findings: what a format cannot hold (`conll.spans`).
use super::attributes::{attributes, with_attributes};
use super::called::classes_of;
use super::columns::{Ids, released_name, released_type};
use super::declaration::{Encoding, Release, declared, kind_of, rows_table};
use super::images::{IMAGE_NAME, first};
use crate::digest::Digest;
use crate::formats::writer::{Sheet, Writer};
use crate::formats::{file_name, named};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::model::images::Image;
use crate::model::sounds::Sound;
use crate::model::spans::Scheme;
use crate::model::tokens::Made;
use crate::stage::*;
use crate::table::{ArrayRef, DataType, Value, array_of, texts, value_at};
use arrow_array::{BinaryArray, Date32Array, StructArray};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Encode>("release/encode", "release.*", declare);

/// The column of a format's fragments.
pub fn column_of(format: &str) -> String {
    format!("encoded.{format}")
}

/// The column with each fragment's length (u64, little-endian) and what its format needs to join fragments unread.
pub fn outline_of(format: &str) -> String {
    format!("outline.{format}")
}

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
    r.formats.iter().map(|f| Plan { gates: gates(check, f, &r), ..plan(check, f, &r) }).collect()
}

/// What a format could not hold fails the build, unless the manifest allows it.
fn gates(check: &Check, f: &Encoding, r: &Release) -> Vec<Gate> {
    let kind = f.roles.get("label").and_then(|label| kind_of(check, label));
    if !kind.is_some_and(|kind| f.writer.loses.contains(&kind)) && !f.roles.contains_key("folder") {
        return Vec::new();
    }
    let (step, key) = (format!("{}/encode.{}", check.path, f.name()), format!("{}.max_losses", check.path));
    let max = r.max_losses.as_ref();
    let at_most = Decimal::from(max.map_or(0, |m| *m.get()));
    let gate = Gate::at_most(key, format!("{step}.findings"), at_most, max.map_or(f.span.clone(), At::span));
    let say = format!("the format {} cannot hold all of some samples; `max_losses` says how many may be", f.name());
    vec![gate.say(say).look(format!("tamis show {step} --findings"))]
}

fn plan(check: &Check, f: &Encoding, r: &Release) -> Plan {
    let mut shape = Shape::of(f, &r.columns);
    if r.ids != Ids::Source {
        shape.id = r.ids.column().into();
        shape.roles.insert("id".into(), r.ids.column().into());
    }
    if f.writer.needs.classes {
        shape.classes = f.roles.get("label").map(|label| classes_of(check, label)).unwrap_or_default();
    }
    if f.format.attributed {
        shape.attributes = f.roles.get("label").map(|label| attributes(check, label, &r.columns)).unwrap_or_default();
    }
    let needs = f.writer.needs;
    if needs.typed || needs.bytes {
        let typed = shape.columns.iter().map(|c| (c.clone(), r.holds(check, c)));
        shape.typed =
            typed.filter(|c| c.1 == "image" || needs.typed && ["date", "audio"].contains(&c.1.as_str())).collect();
    }
    if f.writer.needs.images || shape.typed.values().any(|h| h == "image") {
        shape.roles.insert("file".into(), IMAGE_NAME.into());
    }
    if shape.typed.values().any(|h| h == "audio") {
        shape.roles.insert("id".into(), r.ids.column().into());
    }
    let splits = |lacks: bool| {
        let of = |split: &&String| match lacks {
            true => r.withheld.lacks(f.name(), split),
            false => r.withheld.is_unanswered(f.name(), split),
        };
        r.withheld.columns.keys().filter(of).cloned().collect::<Vec<String>>()
    };
    (shape.without, shape.hidden) = (splits(true), splits(false));
    let columns = shape.columns.iter().map(|c| shape.column(c).to_string());
    let mut reads: Vec<String> = columns.chain(shape.roles.values().cloned()).collect();
    reads.extend(shape.attributes.iter().map(|(_, column)| column.clone()));
    reads.extend((!shape.without.is_empty() || !shape.hidden.is_empty()).then(|| "split".to_string()));
    reads.sort();
    reads.dedup();
    let writes = writes([column_of(f.name()), outline_of(f.name())].map(|c| (c, DataType::Binary)));
    let ports = Ports { table: rows_table(check), reads, writes, ..Ports::default() };
    Plan::map::<Encode>(ports, &shape).word(format!("encode.{}", f.name()))
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
    /// The column of the released ids, where they are not the collected ones.
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    /// Days and images among the columns, if the format has types of its own for them.
    #[serde(default, skip_serializing_if = "is_default")]
    typed: BTreeMap<String, String>,
    /// How tags say where an entity begins and ends, for a format that writes them.
    #[serde(default, skip_serializing_if = "is_default")]
    scheme: Scheme,
    /// What a token is where none were collected, if the manifest says it.
    #[serde(default, skip_serializing_if = "is_default")]
    made: Option<Made>,
    /// The declared classes of the label, for a format that numbers them row by row.
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    /// What other labels say of the shapes of its label, as attributes: their tasks and columns.
    #[serde(default, skip_serializing_if = "is_default")]
    attributes: Vec<(String, String)>,
    /// The splits of which it has no file, and those whose answers are hidden in its files.
    #[serde(default, skip_serializing_if = "is_default")]
    without: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    hidden: Vec<String>,
}

impl Shape {
    fn of(f: &Encoding, columns: &[String]) -> Shape {
        Shape {
            format: f.name().into(),
            writer: f.writer.version,
            uses: names(f.writer.uses),
            columns: if f.writer.needs.columns { columns.to_vec() } else { Vec::new() },
            roles: f.roles.clone(),
            id: String::new(),
            typed: BTreeMap::new(),
            scheme: f.scheme,
            made: f.made,
            classes: Vec::new(),
            attributes: Vec::new(),
            without: Vec::new(),
            hidden: Vec::new(),
        }
    }

    /// The column that a released column is read from.
    fn column<'c>(&'c self, name: &'c str) -> &'c str {
        if name == "id" && !self.id.is_empty() { &self.id } else { name }
    }

    fn writer(&self) -> Result<&'static Writer, Fault> {
        let bug = || Fault::Bug(format!("nothing writes `{}`", self.format));
        named(&self.format).and_then(|f| f.writer.as_ref()).ok_or_else(bug)
    }
}

struct Encode;

impl RowStage for Encode {
    const MAP: u32 = 4;
    type Map = Shape;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Shape, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let writer = p.writer()?;
        if among(rows, &p.without)? {
            return Ok(Delta::default());
        }
        let hidden = among(rows, &p.hidden)?;
        let (classes, made) = (p.classes.clone(), p.made);
        let mut sheet = Sheet { rows: rows.len(), scheme: p.scheme, made, classes, ..Sheet::default() };
        for name in &p.columns {
            let array = match p.typed.get(name) {
                Some(holds) if holds == "audio" => sounds(rows, name, p.column("id"))?,
                Some(holds) => typed(rows, name, holds)?,
                None => rows.column(p.column(name))?,
            };
            sheet.columns.push((released_name(name), array));
        }
        for (role, name) in &p.roles {
            let array = rows.column(name)?;
            let array = match role == "label" && !p.attributes.is_empty() {
                true => with_attributes(rows, &array, &p.attributes)?,
                false => array,
            };
            sheet.roles.insert(role.clone(), array);
        }
        let mut lost = Vec::new();
        let bytes = (writer.encode)(&sheet, &mut lost).map_err(Fault::Bug)?;
        let outline = [&(bytes.len() as u64).to_le_bytes(), (writer.outline)(&bytes)].concat();
        let mut delta = Delta::default();
        // that nobody answered is told where it is hidden
        for l in lost.into_iter().filter(|l| !hidden || !l.rule.ends_with(".unlabelled")) {
            delta.event(l.row, Act::Finding, "release", l.rule, l.say);
        }
        delta.write(outline_of(&p.format), first(rows.len(), outline));
        delta.write(column_of(&p.format), first(rows.len(), bytes));
        Ok(delta)
    }
}

/// Whether the rows of a piece, which are of one split, are of one of these.
fn among(rows: &Rows, splits: &[String]) -> Result<bool, Fault> {
    if splits.is_empty() {
        return Ok(false);
    }
    Ok(rows.texts("split")?.iter().flatten().next().is_some_and(|split| splits.contains(split)))
}

/// A column of days as dates, or of images as their bytes with the names of their files.
fn typed(rows: &Rows, name: &str, holds: &str) -> Result<ArrayRef, Fault> {
    let array = rows.column(name)?;
    if holds == "date" {
        let day = |text: Option<&str>| text.and_then(crate::model::days::number);
        return Ok(Arc::new(texts(array.as_ref()).into_iter().map(day).collect::<Date32Array>()));
    }
    let images: Vec<Option<Image>> = rows.cells(name)?;
    let blobs = images.iter().map(|i| i.as_ref().map(|i| i.blob)).collect();
    held(rows, &array, holds, (blobs, array_of(rows.texts(IMAGE_NAME)?)))
}

/// A column of sounds as their bytes, each with a name made of its sample's id.
fn sounds(rows: &Rows, name: &str, id: &str) -> Result<ArrayRef, Fault> {
    let (array, ids) = (rows.column(name)?, rows.texts(id)?);
    let sounds: Vec<Option<Sound>> = rows.cells(name)?;
    let path = |(sound, id): (&Option<Sound>, Option<String>)| {
        let sound = sound.as_ref()?;
        Some(format!("{}.{}", file_name::stem(&id.unwrap_or_default()).0, sound.container))
    };
    let paths: Vec<Option<String>> = sounds.iter().zip(ids).map(path).collect();
    let blobs = sounds.iter().map(|s| s.as_ref().map(|s| s.blob)).collect();
    held(rows, &array, "audio", (blobs, array_of(paths)))
}

/// Bytes with the names of their files; null where the column is.
fn held(
    rows: &Rows,
    array: &ArrayRef,
    holds: &str,
    (blobs, paths): (Vec<Option<Digest>>, ArrayRef),
) -> Result<ArrayRef, Fault> {
    let bytes = blobs.into_iter().map(|blob| blob.map(|blob| rows.blob(blob)).transpose());
    let bytes: BinaryArray = bytes.collect::<Result<Vec<_>, Fault>>()?.into_iter().collect();
    let DataType::Struct(fields) = released_type(holds, true) else {
        return Err(Fault::Bug("bytes with a name are a struct".into()));
    };
    let made = StructArray::try_new(fields, vec![Arc::new(bytes), paths], array.nulls().cloned());
    Ok(Arc::new(made.map_err(|e| Fault::Bug(e.to_string()))?))
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
                let mut shape = Shape::of(
                    &Encoding { format, writer, roles: BTreeMap::new(), scheme: Scheme::Bio, made: None, span: 0..0 },
                    &["id".to_string()],
                );
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
