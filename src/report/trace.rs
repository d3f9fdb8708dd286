//! What `tamis trace` prints: one sample's whole story, from the line it was collected at to the files it stands in.
use super::show::{short, value_text};
use super::terminal::plural;
use super::{lang, shown};
use crate::model::votes::Vote;
use crate::stages::label::kinds;
use crate::table::{DataType, Value};
use serde::Serialize;
use std::borrow::Cow;

/// A value in a line, and what stands around a change, in characters.
const VALUE_CHARS: usize = 100;
const AROUND: usize = 12;

/// The story of one row. Of an id that came twice there are several.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Story {
    pub id: String,
    pub collected: Collected,
    pub steps: Vec<Told>,
    /// Where it is released.
    pub released: Vec<Released>,
    /// Releases that leave it out, and why.
    pub left_out: Vec<LeftOut>,
    /// Why it lives no more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone: Option<Gone>,
    /// The first step that is not built yet; what comes behind it is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unbuilt: Option<String>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Collected {
    /// `raw/klue/ner.tsv:48112`
    pub place: Option<String>,
    pub source: Option<String>,
    pub license: Option<String>,
    pub attribution: Option<String>,
}

/// What a step did to the row.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Told {
    pub step: String,
    pub events: Vec<Said>,
    pub changes: Vec<Change>,
    /// New columns in words: votes, label, split.
    pub values: Vec<(String, String)>,
    /// Samples that left in this one's favour.
    pub favoured_over: Vec<String>,
}

impl Told {
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.changes.is_empty() && self.values.is_empty() && self.favoured_over.is_empty()
    }
}

/// An event with the key responsible and its line of dataset.toml.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Said {
    pub act: &'static str,
    pub rule: String,
    pub say: String,
    pub key: String,
    pub line: Option<usize>,
    /// What a person decided of it, where it waited for that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided: Option<Decided>,
}

/// A line of the file of decisions.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Decided {
    /// `keep` or `drop`
    pub decision: &'static str,
    pub by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl Decided {
    fn text(&self) -> String {
        let note = self.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
        lang::text(&format!("{} decided `{}`", self.by, self.decision)).into_owned() + &note
    }
}

