//! `[clean.label_inconsistent]`: the same thing labelled with different classes.
//!
//! ```toml
//! [clean]
//! label_inconsistent = { task = "ner", action = "review", share_max = 0.2 }
//! ```
//!
//! It stands behind the labels. Reads `label.TASK` and the text. Of spans the words of each are compared, of classes the whole
//! text of a sample: in Unicode normal form C, with one blank for any white space. A value is inconsistent if its labels have
//! several classes. An annotation is told where its class is not the most frequent one of its value and has at most the share
//! `share_max` of the labels of that value; of classes that are equally frequent all are told. Each is a finding (`label.inconsistent`),
//! and its sample waits for review unless `action` says otherwise; what a person decided for `label.TASK` answers it, too.
//!
//! Facts: `compared` (annotations), `values` (different ones), `inconsistent` (values with several classes), `told`
//! (annotations), `share` (of the annotations, those that are told); table `pairs` (class, the most frequent class of the same
//! value, annotations). Limits: a word that means different things in different places is inconsistent, too, such as a city and
//! its government: `share_max` leaves out what is said often. A finding quotes words of a raw column in no case.
use super::tasks::task_of;
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::names::{USES, look};
use crate::model::spans::Span;
use crate::stage::*;
use crate::table::texts;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Finds annotations whose class is another one than the same words or the same text has elsewhere.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The task, `ner` for `[label.ner]`: one of spans, or of one class a sample.
    pub task: At<String>,
    /// What happens to a sample with such an annotation.
    #[serde(default)]
    pub action: Action,
    /// For tasks of one class a sample: the texts that are compared, as if they were one. Default: all text fields of `[schema]`, or
    /// `text`.
    #[schemars(length(min = 1))]
    pub on: Option<Vec<At<String>>>,
    /// Whether upper and lower case are the same. Default false.
    #[serde(default)]
    pub ignore_case: bool,
    /// How many annotations a value has at least, to be judged. Default 2.
    #[schemars(range(min = 2))]
    pub min: Option<u32>,
    /// An annotation is told if its class has at most this share of the annotations of its value. Default 0.5.
    #[schemars(range(min = 0, max = 1))]
    pub share_max: Option<At<Decimal>>,
    /// The largest share of all annotations that may be told, else the build fails.
    #[schemars(range(min = 0, max = 1))]
    pub max: Option<At<Decimal>>,
}

/// What happens to samples with labels that are doubted.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They wait for a person's decision.
    #[default]
    Review,
    /// They stay; each is a finding.
    Report,
}

impl Action {
    pub fn act(self) -> Act {
        match self {
            Action::Review => Act::Review,
            Action::Report => Act::Finding,
        }
    }
}

pub const ENTRY: Entry =
    Entry::row::<Stage>("clean/label_inconsistent", KEY, declare).schema(|g| g.subschema_for::<Declaration>());

const KEY: &str = "clean.label_inconsistent";
/// Pairs of classes that the table has.
const PAIRS_MAX: usize = 50;
/// Characters of words that a finding quotes.
const QUOTED: usize = 60;
const SHARE_MAX: f64 = 0.5;
const LABELS_MIN: u32 = 2;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let Some(task) = task_of(check, &d.task) else { return Vec::new() };
    let spans = task.kind == "ner";
    if !spans && task.kind != "classification" {
        let message = format!("[{}] has neither spans nor one class a sample", task.label);
        check.bad(
            Diagnostic::error("T0727", d.task.span(), message).label("its labels have no value that stands elsewhere"),
        );
        return Vec::new();
    }
    if let Some(on) = d.on.as_ref().and_then(|on| on.first()).filter(|_| spans) {
        let problem = Diagnostic::error("T0219", on.span(), "`on` has no meaning here");
        check.bad(problem.label("spans are compared by their own words"));
    }
    let on = if spans { check.text_of_spans().into_iter().collect() } else { check.plain_texts(d.on.as_deref()) };
    if on.is_empty() && check.problems.is_empty() {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to compare");
        check.bad(problem.label("needs a text field in [schema]"));
    }
    let quotes = spans && !on.iter().any(|name| check.is_raw("samples", name));
    let gate = |max: &At<Decimal>| {
        Gate::at_most(format!("{KEY}.max"), format!("{KEY}.share"), *max.get(), max.span())
            .say(format!("the same thing has different classes in [{}] more often than it may", task.label))
            .beside(format!("{KEY}.pairs"))
            .look(format!("tamis show {KEY} --findings"))
    };
    let gates = d.max.iter().map(gate).collect();
    let ports = Ports {
        table: "samples".into(),
        reads: [vec![task.label.clone()], on.clone()].concat(),
        drops: d.action == Action::Review,
        ..Ports::default()
    };
    let map =
        Map { label: task.label.clone(), on, classes: task.classes.clone(), spans, ignore_case: d.ignore_case, quotes };
    let share_max = d.share_max.map_or(SHARE_MAX, |share| share.get().to_f64());
    let gather = Gather { classes: task.classes, spans, min: d.min.unwrap_or(LABELS_MIN), share_max };
    let answered_by = Some(task.label);
    vec![Plan { gates, answered_by, ..Plan::row::<Stage>(ports, &map, &gather, &Apply { action: d.action }) }]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// The text of the spans, or the texts of a sample.
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    ignore_case: bool,
    /// Words may be told.
    #[serde(default, skip_serializing_if = "is_default")]
    quotes: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    spans: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    min: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    share_max: f64,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
}

