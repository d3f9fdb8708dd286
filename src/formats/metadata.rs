//! What picture files hold besides their pixels: EXIF with places and cameras, XMP, IPTC, comments, texts, thumbnails, other
//! pictures, and whatever stands behind the end of the picture.
//!
//! Pixels are not decoded: the parts of a file are kept byte for byte or left out. Kept is what a decoder needs or what
//! changes how colours are shown; everything else goes, also what nobody here has heard of. A file is JPEG (ITU-T T.81), PNG
//! (ISO/IEC 15948, with the chunks of animations), GIF89a or WebP. BMP and TIFF name
//! the places of their pixels: a file that holds more is encoded anew.
use super::image::{Probe, exif};
use flate2::Crc;
use std::collections::BTreeSet;
use std::ops::Range;

/// A stretch of a file. One with a name is no part of the picture.
struct Part {
    at: Range<usize>,
    name: Option<&'static str>,
}

/// What a file holds besides its picture: `exif`, `gps`, `xmp`, `iptc`, `comment`, `text`, `time`, `thumbnail`, `other` and
/// `trailing` (bytes behind the end of the picture). An orientation that stands alone, as [`stripped`] writes it, does not
/// count. `None` if the file cannot be followed to its end.
pub fn held(bytes: &[u8], probe: &Probe) -> Option<BTreeSet<&'static str>> {
    if probe.format == "tiff" {
        return Some(tags(bytes));
    }
    let mut names = BTreeSet::new();
    for part in parts(bytes, probe.format)? {
        let Some(name) = part.name else { continue };
        let own = bytes.get(part.at)?;
        if name != "exif" {
            names.insert(name);
        } else if own != oriented(probe.format, probe.orientation) {
            names.insert("exif");
            names.extend(probe.located.then_some("gps"));
        }
    }
    Some(names)
}

/// The same file without what [`held`] names. The orientation stays, alone in an EXIF block of its own, since the picture
/// would be shown turned without it. `None` for a file that cannot be followed to its end, and for TIFF; a BMP is not to be cut in this way.
pub fn stripped(bytes: &[u8], probe: &Probe) -> Option<Vec<u8>> {
    let parts = parts(bytes, probe.format)?;
    let kept = parts.iter().filter(|part| part.name.is_none());
    let mut out: Vec<u8> = kept.flat_map(|part| bytes.get(part.at.clone()).unwrap_or_default()).copied().collect();
    if probe.format == "webp" {
        webp_flags(&mut out, probe.orientation != 1);
    }
    if probe.orientation != 1 {
        orient(&mut out, probe.format, probe.orientation)?;
    }
    if probe.format == "webp" {
        let length = u32::try_from(out.len().checked_sub(8)?).ok()?;
        out.get_mut(4..8)?.copy_from_slice(&length.to_le_bytes());
    }
    Some(out)
}

/// Says in an encoded picture that it is to be shown turned. `None` for a format that cannot say so.
pub fn orient(bytes: &mut Vec<u8>, format: &str, orientation: u8) -> Option<()> {
    let block = oriented(format, orientation);
    let at = match format {
        // a JFIF header has to be the first segment
        "jpeg" if bytes.get(2..4) == Some(b"\xff\xe0") => 4usize.checked_add(be16(bytes.get(4..)?)?)?,
        "jpeg" => 2,
        // behind the header, which has 13 bytes
        "png" => 8 + 12 + 13,
        "webp" => bytes.len(),
        _ => return None,
    };
    (at <= bytes.len()).then(|| drop(bytes.splice(at..at, block)))
}

/// The parts of a file in their order, up to its end.
fn parts(bytes: &[u8], format: &str) -> Option<Vec<Part>> {
    let mut out = match format {
        "jpeg" => jpeg(bytes),
        "png" => png(bytes),
        "webp" => webp(bytes),
        "gif" => gif(bytes),
        "bmp" => bmp(bytes),
        _ => None,
    }?;
    let end = out.last().map_or(0, |part| part.at.end);
    if end < bytes.len() {
        out.push(Part { at: end..bytes.len(), name: Some("trailing") });
    }
    Some(out)
}

