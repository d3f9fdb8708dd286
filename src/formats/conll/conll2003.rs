//! `conll2003`: the files of the shared task of 2003: four columns parted by a space, of which the second and the third (part of
//! speech, phrase) are not known here and are `-X-`. Each sample is a document, which a line `-DOCSTART-` opens.
//!
//! Findings, besides those of `conll`: `conll.space` also of a space in a token, which is `_` here, since it would part columns.
//! Limits: the file holds no ids, and nothing of the white space between tokens.
use super::made::{Blanks, Sample, each};
use super::read;
use super::sentence::Layout;
use crate::formats::back::each_line;
use crate::formats::cut::Split;
use crate::formats::encoding::ENCODING;
use crate::formats::format::Format;
use crate::formats::lines::cut_text;
use crate::formats::options::Options;
use crate::formats::reader::Reader;
use crate::formats::tokens::JOIN;
use crate::formats::writer::{Lost, Needs, Place, Sheet, Writer};
use std::io::BufRead;

pub const FORMAT: Format = Format {
    options: &[JOIN, ENCODING],
    reader: Some(Reader {
        version: 0,
        cut: |options| cut_text(options, Split::Blocks { comment: Some(String::new()) }),
        own_id: None,
        read: |ask, unit, out| read::read_as(ask, unit, out, layout(&ask.options)),
        ..super::READER
    }),
    writer: Some(Writer {
        version: 0,
        files: "conll2003/SPLIT.conll",
        doc: "`TOKEN -X- -X- TAG` a line, and `-DOCSTART-` before each sample; ids are not in it. BIO unless `scheme` says \
              otherwise; the shared task itself has `iob1`. Needs an `ner` label",
        needs: Needs { no_class_with: &[' '], nameless: true, ..super::NEEDS },
        encode,
        samples: Some(samples),
        place: Place::Nowhere,
        ..super::WRITER
    }),
    ..Format::new(
        "conll2003",
        "CoNLL-2003: a token with part of speech, phrase and tag a line, documents between `-DOCSTART-`.",
    )
};

fn layout(options: &Options) -> Layout<'_> {
    Layout { comment: "", columns: 4, token: 1, tag: 4, encoding: options.text(&ENCODING), ..Layout::default() }
}

/// As spaCy looks for it; others look at the first word alone.
const DOCUMENT: &str = "-DOCSTART- -X- O O";

fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let mut out = String::new();
    each(sheet, lost, Blanks::NoTokens, |sample, _| write(sample, &mut out));
    Ok(out.into_bytes())
}

fn write(sample: &Sample, out: &mut String) {
    out.push_str(DOCUMENT);
    out.push_str("\n\n");
    for (token, tag) in sample.tokens.iter().zip(&sample.tags) {
        out.extend(sample.token(*token).chars().map(|c| if c == ' ' { '_' } else { c }));
        out.push_str(" -X- -X- ");
        out.push_str(tag);
        out.push('\n');
    }
    if !sample.tokens.is_empty() {
        out.push('\n');
    }
}

/// Each sample, whose id the file does not have.
fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    each_line(input, &mut |line| {
        let line = std::str::from_utf8(line).map_err(|_| "is not UTF-8".to_string())?;
        match line.split(' ').count() {
            _ if line == DOCUMENT => tell(None),
            4 => {}
            _ if line.is_empty() => {}
            _ => return Err("is neither a token with its three columns nor the beginning of a document".into()),
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::super::sentence::sentence;
    use super::*;

    #[test]
    fn each_sample_is_a_document() {
        let sample = |text: &str, tokens: &[(usize, usize)], tags: &[&str]| Sample {
            id: "1".into(),
            chars: text.chars().collect(),
            tokens: tokens.to_vec(),
            tags: tags.iter().map(|t| t.to_string()).collect(),
        };
        let mut out = String::new();
        write(&sample("# New York", &[(0, 1), (2, 10)], &["O", "B-LOC"]), &mut out);
        write(&sample("", &[], &[]), &mut out);
        let want = "-DOCSTART- -X- O O\n\n# -X- -X- O\nNew_York -X- -X- B-LOC\n\n-DOCSTART- -X- O O\n\n";
        assert_eq!(out, want);
        let mut n = 0;
        samples(&mut out.as_bytes(), &mut |id| n += usize::from(id.is_none())).unwrap();
        assert_eq!(n, 2);
        assert!(samples(&mut "a b\n".as_bytes(), &mut |_| {}).is_err());
        let read = sentence(out.split("\n\n-DOC").next().unwrap().as_bytes(), &layout(&Options::default())).unwrap();
        assert_eq!((read.tokens.join("|"), read.tags.join(" ")), ("#|New_York".into(), "O B-LOC".into()));
    }
}
