//! `release.NAME/counts`: what the card tells of the samples of a piece: how many come from each source, how often each
//! class stands in each label, and whose votes were tied. A step of its own, so that an edit counts one piece anew. The
//! counts stand in the first row of their piece.
use super::declaration::{declared, rows_table};
use super::encode::fragment;
use super::images::first;
use crate::model::votes::{TIED, each_class};
use crate::stage::*;
use crate::table::{DataType, Value, value_at};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry = Entry::row::<Count>("release/counts", "release.*", declare);

/// The column of the counts.
pub const COUNTS: &str = "encoded.counts";

/// So many samples with tied votes are named.
const NAMED: usize = 10;

/// What a label says, by its column.
#[derive(Serialize, Deserialize, Default, Clone, Debug, PartialEq)]
pub struct Labelled {
    /// How often each class stands there.
    pub classes: BTreeMap<String, u64>,
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
}

impl Counts {
    /// The counts of a piece.
    pub fn of(rows: &Rows) -> Result<Counts, Fault> {
        let bytes = fragment(rows, COUNTS)?;
        serde_json::from_slice(&bytes).map_err(|e| Fault::Bug(format!("the counts of a piece do not read: {e}")))
    }

    pub fn add(&mut self, other: Counts) {
        for (source, n) in other.sources {
            *self.sources.entry(source).or_default() += n;
        }
        for (column, label) in other.labels {
            let own = self.labels.entry(column).or_default();
            for (class, n) in label.classes {
                *own.classes.entry(class).or_default() += n;
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

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(r) = declared(check) else { return Vec::new() };
    let id = Some(r.ids.column()).filter(|id| *id != "id").unwrap_or_default().to_string();
    let shape = Shape { id, labels: r.labels.clone(), unnamed: r.anonymity.is_some() };
    let mut reads = names(&[r.ids.column(), "source"]);
    reads.extend(r.labels.iter().flat_map(|(label, status)| [label.clone(), status.clone()]));
    let writes = vec![(COUNTS.to_string(), Column::new(DataType::Binary).inner())];
    let ports = Ports { table: rows_table(check), reads, writes, ..Ports::default() };
    vec![Plan::map::<Count>(ports, &shape).word("counts")]
}

#[derive(Serialize, Deserialize, Default)]
struct Shape {
    /// The column of the released ids, where they are not the collected ones.
    #[serde(default, skip_serializing_if = "is_default")]
    id: String,
    /// The columns of the released labels, and of each the column that says how it came about.
    #[serde(default, skip_serializing_if = "is_default")]
    labels: Vec<(String, String)>,
    /// Samples with tied votes are counted, and none of them is named: the card of an anonymous release tells of no row.
    #[serde(default, skip_serializing_if = "is_default")]
    unnamed: bool,
}

struct Count;

impl RowStage for Count {
    const MAP: u32 = 1;
    type Map = Shape;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Shape, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut out = Counts::default();
        for source in rows.texts("source")?.into_iter().flatten() {
            *out.sources.entry(source).or_default() += 1;
        }
        let ids = rows.texts(if p.id.is_empty() { "id" } else { &p.id })?;
        for (column, status) in &p.labels {
            let own = out.labels.entry(column.clone()).or_default();
            let (labels, states) = (rows.column(column)?, rows.texts(status)?);
            for row in 0..rows.len() {
                let label = value_at(labels.as_ref(), row);
                if !matches!(label, Value::Float(_)) {
                    each_class(&label, &mut |class| *own.classes.entry(class.to_string()).or_default() += 1);
                }
                if states.get(row).and_then(Option::as_deref) == Some(TIED) {
                    own.tied += 1;
                    own.named.extend(ids.get(row).cloned().flatten().filter(|_| !p.unnamed && own.named.len() < NAMED));
                }
            }
        }
        let mut delta = Delta::default();
        delta.write(COUNTS, first(rows.len(), serde_json::to_vec(&out).unwrap_or_default()));
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_of_pieces_are_added() {
        let of = |class: &str, tied: u64| {
            let classes = [(class.to_string(), 2)].into();
            let label = Labelled { classes, tied, named: (0..tied).map(|n| format!("{class}{n}")).collect() };
            Counts { sources: [("a".to_string(), 1)].into(), labels: [("label.t".to_string(), label)].into() }
        };
        let mut all = of("A", 8);
        all.add(of("B", 4));
        let label = all.label("label.t");
        assert_eq!(all.sources, [("a".to_string(), 2)].into());
        assert_eq!(label.classes, [("A".to_string(), 2), ("B".to_string(), 2)].into());
        assert_eq!((label.tied, label.named.len()), (12, NAMED));
        assert_eq!(all.label("label.u"), Labelled::default());
    }
}
