//! What may be told of the values in which an earlier release differs.
use super::seen::Seen;
use crate::report::difference::Difference;
use std::collections::BTreeSet;

/// Takes out what may not be shown. Values of an earlier release were masked as its own manifest said, or not at all: with
/// `[privacy]`, of columns that may name somebody only values are shown that the present release holds, too. Counts stay.
/// `present` says whether the newer side is what the present build made.
pub fn shown(seen: &Seen, of: &mut Difference, present: bool) {
    if !seen.withheld.is_empty() {
        of.examples.clear();
        of.values.clear();
    }
    if seen.ids_hidden {
        of.examples.iter_mut().for_each(|e| e.id.clear());
        of.differing.clear();
    }
    if !seen.private {
        return;
    }
    let hidden = |name: &str| seen.column(name).is_none_or(|c| c.hidden);
    // a release calls `label.k` `label_k`
    let harmless: BTreeSet<String> =
        seen.harmless.iter().flat_map(|name| [name.clone(), name.replace('.', "_")]).collect();
    let mut less: BTreeSet<String> = BTreeSet::new();
    of.examples.retain(|e| {
        let may = harmless.contains(&e.column);
        if !may {
            less.insert(e.column.clone());
        }
        may
    });
    for (column, values) in of.values.iter_mut().filter(|(name, _)| !harmless.contains(*name)) {
        let all = values.len();
        values.retain(|_, n| present && !hidden(column) && n.new > 0);
        if values.len() < all {
            less.insert(column.clone());
        }
    }
    of.values.retain(|_, values| !values.is_empty());
    if !less.is_empty() {
        let names: Vec<String> = less.into_iter().collect();
        of.notes.push(format!("earlier values of {} are not shown: [privacy] covers them now", names.join(", ")));
    }
}
