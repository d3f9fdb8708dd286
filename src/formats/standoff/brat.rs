//! `brat`: files `.ann` of brat, each beside the text that it is about. Places are in characters.
//!
//! | selector | gives |
//! |---|---|
//! | `spans` | text-bound annotations |
//! | `relations` | relations, equivalences and events: `type`, and `arguments` with role and id; a relation between two spans
//! |             | has them as `from` and `to`, as the task `relations` reads them |
//! | `attributes` | attributes: `type`, `of`, and `value` if there is one |
//! | `folder` | the name of the folder that the file lies in: by custom, of whoever annotated |
//!
//! Written with the text beside it: see `brat_write.rs`. A file without a line is one in which nothing was found. Dropped: `encoding`. Findings: `brat.line` (a line that cannot be
//! read; of a text-bound annotation it is lost), `brat.parts` (spans in several parts, which are lost), `brat.relations`,
//! `brat.attributes`, `brat.notes`, `brat.references` (what no field takes, or nothing here holds), `brat.ids` (an id that a
//! line before has).
use super::brat_write;
use super::marked::{NEEDS, WRITER, parted, span, unread};
use crate::formats::cut::{Cut, Holds};
use crate::formats::encoding::{BOM, ENCODING, Wrong, decoded};
use crate::formats::format::Format;
use crate::formats::pointer;
use crate::formats::reader::{
    Ask, Offers, Reader, Record, Records, Selects, Unit, adds_nothing, as_declared, no_tokens,
};
use crate::formats::speech::folder;
use crate::formats::spelling::Spelling;
use crate::formats::writer::{Needs, Writer};
use crate::table::{Builder, Value};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

const WORDS: &[&str] = &["spans", "relations", "attributes", "folder"];

pub const FORMAT: Format = Format {
    options: &[ENCODING],
    beside: Some(["stem", "folder", "spans"]),
    reader: Some(Reader {
        version: 1, // ends of relations are spans
        uses: &[],
        cut: |_| Cut::Document(Holds::One),
        id: "path",
        own_id: None,
        selects: Selects::Words {
            words: WORDS,
            numbered: &[],
            keyed: &[],
            say: "`spans`, `relations`, `attributes`, `folder`, `path` or `stem`",
        },
        text: no_tokens,
        ty: as_declared,
        adds: adds_nothing,
        read,
        offers: Offers::Words(&[("spans", "spans"), ("relations", "relations"), ("attributes", "attributes")]),
    }),
    writer: Some(Writer {
        files: "brat/SPLIT/NAME.ann",
        doc: "each sample's annotations beside `NAME.txt`, its text; `NAME` is the id where that is a plain name in small letters, \
              else it has a mark behind it. Relations between the spans are written, too. Needs an `ner` label",
        needs: Needs { no_class_with: &[' ', ';', ':'], ..NEEDS },
        encode: brat_write::encode,
        samples: Some(samples),
        ..WRITER
    }),
    ..Format::new("brat", "Annotations of brat (`.ann`): spans, relations and attributes of the text beside them.")
};

/// What a file says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    spans: Vec<Json>,
    relations: Vec<Json>,
    attributes: Vec<Json>,
    parts: usize,
    notes: usize,
    references: usize,
    /// Lines that cannot be read.
    broken: Vec<u32>,
    /// Ids that a line before has.
    twice: usize,
    /// By id the text-bound annotations in one part.
    bound: BTreeMap<String, Json>,
}

struct File<'u> {
    said: Said,
    folder: &'u str,
}

fn parse(text: &str) -> Said {
    let (mut out, mut ids) = (Said::default(), BTreeSet::new());
    for (n, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let id = line.split('\t').next().unwrap_or_default();
        if id != "*" && !ids.insert(id) {
            out.twice += 1;
        }
        if out.line(line).is_none() {
            out.broken.push(n as u32 + 1);
            if line.starts_with('T') {
                out.spans.push(unread());
            }
        }
    }
    out.link();
    out
}

