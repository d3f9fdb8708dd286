//! The record batches of a file: out of its footer, or, of a stream, by going from message to message.
use crate::formats::cut::Members;
use crate::formats::cut::members::{List, Member, ReadAt};
use crate::formats::guard::guarded;
use arrow_ipc::{Block, Message, MessageHeader, convert::try_fb_to_schema, root_as_footer, root_as_message};
use arrow_schema::Schema;
use std::io;

pub static BATCHES: Members =
    Members { name: "record batches", broken: "arrow.list", list: List::Anywhere(batches), archives: false };

/// What a file begins and ends with; a stream has none.
pub const MAGIC: &[u8] = b"ARROW1";

/// The longest footer, and the longest description of a message.
const SAID_MAX: u64 = 64 << 20;

/// The most bytes that all batches of a file may be given besides their own: each is given the schema and all dictionaries.
const CONTEXTS_MAX: u64 = 256 << 20;

/// A message in a file.
struct Place {
    at: u64,
    /// Up to where its body begins.
    head: u64,
    body: u64,
}

/// A message with its description.
struct Said {
    place: Place,
    about: Vec<u8>,
}

impl Said {
    fn message(&self) -> io::Result<Message<'_>> {
        root_as_message(&self.about).map_err(broken)
    }
}

/// Which kind of message it is, and how many rows a record batch has.
enum Kind {
    Schema,
    Dictionary,
    Batch(u64),
}

fn batches(size: u64, read: &ReadAt, out: &mut Vec<Member>) -> io::Result<()> {
    // the library may panic on a description that was damaged
    guarded(|| match is_file(size, read)? {
        true => of_file(size, read, out),
        false => of_stream(size, read, out),
    })
    .unwrap_or_else(|| Err(broken("it panics")))
}

/// The schema that a file begins with.
pub fn schema(size: u64, read: &ReadAt) -> io::Result<Schema> {
    let first = message(size, read, begin(size, read)?)?.ok_or_else(|| broken("it is empty"))?;
    let said = first.message()?;
    try_fb_to_schema(said.header_as_schema().ok_or_else(|| broken("no schema"))?).map_err(broken)
}

fn is_file(size: u64, read: &ReadAt) -> io::Result<bool> {
    Ok(read(0, size.min(MAGIC.len() as u64))? == MAGIC)
}

/// Where the first message begins: behind the magic of a file and what fills it up.
fn begin(size: u64, read: &ReadAt) -> io::Result<u64> {
    if !is_file(size, read)? {
        return Ok(0);
    }
    let head = read(0, size.min(72))?;
    let filled = (8..72).step_by(8).find(|at| head.get(*at..at + 4).is_some_and(|word| word != [0; 4]));
    filled.map(|at| at as u64).ok_or_else(|| broken("it is empty"))
}

/// The message at a place; `None` where the stream ends.
fn message(size: u64, read: &ReadAt, at: u64) -> io::Result<Option<Said>> {
    if at == size {
        return Ok(None);
    }
    let word = |at: u64| -> io::Result<u32> {
        let bytes = read(at, 4)?;
        bytes.first_chunk().map(|b| u32::from_le_bytes(*b)).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    };
    // older streams have no mark in front of the length
    let first = word(at)?;
    let (len, before) = if first == u32::MAX { (word(at + 4)?, 8) } else { (first, 4) };
    if len == 0 {
        return Ok(None);
    }
    if u64::from(len) > SAID_MAX {
        return Err(broken("the description of a message is too long"));
    }
    let about = read(at + before, len.into())?;
    let body = u64::try_from(root_as_message(&about).map_err(broken)?.bodyLength()).map_err(broken)?;
    let place = Place { at, head: before + u64::from(len), body };
    match place.at.checked_add(place.head).and_then(|n| n.checked_add(place.body)).filter(|end| *end <= size) {
        Some(_) => Ok(Some(Said { place, about })),
        None => Err(io::ErrorKind::UnexpectedEof.into()),
    }
}

