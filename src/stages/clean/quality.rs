//! `[clean.quality]` and `[clean.fields.FIELD]`: limits on statistics of texts, such as "at most one symbol in two words".
//!
//! ```toml
//! [clean.quality]
//! on = ["text"]
//! profile = "gopher"                       # published limits under a name
//! words_min = 20                           # instead of the profile's 50
//! [clean.fields.title]                     # limits of one field, with an action of its own
//! symbol_ratio_max = 0.5
//! action = "review"                        # or "drop", the default, or "report"
//! ```
//!
//! Reads the fields named. A statistic ([`crate::measure::quality`]) is a ratio of two counts, compared exactly with its
//! limit, and a limit belongs to what is allowed. The ratios are kept, so that a limit that moves measures nothing again.
//! Drops samples, or puts them up for review, once for each limit they break (`field.STATISTIC`, `quality.STATISTIC`).
//! Facts: `FIELD.STATISTIC_min` and `FIELD.STATISTIC_max`, how many samples break the limit; of `[clean.quality]` also
//! `only.FIELD.STATISTIC_min`, how many break no other, and `broken`, how many break some. Limits: a null is not judged;
//! of an empty text every statistic is 0.
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::pictures::statistics as pictures;
use crate::measure::quality::{self, Measured, PROFILES, Profile, Ratio, statistic, statistics};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{Cell, DataType, texts};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::json;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// Judges texts by their statistics: a table of limits for each text column, by its name.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(transparent)]
pub struct Fields(pub BTreeMap<String, Rules>);

/// Limits of one text column; both ends belong to what is allowed. A character is a Unicode scalar value, a word a
/// longest stretch without white space.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[schemars(deny_unknown_fields, transform = limit_keys)]
pub struct Rules {
    /// What happens to a sample that breaks a limit.
    #[serde(default)]
    pub action: Action,
    /// `STATISTIC_min` and `STATISTIC_max`.
    #[serde(flatten)]
    #[schemars(skip)]
    pub limits: BTreeMap<String, Decimal>,
}

/// Judges texts by their statistics, by published limits and one's own. Both ends of a limit belong to what is allowed. A
/// character is a Unicode scalar value, a word a longest stretch without white space.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[schemars(deny_unknown_fields, transform = all_limit_keys)]
pub struct Quality {
    /// The texts that are judged, each by itself. Default: all text fields of `[schema]`, or `text`.
    /// A picture alone is judged by statistics of pictures.
    #[schemars(length(min = 1))]
    pub on: Option<Vec<At<String>>>,
    /// Limits that were published under a name; those that stand here beside it go before.
    pub profile: Option<ProfileName>,
    /// What happens to a sample that breaks a limit.
    #[serde(default)]
    pub action: Action,
    /// `STATISTIC_min` and `STATISTIC_max`.
    #[serde(flatten)]
    #[schemars(skip)]
    pub limits: BTreeMap<String, Decimal>,
}

/// The name of a profile.
#[derive(Clone, Copy)]
pub struct ProfileName(&'static Profile);

impl ProfileName {
    pub(super) fn profile(self) -> &'static Profile {
        self.0
    }
}

impl std::fmt::Debug for ProfileName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.name)
    }
}

impl<'de> Deserialize<'de> for ProfileName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let unknown = || format!("no profile is `{name}`; {}", suggest(&name, PROFILES.iter().map(|p| p.name)));
        quality::profile(&name).map(ProfileName).ok_or_else(|| de::Error::custom(unknown()))
    }
}

impl JsonSchema for ProfileName {
    fn schema_name() -> Cow<'static, str> {
        "Profile".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let one = |p: &Profile| json!({ "type": "string", "const": p.name, "description": p.doc });
        let all: Vec<_> = PROFILES.iter().map(one).collect();
        Schema::try_from(json!({ "oneOf": all })).unwrap_or_default()
    }
}

/// Adds both limits of each statistic of texts to the keys of a table.
fn limit_keys(schema: &mut Schema) {
    add_limits(schema, statistics().map(|s| (s.name, s.doc, s.share)));
}

/// The same, with those of pictures.
fn all_limit_keys(schema: &mut Schema) {
    limit_keys(schema);
    add_limits(schema, pictures::STATISTICS.iter().map(|s| (s.name, s.doc, s.share)));
}