/// An EXIF block that holds an orientation and nothing else, as a format wraps it.
fn oriented(format: &str, orientation: u8) -> Vec<u8> {
    // a big-endian TIFF header, one directory with one entry (tag 0x0112, SHORT, one value), and no second directory
    let tiff = [b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[orientation][..], b"\0\0\0\0\0\0"].concat();
    match format {
        "jpeg" => {
            let length = (tiff.len() + 8) as u16;
            [b"\xff\xe1", &length.to_be_bytes()[..], b"Exif\0\0", &tiff].concat()
        }
        "png" => {
            let mut crc = Crc::new();
            crc.update(b"eXIf");
            crc.update(&tiff);
            [&(tiff.len() as u32).to_be_bytes()[..], b"eXIf", &tiff, &crc.sum().to_be_bytes()].concat()
        }
        _ => [b"EXIF", &(tiff.len() as u32).to_le_bytes()[..], &tiff].concat(),
    }
}

/// Segments up to the end mark. What stands between the header of a scan and the next segment belongs to the scan.
fn jpeg(bytes: &[u8]) -> Option<Vec<Part>> {
    let mut out = vec![Part { at: 0..2, name: None }];
    let (mut at, mut in_scan) = (2, false);
    loop {
        let found = at + memchr::memchr(0xff, bytes.get(at..)?)?;
        let mark = *bytes.get(found + 1)?;
        match mark {
            0xff => {
                at = found + 1;
                continue;
            }
            // stuffed zeros, restarts within a scan, and marks without a length
            0x00 | 0x01 | 0xd0..=0xd8 => {
                at = found + 2;
                continue;
            }
            _ => {}
        }
        let before = out.last_mut()?;
        if in_scan {
            before.at.end = found;
        } else if before.at.end < found {
            let at = before.at.end..found;
            out.push(Part { at, name: Some("other") });
        }
        if mark == 0xd9 {
            out.push(Part { at: found..found + 2, name: None });
            return Some(out);
        }
        let end = (found + 2).checked_add(be16(bytes.get(found + 2..)?)?.max(2))?;
        out.push(Part { at: found..end, name: jpeg_name(mark, bytes.get(found + 4..end)?) });
        (at, in_scan) = (end, mark == 0xda);
    }
}

/// What a segment is, if it is no part of the picture.
fn jpeg_name(mark: u8, content: &[u8]) -> Option<&'static str> {
    match mark {
        0xe0 if content.starts_with(b"JFXX") => Some("thumbnail"),
        // JFIF with a thumbnail behind its first 14 bytes
        0xe0 if content.starts_with(b"JFIF") && content.len() > 14 => Some("thumbnail"),
        0xe0 if content.starts_with(b"JFIF") => None,
        0xe1 if content.starts_with(b"Exif") => Some("exif"),
        0xe1 if content.starts_with(b"http://ns.adobe.com/") => Some("xmp"),
        0xe2 if content.starts_with(b"ICC_PROFILE\0") => None,
        0xed => Some("iptc"),
        // how colours were transformed
        0xee if content.starts_with(b"Adobe") => None,
        0xe0..=0xef => Some("other"),
        0xfe => Some("comment"),
        _ => None,
    }
}

/// Chunks that are kept: those that decoders need, and those that say how colours are shown or how large a pixel is.
const PNG_KEPT: [&[u8; 4]; 20] = [
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI",
    b"sBIT", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
];

fn png(bytes: &[u8]) -> Option<Vec<Part>> {
    let mut out = vec![Part { at: 0..8, name: None }];
    loop {
        let from = out.last()?.at.end;
        let length = usize::try_from(u32::from_be_bytes(*bytes.get(from..)?.first_chunk()?)).ok()?;
        let end = from.checked_add(length)?.checked_add(12)?;
        let content = bytes.get(from + 8..end - 4)?;
        let kind: &[u8; 4] = bytes.get(from + 4..)?.first_chunk()?;
        let name = match kind {
            kind if PNG_KEPT.contains(&kind) => None,
            b"eXIf" => Some("exif"),
            b"tIME" => Some("time"),
            b"iTXt" if content.starts_with(b"XML:com.adobe.xmp") => Some("xmp"),
            b"tEXt" | b"iTXt" | b"zTXt" => Some("text"),
            _ => Some("other"),
        };
        out.push(Part { at: from..end, name });
        if kind == b"IEND" {
            return Some(out);
        }
    }
}

