//! What `[release.NAME.anonymity]` may say, and what is wrong with it.
use super::beside::{Leaving, Says, check_beside, leaving, may_be_told};
use super::ways::{FILE_MAX, Part, WayOf, Ways, Word, rows_of};
use crate::diag::{Diagnostic, suggest};
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::manifest::values::{At, TextOr};
use crate::measure::anonymity::Tree;
use crate::stage::*;
use crate::table::DataType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// What the released table must be like, so that nobody is found in it, and how it may be generalised until it is.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Anonymity {
    /// The columns by which somebody could be known, with how their values are generalised: `"keep"`, `"suppress"`, or a table.
    /// A column that is generalised is text in the release.
    #[schemars(extend("minProperties" = 1))]
    pub quasi_identifiers: BTreeMap<String, At<TextOr<Ways>>>,
    /// The fewest rows (or people) that share the values of all quasi-identifiers.
    #[schemars(range(min = 1))]
    pub k: At<u64>,
    /// The columns that say something about people which nobody should learn, with what is asked of their values in each class.
    #[serde(default)]
    pub sensitive: BTreeMap<String, At<Asked>>,
    /// Columns that say nothing by which somebody could be known, and nothing sensitive: released ones, those that
    /// ATTRIBUTION.md tells of each sample, and one that the splits follow.
    #[serde(default)]
    pub insensitive: Vec<At<String>>,
    /// A column that says whom a row tells of: people are counted then, and not rows. Rows without a value are one person.
    #[schemars(length(min = 1))]
    pub unit: Option<At<String>>,
    /// Each split must hold what is asked by itself. Default false.
    #[serde(default)]
    pub per_split: At<bool>,
    /// The largest share of rows that may be left out because too few look like them: 0 to 1. Default 0.
    #[schemars(range(min = 0, max = 1))]
    pub suppression_max: Option<At<Decimal>>,
    /// What the best generalisation has least of. Default `loss`.
    pub objective: Option<At<Goal>>,
    /// How values are generalised. Default `optimal`.
    #[serde(default)]
    pub method: At<Method>,
    /// Limits of the risk that somebody is found again.
    #[serde(default)]
    pub risk: RiskLimits,
    /// A file of comma-separated values with the quasi-identifiers of the whole population, one person a row, with a header:
    /// what the journalist's risk is measured by.
    #[schemars(length(min = 1))]
    pub population: Option<At<String>>,
}

/// What is asked of the values of a sensitive column in each class.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// At least so many different values (distinct l-diversity).
    #[schemars(range(min = 1))]
    pub distinct: Option<At<u64>>,
    /// An entropy of at least the logarithm of this (entropy l-diversity).
    #[schemars(range(min = 1))]
    pub entropy: Option<At<Decimal>>,
    /// The most frequent value less often than c times all from the l-th on ((c, l)-diversity).
    pub recursive: Option<At<Recursive>>,
    /// A distance of at most this from the distribution of all rows: 0 to 1 (t-closeness).
    #[schemars(range(min = 0, max = 1))]
    pub t: Option<At<Decimal>>,
    /// How far one value is from another, for `t`. Default `equal`.
    pub distance: Option<At<DistanceName>>,
    /// The order of the values, for `distance = "ordered"`. Default: numbers as numbers, else as texts.
    #[schemars(length(min = 2))]
    pub order: Option<At<Vec<String>>>,
    /// The file of a hierarchy, for `distance = "hierarchical"`.
    #[schemars(length(min = 1))]
    pub hierarchy: Option<At<String>>,
}

/// (c, l)-diversity.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Recursive {
    /// How many times as often the most frequent value may stand there.
    #[schemars(range(min = 0))]
    pub c: Decimal,
    /// From which value on the others are counted.
    #[schemars(range(min = 1))]
    pub l: u64,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum DistanceName {
    /// Any two values are equally far.
    #[default]
    Equal,
    /// As far as there are values between them.
    Ordered,
    /// As high as the value in a hierarchy that holds both.
    Hierarchical,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Goal {
    /// Values of a hierarchy behind each cell, over all quasi-identifiers (the loss of ARX, geometric mean).
    #[default]
    Loss,
    /// The discernibility metric.
    Discernibility,
    /// Rows a class.
    AverageClass,
}

#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// One level for all values of a column, the best of all combinations. Of several that lose equally the one with the fewest
    /// steps of generalisation, and of these the one that generalises the later columns (in the order of their names) less.
    #[default]
    Optimal,
    /// Another level for each part of the table (local recoding). Loses less, and values of one column overlap.
    Mondrian,
}

