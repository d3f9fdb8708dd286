//! One pass over the bytes of a text, which tells for all detectors where each of them may have something to look at.
//!
//! Most bytes of an ordinary text are of no interest to any detector: no digit begins there, no sign such as `@`, no word that
//! announces a name. A block of bytes is compared with all that may be of interest at once, with the bytes beside it, and only
//! where something is, the byte itself is looked at. What is told is never too little: a detector looks at the place itself.
use super::syllables;

/// What there is at a place.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// The first of a run of digits.
    Digits,
    /// A character that may have another spelling in ASCII.
    Odd,
    /// `@`
    At,
    /// `:`
    Colon,
    /// `=`
    Equals,
    /// `(`, `[` or `{`
    Open,
    /// The space before ` is `, ` to `, ` at ` and ` by `.
    Verb,
    /// `-` before a digit or a letter.
    Dash,
    /// `.` with another four bytes behind it, or behind the end of a title in Latin letters and before a space.
    Dot,
    /// `,` at the end of a line.
    Comma,
    /// `/` behind m and before s.
    Slash,
    /// The first letter of Mr, Dear, PD, Bearer, Basic.
    Latin,
    /// The first of a title or role in Hangul.
    Title,
    /// A syllable with which somebody begins to say who they are.
    Begin,
    /// The syllables 공 and 영.
    Zero,
    /// A syllable with which the name of a value begins.
    Said,
    /// A syllable with which a word for `@` begins.
    SpeltAt,
    /// Of no interest after all.
    None,
}

/// How many kinds there are.
const KINDS: usize = Kind::None as usize + 1;

/// What a byte of interest is the mark of.
static KINDS_OF: [Kind; 256] = {
    let (mut kinds, mut byte) = ([Kind::None; 256], 0u8);
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'0'..=b'9' => Kind::Digits,
            b'@' => Kind::At,
            b':' => Kind::Colon,
            b'=' => Kind::Equals,
            b'(' | b'[' | b'{' => Kind::Open,
            b' ' => Kind::Verb,
            b'-' => Kind::Dash,
            b'.' => Kind::Dot,
            b',' => Kind::Comma,
            b'/' => Kind::Slash,
            b'M' | b'D' | b'P' | b'B' | b'b' => Kind::Latin,
            _ => Kind::None,
        };
        byte += 1;
    }
    kinds
};

/// Where things are in a text, in the order of the places.
#[derive(Default)]
pub(super) struct Marks {
    places: [Vec<usize>; KINDS],
    /// Stretches of at least [`LONG`] bytes of ASCII without a space or a control.
    long: Vec<(usize, usize)>,
    /// Whether there is Hangul.
    pub(super) hangul: bool,
}

/// Bytes that are compared at once.
const BLOCK: usize = 64;
/// Bytes before and behind a block that are compared, too.
const BESIDE: usize = 8;
const WINDOW: usize = BLOCK + 2 * BESIDE;

/// The shortest stretch without a space that is told.
pub(super) const LONG: usize = 16;

impl Marks {
    /// The places of a kind, in their order.
    pub(super) fn of(&self, kind: Kind) -> &[usize] {
        self.places.get(kind as usize).map_or(&[], Vec::as_slice)
    }

    /// Stretches of at least [`LONG`] bytes of ASCII without a space or a control.
    pub(super) fn long(&self) -> &[(usize, usize)] {
        &self.long
    }

