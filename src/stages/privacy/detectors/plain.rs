//! Texts in a plain spelling for detectors: other spellings of digits, dashes, dots and spaces are read as what they stand
//! for, and what has no width is left out; every place in it is known in the text itself.
//!
//! Read as ASCII: full-width letters and signs, digits of other scripts and in circles (where several stand side by side), the
//! dashes of Unicode and the letters ㅡ and ー, middle dots and ideographic full stops, spaces of all widths. Left out: soft
//! hyphens, zero-width characters, marks of direction, variation selectors, Hangul fillers. Numbers spelt in Hangul
//! (공일공 일이삼사 오육칠팔) become digits where they have at least nine, and digits one space apart (`0 1 0 1 2 3 4`) stand
//! together.
use super::change::Change;
use super::marks::{Kind, Marks};
use std::borrow::Cow;

/// A text in its plain spelling.
pub(super) struct Plain<'t> {
    pub(super) text: Cow<'t, str>,
    /// How each spelling came from the one before it; the first speaks of the text itself.
    layers: Vec<Layer>,
    original: &'t str,
}

/// Where the stretches of a changed text come from.
#[derive(Default)]
struct Layer {
    /// Where a stretch begins in the new text and in the old one; it is as in the old one until the next begins.
    starts: Vec<(usize, usize)>,
    text: String,
    /// How far the old text is copied.
    copied: usize,
}

impl Layer {
    /// Puts `with` in place of the bytes `start..end` of the old text.
    fn put(&mut self, old: &str, start: usize, end: usize, with: Option<char>) {
        self.copy(old, start);
        if let Some(with) = with {
            self.starts.push((self.text.len(), start));
            self.text.push(with);
        }
        self.copied = end;
    }

    fn copy(&mut self, old: &str, to: usize) {
        if let Some(part) = old.get(self.copied..to).filter(|part| !part.is_empty()) {
            self.starts.push((self.text.len(), self.copied));
            self.text.push_str(part);
        }
        self.copied = to;
    }

    /// The place in the old text of the character that begins at `at` in the new one.
    fn place(&self, at: usize) -> usize {
        let next = self.starts.partition_point(|(new, _)| *new <= at);
        self.starts.get(next.saturating_sub(1)).map_or(at, |(new, old)| old + (at - new))
    }
}

