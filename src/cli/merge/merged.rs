//! What two branches made of the same file, put together: `dataset.lock`, and files of decisions. Both are lists of entries with
//! keys, so that lines which stand beside each other are no conflict; what is one is named by its entry.
use crate::engine::lock::{FetchedLock, Lock, ReleaseLock, SourceLock};
use crate::model::decisions::{Decided, Verdict};
use std::collections::{BTreeMap, BTreeSet};

/// A file put together.
#[derive(Debug, Default, PartialEq)]
pub struct Merged {
    /// With the lines of both sides between marks where there is a conflict.
    pub text: String,
    /// What a person has to decide, an entry each.
    pub conflicts: Vec<String>,
    /// What is to be done though nothing is in conflict.
    pub notes: Vec<String>,
}

/// The marks that git puts around the two sides of a conflict.
const MARKS: [&str; 3] = ["<<<<<<< ours", "=======", ">>>>>>> theirs"];

impl Merged {
    fn disagree(&mut self, ours: &str, theirs: &str, say: String) {
        let [open, middle, close] = MARKS;
        self.text.push_str(&format!("{open}\n{ours}{middle}\n{theirs}{close}\n"));
        self.conflicts.push(say);
    }
}

/// What three locks say was fetched. Of a file that came anew on both sides the later one is kept.
fn fetched(
    [base, ours, theirs]: [&Lock; 3],
    notes: &mut Vec<String>,
) -> BTreeMap<String, BTreeMap<String, FetchedLock>> {
    let lines = |lock: &Lock| -> BTreeSet<(String, String)> {
        let all = lock.fetched.iter().flat_map(|(of, files)| files.keys().map(move |url| (of.clone(), url.clone())));
        all.collect()
    };
    let mut out: BTreeMap<String, BTreeMap<String, FetchedLock>> = BTreeMap::new();
    for (of, url) in lines(ours).union(&lines(theirs)) {
        let line = |lock: &Lock| lock.fetched.get(of).and_then(|files| files.get(url)).cloned();
        let (was, own, other) = (line(base), line(ours), line(theirs));
        let kept = if own == other || other == was {
            own
        } else if own == was {
            other
        } else {
            let digest = |line: &Option<FetchedLock>| line.as_ref().map(|line| line.digest.clone());
            if digest(&own) != digest(&other) {
                notes.push(format!("{url} came anew on both branches with other bytes: the later one is kept"));
            }
            // times of RFC 3339 in UTC follow each other as texts; what one side removed and the other renewed stays
            own.into_iter().chain(other).max_by(|a, b| a.fetched.cmp(&b.fetched))
        };
        if let Some(kept) = kept {
            out.entry(of.clone()).or_default().insert(url.clone(), kept);
        }
    }
    out
}

/// `dataset.lock` of two branches. A source that changed on both sides is neither's: it is left out, and the next build measures
/// what lies there now. Versions that were frozen are kept from both sides, those of the other branch behind our own.
pub fn locks(base: &Lock, ours: &Lock, theirs: &Lock) -> Merged {
    let mut out = Merged::default();
    let mut lock = Lock { release: ours.release.clone(), ..Lock::default() };
    let names: BTreeSet<&String> = ours.source.keys().chain(theirs.source.keys()).collect();
    for name in names {
        let of = |lock: &Lock| -> Option<SourceLock> { lock.source.get(name).cloned() };
        let (was, own, other) = (of(base), of(ours), of(theirs));
        let kept = match (own == other || other == was, own == was) {
            (true, _) => own,
            (_, true) => other,
            _ => {
                out.notes.push(format!("the source {name} changed on both branches: `tamis build` measures it anew"));
                None
            }
        };
        lock.source.extend(kept.map(|kept| (name.clone(), kept)));
    }
    lock.fetched = fetched([base, ours, theirs], &mut out.notes);
    let mut both = Vec::new();
    for release in &theirs.release {
        match ours.release.iter().find(|r| r.is(&release.name, &release.version)) {
            None => lock.release.push(release.clone()),
            Some(own) if own == release => {}
            Some(own) if base.release.contains(own) => replace(&mut lock.release, release),
            Some(_) if base.release.contains(release) => {}
            Some(own) => both.push((own.clone(), release.clone())),
        }
    }
    let newest = |lock: &Lock| lock.release.last().map(|r| r.assignments.clone());
    if newest(base) != newest(ours) && newest(base) != newest(theirs) && newest(ours) != newest(theirs) {
        let last = lock.release.last().map_or(String::new(), |r| format!("{} {}", r.name, r.version));
        out.notes.push(format!("both branches froze a version: pins/split.tsv must be that of {last}, the last one"));
    }
    lock.release.retain(|r| !both.iter().any(|(own, _)| own == r));
    out.text = lock.text();
    for (own, other) in both {
        let table = |r: &ReleaseLock| Lock { release: vec![r.clone()], ..Lock::default() }.tables();
        let root = |r: &ReleaseLock| r.content_root.chars().take(8).collect::<String>();
        let (name, version) = (&own.name, &own.version);
        let say =
            format!("{name} {version} was frozen on both branches, as content {} and {}", root(&own), root(&other));
        out.disagree(&table(&own), &table(&other), format!("{say}: raise `version` on one of them and freeze again"));
    }
    out
}

