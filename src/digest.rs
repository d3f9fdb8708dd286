//! Digests: BLAKE3 with a context per use, shown as 64 hex digits; the portable 64-bit hash that cuts partitions;
//! and counter-based random numbers keyed by (seed, purpose, id).
use blake3::hazmat::{ContextKey, HasherExt, hash_derive_key_context};
use sha1::Sha1;
use sha2::{Digest as _, Sha256};
use std::fmt;

/// 32 bytes of BLAKE3.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of plain bytes: blobs, files, chunks.
    pub fn of(bytes: &[u8]) -> Digest {
        Digest(*blake3::hash(bytes).as_bytes())
    }

    /// The digest of `bytes` in a context of its own (`tamis column 1`, `tamis recipe 1`, ...).
    pub fn derive(context: &str, bytes: &[u8]) -> Digest {
        Digest(blake3::derive_key(context, bytes))
    }

    pub fn hex(&self) -> String {
        let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or('0');
        self.0.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
    }

    pub fn from_slice(bytes: &[u8]) -> Option<Digest> {
        bytes.try_into().ok().map(Digest)
    }

    /// The first 8 hex digits, for people.
    pub fn short(&self) -> String {
        self.hex()[..8].to_string()
    }

    pub fn parse(hex: &str) -> Option<Digest> {
        let (pairs, rest) = hex.as_bytes().as_chunks::<2>();
        if pairs.len() != 32 || !rest.is_empty() {
            return None;
        }
        let digit = |c: u8| char::from(c).to_digit(16).map(|d| d as u8);
        let mut out = [0; 32];
        for (o, [high, low]) in out.iter_mut().zip(pairs) {
            *o = digit(*high)? << 4 | digit(*low)?;
        }
        Some(Digest(out))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.hex())
    }
}

impl serde::Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.hex())
    }
}

impl<'de> serde::Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Digest::parse(&text).ok_or_else(|| serde::de::Error::custom("no digest"))
    }
}

/// A digest over parts that arrive one after another.
#[derive(Clone)]
pub struct Hasher(blake3::Hasher);

impl Hasher {
    pub fn plain() -> Hasher {
        Hasher(blake3::Hasher::new())
    }

    pub fn derive(context: &str) -> Hasher {
        Hasher(blake3::Hasher::new_derive_key(context))
    }

    pub fn update(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.update(bytes);
        self
    }

    pub fn finish(&self) -> Digest {
        Digest(*self.0.finalize().as_bytes())
    }
}

/// A context that is hashed once, for digests of every row: they are those of [`Digest::derive`].
pub struct Context(ContextKey);

impl Context {
    pub fn new(context: &str) -> Context {
        Context(hash_derive_key_context(context))
    }

    pub fn digest(&self, bytes: &[u8]) -> Digest {
        Digest(*blake3::Hasher::new_from_context_key(&self.0).update(bytes).finalize().as_bytes())
    }
}

/// BLAKE3 and SHA-256 of bytes that pass by: what a release tells of each file.
pub struct BothSums(Hasher, Sha256);

impl BothSums {
    pub fn new() -> BothSums {
        BothSums(Hasher::plain(), Sha256::new())
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
        self.1.update(bytes);
    }

    /// SHA-256 in hex digits.
    pub fn finish(self) -> (Digest, String) {
        (self.0.finish(), hex(&self.1.finalize()))
    }
}

impl Default for BothSums {
    fn default() -> Self {
        BothSums::new()
    }
}

/// The digest of bytes that nobody can make without the key.
pub fn keyed(key: &Digest, bytes: &[u8]) -> Digest {
    Digest(*blake3::keyed_hash(&key.0, bytes).as_bytes())
}

/// SHA-1 and SHA-256 of bytes, for what others say of theirs: nothing of ours is known by SHA-1.
pub fn others(bytes: &[u8], long: bool) -> Vec<u8> {
    if long { Sha256::digest(bytes).to_vec() } else { Sha1::digest(bytes).to_vec() }
}

