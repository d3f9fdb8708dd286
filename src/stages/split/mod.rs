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
//! release put into a split stay there; new ones fill what is missing. The pins must then be those that the last release
//! in dataset.lock wrote.
//!
//! Reads `id`, the columns of `stratify`, `group` and `given`; writes `split`. Facts: `split.NAME.samples`,
//! `split.NAME.share`, `split.given.missing`, `split.given.unknown` (samples whose value names no split) and
//! `split.given.unknown_of_many` (their share, 0 for fewer than ten), `split.given.misspelt` (those of them that are a
//! split in another case of letters or with blanks around), `split.given.apart` (samples that are given to another
//! split than their group). Findings: `split.empty`, a declared split without a sample, and `split.strata`, most strata hold
//! one sample and so cannot be spread (both told at the first sample); `split.given`, a value that names no split;
//! `split.group`, a group that is given to several splits. Groups are equal in normal form C.
mod rank;

use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::values::At;
use crate::manifest::{self, Decimal};
use crate::measure::names::composed;
use crate::model::votes::classes_of;
use crate::stage::*;
use crate::table::{ArrayRef, Value, array_of, texts, utf8, value_at};
use crate::world::World;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Cuts the samples into splits.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The share of each split; together exactly 1.
    #[schemars(extend("minProperties" = 1))]
    pub ratios: BTreeMap<String, At<Decimal>>,
    /// A column whose values are spread evenly over the splits; of a label its set of classes counts.
    pub stratify: Option<At<String>>,
    /// A column whose equal values stay in one split (no leakage); null is a group of its own.
    pub group: Option<At<String>>,
    /// A column that names the split of a sample, as the data came with it; `source` is the name of its `[collect.NAME]`.
    /// Samples without a value follow the ratios, which count them alone.
    pub given: Option<At<String>>,
    /// What the ranking is drawn from. Another seed is another split.
    #[serde(default)]
    pub seed: u64,
    /// `last_release`: what a release assigned stays so. Default `none`: a pure function of the samples.
    #[serde(default)]
    pub keep: Kept,
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

/// The assignments that the last release wrote: `id TAB split` lines behind a header.
pub const PINS: &str = "pins/split.tsv";

pub const ENTRIES: &[Entry] = &[
    Entry::join::<Pinned>("split/kept", "split", declare_kept).schema(|g| g.subschema_for::<Declaration>()),
    Entry::row::<Split>("split", "split", declare),
];

fn declared(check: &mut Check) -> Option<Declaration> {
    let d: Declaration = check.read()?;
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
    for column in [&d.stratify, &d.group, &d.given].into_iter().flatten() {
        check.known(column);
    }
    Some(d)
}

/// Digits behind the point of a ratio at most, so that shares of any number of samples are exact.
const DIGITS: u32 = 18;

fn declare_kept(check: &mut Check) -> Vec<Plan> {
    // groups are kept through their members, whose ids are what a release knows
    if declared(check).is_none_or(|d| d.keep != Kept::LastRelease) {
        return Vec::new();
    }
    let by_id = match pins(check.world) {
        Ok(pins) => pins,
        Err(say) => {
            let span = check.manifest.span_of("split.keep").unwrap_or(check.span.clone());
            check.bad(Diagnostic::error("T0208", span, say).label("what is to be kept is not known").help(REMEDY));
            return Vec::new();
        }
    };
    let column = |f: fn((String, String)) -> String| array_of(by_id.clone().into_iter().map(|p| Some(f(p))));
    vec![Plan {
        literal: Some(Literal {
            table: "split/pins".into(),
            columns: [("id".to_string(), column(|p| p.0)), ("split".to_string(), column(|p| p.1))].into(),
            lines: Vec::new(),
        }),
        ..Plan::join::<Pinned>(
            Ports {
                table: "samples".into(),
                reads: names(&["id"]),
                writes: writes([("kept.split", Column::new(utf8()).inner().harmless())]),
                right: Some(Right {
                    table: "split/pins".into(),
                    key: "id".into(),
                    on: "id".into(),
                    reads: names(&["split"]),
                    unmatched: None,
                }),
                ..Ports::default()
            },
            &Nothing {},
        )
        .word("kept")
    }]
}

/// The file that records which release wrote the pins.
const LOCK: &str = "dataset.lock";

/// What to do about pins that are not those of the last release.
const REMEDY: &str = "take pins/split.tsv and dataset.lock from git, as `tamis release` wrote them; if nothing was \
                      released, delete pins/split.tsv; to draw all splits anew, take `keep` out and release again";

/// dataset.lock, as far as pins go: a table for each version that was frozen, the last one last.
#[derive(Deserialize)]
struct Locked {
    #[serde(default)]
    release: Vec<Frozen>,
}

