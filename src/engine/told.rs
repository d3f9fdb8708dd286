//! What a build tells while it runs: typed, without times, the same for the terminal, `--json` and the tests.
use super::store::{Met, Pushed};
use crate::diag::Diagnostic;
use crate::stage::Kernel;
use serde::Serialize;
use std::collections::BTreeMap;

/// Of each step: will it run?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    Fresh,
    Runs,
    May,
}

#[derive(Clone, Debug, Serialize, schemars::JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    Start {
        name: String,
        version: String,
        steps: usize,
    },
    Plan {
        step: String,
        answer: Answer,
        partitions: usize,
    },
    /// A step begins to run tasks; for progress.
    Running {
        step: String,
        tasks: usize,
    },
    /// One more task of it is done.
    Task {
        step: String,
    },
    Kernel {
        step: String,
        part: Kernel,
        calls: u64,
        rows: u64,
    },
    Finding {
        step: String,
        rule: String,
        key: String,
        count: u64,
        /// How many samples it is about; 0 where it is about the table as a whole, or about rows that met no sample.
        samples: u64,
    },
    Gate {
        key: String,
        want: String,
        got: String,
        pass: bool,
        line: usize,
    },
    Diagnostic {
        code: String,
        severity: String,
        message: String,
        help: Option<String>,
        file: String,
        line: usize,
        column: usize,
        length: usize,
    },
    /// Why the run ends before its end, or without a result.
    Failure {
        /// Where it is one step's.
        #[serde(skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        message: String,
    },
    /// A file whose bytes changed while its size and times stayed; told only where all files are compared.
    Unseen {
        step: String,
        path: String,
    },
    Release {
        name: String,
        path: String,
        rows: u64,
        content_root: String,
        files_root: String,
    },
    /// What came of stores elsewhere, where the build asks any.
    Remote {
        name: String,
        met: Met,
        /// What was sent afterwards, where that is asked for.
        #[serde(skip_serializing_if = "Option::is_none")]
        pushed: Option<Pushed>,
        /// Why not all of it was.
        #[serde(skip_serializing_if = "Option::is_none")]
        failure: Option<String>,
    },
    Done(Box<Done>),
}

/// The last event of every run.
#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct Done {
    pub exit: i32,
    pub kernels: BTreeMap<&'static str, u64>,
    pub rows: BTreeMap<&'static str, u64>,
    pub steps: BTreeMap<String, StepCount>,
    pub content_root: String,
    pub files_root: String,
    pub bytes_in: u64,
    pub bytes_written: u64,
}

#[derive(Clone, Debug, Default, Serialize, schemars::JsonSchema)]
pub struct StepCount {
    pub kernels: u64,
    pub rows: u64,
    /// Samples with a finding, each once, and findings that are about no sample.
    pub findings: u64,
}

/// Who listens.
pub type Sink<'a> = &'a (dyn Fn(Event) + Sync);

/// A diagnostic as an event; `place` gives the line and column, from 1, of a byte.
pub fn diagnostic(d: &Diagnostic, file: &str, text: &str, place: impl Fn(usize) -> (usize, usize)) -> Event {
    let (line, column) = place(d.span.start);
    let length = text.get(d.span.clone()).map_or(0, |t| t.chars().count());
    let severity = match d.severity {
        crate::diag::Severity::Error => "error",
        crate::diag::Severity::Warning => "warning",
    };
    let message = if d.label.is_empty() { d.message.clone() } else { format!("{}: {}", d.message, d.label) };
    let (code, severity) = (d.code.to_string(), severity.to_string());
    Event::Diagnostic { code, severity, message, help: d.help.clone(), file: file.into(), line, column, length }
}
