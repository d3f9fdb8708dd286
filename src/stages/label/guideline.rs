//! `label.TASK/guideline`: each class has a section in the guideline, and a version keeps its text.
//!
//! ```toml
//! [label.ner]
//! guideline = { document = "docs/ner.md", version = "1.0.0", on_major = "review" }
//! ```
//!
//! A section belongs to a class if its heading is the class, or begins with it (`## PS`, `## PS: persons`). The
//! sections are the right side of a join on `classes.TASK`: other words in one section run exactly the partitions that
//! hold its class again. Finding: `guideline.class` (a class without a section). Diagnostics: `T0340` the document
//! cannot be read, `T0341` a declared class has no section, `T0342` other text under a released version, `T0235` and `T0236` a
//! declared element that it lacks.
//! Limits: headings that begin with `#`; of ratings the sections named by a number of the scale, and none is demanded.
use super::declaration::{Declaration, Scale, Task, checked};
use super::elements::{Element, Guideline};
use crate::diag::{Diagnostic, suggest};
use crate::digest::Digest;
use crate::manifest::values::At;
use crate::manifest::{self, Manifest};
use crate::stage::*;
use crate::table::array_of;
use crate::world::World;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::io;

pub const ENTRY: Entry = Entry::join::<Stage>("label/guideline", "label.*", declare);

/// The file that remembers the text of each released version: lines of `TASK TAB VERSION TAB DIGEST`, 64 hex digits.
pub const PINS: &str = "pins/guideline.tsv";

/// The longest document, in bytes.
const DOCUMENT_MAX: u64 = 4 << 20;

fn declare(check: &mut Check) -> Vec<Plan> {
    let Some(task) = checked(check) else { return Vec::new() };
    let Some(guideline) = &task.declared.guideline else { return Vec::new() };
    let Some(document) = document(check, &guideline.document) else { return Vec::new() };
    let before = check.problems.len();
    check_pin(check, &task, guideline, &document);
    let sections = sections(&document);
    let demand = task.kind().classes;
    let found = match &task.declared.scale {
        _ if demand => of_classes(check, &task, guideline, &sections),
        Some(scale) => of_ratings(scale, &sections),
        None => Vec::new(),
    };
    check_elements(check, &task, guideline, &document, &sections);
    if check.problems.len() > before {
        return Vec::new();
    }
    let (table, on) = (format!("{}/guideline", task.path), format!("classes.{}", task.name));
    vec![Plan {
        literal: Some(literal(table.clone(), guideline, &found)),
        ..Plan::join::<Stage>(
            Ports {
                table: "samples".into(),
                reads: vec![on.clone()],
                right: Some(Right {
                    table,
                    key: "class".into(),
                    on,
                    reads: names(&["class", "section"]),
                    unmatched: None,
                }),
                ..Ports::default()
            },
            &Join { task: task.name.clone(), demand },
        )
        .word("guideline")
    }]
}

/// Returns the text of the guideline, or notes `T0340`.
fn document(check: &mut Check, path: &At<String>) -> Option<String> {
    let label = match read(check.world, path) {
        Ok(text) => return Some(text),
        Err(e) if e.kind() == io::ErrorKind::NotFound => "no such file".to_string(),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => "not UTF-8".to_string(),
        Err(e) => e.to_string(),
    };
    check.bad(Diagnostic::error("T0340", path.span(), "the guideline cannot be read").label(label));
    None
}

fn read(world: &World, path: &str) -> io::Result<String> {
    let bytes = world.read(path, DOCUMENT_MAX)?;
    String::from_utf8(bytes).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
}

fn check_pin(check: &mut Check, task: &Task, guideline: &Guideline, document: &str) {
    let Ok(pins) = read(check.world, PINS) else { return };
    let version = guideline.version.get();
    let released = pinned(&pins, &task.name, version);
    if released.is_some_and(|d| d != document_digest(document)) {
        let message = format!("{} is not what version {version} said when it was released", guideline.document.get());
        let help = format!("raise the version, or restore the text ({PINS} remembers it)");
        let problem = Diagnostic::error("T0342", guideline.version.span(), message).label("this version was released");
        check.bad(problem.related(guideline.document.span(), "its text has changed").help(help));
    }
}

