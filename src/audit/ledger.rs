//! What is compared between samples: ids, splits, duplicates, groups, classes, and the same samples in several formats. A
//! few hundred bytes are kept of each.
use super::boxed::{Boxed, Written, boxed, unlike};
use super::fields::{Fields, Pool, Said, Unlike, alike};
use super::near;
use super::sample::{Entity, Sample};
use super::shape::LONG;
use super::told::Told;
use crate::digest::cut_hash;
use crate::report::terminal::plural;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Samples that are compared at most; a release of more is checked sample by sample, and this is told.
const SAMPLES: usize = 2_000_000;
/// Bytes of texts that are kept for near duplicates.
const TEXTS: usize = 256 << 20;
/// Texts with fewer characters are like each other by chance.
const SHORT: usize = 16;

/// Where a sample stands.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct At {
    file: u32,
    place: u32,
}

struct Entry {
    family: u32,
    at: At,
    split: u32,
    id: u64,
    picture: u64,
    /// Of all texts, normalised; 0 where there is none.
    content: u64,
    /// Of the text without white space.
    text: u64,
    /// Of all longer texts.
    long: Option<Said>,
    objects: Option<Box<[Boxed]>>,
    entities: Option<Box<[Entity]>>,
    /// Where tokens begin and end, where entities are made of tags.
    tokens: Box<[(u32, u32)]>,
    /// What its fields say, each at its place among those of the family.
    fields: Box<[Said]>,
}

/// How often each class stands, by split.
pub type Counts = BTreeMap<String, BTreeMap<String, u64>>;

/// A group's splits with the first row in each.
type Group = BTreeMap<u32, At>;

/// By class: the first row that has it, and how many do.
type Classes = BTreeMap<String, (At, u64)>;

#[derive(Default)]
pub struct Ledger {
    entries: Vec<Entry>,
    places: Vec<String>,
    files: Pool,
    families: Pool,
    splits: Pool,
    fields: Fields,
    /// Files that were not read to their end.
    pub broken: BTreeSet<String>,
    /// By family and field: groups by the hash of their value.
    groups: BTreeMap<(u32, String), HashMap<u64, Group>>,
    /// By family and field: the classes of each split.
    classes: BTreeMap<(u32, String), BTreeMap<u32, Classes>>,
    /// For near duplicates: the texts of samples without pictures.
    texts: Vec<(u32, String)>,
    kept: usize,
    /// Samples whose texts are too short to be compared.
    short: u64,
    /// Texts that are kept already, by family, split and content.
    held: std::collections::HashSet<(u32, u32, u64)>,
    full: bool,
}

/// No split is known.
const NONE: &str = "";

impl Ledger {
    pub fn add(&mut self, family: &str, file: &str, place: &str, sample: &Sample) {
        if self.entries.len() >= SAMPLES {
            self.full = true;
            return;
        }
        let at = At { file: self.files.number(file), place: self.places.len() as u32 };
        self.places.push(place.to_string());
        let family = self.families.number(family);
        let split = self.splits.number(sample.split.as_deref().unwrap_or(NONE));
        let hash = |text: &str| cut_hash(text.as_bytes()) | 1;
        for (field, class) in classes_of(sample) {
            let own = self.classes.entry((family, field)).or_default().entry(split).or_default();
            own.entry(class).or_insert((at, 0)).1 += 1;
        }
        for (field, value) in &sample.groups {
            let groups = self.groups.entry((family, field.clone())).or_default();
            groups.entry(hash(value)).or_default().entry(split).or_insert(at);
        }
        let plain = near::plain(&sample.values);
        self.short += u64::from(plain.is_empty() && sample.picture.is_none() && sample.text.is_some());
        let content = if plain.is_empty() || sample.picture.is_some() { 0 } else { hash(&plain) };
        let long = content != 0 && plain.chars().count() >= SHORT && self.kept + plain.len() <= TEXTS;
        if long && self.held.insert((family, split, content)) {
            self.kept += plain.len();
            self.texts.push((self.entries.len() as u32, plain));
        }
        let bare = |text: &String| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
        self.entries.push(Entry {
            family,
            at,
            split,
            id: sample.id.as_deref().filter(|id| !id.trim().is_empty()).map_or(0, hash),
            picture: sample.picture.as_ref().map_or(0, |p| cut_hash(&p.digest.0) | 1),
            content,
            long: sample.long,
            text: sample.text.as_ref().map_or(0, |t| hash(&bare(t))),
            objects: sample.objects.as_ref().map(|all| boxed(all)),
            entities: sample.entities.as_ref().map(|all| compared(sample, all)),
            tokens: if sample.entities.is_some() { bare_tokens(sample) } else { Box::default() },
            fields: self.fields.placed(family, &sample.fields),
        });
    }

