//! Pictures in which places are hidden and from which everything beside the pixels is taken, so that they may be given away.
//!
//! What is hidden is gone from the pixels: a blurred or pixelated place is made of the mean colours of at most 6 x 6 cells of
//! at least 8 x 8 pixels (a smaller place is one cell), a filled one of nothing. Programs that know the faces of a group of people have recognised them in mosaics of more cells
//! (McPherson, Shokri and Shmatikov, 2016), so only a filled place tells nothing at all. JPEG stays JPEG, of quality 95;
//! other formats become PNG. Limits: of an animation the first frame is kept.
use super::encoding::Wrong;
use super::image::{Pixels, Probe, pixels, probe};
use super::{guard, metadata, pixels as changes};
use crate::model::images::Veil;
use image::DynamicImage;
use std::collections::BTreeSet;

/// What the bytes depend on besides our code.
pub const USES: &[&str] = changes::USES;

/// Cells along the longer side of a place that is blurred or pixelated, at most.
const CELLS: usize = 6;
/// Pixels along a side of a cell, at least, where the place has so many.
const CELL_MIN: usize = 8;

/// What is done to a picture.
pub struct Wanted<'a> {
    /// Left, top, right and bottom of what is hidden, in pixels of the picture as it is stored.
    pub places: &'a [[f64; 4]],
    pub action: Veil,
    /// Everything beside the pixels goes.
    pub bare: bool,
    /// Places are looked for, so that only the frame that was looked at may stay.
    pub looked: bool,
    /// Places were drawn on the pixels as they are stored, also where the picture is shown turned.
    pub stored: bool,
}

