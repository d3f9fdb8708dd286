//! Parts of Markdown in which names and texts of the user's stand as they are.
use super::still;

/// A row of a table.
pub fn row(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |\n", cells.collect::<Vec<_>>().join(" | "))
}

/// The line below the head of a table of so many columns.
pub fn rule(columns: usize) -> String {
    format!("|{}\n", "---|".repeat(columns))
}

/// A name as it stands, whatever it holds.
pub fn code(text: &str) -> String {
    let plain = still(text);
    if plain.contains('`') { format!("`` {plain} ``") } else { format!("`{plain}`") }
}

/// A text as it may stand in a cell of a table.
pub fn cell(text: &str) -> String {
    still(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}