    fn place(&self, at: At) -> (&str, &str) {
        (self.files.name(at.file), self.places.get(at.place as usize).map_or("", String::as_str))
    }

    fn words(&self, at: At) -> String {
        let (file, place) = self.place(at);
        format!("{file}, {place}")
    }

    fn split(&self, n: u32) -> &str {
        match self.splits.name(n) {
            NONE => "no split",
            name => name,
        }
    }

    /// How often each class stands in each split, by family and label.
    pub fn counted(&self) -> BTreeMap<(String, String), Counts> {
        let mut out = BTreeMap::new();
        for ((family, field), splits) in &self.classes {
            let mut own = Counts::new();
            for (split, classes) in splits {
                let of = own.entry(self.splits.name(*split).to_string()).or_default();
                of.extend(classes.iter().map(|(class, (_, n))| (class.clone(), *n)));
            }
            out.insert((self.families.name(*family).to_string(), field.clone()), own);
        }
        out
    }

    /// Compares everything with everything that it must agree with; gives the pairs of families that hold the same samples.
    pub fn finish(mut self, told: &mut Told) -> Vec<(String, String)> {
        if self.full {
            told.unchecked(format!("samples behind the first {SAMPLES} are not compared with each other"));
        }
        if self.entries.is_empty() {
            return Vec::new();
        }
        self.ids(told);
        self.pictures(told);
        self.contents(told);
        self.groups(told);
        self.classes(told);
        let same = self.formats(told);
        let texts = std::mem::take(&mut self.texts);
        self.near(texts, told);
        same
    }

    /// No id stands twice in files of one family, whatever their split.
    fn ids(&self, told: &mut Told) {
        let mut seen: HashMap<(u32, u64), &Entry> = HashMap::new();
        for entry in self.entries.iter().filter(|e| e.id != 0) {
            let Some(first) = seen.get(&(entry.family, entry.id)) else {
                seen.insert((entry.family, entry.id), entry);
                continue;
            };
            let (file, place) = self.place(entry.at);
            if first.split == entry.split {
                told.fault("id.twice", file, place, "id", format!("the id stands in {}, too", self.words(first.at)));
            } else {
                let say = format!(
                    "the id of this sample of `{}` stands in `{}`, too: {}",
                    self.split(entry.split),
                    self.split(first.split),
                    self.words(first.at)
                );
                told.fault("split.id", file, place, "id", say);
            }
        }
        self.nameless(told);
        told.checked("ids unique");
    }

    /// Where most samples of a family have an id, each has.
    fn nameless(&self, told: &mut Told) {
        let mut families: BTreeMap<u32, (usize, Vec<At>)> = BTreeMap::new();
        for entry in &self.entries {
            let (named, others) = families.entry(entry.family).or_default();
            match entry.id {
                0 => others.push(entry.at),
                _ => *named += 1,
            }
        }
        for (named, others) in families.into_values() {
            for at in others.iter().filter(|_| named > others.len()) {
                let (file, place) = self.place(*at);
                told.fault("id.missing", file, place, "id", "has no id, and the other samples have one");
            }
        }
    }

