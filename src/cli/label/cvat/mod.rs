//! CVAT: a file of "CVAT for images 1.1" with the answer that most gave as shapes, the pictures, and the labels of the task.
//!
//! CVAT keeps of a picture its name alone, so the name says which sample it is, what was seen of it and what went out:
//! `NUMBER-SAMPLE-SEEN-SHAPES.ext`, where the last three are digests. A picture of another name is looked up by it: the id of a
//! sample, with or without its folders and its ending.
//!
//! CVAT does not say whether somebody has looked at a picture. So one that comes back as it went out decides nothing, nor does one
//! without any shape, unless it has the tag `tamis: looked`; with `tamis: drop` the sample is dropped. Both tags are among the
//! labels.
//!
//! Coordinates come back with two decimals. Of what CVAT cannot hold it is told when it goes out: holes of polygons, and rotated boxes whose
//! corners are no rectangle. The box of an object with points is the least around these once somebody has changed it. What stands
//! under labels that the task does not declare is another task's, and told.
//!
//! Shapes that are judged one by one, of a task with a `target`, go out with two attributes: `shape`, their number, and `label`, what is
//! said of them, a list of the classes in which `tamis: not judged` stands first. What somebody draws, moves or calls otherwise is no answer:
//! the shapes are those of the other task. One that was not handed out is a complaint where something is said of it.
mod judged;
mod listed;
mod read;
mod write;

use super::tool::{Item, Job, Pictures, Tool, is_class};
use crate::digest::Digest;
use crate::formats::cvat::{Mark, images};
use crate::stages::label::kinds::kind::Kind;

pub const TOOL: Tool = Tool {
    name: "cvat",
    ending: "xml",
    fits: |job| match &job.target {
        Some(target) => is_drawn(target.kind) && target.kind.name != "keypoints",
        None => is_class(job.kind) || job.kind.is_set() || is_drawn(job.kind),
    },
    write: write::write,
    pictures: Some(Pictures {
        of: |_| true,
        named,
        is: |name| parts(name).is_some(),
        own: true,
        how: "their pictures, of which the task in CVAT is made; then upload the file as \"CVAT 1.1\"",
    }),
    setup: Some(("labels.json", write::labels)),
    read: read::read,
    find: Some(read::find),
    losses: write::losses,
    ..Tool::PLAIN
};

/// The tag of a picture at which somebody has looked.
const LOOKED: &str = "tamis: looked";
/// The tag of a picture whose sample is to be dropped.
const DROP: &str = "tamis: drop";

/// Whether an answer is shapes on a picture.
fn is_drawn(kind: &Kind) -> bool {
    ["object_detection", "instance_segmentation", "oriented_detection", "masks", "keypoints"].contains(&kind.name)
}

/// 16 hex digits for a sample.
fn code(id: &str) -> String {
    Digest::of(id.as_bytes()).hex().chars().take(16).collect()
}

/// 8 hex digits for what stands on a picture, in whatever order.
fn marked(job: &Job, marks: &[Mark]) -> String {
    let own = marks.iter().filter(|m| ![LOOKED, DROP].contains(&m.class.as_str()));
    let mut lines: Vec<String> = own.map(|mark| mark.line() + &judged::line(job, mark)).collect();
    lines.sort();
    Digest::of(lines.join("\n").as_bytes()).hex().chars().take(8).collect()
}

/// What a picture is called that went out without any answer.
const NOTHING: &str = "0";

/// The name of the picture of a sample, without its ending.
fn named(n: usize, job: &Job, item: &Item) -> String {
    let went = write::given(job, item).map(|shapes| {
        let image = format!("<annotations><image id=\"0\" name=\"x\">{shapes}</image></annotations>");
        images(&image).map_or_else(|_| NOTHING.to_string(), |all| marked(job, all.first().map_or(&[], |i| &i.marks)))
    });
    let seen = item.seen.as_deref().unwrap_or(NOTHING);
    format!("{:06}-{}-{seen}-{}", n + 1, code(&item.id), went.as_deref().unwrap_or(NOTHING))
}

/// What the name of a picture says.
struct Name<'n> {
    code: &'n str,
    seen: Option<&'n str>,
    went: Option<&'n str>,
}

