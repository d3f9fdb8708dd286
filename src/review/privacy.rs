//! What people are asked about the detectors of `[privacy.detect]`: samples in which each found something, and samples in which none
//! did, drawn by the hash of their ids; and the file that answers are kept in, which holds no value and no text.
use super::file::locked;
use crate::digest::Digest;
use crate::engine::ledger;
use crate::engine::session::Session;
use crate::engine::state::{Built, PartRun, Partition};
use crate::model::checked::{Checked, seen};
use crate::project::{Failure, Project};
use crate::report::snapshot::{complete, snapshot};
use crate::stage::{Act, Event, Fault};
use crate::stages::privacy::detect::searched;
use crate::stages::privacy::detectors::Finder;
use crate::table::{Living, Value, texts, value_at};
use crate::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// The step whose hits are looked at.
const STEP: &str = "privacy.detect";

/// Where answers lie, a file a person.
pub const FOLDER: &str = "reviews/privacy";

/// The longest file of answers, in bytes.
pub const FILE_MAX: u64 = 1 << 30;

/// Characters around a hit that a person is shown.
const AROUND: usize = 200;

/// What stands around what was found.
const MARKS: [char; 2] = ['⟦', '⟧'];

/// A sample behind the step.
pub struct Found {
    pub id: String,
    /// The types of what was found in it; none in most.
    pub kinds: BTreeSet<String>,
    /// The step drops it for what it holds.
    pub dropped: bool,
    part: usize,
    row: u32,
}

/// A sample that is asked about: of what was found of a type, or of nothing.
pub struct Drawn {
    pub id: String,
    pub detector: Option<String>,
    /// With what was found marked, or as it stands behind the step.
    pub text: String,
    pub seen: String,
}

/// What is asked for.
pub struct Wanted {
    pub hits: usize,
    pub clean: usize,
}

/// What was drawn, and out of what.
#[derive(Default)]
pub struct Sheet {
    pub rows: Vec<Drawn>,
    /// Of each type, samples that hold one, and how many of them are asked about.
    pub kinds: BTreeMap<String, (u64, usize)>,
    /// Samples without a hit.
    pub clean: u64,
    /// Questions that are answered already and left out.
    pub answered: u64,
    /// Samples with a hit that the step drops; they are not asked about.
    pub dropped: u64,
}

/// The step of the detectors, as the last build left it.
pub struct Looked<'b> {
    s: &'b Session<'b>,
    parts: Vec<(&'b PartRun, Partition)>,
    fields: Vec<String>,
    finder: Finder,
}

fn unknown() -> Failure {
    Failure::Usage("what [privacy.detect] finds is not known before a build: tamis build".into())
}

