//! Korean particles that change with the sound before them: 은 behind a consonant, 는 behind a vowel.

/// How a word ends.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Sound {
    Vowel,
    /// ㄹ, which counts as a vowel before 로.
    L,
    Consonant,
}

/// Forms behind a consonant and behind a vowel.
const PAIRS: &[(&str, &str)] = &[
    ("은", "는"),
    ("이", "가"),
    ("을", "를"),
    ("과", "와"),
    ("이나", "나"),
    ("이랑", "랑"),
    ("이란", "란"),
    ("이라", "라"),
    ("이라고", "라고"),
    ("이라는", "라는"),
    ("이라도", "라도"),
    ("이라면", "라면"),
    ("이라서", "라서"),
    ("이며", "며"),
    ("이고", "고"),
    ("이든", "든"),
    ("이든지", "든지"),
    ("이야", "야"),
    ("이다", "다"),
    ("이자", "자"),
    ("이지만", "지만"),
    ("이었다", "였다"),
    ("이었던", "였던"),
    ("이에요", "예요"),
    ("이여", "여"),
    ("은커녕", "는커녕"),
    ("과의", "와의"),
    ("과는", "와는"),
    ("과도", "와도"),
];

/// The same for 으로, which ㄹ does not ask for.
const TO: &[(&str, &str)] = &[
    ("으로", "로"),
    ("으로는", "로는"),
    ("으로도", "로도"),
    ("으로만", "로만"),
    ("으로의", "로의"),
    ("으로서", "로서"),
    ("으로써", "로써"),
    ("으로부터", "로부터"),
];

/// The forms of a particle behind a consonant and behind a vowel.
type Forms = (&'static str, &'static str);

/// Particles that can stand for each other.
const SWAPS: &[(Forms, Forms)] = &[
    (("은", "는"), ("이", "가")),
    (("과", "와"), ("이랑", "랑")),
    (("과", "와"), ("하고", "하고")),
    (("에게", "에게"), ("한테", "한테")),
    (("에게서", "에게서"), ("한테서", "한테서")),
];

/// How a character sounds at its end; `None` where that is not known, as of Latin letters, which may be read as a word.
fn sound(c: char) -> Option<Sound> {
    match c {
        // syllables are ordered by their final consonants: 28 of each, the first without one, the ninth with ㄹ
        '\u{AC00}'..='\u{D7A3}' => match (u32::from(c) - 0xAC00) % 28 {
            0 => Some(Sound::Vowel),
            8 => Some(Sound::L),
            _ => Some(Sound::Consonant),
        },
        // 영, 일, 이, 삼, 사, 오, 육, 칠, 팔, 구
        '1' | '7' | '8' => Some(Sound::L),
        '0' | '3' | '6' => Some(Sound::Consonant),
        '2' | '4' | '5' | '9' => Some(Sound::Vowel),
        _ => None,
    }
}

/// The form of a particle that fits behind a character, where the particle has two forms and the sound is known.
pub fn agreed(before: char, particle: &str) -> Option<&'static str> {
    let sound = sound(before)?;
    let of = |pairs: &'static [(&str, &str)], vowel: bool| {
        let pair = pairs.iter().find(|(a, b)| *a == particle || *b == particle)?;
        Some(if vowel { pair.1 } else { pair.0 })
    };
    of(TO, sound != Sound::Consonant).or_else(|| of(PAIRS, sound == Sound::Vowel))
}

/// Another particle that may stand in place of this one behind a character; `drawn` chooses among several.
pub fn swapped(before: char, particle: &str, drawn: u64) -> Option<&'static str> {
    let vowel = sound(before)? == Sound::Vowel;
    let is = |pair: &Forms| pair.0 == particle || pair.1 == particle;
    let form = |pair: &Forms| if vowel { pair.1 } else { pair.0 };
    let others: Vec<&'static str> = SWAPS
        .iter()
        .filter_map(|(one, other)| match (is(one), is(other)) {
            (true, _) => Some(form(other)),
            (_, true) => Some(form(one)),
            _ => None,
        })
        .collect();
    let n = others.len().max(1) as u64;
    others.get((drawn % n) as usize).copied()
}

/// Whether a text is a particle that is known here, in one of its forms.
pub fn is_particle(text: &str) -> bool {
    const OTHERS: &[&str] = &["에", "에서", "에게", "의", "도", "만", "까지", "부터", "보다", "처럼", "께서", "하고"];
    OTHERS.contains(&text) || PAIRS.iter().chain(TO).any(|(a, b)| *a == text || *b == text)
}

pub fn is_hangul(c: char) -> bool {
    matches!(c, '\u{AC00}'..='\u{D7A3}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Forms from the National Institute of Korean Language's rules for 조사: consonant, vowel, and ㄹ before 로.
    #[test]
    fn particles_agree_with_the_sound_before_them() {
        for (word, particle, want) in [
            ("철수", "은", "는"),
            ("길동", "는", "은"),
            ("서울", "으로", "로"),
            ("부산", "로", "으로"),
            ("제주", "으로", "로"),
            ("서울", "가", "이"),
            ("2", "이", "가"),
            ("1", "로", "로"),
            ("3", "로", "으로"),
            ("학교", "이라는", "라는"),
        ] {
            assert_eq!(agreed(word.chars().next_back().unwrap(), particle), Some(want), "{word} {particle}");
        }
        assert_eq!(agreed('A', "은"), None, "a letter may be read in several ways");
        assert_eq!(agreed('수', "에서"), None, "it has one form");
    }

    #[test]
    fn particles_are_exchanged_in_their_right_form() {
        assert_eq!((swapped('수', "는", 0), swapped('동', "은", 0)), (Some("가"), Some("이")));
        assert_eq!((swapped('수', "와", 0), swapped('수', "와", 1)), (Some("랑"), Some("하고")));
        assert_eq!((swapped('수', "에게", 0), swapped('수', "를", 0)), (Some("한테"), None));
    }
}
