//! The values of a release, against the digests that release.json names: its content root then holds for what the files
//! hold, not for their bytes alone.
use super::across::Across;
use super::{Check, written};
use crate::digest::{Digest, Hasher, cut_hash};
use crate::formats::back::{Back, Part, Released, Tell, Values};
use crate::project::Failure;
use crate::table::cutting::{self, Window};
use crate::table::weight::weight;
use crate::table::{self, ArrayRef, column_digest};
use std::collections::BTreeSet;

/// More rows than this are no piece of a release, whatever its files say.
const PIECE_ROWS: usize = 1 << 22;

impl Check<'_> {
    /// Reads the values of each format that holds all columns, and compares their digests with those of release.json. Says
    /// of which formats that was done, and by the first of them which texts stand in several splits.
    pub(super) fn values(&mut self, there: &BTreeSet<String>) -> Result<(String, Option<String>), Failure> {
        let Some(columns) = self.released() else {
            return Ok(("values not compared (release.json does not say of which types they are)".into(), None));
        };
        let (mut compared, mut passed) = (Vec::new(), Vec::new());
        let mut across = (self.page.splits.len() > 1).then(|| Across::new(&columns));
        let mut told = None;
        let page = self.page;
        for (format, writer) in written().filter(|(f, _)| page.has_format(f.name)) {
            if self.unread.contains(format.name) {
                continue; // told already
            }
            // without the collected ids nobody knows where pieces end, unless the format does
            let ids = page.ids.as_deref().is_none_or(|ids| ids == "source") && columns.iter().any(|c| c.name == "id");
            let known = |v: &Values| v.pieces || ids;
            let Some(values) = writer.values.as_ref().filter(|v| known(v)) else {
                passed.push(format.name);
                continue;
            };
            compared.push(format.name);
            for split in page.splits.keys() {
                let own = |path: &&String| crate::formats::writer::split_of(writer.files, path) == Some(split);
                let files: Vec<&String> = there.iter().filter(own).collect();
                across.iter_mut().for_each(Across::next_split);
                match self.of_split(values, &columns, &files, across.as_mut())? {
                    Ok(Some(digests)) => self.compare_values(format.name, split, &columns, &digests),
                    Ok(None) => {}
                    Err(say) => self.wrong.push(say),
                }
            }
            told = told.or(across.take().and_then(Across::told));
        }
        let said = match (compared.as_slice(), passed.as_slice()) {
            ([], passed) => format!("values of {} not compared", passed.join(", ")),
            (done, []) => format!("values of {} compared", done.join(", ")),
            (done, passed) => format!("values of {} compared, not of {}", done.join(", "), passed.join(", ")),
        };
        Ok((said, told))
    }

    /// The released columns with what they hold; `None` if that does not stand in release.json.
    fn released(&mut self) -> Option<Vec<Released>> {
        let types = self.page.types.as_ref()?;
        let column = |name: &String| Some(Released { name: name.clone(), holds: types.get(name)?.clone() });
        let all: Option<Vec<Released>> = self.page.columns.iter().map(column).collect();
        if all.is_none() || types.len() != self.page.columns.len() {
            self.wrong.push("release.json: its types are not one for each column".into());
        }
        all
    }

    fn compare_values(&mut self, format: &str, split: &str, columns: &[Released], digests: &[Digest]) {
        for (column, digest) in columns.iter().zip(digests) {
            let said = self.page.content.iter().find(|l| l.split == split && l.column == column.name);
            if said.is_none_or(|line| line.digest != digest.hex()) {
                let name = &column.name;
                self.wrong.push(format!("{format}: `{name}` of `{split}` holds other values than release.json says"));
            }
        }
    }

    /// The digest of each column of a split; `None` if it has no rows. The inner error is what is wrong with a file.
    fn of_split(
        &self,
        values: &Values,
        columns: &[Released],
        files: &[&String],
        mut across: Option<&mut Across>,
    ) -> Result<Result<Option<Vec<Digest>>, String>, Failure> {
        let mut ends = Vec::new();
        if !values.pieces {
            let mut rows = Rows::default();
            if let Err(say) = self.each_part(values, columns, files, &mut |part| rows.add(columns, part))? {
                return Ok(Err(say));
            }
            let window = Window::released(columns.iter().any(|c| c.name == "image"));
            ends = cutting::cut(&rows.hashes, &rows.bytes, window);
        }
        let mut pieces = Pieces::new(columns, ends);
        let done = self.each_part(values, columns, files, &mut |part| {
            if let (Part::Rows(arrays), Some(across)) = (&part, across.as_mut()) {
                across.add(arrays);
            }
            pieces.add(part)
        })?;
        Ok(done.and_then(|()| pieces.finish()))
    }

    /// Hands over what the files of a split hold, one after another.
    fn each_part(
        &self,
        values: &Values,
        columns: &[Released],
        files: &[&String],
        tell: Tell,
    ) -> Result<Result<(), String>, Failure> {
        for path in files {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let picture = |name: &str| self.files.get(&format!("{folder}/{name}")).copied();
            let mut input = self.reader(path)?;
            if let Err(say) = (values.read)(&mut input, &Back { columns, picture: &picture }, tell) {
                return Ok(Err(format!("{path}: {say}")));
            }
        }
        Ok(Ok(()))
    }
}

