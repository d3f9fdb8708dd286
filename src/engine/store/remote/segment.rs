//! A segment: what one write to a remote brought along. It names the objects of one pack, or holds results. Its name is the
//! digest of its bytes, so that it is read as it was written or not at all.
use crate::digest::Digest;
use crate::engine::store::index::{frame, frame_of};

pub(super) const MAGIC: &[u8; 16] = b"tamis segment 1\n";
/// Bytes of a segment that are read; none that is written comes near.
pub(super) const SEGMENT_MAX: u64 = 64 << 20;

/// Where a remote keeps segments and packs.
pub(super) const SEGMENTS: &str = "tamis-1/segments";
pub(super) fn segment_path(name: Digest) -> String {
    format!("{SEGMENTS}/{}", name.hex())
}
pub(super) fn pack_path(name: Digest) -> String {
    format!("tamis-1/packs/{}", name.hex())
}

/// A segment that is being written.
pub(super) struct Draft {
    bytes: Vec<u8>,
    pub(super) entries: u64,
}

impl Draft {
    pub(super) fn new(dataset: &str, pack: Digest, len: u64) -> Draft {
        let mut bytes = MAGIC.to_vec();
        bytes.extend((dataset.len() as u32).to_le_bytes());
        bytes.extend(dataset.as_bytes());
        bytes.extend(pack.0);
        bytes.extend(len.to_le_bytes());
        Draft { bytes, entries: 0 }
    }

    pub(super) fn object(&mut self, digest: Digest, offset: u64, len: u32) {
        frame(&mut self.bytes, b'o', &[&digest.0, &offset.to_le_bytes(), &len.to_le_bytes()]);
        self.entries += 1;
    }

    pub(super) fn result(&mut self, key: Digest, json: &[u8]) {
        frame(&mut self.bytes, b'p', &[&key.0, json]);
        self.entries += 1;
    }

    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(super) fn done(self) -> (Digest, Vec<u8>) {
        (Digest::of(&self.bytes), self.bytes)
    }
}

/// What a segment says.
#[derive(Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) dataset: String,
    pub(super) pack: Digest,
    pub(super) pack_len: u64,
    /// Offset in the pack, length, digest; by offset.
    pub(super) objects: Vec<(u64, u32, Digest)>,
    /// Key, and where its JSON lies in the segment.
    pub(super) results: Vec<(Digest, u32, u32)>,
}

/// Reads a segment; `None` if it is not whole. An object that its pack cannot hold is no object.
pub(super) fn read(bytes: &[u8]) -> Option<Segment> {
    let rest = bytes.strip_prefix(MAGIC.as_slice())?;
    let (n, rest) = rest.split_first_chunk::<4>()?;
    let (dataset, rest) = rest.split_at_checked(u32::from_le_bytes(*n) as usize)?;
    let (pack, rest) = rest.split_first_chunk::<32>()?;
    let (pack_len, mut rest) = rest.split_first_chunk::<8>()?;
    let pack_len = u64::from_le_bytes(*pack_len);
    let dataset = String::from_utf8_lossy(dataset).into_owned();
    let mut out = Segment { dataset, pack: Digest(*pack), pack_len, objects: Vec::new(), results: Vec::new() };
    while let Some((kind, payload, after)) = frame_of(rest) {
        let end = bytes.len() - after.len();
        if let Some((digest, tail)) = payload.split_first_chunk::<32>() {
            match kind {
                b'o' => {
                    let (offset, tail) = tail.split_first_chunk::<8>()?;
                    let (offset, len) = (u64::from_le_bytes(*offset), u32::from_le_bytes(*tail.first_chunk::<4>()?));
                    if offset.checked_add(u64::from(len)).is_some_and(|end| end <= pack_len) {
                        out.objects.push((offset, len, Digest(*digest)));
                    }
                }
                b'p' => out.results.push((
                    Digest(*digest),
                    u32::try_from(end - tail.len()).ok()?,
                    u32::try_from(tail.len()).ok()?,
                )),
                _ => {} // a later version's frame
            }
        }
        rest = after;
    }
    out.objects.sort_unstable();
    rest.is_empty().then_some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_says_what_was_written_and_a_part_of_it_nothing() {
        let (a, b, pack) = (Digest::of(b"a"), Digest::of(b"b"), Digest::of(b"pack"));
        let mut draft = Draft::new("이름", pack, 100);
        draft.object(a, 60, 40);
        draft.object(b, 0, 60);
        draft.object(pack, 60, 41); // the pack does not hold it
        draft.result(a, br#"{"x":1}"#);
        let (name, bytes) = draft.done();
        assert_eq!(name, Digest::of(&bytes));
        let s = read(&bytes).unwrap();
        assert_eq!((s.dataset.as_str(), s.pack, s.pack_len), ("이름", pack, 100));
        assert_eq!(s.objects, [(0, 60, b), (60, 40, a)]);
        let (key, at, len) = s.results[0];
        assert_eq!((key, &bytes[at as usize..(at + len) as usize]), (a, &br#"{"x":1}"#[..]));
        let whole = |n: usize| read(&bytes[..n]).is_some();
        let ends: Vec<usize> = (0..=bytes.len()).filter(|n| whole(*n)).collect();
        assert_eq!(ends.len(), 5, "a segment ends between two entries, which its name tells: {ends:?}");
    }
}
