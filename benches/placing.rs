//! What placing groups into splits costs alone, without reading, joining or storing samples: for `benches/placing.py`.
//!
//! `cargo run --release --example placing -- FILE OUT SEED [KEPT]`. FILE holds whole numbers of four bytes, little end first: how many
//! samples and how many classes there are, then for each sample its group, how many classes it has, and each of these with how often it
//! stands there. Groups are numbered from 0, in any order. OUT becomes one byte a sample: its split, of 80, 10 and 10 %. KEPT holds the
//! same for the first samples, which must stay where they are. Prints the least CPU seconds of some passes, on one thread, as JSON. A pass
//! begins with the numbers of all samples in memory and ends with the split of each: it gathers the samples of each group, counts their
//! classes, draws and places.
#![allow(dead_code)]

#[path = "../src/measure/apportion.rs"]
mod apportion;
#[path = "../src/digest.rs"]
mod digest;
#[path = "../src/measure/placing.rs"]
mod placing;

use digest::mix;
use placing::{Lot, place};
use std::time::Instant;

/// Passes, of which the cheapest counts: what else the machine does only slows one down.
const PASSES: usize = 25;

const WEIGHTS: [u64; 3] = [8, 1, 1];

/// No split: of samples that came after the last release.
const NONE: u8 = u8::MAX;

struct Samples {
    classes: usize,
    group: Vec<u32>,
    /// Where the classes of each sample end in `parts`.
    ends: Vec<usize>,
    parts: Vec<(u32, u32)>,
    kept: Vec<u8>,
}

impl Samples {
    fn read(path: &str, kept: Option<&String>) -> Samples {
        let bytes = std::fs::read(path).expect("a file of samples");
        let mut numbers = bytes.as_chunks::<4>().0.iter().map(|b| u32::from_le_bytes(*b));
        let mut next = || numbers.next().expect("a number more");
        let (n, classes) = (next() as usize, next() as usize);
        let (mut group, mut ends, mut parts) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..n {
            group.push(next());
            (0..next()).for_each(|_| parts.push((next(), next())));
            ends.push(parts.len());
        }
        let kept = kept.map(|path| std::fs::read(path).expect("the splits of before")).unwrap_or_default();
        Samples { classes, group, ends, parts, kept }
    }

    fn parts_of(&self, sample: usize) -> &[(u32, u32)] {
        let from = sample.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.parts[from..self.ends[sample]]
    }

    /// How many samples each group has.
    fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.group.iter().max().map_or(0, |most| *most as usize + 1)];
        self.group.iter().for_each(|group| sizes[*group as usize] += 1);
        sizes
    }

    /// The classes of the samples of each group, group after group, and where those of each begin.
    fn scattered(&self, groups: usize) -> (Vec<(u32, u32)>, Vec<usize>) {
        let mut begins = vec![0; groups + 1];
        for (sample, group) in self.group.iter().enumerate() {
            begins[*group as usize + 1] += self.parts_of(sample).len();
        }
        (0..groups).for_each(|group| begins[group + 1] += begins[group]);
        let (mut next, mut parts) = (begins.clone(), vec![(0, 0); self.parts.len()]);
        for (sample, group) in self.group.iter().enumerate() {
            for part in self.parts_of(sample) {
                parts[next[*group as usize]] = *part;
                next[*group as usize] += 1;
            }
        }
        (parts, begins)
    }

    fn split(&self, seed: u64) -> Vec<u8> {
        let sizes = self.sizes();
        let (mut parts, begins) = self.scattered(sizes.len());
        let (mut counted, mut ends) = (Vec::with_capacity(parts.len()), Vec::with_capacity(sizes.len()));
        for own in begins.windows(2) {
            let own = &mut parts[own[0]..own[1]];
            own.sort_unstable_by_key(|(class, _)| *class);
            for run in own.chunk_by(|a, b| a.0 == b.0) {
                counted.push((run[0].0, run.iter().map(|(_, n)| u64::from(*n)).sum()));
            }
            ends.push(counted.len());
        }
        let mut kept = vec![None; sizes.len()];
        for (group, split) in self.group.iter().zip(&self.kept).filter(|(_, split)| **split != NONE) {
            kept[*group as usize] = Some(u32::from(*split));
        }
        let lot = |(group, size): (usize, &u64)| {
            let from = group.checked_sub(1).map_or(0, |before| ends[before]);
            let classes = (&counted[from..ends[group]]).into();
            Lot { size: *size, classes, draw: mix(mix(seed) ^ group as u64), kept: kept[group] }
        };
        let lots: Vec<Lot> = sizes.iter().enumerate().map(lot).collect();
        let draws: Vec<u64> = (0..self.classes as u64).map(|class| mix(!mix(seed) ^ class)).collect();
        let splits = place(&lots, &draws, &WEIGHTS);
        self.group.iter().map(|group| splits[*group as usize] as u8).collect()
    }
}

/// Nanoseconds that this thread was given so far; where the system does not say so, those that have passed.
fn spent(began: Instant) -> u64 {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let own = told.as_ref().and_then(|text| text.split(' ').next()?.parse().ok());
    own.unwrap_or(began.elapsed().as_nanos() as u64)
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, out, seed, kept @ ..] = args.as_slice() else { panic!("FILE OUT SEED [KEPT]") };
    let (samples, seed) = (Samples::read(path, kept.first()), seed.parse().expect("a whole number"));
    let (began, mut least, mut splits) = (Instant::now(), u64::MAX, Vec::new());
    for _ in 0..PASSES {
        let before = spent(began);
        splits = std::hint::black_box(samples.split(seed));
        least = least.min(spent(began) - before);
    }
    let least = least as f64 / 1e9;
    std::fs::write(out, &splits).expect("a file for the splits");
    println!("{{\"samples\": {}, \"seconds\": {least:.6}}}", splits.len());
}
