//! Names of people: a Korean surname with one or two syllables of a given name, beside a title (`김철수 과장`, `홍길동님`) or
//! behind a role (`성명: 홍길동`, `담당자 김철수는`), before an age (`김철수(35)`) or where somebody says who they are (`저는
//! 김철수입니다`); in Latin letters behind `Mr.` and the like, `Name:`, `Dear` or a greeting at the end of a letter.
//!
//! A role and three syllables certain, a title or a role likely, two syllables with a title possible. The syllables of the
//! given name must be ones that names are made of, so that 민주당 대표 names nobody; a list of words that would pass all the
//! same is excepted. Names elsewhere in a sentence are not found: that is what a model is for, or a dictionary of one's own.
use super::detector::Detector;
use super::hit::{Confidence, Found};
use super::marks::Kind;
use super::person_words::{BEFORE_JA, NO_NAMES, PARTICLES, SURNAMES_LONG};
use super::syllables::{self, GIVEN, LAST, SURNAME};
use super::text::{Text, head, tail};
use Confidence::{Certain, Likely, Possible};
use std::collections::HashSet;
use std::sync::LazyLock;

pub const DETECTOR: Detector = Detector {
    name: "person",
    doc: "Names of people beside a title or a role; others by a dictionary of one's own.",
    version: 4,
    mask: "[PERSON]",
    find,
};

/// Bytes of the longest name with what may stand beside it.
const NEAR: usize = 24;

fn find(text: &Text, out: &mut Vec<Found>) {
    if text.marks.hangul {
        let mut after = 0;
        for start in text.places(Kind::Title) {
            let rest = text.bytes().get(start..).filter(|_| start >= after).unwrap_or_default();
            let Some((len, role)) = syllables::title(rest) else { continue };
            after = start + len;
            beside(text, start, after, role, out);
        }
        text.words(Kind::Latin, &[LATIN_TITLE]).for_each(|(at, word)| beside(text, at, at + word.len(), false, out));
        text.places(Kind::Open).filter(|at| text.has(*at, "(")).for_each(|at| out.extend(aged(text, at)));
        let begins = text.words(Kind::Begin, &INTRODUCED);
        begins.for_each(|(at, word)| out.extend(introduced(text, at, at + word.len())));
    }
    latin(text, out);
}

/// The names before and behind a title or a role.
fn beside(text: &Text, start: usize, end: usize, role: bool, out: &mut Vec<Found>) {
    if !role {
        out.extend(titled(text, start).filter(|_| ends_word(text, end)));
    }
    // 대표, 교수: also before a name
    out.extend(behind_role(text, start, end, role));
}

/// The title in Latin letters that stands behind Korean names, too.
const LATIN_TITLE: &str = "PD";

/// How somebody begins to say who they are, and how that ends.
const INTRODUCED: [&str; 9] =
    ["저는 ", "나는 ", "저 ", "제 이름은 ", "내 이름은 ", "본인은 ", "안녕하세요, ", "안녕하세요. ", "안녕하십니까, "];
const CALLED: [&str; 3] = ["라고 합", "라고 해", "라고 하"];
const COPULAS: [&str; 9] = ["입니다", "이라고", "라고", "이에요", "예요", "이야", "이고", "인데", "이며"];

/// What may stand behind an age: its bracket, the unit, or a trade; the middle dot before one is a dot in the plain spelling.
const BEHIND_AGE: [&str; 5] = [")", "세", ".", "ㆍ", ", "];

/// What may stand before an age, or in its place.
const SEXES: [&str; 2] = ["남", "여"];

/// The name of three syllables before an age or a sex in brackets: `김철수(35)`, `김철수 (만 35세)`, `김철수(42·회사원)`,
/// `김철수(남/35세)`, `김철수(여)`.
fn aged(text: &Text, bracket: usize) -> Option<Found> {
    // what may stand behind the bracket is a digit, or Hangul
    if !text.bytes().get(bracket + 1).is_some_and(|b| b.is_ascii_digit() || !b.is_ascii()) {
        return None;
    }
    let behind = head(text.plain.get(bracket + 1..)?, 16);
    let sex = SEXES.iter().find_map(|sex| behind.strip_prefix(sex));
    let alone = sex.is_some_and(|rest| rest.starts_with(')'));
    let rest = sex.map_or(behind, |rest| rest.trim_start_matches(['/', ',', '.', ' ']));
    let rest = rest.strip_prefix("만 ").or_else(|| rest.strip_prefix('만')).unwrap_or(rest);
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let ends = rest.get(digits..)?;
    if !alone && (digits != 2 || !BEHIND_AGE.iter().any(|sign| ends.starts_with(sign))) {
        return None;
    }
    let lead = tail(text.plain.get(..bracket)?, NEAR);
    let end = bracket - usize::from(lead.ends_with(' '));
    let lead = lead.strip_suffix(' ').unwrap_or(lead);
    let len: usize = lead.chars().rev().take_while(|c| is_hangul(*c)).map(char::len_utf8).sum();
    let name = lead.get(lead.len() - len..)?;
    (syllables(name)? >= 3).then_some(Found { start: end - len, end, confidence: Likely })
}