/// Limits of the risk of re-identification, each a share from 0 to 1.
#[derive(Deserialize, JsonSchema, Clone, Debug, Default)]
#[serde(deny_unknown_fields)]
pub struct RiskLimits {
    /// Of somebody who is known to be in the table, at worst.
    #[schemars(range(min = 0, max = 1))]
    pub prosecutor_max: Option<At<Decimal>>,
    /// Of somebody in the `population`, at worst.
    #[schemars(range(min = 0, max = 1))]
    pub journalist_max: Option<At<Decimal>>,
    /// Of everybody on average.
    #[schemars(range(min = 0, max = 1))]
    pub marketer_max: Option<At<Decimal>>,
    /// From which risk on rows count as at risk. Default 0.2.
    #[schemars(range(min = 0, max = 1))]
    pub threshold: Option<At<Decimal>>,
    /// The largest share of rows at a risk greater than `threshold`.
    #[schemars(range(min = 0, max = 1))]
    pub above_max: Option<At<Decimal>>,
}

/// A declaration with its columns and files settled.
#[derive(Clone)]
pub struct Declared {
    pub quasi: Vec<(String, WayOf, Range<usize>)>,
    pub anonymity: Anonymity,
    /// The digest of the hierarchy of a sensitive column.
    pub trees: BTreeMap<String, String>,
    pub population: Option<String>,
    /// Files that kernels open.
    pub files: Vec<(String, Digest, u64)>,
}

impl Declared {
    /// The columns that hold other values in the release than in the samples.
    pub fn generalised(&self) -> impl Iterator<Item = &String> {
        self.quasi.iter().filter(|q| q.1.word != Some(Word::Keep)).map(|q| &q.0)
    }

    /// Whether what is measured of a column over all samples may be told with the release. Where rows are suppressed, the
    /// values of a kept quasi-identifier may be theirs.
    pub fn may_be_told(&self, columns: &[String], column: &str) -> bool {
        let quasi = self.anonymity.quasi_identifiers.contains_key(column);
        let suppresses = self.anonymity.suppression_max.as_ref().is_some_and(|s| *s.get() > Decimal::default());
        may_be_told(&says(&self.anonymity, 0..0), columns, column) && !(quasi && suppresses)
    }

    /// The column that the rows of a release are given instead of a collected one.
    pub fn replaced(&self, release: &str, column: &str) -> Option<String> {
        self.generalised().any(|c| c == column).then(|| column_of(release, column))
    }
}

/// The column of the samples with the values of a quasi-identifier in a release.
pub fn column_of(release: &str, column: &str) -> String {
    format!("{release}.{column}")
}

/// The most combinations of levels that are searched.
const NODES_MAX: usize = 1 << 18;

/// Digits behind the point of a limit, so that it is compared as whole numbers.
const DIGITS: u32 = 9;

/// What a column of a release is to its anonymity.
pub fn declared(check: &mut Check, of: &At<Anonymity>, leaves: &Leaving) -> Option<Declared> {
    let columns = &leaves.columns;
    let before = check.problems.len();
    let a = of.get();
    let mut out = Declared {
        quasi: Vec::new(),
        anonymity: a.clone(),
        trees: BTreeMap::new(),
        population: None,
        files: Vec::new(),
    };
    let mut nodes = 1usize;
    for (column, way) in &a.quasi_identifiers {
        fits(check, column, &way.span(), columns, false);
        if let Some((own, levels)) = settled(check, way, a.method.get(), &mut out.files) {
            nodes = nodes.saturating_mul(levels);
            out.quasi.push((column.clone(), own, way.span()));
        }
    }
    if nodes > NODES_MAX && *a.method.get() == Method::Optimal {
        let message = format!("the levels of the quasi-identifiers can be combined in {nodes} ways");
        let problem = Diagnostic::error("T0563", of.span(), message);
        let label = format!("at most {NODES_MAX} are searched");
        check.bad(problem.label(label).help("give some of them fewer levels, or say `method = \"mondrian\"`"));
    }
    for (column, asked) in &a.sensitive {
        fits(check, column, &asked.span(), columns, true);
        if let Some(twice) = a.quasi_identifiers.get(column).filter(|_| asks(asked)) {
            let message = format!("`{column}` is a quasi-identifier and sensitive, too");
            let problem = Diagnostic::error("T0562", asked.span(), message).label("one of them");
            check.bad(problem.related(twice.span(), "the other one"));
        }
        check_asked(check, column, asked, &mut out);
    }
    check_beside(check, &says(a, of.span()), leaves);
    check_limits(check, a);
    check_population(check, a, &mut out);
    check_left(check, a, leaves, &of.span());
    (check.problems.iter().skip(before).all(|p| p.severity != crate::diag::Severity::Error)).then_some(out)
}

