//! Normal forms of a text, with the edit list that moves spans along.
//!
//! Three changes, always in this order: control characters go, then the Unicode form is made (UAX #15), then white
//! space is collapsed. In another order the result would not be stable: a control character between a letter and its
//! mark keeps the two from composing, and the compatibility form makes spaces out of other characters. Normalising what
//! is normalised changes nothing.
//!
//! Most text is in normal form already, so each change first looks for a reason to do anything at all; text of ASCII
//! and precomposed Hangul never reaches the Unicode tables.
use std::borrow::Cow;

use unicode_normalization::char::{canonical_combining_class, decompose_canonical, decompose_compatible};
use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick, is_nfkc_quick};

use crate::model::edits::{Edit, Editor, compose};

/// A composed normal form of UAX #15.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Canonical composition: the same characters, written in one way.
    Nfc,
    /// Compatibility composition: also full-width letters, circled digits, ligatures and the like become plain ones.
    Nfkc,
}

/// What happens to characters with the Unicode property White_Space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whitespace {
    Keep,
    /// Each run becomes one U+0020 (line breaks too); runs at both ends of the text are removed.
    Collapse,
}

/// What happens to control characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Control {
    Keep,
    /// General category Cc goes, except those that are white space (tab, line breaks, form feed), and U+FEFF goes. The
    /// joiners and zero-width spaces U+200B to U+200D stay: emoji and several scripts need them.
    Remove,
}

/// How many runs of characters each change touched. A run is a longest stretch of edits without a gap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub unicode: u32,
    pub whitespace: u32,
    pub control: u32,
}

/// The normalised text, its edit list relative to `text`, and what was done; `None` where `text` is normal already.
pub fn normalise(
    text: &str,
    form: Option<Form>,
    whitespace: Whitespace,
    control: Control,
) -> Option<(String, Vec<Edit>, Changes)> {
    let mut now = Current { text: Cow::Borrowed(text), edits: Vec::new() };
    let mut changes = Changes::default();
    if control == Control::Remove {
        changes.control = now.change(without_control);
    }
    if let Some(form) = form {
        changes.unicode = now.change(|text| composed(text, form));
    }
    if whitespace == Whitespace::Collapse {
        changes.whitespace = now.change(collapsed);
    }
    match now.text {
        Cow::Owned(text) => Some((text, now.edits, changes)),
        Cow::Borrowed(_) => None,
    }
}

type Edited = Option<(String, Vec<Edit>)>;

/// The text after the changes so far, and how it came from the original one.
struct Current<'a> {
    text: Cow<'a, str>,
    edits: Vec<Edit>,
}

impl Current<'_> {
    fn change(&mut self, change: impl Fn(&str) -> Edited) -> u32 {
        let Some((text, edits)) = change(&self.text) else { return 0 };
        let runs = edits.chunk_by(|a, b| a.end == b.start).count() as u32;
        self.edits = compose(&self.edits, &edits);
        self.text = Cow::Owned(text);
        runs
    }
}

/// Each character is removed by an edit of its own, so that borders between them survive.
fn without_control(text: &str) -> Edited {
    let suspect = |b: u8| (b < b' ' && !matches!(b, b'\t'..=b'\r')) || matches!(b, 0x7f | 0xc2 | 0xef);
    if !any_byte(text, suspect) || !text.contains(is_removed) {
        return None;
    }
    let mut editor = Editor::with_capacity(text.len());
    for c in text.chars() {
        if is_removed(c) { editor.replace(1, "") } else { editor.keep(c) }
    }
    Some(editor.finish())
}

fn is_removed(c: char) -> bool {
    c == '\u{feff}' || (c.is_control() && !c.is_whitespace())
}

/// One edit per normalisation segment that changes, so that a span around one recomposed syllable survives.
fn composed(text: &str, form: Form) -> Edited {
    if is_plain(text.as_bytes(), form) || is_normal(text, form) == IsNormalized::Yes {
        return None;
    }
    let mut editor = Editor::with_capacity(text.len());
    let mut normal = String::new();
    let mut changed = false;
    for segment in segments(text, form) {
        normal.clear();
        match form {
            _ if is_normal(segment, form) == IsNormalized::Yes => normal.push_str(segment),
            Form::Nfc => normal.extend(segment.nfc()),
            Form::Nfkc => normal.extend(segment.nfkc()),
        }
        if normal == segment {
            editor.keep_str(segment);
        } else {
            editor.replace(segment.chars().count() as u32, &normal);
            changed = true;
        }
    }
    changed.then(|| editor.finish())
}

fn is_normal(text: &str, form: Form) -> IsNormalized {
    match form {
        Form::Nfc => is_nfc_quick(text.chars()),
        Form::Nfkc => is_nfkc_quick(text.chars()),
    }
}

