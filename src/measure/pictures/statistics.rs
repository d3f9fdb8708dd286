//! Statistics of one picture, for limits such as "not darker than this": all are made of what one pass over its pixels counts.
//!
//! Definitions are those of cleanvision (`image_property.py`, 0.3) where it has one, so that its thresholds mean the same; the
//! others say what they are. Fractions that are no counts are told in thousandths, rounded down.
use crate::measure::quality::Ratio;

/// What was counted of a picture.
#[derive(Clone, Debug)]
pub struct Counted {
    pub width: u64,
    pub height: u64,
    /// Pixels by the value of each channel: of red, green and blue, or of the one channel that there is.
    pub channels: Vec<[u64; 256]>,
    /// Pixels by luma.
    pub luma: Vec<u64>,
    /// Pixels by perceived brightness in thousandths, from 0 to 1000.
    pub bright: Vec<u64>,
    /// Pixels whose red, green and blue differ by at most [`GREY`].
    pub grey: u64,
    /// Sums of the Laplacian of the luma and of its squares, over so many inner pixels.
    pub laplacian: (i64, u64, u64),
    /// Rows and columns of one shade at the borders: left, top, right, bottom.
    pub borders: [u64; 4],
}

/// By how much the channels of a grey pixel may differ: JPEG does not keep them equal.
pub const GREY: u8 = 8;
/// By how much the luma of a row or a column of a border may differ.
pub const SHADE: u8 = 12;

/// A statistic that limits may name.
pub struct Statistic {
    pub name: &'static str,
    /// What it is, as a clause of the reference.
    pub doc: &'static str,
    /// It is at most 1.
    pub share: bool,
    pub of: fn(&Counted) -> Ratio,
}

const fn share(name: &'static str, doc: &'static str, of: fn(&Counted) -> Ratio) -> Statistic {
    Statistic { name, doc, share: true, of }
}

const fn number(name: &'static str, doc: &'static str, of: fn(&Counted) -> Ratio) -> Statistic {
    Statistic { name, doc, share: false, of }
}

/// All of them; a new one is a line.
pub const STATISTICS: &[Statistic] = &[
    share("aspect_ratio", "of a picture: the shorter side as a share of the longer one", |c| Ratio {
        num: c.width.min(c.height),
        den: c.width.max(c.height).max(1),
    }),
    share("border_ratio", "of a picture: share of it that lies in borders of one shade, such as letterboxes", |c| {
        let [left, top, right, bottom] = c.borders;
        let inner = c.width.saturating_sub(left + right) * c.height.saturating_sub(top + bottom);
        Ratio { num: c.pixels() - inner, den: c.pixels() }
    }),
    share("brightness_p5", "of a picture: perceived brightness (HSP) that 5 % of its pixels do not exceed", |c| {
        c.percentile(5)
    }),
    share("brightness_p99", "of a picture: perceived brightness (HSP) that 99 % of its pixels do not exceed", |c| {
        c.percentile(99)
    }),
    number("contrast", "of a picture: standard deviation of the luma, which goes from 0 to 255", |c| {
        let n = c.pixels() as f64;
        let of = |power: fn(f64) -> f64| {
            c.luma.iter().enumerate().map(|(value, n)| power(value as f64) * *n as f64).sum::<f64>() / n
        };
        let mean = of(|v| v);
        thousandths((of(|v| v * v) - mean * mean).max(0.0).sqrt())
    }),
    number(
        "entropy",
        "of a picture: bits of information in the values of its channels, as Pillow's `Image.entropy` has it",
        |c| {
            let all: u64 = c.channels.iter().flatten().sum();
            let bits = |n: &u64| {
                let p = *n as f64 / all.max(1) as f64;
                if *n > 0 { -p * libm::log2(p) } else { 0.0 }
            };
            thousandths(c.channels.iter().flatten().map(bits).sum::<f64>())
        },
    ),
    share("grey_ratio", "of a picture: share of the pixels whose red, green and blue differ by at most 8", |c| Ratio {
        num: c.grey,
        den: c.pixels(),
    }),
    number("megapixels", "of a picture: millions of pixels", |c| Ratio { num: c.pixels(), den: 1_000_000 }),
    number(
        "sharpness",
        "of a picture: variance of the Laplacian of the luma (Pech-Pacheco et al. 2000); blurred ones have little",
        |c| {
            let (sum, squares, n) = c.laplacian;
            let n = n.max(1) as f64;
            let mean = sum as f64 / n;
            thousandths((squares as f64 / n - mean * mean).max(0.0))
        },
    ),
    share(
        "uniform_ratio",
        "of a picture: share of the pixels with the most frequent luma, one step more or less",
        |c| {
            let near =
                |at: usize| c.luma.iter().skip(at.saturating_sub(1)).take(if at == 0 { 2 } else { 3 }).sum::<u64>();
            Ratio { num: (0..c.luma.len()).map(near).max().unwrap_or(0), den: c.pixels() }
        },
    ),
];

