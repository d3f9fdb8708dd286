//! The canonical bytes of a column: what its digest is taken of, and what the store keeps. So a stored column proves
//! itself: reading it back is hashing it, and no version of an encoding library can change a digest.
//!
//! `T ++ 0x00 ++ E(A)` as written in `spec/store.md`: slices applied, dictionaries decoded, nothing below a null.
use super::types;
use crate::digest::Digest;
use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
};
use arrow_array::types::{TimestampMicrosecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type};
use arrow_array::*;
use arrow_buffer::{BooleanBuffer, Buffer, NullBuffer, OffsetBuffer, ScalarBuffer};
use arrow_schema::{DataType, Field};
use std::sync::Arc;

const CONTEXT: &str = "tamis column 1";

/// The digest of a column.
pub fn column_digest(array: &dyn Array) -> Digest {
    Digest::derive(CONTEXT, &encode(array))
}

/// The digest of canonical bytes that `encode` made.
pub fn bytes_digest(bytes: &[u8]) -> Digest {
    Digest::derive(CONTEXT, bytes)
}

/// Whether bytes begin as those of a column do; a guess that saves hashing them twice.
pub fn looks(bytes: &[u8]) -> bool {
    let text = bytes.iter().take(1 << 12).position(|b| *b == 0).and_then(|zero| bytes.get(..zero));
    text.and_then(|t| std::str::from_utf8(t).ok()).and_then(types::parse).is_some_and(|(_, rest)| rest.is_empty())
}

/// Canonical bytes.
pub fn encode(array: &dyn Array) -> Vec<u8> {
    let mut out = types::text(array.data_type()).into_bytes();
    out.push(0);
    encode_values(array, &mut out);
    out
}

/// Where in the canonical bytes of a column of texts these begin, behind validity and lengths.
pub fn texts_begin(array: &dyn Array) -> Option<usize> {
    let validity = if array.null_count() == 0 { 0 } else { array.len().div_ceil(8) };
    let is_texts = *array.data_type() == DataType::Utf8;
    is_texts.then(|| types::text(array.data_type()).len() + 1 + 8 + 1 + validity + 4 * array.len())
}

fn encode_values(array: &dyn Array, out: &mut Vec<u8>) {
    if let Some(plain) = plain(array) {
        return encode_values(plain.as_ref(), out);
    }
    out.extend((array.len() as u64).to_le_bytes());
    encode_validity(array, out);
    match array.data_type() {
        DataType::Boolean => match (array.as_boolean().values(), array.nulls()) {
            (bits, None) => encode_bits(bits, out),
            (bits, Some(nulls)) => encode_bits(&(bits & nulls.inner()), out), // a null is 0, whatever lies below it
        },
        DataType::Utf8 => {
            let a = array.as_string::<i32>();
            encode_bytes(a.offsets(), a.values(), a.nulls(), out);
        }
        DataType::LargeUtf8 => encode_strings(array.as_string::<i64>().iter().map(|v| v.map(str::as_bytes)), out),
        DataType::Utf8View => encode_strings(array.as_string_view().iter().map(|v| v.map(str::as_bytes)), out),
        DataType::Binary => {
            let a = array.as_binary::<i32>();
            encode_bytes(a.offsets(), a.values(), a.nulls(), out);
        }
        DataType::LargeBinary => encode_strings(array.as_binary::<i64>().iter(), out),
        DataType::BinaryView => encode_strings(array.as_binary_view().iter(), out),
        DataType::FixedSizeBinary(_) => {
            for v in array.as_fixed_size_binary().iter() {
                out.extend(v.unwrap_or(&[0; 32]));
            }
        }
        DataType::List(_) => {
            let a = array.as_list::<i32>();
            let o = a.offsets();
            encode_lists(array, |i| (o[i] as usize, o[i + 1] as usize), a.values(), out);
        }
        DataType::LargeList(_) => {
            let a = array.as_list::<i64>();
            let o = a.offsets();
            encode_lists(array, |i| (o[i] as usize, o[i + 1] as usize), a.values(), out);
        }
        DataType::FixedSizeList(_, n) => {
            let (a, n) = (array.as_fixed_size_list(), *n as usize);
            let first = a.value_offset_at(0);
            encode_lists(array, |i| (first + i * n, first + (i + 1) * n), a.values(), out);
        }
        DataType::Struct(_) => {
            let a = array.as_struct();
            let live: Vec<u32> = (0..a.len() as u32).filter(|i| a.is_valid(*i as usize)).collect();
            for c in a.columns() {
                if live.len() == a.len() {
                    encode_values(c.as_ref(), out);
                } else {
                    encode_values(super::take(c, &live).as_ref(), out);
                }
            }
        }
        _ => encode_numbers(array, out),
    }
}

