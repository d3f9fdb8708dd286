//! What a Python file says to Python: its bytes without comments and blank lines. Two files that say the same run the same.
//!
//! Only what is understood for certain is left out; of any other file all bytes count. A shebang and a coding line are no
//! comments, nor is anything within a string. Where a string ends that is formatted (`f"..."`) depends on the version of
//! Python if it holds quotes of its own: such a file is not understood.

/// The file without its comments and blank lines, or as it is.
pub fn said(bytes: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(bytes).ok().filter(|t| !t.contains('\0'));
    text.and_then(|t| Lexer { bytes: t.as_bytes(), at: 0, out: Vec::with_capacity(t.len()), line: 0 }.file())
        .unwrap_or_else(|| bytes.to_vec())
}

struct Lexer<'t> {
    bytes: &'t [u8],
    at: usize,
    out: Vec<u8>,
    /// Where the line begins in `out` that is being written.
    line: usize,
}

/// What stands in front of a string and makes it another kind.
const PREFIXES: &[&str] = &["r", "u", "b", "f", "t", "br", "rb", "fr", "rf", "tr", "rt"];

impl Lexer<'_> {
    fn file(mut self) -> Option<Vec<u8>> {
        self.first_lines()?;
        let mut continued = false;
        while let Some(byte) = self.peek(0) {
            match byte {
                b'#' => self.comment(),
                b'"' | b'\'' => self.string()?,
                b'\r' | b'\n' => {
                    let blank = self.end_line();
                    if blank && continued {
                        return None; // the line before goes on here, and ends
                    }
                    continued = false;
                }
                b'\\' => {
                    self.copy(1);
                    if !matches!(self.peek(0)?, b'\r' | b'\n') {
                        return None;
                    }
                    self.copy(if self.bytes.get(self.at..self.at + 2) == Some(b"\r\n") { 2 } else { 1 });
                    self.line = self.out.len();
                    continued = true;
                }
                _ => self.copy(1),
            }
        }
        let blank = self.end_line();
        (!(blank && continued)).then_some(self.out)
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    fn copy(&mut self, n: usize) {
        let end = (self.at + n).min(self.bytes.len());
        self.out.extend_from_slice(self.bytes.get(self.at..end).unwrap_or_default());
        self.at = end;
    }

    /// A shebang and a coding line, which stand in the first two lines, are kept whole; of a file in another encoding
    /// than UTF-8 nothing is understood.
    fn first_lines(&mut self) -> Option<()> {
        for n in 0..2 {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            let end = rest.iter().position(|b| matches!(b, b'\r' | b'\n')).unwrap_or(rest.len());
            let own = rest.get(..end).unwrap_or_default();
            let text = std::str::from_utf8(own).ok()?;
            let start = text.trim_start_matches([' ', '\t', '\x0c', '\u{feff}']);
            if !start.is_empty() && !start.starts_with('#') {
                return Some(()); // behind a line of code none is a coding line
            }
            let coding = coding(start);
            if let Some(name) = coding
                && !["utf-8", "utf8", "utf_8"].contains(&name.to_ascii_lowercase().as_str())
            {
                return None;
            }
            if coding.is_some() || (n == 0 && start.starts_with("#!")) {
                self.copy(end);
                self.out.push(b'\n');
            } else {
                self.at += end;
            }
            self.at += match self.bytes.get(self.at..) {
                Some([b'\r', b'\n', ..]) => 2,
                Some([_, ..]) => 1,
                _ => 0,
            };
            self.line = self.out.len();
        }
        Some(())
    }

    fn comment(&mut self) {
        while self.peek(0).is_some_and(|b| !matches!(b, b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    /// Ends a line; whether nothing stood on it, so that it is left out.
    fn end_line(&mut self) -> bool {
        let both = self.bytes.get(self.at..self.at + 2) == Some(b"\r\n");
        self.at += if both { 2 } else { 1 };
        let spaces = |b: &&u8| matches!(b, b' ' | b'\t' | b'\x0c');
        let more = self.out.get(self.line..).unwrap_or_default().iter().rev().take_while(spaces).count();
        self.out.truncate(self.out.len() - more);
        let blank = self.out.len() == self.line;
        if !blank {
            self.out.push(b'\n');
        }
        self.line = self.out.len();
        blank
    }

    /// A string, whose first quote stands here. A backslash takes the next character along, also where it means nothing.
    fn string(&mut self) -> Option<()> {
        let word = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_' || !b.is_ascii();
        let prefix: Vec<u8> = self.out.get(self.line..)?.iter().rev().take_while(word).copied().collect();
        let prefix: String = prefix.iter().rev().map(|b| char::from(b.to_ascii_lowercase())).collect();
        let formatted = PREFIXES.contains(&prefix.as_str()) && prefix.contains(['f', 't']);
        let quote = self.peek(0)?;
        let quotes = if self.peek(1) == Some(quote) && self.peek(2) == Some(quote) { 3 } else { 1 };
        if quotes == 1 && self.peek(1) == Some(quote) {
            self.copy(2); // an empty one
            return Some(());
        }
        let start = self.at + quotes;
        self.copy(quotes);
        loop {
            match self.peek(0)? {
                b'\\' => self.copy(2),
                b'\r' | b'\n' if quotes == 1 => return None,
                b if b == quote && (1..quotes).all(|n| self.peek(n) == Some(quote)) => break,
                _ => self.copy(1),
            }
        }
        if formatted && !balanced(self.bytes.get(start..self.at)?) {
            return None;
        }
        self.copy(quotes);
        Some(())
    }
}

/// Whether every replacement field of a formatted string ends within it.
fn balanced(body: &[u8]) -> bool {
    let (mut depth, mut i) = (0u32, 0);
    while let Some(byte) = body.get(i) {
        let twice = depth == 0 && body.get(i + 1) == Some(byte);
        match byte {
            b'{' | b'}' if twice => i += 1,
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        i += 1;
    }
    depth == 0
}

/// The encoding that a comment declares, as Python looks for it: `coding`, then `:` or `=`, then a name.
fn coding(comment: &str) -> Option<&str> {
    if !comment.starts_with('#') {
        return None;
    }
    comment.match_indices("coding").find_map(|(at, word)| {
        let rest = comment.get(at + word.len()..)?.strip_prefix([':', '='])?.trim_start_matches([' ', '\t']);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(rest.len());
        rest.get(..end).filter(|name| !name.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) {
        assert_eq!(String::from_utf8(said(a.as_bytes())).unwrap(), String::from_utf8(said(b.as_bytes())).unwrap());
    }

    fn differ(a: &str, b: &str) {
        assert_ne!(said(a.as_bytes()), said(b.as_bytes()), "{a} {b}");
    }

    #[test]
    fn comments_and_blank_lines_say_nothing() {
        same("x = 1\ny = 2\n", "# a\nx = 1  # b\n\n   \n\t# c\ny = 2");
        same("def f():\n    return 1\n", "def f():\n    # why\n    return 1\n");
        same("x = 1\r\ny = 2\r\n", "x = 1\ny = 2\n");
        same("x = (1,\n  2)\n", "x = (1, # one\n  2)\n");
    }

    #[test]
    fn strings_hold_no_comments() {
        differ("x = '# a'\n", "x = '# b'\n");
        differ("x = \"\"\"\n# a\n\"\"\"\n", "x = \"\"\"\n# b\n\"\"\"\n");
        differ("x = \"\"\"\n\n\"\"\"\n", "x = \"\"\"\n\"\"\"\n");
        differ("x = 'it\\'s # a'\n", "x = 'it\\'s # b'\n");
        differ("x = r'\\' # a'\n", "x = r'\\' # b'\n");
        same("x = r'\\\\' # a\n", "x = r'\\\\' # b\n");
        same("x = ''  # a\n", "x = ''\n");
        same("x = f'{y}' # a\n", "x = f'{y}'\n");
        same("x = f'{{' # a\n", "x = f'{{'\n");
    }

    #[test]
    fn what_is_not_understood_counts_whole() {
        differ("x = f\"{d[\"a # b\"]}\"\n", "x = f\"{d[\"a # c\"]}\"\n");
        differ("x = 'open # a\n", "x = 'open # b\n");
        differ("x = 1 \\\n# a\ny = 2\n", "x = 1 \\\ny = 2\n");
        assert_eq!(said(b"x = 1\0 # a"), b"x = 1\0 # a");
        assert_eq!(said(b"# \xff\n"), b"# \xff\n");
    }

    #[test]
    fn the_first_lines_may_say_something() {
        differ("#!/usr/bin/python3\nx = 1\n", "#!/usr/bin/python2\nx = 1\n");
        differ("# -*- coding: utf-8 -*-\nx = 1\n", "x = 1\n");
        differ("# coding: latin-1\nx = 1 # a\n", "# coding: latin-1\nx = 1 # b\n");
        differ("# a\n# vim: set fileencoding=utf-8 :\nx = 1\n", "# a\nx = 1\n");
        same("# a\n# b\n# coding: utf-8\nx = 1\n", "x = 1\n");
        same("x = 1\n# coding: latin-1\n", "x = 1\n");
        same("# encoding is told elsewhere\nx = 1\n", "x = 1\n");
        differ("#!/bin/x\nx = 1\n", "\n#!/bin/x\nx = 1\n");
    }

    #[test]
    fn what_changes_the_program_is_seen() {
        differ("if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n");
        differ("x = 1 + \\\n  2\n", "x = 1 + \\\n  3\n");
        differ("x = 1\n", "x = 1;\n");
        differ("# x\ry = 1\n", "# x\n");
    }
}
