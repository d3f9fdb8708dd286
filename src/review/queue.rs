//! The samples of a task that people are asked about: all, those whose answers agree too little, those that wait.
use super::task::{Answered, Task};
use super::{Item, ask, is_boxes, is_outlines};
use crate::engine::session::Session;
use crate::engine::state::Built;
use crate::manifest::Decimal;
use crate::measure::aggregate::middle;
use crate::model::votes::Vote;
use crate::project::{Failure, Project};
use crate::report::show::raw_columns;
use crate::stage::Fault;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Which samples of a task.
#[derive(Clone, Copy, PartialEq)]
pub enum Only {
    /// Their answers agree less than is asked for.
    LowAgreement,
    /// Several answers have most votes.
    Ties,
    /// They wait for a person.
    Queue,
    /// They were decided on something older.
    Stale,
    /// Their label may be wrong, a step says that looks for errors.
    Errors,
    /// Nobody answered.
    Unlabelled,
}

/// The samples that are asked for, and how many there are.
pub fn items(
    project: &Project,
    task: &Task,
    s: &Session,
    built: &Built,
    only: Option<Only>,
    raw: bool,
) -> Result<(Vec<Item>, usize), Failure> {
    let Some(samples) = task.samples(project, s, built)? else {
        return Err(Failure::Usage("the answers are not known before a build: tamis build".into()));
    };
    let snapshot = task.snapshot(project, built, true);
    let content = task.content(s, &snapshot);
    // answers in free words may hold personal data as texts do; others name declared classes, and numbers stand for who answered
    let votes = task.declared.task.prose.then(|| format!("votes.{}", task.name));
    let picture = (is_boxes(task.drawn()) || is_outlines(task.drawn())).then(|| "image".to_string());
    let shown = content.into_iter().chain(votes).chain(picture).chain(task.candidates(&snapshot));
    unseen(project, task, shown, raw)?;
    let waiting = match only {
        Some(Only::Queue) => Some(waiting(task, s, built, |_| true)?),
        Some(Only::Stale) => Some(waiting(task, s, built, |rule| rule == "review.stale")?),
        Some(Only::Errors) => Some(ask::doubted(s, built, &format!("label.{}", task.name))?),
        _ => None,
    };
    let least = least(task);
    let wanted = |a: &&Answered| match only {
        None => true,
        Some(Only::LowAgreement) => a.agreement.as_ref().is_some_and(|own| below(own, least)),
        Some(Only::Ties) => tied(&a.votes),
        Some(Only::Unlabelled) => a.votes.iter().all(|v| v.answer == Value::Null),
        Some(Only::Queue | Only::Stale | Only::Errors) => waiting.as_ref().is_some_and(|ids| ids.contains(&a.id)),
    };
    let doubts = |step: &crate::engine::Step| step.plan.answered_by == Some(format!("label.{}", task.name));
    if only == Some(Only::Errors) && !s.steps.iter().any(doubts) {
        let say = format!("nothing looks for errors in label.{}: it needs [clean.label_errors]", task.name);
        return Err(Failure::Usage(say));
    }
    if only == Some(Only::LowAgreement) && task.agreement.is_none() {
        let say = format!("the agreement of label.{0} is not measured: it needs [label.{0}.agreement]", task.name);
        return Err(Failure::Usage(say));
    }
    // what waits although somebody decided is asked again; else a decided label needs no more answers
    let again = matches!(only, None | Some(Only::Queue | Only::Stale | Only::Errors));
    let named = raw || project.manifest.table(&["privacy"]).is_none();
    let wanted = samples.iter().filter(wanted).filter(|a| again || !a.decided);
    Ok((wanted.map(|a| item(a, named)).collect(), samples.len()))
}

/// Refuses columns that may hold personal data, unless they are asked for.
pub fn unseen(
    project: &Project,
    task: &Task,
    mut shown: impl Iterator<Item = String>,
    raw: bool,
) -> Result<(), Failure> {
    let unseen = raw_columns(project, "samples", task.votes + 1);
    match shown.find(|name| !raw && unseen.contains(name)) {
        Some(name) => Err(Failure::Usage(format!("`{name}` may hold personal data: --raw writes it all the same"))),
        None => Ok(()),
    }
}

/// A sample for a tool. With `[privacy]` annotators are numbers: their names may be those of people.
pub fn item(a: &Answered, named: bool) -> Item {
    let given = a.votes.iter().filter(|v| v.answer != Value::Null).enumerate();
    Item {
        id: a.id.clone(),
        text: shown(a),
        picture: a.picture.clone(),
        shapes: a.shapes.json().as_array().cloned().unwrap_or_default(),
        seen: a.seen.clone(),
        agreement: a.agreement.clone(),
        votes: given
            .map(|(n, v)| (if named { v.annotator.clone() } else { format!("annotator {}", n + 1) }, v.answer.json()))
            .collect(),
    }
}

/// The text that is looked at, and what each candidate says.
fn shown(a: &Answered) -> Option<String> {
    let candidates = a.candidates.iter().map(|(name, text)| format!("{name}: {text}"));
    let all: Vec<String> = a.content.text().map(str::to_string).into_iter().chain(candidates).collect();
    (!all.is_empty()).then(|| all.join("\n\n"))
}

/// What the answers to a sample must agree to: what is asked of all of them, else that they are the same.
fn least(task: &Task) -> Decimal {
    let declared = task.declared.agreement.as_ref().and_then(|a| a.min.as_ref());
    declared.map_or(Decimal::from(1u64), |min| *min.get())
}

fn below(own: &str, least: Decimal) -> bool {
    Decimal::parse(own).is_ok_and(|own| own < least)
}

/// Whether several answers have most votes; of ratings, whether the two in the middle differ.
fn tied(votes: &[Vote]) -> bool {
    let rating = |v: &Vote| if let Value::Float(own) = v.answer { Some(own) } else { None };
    let ratings: Option<Vec<f64>> = votes.iter().filter(|v| v.answer != Value::Null).map(rating).collect();
    if let Some((low, high)) = ratings.and_then(|mut own| middle(&mut own)) {
        return low != high;
    }
    let mut times: BTreeMap<String, u64> = BTreeMap::new();
    for vote in votes.iter().filter(|v| v.answer != Value::Null) {
        *times.entry(vote.answer.json().to_string()).or_default() += 1;
    }
    let most = times.values().max().copied().unwrap_or(0);
    times.values().filter(|n| **n == most).count() > 1
}

/// The samples that a step of the task wants a person to look at, or one that finds labels to doubt or to give, and about which
/// nobody decided.
fn waiting(task: &Task, s: &Session, built: &Built, rule: fn(&str) -> bool) -> Result<BTreeSet<String>, Fault> {
    let path = format!("label.{}", task.name);
    let own = ask::asked(s, built, |step| ask::answered_at(step) == path)?.into_iter();
    Ok(own.filter(|a| a.reasons.iter().any(|r| rule(&r.rule))).map(|a| a.id).collect())
}
