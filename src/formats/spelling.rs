//! How values are written where a file holds nothing but text: numbers, truth values, and what stands for none.
//!
//! What has one reading is read: white space around a number, `TRUE`, `3.0` for a whole number. What has several is not
//! guessed but told, with the key that declares it: `1,5`, `yes`, `NA`, and `8.000` where a whole number is expected, which is
//! eight or eight thousand.
use super::options::{Choice, Options, Takes};
use super::reader::{CATEGORY, DAY, WRITTEN};
use crate::model::days;
use crate::table::Value;

pub const NULL: Choice = Choice {
    name: "null",
    doc: "what is written where there is no value, such as `[\"NA\", \"\\\\N\"]`; `\"\"` makes an empty text null, too. \
          An empty number, truth value, day or category is always null.",
    takes: Takes::Texts,
};
pub const TRUE: Choice = Choice {
    name: "true",
    doc: "what is written for true besides the word `true` in any case of letters, such as `[\"yes\", \"1\"]`.",
    takes: Takes::Texts,
};
pub const FALSE: Choice = Choice {
    name: "false",
    doc: "what is written for false besides the word `false` in any case of letters.",
    takes: Takes::Texts,
};
pub const DECIMAL: Choice = Choice {
    name: "decimal",
    doc: "what stands before the fraction of a number. Default `.`.",
    takes: Takes::Word { of: &[".", ","] },
};
pub const THOUSANDS: Choice = Choice {
    name: "thousands",
    doc: "what parts the thousands of a number. Nothing by default.",
    takes: Takes::Word { of: &["", ",", ".", " ", "'"] },
};

pub const DATE: Choice = Choice {
    name: "date",
    doc: "how the days of fields of the type `date` are written, such as `DD.MM.YYYY` or `YYYY. M. D.`; they become \
          `2026-01-31`. Default `YYYY-MM-DD`.",
    takes: Takes::Text { default: DAYS },
};

/// How days are kept.
const DAYS: &str = "YYYY-MM-DD";

/// Whether days are written otherwise than they are kept.
pub fn has_days(options: &Options) -> bool {
    options.text(&DATE) != DAYS
}

/// The spellings of a source.
#[derive(Clone, Debug, Default)]
pub struct Spelling {
    null: Vec<String>,
    yes: Vec<String>,
    no: Vec<String>,
    comma: bool,
    thousands: Option<char>,
    date: String,
}

impl Spelling {
    pub fn of(options: &Options) -> Spelling {
        Spelling {
            null: options.texts(&NULL),
            yes: options.texts(&TRUE),
            no: options.texts(&FALSE),
            comma: options.text(&DECIMAL) == ",",
            thousands: options.text(&THOUSANDS).chars().next(),
            date: options.text(&DATE).to_string(),
        }
    }

    /// The key that says the same as another.
    pub fn unfit(options: &Options) -> Option<(&'static str, &'static str)> {
        let s = Spelling::of(options);
        if options.text(&THOUSANDS) == options.text(&DECIMAL) {
            return Some(("thousands", "the same as `decimal`"));
        }
        if !days::is_pattern(&s.date) {
            return Some(("date", "a pattern has YYYY, MM or M, and DD or D, each once"));
        }
        let both = s.yes.iter().any(|t| s.no.contains(t));
        both.then_some(("false", "one spelling cannot be both true and false"))
    }

    /// Whether a text stands for no value.
    pub fn is_null(&self, text: &str) -> bool {
        self.null.iter().any(|n| n == text)
    }

    /// A value of a type out of its text; an empty text is null but for texts.
    pub fn value(&self, text: &str, ty: &str) -> Result<Value, String> {
        if self.is_null(text) {
            return Ok(Value::Null);
        }
        let bare = text.trim();
        match ty {
            "utf8" | WRITTEN => Ok(Value::Text(text.to_string())),
            _ if bare.is_empty() || self.is_null(bare) => Ok(Value::Null),
            CATEGORY => Ok(Value::Text(text.to_string())),
            DAY => self.day(bare).map(Value::Text).ok_or_else(|| match self.as_day() {
                own if days::is_written(bare) && own == "2026-01-31" => days::NO_DAY.into(),
                own => format!("text where a day such as {own} is expected: `null` declares how no value is written"),
            }),
            "i64" => self.whole(bare).map(Value::Int).ok_or_else(|| self.no_number(bare, ty)),
            "f64" => match self.plain(bare).and_then(|t| Some((t.parse::<f64>().ok()?, t))) {
                Some((f, t)) if f.is_finite() => real(&t).map(Value::Float),
                Some(_) => {
                    Err("NaN or infinity where a number is expected: `null` declares how no value is written".into())
                }
                None => Err(self.no_number(bare, ty)),
            },
            "bool" => self.truth(bare).map(Value::Bool).ok_or_else(|| {
                "text where true or false is expected: `true` and `false` declare other spellings".into()
            }),
            _ => Err(format!("text where {} is expected", words(ty))),
        }
    }

