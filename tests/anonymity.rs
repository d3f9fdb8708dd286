//! Releases that are made anonymous: what a changed limit runs, and that nothing depends on how the work is cut.
use crate::harness::{Way, build, example};
use std::path::Path;

fn edit(dir: &Path, from: &str, to: &str) {
    let path = dir.join("dataset.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

#[test]
fn a_changed_limit_reads_no_row_again() {
    let dir = example("hospital");
    let way = Way::default();
    let first = build(dir.path(), &way);
    assert_eq!(first.exit, 0, "{}", first.stderr);
    for (from, to) in [
        ("k = 5", "k = 6"),
        ("t = 0.5", "t = 0.6"),
        ("distinct = 3", "distinct = 2"),
        ("suppression_max = 0.05", "suppression_max = 0.1"),
    ] {
        edit(dir.path(), from, to);
        let told = build(dir.path(), &way);
        assert_eq!(told.exit, 0, "{to}: {}", told.stderr);
        assert_eq!(told.kernel("release.public/anonymity", "map"), (0, 0), "{to}");
        assert_eq!(told.kernel("release.public/anonymity", "gather").0, 1, "{to}");
        assert!(told.kernels().keys().all(|k| k.starts_with("release.public")), "{to}: {:?}", told.kernels());
    }
    edit(dir.path(), "\"distance.sex\" = { max = 0.1 }", "\"distance.sex\" = { max = 0.2 }");
    let told = build(dir.path(), &way);
    assert!(
        !told.kernels().contains_key("ethics map") && !told.kernels().contains_key("ethics gather"),
        "{:?}",
        told.kernels()
    );
}

#[test]
fn nothing_depends_on_how_the_work_is_cut() {
    for method in ["optimal", "mondrian"] {
        let mut roots = Vec::new();
        for (jobs, target) in [(1, 4096), (4, 16), (3, 64)] {
            let dir = example("hospital");
            edit(dir.path(), "k = 5", &format!("k = 5\nmethod = \"{method}\""));
            edit(dir.path(), "marketer_max = 0.1", "marketer_max = 0.2");
            let told = build(dir.path(), &Way { jobs, target, ..Way::default() });
            assert_eq!(told.exit, 0, "{}", told.stderr);
            roots.push(told.roots());
        }
        assert!(roots.windows(2).all(|w| w[0] == w[1]), "{method}: {roots:?}");
    }
}
