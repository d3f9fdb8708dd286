//! Slips of the fingers: a key beside the one that was meant, on the Korean keyboard of two sets and on QWERTY.
use super::korean::is_hangul;

/// The initial consonants, in the order of Unicode, each with those whose keys lie beside; of doubled ones the single one.
const INITIALS: [&[u32]; 19] = [
    &[3, 9],   // ㄱ: ㄷ ㅅ
    &[0],      // ㄲ
    &[6, 11],  // ㄴ: ㅁ ㅇ
    &[12, 0],  // ㄷ: ㅈ ㄱ
    &[3],      // ㄸ
    &[11, 18], // ㄹ: ㅇ ㅎ
    &[2],      // ㅁ: ㄴ
    &[12],     // ㅂ: ㅈ
    &[7],      // ㅃ
    &[0],      // ㅅ: ㄱ
    &[9],      // ㅆ
    &[2, 5],   // ㅇ: ㄴ ㄹ
    &[7, 3],   // ㅈ: ㅂ ㄷ
    &[12],     // ㅉ
    &[16, 17], // ㅊ: ㅌ ㅍ
    &[16],     // ㅋ: ㅌ
    &[15, 14], // ㅌ: ㅋ ㅊ
    &[14],     // ㅍ: ㅊ
    &[5],      // ㅎ: ㄹ
];

/// The vowels, likewise; ㅐ and ㅔ, and ㅙ, ㅚ and ㅞ, sound alike and are written for each other.
const VOWELS: [&[u32]; 21] = [
    &[4, 20],  // ㅏ: ㅓ ㅣ
    &[5, 2],   // ㅐ: ㅔ ㅑ
    &[6, 1],   // ㅑ: ㅕ ㅐ
    &[7, 1],   // ㅒ: ㅖ ㅐ
    &[8, 0],   // ㅓ: ㅗ ㅏ
    &[1],      // ㅔ: ㅐ
    &[12, 2],  // ㅕ: ㅛ ㅑ
    &[5],      // ㅖ: ㅔ
    &[4],      // ㅗ: ㅓ
    &[0],      // ㅘ: ㅏ
    &[11, 15], // ㅙ: ㅚ ㅞ
    &[10, 8],  // ㅚ: ㅙ ㅗ
    &[6],      // ㅛ: ㅕ
    &[17, 18], // ㅜ: ㅠ ㅡ
    &[4],      // ㅝ: ㅓ
    &[10, 11], // ㅞ: ㅙ ㅚ
    &[20, 13], // ㅟ: ㅣ ㅜ
    &[13],     // ㅠ: ㅜ
    &[13],     // ㅡ: ㅜ
    &[20, 18], // ㅢ: ㅣ ㅡ
    &[0],      // ㅣ: ㅏ
];

const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];

/// A character typed wrong, one for one: a neighbouring key, or a final consonant left out. `None` for what has no key of
/// this kind.
pub fn slip(c: char, drawn: u64) -> Option<char> {
    if is_hangul(c) {
        return hangul(c, drawn);
    }
    let lower = c.to_ascii_lowercase();
    let (row, at) = ROWS.iter().find_map(|row| Some((row, row.find(lower)?)))?;
    let beside: Vec<char> = [at.checked_sub(1), Some(at + 1)]
        .into_iter()
        .flatten()
        .filter_map(|at| row.get(at..=at)?.chars().next())
        .collect();
    let typed = *beside.get((drawn % beside.len().max(1) as u64) as usize)?;
    Some(if c.is_ascii_uppercase() { typed.to_ascii_uppercase() } else { typed })
}

fn hangul(c: char, drawn: u64) -> Option<char> {
    let code = u32::from(c) - 0xAC00;
    let (initial, vowel, last) = (code / 588, code % 588 / 28, code % 28);
    let pick = |of: &[u32]| of.get(((drawn >> 8) % of.len().max(1) as u64) as usize).copied();
    let (initial, vowel, last) = match (drawn % 3, last) {
        (0, _) => (pick(INITIALS.get(initial as usize)?)?, vowel, last),
        (2, 1..) => (initial, vowel, 0),
        _ => (initial, pick(VOWELS.get(vowel as usize)?)?, last),
    };
    char::from_u32(0xAC00 + initial * 588 + vowel * 28 + last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_one_other_character_of_the_same_script() {
        for c in "가낳닭뷁삶의쀍힣".chars() {
            for drawn in 0..3000 {
                let typed = slip(c, drawn).unwrap();
                assert!(is_hangul(typed) && typed != c, "{c} {drawn} {typed}");
            }
        }
        assert_eq!((slip('a', 0), slip('A', 1), slip('s', 1)), (Some('s'), Some('S'), Some('d')));
        assert_eq!((slip('1', 0), slip(' ', 0), slip('東', 0)), (None, None, None));
        assert_eq!(slip('강', 2), Some('가'), "its final consonant is left out");
    }
}
