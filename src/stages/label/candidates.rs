//! The candidates of a task whose answers hold them against each other, and every mistake in their names.
use super::kinds::kind::Kind;
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::model::candidates::TIE;
use crate::stage::Check;

pub fn check_candidates(check: &mut Check, kind: &Kind, candidates: &[At<String>]) {
    match candidates.first() {
        Some(first) if kind.candidates.is_none() => {
            let message = format!("a task of the kind `{}` has no candidates", kind.name);
            check.bad(Diagnostic::error("T0215", first.span(), message).label("not for this kind of task"));
            return;
        }
        None if kind.candidates.is_none() => return,
        Some(_) if candidates.len() > 1 => {}
        _ => {
            let span = candidates.first().map_or_else(|| check.span.clone(), At::span);
            let message = format!("{} has no two candidates to choose from", check.path);
            let problem = Diagnostic::error("T0795", span, message).label("needs `candidates`");
            check.bad(problem.help("for example candidates = [\"left\", \"right\"]"));
        }
    }
    for (i, name) in candidates.iter().enumerate() {
        if let Some(first) = candidates.iter().take(i).find(|c| *c == name) {
            let message = format!("the candidate `{}` stands twice", name.get());
            let problem = Diagnostic::error("T0210", name.span(), message);
            check.bad(problem.label("again").related(first.span(), "first here"));
        }
        let plain = name.trim() == name.as_str() && !name.contains(['=', '>']);
        if name.trim().eq_ignore_ascii_case(TIE) || !plain {
            let message = format!("a candidate cannot be called `{}`", name.get());
            let problem = Diagnostic::error("T0796", name.span(), message);
            let help = "give it another name here, and say in `map` of the source what it is called there";
            check.bad(problem.label("answers say with `tie`, `=` and `>` how candidates stand").help(help));
        }
    }
}
