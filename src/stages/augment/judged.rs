//! What is said of single shapes follows them into a child: each shape of the target carries its number among its flags while the picture is
//! turned, cut and laid under others, and its answer finds it by that. What is said of a shape that is out of the child is out with it. Shapes of other
//! pictures that lie over it come without what was said of them there.
use crate::model::attributes::{Attribute, KIND};
use crate::stage::{Check, Role};
use crate::table::{Cell, Value, types};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A label about the shapes of another one.
#[derive(Serialize, Deserialize, Default, Clone, PartialEq)]
pub struct Judged {
    /// The label whose shapes are judged.
    pub target: String,
    /// The type of its column.
    pub ty: String,
}

/// As much of a task as says whose shapes it is about.
#[derive(Deserialize)]
struct Target {
    target: String,
}

/// The labels of the samples that are about the shapes of one of these labels, and of which.
pub fn judged<T>(check: &Check, labels: &BTreeMap<String, T>) -> BTreeMap<String, Judged> {
    let mut out = BTreeMap::new();
    for (name, column) in check.columns_of("samples") {
        let Role::Label { task, kind, .. } = &column.role else { continue };
        let table = check.manifest.table(&["label", task]).filter(|_| kind == KIND);
        let of = table.and_then(|(_, table)| crate::manifest::read::<Target>(table).ok());
        if let Some(of) = of.filter(|of| labels.contains_key(&of.target)) {
            out.insert(name.to_string(), Judged { target: of.target, ty: types::text(&column.ty) });
        }
    }
    out
}

/// What no flag of a source begins with.
const MARK: char = '\u{1}';

/// The shapes with their numbers among their flags.
pub fn numbered(cell: Value) -> Value {
    let Value::List(shapes) = cell else { return cell };
    let all = shapes.into_iter().enumerate();
    Value::List(
        all.map(|(n, shape)| with_flags(shape, |flags| flags.push(Value::Text(format!("{MARK}{n}"))))).collect(),
    )
}

/// The shapes as they were, and the number that each had.
pub fn unnumbered(cell: Value) -> (Value, Vec<Option<u32>>) {
    let Value::List(shapes) = cell else { return (cell, Vec::new()) };
    let mut numbers = Vec::with_capacity(shapes.len());
    let number = |flag: &Value| flag.text()?.strip_prefix(MARK)?.parse::<u32>().ok();
    let one = |shape: Value| {
        with_flags(shape, |flags| {
            numbers.push(flags.iter().find_map(number));
            flags.retain(|flag| number(flag).is_none());
        })
    };
    let shapes = shapes.into_iter().map(one).collect();
    (Value::List(shapes), numbers)
}

fn with_flags(shape: Value, change: impl FnOnce(&mut Vec<Value>)) -> Value {
    let Value::Struct(mut fields) = shape else { return shape };
    if let Some((_, flags)) = fields.iter_mut().find(|(name, _)| name == "flags") {
        let mut all = match std::mem::replace(flags, Value::Null) {
            Value::List(all) => all,
            _ => Vec::new(),
        };
        change(&mut all);
        *flags = Value::List(all);
    }
    Value::Struct(fields)
}

/// What was said of the shapes that are left, by the numbers that they have now; and of how many that are not.
pub fn followed(said: &Value, numbers: &[Option<u32>]) -> (Value, u64) {
    let Some(all) = Vec::<Attribute>::from_value(said) else { return (Value::Null, 0) };
    let now: BTreeMap<u32, u32> = numbers.iter().zip(0u32..).filter_map(|(old, new)| Some(((*old)?, new))).collect();
    let mut left: Vec<Attribute> = Vec::with_capacity(all.len());
    let before = all.len();
    left.extend(all.into_iter().filter_map(|one| Some(Attribute { shape: *now.get(&one.shape)?, class: one.class })));
    left.sort();
    let out = (before - left.len()) as u64;
    (left.into_value(), out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::boxes::Box2;

    fn boxed(x: f64, flags: &[&str]) -> Box2 {
        let flags = flags.iter().map(|f| f.to_string()).collect();
        Box2 { class: "a".into(), x1: x, y1: 0.0, x2: x + 1.0, y2: 1.0, flags }
    }

    #[test]
    fn answers_follow_their_shapes() {
        let own = vec![boxed(0.0, &["crowd"]), boxed(1.0, &[]), boxed(2.0, &[])];
        let Value::List(mut shapes) = numbered(own.clone().into_value()) else { panic!() };
        // the second one is out of the child, and one of another picture lies over it
        shapes.remove(1);
        shapes.swap(0, 1);
        shapes.push(boxed(9.0, &["truncated"]).into_value());
        let (left, numbers) = unnumbered(Value::List(shapes));
        let want = vec![own[2].clone(), own[0].clone(), boxed(9.0, &["truncated"])].into_value();
        assert_eq!((left, numbers.as_slice()), (want, &[Some(2), Some(0), None][..]));
        let one = |shape, class: &str| Attribute { shape, class: class.into() };
        let said = vec![one(0, "x"), one(1, "y"), one(2, "z")].into_value();
        assert_eq!(followed(&said, &numbers), (vec![one(0, "z"), one(1, "x")].into_value(), 1));
        assert_eq!(followed(&Value::Null, &numbers), (Value::Null, 0));
        assert_eq!(unnumbered(Value::Null), (Value::Null, vec![]));
    }
}