    /// How a day is written.
    fn as_day(&self) -> &str {
        match self.date.as_str() {
            "" | DAYS => "2026-01-31",
            pattern => pattern,
        }
    }

    /// A day, by the declared pattern or exactly as days are kept.
    pub fn day(&self, text: &str) -> Option<String> {
        match self.date.as_str() {
            "" | DAYS => days::is_day(text).then(|| text.to_string()),
            pattern => days::read(text, pattern),
        }
    }

    pub fn truth(&self, text: &str) -> Option<bool> {
        let is = |own: &[String], word: &str| own.iter().any(|t| t == text) || text.eq_ignore_ascii_case(word);
        if is(&self.yes, "true") { Some(true) } else { is(&self.no, "false").then_some(false) }
    }

    /// A whole number, also one with a fraction of zeros, as tools write it where a column has gaps.
    fn whole(&self, text: &str) -> Option<i64> {
        let plain = self.plain(text).filter(|plain| !is_group(plain))?;
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, "0"));
        let zeros = !fraction.is_empty() && fraction.bytes().all(|b| b == b'0');
        zeros.then(|| whole.parse().ok()).flatten()
    }

    /// A number as programs write it: without marks between thousands, with a point.
    fn plain(&self, text: &str) -> Option<String> {
        let mark = if self.comma { ',' } else { '.' };
        let (whole, fraction) = text.split_once(mark).map_or((text, None), |(w, f)| (w, Some(f)));
        let whole = match self.thousands {
            Some(t) if whole.contains(t) => {
                let digits = |g: &str| g.bytes().all(|b| b.is_ascii_digit());
                let mut groups = whole.trim_start_matches(['-', '+']).split(t);
                let first = groups.next().is_some_and(|g| (1..4).contains(&g.len()) && digits(g));
                let fits = first && groups.all(|g| g.len() == 3 && digits(g));
                fits.then(|| whole.replace(t, ""))?
            }
            _ => whole.to_string(),
        };
        let marks = |t: &str| t.contains([',', '.']);
        if marks(&whole) || fraction.is_some_and(marks) {
            return None;
        }
        Some(fraction.map_or(whole.clone(), |f| format!("{whole}.{f}")))
    }

    /// What is wrong with a text that is no number, and what could be declared.
    fn no_number(&self, text: &str, ty: &str) -> String {
        let numeric = text.bytes().all(|b| b.is_ascii_digit() || b"+-,.' ".contains(&b));
        let wrong = format!("text where {} is expected", words(ty));
        let fraction = numeric && ty == "i64" && self.plain(text).is_some_and(|t| t.parse::<f64>().is_ok());
        if fraction && self.plain(text).is_some_and(|plain| is_group(&plain)) {
            let mark = if self.comma { ',' } else { '.' };
            format!(
                "a mark with three zeros behind it where {} is expected: `thousands` declares it, if `{mark}` parts thousands here",
                words(ty)
            )
        } else if fraction {
            "a number that is not whole, or beyond 64 bits".into()
        } else if numeric && text.bytes().any(|b| b.is_ascii_digit()) {
            format!("{wrong}: `decimal` and `thousands` declare what its marks mean")
        } else {
            format!("{wrong}: `null` declares how no value is written")
        }
    }
}

/// Whether three zeros stand behind the mark, in front of which a group of thousands ends: `8.000` is eight or eight thousand.
fn is_group(plain: &str) -> bool {
    let whole = |own: &str| own.trim_start_matches(['-', '+']).trim_start_matches('0').len();
    plain.split_once('.').is_some_and(|(own, fraction)| fraction == "000" && (1..4).contains(&whole(own)))
}

/// What is said of a whole number that is another one as a number with a point.
pub const INEXACT: &str = "a whole number that a number with a point does not hold exactly";

/// Whether a whole number of 64 bits is the same as a number with a point.
pub fn is_exact(n: i128) -> bool {
    n as f64 as i128 == n
}

