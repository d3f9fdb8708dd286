//! Rules about transcriptions. `drop` drops the whole answer; nothing is mended, since nobody knows what was said.
use super::rule::{Asked, Broken, Rule};
use super::spoken::{NUMBERS, TAGS};

const LIMITS: &[&str] = &["min", "max"];

pub const TEXT_RULES: &[Rule] = &[
    Rule {
        name: "characters",
        finding: "rule.characters",
        say: "Which characters a text may hold: single ones, such as `\" .,?!\"`, or ranges, such as `\"가-힣\"`.",
        fix: None,
        keys: &["allowed"],
        needs: &["allowed"],
        columns: &[],
        broken: characters,
    },
    Rule {
        name: "length",
        finding: "rule.length",
        say: "How many characters a text has.",
        fix: None,
        keys: LIMITS,
        needs: LIMITS,
        columns: &[],
        broken: length,
    },
    Rule {
        name: "rate",
        finding: "rule.rate",
        say: "How many characters are said in a second of the recording; reads the column `duration`.",
        fix: None,
        keys: LIMITS,
        needs: LIMITS,
        columns: &["duration"],
        broken: rate,
    },
    NUMBERS,
    TAGS,
];

/// Whether one of the declared texts allows a character. A text of three characters with a hyphen in the middle is a range.
pub fn allows(allowed: &[String], c: char) -> bool {
    allowed.iter().any(|text| match text.chars().collect::<Vec<_>>().as_slice() {
        [first, '-', last] => (*first..=*last).contains(&c),
        single => single.contains(&c),
    })
}

fn characters(asked: &Asked) -> Option<Vec<Broken>> {
    let text = asked.said()?;
    let mut others = text.chars().enumerate().filter(|(_, c)| !allows(&asked.demand.allowed, *c));
    let Some((at, c)) = others.next() else { return Some(Vec::new()) };
    let more = others.count();
    Some(Broken::whole(format!(
        "{} characters that are not allowed; the first is U+{:04X} at {at}",
        more + 1,
        u32::from(c)
    )))
}

fn length(asked: &Asked) -> Option<Vec<Broken>> {
    let chars = asked.said()?.chars().count();
    let passed = asked.demand.passed(chars as f64);
    Some(passed.map_or(Vec::new(), |side| Broken::whole(format!("{chars} characters, {}", side.say(asked.demand)))))
}

fn rate(asked: &Asked) -> Option<Vec<Broken>> {
    let seconds = asked.numbers.first().copied().flatten().filter(|s| *s > 0.0)?;
    let rate = asked.said()?.chars().count() as f64 / seconds;
    let passed = asked.demand.passed(rate);
    Some(
        passed.map_or(Vec::new(), |side| {
            Broken::whole(format!("{rate:.2} characters a second, {}", side.say(asked.demand)))
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::super::rule::Demand;
    use super::*;
    use crate::manifest::Decimal;
    use crate::table::Value;

    fn broken(rule: usize, demand: &Demand, numbers: &[Option<f64>], text: &str) -> Option<usize> {
        let answer = Value::Struct(vec![("text".into(), Value::Text(text.into()))]);
        let found = (TEXT_RULES[rule].broken)(&Asked { demand, answer: &answer, text: None, numbers, shapes: None });
        found.map(|all| all.len())
    }

    #[test]
    fn characters_are_single_ones_or_ranges() {
        let demand = Demand { allowed: vec!["가-힣".into(), " .-".into()], ..Demand::default() };
        let of = |text: &str| broken(0, &demand, &[], text);
        assert_eq!([of("한국 말."), of("가힣-"), of(""), of("ㅋㅋ"), of("A")].map(Option::unwrap), [0, 0, 0, 1, 1]);
    }

    #[test]
    fn length_and_rate_up_to_their_limits() {
        let limit = |n: u64| Some(Decimal::from(n));
        let demand = Demand { min: limit(2), max: limit(4), ..Demand::default() };
        let length = |text: &str| broken(1, &demand, &[], text).unwrap();
        assert_eq!([length("a"), length("ab"), length("abcd"), length("abcde")], [1, 0, 0, 1]);
        let rate = |text: &str, seconds| broken(2, &demand, &[seconds], text);
        assert_eq!(
            [
                rate("abc", Some(2.0)),
                rate("abcd", Some(2.0)),
                rate("abcdefgh", Some(2.0)),
                rate("abcdefghi", Some(2.0))
            ],
            [Some(1), Some(0), Some(0), Some(1)]
        );
        assert_eq!((rate("abc", None), rate("abc", Some(0.0))), (None, None), "nobody knows how long it is");
    }
}
