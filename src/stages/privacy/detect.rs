//! `[privacy.detect]`: personal data in texts is found, and masked, replaced or taken out.
//!
//! ```toml
//! [privacy.detect]
//! types = ["kr_rrn", "phone", "email", "person"]
//! confidence = { person = "certain" }         # how sure a detector must be; default `likely`
//! action = "mask"
//! actions = { email = "pseudonymize", phone = { action = "mask", keep_last = 4 } }
//! residual_max = 0
//! [privacy.detect.custom.case-number]
//! pattern = "K-[0-9]{6}"
//! context = ["case", "사건"]
//! ```
//!
//! Reads the text columns of `fields` (default: all text fields of `[schema]`) with their edit lists, writes both
//! where something was found, and looks again at what it wrote. Changes: `privacy.email` and the like, one for each
//! type in a text. Finding: `privacy.residual`, something is still found beside what was written. Drops, where the action
//! says so. Facts: `masked` (whatever the action was), `masked.TYPE`, `residual` (over the living samples). Limits: what no
//! detector knows stays; see each detector for what it does not find. A label with an end inside of something replaced is
//! lost, unless each character stands for another (surrogates as long as the value, masks that keep some signs).
use super::actions::{self, Action, Operator};
use super::declaration::Declaration;
use super::detectors::Finder;
use super::keys;
use super::sought::Sought;
use crate::diag::Diagnostic;
use crate::digest::Digest;
use crate::manifest::Decimal;
use crate::manifest::sections::Privacy;
use crate::manifest::values::At;
use crate::model::edits::{Edit, edits_of, since_collected};
use crate::stage::*;
use crate::table::{ArrayRef, DataType, array_of, texts, within};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub const ENTRY: Entry =
    Entry::row::<Stage>("privacy/detect", "privacy.detect", declare).schema(|g| g.subschema_for::<Declaration>());

/// The purpose of the key: the same value has the same pseudonym wherever it stands.
pub(super) const CONTEXT: &str = "tamis privacy pseudonym 1";

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    check_harmless(check);
    let before = check.problems.len();
    let (sought, files) = Sought::of(&d, check);
    keys::check_names(check, &d, &sought, &files);
    let fields = check.text_fields(d.fields.as_deref());
    if fields.is_empty() && check.problems.len() == before {
        let problem = Diagnostic::error("T0321", check.span.clone(), "there is no text to search");
        check.bad(problem.label("needs `fields`, or a text field in [schema]"));
    }
    if fields.is_empty() {
        return Vec::new();
    }
    let kinds: Vec<&String> = sought.versions.keys().chain(sought.custom.keys()).chain(files.keys()).collect();
    let actions: BTreeMap<String, Operator> = kinds.iter().map(|kind| (kind.to_string(), d.action_of(kind))).collect();
    let drops = actions.values().any(|operator| operator.action == Action::Drop);
    let keyed = actions.values().any(Operator::needs_key);
    let secret = if keyed { check.secret(asked(check), CONTEXT) } else { None };
    let map = Map {
        fields: fields.clone(),
        sought,
        actions: actions.into_iter().filter(|(_, operator)| *operator != Operator::default()).collect(),
        fingerprint: secret.as_ref().map(Secret::fingerprint),
        secret: None,
    };
    let ports = Ports { drops, ..ports(check, &fields) };
    // also after a mistake: nothing is built then, and no release tells these texts as unseen
    vec![Plan {
        masks: fields,
        gates: d.residual_max.iter().map(gate).collect(),
        files: files.into_values().collect(),
        secret,
        ..Plan::map::<Stage>(ports, &map)
    }]
}

/// The columns that a plan of this step searches, and what it searches them with, for what shows its hits to people.
pub fn searched(plan: &Plan, blob: &dyn Fn(Digest) -> Result<Vec<u8>, Fault>) -> Result<(Vec<String>, Finder), Fault> {
    let map: Map = serde_json::from_str(plan.params(Kernel::Map)).map_err(|e| Fault::Bug(e.to_string()))?;
    let finder = map.sought.finder(blob)?;
    Ok((map.fields, finder))
}

