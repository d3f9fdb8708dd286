//! `augment.NAME` of pictures: the children that `augment.NAME/draw` decided upon are born, their pixels made, their shapes moved.
//!
//! Reads the picture, `drawn.NAME`, the size, the split and every label. A shape moves by the frame of its picture, as shapes do in
//! `[preprocess]`; of one that a part cuts, what is left stays, unless that is less than `visible_min` of it. A child is not made where a
//! shape cannot be said any more, or where the picture does not decode. Facts: those of [`super::balance`], `shapes_out` (shapes that are
//! outside of the part, or of which too little is left), `judged_out` (what was said of such shapes, where any was), `not_made`. Each sample is remembered by itself.
use super::balance::{self, Family};
use super::declaration::{LEARNED_OF, checked};
use super::draw::Child;
use super::judged::{self, Judged};
use crate::digest::Digest;
use crate::formats::image::room;
use crate::formats::pixels::{self, Finish, Over};
use crate::measure::augment::{Picture, boxes};
use crate::measure::shapes::Area;
use crate::model::attributes::KIND as ATTRIBUTE;
use crate::model::boxes::Box2;
use crate::model::frames::Frame;
use crate::model::images::Image;
use crate::model::keypoints::Keypoints;
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::shape::{Moved, Shape};
use crate::model::synthetic::{BY, HOW, PARENTS};
use crate::model::votes::each_class;
use crate::stage::*;
use crate::table::{Cell, DataType, Value, array_of, list, nulls, types, utf8, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Bear>("augment/pictures", "augment.*", declare);

/// The largest picture that is decoded, in pixels; `[preprocess]` has let it pass.
const PIXELS_MAX: u64 = 1 << 32;

/// How often the pixels may be in hand: as stored, turned, and as they are written.
const IN_HAND: u64 = 4;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(a) = checked(check).filter(|a| a.ways.is_some()) else { return Vec::new() };
    let known = |name: &str| check.columns.get("samples").and_then(|of| of.get(name)).cloned();
    let (mut labels, mut silent) = (BTreeMap::new(), BTreeMap::new());
    for (name, column) in check.columns_of("samples") {
        match &column.role {
            // unless it is about shapes that move with the picture
            Role::Label { kind, .. } if kind == ATTRIBUTE => silent.insert(name.to_string(), types::text(&column.ty)),
            Role::Label { .. } if shapes(&column.ty).is_some() => {
                labels.insert(name.to_string(), types::text(&column.ty))
            }
            Role::Votes { .. } | Role::Predictions { .. } => silent.insert(name.to_string(), types::text(&column.ty)),
            _ => None,
        };
    }
    let judged = judged::judged(check, &labels);
    silent.retain(|name, _| !judged.contains_key(name));
    let uses = names(pixels::USES);
    let (name, label) = (a.name.clone(), a.label.clone());
    let map = Map { name, label, labels, judged, silent, visible_min: a.visible_min, uses };
    let mut writes: Vec<(String, Column)> = vec![
        (BY.into(), Column::new(utf8()).harmless()),
        (PARENTS.into(), Column::new(list(utf8()))),
        (HOW.into(), Column::new(utf8()).harmless()),
    ];
    let over = ["image", "width", "height"].into_iter().chain(map.labels.keys().map(String::as_str));
    let over = over.chain(map.judged.keys().map(String::as_str));
    let over: Vec<&str> = over.chain(map.silent.keys().map(String::as_str)).collect();
    writes.extend(over.iter().filter_map(|name| Some((name.to_string(), known(name)?))));
    let mut reads = [names(&["id", "split"]), vec![a.drawn(), a.label.clone()]].concat();
    reads.extend(over.iter().map(|name| name.to_string()));
    // a step that looks at each sample by itself reads what it writes over
    reads.extend([BY, PARENTS, HOW].into_iter().filter(|name| known(name).is_some()).map(String::from));
    reads.sort();
    reads.dedup();
    let ports = Ports { table: "samples".into(), reads, writes, bears: true, ..Ports::default() };
    let gates = vec![a.gate(check)];
    vec![Plan { gates, ..Plan::row::<Bear>(ports, &map, &Gather { classes: a.classes }, &Nothing {}) }]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    name: String,
    /// The label whose classes count.
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// Labels of shapes, and their types.
    #[serde(default, skip_serializing_if = "is_default")]
    labels: BTreeMap<String, String>,
    /// Labels about the shapes of these.
    #[serde(default, skip_serializing_if = "is_default")]
    judged: BTreeMap<String, Judged>,
    /// Columns that say nothing of children, and their types.
    #[serde(default, skip_serializing_if = "is_default")]
    silent: BTreeMap<String, String>,
    /// The least share that must be left of a shape, in millionths.
    #[serde(default, skip_serializing_if = "is_default")]
    visible_min: u64,
    /// What the bytes of pictures depend on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
}

