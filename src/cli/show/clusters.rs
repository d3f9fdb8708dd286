//! `tamis show STEP --clusters`: which samples are duplicates of which, the largest clusters first.
use super::told::Telling;
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::report::terminal::plural;
use crate::stage::{Act, Event, Fault};
use crate::table::{ArrayRef, texts};
use std::collections::BTreeMap;

/// A sample and what was said of it.
struct Member {
    id: String,
    say: String,
}

/// How the words on near duplicates begin, and what stands behind the id.
const NEAR: (&str, &str) = ("nearly the same as ", ": similarity ");

/// The id of the sample that another is a duplicate of.
fn kept(e: &Event) -> Option<String> {
    match &e.act {
        Act::Drop { kept: Some(id) } | Act::Merge(id) => Some(id.clone()),
        Act::Review | Act::Finding if e.rule == "duplicate.near" => {
            let (id, _) = e.say.strip_prefix(NEAR.0)?.rsplit_once(NEAR.1)?;
            Some(id.to_string())
        }
        _ => None,
    }
}

/// The page: at most `limit` clusters, with all their members.
pub fn page(s: &Session, built: &Built, of: &[usize], limit: usize) -> Result<String, Fault> {
    let mut clusters: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    for part in of.iter().flat_map(|i| &built.runs[*i].parts) {
        let mut ids: Option<ArrayRef> = None;
        for e in ledger::events(s, part)? {
            let Some(kept) = kept(&e) else { continue };
            if ids.is_none() {
                let digest = part.before.columns.get("id").copied().flatten();
                ids = digest.map(|digest| s.array(digest)).transpose()?;
            }
            let id = ids.as_ref().and_then(|ids| texts(ids.as_ref()).get(e.row as usize).copied().flatten());
            let member = Member { id: id.unwrap_or("?").to_string(), say: e.say };
            clusters.entry(kept).or_default().push(member);
        }
    }
    if clusters.is_empty() {
        return Ok("  no sample is a duplicate of another here\n".into());
    }
    let members: u64 = clusters.values().map(|c| c.len() as u64).sum();
    let mut out = format!(
        "  {} of {}, the one that stays not counted\n",
        plural(clusters.len() as u64, "cluster"),
        plural(members, "duplicate")
    );
    let all = clusters.len();
    let mut order: Vec<(String, Vec<Member>)> = clusters.into_iter().collect();
    order.sort_by(|a, b| (b.1.len(), &a.0).cmp(&(a.1.len(), &b.0)));
    for (kept, members) in order.into_iter().take(limit) {
        out.push_str(&format!("  {kept}   {}\n", plural(members.len() as u64 + 1, "sample")));
        for Member { id, say } in members {
            let near = say.rsplit_once(NEAR.1).map_or("", |(_, similarity)| similarity);
            out.push_str(&format!("    {near:<5}  {id}\n"));
        }
    }
    if all > limit {
        out.push_str(&format!("  and {}: --limit shows more\n", plural((all - limit) as u64, "more cluster")));
    }
    Ok(out)
}

/// Examples of each filter.
const EXAMPLES: usize = 3;
/// Pairs of filters that are told.
const PAIRS: usize = 20;

/// What a filter did.
#[derive(Default)]
struct Filter {
    removed: u64,
    flagged: u64,
    only: u64,
    examples: Vec<String>,
}

/// `tamis show STEP --filters`: of each rule what it removed and flagged, how much it alone, and where rules agree.
pub fn filters(telling: &Telling) -> Result<String, Fault> {
    let (s, built) = (telling.s, telling.built);
    let mut all: BTreeMap<(String, String), Filter> = BTreeMap::new();
    let mut both: BTreeMap<[String; 2], u64> = BTreeMap::new();
    for part in telling.of.iter().flat_map(|i| &built.runs[*i].parts) {
        let mut rows: BTreeMap<u32, BTreeMap<(String, String), bool>> = BTreeMap::new();
        for e in ledger::events(s, part)? {
            let removes = matches!(e.act, Act::Drop { .. } | Act::Merge(_));
            if removes || matches!(e.act, Act::Review | Act::Hold | Act::Finding | Act::Fail) {
                *rows.entry(e.row).or_default().entry((e.rule, e.key)).or_default() |= removes;
            }
        }
        let digest = part.before.columns.get("id").copied().flatten().filter(|_| telling.raw && !rows.is_empty());
        let ids = digest.map(|digest| s.array(digest)).transpose()?;
        let ids = ids.as_ref().map(|ids| texts(ids.as_ref())).unwrap_or_default();
        for (row, rules) in &rows {
            for (rule, removes) in rules {
                let filter = all.entry(rule.clone()).or_default();
                filter.removed += u64::from(*removes);
                filter.flagged += u64::from(!removes);
                filter.only += u64::from(rules.len() == 1);
                let id = ids.get(*row as usize).copied().flatten().filter(|_| filter.examples.len() < EXAMPLES);
                filter.examples.extend(id.map(str::to_string));
            }
            let names: Vec<String> = rules.keys().map(|(rule, key)| format!("{key} ({rule})")).collect();
            for (n, a) in names.iter().enumerate() {
                names.iter().skip(n + 1).for_each(|b| *both.entry([a.to_string(), b.to_string()]).or_default() += 1);
            }
        }
    }
    Ok(table(&all, both))
}

fn table(all: &BTreeMap<(String, String), Filter>, both: BTreeMap<[String; 2], u64>) -> String {
    if all.is_empty() {
        return "  no filter named a sample here\n".into();
    }
    let name = |(rule, key): &(String, String)| format!("{key} ({rule})");
    let wide = all.keys().map(|of| name(of).chars().count()).max().unwrap_or(0).max(6);
    let mut out = format!("  {:<wide$}  {:>8}  {:>8}  {:>8}\n", "filter", "removed", "flagged", "it alone");
    for (of, f) in all {
        let name = name(of);
        out.push_str(&format!("  {name:<wide$}  {:>8}  {:>8}  {:>8}\n", f.removed, f.flagged, f.only));
        if !f.examples.is_empty() {
            out.push_str(&format!("    such as {}\n", f.examples.join(", ")));
        }
    }
    let mut pairs: Vec<([String; 2], u64)> = both.into_iter().collect();
    pairs.sort_by(|a, b| (b.1, &a.0).cmp(&(a.1, &b.0)));
    for ([a, b], n) in pairs.into_iter().take(PAIRS) {
        out.push_str(&format!("  {n:>8} by both {a} and {b}\n"));
    }
    out
}
