//! Korean addresses, by road (`서울 강남구 테헤란로 152`) and by lot (`강남구 역삼동 737-1`), also in Latin letters
//! (`152, Teheran-ro, Gangnam-gu, Seoul`).
//!
//! A number behind a road (로, 길) or a quarter (동, 리, 가, 읍, 면), before which the names of a district (시, 군, 구) or a
//! province stand: certain with both, likely with one. A road without either needs a word such as 주소. The hit begins
//! with the first of these names (or a postcode before it) and takes in house, floor and door behind the number. What is
//! counted or measured is none: `역삼동 3명`.
use super::context::Subject;
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::marks::Kind;
use super::text::Text;
use super::units;
use Confidence::{Certain, Likely, Possible};

pub const DETECTOR: Detector = Detector {
    name: "kr_address",
    doc: "Korean addresses by road and by lot, down to the number of the house.",
    version: 3,
    mask: "[ADDRESS]",
    find,
};

/// Provinces and large cities, in short and in full.
const PROVINCES: [&str; 43] = [
    "서울특별시",
    "부산광역시",
    "대구광역시",
    "인천광역시",
    "광주광역시",
    "대전광역시",
    "울산광역시",
    "세종특별자치시",
    "제주특별자치도",
    "강원특별자치도",
    "전북특별자치도",
    "경기도",
    "강원도",
    "충청북도",
    "충청남도",
    "전라북도",
    "전라남도",
    "경상북도",
    "경상남도",
    "제주도",
    "서울시",
    "부산시",
    "대구시",
    "인천시",
    "대전시",
    "울산시",
    "서울",
    "부산",
    "대구",
    "인천",
    "광주",
    "대전",
    "울산",
    "세종",
    "경기",
    "강원",
    "충북",
    "충남",
    "전북",
    "전남",
    "경북",
    "경남",
    "제주",
];

/// What the names of buildings end in.
const BUILDINGS: [&str; 24] = [
    "아파트",
    "빌라",
    "빌딩",
    "타워",
    "오피스텔",
    "맨션",
    "주택",
    "캐슬",
    "자이",
    "푸르지오",
    "래미안",
    "힐스테이트",
    "센터",
    "하이츠",
    "파크",
    "상가",
    "기숙사",
    "연립",
    "원룸",
    "하우스",
    "더샵",
    "아이파크",
    "e편한세상",
    "단지",
];

/// What stands behind the number of a part of a house.
const PARTS: [&str; 6] = ["번지", "호실", "동", "호", "층", "단지"];

/// Names before the number of a house.
const NAMES_MAX: usize = 7;
/// Bytes of one name.
const NAME_MAX: usize = 48;

fn find(text: &Text, out: &mut Vec<Found>) {
    let mut after = 0;
    for (at, run) in text.numbers.runs.iter().enumerate().filter(|(_, run)| run.digits.len() <= 5) {
        if run.start < after {
            continue;
        }
        if let Some(found) = korean(text, at, run.start, after) {
            after = found.end;
            out.push(found);
        }
    }
    latin(text, out);
}

#[derive(Clone, Copy, PartialEq)]
enum Name {
    Province,
    District,
    Quarter,
    Road,
    Building,
}

fn kind(name: &str) -> Option<Name> {
    let stem = |last: char| name.strip_suffix(last).filter(|stem| stem.chars().count() >= 1);
    if PROVINCES.contains(&name) {
        return Some(Name::Province);
    }
    if BUILDINGS.iter().any(|b| name.ends_with(b)) {
        return Some(Name::Building);
    }
    if let Some(stem) = stem('로').or_else(|| stem('길')) {
        let particle = name.ends_with('로')
            && (PROVINCES.contains(&stem) || matches!(kind(stem), Some(Name::District)) && stem.chars().count() > 2);
        let road =
            !particle && !name.ends_with("으로") && stem.chars().count() >= 2 || name.ends_with("길") || name == "종로";
        return road.then_some(Name::Road);
    }
    if ['시', '군', '구'].into_iter().any(|last| stem(last).is_some()) {
        return Some(Name::District);
    }
    let quarter = ['동', '리', '가', '읍', '면'].into_iter().any(|last| stem(last).is_some());
    quarter.then_some(Name::Quarter)
}

