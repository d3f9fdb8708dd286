//! What reading a file of COCO instances costs alone, without storing anything: for `benches/coco.py`.
//!
//! `cargo run --release --example coco -- FILE`: reads the file from memory into its images with their boxes, as a source does, and prints
//! the least seconds of some passes, which on one thread are never less than its CPU time, and what it found, as JSON.
use std::time::Instant;
use tamis::formats::options::Options;
use tamis::formats::reader::Unit;

/// Passes, of which the cheapest counts: what else the machine does only slows one down.
const PASSES: usize = 9;

fn main() {
    let path = std::env::args().nth(1).expect("a file of COCO instances");
    let bytes = std::fs::read(path).expect("a file");
    let coco = tamis::formats::named("coco").and_then(|format| format.sidecar.as_ref()).expect("the format");
    let unit = Unit { row: 0, bytes: &bytes, context: None, path: "", stem: "" };
    let (mut least, mut found) = (f64::MAX, (0, 0));
    for _ in 0..PASSES {
        let began = Instant::now();
        let read = std::hint::black_box((coco.read)(&Options::default(), 64, &unit)).expect("instances");
        least = least.min(began.elapsed().as_secs_f64());
        let images = read.of.iter().flatten();
        found = (images.clone().count(), images.map(|image| image.boxes.len()).sum());
    }
    let (images, objects) = found;
    println!("{{\"seconds\": {least}, \"images\": {images}, \"objects\": {objects}}}");
}
