//! Hashes of pictures: 64 signs of the cosine transform of a window, without its brightness.
//!
//! A mirrored picture has the transform with some signs turned, a turned one has it transposed. So the hash of each of the
//! eight orientations comes of one hash.
use super::small::{GRID, Small, UNITS, WHOLE, Window};
use std::sync::LazyLock;

/// The orientations of a picture: 1 mirrors it left to right, 2 top to bottom, 4 swaps its axes after that.
pub const ORIENTATIONS: u8 = 8;

/// The hashes of the windows of a picture, in the order of [`windows`]; the first is that of the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hashes(pub Vec<u64>);

/// Sides of windows in hundredths of a picture's, and at how many places they stand in a row and in a column.
const SCALES: [(u32, u32); 5] = [(100, 1), (95, 2), (90, 3), (85, 4), (80, 5)];

/// The parts of a picture that a cut may have left: those of `SCALES`, evenly spread.
pub fn windows() -> &'static [Window] {
    static WINDOWS: LazyLock<Vec<Window>> = LazyLock::new(|| {
        let mut out = Vec::new();
        for (scale, places) in SCALES {
            let side = UNITS * scale / 100;
            let place = |n: u32| if places > 1 { (UNITS - side) * n / (places - 1) } else { 0 };
            for (x, y) in (0..places).flat_map(|y| (0..places).map(move |x| (x, y))) {
                out.push([place(x), place(y), place(x) + side, place(y) + side]);
            }
        }
        out
    });
    &WINDOWS
}

impl Hashes {
    pub fn of(small: &Small) -> Hashes {
        Hashes(windows().iter().map(|window| hash(&small.grid(*window))).collect())
    }

    /// The hash of the whole picture.
    pub fn whole(&self) -> u64 {
        self.0.first().copied().unwrap_or(0)
    }
}

/// The hash of the whole alone.
pub fn whole(small: &Small) -> u64 {
    hash(&small.grid(WHOLE))
}

/// Frequencies in a row and in a column, from 1: that of 0 is the brightness.
const WAVES: usize = 8;
/// The cosine of pi / 64. All others are made of it by adding and multiplying alone, so that every machine has the same.
const COSINE: f64 = 0.998_795_456_205_172_4;

/// `cos(pi (2 x + 1) u / 64)` for the frequencies `u` from 1.
static COSINES: LazyLock<[[f64; GRID]; WAVES]> = LazyLock::new(|| {
    let mut turn = [1.0, COSINE].to_vec();
    while turn.len() < 128 {
        let [.., before, last] = turn.as_slice() else { break };
        turn.push(2.0 * COSINE * last - before);
    }
    let at = |u: usize, x: usize| turn.get((2 * x + 1) * u % 128).copied().unwrap_or(0.0);
    std::array::from_fn(|u| std::array::from_fn(|x| at(u + 1, x)))
});

fn hash(grid: &[i64]) -> u64 {
    let mut across = [[0f64; GRID]; WAVES];
    for (y, line) in grid.chunks_exact(GRID).enumerate() {
        for (waves, row) in COSINES.iter().zip(across.iter_mut()) {
            let sum = line.iter().zip(waves).fold(0.0, |sum, (value, wave)| sum + *value as f64 * wave);
            row.get_mut(y).iter_mut().for_each(|slot| **slot = sum);
        }
    }
    let mut bits = 0;
    for (v, down) in COSINES.iter().enumerate() {
        for (u, row) in across.iter().enumerate() {
            let sum = row.iter().zip(down).fold(0.0, |sum, (value, wave)| sum + value * wave);
            bits |= u64::from(sum > 0.0) << (v * WAVES + u);
        }
    }
    bits
}

/// The hash of the same window in another orientation.
pub fn oriented(hash: u64, orientation: u8) -> u64 {
    /// The places of frequencies 1, 3, 5 and 7 in a row, and in a column.
    const ODD_ACROSS: u64 = 0x5555_5555_5555_5555;
    const ODD_DOWN: u64 = 0x00ff_00ff_00ff_00ff;
    let mirrored = hash ^ if orientation & 1 != 0 { ODD_ACROSS } else { 0 };
    let mirrored = mirrored ^ if orientation & 2 != 0 { ODD_DOWN } else { 0 };
    if orientation & 4 != 0 { transposed(mirrored) } else { mirrored }
}

/// Swaps rows and columns of 8 x 8 bits.
fn transposed(mut bits: u64) -> u64 {
    for (shift, mask) in [(7, 0x00aa_00aa_00aa_00aa), (14, 0x0000_cccc_0000_cccc), (28, 0x0000_0000_f0f0_f0f0)] {
        let swap = (bits ^ (bits >> shift)) & mask;
        bits ^= swap ^ (swap << shift);
    }
    bits
}

/// The place, in a grid as it is stored, of what stands at a place in an orientation.
pub fn stored(orientation: u8, x: usize, y: usize) -> usize {
    let (x, y) = if orientation & 4 != 0 { (y, x) } else { (x, y) };
    let x = if orientation & 1 != 0 { GRID - 1 - x } else { x };
    let y = if orientation & 2 != 0 { GRID - 1 - y } else { y };
    y * GRID + x
}

#[cfg(test)]
mod tests {
    use super::super::small::tests::picture;
    use super::*;

    #[test]
    fn the_hash_of_an_orientation_is_that_of_the_picture_so_turned() {
        for seed in 0..20 {
            let grid = picture(seed, 90, 70).grid(WHOLE);
            for orientation in 0..ORIENTATIONS {
                let turned: Vec<i64> =
                    (0..GRID * GRID).map(|n| grid[stored(orientation, n % GRID, n / GRID)]).collect();
                let off = (hash(&turned) ^ oriented(hash(&grid), orientation)).count_ones();
                assert_eq!(off, 0, "{seed} {orientation}");
            }
        }
    }

    #[test]
    fn windows_lie_inside_and_the_first_is_the_whole() {
        assert_eq!((windows().len(), windows()[0]), (55, WHOLE));
        assert!(windows().iter().all(|[x1, y1, x2, y2]| x1 < x2 && y1 < y2 && *x2 <= UNITS && *y2 <= UNITS));
    }

    #[test]
    fn cosines_are_cosines() {
        let want = |u: usize, x: usize| libm::cos(std::f64::consts::PI * ((2 * x + 1) * u) as f64 / 64.0);
        for (u, row) in COSINES.iter().enumerate() {
            row.iter().enumerate().for_each(|(x, c)| assert!((c - want(u + 1, x)).abs() < 1e-9));
        }
    }
}
