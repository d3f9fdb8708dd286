//! What many workers of a platform answered: whose answers are taken, under which names, and how long they took.
//!
//! The platform's ids of workers name people. They are replaced by pseudonyms under the secret key of `[privacy]`; nothing else of
//! the workers is written. The same worker has the same pseudonym in every batch of a project.
use super::csv::line;
use super::said::{Imported, Worked};
use super::taken::{good, whole};
use super::tool::{Assignment, Back, Batch, Said};
use crate::cli::{say, warn};
use crate::digest::{Digest, keyed};
use crate::manifest::sections::Privacy;
use crate::project::{Failure, Project};
use crate::report::terminal::plural;
use crate::review::task::Task;
use crate::stages::label::decided::answer_text;
use std::collections::{BTreeMap, BTreeSet};

/// What the key of `[privacy]` is derived for.
const CONTEXT: &str = "tamis crowd workers 1";

/// So many workers are told one by one.
const WORKERS_MAX: usize = 20;

/// The answers of one worker that are taken.
struct Worker {
    answers: Vec<Back>,
    /// By sample.
    seconds: BTreeMap<String, u64>,
}

impl Worker {
    /// The lower median of the seconds that an answer took, of all that were given.
    fn median(&self) -> Option<u64> {
        median(self.seconds.values().copied().collect())
    }

    fn worked(&self, screened: bool) -> Worked {
        Worked { answers: self.answers.len() as u64, seconds: self.median(), screened }
    }
}

fn median(mut of: Vec<u64>) -> Option<u64> {
    of.sort_unstable();
    of.get(of.len().saturating_sub(1) / 2).copied()
}

/// Writes the answers of a batch to a file of votes of its own, whole: who is rejected or screened later has no answer left in it. Workers whose median is below `min_seconds` are screened.
pub fn import(
    project: &Project,
    task: &Task,
    (batch, by): (Batch, &str),
    ids: &BTreeSet<String>,
    min_seconds: Option<u64>,
) -> Result<Imported, Failure> {
    let key = key(project)?;
    let Batch { assignments, mut wrong, rejected } = batch;
    let mut workers = taken(task, assignments, ids, &key, &mut wrong);
    let fast = |w: &Worker| min_seconds.is_some_and(|min| w.median().is_some_and(|own| own < min));
    let screened: Vec<(String, Worker)> = workers.extract_if(.., |_, w| fast(w)).collect();
    let mut text = line(["item", "annotator", "label", "seconds"].into_iter());
    let (mut count, mut written) = (0, None);
    for (name, worker) in &workers {
        for one in &worker.answers {
            let Said::Label(value) = &one.said else { continue };
            let seconds = worker.seconds.get(&one.id).map_or(String::new(), u64::to_string);
            text.push_str(&line([one.id.as_str(), name, &answer_text(value), &seconds].into_iter()));
            count += 1;
        }
    }
    if count > 0 {
        let path = whole(project, task, by, &text)?;
        say(&format!("{path}   {} of {}\n", plural(count, "answer"), plural(workers.len() as u64, "worker")));
        written = Some(path);
    }
    told(&workers);
    for (reason, n) in &rejected {
        say(&format!("{} rejected on the platform, not taken: {reason}\n", plural(*n, "answer")));
    }
    for (name, worker) in &screened {
        let seconds = worker.median().unwrap_or_default();
        let lost = plural(worker.answers.len() as u64, "answer");
        say(&format!("{name} screened, {lost} not taken: {seconds} s an answer is less than --min-seconds\n"));
    }
    let worked = |screened: bool| move |(name, w): &(String, &Worker)| (name.clone(), w.worked(screened));
    let kept: Vec<(String, &Worker)> = workers.iter().map(|(name, w)| (name.clone(), w)).collect();
    let fast: Vec<(String, &Worker)> = screened.iter().map(|(name, w)| (name.clone(), w)).collect();
    let workers = kept.iter().map(worked(false)).chain(fast.iter().map(worked(true))).collect();
    Ok(Imported { path: written, taken: count, wrong, workers, rejected, ..Imported::default() })
}

