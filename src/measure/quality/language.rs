//! Which language a text is in, as trigrams and scripts tell (whatlang). Short texts tell little: their scores are low.
use super::{Measured, Ratio, Statistic};
use whatlang::Lang;

/// So many bytes of a text are looked at.
const LOOKED_AT: usize = 16 << 10;

macro_rules! languages {
    ($($name:literal $say:literal $lang:ident),* $(,)?) => {
        pub const STATISTICS: &[Statistic] = &[$(
            Statistic::share(
                concat!("language_", $name),
                concat!("score of ", $say, ", in thousandths: how sure it is that the text is in it; 0 if it is in another"),
                |m| score(m, Lang::$lang),
            ),
        )*];
    };
}

languages! {
    "ar" "Arabic" Ara,
    "de" "German" Deu,
    "en" "English" Eng,
    "es" "Spanish" Spa,
    "fr" "French" Fra,
    "hi" "Hindi" Hin,
    "id" "Indonesian" Ind,
    "it" "Italian" Ita,
    "ja" "Japanese" Jpn,
    "ko" "Korean" Kor,
    "pt" "Portuguese" Por,
    "ru" "Russian" Rus,
    "th" "Thai" Tha,
    "tr" "Turkish" Tur,
    "vi" "Vietnamese" Vie,
    "zh" "Chinese" Cmn,
}

/// The language of a text, and how sure that is in thousandths.
pub(super) fn detected(text: &str) -> Option<(Lang, u64)> {
    let text = text.get(..text.floor_char_boundary(LOOKED_AT)).unwrap_or(text);
    let found = whatlang::detect(text)?;
    Some((found.lang(), (found.confidence() * 1000.0).clamp(0.0, 1000.0) as u64))
}

fn score(m: &Measured, lang: Lang) -> Ratio {
    match m.language.get_or_init(|| detected(m.text)) {
        Some((found, score)) if *found == lang => Ratio { num: *score, den: 1000 },
        _ => Ratio { num: 0, den: 1 },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::quality::statistic;

    fn of(name: &str, text: &str) -> Ratio {
        (statistic(name).unwrap().of)(&Measured::new(text))
    }

    #[test]
    fn languages_are_told_apart() {
        let korean = "이 문서는 데이터 세트를 선언하고 만드는 방법을 설명합니다. 자세한 내용은 다음 장을 보십시오.";
        let english =
            "This document describes how a data set is declared and built; see the next chapter for more details.";
        let german =
            "Dieses Dokument beschreibt, wie ein Datensatz deklariert und gebaut wird; mehr dazu im nächsten Kapitel.";
        for (own, text) in [("language_ko", korean), ("language_en", english), ("language_de", german)] {
            for statistic in STATISTICS {
                let Ratio { num, .. } = of(statistic.name, text);
                assert_eq!(num > 0, statistic.name == own, "{} of {text}", statistic.name);
            }
        }
        assert_eq!(of("language_ko", korean), Ratio { num: 1000, den: 1000 });
        assert_eq!(of("language_ko", "1234 !!"), Ratio { num: 0, den: 1 });
    }
}
