//! What each diagnostic code and each finding means. Of a code there is a page, with an example that is wrong and one that is right (`tamis explain`). The pages are
//! data, a file for each area of codes; `tests/explain.rs` checks every example. Of a finding there is a line, in English and in
//! Korean (`explain/findings.txt`); titles of pages are in Korean, too (`explain/ko.txt`).
use super::lang::{self, Lang};
use std::collections::BTreeSet;

/// All pages. A page begins with `# CODE TITLE`; its examples are fenced as `toml wrong` and `toml right`.
pub const PAGES: &[&str] = &[
    include_str!("explain/T00.md"),
    include_str!("explain/T01.md"),
    include_str!("explain/T02.md"),
    include_str!("explain/T03.md"),
    include_str!("explain/T04.md"),
    include_str!("explain/T05.md"),
    include_str!("explain/T06.md"),
    include_str!("explain/T07.md"),
    include_str!("explain/T08.md"),
    include_str!("explain/T09.md"),
];

/// Titles in Korean.
const TITLES: &str = include_str!("explain/ko.txt");

/// Lines on findings.
const FINDINGS: &str = include_str!("explain/findings.txt");

/// What a finding means, in the chosen language.
pub struct Line {
    /// `csv.ragged`; `csv.*` for all rules that begin so.
    pub name: &'static str,
    pub say: &'static str,
}

/// The lines on findings in a language.
fn lines(lang: Lang) -> impl Iterator<Item = Line> {
    let own = FINDINGS.lines().filter(|line| !line.starts_with('#'));
    own.filter_map(move |line| {
        let (name, say) = line.split_once(" | ")?;
        let (english, korean) = say.split_once(" | ")?;
        Some(Line { name, say: if lang == Lang::Ko { korean } else { english } })
    })
}

/// The names of all findings that are known, and of their kinds (`csv`).
pub fn findings() -> BTreeSet<&'static str> {
    let names = FINDINGS.lines().filter(|line| !line.starts_with('#') && !line.contains(" | "));
    let told = lines(Lang::En).map(|line| line.name.strip_suffix(".*").unwrap_or(line.name));
    names.flat_map(str::split_whitespace).chain(told).collect()
}

/// What is said of a finding: of itself, and of all that begin like it. Empty where it is not known.
pub fn finding(name: &str) -> Vec<Line> {
    if !findings().contains(name) {
        return Vec::new();
    }
    let kind = name.split('.').next().unwrap_or_default();
    let is = |line: &Line| line.name == name || line.name.strip_suffix(".*") == Some(kind);
    let mut all: Vec<Line> = lines(lang::chosen()).filter(is).collect();
    all.sort_by_key(|line| line.name.ends_with(".*"));
    all
}

/// What a code means.
pub struct Page {
    pub code: &'static str,
    pub title: &'static str,
    pub body: &'static str,
}

/// Every page, in the order of the codes.
pub fn pages() -> impl Iterator<Item = Page> {
    PAGES.iter().flat_map(|file| {
        let starts: Vec<usize> = std::iter::once(0).chain(file.match_indices("\n# ").map(|(at, _)| at + 1)).collect();
        let ends: Vec<usize> = starts.iter().skip(1).copied().chain([file.len()]).collect();
        starts.into_iter().zip(ends).filter_map(|(from, to)| {
            let (head, body) = file.get(from..to)?.split_once('\n')?;
            let (code, title) = head.strip_prefix("# ")?.split_once(' ')?;
            Some(Page { code, title, body: body.trim() })
        })
    })
}

/// What is said above a page in another language.
const ENGLISH: &str = "The text of this page is in English alone.";

impl Page {
    /// The example of a kind, `wrong` or `right`.
    pub fn example(&self, kind: &str) -> Option<&'static str> {
        let (_, rest) = self.body.split_once(&format!("```toml {kind}\n"))?;
        Some(rest.split_once("```")?.0)
    }

    /// The title in the chosen language.
    pub fn titled(&self) -> &'static str {
        let korean = || TITLES.lines().find_map(|line| line.strip_prefix(self.code)?.strip_prefix(' '));
        if lang::chosen() == Lang::Ko { korean().unwrap_or(self.title) } else { self.title }
    }

    /// The page for a terminal: examples are indented, under what they are. Its title is in the chosen language, and it says where
    /// the rest is not.
    pub fn text(&self) -> String {
        let mut out = format!("{}: {}\n\n", self.code, self.titled());
        if lang::chosen() == Lang::Ko {
            out.push_str(&format!("{}\n\n", lang::text(ENGLISH)));
        }
        let mut within = false;
        for line in self.body.lines() {
            match line.strip_prefix("```") {
                Some("toml wrong") => out.push_str(&format!("\n{}\n\n", lang::text("wrong:"))),
                Some("toml right") => out.push_str(&format!("\n{}\n\n", lang::text("right:"))),
                Some(_) => {}
                None if within => out.push_str(format!("    {line}").trim_end()),
                None => out.push_str(line),
            }
            if line.starts_with("```") {
                within = !within;
            } else {
                out.push('\n');
            }
        }
        out
    }
}
