//! `[split]`: which samples are for training, which for testing.
//!
//! ```toml
//! [split]
//! ratios = { train = 0.8, valid = 0.1, test = 0.1 }
//! stratify = "label.ner"
//! group = "document"
//! given = "part"
//! seed = 42
//! keep = "last_release"
//! ```
//!
//! Units (samples, or groups of samples) are ranked within each stratum by a number drawn for (seed, unit); the splits
//! take their shares of the ranking. The shares of all strata are rounded together: each is the whole number below or
//! above the exact one, within the stratum and over the whole. So it is pure: one more sample moves at most a few. The
//! stratum of a list label is its set of classes, of a group the union over its members. A sample whose column `given`
//! names a split is in that split and counts for no ratio. With `keep = "last_release"` samples (or groups) that a
//! release put into a split stay there, and in their folds, where there are as many folds as then; new ones fill what is missing. The
//! pins must then be those that the last release in dataset.lock wrote.
//!
//! With `method = "balanced"` ratios count samples, and each class is spread by itself, as often as it stands there
//! ([`crate::measure::placing`]). `stratify` and `group` may be lists of columns; samples that share a value of any column
//! of `group`, directly or through others, are one unit. `folds` parts the units of each split once more, in the same way, and `repeats` does so again with other draws (columns `fold_2`, `fold_3` ...).
//!
//! Reads `id`, the columns of `stratify`, `group` and `given`; writes `split`, and `fold` (from 1). Facts: `split.NAME.samples`,
//! `split.NAME.share`, `split.given.missing`, `split.given.unknown` (samples whose value names no split) and
//! `split.given.unknown_of_many` (their share, 0 for fewer than ten), `split.given.misspelt` (those of them that are a
//! split in another case of letters or with blanks around), `split.given.apart` (samples that are given to another
//! split than their group), with `group` or `deviation_max` `split.deviation` (the greatest difference between the share of a
//! split, of all samples, and its ratio). Findings: `split.empty`, a declared split without a sample, and `split.strata`, most
//! strata hold one sample and so cannot be spread, and `split.folds`, a split has fewer samples or groups than folds, or the last release had another number of folds (all told of no sample); `split.absent`, a class of which a split has none though its ratio asks for one (with the fact `split.absent`: classes and splits, where there are at least as many units as splits); `split.given`, a value that names no split;
//! `split.group`, a group that is given to several splits; `split.moved`, a sample that the last release had in another split
//! (with the fact `split.moved`) or fold (`split.folds.moved`), since its group was joined with one of another split, or what is given or declared changed; `split.deviation`, groups keep a split more than 0.02 from its
//! ratio. Groups are equal in normal form C.
//!
//! Near duplicates that are not dropped are a group, too, unless `near_duplicates = "anywhere"`; so are the equal records of a
//! source that declares no `id`, and the tiles of one picture.
//!
//! With `salt` units are called by keyed digests, so that nobody without the secret can draw what is drawn of them.
//!
//! What values of `given` mean that name no split says `map` (`split/map.rs`).
//!
//! Samples that `lists` name are given to a split in the same way (`split/lists.rs`); those of them that left before are told
//! (`split/here.rs`).
//!
//! With `time` splits follow each other in time (`timed`): facts `split.time.missing` (samples without a time),
//! `split.time.near` (dropped, since they are too near to a later split: `split.gap`) and `split.time.early` (samples
//! that are not later than all of the splits before theirs, since their group has a later one: finding `split.early`).
mod absent;
pub mod declaration;
mod deviation;
mod equal;
mod folds;
mod here;
mod lists;
mod map;
mod pins;
mod place;
mod rank;
mod records;
mod time;
mod timed;
mod units;

pub use declaration::Declaration;
pub use pins::{PINS, text as pins_text};

