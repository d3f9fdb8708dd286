//! The columns of a file, out of its footer: for sources that name no fields. What of their meaning is not kept is told.
use super::list::footer;
use crate::formats::batches::hold::kept;
use crate::formats::batches::{self, NOTED};
use crate::formats::cut::members::ReadAt;
use crate::formats::doubt::Doubt;
use crate::formats::guard::guarded;
use crate::formats::infer;
use crate::formats::reader::{DAY, Seen, UNHELD, WRITTEN};
use crate::table::types;
use arrow_schema::DataType;
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
    let text = notes.iter().find(|kv| kv.key == NOTED)?.value.as_ref()?;
    batches::classes(text)
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
        Ok(_) if *ty == DataType::Date32 => DAY.to_string(),
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

fn meant(metadata: &ParquetMetaData) -> Vec<Doubt> {
    let about = metadata.file_metadata();
    let Ok(schema) = parquet_to_arrow_schema(about.schema_descr(), about.key_value_metadata()) else {
        return Vec::new();
    };
    batches::doubts(&schema)
}
