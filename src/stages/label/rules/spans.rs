//! Rules about spans of a text: what they begin and end with, and how two of them may lie to each other.
use super::particles::particle;
use super::rule::{Asked, Broken, Demand, Rule};
use crate::measure::words::sentence_ends;
use crate::model::spans::Span;
use crate::table::{Cell, Value};

const RULE: Rule = Rule {
    name: "space",
    finding: "rule.space",
    say: "No span begins or ends with white space.",
    fix: Some("takes it off."),
    keys: &[],
    needs: &[],
    columns: &[],
    broken: space,
};

/// They are asked in this order, each of what those before it have left: white space is taken off before particles.
pub const SPAN_RULES: &[Rule] = &[
    RULE,
    Rule {
        name: "punctuation",
        finding: "rule.punctuation",
        say: "No span begins or ends with a punctuation mark. A bracket or quotation mark whose counterpart lies in the span, too, is \
              allowed, and what `except` lists: `\"Inc.\"`, `\"!\"`.",
        fix: Some("takes them off, and the white space behind them."),
        keys: &["except"],
        broken: punctuation,
        ..RULE
    },
    Rule {
        name: "particle",
        finding: "rule.particle",
        say: "No span ends with a Korean particle that fits the syllable before it and leaves two characters or more. One in whose form \
              names end, too (`은`, `이`, `가`, `에`, `로`, `와`, `과`, `도`, `만`, `의`, `이나`, `나`, `랑`), counts only where the same answer has \
              the span without it. `except` lists words and endings that are none: `\"제주도\"`.",
        fix: Some("takes it off."),
        keys: &["except"],
        broken: particles,
        ..RULE
    },
    Rule {
        name: "nested",
        finding: "rule.nested",
        say: "No span lies in another one. The inner one breaks the rule; of two at the same place the later one.",
        fix: None,
        broken: nested,
        ..RULE
    },
    Rule {
        name: "crossing",
        finding: "rule.crossing",
        say: "No span begins in another one and ends behind it.",
        fix: None,
        broken: crossing,
        ..RULE
    },
    Rule {
        name: "class_pairs",
        finding: "rule.class_pairs",
        say: "Pairs of classes whose annotations may not meet. What meets an annotation of the first class breaks the rule if it has \
              the second one.",
        fix: None,
        keys: &["pairs"],
        needs: &["pairs"],
        broken: class_pairs,
        ..RULE
    },
    Rule {
        name: "sentence",
        finding: "rule.sentence",
        say: "No span goes on behind the end of a sentence, as Unicode finds it (UAX 29). `except` lists abbreviations that end none: \
              `\"Dr.\"`.",
        fix: None,
        keys: &["except"],
        broken: sentence,
        ..RULE
    },
];

/// Marks that stand beside a name and do not belong to it. `%`, `#`, `&`, `+`, `$` and their like do.
const MARKS: &str = ".,;:!?'\"()[]{}<>-/~…·、。，．：；！？「」『』〈〉《》【】（）［］‘’“”–—";

/// Marks that may belong to a span together with their counterparts.
const PAIRS: &[(char, char)] = &[
    ('(', ')'),
    ('[', ']'),
    ('{', '}'),
    ('<', '>'),
    ('\'', '\''),
    ('"', '"'),
    ('「', '」'),
    ('『', '』'),
    ('〈', '〉'),
    ('《', '》'),
    ('【', '】'),
    ('（', '）'),
    ('［', '］'),
    ('‘', '’'),
    ('“', '”'),
];

/// The spans of an answer with the characters that each covers. One that passes the text covers none.
struct Covered<'c> {
    spans: Vec<Span>,
    chars: &'c [char],
}

impl Covered<'_> {
    fn text(&self, span: &Span) -> &[char] {
        self.chars.get(span.start as usize..span.end as usize).unwrap_or_default()
    }
}