/// The name with which somebody says who they are: `저는 김철수입니다`.
fn introduced(text: &Text, word: usize, end: usize) -> Option<Found> {
    if text.before(word).is_some_and(is_hangul) {
        return None;
    }
    let near = head(text.plain.get(end..)?, NEAR);
    let len: usize = near.chars().take_while(|c| is_hangul(*c)).map(char::len_utf8).sum();
    let run = near.get(..len)?;
    let spaced = near.get(len..).and_then(|rest| rest.strip_prefix(' ')).unwrap_or_default();
    let name = match COPULAS.iter().find_map(|ending| run.find(ending).and_then(|at| run.get(..at))) {
        Some(name) => name,
        None if COPULAS.iter().any(|ending| spaced.starts_with(ending)) => run,
        None => return None,
    };
    // two syllables may be any word behind 저는, but not where a name is told as one
    let told = text.plain.get(word..end)?.ends_with("이름은 ") || CALLED.iter().any(|of| near.contains(of));
    let least = if told { 2 } else { 3 };
    (syllables(name)? >= least).then_some(Found { start: end, end: end + name.len(), confidence: Likely })
}

fn is_hangul(c: char) -> bool {
    matches!(c, '가'..='힣')
}

/// Whether a title ends there: behind it stands no letter, a particle, or another title. `씨앗` is no title.
fn ends_word(text: &Text, end: usize) -> bool {
    let rest = head(text.plain.get(end..).unwrap_or_default(), NEAR);
    let len: usize = rest.chars().take_while(|c| is_hangul(*c)).map(char::len_utf8).sum();
    let more = rest.get(..len).unwrap_or_default();
    let mut all = PARTICLES.iter().chain(&["입니다", "이다", "였", "이었", "이고", "이며", "인", "들"]);
    more.is_empty() || syllables::begins_title(more) || all.any(|p| more.starts_with(p))
}

/// The name right before a title.
fn titled(text: &Text, title: usize) -> Option<Found> {
    let lead = tail(text.plain.get(..title)?, NEAR);
    let spaced = lead.ends_with(' ');
    let lead = lead.strip_suffix(' ').unwrap_or(lead);
    let len: usize = lead.chars().rev().take_while(|c| is_hangul(*c)).map(char::len_utf8).sum();
    let name = lead.get(lead.len() - len..)?;
    let end = title - usize::from(spaced);
    let confidence = match syllables(name)? {
        2 => Possible,
        _ => Likely,
    };
    let title = head(text.plain.get(title..)?, 12);
    // 군 and 양 are also counties and quantities
    let weak = !spaced && title.starts_with(['군', '양', '시']);
    Some(Found { start: end - len, end, confidence: if weak { confidence.lowered() } else { confidence } })
}

/// What may stand between a heading and its field, in tables and in JSON.
const FIELDS: [&str; 10] = ["\": \"", "\":\"", "': '", "\t", ",", "|", " | ", "</td><td>", "</th><td>", ": \""];

