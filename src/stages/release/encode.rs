//! `release.NAME/encode`: the rows of a piece as fragments of each format, without running numbers. A fragment stands
//! in the first row of its piece; the other rows are null.
use super::{Format, Release, declared, is_label, released_name};
use crate::digest::{Digest, sha256};
use crate::formats::{coco, conll, parquet};
use crate::model::boxes::Box2;
use crate::model::edits::{Edit, Moved, move_span};
use crate::model::images::Image;
use crate::model::spans::Span;
use crate::model::tokens::Token;
use crate::stage::*;
use crate::table::{ArrayRef, DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Encode>("release/encode", "release.*", declare);

/// The column of a format's fragments.
pub fn column_of(f: Format) -> String {
    format!("encoded.{}", f.name())
}

/// The column of what is known of them without reading them: their length, 8 bytes, and for Parquet the footer.
pub fn outline_of(f: Format) -> String {
    format!("outline.{}", f.name())
}

/// Length of a piece's fragment in bytes, and what else its outline tells.
pub fn outline(rows: &Rows, f: Format) -> Result<(u64, Vec<u8>), Fault> {
    let cell = fragment(rows, &outline_of(f))?;
    let (len, rest) = cell.split_first_chunk::<8>().ok_or_else(|| Fault::Bug("an outline is missing".into()))?;
    Ok((u64::from_le_bytes(*len), rest.to_vec()))
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let label = |kind: &str| r.columns.iter().find(|c| is_label(check.columns, c, kind)).cloned();
    let columns = r.formats.iter().flat_map(|f| [column_of(*f), outline_of(*f)]);
    let mut writes = writes(columns.map(|c| (c, DataType::Binary)));
    if r.formats.iter().any(|f| matches!(f, Format::Coco | Format::ImageFolder)) {
        writes.push(("encoded.images".into(), DataType::Binary.into()));
    }
    let (spans, boxes) = (label("ner"), label("object_detection"));
    vec![
        Plan::map::<Encode>(
            Ports { table: Release::rows_table(check), reads: r.all(), writes, ..Ports::default() },
            &Shape { formats: r.formats, columns: r.columns, spans, boxes, text: r.spans.filter(|t| t != "text") },
        )
        .word("encode"),
    ]
}

#[derive(Serialize, Deserialize, Default)]
struct Shape {
    #[serde(default, skip_serializing_if = "is_default")]
    formats: Vec<Format>,
    #[serde(default, skip_serializing_if = "is_default")]
    columns: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    boxes: Option<String>,
    /// The field that tokens and spans belong to, if it is not `text`.
    #[serde(default, skip_serializing_if = "is_default")]
    text: Option<String>,
}

struct Encode;

impl RowStage for Encode {
    const USES: &'static [&'static str] = &["parquet 60", "zstd 0.14"];
    const MAP: u32 = 2;
    type Map = Shape;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Shape, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for f in &p.formats {
            let bytes = match f {
                Format::Parquet => table(p, rows)?,
                Format::Jsonl => lines(p, rows, None)?,
                Format::Conll => sentences(p, rows)?,
                Format::Coco => instances(p, rows)?,
                Format::ImageFolder => lines(p, rows, Some("file_name"))?,
            };
            let rest = if *f == Format::Parquet { parquet::footer(&bytes) } else { &[] };
            let outline = [&(bytes.len() as u64).to_le_bytes(), rest].concat();
            delta.write(outline_of(*f), first(rows.len(), outline));
            delta.write(column_of(*f), first(rows.len(), bytes));
        }
        if p.formats.iter().any(|f| matches!(f, Format::Coco | Format::ImageFolder)) {
            delta.write("encoded.images", first(rows.len(), images(rows)?));
        }
        Ok(delta)
    }
}

fn first(n: usize, bytes: Vec<u8>) -> ArrayRef {
    let slots = std::iter::once(Some(bytes)).chain(std::iter::repeat(None)).take(n);
    Arc::new(slots.collect::<arrow_array::BinaryArray>())
}

/// In files the bytes of an image are a path; in tables its digest, format and size.
fn table(p: &Shape, rows: &Rows) -> Result<Vec<u8>, Fault> {
    let mut columns = Vec::new();
    for name in &p.columns {
        columns.push((released_name(name), rows.column(name)?));
    }
    parquet::fragment(&columns).map_err(Fault::Bug)
}

