//! What licences permit, demand and forbid: the table `rights.txt`, read once. Each answer names the place in the
//! licence's text that it rests on.
use std::sync::OnceLock;

/// An answer to one question about a licence; of two the lesser permits less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Answer {
    No,
    /// The text does not settle it.
    Open,
    Yes,
}

impl Answer {
    pub fn word(self) -> &'static str {
        ["no", "open", "yes"][self as usize]
    }
}

/// The questions, in the order in which they are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Right {
    Research,
    Redistribute,
    Adapt,
    Commercial,
    Train,
    Attribution,
    Notice,
    Changes,
    ShareAlike,
    Limits,
    Database,
}

impl Right {
    pub const ALL: [Right; 11] = [
        Right::Research,
        Right::Redistribute,
        Right::Adapt,
        Right::Commercial,
        Right::Train,
        Right::Attribution,
        Right::Notice,
        Right::Changes,
        Right::ShareAlike,
        Right::Limits,
        Right::Database,
    ];

    pub fn name(self) -> &'static str {
        const NAMES: [&str; 11] = [
            "research",
            "redistribute",
            "adapt",
            "commercial",
            "train",
            "attribution",
            "notice",
            "changes",
            "share-alike",
            "limits",
            "database",
        ];
        NAMES[self as usize]
    }
}

/// An answer, and where the text gives it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    pub answer: Answer,
    pub source: &'static str,
}

/// A row of the table.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    pub name: &'static str,
    /// Where the licence's own words stand.
    pub text: &'static str,
    /// Patterns of further licences of which the row speaks.
    on: Vec<&'static str>,
    /// What a share-alike licence may be exchanged for.
    keeps: Vec<&'static str>,
    cells: [Option<Cell>; 11],
}

impl Rights {
    pub fn cell(&self, right: Right) -> Option<Cell> {
        self.cells[right as usize]
    }

    /// What is not said is not settled.
    pub fn get(&self, right: Right) -> Answer {
        self.cell(right).map_or(Answer::Open, |cell| cell.answer)
    }

    /// Whether nothing at all is asked of those who share it.
    pub fn waives(&self) -> bool {
        [Right::Attribution, Right::Notice, Right::ShareAlike, Right::Limits].iter().all(|r| self.get(*r) == Answer::No)
    }

    /// Whether what is made of a share-alike licence's term may be released under another term.
    pub fn is_kept_by(&self, term: &str, release: &str) -> bool {
        let kept = |pattern: &&str| match pattern.strip_prefix("later:") {
            Some(family) => is_later(family, term, release),
            None => fits(pattern, release),
        };
        term == release || self.keeps.iter().any(kept)
    }
}

/// Whether the release is of a family of licences, and of the source's version or a later one; the ports of one version
/// stand for each other.
fn is_later(family: &str, term: &str, release: &str) -> bool {
    let version = |id: &str| version_of(id.strip_prefix(family)?.strip_prefix('-')?);
    version(release).zip(version(term)).is_some_and(|(release, own)| release >= own)
}

/// `4.0` of `4.0` or of `3.0-AT`, as (major, minor); `None` of what begins with no number.
fn version_of(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.split('-').next()?.split('.').map(|p| p.parse().ok());
    Some((parts.next()??, parts.next().flatten().unwrap_or(0)))
}

/// Whether a name fits a pattern, in which `*` stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    true
}

/// A term as the table has it: without the exception behind `WITH`, without `+`; ports of Creative Commons that SPDX does
/// not list are written `LicenseRef-CC-BY-2.0-KR`.
pub fn plain(term: &str) -> &str {
    let base = term.split(" WITH ").next().unwrap_or(term).trim_end_matches('+');
    match base.strip_prefix("LicenseRef-") {
        Some(port) if port.starts_with("CC-BY-") => port,
        _ => base,
    }
}

/// All rows.
pub fn all() -> &'static [Rights] {
    static TABLE: OnceLock<Vec<Rights>> = OnceLock::new();
    TABLE.get_or_init(|| read(include_str!("rights.txt")))
}

/// The row of a name.
pub fn named(name: &str) -> Option<&'static Rights> {
    all().iter().find(|row| row.name == name)
}

/// The row that speaks of a single licence; `None` where none does. What SPDX lists as copyleft is taken for that.
pub fn of(term: &str) -> Option<&'static Rights> {
    let own = plain(term);
    let listed = || all().iter().find(|row| row.on.iter().any(|pattern| fits(pattern, own)));
    let copyleft = || spdx::license_id(own).filter(|id| id.is_copyleft()).and(named("open source, copyleft"));
    named(own).or_else(listed).or_else(copyleft)
}

