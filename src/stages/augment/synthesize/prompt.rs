//! Prompts: a text with places, and the body of the request that it becomes.
use crate::digest::Digest;
use crate::model::answers::Question;
use crate::stage::is_default;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A place in a prompt.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    Examples,
    Class,
    Classes,
    Count,
    Text,
}

const SLOTS: [(Slot, &str); 5] = [
    (Slot::Examples, "examples"),
    (Slot::Class, "class"),
    (Slot::Classes, "classes"),
    (Slot::Count, "count"),
    (Slot::Text, "text"),
];

impl Slot {
    pub fn name(self) -> &'static str {
        SLOTS.iter().find(|s| s.0 == self).map_or("", |s| s.1)
    }
}

#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Piece {
    Text(String),
    Slot(Slot),
}

/// A prompt as it was read.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Prompt {
    pieces: Vec<Piece>,
    /// The digest of its file, without white space at both ends.
    pub digest: String,
}

/// What stands at the places of one question.
#[derive(Default)]
pub struct Filling {
    pub examples: String,
    pub class: String,
    pub classes: String,
    pub count: u32,
    pub text: String,
}

impl Prompt {
    /// Reads `Write {count} sentences ...`; an error says what cannot be filled in.
    pub fn parse(text: &str) -> Result<Prompt, String> {
        let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            let (before, from) = rest.split_at(at);
            plain.push_str(before);
            if let Some(behind) = from.strip_prefix("{{").or_else(|| from.strip_prefix("}}")) {
                plain.extend(from.chars().next());
                rest = behind;
                continue;
            }
            let Some((name, behind)) = from.strip_prefix('{').and_then(|from| from.split_once('}')) else {
                return Err("a brace that nothing opens or closes".into());
            };
            let slot = SLOTS.iter().find(|s| s.1 == name.trim()).map(|s| s.0);
            let Some(slot) = slot else { return Err(format!("there is no place {{{name}}}")) };
            pieces.extend((!plain.is_empty()).then(|| Piece::Text(std::mem::take(&mut plain))));
            pieces.push(Piece::Slot(slot));
            rest = behind;
        }
        plain.push_str(rest);
        pieces.extend((!plain.is_empty()).then_some(Piece::Text(plain)));
        Ok(Prompt { pieces, digest: Digest::of(text.as_bytes()).hex() })
    }

    pub fn has(&self, slot: Slot) -> bool {
        self.pieces.contains(&Piece::Slot(slot))
    }

    fn filled(&self, f: &Filling) -> String {
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Slot(Slot::Examples) => f.examples.clone(),
            Piece::Slot(Slot::Class) => f.class.clone(),
            Piece::Slot(Slot::Classes) => f.classes.clone(),
            Piece::Slot(Slot::Count) => f.count.to_string(),
            Piece::Slot(Slot::Text) => f.text.clone(),
        };
        self.pieces.iter().map(piece).collect()
    }
}

/// How a server is asked to keep to a form.
#[derive(Serialize, Deserialize, JsonSchema, Clone, Copy, Debug, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `response_format` with a JSON Schema.
    #[default]
    JsonSchema,
    /// `response_format` of any JSON object.
    JsonObject,
    /// Not at all: the prompt alone says it.
    None,
}

/// How requests are made, alike for all questions.
#[derive(Serialize, Deserialize, Clone, Debug, Default)]
pub struct Request {
    #[serde(default, skip_serializing_if = "is_default")]
    pub prompt: Prompt,
    #[serde(default, skip_serializing_if = "is_default")]
    pub model: String,
    /// In millionths.
    #[serde(default, skip_serializing_if = "is_default")]
    pub temperature: u64,
    #[serde(default, skip_serializing_if = "is_default")]
    pub max_tokens: u32,
    #[serde(default, skip_serializing_if = "is_default")]
    pub form: Form,
    /// Labels are tags in the text, and not a class beside it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tags: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub classes: Vec<String>,
}

