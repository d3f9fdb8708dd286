//! `[clean.near_duplicates]` of pictures: samples whose picture looks nearly like that of a sample which stays.
//!
//! ```toml
//! [clean]
//! near_duplicates = { on = ["image"], threshold = 0.9, action = "drop", keep = "longest" }
//! ```
//!
//! Reads the picture as it is then. Two pictures are near duplicates if the luma of one correlates with that of a part of the other
//! by at least the threshold, in one of the eight orientations, and their mean colours are alike ([`crate::measure::pictures`]).
//! Candidates are found by hashes, of which no pair is taken alone. So pictures that were encoded anew, made larger or smaller, brighter
//! or darker, mirrored or turned are found, and those of which up to a fifth was cut off (`crops`). The samples are gone through in the order of
//! `prefer` and `keep` as those of texts are. Drops samples in favour of the one that they are most like (`duplicate.near`);
//! finding: the rules of decoding, for pictures that cannot be read, which stay. Facts: `duplicates`, `clusters`, `largest`,
//! `compared`, `flat` (pictures as good as of one colour, which are compared with nothing), `unread`, `crowded` (pictures with
//! more candidates than are compared). Each picture is remembered by itself; a changed threshold decodes nothing.
//!
//! Limits: two parts of one picture that is not there itself are not found; pages of one form look alike whatever stands on them;
//! a grey copy of a picture in strong colours is none.
use super::collected::{self, Collected};
use super::near_duplicates::{
    Action, Apply, CLUSTER, Classes, Declaration, Stays, decide, fraction, meant, sources_known,
};
use crate::diag::Diagnostic;
use crate::formats::image::{PIXELS_MAX, room};
use crate::formats::small::{self, Looks, looks};
use crate::manifest::Decimal;
use crate::measure::pictures::{Hashes, SIDE, Small, hash, likeness, near, small::WHOLE, windows};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{array_of, utf8};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Mutex;

pub const ENTRY: Entry = Entry::row::<Stage>("clean/near_pictures", "clean.near_duplicates", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let Some(image) = meant(check, &d) else { return Vec::new() };
    for other in d.on.iter().flatten().filter(|name| *name.get() != image) {
        let problem = Diagnostic::error("T0710", other.span(), "pictures and texts are not compared as one");
        check.bad(
            problem
                .label(format!("stands beside the picture `{image}`"))
                .help("name the picture alone, or texts alone"),
        );
    }
    let keys = [
        ("unit", d.unit.is_some()),
        ("n", d.n.is_some()),
        ("against", !d.against.is_empty()),
        ("against_on", d.against_on.is_some()),
        ("passage", d.passage.is_some()),
    ];
    for (key, _) in keys.into_iter().filter(|(_, there)| *there) {
        let span = check.manifest.span_of(&format!("clean.near_duplicates.{key}")).unwrap_or(check.span.clone());
        let problem = Diagnostic::error("T0711", span, format!("`{key}` is about texts, and a picture is compared"));
        check.bad(problem.label("a setting without effect").help("take it out"));
    }
    sources_known(check, &d);
    let clusters = d.action != Action::Drop;
    let collected = if clusters { Vec::new() } else { collected::columns(check) };
    let own: BTreeSet<String> = collected.iter().map(|c| c.column.clone()).collect();
    let column = (CLUSTER.to_string(), Column::new(utf8()).inner());
    let ports = Ports {
        table: "samples".into(),
        reads: [names(&["id", "source"]), vec![image.clone()], own.into_iter().collect()].concat(),
        writes: if clusters { vec![column] } else { Vec::new() },
        drops: d.action != Action::Report,
        ..Ports::default()
    };
    let before: Before = check.section(&["preprocess"]);
    let pixels_max = before.image_pixels_max.filter(|n| *n != PIXELS_MAX);
    let gather = Gather {
        threshold: d.threshold.to_string(),
        keep: d.keep,
        prefer: d.prefer.iter().map(|source| source.get().clone()).collect(),
        clusters,
        whole: d.crops.as_ref().is_some_and(|crops| !crops.get()),
        tasks: collected::tasks(&collected),
    };
    let map = Map { on: image, clusters, pixels_max, collected };
    vec![Plan::row::<Stage>(ports, &map, &gather, &Apply { action: d.action })]
}