/// An annotation that is told: which one of its sample, and what is wrong with it.
#[derive(Serialize, Deserialize)]
struct Told {
    item: u32,
    say: String,
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = USES;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// An entry an annotation, those of the same value under one key.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let columns = p.on.iter().map(|name| rows.column(name)).collect::<Result<Vec<_>, Fault>>()?;
        let columns: Vec<_> = columns.iter().map(|column| texts(column.as_ref())).collect();
        let text =
            |row: usize| columns.iter().filter_map(|column| column.get(row).copied().flatten()).collect::<Vec<_>>();
        let mut put = |row: usize, item: usize, class: &str, value: &str| {
            let Some(class) = p.classes.iter().position(|c| c == class) else { return };
            let shown = look(value);
            let key = if p.ignore_case { shown.to_lowercase() } else { shown.to_string() };
            if key.is_empty() {
                return;
            }
            let seen = Seen { class: class as u16, item: item as u32, words: if p.quotes { &shown } else { "" } };
            summary.put(Digest::derive("tamis labelled value 1", key.as_bytes()).0, row, seen.written());
        };
        if p.spans {
            let labels: Vec<Option<Vec<Span>>> = rows.cells(&p.label)?;
            for (row, spans) in labels.into_iter().enumerate() {
                let chars: Vec<char> = text(row).concat().chars().collect();
                for (item, span) in spans.into_iter().flatten().enumerate() {
                    let words = chars.get(span.start as usize..span.end as usize).unwrap_or_default();
                    put(row, item, &span.class, &words.iter().collect::<String>());
                }
            }
        } else {
            for (row, class) in rows.texts(&p.label)?.into_iter().enumerate() {
                class.iter().for_each(|class| put(row, 0, class, &text(row).join("\n")));
            }
        }
        Ok(Delta::default())
    }
}

/// An annotation of a value.
struct Seen<'s> {
    class: u16,
    item: u32,
    /// The words, as far as a finding quotes them.
    words: &'s str,
}

impl<'s> Seen<'s> {
    fn written(&self) -> Vec<u8> {
        let words: String = self.words.chars().take(QUOTED).collect();
        [&self.class.to_le_bytes()[..], &self.item.to_le_bytes(), words.as_bytes()].concat()
    }

