//! What a release changes against a pin, and which version that asks for.
use super::{Pin, SUMS, Sample, Sum, part};
use crate::report::terminal::{number, plural};
use std::collections::{BTreeMap, BTreeSet};

/// MAJOR.MINOR.PATCH, with anything behind that orders as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub numbers: [u64; 3],
    /// A version with a mark behind it comes before the one without.
    plain: bool,
    mark: String,
}

impl Version {
    pub fn parse(text: &str) -> Option<Version> {
        let text = text.split('+').next().unwrap_or(text);
        let (numbers, mark) = text.split_once('-').unwrap_or((text, ""));
        let mut parts = numbers.split('.').map(|n| n.parse::<u64>().ok());
        let out = [parts.next()??, parts.next()??, parts.next()??];
        parts.next().is_none().then(|| Version { numbers: out, plain: mark.is_empty(), mark: mark.to_string() })
    }

    /// The least version behind this one for a change. Below 1.0.0 each step counts one place further behind.
    pub fn next(&self, level: Level) -> String {
        let [major, minor, patch] = self.numbers;
        match (level, major) {
            (Level::Major, 0) => format!("0.{}.0", minor + 1),
            (Level::Major, _) => format!("{}.0.0", major + 1),
            (Level::Minor, 1..) => format!("{major}.{}.0", minor + 1),
            _ => format!("{major}.{minor}.{}", patch + 1),
        }
    }
}

/// How much a change asks of whoever uses a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Nothing changed.
    Same,
    /// The same samples, packed otherwise.
    Patch,
    /// All old samples are there as they were, and more; or they stand under another licence.
    Minor,
    /// Samples were edited, removed or moved, or columns or classes changed.
    Major,
}

impl Level {
    pub fn name(self) -> &'static str {
        match self {
            Level::Same => "the same",
            Level::Patch => "patch",
            Level::Minor => "minor",
            Level::Major => "major",
        }
    }
}

/// What changed.
#[derive(Debug, Default, PartialEq)]
pub struct Change {
    pub added: u64,
    pub removed: u64,
    pub edited: u64,
    pub moved: u64,
    /// Samples that were edited, moved or both.
    pub touched: u64,
    /// Samples by their split, where they are known one by one.
    pub added_in: BTreeMap<String, u64>,
    pub removed_in: BTreeMap<String, u64>,
    pub moved_between: BTreeMap<(String, String), u64>,
    /// Parts of a large release in which something else than additions happened; how many samples is not known.
    pub parts: u64,
    /// Samples could not be compared one by one.
    pub blind: Option<String>,
    pub columns: Vec<String>,
    pub classes: Vec<String>,
    /// The licence before and now, where it is another.
    pub license: Option<[String; 2]>,
    pub packaging: bool,
    pub content: bool,
}

/// Compares a release with an earlier pin.
pub fn compare(old: &Pin, new: &Pin, samples: &[Sample]) -> Change {
    let mut out = Change {
        content: old.content_root != new.content_root,
        packaging: old.files_root != new.files_root,
        ..Change::default()
    };
    if old.license != new.license {
        out.license = Some([&old.license, &new.license].map(|of| of.clone().unwrap_or("no licence".into())));
    }
    for (name, holds) in &old.columns {
        match new.columns.get(name) {
            None => out.columns.push(format!("`{name}` is gone")),
            Some(now) if now != holds => out.columns.push(format!("`{name}` held {holds} and holds {now}")),
            Some(_) => {}
        }
    }
    out.columns.extend(new.columns.keys().filter(|c| !old.columns.contains_key(*c)).map(|c| format!("`{c}` is new")));
    for name in old.labels.keys().chain(new.labels.keys()).collect::<BTreeSet<_>>() {
        let none = Vec::new();
        let (was, is) = (old.labels.get(name).unwrap_or(&none), new.labels.get(name).unwrap_or(&none));
        if was != is {
            let more: Vec<&str> = is.iter().filter(|c| !was.contains(c)).map(String::as_str).collect();
            let gone: Vec<&str> = was.iter().filter(|c| !is.contains(c)).map(String::as_str).collect();
            let say = match (gone.is_empty(), more.is_empty()) {
                (true, true) => "its classes stand in another order".to_string(),
                (true, false) => format!("new: {}", more.join(", ")),
                (false, true) => format!("gone: {}", gone.join(", ")),
                (false, false) => format!("gone: {}; new: {}", gone.join(", "), more.join(", ")),
            };
            out.classes.push(format!("`{name}`: {say}"));
        }
    }
    if !out.content {
        return out;
    }
    if old.digests == "none" || new.digests == "none" {
        out.blind =
            Some("a pin holds no digests of samples: there is no key of [privacy], or no format with ids".into());
    } else if old.digests != new.digests || old.key != new.key {
        out.blind = Some("the digests of both are made with different keys".into());
    } else if !out.columns.is_empty() {
        ids(old, samples, &mut out);
    } else if !old.sums.is_empty() {
        sums(old, samples, &mut out);
    } else {
        lines(old, samples, true, &mut out);
    }
    out
}

