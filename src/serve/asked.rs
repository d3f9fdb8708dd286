//! Answers that are made of the build that is shown, and what is said where it is not there any more.
use super::Server;
use super::http::Answer;
use super::snapshot::Ground;

/// Asks the build that is shown; what it was is told with the answer.
pub fn ask(server: &Server, question: impl for<'a, 's> FnOnce(&Ground<'a, 's>) -> Answer + Send + 'static) -> Answer {
    let snapshot = server.snapshot();
    let failed = || Answer::error(500, "this page could not be made; tamis has a fault");
    let mut answer = snapshot.ask(question).unwrap_or_else(failed);
    if answer.fields.iter().any(|f| f.0 == GONE) {
        server.doubt();
    }
    answer.fields.push(("Tamis-Build", snapshot.number.to_string()));
    answer
}

/// Marks an answer after which the build that is shown is opened anew.
const GONE: &str = "Tamis-Gone";

/// What could not be read: files that changed, or that a garbage collection took, since the build that is shown.
pub fn gone(e: impl Into<crate::project::Failure>) -> Answer {
    let say = super::words(&e.into());
    let mut answer =
        Answer::error(410, format!("what was built is not there any more ({say}); tamis build, then reload"));
    answer.fields.push((GONE, "1".into()));
    answer
}
