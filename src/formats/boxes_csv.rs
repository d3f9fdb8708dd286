//! `boxes_csv`: images, and tables of boxes that name them: a row a box. Columns are known by their names, whatever their case:
//!
//! | is | names |
//! |---|---|
//! | the image | `filename`, `file_name`, `image`, `image_name`, `image_id`, `image_path`, `path`, `img` |
//! | the class | `class`, `label`, `label_name`, `class_name`, `category`, `name` |
//! | the box | `xmin`, `ymin`, `xmax`, `ymax`; `x1`, `y1`, `x2`, `y2`; `x`, `y` (or `x1`, `y1`) and `w`, `h`; or `bbox`, four numbers |
//!
//! Where `xmin` and the like are there, `width` and `height` are the size of the image. What four numbers of `bbox` are says the key
//! `bbox`. A row without a class and a box says that nothing is on its image; an image in no row was not looked at.
//!
//! Broken: `boxes_csv.header` (a column is missing, which drops the file), and what CSV breaks at. Findings: `boxes_csv.row`
//! (rows that cannot be read, which are lost), `boxes_csv.image` (rows that name no image), `boxes_csv.columns` (columns that say more
//! of a box than a box holds, such as whether it is occluded).
use super::csv_fields::{Header, Values, fields, header, record};
use super::cut::quoted::Dialect;
use super::cut::text::lengths;
use super::cut::{Holds, Split};
use super::encoding::{Wrong, line_at};
use super::format::Format;
use super::options::{Choice, Options, Takes};
use super::reader::Unit;
use super::sidecar::{Document, Documents, Note, Sidecar};
use crate::model::boxes::Box2;
use std::collections::BTreeMap;

/// What the numbers of a column `bbox` are.
const BBOX: Choice = Choice {
    name: "bbox",
    doc: "what the four numbers of a column `bbox` are: `corners` (x1, y1, x2, y2) or `size` (x, y, width, height). Default `corners`.",
    takes: Takes::Word { of: &["corners", "size"] },
};

pub const FORMAT: Format = Format {
    images: true,
    options: &[BBOX],
    sidecar: Some(Sidecar { version: 1, holds: Holds::Many, read }),
    ..Format::new("boxes_csv", "Images and tables of boxes (CSV), a row a box, that name them.")
};

const DIALECT: Dialect = Dialect::quoted(b',');

const IMAGES: &[&str] = &["filename", "file_name", "image", "image_name", "image_id", "image_path", "path", "img"];
const CLASSES: &[&str] = &["class", "label", "label_name", "class_name", "category", "name"];
/// Names of four columns, and whether the last two are a width and a height.
const PLACES: &[([&str; 4], bool)] = &[
    (["xmin", "ymin", "xmax", "ymax"], false),
    (["x_min", "y_min", "x_max", "y_max"], false),
    (["x1", "y1", "x2", "y2"], false),
    (["x", "y", "w", "h"], true),
    (["x1", "y1", "w", "h"], true),
    (["x", "y", "width", "height"], true),
];
/// Most rows of a file.
const ROWS_MAX: usize = 10_000_000;

/// Which column is what.
struct Columns {
    image: usize,
    class: usize,
    /// Four columns, or one with four numbers.
    places: Vec<usize>,
    /// The last two numbers are a width and a height.
    sized: bool,
    /// The columns of the image's size.
    size: Option<[usize; 2]>,
}

impl Columns {
    fn of(header: &Header, options: &Options) -> Result<Columns, Wrong> {
        let names: Vec<String> = header.0.iter().map(|name| name.trim().to_lowercase()).collect();
        let at = |name: &str| names.iter().position(|n| n == name);
        let first = |of: &[&str]| of.iter().find_map(|name| at(name));
        let missing = |what: &str, of: &[&str]| {
            Wrong::new("boxes_csv.header", format!("no column is {what}: one of {} is", of.join(", ")))
        };
        let image = first(IMAGES).ok_or_else(|| missing("the image", IMAGES))?;
        let class = first(CLASSES).ok_or_else(|| missing("the class", CLASSES))?;
        let four = PLACES.iter().find_map(|(of, sized)| {
            let all: Option<Vec<usize>> = of.iter().map(|name| at(name)).collect();
            Some((all?, *sized))
        });
        let one = || Some((vec![at("bbox")?], options.text(&BBOX) == "size"));
        let names_of = "xmin, ymin, xmax, ymax, or x1, y1, x2, y2, or x, y, w, h, or bbox";
        let (places, sized) = four.or_else(one).ok_or_else(|| missing("the box", &[names_of]))?;
        let of_size = at("width").zip(at("height")).filter(|(w, h)| !places.contains(w) && !places.contains(h));
        Ok(Columns { image, class, places, sized, size: of_size.map(|(w, h)| [w, h]) })
    }