fn webp(bytes: &[u8]) -> Option<Vec<Part>> {
    let size = usize::try_from(u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?)).ok()?;
    let whole = size.checked_add(8).filter(|end| *end <= bytes.len())?;
    let mut out = vec![Part { at: 0..12, name: None }];
    while out.last()?.at.end < whole {
        let from = out.last()?.at.end;
        let kind: &[u8; 4] = bytes.get(from..)?.first_chunk()?;
        let length = usize::try_from(u32::from_le_bytes(*bytes.get(from + 4..)?.first_chunk()?)).ok()?;
        // chunks are padded to an even length; some writers leave the last byte out
        let end = from.checked_add(8)?.checked_add(length)?.checked_add(length % 2)?.min(whole);
        if from.checked_add(8)?.checked_add(length)? > whole {
            return None;
        }
        let name = match kind {
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" | b"ICCP" => None,
            b"EXIF" => Some("exif"),
            b"XMP " => Some("xmp"),
            _ => Some("other"),
        };
        out.push(Part { at: from..end, name });
    }
    Some(out)
}

/// The header of a WebP says whether EXIF (bit 3) and XMP (bit 2) follow.
fn webp_flags(bytes: &mut [u8], exif: bool) {
    if bytes.get(12..16) == Some(b"VP8X")
        && let Some(flags) = bytes.get_mut(20)
    {
        *flags = *flags & !0b0000_1100 | if exif { 0b0000_1000 } else { 0 };
    }
}

fn gif(bytes: &[u8]) -> Option<Vec<Part>> {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) };
    let mut out = vec![Part { at: 0..13 + table(*bytes.get(10)?), name: None }];
    loop {
        let from = out.last()?.at.end;
        let (name, end) = match *bytes.get(from)? {
            0x3b => (None, from + 1),
            0x2c => (None, blocks(bytes, from + 11 + table(*bytes.get(from + 9)?))?),
            0x21 => {
                let name = match *bytes.get(from + 1)? {
                    0xf9 | 0x01 => None,
                    0xfe => Some("comment"),
                    // how often an animation repeats, and colour profiles
                    0xff => match bytes.get(from + 3..from + 14)? {
                        b"NETSCAPE2.0" | b"ANIMEXTS1.0" | b"ICCRGBG1012" => None,
                        b"XMP DataXMP" => Some("xmp"),
                        _ => Some("other"),
                    },
                    _ => Some("other"),
                };
                (name, blocks(bytes, from + 2)?)
            }
            _ => return None,
        };
        out.push(Part { at: from..end, name });
        if *bytes.get(from)? == 0x3b {
            return Some(out);
        }
    }
}

/// The end of a run of blocks, each with its length before it, which an empty one ends.
fn blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += 1 + length;
        if length == 0 {
            return Some(at);
        }
    }
}

/// The pixels of a BMP, and what stands before or behind them. Sizes that its header does not tell are those of rows of four
/// bytes each.
fn bmp(bytes: &[u8]) -> Option<Vec<Part>> {
    let at = |at: usize| Some(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?));
    let (offset, header) = (usize::try_from(at(10)?).ok()?, usize::try_from(at(14)?).ok()?);
    let whole = || Some(vec![Part { at: 0..bytes.len(), name: None }]);
    if header < 40 {
        return whole(); // the old header of OS/2
    }
    let (width, height) = (u64::from(at(18)?), u64::from((at(22)? as i32).unsigned_abs()));
    let depth = u64::from(u16::from_le_bytes(*bytes.get(28..)?.first_chunk()?));
    let (packing, packed, colours) = (at(30)?, u64::from(at(34)?), u64::from(at(46)?));
    let rows = width.checked_mul(depth)?.div_ceil(32).checked_mul(4)?.checked_mul(height)?;
    let pixels = if matches!(packing, 0 | 3 | 6) { rows } else { packed };
    let end = usize::try_from(pixels).ok()?.checked_add(offset)?.min(bytes.len());
    let palette = match (colours, depth) {
        (0, 1..=8) => 4u64 << depth,
        (n, _) => n.saturating_mul(4),
    };
    let masks = if header == 40 && matches!(packing, 3 | 6) { 16 } else { 0 };
    let begins = usize::try_from(palette).ok()?.checked_add(14 + header + masks)?.min(offset);
    let mut out = vec![Part { at: 0..begins, name: None }];
    if begins < offset {
        out.push(Part { at: begins..offset.min(end), name: Some("other") });
    }
    out.push(Part { at: offset.min(end)..end, name: None });
    Some(out)
}

/// How many frames of an animation, or pages, a file has.
pub fn frames(bytes: &[u8], format: &str) -> usize {
    let found = match format {
        "gif" => parts(bytes, format).map(|all| begin_with(bytes, &all, 0, b"\x2c")),
        "webp" => parts(bytes, format).map(|all| begin_with(bytes, &all, 0, b"ANMF")),
        "png" => parts(bytes, format).map(|all| begin_with(bytes, &all, 4, b"fcTL")),
        "tiff" => pages(bytes),
        _ => None,
    };
    found.unwrap_or(1).max(1)
}

