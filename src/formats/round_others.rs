//! The rest of the matrix of formats: answers that are neither shapes nor spans, written and read again; and that each kind of label that a
//! format writes is in one of the three lists.
#[cfg(test)]
use super::options::Options;
use super::reader::Unit;
use super::round::{Dice, SHAPES, is_both};
use super::writer::{Lost, Sheet};
use super::{FORMATS, Format, round_texts};
use crate::model::boxes::Box2;
use crate::model::replies::Reply;
use crate::model::shapes::CAPTIONS;
use crate::model::transcripts::{Segment, Transcript};
use crate::table::{ArrayRef, Cell, Value, array_of, cells};
use serde_json::Value as Json;
use std::collections::BTreeSet;

const ROWS: usize = 60;

/// A format, a kind of label that it writes, the rules of what it loses, and how it is held against what it wrote.
type Other = (&'static str, &'static str, &'static [&'static str], fn(&Format, &[&str], &mut Dice));

/// A format that writes another kind of label enters with a line here.
const OTHERS: &[Other] = &[
    ("label_studio", "classification", &[], classification),
    ("label_studio", "classes", &[], classes),
    ("label_studio", "rating", &[], rating),
    (
        "textgrid",
        "transcription",
        &["textgrid.overlap", "textgrid.untimed", "textgrid.text", "textgrid.silence", "textgrid.unlabelled"],
        transcription,
    ),
    ("coco", "answer", &["coco.none"], captions),
    ("image_objects", "object_detection", &["image_objects.flags", "image_objects.unlabelled"], listed),
];

/// Labels that are held against what was written by a test of their own: its place, and why they are not in the matrix.
const ALONE: &[(&str, &str, &str)] = &[
    ("coco", "oriented_detection", "tests/cases/release/oriented: all become polygons, and each row is told"),
    ("conll2003", "ner", "conll/conll2003.rs: its sentences are in documents"),
    ("conllu", "ner", "conll/conllu.rs: its texts have their own white space"),
];

#[test]
fn every_label_that_a_format_writes_is_held_against_what_it_wrote() {
    let mut missing = Vec::new();
    for format in FORMATS {
        for kind in format.writer.iter().flat_map(|w| w.needs.label) {
            let shapes = is_both(format, kind);
            let texts = *kind == "ner" && round_texts::FORMATS.iter().any(|(name, ..)| *name == format.name);
            let others = OTHERS.iter().any(|(name, of, ..)| (name, of) == (&format.name, kind));
            let alone = ALONE.iter().any(|(name, of, _)| (name, of) == (&format.name, kind));
            if !shapes && !texts && !others && !alone {
                missing.push((format.name, *kind));
            }
        }
    }
    assert!(missing.is_empty(), "nothing reads what these write: {missing:?}");
    assert!(FORMATS.iter().any(|f| SHAPES.iter().all(|(kind, _)| *kind == "oriented_detection" || is_both(f, kind))));
}

#[test]
fn other_answers_come_back_or_are_told() {
    for (name, kind, declared, held) in OTHERS {
        held(super::named(name).unwrap(), declared, &mut Dice(kind.len() as u64 * 1_000_000));
    }
}

fn word(dice: &mut Dice) -> String {
    const WORDS: &[&str] = &["a", "b & \"c\"", "고양이", "7", "so, so", "x=y", " end"];
    WORDS[dice.below(WORDS.len() as u64) as usize].to_string()
}

fn sheet_of(label: ArrayRef) -> Sheet {
    let mut sheet = Sheet { rows: ROWS, ..Sheet::default() };
    let names = |what: &str| array_of((0..ROWS).map(|n| Some(format!("s{n:03}{what}"))));
    for (role, array) in [("id", names("")), ("text", names(" text")), ("file", names(".png")), ("label", label)] {
        sheet.roles.insert(role.into(), array);
    }
    for side in ["width", "height"] {
        sheet.roles.insert(side.into(), array_of((0..ROWS).map(|_| Some(640u32))));
    }
    sheet
}

