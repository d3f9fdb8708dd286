//! `[privacy.checked]`: what people said of a sample of what the detectors found, and of texts in which they found nothing.
//!
//! ```toml
//! [privacy.checked]
//! files = ["reviews/privacy/*.jsonl"]
//! leak_rate_max = 0.01
//! ```
//!
//! `tamis privacy sample` draws, `tamis privacy import` writes the answers to a file without values and texts. A line
//! `{"id":"a","detector":"email","verdict":"right","by":"kim","seen":"..."}` says that what was found is an address, one without
//! `detector` that there is none (`right`), or one all the same (`leak`). The lines are the right side of a join on `id`, which
//! writes the inner column `privacy.checked` (`privacy.checked/answers`); the facts are made of it.
//!
//! Facts: `answers` (lines), `stale` (the text behind `[privacy.detect]` is another one now, or nobody looks for the type any more: they count
//! for nothing), `gone` (their samples are not there any more), `contradictions` (people differ: the worse answer counts),
//! `hits` and `right`, `precision` (by type, with the exact interval of 95 %, the lowest first), `clean` and `leaks`, `leak_rate`,
//! `leak_rate_max` (the exact upper bound of one side, 95 %, of the share of texts without a hit that leak) and, where none
//! leaks, `rule_of_three`. Findings: `privacy.stale`, `privacy.leak`, `privacy.unmatched`, `privacy.mended`. Limits: the bound
//! says of texts without a hit alone; samples that `[privacy.detect]` drops are not asked about.
use super::declaration::Declaration as Detect;
use super::sought::Sought;
use crate::diag::Diagnostic;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::exact::{above, interval};
use crate::model::checked::{Checked, Verdict, seen};
use crate::stage::*;
use crate::table::{ArrayRef, array_of, utf8, value_at};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ANSWERS: Entry =
    Entry::join::<Answers>("privacy/answers", "privacy.checked", declare).schema(|g| g.subschema_for::<Declaration>());
pub const ENTRY: Entry = Entry::row::<Stage>("privacy/checked", "privacy.checked", declare_facts);

/// What people said of the detectors: how often they are right, and how many texts they miss.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Globs of files of answers, one file a person, as `tamis privacy import` writes them below `reviews/privacy/`. They hold no
    /// value and no text.
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub files: Vec<At<String>>,
    /// The greatest share of texts without a hit that may hold personal data all the same, as the upper bound of one side, 95 %:
    /// 0.01 needs 299 texts in which nobody finds any.
    pub leak_rate_max: Option<At<Decimal>>,
}

/// The column of answers, for the step of facts.
const COLUMN: &str = "privacy.checked";

/// The key that answers are told at.
const KEY: &str = "privacy.checked.files";

/// What an interval leaves outside.
const ALPHA: f64 = 0.05;

/// The longest file of answers, in bytes.
const FILE_MAX: u64 = 1 << 30;

/// A line, and where it stands.
struct Line {
    checked: Checked,
    place: String,
}

/// What the table says, read once for both of its steps.
struct Read {
    declared: Declaration,
    fields: Vec<String>,
    lines: Vec<Line>,
}

/// The answers, if there are detectors that they can be about.
fn read(check: &mut Check) -> Option<Read> {
    let declared = check.read::<Declaration>()?;
    if let Some(max) = &declared.leak_rate_max
        && !(max.to_f64() > 0.0 && max.to_f64() < 1.0)
    {
        let problem = Diagnostic::error("T0809", max.span(), "no number of answers shows a leak rate like this");
        check.bad(
            problem.label("more than 0 and less than 1").help("leak_rate_max = 0.01 needs 299 texts without a leak"),
        );
    }
    let Some((fields, kinds)) = searched(check) else {
        let problem =
            Diagnostic::error("T0807", check.span.clone(), "there are no detectors that anybody could have checked");
        check.bad(problem.label("a table without effect").help("[privacy.checked] goes with [privacy.detect]"));
        return None;
    };
    let mut last: BTreeMap<(String, Option<String>, String), Line> = BTreeMap::new();
    for glob in &declared.files {
        for mut line in lines(check, glob) {
            let known = line.checked.detector.as_ref().is_none_or(|kind| kinds.contains(kind));
            if !known {
                line.checked.seen.clear(); // nobody looks for it any more, so nobody sees what it was said of
            }
            let c = &line.checked;
            last.insert((c.id.clone(), c.detector.clone(), c.by.clone()), line);
        }
    }
    Some(Read { declared, fields, lines: last.into_values().collect() })
}

