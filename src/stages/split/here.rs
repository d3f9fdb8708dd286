//! What became of the samples that lists name: one that left before, as a duplicate of another, stands in no split, and the
//! sample that stayed in its place may be in any. Finding: `split.listed_left`. Fact: `listed`, the samples that are here.
use super::declaration::declared;
use super::lists::{LISTED, Named};
use crate::stage::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub fn declare_here(check: &mut Check) -> Vec<Plan> {
    if declared(check).is_none_or(|d| d.lists.is_empty()) {
        return Vec::new();
    }
    let ids = Named::counted(check);
    let ports = Ports { table: "samples".into(), reads: names(&[LISTED]), ..Ports::default() };
    vec![Plan::row::<Here>(ports, &Nothing {}, &Counts { ids }, &Nothing {}).word("here")]
}

#[derive(Serialize, Deserialize, Default)]
pub struct Counts {
    /// By split: how many ids the lists name.
    #[serde(default, skip_serializing_if = "is_default")]
    ids: BTreeMap<String, u64>,
}

pub struct Here;

impl RowStage for Here {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Nothing;
    type Gather = Counts;
    type Apply = Nothing;

    /// Key: the split in whose list a row stands.
    fn map(_: &Nothing, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (row, split) in rows.texts(LISTED)?.into_iter().enumerate() {
            if let Some(split) = split {
                summary.put(split, row, [1u8]);
            }
        }
        Ok(Delta::default())
    }
}

impl Here {
    fn gather(p: &Counts, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut here: BTreeMap<String, u64> = BTreeMap::new();
        for hit in hits.iter() {
            *here.entry(String::from_utf8_lossy(&hit.key).into_owned()).or_default() += 1;
        }
        out.fact("listed", here.values().sum::<u64>());
        for (split, ids) in &p.ids {
            let n = here.get(split).copied().unwrap_or_default();
            if n < *ids {
                let say = format!(
                    "{n} of {ids} ids that `lists` names for `{split}` are of samples that are here; the others are of none \
                     (split.listed), or of samples that left before, such as duplicates: tamis trace ID"
                );
                out.remark("split.lists", "split.listed_left", say);
            }
        }
        Ok(())
    }
}