impl<'b> Looked<'b> {
    pub fn of(project: &Project, s: &'b Session<'b>, built: &'b Built) -> Result<Looked<'b>, Failure> {
        let Some(i) = project.assembled.steps.iter().position(|step| step.name == STEP) else {
            return Err(Failure::Usage("there is no [privacy.detect], and nothing to check".into()));
        };
        let (step, run) = (&project.assembled.steps[i], &built.runs[i]);
        if run.skipped || run.parts.is_empty() || (0..run.parts.len()).any(|n| !complete(step, run, n)) {
            return Err(unknown());
        }
        let words = |digest: Digest| {
            let gone = || Fault::World("a dictionary of [privacy.detect] is not as it was when it was read".into());
            let (path, ..) = step.plan.files.iter().find(|file| file.1 == digest).ok_or_else(gone)?;
            let bytes = project.world.read(path, FILE_MAX).map_err(|e| Fault::World(format!("{path}: {e}")))?;
            if Digest::of(&bytes) == digest { Ok(bytes) } else { Err(gone()) }
        };
        let (fields, finder) = searched(&step.plan, &words)?;
        let after = snapshot(project, built, i, true).parts;
        Ok(Looked { s, parts: run.parts.iter().zip(after).collect(), fields, finder })
    }

    /// Each sample that the step was given alive, in the order of the data.
    fn each(&self, tell: &mut dyn FnMut(Found)) -> Result<(), Failure> {
        for (part, (run, after)) in self.parts.iter().enumerate() {
            let (Some(living), Some(ids)) = (&run.before.living, run.before.columns.get("id").copied().flatten())
            else {
                return Err(unknown());
            };
            let mut kinds: BTreeMap<u32, BTreeSet<String>> = BTreeMap::new();
            for event in ledger::events(self.s, run)? {
                if let Some(kind) = kind_of(&event) {
                    kinds.entry(event.row).or_default().insert(kind.to_string());
                }
            }
            let ids = self.s.array(ids)?;
            let ids = texts(ids.as_ref());
            let lives = |row: u32| after.living.as_ref().is_some_and(|l: &Living| l.is(row));
            for row in (0..living.rows()).filter(|row| living.is(*row)) {
                let id = ids.get(row as usize).copied().flatten().unwrap_or_default().to_string();
                let kinds = kinds.remove(&row).unwrap_or_default();
                tell(Found { id, kinds, dropped: !lives(row), part, row });
            }
        }
        Ok(())
    }

    /// The samples of these ids as they are now: the types of what was found in each, and what an answer is given on.
    pub fn now(&self, ids: &BTreeSet<&str>) -> Result<BTreeMap<String, (BTreeSet<String>, String)>, Failure> {
        let mut found = Vec::new();
        self.each(&mut |sample| {
            if !sample.dropped && ids.contains(sample.id.as_str()) {
                found.push(sample);
            }
        })?;
        let mut out = BTreeMap::new();
        for sample in found {
            let seen = self.seen(&sample)?;
            out.insert(sample.id, (sample.kinds, seen));
        }
        Ok(out)
    }

    /// Draws by the hash of the ids, and of the types, what nobody has answered yet: of each type as many as of the others, as far
    /// as there are so many.
    pub fn draw(&self, wanted: &Wanted, answered: &BTreeSet<(String, Option<String>)>) -> Result<Sheet, Failure> {
        let mut sheet = Sheet::default();
        let mut first: BTreeMap<Option<String>, First> = BTreeMap::new();
        self.each(&mut |sample| {
            if sample.dropped {
                sheet.dropped += u64::from(!sample.kinds.is_empty());
                return;
            }
            sheet.clean += u64::from(sample.kinds.is_empty());
            let kinds: Vec<Option<String>> = match sample.kinds.is_empty() {
                true => vec![None],
                false => sample.kinds.iter().cloned().map(Some).collect(),
            };
            for kind in kinds {
                kind.iter().for_each(|kind| sheet.kinds.entry(kind.clone()).or_default().0 += 1);
                let asked = (sample.id.clone(), kind);
                if answered.contains(&asked) {
                    sheet.answered += 1;
                    continue;
                }
                let (id, kind) = asked;
                let most = if kind.is_some() { wanted.hits } else { wanted.clean };
                let hash = hash(kind.as_deref(), &id);
                first.entry(kind).or_default().put(hash, (sample.part, sample.row, id), most);
            }
        })?;
        let clean = first.remove(&None).unwrap_or_default();
        let of: Vec<usize> = first.values().map(|own| own.0.len()).collect();
        let mut asked: Vec<(Option<String>, Place)> = Vec::new();
        for ((kind, own), n) in first.into_iter().zip(shares(&of, wanted.hits)) {
            kind.iter().for_each(|kind| sheet.kinds.entry(kind.clone()).or_default().1 = n);
            asked.extend(own.0.into_values().take(n).map(|place| (kind.clone(), place)));
        }
        asked.extend(clean.0.into_values().map(|place| (None, place)));
        for (detector, (part, row, id)) in asked {
            let sample = Found { id, kinds: BTreeSet::new(), dropped: false, part, row };
            let (text, seen) = (self.text(&sample, detector.as_deref())?, self.seen(&sample)?);
            sheet.rows.push(Drawn { id: sample.id, detector, text, seen });
        }
        Ok(sheet)
    }

    /// A column of a sample's partition, before or behind the step.
    fn value(&self, sample: &Found, field: &str, before: bool) -> Result<Value, Failure> {
        let Some((run, after)) = self.parts.get(sample.part) else { return Ok(Value::Null) };
        let columns = if before { &run.before.columns } else { &after.columns };
        match columns.get(field) {
            Some(Some(digest)) => Ok(value_at(self.s.array(*digest)?.as_ref(), sample.row as usize)),
            Some(None) => Err(unknown()),
            None => Ok(Value::Null),
        }
    }

    fn seen(&self, sample: &Found) -> Result<String, Failure> {
        let mut of = Vec::new();
        for field in &self.fields {
            of.push((field.as_str(), self.value(sample, field, false)?.json()));
        }
        Ok(seen(of))
    }

    /// What a person reads: the places where something of a type was found, or the texts as they stand.
    fn text(&self, sample: &Found, detector: Option<&str>) -> Result<String, Failure> {
        let mut out = Vec::new();
        for field in &self.fields {
            let value = self.value(sample, field, detector.is_some())?;
            let mut all = Vec::new();
            texts_in(&value, &mut all);
            for text in all {
                let told = match detector {
                    None => Some(text.to_string()),
                    Some(kind) => marked(text, kind, &self.finder),
                };
                out.extend(told.map(|told| if self.fields.len() > 1 { format!("{field}: {told}") } else { told }));
            }
        }
        if let (Some(kind), true) = (detector, out.is_empty()) {
            return Err(Failure::Bug(format!("what the last build found of `{kind}` is not found again")));
        }
        Ok(out.join("\n"))
    }
}

/// The type of what an event says was found.
fn kind_of(event: &Event) -> Option<&str> {
    matches!(event.act, Act::Change | Act::Drop { .. }).then_some(())?;
    event.rule.strip_prefix("privacy.")
}

/// A partition, a row and an id.
type Place = (usize, u32, String);

/// The first ones in the order of their hashes.
#[derive(Default)]
struct First(BTreeMap<(Digest, String), Place>);

impl First {
    fn put(&mut self, hash: Digest, place: Place, most: usize) {
        self.0.insert((hash, place.2.clone()), place);
        if self.0.len() > most {
            self.0.pop_last();
        }
    }
}

fn hash(kind: Option<&str>, id: &str) -> Digest {
    let bytes = serde_json::to_vec(&(kind, id)).unwrap_or_default();
    Digest::derive("tamis privacy sample 1", &bytes)
}

/// How many of each are taken, so that all are `n` and each has as many as the others, as far as it has so many; the first ones
/// have one more.
fn shares(of: &[usize], n: usize) -> Vec<usize> {
    let mut taken = vec![0; of.len()];
    let mut left = n;
    while left > 0 && taken.iter().zip(of).any(|(got, all)| got < all) {
        for (got, all) in taken.iter_mut().zip(of) {
            if *got < *all && left > 0 {
                *got += 1;
                left -= 1;
            }
        }
    }
    taken
}

/// The texts of a value.
fn texts_in<'v>(value: &'v Value, out: &mut Vec<&'v str>) {
    match value {
        Value::Text(text) => out.push(text),
        Value::List(all) => all.iter().for_each(|own| texts_in(own, out)),
        Value::Struct(all) => all.iter().for_each(|(_, own)| texts_in(own, out)),
        _ => {}
    }
}

