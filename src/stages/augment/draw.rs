//! `augment.NAME/draw`: which children samples have, decided over all of them.
//!
//! Reads the id, the split, the text, its labels and tokens, and who was born of others. Writes the inner column `drawn.NAME`: the
//! children of a sample as JSON. What is drawn depends on seed, id and copy, and on the mentions of the split alone; one more
//! sample changes few children.
//!
//! Facts: `wanted` (children that were tried), `unchanged` (nothing was drawn for them), `lost` (some label would have lost its place),
//! `repeated` (equal to a sample of the split, or to a child), `leaks` (equal to a sample of another split), `capped` (more than
//! `max_share` allows); none of these is made. Findings about the whole: `augment.leak`, `augment.lost`, `augment.capped`.
use super::declaration::{Augment, LEARNED_OF, checked};
use crate::digest::{Digest, Draws};
use crate::measure::augment::{
    Doc, Entry as Word, Made, Mix, ONE, Op, Other, Others, Picture, Pool, Shared, Ways, made, units,
};
use crate::model::boxes::Box2;
use crate::model::images::Image;
use crate::model::spans::Span;
use crate::model::synthetic::BY;
use crate::model::tokens::Token;
use crate::model::votes::classes_of;
use crate::stage::*;
use crate::table::{Value, array_of, utf8, value_at};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Mutex;

pub const ENTRY: Entry = Entry::row::<Draw>("augment/draw", "augment.*", declare);

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(a) = checked(check) else { return Vec::new() };
    let map = Map {
        text: a.text.clone(),
        label: a.label.clone(),
        spans: a.spans.clone(),
        tokens: a.tokens.clone(),
        born: check.column("samples", BY).is_some(),
        pictures: a.ways.is_some(),
        mixes: a.mix.is_some(),
    };
    let d = &a.declared;
    let gather = Gather {
        name: a.name.clone(),
        seed: d.seed,
        copies: d.copies.unwrap_or(1),
        by_class: d.by_class.iter().map(|(class, n)| (class.clone(), *n.get())).collect(),
        classes: d.classes.iter().flatten().map(|c| c.get().clone()).collect(),
        max_share: a.max_share(),
        main: a.main,
        ops: a.ops.clone(),
        lists: a.lists.clone(),
        ways: a.ways.clone(),
        mix: a.mix.clone(),
    };
    let apply = Apply { column: a.drawn() };
    let ports = Ports {
        table: "samples".into(),
        reads: reads(&a, map.born),
        writes: vec![(a.drawn(), Column::new(utf8()).inner())],
        ..Ports::default()
    };
    vec![Plan::row::<Draw>(ports, &map, &gather, &apply).word("draw")]
}

fn reads(a: &Augment, born: bool) -> Vec<String> {
    let of = match a.ways {
        Some(_) if a.mix.is_some() => names(&["width", "height", "image"]),
        Some(_) => names(&["width", "height"]),
        None => [vec![a.text.clone()], a.spans.clone()].concat(),
    };
    let mut reads = [names(&["id", "split"]), vec![a.label.clone()], of].concat();
    reads.extend(a.tokens.iter().cloned().chain(born.then(|| BY.to_string())));
    reads.sort();
    reads.dedup();
    reads
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    text: String,
    /// The label whose classes count.
    #[serde(default, skip_serializing_if = "is_default")]
    label: String,
    /// The labels that lie on the text.
    #[serde(default, skip_serializing_if = "is_default")]
    spans: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Option<String>,
    /// Some samples may be children, which have none themselves.
    #[serde(default, skip_serializing_if = "is_default")]
    born: bool,
    /// Pictures are changed, not texts.
    #[serde(default, skip_serializing_if = "is_default")]
    pictures: bool,
    /// Pictures are put together: their bytes and boxes count.
    #[serde(default, skip_serializing_if = "is_default")]
    mixes: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    name: String,
    #[serde(default, skip_serializing_if = "is_default")]
    seed: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    copies: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    by_class: BTreeMap<String, u32>,
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    max_share: u64,
    /// Which of the labels on the text is the one that counts, if it is one of them.
    #[serde(default, skip_serializing_if = "is_default")]
    main: Option<usize>,
    #[serde(default, skip_serializing_if = "is_default")]
    ops: Vec<Op>,
    #[serde(default, skip_serializing_if = "is_default")]
    lists: BTreeMap<String, Vec<String>>,
    #[serde(default, skip_serializing_if = "is_default")]
    ways: Option<Ways>,
    #[serde(default, skip_serializing_if = "is_default")]
    mix: Option<Mix>,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    column: String,
}

