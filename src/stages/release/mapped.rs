//! `release.NAME/mapped`: what classes are called in this release, where that is not as they are declared.
//!
//! ```toml
//! [release.coarse.map.defect]
//! rust = "stain"
//! moss = "stain"
//! ```
//!
//! The labels are renamed before anything else of the release is made of its rows, so that every file and every document calls the classes the
//! same; numbered formats number what is left, in the declared order. A sample that has two classes that become one has it once. Labels of the data set itself, and of other releases, stay as they
//! are. Fact: `renamed`, how many annotations have another class. Finding, told of no sample: `map.unmet`, a class that no released sample has.
use super::declaration::{declared, rows_table};
use crate::stage::*;
use crate::table::value::column;
use crate::table::{Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub const ENTRY: Entry = Entry::row::<Rename>("release/mapped", "release.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check).filter(|r| !r.map.is_empty()) else { return Vec::new() };
    let table = rows_table(check);
    let own = |label: &String| Some((label.clone(), check.column(&table, label)?.clone()));
    let own: Vec<_> = r.map.keys().filter_map(own).collect();
    let reads = own.iter().map(|(label, _)| label.clone()).collect();
    let ports = Ports { table, reads, writes: writes(own), ..Ports::default() };
    let map = Map { map: r.map.clone() };
    let gather = Gather { path: check.path.clone(), map: r.map.clone() };
    vec![Plan::row::<Rename>(ports, &map, &gather, &Nothing {}).word("mapped")]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// Of each label what its classes are called.
    map: BTreeMap<String, BTreeMap<String, String>>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    path: String,
    map: BTreeMap<String, BTreeMap<String, String>>,
}

struct Rename;

impl RowStage for Rename {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for (label, names) in &p.map {
            let array = rows.column(label)?;
            let (mut met, mut out) = (BTreeMap::new(), Vec::with_capacity(rows.len()));
            for row in 0..rows.len() {
                out.push(renamed(value_at(array.as_ref(), row), names, &mut met));
            }
            delta.write(label.clone(), column(array.data_type(), &out).map_err(Fault::Bug)?);
            for (class, times) in met {
                summary.put(key_of(label, &class).as_bytes(), 0, u64::to_be_bytes(times));
            }
        }
        Ok(delta)
    }
}

impl Rename {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut met, mut renamed) = (BTreeSet::new(), 0);
        for hit in hits.iter() {
            renamed += hit.value.as_ref().try_into().map_or(0, u64::from_be_bytes);
            met.insert(hit.key.to_vec());
        }
        for (label, names) in &p.map {
            for class in names.keys().filter(|class| !met.contains(key_of(label, class).as_bytes())) {
                let key = format!("{}.map.{}", p.path, label.strip_prefix("label.").unwrap_or(label));
                out.remark(&key, "map.unmet", format!("`{class}` is mapped, and no released sample has it"));
            }
        }
        out.fact("renamed", renamed);
        Ok(())
    }
}

/// What is counted of a class.
fn key_of(label: &str, class: &str) -> String {
    format!("{label}\t{class}")
}

/// A label whose classes are called as `names` says; counts what it renames.
fn renamed(label: Value, names: &BTreeMap<String, String>, met: &mut BTreeMap<String, u64>) -> Value {
    match label {
        Value::Text(class) => match names.get(&class) {
            Some(to) => {
                *met.entry(class).or_default() += 1;
                Value::Text(to.clone())
            }
            None => Value::Text(class),
        },
        Value::List(items) => {
            let mut out: Vec<Value> = Vec::with_capacity(items.len());
            for item in items {
                let plain = matches!(item, Value::Text(_));
                let item = renamed(item, names, met);
                // two classes of a sample may become one
                if !plain || !out.contains(&item) {
                    out.push(item);
                }
            }
            Value::List(out)
        }
        Value::Struct(fields) => {
            let one = |(name, value): (String, Value)| match name.as_str() {
                "class" => (name, renamed(value, names, met)),
                _ => (name, value),
            };
            Value::Struct(fields.into_iter().map(one).collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_called_otherwise_wherever_they_stand() {
        let names: BTreeMap<String, String> =
            [("rust", "stain"), ("moss", "stain")].map(|(a, b)| (a.to_string(), b.to_string())).into();
        let (text, mut met) = (|t: &str| Value::Text(t.into()), BTreeMap::new());
        assert_eq!(renamed(text("rust"), &names, &mut met), text("stain"));
        assert_eq!(renamed(text("dent"), &names, &mut met), text("dent"));
        let set = Value::List(vec![text("moss"), text("dent"), text("rust")]);
        assert_eq!(renamed(set, &names, &mut met), Value::List(vec![text("stain"), text("dent")]));
        let shape = |class: &str| {
            Value::Struct(vec![("class".into(), text(class)), ("flags".into(), Value::List(vec![text("rust")]))])
        };
        let shapes = Value::List(vec![shape("rust"), shape("rust")]);
        let want = Value::List(vec![shape("stain"), shape("stain")]);
        assert_eq!(renamed(shapes, &names, &mut met), want, "each shape stays, and its flags are no classes");
        assert_eq!(met, BTreeMap::from([("moss".to_string(), 1), ("rust".to_string(), 4)]));
        assert_eq!(renamed(Value::Null, &names, &mut met), Value::Null);
    }
}
