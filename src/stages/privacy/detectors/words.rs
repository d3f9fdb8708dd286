//! Words that are looked for in every text.
use memchr::memmem::Finder;
use std::sync::OnceLock;

/// Words, with what the search for each needs, which is made once: texts are short, and making it anew would take longer than the
/// search.
pub struct Words {
    of: &'static [&'static str],
    made: OnceLock<Vec<Finder<'static>>>,
}

impl Words {
    pub const fn new(of: &'static [&'static str]) -> Words {
        Words { of, made: OnceLock::new() }
    }

    /// Each word with its search, in the order in which they were given.
    pub fn each(&'static self) -> impl Iterator<Item = (&'static str, &'static Finder<'static>)> {
        let made = self.made.get_or_init(|| self.of.iter().map(|word| Finder::new(*word)).collect());
        self.of.iter().copied().zip(made)
    }
}