impl Request {
    /// A question. `seed` tells it from others that are filled in alike.
    pub fn question(&self, filling: &Filling, seed: u32) -> Question {
        let mut body = json!({
            "model": self.model,
            "messages": [
                { "role": "system", "content": self.form_of_answers(filling.count) },
                { "role": "user", "content": self.prompt.filled(filling) },
            ],
            "temperature": self.temperature as f64 / 1e6,
            "max_tokens": self.max_tokens,
            "seed": seed,
        });
        let form = match self.form {
            Form::JsonSchema => Some(json!({
                "type": "json_schema",
                "json_schema": { "name": "samples", "strict": true, "schema": self.schema() },
            })),
            Form::JsonObject => Some(json!({ "type": "json_object" })),
            Form::None => None,
        };
        if let (Some(form), Some(body)) = (form, body.as_object_mut()) {
            body.insert("response_format".into(), form);
        }
        let body = body.to_string();
        Question { key: Digest::of(body.as_bytes()).hex(), body }
    }

    fn form_of_answers(&self, count: u32) -> String {
        let classes = self.classes.join(", ");
        let (item, of) = match self.tags {
            true => {
                let class = self.classes.first().map_or("", String::as_str);
                let say = "In `text` every mention of a class stands in tags of its class, as in the example of this form, \
                           and nothing else does; tags do not overlap.";
                (
                    format!("{{\"text\": \"... <{class}>...</{class}> ...\"}}"),
                    format!("{say} The classes are: {classes}."),
                )
            }
            false => ("{\"text\": \"...\", \"label\": \"...\"}".into(), format!("`label` is one of: {classes}.")),
        };
        format!(
            "Answer with one JSON object and nothing else: {{\"samples\": [{item}]}}. It holds {count} samples. {of}"
        )
    }

    fn schema(&self) -> Value {
        let text = json!({ "type": "string" });
        let (properties, required) = match self.tags {
            true => (json!({ "text": text }), json!(["text"])),
            false => {
                let label = json!({ "type": "string", "enum": self.classes });
                (json!({ "text": text, "label": label }), json!(["text", "label"]))
            }
        };
        let item =
            json!({ "type": "object", "properties": properties, "required": required, "additionalProperties": false });
        let samples = json!({ "type": "array", "items": item });
        json!({
            "type": "object",
            "properties": { "samples": samples },
            "required": ["samples"],
            "additionalProperties": false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_filled_in_and_braces_are_kept() {
        let prompt = Prompt::parse("Write {count} like\n{examples}\nas {{json}} of {class} among {classes}.").unwrap();
        assert!(prompt.has(Slot::Examples) && !prompt.has(Slot::Text));
        let filling = Filling {
            examples: "E".into(),
            class: "PS".into(),
            classes: "PS, LC".into(),
            count: 2,
            text: "T {count}".into(),
        };
        assert_eq!(prompt.filled(&filling), "Write 2 like\nE\nas {json} of PS among PS, LC.");
        // what is filled in is not read again
        assert_eq!(Prompt::parse("{text}").unwrap().filled(&filling), "T {count}");
        assert_eq!(Prompt::parse("a {name}"), Err("there is no place {name}".into()));
        for wrong in ["a { b", "a } b", "{count"] {
            assert!(Prompt::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_request_is_the_same_for_the_same_question_alone() {
        let request = Request {
            prompt: Prompt::parse("{examples}").unwrap(),
            model: "m".into(),
            temperature: 700_000,
            max_tokens: 10,
            classes: vec!["x".into()],
            ..Request::default()
        };
        let filling = Filling { count: 1, ..Filling::default() };
        let one = request.question(&filling, 1);
        assert_eq!(one, request.question(&filling, 1));
        assert_ne!(one.key, request.question(&filling, 2).key);
        let body: Value = serde_json::from_str(&one.body).unwrap();
        assert_eq!(body["temperature"], json!(0.7));
        let item = &body["response_format"]["json_schema"]["schema"]["properties"]["samples"]["items"];
        assert_eq!(item["properties"]["label"]["enum"], json!(["x"]));
        let free = Request { form: Form::None, ..request }.question(&filling, 1);
        assert!(!free.body.contains("response_format"));
    }
}
