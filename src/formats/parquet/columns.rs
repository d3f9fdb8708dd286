//! The columns of a file, out of its footer: for sources that name no fields. What of their meaning is not kept is told.
use super::hold::kept;
use super::list::footer;
use crate::formats::cut::members::ReadAt;
use crate::formats::doubt::Doubt;
use crate::formats::guard::guarded;
use crate::formats::infer;
use crate::formats::reader::{Seen, UNHELD, WRITTEN};
use crate::table::types;
use arrow_schema::{DataType, Fields, Schema};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::arrow::parquet_to_arrow_schema;
use parquet::basic::Type;
use parquet::file::metadata::{ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData};
use parquet::file::statistics::Statistics;
use std::sync::Arc;

pub fn columns(len: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    guarded(|| of_footer(&decoded(len, read)?)).unwrap_or_else(|| Err("its footer is damaged".into()))
}

/// What a file means by its columns and a column of samples does not keep.
pub fn doubts(len: u64, read: &ReadAt) -> Vec<Doubt> {
    // a file that cannot be read is told when it is read
    guarded(|| Some(meant(&decoded(len, read).ok()?))).flatten().unwrap_or_default()
}

/// Columns of numbers that stand for classes, as `datasets` notes them.
pub fn classes(len: u64, read: &ReadAt) -> Vec<(String, Vec<String>)> {
    guarded(|| noted(&decoded(len, read).ok()?)).flatten().unwrap_or_default()
}

fn noted(metadata: &ParquetMetaData) -> Option<Vec<(String, Vec<String>)>> {
    let notes = metadata.file_metadata().key_value_metadata()?;
    let text = notes.iter().find(|kv| kv.key == "huggingface")?.value.as_ref()?;
    let info: serde_json::Value = serde_json::from_str(text).ok()?;
    let of = |(column, feature): (&String, &serde_json::Value)| {
        // a list of classes is written with its one feature within it
        let feature = feature.get("feature").or_else(|| feature.get(0)).unwrap_or(feature);
        let names = feature.get("names").filter(|_| feature.get("_type").is_some_and(|ty| ty == "ClassLabel"))?;
        let names: Option<Vec<String>> = names.as_array()?.iter().map(|n| n.as_str().map(String::from)).collect();
        Some((column.clone(), names?))
    };
    Some(info.get("info")?.get("features")?.as_object()?.iter().filter_map(of).collect())
}

fn decoded(len: u64, read: &ReadAt) -> Result<ParquetMetaData, String> {
    let (footer, _) = footer(len, read).map_err(|e| e.to_string())?;
    ParquetMetaDataReader::decode_metadata(&footer).map_err(|e| e.to_string())
}

fn of_footer(metadata: &ParquetMetaData) -> Result<Vec<Seen>, String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let read = ArrowReaderMetadata::try_new(Arc::new(metadata.clone()), options).map_err(|e| e.to_string())?;
    let ty = |(i, ty): (usize, &DataType)| match kept(ty) {
        Ok(_) if *ty == DataType::UInt64 && is_large(metadata, i) => WRITTEN.to_string(),
        Ok(kept) if is_wide(metadata, i) => types::text(&infer::wide(&kept)),
        Ok(kept) => types::text(&kept),
        Err(name) => format!("{UNHELD}{name}"),
    };
    let fields = read.schema().fields().iter().enumerate();
    Ok(fields.map(|(i, f)| (f.name().clone(), ty((i, f.data_type())))).collect())
}

/// Whether a column of unsigned numbers, by its place among all, holds one beyond 63 bits.
fn is_large(metadata: &ParquetMetaData, root: usize) -> bool {
    let schema = metadata.file_metadata().schema_descr();
    let Some(leaf) = (0..schema.num_columns()).find(|leaf| schema.get_column_root_idx(*leaf) == root) else {
        return false;
    };
    let stated = |group: &RowGroupMetaData| match group.column(leaf).statistics() {
        Some(Statistics::Int64(of)) => of.max_opt().zip(of.min_opt()).is_some_and(|(max, min)| *max < 0 || *min < 0),
        _ => false,
    };
    metadata.row_groups().iter().any(stated)
}

/// Whether whole numbers of a column, by its place among all, may be such that a number with a point does not hold them.
fn is_wide(metadata: &ParquetMetaData, root: usize) -> bool {
    let schema = metadata.file_metadata().schema_descr();
    let long = |leaf: &usize| schema.column(*leaf).physical_type() == Type::INT64;
    let leaves: Vec<usize> =
        (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == root).filter(long).collect();
    let exact = |n: i64| n.unsigned_abs() <= 1 << 53;
    let within = |group: &RowGroupMetaData, leaf: usize| match group.column(leaf).statistics() {
        Some(Statistics::Int64(of)) => match of.min_opt().zip(of.max_opt()) {
            Some((min, max)) => exact(*min) && exact(*max),
            None => of.null_count_opt() == u64::try_from(group.column(leaf).num_values()).ok(),
        },
        _ => group.num_rows() == 0,
    };
    metadata.row_groups().iter().any(|group| leaves.iter().any(|leaf| !within(group, *leaf)))
}

/// What is said of columns, or of keys of an object, that nobody can tell apart.
pub const REPEATED: &str = "columns of one name";

/// What is said of a name that stands twice, also within objects.
pub fn repeated_name(fields: &Fields) -> Option<String> {
    let twice = fields.iter().enumerate().find(|(i, f)| fields.iter().take(*i).any(|g| g.name() == f.name()));
    if let Some((i, field)) = twice {
        let name: String = field.name().chars().take(60).collect();
        return Some(format!("has {REPEATED}: the {}. repeats `{name}`", i + 1));
    }
    fn within(ty: &DataType) -> Option<String> {
        match ty {
            DataType::Struct(fields) => repeated_name(fields),
            DataType::List(of) | DataType::Map(of, _) => within(of.data_type()),
            _ => None,
        }
    }
    fields.iter().find_map(|f| within(f.data_type()))
}

fn meant(metadata: &ParquetMetaData) -> Vec<Doubt> {
    let about = metadata.file_metadata();
    let Ok(schema) = parquet_to_arrow_schema(about.schema_descr(), about.key_value_metadata()) else {
        return Vec::new();
    };
    if let Some(say) = repeated_name(schema.fields()) {
        return vec![Doubt::fails("", say, "give each a name of its own in the file, or leave it out with `exclude`")];
    }
    let of_type = |schema: &Schema| -> Vec<Doubt> {
        let say = |name: &str, ty: &DataType| match ty {
            DataType::Duration(unit) => {
                let say = format!("holds durations, which are kept as whole numbers of the unit {unit:?}");
                Some(Doubt::column(name, say, "the name of the field should say the unit"))
            }
            DataType::Timestamp(_, Some(zone)) if !["UTC", "Z", "+00:00"].contains(&zone.as_ref()) => {
                let say = format!("holds points in time of the zone {zone}, which are kept in UTC");
                Some(Doubt::column(name, say, "the zone itself is not kept"))
            }
            _ if name.starts_with("__index_level_") => {
                let say = "is the index of a table of pandas, not one of its columns";
                Some(Doubt::column(name, say, "`fields` leaves it out, and `id` may be taken from it"))
            }
            _ => None,
        };
        schema.fields().iter().filter_map(|f| say(f.name(), f.data_type())).collect()
    };
    of_type(&schema)
}
