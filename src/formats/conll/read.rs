//! Sentences become samples.
use super::sentence::{Layout, Sentence, comment_field, comment_value, sentence};
use crate::formats::cut::Split;
use crate::formats::cut::members::ReadAt;
use crate::formats::cut::text::lengths;
use crate::formats::encoding::{self, ENCODING, Wrong};
use crate::formats::infer::HEAD;
use crate::formats::lines::{each_record, each_unit};
use crate::formats::options::{Choice, Options, Takes};
use crate::formats::reader::{Ask, Record, Records, Unit, strip_bom};
use crate::formats::spelling::Spelling;
use crate::formats::tokens::{self, JOIN, joined_by};
use crate::table::{Builder, Value};
use std::collections::BTreeSet;

pub const COMMENT: Choice = Choice {
    name: "comment",
    doc: "what a comment line starts with. Default `#`.",
    takes: Takes::Text { default: "#" },
};
pub const COLUMNS: Choice = Choice {
    name: "columns",
    doc: "how many columns there are. Default 2.",
    takes: Takes::Whole { min: 2, max: 64, default: 2 },
};

pub const TOKEN: Choice = Choice {
    name: "token",
    doc: "which column holds the token. Default 1; CoNLL-U has it in the second.",
    takes: Takes::Whole { min: 1, max: 64, default: 1 },
};
/// 0 is the last column.
pub const TAG: Choice = Choice {
    name: "tag",
    doc: "which column holds the tag. Default: the last.",
    takes: Takes::Whole { min: 1, max: 64, default: 0 },
};

pub fn unfit(options: &Options) -> Option<(&'static str, &'static str)> {
    let columns = options.whole(&COLUMNS);
    let beyond = [&TOKEN, &TAG].into_iter().find(|choice| options.whole(choice) > columns);
    beyond.map(|choice| (choice.name, "there are not so many `columns`"))
}

fn layout(options: &Options) -> Layout<'_> {
    let columns = options.whole(&COLUMNS) as usize;
    let tag = match options.whole(&TAG) as usize {
        0 => columns,
        tag => tag,
    };
    let (comment, encoding) = (options.text(&COMMENT), options.text(&ENCODING));
    Layout { comment, columns, token: options.whole(&TOKEN) as usize, tag, encoding, ..Layout::default() }
}

pub fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    read_as(ask, unit, out, layout(&ask.options));
}

/// Reads sentences whose lines are written in one way.
pub fn read_as(ask: &Ask, unit: &Unit, out: &mut Records, layout: Layout) {
    each_unit(ask, unit, out, |unit, encoding, out| {
        let layout = Layout { encoding, ..layout };
        let (split, join) = (split_of(&layout), ask.options.text(&JOIN));
        let wanted = ask.selects("tokens");
        for (n, own) in each_record(ask, &split, unit.bytes) {
            out.next(own);
            match short(own).and_then(|()| sentence(strip_bom(own), &layout)) {
                Err(wrong) => out.reject_line(unit, n, &wrong), // a record of many lines: which of them
                Ok(sentence) => {
                    let close = |n: usize| if sentence.joined.get(n) == Some(&true) { "" } else { join };
                    let (text, places) =
                        if wanted { joined_by(&sentence.tokens, close) } else { (String::new(), Value::Null) };
                    let (passed, unseen) = (sentence.passed, tokens::unseen(&sentence.tokens, join));
                    if out.take(unit, n, own, &Joined { sentence, text }) {
                        out.more("tokens", places);
                        if passed > 0 {
                            out.finding(unit, n, out.line, "conll.passed", format!("{passed} {PASSED}"));
                        }
                        if let Some(say) = unseen {
                            out.finding(unit, n, out.line, tokens::EMPTY, say);
                        }
                    }
                }
            }
        }
    });
}

/// The selector of ids that a release writes.
pub const OWN_ID: &str = "comment:id";