/// Asks of each span on how many characters it should be shorter, at its begin and at its end, and why.
fn cut(
    asked: &Asked,
    ends: impl Fn(&[char], &Span, &Covered) -> Option<(usize, usize, String)>,
) -> Option<Vec<Broken>> {
    let chars: Vec<char> = asked.text?.chars().collect();
    let of = Covered { spans: asked.all(), chars: &chars };
    let mut out = Vec::new();
    for (item, span) in of.spans.iter().enumerate().filter(|(_, s)| asked.demand.is_about(&s.class)) {
        let Some((front, back, why)) = ends(of.text(span), span, &of) else { continue };
        let (start, end) = (span.start + front as u32, span.end.saturating_sub(back as u32));
        let fixed = (start < end).then(|| Span { start, end, ..span.clone() }.into_value());
        let say = format!("span {} ({}..{}) {why}", item + 1, span.start, span.end);
        out.push(Broken { fixed, lost: true, ..Broken::new(item, say) });
    }
    Some(out)
}

fn space(asked: &Asked) -> Option<Vec<Broken>> {
    cut(asked, |text, _, _| {
        let front = text.iter().take_while(|c| c.is_whitespace()).count();
        let back = text.iter().rev().take_while(|c| c.is_whitespace()).count();
        (front + back > 0).then(|| (front, back, "begins or ends with white space".into()))
    })
}

fn punctuation(asked: &Asked) -> Option<Vec<Broken>> {
    cut(asked, |text, _, _| {
        let (front, back) = marks(text, &asked.demand.except);
        (front + back > 0).then(|| (front, back, "begins or ends with a punctuation mark".into()))
    })
}

/// How many characters at the begin and at the end are marks, and white space beside them.
fn marks(text: &[char], except: &[String]) -> (usize, usize) {
    let (mut start, mut end) = (0, text.len());
    loop {
        let left = text.get(start..end).unwrap_or_default();
        let whole: String = left.iter().collect();
        let [Some(first), Some(last)] = [left.first().copied(), left.last().copied()] else { break };
        let taken = start + (text.len() - end) > 0;
        let loose = |c: char| MARKS.contains(c) || taken && c.is_whitespace();
        if loose(first) && !paired(left, 0) && !except.iter().any(|e| whole.starts_with(e.as_str())) {
            start += 1;
        } else if loose(last) && !paired(left, left.len() - 1) && !except.iter().any(|e| whole.ends_with(e.as_str())) {
            end -= 1;
        } else {
            break;
        }
    }
    (start, text.len() - end)
}

