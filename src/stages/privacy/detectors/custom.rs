//! Detectors of one's own: expressions of the manifest, and dictionaries of names.
use super::hit::{Confidence, Found};
use super::text::Text;
use aho_corasick::{AhoCorasick, MatchKind};
use regex_automata::meta::Regex;
use serde::{Deserialize, Serialize};

/// An expression of the manifest, as parameters hold it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Default)]
pub struct Custom {
    pub pattern: String,
    /// Words of which one must stand near, or what is found is only possible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub context: Vec<String>,
    #[serde(default)]
    pub confidence: Confidence,
}

/// How large the automaton of an expression may become, in bytes.
const SIZE_MAX: usize = 4 << 20;
/// Bytes before and behind that are searched for a word.
const NEAR: usize = 72;

/// An expression that can be searched for, in time linear in the text.
pub(super) struct Expression {
    regex: Regex,
    context: Vec<String>,
    confidence: Confidence,
}

impl Expression {
    pub(super) fn of(custom: &Custom) -> Result<Expression, String> {
        let config = Regex::config().nfa_size_limit(Some(SIZE_MAX)).utf8_empty(true);
        let regex = Regex::builder().configure(config).build(&custom.pattern).map_err(|e| first_line(&e))?;
        if regex.is_match("") {
            return Err("it matches the empty text".into());
        }
        Ok(Expression { regex, context: custom.context.clone(), confidence: custom.confidence })
    }

    pub(super) fn find(&self, text: &Text, out: &mut Vec<Found>) {
        for found in self.regex.find_iter(text.plain) {
            let (start, end) = (found.start(), found.end());
            let lead = super::text::tail(text.plain.get(..start).unwrap_or_default(), NEAR);
            let trail = super::text::head(text.plain.get(end..).unwrap_or_default(), NEAR);
            let near = |word: &String| lead.contains(word.as_str()) || trail.contains(word.as_str());
            let named = self.context.is_empty() || self.context.iter().any(near);
            let confidence = if named { self.confidence } else { Confidence::Possible };
            if start < end {
                out.push(Found { start, end, confidence });
            }
        }
    }
}

fn first_line(error: &dyn std::error::Error) -> String {
    let told = error.source().map_or_else(|| error.to_string(), |source| source.to_string());
    told.lines()
        .rev()
        .find(|l| !l.trim().is_empty())
        .unwrap_or_default()
        .trim()
        .trim_start_matches("error: ")
        .to_string()
}

/// Entries of a dictionary, one a line; empty lines and those behind `#` are none.
pub fn entries(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Words that are looked for as they stand.
pub(super) struct Dictionary(AhoCorasick);

impl Dictionary {
    pub(super) fn of(text: &str) -> Result<Dictionary, String> {
        let words = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(entries(text));
        words.map(Dictionary).map_err(|e| e.to_string())
    }

    pub(super) fn find(&self, text: &Text, out: &mut Vec<Found>) {
        for found in self.0.find_iter(text.plain) {
            let (start, end) = (found.start(), found.end());
            let letters = |a: Option<char>, b: Option<char>| {
                let hangul = |c: char| matches!(c, '가'..='힣');
                match (a, b) {
                    (Some(a), Some(b)) if b.is_ascii_alphanumeric() => a.is_ascii_alphanumeric(),
                    (Some(a), Some(b)) => hangul(a) && hangul(b),
                    _ => false,
                }
            };
            let first = text.at(start);
            let last = text.before(end);
            // behind a word in Hangul a particle may follow; before it no other syllable may stand
            let latin = last.is_some_and(|c| c.is_ascii_alphanumeric());
            let goes_on = letters(text.before(start), first) || latin && letters(text.at(end), last);
            if !goes_on {
                out.push(Found { start, end, confidence: Confidence::Certain });
            }
        }
    }
}
