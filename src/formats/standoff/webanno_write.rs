//! Written WebAnno TSV 3.3: a file for each sample. A sentence is a line of the text, a token what stands between white space,
//! cut where a span begins or ends, so that each span is whole tokens. Places count UTF-16.
//!
//! Spans are the layer `NamedEntity` of DKPro, their class its `value`; relations are a layer of their own upon it. Losses:
//! `webanno.blank` (a span that begins or ends with white space is as long as its tokens; one of nothing else is left out),
//! `webanno.gaps` (white space between lines other than their ends, which such files do not hold), `webanno.relation` (an end
//! of a relation is no span of the label), `webanno.unlabelled` (nobody looked, which such a file cannot say).
use super::layers::parse;
use crate::formats::encoding;
use crate::formats::file_name::alone;
use crate::formats::writer::{Lost, Sheet, scatter};
use crate::model::relations::{Relation, linked};
use crate::model::spans::Span;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::io::{BufRead, Read};

const SPANS: &str = "de.tudarmstadt.ukp.dkpro.core.api.ner.type.NamedEntity";
const RELATIONS: &str = "webanno.custom.Relation";

/// A file for each row.
pub fn encode(sheet: &Sheet, lost: &mut Vec<Lost>) -> Result<Vec<u8>, String> {
    let (ids, texts) = (sheet.cells::<String>("id"), sheet.cells::<String>("text"));
    let related = sheet.roles.contains_key("relations");
    let mut relations = sheet.cells::<Vec<Relation>>("relations").into_iter();
    let mut files = Vec::with_capacity(sheet.rows);
    for (row, ((id, text), spans)) in ids.into_iter().zip(texts).zip(sheet.cells::<Vec<Span>>("label")).enumerate() {
        let mut lose = |rule, say: String| lost.push(Lost { row, rule, say });
        if spans.is_none() {
            lose("webanno.unlabelled", "nobody looked at it, and its file says that nothing is there".into());
        }
        let page = Page::of(&text.unwrap_or_default(), &spans.unwrap_or_default());
        if page.cut > 0 {
            let say = format!("{} spans that begin or end with white space, which is no part of a token", page.cut);
            lose("webanno.blank", say);
        }
        if page.gaps {
            lose("webanno.gaps", "white space around its lines, of which such a file holds the length alone".into());
        }
        let (links, gone) = linked(&relations.next().flatten().unwrap_or_default(), &page.spans);
        if gone > 0 {
            let say = format!("{gone} relations of which an end is no span of the label, which are left out");
            lose("webanno.relation", say);
        }
        files.push((format!("{}.tsv", alone(&id.unwrap_or_default())), page.write(related, &links).into_bytes()));
    }
    Ok(scatter(&files))
}

/// Where tokens begin and end.
type Tokens = Vec<(usize, usize)>;

/// A text in lines and tokens.
struct Page {
    chars: Vec<char>,
    /// Of each line with a token where it begins and ends, without white space around it, and its tokens.
    lines: Vec<(usize, usize, Tokens)>,
    /// As the label has them.
    spans: Vec<Span>,
    /// Where each begins and ends as whole tokens; none where it holds no token.
    placed: Vec<Option<(usize, usize)>>,
    cut: usize,
    gaps: bool,
}

impl Page {
    fn of(text: &str, spans: &[Span]) -> Page {
        let chars: Vec<char> = text.chars().collect();
        let blank = |at: usize| chars.get(at).is_none_or(|c| c.is_whitespace());
        let (mut placed, mut cut) = (Vec::new(), 0);
        for span in spans {
            let (mut start, mut end) = (span.start as usize, (span.end as usize).min(chars.len()));
            while start < end && blank(start) {
                start += 1;
            }
            while start < end && blank(end - 1) {
                end -= 1;
            }
            cut += usize::from((start, end) != (span.start as usize, span.end as usize));
            placed.push((start < end).then_some((start, end)));
        }
        let edges: BTreeSet<usize> = placed.iter().flatten().flat_map(|(start, end)| [*start, *end]).collect();
        let (mut lines, mut gaps, mut from, mut written) = (Vec::new(), false, 0, 0);
        for line in text.split('\n') {
            let to = from + line.chars().count();
            let tokens = tokens(&chars, from, to, &edges);
            if let (Some(first), Some(last)) = (tokens.first(), tokens.last()) {
                // a reader puts line ends between two sentences, and spaces in front of the first
                let between = chars.get(written..first.0).unwrap_or_default();
                let filled = if lines.is_empty() { ' ' } else { '\n' };
                gaps |= between.iter().any(|c| *c != filled);
                written = last.1;
                lines.push((first.0, last.1, tokens.clone()));
            }
            from = to + 1;
        }
        gaps |= written < chars.len();
        Page { chars, lines, spans: spans.to_vec(), placed, cut, gaps }
    }

    fn slice(&self, start: usize, end: usize) -> String {
        self.chars.get(start..end).unwrap_or_default().iter().collect()
    }

