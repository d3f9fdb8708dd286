//! Texts in which spans are marked by tags, `<PS>Kim</PS> left`: how language models are shown mentions, and how they write them.
use crate::model::spans::Span;

/// Why a marked text is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// A tag of a class that there is not.
    Unknown,
    /// A tag within a span.
    Nested,
    /// A tag that nothing opens or closes.
    Open,
    /// A span without a character, or with white space at its border.
    Blank,
}

/// A text with its spans marked; `None` where it could not be read back: spans that overlap, or a text that has such tags itself.
pub fn marked(text: &str, spans: &[Span], classes: &[String]) -> Option<String> {
    let chars: Vec<char> = text.chars().collect();
    let mut own: Vec<&Span> = spans.iter().collect();
    own.sort_by_key(|s| (s.start, s.end));
    let (mut out, mut at) = (String::new(), 0usize);
    for span in &own {
        let (start, end) = (span.start as usize, span.end as usize);
        out.extend(chars.get(at..start)?);
        out.push_str(&format!("<{0}>{1}</{0}>", span.class, chars.get(start..end)?.iter().collect::<String>()));
        at = end;
    }
    out.extend(chars.get(at..)?);
    let back = spans_of(&out, classes).ok()?;
    let same = back.0 == text && back.1.len() == own.len();
    (same && back.1.iter().zip(own).all(|(a, b)| (a.start, a.end, &a.class) == (b.start, b.end, &b.class)))
        .then_some(out)
}

/// The text without its tags, and the spans that they mark.
pub fn spans_of(marked: &str, classes: &[String]) -> Result<(String, Vec<Span>), Wrong> {
    let (mut text, mut n, mut rest) = (String::new(), 0u32, marked);
    let mut spans = Vec::new();
    let mut open: Option<(u32, String)> = None;
    while let Some(c) = rest.chars().next() {
        let Some((closes, name, len)) = tag(rest) else {
            text.push(c);
            n += 1;
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
            continue;
        };
        if !classes.iter().any(|class| class == name) {
            return Err(Wrong::Unknown);
        }
        match (open.take(), closes) {
            (None, false) => open = Some((n, name.to_string())),
            (Some((start, class)), true) if class == name => spans.push(Span { start, end: n, class }),
            (Some(_), false) => return Err(Wrong::Nested),
            (_, true) => return Err(Wrong::Open),
        }
        rest = rest.get(len..).unwrap_or_default();
    }
    if open.is_some() {
        return Err(Wrong::Open);
    }
    let chars: Vec<char> = text.chars().collect();
    let border = |at: u32| chars.get(at as usize).is_none_or(|c| c.is_whitespace());
    let blank = |s: &Span| s.start == s.end || border(s.start) || border(s.end - 1);
    if spans.iter().any(blank) { Err(Wrong::Blank) } else { Ok((text, spans)) }
}

/// The tag at the beginning of a text: whether it closes, its name and its length in bytes.
fn tag(text: &str) -> Option<(bool, &str, usize)> {
    let inner = text.strip_prefix('<')?;
    let (inner, end) = inner.split_once('>').map(|(inner, _)| (inner, inner.len() + 2))?;
    let closes = inner.starts_with('/');
    let name = inner.strip_prefix('/').unwrap_or(inner);
    let begins = name.chars().next().is_some_and(char::is_alphabetic);
    let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    (begins && plain).then_some((closes, name, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u32, end: u32, class: &str) -> Span {
        Span { start, end, class: class.into() }
    }

    #[test]
    fn what_is_marked_is_read_back_in_characters() {
        let classes = ["PS".to_string(), "LC".to_string()];
        let (text, spans) = ("김철수는 3 < 4라고 서울에서 말했다", [span(0, 3, "PS"), span(13, 15, "LC")]);
        let with = marked(text, &spans, &classes).unwrap();
        assert_eq!(with, "<PS>김철수</PS>는 3 < 4라고 <LC>서울</LC>에서 말했다");
        assert_eq!(spans_of(&with, &classes), Ok((text.into(), spans.to_vec())));
        assert_eq!(marked(text, &[span(0, 3, "PS"), span(2, 4, "LC")], &classes), None, "they overlap");
        assert_eq!(marked("a <PS> b", &[], &classes), None, "it could not be told from a tag");
        assert_eq!(marked("a", &[span(0, 5, "PS")], &classes), None);
    }

    #[test]
    fn what_is_marked_wrongly_is_no_label() {
        let classes = ["PS".to_string(), "LC".to_string()];
        let of = |text: &str| spans_of(text, &classes).unwrap_err();
        assert_eq!(of("<XX>a</XX>"), Wrong::Unknown);
        assert_eq!(of("<PS>a<LC>b</LC></PS>"), Wrong::Nested);
        assert_eq!(of("<PS>a"), Wrong::Open);
        assert_eq!(of("a</PS>"), Wrong::Open);
        assert_eq!(of("<PS>a</LC>"), Wrong::Open);
        assert_eq!(of("<PS></PS>"), Wrong::Blank);
        assert_eq!(of("<PS> a</PS>"), Wrong::Blank);
    }
}
