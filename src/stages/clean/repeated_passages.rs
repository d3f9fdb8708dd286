//! `[clean.repeated_passages]`: passages that stand in several samples, such as headers, notices and quotations.
//!
//! ```toml
//! [clean.repeated_passages]
//! characters = 100
//! action = "cut"
//! ```
//!
//! Reads the texts of `on` (default: all text fields of `[schema]`) as they stand there, spaces and case included. Every passage of
//! at least `characters` that stands in at least `samples` of them is found ([`crate::measure::passages`]). In the order of the data
//! each passage stays in the first sample that has it (`keep = "first"`), or in none (`keep = "none"`). With `action = "cut"` it is
//! taken out of the others and edit lists tell how, so that labelled spans move with the text, and are lost where they lay in it;
//! `drop` lets the others leave in favour of the first, `review` and `report` tell of them. Two steps:
//! `clean.repeated_passages/anchors` finds places that may lie in such a passage, `clean.repeated_passages` the passages.
//! Changes: `passage.cut`; dropped or told: `passage.repeated`; finding: `text.empty`, nothing is left of a text.
//! Facts: `repeated` (samples with a passage that does not stay), `characters` (of those passages), `passages` (that repeat, each counted
//! by its first `characters` alone). Limits: a passage that stands twice in one sample is no repetition.
use crate::diag::Diagnostic;
use crate::measure::passages::{Passage, anchors, around, stretches};
use crate::model::edits::{Edit, Editor, edits_of, since_collected};
use crate::stage::*;
use crate::table::{Cell, array_of, text_column, texts};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// Finds passages that stand in several samples.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// How many characters a passage has at least, spaces included.
    #[serde(default = "characters")]
    #[schemars(range(min = 8, max = 10000))]
    pub characters: u32,
    /// In how many samples it stands at least.
    #[serde(default = "samples")]
    #[schemars(range(min = 2))]
    pub samples: u32,
    /// What happens to a passage, or to the sample that has it.
    #[serde(default)]
    pub action: Action,
    /// Where a passage stays.
    #[serde(default)]
    pub keep: Stays,
    /// The texts that are compared. Default: all text fields of `[schema]`, or `text`.
    #[schemars(length(min = 1))]
    pub on: Option<Vec<crate::manifest::values::At<String>>>,
}

fn characters() -> u32 {
    100
}

fn samples() -> u32 {
    2
}

/// What happens to a passage that stands in several samples.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// It is taken out of the text; labelled spans move with what stays.
    #[default]
    Cut,
    /// The sample leaves the data set.
    Drop,
    /// The sample waits for a person's decision.
    Review,
    /// It stays, and is a finding.
    Report,
}

/// Where a passage stays.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Default)]
#[serde(rename_all = "snake_case")]
pub enum Stays {
    /// In the first sample that has it, in the order of the data.
    #[default]
    First,
    /// In none: what stands in several samples belongs to none of them.
    None,
}

pub const ANCHORS: Entry = Entry::row::<Anchors>("clean/passage_anchors", "clean.repeated_passages", declare_anchors)
    .schema(|g| g.subschema_for::<Declaration>());
pub const ENTRY: Entry = Entry::row::<Passages>("clean/repeated_passages", "clean.repeated_passages", declare);

const KEY: &str = "clean.repeated_passages";

/// The column with the places of a text at which a repeated passage may lie.
fn places_of(field: &str) -> String {
    format!("{KEY}.{field}")
}

fn declare_anchors(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let on = check.plain_texts(d.on.as_deref());
    if on.is_empty() && check.problems.is_empty() {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to compare");
        check.bad(problem.label("needs `on`, or a text field in [schema]"));
    }
    if on.is_empty() {
        return Vec::new();
    }
    let column = |field: &String| (places_of(field), Column::new(<Vec<u32>>::ty()).inner().harmless());
    let writes = on.iter().map(column).collect();
    let ports = Ports { table: "samples".into(), reads: on.clone(), writes, ..Ports::default() };
    let map = AnchorMap { on: on.clone(), n: d.characters };
    let plan = Plan::row::<Anchors>(ports, &map, &AnchorGather { samples: d.samples }, &AnchorApply { on });
    vec![plan.word("anchors")]
}

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    let before = check.problems.len();
    let on = check.plain_texts(d.on.as_deref());
    if on.is_empty() || check.problems.len() > before {
        return Vec::new();
    }
    let reads = std::iter::once("id".to_string()).chain(on.iter().flat_map(|f| [f.clone(), places_of(f)])).collect();
    let cuts = d.action == Action::Cut;
    let edits = on.iter().map(|f| edits_of(f)).filter(|e| check.column("samples", e).is_some());
    let apply_reads = if cuts { on.iter().cloned().chain(edits).collect() } else { Vec::new() };
    let writes = if cuts { check.changed_texts(&on) } else { Vec::new() };
    let drops = matches!(d.action, Action::Drop | Action::Review);
    let ports = Ports { table: "samples".into(), reads, apply_reads, writes, drops, ..Ports::default() };
    let map = Map { on: on.clone(), n: d.characters };
    let gather = Gather { n: d.characters, samples: d.samples, keep: d.keep, drops: d.action == Action::Drop };
    vec![Plan::row::<Passages>(ports, &map, &gather, &Apply { on, action: d.action })]
}

