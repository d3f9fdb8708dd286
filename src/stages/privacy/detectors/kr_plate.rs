//! Korean number plates: two or three digits, a letter of the fixed set, four digits (`12가 3456`), older ones behind the name
//! of their region (`서울 1가 3456`), and those of diplomats (`외교 001-001`).
//!
//! Likely; certain with the region before it or a word such as 차량. Possible where it may be an amount: `12조 3456`.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::text::Text;
use super::units;
use Confidence::{Certain, Likely, Possible};

pub const DETECTOR: Detector =
    Detector { name: "kr_plate", doc: "Korean number plates.", version: 4, mask: "[PLATE]", find };

/// Private, commercial, parcel, rental and military plates.
pub const LETTERS: &str = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주바사아자배하허호국합육해공";

/// Letters that are also words behind a number.
const WORDS: &str = "조호구주부수도로자국";

const REGIONS: [&str; 17] = [
    "서울", "부산", "대구", "인천", "광주", "대전", "울산", "세종", "경기", "강원", "충북", "충남", "전북", "전남",
    "경북", "경남", "제주",
];

fn find(text: &Text, out: &mut Vec<Found>) {
    for (at, run) in text.numbers.runs.iter().enumerate() {
        let len = run.digits.len();
        let Some(next) = text.numbers.runs.get(at + 1).filter(|next| next.start - run.end <= 6) else { continue };
        if len == 3 && next.digits.len() == 3 {
            out.extend(diplomat(text, at));
        }
        if (1..=3).contains(&len) && next.digits.len() == 4 {
            out.extend(plate(text, run.start, run.end, next.start, next.end, len));
        }
    }
}

fn plate(text: &Text, start: usize, end: usize, next: usize, stop: usize, len: usize) -> Option<Found> {
    let between = text.plain.get(end..next)?;
    let inner = between.trim_matches(' ').trim_end_matches(['-', ' ']);
    let (letter, rest) = inner.chars().next().map(|c| (c, inner.len() - c.len_utf8()))?;
    let fits = rest == 0 && LETTERS.contains(letter) && between.len() - inner.len() <= 2;
    if !fits || text.is_in_word(start, stop) || units::counts(text, start, stop) {
        return None;
    }
    // the number of a case: 99다1234 판결
    let behind = super::text::head(text.plain.get(stop..)?, 16).trim_start_matches([' ', ',']);
    if ["판결", "선고", "결정", "사건", "전원합의체"].iter().any(|word| behind.starts_with(word)) {
        return None;
    }
    let lead = text.plain.get(..start)?.trim_end_matches(' ');
    let region = REGIONS.iter().find(|r| lead.ends_with(*r) && start - lead.len() <= 1);
    if let Some(region) = region {
        return Some(Found { start: lead.len() - region.len(), end: stop, confidence: Certain });
    }
    let decimal = matches!(text.before(start), Some('.' | ','))
        && start.checked_sub(2).and_then(|at| text.bytes().get(at)).is_some_and(u8::is_ascii_digit);
    let part = decimal
        || matches!(text.before(start), Some('-' | '제'))
        || matches!(text.at(stop), Some('.' | ',') if text.at(stop + 1).is_some_and(|c| c.is_ascii_digit()));
    if len == 1 || part {
        return None;
    }
    let spaced = between.len() > inner.len();
    // 10호 1234동 is a flat, and 3층 is a floor; beside a word for a car it is a plate all the same
    let home = matches!(text.at(stop), Some('동' | '호' | '층' | '원' | '명' | '개'));
    let own = if home || WORDS.contains(letter) && spaced { Possible } else { Likely };
    let found = text.judged(Found { start, end: stop, confidence: own }, Subject::Plate);
    Some(found)
}

fn diplomat(text: &Text, at: usize) -> Option<Found> {
    let (start, end) = text.numbers.place(at, at + 1);
    let lead = text.plain.get(..start)?.trim_end_matches(' ');
    let word = ["외교", "영사", "준외", "준영", "국기", "협정", "대표"].iter().find(|w| lead.ends_with(*w))?;
    let dashed = text.plain.get(text.numbers.place(at, at).1..)?.trim_start_matches(' ').starts_with('-');
    dashed.then_some(Found { start: lead.len() - word.len(), end, confidence: Likely })
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn plates_and_amounts() {
        for (text, want) in [
            ("12가 3456", "12가 3456"),
            ("차량 123가4567이", "123가4567"),
            ("서울 1가 3456", "서울 1가 3456"),
            ("서울52바1234", "서울52바1234"),
            ("외교 001-001", "외교 001-001"),
            ("12 가 3456", "12 가 3456"),
            ("１２３하４５６７", "１２３하４５６７"),
            ("차는 12가-3456입니다", "12가-3456"),
            ("차량번호 12가3456호", "12가3456"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
        for text in [
            "12조 3456억",
            "제12호 2023년",
            "12월 2023",
            "5만 3000",
            "10구 2000원",
            "1가 3456",
            "1.12가 3456",
            "10호 1234동",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn cases_of_courts_and_columns() {
        assert_eq!(found(&DETECTOR, "대법원 99다1234 판결"), [""; 0]);
        assert_eq!(found(&DETECTOR, "x,52보1821,y"), ["52보1821"]);
        assert_eq!(found(&DETECTOR, "차량 국기 055-805"), ["국기 055-805"]);
    }
}
