//! CoNLL: a token and its columns a line, sentences parted by empty lines.
//!
//! Dropped records: `encoding`, `conll.columns`, `conll.document`, `conll.numbers`. Finding: `conll.passed` (lines of
//! CoNLL-U that are no words of their own).
pub mod conll2003;
pub mod conllu;
mod made;
mod read;
pub mod sentence;
mod write;

use super::cut::Split;
use super::encoding::ENCODING;
use super::format::Format;
use super::lines::cut_text;
use super::reader::{Offers, Reader, Selects};
use super::tokens::{self, JOIN};
use super::writer::{Needs, Place, Writer, length_alone, one_after_another};
use crate::table::{list, utf8};
pub use read::OWN_ID;
use read::{COLUMNS, COMMENT, TAG, TOKEN};

pub const FORMAT: Format = Format {
    options: &[COMMENT, JOIN, COLUMNS, TOKEN, TAG, ENCODING],
    unfit: read::unfit,
    reader: Some(READER),
    writer: Some(WRITER),
    ..Format::new("conll", "A token a line, a blank line between sentences.")
};

/// Sentences become samples.
const READER: Reader = Reader {
    version: 1, // comments and blank lines; columns of tokens and tags
    uses: &[],
    cut: |options| cut_text(options, Split::Blocks { comment: Some(options.text(&COMMENT).to_string()) }),
    id: "content",
    own_id: Some(read::own_id),
    selects: Selects::Words {
        words: &["tokens", "tags"],
        numbered: &["comment", "column"],
        keyed: &["comment"],
        say: "`tokens`, `tags`, `comment:N`, `comment:KEY` or `column:N`; `token` and `tag` beside `format` say which \
              columns those are",
    },
    text: |_| "tokens",
    ty: |_, selector| (selector == "tags").then(|| list(utf8())),
    adds: |_, selected| tokens::adds("tokens", selected),
    read: read::read,
    offers: Offers::Words(&[("text", "tokens"), ("tags", "tags")]),
};

/// Samples become sentences with tags.
const WRITER: Writer = Writer {
    version: 3, // words where no tokens were collected; empty tokens and spaces in tokens are told
    uses: crate::measure::words::USES,
    files: "conll/SPLIT.conll",
    doc: "a token and its tag a line, BIO unless `scheme` says otherwise. Needs an `ner` label",
    needs: NEEDS,
    encode: write::encode,
    outline: length_alone,
    join: one_after_another,
    samples: Some(write::samples),
    values: None,
    place: Place::Search(write::line_of),
    table: false,
    loses: &["ner"],
    index: None,
};

const NEEDS: Needs = Needs { label: &["ner"], tokens: true, answers: true, ..Needs::NONE };
