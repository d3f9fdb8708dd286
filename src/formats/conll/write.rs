//! Samples become sentences with tags.
use crate::formats::back::each_line;
use crate::formats::writer::{Lost, Sheet};
use crate::model::edits::{Edit, Moved, move_span};
use crate::model::spans::{Scheme, Span};
use crate::model::tokens::Token;
use std::io::BufRead;

/// The sentences of a piece. Tokens are those that were collected, moved with the text; where a sample has none, each
/// character that is no white space is one.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (ids, texts) = (sheet.cells::<String>("id"), sheet.cells::<String>("text"));
    let mut tokens = sheet.cells::<Vec<Token>>("tokens").into_iter();
    let mut edits = sheet.cells::<Vec<Edit>>("edits").into_iter();
    let mut spans = sheet.cells::<Vec<Span>>("label").into_iter();
    let mut out = String::new();
    for (row, (id, text)) in ids.into_iter().zip(texts).enumerate() {
        let chars: Vec<char> = text.unwrap_or_default().chars().collect();
        let moved = moved_tokens(tokens.next().flatten(), edits.next().flatten(), &chars);
        let words: Vec<String> =
            moved.iter().map(|t| chars.get(t.0..t.1).unwrap_or_default().iter().collect()).collect();
        let spans = spans.next().flatten().unwrap_or_default();
        let mut of: Vec<(&str, usize, usize)> = Vec::new();
        for s in &spans {
            of.extend(covered(&moved, s.start, s.end).map(|(a, b)| (s.class.as_str(), a, b)));
        }
        let (tags, held) = tags(words.len(), &of, sheet.scheme);
        let (id, words): (String, Vec<&str>) = (id.unwrap_or_default(), words.iter().map(String::as_str).collect());
        let mut lose = |n: usize, rule, why: &str| {
            if n > 0 {
                lost.push(Lost { row, rule, say: format!("{why}: {n}") });
            }
        };
        lose(spans.len() - held, "conll.spans", "spans left out, since tags hold no two on one token");
        let wider = spans.iter().filter(|s| is_wider(&moved, s)).count();
        lose(wider, "conll.edges", "spans that begin or end within a token, and take all of it here");
        let broken = words.iter().filter(|w| w.contains(BREAKS)).count();
        lose(broken, "conll.token", "tokens with a tab or a line break, which is a space here");
        let wide = |c: char| c.is_whitespace() && !c.is_ascii() && !BREAKS.contains(&c);
        let wide = words.iter().filter(|w| w.contains(wide)).count();
        lose(wide, "conll.space", "tokens with a white space such as U+00A0, at which some readers cut");
        lose(usize::from(words.is_empty()), "conll.empty", "samples without tokens, which are a comment alone here");
        write(&words, &tags, &id, &mut out);
    }
    Ok(out.into_bytes())
}

/// Where the collected tokens stand in the text as it is now. Text that no token covers any more (a mask) is a token of
/// its own, so that nothing of the text is lost.
fn moved_tokens(tokens: Option<Vec<Token>>, edits: Option<Vec<Edit>>, chars: &[char]) -> Vec<(usize, usize)> {
    let edits = edits.unwrap_or_default();
    let Some(tokens) = tokens else {
        return (0..chars.len()).filter(|i| !chars[*i].is_whitespace()).map(|i| (i, i + 1)).collect();
    };
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut at = 0usize;
    let gap = |out: &mut Vec<(usize, usize)>, from: usize, to: usize| {
        let inner: Vec<usize> = (from..to.min(chars.len())).filter(|i| !chars[*i].is_whitespace()).collect();
        if let (Some(a), Some(b)) = (inner.first(), inner.last()) {
            out.push((*a, b + 1));
        }
    };
    for t in tokens {
        if let Moved::At(a, b) = move_span(&edits, t.start, t.end) {
            let (a, b) = (a as usize, b as usize);
            if a >= at && b > a && b <= chars.len() {
                gap(&mut out, at, a);
                out.push((a, b));
                at = b;
            }
        }
    }
    gap(&mut out, at, chars.len());
    out
}

