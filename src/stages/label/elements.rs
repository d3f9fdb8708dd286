//! The declaration of a guideline; the elements that one has, and the headings under which they stand, in Korean and English.
//!
//! A heading is compared without its number (`1.2`, `가.`, `제1장`, `Ⅰ.`), marks, what stands in brackets, and case. It belongs
//! to the element with the longest alias in it, so that "Data format" is about the format: an alias of Hangul may stand anywhere, one
//! of Latin letters must be whole words. Limits: that something stands under a heading is looked at for classes alone.
use crate::manifest::values::At;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The document that annotators work by. Each class has a section of its own: a heading that is the class, or begins
/// with it.
#[derive(Deserialize, JsonSchema, Clone, Debug)]
#[serde(deny_unknown_fields)]
pub struct Guideline {
    /// A Markdown file below the manifest.
    #[schemars(length(min = 1))]
    pub document: At<String>,
    /// Its version, `x.y.z`. A released version keeps its text; other text needs another version.
    #[schemars(extend("x-form" = "version", "pattern" = "^(0|[1-9][0-9]*)(\\.(0|[1-9][0-9]*)){2}$"))]
    pub version: At<String>,
    /// What happens to answers that were given under another major version: `review` or `keep`. Default `keep`.
    pub on_major: Option<OnMajor>,
    /// The elements that the document must have, each under a heading of its own; `definitions`, `examples` and
    /// `counter_examples` in the section of each class. Default: the sections of the classes alone.
    #[serde(default)]
    pub elements: Vec<At<Element>>,
    /// Headings of elements beside those that are known: `{ purpose = ["취지"] }`.
    #[serde(default)]
    pub headings: BTreeMap<String, Vec<String>>,
}

/// Answers under another major version of the guideline.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, Default)]
#[serde(rename_all = "snake_case")]
pub enum OnMajor {
    /// They count like others.
    #[default]
    Keep,
    /// Their samples wait for a person's decision.
    Review,
}

/// An element of a guideline.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Element {
    /// What the labels are for.
    Purpose,
    /// What is labelled, and where it comes from.
    Data,
    /// The words that the guideline uses.
    Terms,
    /// The section of each class says in 20 characters or more, before its examples, what belongs to it.
    Definitions,
    /// The section of each class has examples.
    Examples,
    /// The section of each class has examples of what does not belong to it.
    CounterExamples,
    /// How it is labelled.
    Rules,
    /// What is hard to decide.
    EdgeCases,
    /// What is not labelled.
    Exclusions,
    /// What an answer looks like.
    Format,
    /// How the tool is used.
    Tool,
    /// How answers are checked, and when they are sent back.
    Review,
    /// What changed between versions.
    ChangeLog,
}

/// The headings of each element.
const HEADINGS: &[(Element, &[&str])] = &[
    (
        Element::Purpose,
        &[
            "목적",
            "구축 목적",
            "개요",
            "과제 정의",
            "purpose",
            "objective",
            "overview",
            "task definition",
            "introduction",
        ],
    ),
    (
        Element::Data,
        &[
            "데이터 설명",
            "데이터 정의",
            "대상 데이터",
            "수집 대상",
            "원천데이터",
            "원천 데이터",
            "data",
            "data description",
            "source data",
            "text to annotate",
        ],
    ),
    (Element::Terms, &["용어 정의", "용어", "기본 개념", "terms", "definitions", "glossary", "basic concepts"]),
    (
        Element::Rules,
        &[
            "작업 규칙",
            "라벨링 규칙",
            "주석 방법",
            "절차",
            "어노테이션 기준",
            "범위 설정",
            "rules",
            "how to label",
            "procedure",
            "extents",
            "annotation rules",
        ],
    ),
    (
        Element::Examples,
        &["예시", "올바른 예", "정답 예시", "긍정 예시", "examples", "example", "positive examples", "correct"],
    ),
    (
        Element::CounterExamples,
        &[
            "잘못된 예",
            "오답 예시",
            "부정 예시",
            "유의 사례",
            "negative examples",
            "negative example",
            "incorrect",
            "counter-examples",
            "common mistakes",
        ],
    ),
    (
        Element::EdgeCases,
        &[
            "예외",
            "경계 사례",
            "모호한 경우",
            "판단이 어려운 경우",
            "edge cases",
            "difficult cases",
            "ambiguous cases",
            "special cases",
        ],
    ),
    (
        Element::Exclusions,
        &["제외 대상", "라벨링하지 않는 경우", "비대상", "what not to label", "exclusions", "do not tag"],
    ),
    (Element::Format, &["주석 형식", "데이터 형식", "산출물 형식", "format", "output format"]),
    (Element::Tool, &["도구 사용법", "저작도구", "tool", "annotation tool"]),
    (
        Element::Review,
        &[
            "검수",
            "검수 기준",
            "검수 절차",
            "반려 기준",
            "통과 기준",
            "품질 기준",
            "review",
            "quality control",
            "acceptance",
            "rejection criteria",
            "second pass",
        ],
    ),
    (
        Element::ChangeLog,
        &["변경 이력", "개정 이력", "버전 이력", "change log", "changelog", "changes", "revision history"],
    ),
];

