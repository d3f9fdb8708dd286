//! Korean particles at the end of a word. A particle that fits the sound before it is found by its form alone: 제주도 (an
//! island) has the form of 제주 and the particle 도, so exceptions must be declared.

/// What a particle asks of the syllable before it.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    Any,
    /// It ends in a vowel.
    Vowel,
    /// It ends in a vowel or in ㄹ.
    VowelOrL,
    /// It ends in a consonant.
    Consonant,
    /// It ends in a consonant other than ㄹ.
    NoL,
}

const PARTICLES: &[(&str, Before)] = &[
    ("은", Before::Consonant),
    ("는", Before::Vowel),
    ("이", Before::Consonant),
    ("가", Before::Vowel),
    ("을", Before::Consonant),
    ("를", Before::Vowel),
    ("에", Before::Any),
    ("에서", Before::Any),
    ("에게", Before::Any),
    ("께", Before::Any),
    ("께서", Before::Any),
    ("로", Before::VowelOrL),
    ("으로", Before::NoL),
    ("와", Before::Vowel),
    ("과", Before::Consonant),
    ("도", Before::Any),
    ("만", Before::Any),
    ("까지", Before::Any),
    ("부터", Before::Any),
    ("보다", Before::Any),
    ("처럼", Before::Any),
    ("의", Before::Any),
    ("이나", Before::Consonant),
    ("나", Before::Vowel),
    ("라고", Before::Vowel),
    ("이라고", Before::Consonant),
    ("랑", Before::Vowel),
    ("이랑", Before::Consonant),
    ("하고", Before::Any),
    ("마다", Before::Any),
    ("조차", Before::Any),
    ("밖에", Before::Any),
];

/// What is left of a word without its particle has at least so many characters: 국가 and 회의 end in no particle.
const LEAST: usize = 2;

/// The longest particle that a word may end with.
pub fn particle(word: &str) -> Option<&'static str> {
    let fits = |(particle, before): &&(&'static str, Before)| {
        let Some(rest) = word.strip_suffix(particle) else { return false };
        rest.chars().count() >= LEAST && rest.chars().next_back().is_some_and(|c| before.fits(c))
    };
    PARTICLES.iter().filter(fits).map(|(particle, _)| *particle).max_by_key(|p| p.chars().count())
}

impl Before {
    /// Whether a particle may follow this character. How a digit or a letter of another script sounds is not known.
    fn fits(self, c: char) -> bool {
        if c.is_whitespace() {
            return false;
        }
        // syllables are ordered by their final consonants: 28 of each, the first without one, the ninth with ㄹ
        let last = match u32::from(c) {
            code @ 0xAC00..=0xD7A3 => (code - 0xAC00) % 28,
            _ => return true,
        };
        match self {
            Before::Any => true,
            Before::Vowel => last == 0,
            Before::VowelOrL => last == 0 || last == 8,
            Before::Consonant => last != 0,
            Before::NoL => last != 0 && last != 8,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_particle_fits_the_sound_before_it() {
        let found =
            ["김철수는", "김철은", "서울에서", "서울로", "부산으로", "NASA가", "2002년까지", "철수이나", "서울이나"];
        let want = ["는", "은", "에서", "로", "으로", "가", "까지", "나", "이나"];
        let of = |all: [&str; 9]| all.map(particle);
        // 철수이나: 이나 does not fit behind a vowel, and 나 fits behind 이
        assert_eq!(of(found), want.map(Some));
        let none = ["국가", "회의", "서울가", "김철는", "부산로", "서울으로", "", "은", "서울 은"];
        assert_eq!(of(none), [None; 9]);
        assert_eq!(particle("제주도"), Some("도"), "its form says nothing else");
    }
}