/// The name behind a role: `성명: 홍길동`, `담당자는 김철수입니다`.
fn behind_role(text: &Text, word: usize, end: usize, role: bool) -> Option<Found> {
    if text.before(word).is_some_and(is_hangul) && !role {
        return None;
    }
    let rest = text.plain.get(end..)?;
    let particle = ["은 ", "는 ", "이 ", "가 ", "인 ", "명 ", "자 "].iter().find_map(|p| rest.strip_prefix(p));
    let field = FIELDS.iter().filter(|_| role).find_map(|sign| rest.strip_prefix(sign));
    let inner = particle
        .or(field)
        .or_else(|| rest.strip_prefix(" : "))
        .or_else(|| rest.strip_prefix([':', ' ', '=', '(', '/']))?;
    let marked = rest.starts_with(':') || rest.starts_with(" :") || rest.starts_with('=');
    // a header of a table has the next heading there
    if field.is_some() && text.before(word).is_some_and(is_hangul) {
        return None;
    }
    let inner = inner.strip_prefix(' ').unwrap_or(inner);
    let start = text.plain.len() - inner.len();
    let near = head(inner, NEAR);
    let len: usize = near.chars().take_while(|c| is_hangul(*c)).map(char::len_utf8).sum();
    let run = near.get(..len)?;
    let name = named(run, marked)?;
    // 고객: 전화 드릴게요 is what somebody says; a name of two syllables ends the line, or a sign or another field follows it
    let behind = near.get(name.len()..).unwrap_or_default();
    let goes_on = behind.strip_prefix(' ').is_some_and(|rest| {
        let word: usize = rest.chars().take_while(|c| is_hangul(*c)).map(char::len_utf8).sum();
        word > 0 && !rest.get(word..).unwrap_or_default().trim_start_matches(' ').starts_with([':', '='])
    });
    let confidence = match (name.chars().count(), role, marked) {
        (2, true, true) if goes_on => Possible,
        (2, true, true) => Likely,
        (2, ..) => Possible,
        (_, true, true) => Certain,
        (_, true, false) => Likely,
        // 대표 김철수: a title before the name is weaker than one behind it
        (_, false, _) => Likely,
    };
    Some(Found { start, end: start + name.len(), confidence })
}

/// The name with which a word begins whose rest is a particle, or nothing.
fn named(run: &str, marked: bool) -> Option<&str> {
    let cut = |n: usize| run.char_indices().nth(n).map_or(run.len(), |(at, _)| at);
    let long = run.chars().count() == 4 && SURNAMES_LONG.iter().any(|s| run.starts_with(s));
    let lengths = if long { [4, 3, 2] } else { [3, 4, 2] };
    lengths.into_iter().find_map(|n| {
        let (name, rest) = run.split_at_checked(cut(n))?;
        if syllables(name) != Some(n) {
            return None;
        }
        let whole = rest.is_empty() || PARTICLES.contains(&rest);
        let title = syllables::begins_title(rest);
        let short = n == 2 && !(marked && rest.is_empty());
        (whole || title).then_some(name).filter(|_| !short)
    })
}

/// Words that name nobody.
static NOBODY: LazyLock<HashSet<&str>> = LazyLock::new(|| NO_NAMES.iter().copied().collect());

/// How many syllables a name has, if it is one.
fn syllables(name: &str) -> Option<usize> {
    let mut syllables = name.chars();
    let count = name.chars().count();
    let long = SURNAMES_LONG.iter().any(|s| name.starts_with(s));
    let surname = match count {
        3 | 4 if long => 2,
        2 | 3 => 1,
        _ => return None,
    };
    let first = syllables.next()?;
    if surname == 2 {
        syllables.next();
    } else if syllables::of(first) & SURNAME == 0 {
        return None;
    }
    let given = syllables.as_str();
    let last = |c: char| syllables::of(c) & LAST != 0;
    let fits = match (syllables.next(), syllables.next(), syllables.next()) {
        (Some(one), None, _) => last(one),
        (Some(one), Some('자'), None) => BEFORE_JA.contains(one),
        (Some(one), Some(two), None) => syllables::of(one) & GIVEN != 0 && last(two),
        _ => false,
    };
    let title = || syllables::title(given.as_bytes()).is_some_and(|(len, _)| len == given.len());
    (fits && !title() && !NOBODY.contains(name)).then_some(count)
}

const LATIN_TITLES: [&str; 7] = ["Mr. ", "Mrs. ", "Ms. ", "Dr. ", "Prof. ", "Mr ", "Mrs "];
/// What stands behind a title and is no person.
const LATIN_THINGS: [&str; 14] = [
    "Pepper",
    "Martens",
    "Clean",
    "Robot",
    "Coffee",
    "Donut",
    "Scholl",
    "Butterworth",
    "Pac-Man",
    "Strange",
    "President",
    "Who",
    "Speaker",
    "Chairman",
];
/// Roles behind which other things than people often stand, so that they alone are not enough.
const LATIN_WEAK: [&str; 2] = ["name: ", "name="];
/// Roles of forms, behind which a Korean name may stand as well.
const LATIN_ROLES: [&str; 45] = [
    "Patient name: ",
    "Patient Name: ",
    "patient name: ",
    "Customer name: ",
    "Customer Name: ",
    "customer name: ",
    "Employee name: ",
    "Student name: ",
    "Cardholder: ",
    "Cardholder name: ",
    "Contact person: ",
    "contact person: ",
    "Name: ",
    "NAME: ",
    "Name : ",
    "\"name\": \"",
    "\"name\":\"",
    "Employee: ",
    "Author: ",
    "author: ",
    "patient: ",
    "customer: ",
    "employee: ",
    "contact: ",
    "recipient: ",
    "Reported by ",
    "Attn: ",
    "Dear ",
    "regards,\n",
    "Regards,\n",
    "Sincerely,\n",
    "sincerely,\n",
    "Cheers,\n",
    "Thanks,\n",
    "Signed by ",
    "Full name: ",
    "full name: ",
    "Full Name: ",
    "Customer: ",
    "Patient: ",
    "Contact: ",
    "Recipient: ",
    "Account holder: ",
    "my name is ",
    "My name is ",
];

