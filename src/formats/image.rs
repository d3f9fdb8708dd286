//! Images: what they are by their header, and whether they decode whole. Formats go by content, never by name.
//!
//! Decoders may panic on hostile bytes: such a panic is caught here and is a [`Wrong`].
use super::encoding::Wrong;
use super::guard;
use image::{DynamicImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use memchr::memchr;
use std::io::Cursor;

/// What an image's header tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// `jpeg`, `png`, `gif`, `bmp`, `tiff` or `webp`.
    pub format: &'static str,
    /// Pixels as stored, before the orientation is applied; at least 1.
    pub width: u32,
    pub height: u32,
    /// EXIF orientation 1-8; 1 if there is none, or none that makes sense.
    pub orientation: u8,
    /// Whether its EXIF says where it was taken.
    pub located: bool,
}

/// What is said of a file that breaks off.
const ENDS: &str = "the file ends before the image does";

/// Most pixels of an image, unless the manifest says otherwise.
pub const PIXELS_MAX: u64 = 100_000_000;
/// Bytes a decoder may use for itself, beside the pixels.
const SCRATCH: u64 = 32 << 20;
/// Bytes of a pixel at most: four channels of 16 bits.
const PIXEL: u64 = 8;

/// Reads the header alone. Rules: `image.empty`, `image.format` (none we read), `image.truncated`, `image.corrupt`.
pub fn probe(bytes: &[u8]) -> Result<Probe, Wrong> {
    let (format, name) = format_of(bytes)?;
    let found = guarded(|| describe(&opened(bytes, format, SCRATCH)?, bytes, name));
    found.map_err(|wrong| whole(bytes, format).err().unwrap_or(wrong))
}

/// Reads the header, and follows the file to its end mark where it has one; nothing is decoded. Rules: those of [`probe`].
pub fn look(bytes: &[u8]) -> Result<Probe, Wrong> {
    let found = probe(bytes)?;
    whole(bytes, format_of(bytes)?.0)?;
    Ok(found)
}

/// Bytes of memory that [`decode`] may need beside those of the file.
pub fn room(bytes: &[u8], pixels_max: u64) -> u64 {
    let size = || {
        let (format, _) = format_of(bytes)?;
        guarded(|| Ok(opened(bytes, format, SCRATCH)?.dimensions()))
    };
    let pixels = size().map_or(0, |(width, height)| u64::from(width) * u64::from(height));
    if pixels > pixels_max { SCRATCH } else { pixels * PIXEL + SCRATCH }
}

/// Decodes the whole image and forgets its pixels. Rules: those of [`probe`], and `image.pixels` for more than
/// `pixels_max` pixels, before anything is decoded. Of an animation the first frame counts.
///
/// JPEG is decoded leniently: the end marker is demanded, but damage inside a scan that keeps it can pass.
pub fn decode(bytes: &[u8], pixels_max: u64) -> Result<Probe, Wrong> {
    pixels(bytes, pixels_max).map(|pixels| pixels.probe)
}

/// A decoded image.
pub struct Pixels {
    pub probe: Probe,
    /// As stored, before the orientation is applied.
    pub image: DynamicImage,
    /// The colour profile (ICC).
    pub profile: Option<Vec<u8>>,
}

/// The same, and keeps the pixels.
pub fn pixels(bytes: &[u8], pixels_max: u64) -> Result<Pixels, Wrong> {
    let (format, name) = format_of(bytes)?;
    whole(bytes, format)?;
    guarded(|| {
        // what is packed beside the pixels of a PNG, such as a colour profile, may not be larger than the image allows
        let most = png_pixels(bytes).filter(|_| format == ImageFormat::Png).map_or(pixels_max, |n| n.min(pixels_max));
        let alloc = most.saturating_mul(PIXEL).saturating_add(SCRATCH);
        let mut decoder = opened(bytes, format, alloc)?;
        let probe = describe(&decoder, bytes, name)?;
        let pixels = u64::from(probe.width) * u64::from(probe.height);
        if pixels > pixels_max || decoder.total_bytes() > alloc {
            let say = format!("{} x {} pixels, at most {pixels_max} are allowed", probe.width, probe.height);
            return Err(Wrong::new("image.pixels", say));
        }
        let profile = decoder.icc_profile().ok().flatten();
        Ok(Pixels { probe, image: DynamicImage::from_decoder(decoder).map_err(wrong)?, profile })
    })
}