use crate::digest::{Digest, keyed};
use crate::measure::names::composed;
use crate::model::frames::TILE_OF;
use crate::model::moments::{of_value, sortable};
use crate::model::votes::{each_class, stratum_of};
use crate::stage::*;
use crate::table::{ArrayRef, DataType, Value, array_of, texts, utf8, value_at};
use declaration::{CLUSTERS, Columns, Kept, Method, Near, declared, drawings, fold_column, gates, secret};
use records::{Gather, Known, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

pub const ENTRIES: &[Entry] = &[
    Entry::join::<pins::Pinned>("split/kept", "split", pins::declare_kept).schema(|g| g.subschema_for::<Declaration>()),
    Entry::join::<lists::Listed>("split/lists", "split", lists::declare_lists),
    Entry::row::<here::Here>("split/here", "split", here::declare_here),
    Entry::row::<Split>("split", "split", declare),
];

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = declared(check) else { return Vec::new() };
    map::check(check, &d);
    let mut map = mapped(check, &d);
    let secret = match &d.salt {
        Some(salt) => match secret(check, salt) {
            Some(secret) => Some(secret),
            None => return Vec::new(),
        },
        None => None,
    };
    map.salt = secret.as_ref().map(Secret::fingerprint);
    let gather = gathered(check, &d, &map);
    let mut reads = names(&["id"]);
    reads.extend(
        [&map.stratify, &map.group, &map.given, &map.listed, &map.keep, &map.folds_kept, &map.time]
            .into_iter()
            .flatten()
            .cloned(),
    );
    reads.extend(map.strata.iter().chain(&map.quantiles).chain(&map.groups).cloned());
    reads.sort();
    reads.dedup();
    let mut columns = vec![("split".to_string(), Column::new(utf8()).harmless())];
    let folds = d.drawings();
    columns.extend((0..folds).map(|n| (fold_column(n), Column::new(DataType::Int64).harmless())));
    let ports =
        Ports { table: "samples".into(), reads, writes: writes(columns), drops: d.time.is_some(), ..Ports::default() };
    let clusters = map.groups.iter().any(|column| column == CLUSTERS);
    vec![Plan {
        gates: gates(&d, clusters, map.equal).into_iter().chain(map::gate(&d)).collect(),
        secret,
        ..Plan::row::<Split>(
            ports,
            &map,
            &gather,
            &Apply { usual: map.usual.clone(), folds: folds > 0, repeats: map.repeats },
        )
    }]
}

fn mapped(check: &Check, d: &Declaration) -> Map {
    let usual = if d.ratios.contains_key("train") { Some("train") } else { d.ratios.keys().next().map(String::as_str) };
    let mut map = Map {
        usual: usual.unwrap_or_default().to_string(),
        given: d.given.as_ref().map(|c| c.get().clone()),
        map: map::of(d),
        listed: (!d.lists.is_empty()).then(|| lists::LISTED.to_string()),
        keep: (d.keep == Kept::LastRelease).then(|| pins::SPLIT.to_string()),
        folds_kept: check.column("samples", pins::FOLDS).map(|_| pins::FOLDS.to_string()),
        counted: d.method == Method::Balanced,
        folds: d.folds.is_some(),
        repeats: d.repeats.as_ref().map_or(0, |n| *n.get()),
        time: d.time.as_ref().map(|time| time.get().field.get().clone()),
        ..Map::default()
    };
    let together = d.near_duplicates.as_ref().is_none_or(|near| *near.get() == Near::Together);
    map.equal = together && equal::stay(check);
    let known = |column: &&str| check.column("samples", column).is_some();
    let more = [CLUSTERS, TILE_OF].into_iter().filter(|column| together || *column != CLUSTERS).filter(known);
    let more: Vec<String> = more.map(String::from).collect();
    // of a list each item is a group, so that a sample may be in several
    let whole = |name: &String| !matches!(check.column("samples", name), Some(DataType::List(_)));
    match d.group.as_ref().map(|group| (group.get(), group.names())) {
        Some((Columns::One(name), _)) if more.is_empty() && whole(name) => map.group = Some(name.clone()),
        Some((_, names)) => map.groups = names.into_iter().chain(more).collect(),
        None => map.groups = more,
    }
    match d.stratify.as_ref().map(|columns| columns.get()) {
        Some(Columns::One(name)) if !map.counted && d.quantiles.is_empty() => map.stratify = Some(name.clone()),
        _ => {
            let all = d.stratify.iter().flat_map(|columns| columns.names());
            (map.quantiles, map.strata) = all.partition(|name| d.quantiles.contains_key(name));
        }
    }
    map
}