/// Digests of rows of other columns are others: only which samples there are is compared.
fn ids(old: &Pin, samples: &[Sample], out: &mut Change) {
    match old.sums.is_empty() {
        true => lines(old, samples, false, out),
        false => out.blind = Some("of a large release with other columns samples are not compared".into()),
    }
}

fn lines(old: &Pin, samples: &[Sample], rows: bool, out: &mut Change) {
    let mut now: BTreeMap<String, Vec<(&str, String)>> = BTreeMap::new();
    for sample in samples {
        let own = (sample.split.as_str(), format!("{:08x}", sample.row >> 32));
        now.entry(format!("{:012x}", sample.id >> 16)).or_default().push(own);
    }
    for (id, was) in &old.samples {
        let was: Vec<(&str, &str)> = was.split(", ").filter_map(|one| one.rsplit_once(' ')).collect();
        let Some(is) = now.remove(id) else {
            out.removed += was.len() as u64;
            was.iter().for_each(|(split, _)| *out.removed_in.entry(split.to_string()).or_default() += 1);
            continue;
        };
        for (n, (split, row)) in was.iter().enumerate() {
            match is.get(n) {
                None => {
                    out.removed += 1;
                    *out.removed_in.entry(split.to_string()).or_default() += 1;
                }
                Some((now, own)) => {
                    if now != split {
                        out.moved += 1;
                        *out.moved_between.entry((split.to_string(), now.to_string())).or_default() += 1;
                    }
                    let edited = rows && own != row;
                    out.edited += u64::from(edited);
                    out.touched += u64::from(edited || now != split);
                }
            }
        }
        for (split, _) in is.iter().skip(was.len()) {
            out.added += 1;
            *out.added_in.entry(split.to_string()).or_default() += 1;
        }
    }
    for (split, _) in now.values().flatten() {
        out.added += 1;
        *out.added_in.entry(split.to_string()).or_default() += 1;
    }
}

/// Of each part the sums are compared. A part whose sums are those of the old one and of one or two new samples has grown by
/// these; whatever else changed it is more than an addition.
fn sums(old: &Pin, samples: &[Sample], out: &mut Change) {
    let mut parts: Vec<Vec<&Sample>> = vec![Vec::new(); SUMS];
    for sample in samples {
        if let Some(own) = parts.get_mut(part(sample.id)) {
            own.push(sample);
        }
    }
    for (n, own) in parts.iter().enumerate() {
        let was = old.sums.get(&format!("{n:04x}")).and_then(|text| Sum::parse(text)).unwrap_or_default();
        let mut is = Sum::default();
        own.iter().for_each(|sample| is.add(sample));
        if was == is {
            continue;
        }
        let grown = is.count.saturating_sub(was.count);
        let found = match grown {
            1 => own.iter().any(|a| is.without(a) == was),
            2 => own.iter().enumerate().any(|(i, a)| own.iter().skip(i + 1).any(|b| is.without(a).without(b) == was)),
            _ => false,
        };
        match found || was.count == 0 {
            true => out.added += grown,
            false if was.count == is.count && was.ids == is.ids => out.edited += 1,
            false => out.parts += 1,
        }
    }
}

