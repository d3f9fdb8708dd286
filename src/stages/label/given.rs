//! Columns that answer a task: of one annotator, or of several where the format that they came in keeps all.
use super::kinds::kind::{Kind, Take};
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::model::boxes::Box2;
use crate::model::shape::Shape;
use crate::model::shapes;
use crate::model::votes::Said;
use crate::stage::{Check, Column};
use crate::table::{Cell, DataType, list, types};

/// Whether one of the columns holds the answers of several annotators.
pub fn holds_several<'c>(check: &Check, columns: impl IntoIterator<Item = &'c At<String>>) -> bool {
    columns.into_iter().any(|column| check.column("samples", column) == Some(&list(Said::ty())))
}

/// The column of shapes that answers a task, where another one was named.
fn beside(kind: &Kind, ty: &DataType) -> Option<&'static str> {
    shapes::places(ty)?;
    let fits = |ty: &DataType| !matches!((kind.takes)(ty), Take::No);
    let own = |d: &&shapes::Drawing| d.column != shapes::CAPTIONS || kind.is_free();
    let drawn = || shapes::DRAWINGS.iter().filter(own).find(|d| fits(&(d.ty)())).map(|d| d.column);
    fits(&list(Box2::ty())).then_some(Box2::COLUMN).or_else(drawn)
}

/// Notes a column that cannot answer a task.
pub fn check_column(check: &mut Check, kind: &Kind, class_names: &[String], column: &At<String>) {
    let Some(Column { ty, .. }) = check.known(column) else { return };
    if ty == list(Said::ty()) {
        return;
    }
    match (kind.takes)(&ty) {
        Take::No => {
            let message = format!("`{}` cannot answer this kind of task", column.get());
            let label = format!("this column is {}", types::text(&ty));
            let problem = Diagnostic::error("T0315", column.span(), message).label(label);
            check.bad(match beside(kind, &ty) {
                Some(other) => problem.help(format!("files of annotations give shapes of this kind as `{other}`")),
                None => problem,
            });
        }
        Take::Yes if kind.is_list() && check.text_of_spans().as_deref() == Some(column.as_str()) => {
            let message = format!("`{}` cannot answer this kind of task", column.get());
            let problem = Diagnostic::error("T0315", column.span(), message);
            check.bad(problem.label("this column is the text itself"));
        }
        Take::WithTokens if check.column("samples", "tokens").is_none() => {
            let problem = Diagnostic::error("T0317", column.span(), "tags without tokens say nothing about the text");
            let problem = problem.label("no source gives `tokens`");
            let help = "read the text as fields = { text = \"tokens\" }; for JSON and Parquet `tokens = \"tokens\"` beside \
                        `format` says that this column holds tokens";
            check.bad(problem.help(help));
        }
        Take::WithTokens if class_names.is_empty() && ty == list(DataType::Int64) => {
            let problem = Diagnostic::error("T0317", column.span(), "numbers as tags say nothing without their names");
            check.bad(
                problem.label("needs `class_names`").help("for example class_names = [\"O\", \"B-PER\", \"I-PER\"]"),
            );
        }
        _ => {}
    }
}
