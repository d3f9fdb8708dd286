//! Fragments of one record batch each, and files joined from fragments without encoding them again. Nothing is compressed, so
//! that whoever reads a file can map it into memory.
use super::list::MAGIC;
use crate::formats::writer::{Chunk, Join};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_ipc::convert::{IpcSchemaEncoder, try_schema_from_ipc_buffer};
use arrow_ipc::writer::{IpcWriteOptions, StreamWriter};
use arrow_ipc::{Block, FooterBuilder, MetadataVersion};
use arrow_schema::{Field, Schema};
use flatbuffers::FlatBufferBuilder;
use std::sync::Arc;

/// Behind the magic, zeros up to the next eight bytes.
const BEGIN: u64 = 8;

/// Behind the last batch: the mark of a message, of which there is none.
const END: [u8; 8] = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];

fn say(e: impl ToString) -> String {
    e.to_string()
}

/// The message of a batch, and behind it what joining needs: the message of the schema, its length, and that of the
/// description of the batch, 4 bytes each.
pub fn fragment(columns: &[(String, ArrayRef)]) -> Result<Vec<u8>, String> {
    let fields: Vec<Field> = columns.iter().map(|(n, a)| Field::new(n, a.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch = RecordBatch::try_new(schema.clone(), columns.iter().map(|c| c.1.clone()).collect()).map_err(say)?;
    let options = IpcWriteOptions::try_new(8, false, MetadataVersion::V5).map_err(say)?;
    let mut writer = StreamWriter::try_new_with_options(Vec::new(), &schema, options).map_err(say)?;
    let about = writer.get_ref().clone();
    writer.write(&batch).map_err(say)?;
    let all = std::mem::take(writer.get_mut());
    let own = all.get(about.len()..).unwrap_or_default();
    let head = own.get(4..).and_then(<[u8]>::first_chunk).map_or(0, |len| u32::from_le_bytes(*len)) + 8;
    let length = u32::try_from(about.len()).map_err(say)?;
    Ok([own, &about, &length.to_le_bytes(), &head.to_le_bytes()].concat())
}

/// All that joining needs to know of a fragment.
pub fn outline(fragment: &[u8]) -> &[u8] {
    let schema = fragment.last_chunk::<8>().map_or(0, |[a, b, c, d, ..]| u32::from_le_bytes([*a, *b, *c, *d]) as usize);
    fragment.get(fragment.len().saturating_sub(schema.saturating_add(8))..).unwrap_or_default()
}

/// The message of the schema, and the length of the description of the batch.
fn parted(outline: &[u8]) -> Option<(&[u8], u32)> {
    let (schema, [_, _, _, _, head @ ..]) = outline.split_last_chunk::<8>()?;
    Some((schema, u32::from_le_bytes(*head)))
}

/// Batches stand as they are, the footer is made anew.
pub fn join(of: &Join) -> Result<Vec<Chunk>, String> {
    let mut chunks = Vec::new();
    let (mut at, mut blocks, mut first) = (BEGIN, Vec::new(), None);
    for (piece, (all, outline)) in of.outlines.iter().enumerate() {
        let (schema, head) = parted(outline).ok_or("an outline is damaged")?;
        if first.is_none() {
            first = Some(schema);
            let mut begin = MAGIC.to_vec();
            begin.resize(BEGIN as usize, 0);
            begin.extend(schema);
            at += schema.len() as u64;
            chunks.push(Chunk::Bytes(begin));
        }
        let len = all.checked_sub(outline.len() as u64).ok_or("an outline is longer than its fragment")?;
        let body = len.checked_sub(head.into()).ok_or("a batch is shorter than its description")?;
        let number = |n: u64| i64::try_from(n).map_err(say);
        blocks.push(Block::new(number(at)?, i32::try_from(head).map_err(say)?, number(body)?));
        chunks.push(Chunk::Fragment { piece, from: 0, len });
        at += len;
    }
    if let Some(schema) = first {
        chunks.push(Chunk::Bytes(footer(schema, &blocks)?));
    }
    Ok(chunks)
}

/// What stands behind the last batch.
fn footer(schema: &[u8], blocks: &[Block]) -> Result<Vec<u8>, String> {
    let schema = try_schema_from_ipc_buffer(schema).map_err(say)?;
    let mut made = FlatBufferBuilder::new();
    let dictionaries = made.create_vector::<Block>(&[]);
    let batches = made.create_vector(blocks);
    let schema = IpcSchemaEncoder::new().schema_to_fb_offset(&mut made, &schema);
    let mut footer = FooterBuilder::new(&mut made);
    footer.add_version(MetadataVersion::V5);
    footer.add_schema(schema);
    footer.add_dictionaries(dictionaries);
    footer.add_recordBatches(batches);
    let root = footer.finish();
    made.finish(root, None);
    let own = made.finished_data();
    let len = i32::try_from(own.len()).map_err(say)?;
    Ok([&END, own, &len.to_le_bytes(), MAGIC].concat())
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow_array::StringArray;
    use arrow_ipc::reader::{FileReader, StreamReader};
    use std::io::Cursor;

    /// The library's own readers read what was joined: as a file, and behind the magic as a stream.
    #[test]
    fn joined_fragments_are_one_file() {
        let part =
            |v: Vec<Option<&str>>| fragment(&[("id".to_string(), Arc::new(StringArray::from(v)) as ArrayRef)]).unwrap();
        let parts = [part(vec![Some("가"), None]), part(vec![Some("b")])];
        let outlines = parts.iter().map(|p| (p.len() as u64, outline(p).to_vec())).collect();
        let fragment = |piece: usize| Ok(parts[piece].clone());
        let of = Join {
            split: "a",
            title: "a",
            version: "1",
            license: "",
            classes: &[],
            skeleton: &Default::default(),
            hidden: false,
            outlines,
            fragment: &fragment,
        };
        let mut file = Vec::new();
        for chunk in join(&of).unwrap() {
            match chunk {
                Chunk::Bytes(bytes) => file.extend(bytes),
                Chunk::Fragment { piece, from, len } => {
                    file.extend(&parts[piece][from as usize..(from + len) as usize]);
                }
            }
        }
        let texts = |batches: Vec<RecordBatch>| -> Vec<Option<String>> {
            let of = |b: &RecordBatch| crate::table::cells::<String>(b.column(0).as_ref());
            batches.iter().flat_map(of).collect()
        };
        let want = [Some("가".to_string()), None, Some("b".to_string())];
        let read: Result<Vec<_>, _> = FileReader::try_new(Cursor::new(&file), None).unwrap().collect();
        assert_eq!(texts(read.unwrap()), want);
        let read: Result<Vec<_>, _> = StreamReader::try_new(&file[8..], None).unwrap().collect();
        assert_eq!(texts(read.unwrap()), want);
        let mut ids = Vec::new();
        super::super::read::samples(&mut &file[..], &mut |id| ids.push(id.map(str::to_string))).unwrap();
        assert_eq!(ids, want);
        for cut in 0..file.len() {
            assert!(super::super::read::samples(&mut &file[..cut], &mut |_| ()).is_err(), "{cut}");
        }
    }
}
