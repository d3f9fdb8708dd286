//! A small picture: means of the luma of equal cells, which are exact whatever the size.

/// Cells in a row and in a column.
pub const SIDE: usize = 64;
/// Parts of a side in which windows are told: [`Window`].
pub const UNITS: u32 = 256;

/// A part of a picture: left, top, right and bottom in parts of its sides, from 0 to [`UNITS`].
pub type Window = [u32; 4];

/// The whole picture.
pub const WHOLE: Window = [0, 0, UNITS, UNITS];

/// The luma of ITU-R BT.601, in integers.
pub fn luma([red, green, blue]: [u8; 3]) -> u8 {
    ((77 * u32::from(red) + 150 * u32::from(green) + 29 * u32::from(blue)) >> 8) as u8
}

/// The means of the luma in the cells of a picture, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Small(pub Vec<u8>);

/// Adds up the pixels of a picture, row by row, by cells.
pub struct Cells {
    width: u64,
    height: u64,
    rows: u64,
    sums: Vec<u64>,
}

impl Cells {
    /// For a picture of this size; a side of 0 counts as 1.
    pub fn of(width: u32, height: u32) -> Cells {
        let (width, height) = (u64::from(width.max(1)), u64::from(height.max(1)));
        Cells { width, height, rows: 0, sums: vec![0; SIDE * SIDE] }
    }

    /// Takes the next row of pixels. A pixel that lies in several cells counts in each by what lies in it.
    pub fn row(&mut self, luma: impl Iterator<Item = u8>) {
        let mut line = [0u64; SIDE];
        for (x, value) in (0u64..self.width).zip(luma) {
            shares(x, self.width, |cell, part| {
                line.get_mut(cell).iter_mut().for_each(|sum| **sum += part * u64::from(value));
            });
        }
        let sums = &mut self.sums;
        shares(self.rows, self.height, |cell, part| {
            let own = sums.iter_mut().skip(cell * SIDE).take(SIDE);
            own.zip(line).for_each(|(sum, add)| *sum += part * add);
        });
        self.rows += 1;
    }

    pub fn finish(self) -> Small {
        let area = self.width * self.height;
        let mean = |sum: u64| u8::try_from((sum + area / 2) / area).unwrap_or(u8::MAX);
        Small(self.sums.into_iter().map(mean).collect())
    }
}

/// The cells in which the pixel at a place of a side of so many pixels lies, with how much of it does: a pixel is [`SIDE`]
/// long, a cell as long as the side has pixels.
fn shares(at: u64, side: u64, mut of: impl FnMut(usize, u64)) {
    let (mut from, end) = (at * SIDE as u64, (at + 1) * SIDE as u64);
    while from < end {
        let cell = from / side;
        let to = ((cell + 1) * side).min(end);
        of(cell as usize, to - from);
        from = to;
    }
}

/// Cells of a window when it is compared, in a row and in a column.
pub const GRID: usize = 32;

impl Small {
    /// The picture is as good as of one colour: the standard deviation of its luma is below two steps of 255.
    pub fn is_flat(&self) -> bool {
        let n = self.0.len() as u64;
        let (sum, squares) =
            self.0.iter().fold((0u64, 0u64), |(s, q), v| (s + u64::from(*v), q + u64::from(*v) * u64::from(*v)));
        n * squares - sum * sum < 4 * n * n
    }

    /// The sums of [`GRID`] x [`GRID`] equal cells of a window, exactly.
    pub fn grid(&self, [x1, y1, x2, y2]: Window) -> Vec<i64> {
        let mut across = vec![0i64; SIDE * GRID];
        for (line, out) in self.0.chunks_exact(SIDE).zip(across.chunks_exact_mut(GRID)) {
            cut(line.iter().map(|v| i64::from(*v)), x1, x2, out);
        }
        let mut turned = vec![0i64; GRID * GRID];
        for (x, out) in turned.chunks_exact_mut(GRID).enumerate() {
            cut(across.iter().skip(x).step_by(GRID).copied(), y1, y2, out);
        }
        let at = |x: usize, y: usize| turned.get(x * GRID + y).copied().unwrap_or(0);
        (0..GRID * GRID).map(|n| at(n % GRID, n / GRID)).collect()
    }
}

