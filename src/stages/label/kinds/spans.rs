//! `ner`: spans of a text, each with a class. They are given as tags, one a token, or as objects (`class`, `start`,
//! `end`) in characters, end exclusive.
//!
//! Judged: an undeclared class, no characters, an end past the text. Limits: spans may overlap; a span in one part.
use super::super::compared::{self, Compared};
use super::super::metric::{Metric, OF_SPANS};
use super::super::rules::spans::SPAN_RULES;
use super::super::voted;
use super::kind::*;
use crate::formats::conll::sentence::{self as conll, TagSpan};
use crate::model::edits::{Moved, move_span};
use crate::model::spans::{Ruler, Span, Unit};
use crate::model::tokens::Token;
use crate::table::{Cell, DataType, Value};

pub const KIND: Kind = Kind {
    name: "ner",
    say: "Spans of the text, each with a class.",
    form: "a list of objects with `class` (or `label`, `tag`, `type`), `start`, `end` (characters, end exclusive), or of \
           `[start, end, class]`; in a column also a tag for each token.",
    answer: Vec::<Span>::ty,
    takes,
    from_cell: |cell, reading| from_list(cell, reading, spans),
    from_text: |text, reading| from_json_list(text, reading, spans),
    problems: &[
        Problem {
            name: "bio",
            say: "Tags that their scheme does not allow where they stand. `fix` reads them as conlleval does. A tag of no known \
                  form is a lost annotation.",
            default: Respond::Fix,
            reading: true,
        },
        CLASS,
        Problem::new("outside", "A span that passes the end of the text. `fix` cuts off what is outside."),
        Problem::new("empty", "A span that holds no character; nothing can mend it."),
    ],
    rules: SPAN_RULES,
    bounds: &[],
    moves: None,
    joins: None,
    judge,
    classes: true,
    candidates: None,
    points: false,
    scale: false,
    on_text: true,
    on_shapes: false,
    names_ends: false,
    prose: false,
    methods: &[Method::Single, Method::Vote],
    vote: Some(voted::same::<Span>),
    metrics: OF_SPANS,
    compare,
    words,
};

fn compare(answers: &[&Value], metric: Metric, chars: Option<u32>) -> Compared {
    let answers: Vec<Vec<Span>> = answers.iter().map(|a| Vec::from_value(a).unwrap_or_default()).collect();
    let marked = |spans: &'_ Vec<Span>| spans.iter().map(|s| (s.class.clone(), s.start, s.end)).collect();
    compared::spans(&answers.iter().map(marked).collect::<Vec<_>>(), metric, chars)
}

fn takes(ty: &DataType) -> Take {
    let tags = matches!(ty, DataType::List(item) if [DataType::Utf8, DataType::Int64].contains(item.data_type()));
    if tags { Take::WithTokens } else { list_with(ty, &[CLASSES, STARTS, ENDS]) }
}

/// The names under which a span may have its ends.
const STARTS: &[&str] = &["start", "start_offset", "start_char", "begin"];
const ENDS: &[&str] = &["end", "end_offset", "end_char"];

/// A span as its source has it.
pub(super) struct Stored {
    /// Its ends count in the unit of the source.
    span: Span,
    /// The text that it covers, where the source says that, too.
    surface: Option<String>,
    /// That was worked out of the text that was answered, and so counts in characters.
    worked_out: bool,
}

/// A span as an object, or as `[start, end, class]`.
pub(super) fn stored_of(v: &Value) -> Option<Stored> {
    let (class, start, end) = match v {
        Value::List(parts) => match parts.as_slice() {
            [start, end, class] => (class_name(class), start, end),
            _ => return None,
        },
        _ => (class_of(v), first_of(v, STARTS), first_of(v, ENDS)),
    };
    let span = Span { class: class?, start: offset(start)?, end: offset(end)? };
    let own = first_of(v, &["text", "surface"]).text().map(str::to_string);
    let (worked_out, covers) = (own.is_none(), v.field("covers").text().map(str::to_string));
    Some(Stored { span, surface: own.or(covers), worked_out })
}

