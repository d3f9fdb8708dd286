//! The rows of a row group become samples, column by column.
use super::list::FIRST;
use crate::formats::batches::{REPEATED, Taking, names_column, repeated_name};
use crate::formats::encoding::Wrong;
use crate::formats::guard::guarded;
use crate::formats::reader::{Ask, Records, Unit};
use bytes::Bytes;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaDataReader;
use std::sync::Arc;

/// Rows that are decoded at a time.
const BATCH: usize = 8192;

pub fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let (mut rows, mut taking) = (0, Taking::new(ask, unit));
    let read = guarded(|| group(unit, &mut taking, &mut rows, out));
    taking.tell(out);
    let say = match read {
        Some(Ok(())) if taking.done == rows => return,
        Some(Ok(())) => "it holds fewer rows than the footer says".to_string(),
        Some(Err(say)) if say.contains("Disabled feature") => {
            "compressed in a way that is not read: Zstandard, Snappy or none is".to_string()
        }
        Some(Err(say)) if say.contains(REPEATED) => say,
        Some(Err(_)) | None => "the row group is damaged".to_string(),
    };
    for record in taking.done..rows {
        out.reject(unit, record, &Wrong::new("parquet", &say));
    }
}

/// Takes the rows of a row group; `rows` is how many there are.
fn group(unit: &Unit, taking: &mut Taking, rows: &mut usize, out: &mut Records) -> Result<(), String> {
    let about = unit.context.unwrap_or_default();
    let body = about.get(..about.len().saturating_sub(8)).unwrap_or_default();
    let metadata = ParquetMetaDataReader::decode_metadata(body).map_err(|e| e.to_string())?;
    *rows = usize::try_from(metadata.file_metadata().num_rows()).unwrap_or(0);
    let as_stored = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let metadata = ArrowReaderMetadata::try_new(Arc::new(metadata), as_stored).map_err(|e| e.to_string())?;
    if let Some(say) = repeated_name(metadata.schema().fields()) {
        return Err(say);
    }
    let schema = metadata.parquet_schema();
    let own = schema.root_schema().get_fields().iter().map(|f| f.name().to_string()).collect();
    let leaves: Vec<(String, bool)> =
        schema.columns().iter().map(|c| (c.path().string(), c.max_rep_level() > 0)).collect();
    taking.header(own, &leaves, out);
    let names = taking.wanted();
    let mask = ProjectionMask::leaves(
        schema,
        leaves.iter().enumerate().filter_map(|(i, (path, _))| names.iter().any(|n| names_column(path, n)).then_some(i)),
    );
    let bytes = Bytes::from([&[0; FIRST as usize], unit.bytes].concat());
    let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(bytes, metadata);
    for batch in reader.with_projection(mask).with_batch_size(BATCH).build().map_err(|e| e.to_string())? {
        taking.batch(&batch.map_err(|e| e.to_string())?, out)?;
    }
    Ok(())
}