    /// No picture is in two splits.
    fn pictures(&self, told: &mut Told) {
        let mut seen: HashMap<u64, &Entry> = HashMap::new();
        let mut any = false;
        let placed = |e: &&Entry| e.picture != 0 && !self.splits.name(e.split).is_empty();
        for entry in self.entries.iter().filter(placed) {
            any = true;
            let first = *seen.entry(entry.picture).or_insert(entry);
            if first.split != entry.split {
                let (file, place) = self.place(entry.at);
                let say = format!(
                    "the picture of this sample of `{}` is in `{}`, too: {}",
                    self.split(entry.split),
                    self.split(first.split),
                    self.words(first.at)
                );
                told.fault("split.picture", file, place, "picture", say);
            }
        }
        if any {
            told.checked("pictures of no two splits the same");
        }
    }

    /// No sample is in two splits under another id.
    fn contents(&self, told: &mut Told) {
        let mut seen: HashMap<(u32, u64), &Entry> = HashMap::new();
        let mut twice = 0u64;
        for entry in self.entries.iter().filter(|e| e.content != 0) {
            let first = *seen.entry((entry.family, entry.content)).or_insert(entry);
            if first.split != entry.split {
                let (file, place) = self.place(entry.at);
                let say = format!(
                    "this sample of `{}` holds what one of `{}` holds: {}",
                    self.split(entry.split),
                    self.split(first.split),
                    self.words(first.at)
                );
                told.fault("split.leak", file, place, "", say);
            } else if first.at != entry.at {
                twice += 1;
            }
        }
        if twice > 0 {
            told.checked(format!(
                "duplicates within a split: {twice} samples hold what an earlier one of their split holds (no fault)"
            ));
        }
        told.checked("samples of no two splits the same");
        if self.short > 0 {
            let samples = plural(self.short, "sample");
            told.unchecked(format!(
                "{samples} whose texts are so short that they are equal by chance (fewer than {LONG} characters, or half as many of Hangul)"
            ));
        }
    }

    /// Samples that belong together are in one split, where a column says what belongs together.
    fn groups(&self, told: &mut Told) {
        for ((_, field), groups) in &self.groups {
            let mut apart: Vec<&Group> = groups.values().filter(|g| g.len() > 1).collect();
            if apart.len() * 2 >= groups.len() {
                if !apart.is_empty() {
                    told.unchecked(format!("groups by `{field}`: most of its values are in several splits, so it does not say what belongs together"));
                }
                continue;
            }
            apart.sort_by_key(|g| g.values().min().copied());
            for group in apart {
                let mut ats: Vec<(u32, At)> = group.iter().map(|(s, at)| (*s, *at)).collect();
                ats.sort_by_key(|(_, at)| *at);
                let (Some((a, first)), Some((b, other))) = (ats.first(), ats.last()) else { continue };
                let (file, place) = self.place(*other);
                let say =
                    format!("its group is in `{}` and in `{}`: {}", self.split(*a), self.split(*b), self.words(*first));
                told.fault("split.group", file, place, field, say);
            }
            told.checked(format!("groups by `{field}` in one split each"));
        }
    }

    /// Whatever is tested was in training.
    fn classes(&self, told: &mut Told) {
        for ((_, field), splits) in &self.classes {
            let train = splits.iter().find(|(n, _)| super::kinds::usual(self.splits.name(**n)) == Some("train"));
            let Some((_, train)) = train else { continue };
            for (split, classes) in splits {
                for (class, (at, _)) in classes.iter().filter(|(class, _)| !train.contains_key(*class)) {
                    let (file, place) = self.place(*at);
                    let say =
                        format!("the class `{class}` is in `{}`, and nothing in `train` has it", self.split(*split));
                    told.fault("split.class", file, place, field, say);
                }
            }
            told.checked(format!("classes of `{field}` in train"));
        }
    }