/// The key of `[preprocess]` that counts here, too.
#[derive(Deserialize, Default)]
struct Before {
    image_pixels_max: Option<u64>,
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    on: String,
    #[serde(default, skip_serializing_if = "is_default")]
    clusters: bool,
    /// `None` is [`PIXELS_MAX`].
    #[serde(default, skip_serializing_if = "is_default")]
    pixels_max: Option<u64>,
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
    #[serde(default, skip_serializing_if = "is_default")]
    clusters: bool,
    /// Parts are not looked for.
    #[serde(default, skip_serializing_if = "is_default")]
    whole: bool,
    /// The tasks whose classes are compared.
    #[serde(default, skip_serializing_if = "is_default")]
    tasks: Vec<String>,
}

struct Stage;

impl RowStage for Stage {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = small::USES;
    const MAP: u32 = 2; // the classes of samples that go
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((2, super::near_duplicates::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// One entry a picture, all under one key: they are merged in the order of the data.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let (ids, sources) = (rows.texts("id")?, rows.texts("source")?);
        let images = rows.cells::<Image>(&p.on)?;
        let mut classes = collected::of_rows(&p.collected, rows)?;
        for (row, (image, (id, source))) in images.into_iter().zip(ids.into_iter().zip(sources)).enumerate() {
            let Some(image) = image else { continue };
            match seen(&image, p.pixels_max.unwrap_or(PIXELS_MAX), rows)? {
                Ok(looks) => {
                    let classes = classes.get_mut(row).map(std::mem::take).unwrap_or_default();
                    let signature = Signature::of([id.unwrap_or_default(), source.unwrap_or_default(), classes], looks);
                    summary.put([], row, signature.written());
                }
                Err((rule, say)) => {
                    summary.put("unread", row, []);
                    delta.event(row, Act::Finding, "clean.near_duplicates", rule, say);
                }
            }
        }
        if p.clusters {
            delta.write(CLUSTER, array_of(vec![None::<String>; rows.len()]));
        }
        Ok(delta)
    }
}

/// What a picture looks like, or the rule that it breaks and the words. It is decoded when there is room for it.
fn seen(image: &Image, pixels_max: u64, rows: &Rows) -> Result<Result<Looks, (&'static str, String)>, Fault> {
    /// How often the pixels may be in hand: as stored, and in 8 bits on white.
    const TIMES: u64 = 2;
    let file = u64::try_from(image.bytes).unwrap_or(0);
    let mut need = Err(Fault::Bug("an image was not read".into()));
    rows.tools().with_room(file, &mut || need = rows.blob(image.blob).map(|bytes| room(&bytes, pixels_max)));
    let mut found = Err(Fault::Bug("an image was not read".into()));
    rows.tools().with_room(need?.saturating_mul(TIMES).saturating_add(file), &mut || {
        let read = |bytes: Vec<u8>| looks(&bytes, pixels_max).map_err(|wrong| (wrong.rule, wrong.say.to_string()));
        found = rows.blob(image.blob).map(read);
    });
    found
}

/// What the gather is given of a sample.
struct Signature {
    id: String,
    source: String,
    classes: String,
    /// How many pixels the picture has.
    pixels: u64,
    colour: [u8; 3],
    hashes: Hashes,
    small: Small,
}

impl Signature {
    fn of([id, source, classes]: [String; 3], looks: Looks) -> Signature {
        let Looks { width, height, small, colour } = looks;
        let hashes = Hashes::of(&small);
        Signature { id, source, classes, pixels: u64::from(width) * u64::from(height), colour, hashes, small }
    }

    fn written(&self) -> Vec<u8> {
        let length = |text: &str| (text.len() as u32).to_le_bytes();
        let hashes: Vec<u8> = self.hashes.0.iter().flat_map(|hash| hash.to_le_bytes()).collect();
        let texts = [&self.id, &self.source, &self.classes];
        let texts = texts.map(|text| [&length(text)[..], text.as_bytes()].concat()).concat();
        [texts, self.pixels.to_le_bytes().into(), self.colour.into(), hashes, self.small.0.clone()].concat()
    }

