//! `transcription`: what is said in a recording: a text and, where it is timed, segments in seconds.
//!
//! Judged: a segment that does not end after its start (`segment.degenerate`), that begins before the recording or
//! passes its end where the column `duration` says when that is (`segment.outside`), or that starts before the one
//! before it (`segment.order`). The text as a whole is never changed. Limits: segments may overlap, since two people
//! may speak at once; whether the segments together say the text is not judged; a plain text that is a JSON object is
//! read as one.
use super::super::compared;
use super::super::metric::OF_TEXTS;
use super::super::rules::texts::TEXT_RULES;
use super::kind::*;
use crate::model::transcripts::{Segment, Transcript};
use crate::table::{Cell, DataType, Value};

pub const KIND: Kind = Kind {
    name: "transcription",
    say: "What is said in a recording, as a text and, if it is timed, in segments.",
    form: "a text, or an object with `text` and `segments`: a list of objects with `start`, `end` (seconds) and `text`.",
    answer: Transcript::ty,
    takes,
    from_cell,
    from_text,
    problems: &[
        Problem::new(
            "outside",
            "A segment that passes the begin or the end of the recording. `fix` cuts off what is outside.",
        ),
        Problem::new("degenerate", "A segment that does not end after its start; nothing can mend it."),
        Problem {
            name: "order",
            say: "A segment that starts before the one before it. `fix` puts it in its place.",
            default: Respond::Fix,
            reading: false,
        },
    ],
    rules: TEXT_RULES,
    bounds: &["duration"],
    moves: None,
    joins: Some(joined),
    judge,
    classes: false,
    candidates: None,
    points: false,
    scale: false,
    on_text: false,
    on_shapes: false,
    names_ends: false,
    prose: true,
    methods: &[Method::Single],
    vote: None,
    metrics: OF_TEXTS,
    compare: |answers, metric, _| {
        let text = |a: &&Value| a.field("text").text().unwrap_or_default().to_string();
        compared::texts(&answers.iter().map(text).collect::<Vec<_>>(), metric)
    },
    words,
};

fn takes(ty: &DataType) -> Take {
    let timed = |fields: &[&str]| matches!(ty, DataType::Struct(own) if fields.iter().all(|f| own.find(f).is_some()));
    if *ty == DataType::Utf8 || timed(&["text", "segments"]) { Take::Yes } else { Take::No }
}

/// A plain text, or the text of a JSON object.
fn from_text(text: &str, reading: &mut Reading) -> Option<Value> {
    if text.starts_with('{')
        && let Some(object) = json(text)
    {
        return from_cell(&object, reading);
    }
    Some(Transcript { text: text.to_string(), segments: None }.into_value())
}

fn from_cell(cell: &Value, reading: &mut Reading) -> Option<Value> {
    let text = cell.field("text").text().map(str::to_string);
    let segments = match cell.field("segments") {
        Value::Null => Some(None),
        Value::List(items) => Some(Some(reading.shaped(items, segment_of, &[&["text"], &["start"], &["end"]]))),
        _ => None,
    };
    let transcript = text.zip(segments).map(|(text, segments)| Transcript { text, segments });
    if transcript.is_none() {
        reading.lose("vote.shape", "the answer has no `text`, or its `segments` are no list");
    }
    transcript.map(Transcript::into_value)
}

/// A segment; its times may be whole.
fn segment_of(v: &Value) -> Option<Segment> {
    let text = v.field("text").text()?.to_string();
    Some(Segment { start: number(v.field("start"))?, end: number(v.field("end"))?, text })
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let Transcript { text, segments } = Transcript::from_value(answer)?;
    let segments = segments.map(|all| {
        let mut good: Vec<Segment> = Vec::with_capacity(all.len());
        for (i, segment) in all.into_iter().enumerate() {
            let before = good.last().map_or(f64::NEG_INFINITY, |s| s.start);
            good.extend(judged(i + 1, segment, before, judge));
        }
        good.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)));
        good
    });
    Some(Transcript { text, segments }.into_value())
}

fn judged(n: usize, s: Segment, before: f64, judge: &mut Judge) -> Option<Segment> {
    if !s.lasts() {
        judge.note("degenerate", "segment.degenerate", format!("segment {n} does not end after its start"));
        return None;
    }
    let duration = judge.bounds.first().copied().flatten();
    let cut = Segment { start: s.start.max(0.0), end: duration.map_or(s.end, |d| s.end.min(d)), ..s };
    if (cut.start, cut.end) != (s.start, s.end) {
        let how = if cut.lasts() { "partly" } else { "wholly" };
        judge.note("outside", "segment.outside", format!("segment {n} lies {how} outside of the recording"));
        if !judge.mends("outside") || !cut.lasts() {
            return None;
        }
    }
    if cut.start < before {
        judge.note("order", "segment.order", format!("segment {n} starts before the one before it"));
        return judge.mends("order").then_some(cut);
    }
    Some(cut)
}

/// Two answers of which each has its own time, in the order of time; a text is then what is said in one after the other.
fn joined(one: &Value, other: &Value) -> Option<Value> {
    let timed = |v: &Value| Transcript::from_value(v)?.segments.filter(|all| !all.is_empty());
    let mut all: Vec<Segment> = [timed(one)?, timed(other)?].concat();
    all.sort_by(|a, b| a.start.total_cmp(&b.start).then(a.end.total_cmp(&b.end)));
    // ends are sums, so neighbours may seem to overlap by a rounding
    let apart = |pair: &[Segment]| matches!(pair, [a, b] if a.end <= b.start + 1e-6);
    if !all.iter().all(Segment::lasts) || !all.windows(2).all(apart) {
        return None;
    }
    let said = all.iter().map(|s| s.text.as_str()).filter(|text| !text.is_empty());
    Some(Transcript { text: said.collect::<Vec<_>>().join(" "), segments: Some(all) }.into_value())
}