impl Guideline {
    /// The headings that are declared, and the names among them that are of no element.
    pub fn own(&self) -> (Own, Vec<&String>) {
        let element = |name: &str| HEADINGS.iter().map(|(element, _)| *element).find(|e| e.name() == name);
        let (known, other): (Vec<_>, Vec<_>) = self.headings.iter().partition(|(name, _)| element(name).is_some());
        let all =
            known.into_iter().flat_map(|(name, all)| all.iter().filter_map(move |h| Some((element(name)?, h.clone()))));
        (Own(all.collect()), other.into_iter().map(|(name, _)| name).collect())
    }
}

impl Element {
    /// Its name in a manifest.
    pub fn name(self) -> &'static str {
        match self {
            Element::Purpose => "purpose",
            Element::Data => "data",
            Element::Terms => "terms",
            Element::Definitions => "definitions",
            Element::Examples => "examples",
            Element::CounterExamples => "counter_examples",
            Element::Rules => "rules",
            Element::EdgeCases => "edge_cases",
            Element::Exclusions => "exclusions",
            Element::Format => "format",
            Element::Tool => "tool",
            Element::Review => "review",
            Element::ChangeLog => "change_log",
        }
    }

    /// Whether it belongs into the section of each class.
    pub fn of_each_class(self) -> bool {
        matches!(self, Element::Definitions | Element::Examples | Element::CounterExamples)
    }

    /// The headings under which it may stand.
    pub fn headings(self) -> &'static [&'static str] {
        HEADINGS.iter().find(|(element, _)| *element == self).map_or(&[], |(_, all)| *all)
    }

    /// Whether the section of a class has it. Its lines do not hold the heading of the section.
    pub fn is_in(self, section: &[&str], own: &Own) -> bool {
        let shown = |line: &&str| matches!(own.of_label(line), Some(Element::Examples | Element::CounterExamples));
        if self == Element::Definitions {
            let before =
                section.iter().take_while(|line| !shown(line)).filter(|line| !line.trim_start().starts_with('#'));
            return before.flat_map(|line| line.chars()).filter(|c| c.is_alphanumeric()).count() >= DEFINITION_LEAST;
        }
        let Some(at) = section.iter().position(|line| own.of_label(line) == Some(self)) else { return false };
        let rest = section.get(at..).unwrap_or_default();
        let beside =
            rest.first().and_then(|line| line.split_once([':', '：'])).is_some_and(|(_, words)| has_words(words));
        let below = rest.iter().skip(1).take_while(|line| own.of_label(line).is_none());
        beside || below.into_iter().any(|line| has_words(line) && !line.trim_start().starts_with('#'))
    }
}

/// A definition has so many letters and digits.
const DEFINITION_LEAST: usize = 20;

fn has_words(line: &str) -> bool {
    line.chars().any(char::is_alphanumeric)
}

/// Headings of a project's own, beside those that are known.
#[derive(Clone, Debug, Default)]
pub struct Own(pub Vec<(Element, String)>);

impl Own {
    /// The element that a heading belongs to.
    pub fn of(&self, heading: &str) -> Option<Element> {
        let heading = plain(heading);
        let known =
            HEADINGS.iter().flat_map(|(element, all)| all.iter().map(move |alias| (*element, alias.to_string())));
        let own = self.0.iter().map(|(element, alias)| (*element, plain(alias)));
        let met = known.chain(own).filter(|(_, alias)| holds(&heading, alias));
        met.max_by_key(|(_, alias)| alias.chars().count()).map(|(element, _)| element)
    }

    /// The element that a heading or a label at the begin of a line names: `### Examples`, `- **예시**: ...`.
    fn of_label(&self, line: &str) -> Option<Element> {
        let words = line.trim_start();
        if words.starts_with('#') {
            return self.of(words.trim_start_matches('#'));
        }
        let (label, _) = words.split_once([':', '：'])?;
        let whole = plain(label);
        self.of(label).filter(|_| whole.chars().count() <= LABEL_MOST)
    }
}

/// A label before a colon has at most so many characters; what is longer is a sentence.
const LABEL_MOST: usize = 30;