impl Said {
    /// Reads a line; `None` if it is not as brat writes it.
    fn line(&mut self, line: &str) -> Option<()> {
        let (id, rest) = line.split_once('\t')?;
        let (body, behind) = rest.split_once('\t').unwrap_or((rest, ""));
        let mut words = body.split(' ').filter(|word| !word.is_empty());
        let class = words.next()?;
        match id.chars().next()? {
            'T' => return self.bound(id, class, body.get(class.len()..)?.trim(), behind),
            'R' | 'E' | '*' => {
                // an event names its trigger, and so its type, as its first argument
                let (kind, first) =
                    class.split_once(':').map_or((class, None), |(kind, of)| (kind, Some(("Trigger", of))));
                let argument = |word: &'_ str| match word.split_once(':') {
                    Some((role, of)) => json!({ "role": role, "of": of }),
                    None => json!({ "of": word }),
                };
                let first = first.map(|(role, of)| json!({ "role": role, "of": of }));
                let arguments: Vec<Json> = first.into_iter().chain(words.map(argument)).collect();
                self.relations.push(json!({ "id": id, "type": kind, "arguments": arguments }));
            }
            'A' | 'M' => {
                let mut own = json!({ "type": class, "of": words.next()? });
                if let (Some(value), Json::Object(object)) = (words.next(), &mut own) {
                    object.insert("value".into(), value.into());
                }
                self.attributes.push(own);
            }
            'N' => self.references += 1,
            '#' => self.notes += 1,
            _ => return None,
        }
        Some(())
    }

    /// A text-bound annotation. Some tools write a space where a tab stands in front of the text.
    fn bound(&mut self, id: &str, class: &str, places: &str, surface: &str) -> Option<()> {
        let mut parts = Vec::new();
        let mut behind = surface;
        for part in places.split(';') {
            let mut ends = part.splitn(3, ' ');
            let (start, end) = (ends.next()?.parse().ok()?, ends.next()?.parse().ok()?);
            behind = ends.next().unwrap_or(behind);
            parts.push((start, end));
        }
        match parts.as_slice() {
            [one] => {
                let surface = Some(behind).filter(|surface| !surface.is_empty());
                let own = span(Some(class), *one, surface);
                self.bound.entry(id.to_string()).or_insert_with(|| own.clone());
                self.spans.push(own);
            }
            many => {
                self.parts += 1;
                self.spans.push(parted(class, many));
            }
        }
        Some(())
    }

    /// Puts the two spans of a relation into it; others have no ends.
    fn link(&mut self) {
        for own in &mut self.relations {
            let of = |n: usize| self.bound.get(own["arguments"][n]["of"].as_str()?).cloned();
            let two = own["arguments"].as_array().is_some_and(|all| all.len() == 2);
            let relation = own["id"].as_str().is_some_and(|id| id.starts_with('R'));
            let Some((from, to)) = of(0).zip(of(1)).filter(|_| two && relation) else { continue };
            (own["from"], own["to"]) = (from, to);
        }
    }

    /// What is told of a file, where some fields take these things.
    fn told(&self, ask: &Ask) -> Vec<(&'static str, String)> {
        let left = |word: &str, all: &[Json]| if ask.selects(word) { 0 } else { all.len() };
        let told = [
            ("brat.parts", self.parts, "spans in several parts, which no task holds: they are lost"),
            (
                "brat.relations",
                left("relations", &self.relations),
                "relations, equivalences and events that no field takes",
            ),
            ("brat.attributes", left("attributes", &self.attributes), "attributes that no field takes"),
            ("brat.notes", self.notes, "notes of annotators, which are not kept"),
            ("brat.references", self.references, "references to other collections, which are not kept"),
            ("brat.ids", self.twice, "lines with an id that a line before has"),
        ];
        let some = told.into_iter().filter(|(_, n, _)| *n > 0);
        some.map(|(rule, n, say)| (rule, format!("{say}: {n}"))).collect()
    }
}

