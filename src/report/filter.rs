//! Which rows: `split:test class:PS,LC chars:>200 -source:klue text:"a b"`. Terms stand side by side and all must hold; a
//! comma means or, a minus not.
use crate::diag::suggest;
use crate::model::votes::each_class;
use crate::report::show::Column;
use crate::table::{DataType, Value};
use std::cmp::Ordering;

/// Terms beside the names of columns.
const WORDS: [&str; 6] = ["text", "chars", "class", "finding", "step", "status"];

/// What a row can be.
const STATUS: [&str; 4] = ["living", "dropped", "merged", "held"];

/// All that a row must be.
#[derive(Debug, Default)]
pub struct Filter(pub Vec<Term>);

#[derive(Debug, PartialEq)]
pub struct Term {
    pub not: bool,
    pub about: About,
    pub test: Test,
}

/// What a term looks at.
#[derive(Debug, PartialEq, Clone)]
pub enum About {
    /// The texts of a row.
    Text,
    /// How many characters they have.
    Chars,
    /// The classes of its labels.
    Class,
    /// Rules that found something.
    Finding,
    /// Steps that said something.
    Step,
    /// Whether it lives, or how it went.
    Status,
    Column(String),
}

#[derive(Debug, PartialEq)]
pub enum Test {
    /// One of these; for `text`, it contains one of these.
    Any(Vec<String>),
    /// As a number, compared like this.
    Number(Vec<Ordering>, f64),
}

impl Filter {
    /// Reads a filter. An error says where it stands, and what was perhaps meant.
    pub fn parse(text: &str, columns: &[Column]) -> Result<Filter, String> {
        let mut terms = Vec::new();
        for (at, word) in words(text)? {
            let wrong = |say: String| format!("--where, at character {}: {say}", at + 1);
            let (not, rest) = word.strip_prefix('-').map_or((false, word.as_str()), |rest| (true, rest));
            let (name, value) = rest.split_once(':').unwrap_or(("text", rest));
            let about = about(name, columns).map_err(wrong)?;
            let test = test(&about, value).map_err(wrong)?;
            terms.push(Term { not, about, test });
        }
        Ok(Filter(terms))
    }

    /// Whether it asks for rows that are no longer there.
    pub fn asks_status(&self) -> bool {
        self.0.iter().any(|t| t.about == About::Status)
    }

    /// Whether what a step said of rows can matter: every rule where a term asks for one, else the steps that terms name.
    pub fn asks_what_said(&self, step: &str) -> bool {
        self.0.iter().any(|t| match t.about {
            About::Finding => true,
            About::Step => t.test.begins(step),
            _ => false,
        })
    }
}

/// The terms with the places where they begin. Within quotes a space parts nothing; a quote within them is doubled.
fn words(text: &str) -> Result<Vec<(usize, String)>, String> {
    let (mut out, mut word, mut quoted) = (Vec::new(), None::<(usize, String)>, None);
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quoted.is_some() && chars.peek().is_some_and(|next| next.1 == '"') => {
                chars.next();
                word.get_or_insert((at, String::new())).1.push('"');
            }
            '"' => {
                quoted = if quoted.is_some() { None } else { Some(at) };
                word.get_or_insert((at, String::new()));
            }
            // a comma within quotes is no `or`
            ',' if quoted.is_some() => word.get_or_insert((at, String::new())).1.push(COMMA),
            c if c.is_whitespace() && quoted.is_none() => out.extend(word.take()),
            c => word.get_or_insert((at, String::new())).1.push(c),
        }
    }
    if let Some(at) = quoted {
        return Err(format!("--where, at character {}: the quote does not end", at + 1));
    }
    out.extend(word);
    Ok(out)
}

/// Stands for a comma that is part of a value.
const COMMA: char = '\u{1}';

fn about(name: &str, columns: &[Column]) -> Result<About, String> {
    if let Some(column) = columns.iter().find(|c| c.name == name && !WORDS.contains(&name)) {
        if column.hidden {
            return Err(format!("`{name}` may hold personal data: --raw lets it be searched"));
        }
        return Ok(About::Column(name.to_string()));
    }
    Ok(match name {
        "text" => About::Text,
        "chars" => About::Chars,
        "class" => About::Class,
        "finding" => About::Finding,
        "step" => About::Step,
        "status" => About::Status,
        "changed" => return Err("what changed since a release is told by tamis diff".into()),
        _ => {
            let known: Vec<&str> = columns.iter().map(|c| c.name.as_str()).chain(WORDS).collect();
            return Err(format!("there is no column or word `{name}`; {}", suggest(name, known)));
        }
    })
}

