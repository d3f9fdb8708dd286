//! What formats promise: a change to one runs nothing of another, and files are read again only where they changed.
use crate::harness::{Told, Way, build, png};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use tamis::project::{Options, Project};
use tamis::stages::registry;
use tamis::world::{Op, Probe, Verdict, World};
use tempfile::TempDir;

fn put(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

const HEAD: &str = "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n";

/// A project with a manifest behind the usual head, and files.
fn project(manifest: &str, files: &[(&str, &[u8])]) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    put(dir.path(), "dataset.toml", format!("{HEAD}{manifest}").as_bytes());
    files.iter().for_each(|(path, bytes)| put(dir.path(), path, bytes));
    dir
}

/// Steps of which a kernel ran.
fn ran(told: &Told) -> Vec<String> {
    assert_eq!(told.exit, 0, "{:?} {}", told.events, told.stderr);
    told.kernels().into_keys().collect()
}

const SENTENCES: &str = "[collect.c]\ndirect = { files = [\"raw/c.conll\"], format = \"conll\" }\n\
    fields = { text = \"tokens\", tags = \"tags\" }\nid = \"comment:1\"\nlicense = \"MIT\"\n\
    [label.ner]\ntask = \"ner\"\nclasses = [\"PS\"]\nfrom.c = { column = \"tags\" }\n";

#[test]
fn one_more_format_encodes_no_other() {
    let manifest = |formats: &str| format!("{HEAD}{SENTENCES}[release.all]\nformats = [{formats}]\n");
    let dir = project("", &[("raw/c.conll", b"# c1\nAnna\tB-PS\nsings\tO\n\n# c2\nin\tO\n\n")]);
    put(dir.path(), "dataset.toml", manifest("\"jsonl\", \"parquet\"").as_bytes());
    ran(&build(dir.path(), &Way::default()));
    put(dir.path(), "dataset.toml", manifest("\"jsonl\", \"parquet\", \"conll\"").as_bytes());
    let steps = ran(&build(dir.path(), &Way::default()));
    assert_eq!(steps, ["release.all run", "release.all/encode.conll map"]);
}

/// A picture that moves into another folder is read as a new file; the others are not opened, also not for sums.
#[test]
fn a_changed_class_reads_only_that_picture() {
    let manifest = "[collect.p]\ndirect = { images = [\"raw/**/*.png\"], format = \"image_folder\" }\n\
        fields = { kind = \"class\" }\nid = \"stem\"\nlicense = \"MIT\"\n[release.all]\nformats = [\"image_folder\"]\n\
        columns = [\"id\", \"kind\"]\n";
    let dir = project(manifest, &[]);
    for n in 0..40 {
        put(dir.path(), &format!("raw/a/p{n}.png"), &png(n));
    }
    ran(&build(dir.path(), &Way::default()));
    std::thread::sleep(std::time::Duration::from_millis(2100)); // files are no longer too young to be believed
    ran(&build(dir.path(), &Way::default()));
    std::fs::create_dir_all(dir.path().join("raw/b")).unwrap();
    std::fs::rename(dir.path().join("raw/a/p7.png"), dir.path().join("raw/b/p7.png")).unwrap();
    assert_eq!(opened(dir.path()), ["raw/b/p7.png"]);
}

/// Notes which raw files a build opens.
#[derive(Default)]
struct Opened(Mutex<BTreeSet<String>>);

impl Probe for Opened {
    fn before(&self, op: &Op) -> Verdict {
        if let Op::Open(path) | Op::Read(path) = op
            && let Some((_, raw)) = path.to_str().unwrap().split_once("/raw/")
        {
            self.0.lock().unwrap().insert(format!("raw/{raw}"));
        }
        Verdict::Go
    }
}

/// The raw files that a build opens, which must succeed.
fn opened(dir: &Path) -> Vec<String> {
    let seen = Arc::new(Opened::default());
    let project = Project::in_world(World::probed(dir, seen.clone()), &registry()).ok().unwrap();
    let options = Options { target: 16, jobs: 1, ..Options::default() };
    assert_eq!(crate::harness::built(&project, &options, |_, f| f.exit()), 0);
    seen.0.lock().unwrap().iter().cloned().collect()
}

