//! Linear models over windows: eight sums at once, each in the order of the values.
use super::Told;
use super::channels::{CHANNELS, Channels, WINDOW};

/// Sums that are made at once.
pub const BLOCK: usize = 8;

/// What a value of the window adds to each of eight sums, value by value; the last are what stands without any value.
type Block = Vec<[f32; BLOCK]>;

/// Weights of so many sums as needed, in blocks.
pub struct Weights {
    sums: usize,
    blocks: Vec<Block>,
}

const VALUES: usize = WINDOW * CHANNELS;

/// Sums of one block.
fn forward(block: &Block, channels: &Channels, cell: usize) -> [f32; BLOCK] {
    // two runs of sums, so that one addition does not wait for the one before
    let (mut even, mut odd) = ([0f32; BLOCK], [0f32; BLOCK]);
    let mut weights = block.as_chunks::<2>().0.iter();
    for row in channels.window(cell) {
        for (values, [a, b]) in row.as_chunks::<2>().0.iter().zip(weights.by_ref()) {
            for k in 0..BLOCK {
                even[k] += values[0] * a[k];
                odd[k] += values[1] * b[k];
            }
        }
    }
    let free = block.last().copied().unwrap_or_default();
    std::array::from_fn(|k| even[k] + odd[k] + free[k])
}

/// Adds the window, so much for each sum.
fn backward(block: &mut Block, channels: &Channels, cell: usize, by: &[f32; BLOCK]) {
    let mut weights = block.iter_mut();
    for row in channels.window(cell) {
        for (value, own) in row.iter().zip(weights.by_ref()) {
            for k in 0..BLOCK {
                own[k] += value * by[k];
            }
        }
    }
    if let Some(free) = block.last_mut() {
        free.iter_mut().zip(by).for_each(|(w, by)| *w += by);
    }
}

fn nothing() -> Block {
    vec![[0.0; BLOCK]; VALUES + 1]
}

impl Weights {
    pub fn new(sums: usize) -> Weights {
        Weights { sums, blocks: vec![nothing(); sums.div_ceil(BLOCK)] }
    }

    /// All sums at a cell.
    pub fn sums(&self, channels: &Channels, cell: usize) -> Vec<f32> {
        let mut out: Vec<f32> = self.blocks.iter().flat_map(|b| forward(b, channels, cell)).collect();
        out.truncate(self.sums);
        out
    }

    /// The sums as probabilities.
    pub fn shares(&self, channels: &Channels, cell: usize) -> Vec<f64> {
        let mut out: Vec<f64> = self.sums(channels, cell).into_iter().map(f64::from).collect();
        let most = out.iter().copied().fold(f64::MIN, f64::max);
        out.iter_mut().for_each(|s| *s = libm::exp(*s - most));
        let all: f64 = out.iter().sum();
        out.iter_mut().for_each(|s| *s /= all);
        out
    }

    /// Makes a kind likelier at a cell.
    pub fn step(&mut self, channels: &Channels, cell: usize, kind: usize, step: f32) {
        let shares = self.shares(channels, cell);
        let by = |k: usize| step * (f32::from(u8::from(k == kind)) - shares.get(k).map_or(0.0, |p| *p as f32));
        for (n, block) in self.blocks.iter_mut().enumerate() {
            let by: [f32; BLOCK] =
                std::array::from_fn(|k| if n * BLOCK + k < self.sums { by(n * BLOCK + k) } else { 0.0 });
            backward(block, channels, cell, &by);
        }
    }

    /// Makes all weights smaller.
    pub fn shrink(&mut self, by: f32) {
        let own = self.blocks.iter_mut().flat_map(|b| b.iter_mut().take(VALUES));
        own.flatten().for_each(|w| *w *= by);
    }
}

/// The weight of the squared norm, for each place.
const RIDGE: f32 = 10.0;
/// Steps of the method of conjugate gradients.
const STEPS: usize = 25;

/// Linear regression with small weights (ridge), solved by conjugate gradients (Hestenes and Stiefel 1952), of all four numbers at
/// once. Gives nothing if there is nothing to learn of. The outer `None` is that `go_on` says so.
pub fn ridge(
    channels: &[Channels],
    of: &[(usize, usize)],
    told: &[Told],
    go_on: &mut dyn FnMut() -> bool,
) -> Option<Option<Weights>> {
    if of.is_empty() {
        return Some(None);
    }
    let weight = RIDGE * of.len() as f32;
    let places = || of.iter().filter_map(|(scene, cell)| Some((channels.get(*scene)?, *cell)));
    let (mut x, mut r) = (nothing(), nothing());
    // the means first: what is learned are differences from them
    let mut mean = [0f32; BLOCK];
    told.iter().for_each(|t| mean.iter_mut().zip(t).for_each(|(m, t)| *m += t));
    mean.iter_mut().for_each(|m| *m /= told.len() as f32);
    for ((own, cell), t) in places().zip(told) {
        let by = std::array::from_fn(|k| t.get(k).map_or(0.0, |t| t - mean[k]));
        backward(&mut r, own, cell, &by);
    }
    let mut p = r.clone();
    let mut left = product(&r, &r);
    for _ in 0..STEPS {
        if !go_on() {
            return None;
        }
        let mut q = nothing();
        for (own, cell) in places() {
            let by = forward(&p, own, cell);
            backward(&mut q, own, cell, &by);
        }
        add(&mut q, &p, &[weight; BLOCK]);
        let curve = product(&p, &q);
        let step: [f32; BLOCK] = std::array::from_fn(|k| if curve[k] > 0.0 { left[k] / curve[k] } else { 0.0 });
        add(&mut x, &p, &step);
        add(&mut r, &q, &step.map(|s| -s));
        let next = product(&r, &r);
        let keep: [f32; BLOCK] = std::array::from_fn(|k| if left[k] > 0.0 { next[k] / left[k] } else { 0.0 });
        for (p, r) in p.iter_mut().zip(&r) {
            *p = std::array::from_fn(|k| r[k] + keep[k] * p[k]);
        }
        left = next;
    }
    if let Some(free) = x.last_mut() {
        free.iter_mut().zip(mean).for_each(|(w, m)| *w += m);
    }
    Some(Some(Weights { sums: 4, blocks: vec![x] }))
}

/// The inner product of each sum's weights.
fn product(a: &Block, b: &Block) -> [f32; BLOCK] {
    let mut out = [0f64; BLOCK];
    for (a, b) in a.iter().zip(b) {
        for k in 0..BLOCK {
            out[k] += f64::from(a[k]) * f64::from(b[k]);
        }
    }
    out.map(|x| x as f32)
}

/// Adds so much of another for each sum.
fn add(to: &mut Block, of: &Block, by: &[f32; BLOCK]) {
    for (to, of) in to.iter_mut().zip(of) {
        for k in 0..BLOCK {
            to[k] += of[k] * by[k];
        }
    }
}
