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
use image::{DynamicImage, ImageEncoder, Rgba, RgbaImage};

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

/// Parts of a picture as files of their own, with their format; it is decoded once. Rules: those of [`super::image::decode`], and
/// `image.crop` where a part passes its sides.
pub fn tiles(bytes: &[u8], pixels_max: u64, parts: &[[u32; 4]]) -> Result<(Vec<Vec<u8>>, &'static str), Wrong> {
    let Pixels { probe, image, profile } = pixels(bytes, pixels_max)?;
    let format = if probe.format == "jpeg" { "jpeg" } else { "png" };
    let within = |[left, top, width, height]: &[u32; 4]| {
        let (x, y) = (u64::from(*left) + u64::from(*width), u64::from(*top) + u64::from(*height));
        x <= u64::from(image.width()) && y <= u64::from(image.height())
    };
    if !parts.iter().all(within) {
        return Err(Wrong::new("image.crop", format!("it has {} x {} pixels", image.width(), image.height())));
    }
    let one = |[left, top, width, height]: &[u32; 4]| {
        encoded(image.crop_imm(*left, *top, *width, *height), format, profile.clone())
    };
    let made = guard::guarded(|| parts.iter().map(one).collect::<Result<Vec<_>, _>>());
    let wrong = || Wrong::new("image.corrupt", "its pixels cannot be written again");
    Ok((made.and_then(Result::ok).ok_or_else(wrong)?, format))
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

/// A part of another picture that lies over one.
pub struct Over<'b> {
    pub bytes: &'b [u8],
    /// The part, and the size that it has there.
    pub frame: Frame,
    /// Its left upper corner there.
    pub at: [u32; 2],
    /// How much of what lies below it hides, in millionths.
    pub share: u64,
}

/// What is done to a picture in its frame, in this order.
#[derive(Default)]
pub struct Finish<'b> {
    /// Width and height of the whole, and where the picture lies in it.
    pub canvas: Option<([u32; 2], [u32; 2])>,
    pub layers: Vec<Over<'b>>,
    pub colours: Colours,
    /// The radius in pixels.
    pub blur: u32,
    /// Left, top, width and height of what is grey.
    pub cutout: Option<[u32; 4]>,
}

/// The picture in a frame and finished, with its format. Rules: those of [`super::image::decode`], and `image.size` where it, or one that
/// lies over it, is no picture of the size that its frame is of.
pub fn remade(bytes: &[u8], pixels_max: u64, frame: &Frame, finish: &Finish) -> Result<(Vec<u8>, &'static str), Wrong> {
    let (probe, image, profile) = framed(bytes, pixels_max, frame)?;
    let format = if probe.format == "jpeg" { "jpeg" } else { "png" };
    let layers = finish.layers.iter().map(|l| Ok((l, framed(l.bytes, pixels_max, &l.frame)?.1)));
    let layers = layers.collect::<Result<Vec<_>, Wrong>>()?;
    let made = guard::guarded(|| {
        let image = if finish.canvas.is_none() && layers.is_empty() { image } else { laid(image, finish, layers) };
        let image = if finish.colours.are_still() { image } else { recoloured(image, &finish.colours) };
        let image = if finish.blur == 0 { image } else { blurred(image, finish.blur) };
        let image = match finish.cutout {
            Some(part) => patched(image, part),
            None => image,
        };
        encoded(image, format, profile)
    });
    let wrong = || Wrong::new("image.corrupt", "its pixels cannot be written again");
    Ok((made.and_then(Result::ok).ok_or_else(wrong)?, format))
}

/// A picture in its frame, and its colour profile.
fn framed(bytes: &[u8], pixels_max: u64, frame: &Frame) -> Result<(Probe, DynamicImage, Option<Vec<u8>>), Wrong> {
    let Pixels { probe, image, profile } = pixels(bytes, pixels_max)?;
    if [probe.width, probe.height] != frame.drawn {
        return Err(Wrong::new("image.size", format!("it has {} x {} pixels", probe.width, probe.height)));
    }
    let made = guard::guarded(|| applied(image, frame));
    let image = made.ok_or_else(|| Wrong::new("image.corrupt", "its pixels cannot be changed"))?;
    Ok((probe, image, profile))
}

/// The parts of a millionth-fold share: 1 hides all.
const WHOLE: u64 = 1_000_000;

/// A picture on its canvas, black where nothing lies, with what lies over it. What is transparent of a layer hides nothing.
fn laid(image: DynamicImage, finish: &Finish, layers: Vec<(&Over, DynamicImage)>) -> DynamicImage {
    let alpha = image.color().has_alpha();
    let mut all = match finish.canvas {
        None => image.into_rgba8(),
        Some(([width, height], [x, y])) => {
            let mut all = RgbaImage::from_pixel(width, height, Rgba([0, 0, 0, 255]));
            image::imageops::replace(&mut all, &image.into_rgba8(), x.into(), y.into());
            all
        }
    };
    for (layer, image) in layers {
        for (dx, dy, over) in image.into_rgba8().enumerate_pixels() {
            let Some(pixel) = all.get_pixel_mut_checked(layer.at[0] + dx, layer.at[1] + dy) else { continue };
            let share = layer.share * u64::from(over.0[3]) / 255;
            for (value, over) in pixel.0.iter_mut().zip(over.0) {
                let sum = u64::from(*value) * (WHOLE - share) + u64::from(over) * share;
                *value = ((sum + WHOLE / 2) / WHOLE) as u8;
            }
        }
    }
    let all = DynamicImage::ImageRgba8(all);
    if alpha { all } else { DynamicImage::ImageRgb8(all.into_rgb8()) }
}

