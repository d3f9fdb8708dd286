//! What of the answers becomes samples: labels are read and never guessed, and what is a copy, a leak or a repetition is left out.
//!
//! Facts: `unread` (answers that are not the JSON that was asked for), `samples` (that the others hold), `short` (fewer than were asked
//! for), `surplus` (more than were asked for), `invalid` (tags or a class that are none), `outside` (of the limits of `[schema]`),
//! `other_class` (not of the class that was asked for, or not of the class of the sample that is said in other words), `mentions_lost` (a
//! paraphrase without the mentions of its sample), `leaks` (like a sample of another split), `copied` (like a sample of the split) and
//! their share `copied_share`, `repeated` (equal to another one), `kept`, and of those kept `distinct_1` and `distinct_2`: how many of
//! their words, and of their pairs of words, are different ones (Li and others 2016).
use super::alike::Out;
use super::declaration::Role;
use super::questions::{Asked, Gather, Parent};
use crate::digest::Digest;
use crate::measure::markup::spans_of;
use crate::measure::ngrams::Grams;
use crate::measure::overlap::{Known, Want};
use crate::measure::similar::Threshold;
use crate::measure::words::words;
use crate::model::answers::{self, Answer, Item};
use crate::stage::{Fact, Verdicts};
use crate::stages::augment::draw::{Child, Spans};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The length of the n-grams by which texts are compared.
const GRAMS: Grams = Grams::Characters(5);
/// Shares are of a million.
const MILLION: u64 = 1_000_000;

/// What samples are compared with.
pub struct Judge<'p> {
    p: &'p Gather,
    parents: &'p [Parent],
    own: Known,
    others: Known,
}

/// What became of the answers.
#[derive(Default)]
pub struct Judged {
    /// Samples, each with the number of the sample that it stands behind.
    pub children: Vec<(usize, Child)>,
    unread: u64,
    samples: u64,
    short: u64,
    surplus: u64,
    invalid: u64,
    outside: u64,
    other_class: u64,
    mentions_lost: u64,
    leaks: u64,
    copied: u64,
    repeated: u64,
}

/// A sample as its text and its label say it.
struct Read {
    text: String,
    spans: Option<Spans>,
    class: Option<String>,
}

impl<'p> Judge<'p> {
    pub fn of(p: &'p Gather, parents: &'p [Parent], others: &[String]) -> Judge<'p> {
        let threshold = Threshold { num: p.near.max(1), den: MILLION };
        let want = Want { grams: GRAMS, threshold, passage: p.passage as usize };
        let known = |texts: &mut dyn Iterator<Item = &String>| {
            Known::of(want, &texts.map(|text| vec![text.clone()]).collect::<Vec<_>>())
        };
        // without an answer there is nothing to compare
        let all = p.pack.is_some();
        let own = known(&mut parents.iter().map(|p| &p.text).filter(|_| all));
        Judge { p, parents, own, others: known(&mut others.iter().filter(|_| all)) }
    }

    /// The samples of all answers, in the order of the questions.
    pub fn judged(&self, asked: &[Asked], answers: &BTreeMap<String, Answer>) -> Judged {
        let mut out = Judged::default();
        let mut met: HashSet<Digest> = HashSet::new();
        for asked in asked {
            let Some(answer) = answers.get(&asked.question.key) else { continue };
            let Ok(items) = answers::items(&answer.content) else {
                out.unread += 1;
                continue;
            };
            out.samples += items.len() as u64;
            out.short += u64::from(asked.n).saturating_sub(items.len() as u64);
            out.surplus += (items.len() as u64).saturating_sub(u64::from(asked.n));
            for (i, item) in (0..asked.n).zip(&items) {
                match self.read(asked, item).and_then(|read| self.unlike(read, &mut met)) {
                    Ok(read) => out.children.extend(self.child(asked, answer, asked.k + i, read)),
                    Err(why) => *out.count(why) += 1,
                }
            }
        }
        out
    }

    /// What a sample says, if it can be read and is what was asked for.
    fn read(&self, asked: &Asked, item: &Item) -> Result<Read, Out> {
        let of = asked.parents.first().and_then(|at| self.parents.get(*at)).ok_or(Out::Invalid)?;
        let paraphrase = self.p.role == Role::Paraphrase;
        if !self.p.request.tags {
            let class = item.label.clone().ok_or(Out::Invalid)?;
            if !self.p.request.classes.contains(&class) {
                return Err(Out::Invalid);
            }
            let want = if paraphrase { of.classes.first() } else { asked.class.as_ref() };
            if want.is_some_and(|want| *want != class) {
                return Err(Out::OtherClass);
            }
            let (text, _) = self.p.alike.judged(item.text.trim().to_string(), Vec::new())?;
            return Ok(Read { text, spans: None, class: Some(class) });
        }
        let (text, spans) = spans_of(item.text.trim(), &self.p.request.classes).map_err(|_| Out::Invalid)?;
        let (text, spans) = self.p.alike.judged(text, spans)?;
        if paraphrase && mentions(&text, spans.iter().map(|s| (s.start, s.end, &s.class))) != own_mentions(of) {
            return Err(Out::MentionsLost);
        }
        if asked.class.as_ref().is_some_and(|class| !spans.iter().any(|s| s.class == *class)) {
            return Err(Out::OtherClass);
        }
        let spans = spans.into_iter().map(|s| (s.start, s.end, s.class)).collect();
        Ok(Read { text, spans: Some(spans), class: None })
    }

    /// Itself, if it is like nothing that there is.
    fn unlike(&self, read: Read, met: &mut HashSet<Digest>) -> Result<Read, Out> {
        if self.others.overlap(&[&read.text]).is_some() {
            return Err(Out::Leak);
        }
        if self.own.overlap(&[&read.text]).is_some() {
            return Err(Out::Copied);
        }
        if met.insert(Digest::of(read.text.as_bytes())) { Ok(read) } else { Err(Out::Repeated) }
    }

    fn child(&self, asked: &Asked, answer: &Answer, k: u32, read: Read) -> Option<(usize, Child)> {
        let first = *asked.parents.first()?;
        let length = |text: &str| text.chars().count() as u32;
        let others = asked.parents.iter().skip(1).filter_map(|at| Some(self.parents.get(*at)?.id.clone()));
        let how = [
            ("role", serde_json::to_value(self.p.role).unwrap_or_default()),
            ("model", self.p.request.model.as_str().into()),
            ("answered_by", answer.model.as_str().into()),
            ("prompt", self.p.request.prompt.digest.as_str().into()),
            ("question", asked.question.key.as_str().into()),
        ];
        let child = Child {
            k,
            edits: vec![(0, length(&self.parents.get(first)?.text), length(&read.text))],
            spans: (0..self.p.spans).map(|at| read.spans.clone().filter(|_| self.p.main == Some(at))).collect(),
            parents: others.collect(),
            how: how.into_iter().map(|(name, value)| (name.to_string(), value)).collect(),
            fresh: true,
            class: read.class,
            text: read.text,
            ..Child::default()
        };
        Some((first, child))
    }
}

