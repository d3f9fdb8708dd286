//! What `[split]` may say, and what is wrong with it.
use super::equal;
use super::time::{self, Time};
use crate::diag::Diagnostic;
use crate::manifest::hidden::fits;
use crate::manifest::sections::KeyFrom;
use crate::manifest::values::At;
use crate::manifest::{Decimal, Manifest};
use crate::stage::*;
use crate::table::DataType;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::SeqAccessDeserializer;
use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

/// Cuts the samples into splits.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The share of each split; together exactly 1.
    #[schemars(extend("minProperties" = 1))]
    pub ratios: BTreeMap<String, At<Decimal>>,
    /// How shares are counted, and what is spread evenly.
    #[serde(default)]
    pub method: Method,
    /// A column whose values are spread evenly over the splits; of a label its set of classes counts. Or a list of columns.
    pub stratify: Option<At<Columns>>,
    /// For columns of numbers in `stratify`: into how many parts of as many samples each their values are cut, 2 to 100.
    /// Each part is then spread evenly. Equal values are in one part.
    #[serde(default)]
    pub quantiles: BTreeMap<String, At<u32>>,
    /// A column whose equal values stay in one split (no leakage); null is a group of its own. Or a list of columns: samples
    /// that share a value of any of them stay together, and so do those that these share one with; of a list each item counts.
    pub group: Option<At<Columns>>,
    /// Whether near duplicates that `[clean.near_duplicates]` found and did not drop, and equal records of sources that declare no
    /// `id`, stay in one split, as if they were a group: `together` or `anywhere`. Default `together`.
    pub near_duplicates: Option<At<Near>>,
    /// A column that names the split of a sample, as the data came with it; `source` is the name of its `[collect.NAME]`.
    /// Samples without a value follow the ratios, which count them alone.
    pub given: Option<At<String>>,
    /// What values of the column `given` mean that are no names of splits: `{ TRAIN = "train", 학습 = "train" }`. Blanks around a value do
    /// not matter. An entry that no sample has is told (`split.map`), and if none has any the build fails.
    #[serde(default)]
    pub map: BTreeMap<String, At<String>>,
    /// Files of the project with the ids of a split, a line each: `{ test = ["splits/test.txt"] }`. A sample that a list names is in
    /// its split whatever else is said, and counts for no ratio; an id that no sample has is told (`split.listed`),
    /// and if that is more than half of them the build fails.
    #[serde(default)]
    pub lists: BTreeMap<String, Vec<At<String>>>,
    /// Splits follow each other in time instead of being drawn.
    pub time: Option<At<Time>>,
    /// The most by which the share of samples of any split may differ from its ratio, samples that are `given` to a split
    /// counted too: 0 to 1. Beyond that the build fails.
    #[schemars(range(min = 0, max = 1))]
    pub deviation_max: Option<At<Decimal>>,
    /// Parts each split into so many folds of as many samples each, numbered from 1 in the column `fold`. Groups stay in one
    /// fold, and what is spread evenly over the splits is spread over the folds. Folds that hold nothing are told (`split.folds`).
    #[schemars(range(min = 2, max = 1000))]
    pub folds: Option<At<u32>>,
    /// How often the folds are drawn, for repeated cross-validation: the columns `fold`, `fold_2`, `fold_3` and so on.
    #[schemars(range(min = 2, max = 100))]
    pub repeats: Option<At<u32>>,
    /// A secret that the ranking is drawn from besides, so that who knows the samples and this file cannot tell which of them are
    /// tested on: `"privacy"` (derived of `[privacy] key`), `{ env = "NAME" }` or `{ file = "path" }` that git ignores; at least 16
    /// bytes.
    pub salt: Option<At<Salt>>,
    /// What the ranking is drawn from. Another seed is another split. Default 0.
    pub seed: Option<At<u64>>,
    /// Columns that no release tells of the samples of a split, so that a benchmark comes without its answers:
    /// `{ test = ["label.*"] }`, where `*` stands for anything. What is derived of a hidden label is hidden with it. The answers
    /// stand in `hidden-answers/NAME`, which git ignores; files that cannot do without them are not written of that split.
    #[serde(default)]
    pub hide: BTreeMap<String, Vec<At<String>>>,
    /// `last_release`: what a release assigned stays so, folds too where there are as many of them as then; what cannot, since its group was joined with one of another split, is told (`split.moved`). Default `none`: a pure function of the samples.
    #[serde(default)]
    pub keep: Kept,
}

impl Declaration {
    /// How often folds are drawn.
    pub fn drawings(&self) -> u32 {
        drawings(self.folds.is_some(), self.repeats.as_ref().map_or(0, |n| *n.get()))
    }

