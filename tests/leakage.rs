//! Leaks that were planted between splits are found, each by its own name, and none where nothing was planted.
use crate::harness::{Way, build, tamis};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;
use tamis::digest::draw;

/// Samples of which nothing leaks: training comes first, and each split has documents, files and names of its own.
fn clean(n: usize) -> Vec<Json> {
    let word = |i: usize, k: usize| format!("w{}", draw(11, "word", &format!("{i} {k}")) % 100_000);
    let sample = |i: usize| {
        let part = if i * 5 < n * 4 { "train" } else { "test" };
        let words: Vec<String> = (0..12).map(|k| word(i, k)).collect();
        json!({
            "id": format!("s{i:04}"), "text": format!("n{} {}", word(i, 99), words.join(" ")), "doc": format!("{part}-{}", i / 3),
            "file": format!("{part}/{}.txt", i / 7), "taken": format!("20{:02}-01-{:02}", i / 25, 1 + i % 25), "part": part,
            "size": (draw(5, "size", &i.to_string()) % 1000) as f64 / 10.0, "kind": format!("k{}", i % 4),
        })
    };
    (0..n).map(sample).collect()
}

fn put(dir: &Path, path: &str, text: &str) {
    let place = dir.join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, text).unwrap();
}

/// Builds and gives the facts of `[leakage]` with the exit code of the build.
fn facts(dir: &Path, samples: &[Json], more: &str) -> (BTreeMap<String, String>, i32) {
    let (mut lines, mut votes) = (String::new(), String::new());
    for s in samples {
        lines += &format!("{s}\n");
        let end = s["text"].as_str().unwrap().find(' ').unwrap();
        let who = s.get("who").cloned().unwrap_or_else(|| format!("a-{}", s["part"].as_str().unwrap()).into());
        votes += &format!(
            "{}\n",
            json!({ "id": s["id"], "who": who, "label": [{ "class": "PS", "start": 0, "end": end }] })
        );
    }
    put(dir, "raw/a.jsonl", &lines);
    put(dir, "raw/votes.jsonl", &votes);
    put(dir, "docs/g.md", "# Guide\n\n## PS\n\nx\n");
    let manifest = format!(
        "tamis = \"0.1\"\n[dataset]\nname = \"leaks\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n\
         [collect.a]\ndirect = {{ files = [\"raw/a.jsonl\"], format = \"jsonl\" }}\nid = \"id\"\nlicense = \"MIT\"\n\
         [schema]\ntext = {{ text = {{}} }}\n\
         [label.ner]\ntask = \"ner\"\nclasses = [\"PS\"]\nguideline = {{ document = \"docs/g.md\", version = \"1.0.0\" }}\n\
         from.crowd = {{ files = [\"raw/votes.jsonl\"], format = \"jsonl\", on = \"id\", fields = {{ item = \"id\", annotator = \"who\", label = \"label\" }} }}\n\
         aggregate = {{ method = \"vote\" }}\n\
         [split]\nratios = {{ train = 0.8, test = 0.2 }}\ngiven = \"part\"\nnear_duplicates = \"anywhere\"\n\
         [clean]\nnear_duplicates = {{ threshold = 0.6, action = \"report\", n = 3 }}\n\
         [leakage]\ngroup = [\"doc\"]\norigin = [\"file\"]\nannotator = [\"ner\"]\nentities = [\"ner\"]\ntime = \"taken\"\n\
         shift = [\"size\", \"kind\"]\nadversarial = [\"text\"]\n{more}"
    );
    put(dir, "dataset.toml", &manifest);
    let told = build(dir, &Way::default());
    (shown(dir, &told.stderr), told.exit)
}

/// The facts as `tamis show` tells them: a name and a value a line.
fn shown(dir: &Path, why: &str) -> BTreeMap<String, String> {
    let (exit, out, err) = tamis(dir, &["show", "leakage", "--partition-target", "16"]);
    assert_eq!(exit, 0, "{out}{err}{why}");
    told_of(&out)
}

fn told_of(out: &str) -> BTreeMap<String, String> {
    let fact = |line: &str| {
        let (name, value) = line.strip_prefix("  ")?.split_once(' ')?;
        (!name.is_empty()).then(|| (name.to_string(), value.trim().to_string()))
    };
    out.lines().filter_map(fact).collect()
}