#[derive(Serialize, Deserialize, Default)]
struct AnchorMap {
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    n: u32,
}

#[derive(Serialize, Deserialize, Default)]
struct AnchorGather {
    #[serde(default, skip_serializing_if = "is_default")]
    samples: u32,
}

#[derive(Serialize, Deserialize, Default)]
struct AnchorApply {
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
}

/// A place: which text of a sample, and where in it.
fn place(field: usize, at: u32) -> [u8; 5] {
    let [a, b, c, d] = at.to_le_bytes();
    [field as u8, a, b, c, d]
}

fn placed(bytes: &[u8]) -> Option<(usize, u32)> {
    let (field, at) = bytes.split_first()?;
    Some((usize::from(*field), u32::from_le_bytes(*at.first_chunk::<4>()?)))
}

fn unread() -> Fault {
    Fault::Bug("a place in a text does not read back".into())
}

/// The texts of a step, as characters.
fn each_text(rows: &Rows, on: &[String], mut of: impl FnMut(usize, usize, Vec<char>)) -> Result<(), Fault> {
    for (field, name) in on.iter().enumerate() {
        let column = rows.column(name)?;
        for (row, text) in texts(column.as_ref()).into_iter().enumerate() {
            if let Some(text) = text {
                of(field, row, text.chars().collect());
            }
        }
    }
    Ok(())
}

struct Anchors;

impl RowStage for Anchors {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = AnchorMap;
    type Gather = AnchorGather;
    type Apply = AnchorApply;

    fn map(p: &AnchorMap, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        each_text(rows, &p.on, |field, row, text| {
            for (hash, at) in anchors(&text, p.n as usize) {
                summary.put(hash.to_be_bytes(), row, place(field, at));
            }
        })?;
        let mut delta = Delta::default();
        for field in &p.on {
            delta.write(places_of(field), array_of(vec![None::<Vec<u32>>; rows.len()]));
        }
        Ok(delta)
    }
}

