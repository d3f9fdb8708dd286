//! `[clean.fields.FIELD]`: limits on statistics of a text, such as "at most one symbol in two words".
//!
//! ```toml
//! [clean.fields.text]
//! symbol_ratio_max = 0.5
//! words_min = 3
//! action = "review"                        # or "drop", the default
//! ```
//!
//! Reads the fields named. A statistic is a ratio of two counts, compared exactly with its limit, and a limit belongs
//! to what is allowed. The ratios are kept, so that a limit that moves measures nothing again. Drops samples, or puts
//! them up for review, once for each limit they break (`field.STATISTIC`). Facts: `FIELD.STATISTIC_min` and
//! `FIELD.STATISTIC_max`, how many samples break the limit. Limits: a null is not judged; of an empty text every
//! statistic is 0.
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::fields::{Ratio, statistic};
use crate::stage::*;
use crate::table::{DataType, texts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Judges texts by their statistics: a table of limits for each text column, by its name.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(transparent)]
pub struct Declaration(pub BTreeMap<String, Rules>);

/// Limits of one text column; both ends belong to what is allowed. A character is a Unicode scalar value, a word a
/// longest stretch without white space.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    /// Fewest characters.
    #[schemars(range(min = 0))]
    pub chars_min: Option<At<Decimal>>,
    /// Most characters.
    #[schemars(range(min = 0))]
    pub chars_max: Option<At<Decimal>>,
    /// Fewest words.
    #[schemars(range(min = 0))]
    pub words_min: Option<At<Decimal>>,
    /// Most words.
    #[schemars(range(min = 0))]
    pub words_max: Option<At<Decimal>>,
    /// Fewest characters that are not white space, per word (Gopher: 3 for English).
    #[schemars(range(min = 0))]
    pub mean_word_length_min: Option<At<Decimal>>,
    /// Most characters that are not white space, per word (Gopher: 10 for English).
    #[schemars(range(min = 0))]
    pub mean_word_length_max: Option<At<Decimal>>,
    /// Fewest `#` or ellipses per word, whichever are more.
    #[schemars(range(min = 0))]
    pub symbol_ratio_min: Option<At<Decimal>>,
    /// Most `#` or ellipses per word, whichever are more (Gopher: 0.1).
    #[schemars(range(min = 0))]
    pub symbol_ratio_max: Option<At<Decimal>>,
    /// Smallest share of words with at least one letter of any script (Gopher: 0.8).
    #[schemars(range(min = 0, max = 1))]
    pub alphabetic_word_ratio_min: Option<At<Decimal>>,
    /// Largest share of words with at least one letter of any script.
    #[schemars(range(min = 0, max = 1))]
    pub alphabetic_word_ratio_max: Option<At<Decimal>>,
    /// Smallest share of characters that are digits 0 to 9.
    #[schemars(range(min = 0, max = 1))]
    pub digit_ratio_min: Option<At<Decimal>>,
    /// Largest share of characters that are digits 0 to 9.
    #[schemars(range(min = 0, max = 1))]
    pub digit_ratio_max: Option<At<Decimal>>,
    /// Smallest share of letters that are Hangul syllables or jamo.
    #[schemars(range(min = 0, max = 1))]
    pub hangul_ratio_min: Option<At<Decimal>>,
    /// Largest share of letters that are Hangul syllables or jamo.
    #[schemars(range(min = 0, max = 1))]
    pub hangul_ratio_max: Option<At<Decimal>>,
    /// Shortest that the longest run of one character other than white space may be.
    #[schemars(range(min = 0))]
    pub repeated_char_max_min: Option<At<Decimal>>,
    /// Longest that the longest run of one character other than white space may be.
    #[schemars(range(min = 0))]
    pub repeated_char_max_max: Option<At<Decimal>>,
    /// What happens to a sample that breaks a limit.
    #[serde(default)]
    pub action: Action,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It leaves the data set.
    #[default]
    Drop,
    /// It waits for a person's decision.
    Review,
}

/// A statistic with what the manifest says of it: the smallest and the largest value.
type Limited<'r> = (&'static str, &'r Option<At<Decimal>>, &'r Option<At<Decimal>>);

