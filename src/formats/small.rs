//! What is measured of a picture's pixels where it is cleaned: a small grey picture, and its mean colour.
//!
//! Pixels are taken as stored, of an animation those of the first frame; what is transparent counts as white.
use super::encoding::Wrong;
use super::image::{Pixels, pixels};
use crate::measure::learn::Scene;
use crate::measure::pictures::small::{Cells, Small, luma};
use crate::measure::pictures::statistics::Counted;
use image::RgbImage;

/// What the numbers depend on besides our code.
pub const USES: &[&str] = &["image 0.25"];

/// What a picture looks like.
#[derive(Debug)]
pub struct Looks {
    pub width: u32,
    pub height: u32,
    pub small: Small,
    /// The mean of red, green and blue.
    pub colour: [u8; 3],
}

/// Decodes a picture and measures it. Rules: those of [`super::image::decode`].
pub fn looks(bytes: &[u8], pixels_max: u64) -> Result<Looks, Wrong> {
    let (image, _) = on_white(bytes, pixels_max)?;
    let (width, height) = image.dimensions();
    let mut cells = Cells::of(width, height);
    let mut sums = [0u64; 3];
    for row in image.rows() {
        cells.row(row.map(|pixel| {
            sums.iter_mut().zip(pixel.0).for_each(|(sum, value)| *sum += u64::from(value));
            luma(pixel.0)
        }));
    }
    let area = u64::from(width) * u64::from(height);
    let colour = sums.map(|sum| u8::try_from(sum / area.max(1)).unwrap_or(u8::MAX));
    Ok(Looks { width, height, small: cells.finish(), colour })
}

/// Decodes a picture and counts what its statistics are made of.
pub fn counted(bytes: &[u8], pixels_max: u64) -> Result<Counted, Wrong> {
    let (image, single) = on_white(bytes, pixels_max)?;
    let (width, height) = image.dimensions();
    Ok(Counted::of(width, height, single, image.as_raw().chunks_exact((width as usize * 3).max(3))))
}

/// Decodes a picture and makes it small: means of squares of pixels, whose side is the least by which the longer side of the picture
/// is at most [`Scene::SIDE`].
pub fn scene(bytes: &[u8], pixels_max: u64) -> Result<Scene, Wrong> {
    let (image, _) = on_white(bytes, pixels_max)?;
    let (width, height) = image.dimensions();
    let step = width.max(height).div_ceil(Scene::SIDE).max(1);
    let small = [width.div_ceil(step), height.div_ceil(step)];
    let mut sums = vec![[0u64; 4]; small[0] as usize * small[1] as usize];
    for (x, y, pixel) in image.enumerate_pixels() {
        let at = (y / step) as usize * small[0] as usize + (x / step) as usize;
        if let Some([red, green, blue, n]) = sums.get_mut(at) {
            *red += u64::from(pixel.0[0]);
            *green += u64::from(pixel.0[1]);
            *blue += u64::from(pixel.0[2]);
            *n += 1;
        }
    }
    let mean = |sum: u64, n: u64| u8::try_from((sum + n / 2) / n.max(1)).unwrap_or(u8::MAX);
    let pixels = sums.iter().flat_map(|[red, green, blue, n]| [red, green, blue].map(|sum| mean(*sum, *n))).collect();
    Ok(Scene { width, height, small, step, pixels })
}

/// The pixels in 8 bits, transparent ones on white, and whether the picture has one channel of colour alone.
fn on_white(bytes: &[u8], pixels_max: u64) -> Result<(RgbImage, bool), Wrong> {
    let Pixels { image, .. } = pixels(bytes, pixels_max)?;
    let single = !image.color().has_color();
    if !image.color().has_alpha() {
        return Ok((image.into_rgb8(), single));
    }
    let image = image.into_rgba8();
    let (width, height) = image.dimensions();
    let mut out = RgbImage::new(width, height);
    for (from, to) in image.pixels().zip(out.pixels_mut()) {
        let [red, green, blue, alpha] = from.0.map(u32::from);
        let over = |value: u32| ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8;
        to.0 = [over(red), over(green), over(blue)];
    }
    Ok((out, single))
}