/// Spans as (start, end, class).
pub type Spans = Vec<(u32, u32, String)>;

/// A sample that may have children.
#[derive(Serialize, Deserialize, Default)]
struct Parent {
    id: String,
    #[serde(default, skip_serializing_if = "is_default")]
    text: String,
    /// Width and height of its picture.
    #[serde(default, skip_serializing_if = "is_default")]
    size: Option<[u32; 2]>,
    /// The digest of its picture, and the boxes on it: (class, left, top, right, bottom).
    #[serde(default, skip_serializing_if = "is_default")]
    blob: String,
    #[serde(default, skip_serializing_if = "is_default")]
    boxes: Vec<(String, [f64; 4])>,
    /// Of each label on the text its spans; nothing where there is no label.
    #[serde(default, skip_serializing_if = "is_default")]
    spans: Vec<Option<Spans>>,
    #[serde(default, skip_serializing_if = "is_default")]
    tokens: Option<Vec<(u32, u32)>>,
    /// The classes of the label that counts; nothing where there is no label.
    #[serde(default, skip_serializing_if = "is_default")]
    classes: Option<Vec<String>>,
}

/// A child as it is drawn.
#[derive(Serialize, Deserialize, Default, Debug)]
pub struct Child {
    /// Which of its parent's children it is, from 1.
    pub k: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub text: String,
    /// What becomes of the picture.
    #[serde(default, skip_serializing_if = "is_default")]
    pub picture: Option<Picture>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub spans: Vec<Option<Spans>>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub tokens: Option<Vec<(u32, u32)>>,
    /// How the text came of its parent's: (start, end, length).
    #[serde(default, skip_serializing_if = "is_default")]
    pub edits: Vec<(u32, u32, u32)>,
    /// Other samples that gave something.
    #[serde(default, skip_serializing_if = "is_default")]
    pub parents: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub how: BTreeMap<String, serde_json::Value>,
    /// Labels of tasks that do not lie on the text say nothing of it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fresh: bool,
    /// Its own class, where that is not its parent's.
    #[serde(default, skip_serializing_if = "is_default")]
    pub class: Option<String>,
}

/// The keys of a summary: samples of the split, and digests of the texts of all others.
const OWN: &[u8] = b"";
const OTHERS: &[u8] = b"o";

struct Draw;

impl RowStage for Draw {
    const MAP: u32 = 1;
    const USES: &'static [&'static str] = crate::measure::words::USES;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        if p.pictures {
            return p.pictures(rows, summary);
        }
        let (ids, texts, splits) = (rows.texts("id")?, rows.texts(&p.text)?, rows.texts("split")?);
        let born = if p.born { rows.texts(BY)? } else { Vec::new() };
        let tokens: Vec<Option<Vec<Token>>> = match &p.tokens {
            Some(name) => rows.cells(name)?,
            None => Vec::new(),
        };
        let labels = rows.column(&p.label)?;
        let spans: Vec<Vec<Option<Vec<Span>>>> = p.spans.iter().map(|s| rows.cells(s)).collect::<Result<_, Fault>>()?;
        for (row, text) in texts.into_iter().enumerate() {
            let Some(text) = text else { continue };
            if born.get(row).is_some_and(Option::is_some) {
                continue;
            }
            if splits.get(row).and_then(Option::as_deref) != Some(LEARNED_OF) {
                summary.put(OTHERS, row, Digest::of(text.as_bytes()).0);
                continue;
            }
            let plain = |of: &Vec<Span>| of.iter().map(|s| (s.start, s.end, s.class.clone())).collect();
            let label = value_at(labels.as_ref(), row);
            let parent = Parent {
                id: ids.get(row).cloned().flatten().unwrap_or_default(),
                text,
                spans: spans.iter().map(|s| s.get(row).and_then(|s| s.as_ref().map(plain))).collect(),
                tokens: tokens.get(row).and_then(|t| t.as_ref().map(|t| t.iter().map(|t| (t.start, t.end)).collect())),
                classes: (label != Value::Null).then(|| classes_of(&label)),
                ..Parent::default()
            };
            summary.put(OWN, row, serde_json::to_vec(&parent).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(Delta::default())
    }
}