fn number(facts: &BTreeMap<String, String>, name: &str) -> f64 {
    let text = facts.get(name).unwrap_or_else(|| panic!("{name} is not among {facts:?}"));
    text.parse().unwrap_or_else(|_| panic!("{name}: {text}"))
}

const SHARED: [&str; 5] = ["exact", "near", "group", "origin", "time"];

#[test]
fn a_clean_set_has_no_leak() {
    let dir = tempfile::tempdir().unwrap();
    let (facts, exit) = facts(dir.path(), &clean(300), "");
    assert_eq!(exit, 0);
    for kind in SHARED {
        assert_eq!(number(&facts, &format!("{kind}.samples")), 0.0, "{kind}");
    }
    assert_eq!(number(&facts, "annotator.ner.shared"), 0.0);
    assert_eq!(number(&facts, "annotator.ner.all"), 2.0);
    assert_eq!(number(&facts, "entities.ner.share"), 0.0);
    assert_eq!(number(&facts, "shift.differing"), 0.0);
    assert!(number(&facts, "shift.psi.kind") < 0.01);
    let area = number(&facts, "adversarial");
    assert!((area - 0.5).abs() < 0.12, "{area}");
}

/// Changes samples so that something leaks.
type Plant<'p> = &'p dyn Fn(&mut Vec<Json>);

/// Each leak is found by its own fact, as often as it was planted, and fails the build unless a gate allows it.
#[test]
fn planted_leaks_are_found() {
    let n = 300;
    let plant: [(&str, Plant); 5] = [
        ("exact", &|s| {
            for k in 0..3 {
                // white space alone is no difference
                let text = s[k]["text"].as_str().unwrap().replacen(' ', "  ", 1);
                s[n - 1 - k]["text"] = text.into();
            }
        }),
        ("near", &|s| {
            for k in 0..2 {
                let text = format!("{} more", s[k]["text"].as_str().unwrap());
                s[n - 1 - k]["text"] = text.into();
            }
        }),
        ("group", &|s| s[n - 1]["doc"] = s[0]["doc"].clone()),
        ("origin", &|s| (0..4).for_each(|k| s[n - 1 - k]["file"] = s[0]["file"].clone())),
        ("time", &|s| s[n - 1]["taken"] = s[10]["taken"].clone()),
    ];
    for ((kind, plant), want) in plant.iter().zip([3.0, 2.0, 1.0, 4.0, 1.0]) {
        let dir = tempfile::tempdir().unwrap();
        let mut samples = clean(n);
        plant(&mut samples);
        let (facts, exit) = facts(dir.path(), &samples, "");
        assert_eq!(number(&facts, &format!("{kind}.samples")), want, "{kind}");
        assert_eq!(exit, i32::from(*kind != "time"), "{kind}: a gate holds all but time");
        // what is the same is nearly the same, too
        let others = SHARED.iter().filter(|other| *other != kind && !(*kind == "exact" && **other == "near"));
        for other in others {
            assert_eq!(number(&facts, &format!("{other}.samples")), 0.0, "{kind} is no {other}");
        }
        let gate =
            format!("[leakage.gates]\n\"{kind}.samples\" = {{ max = {want} }}\n\"near.samples\" = {{ max = 9 }}\n");
        let gate = if *kind == "near" { gate.lines().take(2).map(|l| format!("{l}\n")).collect() } else { gate };
        let (_, exit) = self::facts(dir.path(), &samples, &gate);
        assert_eq!(exit, 0, "{kind} is allowed");
    }
}

