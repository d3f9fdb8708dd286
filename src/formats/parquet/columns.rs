//! The columns of a file, out of its footer: for sources that name no fields.
use super::list::footer;
use crate::formats::cut::members::ReadAt;
use crate::formats::reader::{Seen, WRITTEN};
use arrow_schema::DataType;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions};
use parquet::file::metadata::ParquetMetaDataReader;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

pub fn columns(len: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    let (footer, _) = footer(len, read).map_err(|e| e.to_string())?;
    // what others wrote may make the library panic
    catch_unwind(AssertUnwindSafe(|| of_footer(&footer))).unwrap_or_else(|_| Err("its footer is damaged".into()))
}

fn of_footer(footer: &[u8]) -> Result<Vec<Seen>, String> {
    let metadata = ParquetMetaDataReader::decode_metadata(footer).map_err(|e| e.to_string())?;
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), options).map_err(|e| e.to_string())?;
    let fields = metadata.schema().fields().iter();
    Ok(fields.map(|f| (f.name().clone(), kept(f.data_type()).unwrap_or_else(|| WRITTEN.into()))).collect())
}

/// The type in which a column of the file is kept; `None` for one that is kept as text.
fn kept(ty: &DataType) -> Option<String> {
    match ty {
        DataType::Boolean => Some("bool".into()),
        DataType::Utf8 => Some("utf8".into()),
        DataType::Binary => Some("utf8".into()),
        t if t.is_integer() => Some("i64".into()),
        t if t.is_floating() => Some("f64".into()),
        DataType::List(of) => Some(format!("list<{}>", inner(of.data_type())?)),
        DataType::Struct(fields) if !fields.is_empty() => {
            let field = |f: &Arc<arrow_schema::Field>| {
                Some(format!("{}:{} {}", f.name().len(), f.name(), inner(f.data_type())?))
            };
            Some(format!("struct<{}>", fields.iter().map(field).collect::<Option<Vec<_>>>()?.join(",")))
        }
        _ => None,
    }
}

/// The same within a list or a struct, where values are taken one by one.
fn inner(ty: &DataType) -> Option<String> {
    match ty {
        DataType::UInt64 | DataType::Float16 | DataType::Binary => None,
        other => kept(other),
    }
}
