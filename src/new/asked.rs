//! What is asked of a source besides its keys: what the top of its tables is, which records cannot be read, and which files are
//! not read.
use super::found::top;
use super::kinds::header;
use super::page::Page;
use super::plan::Guess;
use crate::formats::csv_fields::{NAMES, SKIP, TOTALS};
use crate::report::lang;
use crate::table::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The key that says what quotes.
const QUOTE: &str = "quote";

/// Asks what the top of a table is, where that is a guess.
pub fn headers(page: &mut Page, g: &Guess) {
    let s = &g.source;
    let told = |name: &str| s.keys.iter().find(|k| k.name == name && !k.why.is_empty());
    if let Some(key) = told(NAMES.name).or(told(SKIP.name)) {
        page.ask(format!("what the first lines of collect.{} are: {}", s.name, lang::text(&key.why)));
    }
    if let Some(key) = told(QUOTE).filter(|key| key.value == "") {
        page.ask(format!("whether quotes of collect.{} are part of its values: {}", s.name, lang::text(&key.why)));
    }
    if let Some(key) = told(TOTALS.name) {
        page.ask(format!(
            "whether rows of collect.{} are left out that are no samples: {}",
            s.name,
            lang::text(&key.why)
        ));
    }
    s.asks.iter().for_each(|say| page.ask(say.as_str()));
    let has = |name: &str| s.format.options.iter().any(|own| own.name == name);
    let named = s.keys.iter().any(|key| key.name == NAMES.name);
    let number = s.sample.columns.iter().find(|c| header::is_number(&c.name));
    if let Some(column) = number.filter(|_| has(NAMES.name) && !named) {
        page.ask(format!(
            "whether the first line of collect.{} names the columns, as `{}` does: it is taken for a header; `names` says how they \
             are called where it is a record",
            s.name, column.name
        ));
    }
}

/// Files that may hold many texts each.
const FILES: usize = 3;
/// Lines of a file that look like texts of their own.
const LINES: usize = 10;

/// Asks of files that are a text each whether their folders are classes, and whether their lines are texts of their own.
pub fn texts(page: &mut Page, g: &Guess) {
    let s = &g.source;
    if s.format.name != "text" || s.named.is_some() {
        return;
    }
    let top = top(s.files.iter());
    let folder = |path: &String| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_string());
    let below: BTreeSet<String> = s.files.iter().map(folder).filter(|f| *f != top).collect();
    let direct = s.files.iter().any(|f| folder(f) == top);
    if let (Some(first), Some(last), false) =
        (below.first(), below.last(), direct || below.len() < 2 || below.len() * 2 > s.files.len())
    {
        let name = |folder: &str| folder.rsplit('/').next().unwrap_or_default().to_string();
        page.ask(format!(
            "whether the folders of collect.{}, as `{}` and `{}`, are classes: no field of a text says its folder, so no task is \
             made; a table with the text and the class in columns would have both",
            s.name,
            name(first),
            name(last)
        ));
    }
    let column = s.sample.columns.iter().find(|c| c.name == "text");
    let mut texts = column.into_iter().flat_map(|c| c.there()).filter_map(Value::text);
    let many = texts.find(|t| t.lines().filter(|l| !l.trim().is_empty()).count() >= LINES);
    let Some(text) = many.filter(|_| s.files.len() <= FILES) else { return };
    page.ask(match text.trim_start().starts_with("__label__") {
        true => format!(
            "what the lines of collect.{} say: they begin with `__label__`, as fastText writes classes, and the whole file is one \
             sample here; a table with the class and the text in columns would be read",
            s.name
        ),
        false => format!(
            "whether each line of collect.{} is a sample: the whole file is one here; `format = \"lines\"` reads lines, and \
             `format = \"paragraphs\"` what blank lines part",
            s.name
        ),
    });
}

/// A build fails where more than a tenth of the records cannot be read; where the beginning shows as many it is told.
pub fn rejects(page: &mut Page, g: &Guess) {
    let (bad, all) = (g.source.sample.rejected, g.source.sample.rejected + g.source.sample.rows);
    let first = g.source.sample.first.as_ref().map_or(String::new(), |first| format!("; the first: {first}"));
    if bad * 10 <= all {
        if bad > 0 {
            let name = &g.source.name;
            page.ask(format!(
                "what {bad} of the first {all} records of collect.{name} say, which cannot be read{first}"
            ));
        }
        return;
    }
    let tenths = (bad * 10).div_ceil(all.max(1)) + 1;
    let share = if tenths > 9 { "0.99".to_string() } else { format!("0.{tenths}") };
    page.key("max_rejects", &share, &format!("{bad} of the first {all} records cannot be read"));
    page.key("max_lost_files", &g.source.files.len().to_string(), "as many files may lose so much");
    page.ask(format!("what is wrong with the records of collect.{} that cannot be read{first}", g.source.name));
}

/// What is not read: files with one reason together, of many the first, or `all`.
pub fn not_read(unread: &[(String, String)], all: bool) -> Vec<String> {
    const NAMED: usize = 3;
    let mut of: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    unread.iter().for_each(|(path, why)| of.entry(why).or_default().push(path));
    let say = |(why, paths): (&str, Vec<&str>)| {
        // it is read, and this is said of it
        let read = why.starts_with("no task") || why.starts_with("the configuration");
        let why = lang::text(why);
        let shown = if all { paths.len() } else { NAMED };
        let named = paths.iter().take(shown).copied().collect::<Vec<_>>().join(", ");
        let line = match paths.len() {
            _ if read => format!("{named}: {why}"),
            1 => format!("{named} is not read: {why}"),
            n if n <= shown => format!("{named} are not read: {why}"),
            n => format!("{named} and {} more (`--all` names them) are not read: {why}", n - shown),
        };
        lang::text(&line).into_owned()
    };
    of.into_iter().map(say).collect()
}
