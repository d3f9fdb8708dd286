//! What a release certifies of its splits, counted again from the rows of its tables.
use super::folder::Folder;
use super::told::Told;
use crate::digest::cut_hash;
use crate::model::certificate::{Certificate, Class, Counts, FILE, deviation};
use crate::model::votes::classes_of;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A certificate, and what the tables of each family hold of what it tells.
#[derive(Default)]
pub struct Certified {
    of: Option<Certificate>,
    /// What `release.json` says beside it.
    release: Option<serde_json::Value>,
    counted: BTreeMap<String, Family>,
}

#[derive(Default)]
struct Family {
    samples: Counts,
    classes: BTreeMap<String, BTreeMap<String, Class>>,
    /// By column: the splits of each value.
    groups: BTreeMap<String, BTreeMap<u64, BTreeSet<String>>>,
    columns: BTreeSet<String>,
    /// Columns of labels by their names that have classes, and of which nothing is certified.
    uncertified: BTreeSet<String>,
}

/// The file that says what a release is.
const RELEASE: &str = "release.json";

impl Certified {
    pub fn read(folder: &Folder, told: &mut Told) -> Certified {
        let json = folder.has(FILE).then(|| folder.json(FILE, told)).flatten();
        let of = json.and_then(|json| match serde_json::from_value::<Certificate>(json) {
            Ok(own) => Some(own),
            Err(e) => {
                told.fault("certificate.unread", FILE, "", "", format!("is no certificate of splits: {e}"));
                None
            }
        });
        let release = (of.is_some() && folder.has(RELEASE)).then(|| folder.json(RELEASE, told)).flatten();
        Certified { of, release, counted: BTreeMap::new() }
    }

    /// Counts a row of a table.
    pub fn add(&mut self, family: &str, split: Option<&str>, row: &Value) {
        let (Some(of), Some(split), Value::Struct(cells)) = (&self.of, split, row) else { return };
        let own = self.counted.entry(family.to_string()).or_default();
        *own.samples.entry(split.to_string()).or_default() += 1;
        for (column, value) in cells {
            if !own.columns.contains(column) {
                own.columns.insert(column.clone());
            }
            let hidden = of.split.hidden.get(split).is_some_and(|of| of.contains(column));
            if of.classes.contains_key(column) && !hidden {
                let mut classes = classes_of(value);
                classes.sort();
                classes.dedup();
                for class in classes {
                    let counted = own.classes.entry(column.clone()).or_default().entry(class).or_default();
                    *counted.count.entry(split.to_string()).or_default() += 1;
                }
            }
            let named = column.starts_with("label_") && !of.classes.contains_key(column) && !hidden;
            if named && !own.uncertified.contains(column) && !classes_of(value).is_empty() {
                own.uncertified.insert(column.clone());
            }
            if of.split.group.contains(column) {
                let groups = own.groups.entry(column.clone()).or_default();
                for text in groups_of(value) {
                    groups.entry(cut_hash(text.as_bytes())).or_default().insert(split.to_string());
                }
            }
        }
    }

    /// Compares what was counted with what is certified. Families of which a file was not read whole are left out.
    pub fn finish(self, broken: bool, told: &mut Told) {
        let Some(of) = self.of else { return };
        let fault = |told: &mut Told, field: String, say: String| told.fault("certificate.wrong", FILE, "", field, say);
        match &self.release {
            Some(release) => beside(&of, release, told),
            None => told.unchecked(format!("{FILE}: there is no {RELEASE} that says what it certifies")),
        }
        let whole = deviation(&of.samples, &of.split.ratios, &[]);
        if whole != of.deviation {
            fault(told, "deviation".into(), format!("says {}, and its own samples give {whole}", of.deviation));
        }
        for (column, class, own) in of.classes.iter().flat_map(|(c, of)| of.iter().map(move |(n, own)| (c, n, own))) {
            let hidden = hidden(&of, column);
            let again = deviation(&own.count, &of.split.ratios, &hidden);
            if again != own.deviation {
                let say = format!("says {}, and its own counts give {again}", own.deviation);
                fault(told, format!("classes.{column}.{class}.deviation"), say);
            }
        }
        if broken {
            told.unchecked(format!("{FILE}: files were not read whole, so nothing was counted again"));
            return;
        }
        if self.counted.is_empty() {
            told.unchecked(format!("{FILE}: no table holds rows of it, so nothing was counted again"));
            return;
        }
        for (family, own) in &self.counted {
            compare(&of, family, own, told);
        }
        told.checked(format!("{FILE}: counted again from {} tables", self.counted.len()));
    }
}

