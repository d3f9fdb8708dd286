//! Diagnostics as text (owner of miette): every problem with its own window onto the manifest.
use crate::diag::{Diagnostic, Severity};
use crate::manifest::Manifest;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use std::fmt;
use std::sync::Arc;

/// All problems, in the order of the file.
pub fn render(manifest: &Manifest, problems: &[Diagnostic], colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    let source = Arc::new(NamedSource::new(&manifest.file, manifest.text.to_string()).with_language("TOML"));
    let mut out = String::new();
    for problem in problems {
        let shown = Shown { problem, source: source.clone() };
        if handler.render_report(&mut out, &shown).is_err() {
            out.push_str(&short(manifest, problem)); // a span that does not fit its text; the message still counts
        }
        out.push('\n');
    }
    out
}

/// `dataset.toml:41:1: T0103: unknown key ...`
pub fn short(manifest: &Manifest, d: &Diagnostic) -> String {
    let (line, column) = (manifest.line(d.span.start), manifest.column(d.span.start));
    let label = if d.label.is_empty() { String::new() } else { format!(": {}", d.label) };
    format!("{}:{line}:{column}: {}: {}{label}\n", manifest.file, d.code, d.message)
}

/// `3 problems; nothing was built`
pub fn summary(problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|p| p.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    match (errors, warnings) {
        (0, 0) => String::new(),
        (0, w) => count(w, "warning"),
        (e, 0) => format!("{}; nothing was built", count(e, "problem")),
        (e, w) => format!("{}, {}; nothing was built", count(e, "problem"), count(w, "warning")),
    }
}

struct Shown<'d> {
    problem: &'d Diagnostic,
    source: Arc<NamedSource<String>>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.problem.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.problem.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.problem.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.problem.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let own = (self.problem.span.clone(), self.problem.label.clone());
        let all = std::iter::once(own).chain(self.problem.related.iter().cloned());
        Some(Box::new(
            all.map(|(span, label)| LabeledSpan::new(Some(label).filter(|l| !l.is_empty()), span.start, span.len())),
        ))
    }
}
