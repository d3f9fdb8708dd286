//! What a format is: a value that says what it is called and what it can do. Each capability may be missing.
use super::doubt::{self, Classes, Doubts};
use super::options::{Choice, Options};
use super::reader::Reader;
use super::sidecar::Sidecar;
use super::writer::{Pictures, Writer};
use std::fmt;

/// A format that a manifest may name.
pub struct Format {
    /// The name in the manifest and in `release.json`.
    pub name: &'static str,
    /// One line on what such a file is, for the reference.
    pub doc: &'static str,
    /// The keys that may stand beside `format` in a source, because this format reads them.
    pub options: &'static [Choice],
    /// The key that does not fit the others, and what is wrong with it.
    pub unfit: fn(&Options) -> Option<(&'static str, &'static str)>,
    /// What the beginning of a file tells against the manifest.
    pub doubts: Doubts,
    /// What the first records tell of columns of several types. It is asked where the manifest keeps such a column as text.
    pub several: Doubts,
    /// Which columns of whole numbers stand for names, as the file itself says.
    pub classes: Option<Classes>,
    /// How files of records become samples.
    pub reader: Option<Reader>,
    /// Each image file is a sample, and the source names them as `images`.
    pub images: bool,
    /// Each file is a sound. It may be as long as one.
    pub sounds: bool,
    /// Its files say something of samples that lie elsewhere: what names the sample, who says it, and what, where a source of
    /// answers does not say.
    pub beside: Option<[&'static str; 3]>,
    /// The selector of the text that its answers were given to, where its files hold that.
    pub given: Option<&'static str>,
    /// The columns of shapes besides boxes that its annotations can give.
    pub draws: &'static [&'static str],
    /// Attributes of shapes that are neither true nor false are read and written as flags with a value.
    pub attributed: bool,
    /// Its annotations say where things are as shares of the image's sides.
    pub shares: bool,
    /// How files of annotations beside images are read.
    pub sidecar: Option<Sidecar>,
    /// Its records hold the answers of several annotators: they are samples, and no votes.
    pub answers: bool,
    /// How a release writes the format.
    pub writer: Option<Writer>,
    /// How the pictures are found that a released file names.
    pub pictures: Option<Pictures>,
}

impl Format {
    /// A format that can do nothing yet: the others are written as what they have more than it.
    pub const fn new(name: &'static str, doc: &'static str) -> Format {
        let (reader, images, sidecar, writer, pictures) = (None, false, None, None, None);
        Format {
            name,
            doc,
            options: &[],
            unfit: |_| None,
            doubts: doubt::none,
            several: doubt::none,
            classes: None,
            reader,
            images,
            sounds: false,
            beside: None,
            given: None,
            draws: &[],
            attributed: false,
            shares: false,
            sidecar,
            answers: false,
            writer,
            pictures,
        }
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
