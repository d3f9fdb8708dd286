//! Conversations: known by their columns, whatever format they stand in.
use super::kinds::recogniser::Key;
use super::sample::{Column, Sample};
use crate::formats::Format;
use crate::formats::chat::CHAT;
use crate::formats::reader::WRITTEN;
use crate::table::{DataType, Value, types};

/// The form of the conversations in a file, if it holds some.
pub fn form(format: &Format, sample: &Sample) -> Option<Key> {
    if !format.options.iter().any(|own| own.name == CHAT.name) {
        return None;
    }
    let column = |name: &str| sample.columns.iter().find(|c| c.name == name);
    let holds = |name: &str, keys: [&str; 2]| column(name).is_some_and(|c| holds(c, keys));
    let is_text = |name: &str| column(name).is_some_and(|c| c.ty == "utf8");
    let said = |name: &str| holds(name, ["role", "content"]) || holds(name, ["from", "value"]) || is_text(name);
    let asked = column("prompt").is_none_or(|_| said("prompt")) && (!is_text("chosen") || said("prompt"));
    let (form, why) = if said("chosen") && said("rejected") && asked {
        ("preference", "`chosen` and `rejected` are two answers")
    } else if holds("messages", ["role", "content"]) {
        ("openai", "`messages` are objects with `role` and `content`")
    } else if holds("conversations", ["from", "value"]) {
        ("sharegpt", "`conversations` are objects with `from` and `value`")
    } else if is_text("instruction") && is_text("output") {
        ("alpaca", "an `instruction` and its `output`")
    } else {
        return None;
    };
    Some(Key::new(CHAT.name, form, why))
}

/// Whether a column holds lists of objects with these keys, or such an object. Values of several forms are kept as they are
/// written.
fn holds(column: &Column, keys: [&str; 2]) -> bool {
    if column.ty == WRITTEN {
        let first = column.there().find_map(Value::text).unwrap_or_default();
        return first.starts_with(['[', '{']) && keys.iter().all(|key| first.contains(&format!("\"{key}\":")));
    }
    let Some((ty, _)) = types::parse(&column.ty) else { return false };
    let of = if let DataType::List(item) = &ty { item.data_type().clone() } else { ty };
    let DataType::Struct(fields) = of else { return false };
    keys.iter().all(|key| fields.iter().any(|f| f.name() == key))
}