/// A place in a text; tables write whole numbers with a point where a column has gaps.
fn offset(v: &Value) -> Option<u32> {
    let at = number(v).filter(|x| x.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(x));
    at.map(|x| x as u32)
}

/// Spans in the present text, in the order of (start, end, class).
fn spans(items: &[Value], reading: &mut Reading) -> Vec<Span> {
    let tag = |v: &Value| match v {
        Value::Text(_) | Value::Int(_) | Value::Float(_) => v.key_text(),
        _ => None,
    };
    let tags: Option<Vec<String>> = items.iter().map(tag).collect();
    let mut moved = match tags {
        Some(tags) if !tags.is_empty() => moved(tagged(tags, reading), reading),
        _ => {
            let stored = reading.shaped(items, stored_of, &[CLASSES, STARTS, ENDS]);
            placed(stored, reading)
        }
    };
    moved.iter_mut().for_each(|s| s.class = reading.mapped(&s.class));
    moved.sort();
    moved
}

/// Where a stored span lies in the present text, with its class as the task's source has it; `None` if it is lost.
pub(super) fn placed_one(stored: Stored, reading: &mut Reading) -> Option<Span> {
    placed(vec![stored], reading).pop()
}

/// Where stored spans lie in the present text; one that does not cover the text that its source says it covers is lost.
fn placed(stored: Vec<Stored>, reading: &mut Reading) -> Vec<Span> {
    let mut stored = stored;
    if reading.unit != Unit::Characters {
        stored.iter_mut().filter(|s| s.worked_out).for_each(|s| s.surface = None);
    }
    let says = stored.iter().any(|s| s.surface.is_some());
    let text = reading.text.as_deref().filter(|_| says);
    let chars: Vec<char> = text.unwrap_or_default().chars().collect();
    let fits = fitting(&stored, &chars, reading);
    let mut out = Vec::with_capacity(stored.len());
    for Stored { span: own, surface, .. } in in_characters(stored, reading) {
        let touched = reading.edits.iter().any(|e| e.start < own.end && e.end > own.start);
        let Some(span) = moved(vec![own.clone()], reading).pop() else { continue };
        if let (Some(surface), true) = (surface, reading.text.is_some()) {
            // of a stretch that was changed since it was collected, its length is known
            let covered = if touched { None } else { chars.get(span.start as usize..span.end as usize) };
            let same = match covered {
                Some(covered) => same_words(covered.iter().copied(), &surface),
                None => {
                    touched
                        && (surface.contains(char::is_whitespace)
                            || surface.chars().count() as u32 == own.end - own.start)
                }
            };
            if !same {
                let say = format!(
                    "the text at {}..{} (characters) is not what the span covers in its source",
                    own.start, own.end
                );
                reading.lose("span.text", say + &fits);
                continue;
            }
        }
        out.push(span);
    }
    out
}

/// The spans with their ends in characters of the collected text; those whose ends cannot be told are lost.
fn in_characters(stored: Vec<Stored>, reading: &mut Reading) -> Vec<Stored> {
    let (unit, Some(text)) = (reading.unit, reading.text.clone()) else { return stored };
    if unit == Unit::Characters {
        return stored;
    }
    // behind the first change the collected text is not known
    let known = reading.edits.first().map_or(u32::MAX, |e| e.start);
    let ruler = Ruler::of(&text.chars().take(known as usize).collect::<String>(), unit);
    let mut out = Vec::with_capacity(stored.len());
    for Stored { span, surface, worked_out } in stored {
        match (ruler.characters(span.start), ruler.characters(span.end)) {
            (Some(start), Some(end)) => out.push(Stored { span: Span { start, end, ..span }, surface, worked_out }),
            _ => {
                let why = match known {
                    u32::MAX => "begins or ends within a character, or outside of the text",
                    _ => "lies behind a change of the text, so that its place cannot be told",
                };
                reading.lose("span.unit", format!("the span {}..{} ({}) {why}", span.start, span.end, unit.name()));
            }
        }
    }
    out
}

