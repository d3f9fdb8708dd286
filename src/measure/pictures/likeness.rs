//! How alike two small pictures are: the correlation of the luma of one with that of a window of the other, where the window
//! lies as well as it can.
use super::hash::stored;
use super::small::{GRID, Small, UNITS, WHOLE, Window};

/// Millionths of a correlation.
pub const ONE: u64 = 1_000_000;
/// The least side of a window, in parts of [`UNITS`]: what is cut to less is another picture.
const SIDE_MIN: u32 = UNITS * 6 / 10;

/// The correlation, in millionths, of a picture with the window of another that looks most like it; the search begins at a
/// window and an orientation, and goes on as long as it gets better. 0 where there is none.
pub fn likeness(of: &Small, from: Window, orientation: u8, with: &[i64]) -> u64 {
    let at = |window: Window| correlation(&of.grid(window), orientation, with);
    let (mut window, mut best) = (from, at(from));
    let mut step = UNITS / 32;
    while step > 0 {
        let mut better = false;
        for to in moves(window, step) {
            let found = at(to);
            if found > best {
                (window, best, better) = (to, found, true);
            }
        }
        if !better {
            step /= 2;
        }
    }
    (best.clamp(0.0, 1.0) * ONE as f64) as u64
}

/// The same without a search: both are whole.
pub fn as_a_whole(of: &Small, orientation: u8, with: &[i64]) -> u64 {
    (correlation(&of.grid(WHOLE), orientation, with).clamp(0.0, 1.0) * ONE as f64) as u64
}

/// A window moved, and with one border moved, by a step to each side.
fn moves(window: Window, step: u32) -> impl Iterator<Item = Window> {
    const MOVES: [[i64; 4]; 12] = [
        [1, 0, 1, 0],
        [-1, 0, -1, 0],
        [0, 1, 0, 1],
        [0, -1, 0, -1],
        [1, 0, 0, 0],
        [-1, 0, 0, 0],
        [0, 1, 0, 0],
        [0, -1, 0, 0],
        [0, 0, 1, 0],
        [0, 0, -1, 0],
        [0, 0, 0, 1],
        [0, 0, 0, -1],
    ];
    MOVES.into_iter().filter_map(move |by| {
        let mut to = window;
        for (place, by) in to.iter_mut().zip(by) {
            *place = u32::try_from(i64::from(*place) + by * i64::from(step)).ok().filter(|place| *place <= UNITS)?;
        }
        let [x1, y1, x2, y2] = to;
        (x2 >= x1 + SIDE_MIN && y2 >= y1 + SIDE_MIN).then_some(to)
    })
}

/// Pearson's correlation of a grid in an orientation with another; 0 where one of them has no contrast.
fn correlation(of: &[i64], orientation: u8, with: &[i64]) -> f64 {
    let mean = |grid: &[i64]| grid.iter().sum::<i64>() as f64 / (GRID * GRID) as f64;
    let (a, b) = (mean(of), mean(with));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (n, y) in with.iter().enumerate() {
        let x = of.get(stored(orientation, n % GRID, n / GRID)).copied().unwrap_or(0) as f64 - a;
        let y = *y as f64 - b;
        (ab, aa, bb) = (ab + x * y, aa + x * x, bb + y * y);
    }
    let both = (aa * bb).sqrt();
    if both > 0.0 { ab / both } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::super::small::tests::picture;
    use super::*;

    #[test]
    fn a_picture_is_like_itself_in_every_size_and_unlike_others() {
        let (small, large) = (picture(3, 90, 60), picture(3, 720, 480));
        assert!(likeness(&small, WHOLE, 0, &large.grid(WHOLE)) > 990_000);
        assert_eq!(likeness(&large, WHOLE, 0, &large.grid(WHOLE)), ONE);
        for other in 4..30 {
            assert!(likeness(&small, WHOLE, 0, &picture(other, 90, 60).grid(WHOLE)) < 800_000, "{other}");
        }
    }

    #[test]
    fn a_window_is_found_from_near_it() {
        let small = picture(5, 400, 300);
        let cut = small.grid([13, 21, 230, 240]);
        assert!(likeness(&small, [10, 26, 228, 244], 0, &cut) > 999_000);
    }

    #[test]
    fn what_has_no_contrast_is_like_nothing() {
        let flat = Small(vec![9; 64 * 64]);
        assert_eq!(likeness(&flat, WHOLE, 0, &flat.grid(WHOLE)), 0);
    }
}