/// Whether the counterpart of the mark at this place lies in the text, too.
fn paired(text: &[char], at: usize) -> bool {
    let Some(mark) = text.get(at) else { return false };
    let (before, behind) = (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
    let meets =
        |(open, close): &(char, char)| mark == open && behind.contains(close) || mark == close && before.contains(open);
    PAIRS.iter().any(meets)
}

fn particles(asked: &Asked) -> Option<Vec<Broken>> {
    cut(asked, |text, own, of| {
        let word: String = text.iter().collect();
        let same = |s: &&Span, rest: &str| s.class == own.class && of.text(s).iter().copied().eq(rest.chars());
        let known = |rest: &str| of.spans.iter().any(|s| same(&s, rest));
        let found =
            particle(&word, known).filter(|_| !asked.demand.except.iter().any(|e| word.ends_with(e.as_str())))?;
        Some((0, found.chars().count(), format!("ends like the particle {found}")))
    })
}

/// Holds each span against all others: `breaks` says of two, in the order of the answer, which breaks the rule.
fn compared(asked: &Asked, lost: bool, why: &str, breaks: fn(&Demand, &Span, &Span) -> Option<usize>) -> Vec<Broken> {
    let all: Vec<Span> = asked.all();
    let mut found: Vec<Option<Broken>> = all.iter().map(|_| None).collect();
    for (j, b) in all.iter().enumerate() {
        for (i, a) in all.iter().enumerate().take(j) {
            let taken = |at: usize| found.get(at).is_some_and(Option::is_some);
            if taken(i) || taken(j) {
                continue;
            }
            let Some(which) = breaks(asked.demand, a, b) else { continue };
            let (item, span, other) = if which == 0 { (i, a, j) } else { (j, b, i) };
            if let Some(slot) = found.get_mut(item).filter(|_| asked.demand.is_about(&span.class)) {
                let say = format!("span {} ({}..{}) {why} span {}", item + 1, span.start, span.end, other + 1);
                *slot = Some(Broken { lost, ..Broken::new(item, say) });
            }
        }
    }
    found.into_iter().flatten().collect()
}

fn holds(outer: &Span, inner: &Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

fn meet(a: &Span, b: &Span) -> bool {
    a.start < b.end && b.start < a.end
}

fn nested(asked: &Asked) -> Option<Vec<Broken>> {
    Some(compared(asked, false, "lies in", |_, a, b| if holds(a, b) { Some(1) } else { holds(b, a).then_some(0) }))
}

fn crossing(asked: &Asked) -> Option<Vec<Broken>> {
    Some(compared(asked, true, "lies partly in", |_, a, b| (meet(a, b) && !holds(a, b) && !holds(b, a)).then_some(1)))
}

fn class_pairs(asked: &Asked) -> Option<Vec<Broken>> {
    Some(compared(asked, false, "may not, by its class, meet", |demand, a, b| {
        demand.gives_way(&a.class, &b.class).filter(|_| meet(a, b))
    }))
}

fn sentence(asked: &Asked) -> Option<Vec<Broken>> {
    let ends = sentence_ends(asked.text?);
    let chars: Vec<char> = asked.text?.chars().collect();
    let ends_one = |at: usize| {
        let before: String = chars.get(..at).unwrap_or_default().iter().collect();
        !asked.demand.except.iter().any(|e| before.trim_end().ends_with(e.as_str()))
    };
    let mut out = Vec::new();
    for (item, span) in asked.all::<Span>().iter().enumerate().filter(|(_, s)| asked.demand.is_about(&s.class)) {
        let within = |at: &&usize| (span.start as usize) < **at && **at < span.end as usize;
        if let Some(at) = ends.iter().filter(within).find(|at| ends_one(**at)) {
            let say =
                format!("span {} ({}..{}) goes on behind a sentence that ends at {at}", item + 1, span.start, span.end);
            out.push(Broken { lost: true, ..Broken::new(item, say) });
        }
    }
    Some(out)
}

/// An answer in the order in which spans stand, which mended ones may have left.
pub fn in_order(answer: Value) -> Value {
    match Vec::<Span>::from_value(&answer) {
        Some(mut spans) => {
            spans.sort();
            spans.into_value()
        }
        None => answer,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spans(of: &[(&str, u32, u32)]) -> Value {
        let span = |(class, start, end): &(&str, u32, u32)| Span { class: class.to_string(), start: *start, end: *end };
        of.iter().map(span).collect::<Vec<_>>().into_value()
    }

    fn found(name: &str, demand: Demand, text: &str, of: &[(&str, u32, u32)]) -> Vec<Broken> {
        let rule = SPAN_RULES.iter().find(|r| r.name == name).unwrap();
        let answer = spans(of);
        (rule.broken)(&Asked { demand: &demand, answer: &answer, text: Some(text), numbers: &[], shapes: None })
            .unwrap()
    }

    fn items(name: &str, demand: Demand, of: &[(&str, u32, u32)]) -> Vec<usize> {
        found(name, demand, "", of).into_iter().map(|b| b.item).collect()
    }

    /// What is left of a whole text that is one span; `None` where the rule is kept.
    fn left(name: &str, except: &[&str], text: &str) -> Option<Option<String>> {
        let demand = Demand { except: except.iter().map(|e| e.to_string()).collect(), ..Demand::default() };
        let one = found(name, demand, text, &[("A", 0, text.chars().count() as u32)]).pop()?;
        let covered = |s: Span| text.chars().skip(s.start as usize).take((s.end - s.start) as usize).collect();
        Some(one.fixed.map(|v| covered(Span::from_value(&v).unwrap())))
    }

    fn cut_to(text: &str) -> Option<Option<String>> {
        Some(Some(text.into()))
    }

    #[test]
    fn white_space_at_the_ends() {
        assert_eq!(left("space", &[], "a b"), None);
        assert_eq!(left("space", &[], " a b\u{3000}"), cut_to("a b"));
        assert_eq!(left("space", &[], "  "), Some(None), "nothing is left to mend");
    }

    #[test]
    fn marks_at_the_ends_with_their_counterparts() {
        let of = |text| left("punctuation", &[], text);
        assert_eq!((of("김철수"), of("(주)한국"), of("C++"), of("50%")), (None, None, None, None));
        assert_eq!(of("김철수,"), cut_to("김철수"));
        assert_eq!(of("(김철수"), cut_to("김철수"));
        assert_eq!(of("김철수 ("), cut_to("김철수"));
        assert_eq!(of("“김철수”"), None);
        assert_eq!(of("..."), Some(None));
        assert_eq!(left("punctuation", &["Inc."], "Tamis Inc."), None);
        assert_eq!(left("punctuation", &["Inc."], "Tamis Inc.,"), cut_to("Tamis Inc."));
    }

    #[test]
    fn particles_at_the_end() {
        assert_eq!(left("particle", &[], "김철수는"), cut_to("김철수"));
        assert_eq!(left("particle", &["수는"], "김철수는"), None);
        assert_eq!((left("particle", &[], "국가"), left("particle", &[], "제주도")), (None, None));
        let of = |class| {
            let spans = [("LC", 0, 3), (class, 4, 6)];
            found("particle", Demand::default(), "제주도 제주", &spans).into_iter().map(|b| b.item).collect::<Vec<_>>()
        };
        assert_eq!((of("LC"), of("OG")), (vec![0], vec![]), "the same class has it without the particle");
    }

    #[test]
    fn spans_in_each_other_and_across() {
        let all = [("A", 0, 5), ("B", 0, 5), ("A", 1, 2), ("A", 5, 7), ("A", 6, 9)];
        assert_eq!(items("nested", Demand::default(), &all), [1, 2]);
        assert_eq!(items("crossing", Demand::default(), &all), [4]);
        assert!(items("nested", Demand::default(), &[("A", 0, 5), ("B", 5, 7)]).is_empty(), "beside each other");
        assert_eq!(items("nested", Demand::default(), &[("A", 0, 2), ("A", 0, 5)]), [0], "the inner one");
        let only = Demand { classes: vec!["B".into()], ..Demand::default() };
        assert_eq!(items("nested", only, &all), [1]);
        let pairs = |a: &str, b: &str| Demand { pairs: vec![[a.into(), b.into()]], ..Demand::default() };
        assert_eq!(items("class_pairs", pairs("A", "B"), &all), [1]);
        assert_eq!(items("class_pairs", pairs("B", "A"), &all), [0, 2]);
        assert!(items("class_pairs", pairs("A", "C"), &all).is_empty());
    }

    #[test]
    fn no_span_goes_on_behind_a_sentence() {
        let text = "So said Dr. Kim. He ran.";
        let at = |span: (&'static str, u32, u32), except: &[&str]| {
            let except = except.iter().map(|e| e.to_string()).collect();
            found("sentence", Demand { except, ..Demand::default() }, text, &[span]).len()
        };
        assert_eq!(at(("A", 12, 16), &[]), 0, "up to the full stop");
        assert_eq!(at(("A", 12, 17), &[]), 0, "up to the space behind it");
        assert_eq!(at(("A", 12, 19), &[]), 1);
        assert_eq!((at(("A", 8, 15), &[]), at(("A", 8, 15), &["Dr."])), (1, 0));
    }

    #[test]
    fn mended_spans_stand_in_their_order() {
        assert_eq!(in_order(spans(&[("B", 3, 5), ("A", 1, 2)])), spans(&[("A", 1, 2), ("B", 3, 5)]));
        assert_eq!(in_order(Value::Text("a".into())), Value::Text("a".into()));
    }
}
