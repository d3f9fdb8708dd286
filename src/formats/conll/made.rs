//! The tokens and tags of samples, for whatever file they are written to; and what of a sample such files cannot hold.
use crate::formats::writer::{Lost, Sheet};
use crate::measure::words::words;
use crate::model::edits::{Edit, Moved, move_span};
use crate::model::spans::{Scheme, Span};
use crate::model::tokens::{Made, Token};

/// A sample as it is written.
pub struct Sample {
    pub id: String,
    pub chars: Vec<char>,
    /// Where each token stands in the text, and its tag.
    pub tokens: Vec<(usize, usize)>,
    pub tags: Vec<String>,
}

impl Sample {
    /// A token as it stands in a line: what would break the line is a space.
    pub fn token(&self, at: (usize, usize)) -> String {
        let chars = self.chars.get(at.0..at.1).unwrap_or_default();
        chars.iter().map(|c| if BREAKS.contains(c) { ' ' } else { *c }).collect()
    }
}

/// What breaks a line of columns. Behind the first three stand those at which `str.splitlines` of Python ends a line, too.
const BREAKS: [char; 11] =
    ['\t', '\n', '\r', '\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// How a file takes white space.
#[derive(Clone, Copy, PartialEq)]
pub enum Blanks {
    /// A token may be a space, and spaces in tokens stay.
    Stay,
    /// What is nothing but white space is no token.
    NoTokens,
}

/// Hands over each sample of a piece, with a way to tell what is lost of it: how many of what.
pub fn each(sheet: &Sheet, lost: &mut Vec<Lost>, blanks: Blanks, mut write: impl FnMut(&Sample, &mut Losing)) {
    let (ids, texts) = (sheet.cells::<String>("id"), sheet.cells::<String>("text"));
    let given = sheet.roles.contains_key("tokens");
    let mut tokens = sheet.cells::<Vec<Token>>("tokens").into_iter();
    let mut edits = sheet.cells::<Vec<Edit>>("edits").into_iter();
    let mut spans = sheet.cells::<Vec<Span>>("label").into_iter();
    for (row, (id, text)) in ids.into_iter().zip(texts).enumerate() {
        let mut losing = Losing { row, lost };
        let text = text.unwrap_or_default();
        let chars: Vec<char> = text.chars().collect();
        let (own, edits) = (tokens.next().flatten(), edits.next().flatten().unwrap_or_default());
        let empty = own.iter().flatten().filter(|t| t.start >= t.end).count();
        losing.tell(empty, "conll.token", "tokens without a character, which are left out here");
        if own.is_none() && given && sheet.made.is_none() && !text.trim().is_empty() {
            losing.tell(1, "conll.characters", "samples without collected tokens, of which each character is one here");
        }
        let mut tokens = match own {
            Some(own) => moved(own, &edits, &chars),
            None => made(&text, &chars, sheet.made.unwrap_or_default()),
        };
        if blanks == Blanks::NoTokens {
            tokens.retain(|t| chars.get(t.0..t.1).is_some_and(|own| !own.iter().all(|c| c.is_whitespace())));
        }
        let spans = spans.next().flatten().unwrap_or_default();
        let tags = tagged(&tokens, &spans, sheet.scheme, &mut losing);
        let sample = Sample { id: id.unwrap_or_default(), chars, tokens, tags };
        spaces(&sample, &mut losing);
        write(&sample, &mut losing);
    }
}

/// What is lost of one sample.
pub struct Losing<'l> {
    row: usize,
    lost: &'l mut Vec<Lost>,
}

impl Losing<'_> {
    /// Tells that some are lost.
    pub fn tell(&mut self, n: usize, rule: &'static str, why: &str) {
        if n > 0 {
            self.lost.push(Lost { row: self.row, rule, say: format!("{why}: {n}") });
        }
    }
}

