//! Whether a file holds more than one picture: frames of an animation, or pages. Only the structure is walked; no pixel is
//! decoded.

/// Whether there is a second picture behind the first one.
pub fn several(bytes: &[u8]) -> bool {
    match bytes {
        [b'G', b'I', b'F', ..] => gif(bytes).is_some(),
        [0x89, b'P', b'N', b'G', ..] => png(bytes).is_some(),
        [b'R', b'I', b'F', b'F', ..] => webp(bytes).is_some(),
        [b'I', b'I', 42, 0, ..] => tiff(bytes, u16::from_le_bytes, u32::from_le_bytes).is_some(),
        [b'M', b'M', 0, 42, ..] => tiff(bytes, u16::from_be_bytes, u32::from_be_bytes).is_some(),
        _ => false,
    }
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

/// Bytes of a table of colours, if the flags say that there is one.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where the blocks of data end that begin here: each says its length, and the last is empty.
fn blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let len = usize::from(*bytes.get(at)?);
        at += 1 + len;
        if len == 0 {
            return Some(at);
        }
    }
}

/// A second image descriptor.
fn gif(bytes: &[u8]) -> Option<()> {
    let (mut at, mut seen) = (13 + colours(*bytes.get(10)?), 0);
    loop {
        match bytes.get(at)? {
            0x21 => at = blocks(bytes, at + 2)?,
            0x2C if seen == 1 => return Some(()),
            0x2C => {
                seen += 1;
                at = blocks(bytes, at + 11 + colours(*bytes.get(at + 9)?))?;
            }
            _ => return None,
        }
    }
}

/// `acTL`, which stands before the pixels, with two frames or more.
fn png(bytes: &[u8]) -> Option<()> {
    let mut at = 8;
    loop {
        let len = usize::try_from(u32::from_be_bytes(array(bytes, at)?)).ok()?;
        match &array::<4>(bytes, at + 4)? {
            b"acTL" => return (u32::from_be_bytes(array(bytes, at + 8)?) > 1).then_some(()),
            b"IDAT" | b"IEND" => return None,
            _ => at = at.checked_add(12)?.checked_add(len)?,
        }
    }
}

/// A second chunk `ANMF`.
fn webp(bytes: &[u8]) -> Option<()> {
    let (mut at, mut seen) = (12usize, 0);
    loop {
        let len = usize::try_from(u32::from_le_bytes(array(bytes, at + 4)?)).ok()?;
        if &array::<4>(bytes, at)? == b"ANMF" {
            seen += 1;
            if seen == 2 {
                return Some(());
            }
        }
        at = at.checked_add(8)?.checked_add(len)?.checked_add(len % 2)?;
    }
}

/// A second directory that is no smaller copy or mask of the first one (`NewSubfileType`).
fn tiff(bytes: &[u8], short: fn([u8; 2]) -> u16, long: fn([u8; 4]) -> u32) -> Option<()> {
    let place = |at: usize| usize::try_from(long(array(bytes, at)?)).ok();
    let entries = |at: usize| Some(usize::from(short(array(bytes, at)?)));
    let mut at = place(4)?;
    // pages are few; a chain that leads back to itself ends as well
    for _ in 0..64 {
        at = place(at.checked_add(2 + 12 * entries(at)?)?)?;
        if at == 0 {
            return None;
        }
        let entry = |n: usize| Some((short(array(bytes, at + 2 + 12 * n)?), long(array(bytes, at + 10 + 12 * n)?)));
        let kind = (0..entries(at)?).filter_map(entry).find(|(tag, _)| *tag == 254).map_or(0, |(_, kind)| kind);
        if kind & 0b101 == 0 {
            return Some(());
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::several;
    use image::codecs::gif::GifEncoder;
    use image::{DynamicImage, Frame, ImageFormat, Rgba, RgbaImage};
    use std::io::Cursor;

    fn gif(frames: u8) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = GifEncoder::new(&mut out);
        for n in 0..frames {
            encoder.encode_frame(Frame::new(RgbaImage::from_pixel(5, 4, Rgba([n * 40, 0, 0, 255])))).unwrap();
        }
        drop(encoder);
        out
    }

    #[test]
    fn frames_of_animations_are_counted() {
        assert!(!several(&gif(1)));
        assert!(several(&gif(2)) && several(&gif(5)));
        let two = gif(2);
        let begun: Vec<bool> = (0..two.len()).map(|n| several(&two[..n])).collect();
        assert!(begun.is_sorted(), "a second frame that was seen stays");
    }

    #[test]
    fn single_pictures_of_every_format_are_one() {
        let image = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(6, 5, image::Rgb([9, 200, 30])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Bmp, ImageFormat::Tiff] {
            let mut out = Cursor::new(Vec::new());
            image.write_to(&mut out, format).unwrap();
            assert!(!several(&out.into_inner()), "{format:?}");
        }
        assert!(!several(b"") && !several(b"GIF89a") && !several(b"RIFF\0\0\0\0WEBP"));
    }

    #[test]
    fn chunks_of_png_and_webp_and_pages_of_tiff_are_walked() {
        let chunk = |name: &[u8], data: &[u8]| [&(data.len() as u32).to_be_bytes()[..], name, data, &[0; 4]].concat();
        let png = |n: u32| {
            [
                b"\x89PNG\r\n\x1a\n",
                &chunk(b"IHDR", &[0; 13])[..],
                &chunk(b"acTL", &[&n.to_be_bytes()[..], &[0; 4]].concat()),
            ]
            .concat()
        };
        assert!(several(&png(2)) && !several(&png(1)));
        let riff = |n: usize| {
            [&b"RIFF\0\0\0\0WEBP"[..], &b"VP8X\x01\0\0\0\x02\0"[..], &b"ANMF\x02\0\0\0ab".repeat(n)].concat()
        };
        assert!(several(&riff(2)) && !several(&riff(1)));
        let page = |kind: u8, next: u8| [1, 0, 254, 0, 4, 0, 1, 0, 0, 0, kind, 0, 0, 0, next, 0, 0, 0];
        let tiff = |kind: u8| [&b"II*\0\x08\0\0\0"[..], &page(0, 26), &page(kind, 0)].concat();
        assert!(several(&tiff(0)) && several(&tiff(2)), "pages");
        assert!(!several(&tiff(1)) && !several(&tiff(4)), "a thumbnail, a mask");
        assert!(!several(&[&b"II*\0\x08\0\0\0"[..], &page(0, 8)].concat()[..20]));
    }
}