    fn read(bytes: &'s [u8]) -> Result<Seen<'s>, Fault> {
        let of = || {
            let (class, rest) = bytes.split_first_chunk()?;
            let (item, words) = rest.split_first_chunk()?;
            let words = std::str::from_utf8(words).ok()?;
            Some(Seen { class: u16::from_le_bytes(*class), item: u32::from_le_bytes(*item), words })
        };
        of().ok_or_else(|| Fault::Bug("an entry of a summary does not read".into()))
    }
}

/// What is counted over all values.
#[derive(Default)]
struct Counts {
    compared: u64,
    values: u64,
    inconsistent: u64,
    told: u64,
    /// Class, the most frequent class of the same value.
    pairs: BTreeMap<(u16, u16), u64>,
}

/// The annotations of one value: where each is, which one of its sample, and its class.
#[derive(Default)]
struct Group {
    words: String,
    all: Vec<(Spot, u32, u16)>,
}

impl Group {
    /// How many annotations each class has, most first; of equals the one that is declared first.
    fn classes(&self) -> Vec<(u16, u64)> {
        let mut counts: BTreeMap<u16, u64> = BTreeMap::new();
        self.all.iter().for_each(|(_, _, class)| *counts.entry(*class).or_default() += 1);
        let mut counts: Vec<(u16, u64)> = counts.into_iter().collect();
        counts.sort_by_key(|(class, n)| (std::cmp::Reverse(*n), *class));
        counts
    }
}

impl Stage {
    /// Only the annotations of the value at hand are in memory, and those that are told.
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut counts, mut told) = (Counts::default(), BTreeMap::new());
        let (mut group, mut key) = (Group::default(), Vec::new());
        for (n, hit) in hits.iter().enumerate() {
            if n.is_multiple_of(1 << 14) {
                context.tools.go_on()?;
            }
            if hit.key[..] != key[..] {
                p.judge(&std::mem::take(&mut group), &mut counts, &mut told);
                key = hit.key.to_vec();
            }
            let seen = Seen::read(&hit.value)?;
            if group.all.is_empty() {
                group.words = seen.words.to_string();
            }
            group.all.push((hit.at, seen.item, seen.class));
        }
        p.judge(&group, &mut counts, &mut told);
        counts.tell(p, out);
        told.iter().try_for_each(|(at, told): (&Spot, &Vec<Told>)| out.put_json(*at, told))
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Vec<Told>>() {
            let (row, mut told) = decided?;
            told.sort_by_key(|t| t.item);
            for Told { say, .. } in told {
                delta.event(row, p.action.act(), KEY, "label.inconsistent", say);
            }
        }
        Ok(delta)
    }
}

impl Gather {
    fn name(&self, class: u16) -> &str {
        self.classes.get(usize::from(class)).map_or("", String::as_str)
    }

    /// Tells the annotations of a value that have another class than most.
    fn judge(&self, group: &Group, counts: &mut Counts, told: &mut BTreeMap<Spot, Vec<Told>>) {
        let all = group.all.len() as u64;
        counts.compared += all;
        counts.values += u64::from(all > 0);
        let classes = group.classes();
        let [(first, most), (_, second), ..] = classes[..] else { return };
        counts.inconsistent += 1;
        if all < u64::from(self.min) {
            return;
        }
        let doubted = |n: u64| n as f64 <= self.share_max * all as f64 && (n < most || second == most);
        let said = self.said(&classes, all);
        for (at, item, class) in &group.all {
            let n = classes.iter().find(|c| c.0 == *class).map_or(0, |c| c.1);
            if !doubted(n) {
                continue;
            }
            counts.told += 1;
            if *class != first {
                *counts.pairs.entry((*class, first)).or_default() += 1;
            }
            let say = format!("{} is `{}` here: {said}", self.quoted(group, *item), self.name(*class));
            told.entry(*at).or_default().push(Told { item: *item, say });
        }
    }

    fn quoted(&self, group: &Group, item: u32) -> String {
        match group.words.as_str() {
            "" if self.spans => format!("annotation {}", item + 1),
            "" => "the text".into(),
            words => format!("\"{words}\""),
        }
    }

    /// How often a value has which class.
    fn said(&self, classes: &[(u16, u64)], all: u64) -> String {
        let each = classes.iter().map(|(class, n)| format!("`{}` {n}", self.name(*class)));
        let what = if self.spans { "the same words" } else { "the same text" };
        format!("of {all} labels of {what} {}", each.collect::<Vec<_>>().join(", "))
    }
}