/// The tokens that a span covers.
fn covered(tokens: &[(usize, usize)], start: u32, end: u32) -> Option<(usize, usize)> {
    let (start, end) = (start as usize, end as usize);
    let first = tokens.iter().position(|t| t.1 > start)?;
    let last = tokens.iter().rposition(|t| t.0 < end)?;
    (first <= last).then_some((first, last + 1))
}

/// Whether the tokens that a span covers hold more than the span.
fn is_wider(tokens: &[(usize, usize)], s: &Span) -> bool {
    let ends = covered(tokens, s.start, s.end).and_then(|(a, b)| Some((tokens.get(a)?.0, tokens.get(b - 1)?.1)));
    ends.is_some_and(|(a, b)| a < s.start as usize || b > s.end as usize)
}

/// Tags of a scheme for `n_tokens` tokens from (class, start, end) over tokens, end exclusive; and how many spans they
/// hold.
///
/// A span that is empty, passes the end, or touches a token of an earlier span in the slice is left out: no scheme can
/// hold it.
fn tags(n_tokens: usize, spans: &[(&str, usize, usize)], scheme: Scheme) -> (Vec<String>, usize) {
    let mut of: Vec<Option<&(&str, usize, usize)>> = vec![None; n_tokens];
    let mut held = 0;
    for span in spans {
        let free = of.get_mut(span.1..span.2).filter(|place| place.iter().all(Option::is_none));
        let Some(place) = free.filter(|place| !place.is_empty()) else { continue };
        held += 1;
        place.fill(Some(span));
    }
    let class = |at: usize| of.get(at).copied().flatten().map(|span| span.0);
    let tag = |(at, span): (usize, &Option<&(&str, usize, usize)>)| {
        let Some((own, start, end)) = span else { return "O".to_string() };
        let (first, last) = (at == *start, at + 1 == *end);
        let behind_its_like = first && at.checked_sub(1).and_then(class) == Some(own);
        let letter = match (scheme, first, last) {
            (Scheme::Iob1, ..) if behind_its_like => 'B',
            (Scheme::Iob1, ..) => 'I',
            (Scheme::Bioes, true, true) => 'S',
            (Scheme::Bilou, true, true) => 'U',
            (_, true, _) => 'B',
            (Scheme::Bioes, _, true) => 'E',
            (Scheme::Bilou, _, true) => 'L',
            _ => 'I',
        };
        format!("{letter}-{own}")
    };
    (of.iter().enumerate().map(tag).collect(), held)
}

/// What breaks a line of columns. Behind the first three stand those at which `str.splitlines` of Python ends a line, too.
const BREAKS: [char; 11] =
    ['\t', '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// Appends a sentence: `# id = ID`, a line `TOKEN<TAB>TAG` per token, an empty line.
///
/// What would break the line inside a token is written as a space. A file of these
/// is read with the defaults, and `id = "comment:id"`.
fn write(tokens: &[&str], tags: &[String], id: &str, out: &mut String) {
    out.push_str("# id = ");
    out.push_str(id);
    out.push('\n');
    for (token, tag) in tokens.iter().zip(tags) {
        out.extend(token.chars().map(|c| if BREAKS.contains(&c) { ' ' } else { c }));
        out.push('\t');
        out.push_str(tag);
        out.push('\n');
    }
    out.push('\n');
}

/// The id of each sentence.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    each_line(input, &mut |line| {
        match id_of(line) {
            Some(id) => tell(Some(&id)),
            None if line.is_empty() || line.starts_with(b"#") || line.contains(&b'\t') => {}
            None => return Err("is neither a token with its tag nor a comment".into()),
        }
        std::str::from_utf8(line).map(drop).map_err(|_| "is not UTF-8".to_string())
    })
}

/// The line, from 1, that names a sentence.
pub fn line_of(file: &[u8], id: &str) -> Option<usize> {
    let head = format!("# id = {id}");
    file.split(|b| *b == b'\n').position(|line| line == head.as_bytes()).map(|n| n + 1)
}

