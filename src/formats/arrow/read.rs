//! The rows of a record batch become samples, column by column; and released files are read back.
use super::list::{self, BATCHES};
use crate::formats::back::{Back, Part, Released, Tell, of_typed};
use crate::formats::batches::Taking;
use crate::formats::batches::hold::kept;
use crate::formats::batches::plain::{plain_batch, plain_type};
use crate::formats::cut::members::{List, Member, ReadAt};
use crate::formats::encoding::Wrong;
use crate::formats::guard::guarded;
use crate::formats::reader::{Ask, DAY, Records, Seen, UNHELD, Unit};
use crate::table::{Array, types};
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_buffer::Buffer;
use arrow_ipc::reader::StreamDecoder;
use arrow_ipc::root_as_message;
use arrow_schema::{DataType, Fields, Schema};
use std::io::{self, BufRead};

/// The most bytes that the buffers of a batch may be once they are unpacked.
const UNPACKED_MAX: u64 = 1 << 30;

pub fn columns(len: u64, read: &ReadAt) -> Result<Vec<Seen>, String> {
    let schema =
        guarded(|| list::schema(len, read)).and_then(Result::ok).ok_or("it does not begin with a schema of Arrow")?;
    let ty = |ty: &DataType| match kept(&plain_type(ty)) {
        Ok(_) if *ty == DataType::Date32 => DAY.to_string(),
        Ok(kept) => types::text(&kept),
        Err(name) => format!("{UNHELD}{name}"),
    };
    Ok(schema.fields().iter().map(|f| (f.name().clone(), ty(f.data_type()))).collect())
}

pub fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let mut taking = Taking::new(ask, unit);
    let rows = guarded(|| rows_of(unit.bytes)).flatten().unwrap_or(1);
    let read = guarded(|| {
        let (schema, batch) = decoded(unit.context.unwrap_or_default(), unit.bytes)?;
        let mut leaves = Vec::new();
        leaves_of(schema.fields(), "", false, &mut leaves);
        taking.header(schema.fields().iter().map(|f| f.name().clone()).collect(), &leaves, out);
        let names = taking.wanted();
        let root = |name: &str| names.iter().any(|n| *n == name || n.starts_with(&format!("{name}.")));
        let fields = schema.fields().iter().enumerate();
        let wanted: Vec<usize> = fields.filter(|(_, f)| root(f.name())).map(|(i, _)| i).collect();
        taking.batch(&plain_batch(&batch.project(&wanted).map_err(|e| e.to_string())?)?, out)
    });
    taking.tell(out);
    let say = match read {
        Some(Ok(())) if taking.done == rows => return,
        Some(Err(say)) if say == PACKED => PACKED,
        _ => "the record batch is damaged",
    };
    for record in taking.done..rows {
        out.reject(unit, record, &Wrong::new("arrow", say));
    }
}

const PACKED: &str = "the record batch is larger than 1 GiB once it is unpacked";

/// How many rows a message says that it has.
fn rows_of(bytes: &[u8]) -> Option<usize> {
    let (about, _) = parted(bytes)?;
    usize::try_from(root_as_message(about).ok()?.header_as_record_batch()?.length()).ok()
}

/// The description of a message, and its body.
fn parted(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let word = |at: usize| bytes.get(at..).and_then(<[u8]>::first_chunk).map(|b| u32::from_le_bytes(*b));
    let (len, before) = if word(0)? == u32::MAX { (word(4)?, 8) } else { (word(0)?, 4) };
    bytes.get(before..)?.split_at_checked(len as usize)
}

/// The columns of a file, and the rows of one of its batches. `context` is what stands in front of the batch.
fn decoded(context: &[u8], bytes: &[u8]) -> Result<(Schema, RecordBatch), String> {
    small_enough(context, bytes)?;
    let mut decoder = StreamDecoder::new();
    let mut read = |bytes: &[u8]| -> Result<Option<RecordBatch>, String> {
        let mut buffer = Buffer::from(bytes);
        let batch = decoder.decode(&mut buffer).map_err(|e| e.to_string())?;
        if buffer.is_empty() { Ok(batch) } else { Err("more than one batch".into()) }
    };
    if read(context)?.is_some() {
        return Err("a batch where dictionaries are expected".into());
    }
    let batch = read(bytes)?.ok_or("no batch")?;
    Ok((batch.schema().as_ref().clone(), batch))
}

/// Refuses buffers that say of themselves that they are very large once they are unpacked: a few kilobytes may hold gigabytes. Those of
/// dictionaries count as those of rows do.
fn small_enough(context: &[u8], bytes: &[u8]) -> Result<(), String> {
    let mut all = 0u64;
    for mut rest in [context, bytes] {
        while !rest.is_empty() {
            let (about, behind) = parted(rest).ok_or("no message")?;
            let message = root_as_message(about).map_err(|e| e.to_string())?;
            let body = usize::try_from(message.bodyLength()).map_err(|e| e.to_string())?;
            let (body, behind) = behind.split_at_checked(body).ok_or("a message that breaks off")?;
            let dictionary = message.header_as_dictionary_batch().and_then(|dictionary| dictionary.data());
            if let Some(batch) = message.header_as_record_batch().or(dictionary) {
                all = all.saturating_add(unpacked_size(&batch, body)?);
            }
            rest = behind;
        }
    }
    if all > UNPACKED_MAX { Err(PACKED.into()) } else { Ok(()) }
}