fn kind(said: &Said) -> io::Result<Kind> {
    let message = said.message()?;
    match message.header_type() {
        MessageHeader::Schema => Ok(Kind::Schema),
        MessageHeader::DictionaryBatch => Ok(Kind::Dictionary),
        MessageHeader::RecordBatch => {
            let batch = message.header_as_record_batch().ok_or_else(|| broken("no batch"))?;
            let rows = u64::try_from(batch.length()).map_err(broken)?;
            // the narrowest value of a row is a bit; of rows without any there may be some
            match rows <= said.place.body.saturating_mul(8).max(1 << 16) {
                true => Ok(Kind::Batch(rows)),
                false => Err(broken("more rows than there are bits")),
            }
        }
        _ => Err(broken("a message of another kind")),
    }
}

impl Place {
    fn len(&self) -> u64 {
        self.head + self.body
    }

    fn bytes(&self, read: &ReadAt) -> io::Result<Vec<u8>> {
        if self.len() > CONTEXTS_MAX {
            return Err(broken("its dictionaries are too large"));
        }
        read(self.at, self.len())
    }

    fn member(&self, rows: u64, context: &[u8]) -> io::Result<Member> {
        let records = u32::try_from(rows).map_err(broken)?;
        Ok(Member { offset: self.at, len: self.len(), records, context: Some(context.to_vec()), ..Member::default() })
    }
}

/// Notes that one more batch is given a context.
fn given(context: &[u8], all: &mut u64) -> io::Result<()> {
    *all = all.saturating_add(context.len() as u64);
    if *all > CONTEXTS_MAX { Err(broken("its dictionaries are too large")) } else { Ok(()) }
}

fn of_stream(size: u64, read: &ReadAt, out: &mut Vec<Member>) -> io::Result<()> {
    let (mut at, mut context, mut all) = (0, Vec::new(), 0);
    while let Some(said) = message(size, read, at)? {
        match kind(&said)? {
            Kind::Schema if at == 0 => context = said.place.bytes(read)?,
            _ if context.is_empty() => return Err(broken("it does not begin with a schema")),
            Kind::Schema => return Err(broken("a second schema")),
            Kind::Dictionary => context.extend(said.place.bytes(read)?),
            Kind::Batch(rows) => {
                given(&context, &mut all)?;
                out.push(said.place.member(rows, &context)?);
            }
        }
        at += said.place.len();
    }
    if context.is_empty() { Err(broken("it is empty")) } else { Ok(()) }
}

fn of_file(size: u64, read: &ReadAt, out: &mut Vec<Member>) -> io::Result<()> {
    let tail_at = size.checked_sub(10).ok_or_else(|| broken("the file is too short"))?;
    let tail = read(tail_at, 10)?;
    let len = tail.first_chunk().map(|b| u64::from(u32::from_le_bytes(*b))).unwrap_or_default();
    if tail.get(4..) != Some(MAGIC) || len > SAID_MAX {
        return Err(broken("no footer"));
    }
    let at = tail_at.checked_sub(len).ok_or_else(|| broken("the footer is longer than the file"))?;
    let footer = read(at, len)?;
    let footer = root_as_footer(&footer).map_err(broken)?;
    let first = message(size, read, begin(size, read)?)?.ok_or_else(|| broken("no schema"))?;
    let mut context = match kind(&first)? {
        Kind::Schema => first.place.bytes(read)?,
        _ => return Err(broken("it does not begin with a schema")),
    };
    for block in footer.dictionaries().into_iter().flatten() {
        let said = block_of(at, read, block)?;
        match kind(&said)? {
            Kind::Dictionary if context.len() as u64 + said.place.len() <= CONTEXTS_MAX => {
                context.extend(said.place.bytes(read)?);
            }
            _ => return Err(broken("a dictionary that is none, or too large")),
        }
    }
    let mut all = 0;
    for block in footer.recordBatches().into_iter().flatten() {
        let said = block_of(at, read, block)?;
        let Kind::Batch(rows) = kind(&said)? else { return Err(broken("a batch that is none")) };
        given(&context, &mut all)?;
        out.push(said.place.member(rows, &context)?);
    }
    Ok(())
}

/// The message that a footer names, which ends before the footer.
fn block_of(end: u64, read: &ReadAt, block: &Block) -> io::Result<Said> {
    let at = u64::try_from(block.offset()).map_err(broken)?;
    let said = message(end, read, at)?.ok_or_else(|| broken("a message that is not there"))?;
    let agrees = i64::try_from(said.place.body) == Ok(block.bodyLength());
    if agrees { Ok(said) } else { Err(broken("a message is not as the footer says")) }
}

fn broken(why: impl ToString) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_string())
}