    /// The keys that decide which split a sample is in, with their places.
    fn beside_time(&self, manifest: &Manifest) -> Vec<(&'static str, Range<usize>)> {
        let place = |key: &str| manifest.span_of(&format!("split.{key}"));
        let others = [
            ("stratify", self.stratify.as_ref().map(At::span)),
            ("folds", self.folds.as_ref().map(At::span)),
            ("repeats", self.repeats.as_ref().map(At::span)),
            ("keep", place("keep").filter(|_| self.keep == Kept::LastRelease)),
            ("method", place("method").filter(|_| self.method == Method::Balanced)),
            ("given", self.given.as_ref().map(At::span)),
            ("lists", place("lists").filter(|_| !self.lists.is_empty())),
            ("seed", self.seed.as_ref().map(At::span)),
            ("salt", self.salt.as_ref().map(At::span)),
        ];
        others.into_iter().filter_map(|(key, span)| Some((key, span?))).collect()
    }
}

/// Where the secret of `salt` comes from.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(untagged)]
pub enum Salt {
    /// A key that is there already.
    Of(Known),
    From(KeyFrom),
}

#[derive(Deserialize, JsonSchema, Clone, Copy, Debug)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// `[privacy] key`.
    Privacy,
}

/// What the secret of a split is derived by.
const SALT: &str = "tamis split salt 1";

/// The secret of `salt`; `None` with the problem noted where it is not there.
pub fn secret(check: &mut Check, salt: &At<Salt>) -> Option<Secret> {
    match salt.get() {
        Salt::Of(Known::Privacy) => check.secret(salt.span(), SALT),
        Salt::From(from) => check.secret_from(from, salt.span(), SALT),
    }
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// Nothing is remembered.
    #[default]
    None,
    /// `pins/split.tsv`, which `tamis release` writes.
    LastRelease,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Ratios count groups, or samples where there is no `group`. What is spread is each set of classes by itself.
    #[default]
    Ranked,
    /// Ratios count samples, however large the groups are. What is spread is each class by itself, counted once for each
    /// annotation; fit for labels of several classes, spans and boxes.
    Balanced,
}

/// Where near duplicates are.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Near {
    /// In one split.
    #[default]
    Together,
    /// Wherever they fall.
    Anywhere,
}

/// The name of a column, or a list of names.
#[derive(Clone, Debug)]
pub enum Columns {
    One(String),
    Several(Vec<At<String>>),
}

impl At<Columns> {
    /// The columns with their places.
    pub fn named(&self) -> Vec<(&str, Range<usize>)> {
        match self.get() {
            Columns::One(name) => vec![(name, self.span())],
            Columns::Several(names) => names.iter().map(|name| (name.get().as_str(), name.span())).collect(),
        }
    }

    pub fn names(&self) -> Vec<String> {
        self.named().into_iter().map(|(name, _)| name.to_string()).collect()
    }
}

impl<'de> Deserialize<'de> for Columns {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ColumnsVisitor)
    }
}

struct ColumnsVisitor;

impl<'de> Visitor<'de> for ColumnsVisitor {
    type Value = Columns;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a column, or a list of names")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Columns, E> {
        Ok(Columns::One(text.to_string()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Columns, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(list)).map(Columns::Several)
    }
}

impl JsonSchema for Columns {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Columns".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let names = generator.subschema_for::<Vec<String>>();
        json_schema!({ "anyOf": [{ "type": "string" }, names] })
    }
}

/// Digits behind the point of a ratio at most, so that shares of any number of samples are exact.
const DIGITS: u32 = 18;

/// Reads the table, and notes what is wrong in it.
pub fn declared(check: &mut Check) -> Option<Declaration> {
    let d: Declaration = check.read()?;
    check_ratios(check, &d);
    for columns in [&d.stratify, &d.group].into_iter().flatten() {
        for (name, span) in columns.named() {
            check.known(&At::new(name.to_string(), span));
        }
    }
    d.given.iter().for_each(|column| drop(check.known(column)));
    check_quantiles(check, &d);
    check_hidden(check, &d);
    check_lists(check, &d);
    let tied = check.column("samples", CLUSTERS).is_some() || equal::stay(check);
    if let Some(near) = d.near_duplicates.as_ref().filter(|_| !tied) {
        let message = "nothing tells which samples are near duplicates";
        let problem = Diagnostic::error("T0609", near.span(), message).label("has no effect");
        check.bad(
            problem
                .help("declare [clean.near_duplicates] with `action = \"report\"` or `\"review\"`, or take this out"),
        );
    }
    if let Some(time) = &d.time {
        let splits: Vec<&str> = d.ratios.keys().map(String::as_str).collect();
        let others = d.beside_time(check.manifest);
        time::check(check, time, &splits, others);
    }
    if let Some(repeats) = d.repeats.as_ref().filter(|_| d.folds.is_none()) {
        let problem = Diagnostic::error("T0607", repeats.span(), "there are no folds to be drawn again");
        check.bad(problem.label("has no effect").help("folds = 5"));
    }
    let taken = (0..d.drawings()).map(fold_column).find(|name| check.column("samples", name).is_some());
    if let (Some(folds), Some(taken)) = (&d.folds, taken) {
        let problem = Diagnostic::error("T0607", folds.span(), format!("the samples have a column `{taken}` already"));
        check.bad(problem.label("it would be written over").help("give that field another name where it is collected"));
    }
    Some(d)
}

