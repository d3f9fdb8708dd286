//! The part of YAML that cards and citation files are written in: maps, lists, texts, block texts, `[a, b]` and `{a: b}`.
//! Anchors, tags and several documents are not read. What is read becomes JSON; every scalar is a text, with the line that
//! it stands in kept apart.
use serde_json::{Map, Value as Json};

/// Maps and lists within each other, at most.
const DEPTH: usize = 64;

struct Line<'t> {
    indent: usize,
    text: &'t str,
    n: usize,
}

/// The YAML between the lines `---` at the begin of a Markdown file, with the number of lines before it.
pub fn front_matter(text: &str) -> Option<&str> {
    let rest = text.trim_start_matches('\u{feff}').strip_prefix("---")?.trim_start_matches('\r').strip_prefix('\n')?;
    let end = if rest.starts_with("---") { 0 } else { rest.find("\n---")? + 1 };
    rest.get(..end)
}

/// Reads a document; the error has the number of the line, from 1.
pub fn parse(text: &str) -> Result<Json, (usize, String)> {
    let mut lines = Vec::new();
    for (n, raw) in text.lines().enumerate() {
        if let Some(c) = raw.chars().find(|c| !is_printed(*c)) {
            let say = format!("U+{:04X} stands there, which YAML allows as an escape alone", u32::from(c));
            return Err((n + 1, say));
        }
        let text = raw.trim_end();
        let bare = text.trim_start_matches(' ');
        if bare.starts_with('\t') {
            return Err((n + 1, "a tab stands where YAML has spaces".into()));
        }
        if n == 0 && (bare == "---" || bare.starts_with("%YAML")) {
            continue;
        }
        lines.push(Line { indent: text.len() - bare.len(), text: bare, n: n + 1 });
    }
    let mut reader = Reader { lines, at: 0 };
    reader.pass();
    let value = match reader.peek() {
        None => Json::Object(Map::new()),
        Some(line) => reader.block(line.indent, 0)?,
    };
    reader.pass();
    match reader.peek() {
        None => Ok(value),
        Some(line) => Err((line.n, "this line belongs to nothing before it".into())),
    }
}

/// What YAML 1.2 allows as it is: no other control characters, and nothing that is no character.
fn is_printed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | '\u{85}') || !(c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'))
}

#[derive(Clone, Copy)]
struct Seen {
    indent: usize,
    n: usize,
}

struct Reader<'t> {
    lines: Vec<Line<'t>>,
    at: usize,
}