/// Words on the unit in which all surfaces of an answer lie where they should, if it is another than the declared one.
fn fitting(stored: &[Stored], chars: &[char], reading: &Reading) -> String {
    let told: Vec<(&Span, &String)> = stored.iter().filter_map(|s| Some((&s.span, s.surface.as_ref()?))).collect();
    if told.is_empty() || reading.text.is_none() || !reading.edits.is_empty() {
        return String::new();
    }
    let text = reading.text.as_deref().unwrap_or_default();
    let fits = |unit: Unit| {
        let ruler = Ruler::of(text, unit);
        let end = |at| ruler.characters(at).map(|n| n as usize);
        told.iter().all(|(s, surface)| {
            let covered = end(s.start).zip(end(s.end)).and_then(|(a, b)| chars.get(a..b));
            covered.is_some_and(|covered| same_words(covered.iter().copied(), surface))
        })
    };
    if fits(reading.unit) {
        return String::new();
    }
    let other = Unit::ALL.into_iter().find(|unit| *unit != reading.unit && fits(*unit));
    other.map_or(String::new(), |unit| format!("; all spans of the answer fit with `unit = \"{}\"`", unit.name()))
}

/// Whether a stretch of the text is what a source says that it is. Tools write a run of white space as one space.
pub(in super::super) fn same_words(covered: impl Iterator<Item = char>, surface: &str) -> bool {
    squeezed(covered) == squeezed(surface.chars())
}

fn squeezed(text: impl Iterator<Item = char>) -> String {
    let mut out = String::new();
    for c in text {
        match c.is_whitespace() {
            false => out.push(c),
            true if out.ends_with(' ') => {}
            true => out.push(' '),
        }
    }
    out
}

/// Spans of characters from one tag for each token.
fn tagged(tags: Vec<String>, reading: &mut Reading) -> Vec<Span> {
    if tags.len() != reading.tokens.len() {
        reading.lose("bio.tokens", format!("{} tags for {} tokens", tags.len(), reading.tokens.len()));
        return Vec::new();
    }
    let scheme = reading.scheme;
    let nameless = tags.iter().filter(|tag| whole(named(reading.names, tag)).is_some()).count();
    if nameless > 0 {
        reading.lose(
            "bio.number",
            format!("{nameless} of {} tags are numbers that no name in `class_names` has", tags.len()),
        );
        return Vec::new();
    }
    let tags: Vec<String> = tags.iter().map(|tag| named(reading.names, tag).to_string()).collect();
    let (found, problems) = conll::spans(&tags, scheme);
    for problem in &problems {
        reading.malformed(format!("token {}: {}", problem.token + 1, problem.say));
    }
    let goes = |s: &TagSpan| problems.iter().any(|p| (s.start_token..s.end_token).contains(&p.token));
    let (all, unread) = (found.len(), problems.iter().filter(|p| p.unread).count());
    let kept: Vec<TagSpan> = found.into_iter().filter(|s| reading.bio != Respond::Drop || !goes(s)).collect();
    reading.lost += (all - kept.len() + unread) as u32;
    kept.into_iter().filter_map(|s| characters(s, &reading.tokens)).collect()
}

fn characters(s: TagSpan, tokens: &[Token]) -> Option<Span> {
    let (first, last) = (tokens.get(s.start_token)?, tokens.get(s.end_token.checked_sub(1)?)?);
    Some(Span { class: s.class, start: first.start, end: last.end })
}

/// The spans in the present text; those without a place there are findings.
fn moved(spans: Vec<Span>, reading: &mut Reading) -> Vec<Span> {
    let mut out = Vec::with_capacity(spans.len());
    for s in spans {
        if reading.edits.is_empty() || s.start >= s.end {
            out.push(s);
            continue;
        }
        match move_span(&reading.edits, s.start, s.end) {
            Moved::At(start, end) => out.push(Span { start, end, ..s }),
            Moved::Lost => {
                let say = format!("the text under the span {}..{} (as collected) was replaced", s.start, s.end);
                reading.lose("span.lost", say);
            }
        }
    }
    out
}

