//! A file of WebAnno TSV 3: its text, and the annotations of each layer. Places are in characters of the text.
use crate::formats::encoding::Wrong;
use crate::model::spans::{Ruler, Unit};
use std::collections::BTreeMap;

/// A layer as the head of the file declares it.
#[derive(Debug, PartialEq)]
pub struct Layer {
    pub name: String,
    pub features: Vec<String>,
    pub sort: Sort,
    /// Its first column behind the three of the token, and how many it has.
    first: usize,
    columns: usize,
    pub spans: Vec<Mark>,
    /// What of a layer of relations names both its spans.
    pub links: Vec<Link>,
    /// Rows with something of a layer that has no spans, and values of slots.
    pub others: usize,
}

/// A relation between two spans of one layer, by their numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub class: Option<String>,
    pub layer: usize,
    pub from: usize,
    pub to: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Sort {
    Spans,
    Relations,
    Chains,
}

/// A span with a value for each feature; `None` where the annotator gave none.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    pub start: u64,
    pub end: u64,
    pub values: Vec<Option<String>>,
}

#[derive(Debug, Default, PartialEq)]
pub struct Layers {
    pub text: String,
    pub layers: Vec<Layer>,
    /// Tokens whose form does not stand at their place.
    pub moved: usize,
}

impl Layer {
    /// The last part of the name: `NamedEntity`.
    pub fn short(&self) -> &str {
        self.name.rsplit('.').next().unwrap_or(&self.name)
    }

    fn of(line: &str, first: usize) -> Option<Layer> {
        let (sort, rest) = [("#T_SP=", Sort::Spans), ("#T_RL=", Sort::Relations), ("#T_CH=", Sort::Chains)]
            .into_iter()
            .find_map(|(mark, sort)| Some((sort, line.strip_prefix(mark)?)))?;
        let mut parts = rest.split('|');
        let name = parts.next()?.to_string();
        let features: Vec<String> = parts.filter(|part| !part.is_empty()).map(String::from).collect();
        let columns = features.len().max(1);
        Some(Layer { name, features, sort, first, columns, spans: Vec::new(), links: Vec::new(), others: 0 })
    }
}

/// A row: a token or a part of one, with the columns behind it.
struct Row<'t> {
    /// The number of the token in its sentence, `1-3`, or of a part of it, `1-3.1`.
    id: &'t str,
    from: u64,
    to: u64,
    columns: Vec<&'t str>,
}

fn wrong(line: usize, say: impl Into<String>) -> Wrong {
    Wrong::new("webanno", say).at(line as u32 + 1)
}

/// Reads a file. Rule: `webanno`.
pub fn parse(file: &str) -> Result<Layers, Wrong> {
    let mut lines = file.lines().enumerate().peekable();
    let head = lines.next().map_or("", |(_, line)| line);
    if !head.starts_with("#FORMAT=WebAnno TSV 3") {
        return Err(wrong(0, "the first line is not `#FORMAT=WebAnno TSV 3`"));
    }
    let mut out = Layers::default();
    let mut columns = 0;
    while let Some((_, line)) = lines.next_if(|(_, line)| line.starts_with("#T_")) {
        let layer = Layer::of(line, columns).ok_or_else(|| wrong(1, "a line that declares no layer"))?;
        columns += layer.columns;
        out.layers.push(layer);
    }
    let (mut text, mut rows) = (Wide::default(), Vec::new());
    let (mut said, mut open): (Vec<String>, bool) = (Vec::new(), false);
    for (n, line) in lines {
        if let Some(own) = line.strip_prefix("#Text=") {
            if open {
                said.clear();
                open = false;
            }
            said.push(unescaped(own));
            continue;
        }
        if line.is_empty() || (line.starts_with('#') && !line.contains('\t')) {
            continue;
        }
        let (row, form, whole) = row(line, columns).map_err(|say| wrong(n, say))?;
        if !open {
            if said.is_empty() {
                return Err(wrong(n, "a token stands in front of the text of its sentence"));
            }
            text.sentence(&said.join("\n"), row.from, &form).map_err(|say| wrong(n, say))?;
            open = true;
        }
        out.moved += usize::from(whole && !text.stands(row.from, &form));
        rows.push(row);
    }
    out.text = text.finish().ok_or_else(|| wrong(0, "the text is no Unicode: half a character stands alone"))?;
    let ruler = Ruler::of(&out.text, Unit::Utf16);
    let places: Vec<Places> = out.layers.iter_mut().map(|layer| annotated(layer, &rows, &ruler)).collect();
    let names: Vec<String> = out.layers.iter().map(|layer| layer.name.clone()).collect();
    out.layers
        .iter_mut()
        .filter(|layer| layer.sort == Sort::Relations)
        .for_each(|l| related(l, &rows, &names, &places));
    Ok(out)
}

/// Where the spans of a layer are met: by the row and by their number, 0 where they have none.
type Places = BTreeMap<(String, u64), usize>;

