//! What one more vote costs, and how what many votes cost grows.
use crate::harness::{Told, Way, build, tamis};
use std::path::Path;

const MANIFEST: &str = r#"tamis = "0.1"
[dataset]
name = "votes"
version = "0.1.0"
license = "CC0-1.0"
[collect.a]
open = { files = ["raw/*.jsonl"], format = "jsonl" }
fields = { text = "text" }
id = "id"
license = "CC0-1.0"
[schema]
text = { text = {} }
[label.t]
task = "classification"
classes = ["x", "y"]
from.crowd = { files = ["votes/*.csv"] }
aggregate = { method = "METHOD" }
[label.t.agreement]
metric = "krippendorff_alpha"
resamples = 10
[release.public]
formats = ["jsonl"]
columns = ["id", "label.t"]
"#;

/// So many samples, each answered by three annotators.
fn project(dir: &Path, method: &str, samples: usize) {
    std::fs::create_dir_all(dir.join("votes")).unwrap();
    std::fs::create_dir_all(dir.join("raw")).unwrap();
    std::fs::write(dir.join("dataset.toml"), MANIFEST.replace("METHOD", method)).unwrap();
    // ten to a file: a partition holds whole files
    for (n, own) in (0..samples).collect::<Vec<_>>().chunks(10).enumerate() {
        let rows = own.iter().map(|i| format!("{{\"id\":\"s{i:05}\",\"text\":\"sample {i}\"}}\n"));
        std::fs::write(dir.join(format!("raw/{n:03}.jsonl")), rows.collect::<String>()).unwrap();
    }
    for by in ["a", "b", "c"] {
        let class = |i: usize| if (i / 3).is_multiple_of(2) != (by == "c" && i.is_multiple_of(5)) { "x" } else { "y" };
        let votes: String = (0..samples).map(|i| format!("s{i:05},{by},{}\n", class(i))).collect();
        std::fs::write(dir.join(format!("votes/{by}.csv")), format!("item,annotator,label\n{votes}")).unwrap();
    }
}

/// The kernels of the task that ran, as (`STEP PART`, calls).
fn ran(told: &Told) -> Vec<(String, u64)> {
    told.kernels().into_iter().filter(|(name, _)| name.starts_with("label.t")).collect()
}

#[test]
fn one_new_vote_rebuilds_its_partition_and_the_gathers() {
    let way = Way { target: 16, ..Way::default() };
    for method in ["majority", "dawid_skene"] {
        let above = tempfile::tempdir().unwrap();
        let dir = above.path();
        project(dir, method, 400);
        let first = build(dir, &way);
        assert_eq!(first.exit, 0, "{}", first.stderr);
        // partitions whose votes are equal are one task behind the join
        let partitions = first.kernel("label.t/from.crowd", "join").0;
        assert!(partitions > 10, "{partitions}");
        std::fs::write(dir.join("votes/d.csv"), "item,annotator,label\ns00200,d,y\n").unwrap();
        let told = build(dir, &way);
        assert_eq!(told.exit, 0, "{}", told.stderr);
        for (kernel, calls) in ran(&told) {
            // what a new vote says of its annotators may change every sample
            let all = kernel == "label.t/weighed apply" || kernel == "label.t map";
            let most = if method == "dawid_skene" && all { partitions } else { 1 };
            assert!(calls <= most, "{method}: {kernel} ran {calls} times");
        }
        for kernel in ["label.t/agreement map", "label.t/agreement gather", "label.t gather"] {
            assert!(ran(&told).contains(&(kernel.to_string(), 1)), "{method}: {kernel}: {:?}", ran(&told));
        }
        let (_, shown, _) = tamis(dir, &["show", "label.t", "--agreement", "--partition-target", "16"]);
        assert!(shown.contains("4 (6 pairs"), "{shown}");
    }
}

/// Many people answer one sample, and nothing else: what they cost together is no more than what each of them costs with each.
#[test]
fn thousands_of_annotators_of_one_sample() {
    let above = tempfile::tempdir().unwrap();
    let dir = above.path();
    project(dir, "majority", 2);
    let votes: String = (0..1200).map(|n| format!("s00000,w{n},{}\n", ["x", "y"][n % 2])).collect();
    std::fs::write(dir.join("votes/many.csv"), format!("item,annotator,label\n{votes}")).unwrap();
    let began = std::time::Instant::now();
    let told = build(dir, &Way::default());
    assert_eq!(told.exit, 0, "{}", told.stderr);
    assert!(began.elapsed() < std::time::Duration::from_secs(120), "{:?}", began.elapsed());
}
