//! What each operation costs, in kernels and rows, on a source of more than 100 partitions: read from the counter
//! behind the only door to a kernel.
use crate::harness::{Lab, Sample, Told, Way, build, text};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use tamis::engine::session::Session;
use tamis::engine::state::Built;
use tamis::project::{Options, Project};

const N: usize = 2400;

struct Bench {
    dir: tempfile::TempDir,
    lab: Lab,
    way: Way,
}

impl Bench {
    fn new(images: usize) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let lab = Lab::new(N, images);
        let bench = Bench { dir, lab, way: Way::default() };
        bench.lab.write(bench.dir.path());
        let cold = build(bench.dir.path(), &bench.way);
        assert_eq!(cold.exit, 0, "{}", cold.stderr);
        assert!(cold.kernel("collect.texts", "map").0 >= 100, "{:?}", cold.kernels());
        bench
    }

    /// Builds after an edit, and goes back to where it was.
    fn edit(&self, change: impl FnOnce(&mut Lab)) -> Told {
        let mut lab = self.lab.clone();
        change(&mut lab);
        lab.write(self.dir.path());
        let told = build(self.dir.path(), &self.way);
        assert_eq!(told.exit, 0, "{}", told.stderr);
        told.assert_plan_true();
        self.lab.write(self.dir.path());
        let back = build(self.dir.path(), &self.way);
        assert!(back.kernels().is_empty(), "an older state is known: {:?}", back.kernels());
        told
    }
}

/// Steps of Partition grain over `samples` whose maps read text.
const TEXT_MAPS: [&str; 4] = ["collect", "schema", "preprocess", "privacy.detect"];

fn calls(told: &Told, part: &str) -> BTreeMap<String, u64> {
    let end = format!(" {part}");
    told.kernels().into_iter().filter_map(|(k, n)| Some((k.strip_suffix(&end)?.to_string(), n))).collect()
}

fn at_most(told: &Told, parts: &[&str], most: u64) {
    for part in parts {
        for (step, n) in calls(told, part) {
            assert!(n <= most, "{step} {part} ran {n} times: {:?}", told.kernels());
        }
    }
}

#[test]
fn nothing_to_do_runs_nothing() {
    let b = Bench::new(0);
    let rebuild = |lab: &Lab| {
        lab.write(b.dir.path());
        let told = build(b.dir.path(), &b.way);
        assert_eq!(told.kernels(), BTreeMap::new());
        told.assert_plan_true();
    };
    rebuild(&b.lab);
    rebuild(&Lab { comment: 2, ..b.lab.clone() });
    rebuild(&Lab { reordered: true, ..b.lab.clone() });
    touch(&b.dir.path().join("raw/texts.jsonl"));
    rebuild(&b.lab);
}

fn touch(path: &Path) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::remove_file(path).unwrap();
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn one_record_costs_a_few_partitions() {
    let b = Bench::new(0);
    let new = |i: usize| Sample { id: format!("new{i}"), text: text(90_000 + i as u64), doc: format!("e{i}") };
    let mut sum: BTreeMap<String, u64> = BTreeMap::new();
    let mut runs = 0u64;
    for k in 0..200 {
        let at = (tamis::digest::draw(1, "at", &k.to_string()) % N as u64) as usize;
        let told = match k % 5 {
            0 => b.edit(|l| l.samples[at].text = text(50_000 + k)),
            1 => b.edit(|l| l.samples.insert(at, new(k as usize))),
            2 => b.edit(|l| drop(l.samples.remove(at))),
            3 => b.edit(|l| l.samples.insert(0, new(k as usize))),
            _ => b.edit(|l| l.samples[at].text.push_str(" 010-1234-5678")),
        };
        at_most(&told, &["map", "join"], 3);
        at_most(&told, &["gather", "run"], 1);
        for step in TEXT_MAPS {
            *sum.entry(step.to_string()).or_default() += told.kernel(step, "map").0;
        }
        runs += 1;
    }
    for (step, n) in sum {
        assert!((n as f64) / (runs as f64) < 1.1, "{step}: {n} in {runs}");
    }
}

#[test]
fn moved_and_renamed_records_are_two_edits() {
    let b = Bench::new(0);
    for k in 0..6usize {
        let told = b.edit(|l| {
            let s = l.samples.remove(200 + 300 * k);
            l.samples.insert(2000 - 200 * k, s);
        });
        at_most(&told, &["map", "join"], 6);
        let told = b.edit(|l| l.samples[150 + 300 * k].id = format!("renamed{k}"));
        at_most(&told, &["map", "join"], 6);
    }
}

#[test]
fn a_vote_runs_no_text_kernel() {
    let b = Bench::new(0);
    for k in [5usize, 1000, 2399] {
        let told = b.edit(|l| l.votes[k].2 = "play".into());
        for step in TEXT_MAPS {
            assert_eq!(told.kernel(step, "map"), (0, 0), "{step}");
        }
        assert_eq!(told.kernel("clean.exact_duplicates", "map"), (0, 0));
        at_most(&told, &["join"], 3);
        at_most(&told, &["map"], 3);
    }
}