/// The relations of a layer. Its last column names the token of the span that a relation comes from, and the numbers of both
/// spans where that does not tell; it goes to the span of its own row.
fn related(layer: &mut Layer, rows: &[Row], names: &[String], places: &[Places]) {
    let Some(base) = layer.features.last().and_then(|f| f.strip_prefix("BT_")) else { return };
    let Some(base) = names.iter().position(|name| name == base) else { return };
    for row in rows {
        let own = row.columns.get(layer.first..layer.first + layer.columns).unwrap_or_default();
        let Some((ends, features)) = own.split_last().filter(|(ends, _)| **ends != "_") else { continue };
        let classes = features.first().map(|cell| stacked(cell)).unwrap_or_default();
        for (n, (end, _)) in stacked(ends).into_iter().enumerate() {
            let (token, numbers) = end.split_once('[').unwrap_or((&end, "0_0]"));
            let numbers = numbers.trim_end_matches(']').split_once('_');
            let number = |of: &str| of.parse::<u64>().ok();
            let Some((from, to)) = numbers.and_then(|(from, to)| number(from).zip(number(to))) else {
                layer.others += 1;
                continue;
            };
            let at = |token: &str, number| places.get(base)?.get(&(token.to_string(), number)).copied();
            match at(token, from).zip(at(row.id, to)) {
                Some((from, to)) => {
                    let class = classes.get(n).map(|(value, _)| value).filter(|v| *v != "*" && *v != "_");
                    let class = class.map(|value| unescaped(value));
                    layer.links.push(Link { class, layer: base, from, to });
                }
                None => layer.others += 1,
            }
        }
    }
}

/// The text in units of UTF-16, sentence by sentence.
#[derive(Default)]
struct Wide(Vec<u16>);

/// Longest stretch between two sentences.
const GAP: u64 = 1 << 20;

impl Wide {
    /// Puts a sentence whose first token stands at a place. What lies between sentences is not in the file.
    fn sentence(&mut self, text: &str, from: u64, form: &str) -> Result<(), String> {
        let before = text.find(form).unwrap_or(0);
        let before = text.get(..before).unwrap_or_default().encode_utf16().count() as u64;
        let at = from.saturating_sub(before);
        let here = self.0.len() as u64;
        if at < here {
            return Err("a sentence begins before the one in front of it ends".into());
        }
        if at - here > GAP {
            return Err("a sentence begins far behind the one in front of it".into());
        }
        let blank = if self.0.is_empty() { u16::from(b' ') } else { u16::from(b'\n') };
        self.0.extend(std::iter::repeat_n(blank, (at - here) as usize));
        self.0.extend(text.encode_utf16());
        Ok(())
    }

    fn stands(&self, from: u64, form: &str) -> bool {
        let behind = usize::try_from(from).ok().and_then(|from| self.0.get(from..)).unwrap_or_default();
        let mut own = behind.iter();
        form.encode_utf16().all(|unit| own.next() == Some(&unit))
    }

    fn finish(self) -> Option<String> {
        String::from_utf16(&self.0).ok()
    }
}

/// A row, the form of its token, and whether it is a whole token.
fn row(line: &str, columns: usize) -> Result<(Row<'_>, String, bool), String> {
    let mut fields = line.split('\t');
    let (number, place, form) = (fields.next(), fields.next(), fields.next());
    let (Some(number), Some(place), Some(form)) = (number, place, form) else {
        return Err("neither a token with its columns nor a comment".into());
    };
    let place = place.split_once('-').and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
    let (from, to) = place.ok_or("the place of a token is not two whole numbers")?;
    let rest: Vec<&str> = fields.collect();
    if rest.len() < columns {
        return Err(format!("{} columns behind the token, and the layers have {columns}", rest.len()));
    }
    Ok((Row { id: number, from, to, columns: rest }, unescaped(form), !number.contains('.')))
}

