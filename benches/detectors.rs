//! How fast the detectors of personal data read ordinary text, beside one BLAKE3 pass over the same bytes, on one core.
//!
//! `cargo run --release --example detectors [-- FILE ...]`: each file is a text, and then each line of all files is one. Without
//! files the documents of this repository are read.
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tamis::stages::privacy::detectors::{Confidence, DETECTORS, Finder};

/// Passes, of which the fastest counts: what else the machine does only slows one down.
const PASSES: usize = 9;

fn main() {
    let named: Vec<PathBuf> = std::env::args().skip(1).map(PathBuf::from).collect();
    let files = if named.is_empty() { documents(Path::new(env!("CARGO_MANIFEST_DIR"))) } else { named };
    let whole: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).expect("a file of UTF-8")).collect();
    let lines: Vec<&str> = whole.iter().flat_map(|text| text.lines()).filter(|line| !line.is_empty()).collect();
    let whole: Vec<&str> = whole.iter().map(String::as_str).collect();
    for (name, texts) in [("whole files", whole), ("lines", lines)] {
        compare(name, &texts);
    }
}

/// The documents of the repository: English, and the Korean messages.
fn documents(root: &Path) -> Vec<PathBuf> {
    let folders = ["spec", "spec/decisions", "src/report/explain", "src/report/lang"];
    let entries =
        folders.iter().flat_map(|folder| std::fs::read_dir(root.join(folder)).expect("a folder of documents"));
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry of a folder").path()).collect();
    files.retain(|path| path.extension().is_some_and(|e| e == "md" || e == "txt"));
    files.sort();
    files
}

fn compare(name: &str, texts: &[&str]) {
    let mut finder = Finder::of_regions(&["KR".into(), "US".into(), "GB".into()]);
    DETECTORS.iter().for_each(|detector| finder.detector(detector.name, Confidence::default()));
    let bytes = texts.concat();
    let (mut detect, mut hash, mut hits) = (Duration::MAX, Duration::MAX, 0);
    for _ in 0..PASSES {
        let start = Instant::now();
        hits = texts.iter().map(|text| finder.find(black_box(text)).len()).sum();
        detect = detect.min(start.elapsed());
        let start = Instant::now();
        black_box(blake3::hash(black_box(bytes.as_bytes())));
        hash = hash.min(start.elapsed());
    }
    let rate = |time: Duration| bytes.len() as f64 / 1e6 / time.as_secs_f64();
    println!(
        "{name}: {} texts, {:.1} MB, {hits} hits; detectors {:.0} MB/s, BLAKE3 {:.0} MB/s, {:.1} %",
        texts.len(),
        bytes.len() as f64 / 1e6,
        rate(detect),
        rate(hash),
        100.0 * rate(detect) / rate(hash),
    );
}