fn latin(text: &Text, out: &mut Vec<Found>) {
    let bytes = text.bytes();
    let mut after = 0;
    for at in text.places(Kind::Colon) {
        // most colons stand behind no role: the last three letters tell
        let role = matches!(
            bytes.get(..at),
            Some(
                [.., b'a', b'm', b'e']
                    | [.., b'A', b'M', b'E']
                    | [.., b'm', b'e', b' ' | b'"']
                    | [.., b'y', b'e', b'e']
                    | [.., b'h', b'o', b'r']
                    | [.., b'e', b'n', b't']
                    | [.., b'm' | b'd', b'e', b'r']
                    | [.., b'a', b'c', b't']
                    | [.., b't', b't', b'n']
                    | [.., b's', b'o', b'n']
            )
        );
        if !role {
            continue;
        }
        let end = if text.has(at, ": \"") { at + 3 } else { at + 2 };
        if let Some(word) = latin_word(text, end).filter(|word| end - word.len() >= after) {
            after = end;
            out.extend(latin_at(text, word, end));
        }
    }
    let behind = |kind: Kind, len: usize, is: fn(&[u8]) -> bool| {
        text.places(kind).filter(move |at| bytes.get(..*at).is_some_and(is)).map(move |at| at + len)
    };
    let dots = behind(Kind::Dot, 2, |lead| {
        matches!(
            lead,
            [.., b'M' | b'D', b'r'] | [.., b'M', b's'] | [.., b'M', b'r', b's'] | [.., b'P', b'r', b'o', b'f']
        )
    });
    let equals = behind(Kind::Equals, 1, |lead| lead.ends_with(b"name"));
    let verbs = behind(Kind::Verb, 4, |lead| matches!(lead, [.., b'a', b'm', b'e'] | [.., b't' | b'n', b'e', b'd']));
    let lines = behind(Kind::Comma, 2, |lead| matches!(lead, [.., b'd' | b'k' | b'r', b's'] | [.., b'l', b'y']));
    let begins = text.words(Kind::Latin, &["Mr ", "Mrs ", "Dear "]).map(|(at, word)| at + word.len());
    for end in dots.chain(equals).chain(verbs).chain(lines).chain(begins) {
        out.extend(latin_word(text, end).and_then(|word| latin_at(text, word, end)));
    }
}

/// The longest title or role in Latin letters that ends at a place.
fn latin_word(text: &Text, end: usize) -> Option<&'static str> {
    let before = text.bytes().get(..end)?;
    let all = LATIN_TITLES.iter().chain(&LATIN_ROLES).chain(&LATIN_WEAK);
    all.filter(|word| before.ends_with(word.as_bytes())).max_by_key(|word| word.len()).copied()
}

/// The name behind a word that ends at a place.
fn latin_at(text: &Text, word: &str, end: usize) -> Option<Found> {
    if text.before(end - word.len()).is_some_and(char::is_alphanumeric) {
        return None;
    }
    let near = head(text.plain.get(end..)?, 64);
    let titled = LATIN_TITLES.contains(&word);
    if !titled && near.chars().next().is_some_and(is_hangul) {
        let len: usize = near.chars().take_while(|c| is_hangul(*c)).map(char::len_utf8).sum();
        let name = near.get(..len).and_then(|run| named(run, true)).filter(|name| name.chars().count() >= 3);
        return name.map(|name| Found { start: end, end: end + name.len(), confidence: Likely });
    }
    let (len, words) = latin_name(near);
    let thing = titled && near.get(..len).is_some_and(|name| LATIN_THINGS.contains(&name));
    // author: The React Team
    if thing || near.starts_with("The ") || words < if titled { 1 } else { 2 } {
        return None;
    }
    let weak = LATIN_WEAK.contains(&word);
    let confidence = if !weak && (words > 1 || word.ends_with(". ")) { Likely } else { Possible };
    Some(Found { start: end, end: end + len, confidence })
}