/// `what is said (3 segments)`
fn words(answer: &Value) -> String {
    let Some(Transcript { text, segments }) = Transcript::from_value(answer) else { return String::new() };
    match segments.map(|s| s.len()) {
        None => text,
        Some(1) => format!("{text} (1 segment)"),
        Some(n) => format!("{text} ({n} segments)"),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of};
    use super::*;

    fn transcript(segments: Option<&[(f64, f64)]>) -> Value {
        let segment = |(start, end): &(f64, f64)| Segment { start: *start, end: *end, text: "so".into() };
        let segments = segments.map(|s| s.iter().map(segment).collect());
        Transcript { text: "so it is".into(), segments }.into_value()
    }

    fn judged(problems: &[(&str, Respond)], of: &[(f64, f64)]) -> (Value, Vec<&'static str>) {
        let problems = problems.iter().map(|(name, r)| (name.to_string(), *r)).collect();
        let mut judge = Judge { bounds: &[Some(9.0)], ..Judge::unbound("t", &[], &problems) };
        let left = (KIND.judge)(&transcript(Some(of)), &mut judge).unwrap();
        (left, rules_of(&judge.notes))
    }

    #[test]
    fn texts_and_objects_are_answers() {
        let map = Default::default();
        let mut reading = asking(&map);
        assert_eq!(KIND.read_text("so it is", &mut reading), Some(transcript(None)));
        assert_eq!(KIND.read_text(r#"{"text": "so it is"}"#, &mut reading), Some(transcript(None)));
        let json = r#"{"text": "so it is", "segments": [{"start": 0, "end": 1.5, "text": "so"}, {"start": 2}]}"#;
        assert_eq!(KIND.read_text(json, &mut reading), Some(transcript(Some(&[(0.0, 1.5)]))));
        let cell = transcript(Some(&[]));
        assert_eq!(KIND.read_cell(&cell, &mut reading), Some(cell));
        assert_eq!(rules_of(&reading.notes), ["vote.shape"]);
        assert!(KIND.read_text("{laughs} so", &mut reading).is_some(), "no JSON is a text");
        assert_eq!(KIND.read_text(r#"{"txt": "so"}"#, &mut reading), None);
        assert_eq!(KIND.read_text(r#"{"text": "so", "segments": 3}"#, &mut reading), None);
        assert_eq!(rules_of(&reading.notes), ["vote.shape"; 3]);
    }

    /// Lines of a manifest that speak of different stretches of one sound are one answer; those of one stretch are not.
    #[test]
    fn answers_of_different_times_are_joined() {
        let one = |start: f64, end: f64, text: &str| {
            let segment = Segment { start, end, text: text.into() };
            Transcript { text: text.into(), segments: Some(vec![segment]) }.into_value()
        };
        let both = joined(&one(0.3, 2.0, "is"), &one(0.0, 0.1 + 0.2, "so it")).unwrap();
        let both = Transcript::from_value(&both).unwrap();
        assert_eq!((both.text.as_str(), both.segments.map(|s| s[1].start)), ("so it is", Some(0.3)));
        assert_eq!(joined(&one(0.0, 1.0, "so"), &one(0.5, 1.0, "it")), None);
        assert_eq!(joined(&one(0.0, 1.0, "so"), &transcript(None)), None);
    }

    #[test]
    fn segments_are_judged_one_by_one() {
        let all = [(-1.0, 1.0), (2.0, 2.0), (3.0, f64::NAN), (4.0, 5.0), (3.0, 3.5), (8.0, 10.0), (9.5, 11.0)];
        let found = [
            "segment.outside",
            "segment.degenerate",
            "segment.degenerate",
            "segment.order",
            "segment.outside",
            "segment.outside",
        ];
        let (left, rules) = judged(&[], &all);
        assert_eq!((left, rules.as_slice()), (transcript(Some(&[(4.0, 5.0)])), found.as_slice()));
        let (left, rules) = judged(&[("outside", Respond::Fix), ("order", Respond::Review)], &all);
        let mended = [(0.0, 1.0), (3.0, 3.5), (4.0, 5.0), (8.0, 9.0)];
        assert_eq!((left, rules.as_slice()), (transcript(Some(&mended)), found.as_slice()));
        let overlap = [(0.0, 4.0), (1.0, 2.0)];
        assert_eq!(judged(&[], &overlap), (transcript(Some(&overlap)), vec![]));
    }

    #[test]
    fn without_times_or_a_duration_nothing_is_outside() {
        let problems = Default::default();
        let mut judge = Judge { bounds: &[None], ..Judge::unbound("t", &[], &problems) };
        for answer in [transcript(None), transcript(Some(&[(0.0, 1e9)]))] {
            assert_eq!((KIND.judge)(&answer, &mut judge), Some(answer));
        }
        assert!(judge.notes.is_empty());
    }

    #[test]
    fn answers_in_words() {
        assert_eq!(words(&transcript(None)), "so it is");
        assert_eq!(words(&transcript(Some(&[(0.0, 1.0)]))), "so it is (1 segment)");
    }
}