impl Rules {
    /// All statistics, in the order of `measure::fields::STATISTICS`.
    fn all(&self) -> [Limited<'_>; 8] {
        [
            ("chars", &self.chars_min, &self.chars_max),
            ("words", &self.words_min, &self.words_max),
            ("mean_word_length", &self.mean_word_length_min, &self.mean_word_length_max),
            ("symbol_ratio", &self.symbol_ratio_min, &self.symbol_ratio_max),
            ("alphabetic_word_ratio", &self.alphabetic_word_ratio_min, &self.alphabetic_word_ratio_max),
            ("digit_ratio", &self.digit_ratio_min, &self.digit_ratio_max),
            ("hangul_ratio", &self.hangul_ratio_min, &self.hangul_ratio_max),
            ("repeated_char_max", &self.repeated_char_max_min, &self.repeated_char_max_max),
        ]
    }

    /// Those that have a limit.
    fn limits(&self) -> BTreeMap<String, Limits> {
        let value = |limit: &Option<At<Decimal>>| limit.as_ref().map(|l| *l.get());
        let each = self.all().into_iter().map(|(name, min, max)| (name, Limits { min: value(min), max: value(max) }));
        each.filter(|(_, l)| !is_default(l)).map(|(name, l)| (name.to_string(), l)).collect()
    }
}

pub const ENTRY: Entry =
    Entry::row::<Stage>("clean/fields", "clean.fields", declare).schema(|g| g.subschema_for::<Declaration>());

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(Declaration(declared)) = check.read::<Declaration>() else { return Vec::new() };
    let before = check.problems.len();
    let (mut measured, mut bounds, mut respond) = (Map::default(), Gather::default(), Apply::default());
    for (field, rules) in &declared {
        must_be_text(check, field);
        possible(check, field, rules);
        let limits = rules.limits();
        measured.statistics.insert(field.clone(), limits.keys().cloned().collect());
        bounds.limits.insert(field.clone(), limits);
        respond.review.extend((rules.action == Action::Review).then(|| field.clone()));
    }
    if declared.is_empty() || check.problems.len() > before {
        return Vec::new();
    }
    let reads = declared.into_keys().collect();
    vec![Plan::row::<Stage>(
        Ports { table: "samples".into(), reads, drops: true, ..Ports::default() },
        &measured,
        &bounds,
        &respond,
    )]
}

/// Where the table of a field stands.
fn place(check: &Check, field: &str) -> Range<usize> {
    check.manifest.table(&["clean", "fields", field]).map_or(check.span.clone(), |(span, _)| span)
}

fn must_be_text(check: &mut Check, field: &str) {
    let span = place(check, field);
    match check.column("samples", field) {
        Some(DataType::Utf8) => {}
        Some(_) => {
            let problem = Diagnostic::error("T0322", span, format!("`{field}` is no text"));
            check.bad(problem.label("statistics are of texts"));
        }
        None => {
            let help = suggest(field, check.names("samples"));
            let problem = Diagnostic::error("T0310", span, format!("no step gives the column `{field}`"));
            check.bad(problem.label("not known here").help(help));
        }
    }
}

fn possible(check: &mut Check, field: &str, rules: &Rules) {
    if rules.limits().is_empty() {
        let problem = Diagnostic::error("T0207", place(check, field), format!("there is no limit for `{field}`"));
        check.bad(problem.label("needs a limit, for example `chars_min = 10`"));
    }
    for (statistic, min, max) in rules.all() {
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            let message = format!("no text is within the limits of `{statistic}`");
            let problem = Diagnostic::error("T0205", min.span(), message).label("above the upper limit");
            check.bad(problem.related(max.span(), "the upper limit"));
        }
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The statistics of each field; no limits.
    #[serde(default, skip_serializing_if = "is_default")]
    statistics: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    /// Field, statistic, limits.
    #[serde(default, skip_serializing_if = "is_default")]
    limits: BTreeMap<String, BTreeMap<String, Limits>>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    /// The fields whose samples wait for a decision; of the others they are dropped.
    #[serde(default, skip_serializing_if = "is_default")]
    review: BTreeSet<String>,
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Default)]
struct Limits {
    #[serde(default, skip_serializing_if = "is_default")]
    min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    max: Option<Decimal>,
}

impl Limits {
    /// Which limit the ratio breaks: `min` or `max`.
    fn broken_by(&self, ratio: Ratio) -> Option<&'static str> {
        let stands = |limit: Option<Decimal>| {
            let limit = limit?;
            Some(ratio.compare_decimal(limit.numerator_over(limit.scale())?, limit.scale()))
        };
        match (stands(self.min), stands(self.max)) {
            (Some(Ordering::Less), _) => Some("min"),
            (_, Some(Ordering::Greater)) => Some("max"),
            _ => None,
        }
    }
}

