//! A text with the spans of its tasks and its tokens, and changes of it under which they move.
use crate::measure::words::words;
use crate::model::edits::{Edit, Moved, move_span};
use crate::model::spans::Span;
use crate::model::tokens::Token;

/// A text and what lies on it. All places are Unicode scalar offsets.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Doc {
    pub text: Vec<char>,
    /// The spans of each task that lies on the text.
    pub spans: Vec<Vec<Span>>,
    /// The tokens that came with the sample.
    pub tokens: Option<Vec<Token>>,
}

/// A stretch of the text and what stands in its place. Changes of one text are sorted and do not overlap.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    pub start: u32,
    pub end: u32,
    pub with: Vec<char>,
}

impl Change {
    pub fn new(start: u32, end: u32, with: &str) -> Change {
        Change { start, end, with: with.chars().collect() }
    }

    fn len(&self) -> u32 {
        self.with.len() as u32
    }
}

impl Doc {
    /// The characters of a stretch.
    pub fn part(&self, start: u32, end: u32) -> &[char] {
        self.text.get(start as usize..end as usize).unwrap_or_default()
    }

    pub fn string(&self, start: u32, end: u32) -> String {
        self.part(start, end).iter().collect()
    }

    /// Whether each character, blanks too, is a token.
    fn by_character(&self) -> bool {
        let single = |(at, t): (usize, &Token)| t.start as usize == at && t.end as usize == at + 1;
        self.tokens.as_ref().is_some_and(|own| own.len() == self.text.len() && own.iter().enumerate().all(single))
    }
}

/// The changed text with its spans and tokens, and the edits that it came about by. `None` where a span of some task would have
/// no place: it lies partly in something replaced, or nothing of it is left.
pub fn changed(doc: &Doc, changes: &[Change]) -> Option<(Doc, Vec<Edit>)> {
    let edits: Vec<Edit> = changes.iter().map(|c| Edit { start: c.start, end: c.end, len: c.len() }).collect();
    let mut text = Vec::with_capacity(doc.text.len());
    let mut at = 0;
    for change in changes {
        text.extend_from_slice(doc.part(at, change.start));
        text.extend_from_slice(&change.with);
        at = change.end;
    }
    text.extend_from_slice(doc.part(at, doc.text.len() as u32));
    let moved = |span: &Span| match move_span(&edits, span.start, span.end) {
        Moved::At(start, end) => Some(Span { start, end, class: span.class.clone() }),
        Moved::Lost => None,
    };
    let spans = doc.spans.iter().map(|of| of.iter().map(moved).collect::<Option<_>>()).collect::<Option<_>>()?;
    let tokens = match &doc.tokens {
        Some(_) if doc.by_character() => Some((0..text.len() as u32).map(|n| Token { start: n, end: n + 1 }).collect()),
        Some(own) => Some(moved_tokens(own, changes, &edits, &text)?),
        None => None,
    };
    Some((Doc { text, spans, tokens }, edits))
}

/// Tokens in the changed text: those that stay, apart where a blank came into one, and the words of what was put in place of whole
/// tokens. `None` where a change begins or ends within a token and goes beyond it.
fn moved_tokens(own: &[Token], changes: &[Change], edits: &[Edit], text: &[char]) -> Option<Vec<Token>> {
    let mut out: Vec<Token> = Vec::with_capacity(own.len());
    let covers = |c: &Change, t: &Token| c.start <= t.start && t.end <= c.end;
    for token in own.iter().filter(|t| !changes.iter().any(|c| covers(c, t) && !within(c, t))) {
        let Moved::At(start, end) = move_span(edits, token.start, token.end) else { return None };
        apart(start, end, text, &mut out);
    }
    let mut shift = 0i64;
    for change in changes {
        let start = (i64::from(change.start) + shift) as u32;
        shift += i64::from(change.len()) - i64::from(change.end - change.start);
        if own.iter().any(|t| covers(change, t) && !within(change, t)) {
            let with: String = change.with.iter().collect();
            out.extend(words(&with).into_iter().map(|(a, b)| Token { start: start + a as u32, end: start + b as u32 }));
        }
    }
    out.sort_by_key(|t| (t.start, t.end));
    Some(out)
}

/// Whether a change is one of a single character within a token, or of a single-character token one for one: the token stays.
fn within(change: &Change, token: &Token) -> bool {
    change.end - change.start == 1 && token.end - token.start == 1 && change.with.len() == 1
}

/// Adds what a stretch holds between blanks.
fn apart(start: u32, end: u32, text: &[char], out: &mut Vec<Token>) {
    let mut from = start;
    for at in start..=end {
        let ends = at == end || text.get(at as usize).is_some_and(|c| c.is_whitespace());
        if ends {
            out.extend((from < at).then_some(Token { start: from, end: at }));
            from = at + 1;
        }
    }
}