/// Adds both limits of statistics, of which a name, what it is, and whether it is a share are given.
fn add_limits(schema: &mut Schema, of: impl Iterator<Item = (&'static str, &'static str, bool)>) {
    let Some(serde_json::Value::Object(properties)) = schema.get_mut("properties") else { return };
    for (name, doc, share) in of {
        for (side, word) in [("min", "Smallest"), ("max", "Largest")] {
            let mut limit = json!({ "type": "number", "minimum": 0, "description": format!("{word}: {doc}.") });
            if share {
                limit["maximum"] = 1.into();
            }
            properties.insert(format!("{name}_{side}"), limit);
        }
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It leaves the data set.
    #[default]
    Drop,
    /// It waits for a person's decision.
    Review,
    /// It stays; each limit that it breaks is a finding.
    Report,
}

/// The limits that keys say, by statistic.
pub(super) fn limits_of<'k>(keys: impl Iterator<Item = (&'k str, Decimal)>) -> BTreeMap<String, Limits> {
    let mut out: BTreeMap<String, Limits> = BTreeMap::new();
    for (key, value) in keys {
        if let Some(name) = key.strip_suffix("_min") {
            out.entry(name.to_string()).or_default().min = Some(value);
        } else if let Some(name) = key.strip_suffix("_max") {
            out.entry(name.to_string()).or_default().max = Some(value);
        }
    }
    out
}

/// The limits of a profile, as keys would say them.
pub(super) fn of_profile(profile: &Profile) -> BTreeMap<String, Decimal> {
    let side = |name: &str, side: &str, value: Option<&str>| {
        Some((format!("{name}_{side}"), value.and_then(|value| Decimal::parse(value).ok())?))
    };
    let both =
        |(name, min, max): &(&str, Option<&str>, Option<&str>)| [side(name, "min", *min), side(name, "max", *max)];
    profile.limits.iter().flat_map(both).flatten().collect()
}

pub const FIELDS: Entry =
    Entry::row::<Stage>("clean/fields", "clean.fields", declare_fields).schema(|g| g.subschema_for::<Fields>());
pub const QUALITY: Entry =
    Entry::row::<Stage>("clean/quality", "clean.quality", declare_quality).schema(|g| g.subschema_for::<Quality>());

fn declare_fields(check: &mut Check) -> Vec<Plan> {
    let Some(Fields(declared)) = check.read::<Fields>() else { return Vec::new() };
    let before = check.problems.len();
    let (mut bounds, mut respond) = (Gather::default(), Apply::default());
    for (field, rules) in &declared {
        must_be_text(check, field);
        let limits = limits_of(rules.limits.iter().map(|(key, value)| (key.as_str(), *value)));
        if limits.is_empty() {
            let problem = Diagnostic::error("T0207", place(check, field), format!("there is no limit for `{field}`"));
            check.bad(problem.label("needs a limit, for example `chars_min = 10`"));
        }
        possible(check, &format!("clean.fields.{field}"), &rules.limits, &limits);
        bounds.limits.insert(field.clone(), limits);
        respond.review.extend((rules.action == Action::Review).then(|| field.clone()));
        respond.report.extend((rules.action == Action::Report).then(|| field.clone()));
    }
    if declared.is_empty() || check.problems.len() > before {
        return Vec::new();
    }
    plan(bounds, respond)
}

fn declare_quality(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Quality>() else { return Vec::new() };
    if picture(check, &d).is_some() {
        return Vec::new();
    }
    let before = check.problems.len();
    of_pictures(check, &d);
    let fields = check.plain_texts(d.on.as_deref());
    if fields.is_empty() && check.problems.len() == before {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to judge");
        check.bad(problem.label("needs `on`, or a text field in [schema]"));
    }
    let published = d.profile.map(|name| of_profile(name.0)).unwrap_or_default();
    let of_profile: BTreeSet<String> = published.keys().filter(|key| !d.limits.contains_key(*key)).cloned().collect();
    let all: BTreeMap<String, Decimal> = published.into_iter().chain(d.limits.clone()).collect();
    let limits = limits_of(all.iter().map(|(key, value)| (key.as_str(), *value)));
    if limits.is_empty() {
        let problem = Diagnostic::error("T0207", check.span.clone(), "there is no limit");
        check.bad(problem.label("needs a `profile`, or a limit, for example `words_min = 10`"));
    }
    possible(check, "clean.quality", &d.limits, &limits);
    if check.problems.len() > before {
        return Vec::new();
    }
    let all = |action: Action| if d.action == action { fields.iter().cloned().collect() } else { BTreeSet::new() };
    let (review, report) = (all(Action::Review), all(Action::Report));
    let limits = fields.iter().map(|field| (field.clone(), limits.clone())).collect();
    plan(Gather { limits, quality: true }, Apply { review, report, quality: true, of_profile })
}

/// The picture among the columns that are judged, if there is one.
pub(super) fn picture(check: &Check, d: &Quality) -> Option<String> {
    let is_picture = |name: &&String| check.column("samples", name) == Some(&Image::ty());
    d.on.iter().flatten().map(|name| name.get()).find(is_picture).cloned()
}