/// The column that tells which samples are near duplicates of each other.
pub const CLUSTERS: &str = "clean.near_duplicates";

/// The column of the folds of a drawing, from 0.
pub fn fold_column(drawing: u32) -> String {
    if drawing == 0 { "fold".to_string() } else { format!("fold_{}", drawing + 1) }
}

/// How often folds are drawn.
pub fn drawings(folds: bool, repeats: u32) -> u32 {
    if folds { repeats.max(1) } else { 0 }
}

fn check_ratios(check: &mut Check, d: &Declaration) {
    let mut sum = Some(Decimal::from(0u64));
    for (name, r) in &d.ratios {
        sum = sum.and_then(|s| s.checked_add(r));
        if r.scale() > DIGITS {
            let message = format!("the ratio of `{name}` has {} digits behind the point", r.scale());
            check
                .bad(Diagnostic::error("T0604", r.span(), message).label(format!("at most {DIGITS} are counted with")));
        }
        if *r.get() < Decimal::from(0u64) {
            check.bad(Diagnostic::error("T0203", r.span(), format!("the ratio of `{name}` is below 0")));
        }
        if !crate::manifest::values::is_name(name) {
            check.bad(
                Diagnostic::error("T0204", r.span(), format!("`{name}` cannot name a split")).label("a-z, 0-9 and `-`"),
            );
        }
    }
    if let (Some(sum), Some(last)) = (sum, d.ratios.values().last())
        && sum != Decimal::from(1u64)
    {
        let span = check.manifest.span_of("split.ratios").unwrap_or(last.span());
        check.bad(
            Diagnostic::error("T0202", span, format!("the ratios sum to {sum}")).label("they must sum to exactly 1"),
        );
    }
}

/// Quantiles are of columns of numbers that are stratified by.
fn check_quantiles(check: &mut Check, d: &Declaration) {
    let named = d.stratify.as_ref().map(At::names).unwrap_or_default();
    for (column, parts) in &d.quantiles {
        let numbers = |ty: &DataType| ty.is_integer() || ty.is_floating();
        let wrong = match check.column("samples", column) {
            _ if !named.contains(column) => "it is not among the columns of `stratify`",
            Some(ty) if !numbers(ty) => "its values are no numbers",
            _ if !(2..=100).contains(parts.get()) => "2 to 100 parts can be made",
            _ => continue,
        };
        let message = format!("the values of `{column}` cannot be cut into {} parts", parts.get());
        check.bad(Diagnostic::error("T0606", parts.span(), message).label(wrong));
    }
}

/// Lists are of declared splits.
fn check_lists(check: &mut Check, d: &Declaration) {
    for split in d.lists.keys().filter(|split| !d.ratios.contains_key(*split)) {
        let span = check.manifest.span_of(&format!("split.lists.{split}")).unwrap_or(check.span.clone());
        let problem = Diagnostic::error("T0791", span, format!("there is no split `{split}`"));
        check.bad(problem.label(crate::diag::suggest(split, d.ratios.keys().map(String::as_str))));
    }
    check_empty(check, "T0791", "lists", d.lists.iter().map(|(split, files)| (split, files.is_empty())).collect());
}

/// A table that names nothing of a split, or no split at all, has no effect.
pub fn check_empty(check: &mut Check, code: &'static str, key: &str, splits: Vec<(&String, bool)>) {
    let mut nothing: Vec<String> =
        splits.iter().filter(|(_, empty)| *empty).map(|(split, _)| format!("split.{key}.{split}")).collect();
    if splits.is_empty() && check.manifest.table(&["split", key]).is_some() {
        nothing.push(format!("split.{key}"));
    }
    for path in nothing {
        let span = check.manifest.span_of(&path).unwrap_or(check.span.clone());
        let problem = Diagnostic::error(code, span, format!("`{path}` names nothing")).label("has no effect");
        check.bad(problem.help("say what is meant, or take it out"));
    }
}