/// Finds the section of each class; a class without one is noted as `T0341`.
fn of_classes<'d>(
    check: &mut Check,
    task: &Task,
    guideline: &Guideline,
    sections: &'d [Section],
) -> Vec<(String, &'d Section)> {
    let classes = task.classes();
    let headings: Vec<&str> = sections.iter().map(|s| s.heading.as_str()).collect();
    let mut found = Vec::new();
    for class in &task.declared.classes {
        match section_of(class, &classes, sections) {
            Some(section) => found.push((class.get().clone(), section)),
            None => {
                let message = format!("{} has no section on `{}`", guideline.document.get(), class.get());
                let help = suggest(class, headings.iter().copied());
                let problem = Diagnostic::error("T0341", class.span(), message).label("no heading begins with it");
                check.bad(problem.related(guideline.document.span(), "the guideline").help(help));
            }
        }
    }
    found
}

/// Notes the declared elements that the document lacks, as a whole (`T0235`) or in the section of a class (`T0236`), and names in
/// `headings` that are of no element (`T0237`).
fn check_elements(check: &mut Check, task: &Task, guideline: &Guideline, document: &str, sections: &[Section]) {
    let (own, unknown) = guideline.own();
    for name in unknown {
        let key = format!("{}.guideline.headings.{name}", task.path);
        let span = check.manifest.span_of(&key).unwrap_or_else(|| guideline.document.span());
        let problem = Diagnostic::error("T0237", span, format!("`{name}` is no element of a guideline"));
        check.bad(problem.label("headings can be declared for elements that have one"));
    }
    let (path, classes) = (guideline.document.get(), task.classes());
    let lines: Vec<&str> = document.lines().collect();
    let others = || sections.iter().filter(|s| !classes.contains(&s.heading));
    for element in &guideline.elements {
        let name = element.name();
        if !element.of_each_class() {
            if !others().any(|s| own.of(&s.heading) == Some(*element.get())) {
                let problem = Diagnostic::error("T0235", element.span(), format!("{path} has no heading on `{name}`"));
                let known = element.headings().iter().map(|h| format!("\"{h}\"")).collect::<Vec<_>>().join(", ");
                check.bad(problem.label("no heading is about it").help(format!("headings that are known: {known}")));
            }
            continue;
        }
        for class in &classes {
            let Some(section) = section_of(class, &classes, sections) else { continue };
            if !element.is_in(lines.get(section.line..section.end).unwrap_or_default(), &own) {
                let message = format!("{path}:{}: the section on `{class}` lacks `{name}`", section.line);
                let problem = Diagnostic::error("T0236", element.span(), message).label("demanded of each class");
                check.bad(problem.help(lacks(*element.get())));
            }
        }
    }
}

/// How what a section lacks is written.
fn lacks(element: Element) -> String {
    match element {
        Element::Definitions => "it says in 20 letters or more, before its examples, what belongs to the class".into(),
        other => {
            let known = other.headings().iter().map(|h| format!("\"{h}\"")).collect::<Vec<_>>().join(", ");
            format!("a heading, or a line that begins with one of these and a colon: {known}")
        }
    }
}

/// Finds the sections that are about one number of the scale.
fn of_ratings<'d>(scale: &Scale, sections: &'d [Section]) -> Vec<(String, &'d Section)> {
    let within = scale.min.to_f64()..=scale.max.to_f64();
    let mut found: BTreeMap<String, &Section> = BTreeMap::new();
    for section in sections {
        let word = section.heading.split([' ', ':']).next().unwrap_or_default();
        if let Some(number) = word.parse::<f64>().ok().filter(|n| within.contains(n)) {
            found.entry((number + 0.0).to_string()).or_insert(section);
        }
    }
    found.into_iter().collect()
}

fn literal(table: String, guideline: &Guideline, found: &[(String, &Section)]) -> Literal {
    let classes = || found.iter().map(|(class, _)| Some(class.clone()));
    let version = guideline.version.get();
    let columns = [
        ("id", array_of(classes())),
        ("class", array_of(classes())),
        ("section", array_of(found.iter().map(|(_, s)| Some(s.digest.hex())))),
        ("version", array_of(found.iter().map(|_| Some(version.clone())))),
    ];
    Literal {
        table,
        columns: columns.map(|(name, array)| (name.to_string(), array)).into(),
        lines: found.iter().map(|(_, s)| format!("{}:{}", guideline.document.get(), s.line)).collect(),
    }
}

