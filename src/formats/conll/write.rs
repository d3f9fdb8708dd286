//! `conll`: a comment with the id, and a token with its tag a line, parted by a TAB.
use super::made::{Blanks, Sample, each};
use crate::formats::back::each_line;
use crate::formats::writer::{Lost, Sheet};
use std::io::BufRead;

pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let mut out = String::new();
    each(sheet, lost, Blanks::Stay, |sample, _| write(sample, &mut out));
    Ok(out.into_bytes())
}

/// Appends a sentence: `# id = ID`, a line `TOKEN<TAB>TAG` per token, an empty line. A file of these is read with the defaults,
/// and `id = "comment:id"`.
fn write(sample: &Sample, out: &mut String) {
    out.push_str(&format!("# id = {}\n", sample.id));
    for (token, tag) in sample.tokens.iter().zip(&sample.tags) {
        out.push_str(&sample.token(*token));
        out.push('\t');
        out.push_str(tag);
        out.push('\n');
    }
    out.push('\n');
}

/// The id of each sentence.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    each_line(input, &mut |line| {
        match id_of(line) {
            Some(id) => tell(Some(&id)),
            None if line.is_empty() || line.starts_with(b"#") || line.contains(&b'\t') => {}
            None => return Err("is neither a token with its tag nor a comment".into()),
        }
        std::str::from_utf8(line).map(drop).map_err(|_| "is not UTF-8".to_string())
    })
}

/// The line, from 1, that names a sentence.
pub fn line_of(file: &[u8], id: &str) -> Option<usize> {
    let head = format!("# id = {id}");
    file.split(|b| *b == b'\n').position(|line| line == head.as_bytes()).map(|n| n + 1)
}

/// The id in a line above a sentence; a line of a token has a TAB.
fn id_of(line: &[u8]) -> Option<String> {
    let id = line.strip_prefix(b"# id = ").filter(|id| !id.contains(&b'\t'))?;
    Some(String::from_utf8_lossy(id).into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::sentence::{Layout, sentence};
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let tags: Vec<String> = ["O", "B-QT", "I-QT", "O"].map(String::from).into();
        let (chars, tokens) = ("# #3a\tb".chars().collect(), vec![(0, 1), (1, 2), (2, 4), (4, 7)]);
        let mut out = String::new();
        write(&Sample { id: "x#1".into(), chars, tokens, tags: tags.clone() }, &mut out);
        assert_eq!(out, "# id = x#1\n#\tO\n \tB-QT\n#3\tI-QT\na b\tO\n\n");
        let s = sentence(out.as_bytes(), &Layout::default()).unwrap();
        assert_eq!(s.tokens, ["#", " ", "#3", "a b"]);
        assert_eq!((s.tags, s.comments), (tags, vec!["id = x#1".to_string()]));
    }

    #[test]
    fn ids_in_lines() {
        assert_eq!(id_of(b"# id = a#1"), Some("a#1".into()));
        assert_eq!(id_of(b"# id = a\tO"), None);
        assert_eq!(line_of(b"# id = a\nx\tO\n\n# id = b\n", "b"), Some(4));
    }
}