/// The groups that a value names: of a list each item is one.
fn groups_of(value: &Value) -> Vec<String> {
    match value {
        Value::List(items) => items.iter().filter_map(Value::key_text).collect(),
        other => other.key_text().into_iter().collect(),
    }
}

/// A certificate is of the release that it lies in.
fn beside(of: &Certificate, release: &serde_json::Value, told: &mut Told) {
    let own = [
        ("dataset", &of.dataset),
        ("release", &of.release),
        ("version", &of.version),
        ("content_root", &of.content_root),
    ];
    for (field, said) in own {
        let there = release.get(field).and_then(serde_json::Value::as_str);
        if there.is_some_and(|there| there != said) {
            let say = format!("says {said}, and {RELEASE} says {}", there.unwrap_or_default());
            told.fault("certificate.wrong", FILE, "", field, say);
        }
    }
    let hidden = serde_json::to_value(&of.split.hidden).unwrap_or_default();
    let none = serde_json::json!({});
    let there = release.get("hidden").unwrap_or(&none);
    if *there != hidden {
        let say = format!("says that {hidden} is hidden, and {RELEASE} says {there}");
        told.fault("certificate.wrong", FILE, "", "split.hidden", say);
    }
}

/// The splits in which a column is hidden.
fn hidden(of: &Certificate, column: &str) -> Vec<String> {
    let own = of.split.hidden.iter().filter(|(_, columns)| columns.iter().any(|c| c == column));
    own.map(|(split, _)| split.clone()).collect()
}

fn compare(of: &Certificate, family: &str, own: &Family, told: &mut Told) {
    let splits: BTreeSet<&String> = of.samples.keys().chain(own.samples.keys()).collect();
    for split in splits {
        let get = |of: &Counts| of.get(split).copied().unwrap_or(0);
        let (said, there) = (get(&of.samples), get(&own.samples));
        if said != there {
            let say = format!("says {said}, and {family} has {there}");
            told.fault("certificate.wrong", FILE, "", format!("samples.{split}"), say);
        }
    }
    for (column, classes) in of.classes.iter().filter(|(column, _)| own.columns.contains(*column)) {
        let none = BTreeMap::new();
        let counted = own.classes.get(column).unwrap_or(&none);
        let names: BTreeSet<&String> = classes.keys().chain(counted.keys()).collect();
        for class in names {
            let of = |of: &BTreeMap<String, Class>| of.get(class).map(|c| c.count.clone()).unwrap_or_default();
            let (mut said, mut there) = (of(classes), of(counted));
            said.retain(|_, n| *n > 0);
            there.retain(|_, n| *n > 0);
            if said != there {
                let say = format!("says {}, and {family} has {}", shown(&said), shown(&there));
                told.fault("certificate.wrong", FILE, "", format!("classes.{column}.{class}"), say);
            }
        }
    }
    for column in &own.uncertified {
        if of.split.stratify.contains(column) {
            let say = format!("says nothing of its classes, and {family} has some: the splits are stratified by it");
            told.fault("certificate.wrong", FILE, "", format!("classes.{column}"), say);
        } else {
            told.unchecked(format!("{FILE}: it says nothing of the classes of `{column}` in {family}"));
        }
    }
    for column in of.split.group.iter().filter(|column| !own.columns.contains(*column)) {
        told.unchecked(format!("{FILE}: {family} has no column `{column}`, so its groups were not counted"));
    }
    let several: usize = own.groups.values().map(|of| of.values().filter(|splits| splits.len() > 1).count()).sum();
    let said = of.leakage.get("group.values").or(of.leakage.get("group.samples"));
    if let Some(said) = said.and_then(|said| said.parse::<usize>().ok()).filter(|said| several > *said) {
        let say = format!("says {said}, and {several} groups lie in several splits of {family}");
        told.fault("certificate.wrong", FILE, "", "leakage.group", say);
    }
}

fn shown(counts: &Counts) -> String {
    let all: Vec<String> = counts.iter().map(|(split, n)| format!("{split} {n}")).collect();
    if all.is_empty() { "none".into() } else { all.join(", ") }
}
