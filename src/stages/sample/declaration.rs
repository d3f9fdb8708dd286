//! What `[sample.NAME]` may say, and what is wrong with it.
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::manifest::{Decimal, Declared};
use crate::model::weights;
use crate::stage::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Chooses some of the samples: a smaller or more even data set, released by `of = "sample.NAME"` of a release.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The splits of which samples are chosen. Default: all samples.
    #[schemars(length(min = 1))]
    pub of: Option<Vec<At<String>>>,
    /// How many samples are chosen, of those that every release of the sample can hold: one without a label that a release holds, or
    /// without a value that it demands (`require`), is not chosen and is counted (`unreleased`).
    #[schemars(range(min = 1))]
    pub size: Option<At<u64>>,
    /// Which share of the samples is chosen, above 0 and at most 1, rounded to whole samples.
    pub share: Option<At<Decimal>>,
    /// Chooses as many samples of each class of this column, as far as there are so many. A sample of several classes counts as
    /// one of its rarest; samples without a value are not chosen. Without `size` and `share` each class gets as many as the
    /// rarest has.
    pub balance: Option<At<String>>,
    /// Keeps the shares that the values of this column have; of a label its sets of classes.
    pub stratify: Option<At<String>>,
    /// How many samples of each value of a column are chosen, of a source for example.
    pub mix: Option<At<Mix>>,
    /// Draws samples in proportion to the numbers of this column, without replacement (Efraimidis and Spirakis 2006). Samples whose
    /// number is 0, below or missing are not chosen, and are counted (`without`).
    pub weighted: Option<At<String>>,
    /// At most so many samples of each value of a column, those that are drawn first.
    pub cap: Option<At<Cap>>,
    /// Writes the column `weight.NAME`: for each chosen sample the inverse of how often its classes of this column are chosen, on
    /// average 1 over equally frequent classes; of several classes the mean. Drawing by it with replacement, as PyTorch's
    /// `WeightedRandomSampler` does, gives each class as often.
    pub weight: Option<At<String>>,
    /// What happens if there are fewer samples than `size`: `fail` or `keep`. Default `fail`.
    pub short: Option<At<Short>>,
    /// What the samples are drawn from. Another seed is another choice; more samples move few.
    #[serde(default)]
    pub seed: u64,
}

/// Shares by the values of a column: by their own numbers, or declared.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Mix {
    /// The column; `source` is the name of a sample's `[collect.NAME]`.
    pub by: At<String>,
    /// The share of each value is in proportion to its number of samples to the power of this, 0 to 1: 1 keeps the shares, 0
    /// makes them equal (temperature sampling: the temperature is 1 / alpha).
    pub alpha: Option<At<Decimal>>,
    /// The share of each value in proportion to these weights; values that are not named are not chosen.
    #[serde(default)]
    pub weights: BTreeMap<String, At<Decimal>>,
}

/// A bound for each value of a column.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// The column. Samples without a value are not bounded.
    pub by: At<String>,
    /// How many samples of one value are chosen at most.
    #[schemars(range(min = 1))]
    pub max: u64,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Short {
    /// The build fails.
    #[default]
    Fail,
    /// What is there is chosen.
    Keep,
}

/// Digits behind the point that a share or a weight may have.
pub const DIGITS: u32 = 6;

pub fn declared(check: &mut Check) -> Option<Declaration> {
    let d: Declaration = check.read()?;
    let columns = [&d.balance, &d.stratify, &d.weight, &d.weighted].into_iter().flatten().cloned();
    let by = d.mix.iter().map(|mix| mix.get().by.clone()).chain(d.cap.iter().map(|cap| cap.get().by.clone()));
    columns.chain(by).for_each(|column| drop(check.known(&column)));
    check_splits(check, &d);
    check_numbers(check, &d);
    check_ways(check, &d);
    check_use(check, d.weight.as_ref());
    Some(d)
}

fn check_splits(check: &mut Check, d: &Declaration) {
    let ratios = check.manifest.table(&["split", "ratios"]).and_then(|(_, table)| table.get_ref().as_table());
    let known: Vec<String> = ratios.into_iter().flat_map(|of| of.keys().map(|k| k.get_ref().to_string())).collect();
    for split in d.of.iter().flatten().filter(|split| !known.contains(split.get())) {
        let message = format!("there is no split `{}`", split.get());
        let problem = Diagnostic::error("T0630", split.span(), message);
        check.bad(problem.label(crate::diag::suggest(split, known.iter().map(String::as_str))));
    }
}

fn check_numbers(check: &mut Check, d: &Declaration) {
    if let Some(share) = d.share.as_ref().filter(|share| millionths(share.get()).is_none_or(|n| n == 0 || n > UNIT)) {
        let problem = Diagnostic::error("T0631", share.span(), "`share` is no share");
        check.bad(problem.label("above 0, at most 1, with at most six digits behind the point"));
    }
    let numbers = |column: &&At<String>| {
        let ty = check.column("samples", column);
        ty.is_some_and(|ty| !ty.is_integer() && !ty.is_floating())
    };
    if let Some(column) = d.weighted.as_ref().filter(numbers) {
        let message = format!("the values of `{}` are no numbers", column.get());
        let problem = Diagnostic::error("T0631", column.span(), message).label("no sample would be drawn");
        check.bad(problem.help("declare the field as `int` or `float` in [schema]"));
    }
    let Some(mix) = d.mix.as_ref().map(At::get) else { return };
    if let Some(alpha) = mix.alpha.as_ref().filter(|alpha| millionths(alpha.get()).is_none_or(|n| n > UNIT)) {
        let problem = Diagnostic::error("T0631", alpha.span(), "`alpha` is no power");
        check.bad(problem.label("0 to 1, with at most six digits behind the point"));
    }
    for (name, weight) in mix.weights.iter().filter(|(_, w)| millionths(w.get()).is_none_or(|n| n > UNIT * UNIT)) {
        let problem = Diagnostic::error("T0631", weight.span(), format!("the weight of `{name}` is none"));
        check.bad(problem.label("0 to 1,000,000, with at most six digits behind the point"));
    }
}