/// The sums of equal stretches of a line between two places.
fn cut(line: impl Iterator<Item = i64>, from: u32, to: u32, out: &mut [i64]) {
    /// A step of the places is so many of the units of a cell, so that every border is a whole number.
    const FINE: usize = (UNITS as usize * GRID) / SIDE;
    let mut sums = [0i64; SIDE + 2];
    let mut sum = 0;
    for (slot, value) in sums.iter_mut().skip(1).zip(line) {
        sum += value;
        *slot = sum;
    }
    let upto = |place: usize| {
        let (cell, rest) = (place / FINE, (place % FINE) as i64);
        let low = sums.get(cell).copied().unwrap_or(sum);
        let high = sums.get(cell + 1).copied().filter(|_| cell < SIDE).unwrap_or(sum);
        low * FINE as i64 + (high - low) * rest
    };
    let (from, len) = (from as usize, to.saturating_sub(from) as usize);
    let mut before = upto(from * GRID);
    for (n, slot) in out.iter_mut().enumerate() {
        let here = upto(from * GRID + len * (n + 1));
        *slot = here - before;
        before = here;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::digest::mix;

    /// A picture of soft spots, as a photograph has them.
    pub fn picture(seed: u64, width: u32, height: u32) -> Small {
        let spot = |n: u64| {
            let draw = mix(seed.wrapping_mul(1000).wrapping_add(n));
            let part = |shift: u32| ((draw >> shift) & 1023) as i64;
            (part(0), part(10), 40 + part(20) / 6, part(30) / 8 - 64)
        };
        let spots: Vec<_> = (0..24).map(spot).collect();
        let luma = |x: u32, y: u32| {
            let (x, y) = (i64::from(x) * 1024 / i64::from(width), i64::from(y) * 1024 / i64::from(height));
            let lit = |(cx, cy, r, v): &(i64, i64, i64, i64)| {
                let far = (x - cx) * (x - cx) + (y - cy) * (y - cy);
                if far < r * r { v * (r * r - far) / (r * r) } else { 0 }
            };
            (128 + spots.iter().map(lit).sum::<i64>()).clamp(0, 255) as u8
        };
        let mut cells = Cells::of(width, height);
        (0..height).for_each(|y| cells.row((0..width).map(|x| luma(x, y))));
        cells.finish()
    }

    #[test]
    fn cells_are_exact_means_whatever_the_size() {
        for (width, height) in [(1, 1), (3, 200), (64, 64), (65, 63), (640, 480)] {
            let mut cells = Cells::of(width, height);
            (0..height).for_each(|_| cells.row((0..width).map(|_| 77)));
            assert!(cells.finish().0.iter().all(|v| *v == 77), "{width} x {height}");
        }
        let mut halves = Cells::of(2, 1);
        halves.row([10u8, 30].into_iter());
        let halves = halves.finish();
        assert_eq!((halves.0[0], halves.0[31], halves.0[32], halves.0[63]), (10, 10, 30, 30));
    }

    #[test]
    fn a_grid_of_the_whole_adds_up_to_the_whole() {
        let small = picture(1, 100, 80);
        let sum: i64 = small.0.iter().map(|v| i64::from(*v)).sum();
        let unit = (UNITS as i64 * GRID as i64 / SIDE as i64).pow(2);
        assert_eq!(small.grid(WHOLE).iter().sum::<i64>(), sum * unit);
        let [left, right] = [[0, 0, 128, 256], [128, 0, 256, 256]].map(|w| small.grid(w).iter().sum::<i64>());
        assert_eq!(left + right, sum * unit);
    }

    #[test]
    fn what_has_no_contrast_is_flat() {
        assert!(Small(vec![9; SIDE * SIDE]).is_flat());
        assert!(!picture(2, 64, 64).is_flat());
    }
}
