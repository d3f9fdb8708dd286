//! `conllu`: CoNLL-U as Universal Dependencies has it: ten columns, of which a data set of entities fills the number of the word,
//! its form and MISC. The tag stands in MISC under a key, `NER=B-PER`, beside `SpaceAfter=No` where no space follows.
//!
//! Findings, besides those of `conll`: `conll.gap` (other white space between tokens than one space or none).
//! Limits: what is nothing but white space is no word. Read are words alone: forms of several words and empty nodes are passed
//! over, and told (`conll.passed`).
use super::made::{Blanks, Sample, each};
use super::read;
use super::sentence::Layout;
use crate::formats::back::each_line;
use crate::formats::cut::Split;
use crate::formats::encoding::ENCODING;
use crate::formats::format::Format;
use crate::formats::lines::cut_text;
use crate::formats::options::{Choice, Options, Takes};
use crate::formats::reader::Reader;
use crate::formats::tokens::JOIN;
use crate::formats::writer::{Lost, Needs, Place, Sheet, Writer};
use std::fmt::Write as _;
use std::io::BufRead;

/// Where a tag stands.
pub const TAG_KEY: Choice = Choice {
    name: "tag_key",
    doc: "the key in MISC whose value is the tag of a word; a word without it has `O`. Default `NER`.",
    takes: Takes::Text { default: "NER" },
};

/// The selector of ids in comments.
const OWN_ID: &str = "comment:sent_id";

pub const FORMAT: Format = Format {
    options: &[JOIN, TAG_KEY, ENCODING],
    unfit: |options| {
        let key = options.text(&TAG_KEY);
        let bad = key.is_empty() || key.contains(['=', '|', ' ', '\t']);
        bad.then_some(("tag_key", "a key has a character, and neither `=` nor `|` nor white space"))
    },
    reader: Some(Reader {
        version: 0,
        cut: |options| cut_text(options, Split::Blocks { comment: Some("#".into()) }),
        own_id: Some(|options, _, read| read::own_id_as(options, read, layout(options), OWN_ID)),
        read: |ask, unit, out| read::read_as(ask, unit, out, layout(&ask.options)),
        ..super::READER
    }),
    writer: Some(Writer {
        version: 0,
        files: "conllu/SPLIT.conllu",
        doc: "ten columns, the tag in MISC as `NER=TAG`, with `# sent_id` and `# text`. BIO unless `scheme` says otherwise. \
              Needs an `ner` label",
        needs: Needs { no_class_with: &[' ', '|'], ..super::NEEDS },
        encode,
        samples: Some(samples),
        place: Place::Search(line_of),
        ..super::WRITER
    }),
    ..Format::new("conllu", "CoNLL-U: ten columns a word, with tags in MISC.")
};

fn layout(options: &Options) -> Layout<'_> {
    let (key, encoding) = (options.text(&TAG_KEY), options.text(&ENCODING));
    Layout { columns: 10, token: 2, tag: 10, key, encoding, ..Layout::default() }
}

fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let mut out = String::new();
    each(sheet, lost, Blanks::NoTokens, |sample, losing| {
        losing.tell(
            gaps(sample),
            "conll.gap",
            "places with other white space than one space between tokens, which is one here",
        );
        write(sample, &mut out);
    });
    Ok(out.into_bytes())
}

/// The characters before the first token, between two, and behind the last.
fn between(sample: &Sample) -> impl Iterator<Item = &[char]> {
    let starts = sample.tokens.iter().map(|t| t.0).chain([sample.chars.len()]);
    let ends = std::iter::once(0).chain(sample.tokens.iter().map(|t| t.1));
    ends.zip(starts).map(|(from, to)| sample.chars.get(from..to).unwrap_or_default())
}

fn gaps(sample: &Sample) -> usize {
    let last = sample.tokens.len();
    let outer = |n: usize| n == 0 || n == last;
    let odd = |(n, gap): &(usize, &[char])| !(gap.is_empty() || (*gap == [' '] && !outer(*n)));
    if last == 0 { 0 } else { between(sample).enumerate().filter(odd).count() }
}