    /// Whether a column is one that is read.
    fn takes(&self, n: usize) -> bool {
        [self.image, self.class].contains(&n) || self.places.contains(&n) || self.size.is_some_and(|of| of.contains(&n))
    }

    /// The box of a row; `Ok(None)` where the row says that there is none.
    fn object(&self, values: &[String]) -> Result<Option<Box2>, ()> {
        let cell = |at: usize| values.get(at).map(|v| v.trim()).unwrap_or_default();
        let class = cell(self.class);
        let texts: Vec<&str> = match self.places.as_slice() {
            [one] => {
                let inner = cell(*one).trim_matches(['[', ']', '(', ')']);
                inner.split([',', ' ', ';']).filter(|n| !n.is_empty()).collect()
            }
            four => four.iter().map(|at| cell(*at)).collect(),
        };
        if class.is_empty() && texts.iter().all(|t| t.is_empty()) {
            return Ok(None);
        }
        let number = |t: &&str| t.parse::<f64>().ok().filter(|n| n.is_finite());
        let numbers: Vec<f64> = texts.iter().map(number).collect::<Option<_>>().ok_or(())?;
        let [x1, y1, a, b] = <[f64; 4]>::try_from(numbers).map_err(|_| ())?;
        if class.is_empty() {
            return Err(());
        }
        let (x2, y2) = if self.sized { (x1 + a, y1 + b) } else { (a, b) };
        let flags = if x1 < x2 && y1 < y2 { Vec::new() } else { vec!["degenerate".to_string()] };
        Ok(Some(Box2 { class: class.into(), x1, y1, x2, y2, flags }))
    }
}

fn read(options: &Options, _: usize, unit: &Unit) -> Result<Documents, Wrong> {
    let mut file = File::default();
    let (mut rest, mut next) = (unit.bytes, 1);
    let mut columns: Option<(Header, Columns)> = None;
    for (n, len) in lengths(&Split::Csv(DIALECT), unit.bytes, 1 << 20).into_iter().enumerate() {
        let (own, after) = rest.split_at_checked(len as usize).unwrap_or((rest, &[]));
        let line = next;
        next += line_at(own, own.len()) - 1;
        rest = after;
        if n > ROWS_MAX {
            return Err(Wrong::new("boxes_csv.header", format!("more than {ROWS_MAX} rows")).at(line));
        }
        match &columns {
            None => {
                let header = header(own, "utf-8", &DIALECT)?;
                let of = Columns::of(&header, options)?;
                (0..header.0.len()).filter(|n| !of.takes(*n)).for_each(|_| file.note("boxes_csv.columns", line));
                columns = Some((header, of));
            }
            Some((header, of)) => match record(own, "utf-8", &DIALECT, header) {
                Ok(values) => file.row(of, &values, line),
                Err(_) => file.broken(of, own, line),
            },
        }
    }
    if columns.is_none() {
        return Err(Wrong::new("boxes_csv.header", "the file is empty"));
    }
    Ok(file.finish())
}

#[derive(Default)]
struct File {
    /// By image, in the order of their names.
    documents: BTreeMap<String, Document>,
    /// How often each thing is told, and the line of the first.
    told: BTreeMap<&'static str, (u32, u32)>,
}

impl File {
    fn note(&mut self, rule: &'static str, line: u32) {
        self.told.entry(rule).or_insert((0, line)).0 += 1;
    }

    /// A row of another length than the header: what it says is lost to the image that it names, if it does.
    fn broken(&mut self, of: &Columns, row: &[u8], line: u32) {
        self.note("boxes_csv.row", line);
        let values = std::str::from_utf8(row).ok().and_then(|text| fields(text, &DIALECT).ok()).unwrap_or_default();
        if let Some(image) = values.values.get(of.image).map(|v| v.trim()).filter(|image| !image.is_empty()) {
            let document = self.documents.entry(image.to_string()).or_default();
            document.image = Some(image.to_string());
            document.lost += 1;
        }
    }

