//! The grammar of CoNLL, and the tag schemes that say where entities lie. Tokens are taken as they stand: a token may be
//! a space.
use crate::formats::encoding::{BOM, Wrong, text};

/// One block of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// The first column.
    pub tokens: Vec<String>,
    /// The last column.
    pub tags: Vec<String>,
    /// All columns, `columns[c][t]`, if the lines have other than two; else empty.
    pub columns: Vec<Vec<String>>,
    /// The comment lines before the first token, without marker and one space behind it.
    pub comments: Vec<String>,
}

/// Reads one record of `Split::Blocks`. Empty lines, comments and `-DOCSTART-` lines hold no token.
///
/// A TAB parts columns if the line has one, else runs of spaces do. Rule `conll.columns` for a line with other than
/// `columns` columns (default 2).
pub fn sentence(block: &[u8], comment: Option<&str>, columns: Option<usize>) -> Result<Sentence, Wrong> {
    let text = text(block)?;
    let want = columns.unwrap_or(2);
    let mut out = Sentence::default();
    if want != 2 {
        out.columns.resize(want, Vec::new());
    }
    for (number, line) in (1..).zip(text.strip_prefix(BOM).unwrap_or(text).split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if is_aside(line.as_bytes(), comment) {
            out.comment(line, comment);
        } else if !line.is_empty() {
            out.row(line, want).map_err(|wrong| wrong.at(number))?;
        }
    }
    Ok(out)
}

impl Sentence {
    fn comment(&mut self, line: &str, marker: Option<&str>) {
        if self.tokens.is_empty()
            && let Some(words) = marker.and_then(|m| line.strip_prefix(m))
        {
            self.comments.push(words.strip_prefix(' ').unwrap_or(words).to_string());
        }
    }

    fn row(&mut self, line: &str, want: usize) -> Result<(), Wrong> {
        let cells: Vec<&str> = if line.contains('\t') {
            line.split('\t').collect()
        } else {
            line.split(' ').filter(|cell| !cell.is_empty()).collect()
        };
        let (Some(token), Some(tag), true) = (cells.first(), cells.last(), cells.len() == want) else {
            return Err(Wrong::new("conll.columns", format!("{} columns instead of {want}", cells.len())));
        };
        self.tokens.push(token.to_string());
        self.tags.push(tag.to_string());
        for (column, cell) in self.columns.iter_mut().zip(&cells) {
            column.push(cell.to_string());
        }
        Ok(())
    }
}

/// The `n`-th TAB field, from 1, of the last comment line before the first token.
pub fn comment_field(s: &Sentence, n: usize) -> Option<&str> {
    s.comments.last()?.split('\t').nth(n.checked_sub(1)?)
}

/// Whether a line (without its newline) is a comment or a document mark.
///
/// A line that begins with the comment marker may also be a token, such as `#tag`: it is one if no space follows the
/// marker and the line ends in a TAB and what has the form of a tag.
pub(crate) fn is_aside(line: &[u8], comment: Option<&str>) -> bool {
    if let Some(rest) = line.strip_prefix(b"-DOCSTART-") {
        return matches!(rest.first(), None | Some(b' ' | b'\t' | b'\r'));
    }
    let marked = comment.filter(|marker| !marker.is_empty()).and_then(|marker| line.strip_prefix(marker.as_bytes()));
    marked.is_some_and(|rest| rest.first() == Some(&b' ') || !ends_in_tag(rest))
}

fn ends_in_tag(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let last = memchr::memrchr(b'\t', line).and_then(|tab| line.get(tab + 1..));
    matches!(last, Some(b"O" | [b'B' | b'I' | b'E' | b'S' | b'L' | b'U', b'-', _, ..]))
}

/// How tags say where an entity begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// IOB2: the first token has `B-`, the others `I-`.
    Bio,
    /// All tokens have `I-`, only the first one behind another entity of the same class has `B-`.
    Iob1,
    /// IOBES: `B- I- E-`, and `S-` for a single token.
    Bioes,
}

/// An entity over tokens `start_token..end_token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagSpan {
    pub class: String,
    pub start_token: usize,
    pub end_token: usize,
}

/// A tag that the scheme does not allow where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TagProblem {
    /// Index of the token, from 0.
    pub token: usize,
    /// One sentence without a full stop.
    pub say: String,
}

