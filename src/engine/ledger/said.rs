//! What steps said of rows, and of their table as a whole.
use crate::engine::session::Session;
use crate::engine::state::{Bin, PartRun, StepRun};
use crate::stage::{Act, Event, Fault, Remark};
use crate::table::Living;

/// An event with the row it speaks of, for a living row (at that step).
pub fn events(s: &Session, part: &PartRun) -> Result<Vec<Event>, Fault> {
    let mut living = part.before.living.clone();
    let mut out = Vec::new();
    for (_, _, outcome) in &part.outcomes {
        for e in s.events(outcome)? {
            if living.as_ref().is_none_or(|l: &Living| l.is(e.row)) {
                out.push(e);
            }
        }
        let dead: Vec<u32> = outcome.acts.iter().filter(|a| !matches!(a.1, 'r' | 'h')).map(|a| a.0).collect();
        living = living.map(|l| l.without(dead));
    }
    Ok(out)
}

/// What a step found of its table as a whole.
pub fn remarks(run: &StepRun) -> &[Remark] {
    run.decided.as_ref().map_or(&[], |(_, decided)| &decided.told)
}

/// What an act is called.
pub fn act_name(act: &Act) -> &'static str {
    match act {
        Act::Change => "changed",
        Act::Finding => "finding",
        Act::Review | Act::Hold => "review",
        Act::Fail => "fail",
        Act::Drop { .. } => "dropped",
        Act::Merge(_) => "merged",
    }
}

/// Of the events of a row that is no longer there, the one that says why.
pub fn decisive<'e>(events: &[&'e Event], bin: Bin) -> Option<&'e Event> {
    let leaves = |act: &Act| match bin {
        Bin::Dropped => matches!(act, Act::Drop { .. }),
        Bin::Merged => matches!(act, Act::Merge(_)),
        Bin::Held => matches!(act, Act::Review | Act::Hold),
        Bin::Sampled => false,
    };
    let decided = || events.iter().find(|e| matches!(e.act, Act::Review | Act::Hold));
    events.iter().find(|e| leaves(&e.act)).or_else(decided).copied()
}

/// What became of a row that is no longer there.
pub fn bin_name(bin: Bin) -> &'static str {
    match bin {
        Bin::Dropped => "dropped",
        Bin::Merged => "merged",
        Bin::Held => "held",
        Bin::Sampled => "left out of the sample",
    }
}