/// The mentions of a text by class, each as often as it stands.
fn mentions<'s>(text: &str, spans: impl Iterator<Item = (u32, u32, &'s String)>) -> Vec<(String, String)> {
    let chars: Vec<char> = text.chars().collect();
    let mention = |(start, end, class): (u32, u32, &String)| {
        let of = chars.get(start as usize..end as usize).unwrap_or_default();
        (class.clone(), of.iter().collect::<String>())
    };
    let mut all: Vec<(String, String)> = spans.map(mention).collect();
    all.sort();
    all
}

fn own_mentions(of: &Parent) -> Vec<(String, String)> {
    mentions(&of.text, of.spans.iter().map(|(start, end, class)| (*start, *end, class)))
}

impl Judged {
    fn count(&mut self, why: Out) -> &mut u64 {
        match why {
            Out::Invalid => &mut self.invalid,
            Out::Outside => &mut self.outside,
            Out::OtherClass => &mut self.other_class,
            Out::MentionsLost => &mut self.mentions_lost,
            Out::Leak => &mut self.leaks,
            Out::Copied => &mut self.copied,
            Out::Repeated => &mut self.repeated,
        }
    }

    /// The facts, and findings of all that is left out.
    pub fn tell(&self, name: &str, out: &mut Verdicts) {
        let before = [
            ("unread", self.unread, "answers are not the JSON that was asked for, and give no sample"),
            ("short", self.short, "samples that were asked for are in no answer"),
        ];
        let told = [
            ("surplus", self.surplus, "samples are more than was asked for"),
            ("invalid", self.invalid, "samples have tags or a class that the task does not have"),
            ("outside", self.outside, "samples are outside of the limits of [schema]"),
            ("other_class", self.other_class, "samples are not of the class that was asked for"),
            ("mentions_lost", self.mentions_lost, "paraphrases do not have the mentions of their sample"),
            ("leaks", self.leaks, "samples are like one of another split"),
            ("copied", self.copied, "samples are copies of one that the model was shown, or of another of the split"),
            ("repeated", self.repeated, "samples are equal to another one"),
        ];
        out.fact("samples", self.samples);
        let left_out = told.into_iter().map(|(fact, n, say)| (fact, n, format!("{n} {say}; they are not made")));
        for (fact, n, say) in before.into_iter().map(|(fact, n, say)| (fact, n, format!("{n} {say}"))).chain(left_out) {
            out.fact(fact, n);
            if n > 0 {
                out.remark(format!("synthesize.{name}"), format!("synthesize.{fact}"), say);
            }
        }
        let share = if self.samples == 0 { 0.0 } else { self.copied as f64 / self.samples as f64 };
        out.fact("copied_share", Fact::Decimal(format!("{share:.4}")));
        out.fact("kept", self.children.len() as u64);
        out.fact("distinct_1", self.distinct(1));
        out.fact("distinct_2", self.distinct(2));
    }