impl Map {
    /// The samples of the split whose pictures have a size.
    fn pictures(&self, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let (ids, splits) = (rows.texts("id")?, rows.texts("split")?);
        let born = if self.born { rows.texts(BY)? } else { Vec::new() };
        let (widths, heights): (Vec<Option<u32>>, Vec<Option<u32>>) = (rows.cells("width")?, rows.cells("height")?);
        let labels = rows.column(&self.label)?;
        let images: Vec<Option<Image>> = if self.mixes { rows.cells("image")? } else { Vec::new() };
        let boxes: Vec<Option<Vec<Box2>>> = if self.mixes { rows.cells(&self.label)? } else { Vec::new() };
        for (row, size) in widths.into_iter().zip(heights).enumerate() {
            let (Some(width), Some(height)) = size else { continue };
            let learned = splits.get(row).and_then(Option::as_deref) == Some(LEARNED_OF);
            if !learned || born.get(row).is_some_and(Option::is_some) {
                continue;
            }
            let label = value_at(labels.as_ref(), row);
            let parent = Parent {
                id: ids.get(row).cloned().flatten().unwrap_or_default(),
                size: Some([width, height]),
                blob: images.get(row).and_then(Option::as_ref).map_or(String::new(), |image| image.blob.hex()),
                boxes: boxes.get(row).and_then(Option::as_ref).into_iter().flatten().filter_map(plain_box).collect(),
                classes: (label != Value::Null).then(|| classes_of(&label)),
                ..Parent::default()
            };
            summary.put(OWN, row, serde_json::to_vec(&parent).map_err(|e| Fault::Bug(e.to_string()))?);
        }
        Ok(Delta::default())
    }
}

/// A box that encloses something, without what else is said of it.
fn plain_box(b: &Box2) -> Option<(String, [f64; 4])> {
    b.has_area().then(|| (b.class.clone(), [b.x1, b.y1, b.x2, b.y2]))
}

impl Parent {
    /// Itself as others take from it.
    fn other(&self) -> Option<Other> {
        let (id, blob, boxes) = (self.id.clone(), self.blob.clone(), self.boxes.clone());
        Some(Other { id, blob, size: self.size?, boxes }).filter(|o| !o.blob.is_empty() && self.classes.is_some())
    }

    fn doc(&self) -> Doc {
        let span = |(start, end, class): &(u32, u32, String)| Span { start: *start, end: *end, class: class.clone() };
        let spans = self.spans.iter().map(|of| of.iter().flatten().map(span).collect()).collect();
        let token = |(start, end): &(u32, u32)| Token { start: *start, end: *end };
        let tokens = self.tokens.as_ref().map(|of| of.iter().map(token).collect());
        Doc { text: self.text.chars().collect(), spans, tokens }
    }
}

/// What became of a wish for a child.
enum Fate {
    Made(Box<Made>),
    Drawn(Box<Picture>),
    Unchanged,
    Lost,
}

/// A child that may live: whose it is, which, and its number in the draw for a place.
struct Candidate {
    parent: usize,
    k: u32,
    rank: u64,
    /// Equal children have equal ones.
    what: Digest,
    child: Child,
}