/// The values of fixed width, one after another; there is one bit pattern for all that are no number.
fn encode_numbers(array: &dyn Array, out: &mut Vec<u8>) {
    match array.data_type() {
        DataType::Int8 => numbers::<Int8Type, 1>(array, i8::to_le_bytes, out),
        DataType::Int16 => numbers::<Int16Type, 2>(array, i16::to_le_bytes, out),
        DataType::Int32 => numbers::<Int32Type, 4>(array, i32::to_le_bytes, out),
        DataType::Date32 => numbers::<Date32Type, 4>(array, i32::to_le_bytes, out),
        DataType::Int64 => numbers::<Int64Type, 8>(array, i64::to_le_bytes, out),
        DataType::Timestamp(..) => numbers::<TimestampMicrosecondType, 8>(array, i64::to_le_bytes, out),
        DataType::UInt8 => numbers::<UInt8Type, 1>(array, u8::to_le_bytes, out),
        DataType::UInt16 => numbers::<UInt16Type, 2>(array, u16::to_le_bytes, out),
        DataType::UInt32 => numbers::<UInt32Type, 4>(array, u32::to_le_bytes, out),
        DataType::UInt64 => numbers::<UInt64Type, 8>(array, u64::to_le_bytes, out),
        DataType::Decimal128(..) => numbers::<Decimal128Type, 16>(array, i128::to_le_bytes, out),
        DataType::Float32 => numbers::<Float32Type, 4>(
            array,
            |v| if v.is_nan() { 0x7fc0_0000u32.to_le_bytes() } else { v.to_le_bytes() },
            out,
        ),
        DataType::Float64 => numbers::<Float64Type, 8>(
            array,
            |v| if v.is_nan() { 0x7ff8_0000_0000_0000u64.to_le_bytes() } else { v.to_le_bytes() },
            out,
        ),
        _ => {} // no other type can be declared (`types::text` says `unsupported`, so nothing can be read back)
    }
}

/// Dictionaries and runs as what they hold.
fn plain(array: &dyn Array) -> Option<ArrayRef> {
    match array.data_type() {
        DataType::Dictionary(..) => {
            let d = array.as_any_dictionary_opt()?;
            arrow_select::take::take(d.values().as_ref(), d.keys(), None).ok()
        }
        DataType::RunEndEncoded(..) => {
            let all = UInt32Array::from_iter_values(0..array.len() as u32);
            let run = array.as_any().downcast_ref::<RunArray<Int32Type>>()?;
            let rows = run.get_physical_indices(all.values()).ok()?;
            let rows: Vec<u32> = rows.into_iter().map(|r| r as u32).collect();
            Some(super::take(run.values(), &rows))
        }
        _ => None,
    }
}

/// The bits as Arrow has them, the least first, from the first byte on; spare bits are 0.
fn encode_bits(bits: &BooleanBuffer, out: &mut Vec<u8>) {
    let (packed, n) = (bits.sliced(), bits.len());
    out.extend(packed.as_slice().iter().take(n.div_ceil(8)));
    if let Some(last) = out.last_mut().filter(|_| !n.is_multiple_of(8)) {
        *last &= (1 << (n % 8)) - 1;
    }
}

fn encode_validity(array: &dyn Array, out: &mut Vec<u8>) {
    if array.null_count() == 0 {
        return out.push(0);
    }
    out.push(1);
    if let Some(nulls) = array.nulls() {
        encode_bits(nulls.inner(), out);
    }
}

fn numbers<T: ArrowPrimitiveType, const N: usize>(a: &dyn Array, bytes: fn(T::Native) -> [u8; N], out: &mut Vec<u8>) {
    let a = a.as_primitive::<T>();
    out.reserve(a.len() * N);
    for (i, v) in a.values().iter().enumerate() {
        out.extend(if a.is_valid(i) { bytes(*v) } else { [0; N] });
    }
}

/// The same of Arrow's usual layout: without a null the bytes already lie one after another.
fn encode_bytes(offsets: &OffsetBuffer<i32>, values: &[u8], nulls: Option<&NullBuffer>, out: &mut Vec<u8>) {
    let valid = |i| nulls.is_none_or(|n| n.is_valid(i));
    let pairs = || offsets.windows(2).enumerate().map(|(i, w)| (w[0] as usize, w[1] as usize, valid(i)));
    out.reserve(offsets.len() * 4 + values.len());
    out.extend(pairs().flat_map(|(a, b, valid)| (if valid { b - a } else { 0 } as u32).to_le_bytes()));
    match nulls.is_some_and(|n| n.null_count() > 0) {
        true => pairs().filter(|p| p.2).for_each(|(a, b, _)| out.extend(&values[a..b])),
        false => out.extend(&values[offsets[0] as usize..offsets[offsets.len() - 1] as usize]),
    }
}

