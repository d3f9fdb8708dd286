//! The grammar of CoNLL, and the tag schemes that say where entities lie. Tokens are taken as they stand: a token may be
//! a space.
use crate::formats::encoding::{BOM, Wrong, decoded, not_wide};
use crate::model::spans::Scheme;

/// How the lines of a file are written.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'l> {
    /// What a comment starts with; nothing is one where it is empty.
    pub comment: &'l str,
    /// How many columns there are.
    pub columns: usize,
    /// The columns of the token and of its tag, from 1.
    pub token: usize,
    pub tag: usize,
    /// The key whose value is the tag, where the column of tags holds `KEY=VALUE|KEY=VALUE` as MISC of CoNLL-U does; empty where
    /// the column is the tag.
    pub key: &'l str,
    pub encoding: &'l str,
}

impl Default for Layout<'_> {
    fn default() -> Self {
        Layout { comment: "#", columns: 2, token: 1, tag: 2, key: "", encoding: "utf-8" }
    }
}

/// One block of lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    pub tokens: Vec<String>,
    pub tags: Vec<String>,
    /// All columns, `columns[c][t]`, if the lines have other than two; else empty.
    pub columns: Vec<Vec<String>>,
    /// The comment lines before the first token, without marker and one space behind it.
    pub comments: Vec<String>,
    /// Tokens behind which no space stands: `SpaceAfter=No` beside the tag.
    pub joined: Vec<bool>,
    /// Lines that are no words of their own: the forms of several words and the empty nodes of CoNLL-U.
    pub passed: usize,
}

/// Reads one record of `Split::Blocks`. Blank lines, and comments and `-DOCSTART-` lines in front of the first token, hold
/// no token; behind it every line is one.
///
/// A TAB parts columns if the line has one, else runs of spaces do. Rules: `conll.columns` for a line with another number
/// of columns, `conll.document` for a mark of a document between two tokens, `conll.numbers` where the column of the
/// tokens numbers them.
pub fn sentence(block: &[u8], layout: &Layout) -> Result<Sentence, Wrong> {
    let text = decoded(block, layout.encoding)?;
    not_wide(&text)?;
    let mut out = Sentence::default();
    if layout.columns != 2 {
        out.columns.resize(layout.columns, Vec::new());
    }
    let mut last = 1;
    for (number, line) in (1..).zip(text.strip_prefix(BOM).unwrap_or(&text).split('\n')) {
        let line = line.strip_suffix('\r').unwrap_or(line);
        if is_blank(line.as_bytes()) {
            continue;
        }
        if !out.begun() && is_aside(line.as_bytes(), Some(layout.comment)) {
            out.comment(line, layout.comment);
        } else {
            out.row(line, layout).map_err(|wrong| wrong.at(number))?;
        }
        last = number;
    }
    if layout.token == 1 && layout.columns > 2 && out.is_numbered() {
        let say = "the column of the tokens numbers them: `token` says which column they are in, such as `token = 2`";
        return Err(Wrong::new("conll.numbers", say).at(last));
    }
    Ok(out)
}

impl Sentence {
    /// Whether a token was read.
    fn begun(&self) -> bool {
        !self.tokens.is_empty() || self.passed > 0
    }

    fn comment(&mut self, line: &str, marker: &str) {
        if let Some(words) = line.strip_prefix(marker).filter(|_| !marker.is_empty()) {
            self.comments.push(words.strip_prefix(' ').unwrap_or(words).to_string());
        }
    }

    fn row(&mut self, line: &str, layout: &Layout) -> Result<(), Wrong> {
        if is_document(line.as_bytes()) {
            let say = "a mark of a document stands between two tokens: an empty line must end the sentence before it";
            return Err(Wrong::new("conll.document", say));
        }
        let cells: Vec<&str> = if line.contains('\t') {
            line.split('\t').collect()
        } else {
            line.split(' ').filter(|cell| !cell.is_empty()).collect()
        };
        let at = |column: usize| cells.get(column.saturating_sub(1));
        let (Some(token), Some(tag), true) = (at(layout.token), at(layout.tag), cells.len() == layout.columns) else {
            return Err(Wrong::new("conll.columns", columns_say(line, cells.len(), layout.columns)));
        };
        if layout.token > 1 && cells.first().is_some_and(|first| is_passed(first)) {
            self.passed += 1;
            return Ok(());
        }
        self.tokens.push(token.to_string());
        if layout.key.is_empty() {
            self.tags.push(tag.to_string());
        } else {
            self.tags.push(value_of(tag, layout.key).unwrap_or("O").to_string());
            self.joined.push(value_of(tag, "SpaceAfter") == Some("No"));
        }
        for (column, cell) in self.columns.iter_mut().zip(&cells) {
            column.push(cell.to_string());
        }
        Ok(())
    }

