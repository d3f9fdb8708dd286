//! What `[split] time` may say: splits that follow each other in time, so that nothing is trained on what comes after what
//! it is tested on.
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Splits follow each other in time.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Time {
    /// The column that says when: days (`2026-01-31`), points in time of RFC 3339 (without a zone: UTC), or numbers, of which
    /// greater ones are later.
    pub field: At<String>,
    /// The splits, the earliest first. Default: the usual order of `train`, then `valid`, `validation` or `dev`, then `test`;
    /// with other names it must be declared.
    pub order: Option<At<Vec<String>>>,
    /// How many days must lie between the samples of a split and those of all later ones. Samples that are nearer leave the
    /// data set. With `group` a group is as late as its latest sample: earlier ones of a group in a later split stay, and are
    /// told (`split.early`). Default 0.
    pub gap_days: Option<At<u32>>,
    /// What happens to samples whose field is empty or says no time.
    #[serde(default)]
    pub missing: Missing,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The build fails.
    #[default]
    Fail,
    /// They leave the data set.
    Drop,
}

/// What the gather knows of it.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Order {
    pub field: String,
    /// The splits, the earliest first.
    pub splits: Vec<String>,
    /// In microseconds.
    #[serde(default, skip_serializing_if = "is_default")]
    pub gap: i64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub missing: Missing,
}

const DAY: i64 = 86_400_000_000;

/// Notes what is wrong in the table, and what contradicts it. `others` are keys of `[split]` with their places that decide
/// which split a sample is in, too.
pub fn check(check: &mut Check, time: &At<Time>, splits: &[&str], others: Vec<(&str, Range<usize>)>) {
    let ty = check.known(&time.get().field).map(|column| column.ty);
    let numbers = ty.as_ref().is_some_and(|ty| ty.is_integer() || ty.is_floating());
    if ty.is_some_and(|ty| !numbers && ty != DataType::Utf8) {
        let message = format!("`{}` cannot say when: it holds neither texts nor numbers", time.get().field.get());
        check.bad(Diagnostic::error("T0608", time.get().field.span(), message).label("not a time"));
    }
    if let Some(gap) = time.get().gap_days.as_ref().filter(|gap| numbers && *gap.get() > 0) {
        let message = "there are no days between numbers";
        check.bad(Diagnostic::error("T0608", gap.span(), message).label("needs a field of days or points in time"));
    }
    check_order(check, splits, time);
    for (key, span) in others {
        let message = format!("`split.{key}` and `split.time` contradict each other");
        let problem = Diagnostic::error("T0608", span, message).label("time alone decides which split a sample is in");
        check.bad(problem.help(format!("take `{key}` out, or `time`")));
    }
}

fn check_order(check: &mut Check, declared: &[&str], time: &At<Time>) {
    let Some(order) = &time.get().order else {
        if usual(declared).is_none() {
            let message = format!("which of the splits {} comes first is not known", declared.join(", "));
            let problem = Diagnostic::error("T0608", time.span(), message).label("needs `order`");
            check.bad(problem.help(format!("add `order = [...]` with {}, the earliest first", declared.join(", "))));
        }
        return;
    };
    let mut named: Vec<&str> = order.get().iter().map(String::as_str).collect();
    named.sort_unstable();
    if named != *declared {
        let message = format!("`order` must name each of the splits {} once", declared.join(", "));
        check.bad(Diagnostic::error("T0608", order.span(), message).label("not these"));
    }
}

/// The order in which splits of these names usually follow each other; `None` for other names.
fn usual(names: &[&str]) -> Option<Vec<String>> {
    let place = |name: &&str| match *name {
        "train" => Some(0),
        "valid" | "validation" | "dev" => Some(1),
        "test" => Some(2),
        _ => None,
    };
    let mut placed: Vec<(i32, &str)> = names.iter().map(|name| Some((place(name)?, *name))).collect::<Option<_>>()?;
    placed.sort_unstable();
    let doubled = placed.windows(2).any(|pair| matches!(pair, [(a, _), (b, _)] if a == b));
    (!doubled).then(|| placed.into_iter().map(|(_, name)| name.to_string()).collect())
}

/// What the gather is told.
pub fn order(time: &Time, splits: &[&str]) -> Option<Order> {
    Some(Order {
        field: time.field.get().clone(),
        splits: time.order.as_ref().map(|order| order.get().clone()).or_else(|| usual(splits))?,
        gap: i64::from(time.gap_days.as_ref().map_or(0, |gap| *gap.get())) * DAY,
        missing: time.missing,
    })
}

/// A sample without a time is in no place of the order.
pub fn gate(time: &At<Time>) -> Option<Gate> {
    let column = time.get().field.get();
    (time.get().missing == Missing::Fail).then(|| {
        Gate::at_most("split.time", "split.time.missing", 0u64.into(), time.get().field.span())
            .say(format!("samples have no time in `{column}`; `missing = \"drop\"` leaves them out"))
            .look("tamis show split --findings")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_order_needs_usual_names() {
        assert_eq!(usual(&["test", "train", "valid"]).unwrap(), ["train", "valid", "test"]);
        assert_eq!(usual(&["dev", "train"]).unwrap(), ["train", "dev"]);
        assert!(usual(&["a", "b"]).is_none() && usual(&["dev", "train", "valid"]).is_none());
    }
}