/// What is told of those that are not made.
#[derive(Default)]
struct Told {
    wanted: u64,
    unchanged: u64,
    lost: u64,
    repeated: u64,
    leaks: u64,
    capped: u64,
}

impl Draw {
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let (mut parents, mut spots, mut others) = (Vec::new(), Vec::new(), HashSet::new());
        for hit in hits.iter() {
            if hit.key.as_ref() == OTHERS {
                others.extend(Digest::from_slice(&hit.value));
                continue;
            }
            let parent: Parent = serde_json::from_slice(&hit.value).map_err(|e| Fault::Bug(e.to_string()))?;
            parents.push(parent);
            spots.push(hit.at);
        }
        context.tools.go_on()?;
        let shared = p.shared(&parents);
        let mut told = Told::default();
        let candidates = p.candidates(&parents, &shared, context, &mut told)?;
        let kept = p.kept(&parents, candidates, &others, &mut told);
        told.tell(p, out);
        for (parent, children) in kept {
            if let Some(spot) = spots.get(parent) {
                out.put_json(*spot, &children)?;
            }
        }
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let text = |row: u32| slice.rows.get(&row).map(|b| String::from_utf8_lossy(b).into_owned());
        let mut delta = Delta::default();
        delta.write(p.column.clone(), array_of((0..rows.len() as u32).map(text)));
        Ok(delta)
    }
}

/// What is drawn for a picture, with what is put into it; nothing where it would stay as it is.
fn picture(
    ways: &Ways,
    mix: Option<&(&Mix, Others)>,
    (id, size): (&str, [u32; 2]),
    (drawn, others): (crate::digest::Stream, crate::digest::Stream),
) -> Option<Picture> {
    let own = ways.drawn(size, drawn);
    let Some((mix, all)) = mix else { return own };
    let changed = own.is_some();
    let mut picture = own.unwrap_or_else(|| Ways::still(size));
    (mix.drawn(id, &mut picture, all, others) || changed).then_some(picture)
}

impl Gather {
    /// The mentions and words of the split, and those of the lists.
    fn shared(&self, parents: &[Parent]) -> Shared {
        let Some(main) = self.main else {
            return Shared { words: self.words(parents, usize::MAX), ..Shared::default() };
        };
        let mention = |p: &Parent| {
            let chars: Vec<char> = p.text.chars().collect();
            let of = p.spans.get(main).cloned().flatten().unwrap_or_default();
            let entry = move |(start, end, class): (u32, u32, String)| {
                let text: String = chars.get(start as usize..end as usize)?.iter().collect();
                Some((class, Word { text, owner: String::new() }))
            };
            let owner = p.id.clone();
            of.into_iter()
                .filter_map(entry)
                .map(move |(c, e)| (c, Word { owner: owner.clone(), ..e }))
                .collect::<Vec<_>>()
        };
        let listed = self.lists.iter().flat_map(|(class, of)| {
            of.iter().map(|text| (class.clone(), Word { text: text.clone(), owner: String::new() }))
        });
        let takes = self.ops.iter().any(|op| matches!(op, Op::ReplaceMentions { .. } | Op::Templates(_)));
        let mentions = match takes {
            true => Pool::distinct(self.seed, "augment mentions", parents.iter().flat_map(mention).chain(listed)),
            false => Pool::default(),
        };
        Shared { mentions, words: self.words(parents, main) }
    }

    fn words(&self, parents: &[Parent], main: usize) -> Pool {
        if !self.ops.iter().any(|op| matches!(op, Op::ReplaceTokens { .. })) {
            return Pool::default();
        }
        let word = |p: &Parent| {
            let doc = p.doc();
            let of = units(&doc, main).into_iter().filter(|u| u.tag != "+O").enumerate();
            let entry = |(at, u): (usize, crate::measure::augment::Unit)| {
                let text = doc.string(u.start, u.end);
                let word = text.chars().any(char::is_alphanumeric);
                word.then(|| (u.tag, at, Word { text, owner: p.id.clone() }))
            };
            of.filter_map(entry).collect::<Vec<_>>()
        };
        Pool::frequent(self.seed, "augment words", parents.iter().filter(|p| p.classes.is_some()).flat_map(word))
    }

