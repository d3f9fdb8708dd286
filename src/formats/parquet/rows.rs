//! All rows of a file of any columns, from wherever its bytes lie: row group by row group, so that a large file is never
//! held whole.
use crate::formats::batches::hold::{kept, name};
use crate::formats::guard::guarded;
use arrow_array::RecordBatch;
use arrow_schema::DataType;
use bytes::Bytes;
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use parquet::errors::ParquetError;
use parquet::file::reader::{ChunkReader, Length};
use std::io::{self, Cursor};
use std::sync::Arc;

/// Reads so many bytes at a place of a file.
pub type At = Arc<dyn Fn(u64, usize) -> io::Result<Vec<u8>> + Send + Sync>;

/// Rows that are decoded at a time.
const BATCH: usize = 256;
/// The most bytes that the columns of a row group may be once they are unpacked, by what the footer says of it.
const UNPACKED_MAX: i64 = 4 << 30;
/// Bytes that a page's header is looked for in.
const HEAD: u64 = 64 << 10;

#[derive(Clone)]
struct Source {
    len: u64,
    read: At,
}

impl Length for Source {
    fn len(&self) -> u64 {
        self.len
    }
}

impl ChunkReader for Source {
    type T = Cursor<Vec<u8>>;

    fn get_read(&self, start: u64) -> parquet::errors::Result<Self::T> {
        let len = self.len.saturating_sub(start).min(HEAD) as usize;
        (self.read)(start, len).map(Cursor::new).map_err(|e| ParquetError::External(Box::new(e)))
    }

    fn get_bytes(&self, start: u64, length: usize) -> parquet::errors::Result<Bytes> {
        if start.checked_add(length as u64).is_none_or(|end| end > self.len) {
            return Err(ParquetError::EOF("a part lies behind the end of the file".into()));
        }
        (self.read)(start, length).map(Bytes::from).map_err(|e| ParquetError::External(Box::new(e)))
    }
}

/// What a file says of itself.
pub struct About {
    pub columns: Vec<String>,
    /// Columns of a type that is not read, by name, with the name of the type.
    pub unread: Vec<(String, String)>,
    pub rows: u64,
}

/// What the footer says.
pub fn about(len: u64, read: At) -> Result<About, String> {
    let told = || {
        let metadata = loaded(&Source { len, read })?;
        let fields = metadata.schema().fields();
        let strange =
            |f: &Arc<arrow_schema::Field>| (!is_read(f.data_type())).then(|| (f.name().clone(), name(f.data_type())));
        Ok(About {
            columns: fields.iter().map(|f| f.name().clone()).collect(),
            unread: fields.iter().filter_map(strange).collect(),
            rows: u64::try_from(metadata.metadata().file_metadata().num_rows()).unwrap_or(0),
        })
    };
    guarded(told).unwrap_or_else(|| Err(DAMAGED.into()))
}

/// Hands over the rows, some at a time.
pub fn rows(len: u64, read: At, tell: &mut dyn FnMut(&RecordBatch) -> Result<(), String>) -> Result<(), String> {
    guarded(|| each(&Source { len, read }, tell)).unwrap_or_else(|| Err(DAMAGED.into()))
}

const DAMAGED: &str = "does not read: the file is damaged";

fn say(e: ParquetError) -> String {
    format!("does not read: {e}")
}

fn loaded(source: &Source) -> Result<ArrowReaderMetadata, String> {
    let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
    ArrowReaderMetadata::load(source, options).map_err(say)
}

fn each(source: &Source, tell: &mut dyn FnMut(&RecordBatch) -> Result<(), String>) -> Result<(), String> {
    let metadata = loaded(source)?;
    let groups = metadata.metadata().row_groups();
    if let Some(n) = groups.iter().position(|g| g.total_byte_size() > UNPACKED_MAX) {
        return Err(format!("row group {n} is larger than {} GiB once it is unpacked", UNPACKED_MAX >> 30));
    }
    for group in 0..groups.len() {
        let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(source.clone(), metadata.clone());
        for batch in reader.with_row_groups(vec![group]).with_batch_size(BATCH).build().map_err(say)? {
            tell(&batch.map_err(|e| format!("does not read: {e}"))?)?;
        }
    }
    Ok(())
}

/// Whether values of a type come back as they are; bytes do, too.
fn is_read(ty: &DataType) -> bool {
    match ty {
        DataType::Binary => true,
        DataType::List(of) => is_read(of.data_type()),
        DataType::Struct(fields) => fields.iter().all(|f| is_read(f.data_type())),
        DataType::UInt64 | DataType::Timestamp(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => false,
        DataType::Map(..) | DataType::Float16 | DataType::Time32(_) | DataType::Time64(_) => false,
        other => kept(other).is_ok(),
    }
}
