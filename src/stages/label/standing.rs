//! `label.TASK/standing`: how the candidates of a task stand against each other over all samples.
//!
//! ```toml
//! [label.better]
//! task = "preference"
//! candidates = ["ada", "bob"]
//! ```
//!
//! There is such a step where answers hold candidates against each other. Reads `votes.TASK` behind the check; writes nothing. Each answer
//! is a comparison of every two candidates that it tells apart, or says are as good; of two that a preference does not choose it says nothing.
//!
//! Facts: the table `by_candidate` with the comparisons won, tied and lost and the strength of each by the model of Bradley and Terry (1952), the
//! strongest first; `strength.CANDIDATE`. Strengths add up to 1: that of two which wins is likely by its share of both. A tie is half a
//! win of each. Where the wins do not lead from every candidate to every other one, strengths are undefined, with the reason. A
//! second answer of one annotator to a sample counts as another one.
use super::declaration::checked;
use crate::measure::ranks::bradley_terry;
use crate::model::candidates::{Preference, Ranking};
use crate::model::votes::VotesColumn;
use crate::stage::*;
use crate::table::{Cell, Value};
use serde::{Deserialize, Serialize};

pub const ENTRY: Entry = Entry::row::<Stage>("label/standing", "label.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    if task.kind().candidates.is_none() {
        return Vec::new();
    }
    let ports = Ports { table: "samples".into(), reads: vec![task.votes().0], ..Ports::default() };
    let map = Map { task: task.name.clone(), candidates: task.names() };
    let gather = Gather { candidates: task.names() };
    vec![Plan::row::<Stage>(ports, &map, &gather, &Nothing {}).word("standing")]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    #[serde(default, skip_serializing_if = "is_default")]
    candidates: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    candidates: Vec<String>,
}

/// Comparisons of two candidates by their places: who is better, who is worse, and whether both are as good.
type Said = Vec<(usize, usize, bool)>;

/// What an answer says of each two candidates.
fn said(answer: &Value, candidates: &[String]) -> Said {
    let ranks: Vec<Option<u64>> = if let Some(ranking) = Ranking::from_value(answer) {
        candidates.iter().map(|c| ranking.doubled(c)).collect()
    } else if let Some(Preference { chosen }) = Preference::from_value(answer) {
        // of those that are not chosen nothing is said
        candidates.iter().map(|c| Some(u64::from(!chosen.is_empty() && !chosen.contains(c)))).collect()
    } else {
        return Said::new();
    };
    let silent = Ranking::from_value(answer).is_none();
    let mut out = Said::new();
    for (a, rank) in ranks.iter().enumerate() {
        for (b, other) in ranks.iter().enumerate().skip(a + 1) {
            match (rank, other) {
                (Some(1), Some(1)) if silent => {}
                (Some(x), Some(y)) if x == y => out.push((a, b, true)),
                (Some(x), Some(y)) => out.push(if x < y { (a, b, false) } else { (b, a, false) }),
                _ => {}
            }
        }
    }
    out
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let votes = rows.column(&format!("votes.{}", p.task))?;
        let votes = VotesColumn::of(votes.as_ref());
        for row in 0..rows.len() {
            let all = votes.list(row).unwrap_or_default();
            let own: Said = all.iter().flat_map(|vote| said(&vote.answer, &p.candidates)).collect();
            if !own.is_empty() {
                summary.put(b"", row, serde_json::to_vec(&own).map_err(|e| Fault::Bug(e.to_string()))?);
            }
        }
        Ok(Delta::default())
    }
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let n = p.candidates.len();
        let (mut wins, mut counts) = (vec![vec![0.0; n]; n], vec![[0u64; 3]; n]);
        for hit in hits.iter() {
            let own: Said = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            for (a, b, tie) in own {
                let (half, whole) = if tie { (0.5, 0.5) } else { (0.0, 1.0) };
                for (from, to, won) in [(a, b, whole), (b, a, half)] {
                    wins.get_mut(from).and_then(|row| row.get_mut(to)).into_iter().for_each(|cell| *cell += won);
                }
                let places = if tie { [(a, 1), (b, 1)] } else { [(a, 0), (b, 2)] };
                for (candidate, what) in places {
                    counts.get_mut(candidate).and_then(|c| c.get_mut(what)).into_iter().for_each(|cell| *cell += 1);
                }
            }
        }
        p.tell(&counts, bradley_terry(&wins), out);
        Ok(())
    }
}