    fn read(bytes: &[u8]) -> Option<Signature> {
        fn text(bytes: &[u8]) -> Option<(String, &[u8])> {
            let (length, rest) = bytes.split_first_chunk::<4>()?;
            let (text, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
            Some((std::str::from_utf8(text).ok()?.to_string(), rest))
        }
        let (id, rest) = text(bytes)?;
        let (source, rest) = text(rest)?;
        let (classes, rest) = text(rest)?;
        let (pixels, rest) = rest.split_first_chunk::<8>()?;
        let (colour, rest) = rest.split_first_chunk::<3>()?;
        let (hashes, small) = rest.split_at_checked(windows().len() * 8)?;
        let hashes = hashes.chunks_exact(8).filter_map(|h| Some(u64::from_le_bytes(h.try_into().ok()?))).collect();
        let small = (small.len() == SIDE * SIDE).then(|| Small(small.to_vec()))?;
        let (pixels, hashes) = (u64::from_le_bytes(*pixels), Hashes(hashes));
        Some(Signature { id, source, classes, pixels, colour: *colour, hashes, small })
    }
}

/// The signatures, in the order of the data.
fn signatures<'h>(hits: &'h Hits) -> impl Iterator<Item = Result<(Spot, Signature), Fault>> + 'h {
    let wrong = || Fault::Bug("what a picture looks like does not read back".into());
    hits.iter()
        .filter(|hit| hit.key.is_empty())
        .map(move |hit| Ok((hit.at, Signature::read(&hit.value).ok_or_else(wrong)?)))
}

/// What is held of every picture: its hashes, and which others look exactly the same.
#[derive(Default)]
struct Held {
    /// The hashes of pictures that differ, each once.
    hashes: Vec<Hashes>,
    /// Of each hash the first id, so that what is left out in a crowd does not depend on the order of the data.
    ids: Vec<String>,
    /// For each picture which of the hashes are its own; none for one without contrast.
    of: Vec<Option<u32>>,
}

impl Held {
    fn read(hits: &Hits, context: &Context) -> Result<Held, Fault> {
        let (mut held, mut known) = (Held::default(), HashMap::new());
        for (n, signature) in signatures(hits).enumerate() {
            if n.is_multiple_of(1024) {
                context.tools.go_on()?;
            }
            let Signature { id, small, hashes, colour, .. } = signature?.1;
            if small.is_flat() {
                held.of.push(None);
                continue;
            }
            let own = crate::digest::Digest::of(&[&small.0[..], &colour[..]].concat());
            let at = *known.entry(own).or_insert_with(|| {
                held.hashes.push(hashes);
                held.ids.push(id.clone());
                held.ids.len() as u32 - 1
            });
            held.ids
                .get_mut(at as usize)
                .filter(|first| **first > id)
                .into_iter()
                .for_each(|first| *first = id.clone());
            held.of.push(Some(at));
        }
        Ok(held)
    }
}

/// A picture of which a part may be another one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Candidate {
    of: u32,
    with: u32,
    window: u8,
    orientation: u8,
}

/// At most so many candidates of a picture are compared: those whose hashes differ least.
const CANDIDATES: usize = 256;

/// All candidates, ascending, and how many pictures have more than are compared.
fn candidates(held: &Held, whole: bool, context: &Context) -> (Vec<Candidate>, u64) {
    let index = near::Index::new(held.hashes.iter().map(Hashes::whole).collect());
    let found = Mutex::new((Vec::new(), 0));
    context.tools.each(held.hashes.len(), &|of| {
        let Some(hashes) = held.hashes.get(of) else { return };
        let mut best: BTreeMap<u32, (u32, u8, u8)> = BTreeMap::new();
        let looked = if whole { 1 } else { hashes.0.len() };
        for (window, own) in (0u8..).zip(hashes.0.iter().take(looked)) {
            let reach = if window == 0 { near::Reach::Eleven } else { near::Reach::Seven };
            for orientation in 0..hash::ORIENTATIONS {
                index.near(hash::oriented(*own, orientation), reach, |with, off| {
                    let found = (off, window, orientation);
                    if with as usize != of {
                        best.entry(with).and_modify(|held| *held = found.min(*held)).or_insert(found);
                    }
                });
            }
        }
        let mut best: Vec<_> = best.into_iter().collect();
        let crowded = best.len() > CANDIDATES;
        if crowded {
            best.sort_by_key(|(with, (off, ..))| (*off, held.ids.get(*with as usize)));
            best.truncate(CANDIDATES);
        }
        let of = of as u32;
        let made = best.into_iter().map(|(with, (_, window, orientation))| Candidate { of, with, window, orientation });
        if let Ok(mut found) = found.lock() {
            found.0.extend(made);
            found.1 += u64::from(crowded);
        }
    });
    let (mut found, crowded) = found.into_inner().unwrap_or_default();
    found.sort_unstable();
    (found, crowded)
}

