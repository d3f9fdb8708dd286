//! `[clean.near_duplicates]`: samples whose texts are nearly the same as that of a sample which stays.
//!
//! ```toml
//! [clean]
//! near_duplicates = { threshold = 0.8, action = "drop", keep = "longest" }
//! ```
//!
//! Reads the texts of `on` (default: all text fields of `[schema]`) and compares them as sets of n-grams
//! ([`crate::measure::ngrams`]) by Jaccard similarity: what two texts share, out of all that they have. The samples are
//! gone through in the order of `prefer` and `keep`; one stays unless its similarity with a sample that stays reaches the
//! threshold. So none is dropped that is not that similar to a sample which is there, and which ones stay depends on
//! nothing but the samples. Every such pair is found ([`crate::measure::similar`]). Drops samples in favour of the one that
//! they are most similar to (`duplicate.near`). Facts: `duplicates`, `clusters` (samples that stay and have near
//! duplicates), `largest` (of these, with the one that stays), `compared` (samples with a text to compare). Limits: a text
//! without words is compared with nothing.
//!
//! Where those that go were collected with another class than the one that stays, it is a finding on this one (`label.conflict`,
//! `collected.rs`); the fact `conflicts` counts them.
//!
//! Where near duplicates are not dropped, the inner column `clean.near_duplicates` names for each sample that has any the
//! first sample, in table order, of those that hang together by similar pairs. `split` keeps these together.
pub mod labels;

use super::collected::{self, Collected, Conflict};
use crate::diag::{Diagnostic, suggest};
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::measure::ngrams::{self, Grams};
use crate::measure::similar::{Counts, Index, Jaccard, Threshold};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{Cell, array_of, texts, utf8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Drops or reports samples whose texts are nearly the same as one that stays.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// The least similarity at which a sample is a near duplicate: above 0, at most 1. Of texts the Jaccard similarity of the
    /// sets of n-grams; of pictures the correlation of their luma, where 0.9 is a good beginning.
    #[schemars(range(min = 0.01, max = 1))]
    pub threshold: At<Decimal>,
    /// What happens to a near duplicate.
    #[serde(default)]
    pub action: Action,
    /// Which one stays.
    #[serde(default)]
    pub keep: Stays,
    /// Sources, the preferred first: a sample of an earlier one stays before `keep` is asked. Those not named come last.
    #[serde(default)]
    #[schemars(inner(length(min = 1)))]
    pub prefer: Vec<At<String>>,
    /// The texts that are compared, as if they were one, or a picture alone. Default: all text fields of `[schema]`, or `text`.
    #[schemars(length(min = 1))]
    pub on: Option<Vec<At<String>>>,
    /// Whether pictures are compared with parts of others, too, from which up to a fifth of each side was cut off. Default true;
    /// of texts it says nothing and is refused.
    pub crops: Option<At<bool>>,
    /// What n-grams are made of: `words`, in lower case and parted by white space, or `characters`, in lower case without
    /// white space. Default `characters` where all `[dataset] languages` are Korean, Japanese, Chinese or Thai, else
    /// `words`.
    pub unit: Option<Unit>,
    /// How many of them are an n-gram. Default 5. A shorter text is one n-gram as a whole.
    #[schemars(range(min = 1, max = 100))]
    pub n: Option<u32>,
    /// Test sets and benchmarks that the data set is kept apart from: releases of members of the workspace (`base`, `base:public`,
    /// `base:public@1.0.0`) or folders of the project with a release, each with the format `jsonl`. The `action` is taken with
    /// samples that are the same as a text there, reach the `threshold` with one, or share a `passage`.
    #[serde(default)]
    #[schemars(length(min = 1), inner(length(min = 1)))]
    pub against: Vec<At<String>>,
    /// The columns of `against` that are compared. Default: those of `on`.
    #[schemars(length(min = 1))]
    pub against_on: Option<Vec<At<String>>>,
    /// How many characters in a row, spaces and case apart, must not stand in a text of `against` as well. Default 50; 0 looks
    /// for none.
    #[schemars(range(max = 100000))]
    pub passage: Option<At<u32>>,
}

/// What happens to near duplicates.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// They leave the data set; the ledger names the sample that stayed.
    #[default]
    Drop,
    /// They wait for a person's decision.
    Review,
    /// They stay; each is a finding.
    Report,
}

