//! Diagnostics as text (owner of miette): every problem with its own window onto the manifest.
use super::{lang, shown};
use crate::diag::{Diagnostic, Severity};
use crate::manifest::Manifest;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, SourceCode};
use miette::{SourceSpan, SpanContents};
use std::fmt;
use std::ops::Range;

/// Lines longer than this, in bytes, are shown around the token alone.
const LONG: usize = 1000;
/// Characters on either side of the token that are shown of such a line.
const AROUND: usize = 40;

/// All problems, in the order of the file.
pub fn render(manifest: &Manifest, problems: &[Diagnostic], colour: bool) -> String {
    let theme = if colour { GraphicalTheme::unicode() } else { GraphicalTheme::none() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_links(false);
    let source = Source::of(manifest);
    let mut out = String::new();
    for problem in problems {
        let shown = Shown::of(problem, &source);
        let fits = shown.spans().all(|span| source.is_short(span));
        if !fits || handler.render_report(&mut out, &shown).is_err() {
            out.push_str(&short(manifest, problem)); // the message counts, also where no window can be drawn
            shown.spans().for_each(|span| out.push_str(&source.around(span)));
            out.extend(shown.help.as_ref().map(|h| format!("  help: {h}\n")));
        }
        out.push('\n');
    }
    out
}

/// `dataset.toml:41:1: T0103: unknown key ...`
pub fn short(manifest: &Manifest, d: &Diagnostic) -> String {
    let (line, column) = (manifest.line(d.span.start), manifest.column(d.span.start));
    let label = if d.label.is_empty() { String::new() } else { format!(": {}", lang::text(&d.label)) };
    let said = format!("{}:{line}:{column}: {}: {}{label}", manifest.file, d.code, lang::text(&d.message));
    format!("{}\n", shown::line(&said))
}

/// `3 problems; nothing was built`
pub fn summary(problems: &[Diagnostic]) -> String {
    let errors = problems.iter().filter(|p| p.severity == Severity::Error).count();
    let warnings = problems.len() - errors;
    let count = |n: usize, what: &str| format!("{n} {what}{}", if n == 1 { "" } else { "s" });
    let said = match (errors, warnings) {
        (0, 0) => String::new(),
        (0, w) => count(w, "warning"),
        (e, 0) => format!("{}; nothing was built", count(e, "problem")),
        (e, w) => format!("{}, {}; nothing was built", count(e, "problem"), count(w, "warning")),
    };
    lang::text(&said).into_owned()
}

/// The manifest as windows are cut from it.
struct Source {
    file: String,
    /// As many bytes as the manifest, without characters that a terminal would obey.
    text: String,
    /// Where each line begins.
    starts: Vec<usize>,
}

impl Source {
    fn of(manifest: &Manifest) -> Source {
        let text = shown::still(&manifest.text).into_owned();
        let ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(ends).collect();
        Source { file: manifest.file.clone(), text, starts }
    }

    /// The line of a byte, from 0.
    fn line(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The bytes of some lines, the last one included.
    fn bytes_of(&self, first: usize, last: usize) -> Range<usize> {
        let start = |line: usize| self.starts.get(line).copied().unwrap_or(self.text.len());
        start(first)..start(last + 1)
    }

    /// Whether the lines around a place may be shown whole.
    fn is_short(&self, span: &Range<usize>) -> bool {
        let (first, last) = (self.line(span.start), self.line(span.end));
        (first.saturating_sub(1)..=last + 1).all(|line| self.bytes_of(line, line).len() <= LONG)
    }

    /// A token of a long line, with some of what stands around it.
    fn around(&self, span: &Range<usize>) -> String {
        let line = self.bytes_of(self.line(span.start), self.line(span.start));
        let piece = |range: Range<usize>| self.text.get(range).unwrap_or_default().trim_end_matches(['\r', '\n']);
        let before = piece(line.start..span.start);
        let rest = piece(span.start..line.end);
        let from = before.char_indices().rev().nth(AROUND - 1).map_or(0, |c| c.0);
        let until = rest.char_indices().nth(AROUND).map_or(rest.len(), |c| c.0);
        let (head, tail) = (before.get(from..).unwrap_or_default(), rest.get(..until).unwrap_or_default());
        let (open, close) = (if from > 0 { "..." } else { "" }, if until < rest.len() { "..." } else { "" });
        format!("    {open}{head}>>{tail}{close}\n")
    }
}

impl SourceCode for Source {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let (start, end) = (span.offset(), span.offset() + span.len());
        if end > self.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        let first = self.line(start).saturating_sub(before);
        let last = (self.line(end.max(start + 1) - 1) + after).min(self.starts.len() - 1);
        let mut bytes = self.bytes_of(first, last);
        let mut column = 0;
        if before == 0 {
            // asked for without lines before it, the window begins at the token
            column = self.text.get(bytes.start..start).map_or(0, |line| line.chars().count());
            bytes.start = start;
        }
        let data = self.text.as_bytes().get(bytes.clone()).ok_or(MietteError::OutOfBounds)?;
        let whole = SourceSpan::new(bytes.start.into(), bytes.len());
        let contents = MietteSpanContents::new_named(self.file.clone(), data, whole, first, column, last + 1 - first);
        Ok(Box::new(contents.with_language("TOML")))
    }
}

/// A problem in words that may be shown.
struct Shown<'d> {
    problem: &'d Diagnostic,
    message: String,
    help: Option<String>,
    source: &'d Source,
}

impl<'d> Shown<'d> {
    fn of(problem: &'d Diagnostic, source: &'d Source) -> Shown<'d> {
        let said = |english: &str| shown::line(&lang::text(english)).into_owned();
        Shown { problem, message: said(&problem.message), help: problem.help.as_deref().map(said), source }
    }

    fn spans(&self) -> impl Iterator<Item = &Range<usize>> {
        std::iter::once(&self.problem.span).chain(self.problem.related.iter().map(|r| &r.0))
    }
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
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
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let own = (&self.problem.span, &self.problem.label);
        let all = std::iter::once(own).chain(self.problem.related.iter().map(|r| (&r.0, &r.1)));
        Some(Box::new(all.map(|(span, label)| {
            let label = Some(shown::line(&lang::text(label)).into_owned()).filter(|l| !l.is_empty());
            LabeledSpan::new(label, span.start, span.len())
        })))
    }
}