/// Images and the files beside them are two scans; both are believed when nothing changed.
#[test]
fn images_with_files_beside_them_are_not_read_again() {
    let manifest = "[collect.v]\ndirect = { images = [\"raw/*.png\"], files = [\"raw/*.xml\"], format = \"voc\" }\n\
        license = \"MIT\"\n[release.all]\nformats = [\"jsonl\"]\n";
    let dir = project(manifest, &[("raw/a.png", &png(1)), ("raw/a.xml", b"<annotation></annotation>")]);
    ran(&build(dir.path(), &Way::default()));
    std::thread::sleep(std::time::Duration::from_millis(2100));
    ran(&build(dir.path(), &Way::default()));
    assert_eq!(opened(dir.path()), Vec::<String>::new());
}

/// A document of many images and a project that reads it by itself.
fn coco(n: usize, class: impl Fn(usize) -> usize) -> Vec<u8> {
    let images: Vec<String> =
        (0..n).map(|i| format!("{{\"id\": {i}, \"file_name\": \"p{i:05}.jpg\", \"note\": \"picture {i}\"}}")).collect();
    let boxes: Vec<String> = (0..n)
        .map(|i| format!("{{\"id\": {i}, \"image_id\": {i}, \"category_id\": {}, \"bbox\": [0, 0, {i}, 2]}}", class(i)))
        .collect();
    format!(
        "{{\"images\": [\n{}],\n\"annotations\": [\n{}],\n\"categories\": [{{\"id\": 1, \"name\": \"a\"}}, {{\"id\": 2, \"name\": \"b\"}}]}}\n",
        images.join(",\n"),
        boxes.join(",\n")
    )
    .into_bytes()
}

const DOCUMENT: &str = "[collect.c]\ndirect = { files = [\"raw/*.json\"], format = \"coco\" }\n\
    fields = { text = \"note\" }\nlicense = \"MIT\"\n[schema]\ntext = { text = {} }\n[preprocess]\nwhitespace = \"collapse\"\n\
    [label.cells]\ntask = \"object_detection\"\nclasses = [\"a\", \"b\"]\nfrom.c = { column = \"objects\" }\n\
    [split]\nratios = { train = 0.5, test = 0.5 }\n[release.all]\nformats = [\"jsonl\"]\n";

/// The content root, files root and number of partitions of a project that is built without any memory.
fn clean(manifest: &str, files: &[(&str, &[u8])], target: u32) -> (String, String) {
    let dir = project(manifest, files);
    let told = build(dir.path(), &Way { target, ..Way::default() });
    ran(&told);
    told.roots()
}

/// Rows of a document are cut anew by their ids: an edit reads the document again and runs what follows on few rows; the
/// release is that of a clean build, for any size of partitions.
#[test]
fn an_edit_in_a_document_touches_few_partitions() {
    let n = 3000;
    let before = coco(n, |_| 1);
    let after = coco(n, |i| if i == 1234 { 2 } else { 1 });
    let dir = project(DOCUMENT, &[("raw/a.json", &before)]);
    let told = build(dir.path(), &Way::default());
    ran(&told);
    let (maps, rows) = told.kernel("preprocess", "map");
    assert!(maps > 20 && rows == n as u64, "{maps} maps of {rows} rows");
    put(dir.path(), "raw/a.json", &after);
    let told = build(dir.path(), &Way::default());
    ran(&told);
    assert_eq!(told.kernel("collect.c", "map"), (1, 1));
    assert_eq!(told.kernel("preprocess", "map"), (0, 0), "no text changed");
    let (checks, rows) = told.kernel("label.cells/check", "map");
    assert!((1..=3).contains(&checks) && rows < 500, "{checks} checks of {rows} rows");
    for target in [16, 500, 4096] {
        assert_eq!(told.roots(), clean(DOCUMENT, &[("raw/a.json", &after)], target), "target {target}");
    }
    ran(&build(dir.path(), &Way::default()));
    let (exit, out, _) = crate::harness::tamis(dir.path(), &["trace", "p01234.jpg", "--partition-target", "16"]);
    assert!(exit == 0 && out.contains("raw/a.json record 1235"), "{out}");
}

/// What a release wrote as Parquet or Arrow is read again, row group by row group; columns, ids and order are the same.
#[test]
fn what_is_written_as_a_table_is_read_again() {
    let lines: String = (0..5000)
        .map(|i| format!("{{\"id\": \"s{i:04}\", \"text\": \"text {i}\", \"n\": {i}, \"x\": {}.5}}\n", i % 7))
        .collect();
    let fields = "fields = { text = \"text\", n = \"n\", x = \"x\" }\nid = \"id\"\nlicense = \"MIT\"\n[schema]\n\
        text = { text = {} }\nn = { int = {} }\nx = { float = {} }\n[release.all]\nformats = [\"jsonl\", \"parquet\", \"arrow\"]\n";
    let of = |format: &str| {
        format!("[collect.s]\ndirect = {{ files = [\"raw/data.{format}\"], format = \"{format}\" }}\n{fields}")
    };
    let first = project(&of("jsonl"), &[("raw/data.jsonl", lines.as_bytes())]);
    let told = build(first.path(), &Way::default());
    ran(&told);
    for format in ["parquet", "arrow"] {
        let written = std::fs::read(first.path().join(format!("out/all/{format}/train-00000.{format}"))).unwrap();
        let files = [(&*format!("raw/data.{format}"), &*written)];
        let again = clean(&of(format), &files, 16);
        assert_eq!(again.0, told.roots().0, "{format}");
        assert_eq!(again, clean(&of(format), &files, 4096), "{format}");
    }
}

