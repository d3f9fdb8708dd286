//! From the declaration of a step to its plan.
use super::declaration::{After, By, Declaration, Kind};
use super::params::Map;
use super::programs;
use super::step::Stage;
use crate::diag::Diagnostic;
use crate::manifest::values::{At, is_line};
use crate::model::edits::edits_of;
use crate::stage::*;
use crate::table::types;
use std::collections::BTreeMap;
use std::ops::Range;

/// The plan of a step that stands at this place; every place is asked.
pub(super) fn declare(check: &mut Check, place: After) -> Vec<Plan> {
    let Some(d) = check.read::<Declaration>() else { return Vec::new() };
    if d.after != place {
        return Vec::new();
    }
    let before = check.problems.len();
    if d.writes.is_empty() && d.drops.is_empty() && !d.bears {
        let problem = Diagnostic::error("T0520", check.span.clone(), "this step changes nothing");
        check.bad(problem.label("needs `writes`, `drops` or `bears`"));
    }
    let reads = reads(check, &d);
    let (writes, over) = writes(check, &d);
    let drops = reasons(check, &d.drops);
    let found = programs::find(check, &d);
    let Some(found) = found.filter(|_| check.problems.len() == before) else { return Vec::new() };
    let map = Map {
        name: check.instance.clone(),
        run: found.program.run.clone(),
        says: found.program.version.clone(),
        files: found.says,
        env: found.env,
        version: d.version.clone(),
        reads,
        writes,
        over,
        drops,
        bears: d.bears,
        program: None,
    };
    let grain = match d.grain {
        By::Partition => Grain::Partition,
        By::Sample => Grain::Sample,
    };
    let plan = Plan::map::<Stage>(ports(check, &map), &map);
    vec![Plan { program: Some(found.program), grain: Some(grain), files: found.files, ..plan }]
}

/// The columns that it is given, by name.
fn reads(check: &mut Check, d: &Declaration) -> Vec<String> {
    let mut out = Vec::new();
    for name in d.reads.iter().filter(|n| n.as_str() != "id") {
        let Some(column) = check.known(name) else { continue };
        if column.names_bytes() {
            let message = format!("`{}` holds files, which no step of one's own is given", name.get());
            check.bad(Diagnostic::error("T0524", name.span(), message).label("images cannot be read yet"));
        }
        out.push(name.get().clone());
    }
    out.sort();
    out.dedup();
    out
}

/// The columns that it gives, and those of them that are there already.
fn writes(check: &mut Check, d: &Declaration) -> (BTreeMap<String, Kind>, Vec<String>) {
    let (mut kinds, mut over) = (BTreeMap::new(), Vec::new());
    for (name, gives) in &d.writes {
        let kind = gives.kind();
        let span = check.manifest.span_of(&format!("{}.writes.{name}", check.path)).unwrap_or(gives.span());
        let known = check.columns.get("samples").and_then(|of| of.get(name)).cloned();
        match known {
            Some(column) => {
                replaces(check, name, &kind, &column, span);
                over.push(name.clone());
            }
            None => named(check, name, span),
        }
        kinds.insert(name.clone(), kind);
    }
    (kinds, over)
}

/// A new column needs a name that nothing else has.
fn named(check: &mut Check, name: &str, span: Range<usize>) {
    let own = RESERVED.contains(&name) || name.contains(['.', '/']) || name.is_empty() || name.starts_with('$');
    if own || !is_line(name) {
        let problem = Diagnostic::error("T0308", span, format!("`{name}` cannot name a column"));
        check.bad(problem.label("the name is tamis's own, or has a dot, a slash, a `$` in front, or breaks a line"));
    }
}

