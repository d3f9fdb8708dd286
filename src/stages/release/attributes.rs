//! What labels of other tasks say of the shapes of a format's label: flags of these, which the format writes as attributes.
use super::declaration::kind_of;
use crate::model::attributes::{Attribute, KIND, parted};
use crate::stage::{Check, Fault, Rows};
use crate::table::value::column;
use crate::table::{ArrayRef, Cell, Value, value_at};

/// The released labels whose target is this label, as the name of the task and the column.
pub fn attributes(check: &Check, label: &str, columns: &[String]) -> Vec<(String, String)> {
    let target = |task: &str| {
        check
            .manifest
            .table(&["label", task])
            .and_then(|(_, table)| Some(table.get_ref().as_table()?.get("target")?.get_ref().as_str()?.to_string()))
    };
    let named = |column: &String| Some((column.strip_prefix("label.")?.to_string(), column.clone()));
    let own = |(task, column): &(String, String)| {
        kind_of(check, column) == Some(KIND) && target(task).as_deref() == Some(label)
    };
    columns.iter().filter_map(named).filter(own).collect()
}

/// A column of shapes with the classes of these labels among the flags of each. What its own source said under these names gives way.
pub fn with_attributes(rows: &Rows, shapes: &ArrayRef, of: &[(String, String)]) -> Result<ArrayRef, Fault> {
    let labels = of.iter().map(|(task, name)| Ok((task.as_str(), rows.column(name)?)));
    let labels: Vec<(&str, ArrayRef)> = labels.collect::<Result<_, Fault>>()?;
    let cell = |row: usize| {
        let mut cell = value_at(shapes.as_ref(), row);
        for (task, label) in &labels {
            let said: Vec<Attribute> = Vec::from_value(&value_at(label.as_ref(), row)).unwrap_or_default();
            cell = flagged(cell, task, &said);
        }
        cell
    };
    let cells: Vec<Value> = (0..rows.len()).map(cell).collect();
    column(shapes.data_type(), &cells).map_err(Fault::Bug)
}

fn flagged(cell: Value, task: &str, said: &[Attribute]) -> Value {
    let Value::List(shapes) = cell else { return cell };
    let one = |(shape, n): (Value, u32)| {
        let class = said.iter().find(|one| one.shape == n).map(|one| one.class.as_str());
        let Value::Struct(fields) = shape else { return shape };
        let field = |(name, value): (String, Value)| match name.as_str() {
            "flags" => (name, flags(&value, task, class)),
            _ => (name, value),
        };
        Value::Struct(fields.into_iter().map(field).collect())
    };
    Value::List(shapes.into_iter().zip(0u32..).map(one).collect())
}

fn flags(own: &Value, task: &str, class: Option<&str>) -> Value {
    let own: Vec<String> = Vec::from_value(own).unwrap_or_default();
    let mut all: Vec<String> = own.into_iter().filter(|flag| parted(flag).0 != task).collect();
    all.extend(class.map(|class| format!("{task}={class}")));
    all.sort();
    all.into_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::boxes::Box2;

    #[test]
    fn a_label_takes_the_place_of_what_the_source_said() {
        let of = |flags: &[&str]| Box2 {
            class: "c".into(),
            x1: 0.0,
            y1: 0.0,
            x2: 1.0,
            y2: 1.0,
            flags: flags.iter().map(|f| f.to_string()).collect(),
        };
        let said = [Attribute { shape: 1, class: "major".into() }];
        let cell = vec![of(&["severity=minor"]), of(&["occluded", "severity=minor"])].into_value();
        let want = vec![of(&[]), of(&["occluded", "severity=major"])].into_value();
        assert_eq!(flagged(cell, "severity", &said), want);
        assert_eq!(flagged(Value::Null, "severity", &said), Value::Null);
    }
}