/// Holds what was read against what was written, but for rows that are told by rules that the format declares.
fn hold<T: PartialEq + std::fmt::Debug>(
    format: &Format,
    declared: &[&str],
    lost: &[Lost],
    (got, want): (&[Option<T>], &[Option<T>]),
) {
    let rules: BTreeSet<&str> = lost.iter().map(|l| l.rule).collect();
    assert!(rules.iter().all(|rule| declared.contains(rule)), "{}: {rules:?}", format.name);
    assert!(rules.len() == declared.len(), "{} is not seen to lose all that it may: {rules:?}", format.name);
    let rows: BTreeSet<usize> = lost.iter().map(|l| l.row).collect();
    assert!(rows.len() < ROWS * 4 / 5, "{} loses something of most rows", format.name);
    assert_eq!(got.len(), ROWS, "{}", format.name);
    for (row, (got, want)) in got.iter().zip(want).enumerate() {
        assert!(rows.contains(&row) || got == want, "{}: {got:?} is not {want:?}", format.name);
    }
}

/// What somebody said by the control `label` of each task; nothing where nobody did.
fn said(format: &Format, label: ArrayRef) -> (Vec<Option<String>>, Vec<Lost>) {
    let (files, lost) = round_texts::files_of(format, &sheet_of(label));
    (round_texts::column(format, "answers.label", &files[0].1, ""), lost)
}

fn classification(format: &Format, declared: &[&str], dice: &mut Dice) {
    let want: Vec<Option<String>> = (0..ROWS).map(|n| (n % 10 > 0).then(|| word(dice))).collect();
    let (got, lost) = said(format, array_of(want.clone()));
    hold(format, declared, &lost, (&got, &want));
}

fn classes(format: &Format, declared: &[&str], dice: &mut Dice) {
    let some = |dice: &mut Dice| {
        let all: BTreeSet<String> = (0..dice.below(4)).map(|_| word(dice)).collect();
        all.into_iter().collect::<Vec<_>>()
    };
    let want: Vec<Option<Vec<String>>> = (0..ROWS).map(|n| (n % 10 > 0).then(|| some(dice))).collect();
    let (got, lost) = said(format, array_of(want.clone()));
    // one class is a text, as a task of this kind reads one
    let list = |text: String| serde_json::from_str(&text).unwrap_or(vec![text]);
    let got: Vec<Option<Vec<String>>> = got.into_iter().map(|text| text.map(list)).collect();
    hold(format, declared, &lost, (&got, &want));
}

fn rating(format: &Format, declared: &[&str], dice: &mut Dice) {
    let want: Vec<Option<f64>> = (0..ROWS).map(|n| (n % 10 > 0).then(|| dice.below(50) as f64 / 4.0 - 3.0)).collect();
    let (got, lost) = said(format, array_of(want.clone()));
    let got: Vec<Option<f64>> = got.into_iter().map(|text| text.map(|text| text.parse().unwrap())).collect();
    hold(format, declared, &lost, (&got, &want));
}