/// One JSON object a line, keys in the order of the release; with `file_name`, the image's file goes first.
fn lines(p: &Shape, rows: &Rows, file: Option<&str>) -> Result<Vec<u8>, Fault> {
    let mut columns = Vec::new();
    for name in p.columns.iter().filter(|n| file.is_none() || *n != "image") {
        columns.push((serde_json::Value::from(released_name(name)).to_string(), rows.column(name)?));
    }
    let names = match file {
        Some(_) => Some(file_names(rows)?),
        None => None,
    };
    let mut out = String::new();
    for row in 0..rows.len() {
        let mut fields = Vec::with_capacity(columns.len() + 1);
        if let (Some(key), Some(Some(name))) = (file, names.as_ref().and_then(|n| n.get(row))) {
            fields.push(format!("\"{key}\": {}", serde_json::Value::from(name.as_str())));
        }
        for (key, array) in &columns {
            fields.push(format!("{key}: {}", value_at(array.as_ref(), row).json()));
        }
        out.push_str(&format!("{{{}}}\n", fields.join(", ")));
    }
    Ok(out.into_bytes())
}

/// `ID.ext` of each image: what is not plain in an id is written `%XX`.
fn file_names(rows: &Rows) -> Result<Vec<Option<String>>, Fault> {
    let images = rows.cells::<Image>("image")?;
    let ids = rows.texts("id")?;
    let name = |(id, image): (Option<String>, Option<Image>)| {
        let ext = if image.as_ref()?.format == "jpeg" { "jpg".to_string() } else { image?.format };
        Some(format!("{}.{ext}", plain(&id?)))
    };
    Ok(ids.into_iter().zip(images).map(name).collect())
}

fn plain(id: &str) -> String {
    let keep = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.') || !b.is_ascii();
    let mut out: Vec<u8> = Vec::new();
    for b in id.bytes() {
        if keep(&b) { out.push(b) } else { out.extend(format!("%{b:02X}").bytes()) }
    }
    let out = String::from_utf8_lossy(&out).into_owned();
    match out.strip_prefix('.') {
        Some(rest) => format!("%2E{rest}"),
        None => out,
    }
}

/// Which images a piece brings: `name TAB blob TAB bytes TAB sha256` a line.
fn images(rows: &Rows) -> Result<Vec<u8>, Fault> {
    let mut out = String::new();
    for (name, image) in file_names(rows)?.into_iter().zip(rows.cells::<Image>("image")?) {
        let (Some(name), Some(image)) = (name, image) else { continue };
        let bytes = rows.blob(image.blob)?;
        out.push_str(&format!("{name}\t{}\t{}\t{}\n", image.blob, bytes.len(), sha256(&bytes)));
    }
    Ok(out.into_bytes())
}

/// An image a line with its boxes, as the page will number them.
fn instances(p: &Shape, rows: &Rows) -> Result<Vec<u8>, Fault> {
    let names = file_names(rows)?;
    let (widths, heights) = (rows.cells::<u32>("width")?, rows.cells::<u32>("height")?);
    let boxes = match &p.boxes {
        Some(label) => rows.cells::<Vec<Box2>>(label)?,
        None => vec![None; rows.len()],
    };
    let mut out = String::new();
    for (row, name) in names.into_iter().enumerate() {
        let get = |v: &[Option<u32>]| v.get(row).copied().flatten().unwrap_or(0);
        let boxes = boxes.get(row).cloned().flatten().unwrap_or_default();
        let image = coco::Image {
            file_name: name.unwrap_or_default(),
            width: get(&widths),
            height: get(&heights),
            boxes: boxes.into_iter().map(|b| (b.class, [b.x1, b.y1, b.x2 - b.x1, b.y2 - b.y1])).collect(),
        };
        out.push_str(&serde_json::to_string(&image).map_err(|e| Fault::Bug(e.to_string()))?);
        out.push('\n');
    }
    Ok(out.into_bytes())
}

