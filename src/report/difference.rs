//! How two releases differ, for people, for a pull request, and for programs (`tamis diff`).
use super::show::short;
use super::shown;
use super::terminal::{bytes, number, plural};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What two releases are, and what differs between them. As JSON it is described in `spec/release.md`.
#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Difference {
    pub same: bool,
    pub old: Side,
    pub new: Side,
    /// By what a sample of one is known in the other: `id` or `content`.
    pub compared_by: &'static str,
    /// Whether values of samples were compared, and not only which samples there are.
    pub values_compared: bool,
    /// What could not be compared, and why.
    pub notes: Vec<String>,
    pub samples: Samples,
    /// How many samples each split has.
    pub splits: BTreeMap<String, Pair<u64>>,
    /// Added and removed samples of each split.
    pub added: BTreeMap<String, u64>,
    pub removed: BTreeMap<String, u64>,
    pub moved: Vec<Moved>,
    pub columns: Columns,
    /// Of columns with few different values: how often each value stands in the releases, where that differs.
    pub values: BTreeMap<String, BTreeMap<String, Pair<u64>>>,
    /// Gates that measured something else, or are asked otherwise; null where a release has no such gate.
    pub gates: BTreeMap<String, Pair<Option<Gate>>>,
    /// Samples of each source, where their number differs.
    pub sources: BTreeMap<String, Pair<u64>>,
    /// Why samples are in one release alone, where the present build knows it.
    pub reasons: Vec<Reason>,
    /// Of each changed column some samples, with what they held and hold.
    pub examples: Vec<Example>,
    /// Of each changed column the ids of the first samples, of which examples are told.
    #[serde(skip)]
    pub first_changed: BTreeMap<String, BTreeSet<String>>,
    /// The samples that differ, in the order of their ids.
    pub differing: Vec<Differing>,
    /// How many more there are.
    pub left_out: u64,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone)]
pub struct Side {
    /// As it was named on the command line.
    pub name: String,
    pub dataset: String,
    pub release: String,
    pub version: String,
    pub license: Option<String>,
    pub formats: Vec<String>,
    pub content_root: String,
    pub files_root: String,
    pub samples: u64,
    /// `null` of a release of which only the pin is there.
    pub files: Option<u64>,
    pub bytes: Option<u64>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Pair<T> {
    pub old: T,
    pub new: T,
}

/// A gate, as the card of a release tells of it.
#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone, PartialEq, Eq)]
pub struct Gate {
    pub asked: String,
    pub measured: String,
}

/// A sample that moved and changed counts for both.
#[derive(Serialize, schemars::JsonSchema, Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Samples {
    pub same: u64,
    pub added: u64,
    pub removed: u64,
    pub changed: u64,
    pub moved: u64,
}

#[derive(Serialize, schemars::JsonSchema, Debug, PartialEq, Eq)]
pub struct Moved {
    pub from: String,
    pub to: String,
    pub samples: u64,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Default)]
pub struct Columns {
    pub added: Vec<String>,
    pub removed: Vec<String>,
    /// Columns that hold another type, whose values are not compared.
    pub retyped: BTreeMap<String, Pair<String>>,
    /// In how many samples a column holds another value.
    pub changed: BTreeMap<String, u64>,
}

#[derive(Serialize, schemars::JsonSchema, Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reason {
    /// `removed` or `added`: in the old release alone, or in the new one.
    pub change: &'static str,
    /// What the present build says of them: `dropped`, `merged`, `held`, `excluded`, `not collected`.
    pub how: String,
    pub step: String,
    pub key: String,
    /// The line of the key in dataset.toml; 0 where it has none.
    pub line: usize,
    pub samples: u64,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Example {
    pub column: String,
    pub id: String,
    pub old: String,
    pub new: String,
}

#[derive(Serialize, schemars::JsonSchema, Debug)]
pub struct Differing {
    pub id: String,
    pub old_split: Option<String>,
    pub new_split: Option<String>,
    pub columns: Vec<String>,
}

/// Lines of each part of the text, so that all of it fits a screen.
const REASONS: usize = 5;
const COLUMNS: usize = 6;
const VALUES: usize = 5;
const GATES: usize = 4;
const MOVES: usize = 4;
const NOTES: usize = 3;

/// Characters of a value that are shown.
const WIDE: usize = 44;

