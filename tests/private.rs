//! With `[privacy]` nothing personal is told or lies outside of the store's raw packs, wherever in the files it stood: in
//! a header, an id, a tag, a class, the name of an annotator, an answer.
use crate::harness::tamis;
use std::path::{Path, PathBuf};

pub const PERSONS: [&str; 11] = [
    "kim@example.com",
    "lee@example.com",
    "park@example.com",
    "choi@example.com",
    "010-9999-8888",
    "900101-1234567",
    "홍길동",
    "4111-1111-1111-1111",
    "192.0.2.77",
    "M12345678",
    // the key of pseudonyms
    "a key of more than sixteen bytes",
];

const MANIFEST: &str = r#"
[dataset]
name = "h"
version = "0.1.0"
license = "CC0-1.0"
[collect.a]
direct = { files = ["raw/*.csv"], format = "csv" }
fields = { text = "text" }
id = "id"
license = "CC0-1.0"
[collect.b]
direct = { files = ["raw/*.conll"], format = "conll" }
fields = { text = "tokens", tags = "tags" }
id = "comment:1"
license = "CC0-1.0"
[schema]
text = { text = {} }
[privacy]
key = { file = "key.txt" }
[privacy.detect]
types = ["all"]
actions = { ip = "pseudonymize", phone = { action = "mask", keep_first = 3 }, email = "surrogate" }
dictionaries = { person = "names.txt" }
custom.case-number = { pattern = "K-[0-9]{6}" }
[label.k]
task = "classification"
classes = ["A"]
max_lost = 1
from.c = { files = ["votes.csv"] }
[label.ner]
task = "ner"
classes = ["PS"]
max_lost = 1
on_incomplete = "keep"
from.t = { column = "tags" }
[release.public]
formats = ["jsonl", "parquet"]
columns = ["id", "text"]
"#;

/// A project with personal data in all places.
pub fn project(dir: &Path) {
    std::fs::create_dir_all(dir.join("raw")).unwrap();
    let put = |path: &str, text: &str| std::fs::write(dir.join(path), text).unwrap();
    put("dataset.toml", MANIFEST);
    put(
        "raw/a.csv",
        "id,text,kim@example.com\n1,write to kim@example.com or 010-9999-8888,900101-1234567\n\
        2,홍길동 카드 4111-1111-1111-1111 IP 192.0.2.77 여권 M12345678 K-123456,x\n",
    );
    put("names.txt", "홍길동\n");
    put("key.txt", "a key of more than sixteen bytes");
    put("raw/b.conll", "# s9\nhi\tB-lee@example.com\n\n");
    put("votes.csv", "item,annotator,label\n1,park@example.com,A\n2,w2,choi@example.com\n010-9999-8888,w1,A\n");
}

pub fn files(dir: &Path, out: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()) {
        match path.is_dir() {
            true => files(&path, out),
            false => out.push(path),
        }
    }
}

#[test]
fn nothing_personal_leaves_the_raw_packs() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    project(dir);
    let mut told = String::new();
    let commands: [&[&str]; 14] = [
        &["build"],
        &["build", "--json"],
        &["status"],
        &["trace", "1"],
        &["trace", "s9"],
        &["show", "collect.a", "--rows", "3"],
        &["show", "collect.a", "--findings"],
        &["show", "label.k", "--rows", "3"],
        &["show", "label.k", "--findings"],
        &["show", "label.k/from.c", "--rows", "3"],
        &["show", "label.ner", "--rows", "3"],
        &["show", "label.ner", "--findings"],
        &["report"],
        &["report", "--json"],
    ];
    for command in commands {
        let (exit, out, err) = tamis(dir, command);
        assert!(exit == 0, "{command:?}\n{out}{err}");
        told.push_str(&format!("{command:?}\n{out}{err}"));
    }
    let mut all = Vec::new();
    files(&dir.join(".tamis"), &mut all);
    files(&dir.join("out"), &mut all);
    let open = all.iter().filter(|p| !p.to_string_lossy().ends_with(".raw.pack"));
    let mut bytes: Vec<(String, Vec<u8>)> =
        open.map(|p| (p.display().to_string(), std::fs::read(p).unwrap())).collect();
    let page = std::fs::read_to_string(dir.join("out/report.html")).unwrap();
    bytes.push(("samples of the report".into(), crate::report::unpacked(&page).into_bytes()));
    for person in PERSONS {
        assert!(!told.contains(person), "{person}\n{told}");
        for (path, bytes) in &bytes {
            assert!(memchr::memmem::find(bytes, person.as_bytes()).is_none(), "{person} in {path}");
        }
    }
}