    /// Whether the tokens are the numbers from 1 on, at least two of them.
    fn is_numbered(&self) -> bool {
        let words = || self.tokens.iter().filter(|t| !is_passed(t));
        words().count() > 1 && words().zip(1..).all(|(token, n): (_, usize)| token.parse() == Ok(n))
    }
}

/// The value of a key among `KEY=VALUE|KEY=VALUE`.
fn value_of<'c>(cell: &'c str, key: &str) -> Option<&'c str> {
    cell.split('|').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))
}

fn columns_say(line: &str, found: usize, want: usize) -> String {
    let say = format!("{found} columns instead of {want}");
    if line.contains('\r') { format!("{say}; carriage returns alone do not end lines here") } else { say }
}

/// Whether a number of CoNLL-U is that of no word: `1-2` for the form that words 1 and 2 have together, `1.1` for an empty
/// node.
fn is_passed(number: &str) -> bool {
    let whole = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    number.split_once(['-', '.']).is_some_and(|(a, b)| whole(a) && whole(b))
}

/// The value of the last comment `KEY = VALUE` with this key before the first token.
pub fn comment_value<'s>(s: &'s Sentence, key: &str) -> Option<&'s str> {
    let pairs = s.comments.iter().rev().filter_map(|c| c.split_once('='));
    pairs.map(|(k, v)| (k.trim(), v.trim())).find(|(k, _)| *k == key).map(|(_, v)| v)
}

/// The `n`-th TAB field, from 1, of the last comment line before the first token.
pub fn comment_field(s: &Sentence, n: usize) -> Option<&str> {
    s.comments.last()?.split('\t').nth(n.checked_sub(1)?)
}

/// Whether a line (without its newline) holds nothing but white space, and so ends a sentence.
pub(crate) fn is_blank(line: &[u8]) -> bool {
    line.len() < JUDGED && line.iter().all(|b| matches!(b, b' ' | b'\t' | b'\r'))
}

/// A line is judged by this many first bytes.
pub(crate) const JUDGED: usize = 4096;

fn is_document(line: &[u8]) -> bool {
    let rest = line.strip_prefix(b"-DOCSTART-");
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b' ' | b'\t' | b'\r')))
}

/// Whether a line (without its newline) in front of the tokens of a sentence is a comment or a document mark.
///
/// A line that begins with the comment marker may also be a token, such as `#tag`: it is one if no space follows the
/// marker and the line ends in what has the form of a tag, or if the marker and a tag are all of it.
pub(crate) fn is_aside(line: &[u8], comment: Option<&str>) -> bool {
    if is_document(line) {
        return true;
    }
    let marked = comment.filter(|marker| !marker.is_empty()).and_then(|marker| line.strip_prefix(marker.as_bytes()));
    marked.is_some_and(|rest| {
        let rest = rest.strip_suffix(b"\r").unwrap_or(rest);
        let cell = if rest.contains(&b'\t') { b'\t' } else { b' ' };
        match rest.strip_prefix(b" ") {
            Some(words) => !is_tag(words),
            None => !memchr::memrchr(cell, rest).and_then(|at| rest.get(at + 1..)).is_some_and(is_tag),
        }
    })
}

fn is_tag(cell: &[u8]) -> bool {
    let class = |class: &[u8]| !class.is_empty() && !class.contains(&b' ') && !class.contains(&b'\t');
    match cell {
        b"O" => true,
        [b'B' | b'I' | b'E' | b'S' | b'L' | b'U', b'-', rest @ ..] => class(rest),
        _ => false,
    }
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
    /// The tag has no known form: whether an entity stands there is not known.
    pub unread: bool,
}

