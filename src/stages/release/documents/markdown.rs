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

/// A name as it stands, whatever it holds: between more marks in a row than it has.
pub fn code(text: &str) -> String {
    let plain = still(text);
    match plain.split(|c| c != '`').map(str::len).max().unwrap_or(0) {
        0 => format!("`{plain}`"),
        longest => {
            let marks = "`".repeat(longest + 1);
            format!("{marks} {plain} {marks}")
        }
    }
}

/// The same in a cell of a table, which ends at a `|` even within code.
pub fn code_cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}

/// A text as it may stand in a cell of a table.
pub fn cell(text: &str) -> String {
    still(text).replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_no_cell_and_no_code() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b"), "`` a`b ``");
        assert_eq!(code("a``|`"), "``` a``|` ```");
        assert_eq!(code_cell("a|b"), "`a\\|b`");
    }
}
