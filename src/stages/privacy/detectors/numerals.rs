//! Numbers that are spelt in Hangul, a syllable a digit: 공일공-일이삼사-오육칠팔; also in Chinese numerals with a round zero in them:
//! 〇一〇-一二三四-五六七八.
use super::change::Change;
use super::marks::{Kind, Marks};

/// How many digits a stretch needs to be read as a number; shorter ones are words.
const DIGITS_MIN: usize = 9;
/// How many of them must be spelt.
const SPELT_MIN: usize = 3;
/// No identifier is longer.
const DIGITS_MAX: usize = 24;

/// Each spelt digit of the stretches that are numbers.
pub(super) fn stretches(text: &str, marks: &Marks) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut after = 0;
    for at in starts(text, marks) {
        if at < after {
            continue;
        }
        let start = back(text, at, after);
        let (end, mut spelt, mut digits, last) = forth(text, start);
        trim(text, &mut spelt, &mut digits, last);
        if (DIGITS_MIN..=DIGITS_MAX).contains(&digits) && spelt.len() >= SPELT_MIN {
            changes.extend(spelt.iter().map(|(at, digit)| Change { start: *at, end: at + 3, with: Some(*digit) }));
        }
        after = end.max(at + 1);
    }
    changes
}

/// Where a number may be spelt: a zero beside another numeral, three numerals behind digits, or one between digits (`0일0`).
fn starts(text: &str, marks: &Marks) -> Vec<usize> {
    let bytes = text.as_bytes();
    let mut out: Vec<usize> = Vec::new();
    out.extend(marks.of(Kind::Odd).iter().filter(|at| text.get(**at..).is_some_and(|rest| rest.starts_with('〇'))));
    out.retain(|at| numeral_near(text, *at));
    if !marks.hangul {
        out.sort_unstable();
        return out;
    }
    // 영사 731-897 is the plate of a consul
    let consul = |at: usize| {
        let behind = text.get(at..).and_then(|rest| rest.strip_prefix("영사")).unwrap_or_default();
        behind.trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit())
    };
    out.extend(marks.of(Kind::Zero).iter().filter(|at| numeral_near(text, **at) && !consul(**at)));
    for found in marks.of(Kind::Digits).iter().copied() {
        if bytes.get(found + 1).is_none_or(|b| b.is_ascii() && !b.is_ascii_digit()) {
            continue;
        }
        let run = bytes.get(found..).map_or(0, |rest| rest.iter().take_while(|b| b.is_ascii_digit()).count());
        let at = found + run;
        let joint = bytes.get(at..).map_or(0, |rest| rest.iter().take(2).take_while(|b| b" -.".contains(b)).count());
        if bytes.get(at + joint).is_none_or(u8::is_ascii) {
            continue;
        }
        let behind = text.get(at + joint..).unwrap_or_default();
        let mixed = joint == 0 && behind.chars().take(2).filter(|c| is_part(*c)).count() == 2;
        let spelt = at - found > 1 && behind.chars().take(3).filter(|c| numeral(*c).is_some()).count() == 3;
        if (mixed && behind.starts_with(|c| numeral(c).is_some())) || spelt {
            out.push(found);
        }
    }
    out.sort_unstable();
    out
}

fn numeral_near(text: &str, at: usize) -> bool {
    let behind = text.get(at + 3..).unwrap_or_default().trim_start_matches([' ', '-']).chars().next();
    let before = text.get(..at).unwrap_or_default().trim_end_matches([' ', '-']).chars().next_back();
    [behind, before].into_iter().flatten().any(|c| numeral(c).is_some())
}

/// Whether a value is read with its spelt digits as digits.
pub fn spelt(surface: &str) -> bool {
    let parts = || surface.chars().filter(|c| is_part(*c) || c.is_ascii_digit());
    parts().count() >= SPELT_MIN && !surface.chars().any(|c| c.is_alphabetic() && numeral(c).is_none())
}

/// The digit that a syllable spells.
pub fn value(c: char) -> Option<u8> {
    numeral(c).and_then(|digit| u8::try_from(digit).ok()).map(|digit| digit - b'0')
}

