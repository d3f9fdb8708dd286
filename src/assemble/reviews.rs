//! `[review]`: what people decided, read once before the steps are declared, and held against the steps behind them.
use super::Assembly;
use crate::diag::{Diagnostic, suggest};
use crate::engine::scan::find;
use crate::engine::{Decision, Review};
use crate::formats::Cut;
use crate::formats::cut::Holds;
use crate::manifest::sections;
use crate::manifest::values::At;
use crate::manifest::{self};
use crate::model::decisions::{Decided, Verdict};
use crate::stage::{DecidedAt, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;

/// Such a file is written by the commands with which people decide (`review::file`).
const WRITTEN: &str = "reviews/somebody.jsonl";

/// The longest file of decisions, in bytes.
const FILE_MAX: u64 = 1 << 30;

impl Assembly<'_> {
    /// All lines of the files of decisions, in the order of the files and their lines. What is no decision is noted.
    pub(super) fn read_decisions(&mut self) -> Vec<DecidedAt> {
        let Some((_, table)) = self.section("review") else { return Vec::new() };
        let section: sections::Review = match manifest::read(table) {
            Ok(section) => section,
            Err(problem) => {
                self.problems.push(problem);
                return Vec::new();
            }
        };
        let mut out = Vec::new();
        for (path, at) in self.decision_files(&section) {
            self.read_file(&path, &at, &mut out);
        }
        out
    }

    /// The files that `file` and `files` name, each once, and where the manifest names them.
    fn decision_files(&mut self, section: &sections::Review) -> Vec<(String, At<String>)> {
        let mut out: BTreeMap<String, At<String>> = BTreeMap::new();
        out.extend(section.file.iter().map(|file| (file.get().clone(), file.clone())));
        for glob in &section.files {
            if self.world.place(glob).is_none() {
                out.insert(glob.get().clone(), glob.clone());
                continue;
            }
            match find::names(self.world, &source(glob)) {
                Ok(names) => {
                    if names.is_empty() {
                        self.meets_no_file(glob);
                    }
                    names.into_iter().for_each(|name| {
                        out.entry(name).or_insert(glob.clone());
                    });
                }
                Err(say) => {
                    let message = format!("the decisions cannot be listed: {say}");
                    let problem = Diagnostic::error("T0602", glob.span(), message);
                    self.problems.push(problem.label("what people decided would be lost"));
                }
            }
        }
        out.into_iter().collect()
    }

    /// A glob that matches no file. The one under which decisions are going to be written may be ahead of the first of them.
    fn meets_no_file(&mut self, glob: &At<String>) {
        let problem = if find::is_spelt_out(glob) {
            let message = format!("the file of decisions `{}` is not there", glob.get());
            let problem = Diagnostic::error("T0303", glob.span(), message).label("no such file below the project");
            problem.help("a glob such as `reviews/*.jsonl` may be ahead of its first file")
        } else if find::may_match(&[glob.get().clone()], &[], WRITTEN, false) {
            return;
        } else {
            self.nothing_decided(glob)
        };
        self.problems.push(problem);
    }

    fn nothing_decided(&self, at: &At<String>) -> Diagnostic {
        let message = format!("`{}` matches no file of decisions", at.get());
        let problem = Diagnostic::warning("T0787", at.span(), message).label("so nothing counts as decided here");
        problem.help("`tamis review`, `serve` and `label` write below reviews/: files = [\"reviews/*.jsonl\"]")
    }

    fn read_file(&mut self, path: &str, at: &At<String>, out: &mut Vec<DecidedAt>) {
        if self.world.place(path).is_none() {
            let problem = Diagnostic::error("T0304", at.span(), "this path leaves the project");
            self.problems.push(problem.label("relative to dataset.toml"));
            return;
        }
        let bytes = match self.world.read(path, FILE_MAX) {
            Ok(bytes) => bytes,
            Err(e) if e.kind() == ErrorKind::NotFound => {
                let problem = self.nothing_decided(at);
                return self.problems.push(problem);
            }
            Err(e) => {
                let message = format!("the decisions cannot be read: {e}");
                let problem = Diagnostic::error("T0602", at.span(), message);
                self.problems.push(problem.label("what people decided would be lost"));
                return;
            }
        };
        for (n, line) in String::from_utf8_lossy(&bytes).lines().enumerate().filter(|l| !l.1.trim().is_empty()) {
            let read = serde_json::from_str::<Decided>(line).map_err(|e| e.to_string());
            let read = read.and_then(|d| match (d.decision, &d.value) {
                (Verdict::Label, None) => Err("a label needs its `value`".to_string()),
                (Verdict::Keep | Verdict::Drop, Some(_)) => Err("only a label has a `value`".to_string()),
                _ => Ok(d),
            });
            match read {
                Ok(decided) => out.push(DecidedAt { place: format!("{path}:{}", n + 1), span: at.span(), decided }),
                Err(e) => {
                    let message = format!("{path}:{}: this is no decision: {e}", n + 1);
                    let problem = Diagnostic::error("T0602", at.span(), message);
                    self.problems.push(problem.label("{id, step, decision, by, note}"));
                }
            }
        }
    }

    /// What was decided, by step and id. Decisions for no step, and two that contradict each other, are noted.
    pub(super) fn review(&mut self, told: &[DecidedAt]) -> Review {
        let section = self.section("review").and_then(|(_, table)| manifest::read::<sections::Review>(table).ok());
        let mut review = Review { hold: section.is_some_and(|s| s.hold), ..Review::default() };
        let steps: BTreeSet<String> = self.steps.iter().map(|s| s.path.clone()).collect();
        let mut first: BTreeMap<(&str, &str), &DecidedAt> = BTreeMap::new();
        for one in told {
            let DecidedAt { place, span, decided: d } = one;
            if !steps.contains(&d.step) {
                if !self.may_be_lost(&d.step, steps.iter().map(String::as_str)) {
                    let help = suggest(&d.step, steps.iter().map(String::as_str));
                    let message = format!("{place}: there is no step `{}`", d.step);
                    self.problems.push(Diagnostic::error("T0601", span.clone(), message).label(help));
                }
                continue;
            }
            let other = first.insert((&d.step, &d.id), one);
            if let Some(other) = other.filter(|o| contradict(&o.decided, d)) {
                self.problems.push(both(other, one));
            }
            let (keep, labels) = (d.decision != Verdict::Drop, d.decision == Verdict::Label);
            let decision = Decision { keep, labels, by: d.by.clone(), note: d.note.clone() };
            review.decisions.insert((d.step.clone(), d.id.clone()), decision);
        }
        review
    }
}

/// Whether one says that the sample stays, and the other that it leaves.
fn contradict(a: &Decided, b: &Decided) -> bool {
    (a.decision == Verdict::Drop) != (b.decision == Verdict::Drop)
}

fn both(first: &DecidedAt, later: &DecidedAt) -> Diagnostic {
    let message = match (first.place.rsplit_once(':'), later.place.rsplit_once(':')) {
        (Some((file, line)), Some((same, other))) if file == same => {
            format!("{file}: lines {line} and {other} decide differently of one sample")
        }
        _ => format!("{} and {} decide differently of one sample", first.place, later.place),
    };
    let help = "the later one does not replace the earlier: delete the line that no longer holds";
    Diagnostic::error("T0603", later.span.clone(), message).label("keep and drop").help(help)
}

/// A glob as what lists its files.
fn source(glob: &At<String>) -> Source {
    Source {
        name: "review".into(),
        table: "review".into(),
        globs: vec![glob.get().clone()],
        spans: vec![glob.span()],
        exclude: Vec::new(),
        cut: Cut::Document(Holds::One),
        record_max: FILE_MAX,
        images: false,
        span: glob.span(),
    }
}