/// Where the key is asked for.
fn asked(check: &Check) -> std::ops::Range<usize> {
    let place = |key: &str| check.manifest.span_of(&format!("{}.{key}", check.path));
    place("actions").or_else(|| place("action")).unwrap_or(check.span.clone())
}

/// The columns of `[privacy] harmless` are there.
fn check_harmless(check: &mut Check) {
    let privacy: Privacy = check.section(&["privacy"]);
    let unknown = privacy.unknown_harmless(check.manifest, &check.names("samples"));
    check.problems.extend(unknown);
}

fn ports(check: &Check, fields: &[String]) -> Ports {
    let edits: Vec<String> = fields.iter().map(|f| edits_of(f)).collect();
    let known = edits.iter().filter(|e| check.column("samples", e).is_some());
    let reads = fields.iter().chain(known).cloned().collect();
    let writes = check.changed_texts(fields);
    Ports { table: "samples".into(), reads, writes, ..Ports::default() }
}

fn gate(max: &At<u64>) -> Gate {
    let most = Decimal::from(*max.get());
    Gate::at_most("privacy.detect.residual_max", "privacy.detect.residual", most, max.span())
        .look("tamis show privacy.detect --findings")
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    #[serde(default, skip_serializing_if = "is_default")]
    fields: Vec<String>,
    #[serde(flatten)]
    sought: Sought,
    /// What happens to what is found, where it is not masked.
    #[serde(default, skip_serializing_if = "is_default")]
    actions: BTreeMap<String, Operator>,
    /// By what the recipe knows the key.
    #[serde(default, skip_serializing_if = "is_default")]
    fingerprint: Option<String>,
    /// Given to the kernel alone.
    #[serde(default, skip_serializing_if = "is_default")]
    secret: Option<String>,
}

/// What a kernel searches with.
struct Search {
    finder: Finder,
    actions: BTreeMap<String, Operator>,
    key: Option<Digest>,
}

impl Search {
    fn of(p: &Map, rows: &Rows) -> Result<Search, Fault> {
        let finder = p.sought.finder(&|digest| rows.blob(digest))?;
        let key = p.secret.as_deref().and_then(Digest::parse);
        if p.fingerprint.is_some() && key.is_none() {
            return Err(Fault::Bug("the key of pseudonyms is not there".into()));
        }
        Ok(Search { finder, actions: p.actions.clone(), key })
    }

    fn action(&self, kind: &str) -> Operator {
        self.actions.get(kind).copied().unwrap_or_default()
    }
}

struct Stage;

impl RowStage for Stage {
    const MAP: u32 = 3;
    const GATHER: Option<GatherPart<Self>> = Some((1, Self::gather));
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, summary: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let search = Search::of(p, rows)?;
        for field in &p.fields {
            let column = rows.column(field)?;
            if *column.data_type() != DataType::Utf8 {
                masked_within(field, &column, &search, (&mut delta, summary));
                continue;
            }
            let before = texts(column.as_ref());
            let done: Vec<Option<Masked>> = before.iter().map(|t| masked((*t)?, &search)).collect();
            if done.iter().all(Option::is_none) {
                continue;
            }
            for (row, done) in done.iter().enumerate() {
                if let Some(done) = done {
                    tell(field, row, done, &search, &mut delta);
                    count(row, done, summary);
                }
            }
            let so_far = rows.cells_if_any::<Vec<Edit>>(&edits_of(field))?;
            let edits = so_far.into_iter().zip(&done);
            let edits = edits.map(|(old, new)| since_collected(old, new.as_ref().map(|d| d.edits.as_slice())));
            delta.write(edits_of(field), array_of(edits));
            let after = before.iter().zip(done).map(|(old, new)| match new {
                Some(done) => Some(done.text),
                None => old.map(str::to_string),
            });
            delta.write(field, array_of(after));
        }
        Ok(delta)
    }
}

impl Stage {
    fn gather(_: &Nothing, hits: &Hits, _: &Context, out: &mut Verdicts) -> Result<(), Fault> {
        let mut sums: BTreeMap<String, u64> = [("masked".to_string(), 0), ("residual".to_string(), 0)].into();
        for hit in hits.iter() {
            let n = <[u8; 8]>::try_from(hit.value.as_ref()).map_or(0, u64::from_be_bytes);
            let name = String::from_utf8_lossy(&hit.key).into_owned();
            if name.starts_with("masked.") {
                *sums.entry("masked".into()).or_default() += n;
            }
            *sums.entry(name).or_default() += n;
        }
        for (name, n) in sums {
            out.fact(name, n);
        }
        Ok(())
    }
}