fn encode_strings<'a>(values: impl Iterator<Item = Option<&'a [u8]>> + Clone, out: &mut Vec<u8>) {
    for v in values.clone() {
        out.extend((v.map_or(0, <[u8]>::len) as u32).to_le_bytes());
    }
    for v in values.flatten() {
        out.extend(v);
    }
}

fn encode_lists(array: &dyn Array, range: impl Fn(usize) -> (usize, usize), child: &ArrayRef, out: &mut Vec<u8>) {
    let mut gaps = false;
    let (mut first, mut next) = (None, 0);
    for i in 0..array.len() {
        let (a, b) = if array.is_valid(i) { range(i) } else { (0, 0) };
        out.extend(((b - a) as u32).to_le_bytes());
        if b > a {
            gaps |= first.is_some() && a != next;
            first = first.or(Some(a));
            next = b;
        }
    }
    let first = first.unwrap_or(0);
    if !gaps {
        return encode_values(child.slice(first, next.max(first) - first).as_ref(), out);
    }
    let rows: Vec<u32> = (0..array.len())
        .filter(|i| array.is_valid(*i))
        .flat_map(|i| (range(i).0 as u32)..(range(i).1 as u32))
        .collect();
    encode_values(super::take(child, &rows).as_ref(), out);
}

/// The column of canonical bytes. The bytes are trusted to be whole (their digest was checked), not to be well formed.
/// Texts and binary values stay where they are: the column holds on to the bytes.
pub fn decode(bytes: impl Into<Buffer>) -> Result<ArrayRef, String> {
    let bytes = bytes.into();
    let zero = bytes.iter().position(|b| *b == 0).ok_or("no type")?;
    let text = std::str::from_utf8(&bytes[..zero]).map_err(|_| "the type is not text")?;
    let (ty, rest) = types::parse(text).ok_or_else(|| format!("unknown type {text}"))?;
    let mut input = Input { bytes: &bytes, at: zero + 1 };
    let array = decode_values(&ty, &mut input)?;
    if rest.is_empty() && input.at == bytes.len() { Ok(array) } else { Err("bytes are left over".into()) }
}

struct Input<'a> {
    bytes: &'a Buffer,
    at: usize,
}

impl Input<'_> {
    fn take(&mut self, n: usize) -> Result<&[u8], String> {
        let end = self.at.checked_add(n).ok_or("bytes are missing")?;
        let found = self.bytes.get(self.at..end).ok_or("bytes are missing")?;
        self.at = end;
        Ok(found)
    }

    /// The same without a copy.
    fn share(&mut self, n: usize) -> Result<Buffer, String> {
        let at = self.at;
        self.take(n)?;
        Ok(self.bytes.slice_with_length(at, n))
    }

    fn u64(&mut self) -> Result<u64, String> {
        Ok(u64::from_le_bytes(self.take(8)?.try_into().map_err(|_| "bytes are missing")?))
    }

    fn bits(&mut self, n: usize) -> Result<BooleanBuffer, String> {
        Ok(BooleanBuffer::new(Buffer::from(self.take(n.div_ceil(8))?), 0, n))
    }

    /// Lengths as offsets from 0, and how many elements there are.
    fn offsets(&mut self, n: usize) -> Result<(OffsetBuffer<i32>, usize), String> {
        let lengths = self.take(n.checked_mul(4).ok_or("too many rows")?)?;
        let mut at = 0i32;
        let mut offsets = Vec::with_capacity(n + 1);
        offsets.push(0);
        for l in lengths.as_chunks::<4>().0 {
            let len = i32::try_from(u32::from_le_bytes(*l)).map_err(|_| "a length over 2 GiB")?;
            at = at.checked_add(len).ok_or("a column over 2 GiB")?;
            offsets.push(at);
        }
        Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), at as usize))
    }

    fn fixed<T: ArrowPrimitiveType>(&mut self, n: usize, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
        let size = size_of::<T::Native>();
        let raw = self.take(n.checked_mul(size).ok_or("too many rows")?)?;
        // copied into an aligned buffer; the canonical form is little-endian, as are the machines tamis supports
        let mut aligned = arrow_buffer::MutableBuffer::with_capacity(raw.len());
        aligned.extend_from_slice(raw);
        let values = ScalarBuffer::<T::Native>::new(aligned.into(), 0, n);
        Ok(Arc::new(PrimitiveArray::<T>::new(values, nulls)))
    }
}