/// Who reads of a leak reads of both samples: in the findings, in the story of a sample, in JSON and in the report.
#[test]
fn leaks_name_both_samples() {
    let (dir, n) = (tempfile::tempdir().unwrap(), 60);
    let mut samples = clean(n);
    samples[n - 1]["text"] = samples[7]["text"].clone();
    samples[n - 2]["doc"] = samples[4]["doc"].clone(); // a document of s0003 to s0005
    samples[n - 3]["file"] = samples[8]["file"].clone(); // a file of s0007 to s0013
    samples[n - 4]["taken"] = samples[10]["taken"].clone();
    facts(dir.path(), &samples, "");
    assert_eq!(tamis(dir.path(), &["build"]).0, 1, "gates hold leaks at 0");
    let said = [
        ("s0059", "leak.exact", "the same as `s0007` of `train`"),
        (
            "s0059",
            "leak.near",
            "a near duplicate of `s0007` of `train`, or of one between them, or a part of the same picture",
        ),
        ("s0058", "leak.group", "of the same group by `doc` as `s0003` of `train`"),
        ("s0057", "leak.origin", "of the same origin by `file` as `s0007` of `train`"),
        ("s0056", "leak.time", "not later than `s0047` of `train`, which is trained on"),
    ];
    let (_, told, _) = tamis(dir.path(), &["show", "leakage", "--findings"]);
    let (_, report, err) = tamis(dir.path(), &["report", "--json"]);
    let report: Json = serde_json::from_str(&report).unwrap_or_else(|e| panic!("{e}: {err}"));
    for (id, rule, say) in said {
        assert!(told.lines().any(|line| line.contains(rule) && line.contains(say)), "{rule}: {told}");
        let (_, story, _) = tamis(dir.path(), &["trace", id]);
        assert!(story.contains(say), "{id}: {story}");
        let (_, story, _) = tamis(dir.path(), &["trace", id, "--json"]);
        assert!(story.contains(say), "{id}: {story}");
        let told = json!({ "id": id, "split": "test", "rule": rule, "say": say });
        assert!(
            report["splits"]["leaked"].as_array().unwrap().contains(&told),
            "{told} is not in {}",
            report["splits"]
        );
    }
    assert_eq!(report["splits"]["leaked_all"], 5, "{}", report["splits"]);
}

#[test]
fn annotators_and_words_of_both_sides_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut samples = clean(100);
    for k in 0..5 {
        samples[99 - k]["who"] = "a-train".into();
        let text = samples[99 - k]["text"].as_str().unwrap().to_string();
        let own = text.split(' ').skip(1).collect::<Vec<_>>().join(" ");
        let name = samples[k]["text"].as_str().unwrap().split(' ').next().unwrap().to_uppercase();
        samples[99 - k]["text"] = format!("{name} {own}").into(); // the case of letters is no difference
    }
    let (facts, exit) = facts(dir.path(), &samples, "");
    assert_eq!(exit, 0);
    assert_eq!(number(&facts, "annotator.ner.shared"), 1.0);
    assert_eq!(number(&facts, "entities.ner.share"), 0.25);
}

/// Splits that were not drawn alike: their values differ, and a small model tells them apart.
#[test]
fn shifts_are_measured() {
    let dir = tempfile::tempdir().unwrap();
    let mut samples = clean(400);
    for s in samples.iter_mut().filter(|s| s["part"] == "test") {
        s["size"] = (s["size"].as_f64().unwrap() + 60.0).into();
        s["kind"] = "k0".into();
        s["text"] = format!("{} late", s["text"].as_str().unwrap()).into();
    }
    let (facts, exit) = facts(dir.path(), &samples, "[leakage.gates]\n\"shift.psi\" = { max = 0.25 }\n");
    assert_eq!(exit, 1, "the gate on the stability index");
    assert_eq!(number(&facts, "shift.differing"), 2.0);
    assert!(number(&facts, "shift.psi.size") > 0.25 && number(&facts, "shift.psi.kind") > 0.25);
    assert!(number(&facts, "adversarial.test") > 0.95);
}