/// The texts of lists and objects, on which no span lies. What is told of a row is of all its texts together.
fn masked_within(field: &str, column: &ArrayRef, search: &Search, (delta, summary): (&mut Delta, &mut Summary)) {
    let mut told: BTreeMap<usize, Masked> = BTreeMap::new();
    let made = within::changed(column, &mut |row, text| {
        let done = masked(text, search)?;
        let all = told.entry(row).or_default();
        done.counts.into_iter().for_each(|(kind, n)| *all.counts.entry(kind).or_default() += n);
        all.left += done.left;
        Some(done.text)
    });
    for (row, done) in &told {
        tell(field, *row, done, search, delta);
        count(*row, done, summary);
    }
    made.into_iter().for_each(|made| delta.write(field, made));
}

/// A text without what was found in it.
#[derive(Default)]
struct Masked {
    text: String,
    edits: Vec<Edit>,
    /// Hits by type.
    counts: BTreeMap<String, u64>,
    /// Hits in the new text beside what was written.
    left: u64,
}

/// `None` if nothing is found. Each hit is one edit, also where the word in its place happens to be as long as what it hides:
/// no place inside of it has a meaning afterwards, unless each character stands for another.
fn masked(text: &str, search: &Search) -> Option<Masked> {
    let hits = search.finder.find(text);
    if hits.is_empty() {
        return None;
    }
    let mut out = Masked { text: String::with_capacity(text.len()), ..Masked::default() };
    let (mut at, mut start, mut written) = (0, 0, Vec::with_capacity(hits.len()));
    for hit in hits {
        let kept = text.get(at..hit.start).unwrap_or_default();
        let surface = text.get(hit.start..hit.end).unwrap_or_default();
        let kind = search.finder.name(&hit);
        let word = actions::replace(&search.action(kind), kind, surface, search.key.as_ref());
        start += chars(kept);
        let end = start + chars(surface);
        match word.in_place {
            true => out.edits.extend((start..end).map(|at| Edit { start: at, end: at + 1, len: 1 })),
            false => out.edits.push(Edit { start, end, len: chars(&word.text) }),
        }
        out.text.push_str(kept);
        written.push((out.text.len(), out.text.len() + word.text.len()));
        out.text.push_str(&word.text);
        *out.counts.entry(kind.to_string()).or_default() += 1;
        (at, start) = (hit.end, end);
    }
    out.text.push_str(text.get(at..).unwrap_or_default());
    out.left = residual(&out.text, &written, &search.finder);
    Some(out)
}

/// How many hits there are in a new text beside what was written into it. What was written says nothing here: it is searched as
/// signs without a meaning, and a hit counts only where it touches such a place. Elsewhere the same signs stand as before, and
/// were judged before.
fn residual(text: &str, written: &[(usize, usize)], finder: &Finder) -> u64 {
    let mut neutral = String::with_capacity(text.len());
    for (start, end) in written {
        neutral.push_str(text.get(neutral.len()..*start).unwrap_or_default());
        neutral.extend(std::iter::repeat_n('\u{1}', end - start));
    }
    neutral.push_str(text.get(neutral.len()..).unwrap_or_default());
    let touches = |start: usize, end: usize| {
        let next = written.partition_point(|(_, to)| *to < start);
        written.get(next).is_some_and(|(from, _)| *from <= end)
    };
    finder.find(&neutral).iter().filter(|hit| touches(hit.start, hit.end)).count() as u64
}

fn chars(text: &str) -> u32 {
    text.chars().count() as u32
}

fn tell(field: &str, row: usize, done: &Masked, search: &Search, delta: &mut Delta) {
    let key = "privacy.detect.types";
    for (kind, n) in &done.counts {
        let operator = search.action(kind);
        let say = format!("{n} {kind} {} in {field}", operator.done());
        let act = if operator.action == Action::Drop { Act::DROP } else { Act::Change };
        delta.event(row, act, key, format!("privacy.{kind}"), say);
    }
    if done.left > 0 {
        let say = format!("{} still found in {field} after masking", done.left);
        delta.event(row, Act::Finding, key, "privacy.residual", say);
    }
}