/// A piece of the text that operations take as a whole: a word, or the part of one inside or outside of a span.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub start: u32,
    pub end: u32,
    /// What it is: `O`, `B-` or `I-` of a class, and `+O` for what is joined to a span before it, such as a particle.
    pub tag: String,
}

/// The pieces of a text: its words, cut at the borders of spans of one task. Of spans that overlap the first counts.
pub fn units(doc: &Doc, task: usize) -> Vec<Unit> {
    let text: String = doc.text.iter().collect();
    let mut spans: Vec<&Span> = doc.spans.get(task).into_iter().flatten().collect();
    spans.sort();
    spans.sort_by_key(|s| (s.start, s.end));
    let borders: Vec<u32> = spans.iter().flat_map(|s| [s.start, s.end]).collect();
    let mut out: Vec<Unit> = Vec::new();
    let mut opened: Option<(u32, u32)> = None;
    for (start, end) in words(&text) {
        let (start, end) = (start as u32, end as u32);
        let mut cuts: Vec<u32> = borders.iter().copied().filter(|b| start < *b && *b < end).chain([end]).collect();
        cuts.sort_unstable();
        cuts.dedup();
        let mut from = start;
        for to in cuts {
            let tag = match spans.iter().find(|s| s.start <= from && to <= s.end) {
                Some(s) if opened == Some((s.start, s.end)) => format!("I-{}", s.class),
                Some(s) => {
                    opened = Some((s.start, s.end));
                    format!("B-{}", s.class)
                }
                None if spans.iter().any(|s| s.end == from) => "+O".to_string(),
                None => "O".to_string(),
            };
            out.push(Unit { start: from, end: to, tag });
            from = to;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, end: u32, class: &str) -> Span {
        Span { start, end, class: class.into() }
    }

    fn doc(text: &str, spans: Vec<Span>) -> Doc {
        Doc { text: text.chars().collect(), spans: vec![spans], tokens: None }
    }

    #[test]
    fn spans_move_with_what_is_put_before_and_into_them() {
        let before = doc("김철수는 서울에 갔다", vec![span(0, 3, "PS"), span(5, 7, "LC")]);
        let (after, edits) = changed(&before, &[Change::new(0, 3, "을지문덕"), Change::new(3, 4, "은")]).unwrap();
        assert_eq!(after.text.iter().collect::<String>(), "을지문덕은 서울에 갔다");
        assert_eq!(after.spans[0], [span(0, 4, "PS"), span(6, 8, "LC")]);
        assert_eq!(edits, [Edit { start: 0, end: 3, len: 4 }, Edit { start: 3, end: 4, len: 1 }]);
        assert_eq!(changed(&before, &[Change::new(2, 6, "")]), None, "two spans would have lost a part");
        assert_eq!(changed(&before, &[Change::new(0, 3, "")]), None, "nothing of it would be left");
    }

    #[test]
    fn tokens_are_those_of_what_stands_there() {
        let words =
            |t: &Doc| t.tokens.as_ref().unwrap().iter().map(|t2| t.string(t2.start, t2.end)).collect::<Vec<_>>();
        let t = |start, end| Token { start, end };
        let mut before = doc("Anna met Bo.", vec![span(0, 4, "PS")]);
        before.tokens = Some(vec![t(0, 4), t(5, 8), t(9, 11), t(11, 12)]);
        let (after, _) = changed(&before, &[Change::new(0, 4, "Mary Ann")]).unwrap();
        assert_eq!(words(&after), ["Mary", "Ann", "met", "Bo", "."]);
        let (after, _) = changed(&before, &[Change::new(6, 6, " ")]).unwrap();
        assert_eq!(words(&after), ["Anna", "m", "et", "Bo", "."]);
        let (after, _) = changed(&before, &[Change::new(4, 8, "")]).unwrap();
        assert_eq!(words(&after), ["Anna", "Bo", "."]);
        assert!(changed(&before, &[Change::new(7, 10, "x")]).is_none(), "half of two tokens");
        before.tokens = Some((0..12).map(|n| t(n, n + 1)).collect());
        let (after, _) = changed(&before, &[Change::new(0, 4, "Jo")]).unwrap();
        assert_eq!(after.tokens.unwrap().len(), 10, "each character");
    }

    #[test]
    fn words_are_cut_where_spans_end() {
        let d = doc("김철수는 뉴 욕에 갔다", vec![span(0, 3, "PS"), span(5, 8, "LC")]);
        let found: Vec<_> = units(&d, 0).iter().map(|u| (d.string(u.start, u.end), u.tag.clone())).collect();
        let want = [("김철수", "B-PS"), ("는", "+O"), ("뉴", "B-LC"), ("욕", "I-LC"), ("에", "+O"), ("갔다", "O")];
        assert_eq!(found, want.map(|(a, b)| (a.to_string(), b.to_string())));
    }
}
