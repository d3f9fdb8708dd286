//! Benchmarks without their answers: what is hidden stands in no file of a release, whatever its format, and in the folder of
//! answers it stands whole.
use crate::harness::{Way, build, png, tamis};
use arrow_array::RecordBatch;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::Path;

/// A class that answers of the test split alone name.
const PLANTED: &str = "Zqxanswer";
const HEAD: &str =
    "tamis = \"0.1\"\n[dataset]\nname = \"bench\"\nversion = \"1.0.0\"\nlicense = \"MIT\"\ndescription = \"Made.\"\n";

fn put(dir: &Path, path: &str, bytes: impl AsRef<[u8]>) {
    let place = dir.join(path);
    std::fs::create_dir_all(place.parent().unwrap()).unwrap();
    std::fs::write(place, bytes).unwrap();
}

/// Every file below a folder, with its path there.
fn files(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let (mut out, mut open) = (BTreeMap::new(), vec![dir.to_path_buf()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(dir).unwrap().to_str().unwrap().to_string();
                out.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    out
}

/// What a file says as text, whatever packs it.
fn text(path: &str, bytes: &[u8]) -> String {
    let batches: Vec<RecordBatch> = if path.ends_with(".parquet") {
        let file = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(
            bytes::Bytes::copy_from_slice(bytes),
        );
        file.unwrap().build().unwrap().map(Result::unwrap).collect()
    } else if path.ends_with(".arrow") {
        let file = arrow_ipc::reader::FileReader::try_new(std::io::Cursor::new(bytes), None);
        file.unwrap().map(Result::unwrap).collect()
    } else {
        Vec::new()
    };
    let unpacked = if path.ends_with(".zst") { zstd::decode_all(bytes).unwrap() } else { bytes.to_vec() };
    format!("{}{batches:?}", String::from_utf8_lossy(&unpacked))
}

/// Files of samples, not those that tell of the release as a whole: these name the classes that there are.
fn is_data(path: &str) -> bool {
    path.contains('/') && !path.starts_with("LICENSES/") && path != "yolo/data.yaml"
}

fn texts(dir: &Path, n: usize, answer: impl Fn(usize) -> String, more: &str) {
    let mut lines = [String::new(), String::new(), String::new()];
    for i in 0..n {
        let (id, part) = (format!("s{i:03}"), if i.is_multiple_of(4) { "test" } else { "train" });
        let words = format!("name{i} went to place{i}");
        lines[0] += &format!("{}\n", json!({ "id": id, "text": words, "part": part }));
        let class = if part == "test" { answer(i) } else { "PS".to_string() };
        lines[1] += &format!(
            "{}\n",
            json!({ "id": id, "who": "a", "label": [{ "class": class, "start": 0, "end": words.find(' ').unwrap() }] })
        );
        lines[2] += &format!("{}\n", json!({ "id": id, "who": "a", "label": class }));
    }
    for (name, lines) in ["texts", "ner", "kind"].iter().zip(lines) {
        put(dir, &format!("raw/{name}.jsonl"), lines);
    }
    let label = |task: &str, file: &str| {
        format!(
            "[label.{file}]\ntask = \"{task}\"\nclasses = [\"PS\", \"LC\", \"{PLANTED}\"]\n\
             guideline = {{ document = \"docs/g.md\", version = \"1.0.0\" }}\n\
             from.a = {{ files = [\"raw/{file}.jsonl\"], format = \"jsonl\", on = \"id\", fields = {{ item = \"id\", annotator = \"who\", label = \"label\" }} }}\n"
        )
    };
    put(dir, "docs/g.md", format!("# Guide\n\n## PS\n\nx\n\n## LC\n\nx\n\n## {PLANTED}\n\nx\n"));
    let manifest = format!(
        "{HEAD}[collect.a]\ndirect = {{ files = [\"raw/texts.jsonl\"], format = \"jsonl\" }}\nid = \"id\"\nlicense = \"MIT\"\n\
         [schema]\ntext = {{ text = {{}} }}\n{}{}\
         [split]\nratios = {{ train = 0.75, test = 0.25 }}\ngiven = \"part\"\nhide = {{ test = [\"label.*\"] }}\n{more}\
         [release.public]\ncolumns = [\"id\", \"text\", \"label.ner\", \"label.kind\", \"split\"]\ndocuments = [\"croissant\", \"datapackage\", \"datasheet\"]\n\
         formats = [\"parquet\", \"jsonl\", \"jsonl_zst\", \"csv\", \"arrow\", {{ format = \"conll\", tokens = \"words\" }}, \
         {{ format = \"conll2003\", tokens = \"words\" }}, {{ format = \"conllu\", tokens = \"words\" }}, \"doccano\", \"spacy\", \"prodigy\"]\n",
        label("ner", "ner"),
        label("classification", "kind"),
    );
    put(dir, "dataset.toml", manifest);
}

fn pass(dir: &Path) {
    let told = build(dir, &Way::default());
    assert_eq!(told.exit, 0, "{} {:?}", told.stderr, told.events.last());
}

/// Nothing of what was planted stands in a file of samples, and all of it in the answers.
fn assert_hidden(dir: &Path, tests: usize) {
    let released = files(&dir.join("out/public"));
    for (path, bytes) in released.iter().filter(|(path, _)| is_data(path)) {
        assert!(!text(path, bytes).contains(PLANTED), "{path} tells a hidden answer");
    }
    let answers = files(&dir.join("hidden-answers/public"));
    let lines = String::from_utf8(answers["test.jsonl"].clone()).unwrap();
    assert_eq!((lines.lines().count(), lines.lines().filter(|l| l.contains(PLANTED)).count()), (tests, tests));
    let sums = String::from_utf8(answers["SHA256SUMS"].clone()).unwrap();
    assert_eq!(sums.lines().count(), 3);
    assert!(dir.join("hidden-answers/.gitignore").is_file());
    let page: Json = serde_json::from_slice(&released["release.json"]).unwrap();
    let canary = page["canary"].as_str().unwrap();
    for document in ["README.md", "croissant.json", "datapackage.json", "ro-crate-metadata.json"] {
        if let Some(bytes) = released.get(document) {
            assert!(String::from_utf8_lossy(bytes).contains(canary), "{document} has no canary");
        }
    }
    for verb in [vec!["verify", "out/public"], vec!["verify", "--audit", "out/public"]] {
        let (exit, out, err) = tamis(dir, &verb);
        assert_eq!(exit, 0, "{verb:?}: {out}{err}");
    }
}

#[test]
fn formats_of_texts_hide_answers() {
    let dir = tempfile::tempdir().unwrap();
    texts(dir.path(), 24, |_| PLANTED.into(), "");
    pass(dir.path());
    assert_hidden(dir.path(), 6);
    let released = files(&dir.path().join("out/public"));
    for there in ["conll/train.conll", "jsonl/test-00000.jsonl", "doccano/test.jsonl", "parquet/test-00000.parquet"] {
        assert!(released.contains_key(there), "{there}");
    }
    for gone in ["conll/test.conll", "conll2003/test.conll", "conllu/test.conllu"] {
        assert!(!released.contains_key(gone), "{gone} would say that nothing is there");
    }
    let lines = String::from_utf8(released["jsonl/test-00000.jsonl"].clone()).unwrap();
    for line in lines.lines() {
        let row: Json = serde_json::from_str(line).unwrap();
        assert_eq!((&row["label_ner"], &row["label_kind"]), (&Json::Null, &Json::Null));
        assert!(row["text"].is_string());
    }
}

/// Another answer is another folder of answers, and the same release to the last byte.
#[test]
fn a_changed_answer_changes_no_released_byte() {
    let dir = tempfile::tempdir().unwrap();
    texts(dir.path(), 24, |_| PLANTED.into(), "");
    pass(dir.path());
    let before = files(&dir.path().join("out/public"));
    texts(dir.path(), 24, |i| if i == 4 { "LC".into() } else { PLANTED.into() }, "");
    pass(dir.path());
    assert_eq!(before, files(&dir.path().join("out/public")));
    let lines = std::fs::read_to_string(dir.path().join("hidden-answers/public/test.jsonl")).unwrap();
    assert_eq!(lines.lines().filter(|l| l.contains("\"LC\"")).count(), 1);
}

/// A bound on how far the splits differ in what is hidden is held, and what was measured is not told: it would say what the
/// answers are like.
#[test]
fn gates_on_hidden_columns_are_not_told() {
    let dir = tempfile::tempdir().unwrap();
    let gates = "gates = { \"shift.psi\" = { max = 99 }, \"shift.psi.label.kind\" = { max = 99 }, \"exact.samples\" = { max = 0 } }";
    let leakage = format!("[leakage]\nexact = [\"text\"]\nshift = [\"label.kind\"]\n{gates}\n");
    texts(dir.path(), 24, |_| PLANTED.into(), &leakage);
    let path = dir.path().join("dataset.toml");
    let manifest = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, manifest.replace("\"datasheet\"]", "\"datasheet\", \"certificate\"]")).unwrap();
    pass(dir.path());
    let (_, shown, _) = tamis(dir.path(), &["show", "leakage"]);
    let psi = shown.lines().find_map(|l| l.trim().strip_prefix("shift.psi.label.kind")).unwrap().trim();
    assert!(psi.parse::<f64>().unwrap() > 1.0, "{shown}");
    let told = files(&dir.path().join("out/public"));
    for (path, bytes) in &told {
        let text = text(path, bytes);
        assert!(!text.contains(psi) && !text.contains("shift.psi"), "{path} tells the shift of hidden answers");
    }
    let card = text("README.md", &told["README.md"]);
    assert!(card.contains("leakage.exact.samples"), "what is not hidden is told: {card}");
}

#[test]
fn what_a_report_shows_has_no_hidden_answer() {
    let dir = tempfile::tempdir().unwrap();
    texts(dir.path(), 24, |_| PLANTED.into(), "");
    pass(dir.path());
    let (exit, out, err) = tamis(dir.path(), &["report", "--json"]);
    assert_eq!(exit, 0, "{err}");
    let report: Json = serde_json::from_str(&out).unwrap();
    let cards = report["samples"]["cards"].as_array().unwrap();
    let tests: Vec<&Json> = cards.iter().filter(|c| c["split"] == "test").collect();
    assert_eq!(tests.len(), 6);
    for card in tests {
        assert!(!card.to_string().contains(PLANTED), "{card}");
        assert!(card["hidden"].as_array().unwrap().contains(&json!("label.ner")), "{card}");
    }
    // nor a count of classes from which it could be reckoned: the planted class stands in the test alone
    for task in report["labels"].as_array().unwrap() {
        let test = &task["splits"]["test"];
        assert_eq!(
            (&test["samples"], &test["hidden"], &test["annotations"]),
            (&json!(6), &json!(6), &json!(0)),
            "{task}"
        );
        for class in task["classes"].as_array().unwrap() {
            let trained = if class["class"] == "PS" { 18 } else { 0 };
            assert_eq!((&class["annotations"], &class["samples"]), (&json!(trained), &json!(trained)), "{class}");
            assert_eq!(class["by_split"]["test"], Json::Null, "{class}");
        }
    }
}

/// Fields that answers were collected in are told without the splits whose answers are hidden, and so are shares of classes.
#[test]
fn counts_of_a_report_leave_hidden_splits_out() {
    let dir = tempfile::tempdir().unwrap();
    let kind = |i: usize| if i.is_multiple_of(4) { PLANTED } else { ["a", "b"][i % 2] };
    let lines: String = (0..40)
        .map(|i| {
            let part = if i % 4 == 0 { "test" } else { "train" };
            format!(
                "{}\n",
                json!({ "id": format!("s{i:02}"), "text": format!("words {i}"), "kind": kind(i), "part": part })
            )
        })
        .collect();
    put(dir.path(), "raw/a.jsonl", lines);
    let manifest = format!(
        "{HEAD}[collect.a]\ndirect = {{ files = [\"raw/a.jsonl\"], format = \"jsonl\" }}\nid = \"id\"\nlicense = \"MIT\"\n\
         [schema]\ntext = {{ text = {{}} }}\n\
         [label.kind]\ntask = \"classification\"\nclasses = [\"a\", \"b\", \"{PLANTED}\"]\nfrom.own = {{ column = \"kind\" }}\n\
         [split]\nratios = {{ train = 0.75, test = 0.25 }}\ngiven = \"part\"\nstratify = \"label.kind\"\nhide = {{ test = [\"label.*\", \"kind\"] }}\n\
         [release.public]\ncolumns = [\"id\", \"text\", \"label.kind\", \"split\"]\nformats = [\"jsonl\"]\n"
    );
    put(dir.path(), "dataset.toml", manifest);
    pass(dir.path());
    let (exit, out, err) = tamis(dir.path(), &["report", "--json"]);
    assert_eq!(exit, 0, "{err}");
    let report: Json = serde_json::from_str(&out).unwrap();
    let field = report["fields"].as_array().unwrap().iter().find(|f| f["name"] == "kind").unwrap();
    assert_eq!(
        (&field["rows"], &field["answers_hidden"], &field["distinct"]),
        (&json!(30), &json!(10), &json!(2)),
        "{field}"
    );
    assert!(!field.to_string().contains(PLANTED), "{field}");
    let shares = report["splits"]["shares"].as_array().unwrap();
    let of_class: Vec<&Json> = shares.iter().filter(|s| s["what"] != "").collect();
    assert_eq!(of_class.len(), 2, "{of_class:?}");
    for share in of_class {
        assert_eq!(
            (&share["split"], &share["wanted"], &share["reached"]),
            (&json!("train"), &json!(10_000), &json!(10_000))
        );
    }
    let (exit, _, err) = tamis(dir.path(), &["report"]);
    assert_eq!(exit, 0, "{err}");
}

#[test]
fn freezing_keeps_the_answers_apart() {
    let dir = tempfile::tempdir().unwrap();
    texts(dir.path(), 24, |_| PLANTED.into(), "");
    let (exit, out, err) = tamis(dir.path(), &["release", "public"]);
    assert_eq!(exit, 0, "{out}{err}");
    assert!(out.contains("hidden-answers/public-1.0.0"), "{out}");
    let kept = files(&dir.path().join("hidden-answers/public-1.0.0"));
    assert_eq!(kept, files(&dir.path().join("hidden-answers/public")));
    assert_eq!(tamis(dir.path(), &["verify", "releases/public-1.0.0"]).0, 0);
    let verify = || tamis(dir.path(), &["verify", "hidden-answers/public-1.0.0"]);
    let (exit, out, err) = verify();
    assert_eq!(exit, 0, "{out}{err}");
    assert!(out.contains("one for each sample of releases/public-1.0.0"), "{out}");
    answers_that_lack_one_are_told(dir.path(), verify);
    // the release is the same, and its answers are not
    texts(dir.path(), 24, |_| "LC".into(), "");
    let (exit, out, err) = tamis(dir.path(), &["release", "public"]);
    assert!(exit == 1 && err.contains("holds other answers"), "{out}{err}");
    assert_eq!(kept, files(&dir.path().join("hidden-answers/public-1.0.0")));
}

/// One answer is cut off, and the sums are made anew: the sample that has none is told.
fn answers_that_lack_one_are_told(dir: &Path, verify: impl Fn() -> (i32, String, String)) {
    let folder = dir.join("hidden-answers/public-1.0.0");
    let before = files(&folder);
    let lines = std::fs::read_to_string(folder.join("test.jsonl")).unwrap();
    let (first, rest) = lines.split_once('\n').unwrap();
    std::fs::write(folder.join("test.jsonl"), rest).unwrap();
    let (exit, out, err) = verify();
    assert!(exit == 1 && out.contains("different: test.jsonl (SHA256SUMS)"), "{out}{err}");
    let id = serde_json::from_str::<Json>(first).unwrap()["id"].as_str().unwrap().to_string();
    assert!(out.contains(&format!("test: 1 samples of releases/public-1.0.0 have no answer, such as {id}")), "{out}");
    std::fs::write(folder.join("test.jsonl"), lines).unwrap();
    assert_eq!(before, files(&folder));
}

#[test]
fn formats_of_pictures_hide_answers() {
    let dir = tempfile::tempdir().unwrap();
    let (mut boxes, mut kinds) = (String::new(), String::new());
    for i in 0..12u8 {
        let class = if i.is_multiple_of(4) { PLANTED } else { "car" };
        put(dir.path(), &format!("raw/p{i}.png"), png(i * 5));
        boxes += &format!(
            "{}\n",
            json!({ "id": format!("p{i}"), "who": "a", "label": [{ "class": class, "x1": 0.5, "y1": 1.0, "x2": 2.25, "y2": 3.0 }] })
        );
        kinds += &format!("{}\n", json!({ "id": format!("p{i}"), "who": "a", "label": class }));
    }
    put(dir.path(), "raw/boxes.jsonl", boxes);
    put(dir.path(), "raw/kinds.jsonl", kinds);
    put(dir.path(), "docs/g.md", format!("# Guide\n\n## car\n\nx\n\n## {PLANTED}\n\nx\n"));
    let label = |name: &str, task: &str, file: &str| {
        format!(
            "[label.{name}]\ntask = \"{task}\"\nclasses = [\"car\", \"{PLANTED}\"]\nguideline = {{ document = \"docs/g.md\", version = \"1.0.0\" }}\n\
             from.a = {{ files = [\"raw/{file}.jsonl\"], format = \"jsonl\", on = \"id\", fields = {{ item = \"id\", annotator = \"who\", label = \"label\" }} }}\n"
        )
    };
    let manifest = format!(
        "{HEAD}[collect.a]\ndirect = {{ images = [\"raw/*.png\"], format = \"image_folder\" }}\nid = \"stem\"\nlicense = \"MIT\"\n[preprocess]\n{}{}\
         [split]\nratios = {{ train = 1, test = 0 }}\nstratify = \"label.kind\"\nhide = {{ test = [\"label.*\"] }}\n\
         lists = {{ test = [\"raw/test.txt\"] }}\n\
         [release.public]\ncolumns = [\"id\", \"image\", \"width\", \"height\", \"label.box\", \"label.kind\", \"split\"]\nmax_losses = 100\n\
         formats = [\"parquet\", \"jsonl\", \"coco\", \"yolo\", \"voc\", \"cvat\", \"labelme\", \"webdataset\", \"aihub\", {{ format = \"image_folder\", folders = \"label.kind\" }}]\n",
        label("box", "object_detection", "boxes"),
        label("kind", "classification", "kinds"),
    );
    put(dir.path(), "raw/test.txt", "p0\np4\np8\n");
    put(dir.path(), "dataset.toml", manifest);
    pass(dir.path());
    let released = files(&dir.path().join("out/public"));
    for (path, bytes) in
        released.iter().filter(|(path, _)| is_data(path) && !path.starts_with("coco/") && !path.starts_with("cvat/"))
    {
        assert!(!text(path, bytes).contains(PLANTED), "{path} tells a hidden answer");
    }
    let coco: Json = serde_json::from_slice(&released["coco/instances_test.json"]).unwrap();
    assert_eq!((coco["images"].as_array().unwrap().len(), coco.get("annotations")), (3, None));
    assert!(released.contains_key("images/test/p4.png"), "a hidden class is no folder: {:?}", released.keys());
    for ending in ["labels/test/p0.txt", "voc/test/p0.xml", "cvat/test.xml", "images/test/p0.json"] {
        assert!(!released.keys().any(|path| path.ends_with(ending)), "{ending}");
    }
    assert!(released.keys().any(|path| path.ends_with("train/car/p1.txt")), "{:?}", released.keys());
    for verb in [vec!["verify", "out/public"], vec!["verify", "--audit", "out/public"]] {
        let (exit, out, err) = tamis(dir.path(), &verb);
        assert_eq!(exit, 0, "{verb:?}: {out}{err}");
    }
}

/// A released column that says what is hidden, such as the path of a file in a folder of its class, fails the build.
#[test]
fn columns_that_tell_answers_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let class = |i: usize| if i.is_multiple_of(8) { PLANTED.to_string() } else { "LC".to_string() };
    texts(dir.path(), 60, class, "");
    let with = |place: &dyn Fn(usize) -> String| {
        let line = |i: usize| {
            let part = if i.is_multiple_of(4) { "test" } else { "train" };
            format!(
                "{}\n",
                json!({ "id": format!("s{i:03}"), "text": format!("name{i} went"), "part": part, "place": place(i) })
            )
        };
        put(dir.path(), "raw/texts.jsonl", (0..60).map(line).collect::<String>());
        let path = dir.path().join("dataset.toml");
        let manifest = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, manifest.replace("\"text\", \"label.ner\"", "\"text\", \"place\", \"label.ner\""))
            .unwrap();
        build(dir.path(), &Way::default())
    };
    let told = with(&|i| format!("pictures/{}/{i}.png", class(i)));
    assert_eq!(told.exit, 1, "{}", told.stderr);
    let (_, shown, _) = tamis(dir.path(), &["show", "release.public/hide", "--findings"]);
    assert!(shown.contains("the released column `place` tells `label.kind`, which is hidden"), "{shown}");
    // a value that is equal by chance, or always the same, tells nothing
    for place in [&(|_| "LC".to_string()) as &dyn Fn(usize) -> String, &|i| ["LC", PLANTED][i / 4 % 3 % 2].to_string()]
    {
        let told = with(place);
        assert_eq!(told.exit, 0, "{}", told.stderr);
    }
}