/// A family of pictures.
#[derive(Serialize, Deserialize, Default)]
struct Told {
    family: Family,
    #[serde(default, skip_serializing_if = "is_default")]
    out: u64,
    /// What was said of shapes that are out.
    #[serde(default, skip_serializing_if = "is_default")]
    judged_out: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    not_made: u64,
}

/// A child with all that its row holds.
struct Made {
    row: usize,
    k: u32,
    how: String,
    image: Image,
    size: [u32; 2],
    labels: BTreeMap<String, Value>,
    /// Other samples whose pictures are in it.
    parents: Vec<String>,
}

struct Bear;

impl RowStage for Bear {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (drawn, splits) = (rows.texts(&format!("drawn.{}", p.name))?, rows.texts("split")?);
        let by = if rows.names().any(|n| n == BY) { rows.texts(BY)? } else { Vec::new() };
        let images: Vec<Option<Image>> = rows.cells("image")?;
        let label = rows.column(&p.label)?;
        let (mut delta, mut all) = (Delta::default(), Vec::new());
        for (row, drawn) in drawn.iter().enumerate() {
            let learned = splits.get(row).and_then(Option::as_deref) == Some(LEARNED_OF);
            if !learned || by.get(row).is_some_and(Option::is_some) {
                continue;
            }
            let children: Vec<Child> = match drawn {
                Some(text) => serde_json::from_str(text).map_err(|e| Fault::Bug(e.to_string()))?,
                None => Vec::new(),
            };
            let mut told = Told::default();
            each_class(&value_at(label.as_ref(), row), &mut |class| {
                *told.family.own.entry(class.to_string()).or_default() += 1;
            });
            for child in &children {
                let image = images.get(row).and_then(Option::as_ref);
                match p.made(rows, row, child, image, &mut told, &mut delta)? {
                    Some(made) => {
                        told.family.children += 1;
                        let of = made.labels.get(&p.label).cloned().unwrap_or_else(|| value_at(label.as_ref(), row));
                        each_class(&of, &mut |class| *told.family.born.entry(class.to_string()).or_default() += 1);
                        all.push(made);
                    }
                    None => told.not_made += 1,
                }
            }
            summary.put(b"", row, serde_json::to_vec(&told).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        if !all.is_empty() {
            delta.born = p.born(rows, &all)?;
        }
        Ok(delta)
    }
}

impl Bear {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut outside, mut judged_out, mut not_made) = (0, 0, 0);
        let mut families = Vec::new();
        for hit in hits.iter() {
            let told: Told = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            outside += told.out;
            judged_out += told.judged_out;
            not_made += told.not_made;
            families.push(Ok(told.family));
        }
        out.fact("shapes_out", outside);
        if judged_out > 0 {
            out.fact("judged_out", judged_out);
        }
        out.fact("not_made", not_made);
        balance::tell(&p.classes, families.into_iter(), out)
    }
}

