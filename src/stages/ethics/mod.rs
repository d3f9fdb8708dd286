//! `[ethics]`: who is in the data, how the labels hang together with that, and which texts hold words of a list.
//!
//! ```toml
//! [plan]
//! targets.sex = { female = 0.5, male = 0.5 }
//! [ethics]
//! attributes = ["sex", "region"]
//! labels = ["label.income"]
//! lexicons = ["default", "docs/words.txt"]
//! gates = { "imbalance.sex" = { max = 3 }, "parity.sex.income" = { max = 0.2 }, "lexicon.default.share" = { max = 0.01 } }
//! ```
//!
//! Reads the attributes, the labels and the texts; writes nothing. Numbers in `[ethics.gates]` are bounds on facts of the same
//! name. Finding: `ethics.lexicon`, a text with a word of a list (which word it is, is not told).
//!
//! Facts, of each attribute: `representation.ATTRIBUTE` (a table: samples and share of each value with its interval),
//! `imbalance.ATTRIBUTE` (the most frequent value to the least), `evenness.ATTRIBUTE` (entropy, 0 to 1), `missing.ATTRIBUTE`,
//! `small.ATTRIBUTE` (how many values have fewer samples than `n_min`), and with a target `distance.ATTRIBUTE` (total variation) and
//! `reached.ATTRIBUTE` (the least share by its target). Of each attribute with each label: `cramers_v`, `cramers_v_corrected`,
//! `parity`, `impact` and `npmi` (the greatest in size), each `.ATTRIBUTE.LABEL`, a table `association.ATTRIBUTE.LABEL`, and
//! `associations` with all of them. Of each list `lexicon.NAME.samples` and `lexicon.NAME.share`.
//!
//! Values with fewer samples than `n_min` stand in the tables and are compared with nothing. Where there are such values,
//! `imbalance`, `evenness` and what tells of a label with the attribute are undefined, and a gate on them does not hold. All
//! intervals are of 95 % ([`crate::measure::association`]).
mod declared;
mod facts;
mod lexicon;
mod records;

use crate::model::votes::each_class;
use crate::stage::*;
use crate::table::{ArrayRef, texts, value_at};
use declared::declared;
use lexicon::Lexicon;
use records::{Gather, Key};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry =
    Entry::row::<Ethics>("ethics", "ethics", declare).schema(|g| g.subschema_for::<declared::Declaration>());

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    attributes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    labels: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    texts: Vec<String>,
    /// The words of each list.
    #[serde(default, skip_serializing_if = "is_default")]
    lexicons: Vec<(String, Vec<String>)>,
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = declared(check) else { return Vec::new() };
    let map = Map {
        attributes: d.attributes.clone(),
        labels: d.labels.iter().map(|l| l.0.clone()).collect(),
        texts: d.texts.clone(),
        lexicons: d.lexicons.clone(),
    };
    let gather = Gather {
        attributes: d.attributes,
        labels: d.labels.into_iter().map(|l| l.1).collect(),
        lexicons: d.lexicons.into_iter().map(|l| l.0).collect(),
        n_min: d.n_min,
        targets: d.targets,
    };
    let mut reads = [map.attributes.clone(), map.labels.clone(), map.texts.clone()].concat();
    reads.sort();
    reads.dedup();
    let ports = Ports { table: "samples".into(), reads, ..Ports::default() };
    vec![Plan { gates: d.gates, ..Plan::row::<Ethics>(ports, &map, &gather, &Nothing {}) }]
}

struct Ethics;

impl RowStage for Ethics {
    const USES: &'static [&'static str] = &["libm 0.2"];
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let columns = |of: &[String]| of.iter().map(|c| rows.column(c)).collect::<Result<Vec<ArrayRef>, Fault>>();
        let (attributes, labels, fields) = (columns(&p.attributes)?, columns(&p.labels)?, columns(&p.texts)?);
        let lexicons: Vec<Lexicon> = p.lexicons.iter().map(|l| Lexicon::of(&l.1)).collect();
        let fields: Vec<_> = fields.iter().map(|f| texts(f.as_ref())).collect();
        let mut delta = Delta::default();
        for row in 0..rows.len() {
            let value = |column: &ArrayRef| value_at(column.as_ref(), row).key_text();
            let class = |column: &ArrayRef| {
                let mut first = None;
                each_class(&value_at(column.as_ref(), row), &mut |class| {
                    first.get_or_insert_with(|| class.to_string());
                });
                first.or_else(|| value(column))
            };
            let has =
                |l: &Lexicon| fields.iter().any(|f| f.get(row).is_some_and(|t| t.as_ref().is_some_and(|t| l.meets(t))));
            let met: Vec<bool> = lexicons.iter().map(has).collect();
            for ((name, _), _) in p.lexicons.iter().zip(&met).filter(|m| *m.1) {
                let say = format!("a text has a word of the list `{name}`");
                delta.event(row, Act::Finding, "ethics.lexicons", "ethics.lexicon", say);
            }
            let key: Key = (attributes.iter().map(value).collect(), labels.iter().map(class).collect(), met);
            summary.put(serde_json::to_vec(&key).map_err(|e| Fault::Bug(e.to_string()))?, row, []);
        }
        Ok(delta)
    }
}

impl Ethics {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut counted: Vec<(Key, u64)> = Vec::new();
        let mut before: Vec<u8> = Vec::new();
        for hit in hits.iter() {
            if counted.is_empty() || before != *hit.key {
                let key = serde_json::from_slice(&hit.key).map_err(|e| Fault::Bug(e.to_string()))?;
                counted.push((key, 0));
                before = hit.key.to_vec();
            }
            if let Some(last) = counted.last_mut() {
                last.1 += 1;
            }
        }
        facts::told(p, &counted, out);
        Ok(())
    }
}