/// The entities by the rules of conlleval, which reads illegal sequences too, and where tags break the scheme.
///
/// `I-` (or `E-`) that goes on with nothing opens an entity: a problem except in IOB1. The letters of BIOES and BILOU are
/// read in every scheme, and are a problem in the others. A tag of no known form is a problem and opens no entity. In BIOES
/// an entity that `E-` or `S-` does not end is a problem at its last token.
pub fn spans(tags: &[String], scheme: Scheme) -> (Vec<TagSpan>, Vec<TagProblem>) {
    let (mut spans, mut problems): (Vec<TagSpan>, _) = (Vec::new(), Problems { scheme, found: Vec::new() });
    let mut before = OUTSIDE;
    for (token, tag) in tags.iter().enumerate() {
        let form = form(tag);
        let now = form.unwrap_or(OUTSIDE);
        let goes_on = matches!((before.0, now.0), (b'B' | b'I', b'I' | b'E')) && before.1 == now.1;
        problems.note(token, before, form, goes_on);
        problems.letter(token, tag);
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

/// A tag as the letter of BIOES and a class.
fn form(tag: &str) -> Option<Form<'_>> {
    let letter = match tag.as_bytes() {
        b"O" => return Some(OUTSIDE),
        [letter @ (b'B' | b'I' | b'E' | b'S'), b'-', _, ..] => *letter,
        [b'L', b'-', _, ..] => b'E',
        [b'U', b'-', _, ..] => b'S',
        _ => return None,
    };
    Some((letter, tag.get(2..)?))
}

struct Problems {
    scheme: Scheme,
    found: Vec<TagProblem>,
}

impl Problems {
    /// Judges the tag of `token` (`None`: of no known form) and the end of the entity before it.
    fn note(&mut self, token: usize, before: Form<'_>, now: Option<Form<'_>>, goes_on: bool) {
        if self.scheme.ends() && matches!(before.0, b'B' | b'I') && !goes_on {
            let ends = if self.scheme == Scheme::Bilou { "L- or U-" } else { "E- or S-" };
            self.push(token.saturating_sub(1), format!("the entity is not ended by {ends}"));
        }
        match now {
            None => {
                let say = format!("not a tag of this scheme: {}", self.forms());
                self.found.push(TagProblem { token, say, unread: true });
            }
            Some((letter, _)) if !goes_on && self.opens_nothing(letter) => {
                let letter = if (self.scheme, letter) == (Scheme::Bilou, b'E') { b'L' } else { letter };
                self.push(token, format!("{}- without B- of its class before it", char::from(letter)));
            }
            Some(_) => {}
        }
    }

    /// Whether the letter goes on with an entity, and opens none.
    fn opens_nothing(&self, letter: u8) -> bool {
        match letter {
            b'I' => self.scheme != Scheme::Iob1,
            b'E' => self.scheme.ends(),
            _ => false,
        }
    }

    /// Judges the first letter of a tag, which may be one of another scheme.
    fn letter(&mut self, token: usize, tag: &str) {
        let own: &[u8] = match self.scheme {
            Scheme::Bio | Scheme::Iob1 => b"BIO",
            Scheme::Bioes => b"BIOES",
            Scheme::Bilou => b"BIOLU",
        };
        let known = form(tag).and(tag.bytes().next());
        if known.is_some_and(|letter| !own.contains(&letter)) {
            self.push(token, "a tag of another scheme: `scheme` may be `bioes` (E-, S-) or `bilou` (L-, U-)".into());
        }
    }

    fn push(&mut self, token: usize, say: String) {
        self.found.push(TagProblem { token, say, unread: false });
    }

    fn forms(&self) -> &'static str {
        match self.scheme {
            Scheme::Bio | Scheme::Iob1 => "O, B-CLASS, I-CLASS",
            Scheme::Bioes => "O, B-CLASS, I-CLASS, E-CLASS, S-CLASS",
            Scheme::Bilou => "O, B-CLASS, I-CLASS, L-CLASS, U-CLASS",
        }
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

    fn layout(comment: &'static str, columns: usize) -> Layout<'static> {
        Layout { comment, columns, tag: columns, ..Layout::default() }
    }

    #[test]
    fn a_korean_sentence_with_spaces_as_tokens() {
        let block = "## head : \\t\n## tags : CHAR\tNE_TAG\n## id-1\t<경:OG>은 \n경\tB-OG\n은\tO\n \tO\n#\tO\n\n";
        let s = sentence(block.as_bytes(), &layout("##", 2)).unwrap();
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
        let s = sentence(b"-DOCSTART- -X- O O\r\n\r\nEU NNP  B-NP B-ORG\r\nof IN B-PP O\r\n", &layout("", 4)).unwrap();
        assert_eq!(s.tokens, ["EU", "of"]);
        assert_eq!(s.tags, ["B-ORG", "O"]);
        assert_eq!(s.columns[1], ["NNP", "IN"]);
        let s = sentence(b"# sent_id = 1\n1\twhere\tO\t-\t-\n", &layout("#", 5)).unwrap();
        assert_eq!((s.columns[1][0].as_str(), s.columns[2][0].as_str()), ("where", "O"));
        assert_eq!(
            (s.comments.as_slice(), comment_value(&s, "sent_id")),
            (&["sent_id = 1".to_string()][..], Some("1"))
        );
    }

    #[test]
    fn another_number_of_columns_is_refused_with_its_line() {
        let wrong = sentence(b"# c\na\tO\nb\tX\tO\n", &Layout::default()).unwrap_err();
        assert_eq!((wrong.rule, wrong.line, wrong.say.as_str()), ("conll.columns", 3, "3 columns instead of 2"));
        assert_eq!(sentence(b"a\tO\rb\tO\r", &Layout::default()).unwrap_err().rule, "conll.columns");
        assert_eq!(sentence(b"\xb1\xe8\tO\n", &Layout::default()).unwrap_err().rule, "encoding");
        assert_eq!(
            sentence(b"\xb1\xe8\tO\n", &Layout { encoding: "cp949", ..Layout::default() }).unwrap().tokens,
            ["김"]
        );
        assert_eq!(sentence(b"a\0\t\0O\0\n\0", &Layout::default()).unwrap_err().rule, "encoding");
    }

    #[test]
    fn behind_the_first_token_every_line_is_one() {
        let s = sentence(b"# c\nWe O\n#Seoul B-LOC\n# O\n \t \n", &Layout::default()).unwrap();
        assert_eq!((s.tokens.join("|"), s.comments.len()), ("We|#Seoul|#".to_string(), 1));
        let mark = sentence(b"a O\n-DOCSTART- O\nb O\n", &Layout::default()).unwrap_err();
        assert_eq!((mark.rule, mark.line), ("conll.document", 2));
    }

    #[test]
    fn numbers_are_no_tokens() {
        let block = b"# text = dans le\n1-2\tdu\tO\n1\tde\tO\n2\tle\tB-X\n2.1\tnode\tO\n";
        assert_eq!(sentence(block, &layout("#", 3)).unwrap_err().rule, "conll.numbers");
        let s = sentence(block, &Layout { token: 2, ..layout("#", 3) }).unwrap();
        assert_eq!((s.tokens.join(" "), s.tags.join(" "), s.passed), ("de le".into(), "O B-X".into(), 2));
        assert_eq!(sentence(b"1\tCD\tO\n", &layout("#", 3)).unwrap().tokens, ["1"]);
    }

    #[test]
    fn a_marker_can_be_a_token() {
        assert!(!is_aside(b"#Seoul B-LOC", Some("#")) && !is_aside(b"# O", Some("#")));
        assert!(is_aside(b"# see B-2", Some("#")) && is_aside(b"#B-2", Some("#")));
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
            (&["B-LOC", "E-LOC", "I-LOC"], Scheme::Bio, &[("LOC", 0, 2), ("LOC", 2, 3)], &[1, 2]),
            (
                &["S-PER", "B-LOC", "L-LOC", "U-X"],
                Scheme::Bio,
                &[("PER", 0, 1), ("LOC", 1, 3), ("X", 3, 4)],
                &[0, 2, 3],
            ),
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
            (&["B-LOC", "L-LOC", "U-PER"], Scheme::Bioes, &[("LOC", 0, 2), ("PER", 2, 3)], &[1, 2]),
            (&["B-LOC", "X-LOC"], Scheme::Bioes, &[("LOC", 0, 1)], &[0, 1]),
        ]);
    }

    #[test]
    fn bilou() {
        check(&[
            (&["U-PER", "O", "B-LOC", "I-LOC", "L-LOC"], Scheme::Bilou, &[("PER", 0, 1), ("LOC", 2, 5)], &[]),
            (&["O", "L-LOC", "O"], Scheme::Bilou, &[("LOC", 1, 2)], &[1]),
            (&["B-LOC", "E-LOC"], Scheme::Bilou, &[("LOC", 0, 2)], &[1]),
        ]);
    }

    #[test]
    fn what_is_said_names_no_class() {
        for scheme in [Scheme::Bio, Scheme::Bioes, Scheme::Bilou] {
            let (_, problems) = spans(&owned(&["B-Anna", "I-Bob", "Anna", "B-Bob"]), scheme);
            assert!(!problems.is_empty());
            assert!(problems.iter().all(|p| !p.say.contains("Anna") && !p.say.contains("Bob")), "{problems:?}");
        }
    }
}