/// The entries of each key, one group after another.
fn groups<'h>(hits: &Hits<'h>, mut of: impl FnMut(&[Hit<'h>]) -> Result<(), Fault>) -> Result<(), Fault> {
    let mut group: Vec<Hit> = Vec::new();
    for hit in hits.iter() {
        if group.first().is_some_and(|first| first.key != hit.key) {
            of(&group)?;
            group.clear();
        }
        group.push(hit);
    }
    if group.is_empty() { Ok(()) } else { of(&group) }
}

/// Of how many samples the entries of a key are; they stand in the order of the data.
fn samples_of(group: &[Hit]) -> u32 {
    group.chunk_by(|a, b| a.at == b.at).count() as u32
}

impl Anchors {
    fn gather(p: &AnchorGather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut found: BTreeMap<Spot, Vec<(usize, u32)>> = BTreeMap::new();
        groups(hits, |group| {
            context.tools.go_on()?;
            if samples_of(group) < p.samples {
                return Ok(());
            }
            for hit in group {
                found.entry(hit.at).or_default().push(placed(&hit.value).ok_or_else(unread)?);
            }
            Ok(())
        })?;
        for (at, mut places) in found {
            places.sort_unstable();
            out.put_json(at, &places)?;
        }
        Ok(())
    }

    fn apply(p: &AnchorApply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut columns: Vec<Vec<Option<Vec<u32>>>> = vec![vec![None; rows.len()]; p.on.len()];
        for decided in slice.each::<Vec<(usize, u32)>>() {
            let (row, places) = decided?;
            for (field, at) in places {
                let cell = columns.get_mut(field).and_then(|column| column.get_mut(row));
                cell.into_iter().for_each(|cell| cell.get_or_insert_default().push(at));
            }
        }
        let mut delta = Delta::default();
        for (field, column) in p.on.iter().zip(columns) {
            delta.write(places_of(field), array_of(column));
        }
        Ok(delta)
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    n: u32,
}

#[derive(Serialize, Deserialize, Default)]
struct Gather {
    #[serde(default, skip_serializing_if = "is_default")]
    n: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    samples: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    keep: Stays,
    /// A sample with a passage that does not stay is no longer there.
    #[serde(default, skip_serializing_if = "is_default")]
    drops: bool,
}

#[derive(Serialize, Deserialize, Default)]
struct Apply {
    #[serde(default, skip_serializing_if = "is_default")]
    on: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    action: Action,
}

/// What is decided of a sample: the stretches that do not stay, by text, and the sample in which the first of them stays.
#[derive(Serialize, Deserialize, Default)]
struct Repeated {
    stretches: Vec<(usize, u32, u32)>,
    #[serde(default, skip_serializing_if = "is_default")]
    first: Option<String>,
}

struct Passages;

impl RowStage for Passages {
    const MAP: u32 = 1;
    const GATHER: Option<GatherPart<Self>> = Some((2, Self::gather));
    const APPLY: Option<ApplyPart<Self>> = Some((1, Self::apply));
    type Map = Map;
    type Gather = Gather;
    type Apply = Apply;

    /// An entry for each passage around an anchor; and one for the id of each sample that has any, under no key.
    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let places = p.on.iter().map(|f| rows.cells::<Vec<u32>>(&places_of(f))).collect::<Result<Vec<_>, Fault>>()?;
        let mut some = vec![false; rows.len()];
        each_text(rows, &p.on, |field, row, text| {
            let anchors = places.get(field).and_then(|column| column.get(row)).and_then(Option::as_deref);
            for (passage, at) in around(&text, anchors.unwrap_or_default(), p.n as usize) {
                summary.put(passage, row, place(field, at));
                some.get_mut(row).into_iter().for_each(|some| *some = true);
            }
        })?;
        for (row, id) in rows.texts("id")?.into_iter().enumerate().filter(|(row, _)| some.get(*row) == Some(&true)) {
            summary.put("", row, id.unwrap_or_default());
        }
        Ok(Delta::default())
    }
}

impl Passages {
    /// Goes through the samples in the order of the data, and lets each passage stay where it is met first.
    fn gather(p: &Gather, hits: &Hits, context: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut ids: HashMap<Spot, String> = HashMap::new();
        let mut own: BTreeMap<Spot, Vec<(u32, usize, u32)>> = BTreeMap::new();
        let mut passages = 0u32;
        groups(hits, |group| {
            context.tools.go_on()?;
            if group.first().is_some_and(|hit| hit.key.len() != size_of::<Passage>()) {
                ids.extend(group.iter().map(|hit| (hit.at, String::from_utf8_lossy(&hit.value).into_owned())));
                return Ok(());
            }
            if samples_of(group) < p.samples {
                return Ok(());
            }
            for hit in group {
                let (field, at) = placed(&hit.value).ok_or_else(unread)?;
                own.entry(hit.at).or_default().push((passages, field, at));
            }
            passages += 1;
            Ok(())
        })?;
        let mut kept: Vec<Option<Spot>> = vec![None; passages as usize];
        let (mut samples, mut characters) = (0u64, 0u64);
        for (spot, of) in own {
            let stays = |passage: u32| kept.get(passage as usize).copied().flatten();
            let gone: Vec<&(u32, usize, u32)> =
                of.iter().filter(|(passage, ..)| p.keep == Stays::None || stays(*passage).is_some()).collect();
            let first = gone.iter().find_map(|(passage, ..)| stays(*passage)).and_then(|spot| ids.get(&spot)).cloned();
            if gone.is_empty() || !p.drops {
                let news = of.iter().map(|(passage, ..)| *passage as usize);
                news.for_each(|n| kept.get_mut(n).into_iter().for_each(|first| _ = first.get_or_insert(spot)));
            }
            if gone.is_empty() {
                continue;
            }
            let stretches = whole(&gone, p.n);
            samples += 1;
            characters += stretches.iter().map(|(_, start, end)| u64::from(end - start)).sum::<u64>();
            let first = first.filter(|_| p.keep == Stays::First);
            out.put_json(spot, &Repeated { stretches, first })?;
        }
        out.fact("passages", u64::from(passages));
        out.fact("repeated", samples);
        out.fact("characters", characters);
        Ok(())
    }

    fn apply(p: &Apply, rows: &Rows, slice: &Slice) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let mut cuts: BTreeMap<(usize, usize), Vec<(u32, u32)>> = BTreeMap::new();
        for decided in slice.each::<Repeated>() {
            let (row, Repeated { stretches, first }) = decided?;
            if p.action == Action::Cut {
                stretches
                    .iter()
                    .for_each(|(field, start, end)| cuts.entry((*field, row)).or_default().push((*start, *end)));
                continue;
            }
            let act = match p.action {
                Action::Drop => Act::Drop { kept: first.clone() },
                Action::Review => Act::Review,
                _ => Act::Finding,
            };
            delta.event(row, act, KEY, "passage.repeated", words(&stretches, first.as_deref()));
        }
        for (field, name) in p.on.iter().enumerate() {
            let own: BTreeMap<usize, Vec<(u32, u32)>> =
                cuts.iter().filter(|((of, _), _)| *of == field).map(|((_, row), cuts)| (*row, cuts.clone())).collect();
            if !own.is_empty() {
                cut(name, &own, rows, &mut delta)?;
            }
        }
        Ok(delta)
    }
}

