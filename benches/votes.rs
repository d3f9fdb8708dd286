//! What alpha and Dawid-Skene cost alone, without reading, joining or storing votes: for `benches/kernels.py`.
//!
//! `cargo run --release --example votes -- FILE ROUNDS`: the file holds three whole numbers of four bytes for each vote, the item,
//! the annotator and the class, little end first and item after item. Prints for each kernel the least seconds of some passes, which on
//! one thread are never less than its CPU time, and what it found, as JSON.
use std::time::Instant;
use tamis::measure::agreement::{Coefficient, Level, Units};
use tamis::measure::crowd::{Ballots, dawid_skene};

/// Passes, of which the cheapest counts: what else the machine does only slows one down.
const PASSES: usize = 25;

struct Votes {
    /// Where the votes on each item end.
    ends: Vec<usize>,
    annotator: Vec<u32>,
    class: Vec<u32>,
    annotators: usize,
    classes: usize,
}

impl Votes {
    fn read(path: &str) -> Votes {
        let bytes = std::fs::read(path).expect("a file of votes");
        let numbers: Vec<u32> = bytes.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        let column = |at: usize| -> Vec<u32> { numbers.iter().skip(at).step_by(3).copied().collect() };
        let (item, annotator, class) = (column(0), column(1), column(2));
        let mut ends: Vec<usize> = (1..item.len()).filter(|at| item[at - 1] != item[*at]).collect();
        ends.push(item.len());
        let most = |of: &[u32]| of.iter().max().map_or(0, |most| *most as usize + 1);
        Votes { ends, annotators: most(&annotator), classes: most(&class), annotator, class }
    }

    fn items(&self) -> impl Iterator<Item = std::ops::Range<usize>> + '_ {
        std::iter::once(0).chain(self.ends.iter().copied()).zip(&self.ends).map(|(from, to)| from..*to)
    }

    fn alpha(&self) -> f64 {
        let mut units = Units::of(self.classes);
        self.items().for_each(|own| units.add_one(&self.class[own]));
        Coefficient::Alpha(Level::Nominal).of(&units).expect("a value")
    }

    fn ballots(&self) -> Ballots {
        let mut ballots = Ballots::new(self.annotators, self.classes);
        for own in self.items() {
            ballots.add(self.annotator[own.clone()].iter().copied().zip(self.class[own].iter().copied()));
        }
        ballots
    }
}

/// The least time of a call on this one thread, and what it gave.
fn least<T>(call: impl Fn() -> T) -> (f64, T) {
    let pass = || {
        let began = Instant::now();
        let value = std::hint::black_box(call());
        (began.elapsed().as_secs_f64(), value)
    };
    let first = pass();
    (1..PASSES).fold(first, |(least, value), _| (least.min(pass().0), value))
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, rounds] = args.as_slice() else { panic!("FILE ROUNDS") };
    let (votes, rounds) = (Votes::read(path), rounds.parse::<u32>().expect("a number of rounds"));
    let (alpha_seconds, alpha) = least(|| votes.alpha());
    let (seconds, model) = least(|| dawid_skene(&votes.ballots(), rounds, 0.0));
    let skill = model.skills.iter().sum::<f64>() / model.skills.len() as f64;
    let n = votes.class.len();
    println!(
        "{{\"votes\": {n}, \"alpha\": {alpha:.12}, \"alpha_seconds\": {alpha_seconds:.6}, \"dawid_skene_seconds\": {seconds:.6}, \
         \"rounds\": {}, \"converged\": {}, \"skill\": {skill:.12}}}",
        model.rounds, model.converged
    );
}