/// Keys of which one alone can hold.
fn check_ways(check: &mut Check, d: &Declaration) {
    let spans = |of: [(&'static str, Option<std::ops::Range<usize>>); 3]| -> Vec<_> {
        of.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
    };
    let mix = d.mix.as_ref();
    let ways = spans([
        ("balance", d.balance.as_ref().map(At::span)),
        ("stratify", d.stratify.as_ref().map(At::span)),
        ("mix", mix.map(At::span)),
    ]);
    let sizes = spans([("size", d.size.as_ref().map(At::span)), ("share", d.share.as_ref().map(At::span)), ("", None)]);
    for found in [&ways, &sizes] {
        if let [(first, _), (other, span), ..] = found.as_slice() {
            let message = format!("`{first}` and `{other}` contradict each other");
            check.bad(Diagnostic::error("T0632", span.clone(), message).label("take one of them out"));
        }
    }
    if let Some(mix) = mix.filter(|mix| mix.get().alpha.is_some() != mix.get().weights.is_empty()) {
        let problem = Diagnostic::error("T0632", mix.span(), "`mix` needs one of `alpha` and `weights`");
        check.bad(problem.label("not both, and not neither"));
    }
    if let Some(short) = d.short.as_ref().filter(|_| d.size.is_none()) {
        let problem = Diagnostic::error("T0632", short.span(), "`short` is about `size`, which is not declared");
        check.bad(problem.label("has no effect"));
    }
    if sizes.is_empty() && d.balance.is_none() && d.cap.is_none() {
        let span = check.span.clone();
        let problem = Diagnostic::error("T0632", span, format!("[{}] chooses nothing out of its samples", check.path));
        check.bad(problem.label("needs `size`, `share`, `balance` or `cap`"));
    }
}

/// The releases that take what is chosen.
fn takers<'c>(check: &Check<'c>) -> Vec<&'c Declared> {
    let of = |table: &&Declared| {
        let of = table.get_ref().as_table().and_then(|table| table.get("of")?.get_ref().as_str());
        of == Some(check.path.as_str())
    };
    check.manifest.instances(&["release"]).into_iter().map(|(_, _, table)| table).filter(of).collect()
}

/// The columns in which a sample must have a value to be in every release that takes it: the labels that they hold, and what they
/// demand.
pub fn demanded(check: &Check) -> Vec<String> {
    let mut out = Vec::new();
    for table in takers(check).into_iter().filter_map(|table| table.get_ref().as_table()) {
        let list = |key: &str| table.get(key).and_then(|list| list.get_ref().as_array());
        let named = |of: &[Declared]| of.iter().filter_map(|c| Some(c.get_ref().as_str()?.to_string())).collect();
        let held: Vec<String> = match list("columns") {
            Some(columns) => named(columns),
            None => check.columns_of("samples").filter(|c| !c.1.inner).map(|c| c.0.to_string()).collect(),
        };
        out.extend(held.into_iter().filter(|name| name.starts_with("label.")));
        out.extend(list("require").map(|columns| named(columns)).unwrap_or_default());
    }
    out.retain(|name| check.column("samples", name).is_some());
    out.sort();
    out.dedup();
    out
}

/// A sample that no release takes is of no use, nor are weights that none holds.
fn check_use(check: &mut Check, weight: Option<&At<String>>) {
    let takers = takers(check);
    if takers.is_empty() {
        let message = format!("no release takes the samples that [{}] chooses", check.path);
        let problem = Diagnostic::warning("T0634", check.span.clone(), message).label("has no effect on any release");
        return check.bad(problem.help(format!("`of = \"{}\"` in a [release.NAME]", check.path)));
    }
    let Some(weight) = weight else { return };
    let column = weights::column(&check.path);
    let holds = |table: &Declared| {
        let columns = table.get_ref().as_table().and_then(|table| table.get("columns")?.get_ref().as_array());
        columns.is_none_or(|all| all.iter().any(|c| c.get_ref().as_str() == Some(column.as_str())))
    };
    if !takers.iter().any(|table| holds(table)) {
        let message = format!("no release holds the weights of [{}]", check.path);
        let problem = Diagnostic::warning("T0634", weight.span(), message).label("has no effect on any release");
        check.bad(problem.help(format!("add \"{column}\" to `columns`")));
    }
}

/// A whole one in millionths.
pub const UNIT: u64 = 1_000_000;

/// A decimal that is not below 0, in millionths.
pub fn millionths(decimal: &Decimal) -> Option<u64> {
    u64::try_from(decimal.numerator_over(DIGITS)?).ok()
}