fn format_of(bytes: &[u8]) -> Result<(ImageFormat, &'static str), Wrong> {
    if bytes.is_empty() {
        return Err(Wrong::new("image.empty", "the file is empty"));
    }
    let unknown = || Wrong::new("image.format", "not an image of a format that is read here");
    let format = image::guess_format(bytes).map_err(|_| unknown())?;
    let name = match format {
        ImageFormat::Jpeg => "jpeg",
        ImageFormat::Png => "png",
        ImageFormat::Gif => "gif",
        ImageFormat::Bmp => "bmp",
        ImageFormat::Tiff => "tiff",
        ImageFormat::WebP => "webp",
        _ => return Err(unknown()),
    };
    Ok((format, name))
}

fn opened(bytes: &[u8], format: ImageFormat, alloc: u64) -> Result<impl ImageDecoder + '_, Wrong> {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(alloc);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    reader.into_decoder().map_err(wrong)
}

fn describe(decoder: &impl ImageDecoder, bytes: &[u8], format: &'static str) -> Result<Probe, Wrong> {
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err(Wrong::new("image.corrupt", format!("{width} x {height} pixels")));
    }
    let (orientation, located) = exif(bytes).map_or((1, false), |exif| (orientation(&exif), is_located(&exif)));
    Ok(Probe { format, width, height, orientation, located })
}

/// The EXIF of a file, as far as it can be read; `None` if it has none.
pub(super) fn exif(bytes: &[u8]) -> Option<exif::Exif> {
    let mut reader = exif::Reader::new();
    reader.continue_on_error(true);
    let read = reader.read_from_container(&mut Cursor::new(bytes));
    read.or_else(|e| e.distill_partial_result(|_| ())).ok()
}

fn orientation(exif: &exif::Exif) -> u8 {
    let value = exif.get_field(exif::Tag::Orientation, exif::In::PRIMARY).and_then(|field| field.value.get_uint(0));
    value.and_then(|v| u8::try_from(v).ok()).filter(|v| (1..=8).contains(v)).unwrap_or(1)
}

fn is_located(exif: &exif::Exif) -> bool {
    exif.fields().any(|field| field.tag.context() == exif::Context::Gps)
}

fn guarded<T>(work: impl FnOnce() -> Result<T, Wrong>) -> Result<T, Wrong> {
    let broke = || Err(Wrong::new("image.corrupt", "its content is damaged: the decoder broke down"));
    guard::guarded(work).unwrap_or_else(broke)
}

fn wrong(error: ImageError) -> Wrong {
    // what decoders say is about their insides
    match &error {
        ImageError::Unsupported(_) => Wrong::new("image.format", "a variant of its format that is not read here"),
        ImageError::Limits(_) => {
            Wrong::new("image.pixels", "it has more pixels, or more data beside them, than are allowed")
        }
        error if hits_end(error) => Wrong::new("image.truncated", ENDS),
        _ => Wrong::new("image.corrupt", "its content is damaged: it cannot be decoded"),
    }
}

/// Whether the bytes ended too early, somewhere down the causes.
fn hits_end(error: &ImageError) -> bool {
    let ended = |e: &std::io::Error| e.kind() == std::io::ErrorKind::UnexpectedEof;
    if let ImageError::IoError(e) = error {
        return ended(e);
    }
    let causes = std::iter::successors(std::error::Error::source(error), |e| e.source());
    causes.filter_map(|e| e.downcast_ref()).any(ended)
}

/// Follows the outer structure to its end mark, where a format has one that decoders do not insist on.
fn whole(bytes: &[u8], format: ImageFormat) -> Result<(), Wrong> {
    let end = match format {
        ImageFormat::Jpeg => jpeg_end(bytes),
        ImageFormat::Png => png_end(bytes),
        ImageFormat::WebP => webp_end(bytes),
        _ => Some(()),
    };
    end.ok_or_else(|| Wrong::new("image.truncated", ENDS))
}

/// Walks the segments (ITU-T T.81, annex B) to the marker EOI: thumbnails inside segments have one of their own.
fn jpeg_end(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.get(2..)?;
    loop {
        rest = rest.get(memchr(0xff, rest)? + 1..)?;
        match rest.first()? {
            0xd9 => return Some(()),
            // Stuffed zeros, restarts and fill bytes inside a scan, and marks without a length.
            0x00 | 0x01 | 0xd0..=0xd8 | 0xff => {}
            // A scan header is skipped like a segment; the search goes on in the scan behind it.
            _ => rest = rest.get(1 + be16(rest.get(1..)?)?..)?,
        }
    }
}

fn be16(bytes: &[u8]) -> Option<usize> {
    bytes.first_chunk().map(|b| usize::from(u16::from_be_bytes(*b)))
}

/// Pixels of a PNG by its first chunk, which is always the header.
fn png_pixels(bytes: &[u8]) -> Option<u64> {
    let side = |at: usize| Some(u64::from(u32::from_be_bytes(*bytes.get(at..)?.first_chunk()?)));
    side(16)?.checked_mul(side(20)?)
}

