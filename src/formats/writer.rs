//! Writing a release: a piece's rows become a fragment, and the fragments of a split become files. Joining reads no
//! fragment whose format does not ask for it.
use super::back::Values;
use crate::model::keypoints::Skeleton;
use crate::model::spans::Scheme;
use crate::model::tokens::Made;
use crate::table::{ArrayRef, list};
use std::collections::BTreeMap;
use std::io::BufRead;

/// How a release writes a format.
pub struct Writer {
    /// Raised when fragments become other bytes: only this format is encoded anew.
    pub version: u32,
    /// What the bytes depend on besides our code: `parquet 60`.
    pub uses: &'static [&'static str],
    /// The path of a file: `SPLIT` stands for the split. With `NNNNN`, the number of the file, a large split is several; with
    /// `NAME`, that of an image without its suffix, each sample has its own.
    pub files: &'static str,
    /// What else the reference says of it.
    pub doc: &'static str,
    pub needs: Needs,
    pub encode: fn(&Sheet, &mut Vec<Lost>) -> Result<Vec<u8>, String>,
    /// What joining must know of a fragment besides its length.
    pub outline: fn(&[u8]) -> &[u8],
    pub join: fn(&Join) -> Result<Vec<Chunk>, String>,
    /// Hands over each sample's id out of a file, `None` where the file does not have it.
    pub samples: Option<Samples>,
    /// Hands over the values of a file; `None` where the format does not hold all released columns.
    pub values: Option<Values>,
    /// How a sample is found in a file.
    pub place: Place,
    /// Hubs of data sets read the files as tables.
    pub table: bool,
    /// The kinds of label of which it cannot hold everything that they may say.
    pub loses: &'static [&'static str],
    /// A file beside those of the splits, which tells of all of them: its path, and its text.
    pub index: Option<(&'static str, WriteIndex)>,
}

/// Writes the file that tells of all splits.
pub type WriteIndex = fn(&Index) -> String;

/// What a file that tells of all splits is made of.
pub struct Index<'i> {
    /// The data set and its version: `ner 1.0.0`.
    pub title: &'i str,
    pub license: &'i str,
    /// The splits with the number of their samples, in the order of their names.
    pub splits: &'i [(&'i str, u64)],
    /// The declared classes of the label, in their order.
    pub classes: &'i [String],
    /// The points of its objects, if it has any.
    pub skeleton: &'i Skeleton,
}

/// Something of a row that the format cannot hold, and that is not in its files.
pub struct Lost {
    pub row: usize,
    pub rule: &'static str,
    pub say: String,
}

/// Reads all of a released file, and hands over each of its samples. An error is what no reader of the format could read.
pub type Samples = fn(&mut dyn BufRead, &mut dyn FnMut(Option<&str>)) -> Result<(), String>;

/// Hands over the names of the pictures that a released file names.
pub type Pictures = fn(&mut dyn BufRead, &mut dyn FnMut(&str)) -> Result<(), String>;

/// What a format needs of a release besides `id`.
#[derive(Clone, Copy, Default)]
pub struct Needs {
    /// The columns that are released.
    pub columns: bool,
    /// A label of one of these kinds; of several the first that there is.
    pub label: &'static [&'static str],
    /// The declared classes of the label, which it numbers row by row.
    pub classes: bool,
    /// The text that spans lie on.
    pub text: bool,
    /// The relations between its spans, where there are such.
    pub relations: bool,
    /// How long its sounds last, where that is known.
    pub durations: bool,
    /// The same with its tokens.
    pub tokens: bool,
    /// Characters that no class may have, since they part values in the files.
    pub no_class_with: &'static [char],
    /// The images, which are put beside the format's files.
    pub images: bool,
    /// The images' sizes.
    pub sizes: bool,
    /// Its images may lie in a folder for each class.
    pub folders: bool,
    /// Days as dates, and images as their bytes: the format has types of its own for them.
    pub typed: bool,
    /// Images as their bytes: they are in the format's files.
    pub bytes: bool,
    /// Its files hold no ids, unless `id` is among the columns.
    pub nameless: bool,
    /// Lists and objects are texts in its files.
    pub flat: bool,
    /// Its files cannot say of a sample that its answer is not told: without one they say that nothing is there.
    pub answers: bool,
    /// Where the images of this format lie, with `SPLIT` for the split; else in `images/SPLIT`, once for all formats.
    pub pictures: Option<&'static str>,
}

