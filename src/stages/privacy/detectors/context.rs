//! Words that say what a number beside them is: 계좌번호, passport, and those that say it is nobody's: 주문번호, ISBN.
use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use std::sync::LazyLock;

/// What a word says of what stands behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    Rrn,
    Corporation,
    Business,
    Driver,
    Passport,
    Phone,
    Account,
    Card,
    Plate,
    Insurance,
    Customs,
    Linkage,
    Birth,
    Address,
    Ssn,
    Iban,
    Network,
    Secret,
    Person,
    /// Orders, documents, models, versions, places on a map, prices: numbers of things.
    Thing,
}

use Subject::*;

/// Words by what they say. Those in ASCII stand as words of their own, whatever their case.
const WORDS: &[(Subject, &[&str])] = &[
    (
        Rrn,
        &[
            "주민등록",
            "주민번호",
            "주민 번호",
            "주민 등록",
            "외국인등록",
            "외국인 등록",
            "거소신고",
            "신분증",
            "주민등록증",
            "RRN",
            "FRN",
            "resident registration",
            "alien registration",
            "foreigner registration",
            "foreign registration",
            "resident number",
            "resident no",
        ],
    ),
    (
        Corporation,
        &[
            "법인등록",
            "법인번호",
            "법인 등록",
            "법인 번호",
            "corporate registration",
            "corporation registration",
            "CRN",
        ],
    ),
    (
        Business,
        &[
            "사업자등록",
            "사업자번호",
            "사업자 번호",
            "사업자 등록",
            "사업자",
            "business registration",
            "business number",
            "BRN",
            "business no",
        ],
    ),
    (
        Driver,
        &[
            "운전면허",
            "운전 면허",
            "면허번호",
            "면허 번호",
            "면허증",
            "면허",
            "driver license",
            "driver's license",
            "drivers license",
            "driver’s license",
            "driving licence",
            "driver licence",
            "driving license",
            "license no",
            "driver's licence",
        ],
    ),
    (Passport, &["여권", "passport"]),
    (
        Phone,
        &[
            "전화",
            "휴대폰",
            "휴대전화",
            "핸드폰",
            "연락처",
            "연락",
            "팩스",
            "문의",
            "폰번호",
            "폰",
            "콜센터",
            "고객센터",
            "직통",
            "☎",
            "대표번호",
            "번호로 문자",
            "휴대번호",
            "tel",
            "phone",
            "telephone",
            "mobile",
            "cell",
            "fax",
            "call",
            "hp",
            "h.p",
            "contact",
            "whatsapp",
            "text me at",
            "reach me at",
            "reach us at",
            "dial",
            "hotline",
            "cellphone",
            "phones",
        ],
    ),
    (
        Account,
        &[
            "계좌",
            "입금",
            "예금주",
            "송금",
            "이체",
            "통장",
            "국민은행",
            "신한은행",
            "우리은행",
            "하나은행",
            "농협",
            "기업은행",
            "카카오뱅크",
            "토스뱅크",
            "케이뱅크",
            "새마을금고",
            "우체국",
            "수협",
            "신협",
            "제일은행",
            "씨티은행",
            "부산은행",
            "대구은행",
            "경남은행",
            "광주은행",
            "전북은행",
            "제주은행",
            "산업은행",
            "은행",
            "뱅크",
            "신한",
            "account",
            "acct",
            "a/c",
            "bank",
            "환불계좌",
            "급여",
            "증권",
        ],
    ),
    (Card, &["카드", "card", "visa", "mastercard", "master card", "amex", "american express", "debit", "credit"]),
    (
        Plate,
        &[
            "차량",
            "번호판",
            "차번호",
            "자동차",
            "주차",
            "차 번호",
            "승용차",
            "plate",
            "vehicle",
            "license plate",
            "car",
        ],
    ),
    (
        Insurance,
        &["건강보험", "보험증", "의료보험", "건보", "보험 증", "증번호", "health insurance", "nhis", "insurance"],
    ),
    (Customs, &["통관", "고유부호", "pccc", "customs", "PCC", "관세"]),
    (Linkage, &["연계정보", "중복가입", "CI", "DI", "연계 정보", "connecting information", "duplicated joining"]),
    (
        Birth,
        &[
            "생년월일",
            "생년 월일",
            "생일",
            "출생",
            "태어난",
            "생년",
            "출생일",
            "date of birth",
            "dob",
            "born",
            "birthday",
            "birth date",
            "birthdate",
            "d.o.b",
            "born on",
            "birth",
        ],
    ),
    (
        Address,
        &[
            "주소",
            "거주",
            "배송지",
            "사는 곳",
            "소재지",
            "본적",
            "등록기준지",
            "자택",
            "받는 곳",
            "address",
            "lives at",
            "resides at",
            "living at",
            "ship to",
        ],
    ),
    (Ssn, &["ssn", "social security", "사회보장번호", "ss#", "tin", "itin", "taxpayer"]),
    (Iban, &["iban"]),
    (
        Network,
        &[
            "IP",
            "ip address",
            "IP 주소",
            "아이피",
            "접속",
            "서버",
            "mac",
            "맥 주소",
            "mac address",
            "host",
            "ipv4",
            "ipv6",
            "server",
            "client",
            "IP주소",
            "remote_addr",
            "hwaddr",
            "맥주소",
            "gateway",
        ],
    ),
    (
        Secret,
        &[
            "api key",
            "api_key",
            "apikey",
            "api-key",
            "secret",
            "token",
            "password",
            "passwd",
            "pwd",
            "비밀번호",
            "bearer",
            "credential",
            "인증키",
            "API 키",
            "API키",
            "토큰",
            "access key",
            "access_key",
            "private key",
            "비번",
        ],
    ),
    (Person, &["성명", "이름"]),
    (
        Thing,
        &[
            "주문",
            "송장",
            "운송장",
            "문서번호",
            "문서 번호",
            "관리번호",
            "접수번호",
            "사건번호",
            "품번",
            "모델",
            "제품",
            "상품",
            "일련번호",
            "시리얼",
            "바코드",
            "ISBN",
            "ISSN",
            "DOI",
            "order",
            "invoice",
            "tracking",
            "ticket",
            "reference",
            "ref",
            "document",
            "doc",
            "버전",
            "version",
            "ver",
            "좌표",
            "위도",
            "경도",
            "latitude",
            "longitude",
            "coordinates",
            "coordinate",
            "lat",
            "lon",
            "lng",
            "가격",
            "금액",
            "price",
            "특허",
            "patent",
            "출원번호",
            "case number",
            "sku",
            "part number",
            "part no",
            "serial",
            "물품",
            "도서",
            "결제번호",
            "승인번호",
            "거래번호",
            "예약번호",
            "회원번호",
            "학번",
            "사번",
            "티켓",
            "model",
            "배송번호",
            "등기번호",
            "합계",
            "총액",
            "점수",
            "스코어",
            "score",
            "build",
            "빌드",
            "버전",
            "release",
            "item",
            "batch",
            "lot",
            "receipt",
            "영수증",
            "관리 번호",
            "접수 번호",
            "주문 번호",
            "사건 번호",
            "공고",
            "고시",
            "조례",
            "시간",
            "기간",
            "일시",
            "날짜",
            "date",
            "booking",
            "confirmation",
            "shipment",
            "parcel",
            "part",
            "product",
            "catalog",
            "no. of",
            "revision",
            "rev",
            "paragraph",
            "section",
            "chapter",
            "제품번호",
            "부품",
            "로그",
            "timestamp",
            "epoch",
            "unixtime",
            "타임스탬프",
            "UPC",
            "EAN",
            "barcode",
            "가격대",
            "매출",
            "인구",
            "면적",
            "error code",
            "에러",
            "오류코드",
            "oid",
            "uuid",
            "펌웨어",
            "고객번호",
            "firmware",
            "쿠폰",
            "쿠폰번호",
            "쿠폰 번호",
            "상품권",
            "coupon",
            "voucher",
            "case no",
            "p/n",
            "대법원",
            "guid",
            "hash",
            "commit",
            "checksum",
            "sha",
            "md5",
        ],
    ),
];

