//! Written TextGrids: the long form, one tier of intervals that follow one another, with silence between the segments. Segments
//! that overlap lie in further tiers, so that all of them are there.
//!
//! Losses: `textgrid.overlap` (such tiers, which readers of one tier do not see), `textgrid.untimed` (a text without times is one
//! interval over all of the sound), `textgrid.text` (the text is not that of its segments, which alone stand there),
//! `textgrid.silence` (a segment without text, which is silence there, or with white space around its text),
//! `textgrid.unlabelled` (nobody listened, and a tier without text says that nothing is said).
use super::grid;
use crate::formats::file_name::alone;
use crate::formats::writer::{Lost, Sheet, scatter};
use crate::model::transcripts::{Segment, Transcript};
use std::fmt::Write;
use std::io::{BufRead, Read};

/// A file for each row.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let durations = sheet.cells::<f64>("duration");
    let mut files = Vec::with_capacity(sheet.rows);
    let rows = sheet.cells::<String>("id").into_iter().zip(sheet.cells::<Transcript>("label"));
    for (row, (id, said)) in rows.enumerate() {
        let mut lose = |rule, say: &str| lost.push(Lost { row, rule, say: say.into() });
        if said.is_none() {
            lose("textgrid.unlabelled", "nobody listened to it, and its file says that nothing is said");
        }
        let said = said.unwrap_or(Transcript { text: String::new(), segments: Some(Vec::new()) });
        let last = said.segments.iter().flatten().map(|s| s.end).filter(|end| end.is_finite()).fold(0.0, f64::max);
        let known = durations.get(row).copied().flatten().filter(|d| d.is_finite() && *d > 0.0);
        let end = known.unwrap_or(last).max(last).max(if last > 0.0 || known.is_some() { 0.0 } else { 1.0 });
        let tiers = tiers(&said, end, &mut lose);
        files.push((format!("{}.TextGrid", alone(&id.unwrap_or_default())), page(&tiers, end).into_bytes()));
    }
    Ok(scatter(&files))
}

/// The segments in tiers in which none overlaps another; what that loses is told.
fn tiers(said: &Transcript, end: f64, lose: &mut impl FnMut(&'static str, &str)) -> Vec<Vec<Segment>> {
    let Some(segments) = &said.segments else {
        lose("textgrid.untimed", "nobody timed it: its text is one interval over all of the sound");
        let whole = Segment { start: 0.0, end, text: said.text.clone() };
        return vec![if said.text.trim().is_empty() { Vec::new() } else { vec![whole] }];
    };
    let joined = segments.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" ");
    if joined != said.text {
        lose("textgrid.text", "its text is not that of its segments, which alone stand in the file");
    }
    let odd = |s: &&Segment| s.text.trim().is_empty() || s.text.trim() != s.text || !s.lasts();
    if segments.iter().any(|s| odd(&s)) {
        lose(
            "textgrid.silence",
            "segments without text or without length, which are silence there, or with white space around",
        );
    }
    let mut out: Vec<Vec<Segment>> = vec![Vec::new()];
    let mut sorted: Vec<&Segment> = segments.iter().filter(|s| s.lasts() && s.start >= 0.0).collect();
    sorted.sort_by(|a, b| a.start.total_cmp(&b.start));
    for segment in sorted.into_iter().filter(|s| !s.text.trim().is_empty()) {
        let fits = |tier: &&mut Vec<Segment>| tier.last().is_none_or(|before| before.end <= segment.start);
        match out.iter_mut().find(fits) {
            Some(tier) => tier.push(segment.clone()),
            None => out.push(vec![segment.clone()]),
        }
    }
    if out.len() > 1 {
        lose("textgrid.overlap", "segments that overlap others lie in further tiers");
    }
    out
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn page(tiers: &[Vec<Segment>], end: f64) -> String {
    let mut out = format!(
        "File type = \"ooTextFile\"\nObject class = \"TextGrid\"\n\nxmin = 0\nxmax = {end}\ntiers? <exists>\nsize = {}\nitem []:\n",
        tiers.len()
    );
    for (n, tier) in tiers.iter().enumerate() {
        let name = if n == 0 { "said".to_string() } else { format!("said {}", n + 1) };
        let mut intervals: Vec<(f64, f64, &str)> = Vec::new();
        let mut at = 0.0;
        for segment in tier {
            if segment.start > at {
                intervals.push((at, segment.start, ""));
            }
            intervals.push((segment.start, segment.end, &segment.text));
            at = segment.end;
        }
        if at < end || intervals.is_empty() {
            intervals.push((at, end, ""));
        }
        let _ = write!(
            out,
            "    item [{}]:\n        class = \"IntervalTier\"\n        name = {}\n        xmin = 0\n        xmax = {end}\n        \
             intervals: size = {}\n",
            n + 1,
            quoted(&name),
            intervals.len()
        );
        for (m, (from, to, text)) in intervals.iter().enumerate() {
            let _ = write!(
                out,
                "        intervals [{}]:\n            xmin = {from}\n            xmax = {to}\n            text = {}\n",
                m + 1,
                quoted(text)
            );
        }
    }
    out
}

/// Longest file of one sound.
const FILE_MAX: u64 = 1 << 28;

/// The one sample of a file, once it reads.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX).read_to_end(&mut bytes).map_err(|e| format!("does not read: {e}"))?;
    let text = grid::text(&bytes).map_err(|wrong| wrong.say)?;
    grid::parse(&text).map_err(|wrong| format!("line {}: {}", wrong.line, wrong.say))?;
    tell(None);
    Ok(())
}
