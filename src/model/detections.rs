//! What a model finds on a picture: boxes with a class, and how sure it is of each.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, record, utf8};
use serde::{Deserialize, Serialize};

/// A found object, in pixels, 0-based, end exclusive.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
pub struct Detection {
    pub class: String,
    pub x1: f64,
    pub y1: f64,
    pub x2: f64,
    pub y2: f64,
    /// From 0 to 1.
    pub score: f64,
}

impl Detection {
    /// Left, top, right, bottom.
    pub fn corners(&self) -> [f64; 4] {
        [self.x1, self.y1, self.x2, self.y2]
    }
}

impl Cell for Detection {
    fn ty() -> DataType {
        let number = DataType::Float64;
        let sides = ["x1", "y1", "x2", "y2", "score"].map(|name| (name, number.clone()));
        record(&[&[("class", utf8())], sides.as_slice()].concat())
    }

    fn into_value(self) -> Value {
        let [x1, y1, x2, y2] = self.corners().map(Value::Float);
        let class = self.class.into_value();
        record_of([
            ("class", class),
            ("x1", x1),
            ("y1", y1),
            ("x2", x2),
            ("y2", y2),
            ("score", Value::Float(self.score)),
        ])
    }

    fn from_value(v: &Value) -> Option<Detection> {
        let number = |name| f64::from_value(v.field(name));
        Some(Detection {
            class: v.field("class").text()?.into(),
            x1: number("x1")?,
            y1: number("y1")?,
            x2: number("x2")?,
            y2: number("y2")?,
            score: number("score")?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, cells};

    #[test]
    fn detections_read_back_from_columns() {
        let one = Detection { class: "cat".into(), x1: 0.5, y1: 1.0, x2: 9.25, y2: 8.0, score: 0.75 };
        let column =
            array_of([Some(vec![one.clone(), Detection { score: 0.5, ..one.clone() }]), Some(Vec::new()), None]);
        let back = cells::<Vec<Detection>>(column.as_ref());
        assert_eq!(back, [Some(vec![one.clone(), Detection { score: 0.5, ..one }]), Some(Vec::new()), None]);
    }
}
