//! `[privacy.operators]`: whole columns are replaced, dropped or made less exact.
//!
//! ```toml
//! [privacy]
//! key = { env = "TAMIS_KEY" }
//! [privacy.operators]
//! who = { pseudonymize = {} }
//! seen = { shift_days = { max = 30, by = "who" } }   # one shift for all days of a person
//! born = { generalize = "year" }
//! age = { top_bottom = { min = 18, max = 90 } }
//! income = { round = { to = 1000 } }
//! visits = { noise = { max = 2 } }
//! name = { drop = {} }
//! ```
//!
//! Reads and writes the columns named, before `[privacy.detect]` looks into texts. Pseudonyms, shifts and noise draw from
//! `[privacy] key`, never from a seed that stands in the manifest. A pseudonym is twelve digits that only the key gives; equal
//! values have equal ones, in all columns and releases. Days are columns of days, or texts such as 2026-01-31; a text that is no
//! day becomes null. Changes: `privacy.drop` and the like, one for each value changed. Limits:
//! a null stays null. Noise is uniform, and no promise of differential privacy.
use super::actions::code;
use super::detect::CONTEXT;
use super::detectors::Canonical;
use crate::diag::Diagnostic;
use crate::digest::{Digest, Stream, keyed};
use crate::manifest::sections::Empty;
use crate::model::days;
use crate::stage::*;
use crate::table::{DataType, Value, types, value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::Range;

/// What happens to whole columns, by their names.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(transparent)]
pub struct Declaration(pub BTreeMap<String, Operator>);

/// What happens to the values of a column.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
#[schemars(extend("x-one-of" = [["drop", "pseudonymize", "generalize", "round", "top_bottom", "shift_days", "noise"]]))]
pub struct Operator {
    /// Every value becomes null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop: Option<Empty>,
    /// A text becomes twelve digits that the key gives; equal texts become equal ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pseudonymize: Option<Empty>,
    /// A day becomes the first of its month or of its year; a text that is no day becomes null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generalize: Option<Coarse>,
    /// A number becomes the nearest multiple, half of it away from zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub round: Option<Round>,
    /// A number beyond a limit becomes the limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub top_bottom: Option<Limits>,
    /// A day moves by a number of days that the key gives; a text that is no day becomes null.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shift_days: Option<Shift>,
    /// A whole number that the key gives is added to a whole number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Coarse {
    /// The first of the month.
    Month,
    /// The first of January.
    Year,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Round {
    /// Of what it becomes a multiple.
    #[schemars(range(min = 1))]
    pub to: u32,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// What is less becomes this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<i64>,
    /// What is more becomes this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<i64>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    /// Most days, in either direction; at least one.
    #[schemars(range(min = 1))]
    pub max: u32,
    /// The column whose equal values share a shift, so that the days between two events of a person stay. Without it each sample
    /// has a shift of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Noise {
    /// Most that is added or taken away; every whole number up to it is as likely.
    #[schemars(range(min = 1))]
    pub max: u32,
}

pub const ENTRY: Entry =
    Entry::row::<Stage>("privacy/operators", "privacy.operators", declare).schema(|g| g.subschema_for::<Declaration>());

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(Declaration(columns)) = check.read::<Declaration>() else { return Vec::new() };
    let mut reads = vec!["id".to_string()];
    let mut writes = Vec::new();
    for (name, operator) in &columns {
        let Some(column) = known(check, name, name) else { continue };
        if let Err(say) = fits(check, name, operator, &column) {
            let problem =
                Diagnostic::error("T0545", place(check, name), format!("`{name}` cannot be changed in this way"));
            check.bad(problem.label(say));
        }
        reads.push(name.clone());
        if let Some(by) = operator.shift_days.as_ref().and_then(|s| s.by.clone()).filter(|by| by != "id")
            && known(check, name, &by).is_some()
        {
            reads.push(by);
        }
        writes.push((name.clone(), column));
    }
    let keyed = columns.values().any(|o| o.pseudonymize.is_some() || o.shift_days.is_some() || o.noise.is_some());
    let secret = if keyed { check.secret(check.span.clone(), CONTEXT) } else { None };
    if columns.is_empty() {
        return Vec::new();
    }
    // also after a mistake: nothing is built then, and no release tells these columns as unseen
    reads.sort();
    reads.dedup();
    let masks = columns.keys().cloned().collect();
    let map = Map { columns, fingerprint: secret.as_ref().map(Secret::fingerprint), secret: None };
    let ports = Ports { table: "samples".into(), reads, writes, ..Ports::default() };
    vec![Plan { masks, secret, ..Plan::map::<Stage>(ports, &map) }]
}

/// Where a column stands in the table.
fn place(check: &Check, name: &str) -> Range<usize> {
    check.manifest.span_of(&format!("{}.{name}", check.path)).unwrap_or(check.span.clone())
}

/// A column of the samples; `None` with the problem noted at the operator of `of`.
fn known(check: &mut Check, of: &str, name: &str) -> Option<Column> {
    if let Some(column) = check.columns.get("samples").and_then(|columns| columns.get(name)) {
        return Some(column.clone());
    }
    let help = crate::diag::suggest(name, check.names("samples"));
    let problem = Diagnostic::error("T0310", place(check, of), format!("no step gives the column `{name}`"));
    check.bad(problem.label(help));
    None
}

/// Why an operator cannot be used on a column.
fn fits(check: &Check, name: &str, operator: &Operator, column: &Column) -> Result<(), String> {
    let plain = matches!(column.role, Role::Plain | Role::Text) && !column.inner && !RESERVED.contains(&name);
    if !plain {
        return Err("the column is made by tamis and stays as it is".into());
    }
    if check.text_of_spans().as_deref() == Some(name) {
        return Err("labels may lie on this text; [privacy.detect] changes it with them".into());
    }
    if let Some(Limits { min: Some(min), max: Some(max) }) = &operator.top_bottom
        && min > max
    {
        return Err("the least is more than the most".into());
    }
    if operator.top_bottom == Some(Limits { min: None, max: None }) {
        return Err("it needs `min`, `max` or both".into());
    }
    let wants: &[DataType] = match operator {
        Operator { drop: Some(_), .. } => return Ok(()),
        Operator { pseudonymize: Some(_), .. } => &[DataType::Utf8],
        Operator { generalize: Some(_), .. } | Operator { shift_days: Some(_), .. } => {
            &[DataType::Utf8, DataType::Date32]
        }
        Operator { noise: Some(_), .. } => &[DataType::Int64],
        _ => &[DataType::Int64, DataType::Float64],
    };
    match wants.contains(&column.ty) {
        true => Ok(()),
        false => Err(format!(
            "it is {}, and must be {}",
            types::text(&column.ty),
            wants.iter().map(types::text).collect::<Vec<_>>().join(" or ")
        )),
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    columns: BTreeMap<String, Operator>,
    #[serde(default, skip_serializing_if = "is_default")]
    fingerprint: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    secret: Option<String>,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let key = p.secret.as_deref().and_then(Digest::parse);
        if p.fingerprint.is_some() && key.is_none() {
            return Err(Fault::Bug("the key of operators is not there".into()));
        }
        let key = key.unwrap_or_default();
        let ids = rows.column("id")?;
        let mut delta = Delta::default();
        for (name, operator) in &p.columns {
            let column = rows.column(name)?;
            let by = match operator.shift_days.as_ref().and_then(|s| s.by.as_deref()).filter(|by| *by != "id") {
                Some(by) => rows.column(by)?,
                None => ids.clone(),
            };
            let mut values = Vec::with_capacity(rows.len());
            for row in 0..rows.len() {
                let of = |array: &crate::table::ArrayRef| value::value_at(array.as_ref(), row);
                let (old, by) = (of(&column), if operator.noise.is_some() { of(&ids) } else { of(&by) });
                let new = changed(operator, name, &old, &by, &key);
                if new != old {
                    let (word, say) = done(operator);
                    delta.event(
                        row,
                        Act::Change,
                        "privacy.operators",
                        format!("privacy.{word}"),
                        format!("{name} {say}"),
                    );
                }
                values.push(new);
            }
            let array = value::column(column.data_type(), &values).map_err(Fault::Bug)?;
            delta.write(name, array);
        }
        Ok(delta)
    }
}

/// The name of an operator's rule, and how it is told.
fn done(operator: &Operator) -> (&'static str, &'static str) {
    match operator {
        Operator { drop: Some(_), .. } => ("drop", "dropped"),
        Operator { pseudonymize: Some(_), .. } => ("pseudonymize", "pseudonymized"),
        Operator { generalize: Some(_), .. } => ("generalize", "generalized"),
        Operator { round: Some(_), .. } => ("round", "rounded"),
        Operator { top_bottom: Some(_), .. } => ("top_bottom", "set to a limit"),
        Operator { shift_days: Some(_), .. } => ("shift_days", "shifted"),
        _ => ("noise", "with noise"),
    }
}

/// The value that comes of another; `by` is the value whose equals draw the same.
fn changed(operator: &Operator, name: &str, old: &Value, by: &Value, key: &Digest) -> Value {
    match (operator, old) {
        (_, Value::Null) | (Operator { drop: Some(_), .. }, _) => Value::Null,
        (Operator { pseudonymize: Some(_), .. }, Value::Text(text)) => {
            Value::Text(code(key, "column", &Canonical::of("person", text)))
        }
        (Operator { generalize: Some(_), .. } | Operator { shift_days: Some(_), .. }, Value::Text(text)) => {
            let day = days::number(text).map(|day| changed(operator, name, &Value::Int(day.into()), by, key));
            let moved = day.and_then(|day| match day {
                Value::Int(day) => i32::try_from(day).ok().map(days::text),
                _ => None,
            });
            moved.map_or(Value::Null, Value::Text)
        }
        (Operator { generalize: Some(to), .. }, Value::Int(day)) => Value::Int(first_day(*day, *to)),
        (Operator { round: Some(round), .. }, number) => rounded(number, i64::from(round.to.max(1))),
        (Operator { top_bottom: Some(limits), .. }, number) => limited(number, limits),
        (Operator { shift_days: Some(shift), .. }, Value::Int(day)) => {
            let max = u64::from(shift.max.max(1));
            let drawn = draw(key, "shift", by).below(0, 2 * max);
            let days = drawn as i64 - max as i64;
            Value::Int(day + if days >= 0 { days + 1 } else { days })
        }
        (Operator { noise: Some(noise), .. }, Value::Int(n)) => {
            let max = u64::from(noise.max);
            let drawn = draw(key, &format!("noise {name}"), by).below(0, 2 * max + 1);
            Value::Int(n.saturating_add(drawn as i64 - max as i64))
        }
        (_, other) => other.clone(),
    }
}

/// Numbers that only the key gives, for a purpose and a value.
fn draw(key: &Digest, purpose: &str, by: &Value) -> Stream {
    let by = by.key_text().unwrap_or_default();
    let Digest(bytes) = keyed(key, format!("{purpose}\0{by}").as_bytes());
    Stream::of_digest(&bytes)
}

fn first_day(day: i64, to: Coarse) -> i64 {
    let text = i32::try_from(day).map(days::text).unwrap_or_default();
    let start = match to {
        Coarse::Month => text.get(..7).map(|month| format!("{month}-01")),
        Coarse::Year => text.get(..4).map(|year| format!("{year}-01-01")),
    };
    start.and_then(|start| days::number(&start)).map_or(day, i64::from)
}

fn rounded(number: &Value, to: i64) -> Value {
    match number {
        Value::Int(n) => {
            let (whole, rest) = (n / to, n % to);
            let up = if rest.abs() * 2 >= to { rest.signum() } else { 0 };
            Value::Int((whole + up).saturating_mul(to))
        }
        Value::Float(x) => Value::Float((x / to as f64).round() * to as f64),
        other => other.clone(),
    }
}

fn limited(number: &Value, limits: &Limits) -> Value {
    let (min, max) = (limits.min.unwrap_or(i64::MIN), limits.max.unwrap_or(i64::MAX));
    match number {
        Value::Int(n) => Value::Int(if *n < min { min } else { (*n).min(max) }),
        Value::Float(x) => Value::Float(match (limits.min, limits.max) {
            (Some(min), _) if *x < min as f64 => min as f64,
            (_, Some(max)) if *x > max as f64 => max as f64,
            _ => *x,
        }),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(toml: &str, old: Value, by: &str) -> Value {
        let operator: Operator = serde_json::from_str(toml).unwrap();
        changed(&operator, "c", &old, &Value::Text(by.into()), &Digest([7; 32]))
    }

    #[test]
    fn each_operator_changes_a_value() {
        let day = |text: &str| Value::Int(days::number(text).unwrap().into());
        assert_eq!(by("{\"drop\":{}}", Value::Int(3), "a"), Value::Null);
        assert_eq!(by("{\"generalize\":\"year\"}", day("1990-03-05"), "a"), day("1990-01-01"));
        assert_eq!(by("{\"generalize\":\"month\"}", day("1990-03-05"), "a"), day("1990-03-01"));
        let text = |text: &str| Value::Text(text.into());
        assert_eq!(by("{\"generalize\":\"year\"}", text("1990-03-05"), "a"), text("1990-01-01"));
        assert_eq!(by("{\"shift_days\":{\"max\":3}}", text("5 March"), "a"), Value::Null);
        assert_eq!(by("{\"round\":{\"to\":10}}", Value::Int(-15), "a"), Value::Int(-20));
        assert_eq!(by("{\"round\":{\"to\":10}}", Value::Float(14.9), "a"), Value::Float(10.0));
        assert_eq!(by("{\"top_bottom\":{\"max\":90}}", Value::Int(97), "a"), Value::Int(90));
        assert_eq!(by("{\"round\":{\"to\":10}}", Value::Null, "a"), Value::Null);
        let pseudonym = |text: &str| by("{\"pseudonymize\":{}}", Value::Text(text.into()), "a");
        assert_eq!(pseudonym("kim"), pseudonym(" kim"));
        assert_ne!(pseudonym("kim"), pseudonym("lee"));
        assert_eq!(pseudonym("kim").text().map(str::len), Some(12));
    }

    #[test]
    fn one_shift_for_all_days_of_a_person_and_never_none() {
        let shift = |day: i64, who: &str| match by("{\"shift_days\":{\"max\":30}}", Value::Int(day), who) {
            Value::Int(new) => new - day,
            _ => 0,
        };
        let all: Vec<i64> = (0..500).map(|n| shift(100, &n.to_string())).collect();
        assert!(all.iter().all(|d| *d != 0 && d.abs() <= 30));
        assert!(all.contains(&30) && all.contains(&-30));
        assert_eq!(shift(100, "kim"), shift(9000, "kim"));
        let noise = |n: i64, id: &str| by("{\"noise\":{\"max\":2}}", Value::Int(n), id);
        assert!((0..100).all(|i| matches!(noise(10, &i.to_string()), Value::Int(8..=12))));
    }

    #[test]
    fn no_parameters_are_the_shortest() {
        assert_eq!(text(&Map::default()), "{}");
    }
}