impl Difference {
    /// At most forty lines, whatever differs.
    pub fn text(&self) -> String {
        let mut out = self.stat();
        out.push_str(&some("  why", self.reasons.iter().map(reason), REASONS));
        out.push_str(&some("  columns", self.column_lines(), COLUMNS));
        out.push_str(&some("  values", self.value_lines(), VALUES));
        out.push_str(&some("  gates", self.gates.iter().map(gate), GATES));
        out
    }

    /// Counts alone.
    pub fn stat(&self) -> String {
        let (a, b) = (&self.old, &self.new);
        let mut out = format!("{} -> {}   {}\n", line(&a.name), line(&b.name), line(&self.title()));
        if self.same {
            out.push_str(&self.noted());
            out.push_str(&format!("  the same: {}, content {}\n", plural(a.samples, "sample"), root(&a.content_root)));
            return out;
        }
        let roots = |what: &str, a: &str, b: &str| match a == b {
            true => format!("{what} {}", root(a)),
            false => format!("{what} {} -> {}", root(a), root(b)),
        };
        let content = roots("content", &a.content_root, &b.content_root);
        out.push_str(&format!("  {content}   {}\n", roots("files", &a.files_root, &b.files_root)));
        let known = |of: Option<u64>, say: fn(u64) -> String| of.map_or("unknown".into(), say);
        let size = arrow(&known(a.bytes, bytes), &known(b.bytes, bytes));
        let files = arrow(&known(a.files, number), &known(b.files, number));
        out.push_str(&format!("  samples {}   files {files}, {size}\n", arrow(&number(a.samples), &number(b.samples))));
        out.push_str(&self.noted());
        let s = &self.samples;
        for (what, n, of) in [
            ("added", s.added, counts(self.added.iter().map(|(split, n)| (split.clone(), *n)), MOVES)),
            ("removed", s.removed, counts(self.removed.iter().map(|(split, n)| (split.clone(), *n)), MOVES)),
            (
                "moved",
                s.moved,
                counts(self.moved.iter().map(|m| (format!("{} -> {}", m.from, m.to), m.samples)), MOVES),
            ),
            ("changed", s.changed, counts(self.columns.changed.iter().map(|(c, n)| (c.clone(), *n)), MOVES)),
            (if self.values_compared { "same" } else { "in both" }, s.same, String::new()),
        ] {
            out.push_str(format!("  {what:<8} {:>9}   {of}", number(n)).trim_end());
            out.push('\n');
        }
        if !self.differs_in_samples() && self.columns.is_same() && a.content_root != b.content_root {
            out.push_str(match (self.values_compared, self.compared_by) {
                (false, _) => "  the same samples; their values differ, or their order\n",
                (true, "id") => "  the same samples with the same values, in another order\n",
                (true, _) => "  the same values; ids differ, or the order\n",
            });
        }
        out
    }

    fn noted(&self) -> String {
        self.notes.iter().take(NOTES).map(|n| format!("  {}\n", line(n))).collect()
    }

    /// Whether a sample is in one alone, or in another split, or holds another value.
    pub fn differs_in_samples(&self) -> bool {
        let s = &self.samples;
        s.added + s.removed + s.moved + s.changed > 0
    }

    /// For a pull request: at most ten lines.
    pub fn markdown(&self) -> String {
        let (a, b) = (&self.old, &self.new);
        let mut out = format!("**{}**: {} -> {}", cell(&self.title()), cell(&a.name), cell(&b.name));
        if self.same {
            let notes = self.notes.iter().take(NOTES).map(|n| format!("{}; ", cell(n))).collect::<String>();
            return out + &format!(": {notes}the same, {}\n", plural(a.samples, "sample"));
        }
        let s = &self.samples;
        out.push_str("\n\n| samples | added | removed | moved | changed | same |\n|---|---|---|---|---|---|\n");
        let samples = arrow(&number(a.samples), &number(b.samples));
        let counts: Vec<String> = [s.added, s.removed, s.moved, s.changed, s.same].map(number).into();
        out.push_str(&format!("| {samples} | {} |\n", counts.join(" | ")));
        let mut lines = Vec::new();
        if !self.notes.is_empty() {
            lines.push(cell(&self.notes.join("; ")));
        }
        if !self.reasons.is_empty() {
            let key = |r: &Reason| if r.key.is_empty() { String::new() } else { format!(" by {}", r.key) };
            let of = self.reasons.iter().map(|r| (format!("{}, {}{}:", r.change, r.how, key(r)), r.samples));
            lines.push(format!("why: {}", cell(&joined(of, 4))));
        }
        if !self.columns.changed.is_empty() {
            let of = self.columns.changed.iter().map(|(c, n)| (c.clone(), *n));
            lines.push(format!("changed columns: {}", cell(&joined(of, 6))));
        }
        let moved = self.moved.iter().map(|m| (format!("{} to {}", m.from, m.to), m.samples));
        if !self.moved.is_empty() {
            lines.push(format!("moved: {}", cell(&joined(moved, 4))));
        }
        let root = |of: &str| root(of).to_string();
        lines.push(format!("content `{}`", arrow(&root(&a.content_root), &root(&b.content_root))));
        lines.iter().for_each(|l| out.push_str(&format!("- {l}\n")));
        out
    }

