//! Conversations as tools of chat models keep them, brought to one form: `messages`, or `prompt`, `chosen` and `rejected`,
//! each a list of messages with `role` and `content`.
//!
//! | `chat` | made of | gives |
//! |---|---|---|
//! | `openai` | `messages` | `messages` |
//! | `sharegpt` | `conversations` of `from` and `value`, `system` | `messages` |
//! | `alpaca` | `instruction`, `input`, `output`, `system`, `history` | `messages` |
//! | `preference` | `prompt`, `chosen`, `rejected` (texts, messages, or lists of them), `system` | `prompt`, `chosen`, `rejected` |
//!
//! Nothing is judged here but what cannot be read: `[clean.chat]` looks at roles, their order and empty turns. Findings:
//! `field.type` (no messages; the value is null), `chat.lost` (messages that say more than a role and a content).
use super::doubt::Doubt;
use super::options::{Choice, Options, Takes};
use super::reader::{Ask, From, Record, Records, Seen, Unit};
use super::tokens;
use crate::model::messages::Message;
use crate::table::{Builder, Cell, DataType, Value, types};
use std::borrow::Cow;

pub const CHAT: Choice = Choice {
    name: "chat",
    doc: "conversations in the form of `openai` (`messages` of `role` and `content`), `sharegpt` (`conversations` of `from` \
          and `value`), `alpaca` (`instruction`, `input`, `output`) or `preference` (`prompt`, `chosen`, `rejected`). They \
          become `messages`, or `prompt`, `chosen` and `rejected`: lists of objects with `role` and `content`. Default: none.",
    takes: Takes::Word { of: &["", "openai", "sharegpt", "alpaca", "preference"] },
};

/// How conversations are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Form {
    OpenAi,
    ShareGpt,
    Alpaca,
    Preference,
}

use Form::{Alpaca, OpenAi, Preference, ShareGpt};

impl Form {
    pub fn of(options: &Options) -> Option<Form> {
        match options.text(&CHAT) {
            "openai" => Some(OpenAi),
            "sharegpt" => Some(ShareGpt),
            "alpaca" => Some(Alpaca),
            "preference" => Some(Preference),
            _ => None,
        }
    }

    /// What fields may be taken from.
    pub fn gives(self) -> &'static [&'static str] {
        match self {
            Preference => &["prompt", "chosen", "rejected"],
            _ => &["messages"],
        }
    }

    /// The keys of a record that this is made of.
    pub fn reads(self) -> &'static [&'static str] {
        match self {
            OpenAi => &["messages"],
            ShareGpt => &["conversations", "system"],
            Alpaca => &["instruction", "input", "output", "system", "history"],
            Preference => &["prompt", "chosen", "rejected", "system"],
        }
    }

    /// The keys without which there is nothing that a selector gives; one of them is enough.
    fn needs(self, selector: &str) -> &'static [&'static str] {
        match (self, selector) {
            (OpenAi, _) => &["messages"],
            (ShareGpt, _) => &["conversations"],
            (Alpaca, _) => &["instruction"],
            (Preference, "rejected") => &["rejected"],
            (Preference, "chosen") => &["chosen"],
            (Preference, _) => &["prompt", "chosen"], // where it is missing, it is what both answers begin with
        }
    }

    /// The keys of a message.
    fn keys(self) -> &'static [(&'static str, &'static str)] {
        match self {
            ShareGpt => &[("from", "value")],
            Preference => &[("role", "content"), ("from", "value")],
            _ => &[("role", "content")],
        }
    }

    fn gives_it(self, selector: &str) -> bool {
        self.gives().contains(&selector)
    }
}

pub fn unfit(options: &Options) -> Option<(&'static str, &'static str)> {
    let both = Form::of(options).is_some() && !tokens::text(options).is_empty();
    let say = "a record is a conversation or a text of tokens, not both";
    both.then_some((CHAT.name, say)).or_else(|| tokens::unfit(options))
}

/// The type of what a selector gives; `None` where the records say it.
pub fn ty(options: &Options, selector: &str) -> Option<DataType> {
    Form::of(options).filter(|form| form.gives_it(selector)).map(|_| <Vec<Message>>::ty())
}