/// Whether text in UTF-8 is only of characters that are most frequent in ours and are normal wherever they stand:
/// starters that are in the form and compose with nothing before them. In both forms those are ASCII and the Hangul
/// syllables U+AC00 to U+D7A3; in NFC also Latin-1, the dashes and quotes U+2010 to U+2027, brackets and stops of CJK
/// U+3001 to U+3020, kana without loose sound marks, compatibility jamo and the ideographs U+4E00 to U+9FFF.
fn is_plain(mut bytes: &[u8], form: Form) -> bool {
    let nfc = form == Form::Nfc;
    loop {
        bytes = match bytes {
            [] => return true,
            [0xea, 0xb0..=0xbf, _, rest @ ..] | [0xeb | 0xec, _, _, rest @ ..] => rest,
            [0xed, 0x80..=0x9d, _, rest @ ..] | [0xed, 0x9e, 0x80..=0xa3, rest @ ..] => rest,
            [a, b, c, d, e, f, g, h, rest @ ..] if (a | b | c | d | e | f | g | h) < 0x80 => rest,
            [0..0x80, rest @ ..] => rest,
            [0xc2 | 0xc3, _, rest @ ..] if nfc => rest,
            [0xe2, 0x80, 0x90..=0xa7, rest @ ..] | [0xe3, 0x80, 0x81..=0xa0, rest @ ..] if nfc => rest,
            [0xe3, 0x81, 0x81..=0xbf, rest @ ..] | [0xe3, 0x82, 0x80..=0x96 | 0xa1..=0xbf, rest @ ..] if nfc => rest,
            [0xe3, 0x83, 0x80..=0xba, rest @ ..] | [0xe3, 0x84, 0xb1..=0xbf, rest @ ..] if nfc => rest,
            [0xe3, 0x85, _, rest @ ..] | [0xe3, 0x86, 0x80..=0x8e, rest @ ..] if nfc => rest,
            [0xe4, 0xb8..=0xbf, _, rest @ ..] | [0xe5..=0xe9, _, _, rest @ ..] if nfc => rest,
            _ => return false,
        };
    }
}

/// Cuts the text where normalising left and right apart gives the same as normalising it whole: before each character
/// whose decomposition begins with a starter that never composes with what stands before it.
fn segments(text: &str, form: Form) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let cut = rest.char_indices().skip(1).find(|(_, c)| begins_segment(*c, form)).map_or(rest.len(), |(at, _)| at);
        let (segment, behind) = rest.split_at(cut);
        rest = behind;
        (!segment.is_empty()).then_some(segment)
    })
}

fn begins_segment(c: char, form: Form) -> bool {
    if c.is_ascii() || matches!(c, '가'..='\u{d7a3}') {
        return true;
    }
    let mut first = None;
    let note = |part| {
        first.get_or_insert(part);
    };
    match form {
        Form::Nfc => decompose_canonical(c, note),
        Form::Nfkc => decompose_compatible(c, note),
    }
    let first = first.unwrap_or(c);
    canonical_combining_class(first) == 0 && is_nfc_quick(std::iter::once(first)) == IsNormalized::Yes
}

/// One edit per run that is not a single U+0020 between two words.
fn collapsed(text: &str) -> Edited {
    if !has_loose_space(text) {
        return None;
    }
    let mut editor = Editor::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (kept, behind) = rest.split_at(before_loose_space(rest));
        let next = behind.trim_start();
        let run = &behind[..behind.len() - next.len()];
        let at_end = kept.is_empty() || next.is_empty();
        editor.keep_str(kept);
        if !run.is_empty() {
            editor.replace(run.chars().count() as u32, if at_end { "" } else { " " });
        }
        rest = next;
    }
    Some(editor.finish())
}

/// How many bytes stand before the first white space that does not stay: any but one U+0020 between two words.
fn before_loose_space(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_space = |at: usize| text.get(at..).is_some_and(|t| t.starts_with(char::is_whitespace));
    let mut at = 0;
    while let Some(found) = suspect(&bytes[at..]) {
        at += found;
        let alone = bytes[at] == b' ' && at > 0 && at + 1 < bytes.len() && !is_space(at + 1);
        if is_space(at) && !alone {
            let led = at > 0 && bytes[at - 1] == b' ';
            return if led { at - 1 } else { at };
        }
        at += 1;
    }
    bytes.len()
}