/// Boxes of faces become black; nothing of what stood in the file beside the pixels is in the release.
#[test]
fn pictures_are_released_without_faces_and_places() {
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    std::fs::create_dir(dir.join("raw")).unwrap();
    let pixels = image::RgbImage::from_fn(64, 48, |x, y| image::Rgb([(x * 4) as u8, 255 - (y * 5) as u8, 90]));
    let mut png = std::io::Cursor::new(Vec::new());
    image::DynamicImage::ImageRgb8(pixels.clone()).write_to(&mut png, image::ImageFormat::Png).unwrap();
    let png = [&png.into_inner()[..], b"TAKEN AT HOME"].concat();
    std::fs::write(dir.join("raw/a.png"), png).unwrap();
    let object = |class: &str, x: u32| {
        format!(
            "<object><name>{class}</name><bndbox><xmin>{x}</xmin><ymin>8</ymin><xmax>{}</xmax><ymax>30</ymax></bndbox></object>",
            x + 16
        )
    };
    let objects = [object("face", 4), object("cat", 40)].concat();
    let size = "<size><width>64</width><height>48</height></size>";
    std::fs::write(dir.join("raw/a.xml"), format!("<annotation>{size}{objects}</annotation>")).unwrap();
    let manifest = |boxes: &str| {
        format!(
            "[dataset]\nname = \"x\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n\
             [collect.v]\ndirect = {{ images = [\"raw/*.png\"], files = [\"raw/*.xml\"], format = \"voc\", voc_base = 0 }}\n\
             id = \"stem\"\nlicense = \"MIT\"\n[privacy]\nharmless = [\"id\", \"objects\", \"label.scene\"]\n\
             [label.scene]\ntask = \"object_detection\"\nclasses = [\"cat\", \"face\"]\nfrom.v = {{ column = \"objects\" }}\n\
             [privacy.images]\n{boxes}\n[release.all]\nformats = [\"image_folder\", \"parquet\"]\n\
             columns = [\"id\", \"image\", \"label.scene\"]\n"
        )
    };
    let built = |boxes: &str| {
        std::fs::write(dir.join("dataset.toml"), manifest(boxes)).unwrap();
        let (exit, out, err) = tamis(dir, &["build"]);
        assert_eq!(exit, 0, "{out}{err}");
        let mut all = Vec::new();
        files(&dir.join("out"), &mut all);
        for path in &all {
            let bytes = std::fs::read(path).unwrap();
            assert!(!bytes.windows(13).any(|w| w == b"TAKEN AT HOME"), "{}", path.display());
        }
        let picture = all.iter().find(|p| p.extension().is_some_and(|e| e == "png")).unwrap();
        image::open(picture).unwrap().into_rgb8()
    };
    assert_eq!(built(""), pixels, "without boxes every pixel stays");
    let hidden = built("boxes = { of = \"label.scene\", classes = [\"face\"] }");
    for (x, y, pixel) in hidden.enumerate_pixels() {
        let face = (4..20).contains(&x) && (8..30).contains(&y);
        assert_eq!(*pixel, if face { image::Rgb([0; 3]) } else { *pixels.get_pixel(x, y) }, "{x} {y}");
    }
    let (exit, out, err) = tamis(dir, &["show", "privacy.images"]);
    assert!(exit == 0 && out.contains("hidden.face"), "{out}{err}");
}
