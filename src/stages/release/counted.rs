//! What is counted of the samples of a release: numbers alone, which the card and the attribution tell.
use crate::stage::is_default;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many samples with tied votes are named.
pub const NAMED: usize = 10;

/// What a label says, by its column.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Labelled {
    /// How often each class stands there.
    pub classes: BTreeMap<String, u64>,
    /// How many samples name each class, where that is told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub samples: BTreeMap<String, u64>,
    /// Samples of which several classes had most votes.
    pub tied: u64,
    /// The ids of the first of them.
    pub named: Vec<String>,
}

/// What is counted of a piece, or of several.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Counts {
    /// Samples of each source.
    pub sources: BTreeMap<String, u64>,
    pub labels: BTreeMap<String, Labelled>,
    /// Of sources whose samples have licences of their own, how many are under which.
    #[serde(default, skip_serializing_if = "is_default")]
    pub licenses: BTreeMap<String, BTreeMap<String, u64>>,
    /// Of each source, the samples whose licence asks for names and that name nobody.
    #[serde(default, skip_serializing_if = "is_default")]
    pub unnamed: BTreeMap<String, u64>,
}

impl Counts {
    pub fn add(&mut self, other: Counts) {
        for (source, n) in other.sources {
            *self.sources.entry(source).or_default() += n;
        }
        for (source, own) in other.licenses {
            let all = self.licenses.entry(source).or_default();
            own.into_iter().for_each(|(license, n)| *all.entry(license).or_default() += n);
        }
        for (source, n) in other.unnamed {
            *self.unnamed.entry(source).or_default() += n;
        }
        for (column, label) in other.labels {
            let own = self.labels.entry(column).or_default();
            for (class, n) in label.classes {
                *own.classes.entry(class).or_default() += n;
            }
            for (class, n) in label.samples {
                *own.samples.entry(class).or_default() += n;
            }
            own.tied += label.tied;
            own.named.extend(label.named);
            own.named.truncate(NAMED);
        }
    }

    /// The counts of a label; a piece without rows has none.
    pub fn label(&self, column: &str) -> Labelled {
        self.labels.get(column).cloned().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_pieces_are_added() {
        let of = |class: &str, tied: u64| {
            let classes: BTreeMap<String, u64> = [(class.to_string(), 2)].into();
            let label = Labelled {
                samples: classes.clone(),
                classes,
                tied,
                named: (0..tied).map(|n| format!("{class}{n}")).collect(),
            };
            let licenses = [("a".to_string(), [(class.to_string(), 1)].into())].into();
            let labels = [("label.t".to_string(), label)].into();
            Counts { sources: [("a".to_string(), 1)].into(), labels, licenses, unnamed: BTreeMap::new() }
        };
        let mut all = of("A", 8);
        all.add(of("B", 4));
        let label = all.label("label.t");
        assert_eq!(all.sources, [("a".to_string(), 2)].into());
        assert_eq!(label.classes, [("A".to_string(), 2), ("B".to_string(), 2)].into());
        assert_eq!((label.tied, label.named.len()), (12, NAMED));
        assert_eq!(all.licenses["a"].len(), 2);
        assert_eq!(all.label("label.u"), Labelled::default());
    }
}