    fn distinct(&self, n: usize) -> Fact {
        let (mut all, mut different) = (0u64, BTreeSet::new());
        for (_, child) in &self.children {
            let chars: Vec<char> = child.text.chars().collect();
            let word =
                |(start, end): (usize, usize)| chars.get(start..end).unwrap_or_default().iter().collect::<String>();
            let own: Vec<String> = words(&child.text).into_iter().map(word).map(|w| w.to_lowercase()).collect();
            for gram in own.windows(n) {
                all += 1;
                different.insert(gram.to_vec());
            }
        }
        match all {
            0 => Fact::Undefined("there are no words".into()),
            _ => Fact::Decimal(format!("{:.4}", different.len() as f64 / all as f64)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::prompt::Request;
    use super::*;
    use crate::model::answers::Question;

    fn gather(role: Role, tags: bool) -> Gather {
        let request = Request { tags, classes: vec!["x".into(), "y".into()], ..Request::default() };
        let (main, spans) = (tags.then_some(0), usize::from(tags));
        Gather { role, request, main, spans, near: 800_000, passage: 20, pack: Some("0".into()), ..Gather::default() }
    }

    fn asked(class: Option<&str>) -> Asked {
        let question = Question { key: "q".into(), body: "{}".into() };
        Asked { k: 1, n: 2, question, class: class.map(String::from), parents: vec![0] }
    }

    fn judged(p: &Gather, class: Option<&str>, content: &str) -> Judged {
        let text = "Kim went to the river in the early morning".to_string();
        let spans = vec![(0, 3, "x".to_string())];
        let parents = [Parent { id: "a".into(), text, spans, classes: vec!["x".into()], unlabelled: false }];
        let others = ["A held out sentence that nobody may be shown".to_string()];
        let answer = Answer { key: "q".into(), content: content.into(), ..Answer::default() };
        Judge::of(p, &parents, &others).judged(&[asked(class)], &[("q".to_string(), answer)].into())
    }

    fn of(items: &[(&str, Option<&str>)]) -> String {
        let item = |(text, label): &(&str, Option<&str>)| serde_json::json!({ "text": text, "label": label });
        serde_json::json!({ "samples": items.iter().map(item).collect::<Vec<_>>() }).to_string()
    }

    #[test]
    fn copies_leaks_and_repetitions_are_left_out_and_counted() {
        let p = gather(Role::Generate, false);
        let new = ("Nothing of this stands anywhere else", Some("x"));
        let told = judged(&p, Some("x"), &of(&[new, new, new]));
        assert_eq!((told.children.len(), told.repeated, told.surplus, told.samples), (1, 1, 1, 3));
        let told = judged(&p, Some("x"), &of(&[new]));
        assert_eq!((told.children.len(), told.short, told.unread), (1, 1, 0));
        let told = judged(&p, Some("x"), "a remark that somebody wrote here");
        assert_eq!((told.children.len(), told.short, told.unread), (0, 0, 1));
        let copy = ("KIM went to  the river in the early morning", Some("x"));
        let part = ("They say that she went to the river in the early hours, alone", Some("x"));
        assert_eq!(judged(&p, Some("x"), &of(&[copy, part])).copied, 2, "as a whole, and a passage of it");
        let leak = ("a held out sentence that nobody may be shown!", Some("x"));
        assert_eq!(judged(&p, Some("x"), &of(&[leak])).leaks, 1);
        let wrong = [("Some text", Some("z")), ("Another text", None)];
        assert_eq!(judged(&p, Some("x"), &of(&wrong)).invalid, 2);
        assert_eq!(judged(&p, Some("x"), &of(&[("Some text", Some("y"))])).other_class, 1);
    }

    #[test]
    fn tags_become_spans_and_paraphrases_keep_their_mentions() {
        let p = gather(Role::Generate, true);
        let told = judged(&p, Some("y"), &of(&[("Yesterday <y>Lee</y> slept", None), ("<x>Lee</x> slept", None)]));
        let (_, child) = &told.children[0];
        assert_eq!(
            (child.text.as_str(), &child.spans),
            ("Yesterday Lee slept", &vec![Some(vec![(10, 13, "y".into())])])
        );
        assert_eq!((child.edits.as_slice(), told.other_class), (&[(0, 42, 19)][..], 1));
        assert_eq!(judged(&p, None, &of(&[("<x>Lee slept", None)])).invalid, 1);
        let p = gather(Role::Paraphrase, true);
        let good = ("At dawn <x>Kim</x> walked down to a stream", None);
        let told = judged(&p, None, &of(&[good, ("At dawn <x>Lee</x> walked down to a stream", None)]));
        assert_eq!((told.children.len(), told.mentions_lost), (1, 1));
    }
}