#[test]
fn parameters_re_map_nothing() {
    let b = Bench::new(0);
    let no_map = |told: &Told| {
        // partitions of these are those of the release
        let encode = |s: &str| s.starts_with("release.public/encode.") || s == "release.public/counts";
        let maps: Vec<String> = calls(told, "map").into_keys().filter(|s| !encode(s)).collect();
        assert!(maps.is_empty(), "{:?}", told.kernels());
        assert!(calls(told, "join").is_empty(), "{:?}", told.kernels());
    };
    no_map(&b.edit(|l| {
        l.set("train", "0.7");
        l.set("test", "0.3");
    }));
    no_map(&b.edit(|l| l.set("digit_ratio_max", "0.1")));
    no_map(&b.edit(|l| l.set("keep", "last")));
    let told = b.edit(|l| l.set("seed", "8"));
    no_map(&told);
    let ran: Vec<String> = told.kernels().into_keys().map(|k| k.split(' ').next().unwrap().to_string()).collect();
    assert!(ran.iter().all(|s| s == "split" || s.starts_with("release.")), "{ran:?}");
}

/// The columns of each partition of a table, by digest, as the last build left them.
fn state(dir: &Path, table: &str) -> Vec<BTreeMap<String, String>> {
    let project = Project::open(Some(dir)).ok().unwrap();
    let options = Options { target: 16, ..Options::default() };
    let columns =
        |p: &tamis::engine::state::Partition| p.columns.iter().map(|(n, d)| (n.clone(), d.unwrap().hex())).collect();
    project.plan(&options, |_, built| built.tables[table].parts.iter().map(columns).collect()).ok().unwrap()
}

/// How many partitions differ in one of these columns from all that were there before.
fn differ(before: &[BTreeMap<String, String>], after: &[BTreeMap<String, String>], of: &[&str]) -> u64 {
    let pick = |p: &BTreeMap<String, String>| of.iter().map(|c| p[*c].clone()).collect::<Vec<_>>();
    let known: BTreeSet<Vec<String>> = before.iter().map(pick).collect();
    after.iter().filter(|p| !known.contains(&pick(p))).count() as u64
}

#[test]
fn apply_and_encode_run_where_verdicts_changed() {
    let b = Bench::new(0);
    let dir = b.dir.path();
    let released = ["id", "text", "doc", "label.topic", "split"];
    let edits: [fn(&mut Lab); 4] = [
        |l| l.samples[700].text = text(77_777),
        |l| l.set("seed", "9"),
        |l| {
            l.set("train", "0.75");
            l.set("test", "0.25");
        },
        |l| drop(l.samples.remove(1200)),
    ];
    for change in edits {
        let (samples, pieces) = (state(dir, "samples"), state(dir, "release.public/rows"));
        let mut lab = b.lab.clone();
        change(&mut lab);
        lab.write(dir);
        let told = build(dir, &b.way);
        let moved = differ(&samples, &state(dir, "samples"), &["id", "split"]);
        assert!(told.kernel("split", "apply").0 <= moved, "{} of {moved}", told.kernel("split", "apply").0);
        let pieces = differ(&pieces, &state(dir, "release.public/rows"), &released);
        assert_eq!(told.kernel("release.public/encode.jsonl", "map").0, pieces);
        b.lab.write(dir);
        build(dir, &b.way);
    }
}

#[test]
fn a_guideline_section_runs_the_partitions_of_its_class() {
    let b = Bench::new(0);
    let project = Project::open(Some(b.dir.path())).ok().unwrap();
    let options = Options { target: 16, ..Options::default() };
    let holds = |class: &str| {
        // partitions with equal columns are one task
        let count = |s: &Session, built: &Built| {
            let digests: BTreeSet<_> =
                built.tables["samples"].parts.iter().map(|p| p.columns["classes.topic"].unwrap()).collect();
            let classes = digests.into_iter().map(|d| s.array(d).unwrap());
            let has = |a: &tamis::table::ArrayRef| {
                tamis::table::cells::<Vec<String>>(a).into_iter().flatten().flatten().any(|c| c == class)
            };
            classes.filter(has).count() as u64
        };
        project.plan(&options, count).ok().unwrap()
    };
    let (art, all) = (holds("art"), state(b.dir.path(), "samples").len() as u64);
    assert!(0 < art && art < all, "{art} of {all}");
    let told = b.edit(|l| drop(l.sections.insert("art".into(), "What is art, told anew.".into())));
    assert_eq!(told.kernel("label.topic/guideline", "join").0, art);
    assert_eq!(told.kernels().len(), 1, "{:?}", told.kernels());
    let told = b.edit(|l| drop(l.sections.insert("none".into(), "A class that nobody declared.".into())));
    assert!(told.kernels().is_empty(), "{:?}", told.kernels());
}

#[test]
fn images_are_decoded_one_by_one() {
    let b = Bench::new(40);
    let told = b.edit(|l| {
        l.images.insert("p007".into(), 200);
    });
    assert_eq!(told.kernel("preprocess/images", "map"), (1, 1), "{:?}", told.kernels());
    let told = b.edit(|l| {
        l.images.insert("q".into(), 201);
    });
    assert_eq!(told.kernel("preprocess/images", "map"), (1, 1));
    let told = b.edit(|l| {
        l.images.remove("p011");
    });
    assert_eq!(told.kernel("preprocess/images", "map"), (0, 0));
}
