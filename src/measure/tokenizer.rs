//! How many tokens a tokenizer makes of a text (owner of `tokenizers`). The tokenizer is a file that Hugging Face's library
//! of that name wrote, `tokenizer.json`. It is part of tamis where it was built with the feature `tokenizer`.
use crate::digest::Digest;

/// What the number of tokens depends on besides the file.
pub const USES: &[&str] = &["tokenizers 0.23"];

/// Whether this tamis can count tokens.
pub const KNOWN: bool = cfg!(feature = "tokenizer");

/// The largest file of a tokenizer, in bytes.
pub const BYTES_MAX: u64 = 256 << 20;

#[cfg(feature = "tokenizer")]
pub use with::Tokenizer;

#[cfg(feature = "tokenizer")]
mod with {
    use super::Digest;
    use std::sync::{Arc, Mutex, PoisonError};

    /// A tokenizer that was read.
    #[derive(Clone)]
    pub struct Tokenizer(Arc<tokenizers::Tokenizer>);

    /// The tokenizer that was read last: all partitions ask for the same one, and reading it takes long.
    static LAST: Mutex<Option<(Digest, Tokenizer)>> = Mutex::new(None);

    impl Tokenizer {
        /// Reads a tokenizer, unless it is the one that was read last.
        pub fn read(digest: Digest, bytes: impl FnOnce() -> Result<Vec<u8>, String>) -> Result<Tokenizer, String> {
            let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, own)) = last.as_ref().filter(|(own, _)| *own == digest) {
                return Ok(own.clone());
            }
            let mut read = tokenizers::Tokenizer::from_bytes(bytes()?).map_err(|e| e.to_string())?;
            // what cuts long texts off, or fills short ones up, is for models and would count wrongly
            read.with_padding(None);
            read.with_truncation(None).map_err(|e| e.to_string())?;
            let own = Tokenizer(Arc::new(read));
            *last = Some((digest, own.clone()));
            Ok(own)
        }

        /// Without the tokens that a model wants around a text.
        pub fn count(&self, text: &str) -> Result<u64, String> {
            self.0.encode_fast(text, false).map(|of| of.len() as u64).map_err(|e| e.to_string())
        }
    }
}

#[cfg(not(feature = "tokenizer"))]
pub use without::Tokenizer;

#[cfg(not(feature = "tokenizer"))]
mod without {
    use super::Digest;

    /// There is none: a manifest that asks for one is refused.
    #[derive(Clone)]
    pub struct Tokenizer;

    const NONE: &str = "this tamis was built without the feature `tokenizer`";

    impl Tokenizer {
        pub fn read(_: Digest, _: impl FnOnce() -> Result<Vec<u8>, String>) -> Result<Tokenizer, String> {
            Err(NONE.into())
        }

        pub fn count(&self, _: &str) -> Result<u64, String> {
            Err(NONE.into())
        }
    }
}