/// Bytes of the words with capitals at the start of a text, at most three, and how many they are.
fn latin_name(near: &str) -> (usize, usize) {
    let (mut end, mut words, mut at) = (0, 0, 0);
    for part in near.split_inclusive(' ').take(3) {
        let whole = part.trim_end_matches([' ', '.', ',', ';', '!', '?', ')']);
        let word = whole.strip_suffix("'s").unwrap_or(whole);
        let capital = word.chars().next().is_some_and(char::is_uppercase) && word.len() >= 2;
        let word: &str = word
            .split(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '\'' | '’' | 'À'..='ɏ')))
            .next()
            .unwrap_or_default();
        if !capital || word.len() < 2 {
            break;
        }
        (end, words) = (at + word.len(), words + 1);
        if part.trim_end_matches(' ').len() != word.len() {
            break;
        }
        at += part.len();
    }
    (end, words)
}

#[cfg(test)]
mod tests {
    use super::super::found;
    use super::*;

    #[test]
    fn every_word_is_seen() {
        for word in LATIN_TITLES.iter().chain(&LATIN_ROLES) {
            assert_eq!(found(&DETECTOR, &format!("{word}Kim Minsu")), ["Kim Minsu"], "{word}");
        }
        for word in LATIN_WEAK {
            assert_eq!(found(&DETECTOR, &format!("{word}김민수")), ["김민수"], "{word}");
        }
        for word in INTRODUCED {
            assert_eq!(found(&DETECTOR, &format!("{word}김민수입니다")), ["김민수"], "{word}");
        }
        assert_eq!(
            found(&DETECTOR, "\"name\": \"name\": \"김민수"),
            [""; 0],
            "the sign that ends a word begins no other"
        );
    }

    #[test]
    fn names_beside_titles_and_roles() {
        for (text, want) in [
            ("어제 김철수 과장이 왔다", "김철수"),
            ("홍길동님께", "홍길동"),
            ("박영희씨는", "박영희"),
            ("성명: 이민준", "이민준"),
            ("담당자 최지우에게 연락", "최지우"),
            ("예금주 남궁민수", "남궁민수"),
            ("이름은 정다은입니다", "정다은"),
            ("Dear Mr. John Smith,", "John Smith"),
            ("Dr. Choi's", "Choi"),
            ("피해자 가족 김철수(35)는", "김철수"),
            ("이민준(42·회사원)씨", "이민준"),
            ("저는 최지우입니다", "최지우"),
            ("제 이름은 박영희라고 합니다", "박영희"),
            ("Name: Kim Minsu", "Kim Minsu"),
            ("name: 김철수", "김철수"),
            ("{\"name\":\"김철수\",\"age\":35}", "김철수"),
            ("author: Jane Doe", "Jane Doe"),
            ("김철수 (만 35세)", "김철수"),
            ("김철수(남/35세)", "김철수"),
            ("김철수(여)", "김철수"),
            ("저는 김철수 입니다", "김철수"),
            ("안녕하세요, 김철수입니다.", "김철수"),
            ("성함: 김철수", "김철수"),
            ("{\"name\": \"Jane Doe\"}", "Jane Doe"),
            ("Best regards,\nJane Doe", "Jane Doe"),
        ] {
            assert_eq!(found(&DETECTOR, text), [want], "{text}");
        }
        for text in [
            "민주당 대표가",
            "고객님",
            "부사장님",
            "날씨가",
            "사장님",
            "이번 과장",
            "국가대표 선수",
            "정책실장",
            "담당자가 없다",
            "Dr. Pepper",
            "name: value",
            "name: Deploy Pages",
            "이상한 씨앗을 심었다",
            "이자율(35)",
            "강아지 선수 교체",
            "담당자 부재중",
            "저는 이방인입니다",
            "Mr. Coffee",
            "저는 한국인입니다",
            "서울시(25)",
        ] {
            assert_eq!(found(&DETECTOR, text), [""; 0], "{text}");
        }
    }

    #[test]
    fn what_a_speaker_says_is_no_name() {
        assert_eq!(found(&DETECTOR, "고객: 전화 불러드릴게요"), [""; 0]);
        assert_eq!(found(&DETECTOR, "예금주: 류은정 (서명)"), ["류은정"]);
        assert_eq!(found(&DETECTOR, "신기한 사장님 이야기"), [""; 0]);
        assert_eq!(found(&DETECTOR, "author: The React Team\ndate"), [""; 0]);
    }
}