fn read(ask: &Ask, unit: &Unit, out: &mut Records) {
    let text = match pointer::told(unit.bytes) {
        Some(say) => Err(Wrong::new(pointer::RULE, say)),
        None => decoded(unit.bytes, ask.options.text(&ENCODING)),
    };
    let text = match text {
        Ok(text) => text,
        Err(wrong) => return out.reject_line(unit, 0, &wrong),
    };
    let file = File { said: parse(text.strip_prefix(BOM).unwrap_or(&text)), folder: folder(unit.path) };
    if !out.take(unit, 0, unit.bytes, &file) {
        return;
    }
    for line in &file.said.broken {
        out.finding(unit, 0, *line, "brat.line", "the line is not as brat writes it, and what it says is lost");
    }
    for (rule, say) in file.said.told(ask) {
        out.finding(unit, 0, 0, rule, say);
    }
}

impl Record for File<'_> {
    fn text(&self, _: &str) -> Option<String> {
        None
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        let of = match selector {
            "spans" => &self.said.spans,
            "relations" => &self.said.relations,
            "attributes" => &self.said.attributes,
            _ => {
                to.value(Spelling::default().value(self.folder, ty)?);
                return Ok(());
            }
        };
        to.value(Value::Text(Json::from(of.clone()).to_string()));
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        WORDS.contains(&selector)
    }
}

/// Longest file of one text.
const FILE_MAX: u64 = 1 << 28;

/// The one sample of a file, once it reads.
fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX).read_to_end(&mut bytes).map_err(|e| format!("does not read: {e}"))?;
    let text = crate::formats::encoding::text(&bytes).map_err(|wrong| wrong.say)?;
    match parse(text).broken.first() {
        Some(line) => Err(format!("line {line} is not as brat writes it")),
        None => {
            tell(None);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_become_spans_relations_and_attributes() {
        let said = parse(
            "T1\tORG 0 5\tNorth\nT2\tLOC 0 5;16 23\tNorth America\r\nT3\tPER 6 9 Kim\nT4\tX a b\tz\n\
             R1\tLives Arg1:T3 Arg2:T2\t\n*\tEquiv T1 T3\nE1\tMeet:T3 Who:T1\nA1\tNegated T1\nM2\tSure T1 L2\n\
             N1\tReference T1 Wikipedia:5\tx\n#1\tAnnotatorNotes T1\thm\nwhat\nT1\tORG 0 1\tN\n",
        );
        let want = [
            json!({"class": "ORG", "start": 0, "end": 5, "text": "North"}),
            json!({"class": "LOC", "parts": [[0, 5], [16, 23]]}),
            json!({"class": "PER", "start": 6, "end": 9, "text": "Kim"}),
            json!({"class": null}),
            json!({"class": "ORG", "start": 0, "end": 1, "text": "N"}),
        ];
        assert_eq!(said.spans, want);
        assert_eq!((said.relations.len(), said.attributes.len(), said.parts), (3, 2, 1));
        assert_eq!(
            (said.relations[0].get("from"), said.relations[2].get("from")),
            (None, None),
            "T2 lies in two parts"
        );
        let linked = parse("T1\tA 0 1\tx\nT2\tB 2 3\ty\nR1\tof Arg1:T2 Arg2:T1\n").relations;
        assert_eq!(linked[0]["from"], json!({"class": "B", "start": 2, "end": 3, "text": "y"}));
        assert_eq!(linked[0]["to"]["start"], json!(0));
        assert_eq!(said.relations[2]["arguments"][0], json!({"role": "Trigger", "of": "T3"}));
        assert_eq!(said.attributes[1], json!({"type": "Sure", "of": "T1", "value": "L2"}));
        assert_eq!((said.notes, said.references, said.twice, said.broken), (1, 1, 1, vec![4, 12]));
        assert_eq!(parse("\n"), Said::default());
    }
}
