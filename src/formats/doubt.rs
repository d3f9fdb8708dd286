//! What the beginning of a file tells against what the manifest says of it: another delimiter, another encoding, a first
//! line that is no header. Nothing is ever read by such a guess; it is told while the manifest is checked, with the key
//! that would say so.
use super::cut::members::ReadAt;
use super::options::Options;

/// How much of a file of text is looked at, in bytes.
pub const LOOKED: u64 = 64 << 10;

/// What speaks against the manifest.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    /// The key beside `format` that is meant; empty for the files themselves.
    pub key: &'static str,
    /// The column that it is about: it is told where a field is taken from it. Empty for all.
    pub column: String,
    /// The column holds values of several types: it is told where it is kept as text for that.
    pub mixed: bool,
    /// It is told where `[schema]` says nothing of the field.
    pub open: bool,
    /// Nothing of the file would be read rightly; else it is a warning.
    pub fails: bool,
    /// What is wrong, behind the name of the file: `looks semicolon-separated`.
    pub say: String,
    /// What to write instead.
    pub help: String,
}

/// How a format looks at a file: it is given the keys of the source, the length of the file and what reads it.
pub type Doubts = fn(&Options, u64, &ReadAt) -> Vec<Doubt>;

/// How a file says what the numbers of a column stand for: each column with the names of 0, 1 and so on.
pub type Classes = fn(u64, &ReadAt) -> Vec<(String, Vec<String>)>;

/// A format that has none.
pub fn none(_: &Options, _: u64, _: &ReadAt) -> Vec<Doubt> {
    Vec::new()
}

impl Doubt {
    pub fn fails(key: &'static str, say: impl Into<String>, help: impl Into<String>) -> Doubt {
        let (say, help) = (say.into(), help.into());
        Doubt { key, column: String::new(), mixed: false, open: false, fails: true, say, help }
    }

    /// A column whose values are of several types.
    pub fn several(name: &str, say: impl Into<String>) -> Doubt {
        let help = "it is kept as text, with its values as JSON; [schema] declares a type, else the record is mended";
        Doubt { mixed: true, ..Doubt::column(name, say, help) }
    }

    /// What is not kept of a column.
    pub fn column(name: &str, say: impl Into<String>, help: impl Into<String>) -> Doubt {
        Doubt { column: name.into(), ..Doubt::warns("", say, help) }
    }

    /// A column whose values another type would keep as they are.
    pub fn retyped(name: &str, say: impl Into<String>, help: impl Into<String>) -> Doubt {
        Doubt { open: true, ..Doubt::column(name, say, help) }
    }

    pub fn warns(key: &'static str, say: impl Into<String>, help: impl Into<String>) -> Doubt {
        Doubt { fails: false, ..Doubt::fails(key, say, help) }
    }
}