/// A limit that is broken: field, statistic, `min` or `max`. What was decided on a row is a list of these, as JSON.
type Broken = (String, String, String);

struct Stage;

impl RowStage for Stage {
    const USES: &'static [&'static str] = &["unicode-std 17.0"];
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// Key: field, NUL, statistic. Value: both counts, 8 bytes each.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (field, statistics) in &p.statistics {
            let column = rows.column(field)?;
            for name in statistics {
                let measure = statistic(name).ok_or_else(|| Fault::Bug(format!("there is no statistic `{name}`")))?;
                let key = format!("{field}\0{name}");
                for (row, text) in texts(column.as_ref()).into_iter().enumerate() {
                    if let Some(text) = text {
                        summary.put(&key, row, bytes_of((measure.of)(text)));
                    }
                }
            }
        }
        Ok(Delta::default())
    }
}

impl Stage {
    /// In memory are only the rows that break a limit.
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut broken: BTreeMap<crate::stage::Spot, Vec<Broken>> = BTreeMap::new();
        let mut counts = counters(p);
        for hit in hits.iter() {
            let key = String::from_utf8_lossy(&hit.key).into_owned();
            let Some((field, statistic)) = key.rsplit_once('\0') else { continue };
            let limits = p.limits.get(field).and_then(|f| f.get(statistic));
            let Some(side) = limits.zip(ratio_of(&hit.value)).and_then(|(l, ratio)| l.broken_by(ratio)) else {
                continue;
            };
            *counts.entry(format!("{field}.{statistic}_{side}")).or_default() += 1;
            broken.entry(hit.at).or_default().push((field.into(), statistic.into(), side.into()));
        }
        for (at, limits) in broken {
            out.put_json(at, &limits)?;
        }
        for (name, n) in counts {
            out.fact(name, n);
        }
        Ok(())
    }

    fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Vec<Broken>>() {
            let (row, broken) = decided?;
            for (field, statistic, side) in broken {
                let act = if p.review.contains(&field) { Act::Review } else { Act::DROP };
                let place = if side == "min" { "below its smallest" } else { "above its largest" };
                let say = format!("{statistic} of {field} is {place} value");
                let key = format!("clean.fields.{field}.{statistic}_{side}");
                delta.event(row, act, key, format!("field.{statistic}"), say);
            }
        }
        Ok(delta)
    }
}

/// A zero for each limit that there is.
fn counters(p: &Gather) -> BTreeMap<String, u64> {
    let mut out = BTreeMap::new();
    for (field, limits) in &p.limits {
        for (statistic, l) in limits {
            let sides = [("min", l.min), ("max", l.max)].into_iter().filter(|s| s.1.is_some());
            out.extend(sides.map(|(side, _)| (format!("{field}.{statistic}_{side}"), 0)));
        }
    }
    out
}

fn bytes_of(ratio: Ratio) -> [u8; 16] {
    ((u128::from(ratio.num) << 64) | u128::from(ratio.den)).to_be_bytes()
}

