//! Precision and recall on a made corpus: identifiers of every type planted in Korean and English sentences, beside numbers of
//! things. The generator is seeded, and what it makes is nobody's: resident numbers have an area digit pair above 95, cards
//! are drawn with a right check digit, addresses of mail lie at example.com, those of IP in the ranges for documents.
use super::kr_business::business_check;
use super::numbers::luhn;
use super::{Confidence, DETECTORS, Finder};
use crate::digest::mix;
use std::collections::BTreeMap;

/// How many are planted of each type.
const EACH: usize = 1000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        ((u128::from(mix(self.0)) * u128::from(n)) >> 64) as u64
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len() as u64) as usize]
    }

    fn digits(&mut self, n: usize) -> String {
        (0..n).map(|_| char::from(b'0' + self.below(10) as u8)).collect()
    }

    fn of_set(&mut self, set: &str, n: usize) -> String {
        let set: Vec<char> = set.chars().collect();
        (0..n).map(|_| set[self.below(set.len() as u64) as usize]).collect()
    }
}

const HEX: &str = "0123456789abcdef";
const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

fn values(text: &str) -> Vec<u8> {
    text.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0').collect()
}

/// The number whose last digit makes it pass.
fn checked(stem: &str, pass: impl Fn(&[u8]) -> bool) -> String {
    let all = (0..10).map(|d| format!("{stem}{d}"));
    all.into_iter().find(|n| pass(&values(n))).unwrap()
}

fn rrn(dice: &mut Dice) -> String {
    let late = dice.below(4) == 0;
    let year = if late { 21 + dice.below(4) } else { dice.below(100) };
    let s = match (late || year < 20, dice.below(3) == 0) {
        (true, false) => 3 + dice.below(2),
        (true, true) => 7 + dice.below(2),
        (false, false) => 1 + dice.below(2),
        (false, true) => 5 + dice.below(2),
    };
    let stem = format!(
        "{year:02}{:02}{:02}{s}9{}{}",
        1 + dice.below(12),
        1 + dice.below(28),
        6 + dice.below(4),
        dice.digits(3)
    );
    let digits = values(&stem);
    let sum: u32 = digits.iter().zip([2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5]).map(|(d, w)| u32::from(*d) * w).sum();
    let check = if late { dice.below(10) as u32 } else { ((if s >= 5 { 13 } else { 11 }) - sum % 11) % 10 };
    format!("{}-{}{check}", &stem[..6], &stem[6..])
}

fn iban(dice: &mut Dice) -> String {
    let stem = dice.digits(18);
    let rest = stem.bytes().chain(*b"131400").fold(0u32, |r, b| (r * 10 + u32::from(b - b'0')) % 97);
    format!("DE{:02}{stem}", 98 - rest)
}

/// A value as it is usually written, and words that may stand before it.
type Planted = (String, &'static [&'static str]);

/// Words that say nothing.
const NONE: &[&str] = &["", "확인: ", "보낸 값은 ", "see "];

/// Digits in groups.
fn dashed(dice: &mut Dice, groups: &[usize]) -> String {
    groups.iter().map(|n| dice.digits(*n)).collect::<Vec<_>>().join("-")
}

fn planted(kind: &str, dice: &mut Dice) -> Planted {
    general(kind, dice).or_else(|| papers(kind, dice)).unwrap_or_else(|| others(kind, dice))
}

