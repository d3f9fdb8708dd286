//! How often classes stand in samples that were collected, and in those with their children: the facts of `augment.NAME`.
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a sample of the split has, and its children.
#[derive(Serialize, Deserialize, Default, Debug)]
pub struct Family {
    /// How often each class stands in it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub own: BTreeMap<String, u64>,
    /// The same of its children together.
    #[serde(default, skip_serializing_if = "is_default")]
    pub born: BTreeMap<String, u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub children: u64,
}

/// Sums families and tells `samples` (collected), `born`, `parents`, `synthetic_share`, the table `balance`, and `imbalance.before` and
/// `imbalance.after`: how often the most frequent class stands for each time that the rarest does.
pub fn tell(
    classes: &[String],
    families: impl Iterator<Item = Result<Family, Fault>>,
    out: &mut Verdicts,
) -> Result<(), Fault> {
    let (mut own, mut born): (BTreeMap<String, u64>, BTreeMap<String, u64>) = Default::default();
    let (mut samples, mut children, mut parents) = (0u64, 0u64, 0u64);
    for family in families {
        let family = family?;
        samples += 1;
        children += family.children;
        parents += u64::from(family.children > 0);
        family.own.into_iter().for_each(|(class, n)| *own.entry(class).or_default() += n);
        family.born.into_iter().for_each(|(class, n)| *born.entry(class).or_default() += n);
    }
    out.fact("samples", samples);
    out.fact("parents", parents);
    out.fact("born", children);
    out.fact("synthetic_share", share(children, samples + children));
    let of = |counts: &BTreeMap<String, u64>, class: &String| counts.get(class).copied().unwrap_or(0);
    let (before, all_born): (u64, u64) = (own.values().sum(), born.values().sum());
    let row = |class: &String| {
        let (a, b) = (of(&own, class), of(&born, class));
        let shares = [share(a, before), share(a + b, before + all_born)].map(|f| f.to_string());
        [vec![class.clone(), a.to_string(), b.to_string()], shares.to_vec()].concat()
    };
    let columns = ["class", "collected", "born", "share_before", "share_after"].map(String::from).to_vec();
    out.fact("balance", Fact::Table { columns, rows: classes.iter().map(row).collect() });
    let both = |class: &String| of(&own, class) + of(&born, class);
    out.fact("imbalance.before", imbalance(classes.iter().map(|c| of(&own, c))));
    out.fact("imbalance.after", imbalance(classes.iter().map(both)));
    Ok(())
}

fn share(part: u64, all: u64) -> Fact {
    match all {
        0 => Fact::Undefined("there is nothing".into()),
        _ => Fact::Decimal(format!("{:.4}", part as f64 / all as f64)),
    }
}

/// Classes that are nowhere do not count.
fn imbalance(of: impl Iterator<Item = u64>) -> Fact {
    let some: Vec<u64> = of.filter(|n| *n > 0).collect();
    match (some.iter().max(), some.iter().min()) {
        (Some(most), Some(least)) => Fact::Decimal(format!("{:.4}", *most as f64 / *least as f64)),
        _ => Fact::Undefined("no class stands anywhere".into()),
    }
}
