//! `preprocess/tiles`: large pictures are cut into tiles that overlap.
//!
//! The first tile takes the place of the picture; each other is born behind it as `PICTURE#tile.ROW.COLUMN`. All have the
//! picture's other columns, so that its shapes move onto each tile by `frame`, as they do with `crop`, and `tile_of`, the id of
//! the picture, by which files of answers meet them and splits keep them together. The last tile of a row or a column ends where
//! the picture ends, and overlaps the one before it by more. Change: `image.tiled`. Dropped: `image.tiles` (too many of them).
use super::declaration::Declaration;
use crate::diag::Diagnostic;
use crate::formats::image::{PIXELS_MAX, room};
use crate::formats::pixels;
use crate::model::frames::{Frame, TILE_OF};
use crate::model::images::Image;
use crate::stage::*;
use crate::table::{Cell, DataType, array_of, utf8};
use serde::{Deserialize, Serialize};

/// Most tiles of a picture.
const MOST: usize = 10_000;
/// The column that says how an image came of the collected one.
const FRAME: &str = "frame";

pub(super) fn declare(check: &mut Check) -> Vec<Plan> {
    let d: Declaration = check.section(&["preprocess"]);
    let Some(tile) = d.tile.filter(|_| check.column("samples", "image") == Some(&Image::ty())) else {
        return Vec::new();
    };
    let place =
        |check: &Check, key: &str| check.manifest.span_of(&format!("preprocess.{key}")).unwrap_or(check.span.clone());
    let overlap = tile.overlap.unwrap_or(0);
    if overlap >= tile.width.min(tile.height) {
        let problem = Diagnostic::error("T0793", place(check, "tile.overlap"), "tiles would overlap wholly");
        let label = format!("not below the shorter side of {}", tile.width.min(tile.height));
        check.bad(
            problem
                .label(label)
                .help("an overlap as large as the things that are marked keeps each whole on some tile"),
        );
        return Vec::new();
    }
    if d.resize.is_some() {
        let problem =
            Diagnostic::error("T0794", place(check, "resize"), "pictures are cut into tiles or resized, not both");
        let help = "resize what is cut in a project of its own, or say `tile` in the pixels of the picture as it is";
        check.bad(problem.label("stands beside `tile`").help(help));
        return Vec::new();
    }
    let framed = check.column("samples", FRAME).is_some();
    let mut reads = names(&["id", "image", "width", "height"]);
    reads.extend(framed.then(|| FRAME.to_string()));
    let writes = vec![
        ("image".to_string(), Column::new(Image::ty()).role(Role::Image)),
        ("width".to_string(), Column::new(DataType::UInt32)),
        ("height".to_string(), Column::new(DataType::UInt32)),
        (FRAME.to_string(), Column::new(Frame::ty()).inner().harmless()),
        (TILE_OF.to_string(), Column::new(utf8()).inner()),
    ];
    let ports = Ports { table: "samples".into(), reads, writes, drops: true, bears: true, ..Ports::default() };
    let uses = names(pixels::USES);
    let map = Map {
        uses,
        pixels_max: d.image_pixels_max.filter(|n| *n != PIXELS_MAX),
        tile: [tile.width, tile.height, overlap],
    };
    vec![Plan::map::<Tiles>(ports, &map).word("tiles")]
}

#[derive(Serialize, Deserialize, Default)]
struct Map {
    /// What the bytes of tiles depend on besides our code.
    #[serde(default, skip_serializing_if = "is_default")]
    uses: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pixels_max: Option<u64>,
    /// Width, height and overlap.
    #[serde(default, skip_serializing_if = "is_default")]
    tile: [u32; 3],
}

/// Where tiles begin on a side: `most` pixels each, the last one where the side ends.
fn begins(side: u32, most: u32, overlap: u32) -> Vec<u32> {
    let step = most.saturating_sub(overlap).max(1);
    let last = side.saturating_sub(most);
    let before = (0..).map(|n: u32| n.saturating_mul(step)).take_while(|at| *at < last).take(MOST);
    before.chain([last]).collect()
}

