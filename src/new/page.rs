//! The text of a manifest as it is written: values of TOML, comments, and questions that stay with their lines.
use crate::report::{lang, shown};
use serde_json::Value as Json;
use std::fmt::Write;

/// Characters of a line that is still read at a glance.
const WIDTH: usize = 110;
/// Where comments begin that stand behind a value.
const COMMENT: usize = 48;

/// A manifest that is being written.
#[derive(Default)]
pub struct Page {
    lines: Vec<String>,
    /// What could not be known, each with the line that it is about, from 1.
    open: Vec<(usize, String)>,
}

impl Page {
    pub fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    /// An empty line, and a table.
    pub fn table(&mut self, name: &str) {
        self.line("");
        self.line(format!("[{name}]"));
    }

    /// A comment on lines of its own.
    pub fn remark(&mut self, text: &str) {
        self.line(format!("# {}", shown::line(&lang::text(text))));
    }

    /// A key with its value as TOML, and the reason for it.
    pub fn key(&mut self, name: &str, value: &str, why: &str) {
        let line = format!("{name} = {value}");
        if why.is_empty() {
            return self.line(line);
        }
        let why = lang::text(why);
        let why = shown::line(&why);
        if line.chars().count() + why.chars().count() + 4 > WIDTH.max(COMMENT + why.chars().count())
            || line.contains('\n')
        {
            self.line(format!("# {why}"));
            return self.line(line);
        }
        let width = COMMENT.max(line.chars().count() + 1);
        self.line(format!("{line:<width$}# {why}"));
    }

    /// Asks what could not be known of the line written last.
    pub fn ask(&mut self, say: impl Into<String>) {
        let line = self.lines.iter().map(|l| l.matches('\n').count() + 1).sum();
        self.open.push((line, lang::text(&say.into()).into_owned()));
    }

    /// The text, with a list of the questions at its end; and the questions by their lines.
    pub fn finish(mut self, general: &[String]) -> (String, Vec<(usize, String)>) {
        self.line("");
        let mut open = std::mem::take(&mut self.open);
        open.extend(general.iter().map(|say| (0, lang::text(say).into_owned())));
        if !open.is_empty() {
            self.remark("What could not be known:");
        }
        for (line, say) in &open {
            let place = if *line == 0 { String::new() } else { format!("{}: ", lang::text(&format!("line {line}"))) };
            self.remark(&format!("- {place}{say}"));
        }
        let mut text = self.lines.join("\n");
        text.truncate(text.trim_end().len());
        text.push('\n');
        (text, open)
    }
}

/// A text as TOML has it; whatever could act on a terminal or hide is an escape.
pub fn text(of: &str) -> String {
    let mut out = String::from("\"");
    for c in of.chars() {
        let plain = !c.is_control() && crate::manifest::values::is_line(c.encode_utf8(&mut [0; 4]));
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c if plain => out.push(c),
            c => drop(write!(out, "\\U{:08X}", u32::from(c))),
        }
    }
    out.push('"');
    out
}

/// A key, quoted where it must be.
pub fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    if bare { name.to_string() } else { text(name) }
}

/// A list of texts, on several lines where it is long.
pub fn list<S: AsRef<str>>(of: &[S]) -> String {
    let all: Vec<String> = of.iter().map(|t| text(t.as_ref())).collect();
    let line = format!("[{}]", all.join(", "));
    if line.chars().count() <= WIDTH - 20 {
        return line;
    }
    let lines: Vec<String> = all.iter().map(|t| format!("    {t},")).collect();
    format!("[\n{}\n]", lines.join("\n"))
}

/// A value of a format's key.
pub fn value(of: &Json) -> String {
    match of {
        Json::Array(items) => list(&items.iter().filter_map(Json::as_str).collect::<Vec<_>>()),
        Json::String(t) => text(t),
        other => other.to_string(),
    }
}

/// An inline table of values that are TOML already.
pub fn inline(of: &[(String, String)]) -> String {
    let all: Vec<String> = of.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    format!("{{ {} }}", all.join(", "))
}

/// Whether a value is short enough for an inline table.
pub fn is_short(of: &str) -> bool {
    of.chars().count() <= WIDTH && !of.contains('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a name holds, it comes back out of TOML, and nothing in the file acts.
    #[test]
    fn texts_come_back_and_nothing_acts() {
        for name in ["a \"b\" \\ c", "\u{1b}]0;x\u{7}", "가\u{202e}\n[x]\n", "\u{feff}\u{2028}\t\u{0}", "'''"] {
            let mut page = Page::default();
            page.key(&key(name), &list(&[name]), &format!("of {name}"));
            page.ask(format!("what is {name}"));
            let (text, open) = page.finish(&[]);
            assert!(shown::lines(&text) == text && open.len() == 1, "{text:?}");
            let back: std::collections::BTreeMap<String, Vec<String>> = toml::from_str(&text).unwrap();
            assert_eq!(back.into_iter().next(), Some((name.to_string(), vec![name.to_string()])));
        }
    }

    #[test]
    fn questions_know_their_lines() {
        let mut page = Page::default();
        page.line("a = 1");
        page.key("b", "[\n    \"x\",\n]", "why");
        page.ask("b?");
        let (text, open) = page.finish(&["c?".into()]);
        assert_eq!(open, [(5, "b?".to_string()), (0, "c?".to_string())]);
        assert!(text.ends_with("# What could not be known:\n# - line 5: b?\n# - c?\n"));
    }
}