impl Needs {
    /// Nothing but the id.
    pub const NONE: Needs = Needs {
        columns: false,
        label: &[],
        classes: false,
        text: false,
        relations: false,
        durations: false,
        tokens: false,
        no_class_with: &[],
        images: false,
        sizes: false,
        folders: false,
        typed: false,
        bytes: false,
        nameless: false,
        flat: false,
        answers: false,
        pictures: None,
    };
}

/// The rows of a piece as a format is given them.
#[derive(Default)]
pub struct Sheet {
    pub rows: usize,
    /// The released columns by their released names, if the format needs them.
    pub columns: Vec<(String, ArrayRef)>,
    /// What else it needs, by what it is to the format: `id`, `label`, `relations` (between the spans of the label), `duration`, `text`, `edits`, `tokens`, `image`, `width`,
    /// `height`, `file` (the name of the image's file), `folder` (the class whose folder it lies in). What a data set does not have is not there.
    pub roles: BTreeMap<String, ArrayRef>,
    /// How tags say where an entity begins and ends, for a format that writes them.
    pub scheme: Scheme,
    /// What a token is where none were collected, if the manifest says it.
    pub made: Option<Made>,
    /// The declared classes of the label, for a format that numbers them row by row.
    pub classes: Vec<String>,
}

impl Sheet {
    /// Whether the cells of a role are lists of this noun.
    pub fn holds<T: crate::table::Cell>(&self, role: &str) -> bool {
        self.roles.get(role).is_some_and(|array| *array.data_type() == list(T::ty()))
    }

    /// The cells of a role; all are `None` where it is not there.
    pub fn cells<T: crate::table::Cell>(&self, role: &str) -> Vec<Option<T>> {
        match self.roles.get(role) {
            Some(array) => crate::table::cells(array.as_ref()),
            None => (0..self.rows).map(|_| None).collect(),
        }
    }
}

/// The fragments of one file.
pub struct Join<'j> {
    pub split: &'j str,
    /// The data set and its version: `ner 1.0.0`.
    pub title: &'j str,
    pub version: &'j str,
    /// The licence of what is released.
    pub license: &'j str,
    /// The declared classes of the label, in their order.
    pub classes: &'j [String],
    /// The points of its objects, if it has any.
    pub skeleton: &'j Skeleton,
    /// The answers of this split are hidden.
    pub hidden: bool,
    /// Of each fragment its length in bytes and its outline.
    pub outlines: Vec<(u64, Vec<u8>)>,
    /// Reads a fragment.
    pub fragment: &'j dyn Fn(usize) -> Result<Vec<u8>, String>,
}

/// A part of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum Chunk {
    Bytes(Vec<u8>),
    /// So many bytes of a fragment, from a place on.
    Fragment {
        piece: usize,
        from: u64,
        len: u64,
    },
}

/// How a sample is found in a released file.
#[derive(Clone, Copy)]
pub enum Place {
    /// By the number of its row.
    Row,
    /// By its line: one for each sample.
    Line,
    /// It has a file of its own.
    File,
    /// By looking for its id.
    Search(fn(&[u8], &str) -> Option<usize>),
    /// Not at all.
    Nowhere,
}

/// Fragments that follow one another.
pub fn one_after_another(join: &Join) -> Result<Vec<Chunk>, String> {
    let whole = |(piece, (len, _)): (usize, &(u64, Vec<u8>))| Chunk::Fragment { piece, from: 0, len: *len };
    Ok(join.outlines.iter().enumerate().map(whole).collect())
}

/// Nothing but the length need be known of a fragment.
pub fn length_alone(_: &[u8]) -> &[u8] {
    &[]
}

/// The files of a piece that has one for each sample, as a fragment: how long the list is, the list of names and lengths, and
/// the files one after another.
pub fn scatter(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let list: String = files.iter().map(|(name, bytes)| format!("{}\t{name}\n", bytes.len())).collect();
    let mut out = (list.len() as u64).to_le_bytes().to_vec();
    out.extend(list.as_bytes());
    files.iter().for_each(|(_, bytes)| out.extend(bytes));
    out
}

/// The outline of such a fragment: its list.
pub fn scattered(fragment: &[u8]) -> &[u8] {
    let len = fragment.first_chunk().map_or(0, |len| u64::from_le_bytes(*len));
    let end = usize::try_from(len).unwrap_or(usize::MAX).saturating_add(8);
    fragment.get(..end).unwrap_or(fragment)
}