/// [`OWN_ID`], if most of the sentences at the beginning have such a comment, each another one: so a release is written. A
/// comment that stands once above a document is no id of its sentences.
pub fn own_id(options: &Options, _: u64, read: &ReadAt) -> Option<&'static str> {
    own_id_as(options, read, layout(options), OWN_ID)
}

/// The selector of a comment, if most of the sentences at the beginning have it, each another one.
pub fn own_id_as(options: &Options, read: &ReadAt, layout: Layout, own: &'static str) -> Option<&'static str> {
    let head = read(0, HEAD).ok()?;
    let head = encoding::head(&head, options.text(&ENCODING));
    let layout = Layout { encoding: "utf-8", ..layout };
    let key = own.strip_prefix("comment:").unwrap_or(own);
    let (mut at, mut sentences, mut ids) = (0, 0, BTreeSet::new());
    for len in lengths(&split_of(&layout), &head, HEAD) {
        let block = head.get(at..at + len as usize)?;
        at += len as usize;
        let Ok(sentence) = sentence(strip_bom(block), &layout) else { continue };
        if !sentence.tokens.is_empty() {
            sentences += 1;
            ids.extend(comment_value(&sentence, key).filter(|id| !id.is_empty()).map(String::from));
        }
    }
    (ids.len() * 2 > sentences).then_some(own)
}

fn split_of(layout: &Layout) -> Split {
    Split::Blocks { comment: Some(layout.comment.to_string()) }
}

const PASSED: &str = "lines are passed over: forms of several words, or empty nodes";

/// Lines of a sentence at most: each takes far more memory than its text, and so many are no sentence.
const LINES_MAX: usize = 100_000;

fn short(block: &[u8]) -> Result<(), Wrong> {
    match memchr::memchr_iter(b'\n', block).nth(LINES_MAX) {
        Some(_) => {
            Err(Wrong::new("conll.long", format!("more than {LINES_MAX} lines without an empty line between them")))
        }
        None => Ok(()),
    }
}

/// A sentence and its text.
struct Joined {
    sentence: Sentence,
    text: String,
}

impl Record for Joined {
    const SPARSE: bool = true;

    fn text(&self, selector: &str) -> Option<String> {
        match self.value(selector, "utf8") {
            Ok(Value::Text(t)) => Some(t).filter(|t| !t.is_empty()),
            _ => None,
        }
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        if selector == "tokens" {
            to.text(&self.text);
        } else {
            to.value(self.value(selector, ty)?);
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        ["tokens", "tags"].contains(&selector) || !matches!(self.value(selector, "utf8"), Ok(Value::Null))
    }
}

impl Joined {
    fn value(&self, selector: &str, ty: &str) -> Result<Value, String> {
        let s = &self.sentence;
        if selector == "tags" {
            return Ok(Value::List(s.tags.iter().cloned().map(Value::Text).collect()));
        }
        if let Some(of) = selector.strip_prefix("comment:") {
            let value = of.parse().map_or_else(|_| comment_value(s, of), |n| comment_field(s, n));
            return value.map_or(Ok(Value::Null), |t| Spelling::default().value(t, ty));
        }
        if let Some(n) = selector.strip_prefix("column:").and_then(|n| n.parse::<usize>().ok()) {
            let column = match (n, s.columns.is_empty()) {
                (1, true) => Some(&s.tokens),
                (2, true) => Some(&s.tags), // of two columns
                _ => s.columns.get(n.saturating_sub(1)),
            };
            return Ok(column.map_or(Value::Null, |c| Value::Text(c.join(" "))));
        }
        Ok(Value::Null)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_very_many_lines_is_refused() {
        assert!(short("a\tO\n".repeat(LINES_MAX).as_bytes()).is_ok());
        assert_eq!(short("a\tO\n".repeat(LINES_MAX + 1).as_bytes()).unwrap_err().rule, "conll.long");
    }
}
