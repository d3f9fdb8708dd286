//! Files that are packed: `.gz` and `.zst`, and the archives `.zip`, told by their names.
use super::zip::{Raw, Unzipped};
use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};

/// The largest window a zstd frame may ask for, as a power of two: 128 MiB, what `zstd -d` allows by itself.
const ZSTD_WINDOW_LOG: u32 = 27;

#[derive(Clone, Copy)]
enum Packing {
    Gzip,
    Zstd,
    Zip,
}

/// The name below the packing: `a.jsonl` for `a.jsonl.gz`. The suffixes count in any case of letters.
pub fn inner_name(name: &str) -> &str {
    packing(name).map_or(name, |(inner, _)| inner)
}

/// The unpacked bytes of a file called `name`: all members of a `.gz`, all frames of a `.zst`, else `r` as it is. Zeros
/// behind the last of them are padding; anything else there is an error that [`is_trailing`].
///
/// A `.zip` comes out as a tar archive. The output has no bound of its own: the caller counts what it reads. Cut input ends in `UnexpectedEof`.
pub fn decompressor(name: &str, r: Box<dyn Raw>) -> Box<dyn Read + Send> {
    match packing(name) {
        Some((_, Packing::Zip)) => Box::new(Unzipped::new(r)),
        Some((_, packing)) => Box::new(Unpacked { packing, now: Now::Between(BufReader::new(r)), first: true }),
        None => Box::new(r),
    }
}

/// The beginning of the unpacked bytes, of at most `len`. Of a file that breaks off it is what stands before the break; an
/// error says that nothing can be read.
pub fn head(name: &str, r: Box<dyn Raw>, len: u64) -> io::Result<Vec<u8>> {
    let mut head = Vec::new();
    match decompressor(name, r).take(len).read_to_end(&mut head) {
        Err(e) if head.is_empty() => Err(e),
        _ => Ok(head),
    }
}

/// Packs bytes as gzip, without a name or a time: equal bytes give equal ones.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // a vector takes all that is written
    encoder.write_all(bytes).and_then(|()| encoder.finish()).unwrap_or_default()
}

/// Packs bytes as one frame of Zstandard, without a time: equal bytes give equal ones.
pub fn zstd(bytes: &[u8]) -> Result<Vec<u8>, String> {
    zstd::stream::encode_all(bytes, 3).map_err(|e| e.to_string())
}

/// The unpacked bytes of all frames of a file; the caller counts what it reads.
pub fn unzstd<'r>(packed: &'r mut dyn BufRead) -> Result<impl BufRead + use<'r>, String> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(packed).map_err(|e| e.to_string())?;
    decoder.window_log_max(ZSTD_WINDOW_LOG).map_err(|e| e.to_string())?;
    Ok(BufReader::with_capacity(1 << 20, decoder))
}

/// Packs by Zstandard.
pub type Zstd<W> = zstd::stream::write::Encoder<'static, W>;

/// A writer that packs by Zstandard, with a checksum, on one thread: equal bytes give equal ones.
pub fn zstd_writer<W: Write>(to: W, level: i32) -> io::Result<Zstd<W>> {
    let mut out = Zstd::new(to, level)?;
    out.include_checksum(true)?;
    Ok(out)
}

/// Whether an error is that of a checksum that does not fit what was unpacked; so the libraries say it.
pub fn is_checksum(e: &io::Error) -> bool {
    let say = e.to_string();
    ["does not have a matching checksum", "doesn't match checksum"].iter().any(|words| say.contains(words))
}

/// What a file is packed by that is read as it lies there, by its first bytes.
pub fn unread(first: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 8] = [
        (b"\xfd7zXZ\0", "xz"),
        (b"BZh", "bzip2"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"Rar!\x1a\x07", "RAR"),
        (b"PK\x03\x04", "zip"),
        (b"\x04\x22\x4d\x18", "lz4"),
        (b"\x1f\x8b\x08", "gzip, and its name does not end with .gz"),
        (b"\x28\xb5\x2f\xfd", "Zstandard, and its name does not end with .zst"),
    ];
    // the letters of bzip2 may begin a text, but for the sum of the first block
    let text = first.starts_with(b"BZh") && first.get(4..10) != Some(b"1AY&SY");
    KINDS.iter().find(|(mark, _)| first.starts_with(mark) && !text).map(|(_, name)| *name)
}

