//! Written files of brat: `NAME.ann` of each sample beside `NAME.txt`, its text. Spans are numbered in their order; relations name
//! them. Losses: `brat.lines` (a span over the end of a line, which brat has in parts), `brat.relation` (an end of a relation is no
//! span of the label), `brat.unlabelled` (nobody looked: an empty file says that nothing is there), `brat.textless`.
use crate::formats::file_name::alone;
use crate::formats::writer::{Lost, Sheet, scatter};
use crate::model::relations::{Relation, linked};
use crate::model::spans::Span;

/// Two files for each row.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (ids, texts) = (sheet.cells::<String>("id"), sheet.cells::<String>("text"));
    let mut relations = sheet.cells::<Vec<Relation>>("relations").into_iter();
    let mut files = Vec::with_capacity(2 * sheet.rows);
    for (row, ((id, text), spans)) in ids.into_iter().zip(texts).zip(sheet.cells::<Vec<Span>>("label")).enumerate() {
        let mut lose = |rule, say: String| lost.push(Lost { row, rule, say });
        if text.is_none() {
            lose("brat.textless", "it has no text: its file is empty".into());
        }
        if spans.is_none() {
            lose("brat.unlabelled", "nobody looked at it, and an empty file says that nothing is there".into());
        }
        let (text, spans) = (text.unwrap_or_default(), spans.unwrap_or_default());
        let (links, gone) = linked(&relations.next().flatten().unwrap_or_default(), &spans);
        if gone > 0 {
            lose(
                "brat.relation",
                format!("{gone} relations of which an end is no span of the label, which are left out"),
            );
        }
        let chars: Vec<char> = text.chars().collect();
        let mut out = String::new();
        let mut torn = 0;
        for (n, span) in spans.iter().enumerate() {
            let parts = parts(span, &chars);
            torn += usize::from(parts != [(span.start as usize, span.end as usize)]);
            let places: Vec<String> = parts.iter().map(|(start, end)| format!("{start} {end}")).collect();
            let surface: Vec<String> =
                parts.iter().map(|(start, end)| chars.get(*start..*end).unwrap_or_default().iter().collect()).collect();
            out.push_str(&format!("T{}\t{} {}\t{}\n", n + 1, span.class, places.join(";"), surface.join(" ")));
        }
        for (n, (class, from, to)) in links.iter().enumerate() {
            out.push_str(&format!("R{}\t{class} Arg1:T{} Arg2:T{}\t\n", n + 1, from + 1, to + 1));
        }
        if torn > 0 {
            lose(
                "brat.lines",
                format!(
                    "{torn} spans that hold the end of a line, which brat does not hold: they are written in parts without it"
                ),
            );
        }
        let name = alone(&id.unwrap_or_default());
        files.push((format!("{name}.ann"), out.into_bytes()));
        files.push((format!("{name}.txt"), text.into_bytes()));
    }
    Ok(scatter(&files))
}

/// A span without the ends of lines that it holds.
fn parts(span: &Span, chars: &[char]) -> Vec<(usize, usize)> {
    let (start, end) = (span.start as usize, span.end as usize);
    let mut out = Vec::new();
    let mut open = None;
    for at in start..end {
        match (chars.get(at).is_some_and(|c| matches!(c, '\n' | '\r')), open) {
            (true, Some(from)) => {
                out.push((from, at));
                open = None;
            }
            (false, None) => open = Some(at),
            _ => {}
        }
    }
    out.extend(open.map(|from| (from, end)));
    if out.is_empty() { vec![(start, end)] } else { out }
}
