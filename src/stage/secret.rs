//! Secrets that kernels are given. A recipe holds their fingerprint alone, so that another secret is another result and
//! nobody reads the secret out of what is stored.
use super::parameters::added;
use crate::digest::{Digest, keyed};
use crate::manifest::sections::KeyFrom;
use crate::world::World;
use std::fmt;

/// The shortest key that is taken, in bytes: what is shorter can be found by trying.
const KEY_MIN: usize = 16;

/// The bytes of a key that the manifest says the place of, without white space around them; or what is wrong
/// with it, and what more is known.
pub fn read(world: &World, from: &KeyFrom) -> Result<Vec<u8>, (&'static str, String)> {
    let gone = |say: String| ("the secret key is not there", say);
    let key = match &from.env {
        Some(name) => world.variable(name).ok_or_else(|| gone(format!("the environment has no `{name}`")))?,
        None => world.read(from.file.as_deref().unwrap_or_default(), 1 << 16).map_err(|e| gone(e.to_string()))?,
    };
    match key.trim_ascii() {
        short if short.len() < KEY_MIN => {
            let say = format!("{} bytes; at least {KEY_MIN} are needed", short.len());
            Err(("the secret key is so short that it can be guessed", say))
        }
        key => Ok(key.to_vec()),
    }
}

/// A key derived for one purpose.
#[derive(Clone, PartialEq)]
pub struct Secret(Digest);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret")
    }
}

impl Secret {
    /// `context` says for what.
    pub fn derive(context: &str, key: &[u8]) -> Secret {
        Secret(Digest::derive(context, key))
    }

    /// By what a recipe knows it.
    pub fn fingerprint(&self) -> String {
        keyed(&self.0, b"tamis fingerprint 1").hex()
    }

    /// Parameters with the secret, as 64 hex digits in `secret`.
    pub fn added(&self, params: &str) -> String {
        added(params, "secret", &self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_known_by_its_fingerprint_and_told_to_its_kernel_alone() {
        let (a, b) = (Secret::derive("x", b"key"), Secret::derive("x", b"another"));
        assert_ne!(a.fingerprint(), b.fingerprint());
        assert_ne!(Secret::derive("y", b"key"), a);
        assert_eq!(format!("{a:?}"), "a secret");
        let added = a.added("{\"n\":1}");
        assert!(added.contains("\"n\":1") && added.contains(&a.0.hex()) && !added.contains(&a.fingerprint()));
    }
}