/// What became of a picture.
#[derive(Debug)]
pub struct Cleaned {
    /// Its bytes and their format; `None` where nothing had to be done.
    pub bytes: Option<(Vec<u8>, &'static str)>,
    /// How many places were hidden.
    pub hidden: usize,
    /// What was taken out beside pixels, by the names of [`metadata::held`].
    pub removed: BTreeSet<&'static str>,
    /// How many frames or pages it had of which the first was kept; 0 where none was left out.
    pub frames: usize,
}

/// Hides places and removes metadata. Rules: those of [`super::image::decode`]; `image.metadata` where a file cannot be rid of
/// its metadata; `image.place` where none of the pixels of a place lies in the picture, or the picture is shown turned and nobody
/// says whether places were drawn on it as stored.
pub fn cleaned(bytes: &[u8], pixels_max: u64, wanted: &Wanted) -> Result<Cleaned, Wrong> {
    let found = probe(bytes)?;
    let held = metadata::held(bytes, &found).ok_or_else(|| stays("the file cannot be followed to its end"))?;
    let bare = !wanted.bare || held.is_empty();
    let frames = metadata::frames(bytes, found.format);
    let cut = wanted.looked && frames > 1;
    if wanted.places.is_empty() && bare && !cut {
        return Ok(Cleaned { bytes: None, hidden: 0, removed: BTreeSet::new(), frames: 0 });
    }
    if wanted.places.is_empty() && !cut && !matches!(found.format, "tiff" | "bmp") {
        let made = metadata::stripped(bytes, &found).ok_or_else(|| stays("the file cannot be written without it"))?;
        return checked(made, found.format, &found, (0, held, 0));
    }
    if found.orientation != 1 && !wanted.places.is_empty() && !wanted.stored {
        let say = "it is shown turned, and nothing says whether its shapes were drawn on the pixels as they are stored; \
                   [preprocess] orientation or drawn_on can say it";
        return Err(Wrong::new("image.place", say));
    }
    let Pixels { probe, mut image, profile } = pixels(bytes, pixels_max)?;
    let size = [probe.width, probe.height].map(|side| side as usize);
    for place in wanted.places {
        let covered = covered(*place, size)
            .ok_or_else(|| Wrong::new("image.place", "a place that is to be hidden lies outside of the picture"))?;
        image = hidden(image, size[0], &covered, wanted.action);
    }
    let format = if probe.format == "jpeg" { "jpeg" } else { "png" };
    let made = guard::guarded(|| changes::encoded(image, format, profile));
    let wrong = || Wrong::new("image.corrupt", "its pixels cannot be written again");
    let mut made = made.and_then(Result::ok).ok_or_else(wrong)?;
    if probe.orientation != 1 {
        metadata::orient(&mut made, format, probe.orientation).ok_or_else(wrong)?;
    }
    checked(made, format, &probe, (wanted.places.len(), held, if frames > 1 { frames } else { 0 }))
}

/// Reads a picture that was made again: it has its size and its orientation, and nothing beside.
fn checked(
    made: Vec<u8>,
    format: &'static str,
    was: &Probe,
    (hidden, removed, frames): (usize, BTreeSet<&'static str>, usize),
) -> Result<Cleaned, Wrong> {
    let want = Probe { format, located: false, ..was.clone() };
    let now = probe(&made)?;
    if now != want || metadata::held(&made, &now).is_none_or(|left| !left.is_empty()) {
        return Err(stays("what was written still holds some"));
    }
    Ok(Cleaned { bytes: Some((made, format)), hidden, removed, frames })
}

fn stays(why: &str) -> Wrong {
    Wrong::new("image.metadata", format!("its metadata cannot be removed: {why}"))
}

/// The pixels that a place touches: first and last column and row, ends exclusive. `None` if there are none.
fn covered([x1, y1, x2, y2]: [f64; 4], [width, height]: [usize; 2]) -> Option<[usize; 4]> {
    if ![x1, y1, x2, y2].iter().all(|side| side.is_finite()) {
        return None;
    }
    // a conversion from a number with a point keeps within the range of the type
    let low = |side: f64| side.floor().max(0.0) as usize;
    let high = |side: f64, most: usize| (side.ceil().max(0.0) as usize).min(most);
    let (left, top, right, bottom) =
        (low(x1.min(x2)), low(y1.min(y2)), high(x1.max(x2), width), high(y1.max(y2), height));
    (left < right && top < bottom).then_some([left, top, right, bottom])
}

fn hidden(image: DynamicImage, width: usize, place: &[usize; 4], action: Veil) -> DynamicImage {
    let mut image = match image {
        DynamicImage::ImageRgb32F(_) => DynamicImage::ImageRgb16(image.into_rgb16()),
        DynamicImage::ImageRgba32F(_) => DynamicImage::ImageRgba16(image.into_rgba16()),
        other => other,
    };
    let grid = |channels: usize, alpha: bool| Grid { width, channels, alpha, place: *place, action };
    match &mut image {
        DynamicImage::ImageLuma8(b) => grid(1, false).hide(b, u8::MAX),
        DynamicImage::ImageLumaA8(b) => grid(2, true).hide(b, u8::MAX),
        DynamicImage::ImageRgb8(b) => grid(3, false).hide(b, u8::MAX),
        DynamicImage::ImageRgba8(b) => grid(4, true).hide(b, u8::MAX),
        DynamicImage::ImageLuma16(b) => grid(1, false).hide(b, u16::MAX),
        DynamicImage::ImageLumaA16(b) => grid(2, true).hide(b, u16::MAX),
        DynamicImage::ImageRgb16(b) => grid(3, false).hide(b, u16::MAX),
        DynamicImage::ImageRgba16(b) => grid(4, true).hide(b, u16::MAX),
        // a kind of pixel that this version of the decoder does not give
        other => {
            let mut rgba = other.to_rgba8();
            grid(4, true).hide(&mut rgba, u8::MAX);
            *other = DynamicImage::ImageRgba8(rgba);
        }
    }
    image
}

/// A place of a picture whose samples lie row by row, the channels of a pixel side by side.
struct Grid {
    width: usize,
    channels: usize,
    /// The last channel says how much a pixel covers.
    alpha: bool,
    /// Left, top, right and bottom, ends exclusive.
    place: [usize; 4],
    action: Veil,
}

impl Grid {
    fn hide<S: Copy + Default + Into<u64> + TryFrom<u64>>(&self, samples: &mut [S], most: S) {
        let [left, top, right, bottom] = self.place;
        let (across, down) = self.cells();
        let means = match self.action {
            Veil::Fill => Vec::new(),
            _ => self.means(samples, (across, down)),
        };
        for y in top..bottom {
            for x in left..right {
                for channel in 0..self.channels {
                    let covers = self.alpha && channel == self.channels - 1;
                    let at = (y * self.width + x) * self.channels + channel;
                    let value = match self.action {
                        Veil::Fill => Some(if covers { most } else { S::default() }),
                        Veil::Pixelate => {
                            let (i, j) = (cell(x - left, right - left, across), cell(y - top, bottom - top, down));
                            means.get((j * across + i) * self.channels + channel).and_then(|m| S::try_from(*m).ok())
                        }
                        Veil::Blur => {
                            let (i, j) =
                                (between(x - left, right - left, across), between(y - top, bottom - top, down));
                            let mean = |i: usize, j: usize| {
                                means.get((j * across + i) * self.channels + channel).copied().unwrap_or_default()
                            };
                            S::try_from(mixed(i, j, mean)).ok()
                        }
                    };
                    if let (Some(sample), Some(value)) = (samples.get_mut(at), value) {
                        *sample = value;
                    }
                }
            }
        }
    }

    /// How many cells a place has across and down.
    fn cells(&self) -> (usize, usize) {
        let [left, top, right, bottom] = self.place;
        let (width, height) = (right - left, bottom - top);
        let longer = width.max(height);
        let most = (longer / CELL_MIN).clamp(1, CELLS);
        let of = |side: usize| (side * most / longer.max(1)).clamp(1, most);
        (of(width), of(height))
    }

    /// The mean of each channel of each cell, rounded to the nearest.
    fn means<S: Copy + Into<u64>>(&self, samples: &[S], (across, down): (usize, usize)) -> Vec<u64> {
        let [left, top, right, bottom] = self.place;
        let mut sums = vec![(0u64, 0u64); across * down * self.channels];
        for y in top..bottom {
            for x in left..right {
                let (i, j) = (cell(x - left, right - left, across), cell(y - top, bottom - top, down));
                for channel in 0..self.channels {
                    let sample = samples.get((y * self.width + x) * self.channels + channel);
                    let sum = sums.get_mut((j * across + i) * self.channels + channel);
                    if let (Some(sample), Some((sum, n))) = (sample, sum) {
                        (*sum, *n) = (*sum + (*sample).into(), *n + 1);
                    }
                }
            }
        }
        sums.into_iter().map(|(sum, n)| (sum + n / 2) / n.max(1)).collect()
    }
}

/// The cell in which the `at`-th of `side` pixels lies.
fn cell(at: usize, side: usize, cells: usize) -> usize {
    (at * cells / side.max(1)).min(cells - 1)
}

/// The two cells between whose middles a pixel lies, and how near it is to the second one, in 256ths.
fn between(at: usize, side: usize, cells: usize) -> (usize, usize, u64) {
    // the middle of the pixel in 512ths of a cell, from the middle of the first cell
    let place = ((2 * at + 1) * cells * 256 / side.max(1)).saturating_sub(256);
    let first = (place / 512).min(cells - 1);
    let second = (first + 1).min(cells - 1);
    (first, second, (place % 512 / 2) as u64)
}

/// The mean of four cells, weighed by how near they are.
fn mixed(i: (usize, usize, u64), j: (usize, usize, u64), mean: impl Fn(usize, usize) -> u64) -> u64 {
    let row = |j: usize| mean(i.0, j) * (256 - i.2) + mean(i.1, j) * i.2;
    (row(j.0) * (256 - j.2) + row(j.1) * j.2 + (1 << 15)) >> 16
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::{ImageFormat, Rgb, RgbImage};
    use std::io::Cursor;

    /// Noise around and within, so that every pixel is told from its neighbours.
    fn noise(x: u32, y: u32) -> Rgb<u8> {
        let v = x.wrapping_mul(7919).wrapping_add(y.wrapping_mul(104_729)) % 251;
        Rgb([v as u8, (v * 3 % 251) as u8, (v * 7 % 251) as u8])
    }

    fn picture(format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::ImageRgb8(RgbImage::from_fn(60, 40, noise)).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    fn done(bytes: &[u8], places: &[[f64; 4]], action: Veil) -> (Cleaned, RgbImage) {
        let cleaned =
            cleaned(bytes, 10_000, &Wanted { places, action, bare: true, looked: true, stored: true }).unwrap();
        let shown = image::load_from_memory(&cleaned.bytes.as_ref().unwrap().0).unwrap().into_rgb8();
        (cleaned, shown)
    }

    #[test]
    fn a_place_is_hidden_and_everything_else_stays() {
        let png = picture(ImageFormat::Png);
        for action in [Veil::Fill, Veil::Pixelate, Veil::Blur] {
            let (cleaned, shown) = done(&png, &[[10.4, 5.0, 39.2, 19.9]], action);
            assert_eq!(cleaned.hidden, 1);
            let within = |x: u32, y: u32| (10..40).contains(&x) && (5..20).contains(&y);
            let outside = shown.enumerate_pixels().filter(|(x, y, _)| !within(*x, *y));
            outside.for_each(|(x, y, pixel)| assert_eq!(*pixel, noise(x, y), "{x} {y}"));
            let colours: BTreeSet<[u8; 3]> =
                shown.enumerate_pixels().filter(|(x, y, _)| within(*x, *y)).map(|p| p.2.0).collect();
            match action {
                Veil::Fill => assert_eq!(colours, [[0, 0, 0]].into()),
                // 30 x 15 pixels are 3 cells of 10 x 15
                Veil::Pixelate => assert_eq!(colours.len(), 3),
                Veil::Blur => assert!(colours.len() > 3),
            }
        }
    }

    /// Two pictures with equal means become the same: nothing finer than a cell is left.
    #[test]
    fn nothing_finer_than_a_cell_is_left() {
        let stripes = |odd: u32| {
            let pixels = RgbImage::from_fn(60, 40, |x, _| if x % 2 == odd { Rgb([200; 3]) } else { Rgb([100; 3]) });
            let mut out = Cursor::new(Vec::new());
            DynamicImage::ImageRgb8(pixels).write_to(&mut out, ImageFormat::Png).unwrap();
            out.into_inner()
        };
        for action in [Veil::Fill, Veil::Pixelate, Veil::Blur] {
            let of = |odd: u32| done(&stripes(odd), &[[0.0, 0.0, 60.0, 40.0]], action).1;
            assert_eq!(of(0), of(1), "{action:?}");
        }
    }

    #[test]
    fn formats_sizes_and_places_outside() {
        for (format, want) in [(ImageFormat::Jpeg, "jpeg"), (ImageFormat::Bmp, "png"), (ImageFormat::Tiff, "png")] {
            let (cleaned, shown) = done(&picture(format), &[[-5.0, -5.0, 500.0, 3.5]], Veil::Fill);
            assert_eq!((cleaned.bytes.unwrap().1, shown.dimensions()), (want, (60, 40)));
            assert!(shown.get_pixel(30, 1).0.iter().all(|c| *c < 40), "JPEG keeps black nearly black");
        }
        let png = picture(ImageFormat::Png);
        let wrong = |place: [f64; 4]| {
            cleaned(
                &png,
                10_000,
                &Wanted { places: &[place], action: Veil::Fill, bare: true, looked: true, stored: true },
            )
            .unwrap_err()
            .rule
        };
        assert_eq!(wrong([60.0, 0.0, 70.0, 10.0]), "image.place");
        assert_eq!(wrong([f64::NAN, 0.0, 70.0, 10.0]), "image.place");
        let nothing =
            cleaned(&png, 10_000, &Wanted { places: &[], action: Veil::Fill, bare: true, looked: true, stored: true })
                .unwrap();
        assert!(nothing.bytes.is_none() && nothing.removed.is_empty());
        let small = done(&png, &[[59.5, 39.5, 59.7, 39.6]], Veil::Blur).1;
        assert_eq!(small.get_pixel(58, 38), &noise(58, 38), "a place within one pixel is that pixel");
    }

    /// A face in the distance is as hidden as one near by.
    #[test]
    fn small_places_become_one_colour() {
        let png = picture(ImageFormat::Png);
        for (action, side) in [(Veil::Pixelate, 6.0), (Veil::Blur, 6.0), (Veil::Pixelate, 15.0)] {
            let shown = done(&png, &[[10.0, 10.0, 10.0 + side, 10.0 + side]], action).1;
            let within = |p: &(u32, u32, &Rgb<u8>)| {
                (10..10 + side as u32).contains(&p.0) && (10..10 + side as u32).contains(&p.1)
            };
            let colours: BTreeSet<[u8; 3]> = shown.enumerate_pixels().filter(within).map(|p| p.2.0).collect();
            assert_eq!(colours.len(), 1, "{action:?} {side}");
        }
    }

    #[test]
    fn of_an_animation_the_frame_that_was_looked_at_stays() {
        let frame =
            |shade: u8| image::Frame::new(image::RgbaImage::from_pixel(20, 20, image::Rgba([shade, 9, 9, 255])));
        let mut gif = Vec::new();
        image::codecs::gif::GifEncoder::new(&mut gif).encode_frames([frame(10), frame(200)]).unwrap();
        let cleaned = |looked: bool| {
            cleaned(&gif, 10_000, &Wanted { places: &[], action: Veil::Fill, bare: true, looked, stored: false })
        };
        let cut = cleaned(true).unwrap();
        assert_eq!((cut.frames, cut.bytes.unwrap().1), (2, "png"));
        assert!(cleaned(false).unwrap().bytes.is_none_or(|b| b.1 == "gif"), "without places to hide all frames stay");
    }

    #[test]
    fn a_turned_picture_stays_turned() {
        let jpeg = picture(ImageFormat::Jpeg);
        let turned = metadata::stripped(&jpeg, &Probe { orientation: 6, ..probe(&jpeg).unwrap() }).unwrap();
        assert_eq!(probe(&turned).unwrap().orientation, 6);
        let unsaid =
            Wanted { places: &[[0.0, 0.0, 9.0, 9.0]], action: Veil::Fill, bare: true, looked: true, stored: false };
        assert_eq!(cleaned(&turned, 10_000, &unsaid).unwrap_err().rule, "image.place");
        let (cleaned, _) = done(&turned, &[[0.0, 0.0, 9.0, 9.0]], Veil::Fill);
        assert_eq!(probe(&cleaned.bytes.unwrap().0).unwrap().orientation, 6);
    }
}