/// The texts that `[privacy.detect]` searches, and the types that it looks for. What is wrong with it is told by its own step.
fn searched(check: &mut Check) -> Option<(Vec<String>, Vec<String>)> {
    let (_, table) = check.manifest.table(&["privacy", "detect"])?;
    let before = check.problems.len();
    let made = crate::manifest::read::<Detect>(table).ok().map(|d| {
        let fields = check.text_fields(d.fields.as_deref());
        let (sought, _) = Sought::of(&d, check);
        (fields, sought.kinds())
    });
    check.problems.truncate(before);
    Some(made.unwrap_or_default())
}

/// The lines of the files that a glob names. What is no answer is noted.
fn lines(check: &mut Check, glob: &At<String>) -> Vec<Line> {
    let before = check.problems.len();
    check.glob(glob);
    if check.problems.len() > before {
        return Vec::new();
    }
    let names = (check.files)(&source(glob));
    if names.is_empty() {
        let problem = Diagnostic::warning("T0810", glob.span(), "there is no file of answers");
        let help = "tamis privacy sample --raw, and tamis privacy import FILE --by NAME";
        check.bad(problem.label("nobody has checked anything").help(help));
    }
    let mut out = Vec::new();
    for path in names {
        let text = check.world.read(&path, FILE_MAX).map_err(|e| e.to_string());
        let text = text.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_string()));
        let text = match text {
            Ok(text) => text,
            Err(say) => {
                let problem = Diagnostic::error("T0808", glob.span(), format!("{path} cannot be read"));
                check.bad(problem.label(say));
                continue;
            }
        };
        for (n, line) in text.lines().enumerate().filter(|l| !l.1.trim().is_empty()) {
            let place = format!("{path}:{}", n + 1);
            match Checked::read(line) {
                Ok(checked) => out.push(Line { checked, place }),
                Err(say) => {
                    let problem = Diagnostic::error("T0808", glob.span(), format!("{place}: this is no answer: {say}"));
                    check.bad(problem.label("{id, detector, verdict, by, seen}"));
                }
            }
        }
    }
    out
}

/// A glob as what lists its files.
fn source(glob: &At<String>) -> Source {
    Source {
        name: "privacy".into(),
        table: "privacy".into(),
        globs: vec![glob.get().clone()],
        spans: vec![glob.span()],
        exclude: Vec::new(),
        cut: crate::formats::Cut::Document(crate::formats::cut::Holds::One),
        record_max: FILE_MAX,
        images: false,
        span: glob.span(),
    }
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(read) = check.once(read) else { return Vec::new() };
    let table = "privacy.checked/answers".to_string();
    let right = Right {
        table: table.clone(),
        key: "item".into(),
        on: "id".into(),
        reads: names(&["detector", "verdict", "seen"]),
        unmatched: Some(("privacy.unmatched".into(), KEY.into())),
    };
    let ports = Ports {
        table: "samples".into(),
        reads: read.fields.clone(),
        writes: writes([(COLUMN, Column::new(utf8()).inner().harmless())]),
        right: Some(right),
        ..Ports::default()
    };
    let join = Join { fields: read.fields.clone() };
    vec![Plan { literal: Some(literal(table, &read.lines)), ..Plan::join::<Answers>(ports, &join).word("answers") }]
}

fn literal(table: String, lines: &[Line]) -> Literal {
    let of = |f: fn(&Checked) -> Option<String>| array_of(lines.iter().map(|line| f(&line.checked)));
    let word = |c: &Checked| serde_json::to_value(c.verdict).ok()?.as_str().map(str::to_string);
    let columns = [
        ("id", of(|c| Some(format!("{}\t{}\t{}", c.id, c.detector.as_deref().unwrap_or_default(), c.by)))),
        ("item", of(|c| Some(c.id.clone()))),
        ("detector", of(|c| c.detector.clone())),
        ("verdict", of(word)),
        ("seen", of(|c| Some(c.seen.clone()))),
    ];
    let columns = columns.map(|(name, array)| (name.to_string(), array)).into();
    Literal { table, columns, lines: lines.iter().map(|line| line.place.clone()).collect() }
}