/// How many parts have these bytes so far behind their beginning.
fn begin_with(bytes: &[u8], parts: &[Part], at: usize, mark: &[u8]) -> usize {
    let own = |part: &&Part| bytes.get(part.at.start + at..).is_some_and(|own| own.starts_with(mark));
    parts.iter().filter(own).count()
}

/// The directories of a TIFF, each of which leads to the next; at most a thousand are followed.
fn pages(bytes: &[u8]) -> Option<usize> {
    let little = bytes.starts_with(b"II");
    let short = |at: usize| -> Option<u16> {
        let two = *bytes.get(at..)?.first_chunk()?;
        Some(if little { u16::from_le_bytes(two) } else { u16::from_be_bytes(two) })
    };
    let long = |at: usize| -> Option<usize> {
        let four = *bytes.get(at..)?.first_chunk()?;
        usize::try_from(if little { u32::from_le_bytes(four) } else { u32::from_be_bytes(four) }).ok()
    };
    let (mut at, mut n) = (long(4)?, 0);
    while at != 0 && n < 1000 {
        n += 1;
        let entries = usize::from(short(at)?);
        at = long(at.checked_add(2 + 12 * entries)?)?;
    }
    Some(n)
}

/// Whether a TIFF has tags beside those that say how its pixels lie.
fn tags(bytes: &[u8]) -> BTreeSet<&'static str> {
    let Some(exif) = exif(bytes) else { return ["other"].into() };
    let mut names = BTreeSet::new();
    for field in exif.fields() {
        match (field.tag.context(), field.tag.number()) {
            (exif::Context::Gps, _) => names.extend(["exif", "gps"]),
            (exif::Context::Tiff, 0x02bc) => names.extend(["xmp"]),
            (exif::Context::Tiff, 0x83bb | 0x8649) => names.extend(["iptc"]),
            // sizes, compression, colours, resolution and the places of strips and tiles
            (
                exif::Context::Tiff,
                254..=266 | 273..=284 | 292..=293 | 296 | 317..=325 | 338..=347 | 529..=532 | 34675,
            ) => {}
            _ => names.extend(["exif"]),
        }
    }
    names
}