#[derive(Serialize, Deserialize, Default)]
struct Join {
    #[serde(default, skip_serializing_if = "is_default")]
    task: String,
    /// Whether every class must have a section.
    #[serde(default, skip_serializing_if = "is_default")]
    demand: bool,
}

struct Stage;

impl JoinStage for Stage {
    const JOIN: u32 = 1;
    type Join = Join;

    fn join(p: &Join, left: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let (classes, known) = (left.cells::<Vec<String>>(&format!("classes.{}", p.task))?, right.texts("class")?);
        for (row, (classes, hits)) in classes.into_iter().zip(matches).enumerate().filter(|_| p.demand) {
            let met: BTreeSet<&str> = hits.iter().filter_map(|h| known.get(*h)?.as_deref()).collect();
            let missing = classes.iter().flatten().filter(|c| !met.contains(c.as_str())).count();
            if missing > 0 {
                let key = format!("label.{}.guideline", p.task);
                let say = format!("the guideline has no section on {missing} of the classes here");
                delta.event(row, Act::Finding, key, "guideline.class", say);
            }
        }
        Ok(delta)
    }
}

/// What another text of a guideline does to the section of a class.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    Same,
    Changed,
    /// Only the old document has a section on it.
    Gone,
    /// Only the new document has one.
    New,
    /// Neither document has one.
    Missing,
    /// The same words stand under another heading.
    Renamed,
}

impl Change {
    pub fn say(self) -> &'static str {
        match self {
            Change::Same => "same",
            Change::Changed => "changed",
            Change::Gone => "gone",
            Change::New => "new",
            Change::Missing => "none",
            Change::Renamed => "renamed",
        }
    }
}

/// What becomes of the section of each class. White space at the ends of lines, and the marks of lists, change nothing.
pub fn compare(old: &str, new: &str, classes: &[String]) -> Vec<(String, Change)> {
    let (before, after) = (bodies(old), bodies(new));
    let of = |class: &str, document: &str, bodies: &[String]| -> Option<String> {
        let all = sections(document);
        let section = section_of(class, classes, &all)?;
        all.iter().position(|s| s == section).and_then(|i| bodies.get(i)).cloned()
    };
    let change = |class: &String| match (of(class, old, &before), of(class, new, &after)) {
        (Some(a), Some(b)) if a == b => Change::Same,
        (Some(_), Some(_)) => Change::Changed,
        (Some(a), None) if after.contains(&a) => Change::Renamed,
        (Some(_), None) => Change::Gone,
        (None, Some(_)) => Change::New,
        (None, None) => Change::Missing,
    };
    classes.iter().map(|class| (class.clone(), change(class))).collect()
}

/// What stands below the heading of each section, in one form.
fn bodies(document: &str) -> Vec<String> {
    let lines: Vec<&str> = document.lines().collect();
    let all = sections(document);
    let plain = |line: &&str| {
        let words = line.trim();
        words.strip_prefix(['-', '*', '+']).map_or(words, str::trim_start).to_string()
    };
    let body = |s: &Section| {
        let own = lines.get(s.line..s.end).unwrap_or_default();
        own.iter().map(plain).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    all.iter().map(body).collect()
}

/// What a guideline says of some of the declared classes: the class, and the lines below the heading of its section. Nothing of a class
/// without a section, and nothing where the document cannot be read, which the build tells.
pub fn said(world: &World, guideline: &Guideline, classes: &[String], of: &BTreeSet<String>) -> Vec<(String, String)> {
    let Ok(document) = read(world, &guideline.document) else { return Vec::new() };
    let (lines, all) = (document.lines().collect::<Vec<_>>(), sections(&document));
    let body = |class: &String| {
        let section = section_of(class, classes, &all)?;
        let own = lines.get(section.line..section.end).unwrap_or_default();
        Some((class.clone(), own.join("\n").trim().to_string()))
    };
    classes.iter().filter(|class| of.contains(*class)).filter_map(body).collect()
}

// ---- documents -------------------------------------------------------------------------------------------------------

/// A heading and all below it, up to the next heading that is not deeper.
#[derive(Debug, PartialEq)]
struct Section {
    heading: String,
    /// The line of the heading, from 1.
    line: usize,
    /// The line behind its last.
    end: usize,
    digest: Digest,
}

/// Finds all sections of a Markdown document (CommonMark's ATX headings, outside of fenced code).
fn sections(document: &str) -> Vec<Section> {
    let lines: Vec<&str> = document.lines().collect();
    let mut fence: Option<&str> = None;
    let mut headings = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        let start = line.trim_start();
        match fence {
            Some(mark) => fence = Some(mark).filter(|m| !start.starts_with(*m)),
            None => {
                fence = ["```", "~~~"].into_iter().find(|m| start.starts_with(*m));
                headings.extend(heading(start).map(|(level, words)| (i, level, words)));
            }
        }
    }
    let section = |(n, (at, level, words)): (usize, &(usize, usize, String))| {
        let end = headings.iter().skip(n + 1).find(|h| h.1 <= *level).map_or(lines.len(), |h| h.0);
        let body = lines.get(*at..end).unwrap_or_default();
        Section { heading: words.clone(), line: at + 1, end, digest: digest_of("tamis guideline section 1", body) }
    };
    headings.iter().enumerate().map(section).collect()
}

