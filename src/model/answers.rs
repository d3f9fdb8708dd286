//! What a language model is asked and what it answered: one line for each answer, in a file that is committed.
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The folder of the files of answers, one for each `[synthesize.NAME]`.
const FOLDER: &str = "pins/synthesize";

/// Where the answers to `[synthesize.NAME]` lie.
pub fn path(name: &str) -> String {
    format!("{FOLDER}/{name}.jsonl")
}

/// A question as a step asks it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The digest of the body: what an answer is known by.
    pub key: String,
    /// The body of the request, as JSON.
    pub body: String,
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// The digest of the body of the request.
    pub key: String,
    /// What the server says that answered.
    pub model: String,
    /// What the model said.
    pub content: String,
    /// Tokens of the request and of the answer, where the server counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_in: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tokens_out: Option<u64>,
    /// When it came (RFC 3339, UTC).
    pub asked: String,
}

/// A sample as a model wrote it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Item {
    pub text: String,
    #[serde(default)]
    pub label: Option<String>,
}

/// All samples of an answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Items {
    samples: Vec<Item>,
}

/// What a model said without the fence of Markdown, where all of it stands in one.
fn unfenced(content: &str) -> &str {
    let content = content.trim();
    let inner = content.strip_prefix("```").and_then(|rest| rest.strip_suffix("```"));
    let inner = inner.and_then(|inner| inner.split_once('\n')).filter(|(word, _)| matches!(word.trim(), "" | "json"));
    inner.map_or(content, |(_, inner)| inner)
}

/// The samples of what a model said; an error says why it cannot be used.
pub fn items(content: &str) -> Result<Vec<Item>, String> {
    let all: Items =
        serde_json::from_str(unfenced(content)).map_err(|e| format!("it is not the JSON that was asked for: {e}"))?;
    if all.samples.is_empty() {
        return Err("it holds no sample".into());
    }
    match all.samples.iter().any(|item| item.text.trim().is_empty()) {
        true => Err("a sample in it has no text".into()),
        false => Ok(all.samples),
    }
}

/// The answers of a file, by key; an error names the line that is none.
pub fn read(bytes: &[u8]) -> Result<BTreeMap<String, Answer>, String> {
    let mut out = BTreeMap::new();
    for (n, line) in bytes.split(|b| *b == b'\n').enumerate().filter(|(_, line)| !line.is_empty()) {
        let answer: Answer = serde_json::from_slice(line).map_err(|_| format!("line {} is no answer", n + 1))?;
        let key = answer.key.clone();
        if out.insert(key, answer).is_some() {
            return Err(format!("line {} answers a question that has its answer", n + 1));
        }
    }
    Ok(out)
}

/// The file of some answers: a line each, by key, so that those of several people merge.
pub fn text(answers: &BTreeMap<String, Answer>) -> String {
    answers.values().map(|answer| serde_json::to_string(answer).unwrap_or_default() + "\n").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_they_are_written_and_nothing_is_guessed() {
        let answer = Answer { key: "a".into(), content: "{}".into(), tokens_in: Some(3), ..Answer::default() };
        let all: BTreeMap<String, Answer> = [("a".to_string(), answer)].into();
        assert_eq!(read(text(&all).as_bytes()), Ok(all.clone()));
        let twice = text(&all).repeat(2);
        assert_eq!(read(twice.as_bytes()), Err("line 2 answers a question that has its answer".into()));
        assert_eq!(read(b"{\"key\":1}\n"), Err("line 1 is no answer".into()));
    }

    #[test]
    fn an_answer_is_the_json_that_was_asked_for_or_none() {
        let of = |content: &str| items(content).map(|all| all.into_iter().map(|i| i.text).collect::<Vec<_>>());
        assert_eq!(of(r#"{"samples":[{"text":"a","label":"x"},{"text":"b"}]}"#), Ok(vec!["a".into(), "b".into()]));
        let fenced = |open: &str, close: &str| of(&format!("{open}{{\"samples\":[{{\"text\":\"a\"}}]}}{close}"));
        for (open, close) in [("```json\n", "\n```"), (" ```\n", "\n```\n"), ("\n", "\n")] {
            assert_eq!(fenced(open, close), Ok(vec!["a".into()]), "{open}");
        }
        assert!(fenced("```json\n", "").is_err() && fenced("Sure:\n```json\n", "\n```").is_err());
        for wrong in ["", "{\"samples\":[", "```json\n{}\n```", r#"{"samples":[{"text":"a","note":1}]}"#] {
            assert!(of(wrong).unwrap_err().starts_with("it is not the JSON"), "{wrong}");
        }
        assert_eq!(of(r#"{"samples":[]}"#), Err("it holds no sample".into()));
        assert_eq!(of(r#"{"samples":[{"text":" "}]}"#), Err("a sample in it has no text".into()));
    }
}
