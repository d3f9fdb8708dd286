//! Written JSON Lines of label tools: a line for each sample with its id, its text and its spans. Losses:
//! `annotated.unlabelled` (nobody looked at the text: an empty list would say that nothing is there, so its key is left out),
//! `annotated.textless` (there is no text, and an empty one stands there), `annotated.relation` (an end of a relation is no span of
//! the label).
use crate::formats::jsonl;
use crate::formats::writer::{Lost, Needs, Place, Sheet, Writer, length_alone, one_after_another};
use crate::model::relations::{Relation, linked};
use crate::model::spans::Span;
use serde_json::{Value as Json, json};

pub const WRITER: Writer = Writer {
    version: 1,
    uses: &[],
    files: "",
    doc: "a line a sample: its id, its text and its spans in characters. Needs an `ner` label",
    needs: Needs { label: &["ner"], text: true, ..Needs::NONE },
    encode: doccano,
    outline: length_alone,
    join: one_after_another,
    samples: Some(jsonl::samples),
    values: None,
    place: Place::Line,
    table: false,
    loses: &["ner"],
    index: None,
};

/// What the formats need that hold relations, too.
pub const RELATED: Needs = Needs { relations: true, ..WRITER.needs };

pub fn doccano(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    lines(sheet, lost, |object, spans, links| {
        let Some(links) = links else {
            object.insert("label".into(), spans.iter().map(triple).collect());
            return;
        };
        let entity = |(id, s): (usize, &Span)| json!({ "id": id, "start_offset": s.start, "end_offset": s.end, "label": s.class });
        object.insert("entities".into(), spans.iter().enumerate().map(entity).collect());
        let relation =
            |(id, (class, from, to)): (usize, &Link)| json!({ "id": id, "from_id": from, "to_id": to, "type": class });
        object.insert("relations".into(), links.iter().enumerate().map(relation).collect());
    })
}

pub fn spacy(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    lines(sheet, lost, |object, spans, _| {
        let triples: Json = spans.iter().map(triple).collect();
        match overlap(spans) {
            true => object.insert("spans".into(), json!({ "sc": triples })),
            false => object.insert("entities".into(), triples),
        };
    })
}

pub fn prodigy(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let one = |s: &Span| json!({ "start": s.start, "end": s.end, "label": s.class });
    lines(sheet, lost, |object, spans, links| {
        object.insert("spans".into(), spans.iter().map(one).collect());
        if let Some(links) = links {
            let end = |at: usize| spans.get(at).map(one);
            let relation =
                |(class, from, to): &Link| json!({ "label": class, "head_span": end(*from), "child_span": end(*to) });
            object.insert("relations".into(), links.iter().map(relation).collect());
        }
    })
}

fn triple(s: &Span) -> Json {
    json!([s.start, s.end, s.class])
}

/// Whether two spans hold one character.
fn overlap(spans: &[Span]) -> bool {
    let mut all: Vec<(u32, u32)> = spans.iter().map(|s| (s.start, s.end)).collect();
    all.sort_unstable();
    all.windows(2).any(|w| matches!(w, [a, b] if b.0 < a.1))
}

type Object = serde_json::Map<String, Json>;

/// A relation: its class, and the places of its spans in the list of them.
type Link = (String, usize, usize);

