//! What pages put behind their text: lists of what else may be read, of tags and of comments, under a heading that is known by its
//! words. It is cut where little of it is prose.

/// How such headings begin, in the languages in which pages were looked at.
const HEADINGS: [&str; 62] = [
    "you may also",
    "you might also",
    "related",
    "more stories",
    "more from",
    "more news",
    "more in ",
    "more on ",
    "more for you",
    "don't miss",
    "read more",
    "read next",
    "recommended",
    "tags",
    "tag:",
    "topics",
    "comments",
    "leave a comment",
    "leave a reply",
    "post comment",
    "top video",
    "top rated",
    "top stories",
    "most read",
    "most popular",
    "trending",
    "photo gallery",
    "sponsored",
    "newsletter",
    "sign up",
    "subscribe",
    "also read",
    "share this",
    "follow us",
    "about the author",
    "first published",
    "published",
    "copyright ©",
    "© ",
    "관련 기사",
    "관련기사",
    "관련 글",
    "관련글",
    "추천 기사",
    "추천기사",
    "많이 본",
    "댓글",
    "태그",
    "공유하기",
    "이전 글",
    "다음 글",
    "인기 기사",
    "関連記事",
    "タグ",
    "você pode gostar",
    "leia também",
    "ähnliche artikel",
    "mehr zum thema",
    "lire aussi",
    "articles liés",
    "te puede interesar",
    "leggi anche",
];
/// A heading is no longer than this, and prose no shorter; in columns, of which a letter of Chinese, Japanese or Korean takes two.
const HEADING: usize = 48;
const PROSE: usize = 80;
/// So much text stands in front of what is cut at least, and so many times as much as the prose that is cut.
const BEFORE: usize = 240;
const TIMES: usize = 4;
/// Lines of prose that may be cut: teasers have some.
const FEW: usize = 2;

/// A text without its tail.
pub fn without(text: String) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let columns: Vec<usize> = lines.iter().map(|line| columns(line)).collect();
    let mut before = 0;
    for (n, (line, own)) in lines.iter().zip(&columns).enumerate() {
        if before >= BEFORE && *own <= HEADING && is_heading(line) {
            let behind = lines.iter().zip(&columns).skip(n + 1);
            let prose = behind.filter(|(line, own)| **own >= PROSE && is_prose(line)).map(|(_, own)| *own);
            let (count, sum) = prose.fold((0, 0), |(count, sum), own| (count + 1, sum + own));
            if count <= FEW && sum * TIMES <= before {
                return lines.get(..n).unwrap_or_default().join("\n");
            }
        }
        before += own;
    }
    text
}

fn columns(line: &str) -> usize {
    line.chars().map(|c| if c >= '\u{1100}' { 2 } else { 1 }).sum()
}

fn is_heading(line: &str) -> bool {
    let lower = line.to_lowercase().replace('\u{2019}', "'");
    HEADINGS.iter().any(|heading| lower.starts_with(heading))
}

/// Whether a line ends as a sentence does.
fn is_prose(line: &str) -> bool {
    line.trim_end_matches(['"', '\u{201d}', '\'', '\u{2019}', ')']).ends_with(['.', '!', '?', '…', '。'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_behind_a_text_is_cut() {
        let prose = "The stone lies in the river and the river goes on, as it did before it was seen. ".repeat(4);
        let prose = prose.trim();
        let of = |tail: &str| without(format!("{prose}\n{prose}\n{tail}"));
        let whole = format!("{prose}\n{prose}");
        for tail in [
            "Related stories\nA gull\nA boat",
            "관련 기사\n다리를 놓다",
            "Don’t miss\nThe tide",
            "Tags",
            "© 2026 Example",
        ] {
            assert_eq!(of(tail), whole, "{tail}");
        }
        // prose that goes on behind such words is none
        let goes_on = format!("Related work\n{}", format!("{prose}\n").repeat(3).trim());
        assert_eq!(of(&goes_on), format!("{whole}\n{goes_on}"));
        for text in ["Related\nA short page", "", "Tags"] {
            assert_eq!(without(text.to_string()), text);
        }
        let inner = format!("{prose}\nMore on this\n{prose}\n{prose}");
        assert_eq!(without(inner.clone()), inner, "most of the text stands behind it");
    }
}