/// A column before and behind a step; `None` is raw and not shown.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Change {
    pub column: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Released {
    pub release: String,
    pub version: String,
    pub split: String,
    /// `jsonl/train-00000.jsonl:99`
    pub places: Vec<String>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct LeftOut {
    pub release: String,
    pub why: String,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Gone {
    /// `dropped`, `merged` or `held`
    pub how: &'static str,
    pub step: String,
    pub say: String,
    pub key: String,
    pub line: Option<usize>,
}

impl Story {
    /// The answer first, then a line for everything that happened.
    pub fn text(&self, manifest: &str) -> String {
        let mut lines: Vec<(String, String, String)> = Vec::new();
        lines.push((lang::text("collected").into_owned(), self.collected.text(), String::new()));
        for told in &self.steps {
            let mut of = told.lines(manifest);
            of.iter_mut().take(1).for_each(|l| l.0 = told.step.clone());
            lines.extend(of);
        }
        for r in &self.released {
            lines.push((format!("release.{}", r.release), r.places.join("; "), String::new()));
        }
        for l in &self.left_out {
            let why = lang::text(&format!("left out: {}", l.why)).into_owned();
            lines.push((format!("release.{}", l.release), why, String::new()));
        }
        if let Some(step) = &self.unbuilt {
            let late = lang::text("not built as things stand now: tamis build").into_owned();
            lines.push((step.clone(), late, String::new()));
        }
        let answer = lang::text(&self.answer()).into_owned();
        format!("{}   {}\n{}", shown::line(&self.id), shown::line(&answer), aligned(&lines))
    }

    fn answer(&self) -> String {
        if let Some(g) = &self.gone {
            let how = if g.how == "held" { "held for review" } else { g.how };
            return format!("not released: {how} at {}", g.step);
        }
        if !self.released.is_empty() {
            let of = |r: &Released| format!("{} {}, split {}", r.release, r.version, r.split);
            return format!("released: {}", self.released.iter().map(of).collect::<Vec<_>>().join("; "));
        }
        match (&self.unbuilt, self.left_out.is_empty()) {
            (Some(_), _) => "not built to the end".into(),
            (None, false) => "not released".into(),
            (None, true) => "no release is declared".into(),
        }
    }
}

impl Collected {
    fn text(&self) -> String {
        let all = [&self.place, &self.source, &self.license, &self.attribution];
        all.into_iter().flatten().cloned().collect::<Vec<_>>().join("   ")
    }
}

impl Told {
    /// (blank, words, key and line) of everything the step did.
    fn lines(&self, manifest: &str) -> Vec<(String, String, String)> {
        let mut out = Vec::new();
        for e in &self.events {
            let words = match e.act {
                "changed" | "finding" => e.say.clone(),
                act => format!("{act}: {}", e.say),
            };
            let words = lang::text(&words).into_owned();
            out.push((words, at(manifest, e.line, &e.key)));
            out.extend(e.decided.iter().map(|d| (d.text(), String::new())));
        }
        out.extend(self.changes.iter().map(|c| (c.text(), String::new())));
        out.extend(self.values.iter().map(|(name, value)| (format!("{name}: {}", told(value)), String::new())));
        if let [first, rest @ ..] = self.favoured_over.as_slice() {
            let more =
                if rest.is_empty() { String::new() } else { format!(" and {}", plural(rest.len() as u64, "other")) };
            out.push((lang::text(&format!("kept; {first}{more} left in its favour")).into_owned(), String::new()));
        }
        out.into_iter().map(|(words, key)| (String::new(), words, key)).collect()
    }
}

impl Change {
    fn text(&self) -> String {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => {
                let (before, after) = around(before, after);
                format!("{}: \"{before}\" -> \"{after}\"", self.column)
            }
            (None, Some(after)) => {
                let raw = lang::text("(raw: --raw shows it)");
                format!("{}: {raw} -> \"{}\"", self.column, short(after, VALUE_CHARS))
            }
            _ => lang::text(&format!("{} changed (raw: --raw shows it)", self.column)).into_owned(),
        }
    }
}

/// `dataset.toml:24 preprocess.whitespace`
fn at(manifest: &str, line: Option<usize>, key: &str) -> String {
    line.map_or(key.to_string(), |l| format!("{manifest}:{l} {key}"))
}

fn aligned(lines: &[(String, String, String)]) -> String {
    let width = |pick: fn(&(String, String, String)) -> &String| {
        lines.iter().map(|l| lang::width(pick(l))).max().unwrap_or(0).min(60)
    };
    let (names, words) = (width(|l| &l.0), width(|l| &l.1));
    let mut out = String::new();
    for (name, text, key) in lines {
        let fill = |of: &str, to: usize| " ".repeat(to.saturating_sub(lang::width(of)));
        let (one, two) = (fill(name, names), fill(text, words));
        let line = shown::line(&format!("  {name}{one}   {text}{two}   {key}")).into_owned();
        out.push_str(&format!("{}\n", line.trim_end()));
    }
    out
}

/// A value, or in the chosen language that there is none; other words are the user's.
fn told(value: &str) -> Cow<'_, str> {
    match [NO_ANSWER, NOTHING, NOBODY, RAW].contains(&value) {
        true => lang::text(value),
        false => value.into(),
    }
}

const NO_ANSWER: &str = "no answer";
const NOTHING: &str = "looked, nothing there";
const NOBODY: &str = "nobody was asked";

/// What is told in the place of a value that may hold personal data.
pub const RAW: &str = "(raw: --raw shows it)";

/// Both texts where they differ, with some of what stands around it.
fn around(before: &str, after: &str) -> (String, String) {
    let (a, b): (Vec<char>, Vec<char>) = (before.chars().collect(), after.chars().collect());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let most = a.len().min(b.len()) - head;
    let tail = a.iter().rev().zip(b.iter().rev()).take(most).take_while(|(x, y)| x == y).count();
    let cut = |of: &[char]| {
        let (from, to) = (head.saturating_sub(AROUND), (of.len() - tail + AROUND).min(of.len()));
        let inner: String = of.get(from..to).unwrap_or_default().iter().collect();
        let (open, close) = (if from > 0 { "..." } else { "" }, if to < of.len() { "..." } else { "" });
        format!("{open}{}{close}", short(&inner, VALUE_CHARS))
    };
    (cut(&a), cut(&b))
}