type Table = (AhoCorasick, Vec<(Subject, bool)>);

/// The automaton of all words, and of which subject each is.
static TABLE: LazyLock<Option<Table>> = LazyLock::new(|| {
    let all = || WORDS.iter().flat_map(|(subject, words)| words.iter().map(|word| (*subject, *word)));
    let mut builder = AhoCorasick::builder();
    builder.kind(Some(AhoCorasickKind::DFA)).ascii_case_insensitive(true).match_kind(MatchKind::Standard);
    let table = builder.build(all().map(|(_, word)| word)).ok()?;
    Some((table, all().map(|(subject, word)| (subject, word.is_ascii())).collect()))
});

/// A word of a thing speaks of a number at most so many bytes behind it.
const THING_NEAR: usize = 28;

impl Subject {
    /// Whether it is a number, so that what stands behind it is that number and no other.
    pub(super) fn is_number(self) -> bool {
        !matches!(self, Birth | Address | Network | Secret | Person | Linkage | Plate)
    }
}

/// What the last word of a text says; of several that end together the longest.
pub(super) fn nearest(text: &str) -> Option<Subject> {
    let (table, subjects) = TABLE.as_ref()?;
    let letter = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphabetic);
    let bytes = text.as_bytes();
    let mut best: Option<(usize, usize, Subject)> = None;
    for found in table.find_overlapping_iter(text) {
        let Some((subject, ascii)) = subjects.get(found.pattern().as_usize()) else { continue };
        let (start, end) = (found.start(), found.end());
        let plural = bytes.get(end) == Some(&b's') && !letter(bytes.get(end + 1));
        let within = letter(start.checked_sub(1).and_then(|at| bytes.get(at))) || (letter(bytes.get(end)) && !plural);
        if (*ascii && within) || (*subject == Thing && text.len() - end > THING_NEAR) {
            continue;
        }
        if best.is_none_or(|(to, len, _)| (to, len) < (end, end - start)) {
            best = Some((end, end - start, *subject));
        }
    }
    best.map(|(_, _, subject)| subject)
}

/// Whether a text between two numbers only strings them together.
pub(super) fn enumerates(between: &str) -> bool {
    let inner = between.trim_matches(|c: char| c == ' ' || matches!(c, ',' | '/' | ';' | '|' | '、'));
    between.len() <= 24
        && matches!(inner, "" | "또는" | "및" | "이나" | "나" | "와" | "과" | "or" | "and" | "그리고" | "&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_says_what_a_number_is() {
        for (text, want) in [
            ("법인등록번호 아닌 주민번호 ", Some(Rrn)),
            ("주민번호나 법인번호 ", Some(Corporation)),
            ("사업자등록번호: ", Some(Business)),
            ("hotel ", None),
            ("Tel. ", Some(Phone)),
            ("flat ", None),
            ("Order no. ", Some(Thing)),
            ("이메일 ", None),
            ("", None),
        ] {
            assert_eq!(nearest(text), want, "{text}");
        }
        assert!(enumerates(", ") && enumerates(" 또는 ") && !enumerates("를 "));
    }
}
