//! Columns of lists of records, read and built field by field: where they stand by the million, a value for each slot costs more
//! than all else.
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, ListArray, StructArray};
use arrow_buffer::{NullBuffer, OffsetBuffer};
use arrow_schema::DataType;
use std::ops::Range;
use std::sync::Arc;

/// A column of lists of records.
pub struct Lists<'a> {
    lists: &'a ListArray,
    records: &'a StructArray,
}

impl<'a> Lists<'a> {
    /// The lists of a column; `None` if it holds something else.
    pub fn of(array: &'a dyn Array) -> Option<Lists<'a>> {
        let lists = array.as_list_opt::<i32>()?;
        Some(Lists { lists, records: lists.values().as_struct_opt()? })
    }

    /// Where the records of a row stand in the fields; `None` where there is no list.
    pub fn range(&self, row: usize) -> Option<Range<usize>> {
        if row >= self.lists.len() || self.lists.is_null(row) {
            return None;
        }
        let (start, end) = self.lists.offsets().get(row).zip(self.lists.offsets().get(row + 1))?;
        Some(*start as usize..*end as usize)
    }

    /// Whether there is a record at a place, and no null.
    pub fn holds(&self, at: usize) -> bool {
        at < self.records.len() && self.records.is_valid(at)
    }

    /// A field of all records.
    pub fn field(&self, name: &str) -> Option<&'a ArrayRef> {
        self.records.column_by_name(name)
    }
}

/// A column of lists of records. `rows` says how many records each row has, where it has a list; `fields` are those of all records,
/// in the order of the type.
pub fn lists_of(ty: &DataType, rows: &[Option<usize>], fields: Vec<ArrayRef>) -> Result<ArrayRef, String> {
    let DataType::List(item) = ty else { return Err(format!("{ty} is no list")) };
    let DataType::Struct(own) = item.data_type() else { return Err(format!("{ty} holds no records")) };
    let wrong = |e: arrow_schema::ArrowError| e.to_string();
    let records = StructArray::try_new(own.clone(), fields, None).map_err(wrong)?;
    let offsets = OffsetBuffer::from_lengths(rows.iter().map(|n| n.unwrap_or(0)));
    let valid: Vec<bool> = rows.iter().map(Option::is_some).collect();
    let nulls = valid.iter().any(|v| !v).then(|| NullBuffer::from(valid));
    Ok(Arc::new(ListArray::try_new(item.clone(), offsets, Arc::new(records), nulls).map_err(wrong)?))
}