/// A value of a column in words; answers as their kind of task tells them: `PS 3..6, LC 10..12`, `RBC 1,2 3,4`.
pub fn answer(ty: &DataType, v: &Value) -> String {
    match v {
        Value::Null => NO_ANSWER.into(),
        Value::List(items) if items.is_empty() => NOTHING.into(),
        other => {
            let words = kinds::words(ty, other).unwrap_or_else(|| value_text(other));
            if matches!(other, Value::List(_)) { words } else { short(&words, VALUE_CHARS) }
        }
    }
}

/// Votes in words, one annotator after another.
pub fn votes(ty: &DataType, v: &Value) -> String {
    let (Some(list), Some(of)) = (Vote::list(v), Vote::answer_of(ty)) else { return NOBODY.into() };
    let one = |v: &Vote| {
        let guideline = if v.guideline.is_empty() { String::new() } else { format!(" (guideline {})", v.guideline) };
        format!("{}: {}{guideline}", v.annotator, answer(of, &v.answer))
    };
    list.iter().map(one).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::spans::Span;
    use crate::table::{Cell, utf8};

    #[test]
    fn changes_are_shown_where_they_are() {
        let (a, b) = around("가나다  라", "가나다 라");
        assert_eq!((a.as_str(), b.as_str()), ("가나다  라", "가나다 라"));
        let long = |middle: &str| format!("{}{middle}{}", "a".repeat(50), "z".repeat(50));
        let (a, b) = around(&long("x"), &long(""));
        assert_eq!(a, format!("...{}x{}...", "a".repeat(12), "z".repeat(12)));
        assert_eq!(b, format!("...{}{}...", "a".repeat(12), "z".repeat(12)));
        assert_eq!(around("", "a"), (String::new(), "a".into()));
        assert_eq!(around("aa", "aaa"), ("aa".into(), "aaa".into()));
    }

    #[test]
    fn answers_in_words() {
        let spans = vec![Span { start: 3, end: 6, class: "PS".into() }];
        let ty = Vec::<Span>::ty();
        assert_eq!(answer(&ty, &spans.clone().into_value()), "PS 3..6");
        assert_eq!(answer(&ty, &Value::List(Vec::new())), "looked, nothing there");
        assert_eq!(answer(&DataType::Int64, &Value::Int(3)), "3", "a column that is no answer");
        assert_eq!(answer(&utf8(), &Value::Text("a".repeat(200))).chars().count(), VALUE_CHARS + 3);
        let (annotator, origin, guideline) = ("a".to_string(), "x".to_string(), "1.0.0".to_string());
        let vote = Vote { annotator, origin, guideline, answer: spans.into_value(), lost: 0 };
        let given = Value::List(vec![vote.into_value()]);
        assert_eq!(votes(&Vote::list_of(&ty), &given), "a: PS 3..6 (guideline 1.0.0)");
        assert_eq!(votes(&Vote::list_of(&ty), &Value::Null), "nobody was asked");
    }

    #[test]
    fn the_answer_comes_first() {
        let gone = Gone { how: "dropped", step: "clean.exact_duplicates".into(), ..Gone::default() };
        let said = Said {
            act: "dropped",
            say: "the same content as x".into(),
            key: "clean.x".into(),
            line: Some(47),
            ..Said::default()
        };
        let told = Told { step: "clean.exact_duplicates".into(), events: vec![said], ..Told::default() };
        let story = Story { id: "y".into(), steps: vec![told], gone: Some(gone), ..Story::default() };
        let text = story.text("dataset.toml");
        assert!(text.starts_with("y   not released: dropped at clean.exact_duplicates\n"), "{text}");
        assert!(
            text.contains("  clean.exact_duplicates   dropped: the same content as x   dataset.toml:47 clean.x\n"),
            "{text}"
        );
    }
}
