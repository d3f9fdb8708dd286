//! `tamis fmt`: one layout for every manifest. Tables stand in the order of the pipeline, each behind one empty line, keys
//! and values around ` = `. Comments, values and the order of keys and of tables of one kind stay; what the text says is
//! compared before and after.
use std::borrow::Cow;

/// The text in the one layout; `order` names the tables that come first, in order. An error is a text that would say
/// something else afterwards.
pub fn formatted(text: &str, order: &[&str]) -> Result<String, String> {
    let returns = text.contains("\r\n");
    let plain = if returns { Cow::Owned(text.replace("\r\n", "\n")) } else { Cow::Borrowed(text) };
    let (mark, plain) = plain.strip_prefix('\u{feff}').map_or(("", plain.as_ref()), |rest| ("\u{feff}", rest));
    let mut chunks = chunks(&lines(plain));
    let place = |name: &str| order.iter().position(|o| *o == name).unwrap_or(order.len());
    chunks.sort_by_key(|c| c.name.as_deref().map_or(0, |name| place(name) + 1)); // stable: the rest stays as it is
    let own = chunks.iter().map(|c| c.text.join("\n")).filter(|t| !t.is_empty());
    let mut out = format!("{mark}{}\n", own.collect::<Vec<_>>().join("\n\n"));
    if returns {
        out = out.replace('\n', "\r\n");
    }
    let says =
        |text: &str| toml::from_str::<toml::Table>(text.trim_start_matches('\u{feff}')).map(|t| format!("{t:?}"));
    match (says(text), says(&out)) {
        (Ok(before), Ok(after)) if before == after => Ok(out),
        (Err(e), _) => Err(e.message().to_string()),
        _ => Err("the text would say something else in another layout; it stays as it is".into()),
    }
}

/// A line, and whether it begins outside of any value.
struct Line<'t> {
    text: &'t str,
    outside: bool,
    /// Where the first `=` outside of quotes stands, and where its comment begins.
    equals: Option<usize>,
    /// Its end lies within a text of several lines: white space there belongs to the value.
    open: bool,
}

/// What the reader of lines is within.
#[derive(Clone, Copy, PartialEq)]
enum Within {
    Nothing,
    /// A text, by its quote, of one line or of several.
    Text(u8, bool),
    Comment,
}

/// Cuts a text into lines, knowing of each whether it begins within a value.
fn lines(text: &str) -> Vec<Line<'_>> {
    let (mut within, mut depth, mut value) = (Within::Nothing, 0usize, false);
    let mut out = Vec::new();
    for line in text.split('\n') {
        let outside = within == Within::Nothing && depth == 0;
        value &= !outside;
        let bytes = line.as_bytes();
        let (mut at, mut equals) = (0, None);
        while let Some(c) = bytes.get(at) {
            let three = bytes.get(at..at + 3) == Some(&[*c; 3]);
            match (within, c) {
                (Within::Nothing, b'#') => within = Within::Comment,
                (Within::Nothing, b'"' | b'\'') => {
                    within = Within::Text(*c, three);
                    at += if three { 2 } else { 0 };
                }
                (Within::Text(b'"', _), b'\\') => at += 1,
                (Within::Text(quote, true), c) if *c == quote && three => {
                    // up to two more quotes before the end belong to the text
                    while bytes.get(at + 3) == Some(c) {
                        at += 1;
                    }
                    at += 2;
                    within = Within::Nothing;
                }
                (Within::Text(quote, false), c) if *c == quote => within = Within::Nothing,
                (Within::Nothing, b'=') if outside && equals.is_none() && depth == 0 => {
                    (equals, value) = (Some(at), true)
                }
                // the brackets of a heading of a table are none of a value
                (Within::Nothing, b'[' | b'{') if value => depth += 1,
                (Within::Nothing, b']' | b'}') if value => depth = depth.saturating_sub(1),
                _ => {}
            }
            at += 1;
        }
        if matches!(within, Within::Comment | Within::Text(_, false)) {
            within = Within::Nothing; // both end with their line
        }
        let open = matches!(within, Within::Text(..));
        out.push(Line { text: line, outside, equals, open });
    }
    out
}

/// A table with the comments above it; or what stands before the first.
#[derive(Default)]
struct Chunk {
    /// The first part of its name; none before the first table.
    name: Option<String>,
    text: Vec<String>,
}

