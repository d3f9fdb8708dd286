//! What steps said of rows: findings, what was dropped, what is held; each with its place, or as a sheet with what the
//! sample held.
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::{Bin, Built, PartRun};
use crate::report::place::Places;
use crate::report::sheet::Sheet;
use crate::report::show::{Column, Found};
use crate::stage::{Act, Event, Fault, Remark};
use crate::stages::collect::consent::WITHDRAWN;
use crate::stages::release::anonymity::SUPPRESSED;
use crate::table::{ArrayRef, value_at};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// All but plain changes.
    Findings,
    /// What left at a step, merged rows and suppressed ones too.
    Dropped,
    /// What waits for review outside of the release.
    Held,
}

/// Where things are looked up.
pub struct Telling<'t, 'a> {
    pub s: &'t Session<'a>,
    pub built: &'t Built,
    /// The steps whose events are told.
    pub of: &'t [usize],
    pub kind: Kind,
    /// Values that may hold personal data may be shown.
    pub raw: bool,
}

/// Something that was said, and of which row of which partition.
struct Said<'s> {
    found: Found,
    step: &'s str,
    row: Option<(&'s PartRun, u32)>,
}

/// Is handed how to tell a thing.
type Tell<'t, 'e> = &'t mut dyn FnMut(&dyn Fn() -> Result<Said<'e>, Fault>) -> Result<(), Fault>;

impl Telling<'_, '_> {
    /// The first `limit`, and how many there are.
    pub fn list(&self, limit: usize) -> Result<(Vec<Found>, u64), Fault> {
        let (mut list, mut total) = (Vec::new(), 0);
        self.each(&mut |make| {
            total += 1;
            if list.len() < limit {
                list.push(make()?.found);
            }
            Ok(())
        })?;
        Ok((list, total))
    }

    /// Each with what its row held before the step, in columns that may be shown.
    pub fn sheet(&self, sheet: Sheet, columns: &[Column], print: &dyn Fn(&str)) -> Result<(), Fault> {
        let shown: Vec<&Column> = columns.iter().filter(|c| !c.hidden && c.name != "id").collect();
        let id_shown = columns.iter().any(|c| c.name == "id" && !c.hidden);
        let fixed = ["id", "step", "act", "rule", "key", "say", "place"].map(String::from);
        let names: Vec<String> = fixed.into_iter().chain(shown.iter().map(|c| format!("columns.{}", c.name))).collect();
        print(&sheet.head(&names));
        let mut held: (String, BTreeMap<String, ArrayRef>) = Default::default();
        self.each(&mut |make| {
            let said = make()?;
            if let Some((part, _)) = said.row.filter(|(part, _)| part.uid != held.0) {
                let mut arrays = BTreeMap::new();
                for name in shown.iter().map(|c| c.name.as_str()).chain(["id"]) {
                    if let Some(digest) = part.before.columns.get(name).copied().flatten() {
                        arrays.insert(name.to_string(), self.s.array(digest)?);
                    }
                }
                held = (part.uid.clone(), arrays);
            }
            let value = |name: &str| match said.row.and_then(|(_, row)| Some((held.1.get(name)?, row))) {
                Some((array, row)) => value_at(array.as_ref(), row as usize).json(),
                None => Json::Null,
            };
            let f = &said.found;
            let id = if id_shown { value("id") } else { Json::Null };
            let texts = [said.step, f.kind, &f.rule, &f.key, &f.say, &f.place].map(Json::from);
            let values = [id].into_iter().chain(texts).chain(shown.iter().map(|c| value(&c.name)));
            print(&sheet.row(&names, values.collect()));
            Ok(())
        })
    }

    /// Hands over how to tell each thing: finding its place costs, so only who tells it asks for it.
    fn each<'e>(&'e self, tell: Tell<'_, 'e>) -> Result<(), Fault> {
        let places = Places { s: self.s, built: self.built };
        for i in self.of {
            let (step, run) = (&self.s.steps[*i], &self.built.runs[*i]);
            let told = |(_, p): &(usize, &PartRun)| p.outcomes.iter().any(|o| o.2.events.is_some());
            for (k, part) in run.parts.iter().enumerate().filter(told) {
                for e in self.events(part)? {
                    tell(&|| {
                        let place = places.of(*i, (k, part), &e)?;
                        let found = self.found(place, &e);
                        let own = step.plan.scan.is_none() && step.plan.ports.into.is_none() && e.rule != WITHDRAWN;
                        Ok(Said { found, step: &step.name, row: own.then_some((part, e.row)) })
                    })?;
                }
            }
            if self.kind != Kind::Findings {
                continue;
            }
            for remark in ledger::remarks(run) {
                tell(&|| {
                    let Remark { key, rule, say } = remark.clone();
                    let found = Found { place: "all samples".into(), kind: "finding", rule, say, key };
                    Ok(Said { found, step: &step.name, row: None })
                })?;
            }
            let unmatched = step.plan.ports.right.as_ref().and_then(|r| r.unmatched.as_ref());
            let Some((rule, key)) = unmatched else { continue };
            for (uid, row) in &run.unmatched {
                tell(&|| {
                    let place = places.unmatched(step, uid, *row, self.raw)?.unwrap_or("?".into());
                    let say = "belongs to no sample".to_string();
                    let found = Found { place, kind: "finding", rule: rule.clone(), say, key: key.clone() };
                    Ok(Said { found, step: &step.name, row: None })
                })?;
            }
        }
        Ok(())
    }

    /// The events of a partition that are asked for; of a row that left, the one that says why.
    fn events(&self, part: &PartRun) -> Result<Vec<Event>, Fault> {
        let all = ledger::events(self.s, part)?;
        if self.kind == Kind::Held {
            let mut out = Vec::new();
            for (row, _) in part.dead.iter().filter(|d| d.1 == Bin::Held) {
                let own: Vec<&Event> = all.iter().filter(|e| e.row == *row).collect();
                out.extend(ledger::decisive(&own, Bin::Held).cloned());
            }
            return Ok(out);
        }
        // a suppressed row stays a sample, and leaves the release
        let leaves = |e: &Event| matches!(e.act, Act::Drop { .. } | Act::Merge(_)) || e.rule == SUPPRESSED;
        let mut seen = BTreeSet::new();
        let first = |e: &Event| leaves(e) && seen.insert((e.row, e.record));
        Ok(match self.kind {
            Kind::Dropped => all.into_iter().filter(first).collect(),
            _ => all.into_iter().filter(|e| e.act != Act::Change || e.rule == SUPPRESSED).collect(),
        })
    }

    fn found(&self, place: String, e: &Event) -> Found {
        let kind = if self.kind == Kind::Held { "held" } else { ledger::act_name(&e.act) };
        let kind = if e.rule == SUPPRESSED { "left out" } else { kind };
        Found { place, kind, rule: e.rule.clone(), say: e.say.clone(), key: e.key.clone() }
    }
}