/// How large the packed buffers of a batch say that they are.
fn unpacked_size(batch: &arrow_ipc::RecordBatch, body: &[u8]) -> Result<u64, String> {
    if batch.compression().is_none() {
        return Ok(0);
    }
    let mut all = 0u64;
    for buffer in batch.buffers().into_iter().flatten() {
        let at = usize::try_from(buffer.offset()).map_err(|e| e.to_string())?;
        let len = body.get(at..).and_then(<[u8]>::first_chunk).map(|b| i64::from_le_bytes(*b));
        // -1 says that a buffer is not packed
        let own = len.filter(|_| buffer.length() > 0).map_or(0, |n| u64::try_from(n).unwrap_or(0));
        all = all.saturating_add(own);
    }
    Ok(all)
}

/// The columns with the parts of objects, as paths, and whether each stands in lists.
fn leaves_of(fields: &Fields, before: &str, listed: bool, out: &mut Vec<(String, bool)>) {
    for field in fields {
        let path = format!("{before}{}", field.name());
        let (mut ty, mut listed) = (field.data_type(), listed);
        while let DataType::List(of) | DataType::LargeList(of) | DataType::FixedSizeList(of, _) = ty {
            (ty, listed) = (of.data_type(), true);
        }
        match ty {
            DataType::Struct(inner) => leaves_of(inner, &format!("{path}."), listed, out),
            _ => out.push((path, listed)),
        }
    }
}

/// The batches of a released file.
fn each_batch(file: &[u8], tell: &mut dyn FnMut(RecordBatch) -> Result<(), String>) -> Result<(), String> {
    let read = |at: u64, len: u64| -> io::Result<Vec<u8>> {
        let range = usize::try_from(at).ok().zip(at.checked_add(len).and_then(|end| usize::try_from(end).ok()));
        let bytes = range.and_then(|(at, end)| file.get(at..end));
        bytes.map(<[u8]>::to_vec).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    };
    let (List::Anywhere(list), mut all) = (&BATCHES.list, Vec::new()) else { return Err("has no list".into()) };
    list(file.len() as u64, &read, &mut all).map_err(|e| format!("does not read: {e}"))?;
    for Member { offset, len, context, .. } in all {
        let bytes = read(offset, len).map_err(|e| e.to_string())?;
        let (_, batch) = decoded(&context.unwrap_or_default(), &bytes)?;
        tell(batch)?;
    }
    Ok(())
}

const DAMAGED: &str = "does not read: the file is damaged";

/// All rows of a file of any columns, batch by batch, from wherever its bytes lie.
pub fn rows(len: u64, read: &ReadAt, tell: &mut dyn FnMut(&RecordBatch) -> Result<(), String>) -> Result<(), String> {
    let mut each = || {
        let (List::Anywhere(list), mut all) = (&BATCHES.list, Vec::new()) else { return Err("has no list".into()) };
        list(len, read, &mut all).map_err(|e| format!("does not read: {e}"))?;
        for Member { offset, len, context, .. } in all {
            let (_, batch) = decoded(&context.unwrap_or_default(), &read(offset, len).map_err(|e| e.to_string())?)?;
            batch.columns().iter().try_for_each(|a| a.to_data().validate_full()).map_err(|e| e.to_string())?;
            tell(&plain_batch(&batch)?)?;
        }
        Ok(())
    };
    guarded(&mut each).unwrap_or_else(|| Err(DAMAGED.into()))
}

fn whole(input: &mut dyn BufRead) -> Result<Vec<u8>, String> {
    let mut file = Vec::new();
    input.read_to_end(&mut file).map_err(|e| e.to_string())?;
    Ok(file)
}

/// The id of each row.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let file = whole(input)?;
    let mut each = |batch: RecordBatch| {
        match batch.column_by_name("id") {
            Some(ids) => {
                let texts = ids.as_string_opt::<i32>().ok_or("holds no text in `id`")?;
                texts.iter().for_each(&mut *tell);
            }
            None => (0..batch.num_rows()).for_each(|_| tell(None)),
        }
        Ok(())
    };
    guarded(|| each_batch(&file, &mut each)).unwrap_or_else(|| Err(DAMAGED.into()))
}

/// The values of each batch, which is a piece.
pub fn values(input: &mut dyn BufRead, back: &Back, tell: Tell) -> Result<(), String> {
    let file = whole(input)?;
    let mut each = |batch: RecordBatch| {
        if batch.num_columns() != back.columns.len() {
            return Err("has other columns than release.json names".into());
        }
        let column = |c: &Released| {
            let array = batch.column_by_name(&c.name).ok_or_else(|| format!("has no column `{}`", c.name))?;
            array.to_data().validate_full().map_err(|e| e.to_string())?;
            of_typed(array, &c.holds)
        };
        tell(Part::Rows(back.columns.iter().map(column).collect::<Result<_, String>>()?))?;
        tell(Part::End)
    };
    guarded(|| each_batch(&file, &mut each)).unwrap_or_else(|| Err(DAMAGED.into()))
}