fn write(sample: &Sample, out: &mut String) {
    let forms: Vec<String> = sample.tokens.iter().map(|t| sample.token(*t)).collect();
    let close: Vec<bool> = between(sample).skip(1).take(forms.len()).map(<[char]>::is_empty).collect();
    let close = |n: usize| n + 1 < forms.len() && close.get(n) == Some(&true);
    let text: String =
        forms.iter().enumerate().map(|(n, form)| form.clone() + if close(n) { "" } else { " " }).collect();
    let _ = writeln!(out, "# sent_id = {}\n# text = {}", sample.id, text.trim_end()); // a String takes all
    for (n, (form, tag)) in forms.iter().zip(&sample.tags).enumerate() {
        let tag = (tag != "O").then(|| format!("NER={tag}"));
        let misc: Vec<String> = tag.into_iter().chain(close(n).then(|| "SpaceAfter=No".to_string())).collect();
        let misc = if misc.is_empty() { "_".to_string() } else { misc.join("|") };
        let _ = writeln!(out, "{}\t{form}\t_\t_\t_\t_\t_\t_\t_\t{misc}", n + 1);
    }
    out.push('\n');
}

/// The id of each sentence.
fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    each_line(input, &mut |line| {
        let line = std::str::from_utf8(line).map_err(|_| "is not UTF-8".to_string())?;
        match line.strip_prefix("# sent_id = ") {
            Some(id) => tell(Some(id)),
            None if line.is_empty() || line.starts_with('#') || line.split('\t').count() == 10 => {}
            None => return Err("is neither a word with ten columns nor a comment".into()),
        }
        Ok(())
    })
}

/// The line, from 1, that names a sentence.
fn line_of(file: &[u8], id: &str) -> Option<usize> {
    let head = format!("# sent_id = {id}");
    file.split(|b| *b == b'\n').position(|line| line == head.as_bytes()).map(|n| n + 1)
}

#[cfg(test)]
mod tests {
    use super::super::sentence::sentence;
    use super::*;

    fn of(text: &str, tokens: &[(usize, usize)], tags: &[&str]) -> Sample {
        let tags = tags.iter().map(|t| t.to_string()).collect();
        Sample { id: "s 1".into(), chars: text.chars().collect(), tokens: tokens.to_vec(), tags }
    }

    #[test]
    fn sentences_are_written_as_universal_dependencies_has_them() {
        let sample = of("Mina slept.", &[(0, 4), (5, 10), (10, 11)], &["B-PER", "O", "O"]);
        let mut out = String::new();
        write(&sample, &mut out);
        let empty = "\t_".repeat(7);
        let want = format!(
            "# sent_id = s 1\n# text = Mina slept.\n1\tMina{empty}\tNER=B-PER\n2\tslept{empty}\tSpaceAfter=No\n3\t.{empty}\t_\n\n"
        );
        assert_eq!((out.as_str(), gaps(&sample)), (want.as_str(), 0));
        let read = sentence(out.as_bytes(), &layout(&Options::default())).unwrap();
        assert_eq!(read.tags, ["B-PER", "O", "O"]);
        assert_eq!((read.tokens.join(" "), read.joined), ("Mina slept .".into(), vec![false, true, false]));
        assert_eq!(line_of(out.as_bytes(), "s 1"), Some(1));
    }

    #[test]
    fn white_space_that_is_not_kept_is_counted() {
        assert_eq!(gaps(&of(" a  b\nc ", &[(1, 2), (4, 5), (6, 7)], &["O"; 3])), 4);
        assert_eq!(gaps(&of("  ", &[], &[])), 0);
    }

    /// All sentences of three tokens with or without spaces come back: text, tokens and tags.
    #[test]
    fn what_is_written_is_read_again() {
        let forms = ["a", "나", "_", "1-2", "#", "x|y=z"];
        for n in 0..forms.len().pow(3) * 4 {
            let form = |k: u32| forms[n / 4 / forms.len().pow(k) % forms.len()];
            let (mut text, mut tokens) = (String::new(), Vec::new());
            for k in 0..3 {
                let from = text.chars().count();
                text.push_str(form(k));
                tokens.push((from, text.chars().count()));
                text.push_str(if k < 2 && n >> k & 1 == 0 { " " } else { "" });
            }
            let mut out = String::new();
            write(&of(&text, &tokens, &["O", "B-A", "I-A"]), &mut out);
            let read = sentence(out.as_bytes(), &layout(&Options::default())).unwrap();
            let join = |at: usize| if read.joined[at] { "" } else { " " };
            assert_eq!(crate::formats::tokens::joined_by(&read.tokens, join).0, text);
            assert_eq!((read.tags.join(" "), read.tokens.len(), read.passed), ("O B-A I-A".into(), 3, 0), "{out}");
        }
    }
}