/// Whether the name of a road, a quarter or a building may end in a character.
fn ends_name(c: char) -> bool {
    // of roads and quarters, then of buildings
    matches!(c, '로' | '길' | '동' | '리' | '가' | '읍' | '면')
        || matches!(c, '트' | '라' | '딩' | '워' | '텔' | '션' | '택' | '슬' | '이' | '오' | '안')
        || matches!(c, '터' | '츠' | '크' | '사' | '립' | '룸' | '스' | '샵' | '상' | '지')
}

fn is_name(c: char) -> bool {
    matches!(c, '가'..='힣') || c.is_ascii_alphanumeric()
}

/// The name that ends where `text` does, and where it begins.
fn name_at_end(text: &str) -> Option<(&str, usize)> {
    let near = super::text::tail(text, NAME_MAX);
    let len: usize = near.chars().rev().take_while(|c| is_name(*c)).map(char::len_utf8).sum();
    let start = text.len() - len;
    text.get(start..).filter(|name| !name.is_empty()).map(|name| (name, start))
}

/// An address with its number in a run.
fn korean(text: &Text, at: usize, number: usize, after: usize) -> Option<Found> {
    let before = text.plain.get(after..number)?;
    // all names of roads, quarters and buildings end in Hangul
    if before.strip_suffix(' ').unwrap_or(before).bytes().next_back().is_none_or(|b| b.is_ascii()) {
        return None;
    }
    let lead = before.strip_suffix(' ').unwrap_or(before);
    let lead = lead.strip_suffix(" 산").or(lead.strip_suffix(" 지하")).unwrap_or(lead);
    if !lead.ends_with(ends_name) {
        return None;
    }
    let (name, mut start) = name_at_end(lead)?;
    let last = kind(name).filter(|k| !matches!(k, Name::Province | Name::District))?;
    let (mut province, mut district, mut quarter) = (false, false, last == Name::Quarter);
    for _ in 0..NAMES_MAX {
        let Some(rest) = lead.get(..start).and_then(|rest| rest.strip_suffix([' ', ','])) else { break };
        let Some((name, begin)) = name_at_end(rest.trim_end_matches(' ')) else { break };
        match kind(name).or_else(|| PROVINCES.iter().any(|p| name.ends_with(p)).then_some(Name::Province)) {
            Some(Name::Province) => {
                let own = PROVINCES.iter().find(|p| name.ends_with(*p)).map_or(0, |p| p.len());
                (province, start) = (true, begin + name.len() - own);
                break;
            }
            Some(Name::District) => district = true,
            Some(Name::Quarter) => quarter = true,
            Some(Name::Road) if last == Name::Road => {}
            _ => break,
        }
        start = begin;
    }
    let end = number_end(text, at, last)?;
    let start = postcode(text, after + start, province);
    let own = match (province, district) {
        (true, true) => Certain,
        (true, false) if last == Name::Building && !quarter => return None,
        (true, false) | (false, true) => Likely,
        (false, false) if last == Name::Road => Possible,
        _ => return None,
    };
    let found = Found { start, end: parts_end(text, end), confidence: own };
    let named = text.subject(found.start, found.start) == Some(Subject::Address);
    match own {
        Possible => named.then_some(Found { confidence: Likely, ..found }),
        _ => Some(found),
    }
}