impl Map {
    fn made(
        &self,
        rows: &Rows,
        row: usize,
        child: &Child,
        image: Option<&Image>,
        told: &mut Told,
        delta: &mut Delta,
    ) -> Result<Option<Made>, Fault> {
        let (Some(image), Some(picture)) = (image, &child.picture) else { return Ok(None) };
        let size = |name: &str| Ok::<_, Fault>(rows.cells::<u32>(name)?.get(row).copied().flatten().unwrap_or(0));
        let frame = picture.frame([size("width")?, size("height")?]);
        let (mut labels, mut out, mut judged_out) = (BTreeMap::new(), 0, 0);
        for (name, ty) in &self.labels {
            let ty = types::parse(ty).map(|t| t.0).ok_or_else(|| Fault::Bug(format!("no type: {ty}")))?;
            let mut cell = value_at(rows.column(name)?.as_ref(), row);
            let own: Vec<&String> =
                self.judged.iter().filter(|(_, of)| of.target == *name).map(|(own, _)| own).collect();
            if !own.is_empty() {
                cell = judged::numbered(cell);
            }
            let Some(mut moved) = shapes(&ty).and_then(|moved| moved(&cell, &frame, self.visible_min)) else {
                return Ok(None);
            };
            out += moved.1;
            if picture.cutout.is_some() || !picture.layers.is_empty() || picture.canvas != [0, 0] {
                let Some(seen) = seen(&ty, moved.0, picture, self.visible_min) else { return Ok(None) };
                out += seen.1;
                moved.0 = seen.0;
            }
            if !own.is_empty() {
                let (shapes, numbers) = judged::unnumbered(moved.0);
                moved.0 = shapes;
                for label in own {
                    let said = value_at(rows.column(label)?.as_ref(), row);
                    let (left, lost) = judged::followed(&said, &numbers);
                    judged_out += lost;
                    labels.insert(label.clone(), left);
                }
            }
            labels.insert(name.clone(), moved.0);
        }
        let (tools, file) = (rows.tools(), u64::try_from(image.bytes).unwrap_or(0));
        let bytes = rows.blob(image.blob)?;
        let mut need = room(&bytes, PIXELS_MAX).saturating_mul(IN_HAND);
        let mut others = Vec::new();
        for layer in &picture.layers {
            let digest = Digest::parse(&layer.blob).ok_or_else(|| Fault::Bug("no digest of a picture".into()))?;
            let own = rows.blob(digest)?;
            need = need.saturating_add(room(&own, PIXELS_MAX).saturating_mul(IN_HAND));
            others.push(own);
        }
        let finish = finish(picture, &others);
        let mut made = None;
        tools.with_room(file.saturating_add(need), &mut || {
            made = pixels::remade(&bytes, PIXELS_MAX, &frame, &finish).ok();
        });
        let Some((bytes, format)) = made else { return Ok(None) };
        told.out += out;
        told.judged_out += judged_out;
        let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
        let image = Image { blob: delta.blob(bytes), format: format.into(), bytes: len };
        let how = serde_json::to_string(&picture.told()).map_err(|e| Fault::Bug(e.to_string()))?;
        let (size, parents) = (picture.size(), child.parents.clone());
        Ok(Some(Made { row, k: child.k, how, image, size, labels, parents }))
    }

    /// The rows of the children.
    fn born(&self, rows: &Rows, all: &[Made]) -> Result<Born, Fault> {
        let ids = rows.texts("id")?;
        let id = |m: &Made| ids.get(m.row).cloned().flatten().unwrap_or_default();
        let mut born = Born { parents: all.iter().map(|m| (m.row as u32, 0)).collect(), ..Born::default() };
        let mut put = |name: &str, array: crate::table::ArrayRef| born.columns.insert(name.to_string(), array);
        put("id", array_of(all.iter().map(|m| Some(format!("{}#{}.{}", id(m), self.name, m.k)))));
        put(BY, array_of(all.iter().map(|_| Some(format!("augment.{}", self.name)))));
        let parents = |m: &Made| Some([vec![id(m)], m.parents.clone()].concat());
        put(PARENTS, array_of(all.iter().map(parents)));
        put(HOW, array_of(all.iter().map(|m| Some(m.how.clone()))));
        put("image", array_of(all.iter().map(|m| Some(m.image.clone()))));
        put("width", array_of(all.iter().map(|m| Some(m.size[0]))));
        put("height", array_of(all.iter().map(|m| Some(m.size[1]))));
        let ty = |text: &String| types::parse(text).map(|t| t.0).ok_or_else(|| Fault::Bug(format!("no type: {text}")));
        let judged = self.judged.iter().map(|(name, of)| (name, &of.ty));
        for (name, text) in self.labels.iter().chain(judged) {
            let cells: Vec<Value> = all.iter().map(|m| m.labels.get(name).cloned().unwrap_or(Value::Null)).collect();
            put(name, crate::table::value::column(&ty(text)?, &cells).map_err(Fault::Bug)?);
        }
        for (name, text) in &self.silent {
            put(name, nulls(&ty(text)?, all.len()));
        }
        Ok(born)
    }
}

/// How the pixels of a picture that was drawn are made, with the bytes of those that lie over it.
fn finish<'b>(picture: &Picture, others: &'b [Vec<u8>]) -> Finish<'b> {
    let over = |(layer, bytes): (&crate::measure::augment::Layer, &'b Vec<u8>)| Over {
        bytes,
        frame: Frame { drawn: layer.size, turn: 1, part: layer.part, present: [layer.at[2], layer.at[3]] },
        at: [layer.at[0], layer.at[1]],
        share: layer.share,
    };
    Finish {
        canvas: (picture.canvas != [0, 0]).then_some((picture.canvas, picture.offset)),
        layers: picture.layers.iter().zip(others).map(over).collect(),
        colours: picture.colours,
        blur: picture.blur,
        cutout: picture.cutout,
    }
}

