//! Detectors of personal data in text: a list of values, a file for one or for a few of one family, and what they share.
//!
//! A text is read once (`text::read`): into its plain spelling, its runs of digits, and its marks: the places of bytes that
//! cannot be missing (an `@`, the first of a title). A detector lets a hand-written validator decide at each of them. No regular
//! expressions but those of the manifest: `\b` is no border before a Korean particle (`010-1234-5678로`), and a pattern says
//! nothing of dates and check digits. Each tells how sure it is; words beside a number raise or lower that (`context`).
//! All of it takes time linear in the text.
//!
//! To add one: a file with a `DETECTOR`, a line in [`DETECTORS`]; one that begins with bytes that no other begins with needs a
//! kind of mark, too.
mod birth_date;
mod canonical;
mod card;
mod change;
mod context;
mod custom;
mod detector;
mod email;
mod hit;
mod iban;
mod kr_account;
mod kr_address;
mod kr_business;
mod kr_ci;
mod kr_papers;
mod kr_plate;
mod kr_rrn;
mod marks;
mod net;
mod numbers;
mod numerals;
mod person;
mod person_words;
mod phone;
mod phone_abroad;
mod plain;
mod regions;
mod secret;
mod secret_forms;
mod syllables;
mod text;
mod tokens;
mod units;
mod url_credential;
mod us_ssn;

pub use canonical::{Canonical, district_of, year_of};
pub use custom::{Custom, entries};
pub use detector::Detector;
pub use hit::{Confidence, Found, Hit};
pub use kr_plate::LETTERS as PLATE_LETTERS;
pub use numerals::{spelt, value as numeral_of};
pub use regions::{REGIONS, of_languages};
use std::cell::Cell;
use std::collections::BTreeMap;

/// All detectors; where hits of equal length and confidence overlap, the earlier one wins.
pub const DETECTORS: &[Detector] = &[
    email::DETECTOR,
    phone::DETECTOR,
    kr_rrn::DETECTOR,
    card::DETECTOR,
    iban::DETECTOR,
    us_ssn::DETECTOR,
    kr_papers::DRIVER,
    kr_papers::PASSPORT,
    kr_papers::HEALTH,
    kr_papers::CUSTOMS,
    kr_business::BUSINESS,
    kr_business::CORPORATION,
    kr_account::DETECTOR,
    kr_plate::DETECTOR,
    kr_address::DETECTOR,
    kr_ci::DETECTOR,
    net::IP,
    net::MAC,
    url_credential::DETECTOR,
    secret::DETECTOR,
    birth_date::DETECTOR,
    person::DETECTOR,
];

/// Types whose hits are likely at most.
const NEVER_CERTAIN: [&str; 3] = ["kr_account", "kr_health", "birth_date"];

/// Types of which each hit has a digit in it, in the plain spelling.
const OF_DIGITS: [&str; 14] = [
    "phone",
    "kr_rrn",
    "card",
    "iban",
    "us_ssn",
    "kr_driver",
    "kr_passport",
    "kr_health",
    "kr_customs",
    "kr_business",
    "kr_corporation",
    "kr_account",
    "kr_plate",
    "birth_date",
];

/// The highest confidence that hits of a type have.
pub fn surest(name: &str) -> Confidence {
    if NEVER_CERTAIN.contains(&name) { Confidence::Likely } else { Confidence::Certain }
}

/// What is looked for in texts.
#[derive(Default)]
pub struct Finder {
    kinds: Vec<Kind>,
    regions: regions::Regions,
}

/// A type that is looked for.
struct Kind {
    name: String,
    least: Confidence,
    /// Whether there is nothing to find in a text without digits.
    of_digits: bool,
    by: By,
}

enum By {
    Detector(&'static Detector),
    Expression(custom::Expression),
    Dictionary(custom::Dictionary),
}

impl Finder {
    /// A finder of nothing yet, in texts of these regions.
    pub fn of_regions(names: &[String]) -> Finder {
        Finder { kinds: Vec::new(), regions: regions::Regions::of(names) }
    }

    /// Looks for a type of the list with at least this confidence. Names that are no detector find nothing.
    pub fn detector(&mut self, name: &str, least: Confidence) {
        if let Some(detector) = DETECTORS.iter().find(|d| d.name == name) {
            let of_digits = OF_DIGITS.contains(&name);
            self.kinds.push(Kind { name: name.to_string(), least, of_digits, by: By::Detector(detector) });
        }
    }

    /// Looks for an expression under a name of its own.
    pub fn expression(&mut self, name: &str, custom: &Custom, least: Confidence) -> Result<(), String> {
        let by = By::Expression(custom::Expression::of(custom)?);
        self.kinds.push(Kind { name: name.to_string(), least, of_digits: false, by });
        Ok(())
    }