#[derive(Deserialize)]
struct Frozen {
    /// The digest of the pins that it wrote.
    assignments: String,
}

/// Ids with their splits, as the last release assigned them; none if nothing was released.
fn pins(world: &World) -> Result<BTreeMap<String, String>, String> {
    match (last_release(world)?, there(world, PINS)?) {
        (None, None) => Ok(BTreeMap::new()),
        (None, Some(_)) => Err(format!("{PINS} is there, and {LOCK} names no release")),
        (Some(_), None) => Err(format!("{PINS} is missing")),
        (Some(digest), Some(pins)) if digest == Digest::of(&pins).hex() => assigned(pins),
        _ => Err(format!("{PINS} is not what {LOCK} says that the last release wrote")),
    }
}

/// The digest of the pins that the last release wrote.
fn last_release(world: &World) -> Result<Option<String>, String> {
    let Some(bytes) = there(world, LOCK)? else { return Ok(None) };
    let wrong = || format!("{LOCK} does not read");
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let tree = manifest::parse(LOCK, text.into()).map_err(|_| wrong())?;
    let mut locked: Locked = manifest::read_root(&tree).map_err(|_| wrong())?;
    Ok(locked.release.pop().map(|r| r.assignments))
}

fn there(world: &World, path: &str) -> Result<Option<Vec<u8>>, String> {
    match world.read(path, 1 << 30) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(format!("{path} cannot be read: {e}")),
    }
}

fn assigned(pins: Vec<u8>) -> Result<BTreeMap<String, String>, String> {
    let text = String::from_utf8(pins).map_err(|_| format!("{PINS} is not UTF-8"))?;
    let pair = |l: &str| l.split_once('\t').map(|(id, split)| (id.to_string(), split.to_string()));
    let lines = text.lines().enumerate().skip(1);
    lines.map(|(n, l)| pair(l).ok_or_else(|| format!("{PINS}:{}: this is no id and split", n + 1))).collect()
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = declared(check) else { return Vec::new() };
    let scale = d.ratios.values().map(|r| r.scale()).max().unwrap_or(0);
    let weights: BTreeMap<String, u64> =
        d.ratios.iter().filter_map(|(n, r)| Some((n.clone(), u64::try_from(r.numerator_over(scale)?).ok()?))).collect();
    let usual = if d.ratios.contains_key("train") { Some("train") } else { d.ratios.keys().next().map(String::as_str) };
    let keep = (d.keep == Kept::LastRelease).then(|| "kept.split".to_string());
    let column = |c: &Option<At<String>>| c.as_ref().map(|c| c.get().clone());
    let (stratify, group, given) = (column(&d.stratify), column(&d.group), column(&d.given));
    let mut reads = names(&["id"]);
    reads.extend([&stratify, &group, &given, &keep].into_iter().flatten().cloned());
    reads.sort();
    reads.dedup();
    let usual = usual.unwrap_or_default().to_string();
    let private = check.manifest.table(&["privacy"]).is_some();
    let of = (given.clone(), stratify.clone());
    let gather = rank::Gather { seed: d.seed, weights, usual: usual.clone(), given: of.0, stratify: of.1, private };
    let ports = Ports {
        table: "samples".into(),
        reads,
        writes: writes([("split", Column::new(utf8()).harmless())]),
        apply_reads: names(&["split"]),
        ..Ports::default()
    };
    let gates = d.given.iter().flat_map(|given| gates(given, &d.group)).collect();
    let map = Map { usual, stratify, group, given, keep };
    vec![Plan { gates, ..Plan::row::<Split>(ports, &map, &gather, &Nothing {}) }]
}

/// A column of splits that names none, or often none, is a mistake in the manifest; and a group that lies in several
/// splits is the leak that `group` promises against.
fn gates(given: &At<String>, group: &Option<At<String>>) -> Vec<Gate> {
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
            format!("more than a tenth of the samples have a value in `{column}` that names no split"),
        ),
        gate(
            "misspelt",
            none,
            given.span(),
            format!(
                "values of `{column}` are the name of a split in another spelling: in the case of letters, or with blanks"
            ),
        ),
    ];
    gates.extend(group.as_ref().map(|group| {
        let say = format!(
            "samples of one `{}` are given to several splits by `{column}`; take `group` out if that is meant",
            group.get()
        );
        gate("apart", none, group.span(), say)
    }));
    gates
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
    #[serde(default, skip_serializing_if = "is_default")]
    keep: Option<String>,
}

struct Pinned;

impl JoinStage for Pinned {
    const JOIN: u32 = 1;
    type Join = Nothing;

    fn join(_: &Nothing, _: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let splits = right.texts("split")?;
        let kept = matches.iter().map(|m| m.first().and_then(|i| splits.get(*i).cloned().flatten()));
        let mut delta = Delta::default();
        delta.write("kept.split", array_of(kept));
        Ok(delta)
    }
}