/// The columns of a file, in which what messages are made of stands no more.
pub fn columns(options: &Options, seen: Vec<Seen>) -> Vec<Seen> {
    let Some(form) = Form::of(options) else { return seen };
    let made = form.gives().iter().map(|name| (name.to_string(), types::text(&<Vec<Message>>::ty())));
    let others = seen.into_iter().filter(|(name, _)| !form.reads().contains(&name.as_str()) && !form.gives_it(name));
    made.chain(others).collect()
}

/// What is told of columns, without those that messages are made of.
pub fn doubts(options: &Options, told: Vec<Doubt>) -> Vec<Doubt> {
    let made = |doubt: &Doubt| Form::of(options).is_some_and(|f| f.reads().contains(&doubt.column.as_str()));
    told.into_iter().filter(|doubt| !made(doubt)).collect()
}

/// Names of a record, or of a file, as fields may be taken from them.
pub fn names(options: &Options, names: Vec<String>) -> Vec<String> {
    let Some(form) = Form::of(options) else { return names };
    let has = |s: &&&str| form.needs(s).iter().any(|key| names.iter().any(|n| n == key));
    let made: Vec<String> = form.gives().iter().filter(has).map(|s| s.to_string()).collect();
    let others = names.into_iter().filter(|name| !form.reads().contains(&name.as_str()));
    made.into_iter().chain(others).collect()
}

/// The keys of a record that a selector is taken from.
pub fn sources<'s>(options: &Options, selector: &'s str) -> Vec<&'s str> {
    match Form::of(options).filter(|form| form.gives_it(selector)) {
        Some(form) => form.reads().to_vec(),
        None => vec![selector],
    }
}

/// Whether what a selector is made of is there.
pub fn has(options: &Options, selector: &str, there: impl Fn(&str) -> bool) -> bool {
    match Form::of(options).filter(|form| form.gives_it(selector)) {
        Some(form) => form.needs(selector).iter().any(|key| there(key)),
        None => there(selector),
    }
}

/// Messages, null where there are none, or why they are none.
type Made = Result<Option<Vec<Message>>, String>;

/// What a record says, by selector, and what of it is not kept.
#[derive(Default)]
pub struct Talk {
    made: Vec<(&'static str, Made)>,
    lost: Vec<(&'static str, String)>,
}

impl Talk {
    /// `get` gives the value of a key of the record.
    pub fn of(form: Form, get: &dyn Fn(&str) -> Value) -> Talk {
        let mut making = Making { form, get, lost: None };
        let mut out = Talk::default();
        match form {
            Preference => making.preference(&mut out),
            _ => {
                let made = match form {
                    Alpaca => making.alpaca(),
                    ShareGpt => making.list("conversations").map(|m| m.map(|m| making.with_system(m))),
                    _ => making.list("messages"),
                };
                let lost = making.lost.take();
                out.put("messages", made, lost);
            }
        }
        out
    }

    fn put(&mut self, selector: &'static str, made: Made, lost: Option<String>) {
        self.lost.extend(lost.filter(|_| made.is_ok()).map(|say| (selector, say)));
        self.made.push((selector, made));
    }

    /// What a selector gives; `None` where the record itself says it.
    pub fn value(&self, selector: &str) -> Option<Result<Value, String>> {
        let (_, made) = self.made.iter().find(|(s, _)| *s == selector)?;
        Some(made.clone().map(|m| m.map_or(Value::Null, Vec::into_value)))
    }

    /// Tells what of a record that was taken is not kept.
    pub fn tell(&self, ask: &Ask, out: &mut Records, unit: &Unit, record: usize) {
        for (selector, say) in &self.lost {
            let named = ask.fields.iter().filter(|f| matches!(&f.from, From::Record(s) if s == selector));
            for field in named {
                out.field_finding(unit, record, "chat.lost", (&field.name, 1), say);
            }
        }
    }
}

/// Messages of a record, while they are made.
struct Making<'r> {
    form: Form,
    get: &'r dyn Fn(&str) -> Value,
    /// What is not kept, of what is being made.
    lost: Option<String>,
}

impl Making<'_> {
    fn text(&self, key: &str) -> Result<Option<String>, String> {
        match (self.get)(key) {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(format!("`{key}` is no text")),
        }
    }

