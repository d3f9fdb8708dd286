//! The facts of `[ethics]` from what was counted.
use super::records::{Gather, Key};
use crate::measure::association::{Counts, Within, evenness, share, total_variation};
use crate::stage::{Fact, Verdicts};
use std::collections::{BTreeMap, BTreeSet};

/// A column with more values than this is no attribute of people.
const VALUES_MAX: usize = 10_000;

fn text(value: f64) -> String {
    format!("{value:.9}")
}

fn decimal(value: f64) -> Fact {
    Fact::Decimal(text(value))
}

/// A measure on which a gate may stand, unless something keeps it from telling of all groups: then the gate does not hold.
fn judged(value: f64, unjudged: &Option<String>) -> Fact {
    unjudged.as_ref().map_or_else(|| decimal(value), |why| Fact::Undefined(why.clone()))
}

/// Why groups of an attribute cannot be compared: some are left out for their size, or there is nothing to compare.
fn unjudged(small: usize, n_min: u64, groups: usize) -> Option<String> {
    match small {
        0 if groups < 2 => Some("there are fewer than two groups to compare".into()),
        0 => None,
        1 => Some(format!("1 group has fewer than {n_min} samples (`n_min`), so nothing is said of all")),
        n => Some(format!("{n} groups have fewer than {n_min} samples (`n_min`), so nothing is said of all")),
    }
}

fn within(of: Within) -> [String; 3] {
    [of.value, of.low, of.high].map(text)
}

fn columns<const N: usize>(of: [&str; N]) -> Vec<String> {
    of.map(String::from).to_vec()
}

pub fn told(p: &Gather, counted: &[(Key, u64)], out: &mut Verdicts) {
    let total: u64 = counted.iter().map(|c| c.1).sum();
    let mut associations: Vec<Vec<String>> = Vec::new();
    for (n, attribute) in p.attributes.iter().enumerate() {
        let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
        let mut missing = 0;
        for (key, rows) in counted {
            match key.0.get(n).and_then(Option::as_deref) {
                Some(value) => *counts.entry(value).or_default() += rows,
                None => missing += rows,
            }
        }
        out.fact(format!("missing.{attribute}"), missing);
        if counts.len() > VALUES_MAX {
            let say = format!("`{attribute}` has more than {VALUES_MAX} values, which are no groups of samples");
            out.remark("ethics.attributes", "ethics.values", say);
        }
        represented(p, attribute, &counts, out);
        let large: BTreeSet<&str> = counts.iter().filter(|c| *c.1 >= p.n_min).map(|c| *c.0).collect();
        if counts.len() <= VALUES_MAX {
            for (l, label) in p.labels.iter().enumerate() {
                let small = unjudged(counts.len() - large.len(), p.n_min, 2);
                let of = ((n, attribute.as_str()), (l, label.as_str()));
                associations.extend(associated(counted, of, (&large, small), out));
            }
        }
    }
    let head =
        ["attribute", "label", "cramers_v", "low", "high", "corrected", "parity", "low", "high", "impact", "npmi"];
    if !associations.is_empty() {
        out.fact("associations", Fact::Table { columns: columns(head), rows: associations });
    }
    for (n, name) in p.lexicons.iter().enumerate() {
        let met: u64 = counted.iter().filter(|(key, _)| key.2.get(n) == Some(&true)).map(|c| c.1).sum();
        out.fact(format!("lexicon.{name}.samples"), met);
        out.fact(format!("lexicon.{name}.share"), decimal(share(met, total).value));
    }
}