fn chunks(lines: &[Line]) -> Vec<Chunk> {
    let mut out = vec![Chunk::default()];
    for line in lines {
        let shown = laid_out(line);
        let heading = line.outside && shown.starts_with('[');
        if heading {
            let above = out.last_mut().map(|c| above(&mut c.text)).unwrap_or_default();
            out.push(Chunk { name: Some(first_part(&shown)), text: above });
        }
        let Some(own) = out.last_mut() else { continue };
        let blank = line.outside && shown.is_empty();
        let after_heading =
            own.text.last().is_some_and(|l| l.starts_with('[') && own.name.is_some() && is_heading(own));
        if blank && (own.text.last().is_none_or(String::is_empty) || after_heading) {
            continue; // one empty line parts as well as two, and a heading needs none behind it
        }
        own.text.push(shown.into_owned());
    }
    for chunk in &mut out {
        while chunk.text.last().is_some_and(String::is_empty) {
            chunk.text.pop();
        }
    }
    out
}

/// Whether the last line of a chunk is its heading: only comments stand above it.
fn is_heading(chunk: &Chunk) -> bool {
    let above = chunk.text.len().saturating_sub(1);
    chunk.text.iter().take(above).all(|l| l.starts_with('#'))
}

/// Takes the comments off that stand directly above a heading.
fn above(text: &mut Vec<String>) -> Vec<String> {
    let comments = text.iter().rev().take_while(|l| l.starts_with('#')).count();
    text.split_off(text.len() - comments)
}

/// The first part of a table's name: `label` of `[label.ner]`.
fn first_part(heading: &str) -> String {
    let name = heading.trim_start_matches('[').trim_start();
    let end = name.find(['.', ']', ' ', '\t']).unwrap_or(name.len());
    name.get(..end).unwrap_or(name).trim_matches(['"', '\'']).to_string()
}

/// A line as it is to stand.
fn laid_out<'t>(line: &Line<'t>) -> Cow<'t, str> {
    let ended = if line.open { line.text } else { line.text.trim_end_matches([' ', '\t']) };
    if !line.outside {
        return Cow::Borrowed(ended);
    }
    let Some((key, value)) = line.equals.and_then(|at| Some((ended.get(..at)?, ended.get(at + 1..)?))) else {
        return Cow::Borrowed(ended.trim_start_matches([' ', '\t']));
    };
    let value = value.trim_start_matches([' ', '\t']);
    Cow::Owned(format!("{} = {value}", key.trim_matches([' ', '\t'])))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: [&str; 4] = ["dataset", "collect", "schema", "label"];

    fn laid(text: &str) -> String {
        let once = formatted(text, &ORDER).unwrap();
        assert_eq!(formatted(&once, &ORDER).as_deref(), Ok(once.as_str()), "twice is as once");
        once
    }

    #[test]
    fn tables_stand_in_order_and_comments_go_with_them() {
        let text = "# of all\n\n# of labels\n[label.b]\n\n  x=1   # one\n\n\n\ny =[ 'a=b',\n    # within\n    '#', ]\n\
            [dataset]\nname='x'\n\n# behind\n\n[label.a]\n[[other]]\nz.w=2\n[schema]\n";
        let want = "# of all\n\n[dataset]\nname = 'x'\n\n# behind\n\n[schema]\n\n# of labels\n[label.b]\nx = 1   # one\n\n\
            y = [ 'a=b',\n    # within\n    '#', ]\n\n[label.a]\n\n[[other]]\nz.w = 2\n";
        assert_eq!(laid(text), want);
        assert_eq!(laid(&text.replace('\n', "\r\n")), want.replace('\n', "\r\n"));
    }

    #[test]
    fn texts_of_several_lines_stay_as_they_are() {
        let text = "a = \"\"\"x  \n[label]\n\n\n  b=1 \\\" \"\"\"\"\nc = '''\n[dataset]   \n''' # end  \n\"k = [\" = { d = 1, e = \"}\" }\n[schema]\n";
        let want = "a = \"\"\"x  \n[label]\n\n\n  b=1 \\\" \"\"\"\"\nc = '''\n[dataset]   \n''' # end\n\"k = [\" = { d = 1, e = \"}\" }\n\n[schema]\n";
        assert_eq!(laid(text), want);
        assert!(formatted("a = ", &ORDER).is_err());
        assert_eq!(laid("\u{feff}a=1"), "\u{feff}a = 1\n");
        assert_eq!(laid("a = nan\n"), "a = nan\n");
    }
}