/// Which of near duplicates stays.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Stays {
    /// The first in table order.
    #[default]
    First,
    /// The last in table order.
    Last,
    /// The one with most n-grams, of pictures with most pixels; of equals the one whose id comes first, whatever the order of
    /// the data.
    Longest,
}

/// What n-grams are made of.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Words between white space.
    #[default]
    Words,
    /// Characters other than white space.
    Characters,
}

pub const ENTRY: Entry = Entry::row::<Stage>("clean/near_duplicates", "clean.near_duplicates", declare)
    .schema(|g| g.subschema_for::<Declaration>());

/// The length of an n-gram where none is declared: that of the published near-duplicate filters (FineWeb, dolma).
pub(super) const N: u32 = 5;
/// Languages that are written without blanks between words, or in which a blank is often a matter of taste.
const WITHOUT_WORDS: [&str; 4] = ["ko", "ja", "zh", "th"];

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    if meant(check, &d).is_some() {
        return Vec::new();
    }
    if let Some(crops) = &d.crops {
        let problem = Diagnostic::error("T0711", crops.span(), "`crops` is about pictures, and texts are compared");
        check.bad(problem.label("a setting without effect").help("take it out, or name the picture in `on`"));
    }
    let on = check.plain_texts(d.on.as_deref());
    if on.is_empty() && check.problems.is_empty() {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to compare");
        check.bad(problem.label("needs `on`, or a text field in [schema]"));
    }
    sources_known(check, &d);
    let unit = d.unit.unwrap_or_else(|| default_unit(check));
    let clusters = d.action != Action::Drop;
    // where all stay, the labels themselves are compared
    let collected = if clusters { Vec::new() } else { collected::columns(check) };
    let own = collected.iter().map(|c| c.column.clone()).filter(|column| !on.contains(column));
    let read =
        [vec!["id".to_string(), "source".to_string()], on.clone(), own.collect::<BTreeSet<_>>().into_iter().collect()];
    let read = read.concat();
    let column = (CLUSTER.to_string(), Column::new(utf8()).inner());
    let ports = Ports {
        table: "samples".into(),
        reads: read,
        writes: if clusters { vec![column] } else { Vec::new() },
        drops: d.action != Action::Report,
        ..Ports::default()
    };
    let gather = Gather {
        threshold: d.threshold.to_string(),
        keep: d.keep,
        prefer: d.prefer.iter().map(|source| source.get().clone()).collect(),
        clusters,
        tasks: collected::tasks(&collected),
    };
    vec![Plan::row::<Stage>(
        ports,
        &Map { on, unit, n: d.n.unwrap_or(N), clusters, collected },
        &gather,
        &Apply { action: d.action },
    )]
}

/// The picture among the columns that are compared, if there is one.
pub(super) fn meant(check: &Check, d: &Declaration) -> Option<String> {
    let is_picture = |name: &&String| check.column("samples", name) == Some(&Image::ty());
    d.on.iter().flatten().map(|name| name.get()).find(is_picture).cloned()
}

/// Notes what is wrong in the keys that texts and pictures share.
pub(super) fn sources_known(check: &mut Check, d: &Declaration) {
    check_threshold(check, &d.threshold);
    check_sources(check, &d.prefer);
}

fn check_threshold(check: &mut Check, threshold: &At<Decimal>) {
    if fraction(threshold.get()).is_none() {
        let problem = Diagnostic::error("T0329", threshold.span(), "the threshold has too many digits");
        check.bad(problem.label("at most six behind the point count"));
    }
}

fn check_sources(check: &mut Check, prefer: &[At<String>]) {
    let known: Vec<String> = check.manifest.instances(&["collect"]).into_iter().map(|found| found.0).collect();
    for source in prefer.iter().filter(|source| !known.contains(source.get())) {
        let message = format!("there is no [collect.{}]", source.get());
        let problem = Diagnostic::error("T0328", source.span(), message);
        check.bad(problem.label(suggest(source, known.iter().map(String::as_str))));
    }
}

