//! `pins/NAME-VERSION.json`: what a frozen release was, small enough for git: counts, columns, classes, how often values stand,
//! and digests of ids and rows. A fresh clone knows by it what a new version changes, without the release itself.
pub mod change;
pub mod drift;
pub mod made;

use super::diff::cells::feed;
use super::diff::folder::{Folder, Go, Rows};
use super::page::Page;
use crate::digest::{Digest, keyed, mix};
use crate::project::Failure;
use crate::table::{Array, Value, texts, value_at};
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Up to so many samples each has a line of its own; of more there are sums over [`SUMS`] parts, so that no pin is larger than
/// some two megabytes.
pub const LINES: usize = 50_000;
/// Parts of a release of more samples, by the first bits of the digest of the id.
pub const SUMS: usize = 1 << 14;
/// Columns of more different values are not counted value by value.
const VALUES: usize = 50;
/// The longest pin that is read.
const READ: u64 = 64 << 20;

/// How often each value of a column stands, by column.
type Counted = BTreeMap<String, BTreeMap<String, u64>>;

/// A pin. Every entry is a line of its own, in the order of its key.
#[derive(Serialize, Deserialize, Default, Debug, Clone, PartialEq)]
#[serde(default)]
pub struct Pin {
    pub format: u64,
    pub dataset: String,
    pub release: String,
    pub version: String,
    pub license: Option<String>,
    pub content_root: String,
    pub files_root: String,
    pub formats: Vec<String>,
    /// What each column holds.
    pub columns: BTreeMap<String, String>,
    /// Samples of each split.
    pub splits: BTreeMap<String, u64>,
    /// The declared classes of each label, in their order.
    pub labels: BTreeMap<String, Vec<String>>,
    /// How often each value or class stands, by column.
    pub values: BTreeMap<String, BTreeMap<String, u64>>,
    /// How many texts of each length there are, by column: of 0, 1, 2-3, 4-7 characters and so on.
    pub lengths: BTreeMap<String, Vec<u64>>,
    /// `plain`, `keyed` (with the key of [privacy]) or `none`: what digests are made with.
    pub digests: String,
    /// How the key is known that digests are made with.
    pub key: Option<String>,
    /// The versions of the kernels of each step that the release was made by.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kernels: BTreeMap<String, String>,
    /// `IS GIVEN GAVE` of each of these steps, as digests.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, String>,
    /// `SPLIT ROW` of each sample by the digest of its id.
    pub samples: BTreeMap<String, String>,
    /// `COUNT IDS ROWS` of each part.
    pub sums: BTreeMap<String, String>,
}

/// What digests of ids and rows are made with.
pub enum Key {
    Plain,
    Secret(Digest),
    /// Personal data is declared and there is no key: nothing is told of single samples.
    None,
}

/// A sample of a release.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    pub id: u64,
    /// Digest of all values but the split.
    pub row: u64,
    pub split: String,
}

/// The path of a pin.
pub fn path(name: &str, version: &str) -> String {
    format!("pins/{name}-{version}.json")
}