fn read(text: &'static str) -> Vec<Rights> {
    let mut out: Vec<Rights> = Vec::new();
    let mut like: Vec<Option<&str>> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            out.push(Rights { name, ..Rights::default() });
            like.push(None);
            continue;
        }
        let (Some(row), Some(of), Some((word, rest))) = (out.last_mut(), like.last_mut(), line.split_once(' ')) else {
            continue;
        };
        match word {
            "on" => row.on.extend(rest.split(' ')),
            "keeps" => row.keeps.extend(rest.split(' ')),
            "text" => row.text = rest,
            "like" => *of = Some(rest),
            cell => put(row, cell, rest),
        }
    }
    for at in 0..out.len() {
        let earlier = like.get(at).copied().flatten().and_then(|name| out.iter().find(|row| row.name == name));
        let Some(cells) = earlier.map(|row| row.cells) else { continue };
        let own = out.get_mut(at).into_iter().flat_map(|row| row.cells.iter_mut());
        own.zip(cells).for_each(|(own, other)| *own = own.or(other));
    }
    out
}

/// Sets a cell: `yes | where the text says so`.
fn put(row: &mut Rights, name: &str, rest: &'static str) {
    let Some(right) = Right::ALL.into_iter().find(|right| right.name() == name) else { return };
    let Some((word, source)) = rest.split_once(" | ") else { return };
    let answer = [Answer::No, Answer::Open, Answer::Yes].into_iter().find(|answer| answer.word() == word);
    row.cells[right as usize] = answer.map(|answer| Cell { answer, source });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_there_with_its_source() {
        assert!(all().len() >= 45, "{}", all().len());
        for row in all() {
            assert!(row.text.starts_with("https://"), "{}", row.name);
            for right in Right::ALL {
                assert!(row.cell(right).is_some_and(|c| !c.source.is_empty()), "{} {}", row.name, right.name());
            }
            if !row.name.starts_with(['o', 'L']) {
                assert!(spdx::license_id(row.name).is_some(), "{} is not on the list of SPDX", row.name);
            }
            for pattern in row.keeps.iter().filter(|p| !p.starts_with("later:")) {
                assert!(spdx::license_id(pattern).is_some(), "{}: {pattern}", row.name);
            }
        }
        let lines = include_str!("rights.txt").lines().filter(|l| l.contains(" | ")).count();
        let read: usize = all().iter().map(|row| row.cells.iter().flatten().count()).sum();
        assert!(lines <= read, "{lines} cells are written, {read} were read");
    }

    #[test]
    fn licences_of_all_spellings_have_a_row() {
        for (term, want) in [
            ("CC-BY-4.0", "CC-BY-4.0"),
            ("CC-BY-3.0-AT", "CC-BY-3.0"),
            ("CC-BY-SA-2.0-UK", "CC-BY-SA-3.0"),
            ("CC-BY-SA-1.0", "CC-BY-SA-1.0"),
            ("LicenseRef-CC-BY-2.0-KR", "CC-BY-3.0"),
            ("LicenseRef-CC-BY-NC-ND-2.0-KR", "CC-BY-NC-ND-3.0"),
            ("GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only"),
            ("BSD-3-Clause", "MIT"),
            ("LicenseRef-BigScience-OpenRAIL-M", "LicenseRef-RAIL"),
            ("LicenseRef-Llama-3.1", "LicenseRef-RAIL"),
            ("EPL-2.0", "open source, copyleft"),
            ("Artistic-2.0", "open source, permissive"),
            ("LicenseRef-KOGL-4 WITH AdditionRef-KOGL-AI", "LicenseRef-KOGL-4"),
        ] {
            assert_eq!(of(term).map(|row| row.name), Some(want), "{term}");
        }
        assert!(of("LicenseRef-Internal").is_none() && of("NOASSERTION").is_none());
    }

    #[test]
    fn patterns_fit_whole_names() {
        assert!(fits("CC-BY-3*", "CC-BY-3.0-AT") && !fits("CC-BY-3*", "CC-BY-4.0"));
        assert!(fits("LicenseRef-*RAIL*", "LicenseRef-OpenRAIL-M") && !fits("LicenseRef-*RAIL*", "LicenseRef-X"));
        assert!(fits("MIT", "MIT") && !fits("MIT", "MIT-0"));
    }
}