/// The entities by the rules of conlleval, which reads illegal sequences too, and where tags break the scheme.
///
/// `I-` (or `E-`) that goes on with nothing opens an entity: a problem except in IOB1. A tag of no known form is a
/// problem and counts as `O`. In BIOES an entity that `E-` or `S-` does not end is a problem at its last token.
pub fn spans(tags: &[String], scheme: Scheme) -> (Vec<TagSpan>, Vec<TagProblem>) {
    let (mut spans, mut problems): (Vec<TagSpan>, _) = (Vec::new(), Problems { scheme, found: Vec::new() });
    let mut before = OUTSIDE;
    for (token, tag) in tags.iter().enumerate() {
        let form = form(tag, scheme);
        let now = form.unwrap_or(OUTSIDE);
        let goes_on = matches!((before.0, now.0), (b'B' | b'I', b'I' | b'E')) && before.1 == now.1;
        problems.note(token, before, form, goes_on);
        match spans.last_mut() {
            Some(span) if goes_on => span.end_token = token + 1,
            _ if now == OUTSIDE => {}
            _ => spans.push(TagSpan { class: now.1.to_string(), start_token: token, end_token: token + 1 }),
        }
        before = now;
    }
    problems.note(tags.len(), before, Some(OUTSIDE), false);
    (spans, problems.found)
}

/// The first letter of a tag and its class.
type Form<'a> = (u8, &'a str);

const OUTSIDE: Form<'static> = (b'O', "");

fn form(tag: &str, scheme: Scheme) -> Option<Form<'_>> {
    let letters: &[u8] = if scheme == Scheme::Bioes { b"BIES" } else { b"BI" };
    match tag.as_bytes() {
        b"O" => Some(OUTSIDE),
        [letter, b'-', _, ..] if letters.contains(letter) => tag.get(2..).map(|class| (*letter, class)),
        _ => None,
    }
}

struct Problems {
    scheme: Scheme,
    found: Vec<TagProblem>,
}

impl Problems {
    /// Judges the tag of `token` (`None`: of no known form) and the end of the entity before it.
    fn note(&mut self, token: usize, before: Form<'_>, now: Option<Form<'_>>, goes_on: bool) {
        if self.scheme == Scheme::Bioes && matches!(before.0, b'B' | b'I') && !goes_on {
            self.push(token.saturating_sub(1), "the entity is not ended by E- or S-".into());
        }
        match now {
            None => self.push(token, format!("not a tag of this scheme: {}", self.forms())),
            Some((letter @ (b'I' | b'E'), _)) if !goes_on && self.scheme != Scheme::Iob1 => {
                self.push(token, format!("{}- without B- of its class before it", char::from(letter)));
            }
            Some(_) => {}
        }
    }

    fn push(&mut self, token: usize, say: String) {
        self.found.push(TagProblem { token, say });
    }