/// Lists, records and numbers that are missing differ, too, and a long text takes no other column out of the small model's sight.
#[test]
fn shifts_of_every_type_are_measured() {
    let dir = tempfile::tempdir().unwrap();
    let mut samples = clean(400);
    for (n, s) in samples.iter_mut().enumerate() {
        let test = s["part"] == "test";
        s["tags"] = json!([if test { "late" } else { "early" }, "both"]);
        s["where"] = json!({ "page": if test { 2 } else { 1 } });
        s["weight"] = if test { Json::Null } else { (n as f64).into() };
        s["size"] = (s["size"].as_f64().unwrap() + if test { 900.0 } else { 0.0 }).into();
        let more: Vec<String> =
            (0..80).map(|k| format!("v{}", draw(9, "more", &format!("{n} {k}")) % 100_000)).collect();
        s["text"] = format!("{} {}", s["text"].as_str().unwrap(), more.join(" ")).into();
    }
    let manifest = |from: &str| from.replace("[\"size\", \"kind\"]", "[\"tags\", \"where\", \"weight\", \"kind\"]");
    facts(dir.path(), &samples, "");
    let path = dir.path().join("dataset.toml");
    let text = manifest(&std::fs::read_to_string(&path).unwrap());
    std::fs::write(&path, text.replace("adversarial = [\"text\"]", "adversarial = [\"text\", \"size\"]")).unwrap();
    let told = build(dir.path(), &Way::default());
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let facts = shown(dir.path(), &told.stderr);
    for column in ["tags", "where", "weight"] {
        assert!(number(&facts, &format!("shift.psi.{column}")) > 5.0, "{column}: {facts:?}");
    }
    assert!(number(&facts, "shift.psi.kind") < 0.25, "{facts:?}");
    assert_eq!(number(&facts, "shift.differing"), 2.0, "of numbers that are not there nothing is tested");
    assert!(number(&facts, "adversarial.test") > 0.95, "{facts:?}");
}

/// Where no sample has a value nothing was compared: that is told, and is not the same as that nothing leaks.
#[test]
fn what_was_not_compared_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let mut samples = clean(40);
    for s in &mut samples {
        (s["file"], s["taken"]) = (Json::Null, "some day".into());
    }
    samples[0]["doc"] = Json::Null;
    let (facts, exit) = facts(dir.path(), &samples, "[leakage.gates]\n\"time.samples\" = { max = 0 }\n");
    assert_eq!(exit, 1, "a bound on what is not known does not hold");
    for (fact, want) in
        [("origin.without", "40"), ("group.without", "1"), ("time.without", "40"), ("origin.samples", "0")]
    {
        assert_eq!(facts[fact], want, "{fact}");
    }
    assert!(facts["time.samples"].starts_with("undefined"), "{facts:?}");
    let (_, told, _) = tamis(dir.path(), &["show", "leakage", "--findings"]);
    assert_eq!(told.matches("leak.nothing").count(), 2, "{told}");
    assert!(told.contains("of `origin` nothing was compared: 40 samples have no value of it"), "{told}");
}

/// The same facts in every way to build.
#[test]
fn facts_depend_on_the_samples_alone() {
    let told: Vec<BTreeMap<String, String>> = [(false, 16, 1), (true, 4096, 4)]
        .iter()
        .map(|(turned, target, jobs)| {
            let dir = tempfile::tempdir().unwrap();
            let mut samples = clean(200);
            samples[199]["doc"] = samples[0]["doc"].clone();
            if *turned {
                samples.sort_by_key(|s| draw(3, "order", s["id"].as_str().unwrap()));
            }
            facts(dir.path(), &samples, "");
            std::fs::remove_dir_all(dir.path().join(".tamis")).unwrap();
            let way = Way { jobs: *jobs, target: *target, ..Way::default() };
            assert_eq!(build(dir.path(), &way).exit, 1, "a document lies in both splits");
            let cut = target.to_string();
            let (exit, out, err) = tamis(dir.path(), &["show", "leakage", "--partition-target", &cut]);
            assert_eq!(exit, 0, "{err}");
            let mut told = told_of(&out);
            // what is told of columns is of no order, too
            told.retain(|name, _| name.contains('.'));
            told
        })
        .collect();
    assert_eq!(told[0], told[1]);
}