/// Notes limits of pictures where texts are judged.
fn of_pictures(check: &mut Check, d: &Quality) {
    let named = d.limits.keys().map(|key| (format!("clean.quality.{key}"), key.clone()));
    let published = d.profile.map(|name| of_profile(name.0)).unwrap_or_default();
    let published = published.into_keys().map(|key| ("clean.quality.profile".to_string(), key));
    for (path, key) in named.chain(published) {
        let name = key.strip_suffix("_min").or(key.strip_suffix("_max")).unwrap_or(&key);
        if statistic(name).is_none() && pictures::statistic(name).is_some() {
            let span = check.manifest.span_of(&path).unwrap_or(check.span.clone());
            let problem = Diagnostic::error("T0712", span, format!("`{name}` is a statistic of pictures"));
            check.bad(
                problem.label("texts are judged here").help("name the picture in `on`, for example `on = [\"image\"]`"),
            );
        }
    }
}

fn plan(bounds: Gather, respond: Apply) -> Vec<Plan> {
    let names = |limits: &BTreeMap<String, Limits>| limits.keys().cloned().collect();
    let statistics = bounds.limits.iter().map(|(field, limits)| (field.clone(), names(limits))).collect();
    let reads: Vec<String> = bounds.limits.keys().cloned().collect();
    let drops = reads.iter().any(|field| !respond.report.contains(field));
    let ports = Ports { table: "samples".into(), reads, drops, ..Ports::default() };
    vec![Plan::row::<Stage>(ports, &Map { statistics }, &bounds, &respond)]
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

/// Notes limits that no text can keep. Those that `declared` does not have are the profile's.
pub(super) fn possible(
    check: &mut Check,
    table: &str,
    declared: &BTreeMap<String, Decimal>,
    limits: &BTreeMap<String, Limits>,
) {
    for (statistic, limits) in limits {
        let Some((least, most)) = limits.min.zip(limits.max).filter(|(min, max)| min > max) else { continue };
        let place = |side: &str| {
            let key = format!("{statistic}_{side}");
            declared.get(&key).and_then(|_| check.manifest.span_of(&format!("{table}.{key}")))
        };
        let message = format!("no text is within the limits of `{statistic}`");
        let problem = |span| Diagnostic::error("T0205", span, message);
        let problem = match (place("min"), place("max")) {
            (Some(min), Some(max)) => problem(min).label("above the upper limit").related(max, "the upper limit"),
            (Some(min), None) => problem(min).label(format!("above the profile's {most}")),
            (None, max) => problem(max.unwrap_or(check.span.clone())).label(format!("below the profile's {least}")),
        };
        check.bad(problem);
    }
}

#[derive(Serialize, Deserialize, Default)]
pub(super) struct Map {
    /// The statistics of each field; no limits.
    #[serde(default, skip_serializing_if = "is_default")]
    statistics: BTreeMap<String, BTreeSet<String>>,
}

#[derive(Serialize, Deserialize, Default)]
pub(super) struct Gather {
    /// Field, statistic, limits.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) limits: BTreeMap<String, BTreeMap<String, Limits>>,
    /// It is of `[clean.quality]`, which tells more facts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) quality: bool,
}

#[derive(Serialize, Deserialize, Default)]
pub(super) struct Apply {
    /// The fields whose samples wait for a decision; of the others they are dropped.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) review: BTreeSet<String>,
    /// The fields whose samples stay.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) report: BTreeSet<String>,
    /// It is of `[clean.quality]`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) quality: bool,
    /// The limits that are those of the profile.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) of_profile: BTreeSet<String>,
}

impl Apply {
    /// The key and the rule of a limit that is broken.
    fn told(&self, field: &str, statistic: &str, side: &str) -> (String, String) {
        let limit = format!("{statistic}_{side}");
        match self.quality {
            false => (format!("clean.fields.{field}.{limit}"), format!("field.{statistic}")),
            true if self.of_profile.contains(&limit) => {
                ("clean.quality.profile".into(), format!("quality.{statistic}"))
            }
            true => (format!("clean.quality.{limit}"), format!("quality.{statistic}")),
        }
    }

    fn act(&self, field: &str) -> Act {
        match (self.review.contains(field), self.report.contains(field)) {
            (true, _) => Act::Review,
            (_, true) => Act::Finding,
            _ => Act::DROP,
        }
    }
}

#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Default)]
pub struct Limits {
    #[serde(default, skip_serializing_if = "is_default")]
    pub min: Option<Decimal>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub max: Option<Decimal>,
}

impl Limits {
    /// Which limit the ratio breaks: `min` or `max`.
    pub fn broken_by(&self, ratio: Ratio) -> Option<&'static str> {
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

/// A limit that is broken: field, statistic, `min` or `max`, and the value, rounded. What was decided on a row is a list of
/// these, as JSON. The limit is not part of it, so that one that moves decides nothing anew of rows that break both.
type Broken = (String, String, String, String);

pub(super) struct Stage;

impl RowStage for Stage {
    const USES: &'static [&'static str] = &["unicode-std 17.0", "whatlang 0.18"];
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather)); // 2: what is broken has its value
    const APPLY: Option<ApplyPart<Self>> = Some((2, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// Key: field, NUL, statistic. Value: both counts, 8 bytes each.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        for (field, statistics) in &p.statistics {
            let known = |name: &String| {
                let of = statistic(name).ok_or_else(|| Fault::Bug(format!("there is no statistic `{name}`")))?;
                Ok((format!("{field}\0{name}"), of))
            };
            let measures = statistics.iter().map(known).collect::<Result<Vec<_>, Fault>>()?;
            let column = rows.column(field)?;
            for (row, text) in texts(column.as_ref()).into_iter().enumerate() {
                let Some(text) = text.map(Measured::new) else { continue };
                measures.iter().for_each(|(key, measure)| summary.put(key, row, bytes_of((measure.of)(&text))));
            }
        }
        Ok(Delta::default())
    }
}