fn judge(answer: &Value, judge: &mut Judge) -> Option<Value> {
    let spans = Vec::<Span>::from_value(answer)?.into_iter().enumerate();
    let mut good: Vec<Span> = spans.filter_map(|(i, s)| judged(i + 1, s, judge)).collect();
    good.sort();
    Some(good.into_value())
}

fn judged(n: usize, s: Span, judge: &mut Judge) -> Option<Span> {
    judge.item = n;
    let class = judge.class(&s.class, || format!("span {n}"))?;
    let s = Span { class, ..s };
    if s.start >= s.end {
        judge.note("empty", "span.empty", format!("span {n} ({}..{}) holds no character", s.start, s.end));
        return None;
    }
    let Some(len) = judge.chars.filter(|len| s.end > *len) else { return Some(s) };
    let say = format!("span {n} ({}..{}) passes the end of a text of {len} characters", s.start, s.end);
    judge.note("outside", "span.outside", say);
    (judge.mends("outside") && s.start < len).then_some(Span { end: len, ..s })
}

/// `PS 3..6, LC 10..12`
fn words(answer: &Value) -> String {
    let spans = Vec::<Span>::from_value(answer).unwrap_or_default();
    spans.iter().map(|s| format!("{} {}..{}", s.class, s.start, s.end)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{asking, rules_of, spans};
    use super::*;
    use crate::model::edits::Edit;
    use crate::stage::Act;

    /// The answer of tags for three tokens of two characters each, and what was found.
    fn tagged(bio: Respond, edits: Vec<Edit>, tags: &[&str]) -> (Value, Vec<Act>) {
        let map = Default::default();
        let tokens = (0..3).map(|i| Token { start: 2 * i, end: 2 * i + 2 }).collect();
        let mut reading = Reading { bio, tokens, edits, ..asking(&map) };
        let tags = Value::List(tags.iter().map(|t| Value::Text(t.to_string())).collect());
        let answer = KIND.read_cell(&tags, &mut reading).unwrap_or(Value::Null);
        (answer, reading.notes.into_iter().map(|n| n.act).collect())
    }

    #[test]
    fn tags_become_spans_that_move_with_the_text() {
        let edits = vec![Edit { start: 2, end: 4, len: 1 }];
        let moved = tagged(Respond::Fix, edits, &["B-A", "I-A", "B-B"]);
        assert_eq!(moved, (spans(&[("A", 0, 3), ("B", 3, 5)]), vec![]));
        assert_eq!(tagged(Respond::Fix, vec![], &["O", "O", "B-B"]).0, spans(&[("B", 4, 6)]));
        assert_eq!(tagged(Respond::Fix, vec![], &["O", "O"]), (Value::Null, vec![Act::Finding]), "too few");
    }

    #[test]
    fn broken_tags_are_dropped_or_mended() {
        let tags = ["B-A", "I-B", "B-A"];
        let broken = |bio, tags: &[&str]| tagged(bio, vec![], tags);
        assert_eq!(broken(Respond::Drop, &tags), (spans(&[("A", 0, 2), ("A", 4, 6)]), vec![Act::Finding]));
        assert_eq!(broken(Respond::Fix, &tags).0, spans(&[("A", 0, 2), ("B", 2, 4), ("A", 4, 6)]));
        assert_eq!(broken(Respond::Review, &tags).1, [Act::Review]);
        assert_eq!(broken(Respond::Fail, &["O", "x", "O"]), (Value::Null, vec![Act::Fail]), "who knows what `x` says");
    }

    #[test]
    fn a_span_in_replaced_text_is_lost() {
        let map = Default::default();
        let mut reading = Reading { edits: vec![Edit { start: 1, end: 4, len: 2 }], ..asking(&map) };
        let json = r#"[{"class": "B", "start": 5, "end": 6}, {"class": "A", "start": 2, "end": 5}, {"class": "A"}]"#;
        assert_eq!(KIND.read_text(json, &mut reading), Some(spans(&[("B", 4, 5)])));
        assert_eq!(reading.notes.iter().map(|n| n.rule).collect::<Vec<_>>(), ["vote.shape", "span.lost"]);
        assert_eq!(KIND.read_text("nothing", &mut reading), None);
        assert_eq!(KIND.read_text("[]", &mut reading), Some(spans(&[])));
    }

    /// What is found, and said, of spans in `😀😀 Kim ran` as one tool writes them.
    fn stored(unit: Unit, edits: Vec<Edit>, json: &str) -> (Option<Value>, Vec<String>) {
        let map = Default::default();
        let text = Some("\u{1f600}\u{1f600} Kim ran".to_string());
        let mut reading = Reading { text, unit, edits, ..asking(&map) };
        let answer = KIND.read_text(json, &mut reading);
        (answer, reading.notes.into_iter().map(|n| format!("{}: {}", n.rule, n.say)).collect())
    }

    #[test]
    fn spans_are_held_against_what_they_say_they_cover() {
        let kim = r#"[{"label": "PS", "start": 3, "end": 6, "text": "Kim"}]"#;
        assert_eq!(stored(Unit::Characters, vec![], kim), (Some(spans(&[("PS", 3, 6)])), vec![]));
        let wide = r#"[{"label": "PS", "start": 5, "end": 8, "text": "Kim"}]"#;
        assert_eq!(stored(Unit::Utf16, vec![], wide), (Some(spans(&[("PS", 3, 6)])), vec![]));
        let (answer, said) = stored(Unit::Characters, vec![], wide);
        assert_eq!(answer, None);
        assert!(said[0].starts_with("span.text: ") && said[0].ends_with("fit with `unit = \"utf16\"`"), "{said:?}");
        let (_, said) = stored(Unit::Utf16, vec![], r#"[[1, 3, "PS"]]"#);
        assert!(said[0].starts_with("span.unit: the span 1..3 (utf16) begins or ends within a character"), "{said:?}");
    }

    #[test]
    fn behind_a_change_of_the_text_other_units_have_no_place() {
        let edits = || vec![Edit { start: 3, end: 9, len: 3 }];
        let (answer, said) = stored(Unit::Utf16, edits(), r#"[[0, 4, "A"], [12, 14, "B"]]"#);
        assert_eq!(answer, Some(spans(&[("A", 0, 2)])));
        assert!(said[0].contains("lies behind a change of the text"), "{said:?}");
        let covered = r#"[{"label": "PS", "start": 3, "end": 9, "text": "Kimber"}]"#;
        assert_eq!(stored(Unit::Characters, edits(), covered), (Some(spans(&[("PS", 3, 6)])), vec![]));
        let other = r#"[{"label": "PS", "start": 3, "end": 9, "text": "Kim"}]"#;
        assert_eq!(stored(Unit::Characters, edits(), other).0, None, "as long as it says it is not");
    }

    #[test]
    fn spans_are_judged_one_by_one() {
        let answer = spans(&[("RBC", 0, 3), ("rbc", 1, 2), ("WBC", 2, 2), ("WBC", 4, 9), ("RBC", 5, 7)]);
        let (classes, problems) = (["RBC", "WBC"].map(String::from), Default::default());
        let mut judge = Judge { chars: Some(5), ..Judge::unbound("t", &classes, &problems) };
        assert_eq!((KIND.judge)(&answer, &mut judge), Some(spans(&[("RBC", 0, 3)])));
        let found = ["class.undeclared", "span.empty", "span.outside", "span.outside"];
        assert_eq!(rules_of(&judge.notes), found);
        assert_eq!(judge.notes[0].key, "label.t.problems.class");
        assert!(judge.notes[0].say.contains("`RBC`"));
        let problems = [("outside".into(), Respond::Fix), ("class".into(), Respond::Review)].into();
        let mut judge = Judge { chars: Some(5), ..Judge::unbound("t", &classes, &problems) };
        let mended = spans(&[("RBC", 0, 3), ("RBC", 1, 2), ("WBC", 4, 5)]);
        assert_eq!((KIND.judge)(&answer, &mut judge), Some(mended));
        assert_eq!(judge.notes[0].act, Act::Review);
    }

    #[test]
    fn answers_in_words() {
        assert_eq!(words(&spans(&[("PS", 3, 6), ("LC", 7, 9)])), "PS 3..6, LC 7..9");
    }
}
