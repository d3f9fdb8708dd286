//! The table beside images, sounds or texts, as it is written.
use super::apart;
use super::columns;
use super::globs;
use super::page::{Page, inline, list, text, value};
use super::plan::{Guess, Plan};

/// A table below that of a source, with its lines: key, value and reason.
pub type Below = (String, Vec<(String, String, String)>);

/// The table that says more of the images. Columns whose names are tamis's own are called otherwise.
pub fn sheet(page: &mut Page, g: &Guess, plan: &Plan, below: &str, tables: &mut Vec<Below>) {
    let Some(sheet) = &g.source.sheet else { return };
    let globs = globs::of(&sheet.files, &plan.all, &plan.broken);
    let files: Vec<String> = globs.files.iter().map(|glob| format!("{below}{glob}")).collect();
    let mut table = vec![("files".to_string(), list(&files)), ("format".to_string(), text(sheet.format.name))];
    table.extend(sheet.keys.iter().map(|k| (k.name.to_string(), value(&k.value))));
    let boxed = |column: &&String| sheet.boxes.is_some() && *column == apart::BOXES;
    for own in sheet.columns.iter().filter(|column| columns::field_name(column).is_none() && !boxed(column)) {
        page.ask(format!("column `{own}` of {} is left out: the name is tamis's own", sheet.files.join(", ")));
    }
    let named = sheet.columns.iter().filter_map(|column| Some((columns::field_name(column)?, text(column))));
    let boxes = sheet.boxes.iter().map(|_| (apart::BOXES_FIELD.to_string(), text(apart::BOXES)));
    let fields: Vec<(String, String)> = named.chain(boxes).collect();
    if fields.is_empty() {
        return;
    }
    let mut lines = vec![
        ("table".to_string(), inline(&table), String::new()),
        (
            "key".to_string(),
            text(&sheet.key),
            match (g.source.is_images(), g.source.format.sounds) {
                (true, _) => "its values are names of images".to_string(),
                (_, true) => "its values are names of sounds".to_string(),
                _ => "its values are names of texts".to_string(),
            },
        ),
        ("on".to_string(), text(sheet.on), String::new()),
    ];
    lines.push(("fields".to_string(), inline(&fields), String::new()));
    tables.push(("sheet".to_string(), lines));
}
