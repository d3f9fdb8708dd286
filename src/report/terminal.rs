//! What a person reads: one line a step, the words of the user's data, the next command to type. The same without
//! colour, in a pipe and at 80 columns.
use super::freeze::freeze;
use super::{lang, review, shown};
use crate::digest::Digest;
use crate::engine::ledger::{self, Tally, Times};
use crate::engine::session::Session;
use crate::engine::told::Answer;
use crate::engine::why;
use crate::engine::{gate, lost, out};
use crate::manifest::sections::Dataset;
use crate::model::synthetic::BY;
use crate::project::{Failure, Finished, Project};
use crate::stage::{Fact, Fault, Kernel};
use crate::world::ASIDE;
use std::collections::{BTreeMap, BTreeSet};

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
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
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
pub fn build(project: &Project, s: &Session, f: &Finished, quiet: bool) -> Result<String, Fault> {
    let d = dataset(project);
    let mut out = String::new();
    if f.fresh && f.exit() == 0 {
        let ran = f.built.runs.iter().filter(|r| !r.skipped).count();
        let files: u64 = f.built.runs.iter().filter_map(|r| r.scanned.as_ref()).map(|s| s.files).sum();
        out.push_str(&format!("fresh: {}, {} checked", plural(ran as u64, "step"), plural(files, "file")));
        out.push_str(&roots(s, f));
        out.push('\n');
        if f.changed_files > 0 {
            out.push_str(&format!("{} under out/ written again\n", plural(f.changed_files as u64, "file")));
        }
        return Ok(if quiet { String::new() } else { out });
    }
    if !quiet {
        out.push_str(&format!("{} {}\n", d.name.get(), d.version.get()));
        out.push_str(&lines(s, f)?);
        let fresh = f.answers.iter().zip(&f.built.runs).filter(|(a, r)| **a == Answer::Fresh && !r.skipped).count();
        if fresh > 0 {
            out.push_str(&format!("  {} fresh\n", plural(fresh as u64, "step")));
        }
    }
    if f.exit() == 0 {
        out.push_str(&format!("built{}\n", roots(s, f)));
    }
    if !quiet {
        out.push_str(&hints(project, s, f)?);
    }
    Ok(out)
}