fn gathered(check: &Check, d: &Declaration, map: &Map) -> Gather {
    let scale = d.ratios.values().map(|r| r.scale()).max().unwrap_or(0);
    let weight = |r: &crate::manifest::Decimal| u64::try_from(r.numerator_over(scale)?).ok();
    let stratify = d.stratify.as_ref().map(|columns| columns.names().join("`, `"));
    Gather {
        seed: d.seed.as_ref().map_or(0, |seed| *seed.get()),
        weights: d.ratios.iter().filter_map(|(n, r)| Some((n.clone(), weight(r)?))).collect(),
        usual: map.usual.clone(),
        given: map.given.clone(),
        map: map.map.keys().cloned().collect(),
        listed: map.listed.is_some(),
        keeps: map.keep.is_some(),
        stratify,
        private: check.manifest.table(&["privacy"]).is_some(),
        balanced: map.counted,
        quantiles: d.quantiles.iter().map(|(name, parts)| (name.clone(), *parts.get())).collect(),
        joined: !map.groups.is_empty(),
        equal: map.equal,
        folds: d.folds.as_ref().map_or(0, |folds| *folds.get()),
        repeats: map.repeats,
        measured: d.group.is_some() || !map.groups.is_empty() || d.deviation_max.is_some() || d.time.is_some(),
        time: d
            .time
            .as_ref()
            .and_then(|time| time::order(time.get(), &d.ratios.keys().map(String::as_str).collect::<Vec<_>>())),
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// The split that the map writes and a verdict changes; chosen by name, so no ratio is in the map's key.
    #[serde(default, skip_serializing_if = "is_default")]
    usual: String,
    #[serde(default, skip_serializing_if = "is_default")]
    stratify: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    group: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    given: Option<String>,
    /// What its values mean.
    #[serde(default, skip_serializing_if = "is_default")]
    map: BTreeMap<String, String>,
    /// The column that says in which list a sample stands.
    #[serde(default, skip_serializing_if = "is_default")]
    listed: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    keep: Option<String>,
    /// The column that says in which folds the last release had a sample.
    #[serde(default, skip_serializing_if = "is_default")]
    folds_kept: Option<String>,
    /// Columns whose classes are told with the name of the column, where there are several.
    #[serde(default, skip_serializing_if = "is_default")]
    strata: Vec<String>,
    /// A class is told as often as it stands there.
    #[serde(default, skip_serializing_if = "is_default")]
    counted: bool,
    /// Columns whose numbers are told.
    #[serde(default, skip_serializing_if = "is_default")]
    quantiles: Vec<String>,
    /// Columns of which any shared value makes a group.
    #[serde(default, skip_serializing_if = "is_default")]
    groups: Vec<String>,
    /// Equal records without ids of their own stay together.
    #[serde(default, skip_serializing_if = "is_default")]
    equal: bool,
    /// Whether there are folds.
    #[serde(default, skip_serializing_if = "is_default")]
    folds: bool,
    /// How often they are drawn; 0 for once.
    #[serde(default, skip_serializing_if = "is_default")]
    repeats: u32,
    /// The column that says when a sample is.
    #[serde(default, skip_serializing_if = "is_default")]
    time: Option<String>,
    /// The fingerprint of the salt: another salt is another split.
    #[serde(default, skip_serializing_if = "is_default")]
    salt: Option<String>,
    /// The salt itself, which no recipe holds: the engine adds it when it calls the kernel.
    #[serde(default, skip_serializing)]
    secret: Option<String>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    /// The split of rows of which nothing was decided, as the map writes it: read back it would have to be made again.
    #[serde(default, skip_serializing_if = "is_default")]
    usual: String,
    #[serde(default, skip_serializing_if = "is_default")]
    folds: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    repeats: u32,
}

struct Split;

impl RowStage for Split {
    const MAP: u32 = 4;
    const USES: &'static [&'static str] = crate::measure::names::USES;
    const GATHER: Option<GatherPart<Self>> = Some((8, Self::gather)); // 8: folds are kept; 7: folds that no unit is in; 6: classes that a split has none of; 5: splits without a sample are told of no sample
    const APPLY: Option<ApplyPart<Self>> = Some((3, Self::apply)); // 3: the usual split is told, not read
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// Key: the unit (group, or id). Value: what is known of the row; or, of a further group, the row's first group.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let ids = rows.column("id")?;
        let column = |c: &Option<String>| c.as_ref().map(|c| rows.column(c)).transpose();
        let several =
            |of: &[String]| of.iter().map(|c| Ok((c.clone(), rows.column(c)?))).collect::<Result<Vec<_>, Fault>>();
        let (strata, groups) = (column(&p.stratify)?, column(&p.group)?);
        let (given, kept, times) = (column(&p.given)?, column(&p.keep)?, column(&p.time)?);
        let (listed, folds) = (column(&p.listed)?, column(&p.folds_kept)?);
        let (named, numbers, joined) = (several(&p.strata)?, several(&p.quantiles)?, several(&p.groups)?);
        let salt = salt_of(p)?;
        // equal values of any type are one group, or one split
        let text = |c: &Option<ArrayRef>, row: usize| c.as_ref().and_then(|c| value_at(c.as_ref(), row).key_text());
        for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
            let mut keys = match text(&groups, row) {
                Some(g) => vec![format!("g{}", composed(&g))],
                None => joined.iter().flat_map(|(name, c)| groups_in(name, &value_at(c.as_ref(), row))).collect(),
            };
            keys.sort();
            keys.dedup();
            if keys.is_empty() {
                let id = id.unwrap_or_default();
                keys.push(format!("s{}", if p.equal { equal::content_of(id) } else { id }));
            }
            if let Some(salt) = &salt {
                keys.iter_mut().for_each(|key| *key = keyed(salt, key.as_bytes()).hex());
                keys.sort();
            }
            let first = keys.first().cloned().unwrap_or_default();
            let mut classes = strata.as_ref().map(|s| stratum_of(&value_at(s.as_ref(), row))).unwrap_or_default();
            named.iter().for_each(|(name, c)| classes.extend(marked(p, name, &value_at(c.as_ref(), row))));
            let time = times.as_ref().and_then(|times| of_value(&value_at(times.as_ref(), row)));
            // a cell of blanks, as tables of text have it, says nothing
            let given = text(&given, row).filter(|given| !given.trim().is_empty());
            let mapped = given.as_ref().map(|given| map::plain(given)).filter(|given| p.map.contains_key(given));
            let given = mapped.as_ref().and_then(|mapped| p.map.get(mapped).cloned()).or(given);
            let given = text(&listed, row).or(given);
            let kept = text(&kept, row);
            let folds = text(&folds, row).map(|told| pins::folds_of(&told)).unwrap_or_default();
            let mut known = Known { classes, given, mapped, kept, folds, numbers: Vec::new(), time };
            for (name, c) in &numbers {
                match number(&value_at(c.as_ref(), row)) {
                    Some(number) => known.numbers.push((name.clone(), number)),
                    None => known.classes.push(name.clone()),
                }
            }
            for other in keys.iter().skip(1) {
                summary.put(other, row, [&[units::LINK], first.as_bytes()].concat());
            }
            summary.put(first, row, known.bytes());
        }
        let mut delta = Delta::default();
        delta.write("split", array_of(vec![Some(p.usual.clone()); rows.len()]));
        for n in 0..drawings(p.folds, p.repeats) {
            delta.write(fold_column(n), numbers_of(vec![None; rows.len()]));
        }
        Ok(delta)
    }
}