impl<'t> Plain<'t> {
    /// The plain spelling of a text, and its marks.
    pub(super) fn of(original: &'t str, marks: &mut Marks) -> Plain<'t> {
        let mut plain = Plain { text: Cow::Borrowed(original), layers: Vec::new(), original };
        marks.read(original);
        plain.add(other_spellings(original, marks.of(Kind::Odd)), marks);
        let numerals = super::numerals::stretches(&plain.text, marks);
        plain.add(numerals, marks);
        plain
    }

    /// The same text without the single spaces between single digits.
    pub(super) fn close_up(&mut self, spaces: &[usize], marks: &mut Marks) {
        let mut layer = Layer::default();
        spaces.iter().for_each(|at| layer.put(&self.text, *at, at + 1, None));
        self.finish(layer, marks);
    }

    fn add(&mut self, changes: Vec<Change>, marks: &mut Marks) {
        if changes.is_empty() {
            return;
        }
        let mut layer = Layer::default();
        changes.iter().for_each(|c| layer.put(&self.text, c.start, c.end, c.with));
        self.finish(layer, marks);
    }

    fn finish(&mut self, mut layer: Layer, marks: &mut Marks) {
        layer.copy(&self.text, self.text.len());
        self.text = Cow::Owned(std::mem::take(&mut layer.text));
        marks.read(&self.text);
        self.layers.push(layer);
    }

    /// The bytes of the text itself from which the bytes `start..end` of the plain form came.
    pub(super) fn place(&self, start: usize, end: usize) -> (usize, usize) {
        if self.layers.is_empty() {
            return (start, end);
        }
        let last = self.text.get(..end).and_then(|t| t.chars().next_back()).map_or(end, |c| end - c.len_utf8());
        let back = |at: usize| self.layers.iter().rev().fold(at, |at, layer| layer.place(at));
        let (start, last) = (back(start), back(last));
        let width = self.original.get(last..).and_then(|t| t.chars().next()).map_or(0, char::len_utf8);
        (start, last + width)
    }
}

fn other_spellings(text: &str, places: &[usize]) -> Vec<Change> {
    let mut changes = Vec::new();
    for next in places.iter().copied() {
        let Some(c) = text.get(next..).and_then(|rest| rest.chars().next()) else { continue };
        let at = next + c.len_utf8();
        match plain(c) {
            Spelling::Same => {}
            Spelling::Nothing => changes.push(Change { start: next, end: at, with: None }),
            Spelling::As(with) => changes.push(Change { start: next, end: at, with: Some(with) }),
            Spelling::Circled(with) => {
                let beside = |c: Option<char>| c.is_some_and(|c| matches!(plain(c), Spelling::Circled(_)));
                let before = text.get(..next).and_then(|t| t.chars().next_back());
                let behind = text.get(at..).and_then(|t| t.chars().next());
                // in a number one may stand alone between signs: ③-⓪③⓪, ②.⓪.②
                let sign = |c: Option<char>| c.is_some_and(|c| matches!(c, '-' | '.' | ':' | ' '));
                let second = text.get(..next).and_then(|t| t.chars().nth_back(1)).filter(|_| sign(before));
                let next_but = text.get(at..).and_then(|t| t.chars().nth(1)).filter(|_| sign(behind));
                if [before, behind, second, next_but].into_iter().any(beside) {
                    changes.push(Change { start: next, end: at, with: Some(with) });
                }
            }
        }
    }
    changes
}

enum Spelling {
    Same,
    Nothing,
    As(char),
    /// A digit in a circle, which is often the mark of an item.
    Circled(char),
}

fn plain(c: char) -> Spelling {
    let digit = |zero: u32| Spelling::As(char::from(b'0' + ((u32::from(c) - zero) % 10) as u8));
    let circled = |zero: u32| Spelling::Circled(char::from(b'0' + ((u32::from(c) - zero) % 10) as u8));
    match c {
        '\u{ad}' | '\u{34f}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}' => Spelling::Nothing,
        '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}' => Spelling::Nothing,
        '\u{20e3}' | '\u{3164}' | '\u{ffa0}' => Spelling::Nothing,
        '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}' => Spelling::As(' '),
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' => Spelling::As('-'),
        '\u{2500}' | '\u{2501}' | '\u{1173}' | 'ㅡ' | 'ー' | '〡' => Spelling::As('-'),
        '〜' | '∼' | '〰' => Spelling::As('~'),
        '·' | '・' | '。' | '｡' | '․' | '•' | '∙' | '⋅' | '﹒' | '･' => Spelling::As('.'),
        '\u{fe6b}' => Spelling::As('@'),
        '\u{fe55}' | '∶' => Spelling::As(':'),
        '\u{2044}' | '∕' => Spelling::As('/'),
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).map_or(Spelling::Same, Spelling::As),
        '\u{660}'..='\u{669}' => digit(0x660),
        '\u{6f0}'..='\u{6f9}' => digit(0x6f0),
        '\u{966}'..='\u{96f}' => digit(0x966),
        '\u{1d7ce}'..='\u{1d7ff}' => digit(0x1d7ce),
        '\u{2460}'..='\u{2468}' => circled(0x245f),
        '\u{24ea}' => Spelling::Circled('0'),
        '\u{2776}'..='\u{277e}' => circled(0x2775),
        '\u{24ff}' => Spelling::Circled('0'),
        '\u{2780}'..='\u{2788}' => circled(0x277f),
        _ => Spelling::Same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_are_read_and_places_are_kept() {
        let text = "가０１０\u{200b}ㅡ１２③④–5⑥\u{a0}끝";
        let plain = Plain::of(text, &mut Marks::default());
        assert_eq!(plain.text, "가010-1234-5⑥ 끝");
        let at = plain.text.find("010").unwrap();
        let (start, end) = plain.place(at, at + "010-1234-5".len());
        assert_eq!(&text[start..end], "０１０\u{200b}ㅡ１２③④–5");
        assert!(matches!(Plain::of("일반 텍스트 plain, “quotes” — no", &mut Marks::default()).text, Cow::Owned(_)));
        assert!(matches!(Plain::of("일반 텍스트 plain, “quotes”", &mut Marks::default()).text, Cow::Borrowed(_)));
    }
}