/// The first byte with which loose white space may begin or go on: a space at either end or before another one, other
/// white space of ASCII, or the first byte of a character that may be white space. Looks at whole blocks, which
/// compiles to vector instructions.
fn suspect(bytes: &[u8]) -> Option<usize> {
    let other = |b: u8| matches!(b, b'\t'..=b'\r' | 0xc2 | 0xe1 | 0xe2 | 0xe3);
    let may = |a: u8, b: u8| other(a) | ((a == b' ') & (b == b' '));
    let last = bytes.len().checked_sub(1)?;
    if bytes[0] == b' ' {
        return Some(0);
    }
    const BLOCK: usize = 32;
    let (mut at, next) = (0, &bytes[1..]);
    while let (Some(a), Some(b)) = (bytes[at..].first_chunk::<BLOCK>(), next[at.min(last)..].first_chunk::<BLOCK>()) {
        let found = a.iter().zip(b).fold(false, |found, (a, b)| found | may(*a, *b));
        if found {
            break;
        }
        at += BLOCK;
    }
    (at..bytes.len()).find(|i| match next.get(*i) {
        Some(b) => may(bytes[*i], *b),
        None => other(bytes[*i]) || bytes[*i] == b' ',
    })
}

/// Whether any white space is at an end of the text, in a run, or not U+0020.
fn has_loose_space(text: &str) -> bool {
    let ends = |c: Option<char>| c.is_some_and(char::is_whitespace);
    let suspect = |b: u8| matches!(b, b'\t'..=b'\r' | 0xc2 | 0xe1 | 0xe2 | 0xe3);
    ends(text.chars().next())
        || ends(text.chars().next_back())
        || memchr::memmem::find(text.as_bytes(), b"  ").is_some()
        || (any_byte(text, suspect) && text.contains(|c: char| c != ' ' && c.is_whitespace()))
}

