//! Files that are packed: `.gz` and `.zst`, told by their names.
use std::io::{self, Read};

/// The largest window a zstd frame may ask for, as a power of two: 128 MiB, what `zstd -d` allows by itself.
const ZSTD_WINDOW_LOG: u32 = 27;

enum Packing {
    Gzip,
    Zstd,
}

/// The name below the packing: `a.jsonl` for `a.jsonl.gz`. The suffixes `.gz` and `.zst` count in any case of letters.
pub fn inner_name(name: &str) -> &str {
    packing(name).map_or(name, |(inner, _)| inner)
}

/// The unpacked bytes of a file called `name`: all members of a `.gz`, all frames of a `.zst`, else `r` as it is.
///
/// The output has no bound of its own: the caller counts what it reads. Cut input ends in `UnexpectedEof`.
pub fn decompressor(name: &str, r: Box<dyn Read + Send>) -> Box<dyn Read + Send> {
    match packing(name) {
        Some((_, Packing::Gzip)) => Box::new(flate2::read::MultiGzDecoder::new(r)),
        Some((_, Packing::Zstd)) => unzstd(r).unwrap_or_else(|error| Box::new(Failed(error))),
        None => r,
    }
}

fn packing(name: &str) -> Option<(&str, Packing)> {
    let (inner, suffix) = name.rsplit_once('.')?;
    if suffix.eq_ignore_ascii_case("gz") {
        Some((inner, Packing::Gzip))
    } else if suffix.eq_ignore_ascii_case("zst") {
        Some((inner, Packing::Zstd))
    } else {
        None
    }
}

fn unzstd(r: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let mut decoder = zstd::stream::read::Decoder::new(r)?;
    decoder.window_log_max(ZSTD_WINDOW_LOG)?;
    Ok(Box::new(decoder))
}

/// A reader that could not be set up says so when it is read.
struct Failed(io::Error);

impl Read for Failed {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::new(self.0.kind(), self.0.to_string()))
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
    fn cut_files_are_errors() {
        let mut packed = gzip(b"some text that is long enough to be cut");
        packed.truncate(packed.len() - 6);
        assert_eq!(unpacked("x.gz", packed).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        let mut packed = zstd::stream::encode_all(&b"some text that is long enough to be cut"[..], 3).unwrap();
        packed.truncate(packed.len() - 6);
        assert_eq!(unpacked("x.zst", packed).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
    }
}