/// Ids that are made of the folders of classes tell what is hidden.
#[test]
fn ids_that_tell_answers_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for i in 0..40 {
        let class = if i % 2 == 0 { "cat" } else { "dog" };
        put(dir.path(), &format!("raw/{class}/{i}.png"), png(i));
    }
    let manifest = |ids: &str| {
        format!(
            "{HEAD}[collect.a]\ndirect = {{ images = [\"raw/*/*.png\"], format = \"image_folder\" }}\nid = \"path\"\nlicense = \"MIT\"\n\
             [label.kind]\ntask = \"classification\"\nclasses = [\"cat\", \"dog\"]\nguideline = {{ document = \"docs/g.md\", version = \"1.0.0\" }}\nfrom.a = {{ column = \"class\", annotator = \"a\" }}\n\
             [split]\nratios = {{ train = 0.5, test = 0.5 }}\nhide = {{ test = [\"label.*\"] }}\n\
             [release.public]\nformats = [\"jsonl\"]\ncolumns = [\"id\", \"label.kind\", \"split\"]\n{ids}"
        )
    };
    put(dir.path(), "docs/g.md", "# Guide\n\n## cat\n\nx\n\n## dog\n\nx\n");
    put(dir.path(), "dataset.toml", manifest(""));
    let told = build(dir.path(), &Way::default());
    assert_eq!(told.exit, 1, "{}", told.stderr);
    put(dir.path(), "dataset.toml", manifest("ids = \"sequence\"\n"));
    pass(dir.path());
}