    fn row(&mut self, of: &Columns, values: &Values, line: u32) {
        let image = values.values.get(of.image).map(|v| v.trim()).unwrap_or_default();
        if image.is_empty() {
            return self.note("boxes_csv.image", line);
        }
        let object = of.object(&values.values);
        let whole = |at: usize| values.values.get(at).and_then(|v| v.trim().parse::<i64>().ok());
        let document = self.documents.entry(image.to_string()).or_default();
        document.image = Some(image.to_string());
        if let Some([w, h]) = of.size {
            (document.width, document.height) = (document.width.or(whole(w)), document.height.or(whole(h)));
        }
        match object {
            Ok(Some(object)) => document.boxes.push(object),
            Ok(None) => {}
            Err(()) => {
                document.lost += 1;
                self.note("boxes_csv.row", line);
            }
        }
    }

    fn finish(self) -> Documents {
        let note = |(rule, (n, line)): (&'static str, (u32, u32))| {
            let say = match rule {
                "boxes_csv.image" => "rows that name no image",
                "boxes_csv.columns" => "columns that are not read: a box has its class and its place alone",
                _ => "rows that are not a class and a box, which are lost",
            };
            Note { rule, say: format!("{n} {say}"), line }
        };
        Documents {
            of: self.documents.into_values().map(Ok).collect(),
            notes: self.told.into_iter().map(note).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, options: &Options) -> Result<Documents, Wrong> {
        read(options, 64, &Unit { row: 0, bytes: text.as_bytes(), context: None, path: "", stem: "" })
    }

    fn boxes(text: &str, options: &Options) -> Vec<(String, Vec<[f64; 4]>)> {
        let one = |d: Document| (d.image.unwrap(), d.boxes.iter().map(|b| [b.x1, b.y1, b.x2, b.y2]).collect());
        all(text, options).unwrap().of.into_iter().map(|d| one(d.unwrap())).collect()
    }

    #[test]
    fn columns_are_known_by_their_names() {
        let want = [("1.jpg".to_string(), vec![[0.0, 1.0, 1.0, 2.0], [1.0, 2.0, 3.0, 3.0]]), ("2.jpg".into(), vec![])];
        let options = Options::default();
        let corners = "image_name,label_name,x1,y1,x2,y2\n1.jpg,dog,0,1,1,2\n1.jpg,cat,1,2,3,3\n2.jpg,,,,,\n";
        assert_eq!(boxes(corners, &options), want);
        let sizes = "image_name,label_name,x1,y1,w,h\r\n1.jpg,dog,0,1,1,1\r\n1.jpg,cat,1,2,2,1\r\n2.jpg,,,,,\r\n";
        assert_eq!(boxes(sizes, &options), want);
        let one = "image_name,label_name,bbox\n1.jpg,dog,\"[0,1,1,2]\"\n1.jpg,cat,\"1 2 3 3\"\n2.jpg,,\n";
        assert_eq!(boxes(one, &options), want);
        let sized = Options::of([("bbox".to_string(), "size".into())], &[BBOX]);
        assert_eq!(boxes("image,class,bbox\n1.jpg,dog,\"0,1,1,1\"\n", &sized)[0].1, [[0.0, 1.0, 1.0, 2.0]]);
        let tensor = "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,40,30,x,1,2,3,4\n";
        let read = all(tensor, &options).unwrap().of.remove(0).unwrap();
        assert_eq!((read.width, read.height, read.boxes[0].x2), (Some(40), Some(30), 3.0));
    }

    #[test]
    fn rows_are_lost_by_themselves_and_headers_with_their_file() {
        let text = "image,label,x,y,w,h\na,x,1,2,3\na,x,1,2,3,b\n,x,1,2,3,4\na,,1,2,3,4\na,x,1,2,0,4\n";
        let read = all(text, &Options::default()).unwrap();
        let told: Vec<(&str, &str, u32)> = read.notes.iter().map(|n| (n.rule, &n.say[..1], n.line)).collect();
        assert_eq!(told, [("boxes_csv.image", "1", 4), ("boxes_csv.row", "3", 2)]);
        let document = read.of[0].as_ref().unwrap();
        assert_eq!((document.lost, document.boxes[0].flags.len()), (3, 1));
        for header in ["", "image,label,x,y\n", "label,x,y,w,h\n", "image,x,y,w,h\n"] {
            assert_eq!(all(header, &Options::default()).unwrap_err().rule, "boxes_csv.header");
        }
    }
}