/// A column that is there keeps its type, and what tamis itself makes stays as it is.
fn replaces(check: &mut Check, name: &str, kind: &Kind, column: &Column, span: Range<usize>) {
    let own = RESERVED.contains(&name) || column.inner || !matches!(column.role, Role::Plain | Role::Text);
    if own {
        let problem = Diagnostic::error("T0525", span, format!("`{name}` is made by tamis and stays as it is"));
        return check.bad(problem.label("another name is needed"));
    }
    if kind.ty() != column.ty {
        let label = format!("so far it is {}", types::text(&column.ty));
        check.bad(Diagnostic::error("T0322", span, format!("`{name}` is of another type")).label(label));
    }
}

/// Reasons are words that tell no content.
fn reasons(check: &mut Check, drops: &[At<String>]) -> Vec<String> {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    for reason in drops.iter().filter(|r| r.is_empty() || r.len() > 60 || !r.bytes().all(good)) {
        let problem = Diagnostic::error("T0526", reason.span(), "this is no reason that can be counted");
        check.bad(
            problem
                .label("a word of a-z, 0-9, `-` and `_`")
                .help("what is dropped is told by reason, never by content"),
        );
    }
    let mut out: Vec<String> = drops.iter().map(|r| r.get().clone()).collect();
    out.sort();
    out.dedup();
    out
}

/// Texts that were there come with their edits, so that labels move with them.
fn ports(check: &Check, map: &Map) -> Ports {
    let texts: Vec<String> = map.over.iter().filter(|n| map.writes.get(*n) == Some(&Kind::Text)).cloned().collect();
    let edits = texts.iter().map(|t| edits_of(t)).filter(|e| check.column("samples", e).is_some());
    let mut reads: Vec<String> = ["id".to_string()].into_iter().chain(map.reads.iter().cloned()).collect();
    for name in map.over.iter().cloned().chain(edits) {
        if !reads.contains(&name) {
            reads.push(name);
        }
    }
    let before = |name: &String| check.columns.get("samples").and_then(|of| of.get(name)).cloned();
    let others = map.writes.iter().filter(|w| !texts.contains(w.0));
    let others = others.map(|(name, kind)| (name.clone(), before(name).unwrap_or_else(|| kind.column())));
    let writes = check.changed_texts(&texts).into_iter().chain(others).collect();
    let (drops, bears) = (!map.drops.is_empty(), map.bears);
    Ports { table: "samples".into(), reads, writes, drops, bears, living_only: true, ..Ports::default() }
}

#[cfg(test)]
mod tests {
    use super::super::AFTER_PRIVACY;
    use super::*;
    use crate::stage::testing::declared;
    use crate::table::DataType;

    #[test]
    fn a_step_is_planned_at_its_place_alone() {
        let text =
            "[transform.t]\nrun = [\"/bin/cat\"]\nversion = \"1\"\nreads = [\"text\"]\nwrites = { n = \"int\" }\n";
        let samples = [("text", Column::new(DataType::Utf8))];
        let (plans, told) = declared(&[AFTER_PRIVACY], "transform.t", text, &samples);
        assert_eq!(told, []);
        assert_eq!(plans[0].ports.reads, ["id", "text"]);
        assert_eq!(plans[0].program.as_ref().unwrap().found.as_deref(), Some("/bin/cat"));
        let later = format!("{text}after = \"clean\"\n");
        assert!(declared(&[AFTER_PRIVACY], "transform.t", &later, &samples).0.is_empty());
    }

    #[test]
    fn a_text_that_is_there_is_written_with_its_edits() {
        let text = "[transform.t]\nrun = [\"/bin/cat\"]\nversion = \"1\"\nwrites = { text = \"text\" }\n";
        let (plans, told) = declared(&[AFTER_PRIVACY], "transform.t", text, &[("text", Column::new(DataType::Utf8))]);
        assert_eq!(told, []);
        let written: Vec<&str> = plans[0].ports.writes.iter().map(|w| w.0.as_str()).collect();
        assert_eq!(
            (plans[0].ports.reads.as_slice(), written.as_slice()),
            (&names(&["id", "text"])[..], &["text", "edits.text"][..])
        );
    }
}