impl Change {
    /// The level of the change, and why.
    pub fn level(&self) -> (Level, Vec<String>) {
        let mut why = Vec::new();
        let counted = [("edited", self.edited), ("removed", self.removed), ("moved between splits", self.moved)];
        why.extend(counted.iter().filter(|(_, n)| *n > 0).map(|(what, n)| format!("{} {what}", plural(*n, "sample"))));
        if self.parts > 0 {
            why.push(format!(
                "in {} of the {} parts of the release samples were edited, moved, removed or many added",
                number(self.parts),
                SUMS
            ));
        }
        why.extend(self.columns.iter().map(|c| format!("column {c}")));
        why.extend(self.classes.iter().map(|c| format!("classes of {c}")));
        why.extend(self.blind.iter().map(|say| format!("the content is another, and {say}")));
        if !why.is_empty() {
            why.extend(self.license.iter().map(|[was, is]| format!("the licence was {was} and is {is}")));
            return (Level::Major, why);
        }
        let added = (self.added > 0).then(|| format!("{} added", plural(self.added, "sample")));
        if self.content && added.is_none() {
            return (Level::Major, vec!["the order of the samples changed".into()]);
        }
        let license = self.license.as_ref().map(|[was, is]| format!("the licence was {was} and is {is}"));
        let why: Vec<String> = added.into_iter().chain(license).collect();
        if !why.is_empty() {
            return (Level::Minor, why);
        }
        match self.packaging {
            true => (Level::Patch, vec!["the same samples in other files".into()]),
            false => (Level::Same, Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pin(samples: &[Sample], large: bool) -> Pin {
        let digests = samples.iter().map(|s| format!("{s:?}")).collect::<String>();
        let content_root = crate::digest::Digest::of(digests.as_bytes()).hex();
        let mut out = Pin { format: 1, digests: "plain".into(), content_root, ..Pin::default() };
        if large {
            let mut sums = vec![Sum::default(); SUMS];
            samples.iter().for_each(|s| sums[part(s.id)].add(s));
            out.sums = sums
                .iter()
                .enumerate()
                .filter(|(_, s)| s.count > 0)
                .map(|(n, s)| (format!("{n:04x}"), s.text()))
                .collect();
        } else {
            super::super::write(&mut out, samples);
        }
        out
    }

    fn samples(n: u64) -> Vec<Sample> {
        (0..n)
            .map(|i| Sample {
                id: crate::digest::mix(i + 1),
                row: i,
                split: if i % 5 == 0 { "test" } else { "train" }.into(),
            })
            .collect()
    }

    #[test]
    fn each_change_has_its_level() {
        for large in [false, true] {
            let old = samples(3000);
            let level = |new: &[Sample]| compare(&pin(&old, large), &pin(new, large), new).level().0;
            assert_eq!(level(&old), Level::Same);
            assert_eq!(level(&samples(3500)), Level::Minor, "{large}");
            assert_eq!(level(&old[1..]), Level::Major);
            let mut edited = old.clone();
            edited[7].row = u64::MAX;
            assert_eq!(level(&edited), Level::Major);
            let mut moved = old.clone();
            moved[8].split = "test".into();
            assert_eq!(level(&moved), Level::Major);
            let mut both = samples(3001);
            both.remove(0);
            assert_eq!(level(&both), Level::Major);
        }
        let (mut a, mut b) = (pin(&[], false), pin(&[], false));
        b.files_root = "x".into();
        assert_eq!(compare(&a, &b, &[]).level().0, Level::Patch);
        b.license = Some("MIT".into());
        let said = compare(&a, &b, &[]).level();
        assert_eq!(said, (Level::Minor, vec!["the licence was no licence and is MIT".to_string()]));
        a.columns.insert("x".into(), "utf8".into());
        assert_eq!(compare(&a, &b, &[]).level().0, Level::Major);
    }

    #[test]
    fn versions_follow_each_other() {
        let v = |text: &str| Version::parse(text).unwrap();
        assert!(v("1.2.0") < v("1.10.0") && v("1.0.0-rc1") < v("1.0.0") && Version::parse("1.2").is_none());
        let next = |text: &str| [Level::Major, Level::Minor, Level::Patch].map(|l| v(text).next(l));
        assert_eq!(next("1.2.3"), ["2.0.0", "1.3.0", "1.2.4"]);
        assert_eq!(next("0.2.3"), ["0.3.0", "0.2.4", "0.2.4"]);
    }
}