/// A column of texts. One look at all bytes with vector instructions is several times as fast as the check that Arrow
/// makes, and columns are read far more often than written.
fn texts(offsets: OffsetBuffer<i32>, values: Buffer, nulls: Option<NullBuffer>) -> Result<ArrayRef, String> {
    simdutf8::basic::from_utf8(&values).map_err(|_| "a text that is not UTF-8")?;
    let inside = |at: &i32| values.get(*at as usize).is_some_and(|b| b & 0xc0 == 0x80);
    if offsets.last() as usize != values.len() || offsets.iter().any(inside) {
        return Err("a text that ends within a character".into());
    }
    if nulls.as_ref().is_some_and(|n| n.len() + 1 != offsets.len()) {
        return Err("validity of another length".into());
    }
    // SAFETY: offsets ascend from 0 to the length of `values` (`OffsetBuffer` checked that they ascend), all of it is
    // UTF-8, no offset lies within a character, and there are as many validity bits as texts.
    Ok(Arc::new(unsafe { StringArray::new_unchecked(offsets, values, nulls) }))
}

fn decode_values(ty: &DataType, input: &mut Input) -> Result<ArrayRef, String> {
    let n = usize::try_from(input.u64()?).map_err(|_| "too many rows")?;
    let nulls = match input.take(1)? {
        [0] => None,
        [1] => Some(NullBuffer::new(input.bits(n)?)),
        _ => return Err("a validity byte that is neither 0 nor 1".into()),
    };
    Ok(match ty {
        DataType::Boolean => Arc::new(BooleanArray::new(input.bits(n)?, nulls)),
        DataType::Int8 => input.fixed::<Int8Type>(n, nulls)?,
        DataType::Int16 => input.fixed::<Int16Type>(n, nulls)?,
        DataType::Int32 => input.fixed::<Int32Type>(n, nulls)?,
        DataType::Date32 => input.fixed::<Date32Type>(n, nulls)?,
        DataType::Int64 => input.fixed::<Int64Type>(n, nulls)?,
        DataType::Timestamp(..) => input.fixed::<TimestampMicrosecondType>(n, nulls)?,
        DataType::UInt8 => input.fixed::<UInt8Type>(n, nulls)?,
        DataType::UInt16 => input.fixed::<UInt16Type>(n, nulls)?,
        DataType::UInt32 => input.fixed::<UInt32Type>(n, nulls)?,
        DataType::UInt64 => input.fixed::<UInt64Type>(n, nulls)?,
        DataType::Float32 => input.fixed::<Float32Type>(n, nulls)?,
        DataType::Float64 => input.fixed::<Float64Type>(n, nulls)?,
        DataType::Decimal128(p, s) => {
            let a = input.fixed::<Decimal128Type>(n, nulls)?;
            let a = a.as_primitive::<Decimal128Type>().clone();
            Arc::new(a.with_precision_and_scale(*p, *s).map_err(|e| e.to_string())?)
        }
        DataType::Utf8 => {
            let (offsets, len) = input.offsets(n)?;
            texts(offsets, input.share(len)?, nulls)?
        }
        DataType::Binary => {
            let (offsets, len) = input.offsets(n)?;
            let values = input.share(len)?;
            Arc::new(BinaryArray::try_new(offsets, values, nulls).map_err(|e| e.to_string())?)
        }
        DataType::FixedSizeBinary(_) => {
            let values = input.share(n.checked_mul(32).ok_or("too many rows")?)?;
            Arc::new(FixedSizeBinaryArray::try_new(32, values, nulls).map_err(|e| e.to_string())?)
        }
        DataType::List(f) => {
            let (offsets, _) = input.offsets(n)?;
            let child = decode_values(f.data_type(), input)?;
            Arc::new(ListArray::try_new(f.clone(), offsets, child, nulls).map_err(|e| e.to_string())?)
        }
        DataType::Struct(fields) => decode_struct(fields, n, nulls, input)?,
        other => return Err(format!("no column type: {other}")),
    })
}

fn decode_struct(
    fields: &arrow_schema::Fields,
    n: usize,
    nulls: Option<NullBuffer>,
    input: &mut Input,
) -> Result<ArrayRef, String> {
    let mut children = Vec::with_capacity(fields.len());
    for f in fields {
        let dense = decode_values(f.data_type(), input)?;
        children.push(match &nulls {
            Some(valid) => spread(&dense, valid),
            None => dense,
        });
    }
    let fields: Vec<Field> = fields.iter().map(|f| f.as_ref().clone()).collect();
    if fields.is_empty() {
        return Ok(Arc::new(StructArray::new_empty_fields(n, nulls)));
    }
    Ok(Arc::new(StructArray::try_new(fields.into(), children, nulls).map_err(|e| e.to_string())?))
}

/// The stored slots of the valid structs, put back into their places; null elsewhere.
fn spread(dense: &ArrayRef, valid: &NullBuffer) -> ArrayRef {
    let mut next = 0u32;
    let rows: UInt32Array = valid
        .iter()
        .map(|v| {
            v.then(|| {
                next += 1;
                next - 1
            })
        })
        .collect();
    arrow_select::take::take(dense.as_ref(), &rows, None)
        .unwrap_or_else(|_| super::nulls(dense.data_type(), rows.len()))
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
