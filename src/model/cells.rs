//! Records as values: what every noun that is a record of a column is made of.
use crate::table::Value;

/// A record of these fields, in the order of its column type.
pub(super) fn record_of<const N: usize>(of: [(&str, Value); N]) -> Value {
    Value::Struct(of.into_iter().map(|(n, v)| (n.to_string(), v)).collect())
}