/// SHA-256 in hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A bijection of u64 that spreads every bit over all others.
pub fn mix(mut x: u64) -> u64 {
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// The pinned, portable hash that places cuts. It decides where partitions end, never what is equal.
#[derive(Clone, Default)]
pub struct CutHasher {
    state: u64,
    tail: [u8; 8],
    held: usize,
    len: u64,
}

impl CutHasher {
    fn word(&mut self, w: u64) {
        self.state = mix(self.state.rotate_left(23) ^ w.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    }

    pub fn update(&mut self, mut bytes: &[u8]) {
        self.len += bytes.len() as u64;
        if self.held > 0 {
            let take = bytes.len().min(8 - self.held);
            self.tail[self.held..self.held + take].copy_from_slice(&bytes[..take]);
            self.held += take;
            bytes = &bytes[take..];
            if self.held < 8 {
                return;
            }
            let w = u64::from_le_bytes(self.tail);
            self.word(w);
            self.held = 0;
        }
        let (words, rest) = bytes.as_chunks::<8>();
        for w in words {
            self.word(u64::from_le_bytes(*w));
        }
        self.tail[..rest.len()].copy_from_slice(rest);
        self.held = rest.len();
    }

    pub fn finish(&self) -> u64 {
        let mut last = [0u8; 8];
        last[..self.held].copy_from_slice(&self.tail[..self.held]);
        mix(mix(self.state.rotate_left(23) ^ u64::from_le_bytes(last)) ^ self.len.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }
}

/// The cut hash of one record or id.
pub fn cut_hash(bytes: &[u8]) -> u64 {
    let mut h = CutHasher::default();
    h.update(bytes);
    h.finish()
}

/// A number drawn for `(seed, purpose, id)`: uniform over u64, the same on every machine and in every version.
pub fn draw(seed: u64, purpose: &str, id: &str) -> u64 {
    Draws::new(seed, purpose).of(id)
}

/// Draws of one seed and purpose.
pub struct Draws(Hasher);

impl Draws {
    pub fn new(seed: u64, purpose: &str) -> Draws {
        let mut h = Hasher::derive("tamis draw 1");
        h.update(&seed.to_le_bytes()).update(&(purpose.len() as u64).to_le_bytes()).update(purpose.as_bytes());
        Draws(h)
    }

    pub fn of(&self, id: &str) -> u64 {
        let d = self.0.clone().update(id.as_bytes()).finish().0;
        u64::from_le_bytes([d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7]])
    }

    /// Many numbers for one id.
    pub fn stream(&self, id: &str) -> Stream {
        Stream(self.of(id))
    }
}

/// Numbers that are told by their place: none of them depends on another.
#[derive(Clone, Copy, Debug)]
pub struct Stream(u64);

impl Stream {
    /// The numbers that a digest gives.
    pub fn of_digest(bytes: &[u8; 32]) -> Stream {
        Stream(bytes.iter().take(8).fold(0, |bits, b| bits << 8 | u64::from(*b)))
    }

    /// The number at a place: uniform over u64.
    pub fn at(&self, place: u64) -> u64 {
        mix(self.0 ^ mix(place.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15)))
    }

    /// The number at a place: uniform below `n`, which is not 0.
    pub fn below(&self, place: u64, n: u64) -> u64 {
        ((u128::from(self.at(place)) * u128::from(n)) >> 64) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_context_that_is_kept_gives_the_same_digests() {
        let kept = Context::new("tamis row 1");
        for len in [0, 1, 63, 64, 1024, 1025, 5000] {
            let bytes = vec![7; len];
            assert_eq!(kept.digest(&bytes), Digest::derive("tamis row 1", &bytes), "{len} bytes");
        }
    }

    #[test]
    fn the_cut_hash_does_not_depend_on_how_bytes_arrive() {
        let bytes: Vec<u8> = (0..100u8).collect();
        for a in 0..100 {
            let mut h = CutHasher::default();
            h.update(&bytes[..a]);
            h.update(&bytes[a..]);
            assert_eq!(h.finish(), cut_hash(&bytes));
        }
        assert_ne!(cut_hash(b""), cut_hash(b"\0"));
        assert_eq!(cut_hash(b"tamis"), cut_hash(b"tamis"));
    }

    #[test]
    fn hex_and_back() {
        let d = Digest::of(b"x");
        assert_eq!(Digest::parse(&d.hex()), Some(d));
        assert_eq!(Digest::parse("zz"), None);
    }
}
