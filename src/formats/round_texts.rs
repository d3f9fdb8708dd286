//! Every format of spans that is written and read, and every pair of two: what is written comes back as it was, text, spans and
//! relations, or the row is told as a loss by a rule that the format declares.
#[cfg(test)]
use super::Format;
use super::options::Options;
use super::reader::{Ask, Field, From, Records, Unit};
use super::writer::{Chunk, Join, Lost, Sheet, is_scattered, listed, scattered};
use crate::digest::draw;
use crate::model::relations::Relation;
use crate::model::spans::{Scheme, Span};
use crate::model::votes::Said;
use crate::table::{ArrayRef, array_of, cells, types};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

const ROWS: usize = 60;

/// A format with the selectors of text, spans and relations, and the rules by which it says what it lost.
pub type Written = (&'static str, [&'static str; 3], &'static [&'static str]);

pub const FORMATS: &[Written] = &[
    ("doccano", ["text", "spans", "relations"], &["annotated.unlabelled"]),
    ("prodigy", ["text", "spans", "relations"], &["annotated.unlabelled"]),
    ("spacy", ["text", "spans", ""], &["annotated.unlabelled"]),
    ("brat", ["", "spans", "relations"], &["brat.unlabelled", "brat.lines"]),
    ("webanno", ["text", "spans", "relations"], &["webanno.unlabelled", "webanno.blank", "webanno.gaps"]),
    ("conll", ["tokens", "tags", ""], &["conll.spans", "conll.edges", "conll.empty"]),
    ("label_studio", ["data.text", "answers.label", "relations.label"], &[]),
];

/// A text with its spans and relations; nobody looked where there are none.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    text: String,
    spans: Option<Vec<Span>>,
    relations: Vec<Relation>,
}

fn drawn(n: usize) -> Sample {
    let dice = |of: &str, most: usize| (draw(n as u64, "texts", of) % most as u64) as usize;
    const WORDS: &[&str] = &[
        "Kim",
        "\u{1f60a}",
        "김철수는",
        "a_b|c",
        "\\t",
        "North",
        "*",
        "[1]",
        "\"x\"",
        "서울\u{a0}시",
        "e\u{301}",
        "->",
    ];
    let mut text = String::new();
    for i in 0..1 + dice("words", 9) {
        let gap = [" ", " ", "\n", "  ", "\t"][dice(&format!("g{i}"), 5)];
        text.push_str(if i == 0 { "" } else { gap });
        text.push_str(WORDS[dice(&format!("w{i}"), WORDS.len())]);
    }
    let len = text.chars().count();
    let span = |i: usize| {
        let start = dice(&format!("s{i}"), len);
        let end = (start + 1 + dice(&format!("e{i}"), 6)).min(len);
        let class = ["PER", "L_O|C", "조직", "*"][dice(&format!("c{i}"), 4)];
        Span { class: class.into(), start: start as u32, end: end as u32 }
    };
    let mut spans: Vec<Span> = (0..dice("n", 5)).map(span).collect();
    spans.sort();
    spans.dedup();
    let some = |i: usize| spans.get(dice(&format!("r{i}"), spans.len().max(1))).cloned();
    let relation = |i: usize| Some(Relation { class: "of_*".into(), from: some(2 * i)?, to: some(2 * i + 1)? });
    let mut relations: Vec<Relation> = (0..dice("m", 4)).filter_map(relation).collect();
    relations.sort();
    relations.dedup();
    let looked = !n.is_multiple_of(10);
    Sample { text, relations: if looked { relations } else { Vec::new() }, spans: looked.then_some(spans) }
}

/// The files that a format writes of samples.
fn written(format: &Format, samples: &[Sample]) -> (Vec<(String, Vec<u8>)>, Vec<Lost>) {
    let mut sheet = Sheet { rows: samples.len(), ..Sheet::default() };
    sheet.roles.insert("id".into(), array_of((0..samples.len()).map(|n| Some(format!("s{n:03}")))));
    sheet.roles.insert("text".into(), array_of(samples.iter().map(|s| Some(s.text.clone()))));
    sheet.roles.insert("label".into(), array_of(samples.iter().map(|s| s.spans.clone())));
    if format.writer.as_ref().unwrap().needs.relations {
        let all = samples.iter().map(|s| s.spans.as_ref().map(|_| s.relations.clone()));
        sheet.roles.insert("relations".into(), array_of(all));
    }
    files_of(format, &sheet)
}

