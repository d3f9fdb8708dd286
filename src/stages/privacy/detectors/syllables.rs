//! What each Hangul syllable may be the beginning of, or a part of: looked up once for each syllable of a text.
use super::person_words::{FIRST, ROLES, SECOND, SURNAMES, TITLES};
use std::sync::LazyLock;

/// Kinds of words: a title or a role.
pub(super) const TITLE: u8 = 1;
/// With which somebody says who they are.
pub(super) const BEGIN: u8 = 2;
/// A zero: 공, 영.
pub(super) const ZERO: u8 = 4;
/// A name before a value: 비밀번호, 토큰.
pub(super) const SAID: u8 = 8;
/// What stands for `@`.
pub(super) const AT: u8 = 16;
/// What a syllable may be of a name: a surname, the first of a given name, and the last.
pub(super) const SURNAME: u8 = 32;
pub(super) const GIVEN: u8 = 64;
pub(super) const LAST: u8 = 128;

/// How the other words begin, with their first two syllables if they have two.
const OTHERS: [(u8, &[&str]); 4] = [
    (BEGIN, &["저는", "나는", "저", "제 이", "내 이", "본인", "안녕"]),
    (ZERO, &["공", "영"]),
    (SAID, &["비밀", "비번", "암호", "인증", "토큰", "패스", "키"]),
    (AT, &["골뱅", "앳"]),
];

/// Syllables of modern Hangul.
const COUNT: usize = 0xd7a4 - 0xac00;

/// A title or a role, and the bytes of its second syllable.
struct Title {
    word: &'static str,
    second: [u8; 3],
    role: bool,
}

/// With which syllables words begin: kinds of words by a hash of their first bytes, which several may share.
pub(super) struct Words {
    /// Words of one syllable, by its three bytes.
    single: Box<[u8; PLACES]>,
    /// Other words, by their first six bytes.
    pairs: Box<[u8; PLACES]>,
}

/// Places of a table: some two hundred words share it.
const PLACES: usize = 1 << 13;

impl Words {
    fn of() -> Words {
        let mut words = Words { single: Box::new([0; PLACES]), pairs: Box::new([0; PLACES]) };
        TITLES.iter().chain(ROLES).for_each(|word| words.put(TITLE, word));
        OTHERS.iter().for_each(|(bit, begins)| begins.iter().for_each(|word| words.put(*bit, word)));
        words
    }

    fn put(&mut self, bit: u8, word: &str) {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(word.bytes()).for_each(|(to, from)| *to = from);
        match word.len() {
            3 => self.single[place(bytes, 3)] |= bit,
            _ => self.pairs[place(bytes, 6)] |= bit,
        }
    }

    /// What words may begin with the syllable of which these are the bytes, and with those behind it.
    #[inline(always)]
    pub(super) fn at(&self, bytes: [u8; 8]) -> u8 {
        self.single[place(bytes, 3)] | self.pairs[place(bytes, 6)]
    }
}

/// The place of the first so many bytes in a table.
#[inline(always)]
fn place(bytes: [u8; 8], len: u32) -> usize {
    let bytes = u64::from_le_bytes(bytes) << (64 - 8 * len);
    (bytes.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 51) as usize
}

/// Titles and roles by their first syllables.
struct Table {
    words: Words,
    /// What each syllable may be of a name.
    names: Vec<u8>,
    /// Where the titles of a syllable begin; they end where those of the next one do.
    groups: Vec<u16>,
    titles: Vec<Title>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut names = vec![0; COUNT];
    for (bit, syllables) in [(SURNAME, SURNAMES), (GIVEN, FIRST), (LAST, SECOND)] {
        for bits in syllables.chars().filter_map(index) {
            names[bits] |= bit;
        }
    }
    let all = TITLES.iter().map(|word| (*word, false)).chain(ROLES.iter().map(|word| (*word, true)));
    let mut titles: Vec<(usize, &'static str, bool)> =
        all.filter_map(|(word, role)| Some((index(word.chars().next()?)?, word, role))).collect();
    // of one syllable the longest first, and of equal words the first of the list
    titles.sort_by_key(|(first, word, _)| (*first, usize::MAX - word.len()));
    let group = |at: usize| titles.partition_point(|(first, ..)| *first < at) as u16;
    let groups = (0..=COUNT).map(group).collect();
    let title = |(_, word, role): &(usize, &'static str, bool)| Title {
        word,
        second: word.as_bytes().get(3..6).and_then(|b| b.try_into().ok()).unwrap_or_default(),
        role: *role,
    };
    Table { words: Words::of(), names, groups, titles: titles.iter().map(title).collect() }
});

fn index(c: char) -> Option<usize> {
    (u32::from(c) as usize).checked_sub(0xac00).filter(|at| *at < COUNT)
}

/// What a character may be of a name, by the bits above.
pub(super) fn of(c: char) -> u8 {
    index(c).and_then(|at| TABLE.names.get(at)).copied().unwrap_or_default()
}

/// With which syllables words begin.
pub(super) fn words() -> &'static Words {
    &TABLE.words
}

/// The number of the syllable of three bytes of UTF-8; no such number where they are another character.
pub(super) fn number(bytes: [u8; 3]) -> usize {
    let [a, b, c] = bytes.map(usize::from);
    (((a & 15) << 12) | ((b & 63) << 6) | (c & 63)).wrapping_sub(0xac00)
}

/// Bytes of the longest title or role in Hangul at the start of a text, and whether it is a role.
pub(super) fn title(rest: &[u8]) -> Option<(usize, bool)> {
    let at = number(*rest.first_chunk()?);
    let (from, to) = (*TABLE.groups.get(at)?, *TABLE.groups.get(at + 1)?);
    let second = rest.get(3..6).unwrap_or_default();
    let titles = TABLE.titles.get(usize::from(from)..usize::from(to))?;
    let is = |title: &&Title| {
        let len = title.word.len();
        len == 3 || title.second == second && (len == 6 || rest.starts_with(title.word.as_bytes()))
    };
    titles.iter().find(is).map(|title| (title.word.len(), title.role))
}

/// Whether a title, and no role, stands at the start of a text.
pub(super) fn begins_title(rest: &str) -> bool {
    let of = |at: usize| TABLE.groups.get(at).map(|at| usize::from(*at));
    let at = rest.as_bytes().first_chunk().map_or(usize::MAX, |bytes| number(*bytes));
    let titles = of(at).zip(of(at.wrapping_add(1))).and_then(|(from, to)| TABLE.titles.get(from..to));
    titles.unwrap_or_default().iter().any(|title| !title.role && rest.starts_with(title.word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_title_at_a_place() {
        for (text, want) in [
            ("대표이사 김", Some((12, true))),
            ("대표 김", Some((6, false))),
            ("대리", Some((6, false))),
            ("씨앗", Some((3, false))),
            ("받는 사람", Some((13, true))),
            ("받는다", None),
            ("대", None),
            ("PD", None),
        ] {
            assert_eq!(title(text.as_bytes()), want, "{text}");
        }
        for word in TITLES.iter().chain(ROLES).filter(|w| !w.is_ascii()) {
            assert_eq!(title(word.as_bytes()).map(|(len, _)| len), Some(word.len()), "{word}");
            let padded: Vec<u8> = word.bytes().chain([b' '; 8]).take(8).collect();
            assert_ne!(words().at(padded.try_into().unwrap()) & TITLE, 0, "{word}");
        }
        assert_eq!(number(*b"\xea\xb0\x80"), 0);
        assert!(of('김') & SURNAME != 0 && of('a') == 0 && of('힣') & SURNAME == 0);
    }
}