    /// The release, and its versions.
    fn title(&self) -> String {
        let (a, b) = (&self.old, &self.new);
        let name = |s: &Side| format!("{} {}", s.dataset, s.release);
        let mut out = format!("{} {}", arrow(&name(a), &name(b)), arrow(&a.version, &b.version));
        if a.license != b.license {
            let of = |s: &Side| s.license.clone().unwrap_or("no licence".into());
            out.push_str(&format!(", {}", arrow(&of(a), &of(b))));
        }
        if a.formats != b.formats {
            out.push_str(&format!(", formats {}", arrow(&a.formats.join("+"), &b.formats.join("+"))));
        }
        out
    }

    /// A line for each column that differs; beside it a sample.
    fn column_lines(&self) -> impl Iterator<Item = String> {
        let c = &self.columns;
        let added = c.added.iter().map(|name| format!("{name} is new"));
        let removed = c.removed.iter().map(|name| format!("{name} is gone"));
        let retyped = c.retyped.iter();
        let retyped = retyped.map(|(name, t)| format!("{name} was {}, is {}: not compared", t.old, t.new));
        let changed = c.changed.iter().map(|(name, n)| {
            let example = self.examples.iter().find(|e| e.column == *name);
            let example = example.map_or(String::new(), |e| {
                let (old, new) = apart(&e.old, &e.new, WIDE);
                format!("   {}: {old} -> {new}", short(&e.id, 24))
            });
            format!("{name} {}{example}", number(*n))
        });
        added.chain(removed).chain(retyped).chain(changed)
    }

    /// A line for each value that stands more or less often.
    fn value_lines(&self) -> impl Iterator<Item = String> {
        let of = |(column, values): (&String, &BTreeMap<String, Pair<u64>>)| {
            let told =
                values.iter().map(|(v, n)| format!("{} {}", short(v, 24), arrow(&number(n.old), &number(n.new))));
            let told: Vec<String> = told.take(8).collect();
            let more = values.len() - told.len();
            let more = if more > 0 { format!(", {more} more") } else { String::new() };
            format!("{column}: {}{more}", told.join(", "))
        };
        let sources = (!self.sources.is_empty()).then(|| "samples by source".to_string());
        let sources = sources.iter().map(|name| of((name, &self.sources))).collect::<Vec<_>>();
        sources.into_iter().chain(self.values.iter().map(of))
    }
}

impl Columns {
    pub fn is_same(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.retyped.is_empty() && self.changed.is_empty()
    }
}

fn gate((key, g): (&String, &Pair<Option<Gate>>)) -> String {
    match (&g.old, &g.new) {
        (Some(a), Some(b)) => format!("{key} {} ({})", arrow(&a.measured, &b.measured), arrow(&a.asked, &b.asked)),
        (None, Some(b)) => format!("{key} {} ({}), which is new", b.measured, b.asked),
        (Some(_), None) => format!("{key} is gone"),
        (None, None) => String::new(),
    }
}

fn reason(r: &Reason) -> String {
    let place = if r.line > 0 { format!("   dataset.toml:{} {}", r.line, r.key) } else { String::new() };
    let step = if r.step.is_empty() { String::new() } else { format!(" at {}", r.step) };
    format!("{} {}: {}{step}{place}", number(r.samples), r.change, r.how)
}

