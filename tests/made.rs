//! The files of a case: texts, and what `gen:WORD ARGUMENT` makes, such as pictures, archives and broken files.
use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// The folder of all cases.
pub fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")
}

/// A file of a case, or a link or folder.
pub fn made(dir: &Path, path: &str, text: &str) {
    let path = dir.join(unescaped(path));
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    match text.strip_prefix("gen:link ") {
        Some(to) => {
            std::os::unix::fs::symlink(to.replace("OUT", dir.parent().unwrap().to_str().unwrap()), path).unwrap()
        }
        None => std::fs::write(path, content(text)).unwrap(),
    }
}

/// A name with `%XX` as bytes.
pub fn unescaped(name: &str) -> OsString {
    let mut parts = name.split('%');
    let mut out = parts.next().unwrap_or_default().as_bytes().to_vec();
    for part in parts {
        out.extend(unhexed(&part[..2]));
        out.extend(&part.as_bytes()[2..]);
    }
    OsString::from_vec(out)
}

fn unhexed(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|i| u8::from_str_radix(&hex[i..i + 2], 16).unwrap()).collect()
}

/// The bytes of a file: its text, or what `gen:WORD ARGUMENT` makes.
fn content(text: &str) -> Vec<u8> {
    let Some(maker) = text.strip_prefix("gen:") else { return text.as_bytes().to_vec() };
    let (word, of) = maker.split_once([' ', '\n']).unwrap_or((maker, ""));
    match word {
        "hex" => unhexed(of),
        "file" => std::fs::read(top().join(of)).unwrap(),
        "head" => {
            let (n, path) = of.split_once(' ').unwrap();
            std::fs::read(top().join(path)).unwrap()[..n.parse().unwrap()].to_vec()
        }
        "bent" => {
            let [at, hex, path] = of.splitn(3, ' ').collect::<Vec<_>>().try_into().unwrap();
            let (mut bytes, new) = (std::fs::read(top().join(path)).unwrap(), unhexed(hex));
            let at = at.parse::<i64>().unwrap();
            let at = if at < 0 { bytes.len() - at.unsigned_abs() as usize } else { at as usize };
            bytes[at..at + new.len()].copy_from_slice(&new);
            bytes
        }
        "zip" => zipped(of),
        "zip.cut" => cut(zipped(of), 30),
        "tar" => archive(of),
        "tar.gz" => gzip(&archive(of)),
        "tar.cut" => cut(archive(of), 1024 + 512 + 5),
        "tar.endless" => cut(archive(of), 1024),
        "tar.endless.gz" => gzip(&cut(archive(of), 1024)),
        "tar.twice" => archive(of).repeat(2),
        "cp949" => encoding_rs::EUC_KR.encode(of).0.into_owned(),
        "utf16" => [0xfeff].into_iter().chain(of.encode_utf16()).flat_map(u16::to_le_bytes).collect(),
        "zeros" => vec![0; of.parse().unwrap()],
        "deep_json" => {
            let n = of.parse().unwrap();
            format!("{{\"id\":\"deep\",\"text\":{}{}}}\n", "[".repeat(n), "]".repeat(n)).into_bytes()
        }
        "long" => {
            let (n, text) = of.split_once(' ').unwrap();
            text.replace('@', &"x".repeat(n.parse().unwrap())).into_bytes()
        }
        "gz" => of.split_inclusive('\n').flat_map(|line| gzip(line.as_bytes())).collect(),
        "gz_sum" => {
            let mut packed = gzip(of.as_bytes());
            let sum = packed.len() - 8;
            packed[sum] ^= 1;
            packed
        }
        "gz_zeros" => gzip(&vec![0; of.parse().unwrap()]),
        "truncated_gz" => cut(gzip(of.as_bytes()), 9),
        "zst" => zstandard(of.as_bytes()),
        "damaged_zst" => damaged(zstandard(of.as_bytes())),
        "png" => {
            let (w, h) = of.split_once('x').unwrap();
            picture(w.parse().unwrap(), h.parse().unwrap(), image::ImageFormat::Png)
        }
        "truncated_png" => cut(picture(64, 64, image::ImageFormat::Png), 20),
        "png_header_50000" => png_header(50_000),
        "jpeg" => picture(64, 48, image::ImageFormat::Jpeg),
        "jpeg_turned" => {
            let jpeg = picture(64, 48, image::ImageFormat::Jpeg);
            let orientation = of.trim().parse::<u8>().unwrap();
            let tiff =
                [b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], b"\0\0\0\0\0\0"]
                    .concat();
            let length = (tiff.len() as u16 + 2).to_be_bytes();
            [&jpeg[..2], b"\xff\xe1", &length, &tiff, &jpeg[2..]].concat()
        }
        "jpeg_behind" => [&picture(64, 48, image::ImageFormat::Jpeg)[..], of.trim().as_bytes()].concat(),
        "jpeg_located" => {
            // a directory that leads to one of GPS, which says N; behind it what a camera writes
            let gps = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x88\x25\0\x04\0\0\0\x01\0\0\0\x1a\0\0\0\0\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0";
            let exif = [&gps[..], of.trim().as_bytes()].concat();
            let jpeg = picture(64, 48, image::ImageFormat::Jpeg);
            let length = (exif.len() as u16 + 2).to_be_bytes();
            [&jpeg[..2], b"\xff\xe1", &length, &exif, &jpeg[2..]].concat()
        }
        "truncated_jpeg" => {
            let whole = picture(64, 48, image::ImageFormat::Jpeg);
            let half = whole.len() / 2;
            cut(whole, half)
        }
        other => panic!("nothing makes `{other}`"),
    }
}