/// The parts of the name of a picture, in whatever folder.
fn parts(name: &str) -> Option<Name<'_>> {
    let file = name.rsplit_once('/').map_or(name, |n| n.1);
    let stem = file.rsplit_once('.').map_or(file, |n| n.0);
    let parts: Vec<&str> = stem.split('-').collect();
    let hex = |text: &str, n: usize| text.len() == n && text.bytes().all(|b| b.is_ascii_hexdigit());
    match parts.as_slice() {
        [number, code, seen, went] if number.bytes().all(|b| b.is_ascii_digit()) && hex(code, 16) => {
            let some = |text: &'_ str, n: usize| hex(text, n) || text == NOTHING;
            let own = |text| Some(text).filter(|t| *t != NOTHING);
            (some(seen, 16) && some(went, 8)).then(|| Name { code, seen: own(*seen), went: own(*went) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tool::{Back, Picture, Read, Said};
    use super::*;
    use crate::model::images::Image;
    use crate::stages::label::kinds::named as kind_of;
    use serde_json::{Value as Json, json};
    use std::collections::BTreeSet;

    fn job(kind: &str) -> Job {
        Job {
            kind: kind_of(kind).unwrap(),
            classes: vec!["A & B".into(), "C".into()],
            points: vec!["nose".into(), "toe".into(), "ear".into()],
            lines: vec![[1, 2]],
            scale: None,
            guideline: "1.0.0".into(),
            separator: None,
            target: None,
        }
    }

    fn item(job: &Job, id: &str, answers: &[Json]) -> Item {
        let image = Image { blob: Digest::of(b"x"), format: "png".into(), bytes: 1 };
        let mut item = Item {
            id: id.into(),
            text: None,
            picture: Some(Picture { image, size: [640, 480], path: String::new() }),
            shapes: Vec::new(),
            seen: Some("0123456789abcdef".into()),
            agreement: None,
            votes: answers.iter().map(|a| ("kim".to_string(), a.clone())).collect(),
        };
        let path = format!("tasks/cells/{}.png", named(0, job, &item));
        item.picture.as_mut().unwrap().path = path;
        item
    }

    fn back(job: &Job, xml: &str, ids: &[&str]) -> (Vec<Back>, Read) {
        let ids: BTreeSet<String> = ids.iter().map(|id| id.to_string()).collect();
        let mut all = read::read(job, xml).unwrap();
        let mut wrong = Vec::new();
        let back = read::find(&ids, std::mem::take(&mut all.back), &mut wrong);
        all.wrong.extend(wrong);
        (back, all)
    }

    #[test]
    fn what_goes_out_comes_back() {
        let square = json!([[1, 2], [30, 2], [30, 44.25], [1, 44]]);
        for (kind, answer) in [
            (
                "object_detection",
                json!([{ "class": "A & B", "x1": 3.0, "y1": 7.0, "x2": 101.25, "y2": 479.0, "flags": ["crowd", "occluded"] },
                                        { "class": "C", "x1": 0.0, "y1": 0.0, "x2": 9.0, "y2": 9.0 }]),
            ),
            (
                "instance_segmentation",
                json!([{ "class": "C", "parts": [[square], [[[50, 50], [60, 50], [55, 60]]]], "flags": ["occluded"] }]),
            ),
            ("oriented_detection", json!([{ "class": "C", "corners": [[10, 10], [50, 10], [50, 30], [10, 30]] }])),
            (
                "keypoints",
                json!([{ "class": "C", "points": [[1.5, 2.0, 2], [0, 0, 0], [30.0, 40.0, 1]], "flags": ["occluded"] }]),
            ),
            ("classification", json!("A & B")),
            ("classes", json!(["A & B", "C"])),
        ] {
            let job = job(kind);
            let want = crate::stages::label::decided::answer(job.kind, &answer_text(&answer)).unwrap();
            let package = write::write(&job, &[item(&job, "s1", &[want.json()])]);
            let (none, all) = back(&job, &package, &["s1"]);
            assert!(none.is_empty() && all.untouched == 1 && all.wrong.is_empty(), "{kind}: {:?} {package}", all.wrong);
            let looked = package.replace("  </image>", "    <tag label=\"tamis: looked\"/>\n  </image>");
            let (own, all) = back(&job, &looked, &["s1"]);
            assert!(all.wrong.is_empty() && all.told.is_empty(), "{kind}: {:?} {:?}", all.wrong, all.told);
            let Said::Label(value) = &own[0].said else { panic!("{kind}") };
            let got = crate::stages::label::decided::answer(job.kind, &answer_text(value)).unwrap();
            assert_eq!(got, want, "{kind}");
            assert_eq!((own[0].id.as_str(), own[0].seen.as_deref()), ("s1", Some("0123456789abcdef")));
            let dropped = looked.replace("tamis: looked", "tamis: drop");
            assert_eq!(back(&job, &dropped, &["s1"]).0[0].said, Said::Drop);
        }
    }

    use crate::stages::label::decided::answer_text;

    /// Shapes of each kind that may be judged: two of them, of which the second was.
    fn judged_jobs() -> Vec<(Job, Item)> {
        let square = json!([[1, 2], [30, 2], [30, 44.25], [1, 44]]);
        let shapes = [
            (
                "object_detection",
                json!([{ "class": "dent", "x1": 0, "y1": 0, "x2": 20, "y2": 10, "flags": ["severity=x"] },
                { "class": "dent", "x1": 100, "y1": 50, "x2": 200, "y2": 100 }]),
            ),
            (
                "instance_segmentation",
                json!([{ "class": "dent", "parts": [[square]] },
                { "class": "dent", "parts": [[square], [[[50, 50], [60, 50], [55, 60]]]] }]),
            ),
            (
                "oriented_detection",
                json!([{ "class": "dent", "corners": [[10, 10], [50, 10], [50, 30], [10, 30]] },
                { "class": "dent", "corners": [[60, 10], [90, 10], [90, 30], [60, 30]] }]),
            ),
        ];
        let of = |(kind, shapes): (&str, Json)| {
            let target = super::super::tool::Target { kind: kind_of(kind).unwrap(), classes: vec!["dent".into()] };
            let all = crate::stages::label::decided::answer(target.kind, &answer_text(&shapes)).unwrap().json();
            let classes = vec!["minor & so".into(), "major=2".into()];
            let job = Job { target: Some(target), classes, points: Vec::new(), lines: Vec::new(), ..job("attribute") };
            let mut item = item(&job, "s1", &[json!([{ "shape": 1, "class": "major=2" }])]);
            item.shapes = all.as_array().unwrap().clone();
            let path = format!("tasks/cells/{}.png", named(0, &job, &item));
            item.picture.as_mut().unwrap().path = path;
            (job, item)
        };
        shapes.map(of).into_iter().collect()
    }

    #[test]
    fn what_is_said_of_shapes_comes_back_by_their_numbers() {
        for (job, item) in judged_jobs() {
            let kind = job.drawn().name;
            assert!((TOOL.fits)(&job), "{kind}");
            let package = write::write(&job, std::slice::from_ref(&item));
            let (none, all) = back(&job, &package, &["s1"]);
            assert!(none.is_empty() && all.untouched == 1 && all.wrong.is_empty(), "{kind}: {:?} {package}", all.wrong);
            let said = |class: &str| format!("<attribute name=\"label\">{class}</attribute>");
            // the first shape is judged, too
            let more = package.replacen(&said("tamis: not judged"), &said("minor &amp; so"), 1);
            let (own, all) = back(&job, &more, &["s1"]);
            assert!(all.wrong.is_empty() && all.told.is_empty(), "{kind}: {:?} {:?}", all.wrong, all.told);
            let want = json!([{ "shape": 0, "class": "minor & so", "of": "dent" }, { "shape": 1, "class": "major=2", "of": "dent" }]);
            assert_eq!(own[0].said, Said::Label(want), "{kind}");
            // nobody said anything, and the answers that went out are taken back
            let silent = package.replace(&said("major=2"), &said("tamis: not judged"));
            assert!(back(&job, &silent, &["s1"]).1.wrong[0].contains("nothing is said of any shape"), "{kind}");
            let nameless =
                package.replace("<attribute name=\"shape\">1</attribute>", "<attribute name=\"shape\"></attribute>");
            assert!(back(&job, &nameless, &["s1"]).1.wrong[0].contains("not handed out"), "{kind}");
            let labels: Json = serde_json::from_str(&write::labels(&job, &[])).unwrap();
            assert_eq!(labels[0]["name"], "dent");
            assert_eq!(labels[0]["attributes"][0]["values"], json!(["tamis: not judged", "minor & so", "major=2"]));
            let blind = Item { votes: Vec::new(), ..item.clone() };
            let shown = write::given(&job, &blind).unwrap();
            assert!(shown.contains(&said("tamis: not judged")) && !shown.contains("major"), "{shown}");
            let empty = Item { shapes: Vec::new(), votes: Vec::new(), ..item };
            let looked = write::write(&job, &[empty]).replace("  </image>", "<tag label=\"tamis: looked\"/></image>");
            assert_eq!(back(&job, &looked, &["s1"]).0[0].said, Said::Label(json!([])), "{kind}: nothing to judge");
        }
        // two answers to one shape, whose copy somebody called otherwise
        let (job, item) = judged_jobs().remove(0);
        let package = write::write(&job, std::slice::from_ref(&item))
            .replace("<attribute name=\"shape\">0<", "<attribute name=\"shape\">1<");
        let two = package.replace("tamis: not judged</attribute>", "minor &amp; so</attribute>");
        assert!(back(&job, &two, &["s1"]).1.wrong[0].contains("of shape 1"));
        let target = super::super::tool::Target { kind: kind_of("ner").unwrap(), classes: Vec::new() };
        assert!(!(TOOL.fits)(&Job { target: Some(target), ..job }));
    }

    #[test]
    fn a_picture_at_which_nobody_looked_says_nothing() {
        let job = job("object_detection");
        let package = write::write(&job, &[item(&job, "s1", &[])]);
        let (own, all) = back(&job, &package, &["s1"]);
        assert_eq!((own.len(), all.open, all.untouched), (0, 1, 0));
        let looked = package.replace("  </image>", "<tag label=\"tamis: looked\"/></image>");
        assert_eq!(back(&job, &looked, &["s1"]).0[0].said, Said::Label(json!([])));
        let drawn = package.replace("  </image>", "<box label=\"C\" xtl=\"1\" ytl=\"2\" xbr=\"3\" ybr=\"4\"/></image>");
        assert!(matches!(&back(&job, &drawn, &["s1"]).0[0].said, Said::Label(boxes) if boxes[0]["x2"] == 3.0));
        let (own, all) = back(&job, &drawn.replace("<box ", "<box rotation=\"30\" "), &["s1"]);
        assert!(own.is_empty() && all.wrong[0].contains("turned"), "{:?}", all.wrong);
        assert!(back(&job, &drawn, &["s2"]).1.wrong[0].contains("no sample"));
    }

    #[test]
    fn pictures_of_other_names_are_found_by_them() {
        let ids: BTreeSet<String> =
            ["raw/Test/a.jpg", "raw/Train/a.jpg", "raw/b.jpg", "c.1"].iter().map(|id| id.to_string()).collect();
        let find = |name: &str| {
            let back = Back { id: name.into(), seen: None, said: Said::Drop, note: None, by: None };
            let mut wrong = Vec::new();
            let found = read::find(&ids, vec![back], &mut wrong);
            found.first().map(|b| b.id.clone()).or_else(|| wrong.pop()).unwrap()
        };
        assert_eq!(
            ["Train/a.png", "b.jpg", "x/b", "c.1.png"].map(find),
            ["raw/Train/a.jpg", "raw/b.jpg", "raw/b.jpg", "c.1"]
        );
        assert!(find("a.jpg").contains("several samples") && find("d.jpg").contains("no sample of this name"));
    }

    #[test]
    fn the_labels_of_a_task_are_those_of_cvat() {
        let job = job("keypoints");
        let labels: Json = serde_json::from_str(&write::labels(&job, &[])).unwrap();
        let told = |n: usize| (labels[n]["name"].as_str().unwrap(), labels[n]["type"].as_str().unwrap());
        assert_eq!(
            (told(0), told(2), told(3)),
            (("A & B", "skeleton"), ("tamis: looked", "tag"), ("tamis: drop", "tag"))
        );
        assert_eq!(labels[0]["sublabels"][1]["name"], "toe");
        assert!(labels[0]["svg"].as_str().unwrap().contains("data-node-from=\"1\" data-node-to=\"2\""));
    }

    #[test]
    fn what_cvat_cannot_hold_is_told_before() {
        let job = job("instance_segmentation");
        let ring = |a: f64| json!([[a, a], [90.0 - a, a], [90.0 - a, 90.0 - a]]);
        let hole = json!([{ "class": "C", "parts": [[ring(1.0), ring(20.0)]], "flags": [] }]);
        let losses = write::losses(&job, &[item(&job, "s1", &[hole])]);
        assert!(losses.len() == 1 && losses[0].contains("1 object") && losses[0].contains("holes"), "{losses:?}");
    }
}