    fn forms(&self) -> &'static str {
        if self.scheme == Scheme::Bioes { "O, B-CLASS, I-CLASS, E-CLASS, S-CLASS" } else { "O, B-CLASS, I-CLASS" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owned(tags: &[&str]) -> Vec<String> {
        tags.iter().map(|tag| tag.to_string()).collect()
    }

    /// (class, start, end exclusive) and the tokens with a problem.
    fn read(tags: &[&str], scheme: Scheme) -> (Vec<(String, usize, usize)>, Vec<usize>) {
        let (spans, problems) = spans(&owned(tags), scheme);
        let spans = spans.into_iter().map(|s| (s.class, s.start_token, s.end_token)).collect();
        (spans, problems.into_iter().map(|p| p.token).collect())
    }

    type Case<'a> = (&'a [&'a str], Scheme, &'a [(&'a str, usize, usize)], &'a [usize]);

    fn check(cases: &[Case<'_>]) {
        for (tags, scheme, want, problems) in cases {
            let want: Vec<_> = want.iter().map(|(class, s, e)| (class.to_string(), *s, *e)).collect();
            assert_eq!(read(tags, *scheme), (want, problems.to_vec()), "{tags:?}");
        }
    }

    #[test]
    fn a_korean_sentence_with_spaces_as_tokens() {
        let block = "## head : \\t\n## tags : CHAR\tNE_TAG\n## id-1\t<경:OG>은 \n경\tB-OG\n은\tO\n \tO\n#\tO\n\n";
        let s = sentence(block.as_bytes(), Some("##"), None).unwrap();
        assert_eq!(s.tokens, ["경", "은", " ", "#"]);
        assert_eq!(s.tags, ["B-OG", "O", "O", "O"]);
        assert_eq!(s.comments.len(), 3);
        assert_eq!(comment_field(&s, 1), Some("id-1"));
        assert_eq!(comment_field(&s, 2), Some("<경:OG>은 "));
        assert_eq!((comment_field(&s, 0), comment_field(&s, 3)), (None, None));
        assert!(s.columns.is_empty());
    }

    #[test]
    fn more_columns_and_spaces() {
        let s = sentence(b"-DOCSTART- -X- O O\r\n\r\nEU NNP  B-NP B-ORG\r\nof IN B-PP O\r\n", None, Some(4)).unwrap();
        assert_eq!(s.tokens, ["EU", "of"]);
        assert_eq!(s.tags, ["B-ORG", "O"]);
        assert_eq!(s.columns[1], ["NNP", "IN"]);
        let s = sentence(b"# sent_id = 1\n1\twhere\tO\t-\t-\n", Some("#"), Some(5)).unwrap();
        assert_eq!((s.columns[1][0].as_str(), s.columns[2][0].as_str()), ("where", "O"));
        assert_eq!(s.comments, ["sent_id = 1"]);
    }

    #[test]
    fn another_number_of_columns_is_refused_with_its_line() {
        let wrong = sentence(b"# c\na\tO\nb\tX\tO\n", Some("#"), None).unwrap_err();
        assert_eq!((wrong.rule, wrong.line, wrong.say.as_str()), ("conll.columns", 3, "3 columns instead of 2"));
        assert_eq!(sentence(b"a\tO\n   \n", None, None).unwrap_err().line, 2);
        assert_eq!(sentence(b"\xb1\xe8\tO\n", None, None).unwrap_err().rule, "encoding");
    }

    #[test]
    fn a_marker_can_be_a_token() {
        assert!(is_aside(b"# id = x", Some("#")) && is_aside(b"#", Some("#")) && is_aside(b"# a\tO", Some("#")));
        assert!(!is_aside(b"#\tO\r", Some("#")) && !is_aside(b"#tag\tB-X", Some("#")) && !is_aside(b"#\tO", None));
        assert!(!is_aside(b"-DOCSTART-x", None));
    }

    #[test]
    fn bio() {
        check(&[
            (&["B-PER", "I-PER", "O", "B-LOC"], Scheme::Bio, &[("PER", 0, 2), ("LOC", 3, 4)], &[]),
            (&["O", "I-PER", "I-PER", "O"], Scheme::Bio, &[("PER", 1, 3)], &[1]),
            (&["B-PER", "I-LOC", "I-LOC", "O"], Scheme::Bio, &[("PER", 0, 1), ("LOC", 1, 3)], &[1]),
            (&["B-PER", "B-PER", "I-PER"], Scheme::Bio, &[("PER", 0, 1), ("PER", 1, 3)], &[]),
            (&["I-PER", "I-LOC", "O"], Scheme::Bio, &[("PER", 0, 1), ("LOC", 1, 2)], &[0, 1]),
            (&["I-PER", "B-PER", "O"], Scheme::Bio, &[("PER", 0, 1), ("PER", 1, 2)], &[0]),
            (&["B-PER-X", "I-PER-X", "O"], Scheme::Bio, &[("PER-X", 0, 2)], &[]),
            (&["B-LOC", "E-LOC", "I-LOC"], Scheme::Bio, &[("LOC", 0, 1), ("LOC", 2, 3)], &[1, 2]),
            (&["B", "B-", "", "o"], Scheme::Bio, &[], &[0, 1, 2, 3]),
            (&[], Scheme::Bio, &[], &[]),
        ]);
    }

    #[test]
    fn iob1() {
        check(&[
            (&["O", "I-PER", "I-PER", "O"], Scheme::Iob1, &[("PER", 1, 3)], &[]),
            (&["I-PER", "I-LOC", "O"], Scheme::Iob1, &[("PER", 0, 1), ("LOC", 1, 2)], &[]),
            (&["I-PER", "B-PER", "O"], Scheme::Iob1, &[("PER", 0, 1), ("PER", 1, 2)], &[]),
            (&["B-LOC", "I-LOC", "O"], Scheme::Iob1, &[("LOC", 0, 2)], &[]),
        ]);
    }

    #[test]
    fn bioes() {
        check(&[
            (&["S-PER", "O", "B-LOC", "I-LOC", "E-LOC"], Scheme::Bioes, &[("PER", 0, 1), ("LOC", 2, 5)], &[]),
            (&["O", "E-LOC", "O"], Scheme::Bioes, &[("LOC", 1, 2)], &[1]),
            (&["B-LOC", "I-LOC", "O"], Scheme::Bioes, &[("LOC", 0, 2)], &[1]),
            (&["S-LOC", "I-LOC", "E-LOC"], Scheme::Bioes, &[("LOC", 0, 1), ("LOC", 1, 3)], &[1]),
            (&["B-LOC"], Scheme::Bioes, &[("LOC", 0, 1)], &[0]),
            (&["B-LOC", "L-LOC"], Scheme::Bioes, &[("LOC", 0, 1)], &[0, 1]),
        ]);
    }

    #[test]
    fn what_is_said_names_no_class() {
        for scheme in [Scheme::Bio, Scheme::Bioes] {
            let (_, problems) = spans(&owned(&["B-Anna", "I-Bob", "Anna", "B-Bob"]), scheme);
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|p| !p.say.contains("Anna") && !p.say.contains("Bob")), "{problems:?}");
        }
    }
}
