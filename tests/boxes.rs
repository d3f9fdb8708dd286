//! A model of boxes: what it learns of drawn pictures, what it finds on others, and which wrong boxes it tells.
use crate::harness::{Way, build, tamis};
use serde_json::Value as Json;
use std::path::Path;

/// Numbers that look random.
fn drawn(n: u64) -> u64 {
    let x = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x ^ (x >> 27)
}

const SIDE: u32 = 56;

/// The discs of a picture: class, middle, half the side.
fn discs(n: u64) -> Vec<(&'static str, [i64; 2], i64)> {
    let place = |k: u64, x: i64, y: i64| {
        let draw = |m: u64| (drawn(n * 37 + k * 5 + m) % 7) as i64 - 3;
        let red = drawn(n * 3 + k).is_multiple_of(2);
        let (class, half) = if red { ("red", 9) } else { ("blue", 7) };
        (class, [x + draw(1), y + draw(2)], half)
    };
    vec![place(0, 15, 15), place(1, 41, 39)]
}

fn picture(n: u64) -> Vec<u8> {
    let image = image::RgbImage::from_fn(SIDE, SIDE, |x, y| {
        let ground = 150 + (drawn(n << 20 | u64::from(y * SIDE + x)) % 20) as u8;
        let on = |(_, at, half): &&(&str, [i64; 2], i64)| {
            let (dx, dy) = (i64::from(x) - at[0], i64::from(y) - at[1]);
            dx * dx + dy * dy <= half * half
        };
        match discs(n).iter().find(on) {
            Some(("red", ..)) => image::Rgb([220, 60, 60]),
            Some(_) => image::Rgb([60, 60, 220]),
            None => image::Rgb([ground; 3]),
        }
    });
    let mut out = std::io::Cursor::new(Vec::new());
    image.write_to(&mut out, image::ImageFormat::Png).unwrap();
    out.into_inner()
}

/// Of picture 3 a box has another class, of picture 5 one lies elsewhere, of picture 7 one is missing.
fn answer(n: u64) -> String {
    let mut boxes = Vec::new();
    for (k, (class, [x, y], half)) in discs(n).into_iter().enumerate() {
        let (mut class, mut x) = (class, x);
        match (n, k) {
            (3, 0) => class = if class == "red" { "blue" } else { "red" },
            (5, 1) => x -= half,
            (7, 1) => continue,
            _ => {}
        }
        let [x1, y1, x2, y2] = [x - half, y - half, x + half + 1, y + half + 1];
        boxes.push(serde_json::json!({ "class": class, "x1": x1, "y1": y1, "x2": x2, "y2": y2 }));
    }
    serde_json::json!({ "item": format!("p{n:02}"), "annotator": "w1", "label": boxes }).to_string() + "\n"
}

const MANIFEST: &str = r#"tamis = "0.1"
[dataset]
name = "boxes"
version = "0.1.0"
license = "MIT"
[collect.p]
direct = { images = ["raw/*.png"], format = "image_folder" }
id = "stem"
license = "MIT"
[preprocess]
[label.discs]
task = "object_detection"
classes = ["red", "blue"]
from.w = { files = ["raw/votes.jsonl"] }
[train.base]
task = "discs"
model = { kind = "windows" }
folds = 2
resamples = 20
gates = { map50 = 0.5 }
[clean.label_errors]
task = "discs"
from = "train.base"
action = "flag"
sure = 0.6
[split]
ratios = { train = 0.75, test = 0.25 }
[release.all]
formats = ["jsonl"]
columns = ["id", "label.discs", "predicted.base", "label_error.discs", "label_quality.discs", "split"]
"#;

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("raw")).unwrap();
    for n in 0..16 {
        std::fs::write(dir.path().join(format!("raw/p{n:02}.png")), picture(n)).unwrap();
    }
    std::fs::write(dir.path().join("raw/votes.jsonl"), (0..16).map(answer).collect::<String>()).unwrap();
    std::fs::write(dir.path().join("dataset.toml"), MANIFEST).unwrap();
    dir
}

fn released(dir: &Path) -> Vec<Json> {
    let mut rows = Vec::new();
    let files = std::fs::read_dir(dir.join("out/all/jsonl")).unwrap().map(|e| e.unwrap().path());
    for file in files.filter(|f| f.extension().is_some_and(|e| e == "jsonl")) {
        let text = std::fs::read_to_string(file).unwrap();
        rows.extend(text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()));
    }
    rows
}

