//! Problems of a declaration for other programs: JSON, annotations of a pull request on GitHub, and SARIF 2.1.0.
//!
//! Places count lines and columns from 1, columns in characters (Unicode scalar values), and ends are exclusive.
use super::explain::pages;
use super::shown;
use crate::diag::{Diagnostic, Severity};
use crate::manifest::Manifest;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::ops::Range;

/// What `tamis check --json` says.
#[derive(Serialize, JsonSchema, Debug, Default)]
pub struct Checked {
    /// 0, or 2 where a problem stops a build.
    pub exit: i32,
    /// In the order of the file.
    pub problems: Vec<Problem>,
    /// Steps of the pipeline; `null` where the declaration is wrong.
    pub steps: Option<u64>,
    /// Files that the sources match; `null` where the declaration is wrong.
    pub files: Option<u64>,
}

/// A problem at its place.
#[derive(Serialize, JsonSchema, Debug, PartialEq)]
pub struct Problem {
    /// `T0103`; `tamis explain` has a page of each.
    pub code: String,
    /// `error` or `warning`.
    pub severity: &'static str,
    pub message: String,
    /// What stands under the token.
    pub label: Option<String>,
    pub help: Option<String>,
    #[serde(flatten)]
    pub place: Place,
    /// Other places that take part.
    pub related: Vec<Related>,
}

/// Where a token stands.
#[derive(Serialize, JsonSchema, Debug, PartialEq)]
pub struct Place {
    /// Relative to the folder in which the command was called, where it lies below it.
    pub file: String,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
}

#[derive(Serialize, JsonSchema, Debug, PartialEq)]
pub struct Related {
    #[serde(flatten)]
    pub place: Place,
    pub message: String,
}

/// Problems of a manifest, which others know by this path.
pub fn problems(manifest: &Manifest, file: &str, found: &[Diagnostic]) -> Vec<Problem> {
    let place = |span: &Range<usize>| {
        let (start, end) = (span.start, span.end.max(span.start));
        let of = |at: usize| (manifest.line(at), manifest.column(at));
        let ((line, column), (end_line, end_column)) = (of(start), of(end));
        Place { file: file.to_string(), line, column, end_line, end_column }
    };
    let problem = |d: &Diagnostic| Problem {
        code: d.code.to_string(),
        severity: match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        },
        message: d.message.clone(),
        label: Some(d.label.clone()).filter(|l| !l.is_empty()),
        help: d.help.clone(),
        place: place(&d.span),
        related: d.related.iter().map(|(span, say)| Related { place: place(span), message: say.clone() }).collect(),
    };
    found.iter().map(problem).collect()
}

impl Problem {
    /// The message with what stands under the token.
    fn said(&self) -> String {
        self.label.as_ref().map_or(self.message.clone(), |label| format!("{}: {label}", self.message))
    }
}

// ---- GitHub ----------------------------------------------------------------------------------------------------------

/// A workflow command of GitHub's runner for each problem, a line each: an annotation at the line of a pull request.
pub fn github(problems: &[Problem]) -> String {
    problems.iter().map(annotation).collect()
}

fn annotation(p: &Problem) -> String {
    let at = &p.place;
    let mut out = format!("::{} file={},line={}", p.severity, property(&at.file), at.line);
    out.push_str(&format!(",endLine={}", at.end_line));
    if at.line == at.end_line {
        // the runner takes columns of one line only
        out.push_str(&format!(",col={},endColumn={}", at.column, at.end_column));
    }
    out.push_str(&format!(",title={}", property(&format!("tamis {}", p.code))));
    let help = p.help.as_ref().map_or(String::new(), |h| format!("\n{h}"));
    out + &format!("::{}\n", data(&format!("{}{help}", p.said())))
}