pub(super) fn default_unit(check: &Check) -> Unit {
    let dataset: crate::manifest::sections::Dataset = match check.manifest.table(&["dataset"]) {
        Some((_, table)) => match crate::manifest::read(table) {
            Ok(dataset) => dataset,
            Err(_) => return Unit::Words, // told where the section is checked
        },
        None => return Unit::Words,
    };
    let without = |language: &String| WITHOUT_WORDS.contains(&language.split('-').next().unwrap_or_default());
    let all = !dataset.languages.is_empty() && dataset.languages.iter().all(without);
    if all { Unit::Characters } else { Unit::Words }
}

/// A threshold as a fraction.
pub(super) fn fraction(threshold: &Decimal) -> Option<Threshold> {
    const DIGITS: u32 = 6;
    let den = 10u64.pow(DIGITS);
    let num = u64::try_from(threshold.numerator_over(DIGITS)?).ok()?;
    (num > 0 && num <= den).then_some(Threshold { num, den })
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    unit: Unit,
    #[serde(default, skip_serializing_if = "is_default")]
    n: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    clusters: bool,
    /// The columns whose classes are compared.
    #[serde(default, skip_serializing_if = "is_default")]
    collected: Vec<Collected>,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    threshold: String,
    #[serde(default, skip_serializing_if = "is_default")]
    keep: Stays,
    #[serde(default, skip_serializing_if = "is_default")]
    prefer: Vec<String>,
    /// Whether it is told which samples hang together.
    #[serde(default, skip_serializing_if = "is_default")]
    clusters: bool,
    /// The tasks whose classes are compared.
    #[serde(default, skip_serializing_if = "is_default")]
    tasks: Vec<String>,
}

#[derive(Serialize, Deserialize, Default)]
pub(super) struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) action: Action,
}

/// What is decided of a sample that has near duplicates.
#[derive(Serialize, Deserialize, Default)]
pub(super) struct Near {
    /// The sample that stays instead of it; none if it stays itself.
    #[serde(default, skip_serializing_if = "is_default")]
    kept: Option<String>,
    /// The similarity of the two in thousandths, rounded down.
    #[serde(default, skip_serializing_if = "is_default")]
    similarity: u64,
    /// The first sample of those that it hangs together with.
    #[serde(default, skip_serializing_if = "is_default")]
    cluster: Option<String>,
    /// Classes that samples had which go in its favour.
    #[serde(default, skip_serializing_if = "is_default")]
    conflicts: Vec<Conflict>,
}

/// The classes of samples that may have duplicates.
#[derive(Default)]
pub(super) struct Classes {
    pub(super) tasks: Vec<String>,
    pub(super) of: BTreeMap<Spot, String>,
}

/// The column that names clusters.
pub(super) const CLUSTER: &str = "clean.near_duplicates";

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 2; // the classes of samples that go
    const USES: &'static [&'static str] = ngrams::USES;
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((2, apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// One entry a sample, all under one key: they are merged in the order of the data.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let grams = match p.unit {
            Unit::Words => Grams::Words(p.n as usize),
            Unit::Characters => Grams::Characters(p.n as usize),
        };
        let columns = p.on.iter().map(|name| rows.column(name)).collect::<Result<Vec<_>, Fault>>()?;
        let columns: Vec<_> = columns.iter().map(|column| texts(column.as_ref())).collect();
        let (ids, sources) = (rows.texts("id")?, rows.texts("source")?);
        let classes = collected::of_rows(&p.collected, rows)?;
        for (row, ((id, source), classes)) in ids.into_iter().zip(sources).zip(&classes).enumerate() {
            let own = columns.iter().filter_map(|column| column.get(row).copied().flatten());
            let set = ngrams::packed(own, grams);
            if !set.is_empty() {
                let (id, source) = (&id.unwrap_or_default(), &source.unwrap_or_default());
                let sample = Sample { id, source, classes, set: &set };
                summary.put([], row, sample.written());
            }
        }
        let mut delta = Delta::default();
        if p.clusters {
            delta.write(CLUSTER, array_of(vec![None::<String>; rows.len()]));
        }
        Ok(delta)
    }
}

/// What the gather is given of a sample.
struct Sample<'s> {
    id: &'s str,
    source: &'s str,
    classes: &'s str,
    /// Its n-grams as [`ngrams::packed`] writes them.
    set: &'s [u8],
}

impl<'s> Sample<'s> {
    fn written(&self) -> Vec<u8> {
        let length = |text: &str| (text.len() as u32).to_le_bytes();
        let texts = [self.id, self.source, self.classes];
        let texts = texts.map(|text| [&length(text)[..], text.as_bytes()].concat()).concat();
        [&texts[..], self.set].concat()
    }