/// The key that the names of units are made with where they must not be guessed: what is drawn from them is drawn from it, too.
fn salt_of(p: &Map) -> Result<Option<Digest>, Fault> {
    if p.salt.is_none() {
        return Ok(None);
    }
    let secret = p.secret.as_deref().and_then(Digest::parse);
    secret.map(Some).ok_or_else(|| Fault::Bug("the salt of the split is not there".into()))
}

/// The groups that a value of one of several columns names: of a list each item is one.
fn groups_in(column: &str, value: &Value) -> Vec<String> {
    let values = match value {
        Value::List(items) => items.iter().collect(),
        other => vec![other],
    };
    let name = |value: &Value| Some(format!("g{column}\0{}", composed(&value.key_text()?)));
    values.into_iter().filter_map(name).collect()
}

/// The classes of one of several columns, with its name: so classes of the same name in two columns are two. Where
/// nothing is known, and where nothing is there, is a class of its own each.
fn marked(p: &Map, column: &str, value: &Value) -> Vec<String> {
    let mut classes = Vec::new();
    if p.counted {
        each_class(value, &mut |class| classes.push(class.to_string()));
    }
    if classes.is_empty() {
        classes = stratum_of(value);
    }
    match (classes.is_empty(), value) {
        (true, Value::Null) => vec![column.to_string()],
        (true, _) => vec![format!("{column}\0\0")],
        _ => classes.into_iter().map(|class| format!("{column}\0{class}")).collect(),
    }
}

