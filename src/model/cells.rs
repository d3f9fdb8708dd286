//! A helper for nouns whose cell is a record.
use crate::table::Value;

/// Makes a record of these fields, which stand in the order of its column type.
pub(super) fn record_of<const N: usize>(of: [(&str, Value); N]) -> Value {
    Value::Struct(of.into_iter().map(|(n, v)| (n.to_string(), v)).collect())
}