/// The text with what was found of a type marked; what is far from all of it is left out as `…`. `None` if nothing is found.
fn marked(text: &str, kind: &str, finder: &Finder) -> Option<String> {
    let hits: Vec<_> = finder.find(text).into_iter().filter(|hit| finder.name(hit) == kind).collect();
    let mut at = 0;
    let mut out = String::new();
    for hit in &hits {
        between(text.get(at..hit.start)?, at > 0, true, &mut out);
        out.push(MARKS[0]);
        out.push_str(text.get(hit.start..hit.end)?);
        out.push(MARKS[1]);
        at = hit.end;
    }
    between(text.get(at..)?, true, false, &mut out);
    (!hits.is_empty()).then_some(out)
}

/// What stands between two hits, or before the first or behind the last, without what is far from them.
fn between(text: &str, after_hit: bool, before_hit: bool, out: &mut String) {
    let all = text.chars().count();
    let (first, last) = (if after_hit { AROUND } else { 0 }, if before_hit { AROUND } else { 0 });
    if all <= first + last {
        out.push_str(text);
        return;
    }
    out.extend(text.chars().take(first));
    out.push('…');
    out.extend(text.chars().skip(all - last));
}

/// The file of one person.
pub fn path(by: &str) -> String {
    format!("{FOLDER}/{by}.jsonl")
}

/// The lines of a file of answers; none where there is no file.
fn read(world: &World, path: &str) -> Result<Vec<Checked>, Failure> {
    let text = match world.read(path, FILE_MAX) {
        Ok(bytes) => String::from_utf8(bytes).map_err(|_| Failure::World(format!("{path} is not UTF-8")))?,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(Failure::World(format!("{path}: {e}"))),
    };
    let lines = text.lines().enumerate().filter(|line| !line.1.trim().is_empty());
    let one = |(n, line): (usize, &str)| {
        Checked::read(line).map_err(|e| Failure::World(format!("{path}:{}: this is no answer: {e}", n + 1)))
    };
    lines.map(one).collect()
}