/// Whether any byte is a suspect; looks at whole blocks, which compiles to vector instructions.
fn any_byte(text: &str, suspect: impl Fn(u8) -> bool) -> bool {
    text.as_bytes().chunks(64).any(|block| block.iter().fold(false, |found, b| found | suspect(*b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::edits::{Moved, move_span};

    fn all(text: &str) -> Option<(String, Vec<Edit>, Changes)> {
        normalise(text, Some(Form::Nfkc), Whitespace::Collapse, Control::Remove)
    }

    fn nfc(text: &str) -> Option<(String, Vec<Edit>, Changes)> {
        normalise(text, Some(Form::Nfc), Whitespace::Keep, Control::Keep)
    }

    fn edit(start: u32, end: u32, len: u32) -> Edit {
        Edit { start, end, len }
    }

    #[test]
    fn normal_text_is_left_alone() {
        for text in ["", "한국어 text, 12345678 가힣", "é", "漢字 かな", "a b", "1\u{2020}2"] {
            assert_eq!(all(text), None, "{text:?}");
        }
        assert_eq!(normalise(" \u{0}Å ", None, Whitespace::Keep, Control::Keep), None);
    }

    #[test]
    fn plain_characters_are_normal_wherever_they_stand() {
        let mut plain = 0;
        for c in (0..=0x10ffff).filter_map(char::from_u32) {
            for form in [Form::Nfc, Form::Nfkc] {
                if is_plain(c.to_string().as_bytes(), form) {
                    assert_eq!(canonical_combining_class(c), 0, "{c:?}");
                    assert_eq!(is_normal(&c.to_string(), form), IsNormalized::Yes, "{c:?} {form:?}");
                    plain += 1;
                }
            }
        }
        assert!(plain > 40_000, "{plain}");
    }

    /// Against the plain rule: the words between runs of white space, one space between them.
    #[test]
    fn white_space_collapses_wherever_it_stands() {
        let letters: Vec<char> = "ab가\u{2010}\u{e1}  \t\n\u{a0}\u{3000}\u{2028}\u{1680}".chars().collect();
        for seed in 0..30_000u64 {
            let draw = |n: u64| crate::digest::draw(seed, "space", &n.to_string());
            let pick = |n: u64| if draw(n) % 5 == 0 { letters[(draw(n) / 8) as usize % letters.len()] } else { 'x' };
            let text: String = (0..draw(0) % 90).map(|n| pick(n + 1)).collect();
            let want = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let (got, edits) = collapsed(&text).unwrap_or((text.clone(), Vec::new()));
            assert_eq!(got, want, "{text:?}");
            check_length(&text, &got, &edits);
        }
    }

    #[test]
    fn a_span_around_one_recomposed_syllable_survives() {
        let decomposed: String = "한국어다".nfd().collect();
        let (text, edits, changes) = nfc(&decomposed).expect("a change");
        assert_eq!(text, "한국어다");
        assert_eq!(edits, [edit(0, 3, 1), edit(3, 6, 1), edit(6, 8, 1), edit(8, 10, 1)]);
        assert_eq!(changes, Changes { unicode: 1, ..Changes::default() });
        assert_eq!(move_span(&edits, 3, 6), Moved::At(1, 2));
        assert_eq!(move_span(&edits, 4, 6), Moved::Lost);
    }

    #[test]
    fn a_syllable_takes_the_jamo_behind_it() {
        assert_eq!(nfc("나가\u{11a8}다").map(|n| (n.0, n.1)), Some(("나각다".into(), vec![edit(1, 3, 1)])));
        assert_eq!(nfc("\u{1100}\u{1100}\u{1161}").map(|n| n.1), Some(vec![edit(1, 3, 1)]));
        assert_eq!(all("ㄱㅏ").map(|n| n.0), Some("가".into()));
    }

    #[test]
    fn full_width_digits_move_one_to_one() {
        let (text, edits, _) = all("번호 ０１０").expect("a change");
        assert_eq!(text, "번호 010");
        assert_eq!(move_span(&edits, 4, 6), Moved::At(4, 6));
    }

    #[test]
    fn white_space_collapses_and_the_ends_go() {
        let (text, edits, changes) = all("\n 나는\u{a0} 학교\t에 간다 ").expect("a change");
        assert_eq!(text, "나는 학교 에 간다");
        assert_eq!(changes, Changes { unicode: 1, whitespace: 4, control: 0 });
        assert_eq!(move_span(&edits, 2, 4), Moved::At(0, 2));
        assert_eq!(move_span(&edits, 6, 9), Moved::At(3, 6));
        assert_eq!(move_span(&edits, 2, 5), Moved::Lost);
        assert_eq!(move_span(&edits, 10, 13), Moved::At(7, 10));
        assert_eq!(all(" \u{3000}\n").map(|n| (n.0, n.1)), Some((String::new(), vec![edit(0, 3, 0)])));
        assert_eq!(all("a\u{2028}b").map(|n| n.0), Some("a b".into()));
        assert_eq!(normalise("a\n", None, Whitespace::Collapse, Control::Keep).map(|n| n.0), Some("a".into()));
    }

    #[test]
    fn control_characters_go_but_those_that_part_words_stay() {
        let remove = |text| normalise(text, None, Whitespace::Keep, Control::Remove);
        let (text, edits, changes) = remove("\u{feff}a\u{0}\u{1b}b\u{85}\u{c}\tc\u{9f}").expect("a change");
        assert_eq!(text, "ab\u{85}\u{c}\tc");
        assert_eq!(changes, Changes { control: 3, ..Changes::default() });
        assert_eq!(move_span(&edits, 1, 3), Moved::At(0, 1));
        assert_eq!(remove("👩\u{200d}🚀 \u{200b}é，\r\n"), None);
    }

    #[test]
    fn a_control_character_does_not_keep_a_mark_from_its_letter() {
        let (text, edits, _) = all("xe\u{0}\u{301}y").expect("a change");
        assert_eq!(text, "xéy");
        assert_eq!(edits, [edit(1, 4, 1)]);
    }

    #[test]
    fn any_mixture_gives_the_whole_normal_form_and_is_stable() {
        let letters: Vec<char> =
            "aé가각\u{1100}\u{1161}\u{11a8}e\u{301}\u{323}\u{344}\u{f73}\u{f71}\u{212b}ﬁ①ｶﾞㄱㅏ\u{ffc2} \
            \u{a0}\u{2000}\n\u{0}\u{feff}\u{a8}\u{1e9b}\u{1d15e}\u{cc6}\u{cc2}\u{cd5}\u{3099}か\u{0958}"
                .chars()
                .collect();
        let mut state = 7u64;
        for _ in 0..20_000 {
            let mut next = || {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (state >> 33) as usize
            };
            let text: String = (0..next() % 12).map(|_| letters[next() % letters.len()]).collect();
            for form in [Form::Nfc, Form::Nfkc] {
                let whole: String = if form == Form::Nfc { text.nfc().collect() } else { text.nfkc().collect() };
                let (pieces, edits) = composed(&text, form).unwrap_or((text.clone(), Vec::new()));
                assert_eq!(pieces, whole, "{text:?}");
                check_length(&text, &pieces, &edits);
                if let Some((once, edits, _)) = normalise(&text, Some(form), Whitespace::Collapse, Control::Remove) {
                    assert_ne!(once, text);
                    check_length(&text, &once, &edits);
                    assert_eq!(normalise(&once, Some(form), Whitespace::Collapse, Control::Remove), None, "{text:?}");
                }
            }
        }
    }

    fn check_length(before: &str, after: &str, edits: &[Edit]) {
        let grown: i64 = edits.iter().map(|e| i64::from(e.len) - i64::from(e.end - e.start)).sum();
        assert_eq!(after.chars().count() as i64, before.chars().count() as i64 + grown);
        assert!(edits.windows(2).all(|w| w[0].end <= w[1].start));
    }
}
