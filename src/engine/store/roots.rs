//! What each checkout needs of a store: the keys that its last build used, in a file of the checkout's own.
use crate::digest::Digest;
use crate::world::World;

pub(super) const MAGIC: &[u8] = b"tamis roots 1\n";

/// How the store names a checkout: by its path.
pub fn checkout(project: &World) -> String {
    project.root().canonicalize().unwrap_or_else(|_| project.root().into()).to_string_lossy().into_owned()
}

/// Where it stands what a checkout needs.
pub fn roots_of_checkout(project: &World) -> String {
    roots_path(&checkout(project))
}

pub(super) fn roots_path(checkout: &str) -> String {
    format!("roots/{}", &Digest::of(checkout.as_bytes()).hex()[..16])
}

/// A checkout's path and the keys that its last build used.
pub(super) fn roots_of(bytes: &[u8]) -> Option<(String, Vec<Digest>)> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let end = rest.iter().position(|b| *b == b'\n')?;
    let (name, keys) = (rest.get(..end)?, rest.get(end + 1..)?);
    let (keys, torn) = keys.as_chunks::<32>();
    torn.is_empty().then(|| (String::from_utf8_lossy(name).into_owned(), keys.iter().map(|k| Digest(*k)).collect()))
}