/// The files that a format writes of a piece: one for each sample, or one of all.
pub fn files_of(format: &Format, sheet: &Sheet) -> (Vec<(String, Vec<u8>)>, Vec<Lost>) {
    let writer = format.writer.as_ref().unwrap();
    let mut lost = Vec::new();
    let all = (writer.encode)(sheet, &mut lost).unwrap();
    if is_scattered(writer.files) {
        let files = listed(scattered(&all)).unwrap().into_iter();
        let file = |(name, from, len)| (name, all[from as usize..(from + len) as usize].to_vec());
        return (files.map(file).collect(), lost);
    }
    let (fragment, outlines) = (|_| Ok(all.clone()), vec![(all.len() as u64, Vec::new())]);
    let (title, version, license, skeleton) = ("t 1.0.0", "1.0.0", "MIT", Default::default());
    let of = Join {
        split: "s",
        title,
        version,
        license,
        classes: &[],
        skeleton: &skeleton,
        outlines,
        hidden: false,
        fragment: &fragment,
    };
    let one = |chunk| match chunk {
        Chunk::Bytes(bytes) => bytes,
        Chunk::Fragment { from, len, .. } => all[from as usize..(from + len) as usize].to_vec(),
    };
    (vec![(String::new(), (writer.join)(&of).unwrap().into_iter().flat_map(one).collect())], lost)
}

/// What the reader of a format gives for one of its selectors.
pub fn array(format: &Format, selector: &str, bytes: &[u8], stem: &str) -> ArrayRef {
    let reader = format.reader.as_ref().unwrap();
    let ty = (reader.ty)(&Options::default(), selector).map_or("utf8".into(), |ty| types::text(&ty));
    let field = Field { name: "x".into(), from: From::of(selector, reader.selects), ty };
    let ask = Ask {
        id: None,
        make_id: |_, _| Err(String::new()),
        prefix: String::new(),
        fields: vec![field],
        seen: Vec::new(),
        options: Options::default(),
        record_max: 1 << 20,
        depth_max: 64,
    };
    let mut out = Records::new(&ask, Vec::new());
    (reader.read)(&ask, &Unit { row: 0, bytes, context: None, path: "raw/x", stem }, &mut out);
    let found = out.finish().unwrap();
    assert!(!found.told.iter().any(|t| t.drops), "{}: {:?}", format.name, found.told);
    found.columns["x"].clone()
}

/// What the reader of a format gives for one of its selectors, as text.
pub fn column(format: &Format, selector: &str, bytes: &[u8], stem: &str) -> Vec<Option<String>> {
    let array = array(format, selector, bytes, stem);
    if *array.data_type() != crate::table::utf8() {
        let said: Vec<Option<Vec<Said>>> = cells(array.as_ref());
        let one =
            |of: Option<Vec<Said>>| of.map(|mut all| all.pop().and_then(|said| said.answer).unwrap_or("[]".into()));
        return said.into_iter().map(one).collect();
    }
    cells(array.as_ref())
}

fn span(of: &Json) -> Span {
    let at = |name: &str| of[name].as_u64().unwrap() as u32;
    Span { class: of["class"].as_str().unwrap().into(), start: at("start"), end: at("end") }
}

fn relation(of: &Json) -> Relation {
    let class = of.get("class").or(of.get("type")).unwrap().as_str().unwrap().into();
    Relation { class, from: span(&of["from"]), to: span(&of["to"]) }
}

fn items<T: Ord>(text: Option<&String>, of: fn(&Json) -> T) -> Vec<T> {
    let all: Vec<Json> = text.map(|text| serde_json::from_str(text).unwrap()).unwrap_or_default();
    // what cannot be one span has no places, and its row is told as a loss
    let mut out: Vec<T> = all.iter().filter(|v| v.get("start").or(v.get("from")).is_some()).map(of).collect();
    out.sort();
    out
}

fn read(format: &Format, selectors: [&str; 3], files: &[(String, Vec<u8>)]) -> Vec<Sample> {
    if format.name.starts_with("conll") {
        return tagged(format, files);
    }
    let texts: BTreeMap<&str, &[u8]> =
        files.iter().filter_map(|(name, bytes)| Some((name.strip_suffix(".txt")?, bytes.as_slice()))).collect();
    let mut out = Vec::new();
    for (name, bytes) in files.iter().filter(|(name, _)| !name.ends_with(".txt")) {
        let stem = name.rsplit_once('.').map_or("", |(stem, _)| stem);
        let of = |selector: &str| match selector {
            "" => Vec::new(),
            selector => column(format, selector, bytes, stem),
        };
        let [text, spans, relations] = selectors.map(of);
        for row in 0..spans.len() {
            let beside = texts.get(stem).map(|bytes| String::from_utf8(bytes.to_vec()).unwrap());
            let looked = spans.get(row).cloned().flatten();
            out.push(Sample {
                text: text.get(row).cloned().flatten().or(beside).unwrap_or_default(),
                relations: items(relations.get(row).and_then(Option::as_ref), relation),
                spans: looked.map(|text| items(Some(&text), span)),
            });
        }
    }
    out
}