#[derive(Serialize, Deserialize, Default)]
struct Join {
    #[serde(default, skip_serializing_if = "is_default")]
    fields: Vec<String>,
}

/// An answer about a sample: of which type, what was said, and whether it was said of the text as it is.
type Answer = (Option<String>, Verdict, bool);

struct Answers;

impl JoinStage for Answers {
    const JOIN: u32 = 1;
    type Join = Join;

    fn join(p: &Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let texts: Vec<(&str, ArrayRef)> =
            p.fields.iter().map(|f| Ok((f.as_str(), left.column(f)?))).collect::<Result<_, Fault>>()?;
        let (kinds, verdicts, saw) = (right.texts("detector")?, right.texts("verdict")?, right.texts("seen")?);
        let at = |of: &[Option<String>], hit: usize| of.get(hit).cloned().flatten();
        let (mut delta, mut told) = (Delta::default(), Vec::with_capacity(left.len()));
        for (row, hits) in matches.iter().enumerate() {
            let mut own: Vec<Answer> = Vec::new();
            let now =
                (!hits.is_empty()).then(|| seen(texts.iter().map(|(f, a)| (*f, value_at(a.as_ref(), row).json()))));
            for hit in hits {
                let verdict = at(&verdicts, *hit).and_then(|word| Verdict::of(&word));
                let verdict = verdict.ok_or_else(|| Fault::Bug("a verdict does not read back".into()))?;
                own.push((at(&kinds, *hit), verdict, at(&saw, *hit) == now));
            }
            tell(row, &own, &mut delta);
            let json = (!own.is_empty()).then(|| serde_json::to_string(&own)).transpose();
            told.push(json.map_err(|e| Fault::Bug(e.to_string()))?);
        }
        if told.iter().any(Option::is_some) {
            delta.write(COLUMN, array_of(told));
        }
        Ok(delta)
    }
}

/// What a person has to know of a sample.
fn tell(row: usize, own: &[Answer], delta: &mut Delta) {
    let stale = own.iter().filter(|answer| !answer.2).count();
    if stale > 0 {
        let say = format!("answers given on a text that is another one now: {stale}; they count for nothing");
        delta.event(row, Act::Finding, KEY, "privacy.stale", say);
    }
    if own.iter().any(|answer| answer.2 && answer.1 == Verdict::Leak) {
        let say = "a person found personal data in it, and no detector does";
        delta.event(row, Act::Finding, KEY, "privacy.leak", say);
    }
}

fn declare_facts(check: &mut Check) -> Vec<Plan> {
    let Some(read) = check.once(read) else { return Vec::new() };
    let ports = Ports { table: "samples".into(), reads: names(&[COLUMN]), ..Ports::default() };
    let gather = Gather { lines: read.lines.len() as u64 };
    let gate = |max: &At<Decimal>| {
        let key = "privacy.checked.leak_rate_max";
        Gate::at_most(key, key, *max.get(), max.span()).look("tamis show privacy.checked")
    };
    let gates = read.declared.leak_rate_max.iter().map(gate).collect();
    vec![Plan { gates, ..Plan::row::<Stage>(ports, &Nothing {}, &gather, &Nothing {}) }]
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    /// How many answers there are, those of no sample too.
    #[serde(default, skip_serializing_if = "is_default")]
    lines: u64,
}

struct Stage;

impl RowStage for Stage {
    const USES: &'static [&'static str] = &["libm 0.2"];
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Nothing;
    type Gather = Gather;
    type Apply = Nothing;

    fn map(_: &Nothing, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (row, own) in rows.texts(COLUMN)?.into_iter().enumerate() {
            if let Some(own) = own {
                summary.put(b"", row, own);
            }
        }
        Ok(Delta::default())
    }
}

/// What was said, counted.
#[derive(Default)]
struct Counts {
    answers: u64,
    stale: u64,
    /// Leaks on texts that have changed since.
    mended: u64,
    contradictions: u64,
    clean: u64,
    leaks: u64,
    /// Of each type, how many were looked at and how many of them are right.
    hits: BTreeMap<String, (u64, u64)>,
}