/// What is answered already by anybody: samples and types. They are not drawn again.
pub fn answered(world: &World) -> Result<BTreeSet<(String, Option<String>)>, Failure> {
    let names = match world.exists(FOLDER) {
        true => world.names(FOLDER).map_err(|e| Failure::World(format!("{FOLDER}: {e}")))?,
        false => Vec::new(),
    };
    let mut out = BTreeSet::new();
    for name in names.iter().filter(|name| name.ends_with(".jsonl")) {
        out.extend(read(world, &format!("{FOLDER}/{name}"))?.into_iter().map(|line| (line.id, line.detector)));
    }
    Ok(out)
}

/// Writes answers to the file of a person; those about other samples and types stay. Gives the path.
pub fn write(world: &World, by: &str, all: Vec<Checked>) -> Result<String, Failure> {
    let path = path(by);
    locked(world, || {
        let key = |line: &Checked| (line.id.clone(), line.detector.clone());
        let mut lines: BTreeMap<_, Checked> = read(world, &path)?.into_iter().map(|l| (key(&l), l)).collect();
        lines.extend(all.into_iter().map(|line| (key(&line), line)));
        let text: String = lines.values().map(|line| line.line() + "\n").collect();
        world.replace(&path, text.as_bytes()).map_err(|e| Failure::World(format!("{path}: {e}")))
    })?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::checked::Verdict;
    use crate::stages::privacy::detectors::Confidence;

    #[test]
    fn each_type_has_its_part() {
        assert_eq!(shares(&[10, 10, 10], 7), [3, 2, 2]);
        assert_eq!(shares(&[1, 10, 3], 12), [1, 8, 3], "what one lacks goes to the others");
        assert_eq!(shares(&[2, 1], 10), [2, 1]);
        assert_eq!(shares(&[], 10), Vec::<usize>::new());
    }

    #[test]
    fn the_first_by_their_hashes_are_drawn_in_whatever_order_they_come() {
        let ids: Vec<String> = (0..200).map(|n| format!("s{n}")).collect();
        let drawn = |ids: &mut dyn Iterator<Item = &String>, kind: Option<&str>, most: usize| {
            let mut first = First::default();
            ids.for_each(|id| first.put(hash(kind, id), (0, 0, id.clone()), most));
            first.0.into_values().map(|place| place.2).collect::<Vec<_>>()
        };
        let ten = drawn(&mut ids.iter(), None, 10);
        assert_eq!(ten, drawn(&mut ids.iter().rev(), None, 10));
        assert_eq!(ten, drawn(&mut ids.iter(), None, 20)[..10], "more of them begin with the same");
        assert_ne!(ten, drawn(&mut ids.iter(), Some("email"), 10));
    }

    #[test]
    fn what_was_found_is_marked_and_what_is_far_is_left_out() {
        let mut finder = Finder::default();
        ["email", "phone"].iter().for_each(|kind| finder.detector(kind, Confidence::Likely));
        let text = "mail kim@example.com or 010-1234-5678";
        assert_eq!(marked(text, "email", &finder).unwrap(), "mail ⟦kim@example.com⟧ or 010-1234-5678");
        assert_eq!(marked("none", "email", &finder), None);
        let far = "가 ".repeat(500);
        let told = marked(&format!("{far}kim@example.com {far}"), "email", &finder).unwrap();
        assert!(told.starts_with("…가 ") && told.ends_with('…') && told.contains("⟦kim@example.com⟧"), "{told}");
        assert_eq!(told.chars().count(), 2 * AROUND + "kim@example.com".len() + 4);
    }

    #[test]
    fn answers_are_kept_a_line_each_and_the_later_one_counts() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::new(dir.path());
        let one =
            |id: &str, verdict| Checked { id: id.into(), detector: None, verdict, by: "kim".into(), seen: "0a".into() };
        write(&world, "kim", vec![one("b", Verdict::Right), one("a", Verdict::Right)]).unwrap();
        let path = write(&world, "kim", vec![one("b", Verdict::Leak)]).unwrap();
        let text = std::fs::read_to_string(dir.path().join(&path)).unwrap();
        assert_eq!(text, format!("{}\n{}\n", one("a", Verdict::Right).line(), one("b", Verdict::Leak).line()));
        assert_eq!(answered(&world).unwrap(), [("a".into(), None), ("b".into(), None)].into());
        world.replace(&path, b"{}\n").unwrap();
        assert!(write(&world, "kim", Vec::new()).unwrap_err().words().unwrap().contains("kim.jsonl:1"));
    }
}