/// What is hidden is a column of a declared split, and one without which the samples can be told apart.
fn check_hidden(check: &mut Check, d: &Declaration) {
    check_empty(check, "T0788", "hide", d.hide.iter().map(|(split, of)| (split, of.is_empty())).collect());
    for (split, patterns) in &d.hide {
        if !d.ratios.contains_key(split) {
            let span = check.manifest.span_of(&format!("split.hide.{split}")).unwrap_or(check.span.clone());
            let problem = Diagnostic::error("T0788", span, format!("there is no split `{split}`"));
            check.bad(problem.label(crate::diag::suggest(split, d.ratios.keys().map(String::as_str))));
        }
        for pattern in patterns {
            let names: Vec<String> = check.names("samples").into_iter().map(String::from).collect();
            let met: Vec<&String> = names.iter().filter(|name| fits(pattern, name)).collect();
            let whole = |name: &&&String| matches!(name.as_str(), "id" | "split" | "source" | "image" | "audio");
            let (message, label) = match met.iter().find(whole) {
                Some(name) => (format!("`{name}` cannot be hidden"), "a sample would not be found again".to_string()),
                None if met.is_empty() => {
                    let known = names.iter().map(String::as_str);
                    (format!("`{}` names no column", pattern.get()), crate::diag::suggest(pattern, known))
                }
                None => continue,
            };
            check.bad(Diagnostic::error("T0788", pattern.span(), message).label(label));
        }
    }
}

/// All gates that a declaration asks for. `clusters`: near duplicates are to stay in one split; `equal`: so are equal records.
pub fn gates(d: &Declaration, clusters: bool, equal: bool) -> Vec<Gate> {
    let listed = !d.lists.is_empty();
    let mut gates: Vec<Gate> =
        d.given.iter().flat_map(|given| given_gates(given, &d.group, (clusters, equal), listed)).collect();
    if let Some(group) = d.group.as_ref().filter(|_| d.given.is_none() && listed) {
        let names = group.names().join("` or `");
        gates.push(
            Gate::at_most("split.lists", "split.given.apart", Decimal::default(), group.span())
                .say(format!(
                    "`lists` name samples of one `{names}` for several splits; take `group` out if that is meant"
                ))
                .look("tamis show split --findings"),
        );
    }
    gates.extend(d.time.as_ref().and_then(time::gate));
    gates.extend(d.deviation_max.as_ref().map(|most| {
        Gate::at_most("split.deviation_max", "split.deviation", *most.get(), most.span())
            .look("tamis show split --by split")
    }));
    gates
}

/// A column of splits that names none, or often none, is a mistake in the manifest; and a group that lies in several
/// splits is the leak that `group` promises against.
fn given_gates(
    given: &At<String>,
    group: &Option<At<Columns>>,
    (clusters, equal): (bool, bool),
    listed: bool,
) -> Vec<Gate> {
    let (column, none) = (given.get(), Decimal::default());
    let gate = |fact: &str, most, span, say: String| {
        Gate::at_most("split.given", format!("split.given.{fact}"), most, span)
            .say(say)
            .look("tamis show split --findings")
    };
    let mut gates = vec![
        gate("missing", none, given.span(), format!("no sample has a declared split in `{column}`")),
        gate(
            "unknown_of_many",
            Decimal::parse("0.1").unwrap_or_default(),
            given.span(),
            format!(
                "more than a tenth of the samples have a value in `{column}` that names no split; `map` says which one is meant"
            ),
        ),
        gate(
            "misspelt",
            none,
            given.span(),
            format!(
                "values of `{column}` are the name of a split in another spelling: in the case of letters, or with blanks; `map` \
                 says which one is meant"
            ),
        ),
    ];
    let by = if listed { format!("`{column}` or `lists`") } else { format!("`{column}`") };
    let apart = match group {
        Some(group) => {
            let names = group.names().join("` or `");
            let say = format!("samples of one `{names}` are given to several splits by {by}");
            Some((group.span(), format!("{say}; take `group` out if that is meant")))
        }
        None if clusters || equal => {
            let what = if clusters { "near duplicates" } else { "equal records" };
            let say = format!("{what} are given to several splits by {by}");
            Some((given.span(), format!("{say}; `near_duplicates = \"anywhere\"` if that is meant")))
        }
        None => None,
    };
    gates.extend(apart.map(|(span, say)| gate("apart", none, span, say)));
    gates
}
