//! Forms that labelling tools write and no reader of tamis knows: they are told by name, with what to export instead. A form
//! whose records are read like others, as JSON, keeps its annotations as they are written, and no label is made of them.
use super::folder::Beginning;

/// A form of a tool.
#[derive(Debug)]
pub struct Tool {
    /// What such a file is: `an export of Label Studio`.
    pub what: &'static str,
    /// What the tool can write that is read.
    pub instead: &'static str,
    sees: fn(name: &str, text: &str) -> bool,
}

/// How much of a file is looked at, in bytes.
const LOOKED: usize = 64 << 10;

const TOOLS: &[Tool] = &[
    Tool {
        what: "the labelling interface of Label Studio",
        instead: "",
        sees: |name, text| name.ends_with(".xml") && text.trim_start().starts_with("<View"),
    },
    Tool {
        what: "annotations of LabelMe in XML",
        instead: "JSON of LabelMe, COCO or Pascal VOC",
        sees: |_, text| text.contains("<annotation>") && text.contains("<polygon>"),
    },
    Tool {
        what: "a project of the VGG Image Annotator",
        instead: "COCO",
        sees: |_, text| has(text, &["_via_settings"]) || has(text, &["regions", "shape_attributes"]),
    },
    Tool {
        what: "annotations of Datumaro",
        instead: "COCO or Pascal VOC",
        sees: |_, text| has(text, &["categories", "items", "label_cat"]) || has(text, &["dm_format_version"]),
    },
    Tool {
        what: "an export of Prodigy",
        instead: "`format = \"prodigy\"`, as samples or as files of votes,",
        sees: |_, text| has(text, &["_input_hash", "_task_hash"]),
    },
    Tool {
        what: "annotations of ELAN",
        instead: "tab-delimited text",
        sees: |_, text| text.contains("<ANNOTATION_DOCUMENT"),
    },
    Tool {
        what: "a DocBin of spaCy",
        instead: "`Doc.to_json` as JSON Lines, or a token and its tag a line",
        sees: |name, _| name.ends_with(".spacy"),
    },
    Tool {
        what: "training data of spaCy 2",
        instead: "`Doc.to_json` as JSON Lines, or a token and its tag a line",
        sees: |_, text| has(text, &["paragraphs", "sentences", "orth"]),
    },
    Tool {
        what: "rotated boxes of DOTA",
        instead: "`format = \"dota\"` beside the images",
        sees: |name, text| name.ends_with(".txt") && (text.starts_with("imagesource:") || is_dota(text)),
    },
    Tool {
        what: "a workbook of Excel",
        instead: "CSV in UTF-8",
        sees: |name, _| [".xlsx", ".xls", ".ods"].iter().any(|end| name.ends_with(end)),
    },
    Tool {
        what: "a database of SQLite",
        instead: "a table as CSV, or say `format = \"sqlite\"` and a `query`, which a tamis with the feature `database` reads",
        sees: |_, text| text.starts_with("SQLite format 3\0"),
    },
    Tool {
        what: "arrays of NumPy",
        instead: "Parquet or CSV",
        sees: |name, text| [".npy", ".npz"].iter().any(|end| name.ends_with(end)) || text.starts_with("\u{FFFD}NUMPY"),
    },
];

/// The tool whose form a file has.
pub fn of(b: &Beginning) -> Option<&'static Tool> {
    let bytes = b.bytes.get(..LOOKED).unwrap_or(&b.bytes);
    let text = String::from_utf8_lossy(bytes);
    let name = b.file.name().to_lowercase();
    TOOLS.iter().find(|tool| (tool.sees)(&name, &text))
}

impl Tool {
    /// Why a file of it is not read.
    pub fn unread(&self) -> String {
        match self.instead {
            "" => format!("it looks like {}, which holds no data", self.what),
            key if key.starts_with("`format") => format!("it looks like {}: {key} reads it", self.what),
            instead => format!("it looks like {}, which is not read yet: export {instead}", self.what),
        }
    }

    /// What is said of a source whose records are read, and their annotations are not.
    pub fn asks(&self) -> String {
        format!(
            "what its annotations say: this looks like {}, whose annotations are kept as they are written, and no label is \
             made of them; {} would be read",
            self.what, self.instead
        )
    }
}

fn is_json(text: &str) -> bool {
    text.trim_start_matches('\u{FEFF}').trim_start().starts_with(['[', '{'])
}

/// Whether a text of JSON has all of some keys.
fn has(text: &str, keys: &[&str]) -> bool {
    is_json(text) && keys.iter().all(|key| text.contains(&format!("\"{key}\"")))
}

/// Whether the first lines have a form.
fn lines(text: &str, form: impl Fn(&str) -> bool) -> bool {
    let mut all = text.lines().filter(|line| !line.trim().is_empty()).take(20).peekable();
    all.peek().is_some() && all.all(form)
}

/// Eight coordinates, a class, and how difficult it is.
fn is_dota(text: &str) -> bool {
    lines(text, |line| {
        let parts: Vec<&str> = line.split_whitespace().collect();
        parts.len() == 10
            && parts.iter().take(8).all(|t| t.parse::<f64>().is_ok())
            && parts.last().is_some_and(|d| ["0", "1"].contains(d))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str, text: &str) -> Option<&'static str> {
        TOOLS.iter().find(|tool| (tool.sees)(name, text)).map(|tool| tool.what)
    }

    #[test]
    fn forms_are_known_and_other_files_are_none() {
        let interface = "<View>\n  <Text name=\"text\" value=\"$text\"/>\n</View>\n";
        assert_eq!(named("a.xml", interface), Some("the labelling interface of Label Studio"));
        assert_eq!(named("1.txt", "1 2 3 4 5 6 7 8 plane 0\n"), Some("rotated boxes of DOTA"));
        for (name, text) in [
            ("a.json", r#"[{"annotations": "x"}]"#),
            ("a.txt", "Label Studio wrote 5 lines\n"),
            ("b.txt", "12 monkeys\n"),
            ("a.csv", "id,result\n1,from_name\n"),
            ("a.txt", ""),
        ] {
            assert_eq!(named(name, text), None, "{text}");
        }
    }
}