const UNBOUND: &str = "the wins do not lead from every candidate to every other one";

impl Gather {
    /// Tells the table, the strongest first; without strengths those with most wins.
    fn tell(&self, counts: &[[u64; 3]], strengths: Option<Vec<f64>>, out: &mut Verdicts) {
        let strength = |i: usize| strengths.as_ref().and_then(|all| all.get(i)).copied();
        let mut lines: Vec<(usize, &String, [u64; 3])> =
            self.candidates.iter().zip(counts).enumerate().map(|(i, (name, own))| (i, name, *own)).collect();
        lines.sort_by(|a, b| {
            let by = |i: usize| strength(i).unwrap_or(0.0);
            by(b.0).total_cmp(&by(a.0)).then(b.2[0].cmp(&a.2[0])).then(a.0.cmp(&b.0))
        });
        let told = |i: usize| match strength(i) {
            Some(own) => Fact::Decimal(format!("{own:.6}")),
            None => Fact::Undefined(UNBOUND.into()),
        };
        let row = |(i, name, [won, tied, lost]): &(usize, &String, [u64; 3])| {
            vec![name.to_string(), won.to_string(), tied.to_string(), lost.to_string(), told(*i).to_string()]
        };
        let columns = ["candidate", "won", "tied", "lost", "strength"].map(String::from).to_vec();
        out.fact("by_candidate", Fact::Table { columns, rows: lines.iter().map(row).collect() });
        for (i, name) in self.candidates.iter().enumerate() {
            out.fact(format!("strength.{name}"), told(i));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kinds::named;
    use super::super::testing::{Bytes, rows, vote, votes};
    use super::*;
    use crate::stage::testing::gathered;

    fn names(of: &[&str]) -> Vec<String> {
        of.iter().map(|c| c.to_string()).collect()
    }

    /// The table of answers to a sample each.
    fn table(kind: &str, candidates: &[&str], answers: Vec<Value>) -> Vec<Vec<String>> {
        let bytes = Bytes::default();
        let of = answers.into_iter().map(|answer| Some(vec![vote("a", "x", answer)])).collect();
        let column = votes(named(kind).unwrap(), of);
        let p = Map { task: "t".into(), candidates: names(candidates) };
        let mut summary = Summary::default();
        Stage::map(&p, &rows(&bytes, vec![("votes.t", column)]), &mut summary).unwrap();
        let out = gathered::<Stage>(&Gather { candidates: names(candidates) }, &summary);
        match out.facts.into_iter().find(|(name, _)| name == "by_candidate") {
            Some((_, Fact::Table { rows, .. })) => rows,
            other => panic!("{:?}", other.is_some()),
        }
    }

    #[test]
    fn wins_of_preferences_make_strengths() {
        let chosen = |of: &[&str]| Preference { chosen: names(of) }.into_value();
        let answers = vec![chosen(&["a"]), chosen(&["b"]), chosen(&["b"]), chosen(&[])];
        // b won 2.5 of 4
        let want = [["b", "2", "1", "1", "0.625000"], ["a", "1", "1", "2", "0.375000"]];
        assert_eq!(table("preference", &["a", "b"], answers), want);
        let rows = table("preference", &["a", "b", "c"], vec![chosen(&["a", "b"])]);
        assert_eq!(rows[0][..4], ["a", "1", "1", "0"], "both are as good, and better than c");
        assert!(rows.iter().all(|row| row[4].contains("undefined")), "c never won");
        assert_eq!(
            table("preference", &["a", "b", "c"], vec![chosen(&["c"])])[1][1..4],
            ["0", "0", "1"],
            "of a and b nothing is said"
        );
    }

    #[test]
    fn rankings_compare_each_two() {
        let order = |of: &[&str]| Ranking::of(of.iter().map(|c| names(&[c])).collect()).into_value();
        let rows = table("ranking", &["a", "b", "c"], vec![order(&["c", "a", "b"]), order(&["b", "c", "a"])]);
        assert_eq!(rows[0][..4], ["c", "3", "0", "1"]);
        assert!(rows.iter().all(|row| row[4].starts_with("0.")));
    }
}