fn ratio_of(bytes: &[u8]) -> Option<Ratio> {
    let (num, den) = bytes.split_first_chunk::<8>()?;
    Some(Ratio { num: u64::from_be_bytes(*num), den: u64::from_be_bytes(den.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::fields::STATISTICS;

    /// The plans of a manifest, and its problems: code and token.
    fn declared(manifest: &str) -> (Vec<Plan>, Vec<String>) {
        let samples = [("text", DataType::Utf8.into()), ("n", DataType::Int64.into())];
        let (plans, told) = testing::declared(&[ENTRY], "clean.fields", manifest, &samples);
        (plans, told.into_iter().map(|(code, token)| format!("{code} {token}")).collect())
    }

    /// All three kernels over one partition: the events and the facts.
    fn run(plan: &Plan, given: &[Option<&str>]) -> (Vec<Event>, BTreeMap<String, Fact>) {
        let bytes = testing::Bytes::default();
        let rows = testing::rows(&bytes, &[("text", testing::texts_of(given))]);
        let mut summary = Summary::default();
        Stage::map(&plan.read(Kernel::Map), &rows, &mut summary).unwrap();
        let out = testing::gathered::<Stage>(&plan.read(Kernel::Gather), &summary);
        (Stage::apply(&plan.read(Kernel::Apply), &rows, &out.slice(0)).unwrap().events, out.facts)
    }

    #[test]
    fn every_statistic_has_both_limits() {
        let rules = Rules::default();
        let named: Vec<&str> = rules.all().iter().map(|r| r.0).collect();
        assert_eq!(named, STATISTICS.iter().map(|s| s.name).collect::<Vec<_>>());
        let schema = schemars::schema_for!(Rules).to_value();
        let keys: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let mut want: BTreeSet<String> = ["action".to_string()].into();
        want.extend(named.iter().flat_map(|n| [format!("{n}_min"), format!("{n}_max")]));
        assert_eq!(keys, want);
    }

    #[test]
    fn limits_are_compared_exactly_and_belong_to_what_is_allowed() {
        let (plans, told) =
            declared("[clean.fields.text]\ndigit_ratio_max = 0.2\nwords_min = 2\naction = \"review\"\n");
        assert_eq!(told, Vec::<String>::new());
        let (events, facts) = run(&plans[0], &[Some("가나 다1"), Some("12 ab"), Some("가"), None, Some("123")]);
        assert!(events.iter().all(|e| e.act == Act::Review));
        let events: Vec<_> = events.iter().map(|e| (e.row, (e.key.as_str(), e.rule.as_str()))).collect();
        let digits = ("clean.fields.text.digit_ratio_max", "field.digit_ratio");
        let words = ("clean.fields.text.words_min", "field.words");
        assert_eq!(events, [(1, digits), (2, words), (4, digits), (4, words)]);
        let want = [("text.digit_ratio_max", 2), ("text.words_min", 2)];
        assert_eq!(facts, BTreeMap::from(want.map(|(name, n)| (name.to_string(), Fact::Int(n)))));
    }

    #[test]
    fn a_limit_stands_only_in_what_decides() {
        let of = |limit: &str| declared(&format!("[clean.fields.text]\nchars_max = {limit}\n")).0[0].clone();
        let (a, b) = (of("5"), of("6.5"));
        for kernel in [Kernel::Map, Kernel::Apply] {
            assert_eq!(a.params(kernel), b.params(kernel));
        }
        assert_eq!(a.params(Kernel::Map), r#"{"statistics":{"text":["chars"]}}"#);
        assert_eq!(b.params(Kernel::Gather), r#"{"limits":{"text":{"chars":{"max":"6.5"}}}}"#);
        let defaults = [text(&Map::default()), text(&Gather::default()), text(&Apply::default())];
        assert_eq!(defaults, ["{}", "{}", "{}"]);
    }

    #[test]
    fn dropped_unless_said_otherwise_and_counted_also_where_none_breaks_it() {
        let (plans, _) = declared("[clean.fields.text]\nchars_min = 2\nchars_max = 3\n");
        let (events, facts) = run(&plans[0], &[Some("가나다라")]);
        assert_eq!((events.len(), &events[0].act), (1, &Act::DROP));
        assert_eq!(events[0].say, "chars of text is above its largest value");
        assert_eq!((&facts["text.chars_min"], &facts["text.chars_max"]), (&Fact::Int(0), &Fact::Int(1)));
    }

    #[test]
    fn ratios_come_back_from_their_bytes() {
        let ratio = Ratio { num: 3, den: u64::MAX };
        assert_eq!(ratio_of(&bytes_of(ratio)), Some(ratio));
        assert_eq!(ratio_of(&[0; 15]), None);
    }

    #[test]
    fn the_unicode_version_is_the_one_stated() {
        let (major, minor, _) = char::UNICODE_VERSION;
        assert_eq!(Stage::USES, [format!("unicode-std {major}.{minor}")]);
    }

    #[test]
    fn problems_stand_at_their_tokens() {
        let manifest = "[clean.fields.text]\nchars_min = 3\nchars_max = 2\n[clean.fields.n]\naction = \"drop\"\n\
            [clean.fields.txet]\nwords_min = 1\n";
        let (plans, told) = declared(manifest);
        assert!(plans.is_empty());
        assert_eq!(told, ["T0205 3", "T0207 [clean.fields.n]", "T0322 [clean.fields.n]", "T0310 [clean.fields.txet]"]);
    }
}