/// Name, place and length of each file in such a fragment, by its outline.
pub fn listed(outline: &[u8]) -> Option<Vec<(String, u64, u64)>> {
    let mut at = outline.len() as u64;
    let list = std::str::from_utf8(outline.get(8..)?).ok()?;
    let file = |line: &str| {
        let (len, name) = line.split_once('\t')?;
        let (from, len) = (at, len.parse::<u64>().ok()?);
        at += len;
        Some((name.to_string(), from, len))
    };
    list.lines().map(file).collect()
}

/// Whether each sample has a file of its own.
pub fn is_scattered(files: &str) -> bool {
    files.contains("NAME")
}

/// Whether a large split is several files.
pub fn is_sharded(files: &str) -> bool {
    files.contains("NNNNN")
}

/// Endings of files that lie beside a sample's own one and belong to it: the text beside its annotations.
const COMPANIONS: &[(&str, &str)] = &[(".ann", ".txt")];

/// The path of a file of a sample, by the name that its fragment lists; and whether it is the one that counts.
pub fn scattered_path(files: &str, split: &str, name: &str) -> (String, bool) {
    let (stem, end) = name.rsplit_once('.').unwrap_or((name, ""));
    let own = path(files, split, 0);
    let beside = COMPANIONS.iter().find(|(of, with)| files.ends_with(of) && with.strip_prefix('.') == Some(end));
    match beside.and_then(|(of, with)| Some(format!("{}{with}", own.strip_suffix(of)?))) {
        Some(own) => (own.replace("NAME", stem), false),
        None => (own.replace("NAME", stem), true),
    }
}

/// The split whose file a path is, or beside whose file it lies.
pub fn split_with<'p>(files: &str, path: &'p str) -> Option<&'p str> {
    let beside = || {
        let (of, with) = COMPANIONS.iter().find(|(of, with)| files.ends_with(of) && path.ends_with(with))?;
        split_of(&format!("{}{with}", files.strip_suffix(of)?), path)
    };
    split_of(files, path).or_else(beside)
}

/// The path of a split's file.
pub fn path(files: &str, split: &str, n: usize) -> String {
    files.replace("NNNNN", &format!("{n:05}")).replace("SPLIT", split)
}

/// The split whose file a path is.
pub fn split_of<'p>(files: &str, path: &'p str) -> Option<&'p str> {
    let (before, behind) = files.split_once("SPLIT")?;
    let rest = path.strip_prefix(before)?;
    match behind.strip_prefix("-NNNNN") {
        None if is_scattered(behind) => {
            let (between, end) = behind.split_once("NAME")?;
            let (split, name) = rest.split_once(between)?;
            name.strip_suffix(end).filter(|name| !name.is_empty()).map(|_| split)
        }
        Some(end) => {
            let (split, number) = rest.strip_suffix(end)?.rsplit_once('-')?;
            number.bytes().all(|b| b.is_ascii_digit()).then_some(split)
        }
        None => rest.strip_suffix(behind),
    }
    .filter(|split| !split.is_empty() && !split.contains('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_back() {
        for (files, of) in [
            ("parquet/SPLIT-NNNNN.parquet", "parquet/train-2-00007.parquet"),
            ("conll/SPLIT.conll", "conll/train-2.conll"),
            ("images/SPLIT/metadata.jsonl", "images/train-2/metadata.jsonl"),
            ("labels/SPLIT/NAME.txt", "labels/train-2/NAME.txt"),
        ] {
            assert_eq!(path(files, "train-2", 7), of);
            assert_eq!(split_of(files, of), Some("train-2"));
            assert_eq!(split_of(files, "README.md"), None);
        }
        assert_eq!(scattered_path("brat/SPLIT/NAME.ann", "train", "a.b.txt"), ("brat/train/a.b.txt".into(), false));
        assert_eq!(scattered_path("brat/SPLIT/NAME.ann", "train", "a.ann"), ("brat/train/a.ann".into(), true));
        assert_eq!(split_with("brat/SPLIT/NAME.ann", "brat/train/a.txt"), Some("train"));
        assert_eq!(split_of("brat/SPLIT/NAME.ann", "brat/train/a.txt"), None);
        assert_eq!(split_of("labels/SPLIT/NAME.txt", "labels/train/class/a.b.txt"), Some("train"));
        assert_eq!(split_of("labels/SPLIT/NAME.txt", "labels/train/a.jpg"), None);
        assert_eq!(split_of("images/SPLIT/metadata.jsonl", "images/train/a.png"), None);
        assert_eq!(split_of("parquet/SPLIT-NNNNN.parquet", "parquet/train.parquet"), None);
    }
}
