//! Pictures whose pixels change: turned as a camera was held, cut, made larger or smaller, and encoded again.
//!
//! JPEG stays JPEG, of quality 95; every other format becomes PNG, which loses nothing. A colour profile is kept, EXIF is
//! not: a turned picture would be turned twice. Sizes change by the triangle filter, over all pixels that a new one covers;
//! it adds and multiplies alone, so that the same pixels come of it everywhere. Limits: of an animation the first frame
//! counts; colours of pixels that are transparent count as much as others.
use super::encoding::Wrong;
use super::guard;
use super::image::{Pixels, Probe, pixels};
use crate::digest::Draws;
use crate::model::colours::Colours;
use crate::model::frames::Frame;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType as Filter, PngEncoder};
use image::imageops::FilterType;
use image::metadata::Orientation;
use image::{DynamicImage, ImageEncoder};

/// What the bytes depend on besides our code.
pub const USES: &[&str] = &["png 0.18"];

const QUALITY: u8 = 95;

/// What is done to pictures, in this order.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    /// It is turned as its EXIF orientation says.
    pub turn: bool,
    /// Left, top, width and height of what is kept.
    pub part: Option<[u32; 4]>,
    pub size: Option<Size>,
}

/// The size that a picture shall have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Size {
    /// Its longer side has at most so many pixels; one that has fewer stays as it is.
    Within(u32),
    /// Exactly this width and height.
    Exactly(u32, u32),
}