    /// Reads a text; what was told before is forgotten.
    pub(super) fn read(&mut self, text: &str) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("bmi1") {
            // SAFETY: the processor has what the function is compiled for.
            return unsafe { self.read_wide(text) };
        }
        self.read_blocks(text, bits_of);
    }

    /// The same, compiled for processors that compare 32 bytes at once.
    #[cfg(target_arch = "x86_64")]
    #[target_feature(enable = "avx2,bmi1")]
    fn read_wide(&mut self, text: &str) {
        use std::arch::x86_64::{_mm256_loadu_si256, _mm256_movemask_epi8, _mm256_slli_epi64};
        self.read_blocks(text, |bytes| {
            let half = |at: usize| {
                let part: &[u8; BLOCK / 2] = &bytes.as_chunks().0[at];
                // SAFETY: the 32 bytes are there, wherever they stand.
                let ones = unsafe { _mm256_loadu_si256(part.as_ptr().cast()) };
                u64::from(_mm256_movemask_epi8(_mm256_slli_epi64(ones, 7)).cast_unsigned())
            };
            half(0) | half(1) << 32
        });
    }

    /// `bits` gathers a bit of each byte, which is 0 or 1.
    #[inline(always)]
    fn read_blocks(&mut self, text: &str, bits: impl Fn(&[u8; BLOCK]) -> u64) {
        let bytes = text.as_bytes();
        self.places.iter_mut().for_each(Vec::clear);
        self.long.clear();
        self.hangul = false;
        let words = syllables::words();
        // how many bytes of a stretch stand right before a block
        let mut solid = 0;
        for at in (0..bytes.len()).step_by(BLOCK) {
            let padded;
            let window = match at.checked_sub(BESIDE).and_then(|from| bytes.get(from..)?.first_chunk()) {
                Some(window) => window,
                None => {
                    padded = pad(bytes, at);
                    &padded
                }
            };
            let seen = compare(window);
            solid = self.long_in(at, bits(&seen.solid), solid);
            if seen.foreign {
                each(bits(&odd(window)), |i| self.put(Kind::Odd, at + i));
            }
            each(bits(&seen.marked), |i| {
                let byte = window.get(i + BESIDE).copied().unwrap_or_default();
                self.put(KINDS_OF[usize::from(byte)], at + i);
            });
            let hangul = bits(&seen.hangul);
            self.hangul |= hangul != 0;
            each(hangul, |i| {
                let syllables =
                    window.get(i + BESIDE..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
                let kinds = words.at(syllables);
                if kinds != 0 {
                    self.syllable(kinds, at + i);
                }
            });
        }
        if solid >= LONG {
            self.long.push((bytes.len() - solid, bytes.len()));
        }
    }

    /// Tells the stretches that end in a block, of whose bytes each is a bit, and how many bytes of one stand at its end.
    #[inline(always)]
    fn long_in(&mut self, at: usize, solid: u64, before: usize) -> usize {
        if solid == u64::MAX {
            return before + BLOCK;
        }
        let first = solid.trailing_ones() as usize;
        if before + first >= LONG {
            self.long.push((at - before, at + first));
        }
        // what is left is the first of sixteen in a row, and none of a stretch that begins or ends the block
        let last = solid.leading_ones();
        let inner = solid & (u64::MAX << first) & (u64::MAX >> last);
        let runs = inner & inner >> 1;
        let runs = runs & runs >> 2;
        let runs = runs & runs >> 4;
        let mut runs = runs & runs >> 8;
        while runs != 0 {
            let start = runs.trailing_zeros();
            let len = (inner >> start).trailing_ones();
            self.long.push((at + start as usize, at + (start + len) as usize));
            runs &= u64::MAX << (start + len);
        }
        last as usize
    }

    fn put(&mut self, kind: Kind, at: usize) {
        if let Some(places) = self.places.get_mut(kind as usize) {
            places.push(at);
        }
    }

    fn syllable(&mut self, kinds: u8, at: usize) {
        for (bit, kind) in [
            (syllables::TITLE, Kind::Title),
            (syllables::BEGIN, Kind::Begin),
            (syllables::ZERO, Kind::Zero),
            (syllables::SAID, Kind::Said),
            (syllables::AT, Kind::SpeltAt),
        ] {
            if kinds & bit != 0 {
                self.put(kind, at);
            }
        }
    }
}

/// The window of a block at the beginning or the end of a text: zeros are where no text is.
fn pad(bytes: &[u8], at: usize) -> [u8; WINDOW] {
    let mut window = [0; WINDOW];
    let from = at.saturating_sub(BESIDE);
    let part = bytes.get(from..bytes.len().min(at + BLOCK + BESIDE)).unwrap_or_default();
    let lead = BESIDE - (at - from);
    if let Some(into) = window.get_mut(lead..lead + part.len()) {
        into.copy_from_slice(part);
    }
    window
}

/// Calls for each bit that is set, the lowest first.
#[inline(always)]
fn each(mut bits: u64, mut tell: impl FnMut(usize)) {
    while bits != 0 {
        tell(bits.trailing_zeros() as usize);
        bits &= bits - 1;
    }
}

/// What the bytes of a block are, each 0 or 1.
struct Seen {
    /// What is told.
    marked: [u8; BLOCK],
    /// The first byte of a character of Hangul.
    hangul: [u8; BLOCK],
    /// ASCII but spaces and controls.
    solid: [u8; BLOCK],
    /// Whether there are characters beside ASCII and Hangul.
    foreign: bool,
}