impl Stage {
    /// In memory are only the rows that break a limit.
    pub(super) fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut broken: BTreeMap<Spot, Vec<Broken>> = BTreeMap::new();
        let mut counts = counters(p);
        for hit in hits.iter() {
            let key = String::from_utf8_lossy(&hit.key).into_owned();
            let Some((field, statistic)) = key.rsplit_once('\0') else { continue };
            let limits = p.limits.get(field).and_then(|f| f.get(statistic));
            let side = limits.zip(ratio_of(&hit.value)).and_then(|(l, ratio)| Some((l.broken_by(ratio)?, ratio)));
            let Some((side, ratio)) = side else { continue };
            *counts.entry(format!("{field}.{statistic}_{side}")).or_default() += 1;
            broken.entry(hit.at).or_default().push((field.into(), statistic.into(), side.into(), ratio.rounded()));
        }
        if p.quality {
            out.fact("broken", broken.len() as u64);
            counts.extend(alone(p, &broken));
        }
        for (at, limits) in broken {
            out.put_json(at, &limits)?;
        }
        for (name, n) in counts {
            out.fact(name, n);
        }
        Ok(())
    }

    pub(super) fn apply(p: &Apply, _: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        for decided in slice.each::<Vec<Broken>>() {
            let (row, broken) = decided?;
            for (field, statistic, side, value) in broken {
                let place = if side == "min" { "below its smallest" } else { "above its largest" };
                let say = format!("{statistic} of {field} is {value}, {place} value");
                let (key, rule) = p.told(&field, &statistic, &side);
                delta.event(row, p.act(&field), key, rule, say);
            }
        }
        Ok(delta)
    }
}

/// How many samples break each limit and no other.
fn alone(p: &Gather, broken: &BTreeMap<Spot, Vec<Broken>>) -> BTreeMap<String, u64> {
    let named = |limit: &str| format!("only.{limit}");
    let mut out: BTreeMap<String, u64> = counters(p).keys().map(|limit| (named(limit), 0)).collect();
    for limits in broken.values() {
        if let [(field, statistic, side, _)] = limits.as_slice() {
            *out.entry(named(&format!("{field}.{statistic}_{side}"))).or_default() += 1;
        }
    }
    out
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

pub(super) fn bytes_of(ratio: Ratio) -> [u8; 16] {
    ((u128::from(ratio.num) << 64) | u128::from(ratio.den)).to_be_bytes()
}

/// The limits in the parameters of a gather, by field and statistic; none where they are those of another stage.
pub fn declared_limits(gather: &str) -> BTreeMap<String, BTreeMap<String, Limits>> {
    serde_json::from_str::<Gather>(gather).map(|gather| gather.limits).unwrap_or_default()
}

/// A ratio out of a summary.
pub fn ratio_of(bytes: &[u8]) -> Option<Ratio> {
    let (num, den) = bytes.split_first_chunk::<8>()?;
    Some(Ratio { num: u64::from_be_bytes(*num), den: u64::from_be_bytes(den.try_into().ok()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plans of a manifest, and its problems: code and token.
    fn declared(manifest: &str) -> (Vec<Plan>, Vec<String>) {
        let samples = [("text", DataType::Utf8.into()), ("n", DataType::Int64.into())];
        let (plans, told) = testing::declared(&[FIELDS], "clean.fields", manifest, &samples);
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
        let schema = schemars::schema_for!(Rules).to_value();
        let keys: BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let mut want: BTreeSet<String> = ["action".to_string()].into();
        want.extend(statistics().flat_map(|s| [format!("{}_min", s.name), format!("{}_max", s.name)]));
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
        assert_eq!(events[0].say, "chars of text is 4, above its largest value");
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
        assert_eq!(Stage::USES[0], format!("unicode-std {major}.{minor}"));
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