/// Walks the chunks to the end of `IEND`.
fn png_end(bytes: &[u8]) -> Option<()> {
    let mut rest = bytes.get(8..)?;
    loop {
        let length = usize::try_from(u32::from_be_bytes(*rest.first_chunk()?)).ok()?;
        let name = rest.get(4..8)?;
        let behind = rest.get(length.checked_add(12)?..)?;
        if name == b"IEND" {
            return Some(());
        }
        rest = behind;
    }
}

/// The RIFF header tells how long the file is.
fn webp_end(bytes: &[u8]) -> Option<()> {
    let length = usize::try_from(u32::from_le_bytes(*bytes.get(4..)?.first_chunk()?)).ok()?;
    (bytes.len() >= length.checked_add(8)?).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMATS: [(ImageFormat, &str); 6] = [
        (ImageFormat::Jpeg, "jpeg"),
        (ImageFormat::Png, "png"),
        (ImageFormat::Gif, "gif"),
        (ImageFormat::Bmp, "bmp"),
        (ImageFormat::Tiff, "tiff"),
        (ImageFormat::WebP, "webp"),
    ];

    /// A picture of 40 x 24 pixels that does not compress to nothing.
    fn picture(format: ImageFormat) -> Vec<u8> {
        let pixels = image::RgbImage::from_fn(40, 24, |x, y| {
            let v = (x * 7919 + y * 104_729) % 251;
            image::Rgb([v as u8, (x * 5) as u8, (y * 9) as u8])
        });
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(pixels).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn rule(bytes: &[u8]) -> &'static str {
        decode(bytes, 1_000_000).unwrap_err().rule
    }

    #[test]
    fn six_formats_are_read() {
        for (format, name) in FORMATS {
            let bytes = picture(format);
            let want = Probe { format: name, width: 40, height: 24, orientation: 1, located: false };
            assert_eq!(probe(&bytes).as_ref(), Ok(&want), "{name}");
            assert_eq!(decode(&bytes, 960), Ok(want), "{name}");
            assert_eq!(decode(&bytes, 959).unwrap_err().rule, "image.pixels", "{name}");
        }
    }

    #[test]
    fn cut_anywhere_is_truncated_or_at_least_refused() {
        for (format, name) in FORMATS {
            let bytes = picture(format);
            for cut in (16..bytes.len() - 1).step_by(13) {
                let found = rule(&bytes[..cut]);
                let strict = matches!(format, ImageFormat::Jpeg | ImageFormat::Png | ImageFormat::WebP);
                assert!(found == "image.truncated" || !strict && found == "image.corrupt", "{name} {cut} {found}");
            }
        }
        let jpeg = picture(ImageFormat::Jpeg);
        assert_eq!(probe(&jpeg[..100]).unwrap_err().rule, "image.truncated");
        assert_eq!(rule(&jpeg[..jpeg.len() - 2]), "image.truncated");
        assert!(decode(&[&jpeg[..], &[0; 9]].concat(), 960).is_ok());
    }

    #[test]
    fn what_is_no_image() {
        assert_eq!(rule(b""), "image.empty");
        assert_eq!(rule(b"hello"), "image.format");
        assert_eq!(rule(b"\0\0\0\x18ftypavif"), "image.format");
        assert_eq!(probe(b"").unwrap_err().rule, "image.empty");
        let mut png = picture(ImageFormat::Png);
        let middle = png.len() / 2;
        png[middle] ^= 0xff;
        assert_eq!(rule(&png), "image.corrupt");
    }

    #[test]
    fn no_byte_changed_makes_it_panic() {
        for (format, _) in FORMATS {
            let bytes = picture(format);
            for at in (0..bytes.len().min(600)).step_by(7) {
                let mut bytes = bytes.clone();
                bytes[at] = !bytes[at];
                let _ = (probe(&bytes), decode(&bytes, 960));
            }
        }
    }

    #[test]
    fn orientation_comes_from_exif() {
        let jpeg = picture(ImageFormat::Jpeg);
        for (stored, want) in [(1, 1), (6, 6), (8, 8), (0, 1), (9, 1)] {
            let tiff =
                [b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0", &[stored][..], b"\0\0\0\0\0\0"].concat();
            let length = (tiff.len() as u16 + 2).to_be_bytes();
            let bytes = [&jpeg[..2], b"\xff\xe1", &length, &tiff, &jpeg[2..]].concat();
            assert_eq!(probe(&bytes).unwrap().orientation, want);
            assert_eq!(decode(&bytes, 960).unwrap().orientation, want);
        }
    }
}
