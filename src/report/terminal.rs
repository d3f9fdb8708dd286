//! What a person reads: one line a step, the words of the user's data, the next command to type. The same without
//! colour, in a pipe and at 80 columns.
use crate::project::{Finished, Project};
use crate::digest::Digest;
use crate::engine::event::Answer;
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::manifest::sections::Dataset;
use crate::stage::Fact;
use std::collections::BTreeMap;

/// `[dataset]`
pub fn dataset(project: &Project) -> Dataset {
    let table = project.manifest.table(&["dataset"]);
    table.and_then(|(_, t)| crate::manifest::read(t).ok()).unwrap_or_default()
}

/// One root, or over several releases the digest of their `NAME ROOT` lines.
pub fn root(of: &[(String, Digest)]) -> String {
    match of {
        [] => String::new(),
        [(_, one)] => one.hex(),
        many => Digest::of(many.iter().map(|(n, r)| format!("{n} {r}\n")).collect::<String>().as_bytes()).hex(),
    }
}

/// `12,345`
pub fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i) % 3 == 0 {
            out.push(',');
        }
        out.push(c);
    }
    out
}

pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        1_000..1_000_000 => format!("{:.1} kB", n as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

pub fn plural(n: u64, what: &str) -> String {
    format!("{} {what}{}", number(n), if n == 1 { "" } else { "s" })
}

/// The end of a build.
pub fn build(project: &Project, s: &Session, f: &Finished, quiet: bool) -> String {
    let d = dataset(project);
    let mut out = String::new();
    if f.fresh && f.exit() == 0 {
        let ran = f.built.runs.iter().filter(|r| !r.skipped).count();
        let files: usize = f.built.runs.iter().filter_map(|r| r.scanned.as_ref()).map(|s| s.files).sum();
        out.push_str(&format!("fresh: {}, {} checked", plural(ran as u64, "step"), plural(files as u64, "file")));
        out.push_str(&roots(s, f));
        out.push('\n');
        if f.changed_files > 0 {
            out.push_str(&format!("{} under out/ written again\n", plural(f.changed_files as u64, "file")));
        }
        return if quiet { String::new() } else { out };
    }
    if !quiet {
        out.push_str(&format!("{} {}\n", d.name.get(), d.version.get()));
        out.push_str(&lines(s, f));
        let fresh = f.answers.iter().zip(&f.built.runs).filter(|(a, r)| **a == Answer::Fresh && !r.skipped).count();
        if fresh > 0 {
            out.push_str(&format!("  {} fresh\n", plural(fresh as u64, "step")));
        }
    }
    if f.exit() == 0 {
        out.push_str(&format!("built{}\n", roots(s, f)));
    }
    if !quiet {
        out.push_str(&hints(s, f));
    }
    out
}

fn roots(s: &Session, f: &Finished) -> String {
    let mut out = String::new();
    for (step, run) in s.steps.iter().zip(&f.built.runs) {
        if let (Some(name), Some((content, files))) = (&step.plan.folder, run.roots) {
            let was = f.before.as_ref().and_then(|b| b.releases.get(name));
            let arrow = |old: Option<&str>, new: Digest| match old {
                Some(o) if o != new.hex() => format!("{} -> {}", o.get(..8).unwrap_or(o), new.short()),
                _ => new.short(),
            };
            let content = arrow(was.map(|w| w.content_root.as_str()), content);
            let files = arrow(was.map(|w| w.files_root.as_str()), files);
            out.push_str(&format!("   out/{name}: content {content}  files {files}"));
        }
    }
    out
}

/// One line for each table of the manifest in which something ran.
fn lines(s: &Session, f: &Finished) -> String {
    let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
    for (i, step) in s.steps.iter().enumerate() {
        match groups.last_mut() {
            Some((path, of)) if *path == step.path => of.push(i),
            _ => groups.push((step.path.clone(), vec![i])),
        }
    }
    let mut out = String::new();
    for (path, of) in groups {
        let ran = |i: &usize| f.answers.get(*i).is_some_and(|a| *a != Answer::Fresh) && !f.built.runs[*i].skipped;
        if of.iter().any(ran) {
            out.push_str(&line(s, f, &path, &of));
        }
    }
    out
}

fn line(s: &Session, f: &Finished, path: &str, of: &[usize]) -> String {
    let mut told: Vec<String> = Vec::new();
    let mut samples = 0;
    for i in of {
        let (step, run) = (&s.steps[*i], &f.built.runs[*i]);
        if let Some(scan) = &run.scanned {
            told.push(format!("{}, {}", plural(scan.files as u64, "file"), bytes(scan.bytes)));
        }
        samples = after(run).max(samples);
        for (words, n) in words(&ledger::tally(s, step, run).unwrap_or_default()) {
            told.push(format!("{} {words}", number(n)));
        }
        if step.plan.ports.table == "samples" || step.plan.folder.is_some() {
            told.extend(splits(&run.facts));
        }
    }
    if let Some(Fact::Int(n)) = of.last().and_then(|i| f.built.runs[*i].facts.get("samples")) {
        samples = *n as u64;
    }
    let head = format!("  {path:<26} {:>9}   ", number(samples));
    let mut text = head;
    let mut width = text.chars().count();
    for (i, t) in told.iter().enumerate() {
        let comma = if i + 1 < told.len() { ", " } else { "" };
        if width + t.chars().count() > 100 && i > 0 {
            text = format!("{}\n{}", text.trim_end(), " ".repeat(40));
            width = 40;
        }
        text.push_str(&format!("{t}{comma}"));
        width += t.chars().count() + 2;
    }
    format!("{}\n", text.trim_end())
}

/// Samples that live after a step.
fn after(run: &crate::engine::build::StepRun) -> u64 {
    let of = |p: &crate::engine::build::PartRun| {
        let born: u64 = p.outcomes.iter().filter_map(|o| o.2.born.as_ref()).map(|b| u64::from(b.rows)).sum();
        let before = if p.records.is_some() { 0 } else { u64::from(p.before.alive()) };
        before.saturating_sub(p.dead.len() as u64) + born
    };
    run.parts.iter().map(of).sum()
}

/// Events in words: findings together, the rest by what happened.
fn words(tally: &BTreeMap<(&'static str, String, String), u64>) -> Vec<(String, u64)> {
    let mut out: BTreeMap<String, u64> = BTreeMap::new();
    for ((kind, rule, _), n) in tally {
        let word = match *kind {
            "finding" | "fail" => "findings".to_string(),
            "changed" => format!("changed ({rule})"),
            "dropped" => format!("dropped ({rule})"),
            "review" => format!("to review ({rule})"),
            other => format!("{other} ({rule})"),
        };
        *out.entry(word).or_default() += n;
    }
    out.into_iter().map(|(w, n)| if w == "findings" && n == 1 { ("finding".into(), n) } else { (w, n) }).collect()
}

fn splits(facts: &BTreeMap<String, Fact>) -> Vec<String> {
    let own = |(name, fact): (&String, &Fact)| match (name.strip_suffix(".samples"), fact) {
        (Some(split), Fact::Int(n)) => Some(format!("{split} {}", number(*n as u64))),
        _ => None,
    };
    facts.iter().filter_map(own).collect()
}

/// What to type next.
fn hints(s: &Session, f: &Finished) -> String {
    let mut out = String::new();
    for (step, run) in s.steps.iter().zip(&f.built.runs) {
        let n = ledger::findings(s, run);
        if n > 0 {
            out.push_str(&format!("  {:<38} tamis show {} --findings\n", format!("{} at {}", plural(n, "finding"), step.name), step.name));
        }
    }
    if f.lock_changed {
        out.push_str(&format!("  {:<38} git add dataset.lock\n", "dataset.lock was written"));
    }
    let release = s.steps.iter().zip(&f.built.runs).find(|(step, r)| step.plan.folder.is_some() && r.roots.is_some());
    if let Some((step, _)) = release.filter(|_| f.exit() == 0) {
        let name = step.plan.folder.clone().unwrap_or_default();
        out.push_str(&format!("  {:<38} tamis release {name}\n", "to freeze it"));
    }
    out
}

/// Gates that do not hold, and faults; and what was not built for them.
pub fn failures(project: &Project, s: &Session, f: &Finished) -> String {
    let mut out = String::new();
    for j in f.judged.iter().filter(|j| !j.pass) {
        let message = format!("{} is {}; the manifest asks for {}", j.gate.fact, j.got, j.want());
        let problem = crate::diag::Diagnostic::error("T0501", j.gate.span.clone(), message).label(format!("{} here", j.got)).help(j.gate.look.clone());
        out.push_str(&super::diagnostic::render(&project.manifest, &[problem], false));
    }
    for (step, run) in s.steps.iter().zip(&f.built.runs) {
        if let Some(fault) = &run.fault {
            let (crate::stage::Fault::World(say) | crate::stage::Fault::Bug(say)) = fault;
            out.push_str(&format!("tamis: {}: {say}\n", step.name));
        }
    }
    let left: Vec<&str> = s.steps.iter().zip(&f.built.runs).filter(|(_, r)| r.skipped).map(|(s, _)| s.name.as_str()).collect();
    if f.exit() != 0 && !left.is_empty() {
        out.push_str(&format!("not built: {}\n", left.join(", ")));
    }
    out
}
