//! What `tamis release` would say of a candidate. It is asked before anybody is told to type that command, and by the
//! command itself, so that both say the same.
use crate::digest::Digest;
use crate::engine::lock::{Lock, Standing};
use crate::manifest::Manifest;
use crate::stages::release::unknown_terms;

#[derive(Debug, PartialEq)]
pub enum Freeze {
    /// It can be frozen now.
    Ready,
    /// The same content is frozen as this version already.
    Done,
    /// It cannot be frozen before something else is done, which is told.
    Refused(String),
}

/// How the candidate of a release stands, by its content root and its files root.
pub fn freeze(manifest: &Manifest, lock: &Lock, name: &str, version: &str, roots: (Digest, Digest)) -> Freeze {
    if let Some(unknown) = unknown_terms(manifest, name).first() {
        return Freeze::Refused(format!("not before this is mended: {} ({})", unknown.message, unknown.code));
    }
    match lock.standing(name, version, roots) {
        Standing::New => Freeze::Ready,
        Standing::Same => Freeze::Done,
        Standing::Differs(say) => Freeze::Refused(format!("raise `version` in [dataset] first: {say}")),
    }
}

impl Freeze {
    /// What is to be done next, if anything is.
    pub fn next(&self, name: &str) -> Option<String> {
        match self {
            Freeze::Ready => Some(format!("tamis release {name}")),
            Freeze::Done => None,
            Freeze::Refused(say) => Some(say.clone()),
        }
    }

    /// What is told beside a candidate: a few words, and what to type or to do.
    pub fn hint(&self, name: &str, version: &str) -> (String, String) {
        match self.next(name) {
            Some(next) => ("to freeze it".into(), next),
            None => ("frozen already".into(), format!("releases/{name}-{version} has the same content")),
        }
    }
}
