//! What loaders make of a release: names that they take for something else, and types that they guess.
use crate::diag::Diagnostic;
use crate::stage::Check;
use crate::table::DataType;
use std::ops::Range;

/// `all` is what loaders call every split together, so none of them reads a split of this name.
pub fn check_splits(check: &mut Check) {
    let ratios = check.manifest.table(&["split", "ratios"]).and_then(|(_, table)| table.get_ref().as_table());
    if let Some(all) = ratios.and_then(|of| of.keys().find(|k| k.get_ref() == "all")) {
        let span = all.span();
        let problem = Diagnostic::error("T0436", span, "no split of a release can be called `all`");
        check.bad(problem.label("loaders mean every split by it").help("call it `train`, or as you like"));
    }
}

/// Loaders of image folders guess the types of lists from the first rows of each split, and stop where two splits differ,
/// as they do where a list within a list is empty in all rows of one. A table with types has no such trouble. `guessed` is the format
/// that they read, where there is no such table.
pub fn check_readers(check: &mut Check, guessed: Option<(&str, Range<usize>)>, columns: &[String]) {
    let nested = |c: &&String| check.column("samples", c).is_some_and(lists_in_lists);
    let (Some((format, span)), Some(column)) = (guessed, columns.iter().find(nested)) else { return };
    let message = format!("loaders of {format} guess what `{column}` holds from the first rows of each split");
    let problem = Diagnostic::warning("T0353", span, message);
    let label = "they stop where a list in it is empty in all of one split";
    check.bad(
        problem.label(label).help("add `parquet`: it holds the images, says the types, and is what loaders take then"),
    );
}

fn lists_in_lists(ty: &DataType) -> bool {
    fn lists(ty: &DataType) -> usize {
        match ty {
            DataType::List(item) => 1 + lists(item.data_type()),
            DataType::Struct(fields) => fields.iter().map(|f| lists(f.data_type())).max().unwrap_or(0),
            _ => 0,
        }
    }
    lists(ty) > 1
}
