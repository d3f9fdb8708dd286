//! A text as all detectors are given it: its plain spelling, its numbers, and what the words beside a place call it.
use super::context::{self, Subject};
use super::hit::{Confidence, Found};
use super::marks::{Kind, Marks};
use super::numbers::Numbers;
use super::plain::Plain;
use super::regions::Regions;

/// A text as it is searched.
pub(super) struct Text<'t> {
    pub(super) plain: &'t str,
    pub(super) numbers: &'t Numbers,
    pub(super) marks: &'t Marks,
    pub(super) regions: Regions,
}

/// How many bytes before a place are searched for a word that says what stands there.
const BEFORE: usize = 72;
/// The same behind a place, where a bracket follows it.
const BEHIND: usize = 40;
/// How many numbers in a row a word may speak of.
const INHERITED: usize = 8;

/// What is known of a text before detectors look at it: of its plain spelling. The memory is used for the next text.
#[derive(Default)]
pub(super) struct Known {
    pub(super) marks: Marks,
    pub(super) numbers: Numbers,
}

/// Reads a text once for all detectors.
pub(super) fn read<'t>(original: &'t str, known: &mut Known) -> Plain<'t> {
    let Known { marks, numbers } = known;
    let mut plain = Plain::of(original, marks);
    numbers.read(&plain.text, marks.of(Kind::Digits));
    let spaces = numbers.spaced();
    if !spaces.is_empty() {
        plain.close_up(&spaces, marks);
        numbers.read(&plain.text, marks.of(Kind::Digits));
    }
    plain
}

impl Text<'_> {
    pub(super) fn bytes(&self) -> &[u8] {
        self.plain.as_bytes()
    }

    /// The places of a kind.
    pub(super) fn places(&self, kind: Kind) -> impl Iterator<Item = usize> {
        self.marks.of(kind).iter().copied()
    }

    /// Where words stand whose places are of a kind; the same word does not begin where it ended before. No word begins another.
    pub(super) fn words<const N: usize>(
        &self,
        kind: Kind,
        words: &[&'static str; N],
    ) -> impl Iterator<Item = (usize, &'static str)> {
        let mut after = [0; N];
        self.places(kind).filter_map(move |at| {
            let rest = self.bytes().get(at..).unwrap_or_default();
            let is = |word: &&str| word.as_bytes().get(1) == rest.get(1) && rest.starts_with(word.as_bytes());
            let (word, after) = words.iter().zip(&mut after).find(|(word, _)| is(word))?;
            let free = at >= *after;
            *after = if free { at + word.len() } else { *after };
            free.then_some((at, *word))
        })
    }

    /// Whether these bytes stand at a place.
    pub(super) fn has(&self, at: usize, word: &str) -> bool {
        self.bytes().get(at..).is_some_and(|rest| rest.starts_with(word.as_bytes()))
    }

    /// The character right before a place.
    pub(super) fn before(&self, at: usize) -> Option<char> {
        self.plain.get(..at)?.chars().next_back()
    }

    /// The character at a place.
    pub(super) fn at(&self, at: usize) -> Option<char> {
        self.plain.get(at..)?.chars().next()
    }

    /// Whether a place lies right behind or before a letter, a digit or a sign of a name in ASCII.
    pub(super) fn is_in_word(&self, start: usize, end: usize) -> bool {
        let word = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
        word(self.before(start)) || word(self.at(end))
    }

    /// The text before a place, as far as words may speak of it.
    pub(super) fn lead(&self, start: usize) -> &str {
        tail(self.plain.get(..start).unwrap_or_default(), BEFORE)
    }

    /// What the words beside `start..end` call what stands there: the nearest word before it, back to the number before it;
    /// in an enumeration the word before its first number; else a word in brackets behind it.
    pub(super) fn subject(&self, start: usize, end: usize) -> Option<Subject> {
        self.before_subject(start, INHERITED).or_else(|| self.behind_subject(end))
    }

    /// Whether the words beside it call it another number than `own`. A word before the first number of an enumeration says
    /// nothing against the others: a telephone number may follow a card.
    pub(super) fn is_another(&self, start: usize, end: usize, own: Subject) -> bool {
        let subject = self.before_subject(start, 1).or_else(|| self.behind_subject(end));
        subject.is_some_and(|subject| subject != own && subject.is_number())
    }

    fn before_subject(&self, start: usize, numbers: usize) -> Option<Subject> {
        let mut at = start;
        for _ in 0..numbers {
            let (from, cluster) = self.stretch_before(at);
            let between = self.plain.get(from..at).unwrap_or_default();
            if let Some(subject) = context::nearest(tail(between, BEFORE)) {
                return Some(subject);
            }
            let cluster = cluster.filter(|_| context::enumerates(between))?;
            at = self.numbers.runs.get(cluster)?.start;
        }
        None
    }

    /// Where the number ends that stands before a place, and its first run.
    fn stretch_before(&self, at: usize) -> (usize, Option<usize>) {
        let runs = &self.numbers.runs;
        let ends = |cluster: &std::ops::Range<usize>| runs.get(cluster.end - 1).map_or(0, |run| run.end);
        let before = self.numbers.clusters.partition_point(|cluster| ends(cluster) <= at);
        let cluster = before.checked_sub(1).and_then(|i| self.numbers.clusters.get(i));
        cluster.map_or((0, None), |cluster| (ends(cluster), Some(cluster.start)))
    }

    /// What a word in brackets behind a place calls what stands before it.
    pub(super) fn behind_subject(&self, end: usize) -> Option<Subject> {
        let behind = self.plain.get(end..)?;
        let inner = behind.trim_start_matches(' ').strip_prefix(['(', '['])?;
        context::nearest(head(inner.split([')', ']', '\n']).next()?, BEHIND))
    }

    /// Whether the number of a thing is announced right before a place: `상품코드 `, `주문번호는 `, `part no. `.
    pub(super) fn is_numbered_thing(&self, start: usize) -> bool {
        let lead = self.lead(start).trim_end_matches([' ', ':', '=', '#', '"', '\'', '(', '[', '.']);
        let lead = lead.strip_suffix(['은', '는', '이', '가']).unwrap_or(lead);
        let lower = tail(lead, 8).to_ascii_lowercase();
        let number =
            ["번호", "코드", "품번", "no", "number", "code", "sku", "id", "p/n"].iter().any(|end| lower.ends_with(end));
        number && context::nearest(lead) == Some(Subject::Thing)
    }

    /// The confidence in what words beside it call by `own`, or by another name, or not at all.
    pub(super) fn judged(&self, found: Found, own: Subject) -> Found {
        let named = self.subject(found.start, found.end) == Some(own);
        let confidence = match found.confidence {
            confidence if named => confidence.raised(),
            confidence if self.is_another(found.start, found.end, own) => confidence.lowered(),
            confidence => confidence,
        };
        Found { confidence, ..found }
    }
}

/// Something found in the runs from `first` to `last`.
pub(super) fn found(text: &Text, first: usize, last: usize, confidence: Confidence) -> Found {
    let (start, end) = text.numbers.place(first, last);
    Found { start, end, confidence }
}

/// At most so many bytes of the end of a text.
pub(super) fn tail(text: &str, most: usize) -> &str {
    let from = text.len().saturating_sub(most);
    (from..=text.len()).find_map(|from| text.get(from..)).unwrap_or_default()
}

/// At most so many bytes of the beginning of a text.
pub(super) fn head(text: &str, most: usize) -> &str {
    let to = text.len().min(most);
    (0..=to).rev().find_map(|to| text.get(..to)).unwrap_or_default()
}