/// The shapes of a cell, as they stand in their frame, of which enough is to be seen; boxes of what lies over them stand behind. Of
/// other shapes than boxes what lies over the smallest box around them counts.
fn seen(ty: &DataType, cell: Value, picture: &Picture, least: u64) -> Option<(Value, u64)> {
    if *ty == list(Box2::ty()) {
        let own: Vec<Box2> = match &cell {
            Value::Null if picture.layers.is_empty() => return Some((cell, 0)),
            Value::Null => Vec::new(),
            cell => Vec::from_value(cell)?,
        };
        let (kept, out) = boxes(own, picture, least);
        return Some((kept.into_value(), out));
    }
    let all: [(DataType, Around); 4] = [
        (list(Polygon::ty()), around::<Polygon>),
        (list(Quad::ty()), around::<Quad>),
        (list(Mask::ty()), around::<Mask>),
        (list(Keypoints::ty()), around::<Keypoints>),
    ];
    let around = all.into_iter().find(|(own, _)| own == ty)?.1;
    let (Value::List(own), Some([x, y, w, h])) = (&cell, picture.cutout) else { return Some((cell, 0)) };
    let patch = [x, y, x + w, y + h].map(f64::from);
    let visible = |shape: &&Value| {
        let Some(of) = around(shape) else { return true };
        let whole = (of[2] - of[0]) * (of[3] - of[1]);
        (whole - crate::measure::augment::hidden(&of, &[patch])) * 1e6 >= whole * least as f64
    };
    let kept: Vec<Value> = own.iter().filter(visible).cloned().collect();
    let out = (own.len() - kept.len()) as u64;
    Some((Value::List(kept), out))
}

/// The smallest upright box around a shape.
type Around = fn(&Value) -> Option<[f64; 4]>;

fn around<S: Shape>(shape: &Value) -> Option<[f64; 4]> {
    S::from_value(shape)?.around()
}

/// Moves a cell of shapes; gives the cell and how many shapes are out of it, or `None` where one cannot be said any more.
type Move = fn(&Value, &Frame, u64) -> Option<(Value, u64)>;

/// How shapes of a column of this type move, if it is one of shapes.
fn shapes(ty: &DataType) -> Option<Move> {
    let all: [(DataType, Move); 5] = [
        (list(Box2::ty()), moved::<Box2>),
        (list(Polygon::ty()), moved::<Polygon>),
        (list(Quad::ty()), moved::<Quad>),
        (list(Mask::ty()), moved::<Mask>),
        (list(Keypoints::ty()), moved::<Keypoints>),
    ];
    all.into_iter().find(|(own, _)| own == ty).map(|(_, moved)| moved)
}

fn moved<S: Shape + Area + Clone>(cell: &Value, frame: &Frame, least: u64) -> Option<(Value, u64)> {
    let Value::List(own) = cell else { return Some((cell.clone(), 0)) };
    let [_, _, width, height] = frame.part.map(f64::from);
    let (to_width, to_height) = frame.size();
    let scale = (to_width * to_height) / (width * height);
    let (mut kept, mut out) = (Vec::with_capacity(own.len()), 0);
    for shape in own {
        let shape = S::from_value(shape)?;
        let whole = shape.area() * scale;
        match shape.moved(frame) {
            Moved::Whole(shape) => kept.push(shape.into_value()),
            Moved::Cut(shape) if shape.area() * 1e6 >= whole * least as f64 => kept.push(shape.into_value()),
            Moved::Cut(_) | Moved::Gone => out += 1,
            Moved::Lost => return None,
        }
    }
    Some((Value::List(kept), out))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shapes_move_with_the_part_and_what_is_too_small_goes() {
        let b = |x1, x2| Box2 { class: "c".into(), x1, y1: 0.0, x2, y2: 10.0, flags: Vec::new() };
        let cell = vec![b(0.0, 10.0), b(8.0, 18.0), b(12.0, 20.0)].into_value();
        // the left half of a picture of 20 x 10, mirrored first: its right half, enlarged twice across
        let frame = Frame { drawn: [20, 10], turn: 2, part: [0, 0, 10, 10], present: [20, 10] };
        let read = |least| {
            let (cell, out) = shapes(&list(Box2::ty())).unwrap()(&cell, &frame, least).unwrap();
            let boxes: Vec<Box2> = Vec::from_value(&cell).unwrap();
            (boxes.iter().map(|b| (b.x1, b.x2)).collect::<Vec<_>>(), out)
        };
        assert_eq!(read(250_000), (vec![(4.0, 20.0), (0.0, 16.0)], 1));
        assert_eq!(read(900_000), (vec![(0.0, 16.0)], 2));
        assert!(shapes(&utf8()).is_none());
    }
}
