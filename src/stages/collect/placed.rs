//! `collect.NAME/placed`: where a format writes places as shares of the image's sides, they become pixels, by the size that
//! the image's header tells. The image is taken as it is shown: who wrote shares saw it so. Nothing is said of an image whose
//! header does not read; it is dropped where images are looked at.
use super::declaration::declared;
use crate::formats::image::probe;
use crate::model::boxes::Box2;
use crate::model::frames::{Frame, swaps};
use crate::model::images::Image;
use crate::model::shapes::{drawings, placed};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Cell, DataType, Value, list, value_at};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry = Entry::row::<Placed>("collect/placed", "collect.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(c) = declared(check) else { return Vec::new() };
    if !c.format.shares || !c.files.beside(c.format) {
        return Vec::new();
    }
    let shapes: Vec<String> = c.options.shapes().iter().map(|d| d.column.to_string()).collect();
    let place = Place { source: check.instance.clone(), shapes };
    let mut reads = names(&["image", "source"]);
    let mut writes = Vec::new();
    for (name, ty) in place.columns() {
        reads.push(name.to_string());
        writes.push((name.to_string(), Column::new(ty).inner()));
    }
    let ports = Ports { table: "samples".into(), reads, writes, ..Ports::default() };
    vec![Plan::map::<Placed>(ports, &place).word("placed")]
}

#[derive(Serialize, Deserialize, Default)]
struct Place {
    #[serde(default, skip_serializing_if = "is_default")]
    source: String,
    /// The columns of shapes besides boxes.
    #[serde(default, skip_serializing_if = "is_default")]
    shapes: Vec<String>,
}

/// The size of the image as annotations state it.
const SIZE: &str = "stated_size";

impl Place {
    /// What is written: boxes and other shapes, and the size that they are in.
    fn columns(&self) -> Vec<(&'static str, DataType)> {
        let shapes = drawings(&self.shapes).into_iter().map(|d| (d.column, (d.ty)()));
        let first = [(SIZE, list(DataType::Int64)), ("objects", list(Box2::ty()))];
        first.into_iter().chain(shapes).collect()
    }
}

struct Placed;

impl RowStage for Placed {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 1;
    type Map = Place;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Place, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let (sources, images) = (rows.texts("source")?, rows.cells::<Image>("image")?);
        let sizes: Vec<Option<[u32; 2]>> = (sources.iter().zip(&images))
            .map(|(source, image)| match image.as_ref().filter(|_| source.as_ref() == Some(&p.source)) {
                Some(image) => shown(rows, image),
                None => Ok(None),
            })
            .collect::<Result<_, Fault>>()?;
        let mut delta = Delta::default();
        let moves = drawings(&p.shapes);
        for (name, ty) in p.columns() {
            let before = rows.column(name)?;
            let cell = |(row, size): (usize, &Option<[u32; 2]>)| {
                let cell = value_at(before.as_ref(), row);
                let Some(size) = size.filter(|_| cell != Value::Null || name == SIZE) else { return cell };
                let frame = Frame::shares(size);
                match moves.iter().find(|d| d.column == name) {
                    Some(drawing) => (drawing.placed)(cell, &frame),
                    None if name == SIZE => Value::List(size.map(|n| Value::Int(n.into())).to_vec()),
                    None => placed::<Box2>(cell, &frame),
                }
            };
            let cells: Vec<Value> = sizes.iter().enumerate().map(cell).collect();
            delta.write(name, column(&ty, &cells).map_err(Fault::Bug)?);
        }
        Ok(delta)
    }
}

/// Width and height of an image as it is shown, by its header.
fn shown(rows: &Rows, image: &Image) -> Result<Option<[u32; 2]>, Fault> {
    let mut found = Err(Fault::Bug("an image was not read".into()));
    rows.tools().with_room(u64::try_from(image.bytes).unwrap_or(0), &mut || {
        found = rows.blob(image.blob).map(|bytes| probe(&bytes).ok());
    });
    let size = found?.map(|p| if swaps(p.orientation.into()) { [p.height, p.width] } else { [p.width, p.height] });
    Ok(size)
}