    /// The messages of a key.
    fn list(&mut self, key: &str) -> Made {
        match (self.get)(key) {
            Value::Null => Ok(None),
            Value::List(items) => self.messages(&items).map(Some),
            other => Err(format!("{} where a list of messages is expected", words(&other))),
        }
    }

    fn messages(&mut self, items: &[Value]) -> Result<Vec<Message>, String> {
        items.iter().enumerate().map(|(n, item)| self.message(n + 1, item)).collect()
    }

    fn message(&mut self, n: usize, item: &Value) -> Result<Message, String> {
        let Value::Struct(fields) = item else {
            return Err(format!("{} where message {n} is expected", words(item)));
        };
        let role = |(role, _): &&(&str, &str)| *item.field(role) != Value::Null;
        let Some((role, content)) = self.form.keys().iter().find(role) else {
            let wanted = self.form.keys().iter().map(|(role, _)| format!("`{role}`")).collect::<Vec<_>>();
            return Err(format!("message {n} has no {}", wanted.join(" and no ")));
        };
        let Some(named) = item.field(role).text() else { return Err(format!("`{role}` of message {n} is no text")) };
        let role_name = if *role == "from" { speaker(named) } else { named };
        let more = fields.iter().enumerate().find(|(_, (key, value))| key != role && key != content && says(value));
        if let Some((at, (key, _))) = more {
            let key = KNOWN.iter().find(|k| *k == key).map_or(format!("key {}", at + 1), |k| format!("`{k}`"));
            self.lost
                .get_or_insert_with(|| format!("{key} of message {n} is not kept: a message has a role and a content"));
        }
        Ok(Message { role: role_name.into(), content: said(n, item.field(content))? })
    }

    /// The system's message that stands beside the others.
    fn with_system(&self, messages: Vec<Message>) -> Vec<Message> {
        let first = messages.first().is_some_and(|m| m.role == "system");
        match self.text("system") {
            Ok(Some(system)) if !system.is_empty() && !first => {
                [Message::new("system", system)].into_iter().chain(messages).collect()
            }
            _ => messages,
        }
    }

    /// The input stands in a line of its own behind the instruction.
    fn alpaca(&self) -> Made {
        let Some(instruction) = self.text("instruction")? else { return Ok(None) };
        let input = self.text("input")?.filter(|input| !input.is_empty());
        let asked = input.map_or(instruction.clone(), |input| format!("{instruction}\n{input}"));
        let mut messages = Vec::new();
        match (self.get)("history") {
            Value::Null => {}
            Value::List(turns) => {
                for (n, turn) in turns.iter().enumerate() {
                    let both = if let Value::List(both) = turn { both.as_slice() } else { &[] };
                    let [Value::Text(asked), Value::Text(answered)] = both else {
                        return Err(format!("turn {} of `history` is no pair of texts", n + 1));
                    };
                    messages.push(Message::new("user", asked.as_str()));
                    messages.push(Message::new("assistant", answered.as_str()));
                }
            }
            _ => return Err("`history` is no list of pairs".into()),
        }
        messages.push(Message::new("user", asked));
        messages.extend(self.text("output")?.map(|output| Message::new("assistant", output)));
        self.text("system")?;
        Ok(Some(self.with_system(messages)))
    }

    /// A text, a message, or a list of messages.
    fn any(&mut self, key: &str, role: &str) -> Made {
        match (self.get)(key) {
            Value::Text(text) => Ok(Some(vec![Message::new(role, text)])),
            one @ Value::Struct(_) => self.message(1, &one).map(|m| Some(vec![m])),
            _ => self.list(key),
        }
    }