/// The end of the number of a house, with a second number behind a dash; `None` where the number is of something else.
fn number_end(text: &Text, at: usize, last: Name) -> Option<usize> {
    let numbers = text.numbers;
    let (start, mut end) = numbers.place(at, at);
    let behind = text.plain.get(end..)?;
    if behind.starts_with("번길")
        || behind.starts_with("길")
        || behind.starts_with("가길")
        || behind.starts_with("번가")
    {
        return None;
    }
    // the number is part of the name of a quarter: 종로1가 24, 문래동3가 산 2
    let quarter = behind.strip_prefix('가').and_then(|rest| rest.strip_prefix(' '));
    let quarter = quarter.map(|rest| rest.strip_prefix("산").unwrap_or(rest).trim_start_matches(' '));
    if quarter.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    // the number is part of the name of a road: 중동1로 12
    let road = behind.strip_prefix('로').or(behind.strip_prefix("가로"));
    if road.is_some_and(|rest| rest.trim_start_matches(' ').starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    let gap = numbers.gap(at + 1);
    if gap.mark == super::numbers::Mark::Dash && numbers.len(at + 1) <= 4 && numbers.len(at + 1) > 0 {
        end = numbers.place(at, at + 1).1;
        if numbers.gap(at + 2).tight && numbers.gap(at + 2).mark == super::numbers::Mark::Dash {
            return None;
        }
    }
    let behind = text.plain.get(end..)?;
    let part = PARTS.iter().find(|p| behind.starts_with(*p));
    if last == Name::Building && part.is_none() {
        return None;
    }
    match part {
        Some(part) => Some(end + part.len()),
        None if units::counts(text, start, end) || behind.starts_with("호선") || behind.starts_with("차로") => None,
        None if text.at(end).is_some_and(|c| c.is_ascii_alphanumeric()) => None,
        None => Some(end),
    }
}

/// Where an address begins with the postcode before it.
fn postcode(text: &Text, start: usize, province: bool) -> usize {
    let lead = text.plain.get(..start).unwrap_or_default();
    let inner = lead.trim_end_matches(' ');
    let closed = inner.strip_suffix([')', ']']);
    let code = closed.unwrap_or(inner);
    let digits = code.bytes().rev().take_while(u8::is_ascii_digit).count();
    if !province || digits != 5 || lead.len() - inner.len() > 1 {
        return start;
    }
    let begin = code.len() - digits;
    let opened = code.get(..begin).filter(|c| closed.is_some() && c.ends_with(['(', '[']));
    if closed.is_some() { opened.map_or(start, |c| c.len() - 1) } else { begin }
}

/// Takes in house, floor, door, the name of a building and a remark in brackets.
fn parts_end(text: &Text, mut end: usize) -> usize {
    for _ in 0..6 {
        let rest = text.plain.get(end..).unwrap_or_default();
        let inner = rest.trim_start_matches(' ');
        let inner = inner.strip_prefix(',').map_or(inner, |inner| inner.trim_start_matches(' '));
        let led = rest.len() - inner.len();
        if led > 3 {
            break;
        }
        let Some(len) = part(inner) else { break };
        end += led + len;
    }
    end
}

/// Bytes of a part of a house at the start of a text.
fn part(inner: &str) -> Option<usize> {
    if let Some(remark) = inner.strip_prefix('(') {
        let close = super::text::head(remark, 60).find(')')?;
        let inside = remark.get(..close)?;
        let place = inside.split(',').any(|p| matches!(kind(p.trim()), Some(Name::Quarter | Name::Building)));
        return place.then_some(close + 2);
    }
    let below = inner.strip_prefix("지하").map_or(inner, |rest| rest.trim_start_matches(' '));
    let below = below.strip_prefix(['B', 'b']).unwrap_or(below);
    let digits = below.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let behind = below.get(digits..)?;
    if let Some(door) = flat(below, digits) {
        return Some(inner.len() - below.len() + door);
    }
    if digits > 0 {
        let word = PARTS.iter().find(|p| behind.starts_with(*p))?;
        return Some(inner.len() - behind.len() + word.len());
    }
    let near = super::text::head(inner, NAME_MAX);
    let name: usize = near.chars().take_while(|c| is_name(*c)).map(char::len_utf8).sum();
    let name = near.get(..name)?;
    // a building of any name, before the number of a house or a flat in it
    if name.chars().count() >= 2 && name.ends_with(is_hangul) && begins_flat(near.get(name.len()..)?) {
        return Some(name.len());
    }
    let cut = BUILDINGS.iter().filter_map(|b| name.rfind(b).map(|at| at + b.len())).max()?;
    let whole = BUILDINGS.contains(&name);
    (cut > 0 && (whole || name.chars().count() >= 3)).then_some(cut)
}

fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣')
}