fn test(about: &About, value: &str) -> Result<Test, String> {
    let signs: [(&str, &[Ordering]); 4] = [
        (">=", &[Ordering::Greater, Ordering::Equal]),
        ("<=", &[Ordering::Less, Ordering::Equal]),
        (">", &[Ordering::Greater]),
        ("<", &[Ordering::Less]),
    ];
    if let Some((rest, orders)) = signs.iter().find_map(|(sign, o)| Some((value.strip_prefix(sign)?, *o)))
        && matches!(about, About::Chars | About::Column(_))
    {
        let number: Option<f64> = rest.parse().ok().filter(|n: &f64| n.is_finite());
        return number.map(|n| Test::Number(orders.to_vec(), n)).ok_or(format!("`{rest}` is no number"));
    }
    let any: Vec<String> = value.split(',').map(|v| v.replace(COMMA, ",")).collect();
    if any.iter().all(String::is_empty) && !matches!(about, About::Column(_)) {
        return Err("what stands behind the colon is missing".into());
    }
    let known = |v: &&String| *about != About::Status || STATUS.contains(&v.as_str());
    match any.iter().find(|v| !known(v)) {
        Some(strange) => Err(format!("a row is never `{strange}`; {}", suggest(strange, STATUS))),
        None => Ok(Test::Any(any)),
    }
}

/// What a row is, as far as terms ask for it.
pub trait Row {
    /// The value of a column that may be shown.
    fn value(&self, column: &str) -> Value;
    /// Whether a text is there that a test holds of; without a copy of it where that can be.
    fn tests(&self, column: &str, test: &dyn Fn(&str) -> bool) -> bool {
        self.value(column).text().is_some_and(test)
    }
    /// Its columns that may be shown.
    fn columns(&self) -> &[Column];
    fn status(&self) -> &'static str;
    /// Rules and steps that said something of it.
    fn said(&self) -> &[(String, String)];
}

impl Filter {
    pub fn holds(&self, row: &dyn Row) -> bool {
        self.0.iter().all(|term| term.holds(row) != term.not)
    }
}

impl Term {
    fn holds(&self, row: &dyn Row) -> bool {
        let shown = || row.columns().iter().filter(|c| !c.hidden);
        let texts = || shown().filter(|c| c.ty == DataType::Utf8 && c.name != "id" && !c.name.contains('.'));
        match &self.about {
            About::Text => texts().any(|c| row.tests(&c.name, &|text| self.test.within(text))),
            About::Chars => {
                let own = shown().find(|c| c.name == "text" && c.ty == DataType::Utf8);
                let all: Vec<&Column> = own.map_or_else(|| texts().collect(), |c| vec![c]);
                let fits = |n: f64| self.test.number(n) || self.test.is(&n.to_string());
                all.iter().any(|c| row.tests(&c.name, &|text| fits(text.chars().count() as f64)))
            }
            About::Class => shown().filter(|c| c.name.starts_with("label.")).any(|c| {
                let mut met = false;
                each_class(&row.value(&c.name), &mut |class| met |= self.test.is(class));
                met
            }),
            About::Finding => row.said().iter().any(|(rule, _)| self.test.begins(rule)),
            About::Step => row.said().iter().any(|(_, step)| self.test.begins(step)),
            About::Status => self.test.is(row.status()),
            About::Column(name) => match row.value(name) {
                Value::Null => self.test.is("null") || self.test.is(""),
                Value::Int(n) => self.test.number(n as f64) || self.test.is(&n.to_string()),
                Value::Float(f) => self.test.number(f) || self.test.same_number(f),
                Value::List(items) => {
                    self.test.number(items.len() as f64)
                        || items.iter().any(|i| i.key_text().is_some_and(|t| self.test.is(&t)))
                }
                other => other.key_text().is_some_and(|t| self.test.is(&t)),
            },
        }
    }
}

