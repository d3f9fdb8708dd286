//! JSON Lines of label tools: an object a line, with a text and what somebody said of it. Each tool is a file here; what it
//! says of an object is [`Said`], and the words are the same for all:
//!
//! | selector | gives |
//! |---|---|
//! | `spans` | the spans, as the task `ner` reads them |
//! | `class`, `classes` | the one class of the text; all of them |
//! | `relations` | relations between spans, as the task `relations` reads them: `type`, and the spans `from` and `to` |
//! | `annotator` | who said it; where the object does not say so, the name of the file |
//! | another key | what the object has there, `text`, `meta.batch` |
pub mod doccano;
pub mod prodigy;
mod said;
pub mod spacy;
mod write;
