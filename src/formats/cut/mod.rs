//! How a file is cut into what a reader is given.
pub mod members;
pub mod quoted;
pub mod text;
pub mod warc;

pub use members::Members;
pub use text::Split;

/// The three ways in which a file comes apart.
#[derive(Clone, Debug, PartialEq)]
pub enum Cut {
    /// A stream of records: it may be cut behind each of them.
    Text(Split),
    /// Parts that the file itself lists, such as the row groups of Parquet.
    Members(&'static Members),
    /// The whole file at once.
    Document(Holds),
}

/// How many records a document holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// The file is one record.
    One,
    /// Its reader finds them: those that it gave and those that it dropped are what was collected.
    Many,
}

impl Cut {
    /// Where records end within a part.
    pub fn split(&self) -> &Split {
        match self {
            Cut::Text(split) => split,
            Cut::Members(_) | Cut::Document(_) => &Split::Whole,
        }
    }

    /// How many records the bytes of a part are: one where they are not cut further.
    pub fn records(&self, bytes: &[u8], record_max: u64) -> usize {
        match self {
            Cut::Text(split) => text::lengths(&split.further(), bytes, record_max).len(),
            Cut::Members(_) | Cut::Document(_) => 1,
        }
    }

    /// Whether it is the reader who knows how many records a part holds.
    pub fn counted_by_reader(&self) -> bool {
        *self == Cut::Document(Holds::Many)
    }

    /// Whether a part may hold so many records that they are cut anew by their ids once they are read.
    pub fn cut_anew(&self) -> bool {
        matches!(self, Cut::Members(_) | Cut::Document(Holds::Many))
    }
}

impl Split {
    /// Where records end in what was cut out of a file behind its first lines.
    pub fn further(&self) -> Split {
        match self {
            Split::Csv(dialect) => Split::Csv(quoted::Dialect { skip: 0, ..*dialect }),
            other => other.clone(),
        }
    }
}
