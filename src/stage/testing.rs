//! What tests of stages share: rows in memory, tools that hold bytes, and declarations of a small manifest.
use super::*;
use crate::digest::Digest;
use crate::manifest::parse;
use crate::table::{ArrayRef, array_of};
use crate::world::World;
use std::collections::BTreeMap;

/// Tools that know some bytes by digest, run work one after another, and trust no program.
#[derive(Default)]
pub struct Bytes(pub BTreeMap<Digest, Vec<u8>>);

impl Tools for Bytes {
    fn blob(&self, digest: Digest) -> Result<Vec<u8>, Fault> {
        self.0.get(&digest).cloned().ok_or_else(|| Fault::World("no such blob".into()))
    }

    fn column(&self, _: Digest) -> Result<ArrayRef, Fault> {
        Err(Fault::Bug("no such column".into()))
    }

    fn ask(&self, _: &Program, _: &Question) -> Result<Vec<u8>, Fault> {
        Err(Fault::World("no program is trusted here".into()))
    }

    fn each(&self, n: usize, work: &(dyn Fn(usize) + Sync)) {
        (0..n).for_each(work);
    }

    fn go_on(&self) -> Result<(), Fault> {
        Ok(())
    }
}

/// Rows of these columns.
pub fn rows<'a>(tools: &'a Bytes, columns: &[(&str, ArrayRef)]) -> Rows<'a> {
    let n = columns.first().map_or(0, |c| c.1.len());
    let held = columns.iter().map(|(name, a)| (name.to_string(), (Digest::default(), Some(a.clone())))).collect();
    Rows::new(n, held, tools)
}

/// A column of texts.
pub fn texts_of(texts: &[Option<&str>]) -> ArrayRef {
    array_of(texts.iter().map(|t| t.map(str::to_string)))
}

/// What a gather decides of one partition's summary.
pub fn gathered<S: RowStage>(p: &S::Gather, summary: &Summary) -> Verdicts {
    let (again, mut out) = (|| summary.hits(), Verdicts::default());
    let (tools, facts) = (Bytes::default(), BTreeMap::new());
    let (_, gather) = S::GATHER.unwrap();
    gather(p, &Hits(&again), &Context::new(&tools, &facts), &mut out).unwrap();
    out
}

/// What `declare` of some entries gives for the table `path`, if a manifest has it, where samples have these columns: the plans,
/// and the problems as (code, token) in the order of the text.
pub fn declared(
    entries: &[Entry],
    path: &str,
    manifest: &str,
    samples: &[(&str, Column)],
) -> (Vec<Plan>, Vec<(&'static str, String)>) {
    let parsed = parse("dataset.toml", manifest.into()).unwrap();
    let keys: Vec<&str> = path.split('.').collect();
    let found = parsed.table(&keys);
    let (span, table) = found.map_or((0..0, None), |(span, table)| (span, Some(table)));
    let samples = samples.iter().map(|(name, column)| (name.to_string(), column.clone())).collect();
    let columns = BTreeMap::from([("samples".to_string(), samples)]);
    let (world, raw) = (World::new("."), Marks::default());
    let instance = if keys.len() > 1 { keys[keys.len() - 1].to_string() } else { String::new() };
    let mut check = Check {
        manifest: &parsed,
        world: &world,
        path: path.into(),
        instance,
        span,
        table,
        columns: &columns,
        raw: &raw,
        files: &|_| Vec::new(),
        gates: &[],
        decided: &[],
        tables: &Default::default(),
        problems: Vec::new(),
    };
    let plans = entries.iter().flat_map(|e| (e.declare)(&mut check)).collect();
    let token = |p: crate::diag::Diagnostic| (p.span.start, p.code, manifest[p.span].to_string());
    let mut found: Vec<_> = check.problems.into_iter().map(token).collect();
    found.sort();
    found.dedup();
    (plans, found.into_iter().map(|(_, code, token)| (code, token)).collect())
}
