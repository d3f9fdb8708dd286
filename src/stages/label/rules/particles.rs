//! Korean particles at the end of a word. Some have the form in which names end, too: 제주도 is an island, and has the form of 제주 with
//! the particle 도. Such a one is found only where the same answer has the word without it.

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

/// Particles in whose form names and words end, too: 강원도, 우크라이나, 김수로, 물리학과, 국무회의.
const LIKE_NAMES: &[&str] = &["은", "이", "가", "에", "로", "와", "과", "도", "만", "의", "이나", "나", "랑"];

/// What is left of a word without its particle has at least so many characters: 국가 and 회의 end in no particle.
const LEAST: usize = 2;

/// The longest particle that a word ends with; `known` says whether a word stands by itself in the same answer.
pub fn particle(word: &str, known: impl Fn(&str) -> bool) -> Option<&'static str> {
    let fits = |(particle, before): &&(&'static str, Before)| {
        let Some(rest) = word.strip_suffix(particle) else { return false };
        let fits = rest.chars().count() >= LEAST && rest.chars().next_back().is_some_and(|c| before.fits(c));
        fits && (!LIKE_NAMES.contains(particle) || known(rest))
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
        // 철수이나: 이나 does not fit behind a vowel, and 나 fits behind 이
        assert_eq!(found.map(|word| particle(word, |_| true)), want.map(Some));
        let none = ["국가", "회의", "서울가", "김철는", "부산로", "", "은", "서울 은"];
        assert_eq!(none.map(|word| particle(word, |_| true)), [None; 8]);
    }

    #[test]
    fn what_names_end_with_is_a_particle_beside_the_name_alone() {
        assert_eq!((particle("제주도", |_| false), particle("제주도", |w| w == "제주")), (None, Some("도")));
        assert_eq!(
            (particle("김철수는", |_| false), particle("지난해 7월부터", |_| false)),
            (Some("는"), Some("부터"))
        );
    }

    #[test]
    fn every_hit_in_a_public_corpus_is_judged() {
        let judged = include_str!("../../../../tests/data/particles-judged.tsv");
        let (mut right, mut all) = (0, 0);
        for line in judged.lines().filter(|l| !l.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            let [_, _, span, found, beside, verdict, _] = cells[..] else { panic!("{line}") };
            assert_eq!(particle(span, |word| word == beside), Some(found), "{line}");
            right += usize::from(verdict == "right");
            all += 1;
        }
        assert_eq!((right, all), (3, 7));
        assert_eq!(["레스터시티의", "라스푸틴도", "3-1로"].map(|word| particle(word, |_| false)), [None; 3]);
    }
}