fn transcription(format: &Format, declared: &[&str], dice: &mut Dice) {
    let segment = |dice: &mut Dice, at: &mut f64| {
        let start = *at + dice.below(3) as f64 / 8.0;
        *at = start + dice.below(20) as f64 / 16.0;
        let back = if dice.below(12) == 0 { 0.5 } else { 0.0 };
        *at -= if *at > back { back } else { 0.0 };
        let text =
            ["so", "it \"is\"", "네\n그래요", "", "well "][[0, 1, 2, 0, 1, 2, 0, 1, 3, 4][dice.below(10) as usize]];
        Segment { start, end: start.max(*at), text: text.into() }
    };
    let one = |dice: &mut Dice| {
        let mut at = 0.0;
        let segments: Vec<Segment> = (0..dice.below(4)).map(|_| segment(dice, &mut at)).collect();
        let mut text = segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
        text.push_str(if dice.below(12) == 0 { " more" } else { "" });
        Transcript { text, segments: (dice.below(10) > 0).then_some(segments) }
    };
    let want: Vec<Option<Transcript>> = (0..ROWS).map(|n| (n % 10 > 0).then(|| one(dice))).collect();
    let (files, lost) = round_texts::files_of(format, &sheet_of(array_of(want.clone())));
    let read = |(_, bytes): &(String, Vec<u8>)| {
        cells::<Transcript>(round_texts::array(format, "transcript", bytes, "").as_ref()).remove(0)
    };
    let got: Vec<Option<Transcript>> = files.iter().map(read).collect();
    hold(format, declared, &lost, (&got, &want));
    // what was read is written as it stands
    let (again, more) = round_texts::files_of(format, &sheet_of(array_of(got.clone())));
    assert!(more.iter().all(|l| l.rule != "textgrid.overlap") && again.len() == files.len());
    assert_eq!(again.iter().map(read).collect::<Vec<_>>(), got);
}

fn captions(format: &Format, declared: &[&str], dice: &mut Dice) {
    let some = |dice: &mut Dice| Reply { text: (0..dice.below(4)).map(|_| word(dice)).collect() };
    let want: Vec<Option<Reply>> = (0..ROWS).map(|n| (n % 10 > 0).then(|| some(dice))).collect();
    let (files, lost) = round_texts::files_of(format, &sheet_of(array_of(want.clone())));
    let options = Options::default().with_shapes(vec![CAPTIONS.to_string()]);
    let unit = Unit { row: 0, bytes: &files[0].1, context: None, path: "", stem: "" };
    let read = (format.sidecar.as_ref().unwrap().read)(&options, 64, &unit).unwrap();
    let reply = |cell: Value| Some(Reply { text: Vec::from_value(&cell)? });
    let got: Vec<Option<Reply>> = read.of.into_iter().map(|d| reply(d.unwrap().shapes.take(CAPTIONS).0)).collect();
    hold(format, declared, &lost, (&got, &want));
}

/// Lists side by side, as the tasks of boxes read a column of a table.
fn listed(format: &Format, declared: &[&str], dice: &mut Dice) {
    let one = |dice: &mut Dice| {
        let [x, y, w, h] = [0; 4].map(|_| dice.below(1000) as f64 / 8.0);
        let flags = if dice.below(12) == 0 { vec!["crowd".to_string()] } else { Vec::new() };
        Box2 { class: word(dice), x1: x, y1: y, x2: x + w + 1.0, y2: y + h + 1.0, flags }
    };
    let some = |dice: &mut Dice| (0..dice.below(4)).map(|_| one(dice)).collect::<Vec<_>>();
    let want: Vec<Option<Vec<Box2>>> = (0..ROWS).map(|n| (n % 10 > 0).then(|| some(dice))).collect();
    let (files, lost) = round_texts::files_of(format, &sheet_of(array_of(want.clone())));
    let line = |line: &[u8]| -> Option<Vec<Box2>> {
        let line: Json = serde_json::from_slice(line).unwrap();
        let boxes: Vec<[f64; 4]> = serde_json::from_value(line.get("objects")?.get("bbox")?.clone()).unwrap();
        let classes: Vec<String> = serde_json::from_value(line["objects"]["categories"].clone()).unwrap();
        let of = |([x, y, w, h], class): ([f64; 4], String)| Box2 {
            class,
            x1: x,
            y1: y,
            x2: x + w,
            y2: y + h,
            flags: Vec::new(),
        };
        Some(boxes.into_iter().zip(classes).map(of).collect())
    };
    let got: Vec<_> = files[0].1.split(|b| *b == b'\n').filter(|l| !l.is_empty()).map(line).collect();
    hold(format, declared, &lost, (&got, &want));
}
