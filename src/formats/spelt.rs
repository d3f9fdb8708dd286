//! Records of JSON whose texts and numbers stand for truth values, days or no value in spellings that the manifest
//! declares. What JSON itself has a sign for needs none of them.
use super::options::Options;
use super::reader::{DAY, Record};
use super::spelling::{FALSE, NULL, Spelling, TRUE, has_days};
use crate::table::{Builder, Value};
use std::borrow::Cow;

/// The spellings of a source, where it declares some.
pub fn declared(options: &Options) -> Option<Spelling> {
    let some = has_days(options) || [TRUE, FALSE, NULL].iter().any(|choice| !options.texts(choice).is_empty());
    some.then(|| Spelling::of(options))
}

/// A record with the spellings of its source. `written` is the text of a text, of a number or of a truth value that a
/// selector names.
pub struct Spelt<'r, R, W> {
    pub of: &'r R,
    pub spelling: &'r Spelling,
    pub written: W,
}

impl<R: Record, W: Fn(&str) -> Option<String>> Record for Spelt<'_, R, W> {
    const SPARSE: bool = R::SPARSE;

    fn text(&self, selector: &str) -> Option<String> {
        self.of.text(selector).filter(|text| !self.spelling.is_null(text))
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        match (self.written)(selector).and_then(|text| self.spelling.declared(&text, ty)) {
            Some(value) => to.value(value),
            None => return self.of.put(selector, ty, to),
        }
        Ok(())
    }

    fn has(&self, selector: &str) -> bool {
        self.of.has(selector)
    }

    fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        self.of.content(bytes)
    }

    fn names(&self) -> Vec<String> {
        self.of.names()
    }
}

impl Spelling {
    /// What a text is by a declared spelling, if it is one.
    fn declared(&self, text: &str, ty: &str) -> Option<Value> {
        if self.is_null(text) {
            return Some(Value::Null);
        }
        match ty {
            DAY => self.day(text.trim()).map(Value::Text),
            "bool" => self.truth(text.trim()).map(Value::Bool),
            _ => None,
        }
    }
}