/// Bytes of house and flat in short, `104-1203`, of which the first has so many digits; a telephone number goes on or is longer.
fn flat(text: &str, digits: usize) -> Option<usize> {
    let behind = text.get(digits..)?;
    let second = behind.strip_prefix('-').or_else(|| behind.strip_prefix(" - "))?;
    let len = second.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let goes_on = second.get(len..)?.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '-');
    (digits == 3 && (3..=4).contains(&len) && !goes_on && !text.starts_with('0'))
        .then_some(text.len() - second.len() + len)
}

/// Whether behind a name the number of a house, a floor or a flat stands: ` 108동`, ` 1203호`, ` 104-1203`.
fn begins_flat(behind: &str) -> bool {
    let inner = behind.strip_prefix(", ").or_else(|| behind.strip_prefix(' ')).unwrap_or_default();
    let digits = inner.bytes().take(5).take_while(u8::is_ascii_digit).count();
    let word = inner.get(digits..).unwrap_or_default();
    flat(inner, digits).is_some()
        || (2..=4).contains(&digits) && word.starts_with(['동', '호'])
        || (1..=2).contains(&digits) && word.starts_with('층')
}

/// What the segments of an address in Latin letters end in.
const LATIN: [&str; 9] = ["-dong", "-gu", "-si", "-gun", "-do", "-eup", "-myeon", "-ri", "-ga"];

const CITIES: [&str; 12] = [
    "Seoul",
    "Busan",
    "Daegu",
    "Incheon",
    "Gwangju",
    "Daejeon",
    "Ulsan",
    "Sejong",
    "Jeju",
    "Korea",
    "Republic of Korea",
    "South Korea",
];

const ROADS: [&str; 3] = ["-ro", "-gil", "-daero"];

/// `152, Teheran-ro, Gangnam-gu, Seoul`: the number before the road, then places between commas.
fn latin(text: &Text, out: &mut Vec<Found>) {
    for (at, road) in text.words(Kind::Dash, &ROADS) {
        {
            let end = at + road.len();
            if text.at(end).is_some_and(|c| c.is_ascii_alphanumeric() || c == '-') {
                continue;
            }
            let lead = super::text::tail(text.plain.get(..at).unwrap_or_default(), NAME_MAX);
            let name = lead.bytes().rev().take_while(|b| b.is_ascii_alphanumeric() || *b == b'-').count();
            let mut name = name;
            let mut lead = lead.get(..lead.len() - name).unwrap_or_default();
            // the name of a road may be of two words: Centum jungang-ro
            let word =
                lead.strip_suffix(' ').unwrap_or_default().bytes().rev().take_while(u8::is_ascii_alphabetic).count();
            if word > 0 && lead.as_bytes().get(lead.len() - 1 - word).is_some_and(u8::is_ascii_uppercase) {
                name += word + 1;
                lead = lead.get(..lead.len() - word - 1).unwrap_or_default();
            }
            let number = lead.strip_suffix(", ").or(lead.strip_suffix(' ')).unwrap_or_default();
            let digits = number.bytes().rev().take_while(|b| b.is_ascii_digit() || *b == b'-').count();
            if name == 0 || digits == 0 {
                continue;
            }
            let start = at - name - (lead.len() - number.len()) - digits;
            let start = door(text, start);
            let (end, places) = segments(text, end);
            if places > 0 {
                let confidence = if places > 1 { Certain } else { Likely };
                out.push(Found { start, end, confidence });
            }
        }
    }
}

/// Where an address begins with the number of its door before that of its house: `101-1203, 152, Teheran-ro`.
fn door(text: &Text, start: usize) -> usize {
    let lead = super::text::tail(text.plain.get(..start).unwrap_or_default(), 16);
    let Some(inner) = lead.strip_suffix(", ") else { return start };
    let digits = inner.bytes().rev().take_while(|b| b.is_ascii_digit() || *b == b'-').count();
    let number = inner.get(inner.len() - digits..).unwrap_or_default();
    let fits = number.split('-').count() == 2 && number.split('-').all(|part| (1..=4).contains(&part.len()));
    if fits { start - 2 - digits } else { start }
}