/// Each value is the mean of the square around it, first across and then down; at the sides of what is there. Whole numbers, so that
/// the same pixels come of it everywhere. Transparency stays.
fn blurred(image: DynamicImage, radius: u32) -> DynamicImage {
    let alpha = image.color().has_alpha();
    let mut rgba = image.into_rgba8();
    for across in [true, false] {
        let from = rgba.clone();
        let (width, height) = from.dimensions();
        let (long, lines) = if across { (width, height) } else { (height, width) };
        let place = |line: u32, at: u32| if across { (at, line) } else { (line, at) };
        for line in 0..lines {
            for channel in 0..3 {
                let value = |at: u32| {
                    let (x, y) = place(line, at);
                    from.get_pixel_checked(x, y).and_then(|p| p.0.get(channel).copied()).map_or(0, u64::from)
                };
                let mut sum: u64 = (0..radius.min(long)).map(value).sum();
                for at in 0..long {
                    sum += if at + radius < long { value(at + radius) } else { 0 };
                    sum -= at.checked_sub(radius + 1).map_or(0, value);
                    let n = u64::from((at + radius).min(long - 1) - at.saturating_sub(radius) + 1);
                    let (x, y) = place(line, at);
                    let to = rgba.get_pixel_mut_checked(x, y).and_then(|p| p.0.get_mut(channel));
                    to.into_iter().for_each(|to| *to = ((sum + n / 2) / n) as u8);
                }
            }
        }
    }
    let rgba = DynamicImage::ImageRgba8(rgba);
    if alpha { rgba } else { DynamicImage::ImageRgb8(rgba.into_rgb8()) }
}

/// The grey of a patch.
const GREY: u8 = 128;

fn patched(image: DynamicImage, [left, top, width, height]: [u32; 4]) -> DynamicImage {
    let alpha = image.color().has_alpha();
    let mut rgba = image.into_rgba8();
    for (x, y) in (top..top + height).flat_map(|y| (left..left + width).map(move |x| (x, y))) {
        rgba.get_pixel_mut_checked(x, y).into_iter().for_each(|p| p.0 = [GREY, GREY, GREY, 255]);
    }
    let rgba = DynamicImage::ImageRgba8(rgba);
    if alpha { rgba } else { DynamicImage::ImageRgb8(rgba.into_rgb8()) }
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

    /// What is laid over, blurred and patched, pixel by pixel by another way.
    #[test]
    fn pixels_of_a_picture_that_is_put_together() {
        let bytes = picture(ImageFormat::Png);
        let still = Frame::still([4, 3]);
        let of = |frame: &Frame, finish: &Finish| {
            let (made, format) = remade(&bytes, 1000, frame, finish).unwrap();
            assert_eq!(format, "png");
            image::load_from_memory(&made).unwrap().into_rgb8()
        };
        let own = image::load_from_memory(&bytes).unwrap().into_rgb8();
        let part = Frame { part: [2, 1, 2, 2], present: [2, 2], ..still };
        let over = |share| Over { bytes: &bytes, frame: part, at: [1, 0], share };
        let pasted = of(&still, &Finish { layers: vec![over(WHOLE)], ..Finish::default() });
        for (x, y, pixel) in pasted.enumerate_pixels() {
            let inside = (1..3).contains(&x) && y < 2;
            let from = if inside { own.get_pixel(x + 1, y + 1) } else { own.get_pixel(x, y) };
            assert_eq!(pixel, from, "{x} {y}");
        }
        let mixed = of(&still, &Finish { layers: vec![over(WHOLE / 2)], ..Finish::default() });
        assert_eq!((mixed.get_pixel(1, 0).0, mixed.get_pixel(0, 0).0), ([15, 5, 200], [0, 0, 200]));
        let canvas = of(&part, &Finish { canvas: Some(([4, 3], [2, 1])), ..Finish::default() });
        assert_eq!((canvas.dimensions(), canvas.get_pixel(0, 0).0), ((4, 3), [0, 0, 0]));
        assert_eq!((canvas.get_pixel(2, 1), canvas.get_pixel(3, 2)), (own.get_pixel(2, 1), own.get_pixel(3, 2)));
        let patch = of(&still, &Finish { cutout: Some([1, 1, 2, 1]), ..Finish::default() });
        for (x, y, pixel) in patch.enumerate_pixels() {
            let inside = (1..3).contains(&x) && y == 1;
            assert_eq!(pixel.0, if inside { [GREY; 3] } else { own.get_pixel(x, y).0 });
        }
        let blur = of(&still, &Finish { blur: 1, ..Finish::default() });
        // the mean of 0, 10, 20, 30 around each place: red changes across alone, green down alone
        let red = [5, 10, 20, 25];
        let green = [5, 10, 15];
        for (x, y, pixel) in blur.enumerate_pixels() {
            assert_eq!(pixel.0, [red[x as usize], green[y as usize], 200], "{x} {y}");
        }
        let other = Frame::still([5, 3]);
        assert_eq!(remade(&bytes, 1000, &other, &Finish::default()).unwrap_err().rule, "image.size");
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
