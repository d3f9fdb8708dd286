//! Pictures that are put together: whatever moves boxes, the pixels under them have the colour of their class. Every object has one of
//! two colours that stand nowhere else.
use crate::harness::{Way, build};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const WHITE: [u8; 3] = [255, 255, 255];
const COLOURS: [(&str, [u8; 3]); 2] = [("red", [220, 10, 20]), ("blue", [15, 25, 210])];
const SIZE: (u32, u32) = (60, 44);

const MANIFEST: &str = r#"tamis = "0.1"
[dataset]
name = "mixes"
version = "0.1.0"
license = "MIT"
[collect.c]
open = { images = ["raw/*.png"], files = ["raw/*.json"], format = "coco" }
license = "MIT"
[preprocess]
[label.things]
task = "object_detection"
classes = ["red", "blue"]
from.c = { column = "objects" }
[split]
ratios = { train = 0.8, test = 0.2 }
seed = 5
[augment.paste]
copies = 3
image = { copy_paste = { per_image = 2, classes = ["blue"] } }
[augment.mosaic]
copies = 3
image = { mosaic = 1.0, cutout = 0.4, visible_min = 0.3 }
[augment.mixup]
image = { mixup = 1.0 }
[augment.blur]
image = { blur = 2 }
[release.all]
formats = ["coco"]
augment = ["paste", "mosaic", "mixup", "blur"]
"#;

fn project() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("raw")).unwrap();
    let (mut images, mut annotations) = (Vec::new(), Vec::new());
    for n in 0..24u32 {
        // two objects that do not touch
        let red = [2 + n % 9, 3 + n % 5, 8 + n % 7, 9 + n % 11];
        let blue = [32 + n % 6, 12 + n % 8, 10 + n % 9, 8 + n % 13];
        let mut picture = image::RgbImage::from_pixel(SIZE.0, SIZE.1, image::Rgb(WHITE));
        for (class, [x, y, w, h]) in [red, blue].into_iter().enumerate() {
            for (px, py) in (y..y + h).flat_map(|py| (x..x + w).map(move |px| (px, py))) {
                picture.put_pixel(px, py, image::Rgb(COLOURS[class].1));
            }
            annotations.push(json!({"id": 2 * n + class as u32 + 1, "image_id": n + 1, "category_id": class + 1,
                "bbox": [x, y, w, h], "area": w * h}));
        }
        picture.put_pixel(SIZE.0 - 1, SIZE.1 - 1, image::Rgb([n as u8, 200, n as u8])); // no two are equal
        picture.save(dir.path().join(format!("raw/p{n:02}.png"))).unwrap();
        images.push(json!({"id": n + 1, "file_name": format!("p{n:02}.png"), "width": SIZE.0, "height": SIZE.1}));
    }
    let coco = json!({"images": images, "annotations": annotations,
        "categories": [{"id": 1, "name": "red"}, {"id": 2, "name": "blue"}]});
    std::fs::write(dir.path().join("raw/boxes.json"), coco.to_string()).unwrap();
    std::fs::write(dir.path().join("dataset.toml"), MANIFEST).unwrap();
    dir
}

/// A picture of a release with its boxes.
struct Shown {
    name: String,
    pixels: image::RgbImage,
    boxes: Vec<(String, [f64; 4])>,
}

