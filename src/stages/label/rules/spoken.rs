//! Conventions of transcriptions: how numbers are written, and what stands for what nobody said (`(noise)`, `n/`).
//!
//! Numbers are words or digits, or both as corpora of Korean speech have them: `(3시)/(세 시)`, digits before words. Words of numbers
//! are known of English (`three`, `twenty-one`) and Korean: the native ones (`하나`, `스물`, `세` before a counter is not known), and
//! two or more Sino-Korean signs in a row that are nothing else (`삼십이`). One sign alone, such as `일` or `이`, is as likely a day
//! or a particle, and is never told.
use super::rule::{Asked, Broken, Rule};

/// How numbers may be written, in the words of `allowed`.
const WORDS: &str = "words";
const DIGITS: &str = "digits";
const BOTH: &str = "both";

pub const NUMBERS: Rule = Rule {
    name: "numbers",
    finding: "rule.numbers",
    say: "How numbers are written: `allowed` is `[\"words\"]` (no digit stands in the text), `[\"digits\"]` (no word of a number, of \
          those that are known of English and Korean), or `[\"both\"]` (digits and words side by side, as in `(3시)/(세 시)`). \
          Texts of `except` are passed over.",
    fix: None,
    keys: &["allowed", "except"],
    needs: &["allowed"],
    columns: &[],
    broken: numbers,
};

pub const TAGS: Rule = Rule {
    name: "tags",
    finding: "rule.tags",
    say: "Which signs may stand for what is no speech, such as `(noise)`, `[laugh]`, `<unk>` or `n/`: anything in brackets that \
          holds no digit and no space, and a single letter before a slash. Those of `allowed` may; all others break the rule.",
    fix: None,
    keys: &["allowed"],
    needs: &["allowed"],
    columns: &[],
    broken: tags,
};

/// The answers to the question of `allowed` in `numbers`.
pub fn is_number_form(word: &str) -> bool {
    [WORDS, DIGITS, BOTH].contains(&word)
}

/// The text without what is passed over; each piece becomes a space, so that what stands around it stays apart.
fn without(text: &str, except: &[String]) -> String {
    except.iter().filter(|e| !e.is_empty()).fold(text.to_string(), |text, one| text.replace(one.as_str(), " "))
}

fn numbers(asked: &Asked) -> Option<Vec<Broken>> {
    let text = without(&asked.said()?, &asked.demand.except);
    let allows = |form: &str| asked.demand.allowed.iter().any(|a| a == form);
    let (digits, words) = if allows(BOTH) { apart(&text) } else { (digits_of(&text), words_of(&text)) };
    let say = match () {
        () if digits > 0 && !allows(DIGITS) => format!("{digits} numbers in digits{}", only(&asked.demand.allowed)),
        () if words > 0 && !allows(WORDS) && !allows(BOTH) => {
            format!("{words} numbers in words{}", only(&asked.demand.allowed))
        }
        () => return Some(Vec::new()),
    };
    Some(Broken::whole(say))
}

fn only(allowed: &[String]) -> &'static str {
    match allowed.iter().any(|a| a == BOTH) {
        true => " without their words beside them",
        false => ", which are not allowed",
    }
}

/// How many runs of digits there are.
fn digits_of(text: &str) -> usize {
    let is_digit = |c: char| c.is_numeric();
    text.split(|c| !is_digit(c)).filter(|run| !run.is_empty()).count()
}

/// How many digits stand beside no words, of texts that have both: `(3시)/(세 시)`. Words alone are never wrong there, since what
/// nobody would write in digits has no digits beside it.
fn apart(text: &str) -> (usize, usize) {
    let mut rest = text;
    let mut left = String::new();
    while let Some((before, pair, after)) = pair(rest) {
        left.push_str(before);
        left.push(' ');
        // the second half is how it is said
        left.push_str(pair);
        left.push(' ');
        rest = after;
    }
    left.push_str(rest);
    (digits_of(&left), 0)
}

/// The first `(A)/(B)`: what stands before it, B, and what stands behind it.
fn pair(text: &str) -> Option<(&str, &str, &str)> {
    text.match_indices(")/(").find_map(|(at, _)| {
        let open = text.get(..at)?.rfind('(')?;
        let from = at + 3;
        let close = from + text.get(from..)?.find(')')?;
        Some((text.get(..open)?, text.get(from..close)?, text.get(close + 1..)?))
    })
}

const ENGLISH: &[&str] = &[
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
];

const NATIVE: &[&str] = &[
    "하나", "둘", "셋", "넷", "다섯", "여섯", "일곱", "여덟", "아홉", "열", "스물", "스무", "서른", "마흔", "쉰",
    "예순", "일흔", "여든", "아흔",
];

const SINO: &str = "영공일이삼사오육륙칠팔구십백천만억조";

/// How many words of numbers there are. Words are runs of letters.
fn words_of(text: &str) -> usize {
    text.split(|c: char| !c.is_alphabetic()).filter(|word| is_number_word(word)).count()
}