/// Whether an error is that of something behind the packed data, all of which was read and is whole.
pub fn is_trailing(e: &io::Error) -> bool {
    e.get_ref().is_some_and(|inner| inner.is::<Trailing>())
}

#[derive(Debug)]
struct Trailing;

impl fmt::Display for Trailing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("something that is not packed stands behind the packed data")
    }
}

impl std::error::Error for Trailing {}

type Packed = BufReader<Box<dyn Raw>>;

/// Reads members or frames one after another.
struct Unpacked {
    packing: Packing,
    now: Now,
    /// Nothing was unpacked yet: whatever the file begins with, it is read as packed data.
    first: bool,
}

/// What is being read of the packed file.
enum Now {
    Between(Packed),
    Member(Box<GzDecoder<Packed>>),
    Frame(Box<zstd::stream::read::Decoder<'static, Packed>>),
    End,
}

impl Read for Unpacked {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        loop {
            let n = match &mut self.now {
                Now::End => return Ok(0),
                Now::Member(member) => member.read(to)?,
                Now::Frame(frame) => frame.read(to)?,
                Now::Between(_) => 0,
            };
            if n > 0 || to.is_empty() {
                return Ok(n);
            }
            let rest = match std::mem::replace(&mut self.now, Now::End) {
                Now::End => return Ok(0),
                Now::Between(rest) => rest,
                Now::Member(member) => member.into_inner(),
                Now::Frame(frame) => frame.finish(),
            };
            self.now = self.next(rest)?;
        }
    }
}

impl Unpacked {
    /// What comes behind a member.
    fn next(&mut self, mut rest: Packed) -> io::Result<Now> {
        let starts = |byte: u8| match self.packing {
            Packing::Gzip => byte == 0x1f,
            Packing::Zstd => byte == 0x28 || byte & 0xf0 == 0x50, // a frame, or one that is passed over
            Packing::Zip => false,                                // it has a reader of its own
        };
        let first = rest.fill_buf()?.first().copied();
        if self.first || first.is_some_and(starts) {
            self.first = false;
            return Ok(match self.packing {
                Packing::Gzip => Now::Member(Box::new(GzDecoder::new(rest))),
                Packing::Zstd => Now::Frame(Box::new(frame(rest)?)),
                Packing::Zip => Now::End,
            });
        }
        loop {
            let padding = rest.fill_buf()?;
            if padding.iter().any(|b| *b != 0) {
                return Err(io::Error::new(io::ErrorKind::InvalidData, Trailing));
            }
            let n = padding.len();
            if n == 0 {
                return Ok(Now::End);
            }
            rest.consume(n);
        }
    }
}

fn frame(rest: Packed) -> io::Result<zstd::stream::read::Decoder<'static, Packed>> {
    let mut decoder = zstd::stream::read::Decoder::with_buffer(rest)?.single_frame();
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(decoder)
}

/// Whether a file is a zip archive, by its name.
pub fn is_zip(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(stem, end)| !stem.is_empty() && end.eq_ignore_ascii_case("zip"))
}