/// Whether an alias stands in a heading.
fn holds(heading: &str, alias: &str) -> bool {
    if !alias.is_ascii() {
        return heading == alias || alias.chars().count() >= 2 && heading.contains(alias);
    }
    let is_word = |c: char| c.is_ascii_alphanumeric();
    heading.match_indices(alias).any(|(at, _)| {
        let before = heading.get(..at).and_then(|t| t.chars().next_back());
        let behind = heading.get(at + alias.len()..).and_then(|t| t.chars().next());
        !before.is_some_and(is_word) && !behind.is_some_and(is_word)
    })
}

/// A heading without number, marks and brackets, in lower case, with single spaces.
fn plain(heading: &str) -> String {
    let mut depth = 0u32;
    let mut text = String::new();
    for c in crate::measure::names::composed(heading).chars() {
        match c {
            '(' | '[' | '（' => depth += 1,
            ')' | ']' | '）' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_alphanumeric() || c.is_whitespace() || ".-'".contains(c) => text.extend(c.to_lowercase()),
            _ => {}
        }
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let rest = match words.as_slice() {
        [first, rest @ ..] if !rest.is_empty() && is_number(first) => rest,
        all => all,
    };
    rest.join(" ")
}

/// `1.`, `1.2`, `가.`, `제1장`, `ⅰ.`, `iv.`, `a.`
fn is_number(word: &str) -> bool {
    let inner = word.trim_end_matches('.');
    let digits = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    let chapter = inner.strip_prefix('제').and_then(|w| w.strip_suffix(['장', '절', '조', '항']));
    let roman = |text: &str| text.chars().all(|c| ('\u{2160}'..='\u{217f}').contains(&c) || "ivxlc".contains(c));
    let dotted = word.ends_with('.') && !inner.is_empty();
    digits(inner)
        || chapter.is_some_and(digits)
        || !inner.is_empty() && inner.chars().all(|c| ('\u{2160}'..='\u{217f}').contains(&c))
        || dotted && (inner.chars().count() == 1 || roman(inner))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(heading: &str) -> Option<Element> {
        Own::default().of(heading)
    }

    #[test]
    fn headings_without_numbers_marks_and_brackets() {
        for heading in [
            "목적",
            "1. 목적",
            "1.2 구축 목적",
            "가. 목적 (Purpose)",
            "제1장 개요",
            "Ⅰ. 과제 정의",
            "🎯 Purpose",
            "iv. Overview",
        ] {
            assert_eq!(of(heading), Some(Element::Purpose), "{heading}");
        }
        assert_eq!((of("가. 나"), of("PS"), of("Database"), of("")), (None, None, None, None));
    }

    #[test]
    fn the_longest_alias_counts() {
        assert_eq!(
            (of("Data"), of("Data format"), of("데이터 형식")),
            (Some(Element::Data), Some(Element::Format), Some(Element::Format))
        );
        assert_eq!((of("Negative examples"), of("예시")), (Some(Element::CounterExamples), Some(Element::Examples)));
        assert_eq!((of("What not to label"), of("3. 검수 기준")), (Some(Element::Exclusions), Some(Element::Review)));
        let own = Own(vec![(Element::Purpose, "취지".into())]);
        assert_eq!((own.of("2. 취지와 배경"), of("취지")), (Some(Element::Purpose), None));
    }

    #[test]
    fn sections_of_classes() {
        let own = Own::default();
        let has = |text: &str| {
            let lines: Vec<&str> = text.lines().collect();
            [Element::Definitions, Element::Examples, Element::CounterExamples].map(|e| e.is_in(&lines, &own))
        };
        assert_eq!(
            has("The name of a person, with titles.\n### Examples\n- Kim\n- **Negative examples**: Seoul"),
            [true; 3]
        );
        assert_eq!(has("A name.\n- 예시: 김철수\n- 잘못된 예:\n"), [false, true, false]);
        assert_eq!(has("### Examples\nThe name of a person, with titles."), [false, true, false]);
        assert_eq!(has("### Examples\n\n### Negative examples\n- Seoul"), [false, false, true]);
        assert_eq!(has("사람의 이름을 가리키는 말 가운데 성과 이름이 모두 있는 것\n예시: 김철수"), [true, true, false]);
    }

    #[test]
    fn every_element_outside_of_classes_has_headings() {
        let all =
            [Element::Purpose, Element::Data, Element::Terms, Element::Rules, Element::EdgeCases, Element::Exclusions];
        let more = [Element::Format, Element::Tool, Element::Review, Element::ChangeLog];
        for element in all.into_iter().chain(more) {
            for heading in element.headings() {
                assert_eq!(of(heading), Some(element), "{heading}");
            }
            assert_eq!(serde_json::to_value(element).unwrap(), element.name());
        }
    }
}