impl Counts {
    /// Counts the answers about one sample. Where people differ, the worse answer counts.
    fn add(&mut self, own: Vec<Answer>) {
        let mut fresh: BTreeMap<Option<String>, Vec<Verdict>> = BTreeMap::new();
        for (kind, verdict, current) in own {
            self.answers += 1;
            match current {
                true => fresh.entry(kind).or_default().push(verdict),
                false => {
                    self.stale += 1;
                    self.mended += u64::from(verdict == Verdict::Leak);
                }
            }
        }
        for (kind, verdicts) in fresh {
            self.contradictions += u64::from(verdicts.iter().any(|own| Some(own) != verdicts.first()));
            let right = verdicts.iter().all(|verdict| *verdict == Verdict::Right);
            match kind {
                Some(kind) => {
                    let sum = self.hits.entry(kind).or_default();
                    *sum = (sum.0 + 1, sum.1 + u64::from(right));
                }
                None => {
                    self.clean += 1;
                    self.leaks += u64::from(!right);
                }
            }
        }
    }

    /// The types, the least precise first.
    fn precision(&self) -> Fact {
        let mut all: Vec<(&String, u64, u64)> = self.hits.iter().map(|(kind, (n, right))| (kind, *n, *right)).collect();
        all.sort_by(|a, b| {
            (u128::from(a.2) * u128::from(b.1)).cmp(&(u128::from(b.2) * u128::from(a.1))).then(a.0.cmp(b.0))
        });
        let row = |(kind, n, right): (&String, u64, u64)| {
            let (low, high) = interval(right, n, ALPHA);
            let numbers = [down(right as f64 / n as f64), down(low), up(high)];
            [kind.clone(), n.to_string(), right.to_string()].into_iter().chain(numbers).collect()
        };
        let columns = names(&["detector", "checked", "right", "precision", "low", "high"]);
        Fact::Table { columns, rows: all.into_iter().map(row).collect() }
    }
}

/// Decimals that are told: a bound is never better for being rounded.
const DIGITS: f64 = 1e6;

/// The share of the last digit that counts as an error of computing, and not as more.
const NOISE: f64 = 1e-6;

fn up(share: f64) -> String {
    format!("{:.6}", (share * DIGITS - NOISE).ceil() / DIGITS)
}

fn down(share: f64) -> String {
    format!("{:.6}", (share * DIGITS + NOISE).floor() / DIGITS)
}