/// The id in a line above a sentence; a line of a token has a TAB.
fn id_of(line: &[u8]) -> Option<String> {
    let id = line.strip_prefix(b"# id = ").filter(|id| !id.contains(&b'\t'))?;
    Some(String::from_utf8_lossy(id).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::sentence::{Layout, sentence};
    use super::*;

    #[test]
    fn spans_become_tags() {
        let of = |spans: &[(&str, usize, usize)], scheme| tags(5, spans, scheme).0.join(" ");
        let all = [("PER", 0, 2), ("PER", 2, 3), ("ORG", 3, 5)];
        assert_eq!(of(&all, Scheme::Bio), "B-PER I-PER B-PER B-ORG I-ORG");
        assert_eq!(of(&all, Scheme::Iob1), "I-PER I-PER B-PER I-ORG I-ORG");
        assert_eq!(of(&all, Scheme::Bioes), "B-PER E-PER S-PER B-ORG E-ORG");
        assert_eq!(of(&all, Scheme::Bilou), "B-PER L-PER U-PER B-ORG L-ORG");
        let (tags, held) = tags(2, &[("A", 0, 1), ("B", 0, 2), ("C", 1, 3), ("D", 2, 1), ("E", 1, 1)], Scheme::Bio);
        assert_eq!((tags, held), (vec!["B-A".to_string(), "O".into()], 1));
    }

    /// Every way in which six tokens can be parted into entities of two classes comes back, in every scheme.
    #[test]
    fn tags_of_each_scheme_are_read_again() {
        let mut all: Vec<Vec<(&str, usize, usize)>> = vec![Vec::new()];
        let mut done = Vec::new();
        while let Some(spans) = all.pop() {
            let from = spans.last().map_or(0, |s| s.2);
            for (start, end, class) in
                (from..6).flat_map(|a| (a + 1..=6).map(move |b| (a, b))).flat_map(|(a, b)| [(a, b, "A"), (a, b, "B")])
            {
                all.push([spans.clone(), vec![(class, start, end)]].concat());
            }
            done.push(spans);
        }
        assert!(done.len() > 500);
        for scheme in [Scheme::Bio, Scheme::Iob1, Scheme::Bioes, Scheme::Bilou] {
            for spans in &done {
                let (read, problems) = super::super::sentence::spans(&tags(6, spans, scheme).0, scheme);
                let read: Vec<_> = read.iter().map(|s| (s.class.as_str(), s.start_token, s.end_token)).collect();
                assert_eq!((&read, problems.len()), (spans, 0), "{scheme:?}");
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let mut out = String::new();
        let labels = tags(4, &[("QT", 1, 3)], Scheme::Bio).0;
        write(&["#", " ", "#3", "a\tb"], &labels, "x#1", &mut out);
        assert_eq!(out, "# id = x#1\n#\tO\n \tB-QT\n#3\tI-QT\na b\tO\n\n");
        let s = sentence(out.as_bytes(), &Layout::default()).unwrap();
        assert_eq!(s.tokens, ["#", " ", "#3", "a b"]);
        assert_eq!((s.tags, s.comments), (labels, vec!["id = x#1".to_string()]));
    }

    #[test]
    fn ids_in_lines() {
        assert_eq!(id_of(b"# id = a#1"), Some("a#1".into()));
        assert_eq!(id_of(b"# id = a\tO"), None);
        assert_eq!(line_of(b"# id = a\nx\tO\n\n# id = b\n", "b"), Some(4));
    }

    #[test]
    fn a_masked_stretch_is_one_token() {
        // "a 1234 b" with a token a character; 1234 became [P]
        let tokens = (0..8u32).map(|i| Token { start: i, end: i + 1 }).collect();
        let edits = vec![Edit { start: 2, end: 6, len: 3 }];
        let chars: Vec<char> = "a [P] b".chars().collect();
        let moved = moved_tokens(Some(tokens), Some(edits), &chars);
        assert_eq!(moved, [(0, 1), (1, 2), (2, 5), (5, 6), (6, 7)]);
        assert_eq!(covered(&moved, 2, 5), Some((2, 3)));
    }
}