/// A short digest.
fn short(key: &Key, bytes: &[u8]) -> u64 {
    let digest = match key {
        Key::Secret(key) => keyed(key, bytes),
        Key::Plain | Key::None => Digest::derive("tamis pin 1", bytes),
    };
    let [a, b, c, d, e, f, g, h, ..] = digest.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// Reads a release and makes its pin, with all of its samples. With `labels_alone` no other values are counted.
pub fn make(
    folder: &Folder,
    classes: BTreeMap<String, Vec<String>>,
    key: &Key,
    labels_alone: bool,
) -> Result<(Pin, Vec<Sample>), Failure> {
    let mut pin = Pin { labels: classes, ..bare(&folder.page, folder.side.files_root.clone()) };
    pin.columns = folder.columns.iter().map(|c| (c.name.clone(), c.holds.clone())).collect();
    (pin.digests, pin.key) = match key {
        Key::Plain => ("plain".into(), None),
        Key::Secret(key) => ("keyed".into(), Some(keyed(key, b"tamis pin key 1").short())),
        Key::None => ("none".into(), None),
    };
    let (mut samples, mut counts, mut buffer) = (Vec::new(), Counts::default(), Vec::new());
    let id = folder.column("id");
    folder.each(&mut |split, rows| {
        match rows {
            Rows::Id(id) => samples.push(Sample { id: short(key, id.as_bytes()), row: 0, split: split.to_string() }),
            Rows::Values(arrays) => {
                let ids = id.and_then(|n| arrays.get(n)).map(|array| texts(array.as_ref()));
                for row in 0..arrays.first().map_or(0, |a| a.len()) {
                    buffer.clear();
                    for (column, array) in folder.columns.iter().zip(arrays) {
                        if column.name != "split" {
                            feed(array.as_ref(), row, &mut buffer);
                        }
                    }
                    let own = short(key, &buffer);
                    let id = ids.as_ref().and_then(|ids| ids.get(row).copied().flatten());
                    // numbered samples are known by what they hold
                    let id = id.filter(|_| folder.page.ids.as_deref() != Some("sequence"));
                    let id = id.map_or(own, |id| short(key, id.as_bytes()));
                    samples.push(Sample { id, row: own, split: split.to_string() });
                }
                for (column, array) in folder.columns.iter().zip(arrays) {
                    let label = column.name == "label" || column.name.starts_with("label_");
                    if label || !labels_alone {
                        counts.add(&column.name, array.as_ref());
                    }
                }
            }
        }
        Ok(Go::On)
    })?;
    samples.sort();
    (pin.values, pin.lengths) = counts.finish();
    if !matches!(key, Key::None) {
        write(&mut pin, &samples);
    }
    Ok((pin, samples))
}

/// The pin of a release of which no sample can be read by its id: what `release.json` says.
pub fn bare(page: &Page, files_root: String) -> Pin {
    Pin {
        format: 1,
        dataset: page.dataset.clone(),
        release: page.release.clone(),
        version: page.version.clone(),
        license: page.license.clone(),
        content_root: page.content_root.clone(),
        files_root,
        formats: page.formats.clone(),
        columns: page.types.clone().unwrap_or_default(),
        splits: page.splits.iter().map(|(name, rows)| (name.clone(), rows.rows)).collect(),
        digests: "none".into(),
        ..Pin::default()
    }
}

fn write(pin: &mut Pin, samples: &[Sample]) {
    if samples.len() <= LINES {
        for sample in samples {
            let id = format!("{:012x}", sample.id >> 16);
            // two ids of one digest are told apart by nothing else than how many they are
            let own = format!("{} {:08x}", sample.split, sample.row >> 32);
            pin.samples.entry(id).and_modify(|all| *all = format!("{all}, {own}")).or_insert(own);
        }
        return;
    }
    let mut sums = vec![Sum::default(); SUMS];
    for sample in samples {
        if let Some(sum) = sums.get_mut(part(sample.id)) {
            sum.add(sample);
        }
    }
    pin.sums =
        sums.iter().enumerate().filter(|(_, s)| s.count > 0).map(|(n, s)| (format!("{n:04x}"), s.text())).collect();
}

/// The part that a sample is of.
pub fn part(id: u64) -> usize {
    (id >> (64 - SUMS.ilog2())) as usize
}

/// Some samples together. Equal sums are equal samples, unless somebody made them so.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
pub struct Sum {
    pub count: u64,
    pub ids: u64,
    pub rows: u64,
}

impl Sum {
    pub fn add(&mut self, sample: &Sample) {
        self.count += 1;
        self.ids = self.ids.wrapping_add(mix(sample.id));
        self.rows = self.rows.wrapping_add(whole(sample));
    }

    /// The same without a sample.
    pub fn without(mut self, sample: &Sample) -> Sum {
        self.count = self.count.wrapping_sub(1);
        self.ids = self.ids.wrapping_sub(mix(sample.id));
        self.rows = self.rows.wrapping_sub(whole(sample));
        self
    }

    fn text(&self) -> String {
        format!("{} {:016x} {:016x}", self.count, self.ids, self.rows)
    }

    pub fn parse(text: &str) -> Option<Sum> {
        let mut parts = text.split(' ');
        let count = parts.next()?.parse().ok()?;
        let ids = u64::from_str_radix(parts.next()?, 16).ok()?;
        let rows = u64::from_str_radix(parts.next()?, 16).ok()?;
        parts.next().is_none().then_some(Sum { count, ids, rows })
    }
}

/// A sample with its values and its split as one number.
fn whole(sample: &Sample) -> u64 {
    let split = crate::digest::cut_hash(sample.split.as_bytes());
    mix(sample.id ^ mix(sample.row ^ mix(split)))
}

/// How often values stand.
#[derive(Default)]
struct Counts {
    values: BTreeMap<String, Option<BTreeMap<String, u64>>>,
    lengths: BTreeMap<String, Vec<u64>>,
}

impl Counts {
    fn add(&mut self, column: &str, array: &dyn Array) {
        if column == "id" || column == "split" {
            return;
        }
        for row in 0..array.len() {
            let value = value_at(array, row);
            if let Value::Text(text) = &value {
                let bin = (usize::BITS - text.chars().count().leading_zeros()) as usize;
                let bins = self.lengths.entry(column.to_string()).or_default();
                bins.resize(bins.len().max(bin + 1), 0);
                bins.iter_mut().skip(bin).take(1).for_each(|n| *n += 1);
            }
            let words: Vec<String> = match &value {
                Value::List(items) => items
                    .iter()
                    .filter_map(|i| i.field("class").text().map(String::from).or_else(|| i.key_text()))
                    .collect(),
                Value::Struct(_) | Value::Bytes(_) | Value::Blob(_) | Value::Null => Vec::new(),
                other => other.key_text().into_iter().collect(),
            };
            let own = self.values.entry(column.to_string()).or_insert_with(|| Some(BTreeMap::new()));
            for word in words {
                let Some(counts) = own else { break };
                *counts.entry(word).or_default() += 1;
                if counts.len() > VALUES {
                    *own = None;
                }
            }
        }
    }

    /// The values of each column with how often they stand, and of other columns how many texts are so long.
    fn finish(mut self) -> (Counted, BTreeMap<String, Vec<u64>>) {
        let values: BTreeMap<String, BTreeMap<String, u64>> =
            self.values.into_iter().filter_map(|(c, v)| Some((c, v.filter(|v| !v.is_empty())?))).collect();
        // of a column whose values are counted, lengths say nothing more
        self.lengths.retain(|column, _| !values.contains_key(column));
        (values, self.lengths)
    }
}

impl Pin {
    /// As it is written.
    pub fn text(&self) -> String {
        let mut out = serde_json::to_string_pretty(self).unwrap_or_default();
        out.push('\n');
        out
    }

    /// A pin that was written earlier.
    pub fn read(world: &World, path: &str) -> Result<Pin, Failure> {
        let bytes = world.read(path, READ).map_err(|e| Failure::World(e.to_string()))?;
        let pin: Pin = serde_json::from_slice(&bytes)
            .map_err(|e| Failure::World(format!("{path} does not read: {e}; take it from git again")))?;
        if pin.format != 1 {
            return Err(Failure::World(format!("{path} is of format {}; this tamis reads 1", pin.format)));
        }
        match pin.damage() {
            Some(say) => Err(Failure::World(format!("{path} is damaged: {say}; take it from git again"))),
            None => Ok(pin),
        }
    }

    /// What a whole pin would not say: it knows as many samples as its splits have, and each line of them reads.
    fn damage(&self) -> Option<String> {
        if self.digests == "none" {
            return None;
        }
        let line = |own: &str| own.rsplit_once(' ').is_some_and(|(_, row)| u64::from_str_radix(row, 16).is_ok());
        let lines = self.samples.values().flat_map(|all| all.split(", "));
        let sums = self.sums.values().map(|text| Sum::parse(text));
        if !lines.clone().all(line) || !sums.clone().all(|sum| sum.is_some()) {
            return Some("a line of its samples does not read".into());
        }
        let known = lines.count() as u64 + sums.flatten().fold(0, |n: u64, sum| n.saturating_add(sum.count));
        let rows = self.rows();
        (known != rows).then(|| format!("it knows {known} samples, and its splits have {rows}"))
    }

    pub fn rows(&self) -> u64 {
        self.splits.values().fold(0, |n: u64, rows| n.saturating_add(*rows))
    }
}

/// The pins of a release in a project, by their versions, the lowest first.
pub fn all(world: &World, name: &str) -> Vec<(change::Version, String)> {
    let names = world.names("pins").unwrap_or_default();
    let of = |file: &String| {
        let version = file.strip_prefix(name)?.strip_prefix('-')?.strip_suffix(".json")?;
        Some((change::Version::parse(version)?, format!("pins/{file}")))
    };
    let mut out: Vec<(change::Version, String)> = names.iter().filter_map(of).collect();
    out.sort();
    out
}