fn packing(name: &str) -> Option<(&str, Packing)> {
    let (inner, suffix) = name.rsplit_once('.')?;
    if suffix.eq_ignore_ascii_case("gz") {
        Some((inner, Packing::Gzip))
    } else if suffix.eq_ignore_ascii_case("zst") {
        Some((inner, Packing::Zstd))
    } else if is_zip(name) {
        Some((inner, Packing::Zip))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Cursor, Write};

    fn unpacked(name: &str, bytes: Vec<u8>) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        decompressor(name, Box::new(Cursor::new(bytes))).read_to_end(&mut out)?;
        Ok(out)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[test]
    fn names_without_their_packing() {
        assert_eq!(inner_name("a/b.jsonl.gz"), "a/b.jsonl");
        assert_eq!(inner_name("b.csv.ZST"), "b.csv");
        assert_eq!(inner_name("b.csv"), "b.csv");
        assert_eq!(inner_name("gz"), "gz");
    }

    #[test]
    fn every_member_and_frame_is_read() {
        assert_eq!(unpacked("x.gz", [gzip(b"one\n"), gzip(b"two\n")].concat()).unwrap(), b"one\ntwo\n");
        let frame = |bytes: &[u8]| zstd::stream::encode_all(bytes, 3).unwrap();
        assert_eq!(unpacked("x.zst", [frame(b"one\n"), frame(b"two\n")].concat()).unwrap(), b"one\ntwo\n");
        assert_eq!(unpacked("x.txt", b"plain".to_vec()).unwrap(), b"plain");
    }

    #[test]
    fn zeros_behind_the_last_member_are_padding_and_anything_else_is_told() {
        let zstd = || zstd::stream::encode_all(&b"one\n"[..], 3).unwrap();
        for (name, packed) in [("x.gz", gzip(b"one\n")), ("x.zst", zstd())] {
            let padded = [packed.clone(), vec![0; 70_000]].concat();
            assert_eq!(unpacked(name, padded).unwrap(), b"one\n", "{name}");
            let mut out = Vec::new();
            let more = [packed, b"\0\0more".to_vec()].concat();
            let error = decompressor(name, Box::new(Cursor::new(more))).read_to_end(&mut out).unwrap_err();
            assert!(is_trailing(&error) && out == b"one\n", "{name}");
        }
    }

    #[test]
    fn cut_files_are_errors() {
        let mut packed = gzip(b"some text that is long enough to be cut");
        packed.truncate(packed.len() - 6);
        assert_eq!(unpacked("x.gz", packed).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let mut packed = zstd::stream::encode_all(&b"some text that is long enough to be cut"[..], 3).unwrap();
        packed.truncate(packed.len() - 6);
        assert_eq!(unpacked("x.zst", packed).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_sum_that_does_not_fit_is_told_from_other_damage() {
        let mut packed = gzip(b"some text");
        let sum = packed.len() - 8;
        packed[sum] ^= 1;
        assert!(is_checksum(&unpacked("x.gz", packed).unwrap_err()));
        let mut packer = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
        packer.include_checksum(true).unwrap();
        packer.write_all(b"some text").unwrap();
        let mut packed = packer.finish().unwrap();
        *packed.last_mut().unwrap() ^= 1;
        assert!(is_checksum(&unpacked("x.zst", packed).unwrap_err()));
        assert!(!is_checksum(&unpacked("x.gz", b"no gzip".to_vec()).unwrap_err()));
    }

    #[test]
    fn the_beginning_of_a_file_that_breaks_off_is_read() {
        let text: String = (0..9_000).map(|n| format!("{n}\n")).collect();
        let mut packed = gzip(text.as_bytes());
        packed.truncate(packed.len() - 6);
        let read = |len| head("x.gz", Box::new(Cursor::new(packed.clone())), len).unwrap();
        assert_eq!(read(10), &text.as_bytes()[..10]);
        assert!(text.as_bytes().starts_with(&read(1 << 20)));
        assert!(head("x.gz", Box::new(Cursor::new(b"no gzip".to_vec())), 9).is_err());
    }

    #[test]
    fn packings_are_told_by_their_first_bytes() {
        assert_eq!(unread(b"BZh91AY&SY\x00"), Some("bzip2"));
        assert_eq!(unread(b"BZh is no packing"), None);
        assert_eq!(unread(b"\xfd7zXZ\0\0"), Some("xz"));
        assert!(unread(&gzip(b"x")).is_some_and(|say| say.starts_with("gzip")));
        assert_eq!(unread(b"{}"), None);
    }
}
