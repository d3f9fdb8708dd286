//! What is said of single shapes or spans of another label.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, record, utf8};

/// The kind of task whose answers these are.
pub const KIND: &str = "attribute";

/// A class for one shape of another label.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Attribute {
    /// The place of the shape in the list of that label, from 0.
    pub shape: u32,
    pub class: String,
}

impl Cell for Attribute {
    fn ty() -> DataType {
        record(&[("shape", DataType::UInt32), ("class", utf8())])
    }
    fn into_value(self) -> Value {
        record_of([("shape", self.shape.into_value()), ("class", self.class.into_value())])
    }
    fn from_value(v: &Value) -> Option<Self> {
        Some(Attribute { shape: u32::from_value(v.field("shape"))?, class: v.field("class").text()?.into() })
    }
}

/// The value of an attribute among the flags of a shape: `major` of `severity=major`.
pub fn flagged<'f>(flags: &'f [String], name: &str) -> Option<&'f str> {
    flags.iter().find_map(|flag| flag.strip_prefix(name)?.strip_prefix('='))
}

/// The name and the value of a flag; one without a value is true.
pub fn parted(flag: &str) -> (&str, Option<&str>) {
    flag.split_once('=').map_or((flag, None), |(name, value)| (name, Some(value)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, cells};

    #[test]
    fn attributes_stand_in_a_column_and_among_flags() {
        let one = |shape, class: &str| Attribute { shape, class: class.into() };
        let column = vec![Some(vec![one(0, "major"), one(2, "minor")]), None, Some(vec![])];
        assert_eq!(cells::<Vec<Attribute>>(array_of(column.clone()).as_ref()), column);
        let flags = ["occluded", "severity=major", "severity.of=x"].map(String::from);
        assert_eq!((flagged(&flags, "severity"), flagged(&flags, "occluded")), (Some("major"), None));
        assert_eq!((parted("a=b=c"), parted("red")), (("a", Some("b=c")), ("red", None)));
    }
}
