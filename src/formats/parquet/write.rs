//! Fragments of one row group each, and files joined from fragments without encoding them
//! again. Everything that could differ between versions or runs is fixed: writer's name, level, page and group sizes.
use crate::formats::back::{BATCH, Back, Part, Released, Tell, of_typed};
use crate::formats::guard::guarded;
use crate::formats::writer::{Chunk, Join};
use arrow_array::cast::AsArray;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::arrow::arrow_writer::ArrowWriterOptions;
use parquet::basic::{Compression, ZstdLevel};
use parquet::column::writer::ColumnCloseResult;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::{EnabledStatistics, WriterProperties};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::writer::SerializedFileWriter;
use std::io::{self, BufRead, Write};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard};

/// Row groups stand as they are, the footer is made anew.
pub fn join(of: &Join) -> Result<Vec<Chunk>, String> {
    let mut file: Option<Joined> = None;
    let mut chunks = Vec::new();
    for (piece, (len, footer)) in of.outlines.iter().enumerate() {
        let to = match &mut file {
            Some(file) => file,
            None => {
                let (own, head) = Joined::new(footer)?;
                chunks.push(Chunk::Bytes(head));
                file.insert(own)
            }
        };
        let range = to.add(footer, *len)?;
        chunks.push(Chunk::Fragment { piece, from: range.start, len: range.end - range.start });
    }
    if let Some(file) = file {
        chunks.push(Chunk::Bytes(file.finish()?));
    }
    Ok(chunks)
}

/// The id of each row. All columns are read: a file of which a row cannot be read is damaged.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let file = whole(input)?;
    guarded(|| each_row(file, "id", tell)).unwrap_or_else(|| Err(DAMAGED.into()))
}

/// What is said of a file on which the library panics.
const DAMAGED: &str = "does not read: the file is damaged";

fn whole(input: &mut dyn BufRead) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    input.read_to_end(&mut file).map_err(|e| e.to_string())?;
    Ok(file)
}

/// The values of each row group, which is a piece.
pub fn values(input: &mut dyn BufRead, back: &Back, tell: Tell) -> Result<(), String> {
    let file = whole(input)?;
    guarded(|| each_group(bytes::Bytes::from(file), back, tell)).unwrap_or_else(|| Err(DAMAGED.into()))
}

fn each_group(file: bytes::Bytes, back: &Back, tell: Tell) -> Result<(), String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    let about = ArrowReaderMetadata::load(&file, options).map_err(say)?;
    if about.schema().fields().len() != back.columns.len() {
        return Err("has other columns than release.json names".into());
    }
    for group in 0..about.metadata().num_row_groups() {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(file.clone(), about.clone());
        for batch in reader.with_row_groups(vec![group]).with_batch_size(BATCH).build().map_err(say)? {
            let batch = batch.map_err(|e| e.to_string())?;
            let column = |c: &Released| {
                let array = batch.column_by_name(&c.name).ok_or_else(|| format!("has no column `{}`", c.name))?;
                of_typed(array, &c.holds)
            };
            tell(Part::Rows(back.columns.iter().map(column).collect::<Result<_, String>>()?))?;
        }
        tell(Part::End)?;
    }
    Ok(())
}

