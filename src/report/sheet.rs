//! Rows for other programs: JSON Lines, or CSV that no spreadsheet takes for formulas.
use super::shown;
use serde_json::Value as Json;
use std::borrow::Cow;

/// How rows are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sheet {
    Jsonl,
    Csv,
}

impl Sheet {
    /// What stands before the rows.
    pub fn head(self, names: &[String]) -> String {
        match self {
            Sheet::Jsonl => String::new(),
            Sheet::Csv => record(names.iter().map(|n| text(n))),
        }
    }

    /// One row: a value for each name.
    pub fn row(self, names: &[String], values: Vec<Json>) -> String {
        match self {
            Sheet::Jsonl => {
                let object: serde_json::Map<String, Json> = names.iter().cloned().zip(values).collect();
                format!("{}\n", shown::json(&Json::Object(object).to_string()))
            }
            Sheet::Csv => record(values.iter().map(cell)),
        }
    }
}

fn record(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(",") + "\n"
}

/// Nothing for null, texts as they are, numbers in decimal, the rest as JSON.
fn cell(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(t) => text(t),
        Json::Number(n) => n.to_string(),
        other => text(&other.to_string()),
    }
}

/// A text as a cell. Spreadsheets run what begins with `=`, `+`, `-`, `@`, a tab or a carriage return: an apostrophe before
/// it makes it text (OWASP, "CSV Injection"). What a terminal would obey is escaped.
fn text(value: &str) -> String {
    let formula = value.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let shown = shown::lines(value);
    let safe: Cow<str> = if formula { Cow::Owned(format!("'{shown}")) } else { shown };
    let quoted = safe.contains([',', '"', '\n', '\t']) || safe.starts_with([' ', '\'']) || safe.ends_with(' ');
    if quoted { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe.into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn no_cell_is_a_formula_and_each_reads_back() {
        let names = ["id".to_string(), "=x".to_string()];
        assert_eq!(Sheet::Csv.head(&names), "id,\"'=x\"\n");
        let row = |v: Json| Sheet::Csv.row(&names, vec![json!("a"), v]);
        assert_eq!(row(json!("=1+1")), "a,\"'=1+1\"\n");
        assert_eq!(row(json!("@SUM(A1)")), "a,\"'@SUM(A1)\"\n");
        assert_eq!(row(json!(-3)), "a,-3\n");
        assert_eq!(row(Json::Null), "a,\n");
        assert_eq!(row(json!("\u{1b}[31m")), "a,\\u{1b}[31m\n");
        let awkward = "a \"b\", c\nd";
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).from_reader(row(json!(awkward)).into_bytes().leak() as &[u8]);
        let back = reader.records().next().unwrap().unwrap();
        assert_eq!(back.get(1), Some(awkward));
        let line = Sheet::Jsonl.row(&names, vec![json!("a\u{202e}"), json!([1])]);
        assert_eq!(serde_json::from_str::<Json>(&line).unwrap(), json!({ "id": "a\u{202e}", "=x": [1] }));
        assert!(!line.contains('\u{202e}'));
    }
}