fn tagged(tokens: &[(usize, usize)], spans: &[Span], scheme: Scheme, losing: &mut Losing) -> Vec<String> {
    let mut of: Vec<(&str, usize, usize)> = Vec::new();
    for s in spans {
        of.extend(covered(tokens, s.start, s.end).map(|(a, b)| (s.class.as_str(), a, b)));
    }
    let (tags, held) = tags(tokens.len(), &of, scheme);
    losing.tell(spans.len() - held, "conll.spans", "spans left out, since tags hold no two on one token");
    let wider = spans.iter().filter(|s| is_wider(tokens, s)).count();
    losing.tell(wider, "conll.edges", "spans that begin or end within a token, and take all of it here");
    tags
}

/// Tells of white space within tokens, and of a sample without any.
fn spaces(sample: &Sample, losing: &mut Losing) {
    let tokens = || sample.tokens.iter().filter_map(|t| sample.chars.get(t.0..t.1));
    let broken = tokens().filter(|t| t.iter().any(|c| BREAKS.contains(c))).count();
    losing.tell(broken, "conll.token", "tokens with a tab or a line break, which is a space here");
    let wide = |c: &char| c.is_whitespace() && !c.is_ascii() && !BREAKS.contains(c);
    let wide = tokens().filter(|t| t.iter().any(wide)).count();
    losing.tell(wide, "conll.space", "tokens with a white space such as U+00A0, at which some readers cut");
    // a token that is a space says where words part; one with a space in it is torn
    let torn = tokens().filter(|t| t.contains(&' ') && t.iter().any(|c| !c.is_whitespace())).count();
    losing.tell(torn, "conll.space", "tokens with a space in them, at which readers cut that split at white space");
    let empty = usize::from(sample.tokens.is_empty());
    losing.tell(empty, "conll.empty", "samples without tokens, of which no token is here");
}

/// The tokens of a text for which none were collected.
fn made(text: &str, chars: &[char], made: Made) -> Vec<(usize, usize)> {
    match made {
        Made::Words => words(text),
        Made::Characters => (0..).zip(chars).filter(|(_, c)| !c.is_whitespace()).map(|(i, _)| (i, i + 1)).collect(),
    }
}

/// Where the collected tokens stand in the text as it is now. Text that no token covers any more (a mask) is a token of
/// its own, so that nothing of the text is lost.
fn moved(tokens: Vec<Token>, edits: &[Edit], chars: &[char]) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    let mut at = 0usize;
    let gap = |out: &mut Vec<(usize, usize)>, from: usize, to: usize| {
        let inner: Vec<usize> = (from..to.min(chars.len())).filter(|i| !chars[*i].is_whitespace()).collect();
        if let (Some(a), Some(b)) = (inner.first(), inner.last()) {
            out.push((*a, b + 1));
        }
    };
    for t in tokens {
        if let Moved::At(a, b) = move_span(edits, t.start, t.end) {
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

#[cfg(test)]
mod tests {
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
                let (read, problems) = crate::formats::conll::sentence::spans(&tags(6, spans, scheme).0, scheme);
                let read: Vec<_> = read.iter().map(|s| (s.class.as_str(), s.start_token, s.end_token)).collect();
                assert_eq!((&read, problems.len()), (spans, 0), "{scheme:?}");
            }
        }
    }

    #[test]
    fn a_masked_stretch_is_one_token() {
        // "a 1234 b" with a token a character; 1234 became [P]
        let tokens = (0..8u32).map(|i| Token { start: i, end: i + 1 }).collect();
        let edits = vec![Edit { start: 2, end: 6, len: 3 }];
        let chars: Vec<char> = "a [P] b".chars().collect();
        let moved = super::moved(tokens, &edits, &chars);
        assert_eq!(moved, [(0, 1), (1, 2), (2, 5), (5, 6), (6, 7)]);
        assert_eq!(covered(&moved, 2, 5), Some((2, 3)));
    }
}