/// What files of tokens give: texts of tokens with spaces between them, and spans of the tags. Who looked and found nothing, and who did not
/// look, are the same.
fn tagged(format: &Format, files: &[(String, Vec<u8>)]) -> Vec<Sample> {
    let mut out = Vec::new();
    for (_, bytes) in files {
        let texts = column(format, "tokens", bytes, "");
        let array = array(format, "tags", bytes, "");
        for (text, tags) in texts.into_iter().zip(cells::<Vec<String>>(array.as_ref())) {
            let (text, tags) = (text.unwrap_or_default(), tags.unwrap_or_default());
            let mut at = 0;
            let place = |token: &str| {
                let start = at;
                at += token.chars().count() as u32 + 1;
                (start, at - 1)
            };
            let tokens: Vec<(u32, u32)> = text.split(' ').map(place).collect();
            let (found, problems) = super::conll::sentence::spans(&tags, Scheme::Bio);
            assert!(problems.is_empty(), "{tags:?}");
            let span = |s: super::conll::sentence::TagSpan| Span {
                class: s.class,
                start: tokens[s.start_token].0,
                end: tokens[s.end_token - 1].1,
            };
            let mut spans: Vec<Span> = found.into_iter().map(span).collect();
            spans.sort();
            out.push(Sample { text, spans: Some(spans), relations: Vec::new() });
        }
    }
    out
}

/// A sample as far as a file of tokens holds it: without the white space, which such a file leaves out, and relations.
fn bare(of: &Sample) -> Sample {
    let places: Vec<u32> = of
        .text
        .chars()
        .scan(0, |n, c| {
            let before = *n;
            *n += u32::from(!c.is_whitespace());
            Some(before)
        })
        .collect();
    let text: String = of.text.chars().filter(|c| !c.is_whitespace()).collect();
    let len = text.chars().count() as u32;
    let at = |n: u32| places.get(n as usize).copied().unwrap_or(len);
    let span = |s: &Span| Span { class: s.class.clone(), start: at(s.start), end: at(s.end) };
    let mut spans: Vec<Span> = of.spans.iter().flatten().map(span).collect();
    spans.sort();
    Sample { text, spans: Some(spans), relations: Vec::new() }
}

/// Whether a sample is another, as far as a format holds relations, and the white space between tokens.
fn same(a: &Sample, b: &Sample, format: &str, related: bool) -> bool {
    if format.starts_with("conll") {
        return bare(a) == bare(b);
    }
    (&a.text, &a.spans) == (&b.text, &b.spans) && (!related || a.relations == b.relations)
}

#[test]
fn each_format_and_each_pair_of_two_comes_back_or_is_told() {
    let samples: Vec<Sample> = (0..ROWS).map(drawn).collect();
    for (name, selectors, declared) in FORMATS {
        let format = super::named(name).unwrap();
        let (files, lost) = written(format, &samples);
        let rules: BTreeSet<&str> = lost.iter().map(|l| l.rule).collect();
        assert!(rules.iter().all(|rule| declared.contains(rule)), "{name}: {rules:?}");
        let rows: BTreeSet<usize> = lost.iter().map(|l| l.row).collect();
        assert!(rows.len() < ROWS * 4 / 5, "{name} loses something of most rows");
        let back = read(format, *selectors, &files);
        assert_eq!(back.len(), ROWS, "{name}");
        for (row, (got, want)) in back.iter().zip(&samples).enumerate() {
            assert!(
                rows.contains(&row) || same(got, want, name, !selectors[2].is_empty()),
                "{name}: {got:?} is not {want:?}"
            );
        }
        for (other, theirs, _) in FORMATS {
            let second = super::named(other).unwrap();
            let (files, more) = written(second, &back);
            let both: BTreeSet<usize> = rows.iter().copied().chain(more.iter().map(|l| l.row)).collect();
            for (row, (got, want)) in read(second, *theirs, &files).iter().zip(&back).enumerate() {
                let good = both.contains(&row) || same(got, want, other, !theirs[2].is_empty());
                assert!(good, "{name} to {other}: {got:?} is not {want:?}");
            }
        }
    }
}