/// Compares all bytes of the block in a window, with those beside them.
#[inline(always)]
fn compare(window: &[u8; WINDOW]) -> Seen {
    let mut seen = Seen { marked: [0; BLOCK], hangul: [0; BLOCK], solid: [0; BLOCK], foreign: false };
    let mut foreign = 0;
    for i in 0..BLOCK {
        let at = i + BESIDE;
        let (before, this, next) = (window[at - 1], window[at], window[at + 1]);
        let (third, fourth, sixth) = (window[at + 2], window[at + 3], window[at + 5]);
        let digit = |b: u8| b.wrapping_sub(b'0') < 10;
        let hangul = this.wrapping_sub(0xea) < 4;
        // `:` to `@`
        let sign = this.wrapping_sub(b':') < 7;
        let open = (this == b'(') | (this | 32 == b'{');
        // the last letters of is, to, by and at
        let last = third | 32;
        let short = (last == b's') | (last == b'o') | (last == b'y') | (last == b't');
        let verb = (this == b' ') & (fourth == b' ') & short;
        let dash = (this == b'-') & (next >= b'0');
        let title = (next == b' ') & ((before == b'r') | (before == b's') | (before == b'f'));
        let dot = (this == b'.') & (title | (sixth == b'.'));
        let comma = (this == b',') & (next == b'\n');
        let slash = (this == b'/') & (before == b'm');
        let latin = ((this == b'M') & (next == b'r'))
            | ((this == b'D') & (next == b'e'))
            | ((this == b'P') & (next == b'D'))
            | ((this | 32 == b'b') & ((third == b'a') | (third == b's')));
        let begins = digit(this) & !digit(before);
        let marked = sign | open | verb | dash | dot | comma | slash | latin | begins;
        seen.marked[i] = u8::from(marked);
        seen.hangul[i] = u8::from(hangul);
        seen.solid[i] = u8::from(this.cast_signed() > 32);
        foreign |= u8::from((this >= 0xc0) & !hangul);
    }
    seen.foreign = foreign != 0;
    seen
}

/// Which bytes of the block in a window begin a character that may have another spelling in ASCII: 1 for those, else 0.
#[inline(always)]
fn odd(window: &[u8; WINDOW]) -> [u8; BLOCK] {
    let mut out = [0; BLOCK];
    for (i, out) in out.iter_mut().enumerate() {
        let byte = window[i + BESIDE];
        let two = (byte == 0xc2) | (byte == 0xcd) | (byte == 0xd9) | (byte == 0xdb);
        *out = u8::from(two | (byte.wrapping_sub(0xe0) < 4) | (byte.wrapping_sub(0xef) < 5));
    }
    out
}

/// A bit for each byte, which is 0 or 1.
#[inline(always)]
fn bits_of(bytes: &[u8; BLOCK]) -> u64 {
    let words = bytes.as_chunks::<8>().0.iter().enumerate();
    // the product gathers the lowest bits of eight bytes in its highest byte
    let bits =
        |(i, word): (usize, &[u8; 8])| (u64::from_le_bytes(*word).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (i * 8);
    words.map(bits).fold(0, |all, bits| all | bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Marks {
        let mut marks = Marks::default();
        marks.read(text);
        marks
    }

    #[test]
    fn signs_are_told_wherever_they_stand() {
        for (sign, kind) in [
            ("@", Kind::At),
            ("12", Kind::Digits),
            (":", Kind::Colon),
            ("(at)", Kind::Open),
            (" is ", Kind::Verb),
            (" by ", Kind::Verb),
            (" At ", Kind::Verb),
            ("-gil", Kind::Dash),
            ("-ab-", Kind::Dash),
            (".abcd.", Kind::Dot),
            ("\u{2013}", Kind::Odd),
            ("공", Kind::Zero),
            ("비번", Kind::Said),
            ("Dear", Kind::Latin),
            ("PD", Kind::Latin),
            ("교수", Kind::Title),
        ] {
            for before in 0..140 {
                for behind in [0, 1, 7, 64, 80] {
                    let text = format!("{}{sign}{}", "x".repeat(before), "y".repeat(behind));
                    assert_eq!(read(&text).of(kind).first(), Some(&before), "{sign} {before} {behind}");
                }
            }
        }
    }

    /// What is compiled for some processors tells the same as what all have.
    #[test]
    fn marks_are_the_same_on_every_processor() {
        let text = "저는 공일공 1234, kim (at) example.com is “the” token: aB3dE5gH7jK9mN1pQ2sT4vW6 - 비밀번호 https://a.b/m/s\n";
        for from in 0..90 {
            let text: String = text.repeat(4).chars().skip(from).collect();
            let mut plain = Marks::default();
            plain.read_blocks(&text, bits_of);
            let marks = read(&text);
            assert_eq!((plain.places, plain.long, plain.hangul), (marks.places, marks.long, marks.hangul));
        }
    }

    #[test]
    fn long_stretches_are_told_whole() {
        for before in 0..140 {
            for len in [1, 15, 16, 17, 63, 64, 65, 128, 200] {
                for behind in [0, 1, 70] {
                    let text = format!("{}{}{}", "가 ".repeat(before), "x".repeat(len), " !".repeat(behind));
                    let want = if len >= LONG { vec![(4 * before, 4 * before + len)] } else { Vec::new() };
                    assert_eq!(read(&text).long(), want);
                }
            }
        }
        let text = "abcdefghijklmnop qrstuvwxyzabcdefg hijklmno pqrstuvwxyzabcdefgh ijklmnop";
        assert_eq!(read(text).long().iter().map(|(a, b)| b - a).collect::<Vec<_>>(), [16, 17, 19]);
    }
}
