//! What placing groups into splits costs alone, without reading, joining or storing samples: for `benches/placing.py`.
//!
//! `cargo run --release --example placing -- FILE OUT SEED [KEPT]`. FILE holds whole numbers of four bytes, little end first: how many
//! samples and how many classes there are, then for each sample its group, how many classes it has, and each of these with how often it
//! stands there. Groups are numbered from 0, in any order. OUT becomes one byte a sample: its split, of 80, 10 and 10 %. KEPT holds the
//! same for the first samples, which must stay where they are. Prints the least seconds of some passes, on one thread, as JSON. A pass
//! begins with the numbers of all samples in memory and ends with the split of each: it gathers the samples of each group, counts their
//! classes, draws and places.
#![allow(dead_code)]

#[path = "../src/digest.rs"]
mod digest;
mod measure {
    #[path = "../../src/measure/apportion.rs"]
    pub mod apportion;
    #[path = "../../src/measure/placing.rs"]
    pub mod placing;
}

use digest::mix;
use measure::placing::{Lot, place};
use std::time::Instant;

/// Passes, of which the cheapest counts: what else the machine does only slows one down.
const PASSES: usize = 9;

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

    /// The samples of each group, group after group, and where those of each end.
    fn grouped(&self) -> (Vec<u32>, Vec<usize>) {
        let groups = self.group.iter().max().map_or(0, |most| *most as usize + 1);
        let mut ends = vec![0; groups + 1];
        self.group.iter().for_each(|g| ends[*g as usize + 1] += 1);
        (0..groups).for_each(|g| ends[g + 1] += ends[g]);
        let mut samples = vec![0; self.group.len()];
        for (sample, group) in (0u32..).zip(&self.group) {
            let at = &mut ends[*group as usize];
            samples[*at] = sample;
            *at += 1;
        }
        ends.pop();
        (samples, ends)
    }

    fn split(&self, seed: u64) -> Vec<u8> {
        let (samples, ends) = self.grouped();
        let (mut counted, mut held) = (Vec::new(), Vec::with_capacity(ends.len()));
        let mut counts = vec![0u64; self.classes];
        let (mut from, mut kept) = (0, vec![None; ends.len()]);
        for (group, to) in ends.iter().enumerate() {
            for sample in &samples[from..*to] {
                for (class, n) in self.parts_of(*sample as usize) {
                    counts[*class as usize] += u64::from(*n);
                }
                let before = self.kept.get(*sample as usize).filter(|split| **split != NONE);
                kept[group] = kept[group].or(before.map(|split| u32::from(*split)));
            }
            let own = (0u32..).zip(&mut counts).filter(|(_, n)| **n > 0);
            counted.extend(own.map(|(class, n)| (class, std::mem::take(n))));
            held.push((counted.len(), (to - from) as u64));
            from = *to;
        }
        let mut from = 0;
        let lot = |(group, (to, size)): (usize, &(usize, u64))| {
            let classes = (&counted[std::mem::replace(&mut from, *to)..*to]).into();
            Lot { size: *size, classes, draw: mix(mix(seed) ^ group as u64), kept: kept[group] }
        };
        let lots: Vec<Lot> = held.iter().enumerate().map(lot).collect();
        let draws: Vec<u64> = (0..self.classes as u64).map(|class| mix(!mix(seed) ^ class)).collect();
        let splits = place(&lots, &draws, &WEIGHTS);
        self.group.iter().map(|group| splits[*group as usize] as u8).collect()
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, out, seed, kept @ ..] = args.as_slice() else { panic!("FILE OUT SEED [KEPT]") };
    let (samples, seed) = (Samples::read(path, kept.first()), seed.parse().expect("a whole number"));
    let mut least = f64::INFINITY;
    let mut splits = Vec::new();
    for _ in 0..PASSES {
        let began = Instant::now();
        splits = std::hint::black_box(samples.split(seed));
        least = least.min(began.elapsed().as_secs_f64());
    }
    std::fs::write(out, &splits).expect("a file for the splits");
    println!("{{\"samples\": {}, \"seconds\": {least:.6}}}", splits.len());
}
