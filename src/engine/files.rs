//! Files that whole stages give: bytes kept as objects, chunks handed over one by one, sums found out once.
use super::recipe;
use super::session::{Session, held};
use crate::digest::{BothSums, Digest};
use crate::stage::{Chunk, Content, Fault, OutFile, Sums};
use crate::table;
use std::sync::Mutex;

impl Session<'_> {
    /// Turns bytes of files into objects, and finds out the sums of all that have none; gives the keys of these.
    pub(super) fn keep_files(&self, files: &mut [OutFile], raw: bool) -> Result<Vec<Digest>, Fault> {
        let mut kept = Vec::with_capacity(files.len());
        for file in files.iter() {
            kept.push(self.keep_content(&file.content, raw)?);
        }
        let unknown: Vec<usize> = (0..files.len()).filter(|i| files[*i].sums.is_none()).collect();
        type Found = (Digest, Sums);
        let slots: Vec<Mutex<Option<Result<Found, Fault>>>> = unknown.iter().map(|_| Mutex::new(None)).collect();
        self.exec.each(unknown.len(), &|n| {
            let i = unknown[n];
            let done = self.go_on().and_then(|()| self.sums(&files[i].content, &kept[i]));
            *held(&slots[n]) = Some(done);
        });
        for (file, content) in files.iter_mut().zip(kept) {
            file.content = content;
        }
        let mut keys = Vec::with_capacity(unknown.len());
        for (i, slot) in unknown.into_iter().zip(slots) {
            let found = slot.into_inner().unwrap_or_else(|e| e.into_inner()).transpose()?;
            let (key, sums) = found.ok_or_else(|| Fault::Bug("the sums of a file were lost".into()))?;
            files[i].sums = Some(sums);
            keys.push(key);
        }
        Ok(keys)
    }

    /// The same content with objects in the place of bytes.
    fn keep_content(&self, of: &Content, raw: bool) -> Result<Content, Fault> {
        let chunk = |c: &Chunk| match c {
            Chunk::Bytes(bytes) => Ok(Chunk::Stored(self.put(bytes, raw)?, bytes.len() as u64)),
            other => Ok(other.clone()),
        };
        match of {
            Content::Bytes(bytes) => Ok(Content::Stored(self.put(bytes, raw)?, bytes.len() as u64)),
            Content::Joined(chunks) => Ok(Content::Joined(chunks.iter().map(chunk).collect::<Result<_, Fault>>()?)),
            other => Ok(other.clone()),
        }
    }

    /// The sums of a file, remembered by what it is made of: the result of the whole stage speaks for that key.
    fn sums(&self, of: &Content, kept: &Content) -> Result<(Digest, Sums), Fault> {
        let made_of = serde_json::to_vec(kept).map_err(|e| Fault::Bug(e.to_string()))?;
        let key = recipe::key("sums 1", [Digest::of(&made_of)]);
        if let Some(known) = self.known_part(key) {
            return Ok((key, known));
        }
        let mut both = BothSums::new();
        self.content(of, &mut |bytes| {
            both.update(bytes);
            Ok(())
        })?;
        let (blake3, sha256) = both.finish();
        let sums = Sums { blake3, sha256 };
        self.remember_part(key, &sums, false);
        Ok((key, sums))
    }

    /// Hands over the bytes of an output, chunk by chunk.
    pub fn content(&self, of: &Content, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        match of {
            Content::Bytes(bytes) => each(bytes),
            Content::Stored(digest, _) => each(&self.bytes(*digest)?),
            Content::Blob(digest, _) => each(&self.open(*digest)?),
            Content::Joined(chunks) => chunks.iter().try_for_each(|c| self.chunk(c, each)),
        }
    }

    fn chunk(&self, of: &Chunk, each: &mut dyn FnMut(&[u8]) -> Result<(), Fault>) -> Result<(), Fault> {
        match of {
            Chunk::Bytes(bytes) => each(bytes),
            Chunk::Stored(digest, _) => each(&self.bytes(*digest)?),
            Chunk::Cell(column, from, len) => {
                // read once: worth no place in the cache, but it may have been made just now
                let array = self.cached(*column).map_or_else(|| self.stored(*column), Ok)?;
                let cell = table::bytes_at(array.as_ref(), 0).unwrap_or_default();
                let own = cell.get(*from as usize..(from + len) as usize);
                each(own.ok_or_else(|| Fault::Bug("a chunk names bytes that its column does not have".into()))?)
            }
        }
    }
}