    /// How many children a sample is to have.
    fn copies(&self, parent: &Parent) -> u32 {
        let Some(classes) = &parent.classes else { return 0 };
        if !self.classes.is_empty() && !classes.iter().any(|c| self.classes.contains(c)) {
            return 0;
        }
        classes.iter().filter_map(|c| self.by_class.get(c)).copied().max().unwrap_or(self.copies)
    }

    /// Every child that is wished for, made.
    fn candidates(
        &self,
        parents: &[Parent],
        shared: &Shared,
        context: &Context,
        told: &mut Told,
    ) -> Result<Vec<Candidate>, Fault> {
        const AT_ONCE: usize = 256;
        let done: Mutex<BTreeMap<usize, Vec<(u32, Fate)>>> = Mutex::new(BTreeMap::new());
        let draws: BTreeMap<&str, Draws> =
            self.ops.iter().map(|op| (op.name(), Draws::new(self.seed, &format!("augment {}", op.name())))).collect();
        let [none, mixed] = ["augment", "augment mix"].map(|purpose| Draws::new(self.seed, purpose));
        let all: Vec<Other> = parents.iter().filter_map(|p| p.other().filter(|_| self.mix.is_some())).collect();
        let mix = self.mix.as_ref().map(|mix| (mix, Others::of(self.seed, &all, mix)));
        let fate = |parent: &Parent, doc: &Doc, k: u32| {
            let draw = |op: &str| draws.get(op).unwrap_or(&none).stream(&format!("{}#{}.{k}", parent.id, self.name));
            if let Some(ways) = &self.ways {
                let (drawn, others) = (draw("picture"), mixed.stream(&format!("{}#{}.{k}", parent.id, self.name)));
                let of = |size| picture(ways, mix.as_ref(), (&parent.id, size), (drawn, others));
                return parent.size.and_then(of).map_or(Fate::Unchanged, |picture| Fate::Drawn(Box::new(picture)));
            }
            match made(doc, self.main.unwrap_or(usize::MAX), &self.ops, shared, &draw) {
                None => Fate::Lost,
                Some(made) if made.how.is_empty() => Fate::Unchanged,
                Some(made) => Fate::Made(Box::new(made)),
            }
        };
        context.tools.each(parents.len().div_ceil(AT_ONCE), &|n| {
            if context.tools.go_on().is_err() {
                return;
            }
            let mut own = BTreeMap::new();
            for (at, parent) in parents.iter().enumerate().skip(n * AT_ONCE).take(AT_ONCE) {
                let doc = parent.doc();
                let child = |k: u32| (k, fate(parent, &doc, k));
                own.insert(at, (1..=self.copies(parent)).map(child).collect());
            }
            done.lock().unwrap_or_else(|e| e.into_inner()).extend(own);
        });
        context.tools.go_on()?;
        Ok(self.wishes(parents, done.into_inner().unwrap_or_else(|e| e.into_inner()), told))
    }

    /// Those of all fates that are children, with their number in the draw for a place.
    fn wishes(&self, parents: &[Parent], fates: BTreeMap<usize, Vec<(u32, Fate)>>, told: &mut Told) -> Vec<Candidate> {
        let ranks = Draws::new(self.seed, "augment places");
        let mut out = Vec::new();
        for (parent, children) in fates {
            let Some(of) = parents.get(parent) else { continue };
            for (k, fate) in children {
                told.wanted += 1;
                let place = format!("{}#{k}", of.id);
                let (child, what) = match fate {
                    Fate::Lost => {
                        told.lost += 1;
                        continue;
                    }
                    Fate::Unchanged => {
                        told.unchanged += 1;
                        continue;
                    }
                    Fate::Drawn(picture) => {
                        let parents = picture.layers.iter().map(|l| l.id.clone()).collect::<BTreeSet<_>>();
                        let (picture, parents) = (Some(*picture), parents.into_iter().collect());
                        (Child { k, picture, parents, ..Child::default() }, place.clone())
                    }
                    Fate::Made(made) => {
                        let labelled = |at: usize| of.spans.get(at).is_some_and(Option::is_some);
                        let child = self.child(k, *made, &labelled);
                        let text = child.text.clone();
                        (child, text)
                    }
                };
                let (what, rank) = (Digest::of(what.as_bytes()), ranks.of(&place));
                out.push(Candidate { parent, k, rank, what, child });
            }
        }
        out
    }