/// Sentences with BIO tags. Tokens are those that were collected, moved with the text; where a sample has none, each
/// character that is no white space is one.
fn sentences(p: &Shape, rows: &Rows) -> Result<Vec<u8>, Fault> {
    let field = p.text.as_deref().unwrap_or("text");
    let edits = format!("edits.{field}");
    let (ids, texts) = (rows.texts("id")?, rows.texts(field)?);
    let own = |name: &str| rows.names().any(|n| n == name);
    let tokens = if own("tokens") { rows.cells::<Vec<Token>>("tokens")? } else { vec![None; rows.len()] };
    let edits = if own(&edits) { rows.cells::<Vec<Edit>>(&edits)? } else { vec![None; rows.len()] };
    let spans = match &p.spans {
        Some(label) => rows.cells::<Vec<Span>>(label)?,
        None => vec![None; rows.len()],
    };
    let mut out = String::new();
    for (row, text) in texts.into_iter().enumerate() {
        let chars: Vec<char> = text.unwrap_or_default().chars().collect();
        let get = |v: &[Option<Vec<Span>>]| v.get(row).cloned().flatten().unwrap_or_default();
        let moved = moved_tokens(tokens.get(row).cloned().flatten(), edits.get(row).cloned().flatten(), &chars);
        let words: Vec<String> =
            moved.iter().map(|t| chars.get(t.0..t.1).unwrap_or_default().iter().collect()).collect();
        let of: Vec<(String, usize, usize)> = get(&spans)
            .into_iter()
            .filter_map(|s| Some((s.class, covered(&moved, s.start, s.end)?)))
            .map(|(c, (a, b))| (c, a, b))
            .collect();
        let of: Vec<(&str, usize, usize)> = of.iter().map(|(c, a, b)| (c.as_str(), *a, *b)).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let id = ids.get(row).cloned().flatten().unwrap_or_default();
        conll::write(&words, &conll::tags(words.len(), &of), &id, &mut out);
    }
    Ok(out.into_bytes())
}

/// Where the collected tokens stand in the text as it is now. Text that no token covers any more (a mask) is a token of
/// its own, so that nothing of the text is lost.
fn moved_tokens(tokens: Option<Vec<Token>>, edits: Option<Vec<Edit>>, chars: &[char]) -> Vec<(usize, usize)> {
    let edits = edits.unwrap_or_default();
    let Some(tokens) = tokens else {
        return (0..chars.len()).filter(|i| !chars[*i].is_whitespace()).map(|i| (i, i + 1)).collect();
    };
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut at = 0usize;
    let gap = |out: &mut Vec<(usize, usize)>, from: usize, to: usize| {
        let inner: Vec<usize> = (from..to.min(chars.len())).filter(|i| !chars[*i].is_whitespace()).collect();
        if let (Some(a), Some(b)) = (inner.first(), inner.last()) {
            out.push((*a, b + 1));
        }
    };
    for t in tokens {
        if let Moved::At(a, b) = move_span(&edits, t.start, t.end) {
            let (a, b) = (a as usize, b as usize);
            if a >= at && b > a && b <= chars.len() {
                gap(&mut out, at, a);
                out.push((a, b));
                at = b;
            }
        }
    }
    gap(&mut out, at, chars.len());
    out
}

/// The tokens that a span covers.
fn covered(tokens: &[(usize, usize)], start: u32, end: u32) -> Option<(usize, usize)> {
    let (start, end) = (start as usize, end as usize);
    let first = tokens.iter().position(|t| t.1 > start)?;
    let last = tokens.iter().rposition(|t| t.0 < end)?;
    (first <= last).then_some((first, last + 1))
}

/// The digests of a piece's released columns, by name.
pub fn digests(columns: &[String], rows: &Rows) -> Result<BTreeMap<String, Digest>, Fault> {
    columns.iter().map(|c| Ok((released_name(c), rows.digest(c)?))).collect()
}

/// The fragment of a format in a piece.
pub fn fragment(rows: &Rows, column: &str) -> Result<Vec<u8>, Fault> {
    match value_at(rows.column(column)?.as_ref(), 0) {
        Value::Bytes(b) => Ok(b),
        _ => Ok(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_masked_stretch_is_one_token() {
        // "a 1234 b" with a token a character; 1234 became [P]
        let tokens = (0..8u32).map(|i| Token { start: i, end: i + 1 }).collect();
        let edits = vec![Edit { start: 2, end: 6, len: 3 }];
        let chars: Vec<char> = "a [P] b".chars().collect();
        let moved = moved_tokens(Some(tokens), Some(edits), &chars);
        assert_eq!(moved, [(0, 1), (1, 2), (2, 5), (5, 6), (6, 7)]);
        assert_eq!(covered(&moved, 2, 5), Some((2, 3)));
    }

    #[test]
    fn file_names_are_plain() {
        assert_eq!(plain("a/b c"), "a%2Fb%20c");
        assert_eq!(plain("가-1"), "가-1");
        assert_eq!(plain("..x"), "%2E.x");
    }
}