fn replace(all: &mut [ReleaseLock], release: &ReleaseLock) {
    all.iter_mut().filter(|r| r.is(&release.name, &release.version)).for_each(|r| *r = release.clone());
}

/// A file of decisions of two branches: lines that either side removed are gone, lines of both sides follow each other. An error
/// is a line that is no decision, with its side and number.
pub fn decisions(base: &str, ours: &str, theirs: &str) -> Result<Merged, String> {
    let [was, own, other] =
        [("the base", base), ("ours", ours), ("theirs", theirs)].map(|(side, text)| read(side, text));
    let (was, own, other) = (was?, own?, other?);
    let set = |of: &[Line]| of.iter().map(|l| l.text.clone()).collect::<BTreeSet<String>>();
    let (before, here, there) = (set(&was), set(&own), set(&other));
    let mut out = Merged::default();
    // what the other branch removed goes, and what it added stands behind our own
    let kept = own.into_iter().filter(|l| !before.contains(&l.text) || there.contains(&l.text));
    let added: Vec<Line> = other.into_iter().filter(|l| !before.contains(&l.text) && !here.contains(&l.text)).collect();
    let mut open: BTreeMap<(String, String), Vec<Line>> = BTreeMap::new();
    for line in added {
        open.entry(line.key()).or_default().push(line);
    }
    let mut text = String::new();
    let mut disputed: Vec<(Line, Line)> = Vec::new();
    for line in kept {
        let against = (!before.contains(&line.text))
            .then(|| open.get(&line.key()).and_then(|lines| lines.iter().find(|l| l.disagrees(&line)).cloned()))
            .flatten();
        match against {
            Some(other) => disputed.push((line, other)),
            None => text.push_str(&format!("{}\n", line.text)),
        }
    }
    let settled: BTreeSet<&str> = disputed.iter().map(|(_, other)| other.text.as_str()).collect();
    let mut rest: Vec<&Line> = open.values().flatten().filter(|l| !settled.contains(l.text.as_str())).collect();
    rest.sort_by_key(|l| l.number);
    rest.iter().for_each(|l| text.push_str(&format!("{}\n", l.text)));
    out.text = text;
    for (line, other) in &disputed {
        out.disagree(&format!("{}\n", line.text), &format!("{}\n", other.text), line.against(other));
    }
    Ok(out)
}

#[derive(Clone)]
struct Line {
    number: usize,
    text: String,
    decided: Decided,
}

fn read(side: &str, text: &str) -> Result<Vec<Line>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let line = |(n, line): (usize, &str)| match serde_json::from_str::<Decided>(line) {
        Ok(decided) => Ok(Line { number: n + 1, text: line.trim_end().to_string(), decided }),
        Err(e) => Err(format!("line {} of {side} is no decision: {e}", n + 1)),
    };
    lines.map(line).collect()
}

impl Line {
    fn key(&self) -> (String, String) {
        (self.decided.step.clone(), self.decided.id.clone())
    }

    /// Whether both cannot hold: one keeps a sample and the other drops it, or one person decided in two ways. Different labels of
    /// two people are no conflict of the file: the build says so, and a third one settles it.
    fn disagrees(&self, other: &Line) -> bool {
        let (a, b) = (&self.decided, &other.decided);
        let leaves = |d: &Decided| d.decision == Verdict::Drop;
        leaves(a) != leaves(b) || (a.by == b.by && (a.decision, &a.value) != (b.decision, &b.value))
    }