    /// Texts that are nearly the same lie in one split.
    fn near(&self, texts: Vec<(u32, String)>, told: &mut Told) {
        let of = |n: u32| self.entries.get(n as usize);
        let split = |n: u32| of(n).map_or(0, |e| e.split);
        let family = |n: u32| of(n).map_or(0, |e| e.family);
        let mut by_family: BTreeMap<u32, Vec<(u32, String)>> = BTreeMap::new();
        for (n, text) in texts {
            by_family.entry(family(n)).or_default().push((n, text));
        }
        for texts in by_family.into_values() {
            let first = texts.first().map_or(0, |t| split(t.0));
            if texts.iter().all(|t| split(t.0) == first) {
                continue;
            }
            let found = near::pairs(&texts, &|a, b| split(a) != split(b));
            if found.left_out {
                told.unchecked(
                    "near duplicates: some texts share too much with too many others to be compared with all of them",
                );
            }
            for (a, b, share) in found.pairs {
                let (Some(a), Some(b)) = (of(a), of(b)) else { continue };
                if a.content == b.content {
                    continue; // told already
                }
                let (file, place) = self.place(b.at);
                let say = format!(
                    "this sample of `{}` is {share} % like one of `{}`: {}",
                    self.split(b.split),
                    self.split(a.split),
                    self.words(a.at)
                );
                told.fault("split.near", file, place, "", say);
            }
            told.checked("samples of no two splits nearly the same");
        }
        if self.kept + (1 << 16) > TEXTS {
            told.unchecked("near duplicates: only the first 256 MiB of texts were compared");
        }
    }

    // ---- formats that hold the same samples ------------------------------------------------------------------------

    fn formats(&self, told: &mut Told) -> Vec<(String, String)> {
        let mut same = Vec::new();
        let mut families: BTreeMap<u32, Vec<&Entry>> = BTreeMap::new();
        self.entries.iter().for_each(|e| families.entry(e.family).or_default().push(e));
        let all: Vec<(u32, Vec<&Entry>)> = families.into_iter().collect();
        for (n, (a, first)) in all.iter().enumerate() {
            for (b, second) in all.iter().skip(n + 1) {
                if let Some(key) = self.key(first, second) {
                    self.pair((*a, first), (*b, second), key, told);
                    same.push((self.families.name(*a).to_string(), self.families.name(*b).to_string()));
                }
            }
        }
        same
    }

    /// By what the samples of two families are known in both of them.
    fn key(&self, a: &[&Entry], b: &[&Entry]) -> Option<fn(&Entry) -> u64> {
        let keys: [fn(&Entry) -> u64; 2] = [|e| e.picture, |e| e.id];
        keys.into_iter().enumerate().find_map(|(n, key)| {
            let own: HashMap<u64, &Entry> = a.iter().filter(|e| key(e) != 0).map(|e| (key(e), *e)).collect();
            let other: BTreeSet<u64> = b.iter().map(|e| key(e)).filter(|k| *k != 0).collect();
            let both = other.iter().filter(|k| own.contains_key(k)).count();
            let few = own.len().min(other.len());
            if both == 0 || both * 2 < few {
                return None;
            }
            // equal ids of unlike tables say nothing: their pictures, or most of their texts, are the same, too
            let alike = |e: &&&Entry| {
                own.get(&key(e)).is_some_and(|o| {
                    let same = (e.text != 0 && o.text == e.text) || (e.content != 0 && o.content == e.content);
                    same || (e.long.is_some() && e.long == o.long) || (e.picture != 0 && e.picture == o.picture)
                })
            };
            (n == 0 || b.iter().filter(alike).count() * 2 >= both).then_some(key)
        })
    }