/// What the declaration says of columns.
fn says(a: &Anonymity, span: Range<usize>) -> Says<'_> {
    let kept = a.quasi_identifiers.iter().filter(|(_, way)| way.get().word == Some(Word::Keep));
    Says {
        span,
        quasi: a.quasi_identifiers.keys().map(String::as_str).collect(),
        kept: kept.map(|(column, _)| column.as_str()).collect(),
        sensitive: a.sensitive.keys().map(String::as_str).collect(),
        insensitive: a.insensitive.iter().map(|column| column.get().as_str()).collect(),
        unit: a.unit.as_ref(),
        per_split: *a.per_split.get(),
    }
}

fn asks(a: &Asked) -> bool {
    a.distinct.is_some() || a.entropy.is_some() || a.recursive.is_some() || a.t.is_some()
}

/// A column that is released and holds one plain value a row. A label may be sensitive, and stays as it is.
fn fits(check: &mut Check, column: &str, span: &Range<usize>, columns: &[String], sensitive: bool) {
    let known = check.columns.get("samples").and_then(|of| of.get(column)).cloned();
    if !columns.iter().any(|c| c == column) {
        let message = format!("`{column}` is no column of {}", check.path);
        let help = suggest(column, columns.iter().map(String::as_str));
        check.bad(Diagnostic::error("T0562", span.clone(), message).label(help));
        return;
    }
    let Some(known) = known else { return };
    let many =
        matches!(known.ty, DataType::List(_) | DataType::Struct(_) | DataType::Binary | DataType::FixedSizeBinary(_));
    let label = matches!(known.role, Role::Label { .. }) && !sensitive;
    if many || label || ["id", "split"].contains(&column) {
        let message = format!("`{column}` holds nothing that could be generalised or counted");
        let say = if label { "it is a label, which can be `sensitive` alone" } else { "not a plain value a row" };
        check.bad(Diagnostic::error("T0562", span.clone(), message).label(say));
    }
}

/// A way with its file read, and how many levels it has.
fn settled(
    check: &mut Check,
    way: &At<TextOr<Ways>>,
    method: &Method,
    files: &mut Vec<(String, Digest, u64)>,
) -> Option<(WayOf, usize)> {
    let w = way.get();
    let wrong = |check: &mut Check, span: Range<usize>, say: String| {
        let problem = Diagnostic::error("T0560", span, "this says no way to generalise a value");
        check.bad(problem.label(say));
        None
    };
    let said = [w.hierarchy.is_some(), w.intervals.is_some(), w.prefixes.is_some(), w.dates.is_some()];
    let said = said.iter().filter(|s| **s).count() + usize::from(w.word.is_some());
    if said != 1 {
        return wrong(check, way.span(), "one of `hierarchy`, `intervals`, `prefixes` and `dates`".into());
    }
    if let Some(from) = w.from.as_ref().filter(|_| w.intervals.is_none()) {
        return wrong(check, from.span(), "`from` says where `intervals` begin".into());
    }
    if w.word == Some(Word::Range) && *method != Method::Mondrian {
        return wrong(check, way.span(), "ranges are made by `method = \"mondrian\"` alone: say `intervals`".into());
    }
    let mut out = WayOf { word: w.word, from: w.from.as_ref().map_or(0, |f| *f.get()), ..WayOf::default() };
    let mut levels = if w.word == Some(Word::Suppress) { 2 } else { 1 };
    if let Some(of) = &w.intervals {
        let nested = of
            .windows(2)
            .all(|p| p.first() < p.last() && p.first().zip(p.last()).is_some_and(|(a, b)| *a > 0 && b % a == 0));
        if !nested || of.iter().any(|n| *n < 1) {
            return wrong(check, of.span(), "widths are above 0, each a multiple of the one before".into());
        }
        (out.intervals, levels) = (of.get().clone(), of.len() + 2);
    }
    if let Some(of) = &w.prefixes {
        if !of.windows(2).all(|p| p.first() > p.last()) || of.contains(&0) {
            return wrong(check, of.span(), "numbers of characters are above 0 and fall".into());
        }
        (out.prefixes, levels) = (of.iter().map(|n| *n as usize).collect(), of.len() + 2);
    }
    if let Some(of) = &w.dates {
        if !of.windows(2).all(|p: &[Part]| p.first() < p.last()) {
            return wrong(check, of.span(), "parts become longer: month, quarter, year, decade".into());
        }
        (out.dates, levels) = (of.get().clone(), of.len() + 2);
    }
    if let Some(path) = &w.hierarchy {
        let (digest, tree) = hierarchy(check, path, files)?;
        (out.file, levels) = (digest, tree.levels.len() + 1);
    }
    Some((out, levels))
}

