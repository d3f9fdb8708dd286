//! Texts that come as lists of tokens: the tokens are joined to one text, and where each stands in it is kept.
use super::options::{Choice, Options, Takes};
use super::reader::{Added, Ask, Record, Records, Unit};
use crate::model::tokens::Token;
use crate::table::{Builder, Cell, Value, list};
use std::borrow::Cow;

pub const TOKENS: Choice = Choice {
    name: "tokens",
    doc: "the column that holds a text as the list of its tokens; a field that is taken from it is that text. Default: none.",
    takes: Takes::Text { default: "" },
};
pub const JOIN: Choice = Choice {
    name: "join",
    doc: "what stands between two tokens of the text. Default one space.",
    takes: Takes::Text { default: " " },
};

pub fn unfit(options: &Options) -> Option<(&'static str, &'static str)> {
    let alone = options.text(&TOKENS).is_empty() && options.text(&JOIN) != " ";
    alone.then_some(("join", "there are no tokens to join: `tokens` names their column"))
}

/// The selector whose field is the text.
pub fn text(options: &Options) -> &str {
    options.text(&TOKENS)
}

/// The column of places that stands beside the text.
pub fn adds(text: &str, selected: &[&str]) -> Added {
    if !text.is_empty() && selected.contains(&text) { vec![("tokens", list(Token::ty()))] } else { Vec::new() }
}

/// The tokens as one text, and where each stands in it.
pub fn joined<T: AsRef<str>>(tokens: &[T], join: &str) -> (String, Value) {
    joined_by(tokens, |_| join)
}

/// The same with what stands behind each token but the last.
pub fn joined_by<'j, T: AsRef<str>>(tokens: &[T], join: impl Fn(usize) -> &'j str) -> (String, Value) {
    let (mut text, mut places, mut at) = (String::new(), Vec::with_capacity(tokens.len()), 0u32);
    for (i, token) in tokens.iter().map(AsRef::as_ref).enumerate() {
        if let Some(before) = i.checked_sub(1) {
            text.push_str(join(before));
            at += join(before).chars().count() as u32;
        }
        let end = at + token.chars().count() as u32;
        places.push(Token { start: at, end }.into_value());
        text.push_str(token);
        at = end;
    }
    (text, Value::List(places))
}

/// The rule of tokens that no reader of words can show.
pub const EMPTY: &str = "tokens.empty";

/// What is said of tokens of which some hold no sign that is seen: nothing, spaces, or marks of no width. They stay, since an
/// answer may be about them; formats of tokens leave them out or tear their line. Where `join` puts nothing between tokens, they
/// are characters, and a space between words is one of them.
pub fn unseen<T: AsRef<str>>(tokens: &[T], join: &str) -> Option<String> {
    let blank = |c: char| c.is_whitespace() && !join.is_empty();
    let seen = |c: char| !blank(c) && !matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}');
    let n = tokens.iter().filter(|token| !token.as_ref().contains(seen)).count();
    (n > 0).then(|| format!("{n} of {} tokens hold no sign that is seen", tokens.len()))
}

/// What is said of a value that should be tokens.
pub const NO_TOKENS: &str = "something else than a list of texts where tokens are expected";

/// A record one of whose values is a text as tokens.
struct Spoken<'r, R> {
    of: &'r R,
    selector: &'r str,
    /// Null where there are none; an error where they are something else.
    text: Result<Option<String>, ()>,
}

impl<R: Record> Record for Spoken<'_, R> {
    const SPARSE: bool = R::SPARSE;

    fn text(&self, selector: &str) -> Option<String> {
        self.of.text(selector)
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        if selector != self.selector {
            return self.of.put(selector, ty, to);
        }
        match &self.text {
            Ok(Some(text)) => to.text(text),
            Ok(None) => to.value(Value::Null),
            Err(()) => return Err(NO_TOKENS.into()),
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

/// Makes a record a sample, with its tokens where a field is taken from them. `tokens` gives those of a selector: none, or
/// an error where something else stands there.
pub fn take<R: Record>(
    ask: &Ask,
    out: &mut Records,
    (unit, record, bytes): (&Unit, usize, &[u8]),
    of: &R,
    tokens: impl Fn(&str) -> Result<Option<Vec<String>>, ()>,
) {
    let selector = text(&ask.options);
    if selector.is_empty() || !ask.selects(selector) {
        out.take(unit, record, bytes, of);
        return;
    }
    let mut told = None;
    let (text, places) = match tokens(selector) {
        Ok(Some(tokens)) => {
            let join = ask.options.text(&JOIN);
            told = unseen(&tokens, join);
            let (text, places) = joined(&tokens, join);
            (Ok(Some(text)), places)
        }
        Ok(None) => (Ok(None), Value::Null),
        Err(()) => (Err(()), Value::Null),
    };
    if out.take(unit, record, bytes, &Spoken { of, selector, text }) {
        out.more("tokens", places);
        if let Some(say) = told {
            out.finding(unit, record, out.line, EMPTY, say);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_nobody_sees_are_told() {
        let told = unseen(&["Anna", "", " ", "\u{200b}", "\u{a0}"], " ");
        assert_eq!(told.as_deref(), Some("4 of 5 tokens hold no sign that is seen"));
        assert_eq!((unseen(&["Anna", "\u{ad6d}"], " "), unseen::<&str>(&[], " ")), (None, None));
        // of characters a space is one, and nothing is none
        let told = unseen(&["a", " ", "", "b"], "");
        assert_eq!(told.as_deref(), Some("1 of 4 tokens hold no sign that is seen"));
    }
}