/// The likeness of each pair that reaches the threshold, in millionths, by the numbers of both, the smaller first.
fn alike(
    candidates: &[Candidate],
    smalls: &HashMap<u32, (Small, [u8; 3])>,
    threshold: u64,
    context: &Context,
) -> BTreeMap<(u32, u32), u64> {
    let found = Mutex::new(BTreeMap::new());
    context.tools.each(candidates.len(), &|n| {
        let Some(c) = candidates.get(n) else { return };
        let (Some((of, own)), Some((with, other))) = (smalls.get(&c.of), smalls.get(&c.with)) else { return };
        if context.tools.go_on().is_err() || !same_colour(*own, *other) {
            return;
        }
        let window = windows().get(usize::from(c.window)).copied().unwrap_or(WHOLE);
        let with = with.grid(WHOLE);
        let likeness = match c.window {
            0 => {
                likeness::as_a_whole(of, c.orientation, &with).max(likeness::likeness(of, window, c.orientation, &with))
            }
            _ => likeness::likeness(of, window, c.orientation, &with),
        };
        if likeness >= threshold
            && let Ok(mut found) = found.lock()
        {
            let pair = found.entry((c.of.min(c.with), c.of.max(c.with))).or_insert(0);
            *pair = likeness.max(*pair);
        }
    });
    found.into_inner().unwrap_or_default()
}

/// Whether red, green and blue have about the same shares in two mean colours, however bright they are: a tenth of the whole
/// may differ.
fn same_colour(a: [u8; 3], b: [u8; 3]) -> bool {
    const OFF: u64 = 100;
    let sum = |colour: [u8; 3]| colour.iter().map(|v| u64::from(*v)).sum::<u64>().max(1);
    let (all, other) = (sum(a), sum(b));
    // what is nearly black has no colour
    let dark = all.min(other) < 48;
    dark || a.iter().zip(b).all(|(x, y)| (u64::from(*x) * 1000 / all).abs_diff(u64::from(y) * 1000 / other) <= OFF)
}

/// A sample that may have a near duplicate.
struct Member {
    at: Spot,
    id: String,
    rank: usize,
    pixels: u64,
    /// The number of its hashes.
    number: u32,
}