/// A certificate tells what is in the release, and a changed one is found out, though its sums are right again.
#[test]
fn certificates_are_counted_again() {
    let dir = tempfile::tempdir().unwrap();
    let more = "[release.public]\nformats = [\"jsonl\", \"parquet\"]\ncolumns = [\"id\", \"text\", \"doc\", \"label.ner\", \"split\"]\n";
    let (_, exit) = facts(dir.path(), &clean(100), more);
    assert_eq!(exit, 0);
    let out = dir.path().join("out/public");
    let text = std::fs::read_to_string(out.join("split-certificate.json")).unwrap();
    let told: Json = serde_json::from_str(&text).unwrap();
    assert_eq!((&told["samples"]["test"], &told["deviation"]), (&json!(20), &json!("0.000000")));
    assert_eq!(told["classes"]["label_ner"]["PS"]["count"], json!({ "test": 20, "train": 80 }));
    assert_eq!(told["leakage"]["exact.samples"], "0");
    assert_eq!(told["sources"].as_str().unwrap().len(), 64);
    let audit = || tamis(dir.path(), &["verify", "--audit", "out/public"]);
    let (exit, said, err) = audit();
    assert_eq!(exit, 0, "{said}{err}");
    let root = told["content_root"].as_str().unwrap();
    for (was, is) in [
        ("\"train\": 80", "\"train\": 79"),
        ("0.000000", "0.100000"),
        ("\"test\": 20", "\"test\": 2"),
        ("\"dataset\": \"leaks\"", "\"dataset\": \"other\""),
        ("\"version\": \"0.1.0\"", "\"version\": \"0.2.0\""),
        (root, &"0".repeat(64)),
    ] {
        assert!(text.contains(was), "{was} is not in {text}");
        std::fs::write(out.join("split-certificate.json"), text.replacen(was, is, 1)).unwrap();
        let (exit, said, _) = audit();
        assert_eq!(exit, 1);
        assert!(said.contains("certificate.wrong"), "{was}: {said}");
    }
}

/// A picture of coloured rectangles, the same for the same number.
fn picture(seed: u64) -> image::RgbImage {
    let of = |what: &str, n: u64, most: u64| (draw(seed, what, &n.to_string()) % most) as u32;
    let mut out = image::RgbImage::from_pixel(120, 120, image::Rgb([90, 90, 90]));
    for n in 0..25 {
        let (x, y, w, h) = (of("x", n, 110), of("y", n, 110), 8 + of("w", n, 40), 8 + of("h", n, 40));
        let colour = image::Rgb([of("r", n, 256) as u8, of("g", n, 256) as u8, of("b", n, 256) as u8]);
        for (px, py) in (y..(y + h).min(120)).flat_map(|py| (x..(x + w).min(120)).map(move |px| (px, py))) {
            out.put_pixel(px, py, colour);
        }
    }
    out
}

/// A part of a picture in the other split, and a copy of one.
#[test]
fn crops_and_copies_of_pictures_are_found() {
    let dir = tempfile::tempdir().unwrap();
    let save = |name: &str, picture: &image::RgbImage| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
        std::fs::create_dir_all(dir.path().join("raw")).unwrap();
        std::fs::write(dir.path().join(format!("raw/{name}.png")), bytes.into_inner()).unwrap();
    };
    (0..12).for_each(|n| save(&format!("p{n}"), &picture(n)));
    let facts = |planted: bool| {
        if planted {
            save("crop", &image::imageops::crop_imm(&picture(0), 8, 10, 104, 100).to_image());
            save("copy", &picture(1));
        }
        put(dir.path(), "raw/test.txt", if planted { "p10\np11\ncrop\ncopy\n" } else { "p10\np11\n" });
        put(
            dir.path(),
            "dataset.toml",
            "tamis = \"0.1\"\n[dataset]\nname = \"pictures\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n\
             [collect.a]\ndirect = { images = [\"raw/*.png\"], format = \"image_folder\" }\nid = \"stem\"\nlicense = \"MIT\"\n[preprocess]\n\
             [clean]\nnear_duplicates = { threshold = 0.9, on = [\"image\"], action = \"report\" }\n\
             [split]\nratios = { train = 1, test = 0 }\nlists = { test = [\"raw/test.txt\"] }\nnear_duplicates = \"anywhere\"\n[leakage]\n",
        );
        let told = build(dir.path(), &Way::default());
        (shown(dir.path(), &told.stderr), told.exit)
    };
    let (clean, exit) = facts(false);
    assert_eq!((number(&clean, "near.samples"), number(&clean, "exact.samples"), exit), (0.0, 0.0, 0));
    let (told, exit) = facts(true);
    assert_eq!((number(&told, "near.samples"), number(&told, "exact.samples"), exit), (2.0, 1.0, 1));
}
