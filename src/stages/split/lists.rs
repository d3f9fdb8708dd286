//! Fixed lists: files of the project with the ids of a split, a line each. A sample that a list names is in its split and counts for
//! no ratio. Finding: `split.listed` (an id that no sample has).
use super::declaration::declared;
use crate::diag::Diagnostic;
use crate::manifest::Decimal;
use crate::manifest::values::At;
use crate::stage::*;
use crate::table::{array_of, utf8};
use std::collections::BTreeMap;

/// The column that says in which list a sample stands.
pub const LISTED: &str = "listed.split";

/// The longest list.
const LIST_MAX: u64 = 1 << 30;

pub fn declare_lists(check: &mut Check) -> Vec<Plan> {
    let Some(d) = declared(check).filter(|d| !d.lists.is_empty()) else { return Vec::new() };
    // by id: the split, and where it stands
    let mut of: BTreeMap<String, (String, String)> = BTreeMap::new();
    for (split, files) in &d.lists {
        for file in files {
            let before = check.problems.len();
            check.file(file, "a list of ids");
            if check.problems.len() > before {
                continue;
            }
            let text = match check.world.read(file, LIST_MAX).map_err(|e| e.to_string()).and_then(text_of) {
                Ok(text) => text,
                Err(say) => {
                    let problem = Diagnostic::error("T0791", file.span(), "a list of ids does not read").label(say);
                    check.bad(problem);
                    continue;
                }
            };
            check_ids(check, file, &text);
            let lines = text.lines().enumerate().filter(|(_, id)| !id.trim().is_empty());
            for (n, id) in lines {
                let place = format!("{}:{}", file.get(), n + 1);
                match of.get(id) {
                    Some((other, first)) if other != split => {
                        let message = format!("{place} is in the list of `{split}`, and {first} in that of `{other}`");
                        let problem = Diagnostic::error("T0791", file.span(), message).label("one id in two splits");
                        check.bad(problem.help("a sample is in one split: take it out of one of the lists"));
                        break; // one is enough to look at the file
                    }
                    Some(_) => {}
                    None => _ = of.insert(id.to_string(), (split.clone(), place)),
                }
            }
        }
    }
    let column = |f: fn(&(String, (String, String))) -> String, of: &[(String, (String, String))]| {
        array_of(of.iter().map(|row| Some(f(row))))
    };
    let rows: Vec<(String, (String, String))> = of.into_iter().collect();
    Named::note(check, rows.iter().map(|row| &row.1.0));
    let literal = Literal {
        table: "split/lists".into(),
        columns: [
            ("id".to_string(), column(|row| row.0.clone(), &rows)),
            ("split".to_string(), column(|row| row.1.0.clone(), &rows)),
        ]
        .into(),
        lines: rows.iter().map(|row| row.1.1.clone()).collect(),
    };
    let ports = Ports {
        table: "samples".into(),
        reads: names(&["id"]),
        writes: writes([(LISTED, Column::new(utf8()).inner().harmless())]),
        right: Some(Right {
            table: "split/lists".into(),
            key: "id".into(),
            on: "id".into(),
            reads: names(&["split"]),
            unmatched: Some(("split.listed".into(), "split.lists".into())),
        }),
        ..Ports::default()
    };
    let gates = if rows.is_empty() { Vec::new() } else { vec![met(check)] };
    vec![Plan { gates, literal: Some(literal), ..Plan::join::<Listed>(ports, &Nothing {}).word("lists") }]
}

/// How many ids the lists name, by split, for the step behind the join.
pub struct Named;

impl Named {
    /// Under what the numbers are kept.
    const NAME: &str = "split/lists: ids by split";

    fn note<'s>(check: &Check, splits: impl Iterator<Item = &'s String>) {
        check.found_once(Named::NAME, || {
            let mut of: BTreeMap<String, u64> = BTreeMap::new();
            splits.for_each(|split| *of.entry(split.clone()).or_default() += 1);
            of
        });
    }

    pub fn counted(check: &Check) -> BTreeMap<String, u64> {
        BTreeMap::clone(&check.found_once(Named::NAME, BTreeMap::<String, u64>::new))
    }
}

/// Lists that meet nothing are of other ids, and the splits would be drawn as if they were not there.
fn met(check: &Check) -> Gate {
    let half = Decimal::parse("0.5").unwrap_or_default();
    let span = check.manifest.span_of("split.lists").unwrap_or(check.span.clone());
    Gate::at_most("split.lists", "split/lists.unmatched_share", half, span)
        .say("more than half of the ids of `lists` belong to no sample")
        .look("tamis show split/lists --findings")
}

/// Tells of a list that has no ids, and of blanks around them, which nobody sees and which are part of an id.
fn check_ids(check: &mut Check, file: &At<String>, text: &str) {
    let mut ids = text.lines().enumerate().filter(|(_, id)| !id.trim().is_empty()).peekable();
    if ids.peek().is_none() {
        let problem = Diagnostic::warning("T0782", file.span(), "a list of ids is empty").label("has no effect");
        check.problems.push(problem);
    }
    let around: Vec<usize> = ids.filter(|(_, id)| id.trim() != *id).map(|(n, _)| n + 1).collect();
    if let Some(first) = around.first() {
        let message = format!("ids of a list have blanks around them: {} lines", around.len());
        let problem = Diagnostic::warning("T0782", file.span(), message).label(format!("line {first} is the first"));
        check.problems.push(problem.help("a blank is part of an id here: take it out if it is none of the sample's"));
    }
}

fn text_of(bytes: Vec<u8>) -> Result<String, String> {
    let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_string())?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_string())
}

pub struct Listed;

impl JoinStage for Listed {
    const JOIN: u32 = 1;
    type Join = Nothing;

    fn join(_: &Nothing, _: &Rows, matches: &[Vec<usize>], right: &Rows) -> Result<Delta, Fault> {
        let splits = right.texts("split")?;
        let listed = matches.iter().map(|m| m.first().and_then(|i| splits.get(*i).cloned().flatten()));
        let mut delta = Delta::default();
        delta.write(LISTED, array_of(listed));
        Ok(delta)
    }
}