/// The tiles of a picture, row by row: left, top, width and height.
fn grid([width, height]: [u32; 2], [w, h, overlap]: [u32; 3]) -> Vec<(usize, usize, [u32; 4])> {
    let columns = begins(width, w, overlap);
    let rows = begins(height, h, overlap);
    let mut out = Vec::new();
    for (row, top) in rows.iter().enumerate() {
        for (column, left) in columns.iter().enumerate() {
            out.push((row, column, [*left, *top, w.min(width), h.min(height)]));
        }
        if out.len() > MOST {
            break;
        }
    }
    out
}

/// How a tile came of the collected picture.
fn framed(before: Frame, [x, y, width, height]: [u32; 4]) -> Frame {
    let [left, top, ..] = before.part;
    Frame { part: [left.saturating_add(x), top.saturating_add(y), width, height], present: [width, height], ..before }
}

struct Tiles;

pub(super) const ENTRY: Entry = Entry::row::<Tiles>("preprocess/tiles", "preprocess", declare);

/// What is written of each row, and of each row born.
#[derive(Default)]
struct Cells {
    images: Vec<Option<Image>>,
    sizes: Vec<Option<[u32; 2]>>,
    frames: Vec<Option<Frame>>,
    of: Vec<Option<String>>,
}

impl Cells {
    fn put(&mut self, image: Option<Image>, size: Option<[u32; 2]>, frame: Option<Frame>, of: Option<String>) {
        self.images.push(image);
        self.sizes.push(size);
        self.frames.push(frame);
        self.of.push(of);
    }

    fn columns(self) -> [(&'static str, crate::table::ArrayRef); 5] {
        let side = |n: usize| array_of(self.sizes.iter().map(|size| size.and_then(|size| size.get(n).copied())));
        [
            ("width", side(0)),
            ("height", side(1)),
            ("image", array_of(self.images)),
            (FRAME, array_of(self.frames)),
            (TILE_OF, array_of(self.of)),
        ]
    }
}

impl RowStage for Tiles {
    const GRAIN: Grain = Grain::Sample;
    const USES: &'static [&'static str] = &["image 0.25"];
    const MAP: u32 = 1;
    type Map = Map;
    type Gather = Nothing;
    type Apply = Nothing;

    fn map(p: &Map, rows: &Rows, _: &mut Summary) -> Result<Delta, Fault> {
        let mut delta = Delta::default();
        let (ids, images) = (rows.texts("id")?, rows.cells::<Image>("image")?);
        let (widths, heights) = (rows.cells::<u32>("width")?, rows.cells::<u32>("height")?);
        let known = rows.names().any(|n| n == FRAME);
        let frames = if known { rows.cells::<Frame>(FRAME)? } else { Vec::new() };
        let (mut own, mut born) = (Cells::default(), Cells::default());
        let (mut parents, mut names) = (Vec::new(), Vec::new());
        for (row, (id, image)) in ids.into_iter().zip(images).enumerate() {
            let side = |of: &[Option<u32>]| of.get(row).copied().flatten();
            let size = side(&widths).zip(side(&heights)).map(|(w, h)| [w, h]);
            let frame = if known { frames.get(row).copied().flatten() } else { size.map(Frame::still) };
            let (Some(image), Some(whole), Some(id)) = (image.clone(), size, id) else {
                own.put(image, size, frame, None);
                continue;
            };
            let tiles = grid(whole, p.tile);
            if tiles.len() > MOST {
                let say = format!("it would be more than {MOST} tiles");
                delta.event(row, Act::DROP, "preprocess.tile", "image.tiles", say);
            }
            if tiles.len() == 1 || tiles.len() > MOST {
                own.put(Some(image), size, frame, Some(id));
                continue;
            }
            let parts: Vec<[u32; 4]> = tiles.iter().map(|(_, _, part)| *part).collect();
            let (made, format) = match cut(p, rows, &image, &parts)? {
                Ok(made) => made,
                Err((rule, say)) => {
                    delta.event(row, Act::DROP, "preprocess.tile", rule, say);
                    own.put(Some(image), size, frame, Some(id));
                    continue;
                }
            };
            let say = format!("{} tiles of {} x {} pixels", tiles.len(), parts[0][2], parts[0][3]);
            delta.event(row, Act::Change, "preprocess.tile", "image.tiled", say);
            for (n, ((line, column, part), bytes)) in tiles.into_iter().zip(made).enumerate() {
                let len = i64::try_from(bytes.len()).unwrap_or(i64::MAX);
                let image = Image { blob: delta.blob(bytes), format: format.into(), bytes: len };
                let to = if n == 0 { &mut own } else { &mut born };
                to.put(Some(image), Some([part[2], part[3]]), frame.map(|f| framed(f, part)), Some(id.clone()));
                if n > 0 {
                    parents.push((row as u32, 0));
                    names.push(Some(format!("{id}#tile.{line}.{column}")));
                }
            }
        }
        own.columns().into_iter().for_each(|(name, array)| delta.write(name, array));
        if !parents.is_empty() {
            delta.born.parents = parents;
            delta.born.columns = born.columns().into_iter().map(|(name, array)| (name.to_string(), array)).collect();
            delta.born.columns.insert("id".into(), array_of(names));
        }
        Ok(delta)
    }
}

