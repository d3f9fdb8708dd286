//! `kaldi`: the file `text` of a Kaldi data folder, an utterance a line: its name, and what is said in it.
//!
//! | selector | gives |
//! |---|---|
//! | `utterance` | the name |
//! | `text` | what is said |
//! | `folder` | the name of the folder that the file lies in |
//!
//! Dropped: `encoding`, `kaldi.line` (no name stands at the beginning), `kaldi.command` (a line of a `wav.scp` that is a command
//! for a shell: nothing is ever run). Finding: `kaldi.empty` (an utterance in which nothing is said).
use super::folder;
use crate::formats::cut::Split;
use crate::formats::encoding::{BOM, ENCODING, Wrong, decoded};
use crate::formats::format::Format;
use crate::formats::lines::{cut_text, each_record, each_unit};
use crate::formats::reader::{Ask, Offers, Reader, Record, Records, Selects, Unit, adds_nothing, as_declared};
use crate::formats::spelling::Spelling;
use crate::table::{Builder, Value};

const WORDS: &[&str] = &["utterance", "text", "folder"];

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    beside: Some(["utterance", "folder", "text"]),
    reader: Some(Reader {
        version: 0,
        uses: &[],
        cut: |options| cut_text(options, Split::Lines),
        id: "utterance",
        own_id: None,
        selects: Selects::Words {
            words: WORDS,
            numbered: &[],
            keyed: &[],
            say: "`utterance`, `text`, `folder`, `path` or `stem`",
        },
        text: |_| "text",
        ty: as_declared,
        adds: adds_nothing,
        read,
        offers: Offers::Words(&[("text", "text")]),
    }),
    ..Format::new("kaldi", "The file `text` of Kaldi: an utterance and what is said in it a line.")
};

struct Utterance<'t> {
    name: &'t str,
    text: &'t str,
    folder: &'t str,
}

/// The name of an utterance, and what is said in it.
fn utterance(line: &str) -> Result<(&str, &str), Wrong> {
    let line = line.strip_prefix(BOM).unwrap_or(line).trim_end_matches(['\r', '\n']);
    let (name, text) = line.split_once([' ', '\t']).unwrap_or((line, ""));
    let text = text.trim();
    if name.is_empty() {
        return Err(Wrong::new("kaldi.line", "no name of an utterance stands at the beginning of the line"));
    }
    if text.ends_with('|') {
        return Err(Wrong::new(
            "kaldi.command",
            "a command for a shell, which is never run: `wav.scp` is no file of texts",
        ));
    }
    Ok((name, text))
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    each_unit(ask, unit, out, |unit, encoding, out| {
        for (n, own) in each_record(ask, &Split::Lines, unit.bytes) {
            out.next(own);
            let line = match decoded(own, encoding) {
                Ok(line) => line,
                Err(wrong) => {
                    out.reject(unit, n, &wrong);
                    continue;
                }
            };
            match utterance(&line) {
                Ok((name, text)) => {
                    let line = out.line;
                    if out.take(unit, n, own, &Utterance { name, text, folder: folder(unit.path) }) && text.is_empty() {
                        out.finding(unit, n, line, "kaldi.empty", "nothing is said in the utterance");
                    }
                }
                Err(wrong) => out.reject(unit, n, &wrong),
            }
        }
    });
}

impl Record for Utterance<'_> {
    fn text(&self, selector: &str) -> Option<String> {
        let of = match selector {
            "utterance" => self.name,
            "text" => self.text,
            _ => "",
        };
        (!of.is_empty()).then(|| of.to_string())
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        let of = match selector {
            "utterance" => self.name,
            "folder" => self.folder,
            _ => self.text,
        };
        to.value(if of.is_empty() { Value::Null } else { Spelling::default().value(of, ty)? });
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        WORDS.contains(&selector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_names_and_texts_and_no_commands() {
        assert_eq!(utterance("a-1 so it is\n"), Ok(("a-1", "so it is")));
        assert_eq!(utterance("a-1\tso\r\n"), Ok(("a-1", "so")));
        assert_eq!(utterance("a-1"), Ok(("a-1", "")));
        assert_eq!(utterance(" x").unwrap_err().rule, "kaldi.line");
        assert_eq!(utterance("a-1 sox in.wav -t wav - |").unwrap_err().rule, "kaldi.command");
    }
}