/// Conversations are released in one form, and read again in it out of each format, as are pairs of answers.
#[test]
fn released_conversations_are_read_again() {
    let talks = "{\"id\": \"a\", \"conversations\": [{\"from\": \"human\", \"value\": \"가\"}, {\"from\": \"gpt\", \"value\": \"b\", \"weight\": 1}]}\n\
        {\"id\": \"b\", \"conversations\": null}\n{\"id\": \"c\", \"conversations\": []}\n";
    let pairs = "{\"id\": \"p\", \"prompt\": \"q\", \"chosen\": \"a\", \"rejected\": \"b\"}\n";
    for (form, again, lines) in [("sharegpt", "openai", talks), ("preference", "preference", pairs)] {
        let of = |format: &str, form: &str| {
            format!(
                "[collect.s]\ndirect = {{ files = [\"raw/*\"], format = \"{format}\", chat = \"{form}\" }}\nid = \"id\"\n\
                 license = \"MIT\"\n[release.all]\nformats = [\"jsonl\", \"parquet\", \"arrow\"]\n"
            )
        };
        let first = project(&of("jsonl", form), &[("raw/data", lines.as_bytes())]);
        let told = build(first.path(), &Way::default());
        ran(&told);
        for format in ["jsonl", "parquet", "arrow"] {
            let written = read(first.path(), &format!("out/all/{format}/train-00000.{format}"));
            let back = clean(&of(format, again), &[("raw/data", &written)], 4096);
            assert_eq!(back.0, told.roots().0, "{format}");
        }
    }
}

