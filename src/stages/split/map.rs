//! `map`: what values of the column `given` mean that are no names of splits. Finding: `split.map` (an entry that no sample has), with the facts
//! `split.map.unmet`, their number, and `split.map.missing`, which is not defined where no sample has any.
use super::declaration::{Declaration, check_empty};
use super::records::Gather;
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::measure::names::composed;
use crate::stage::{Check, Fact, Gate, Verdicts};
use std::collections::{BTreeMap, BTreeSet};

/// A value as it is compared.
pub fn plain(value: &str) -> String {
    composed(value.trim()).into_owned()
}

/// The entries by what is compared.
pub fn of(d: &Declaration) -> BTreeMap<String, String> {
    d.map.iter().map(|(value, split)| (plain(value), split.get().clone())).collect()
}

/// Entries are of a column, and name declared splits; no two are of one value.
pub fn check(check: &mut Check, d: &Declaration) {
    check_empty(check, "T0783", "map", d.map.keys().map(|value| (value, false)).collect());
    let Some(first) = d.map.values().next() else { return };
    if d.given.is_none() {
        let problem = Diagnostic::error("T0783", first.span(), "no column names the splits that `map` is about");
        check.bad(problem.label("has no effect").help("name the column: `given = \"COLUMN\"`"));
    }
    let mut seen: BTreeMap<String, &String> = BTreeMap::new();
    for (value, split) in &d.map {
        if !d.ratios.contains_key(split.get()) {
            let problem = Diagnostic::error("T0783", split.span(), format!("there is no split `{}`", split.get()));
            check.bad(problem.label(suggest(split, d.ratios.keys().map(String::as_str))));
        }
        let blank = plain(value).is_empty();
        if let Some(other) = seen.insert(plain(value), value).filter(|_| !blank) {
            let message = format!("`{value}` and `{other}` are one value: blanks around it do not matter");
            check.bad(Diagnostic::error("T0783", split.span(), message).label("it is mapped already"));
        }
        if blank {
            let problem = Diagnostic::error("T0783", split.span(), "a value of blanks alone says nothing");
            check.bad(problem.label("has no effect").help("samples without a value follow `ratios`"));
        }
    }
}

/// Entries of which no sample has any are of another column.
pub fn gate(d: &Declaration) -> Option<Gate> {
    let first = d.map.values().next().filter(|_| d.given.is_some())?;
    let gate = Gate::at_most("split.map", "split.map.missing", Decimal::default(), first.span());
    Some(gate.say("no sample has a value that `map` names").look("tamis show split --by split"))
}

/// Tells of entries that no sample has.
pub fn tell(p: &Gather, met: &BTreeSet<String>, samples: u64, out: &mut Verdicts) {
    if p.map.is_empty() {
        return;
    }
    let unmet: Vec<&String> = p.map.iter().filter(|value| !met.contains(*value)).collect();
    let column = p.given.as_deref().unwrap_or_default();
    for value in unmet.iter().filter(|_| samples > 0) {
        out.remark(
            "split.map",
            "split.map",
            format!("no sample has the value {value:?} in `{column}`, which `map` names"),
        );
    }
    out.fact("map.unmet", unmet.len() as u64);
    let none = samples > 0 && met.is_empty();
    let why = format!("`{column}` has none of the values that `map` names");
    out.fact("map.missing", if none { Fact::Undefined(why) } else { Fact::Int(0) });
}