    fn pair(
        &self,
        (a, first): (u32, &[&Entry]),
        (b, second): (u32, &[&Entry]),
        key: fn(&Entry) -> u64,
        told: &mut Told,
    ) {
        let group = |all: &[&Entry]| {
            let mut out: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
            for (n, entry) in all.iter().enumerate().filter(|(_, e)| key(e) != 0) {
                out.entry(key(entry)).or_default().push(n);
            }
            out
        };
        let (ours, theirs) = (group(first), group(second));
        let splits = |all: &[&Entry]| all.iter().map(|e| e.split).collect::<BTreeSet<u32>>();
        let (our_splits, their_splits) = (splits(first), splits(second));
        let broken = |all: &[&Entry]| all.iter().any(|e| self.broken.contains(self.files.name(e.at.file)));
        let whole = !broken(first) && !broken(second);
        let (name_a, name_b) = (self.families.name(a), self.families.name(b));
        let mut missing = |from: &BTreeMap<u64, Vec<usize>>,
                           all: &[&Entry],
                           to: &BTreeMap<u64, Vec<usize>>,
                           others: &[&Entry],
                           known: &BTreeSet<u32>,
                           name: &str| {
            for (_, places) in from.iter().filter(|(k, _)| whole && !to.contains_key(k)) {
                let Some(entry) = places.first().and_then(|n| all.get(*n)) else { continue };
                if !known.contains(&entry.split) && !self.split_free(others) {
                    continue;
                }
                // a picture without objects needs no file of labels
                if name.starts_with("labels") && entry.objects.as_ref().is_none_or(|o| o.is_empty()) {
                    continue;
                }
                let file = others.iter().find(|o| o.split == entry.split).or(others.first());
                let file = file.map_or(name, |o| self.files.name(o.at.file));
                told.fault(
                    "formats.missing",
                    file,
                    "",
                    "",
                    format!("does not hold the sample of {}", self.words(entry.at)),
                );
            }
        };
        missing(&ours, first, &theirs, second, &their_splits, name_b);
        missing(&theirs, second, &ours, first, &our_splits, name_a);
        let written = |all: &[&Entry]| Written::of(all.iter().filter_map(|e| e.objects.as_deref()).flatten());
        let apart = written(first).apart(&written(second));
        let mut pairs = Vec::new();
        for (k, places) in &ours {
            let Some(others) = theirs.get(k) else { continue };
            let (ours, theirs) = (of(first, places), of(second, others));
            self.compare(&ours, &theirs, apart, told);
            if let ([one], [other]) = (ours.as_slice(), theirs.as_slice()) {
                pairs.push((*one, *other));
            }
        }
        self.said((a, b), &pairs, told);
        told.checked(format!("{name_a} and {name_b} agree"));
    }

    /// What the samples of two families say in the fields that both have. Texts are compared without their white space.
    fn said(&self, (a, b): (u32, u32), pairs: &[(&Entry, &Entry)], told: &mut Told) {
        for (field, at, other) in self.fields.common(a, b) {
            let mut found: Unlike<(&Entry, &Entry)> = Unlike::none();
            for (one, two) in pairs {
                let Some(same) = alike(one.fields.get(at), two.fields.get(other)) else { continue };
                found.compared += 1;
                if !same {
                    found.places.push((one, two));
                }
            }
            if found.is_another() {
                let (a, b) = (self.families.name(a), self.families.name(b));
                told.unchecked(format!(
                    "`{field}` of {a} and of {b}: nearly all samples differ, so it means another thing in each"
                ));
                continue;
            }
            for (one, two) in found.places {
                let (file, place) = self.place(two.at);
                let say = format!("says another thing than {}", self.words(one.at));
                told.fault("formats.value", file, place, field, say);
            }
        }
    }

    fn split_free(&self, all: &[&Entry]) -> bool {
        all.iter().all(|e| self.splits.name(e.split).is_empty())
    }

    /// One sample in two families, in each of which it may be several rows.
    fn compare(&self, ours: &[&Entry], theirs: &[&Entry], apart: f64, told: &mut Told) {
        let (Some(a), Some(b)) = (ours.first(), theirs.first()) else { return };
        let (file, place) = self.place(b.at);
        let named = |e: &Entry| !self.splits.name(e.split).is_empty();
        let splits: BTreeSet<u32> = ours.iter().map(|e| e.split).collect();
        if named(a) && named(b) && !theirs.iter().any(|t| splits.contains(&t.split)) {
            let say = format!(
                "is in `{}` here and in `{}` in {}",
                self.split(b.split),
                self.split(a.split),
                self.words(a.at)
            );
            told.fault("formats.split", file, place, "split", say);
        }
        if ours.len() == 1 && theirs.len() == 1 && a.text != 0 && b.text != 0 && a.text != b.text && a.picture == 0 {
            told.fault(
                "formats.text",
                file,
                place,
                "text",
                format!("is another text than that of {}", self.words(a.at)),
            );
        } else if let (Some(x), Some(y)) = (&a.entities, &b.entities)
            && let Some(say) = unlike_entities(&widened(x, &b.tokens), &widened(y, &a.tokens))
        {
            told.fault("formats.entities", file, place, "entities", format!("{say} {}", self.words(a.at)));
        }
        let all = |of: &[&Entry]| -> Option<Vec<Boxed>> {
            let each: Option<Vec<&[Boxed]>> = of.iter().map(|e| e.objects.as_deref()).collect();
            each.map(|e| e.concat())
        };
        if let (Some(x), Some(y)) = (all(ours), all(theirs))
            && let Some(say) = unlike(&x, &y, apart)
        {
            told.fault("formats.boxes", file, place, "boxes", format!("{say} {}", self.words(a.at)));
        }
    }
}