fn thousandths(value: f64) -> Ratio {
    Ratio { num: (value * 1000.0 + 1e-6) as u64, den: 1000 }
}

/// The statistic of that name.
pub fn statistic(name: &str) -> Option<&'static Statistic> {
    STATISTICS.iter().find(|s| s.name == name)
}

impl Counted {
    fn pixels(&self) -> u64 {
        (self.width * self.height).max(1)
    }

    /// The least brightness that so many hundredths of the pixels do not exceed (nearest rank).
    fn percentile(&self, hundredths: u64) -> Ratio {
        let rank = (self.pixels() * hundredths).div_ceil(100).max(1);
        let mut seen = 0;
        let reached = |n: &u64| {
            seen += n;
            seen >= rank
        };
        Ratio { num: self.bright.iter().position(reached).unwrap_or(1000) as u64, den: 1000 }
    }

    /// Counts a picture that is given row by row.
    pub fn of<'p>(width: u32, height: u32, single: bool, rows: impl Iterator<Item = &'p [u8]>) -> Counted {
        let channels = vec![[0; 256]; if single { 1 } else { 3 }];
        let mut out = Counted {
            width: width.into(),
            height: height.into(),
            channels,
            luma: vec![0; 256],
            bright: vec![0; 1001],
            grey: 0,
            laplacian: (0, 0, 0),
            borders: [0; 4],
        };
        // the rows above and here, and the extremes of each row and column
        let (mut above, mut here): (Vec<u8>, Vec<u8>) = (Vec::new(), Vec::new());
        let (mut across, mut down) = (Vec::new(), vec![(u8::MAX, 0u8); width as usize]);
        for row in rows {
            let next: Vec<u8> = row.as_chunks::<3>().0.iter().map(|pixel| out.pixel(*pixel)).collect();
            let spread = |(low, high): (u8, u8), v: &u8| (low.min(*v), high.max(*v));
            across.push(next.iter().fold((u8::MAX, 0), spread));
            down.iter_mut().zip(&next).for_each(|(seen, v)| *seen = spread(*seen, v));
            out.edges(&above, &here, &next);
            above = std::mem::replace(&mut here, next);
        }
        out.borders = borders(&across, &down);
        out
    }

    fn pixel(&mut self, pixel: [u8; 3]) -> u8 {
        let [red, green, blue] = pixel;
        let luma = crate::measure::pictures::small::luma(pixel);
        for (channel, value) in self.channels.iter_mut().zip(pixel) {
            channel.get_mut(usize::from(value)).iter_mut().for_each(|n| **n += 1);
        }
        self.luma.get_mut(usize::from(luma)).iter_mut().for_each(|n| **n += 1);
        let square = |value: u8| u64::from(value) * u64::from(value);
        let power = 241 * square(red) + 691 * square(green) + 68 * square(blue);
        let bright = ((power * 1000) as f64).sqrt() / 255.0;
        self.bright.get_mut(bright as usize).iter_mut().for_each(|n| **n += 1);
        let (low, high) = (red.min(green).min(blue), red.max(green).max(blue));
        self.grey += u64::from(high - low <= GREY);
        luma
    }

    /// The Laplacian of the inner pixels of a row, by the rows around it.
    fn edges(&mut self, above: &[u8], here: &[u8], below: &[u8]) {
        let inner = here.array_windows::<3>().zip(above.iter().zip(below).skip(1));
        for ([left, own, right], (up, down)) in inner {
            let around: i64 = [left, right, up, down].into_iter().map(|v| i64::from(*v)).sum();
            let value = around - 4 * i64::from(*own);
            let (sum, squares, n) = self.laplacian;
            self.laplacian = (sum + value, squares + (value * value) as u64, n + 1);
        }
    }
}