fn be16(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().map(|b| usize::from(u16::from_be_bytes(*b)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::image::{decode, pixels};
    use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    fn picture(format: ImageFormat) -> Vec<u8> {
        let pixels = RgbImage::from_fn(24, 16, |x, y| Rgb([10 * x as u8, 10 * y as u8, (x * y) as u8]));
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(pixels).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    /// EXIF with an orientation and a place: a directory with tag 0x0112 and one that leads to a GPS directory.
    fn exif_block(orientation: u8) -> Vec<u8> {
        let head = b"MM\0*\0\0\0\x08\0\x02\x01\x12\0\x03\0\0\0\x01\0";
        let gps = b"\0\0\x88\x25\0\x04\0\0\0\x01\0\0\0\x26\0\0\0\0\0\x01\0\x01\0\x02\0\0\0\x02N\0\0\0\0\0\0\0";
        [&head[..], &[orientation], gps].concat()
    }

    fn segment(mark: u8, content: &[u8]) -> Vec<u8> {
        [&[0xff, mark][..], &((content.len() + 2) as u16).to_be_bytes(), content].concat()
    }

    fn chunk(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let mut crc = Crc::new();
        crc.update(kind);
        crc.update(content);
        [&(content.len() as u32).to_be_bytes()[..], kind, content, &crc.sum().to_be_bytes()].concat()
    }

    fn riff(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let padding = vec![0; content.len() % 2];
        [&kind[..], &(content.len() as u32).to_le_bytes(), content, &padding].concat()
    }

    /// A file of each format that holds a secret in every place that there is, and what those places are.
    fn laden(orientation: u8) -> Vec<(Vec<u8>, Vec<&'static str>)> {
        let exif = [b"Exif\0\0", &exif_block(orientation)[..], b"SECRET"].concat();
        let jpeg = picture(ImageFormat::Jpeg);
        let head = 4 + be16(&jpeg[4..]).unwrap();
        let middle = [
            segment(0xe1, &exif),
            segment(0xe1, b"http://ns.adobe.com/xap/1.0/\0SECRET"),
            segment(0xed, b"Photoshop 3.0\0SECRET"),
            segment(0xe0, b"JFXX\0SECRET"),
            segment(0xe2, b"MPF\0SECRET"),
            segment(0xfe, b"SECRET"),
            b"SECRET".to_vec(),
        ];
        let jpeg = [&jpeg[..head], &middle.concat(), &jpeg[head..], b"SECRET"].concat();
        let png = picture(ImageFormat::Png);
        let middle = [
            chunk(b"eXIf", &[&exif_block(orientation)[..], b"SECRET"].concat()),
            chunk(b"tEXt", b"Author\0SECRET"),
            chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0SECRET"),
            chunk(b"tIME", b"\x07\xea\x01\x01\0\0\0"),
            chunk(b"prVt", b"SECRET"),
        ];
        let png = [&png[..33], &middle.concat(), &png[33..], b"SECRET"].concat();
        let webp = picture(ImageFormat::WebP);
        let head = [&[0b0000_1100, 0, 0, 0][..], &[23, 0, 0, 15, 0, 0]].concat();
        let rest = [
            riff(b"VP8X", &head),
            webp[12..].to_vec(),
            riff(b"EXIF", &[&exif_block(orientation)[..], b"SECRET"].concat()),
            riff(b"XMP ", b"SECRET"),
            riff(b"ABCD", b"SECRET"),
        ];
        let rest = rest.concat();
        let webp = [b"RIFF", &((rest.len() + 4) as u32).to_le_bytes()[..], b"WEBP", &rest, b"SECRET"].concat();
        let gif = picture(ImageFormat::Gif);
        let head = gif.len() - 1;
        let gif = [&gif[..head], b"\x21\xfe\x06SECRET\0\x21\xff\x0bXMP DataXMP\x06SECRET\0;SECRET"].concat();
        vec![
            (jpeg, vec!["comment", "exif", "gps", "iptc", "other", "thumbnail", "trailing", "xmp"]),
            (png, vec!["exif", "gps", "other", "text", "time", "trailing", "xmp"]),
            (webp, vec!["exif", "gps", "other", "trailing", "xmp"]),
            (gif, vec!["comment", "trailing", "xmp"]),
        ]
    }

    #[test]
    fn everything_beside_the_picture_goes_and_the_pixels_stay() {
        for orientation in [1, 6] {
            for (bytes, want) in laden(orientation) {
                let before = pixels(&bytes, 1000).unwrap();
                let (format, turned) = (before.probe.format, before.probe.orientation);
                assert_eq!(turned, if format == "gif" { 1 } else { orientation }, "{format}");
                assert_eq!(held(&bytes, &before.probe).unwrap().into_iter().collect::<Vec<_>>(), want, "{format}");
                let after = stripped(&bytes, &before.probe).unwrap();
                assert!(!after.windows(6).any(|w| w == b"SECRET"), "{format}");
                let again = pixels(&after, 1000).unwrap();
                assert!(before.probe.located == (format != "gif") && !again.probe.located);
                assert_eq!(again.probe, Probe { located: false, ..before.probe }, "size and orientation stay");
                assert_eq!(again.image.as_bytes(), before.image.as_bytes(), "{format}");
                assert!(held(&after, &again.probe).unwrap().is_empty(), "{format}");
                assert_eq!(stripped(&after, &again.probe).unwrap(), after, "nothing is left to do");
            }
        }
    }

    #[test]
    fn pictures_without_metadata_stay_byte_for_byte() {
        for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP, ImageFormat::Gif, ImageFormat::Bmp] {
            let bytes = picture(format);
            let probe = decode(&bytes, 1000).unwrap();
            assert!(held(&bytes, &probe).unwrap().is_empty(), "{format:?}");
            assert_eq!(stripped(&bytes, &probe).unwrap(), bytes, "{format:?}");
        }
        let tiff = picture(ImageFormat::Tiff);
        let probe = decode(&tiff, 1000).unwrap();
        assert_eq!((held(&tiff, &probe), stripped(&tiff, &probe)), (Some(BTreeSet::new()), None));
    }

    #[test]
    fn damaged_files_are_followed_or_refused() {
        for (bytes, _) in laden(6) {
            let probe = decode(&bytes, 1000).unwrap();
            for at in 0..bytes.len() {
                let mut damaged = bytes.clone();
                damaged[at] = !damaged[at];
                let _ = (held(&damaged, &probe), stripped(&damaged, &probe));
                let _ = (held(&bytes[..at], &probe), stripped(&bytes[..at], &probe));
            }
        }
    }
}