    fn read(bytes: &'s [u8]) -> Option<Sample<'s>> {
        let text = |bytes: &'s [u8]| {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            Some((std::str::from_utf8(text).ok()?, rest))
        };
        let (id, rest) = text(bytes)?;
        let (source, rest) = text(rest)?;
        let (classes, set) = text(rest)?;
        Some(Sample { id, source, classes, set })
    }

    fn of<'h>(hit: &'h Hit) -> Result<Sample<'h>, Fault> {
        Sample::read(&hit.value).ok_or_else(|| Fault::Bug("n-grams of a sample do not read back".into()))
    }
}

/// A sample that shares rare n-grams with others.
struct Candidate {
    at: Spot,
    id: String,
    /// Its place in `prefer`.
    rank: usize,
    /// Its number, and its n-grams.
    set: (u32, Vec<u64>),
}

impl Stage {
    /// Goes over the samples four times, so that only those are held that share rare n-grams with others.
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let decimal = Decimal::parse(&p.threshold).map_err(Fault::Bug)?;
        let threshold = fraction(&decimal).ok_or_else(|| Fault::Bug("the threshold is none".into()))?;
        let (compared, members) = sizes(hits)?;
        let counts = counts(hits, members, context)?;
        let mut index = Index::new(&counts, threshold);
        for (n, hit) in hits.iter().enumerate() {
            pause(n, context)?;
            index.add(&members_of(&hit)?);
        }
        let groups = index.groups();
        let (mut candidates, mut classes) = (Vec::new(), Classes { tasks: p.tasks.clone(), of: BTreeMap::new() });
        for (number, hit) in (0u32..).zip(hits.iter()).filter(|(number, _)| groups.has(*number)) {
            let sample = Sample::of(&hit)?;
            let rank = p.prefer.iter().position(|name| name == sample.source).unwrap_or(p.prefer.len());
            let set = (number, members_of(&hit)?);
            classes.of.insert(hit.at, sample.classes.to_string());
            candidates.push(Candidate { at: hit.at, id: sample.id.to_string(), rank, set });
        }
        prefer(p.keep, &mut candidates);
        let (of, sets): (Vec<_>, Vec<_>) = candidates.into_iter().map(|c| ((c.at, c.id), c.set)).unzip();
        let mut near: Vec<(usize, usize, Jaccard)> = Vec::new();
        groups.settle(&sets, threshold, |gone, kept, similarity| near.push((gone, kept, similarity)));
        let linked = if p.clusters { groups.linked(&sets, threshold) } else { Vec::new() };
        let near: Vec<_> =
            near.into_iter().map(|(gone, kept, similarity)| (gone, kept, similarity.thousandths())).collect();
        decide(&of, &near, &linked, &classes, out)?;
        out.fact("compared", compared);
        Ok(())
    }
}

/// Lets what was decided take effect.
pub(super) fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
    let (mut delta, mut clusters) = (Delta::default(), vec![None; rows.len()]);
    for decided in slice.each::<Near>() {
        let (row, Near { kept, similarity, cluster, conflicts }) = decided?;
        clusters.get_mut(row).iter_mut().for_each(|slot| **slot = cluster.clone());
        for conflict in conflicts {
            let say = conflict.say("nearly the same and went in its favour");
            delta.event(row, Act::Finding, "clean.near_duplicates", "label.conflict", say);
        }
        let Some(kept) = kept else { continue };
        let say = format!("nearly the same as {kept}: similarity {}.{:03}", similarity / 1000, similarity % 1000);
        let act = match p.action {
            Action::Drop => Act::Drop { kept: Some(kept) },
            Action::Review => Act::Review,
            Action::Report => Act::Finding,
        };
        delta.event(row, act, "clean.near_duplicates", "duplicate.near", say);
    }
    if p.action != Action::Drop {
        delta.write(CLUSTER, array_of(clusters));
    }
    Ok(delta)
}

/// How many samples there are, and how many members all their sets have together.
fn sizes(hits: &Hits) -> Result<(u64, u64), Fault> {
    let mut sizes = (0u64, 0u64);
    for hit in hits.iter() {
        sizes = (sizes.0 + 1, sizes.1 + ngrams::unpacked(Sample::of(&hit)?.set).len() as u64);
    }
    Ok(sizes)
}

