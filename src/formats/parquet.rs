//! Parquet (owner of `parquet`): fragments of one row group each, and files joined from fragments without encoding them
//! again. Everything that could differ between versions or runs is fixed: writer's name, level, page and group sizes.
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::file::writer::SerializedFileWriter;
use std::sync::Arc;

fn properties() -> Result<WriterProperties, String> {
    let level = ZstdLevel::try_new(1).map_err(|e| e.to_string())?;
    Ok(WriterProperties::builder()
        .set_created_by("tamis release 1".into())
        .set_compression(Compression::ZSTD(level))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_max_row_group_row_count(Some(1 << 30))
        .set_data_page_size_limit(1 << 20)
        .build())
}

/// One row group holding these columns.
pub fn fragment(columns: &[(String, ArrayRef)]) -> Result<Vec<u8>, String> {
    let fields: Vec<Field> = columns.iter().map(|(n, a)| Field::new(n, a.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), columns.iter().map(|c| c.1.clone()).collect());
    let options = ArrowWriterOptions::new().with_properties(properties()?).with_skip_arrow_metadata(true);
    let mut out = Vec::new();
    let mut writer = ArrowWriter::try_new_with_options(&mut out, schema, options).map_err(|e| e.to_string())?;
    writer.write(&batch.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    writer.close().map_err(|e| e.to_string())?;
    Ok(out)
}

/// A file whose row groups are those of the fragments, in order; all must have one schema.
pub fn join(fragments: &[Vec<u8>]) -> Result<Vec<u8>, String> {
    let say = |e: parquet::errors::ParquetError| e.to_string();
    let open = |f: &Vec<u8>| SerializedFileReader::new(bytes(f)).map_err(say);
    let Some(first) = fragments.first() else { return Err("no fragment".into()) };
    let schema = open(first)?.metadata().file_metadata().schema_descr().root_schema_ptr();
    let mut out = Vec::new();
    let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(properties()?)).map_err(say)?;
    for f in fragments {
        let source = bytes(f);
        for group in open(f)?.metadata().row_groups() {
            let mut target = writer.next_row_group().map_err(say)?;
            for column in group.columns() {
                let close = ColumnCloseResult {
                    bytes_written: column.compressed_size() as u64,
                    rows_written: group.num_rows() as u64,
                    metadata: column.clone(),
                    bloom_filter: None,
                    column_index: None,
                    offset_index: None,
                };
                target.append_column(&source, close).map_err(say)?;
            }
            target.close().map_err(say)?;
        }
    }
    writer.close().map_err(say)?;
    Ok(out)
}

fn bytes(of: &[u8]) -> bytes::Bytes {
    bytes::Bytes::copy_from_slice(of)
}

/// The rows that a file holds.
pub fn rows(file: &[u8]) -> Result<u64, String> {
    let reader = SerializedFileReader::new(bytes(file)).map_err(|e| e.to_string())?;
    Ok(reader.metadata().file_metadata().num_rows().max(0) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;

    #[test]
    fn joined_fragments_are_one_file() {
        let part = |v: Vec<Option<&str>>| {
            fragment(&[("text".to_string(), Arc::new(StringArray::from(v)) as ArrayRef)]).unwrap()
        };
        let a = part(vec![Some("가"), None]);
        let b = part(vec![Some("b")]);
        let file = join(&[a.clone(), b.clone()]).unwrap();
        assert_eq!(rows(&file), Ok(3));
        assert_eq!(file, join(&[a, b]).unwrap());
        assert!(join(&[]).is_err());
        assert!(rows(b"no parquet").is_err());
    }
}