struct Split;

impl RowStage for Split {
    const MAP: u32 = 4;
    const USES: &'static [&'static str] = crate::measure::names::USES;
    const GATHER: Option<GatherPart<Self>> = Some((4, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((2, Self::apply));
    type Map = Map;
    type Gather = rank::Gather;
    type Apply = Nothing;

    /// Key: the unit (group, or id). Value: what is known of the row.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let ids = rows.column("id")?;
        let column = |c: &Option<String>| c.as_ref().map(|c| rows.column(c)).transpose();
        let (strata, groups) = (column(&p.stratify)?, column(&p.group)?);
        let (given, kept) = (column(&p.given)?, column(&p.keep)?);
        // equal values of any type are one group, or one split
        let text = |c: &Option<ArrayRef>, row: usize| c.as_ref().and_then(|c| value_at(c.as_ref(), row).key_text());
        for (row, id) in texts(ids.as_ref()).into_iter().enumerate() {
            let unit = match text(&groups, row) {
                Some(g) => format!("g{}", composed(&g)),
                None => format!("s{}", id.unwrap_or_default()),
            };
            let classes = strata.as_ref().map(|s| classes_in(&value_at(s.as_ref(), row))).unwrap_or_default();
            let known = rank::Known { classes, given: text(&given, row), kept: text(&kept, row) };
            summary.put(unit, row, known.bytes());
        }
        let mut delta = Delta::default();
        delta.write("split", array_of(vec![Some(p.usual.clone()); rows.len()]));
        Ok(delta)
    }
}

/// What a value stands for in a stratum: the classes that it names; of a list of plain values these, of a record the
/// whole of it.
fn classes_in(value: &Value) -> Vec<String> {
    let classes = classes_of(value);
    let mut plain: Vec<String> = match value {
        _ if !classes.is_empty() => return classes,
        Value::List(items) => items.iter().filter_map(Value::key_text).collect(),
        other => other.key_text().into_iter().collect(),
    };
    plain.sort();
    plain.dedup();
    plain
}

impl Split {
    fn gather(p: &rank::Gather, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        rank::assign(p, hits, out)
    }

    fn apply(_: &Nothing, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut split = rows.texts("split")?;
        let mut delta = Delta::default();
        for (row, said) in &slice.rows {
            let verdict = rank::Verdict::of(said)?;
            for (key, rule, say) in verdict.told {
                delta.event(*row as usize, Act::Finding, key, rule, say);
            }
            if let Some(s) = split.get_mut(*row as usize) {
                *s = Some(verdict.split);
            }
        }
        delta.write("split", array_of(split));
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
            assert_eq!(classes_in(&value), want, "{value:?}");
        }
    }

    /// How many samples are kept, or why that is not known.
    fn kept(lock: Option<&str>, pins: Option<&str>) -> Result<usize, String> {
        let folder = tempfile::tempdir().unwrap();
        let world = World::new(folder.path());
        lock.iter().for_each(|text| world.replace(LOCK, text.as_bytes()).unwrap());
        pins.iter().for_each(|text| world.replace(PINS, text.as_bytes()).unwrap());
        super::pins(&world).map(|p| p.len())
    }

    fn locked(pins: &[&str]) -> String {
        let line = |text: &&str| format!("[[release]]\nassignments = \"{}\"\n", Digest::of(text.as_bytes()).hex());
        pins.iter().map(line).collect()
    }

    #[test]
    fn pins_are_those_of_the_last_release() {
        let (old, new) = ("id\tsplit\na\ttest\n", "id\tsplit\na\ttest\nb\ttrain\n");
        let both = locked(&[old, new]);
        let lock = Some(both.as_str());
        assert_eq!(kept(None, None), Ok(0));
        assert_eq!(kept(Some("[source.a]\nfiles = 1\n"), None), Ok(0));
        assert_eq!(kept(lock, Some(new)), Ok(2));
        let wrong = [
            (lock, Some(old), "is not what dataset.lock says"),
            (lock, Some("id\tsplit\n"), "is not what dataset.lock says"),
            (lock, None, "is missing"),
            (None, Some(new), "names no release"),
            (Some("[release.public]\nassignments = \"\"\n"), Some(new), "does not read"),
            (Some("[[release]\n"), Some(new), "does not read"),
        ];
        for (lock, pins, words) in wrong {
            let say = kept(lock, pins).unwrap_err();
            assert!(say.contains(words), "{words}: {say}");
        }
        let broken = "id\tsplit\na\n";
        let say = kept(Some(&locked(&[broken])), Some(broken)).unwrap_err();
        assert_eq!(say, "pins/split.tsv:2: this is no id and split");
    }
}