/// A text behind the second `::`, as the runner undoes it. What a terminal would obey is shown as an escape.
fn data(text: &str) -> String {
    shown::lines(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

// ---- SARIF -----------------------------------------------------------------------------------------------------------

/// The log of a run in SARIF 2.1.0: what code scanning and editors read.
pub fn sarif(problems: &[Problem]) -> Json {
    let codes: BTreeSet<&str> = problems.iter().map(|p| p.code.as_str()).collect();
    let rules: Vec<Json> = codes.iter().map(|code| rule(code)).collect();
    let number = |p: &Problem| codes.iter().position(|code| *code == p.code);
    json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "tamis", "version": env!("CARGO_PKG_VERSION"), "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": problems.iter().map(|p| result(p, number(p))).collect::<Vec<_>>(),
        }],
    })
}

/// A code as a rule: its page of `tamis explain`.
fn rule(code: &str) -> Json {
    let page = pages().find(|p| p.code == code);
    let title = page.as_ref().map_or(code, |p| p.title);
    let text = page.as_ref().map_or(String::new(), |p| p.text());
    let body = page.as_ref().map_or("", |p| p.body);
    json!({
        "id": code,
        "shortDescription": { "text": title },
        "help": { "text": if text.is_empty() { code } else { &text }, "markdown": body },
    })
}

fn result(p: &Problem, rule: Option<usize>) -> Json {
    let help = p.help.as_ref().map_or(String::new(), |h| format!("\n{h}"));
    let related: Vec<Json> = p.related.iter().enumerate().map(|(n, r)| related(n, r)).collect();
    json!({
        "ruleId": p.code,
        "ruleIndex": rule,
        "level": p.severity,
        "message": { "text": format!("{}{help}", p.said()) },
        "locations": [{ "physicalLocation": physical(&p.place) }],
        "relatedLocations": related,
    })
}

fn related(n: usize, r: &Related) -> Json {
    json!({ "id": n + 1, "physicalLocation": physical(&r.place), "message": { "text": r.message } })
}

fn physical(at: &Place) -> Json {
    json!({
        "artifactLocation": { "uri": uri(&at.file), "uriBaseId": "%SRCROOT%" },
        "region": {
            "startLine": at.line, "startColumn": at.column, "endLine": at.end_line, "endColumn": at.end_column,
        },
    })
}

/// A path as a reference of RFC 3986: all but what may stand in a segment as bytes in hex digits.
fn uri(path: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/".contains(&b);
    path.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found() -> Vec<Problem> {
        let text = "a = 1\n\"가나\" = [\n  2]\n";
        let manifest = crate::manifest::parse("dataset.toml", text.into()).unwrap();
        let at = |token: &str| text.find(token).map(|start| start..start + token.len()).unwrap();
        let error = Diagnostic::error("T0103", at("나"), "100%: a\nb, c\u{1b}[31m").label("here").help("do: this");
        let warning = Diagnostic::warning("T0312", at("[\n  2]"), "spread").related(at("a"), "first");
        problems(&manifest, "data sets/a,b:%.toml", &[error, warning])
    }

    #[test]
    fn places_count_characters() {
        let all = found();
        let places: Vec<_> =
            all.iter().map(|p| &p.place).map(|p| [p.line, p.column, p.end_line, p.end_column]).collect();
        assert_eq!(places, [[2, 3, 2, 4], [2, 8, 3, 5]]);
        assert_eq!(all[1].related[0].place.line, 1);
    }

    #[test]
    fn nothing_ends_a_command_of_the_runner_early() {
        let told = github(&found());
        let lines: Vec<&str> = told.lines().collect();
        let file = "file=data sets/a%2Cb%3A%25.toml";
        let first = format!(
            "::error {file},line=2,endLine=2,col=3,endColumn=4,title=tamis T0103::100%25: a%0Ab, c\\u{{1b}}[31m: here%0Ado: this"
        );
        assert_eq!(lines, [first, format!("::warning {file},line=2,endLine=3,title=tamis T0312::spread")]);
    }

    #[test]
    fn sarif_names_rules_and_escapes_paths() {
        let log = sarif(&found());
        let run = &log["runs"][0];
        assert_eq!(run["tool"]["driver"]["rules"][1]["id"], "T0312");
        assert_eq!(run["results"][1]["ruleIndex"], 1);
        let place = &run["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "data%20sets/a%2Cb%3A%25.toml");
        assert_eq!(run["results"][1]["relatedLocations"][0]["message"]["text"], "first");
    }
}
