//! What kind of shapes files of annotations beside images hold: boxes, or something of which a box would be a part alone.
use super::folder::Folder;
use super::found::Source;
use super::kinds::recogniser::options;
use super::odd::{self, Times};
use crate::formats::reader::Unit;
use crate::formats::sidecar::{Document, stem_of};
use crate::model::keypoints::Keypoints;
use crate::model::masks::Mask;
use crate::model::polygons::Polygon;
use crate::model::quads::Quad;
use crate::model::shape::Shape;
use crate::model::shapes::CAPTIONS;
use crate::table::{Cell, Value};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

/// Bytes of a file of annotations that are read.
const FILE_MAX: u64 = 32 << 20;
/// A polygon that fills so much of the box around it is that box: formats round.
const FULL: f64 = 0.99;

/// A kind of shapes that a task can be of, the first preferred.
struct Kind {
    column: &'static str,
    task: &'static str,
    called: &'static str,
    /// Whether a shape says more than the upright box around it.
    says_more: fn(&Value) -> bool,
}

static KINDS: [Kind; 4] = [
    Kind {
        column: Keypoints::COLUMN,
        task: "keypoints",
        called: "points",
        says_more: |shape| Keypoints::from_value(shape).is_some_and(|k| k.points.iter().any(|point| point.seen > 0)),
    },
    Kind {
        column: Polygon::COLUMN,
        task: "instance_segmentation",
        called: "outlines",
        says_more: |shape| {
            let of = Polygon::from_value(shape).and_then(|p| Some((p.area(), p.bounds()?)));
            of.is_some_and(|(area, [x1, y1, x2, y2])| area < FULL * (x2 - x1) * (y2 - y1))
        },
    },
    Kind {
        column: Quad::COLUMN,
        task: "oriented_detection",
        called: "rotated boxes",
        says_more: |shape| {
            let degrees = Quad::from_value(shape).and_then(|quad| quad.upright()).map(|(_, degrees)| degrees);
            degrees.is_none_or(|degrees| degrees % 90.0 != 0.0)
        },
    },
    Kind {
        column: Mask::COLUMN,
        task: "masks",
        called: "masks",
        // a reader paints the boxes that are asked of it as masks
        says_more: |shape| {
            let of = Mask::from_value(shape).and_then(|mask| Some((mask.area() as f64, mask.bounds()?)));
            of.is_none_or(|(area, [x1, y1, x2, y2])| area < FULL * (x2 - x1) * (y2 - y1))
        },
    },
];

/// The points of an object: what they are called, and the numbers, from 1, of those that lines join.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Skeleton {
    pub names: Vec<String>,
    pub lines: Vec<[u32; 2]>,
    /// The files name the points.
    pub stated: bool,
}

/// What files of annotations hold.
#[derive(Default)]
pub struct Drawn {
    /// The classes, in the order in which a file declares them, else as they occur.
    pub classes: Vec<String>,
    /// Annotations in all.
    boxes: usize,
    /// Of each column of shapes: those that say more than a box, and annotations that have none.
    shapes: BTreeMap<&'static str, (usize, usize)>,
    /// Texts that people wrote of the pictures.
    pub captions: usize,
    /// The skeletons that files state, each once, and how many points objects have.
    skeletons: Vec<Skeleton>,
    points: BTreeSet<usize>,
    /// The classes of the objects that have points.
    pointed: BTreeSet<String>,
    /// How often each class is there, and where first.
    pub times: BTreeMap<String, Times>,
    /// Some file was not read.
    pub partly: bool,
}

impl Drawn {
    /// Adds a skeleton that a file states.
    pub fn states(&mut self, skeleton: Skeleton) {
        if !skeleton.names.is_empty() && !self.skeletons.contains(&skeleton) {
            self.skeletons.push(skeleton);
        }
    }

    /// The one skeleton of all objects; points that no file names are called by their numbers. `None` where there are several.
    pub fn skeleton(&self) -> Option<Skeleton> {
        let (mut points, mut stated) = (self.points.iter(), self.skeletons.iter());
        let (n, stated) = match (points.next(), points.next(), stated.next(), stated.next()) {
            (Some(n), None, stated, None) => (*n, stated),
            _ => return None,
        };
        let different = |s: &Skeleton| s.names.iter().collect::<BTreeSet<_>>().len() == n && s.names.len() == n;
        match stated {
            Some(skeleton) => Some(skeleton.clone()).filter(different),
            None => Some(Skeleton { names: (1..=n).map(|i| format!("point {i}")).collect(), ..Skeleton::default() }),
        }
    }

    /// The task, its column and what its answers are called; and what of the files the column leaves out.
    pub fn task(&self) -> (&'static str, &'static str, String) {
        // masks hold outlines, too: they are taken where outlines do not hold all
        let outlined = self.shapes.get(Polygon::COLUMN).is_some_and(|(_, lost)| *lost == 0);
        let of = |kind: &&Kind| {
            let all = self.shapes.get(kind.column).is_some_and(|(more, lost)| *more > 0 && *lost == 0);
            let pointed = kind.column != Keypoints::COLUMN || self.skeleton().is_some();
            all && pointed && !(outlined && kind.column == Mask::COLUMN)
        };
        // four corners each are outlines, too
        let oriented = KINDS.iter().filter(|kind| kind.column == Quad::COLUMN);
        let pointed = KINDS.iter().filter(|kind| kind.column == Keypoints::COLUMN);
        if let Some(kind) = pointed.chain(oriented).chain(&KINDS).find(of) {
            return (kind.task, kind.column, kind.called.to_string());
        }
        let drawn_as = |column: &str| self.shapes.get(column).map_or(0, |(more, _)| *more);
        let left = |kind: &Kind| {
            if kind.column == Mask::COLUMN && drawn_as(Polygon::COLUMN) > 0 {
                return None; // the same, as pixels
            }
            let more = self.shapes.get(kind.column).map(|(more, _)| *more).filter(|more| *more > 0)?;
            Some(format!("{more} of {} have {}, which `{}` holds", self.boxes, kind.called, kind.column))
        };
        let left: Vec<String> = KINDS.iter().filter_map(left).collect();
        let said = if left.is_empty() { "boxes".to_string() } else { format!("boxes ({})", left.join("; ")) };
        ("object_detection", "objects", said)
    }