fn roots(s: &Session, f: &Finished) -> String {
    let mut out = String::new();
    if s.sample.is_some() {
        return out;
    }
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
fn lines(s: &Session, f: &Finished) -> Result<String, Fault> {
    let mut groups: Vec<(&str, Vec<usize>)> = Vec::new();
    for (i, step) in s.steps.iter().enumerate() {
        match groups.iter_mut().find(|g| g.0 == step.path) {
            Some((_, of)) => of.push(i),
            None => groups.push((&step.path, vec![i])),
        }
    }
    let ran = |i: &usize| f.answers.get(*i).is_some_and(|a| *a != Answer::Fresh) && !f.built.runs[*i].skipped;
    groups.into_iter().filter(|(_, of)| of.iter().any(ran)).map(|(path, of)| line(s, f, path, &of)).collect()
}

/// Past this many changed partitions a build does not count rows.
const COUNTED: usize = 16;

fn line(s: &Session, f: &Finished, path: &str, of: &[usize]) -> Result<String, Fault> {
    let mut told: Vec<String> = Vec::new();
    let mut tally = Tally::default();
    for i in of {
        let (step, run) = (&s.steps[*i], &f.built.runs[*i]);
        if let Some(scan) = &run.scanned {
            told.push(format!("{}, {}", plural(scan.files, "file"), bytes(scan.bytes)));
        }
        tally.add(s, step, run)?;
        if step.plan.ports.table == "samples" || step.plan.folder.is_some() {
            told.extend(splits(&run.facts));
        }
        if let (Some(name), Some(_)) = (&step.plan.folder, run.roots) {
            let sampled = s.sample.is_some();
            let written = f.written.contains(name);
            told.extend((!sampled).then(|| left_out(s, f, *i, of)).flatten());
            told.extend(sampled.then(|| "a sample: not written".to_string()));
            told.extend(written.then(|| format!("in out/{name}")));
        }
    }
    let aside = |i: &usize| s.steps[*i].plan.aside.as_ref().filter(|_| !f.built.runs[*i].files.is_empty());
    told.extend(
        of.iter().find_map(aside).filter(|_| s.sample.is_none()).map(|name| format!("answers in {ASIDE}/{name}")),
    );
    told.splice(0..0, changed(s, f, of)?);
    told.extend(words(&tally));
    // of a step that broke off nobody knows how many samples it would have given
    let whole = of.iter().all(|i| f.built.runs[*i].fault.is_none());
    let count = samples(s, f, of).filter(|_| whole).map_or(String::new(), number);
    Ok(wrap(&format!("  {path:<26} {count:>9}   "), &told))
}

/// Living samples that a release leaves out, what they lack, and the splits of which it holds nothing.
fn left_out(s: &Session, f: &Finished, release: usize, of: &[usize]) -> Option<String> {
    let facts = &f.built.runs[release].facts;
    let count = |fact: Option<&Fact>| if let Some(Fact::Int(n)) = fact { u64::try_from(*n).unwrap_or(0) } else { 0 };
    let n = ledger::balance(s.steps, &f.built, "samples", count(facts.get("samples"))).excluded;
    if n == 0 {
        return None;
    }
    let select =
        of.iter().filter_map(|i| s.steps.get(*i)).find(|step| step.plan.ports.writes.iter().any(|w| w.1.inner));
    let reads: Vec<&String> = select.iter().flat_map(|step| &step.plan.ports.reads).collect();
    let by_licence = reads.iter().any(|read| *read == "source");
    let made = reads.iter().any(|read| *read == BY);
    let reads = reads.into_iter().filter(|read| *read != BY);
    let (chosen, needed): (Vec<&String>, Vec<&String>) = reads.partition(|read| read.starts_with("sample."));
    let needed = needed.into_iter().filter(|read| !by_licence || !["source", "license"].contains(&read.as_str()));
    let mut lacks: Vec<String> = needed.map(|read| shown::line(read).into()).collect();
    lacks.extend(by_licence.then(|| "licence that is taken".to_string()));
    let split = s.steps.iter().zip(&f.built.runs).find(|(step, _)| step.name == "split").map(|(_, run)| &run.facts);
    let gone = split.into_iter().flatten().filter_map(|(name, fact)| {
        let split = name.strip_suffix(".samples").filter(|_| count(Some(fact)) > 0)?;
        (count(facts.get(&format!("samples.{split}"))) == 0).then(|| split.to_string())
    });
    let gone: Vec<String> = gone.collect();
    let gone = if gone.is_empty() { String::new() } else { format!("; none of {} is left", gone.join(", ")) };
    let suppressed = of.iter().filter_map(|i| f.built.runs.get(*i)).any(|run| count(run.facts.get("suppressed")) > 0);
    let lacks = (!lacks.is_empty()).then(|| format!("no {}", lacks.join(" or ")));
    let chosen = chosen.into_iter().map(|sample| format!("not in {}", shown::line(sample)));
    let made = made.then(|| "made to learn of".to_string());
    let why = chosen.chain(lacks).chain(made).chain(suppressed.then(|| "suppressed".to_string()));
    let why: Vec<String> = why.collect();
    Some(format!("{} left out ({}){gone}", number(n), why.join(", or ")))
}

/// Samples behind a table of the manifest: those that a release says it holds, a source's own, else all that live.
fn samples(s: &Session, f: &Finished, of: &[usize]) -> Option<u64> {
    let told = |i: &usize| match f.built.runs[*i].facts.get("samples") {
        Some(Fact::Int(n)) => u64::try_from(*n).ok(),
        _ => None,
    };
    let bears = |i: &&usize| s.steps[**i].plan.ports.into.as_deref() == Some("samples");
    let reads = |i: &&usize| s.steps[**i].plan.ports.into.is_none() && s.steps[**i].plan.ports.table == "samples";
    let last = || of.iter().find(bears).or_else(|| of.iter().rfind(reads));
    of.iter().rev().find_map(told).or_else(|| last().map(|i| after(&f.built.runs[*i])))
}

/// What changed since the last build, in samples: of the first kernel of a table that ran on little. Of a release the samples are
/// told that came and went: no kernel reads every column that it holds, and `tamis diff` says what changed in it.
fn changed(s: &Session, f: &Finished, of: &[usize]) -> Result<Option<String>, Fault> {
    let Some(before) = f.before.as_ref() else { return Ok(None) };
    let ran = |i: &&usize| f.answers.get(**i).is_some_and(|a| *a != Answer::Fresh);
    let Some(i) = of.iter().find(ran) else { return Ok(None) };
    let released = of.iter().filter_map(|i| s.steps.get(*i)).any(|step| step.plan.folder.is_some());
    let w = why::why(s, &f.built, *i, Some(before), COUNTED)?;
    let rows: BTreeSet<&str> = w.columns.values().flatten().map(|row| row.id.as_str()).collect();
    let rows = if released { 0 } else { rows.len() };
    let parts = [(rows, "changed"), (w.added.len(), "new"), (w.removed.len(), "gone")];
    let told: Vec<String> =
        parts.iter().filter(|p| p.0 > 0).map(|(n, what)| format!("{} {what}", number(*n as u64))).collect();
    Ok((!told.is_empty()).then(|| told.join(", ")))
}

/// Told one after another, wrapped below where they began.
fn wrap(head: &str, told: &[String]) -> String {
    let indent = head.chars().count();
    let (mut text, mut width) = (head.to_string(), indent);
    for (i, t) in told.iter().map(|t| shown::line(t)).enumerate() {
        let own = t.chars().count() + 2;
        if i > 0 {
            text.push_str("; ");
            if width + own > 100 {
                text = format!("{}\n{}", text.trim_end(), " ".repeat(indent));
                width = indent;
            }
        }
        text.push_str(&t);
        width += own;
    }
    format!("{}\n", text.trim_end())
}

/// Samples that live after a step.
fn after(run: &crate::engine::state::StepRun) -> u64 {
    let of = |p: &crate::engine::state::PartRun| {
        let born: u64 = p.outcomes.iter().filter_map(|o| o.2.born.as_ref()).map(|b| u64::from(b.rows)).sum();
        let before = if p.records.is_some() { 0 } else { u64::from(p.before.alive()) };
        before.saturating_sub(p.dead.len() as u64) + born
    };
    run.parts.iter().map(of).sum()
}

/// What happened, in samples, and by which rules: `17 changed (text.unicode 3, text.whitespace 15)`.
fn words(tally: &Tally) -> Vec<String> {
    let mut kinds: BTreeMap<&str, BTreeMap<&str, Times>> = BTreeMap::new();
    for ((act, rule, _), of) in &tally.reasons {
        let all = kinds.entry(ledger::kind(act)).or_default().entry(rule).or_default();
        all.samples += of.samples;
        all.times += of.times;
    }
    let told = |(kind, rules): (&str, BTreeMap<&str, Times>)| {
        let n = tally.samples(kind);
        let times = rules.values().map(|of| of.times).sum();
        let count = |of: &Times| number(if of.samples > 0 { of.samples } else { of.times });
        let named: Vec<String> = match rules.len() {
            1 => rules.into_keys().map(String::from).collect(),
            _ => rules.iter().map(|(rule, of)| format!("{rule} {}", count(of))).collect(),
        };
        format!("{} ({})", amount(kind, n, times), named.join(", "))
    };
    kinds.into_iter().map(told).collect()
}

/// `3 dropped`, `findings in 12 samples`; of findings that are about no sample, how many there are.
fn amount(kind: &str, samples: u64, times: u64) -> String {
    match kind {
        "finding" => findings(samples, times),
        "review" => format!("{} to review", number(samples)),
        other => format!("{} {other}", number(samples)),
    }
}

/// `findings in 12 samples`, or `2 findings` where they are about no sample.
fn findings(samples: u64, all: u64) -> String {
    if samples > 0 { format!("findings in {}", plural(samples, "sample")) } else { plural(all, "finding") }
}

fn splits(facts: &BTreeMap<String, Fact>) -> Vec<String> {
    let own = |(name, fact): (&String, &Fact)| match (name.strip_suffix(".samples"), fact) {
        (Some(split), Fact::Int(n)) => Some(format!("{split} {}", number(*n as u64))),
        _ => None,
    };
    facts.iter().filter_map(own).collect()
}

/// What to type next.
fn hints(project: &Project, s: &Session, f: &Finished) -> Result<String, Fault> {
    let mut out = Vec::new();
    for (step, run) in s.steps.iter().zip(&f.built.runs) {
        let dropped = lost::gone(s, step, run)?;
        if dropped > 0 {
            let what = if step.plan.scan.is_some() { "record" } else { "sample" };
            let lines = lost::weighed(s, run)?.0;
            let more = if lines > 0 { format!(", with {}", plural(lines, "more line")) } else { String::new() };
            let what = format!("{} dropped{more}", plural(dropped, what));
            out.push((what, format!("tamis show {} --findings", step.name)));
        }
        let n = ledger::findings(s, step, run)?;
        if n > 0 {
            out.push((plural(n, "finding"), format!("tamis show {} --findings", step.name)));
        }
    }
    if f.mended > 0 {
        let what = plural(f.mended, "damaged object");
        out.push((what, "not as written, or gone; made again where needed; tamis store verify".into()));
    }
    let unseen: usize = f.built.runs.iter().filter_map(|r| r.scanned.as_ref()).map(|scan| scan.unseen.len()).sum();
    if unseen > 0 {
        let what = plural(unseen as u64, "file");
        out.push((what, "changed while size and times stayed: tamis sees that with --verify-inputs alone".into()));
    }
    let unmet = unmet(s, f);
    if unmet > 0 {
        out.push((format!("{} met nothing", plural(unmet, "decision")), "tamis status".into()));
    }
    for step in s.steps.iter().filter(|step| step.plan.folder.is_some()) {
        let fact = gate::fact(s, &f.built, &format!("{}/select.waiting", step.name));
        if let Ok(Some(Fact::Int(n @ 1..))) = fact {
            let next = format!("{} holds them; [review] hold = true keeps them out until somebody decides", step.name);
            out.push((format!("{} for review", plural(n as u64, "sample")), next));
        }
    }
    // beside a disk that is full, nobody is told to go on with a file that was written before
    if f.lock_changed && f.failures.is_empty() {
        out.push(("dataset.lock was written".into(), "git add dataset.lock".into()));
    }
    if s.sample.is_none() && f.exit() == 0 {
        let version = dataset(project).version.get().clone();
        for (step, run) in s.steps.iter().zip(&f.built.runs) {
            if let (Some(name), Some(roots)) = (&step.plan.folder, run.roots) {
                out.push(freeze(&project.manifest, &f.lock, name, &version, roots).hint(name, &version));
            }
        }
        let declared = s.steps.iter().filter_map(|step| step.plan.folder.as_deref());
        out.extend(out::undeclared(s.world, declared).iter().map(|name| undeclared(name)));
    }
    Ok(out.into_iter().map(|(what, next)| format!("  {what:<26} {next}\n")).collect())
}

/// A folder of `out/` whose release is declared no more.
pub fn undeclared(name: &str) -> (String, String) {
    (
        format!("out/{}", shown::line(name)),
        format!("there is no [release.{}] any more; remove it yourself", shown::line(name)),
    )
}

/// Decisions of people that no waiting sample met; known only of a whole build.
fn unmet(s: &Session, f: &Finished) -> u64 {
    let whole = f.exit() == 0 && s.sample.is_none() && f.built.runs.iter().all(|r| !r.skipped);
    if !whole || s.review.decisions.is_empty() {
        return 0;
    }
    review::waiting(s, &f.built).map_or(0, |w| w.unmet.values().map(|ids| ids.len() as u64).sum())
}

/// What failed besides gates: the step, where it is one's, and why.
pub fn faults<'f>(s: &'f Session, f: &'f Finished) -> Vec<(Option<&'f str>, &'f str)> {
    let of_steps = s.steps.iter().zip(&f.built.runs).filter_map(|(step, run)| match &run.fault {
        Some(Fault::World(say) | Fault::Bug(say)) => Some((Some(step.name.as_str()), say.as_str())),
        _ => None,
    });
    let at_the_end = f.failures.iter().filter_map(|failure| match failure {
        Failure::World(say) | Failure::Bug(say) | Failure::Differs(say) => Some((None, say.as_str())),
        _ => None,
    });
    of_steps.chain(at_the_end).collect()
}