/// A number out of its text; a whole one must be held exactly.
pub fn real(text: &str) -> Result<f64, String> {
    let Some(x) = text.parse::<f64>().ok().filter(|x| x.is_finite()) else { return Err("no finite number".into()) };
    let digits = text.trim_start_matches(['-', '+']);
    let whole = digits
        .split_once('.')
        .map_or(Some(digits), |(whole, rest)| (!rest.is_empty() && rest.bytes().all(|b| b == b'0')).then_some(whole));
    let inexact = |own: &str| {
        let own = own.trim_start_matches('0');
        !own.is_empty() && own.bytes().all(|b| b.is_ascii_digit()) && format!("{:.0}", x.abs()) != own
    };
    if whole.is_some_and(inexact) { Err(INEXACT.into()) } else { Ok(x) }
}

/// What a value of a type is called.
pub fn words(ty: &str) -> &'static str {
    match ty {
        "i64" => "a whole number",
        "f64" => "a number",
        "bool" => "true or false",
        DAY => "a day",
        list if list.starts_with("list<") => "a list",
        object if object.starts_with("struct<") => "an object",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(options: &[(&str, serde_json::Value)], text: &str, ty: &str) -> Option<Value> {
        let given = options.iter().map(|(n, v)| (n.to_string(), v.clone()));
        Spelling::of(&Options::of(given, &[])).value(text, ty).ok()
    }

    #[test]
    fn what_has_one_reading_is_read() {
        for (text, is) in [("TRUE", true), ("False", false), (" true ", true)] {
            assert_eq!(read(&[], text, "bool"), Some(Value::Bool(is)));
        }
        assert_eq!(read(&[], " 3.00", "i64"), Some(Value::Int(3)));
        assert_eq!(read(&[], "-1.5e3 ", "f64"), Some(Value::Float(-1500.0)));
        assert_eq!(read(&[], "  ", "f64"), Some(Value::Null));
        assert_eq!(read(&[], "", "utf8"), Some(Value::Text(String::new())));
        assert_eq!(read(&[], " ", "category"), Some(Value::Null));
        assert_eq!(read(&[], " x", "category"), Some(Value::Text(" x".into())));
    }

    #[test]
    fn what_has_several_is_declared() {
        for (text, ty) in
            [("yes", "bool"), ("1", "bool"), ("1,5", "f64"), ("1,500", "i64"), ("NA", "i64"), ("3.5", "i64")]
        {
            assert_eq!(read(&[], text, ty), None, "{text}");
        }
        assert_eq!(read(&[("true", serde_json::json!(["1"]))], "1", "bool"), Some(Value::Bool(true)));
        assert_eq!(read(&[("null", serde_json::json!(["NA"]))], "NA", "utf8"), Some(Value::Null));
        let german = [("decimal", ",".into()), ("thousands", ".".into())];
        assert_eq!(read(&german, "1.234,5", "f64"), Some(Value::Float(1234.5)));
        assert_eq!(read(&german, "1.234", "i64"), Some(Value::Int(1234)));
        assert_eq!(read(&german, "1.23", "f64"), None, "no group of three");
        assert_eq!(read(&german, "12", "i64"), Some(Value::Int(12)));
    }

    #[test]
    fn no_fraction_of_a_whole_number_is_cut() {
        let comma = [("decimal", ",".into())];
        let both = [("decimal", ",".into()), ("thousands", ".".into())];
        for (options, text) in
            [(&[][..], "8.000"), (&comma[..], "8,000"), (&comma[..], "-123,000"), (&both[..], "8,000")]
        {
            assert_eq!(read(options, text, "i64"), None, "{text}");
        }
        for (options, text, n) in [(&comma[..], "8,0", 8), (&[][..], "0.000", 0), (&[][..], "1234.000", 1234)] {
            assert_eq!(read(options, text, "i64"), Some(Value::Int(n)), "{text}");
        }
        assert_eq!(read(&[("thousands", ",".into())], "8,000", "i64"), Some(Value::Int(8000)));
        assert_eq!(read(&comma, "8,000", "f64"), Some(Value::Float(8.0)), "declared, and nothing is cut");
        let say = |text: &str| Spelling::default().value(text, "i64").unwrap_err();
        assert!(say("8.000").contains("`thousands`") && say("8.5").contains("not whole"));
    }

    #[test]
    fn what_is_wrong_names_the_key() {
        let say = |text: &str, ty: &str| Spelling::default().value(text, ty).unwrap_err();
        assert!(say("1,5", "f64").contains("`decimal`"));
        assert!(say("NA", "f64").contains("`null`"));
        assert!(say("yes", "bool").contains("`true`"));
        assert!(say("99999999999999999999", "i64").contains("64 bits"));
    }
}
