//! Written tasks: `data` holds the id and the text, and the label is an annotation by the control `label` of the text `text`. A
//! sample at which nobody looked has no annotation. Places count characters.
//!
//! Loss: `studio.relation` (an end of a relation is no span of the label).
use crate::formats::writer::{Chunk, Join, Lost, Sheet};
use crate::model::relations::{Relation, linked};
use crate::model::spans::Span;
use serde_json::{Value as Tree, json};
use std::io::{BufRead, Read};

/// The tasks of a piece, with commas between them.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (ids, texts) = (sheet.cells::<String>("id"), sheet.cells::<String>("text"));
    let spans = sheet.holds::<Span>("label").then(|| sheet.cells::<Vec<Span>>("label"));
    let several = sheet.holds::<String>("label");
    let sets = several.then(|| sheet.cells::<Vec<String>>("label"));
    let classes = spans.is_none().then(|| sheet.cells::<String>("label"));
    let numbers = sheet.cells::<f64>("label");
    let relations = sheet.cells::<Vec<Relation>>("relations");
    let rated = sheet.roles.get("label").is_some_and(|label| *label.data_type() == crate::table::DataType::Float64);
    let mut out = Vec::new();
    for (row, (id, text)) in ids.into_iter().zip(texts).enumerate() {
        let of_row = |of: &Option<Vec<Option<String>>>| of.as_ref().and_then(|all| all.get(row).cloned().flatten());
        let result = match &spans {
            Some(all) => all.get(row).cloned().flatten().map(|spans| {
                let related = relations.get(row).cloned().flatten().unwrap_or_default();
                let (links, gone) = linked(&related, &spans);
                if gone > 0 {
                    let say = format!("{gone} relations of which an end is no span of the label, which are left out");
                    lost.push(Lost { row, rule: "studio.relation", say });
                }
                marked(&spans, &links, text.as_deref().unwrap_or_default())
            }),
            None if several => {
                let own = sets.as_ref().and_then(|all| all.get(row).cloned().flatten());
                own.map(
                    |all| {
                        if all.is_empty() { Vec::new() } else { vec![region(0, "choices", json!({ "choices": all }))] }
                    },
                )
            }
            None if rated => {
                numbers.get(row).copied().flatten().map(|n| vec![region(0, "number", json!({ "number": n }))])
            }
            None => of_row(&classes).map(|class| vec![region(0, "choices", json!({ "choices": [class] }))]),
        };
        let annotations: Vec<Tree> = result.into_iter().map(|result| json!({ "result": result })).collect();
        let task = json!({ "data": { "id": id, "text": text }, "annotations": annotations });
        if row > 0 {
            out.extend(b",\n");
        }
        serde_json::to_writer(&mut out, &task).map_err(|e| e.to_string())?;
    }
    Ok(out)
}

/// What one control says.
fn region(n: usize, ty: &str, value: Tree) -> Tree {
    json!({ "id": format!("r{n}"), "from_name": "label", "to_name": "text", "type": ty, "value": value })
}

fn marked(spans: &[Span], links: &[(String, usize, usize)], text: &str) -> Vec<Tree> {
    let chars: Vec<char> = text.chars().collect();
    let one = |(n, s): (usize, &Span)| {
        let text: String = chars.get(s.start as usize..s.end as usize).unwrap_or_default().iter().collect();
        region(n, "labels", json!({ "start": s.start, "end": s.end, "text": text, "labels": [s.class] }))
    };
    let relation = |(class, from, to): &(String, usize, usize)| {
        let (from, to) = (format!("r{from}"), format!("r{to}"));
        json!({ "type": "relation", "from_id": from, "to_id": to, "direction": "right", "labels": [class] })
    };
    spans.iter().enumerate().map(one).chain(links.iter().map(relation)).collect()
}

/// One list of all tasks of a split.
pub fn join(of: &Join) -> Result<Vec<Chunk>, String> {
    let mut out = vec![Chunk::Bytes(b"[\n".to_vec())];
    for (piece, (len, _)) in of.outlines.iter().enumerate().filter(|(_, (len, _))| *len > 0) {
        if out.len() > 1 {
            out.push(Chunk::Bytes(b",\n".to_vec()));
        }
        out.push(Chunk::Fragment { piece, from: 0, len: *len });
    }
    out.push(Chunk::Bytes(b"\n]\n".to_vec()));
    Ok(out)
}

/// Longest file of a split.
const FILE_MAX: u64 = 1 << 32;

/// Each task by the id of its sample.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let tasks: Vec<Tree> = serde_json::from_reader(input.take(FILE_MAX)).map_err(|e| format!("does not read: {e}"))?;
    for task in &tasks {
        let id = task.get("data").and_then(|data| data.get("id")).and_then(Tree::as_str);
        if id.is_none() || !task.get("annotations").is_some_and(Tree::is_array) {
            return Err("holds a task without an id or without annotations".into());
        }
        tell(id);
    }
    Ok(())
}