    /// Those that live, by parent: none that repeats another or is of another split, and no more than may be.
    fn kept(
        &self,
        parents: &[Parent],
        mut all: Vec<Candidate>,
        others: &HashSet<Digest>,
        told: &mut Told,
    ) -> BTreeMap<usize, Vec<Child>> {
        all.sort_by_key(|c| (c.rank, c.parent, c.k));
        let plain = self.ops.contains(&Op::Plain);
        let mut met: HashSet<Digest> = parents.iter().map(|p| Digest::of(p.text.as_bytes())).collect();
        all.retain(|c| {
            let leaks = others.contains(&c.what);
            let repeats = !leaks && !plain && !met.insert(c.what);
            told.leaks += u64::from(leaks);
            told.repeated += u64::from(repeats);
            !leaks && !repeats
        });
        // n children beside s samples: n / (n + s) is at most the share
        let most = u128::from(self.max_share) * parents.len() as u128 / u128::from((ONE - self.max_share).max(1));
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        told.capped = all.len().saturating_sub(most) as u64;
        all.truncate(most);
        let mut out: BTreeMap<usize, Vec<Child>> = BTreeMap::new();
        for c in all {
            out.entry(c.parent).or_default().push(c.child);
        }
        out.values_mut().for_each(|children| children.sort_by_key(|c| c.k));
        out
    }

    fn child(&self, k: u32, made: Made, labelled: &dyn Fn(usize) -> bool) -> Child {
        let Made { doc, edits, parents, how, fresh } = made;
        let keeps = |at: usize| labelled(at) && (!fresh || self.main == Some(at));
        let spans = doc
            .spans
            .into_iter()
            .enumerate()
            .map(|(at, of)| keeps(at).then(|| of.into_iter().map(|s| (s.start, s.end, s.class)).collect()));
        Child {
            k,
            spans: spans.collect(),
            text: doc.text.into_iter().collect(),
            picture: None,
            tokens: doc.tokens.map(|of| of.iter().map(|t| (t.start, t.end)).collect()),
            edits: edits.iter().map(|e| (e.start, e.end, e.len)).collect(),
            parents: parents.into_iter().collect::<BTreeSet<_>>().into_iter().collect(),
            how: how.into_iter().map(|(name, n)| (name.to_string(), n.into())).collect(),
            class: None,
            fresh,
        }
    }
}

impl Told {
    fn tell(&self, p: &Gather, out: &mut Verdicts) {
        let all = [
            ("wanted", self.wanted),
            ("unchanged", self.unchanged),
            ("lost", self.lost),
            ("repeated", self.repeated),
            ("leaks", self.leaks),
            ("capped", self.capped),
        ];
        all.into_iter().for_each(|(name, n)| out.fact(name, n));
        let key = format!("augment.{}", p.name);
        let mut remark = |n: u64, key: String, rule: &str, say: &str| {
            if n > 0 {
                out.remark(key, rule, format!("{n} {say}"));
            }
        };
        remark(
            self.leaks,
            key.clone(),
            "augment.leak",
            "children would be equal to samples of another split; they are not made",
        );
        remark(self.lost, key.clone(), "augment.lost", "children are not made, since a label would lose its place");
        let say = "children are more than `max_share` allows; they are not made";
        remark(self.capped, format!("{key}.max_share"), "augment.capped", say);
    }
}