    /// The classes of the objects that have points, where others have none: then these are a task of their own, and the boxes one of all.
    pub fn pointed(&self) -> Option<Vec<String>> {
        let (more, without) = self.shapes.get(Keypoints::COLUMN).copied().unwrap_or_default();
        self.skeleton().filter(|_| more > 0 && without > 0)?;
        Some(self.classes.iter().filter(|class| self.pointed.contains(*class)).cloned().collect())
    }

    /// Reads one file more.
    pub fn read(&mut self, folder: &Folder, source: &Source, path: &str) {
        match documents(folder, source, path) {
            Some((documents, order, skeletons)) => {
                skeletons.into_iter().for_each(|skeleton| self.states(skeleton));
                let mut own: Vec<String> = documents.iter().flat_map(|d| &d.boxes).map(|b| b.class.clone()).collect();
                let place = |class: &String| order.iter().position(|known| known == class).unwrap_or(order.len());
                own.sort_by_cached_key(|class| (place(class), class.clone()));
                own.dedup();
                let new: Vec<String> = own.into_iter().filter(|class| !self.classes.contains(class)).collect();
                self.classes.extend(new);
                if order.is_empty() {
                    // numbers of classes are not in the order of their digits: 2 comes before 10
                    let number = |class: &String| class.parse::<u64>().map_or((1, 0), |n| (0, n));
                    self.classes.sort_by_cached_key(|class| (number(class), class.clone()));
                }
                for class in documents.iter().flat_map(|d| &d.boxes).map(|b| &b.class) {
                    let line =
                        || odd::place(folder, &[&path.to_string()], class).filter(|_| source.format.name != "coco");
                    self.times.entry(class.clone()).or_default().add(|| Some(line().unwrap_or(path.to_string())));
                }
                documents.into_iter().for_each(|document| self.count(source, document));
            }
            None => self.partly = true,
        }
    }

    fn count(&mut self, source: &Source, mut document: Document) {
        self.boxes += document.boxes.len();
        if let (Value::List(texts), _) = document.shapes.take(CAPTIONS) {
            self.captions += texts.len();
        }
        for kind in &KINDS {
            let (more, without) = self.shapes.entry(kind.column).or_default();
            if !source.format.draws.contains(&kind.column) {
                *without += document.boxes.len();
                continue;
            }
            let (Value::List(shapes), lost) = document.shapes.take(kind.column) else { continue };
            if kind.column == Keypoints::COLUMN {
                for object in shapes.iter().filter_map(Keypoints::from_value) {
                    self.points.insert(object.points.len());
                    self.pointed.insert(object.class);
                }
            }
            *more += shapes.iter().filter(|shape| (kind.says_more)(shape)).count();
            *without += lost as usize;
        }
    }
}

/// The documents of a file with all shapes that its format gives, the order in which it declares classes, and skeletons that it states.
type Found = (Vec<Document>, Vec<String>, Vec<Skeleton>);

fn documents(folder: &Folder, source: &Source, path: &str) -> Option<Found> {
    let sidecar = source.format.sidecar.as_ref()?;
    let open = folder.world.open(path).ok()?;
    let mut bytes = Vec::new();
    let read = crate::formats::packing::decompressor(path, Box::new(open.reader().ok()?));
    read.take(FILE_MAX + 1).read_to_end(&mut bytes).ok()?;
    if bytes.len() as u64 > FILE_MAX {
        return None;
    }
    let stem = stem_of(crate::formats::packing::inner_name(path)).to_string();
    let unit = Unit { row: 0, bytes: &bytes, context: None, path, stem: &stem };
    let asked = source.format.draws.iter().map(|column| column.to_string()).collect();
    let documents = (sidecar.read)(&options(source.format, &source.keys).with_shapes(asked), 64, &unit).ok()?;
    let (order, skeletons) = if source.format.name == "coco" { categories(&bytes) } else { Default::default() };
    Some((documents.of.into_iter().filter_map(Result::ok).collect(), order, skeletons))
}

/// The names of the categories of COCO by their numbers, which trainers count by, and the skeletons of those that have points.
fn categories(bytes: &[u8]) -> (Vec<String>, Vec<Skeleton>) {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        categories: Vec<Category>,
    }
    #[derive(Deserialize)]
    struct Category {
        id: i64,
        name: String,
        #[serde(default)]
        keypoints: Json,
        #[serde(default)]
        skeleton: Json,
    }
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    let mut all = serde_json::from_slice::<File>(bytes).map(|file| file.categories).unwrap_or_default();
    all.sort_by_key(|category| category.id);
    let skeleton = |category: &Category| {
        let names: Vec<String> = serde_json::from_value(category.keypoints.clone()).ok()?;
        let lines: Vec<[u32; 2]> = serde_json::from_value(category.skeleton.clone()).unwrap_or_default();
        let n = u32::try_from(names.len()).unwrap_or_default();
        let joins = |[from, to]: &[u32; 2]| from != to && (1..=n).contains(from) && (1..=n).contains(to);
        Some(Skeleton { names, lines: lines.into_iter().filter(joins).collect(), stated: true })
    };
    let skeletons = all.iter().filter_map(skeleton).collect();
    (all.into_iter().map(|category| category.name).collect(), skeletons)
}
