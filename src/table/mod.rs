//! Tables: Arrow arrays, their types and values, the canonical bytes that are digested and stored, and where
//! partitions are cut. A table is an ordered list of partitions; a partition is a header over digests.
pub mod cache;
pub mod codec;
pub mod cutting;
pub mod difference;
pub mod lists;
pub mod slots;
pub mod types;
pub mod value;
pub mod weight;
pub mod within;

pub use arrow_array::{Array, ArrayRef};
pub use arrow_schema::DataType;
pub use codec::{column_digest, decode, encode};
pub use slots::feed;
pub use types::{blob, list, record, utf8};
pub use value::{Builder, Cell, Value, array_of, bytes_at, cells, text_at, text_column, texts, value_at};

use crate::digest::Digest;
use arrow_array::BooleanArray;
use arrow_array::cast::AsArray;
use serde::{Deserialize, Serialize};

/// Which rows of a partition are still samples; all of them until a step drops one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "LivingText", into = "LivingText")]
pub enum Living {
    All(u32),
    Some(BooleanArray),
}

/// How living rows are told to another process.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LivingText {
    rows: u32,
    dead: Vec<u32>,
}

impl From<Living> for LivingText {
    fn from(living: Living) -> LivingText {
        let rows = living.rows();
        LivingText { rows, dead: (0..rows).filter(|r| !living.is(*r)).collect() }
    }
}

impl From<LivingText> for Living {
    fn from(text: LivingText) -> Living {
        match text.dead.is_empty() {
            true => Living::All(text.rows),
            false => Living::All(text.rows).without(text.dead),
        }
    }
}

impl Living {
    pub fn is(&self, row: u32) -> bool {
        match self {
            Living::All(n) => row < *n,
            Living::Some(b) => (row as usize) < b.len() && b.value(row as usize),
        }
    }

    pub fn count(&self) -> u32 {
        match self {
            Living::All(n) => *n,
            Living::Some(b) => b.true_count() as u32,
        }
    }

    pub fn rows(&self) -> u32 {
        match self {
            Living::All(n) => *n,
            Living::Some(b) => b.len() as u32,
        }
    }

    /// Without the rows named.
    pub fn without(&self, dead: impl IntoIterator<Item = u32>) -> Living {
        let mut bits: Vec<bool> = (0..self.rows()).map(|r| self.is(r)).collect();
        for r in dead {
            if let Some(b) = bits.get_mut(r as usize) {
                *b = false;
            }
        }
        if bits.iter().all(|b| *b) { Living::All(self.rows()) } else { Living::Some(BooleanArray::from(bits)) }
    }

    /// A hexadecimal digit for every four rows, the first row as its highest bit; empty where all live.
    pub fn bits(&self) -> String {
        let Living::Some(_) = self else { return String::new() };
        let digit = |from: u32| (0..4).fold(0, |digit, row| digit << 1 | u32::from(self.is(from + row)));
        (0..self.rows()).step_by(4).filter_map(|from| char::from_digit(digit(from), 16)).collect()
    }

    /// Whether a row lives, as [`Living::bits`] tells it.
    pub fn is_in(bits: &str, row: usize) -> bool {
        let digit = bits.as_bytes().get(row / 4).and_then(|c| char::from(*c).to_digit(16));
        bits.is_empty() || digit.is_some_and(|digit| digit >> (3 - row % 4) & 1 == 1)
    }

    /// `E(bool)` of its own, the input named `*` of a recipe.
    pub fn digest(&self) -> Digest {
        match self {
            Living::All(n) => column_digest(&BooleanArray::from(vec![true; *n as usize])),
            Living::Some(b) => column_digest(b),
        }
    }
}

/// Whether a cell names the bytes of that digest, also within lists and records.
pub fn names_blob(array: &dyn Array, digest: &[u8; 32]) -> bool {
    match array.data_type() {
        DataType::FixedSizeBinary(32) => array.as_fixed_size_binary().iter().flatten().any(|d| d == digest),
        DataType::List(_) => names_blob(array.as_list::<i32>().values().as_ref(), digest),
        DataType::Struct(_) => array.as_struct().columns().iter().any(|c| names_blob(c.as_ref(), digest)),
        _ => false,
    }
}

/// A column of nulls: what a partition holds of a column that its source does not give.
pub fn nulls(ty: &DataType, n: usize) -> ArrayRef {
    arrow_array::new_null_array(ty, n)
}

/// Rows of several columns of one type, each named by its column and its place there.
pub fn interleave(ty: &DataType, of: &[ArrayRef], rows: &[(u32, u32)]) -> Result<ArrayRef, String> {
    if of.is_empty() || rows.is_empty() {
        return Ok(arrow_array::new_empty_array(ty));
    }
    let columns: Vec<&dyn Array> = of.iter().map(|a| a.as_ref()).collect();
    let inside = |(c, r): &(u32, u32)| columns.get(*c as usize).is_some_and(|a| (*r as usize) < a.len());
    if !rows.iter().all(inside) {
        return Err("a row that is not there was to be taken".into());
    }
    let rows: Vec<(usize, usize)> = rows.iter().map(|(c, r)| (*c as usize, *r as usize)).collect();
    arrow_select::interleave::interleave(&columns, &rows).map_err(|e| e.to_string())
}

/// The rows named, in that order.
pub fn take(array: &ArrayRef, rows: &[u32]) -> ArrayRef {
    let idx = arrow_array::UInt32Array::from(rows.to_vec());
    arrow_select::take::take(array.as_ref(), &idx, None).unwrap_or_else(|_| nulls(array.data_type(), rows.len()))
}

/// One after another; all must have one type.
pub fn concat(ty: &DataType, arrays: &[ArrayRef]) -> Result<ArrayRef, String> {
    if arrays.is_empty() {
        return Ok(nulls(ty, 0));
    }
    let refs: Vec<&dyn Array> = arrays.iter().map(|a| a.as_ref()).collect();
    arrow_select::concat::concat(&refs).map_err(|e| e.to_string())
}
