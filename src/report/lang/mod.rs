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

/// How many columns of a terminal a text takes: a Korean letter takes two.
pub fn width(text: &str) -> usize {
    text.width()
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

/// `{}` in the English stands for what differs, `{n}` for a number, `{=}` for a name that stays as it is; `{0}`, `{1}` say where
/// the other language has it.
struct Template {
    parts: Vec<&'static str>,
    /// Of each place what goes there: one of [`PLACES`].
    places: Vec<&'static str>,
    other: &'static str,
}

impl Table {
    /// Blocks of two lines, English and the other language, with a blank line between blocks; `#` begins a comment.
    fn parse(text: &'static str) -> Table {
        let mut table = Table { exact: HashMap::new(), templates: Vec::new() };
        let mut lines = text.lines().filter(|l| !l.is_empty() && !l.starts_with('#'));
        while let (Some(english), Some(other)) = (lines.next(), lines.next()) {
            match PLACES.iter().any(|place| english.contains(place)) {
                true => table.templates.push(Template::parse(english, other)),
                false => _ = table.exact.insert(english, other),
            }
        }
        table.templates.sort_by_key(|t| std::cmp::Reverse(t.own()));
        table
    }

    /// A whole sentence, or nothing.
    #[cfg(test)]
    fn sentence(&self, english: &str) -> Option<String> {
        self.of_one(english, true).or_else(|| self.of_one(english, false))
    }

    /// A whole sentence; with `strict` no place of it may hold several phrases, which are rather sentences of their own.
    fn of_one(&self, english: &str, strict: bool) -> Option<String> {
        if let Some(other) = self.exact.get(english) {
            return Some(other.to_string());
        }
        self.templates.iter().find_map(|t| t.filled(self, english, strict))
    }

    /// A sentence, or phrases that semicolons or colons part, each by itself.
    fn phrases<'e>(&self, english: &'e str) -> Cow<'e, str> {
        if let Some(open) = english.strip_suffix(';') {
            return format!("{};", self.phrases(open)).into(); // goes on in the next line
        }
        if let Some(whole) = self.of_one(english, true) {
            return whole.into();
        }
        // each phrase by itself, unless a form that holds several of them leaves less in English
        let (parted, loose) = (self.parted(english), self.of_one(english, false));
        let whole = |told: &Option<String>| told.as_ref().is_some_and(|told| !is_sentence(told));
        let first = if whole(&parted) || !whole(&loose) { parted.or(loose) } else { loose };
        first.map_or(english.into(), Cow::from)
    }

    /// Phrases one after another, as far as some of them are known; of a list with commas no sentence may be left.
    fn parted(&self, english: &str) -> Option<String> {
        ["; ", ": ", ", "].into_iter().find_map(|gap| {
            let mut pieces = apart(english, gap);
            if pieces.len() < 2 {
                return None;
            }
            // what stands behind a name may have a colon of its own
            if let Some(head) = pieces.first().copied().filter(|_| gap == ": ") {
                pieces = vec![head, english.get(head.len() + gap.len()..).unwrap_or_default()];
            }
            let told: Vec<Cow<str>> = pieces.iter().map(|piece| self.phrases(piece)).collect();
            let list = gap == ", ";
            let known = |(told, piece): &(&Cow<str>, &&str)| told != piece && (!list || piece.contains(' '));
            let enough =
                told.iter().zip(&pieces).any(|pair| known(&pair)) && !(list && told.iter().any(|t| is_sentence(t)));
            enough.then(|| told.join(gap))
        })
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
            out.push_str(&if NAMES.contains(&cell) { Cow::from(cell) } else { self.phrases(cell) });
            column += cell.width();
            rest = rest.get(gap + cell.len()..).unwrap_or_default();
        }
        out.push_str(end);
        out
    }
}

/// What stands for a place in a sentence.
const PLACES: [&str; 3] = ["{}", "{n}", "{=}"];

/// Names that columns and sources often have: a cell that is such a word is no word of tamis.
const NAMES: [&str; 9] = ["audio", "class", "file", "image", "label", "source", "split", "text", "texts"];

/// A form with fewer bytes of its own than this says too little to stand around a sentence.
const WEAK: usize = 14;

/// Whether a text has two plain words of English in a row, outside of quotes. A list of names with commas is no sentence.
fn is_sentence(text: &str) -> bool {
    has_words(text, 2)
}

/// Whether so many plain words of English stand in a row.
fn has_words(text: &str, least: usize) -> bool {
    let plain = |word: &str| {
        let word = word.trim_matches(['(', ')', ',', ';', ':', '.', '?']);
        word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase())
    };
    let (mut before, mut within) = (0, false);
    // what follows the name of the command is to be typed
    text.split(' ').take_while(|word| !matches!(*word, "tamis" | "`tamis")).any(|word| {
        let quotes = word.matches(['`', '"']).count();
        let is = !within && quotes == 0 && plain(word);
        within ^= quotes % 2 == 1;
        let row = if is { before + 1 } else { 0 };
        before = if word.ends_with([',', ':']) { 0 } else { row };
        row >= least
    })
}

/// The pieces between a mark, but for marks within quotes, which are the user's.
fn apart<'e>(english: &'e str, gap: &str) -> Vec<&'e str> {
    let (mut out, mut from, mut open) = (Vec::new(), 0, None);
    for (at, c) in english.char_indices() {
        match (open, c) {
            (None, '`' | '"') => open = Some(c),
            (Some(quote), c) if quote == c => open = None,
            (None, _) if at >= from && english.get(at..).is_some_and(|rest| rest.starts_with(gap)) => {
                out.push(english.get(from..at).unwrap_or_default());
                from = at + gap.len();
            }
            _ => {}
        }
    }
    out.push(english.get(from..).unwrap_or_default());
    out
}

impl Template {
    fn parse(english: &'static str, other: &'static str) -> Template {
        let (mut parts, mut places, mut rest) = (Vec::new(), Vec::new(), english);
        while let Some((at, place)) = PLACES.iter().filter_map(|p| Some((rest.find(p)?, *p))).min() {
            parts.push(rest.get(..at).unwrap_or_default());
            places.push(place);
            rest = rest.get(at + place.len()..).unwrap_or_default();
        }
        parts.push(rest);
        Template { parts, places, other }
    }

    /// Bytes that every sentence of this form has.
    fn own(&self) -> usize {
        self.parts.iter().map(|p| p.len()).sum()
    }

    fn filled(&self, table: &Table, english: &str, strict: bool) -> Option<String> {
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
        let quoted = |i: usize| self.parts.get(i).is_some_and(|p| p.ends_with(['`', '"', '\'']));
        for (i, what) in found.iter().enumerate() {
            let is_number = self.places.get(i) == Some(&"{n}");
            let several = strict && !quoted(i) && apart(what, "; ").len() > 1;
            if (what.is_empty() && !quoted(i)) || (is_number && !number(what)) || several {
                return None;
            }
        }
        let mut out = self.other.to_string();
        for (i, what) in found.iter().enumerate() {
            // words of tamis's own, such as the name of a type; what stands in quotes is the user's
            let kept = quoted(i) || self.places.get(i) == Some(&"{=}");
            let own = if kept { Cow::from(*what) } else { table.phrases(what) };
            // few words around a sentence that is not known would make half a sentence in each language
            if self.own() < WEAK && !quoted(i) && has_words(&own, 3) {
                return None;
            }
            out = out.replace(&format!("{{{i}}}"), &own);
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
