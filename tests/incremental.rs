//! Properties over random edits: an incremental build gives what a clean one gives, by both roots, whatever the number
//! of threads, the size of partitions, the checkout's path, the time zone, the umask and the locale; and the plan told
//! the truth. Seeded: a failure names its sequence.
use crate::harness::{CLASSES, Lab, Sample, Way, build, text};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

const SEQUENCES: u64 = 320;
const JOBS: [u32; 3] = [1, 2, 8];
const TARGETS: [u32; 3] = [16, 500, 4096];
const PATHS: [&str; 3] = ["a", "with space", "데이터"];
const ZONES: [&str; 3] = ["UTC", "Asia/Seoul", "America/St_Johns"];
const UMASKS: [&str; 2] = ["022", "077"];
const WORKERS: [u32; 3] = [0, 0, 2];
const LOCALES: [&str; 3] = ["C", "ko_KR.UTF-8", "tr_TR.UTF-8"];

/// Draws of one sequence.
pub struct Dice {
    pub seed: u64,
    pub n: u64,
}

impl Dice {
    pub fn below(&mut self, n: usize) -> usize {
        self.n += 1;
        (tamis::digest::draw(self.seed, "dice", &self.n.to_string()) % n as u64) as usize
    }

    fn of<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())]
    }

    fn way(&mut self) -> Way {
        Way {
            jobs: self.of(&JOBS),
            target: self.of(&TARGETS),
            zone: self.of(&ZONES),
            umask: self.of(&UMASKS),
            locale: self.of(&LOCALES),
            workers: self.of(&WORKERS),
        }
    }
}

/// One edit that a user might make.
pub fn edit(lab: &mut Lab, d: &mut Dice) {
    let at = d.below(lab.samples.len());
    let fresh = d.below(1_000_000) as u64;
    match d.below(20) {
        0 | 1 => lab.samples[at].text = text(fresh),
        2 => lab
            .samples
            .insert(at, Sample { id: format!("n{fresh}"), text: text(fresh), doc: format!("d{}", fresh % 50) }),
        3 => lab.samples.insert(0, Sample { id: format!("t{fresh}"), text: text(fresh), doc: "top".into() }),
        4 => drop(lab.samples.remove(at)),
        5 => {
            let s = lab.samples.remove(at);
            let to = d.below(lab.samples.len());
            lab.samples.insert(to, s);
        }
        6 => lab.samples[at].text = lab.samples[d.below(lab.samples.len())].text.clone(),
        7 => lab.samples[at].text.push_str("  a@example.org\u{0301}"),
        8 => lab.samples[at].id = format!("r{fresh}"),
        9 => {
            let same = lab.samples[at].clone();
            lab.samples.push(same);
        }
        10 => lab.samples[at].text = "1 2 3 4 5 6".into(),
        11 => {
            let v = d.below(lab.votes.len());
            lab.votes[v].2 = d.of(&CLASSES).into();
        }
        12 => drop(lab.votes.remove(d.below(lab.votes.len()))),
        13 => lab.votes.push((lab.samples[at].id.clone(), format!("w{}", d.below(6)), d.of(&CLASSES).into())),
        14 => {
            let train = d.of(&["0.5", "0.7", "0.8", "0.95"]);
            lab.set("train", train);
            lab.set(
                "test",
                match train {
                    "0.5" => "0.5",
                    "0.7" => "0.3",
                    "0.8" => "0.2",
                    _ => "0.05",
                },
            );
        }
        15 => lab.set("seed", d.of(&["7", "8", "9"])),
        16 => lab.set("keep", d.of(&["first", "last", "longest"])),
        17 => lab.set("digit_ratio_max", d.of(&["0.05", "0.1", "0.2", "0.5"])),
        18 => match d.below(5) {
            0 => lab.set("unicode", d.of(&["NFC", "NFKC"])),
            1 => lab.set("types", d.of(&["\"email\"", "\"email\", \"phone\"", "\"phone\""])),
            2 => lab.set("chars_min", d.of(&["2", "3", "30"])),
            3 => lab.reordered = !lab.reordered,
            _ => lab.comment += 1,
        },
        _ => match d.below(3) {
            0 => drop(lab.images.insert(format!("p{:03}", d.below(12)), d.below(250) as u8)),
            1 => drop(lab.images.pop_first()),
            _ => {
                lab.guideline_version += 1;
                lab.sections.insert(d.of(&CLASSES).into(), format!("Told anew {fresh}."));
            }
        },
    }
}

fn sequence(seed: u64, seen: &Mutex<BTreeMap<String, u64>>) {
    let mut d = Dice { seed, n: 0 };
    let root = tempfile::tempdir().unwrap();
    let images = if d.below(3) == 0 { 6 } else { 0 };
    let mut lab = Lab::new(60 + d.below(120), images);
    let way = d.way();
    let dir = root.path().join(d.of(&PATHS));
    let note = |w: &Way, path: &str| {
        let mut seen = seen.lock().unwrap();
        for v in [
            format!("jobs {}", w.jobs),
            format!("target {}", w.target),
            format!("zone {}", w.zone),
            format!("umask {}", w.umask),
            format!("locale {}", w.locale),
            format!("workers {}", w.workers),
            format!("path {path}"),
        ] {
            *seen.entry(v).or_default() += 1;
        }
    };
    note(&way, dir.file_name().unwrap().to_str().unwrap());
    lab.write(&dir);
    let mut last = build(&dir, &way);
    assert_eq!(last.exit, 0, "sequence {seed}: {}", last.stderr);
    for step in 0..2 + d.below(3) {
        for _ in 0..1 + d.below(3) {
            edit(&mut lab, &mut d);
        }
        lab.write(&dir);
        last = build(&dir, &way);
        assert!(last.exit == 0 || last.conflicts(), "sequence {seed} edit {step}: {}", last.stderr);
        if last.exit == 0 {
            last.assert_plan_true();
        }
    }
    let other = d.way();
    let clean = root.path().join(d.of(&["x", "clean copy", "새로"]));
    lab.write(&clean);
    let told = build(&clean, &other);
    assert_eq!(told.exit, last.exit, "sequence {seed}: {}", told.stderr);
    assert_eq!(last.roots(), told.roots(), "sequence {seed}: {way:?} against {other:?}");
    let again = build(&clean, &other);
    assert!(again.kernels().is_empty(), "sequence {seed}: {:?}", again.kernels());
}

#[test]
fn incremental_is_clean() {
    let next = AtomicU64::new(0);
    let seen = Mutex::new(BTreeMap::new());
    let only = std::env::var("TAMIS_SEQUENCE").ok().and_then(|s| s.parse::<u64>().ok());
    if let Some(seed) = only {
        return sequence(seed, &seen);
    }
    std::thread::scope(|s| {
        for _ in 0..2 {
            s.spawn(|| {
                while let Some(seed) = Some(next.fetch_add(1, Ordering::Relaxed)).filter(|n| *n < SEQUENCES) {
                    sequence(seed, &seen);
                }
            });
        }
    });
    for (value, n) in seen.into_inner().unwrap() {
        assert!(n >= 30, "{value} was drawn {n} times");
    }
}