#[test]
fn boxes_are_learned_and_wrong_ones_are_told() {
    let dir = project();
    let told = build(dir.path(), &Way { jobs: 2, target: 4096, ..Way::default() });
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let rows = released(dir.path());
    let suspected: Vec<&str> =
        rows.iter().filter(|r| r["label_error_discs"] == true).map(|r| r["id"].as_str().unwrap()).collect();
    for wrong in ["p03", "p05", "p07"] {
        assert!(suspected.contains(&wrong), "{wrong} is not among {suspected:?}: {}", rows[0]);
    }
    assert!(suspected.len() <= 4, "{suspected:?}");
    let (_, findings, _) = tamis(dir.path(), &["show", "clean.label_errors", "--findings"]);
    for rule in ["label.overlooked", "label.badly_located", "label.swapped"] {
        assert!(findings.contains(rule), "{rule}: {findings}");
    }
    let found = |id: &str| rows.iter().find(|r| r["id"] == id).unwrap()["predicted_base"].as_array().unwrap().clone();
    let sure: Vec<Json> = found("p07").into_iter().filter(|b| b["score"].as_f64().unwrap() > 0.5).collect();
    assert_eq!(sure.len(), 2, "both discs are found, whatever is marked: {sure:?}");
    let again = build(dir.path(), &Way::default());
    assert_eq!(again.exit, 0);
    assert_eq!(again.roots(), told.roots());
    let errors = [
        "label",
        "export",
        "discs",
        "--tool",
        "csv",
        "--only",
        "errors",
        "--out",
        "doubts.csv",
        "--partition-target",
        "16",
    ];
    let (exit, out, err) = tamis(dir.path(), &errors);
    assert_eq!(exit, 0, "{out}{err}");
    let doubts = std::fs::read_to_string(dir.path().join("doubts.csv")).unwrap();
    let ids: Vec<&str> = doubts.lines().skip(1).filter_map(|l| l.split(',').next()).collect();
    assert_eq!(ids, suspected, "what may be wrong, though nothing waits: it is only flagged");
    let review = ["review", "discs", "--by", "lee", "--only", "errors", "--partition-target", "16"];
    let (exit, out, err) = tamis(dir.path(), &review);
    assert!(exit == 0 && out.contains("picture of 56 x 56: tasks/discs-review/"), "{out}{err}");
    assert_eq!(std::fs::read_dir(dir.path().join("tasks/discs-review")).unwrap().count(), suspected.len());
}

#[test]
fn threads_and_partitions_change_no_bit_of_a_found_box() {
    let told = |jobs, target| {
        let dir = project();
        let told = build(dir.path(), &Way { jobs, target, ..Way::default() });
        assert_eq!(told.exit, 0, "{}", told.stderr);
        told.roots()
    };
    assert_eq!(told(1, 4), told(2, 4096));
}

/// Pictures may show people: where `[privacy]` is declared and has not looked at them, they are written only where the user says so.
#[test]
fn pictures_that_nothing_has_masked_go_to_no_tool_unasked() {
    let dir = project();
    let from = MANIFEST.find("[train.base]").unwrap();
    let release = "[privacy]\n[release.all]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"label.discs\"]\n";
    let plain = MANIFEST[..from].to_string() + release;
    std::fs::write(dir.path().join("dataset.toml"), plain).unwrap();
    let told = build(dir.path(), &Way { target: 4096, ..Way::default() });
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let export = ["label", "export", "discs", "--tool", "label-studio", "--partition-target", "4096"];
    let (exit, out, err) = tamis(dir.path(), &export);
    assert!(exit == 2 && err.contains("`image` may hold personal data"), "{exit} {out}{err}");
    assert!(!dir.path().join("tasks").exists(), "nothing is written");
    let (exit, out, err) = tamis(dir.path(), &[&export[..], &["--raw"]].concat());
    assert_eq!(exit, 0, "{out}{err}");
    assert_eq!(std::fs::read_dir(dir.path().join("tasks/discs")).unwrap().count(), 16);
}

const EXPORT: [&str; 7] = ["label", "export", "discs", "--tool", "cvat", "--partition-target", "4096"];

fn import<'a>(file: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let own = ["label", "import", "discs", file, "--tool", "cvat", "--partition-target", "4096"];
    [&own[..], more].concat()
}