/// How many samples each value of an attribute has.
fn represented(p: &Gather, attribute: &str, counts: &BTreeMap<&str, u64>, out: &mut Verdicts) {
    let total: u64 = counts.values().sum();
    let target = p.targets.get(attribute);
    let planned = target.into_iter().flat_map(|t| t.keys().map(String::as_str));
    let values: BTreeSet<&str> = counts.keys().copied().chain(planned).collect();
    let count = |value: &str| counts.get(value).copied().unwrap_or(0);
    let goal = |value: &str| target.map(|t| t.get(value).map_or(0.0, |share| share.to_f64()));
    let mut order: Vec<&str> = values.iter().copied().collect();
    order.sort_by_key(|value| (std::cmp::Reverse(count(value)), *value));
    let row = |value: &&str| {
        let [of, low, high] = within(share(count(value), total));
        let note = if count(value) < p.n_min { format!("fewer than {}", p.n_min) } else { String::new() };
        let goal = goal(value).map_or(String::new(), text);
        vec![value.to_string(), count(value).to_string(), of, low, high, goal, note]
    };
    let rows = order.iter().take(VALUES_MAX).map(row).collect();
    let head = columns(["value", "samples", "share", "low", "high", "target", "note"]);
    out.fact(format!("representation.{attribute}"), Fact::Table { columns: head, rows });
    let large: Vec<u64> = counts.values().copied().filter(|n| *n >= p.n_min).collect();
    out.fact(format!("small.{attribute}"), (counts.len() - large.len()) as u64);
    let (most, least) = (large.iter().max(), large.iter().min());
    let imbalance = most.zip(least).map_or(1.0, |(most, least)| *most as f64 / *least as f64);
    let why = unjudged(counts.len() - large.len(), p.n_min, counts.len());
    out.fact(format!("imbalance.{attribute}"), judged(imbalance, &why));
    out.fact(format!("evenness.{attribute}"), judged(evenness(&large), &why));
    if target.is_some() {
        let own = |value: &&str| (share(count(value), total).value, goal(value).unwrap_or(0.0));
        let pairs: Vec<(f64, f64)> = values.iter().map(own).collect();
        let apart = if total == 0 { 1.0 } else { total_variation(&pairs) };
        let reached = pairs.iter().filter(|p| p.1 > 0.0).map(|(own, goal)| own / goal).fold(f64::INFINITY, f64::min);
        out.fact(format!("distance.{attribute}"), decimal(apart));
        out.fact(format!("reached.{attribute}"), decimal(if reached.is_finite() { reached } else { 1.0 }));
    }
    if large.len() < counts.len() {
        let say = format!(
            "{} values of `{attribute}` have fewer than {} samples: they stand in the tables and are compared with nothing, so no gate that compares the groups holds",
            counts.len() - large.len(),
            p.n_min
        );
        out.remark("ethics.n_min", "ethics.small", say);
    }
}

/// How a label hangs together with an attribute, over the values that have enough samples: a row of the table of all.
fn associated(
    counted: &[(Key, u64)],
    ((n, attribute), (l, label)): ((usize, &str), (usize, &str)),
    (large, small): (&BTreeSet<&str>, Option<String>),
    out: &mut Verdicts,
) -> Option<Vec<String>> {
    let mut cells: BTreeMap<(&str, &str), u64> = BTreeMap::new();
    for (key, rows) in counted {
        let pair = key.0.get(n).and_then(Option::as_deref).zip(key.1.get(l).and_then(Option::as_deref));
        if let Some(pair) = pair.filter(|pair| large.contains(pair.0)) {
            *cells.entry(pair).or_default() += rows;
        }
    }
    let groups: Vec<&str> = cells.keys().map(|c| c.0).collect::<BTreeSet<_>>().into_iter().collect();
    let classes: Vec<&str> = cells.keys().map(|c| c.1).collect::<BTreeSet<_>>().into_iter().collect();
    let name = |of: &str| format!("{of}.{attribute}.{label}");
    if groups.len() * classes.len() > VALUES_MAX {
        out.remark(
            "ethics.labels",
            "ethics.values",
            format!("`{attribute}` and `{label}` have too many values to be compared"),
        );
        return None;
    }
    let of = |group: &&str| classes.iter().map(|class| cells.get(&(*group, *class)).copied().unwrap_or(0)).collect();
    let rows: Vec<Vec<u64>> = groups.iter().map(of).collect();
    let counts = Counts { rows: &rows };
    let (mut table, mut strongest) = (Vec::new(), 0.0f64);
    for (g, (group, row)) in groups.iter().zip(&rows).enumerate() {
        let all: u64 = row.iter().sum();
        for (c, (class, k)) in classes.iter().zip(row).enumerate() {
            let [own, low, high] = within(share(*k, all));
            let npmi = counts.npmi(g, c).unwrap_or_default();
            strongest = if groups.len() > 1 { strongest.max(npmi.value.abs()) } else { strongest };
            let [value, least, most] = within(npmi);
            table.push(vec![group.to_string(), class.to_string(), k.to_string(), own, low, high, value, least, most]);
        }
    }
    let head = ["group", "class", "samples", "share", "low", "high", "npmi", "low", "high"];
    out.fact(name("association"), Fact::Table { columns: columns(head), rows: table });
    // of a single group, or a single class, nothing can be said
    let single = groups.len() < 2 || classes.len() < 2;
    let why = small.or_else(|| single.then(|| "there are fewer than two groups or classes to compare".to_string()));
    let (v, corrected) = counts.cramers_v().unwrap_or_default();
    let (parity, impact) = counts.parity().unwrap_or((Within::default(), 1.0));
    out.fact(name("cramers_v"), judged(v.value, &why));
    out.fact(name("cramers_v_corrected"), judged(corrected, &why));
    out.fact(name("parity"), judged(parity.value, &why));
    out.fact(name("impact"), judged(impact, &why));
    out.fact(name("npmi"), judged(strongest, &why));
    let mut row = vec![attribute.to_string(), label.to_string()];
    if single {
        row.extend(std::iter::repeat_n("-".to_string(), 9));
        return Some(row);
    }
    row.extend(within(v));
    row.push(text(corrected));
    row.extend(within(parity));
    row.extend([text(impact), text(strongest)]);
    Some(row)
}