fn counts(hits: &Hits, members: u64, context: &Context) -> Result<Counts, Fault> {
    let mut counts = Counts::of(members);
    for (n, hit) in hits.iter().enumerate() {
        pause(n, context)?;
        ngrams::unpacked(Sample::of(&hit)?.set).for_each(|member| counts.add(member));
    }
    Ok(counts)
}

fn members_of(hit: &Hit) -> Result<Vec<u64>, Fault> {
    Ok(ngrams::unpacked(Sample::of(hit)?.set).collect())
}

/// Asks now and then whether to stop.
fn pause(n: usize, context: &Context) -> Result<(), Fault> {
    if n.is_multiple_of(1024) { context.tools.go_on() } else { Ok(()) }
}

/// Sorts candidates by which is to stay.
fn prefer(keep: Stays, candidates: &mut [Candidate]) {
    let size = |c: &Candidate| std::cmp::Reverse(c.set.1.len());
    match keep {
        Stays::First => candidates.sort_by_key(|c| (c.rank, c.at)),
        Stays::Last => candidates.sort_by_key(|c| (c.rank, std::cmp::Reverse(c.at))),
        Stays::Longest => candidates.sort_by(|a, b| (a.rank, size(a), &a.id).cmp(&(b.rank, size(b), &b.id))),
    }
}

/// Decides of each near duplicate (its place, that of the one that stays, their similarity in thousandths), and counts them.
/// `linked` tells for each sample the first place among those that it hangs together with, or is empty.
pub(super) fn decide(
    of: &[(Spot, String)],
    near: &[(usize, usize, u64)],
    linked: &[usize],
    classes: &Classes,
    out: &mut Verdicts,
) -> Result<(), Fault> {
    let mut sizes: BTreeMap<usize, u64> = BTreeMap::new();
    let mut decided: BTreeMap<Spot, Near> = BTreeMap::new();
    let mut clusters: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    linked.iter().enumerate().for_each(|(place, first)| clusters.entry(*first).or_default().push(place));
    for members in clusters.values().filter(|members| members.len() > 1) {
        let members = || members.iter().filter_map(|place| of.get(*place));
        let cluster = members().min_by_key(|(at, _)| *at).map(|(_, id)| id.clone());
        decided.extend(members().map(|(at, _)| (*at, Near { cluster: cluster.clone(), ..Near::default() })));
    }
    for (gone, kept, similarity) in near {
        let (Some((at, _)), Some((_, id))) = (of.get(*gone), of.get(*kept)) else { continue };
        *sizes.entry(*kept).or_insert(1) += 1;
        let near = decided.entry(*at).or_default();
        (near.kept, near.similarity) = (Some(id.clone()), *similarity);
    }
    conflicts(of, near, classes, &mut decided, out);
    for (at, near) in &decided {
        out.put_json(*at, near)?;
    }
    out.fact("duplicates", near.len() as u64);
    out.fact("clusters", sizes.len() as u64);
    out.fact("largest", sizes.values().copied().max().unwrap_or(0));
    Ok(())
}

/// Holds the classes of those that go against those of the one that stays. Fact: `conflicts`, samples that stay in favour of some
/// with another class.
fn conflicts(
    of: &[(Spot, String)],
    near: &[(usize, usize, u64)],
    classes: &Classes,
    decided: &mut BTreeMap<Spot, Near>,
    out: &mut Verdicts,
) {
    if classes.tasks.is_empty() {
        return;
    }
    let text = |at: &Spot| classes.of.get(at).map_or("", String::as_str);
    let mut gone: BTreeMap<usize, Vec<(&str, &str)>> = BTreeMap::new();
    for (own, kept, _) in near {
        let Some((at, id)) = of.get(*own) else { continue };
        gone.entry(*kept).or_default().push((id, text(at)));
    }
    let mut told = 0u64;
    for (kept, gone) in gone {
        let Some((at, _)) = of.get(kept) else { continue };
        let found = collected::conflicts(&classes.tasks, text(at), gone);
        told += u64::from(!found.is_empty());
        if !found.is_empty() {
            decided.entry(*at).or_default().conflicts = found;
        }
    }
    out.fact("conflicts", told);
}