fn numeral(c: char) -> Option<char> {
    Some(match c {
        '공' | '영' | '〇' => '0',
        '일' | '一' => '1',
        '이' | '二' => '2',
        '삼' | '三' => '3',
        '사' | '四' => '4',
        '오' | '五' => '5',
        '육' | '륙' | '六' => '6',
        '칠' | '七' => '7',
        '팔' | '八' => '8',
        '구' | '九' => '9',
        _ => return None,
    })
}

fn is_part(c: char) -> bool {
    numeral(c).is_some() || c.is_ascii_digit()
}

/// Where the stretch begins that a place lies in; not before `least`.
fn back(text: &str, at: usize, least: usize) -> usize {
    let (mut start, mut joint) = (at, 0);
    for (i, c) in text.get(least..at).unwrap_or_default().char_indices().rev().take(4 * DIGITS_MAX) {
        match c {
            _ if is_part(c) => (start, joint) = (least + i, 0),
            ' ' | '-' | '.' | ')' if joint < 3 => joint += 1,
            _ => break,
        }
    }
    start
}

/// Where the stretch ends, its spelt digits with their places, and how many digits it and its last group have.
fn forth(text: &str, start: usize) -> (usize, Vec<(usize, char)>, usize, usize) {
    let (mut end, mut spelt, mut digits, mut joint, mut group) = (start, Vec::new(), 0, 0, 0);
    for (i, c) in text.get(start..).unwrap_or_default().char_indices() {
        let at = start + i;
        match numeral(c) {
            Some(digit) => spelt.push((at, digit)),
            None if c.is_ascii_digit() => {}
            None if matches!(c, ' ' | '-' | '.' | ')') && joint < 3 => {
                joint += 1;
                continue;
            }
            None => break,
        }
        group = if joint > 0 { 1 } else { group + 1 };
        (end, joint) = (at + c.len_utf8(), 0);
        digits += 1;
    }
    (end, spelt, digits, group)
}

/// The particle 이 (and the words 이고, 일까) behind a telephone number is no digit of it, nor behind a last group that has one digit
/// more than those of telephones, cards and resident registration numbers.
fn trim(text: &str, spelt: &mut Vec<(usize, char)>, digits: &mut usize, last: usize) {
    let longer = matches!((last, *digits), (5, 11 | 12 | 17) | (8, 14));
    if longer && spelt.last().is_some_and(|(_, digit)| matches!(digit, '1' | '2')) {
        spelt.pop();
        *digits -= 1;
    }
    let mobile = spelt.first().is_some_and(|(at, digit)| *digit == '0' && text.get(..*at).is_some());
    while mobile && *digits > 11 && spelt.last().is_some_and(|(_, digit)| matches!(digit, '1' | '2')) {
        spelt.pop();
        *digits -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::marks::Marks;
    use super::super::plain::Plain;

    #[test]
    fn numbers_in_hangul_become_digits_and_words_stay() {
        for (text, want) in [
            ("전화 공일공-일이삼사-오육칠팔로", "전화 010-1234-5678로"),
            ("공일공 일이삼사 오육칠팔이에요", "010 1234 5678이에요"),
            ("공일공일이삼사오육칠팔", "01012345678"),
            ("영일영 1234 오육칠팔", "010 1234 5678"),
            ("010-일이삼사-5678", "010-1234-5678"),
            ("010-1234-오육칠팔", "010-1234-5678"),
            ("공 일 공 - 일 이 삼 사 - 오 육 칠 팔", "0 1 0 - 1 2 3 4 - 5 6 7 8"),
            ("공육일 사구사 팔사공육이고", "061 494 8406이고"),
            ("〇一〇-一二三四-五六七八", "010-1234-5678"),
            ("一二三四五六七八九", "一二三四五六七八九"),
            ("二〇二四年五月", "二〇二四年五月"),
            ("0일0 666이 삼삼삼7", "010 6662 3337"),
            ("19일 20일 21일 22일 23일", "19일 20일 21일 22일 23일"),
            ("공이 그 사이로 굴러갔다", "공이 그 사이로 굴러갔다"),
            ("영이 사오는 공 삼사 개", "영이 사오는 공 삼사 개"),
        ] {
            assert_eq!(Plain::of(text, &mut Marks::default()).text, want);
        }
    }
}
