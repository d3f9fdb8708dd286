//! The language of what people read in a terminal: diagnostics, gates, the lines of a build, and help. Everything is
//! written in English where it arises; `ko.txt` has each sentence beside its Korean one, and what differs from case to
//! case (names, numbers) goes from one to the other. What has no entry stays English. Events (`--json`), cards and files
//! do not pass here.
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::OnceLock;
use unicode_width::UnicodeWidthStr;

const KOREAN: &str = include_str!("ko.txt");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    En,
    Ko,
}

impl Lang {
    /// The language of a locale such as `ko_KR.UTF-8`.
    pub fn of_locale(locale: &str) -> Lang {
        let name = locale.split(['_', '.', '@', '-']).next().unwrap_or_default();
        if name.eq_ignore_ascii_case("ko") { Lang::Ko } else { Lang::En }
    }

    pub fn name(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Ko => "ko",
        }
    }
}

static CHOSEN: OnceLock<Lang> = OnceLock::new();

/// Settles the language of this run; only the first choice counts.
pub fn choose(lang: Lang) {
    let _ = CHOSEN.set(lang);
}

pub fn chosen() -> Lang {
    CHOSEN.get().copied().unwrap_or(Lang::En)
}

/// Whether the table has a sentence; tests demand that none is missing.
#[cfg(test)]
pub fn has_korean(english: &str) -> bool {
    korean().sentence(english).is_some()
}

/// A sentence or a phrase in the chosen language.
pub fn text(english: &str) -> Cow<'_, str> {
    text_in(english, chosen())
}

/// A sentence or a phrase in a language, whatever is chosen for this run.
pub fn text_in(english: &str, lang: Lang) -> Cow<'_, str> {
    match lang {
        Lang::En => english.into(),
        Lang::Ko => korean().phrases(english),
    }
}

/// Lines of a report. What stands between wide gaps is a cell of its own, and cells stay where they begin.
pub fn lines(english: &str) -> Cow<'_, str> {
    match chosen() {
        Lang::En => english.into(),
        Lang::Ko => english.split_inclusive('\n').map(|line| korean().line(line)).collect::<String>().into(),
    }
}

fn korean() -> &'static Table {
    static TABLE: OnceLock<Table> = OnceLock::new();
    TABLE.get_or_init(|| Table::parse(KOREAN))
}

/// English beside another language.
struct Table {
    exact: HashMap<&'static str, &'static str>,
    /// Those with the most words of their own come first.
    templates: Vec<Template>,
}

/// `{}` in the English stands for what differs, `{n}` for a number; `{0}`, `{1}` say where the other language has it.
struct Template {
    parts: Vec<&'static str>,
    /// Of each place, whether a number goes there.
    numbers: Vec<bool>,
    other: &'static str,
}

impl Table {
    /// Blocks of two lines, English and the other language, with a blank line between blocks; `#` begins a comment.
    fn parse(text: &'static str) -> Table {
        let mut table = Table { exact: HashMap::new(), templates: Vec::new() };
        let mut lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
        while let (Some(english), Some(other)) = (lines.next(), lines.next()) {
            match english.contains('{') {
                true => table.templates.push(Template::parse(english, other)),
                false => _ = table.exact.insert(english, other),
            }
        }
        table.templates.sort_by_key(|t| std::cmp::Reverse(t.own()));
        table
    }

    /// A whole sentence, or nothing.
    fn sentence(&self, english: &str) -> Option<String> {
        if let Some(other) = self.exact.get(english) {
            return Some(other.to_string());
        }
        self.templates.iter().find_map(|t| t.filled(self, english))
    }

    /// A sentence, or phrases that semicolons or colons part, each by itself.
    fn phrases<'e>(&self, english: &'e str) -> Cow<'e, str> {
        if let Some(open) = english.strip_suffix(';') {
            return format!("{};", self.phrases(open)).into(); // goes on in the next line
        }
        if let Some(whole) = self.sentence(english) {
            return whole.into();
        }
        for gap in ["; ", ": "] {
            if english.contains(gap) {
                let pieces: Vec<String> =
                    english.split(gap).map(|p| self.sentence(p).unwrap_or_else(|| p.to_string())).collect();
                return pieces.join(gap).into();
            }
        }
        english.into()
    }

    fn line(&self, english: &str) -> String {
        let mut out = String::with_capacity(english.len());
        let (body, end) = english.strip_suffix('\n').map_or((english, ""), |body| (body, "\n"));
        let (mut column, mut rest) = (0, body);
        while !rest.is_empty() {
            let gap = rest.len() - rest.trim_start_matches(' ').len();
            column += gap;
            // at least one space parts two cells, however wide the one before became
            let fill = column.saturating_sub(out.width()).max(usize::from(gap > 0 && !out.is_empty()));
            out.extend(std::iter::repeat_n(' ', fill));
            let cell = rest.get(gap..).unwrap_or_default();
            let cell = cell.split("  ").next().unwrap_or_default().trim_end_matches(' ');
            out.push_str(&self.phrases(cell));
            column += cell.width();
            rest = rest.get(gap + cell.len()..).unwrap_or_default();
        }
        out.push_str(end);
        out
    }
}