/// The stretches of passages that begin at these places, by text.
fn whole(gone: &[&(u32, usize, u32)], n: u32) -> Vec<(usize, u32, u32)> {
    let mut of: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    gone.iter().for_each(|(_, field, at)| of.entry(*field).or_default().push(*at));
    let mut out = Vec::new();
    for (field, mut starts) in of {
        starts.sort_unstable();
        out.extend(stretches(&starts, n).into_iter().map(|(start, end)| (field, start, end)));
    }
    out
}

fn words(stretches: &[(usize, u32, u32)], first: Option<&str>) -> String {
    let characters: u64 = stretches.iter().map(|(_, start, end)| u64::from(end - start)).sum();
    let of = first.map(|id| format!(", the first in {id}")).unwrap_or_default();
    match stretches.len() {
        1 => format!("{characters} characters that stand in other samples as well{of}"),
        n => format!("{n} passages, together {characters} characters, that stand in other samples as well{of}"),
    }
}

/// Takes stretches out of the texts of a column.
fn cut(field: &str, cuts: &BTreeMap<usize, Vec<(u32, u32)>>, rows: &Rows, delta: &mut Delta) -> Result<(), Fault> {
    let before = rows.column(field)?;
    let before = texts(before.as_ref());
    let so_far = rows.cells_if_any::<Vec<Edit>>(&edits_of(field))?;
    let mut made: Vec<Option<(String, Vec<Edit>)>> = vec![None; before.len()];
    for (row, stretches) in cuts {
        let (Some(Some(text)), Some(slot)) = (before.get(*row), made.get_mut(*row)) else { continue };
        let (after, edits) = without(text, stretches);
        let characters: u32 = stretches.iter().map(|(start, end)| end - start).sum();
        let say = match stretches.len() {
            1 => format!("a passage of {characters} characters cut from {field}"),
            n => format!("{n} passages of {characters} characters together cut from {field}"),
        };
        delta.event(*row, Act::Change, format!("{KEY}.action"), "passage.cut", say);
        if after.trim().is_empty() {
            delta.event(
                *row,
                Act::Finding,
                format!("{KEY}.action"),
                "text.empty",
                format!("nothing is left of {field}"),
            );
        }
        *slot = Some((after, edits));
    }
    let edits =
        so_far.into_iter().zip(&made).map(|(old, new)| since_collected(old, new.as_ref().map(|m| m.1.as_slice())));
    delta.write(edits_of(field), array_of(edits));
    delta.write(
        field,
        text_column(before.iter().zip(&made).map(|(old, new)| new.as_ref().map(|m| m.0.as_str()).or(*old))),
    );
    Ok(())
}