impl Test {
    fn is(&self, value: &str) -> bool {
        matches!(self, Test::Any(of) if of.iter().any(|v| v == value))
    }

    fn within(&self, value: &str) -> bool {
        matches!(self, Test::Any(of) if of.iter().any(|v| value.contains(v)))
    }

    /// The name itself, or a table above it: `clean` is `clean.fields` too.
    fn begins(&self, value: &str) -> bool {
        let own = |v: &String| {
            value.strip_prefix(v.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '/']))
        };
        matches!(self, Test::Any(of) if of.iter().any(own))
    }

    fn number(&self, n: f64) -> bool {
        matches!(self, Test::Number(orders, than) if n.partial_cmp(than).is_some_and(|o| orders.contains(&o)))
    }

    fn same_number(&self, n: f64) -> bool {
        matches!(self, Test::Any(of) if of.iter().any(|v| v.parse() == Ok(n)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{list, record, utf8};

    struct One(Vec<Column>, Vec<(String, String)>);

    impl Row for One {
        fn value(&self, column: &str) -> Value {
            match column {
                "text" => Value::Text("to be, or not".into()),
                "n" => Value::Int(5),
                "label.ner" => Value::List(vec![Value::Struct(vec![("class".into(), Value::Text("PS".into()))])]),
                _ => Value::Null,
            }
        }
        fn columns(&self) -> &[Column] {
            &self.0
        }
        fn status(&self) -> &'static str {
            "held"
        }
        fn said(&self) -> &[(String, String)] {
            &self.1
        }
    }

    fn row() -> One {
        let column = |name: &str, ty: DataType, hidden| Column { name: name.into(), ty, writers: Vec::new(), hidden };
        let spans = list(record(&[("class", utf8())]));
        let columns = vec![
            column("text", utf8(), false),
            column("n", DataType::Int64, false),
            column("label.ner", spans, false),
            column("name", utf8(), true),
            column("split", utf8(), false),
        ];
        One(columns, vec![("field.symbol_ratio".into(), "clean.fields".into())])
    }

    #[test]
    fn terms_hold_or_do_not() {
        let row = row();
        let holds = |text: &str| Filter::parse(text, row.columns()).unwrap().holds(&row);
        for yes in [
            "",
            "text:be",
            "be",
            "\"be, or\"",
            "text:\"not\"",
            "chars:>5 chars:<=13",
            "class:LC,PS",
            "n:5",
            "n:>=5",
            "-n:6",
            "finding:field",
            "finding:field.symbol_ratio",
            "step:clean",
            "status:held,dropped",
            "split:null",
            "-class:LC",
        ] {
            assert!(holds(yes), "{yes}");
        }
        for no in ["text:Be", "chars:>13", "class:P", "n:<5", "-n:5", "finding:fie", "status:living", "split:test"] {
            assert!(!holds(no), "{no}");
        }
    }

    #[test]
    fn what_steps_said_is_read_where_a_term_can_ask_for_it() {
        let row = row();
        for (text, asks) in [
            ("finding:field", [true, true]),
            ("-finding:field", [true, true]),
            ("step:clean", [true, false]),
            ("-step:clean.fields", [true, false]),
            ("step:clean status:held", [true, false]),
            ("status:held text:be", [false, false]),
            ("", [false, false]),
        ] {
            let filter = Filter::parse(text, row.columns()).unwrap();
            assert_eq!(["clean.fields", "privacy.detect"].map(|step| filter.asks_what_said(step)), asks, "{text}");
        }
    }

    #[test]
    fn what_is_no_filter_is_told_at_its_place() {
        let row = row();
        let wrong = |text: &str| Filter::parse(text, row.columns()).unwrap_err();
        assert!(
            wrong("n:5 spilt:test")
                .contains("at character 5: there is no column or word `spilt`; did you mean `split`?")
        );
        assert!(wrong("text:\"open").contains("the quote does not end"));
        assert!(wrong("n:>x").contains("`x` is no number"));
        assert!(wrong("name:Kim").contains("--raw"));
        assert!(wrong("status:gone").contains("a row is never `gone`"));
        assert!(wrong("class:").contains("missing"));
        assert!(wrong("changed:0.2.0").contains("tamis diff"));
    }
}
