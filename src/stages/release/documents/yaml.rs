//! YAML as far as the header of a dataset card needs it: maps, lists and scalars in block style. Every text is written
//! between double quotes with JSON's escapes, which YAML has too, so that no name, licence or language can become a key,
//! a truth value or a number.

/// A value; keys stay in the order in which they are given.
#[derive(Clone, Debug, PartialEq)]
pub enum Yaml {
    Text(String),
    Number(u64),
    Truth(bool),
    List(Vec<Yaml>),
    Map(Vec<(&'static str, Yaml)>),
}

impl From<&str> for Yaml {
    fn from(text: &str) -> Yaml {
        Yaml::Text(text.to_string())
    }
}

impl From<String> for Yaml {
    fn from(text: String) -> Yaml {
        Yaml::Text(text)
    }
}

impl Yaml {
    /// The document, each line with its end.
    pub fn document(&self) -> String {
        let mut out = String::new();
        self.write(0, &mut out);
        out
    }

    /// A value that stands on lines of its own. An empty list or map stands on one line.
    fn write(&self, depth: usize, out: &mut String) {
        let indent = "  ".repeat(depth);
        match self {
            Yaml::List(items) if !items.is_empty() => {
                for item in items {
                    out.push_str(&indent);
                    out.push_str("- ");
                    item.behind(depth, out);
                }
            }
            Yaml::Map(entries) if !entries.is_empty() => {
                for (i, (key, value)) in entries.iter().enumerate() {
                    out.push_str(if i == 0 { "" } else { &indent });
                    out.push_str(key);
                    out.push(':');
                    value.of_key(depth, out);
                }
            }
            scalar => {
                out.push_str(&scalar.scalar());
                out.push('\n');
            }
        }
    }

    /// A value behind `- `: a map begins on the same line.
    fn behind(&self, depth: usize, out: &mut String) {
        match self {
            Yaml::List(items) if !items.is_empty() => {
                out.push('\n');
                self.write(depth + 1, out);
            }
            other => other.write(depth + 1, out),
        }
    }

    /// A value behind `key:`.
    fn of_key(&self, depth: usize, out: &mut String) {
        match self {
            Yaml::List(items) if !items.is_empty() => {
                out.push('\n');
                self.write(depth, out);
            }
            Yaml::Map(entries) if !entries.is_empty() => {
                out.push('\n');
                out.push_str(&"  ".repeat(depth + 1));
                self.write(depth + 1, out);
            }
            scalar => {
                out.push(' ');
                scalar.write(depth, out);
            }
        }
    }

    fn scalar(&self) -> String {
        match self {
            Yaml::Text(text) => quoted(text),
            Yaml::Number(n) => n.to_string(),
            Yaml::Truth(truth) => truth.to_string(),
            Yaml::List(_) => "[]".into(),
            Yaml::Map(_) => "{}".into(),
        }
    }
}

/// A text between double quotes. What YAML cannot hold as it is, what ends a line, and what changes the direction of
/// writing is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if hidden(c) => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Control characters, other ends of lines, marks of direction and of byte order, and what is no character.
fn hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}')
        || matches!(c, '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks() {
        let split = |name: &str| Yaml::Map(vec![("split", name.into()), ("path", Yaml::List(vec!["a".into()]))]);
        let all = Yaml::Map(vec![
            ("license", "mit".into()),
            ("none", Yaml::List(Vec::new())),
            (
                "configs",
                Yaml::List(vec![Yaml::Map(vec![
                    ("config_name", "default".into()),
                    ("data_files", Yaml::List(vec![split("train"), split("test")])),
                ])]),
            ),
            ("info", Yaml::Map(vec![("size", Yaml::Number(3)), ("more", Yaml::Map(vec![("a", "b".into())]))])),
            ("nested", Yaml::List(vec![Yaml::List(vec!["x".into(), "y".into()])])),
        ]);
        let want = "license: \"mit\"\nnone: []\nconfigs:\n- config_name: \"default\"\n  data_files:\n  \
                    - split: \"train\"\n    path:\n    - \"a\"\n  - split: \"test\"\n    path:\n    - \"a\"\n\
                    info:\n  size: 3\n  more:\n    a: \"b\"\nnested:\n- \n  - \"x\"\n  - \"y\"\n";
        assert_eq!(all.document(), want);
    }

    #[test]
    fn texts_are_texts() {
        let of = |text: &str| Yaml::from(text).document();
        assert_eq!(of("no"), "\"no\"\n");
        assert_eq!(of("a\nb: \"c\"\\"), "\"a\\nb: \\\"c\\\"\\\\\"\n");
        assert_eq!(of("\u{7f}\u{85}\u{2028}\u{202e}\u{feff}가😀"), "\"\\u007F\\u0085\\u2028\\u202E\\uFEFF가😀\"\n");
    }
}