/// By what the rows of a split are cut into pieces.
#[derive(Default)]
struct Rows {
    hashes: Vec<u64>,
    bytes: Vec<u64>,
}

impl Rows {
    fn add(&mut self, columns: &[Released], part: Part) -> Result<(), String> {
        let Part::Rows(arrays) = part else { return Ok(()) };
        let ids = columns.iter().position(|c| c.name == "id").and_then(|n| arrays.get(n));
        let ids = table::texts(ids.ok_or("holds no ids")?.as_ref());
        for (row, id) in ids.into_iter().enumerate() {
            self.hashes.push(cut_hash(id.unwrap_or_default().as_bytes()));
            self.bytes.push(arrays.iter().map(|array| weight(array, row, row + 1)).sum());
        }
        Ok(())
    }
}

/// The rows of a split as they are put together to pieces.
struct Pieces<'c> {
    columns: &'c [Released],
    hashers: Vec<Hasher>,
    /// Rows of the piece at hand, column by column.
    held: Vec<Vec<ArrayRef>>,
    rows: usize,
    /// Rows of the split that are digested.
    done: usize,
    /// Where pieces end, where the format does not say so.
    ends: std::vec::IntoIter<usize>,
    next: Option<usize>,
}

impl Pieces<'_> {
    fn new(columns: &[Released], ends: Vec<usize>) -> Pieces<'_> {
        let hashers = columns.iter().map(|_| Hasher::derive("tamis split 1")).collect();
        let mut ends = ends.into_iter();
        let next = ends.next();
        Pieces { columns, hashers, held: columns.iter().map(|_| Vec::new()).collect(), rows: 0, done: 0, ends, next }
    }

    fn add(&mut self, part: Part) -> Result<(), String> {
        let Part::Rows(arrays) = part else { return self.close() };
        let n = arrays.first().map_or(0, |a| a.len());
        let mut from = 0;
        while from < n {
            let left = self.next.map_or(n - from, |end| end.saturating_sub(self.done + self.rows).min(n - from));
            for (held, array) in self.held.iter_mut().zip(&arrays) {
                held.push(array.slice(from, left));
            }
            self.rows += left;
            from += left;
            if self.rows > PIECE_ROWS {
                return Err("holds a piece of more rows than any release has".into());
            }
            if self.next == Some(self.done + self.rows) {
                self.close()?;
                self.next = self.ends.next();
            } else if left == 0 {
                return Err("holds more rows than it did before".into());
            }
        }
        Ok(())
    }

    /// Ends the piece at hand.
    fn close(&mut self) -> Result<(), String> {
        if self.rows == 0 {
            return Ok(());
        }
        for ((column, held), hasher) in self.columns.iter().zip(&mut self.held).zip(&mut self.hashers) {
            let array = table::concat(&column.ty(), &std::mem::take(held))?;
            hasher.update(&column_digest(array.as_ref()).0);
        }
        self.done += self.rows;
        self.rows = 0;
        Ok(())
    }

    /// The digest of each column; `None` without rows.
    fn finish(mut self) -> Result<Option<Vec<Digest>>, String> {
        self.close()?;
        Ok((self.done > 0).then(|| self.hashers.iter().map(Hasher::finish).collect()))
    }
}
