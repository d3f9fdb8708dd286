//! What leaves with an anonymous release beside its rows: names of single samples in ATTRIBUTION.md, ids in the files of formats,
//! and what the splits tell. All of it would undo the classes of rows that look alike.
use crate::diag::Diagnostic;
use crate::manifest::sources::Terms;
use crate::manifest::values::At;
use crate::stage::Check;
use std::collections::BTreeSet;
use std::ops::Range;

/// What a declaration of anonymity says of columns.
pub struct Says<'a> {
    /// Where it stands.
    pub span: Range<usize>,
    pub quasi: BTreeSet<&'a str>,
    /// The quasi-identifiers that stay as they are.
    pub kept: BTreeSet<&'a str>,
    pub sensitive: BTreeSet<&'a str>,
    pub insensitive: BTreeSet<&'a str>,
    pub unit: Option<&'a At<String>>,
    pub per_split: bool,
}

/// What a release writes, as far as its anonymity depends on it.
pub struct Leaving {
    /// The released columns, and those that only a format writes.
    pub columns: Vec<String>,
    /// Some file holds the ids of the source.
    own_ids: bool,
    /// The sources whose samples it takes.
    taken: Vec<Terms>,
}

impl Leaving {
    /// `only` are columns that formats write beside the released ones. `own` are the ids of the source; a `nameless` format
    /// holds none of its own accord.
    pub fn of<'c>(
        check: &Check,
        columns: &[String],
        only: impl Iterator<Item = &'c String>,
        taken: Vec<Terms>,
        (own, nameless): (bool, bool),
    ) -> Leaving {
        let mut all = columns.to_vec();
        for column in only.filter(|c| *c != "id" && !c.starts_with("edits.")) {
            if check.column("samples", column).is_some() && !all.contains(column) {
                all.push(column.clone());
            }
        }
        // an image lies in a file that is named by the id, and ATTRIBUTION.md names samples by it
        let named = columns.iter().any(|c| c == "id" || c == "image");
        let own_ids = own && (named || !nameless || !attributed(&taken).is_empty());
        Leaving { columns: all, own_ids, taken }
    }
}

/// Whether a column may be told as it was collected: nothing in it has to be hidden, or each row shows it anyway.
pub fn may_be_told(a: &Says, columns: &[String], column: &str) -> bool {
    let shown = a.sensitive.contains(column) && columns.iter().any(|c| c == column);
    a.kept.contains(column) || shown || a.insensitive.contains(column)
}

/// The columns that ATTRIBUTION.md tells of each sample, with the places where that is asked for.
fn attributed(taken: &[Terms]) -> Vec<(String, Range<usize>)> {
    let mut out: Vec<(String, Range<usize>)> = Vec::new();
    for source in taken {
        let named = source.attribution.columns.iter().flat_map(|c| c.all());
        out.extend(named.map(|(_, column)| (column.get().clone(), column.span())));
        out.extend(source.allowed.as_ref().map(|_| ("license".to_string(), source.span.clone())));
    }
    // samples stand there under the heading of their source
    if let Some(place) = out.first().map(|first| first.1.clone()).filter(|_| taken.len() > 1) {
        out.push(("source".to_string(), place));
    }
    out
}

/// The columns that decide in which split a sample is, with their places.
fn followed(check: &Check) -> Vec<(String, Range<usize>)> {
    let time = check.manifest.table(&["split", "time"]).and_then(|(_, table)| table.get_ref().as_table()?.get("field"));
    let split = check.manifest.table(&["split"]).and_then(|(_, table)| table.get_ref().as_table()?.get("given"));
    let named = time.into_iter().chain(split);
    named.filter_map(|value| Some((value.get_ref().as_str()?.to_string(), value.span()))).collect()
}

/// Columns that leave beside the rows, so that something may be said of them though they are not released.
pub fn leaving(check: &Check, of: &Leaving) -> BTreeSet<String> {
    attributed(&of.taken).into_iter().chain(followed(check)).map(|own| own.0).collect()
}

/// Notes whatever leaves beside the rows and tells more of a row than its class.
pub fn check_beside(check: &mut Check, of: &Says, leaving: &Leaving) {
    check_attributed(check, of, leaving);
    check_followed(check, of, &leaving.columns);
    if leaving.own_ids {
        let message = "the rows have the ids of their source, by which anybody who knows one finds its row";
        let problem = Diagnostic::error("T0564", of.span.clone(), message).label("ids are as they were collected");
        check.bad(problem.help(format!("[{}] ids = \"sequence\", or \"keyed\"", check.path)));
    }
    if let Some(unit) = of.unit {
        check.known(unit);
        if leaving.columns.contains(unit.get()) {
            let message = format!("`{}` is released, so the rows of one person can be put together", unit.get());
            let problem =
                Diagnostic::error("T0564", unit.span(), message).label("together they tell more than a class");
            check.bad(problem.help("leave it out of `columns`"));
        }
    }
}

fn check_attributed(check: &mut Check, of: &Says, leaving: &Leaving) {
    let mut told: BTreeSet<String> = BTreeSet::new();
    for (column, place) in attributed(&leaving.taken) {
        if may_be_told(of, &leaving.columns, &column) || !told.insert(column.clone()) {
            continue;
        }
        let message = format!("ATTRIBUTION.md of {} would tell `{column}` of each row", check.path);
        let problem = Diagnostic::error("T0564", place, message).label("told of single samples");
        let help = format!(
            "name the source as a whole (`attribution = \"WHO, WHAT\"`), or say `insensitive = [\"{column}\"]` in [{}.anonymity]",
            check.path
        );
        check.bad(problem.related(of.span.clone(), "this release is anonymous").help(help));
    }
}

/// Files are made for each split, so a split that follows a column tells something of its values.
fn check_followed(check: &mut Check, of: &Says, columns: &[String]) {
    for (column, place) in followed(check) {
        let quasi = of.quasi.contains(column.as_str());
        if may_be_told(of, columns, &column) || (of.per_split && quasi) {
            continue;
        }
        let related = |problem: Diagnostic| problem.related(of.span.clone(), "this release is anonymous");
        if quasi {
            let message = format!("the splits of {} follow `{column}`, and tell what is generalised in it", check.path);
            let problem = Diagnostic::error("T0564", place, message).label("each split has files of its own");
            check.bad(
                related(problem).help(format!("[{}.anonymity] per_split = true: the split counts, too", check.path)),
            );
        } else {
            let message = format!("nothing is said of `{column}`, which the splits of {} follow", check.path);
            let problem = Diagnostic::warning("T0566", place, message).label("each split has files of its own");
            check.bad(related(problem).help(format!("[{}.anonymity] insensitive = [\"{column}\"]", check.path)));
        }
    }
}