    /// Both answers without what they begin with, where they repeat the prompt or say it instead of a prompt.
    fn preference(&mut self, out: &mut Talk) {
        let mut prompt = self.any("prompt", "user");
        let lost = self.lost.take();
        let mut chosen = self.any("chosen", "assistant");
        let lost_of_chosen = self.lost.take();
        let mut rejected = self.any("rejected", "assistant");
        let lost_of_rejected = self.lost.take();
        if let (Ok(asked), Ok(Some(a)), Ok(Some(b))) = (&mut prompt, &mut chosen, &mut rejected) {
            let most = a.len().min(b.len()).saturating_sub(1);
            let same = a.iter().zip(b.iter()).take(most).take_while(|(a, b)| a == b).count();
            let shared = a.get(..same).unwrap_or_default();
            if same > 0 && asked.as_ref().is_none_or(|asked| shared.ends_with(asked)) {
                *asked = Some(shared.to_vec());
                a.drain(..same);
                b.drain(..same);
            }
        }
        let prompt = match self.text("system") {
            Err(say) => Err(say),
            Ok(_) => prompt.map(|m| m.map(|m| self.with_system(m))),
        };
        out.put("prompt", prompt, lost);
        out.put("chosen", chosen, lost_of_chosen);
        out.put("rejected", rejected, lost_of_rejected);
    }
}

/// Keys of messages that are no secret of the data.
const KNOWN: &[&str] = &[
    "annotations",
    "audio",
    "channel",
    "function_call",
    "id",
    "images",
    "metadata",
    "name",
    "reasoning_content",
    "refusal",
    "thinking",
    "tool_call_id",
    "tool_calls",
    "tool_name",
    "weight",
];

/// Who speaks, as ShareGPT calls it. Other names stay as they are.
fn speaker(from: &str) -> &str {
    match from {
        "human" => "user",
        "gpt" | "chatgpt" | "bing" | "bard" => "assistant",
        "observation" | "function_response" => "tool",
        other => other,
    }
}

/// Whether a value says anything.
fn says(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::List(items) => !items.is_empty(),
        Value::Text(text) => !text.is_empty(),
        Value::Struct(fields) => fields.iter().any(|(_, v)| says(v)),
        _ => true,
    }
}

/// What is said: a text, or a list of one part that is a text.
fn said(n: usize, content: &Value) -> Result<Option<String>, String> {
    match content {
        Value::Null => Ok(None),
        Value::Text(text) => Ok(Some(text.clone())),
        Value::List(parts) => {
            let [part] = parts.as_slice() else {
                return Err(format!("message {n} has {} parts: one text is read", parts.len()));
            };
            match (part.field("type").text(), part.field("text").text()) {
                (Some("text"), Some(text)) => Ok(Some(text.into())),
                _ => Err(format!("message {n} has a part that is no text")),
            }
        }
        other => Err(format!("the content of message {n} is {}, and no text", words(other))),
    }
}

fn words(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Text(_) => "text",
        Value::Bytes(_) | Value::Blob(_) => "bytes",
        Value::List(_) => "a list",
        Value::Struct(_) => "an object",
    }
}

/// A record whose conversation was brought to one form.
struct Told<'r, R> {
    of: &'r R,
    talk: &'r Talk,
    options: &'r Options,
}

impl<R: Record> Record for Told<'_, R> {
    const SPARSE: bool = R::SPARSE;

    fn text(&self, selector: &str) -> Option<String> {
        self.of.text(selector)
    }

    fn put(&self, selector: &str, ty: &str, to: &mut Builder) -> Result<(), String> {
        match self.talk.value(selector) {
            Some(value) => value.map(|value| to.value(value)),
            None => self.of.put(selector, ty, to),
        }
    }

    fn has(&self, selector: &str) -> bool {
        has(self.options, selector, |key| self.of.has(key))
    }

    fn content<'b>(&self, bytes: &'b [u8]) -> Cow<'b, [u8]> {
        self.of.content(bytes)
    }

    fn names(&self) -> Vec<String> {
        names(self.options, self.of.names())
    }
}

/// Makes a record a sample, with its conversation in one form. `get` gives the value of a key.
pub fn take<R: Record>(
    ask: &Ask,
    form: Form,
    out: &mut Records,
    (unit, record, bytes): (&Unit, usize, &[u8]),
    of: &R,
    get: &dyn Fn(&str) -> Value,
) {
    let talk = Talk::of(form, get);
    if out.take(unit, record, bytes, &Told { of, talk: &talk, options: &ask.options }) {
        talk.tell(ask, out, unit, record);
    }
}