fn of<'e>(all: &[&'e Entry], places: &[usize]) -> Vec<&'e Entry> {
    places.iter().filter_map(|n| all.get(*n).copied()).collect()
}

/// The classes of a sample by the label that they are of.
fn classes_of(sample: &Sample) -> Vec<(String, String)> {
    let mut out = sample.classes.clone();
    let objects = sample.objects.iter().flatten().filter_map(|o| o.class.clone());
    out.extend(objects.map(|class| ("objects".to_string(), class)));
    out.extend(sample.entities.iter().flatten().map(|e| ("entities".to_string(), e.class.clone())));
    out
}

/// For each place between two characters of a text how many before it are no white space.
fn bare(sample: &Sample) -> Vec<u32> {
    let mut out = vec![0u32];
    let mut n = 0;
    for c in sample.text.as_deref().unwrap_or_default().chars() {
        n += u32::from(!c.is_whitespace());
        out.push(n);
    }
    out
}

fn bare_tokens(sample: &Sample) -> Box<[(u32, u32)]> {
    let bare = bare(sample);
    let at = |place: u32| bare.get(place as usize).copied().unwrap_or(place);
    sample.tokens.iter().map(|(start, end)| (at(*start), at(*end))).filter(|(start, end)| start < end).collect()
}

/// Entities that reach to the borders of the tokens that they touch: a format of tags knows no others.
fn widened(all: &[Entity], tokens: &[(u32, u32)]) -> Vec<Entity> {
    let border = |e: &Entity| {
        let start = tokens.iter().find(|(from, to)| (*from..*to).contains(&e.start)).map_or(e.start, |(from, _)| *from);
        let end = tokens.iter().find(|(from, to)| e.end > *from && e.end <= *to).map_or(e.end, |(_, to)| *to);
        Entity { class: e.class.clone(), start, end }
    };
    let mut out: Vec<Entity> = all.iter().map(border).collect();
    out.sort();
    out
}

/// Entities by the characters of the text without white space: tokens and texts are comparable then.
fn compared(sample: &Sample, all: &[Entity]) -> Box<[Entity]> {
    let bare = bare(sample);
    let at = |place: u32| bare.get(place as usize).copied().unwrap_or(place);
    let mut out: Vec<Entity> =
        all.iter().map(|e| Entity { class: e.class.clone(), start: at(e.start), end: at(e.end) }).collect();
    out.sort();
    out.into()
}

/// How the entities of a sample differ; a format of tags cannot hold one that overlaps another.
fn unlike_entities(a: &[Entity], b: &[Entity]) -> Option<String> {
    if a == b {
        return None;
    }
    let overlaps = |e: &Entity, of: &[Entity]| of.iter().any(|o| o != e && o.start < e.end && e.start < o.end);
    let lost = |e: &&Entity, from: &[Entity], to: &[Entity]| !to.contains(e) && !overlaps(e, from) && !overlaps(e, to);
    let more = b.iter().find(|e| !a.contains(e));
    let gone = a.iter().find(|e| lost(e, a, b)).or_else(|| more.filter(|e| lost(e, b, a) || overlaps(e, a)));
    let e = gone?;
    let own = if b.contains(e) { "is not in" } else { "is here not, and in" };
    Some(format!("`{}` at characters {}..{} (without white space) {own}", e.class, e.start, e.end))
}