fn lines(
    sheet: &Sheet,
    lost: &mut Vec<Lost>,
    put: impl Fn(&mut Object, &[Span], Option<&[Link]>),
) -> Result<Vec<u8>, String> {
    let mut relations = sheet.cells::<Vec<Relation>>("relations").into_iter();
    let (ids, texts) = (sheet.cells::<String>("id"), sheet.cells::<String>("text"));
    let mut out = Vec::new();
    for (row, ((id, text), spans)) in ids.into_iter().zip(texts).zip(sheet.cells::<Vec<Span>>("label")).enumerate() {
        let mut object = Object::new();
        object.insert("id".into(), id.into());
        if text.is_none() {
            let say = "it has no text: its line has an empty one".into();
            lost.push(Lost { row, rule: "annotated.textless", say });
        }
        object.insert("text".into(), text.unwrap_or_default().into());
        let links = relations.next().flatten().map(|all| linked(&all, spans.as_deref().unwrap_or_default()));
        let gone = links.as_ref().map_or(0, |(_, gone)| *gone);
        if gone > 0 {
            let say = format!("{gone} relations of which an end is no span of the label, which are left out");
            lost.push(Lost { row, rule: "annotated.relation", say });
        }
        match spans {
            Some(spans) => put(&mut object, &spans, links.as_ref().map(|(links, _)| links.as_slice())),
            None => {
                let say =
                    "nobody looked at it: its line says nothing of spans, which some readers take for none".into();
                lost.push(Lost { row, rule: "annotated.unlabelled", say });
            }
        }
        serde_json::to_writer(&mut out, &object).map_err(|e| e.to_string())?;
        out.push(b'\n');
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::super::{doccano as of_doccano, prodigy as of_prodigy, spacy as of_spacy};
    use super::*;
    use crate::digest::draw;
    use crate::formats::Options;
    use crate::formats::reader::{Ask, Field, From, Records, Unit};
    use crate::table::{array_of, cells};

    /// What is written is read again as it was, whatever lies upon what; without a label nothing is read, and that is told.
    #[test]
    fn what_is_written_comes_back() {
        let dice = |n: u64, of: &str, most: u32| (draw(n, "annotated", of) % u64::from(most)) as u32;
        let text = "\u{1f60a} 김철수는 \"Seoul\"\n에 \\ 갔다";
        let some = |n: u64| {
            let one = |i: u32| {
                let start = dice(n, &format!("s{i}"), 12);
                let end = start + 1 + dice(n, &format!("e{i}"), 5);
                Span { class: format!("C\"{}", dice(n, &format!("c{i}"), 3)), start, end }
            };
            (0..dice(n, "n", 4)).map(one).collect::<Vec<Span>>()
        };
        let labels: Vec<Option<Vec<Span>>> = (0..60).map(|n| (n % 10 > 0).then(|| some(n))).collect();
        let mut sheet = Sheet { rows: labels.len(), ..Sheet::default() };
        sheet.roles.insert("id".into(), array_of((0..labels.len()).map(|n| Some(n.to_string()))));
        sheet.roles.insert("text".into(), array_of(labels.iter().map(|_| Some(text.to_string()))));
        sheet.roles.insert("label".into(), array_of(labels.clone()));
        for format in [of_doccano::FORMAT, of_spacy::FORMAT, of_prodigy::FORMAT] {
            let mut lost = Vec::new();
            let bytes = (format.writer.as_ref().unwrap().encode)(&sheet, &mut lost).unwrap();
            assert_eq!(lost.len(), 6);
            let field = |name: &str| Field { name: name.into(), from: From::Record(name.into()), ty: "utf8".into() };
            let ask = Ask {
                id: None,
                make_id: |_, _| Err(String::new()),
                prefix: String::new(),
                fields: vec![field("text"), field("spans")],
                seen: Vec::new(),
                options: Options::default(),
                record_max: 1 << 20,
                depth_max: 9,
            };
            let mut out = Records::new(&ask, Vec::new());
            (format.reader.as_ref().unwrap().read)(
                &ask,
                &Unit { row: 0, bytes: &bytes, context: None, path: "", stem: "" },
                &mut out,
            );
            let found = out.finish().unwrap();
            let texts: Vec<Option<String>> = cells(found.columns["text"].as_ref());
            assert!(texts.iter().all(|t| t.as_deref() == Some(text)), "{}", format.name);
            let spans: Vec<Option<String>> = cells(found.columns["spans"].as_ref());
            let of = |s: &Span| json!({ "start": s.start, "end": s.end, "class": s.class });
            for (read, label) in spans.iter().zip(&labels) {
                let read = read.as_ref().map(|t| serde_json::from_str::<Json>(t).unwrap());
                assert_eq!(read, label.as_ref().map(|all| all.iter().map(of).collect()), "{}", format.name);
            }
        }
    }
}