impl Stage {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut counts = Counts::default();
        for hit in hits.iter() {
            counts.add(serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        let (hits, right) = counts.hits.values().fold((0, 0), |sum, own| (sum.0 + own.0, sum.1 + own.1));
        let numbers = [
            ("answers", p.lines),
            ("stale", counts.stale),
            ("gone", p.lines.saturating_sub(counts.answers)),
            ("contradictions", counts.contradictions),
            ("hits", hits),
            ("right", right),
            ("clean", counts.clean),
            ("leaks", counts.leaks),
        ];
        numbers.into_iter().for_each(|(name, n)| out.fact(name, n));
        out.fact("precision", counts.precision());
        let (n, leaks) = (counts.clean, counts.leaks);
        if n == 0 {
            let why = "nobody has looked at a text in which nothing was found";
            ["leak_rate", "leak_rate_max"].into_iter().for_each(|name| out.fact(name, Fact::Undefined(why.into())));
        } else {
            out.fact("leak_rate", Fact::Decimal(up(leaks as f64 / n as f64)));
            out.fact("leak_rate_max", Fact::Decimal(up(above(leaks, n, ALPHA))));
        }
        if n > 0 && leaks == 0 {
            out.fact("rule_of_three", Fact::Decimal(up((3.0 / n as f64).min(1.0))));
        }
        if counts.mended > 0 {
            let say = format!(
                "leaks that people found in texts that have changed since: {}; what is left was drawn before that, and its bound is too \
                 low: draw anew, and leave the older answers out of `files`",
                counts.mended
            );
            out.remark(KEY, "privacy.mended", say);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing::{self, gathered, texts_of};

    /// What `join` makes of lines (row, type, verdict, whether they saw the text as it is) about three rows.
    fn joined(lines: &[(usize, Option<&str>, &str, bool)]) -> Delta {
        let bytes = testing::Bytes::default();
        let texts = [Some("call [PHONE]"), Some("a walk"), None];
        let now = |row: usize| {
            let text = texts[row].map_or(serde_json::Value::Null, |text| text.into());
            seen([("text", text)])
        };
        let left = testing::rows(&bytes, &[("text", texts_of(&texts))]);
        let saw: Vec<String> = lines.iter().map(|l| if l.3 { now(l.0) } else { String::new() }).collect();
        let right = testing::rows(
            &bytes,
            &[
                ("detector", texts_of(&lines.iter().map(|l| l.1).collect::<Vec<_>>())),
                ("verdict", texts_of(&lines.iter().map(|l| Some(l.2)).collect::<Vec<_>>())),
                ("seen", texts_of(&saw.iter().map(|s| Some(s.as_str())).collect::<Vec<_>>())),
            ],
        );
        let of = |row: usize| (0..lines.len()).filter(|n| lines[*n].0 == row).collect();
        let matches: Vec<Vec<usize>> = (0..3).map(of).collect();
        Answers::join(&Join { fields: names(&["text"]) }, &left, &matches, &right).unwrap()
    }

    fn facts(delta: &Delta, lines: u64) -> Verdicts {
        let (bytes, mut summary) = (testing::Bytes::default(), Summary::default());
        let rows = testing::rows(&bytes, &[(COLUMN, delta.columns[COLUMN].clone())]);
        Stage::map(&Nothing {}, &rows, &mut summary).unwrap();
        gathered::<Stage>(&Gather { lines }, &summary)
    }

    #[test]
    fn answers_become_counts_and_bounds() {
        let lines = [
            (0, Some("phone"), "right", true),
            (0, Some("phone"), "wrong", true), // another person: the worse one counts
            (1, None, "right", true),
            (2, None, "leak", false),
        ];
        let delta = joined(&lines);
        let rules: Vec<(u32, &str)> = delta.events.iter().map(|e| (e.row, e.rule.as_str())).collect();
        assert_eq!(rules, [(2, "privacy.stale")]);
        let told = facts(&delta, 6);
        let wanted = [
            ("answers", 6),
            ("stale", 1),
            ("gone", 2),
            ("contradictions", 1),
            ("hits", 1),
            ("right", 0),
            ("clean", 1),
            ("leaks", 0),
        ];
        wanted.iter().for_each(|(name, n)| assert_eq!(told.facts[*name], Fact::Int(*n), "{name}"));
        assert_eq!(told.facts["leak_rate_max"], Fact::Decimal("0.950000".into()));
        assert_eq!(told.facts["rule_of_three"], Fact::Decimal("1.000000".into()));
        let row = ["phone", "1", "0", "0.000000", "0.000000", "0.975000"].map(String::from).to_vec();
        assert!(matches!(&told.facts["precision"], Fact::Table { rows, .. } if *rows == [row]), "{:?}", told.facts);
        assert_eq!(told.told[0].rule, "privacy.mended", "the leak that was found is not there any more");
    }

    #[test]
    fn a_leak_is_told_of_its_sample_and_without_answers_nothing_is_known() {
        let delta = joined(&[(1, None, "leak", true)]);
        assert_eq!((delta.events[0].row, delta.events[0].rule.as_str()), (1, "privacy.leak"));
        let told = facts(&delta, 1);
        assert_eq!(told.facts["leak_rate"], Fact::Decimal("1.000000".into()));
        assert!(!told.facts.contains_key("rule_of_three") && told.told.is_empty());
        assert!(joined(&[]).columns.is_empty());
        let none = gathered::<Stage>(&Gather::default(), &Summary::default());
        assert!(matches!(none.facts["leak_rate_max"], Fact::Undefined(_)));
        assert_eq!((text(&Join::default()), text(&Gather::default())), ("{}".to_string(), "{}".to_string()));
    }

    #[test]
    fn bounds_are_rounded_outwards() {
        assert_eq!(
            (up(0.0000001), down(0.9999999), up(1.0), down(0.0)),
            ("0.000001".into(), "0.999999".into(), "1.000000".into(), "0.000000".into())
        );
    }
}