/// Returns the level and the words of a heading line, without marks of emphasis and code.
fn heading(line: &str) -> Option<(usize, String)> {
    let level = line.chars().take_while(|c| *c == '#').count();
    let rest = line.get(level..)?;
    if !(1..=6).contains(&level) || !(rest.is_empty() || rest.starts_with([' ', '\t'])) {
        return None;
    }
    let words = rest.trim().trim_end_matches('#').trim();
    Some((level, words.replace(['*', '`'], "")))
}

/// Finds the section whose heading is the class, or else the first that begins with it and belongs to no other class.
fn section_of<'d>(class: &str, classes: &[String], sections: &'d [Section]) -> Option<&'d Section> {
    let other = |s: &&Section| !classes.contains(&s.heading);
    let begins = |s: &&Section| s.heading.strip_prefix(class).is_some_and(|r| r.starts_with([' ', ':', '(', '–', '—']));
    let exact = sections.iter().find(|s| s.heading == class);
    exact.or_else(|| sections.iter().filter(other).find(begins))
}

/// Digests lines without the white space at their ends and without the blank lines behind the last.
fn digest_of(context: &str, lines: &[&str]) -> Digest {
    let lines: Vec<&str> = lines.iter().map(|l| l.trim_end()).collect();
    Digest::derive(context, lines.join("\n").trim_end().as_bytes())
}

// ---- pins ------------------------------------------------------------------------------------------------------------

/// Returns the digest of a whole guideline as 64 hex digits. White space at the ends of lines and of the document, and
/// the form of line ends, do not count.
pub fn document_digest(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    digest_of("tamis guideline 1", &lines).hex()
}

/// Makes a line of [`PINS`], with its newline.
pub fn pin_line(task: &str, version: &str, digest: &str) -> String {
    format!("{task}\t{version}\t{digest}\n")
}

/// Finds the digest that [`PINS`] remembers of a task's version.
pub fn pinned<'p>(pins: &'p str, task: &str, version: &str) -> Option<&'p str> {
    let digest = |line: &'p str| {
        let mut words = line.split('\t');
        let meant = words.next() == Some(task) && words.next() == Some(version);
        words.next().filter(|_| meant).map(str::trim_end)
    };
    pins.lines().find_map(digest)
}