/// A text without some stretches, and the edits that make it so.
fn without(text: &str, stretches: &[(u32, u32)]) -> (String, Vec<Edit>) {
    let mut editor = Editor::with_capacity(text.len());
    let mut left = stretches.iter().peekable();
    let mut skipped = 0;
    for (at, c) in (0u32..).zip(text.chars()) {
        while left.next_if(|(_, end)| *end <= at).is_some() {}
        match left.peek().filter(|(start, _)| *start <= at) {
            Some(_) => skipped += 1,
            None => {
                if skipped > 0 {
                    editor.replace(std::mem::take(&mut skipped), "");
                }
                editor.keep(c);
            }
        }
    }
    if skipped > 0 {
        editor.replace(skipped, "");
    }
    editor.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::mix;
    use crate::stage::testing::{Bytes, gathered, rows, texts_of};
    use std::collections::BTreeSet;

    /// The stretches that do not stay, by sample, as comparing all passages tells.
    fn by_all_passages(
        all: &[String],
        n: usize,
        samples: u32,
        keep: Stays,
        drops: bool,
    ) -> BTreeMap<usize, Vec<(u32, u32)>> {
        let chars: Vec<Vec<char>> = all.iter().map(|t| t.chars().collect()).collect();
        let mut of: BTreeMap<&[char], BTreeSet<usize>> = BTreeMap::new();
        for (row, text) in chars.iter().enumerate() {
            text.windows(n).for_each(|w| _ = of.entry(w).or_default().insert(row));
        }
        let repeats = |w: &[char]| of[w].len() as u32 >= samples;
        let (mut stays, mut out) = (BTreeSet::new(), BTreeMap::new());
        for (row, text) in chars.iter().enumerate() {
            let own: Vec<(u32, &[char])> = (0u32..).zip(text.windows(n)).filter(|(_, w)| repeats(w)).collect();
            let gone: Vec<u32> =
                own.iter().filter(|(_, w)| keep == Stays::None || stays.contains(w)).map(|(at, _)| *at).collect();
            if gone.is_empty() || !drops {
                stays.extend(own.iter().map(|(_, w)| *w));
            }
            if !gone.is_empty() {
                out.insert(row, stretches(&gone, n as u32));
            }
        }
        out
    }

    fn by_the_stage(all: &[String], n: u32, gather: &Gather) -> BTreeMap<usize, Vec<(u32, u32)>> {
        let tools = Bytes::default();
        let texts: Vec<Option<&str>> = all.iter().map(|t| Some(t.as_str())).collect();
        let on = names(&["text"]);
        let ids: Vec<String> = (0..all.len()).map(|n| format!("s{n}")).collect();
        let ids: Vec<Option<&str>> = ids.iter().map(|t| Some(t.as_str())).collect();
        let first = rows(&tools, &[("text", texts_of(&texts))]);
        let mut summary = Summary::default();
        Anchors::map(&AnchorMap { on: on.clone(), n }, &first, &mut summary).unwrap();
        let slice = gathered::<Anchors>(&AnchorGather { samples: gather.samples }, &summary).slice(0);
        let delta = Anchors::apply(&AnchorApply { on: on.clone() }, &first, &slice).unwrap();
        let places = delta.columns[&places_of("text")].clone();
        let second = rows(&tools, &[("text", texts_of(&texts)), ("id", texts_of(&ids)), (&places_of("text"), places)]);
        let mut summary = Summary::default();
        Passages::map(&Map { on, n }, &second, &mut summary).unwrap();
        let slice = gathered::<Passages>(gather, &summary).slice(0);
        let of =
            |(row, r): (usize, Repeated)| (row, r.stretches.into_iter().map(|(_, start, end)| (start, end)).collect());
        slice.each::<Repeated>().map(|r| of(r.unwrap())).collect()
    }

    #[test]
    fn what_is_found_is_what_all_passages_say() {
        let mut state = 11u64;
        let mut draw = |below: u64| {
            state = mix(state.wrapping_add(0x9E37_79B9_7F4A_7C15));
            state % below
        };
        let mut found = 0;
        for round in 0..150 {
            let letters = 2 + round % 6;
            let mut text = |len: u64| -> String { (0..len).map(|_| char::from(b'a' + draw(letters) as u8)).collect() };
            let shared: Vec<String> = (0..4).map(|_| text(14)).collect();
            let all: Vec<String> = (0..9)
                .map(|n| format!("{}{}{}{}", text(n), shared[n as usize % 4], text(5), shared[n as usize * 7 % 4]))
                .collect();
            for (n, samples, keep, drops) in [
                (8, 2, Stays::First, false),
                (8, 2, Stays::First, true),
                (9, 3, Stays::First, false),
                (12, 2, Stays::None, false),
                (14, 4, Stays::First, true),
            ] {
                let want = by_all_passages(&all, n as usize, samples, keep, drops);
                let got = by_the_stage(&all, n, &Gather { n, samples, keep, drops });
                assert_eq!(got, want, "round {round}, {n} characters, {samples} samples: {all:?}");
                found += got.len();
            }
        }
        assert!(found > 1000, "{found}");
    }

    #[test]
    fn what_is_cut_is_told_by_edits() {
        let (text, edits) = without("가나다라마바", &[(1, 3), (5, 6)]);
        assert_eq!(text, "가라마");
        assert_eq!(edits, [Edit { start: 1, end: 3, len: 0 }, Edit { start: 5, end: 6, len: 0 }]);
        assert_eq!(without("abc", &[(0, 3)]).0, "");
    }
}
