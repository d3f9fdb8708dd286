//! Which documents a release is to have, as its table says.
use super::list::{DOCUMENTS, Document, DocumentName};
use super::told::said_of;
use crate::diag::Diagnostic;
use crate::manifest::values::At;
use crate::model::certificate::NAME as CERTIFICATE;
use crate::stage::Check;
use crate::stages::release::terms::dataset;

/// The documents that are wanted. One that is named and that the manifest has no words for is told.
pub fn wanted(check: &mut Check, named: Option<&[At<DocumentName>]>) -> Vec<String> {
    let Some(named) = named else {
        let measured = [&["leakage"][..], &["split", "hide"]].iter().any(|path| check.manifest.table(path).is_some());
        let own = |d: &&Document| d.usual || (measured && d.name == CERTIFICATE);
        return DOCUMENTS.iter().filter(own).map(|d| d.name.to_string()).collect();
    };
    if let Some(at) =
        named.iter().find(|at| at.get().0.name == CERTIFICATE && check.manifest.table(&["split"]).is_none())
    {
        let problem = Diagnostic::error("T0650", at.span(), "there are no splits to be certified");
        check.bad(problem.label("needs [split]"));
    }
    let said = said_of(&dataset(check));
    for (i, at) in named.iter().enumerate() {
        let document = at.get().0;
        if let Some(first) = named.iter().take(i).find(|other| other.get().0.name == document.name) {
            let message = format!("the document {} stands twice", document.name);
            let problem = Diagnostic::error("T0210", at.span(), message).label("again");
            check.bad(problem.related(first.span(), "first here"));
            continue;
        }
        let missing: Vec<String> =
            document.needs.iter().filter(|key| !key.is_said(&said)).map(|key| key.path()).collect();
        if !missing.is_empty() {
            let message = format!("{} cannot be written: nothing says {}", document.path, missing.join(", "));
            let problem = Diagnostic::error("T0650", at.span(), message).label("it would not be valid");
            let help = format!("say it in [dataset], or leave `{}` out", document.name);
            check.bad(problem.help(help));
        }
    }
    named.iter().map(|at| at.get().0.name.to_string()).collect()
}