/// A picture as it is now.
#[derive(Debug)]
pub struct Changed {
    /// What the collected picture is.
    pub probe: Probe,
    pub frame: Frame,
    /// Its bytes and their format; `None` where nothing had to be done.
    pub bytes: Option<(Vec<u8>, &'static str)>,
}

/// Decodes a picture and changes it. Rules: those of [`super::image::decode`], and `image.crop` where nothing of it lies in
/// the part that is kept.
pub fn changed(bytes: &[u8], pixels_max: u64, change: &Change) -> Result<Changed, Wrong> {
    let Pixels { probe, image, profile } = pixels(bytes, pixels_max)?;
    let frame = frame(&probe, change)?;
    if frame.is_still() {
        return Ok(Changed { probe, frame, bytes: None });
    }
    let format = if probe.format == "jpeg" { "jpeg" } else { "png" };
    let made = guard::guarded(|| encoded(applied(image, &frame), format, profile));
    let wrong = || Wrong::new("image.corrupt", "its pixels cannot be written again");
    let bytes = made.and_then(Result::ok).ok_or_else(wrong)?;
    Ok(Changed { probe, frame, bytes: Some((bytes, format)) })
}

/// A small picture for people to look at.
pub struct Thumbnail {
    /// Pixels of the picture itself, as it is stored.
    pub width: u32,
    pub height: u32,
    /// JPEG, white where the picture is transparent.
    pub jpeg: Vec<u8>,
}

/// The quality of a [`Thumbnail`].
const THUMBNAIL: u8 = 50;

/// Decodes a picture and makes it smaller, so that its longer side has at most `side` pixels. It is not turned: shapes are
/// drawn on the picture as it is stored. Rules: those of [`super::image::decode`].
pub fn thumbnail(bytes: &[u8], pixels_max: u64, side: u32) -> Result<Thumbnail, Wrong> {
    let Pixels { probe, image, .. } = pixels(bytes, pixels_max)?;
    let frame = frame(
        &Probe { orientation: 1, ..probe.clone() },
        &Change { size: Some(Size::Within(side)), ..Change::default() },
    )?;
    let made = guard::guarded(|| {
        let mut rgba = applied(image, &frame).into_rgba8();
        for pixel in rgba.pixels_mut() {
            let [r, g, b, a] = pixel.0.map(u32::from);
            let over = |c: u32| ((c * a + 255 * (255 - a) + 127) / 255) as u8;
            pixel.0 = [over(r), over(g), over(b), 255];
        }
        let mut out = Vec::new();
        let encoder = JpegEncoder::new_with_quality(&mut out, THUMBNAIL);
        DynamicImage::ImageRgb8(DynamicImage::ImageRgba8(rgba).into_rgb8()).write_with_encoder(encoder)?;
        Ok::<_, image::ImageError>(out)
    });
    let jpeg =
        made.and_then(Result::ok).ok_or_else(|| Wrong::new("image.corrupt", "its pixels cannot be written again"))?;
    Ok(Thumbnail { width: probe.width, height: probe.height, jpeg })
}

/// The picture in a frame and in other colours, with its format. Rules: those of [`super::image::decode`], and `image.size` where it
/// is no picture of the size that the frame is of.
pub fn remade(
    bytes: &[u8],
    pixels_max: u64,
    frame: &Frame,
    colours: &Colours,
) -> Result<(Vec<u8>, &'static str), Wrong> {
    let Pixels { probe, image, profile } = pixels(bytes, pixels_max)?;
    if [probe.width, probe.height] != frame.drawn {
        return Err(Wrong::new("image.size", format!("it has {} x {} pixels", probe.width, probe.height)));
    }
    let format = if probe.format == "jpeg" { "jpeg" } else { "png" };
    let made = guard::guarded(|| {
        let image = applied(image, frame);
        let image = if colours.are_still() { image } else { recoloured(image, colours) };
        encoded(image, format, profile)
    });
    let wrong = || Wrong::new("image.corrupt", "its pixels cannot be written again");
    Ok((made.and_then(Result::ok).ok_or_else(wrong)?, format))
}

/// Transparency stays.
fn recoloured(image: DynamicImage, colours: &Colours) -> DynamicImage {
    let drawn = Draws::new(colours.seed, "noise").stream("");
    let alpha = image.color().has_alpha();
    let mut rgba = image.into_rgba8();
    for (at, pixel) in rgba.pixels_mut().enumerate() {
        for (channel, value) in pixel.0.iter_mut().take(3).enumerate() {
            let place = 3 * at as u64 + channel as u64;
            *value = colours.of(*value, |most| drawn.below(place, 2 * most + 1) as i64 - most as i64);
        }
    }
    let rgba = DynamicImage::ImageRgba8(rgba);
    if alpha { rgba } else { DynamicImage::ImageRgb8(rgba.into_rgb8()) }
}

/// What becomes of the places in a picture.
fn frame(probe: &Probe, change: &Change) -> Result<Frame, Wrong> {
    let drawn = [probe.width, probe.height];
    let turn = if change.turn { probe.orientation.into() } else { 1 };
    let [width, height] = Frame { turn, ..Frame::still(drawn) }.turned();
    let [left, top, most_width, most_height] = change.part.unwrap_or([0, 0, width, height]);
    let part = [left, top, most_width.min(width.saturating_sub(left)), most_height.min(height.saturating_sub(top))];
    let [_, _, part_width, part_height] = part;
    if part_width == 0 || part_height == 0 {
        return Err(Wrong::new("image.crop", format!("nothing of its {width} x {height} pixels lies in the part")));
    }
    let present = match change.size {
        None => [part_width, part_height],
        Some(Size::Exactly(width, height)) => [width, height],
        Some(Size::Within(most)) => {
            let longer = part_width.max(part_height);
            let scaled = |side: u32| match longer > most {
                true => ((u64::from(side) * u64::from(most) + u64::from(longer / 2)) / u64::from(longer)).max(1) as u32,
                false => side,
            };
            [scaled(part_width), scaled(part_height)]
        }
    };
    Ok(Frame { drawn, turn, part, present })
}

fn applied(mut image: DynamicImage, frame: &Frame) -> DynamicImage {
    if let Some(orientation) = u8::try_from(frame.turn).ok().and_then(Orientation::from_exif) {
        image.apply_orientation(orientation);
    }
    let [left, top, width, height] = frame.part;
    if frame.cuts() {
        image = image.crop_imm(left, top, width, height);
    }
    match frame.present {
        size if size == [width, height] => image,
        [width, height] => image.resize_exact(width, height, FilterType::Triangle),
    }
}

pub(super) fn encoded(
    image: DynamicImage,
    format: &str,
    profile: Option<Vec<u8>>,
) -> Result<Vec<u8>, image::ImageError> {
    let mut out = Vec::new();
    if format == "jpeg" {
        let image = match image {
            grey @ DynamicImage::ImageLuma8(_) => grey,
            other => DynamicImage::ImageRgb8(other.into_rgb8()),
        };
        let mut encoder = JpegEncoder::new_with_quality(&mut out, QUALITY);
        profile.map(|profile| encoder.set_icc_profile(profile));
        image.write_with_encoder(encoder)?;
    } else {
        let image = match image {
            DynamicImage::ImageRgb32F(_) => DynamicImage::ImageRgb16(image.into_rgb16()),
            DynamicImage::ImageRgba32F(_) => DynamicImage::ImageRgba16(image.into_rgba16()),
            other => other,
        };
        let mut encoder = PngEncoder::new_with_quality(&mut out, CompressionType::Default, Filter::Adaptive);
        profile.map(|profile| encoder.set_icc_profile(profile));
        image.write_with_encoder(encoder)?;
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formats::image::decode;
    use image::{ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    /// A picture of 4 x 3 in which each pixel says where it is.
    fn picture(format: ImageFormat) -> Vec<u8> {
        let pixels = RgbImage::from_fn(4, 3, |x, y| Rgb([10 * x as u8, 10 * y as u8, 200]));
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(pixels).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn of(bytes: &[u8], change: Change) -> (Frame, RgbImage) {
        let made = changed(bytes, 1000, &change).unwrap();
        let bytes = made.bytes.map_or_else(|| bytes.to_vec(), |b| b.0);
        (made.frame, image::load_from_memory(&bytes).unwrap().into_rgb8())
    }

    #[test]
    fn pixels_and_places_move_together() {
        let png = picture(ImageFormat::Png);
        let (frame, cut) = of(&png, Change { part: Some([1, 1, 9, 1]), ..Change::default() });
        assert_eq!((frame.part, frame.present, cut.dimensions()), ([1, 1, 3, 1], [3, 1], (3, 1)));
        assert_eq!((cut.get_pixel(0, 0).0, cut.get_pixel(2, 0).0), ([10, 10, 200], [30, 10, 200]));
        for turn in 1..=8 {
            let frame = Frame { turn, ..Frame::still([4, 3]) };
            let [w, h] = frame.turned();
            let frame = Frame { part: [0, 0, w, h], present: [w, h], ..frame };
            let turned = applied(image::load_from_memory(&png).unwrap(), &frame).into_rgb8();
            for (x, y) in [(0, 0), (3, 0), (0, 2), (2, 1)] {
                let centre = crate::model::points::Point { x: f64::from(x) + 0.5, y: f64::from(y) + 0.5 };
                let to = frame.point(centre);
                let pixel = turned.get_pixel(to.x.floor() as u32, to.y.floor() as u32).0;
                assert_eq!(pixel, [10 * x as u8, 10 * y as u8, 200], "orientation {turn}, pixel {x} {y}");
            }
        }
        let (frame, small) = of(&png, Change { size: Some(Size::Within(2)), ..Change::default() });
        assert_eq!((frame.present, small.dimensions()), ([2, 2], (2, 2)));
        let (_, large) = of(&png, Change { size: Some(Size::Exactly(8, 6)), ..Change::default() });
        assert_eq!((large.dimensions(), large.get_pixel(0, 0).0[2]), ((8, 6), 200));
    }

    #[test]
    fn formats_and_pictures_that_stay() {
        let half = Change { part: Some([0, 0, 2, 2]), ..Change::default() };
        for (format, want) in [(ImageFormat::Jpeg, "jpeg"), (ImageFormat::Bmp, "png"), (ImageFormat::Gif, "png")] {
            let (bytes, name) = changed(&picture(format), 1000, &half).unwrap().bytes.unwrap();
            assert_eq!((name, decode(&bytes, 1000).unwrap().format), (want, want));
        }
        let still = Change { turn: true, part: Some([0, 0, 99, 99]), size: Some(Size::Within(4)) };
        assert!(changed(&picture(ImageFormat::Png), 1000, &still).unwrap().bytes.is_none());
        let away = Change { part: Some([4, 0, 2, 2]), ..Change::default() };
        assert_eq!(changed(&picture(ImageFormat::Png), 1000, &away).unwrap_err().rule, "image.crop");
        assert_eq!(changed(b"no picture", 1000, &still).unwrap_err().rule, "image.format");
    }
}