/// For the facts: names that tell no content, and numbers.
fn count(row: usize, done: &Masked, summary: &mut Summary) {
    for (kind, n) in &done.counts {
        summary.put(format!("masked.{kind}"), row, n.to_be_bytes());
    }
    if done.left > 0 {
        summary.put("residual", row, done.left.to_be_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::super::detectors::{Confidence, DETECTORS};
    use super::*;
    use crate::model::edits::{Moved, move_span};
    use crate::stage::testing::{self, texts_of};
    use crate::table::{ArrayRef, Cell, DataType, cells};

    fn mapped(columns: &[(&str, ArrayRef)]) -> (Delta, Summary) {
        let versions = DETECTORS.iter().map(|d| (d.name.to_string(), d.version)).collect();
        let bytes = testing::Bytes::default();
        let rows = testing::rows(&bytes, columns);
        let mut summary = Summary::default();
        let delta = Stage::map(
            &Map { fields: names(&["text"]), sought: Sought { versions, ..Sought::default() }, ..Map::default() },
            &rows,
            &mut summary,
        )
        .unwrap();
        (delta, summary)
    }

    fn facts(summary: Summary) -> BTreeMap<String, Fact> {
        testing::gathered::<Stage>(&Nothing {}, &summary).facts
    }

    #[test]
    fn hits_are_masked_and_counted_without_their_content() {
        let text =
            texts_of(&[Some("메일은 kim@example.com, lee@example.org"), None, Some("없음"), Some("010-1234-5678로")]);
        let (delta, summary) = mapped(&[("text", text)]);
        let after = texts_of(&[Some("메일은 [EMAIL], [EMAIL]"), None, Some("없음"), Some("[PHONE]로")]);
        assert_eq!(texts(delta.columns["text"].as_ref()), texts(after.as_ref()));
        let told: Vec<_> = delta.events.iter().map(|e| (e.row, e.rule.as_str(), e.say.as_str())).collect();
        assert_eq!(
            told,
            [(0, "privacy.email", "2 email masked in text"), (3, "privacy.phone", "1 phone masked in text")]
        );
        assert!(delta.events.iter().all(|e| e.act == Act::Change && e.key == "privacy.detect.types"));
        let want = [("masked", 3), ("masked.email", 2), ("masked.phone", 1), ("residual", 0)];
        assert_eq!(facts(summary), BTreeMap::from(want.map(|(name, n)| (name.to_string(), Fact::Int(n)))));
    }

    /// A number that was left is no hit because a word was masked beside it; two halves that come together are one.
    #[test]
    fn what_was_written_says_nothing_of_what_stands_beside_it() {
        let search = |action: &str| {
            let mut finder = Finder::of_regions(&[]);
            ["phone", "kr_account", "email"].iter().for_each(|kind| finder.detector(kind, Confidence::Likely));
            let operator: Operator = serde_json::from_value(serde_json::json!({ "action": action })).unwrap();
            let actions = ["phone", "email"].map(|kind| (kind.to_string(), operator)).into();
            Search { finder, actions, key: None }
        };
        for text in ["010-1234-5678 총 1234567890", "010-1234-5678, 12345678", "010-1234-5678 415-555-2671"] {
            assert_eq!(masked(text, &search("mask")).unwrap().left, 0, "{text}");
        }
        assert_eq!(masked("010-1234-<kim@example.com>5678", &search("mask")).unwrap().left, 0);
        assert_eq!(masked("010-1234-,kim@example.com,5678", &search("remove")).unwrap().left, 0);
        assert_eq!(masked("연락처 010-1234-@kim@example.com", &search("remove")).unwrap().text, "연락처 010-1234-@");
        let joined = residual("010-1234-5678", &[(5, 5)], &search("mask").finder);
        assert_eq!(joined, 1);
    }

    #[test]
    fn labels_move_around_what_is_masked_and_never_into_it() {
        let old = vec![Edit { start: 0, end: 2, len: 1 }];
        let edits = array_of([Some(old), None]);
        let text = texts_of(&[Some("김 a@b.com 이"), Some("a@b.com은")]);
        let (delta, _) = mapped(&[("text", text), ("edits.text", edits)]);
        let edits: Vec<Option<Vec<Edit>>> = cells(delta.columns["edits.text"].as_ref());
        let first = edits[0].as_deref().unwrap();
        assert_eq!(move_span(first, 0, 2), Moved::At(0, 1));
        assert_eq!(move_span(first, 11, 12), Moved::At(10, 11));
        assert_eq!(chars("a@b.com"), chars("[EMAIL]"));
        let second = edits[1].as_deref().unwrap();
        assert_eq!(second, [Edit { start: 0, end: 7, len: 7 }]);
        assert_eq!(move_span(second, 1, 3), Moved::Lost);
    }

    /// What a labelled span covers after any chain of actions is what the actions say: what was kept of it, and the words in
    /// place of what was found in it; a span with an end inside of such a word is lost, unless the word stands in place sign by
    /// sign.
    #[test]
    fn spans_cover_what_the_actions_say() {
        let values = ["010-1234-5678", "kim@example.com", "900101-1234567", "홍길동", "K-123456"];
        let parts = ["가", "e\u{301}", "👩‍👩‍👧", " ", "각", "x", "\u{1112}\u{1161}\u{11ab}", ". "];
        let operators = ["mask", "remove", "pseudonymize", "surrogate", "keep"];
        let of = |name: &str| match name {
            "keep" => Operator { keep_first: Some(1), keep_last: Some(2), ..Operator::default() },
            name => serde_json::from_value(serde_json::json!({ "action": name })).unwrap(),
        };
        let draw = |n: usize, of: usize, at: u64| (crate::digest::mix((n as u64) << 8 | at) % of as u64) as usize;
        for n in 0..3000 {
            let mut pieces: Vec<(String, bool)> = Vec::new();
            for i in 0..draw(n, 6, 0) as u64 + 1 {
                pieces.push((parts[draw(n, parts.len(), 10 + i)].repeat(1 + draw(n, 3, 20 + i)), false));
                pieces.push((format!(" {} ", values[draw(n, values.len(), 30 + i)]), true));
            }
            let mut text: String = pieces.iter().map(|(piece, _)| piece.as_str()).collect();
            let original: Vec<char> = text.chars().collect();
            let mut all: Vec<Edit> = Vec::new();
            for chain in 0..1 + draw(n, 2, 1) as u64 {
                let operator = of(operators[draw(n, operators.len(), 2 + chain)]);
                let mut finder = Finder::of_regions(&[]);
                ["email", "phone", "kr_rrn"].iter().for_each(|kind| finder.detector(kind, Confidence::Likely));
                finder.dictionary("person", "홍길동").unwrap();
                let kinds = ["email", "phone", "kr_rrn", "person"].map(|kind| (kind.to_string(), operator));
                let search = Search { finder, actions: kinds.into(), key: Some(Digest([3; 32])) };
                let Some(done) = masked(&text, &search) else { continue };
                // each edit says what stands at its place in both texts, and nothing else changes
                let (old, new): (Vec<char>, Vec<char>) = (text.chars().collect(), done.text.chars().collect());
                let (mut at, mut to) = (0usize, 0usize);
                for edit in &done.edits {
                    let kept = edit.start as usize - at;
                    assert_eq!(old[at..edit.start as usize], new[to..to + kept]);
                    (at, to) = (edit.end as usize, to + kept + edit.len as usize);
                }
                assert_eq!(old[at..], new[to..]);
                all = crate::model::edits::compose(&all, &done.edits);
                text = done.text;
            }
            let after: Vec<char> = text.chars().collect();
            for _ in 0..1 {
                let start = draw(n, original.len(), 40);
                let end = start + 1 + draw(n, original.len() - start, 41);
                let Moved::At(from, to) = move_span(&all, start as u32, end as u32) else { continue };
                let inside = |e: &&Edit| start as u32 <= e.start && e.end <= end as u32;
                let grown: i64 = all.iter().filter(inside).map(|e| i64::from(e.len) - i64::from(e.end - e.start)).sum();
                assert_eq!(i64::from(to - from), (end - start) as i64 + grown);
                if all.iter().all(|e| e.end <= start as u32 || end as u32 <= e.start) {
                    assert_eq!(
                        original[start..end],
                        after[from as usize..to as usize],
                        "an untouched span covers the same"
                    );
                }
            }
        }
    }

    #[test]
    fn texts_without_a_hit_are_not_written() {
        let (delta, summary) = mapped(&[("text", texts_of(&[Some("없음"), None]))]);
        assert!(delta.columns.is_empty() && delta.events.is_empty() && summary.sorted().is_empty());
        assert_eq!(text(&Map::default()), "{}");
    }

    #[test]
    fn what_is_left_is_a_finding() {
        let counts = BTreeMap::from([("email".to_string(), 1)]);
        let done = Masked { text: String::new(), edits: Vec::new(), counts, left: 2 };
        let (mut delta, mut summary) = (Delta::default(), Summary::default());
        let search = Search { finder: Finder::default(), actions: BTreeMap::new(), key: None };
        tell("text", 4, &done, &search, &mut delta);
        count(4, &done, &mut summary);
        let last = delta.events.last().unwrap();
        assert_eq!((last.row, &last.act, last.rule.as_str()), (4, &Act::Finding, "privacy.residual"));
        assert_eq!(facts(summary)["residual"], Fact::Int(2));
    }

    /// The plans of a manifest, and its problems: code and token.
    fn declared(manifest: &str, columns: &[(&str, DataType)]) -> (Vec<Plan>, Vec<String>) {
        let samples: Vec<(&str, Column)> = columns.iter().map(|(n, t)| (*n, t.clone().into())).collect();
        let (plans, told) = testing::declared(&[ENTRY], "privacy.detect", manifest, &samples);
        (plans, told.into_iter().map(|(code, token)| format!("{code} {token}")).collect())
    }

    #[test]
    fn a_plan_reads_the_edits_that_there_are() {
        let columns = [("text", DataType::Utf8), ("title", DataType::Utf8), ("edits.text", <Vec<Edit>>::ty())];
        let manifest = "[schema]\ntext = { text = {} }\ntitle = { text = {} }\n\
            [privacy.detect]\ntypes = [\"phone\", \"email\", \"phone\"]\nresidual_max = 0\n";
        let (plans, told) = declared(manifest, &columns);
        assert_eq!(told, Vec::<String>::new());
        let ports = &plans[0].ports;
        assert_eq!(ports.reads, ["text", "title", "edits.text"]);
        let written: Vec<&str> = ports.writes.iter().map(|w| w.0.as_str()).collect();
        assert_eq!(written, ["text", "title", "edits.text", "edits.title"]);
        let params: Map = plans[0].read(Kernel::Map);
        assert_eq!(params.sought.versions.keys().collect::<Vec<_>>(), ["email", "phone"]);
        let gate = &plans[0].gates[0];
        assert_eq!((gate.fact.as_str(), &manifest[gate.span.clone()]), ("privacy.detect.residual", "0"));
        assert_eq!(plans[0].masks, ["text", "title"]);
    }

    #[test]
    fn the_reference_names_every_detector() {
        let schema = schemars::schema_for!(Declaration).to_value();
        let told = schema.pointer("/properties/types/description").and_then(|d| d.as_str()).unwrap();
        assert!(DETECTORS.iter().all(|d| told.contains(&format!("`{}`", d.name))), "{told}");
    }

    #[test]
    fn problems_stand_at_their_tokens() {
        let columns = [("text", DataType::Utf8), ("n", DataType::Int64)];
        let manifest = "[privacy.detect]\ntypes = [\"emial\"]\nfields = [\"text\", \"n\", \"txet\"]\n";
        let (plans, told) = declared(manifest, &columns);
        assert_eq!(told, ["T0330 \"emial\"", "T0322 \"n\"", "T0310 \"txet\""]);
        assert_eq!(plans[0].masks, ["text"]);
        assert_eq!(declared("[privacy.detect]\ntypes = [\"email\"]\n", &columns).1, ["T0321 [privacy.detect]"]);
    }
}
