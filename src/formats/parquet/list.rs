//! The row groups of a file, out of its footer.
use crate::formats::cut::Members;
use crate::formats::cut::members::{List, Member, ReadAt};
use crate::formats::guard::guarded;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, FileMetaData, ParquetMetaData, ParquetMetaDataReader, ParquetMetaDataWriter, RowGroupMetaData,
};
use std::io;

pub static ROW_GROUPS: Members =
    Members { name: "row groups", broken: "parquet.footer", list: List::Anywhere(row_groups), archives: false };

/// Where the bytes of a row group begin in what its own description says: a place of 0 would mean that there is none.
pub const FIRST: u64 = 4;

/// Behind the footer: its length, and the magic.
const TAIL: u64 = 8;

fn row_groups(size: u64, read: &ReadAt, out: &mut Vec<Member>) -> io::Result<()> {
    let (footer, tail_at) = footer(size, read)?;
    let all = guarded(|| members(&footer, tail_at));
    out.extend(all.unwrap_or_else(|| Err(ParquetError::General("it panics".into()))).map_err(broken)?);
    Ok(())
}

/// The bytes of a file's footer, and where what follows it begins.
pub fn footer(size: u64, read: &ReadAt) -> io::Result<(Vec<u8>, u64)> {
    let tail_at = size.checked_sub(TAIL).ok_or_else(|| broken("the file is too short"))?;
    let tail = read(tail_at, TAIL)?;
    let Some(([a, b, c, d], magic)) = tail.split_first_chunk::<4>() else { return Err(broken("no tail")) };
    if magic != b"PAR1" {
        return Err(broken("no Parquet at the end, or an encrypted one"));
    }
    let len = u64::from(u32::from_le_bytes([*a, *b, *c, *d]));
    let at = tail_at.checked_sub(len).ok_or_else(|| broken("the footer is longer than the file"))?;
    Ok((read(at, len)?, tail_at))
}

fn broken(why: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}

fn members(footer: &[u8], end: u64) -> Result<Vec<Member>, ParquetError> {
    let file = ParquetMetaDataReader::decode_metadata(footer)?;
    file.row_groups().iter().map(|group| member(file.file_metadata(), group, end)).collect()
}

/// A row group with a description of its own, as if it were all that the file holds.
fn member(file: &FileMetaData, group: &RowGroupMetaData, end: u64) -> Result<Member, ParquetError> {
    let wrong = || ParquetError::General("a row group lies outside of the file".into());
    let ranges: Vec<(u64, u64)> = group.columns().iter().map(ColumnChunkMetaData::byte_range).collect();
    let offset = ranges.iter().map(|r| r.0).min().unwrap_or(0);
    let ends = ranges.iter().map(|(at, len)| at.checked_add(*len).filter(|e| *e <= end));
    let last = ends.collect::<Option<Vec<u64>>>().ok_or_else(wrong)?.into_iter().max().unwrap_or(0);
    let records = u32::try_from(group.num_rows()).map_err(|_| wrong())?;
    let shift = i64::try_from(offset).map_err(|_| wrong())? - FIRST as i64;
    let columns = group.columns().iter().map(|c| moved(c, shift)).collect::<Result<Vec<_>, _>>()?;
    let own = RowGroupMetaData::builder(group.schema_descr_ptr())
        .set_num_rows(group.num_rows())
        .set_total_byte_size(group.total_byte_size())
        .set_column_metadata(columns)
        .build()?;
    let rows = group.num_rows();
    let about = FileMetaData::new(file.version(), rows, None, None, group.schema_descr_ptr(), None);
    let mut context = Vec::new();
    ParquetMetaDataWriter::new(&mut context, &ParquetMetaData::new(about, vec![own])).finish()?;
    Ok(Member { offset, len: last - offset, records, context: Some(context), ..Member::default() })
}

/// A column as it lies behind a shift, without what stands outside of its row group.
fn moved(column: &ColumnChunkMetaData, shift: i64) -> Result<ColumnChunkMetaData, ParquetError> {
    let mut own = ColumnChunkMetaData::builder(column.column_descr_ptr())
        .set_encodings_mask(*column.encodings_mask())
        .set_num_values(column.num_values())
        .set_compression_codec(column.compression_codec())
        .set_total_compressed_size(column.compressed_size())
        .set_total_uncompressed_size(column.uncompressed_size())
        .set_data_page_offset(column.data_page_offset() - shift);
    if let Some(at) = column.dictionary_page_offset() {
        own = own.set_dictionary_page_offset(Some(at - shift));
    }
    own.build()
}
