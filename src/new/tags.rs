//! Texts that come as lists of tokens with a tag for each token: known by their columns, whatever format they stand in.
use super::kinds::recogniser::Key;
use super::names::words;
use super::sample::{Column, Sample};
use crate::formats::Format;
use crate::formats::tokens::TOKENS;
use crate::table::Value;

/// What a column `text` is called beside one of tokens, which make the text.
pub const TEXT_BESIDE: &str = "text_given";

/// Columns that hold a text as its tokens are called so.
const NAMES: &[&str] = &["tokens", "words"];

/// The column of tokens, if another column holds a tag for each of them.
pub fn form(format: &Format, sample: &Sample) -> Option<Key> {
    if !format.options.iter().any(|own| own.name == TOKENS.name) {
        return None;
    }
    let tokens = sample.columns.iter().find(|c| NAMES.contains(&c.name.as_str()) && c.ty == "list<utf8>")?;
    let all = || sample.columns.iter();
    let tags = all().rev().find(|c| is_tags(c, tokens)).or_else(|| all().find(|c| is_numbers(c, tokens)))?;
    let why = format!("each has a tag in `{}`", tags.name);
    let why = match all().any(|c| c.name == "text") {
        true => format!("{why}; spans are places in the text that they make, and the column `text` is `{TEXT_BESIDE}`"),
        false => why,
    };
    Some(Key::new(TOKENS.name, tokens.name.as_str(), why))
}

/// The column of tokens that the keys of a source name.
pub fn tokens(keys: &[Key]) -> Option<&str> {
    keys.iter().find(|key| key.name == TOKENS.name)?.value.as_str()
}

/// Whether a column holds tags of entities, one for each token: as texts, or as numbers whose names are such tags.
pub fn is_tags(column: &Column, tokens: &Column) -> bool {
    let entity = |tag: &str| is_tag(tag) && tag != "O";
    if column.ty == "list<utf8>" {
        let items = || column.there().flat_map(items).filter_map(Value::text);
        return beside(column, tokens) && mostly(items(), is_tag);
    }
    let named = column.names.iter().all(|n| is_tag(n)) && column.names.iter().any(|n| entity(n));
    column.ty == "list<i64>" && named && beside(column, tokens)
}

/// Whether a column that is called so holds a number for each token.
fn is_numbers(column: &Column, tokens: &Column) -> bool {
    column.ty == "list<i64>" && words(&column.name).any(|w| w == "tags" || w == "ner") && beside(column, tokens)
}

/// Whether values are tags, and some of an entity. One in ten of those may be written otherwise: it is told, and takes nothing
/// from the others.
pub fn mostly<'t>(values: impl Iterator<Item = &'t str>, is_tag: fn(&str) -> bool) -> bool {
    let (good, odd) = values
        .filter(|v| *v != "O")
        .fold((0, 0), |(good, odd), v| if is_tag(v) { (good + 1, odd) } else { (good, odd + 1) });
    good > 0 && odd * 10 <= good
}

/// Whether a tag is `O`, or a letter that says where in an entity a token stands, a hyphen, and a class.
pub fn is_tag(tag: &str) -> bool {
    let form = |(at, class): (&str, &str)| matches!(at, "B" | "I" | "E" | "S" | "L" | "U") && !class.is_empty();
    tag == "O" || tag.split_once('-').is_some_and(form)
}

fn items(value: &Value) -> &[Value] {
    if let Value::List(items) = value { items } else { &[] }
}

/// Whether two columns hold lists of the same lengths, where both hold any.
fn beside(a: &Column, b: &Column) -> bool {
    let lists = || a.values.iter().zip(&b.values).filter(|(a, b)| **a != Value::Null && **b != Value::Null);
    lists().all(|(a, b)| items(a).len() == items(b).len()) && lists().next().is_some()
}
