//! What no writer meant: damage of encodings, remains of markup, place holders.
use super::{Ratio, Statistic};

pub const STATISTICS: &[Statistic] = &[
    Statistic::number("replacement_chars", "U+FFFD, which stands for bytes that could not be read", |m| {
        Ratio::of(m.text.matches('\u{fffd}').count(), 1)
    }),
    Statistic::number("mojibake", "stretches that are UTF-8 read as Windows-1252, such as `Ã©` for `é`", |m| {
        Ratio::of(mojibake(m.text), 1)
    }),
    Statistic::number("html_remains", "tags and entities of HTML, such as `<br>`, `</p>` and `&nbsp;`", |m| {
        Ratio::of(html_remains(m.text), 1)
    }),
    Statistic::number(
        "curly_brackets",
        "`{`, which stands in code more than in prose (C4 drops pages with one)",
        |m| Ratio::of(m.text.matches('{').count(), 1),
    ),
    Statistic::number("lorem_ipsum", "`lorem ipsum` in any case of letters (C4 drops pages with it)", |m| {
        Ratio::of(m.text.to_lowercase().matches("lorem ipsum").count(), 1)
    }),
];

/// Sequences of characters whose bytes in Windows-1252 are one character in UTF-8.
fn mojibake(text: &str) -> usize {
    let chars: Vec<char> = text.chars().collect();
    let (mut at, mut found) = (0, 0);
    while at < chars.len() {
        let length = match chars.get(at).copied().and_then(byte_of) {
            Some(0xC2..=0xDF) => 2,
            Some(0xE0..=0xEF) => 3,
            Some(0xF0..=0xF4) => 4,
            _ => 1,
        };
        let bytes: Option<Vec<u8>> =
            chars.get(at..at + length).and_then(|own| own.iter().map(|c| byte_of(*c)).collect());
        let is_one = length > 1 && bytes.is_some_and(|bytes| std::str::from_utf8(&bytes).is_ok());
        found += usize::from(is_one);
        at += if is_one { length } else { 1 };
    }
    found
}

/// The byte of Windows-1252 that shows as a character outside of ASCII. Its five unused bytes show as control characters.
fn byte_of(c: char) -> Option<u8> {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}', '‘',
        '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
    ];
    match c {
        '\u{80}'..='\u{ff}' => u8::try_from(u32::from(c)).ok(),
        _ if c.is_ascii() => None,
        _ => HIGH.iter().position(|high| *high == c).map(|at| 0x80 + at as u8),
    }
}

fn html_remains(text: &str) -> usize {
    let tag = |rest: &str| {
        let name = rest.strip_prefix('/').unwrap_or(rest);
        let end = name.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(name.len());
        let (name, behind) = name.split_at(end);
        TAGS.contains(&name.to_ascii_lowercase().as_str()) && behind.starts_with(['>', '/', ' ', '\n', '\t'])
    };
    let entity = |rest: &str| ENTITIES.iter().any(|name| rest.strip_prefix(name).is_some_and(|r| r.starts_with(';')));
    let behind = |sign: char| text.match_indices(sign).map(|(at, _)| text.get(at + 1..).unwrap_or_default());
    behind('<').filter(|rest| tag(rest)).count() + behind('&').filter(|rest| entity(rest)).count()
}

const TAGS: [&str; 24] = [
    "a", "b", "br", "div", "em", "font", "h1", "h2", "h3", "hr", "i", "img", "li", "ol", "p", "script", "span",
    "strong", "style", "table", "td", "tr", "u", "ul",
];
const ENTITIES: [&str; 8] = ["nbsp", "amp", "lt", "gt", "quot", "apos", "#39", "#160"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_counted() {
        assert_eq!(mojibake("Ã© í•œê¸€ ðŸ˜€ a"), 4, "é, 한, 글 and 😀");
        assert_eq!(mojibake("é 한글 😀 “a” … naïve café"), 0);
        assert_eq!(html_remains("a<br>b</p> &nbsp; x < y & z <b class=\"x\">; a<b, <nothing> &amp"), 4);
        assert_eq!(html_remains("R&D; 3<5"), 0);
    }
}