/// The tiles of a picture as files, with their format; or the rule that it breaks and the words.
type Made = Result<(Vec<Vec<u8>>, &'static str), (&'static str, String)>;

fn cut(p: &Map, rows: &Rows, image: &Image, parts: &[[u32; 4]]) -> Result<Made, Fault> {
    let (tools, file) = (rows.tools(), u64::try_from(image.bytes).unwrap_or(0));
    let pixels_max = p.pixels_max.unwrap_or(PIXELS_MAX);
    let mut read = Err(Fault::Bug("an image was not read".into()));
    tools.with_room(file, &mut || read = rows.blob(image.blob));
    let bytes = read?;
    // as stored and one tile at a time, and the files of all tiles
    let need = room(&bytes, pixels_max).saturating_mul(3);
    let mut done = None;
    tools.with_room(file.saturating_add(need), &mut || done = Some(pixels::tiles(&bytes, pixels_max, parts)));
    let made = done.ok_or_else(|| Fault::Bug("an image was not decoded".into()))?;
    Ok(made.map_err(|wrong| (wrong.rule, wrong.say)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;
    use crate::model::points::Point;
    use crate::model::polygons::Polygon;
    use crate::model::shape::{Moved, Shape};
    use crate::stage::testing::{Bytes, rows};
    use crate::table::{cells, texts};

    #[derive(Deserialize)]
    struct Reference {
        cases: Vec<Case>,
    }

    #[derive(Deserialize)]
    struct Case {
        size: [u32; 2],
        tile: [u32; 3],
        ring: Vec<f64>,
        tiles: Vec<Of>,
    }

    /// What shapely says of a tile: its part, the area of the polygon on it, and the bounds there.
    #[derive(Deserialize)]
    struct Of {
        part: [u32; 4],
        area: f64,
        bounds: Option<[f64; 4]>,
    }

    /// Under 1e-9 of the picture's area and sides.
    #[test]
    fn polygons_lie_on_tiles_as_shapely_says() {
        let reference: Reference = serde_json::from_str(include_str!("tiles.json")).unwrap();
        for case in reference.cases {
            let tiles = grid(case.size, case.tile);
            assert_eq!(
                tiles.iter().map(|t| t.2).collect::<Vec<_>>(),
                case.tiles.iter().map(|t| t.part).collect::<Vec<_>>()
            );
            let ring = case.ring.chunks(2).map(|p| Point { x: p[0], y: p[1] }).collect();
            let polygon = Polygon { class: "c".into(), parts: vec![vec![ring]], flags: Vec::new() };
            for want in case.tiles {
                let frame = framed(Frame::still(case.size), want.part);
                let moved = match polygon.clone().moved(&frame) {
                    Moved::Whole(p) | Moved::Cut(p) => Some(p),
                    Moved::Gone | Moved::Lost => None,
                };
                let (w, h) = frame.size();
                assert!(moved.as_ref().is_none_or(|p| !p.passes((w, h))), "it leaves the tile");
                let area = moved.as_ref().map_or(0.0, Polygon::area);
                assert!((area - want.area).abs() <= 1e-9 * w * h, "{frame:?}: {area} is not {}", want.area);
                let bounds = moved.and_then(|p| p.bounds()).into_iter().flatten();
                for (own, want) in bounds.zip(want.bounds.into_iter().flatten()) {
                    assert!((own - want).abs() <= 1e-9 * w.max(h), "{frame:?}: {own} is not {want}");
                }
            }
        }
    }

    #[test]
    fn tiles_cover_a_picture_to_its_end() {
        let tiles = grid([10, 5], [4, 8, 1]);
        assert_eq!(tiles, [(0, 0, [0, 0, 4, 5]), (0, 1, [3, 0, 4, 5]), (0, 2, [6, 0, 4, 5])]);
        assert_eq!(begins(11, 4, 1), [0, 3, 6, 7], "the last one overlaps more");
        assert_eq!(grid([4, 4], [4, 4, 0]).len(), 1);
        let before = Frame { drawn: [40, 30], turn: 6, part: [5, 2, 20, 20], present: [20, 20] };
        assert_eq!(framed(before, [3, 4, 8, 8]).part, [8, 6, 8, 8]);
    }

    #[test]
    fn the_first_tile_stands_for_the_picture_and_the_others_are_born() {
        let picture = |w: u32, h: u32| {
            let image = image::RgbImage::from_fn(w, h, |x, y| image::Rgb([x as u8, y as u8, 9]));
            let mut out = std::io::Cursor::new(Vec::new());
            image::DynamicImage::ImageRgb8(image).write_to(&mut out, image::ImageFormat::Png).unwrap();
            out.into_inner()
        };
        let files = [picture(10, 5), picture(4, 4)];
        let image =
            |bytes: &Vec<u8>| Image { blob: Digest::of(bytes), format: "png".into(), bytes: bytes.len() as i64 };
        let held = Bytes(files.iter().map(|bytes| (Digest::of(bytes), bytes.clone())).collect());
        let columns = [
            ("id", array_of(["a", "b", "c"].map(|id| Some(id.to_string())))),
            ("image", array_of(files.iter().map(|f| Some(image(f))).chain([None]))),
            ("width", array_of([Some(10u32), Some(4), None])),
            ("height", array_of([Some(5u32), Some(4), None])),
        ];
        let p = Map { tile: [4, 8, 1], ..Map::default() };
        let delta = Tiles::map(&p, &rows(&held, &columns), &mut Summary::default()).unwrap();
        assert_eq!(delta.events.iter().map(|e| (e.row, e.rule.as_str())).collect::<Vec<_>>(), [(0, "image.tiled")]);
        assert_eq!(cells::<u32>(delta.columns["width"].as_ref()), [Some(4), Some(4), None]);
        assert_eq!(texts(delta.columns[TILE_OF].as_ref()), [Some("a"), Some("b"), None]);
        assert_eq!(delta.born.parents, [(0, 0), (0, 0)]);
        assert_eq!(texts(delta.born.columns["id"].as_ref()), [Some("a#tile.0.1"), Some("a#tile.0.2")]);
        let frames: Vec<Option<Frame>> = cells(delta.born.columns[FRAME].as_ref());
        assert_eq!(frames[1].map(|f| f.part), Some([6, 0, 4, 5]));
        let images: Vec<Option<Image>> = cells(delta.born.columns["image"].as_ref());
        let pixels = image::load_from_memory(&delta.blobs[&images[1].as_ref().unwrap().blob]).unwrap().into_rgb8();
        assert_eq!(
            (pixels.dimensions(), pixels.get_pixel(3, 4).0),
            ((4, 5), [9, 4, 9]),
            "the last pixel of the picture"
        );
    }
}
