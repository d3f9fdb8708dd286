//! Messages: the turns of a conversation, each with who speaks and what is said.
use super::cells::record_of;
use crate::table::{Cell, DataType, Value, record, utf8};

/// A turn. Its content is null where nothing was written, as beside the call of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub role: String,
    pub content: Option<String>,
}

impl Message {
    pub fn new(role: &str, content: impl Into<String>) -> Message {
        Message { role: role.into(), content: Some(content.into()) }
    }

    /// What is said; nothing where the content is null.
    pub fn text(&self) -> &str {
        self.content.as_deref().unwrap_or_default()
    }
}

impl Cell for Message {
    fn ty() -> DataType {
        record(&[("role", utf8()), ("content", utf8())])
    }
    fn into_value(self) -> Value {
        let content = self.content.map_or(Value::Null, Value::Text);
        record_of([("role", Value::Text(self.role)), ("content", content)])
    }
    fn from_value(v: &Value) -> Option<Self> {
        let role = v.field("role").text()?.to_string();
        Some(Message { role, content: v.field("content").text().map(String::from) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{array_of, cells};

    #[test]
    fn conversations_stand_in_a_column() {
        let call = Message { role: "assistant".into(), content: None };
        let all = vec![Some(vec![Message::new("user", "김"), call]), Some(vec![]), None];
        assert_eq!(cells::<Vec<Message>>(array_of(all.clone()).as_ref()), all);
    }
}