/// The annotations of a layer in all rows.
fn annotated(layer: &mut Layer, rows: &[Row], ruler: &Ruler) -> Places {
    let mut met = Places::new();
    let place = |at: u64| u32::try_from(at).ok().and_then(|at| ruler.characters(at)).map_or(u64::MAX, u64::from);
    let mut several: BTreeMap<u64, usize> = BTreeMap::new();
    for row in rows {
        let own = row.columns.get(layer.first..layer.first + layer.columns).unwrap_or_default();
        if own.iter().all(|cell| *cell == "_") {
            continue;
        }
        if layer.sort != Sort::Spans {
            layer.others += usize::from(layer.sort == Sort::Chains);
            continue;
        }
        let cells: Vec<Vec<(String, Option<u64>)>> = own.iter().map(|cell| stacked(cell)).collect();
        layer.others +=
            own.iter().zip(&layer.features).filter(|(c, f)| f.starts_with("ROLE_") && !["_", "*"].contains(c)).count();
        let n = cells.iter().map(Vec::len).max().unwrap_or(0);
        for i in 0..n {
            let number = cells.iter().find_map(|cell| cell.get(i).and_then(|(_, number)| *number));
            let (start, end) = (place(row.from), place(row.to));
            let known = number.and_then(|number| several.get(&number)).copied();
            met.insert((row.id.to_string(), number.unwrap_or(0)), known.unwrap_or(layer.spans.len()));
            if let Some(known) = known.and_then(|at| layer.spans.get_mut(at)) {
                (known.start, known.end) = (known.start.min(start), known.end.max(end));
                continue;
            }
            let value =
                |cell: &Vec<(String, Option<u64>)>| cell.get(i).map(|c| c.0.clone()).filter(|v| v != "*" && v != "_");
            let values = cells.iter().map(value).map(|v| v.map(|v| unescaped(&v))).collect();
            number.map(|number| several.insert(number, layer.spans.len()));
            layer.spans.push(Mark { start, end, values });
        }
    }
    met
}

/// The values of a cell, which stand behind one another, each with its number if it has one.
fn stacked(cell: &str) -> Vec<(String, Option<u64>)> {
    let (mut out, mut own, mut escaped) = (Vec::new(), String::new(), false);
    for c in cell.chars() {
        if c == '|' && !escaped {
            out.push(numbered(std::mem::take(&mut own)));
        } else {
            own.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    out.push(numbered(own));
    out
}

/// `PER[1]`: the value, and the number of the annotation.
fn numbered(value: String) -> (String, Option<u64>) {
    let number = value.strip_suffix(']').and_then(|v| v.rsplit_once('[')).filter(|(v, _)| !v.ends_with('\\'));
    match number.and_then(|(v, n)| Some((v.to_string(), n.parse().ok()?))) {
        Some((value, number)) => (value, Some(number)),
        None => (value, None),
    }
}

/// A backslash stands in front of what would mean something else.
fn unescaped(text: &str) -> String {
    let (mut out, mut chars) = (String::with_capacity(text.len()), text.chars());
    while let Some(c) = chars.next() {
        match (c, c == '\\') {
            (_, false) => out.push(c),
            _ => match chars.next() {
                Some('t') => out.push('\t'),
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('f') => out.push('\u{c}'),
                Some('b') => out.push('\u{8}'),
                Some(other) => out.push(other),
                None => out.push('\\'),
            },
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "#FORMAT=WebAnno TSV 3.3\n#T_SP=w.Named|value|note\n#T_SP=w.Bare|\n#T_RL=w.Dep|kind|BT_w.Named\n\n\n\
        #Text=I \u{1f60a} Kim\n1-1\t0-1\tI\t_\t_\t*\t_\t_\t\n1-2\t2-4\t\u{1f60a}\tPER[1]\t*[1]\t_\t_\t_\t\n\
        1-3\t5-8\tKim\tPER[1]|a\\_b\\|c[2]\t*[1]|x[2]\t_\tdep\t1-1\t\n1-3.1\t5-6\tK\tX\t_\t_\t_\t_\t\n\n#Text=So\n2-1\t9-11\tSo\t_\t_\t_\t_\t_\n";

    #[test]
    fn spans_lie_in_characters_of_the_text() {
        let read = parse(FILE).unwrap();
        assert_eq!((read.text.as_str(), read.moved), ("I \u{1f60a} Kim\nSo", 0));
        let mark = |start, end, values: &[Option<&str>]| Mark {
            start,
            end,
            values: values.iter().map(|v| v.map(String::from)).collect(),
        };
        let want =
            [mark(2, 7, &[Some("PER"), None]), mark(4, 7, &[Some("a_b|c"), Some("x")]), mark(4, 5, &[Some("X"), None])];
        assert_eq!(read.layers[0].spans, want);
        assert_eq!(read.layers[1].spans, [mark(0, 1, &[None])]);
        assert_eq!((read.layers[2].others, read.layers[1].short()), (1, "Bare"), "1-1 has no span that it comes from");
        let related = FILE.replace("dep\t1-1", "dep|by\t1-2[1_2]|1-3.1[0_1]");
        let read = parse(&related).unwrap();
        let links: Vec<(Option<&str>, usize, usize)> =
            read.layers[2].links.iter().map(|l| (l.class.as_deref(), l.from, l.to)).collect();
        assert_eq!(links, [(Some("dep"), 0, 1), (Some("by"), 2, 0)]);
    }

    #[test]
    fn broken_files_are_told() {
        for (from, to) in [
            ("#FORMAT", "#FORM"),
            ("0-1", "0-x"),
            ("\t_\t_\t*\t_\t_\t", "\t_"),
            ("#Text=I", "#Words=I"),
            ("9-11", "1-3"),
        ] {
            assert_eq!(parse(&FILE.replace(from, to)).unwrap_err().rule, "webanno", "{from}");
        }
    }
}