impl Stage {
    /// Goes over the pictures twice: the hashes of all are held, and the small pictures of those that may be alike.
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let decimal = Decimal::parse(&p.threshold).map_err(Fault::Bug)?;
        let threshold = fraction(&decimal).ok_or_else(|| Fault::Bug("the threshold is none".into()))?;
        let threshold = (threshold.num * likeness::ONE).div_ceil(threshold.den.max(1));
        let held = Held::read(hits, context)?;
        let (candidates, crowded) = candidates(&held, p.whole, context);
        let mut how_often: HashMap<u32, u64> = HashMap::new();
        held.of.iter().flatten().for_each(|number| *how_often.entry(*number).or_default() += 1);
        let mut wanted: std::collections::HashSet<u32> = candidates.iter().flat_map(|c| [c.of, c.with]).collect();
        wanted.extend(how_often.into_iter().filter(|(_, n)| *n > 1).map(|(number, _)| number));
        let (mut smalls, mut members) = (HashMap::new(), Vec::new());
        let mut own = Classes { tasks: p.tasks.clone(), of: BTreeMap::new() };
        for (number, signature) in held.of.iter().zip(signatures(hits)) {
            let Some(number) = number.filter(|number| wanted.contains(number)) else { continue };
            let (at, Signature { id, source, classes, pixels, small, colour, .. }) = signature?;
            own.of.insert(at, classes);
            let rank = p.prefer.iter().position(|name| *name == source).unwrap_or(p.prefer.len());
            members.push(Member { at, id, rank, pixels, number });
            smalls.entry(number).or_insert((small, colour));
        }
        let alike = alike(&candidates, &smalls, threshold, context);
        context.tools.go_on()?;
        prefer(p.keep, &mut members);
        let settled = settle(&members, &alike);
        let of: Vec<(Spot, String)> = members.iter().map(|m| (m.at, m.id.clone())).collect();
        let linked = if p.clusters { linked(&members, &alike) } else { Vec::new() };
        let compared = held.of.iter().flatten().count() as u64;
        decide(&of, &settled, &linked, &own, out)?;
        out.fact("compared", compared);
        out.fact("flat", held.of.len() as u64 - compared);
        out.fact("unread", hits.iter().filter(|hit| !hit.key.is_empty()).count() as u64);
        out.fact("crowded", crowded);
        if crowded > 0 {
            let say = format!(
                "{crowded} pictures look like more than {CANDIDATES} others, and were compared with the nearest alone"
            );
            out.remark("clean.near_duplicates", "duplicate.crowded", say);
        }
        Ok(())
    }
}

/// Sorts samples by which is to stay.
fn prefer(keep: Stays, members: &mut [Member]) {
    match keep {
        Stays::First => members.sort_by_key(|m| (m.rank, m.at)),
        Stays::Last => members.sort_by_key(|m| (m.rank, std::cmp::Reverse(m.at))),
        Stays::Longest => {
            members.sort_by(|a, b| (a.rank, b.pixels, &a.id).cmp(&(b.rank, a.pixels, &b.id)));
        }
    }
}

/// The numbers that are like each.
fn likes(alike: &BTreeMap<(u32, u32), u64>) -> HashMap<u32, Vec<(u32, u64)>> {
    let mut out: HashMap<u32, Vec<(u32, u64)>> = HashMap::new();
    for ((a, b), likeness) in alike {
        out.entry(*a).or_default().push((*b, *likeness));
        out.entry(*b).or_default().push((*a, *likeness));
    }
    out
}

/// Lets each sample stay, in the order of preference, that is not like one which stays already; of the others the place of
/// the one that they are most like, and the likeness in thousandths.
fn settle(members: &[Member], alike: &BTreeMap<(u32, u32), u64>) -> Vec<(usize, usize, u64)> {
    let likes = likes(alike);
    // the place of the one that stays, by number: of equal pictures only the first stays
    let mut kept: HashMap<u32, usize> = HashMap::new();
    let mut gone = Vec::new();
    for (place, member) in members.iter().enumerate() {
        let same = kept.get(&member.number).map(|held| (likeness::ONE, *held));
        let others = likes.get(&member.number).into_iter().flatten();
        let others = others.filter_map(|(number, likeness)| Some((*likeness, *kept.get(number)?)));
        let best = same.into_iter().chain(others).max_by_key(|(likeness, held)| (*likeness, std::cmp::Reverse(*held)));
        match best {
            Some((likeness, held)) => gone.push((place, held, likeness * 1000 / likeness::ONE)),
            None => {
                kept.insert(member.number, place);
            }
        }
    }
    gone
}

/// For each sample the first place among those that it hangs together with.
fn linked(members: &[Member], alike: &BTreeMap<(u32, u32), u64>) -> Vec<usize> {
    let mut joined = crate::measure::disjoint::Disjoint::new(members.len());
    let mut first: HashMap<u32, usize> = HashMap::new();
    for (place, member) in members.iter().enumerate() {
        let held = *first.entry(member.number).or_insert(place);
        joined.join(held, place);
    }
    for (a, b) in alike.keys() {
        if let (Some(a), Some(b)) = (first.get(a), first.get(b)) {
            joined.join(*a, *b);
        }
    }
    (0..members.len()).map(|place| joined.least(place)).collect()
}