/// Lists task, version and digest of each guideline that the manifest names and that can be read, in the order of
/// tasks.
pub fn guideline_pins(manifest: &Manifest, world: &World) -> Vec<(String, String, String)> {
    let tasks = manifest.instances(&["label"]).into_iter();
    let pin = |(task, _, table): (String, _, &Declared)| {
        let guideline = manifest::read::<Declaration>(table).ok()?.guideline?;
        let digest = document_digest(&read(world, &guideline.document).ok()?);
        Some((task, guideline.version.get().clone(), digest))
    };
    tasks.filter_map(pin).collect()
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Bytes, rows, rules};
    use super::*;

    const TEXT: &str =
        "# Guide\n\n## PS (persons)\n\nnames\n```sh\n## LC\n```\n### inner\nmore\n## `LC`\nplaces\n## PS x ##\n";

    fn heads(text: &str) -> Vec<(String, usize)> {
        sections(text).into_iter().map(|s| (s.heading, s.line)).collect()
    }

    #[test]
    fn headings_outside_of_code() {
        let want = [("Guide", 1), ("PS (persons)", 3), ("inner", 9), ("LC", 11), ("PS x", 13)];
        assert_eq!(heads(TEXT), want.map(|(h, l)| (h.to_string(), l)));
        assert!(heads("#hashtag\n####### seven\ntext # no\n").is_empty());
    }

    #[test]
    fn a_section_changes_with_its_own_words_alone() {
        let digest = |text: &str, i: usize| sections(text)[i].digest;
        let other = TEXT.replace("places", "spots");
        assert_ne!(digest(TEXT, 3), digest(&other, 3));
        assert_eq!(digest(TEXT, 1), digest(&other, 1));
        assert_ne!(digest(TEXT, 1), digest(&TEXT.replace("more", "less"), 1), "what is deeper belongs to it");
        assert_eq!(digest(TEXT, 1), digest(&TEXT.replace("names\n", "names  \r\n"), 1));
    }

    #[test]
    fn classes_and_their_sections() {
        let (all, classes) = (sections(TEXT), names(&["PS", "LC", "PS x", "P"]));
        let line = |class: &str| section_of(class, &classes, &all).map(|s| s.line);
        assert_eq!(["PS", "LC", "PS x", "P"].map(line), [Some(3), Some(11), Some(13), None]);
        let scale =
            Scale { min: At::from(manifest::Decimal::from(-1i64)), max: At::from(manifest::Decimal::from(5i64)) };
        let all = sections("# Guide 3\n## 0\n## 3: alike\n## 3.0 again\n## 7\n## -1 never\n");
        let found: Vec<_> = of_ratings(&scale, &all).into_iter().map(|(c, s)| (c, s.line)).collect();
        assert_eq!(found, [("-1", 6), ("0", 2), ("3", 3)].map(|(c, l)| (c.to_string(), l)));
    }

    #[test]
    fn what_another_text_touches() {
        let classes = names(&["PS", "LC", "OG", "DT", "TI"]);
        let old = "# Guide\n## PS\n- a person\n## LC\na place\n## OG\na body\n## DT\na day\n";
        let new = "# Guide\n\n## LC\na place, or a street\n## PS \n* a person  \n## Bodies\na body\n## TI\nan hour\n";
        let got: Vec<Change> = compare(old, new, &classes).into_iter().map(|c| c.1).collect();
        assert_eq!(got, [Change::Same, Change::Changed, Change::Renamed, Change::Gone, Change::New]);
    }

    #[test]
    fn pins_remember_a_version() {
        assert_eq!(document_digest("a \r\nb\n\n"), document_digest("a\nb"));
        assert_ne!(document_digest("a\nb"), document_digest("a b"));
        let pins = pin_line("ner", "1.0.0", "d1") + &pin_line("ner", "1.1.0", "d2");
        assert_eq!(pinned(&pins, "ner", "1.1.0"), Some("d2"));
        assert_eq!(pinned(&pins, "ner", "2.0.0"), None);
        assert_eq!(pinned(&pins, "cells", "1.0.0"), None);
    }

    #[test]
    fn a_class_without_section_is_a_finding() {
        let blobs = Bytes::default();
        let list = |of: &[&str]| Some(of.iter().map(|c| c.to_string()).collect::<Vec<_>>());
        let left = vec![("classes.t", array_of([list(&["A", "B"]), list(&["A"]), list(&[]), None]))];
        let right = || vec![("class", array_of([Some("A".to_string())]))];
        let matches = [vec![0], vec![0], vec![], vec![]];
        let left = rows(&blobs, left);
        let run =
            |demand| Stage::join(&Join { task: "t".into(), demand }, &left, &matches, &rows(&blobs, right())).unwrap();
        assert_eq!(rules(&run(true)), [(0, "guideline.class")]);
        assert!(rules(&run(false)).is_empty());
        assert_eq!(text(&Join::default()), "{}");
    }
}
