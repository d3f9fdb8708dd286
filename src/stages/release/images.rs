//! `release.NAME/encode.images`: what the file of each image is called, and the images that a piece brings.
//!
//! A name is the last part of the id ([`crate::formats::file_name`]). Names that are one name to some file system are
//! told apart by a mark of their ids, all of them, so that none depends on the order of the data.
use super::declaration::{declared, rows_table};
use crate::formats::file_name;
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{ArrayRef, DataType, array_of, utf8};
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Images>("release/images", "release.*", declare);

/// The column of the images that pieces bring, in the first row of each.
pub const IMAGE_LIST: &str = "encoded.images";

/// The column of the names of the images' files.
pub const IMAGE_NAME: &str = "encoded.file_name";

fn declare(check: &mut Check) -> Vec<Plan> {
    // most releases have no images, and then the table need not be read once more
    if check.column("samples", "image").is_none() || !declared(check).is_some_and(|r| r.names_images()) {
        return Vec::new();
    }
    let writes = vec![
        (IMAGE_LIST.to_string(), Column::new(DataType::Binary).inner()),
        (IMAGE_NAME.to_string(), Column::new(utf8()).inner()),
    ];
    let reads = names(&["id", "image"]);
    let apply_reads = reads.clone();
    let ports = Ports { table: rows_table(check), reads, apply_reads, writes, ..Ports::default() };
    vec![Plan::map::<Images>(ports, &Nothing {}).word("encode.images")]
}

struct Images;

impl RowStage for Images {
    const MAP: u32 = 2;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Nothing;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (row, id) in rows.texts("id")?.into_iter().enumerate() {
            let (stem, apart) = file_name::stem(&id.unwrap_or_default());
            summary.put(file_name::folded(&stem), row, [u8::from(apart)]);
        }
        Ok(Delta::default())
    }
}

impl Images {
    /// Names that are not the only ones of their kind, and those that may not stand alone.
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut before: Option<Hit> = None;
        let mut told = false; // the one before is told apart already
        for hit in hits.iter() {
            let same = before.as_ref().is_some_and(|b| b.key == hit.key);
            if let Some(first) = before.as_ref().filter(|_| same && !told) {
                out.put(first.at, []);
            }
            told = same || hit.value.first() == Some(&1);
            if told {
                out.put(hit.at, []);
            }
            before = Some(hit);
        }
        out.conclude("names"); // each piece is given its names
        Ok(())
    }

    /// Which images a piece brings: `name TAB blob TAB bytes` a line. None of them is read: the engine finds out the sums
    /// of each file once and remembers them.
    fn apply(_: &Nothing, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let (mut list, mut all) = (String::new(), Vec::with_capacity(rows.len()));
        let images: Vec<Option<Image>> = rows.cells("image")?;
        for (row, (id, image)) in rows.texts("id")?.into_iter().zip(images).enumerate() {
            let (id, Some(image)) = (id.unwrap_or_default(), image) else {
                all.push(None);
                continue;
            };
            let stem = file_name::stem(&id).0;
            let stem = if slice.rows.contains_key(&(row as u32)) { file_name::apart(&stem, &id) } else { stem };
            let name = format!("{stem}.{}", if image.format == "jpeg" { "jpg" } else { &image.format });
            list.push_str(&format!("{name}\t{}\t{}\n", image.blob, image.bytes));
            all.push(Some(name));
        }
        let mut delta = Delta::default();
        delta.write(IMAGE_LIST, first(rows.len(), list.into_bytes()));
        delta.write(IMAGE_NAME, array_of(all));
        Ok(delta)
    }
}

/// A column whose first row holds something, and no other.
pub fn first(n: usize, bytes: Vec<u8>) -> ArrayRef {
    let slots = std::iter::once(Some(bytes)).chain(std::iter::repeat(None)).take(n);
    Arc::new(slots.collect::<arrow_array::BinaryArray>())
}