    fn write(&self, related: bool, links: &[(String, usize, usize)]) -> String {
        let mut units = vec![0];
        for c in &self.chars {
            units.push(units.last().copied().unwrap_or(0) + c.len_utf16());
        }
        let unit = |at: usize| units.get(at).copied().unwrap_or(0);
        let cells = self.cells();
        let mut out = format!("#FORMAT=WebAnno TSV 3.3\n#T_SP={SPANS}|value\n");
        if related {
            out.push_str(&format!("#T_RL={RELATIONS}|value|BT_{SPANS}\n"));
        }
        out.push('\n');
        for (n, (start, end, tokens)) in self.lines.iter().enumerate() {
            let _ = write!(out, "\n#Text={}\n", escaped_text(&self.slice(*start, *end)));
            for (m, (from, to)) in tokens.iter().enumerate() {
                let own: Vec<String> =
                    cells.of.get(from).into_iter().flatten().map(|s| self.value(&cells, *s)).collect();
                let spans = if own.is_empty() { "_".to_string() } else { own.join("|") };
                let form = escaped_text(&self.slice(*from, *to));
                let _ = write!(out, "{}-{}\t{}-{}\t{form}\t{spans}\t", n + 1, m + 1, unit(*from), unit(*to));
                if related {
                    out.push_str(&self.relations(&cells, *from, links));
                }
                out.push('\n');
            }
        }
        out
    }

    /// `PER`, or `PER[1]` where a number is needed.
    fn value(&self, cells: &Cells, span: usize) -> String {
        let class = self.spans.get(span).map(|s| escaped(&s.class)).unwrap_or_default();
        cells.numbers.get(&span).map_or(class.clone(), |number| format!("{class}[{number}]"))
    }

    /// The two columns of relations that go to a span which begins with a token.
    fn relations(&self, cells: &Cells, token: usize, links: &[(String, usize, usize)]) -> String {
        let begins = |span: &usize| self.placed.get(*span).copied().flatten().is_some_and(|(start, _)| start == token);
        let (mut classes, mut ends) = (Vec::new(), Vec::new());
        for (class, from, to) in links.iter().filter(|(_, _, to)| begins(to)) {
            let start = self.placed.get(*from).copied().flatten().map(|(start, _)| start);
            let Some(id) = start.and_then(|start| cells.ids.get(&start)) else { continue };
            let number = |span: &usize| cells.numbers.get(span).copied().unwrap_or(0);
            let numbers = (number(from), number(to));
            classes.push(escaped(class));
            ends.push(if numbers == (0, 0) { id.clone() } else { format!("{id}[{}_{}]", numbers.0, numbers.1) });
        }
        if ends.is_empty() { "_\t_\t".into() } else { format!("{}\t{}\t", classes.join("|"), ends.join("|")) }
    }

    fn cells(&self) -> Cells {
        let mut cells = Cells::default();
        for (n, (_, _, tokens)) in self.lines.iter().enumerate() {
            for (m, (from, _)) in tokens.iter().enumerate() {
                cells.ids.insert(*from, format!("{}-{}", n + 1, m + 1));
            }
        }
        for (span, (start, end)) in self.placed.iter().enumerate().filter_map(|(n, at)| Some((n, (*at)?))) {
            for (token, _) in cells.ids.range(start..end) {
                cells.of.entry(*token).or_default().push(span);
            }
        }
        let several = cells.of.values().filter(|spans| spans.len() > 1).flatten().copied();
        let mut counted: BTreeMap<usize, usize> = BTreeMap::new();
        cells.of.values().flatten().for_each(|span| *counted.entry(*span).or_default() += 1);
        let long = counted.into_iter().filter(|(_, tokens)| *tokens > 1).map(|(span, _)| span);
        let numbered: BTreeSet<usize> = several.chain(long).collect();
        cells.numbers = numbered.into_iter().zip(1..).collect();
        cells
    }
}

/// Which spans stand at which token, by where it begins; the numbers of the spans that need one; and what tokens are called.
#[derive(Default)]
struct Cells {
    of: BTreeMap<usize, Vec<usize>>,
    numbers: BTreeMap<usize, u64>,
    ids: BTreeMap<usize, String>,
}

/// The tokens of a line: what stands between white space, cut at edges.
fn tokens(chars: &[char], from: usize, to: usize, edges: &BTreeSet<usize>) -> Tokens {
    let mut out = Vec::new();
    let mut open = None;
    for at in from..=to {
        let blank = at == to || chars.get(at).is_none_or(|c| c.is_whitespace());
        if let Some(start) = open.filter(|start| blank || (edges.contains(&at) && *start < at)) {
            out.push((start, at));
            open = None;
        }
        if !blank && open.is_none() {
            open = Some(at);
        }
    }
    out
}

/// A text as it stands in a line.
fn escaped_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{c}' => out.push_str("\\f"),
            '\u{8}' => out.push_str("\\b"),
            c if c.is_control() => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// A value: a backslash stands in front of what would mean something else.
fn escaped(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        if matches!(c, '[' | ']' | '|' | '_' | ';' | '*') {
            out.push('\\');
        }
        out.push_str(&escaped_text(&c.to_string()));
    }
    out.replace("->", "\\->")
}

/// Longest file of one text.
const FILE_MAX: u64 = 1 << 28;

/// The one sample of a file, once it reads.
pub fn samples(input: &mut dyn BufRead, tell: &mut dyn FnMut(Option<&str>)) -> Result<(), String> {
    let mut bytes = Vec::new();
    input.take(FILE_MAX).read_to_end(&mut bytes).map_err(|e| format!("does not read: {e}"))?;
    let text = encoding::text(&bytes).map_err(|wrong| wrong.say)?;
    parse(text).map_err(|wrong| format!("line {}: {}", wrong.line, wrong.say))?;
    tell(None);
    Ok(())
}