impl Counts {
    fn tell(self, p: &Gather, out: &mut Verdicts) {
        let share = self.told as f64 / self.compared.max(1) as f64;
        let undefined = || Fact::Undefined("there is no annotation".into());
        out.fact("share", if self.compared > 0 { Fact::Decimal(format!("{share:.6}")) } else { undefined() });
        let counts = [
            ("compared", self.compared),
            ("values", self.values),
            ("inconsistent", self.inconsistent),
            ("told", self.told),
        ];
        counts.into_iter().for_each(|(name, n)| out.fact(name, n));
        let mut pairs: Vec<((u16, u16), u64)> = self.pairs.into_iter().collect();
        pairs.sort_by_key(|(pair, n)| (std::cmp::Reverse(*n), *pair));
        pairs.truncate(PAIRS_MAX);
        let row =
            |((class, most), n): ((u16, u16), u64)| vec![p.name(class).into(), p.name(most).into(), n.to_string()];
        let columns = ["class", "most frequent", "annotations"].map(String::from).to_vec();
        out.fact("pairs", Fact::Table { columns, rows: pairs.into_iter().map(row).collect() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing::{Bytes, gathered, rows, texts_of};
    use crate::table::Cell;

    fn said(p: &Gather, summary: &Summary) -> (Verdicts, Vec<(u32, String)>) {
        let out = gathered::<Stage>(p, summary);
        let apply = Apply { action: Action::Review };
        let delta = Stage::apply(&apply, &rows(&Bytes::default(), &[]), &out.slice(0)).unwrap();
        let said = delta.events.into_iter().map(|e| (e.row, e.say)).collect();
        (out, said)
    }

    /// A text, and its spans with their classes.
    type Labelled<'t> = (&'t str, &'t [(u32, u32, &'t str)]);

    fn spans(texts: &[Labelled], map: &Map) -> Summary {
        let (tools, mut summary) = (Bytes::default(), Summary::default());
        let span = |(start, end, class): &(u32, u32, &str)| Span { start: *start, end: *end, class: class.to_string() };
        let labels =
            Cell::build(texts.iter().map(|(_, spans)| Some(spans.iter().map(span).collect::<Vec<_>>())).collect());
        let texts: Vec<Option<&str>> = texts.iter().map(|(text, _)| Some(*text)).collect();
        Stage::map(map, &rows(&tools, &[("text", texts_of(&texts)), ("label.x", labels)]), &mut summary).unwrap();
        summary
    }

    fn map() -> Map {
        let classes = ["LC", "OG", "PS"].map(String::from).to_vec();
        Map { label: "label.x".into(), on: vec!["text".into()], classes, spans: true, ignore_case: false, quotes: true }
    }

    fn gather() -> Gather {
        Gather { classes: map().classes, spans: true, min: 2, share_max: 0.5 }
    }

    const TEXTS: [Labelled; 4] = [
        ("\u{c11c}\u{c6b8} says", &[(0, 2, "LC")]),
        // the same two syllables in normal form D: five letters
        ("\u{1109}\u{1165}\u{110b}\u{116e}\u{11af} says", &[(0, 5, "OG")]),
        ("New  York and \u{c11c}\u{c6b8}", &[(0, 9, "LC"), (14, 16, "LC")]),
        ("new York, New York", &[(0, 8, "OG"), (10, 18, "OG")]),
    ];

    #[test]
    fn words_are_told_that_have_another_class_than_elsewhere() {
        let (out, told) = said(&gather(), &spans(&TEXTS, &map()));
        let tie = "of 2 labels of the same words `LC` 1, `OG` 1";
        let expected = [
            (1, "\"\u{c11c}\u{c6b8}\" is `OG` here: of 3 labels of the same words `LC` 2, `OG` 1".to_string()),
            (2, format!("\"New York\" is `LC` here: {tie}")),
            (3, format!("\"New York\" is `OG` here: {tie}")),
        ];
        assert_eq!(told, expected);
        let fact = |name: &str| out.facts.get(name).unwrap().to_string();
        assert_eq!(["compared", "values", "inconsistent", "told", "share"].map(fact), ["6", "3", "2", "3", "0.500000"]);
        let Some(Fact::Table { rows, .. }) = out.facts.get("pairs") else { panic!() };
        assert_eq!(rows, &[["OG", "LC", "2"].map(String::from).to_vec()]);
    }

    #[test]
    fn a_raw_text_is_not_quoted_and_case_and_shares_can_be_left_out() {
        let map = Map { quotes: false, ignore_case: true, ..map() };
        let (_, told) = said(&Gather { share_max: 0.34, ..gather() }, &spans(&TEXTS, &map));
        let of = "labels of the same words";
        let expected = [
            (1, format!("annotation 1 is `OG` here: of 3 {of} `LC` 2, `OG` 1")),
            (2, format!("annotation 1 is `LC` here: of 3 {of} `OG` 2, `LC` 1")),
        ];
        assert_eq!(told, expected);
        let (_, told) = said(&Gather { min: 4, ..gather() }, &spans(&TEXTS, &map));
        assert_eq!(told, []);
    }
}