fn is_number_word(word: &str) -> bool {
    let lower = word.to_lowercase();
    let sino = word.chars().count() >= 2 && word.chars().all(|c| SINO.contains(c));
    // a sign of ten or more, since signs of digits alone are also names and words (`이사`, `오이`)
    let sino = sino && word.chars().any(|c| "십백천만억조".contains(c));
    let native = |word: &str| {
        NATIVE.contains(&word)
            || NATIVE.iter().any(|tens| word.strip_prefix(tens).is_some_and(|ones| NATIVE.contains(&ones)))
    };
    ENGLISH.contains(&lower.as_str()) || native(word) || sino
}

fn tags(asked: &Asked) -> Option<Vec<Broken>> {
    let text = asked.said()?;
    let found = tags_of(&text);
    let wrong: Vec<_> = found.iter().filter(|tag| !asked.demand.allowed.iter().any(|a| a == *tag)).collect();
    match wrong.len() {
        0 => Some(Vec::new()),
        n => Some(Broken::whole(format!("{n} signs of what is no speech that are not allowed"))),
    }
}

/// What stands for what is no speech, in the order of the text.
fn tags_of(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.chars().collect();
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(c) = chars.get(at) {
        let rest = chars.get(at..).unwrap_or_default();
        let length = match closing(*c) {
            Some(close) => bracketed(rest, close),
            None => slashed(at.checked_sub(1).and_then(|before| chars.get(before)), rest),
        };
        if let Some(length) = length {
            out.push(rest.iter().take(length).collect());
        }
        at += length.unwrap_or(1);
    }
    out
}

fn closing(open: char) -> Option<char> {
    Some(match open {
        '(' => ')',
        '[' => ']',
        '<' => '>',
        '{' => '}',
        _ => return None,
    })
}

/// How long a bracket with its content is that stands for no speech; a half of `(A)/(B)` is speech.
fn bracketed(rest: &[char], close: char) -> Option<usize> {
    let end = rest.iter().position(|c| *c == close)?;
    let inner = rest.get(1..end)?;
    let is_pair = close == ')' && rest.get(end + 1) == Some(&'/') && rest.get(end + 2) == Some(&'(');
    let plain = !inner.is_empty() && inner.iter().all(|c| !c.is_whitespace() && !c.is_numeric());
    (plain && !is_pair).then_some(end + 1)
}

/// `n/`: a single small letter of the Latin alphabet before a slash, at the begin of a word.
fn slashed(before: Option<&char>, rest: &[char]) -> Option<usize> {
    let begins = before.is_none_or(|c| !c.is_alphanumeric() && *c != '/');
    match rest {
        [letter, '/', ..] if begins && letter.is_ascii_lowercase() => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::rule::Demand;
    use super::*;
    use crate::table::Value;

    fn broken(rule: &Rule, allowed: &[&str], except: &[&str], text: &str) -> bool {
        let list = |of: &[&str]| of.iter().map(|s| s.to_string()).collect();
        let demand = Demand { allowed: list(allowed), except: list(except), ..Demand::default() };
        let answer = Value::Struct(vec![("text".into(), Value::Text(text.into()))]);
        let found =
            (rule.broken)(&Asked { demand: &demand, answer: &answer, text: None, numbers: &[], shapes: None }).unwrap();
        assert!(found.iter().all(|b| b.lost && !b.say.contains(text)), "no text of the data is told");
        !found.is_empty()
    }

    #[test]
    fn numbers_are_words_or_digits() {
        let words = |text: &str| broken(&NUMBERS, &["words"], &[], text);
        assert_eq!(
            ["세 시에 가요", "one or two", "", "3시에 가요", "채널 ５"].map(words),
            [false, false, false, true, true]
        );
        let digits = |text: &str| broken(&NUMBERS, &["digits"], &[], text);
        assert_eq!(
            ["3시에 가요", "no one's, some", "이 일은 오이", "someone"].map(digits),
            [false, true, false, false]
        );
        assert_eq!(["Twenty-one of them", "삼십이 명", "스물하나", "열"].map(digits), [true; 4]);
        assert!(!broken(&NUMBERS, &["words", "digits"], &[], "3 of three"), "either");
        assert!(
            !broken(&NUMBERS, &["words"], &["MP3"], "an MP3 file") && broken(&NUMBERS, &["words"], &["MP3"], "MP4")
        );
    }

    #[test]
    fn digits_with_their_words_beside_them() {
        let both = |text: &str| broken(&NUMBERS, &["both"], &[], text);
        assert_eq!(["(3시)/(세 시)에 가요", "세 시에 가요", "(a)/(b) (1)/(일)"].map(both), [false; 3]);
        assert_eq!(["3시에 가요", "(3시)/(3 시)", "(3시)/(세 시) 4", "(3시)"].map(both), [true; 4]);
    }

    #[test]
    fn signs_of_what_is_no_speech_are_those_that_are_declared() {
        let of = |text: &str| broken(&TAGS, &["(noise)", "n/"], &[], text);
        assert_eq!(["so (noise) it is", "n/ 네", "and/or 1/2", "km/h", "", "(3시)/(세 시)"].map(of), [false; 6]);
        assert_eq!(["so (laugh)", "b/ 네", "[noise]", "<unk>", "(Noise)", "so u/"].map(of), [true; 6]);
        assert!(!of("a word (of two words) stays, (unclosed"), "words in brackets are speech");
        assert_eq!(tags_of("n/ so (noise)[x] l/o/ it"), ["n/", "(noise)", "[x]", "l/"]);
    }
}