/// Values of all countries.
fn general(kind: &str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "email" => (
            format!("{}.{}@{}example.com", dice.of(&["kim", "lee", "j"]), dice.digits(2), dice.of(&["", "mail."])),
            NONE,
        ),
        "phone" => {
            let number = match dice.below(6) {
                0 => format!("{}-{}-{}", dice.of(&["02", "031", "051", "064"]), 200 + dice.below(700), dice.digits(4)),
                1 => format!("+82-10-{}-{}", dice.digits(4), dice.digits(4)),
                2 => format!("({}) {}-{}", dice.of(&["415", "212", "303"]), dice.of(&["555", "234"]), dice.digits(4)),
                3 => format!("020 7946 0{}", dice.digits(3)),
                _ => format!("010{0}{1}{0}{2}", dice.of(&["-", "-", " ", ".", ""]), dice.digits(4), dice.digits(4)),
            };
            (number, &["", "연락처 ", "전화: ", "call "])
        }
        "card" => {
            let stem = format!("{}{}", dice.of(&["4", "51", "9410", "356"]), dice.digits(16));
            let all = checked(&stem[..15], luhn);
            let joint = dice.of(&["-", " ", ""]);
            ([&all[..4], &all[4..8], &all[8..12], &all[12..]].join(joint), &["", "카드 ", "card ", "카드번호: "])
        }
        "iban" => (iban(dice), NONE),
        "us_ssn" => (
            format!("{}-{:02}-{:04}", 100 + dice.below(500), 1 + dice.below(99), 1 + dice.below(9999)),
            &["", "SSN ", "social security number "],
        ),
        "ip" => match dice.below(3) {
            0 => (format!("2001:db8:{:x}::{:x}", 1 + dice.below(9000), 1 + dice.below(9000)), NONE),
            _ => (format!("{}.{}", dice.of(&["192.0.2", "198.51.100", "203.0.113"]), 1 + dice.below(254)), NONE),
        },
        "mac" => {
            let pairs: Vec<String> = (0..6).map(|i| if i == 0 { "0a".into() } else { dice.of_set(HEX, 2) }).collect();
            (pairs.join(dice.of(&[":", "-"])), NONE)
        }
        "url_credential" => {
            (format!("user{}:pw{}@db.example.com", dice.digits(2), dice.digits(4)), &["https://", "postgres://"])
        }
        "secret" => match dice.below(4) {
            0 => (format!("ghp_{}", dice.of_set(LETTERS, 36)), NONE),
            1 => (format!("AKIA{}", dice.of_set("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16)), NONE),
            2 => (format!("sk-proj-{}", dice.of_set(LETTERS, 40)), NONE),
            _ => (format!("x7{}", dice.of_set(LETTERS, 18)), &["api_key = ", "token: "]),
        },
        _ => return None,
    })
}

/// Numbers of papers and of firms.
fn papers(kind: &str, dice: &mut Dice) -> Option<Planted> {
    Some(match kind {
        "kr_rrn" => (rrn(dice), NONE),
        "kr_driver" => {
            (format!("{}-{}", 11 + dice.below(16), dashed(dice, &[2, 6, 2])), &["", "면허번호 ", "운전면허: "])
        }
        "kr_passport" => match dice.below(2) {
            0 => (
                format!("M{}{}{}", dice.digits(3), dice.of_set("ABCDEFGH", 1), dice.digits(4)),
                &["", "여권번호 ", "passport "],
            ),
            _ => (
                format!("{}{}{}", dice.of(&["M", "S", "R"]), 3 + dice.below(7), dice.digits(7)),
                &["여권번호 ", "여권: ", "passport no. "],
            ),
        },
        "kr_health" => (
            format!("{}-{}", 1 + dice.below(9), dice.digits(10)),
            &["건강보험증 ", "보험증 번호: ", "health insurance "],
        ),
        "kr_customs" => (format!("P{}", dice.digits(12)), &["", "통관부호 ", "개인통관고유부호: "]),
        "kr_business" => {
            let stem = format!("{}{}", 1 + dice.below(9), dice.digits(8));
            let all = checked(&stem, business_check);
            (format!("{}-{}-{}", &all[..3], &all[3..5], &all[5..]), &["", "사업자등록번호 ", "사업자번호: "])
        }
        "kr_corporation" => {
            (format!("1101{}-{}", 11 + dice.below(4), dice.digits(7)), &["법인등록번호 ", "법인번호: "])
        }
        "kr_ci" => (format!("{}==", dice.of_set(LETTERS, 86)), &["", "CI ", "연계정보: "]),
        _ => return None,
    })
}

/// Accounts, plates, addresses, dates and names.
fn others(kind: &str, dice: &mut Dice) -> Planted {
    match kind {
        "kr_account" => {
            let layouts: [&[usize]; 5] = [&[6, 2, 6], &[3, 3, 6], &[4, 2, 7], &[3, 4, 4, 2], &[12]];
            let groups = layouts[dice.below(5) as usize];
            (format!("1{}", &dashed(dice, groups)[1..]), &["계좌 ", "국민은행 ", "입금 계좌번호: ", "카카오뱅크 "])
        }
        "kr_plate" => {
            let letter = dice.of_set("가나다라마거너더러머버서어저고노허하", 1);
            (
                format!("{}{letter}{}{}", 10 + dice.below(690), dice.of(&["", " "]), 2100 + dice.below(7000)),
                &["", "차량 ", "차번호 "],
            )
        }
        "kr_address" => {
            let place = dice.of(&[
                "서울 강남구",
                "서울특별시 마포구",
                "경기도 성남시 분당구",
                "부산광역시 해운대구",
                "전북 전주시 완산구",
            ]);
            let rest = match dice.below(3) {
                0 => format!(
                    "{} {}-{}",
                    dice.of(&["역삼동", "서교동", "정자동"]),
                    1 + dice.below(900),
                    1 + dice.below(30)
                ),
                1 => format!("{} {}", dice.of(&["테헤란로", "월드컵로12길", "중앙대로"]), 1 + dice.below(400)),
                _ => format!(
                    "{} {}, {}동 {}호",
                    dice.of(&["테헤란로", "판교역로"]),
                    1 + dice.below(400),
                    101 + dice.below(20),
                    101 + dice.below(900)
                ),
            };
            (format!("{place} {rest}"), &["", "주소: ", "배송지 "])
        }
        "birth_date" => {
            let (y, m, d) = (1930 + dice.below(90), 1 + dice.below(12), 1 + dice.below(28));
            let text = match dice.below(4) {
                0 => format!("{y}-{m:02}-{d:02}"),
                1 => format!("{y}년 {m}월 {d}일"),
                2 => format!("{y}.{m}.{d}"),
                _ => format!("{:02}{m:02}{d:02}", y % 100),
            };
            (text, &["생년월일 ", "생년월일: ", "date of birth: ", "생일은 "])
        }
        _ => {
            let name = format!(
                "{}{}{}",
                dice.of(&["김", "이", "박", "최", "정", "강"]),
                dice.of_set("민서지도하예주승유현", 1),
                dice.of_set("준연우윤은진호아영훈", 1)
            );
            (name, &["성명: ", "담당자 ", "예금주 ", "고객명: "])
        }
    }
}

/// Numbers of things, which nobody is known by.
fn negative(dice: &mut Dice) -> String {
    let d = |dice: &mut Dice, n: usize| dice.digits(n);
    match dice.below(22) {
        0 => format!("주문번호 {}-{}", 20230000 + dice.below(9999), d(dice, 7)),
        1 => format!("order number 2024{}{}", 10 + dice.below(2), d(dice, 8)),
        2 => format!("ISBN 979-11-{}-{}-{}", d(dice, 4), d(dice, 3), d(dice, 1)),
        3 => format!("버전 {}.{}.{}.{}", dice.below(20), dice.below(20), 1 + dice.below(9999), dice.below(99)),
        4 => format!("version {}.{}.{}", dice.below(20), dice.below(20), dice.below(99)),
        5 => format!("37.{}, 127.{}", d(dice, 6), d(dice, 6)),
        6 => format!("{},000~{},000원", 10 + dice.below(90), 100 + dice.below(90)),
        7 => format!("1500-{}원", 2101 + dice.below(7000)),
        8 => format!("문서번호 {}-{}-{}", d(dice, 3), d(dice, 2), d(dice, 5)),
        9 => format!(
            "2024-{:02}-{:02} {:02}:{:02}:{:02}",
            1 + dice.below(12),
            1 + dice.below(28),
            dice.below(24),
            dice.below(60),
            dice.below(60)
        ),
        10 => format!("{}년 {}월 {}일 회의", 1990 + dice.below(35), 1 + dice.below(12), 1 + dice.below(28)),
        11 => format!("송장번호 {}", d(dice, 12)),
        12 => format!("{}조 {}억 원", 10 + dice.below(90), 1000 + dice.below(8999)),
        13 => format!("제{}호 {}년", 10 + dice.below(90), 1990 + dice.below(35)),
        14 => format!("모델 M{}", d(dice, 8)),
        15 => format!("commit {}", dice.of_set(HEX, 40)),
        16 => format!(
            "{}-{}-{}-{}-{}",
            dice.of_set(HEX, 8),
            dice.of_set(HEX, 4),
            dice.of_set(HEX, 4),
            dice.of_set(HEX, 4),
            dice.of_set(HEX, 12)
        ),
        17 => format!("{}-{} 시즌", 1990 + dice.below(20), 2011 + dice.below(20)),
        18 => format!("민주당 대표와 {}명", 2 + dice.below(90)),
        19 => format!("접수번호 {}-{}", d(dice, 6), d(dice, 6)),
        20 => format!("인구는 {}만 {}명", 1 + dice.below(90), 1000 + dice.below(8999)),
        _ => format!("특허 10-2019-0{}", d(dice, 6)),
    }
}

/// Another spelling that a person reads as the same.
fn hostile(value: &str, dice: &mut Dice) -> String {
    let each = |f: &dyn Fn(char) -> String| value.chars().map(f).collect::<String>();
    let wide = |c: char| match c {
        '0'..='9' | '-' => char::from_u32(u32::from(c) + 0xfee0).unwrap().to_string(),
        _ => c.to_string(),
    };
    match dice.below(6) {
        0 => each(&wide),
        1 => value.replace('-', "ㅡ"),
        2 => value.replace('-', "\u{2013}"),
        3 => {
            let at = value.char_indices().nth(3).map_or(0, |(at, _)| at);
            format!("{}\u{200b}{}", &value[..at], &value[at..])
        }
        4 => value.replace('-', " - "),
        _ => value.replace('-', "\u{2011}"),
    }
}

#[derive(Default)]
struct Score {
    planted: usize,
    found: usize,
    hits: usize,
    right: usize,
}

fn finder() -> Finder {
    let mut finder = Finder::of_regions(&["US".into(), "GB".into()]);
    DETECTORS.iter().for_each(|d| finder.detector(d.name, Confidence::Likely));
    finder
}

/// A sentence with one value, and where the value stands.
fn sentence(value: &str, lead: &str, dice: &mut Dice) -> (String, usize) {
    let before = if lead.ends_with("://") {
        "접속 "
    } else {
        dice.of(&["", "안내합니다. ", "Please note: ", "어제 받은 내용입니다: ", "• "])
    };
    let behind = dice.of(&["", "입니다.", "로 확인", ".", ", 끝", " 참고", "을 보세요", " was given"]);
    (format!("{before}{lead}{value}{behind}"), before.len() + lead.len())
}

fn score(
    spell: impl Fn(&str, &mut Dice) -> String,
    kinds: &[&'static str],
    each: usize,
) -> BTreeMap<&'static str, Score> {
    let (finder, mut dice) = (finder(), Dice(7));
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let mut missed: Vec<String> = Vec::new();
    for kind in kinds {
        for n in 0..each {
            let (value, leads) = planted(kind, &mut dice);
            let value = spell(&value, &mut dice);
            let lead = dice.of(leads);
            let (mut text, start) = sentence(&value, lead, &mut dice);
            if n % 2 == 0 {
                text = format!("{text}\n{}", negative(&mut dice));
            }
            let hits = finder.find(&text);
            let score = scores.entry(kind).or_default();
            score.planted += 1;
            let end = start + value.len();
            let whole = hits.iter().any(|h| finder.name(h) == *kind && h.start <= start && end <= h.end);
            score.found += usize::from(whole);
            for hit in &hits {
                let right = hit.start < end && start < hit.end && finder.name(hit) == *kind;
                let name = DETECTORS.iter().find(|d| d.name == finder.name(hit)).unwrap().name;
                let score = scores.entry(name).or_default();
                score.hits += 1;
                score.right += usize::from(right);
                if !right {
                    missed.push(format!("{kind}: wrong {name} `{}` in `{text}`", &text[hit.start..hit.end]));
                }
            }
            if !whole {
                missed.push(format!("{kind}: missed `{text}`"));
            }
        }
    }
    let shown = missed.iter().step_by((missed.len() / 60).max(1));
    shown.for_each(|m| println!("{m}"));
    scores
}

/// Shares in thousandths.
fn at_least(score: &Score, precision: usize, recall: usize, kind: &str) -> Vec<String> {
    let told = format!("{kind}: {} of {} found, {} of {} right", score.found, score.planted, score.right, score.hits);
    println!("{told}");
    let low = score.found * 1000 < score.planted * recall || score.right * 1000 < score.hits * precision;
    low.then_some(told).into_iter().collect()
}

const STRUCTURED: [&str; 21] = [
    "email",
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
    "kr_address",
    "kr_ci",
    "ip",
    "mac",
    "url_credential",
    "secret",
    "birth_date",
];

#[test]
fn planted_identifiers_are_found_and_numbers_of_things_are_not() {
    let kinds: Vec<&str> = STRUCTURED.iter().copied().chain(["person"]).collect();
    let scores = score(|value, _| value.to_string(), &kinds, EACH);
    assert!(scores.values().map(|s| s.planted).sum::<usize>() >= 20_000);
    let low: Vec<String> = kinds
        .iter()
        .flat_map(|kind| at_least(&scores[kind], if *kind == "person" { 900 } else { 990 }, 990, kind))
        .collect();
    assert!(low.is_empty(), "{low:#?}");
}

#[test]
fn hostile_spellings_are_found() {
    let dashed =
        ["phone", "kr_rrn", "card", "kr_driver", "kr_business", "kr_corporation", "kr_account", "kr_health", "us_ssn"];
    let scores = score(hostile, &dashed, 300);
    let low: Vec<String> = dashed.iter().flat_map(|kind| at_least(&scores[kind], 950, 950, kind)).collect();
    assert!(low.is_empty(), "{low:#?}");
}

/// Hits in public corpora, each judged: `tests/data/privacy-judged.tsv` says how. The corpora lie in the folder that
/// `TAMIS_TEST_DATA` names (KLUE-NER, KLUE-STS, docs-neardup).
#[test]
fn every_hit_in_public_corpora_is_judged() {
    let Some(folder) = std::env::var_os("TAMIS_TEST_DATA") else {
        println!("skipped: TAMIS_TEST_DATA names no folder with the corpora");
        return;
    };
    let folder = std::path::PathBuf::from(folder);
    let list = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/privacy-judged.tsv");
    let list = std::fs::read_to_string(list).unwrap();
    let want: Vec<String> = list
        .lines()
        .filter(|l| !l.starts_with('#'))
        .map(|l| l.split('\t').take(5).collect::<Vec<_>>().join("\t"))
        .collect();
    let mut got = Vec::new();
    let finder = finder();
    for (corpus, texts) in [("klue-ner", ner(&folder)), ("klue-sts", sts(&folder)), ("docs-neardup", docs(&folder))] {
        for (n, text) in texts.iter().enumerate() {
            for hit in finder.find(text) {
                let at = |byte: usize| text[..byte].chars().count();
                got.push(format!("{corpus}\t{}\t{}\t{}\t{}", n + 1, at(hit.start), at(hit.end), finder.name(&hit)));
            }
        }
    }
    if std::env::var_os("TAMIS_TEST_LIST").is_some() {
        got.iter().for_each(|line| println!("hit\t{line}"));
    }
    let new: Vec<&String> = got.iter().filter(|g| !want.contains(g)).collect();
    let gone: Vec<&String> = want.iter().filter(|w| !got.contains(w)).collect();
    assert!(new.is_empty() && gone.is_empty(), "not judged: {new:#?}\nno longer found: {gone:#?}");
}

/// Sentences of KLUE-NER: characters and tags, a line each.
fn ner(folder: &std::path::Path) -> Vec<String> {
    let file = std::fs::read_to_string(folder.join("klue-ner-dev/klue-ner-v1.1_dev.tsv")).unwrap();
    let mut out = vec![String::new()];
    for line in file.lines() {
        match line.rsplit_once('\t') {
            Some((sign, _)) if !line.starts_with("##") => out.last_mut().unwrap().push_str(sign),
            _ if out.last().is_some_and(|text| !text.is_empty()) => out.push(String::new()),
            _ => {}
        }
    }
    out
}

fn field(line: &str, name: &str) -> String {
    let record: serde_json::Value = serde_json::from_str(line).unwrap();
    record[name].as_str().unwrap_or_default().to_string()
}

fn sts(folder: &std::path::Path) -> Vec<String> {
    let file = std::fs::read_to_string(folder.join("klue-sts-dev/pairs.jsonl")).unwrap();
    file.lines().flat_map(|l| [field(l, "sentence1"), field(l, "sentence2")]).collect()
}

fn docs(folder: &std::path::Path) -> Vec<String> {
    let file = std::fs::read_to_string(folder.join("docs-neardup/docs-neardup.jsonl")).unwrap();
    file.lines().map(|l| field(l, "text")).collect()
}
