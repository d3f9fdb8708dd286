//! What is seen of a picture: colours and gradients, as means over the cells of a grid.

/// A picture made small: means of squares of its pixels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scene {
    /// Of the picture as it is.
    pub width: u32,
    pub height: u32,
    /// Sides of the small picture.
    pub small: [u32; 2],
    /// How many pixels of the picture are side by side in one of the small one.
    pub step: u32,
    /// Red, green, blue; row by row.
    pub pixels: Vec<u8>,
}

impl Scene {
    /// The longest side of a small picture.
    pub const SIDE: u32 = 160;

    /// How many pixels of the picture a cell is wide.
    pub fn pixels_a_cell(&self) -> f64 {
        f64::from(self.step.max(1)) * CELL as f64
    }
}

/// Pixels of the small picture in a row of a cell.
const CELL: usize = 4;
/// Directions of gradients that are told apart.
const TURNS: usize = 6;
/// Red, green, blue, the size of the gradient, and its share of each direction.
pub const CHANNELS: usize = 4 + TURNS;
/// Cells of a window on each side of its middle.
pub const REACH: usize = 6;
const ROW: usize = 2 * REACH + 1;
/// Cells of a window.
pub const WINDOW: usize = ROW * ROW;

/// The channels of all cells, with a margin as wide as a window reaches.
pub struct Channels {
    wide: usize,
    high: usize,
    /// Row by row, cell by cell, channel by channel.
    values: Vec<f32>,
}

impl Channels {
    pub fn of(scene: &Scene) -> Channels {
        let [w, h] = scene.small.map(|n| n as usize);
        let (wide, high) = (w.div_ceil(CELL), h.div_ceil(CELL));
        let mut out = Channels { wide, high, values: vec![0.0; (wide + 2 * REACH) * (high + 2 * REACH) * CHANNELS] };
        let pixel = |x: usize, y: usize| {
            let at = (y.min(h - 1) * w + x.min(w - 1)) * 3;
            let own = scene.pixels.get(at..at + 3).unwrap_or(&[0, 0, 0]);
            [f32::from(own[0]), f32::from(own[1]), f32::from(own[2])]
        };
        let light = |x: usize, y: usize| pixel(x, y).iter().sum::<f32>();
        let mut counts = vec![0f32; wide * high];
        for y in 0..h {
            for x in 0..w {
                let dx = light(x + 1, y) - light(x.saturating_sub(1), y);
                let dy = light(x, y + 1) - light(x, y.saturating_sub(1));
                let size = (dx * dx + dy * dy).sqrt();
                let [r, g, b] = pixel(x, y);
                let own = out.cell_mut(x / CELL, y / CELL);
                let shown = [r, g, b, size];
                own.iter_mut().zip(shown).for_each(|(sum, value)| *sum += value);
                if let Some(sum) = own.get_mut(4 + turn(dx, dy)) {
                    *sum += size;
                }
                counts[(y / CELL) * wide + x / CELL] += 1.0;
            }
        }
        for (cell, n) in counts.iter().enumerate() {
            out.cell_mut(cell % wide, cell / wide).iter_mut().for_each(|sum| *sum /= n.max(1.0));
        }
        out
    }

    fn cell_mut(&mut self, x: usize, y: usize) -> &mut [f32] {
        let at = ((y + REACH) * (self.wide + 2 * REACH) + x + REACH) * CHANNELS;
        &mut self.values[at..at + CHANNELS]
    }

    pub fn cells(&self) -> usize {
        self.wide * self.high
    }

    /// The middle of a cell, in cells.
    pub fn middle(&self, cell: usize) -> (f64, f64) {
        ((cell % self.wide.max(1)) as f64 + 0.5, (cell / self.wide.max(1)) as f64 + 0.5)
    }

    /// The cells around a cell, and whether each comes before it.
    pub fn around(&self, cell: usize) -> impl Iterator<Item = (usize, bool)> + '_ {
        let (x, y) = (cell % self.wide, cell / self.wide);
        let rows = y.saturating_sub(1)..(y + 2).min(self.high);
        rows.flat_map(move |row| (x.saturating_sub(1)..(x + 2).min(self.wide)).map(move |col| row * self.wide + col))
            .filter(move |other| *other != cell)
            .map(move |other| (other, other < cell))
    }

    /// The rows of the window around a cell.
    pub fn window(&self, cell: usize) -> impl Iterator<Item = &[f32]> {
        let stride = (self.wide + 2 * REACH) * CHANNELS;
        let from = (cell / self.wide.max(1)) * stride + (cell % self.wide.max(1)) * CHANNELS;
        (0..ROW).filter_map(move |row| self.values.get(from + row * stride..from + row * stride + ROW * CHANNELS))
    }
}

/// The part of a half turn in which a gradient lies; opposite ones are the same.
fn turn(dx: f32, dy: f32) -> usize {
    let part = libm::atan2f(dy, dx) / std::f32::consts::PI * TURNS as f32;
    let part = if part < 0.0 { part + TURNS as f32 } else { part };
    (part as usize) % TURNS
}

/// How channels are made comparable: the mean and the spread of each over the pictures that were learned of.
#[derive(Default)]
pub struct Grid {
    means: [f32; CHANNELS],
    spreads: [f32; CHANNELS],
}

impl Grid {
    pub fn of(all: &[Channels]) -> Grid {
        let (mut sums, mut squares, mut n) = ([0f64; CHANNELS], [0f64; CHANNELS], 0u64);
        for channels in all {
            for cell in channels.inner() {
                n += 1;
                for (k, value) in cell.iter().enumerate() {
                    sums[k] += f64::from(*value);
                    squares[k] += f64::from(*value) * f64::from(*value);
                }
            }
        }
        let n = n.max(1) as f64;
        let means = sums.map(|s| s / n);
        let mut grid = Grid { means: means.map(|m| m as f32), spreads: [1.0; CHANNELS] };
        for ((spread, square), mean) in grid.spreads.iter_mut().zip(squares).zip(means) {
            *spread = ((square / n - mean * mean).max(0.0).sqrt() as f32).max(1e-3);
        }
        grid
    }

    /// With mean 0 and spread 1, and 0 in the margin.
    pub fn normal(&self, mut channels: Channels) -> Channels {
        for cell in 0..channels.cells() {
            let own = channels.cell_mut(cell % channels.wide, cell / channels.wide);
            for ((value, mean), spread) in own.iter_mut().zip(self.means).zip(self.spreads) {
                *value = (*value - mean) / spread;
            }
        }
        channels
    }
}

impl Channels {
    /// The cells without the margin.
    fn inner(&self) -> impl Iterator<Item = &[f32]> {
        let stride = (self.wide + 2 * REACH) * CHANNELS;
        let row = move |y: usize| (y + REACH) * stride + REACH * CHANNELS;
        (0..self.high).flat_map(move |y| self.values[row(y)..row(y) + self.wide * CHANNELS].chunks_exact(CHANNELS))
    }
}