/// The answers about samples that are there, by the pseudonym of who gave them.
fn taken(
    task: &Task,
    assignments: Vec<Assignment>,
    ids: &BTreeSet<String>,
    key: &Digest,
    wrong: &mut Vec<String>,
) -> BTreeMap<String, Worker> {
    let mut of: BTreeMap<String, (Vec<Back>, BTreeMap<String, u64>)> = BTreeMap::new();
    for one in assignments {
        let own = of.entry(pseudonym(key, &one.worker)).or_default();
        if let Some(seconds) = one.seconds {
            own.1.entry(one.back.id.clone()).or_insert(seconds);
        }
        own.0.push(one.back);
    }
    let worker = |(name, (back, seconds))| {
        let mut own = Vec::new();
        let answers = good(task, back, ids, &mut own);
        wrong.extend(own.into_iter().map(|say| format!("{name}: {say}")));
        (name, Worker { answers, seconds })
    };
    let all: BTreeMap<String, Worker> = of.into_iter().map(worker).collect();
    all.into_iter().filter(|(_, w)| !w.answers.is_empty()).collect()
}

/// Tells how much each worker answered and how fast, the fastest first.
fn told(workers: &BTreeMap<String, Worker>) {
    let mut all: Vec<(Option<u64>, &String, usize)> =
        workers.iter().map(|(name, w)| (w.median(), name, w.answers.len())).collect();
    all.sort_by_key(|(seconds, name, _)| (seconds.is_none(), *seconds, *name));
    for (seconds, name, answers) in all.iter().take(WORKERS_MAX) {
        let seconds = seconds.map_or_else(|| "no times".to_string(), |s| format!("{s} s an answer (median)"));
        say(&format!("  {name}   {}, {seconds}\n", plural(*answers as u64, "answer")));
    }
    if all.len() > WORKERS_MAX {
        say(&format!("  and {} more\n", all.len() - WORKERS_MAX));
    }
}

/// What a worker is called here.
fn pseudonym(key: &Digest, worker: &str) -> String {
    let hex: String = keyed(key, worker.as_bytes()).hex().chars().take(12).collect();
    format!("w-{hex}")
}

/// The secret key of `[privacy]`, derived for workers.
fn key(project: &Project) -> Result<Digest, Failure> {
    let table = project.manifest.table(&["privacy"]);
    let privacy: Privacy = table.and_then(|(_, t)| crate::manifest::read(t).ok()).unwrap_or_default();
    let read = privacy.key.and_then(|from| match (from.env, from.file) {
        (Some(name), _) => project.world.variable(&name),
        (None, Some(file)) => project.world.read(&file, 1 << 16).ok(),
        (None, None) => None,
    });
    match read {
        Some(key) if !key.trim_ascii().is_empty() => Ok(Digest::derive(CONTEXT, key.trim_ascii())),
        _ => {
            warn("tamis: ids of workers name people and are written under a secret key alone\n");
            Err(Failure::Usage(
                "there is no key: [privacy] key = { env = \"NAME\" }, with NAME in the environment".into(),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_has_one_name_under_one_key() {
        let (one, other) = (Digest::derive(CONTEXT, b"a key"), Digest::derive(CONTEXT, b"another"));
        let name = pseudonym(&one, "A1");
        assert!(name.starts_with("w-") && name.len() == 14 && !name.contains("A1"));
        assert_eq!(name, pseudonym(&one, "A1"));
        assert!(name != pseudonym(&one, "A2") && name != pseudonym(&other, "A1"));
    }

    #[test]
    fn the_median_is_the_lower_one() {
        assert_eq!(median(vec![9, 1, 5, 3]), Some(3));
        assert_eq!((median(vec![4]), median(Vec::new())), (Some(4), None));
    }
}