    /// Looks for the entries of a dictionary as a type.
    pub fn dictionary(&mut self, name: &str, text: &str) -> Result<(), String> {
        let by = By::Dictionary(custom::Dictionary::of(text)?);
        self.kinds.push(Kind { name: name.to_string(), least: Confidence::Possible, of_digits: false, by });
        Ok(())
    }

    /// The name of a hit's type.
    pub fn name(&self, hit: &Hit) -> &str {
        self.kinds.get(hit.kind).map_or("", |kind| &kind.name)
    }

    /// The hits, sorted and without overlaps. Of those that overlap the longest is taken first, then the surest, then in the
    /// order of the types, then the leftmost.
    pub fn find(&self, original: &str) -> Vec<Hit> {
        let mut known = KNOWN.take().unwrap_or_default();
        let plain = text::read(original, &mut known);
        let text =
            text::Text { plain: &plain.text, numbers: &known.numbers, marks: &known.marks, regions: self.regions };
        let (mut all, mut found) = (Vec::new(), Vec::new());
        let digits = !text.numbers.runs.is_empty();
        for (i, kind) in self.kinds.iter().enumerate().filter(|(_, kind)| digits || !kind.of_digits) {
            match &kind.by {
                By::Detector(detector) => (detector.find)(&text, &mut found),
                By::Expression(expression) => expression.find(&text, &mut found),
                By::Dictionary(dictionary) => dictionary.find(&text, &mut found),
            }
            if found.is_empty() {
                continue;
            }
            let sure = found.drain(..).filter(|f| f.confidence >= kind.least && f.start < f.end);
            all.extend(sure.map(|Found { start, end, confidence }| Hit { start, end, kind: i, confidence }));
        }
        if original.len() <= KEPT_MAX {
            KNOWN.set(Some(known));
        }
        if all.is_empty() {
            return Vec::new();
        }
        let mut hits = apart(all);
        for hit in &mut hits {
            (hit.start, hit.end) = plain.place(hit.start, hit.end);
        }
        hits
    }
}

/// Of longer texts no memory is kept.
const KEPT_MAX: usize = 1 << 20;

thread_local! {
    /// The memory for what is known of a text.
    static KNOWN: Cell<Option<Box<text::Known>>> = const { Cell::new(None) };
}

/// The hits of which no two overlap.
fn apart(mut all: Vec<Hit>) -> Vec<Hit> {
    all.sort_by_key(|hit| (usize::MAX - (hit.end - hit.start), std::cmp::Reverse(hit.confidence), hit.kind, hit.start));
    let mut taken: BTreeMap<usize, Hit> = BTreeMap::new();
    for hit in all {
        if taken.range(..hit.end).next_back().is_none_or(|(_, before)| before.end <= hit.start) {
            taken.insert(hit.start, hit);
        }
    }
    taken.into_values().collect()
}

/// What masking writes in place of a hit of this type.
pub fn mask(hit_type: &str) -> String {
    match DETECTORS.iter().find(|d| d.name == hit_type) {
        Some(detector) => detector.mask.to_string(),
        None => format!("[{}]", hit_type.to_ascii_uppercase().replace('-', "_")),
    }
}

#[cfg(test)]
mod corpus_tests;

#[cfg(test)]
fn found<'a>(detector: &Detector, text: &'a str) -> Vec<&'a str> {
    let mut finder = Finder::of_regions(&["US".into(), "GB".into()]);
    finder.detector(detector.name, Confidence::default());
    finder.find(text).iter().map(|hit| &text[hit.start..hit.end]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(names: &[&str]) -> Finder {
        let mut finder = Finder::of_regions(&[]);
        names.iter().for_each(|name| finder.detector(name, Confidence::default()));
        finder
    }

    fn found_types<'f>(finder: &'f Finder, text: &str) -> Vec<(&'f str, String)> {
        let hits = finder.find(text);
        hits.iter().map(|h| (finder.name(h), text[h.start..h.end].to_string())).collect()
    }

    #[test]
    fn hits_of_the_named_types_in_order() {
        let text = "문의는 010-1234-5678로, 메일은 kim@example.com으로, 010-1234-5679도 됩니다";
        let finder = types(&["phone", "email"]);
        let want = [("phone", "010-1234-5678"), ("email", "kim@example.com"), ("phone", "010-1234-5679")];
        assert_eq!(found_types(&finder, text), want.map(|(n, t)| (n, t.to_string())));
        assert_eq!(types(&["email"]).find(text).len(), 1);
        assert_eq!(types(&["nothing"]).find(text), []);
    }

    /// The hits of all types in a text.
    fn all_in(text: &str) -> Vec<(String, String)> {
        let finder = types(&DETECTORS.iter().map(|d| d.name).collect::<Vec<_>>());
        found_types(&finder, text).into_iter().map(|(name, hit)| (name.to_string(), hit)).collect()
    }

    #[test]
    fn only_and_too_behind_a_number_are_no_units() {
        for (text, want) in [
            ("차량번호 878너1249만 됩니다", "kr_plate 878너1249"),
            ("번호판 78거8854도 해줘", "kr_plate 78거8854"),
            ("사업자번호 745-01-96367만 보내주세요", "kr_business 745-01-96367"),
            ("계좌 207-996-128268도 확인", "kr_account 207-996-128268"),
            ("SSN 578-39-9952만 적혀 있다", "us_ssn 578-39-9952"),
            ("고객센터 1588-1234만 받아요", "phone 1588-1234"),
            ("주소 서울 강남구 테헤란로 142만 적었다", "kr_address 서울 강남구 테헤란로 142"),
            ("1500-2000만 원에서 1500-2000만명", ""),
            ("서울 강남구 역삼동 38도 기록", ""),
            ("서울 강남구 역삼동 3만 명", ""),
        ] {
            let hits: Vec<String> = all_in(text).into_iter().map(|(name, hit)| format!("{name} {hit}")).collect();
            assert_eq!(hits.join("; "), want, "{text}");
        }
    }

    #[test]
    fn fields_of_forms_tables_and_chats() {
        for (text, want) in [
            ("성명\t이영수\t남", "person 이영수"),
            ("{\"성명\": \"이영수\", \"비고\": \"\"}", "person 이영수"),
            ("<td>성명</td><td>이영수</td>", "person 이영수"),
            ("저는 김별이라고 합니다", "person 김별"),
            ("제 이름은 이현입니다", "person 이현"),
            ("저는 정말이라고 합니다", ""),
            ("이름,전화번호,신청일", ""),
            ("성명\t성별\t신청일", ""),
            ("영화감독, 당신은 이것만", ""),
            ("Patient name: Olivia Davis", "person Olivia Davis"),
            ("번호: 660628-2971665", "kr_rrn 660628-2971665"),
            ("번호 660628 2971665랑", "kr_rrn 660628 2971665"),
            ("주문번호 6606282971665", ""),
            ("epoch - 1705099099274", ""),
            ("여권번호 G677E5395", "kr_passport G677E5395"),
            ("passport no AB1234567", "kr_passport AB1234567"),
            ("모델 G677E5395", ""),
            ("API 키는 848b011f4640c1e660f826c8ba228d94", "secret 848b011f4640c1e660f826c8ba228d94"),
            ("키는 a180cm12 정도", ""),
            ("password=cSaDfkmy_hCTfAfASORy", "secret cSaDfkmy_hCTfAfASORy"),
            ("password=SomeLongClass_Name", ""),
            ("DB_PASSWORD=%DATABASE_PASSWORD1%", ""),
            (
                "주소 서울 강남구 테헤란로 20, SK뷰 126동 1401호",
                "kr_address 서울 강남구 테헤란로 20, SK뷰 126동 1401호",
            ),
            ("주소 서울 강남구 테헤란로 20 104-797", "kr_address 서울 강남구 테헤란로 20 104-797"),
            ("서울 강남구 테헤란로 20, 02-123-4567", "kr_address 서울 강남구 테헤란로 20; phone 02-123-4567"),
            ("fax (+82) 2-1234-5678", "phone (+82) 2-1234-5678"),
            ("팩스 1644·0446", "phone 1644·0446"),
            ("비율 1644.0446", ""),
            ("FAX: 1644-1651", "phone 1644-1651"),
            ("재위 1644-1661", ""),
            ("번호판은 영사731-897이고", "kr_plate 영사731-897"),
            ("전화 ( 0 6 3 ) 3 9 6 - 0 3 0 5", "phone ( 0 6 3 ) 3 9 6 - 0 3 0 5"),
            ("전화 041_4288_9876", "phone 041_4288_9876"),
            ("면허 경기56_332334_92", "kr_driver 경기56_332334_92"),
            ("james[.]lee@example[.]com", "email james[.]lee@example[.]com"),
            ("kim dot lee (at) example dot com", "email kim dot lee (at) example dot com"),
            ("건강보험 ③-⓪③⓪⓪②⑤⓪⑤⑦②", "kr_health ③-⓪③⓪⓪②⑤⓪⑤⑦②"),
            ("〇一〇-二三四五-六七八九로", "phone 〇一〇-二三四五-六七八九"),
        ] {
            let hits: Vec<String> = all_in(text).into_iter().map(|(name, hit)| format!("{name} {hit}")).collect();
            assert_eq!(hits.join("; "), want, "{text}");
        }
    }

    #[test]
    fn the_longest_of_overlapping_hits_wins() {
        let finder = types(&["email", "phone"]);
        let hits = found_types(&finder, "01012345678@example.com 01012345678.kim@example.com");
        assert_eq!(hits.iter().map(|h| h.0).collect::<Vec<_>>(), ["email", "email"]);
        let all = types(&DETECTORS.iter().map(|d| d.name).collect::<Vec<_>>());
        for (text, want) in [
            ("법인등록번호 130111-0006246", "kr_corporation"),
            ("주민등록번호 900101-1234567", "kr_rrn"),
            ("카드 4111-1111-1111-1111", "card"),
            ("계좌 302-1234-5678-91", "kr_account"),
            // the word before a card says nothing against what follows it
            ("카드, 010-1234-5678", "phone"),
            ("postgres://app:pa@db.example.com", "url_credential"),
        ] {
            assert_eq!(found_types(&all, text).iter().map(|h| h.0).collect::<Vec<_>>(), [want], "{text}");
        }
    }

    #[test]
    fn a_word_before_an_enumeration_does_not_hide_what_follows() {
        let mut finder = Finder::of_regions(&["US".into(), "GB".into()]);
        DETECTORS.iter().for_each(|d| finder.detector(d.name, Confidence::default()));
        let text = "카드 4111 1111 1111 1111, 415-555-2671, 020 7946 0958, 123-45-6789";
        let kinds: Vec<&str> = found_types(&finder, text).iter().map(|h| h.0).collect();
        assert_eq!(kinds, ["card", "phone", "phone", "us_ssn"]);
    }

    #[test]
    fn names_and_masks_are_set_and_masks_are_no_hits() {
        for detector in DETECTORS {
            assert_eq!(mask(detector.name), detector.mask);
            assert!(DETECTORS.iter().all(|other| found(other, detector.mask).is_empty()));
        }
        assert_eq!(
            ["email", "phone", "kr_rrn", "case-number"].map(mask),
            ["[EMAIL]", "[PHONE]", "[RRN]", "[CASE_NUMBER]"]
        );
    }

    #[test]
    fn types_of_digits_are_detectors() {
        assert!(OF_DIGITS.iter().all(|name| DETECTORS.iter().any(|d| d.name == *name)));
    }

    #[test]
    fn expressions_and_dictionaries_of_ones_own() {
        let mut finder = Finder::of_regions(&[]);
        let custom = Custom { pattern: "K-[0-9]{6}".into(), context: vec!["사건".into()], ..Custom::default() };
        finder.expression("case-number", &custom, Confidence::Likely).unwrap();
        finder.dictionary("person", "# names\n홍길동\nJane Roe\n").unwrap();
        let text = "사건 K-123456은 홍길동과 Jane Roe의 것, Jane Roes 아님";
        let want = [("case-number", "K-123456"), ("person", "홍길동"), ("person", "Jane Roe")];
        assert_eq!(found_types(&finder, text), want.map(|(n, t)| (n, t.to_string())));
        assert_eq!(found_types(&finder, "K-123456"), []);
        for bad in ["(", "a{99999}{9999}", "x*"] {
            assert!(
                finder
                    .expression("x", &Custom { pattern: bad.into(), ..Custom::default() }, Confidence::Likely)
                    .is_err()
            );
        }
    }

    /// Texts on which a careless search takes time that grows with the square of their length.
    #[test]
    fn hostile_texts_take_linear_time() {
        let finder = types(&DETECTORS.iter().map(|d| d.name).collect::<Vec<_>>());
        for unit in [
            "1",
            "1-",
            "1 ",
            "12 ",
            "1234 ",
            "1234-",
            "123-",
            "1234567, ",
            "@",
            "a@",
            "a@b.",
            ":",
            "::",
            "a:",
            "://",
            "공",
            "공일 ",
            "A",
            "sk-",
            "eyJ",
            "-----BEGIN ",
            "서울 ",
            "강남구 ",
            "역삼동 1 ",
            "김철수 씨",
            "성명 ",
            "(",
            "카드 1234 ",
            "=",
            "DE12",
            "-ro, ",
            "\u{200b}1",
            "①",
            "born 1990-01-01 ",
        ] {
            let text = unit.repeat(200_000 / unit.len());
            finder.find(&text);
        }
    }
}