/// A number as bits that sort; `None` for what is none.
fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Int(n) => sortable(*n as f64),
        Value::Float(n) => sortable(*n),
        _ => None,
    }
}

fn numbers_of(numbers: Vec<Option<i64>>) -> ArrayRef {
    Arc::new(arrow_array::Int64Array::from(numbers))
}

impl Split {
    fn gather(p: &Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        rank::assign(p, hits, out)
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut split = vec![p.usual.as_str(); rows.len()];
        let mut folds = vec![vec![None; rows.len()]; drawings(p.folds, p.repeats) as usize];
        let mut delta = Delta::default();
        let mut told: Vec<(u32, Verdict)> = Vec::new();
        for (row, said) in &slice.rows {
            match Verdict::plain(said) {
                Some(own) => split.get_mut(*row as usize).iter_mut().for_each(|s| **s = own),
                None => told.push((*row, Verdict::of(said)?)),
            }
        }
        for (row, verdict) in &told {
            for (key, rule, say) in &verdict.told {
                delta.event(*row as usize, Act::Finding, key, rule, say);
            }
            if let Some((key, rule, say)) = &verdict.gone {
                delta.event(*row as usize, Act::DROP, key, rule, say);
            }
            split.get_mut(*row as usize).iter_mut().for_each(|s| **s = &verdict.split);
            for (of, fold) in folds.iter_mut().zip(verdict.fold.iter().chain(&verdict.more)) {
                of.get_mut(*row as usize).iter_mut().for_each(|f| **f = Some(i64::from(*fold)));
            }
        }
        delta.write("split", Arc::new(arrow_array::StringArray::from_iter_values(split)));
        for (n, of) in (0u32..).zip(folds) {
            delta.write(fold_column(n), numbers_of(of));
        }
        Ok(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::testing;
    use crate::table::Array;

    /// Groups may be of any type: a number or a list is a group as a text is.
    #[test]
    fn equal_values_of_any_type_are_one_group() {
        let units = |groups: ArrayRef| {
            let p = Map { group: Some("g".into()), usual: "train".into(), ..Map::default() };
            let ids: Vec<Option<String>> = (0..groups.len()).map(|i| Some(format!("{i}"))).collect();
            let (bytes, mut summary) = (testing::Bytes::default(), Summary::default());
            let rows = testing::rows(&bytes, &[("id", array_of(ids)), ("g", groups)]);
            Split::map(&p, &rows, &mut summary).unwrap();
            summary.sorted().iter().map(|e| String::from_utf8_lossy(e.0).into_owned()).collect::<Vec<_>>()
        };
        assert_eq!(units(testing::texts_of(&[Some("a"), Some("a"), None])), ["ga", "ga", "s2"]);
        let numbers: ArrayRef = std::sync::Arc::new(arrow_array::Int64Array::from(vec![Some(7), Some(7), None]));
        assert_eq!(units(numbers), ["g7", "g7", "s2"]);
        let truths: ArrayRef = std::sync::Arc::new(arrow_array::BooleanArray::from(vec![true, false, true]));
        assert_eq!(units(truths), ["gfalse", "gtrue", "gtrue"]);
        let lists = crate::table::value::column(
            &crate::table::list(utf8()),
            &[Value::List(vec![Value::Text("x".into())]), Value::List(vec![]), Value::List(vec![])],
        );
        assert_eq!(units(lists.unwrap()), ["g[\"x\"]", "g[]", "g[]"]);
    }

    /// Whatever a column holds, it makes strata.
    #[test]
    fn values_of_any_type_make_strata() {
        let text = |t: &str| Value::Text(t.into());
        let record = |class: &str| Value::Struct(vec![("class".into(), text(class))]);
        for (value, want) in [
            (text("a"), vec!["a"]),
            (text(""), vec![""]),
            (Value::Int(3), vec!["3"]),
            (Value::List(vec![text("b"), text("a"), text("b")]), vec!["a", "b"]),
            (Value::List(vec![Value::Int(2)]), vec!["2"]),
            (Value::List(vec![record("b"), record("a")]), vec!["a", "b"]),
            (Value::Struct(vec![("x".into(), Value::Int(1))]), vec!["{\"x\":1}"]),
            (Value::Null, vec![]),
        ] {
            assert_eq!(stratum_of(&value), want, "{value:?}");
        }
    }
}
