//! Where an object lies, and how its bytes are told to be sound.
use crate::digest::{Digest, Hasher};
use crate::table::codec;

/// Held by all that build, alone by what collects garbage.
pub(super) const LOCK: &str = "store.lock";

pub(super) const INDEX: &str = "index";

/// The number of a reader's packs, which have no file.
pub(super) const IN_MEMORY: u32 = u32::MAX;

/// The longest chain of deltas (a delta against a delta ...). Each step lengthens a column's chain by at most one.
pub(super) const CHAIN: usize = 64;

/// Where an object lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Place {
    pub(super) pack: u32,
    pub(super) raw: bool,
    /// This frame holds a delta against another object.
    pub(super) differs: bool,
    pub(super) offset: u64,
    pub(super) len: u32,
}

impl Place {
    pub(super) fn bytes(&self) -> [u8; 17] {
        let mut b = [0; 17];
        b[..4].copy_from_slice(&self.pack.to_le_bytes());
        b[4] = u8::from(self.raw) | u8::from(self.differs) << 1;
        b[5..13].copy_from_slice(&self.offset.to_le_bytes());
        b[13..].copy_from_slice(&self.len.to_le_bytes());
        b
    }

    pub(super) fn read(b: &[u8]) -> Option<Place> {
        let (pack, rest) = b.split_first_chunk::<4>()?;
        let ([kind], rest) = rest.split_first_chunk::<1>()?;
        let (raw, differs) = (kind & 1 == 1, kind & 2 == 2);
        let (offset, rest) = rest.split_first_chunk::<8>()?;
        let len = u32::from_le_bytes(*rest.first_chunk::<4>()?);
        Some(Place { pack: u32::from_le_bytes(*pack), raw, differs, offset: u64::from_le_bytes(*offset), len })
    }
}

/// What lies there of an object that is kept by a difference: the other's digest and the steps; `None` if it is damaged.
pub(super) fn steps_of(bytes: &[u8]) -> Option<(Digest, &[u8])> {
    let (base, rest) = bytes.split_first_chunk::<32>()?;
    let (sum, steps) = rest.split_first_chunk::<16>()?;
    (*sum == sum_of(&Digest(*base), steps)).then_some((Digest(*base), steps))
}

pub(super) fn sum_of(base: &Digest, steps: &[u8]) -> [u8; 16] {
    let mut h = Hasher::plain();
    h.update(&base.0).update(steps);
    h.finish().0.first_chunk().copied().unwrap_or_default()
}

/// Whether bytes are what their digest says: of a column, or of plain bytes.
pub(super) fn sound(digest: Digest, bytes: &[u8]) -> bool {
    let first = if codec::looks(bytes) { codec::bytes_digest } else { Digest::of };
    first(bytes) == digest || Digest::of(bytes) == digest || codec::bytes_digest(bytes) == digest
}

/// Whether a file's name is that of a pack: six digits or more, `.raw` perhaps, `.pack`. Other files are not the store's.
pub(super) fn is_pack(name: &str) -> bool {
    let number = name.strip_suffix(".pack").map(|n| n.strip_suffix(".raw").unwrap_or(n));
    number.is_some_and(|n| n.len() >= 6 && n.bytes().all(|b| b.is_ascii_digit()))
}

pub(super) fn pack_path(number: u32, raw: bool) -> String {
    format!("packs/{number:06}{}.pack", if raw { ".raw" } else { "" })
}