/// How many rows and columns at each border are of one shade, which is that of the outermost.
fn borders(across: &[(u8, u8)], down: &[(u8, u8)]) -> [u64; 4] {
    fn run<'s>(lines: impl Iterator<Item = &'s (u8, u8)>) -> u64 {
        let (mut low, mut high) = (u8::MAX, 0);
        let one_shade = |line: &&(u8, u8)| {
            (low, high) = (low.min(line.0), high.max(line.1));
            high.saturating_sub(low) <= SHADE
        };
        lines.take_while(one_shade).count() as u64
    }
    let (top, left) = (run(across.iter()), run(down.iter()));
    if top as usize == across.len() {
        return [0, top, 0, 0];
    }
    [left, top, run(down.iter().rev()), run(across.iter().rev())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, width: usize, rows: &[Vec<[u8; 3]>]) -> f64 {
        let bytes: Vec<Vec<u8>> = rows.iter().map(|row| row.concat()).collect();
        let counted = Counted::of(width as u32, rows.len() as u32, false, bytes.iter().map(Vec::as_slice));
        let Ratio { num, den } = (statistic(name).unwrap().of)(&counted);
        num as f64 / den as f64
    }

    #[test]
    fn each_statistic_is_what_it_says() {
        let black = vec![vec![[0; 3]; 40]; 10];
        assert_eq!(of("brightness_p99", 40, &black), 0.0);
        assert_eq!((of("aspect_ratio", 40, &black), of("uniform_ratio", 40, &black)), (0.25, 1.0));
        assert_eq!((of("border_ratio", 40, &black), of("entropy", 40, &black)), (1.0, 1.584));
        let white = vec![vec![[255; 3]; 4]; 4];
        assert_eq!((of("brightness_p5", 4, &white), of("grey_ratio", 4, &white)), (1.0, 1.0));
        let halves = vec![vec![[0, 0, 0], [255, 255, 255]]; 8];
        assert_eq!((of("contrast", 2, &halves), of("entropy", 2, &halves)), (127.5, 2.584));
        let checks: Vec<Vec<[u8; 3]>> =
            (0..20).map(|y| (0..20).map(|x| [if (x + y) % 2 == 0 { 255 } else { 0 }; 3]).collect()).collect();
        assert_eq!(of("sharpness", 20, &checks), 1020.0 * 1020.0);
        let red = vec![vec![[255, 0, 0]; 4]; 4];
        assert_eq!((of("grey_ratio", 4, &red), of("brightness_p99", 4, &red)), (0.0, 0.49));
    }

    #[test]
    fn letterboxes_are_borders_and_pictures_are_not() {
        let row = |y: usize| (0..20).map(|x| [(x * 7 + y + 100) as u8; 3]).collect::<Vec<_>>();
        let boxed: Vec<_> = (0..20).map(|y| if (5..15).contains(&y) { row(y) } else { vec![[3; 3]; 20] }).collect();
        assert_eq!(of("border_ratio", 20, &boxed), 0.5);
        let whole: Vec<_> = (0..20).map(row).collect();
        assert!(of("border_ratio", 20, &whole) < 0.3);
    }
}