/// The digest of a file that a kernel opens, and its rows.
fn opened(
    check: &mut Check,
    path: &At<String>,
    what: &str,
    files: &mut Vec<(String, Digest, u64)>,
) -> Option<(String, Vec<Vec<String>>)> {
    let before = check.problems.len();
    check.file(path, what);
    if check.problems.len() > before {
        return None;
    }
    let bytes = match check.world.read(path, FILE_MAX) {
        Ok(bytes) => bytes,
        Err(e) => {
            let problem = Diagnostic::error("T0303", path.span(), format!("{what} cannot be read"));
            check.bad(problem.label(e.to_string()));
            return None;
        }
    };
    match rows_of(&bytes) {
        Ok(rows) => {
            let digest = Digest::of(&bytes);
            files.push((path.get().clone(), digest, bytes.len() as u64));
            Some((digest.hex(), rows))
        }
        Err((line, say)) => {
            let problem = Diagnostic::error("T0561", path.span(), format!("{what} is no table of values"));
            check.bad(problem.label(format!("line {line}: {say}")));
            None
        }
    }
}

fn hierarchy(check: &mut Check, path: &At<String>, files: &mut Vec<(String, Digest, u64)>) -> Option<(String, Tree)> {
    let (digest, rows) = opened(check, path, "the hierarchy", files)?;
    match Tree::of(&rows) {
        Ok(tree) => Some((digest, tree)),
        Err(wrong) => {
            let problem = Diagnostic::error("T0561", path.span(), "the rows of this file are no hierarchy");
            let label = format!("row {}: {}", wrong.row, wrong.say);
            check.bad(problem.label(label).help("each row: a value, then what it is generalised to, level by level"));
            None
        }
    }
}

fn check_asked(check: &mut Check, column: &str, asked: &At<Asked>, out: &mut Declared) {
    let distance = asked.distance.as_ref().map_or(DistanceName::Equal, |d| *d.get());
    let unfit = |check: &mut Check, span: Range<usize>, say: &str| {
        let message = format!("the keys of `{column}` do not fit each other");
        check.bad(Diagnostic::error("T0565", span, message).label(say));
    };
    if let Some(of) = asked.distance.as_ref().filter(|_| asked.t.is_none()) {
        unfit(check, of.span(), "a distance is for `t` alone");
    }
    if let Some(order) = &asked.order {
        let mut seen = BTreeSet::new();
        if distance != DistanceName::Ordered {
            unfit(check, order.span(), "an order is for `distance = \"ordered\"`");
        } else if !order.iter().all(|v| seen.insert(v)) {
            unfit(check, order.span(), "a value stands there twice");
        }
    }
    match (&asked.hierarchy, distance) {
        (Some(path), DistanceName::Hierarchical) => {
            if let Some((digest, _)) = hierarchy(check, path, &mut out.files) {
                out.trees.insert(column.to_string(), digest);
            }
        }
        (Some(path), _) => unfit(check, path.span(), "a hierarchy is for `distance = \"hierarchical\"`"),
        (None, DistanceName::Hierarchical) => {
            let span = asked.distance.as_ref().map_or(asked.span(), At::span);
            unfit(check, span, "`hierarchy` names the file that says how far values are from one another");
        }
        _ => {}
    }
    let limits = [&asked.entropy, &asked.t].into_iter().flatten();
    limits.for_each(|limit| check_digits(check, limit.get(), limit.span()));
    if let Some(of) = &asked.recursive {
        check_digits(check, &of.c, of.span());
        if of.l < 1 || of.c < Decimal::from(0u64) {
            unfit(check, of.span(), "l is at least 1, and c is not below 0");
        }
    }
}