/// The first rows of a table, each by its first and its last cell: `; lowest: QT 0.41, DT 0.52`.
fn lowest(table: Option<&Fact>) -> String {
    let Some(Fact::Table { rows, .. }) = table else { return String::new() };
    let cells = |row: &Vec<String>| Some(format!("{} {}", row.first()?, row.last()?));
    let told: Vec<String> = rows.iter().take(LOWEST).filter_map(cells).collect();
    if told.is_empty() { String::new() } else { format!("; lowest: {}", told.join(", ")) }
}

/// So many rows are told beside a gate that does not hold.
const LOWEST: usize = 3;

/// Gates that do not hold, and faults; and what was not built for them.
pub fn failures(project: &Project, s: &Session, f: &Finished) -> String {
    let mut out = String::new();
    for j in f.judged.iter().filter(|j| !j.pass) {
        let numbers = || format!("{} is {}; the manifest asks for {}", j.gate.fact, j.got, j.want());
        let (message, label) = match (&j.gate.say, &j.got) {
            (Some(say), Fact::Undefined(why)) => (say.clone(), why.clone()),
            (Some(say), got) => {
                (say.clone(), format!("{got}, where {} is asked for{}", j.want(), lowest(j.beside.as_ref())))
            }
            (None, got) => (numbers(), format!("{got} here")),
        };
        let problem = crate::diag::Diagnostic::error("T0501", j.gate.span.clone(), message)
            .label(label)
            .help(j.gate.look.clone());
        out.push_str(&super::diagnostic::render(&project.manifest, &[problem], false));
    }
    for (step, say) in faults(s, f) {
        let step = step.map_or(String::new(), |step| format!("{step}: "));
        let mut lines = say.lines();
        let first = lines.next().unwrap_or_default();
        out.push_str(&format!("tamis: {step}{}\n", shown::line(&lang::text(first))));
        lines.for_each(|line| out.push_str(&format!("  | {}\n", shown::line(line))));
    }
    if s.stop.asked() > 0 {
        let done: u64 = s.meters.iter().flat_map(|m| Kernel::ALL.map(|p| m.read(p).0)).sum();
        let said = format!("stopped; {} done, and kept: `tamis build` goes on from here", plural(done, "kernel"));
        out.push_str(&format!("{}\n", lang::text(&said)));
        return out;
    }
    let left: Vec<&str> =
        s.steps.iter().zip(&f.built.runs).filter(|(_, r)| r.skipped).map(|(s, _)| s.name.as_str()).collect();
    if f.exit() != 0 && !left.is_empty() {
        out.push_str(&format!("{}\n", lang::text(&format!("not built: {}", left.join(", ")))));
    }
    out
}