/// All but the last `n` bytes.
fn cut(mut bytes: Vec<u8>, n: usize) -> Vec<u8> {
    bytes.truncate(bytes.len() - n);
    bytes
}

fn damaged(mut bytes: Vec<u8>) -> Vec<u8> {
    let half = bytes.len() / 2;
    bytes[half..half + 2].iter_mut().for_each(|b| *b ^= 0xff);
    bytes
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// An archive of `KIND NAME=CONTENT` lines, `%XX` for a byte: f file, d folder, l and h links, c device.
fn archive(of: &str) -> Vec<u8> {
    let mut out = Vec::new();
    for line in of.lines() {
        let (kind, rest) = line.split_once(' ').unwrap();
        let (name, content) = rest.split_once('=').unwrap_or((rest, ""));
        let content = unescaped(content).into_vec();
        let mut head = vec![0; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[100..107].copy_from_slice(b"0000644");
        head[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        head[156] = match kind {
            "d" => b'5',
            "l" => b'2',
            "h" => b'1',
            "c" => b'3',
            _ => b'0',
        };
        head[257..265].copy_from_slice(b"ustar\x0000");
        head[148..156].fill(b' ');
        let sum: u32 = head.iter().map(|b| u32::from(*b)).sum();
        head[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        out.extend(head);
        out.extend(&content);
        out.resize(out.len().next_multiple_of(512), 0);
    }
    out.resize(out.len() + 1024, 0);
    out
}

/// A zip archive of `KIND NAME=CONTENT` lines: f deflated, s stored, d folder, l link, p pipe, e encrypted, m another
/// method, x another sum than that of its content.
pub fn zipped(of: &str) -> Vec<u8> {
    let (mut out, mut list, mut n) = (Vec::new(), Vec::new(), 0u16);
    for line in of.lines() {
        let (kind, rest) = line.split_once(' ').unwrap();
        let (name, content) = rest.split_once('=').unwrap_or((rest, ""));
        let (name, content) = (unescaped(name).into_vec(), unescaped(content).into_vec());
        let mut packer = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(&content).unwrap();
        let packed = if kind == "f" { packer.finish().unwrap() } else { content.clone() };
        let mut crc = flate2::Crc::new();
        crc.update(&content);
        let at = out.len() as u32;
        let (flags, method) = match kind {
            "f" => (0, 8),
            "e" => (1, 0),
            "m" => (0, 12),
            _ => (0, 0u16),
        };
        let mut same: Vec<u8> = [20, flags, method, 0, 0x21].into_iter().flat_map(u16::to_le_bytes).collect();
        let sum = crc.sum() + u32::from(kind == "x");
        same.extend([sum, packed.len() as u32, content.len() as u32].into_iter().flat_map(u32::to_le_bytes));
        same.extend((name.len() as u16).to_le_bytes());
        same.extend([0, 0]);
        out.extend([b"PK\x03\x04".as_slice(), &same, &name, &packed].concat());
        let mode: u32 = match kind {
            "d" => 0o040_755,
            "l" => 0o120_777,
            "p" => 0o010_644,
            _ => 0o100_644,
        };
        list.extend([b"PK\x01\x02\x14\x03".as_slice(), &same, &[0; 6]].concat());
        list.extend([mode << 16, at].into_iter().flat_map(u32::to_le_bytes));
        list.extend(name);
        n += 1;
    }
    let (at, size) = (out.len() as u32, list.len() as u32);
    out.extend([&list, b"PK\x05\x06\0\0\0\0".as_slice(), &n.to_le_bytes(), &n.to_le_bytes()].concat());
    out.extend([&size.to_le_bytes(), &at.to_le_bytes(), [0, 0].as_slice()].concat());
    out
}

/// A frame with a checksum.
fn zstandard(bytes: &[u8]) -> Vec<u8> {
    let mut packer = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
    packer.include_checksum(true).unwrap();
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A picture in which no two columns are alike.
fn picture(width: u32, height: u32, format: image::ImageFormat) -> Vec<u8> {
    let shade = |x: u32, y: u32| image::Luma([(x * 37 + y * 11) as u8]);
    let mut out = std::io::Cursor::new(Vec::new());
    image::GrayImage::from_fn(width, height, shade).write_to(&mut out, format).unwrap();
    out.into_inner()
}

/// A PNG that claims to be a square of `side` pixels, with data for none of them.
fn png_header(side: u32) -> Vec<u8> {
    let size = [side.to_be_bytes(), side.to_be_bytes()].concat();
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut packer = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(&[0; 100]).unwrap();
    chunk(&mut out, b"IHDR", &[size.as_slice(), &[8, 2, 0, 0, 0]].concat());
    chunk(&mut out, b"IDAT", &packer.finish().unwrap());
    chunk(&mut out, b"IEND", &[]);
    out
}

fn chunk(out: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let body = [name.as_slice(), data].concat();
    let mut sum = flate2::Crc::new();
    sum.update(&body);
    out.extend((data.len() as u32).to_be_bytes());
    out.extend(body);
    out.extend(sum.sum().to_be_bytes());
}