/// Boxes go to CVAT with their pictures and come back; what nobody touched decides nothing.
#[test]
fn boxes_go_to_cvat_and_come_back() {
    let dir = project();
    let from = MANIFEST.find("[train.base]").unwrap();
    let release = "[review]\nfiles = [\"reviews/*.jsonl\"]\n[release.all]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"label.discs\"]\n";
    std::fs::write(dir.path().join("dataset.toml"), MANIFEST[..from].to_string() + release).unwrap();
    assert_eq!(build(dir.path(), &Way { target: 4096, ..Way::default() }).exit, 0);
    let (exit, out, err) = tamis(dir.path(), &EXPORT);
    assert_eq!(exit, 0, "{out}{err}");
    assert!(out.contains("tasks/discs.labels.json") && out.contains("CVAT 1.1"), "{out}");
    let package = std::fs::read_to_string(dir.path().join("tasks/discs.xml")).unwrap();
    assert_eq!((package.matches("<image ").count(), package.matches("<box ").count()), (16, 31), "{package}");
    let (exit, out, _) = tamis(dir.path(), &import("tasks/discs.xml", &["--by", "kim"]));
    assert!(exit == 1 && out.contains("16 samples came back with the label that went out"), "{out}");
    // somebody adds the box that is missing on picture 7, drops picture 5, and finds nothing wrong with picture 0
    let code = |id: &str| tamis::digest::Digest::of(id.as_bytes()).hex()[..16].to_string();
    let mut answered = String::new();
    let mut at = String::new();
    for line in package.lines() {
        if line.contains("<image ") {
            at = line.to_string();
        }
        let of = |id: &str| at.contains(&code(id));
        let more = match line.trim() {
            "</image>" if of("p07") => {
                "<box label=\"red\" occluded=\"0\" xtl=\"30.00\" ytl=\"30.00\" xbr=\"50.00\" ybr=\"50.00\"/>\n"
            }
            "</image>" if of("p05") => "<tag label=\"tamis: drop\"/>\n",
            "</image>" if of("p00") => "<tag label=\"tamis: looked\"/>\n",
            _ => "",
        };
        answered.push_str(&format!("{more}{line}\n"));
    }
    std::fs::write(dir.path().join("back.xml"), answered).unwrap();
    let (exit, out, err) = tamis(dir.path(), &import("back.xml", &["--by", "kim"]));
    assert!(exit == 0 && out.contains("3 lines by kim") && out.contains("13 samples came back"), "{out}{err}");
    let told = build(dir.path(), &Way { target: 4096, ..Way::default() });
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let rows = released(dir.path());
    let boxes = |id: &str| rows.iter().find(|r| r["id"] == id).map(|r| r["label_discs"].as_array().unwrap().len());
    assert_eq!((boxes("p07"), boxes("p00")), (Some(2), Some(2)), "{rows:?}");
    let decided = std::fs::read_to_string(dir.path().join("reviews/kim.jsonl")).unwrap();
    assert_eq!(decided.lines().filter(|l| l.contains("\"p05\"") && l.contains("\"drop\"")).count(), 1, "{decided}");
}

/// Each annotator has a folder of pictures of their own, and sees no answer.
#[test]
fn packages_for_cvat_are_blind_and_have_their_own_pictures() {
    let dir = project();
    let from = MANIFEST.find("[train.base]").unwrap();
    let release = "[release.all]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"label.discs\"]\n";
    std::fs::write(dir.path().join("dataset.toml"), MANIFEST[..from].to_string() + release).unwrap();
    assert_eq!(build(dir.path(), &Way { target: 4096, ..Way::default() }).exit, 0);
    let (exit, out, err) = tamis(dir.path(), &[&EXPORT[..], &["--annotators", "kim,lee", "--overlap", "25%"]].concat());
    assert_eq!(exit, 0, "{out}{err}");
    let mut all = 0;
    for name in ["kim", "lee"] {
        let package = std::fs::read_to_string(dir.path().join(format!("tasks/discs-{name}.xml"))).unwrap();
        let pictures = std::fs::read_dir(dir.path().join(format!("tasks/discs-{name}"))).unwrap().count();
        let images = package.matches("<image ").count();
        assert!(images == pictures && images < 16 && !package.contains("<box "), "{name}: {images} {pictures}");
        all += images;
        let drawn =
            package.replace("  </image>", "<box label=\"red\" xtl=\"1\" ytl=\"2\" xbr=\"9\" ybr=\"9\"/></image>");
        std::fs::write(dir.path().join("back.xml"), drawn).unwrap();
        let (exit, out, err) = tamis(dir.path(), &import("back.xml", &["--by", name, "--as", "answers"]));
        assert!(exit == 0 && out.contains(&format!("{images} new")), "{out}{err}");
    }
    assert_eq!(all, 20, "16, and 4 that both of them are given");
    let (exit, out, err) = tamis(dir.path(), &[&EXPORT[..], &["--annotators", "kim", "--only", "unlabelled"]].concat());
    assert_eq!(exit, 1, "{out}{err}");
}