    fn against(&self, other: &Line) -> String {
        let word = |d: &Decided| {
            let value = d.value.as_ref().map_or(String::new(), |v| format!(" {v}"));
            let verb = match d.decision {
                Verdict::Keep => "keep",
                Verdict::Drop => "drop",
                Verdict::Label => "label",
            };
            format!("{} decided {verb}{value}", d.by)
        };
        let (a, b) = (&self.decided, &other.decided);
        format!("sample {} at {}: {}, and {}", a.id, a.step, word(a), word(b))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(sources: &[(&str, &str)], releases: &[(&str, &str)]) -> Lock {
        let source = |(name, digest): &(&str, &str)| {
            (name.to_string(), SourceLock { files: 1, bytes: 2, digest: digest.to_string() })
        };
        let release = |(version, root): &(&str, &str)| ReleaseLock {
            name: "public".into(),
            version: version.to_string(),
            content_root: root.to_string(),
            files_root: root.to_string(),
            assignments: root.to_string(),
        };
        Lock {
            source: sources.iter().map(source).collect(),
            release: releases.iter().map(release).collect(),
            ..Lock::default()
        }
    }

    #[test]
    fn what_was_fetched_merges_by_address() {
        let lock = |lines: &[(&str, &str, &str)]| {
            let line = |(_, digest, fetched): &(&str, &str, &str)| FetchedLock {
                digest: digest.to_string(),
                fetched: fetched.to_string(),
                ..FetchedLock::default()
            };
            let files = lines.iter().map(|l| (l.0.to_string(), line(l))).collect();
            Lock { fetched: BTreeMap::from([("web".to_string(), files)]), ..Lock::default() }
        };
        let base = lock(&[("a", "1", "2026-01-01T00:00:00Z"), ("b", "1", "2026-01-01T00:00:00Z")]);
        let ours = lock(&[("a", "2", "2026-01-03T00:00:00Z"), ("b", "1", "2026-01-01T00:00:00Z"), ("c", "1", "x")]);
        let theirs = lock(&[("a", "3", "2026-01-02T00:00:00Z"), ("d", "1", "y")]);
        let mut notes = Vec::new();
        let merged = fetched([&base, &ours, &theirs], &mut notes);
        let digests: Vec<(&str, &str)> = merged["web"].iter().map(|(u, l)| (u.as_str(), l.digest.as_str())).collect();
        assert_eq!(digests, [("a", "2"), ("c", "1"), ("d", "1")], "b was removed on one side");
        assert_eq!(notes.len(), 1);
    }

    #[test]
    fn sources_of_both_branches_stand_beside_each_other() {
        let base = lock(&[("a", "1"), ("b", "1"), ("gone", "1")], &[]);
        let ours = lock(&[("a", "2"), ("b", "1"), ("gone", "1"), ("mine", "1")], &[]);
        let theirs = lock(&[("a", "1"), ("b", "3"), ("other", "1")], &[]);
        let merged = locks(&base, &ours, &theirs);
        assert_eq!(merged.text, lock(&[("a", "2"), ("b", "3"), ("mine", "1"), ("other", "1")], &[]).text());
        assert!(merged.conflicts.is_empty() && merged.notes.is_empty());
    }

    #[test]
    fn a_source_that_both_changed_is_measured_anew() {
        let merged = locks(&lock(&[("a", "1")], &[]), &lock(&[("a", "2")], &[]), &lock(&[("a", "3")], &[]));
        assert_eq!(merged.text, lock(&[], &[]).text());
        assert_eq!(merged.notes, ["the source a changed on both branches: `tamis build` measures it anew"]);
        assert!(merged.conflicts.is_empty());
    }

    #[test]
    fn versions_of_both_branches_are_kept_and_one_version_with_two_contents_is_named() {
        let base = lock(&[], &[("1.0.0", "a")]);
        let [ours, theirs] = [("1.1.0", "b"), ("2.0.0", "c")].map(|own| lock(&[], &[("1.0.0", "a"), own]));
        let merged = locks(&base, &ours, &theirs);
        assert_eq!(merged.text, lock(&[], &[("1.0.0", "a"), ("1.1.0", "b"), ("2.0.0", "c")]).text());
        assert_eq!(merged.notes.len(), 1, "{:?}", merged.notes);
        let twice = locks(&base, &ours, &lock(&[], &[("1.0.0", "a"), ("1.1.0", "d")]));
        assert_eq!(twice.conflicts.len(), 1);
        assert!(twice.conflicts[0].starts_with("public 1.1.0 was frozen on both branches, as content b and d"));
        assert!(twice.text.contains("<<<<<<< ours\n") && twice.text.contains(">>>>>>> theirs\n"), "{}", twice.text);
    }

    fn line(id: &str, verdict: &str, by: &str) -> String {
        format!("{{\"id\":\"{id}\",\"step\":\"clean.fields\",\"decision\":\"{verdict}\",\"by\":\"{by}\"}}\n")
    }

    #[test]
    fn decisions_of_two_people_follow_each_other() {
        let base = line("a", "keep", "kim") + &line("b", "drop", "kim");
        let ours = base.clone() + &line("c", "keep", "kim");
        let theirs = line("a", "keep", "kim") + &line("d", "drop", "lee") + &line("c", "keep", "lee");
        let merged = decisions(&base, &ours, &theirs).unwrap();
        let want = line("a", "keep", "kim")
            + &line("c", "keep", "kim")
            + &line("d", "drop", "lee")
            + &line("c", "keep", "lee");
        assert_eq!((merged.text, merged.conflicts), (want, vec![]));
    }

    #[test]
    fn a_conflict_names_the_sample() {
        let merged = decisions("", &(line("x", "keep", "lee") + &line("a", "keep", "kim")), &line("a", "drop", "lee"));
        let merged = merged.unwrap();
        assert_eq!(merged.conflicts, ["sample a at clean.fields: kim decided keep, and lee decided drop"]);
        let marked =
            format!("<<<<<<< ours\n{}=======\n{}>>>>>>> theirs\n", line("a", "keep", "kim"), line("a", "drop", "lee"));
        assert_eq!(merged.text, line("x", "keep", "lee") + &marked);
        assert!(decisions("", "no json\n", "").is_err_and(|say| say.starts_with("line 1 of ours is no decision")));
    }
}
