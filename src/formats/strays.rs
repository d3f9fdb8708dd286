//! Elements of a Pascal VOC document that are not read although an object may stand there: `<Object>`, a list `<objects>`,
//! a box outside of an object. A document with such an element does not say that nothing is there.

/// Names of elements that hold an object or its place in documents of other tools, in small letters and without an `s`.
const LIKE: &[&str] = &[
    "object",
    "obj",
    "bndbox",
    "robndbox",
    "bbox",
    "box",
    "boxe",
    "boundingbox",
    "polygon",
    "rectangle",
    "rect",
    "region",
    "shape",
    "annotation",
    "instance",
];

/// Elements of the root that hold no object.
const OTHERS: &[&str] = &["folder", "filename", "path", "source", "owner", "size", "segmented"];

/// What was met so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Strays {
    /// Elements that are named like an object or its place, and the line of the first.
    found: Option<(u32, u32)>,
    /// The line of the first element of an unknown name that holds others.
    unknown: Option<u32>,
    /// How many elements were open when the one at hand began that was counted.
    counted: Option<usize>,
}

impl Strays {
    /// An element begins inside of those that are open, the root first.
    pub fn start(&mut self, open: &[String], name: &str, attributes: bool, line: u32) {
        let depth = open.len();
        if self.counted.is_some_and(|at| at >= depth) {
            self.counted = None;
        }
        if depth == 0 || self.counted.is_some() {
            return;
        }
        let top = open.get(1).map_or(name, String::as_str);
        let plain = folded(name);
        let like = LIKE.contains(&plain.as_str());
        let other = OTHERS.contains(&top.to_ascii_lowercase().as_str());
        let stray = match (depth, top) {
            _ if other => false,
            (1, "object") => false,
            (_, "object") => plain == "object",
            _ => like,
        };
        if stray {
            let (n, _) = self.found.get_or_insert((0, line));
            *n += 1;
            self.counted = Some(depth);
        } else if !other && top != "object" && (depth > 1 || attributes) {
            self.unknown.get_or_insert(line);
        }
    }

    /// How many objects may be lost at least, and the line of the first. An element of an unknown name counts where the
    /// document has no object, since then it may be what the document says.
    pub fn lost(&self, objects: usize) -> Option<(u32, u32)> {
        self.found.or(self.unknown.filter(|_| objects == 0).map(|line| (1, line)))
    }
}

fn folded(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphabetic()).flat_map(char::to_lowercase);
    letters.collect::<String>().trim_end_matches('s').to_string()
}