fn read(dir: &Path, path: &str) -> Vec<u8> {
    std::fs::read(dir.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Lines of JSON without their first key, in one order.
fn without_ids(lines: &str) -> Vec<String> {
    let mut out: Vec<String> = lines.lines().map(|l| l.split_once(',').unwrap().1.to_string()).collect();
    out.sort();
    out
}

/// A release of spans is a source again, in each of its formats, with fields and without: the second release equals the
/// first, spans and ids.
#[test]
fn a_release_of_spans_is_read_again() {
    const RELEASE: &str = "[release.all]\nformats = [\"jsonl\", \"parquet\", \"arrow\", \"conll\", \"conllu\", \"conll2003\"]\ncolumns = [\"id\", \"text\", \"label.ner\"]\n";
    const LINES: &str = "out/all/jsonl/train-00000.jsonl";
    let text = "# c1\nAnna\tB-PS\nsings\tO\n\n# c2\nin\tO\n\n# c3\n😀\tO\nAn\tB-PS\nna\tI-PS\nBo\tB-PS\n\n";
    let first = project(&format!("{SENTENCES}{RELEASE}"), &[("raw/c.conll", text.as_bytes())]);
    ran(&build(first.path(), &Way::default()));
    let lines = read(first.path(), LINES);
    let label = |column: &str| {
        format!(
            "license = \"MIT\"\n[label.ner]\ntask = \"ner\"\nclasses = [\"PS\"]\nfrom.own = {{ column = \"{column}\" }}\n"
        )
    };
    let named = "fields = { text = \"text\", spans = \"label_ner\" }\nid = \"id\"\n";
    for (format, file, fields, column) in [
        ("jsonl", LINES, named, "spans"),
        ("jsonl", LINES, "id = \"id\"\n", "label_ner"),
        ("parquet", "out/all/parquet/train-00000.parquet", named, "spans"),
        ("parquet", "out/all/parquet/train-00000.parquet", "id = \"id\"\n", "label_ner"),
        ("arrow", "out/all/arrow/train-00000.arrow", "id = \"id\"\n", "label_ner"),
        ("conll", "out/all/conll/train.conll", "", "tags"),
        ("conllu", "out/all/conllu/train.conllu", "", "tags"),
        ("conll2003", "out/all/conll2003/train.conll", "", "tags"),
    ] {
        let source = format!("[collect.a]\ndirect = {{ files = [\"raw/*\"], format = \"{format}\" }}\n{fields}");
        let again = project(&format!("{source}{}{RELEASE}", label(column)), &[("raw/a", &read(first.path(), file))]);
        let told = build(again.path(), &Way::default());
        ran(&told);
        let (was, is) = (String::from_utf8_lossy(&lines), read(again.path(), LINES));
        let is = String::from_utf8_lossy(&is);
        match format {
            "conll2003" => assert_eq!(without_ids(&was), without_ids(&is), "{format}"), // it holds none
            _ => assert_eq!(was, is, "{format} {fields}"),
        }
    }
}

/// Tags of each scheme are read again in it.
#[test]
fn a_release_in_each_scheme_is_read_again() {
    const COLUMNS: &str = "columns = [\"id\", \"text\", \"label.ner\"]\n";
    let text = "# c1\nAnna\tB-PS\nBo\tB-PS\nsings\tO\n\n# c2\nin\tO\n\n# c3\n😀\tO\nAn\tB-PS\nna\tI-PS\nBo\tB-PS\n\n";
    let mut seen = BTreeSet::new();
    for scheme in ["bio", "iob1", "bioes", "bilou"] {
        let release =
            format!("[release.all]\nformats = [\"jsonl\", {{ format = \"conll\", scheme = \"{scheme}\" }}]\n{COLUMNS}");
        let first = project(&format!("{SENTENCES}{release}"), &[("raw/c.conll", text.as_bytes())]);
        let told = build(first.path(), &Way::default());
        ran(&told);
        let written = read(first.path(), "out/all/conll/train.conll");
        let source = format!(
            "[collect.a]\ndirect = {{ files = [\"raw/*\"], format = \"conll\" }}\nlicense = \"MIT\"\n[label.ner]\ntask = \"ner\"\n\
             classes = [\"PS\"]\nfrom.own = {{ column = \"tags\", scheme = \"{scheme}\" }}\n{release}"
        );
        let again = project(&source, &[("raw/a", &written)]);
        let back = build(again.path(), &Way::default());
        ran(&back);
        assert_eq!(read(again.path(), "out/all/conll/train.conll"), written, "{scheme}");
        assert_eq!(back.roots().0, told.roots().0, "{scheme}");
        seen.insert(written);
    }
    assert_eq!(seen.len(), 4);
}

/// What is written as COCO is read again: boxes with all their flags.
#[test]
fn a_release_of_boxes_is_read_again() {
    const RELEASE: &str = "[preprocess]\n[label.d]\ntask = \"object_detection\"\nclasses = [\"cat\"]\nfrom.own = { column = \"objects\" }\n\
        [release.all]\nformats = [\"jsonl\", \"coco\"]\ncolumns = [\"label.d\"]\n";
    let object = |flags: &str, x: u32| {
        format!(
            "<object><name>cat</name>{flags}<bndbox><xmin>{x}</xmin><ymin>1</ymin><xmax>4</xmax><ymax>3</ymax></bndbox></object>"
        )
    };
    let flags =
        ["", "<difficult>1</difficult>", "<truncated>1</truncated><difficult>1</difficult>", "<occluded>1</occluded>"];
    let objects: String = flags.iter().zip(1..).map(|(flags, x)| object(flags, x % 3 + 1)).collect();
    let xml = format!("<annotation>{objects}</annotation>");
    let voc = "[collect.v]\ndirect = { images = [\"raw/*.png\"], files = [\"raw/*.xml\"], format = \"voc\" }\nlicense = \"MIT\"\n";
    let first = project(&format!("{voc}{RELEASE}"), &[("raw/a.png", &png(1)), ("raw/a.xml", xml.as_bytes())]);
    ran(&build(first.path(), &Way::default()));
    let coco = "[collect.v]\ndirect = { images = [\"raw/**/*.png\"], files = [\"raw/*.json\"], format = \"coco\" }\nlicense = \"MIT\"\n";
    let instances = read(first.path(), "out/all/coco/instances_train.json");
    let again = project(&format!("{coco}{RELEASE}"), &[("raw/train/a.png", &png(1)), ("raw/a.json", &instances)]);
    ran(&build(again.path(), &Way::default()));
    let label = |dir: &Path| String::from_utf8_lossy(&read(dir, "out/all/jsonl/train-00000.jsonl")).into_owned();
    assert!(label(first.path()).contains("truncated"));
    assert_eq!(label(first.path()), label(again.path()));
}