impl Template {
    fn parse(english: &'static str, other: &'static str) -> Template {
        let (mut parts, mut numbers, mut rest) = (Vec::new(), Vec::new(), english);
        while let Some((at, place)) = ["{}", "{n}"].iter().filter_map(|p| Some((rest.find(p)?, *p))).min() {
            parts.push(rest.get(..at).unwrap_or_default());
            numbers.push(place == "{n}");
            rest = rest.get(at + place.len()..).unwrap_or_default();
        }
        parts.push(rest);
        Template { parts, numbers, other }
    }

    /// Bytes that every sentence of this form has.
    fn own(&self) -> usize {
        self.parts.iter().map(|p| p.len()).sum()
    }

    fn filled(&self, table: &Table, english: &str) -> Option<String> {
        let (first, others) = self.parts.split_first()?;
        let (last, middle) = others.split_last()?;
        let mut rest = english.strip_prefix(first)?.strip_suffix(last)?;
        let mut found = Vec::new();
        for part in middle {
            let (what, behind) = rest.split_once(part)?;
            found.push(what);
            rest = behind;
        }
        found.push(rest);
        let number = |what: &str| what.bytes().all(|b| b.is_ascii_digit() || matches!(b, b',' | b'.'));
        let quoted = |i: usize| self.parts.get(i).is_some_and(|p| p.ends_with(['`', '"']));
        for (i, what) in found.iter().enumerate() {
            let is_number = self.numbers.get(i).is_some_and(|is| *is);
            if (what.is_empty() && !quoted(i)) || (is_number && !number(what)) {
                return None;
            }
        }
        let mut out = self.other.to_string();
        for (i, what) in found.iter().enumerate() {
            // words of tamis's own, such as the name of a type; what stands in quotes is the user's
            let own = table.exact.get(what).filter(|_| !quoted(i)).copied();
            out = out.replace(&format!("{{{i}}}"), own.unwrap_or(what));
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: &str = "# a comment\n\n{n} dropped ({})\n{0}개 제거 ({1})\n\nnot {}\n{0} 아님\n\na table\n표\n\n`{}` is {}\n`{0}`: {1}\n";

    #[test]
    fn what_differs_goes_to_its_place() {
        let t = Table::parse(FEW);
        assert_eq!(t.sentence("3 dropped (json)").as_deref(), Some("3개 제거 (json)"));
        assert_eq!(t.sentence("not a table").as_deref(), Some("표 아님"), "a phrase within a sentence");
        assert_eq!(t.sentence("`a table` is a table").as_deref(), Some("`a table`: 표"), "the user's words stay");
        assert_eq!(t.sentence("something else"), None);
        assert_eq!(t.sentence("some dropped (json)"), None, "no number");
        assert_eq!(t.phrases("train 4; 3 dropped (json)"), "train 4; 3개 제거 (json)");
    }

    #[test]
    fn cells_stay_where_they_begin() {
        let t = Table::parse(FEW);
        let line = t.line("  collect        4   3 dropped (json)   next\n");
        assert_eq!(line, "  collect        4   3개 제거 (json)    next\n", "a Korean letter takes two columns");
        assert_eq!(t.line("a\n"), "a\n");
        assert_eq!(t.line("\n"), "\n");
        assert_eq!(t.line("a table   x"), "표        x");
    }

    #[test]
    fn every_place_of_the_table_has_something_to_go_there() {
        let table = korean();
        assert!(table.exact.len() + table.templates.len() > 200);
        for t in &table.templates {
            for i in 0..t.parts.len() - 1 {
                assert!(t.other.contains(&format!("{{{i}}}")), "{:?}: {} has no {{{i}}}", t.parts, t.other);
            }
            assert!(!t.other.contains(&format!("{{{}}}", t.parts.len() - 1)), "{}", t.other);
        }
        let lines = KOREAN.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).count();
        assert_eq!(lines, 2 * (table.exact.len() + table.templates.len()), "an entry stands twice");
    }

    #[test]
    fn locales_name_a_language() {
        assert_eq!(Lang::of_locale("ko_KR.UTF-8"), Lang::Ko);
        assert_eq!(Lang::of_locale("ko"), Lang::Ko);
        assert_eq!(Lang::of_locale("kok_IN"), Lang::En);
        assert_eq!(Lang::of_locale("C.UTF-8"), Lang::En);
    }
}
