//! What people say of the detectors of personal data: lines of a file that is kept beside the manifest. They hold no value and no text.
use crate::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A line of a file of answers. Its fields are written in this order.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(deny_unknown_fields)]
pub struct Checked {
    /// The sample.
    pub id: String,
    /// What was found in it, by the name of its type; none where it was shown as a text in which nothing was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detector: Option<String>,
    pub verdict: Verdict,
    /// Who looked.
    pub by: String,
    /// What the answer was given on, as [`seen`] gives it.
    pub seen: String,
}

/// What somebody saw.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// What was found is personal data of its type; or there is none where nothing was found.
    Right,
    /// What was found is something else.
    Wrong,
    /// There is personal data in a text in which nothing was found.
    Leak,
}

impl Verdict {
    /// A verdict by its word, however it is capitalised.
    pub fn of(word: &str) -> Option<Verdict> {
        let of = |own: &&(&str, Verdict)| word.trim().eq_ignore_ascii_case(own.0);
        WORDS.iter().find(of).map(|own| own.1)
    }

    /// Whether it answers what is asked: of something found `right` or `wrong`, of nothing found `right` or `leak`.
    pub fn answers(self, detector: Option<&str>) -> bool {
        match self {
            Verdict::Right => true,
            Verdict::Wrong => detector.is_some(),
            Verdict::Leak => detector.is_none(),
        }
    }
}

const WORDS: [(&str, Verdict); 3] = [("right", Verdict::Right), ("wrong", Verdict::Wrong), ("leak", Verdict::Leak)];

/// Why a verdict answers nothing.
pub fn unfit(detector: Option<&str>) -> &'static str {
    match detector {
        Some(_) => "the verdict is right or wrong of something found",
        None => "the verdict is right or leak where nothing was found",
    }
}

impl Checked {
    /// The line of the file, without its end.
    pub fn line(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads a line; or says why it is none.
    pub fn read(line: &str) -> Result<Checked, &'static str> {
        let read: Checked = serde_json::from_str(line).map_err(|e| match e.is_data() {
            true => "other fields or values than an answer has",
            false => "it is no JSON",
        })?;
        let of = read.detector.as_deref();
        if read.verdict.answers(of) { Ok(read) } else { Err(unfit(of)) }
    }
}

/// What an answer is given on: 16 hex digits of the texts as they stand behind the privacy step. Those before it are personal
/// data, and who has a digest of a telephone number finds the number.
pub fn seen<'n>(texts: impl IntoIterator<Item = (&'n str, Json)>) -> String {
    let texts: Vec<(&str, Json)> = texts.into_iter().collect();
    let bytes = serde_json::to_vec(&texts).unwrap_or_default();
    Digest::derive("tamis privacy seen 1", &bytes).hex().chars().take(16).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_reads_back_and_answers_what_is_asked() {
        let hit = r#"{"id":"a","detector":"email","verdict":"wrong","by":"kim","seen":"0a"}"#;
        assert_eq!(Checked::read(hit).unwrap().line(), hit);
        let clean = r#"{"id":"a","verdict":"leak","by":"kim","seen":"0a"}"#;
        assert_eq!(Checked::read(clean).unwrap().line(), clean);
        for (bad, why) in [
            (clean.replace("leak", "wrong"), "right or leak"),
            (hit.replace("wrong", "leak"), "right or wrong"),
            (hit.replace("wrong", "maybe"), "other fields"),
            (hit.replace("seen", "text"), "other fields"),
            (hit.replace('}', ""), "no JSON"),
        ] {
            assert!(Checked::read(&bad).unwrap_err().contains(why), "{bad}");
        }
        assert_eq!((Verdict::of(" Right"), Verdict::of("yes")), (Some(Verdict::Right), None));
    }
}