impl<'t> Reader<'t> {
    /// Passes empty lines and comments.
    fn pass(&mut self) {
        while self.lines.get(self.at).is_some_and(|l| l.text.is_empty() || l.text.starts_with('#')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<Seen> {
        self.lines.get(self.at).map(|l| Seen { indent: l.indent, n: l.n })
    }

    fn text(&self) -> &'t str {
        self.lines.get(self.at).map_or("", |l| l.text)
    }

    /// A map or a list at this indent.
    fn block(&mut self, indent: usize, depth: usize) -> Result<Json, (usize, String)> {
        let n = self.peek().map_or(0, |l| l.n);
        if depth > DEPTH {
            return Err((n, "maps and lists lie too deep in each other".into()));
        }
        let text = self.text();
        if text == "-" || text.starts_with("- ") {
            return self.list(indent, depth);
        }
        if key_of(text).is_some() {
            return self.map(indent, depth);
        }
        self.at += 1;
        scalar(text).ok_or((n, "is not read".into()))
    }

    fn list(&mut self, indent: usize, depth: usize) -> Result<Json, (usize, String)> {
        let mut out = Vec::new();
        loop {
            self.pass();
            let text = self.text();
            if self.peek().is_none_or(|l| l.indent != indent) || !(text == "-" || text.starts_with("- ")) {
                return Ok(Json::Array(out));
            }
            let rest = text.strip_prefix('-').unwrap_or(text);
            let own = rest.trim_start();
            let inner = indent + 1 + (rest.len() - own.len());
            if own.is_empty() {
                self.at += 1;
                out.push(self.below(indent, depth)?);
            } else if let Some(line) = self.lines.get_mut(self.at) {
                // the item is read as if it stood alone, behind its dash
                (line.indent, line.text) = (inner, own);
                out.push(match key_of(own).is_some() || own.starts_with("- ") {
                    true => self.block(inner, depth + 1)?,
                    false => self.value(own, indent, depth)?,
                });
            }
        }
    }

    fn map(&mut self, indent: usize, depth: usize) -> Result<Json, (usize, String)> {
        let mut out = Map::new();
        loop {
            self.pass();
            let Some(line) = self.peek().filter(|l| l.indent == indent) else { return Ok(Json::Object(out)) };
            let text = self.text();
            if text.starts_with("- ") || text == "-" {
                return Ok(Json::Object(out));
            }
            let (key, rest) = key_of(text).ok_or((line.n, "is no `key: value`".to_string()))?;
            if out.contains_key(&key) {
                return Err((line.n, format!("the key `{key}` stands twice")));
            }
            let value = match rest.is_empty() {
                true => {
                    self.at += 1;
                    self.below_key(indent, depth)?
                }
                false => self.value(rest, indent, depth)?,
            };
            out.insert(key, value);
        }
    }

    /// What stands below an empty item or key.
    fn below(&mut self, indent: usize, depth: usize) -> Result<Json, (usize, String)> {
        self.pass();
        match self.peek().filter(|l| l.indent > indent) {
            Some(line) => self.block(line.indent, depth + 1),
            None => Ok(Json::Null),
        }
    }

    /// The same below a key, where a list may stand as far left as the key.
    fn below_key(&mut self, indent: usize, depth: usize) -> Result<Json, (usize, String)> {
        self.pass();
        let listed = self.text() == "-" || self.text().starts_with("- ");
        match self.peek().filter(|l| l.indent == indent && listed) {
            Some(_) if depth < DEPTH => self.list(indent, depth + 1),
            _ => self.below(indent, depth),
        }
    }

    /// A value behind a key or a dash, which may go on in the lines below it.
    fn value(&mut self, text: &str, indent: usize, depth: usize) -> Result<Json, (usize, String)> {
        let n = self.peek().map_or(0, |l| l.n);
        self.at += 1;
        let uncommented = without_comment(text);
        // how the end of a block is kept makes no difference here
        if uncommented.strip_prefix(['|', '>']).is_some_and(|rest| rest.len() < 4) {
            return Ok(Json::String(self.block_text(indent, uncommented.starts_with('>'))));
        }
        let mut whole = uncommented.to_string();
        while open(&whole) || (goes_on(&whole) && self.peek().is_some_and(|l| l.indent > indent)) {
            self.pass();
            if self.peek().is_none() || whole.len() > 1 << 20 {
                break;
            }
            whole.push(' ');
            whole.push_str(without_comment(self.text()));
            self.at += 1;
        }
        match whole.as_bytes().first() {
            Some(b'[' | b'{') => {
                let mut flow = Flow { rest: &whole };
                let value = flow.value(depth).ok_or((n, "a list or map in brackets is not read".to_string()))?;
                flow.rest.trim().is_empty().then_some(value).ok_or((n, "text stands behind a bracket".into()))
            }
            _ => scalar(&whole).ok_or((n, "a quote is opened and not closed".into())),
        }
    }

    fn block_text(&mut self, indent: usize, fold: bool) -> String {
        let mut out: Vec<String> = Vec::new();
        let mut own = None;
        while let Some(line) = self.lines.get(self.at).filter(|l| l.text.is_empty() || l.indent > indent) {
            let from = *own.get_or_insert(line.indent);
            out.push(format!("{}{}", " ".repeat(line.indent.saturating_sub(from)), line.text));
            self.at += 1;
        }
        out.join(if fold { " " } else { "\n" })
    }
}

/// Whether a bracket or a quote is open.
fn open(text: &str) -> bool {
    match text.as_bytes().first() {
        Some(b'[' | b'{') => {
            let (mut depth, mut quote) = (0i64, None);
            for c in text.chars() {
                match (quote, c) {
                    (Some(q), c) if c == q => quote = None,
                    (Some(_), _) => {}
                    (None, '"' | '\'') => quote = Some(c),
                    (None, '[' | '{') => depth += 1,
                    (None, ']' | '}') => depth -= 1,
                    _ => {}
                }
            }
            depth > 0
        }
        Some(b'"' | b'\'') => scalar(text).is_none(),
        _ => false,
    }
}

/// Whether a plain text may go on in deeper lines.
fn goes_on(text: &str) -> bool {
    !text.starts_with(['[', '{', '"', '\'', '&', '*', '!'])
}

fn without_comment(text: &str) -> &str {
    let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
        return text.split_once(" #").map_or(text, |(t, _)| t).trim_end();
    };
    let Some(end) = closing(text, quote) else { return text };
    match text.get(end..) {
        Some(rest) if rest.starts_with(' ') && rest.trim_start().starts_with('#') => text.get(..end).unwrap_or(text),
        _ => text,
    }
}

/// Where a quoted text ends, behind its quote: one that is doubled or escaped belongs to the text.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let doubled = quote == '\'' && chars.peek().is_some_and(|(_, next)| *next == quote);
        if c == '\\' && quote == '"' || c == quote && doubled {
            chars.next();
        } else if c == quote {
            return Some(at + 1);
        }
    }
    None
}