fn properties() -> Result<WriterProperties, String> {
    let level = ZstdLevel::try_new(1).map_err(|e| e.to_string())?;
    Ok(WriterProperties::builder()
        .set_created_by("tamis release 1".into())
        .set_compression(Compression::ZSTD(level))
        .set_dictionary_enabled(false)
        .set_statistics_enabled(EnabledStatistics::Page) // with the index of pages, by which viewers skip
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

/// What stands behind the row groups of a file, the indexes of its pages and the footer: all that joining needs to know of it.
pub fn footer(file: &[u8]) -> &[u8] {
    let end = file.last_chunk::<8>().map_or(0, |[a, b, c, d, ..]| u32::from_le_bytes([*a, *b, *c, *d]) as usize);
    let own = file.get(file.len().saturating_sub(end.saturating_add(8))..).unwrap_or_default();
    let Ok(about) = metadata(own) else { return own };
    let columns = about.row_groups().iter().flat_map(|group| group.columns());
    let indexes = columns.flat_map(|c| [c.column_index_offset(), c.offset_index_offset()]).flatten();
    let first = indexes.min().and_then(|first| usize::try_from(first).ok());
    first.and_then(|first| file.get(first..)).unwrap_or(own)
}

/// A file whose row groups are those of fragments, in order, without reading them: what comes of a fragment is told as
/// a range of its bytes, and only what stands before and behind is given out.
struct Joined {
    writer: SerializedFileWriter<Kept>,
    kept: Kept,
}

/// Bytes that are kept while somebody says so.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Option<Vec<u8>>>>);

impl Kept {
    fn held(&self) -> MutexGuard<'_, Option<Vec<u8>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(kept) = self.held().as_mut() {
            kept.extend(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Stands for the bytes of a fragment: the writer copies them, and what it writes there is not kept.
struct Blank;

impl Length for Blank {
    fn len(&self) -> u64 {
        u64::MAX
    }
}

impl ChunkReader for Blank {
    type T = io::Repeat;

    fn get_read(&self, _: u64) -> parquet::errors::Result<io::Repeat> {
        Ok(io::repeat(0))
    }

    fn get_bytes(&self, _: u64, _: usize) -> parquet::errors::Result<bytes::Bytes> {
        Err(parquet::errors::ParquetError::General("a fragment's bytes are not read here".into()))
    }
}

/// What a footer says; indexes of pages may stand before it.
fn metadata(footer: &[u8]) -> Result<ParquetMetaData, String> {
    let (body, len) = match footer.split_last_chunk::<8>() {
        Some((body, [a, b, c, d, ..])) => (body, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        None => (footer, 0),
    };
    let own = body.get(body.len().saturating_sub(len)..).unwrap_or_default();
    ParquetMetaDataReader::decode_metadata(own).map_err(say)
}

/// The same with the indexes of pages, of a file of that length.
fn indexed(footer: &[u8], len: u64) -> Result<ParquetMetaData, String> {
    let reader = ParquetMetaDataReader::new_with_metadata(metadata(footer)?);
    let mut reader = reader.with_page_index_policy(PageIndexPolicy::Optional);
    reader.read_page_indexes_sized(&bytes::Bytes::copy_from_slice(footer), len).map_err(say)?;
    reader.finish().map_err(say)
}

impl Joined {
    /// A file with the schema of a first fragment, of which its footer is given; and how it begins.
    pub fn new(first: &[u8]) -> Result<(Joined, Vec<u8>), String> {
        let schema = metadata(first)?.file_metadata().schema_descr().root_schema_ptr();
        let kept = Kept(Arc::new(Mutex::new(Some(Vec::new()))));
        let mut writer = SerializedFileWriter::new(kept.clone(), schema, Arc::new(properties()?)).map_err(say)?;
        writer.flush().map_err(|e| e.to_string())?;
        let head = kept.held().take().unwrap_or_default();
        Ok((Joined { writer, kept }, head))
    }

    /// Adds the row groups of a fragment, of which its footer and its length are given; the range of its bytes that stands in
    /// the file.
    pub fn add(&mut self, footer: &[u8], len: u64) -> Result<Range<u64>, String> {
        let mut range: Option<Range<u64>> = None;
        let about = indexed(footer, len)?;
        for (g, group) in about.row_groups().iter().enumerate() {
            let pages = about.page_index();
            let mut target = self.writer.next_row_group().map_err(say)?;
            for (c, column) in group.columns().iter().enumerate() {
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
                    column_index: pages.and_then(|p| p.column_index(g, c)).cloned(),
                    offset_index: pages.and_then(|p| p.offset_index(g, c)).cloned(),
                };
                target.append_column(&Blank, close).map_err(say)?;
            }
            target.close().map_err(say)?;
        }
        self.writer.flush().map_err(|e| e.to_string())?;
        Ok(range.unwrap_or(0..0))
    }

    /// What stands behind the last row group.
    pub fn finish(self) -> Result<Vec<u8>, String> {
        *self.kept.held() = Some(Vec::new());
        self.writer.close().map_err(say)?;
        Ok(self.kept.held().take().unwrap_or_default())
    }
}

fn say(e: parquet::errors::ParquetError) -> String {
    e.to_string()
}

/// Reads all rows and hands over a column of texts, `None` row by row if there is no such column.
fn each_row(file: Vec<u8>, column: &str, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(bytes::Bytes::from(file)).map_err(say)?;
    let want = reader.metadata().file_metadata().num_rows();
    let mut got = 0;
    for batch in reader.build().map_err(say)? {
        let batch = batch.map_err(|e| e.to_string())?;
        got += batch.num_rows() as i64;
        match batch.column_by_name(column) {
            Some(texts) => {
                let texts = texts.as_string_opt::<i32>().ok_or_else(|| format!("holds no text in `{column}`"))?;
                texts.iter().for_each(&mut *tell);
            }
            None => (0..batch.num_rows()).for_each(|_| tell(None)),
        }
    }
    if got == want { Ok(()) } else { Err(format!("holds {got} rows, its footer says {want}")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    #[test]
    fn joined_fragments_are_one_file() {
        let part = |v: Vec<Option<&str>>| {
            fragment(&[("text".to_string(), Arc::new(StringArray::from(v)) as ArrayRef)]).unwrap()
        };
        let a = part(vec![Some("가"), None]);
        let b = part(vec![Some("b")]);
        let (mut joined, head) = Joined::new(footer(&a)).unwrap();
        let mut file = head;
        for fragment in [&a, &b] {
            let range = joined.add(footer(fragment), fragment.len() as u64).unwrap();
            file.extend(&fragment[range.start as usize..range.end as usize]);
        }
        file.extend(joined.finish().unwrap());
        let reader = SerializedFileReader::new(bytes::Bytes::from(file.clone())).unwrap();
        let texts: Vec<String> = reader.get_row_iter(None).unwrap().map(|r| r.unwrap().to_string()).collect();
        assert_eq!(texts, ["{text: \"가\"}", "{text: null}", "{text: \"b\"}"]);
        // the pages of both are found by the index
        let options = ArrowReaderOptions::new().with_page_index_policy(PageIndexPolicy::Required);
        let about = ArrowReaderMetadata::load(&bytes::Bytes::from(file.clone()), options).unwrap();
        let pages = about.metadata().page_index().unwrap();
        for (group, row_group) in about.metadata().row_groups().iter().enumerate() {
            let (start, len) = row_group.column(0).byte_range();
            let at = pages.offset_index(group, 0).unwrap().page_locations[0].offset as u64;
            assert!((start..start + len).contains(&at), "{group}: {at}");
            assert!(pages.column_index(group, 0).is_some());
        }
        assert!(Joined::new(b"none").is_err() && Joined::new(footer(b"")).is_err());
        assert!(each_row(b"no parquet".to_vec(), "id", &mut |_| ()).is_err());
        let mut seen = Vec::new();
        assert_eq!(each_row(file.clone(), "text", &mut |t| seen.push(t.map(str::to_string))), Ok(()));
        assert_eq!(seen, [Some("가".to_string()), None, Some("b".to_string())]);
        let mut rows = 0;
        assert_eq!(each_row(file, "id", &mut |id| rows += usize::from(id.is_none())), Ok(()));
        assert_eq!(rows, 3);
    }
}