fn files(folder: &Path, out: &mut Vec<PathBuf>) {
    for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

fn shown(dir: &Path) -> Vec<Shown> {
    let mut all = Vec::new();
    files(&dir.join("out/all"), &mut all);
    all.sort();
    let mut out = Vec::new();
    for path in all.iter().filter(|p| p.extension().is_some_and(|e| e == "json")) {
        let Ok(coco) = serde_json::from_slice::<Json>(&std::fs::read(path).unwrap()) else { continue };
        let (Some(images), Some(annotations)) = (coco["images"].as_array(), coco["annotations"].as_array()) else {
            continue;
        };
        let classes: BTreeMap<i64, String> = coco["categories"]
            .as_array()
            .unwrap()
            .iter()
            .map(|c| (c["id"].as_i64().unwrap(), c["name"].as_str().unwrap().into()))
            .collect();
        for image in images {
            let name = image["file_name"].as_str().unwrap();
            let file =
                all.iter().find(|p| p.ends_with(name.trim_start_matches("../"))).unwrap_or_else(|| panic!("{name}"));
            let own = annotations.iter().filter(|a| a["image_id"] == image["id"]);
            let corners = |a: &Json| {
                let at = |i: usize| a["bbox"][i].as_f64().unwrap();
                (classes[&a["category_id"].as_i64().unwrap()].clone(), [at(0), at(1), at(0) + at(2), at(1) + at(3)])
            };
            out.push(Shown {
                name: name.rsplit('/').next().unwrap().into(),
                pixels: image::open(file).unwrap().into_rgb8(),
                boxes: own.map(corners).collect(),
            });
        }
    }
    out
}

/// Of the pixels whose middle lies in a box, how many have a colour, and how many there are.
fn counted(of: &Shown, [x1, y1, x2, y2]: [f64; 4], colour: [u8; 3]) -> (usize, usize) {
    let within = |(x, y): (u32, u32)| {
        let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        x1 <= x && x < x2 && y1 <= y && y < y2
    };
    let all = of.pixels.enumerate_pixels().filter(|(x, y, _)| within((*x, *y)));
    all.fold((0, 0), |(own, n), (_, _, p)| (own + usize::from(p.0 == colour), n + 1))
}

fn colour_of(class: &str) -> [u8; 3] {
    COLOURS.iter().find(|c| c.0 == class).unwrap().1
}

#[test]
fn pixels_under_boxes_have_the_colour_of_their_class() {
    let dir = project();
    let told = build(dir.path(), &Way::default());
    assert_eq!(told.exit, 0, "{}", told.stderr);
    let all = shown(dir.path());
    let of = |table: &str| all.iter().filter(|s| s.name.contains(&format!("_{table}_"))).collect::<Vec<_>>();
    let (paste, mosaic, mixup, blur) = (of("paste"), of("mosaic"), of("mixup"), of("blur"));
    let names: Vec<&String> = all.iter().map(|s| &s.name).collect();
    assert!(paste.len() > 40 && mosaic.len() > 40 && mixup.len() > 10 && blur.len() > 8, "{names:?}");
    assert!(all.iter().all(|s| s.pixels.dimensions() == SIZE));
    let (mut pasted, mut patched, mut coloured, mut left) = (0, 0, 0, 0);
    for picture in paste.iter().chain(&mosaic) {
        let mut seen = 0;
        for (class, at) in &picture.boxes {
            let (own, whole) = counted(picture, *at, colour_of(class));
            // what is hidden by a box over it is of another colour; at least a quarter is left
            assert!(own as f64 >= 0.2 * whole as f64, "{} {class} {at:?}: {own} of {whole}", picture.name);
            seen += 1;
        }
        pasted += usize::from(picture.boxes.len() > 2);
        patched += usize::from(picture.pixels.pixels().any(|p| p.0 == [128, 128, 128]));
        // and the other way: colours stand in boxes, but for what is left of objects that are mostly hidden
        for (x, y, pixel) in picture.pixels.enumerate_pixels() {
            let Some((class, _)) = COLOURS.iter().find(|c| c.1 == pixel.0) else { continue };
            let (x, y) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
            let inside =
                |b: &(String, [f64; 4])| b.0 == *class && b.1[0] <= x && x < b.1[2] && b.1[1] <= y && y < b.1[3];
            coloured += 1;
            left += usize::from(!picture.boxes.iter().any(inside));
        }
        assert!(seen > 0 || picture.boxes.is_empty());
    }
    assert!(pasted > 20 && patched > 30, "{pasted} {patched}");
    assert!(left * 20 < coloured, "{left} of {coloured} pixels of objects stand in no box");
    for picture in &mixup {
        assert_eq!(picture.boxes.len(), 4, "its own objects and those of another: {}", picture.name);
        for (class, at) in &picture.boxes {
            // half of the colour is there in each pixel of the box, whatever the other half is
            let half = |p: &[u8; 3]| {
                COLOURS.iter().map(|c| c.1).chain([WHITE]).any(|other| {
                    (0..3).all(|i| {
                        (i32::from(p[i]) * 2 - i32::from(other[i]) - i32::from(colour_of(class)[i])).abs() <= 1
                    })
                })
            };
            let [x1, y1, x2, y2] = at.map(|c| c as u32);
            let cells = (y1..y2).flat_map(|y| (x1..x2).map(move |x| (x, y)));
            assert!(cells.into_iter().all(|(x, y)| half(&picture.pixels.get_pixel(x, y).0)), "{} {at:?}", picture.name);
        }
    }
    for picture in &blur {
        assert_eq!(picture.boxes.len(), 2, "nothing moves");
    }
}

#[test]
fn threads_and_partitions_put_the_same_pictures_together() {
    let roots = |jobs, target| {
        let dir = project();
        let told = build(dir.path(), &Way { jobs, target, ..Way::default() });
        assert_eq!(told.exit, 0, "{}", told.stderr);
        told.roots()
    };
    assert_eq!(roots(1, 4), roots(4, 4096));
    // nothing is taken of a picture that scores are measured on
    let dir = project();
    let manifest = MANIFEST.replace(
        "formats = [\"coco\"]",
        "formats = [\"jsonl\"]\ncolumns = [\"id\", \"split\", \"synthetic.by\", \"synthetic.parents\"]",
    );
    std::fs::write(dir.path().join("dataset.toml"), manifest).unwrap();
    assert_eq!(build(dir.path(), &Way::default()).exit, 0);
    let mut all = Vec::new();
    files(&dir.path().join("out/all"), &mut all);
    let lines: Vec<Json> = all
        .iter()
        .filter(|p| p.extension().is_some_and(|e| e == "jsonl"))
        .flat_map(|p| {
            std::fs::read_to_string(p).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect::<Vec<Json>>()
        })
        .collect();
    let split: BTreeMap<&str, &str> =
        lines.iter().filter_map(|r| Some((r["id"].as_str()?, r["split"].as_str()?))).collect();
    let parents: Vec<&str> =
        lines.iter().filter_map(|r| r["synthetic_parents"].as_array()).flatten().filter_map(Json::as_str).collect();
    assert!(parents.len() > 200 && parents.iter().all(|p| split[p] == "train"), "{}", parents.len());
}
