//! `release.NAME/encode.images`: what the file of each image is called, and the images that a piece brings.
//!
//! A name is the last part of the id ([`crate::formats::file_name`]). Names that are one name to some file system are
//! told apart by a mark of their ids, all of them, so that none depends on the order of the data. Where a format asks for a
//! folder for each class, the name begins with it; folders are told apart in the same way.
use super::declaration::{declared, rows_table};
use crate::formats::file_name;
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{ArrayRef, DataType, array_of, utf8};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub const ENTRY: Entry = Entry::row::<Images>("release/images", "release.*", declare);

/// The column of the images that pieces bring, in the first row of each.
pub const IMAGE_LIST: &str = "encoded.images";

/// The column of the names of the images' files.
pub const IMAGE_NAME: &str = "encoded.file_name";

fn declare(check: &mut Check) -> Vec<Plan> {
    // most releases have no images, and then the table need not be read once more
    if check.column("samples", "image").is_none() {
        return Vec::new();
    }
    let Some(r) = declared(check).filter(|r| r.names_images()) else { return Vec::new() };
    let writes = vec![
        (IMAGE_LIST.to_string(), Column::new(DataType::Binary).inner()),
        (IMAGE_NAME.to_string(), Column::new(utf8()).inner()),
    ];
    let id = Some(r.ids.column()).filter(|id| *id != "id").unwrap_or_default().to_string();
    let names_of = Names { id, folders: r.folders().map(String::from) };
    let mut reads = names(&[r.ids.column(), "image"]);
    reads.extend(names_of.folders.clone().filter(|column| column != r.ids.column()));
    let apply_reads = reads.clone();
    let ports = Ports { table: rows_table(check), reads, apply_reads, writes, ..Ports::default() };
    vec![Plan::row::<Images>(ports, &names_of, &Nothing {}, &names_of).word("encode.images")]
}

/// What names are made of besides ids.
#[derive(Serialize, Deserialize, Default)]
struct Names {
    /// The column of the released ids, where they are not the collected ones.
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    /// The column that says in which folder an image lies.
    #[serde(default, skip_serializing_if = "is_default")]
    folders: Option<String>,
}

impl Names {
    fn ids(&self, rows: &Rows) -> Result<Vec<Option<String>>, Fault> {
        rows.texts(if self.id.is_empty() { "id" } else { &self.id })
    }

    /// The class of each row, where images lie in folders.
    fn classes(&self, rows: &Rows) -> Result<Vec<Option<String>>, Fault> {
        self.folders.as_ref().map_or_else(|| Ok(vec![None; rows.len()]), |column| rows.texts(column))
    }
}

/// What a key of the summary begins with that stands for a folder; no name of a file does.
const FOLDER: &[u8] = &[0];

struct Images;

impl RowStage for Images {
    const MAP: u32 = 2;
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((2, Self::apply));
    type Map = Names;
    type Gather = Nothing;
    type Apply = Names;

    fn map(p: &Names, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (row, id) in p.ids(rows)?.into_iter().enumerate() {
            let (stem, apart) = file_name::stem(&id.unwrap_or_default());
            summary.put(file_name::folded(&stem), row, [u8::from(apart)]);
        }
        let mut seen = BTreeSet::new();
        for (row, class) in p.classes(rows)?.into_iter().enumerate() {
            if let Some(class) = class.filter(|class| !seen.contains(class)) {
                let folder = file_name::folder(&class).0;
                summary.put([FOLDER, file_name::folded(&folder).as_bytes()].concat(), row, class.as_bytes());
                seen.insert(class);
            }
        }
        Ok(Delta::default())
    }
}

impl Images {
    /// Names that are not the only ones of their kind, and those that may not stand alone.
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut before: Option<Hit> = None;
        let mut told = false; // the one before is told apart already
        let mut folders: BTreeMap<Vec<u8>, BTreeSet<String>> = BTreeMap::new();
        for hit in hits.iter() {
            if let Some(folder) = hit.key.strip_prefix(FOLDER) {
                let class = String::from_utf8_lossy(&hit.value).into_owned();
                folders.entry(folder.to_vec()).or_default().insert(class);
                continue;
            }
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
        let alone = |of: &BTreeSet<String>| of.len() == 1 && of.iter().all(|class| !file_name::folder(class).1);
        let apart: BTreeSet<String> = folders.into_values().filter(|of| !alone(of)).flatten().collect();
        // each piece is given its names
        out.conclude(serde_json::to_vec(&apart).map_err(|e| Fault::Bug(e.to_string()))?);
        Ok(())
    }

    /// Which images a piece brings: `name TAB blob TAB bytes` a line. None of them is read: the engine finds out the sums
    /// of each file once and remembers them.
    fn apply(p: &Names, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let apart: BTreeSet<String> = serde_json::from_slice(&slice.all).map_err(|e| Fault::Bug(e.to_string()))?;
        let folder = |class: &String| {
            let own = file_name::folder(class).0;
            if apart.contains(class) { file_name::apart(&own, class) } else { own }
        };
        let folders: Vec<Option<String>> = p.classes(rows)?.iter().map(|class| class.as_ref().map(folder)).collect();
        let (mut list, mut all) = (String::new(), Vec::with_capacity(rows.len()));
        let images: Vec<Option<Image>> = rows.cells("image")?;
        for (row, (id, image)) in p.ids(rows)?.into_iter().zip(images).enumerate() {
            let (id, Some(image)) = (id.unwrap_or_default(), image) else {
                all.push(None);
                continue;
            };
            let stem = file_name::stem(&id).0;
            let stem = if slice.rows.contains_key(&(row as u32)) { file_name::apart(&stem, &id) } else { stem };
            let name = format!("{stem}.{}", if image.format == "jpeg" { "jpg" } else { &image.format });
            let within = folders.get(row).and_then(Option::as_ref);
            let name = within.map_or(name.clone(), |folder| format!("{folder}/{name}"));
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
