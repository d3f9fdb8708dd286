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
use std::io::{self, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

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

/// A file whose row groups are those of fragments, in order, without holding them: what comes of a fragment is told as
/// a range of its bytes, and only what stands before and behind is given out.
pub struct Joined {
    writer: SerializedFileWriter<Tee>,
    tee: Tee,
}

/// Bytes that go to `sink`, and are kept while `keep` says so.
#[derive(Clone)]
struct Tee(Arc<Mutex<Kept>>);

struct Kept {
    sink: Box<dyn Write + Send>,
    bytes: Vec<u8>,
    keep: bool,
}

impl Tee {
    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Write for Tee {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.kept();
        kept.sink.write_all(bytes)?;
        if kept.keep {
            kept.bytes.extend(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Joined {
    /// A file with the schema of a first fragment; its bytes go to `sink`, which may hash or write them.
    pub fn new(first: &[u8], sink: Box<dyn Write + Send>) -> Result<(Joined, Vec<u8>), String> {
        let reader = SerializedFileReader::new(bytes(first)).map_err(say)?;
        let schema = reader.metadata().file_metadata().schema_descr().root_schema_ptr();
        let tee = Tee(Arc::new(Mutex::new(Kept { sink, bytes: Vec::new(), keep: true })));
        let mut writer = SerializedFileWriter::new(tee.clone(), schema, Arc::new(properties()?)).map_err(say)?;
        writer.flush().map_err(|e| e.to_string())?;
        let head = std::mem::take(&mut tee.kept().bytes);
        Ok((Joined { writer, tee }, head))
    }

    /// Adds a fragment's row groups; the range of its bytes that stands in the file.
    pub fn add(&mut self, fragment: &[u8]) -> Result<Range<u64>, String> {
        self.tee.kept().keep = false;
        let source = bytes(fragment);
        let reader = SerializedFileReader::new(source.clone()).map_err(say)?;
        let mut range: Option<Range<u64>> = None;
        for group in reader.metadata().row_groups() {
            let mut target = self.writer.next_row_group().map_err(say)?;
            for column in group.columns() {
                let (start, len) = column.byte_range();
                range = match range {
                    None => Some(start..start + len),
                    Some(r) if r.end == start => Some(r.start..start + len),
                    Some(_) => return Err("the columns of a fragment do not follow one another".into()),
                };
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
        self.writer.flush().map_err(|e| e.to_string())?;
        Ok(range.unwrap_or(0..0))
    }

    /// What stands behind the last row group.
    pub fn finish(self) -> Result<Vec<u8>, String> {
        self.tee.kept().keep = true;
        self.writer.close().map_err(say)?;
        Ok(std::mem::take(&mut self.tee.kept().bytes))
    }
}

fn say(e: parquet::errors::ParquetError) -> String {
    e.to_string()
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

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn joined_fragments_are_one_file() {
        let part = |v: Vec<Option<&str>>| {
            fragment(&[("text".to_string(), Arc::new(StringArray::from(v)) as ArrayRef)]).unwrap()
        };
        let a = part(vec![Some("가"), None]);
        let b = part(vec![Some("b")]);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (mut joined, head) = Joined::new(&a, Box::new(Shared(seen.clone()))).unwrap();
        let mut file = head;
        for fragment in [&a, &b] {
            let range = joined.add(fragment).unwrap();
            file.extend(&fragment[range.start as usize..range.end as usize]);
        }
        file.extend(joined.finish().unwrap());
        assert_eq!(rows(&file), Ok(3));
        assert_eq!(*seen.lock().unwrap(), file);
        assert!(Joined::new(b"none", Box::new(io::sink())).is_err());
        assert!(rows(b"no parquet").is_err());
    }
}
