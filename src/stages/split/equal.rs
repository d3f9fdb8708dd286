//! Equal records of sources that declare no id. They are told from each other by a number behind what they have in common, so that
//! their ids say which are equal.
use crate::formats::named;
use crate::manifest::{Declared, read};
use crate::stage::Check;
use serde::Deserialize;

/// What a source says of its ids.
#[derive(Deserialize)]
struct Source {
    id: Option<String>,
    open: Option<Files>,
    direct: Option<Files>,
}

#[derive(Deserialize)]
struct Files {
    format: Option<String>,
}

/// Whether some source declares no id and is of a format whose records are called by what they hold.
pub fn stay(check: &Check) -> bool {
    check.manifest.instances(&["collect"]).into_iter().any(|(_, _, declared)| numbers_equal(declared))
}

fn numbers_equal(declared: &Declared) -> bool {
    let Ok(Source { id: None, open, direct }) = read::<Source>(declared) else { return false };
    let format = open.or(direct).and_then(|files| files.format);
    format.and_then(|name| named(&name)?.reader.as_ref()).is_some_and(|reader| reader.id == "content")
}

/// What equal records have in common: `DIGEST` of `DIGEST~2`. Any other id is itself.
pub fn content_of(id: &str) -> &str {
    match id.rsplit_once('~') {
        Some((own, n)) if is_digest(own) && !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()) => own,
        _ => id,
    }
}

/// Whether an id ends as one that is made of content; a prefix may stand before it.
fn is_digest(id: &str) -> bool {
    let end = id.len().checked_sub(32).and_then(|at| id.get(at..));
    end.is_some_and(|end| end.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_records_have_a_digest_in_common() {
        let digest = "6377c39ecc3c27418e01f6611a6cb04d";
        for id in [format!("{digest}~2"), format!("{digest}~10"), digest.to_string()] {
            assert_eq!(content_of(&id), digest);
        }
        assert_eq!(content_of(&format!("a/{digest}~2")), format!("a/{digest}"));
        for own in ["x~2", "6377~2", "", "~", "6377C39ECC3C27418E01F6611A6CB04D~2"] {
            assert_eq!(content_of(own), own);
        }
        assert_eq!(content_of(&format!("{digest}~a")), format!("{digest}~a"));
    }
}