/// A heading and the first lines below it; nothing without lines.
fn some(heading: &str, lines: impl Iterator<Item = String>, most: usize) -> String {
    let all: Vec<String> = lines.collect();
    if all.is_empty() {
        return String::new();
    }
    let mut out = format!("{heading}\n");
    all.iter().take(most).for_each(|l| out.push_str(&format!("    {}\n", short(l, 200))));
    if all.len() > most {
        out.push_str(&format!("    and {} more\n", all.len() - most));
    }
    out
}

/// `train 10, test 2`
fn counts(of: impl Iterator<Item = (String, u64)>, most: usize) -> String {
    line(&joined(of, most))
}

fn joined(of: impl Iterator<Item = (String, u64)>, most: usize) -> String {
    let mut all: Vec<String> = of.map(|(what, n)| format!("{} {}", short(&what, 60), number(n))).collect();
    let more = all.len().saturating_sub(most);
    all.truncate(most);
    if more > 0 {
        all.push(format!("{more} more"));
    }
    all.join(", ")
}

/// One text, or how it became another.
fn arrow(old: &str, new: &str) -> String {
    if old == new { old.to_string() } else { format!("{old} -> {new}") }
}

fn root(hex: &str) -> &str {
    hex.get(..8).unwrap_or(hex)
}

fn line(text: &str) -> String {
    short(text, 120)
}

/// A text for Markdown: nothing in it is markup, and it is one line.
fn cell(text: &str) -> String {
    let text = shown::line(text);
    let mut out = String::with_capacity(text.len());
    for c in short(&text, 200).chars() {
        if matches!(c, '|' | '<' | '>' | '[' | ']' | '*' | '_' | '\\' | '@' | '#' | '!') {
            out.push('\\');
        }
        out.push(c);
    }
    out.replace("-\\>", "->")
}

/// Two long texts from where they differ on.
fn apart(old: &str, new: &str, wide: usize) -> (String, String) {
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(wide / 3);
    let long = old.chars().count().max(new.chars().count()) > wide;
    let cut = |text: &str| match long && from > 0 {
        true => short(&format!("...{}", text.chars().skip(from).collect::<String>()), wide),
        false => short(text, wide),
    };
    (cut(old), cut(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_shown_from_where_they_differ() {
        let long = "x".repeat(100);
        let (old, new) = apart(&format!("{long}a{long}"), &format!("{long}b"), 20);
        assert_eq!((old.as_str(), new.as_str()), ("...xxxxxxaxxxxxxxxxx...", "...xxxxxxb"));
        assert_eq!(apart("a\u{1b}", "b", 20), ("a\\u{1b}".into(), "b".into()));
    }

    #[test]
    fn whatever_differs_fits_a_screen_and_markdown_ten_lines() {
        let many = |n: usize| (0..n).map(|i| (format!("{i:03}\u{1b}[31m|{}", "w".repeat(300)), i as u64));
        let d = Difference {
            samples: Samples { same: 1, added: 2, removed: 3, changed: 4, moved: 5 },
            values_compared: true,
            notes: (0..9).map(|n| format!("note {n}\nof two lines")).collect(),
            added: many(50).collect(),
            removed: many(50).collect(),
            moved: many(50).map(|(split, samples)| Moved { from: split.clone(), to: split, samples }).collect(),
            columns: Columns {
                added: many(20).map(|m| m.0).collect(),
                changed: many(50).collect(),
                ..Columns::default()
            },
            values: many(30).map(|(c, _)| (c, many(90).map(|(v, old)| (v, Pair { old, new: 0 })).collect())).collect(),
            gates: many(30).map(|(k, _)| (k, Pair { old: None, new: Some(Gate::default()) })).collect(),
            sources: many(30).map(|(k, old)| (k, Pair { old, new: 0 })).collect(),
            reasons: many(30)
                .map(|(key, samples)| Reason {
                    change: "removed",
                    how: "dropped".into(),
                    step: key.clone(),
                    key,
                    line: 3,
                    samples,
                })
                .collect(),
            examples: many(50)
                .map(|(c, _)| Example { column: c.clone(), id: c.clone(), old: c.clone(), new: c })
                .collect(),
            ..Difference::default()
        };
        let text = d.text();
        assert!(text.lines().count() <= 40, "{text}");
        assert!(!text.contains('\u{1b}'));
        let markdown = d.markdown();
        assert!(markdown.lines().count() <= 10, "{markdown}");
        assert!(!markdown.contains('\u{1b}') && markdown.lines().all(|l| l.chars().count() < 1000));
    }
}