/// `key: value` as the key and what stands behind it.
fn key_of(text: &str) -> Option<(String, &str)> {
    if let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let (key, rest) = text.get(1..)?.split_once(quote)?;
        let rest = rest.trim_start().strip_prefix(':')?;
        return (rest.is_empty() || rest.starts_with(' ')).then(|| (key.to_string(), rest.trim()));
    }
    if text.starts_with(['[', '{', '|', '>', '#']) {
        return None;
    }
    let (key, rest) = match text.strip_suffix(':').filter(|key| !key.contains(": ")) {
        Some(key) => (key, ""),
        None => text.split_once(": ")?,
    };
    let rest = rest.trim();
    Some((key.trim().to_string(), if rest.starts_with('#') { "" } else { rest }))
}

/// A plain or quoted text. Nothing is a null; numbers stay texts.
fn scalar(text: &str) -> Option<Json> {
    let text = text.trim();
    if let Some(rest) = text.strip_prefix('\'') {
        let inner = rest.strip_suffix('\'').filter(|i| i.matches('\'').count() == 2 * i.matches("''").count())?;
        return Some(Json::String(inner.replace("''", "'")));
    }
    if text.starts_with('"') {
        // the escapes of YAML that cards use are those of JSON
        return serde_json::from_str::<String>(text).ok().map(Json::String);
    }
    match text {
        "" | "~" | "null" => Some(Json::Null),
        other => Some(Json::String(other.to_string())),
    }
}

/// A list or a map in brackets.
struct Flow<'t> {
    rest: &'t str,
}

impl Flow<'_> {
    fn eat(&mut self, c: char) -> bool {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(c) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEPTH {
            return None;
        }
        if self.eat('[') {
            let mut out = Vec::new();
            while !self.eat(']') {
                out.push(self.value(depth + 1)?);
                if !self.eat(',') && !self.rest.trim_start().starts_with(']') {
                    return None;
                }
            }
            return Some(Json::Array(out));
        }
        if self.eat('{') {
            let mut out = Map::new();
            while !self.eat('}') {
                let Json::String(key) = self.word()? else { return None };
                let value = if self.eat(':') { self.value(depth + 1)? } else { Json::Null };
                out.insert(key, value);
                if !self.eat(',') && !self.rest.trim_start().starts_with('}') {
                    return None;
                }
            }
            return Some(Json::Object(out));
        }
        self.word()
    }

    fn word(&mut self) -> Option<Json> {
        self.rest = self.rest.trim_start();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let end = match quote {
            Some(q) => self.rest.get(1..)?.find(q)? + 2,
            None => self.rest.find([',', ']', '}', ':']).unwrap_or(self.rest.len()),
        };
        let (word, rest) = self.rest.split_at_checked(end)?;
        self.rest = rest;
        scalar(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_cards_write_is_read() {
        let text = "# a card\nlicense: cc-by-4.0\nlanguage:\n- ko\n- \"no\"\ntags: [a, 'b: c', \"d\"]\nconfigs:\n- config_name: ner\n  default: true\n  data_files:\n  - split: train\n    path: data/train-*\n  - split: test\n    path:\n    - \"x\"\ndataset_info:\n  features:\n  - name: tags\n    list:\n      class_label:\n        names:\n          '0': O\n          '1': B-PER\n  splits:\n  - name: train\n    num_examples: 3\nlong: >\n  one\n  two\nempty:\n";
        let want = json!({
            "license": "cc-by-4.0", "language": ["ko", "no"], "tags": ["a", "b: c", "d"],
            "configs": [{ "config_name": "ner", "default": "true", "data_files": [
                { "split": "train", "path": "data/train-*" }, { "split": "test", "path": ["x"] } ] }],
            "dataset_info": { "features": [{ "name": "tags", "list": { "class_label": { "names": { "0": "O", "1": "B-PER" } } } }],
                "splits": [{ "name": "train", "num_examples": "3" }] },
            "long": "one two", "empty": null,
        });
        assert_eq!(parse(text), Ok(want));
        assert_eq!(parse("a: 1\na: 2\n"), Err((2, "the key `a` stands twice".into())));
        assert_eq!(parse("val: \"a # \\\"b\"  # c: \"d\nk: 'e''f' # g\n"), Ok(json!({ "val": "a # \"b", "k": "e'f" })));
        assert!(parse(&"- ".repeat(5000)).is_err());
        assert_eq!(parse("a: b\nc: \"d\u{7f}\"\n").map_err(|(line, _)| line), Err(2));
        assert!(parse(&format!("a: {}", "[".repeat(5000))).is_err());
        assert_eq!(
            parse("a: {b: [c, d], e: 'f'}\nauthors:\n  - name: X # who\n"),
            Ok(json!({"a": {"b": ["c", "d"], "e": "f"}, "authors": [{"name": "X"}]}))
        );
        assert_eq!(front_matter("---\na: b\n---\n# x\n"), Some("a: b\n"));
    }
}