fn check_digits(check: &mut Check, limit: &Decimal, span: Range<usize>) {
    if limit.scale() > DIGITS || *limit > Decimal::from(1_000_000_000u64) {
        let problem = Diagnostic::error("T0565", span, "this limit cannot be compared exactly");
        check.bad(problem.label(format!("at most {DIGITS} digits behind the point, and at most 1000000000")));
    }
}

fn check_limits(check: &mut Check, a: &Anonymity) {
    let r = &a.risk;
    let limits =
        [&r.prosecutor_max, &r.journalist_max, &r.marketer_max, &r.threshold, &r.above_max, &a.suppression_max];
    limits.into_iter().flatten().for_each(|limit| check_digits(check, limit.get(), limit.span()));
    let mut unfit = |span: Range<usize>, say: &str| {
        let message = format!("the keys of {}.anonymity do not fit each other", check.path);
        check.bad(Diagnostic::error("T0565", span, message).label(say));
    };
    if let Some(limit) = r.journalist_max.as_ref().filter(|_| a.population.is_none()) {
        unfit(limit.span(), "the journalist's risk is measured by a `population`");
    }
    if let Some(limit) = r.threshold.as_ref().filter(|_| r.above_max.is_none()) {
        unfit(limit.span(), "a threshold is for `above_max`");
    }
    if *a.method.get() == Method::Mondrian {
        if let Some(of) = &a.objective {
            unfit(of.span(), "Mondrian is greedy and has no objective");
        }
        if let Some(of) = &a.population {
            unfit(of.span(), "a population is measured with `method = \"optimal\"` alone");
        }
    }
    if *a.per_split.get() && check.column("samples", "split").is_none() {
        let message = format!("the keys of {}.anonymity do not fit each other", check.path);
        check.bad(Diagnostic::error("T0565", a.per_split.span(), message).label("there is no [split]"));
    }
}

fn check_population(check: &mut Check, a: &Anonymity, out: &mut Declared) {
    let Some(path) = &a.population else { return };
    let Some((digest, rows)) = opened(check, path, "the population", &mut out.files) else { return };
    let header = rows.first().cloned().unwrap_or_default();
    if let Some(missing) = a.quasi_identifiers.keys().find(|column| !header.contains(column)) {
        let message = format!("the population has no column `{missing}`");
        let problem = Diagnostic::error("T0561", path.span(), message);
        check.bad(problem.label("its first row names the columns, all quasi-identifiers among them"));
    } else if let Some(n) = rows.iter().position(|row| row.len() != header.len()) {
        let problem = Diagnostic::error("T0561", path.span(), "the population is no table");
        check.bad(problem.label(format!(
            "row {}: {} values, the header has {}",
            n + 1,
            rows.get(n).map_or(0, Vec::len),
            header.len()
        )));
    }
    out.population = Some(digest);
}

/// Released columns of which nothing is said are released as they are, and that is told.
fn check_left(check: &mut Check, a: &Anonymity, leaves: &Leaving, span: &Range<usize>) {
    let (columns, mut known) = (&leaves.columns, leaving(check, leaves));
    known.extend(columns.iter().cloned());
    for name in &a.insensitive {
        fits_insensitive(check, name, &known);
    }
    let said = |c: &String| {
        a.quasi_identifiers.contains_key(c)
            || a.sensitive.contains_key(c)
            || a.insensitive.iter().any(|i| i.get() == c)
            || ["id", "split", "fold"].contains(&c.as_str())
    };
    let left: Vec<String> = columns.iter().filter(|c| !said(c)).map(|c| format!("`{c}`")).collect();
    if !left.is_empty() {
        let message = format!("nothing is said of {}", left.join(", "));
        let problem = Diagnostic::warning("T0566", span.clone(), message).label("released as collected");
        check.bad(
            problem
                .help("name each in `quasi_identifiers`, `sensitive` or `insensitive`, or leave it out of `columns`"),
        );
    }
}

fn fits_insensitive(check: &mut Check, name: &At<String>, columns: &BTreeSet<String>) {
    if !columns.contains(name.get()) {
        let message = format!("`{}` is no column of {}", name.get(), check.path);
        let help = suggest(name, columns.iter().map(String::as_str));
        check.bad(Diagnostic::error("T0562", name.span(), message).label(help));
    }
}