/// The end of the places between commas, and how many there are.
fn segments(text: &Text, mut end: usize) -> (usize, usize) {
    let mut places = 0;
    for _ in 0..6 {
        let Some(rest) = text.plain.get(end..).and_then(|rest| rest.strip_prefix(", ")) else { break };
        let near = super::text::head(rest, NAME_MAX);
        let len = near.bytes().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b' ')).count();
        let segment = near.get(..len).unwrap_or_default();
        let known = LATIN.iter().find_map(|l| segment.find(l).map(|i| i + l.len()));
        let city = CITIES.iter().rev().find(|c| segment.starts_with(*c)).map(|c| c.len());
        let Some(len) = known.or(city) else { break };
        let code = segment.get(len..).unwrap_or_default();
        let digits = code.strip_prefix(' ').map_or(0, |c| c.bytes().take_while(u8::is_ascii_digit).count());
        end += 2 + len + if digits == 5 { 6 } else { 0 };
        places += 1;
    }
    (end, places)
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::DETECTOR;

    #[test]
    fn addresses_from_the_first_name_to_the_last_part() {
        for (text, want) in [
            ("서울 강남구 테헤란로 152에 있다", "서울 강남구 테헤란로 152"),
            (
                "주소: 서울특별시 강남구 테헤란로 152, 101동 1203호 (역삼동)",
                "서울특별시 강남구 테헤란로 152, 101동 1203호 (역삼동)",
            ),
            ("경기도 성남시 분당구 정자동 178-1번지로", "경기도 성남시 분당구 정자동 178-1번지"),
            ("부산광역시 해운대구 중동1로 12-3", "부산광역시 해운대구 중동1로 12-3"),
            ("(06236) 서울 강남구 테헤란로8길 11 3층", "(06236) 서울 강남구 테헤란로8길 11 3층"),
            ("수원시 팔달구 중앙로12번길 5", "수원시 팔달구 중앙로12번길 5"),
            ("강원도 평창군 진부면 하진부리 산 12-3", "강원도 평창군 진부면 하진부리 산 12-3"),
            ("서울 강남구 역삼동 래미안아파트 101동 1203호", "서울 강남구 역삼동 래미안아파트 101동 1203호"),
            ("주소 테헤란로 152", "테헤란로 152"),
            ("at 152, Teheran-ro, Gangnam-gu, Seoul 06236.", "152, Teheran-ro, Gangnam-gu, Seoul 06236"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
    }

    #[test]
    fn every_building_ends_a_name() {
        for building in super::BUILDINGS {
            assert!(building.ends_with(super::ends_name), "{building}");
        }
    }

    #[test]
    fn what_is_counted_is_none() {
        for text in [
            "강남구 역삼동 3명",
            "서울 강남구로 12명이",
            "앞으로 10년",
            "새로 3",
            "테헤란로 152",
            "서울시 2호선",
            "경기 성남시 분당동 2024년",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn quarters_with_a_number_cellars_and_roads_of_two_words() {
        for address in [
            "서울 종로구 종로1가 224",
            "서울 종로구 종로1가 산 259-18번지",
            "제주 서귀포시 대정읍 하모리 94-22",
            "(02751) 서울시 송파구 올림픽로 205",
            "서울시 송파구 올림픽로 지하 55-20",
            "부산 사하구 하단동 277-19 자이 102동 1944호",
            "364-9 Sejong-daero, Jung-gu, Seoul",
            "336, Centum jungang-ro, Haeundae-gu, Busan",
            "116-1452, 242, Teheran-ro, Gangnam-gu, Seoul, Republic of Korea",
        ] {
            assert_eq!(found(&DETECTOR, &format!("주소: {address} 확인")), [address], "{address}");
        }
    }
}
